"""What an entry of the table of ops is made of, and how its samples become tensors of either engine.

An entry names a function by its PyTorch name (``"add"``, ``"nn.functional.conv2d"``, ``"Tensor.view"``,
``"operator.getitem"``), so one string serves both engines, and lists sample arguments in which ``t(3, 4)`` stands for a
tensor of that shape (the same object in two places is the same tensor twice). Everything else (values, gradients,
layouts, methods, in-place forms, dtypes that are refused) is generated from the samples by tests/test_op_table.py.
"""

from __future__ import annotations

import operator
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

FLOATS = ("float32", "float64")
INTS = ("int64",)
BOOL = ("bool",)
NUMBERS = FLOATS + INTS
ALL = NUMBERS + BOOL

# (rtol, atol) by the dtype of the result: 16 units in the last place. NumPy's and PyTorch's exp, log, tanh … are each
# good to about 4 units, and sums of the few dozen terms in these samples, taken in another order, part by as many.
TOLERANCE = {"float32": (2e-6, 2e-6), "float64": (4e-15, 4e-15), "float16": (2e-3, 2e-3)}


@dataclass(frozen=True)
class T:
    """A tensor to be: its shape, how its values are drawn, how it lies in memory.

    dtype None means "the dtype the test runs in"; `avoid` keeps values 0.1 away from kinks; `distinct` makes all values
    differ by at least 0.05; `layout` is one of LAYOUTS; `data` gives the values themselves.
    """

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    avoid: tuple[float, ...] = ()
    distinct: bool = False
    dtype: str | None = None
    layout: str = "contiguous"
    grad: bool = True
    data: Any = None

    def __repr__(self) -> str:
        kind = "" if self.layout == "contiguous" else f"{self.layout} "
        kind += "" if self.dtype is None else f"{self.dtype} "
        return f"<{kind}{list(self.shape)}>"


def t(*shape: int, **options: Any) -> T:
    return T(shape, **options)


def index(data: Any, dtype: str = "int64") -> T:
    """Given integers (or booleans), never differentiated."""
    return T(np.shape(data), data=data, dtype=dtype, grad=False)


def given(data: Any, **options: Any) -> T:
    """Given values in the dtype of the test."""
    return T(np.shape(data), data=data, **options)


LAYOUTS = ("transposed", "strided", "offset", "expanded")


@dataclass(frozen=True)
class Sample:
    """Arguments of one call. See `at_kink`, `once`, `value_only` and `only` for what to leave out."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    numeric: bool = True  # may be compared with central differences
    differentiable: bool = True
    twice: bool = True  # second derivatives may be compared with torch's
    dtypes: tuple[str, ...] | None = None  # None: those of the entry

    def __repr__(self) -> str:
        parts = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.kwargs.items()]
        return f"({', '.join(parts)})"

    def at_kink(self) -> Sample:
        """Values and gradients as in torch, but no central differences: at a kink, a tie, an infinity."""
        return replace(self, numeric=False)

    def once(self) -> Sample:
        """At a point where second derivatives are 0/0, and torch has nan where the formula written otherwise has 0."""
        return replace(self, numeric=False, twice=False)

    def value_only(self) -> Sample:
        """No gradients at all."""
        return replace(self, numeric=False, differentiable=False)

    def only(self, *dtypes: str) -> Sample:
        """In these dtypes alone."""
        return replace(self, dtypes=dtypes)


def s(*args: Any, **kwargs: Any) -> Sample:
    return Sample(args, kwargs)


@dataclass(frozen=True)
class Bad:
    """Arguments that must be refused: with the exception type that torch raises here, and a message with `says`."""

    sample: Sample
    error: type[Exception]
    says: tuple[str, ...]
    dtype: str = "float32"


def bad(error: type[Exception], *args: Any, says: str | Sequence[str] = (), dtype: str = "float32", **kw: Any) -> Bad:
    return Bad(Sample(args, kw), error, (says,) if isinstance(says, str) else tuple(says), dtype)


@dataclass
class Entry:
    """One op of the table."""

    name: str
    samples: list[Sample]
    dtypes: tuple[str, ...] = ALL
    differentiable: bool = True
    twice: bool = True  # differentiable again
    errors: list[Bad] = field(default_factory=list)
    inplace: bool = False  # Tensor.<name>_ exists
    method: bool = True  # Tensor.<name> takes the same arguments, where torch has it
    seeded: bool = False  # draws random numbers: both engines are given the same seed
    tolerance: dict[str, tuple[float, float]] = field(default_factory=dict)
    second: float = 1e-12  # tolerance of second derivatives: products of first ones, each good to 4e-15
    because: str = ""  # why the tolerance or an exception is what it is
    call: Callable[[Any], Callable[..., Any]] | None = None  # engine → the function, where the name does not say it
    node: str | None = None  # "" where our grad_fn has another name than torch's, with the reason in `because`
    layouts: tuple[str, ...] = LAYOUTS
    family: str = ""  # the file of the table it stands in

    def function(self, engine: Any) -> Callable[..., Any]:
        """The op under `engine` (torch or minitorch)."""
        found = self.call(engine) if self.call else resolve(engine, bare_name(self))
        if not self.seeded:
            return found

        def seeded(*args: Any, **kwargs: Any) -> Any:
            engine.manual_seed(20)
            return found(*args, **kwargs)

        return seeded

    def usable(self, dtype: str, differentiable: bool = False, numeric: bool = False) -> list[tuple[int, Sample]]:
        """The samples (with their numbers) that take `dtype` and may be asked for what is asked."""
        return [
            (i, sample)
            for i, sample in enumerate(self.samples)
            if dtype in (sample.dtypes or self.dtypes)
            and (not differentiable or (self.differentiable and sample.differentiable))
            and (not numeric or sample.numeric)
        ]

    def within(self, dtype: str) -> tuple[float, float]:
        return self.tolerance.get(dtype) or TOLERANCE.get(dtype) or (0.0, 0.0)

    def seed(self, i: int) -> int:
        return zlib.crc32(f"{self.name}/{i}".encode())


def bare_name(entry: Entry) -> str:
    """The function's name, without the remark that tells two entries for it apart."""
    return entry.name.partition(" ")[0]


