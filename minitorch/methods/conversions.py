"""Other dtypes, and new tensors like this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import minitorch

from ..dtype import bool_, float16, float32, float64, int8, int16, int32, int64, uint8

if TYPE_CHECKING:
    from ..tensor import Tensor


class Conversions:
    """Other dtypes, and new tensors like this one."""

    def float(self: Tensor) -> Tensor:
        """A copy as float32; itself if it is.

        Shapes: any shape → the same.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.float.html

        >>> import minitorch as torch
        >>> torch.tensor([1, 2]).float()
        tensor([1., 2.])
        """
        return self.to(float32)

    def double(self: Tensor) -> Tensor:
        """A copy as float64; itself if it is.

        Shapes: any shape → the same.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.double.html

        >>> import minitorch as torch
        >>> torch.tensor([1, 2]).double()
        tensor([1., 2.], dtype=torch.float64)
        """
        return self.to(float64)

    def half(self: Tensor) -> Tensor:
        """A copy as float16; itself if it is.

        Shapes: any shape → the same.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.half.html

        >>> import minitorch as torch
        >>> torch.tensor([1, 2]).half()
        tensor([1., 2.], dtype=torch.float16)
        """
        return self.to(float16)

    def int(self: Tensor) -> Tensor:
        """A copy as int32; itself if it is.

        Shapes: any shape → the same.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.int.html

        >>> import minitorch as torch
        >>> torch.tensor([1.7, -1.7]).int()
        tensor([ 1, -1], dtype=torch.int32)
        """
        return self.to(int32)

    def long(self: Tensor) -> Tensor:
        """A copy as int64; itself if it is.

        Shapes: any shape → the same.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.long.html

        >>> import minitorch as torch
        >>> torch.tensor([1.7, -1.7]).long()
        tensor([ 1, -1])
        """
        return self.to(int64)

    def short(self: Tensor) -> Tensor:
        """A copy as int16; itself if it is.

        Shapes: any shape → the same.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.short.html

        >>> import minitorch as torch
        >>> torch.tensor([1.7, -1.7]).short()
        tensor([ 1, -1], dtype=torch.int16)
        """
        return self.to(int16)

    def bool(self: Tensor) -> Tensor:
        """A copy as bool; itself if it is.

        Shapes: any shape → the same.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.bool.html

        >>> import minitorch as torch
        >>> torch.tensor([0., 0.5]).bool()
        tensor([False,  True])
        """
        return self.to(bool_)

    def char(self: Tensor) -> Tensor:
        """A copy as int8; itself if it is.

        Shapes: any shape → the same.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.char.html

        >>> import minitorch as torch
        >>> torch.tensor([1.7, -1.7]).char()
        tensor([ 1, -1], dtype=torch.int8)
        """
        return self.to(int8)

    def byte(self: Tensor) -> Tensor:
        """A copy as uint8; itself if it is.

        Shapes: any shape → the same.
        Errors: none of its own.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.byte.html

        >>> import minitorch as torch
        >>> torch.tensor([1, 257]).byte()
        tensor([1, 1], dtype=torch.uint8)
        """
        return self.to(uint8)

    def type_as(self: Tensor, other: Tensor) -> Tensor:
        """A copy in the dtype of `other`, on its device; itself if it has both.

        Shapes: any shape → the same.
        Errors: TypeError for what is no tensor.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.type_as.html

        >>> import minitorch as torch
        >>> torch.tensor([1, 2]).type_as(torch.tensor(0.5))
        tensor([1., 2.])
        """
        minitorch.ops.checks.tensor_argument("type_as", other, "other")
        return self.to(other)

    def new(self: Tensor, *args: Any, device: Any = None) -> Tensor:
        """The older `new_empty` and `new_tensor`: from sizes a tensor (of zeros here), from a sequence its values.

        From a tensor of the same dtype its values, shared.

        Shapes: sizes as ints → these; data → that of the data.
        Errors: TypeError for a tensor of another dtype, and for a float; RuntimeError for a negative size.

        Source: https://docs.pytorch.org/docs/stable/tensors.html

        >>> import minitorch as torch
        >>> torch.tensor([1, 2]).new([3, 4]), torch.tensor([1, 2]).new(2)
        (tensor([3, 4]), tensor([0, 0]))
        """
        place = self.device if device is None else device
        if len(args) == 1 and isinstance(args[0], minitorch.Tensor):
            if args[0].dtype != self.dtype:
                raise TypeError(f"new(): expected a tensor of {self.dtype}, but got one of {args[0].dtype}")
            return args[0].detach()
        if len(args) == 1 and isinstance(args[0], minitorch.Size):
            args = tuple(args[0])
        if all(isinstance(size, int) for size in args):
            return minitorch.creation.empty(args or (0,), dtype=self.dtype, device=place)
        if len(args) != 1 or not hasattr(args[0], "__len__"):
            raise TypeError(f"new(): data must be a sequence (got {type(args[0]).__name__})")
        return minitorch.from_data.tensor(args[0], dtype=self.dtype, device=place)

    def new_zeros(self: Tensor, *size: Any, **options: Any) -> Tensor:
        """`minitorch.zeros` in this tensor's dtype, on its device.

        Shapes: `size`, as ints or one sequence of them.
        Errors: RuntimeError for a negative size.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_zeros.html

        >>> import minitorch as torch
        >>> torch.tensor([1, 2]).new_zeros(2)
        tensor([0, 0])
        """
        return minitorch.creation.zeros(*size, **self._own_place(options))

    def new_ones(self: Tensor, *size: Any, **options: Any) -> Tensor:
        """`minitorch.ones` in this tensor's dtype, on its device.

        Shapes: `size`, as ints or one sequence of them.
        Errors: RuntimeError for a negative size.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_ones.html

        >>> import minitorch as torch
        >>> torch.tensor([1, 2]).new_ones(2)
        tensor([1, 1])
        """
        return minitorch.creation.ones(*size, **self._own_place(options))

    def new_empty(self: Tensor, *size: Any, **options: Any) -> Tensor:
        """`minitorch.empty` in this tensor's dtype, on its device.

        Shapes: `size`, as ints or one sequence of them.
        Errors: RuntimeError for a negative size.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_empty.html

        >>> import minitorch as torch
        >>> torch.tensor([1, 2]).new_empty(3).dtype
        torch.int64
        """
        return minitorch.creation.empty(*size, **self._own_place(options))

    def new_empty_strided(self: Tensor, size: Any, stride: Any, **options: Any) -> Tensor:
        """`minitorch.empty_strided` in this tensor's dtype, on its device.

        Shapes: `size`.
        Errors: RuntimeError for lengths that differ.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_empty_strided.html

        >>> import minitorch as torch
        >>> torch.tensor([1, 2]).new_empty_strided((2, 3), (1, 2)).stride()
        (1, 2)
        """
        return minitorch.creation.empty_strided(size, stride, **self._own_place(options))

    def new_full(self: Tensor, size: Any, fill_value: Any, **options: Any) -> Tensor:
        """`minitorch.full` in this tensor's dtype, on its device.

        Shapes: `size`, a sequence of ints.
        Errors: RuntimeError for a negative size; TypeError for a `fill_value` that is no number.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_full.html

        >>> import minitorch as torch
        >>> torch.tensor([1., 2.]).new_full((2,), 3)
        tensor([3., 3.])
        """
        return minitorch.creation.full(size, fill_value, **self._own_place(options))

    def new_tensor(self: Tensor, data: Any, **options: Any) -> Tensor:
        """`minitorch.tensor` in this tensor's dtype, on its device.

        Shapes: that of `data`.
        Errors: as for `minitorch.tensor`, such as TypeError for strings.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.new_tensor.html

        >>> import minitorch as torch
        >>> torch.tensor([1., 2.]).new_tensor([3, 4])
        tensor([3., 4.])
        """
        return minitorch.from_data.tensor(data, **self._own_place(options))

    def _own_place(self: Tensor, options: dict[str, Any]) -> dict[str, Any]:
        """The options of a new tensor, with this one's dtype and device unless they say otherwise."""
        options["dtype"] = self.dtype if options.get("dtype") is None else options["dtype"]
        options["device"] = self.device if options.get("device") is None else options["device"]
        return options
