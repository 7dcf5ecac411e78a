"""`minitorch bench`: every workload on both engines, what comes out, and that slow and wrong code shows."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")

import minitorch
from minitorch.bench import catalogue, command, measure, memory, pipeline, plot, processes, report
from minitorch.bench.engines import Engine
from minitorch.bench.growth import line
from minitorch.bench.workload import Running, Workload

SHORT = ["--seconds", "0.03", "--blocks", "3", "--no-memory"]
ENGINES = {name: Engine(name) for name in ("minitorch", "pytorch")}
IN_PROCESS = [workload for workload in catalogue.WORKLOADS if workload.build]


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """CIFAR-10's files with few images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "IMAGES", 40)
        return pipeline.make_images(tmp_path_factory.mktemp("images"))


# ------------------------------------------------------------------------------------------------- the workloads


@pytest.mark.parametrize("workload", IN_PROCESS, ids=lambda workload: workload.name)
def test_both_engines_begin_alike_and_agree_after_two_steps(workload, images, monkeypatch):
    monkeypatch.setattr(measure, "COMPARED", 2)
    measuring = measure.Measuring(workload, ENGINES, images)
    times = measuring.compare()
    assert measuring.result.compared == 2 and measuring.result.difference < measure.TOLERANCE
    assert all(value > 0 for value in times.values())


def test_training_changes_the_loss_and_repeats_itself():
    """What is compared is a real loss: it moves, and begins again where the workload is made again."""
    build = catalogue.by_name()["cifar10-4"].build
    first, second = (build(ENGINES["minitorch"], None) for _ in range(2))
    losses = [first.step() for _ in range(3)]
    assert len(set(losses)) == 3 and all(0 < loss < 10 for loss in losses)
    assert [second.step() for _ in range(3)] == losses


def test_names_are_unique_and_quick_ones_exist():
    names = [workload.name for workload in catalogue.WORKLOADS]
    assert len(set(names)) == len(names) and set(catalogue.QUICK) <= set(names)


@pytest.mark.parametrize(
    "words, names",
    [
        (["mnist", "cifar10-4"], ["cifar10-4", "mnist"]),
        (["sort"], ["sort-small", "sort-large", "sort-small-backward", "sort-large-backward"]),
        (["image"], ["image-16", "image-32", "image-64", "image-128"]),
        (["import"], ["import"]),
    ],
)
def test_words_choose_names_families_and_groups(words, names):
    assert [workload.name for workload in catalogue.choose(words, False, False)] == names


def test_programs_are_run_with_data_alone():
    assert "program-cifar10" not in [w.name for w in catalogue.choose([], False, False)]
    assert "program-cifar10" in [w.name for w in catalogue.choose([], False, True)]
    with pytest.raises(ValueError, match="program-cifar10 needs --data"):
        catalogue.choose(["programs"], False, False)


# ---------------------------------------------------------------------------------------- slow and wrong code shows


def test_slow_code_shows(monkeypatch):
    forward = minitorch.nn.Linear.forward

    def slow(self, x):
        time.sleep(0.005)
        return forward(self, x)

    monkeypatch.setattr(minitorch.nn.Linear, "forward", slow)
    result = measure.Measuring(catalogue.by_name()["mnist"], ENGINES, None).run(0.2, 3)
    assert len(result.ratios) == 3 and result.ratio > 2
    assert result.times["minitorch"].percentile(50) > 0.015  # three layers


def test_wrong_code_is_caught(bench, monkeypatch):
    forward = minitorch.nn.Linear.forward
    monkeypatch.setattr(minitorch.nn.Linear, "forward", lambda self, x: forward(self, x) * 1.05)
    status, out, err = bench("mnist", "exp-small", *SHORT)
    assert (status, err) == (1, "")
    assert "differs: step 1 differs by" in out and "NOT RIGHT: mnist" in out
    assert "1 of 2 workloads measured" in out  # the other was measured all the same


