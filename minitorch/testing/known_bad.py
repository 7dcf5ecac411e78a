"""Gradients with a mistake in them: ones that people make, each with the diagnosis that `check_gradient` must come to.

They are the checker's own test, and reading matter: the mistake is marked, and one sentence says why it is one. Each is
a function of the engine, minitorch or PyTorch, so the same lines are tried on both. `minitorch check --known-bad` runs
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import diagnosis as d

__all__ = ["KNOWN_BAD", "KnownBad"]


@dataclass(frozen=True)
class KnownBad:
    """One mistake. `build(engine)` gives the function, `inputs(engine)` what to call it with."""

    name: str
    kind: str  # the diagnosis it must get
    why: str
    build: Callable[[Any], Callable]
    arrays: Callable[[np.random.Generator], Sequence[np.ndarray]]

    def inputs(self, engine: Any) -> list[Any]:
        """float64 tensors that require gradients."""
        made = self.arrays(np.random.default_rng(7))
        return [engine.from_numpy(np.array(a, dtype=np.float64)).requires_grad_() for a in made]


KNOWN_BAD: list[KnownBad] = []


def known_bad(kind: str, why: str, *shapes: tuple[int, ...] | Callable) -> Callable:
    """Add a mistake to the list; its inputs are random with these shapes, or what a function of a generator gives."""

    def add(build: Callable[[Any], Callable]) -> Callable:
        if shapes and callable(shapes[0]):
            arrays = shapes[0]
        else:
            arrays = lambda rng: [rng.uniform(-1.5, 1.5, shape) for shape in shapes]  # noqa: E731
        KNOWN_BAD.append(KnownBad(build.__name__, kind, why, build, arrays))
        return build

    return add


def distinct(*shape: int) -> Callable:
    """Values that differ by 0.1 at least and are not near zero, in random order."""
    n = int(np.prod(shape))
    return lambda rng: [(rng.permutation(n) * 0.1 + 0.07 - 0.05 * n).reshape(shape)]


# ---- constants -------------------------------------------------------------------------------------------------------


@known_bad(d.FACTOR, "The derivative of x² is 2x; the 2 is forgotten.", (3, 4))
def square_without_two(torch: Any) -> Callable:
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * x  # 2·g·x

    return Square.apply


@known_bad(d.FACTOR, "A mean is a sum divided by n, and so is its gradient.", (3, 5))
def mean_without_n(torch: Any) -> Callable:
    class Mean(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.shape = x.shape
            return x.mean(1, keepdim=True)

        @staticmethod
        def backward(ctx, g):
            return g.expand(ctx.shape)  # / ctx.shape[1]

    return Mean.apply


@known_bad(d.FACTOR, "Gradients of a batch add up; averaging them makes the step smaller by the batch size.",
           (5, 3), (3, 4), (4,))  # fmt: skip
def bias_averaged(torch: Any) -> Callable:
    class Linear(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w, b):
            ctx.save_for_backward(x, w)
            return x @ w + b

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            return g @ w.T, x.T @ g, g.mean(0)  # g.sum(0)

    return Linear.apply


@known_bad(d.FACTOR, "Dropout divides what it keeps by 1 − p; backward must do so, too.", (4, 6))
def dropout_unscaled(torch: Any) -> Callable:
    class Dropout(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            keep = (torch.rand(x.shape) < 0.75).to(x.dtype)
            ctx.save_for_backward(keep)
            return x * keep / 0.75

        @staticmethod
        def backward(ctx, g):
            (keep,) = ctx.saved_tensors
            return g * keep  # / 0.75

    return Dropout.apply


@known_bad(d.SIGN, "In a − b, b's gradient has a minus.", (3, 4), (3, 4))
def difference_without_minus(torch: Any) -> Callable:
    class Difference(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            return a - b

        @staticmethod
        def backward(ctx, g):
            return g, g  # g, -g

    return Difference.apply


# ---- matrices and axes -----------------------------------------------------------------------------------------------


@known_bad(d.TRANSPOSE, "The gradient of W in x·W is xᵀ·g; gᵀ·x is its transpose, and for a square W it fits.",
           (5, 3), (3, 3))  # fmt: skip
def weight_transposed(torch: Any) -> Callable:
    class MatMul(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return x @ w

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            return g @ w.T, g.T @ x  # x.T @ g

    return MatMul.apply


@known_bad(d.SHAPE, "The same, with a W that is not square: the shape gives it away.", (5, 3), (3, 4))
def oblong_weight_transposed(torch: Any) -> Callable:
    return weight_transposed(torch)


@known_bad(d.TRANSPOSE, "Undoing a transpose takes a transpose; a reshape gives the shape and leaves the numbers where "
           "they are.", (3, 4))  # fmt: skip
def reshape_for_transpose(torch: Any) -> Callable:
    class Transpose(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.shape = x.shape
            return x.T.clone()

        @staticmethod
        def backward(ctx, g):
            return g.reshape(ctx.shape)  # g.T

    return Transpose.apply


@known_bad(d.ERROR, "g·W where g·Wᵀ belongs: the shapes do not even match.", (5, 3), (3, 4))
def matmul_that_cannot_be(torch: Any) -> Callable:
    class MatMul(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return x @ w

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            return g @ w, x.T @ g  # g @ w.T

    return MatMul.apply


@known_bad(d.REVERSED, "Each tap of the kernel meets the input at its own offset; here the offsets run backwards.",
           (2, 9), (3,))  # fmt: skip
def kernel_not_flipped(torch: Any) -> Callable:
    class Correlate(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return sum(w[k] * x[:, k : k + 7] for k in range(3))

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            gx = torch.zeros_like(x)
            for k in range(3):
                gx[:, k : k + 7] += g * w[k]
            taps = [(g * x[:, 2 - k : 9 - k]).sum() for k in range(3)]  # x[:, k : k + 7]
            return gx, torch.stack(taps)

    return Correlate.apply


@known_bad(d.SHIFTED, "What forward read at i + 1, backward must add to at i + 1.", (3, 6))
def off_by_one(torch: Any) -> Callable:
    class Shift(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x[:, 1:] ** 2

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            gx = torch.zeros_like(x)
            gx[:, :-1] = 2 * g * x[:, 1:]  # gx[:, 1:]
            return gx

    return Shift.apply


@known_bad(d.SWAPPED, "Backward returns its gradients in the order of forward's arguments.", (3, 4), (3, 4))
def gradients_swapped(torch: Any) -> Callable:
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx, g):
            a, b = ctx.saved_tensors
            return g * a, g * b  # g * b, g * a

    return Product.apply


# ---- sums ------------------------------------------------------------------------------------------------------------


@known_bad(d.MISSING_SUM, "Every row used the bias, so its gradient is the sum over rows, not the first of them.",
           (5, 3), (3, 4), (4,))  # fmt: skip
def bias_of_the_first_row(torch: Any) -> Callable:
    class Linear(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w, b):
            ctx.save_for_backward(x, w)
            return x @ w + b

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            return g @ w.T, x.T @ g, g[0]  # g.sum(0)

    return Linear.apply


@known_bad(d.MISSING_SUM, "A weight used at every time step gets a gradient from each: += in the loop, not =.",
           (6, 3), (3,))  # fmt: skip
def last_step_wins(torch: Any) -> Callable:
    class Recurrent(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return x * w

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            gw = torch.zeros_like(w)
            for t in range(len(x)):
                gw = g[t] * x[t]  # gw = gw + …
            return g * w, gw

    return Recurrent.apply


@known_bad(d.MISSING_SUM, "A column stretched over all columns collects the gradients of all of them.", (4, 5), (4, 1))
def broadcast_not_summed(torch: Any) -> Callable:
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, s):
            ctx.save_for_backward(x, s)
            return x * s

        @staticmethod
        def backward(ctx, g):
            x, s = ctx.saved_tensors
            return g * s, (g * x)[:, :1]  # (g * x).sum(1, keepdim=True)

    return Scale.apply


@known_bad(d.EXTRA_SUM, "Each row has its own gradient; a sum over the batch is for what the rows share.", (5, 3), (3,))
def input_summed_over_the_batch(torch: Any) -> Callable:
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return x * w

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            return (g * w).sum(0).expand(x.shape), (g * x).sum(0)  # g * w

    return Scale.apply


# ---- terms -----------------------------------------------------------------------------------------------------------


@known_bad(d.MISSING_TERM, "Every output of a softmax depends on every input through the sum: s·(g − Σ g·s).", (3, 5))
def softmax_without_sum(torch: Any) -> Callable:
    class Softmax(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.softmax(-1)
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return y * g  # y * (g - (g * y).sum(-1, keepdim=True))

    return Softmax.apply


@known_bad(d.MISSING_TERM, "log-softmax's gradient is g − s·Σg, with the sum along the softmax's own axis.", (3, 4))
def log_softmax_other_axis(torch: Any) -> Callable:
    class LogSoftmax(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.log_softmax(1)
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return g - y.exp() * g.sum(0, keepdim=True)  # g.sum(1, keepdim=True)

    return LogSoftmax.apply


@known_bad(d.MISSING_TERM, "Cross entropy's gradient is softmax minus the one-hot target; here the target is forgotten.",
           (4, 3))  # fmt: skip
def cross_entropy_without_target(torch: Any) -> Callable:
    class CrossEntropy(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return -x.log_softmax(1)[[0, 1, 2, 3], [0, 2, 1, 0]]

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g[:, None] * x.softmax(1)  # (x.softmax(1) - one_hot)

    return CrossEntropy.apply


@known_bad(d.MISSING_TERM, "The mean depends on every input: without −mean(g), a constant added to a row would matter.",
           (4, 6))  # fmt: skip
def layer_norm_without_mean(torch: Any) -> Callable:
    class LayerNorm(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            centred = x - x.mean(1, keepdim=True)
            s = (centred**2).mean(1, keepdim=True).sqrt()
            ctx.save_for_backward(centred / s, s)
            return centred / s

        @staticmethod
        def backward(ctx, g):
            y, s = ctx.saved_tensors
            return (g - y * (g * y).mean(1, keepdim=True)) / s  # g - g.mean(1, keepdim=True) - …

    return LayerNorm.apply


@known_bad(d.MISSING_TERM, "The norm depends on the input: treated as a constant, scaling the input would matter.", (4, 3))
def norm_taken_for_constant(torch: Any) -> Callable:
    class Normalize(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            n = (x * x).sum(1, keepdim=True).sqrt()
            ctx.save_for_backward(x / n, n)
            return x / n

        @staticmethod
        def backward(ctx, g):
            y, n = ctx.saved_tensors
            return g / n  # (g - y * (g * y).sum(1, keepdim=True)) / n

    return Normalize.apply


@known_bad(d.UNKNOWN, "swish is x·σ(x), and both factors depend on x; detach cuts one of them off.", (3, 4))
def swish_half_detached(torch: Any) -> Callable:
    return lambda x: x * x.detach().sigmoid()  # x * x.sigmoid()


@known_bad(d.UNKNOWN, "tanh' = 1 − y² with the output y; with the input x it is another function.", (3, 4))
def tanh_of_the_input(torch: Any) -> Callable:
    class Tanh(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.tanh()

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * (1 - x * x)  # 1 - y * y

    return Tanh.apply


@known_bad(d.UNKNOWN, "The ε inside the root belongs into the derivative as well.", lambda rng: [rng.uniform(0.01, 1, (3, 4))])
def root_without_epsilon(torch: Any) -> Callable:
    class Root(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return (x + 1e-3).sqrt()

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g / (2 * x.sqrt())  # (x + 1e-3).sqrt()

    return Root.apply


# ---- masks, borders, kinks -------------------------------------------------------------------------------------------


@known_bad(d.REGION, "Where clamp has cut the value off, the input no longer matters.", distinct(4, 6))
def clamp_let_through(torch: Any) -> Callable:
    class Clamp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clamp(max=0.5)

        @staticmethod
        def backward(ctx, g):
            return g  # g * (x <= 0.5)

    return Clamp.apply


@known_bad(d.COTANGENT, "relu's mask is where the input is positive, not where the incoming gradient is.", distinct(4, 5))
def relu_mask_of_the_gradient(torch: Any) -> Callable:
    class Relu(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx, g):
            return g * (g > 0).to(g.dtype)  # (x > 0)

    return Relu.apply


@known_bad(d.COTANGENT, "By the chain rule the incoming gradient is a factor; exp's own derivative is the other.", (3, 4))
def cotangent_forgotten(torch: Any) -> Callable:
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return y.clone()  # g * y

    return Exp.apply


@known_bad(d.SLICE, "Every neighbour pair touches two elements; the last element is left out.", (3, 6))
def last_element_forgotten(torch: Any) -> Callable:
    class Differences(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.shape = x.shape
            return x[:, 1:] - x[:, :-1]

        @staticmethod
        def backward(ctx, g):
            gx = torch.zeros(ctx.shape, dtype=g.dtype)
            gx[:, :-1] -= g
            gx[:, 1:-1] += g[:, :-1]  # gx[:, 1:] += g
            return gx

    return Differences.apply


@known_bad(d.KINK, "Where values tie for the maximum, moving all of them moves it once: one of them gets the gradient, or "
           "they share it.", lambda rng: [[[1.0, 2.0, 2.0], [0.5, -1.0, 3.0]]])  # fmt: skip
def max_to_every_tie(torch: Any) -> Callable:
    class Max(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.amax(1, keepdim=True)
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, g):
            x, y = ctx.saved_tensors
            return g * (x == y).to(g.dtype)  # / the number of ties

    return Max.apply


@known_bad(d.KINK, "Where a = b, ≥ both ways gives the gradient to both.",
           lambda rng: [[1.0, 2.0, 3.0], [0.0, 2.0, 4.0]])  # fmt: skip
def maximum_to_both(torch: Any) -> Callable:
    class Maximum(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            return torch.maximum(a, b)

        @staticmethod
        def backward(ctx, g):
            a, b = ctx.saved_tensors
            return g * (a >= b).to(g.dtype), g * (b >= a).to(g.dtype)  # > in one of them

    return Maximum.apply


@known_bad(d.NOT_FINITE, "x/|x| is 0/0 at zero; sign(x) is 0 there.", lambda rng: [[-1.0, 0.0, 2.0]])
def abs_by_division(torch: Any) -> Callable:
    class Abs(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.abs()

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * x / x.abs()  # x.sign()

    return Abs.apply


# ---- numbers ---------------------------------------------------------------------------------------------------------


@known_bad(d.ZERO, "An integer has no fraction: g/4 cut to whole numbers is 0.", (3, 4))
def integer_division(torch: Any) -> Callable:
    class Quarter(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x / 4

        @staticmethod
        def backward(ctx, g):
            return (g / 4).to(torch.int64).to(g.dtype)  # g / 4

    return Quarter.apply


@known_bad(d.PRECISION, "A float32 in between leaves float64's shape and half of its digits.", (3, 4))
def float32_in_between(torch: Any) -> Callable:
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return (g * y).to(torch.float32).to(g.dtype)  # g * y

    return Exp.apply


# ---- the graph, and state --------------------------------------------------------------------------------------------


@known_bad(d.NO_GRADIENT, "None says that the input does not matter, and it does.", (3, 4), (3, 4))
def none_returned(torch: Any) -> Callable:
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx, g):
            a, b = ctx.saved_tensors
            return g * b, None  # g * a

    return Product.apply


@known_bad(d.NO_GRADIENT, "A tensor made from another's values has no history.", (3, 4), (3, 4))
def through_numpy(torch: Any) -> Callable:
    return lambda a, b: a * torch.tensor(b.tolist(), dtype=b.dtype)  # a * b


@known_bad(d.CHANGED, "exp's gradient needs its result, which the next line overwrites.", (3, 4))
def result_changed_in_place(torch: Any) -> Callable:
    def twice_exp(x: Any) -> Any:
        y = x.exp()
        y.mul_(2)  # y = y * 2
        return y

    return twice_exp


@known_bad(d.CHANGED, "An input belongs to the caller; and .data hides the change from the engine.", (3, 4))
def input_changed_in_place(torch: Any) -> Callable:
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.data.mul_(2)  # a copy
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return 2 * g

    return Doubled.apply


@known_bad(d.STALE, "A mask kept on the class is the last call's; ctx is each call's own.", distinct(3, 4))
def mask_kept_on_the_class(torch: Any) -> Callable:
    class Relu(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            Relu.mask = (x > 0).to(x.dtype)  # ctx.save_for_backward
            return x * Relu.mask

        @staticmethod
        def backward(ctx, g):
            return g * Relu.mask

    return Relu.apply


@known_bad(d.RANDOM, "A buffer made once and added to carries the gradient of one call into the next.", (3, 4))
def accumulates_across_calls(torch: Any) -> Callable:
    total = None

    class Triple(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 3 * x

        @staticmethod
        def backward(ctx, g):
            nonlocal total
            total = 3 * g if total is None else total + 3 * g  # 3 * g
            return total

    return Triple.apply


@known_bad(d.RANDOM, "Dropout's mask is drawn once, in forward, and kept; drawn again, it is another one.", (3, 4))
def mask_drawn_again(torch: Any) -> Callable:
    class Noise(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * (torch.rand(g.shape) < 0.5).to(g.dtype) * 2

    return Noise.apply
