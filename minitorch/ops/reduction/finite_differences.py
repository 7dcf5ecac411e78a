"""gradient: the slope of a function that is known at points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...tensor import Tensor
from ..checks import normalize_dim, tensor_argument
from ..shape.joining import cat, narrow
from ..shape.shape import as_int, reshape

__all__ = ["gradient"]


def gradient(
    input: Tensor, *, spacing: Any = None, dim: int | Sequence[int] | None = None, edge_order: int = 1
) -> tuple[Tensor, ...]:
    """∂input/∂(coordinate of a dimension), by differences of neighbours, for each of `dim` (default: all): a tuple.

    Inside, the parabola through a point and its two neighbours gives the slope; at the ends the straight line through
    the last two points does, or with ``edge_order=2`` the parabola through the last three. `spacing` is the step
    between points (1): a number, or a list of one per dimension: numbers, or tensors that hold all coordinates.

    Shapes: any; each result has the input's.
    Errors: RuntimeError for a dimension with fewer than edge_order + 1 points, a `spacing` of another length, a
    dimension named twice, and booleans; IndexError for a `dim` out of range; TypeError for what is not a tensor, and
    for a `spacing` that is one.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.gradient.html

    >>> import minitorch as torch
    >>> torch.gradient(torch.tensor([1., 2., 4., 7.]))
    (tensor([1.0000, 1.5000, 2.5000, 3.0000]),)
    >>> torch.gradient(torch.tensor([0., 1., 9.]), spacing=(torch.tensor([0., 1., 3.]),), edge_order=2)
    (tensor([0., 2., 6.]),)
    """
    tensor_argument("gradient", input)
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    given = range(input.ndim) if dim is None else (dim if isinstance(dim, Sequence) else (dim,))
    dims = [normalize_dim(as_int("gradient", "dim", d), input.ndim) for d in given]
    for d in dims:
        if dims.count(d) > 1:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    steps = _steps(spacing, dims, input, dim is not None)
    for d, step in zip(dims, steps, strict=True):
        if input.shape[d] < edge_order + 1:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
        if isinstance(step, Tensor) and step.numel() != input.shape[d] and step.ndim:
            raise RuntimeError(
                "torch.gradient expected each element of 'spacing' to have one coordinate per point, but got "
                f"{list(step.shape)} for the {input.shape[d]} points of dimension {d}"
            )
    return tuple(_slope(input, d, step, edge_order) for d, step in zip(dims, steps, strict=True))


def _steps(spacing: Any, dims: list[int], input: Any, is_given: bool) -> list[Any]:
    """The step (a number) or the coordinates (a tensor) for each dimension."""
    if spacing is None:
        return [1] * len(dims)
    if isinstance(spacing, Tensor) and spacing.ndim:
        raise TypeError("gradient(): argument 'spacing' must be a number or a tuple of numbers or Tensors, not Tensor")
    if not isinstance(spacing, Sequence):
        return [spacing.item() if isinstance(spacing, Tensor) else spacing] * len(dims)
    if len(spacing) != len(dims):
        of = "the length of dim" if is_given else f"'self.dim() = {input.ndim}', since dim argument was not given"
        raise RuntimeError(
            f"torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to {of}, "
            f"but got a list of length {len(spacing)}"
        )
    return list(spacing)


def _slope(x: Any, d: int, step: Any, edge_order: int) -> Any:
    n = x.shape[d]

    def at(start: int, length: int = 1) -> Any:
        return narrow(x, d, start, length)

    if not isinstance(step, Tensor) or not step.ndim:
        inside = (at(2, n - 2) - at(0, n - 2)) / (2 * step)
        if edge_order == 1:
            return cat([(at(1) - at(0)) / step, inside, (at(n - 1) - at(n - 2)) / step], d)
        first = (at(0) * -1.5 + at(1) * 2 - at(2) * 0.5) / step
        last = (at(n - 3) * 0.5 - at(n - 2) * 2 + at(n - 1) * 1.5) / step
        return cat([first, inside, last], d)

    widths = step.diff()
    shape = [1] * x.ndim
    shape[d] = -1
    before, after = reshape(widths[:-1], shape), reshape(widths[1:], shape)
    inside = (
        at(0, n - 2) * (-after / (before * (before + after)))
        + at(1, n - 2) * ((after - before) / (before * after))
        + at(2, n - 2) * (before / (after * (before + after)))
    )
    if edge_order == 1:
        return cat([(at(1) - at(0)) / widths[0], inside, (at(n - 1) - at(n - 2)) / widths[-1]], d)

    def end(places: tuple[int, int, int], near: Any, far: Any) -> Any:
        """The parabola's slope at the first of three points, `near` and `far` being the distances between them."""
        p, q, r = (at(place) for place in places)
        both = near + far
        return p * (-(near + both) / (near * both)) + q * (both / (near * far)) - r * (near / (far * both))

    return cat([end((0, 1, 2), widths[0], widths[1]), inside, -end((n - 1, n - 2, n - 3), widths[-1], widths[-2])], d)
