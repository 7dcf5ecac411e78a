"""Parts of `minitorch bench` that a run on a CPU does not reach: the curves of its picture, and steps as CUDA graphs."""

from __future__ import annotations

import contextlib
import re
import sys
from typing import Any

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")

import torch

import minitorch
from minitorch.bench import plot, training
from minitorch.bench.engines import Engine
from minitorch.bench.measure import Result, Times
from minitorch.bench.workload import Workload


def result(name: str, ours: list[float], theirs: list[float], **workload: Any) -> Result:
    """A measured row; a block's time is its samples'."""
    times = {"minitorch": Times(ours, ours), "pytorch": Times(theirs, theirs)}
    return Result(Workload(name, "training", "", **workload), times=times)


def drawn(results: list[Result], path: Any) -> str:
    plot.plot(results, path)
    return path.read_text(encoding="utf-8")


def test_the_picture_has_a_bar_for_each_ratio_and_a_curve_for_each_family(tmp_path):
    pytest.importorskip("matplotlib")
    grown = [result(f"batch-{n}", [n / 1e3] * 2, [n / 2e3] * 2, family="batch", size=n) for n in (4, 16, 64)]
    alone = [result("image-32", [1e-3], [1e-3], family="image", size=32)]  # one point is no curve
    bars = [result("quick", [1e-3] * 2, [4e-3] * 2), result("slow", [8e-3] * 2, [1e-3] * 2), Result(Workload("stopped", "g", ""))]
    picture = drawn(bars + grown + alone, tmp_path / "picture.svg")
    said = set(re.findall(r"<!-- (.*?) -->", picture))
    assert {"quick", "slow", "images in a batch", "ms a step", "minitorch", "PyTorch"} <= said
    assert not said & {"stopped", "batch-4", "image-32", "pixels of an image"}
    assert plot.COLOURS["minitorch"] in picture and plot.COLOURS["pytorch"] in picture

    without = drawn(bars, tmp_path / "bars.svg")
    assert not {"images in a batch", "ms a step"} & set(re.findall(r"<!-- (.*?) -->", without))
    only_grown = drawn(grown, tmp_path / "grown.svg")  # nothing else: these are the bars
    assert {"batch-4", "batch-64", "images in a batch"} <= set(re.findall(r"<!-- (.*?) -->", only_grown))


def test_a_bar_has_the_colour_of_who_is_faster(tmp_path):
    pytest.importorskip("matplotlib")
    quick = drawn([result("quick", [1e-3], [2e-3])], tmp_path / "quick.svg")
    slow = drawn([result("slow", [2e-3], [1e-3])], tmp_path / "slow.svg")
    for picture, colour, other in ((quick, "minitorch", "pytorch"), (slow, "pytorch", "minitorch")):
        assert plot.COLOURS[colour] in picture and plot.COLOURS[other] not in picture


def test_whether_there_is_a_picture(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert plot.is_possible() is False
    monkeypatch.setattr(plot.importlib.util, "find_spec", lambda name: None)
    assert plot.is_possible() is False
    monkeypatch.setattr(plot.importlib.util, "find_spec", lambda name: object())
    assert plot.is_possible() is True


# ---- steps as CUDA graphs ----------------------------------------------------------------------------------------------


class Card:
    """What `training.Graph` asks of ``torch.cuda``. Recording notes the step; replaying does it again."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.recorded: Any = None

    def is_available(self) -> bool:
        return True

    def Stream(self) -> str:  # noqa: N802  its name in torch.cuda
        return "side"

    @contextlib.contextmanager
    def stream(self, stream: str) -> Any:
        self.said.append(f"on {stream}")
        yield
        self.said.append(f"off {stream}")

    def current_stream(self) -> Card:
        return self

    def wait_stream(self, stream: str) -> None:
        self.said.append(f"waits for {stream}")

    def CUDAGraph(self) -> Card:  # noqa: N802
        return self

    @contextlib.contextmanager
    def graph(self, graph: Card) -> Any:
        assert graph is self
        self.said.append("records")
        yield

    def replay(self) -> None:
        self.said.append("replays")


def test_a_graph_is_recorded_after_three_steps_and_reads_each_batch():
    card, seen = Card(), []

    def step(x: Any, y: Any) -> Any:
        seen.append((x, y))
        return x.sum()

    run = training.Graph(type("Torch", (), {"cuda": card}), step)
    batches = [(torch.full((2,), float(n)), torch.full((1,), -float(n))) for n in range(6)]
    losses = [run(*batch) for batch in batches]
    assert [loss.item() for loss in losses[:3]] == [0.0, 2.0, 4.0]
    assert card.said == ["on side", "off side", "waits for side"] * 3 + ["records", "replays", "replays", "replays"]
    assert len(seen) == 4 and losses[3] is losses[4] is losses[5]  # the recording's own result
    kept = seen[3]
    assert kept[0] is not batches[3][0] and [x.tolist() for x in kept] == [x.tolist() for x in batches[5]]
    assert [x.tolist() for x in batches[3]] == [[3.0, 3.0], [-3.0]]  # whose copy was read, and written over


@pytest.mark.parametrize("name", ["minitorch", "pytorch"])
def test_captured_steps_are_the_steps(name):
    """Where there is no GPU to record on, they run as they are written."""
    made = [
        training.Model(lambda torch: training.perceptron(torch, 5, 4, 3), (8, 5), training.adam, 3, captured).build(Engine(name), None)
        for captured in ((), ("minitorch", "pytorch"))
    ]
    plain, captured = ([running.step() for _ in range(5)] for running in made)
    assert captured == plain and len(set(plain)) == 5
    assert [a.tolist() for a in made[0].starting_numbers()] == [a.tolist() for a in made[1].starting_numbers()]


def test_inference_keeps_no_history():
    running = training.Model(lambda torch: training.perceptron(torch, 5, 3), (8, 5), None).build(Engine("minitorch"), None)
    result = running.step()
    assert isinstance(result, minitorch.Tensor) and result.shape == (8, 3) and not result.requires_grad
