"""Losses of classifiers: how far predicted classes are from the right ones, as a number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import gpu_kernels
from ...autograd.op import Op
from ...device import array_module
from ...tensor import Tensor, wrap
from ..activations.smooth import LogSigmoid
from ..activations.softmax import log_softmax
from ..checks import INTEGERS, can_look, check_devices, check_same_device, refuse, tensor_argument
from ..elementwise.functions import log
from ..elementwise.selection import clamp, where
from .parts import reduce_loss, reduction_of

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "nll_loss"]


# ---- classes ---------------------------------------------------------------------------------------------------------


class _Pick(Op):
    """z[n, …] = x[n, target[n, …], …]: one class each. Linear in x; its derivative is _Place."""

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def forward(self, x: Any, target: Any) -> Any:  # x (N, K, …), target (N, …) → (N, …)
        self.save(target)
        xp = array_module(x)
        if x.ndim == 2:  # the common case, five times faster than the general one
            return x[xp.arange(len(x)), target]
        return xp.take_along_axis(x, target[:, None], 1)[:, 0]

    def backward(self, g: Any) -> Any:
        (target,) = self.saved
        return _Place(self.classes)(g, target), None


class _Place(_Pick):
    """x[n, target[n, …], …] = z[n, …], 0 elsewhere: the transpose of _Pick."""

    def forward(self, z: Any, target: Any) -> Any:  # z (N, …), target (N, …) → (N, K, …)
        self.save(target)
        xp = array_module(z)
        x = xp.zeros((z.shape[0], self.classes, *z.shape[1:]), z.dtype)
        if x.ndim == 2:
            x[xp.arange(len(x)), target] = z
        else:
            classes = xp.arange(self.classes).reshape(-1, *(1,) * (z.ndim - 1))
            x = xp.where(target[:, None] == classes, z[:, None], z.dtype.type(0))
        return x

    def backward(self, g: Any) -> Any:
        (target,) = self.saved
        return _Pick(self.classes)(g, target), None


class NllLoss(Op):
    """ℓ[n] = −w[n]·x[n, target[n]], and their sum, or their sum / Σ w (mean);  ∂ℓ[n]/∂x[n, k] = −w[n] where k = target.

    w[n] is the weight of the target's class, 0 where the target is to be ignored.
    """

    weights: Any
    reduction: str

    def __init__(self, weights: Any, reduction: str) -> None:
        self.weights, self.reduction = weights, reduction  # (N, …), constants

    def forward(self, x: Any, target: Any) -> Any:  # x (N, K, …) log-probabilities, target (N, …)
        self.save(target)
        self.classes: int = x.shape[1]
        loss = -(_Pick(self.classes)(x, target) * self.weights)
        if self.reduction == "none":
            return loss
        total = loss.sum()
        if self.reduction == "sum":
            return total
        return total / self.weights.sum()  # nan where everything is ignored, as in PyTorch

    def backward(self, g: Any) -> Any:
        (target,) = self.saved
        weights = self.weights
        if self.reduction == "mean":
            total = weights.sum()
            if not can_look(weights):
                weights = weights / array_module(weights).where((weights != 0).any(), total, 1).astype(weights.dtype)
            elif weights.any():
                weights = weights / total
        if isinstance(g, Tensor):
            weights = wrap(weights)
        return _Place(self.classes)(-(g * weights), target), None


class CrossEntropy(Op, label="NllLossBackward0"):
    """ℓ[n] = ln Σₖ e^x[n, k] − x[n, target[n]], and their sum, or mean;  ∂ℓ[n]/∂x[n] = p[n] − q[n].

    p = softmax(x), and q is 1 at the target's class, 0 elsewhere. For the mean, over the number of rows N. PyTorch
    records two nodes, LogSoftmaxBackward0 and this one; only here, with both in one formula, is the gradient seen to be
    the difference between what was predicted and what is right.

    p is a second output, which nobody is given: so its own derivative, ∂L/∂x = p·(g − Σₖ gₖ·pₖ), leads a second
    derivative on to x.
    """

    def __init__(self, reduction: str) -> None:
        self.reduction = reduction

    def forward(
        self, x: Any, is_class: Any
    ) -> Any:  # x (N, K), whether k is the target of row n (N, K) → (N) or (), and p (N, K)
        xp = array_module(x)
        p = x - x.max(1, keepdims=True)  # see Softmax; p is only at the end what its name says
        at_class = p[is_class]
        xp.exp(p, out=p)
        total = p.sum(1, keepdims=True)
        if self.needs[0]:
            p /= total
            self.save(p, is_class.view(np.int8))
        loss = xp.log(total[:, 0]) - at_class
        if self.reduction == "none":
            return loss, p
        return (loss.sum() / len(loss) if self.reduction == "mean" else loss.sum()), p

    def backward(self, g: Any, gp: Any) -> Any:
        p, q = self.saved
        gx = 0.0
        if g is not None:
            if self.reduction == "mean":
                g = self.of_each(g)
            gx = (p - q) * g.reshape(-1, 1)
        if gp is not None:
            gx = gx + p * (gp - (gp * p).sum(1, keepdims=True))
        return gx, None

    def of_each(self, g: Any) -> Any:
        """What of the mean's gradient each row gets."""
        return g / len(self.saved[0])


