"""What kind of mistake is it? From two gradients that differ, one diagnosis, and what to look for.

Every hypothesis is a formula for the wrong gradient: "twice the right one", "its transpose", "what only the first row
of the batch contributes". The first that reproduces the analytic gradient from the numeric one is the diagnosis.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

FACTOR = "constant factor"
SIGN = "sign"
TRANSPOSE = "transpose"
REVERSED = "reversed axis"
SHIFTED = "shifted"
MISSING_SUM = "missing sum"
EXTRA_SUM = "extra sum"
MISSING_TERM = "missing term"
ZERO = "all zero"
SLICE = "one slice"
REGION = "wrong region"
KINK = "kink"
PRECISION = "precision"
RANDOM = "not deterministic"
STALE = "stale state"
CHANGED = "changed in place"
NO_GRADIENT = "no gradient"
SHAPE = "wrong shape"
DTYPE = "wrong dtype"
ERROR = "error in backward"
COTANGENT = "misuses the cotangent"
SWAPPED = "swapped inputs"
NOT_FINITE = "not finite"
NO_SLOPE = "no slope to compare with"
UNKNOWN = "no known pattern"
KINDS = (
    FACTOR, SIGN, TRANSPOSE, REVERSED, SHIFTED, MISSING_SUM, EXTRA_SUM, MISSING_TERM, ZERO, SLICE, REGION, KINK,
    PRECISION, RANDOM, STALE, CHANGED, NO_GRADIENT, SHAPE, DTYPE, ERROR, COTANGENT, SWAPPED, NOT_FINITE, NO_SLOPE,
    UNKNOWN,
)  # fmt: skip


SCALED = -1.5  # by how much the cotangents are scaled to see whether backward is linear in them


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, in a word or two of `KINDS` and in sentences: what is seen, and what to look for."""

    kind: str
    seen: str
    look: str = ""

    def __str__(self) -> str:
        return f"{self.kind}. {self.seen}" + (f" {self.look}" if self.look else "")


@dataclass
class Evidence:
    """Two gradients of one input that differ, and what else is known. Elements that were not measured are nan."""

    analytic: np.ndarray
    numeric: np.ndarray
    wrong: np.ndarray  # which elements differ by more than is allowed
    size: float  # what the largest element would be if nothing cancelled
    loose: float = 1e-5  # how well a hypothesis must fit, relative to the largest element
    values: np.ndarray | None = None  # of the input
    outputs: Sequence[tuple[int, ...]] = ()  # their shapes
    weights: Sequence[np.ndarray] = ()
    # From `measured` to the numeric Jacobian of the one output: the output's shape + (measured elements,).
    jacobian: Callable[[np.ndarray], np.ndarray | None] = lambda measured: None
    scaled: np.ndarray | None = None  # the analytic gradient for SCALED times the cotangents
    kinks: dict[tuple[int, ...], tuple[float, float]] = field(default_factory=dict)  # place → slopes left and right
    others: dict[str, np.ndarray] = field(default_factory=dict)  # numeric gradients of other inputs of this shape

    def __post_init__(self) -> None:
        self.measured: np.ndarray = ~np.isnan(self.numeric)

    def fits(self, hypothesis: np.ndarray, target: np.ndarray | None = None) -> bool:
        """Whether `hypothesis` reproduces the analytic gradient (or `target`) in the measured elements."""
        target = self.analytic if target is None else target
        h, t = np.broadcast_to(hypothesis, target.shape)[self.measured], target[self.measured]
        known = ~(np.isnan(h) | np.isnan(t))
        if not known.any():
            return False
        h, t = h[known], t[known]
        scale = max(np.abs(h).max(), np.abs(t).max())
        return bool(scale > 0 and np.abs(h - t).max() <= self.loose * scale)


def diagnose(evidence: Evidence) -> Diagnosis:
    """The diagnosis for an input whose gradient is wrong."""
    for hypothesis in (
        _not_finite, _at_kinks, _all_zero, _precision, _factor, _cotangent, _swapped, _layout, _one_slice, _region,
        _missing_sum, _own_sum, _missing_term, _shifted,
    ):  # fmt: skip
        if found := hypothesis(evidence):
            return found
    return _unknown(evidence)


# ---- words -----------------------------------------------------------------------------------------------------------


