"""Random programs: lists of Python lines that mean the same to both engines.

A program is drawn line by line. Whoever draws it runs each line on torch at once, so that the next line can be made to
fit: shapes that broadcast, indices that are in range, values that stay small and away from kinks. Some lines are meant
to be refused. The result is data, a list of lines, which `run` executes on an engine and `compare` on both.
"""

from __future__ import annotations

import itertools
import math
import random
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from hypothesis import assume
from hypothesis import strategies as st

import minitorch

BIT = st.booleans()
LARGE = 1e3  # values beyond it end a program: rounding differences would grow with them
CHANGED = ": a value that backward needs was changed"
KINK = 1e-3  # how near to a kink an operand may come, unless it is exactly on it

UNARY = [
    "{x}.sin()", "{x}.cos()", "{x}.tanh()", "{x}.sigmoid()", "-{x}", "{x}.exp()", "({x} * {x} + 1).log()",
    "({x} * {x} + 0.5).sqrt()", "{x} ** 2", "{x} ** 3", "{x}.relu()", "{x}.abs()", "2.5 - {x}", "{x} * 0.7",
    "1 / ({x} ** 2 + 1)", "{x} + 1", "({x} ** 2 + 1).rsqrt()", "{x}.clone()", "{x}.contiguous()", "{x}.square()",
    "{x}.clamp(-0.75, 1.25)", "torch.nn.functional.softplus({x})", "{x}.double()", "{x}.float()", "{x}.detach()",
    "{x}.data", "torch.zeros_like({x})",
]  # fmt: skip
KINKS = {"{x}.relu()": [0], "{x}.abs()": [0], "{x}.clamp(-0.75, 1.25)": [-0.75, 1.25]}
BINARY = ["{x} + {y}", "{x} - {y}", "{x} * {y}", "{x} / ({y} ** 2 + 1)"]
IN_PLACE = [
    "{x}.sin_()", "{x}.tanh_()", "{x}.sigmoid_()", "{x}.neg_()", "{x}.mul_(-0.6)", "{x}.add_(0.4)", "{x}.zero_()",
    "{x}.fill_(0.8)", "{x} += 1", "{x} *= 0.5", "{x}.relu_()", "{x}.square_()", "{x}.pow_(2)", "{x}.clamp_(-0.75, 1.25)",
    "{x}.div_(2)", "{x}.cos_()",
]  # fmt: skip
KINKS |= {"{x}.relu_()": [0], "{x}.clamp_(-0.75, 1.25)": [-0.75, 1.25]}
IN_PLACE_BINARY = [
    "{x}.add_({y})", "{x}.sub_({y})", "{x}.mul_({y})", "{x}.copy_({y})", "{x} += {y}", "{x} *= {y}", "{x} -= {y}",
    "{x}.div_({y} ** 2 + 1)",
]  # fmt: skip


# ---- drawing ---------------------------------------------------------------------------------------------------------


def numbers(shape: tuple[int, ...], seed: int) -> Any:
    """Nested lists of two-digit numbers in ±2, none of them 0."""
    rng = random.Random(seed)
    flat = [rng.choice((-1, 1)) * rng.randint(10, 200) / 100 for _ in range(math.prod(shape))]
    return np.array(flat).reshape(shape).tolist()


def tensor_text(shape: tuple[int, ...], seed: int, dtype: str, requires_grad: bool = False) -> str:
    """The text of a call that makes a tensor of these numbers."""
    more = f"dtype=torch.{dtype}" + (", requires_grad=True" if requires_grad else "")
    if 0 in shape:
        return f"torch.zeros({list(shape)}, {more})"
    return f"torch.tensor({numbers(shape, seed)}, {more})"


def broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Whether `small` broadcasts to exactly `large`."""
    return len(small) <= len(large) and all(n in (1, m) for n, m in zip(small[::-1], large[::-1], strict=False))


def together(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(n == m or 1 in (n, m) for n, m in zip(a[::-1], b[::-1], strict=False))


class Drawer:
    """Draws one program; `space` is what its names are bound to in torch so far."""

    def __init__(self, draw: Callable) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.space: dict[str, Any] = {"torch": torch}
        self.count = itertools.count()
        self.is_double = draw(BIT)
        self.is_off = False

    def number(self, n: int) -> int:
        """One of 0 to n − 1, in binary digits.

        Not hypothesis's integers: it likes to draw those among the constants of whichever modules are loaded, so that
        the same seed would give other programs beside other tests.
        """
        value = 0
        for _ in range((n - 1).bit_length()):
            value = 2 * value + self.draw(BIT)
        return value % n

    def pick(self, items: Any) -> Any:
        items = list(items)
        return items[self.number(len(items))]

    def chance(self, one_in: int) -> bool:
        """True once in a while; false is what a shrunken program has."""
        return self.number(one_in) == one_in - 1

    def new(self) -> str:
        return f"v{next(self.count)}"

    def tensors(self) -> dict[str, torch.Tensor]:
        return {k: v for k, v in self.space.items() if isinstance(v, torch.Tensor)}

    def any(self, fits: Callable = lambda t: True) -> str | None:
        names = [k for k, v in self.tensors().items() if v.is_floating_point() and asked(lambda: fits(v))]  # noqa: B023
        return self.pick(names[::-1]) if names else None

    def look(self, x: str) -> None:
        """Ask for the history of a view, so that both engines have it up to date.

        PyTorch calls a view a leaf, and refuses to change it, if its base got a history that nobody has asked it about.
        """
        if self.space[x]._is_view():
            self.emit(f"{x}.grad_fn")

    def emit(self, line: str) -> None:
        """Add a line and run it."""
        self.lines.append(line)
        execute(line, self.space)

    def seed(self) -> int:
        return self.number(1000)

    def fresh(self, shape: tuple[int, ...]) -> str:
        """A constant of this shape, written out."""
        return tensor_text(shape, self.seed(), "float64" if self.is_double else "float32")

    # One method for each kind of statement; it may find nothing to do and add no line.

    def leaf(self) -> None:
        shape = tuple([self.pick((2, 1, 3, 2, 3, 0)) for _ in range(self.number(4))])
        kind = "float32" if not self.is_double or self.chance(8) else "float64"
        self.emit(f"{self.new()} = {tensor_text(shape, self.seed(), kind, not self.chance(4))}")

    def unary(self) -> None:
        self._one(UNARY, f"{self.new()} = ")

    def _one(self, choices: list[str], before: str = "") -> None:
        form, x = self.pick(choices), self.any()
        for place in KINKS.get(form, ()):
            if near(self.space[x], place):
                return
        self.emit(before + form.format(x=x))

    def binary(self) -> None:
        x = self.any()
        shape = self.space[x].shape
        y = self.any(lambda t: together(t.shape, shape)) if not self.chance(15) else self.any()
        self.emit(f"{self.new()} = " + self.pick(BINARY).format(x=x, y=y))

    def in_place(self) -> None:
        x = self.any() if self.chance(6) else self.any(lambda t: not t.is_leaf or not t.requires_grad) or self.any()
        form = self.pick(IN_PLACE)
        if any(near(self.space[x], place) for place in KINKS.get(form, ())):
            return
        self.look(x)
        self.emit(form.format(x=x))

    def in_place_binary(self) -> None:
        x = self.any(lambda t: not t.is_leaf or not t.requires_grad) or self.any()
        shape = self.space[x].shape
        y = self.any(lambda t: broadcasts(t.shape, shape)) if not self.chance(15) else self.any()
        t = self.space[x]
        if tangled(t, self.space[y]) or (x == y and any(step == 0 for step in t.stride())):
            return
        self.look(x)
        self.emit(self.pick(IN_PLACE_BINARY).format(x=x, y=y))

    def reduction(self) -> None:
        x = self.any()
        ndim = self.space[x].ndim
        name = self.pick(["sum", "mean", "logsumexp", "cumsum"] if self.space[x].numel() else ["sum"])
        dims = [d for d in range(-ndim, ndim)]
        if not dims or (name in ("sum", "mean") and self.chance(3)):
            self.emit(f"{self.new()} = {x}.{name}({'0' if name in ('logsumexp', 'cumsum') else ''})")
            return
        dim: Any = self.pick(dims)
        if name == "cumsum":  # torch's is in reading order, here the layout is the operand's
            self.emit(f"{self.new()} = {x}{'' if self.space[x].is_contiguous() else '.contiguous()'}.cumsum({dim})")
            return
        if ndim > 1 and self.chance(3):
            dim = tuple(d for d in range(ndim) if d != dim % ndim)
        keep = ", keepdim=True" if self.chance(3) else ""
        self.emit(f"{self.new()} = {x}.{name}({dim}{keep})")

    def softmax(self) -> None:
        x = self.any(lambda t: t.ndim > 0)
        if x:
            dim = self.number(2 * self.space[x].ndim) - self.space[x].ndim
            self.emit(f"{self.new()} = {x}.{self.pick(['softmax', 'log_softmax'])}({dim})")

    def view(self) -> None:
        x = self.any()
        t = self.space[x]
        forms = ["reshape(-1)", "unsqueeze(0)", "unsqueeze(-1)", "squeeze()", "expand(2, *{x}.shape)", "view({x}.shape)"]
        forms += ["detach()", "expand({x}.shape)", "flatten()", "movedim(-1, 0)" if t.ndim else "view(1)"]
        if not (t.is_contiguous() or (t._is_view() and t._base.is_contiguous())):
            # The engines may lay results out differently, and reshape copies one and not the other.
            forms = [f for f in forms if not f.startswith(("reshape", "flatten", "view"))]
        elif t.numel() % 2 == 0 and t.numel():
            forms += ["reshape(2, -1)", "reshape(-1, 2)"]
        if t.ndim >= 2:
            forms += ["transpose(0, 1)", "transpose(-1, 0)", f"permute({list(range(t.ndim))[::-1]})", "mT", "mT"]
            if t.ndim == 2:
                forms += ["T", "t()"]
        if t.ndim:
            d = self.number(t.ndim)
            n = t.shape[d]
            forms += [f"squeeze({d})", f"narrow({d}, 0, {n})"]
            if n:
                forms += [f"select({d}, {n - 1})", f"narrow({d}, {n - 1}, 1)", f"narrow({d}, 0, {n - 1})"] * 2
            if n == 1:
                forms.append(f"expand({', '.join('3' if i == d else '-1' for i in range(t.ndim))})")
        self.emit(f"{self.new()} = {x}." + self.pick(forms).format(x=x))

    def basic_index(self, shape: tuple[int, ...]) -> str:
        """The text of an index of integers, slices, None and `...`."""
        items: list[str] = []
        for n in shape[: self.number(len(shape) + 1)]:
            choices = ["1:", ":", "::2", ":1", "None"] + ([str(n - 1), "-1", "0"] if n else [])
            item = self.pick(choices)
            items.append(item)
            if item == "None":
                items.append(":")
        if not items or self.chance(4):
            items.append("...")
        return ", ".join(items)

    def index(self, x: str) -> str:
        """The text of any index that fits."""
        t = self.space[x]
        kind = self.number(6)
        if kind == 4 and t.ndim and t.shape[0]:
            n = t.shape[0]
            picks = [self.number(2 * n) - n for _ in range(1 + self.number(3))]
            tail = self.pick(["", ", ...", ", 0"] if t.ndim > 1 and t.shape[1] else ["", ", ..."])
            return f"torch.tensor({picks}){tail}"
        if kind == 5 and not near(t, 0.25):
            return f"{x}.detach() > 0.25"
        return self.basic_index(tuple(t.shape))

    def getitem(self) -> None:
        x = self.any()
        self.emit(f"{self.new()} = {x}[{self.index(x)}]")

    def setitem(self) -> None:
        x = self.any(lambda t: not t.is_leaf or not t.requires_grad) or self.any()
        t = self.space[x]
        index = self.index(x)
        try:
            shape = eval(f"{x}[{index}]", dict(self.space)).shape
        except Exception:
            return
        y = self.any(lambda t: broadcasts(t.shape, shape)) if not self.chance(15) else self.any()
        if "tensor" in index and "+=" not in index:  # a place named twice keeps an undefined one of several values
            picks = eval(index.split(")")[0] + ")", {"torch": torch})
            if len(set((picks % max(1, self.space[x].shape[0])).tolist())) < picks.numel():
                y = None
        is_picking = "tensor" in index or ">" in index
        if is_picking and any(step == 0 and n > 1 for step, n in zip(t.stride(), t.shape, strict=True)):
            return  # deprecated in torch, refused in minitorch
        if y:
            other = self.space[y]
            if is_picking and (shares(t, other) or t.dtype != other.dtype):
                y = None
            elif shares(t, other) and (other.shape != shape or 1 in shape or tangled(t, other)):
                y = None
        right = y if y and not self.chance(3) else self.pick(["0", "0.5", "-1.5"])
        self.look(x)
        # x[:] += y changes x twice, and torch refuses the second, since nobody has looked at x's history in between.
        is_all = set(index) <= set(":., ")
        self.emit(f"{x}[{index}] {'=' if is_all else self.pick(['=', '+=', '*='])} {right}")

    def several(self) -> None:
        x = self.any(lambda t: t.ndim > 0)
        if not x:
            return
        d = self.number(self.space[x].ndim)
        n = self.space[x].shape[d]
        form = self.pick([f"unbind({d})", f"chunk(2, {d})", f"split(1, {d})"] + ([f"split([1, {n - 1}], {d})"] if n else []))
        self.emit(f"{self.new()} = {x}.{form}[{self.pick([0, -1])}]")

    def joined(self) -> None:
        x = self.any()
        shape = self.space[x].shape
        same = [self.any(lambda t: t.shape == shape) for _ in range(1 + self.number(2))]
        names = ", ".join([x, *same])
        if shape and not self.chance(3):
            self.emit(f"{self.new()} = torch.cat([{names}], {self.number(2 * len(shape)) - len(shape)})")
        else:
            self.emit(f"{self.new()} = torch.stack([{names}], {self.number(len(shape) + 1)})")

    def matmul(self) -> None:
        x = self.any(lambda t: t.ndim > 0)
        if not x:
            return
        n = self.space[x].shape[-1]
        y = self.any(lambda t: t.ndim and t.dtype == self.space[x].dtype and t.shape[max(0, t.ndim - 2)] == n)
        # A clone, since it depends on torch's choice of kernel whether the product itself is a view.
        self.emit(f"{self.new()} = ({x} @ {y or self.fresh((n, 2))}).clone()")

    def where(self) -> None:
        x = self.any(lambda t: not near(t, 0))
        if x:
            shape = self.space[x].shape
            y = self.any(lambda t: together(t.shape, shape))
            self.emit(f"{self.new()} = torch.where({x}.detach() > 0, {x}, {self.pick([y, '0.5'])})")

    def flag(self) -> None:
        x = self.any()
        forms = ["{x}.retain_grad()", "{x}.requires_grad_()", "{x} = {x}.detach()"]
        if not self.space[x].retains_grad:
            forms.append("{x}.detach_()")
        forms += ["{x}.requires_grad_(False)", "{x}.retain_grad()"]
        self.look(x)
        if not self.space[x]._is_view() or asked(lambda: self.space[x].grad_fn is not None):
            forms.append("{x}.register_hook(lambda g: g * 2)")  # for a view without history it ends torch's process
        self.emit(self.pick(forms).format(x=x))

    def unrecorded(self) -> None:
        """The next statement runs under no_grad."""
        before = len(self.lines)
        space = dict(self.space)
        self.is_off = True
        try:
            with torch.no_grad():
                self.statement()
        finally:
            self.is_off = False
        del space
        for k in range(before, len(self.lines)):
            self.lines[k] = "with torch.no_grad(): " + self.lines[k]

    def statement(self) -> None:
        kinds = [
            self.unary, self.binary, self.in_place, self.in_place_binary, self.view, self.getitem, self.setitem,
            self.binary, self.in_place, self.in_place_binary, self.view, self.setitem, self.view, self.unary,
            self.reduction, self.several, self.joined, self.matmul, self.where, self.softmax, self.flag, self.leaf,
        ]  # fmt: skip
        if not self.is_off:
            kinds.append(self.unrecorded)
        self.pick(kinds)()

    def is_bounded(self) -> bool:
        return all(t.numel() <= 60 and t.ndim <= 4 and small(t) for t in self.tensors().values() if t.numel())

    # The end: gradients of some of the values.

    def differentiate(self) -> None:
        for round_ in range(2 if self.chance(4) else 1):
            if self.any(lambda t: t.requires_grad) is None:
                return
            roots: list[Any] = [self.any(lambda t: t.requires_grad) for _ in range(1 + self.number(3))]
            if self.draw(BIT):  # as many as there are, so that what was done is seen
                roots = [k for k, t in self.tensors().items() if asked(lambda: t.requires_grad)][-6:]  # noqa: B023
            if self.chance(20):
                roots.append(self.any())
            weights = [f"{self.fresh(tuple(self.space[r].shape))}" for r in roots]
            options = ""
            # torch saves the positions that an index names, here they are a constant of the node and never released.
            if self.chance(3) or any(PICKS.search(line) for line in self.lines):
                options = ", retain_graph=True"
            kinds = ["backward", "grad", "inputs"]
            is_smooth = not any("relu" in line or "abs" in line for line in self.lines)
            if is_smooth and all(t.numel() for t in self.tensors().values()):  # torch makes no graph for some empty ones
                kinds.append("second")  # torch counts the slope of a kink as a function of the input, which is zero
            kind = self.pick(kinds)
            left, right = f"[{', '.join(roots)}]", f"[{', '.join(weights)}]"
            wanted = f"[{', '.join(dict.fromkeys(self.any(lambda t: t.requires_grad) for _ in range(3)))}]"
            if kind == "backward":
                self.emit(f"torch.autograd.backward({left}, {right}{options})")
            elif kind == "inputs":
                self.emit(f"torch.autograd.backward({left}, {right}{options}, inputs={wanted})")
            elif kind == "grad":
                self.emit(
                    f"g{round_} = torch.autograd.grad({left}, {wanted}, {right}{options}, allow_unused=True)"
                )
            else:
                self.emit(
                    f"g{round_} = torch.autograd.grad({left}, {wanted}, {right}, create_graph=True, allow_unused=True)"
                )
                if f"g{round_}" in self.space:
                    self.emit(f"h{round_} = sum((g * g).sum() for g in g{round_} if g is not None)")
                    self.emit(f"h{round_}.backward()" if self.chance(2) else
                              f"k{round_} = torch.autograd.grad(h{round_}, {wanted}, allow_unused=True)")


def asked(question: Callable) -> bool:
    """The answer; no, where the engine refuses one (the history of some views is not defined)."""
    try:
        return bool(question())
    except RuntimeError:
        return False


def shares(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


def tangled(target: torch.Tensor, source: torch.Tensor) -> bool:
    """Whether an in-place change could read what it has already written, without torch noticing."""
    return source is not target and shares(target, source) and not (target.is_contiguous() and source.is_contiguous())


def near(t: torch.Tensor, place: float) -> bool:
    """Whether an element is so near to a kink that rounding could decide on which side it is."""
    distance = (t.detach() - place).abs()
    return bool(((distance > 0) & (distance < KINK)).any())


def small(t: torch.Tensor) -> bool:
    return not t.is_floating_point() or bool(t.detach().abs().max() < LARGE)


@st.composite
def programs(draw: Callable) -> list[str]:
    """A program: leaves, statements, gradients."""
    drawer = Drawer(draw)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawer.leaf()
        for _ in range(14):
            if not drawer.number(20):
                break
            drawer.statement()
            if not drawer.is_bounded():
                assume(False)
        drawer.differentiate()
    return drawer.lines


# ---- running ---------------------------------------------------------------------------------------------------------


_code: dict[str, Any] = {}


def execute(line: str, space: dict[str, Any]) -> str | None:
    """Run a line; the name of the exception that it raised, or None."""
    code = _code.get(line)
    if code is None:
        if len(_code) > 1000:
            _code.clear()
        code = _code[line] = compile(line, "<program>", "exec")
    try:
        exec(code, space)
    except Exception as error:
        # What a changed value makes wrong is told apart: see `difference`.
        return type(error).__name__ + (CHANGED if "modified by an inplace operation" in str(error) else "")
    return None


PICKS = re.compile(r"\[(torch.tensor|v\d+.detach\(\) >)")
BINDS = re.compile(r"(?:with torch.no_grad\(\): )?(v\d+) = ")


def run(engine: Any, lines: list[str]) -> tuple[list[str | None], dict[str, Any], dict[str, int]]:
    """The outcome of each line (the exception's name, or None), what the names are bound to, their first versions."""
    space: dict[str, Any] = {"torch": engine}
    outcomes = []
    versions = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for line in lines:
            outcomes.append(execute(line, space))
            if outcomes[-1] is None and (match := BINDS.match(line)):
                versions[match[1]] = space[match[1]]._version
    return outcomes, {k: v for k, v in space.items() if k != "torch" and not k.startswith("__")}, versions


PROPERTIES: dict[str, Callable] = {
    "dtype": lambda t: str(t.dtype),
    "shape": lambda t: list(t.shape),
    "requires_grad": lambda t: t.requires_grad,
    "is_leaf": lambda t: t.is_leaf,
    "has a grad_fn": lambda t: t.grad_fn is not None,
    "_version": lambda t: t._version,
    "retains_grad": lambda t: t.retains_grad,
    "_is_view": lambda t: t._is_view(),
}


def describe(t: Any, version: int | None) -> dict[str, Any]:
    """What both engines must agree on besides values: a property's value, or the error that asking for it raises.

    Versions are counted from the tensor's first: some of torch's kernels build a result by changing it in place. That
    leaves gradients out (`version` None), as well as whether they are views.
    """
    found = {}
    for name, get in PROPERTIES.items():
        if version is None and name in ("_version", "_is_view"):
            continue
        try:
            found[name] = get(t) - version if name == "_version" else get(t)
        except Exception as error:
            found[name] = type(error).__name__
    return found


def difference(lines: list[str]) -> str | None:
    """The first thing that the two engines disagree on after running a program; None if there is none."""
    theirs, their_space, their_versions = run(torch, lines)
    ours, our_space, our_versions = run(minitorch, lines)
    for line, a, b in zip(lines, ours, theirs, strict=True):
        if a != b and kind_of(a) != kind_of(b):
            if b is None and str(a).endswith(CHANGED) and ("inputs=" in line or "grad(" in line):
                return None  # torch unpacks only what the wanted gradients need; here a node has all or nothing
            if a is None and b.endswith(CHANGED) and ("inputs=" in line or any("/" in x or "div" in x for x in lines)):
                return None  # torch's division keeps its first operand, this one its result; CopySlices runs two nodes
            return f"{line!r}: {a or 'no error'}, torch: {b or 'no error'}"
    tolerance = 2e-4 if any("float32" in line or ".float()" in line for line in lines) else 1e-9
    # torch adds to the leaves while it walks, minitorch when the walk is done: a walk that fails is not compared.
    failed = any(outcome and "backward" in line for line, outcome in zip(lines, theirs, strict=True))
    for name, value in their_space.items():
        mine = our_space[name]
        several = isinstance(value, tuple)
        for k, (a, b) in enumerate(zip(mine, value, strict=True) if several else [(mine, value)]):
            label = f"{name}[{k}]" if several else name
            found = _differs(a, b, label, tolerance, our_versions.get(name), their_versions.get(name))
            if found is None and not failed and has_grad(b):
                found = _differs(a.grad, b.grad, label + ".grad", tolerance)
            if found:
                return found
    return None


def kind_of(outcome: str | None) -> str | None:
    return outcome and outcome.removesuffix(CHANGED)


def has_grad(t: Any) -> bool:
    return isinstance(t, torch.Tensor) and asked(lambda: t.is_leaf or t.retains_grad)


def _differs(
    ours: Any,
    theirs: Any,
    label: str,
    tolerance: float,
    our_version: int | None = None,
    version: int | None = None,
) -> str | None:
    if not isinstance(theirs, torch.Tensor):
        a, b = (x if isinstance(x, int | float | type(None)) else type(x).__name__ for x in (ours, theirs))
        return None if a == b else f"{label} is {a}, torch: {b}"
    if not isinstance(ours, minitorch.Tensor):
        return f"{label} is {ours}, torch: {theirs}"
    mine, wanted = describe(ours, our_version), describe(theirs, version)
    for key in wanted:
        if key == "requires_grad" and version is None and not theirs.numel():
            continue  # torch makes some empty gradients from nothing
        if mine[key] != wanted[key]:
            return f"{label}: {key} is {mine[key]}, torch: {wanted[key]}"
    x, y = ours.detach().numpy(), theirs.detach().numpy(force=True)
    scale = max(1.0, float(np.abs(y).max())) if y.size else 1.0
    if not np.allclose(x, y, rtol=tolerance, atol=tolerance * scale, equal_nan=True):
        return f"{label} is\n{x}\ntorch:\n{y}"
    return None


def script(lines: list[str]) -> str:
    """The program as a file for torch; lines that raise there are allowed to."""
    outcomes = run(torch, lines)[0]
    body = [
        line if outcome is None else f"try: {line}\nexcept {outcome.split(':')[0]} as error: print(type(error).__name__, error)"
        for line, outcome in zip(lines, outcomes, strict=True)
    ]
    return "\n".join(["import torch", *body])
