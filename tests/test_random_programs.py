"""Random programs mean the same on both engines: values, gradients, flags, versions and errors.

The same 2,000 programs each time. For others, or for more of them, set MINITORCH_PROGRAMS_SEED and MINITORCH_PROGRAMS
(how many). A failing program is made as short as hypothesis can, and printed as a script for torch.
"""

from __future__ import annotations

import os

import hypothesis
import numpy as np
import pytest
import random_programs
from hypothesis import HealthCheck, Phase, given, settings

import minitorch
from minitorch.autograd import engine, node, views

SEED = int(os.environ.get("MINITORCH_PROGRAMS_SEED", "0"))
COUNT = int(os.environ.get("MINITORCH_PROGRAMS", "2000"))
PARTS = 8


def check_programs(seed: int, count: int, phases: tuple[Phase, ...] = (Phase.generate, Phase.shrink)) -> None:
    """Run `count` programs on both engines; AssertionError with the shortest that hypothesis finds to disagree."""

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(random_programs.programs())
    def check(lines: list[str]) -> None:
        found = random_programs.difference(lines)
        if found:
            raise AssertionError(f"{found}\n\n{random_programs.script(lines)}") from None

    check()


@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs(part):
    check_programs(SEED * PARTS + part, COUNT // PARTS)


def test_what_is_drawn():
    """The programs are not all alike: each kind of statement occurs, most lines succeed, and some are refused."""
    lines: list[str] = []
    outcomes: list[str | None] = []

    @hypothesis.seed(1)
    @settings(
        max_examples=400, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(random_programs.programs())
    def look(program: list[str]) -> None:
        lines.extend(program)
        outcomes.extend(random_programs.run(minitorch, program)[0])

    look()
    text = "\n".join(lines)
    for part in (
        "no_grad", "expand(", "unbind(", "split(", "retain_grad", "register_hook", "copy_(", "] = ", "] += ", "detach()",
        "zero_()", "where(", "cat(", "stack(", " @ ", "softmax(", "[torch.tensor", "create_graph=True", "inputs=",
        "retain_graph=True", "autograd.grad(", "autograd.backward(", "float32", "float64", "zeros([", "keepdim", ".mul_(",
    ):  # fmt: skip
        assert part in text, f"no program has {part!r}"
    refused = sum(outcome is not None for outcome in outcomes)
    assert 0.01 < refused / len(outcomes) < 0.3, f"{refused} of {len(outcomes)} lines are refused"


# ---- do they catch anything? -----------------------------------------------------------------------------------------


def drop_the_base(monkeypatch):
    """A changed view keeps its gradient to itself, instead of telling its base."""

    def forgetful(view, made_by, nr):
        view._grad_fn, view._output_nr, view._requires_grad = made_by, nr, True
        view._view_version = view._counter[0]

    monkeypatch.setattr(views, "scatter_into_base", forgetful)


def lose_what_lies_outside(monkeypatch):
    """The base forgets the gradient of the part that was not changed."""
    sound = views.ViewScatter.backward
    monkeypatch.setattr(views.ViewScatter, "backward", lambda self, g: (None, sound(self, g)[1]))


def keep_the_broadcast(monkeypatch):
    """A gradient that was broadcast is cut to its first part instead of summed."""
    sound = engine.fit

    def cut(g, shape, dtype, made_by, index):
        array = g._array if isinstance(g, minitorch.Tensor) else g
        if array.shape != shape and not isinstance(g, minitorch.Tensor) and array.ndim >= len(shape):
            g = array[(0,) * (array.ndim - len(shape))]
            g = g[tuple(slice(0, n) for n in shape)]
        return sound(np.asarray(g) if not isinstance(g, minitorch.Tensor) else g, shape, dtype, made_by, index)

    monkeypatch.setattr(engine, "fit", cut)


def skip_the_version_check(monkeypatch):
    """A saved value that was changed is used as it is now."""
    sound = node.Saved.check
    monkeypatch.setattr(
        node.Saved, "check", lambda self, made_by: sound(self, made_by) if self.arrays is node.RELEASED else None
    )


def forget_to_count(monkeypatch):
    """An in-place change leaves the version counter alone."""
    sound = minitorch.Tensor._write

    def quietly(self, *args, **kwargs):
        sound(self, *args, **kwargs)
        self._counter[0] -= 1

    monkeypatch.setattr(minitorch.Tensor, "_write", quietly)


def overwrite_instead_of_adding(monkeypatch):
    """A second backward replaces .grad."""

    def replaces(leaf, g, own=True):
        leaf._grad = g.clone() if isinstance(g, minitorch.Tensor) else minitorch.tensor(g.copy())

    monkeypatch.setattr(engine, "accumulate", replaces)


def never_release(monkeypatch):
    """backward keeps the graph, so that a second one is let pass."""
    monkeypatch.setattr(node.Saved, "release", lambda self: None)


def let_leaves_be_changed(monkeypatch):
    """In-place changes are recorded whatever they change."""
    monkeypatch.setattr(views, "check_inplace", lambda tensor: None)


PLANTED = [
    drop_the_base,
    lose_what_lies_outside,
    keep_the_broadcast,
    skip_the_version_check,
    forget_to_count,
    overwrite_instead_of_adding,
    never_release,
    let_leaves_be_changed,
]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(plant, monkeypatch):
    """Half of the programs of CI are enough to meet each of these bugs; most are met within a few."""
    plant(monkeypatch)
    with pytest.raises(AssertionError, match="torch"):
        check_programs(1, 1000, (Phase.generate,))


def test_a_found_program_is_short_and_runs(monkeypatch):
    """What is printed is a script for torch, shrunken to the few lines that matter."""
    forget_to_count(monkeypatch)
    with pytest.raises(AssertionError) as caught:
        check_programs(SEED, 350)
    text = str(caught.value)
    program = text[text.index("import torch") :]
    assert len(program.splitlines()) <= 5, program
    exec(compile(program, "program", "exec"), {})
