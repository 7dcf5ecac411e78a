"""The pytest plugin, in pytest processes of their own: the fixture, the marker, and what they leave alone."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

PLUGIN = "minitorch.testing.pytest_plugin"
SQUARE = """
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]
"""


def run(folder: Path, text: str, *options: str, installed: bool = False) -> tuple[int, str]:
    """pytest on a file with this text, warnings being errors: exit status and output."""
    (folder / "test_it.py").write_text(textwrap.dedent(text), encoding="utf-8")
    # An environment made before the entry point was does not know it yet; one that does must not be told twice.
    known = any(point.value == PLUGIN for point in entry_points(group="pytest11"))
    plugin = [] if installed or known else ["-p", PLUGIN]
    path = os.pathsep.join([str(folder / "site"), str(ROOT)] if installed else [str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "--strict-markers", "-Werror", "-p", "no:cacheprovider", *options],
        cwd=folder, capture_output=True, text=True, timeout=120,
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "PYTEST_ADDOPTS": ""},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_fixture(tmp_path):
    status, out = run(
        tmp_path,
        f"""
        import pytest
        import minitorch as torch
        {textwrap.indent(SQUARE, " " * 8).strip()}

        def test_good(check_gradient):
            assert check_gradient(torch.tanh, torch.randn(3), order=2).second.ok

        def test_bad(check_gradient):
            check_gradient(Square.apply, torch.randn(3))

        def test_raises_assertion_error(check_gradient):
            with pytest.raises(AssertionError, match="constant factor"):
                check_gradient(Square.apply, torch.randn(3))
        """,
    )
    assert status == 1 and "1 failed, 2 passed" in out, out
    assert ">       check_gradient(Square.apply, torch.randn(3))" in out and "Analytic = 0.500 × numeric" in out
    assert "pytest_plugin.py" not in out  # the traceback ends in the test


@pytest.mark.parametrize("engine", ["minitorch as torch", "torch"])
def test_the_marker(tmp_path, engine):
    status, out = run(
        tmp_path,
        f"""
        import pytest
        import {engine}
        {textwrap.indent(SQUARE, " " * 8).strip()}

        @pytest.mark.gradient_check(torch.tanh, inputs=[(3, 4)])
        def test_tanh():
            pass

        @pytest.mark.gradient_check(lambda x, y, i: (x * y)[i], inputs=[(3, 4), 4, [0, 2, 2]], layouts=["strided"],
                                    order=2, low=0.5, high=1.0, engine=torch)
        def test_lambda(gradient_case):
            x, y, i = gradient_case.inputs
            assert isinstance(x, torch.Tensor) and x.shape == (3, 4) and y.shape == (4,)
            assert not x.is_contiguous() and x.min() >= 0.5 and x.requires_grad and not i.requires_grad
            assert str(x.dtype) == "torch." + gradient_case.dtype

        @pytest.mark.gradient_check(torch.nn.Linear(4, 2), inputs=[(3, 4)], layouts=["expanded"])
        @pytest.mark.gradient_check(Square.apply, inputs=[(3, 4)], dtypes=["float32"], layouts=["transposed"])
        def test_two():
            pass

        class TestClass:
            @pytest.mark.parametrize("k", [1, 2])
            @pytest.mark.gradient_check(torch.sin, inputs=[3], dtypes=["float64"], layouts=["contiguous"])
            def test_method(self, k):
                assert k in (1, 2)
        """,
        "-v",
    )
    assert status == 1 and "1 failed, 12 passed" in out, out
    assert "test_two[Square-float32-transposed] FAILED" in out and "test_two[Linear-float64-expanded] PASSED" in out
    assert "test_tanh[float64-contiguous] PASSED" in out and "test_method[float64-contiguous-1] PASSED" in out
    assert "(float32, inputs transposed in memory)" in out and "def test_two" not in out  # the report alone


def test_mistakes_in_the_marker_are_named(tmp_path):
    mistakes = {
        "torch.tanh, inputs=[3], dtypes=['int64']": "knows no dtype 'int64', only float64",
        "torch.tanh, inputs=[3], layouts=['odd']": "knows no layout 'odd'",
        "torch.tanh, dtypes=['float32']": "gradient_check() missing 1 required positional argument: 'inputs'",
    }
    for k, arguments in enumerate(mistakes):
        (tmp_path / f"test_{k}.py").write_text(
            f"import pytest\nimport minitorch as torch\n\n"
            f"@pytest.mark.gradient_check({arguments})\ndef test_{k}():\n    pass\n"
        )
    status, out = run(tmp_path, "", "--continue-on-collection-errors")
    assert status != 0 and all(text in out for text in mistakes.values()), out


def test_it_loads_nothing_that_is_not_used(tmp_path):
    status, out = run(
        tmp_path,
        """
        import sys

        def test_nothing():
            loaded = [m for m in sys.modules if m.startswith("minitorch.testing")]
            assert loaded == ["minitorch.testing", "minitorch.testing.pytest_plugin"], loaded
            assert "torch" not in sys.modules

        def test_the_marker_explains_itself(pytestconfig):
            assert any(line.startswith("gradient_check(fn, inputs=[") for line in pytestconfig.getini("markers"))
        """,
    )
    assert status == 0 and "2 passed" in out, out


def test_an_installed_package_needs_no_configuration(tmp_path):
    """What pip writes beside the package is enough: the entry point that pyproject.toml declares."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '[project.entry-points.pytest11]\nminitorch = "minitorch.testing.pytest_plugin"' in project
    info = tmp_path / "site" / "minitorch_engine-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: minitorch-engine\nVersion: 0\n")
    (info / "RECORD").write_text("minitorch/__init__.py,,\nminitorch/testing/pytest_plugin.py,,\n")
    (info / "entry_points.txt").write_text("[pytest11]\nminitorch = minitorch.testing.pytest_plugin\n")
    status, out = run(
        tmp_path,
        """
        import pytest
        import minitorch as torch

        @pytest.mark.gradient_check(torch.tanh, inputs=[(2, 2)])
        def test_it(check_gradient):
            check_gradient(torch.exp, torch.randn(2))
        """,
        installed=True,
    )
    assert status == 0 and "6 passed" in out, out
