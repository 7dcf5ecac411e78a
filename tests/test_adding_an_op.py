"""docs/adding_an_op.md: its code is run, the tests that the table makes of its entry pass, and a wrong backward fails."""

from __future__ import annotations

import doctest
import inspect
import re
from pathlib import Path

import pytest
import test_op_table as table

import minitorch
from minitorch.testing.optable import core

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "adding_an_op.md").read_text(encoding="utf-8")
CODE = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.S))
RIGHT, WRONG = "return g * (x / z), g * (y / z)", "return g * (y / z), g * (x / z)"


def added(code, monkeypatch):
    """The entry that the page's code makes, with its function in the place of the engine's own."""
    monkeypatch.setattr(core, "OPS", [])  # which has a hypot already
    names = {"__name__": "adding_an_op"}
    exec(code, names)
    (entry,) = core.OPS
    for room in (minitorch, minitorch.ops):
        assert room.hypot is not names["hypot"]
        monkeypatch.setattr(room, "hypot", names["hypot"])
    return entry, names


def generated(entry):
    """The calls of tests/test_op_table.py that are made of an entry, by the tests' names: `entry`, `dtype`, `k`."""
    return {
        "test_value": [(entry, dtype) for dtype in entry.dtypes],
        "test_refused_dtype": [(entry, "int64"), (entry, "bool")],
        "test_gradient": [(entry, dtype) for dtype in entry.dtypes],
        "test_second_gradient": [(entry,)],
        "test_gradcheck": [(entry,)],
        "test_gradgradcheck": [(entry,)],
        "test_layout": [(entry,)],
        "test_method": [(entry,)],
        "test_in_place": [(entry, dtype) for dtype in entry.dtypes],
        "test_bad_input": [(entry, k) for k in range(len(entry.errors))],
    }


def verdicts(entry):
    """The names of the generated tests that fail."""
    failed = set()
    for name, calls in generated(entry).items():
        for arguments in calls:
            try:
                getattr(table, name)(*arguments)
            except (pytest.fail.Exception, AssertionError):
                failed.add(name)
    return failed


def test_the_page_names_every_test_that_is_generated(monkeypatch):
    entry, _ = added(CODE, monkeypatch)
    told = set(re.findall(r"`(test_\w+)`", PAGE.split("## 4.")[1].split("## 5.")[0]))
    tests = {name: value for name, value in vars(table).items() if name.startswith("test_")}
    made = {name for name, test in tests.items() if "entry" in inspect.signature(test).parameters}
    assert told == made == generated(entry).keys()


def test_the_example_passes_all_of_them(monkeypatch):
    entry, names = added(CODE, monkeypatch)
    for name, calls in generated(entry).items():
        assert calls, name
        for arguments in calls:
            getattr(table, name)(*arguments)
    x = minitorch.tensor([3.0], requires_grad=True)
    assert isinstance(x.hypot(x).grad_fn, names["Hypot"]) and x.hypot(x).grad_fn.name() == "HypotBackward0"


def test_the_example_in_the_docstring(monkeypatch):
    _, names = added(CODE, monkeypatch)
    (found,) = doctest.DocTestFinder(recurse=False).find(names["hypot"], "hypot", module=False, globs={})
    assert found.examples and doctest.DocTestRunner().run(found).failed == 0


@pytest.mark.parametrize(
    ("wrong", "caught_by"),
    [
        # 3/5 in the place of 4/5
        (WRONG, {"test_gradient", "test_second_gradient", "test_gradcheck", "test_gradgradcheck", "test_layout", "test_in_place"}),
        # a sign, where the value is right
        ("return g * (x / z), -g * (y / z)", {"test_gradient", "test_gradcheck", "test_layout", "test_in_place"}),
        # the formula of z² alone
        ("return g * x, g * y", {"test_gradient", "test_gradcheck", "test_layout", "test_in_place"}),
    ],
)  # fmt: skip
def test_a_wrong_backward_is_caught(monkeypatch, wrong, caught_by):
    assert CODE.count(RIGHT) == 1
    entry, _ = added(CODE.replace(RIGHT, wrong), monkeypatch)
    failed = verdicts(entry)
    assert caught_by <= failed and not failed & {"test_value", "test_refused_dtype", "test_bad_input", "test_method"}


def test_a_missing_check_is_caught(monkeypatch):
    code = CODE.replace('    refuse("hypot_cpu", x, "biu")\n', "")
    assert code != CODE
    entry, _ = added(code, monkeypatch)
    assert "test_refused_dtype" in verdicts(entry)


def test_an_intermediate_value_must_not_be_saved(monkeypatch):
    code = CODE.replace("self.save(x, y, z)\n", "self.save(x, y, z * 1)\n")
    assert code != CODE
    entry, _ = added(code, monkeypatch)
    assert "test_second_gradient" in verdicts(entry) and "test_gradient" not in verdicts(entry)
