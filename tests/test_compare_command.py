"""`minitorch compare`: every option, every way to fail, and what it leaves behind."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from minitorch.compare import command, snapshots
from minitorch.compare.report_html import write_report

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
EPSILON = 2.0**-23  # of float32
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")

SCRIPT = """
    import sys, torch
    from torch import nn
    OURS = torch.__name__ == "minitorch"
    EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    torch.manual_seed(0)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(3, 4), nn.Linear(4, 1)
        def forward(self, x):
            return self.last(torch.tanh(self.first(x)))
    net = Net()
    inputs = torch.arange(60, dtype=torch.get_default_dtype()).reshape(20, 3) / 60
    data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    step = 0
    for epoch in range(EPOCHS):
        for x, y in torch.utils.data.DataLoader(data, batch_size=4, shuffle=True):
            optimizer.zero_grad()
            loss = ((net(x) - y) ** 2).mean()
            loss.backward()
            # before
            optimizer.step()
            step += 1
            # after
    print("done", step, loss.dtype)
"""


@pytest.fixture
def compare(tmp_path, monkeypatch, capfd):
    """A function that compares SCRIPT with lines put in: (exit status, comparison, stdout, stderr)."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.chdir(tmp_path)

    def call(*words, text=SCRIPT, args=(), before="pass", after="pass"):
        for place, line in (("# before", before), ("# after", after)):
            text = text.replace(place, line)
        (tmp_path / "script.py").write_text(textwrap.dedent(text))
        status = command.main([*words, "script.py", *args], {})
        written = tmp_path / "out" / "comparison.json"
        captured = capfd.readouterr()
        return status, json.loads(written.read_text()) if written.exists() else None, captured.out, captured.err

    return call


def output(tmp_path, key):
    return (tmp_path / "out" / key / "output.txt").read_text()


# --------------------------------------------------------------------------------------------------- verdicts


@needs_torch
def test_the_same_but_for_rounding_is_status_0(compare, tmp_path):
    status, found, out, err = compare("--json", "copy.json", args=["3"])
    assert (status, err) == (0, "")
    assert found["verdict"]["status"] == 0 and found["verdict"]["within"] is True
    assert found["verdict"]["text"] in out and "training on minitorch …" in out
    assert found["steps"] == found["snapshot_steps"] == list(range(1, 16))
    assert found["initial_weights"] == {"identical": True, "tensors": 4, "numbers": 21}
    assert found["batches"] == {"recorded": True, "first_different": None, "rounded_differently": False}
    assert [p["name"] for p in found["parameters"]] == ["first.weight", "first.bias", "last.weight", "last.bias"]
    assert [p["shape"] for p in found["parameters"]] == [[4, 3], [4], [1, 4], [1]]
    for parameter in found["parameters"]:
        for kind in ("value", "gradient"):
            # Float32 rounding, 6e-8, of sums of four products, carried over 15 steps.
            assert len(parameter[kind]) == 15 and max(parameter[kind]) < 1e-4
    assert found["loss"]["minitorch"] == pytest.approx(found["loss"]["pytorch"], rel=1e-5)
    assert found["arguments"] == ["3"] and found["program"] == "script.py"
    assert found["command"] == "minitorch compare --json copy.json script.py 3"
    assert json.loads((tmp_path / "copy.json").read_text()) == found
    assert (tmp_path / "out" / "report.html").read_text().startswith("<!")
    for entry, name in zip(found["engines"], ("minitorch", "PyTorch"), strict=True):
        assert entry["title"].startswith(name) and entry["steps"] == 15 and entry["error"] is None
        assert entry["peak_mib"] > 10 and entry["seconds"] > 0 and entry["steps_per_second"] > 0
        times = entry["step_seconds"]
        assert times["p10"] <= times["median"] <= times["p90"]
        assert sum(times["histogram"]["counts"]) == 14  # without the first
        assert {"python", "numpy", "engine", "blas", "threads", "processor", "cores"} <= entry["environment"].keys()
        assert output(tmp_path, entry["key"]) == "done 15 torch.float32\n"