def test_other_weights_are_caught(monkeypatch):
    seed = minitorch.manual_seed
    monkeypatch.setattr(minitorch, "manual_seed", lambda number: seed(number + 1))
    with pytest.raises(measure.Different, match="do not begin with the same weights"):
        measure.Measuring(catalogue.by_name()["mnist"], ENGINES, None).compare()


def test_a_workload_that_fails_does_not_keep_the_others(bench, monkeypatch):
    monkeypatch.setattr(minitorch, "exp", lambda x: 1 / 0)
    status, out, _ = bench("exp-small", "relu-small", *SHORT)
    assert status == 1 and "failed: ZeroDivisionError: division by zero" in out and "NOT RIGHT: exp-small" in out
    assert next(row for row in out.splitlines() if row.startswith("relu-small")).count("µs") == 2


@pytest.mark.parametrize(
    "ours, theirs, expected",
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 2.0], [1.0, 4.0], 0.5),
        ([1.0, np.nan], [1.0, np.nan], 0.0),
        ([1.0, np.nan], [1.0, 2.0], np.inf),
        ([1.0, 2.0], [[1.0, 2.0]], np.inf),
        ([1.0], [0.0], np.inf),
        ([], [], 0.0),
    ],
)
def test_relative_difference(ours, theirs, expected):
    assert measure.relative_difference([np.array(ours)], [np.array(theirs)]) == expected


def test_as_many_blocks_and_steps_as_asked():
    calls = {"minitorch": 0, "pytorch": 0}

    def build(engine, folder):
        def step():
            calls[engine.name] += 1
            time.sleep(0.002)
            return 1.0

        return Running(step)

    result = measure.Measuring(Workload("w", "g", "", build), ENGINES, None).run(0.08, 4)
    counts = [len(times.samples) for times in result.times.values()]
    assert [len(times.blocks) for times in result.times.values()] == [4, 4] and len(result.ratios) == 4
    assert counts[0] == counts[1] and 8 <= counts[0] <= 40
    assert calls["minitorch"] == calls["pytorch"] == counts[0] + measure.COMPARED + 4 * 2


# ------------------------------------------------------------------------------------------------ what comes out


def test_table_markdown_json_and_picture(bench, tmp_path):
    files = [tmp_path / name for name in ("table.md", "all.json", "picture.png")]
    options = ["--markdown", files[0], "--json", files[1], "--plot", files[2]]
    status, out, err = bench("mnist", "exp-small", "op-recorded", *SHORT, "--threads", 1, *options)
    assert (status, err) == (0, "")
    head, *rows = [text for text in out.splitlines() if text.startswith(("workload", "mnist", "exp-", "op-recorded-"))]
    assert [row.split()[0] for row in rows] == ["mnist", "op-recorded-100", "op-recorded-1000", "exp-small"]
    assert len({len(text) for text in [head, *rows]}) == 1  # aligned
    assert "threads: minitorch 1, PyTorch 1" in out and "4 of 4 workloads measured" in out

    found = json.loads(files[1].read_text())
    names = [entry["name"] for entry in found["workloads"]]
    assert names == [row.split()[0] for row in rows] and found["tolerance"] == measure.TOLERANCE
    for entry, row in zip(found["workloads"], rows, strict=True):
        assert entry["state"] == "ok" and entry["compared_steps"] == 5 and len(entry["ratios"]) == 3
        assert entry["minitorch"]["p10"] <= entry["minitorch"]["median"] <= entry["minitorch"]["p90"]
        assert f" {entry['ratio']:.2f} " in row
    (growth,) = found["growth"]
    assert growth["family"] == "op-recorded" and growth["minitorch"]["each"] > 0
    assert found["options"]["threads"] == 1 and found["environment"]["pytorch"]["engine"].startswith("pytorch 2.")

    table = files[0].read_text()
    assert f"| exp-small | {report.spelled(found['workloads'][3]['minitorch']['median'])[0]} (" in table
    assert "| op-recorded | 100 – 1000 |" in table
    assert len({text.count("|") for text in table.splitlines() if text.startswith("| ") and "exp" in text}) == 1
    assert files[2].read_bytes().startswith(b"\x89PNG")


