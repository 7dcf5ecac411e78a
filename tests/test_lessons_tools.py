"""What the lessons are made with: check, show, progress, merging, running, the command, the book."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minitorch.lessons import check, checking, command, digits, executing, merging, places, progress, show
from minitorch.lessons.checking import close, function, number, tensor
from minitorch.ops.elementwise.arithmetic import Mul

ROOT = Path(__file__).resolve().parents[1]
SLOPE = "01-1"


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """The file of the learner's progress."""
    path = tmp_path / "share" / "lessons.json"
    monkeypatch.setenv(progress.VARIABLE, str(path))
    return path


@pytest.fixture
def a_lesson(tmp_path, monkeypatch):
    """A made-up lesson in a folder of lessons of its own: call it with code and prose."""
    pytest.importorskip("jupytext", reason="the extra 'lessons' is not installed")
    monkeypatch.setattr(places, "lessons_folder", lambda: tmp_path / "lessons")

    def make(code, prose, **others):
        folder = tmp_path / "lessons" / "01_made_up"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "code.py").write_text(code)
        (folder / "prose.en.md").write_text(prose)
        (folder / "exercises.py").write_text("")
        for language, text in others.items():
            (folder / f"prose.{language}.md").write_text(text)
        return places.Lesson(folder)

    return make


def test_nothing_of_the_lessons_comes_with_minitorch():
    code = "import sys, minitorch; print([m for m in sys.modules if m.startswith('minitorch.lessons')])"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True) == "[]\n"


def test_learners_names_need_numpy_alone():
    code = (
        "import sys\n"
        "for name in ('IPython', 'jupytext', 'matplotlib', 'nbformat', 'torch'): sys.modules[name] = None\n"
        "from minitorch.lessons import check, pictures, pytorch, show\n"
        "check('01-1', lambda x, y: 2 * x * y)\nassert pytorch() is None\n"
        "try: pictures()\nexcept ModuleNotFoundError as error: print(error)"
    )
    out = subprocess.check_output(
        [sys.executable, "-c", code], cwd=ROOT, text=True, env=os.environ | {progress.VARIABLE: ""}
    )
    assert "01-1 (The slope of x·x·y): right." in out
    assert "pip install torch" in out
    assert "the extra 'lessons' brings it" in out


# check


def test_right_is_said_and_noted(notes, capsys):
    result = check(SLOPE, lambda x, y: 2 * x * y)
    assert result and result.right and "right" in capsys.readouterr().out
    assert list(json.loads(notes.read_text())["solved"]) == [SLOPE]


def test_wrong_is_said_with_property_and_hint_and_not_noted(notes, capsys):
    assert not check(SLOPE, lambda x, y: x * y)
    out = capsys.readouterr().out
    assert "not yet" in out and "small step of x shows a slope of" in out and "Hint:" in out
    assert not notes.exists()


def test_the_learners_exception_is_explained_with_its_line(notes):
    def slope(x, y):
        return x / (y - y)

    result = checking.judge(SLOPE, slope)
    assert result.problem.startswith("Your code raised ZeroDivisionError: float division by zero, in line ")
    assert "of `slope` (`return x / (y - y)`)" in result.problem


@pytest.mark.parametrize(
    "answer, said",
    [
        (3.0, "should be a function, and is 3.0"),
        (lambda x: x, "can't be called with 2 arguments"),
        (lambda x, y: None, "is None, not a number"),
        (lambda x, y: "x", "is 'x', not a number"),
        (..., "no answer yet"),
        (lambda x, y: ..., "no answer yet"),
        (lambda x, y: slope_of_nothing, "NameError"),  # noqa: F821
    ],
)
def test_answers_of_the_wrong_kind(answer, said):
    assert said in repr(checking.judge(SLOPE, answer))


@pytest.mark.parametrize("name", ["01-99", "99-1", "", 5, "one"])
def test_unknown_exercise_lists_the_known(name):
    result = checking.judge(name, 1)
    assert not result and "There are these: 01-1, 01-2" in result.problem


def test_notebooks_get_html_in_which_what_a_learner_wrote_is_text():
    result = checking.Result("01-1", "A <b>", False, "`x<y` is no number.", "Try & see.")
    page = result._as_html()
    assert "<code>x&lt;y</code>" in page and "A &lt;b&gt;" in page and "Try &amp; see." in page


def test_an_exception_in_using_the_answer_is_no_traceback(a_lesson):
    lesson = a_lesson(CODE, "# 1. T\n[[one]]\n[[two]]")
    (lesson.folder / "exercises.py").write_text(
        "from minitorch.lessons.checking import exercise, require\n\n"
        "@exercise('01-1', 'Length')\ndef length(answer, rng):\n    require(len(answer) == 3, 'too short')\n"
    )
    result = checking.judge("01-1", 5)
    assert result.problem == "The check could not use the answer: TypeError: object of type 'int' has no len()."