@needs_torch
def test_snapshots_hold_parameters_and_gradients(compare, tmp_path):
    """Plain SGD: two snapshots and the gradient between them are the rule p − lr·g."""
    compare(text=SCRIPT.replace(", momentum=0.9", ""), args=["1"])
    for key in ("minitorch", "pytorch"):
        folder = tmp_path / "out" / key / "snapshots"
        assert snapshots.steps_in(folder) == [1, 2, 3, 4, 5]
        one, two = snapshots.read(folder, 1), snapshots.read(folder, 2)
        assert sorted(two) == ["g0", "g1", "g2", "g3", "p0", "p1", "p2", "p3"]
        np.testing.assert_allclose(two["p0"], one["p0"] - np.float32(0.1) * two["g0"], rtol=1e-6)


FAULTS = {
    "gradient": ("OURS and net.last.bias.grad.mul_(1.01)", "gradient", "last.bias", 1),
    "value": ("None", "value", "first.weight", 3),
    "loss": ("None", "loss", None, 1),
    "batch": ("None", "batch", None, 1),
}


@needs_torch
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_difference_is_status_1_and_named(compare, tmp_path, fault):
    """One percent too much in a gradient, 0.1 % in a weight after step 3, 1 % in the loss, other batches."""
    before, what, name, step = FAULTS[fault]
    text = {
        "loss": SCRIPT.replace(".mean()", ".mean() * (1.01 if OURS else 1)"),
        "batch": SCRIPT.replace("        for x", "        OURS and torch.manual_seed(epoch + 9)\n        for x"),
    }.get(fault, SCRIPT)  # fmt: skip
    if fault == "value":  # what an optimizer with a bug of its own would do: inside its step
        text = text.replace(
            "    step = 0\n",
            "    step = 0\n"
            "    def spoil(*_):\n"
            "        with torch.no_grad():\n"
            "            OURS and step == 2 and net.first.weight.mul_(1.001)\n"
            "    optimizer.register_step_post_hook(spoil)\n",
        )
    status, found, out, _ = compare(text=text, before=before)
    first = found["first_divergence"]
    assert status == 1 and found["verdict"]["within"] is False
    assert (first["what"], first["name"], first["step"], first["within_ruler"]) == (what, name, step, False)
    assert found["verdict"]["text"].startswith(f"Different beyond rounding, first in step {step}: ")
    if fault == "gradient":
        assert first["relative"] == pytest.approx(0.01, rel=1e-3)
        # One percent of a number between 2^e and 2^(e+1) is 0.01·2^23 … 0.02·2^23 units in the last place.
        assert 80_000 < first["ulp"] < 170_000
    if fault == "value":
        assert first["relative"] == pytest.approx(0.001, rel=1e-3)
    assert found["batches"]["first_different"] == (1 if fault == "batch" else None)


@needs_torch
def test_no_difference_at_all_is_said(compare):
    """One weight, powers of two: nothing is rounded."""
    text = """
        import torch
        w = torch.ones(1, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=0.5)
        for _ in range(3):
            optimizer.zero_grad()
            (w * 0.5).sum().backward()
            optimizer.step()
    """
    status, found, out, _ = compare(text=text)
    assert status == 0 and found["first_divergence"] is None
    assert "Identical over 3 steps: every loss, and every parameter and gradient that was kept." in out
    assert found["batches"]["recorded"] is False and "batches: not seen" in out
    assert found["parameters"][0]["name"] == "param 0"


@needs_torch
def test_another_number_of_steps_is_status_1(compare):
    status, found, _, _ = compare(after="\n            if OURS and step == 9: break")
    assert status == 1 and "The number of steps differs: 9 and 10." in found["verdict"]["text"]
    assert found["first_divergence"]["within_ruler"] and len(found["steps"]) == 9


@needs_torch
def test_numbers_that_are_none_are_legal_json(compare, tmp_path):
    status, found, _, _ = compare(after="\n            if OURS and step == 4: net.last.bias.data.fill_(float('nan'))")
    text = (tmp_path / "out" / "comparison.json").read_text()
    assert "NaN" not in text and "Infinity" not in text
    assert status == 1 and found["first_divergence"]["what"] in ("loss", "value")
    assert found["loss"]["minitorch"][4] is None and found["loss"]["pytorch"][4] is not None


# ---------------------------------------------------------------------------------------------------- options


