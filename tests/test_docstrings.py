"""Every public operation says of itself what it takes and gives: formula, shapes, errors, source, example; and it is true.

``Shapes:`` and ``Errors:`` are held against the table of ops: what its samples are and give, and what its bad inputs,
and some that are made here for every operation alike, raise. (That examples run, and signatures are typed, is
tests/test_public_api.py's.)
"""

from __future__ import annotations

import functools
import inspect
import operator
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from shape_notation import Shape, clauses, reads_as
from test_public_api import NAMES

import minitorch
from minitorch.testing.optable import OPS, Call, Entry, core
from minitorch.testing.optable.core import ALL, Sample, T, bare_name, flatten, is_tensor

Function = Callable[..., Any]


def public_operations() -> dict[Function, str]:
    """The functions of minitorch.ops that have a public name, as they were written, with that name."""
    found: dict[Function, str] = {}
    for name, value in NAMES.items():
        function = inspect.unwrap(value) if not inspect.isclass(value) else None
        if inspect.isfunction(function) and function.__module__.startswith("minitorch.ops"):
            found.setdefault(function, name)
    return found


OPERATIONS = public_operations()
ROOMS = sorted({function.__module__.removeprefix("minitorch.ops.") for function in OPERATIONS})
by_room = pytest.mark.parametrize("room", ROOMS)


def problems(room: str, problem: Callable[[Function], Any]) -> dict[str, Any]:
    """What `problem` finds, by name, in the operations of one file."""
    found = {name: problem(f) for f, name in OPERATIONS.items() if f.__module__ == f"minitorch.ops.{room}"}
    assert found
    return {name: what for name, what in found.items() if what}


def parts_of(docstring: str) -> dict[str, str]:
    """The parts of a docstring: "Shapes", "Errors", "Source" with what they say, and "" with what stands before."""
    parts: dict[str, str] = {"": ""}
    label = ""
    for line in docstring.partition(">>>")[0].splitlines():
        start = re.match(r"(Shapes|Errors|Source): *", line)
        label = start[1] if start else label if line.strip() else ""
        parts[label] = f"{parts.get(label, '')} {line[start.end() :] if start else line}".strip()
    return parts


@functools.cache
def said(function: Function, label: str) -> str:
    """What stands under a label; of another operation, where it only says "as in" that one."""
    text = parts_of(inspect.getdoc(function) or "").get(label, "")
    reference = re.fullmatch(r"as in `(?:\w+\.)*(\w+)`\.", text)
    if reference is None:
        return text
    return said(next(f for f in OPERATIONS if f.__name__ == reference[1]), label)


# ---- the table's calls, as the functions see them --------------------------------------------------------------------


class Watched:
    """minitorch, or a room of it, in which each call of one operation is noted down: arguments and result."""

    def __init__(self, room: Any, function: Function, notes: list[Seen]) -> None:
        self._room, self._function, self._notes = room, function, notes

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._room, name)
        if inspect.ismodule(value):
            return Watched(value, self._function, self._notes)
        return self._noting(value) if callable(value) and inspect.unwrap(value) is self._function else value

    def _noting(self, value: Function) -> Function:
        def call(*args: Any, **kwargs: Any) -> Any:
            before = shapes_in((args, kwargs))  # an operation in place might change them
            result = value(*args, **kwargs)
            self._notes.append(Seen(args, kwargs, result, before))
            return result

        return call


@dataclass
class Seen:
    """One call of an operation."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any
    before: Any


def shapes_in(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [shapes_in(v) for v in value]
    if isinstance(value, dict):
        return {k: shapes_in(v) for k, v in value.items()}
    return tuple(value.shape) if is_tensor(value) else None


def under_a_method_name(function: Function) -> set[str]:
    name = function.__name__
    return {f"Tensor.{name}", f"operator.{name}", name.rstrip("_"), f"Tensor.{name.rstrip('_')}"}


@functools.cache
def entries_of(function: Function) -> tuple[Entry, ...]:
    """The table's entries for an operation: by its public names; where there are none, those of the method it is."""
    own = [e for e in OPS if names_it(e, function)]
    return tuple(own or [e for e in OPS if bare_name(e) in under_a_method_name(function)])


def names_it(entry: Entry, function: Function) -> bool:
    try:
        found = core.resolve(minitorch, bare_name(entry))
    except AttributeError:  # the table's own name, for what `call` makes
        return False
    return inspect.unwrap(found) is function