def test_helpers_of_checkers():
    import minitorch

    assert number(minitorch.tensor([2.0], requires_grad=True)) == 2
    assert close(minitorch.ones(2), [1, 1]) and not close(minitorch.ones(2), [1, 1, 1]) and not close(1.0, 1.001)
    function(max, 2)
    with pytest.raises(checking.Refused, match=r"shape \(2,\); it should be \(3,\)"):
        tensor(minitorch.ones(2), (3,))
    with pytest.raises(checking.Refused, match="not a tensor"):
        tensor([1.0])
    with pytest.raises(checking.Refused, match="not a number"):
        number(minitorch.ones(2))
    with pytest.raises(checking.Refused, match="is a function"):
        number(max)


# show, digits


def test_show_is_the_file_itself(capsys):
    show(Mul)
    head, _, text = capsys.readouterr().out.partition("\n")
    file, _, lines = head.removeprefix("# ").partition(", lines ")
    first, last = map(int, lines.split("–"))
    assert (ROOT / file).read_text().splitlines()[first - 1 : last] == text.rstrip("\n").splitlines()


def test_show_of_methods_modules_and_what_has_no_source(capsys):
    import minitorch
    from minitorch.autograd import engine

    show(minitorch.Tensor.backward, minitorch.Tensor.shape, engine)
    out = capsys.readouterr().out
    assert (
        "\ndef backward(\n    self,\n" in out
        and "# minitorch/tensor.py" in out
        and "# minitorch/autograd/engine.py, lines 1–" in out
    )
    with pytest.raises(TypeError, match="there is no source for 3, which is a int"):
        show(3)


def test_digits_are_real_images():
    pytest.importorskip("sklearn")
    images, labels = digits()
    assert 0 <= images.min().item() and images.max().item() == 1 and sorted(set(labels.tolist())) == list(range(10))


def test_data_folder_follows_the_environment(tmp_path, monkeypatch):
    from minitorch.lessons import data_folder

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MINITORCH_DATA", raising=False)
    assert data_folder() is None
    (tmp_path / "data").mkdir()
    assert data_folder() == Path("data")
    monkeypatch.setenv("MINITORCH_DATA", str(tmp_path / "nope"))
    with pytest.raises(FileNotFoundError, match="MINITORCH_DATA names"):
        data_folder()


# Progress


@pytest.mark.parametrize("text", ["", "{", "[]", '{"solved": 3}', '{"other": {}}', "\x00\x01"])
def test_a_broken_progress_file_is_tolerated_and_kept(notes, capsys, text):
    notes.parent.mkdir()
    notes.write_text(text)
    assert progress.solved() == {}
    assert f"your progress in {notes} can't be read" in capsys.readouterr().err
    progress.note_solved("01-2")
    assert list(progress.solved()) == ["01-2"]
    assert notes.with_suffix(".broken").read_text() == text
    assert sorted(path.name for path in notes.parent.iterdir()) == ["lessons.broken", "lessons.json"]


def test_progress_adds_up_and_keeps_the_first_day(notes):
    notes.parent.mkdir()
    notes.write_text('{"solved": {"01-1": "2020-01-01"}}')
    for name in ("01-2", "01-1"):
        progress.note_solved(name)
    assert progress.solved()["01-1"] == "2020-01-01" and list(progress.solved()) == ["01-1", "01-2"]


def test_progress_that_cannot_be_written_is_said(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "file" / "lessons.json"))
    assert check(SLOPE, lambda x, y: 2 * x * y)
    assert "your progress can't be kept" in capsys.readouterr().err