def test_memory_is_that_of_processes_of_their_own(bench):
    status, out, _ = bench("batch-64", "--seconds", "0.03", "--blocks", "3", "--threads", 1)
    assert status == 0
    row = next(text for text in out.splitlines() if text.startswith("batch-64"))
    if memory.status("VmHWM") is None:
        assert row.count("–") >= 2
        return
    ours, theirs = row.split()[-4:-2], row.split()[-2:]
    assert 0 < float(ours[0]) < 200 and 20 < float(ours[1].strip("()")) < 150
    assert 0 < float(theirs[0]) < 400 and float(theirs[1].strip("()")) > 100  # it holds PyTorch


def test_memory_above_setup_is_what_the_steps_took():
    if memory.restart_peak() is None:
        pytest.skip("the system does not tell")
    np.ones(32 << 20)  # 256 MiB, before
    before = memory.restart_peak()
    more = np.ones(12 << 20)  # 96 MiB, more than is ever taken from memory that was given back
    grown = memory.status("VmHWM") - before
    assert more.size and 90 < grown < 105


def test_importing_is_measured(monkeypatch):
    took = {"numpy": 0.1, "numpy, minitorch": 0.15, "numpy, torch": 0.5}
    held = {"numpy": 40.0, "numpy, minitorch": 60.0, "numpy, torch": 60.0}
    monkeypatch.setattr(processes, "_imports", lambda modules, threads: (took[modules], held[modules]))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    measuring = measure.Measuring(catalogue.by_name()["import"], ENGINES, None)
    processes.importing(measuring, 1.0, 3, None)
    assert measuring.result.ratios == pytest.approx([0.125] * 3)
    assert "is compiled each time" in report.remark(measuring.result)
    assert measuring.result.memory["minitorch"] == memory.Memory(60.0, 20.0)


def test_the_program_is_found_and_compared(monkeypatch):
    def measured(words):
        figures = {"losses": [{"loss": 2.0 if "run" in words else theirs}]}
        Path(words[words.index("--json") + 1]).write_text(json.dumps(figures))
        return {"seconds": 3.0 if "run" in words else 6.0, "tree_mib": 100.0, "main_mib": 90.0}

    module = processes.end_to_end()
    assert module.measure([sys.executable, "-c", "pass"])["seconds"] > 0
    monkeypatch.setattr(module, "measure", measured)
    monkeypatch.setattr(processes, "end_to_end", lambda: module)
    measuring, theirs = measure.Measuring(catalogue.by_name()["program-cifar10"], ENGINES, None), 2.001
    processes.program(measuring, 1.0, 1, None)
    assert measuring.result.ratios == [0.5] and 0 < measuring.result.difference < 0.001
    theirs = 3.0
    with pytest.raises(measure.Different, match="the first printed losses are 2.0000 and 3.0000"):
        processes.program(measuring, 1.0, 1, None)
    monkeypatch.undo()
    measuring.folder = "no/such/folder"
    with pytest.raises(RuntimeError, match="ended with 2"):
        processes.program(measuring, 1.0, 1, None)


def test_a_line_through_the_first_and_the_last():
    fixed, each, departure = line([1, 10, 100], [12.0, 30.0, 210.0])
    assert (fixed, each, departure) == pytest.approx((10.0, 2.0, 0.0))
    assert line([1, 2, 3], [1.0, 4.0, 3.0])[2] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "seconds, text", [(2.5e-8, "25.0 ns"), (3.14159e-4, "314 µs"), (0.0123, "12.3 ms"), (75, "75.0 s")]
)
def test_times_are_spelled_with_three_digits(seconds, text):
    assert report.spelled(seconds) == [text]