@needs_torch
def test_steps_ends_the_script(compare, tmp_path):
    text = SCRIPT.replace("import sys, torch", "import sys, torch\n    open('mine.txt', 'w').write('kept')")
    status, found, _, _ = compare("--steps", "7", text=text, args=["1000"])
    assert status == 0 and found["steps"][-1] == 7 and found["options"]["steps"] == 7
    assert found["snapshot_steps"][-1] == 7 and output(tmp_path, "pytorch") == ""
    assert (tmp_path / "mine.txt").read_text() == "kept"


@needs_torch
def test_steps_ends_a_script_that_catches_everything(compare):
    text = SCRIPT.replace("optimizer.step()", "optimizer_step()").replace(
        "    step = 0\n",
        "    step = 0\n"
        "    def optimizer_step():\n"
        "        try:\n"
        "            optimizer.step()\n"
        "        except BaseException:\n"
        "            pass\n",
    )
    status, found, _, _ = compare("--steps", "4", text=text)
    assert status == 0 and found["steps"] == [1, 2, 3, 4]


@needs_torch
def test_float64(compare, tmp_path):
    status, found, _, _ = compare("--dtype", "float64")
    assert status == 0 and found["dtype"] == "float64" and found["options"]["dtype"] == "float64"
    assert output(tmp_path, "minitorch") == "done 10 torch.float64\n"
    # Half of float32's digits would be 3e-4; here rounding is 1e-16, carried over 10 steps.
    assert found["largest"]["loss"]["relative"] < 1e-13 and found["largest"]["value"]["relative"] < 1e-13


SEEDS = """
    import random, numpy, torch
    print(torch.rand(1).item(), random.random(), numpy.random.rand())
    torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1.0).step()
"""


@needs_torch
def test_seed_is_of_all_three_generators(compare, tmp_path):
    printed = []
    for words in ([], ["--seed", "0"], ["--seed", "5"]):
        compare(*words, text=SEEDS)
        assert output(tmp_path, "minitorch") == output(tmp_path, "pytorch")
        printed.append(output(tmp_path, "pytorch").split())
    assert printed[0] == printed[1] and not set(printed[1]) & set(printed[2])


THREADS = """
    import os, torch
    torch.set_num_threads(3)
    print(torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS"))
    torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1.0).step()
"""


@needs_torch
def test_threads_are_held_against_the_scripts_own(compare, tmp_path):
    compare("--threads", "2", "--ruler", text=THREADS)
    printed = [output(tmp_path, key) for key in ("minitorch", "pytorch", "ruler")]
    assert printed == ["2 2\n", "2 2\n", "1 1\n"]
    compare("--ruler", text=THREADS)
    assert output(tmp_path, "pytorch").startswith("3 ") and output(tmp_path, "ruler") == "1 1\n"


@needs_torch
def test_ruler(compare, tmp_path):
    """Wide enough for PyTorch to split its sums among threads."""
    text = SCRIPT.replace("nn.Linear(3, 4), nn.Linear(4, 1)", "nn.Linear(3, 30000), nn.Linear(30000, 1)")
    text = text.replace("lr=0.1", "lr=1e-5")
    status, found, out, _ = compare("--ruler", text=text)
    assert status == 0
    assert [entry["key"] for entry in found["engines"]] == ["minitorch", "pytorch", "ruler"]
    assert found["engines"][2]["title"].endswith(", rounded otherwise") and "training on PyTorch, rounded" in out
    assert found["engines"][2]["environment"]["threads"] == 2 and found["ruler_moved"]
    # Nudged by at most one unit in the last place each, before every step: a random walk, √10 as far after ten steps.
    nudged = found["parameters"][0]["ruler_value"]
    assert 0.1 * EPSILON < nudged[0] < 2 * EPSILON and 2 < nudged[9] / nudged[0] < 5
    assert len(found["loss"]["ruler"]) == len(found["difference"]["ruler"]) == 10
    assert len(found["parameters"][0]["ruler_value"]) == len(found["snapshot_steps"])
    status, found, _, _ = compare()  # an earlier comparison's ruler is not this one's
    assert found["loss"]["ruler"] is None and not snapshots.steps_in(tmp_path / "out" / "ruler" / "snapshots")