class CrossEntropyUnseen(CrossEntropy, label="NllLossBackward0"):
    """`CrossEntropy` of targets that cannot be looked at, on a GPU: some may be ignored, and some be no class.

    Ignored rows have no part in the loss, and a gradient of 0: there p and q are set to 0. Where a target is no class
    and not to be ignored, loss and gradients are nan.
    """

    def __init__(self, reduction: str, ignore_index: int) -> None:
        super().__init__(reduction)
        self.ignore_index = ignore_index

    def forward(self, x: Any, target: Any) -> Any:  # x (N, K), target (N) → (N) or (), and p (N, K)
        if gpu_kernels.present(x):
            loss, counts, p, q = gpu_kernels.cross_entropy(x, target, self.ignore_index)
        else:
            xp, zero = array_module(x), x.dtype.type(0)
            ignored = target == self.ignore_index
            is_class = (target[:, None] == xp.arange(x.shape[1])) & ~ignored[:, None]
            # 1 for each row that counts, 0 for one to be ignored, nan for one without a class.
            counts = xp.where(ignored | is_class.any(1), (~ignored).astype(x.dtype), x.dtype.type(np.nan))
            shifted = x - x.max(1, keepdims=True)
            powers = xp.exp(shifted)
            total = powers.sum(1, keepdims=True)
            p = xp.where(ignored[:, None], zero, powers / total * counts[:, None])
            loss = (xp.log(total[:, 0]) - xp.where(is_class, shifted, zero).sum(1)) * counts
            loss, q = xp.where(ignored, zero, loss), is_class.view(np.int8)
        if self.needs[0]:
            self.save(p, q)
        if self.reduction == "none":
            return loss, p
        if self.reduction == "sum":
            return loss.sum(), p
        self.rows: Any = counts.sum()
        return loss.sum() / self.rows, p

    def backward(self, g: Any, gp: Any) -> Any:
        p, q = self.saved
        if gp is None and not self.recording and gpu_kernels.present(p):
            rows = self.rows if self.reduction == "mean" else p.dtype.type(1)
            return gpu_kernels.p_minus_q(p, q, g.reshape(-1, 1), rows), None
        return super().backward(g, gp)

    def of_each(self, g: Any) -> Any:
        rows = array_module(self.rows).maximum(self.rows, 1)  # where all are ignored the loss is nan, the gradient 0
        return g / (wrap(rows) if isinstance(g, Tensor) else rows)


