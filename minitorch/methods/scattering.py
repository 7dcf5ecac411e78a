"""Parts of a tensor overwritten or added to: copies, and the forms that change the tensor itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from ..types import Number

if TYPE_CHECKING:
    from ..tensor import Tensor


class Scattering:
    """Parts of a tensor overwritten or added to: copies, and the forms that change the tensor itself."""

    def diagonal_scatter(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.diagonal_scatter`."""
        return ops.diagonal_scatter(self, *args, **kwargs)

    def index_add(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.index_add`."""
        return ops.index_add(self, *args, **kwargs)

    def index_copy(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.index_copy`."""
        return ops.index_copy(self, *args, **kwargs)

    def index_fill(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.index_fill`."""
        return ops.index_fill(self, *args, **kwargs)

    def index_put(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.index_put`."""
        return ops.index_put(self, *args, **kwargs)

    def masked_scatter(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.masked_scatter`."""
        return ops.masked_scatter(self, *args, **kwargs)

    def put(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.put`."""
        return ops.put(self, *args, **kwargs)

    def scatter(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.scatter`."""
        return ops.scatter(self, *args, **kwargs)

    def scatter_add(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.scatter_add`."""
        return ops.scatter_add(self, *args, **kwargs)

    def scatter_reduce(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.scatter_reduce`."""
        return ops.scatter_reduce(self, *args, **kwargs)

    def select_scatter(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.select_scatter`."""
        return ops.select_scatter(self, *args, **kwargs)

    def slice_scatter(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.slice_scatter`."""
        return ops.slice_scatter(self, *args, **kwargs)

    def take(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.take`."""
        return ops.take(self, *args, **kwargs)

    def index_add_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `index_add`."""
        return self._update(ops.index_add(self, *args, **kwargs))

    def index_copy_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `index_copy`."""
        return self._update(ops.index_copy(self, *args, **kwargs))

    def index_fill_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `index_fill`."""
        return self._update(ops.index_fill(self, *args, **kwargs))

    def index_put_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `index_put`."""
        return self._update(ops.index_put(self, *args, **kwargs))

    def masked_scatter_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `masked_scatter`."""
        return self._update(ops.masked_scatter(self, *args, **kwargs))

    def put_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `put`."""
        return self._update(ops.put(self, *args, **kwargs))

    def scatter_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `scatter`."""
        return self._update(ops.scatter(self, *args, **kwargs))

    def scatter_add_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `scatter_add`."""
        return self._update(ops.scatter_add(self, *args, **kwargs))

    def scatter_reduce_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `scatter_reduce`."""
        return self._update(ops.scatter_reduce(self, *args, **kwargs))

    def index_reduce(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """See `minitorch.index_reduce`."""
        return ops.index_reduce(self, *args, **kwargs)

    def index_reduce_(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """In-place form of `index_reduce`."""
        return self._update(ops.index_reduce(self, *args, **kwargs))

    def fill_(self: Tensor, value: Tensor | Number) -> Tensor:
        """Overwrite every value with one number, or with that of a 0-d tensor.

        Shapes: any shape → the tensor itself.
        Errors: TypeError for what is no number; RuntimeError for a tensor that is not 0-d, and for a leaf that requires
        gradients.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.fill_.html

        >>> import minitorch as torch
        >>> torch.zeros(3).fill_(2)
        tensor([2., 2., 2.])
        """
        return ops.copying.fill_(self, value)

    def fill_diagonal_(self: Tensor, fill_value: Number, wrap: bool = False) -> Tensor:
        """Overwrite the diagonal of equal dimensions, or of two; `wrap` starts anew below the end of a tall matrix.

        Shapes: (H, W), or three dimensions or more of one size → the tensor itself.
        Errors: RuntimeError for fewer than two dimensions, and for more of different sizes.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.fill_diagonal_.html

        >>> import minitorch as torch
        >>> torch.zeros(2, 3).fill_diagonal_(5)
        tensor([[5., 0., 0.],
                [0., 5., 0.]])
        """
        return ops.copying.fill_diagonal_(self, fill_value, wrap)

    def zero_(self: Tensor) -> Tensor:
        """Overwrite every value with 0.

        Shapes: any shape → the tensor itself.
        Errors: RuntimeError for a leaf that requires gradients.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.zero_.html

        >>> import minitorch as torch
        >>> torch.ones(3).zero_()
        tensor([0., 0., 0.])
        """
        return ops.copying.fill_(self, 0)