def place_text(place: Sequence[int]) -> str:
    """``[1, 2]``."""
    return f"[{', '.join(map(str, place))}]"


def axes_text(axes: Sequence[int]) -> str:
    """``axis 0`` or ``axes 0 and 2``."""
    words = [str(a) for a in axes]
    return f"axis {words[0]}" if len(words) == 1 else f"axes {', '.join(words[:-1])} and {words[-1]}"


def _subsets(ndim: int) -> Iterator[tuple[int, ...]]:
    for count in range(1, min(ndim, 4) + 1):
        yield from itertools.combinations(range(min(ndim, 4)), count)


def _sizes(e: Evidence) -> list[tuple[int, str]]:
    """The numbers that a forgotten or superfluous factor may be, with what each is."""
    shapes = [(shape, "the output") for shape in e.outputs] + [(e.analytic.shape, "the input")]
    found = [(n, f"the size of axis {axis} of {whose}") for shape, whose in shapes for axis, n in enumerate(shape)]
    for shape, whose in shapes:
        found.append((math.prod(shape), f"the number of elements of {whose}"))
        found += [(math.prod(shape[a] for a in axes), f"the number of elements along {axes_text(axes)} of {whose}")
                  for axes in _subsets(len(shape)) if len(axes) > 1]  # fmt: skip
    return [(n, text) for n, text in found if n > 2]


def name_factor(c: float, sizes: Sequence[tuple[int, str]] = (), within: float = 1e-4) -> str:
    """What a positive number is, in words: a size, a fraction, a root; "" if it is none of these.

    >>> name_factor(0.2, [(5, "the size of axis 0 of the output")])
    '1/5, and 5 is the size of axis 0 of the output'
    >>> name_factor(0.5), name_factor(2 ** 0.5), name_factor(0.123456)
    ('1/2', '√2', '')
    """

    def near(value: float) -> bool:
        return abs(c - value) <= within * abs(value)

    for n, text in sizes:
        formulas = [(n, f"{n}"), (1 / n, f"1/{n}"), (math.sqrt(n), f"√{n}"), (1 / math.sqrt(n), f"1/√{n}")]
        if n > 4:  # 2/3 and 3/4 are as likely something else
            formulas += [((n - 1) / n, f"{n - 1}/{n}"), (n / (n - 1), f"{n}/{n - 1}")]
        for value, formula in formulas:
            if near(value) and value not in (2, 0.5):
                return f"{n} is {text}" if formula == f"{n}" else f"{formula}, and {n} is {text}"
    for n in range(2, 101):
        if near(n):
            return ""  # the number itself says it
    for q in range(2, 13):
        for p in range(1, 4 * q):
            if math.gcd(p, q) == 1 and near(p / q):
                return f"{p}/{q}"
    for n in (2, 3, 5, 6, 7, 8, 10):
        if near(math.sqrt(n)):
            return f"√{n}"
        if near(1 / math.sqrt(n)):
            return f"1/√{n}"
    for value, text in ((math.pi, "π"), (math.e, "e"), (math.log(2), "ln 2"), (math.sqrt(2 * math.pi), "√(2π)"),
                        (math.log(10), "ln 10"), (2 / math.sqrt(math.pi), "2/√π")):  # fmt: skip
        if near(value):
            return text
        if near(1 / value):
            return f"1/{text}" if len(text) <= 2 else f"1/({text})"
    return ""


# ---- hypotheses ------------------------------------------------------------------------------------------------------


def _not_finite(e: Evidence) -> Diagnosis | None:
    bad = e.wrong & ~np.isfinite(e.analytic)
    if not bad.any() or (e.wrong & ~bad).any():
        return None
    place = tuple(int(k) for k in np.argwhere(bad)[0])
    where = f" The input is {e.values[place]:.4g} there." if e.values is not None else ""
    return Diagnosis(
        NOT_FINITE,
        f"backward gives {e.analytic[place]} at {place_text(place)}, where the slope is {e.numeric[place]:.6g}.{where}",
        "Look for a division by zero, 0·∞ or ∞ − ∞ in backward: the forward may avoid it with a maximum or a where, "
        "and backward must do so, too.",
    )


