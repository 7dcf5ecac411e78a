"""Borders around tensors: of a constant, or continued from the inside.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor
from ..checks import number, refuse, tensor_argument
from ..resampling.taps import Taps, picks, resample_node
from .shape import array_of

__all__ = ["constant_pad_nd"]

Pads = list[tuple[int, int]]  # (before, after) of each dimension, negative to cut


class ConstantPadNd(Op):
    """z = x with a border of a constant, or less of x where a width is negative;  the gradient is padded the other way.

    The border of the gradient is cut off, and what was cut from x has the gradient 0.
    """

    pads: Pads
    value: float | int | bool

    def __init__(self, pads: Pads, value: float | int | bool) -> None:
        self.pads, self.value = pads, value

    def forward(self, x: Any) -> Any:
        shape = [n + before + after for n, (before, after) in zip(x.shape, self.pads, strict=True)]
        z = array_module(x).full(shape, self.value, x.dtype)
        inner = tuple(slice(max(b, 0), m - max(a, 0)) for m, (b, a) in zip(shape, self.pads, strict=True))
        kept = tuple(slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in zip(x.shape, self.pads, strict=True))
        z[inner] = x[kept]
        return z

    def backward(self, g: Any) -> Any:
        return ConstantPadNd([(-before, -after) for before, after in self.pads], 0)(g)


def _pads(input: Any, pad: Any) -> Pads:
    """`pad`, which lists the last dimension first, as (before, after) per dimension."""
    if not isinstance(pad, tuple | list):
        raise TypeError(f"pad(): argument 'pad' (position 2) must be tuple of ints, not {type(pad).__name__}")
    for k, width in enumerate(pad):
        if not isinstance(width, int | np.integer):
            raise TypeError(
                "pad(): argument 'pad' (position 2) must be tuple of ints, but found element of type "
                f"{type(width).__name__} at pos {k}"
            )
    if len(pad) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, but got {list(pad)}")
    if len(pad) > 2 * input.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {input.ndim}"
        )
    pairs = [(int(pad[k]), int(pad[k + 1])) for k in range(0, len(pad), 2)][::-1]
    return [(0, 0)] * (input.ndim - len(pairs)) + pairs


def constant_pad_nd(input: Tensor, pad: Sequence[int], value: Any = 0) -> Tensor:
    """`input` with borders of `value`: ``nn.functional.pad`` in its mode "constant".

    Shapes: any; the last sizes grow by the widths.
    Errors: RuntimeError for widths that do not fit the dimensions, and a cut wider than the input; TypeError for what
    is not a tensor, for widths that are not ints, and a `value` that is no number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pad.html

    >>> import minitorch as torch
    >>> torch.constant_pad_nd(torch.tensor([1, 2]), (1, 2), 7)
    tensor([7, 1, 2, 7, 7])
    """
    tensor_argument("constant_pad_nd", input)
    pads = _pads(input, pad)
    for d, (n, (before, after)) in enumerate(zip(input.shape, pads, strict=True)):
        if n + min(before, 0) + min(after, 0) < 0:
            raise RuntimeError(
                f"pad: the negative padding ({before}, {after}) cuts more than there is of dimension {d} of input "
                f"{list(input.shape)}"
            )
    value = number("constant_pad_nd", value)
    kind = array_of(input).dtype.kind
    return ConstantPadNd(pads, bool(value) if kind == "b" else int(value) if kind in "iu" else value)(input)


# ---- borders continued from the inside ---------------------------------------------------------------------------------


def _reflected(size: int, before: int, after: int) -> Taps:
    k = np.abs(np.arange(-before, size + after))
    return picks(size, np.where(k >= size, 2 * (size - 1) - k, k))


def _replicated(size: int, before: int, after: int) -> Taps:
    return picks(size, np.clip(np.arange(-before, size + after), 0, size - 1))


def _circular(size: int, before: int, after: int) -> Taps:
    kept = size - max(-before, 0) - max(-after, 0)  # what negative widths leave is what goes round
    positions = np.arange(-max(before, 0), kept + max(after, 0))
    return picks(size, max(-before, 0) + (positions % kept if kept else positions))


_MODES = {"reflect": ("ReflectionPad", _reflected), "replicate": ("ReplicationPad", _replicated)}


def _continued(input: Any, pads: Pads, mode: str) -> Any:
    rank = len(pads)
    sizes = input.shape[-rank:]
    if mode == "circular":
        for n, (before, after) in zip(sizes, pads, strict=True):
            if before > n or after > n:
                raise RuntimeError(
                    f"Padding value causes wrapping around more than once: ({before}, {after}) for a dimension of {n}, "
                    f"input of size {list(input.shape)}"
                )
            if n + before + after < 0:
                raise RuntimeError("Negative padding value is resulting in an empty dimension")
        node, taps = "CircularPad", _circular
    else:
        node, taps = _MODES[mode]
        refuse(f"{'reflection' if mode == 'reflect' else 'replication'}_pad{rank}d", input, "b")
        first = 1 if input.ndim == rank + 2 else 0
        if 0 in input.shape[first:]:
            raise RuntimeError(
                f"Expected {rank + 1}D or {rank + 2}D (batch mode) tensor with possibly 0 batch size and other "
                f"non-zero dimensions for input, but got: {list(input.shape)}"
            )
        for d, (n, (before, after)) in enumerate(zip(sizes, pads, strict=True)):
            if mode == "reflect" and (before >= n or after >= n):
                raise RuntimeError(
                    "Padding size should be less than the corresponding input dimension, but got: padding "
                    f"({before}, {after}) at dimension {input.ndim - rank + d} of input {list(input.shape)}"
                )
        left = [n + before + after for n, (before, after) in zip(sizes, pads, strict=True)]
        if max(left) < 1 or min(left) < 0:
            raise RuntimeError(f"input {list(input.shape)} is too small: padding {pads} leaves the sizes {left}")
    axes = {d - rank: taps(n, *pad) for d, (n, pad) in enumerate(zip(sizes, pads, strict=True))}
    return resample_node(f"{node}{rank}D")(axes)(input)


def pad(input: Tensor, pad: Any, mode: str = "constant", value: Any = None) -> Tensor:
    """`input` with borders around its last dimensions: `pad` is (before, after) of the last, then of the one before, …

    mode "constant": the border is `value` (0); any number of dimensions; negative widths cut. "reflect"
    (a b c → c b a b c b a), "replicate" (a a a b c c c) and "circular" (b c a b c a b) continue the inside; they pad
    the last 1, 2 or 3 dimensions of an input with one (channels) or two (batch, channels) more.

    Shapes: any; the last sizes grow by the widths.
    Errors: RuntimeError for widths that do not fit the dimensions, a reflection as wide as the input, a cut wider, and
    a `value` beside another mode; NotImplementedError for another `mode` and for ranks it is not for, and for booleans
    in these; TypeError for what is not a tensor, for widths that are not ints, and a `value` that is no number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pad.html

    >>> import minitorch as torch
    >>> x = torch.tensor([[1., 2., 3.]])
    >>> torch.nn.functional.pad(x, (1, 2)), torch.nn.functional.pad(x, (1, 2), mode="reflect")
    (tensor([[0., 1., 2., 3., 0., 0.]]), tensor([[2., 1., 2., 3., 2., 1.]]))
    """
    tensor_argument("pad", input)
    if value is not None and (isinstance(value, Tensor) or not isinstance(value, bool | int | float | np.number)):
        raise TypeError(f"pad(): argument 'value' (position 4) must be float, not {type(value).__name__}")
    pads = _pads(input, pad)
    if mode == "constant":
        return constant_pad_nd(input, pad, 0 if value is None else value)
    if value not in (None, 0):
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    rank = len(pad) // 2
    if rank not in (1, 2, 3) or input.ndim not in (rank + 1, rank + 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {input.ndim}D input tensor. Modes other than constant pad the "
            "last 1, 2 or 3 dimensions of an input with one or two dimensions more, with two numbers for each"
        )
    if mode not in (*_MODES, "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    return _continued(input, pads[-rank:], mode)
