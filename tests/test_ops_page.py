"""docs/ops: the pages are those of today's table, and what they measure is a distance from PyTorch."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

import minitorch
from minitorch.testing import ops_page
from minitorch.testing.optable import Entry, core

PAGES = Path(__file__).resolve().parents[1] / "docs" / "ops"
FAMILIES = ops_page.families()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_pages_tell_of_todays_table(family):
    """Each entry once, with the docstrings as they are now; nothing else. What is measured is not compared."""
    lines = (PAGES / f"{family}.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    expected = [ops_page.told(entry) for entry in FAMILIES[family][1]]
    again = "write them anew: python -m minitorch.testing.ops_page docs/ops"
    assert [row[: len(start)] for row, start in zip(rows, expected, strict=True)] == expected, again


def test_there_is_a_page_for_each_family_and_no_other():
    assert {path.stem for path in PAGES.glob("*.md")} == {*FAMILIES, "README"}


def made(name, sample, **options):
    return Entry(name, [sample], **options)


def test_a_right_operation_is_near_and_a_wrong_one_far(monkeypatch):
    entry = made("tanh", core.s(core.t(3, 2)))
    values, first, second = ops_page.measured(entry)
    assert (values.samples, first.samples, second.samples) == (1, 1, 1)
    assert max(values.worst, first.worst, second.worst) < 1e-14

    class Wrong(minitorch.autograd.Op):
        """z = tanh x;  ∂z/∂x = 1 − x², which is 1 − z² of the wrong variable."""

        def forward(self, x):
            self.save(x)
            return np.tanh(x)

        def backward(self, g):
            (x,) = self.saved
            return g * (1 - x * x)

    monkeypatch.setattr(minitorch, "tanh", lambda x: Wrong()(x))
    values, first, second = ops_page.measured(entry)
    assert values.worst < 1e-15 < 0.01 < min(first.worst, second.worst)
    assert str(first).startswith("1: ") and "e" in str(first)
    assert "`WrongBackward0`: z = tanh x; ∂z/∂x = 1 − x²" in ops_page.told(entry)


def test_distances():
    x, y = np.array([1.0, 100.0]), np.array([1.5, 101.0])
    near = ops_page.distance([minitorch.tensor(x)], [torch.tensor(y)])
    assert near == pytest.approx(0.5 / 1.5)  # the first: relative to |PyTorch's|, or to 1 where that is less
    assert ops_page.distance([minitorch.tensor([0.0])], [torch.tensor([1e-3])]) == pytest.approx(1e-3)
    assert ops_page.distance([None], [torch.tensor([2.0])]) == 1.0  # a missing gradient is zeros
    same = [math.nan, math.inf, -math.inf]
    assert ops_page.distance([minitorch.tensor(same)], [torch.tensor(same)]) == 0.0
    assert ops_page.distance([minitorch.tensor([math.nan])], [torch.tensor([1.0])]) == math.inf
    assert ops_page.distance([None], [None]) is None


@pytest.mark.parametrize(
    ("name", "room"), [("linalg.cholesky", minitorch.linalg), ("cholesky", minitorch), ("nn.functional.softmax", minitorch.nn.functional)]
)
def test_the_formula_is_that_of_the_function_in_its_own_room(name, room):
    text = getattr(room, name.rpartition(".")[2]).__doc__
    assert ops_page.formula(made(name, core.s(core.t(2)))) == " ".join(text.partition("\n\n")[0].split())


def test_bars_and_brackets_stay_in_their_cell():
    assert ops_page.cell("|x| < a*b") == "\\|x\\| &lt; a\\*b"


def test_usage(capsys):
    assert ops_page.main([]) == 2 and "usage" in capsys.readouterr().err


def test_pages_and_index_of_a_small_table(monkeypatch, tmp_path):
    entries = [
        Entry("tanh", [core.s(core.t(3)), core.s(core.t(2, 2))], family="trigonometry", because="a | bar"),
        Entry("floor", [core.s(core.t(3))], family="trigonometry", dtypes=("float64",)),
        Entry("argmax", [core.s(core.t(3), 0)], family="reduction", dtypes=("int64",), differentiable=False,
              errors=[core.bad(IndexError, core.t(3), 4)]),
    ]  # fmt: skip
    monkeypatch.setattr(ops_page.optable, "OPS", entries)
    for family in ("trigonometry", "reduction"):
        module = type("Table", (), {"__doc__": f"Of {family}.\n\nMore."})
        monkeypatch.setitem(ops_page.sys.modules, f"{ops_page.optable.__name__}.{family}", module)
    assert ops_page.main([str(tmp_path / "ops")]) == 0
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "ops").iterdir()}
    assert set(pages) == {"README", "trigonometry", "reduction"}
    rows = [line for line in pages["trigonometry"].splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == ["floor", "tanh"] and pages["trigonometry"].startswith("# Of trigonometry\n")
    assert "*a \\| bar*" in rows[1] and "`TanhBackward0`" in rows[1] and "| 2: " in rows[1]
    (row,) = (line for line in pages["reduction"].splitlines() if line.startswith("| `"))
    assert row.endswith("| int64 | 1: equal | – | – |")
    index = pages["README"]
    assert "3 functions and methods, 4 samples and\n1 bad inputs. In float64 4 results, 3 sets of gradients" in index
    assert "| [Of reduction](reduction.md) | 1 | 1, at most 0e+00 | 0 | 0 |" in index


def test_without_pytorch_it_says_what_to_install(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(ops_page.sys.modules, "torch", None)
    assert ops_page.main([str(tmp_path / "ops")]) == 2
    assert "minitorch-engine[reference]" in capsys.readouterr().err and not (tmp_path / "ops").exists()
