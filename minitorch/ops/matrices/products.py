"""Products of matrices, vectors and tensors beyond `matmul`: over chosen dimensions, of several matrices, powers."""

from __future__ import annotations

import math
from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor, wrap
from ..checks import check_same_device, normalize_dim, refuse, tensor_argument
from ..elementwise.arithmetic import mul
from ..reduction.reduction import sum
from ..shape.shape import array_of, as_int, as_ints, permute, reshape
from .matmul import Dot, matmul, outer

__all__ = ["cross", "ger", "inner", "kron", "matrix_power", "tensordot", "vdot"]


def same_dtype(name: str, x: Any, y: Any) -> None:
    """RuntimeError unless two tensors share their dtype; NotImplementedError for booleans, which do not multiply."""
    check_same_device(name, x, y)
    if x.dtype != y.dtype:
        raise RuntimeError(f"{name}: both inputs should have same dtype, but got {x.dtype} and {y.dtype}")
    refuse("addmm_impl_cpu_", x, "b")


class Vdot(Dot):
    """z = Σ xᵢ·yᵢ;  ∂z/∂x = y, ∂z/∂y = x. (Complex numbers, of which x would be conjugated, there are none here.)"""


def vdot(input: Tensor, other: Tensor) -> Tensor:
    """Σᵢ xᵢ·yᵢ of two vectors, as `dot`.

    Shapes: (D), (D) → ().
    Errors: RuntimeError for other shapes, and for dtypes that differ; NotImplementedError for booleans; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.vdot.html

    >>> import minitorch as torch
    >>> torch.vdot(torch.tensor([2., 3.]), torch.tensor([2., 1.]))
    tensor(7.)
    """
    tensor_argument("vdot", input)
    tensor_argument("vdot", other, "other", 2)
    if input.ndim != 1 or other.ndim != 1:
        raise RuntimeError(f"vdot: 1D tensors expected, but got shapes {list(input.shape)} and {list(other.shape)}")
    if input.shape != other.shape:
        raise RuntimeError(f"vdot: inconsistent tensor size, {list(input.shape)} and {list(other.shape)}")
    if input.dtype != other.dtype:
        raise RuntimeError(f"vdot: expected both vectors to have same dtype, but found {input.dtype} and {other.dtype}")
    refuse("dot", input, "b")
    return Vdot()(input, other)


