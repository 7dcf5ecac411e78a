"""The page docs/command_line.md, each row of its table of exit statuses by a real run; and how the commands' help reads."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import minitorch
from minitorch import cli, program_files
from minitorch.command_line.help import WIDTH, Parser, nearest
from minitorch.lessons import places
from minitorch.testing import table
from minitorch.testing.known_bad import KNOWN_BAD
from minitorch.testing.optable import Entry
from minitorch.testing.optable.core import s, t

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
PATHS = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(PATHS), "OMP_NUM_THREADS": "1"}
BENCH = ["bench", "exp-small", "--no-memory", "--threads", "1", "--blocks", "2", "--seconds", "0.1"]
TRAINING = """
    import time, torch
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([weight], lr=0.1)
    (weight * torch.arange(3.0)).sum().backward()
    if FAULT and torch.__name__ == "minitorch":
        weight.grad *= 2
    optimizer.step()
    open("ready", "w").close()
    time.sleep(60 * SLEEPS)
"""


def call(*words, cwd=None, **environment):
    """`minitorch words…` in a process of its own: its exit status."""
    command = [sys.executable, "-m", "minitorch", *map(str, words)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=ENVIRONMENT | environment, timeout=120)
    return done.returncode


def within(words):
    """`minitorch words…` in this process, where something was replaced: its exit status."""
    try:
        return cli.main(words)
    except SystemExit as left:
        return left.code


def interrupted(folder, *words, until="ready"):
    """`minitorch words…`, with Ctrl-C as soon as the file `until` is there, or stdout has a line that begins so."""
    command = [sys.executable, "-m", "minitorch", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, **pipes) as child:
        alarm = threading.Timer(60, child.kill)  # nothing below waits longer
        alarm.start()
        if until.startswith("line: "):
            while (line := child.stdout.readline()) and not line.startswith(until.removeprefix("line: ")):
                pass
        else:
            while child.poll() is None and not (folder / until).exists():
                time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        child.communicate()
        alarm.cancel()
    return child.returncode


def script(folder, text=TRAINING, fault=False, sleeps=False):
    (folder / "script.py").write_text(f"FAULT, SLEEPS = {fault}, {sleeps}\n" + textwrap.dedent(text))
    return "script.py"


def without_pytorch(folder):
    """An environment in which PyTorch is not installed."""
    (folder / "sitecustomize.py").write_text("import sys; sys.modules['torch'] = None")
    return {"PYTHONPATH": os.pathsep.join([str(folder), *PATHS])}


def wrong_op(monkeypatch):
    bad = next(bad for bad in KNOWN_BAD if bad.name == "square_without_two")
    monkeypatch.setattr(table, "OPS", [Entry("broken", [s(t(3))], call=bad.build)])
    return within(["check", "broken"])


def wrong_workload(monkeypatch):
    monkeypatch.setattr(minitorch, "exp", lambda x: 1 / 0)
    return within(BENCH)


def wrong_lesson(monkeypatch, folder):
    lesson = folder / "lessons" / "01_made_up"
    lesson.mkdir(parents=True)
    for name, text in {"code.py": "# %% one\n1 / 0\n", "prose.en.md": "# 1. T\n[[one]]", "exercises.py": ""}.items():
        (lesson / name).write_text(text)
    monkeypatch.setattr(places, "lessons_folder", lambda: folder / "lessons")
    return within(["lessons", "run"])


def stopped_lesson(monkeypatch):
    def stopped(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("minitorch.lessons.command.run_notebook", stopped)
    return within(["lessons", "run", "01"])


# What is run for each row of the page's table: a function of a folder and pytest's monkeypatch.
RUNS = {
    ("minitorch", 0): lambda f, m: call("--version"),
    ("minitorch", 2): lambda f, m: call("trian"),
    ("minitorch digits", 0): lambda f, m: call("digits", "--steps", "1", cwd=f, **without_pytorch(f)),
    ("minitorch digits", 2): lambda f, m: call("digits", "--epochs", "0", cwd=f),
    ("minitorch digits", 130): lambda f, m: interrupted(f, "digits", "--epochs", "1000", "--no-progress", until="out/minitorch/trace.jsonl"),
    ("minitorch run", 0): lambda f, m: call("run", script(f), cwd=f),
    ("minitorch run", 1): lambda f, m: call("run", script(f, "raise ValueError"), cwd=f),
    ("minitorch run", 2): lambda f, m: call("run", "script.py", cwd=f),
    ("minitorch run", 130): lambda f, m: interrupted(f, "run", script(f, sleeps=True)),
    ("minitorch run", 7): lambda f, m: call("run", script(f, "import sys; sys.exit(7)"), cwd=f),
    ("minitorch compare", 0): lambda f, m: call("compare", "--no-html", script(f), cwd=f),
    ("minitorch compare", 1): lambda f, m: call("compare", "--no-html", "--no-ruler", script(f, fault=True), cwd=f),
    ("minitorch compare", 2): lambda f, m: call("compare", script(f), cwd=f, **without_pytorch(f)),
    ("minitorch compare", 130): lambda f, m: interrupted(f, "compare", script(f, sleeps=True)),
    ("minitorch check", 0): lambda f, m: call("check", "--no-second", "neg"),
    ("minitorch check", 1): lambda f, m: wrong_op(m),
    ("minitorch check", 2): lambda f, m: call("check", "nothing_called_so"),
    ("minitorch check", 130): lambda f, m: interrupted(f, "check", until="line: op "),
    ("minitorch bench", 0): lambda f, m: call(*BENCH),
    ("minitorch bench", 1): lambda f, m: wrong_workload(m),
    ("minitorch bench", 2): lambda f, m: call("bench", "nothing_called_so"),
    ("minitorch bench", 130): lambda f, m: interrupted(f, "bench", "exp-small", "--no-memory", "--seconds", "60", until="line: workload"),
    ("minitorch lessons", 0): lambda f, m: call("lessons"),
    ("minitorch lessons", 1): lambda f, m: wrong_lesson(m, f),
    ("minitorch lessons", 2): lambda f, m: call("lessons", "open", "99"),
    ("minitorch lessons", 130): lambda f, m: stopped_lesson(m),
    ("minitorch programs", 0): lambda f, m: call("programs"),
    ("minitorch programs", 2): lambda f, m: call("programs", "all"),
    ("minitorch completion", 0): lambda f, m: call("completion", "bash"),
    ("minitorch completion", 2): lambda f, m: call("completion", "powershell"),
}  # fmt: skip
NEEDED = {
    ("minitorch digits", 0): "sklearn", ("minitorch digits", 130): "sklearn",
    ("minitorch compare", 0): "torch", ("minitorch compare", 1): "torch", ("minitorch compare", 130): "torch",
    ("minitorch bench", 0): "torch", ("minitorch bench", 1): "torch", ("minitorch bench", 130): "torch",
    ("minitorch lessons", 1): "nbclient", ("minitorch lessons", 130): "jupytext", ("minitorch completion", 0): "shtab",
}  # fmt: skip


def rows():
    """The (command, status) of each row of the page's table."""
    return [
        (command, int(status))
        for command, status in re.findall(r"^\| `(minitorch[\w ]*)` \| (\d+) \|", PAGE, re.MULTILINE)
    ]