# ------------------------------------------------------------------------------------------------ refusals and Ctrl-C


def test_list_names_all(bench):
    status, out, err = bench("--list")
    assert (status, err) == (0, "")
    listed = [text.split()[0] for text in out.splitlines() if text.startswith("  ")]
    assert sorted(listed) == sorted(workload.name for workload in catalogue.WORKLOADS)


@pytest.mark.parametrize(
    "words, message",
    [
        (["cifar10-5"], "no workload is called cifar10-5; did you mean cifar10-"),
        (["xyzzy"], "no workload is called xyzzy; `minitorch bench --list` lists them"),
        (["mnist", "--data", "no/such"], "there is no folder no/such/cifar-10-batches-py"),
        (["mnist", "--json", "no/such/file"], "cannot write no/such/file: there is no such folder"),
        (["programs"], "program-cifar10 needs --data DIR"),
    ],
)
def test_refusals(bench, words, message):
    status, out, err = bench(*words)
    assert (status, out) == (2, "") and err.startswith("minitorch bench: error: ") and message in err


@pytest.mark.parametrize("words", [["--blocks", "0"], ["--seconds", "-1"], ["--threads", "x"], ["--secs", "1"]])
def test_unusable_numbers(words, capfd):
    with pytest.raises(SystemExit) as left:
        command.main(words)
    assert left.value.code == 2 and words[0] in capfd.readouterr().err


def test_without_pytorch_the_error_names_the_extra(bench, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # as if not installed
    status, out, err = bench("mnist")
    assert (status, out) == (2, "") and 'pip install "minitorch-engine[reference]"' in err


def test_without_matplotlib_the_error_names_the_extra(bench, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    status, out, err = bench("mnist", "--plot", tmp_path / "p.png")
    assert (status, out) == (2, "") and plot.NO_MATPLOTLIB in err


def test_without_torchvision_the_input_is_skipped(bench, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setattr(pipeline, "IMAGES", 40)
    status, out, _ = bench("input-4-workers-0", *SHORT)
    assert status == 0 and "skipped: torchvision is not installed: pip install" in out


def test_ctrl_c_keeps_what_was_measured(bench, monkeypatch, tmp_path):
    slow = catalogue.by_name()["relu-small"]

    def build(engine, folder):
        def step():
            raise KeyboardInterrupt

        return replace(slow.build(engine, folder), step=step)

    workloads = [replace(w, build=build) if w.name == "relu-small" else w for w in catalogue.WORKLOADS]
    monkeypatch.setattr(catalogue, "WORKLOADS", workloads)
    status, out, err = bench("exp-small", "relu-small", "sum-small", *SHORT, "--json", tmp_path / "all.json")
    assert (status, err) == (130, "stopped by Ctrl-C\n")
    assert "1 of 3 workloads measured" in out and "sum-small" not in out
    assert [entry["name"] for entry in json.loads((tmp_path / "all.json").read_text())["workloads"]] == ["exp-small"]


def test_ctrl_c_from_the_terminal(tmp_path):
    words = [sys.executable, "-m", "minitorch", "bench", "mnist", "--no-memory", "--threads", "1", "--seconds", "60"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=memory.environment(1), cwd=tmp_path) as child:  # fmt: skip
        while not child.stdout.readline().startswith("workload"):
            pass
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    # A shell shows 130 for both. Python ends by the signal itself if it came while a string was executed, which is how
    # `dataclass` writes its methods: PyTorch imports some modules at its first steps.
    assert child.returncode in (130, -signal.SIGINT) and err == "stopped by Ctrl-C\n"
    assert "of 1 workloads measured" in out


def test_help_says_what_the_statuses_mean(capfd):
    with pytest.raises(SystemExit) as left:
        command.main(["--help"])
    out = capfd.readouterr().out
    assert left.value.code == 0 and "exit status: 0 measured, whatever the ratios" in out and "--quick" in out
