"""Mistakes with masks, borders and kinks, number formats, the graph, and what is kept from call to call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import diagnosis as d
from .core import distinct, known_bad

# ---- masks, borders, kinks -------------------------------------------------------------------------------------------


@known_bad(d.REGION, "Where clamp has cut the value off, the input no longer matters.", distinct(4, 6))
def clamp_let_through(torch: Any) -> Callable[..., Any]:
    class Clamp(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.clamp(max=0.5)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g  # g * (x <= 0.5)

    return Clamp.apply


@known_bad(
    d.COTANGENT, "relu's mask is where the input is positive, not where the incoming gradient is.", distinct(4, 5)
)
def relu_mask_of_the_gradient(torch: Any) -> Callable[..., Any]:
    class Relu(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * (g > 0).to(g.dtype)  # (x > 0)

    return Relu.apply


@known_bad(
    d.COTANGENT, "By the chain rule the incoming gradient is a factor; exp's own derivative is the other.", (3, 4)
)
def cotangent_forgotten(torch: Any) -> Callable[..., Any]:
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (y,) = ctx.saved_tensors
            return y.clone()  # g * y

    return Exp.apply


@known_bad(d.SLICE, "Every neighbour pair touches two elements; the last element is left out.", (3, 6))
def last_element_forgotten(torch: Any) -> Callable[..., Any]:
    class Differences(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.shape = x.shape
            return x[:, 1:] - x[:, :-1]

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            gx = torch.zeros(ctx.shape, dtype=g.dtype)
            gx[:, :-1] -= g
            gx[:, 1:-1] += g[:, :-1]  # gx[:, 1:] += g
            return gx

    return Differences.apply


@known_bad(d.KINK, "Where values tie for the maximum, moving all of them moves it once: one of them gets the gradient, "
           "or they share it.", lambda rng: [[[1.0, 2.0, 2.0], [0.5, -1.0, 3.0]]])  # fmt: skip
def max_to_every_tie(torch: Any) -> Callable[..., Any]:
    class Max(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.amax(1, keepdim=True)
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, y = ctx.saved_tensors
            return g * (x == y).to(g.dtype)  # / the number of ties

    return Max.apply


@known_bad(d.KINK, "Where a = b, ≥ both ways gives the gradient to both.",
           lambda rng: [[1.0, 2.0, 3.0], [0.0, 2.0, 4.0]])  # fmt: skip
def maximum_to_both(torch: Any) -> Callable[..., Any]:
    class Maximum(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            return torch.maximum(a, b)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            a, b = ctx.saved_tensors
            return g * (a >= b).to(g.dtype), g * (b >= a).to(g.dtype)  # > in one of them

    return Maximum.apply


@known_bad(d.NOT_FINITE, "x/|x| is 0/0 at zero; sign(x) is 0 there.", lambda rng: [[-1.0, 0.0, 2.0]])
def abs_by_division(torch: Any) -> Callable[..., Any]:
    class Abs(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x.abs()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * x / x.abs()  # x.sign()

    return Abs.apply


# ---- numbers ---------------------------------------------------------------------------------------------------------


@known_bad(d.ZERO, "An integer has no fraction: g/4 cut to whole numbers is 0.", (3, 4))
def integer_division(torch: Any) -> Callable[..., Any]:
    class Quarter(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x / 4

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return (g / 4).to(torch.int64).to(g.dtype)  # g / 4

    return Quarter.apply


@known_bad(d.PRECISION, "A float32 in between leaves float64's shape and half of its digits.", (3, 4))
def float32_in_between(torch: Any) -> Callable[..., Any]:
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (y,) = ctx.saved_tensors
            return (g * y).to(torch.float32).to(g.dtype)  # g * y

    return Exp.apply


# ---- the graph, and state --------------------------------------------------------------------------------------------


@known_bad(d.NO_GRADIENT, "None says that the input does not matter, and it does.", (3, 4), (3, 4))
def none_returned(torch: Any) -> Callable[..., Any]:
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            a, b = ctx.saved_tensors
            return g * b, None  # g * a

    return Product.apply


@known_bad(d.NO_GRADIENT, "A tensor made from another's values has no history.", (3, 4), (3, 4))
def through_numpy(torch: Any) -> Callable[..., Any]:
    return lambda a, b: a * torch.tensor(b.tolist(), dtype=b.dtype)  # a * b


@known_bad(d.CHANGED, "exp's gradient needs its result, which the next line overwrites.", (3, 4))
def result_changed_in_place(torch: Any) -> Callable[..., Any]:
    def twice_exp(x: Any) -> Any:
        y = x.exp()
        y.mul_(2)  # y = y * 2
        return y

    return twice_exp


@known_bad(d.CHANGED, "An input belongs to the caller; and .data hides the change from the engine.", (3, 4))
def input_changed_in_place(torch: Any) -> Callable[..., Any]:
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            x.data.mul_(2)  # a copy
            return x.clone()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g

    return Doubled.apply


@known_bad(d.STALE, "A mask kept on the class is the last call's; ctx is each call's own.", distinct(3, 4))
def mask_kept_on_the_class(torch: Any) -> Callable[..., Any]:
    class Relu(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            Relu.mask = (x > 0).to(x.dtype)  # ctx.save_for_backward
            return x * Relu.mask

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * Relu.mask

    return Relu.apply


@known_bad(d.RANDOM, "A buffer made once and added to carries the gradient of one call into the next.", (3, 4))
def accumulates_across_calls(torch: Any) -> Callable[..., Any]:
    total = None

    class Triple(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return 3 * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            nonlocal total
            total = 3 * g if total is None else total + 3 * g  # 3 * g
            return total

    return Triple.apply


@known_bad(d.RANDOM, "Dropout's mask is drawn once, in forward, and kept; drawn again, it is another one.", (3, 4))
def mask_drawn_again(torch: Any) -> Callable[..., Any]:
    class Noise(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * (torch.rand(g.shape) < 0.5).to(g.dtype) * 2

    return Noise.apply
