"""Mistakes in the formula: constants, signs, and terms that are missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import diagnosis as d
from .core import known_bad

# ---- constants -------------------------------------------------------------------------------------------------------


@known_bad(d.FACTOR, "The derivative of x² is 2x; the 2 is forgotten.", (3, 4))
def square_without_two(torch: Any) -> Callable[..., Any]:
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * x  # 2·g·x

    return Square.apply


@known_bad(d.FACTOR, "A mean is a sum divided by n, and so is its gradient.", (3, 5))
def mean_without_n(torch: Any) -> Callable[..., Any]:
    class Mean(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.shape = x.shape
            return x.mean(1, keepdim=True)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g.expand(ctx.shape)  # / ctx.shape[1]

    return Mean.apply


@known_bad(d.FACTOR, "Gradients of a batch add up; averaging them makes the step smaller by the batch size.",
           (5, 3), (3, 4), (4,))  # fmt: skip
def bias_averaged(torch: Any) -> Callable[..., Any]:
    class Linear(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any, b: Any) -> Any:
            ctx.save_for_backward(x, w)
            return x @ w + b

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, w = ctx.saved_tensors
            return g @ w.T, x.T @ g, g.mean(0)  # g.sum(0)

    return Linear.apply


@known_bad(d.FACTOR, "Dropout divides what it keeps by 1 − p; backward must do so, too.", (4, 6))
def dropout_unscaled(torch: Any) -> Callable[..., Any]:
    class Dropout(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            keep = (torch.rand(x.shape) < 0.75).to(x.dtype)
            ctx.save_for_backward(keep)
            return x * keep / 0.75

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (keep,) = ctx.saved_tensors
            return g * keep  # / 0.75

    return Dropout.apply


@known_bad(d.SIGN, "In a − b, b's gradient has a minus.", (3, 4), (3, 4))
def difference_without_minus(torch: Any) -> Callable[..., Any]:
    class Difference(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            return a - b

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g, g  # g, -g

    return Difference.apply


# ---- terms -----------------------------------------------------------------------------------------------------------


@known_bad(d.MISSING_TERM, "Every output of a softmax depends on every input through the sum: s·(g − Σ g·s).", (3, 5))
def softmax_without_sum(torch: Any) -> Callable[..., Any]:
    class Softmax(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.softmax(-1)
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (y,) = ctx.saved_tensors
            return y * g  # y * (g - (g * y).sum(-1, keepdim=True))

    return Softmax.apply


@known_bad(d.MISSING_TERM, "log-softmax's gradient is g − s·Σg, with the sum along the softmax's own axis.", (3, 4))
def log_softmax_other_axis(torch: Any) -> Callable[..., Any]:
    class LogSoftmax(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.log_softmax(1)
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (y,) = ctx.saved_tensors
            return g - y.exp() * g.sum(0, keepdim=True)  # g.sum(1, keepdim=True)

    return LogSoftmax.apply


@known_bad(d.MISSING_TERM, "Cross entropy's gradient is softmax minus the one-hot target; the target is forgotten.",
           (4, 3))  # fmt: skip
def cross_entropy_without_target(torch: Any) -> Callable[..., Any]:
    class CrossEntropy(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return -x.log_softmax(1)[[0, 1, 2, 3], [0, 2, 1, 0]]

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g[:, None] * x.softmax(1)  # (x.softmax(1) - one_hot)

    return CrossEntropy.apply


@known_bad(d.MISSING_TERM, "The mean depends on every input: without −mean(g), a constant added to a row would matter.",
           (4, 6))  # fmt: skip
def layer_norm_without_mean(torch: Any) -> Callable[..., Any]:
    class LayerNorm(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            centred = x - x.mean(1, keepdim=True)
            s = (centred**2).mean(1, keepdim=True).sqrt()
            ctx.save_for_backward(centred / s, s)
            return centred / s

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            y, s = ctx.saved_tensors
            return (g - y * (g * y).mean(1, keepdim=True)) / s  # g - g.mean(1, keepdim=True) - …

    return LayerNorm.apply


@known_bad(
    d.MISSING_TERM, "The norm depends on the input: treated as a constant, scaling the input would matter.", (4, 3)
)
def norm_taken_for_constant(torch: Any) -> Callable[..., Any]:
    class Normalize(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            n = (x * x).sum(1, keepdim=True).sqrt()
            ctx.save_for_backward(x / n, n)
            return x / n

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            y, n = ctx.saved_tensors
            return g / n  # (g - y * (g * y).sum(1, keepdim=True)) / n

    return Normalize.apply


@known_bad(d.UNKNOWN, "swish is x·σ(x), and both factors depend on x; detach cuts one of them off.", (3, 4))
def swish_half_detached(torch: Any) -> Callable[..., Any]:
    return lambda x: x * x.detach().sigmoid()  # x * x.sigmoid()


@known_bad(d.UNKNOWN, "tanh' = 1 − y² with the output y; with the input x it is another function.", (3, 4))
def tanh_of_the_input(torch: Any) -> Callable[..., Any]:
    class Tanh(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x.tanh()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * (1 - x * x)  # 1 - y * y

    return Tanh.apply


@known_bad(
    d.UNKNOWN, "The ε inside the root belongs into the derivative as well.", lambda rng: [rng.uniform(0.01, 1, (3, 4))]
)
def root_without_epsilon(torch: Any) -> Callable[..., Any]:
    class Root(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return (x + 1e-3).sqrt()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g / (2 * x.sqrt())  # (x + 1e-3).sqrt()

    return Root.apply