def _check_targets(name: str, input: Any, target: Any, ignore_index: int) -> None:
    tensor_argument(name, input)
    tensor_argument(name, target, "target", 2)
    if not isinstance(ignore_index, INTEGERS):
        raise TypeError(f"{name}(): argument 'ignore_index' must be int, not {type(ignore_index).__name__}")
    check_same_device(name, input, target)
    if target._array.dtype not in (np.int64, np.uint8):
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {target.dtype.type_name}: targets are class numbers"
        )
    shape, given = tuple(input.shape), tuple(target.shape)
    if not shape:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    expected = (*shape[:1], *shape[2:]) if len(shape) > 1 else ()
    if expected and shape[:1] != given[:1]:
        found = given[0] if given else 0
        raise ValueError(f"Expected input batch_size ({shape[0]}) to match target batch_size ({found}).")
    if given != expected:
        if len(shape) > 2:
            raise RuntimeError(f"Expected target size {list(expected)}, got {list(given)}")
        raise RuntimeError(
            f"{name}: a target of shape {list(given)} does not fit an input of shape {list(shape)} "
            f"(N, K, …): it must have shape {list(expected)}. 0D or 1D target tensor expected, multi-target not supported"
        )
    classes = shape[1] if len(shape) > 1 else shape[0]
    array = target._array
    if not can_look(array):
        return
    bad = (array < 0) | (array >= classes)
    if bad.any() and (bad := bad & (array != ignore_index)).any():
        first = int(array[bad].reshape(-1)[0])
        raise IndexError(f"Target {first} is out of bounds: with {classes} classes, targets are 0 to {classes - 1}")


def _check_weight(weight: Any, classes: int, input: Any) -> None:
    if weight is None:
        return
    if weight.dtype != input.dtype:
        raise RuntimeError(f"expected scalar type {input.dtype.type_name} but found {weight.dtype.type_name} (weight)")
    check_devices("nll_loss", input, weight)
    if weight.ndim != 1 or weight.shape[0] != classes:
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
            f"shape: {list(weight.shape)}"
        )
    if weight.requires_grad:
        raise RuntimeError("the derivative for 'weight' is not implemented")


