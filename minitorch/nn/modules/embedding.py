"""Tables of vectors to learn: Embedding, and EmbeddingBag for sums and means of their rows."""

from __future__ import annotations

from typing import Any, Self

from ... import creation
from ...autograd.grad_mode import no_grad
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .module import Module


class _Table(Module):
    weight: Parameter
    padding_idx: int | None

    def _build(
        self,
        rows: int,
        columns: int,
        padding_idx: int | None,
        weight: Tensor | None,
        freeze: bool,
        like: dict[str, Any],
    ) -> None:
        """Set sizes and the padding row, and draw the weight unless it is given."""
        self.num_embeddings = rows
        self.embedding_dim = columns
        if padding_idx is not None:
            if not -rows <= padding_idx < rows:
                raise AssertionError("Padding_idx must be within num_embeddings")
            padding_idx %= rows
        self.padding_idx = padding_idx
        if weight is not None:
            if tuple(weight.shape) != (rows, columns):
                raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
            self.weight = Parameter(weight, requires_grad=not freeze)
        else:
            self.weight = Parameter(creation.empty((rows, columns), **like), requires_grad=not freeze)
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new rows from the standard normal distribution; the padding row is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)

    def _explain_failure(self, *args: Any, **kwargs: Any) -> str:
        x = args[0] if args else kwargs.get("input")
        if not isinstance(x, Tensor) or x.is_floating_point() or not x.numel():
            return ""
        largest = int(x.max().item())
        if largest < self.num_embeddings:
            return ""
        return f"the table has {self.num_embeddings} rows, numbered from 0, and row {largest} was asked for"


class Embedding(_Table):
    """A table of `num_embeddings` vectors of `embedding_dim` numbers; integers in, their rows out.

    The row `padding_idx` starts at 0 and gets no gradient. `max_norm` shortens longer rows when they are asked for.

    Shapes: input (…) of integers → (…, D); `weight` (V, D), V = num_embeddings.
    Errors: IndexError for a number that is no row of the table; RuntimeError for indices that are no integers;
    AssertionError for a `padding_idx` outside the table; NotImplementedError for ``sparse=True``.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html

    >>> import minitorch as torch
    >>> torch.nn.Embedding(10, 3)(torch.tensor([[1, 2], [9, 0]])).shape
    torch.Size([2, 2, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if sparse:
            raise NotImplementedError("Embedding: sparse=True is not supported, there are no sparse tensors")
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        like = {"device": device, "dtype": dtype}
        self._build(num_embeddings, embedding_dim, padding_idx, _weight, _freeze, like)

    def forward(self, input: Tensor) -> Tensor:
        """The rows that `input` numbers."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        return text + _options(self)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """A layer on the rows of `embeddings` (V, D), which it shares; they are not trained unless ``freeze=False``.

        >>> import minitorch as torch
        >>> torch.nn.Embedding.from_pretrained(torch.tensor([[1., 2.], [3., 4.]]))(torch.tensor([1]))
        tensor([[3., 4.]])
        """
        rows, columns = _sizes(embeddings)
        return cls(
            rows,
            columns,
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            _weight=embeddings,
            _freeze=freeze,
        )


def _sizes(embeddings: Tensor) -> tuple[int, int]:
    if embeddings.dim() != 2:
        raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
    return embeddings.shape[0], embeddings.shape[1]


def _options(layer: Any) -> str:
    text = "" if layer.max_norm is None else f", max_norm={layer.max_norm}"
    if layer.norm_type != 2:
        text += f", norm_type={layer.norm_type}"
    if layer.scale_grad_by_freq is not False:
        text += f", scale_grad_by_freq={layer.scale_grad_by_freq}"
    return text


class EmbeddingBag(_Table):
    """`Embedding` followed by the sum, mean or maximum over each bag of indices.

    A matrix of indices is one bag in each row; a row of them is cut into bags at `offsets`. The row `padding_idx` is
    left out of the bags.

    Shapes: input (B, N) of integers, or (N) with offsets (B) → (B, D); `weight` (V, D).
    Errors: ValueError for another rank, offsets with a matrix or none with a row, an unknown `mode`, and
    ``scale_grad_by_freq`` with 'max'; RuntimeError for offsets that do not begin with 0, and for a number that
    is no row of the table (IndexError with `max_norm`); AssertionError for a `padding_idx` outside it;
    NotImplementedError for ``sparse=True``, and for per_sample_weights without ``mode='sum'``.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html

    >>> import minitorch as torch
    >>> torch.nn.EmbeddingBag(10, 3)(torch.tensor([1, 2, 9, 0]), torch.tensor([0, 3])).shape
    torch.Size([2, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if sparse:
            raise NotImplementedError("EmbeddingBag: sparse=True is not supported, there are no sparse tensors")
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self._build(num_embeddings, embedding_dim, padding_idx, _weight, False, {"device": device, "dtype": dtype})
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """The reduced rows of each bag."""
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}{_options(self)}, mode={self.mode!r}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """A layer on the rows of `embeddings` (V, D), which it shares; they are not trained unless ``freeze=False``.

        >>> import minitorch as torch
        >>> layer = torch.nn.EmbeddingBag.from_pretrained(torch.tensor([[1., 2.], [3., 4.]]), mode='sum')
        >>> layer(torch.tensor([[0, 1]]))
        tensor([[4., 6.]])
        """
        rows, columns = _sizes(embeddings)
        layer = cls(
            rows,
            columns,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            mode,
            sparse,
            embeddings,
            include_last_offset,
            padding_idx,
        )
        layer.weight.requires_grad = not freeze
        return layer