CHAOS = """
    import torch
    OURS = torch.__name__ == "minitorch"
    torch.manual_seed(0)
    many = 0.9 + 0.2 * torch.rand(300_000)
    w = torch.full((1,), 0.3, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=1.0)
    for step in range(60):
        optimizer.zero_grad()
        # Nearly the logistic map w → 3.8·w·(1 − w), which is chaotic, from a mean that each order of adding rounds differently.
        x = many * w
        loss = (3.8 / 3 * x ** 3 - 1.4 * x ** 2).mean()
        loss.backward()
        # before
        optimizer.step()
"""


@needs_torch
def test_a_sound_run_that_amplifies_rounding_is_judged_by_the_ruler_unasked(compare):
    status, found, out, _ = compare("--threads", "1", text=CHAOS)
    assert found["largest"]["loss"]["absolute"] > 0.01  # far beyond the rule of thumb
    assert status == 0 and found["ruler_moved"] and "fetching the ruler" in out, found["verdict"]["text"]
    status, found, out, _ = compare("--threads", "1", "--no-ruler", text=CHAOS)
    assert status == 1 and "rule of thumb" in found["verdict"]["text"] and "fetching" not in out


@needs_torch
def test_the_ruler_excuses_no_bug(compare):
    """The same training, on one engine with a step that is half a percent too long from the third on."""
    wrong = "if OURS and step > 1: w.grad.mul_(1.005)"
    status, found, out, _ = compare("--threads", "1", text=CHAOS.replace("# before", wrong))
    first = found["first_divergence"]
    assert status == 1 and first["step"] == 3 and not first["within_ruler"] and "fetching the ruler" in out


@needs_torch
@pytest.mark.parametrize("call", ["torch.autograd.backward(loss)", "torch.autograd.backward(tensors=[loss / 2, loss / 2])"])
def test_the_function_backward_gives_the_loss_as_the_method_does(compare, call):
    _, expected, _, _ = compare()
    status, found, _, _ = compare(text=SCRIPT.replace("loss.backward()", call))
    assert status == 0 and None not in found["loss"]["minitorch"]
    for engine in ("minitorch", "pytorch"):
        assert found["loss"][engine] == pytest.approx(expected["loss"][engine], rel=1e-6)


@needs_torch
def test_every(compare):
    _, found, _, _ = compare("--every", "20", args=["9"])  # 45 steps
    assert found["snapshot_steps"] == [*range(1, 11), 20, 40, 45]  # the first ten, and the last
    assert found["parameters"][0]["gradient"][-1] is None and found["parameters"][0]["value"][-1] is not None


@needs_torch
def test_device(compare):
    status, found, _, err = compare("--device", "cpu", text="import torch; assert not torch.cuda.is_available()\n" +
                                    textwrap.dedent(SCRIPT))  # fmt: skip
    assert status == 0, err
    import torch

    if not torch.cuda.is_available():
        status, found, out, err = compare("--device", "cuda")
        assert status == 2 and "error: --device cuda, but pytorch finds no CUDA device" in err