def _target_weights(x: Any, target: Any, weight: Any, ignore_index: int) -> tuple[Any, Any]:
    """(targets with a harmless class where ignored, weight of each target)."""
    xp = array_module(x)
    kept = target != ignore_index
    safe = xp.where(kept, target, 0)
    if weight is None:
        return safe, kept.astype(x.dtype)
    return safe, (weight._array[safe] * kept).astype(x.dtype)


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Negative log-likelihood: ℓₙ = −w[tₙ]·xₙ,ₜₙ of log-probabilities x and class numbers t; mean = Σℓ / Σw[t].

    Targets equal to `ignore_index` count nothing.

    Shapes: input (N, K, d…) or (K), target (N, d…) or (), of integers, weight (K) → (N, d…) or () with reduction
    'none', else ().
    Errors: IndexError for a class number outside 0…K−1; ValueError for batch sizes that differ, an input without
    dimensions, and another `reduction`; RuntimeError for other shapes that do not fit, and a target that is not of
    integers; NotImplementedError for an input of integers or booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html

    >>> import minitorch as torch
    >>> torch.nn.functional.nll_loss(torch.tensor([[-1., -2.]]), torch.tensor([1]))
    tensor(2.)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    _check_targets("nll_loss", input, target, ignore_index)
    _check_weight(weight, input.shape[1] if input.ndim > 1 else input.shape[0], input)
    refuse("nll_loss_out_frame", input, "biu")
    if input.ndim == 1:
        loss = nll_loss(input.unsqueeze(0), target.unsqueeze(0), weight, None, ignore_index, None, reduction)
        return loss.squeeze(0) if reduction == "none" else loss
    safe, weights = _target_weights(input._array, target._array, weight, ignore_index)
    return NllLoss(weights, reduction)(input, safe)


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """Softmax cross-entropy of logits: ℓₙ = −Σₖ w[k]·qₙₖ·ln softmax(xₙ)ₖ. Its gradient is softmax(x) − q, over N.

    `target` is class numbers (q is 1 at the class), or probabilities q of a floating dtype. `label_smoothing` ε mixes q
    with the uniform: (1−ε)·q + ε/K. The mean divides by Σ w[target] for class numbers, by N for probabilities. Computed
    through log_softmax, which cannot overflow; the textbook −ln(softmax(x)) gives inf as soon as a probability
    underflows.

    Shapes: input (N, K, d…) or (K), target (N, d…) or (), weight (K) → (N, d…) or () with reduction 'none', else ();
    with probabilities input (N, K, d…) or (K), target (N, K, d…) or (K), weight (K) → (N, d…) or ().
    Errors: IndexError for a class number outside 0…K−1; ValueError for batch sizes that differ, and another
    `reduction`; RuntimeError for other shapes that do not fit, a target of the other kind, and a `label_smoothing`
    outside [0, 1]; NotImplementedError for an input of integers or booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html

    >>> import minitorch as torch
    >>> torch.nn.functional.cross_entropy(torch.tensor([[0., 0.], [1000., 0.]]), torch.tensor([0, 0]))
    tensor(0.3466)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    if weight is None and label_smoothing == 0.0 and _one_target_each(input, target):
        if can_look(target._array):
            is_class = _one_class_each(input._array, target._array, ignore_index)
            if is_class is not None:
                return CrossEntropy(reduction)(input, is_class)[0]
        elif input.shape[1] <= gpu_kernels.MOST_CLASSES:
            return CrossEntropyUnseen(reduction, ignore_index)(input, target)[0]
    tensor_argument("cross_entropy_loss", input)
    tensor_argument("cross_entropy_loss", target, "target", 2)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    class_dim = 0 if input.ndim == 1 else 1
    if input.ndim >= 1:
        _check_weight(weight, input.shape[class_dim], input)
    if target.is_floating_point() and input.ndim == target.ndim:
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        return _cross_entropy_probabilities(input, target, weight, reduction, label_smoothing, class_dim)
    if target.is_floating_point():
        raise RuntimeError(
            f"expected scalar type Long but found {target.dtype.type_name}: class numbers must be integers, and "
            f"probabilities of the input's shape {list(input.shape)}, not {list(target.shape)}"
        )
    if tuple(input.shape) == tuple(target.shape):
        raise RuntimeError("Expected floating point type for target with class probabilities, got " + target.dtype.type_name)
    _check_targets("cross_entropy_loss", input, target, ignore_index)
    logp = log_softmax(input, class_dim)
    nll = nll_loss(logp, target, weight, None, ignore_index, None, reduction)
    if label_smoothing == 0.0:
        return nll
    weighted = logp if weight is None else logp * _along(weight, logp.ndim, class_dim)
    smooth = -weighted.sum(class_dim)
    kept = target != ignore_index
    smooth = smooth * kept.to(smooth.dtype)
    if reduction == "mean":
        counted = kept.to(smooth.dtype).sum() if weight is None else weight[where(kept, target, 0)].mul(kept).sum()
        smooth = smooth.sum() / counted
    elif reduction == "sum":
        smooth = smooth.sum()
    return (1 - label_smoothing) * nll + smooth * (label_smoothing / input.shape[class_dim])


def _one_class_each(x: Any, t: Any, ignore_index: int) -> Any:
    """Where k is the target of row n, (N, K), if each of the targets t (N) is a class of the scores x (N, K), else None.

    Then they have to be checked, or go another way than `CrossEntropy`.
    """
    if ignore_index >= 0:
        return None
    xp = array_module(x)
    is_class = t[:, None] == xp.arange(x.shape[1])
    return is_class if xp.count_nonzero(is_class) == len(t) else None


def _one_target_each(input: Any, target: Any) -> bool:
    """Whether these are scores (N, K) and class numbers (N), on one device."""
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)):
        return False
    x, t = input._array, target._array
    return (
        type(x) is type(t) and x.ndim == 2 and t.ndim == 1 and len(x) == len(t) and x.size > 0 and x.dtype.kind == "f"
        and t.dtype in (np.int64, np.uint8)
    )  # fmt: skip


def _along(weight: Tensor, ndim: int, dim: int) -> Tensor:
    return weight.reshape(*(weight.shape[0] if d == dim else 1 for d in range(ndim)))


def _cross_entropy_probabilities(
    input: Tensor, target: Tensor, weight: Any, reduction: str, label_smoothing: float, class_dim: int
) -> Tensor:
    if tuple(input.shape) != tuple(target.shape):
        raise RuntimeError(
            f"Expected input and target of the same shape for class probabilities, got {list(input.shape)} and "
            f"{list(target.shape)}"
        )
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / input.shape[class_dim]
    products = log_softmax(input, class_dim) * target
    if weight is not None:
        products = products * _along(weight, input.ndim, class_dim)
    loss = -products.sum(class_dim)
    if reduction == "mean":
        rows = input.numel() // input.shape[class_dim]
        return loss.sum() / rows
    return loss.sum() if reduction == "sum" else loss


# ---- probabilities of two classes ------------------------------------------------------------------------------------


LEAST_SPREAD = float(np.float32(1e-12))  # PyTorch's constant, a float32 also where the losses are float64


class BinaryCrossEntropy(Op):
    """ℓ = −(y·ln x + (1 − y)·ln(1 − x));  ∂ℓ/∂x = (x − y) / (x·(1 − x)), ∂ℓ/∂y = ln(1 − x) − ln x.

    The logarithms are held at −100 or above and x·(1 − x) at 1e-12 or above, as in PyTorch, so that a prediction of
    exactly 0 or 1 costs much instead of infinitely much.
    """

    def forward(self, x: Any, y: Any) -> Any:
        self.save(x, y)
        xp = array_module(x)
        log_x, log_rest = xp.maximum(xp.log(x), -100), xp.maximum(xp.log1p(-x), -100)
        return (y - 1) * log_rest - y * log_x

    def backward(self, g: Any) -> Any:
        x, y = self.saved
        gx = g * (x - y) / clamp((1 - x) * x, min=LEAST_SPREAD) if self.needs[0] else None
        gy = g * (clamp(log(1 - x), min=-100) - clamp(log(x), min=-100)) if self.needs[1] else None
        return gx, gy


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """−w·(y·ln x + (1 − y)·ln(1 − x)) of probabilities x and targets y in [0, 1].

    Shapes: input and target of one shape; the result has the input's with reduction 'none', else (); weight broadcasts
    to it.
    Errors: ValueError for different shapes, and another `reduction`; RuntimeError for an x outside [0, 1], and a weight
    that does not broadcast; NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html

    >>> import minitorch as torch
    >>> torch.nn.functional.binary_cross_entropy(torch.tensor([0.5, 1.]), torch.tensor([1., 1.]))
    tensor(0.3466)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    tensor_argument("binary_cross_entropy", input)
    tensor_argument("binary_cross_entropy", target, "target", 2)
    if tuple(input.shape) != tuple(target.shape):
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. "
            "Please ensure they have the same size."
        )
    if input._array.dtype != target._array.dtype:
        raise RuntimeError(f"Found dtype {target.dtype.type_name} but expected {input.dtype.type_name}")
    refuse("binary_cross_entropy", input, "biu")
    if can_look(input._array) and not ((input._array >= 0) & (input._array <= 1)).all():
        raise RuntimeError("all elements of input should be between 0 and 1")
    loss = BinaryCrossEntropy()(input, target)
    return reduce_loss(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Binary cross-entropy of σ(x), computed from the logits x themselves.

    ℓ = (1 − y)·x + l·(ln(1 + e^{−|x|}) + max(−x, 0)) with l = 1 + (pos_weight − 1)·y. The textbook form takes ln σ(x),
    which is −inf once σ(x) rounds to 0 (x < −104 in float32); here nothing over- or underflows.

    Shapes: input and target of one shape; the result has the input's with reduction 'none', else (); weight and
    pos_weight broadcast to it.
    Errors: ValueError for different shapes, and another `reduction`; RuntimeError for weights that do not broadcast;
    NotImplementedError for integers and booleans; TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html

    >>> import minitorch as torch
    >>> torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor([-1000., 0.]), torch.tensor([0., 1.]))
    tensor(0.3466)
    """
    reduction = reduction_of(size_average, reduce, reduction)
    tensor_argument("binary_cross_entropy_with_logits", input)
    tensor_argument("binary_cross_entropy_with_logits", target, "target", 2)
    if tuple(input.shape) != tuple(target.shape):
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    refuse("log_sigmoid_cpu", input, "biu")
    if not target.is_floating_point():
        raise RuntimeError(f"result type Float can't be cast to the desired output type {target.dtype.type_name}")
    softplus_of_minus = LogSigmoid()(input)
    if pos_weight is not None:
        softplus_of_minus = softplus_of_minus * ((pos_weight - 1) * target + 1)
    loss = ((1 - target) * input - softplus_of_minus).to(target.dtype)
    return reduce_loss(loss if weight is None else loss * weight, reduction)
