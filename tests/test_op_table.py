"""The tests that the table of ops (minitorch/testing/optable) generates: every op against torch, and against central differences."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.autograd.gradcheck import gradcheck, gradgradcheck
from minitorch.testing.optable import OPS, Bad, Call, Entry
from minitorch.testing.optable.core import (
    ALL,
    FLOATS,
    T,
    bare_name,
    flatten,
    gradients,
    is_tensor,
    resolve,
    second_gradients,
    to_numpy,
)


def entries(wanted: Callable[[Entry], Any] = lambda e: True) -> Any:
    return pytest.mark.parametrize("entry", [e for e in OPS if wanted(e)], ids=identify)


def entries_by_dtype(dtypes: tuple[str, ...], wanted: Callable[[Entry, str], Any]) -> Any:
    cases = [(e, d) for e in OPS for d in dtypes if wanted(e, d)]
    return pytest.mark.parametrize(("entry", "dtype"), cases, ids=identify)


def identify(value: Any) -> str:
    return value.name.replace(" ", "-") if isinstance(value, Entry) else str(value)


class Failures:
    """Collects what went wrong sample by sample, so that one test shows all of it; a test that checks nothing fails."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.count = 0

    def check(self, label: Any, problem: str | None) -> None:
        self.count += 1
        if problem:
            self.texts.append(f"{label}: {problem}")

    def done(self) -> None:
        assert self.count, "no sample was checked"
        if self.texts:
            shown = "\n".join(self.texts[:8])
            pytest.fail(f"{len(self.texts)} of {self.count} samples\n{shown}", pytrace=False)


class Outcome:
    """What came of a call: a value, or an error; and the kinds of warnings on the way."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.value: Any = None
        self.error: Exception | None = None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                self.value = call()
            except Exception as e:
                self.error = e
        self.warned = {w.category.__name__: str(w.message) for w in caught}


def outcomes_differ(ours: Outcome, theirs: Outcome) -> str | None:
    """A difference in error type, or a warning where torch is silent (1/0, say, must not make NumPy speak up)."""
    if type(ours.error).__name__ != type(theirs.error).__name__:
        return f"raises {ours.error!r}, torch {theirs.error!r}"
    for category, message in ours.warned.items():
        if category not in theirs.warned:
            return f"warns {category}: {message}, torch does not"
    return None


def difference(ours: Any, theirs: Any, entry: Entry, dtype: str = "") -> str | None:
    """What distinguishes a result of minitorch from torch's; None if nothing does. See `tensor_difference` for `dtype`."""
    a, b = flatten(ours), flatten(theirs)
    if isinstance(theirs, tuple | list) != isinstance(ours, tuple | list) or len(a) != len(b):
        return f"is {type(ours).__name__} of {len(a)}, torch's {type(theirs).__name__} of {len(b)}"
    if hasattr(theirs, "values") and hasattr(theirs, "indices") and not is_tensor(theirs):
        if not (hasattr(ours, "values") and hasattr(ours, "indices")):
            return f"is a {type(ours).__name__} without .values and .indices"
    for k, (x, y) in enumerate(zip(a, b, strict=True)):
        which = f"output {k}: " if len(a) > 1 else ""
        if is_tensor(y) != is_tensor(x):
            return f"{which}is {type(x).__name__}, torch's {type(y).__name__}"
        if not is_tensor(y):
            if type(x).__name__ != type(y).__name__ or x != y:
                return f"{which}is {x!r}, torch's {y!r}"
        elif problem := tensor_difference(x, y, entry, dtype):
            return which + problem
    return None


def tensor_difference(x: Any, y: Any, entry: Entry, dtype: str = "") -> str | None:
    """As `difference`, within the tolerance of the result's dtype, or of `dtype`, one that the computation went through."""
    if str(x.dtype) != str(y.dtype):
        return f"has dtype {x.dtype}, torch's {y.dtype}"
    if tuple(x.shape) != tuple(y.shape):
        return f"has shape {list(x.shape)}, torch's {list(y.shape)}"
    u, v = to_numpy(x), to_numpy(y)
    rtol, atol = max(entry.within(v.dtype.name), entry.within(dtype))
    with np.errstate(all="ignore"):
        if np.allclose(u, v, rtol=rtol, atol=atol, equal_nan=True):
            return None
        error = np.asarray(np.abs(u.astype("float64") - v.astype("float64")))
        error[np.isnan(error) & (np.isnan(u) != np.isnan(v))] = np.inf
    worst = tuple(int(k) for k in np.unravel_index(int(np.nanargmax(error)), u.shape))
    return f"at {list(worst)} is {u[worst]}, torch's {v[worst]} (off by {error[worst]:.3g})"


