"""L-BFGS: a quasi-Newton method, for problems whose whole loss can be computed again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..autograd.grad_mode import enable_grad, no_grad
from ..creation import zeros
from ..ops import cat
from ..tensor import Tensor
from .optimizer import Optimizer, Params
from .rule import check_options

Number = float | Tensor  # lengths and slopes become tensors on the way, so that they are rounded like the parameters


class LBFGS(Optimizer):
    """Newton's method, with the curvature guessed from the last `history_size` changes of the gradient.

    All parameters are one long vector p with gradient g. One call of ``step(closure)`` does up to `max_iter`
    iterations; `closure` clears the gradients, computes the loss, calls backward and returns the loss. An iteration::

        s = t·d, y = g − g_before            the last step, and what it changed; with y·s > 10⁻¹⁰ they are remembered
        d ← −H·g                             by the two loops over the pairs (s, y), from H₀ = (y·s)/(y·y); at first −g
        t ← η                                in the very first iteration min(1, 1/Σ|g|)·η
        p ← p + t·d                          with line_search_fn 'strong_wolfe', t is searched for, beginning there

    The two loops, with ρ = 1/(y·s): q = −g; from the newest pair to the oldest, a = ρ·(s·q), q ← q − a·y; r = H₀·q;
    from the oldest to the newest, r ← r + (a − ρ·(y·r))·s; d = r.

    It stops when the largest |g| is at most `tolerance_grad`, when g·d > −tolerance_change, when t·d or the change of
    the loss is no more than `tolerance_change`, or after `max_eval` evaluations of the closure (by default 5/4 of
    `max_iter`). The search makes t fulfil the strong Wolfe conditions, f(t) ≤ f(0) + 10⁻⁴·t·f′(0) and
    |f′(t)| ≤ 0.9·|f′(0)|: it steps outwards until they or a minimum are passed, then narrows the bracket down, each
    time to the minimum of the cubic through both ends.

    State, kept for the first parameter: ``func_evals``, ``n_iter``, the last direction ``d`` and length ``t``, the
    pairs ``old_dirs`` (y) and ``old_stps`` (s) with ``ro`` (ρ), ``H_diag`` (H₀), ``prev_flat_grad``, ``prev_loss``.
    Parameters whose gradient is None count as having a gradient of 0.

    Errors: ValueError for a negative `lr` or several parameter groups; RuntimeError from ``step`` for another
    `line_search_fn`; NotImplementedError for a tensor `lr`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.LBFGS.html; Nocedal and Wright 2006, Numerical
    optimization, algorithms 7.4 (two loops) and 3.5 (line search).

    >>> import minitorch as torch
    >>> w = torch.tensor([1., 1.], requires_grad=True)
    >>> optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (w[0] - 3) ** 2 + 10 * (w[1] + 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> loss = optimizer.step(closure)
    >>> w.detach().round(decimals=3)
    tensor([ 3., -2.])
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_options(self, lr=lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    @no_grad()
    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]  # PyTorch's signature
        """Up to `max_iter` iterations; returns the loss before the first of them."""
        compute = enable_grad()(closure)
        group = self.param_groups[0]
        params = group["params"]
        lr, most, smallest = group["lr"], group["max_iter"], group["tolerance_change"]
        state = self.state[params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        first_loss = compute()
        loss, evaluations = float(first_loss), 1
        state["func_evals"] += 1
        g = _gradient(params)
        if g.abs().max() <= group["tolerance_grad"]:
            return first_loss

        for iteration in range(1, most + 1):
            state["n_iter"] += 1
            d = self._direction(state, g, group["history_size"])
            before = state["prev_loss"] = loss
            t: Number = lr
            if state["n_iter"] == 1:
                t = min(1.0, 1.0 / g.abs().sum()) * lr
            slope = g.dot(d)
            if slope > -smallest:
                state["t"] = t
                break
            more = 0
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                at = _Line(params, d, compute)
                found, more = _strong_wolfe(at, Point(0, loss, g, slope), t, group["max_eval"] - evaluations, smallest)
                t, loss, g = found.t, found.loss, found.gradient
                _move(params, d, t)
            else:
                _move(params, d, t)
                if iteration < most:  # in the last iteration, nobody would look at the loss
                    loss, g, more = float(compute()), _gradient(params), 1
            state["t"] = t
            evaluations += more
            state["func_evals"] += more
            if (
                iteration == most
                or evaluations >= group["max_eval"]
                or g.abs().max() <= group["tolerance_grad"]
                or d.mul(t).abs().max() <= smallest
                or abs(loss - before) < smallest
            ):
                break
        return first_loss

    def _direction(self, state: dict[str, Any], g: Tensor, history_size: int) -> Tensor:
        """−H·g, after the last step was remembered; in the first iteration −g."""
        if state["n_iter"] == 1:
            state.update(d=-g, t=None, old_dirs=[], old_stps=[], ro=[], H_diag=1, prev_flat_grad=g.clone())
            return state["d"]
        changes, steps, inverses = state["old_dirs"], state["old_stps"], state["ro"]
        y, s = g - state["prev_flat_grad"], state["d"] * state["t"]
        product = y.dot(s)
        if product > 1e-10:
            if len(changes) == history_size:
                for oldest in (changes, steps, inverses):
                    oldest.pop(0)
            changes.append(y)
            steps.append(s)
            inverses.append(1.0 / product)
            state["H_diag"] = product / y.dot(y)
        parts = state.setdefault("al", [None] * history_size)  # in the state because PyTorch's checkpoints have it
        q = -g
        for i in reversed(range(len(changes))):
            parts[i] = steps[i].dot(q) * inverses[i]
            q.add_(changes[i], alpha=-parts[i])
        r = q * state["H_diag"]
        for i in range(len(changes)):
            r.add_(steps[i], alpha=parts[i] - changes[i].dot(r) * inverses[i])
        state["d"] = r
        state["prev_flat_grad"].copy_(g)
        return r


# ---- all parameters as one vector ----------------------------------------------------------------------------------


def _gradient(params: list[Tensor]) -> Tensor:
    return cat([zeros(p.numel(), dtype=p.dtype, device=p.device) if p.grad is None else p.grad.reshape(-1)
                for p in params])  # fmt: skip


def _move(params: list[Tensor], d: Tensor, t: Number) -> None:
    """p ← p + t·d"""
    start = 0
    for p in params:
        p.add_(d[start : start + p.numel()].view_as(p), alpha=t)  # type: ignore[arg-type]  # a number or a tensor of one
        start += p.numel()


# ---- line search ---------------------------------------------------------------------------------------------------


class Point(NamedTuple):
    """A length of the step, and the loss, its gradient and its derivative by the length there."""

    t: Number
    loss: float
    gradient: Tensor
    slope: Tensor


class _Line:
    """The parameters on the line from where they are now along `d`: calling it with a length looks there."""

    def __init__(self, params: list[Tensor], d: Tensor, compute: Callable[[], Any]) -> None:
        self.params, self.d, self.compute = params, d, compute
        self.start = [p.clone() for p in params]

    def __call__(self, t: Number) -> Point:
        _move(self.params, self.d, t)
        loss, gradient = float(self.compute()), _gradient(self.params)
        for p, values in zip(self.params, self.start, strict=True):
            p.copy_(values)
        return Point(t, loss, gradient, gradient.dot(self.d))


def _strong_wolfe(at: _Line, start: Point, t: Number, most: int, smallest: float) -> tuple[Point, int]:
    """A point that fulfils the strong Wolfe conditions, or the best found, and how often the loss was computed.

    `most` bounds the evaluations after the first; a bracket whose ends are less than `smallest` apart is not narrowed.
    """
    longest: Any = at.d.abs().max()

    def too_high(point: Point) -> Any:
        return point.loss > start.loss + 1e-4 * point.t * start.slope

    def flat_enough(point: Point) -> Any:
        return abs(point.slope) <= -0.9 * start.slope

    previous, new = start, at(t)
    for count in range(most):
        if too_high(new) or (count > 1 and new.loss >= previous.loss):
            break
        if flat_enough(new):
            return new, count + 1
        if new.slope >= 0:
            break
        bounds = (new.t + 0.01 * (new.t - previous.t), new.t * 10)
        previous, new = new, at(_minimum_of_cubic(previous, new, *bounds))
    else:
        return (start if start.loss <= new.loss else new), most + 1

    bracket = [previous, new]
    low = _lower(bracket)
    waits = False  # whether the point before was already close to an end
    while count < most and not abs(bracket[1].t - bracket[0].t) * longest < smallest:
        left: Any
        right: Any
        left, right = sorted((point.t for point in bracket), key=float)
        t = _minimum_of_cubic(bracket[0], bracket[1], left, right)
        margin = 0.1 * (right - left)
        close = bool(min(right - t, t - left) < margin)
        if close and (waits or t >= right or t <= left):  # too little progress: go inwards
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            close = False
        waits = close
        new = at(t)
        count += 1
        if too_high(new) or new.loss >= bracket[low].loss:
            bracket[1 - low] = new
            low = _lower(bracket)
            continue
        done = flat_enough(new)
        if not done and new.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = new
        if done:
            break
    return bracket[low], count + 1


def _lower(bracket: list[Point]) -> int:
    return 0 if bracket[0].loss <= bracket[1].loss else 1


def _minimum_of_cubic(a: Point, b: Point, lowest: Number, highest: Number) -> Number:
    """Where the cubic with the losses and slopes of both points has its minimum; the middle if it has none.

    Nocedal and Wright 2006, equation 3.59.
    """
    if not a.t <= b.t:
        a, b = b, a
    u = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = u**2 - a.slope * b.slope
    if not square >= 0:
        return (lowest + highest) / 2.0
    root = square.sqrt()
    at = b.t - (b.t - a.t) * ((b.slope + root - u) / (b.slope - a.slope + 2 * root))
    return min(max(at, lowest), highest)
