"""Connectionist temporal classification: the loss of a sequence of labels whose places in time are unknown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor, wrap
from ..checks import check_devices, refuse, tensor_argument

__all__ = ["ctc_loss"]


class CtcLoss(Op):
    """ℓ = −ln Σ of the probabilities of all paths that read as the target.

    A path names a label or the blank at each step; it reads as what is left when repetitions are merged and blanks
    taken out. Paths move through the target with blanks put around each label, l = (∅, a, ∅, b, ∅), by staying, by one
    place, or by two where that skips a blank between different labels. Let α_t(s) be the probability of all beginnings
    of paths that are at place s at step t, and β_t(s) that of all endings that start there. Both follow by recursion:
        α_t(s) = y_t(l_s)·(α_{t−1}(s) + α_{t−1}(s − 1) [+ α_{t−1}(s − 2)]),   β alike from the end
    and e^{−ℓ} is α at the last step in the last two places. With e^{−ℓ} = Σ_s α_t(s)·β_t(s)/y_t(l_s) at every step t,
    the share of label k at t is q_t(k) = e^ℓ·Σ_{s: l_s = k} α_t(s)·β_t(s)/y_t(k), and for logits whose log_softmax is
    x = ln y, the gradient is y − q. That is what backward gives for x itself, as PyTorch does: it passes through
    log_softmax's own backward unchanged, since it sums to 0. All is computed with logarithms.

    Source: A. Graves et al., "Connectionist Temporal Classification", 2006.
    """

    lengths: Any
    target_lengths: Any
    blank: int

    def __init__(self, lengths: Any, target_lengths: Any, blank: int, zero_infinity: bool) -> None:
        self.lengths, self.target_lengths, self.blank = lengths, target_lengths, blank
        self.zero_infinity = zero_infinity

    def extended(self, target: Any) -> tuple[Any, Any]:
        """Targets with blanks around each label (N, 2S + 1), and where a path may skip the place before."""
        xp = array_module(target)
        samples, size = target.shape
        places = xp.full((samples, 2 * size + 1), self.blank)
        places[:, 1::2] = target
        may_skip = xp.zeros(places.shape, bool)
        may_skip[:, 3::2] = target[:, 1:] != target[:, :-1]
        return places, may_skip

    def forward(self, x: Any, target: Any) -> Any:  # x (T, N, C) log-probabilities, target (N, S) → (N)
        self.save(x, target)
        xp = array_module(x)
        places, may_skip = self.extended(target)
        y = xp.take_along_axis(x, places[None], 2)  # (T, N, 2S + 1), the log-probability of each place
        alpha = xp.full(y.shape, -math.inf, x.dtype)
        alpha[0, :, :2] = y[0, :, :2]
        alpha[0, self.target_lengths == 0, 1:2] = -math.inf
        for t in range(1, len(y)):
            alpha[t] = y[t] + _arrivals(xp, alpha[t - 1], may_skip)
        self.alpha = alpha
        rows, last = xp.arange(len(places)), 2 * self.target_lengths
        final = alpha[self.lengths - 1, rows]  # (N, 2S + 1)
        before = xp.where(self.target_lengths > 0, final[rows, xp.maximum(last - 1, 0)], -math.inf)
        loss = -xp.logaddexp(final[rows, last], before)
        loss = xp.where(self.lengths == 0, xp.where(self.target_lengths == 0, 0, math.inf), loss).astype(x.dtype)
        return xp.where(xp.isinf(loss), 0, loss) if self.zero_infinity else loss

    def backward(self, g: Any) -> Any:
        if self.recording:
            raise NotImplementedError("the second derivative of ctc_loss is not implemented")
        x, target = self.saved
        xp = array_module(x)
        places, may_skip = self.extended(target)
        steps, samples, _ = x.shape
        y = xp.take_along_axis(x, places[None], 2)
        rows, last = xp.arange(samples), 2 * self.target_lengths
        start = xp.full(places.shape, -math.inf, x.dtype)
        start[rows, last] = 0.0
        start[rows, xp.maximum(last - 1, 0)] = 0.0
        # A path that leaves place s arrives at s, s + 1 or s + 2: arrivals, seen from the end.
        skip_back = xp.zeros(may_skip.shape, bool)
        skip_back[:, :-2] = may_skip[:, 2:]
        beta = xp.full(y.shape, -math.inf, x.dtype)
        for t in range(steps - 1, -1, -1):
            arrivals = start
            if t + 1 < steps:
                onward = _arrivals(xp, beta[t + 1][:, ::-1], skip_back[:, ::-1])[:, ::-1]
                arrivals = xp.where((self.lengths - 1 == t)[:, None], start, onward)
            beta[t] = y[t] + arrivals
            beta[t, self.lengths - 1 < t] = -math.inf

        final = self.alpha[self.lengths - 1, rows]
        before = xp.where(self.target_lengths > 0, final[rows, xp.maximum(last - 1, 0)], -math.inf)
        loss = -xp.logaddexp(final[rows, last], before)
        share = xp.exp(self.alpha + beta - y + loss[None, :, None])
        label_share = xp.zeros(x.shape, x.dtype)
        for s in range(places.shape[1]):  # places of one label add up
            at = (slice(None), rows, places[:, s])
            label_share[at] += share[:, :, s]
        is_inside = xp.arange(steps)[:, None] < self.lengths
        counts = is_inside & ~(xp.isinf(loss) & self.zero_infinity)
        return xp.where(counts[:, :, None], (xp.exp(x) - label_share) * g[None, :, None], 0), None


def _arrivals(xp: Any, before: Any, may_skip: Any) -> Any:
    """ln of the sum over the places that lead to each: the same, the one before, and the one before that if allowed."""
    one = xp.full(before.shape, -math.inf, before.dtype)
    two = one.copy()
    one[:, 1:] = before[:, :-1]
    two[:, 2:] = before[:, :-2]
    return xp.logaddexp(xp.logaddexp(before, one), xp.where(may_skip, two, -math.inf))


def _as_counts(name: str, lengths: Any, samples: int, xp: Any) -> Any:
    values = lengths._array if isinstance(lengths, Tensor) else xp.asarray(lengths)
    if values.dtype.kind not in "iu":
        raise RuntimeError(f"{name} must be integral")
    values = values.reshape(-1)
    if len(values) != samples:
        raise RuntimeError(f"{name} must be of size batch_size, {samples}, but is of size {len(values)}")
    return values.astype(xp.int64)


def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor | Sequence[int], target_lengths: Tensor | Sequence[int],
    blank: int = 0, reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    """−ln of the probability of all alignments of a target to a sequence of predictions.

    `log_probs` come from log_softmax, `targets` are padded or all one after the other, and are class numbers other than
    `blank`. The mean is that of each loss over its target's length. A target that is too long to fit has loss inf, or
    with `zero_infinity` 0. It cannot be differentiated twice.

    Shapes: log_probs (T, N, C) or (T, C), targets (N, S) or (ΣS), input_lengths and target_lengths (N) or () → (N) or
    () with reduction 'none', else ().
    Errors: RuntimeError for lengths that are out of range, for shapes that do not fit, and a `blank` that is no class;
    IndexError for a target that is no class; ValueError for another `reduction`; NotImplementedError for an input of
    integers or booleans, and a second derivative; TypeError for an input that is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.ctc_loss.html

    >>> import minitorch as torch
    >>> even = torch.zeros(2, 1, 2).log_softmax(-1)  # the paths ∅a, a∅ and aa of four read as a
    >>> torch.nn.functional.ctc_loss(even, torch.tensor([[1]]), (2,), (1,)).exp()
    tensor(1.3333)
    """
    tensor_argument("ctc_loss", log_probs)
    tensor_argument("ctc_loss", targets, "targets", 2)
    check_devices("ctc_loss", log_probs, targets)  # the lengths may be anywhere
    input_lengths, target_lengths = (
        lengths.to(log_probs.device) if isinstance(lengths, Tensor) else lengths
        for lengths in (input_lengths, target_lengths)
    )
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    refuse("ctc_loss", log_probs, "biu")
    is_batched = log_probs.ndim == 3
    if log_probs.ndim not in (2, 3):
        raise RuntimeError(f"ctc_loss: log_probs must be (T, N, C) or (T, C), but got shape {list(log_probs.shape)}")
    x = log_probs if is_batched else log_probs.unsqueeze(1)
    steps, samples, classes = x.shape
    xp = array_module(x._array)
    if targets._array.dtype.kind not in "iu":
        raise RuntimeError("targets must be integral")
    if not 0 <= blank < classes:
        raise RuntimeError(f"blank must be in label range: {blank} of {classes}")
    lengths = _as_counts("input_lengths", input_lengths, samples, xp)
    sizes = _as_counts("target_lengths", target_lengths, samples, xp)
    if samples and not 0 <= int(lengths.min()) <= int(lengths.max()) <= steps:
        raise RuntimeError(f"Expected input_lengths to have values of 0 to {steps}, but got {lengths.tolist()}")
    padded = _padded_targets(targets._array, sizes, samples, xp)
    loss = CtcLoss(lengths, sizes, blank, zero_infinity)(x, padded)
    if reduction == "mean":
        return (loss / wrap(xp.maximum(sizes, 1).astype(loss._array.dtype))).mean()
    if reduction == "sum":
        return loss.sum()
    return loss if is_batched else loss.squeeze(0)


def _padded_targets(targets: Any, sizes: Any, samples: int, xp: Any) -> Any:
    """(N, S), zeros after each target's end."""
    longest = int(sizes.max()) if samples else 0
    if int(sizes.min()) < 0 if samples else False:
        raise RuntimeError(f"Expected target_lengths to be at least 0, but got {sizes.tolist()}")
    columns = xp.arange(longest)
    is_there = columns < sizes[:, None]
    if targets.ndim == 1:
        if int(sizes.sum()) != len(targets):
            raise RuntimeError(
                f"Expected targets of {int(sizes.sum())} numbers in all, by target_lengths, but got {len(targets)}"
            )
        starts = xp.cumsum(sizes) - sizes
        flat = xp.append(targets, 0)  # something to point at for what is not there
        return xp.where(is_there, flat[xp.minimum(starts[:, None] + columns, len(targets))], 0)
    if targets.shape[0] != samples or targets.shape[1] < longest:
        raise RuntimeError(
            f"Expected targets to be ({samples}, at least {longest}), by target_lengths, but got {list(targets.shape)}"
        )
    return xp.where(is_there, targets[:, :longest], 0)