def gradient_difference(ours: list[Any], theirs: list[Any], entry: Entry, dtype: str) -> str | None:
    for k, (x, y) in enumerate(zip(ours, theirs, strict=True)):
        if (x is None) != (y is None):
            return f"gradient {k}: is {x}, torch's {y}"
        if y is not None and (problem := tensor_difference(x, y, entry, dtype)):
            return f"gradient {k}: {problem}"
    return None


def shares(result: Any, tensor: Any) -> bool:
    """Whether two tensors of one engine share memory."""
    if isinstance(result, torch.Tensor):
        return result.untyped_storage().data_ptr() == tensor.untyped_storage().data_ptr()
    return np.may_share_memory(result.detach().numpy(), tensor.detach().numpy())


def aliasing(ours: Any, theirs: Any, our_call: Call, their_call: Call) -> str | None:
    """Outputs must share memory with inputs exactly where torch's do (views do, everything else does not)."""
    for x, y in zip(flatten(ours), flatten(theirs), strict=True):
        if not is_tensor(y) or y.numel() == 0:
            continue
        for i, (a, b) in enumerate(zip(our_call.tensors, their_call.tensors, strict=True)):
            if b.numel() and shares(x, a) != shares(y, b):
                return f"{'does not share' if shares(y, b) else 'shares'} memory with tensor {i}, unlike torch's"
    return None


def torch_refuses(entry: Entry, dtype: str) -> bool:
    """Whether torch raises for a sample of `entry` in a dtype that the entry does not list."""
    return any(
        sample.dtypes is None and Outcome(lambda: Call(torch, entry, sample, dtype, entry.seed(i))()).error  # noqa: B023
        for i, sample in enumerate(entry.samples)
    )


@entries_by_dtype(ALL, lambda entry, dtype: entry.usable(dtype))
def test_value(entry: Entry, dtype: str) -> None:
    """Value, dtype, shape and aliasing as torch's; no warnings; inputs left alone."""
    failures = Failures()
    for i, sample in entry.usable(dtype):
        their_call = Call(torch, entry, sample, dtype, entry.seed(i))
        our_call = Call(minitorch, entry, sample, dtype, entry.seed(i))
        before = [to_numpy(x).copy() for x in our_call.tensors]
        theirs, ours = Outcome(their_call), Outcome(our_call)
        assert theirs.error is None, f"torch refuses {sample}: {theirs.error!r}"
        problem = outcomes_differ(ours, theirs)
        problem = problem or difference(ours.value, theirs.value, entry, dtype)
        problem = problem or aliasing(ours.value, theirs.value, our_call, their_call)
        for x, b in zip(our_call.tensors, before, strict=True):
            if not problem and not np.array_equal(to_numpy(x), b, equal_nan=b.dtype.kind == "f"):
                problem = "changed one of its inputs"
        failures.check(sample, problem)
    failures.done()


@entries_by_dtype(ALL, lambda entry, dtype: dtype not in entry.dtypes and torch_refuses(entry, dtype))
def test_refused_dtype(entry: Entry, dtype: str) -> None:
    """Dtypes that torch refuses are refused, with the same type of error or one of its subclasses."""
    failures = Failures()
    for i, sample in enumerate(entry.samples):
        theirs = Outcome(lambda: Call(torch, entry, sample, dtype, entry.seed(i))())  # noqa: B023
        if sample.dtypes is None and theirs.error is not None:
            ours = Outcome(lambda: Call(minitorch, entry, sample, dtype, entry.seed(i))())  # noqa: B023
            caught_alike = ours.error is not None and isinstance(ours.error, type(theirs.error))
            failures.check(sample, None if caught_alike else outcomes_differ(ours, theirs))
    failures.done()