def _at_kinks(e: Evidence) -> Diagnosis | None:
    places = [tuple(int(k) for k in p) for p in np.argwhere(e.wrong)]
    if not places or any(p not in e.kinks for p in places):
        return None
    place = max(places, key=lambda p: abs(e.analytic[p] - e.numeric[p]))
    left, right = e.kinks[place]
    if min(left, right) - 1e-6 * e.size <= e.analytic[place] <= max(left, right) + 1e-6 * e.size:
        return Diagnosis(
            KINK,
            "each of these elements alone has a possible gradient, but together they do not: where several elements "
            f"tie ({place_text(place)} is one), moving all of them moves the output once, and backward counts it "
            "once for each.",
            "Look for a mask like (x == max) in backward: it must choose one of the tied elements, or share the "
            "gradient among them.",
        )
    return Diagnosis(
        KINK,
        f"it is wrong only at a kink: at {place_text(place)} the slope is {left:.6g} to the left and {right:.6g} to "
        f"the right, and {e.analytic[place]:.6g} lies outside.",
        "Any value between the two is a gradient. Look for what backward does on the border of its condition.",
    )


def _all_zero(e: Evidence) -> Diagnosis | None:
    if np.any(e.analytic[e.measured] != 0):
        return None
    return Diagnosis(
        ZERO,
        "backward gives zeros, and the output does depend on this input.",
        "Look for a mask that is never true, an integer division, a result that backward computes and does not "
        "return, or a formula that is right only for cotangents that are all ones.",
    )


def _precision(e: Evidence) -> Diagnosis | None:
    off = np.abs(e.analytic - e.numeric)[e.wrong]
    if off.size == 0 or not np.all(off <= e.loose * max(e.size, 1e-300)):
        return None
    a = e.analytic[e.measured]
    seen = f"the formula is right to {off.max() / e.size:.1e} of the largest value, which is less than the dtype has."
    for narrow, name in ((np.float16, "float16"), (np.float32, "float32")):
        with np.errstate(over="ignore"):
            if a.any() and np.array_equal(a.astype(narrow).astype(a.dtype), a):
                seen += f" Every value is exactly a {name} number."
                break
    return Diagnosis(
        PRECISION,
        seen,
        "Look for a cast to a narrower dtype, a constant or a buffer in float32, or two large numbers that cancel.",
    )


def _factor(e: Evidence) -> Diagnosis | None:
    known = e.measured & np.isfinite(e.numeric) & np.isfinite(e.analytic)
    a, n = e.analytic[known], e.numeric[known]
    if not np.any(n) or known.sum() < 2 and np.size(e.analytic) > 1:
        return None
    c = float((a * n).sum() / (n * n).sum())
    if not e.fits(c * e.numeric):
        return None
    if abs(c + 1) <= 1e-4:
        return Diagnosis(
            SIGN,
            "it is the right gradient with the wrong sign.",
            "Look for a minus: of a difference's second operand, of 1/x, of cos, of a loss that is a negative "
            "log-likelihood.",
        )
    named = name_factor(abs(c), _sizes(e), within=max(1e-4, 10 * e.loose))
    what = f" ({named})" if named else ""
    if " is the " in named and "/" in named and not named.startswith("1/"):
        look = "Look for a divisor n where n − 1 belongs (in a variance, say), or the other way round."
    elif " is the " in named and abs(c) < 1:
        look = "Look for a mean where a sum belongs, or for a division done twice."
    elif " is the " in named:
        look = "Look for a forgotten 1/n: the gradient of a mean has the mean's divisor in it."
    else:
        look = "Look for a forgotten or superfluous constant: the exponent of a power, the ½ of a square, a scale."
    return Diagnosis(FACTOR, f"analytic = {c:.3f} × numeric{what}, everywhere.", look)


def _cotangent(e: Evidence) -> Diagnosis | None:
    """Backward must be linear in the cotangent: SCALED times it gives SCALED times the gradient."""
    if e.scaled is None or e.scaled.shape != e.analytic.shape:
        return None
    scale = np.nanmax(np.abs(e.analytic), initial=0.0)
    if np.nanmax(np.abs(e.scaled - SCALED * e.analytic), initial=0.0) <= 1e-3 * scale:
        return None
    if np.nanmax(np.abs(e.scaled - e.analytic), initial=0.0) <= 1e-3 * scale:
        return Diagnosis(
            COTANGENT,
            "−1.5 times the incoming gradient gives the same result: backward does not use it.",
            "By the chain rule, the incoming gradient is a factor of what backward returns.",
        )
    return Diagnosis(
        COTANGENT,
        "−1.5 times the incoming gradient does not give −1.5 times the result: backward is not linear in it.",
        "By the chain rule, the incoming gradient enters once, as a factor. Look for a mask made from it, a square, a "
        "clip, a rounding, or a term without it.",
    )