def test_the_page_has_each_row_once_and_each_is_run():
    assert len(rows()) == len(set(rows())) and set(rows()) == set(RUNS)


def test_the_page_says_something_of_every_command():
    commands = {command.removeprefix("minitorch").strip() for command, _ in rows()} - {""}
    assert commands | set(program_files.PROGRAMS) == set(cli.COMMANDS)
    for command in cli.COMMANDS.values():
        assert command.name in program_files.PROGRAMS or f"| `minitorch {command.form}` |" in PAGE


@pytest.mark.parametrize("row", RUNS, ids=lambda row: f"{row[0]} {row[1]}")
def test_exit_status(row, tmp_path, monkeypatch):
    if row in NEEDED and importlib.util.find_spec(NEEDED[row]) is None:
        pytest.skip(f"{NEEDED[row]} is not installed")
    status = RUNS[row](tmp_path, monkeypatch)
    if row[1] == 130 and status == -signal.SIGINT:  # where Python itself ended by it, a shell says 130
        status = 130
    assert status == row[1]


def test_a_pipe_that_is_closed_early_is_no_error():
    command = [sys.executable, "-m", "minitorch", "programs"]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        child.stdout.close()
        err = child.stderr.read()
    assert (child.returncode, err) == (0, "")


# ------------------------------------------------------------------------------------------------------------- help

LESSONS = ("lessons list", "lessons open", "lessons run", "lessons build")


@pytest.mark.parametrize("columns", [60, 200])
@pytest.mark.parametrize("words", ["", *(name for name in cli.COMMANDS if name not in program_files.PROGRAMS), *LESSONS])
def test_help(words, columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert within([*words.split(), "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and out.startswith(f"usage: minitorch {words}".rstrip())
    assert "\n\n\n" not in out and not [line for line in out.splitlines() if line != line.rstrip()]
    if columns == 200:
        assert max(map(len, out.splitlines())) <= WIDTH
        assert words in ("programs", *LESSONS) or "\nexamples:\n" in out
        assert words in LESSONS or "\nexit status: " in out
    else:
        prose = [line for line in out.splitlines() if not line.startswith((" ", "usage: "))]
        assert prose and max(map(len, prose)) <= columns


def test_help_has_a_line_for_each_command(capsys):
    assert within(["--help"]) == 0
    out = capsys.readouterr().out
    for command in cli.COMMANDS.values():
        assert re.search(rf"^  {re.escape(command.form)}  +{re.escape(command.summary)}$", out, re.MULTILINE)
    for line in out.partition("examples:")[2].splitlines():
        if line.startswith("  minitorch"):
            assert line.split()[1] in cli.COMMANDS


@pytest.mark.parametrize(
    "words, said",
    [
        ("comapre x.py", "minitorch: error: there is no command comapre; did you mean compare?\n"),
        ("lessons opne", "did you mean open?\n"),
        ("lessons open 01 --langage pt", "unrecognized arguments: --langage pt; did you mean --language?\n"),
        ("compare --dtpye float64 x.py", "unrecognized arguments: --dtpye; did you mean --dtype?\n"),
        ("bench --quik", "unrecognized arguments: --quik; did you mean --quick?\n"),
        ("check --dtype float46", "did you mean float64?\n"),
        ("completion bsh", "did you mean bash?\n"),
        ("zzz", "there is no command zzz; there are digits, lessons, run, "),
        ("--verison", "unrecognized arguments: --verison; did you mean --version?\n"),
    ],
)
def test_what_is_mistyped_is_guessed_at(words, said, capsys):
    assert within(words.split()) == 2
    out, err = capsys.readouterr()
    assert out == "" and said in err


def test_a_script_without_run_is_told_how(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    script(tmp_path)
    assert within(["script.py"]) == 2
    assert capsys.readouterr().err == "minitorch: error: script.py is no command; to run it: minitorch run script.py\n"


def test_paragraphs_are_filled_and_tables_are_not(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    text = "One two three four five six seven eight.\n\ntable:\n  a         a row that is longer than thirty"
    made = Parser("p", description=text).format_help()
    assert (
        "\nOne two three four five six\nseven eight.\n\ntable:\n  a         a row that is longer than thirty\n" in made
    )
    assert nearest("x", []) == ""