def run(entry: Entry, sample: Sample, dtype: str, function: Function, seed: int) -> list[Seen]:
    """Call `function` as a sample says; what it was called with, and gave."""
    notes: list[Seen] = []
    watched = Watched(minitorch, function, notes)
    called = entry.function(watched) if names_it(entry, function) else watched._noting(function)
    Call(minitorch, entry, sample, dtype, seed, function=called)()
    return notes


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# ---- every docstring is whole ----------------------------------------------------------------------------------------


def missing_parts(docstring: str) -> list[str]:
    parts = parts_of(docstring)
    missing = [label for label in ("Shapes", "Errors") if not re.search(r"\w.*\.$", parts.get(label, ""))]
    if not re.match(r"https://docs\.pytorch\.org/\S+\.html", parts.get("Source", "")):
        missing.append("Source")
    if not re.search(r"[.…)]$|[=→].*\S", parts[""]):
        missing.append("a sentence or a formula")
    if ">>> " not in docstring:
        missing.append("an example")
    return missing


@by_room
def test_the_docstrings_are_whole(room: str) -> None:
    assert not problems(room, lambda function: missing_parts(inspect.getdoc(function) or ""))


@by_room
def test_the_table_has_an_entry(room: str) -> None:
    """Nothing that a docstring says could be checked without one."""
    assert not problems(room, lambda function: not entries_of(function))


# ---- errors ----------------------------------------------------------------------------------------------------------


def name_of(error: type[Exception]) -> str:
    """A type's name as docstrings have it: LinAlgError without the underscore of PyTorch's, TypeError for NumPy's own."""
    return "TypeError" if issubclass(error, TypeError) else error.__name__.removeprefix("_")


def named_errors(function: Function) -> set[str]:
    """The types under "Errors:", with those of the operation that it says to be like."""
    text = said(function, "Errors")
    found = set(re.findall(r"\b[A-Z]\w*Error\b", text))
    for name in re.findall(r"Else as `minitorch\.(\w+)`", text):
        found |= named_errors(inspect.unwrap(getattr(minitorch, name)))
    return found


def errors_of_table(function: Function) -> set[str]:
    """The types that the table's bad inputs raise, and its samples in dtypes that the entry does not take."""
    found = {name_of(case.error) for entry in entries_of(function) for case in entry.errors}
    for entry in entries_of(function):
        for dtype in set(ALL) - set(entry.dtypes):
            for i, sample in enumerate(entry.samples[:6]):
                if sample.dtypes is None:
                    found |= raised(lambda: run(entry, sample, dtype, function, entry.seed(i)))  # noqa: B023
    return found


def raised(call: Callable[[], Any]) -> set[str]:
    try:
        call()
    except Exception as error:
        return {name_of(type(error))}
    return set()


NO_SIZE = 71  # that no size of a sample is, nor divides


def spoilt(sample: Sample, function: Function) -> Iterator[Sample]:
    """The sample with one thing wrong: bad inputs that can be made of any call, whatever the operation."""
    parameters = list(inspect.signature(function).parameters.values())
    names = [p.name for p in parameters]
    for i, value in enumerate(sample.args):
        name = names[i] if i < len(names) else ""
        for bad in wrong_values(value, name):
            yield replace(sample, args=(*sample.args[:i], bad, *sample.args[i + 1 :]))
    for name, value in sample.kwargs.items():
        for bad in wrong_values(value, name):
            yield replace(sample, kwargs={**sample.kwargs, name: bad})
    for p in parameters[len(sample.args) :]:
        if p.name in sample.kwargs or p.default is p.empty:
            continue
        options = [True] if p.default is False else ["nonsense"] if p.default is None else []
        if isinstance(p.default, str):
            options = ["nonsense", "bicubic"]
        if isinstance(p.default, int) and not isinstance(p.default, bool):
            options = [-19, 19, "nonsense"]
        for bad in options:
            yield replace(sample, kwargs={**sample.kwargs, p.name: bad})
    if len(sample.args) > 1:
        yield replace(sample, args=sample.args[:-1])
    if len(sample.kwargs) == 1:
        yield replace(sample, kwargs={})