def resolve(engine: Any, name: str) -> Callable[..., Any]:
    """``"nn.functional.relu"`` under `engine`; ``"Tensor.view"`` is a method, ``"operator.add"`` a Python operator."""
    if name.startswith("operator."):
        return getattr(operator, name.removeprefix("operator."))
    if name.startswith("Tensor."):
        return operator_of_method(name.removeprefix("Tensor."))
    found = engine
    for part in name.split("."):
        found = getattr(found, part)
    return found


def operator_of_method(name: str) -> Callable[..., Any]:
    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        attribute = getattr(x, name)
        return attribute(*args, **kwargs) if callable(attribute) else attribute

    return call


# ---- from samples to tensors -----------------------------------------------------------------------------------------


def values(spec: T, dtype: str, rng: np.random.Generator) -> np.ndarray:
    """The contiguous NumPy array that a T stands for."""
    dtype = spec.dtype or dtype
    kind = np.dtype(dtype).kind
    if spec.data is not None:
        return np.array(spec.data).astype(dtype)
    if kind == "b":
        return np.asarray(rng.random(spec.shape) < 0.5)
    if spec.distinct:
        n = int(np.prod(spec.shape))
        steps = rng.permutation(n) - n // 2
        if kind != "f":
            return np.array(steps, dtype).reshape(spec.shape)
        return ((steps + 0.5 * rng.random(n)) * 0.1).astype(dtype).reshape(spec.shape)
    if kind in "iu":
        low, high = int(np.ceil(spec.low)), int(np.floor(spec.high))
        x = np.asarray(rng.integers(low, max(low, high) + 1, spec.shape), dtype)
        for a in spec.avoid:
            if int(a) == a:
                x = np.where(x == a, np.asarray(a + 1 if a < high else a - 1, dtype), x)
        return x
    x = rng.uniform(spec.low, spec.high, spec.shape)
    for a in spec.avoid:
        side = np.where(x < a, -1.0, 1.0)
        x = a + side * np.maximum(np.abs(x - a), 0.1)
    return np.asarray(x, dtype)


def lay_out(array: np.ndarray, layout: str) -> np.ndarray:
    """The same values, lying differently in memory (not for "expanded", whose values repeat)."""
    if layout == "transposed":
        return np.array(array.T, order="C").T
    if layout == "strided" and array.ndim:
        room = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
        room[..., ::2] = array
        return room[..., ::2]
    if layout == "offset" and array.ndim:
        room = np.zeros((array.shape[0] + 1, *array.shape[1:]), array.dtype)
        room[1:] = array
        return room[1:]
    return array


def make(engine: Any, spec: T, dtype: str, rng: np.random.Generator, layout: str | None) -> Any:
    """The tensor of `engine` that a T stands for; equal for both engines when `rng` is in the same state."""
    array = values(spec, dtype, rng)
    layout = layout or spec.layout
    if layout == "expanded" and array.ndim and array.shape[0] and spec.data is None and not spec.distinct:
        return engine.from_numpy(np.array(array[:1])).expand(array.shape)
    laid = lay_out(array, layout)
    return engine.from_numpy(laid.copy() if laid is array and spec.data is not None else laid)


def map_specs(value: Any, change: Callable[[Any], Any]) -> Any:
    """`value` with every T in it (also inside lists, tuples and dicts) replaced."""
    if isinstance(value, T):
        return change(value)
    if isinstance(value, tuple | list):
        return type(value)(map_specs(v, change) for v in value)
    if isinstance(value, dict):
        return {k: map_specs(v, change) for k, v in value.items()}
    if isinstance(value, DType):
        return change(value)
    return value


