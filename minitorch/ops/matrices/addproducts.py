"""A tensor plus a product, both scaled: β·x + α·(product). One operation, under the name that PyTorch gives it."""

from __future__ import annotations

from typing import Any

from ...autograd.op import Op
from ...dtype import result_dtype
from ...parallel import product
from ...tensor import Tensor
from ...types import Number
from ..checks import check_same_device, number, refuse, tensor_argument
from ..elementwise.arithmetic import add, mul
from ..shape.shape import reshape
from .matmul import matmul

__all__ = ["addbmm", "addmm", "addmv", "addr", "baddbmm"]


class AddMatMul(Op, label="AddmmBackward0"):
    """z = β·x + α·A·B;  ∂/∂x = β·G, ∂/∂A = α·G·Bᵀ, ∂/∂B = α·Aᵀ·G.

    With β = 0 the x is not looked at, so that nothing in it, nan included, gets into z.
    """

    beta: Any
    alpha: Any

    def __init__(self, beta: Any, alpha: Any) -> None:
        self.beta, self.alpha = beta, alpha

    def forward(self, x: Any, a: Any, b: Any) -> Any:  # x broadcasts to (…, N, M), a (…, N, D), b (…, D, M)
        self.save(a if self.needs[2] else None, b if self.needs[1] else None)
        return self.combine(x, product(a, b))

    def combine(self, x: Any, ab: Any) -> Any:
        if self.alpha != 1:
            ab = ab * ab.dtype.type(self.alpha)
        if self.beta == 0:
            return ab
        return ab + (x if self.beta == 1 else x * x.dtype.type(self.beta))

    def backward(self, g: Any) -> Any:
        a, b = self.saved
        gx = (g if self.beta == 1 else g * self.beta) if self.needs[0] else None
        g = g if self.alpha == 1 else g * self.alpha
        ga = matmul(g, b.swapaxes(-1, -2)) if self.needs[1] else None
        gb = matmul(a.swapaxes(-1, -2), g) if self.needs[2] else None
        return gx, ga, gb


class AddBatchMatMul(AddMatMul, label="BaddbmmBackward0"):
    """z = β·x + α·A·B for stacks of matrices;  the derivatives are those of one matrix."""


class AddSumOfMatMul(AddMatMul, label="AddbmmBackward0"):
    """z = β·x + α·Σₛ Aₛ·Bₛ over a stack of matrices;  ∂/∂Aₛ = α·G·Bₛᵀ, ∂/∂Bₛ = α·Aₛᵀ·G."""

    def forward(self, x: Any, a: Any, b: Any) -> Any:  # x broadcasts to (N, M), a (S, N, D), b (S, D, M)
        self.save(a if self.needs[2] else None, b if self.needs[1] else None)
        return self.combine(x, product(a, b).sum(axis=0, dtype=a.dtype))


class AddMatVec(AddMatMul, label="AddmvBackward0"):
    """z = β·x + α·A·v;  ∂/∂x = β·g, ∂/∂A = α·g·vᵀ, ∂/∂v = α·Aᵀ·g."""

    def backward(self, g: Any) -> Any:
        a, v = self.saved
        gx = (g if self.beta == 1 else g * self.beta) if self.needs[0] else None
        g = g if self.alpha == 1 else g * self.alpha
        ga = reshape(g, (-1, 1)) * v if self.needs[1] else None
        return gx, ga, (matmul(a.swapaxes(0, 1), g) if self.needs[2] else None)


class AddOuter(AddMatMul, label="AddrBackward0"):
    """z = β·x + α·u·vᵀ;  ∂/∂x = β·G, ∂/∂u = α·G·v, ∂/∂v = α·Gᵀ·u."""

    def forward(self, x: Any, u: Any, v: Any) -> Any:  # x broadcasts to (N, M), u (N), v (M)
        self.save(u if self.needs[2] else None, v if self.needs[1] else None)
        return self.combine(x, u[:, None] * v)

    def backward(self, g: Any) -> Any:
        u, v = self.saved
        gx = (g if self.beta == 1 else g * self.beta) if self.needs[0] else None
        g = g if self.alpha == 1 else g * self.alpha
        gu = matmul(g, v) if self.needs[1] else None
        return gx, gu, (matmul(g.swapaxes(0, 1), u) if self.needs[2] else None)


FACTORS = {"addmm": ("mat1", "mat2"), "addmv": ("mat", "vec")}  # how they are called; "batch1" and "batch2" in the others


def _check(name: str, tensors: tuple[Any, Any, Any], ranks: tuple[int, int], kernel: str) -> None:
    """The three tensors of a function that adds a product: of these ranks, of one dtype, numbers, sizes that meet."""
    factors = FACTORS.get(name, ("batch1", "batch2"))
    for i, x in enumerate(tensors):
        tensor_argument(name, x, ("input", *factors)[i], i + 1)
    x, a, b = tensors
    if (a.ndim, b.ndim) != ranks:
        kind = IndexError if ranks == (3, 3) and min(a.ndim, b.ndim) < 3 else RuntimeError  # PyTorch's types
        raise kind(
            f"{name}: expected tensors of {ranks[0]} and {ranks[1]} dimensions to multiply, but got shapes "
            f"{list(a.shape)} and {list(b.shape)}"
        )
    check_same_device(name, x, a, b)
    if not x.dtype == a.dtype == b.dtype:
        raise RuntimeError(f"{name}: the tensors must have the same dtype, but got {x.dtype}, {a.dtype} and {b.dtype}")
    refuse(kernel, x, "b")
    stacked = ranks == (3, 3)
    if (stacked and a.shape[0] != b.shape[0]) or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise RuntimeError(f"{name}: shapes {list(a.shape)} and {list(b.shape)} cannot be multiplied")