def compare_gradients(entry: Entry, i: int, sample: Any, dtype: str, layout: str | None) -> str | None:
    their_call = Call(torch, entry, sample, dtype, entry.seed(i), layout, grad=True)
    our_call = Call(minitorch, entry, sample, dtype, entry.seed(i), layout, grad=True)
    theirs = Outcome(lambda: gradients(torch, their_call, entry.seed(i)))
    ours = Outcome(lambda: gradients(minitorch, our_call, entry.seed(i)))
    # Some layouts cannot be viewed, and both engines say so; but the sample as it is written must be taken.
    assert theirs.error is None or layout is not None, f"torch refuses {sample}: {theirs.error!r}"
    problem = outcomes_differ(ours, theirs)
    if problem or theirs.error is not None:
        return problem
    (result, our_gradients), (torch_result, their_gradients) = ours.value, theirs.value
    problem = difference(result, torch_result, entry, dtype)
    for k, (x, y) in enumerate(zip(flatten(result), flatten(torch_result), strict=True)):
        if not problem and is_tensor(y):
            if (x.requires_grad, x.is_leaf) != (y.requires_grad, y.is_leaf):
                flags = f"{x.requires_grad, x.is_leaf}, torch's {y.requires_grad, y.is_leaf}"
                problem = f"output {k}: requires_grad and is_leaf are {flags}"
            elif entry.node is None and y.grad_fn is not None and x.grad_fn.name() != y.grad_fn.name():
                problem = f"output {k}: grad_fn is {x.grad_fn.name()}, torch's {y.grad_fn.name()}"
    return problem or gradient_difference(our_gradients, their_gradients, entry, dtype)


@entries_by_dtype(FLOATS, lambda entry, dtype: entry.usable(dtype, differentiable=True))
def test_gradient(entry: Entry, dtype: str) -> None:
    """Gradients for random cotangents as torch's: value, dtype, shape, and None where torch gives None."""
    failures = Failures()
    for i, sample in entry.usable(dtype, differentiable=True):
        failures.check(sample, compare_gradients(entry, i, sample, dtype, None))
    failures.done()


def has_tensor(value: Any) -> bool:
    return isinstance(value, T) or (isinstance(value, tuple | list) and any(has_tensor(v) for v in value))


@entries(lambda entry: entry.layouts and any(has_tensor(sample.args) for sample in entry.samples))
def test_layout(entry: Entry) -> None:
    """Values and gradients do not depend on how the inputs lie in memory: transposed, strided, offset, expanded."""
    failures = Failures()
    dtype = "float64" if entry.usable("float64") else entry.dtypes[0]
    for i, sample in entry.usable(dtype):
        for layout in entry.layouts:
            if entry.differentiable and sample.differentiable and dtype in FLOATS:
                problem = compare_gradients(entry, i, sample, dtype, layout)
            else:
                theirs = Outcome(Call(torch, entry, sample, dtype, entry.seed(i), layout))
                ours = Outcome(Call(minitorch, entry, sample, dtype, entry.seed(i), layout))
                problem = outcomes_differ(ours, theirs) or difference(ours.value, theirs.value, entry)
            failures.check(f"{layout} {sample!r}", problem)
    failures.done()


def numeric_check(entry: Entry, checker: Callable) -> None:
    failures = Failures()
    for i, sample in entry.usable("float64", differentiable=True, numeric=True):
        call = Call(minitorch, entry, sample, "float64", entry.seed(i), grad=True)
        found = Outcome(lambda: call.leaves and checker(call.with_leaves, call.leaves))  # noqa: B023
        if call.leaves:
            failures.check(sample, None if found.error is None else f"{type(found.error).__name__}: {found.error}")
    failures.done()


@entries(lambda entry: entry.usable("float64", differentiable=True, numeric=True))
def test_gradcheck(entry: Entry) -> None:
    """Gradients in float64 agree with central differences, with random cotangents."""
    numeric_check(entry, gradcheck)


@entries(lambda entry: entry.twice and entry.usable("float64", differentiable=True, numeric=True))
def test_gradgradcheck(entry: Entry) -> None:
    """Second derivatives in float64 agree with central differences of the first."""
    numeric_check(entry, gradgradcheck)