def ger(input: Tensor, vec2: Tensor) -> Tensor:
    """`outer` under its older name.

    Shapes: (N), (M) → (N, M).
    Errors: RuntimeError for other ranks; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.ger.html

    >>> import minitorch as torch
    >>> torch.ger(torch.tensor([1., 2.]), torch.tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    return outer(input, vec2)


def inner(input: Tensor, other: Tensor) -> Tensor:
    """Σ over the last dimension of both.

    A 0-d tensor multiplies the other elementwise.

    Shapes: (A…, D), (B…, D) → (A…, B…); (), (B…) → (B…); (A…), () → (A…).
    Errors: RuntimeError unless the last sizes are equal, and for dtypes that differ; NotImplementedError for booleans;
    TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.inner.html

    >>> import minitorch as torch
    >>> torch.inner(torch.tensor([[1., 2.], [3., 4.]]), torch.tensor([1., 1.]))
    tensor([3., 7.])
    """
    tensor_argument("inner", input)
    tensor_argument("inner", other, "other", 2)
    if input.ndim == 0 or other.ndim == 0:
        return mul(input, other)
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    return tensordot(input, other, dims=([-1], [-1]))


def _contracted(a: Any, b: Any, dims: Any) -> tuple[list[int], list[int]]:
    """Which dimensions of `a` go with which of `b`, from the forms that PyTorch takes for that."""
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, tuple | list):
        first, second = dims
        ours = as_ints("tensordot", "dims", first if isinstance(first, tuple | list) else (first,))
        theirs = as_ints("tensordot", "dims", second if isinstance(second, tuple | list) else (second,))
        if len(ours) != len(theirs):
            raise RuntimeError(f"both dimension lists should have same length, but got {ours} and {theirs}")
        return [normalize_dim(d, a.ndim) for d in ours], [normalize_dim(d, b.ndim) for d in theirs]
    n = as_int("tensordot", "dims", dims)
    if n < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={n}")
    if n > min(a.ndim, b.ndim):
        raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={n}")
    return list(range(a.ndim - n, a.ndim)), list(range(n))


def tensordot(a: Any, b: Any, dims: Any = 2, out: Tensor | None = None) -> Tensor:
    """Σ of products over some dimensions of both; the others remain, first those of `a`, then those of `b`.

    `dims` is a number n (the last n of `a` with the first n of `b`) or two lists of dimensions that go together. Of
    sizes that go together one may be 1: the n beside it are added up.

    Shapes: a with the dimensions that remain, and b: the result has those of `a`, then those of `b`.
    Errors: RuntimeError where sizes that go together differ, for a dimension named twice, and for dtypes that differ;
    IndexError for a dimension out of range; ValueError for other than two lists; NotImplementedError for booleans, and
    for `out`; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.tensordot.html

    >>> import minitorch as torch
    >>> torch.tensordot(torch.ones(2, 3, 4), torch.ones(4, 3, 5), dims=([1, 2], [1, 0])).shape
    torch.Size([2, 5])
    """
    tensor_argument("tensordot", a, "a")
    tensor_argument("tensordot", b, "b", 2)
    if out is not None:
        raise NotImplementedError("minitorch's tensordot() does not support out=")
    ours, theirs = _contracted(a, b, dims)
    same_dtype("tensordot", a, b)
    for chosen in (ours, theirs):
        for d in chosen:
            if chosen.count(d) > 1:
                raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    for d, e in zip(ours, theirs, strict=True):
        m, n = a.shape[d], b.shape[e]
        if m != n and m != 1 and n != 1:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {m} in dim {d} and second has size {n} in "
                f"dim {e}"
            )
        if m == 1 and n != 1:
            b = sum(b, e, keepdim=True)
        elif n == 1 and m != 1:
            a = sum(a, d, keepdim=True)
    kept_a = [d for d in range(a.ndim) if d not in ours]
    kept_b = [d for d in range(b.ndim) if d not in theirs]
    shape_a, shape_b = [a.shape[d] for d in kept_a], [b.shape[d] for d in kept_b]
    size = math.prod([a.shape[d] for d in ours])
    rows = reshape(permute(a, (*kept_a, *ours)), (math.prod(shape_a), size))
    columns = reshape(permute(b, (*theirs, *kept_b)), (size, math.prod(shape_b)))
    return reshape(matmul(rows, columns), (*shape_a, *shape_b))


def kron(input: Tensor, other: Tensor) -> Tensor:
    """The Kronecker product: every element of `input` replaced by itself times `other`.

    Shapes: any; the sizes multiply, from the last back.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.kron.html

    >>> import minitorch as torch
    >>> torch.kron(torch.tensor([[1., 2.]]), torch.tensor([[1.], [10.]]))
    tensor([[ 1.,  2.],
            [10., 20.]])
    """
    tensor_argument("kron", input)
    tensor_argument("kron", other, "other", 2)
    n = max(input.ndim, other.ndim)
    a = (1,) * (n - input.ndim) + tuple(input.shape)
    b = (1,) * (n - other.ndim) + tuple(other.shape)
    spread_a = tuple(size for d in range(n) for size in (a[d], 1))  # a₀ 1 a₁ 1 …
    spread_b = tuple(size for d in range(n) for size in (1, b[d]))  # 1 b₀ 1 b₁ …
    product = mul(reshape(input, spread_a), reshape(other, spread_b))
    return reshape(product, tuple(m * k for m, k in zip(a, b, strict=True)))


def matrix_power(input: Tensor, n: int) -> Tensor:
    """The product of n copies of square matrices; for n < 0 of their inverses, for n = 0 the identity.

    By repeated squaring, so with about log₂ n products.

    Shapes: input (…, N, N) → (…, N, N).
    Errors: RuntimeError unless the matrices are square, and for the inverse of integers; LinAlgError for n < 0 and a
    singular matrix; NotImplementedError for products of booleans; TypeError for what is not a tensor, and an `n` that
    is not an int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_power.html

    >>> import minitorch as torch
    >>> torch.matrix_power(torch.tensor([[1., 1.], [0., 1.]]), 5)
    tensor([[1., 5.],
            [0., 1.]])
    """
    from .solving import inv  # which itself is made of products

    tensor_argument("linalg.matrix_power", input)
    n = as_int("linalg.matrix_power", "n", n)
    if input.ndim < 2:
        raise RuntimeError("linalg.matrix_power: The input tensor A must have at least 2 dimensions.")
    if input.shape[-1] != input.shape[-2]:
        raise RuntimeError(
            "linalg.matrix_power: A must be batches of square matrices, but they are "
            f"{input.shape[-2]} by {input.shape[-1]} matrices"
        )
    if n == 0:
        array = input._array
        xp = array_module(array)
        return wrap(xp.broadcast_to(xp.eye(array.shape[-1], dtype=array.dtype), array.shape).copy())
    if n < 0:
        input, n = inv(input), -n
    result: Any = None
    square = input
    while n:
        if n % 2:
            result = square if result is None else matmul(result, square)
        n //= 2
        if n:
            square = matmul(square, square)
    return result.clone() if result is input else result


class Cross(Op, label="LinalgCrossBackward0"):
    """z = x × y along a dimension of size 3;  ∂/∂x = y × g, ∂/∂y = g × x."""

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x if self.needs[1] else None, y if self.needs[0] else None)
        return array_module(x).cross(x, y, axis=self.dim)

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        gx = Cross(self.dim)(y, g) if self.needs[0] else None
        return gx, (Cross(self.dim)(g, x) if self.needs[1] else None)


def crossed(input: Any, other: Any, dim: int) -> Any:
    """`linalg.cross`: x × y along `dim`."""
    name = "linalg.cross"
    tensor_argument(name, input)
    tensor_argument(name, other, "other", 2)
    check_same_device(name, input, other)
    if input.ndim != other.ndim:
        raise RuntimeError(f"{name}: inputs must have the same number of dimensions.")
    dim = normalize_dim(as_int(name, "dim", dim), input.ndim)
    a, b = input._array.shape, other._array.shape
    if not a:
        raise IndexError(f"{name}: dimension specified as {dim} but the tensors have no dimensions")
    if a[dim] != 3 or b[dim] != 3:
        raise RuntimeError(f"{name}: inputs dimension {dim} must have length 3. Got shapes {list(a)} and {list(b)}")
    for m, n in zip(a, b, strict=True):
        if m != n and m != 1 and n != 1:
            raise RuntimeError(f"{name}: shapes {list(a)} and {list(b)} do not broadcast")
    if input.dtype != other.dtype:
        raise RuntimeError(f"expected scalar type {input.dtype.type_name} but found {other.dtype.type_name} ({name})")
    refuse("cross", input, "b")
    return Cross(dim)(input, other)


def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The vector product x × y along `dim`, the first dimension of size 3 unless given.

    Shapes: input and other, of size 3 along `dim`, broadcast; the result has the common shape.
    Errors: RuntimeError for another size, ranks that differ, shapes that do not broadcast, and dtypes that differ;
    IndexError for a `dim` out of range; NotImplementedError for booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.cross.html

    >>> import minitorch as torch
    >>> torch.cross(torch.tensor([1., 0., 0.]), torch.tensor([0., 1., 0.]), dim=0)
    tensor([0., 0., 1.])
    """
    tensor_argument("cross", input)
    if dim is None:
        sizes = array_of(input).shape
        if 3 not in sizes:
            raise RuntimeError("no dimension of size 3 in input")
        dim = sizes.index(3)
    return crossed(input, other, dim)