def _swapped(e: Evidence) -> Diagnosis | None:
    for name, numeric in e.others.items():
        if e.fits(numeric) and not np.isnan(numeric).any():
            return Diagnosis(
                SWAPPED,
                f"it is the gradient of {name}.",
                "Backward returns one gradient per input, in the order of forward's arguments.",
            )
    return None


def _layout(e: Evidence) -> Diagnosis | None:
    """The right numbers in the wrong places."""
    n, shape = e.numeric, e.numeric.shape
    if n.ndim == 0 or not e.measured.all():
        return None
    for axes in itertools.permutations(range(n.ndim)) if 2 <= n.ndim <= 4 else ():
        if axes == tuple(range(n.ndim)):
            continue
        swapped = " and ".join(str(i) for i, a in enumerate(axes) if a != i)
        named = (
            f"axes {swapped} swapped" if sum(a != i for i, a in enumerate(axes)) == 2 else f"axes in the order {axes}"
        )
        if tuple(shape[a] for a in axes) == shape and e.fits(n.transpose(axes)):
            return Diagnosis(
                TRANSPOSE,
                f"it is the right gradient with its {named}.",
                "Look for a missing or superfluous .T. For y = x·W, the gradient of W is xᵀ·g, not gᵀ·x, and that "
                "of x is g·Wᵀ.",
            )
        if e.fits(n.transpose(axes).reshape(shape)):
            return Diagnosis(
                TRANSPOSE,
                f"it is the right gradient with its {named}, then reshaped.",
                "Look for a reshape where a transpose belongs: a reshape keeps the order in memory.",
            )
    for axes in _subsets(n.ndim):
        if e.fits(np.flip(n, axes)):
            return Diagnosis(
                REVERSED,
                f"it is the right gradient, reversed along {axes_text(axes)}.",
                "Look for a kernel or an index that must be flipped: a convolution's backward correlates where the "
                "forward convolves.",
            )
    return None


def _one_slice(e: Evidence) -> Diagnosis | None:
    shape, wrong = e.analytic.shape, e.wrong
    if not wrong.any() or e.analytic.size < 3 or not (e.measured & ~wrong).any():
        return None
    found = []
    for axis, n in enumerate(shape):
        if n < 2:
            continue
        indices = np.unique(np.argwhere(wrong)[:, axis])
        elsewhere = np.delete(e.numeric, indices, axis)
        if len(indices) == 1 and np.any(elsewhere[~np.isnan(elsewhere)] != 0):
            found.append((axis, int(indices[0]), n))
    if not found:
        return None
    parts = [":"] * len(shape)
    for axis, index, n in found:
        parts[axis] = str(index)
        parts[axis] += "" if index != n - 1 else " (the last)" if len(shape) == 1 else ""
    text = f"only [{', '.join(parts)}] is wrong, everything else is right."
    a, m = e.analytic[wrong], e.numeric[wrong]
    if not a.any():
        text += " It is zero there."
    elif a.size > 1 and m.any():
        c = float((a * m).sum() / (m * m).sum())
        if np.abs(a - c * m).max() <= e.loose * np.abs(a).max():
            text += f" There, analytic = {c:.3f} × numeric."
    axis, index, n = found[0]
    edge = index in (0, n - 1)
    return Diagnosis(
        SLICE,
        text,
        "Look for a slice that is off by one, or a border (padding, the first or last window) that backward treats "
        "otherwise than forward." if edge else "Look for an index that backward uses and forward does not.",
    )  # fmt: skip