@entries(lambda entry: entry.twice and entry.usable("float64", differentiable=True))
def test_second_gradient(entry: Entry) -> None:
    """Second derivatives as torch's, at kinks and ties too, where differences say nothing."""
    failures = Failures()
    for i, sample in entry.usable("float64", differentiable=True):
        if not sample.twice:
            continue
        their_call = Call(torch, entry, sample, "float64", entry.seed(i), grad=True)
        our_call = Call(minitorch, entry, sample, "float64", entry.seed(i), grad=True)
        theirs = Outcome(lambda: second_gradients(torch, their_call, entry.seed(i)))  # noqa: B023
        if theirs.error is not None:
            continue  # torch itself cannot (batch_norm without weight); test_gradgradcheck stands alone there
        ours = Outcome(lambda: second_gradients(minitorch, our_call, entry.seed(i)))  # noqa: B023
        problem = outcomes_differ(ours, theirs)
        if not problem:
            n = max(len(ours.value), len(theirs.value))
            pairs = zip(*(v.value + [None] * (n - len(v.value)) for v in (ours, theirs)), strict=True)
            for k, (x, y) in enumerate(pairs):
                # A derivative that is zero everywhere one engine may leave out (None) and the other spell out.
                u, v = (0.0 if g is None else to_numpy(g) for g in (x, y))
                if not problem and not np.allclose(u, v, rtol=entry.second, atol=entry.second, equal_nan=True):
                    problem = f"second gradient {k} is {x}, torch's {y}"
        failures.check(sample, problem)
    failures.done()


@entries(lambda e: e.method and e.call is None and "." not in e.name and hasattr(torch.Tensor, bare_name(e)))
def test_method(entry: Entry) -> None:
    """``x.op(…)`` is ``op(x, …)``."""
    failures = Failures()
    dtype = entry.dtypes[0]
    method = resolve(minitorch, f"Tensor.{bare_name(entry)}")
    for i, sample in entry.usable(dtype):
        theirs = Call(torch, entry, sample, dtype, entry.seed(i))
        if is_tensor(theirs.args[0]):
            ours = Outcome(Call(minitorch, entry, sample, dtype, entry.seed(i), function=method))
            expected = Outcome(theirs).value
            failures.check(sample, repr(ours.error) if ours.error else difference(ours.value, expected, entry))
    failures.done()


def in_place(engine: Any, entry: Entry) -> Callable:
    method = resolve(engine, f"Tensor.{bare_name(entry)}_")

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        y = x.clone()
        before = y._version
        result = method(y, *args, **kwargs)
        assert result is y, f"{bare_name(entry)}_ must return the tensor itself"
        assert y._version == before + 1, f"{bare_name(entry)}_ must count as one change"
        return result

    return call


@entries_by_dtype(ALL, lambda entry, dtype: entry.inplace and entry.usable(dtype))
def test_in_place(entry: Entry, dtype: str) -> None:
    """``x.op_(…)`` on a copy: values and gradients as torch's, refused where torch refuses (type and shape changes)."""
    failures = Failures()
    for i, sample in entry.usable(dtype):
        if not isinstance(sample.args[0], T):
            continue
        grad = dtype in FLOATS and entry.differentiable and sample.differentiable
        found = []
        for engine in (minitorch, torch):
            call = Call(engine, entry, sample, dtype, entry.seed(i), grad=grad, function=in_place(engine, entry))
            found.append(Outcome(lambda: gradients(engine, call, entry.seed(i))))  # noqa: B023
        ours, theirs = found
        problem = outcomes_differ(ours, theirs)
        if not problem and theirs.error is None:
            problem = difference(ours.value[0], theirs.value[0], entry, dtype)
            problem = problem or gradient_difference(ours.value[1], theirs.value[1], entry, dtype)
        failures.check(sample, problem)
    failures.done()


@pytest.mark.parametrize(("entry", "k"), [(e, k) for e in OPS for k in range(len(e.errors))], ids=identify)
def test_bad_input(entry: Entry, k: int) -> None:
    """Bad arguments raise what torch raises, and the message names what is wrong."""
    case: Bad = entry.errors[k]
    theirs = Outcome(lambda: Call(torch, entry, case.sample, case.dtype, 0)())
    assert type(theirs.error) is case.error, (
        f"the table says {case.error.__name__} for {case.sample}, not {theirs.error!r}"
    )
    ours = Outcome(lambda: Call(minitorch, entry, case.sample, case.dtype, 0)())
    assert ours.error is not None, f"{case.sample} is taken and gives {ours.value}; torch raises {theirs.error!r}"
    assert type(ours.error) is case.error, f"{case.sample} raises {ours.error!r}; torch {theirs.error!r}"
    for text in case.says:
        assert text in str(ours.error), f"the message does not say {text!r}: {ours.error}"


