"""Matrix products."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ... import gpu_kernels
from ...autograd.op import Op
from ...parallel import product
from ...tensor import Tensor
from ..checks import check_same_device, refuse, tensor_argument
from ..elementwise.arithmetic import mul

__all__ = ["bmm", "dot", "linear", "matmul", "mm", "mv", "outer"]


SECOND = {"bmm": "mat2", "dot": "tensor", "linear": "weight", "mm": "mat2", "mv": "vec"}  # what PyTorch calls it there


def _check_pair(name: str, x: Any, y: Any) -> None:
    tensor_argument(name, x)
    tensor_argument(name, y, SECOND.get(name, "other"), 2)
    refuse("addmm_impl_cpu_", x, "b")
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        check_same_device(name, x, y)
        if x._array.dtype != y._array.dtype:
            raise RuntimeError(
                f"expected m1 and m2 to have the same dtype, but got: {x.dtype} != {y.dtype} ({name}); "
                "convert one with .to(dtype)"
            )


def _sizes(x: Any) -> str:
    return "x".join(str(n) for n in x.shape)


class MatMul(Op, label="MmBackward0"):
    """C = A·B for matrices, stacks of matrices in front;  ∂/∂A = G·Bᵀ, ∂/∂B = Aᵀ·G, each of the shape of G's stack.

    The stacks broadcast; the engine sums what was broadcast.
    """

    def forward(self, a: Any, b: Any) -> Any:  # a (…, N, D), b (…, D, M) → (…, N, M)
        self.save(a if self.needs[1] else None, b if self.needs[0] else None)
        return matmul(a, b)

    def backward(self, g: Any) -> Any:
        a, b = self.saved
        ga = matmul(g, b.swapaxes(-1, -2)) if self.needs[0] else None
        gb = matmul(a.swapaxes(-1, -2), g) if self.needs[1] else None
        return ga, gb


class BatchMatMul(MatMul, label="BmmBackward0"):
    """The product of two stacks of matrices, under the name that PyTorch gives it."""


class MatVec(Op, label="MvBackward0"):
    """y = A·v;  ∂/∂A = g·vᵀ, ∂/∂v = Aᵀ·g."""

    def forward(self, a: Any, v: Any) -> Any:  # a (N, D), v (D) → (N)
        self.save(a if self.needs[1] else None, v if self.needs[0] else None)
        return product(a, v)

    def backward(self, g: Any) -> Any:
        a, v = self.saved
        ga = g.reshape(-1, 1) * v if self.needs[0] else None
        return ga, (matmul(a.swapaxes(0, 1), g) if self.needs[1] else None)


class Dot(Op):
    """z = Σ xᵢ·yᵢ;  ∂z/∂x = y, ∂z/∂y = x."""

    def forward(self, x: Any, y: Any) -> Any:  # x (D), y (D) → ()
        self.save(x if self.needs[1] else None, y if self.needs[0] else None)
        return product(x, y)

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        return (g * y if self.needs[0] else None), (g * x if self.needs[1] else None)


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product, by rank.

    Shapes: (D), (D) → (); (N, D), (D, M) → (N, M); (D), (D, M) → (M); (N, D), (D) → (N); (…, N, D), (…, D, M) →
    (…, N, M); (D), (…, D, M) → (…, M); (…, N, D), (D) → (…, N), the stacks broadcasting.
    Errors: RuntimeError with both shapes if the inner sizes or the dtypes differ, and for what has no dimensions;
    NotImplementedError for booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.matmul.html

    >>> import minitorch as torch
    >>> torch.matmul(torch.tensor([[1., 2.], [3., 4.]]), torch.tensor([1., 1.]))
    tensor([3., 7.])
    """
    if not isinstance(input, Tensor) and not isinstance(other, Tensor) and hasattr(input, "ndim"):
        return product(input, other)
    _check_pair("matmul", input, other)
    m, n = input.ndim, other.ndim
    if m == 0 or n == 0:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {m}D and {n}D")
    inner, outer_ = input.shape[-1], other.shape[-2 if n > 1 else 0]
    if inner != outer_:
        if m == 1 and n == 1:
            raise RuntimeError(
                f"inconsistent tensor size, expected tensor [{inner}] and src [{outer_}] to have the same number of "
                "elements, but got different sizes"
            )
        if n == 1:
            raise RuntimeError(f"size mismatch, got input ({input.shape[0]}), mat ({_sizes(input)}), vec ({outer_})")
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({_sizes(input)} and {_sizes(other)})")
    if m > 2 or n > 2:
        stacks = tuple(input.shape[:-2]), tuple(other.shape[:-2])
        for i, j in zip(reversed(stacks[0]), reversed(stacks[1]), strict=False):
            if i != j and i != 1 and j != 1:
                raise RuntimeError(
                    f"The size of tensor a ({i}) must match the size of tensor b ({j}): matmul cannot broadcast the "
                    f"leading sizes of {list(input.shape)} and {list(other.shape)}"
                )
    if n == 1 and m <= 2:
        return Dot()(input, other) if m == 1 else MatVec()(input, other)
    # Otherwise a vector joins as a matrix of one row or one column, which goes again afterwards.
    if m == 1:
        return MatMul()(input.unsqueeze(0), other).squeeze(-2)
    if n == 1:
        return MatMul()(input, other.unsqueeze(-1)).squeeze(-1)
    return BatchMatMul()(input, other) if m == 3 and n == 3 else MatMul()(input, other)


