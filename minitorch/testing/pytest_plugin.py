"""A pytest plugin: the fixture `check_gradient`, and the marker `gradient_check`, which makes tests of a function.

    @pytest.mark.gradient_check(torch.tanh, inputs=[(3, 4)])
    def test_tanh(gradient_case): ...

Installed with minitorch, it is there without a line of configuration. The checker is loaded when a test asks for it,
and PyTorch only if the test itself has.
"""

from __future__ import annotations

import copy
import sys
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest

MARKER = "gradient_check"
HELP = (
    "gradient_check(fn, inputs=[shape tuple or array, ...], dtypes=('float64', 'float32'), layouts=('contiguous', "
    "'transposed', 'strided'), engine=None, low=-2.0, high=2.0, **options): check fn's gradients, a test for each "
    "dtype and each layout of the inputs in memory; options are check_gradient's"
)
LAYOUTS = ("contiguous", "transposed", "strided", "expanded")
DTYPES = ("float64", "float32", "float16")


class GradientCase:
    """One dtype and layout of a `gradient_check` marker."""

    fn: Callable[..., Any]
    specs: Sequence[Any]
    dtype: str
    layout: str
    engine: Any
    span: Any
    seed: int
    options: dict[str, Any]

    def __init__(
        self, fn: Callable[..., Any], inputs: Sequence[Any], dtype: str, layout: str, engine: Any, span: Any, seed: int,
        options: dict[str, Any],
    ) -> None:  # fmt: skip
        self.fn, self.specs, self.dtype, self.layout = fn, inputs, dtype, layout
        self.engine, self.span, self.seed, self.options = engine, span, seed, options

    def __repr__(self) -> str:
        return f"{self.dtype}-{self.layout}"

    @property
    def inputs(self) -> list[Any]:
        """Fresh tensors: random for shapes (tuples), lists and arrays as they are; floating ones require gradients."""
        import numpy as np

        from minitorch.testing.optable.core import lay_out

        rng = np.random.default_rng(self.seed)
        made = []
        for spec in self.specs:
            low, high = self.span
            array = rng.uniform(low, high, spec) if isinstance(spec, int | tuple) else np.asarray(spec)
            if array.dtype.kind != "f":  # indices and masks stay what they are
                made.append(self.engine.from_numpy(np.array(array)))
                continue
            laid = lay_out(np.asarray(array, self.dtype), self.layout)
            tensor = self.engine.from_numpy(laid)
            if self.layout == "expanded" and laid.ndim and laid.shape[0] > 1:
                tensor = tensor[:1].expand(laid.shape)
            made.append(tensor.requires_grad_())
        return made

    @property
    def function(self) -> Any:
        """The function; of a module, a copy in the dtype of the case."""
        if isinstance(self.fn, self.engine.nn.Module):
            return copy.deepcopy(self.fn).to(getattr(self.engine, self.dtype))
        return self.fn

    def check(self) -> None:
        """Fail with the report if a gradient is wrong."""
        report = _checker()(self.function, self.inputs, **self.options)
        if not report.ok:
            pytest.fail(f"{report}\n\n({self.dtype}, inputs {self.layout} in memory)", pytrace=False)


def _checker() -> Callable[..., Any]:
    from minitorch.testing import check_gradient

    return check_gradient


def _check(*args: Any, **kwargs: Any) -> Any:
    __tracebackhide__ = True  # pytest shows the line of the test
    report = _checker()(*args, **kwargs)
    if not report.ok:
        raise AssertionError(str(report))
    return report


@pytest.fixture(name="check_gradient")
def _check_gradient() -> Callable[..., Any]:
    """`minitorch.testing.check_gradient`; it fails the test with its report if a gradient is wrong."""
    return _check


@pytest.fixture
def gradient_case(request: pytest.FixtureRequest) -> GradientCase:
    """The dtype, layout and inputs of a test that `gradient_check` has made; its gradients have been checked."""
    return request.param


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Check before the test's own lines run, whether or not it asks for `gradient_case`."""
    case = getattr(getattr(item, "callspec", None), "params", {}).get("gradient_case")
    if isinstance(case, GradientCase):
        case.check()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", HELP)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for every dtype and layout of every `gradient_check` marker."""
    markers = list(metafunc.definition.iter_markers(MARKER))
    if not markers:
        return
    if "gradient_case" not in metafunc.fixturenames:
        metafunc.fixturenames.append("gradient_case")
    cases = [case for marker in reversed(markers) for case in _cases(marker, metafunc.definition.nodeid)]
    several = len(markers) > 1
    ids = [f"{_name(case.fn)}-{case!r}" if several else repr(case) for case in cases]
    metafunc.parametrize("gradient_case", cases, indirect=True, ids=ids)


def _name(fn: Any) -> str:
    owner = getattr(fn, "__self__", None)
    return owner.__name__ if isinstance(owner, type) else getattr(fn, "__name__", type(fn).__name__)


def _cases(marker: pytest.Mark, node: str) -> list[GradientCase]:
    def understand(
        fn: Callable[..., Any], inputs: Sequence[Any], dtypes: Sequence[str] = ("float64", "float32"),
        layouts: Sequence[str] = ("contiguous", "transposed", "strided"), engine: Any = None, low: float = -2.0,
        high: float = 2.0, **options: Any,
    ) -> list[GradientCase]:  # fmt: skip
        for given, known, what in ((dtypes, DTYPES, "dtype"), (layouts, LAYOUTS, "layout")):
            for word in given:
                if word not in known:
                    raise pytest.UsageError(f"{node}: gradient_check knows no {what} {word!r}, only {', '.join(known)}")
        seed = zlib.crc32(node.encode())
        owner = engine or _engine_of(fn)
        return [
            GradientCase(fn, inputs, dtype, layout, owner, (low, high), seed, options)
            for dtype in dtypes
            for layout in layouts
        ]

    try:
        return understand(*marker.args, **marker.kwargs)
    except TypeError as error:
        raise pytest.UsageError(f"{node}: {str(error).replace('_cases.<locals>.understand', MARKER)}") from None


def _engine_of(fn: Any) -> Any:
    """The engine that `fn`'s class belongs to, or that the module it is written in has imported; else minitorch."""
    import minitorch

    torch = sys.modules.get("torch")  # a function of PyTorch's cannot be without it
    if torch is None or torch is minitorch:
        return minitorch
    owner = getattr(fn, "__self__", None) or fn
    homes = [c.__module__ for c in (owner.__mro__ if isinstance(owner, type) else type(owner).__mro__)]
    homes.append(getattr(fn, "__module__", None) or "")
    for engine in (torch, minitorch):
        if any(home.partition(".")[0] == engine.__name__ for home in homes):
            return engine
    imported = list(getattr(fn, "__globals__", {}).values())
    found = [engine for engine in (torch, minitorch) if any(value is engine for value in imported)]
    return found[0] if len(found) == 1 else minitorch
