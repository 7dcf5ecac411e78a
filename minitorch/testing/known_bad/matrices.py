"""Mistakes with axes: transposes, shifts, and sums that are missing or too many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import diagnosis as d
from .core import known_bad

# ---- matrices and axes -----------------------------------------------------------------------------------------------


@known_bad(d.TRANSPOSE, "The gradient of W in x·W is xᵀ·g; gᵀ·x is its transpose, and for a square W it fits.",
           (5, 3), (3, 3))  # fmt: skip
def weight_transposed(torch: Any) -> Callable[..., Any]:
    class MatMul(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any) -> Any:
            ctx.save_for_backward(x, w)
            return x @ w

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, w = ctx.saved_tensors
            return g @ w.T, g.T @ x  # x.T @ g

    return MatMul.apply


@known_bad(d.SHAPE, "The same, with a W that is not square: the shape gives it away.", (5, 3), (3, 4))
def oblong_weight_transposed(torch: Any) -> Callable[..., Any]:
    return weight_transposed(torch)


@known_bad(d.TRANSPOSE, "Undoing a transpose takes a transpose; a reshape gives the shape and leaves the numbers where "
           "they are.", (3, 4))  # fmt: skip
def reshape_for_transpose(torch: Any) -> Callable[..., Any]:
    class Transpose(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.shape = x.shape
            return x.T.clone()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g.reshape(ctx.shape)  # g.T

    return Transpose.apply


@known_bad(d.ERROR, "g·W where g·Wᵀ belongs: the shapes do not even match.", (5, 3), (3, 4))
def matmul_that_cannot_be(torch: Any) -> Callable[..., Any]:
    class MatMul(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any) -> Any:
            ctx.save_for_backward(x, w)
            return x @ w

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, w = ctx.saved_tensors
            return g @ w, x.T @ g  # g @ w.T

    return MatMul.apply


@known_bad(d.REVERSED, "Each tap of the kernel meets the input at its own offset; here the offsets run backwards.",
           (2, 9), (3,))  # fmt: skip
def kernel_not_flipped(torch: Any) -> Callable[..., Any]:
    class Correlate(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any) -> Any:
            ctx.save_for_backward(x, w)
            return sum(w[k] * x[:, k : k + 7] for k in range(3))

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, w = ctx.saved_tensors
            gx = torch.zeros_like(x)
            for k in range(3):
                gx[:, k : k + 7] += g * w[k]
            taps = [(g * x[:, 2 - k : 9 - k]).sum() for k in range(3)]  # x[:, k : k + 7]
            return gx, torch.stack(taps)

    return Correlate.apply


@known_bad(d.SHIFTED, "What forward read at i + 1, backward must add to at i + 1.", (3, 6))
def off_by_one(torch: Any) -> Callable[..., Any]:
    class Shift(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x[:, 1:] ** 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            gx = torch.zeros_like(x)
            gx[:, :-1] = 2 * g * x[:, 1:]  # gx[:, 1:]
            return gx

    return Shift.apply


@known_bad(d.SWAPPED, "Backward returns its gradients in the order of forward's arguments.", (3, 4), (3, 4))
def gradients_swapped(torch: Any) -> Callable[..., Any]:
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            a, b = ctx.saved_tensors
            return g * a, g * b  # g * b, g * a

    return Product.apply


# ---- sums ------------------------------------------------------------------------------------------------------------


@known_bad(d.MISSING_SUM, "Every row used the bias, so its gradient is the sum over rows, not the first of them.",
           (5, 3), (3, 4), (4,))  # fmt: skip
def bias_of_the_first_row(torch: Any) -> Callable[..., Any]:
    class Linear(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any, b: Any) -> Any:
            ctx.save_for_backward(x, w)
            return x @ w + b

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, w = ctx.saved_tensors
            return g @ w.T, x.T @ g, g[0]  # g.sum(0)

    return Linear.apply


@known_bad(d.MISSING_SUM, "A weight used at every time step gets a gradient from each: += in the loop, not =.",
           (6, 3), (3,))  # fmt: skip
def last_step_wins(torch: Any) -> Callable[..., Any]:
    class Recurrent(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any) -> Any:
            ctx.save_for_backward(x, w)
            return x * w

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, w = ctx.saved_tensors
            gw = torch.zeros_like(w)
            for t in range(len(x)):
                gw = g[t] * x[t]  # gw = gw + …
            return g * w, gw

    return Recurrent.apply


@known_bad(d.MISSING_SUM, "A column stretched over all columns collects the gradients of all of them.", (4, 5), (4, 1))
def broadcast_not_summed(torch: Any) -> Callable[..., Any]:
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, s: Any) -> Any:
            ctx.save_for_backward(x, s)
            return x * s

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, s = ctx.saved_tensors
            return g * s, (g * x)[:, :1]  # (g * x).sum(1, keepdim=True)

    return Scale.apply


@known_bad(d.EXTRA_SUM, "Each row has its own gradient; a sum over the batch is for what the rows share.", (5, 3), (3,))
def input_summed_over_the_batch(torch: Any) -> Callable[..., Any]:
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any) -> Any:
            ctx.save_for_backward(x, w)
            return x * w

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, w = ctx.saved_tensors
            return (g * w).sum(0).expand(x.shape), (g * x).sum(0)  # g * w

    return Scale.apply