def _ranked(name: str, x: Any, y: Any, ranks: tuple[int, int], words: str) -> Any:
    _check_pair(name, x, y)
    if (x.ndim, y.ndim) != ranks:
        raise RuntimeError(f"{name}: {words}, but got shapes {list(x.shape)} and {list(y.shape)}")
    return matmul(x, y)


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices.

    Shapes: (N, D), (D, M) → (N, M).
    Errors: RuntimeError for other shapes, and for dtypes that differ; NotImplementedError for booleans; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.mm.html

    >>> import minitorch as torch
    >>> torch.mm(torch.ones(2, 3), torch.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    return _ranked("mm", input, mat2, (2, 2), "both arguments must be matrices")


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two stacks of matrices.

    Shapes: (B, N, D), (B, D, M) → (B, N, M).
    Errors: RuntimeError for other shapes, and for dtypes that differ; NotImplementedError for booleans; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.bmm.html

    >>> import minitorch as torch
    >>> torch.bmm(torch.ones(2, 1, 3), torch.ones(2, 3, 1)).shape
    torch.Size([2, 1, 1])
    """
    _check_pair("bmm", input, mat2)
    if input.ndim == 3 and mat2.ndim == 3 and input.shape[0] != mat2.shape[0]:
        raise RuntimeError(f"bmm: stacks of different sizes, {list(input.shape)} and {list(mat2.shape)}")
    return _ranked("bmm", input, mat2, (3, 3), "batch1 and batch2 must be 3D tensors")


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector.

    Shapes: (N, D), (D) → (N).
    Errors: RuntimeError for other shapes, and for dtypes that differ; NotImplementedError for booleans; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.mv.html

    >>> import minitorch as torch
    >>> torch.mv(torch.ones(2, 3), torch.ones(3))
    tensor([3., 3.])
    """
    return _ranked("mv", input, vec, (2, 1), "the arguments must be a matrix and a vector")


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Σᵢ xᵢ·yᵢ of two vectors.

    Shapes: (D), (D) → ().
    Errors: RuntimeError for other shapes, and for dtypes that differ; NotImplementedError for booleans; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.dot.html

    >>> import minitorch as torch
    >>> torch.dot(torch.tensor([2., 3.]), torch.tensor([2., 1.]))
    tensor(7.)
    """
    return _ranked("dot", input, tensor, (1, 1), "1D tensors expected")


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """The matrix xᵢ·yⱼ of two vectors.

    Shapes: (N), (M) → (N, M).
    Errors: RuntimeError for other ranks; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.outer.html

    >>> import minitorch as torch
    >>> torch.outer(torch.tensor([1., 2.]), torch.tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    tensor_argument("outer", input)
    tensor_argument("outer", vec2, "vec2", 2)
    if input.ndim != 1 or vec2.ndim != 1:
        raise RuntimeError(f"outer: Expected 1-D arguments, but got shapes {list(input.shape)} and {list(vec2.shape)}")
    return mul(input.unsqueeze(-1), vec2)


class Linear(Op, label="AddmmBackward0"):
    """y = x·Wᵀ + b;  ∂/∂x = g·W, ∂/∂W = gᵀ·x, ∂/∂b = Σ over all but the last dimension of g."""

    def forward(self, x: Any, weight: Any, bias: Any = None) -> Any:  # x (…, D), weight (O, D), bias (O) → (…, O)
        self.save(x if self.needs[1] else None, weight if self.needs[0] else None)
        y = _times_transposed(x, weight)
        if bias is not None:
            y += bias
        return y

    def backward(self, g: Any) -> Any:
        x, weight = self.saved
        gx = gw = gb = None
        if self.needs[0]:
            gx = matmul(g, weight)
        if g.ndim != 2:  # (…, O) → (N, O), and so for x
            g = g.reshape(-1, g.shape[-1])
            x = None if x is None else x.reshape(-1, x.shape[-1])
        if self.needs[1]:
            gw = matmul(g.T, x)
        if len(self.needs) > 2 and self.needs[2]:
            gb = _sum_of_rows(g)
        return gx, gw, gb


def _times_transposed(x: Any, w: Any) -> Any:
    """x·wᵀ, x (…, D), w (O, D).

    A fork by measurement: OpenBLAS takes its time over this order of elements in memory. For some tens of rows and a
    wide w, (w·xᵀ)ᵀ, copied into the usual order, takes 0.5 to 0.9 of it, and on no processor measured more.
    """
    outputs, features = w.shape
    if outputs >= 128 and x.ndim == 2 and type(x) is np.ndarray and 16 <= len(x) <= min(64, outputs // 2, features // 8):
        return product(w, x.T).T.copy()
    return matmul(x, w.T)


def _sum_of_rows(g: Any) -> Any:
    """Σₙ g[n] of a matrix.

    A fork by measurement: as the product with a row of ones it takes 0.4 µs instead of 1.6 for 64 rows of 64. With many
    rows there is nothing to be gained.
    """
    if type(g) is np.ndarray and len(g) <= 1024 and g.dtype.itemsize >= 4:
        return product(_ones(len(g), g.dtype), g)
    return gpu_kernels.sum_of_rows(g) if gpu_kernels.present(g) else g.sum(0)


@functools.lru_cache(16)
def _ones(n: int, dtype: Any) -> np.ndarray:
    row = np.ones(n, dtype)
    row.setflags(write=False)
    return row


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = input·weightᵀ + bias.

    Shapes: input (…, D), weight (O, D), bias (O) → (…, O); weight (D) → (…).
    Errors: RuntimeError with both shapes if the D's differ, or the dtypes; NotImplementedError for booleans; TypeError
    for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.linear.html

    >>> import minitorch as torch
    >>> torch.nn.functional.linear(torch.ones(1, 2), torch.tensor([[1., 2.]]), torch.tensor([10.]))
    tensor([[13.]])
    """
    if not _fits(input, weight, bias):
        _check_pair("linear", input, weight)
        if weight.ndim != 2:
            return matmul(input, weight.t()) if bias is None else matmul(input, weight.t()) + bias
        _check_linear(input, weight, bias)
    return Linear()(input, weight) if bias is None else Linear()(input, weight, bias)


def _fits(input: Any, weight: Any, bias: Any) -> bool:
    """Whether these are plainly right for `linear`: so most are, and to see it takes a fifth of the other checks' time."""
    try:
        x, w = input._array, weight._array
        b = w if bias is None else bias._array
    except AttributeError:
        return False
    return (
        type(x) is type(w) is type(b)
        and x.dtype is w.dtype is b.dtype
        and x.dtype.kind == "f"
        and w.ndim == 2
        and x.shape[-1:] == w.shape[1:]
        and (bias is None or b.shape == w.shape[:1])
    )


def _check_linear(input: Any, weight: Any, bias: Any) -> None:
    outputs, features = weight.shape
    sizes = tuple(input.shape)
    if not sizes or sizes[-1] != features:
        rows = f"{math.prod(sizes[:-1])}x{sizes[-1]}" if sizes else "scalar"
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows} and {features}x{outputs}): the input's last size is "
            f"{sizes[-1] if sizes else None}, the layer expects {features}"
        )
    if bias is None:
        return
    tensor_argument("linear", bias, "bias", 3)
    _check_pair("linear", input, bias)
    if bias.ndim and tuple(bias.shape) not in ((outputs,), (1,)):
        raise RuntimeError(f"linear: bias of shape {list(bias.shape)} does not fit {outputs} outputs")