def wrong_values(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, T):
        yield from ([1.0], "nonsense")
        for dtype in ("bool", "float16", "float64", "float32", "int64"):
            if dtype != value.dtype:
                yield replace(value, dtype=dtype, data=None if dtype == "bool" else value.data)
        if value.data is None:
            yield replace(value, shape=())
            yield replace(value, shape=(*value.shape[:-1], NO_SIZE))
            yield replace(value, shape=(2, *value.shape))
            yield replace(value, shape=(1, 1, 1, *value.shape))
            yield replace(value, shape=(0,))
            yield replace(value, low=0.0, high=0.0, avoid=())
            yield replace(value, low=-9.0, high=-8.0, avoid=())
        else:
            yield replace(value, data=np.array(value.data) + 99)
            yield replace(value, data=np.array(value.data) * -1 - 99)
            yield replace(value, data=np.array(value.data) * 0)
    elif isinstance(value, tuple | list):
        yield from ("nonsense", core.DType("int32"))
        for i, part in enumerate(value):
            for bad in wrong_values(part, name):
                if not isinstance(bad, str):
                    yield type(value)((*value[:i], bad, *value[i + 1 :]))
        yield type(value)(value[:-1])
        yield type(value)((*value, *value[-1:]))
        if len(value) > 1:
            yield type(value)(value[:1] * len(value))
    elif isinstance(value, str):
        yield from ("nonsense", "bicubic")
    elif isinstance(value, bool | float | None):
        yield "nonsense"
        if value is not None:
            yield -99.0 if isinstance(value, float) else not value
    elif isinstance(value, int):
        yield from (-19, 19, 0, 1.5, "nonsense")


def provocations(function: Function, samples: int = 8) -> Iterator[Callable[[], Any]]:
    """Calls that something is wrong with; most of them are refused."""
    for entry in entries_of(function):
        for i, sample in enumerate(entry.samples[:samples]):
            usual = (sample.dtypes or entry.dtypes)[0]
            cases = [(bad, usual, None, False) for bad in spoilt(sample, function)]
            cases += [(sample, dtype, None, False) for dtype in (*ALL, "float16")]
            cases += [(sample, usual, layout, False) for layout in core.LAYOUTS]
            for bad, dtype, layout, grad in [*cases, (sample, usual, None, True)]:
                seed = entry.seed(i)
                yield lambda: Call(minitorch, entry, bad, dtype, seed, layout, grad, function)()  # noqa: B023
                yield lambda: run(entry, bad, dtype, function, seed)  # noqa: B023


def unprovoked(function: Function, errors: set[str]) -> set[str]:
    """Those of `errors` that no provocation raises."""
    left = set(errors)
    for call in provocations(function) if left else ():
        left -= raised(call)
        if not left:
            break
    return left


def false_errors(function: Function, named: set[str]) -> str:
    table = errors_of_table(function)
    if not table <= named:
        return f"the table of ops has {', '.join(sorted(table - named))}, which it does not name"
    unseen = unprovoked(function, named - table)
    return f"nothing raises {', '.join(sorted(unseen))}" if unseen else ""


@by_room
def test_the_errors_are_those_that_are_named(room: str) -> None:
    assert not problems(room, lambda function: false_errors(function, named_errors(function)))


def unnamed_errors(function: Function, named: set[str]) -> set[str]:
    """What calls raise that are wrong in one thing, and "Errors:" does not name.

    AttributeError is left out: it is what Python says of a list that is asked for its shape, and nobody's promise. So
    is the definition of a convolution in loops, which asks nothing of its arguments, and says so.
    """
    if "Nothing else is asked" in said(function, "Errors"):
        return set()
    return {error for call in provocations(function, 1) for error in raised(call)} - named - {"AttributeError"}


@by_room
def test_no_other_error_is_raised(room: str) -> None:
    assert not problems(room, lambda function: unnamed_errors(function, named_errors(function)))


# ---- shapes ----------------------------------------------------------------------------------------------------------