@needs_torch
def test_no_html_and_no_progress(compare, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.html").write_text("old")
    status, _, out, _ = compare("--no-html", "--no-progress")
    assert status == 0 and not (tmp_path / "out" / "report.html").exists()
    assert "difference" not in out and "step" in out


@needs_torch
def test_live_table(compare):
    _, found, out, _ = compare(args=["5"])
    lines = out.splitlines()
    head = next(i for i, line in enumerate(lines) if line.split() == ["step", "minitorch", "PyTorch", "difference"])
    assert [line.split()[0] for line in lines[head + 1 : head + 6]] == ["1", "2", "5", "10", "20"]
    assert float(lines[head + 1].split()[2]) == pytest.approx(found["loss"]["pytorch"][0], rel=1e-6)


@needs_torch
def test_a_program_by_name_gets_seed_and_dtype(tmp_path, monkeypatch):
    pytest.importorskip("sklearn", reason="the program reads scikit-learn's digits")
    words = ["compare", "--dtype", "float64", "--seed", "3", "--steps", "20", "--no-progress", "digits", "--batch-size", "8"]  # fmt: skip
    done = subprocess.run([sys.executable, "-m", "minitorch", *words], cwd=tmp_path, env=ENVIRONMENT,
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert found["dtype"] == "float64" and found["arguments"] == ["--batch-size", "8"] and len(found["steps"]) == 20
    assert found["parameters"][0]["name"] == "conv1.weight" and found["initial_weights"]["identical"]
    # Float64 rounding, 1e-16, amplified by 20 steps with momentum.
    assert found["largest"]["loss"]["relative"] < 1e-12


# --------------------------------------------------------------------------------------------------- failures


def test_without_pytorch(compare, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch", None)
    status, found, out, err = compare()
    assert (status, found, out) == (2, None, "")
    assert 'pip install "minitorch-engine[reference]"' in err and not (tmp_path / "out").exists()


@needs_torch
def test_a_script_that_never_steps(compare):
    status, found, out, _ = compare(text="import torch\nprint('hello')")
    assert status == 2 and found["verdict"]["within"] is None
    assert "script.py never called optimizer.step(): there is nothing to compare." in out
    status, found, out, _ = compare(text=SCRIPT.replace("optimizer.step()", "OURS and optimizer.step()"))
    assert status == 2 and "never called optimizer.step() on PyTorch" in out


@needs_torch
@pytest.mark.parametrize("engine, other", [("minitorch", "PyTorch"), ("PyTorch", "minitorch")])
def test_one_engine_crashing_reports_the_other(compare, tmp_path, engine, other):
    crash = f"\n            if step == 6 and OURS is {engine == 'minitorch'}: raise ZeroDivisionError('planted')"
    status, found, out, err = compare("--ruler", before=crash)
    assert status == 2 and found["verdict"]["incomplete"] == f"{engine} ended with an error"
    errors = {entry["key"]: entry["error"] for entry in found["engines"]}
    assert "ruler" not in errors and errors[other.lower()] is None
    assert "Traceback" in errors[engine.lower()] and errors[engine.lower()].endswith("ZeroDivisionError: planted")
    assert f"{engine} failed:\nTraceback" in err and 'script.py", line' in err
    assert found["steps"] == [1, 2, 3, 4, 5, 6] and found["verdict"]["within"] is True
    assert (tmp_path / "out" / "report.html").exists()


@needs_torch
@pytest.mark.parametrize("ending, said", [("sys.exit(3)", "ended with status 3"),
                                          ("sys.exit('no data')", "no data"),
                                          ("__import__('os').kill(__import__('os').getpid(), 9)", "ended by signal 9")])  # fmt: skip
def test_other_ways_to_end(compare, ending, said):
    status, found, _, err = compare(before=f"\n            if step == 2: {ending}")
    assert status == 2 and said in found["engines"][0]["error"] and said in err
    assert found["verdict"]["incomplete"] == "minitorch and PyTorch ended with an error"


@needs_torch
def test_exiting_with_0_is_an_ordinary_end(compare):
    assert compare(before="\n            if step == 2: sys.exit()")[0] == 0


def test_bad_arguments(compare, tmp_path, capfd):
    assert command.main(["missing.py"], {"digits": Path("digits.py")}) == 2
    assert "there is no file missing.py (programs: digits)" in capfd.readouterr().err
    assert command.main([str(tmp_path)], {}) == 2
    assert "cannot read" in capfd.readouterr().err
    for words in (["--steps", "0", "x"], ["--seed", "-1", "x"], ["--dtype", "float16", "x"], []):
        with pytest.raises(SystemExit) as refused:
            command.main(words, {})
        assert refused.value.code == 2
    (tmp_path / "file").write_text("")
    if importlib.util.find_spec("torch"):
        assert compare("--out", "file/below")[0] == 2
        assert compare("--json", str(tmp_path))[0] == 2


@needs_torch
@pytest.mark.parametrize("during", ["minitorch", "PyTorch"])
def test_ctrl_c_keeps_what_was_recorded(tmp_path, during):
    hang = f"if step == 6 and OURS is {during == 'minitorch'}: open('hangs', 'w').close(); __import__('time').sleep(60)"
    (tmp_path / "script.py").write_text(textwrap.dedent(SCRIPT.replace("# after", "\n            " + hang)))
    words = [sys.executable, "-m", "minitorch", "compare", "script.py"]
    with subprocess.Popen(words, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as parent:
        while not (tmp_path / "hangs").exists():
            assert parent.poll() is None
            time.sleep(0.05)
        parent.send_signal(signal.SIGINT)
        out, _ = parent.communicate(timeout=60)
    assert parent.returncode == 130
    found = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert found["verdict"]["incomplete"] == f"stopped by Ctrl-C in {during}'s run, after 6 steps"
    assert found["verdict"]["incomplete"] in out and found["verdict"]["status"] == 2
    assert found["engines"][-1]["steps"] == 6 and len(found["steps"]) == (0 if during == "minitorch" else 6)
    assert "Ctrl-C" in (tmp_path / "out" / "report.html").read_text()


# -------------------------------------------------------------------------------------- what every script gets


@needs_torch
def test_recording_changes_no_number(compare, tmp_path):
    """The random numbers and the weights at the end are those of a plain run, on both engines."""
    ending = "    print(torch.rand(3).tolist(), [p.tolist() for p in net.parameters()])\n"
    status, _, _, _ = compare("--every", "1", text=SCRIPT.rstrip(" ") + ending)
    assert status == 0
    for key, words in (("pytorch", []), ("minitorch", ["-m", "minitorch", "run"])):
        done = subprocess.run([sys.executable, *words, "script.py"], cwd=tmp_path, env=ENVIRONMENT,
                              capture_output=True, text=True, timeout=60)  # fmt: skip
        assert done.stdout == output(tmp_path, key)


@needs_torch
def test_two_models_with_optimizers_that_take_turns(compare):
    text = """
        import torch
        class Half(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = torch.nn.Linear(2, 2)
        one, two = Half(), torch.nn.Sequential(Half())
        optimizers = [torch.optim.SGD(model.parameters(), lr=0.1) for model in (one, two)]
        both = torch.optim.SGD([*one.parameters(), *Half().parameters()], lr=0.1)
        for step in range(6):
            for model, optimizer in zip((one.fc, two[0].fc), optimizers):
                optimizer.zero_grad()
                model(torch.ones(3, 2)).square().mean().backward()
                optimizer.step()
        both.step()
    """
    status, found, _, _ = compare(text=text)
    assert status == 0
    names = ["fc.weight", "fc.bias", "0.fc.weight", "0.fc.bias"]
    assert [p["name"] for p in found["parameters"]][:4] == names
    assert [p["name"] for p in found["parameters"]][4:6] == ["fc.weight (training 3)", "fc.bias (training 3)"]
    assert found["parameters"][0]["value"][:2] == [found["parameters"][0]["value"][0], None]
    assert found["snapshot_steps"] == list(range(1, 14))


@needs_torch
def test_a_closure(compare, tmp_path):
    text = SCRIPT.replace("optimizer.step()", "optimizer.step(closure)").replace(
        "    step = 0\n",
        "    step = 0\n"
        "    def closure():\n"
        "        optimizer.zero_grad()\n"
        "        loss = ((net(x) - y) ** 2).mean()\n"
        "        loss.backward()\n"
        "        return loss\n",
    )
    status, found, _, _ = compare(text=text)
    plain = compare()[1]
    assert status == 0 and found["loss"]["pytorch"] == plain["loss"]["pytorch"]
    assert "g0" in snapshots.read(tmp_path / "out" / "pytorch" / "snapshots", 1)


def test_report_of_nothing_is_written(tmp_path):
    """Whatever the comparison lacks, the report must not fail."""
    options = command.parser().parse_args(["script.py"])
    options.out = str(tmp_path)
    comparing = command.Comparing(options, "script.py", False, ["script.py"])
    comparing.incomplete = "stopped by Ctrl-C in minitorch's run, after 0 steps"
    comparison = command.finite(comparing.comparison())
    write_report(comparison, tmp_path / "report.html")
    assert comparison["verdict"]["status"] == 2 and "Ctrl-C" in (tmp_path / "report.html").read_text()


def test_live_steps():
    assert command.live_steps(0, 0) == [] and command.live_steps(0, 1) == [1]
    assert command.live_steps(2, 100) == [5, 10, 20, 50, 100] and command.live_steps(100, 199) == []