def _check_target(name: str, x: Any, shape: tuple[int, ...]) -> None:
    short = tuple(x.shape)
    if len(short) > len(shape) or any(m not in (1, n) for m, n in zip(reversed(short), reversed(shape), strict=False)):
        raise RuntimeError(
            f"{name}: The expanded size of the tensor must match: input of shape {list(short)} does not broadcast to "
            f"{list(shape)}, the shape of the product"
        )


def _factors(name: str, x: Any, beta: Any, alpha: Any) -> tuple[Any, Any]:
    """β and α as the tensors' own numbers: integers lose what is behind the point, as in PyTorch."""
    beta, alpha = (number(name, x.item() if isinstance(x, Tensor) else x) for x in (beta, alpha))
    return (beta, alpha) if x.dtype.is_floating_point else (int(beta), int(alpha))


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """β·input + α·(mat1·mat2).

    With β = 0 the input is ignored, nan included.

    Shapes: mat1 (N, D), mat2 (D, M) → (N, M); input broadcasts to it.
    Errors: RuntimeError where shapes do not meet or dtypes differ; NotImplementedError for booleans; TypeError for what
    is not a tensor, and a `beta` or `alpha` that is no number.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.addmm.html

    >>> import minitorch as torch
    >>> torch.addmm(torch.ones(2), torch.ones(2, 3), torch.ones(3, 2))
    tensor([[4., 4.],
            [4., 4.]])
    """
    _check("addmm", (input, mat1, mat2), (2, 2), "addmm_impl_cpu_")
    _check_target("addmm", input, (mat1.shape[0], mat2.shape[1]))
    return AddMatMul(*_factors("addmm", input, beta, alpha))(input, mat1, mat2)


def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """β·input + α·(mat·vec).

    Shapes: mat (N, D), vec (D) → (N); input broadcasts to it.
    Errors: RuntimeError where shapes do not meet or dtypes differ; NotImplementedError for booleans; TypeError for what
    is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.addmv.html

    >>> import minitorch as torch
    >>> torch.addmv(torch.ones(2), torch.ones(2, 3), torch.ones(3))
    tensor([4., 4.])
    """
    _check("addmv", (input, mat, vec), (2, 1), "addmv_impl_cpu")
    _check_target("addmv", input, (mat.shape[0],))
    return AddMatVec(*_factors("addmv", input, beta, alpha))(input, mat, vec)


def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """β·input + α·(batch1·batch2), matrix by matrix.

    Shapes: batch1 (B, N, D), batch2 (B, D, M) → (B, N, M); input broadcasts to it.
    Errors: RuntimeError where sizes do not meet or dtypes differ; IndexError for other ranks; NotImplementedError for
    booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.baddbmm.html

    >>> import minitorch as torch
    >>> torch.baddbmm(torch.ones(1), torch.ones(2, 1, 3), torch.ones(2, 3, 1), beta=2).shape
    torch.Size([2, 1, 1])
    """
    _check("baddbmm", (input, batch1, batch2), (3, 3), "baddbmm")
    shape = (*batch1.shape[:2], batch2.shape[2])
    _check_target("baddbmm", input, shape)
    return AddBatchMatMul(*_factors("baddbmm", input, beta, alpha))(input, batch1, batch2)


def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """β·input + α·Σ batch1·batch2 over the stack.

    Shapes: batch1 (B, N, D), batch2 (B, D, M) → (N, M); input broadcasts to it.
    Errors: RuntimeError where sizes do not meet or dtypes differ; IndexError for other ranks; NotImplementedError for
    booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.addbmm.html

    >>> import minitorch as torch
    >>> torch.addbmm(torch.zeros(1, 1), torch.ones(2, 1, 3), torch.ones(2, 3, 1))
    tensor([[6.]])
    """
    _check("addbmm", (input, batch1, batch2), (3, 3), "addmm_impl_cpu_")
    shape = (batch1.shape[1], batch2.shape[2])
    _check_target("addbmm", input, shape)
    return AddSumOfMatMul(*_factors("addbmm", input, beta, alpha))(input, batch1, batch2)


def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """β·input + α·(vec1·vec2ᵀ).

    Different dtypes are promoted.

    Shapes: vec1 (N), vec2 (M) → (N, M); input broadcasts to it.
    Errors: RuntimeError for shapes that do not fit, and for a β or α with a fraction beside integers; TypeError for
    what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.addr.html

    >>> import minitorch as torch
    >>> torch.addr(torch.zeros(2, 2), torch.tensor([1., 2.]), torch.tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    for i, x in enumerate((input, vec1, vec2)):
        tensor_argument("addr", x, ("input", "vec1", "vec2")[i], i + 1)
    if vec1.ndim != 1 or vec2.ndim != 1:
        raise RuntimeError(f"addr: Expected 1-D vectors, but got shapes {list(vec1.shape)} and {list(vec2.shape)}")
    check_same_device("addr", input, vec1, vec2)
    shape = (vec1.shape[0], vec2.shape[0])
    _check_target("addr", input, shape)
    dtype = result_dtype(input, vec1, vec2)
    for name, factor in (("beta", beta), ("alpha", alpha)):
        if not dtype.is_floating_point and isinstance(factor, float):
            raise RuntimeError(f"For integral input tensors, argument {name} must not be a floating point number.")
    if dtype.category == 0:  # booleans: "or" and "and"
        product = mul(vec1.unsqueeze(-1), vec2) if alpha else mul(vec1.unsqueeze(-1), vec2) & False
        return add(input, product) if beta else product.clone()
    tensors = [x._cast(dtype.numpy) for x in (input, vec1, vec2)]
    return AddOuter(*_factors("addr", tensors[0], beta, alpha))(*tensors)