def test_where_progress_is_kept(monkeypatch, tmp_path):
    monkeypatch.delenv(progress.VARIABLE, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert progress.progress_file() == tmp_path / "minitorch" / "lessons.json"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert progress.progress_file() == Path.home() / ".local" / "share" / "minitorch" / "lessons.json"


# Merging and running

CODE = "# %% one\nx = 1\n\n# %% two\ny = x + 1\n"


def test_merged(a_lesson):
    lesson = a_lesson(CODE, "# 1. Made up\n\n[[one]]\nThen\n```\n[[no cell]]\n```\n[[two]]\n")
    cells = merging.merge(lesson).cells
    assert [c.cell_type for c in cells] == ["markdown", "code", "markdown", "code"]
    assert [c.source for c in cells] == ["# 1. Made up", "x = 1", "Then\n```\n[[no cell]]\n```", "y = x + 1"]
    assert lesson.title() == "Made up"
    assert executing.run_here(lesson)["y"] == 2


@pytest.mark.parametrize(
    "code, prose, said",
    [
        (CODE, "# 1. T\n[[one]]\n[[two]]\n[[three]]", "names the cell 'three', which code.py lacks (it has: one, two)"),
        (CODE, "# 1. T\n[[one]]\n[[two]]\n[[one]]", "names the cell 'one' 2 times"),
        (CODE, "# 1. T\n[[one]]", "does not name these cells of code.py: two"),
        (CODE, "# 1. T\n[[two]]\n[[one]]", "in another order than code.py, from 'two' on"),
        (CODE, "Text\n[[one]]\n[[two]]", "must begin with '# 1. Title'"),
        ("# %% one\nx = 1\n\n# %% one\ny = 1\n", "# 1. T\n[[one]]", "two cells are named 'one'"),
        ("x = 1\n\n# %% one\ny = 1\n", "# 1. T\n[[one]]", "the cell that begins with 'x = 1' needs a name"),
        ("# %% One cell\ny = 1\n", "# 1. T\n[[One cell]]", "needs a name of small letters"),
        ("# %% one [markdown]\n# text\n", "# 1. T\n[[one]]", "cell 'one' is not code"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(a_lesson, code, prose, said):
    with pytest.raises(places.LessonError) as error:
        merging.merge(a_lesson(code, prose))
    assert said in str(error.value)


def test_short_values(a_lesson):
    head = '# %% length tags=["parameters"] short={"epochs": 1}'
    code = f"{head}\nepochs = 5\nrate = 0.1\n\n# %% use\nresult = epochs * rate\n"
    lesson = a_lesson(code, "# 1. T\n[[length]]\n[[use]]")
    assert executing.run_here(lesson, short=True)["result"] == 0.1
    assert executing.run_here(lesson, short=False)["result"] == 0.5
    lesson = a_lesson(code.replace("epochs = 5", "epoch = 5"), "# 1. T\n[[length]]\n[[use]]")
    with pytest.raises(places.LessonError, match="a short value for epochs, which it does not set"):
        executing.run_here(lesson)


def test_run_says_which_cell_failed(a_lesson, capsys, tmp_path, monkeypatch):
    pytest.importorskip("nbclient", reason="the extra 'lessons' is not installed")
    a_lesson("# %% one\nx = 1\n\n# %% two\nx / 0\n", "# 1. T\n[[one]]\n[[two]]")
    monkeypatch.chdir(tmp_path)
    assert command.main(["run"]) == 1
    err = capsys.readouterr().err
    assert "01_made_up failed in cell 'two'" in err and "ZeroDivisionError" in err and "failed: 01_made_up" in err


# The command


def test_listing(notes, capsys):
    progress.note_solved("01-2")
    assert command.main([]) == 0
    out = capsys.readouterr().out
    count = sum(len(lesson.exercises()) for lesson in places.all_lessons())
    assert "✓ 01-2  Subtraction" in out and "· 01-1" in out and f"1 of {count} exercises solved" in out
    assert str(places.lessons_folder()) in out


def test_help_reads_and_lists_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(["--help"])
    out = capsys.readouterr().out
    assert stop.value.code == 0 and all(
        word in out for word in ("open LESSON", "run [LESSON…]", "build", "solutions.py")
    )


@pytest.mark.parametrize("words", [["open"], ["open", "99"], ["run", "nope"], ["open", "1", "--language", "pt"]])
def test_what_is_not_there_is_status_2(words, capsys, a_lesson):
    a_lesson(CODE, "# 1. T\n[[one]]\n[[two]]")
    try:
        status = command.main(words)
    except SystemExit as stop:
        status = stop.code
    assert status == 2 and "error: " in capsys.readouterr().err


def test_open_never_overwrites_a_notebook(a_lesson, tmp_path, monkeypatch, capsys):
    nbformat = pytest.importorskip("nbformat", reason="the extra 'lessons' is not installed")
    a_lesson(CODE, "# 1. T\n[[one]]\n[[two]]", pt="# 1. U\n[[one]]\n[[two]]")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "lessons-work" / "01_made_up.ipynb"
    assert command.main(["open", "1", "--write-only"]) == 0
    nbformat.validate(nbformat.read(path, 4))
    path.write_text(path.read_text().replace("x = 1", "x = 7"))
    assert command.main(["open", "made_up", "--write-only"]) == 0
    assert "x = 7" in path.read_text()
    assert command.main(["open", "01", "--write-only", "--fresh"]) == 0
    assert "x = 1" in path.read_text()
    (kept,) = [other for other in path.parent.iterdir() if other != path]
    assert "x = 7" in kept.read_text() and str(Path("lessons-work") / kept.name) in capsys.readouterr().out
    assert command.main(["open", "01", "--language", "pt", "--write-only", "--folder", "mine"]) == 0
    assert "# 1. U" in (tmp_path / "mine" / "01_made_up.pt.ipynb").read_text()


def test_open_starts_jupyter(a_lesson, tmp_path, monkeypatch):
    a_lesson(CODE, "# 1. T\n[[one]]\n[[two]]")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(places, "needed", lambda name, extra="": sys.modules.get(name))
    monkeypatch.setattr(merging, "needed", __import__)
    calls = []
    monkeypatch.setattr(subprocess, "run", lambda line, **_: calls.append(line) or subprocess.CompletedProcess(line, 0))
    assert command.main(["open", "1", "--no-browser"]) == 0
    file = str(Path("lessons-work") / "01_made_up.ipynb")
    assert calls == [[sys.executable, "-m", "jupyterlab", file, "--no-browser"]]