class Bound:
    """A call, with the shapes of its arguments by name."""

    def __init__(self, function: Function, seen: Seen) -> None:
        numpys = {"axis": "dim", "keepdims": "keepdim"}
        names = inspect.signature(function).parameters
        kwargs = {k if k in names else numpys.get(k, k): v for k, v in seen.kwargs.items()}
        bound = inspect.signature(function).bind(*seen.args, **kwargs)
        bound.apply_defaults()
        self.values: dict[str, Any] = bound.arguments
        before = dict(zip(list(names), seen.before[0], strict=False)) | {
            k if k in names else numpys.get(k, k): v for k, v in seen.before[1].items()
        }
        self.shapes: dict[str, Shape] = {k: before[k] for k, v in self.values.items() if is_tensor(v)}
        if isinstance(self.values.get("size"), tuple | list):
            self.shapes["size"] = tuple(self.values["size"])
        self.in_order: list[Shape] = [shape for shape in flatten_shapes(seen.before[0]) if shape is not None]
        self.results = [tuple(r.shape) for r in flatten(seen.result) if is_tensor(r)]

    def broadcast(self, names: Sequence[str]) -> Shape:
        parts = [self.shapes[name] for name in names if name in self.shapes]
        for name in names:
            if isinstance(self.values.get(name), tuple | list):
                parts += [tuple(t.shape) for t in self.values[name] if is_tensor(t)]
        return np.broadcast_shapes(*parts)

    @property
    def is_reduced(self) -> bool:
        """Whether a loss is the mean or the sum."""
        if self.values.get("size_average") is not None or self.values.get("reduce") is not None:
            return self.values.get("reduce") is not False
        return self.values.get("reduction", "mean") != "none"


def flatten_shapes(value: Any) -> list[Any]:
    return [s for part in value for s in flatten_shapes(part)] if isinstance(value, list) else [value]


def without(shape: Shape, dim: Any, keepdim: bool) -> Shape:
    n = max(len(shape), 1)
    dims = range(n) if repr(dim) == "None" else dim if isinstance(dim, tuple | list) else [dim]
    dims = [operator.index(d) for d in dims]
    gone = {d % n for d in dims}
    return tuple(1 if i in gone else s for i, s in enumerate(shape) if keepdim or i not in gone)


def expected_shapes(text: str, call: Bound) -> Iterator[Shape]:
    """The shape that each sentence of "Shapes:" with a result in words claims of this call's results."""
    given = dict(call.shapes)
    if "input" not in call.values and call.in_order:
        given["input"] = call.in_order[0]
    elif "input" in call.values:
        given.setdefault("input", ())  # a number
    for start, end in [m.span() for m in re.finditer(r"[^;.]+", text)]:
        claim = text[start:end]
        tensor_dim = next((k for k in ("dim", "other") if k in call.shapes), None)
        if claim.strip() == "the result is ()":
            yield ()
        elif found := re.search(r"results? (?:is the input, and )?(?:has|have) the (\w+)'", claim):
            if found[1] in given:
                yield given[found[1]]
        elif found := re.search(r"(?:has|have) the common shape(?! without its)( without `dim`)?", claim):
            who = re.search(r"([\w, ]+?)(?:, of size [^,]*,| of one rank)? broadcast", text[: start + 1])
            names = re.findall(r"\w+", who[1] if who else "")
            if sum(call.values.get(name) is not None for name in names) > 1 or "tensors" in names:
                common = call.broadcast(names)
                yield without(common, call.values["dim"], False) if found[1] else common
        elif "lacks `dim`" in claim and tensor_dim and "input" in given:
            yield np.broadcast_shapes(given["input"], call.shapes[tensor_dim])
        elif "lacks `dim`" in claim and call.values.get("dim") != ():  # which is all or none of them, as in PyTorch
            yield without(first_shape(call), call.values.get("dim"), bool(call.values.get("keepdim")))
        elif found := re.search(r"`dim` has size `?(\w+)`?$", claim):
            size, dim = call.values.get(found[1]), call.values.get("dim")
            if isinstance(size, int) and (shape := first_shape(call)):
                yield tuple(size if i == dim % len(shape) else n for i, n in enumerate(shape))


def first_shape(call: Bound) -> Shape:
    return call.in_order[0]


