"""Is a gradient right? Compare what `backward` says with what small steps of the input show.

For an output y = f(x) and a random weighting v of its elements, `backward` gives g = ∂(Σ v·y)/∂x, and for each element
of x the central difference

    (Σ v·f(x + ε) − Σ v·f(x − ε)) / 2ε

must be the same, up to ε² from the curvature and about 1e-16·|f|/ε from rounding, which is why float64 is needed.

The weights are random and never all ones: Σ softmax(x) is 1 whatever x is, so a softmax whose backward returned zeros
would pass a check with ones.

Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..device import array_module, to_numpy
from ..tensor import Tensor, wrap
from .differences import central_difference
from .grad_mode import enable_grad

__all__ = ["GradcheckError", "Mismatch", "gradcheck", "gradgradcheck"]


@dataclass(frozen=True)
class Mismatch:
    """One input whose gradient is wrong: both gradients, and where they differ most beyond what is allowed.

    Shapes: `analytic` and `numeric` have the input's shape.
    Errors: none of its own.

    Source: this project's own.

    >>> import minitorch as torch
    >>> from minitorch.autograd.gradcheck import GradcheckError
    >>> x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    >>> try:
    ...     torch.autograd.gradcheck(lambda x: x * x.detach(), x)
    ... except GradcheckError as error:
    ...     print((error.mismatches[0].numeric / error.mismatches[0].analytic).round(3))
    [2. 2.]
    """

    function: str
    input: int  # its position among the inputs
    analytic: np.ndarray  # from backward
    numeric: np.ndarray  # from central differences
    wrong: int  # how many elements differ too much
    worst: tuple[int, ...]
    tolerance: str
    diagnosis: str = ""  # what kind of mistake it looks like

    def __str__(self) -> str:
        a, n = float(self.analytic[self.worst]), float(self.numeric[self.worst])
        error = abs(a - n)
        relative = error / abs(n) if n else math.inf
        return (
            f"Jacobian mismatch: {self.function} has a wrong gradient with respect to input {self.input} "
            f"(shape {list(self.analytic.shape)})\n"
            f"  worst element   {list(self.worst)}\n"
            f"  analytic        {a:.10g}   (from backward)\n"
            f"  numeric         {n:.10g}   (from central differences)\n"
            f"  absolute error  {error:.3g}\n"
            f"  relative error  {relative:.3g}\n"
            f"  {self.wrong} of {self.analytic.size} elements differ by more than {self.tolerance}"
            + (f"\n  diagnosis       {self.diagnosis}" if self.diagnosis else "")
        )


class GradcheckError(RuntimeError):
    """What `gradcheck` raises; `mismatches` lists every wrong input.

    Errors: it is one, a RuntimeError.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.GradcheckError.html

    >>> import minitorch as torch
    >>> from minitorch.autograd.gradcheck import GradcheckError
    >>> x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    >>> try:
    ...     torch.autograd.gradcheck(lambda x: x * x.detach(), x)
    ... except GradcheckError as error:
    ...     print(len(error.mismatches))
    1
    """

    def __init__(self, message: str, mismatches: Sequence[Mismatch] = ()) -> None:
        super().__init__(message)
        self.mismatches: tuple[Mismatch, ...] = tuple(mismatches)


def gradcheck(
    func: Callable[..., Tensor | Sequence[Tensor]],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether the gradients of ``func(*inputs)`` agree with central differences.

    That is, |analytic − numeric| ≤ atol + rtol·|numeric| for every element, with steps of size `eps`. Checked are the
    inputs that require a gradient: float64 ones, not overlapping in memory. `nondet_tol` is how much two backwards may
    differ; `check_undefined_grad` also backwards from each output alone. `check_grad_dtypes` holds in any case: the engine
    gives a gradient its input's dtype and shape, and a hook that changes them raises RuntimeError. True if all agree, else GradcheckError, whose
    message ends with a diagnosis (False with ``raise_exception=False``). `minitorch.testing.check_gradient` takes
    float32, tells kinks and unfit steps apart from mistakes, and reports more.

    Shapes: inputs and outputs of any shapes.
    Errors: GradcheckError if a gradient is wrong; ValueError if no input requires a gradient; NotImplementedError for
    forward mode, batched gradients, `fast_mode` and `masked`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html

    >>> import minitorch as torch
    >>> x = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(lambda x: (x ** 3).sum(0), x)
    True
    """
    refused = {
        "check_batched_grad": check_batched_grad,
        "check_batched_forward_grad": check_batched_forward_grad,
        "check_forward_ad": check_forward_ad,
        "check_backward_ad=False": not check_backward_ad,
        "fast_mode": fast_mode,
        "masked": masked,
    }
    for option, asked in refused.items():
        if asked:
            raise NotImplementedError(f"minitorch's gradcheck does not support {option}")
    arguments = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    checked = _checked_inputs(arguments)
    try:
        _check(func, arguments, checked, eps, atol, rtol, nondet_tol, check_undefined_grad)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Tensor | Sequence[Tensor]],
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Whether second derivatives are right: `gradcheck` of the gradients of ``func(*inputs)``.

    They are a function of the inputs and of the `grad_outputs`, which are random unless given (with
    `gen_non_contig_grad_outputs`, transposed in memory). The rest is as in `gradcheck`.

    Shapes: inputs and outputs of any shapes.
    Errors: as for `gradcheck`: GradcheckError if a gradient is wrong, ValueError if no input requires one,
    NotImplementedError for forward mode, `check_fwd_over_rev`, and switching off `check_rev_over_rev`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradgradcheck.html

    >>> import minitorch as torch
    >>> x = torch.randn(3, dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(torch.tanh, x)
    True
    """
    from . import grad

    if check_fwd_over_rev or not check_rev_over_rev:
        raise NotImplementedError(
            "minitorch's gradgradcheck supports neither check_fwd_over_rev nor switching off check_rev_over_rev"
        )
    arguments = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    _checked_inputs(arguments)
    if grad_outputs is None:
        with enable_grad():
            outputs = _outputs(func(*arguments))
        weights = [wrap(w) for w in _weights(outputs, seed=1)]
        if gen_non_contig_grad_outputs:
            weights = [wrap(w._array.T.copy().T) for w in weights]
    else:
        weights = [w.detach() for w in ((grad_outputs,) if isinstance(grad_outputs, Tensor) else grad_outputs)]
    weights = [w.requires_grad_() for w in weights]

    def first_derivative(*args: Any) -> tuple[Tensor, ...]:
        values, given = args[: len(arguments)], args[len(arguments) :]
        wanted = [x for x in values if isinstance(x, Tensor) and x.requires_grad]
        found = grad(_outputs(func(*values)), wanted, given, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    first_derivative.__name__ = f"the gradient of {_name(func)}"
    return gradcheck(
        first_derivative,
        (*arguments, *weights),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        fast_mode=fast_mode,
        masked=masked,
    )


def _check(
    func: Callable[..., Any],
    arguments: tuple[Any, ...],
    checked: list[int],
    eps: float,
    atol: float,
    rtol: float,
    nondet_tol: float,
    check_undefined_grad: bool,
) -> None:
    with enable_grad():
        outputs = _outputs(func(*arguments))
    weights = _weights(outputs)
    inputs = [arguments[i] for i in checked]
    analytic = _analytic(outputs, inputs, weights)
    for i, once, again in zip(checked, analytic, _analytic(outputs, inputs, weights), strict=True):
        if np.abs(once - again).max(initial=0.0) > nondet_tol:
            raise GradcheckError(
                f"Backward is not reentrant: {_name(func)} gave two different gradients for input {i} from the same "
                f"values, {np.abs(once - again).max():.3g} apart (nondet_tol {nondet_tol})"
            )
    mismatches = []
    for i, a in zip(checked, analytic, strict=True):
        n = _numeric(func, arguments, i, weights, eps)
        excess = np.asarray(np.abs(a - n) - (atol + rtol * np.abs(n)))
        excess[np.isnan(excess) & ~(np.isnan(a) & np.isnan(n))] = np.inf  # nan on one side alone
        if (excess > 0).any():
            worst = np.unravel_index(int(np.nanargmax(excess)), excess.shape)
            mismatches.append(
                Mismatch(
                    _name(func),
                    i,
                    a,
                    n,
                    int((excess > 0).sum()),
                    tuple(int(k) for k in worst),
                    f"atol {atol:g} + rtol {rtol:g}·|numeric|",
                    _diagnosis(a, n, excess > 0, arguments[i], outputs),
                )
            )
    if mismatches:
        raise GradcheckError("\n".join(map(str, mismatches)), mismatches)
    if check_undefined_grad:
        _check_undefined(func, outputs, inputs, weights)


def _check_undefined(func: Callable[..., Any], outputs: list[Tensor], inputs: list[Tensor], weights: list[Any]) -> None:
    """An output that gets no gradient must count as one that gets zeros."""
    for k in range(len(outputs) if len(outputs) > 1 else 0):
        only = [w if j == k else 0 * w for j, w in enumerate(weights)]
        alone = _analytic([outputs[k]], inputs, [weights[k]])
        for a, b in zip(alone, _analytic(outputs, inputs, only), strict=True):
            if not np.allclose(a, b, rtol=1e-8, atol=1e-10, equal_nan=True):
                raise GradcheckError(
                    f"Expected backward function to handle undefined output grads: {_name(func)} gives another "
                    f"gradient when only output {k} gets one than when the others get zeros"
                )


def _name(func: Callable[..., Any]) -> str:
    return getattr(func, "__name__", type(func).__name__)


def _checked_inputs(arguments: tuple[Any, ...]) -> list[int]:
    """The positions of the inputs to check; ValueError if there is none, or one lies over itself in memory."""
    checked = [i for i, x in enumerate(arguments) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )
    for i in checked:
        x = arguments[i]
        if x._array.dtype != np.float64:
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point. This check will likely "
                "fail if all the inputs are not of double precision floating point.",
                stacklevel=3,
            )
        if x.numel() > 1 and any(step == 0 and n > 1 for step, n in zip(x._array.strides, x.shape, strict=True)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous "
                "on the input before passing it to gradcheck."
            )
    return checked


def _outputs(result: Any) -> list[Tensor]:
    """The outputs that have a gradient; if none has, all floating ones, whose differences must then be zero."""
    several = (result,) if isinstance(result, Tensor) else tuple(result)
    floating = [out for out in several if isinstance(out, Tensor) and out.is_floating_point()]
    return [out for out in floating if out.requires_grad] or floating


def _weights(outputs: list[Tensor], seed: int = 0) -> list[Any]:
    """Random weights between 0.5 and 1.5 and of either sign, one array per output; always the same ones."""
    rng = np.random.default_rng(seed)
    weights = []
    for out in outputs:
        w = rng.uniform(0.5, 1.5, out.shape) * rng.choice([-1.0, 1.0], out.shape)
        weights.append(array_module(out._array).asarray(w, dtype=out._array.dtype))
    return weights


def _analytic(outputs: list[Tensor], inputs: list[Tensor], weights: list[Any]) -> list[np.ndarray]:
    from . import grad

    if not any(out.requires_grad for out in outputs):
        return [np.zeros(x.shape) for x in inputs]
    found = grad(outputs, inputs, [wrap(w) for w in weights], retain_graph=True, allow_unused=True)
    # Adding 0.0 makes a float64 copy: what comes back may be an array of someone else.
    return [
        np.zeros(x.shape) if g is None else np.asarray(to_numpy(g._array) + np.zeros(x.shape))
        for x, g in zip(inputs, found, strict=True)
    ]


def _numeric(
    func: Callable[..., Any], arguments: tuple[Any, ...], i: int, weights: list[Any], eps: float
) -> np.ndarray:
    """The central difference of Σ v·f for every element of input `i`."""
    array = arguments[i]._array
    result = np.zeros(array.shape)
    for place in np.ndindex(array.shape):
        value = array[place].copy()

        def move(t: float) -> tuple[list[Any], float]:
            array[place] = value + t  # noqa: B023
            try:
                with enable_grad():  # so that `func` may itself differentiate
                    return [out._array.copy() for out in _outputs(func(*arguments))], t
            finally:
                array[place] = value  # noqa: B023

        result[place] = central_difference(move, weights, eps)
    return result


def _diagnosis(a: np.ndarray, n: np.ndarray, wrong: np.ndarray, x: Tensor, outputs: Sequence[Tensor]) -> str:
    """What kind of mistake it looks like, in words."""
    from ..testing.diagnosis import Evidence, diagnose  # only who needs it loads it

    shapes = [tuple(out.shape) for out in outputs]
    size = float(np.abs(n[np.isfinite(n)]).max(initial=0.0))
    return str(diagnose(Evidence(a, n, wrong, size, 1e-4, to_numpy(x._array), shapes)))