def _region(e: Evidence) -> Diagnosis | None:
    """Wrong for inputs above or below some value: a mask."""
    if e.values is None:
        return None
    right = e.measured & ~e.wrong
    if e.wrong.sum() < 3 or right.sum() < 3:
        return None
    for values, name in ((e.values, "the input"), (np.abs(e.values), "the input's absolute value")):
        bad, good = values[e.wrong], values[right]
        if bad.min() > good.max():
            seen = f"it is wrong exactly where {name} is {bad.min():.3g} or more, and right up to {good.max():.3g}."
            edge = (good.max(), bad.min())
        elif bad.max() < good.min():
            seen = f"it is wrong exactly where {name} is {bad.max():.3g} or less, and right from {good.min():.3g}."
            edge = (bad.max(), good.min())
        else:
            continue
        if name == "the input" and edge[0] <= 0 <= edge[1]:
            seen = f"it is wrong exactly where the input is {'positive' if bad.min() > good.max() else 'negative'}."
        zero = " It is zero there." if not e.analytic[e.wrong].any() else ""
        return Diagnosis(
            REGION,
            seen + zero,
            "Look for the mask in backward: it must be the forward's condition, on the forward's tensor.",
        )
    return None


def _missing_sum(e: Evidence) -> Diagnosis | None:
    """What one slice of the output contributes, where all slices do."""
    jacobian = e.jacobian(e.measured) if len(e.outputs) == 1 else None
    if jacobian is None:
        return None
    shape = e.outputs[0]
    parts = e.weights[0][..., None] * jacobian
    a = e.analytic[e.measured]
    for axis, n in enumerate(shape):
        if not 2 <= n <= 64:
            continue
        by_index = parts.sum(tuple(i for i in range(len(shape)) if i != axis))  # n, elements
        for index in range(n):
            part = by_index[index]
            scale = max(np.abs(part).max(), np.abs(a).max())
            if part.any() and np.abs(part - a).max() <= e.loose * scale:
                which = {0: "first", n - 1: "last"}.get(index, f"index {index}")
                return Diagnosis(
                    MISSING_SUM,
                    f"it is what the {which} slice alone along axis {axis} of the output contributes (of {n} slices).",
                    f"Every slice used this input, so their gradients add up: look for a missing sum over axis "
                    f"{axis}, or an assignment (=) in a loop where += belongs.",
                )
    return None


def _own_sum(e: Evidence) -> Diagnosis | None:
    """A sum over the input's own axes too few or too many."""
    if not e.measured.all():
        return None
    n, a = e.numeric, e.analytic
    for axes in _subsets(n.ndim):
        if all(n.shape[axis] == 1 for axis in axes):
            continue
        if e.fits(n, a.sum(axes, keepdims=True) + 0 * a):
            return Diagnosis(
                MISSING_SUM,
                f"summed over {axes_text(axes)}, it is right.",
                "What was broadcast on the way forward is summed on the way back.",
            )
        for total, word in ((n.sum(axes, keepdims=True), "sum"), (n.mean(axes, keepdims=True), "mean")):
            if e.fits(total):
                return Diagnosis(
                    EXTRA_SUM,
                    f"every element has the {word} of the right gradient over {axes_text(axes)}.",
                    f"Look for a {word} over {axes_text(axes)} in backward that has no broadcast in forward.",
                )
    return None


def _missing_term(e: Evidence) -> Diagnosis | None:
    """The function does not change under a shift or a scaling; the analytic gradient says that it does."""
    if not e.measured.all() or not np.isfinite(e.analytic).all():
        return None
    n, a = e.numeric, e.analytic
    for axes in _subsets(n.ndim):
        count = math.prod(n.shape[axis] for axis in axes)
        if count < 2:
            continue
        small = 10 * e.loose * max(float(np.abs(n).max()), float(np.abs(a).max()))
        if np.abs(n.sum(axes)).max() <= small < 0.1 * np.abs(a.sum(axes)).max():
            return Diagnosis(
                MISSING_TERM,
                f"the right gradient sums to zero along {axes_text(axes)} (adding a constant there changes nothing), "
                "this one does not.",
                f"Look for a missing term that subtracts a sum or a mean over {axes_text(axes)}: "
                "softmax's −s·Σ(g·s), a normalisation's −mean(g).",
            )
    if e.values is not None:
        for axes in _subsets(n.ndim):
            if math.prod(n.shape[axis] for axis in axes) < 2:
                continue
            x = e.values
            small = 10 * e.loose * max(float(np.abs(n * x).max()), float(np.abs(a * x).max()))
            if np.abs((n * x).sum(axes)).max() <= small < 0.1 * np.abs((a * x).sum(axes)).max():
                return Diagnosis(
                    MISSING_TERM,
                    f"the right gradient is orthogonal to the input along {axes_text(axes)} (scaling the input there "
                    "changes nothing), this one is not.",
                    "Look for the derivative of the norm or the standard deviation that the forward divides by: "
                    "backward treats it as a constant.",
                )
    return None