def false_shape(text: str, call: Bound) -> tuple[int, str]:
    """How many claims of `text` were checked on a call, and the first that is false."""
    is_loss = "with reduction 'none', else ()" in text
    count = 0
    for expected in expected_shapes(text, call):
        count += bool(call.results)
        if is_loss and call.is_reduced:
            expected = ()
        if any(shape != expected for shape in call.results):
            return count, f"gives {call.results}, not {expected}"
    ways = clauses(text)
    if not ways:
        return count, ""
    if "any other stays" in text:  # each argument for itself
        pairs = zip(call.in_order, call.results, strict=True)
        wrong = [(a, b) for a, b in pairs if a != b and not any(reads_as(way, {}, [a], [b], False)[1] for way in ways)]
        return count + 1, f"{wrong} is not what it says" if wrong else ""
    read = [reads_as(way, call.shapes, call.in_order, call.results, is_loss and call.is_reduced) for way in ways]
    if any(right for _, right in read):
        return count + 1, ""
    if any(arguments for arguments, _ in read):
        return count + 1, f"{call.shapes or call.in_order} → {call.results} is not what it says"
    return count + 1, f"arguments {call.shapes or call.in_order} are not described"


def check_shapes(function: Function, text: str) -> tuple[int, str]:
    checked = 0
    for entry in entries_of(function):
        for i, sample in enumerate(entry.samples):
            for seen in run(entry, sample, (sample.dtypes or entry.dtypes)[0], function, entry.seed(i)):
                count, problem = false_shape(text, Bound(function, seen))
                checked += count
                if problem:
                    return checked, f"{entry.name}{sample!r}: {problem}"
    return checked, ""


@functools.cache
def shapes_checked(function: Function) -> tuple[int, str]:
    return check_shapes(function, said(function, "Shapes"))


@by_room
def test_the_shapes_are_those_of_the_samples(room: str) -> None:
    assert not problems(room, lambda function: shapes_checked(function)[1])


def test_most_operations_say_something_that_is_checked() -> None:
    """The rest speak of shapes in words that no rule here reads: the joined, the split, the viewed with other sizes."""
    counts = [shapes_checked(function)[0] for function in OPERATIONS]
    assert len(OPERATIONS) >= 510
    assert sum(count > 0 for count in counts) >= 430 and sum(counts) >= 4000


# ---- what is false is found ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["Shapes:", "Errors:", "Source:", ">>>", "The largest"])
def test_a_missing_part_is_missed(part: str) -> None:
    whole = """The largest of all.

    Shapes: any; the result has the input's.
    Errors: TypeError for what is not a tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.max.html

    >>> x = 1
    """
    assert missing_parts(inspect.cleandoc(whole)) == []
    without_it = "\n".join(line for line in inspect.cleandoc(whole).splitlines() if not line.startswith(part))
    assert len(missing_parts(without_it)) == 1


@pytest.mark.parametrize(
    ("name", "lies"),
    [
        ("relu", ["any; the result lacks `dim`.", "any; the result is ().", "input (N, M) → (N, M).", "(…, N) → (…)."]),
        ("add", ["any; the result has the input's.", "input and alpha broadcast; the result has the other's."]),
        ("sum", ["any; the result has the input's.", "input (…, N) → (…)."]),
        ("topk", ["any; both results have the input's.", "any; the result lacks `dim`."]),
        ("mm", ["(N, D), (D, M) → (M, N).", "(N, D), (M, D) → (N, M).", "(N, D), (D, M) → (N).", "(…, N, D) → (…, D)."]),
        ("linalg.svdvals", ["A (…, N, M) → (…, N).", "A (…, N, M) → (…, K), K = min(N, N).", "A (N, M) → (K)."]),
        ("gru_cell", ["input (N, D), hx (N, H), w_ih (4H, D), w_hh (3H, H) → (N, H)."]),
        ("nn.functional.mse_loss", ["input and target broadcast; the result has the common shape."]),
        ("nn.functional.nll_loss", ["input (N, K), target (N) → (N) with reduction 'none', else ()."]),
    ],
)
def test_a_false_shape_is_found(name: str, lies: list[str]) -> None:
    function = inspect.unwrap(NAMES[f"minitorch.{name}"])
    assert shapes_checked(function)[0] > 0 and not shapes_checked(function)[1]
    for lie in lies:
        assert check_shapes(function, lie)[1], lie


@pytest.mark.parametrize("name", ["gather", "linalg.solve", "nn.functional.glu", "exp_", "cat"])
def test_a_false_error_is_found(name: str) -> None:
    function = inspect.unwrap(NAMES[f"minitorch.{name}"])
    true = named_errors(function)
    assert not false_errors(function, true)
    assert "KeyError" in false_errors(function, {*true, "KeyError"})
    for error in errors_of_table(function):
        assert error in false_errors(function, true - {error})
    assert not unnamed_errors(function, true) and "TypeError" in unnamed_errors(function, set())
