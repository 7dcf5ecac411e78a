"""The divergence finder: planted bugs are found where they are, sound scripts raise no alarm."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minitorch
from minitorch.compare import locate as module
from minitorch.compare.locate import Engines, distances, locate, size, text
from minitorch.compare.locate_child import as_array, tensors_in

pytest.importorskip("torch", reason="PyTorch is not installed")

ROOT = Path(__file__).resolve().parents[1]
PLANTED = Path(__file__).resolve().parent / "planted"
STEP = 3


@pytest.fixture(scope="module")
def processes():
    """A process of each engine for all tests here, since starting PyTorch takes seconds; each run is a fork of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("OMP_NUM_THREADS", "1")
        with Engines("", [], {}) as engines:
            yield engines


@pytest.fixture(autouse=True)
def shared(processes, monkeypatch):
    own = Engines.child
    monkeypatch.setattr(Engines, "child", lambda engines, engine: own(processes, engine))
    yield own


@pytest.fixture
def find(tmp_path):
    """A function that locates a bug of small.py."""

    def run(bug, engine="minitorch", **comparison):
        return locate(str(PLANTED / "small.py"), [bug, engine, "4"], comparison, tmp_path, STEP)

    return run


# bug: (step, kind, name, part). The optimizer's first parameter is the first that a wrong update shows in.
BUGS = {
    "padding": (1, "module output", "conv", "output"),
    "transpose": (1, "gradient", "square.weight", "gradient backward"),
    "correction": (1, "update", "conv.weight", "value"),
    "decay": (1, "update", "conv.weight", "first"),
    "dropout": (1, "module output", "drop", "output"),
    "dampening": (2, "update", "conv.weight", "momentum"),  # the first momentum is the gradient, with no dampening
    "reduction": (1, "loss", "CrossEntropyLoss", "output"),
    "buffer": (1, "buffer", "centre.mean", "after"),
    "shuffle": (1, "batch", "batch[0]", ""),
    "eps": (1, "module output", "norm", "output"),
    "adam eps": (1, "update", "conv.weight", "value"),
    "start": (1, "initial weight", "head.bias", "value"),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found_where_it_is(bug, find):
    found = find(bug)
    assert (found["step"], found["kind"], found["name"], found["part"]) == BUGS[bug]
    assert found["absolute"] == pytest.approx(abs(found["minitorch"] - found["pytorch"]))
    assert found["relative"] == pytest.approx(found["absolute"] / abs(found["pytorch"]))
    # Units of float32: at a value between 2ⁿ and 2ⁿ⁺¹ they are 2ⁿ⁻²³.
    assert found["ulp"] == pytest.approx(found["absolute"] / 2.0 ** (math.frexp(found["pytorch"])[1] - 24))
    assert found["absolute"] > found["tolerance"] > 0
    assert 1 <= found["wrong"] <= math.prod(found["shape"])
    saved = np.load(found["files"]["inputs"])
    for engine in ("minitorch", "pytorch"):
        assert saved[engine].shape == tuple(found["shape"])
        assert saved[engine][tuple(found["index"])] == found[engine]
    assert json.loads(Path(found["files"]["finding"]).read_text())["explanation"] == found["explanation"]
    shown = text(found)
    for part in (found["name"], found["kind"], f"{found['minitorch']:.9g}", f"{found['pytorch']:.9g}"):
        assert part in shown


@pytest.mark.parametrize("bug", ["padding", "transpose", "dampening"])
def test_it_does_not_matter_which_engine_has_the_bug(bug, find):
    found = find(bug, "torch")
    assert (found["step"], found["kind"], found["name"], found["part"]) == BUGS[bug]


def test_what_is_said_of_a_layer_and_what_reproduces_it(find):
    found = find("padding")
    assert found["explanation"] == (
        "At step 1, from the same input and weights, conv gives another output; the two modules are not configured alike."
    )
    assert "padding=(2, 2)" in found["modules"]["minitorch"] and "padding=(1, 1)" in found["modules"]["pytorch"]
    assert reproduced(found) == pytest.approx([found["minitorch"], found["pytorch"]], rel=1e-6)


def test_what_is_said_of_an_optimizer_and_what_reproduces_it(find):
    found = find("adam eps")
    assert "option eps is 1e-05 on minitorch, 1e-08 on PyTorch" in found["explanation"]
    assert reproduced(found) == pytest.approx([found["minitorch"], found["pytorch"]], rel=1e-6)


def reproduced(found):
    """What reproduce.py computes now, on minitorch and on PyTorch."""
    lines = reproduce(found).splitlines()
    return [float(line.split()[2]) for line in lines if " now: " in line]


def reproduce(found):
    done = subprocess.run([sys.executable, found["files"]["reproduce"]], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_scripts_own_code_is_reproduced_by_running_it(find):
    found = find("dropout")
    saved = np.load(found["files"]["inputs"])
    # Kept values are scaled by 1/0.75, and once more on minitorch.
    kept = saved["pytorch"] != 0
    np.testing.assert_allclose(saved["pytorch"][kept] / saved["input 0"][kept], 4 / 3, rtol=1e-6)
    np.testing.assert_allclose(saved["minitorch"][kept] / saved["input 0"][kept], 16 / 9, rtol=1e-6)
    assert "step 1, module output: drop" in reproduce(found)


# ------------------------------------------------------------------------------------------------------ other findings


def test_a_bug_that_shows_once_and_late(tmp_path):
    """The steps after the last snapshot that agreed are looked at when the first ones are sound."""
    found = locate(
        str(PLANTED / "small.py"), ["late", "minitorch", "20"], {"snapshot_steps": [5, 10, 15]}, tmp_path, 15
    )
    assert (found["step"], found["kind"], found["name"]) == (12, "loss", "loss")
    assert found["relative"] == pytest.approx(1e-3, rel=1e-2)


def test_a_shape_that_differs(find):
    """minitorch's run breaks off there, which does not keep the finder from it."""
    found = find("shape")
    assert (found["kind"], found["name"], found["index"]) == ("module output", "conv", None)
    assert "shape [4, 4, 4, 4] on minitorch, [4, 4, 6, 6] on PyTorch" in text(found)


def test_a_gradient_that_only_one_engine_has(find):
    found = find("frozen")
    assert (found["kind"], found["name"]) == ("gradient", "head.bias")
    assert found["explanation"] == "At step 1, PyTorch has a gradient head.bias, minitorch has none."
    assert "minitorch has none" in text(found)


@pytest.mark.parametrize("engine, title", [("minitorch", "minitorch"), ("torch", "PyTorch")])
def test_a_script_that_fails(engine, title, find):
    with pytest.raises(RuntimeError, match=rf"failed on {title} \(exit status 1\)[\s\S]*a bug of another kind"):
        find("failing", engine)


# ------------------------------------------------------------------------------------------------------ no alarm


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sound_script_raises_no_alarm(dtype, find):
    assert find("none", options={"dtype": dtype, "threads": 1}) is None


def test_what_is_awkward_raises_no_alarm(tmp_path):
    script = str(PLANTED / "varied.py")
    # The first eight steps, and then those after the snapshot: with the state that has gathered until then.
    assert locate(script, ["16"], {"snapshot_steps": [5, 12]}, tmp_path, 16) is None


@pytest.mark.parametrize("engine", ["minitorch", "pytorch"])
def test_modules_that_prepare_data_are_not_recorded(engine):
    """Whether a loader calls them here or in a worker, which inherits the open files, or at all, is its own affair."""
    with Engines(str(PLANTED / "varied.py"), ["8"], {}) as engines:
        recording = engines.run(engine, 1, 8)
        names = {event["name"] for event in recording.events}
        assert {"Net", "inside", "inside.weight", "batch[0]", "optimizer 2 param 0"} <= names
        assert "Linear" not in names
        assert len(recording.by_key) == len(recording.events)
        ends = [event["offset"] + recording.value(event).nbytes for event in recording.events]
        assert [event["offset"] for event in recording.events] == [0, *ends[:-1]]


def test_without_the_third_run_rounding_would_be_an_alarm(tmp_path, monkeypatch):
    """A bias's gradient before batch normalisation is zero but for rounding: no fixed relative tolerance fits it."""
    monkeypatch.setattr(module, "RULER", 0)
    found = locate(str(PLANTED / "varied.py"), ["16"], {}, tmp_path, 8)
    assert (found["kind"], found["name"]) == ("gradient", "block.fc.bias")
    assert max(abs(found["minitorch"]), abs(found["pytorch"])) < 1e-5


def test_no_step_nothing_to_look_for(tmp_path):
    assert locate("script.py", [], {}, tmp_path, None) is None
    assert text(None) == "No piece of the steps looked at differs beyond rounding."


# ------------------------------------------------------------------------------------------------------ small parts


def test_distances():
    nan, inf = math.nan, math.inf
    a, b = np.float32([1, nan, inf, nan, inf, -inf]), np.float32([3.5, nan, inf, 1, 1, inf])
    assert distances(a, b).tolist() == [2.5, 0, 0, inf, inf, inf]
    assert distances(np.array([True, False]), np.array([True, True])).tolist() == [0, 1]
    assert size(np.float32([1, -3, nan, inf])) == 3 and size(np.float32([nan])) == 0


def test_tensors_are_found_in_containers_and_read_as_they_are():
    x = minitorch.arange(6.0).reshape(2, 3)
    value = [x, {"mask": (x.t(), 3)}, "text", None]
    assert [place for place, _ in tensors_in(value)] == ["[0]", "[1]['mask'][0]"]
    assert [place for place, _ in tensors_in(x)] == [""]
    assert as_array(x.t()).tolist() == [[0, 3], [1, 4], [2, 5]] and as_array(minitorch.tensor(2.0)).shape == ()
    assert as_array(3).tolist() == 3 and as_array("text") is None


def test_nothing_stays_behind(find, tmp_path, monkeypatch, shared):
    """Neither a file nor a process."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    started = []
    monkeypatch.setattr(module.tempfile, "tempdir", str(scratch))
    monkeypatch.setattr(Engines, "child", lambda *given: started.append(shared(*given)) or started[-1])
    assert find("none", "neither") is None
    assert os.listdir(scratch) == []
    assert len({child.pid for child in started}) == 2 and all(child.returncode is not None for child in started)