def test_every_operation_has_an_entry() -> None:
    names = {name for name in dir(minitorch.ops) if is_public_op(name)} - NOT_BY_THIS_NAME.keys()
    missing = sorted(names - covered())
    assert not missing, f"without an entry in minitorch/testing/optable: {', '.join(missing)}"


def test_every_method_has_an_entry() -> None:
    """A method is covered by an entry of its name, by `inplace` for its trailing underscore, or listed here.

    Not asked for is what computes nothing: what a tensor tells of itself, its moves, its hooks.
    """
    inplace = {f"{bare_name(e)}_" for e in OPS if e.inplace}
    silent = ("Description", "Moving", "Hooks")
    rooms = [room for room in minitorch.methods.TensorMethods.__bases__ if room.__name__ not in silent]
    names = {name for room in rooms for name in vars(room) if not name.startswith("_")} - NOT_BY_THIS_NAME.keys()
    missing = sorted(names - covered() - inplace)
    assert not missing, f"without an entry in minitorch/testing/optable: {', '.join(missing)}"


# Where it is tested instead, or under which name.
NOT_BY_THIS_NAME = {
    "Cast": "Tensor.float …",
    "ToDevice": "Tensor.to",
    "setitem_": "setitem",
    "round decimals": "round",
    "uniform_": "test_random",
    "normal_": "test_random",
    "bernoulli_": "test_random",
    "random_": "test_random",
    "exponential_": "test_random",
    "new_ones": "new_zeros",
    "new_full": "new_zeros",
    "new_empty": "new_zeros",
    "squeeze_": "test_inplace_shapes",
    "unsqueeze_": "test_inplace_shapes",
    "transpose_": "test_inplace_shapes",
    "swapaxes_": "test_inplace_shapes",
    "swapdims_": "test_inplace_shapes",
    "t_": "test_inplace_shapes",
    "bernoulli": "test_same_seed",
    "cauchy_": "test_same_seed",
    "geometric_": "test_same_seed",
    "log_normal_": "test_same_seed",
    "multinomial": "test_same_seed",
    "apply_": "test_queries",
    "conj_physical_": "test_queries",
    "detach_": "test_queries",
    "is_conj": "test_queries",
    "is_cpu": "test_queries",
    "is_inference": "test_queries",
    "is_meta": "test_queries",
    "is_mkldnn": "test_queries",
    "is_neg": "test_queries",
    "is_nested": "test_queries",
    "is_nonzero": "test_queries",
    "is_pinned": "test_queries",
    "is_shared": "test_multiprocessing",
    "is_quantized": "test_queries",
    "is_same_size": "test_queries",
    "is_sparse": "test_queries",
    "map_": "test_queries",
    "ndimension": "test_queries",
    "new": "test_queries",
    "pin_memory": "test_queries",
    "share_memory_": "test_multiprocessing",
    "index_put_": "test_strided_views",
}


def covered() -> set[str]:
    prefixes = ("nn.functional.", "special.", "Tensor.", "operator.")
    return {next((name.removeprefix(p) for p in prefixes if name.startswith(p)), name) for name in map(bare_name, OPS)}


def is_public_op(name: str) -> bool:
    value = getattr(minitorch.ops, name)
    return not name.startswith("_") and callable(value) and getattr(value, "__module__", "").startswith("minitorch.ops")


def test_counts(capfd: pytest.CaptureFixture) -> None:
    """How much the table holds, shown in every run."""
    samples = sum(len(e.samples) for e in OPS)
    errors = sum(len(e.errors) for e in OPS)
    functions = len({bare_name(e) for e in OPS})
    checked = sum(len(e.usable(d)) * (1 + len(e.layouts) * (d == "float64")) for e in OPS for d in ALL)
    with capfd.disabled():
        print(
            f"\nThe table of ops: {functions} functions, {samples} samples ({checked} calls by dtype and layout), "
            f"{errors} bad inputs",
            file=sys.stderr,
        )
    assert functions >= 200 and samples >= 2000 and errors >= 380