@dataclass(frozen=True)
class DType:
    """A dtype among the arguments; becomes the engine's own."""

    name: str

    def __repr__(self) -> str:
        return self.name


class Call:
    """A sample built for one engine: its tensors made, ready to be called."""

    def __init__(
        self,
        engine: Any,
        entry: Entry,
        sample: Sample,
        dtype: str,
        seed: int,
        layout: str | None = None,
        grad: bool = False,
        function: Callable[..., Any] | None = None,
    ) -> None:
        rng = np.random.default_rng(seed)
        self.function: Callable[..., Any] = function or entry.function(engine)
        self.tensors: list[Any] = []
        self.leaves: list[Any] = []
        made: dict[int, Any] = {}

        def change(spec: T | DType) -> Any:
            if isinstance(spec, DType):
                return getattr(engine, spec.name)
            if id(spec) in made:
                return made[id(spec)]
            tensor = made[id(spec)] = make(engine, spec, dtype, rng, layout)
            self.tensors.append(tensor)
            if grad and spec.grad and (spec.dtype or dtype) in FLOATS:
                tensor.requires_grad_()
                self.leaves.append(tensor)
            return tensor

        self.args: Any = map_specs(sample.args, change)
        self.kwargs: Any = map_specs(sample.kwargs, change)

    def __call__(self) -> Any:
        return self.function(*self.args, **self.kwargs)

    def with_leaves(self, *leaves: Any) -> list[Any]:
        """The float outputs that need a gradient, with `leaves` in the places of the call's own."""
        places = {id(old): new for old, new in zip(self.leaves, leaves, strict=True)}

        def put(value: Any) -> Any:
            if isinstance(value, tuple | list):
                return type(value)(put(v) for v in value)
            return places.get(id(value), value)

        kwargs = {k: put(v) for k, v in self.kwargs.items()}
        return differentiable_outputs(self.function(*put(self.args), **kwargs))


def flatten(result: Any) -> list[Any]:
    """The tensors and plain values in a result, in order."""
    if isinstance(result, tuple | list) and not type(result).__name__ == "Size":
        return [leaf for part in result for leaf in flatten(part)]
    return [result]


def is_tensor(value: Any) -> bool:
    return type(value).__name__ in ("Tensor", "Parameter")


def differentiable_outputs(result: Any) -> list[Any]:
    return [out for out in flatten(result) if is_tensor(out) and out.requires_grad]


def to_numpy(tensor: Any) -> np.ndarray:
    return tensor.detach().numpy(force=True)


def cotangents(engine: Any, outputs: Iterable[Any], seed: int) -> list[Any]:
    """Random weights, one per output: never ones, which many a wrong gradient survives."""
    rng = np.random.default_rng(seed + 1)
    return [
        engine.from_numpy(
            np.asarray(rng.uniform(0.5, 2.0, tuple(out.shape)) * rng.choice([-1.0, 1.0], tuple(out.shape)))
        ).to(out.dtype)
        for out in outputs
    ]


def gradients(engine: Any, call: Call, seed: int) -> tuple[Any, list[Any]]:
    """The result of a call, and the gradients of its leaves for random cotangents."""
    result = call()
    outputs = differentiable_outputs(result)
    if not outputs:
        return result, []
    weights = cotangents(engine, outputs, seed)
    return result, list(engine.autograd.grad(outputs, call.leaves, weights, allow_unused=True))


def second_gradients(engine: Any, call: Call, seed: int) -> list[Any]:
    outputs = differentiable_outputs(call())
    if not outputs:
        return []
    weights = [w.requires_grad_() for w in cotangents(engine, outputs, seed)]
    first = engine.autograd.grad(outputs, call.leaves, weights, allow_unused=True, create_graph=True)
    # A gradient that is constant one engine may leave out and the other record: the others keep their weights.
    again = cotangents(engine, call.leaves, seed + 7)
    pairs = [(g, v) for g, v in zip(first, again, strict=True) if g is not None and g.requires_grad]
    if not pairs:
        return []
    return list(
        engine.autograd.grad(
            *([g for g, _ in pairs], [*call.leaves, *weights], [v for _, v in pairs]), allow_unused=True
        )
    )


OPS: list[Entry] = []


def op(name: str, samples: list[Sample], **options: Any) -> Entry:
    """Add an op to the table. `name` may carry a remark after a space, to have two entries for one function."""
    if any(entry.name == name for entry in OPS):
        raise ValueError(f"the table has {name!r} already")
    entry = Entry(name, samples, family=sys._getframe(1).f_globals["__name__"].rpartition(".")[2], **options)
    OPS.append(entry)
    return entry