def _shifted(e: Evidence) -> Diagnosis | None:
    if not e.measured.all():
        return None
    for axis, n in enumerate(e.numeric.shape):
        for by in (1, -1) if n > 2 else ():
            rolled = np.roll(e.numeric, by, axis)
            gap = np.zeros(n, bool)
            gap[0 if by == 1 else -1] = True
            gap = np.broadcast_to(gap.reshape([-1 if i == axis else 1 for i in range(rolled.ndim)]), rolled.shape)
            if np.any(rolled[~gap]) and e.fits(np.where(gap, e.analytic, rolled)):
                return Diagnosis(
                    SHIFTED,
                    f"it is the right gradient, moved by one along axis {axis}.",
                    "Look for an index that is off by one: what forward reads at i, backward must add to at i.",
                )
    return None


def _unknown(e: Evidence) -> Diagnosis:
    known = e.measured & np.isfinite(e.numeric) & np.isfinite(e.analytic)
    a, n = e.analytic[known], e.numeric[known]
    length = math.sqrt(float((a * a).sum()) * float((n * n).sum()))
    cosine = float((a * n).sum()) / length if length else 0.0
    share = f"{int(e.wrong.sum())} of {int(e.measured.sum())} elements are wrong"
    if cosine > 0.99:
        look = (
            "It is nearly right: look for an ε that forward has and backward has not, or for a small term that is "
            "missing."
        )
    elif cosine > 0.7:
        look = (
            "It points about the right way, so perhaps a term is missing: look for an input that is used twice, and "
            "for detach, .data, .item() or NumPy on the way."
        )
    else:
        look = "Derive the formula again on paper for the smallest input that shows it, one with two elements, say."
    return Diagnosis(UNKNOWN, f"{share}; the cosine between the two gradients is {cosine:.3f}.", look)


# ---- what exceptions say ---------------------------------------------------------------------------------------------


def diagnose_error(error: BaseException, where: str = "") -> Diagnosis:
    """The diagnosis for an exception that was raised on the way back."""
    text = str(error)
    first = text.strip().split("\n")[0].removesuffix(".")
    message = f"{type(error).__name__}: {first}" if first else type(error).__name__
    if "modified by an inplace operation" in text:
        return Diagnosis(
            CHANGED,
            f"a tensor that backward needs was changed in place after it was saved ({message}).",
            "Use the out-of-place form, or change a copy.",
        )
    shapes = re.findall(r"\[([\d, ]*)\]", first)
    if "invalid gradient" in text and len(shapes) >= 2:
        got, expected = ([int(n) for n in s.replace(" ", "").split(",") if n] for s in shapes[:2])
        return shape_diagnosis(tuple(got), tuple(expected))
    if "gradient of dtype" in text or "expected dtype" in text.lower():
        return Diagnosis(
            DTYPE,
            f"backward gives a gradient of another kind of number ({message}).",
            "Gradients are floating-point: look for an integer division or a mask returned as it is.",
        )
    return Diagnosis(ERROR, f"{message}{where}.")


def shape_diagnosis(got: tuple[int, ...], expected: tuple[int, ...]) -> Diagnosis:
    """The diagnosis for a gradient whose shape is not its input's."""
    seen = f"backward gives a gradient of shape {list(got)} for an input of shape {list(expected)}."
    if sorted(got) == sorted(expected):
        return Diagnosis(SHAPE, seen, "The sizes are the same in another order: look for a missing .T.")
    if len(got) > len(expected) and got[len(got) - len(expected):] == expected:  # fmt: skip
        axes = tuple(range(len(got) - len(expected)))
        return Diagnosis(
            SHAPE, seen, f"Look for a missing sum over {axes_text(axes)}: the input was broadcast along it."
        )
    return Diagnosis(SHAPE, seen, "A gradient has its input's shape, element for element.")
