"""Every lesson: its prose and code fit, its cells run, its exercises accept what is right and refuse what is not."""

from __future__ import annotations

import re

import pytest

import minitorch
from minitorch.lessons import checking, executing, merging, places, progress

pytest.importorskip("jupytext", reason="the extra 'lessons' is not installed")

LESSONS = places.all_lessons()
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
EXERCISES = [(lesson, name) for lesson in LESSONS for name in lesson.exercises()]
each_exercise = pytest.mark.parametrize("lesson, name", EXERCISES, ids=[name for _, name in EXERCISES])


@pytest.fixture(autouse=True)
def no_progress(monkeypatch):
    """Tests leave the progress of whoever runs them alone."""
    monkeypatch.setenv(progress.VARIABLE, "")


def test_there_are_lessons_and_their_numbers_differ():
    numbers = [lesson.number for lesson in LESSONS]
    assert numbers and len(set(numbers)) == len(numbers)


@each_lesson
def test_prose_and_code_fit_in_every_language(lesson):
    assert "en" in lesson.languages
    for language in lesson.languages:
        notebook = merging.merge(lesson, language)  # raises where they don't fit
        first = notebook.cells[0]
        assert first.cell_type == "markdown"
        assert re.match(rf"# {int(lesson.number)}\. \S", first.source), (
            f"the {language} heading needs the lesson's number"
        )
    order = {language: merging.named_cells(lesson, language) for language in lesson.languages}
    assert all(names == order["en"] for names in order.values())


@each_lesson
def test_every_language_has_the_same_headings_and_formulas(lesson):
    """As many of each; a translation that lost a paragraph shows here."""

    def outline(language):
        text = re.sub(r"```.*?```", "", lesson.prose(language), flags=re.S)
        displayed = re.findall(r"\$\$(.+?)\$\$", text, re.S)
        return [len(mark) for mark in re.findall(r"^(#+) ", text, re.M)], len(displayed)

    for language in lesson.languages[1:]:
        assert outline(language) == outline("en"), language


@each_lesson
def test_assignments_that_the_prose_quotes_are_in_the_code(lesson):
    """In the lesson's or the engine's, which may change; `…` stands for what is left out. Exercises quote what they ask."""

    def flat(text):
        return "".join(text.split())

    engine = places.Path(minitorch.__file__).parent.rglob("*.py")
    code = [flat(line) for path in (lesson.code_file, *engine) for line in path.read_text(encoding="utf-8").splitlines()]
    for language in lesson.languages:
        paragraphs = re.sub(r"```.*?```", "", lesson.prose(language), flags=re.S).split("\n\n")
        asked = f"**{lesson.number}-"
        text = "\n\n".join(paragraph for paragraph in paragraphs if not paragraph.startswith(asked))
        for quoted in re.findall(r"`([\w.]+ [-+*/]?= [^`]+)`", text):
            parts = [flat(part) for part in quoted.split("…")]
            assert any(all(part in line for part in parts) for line in code), f"{language}: `{quoted}` is nowhere"


@each_lesson
def test_lines_of_code_fit_a_page(lesson):
    lines = lesson.code_file.read_text(encoding="utf-8").splitlines()
    long = [line for line in lines if len(line) > 88 and not line.startswith("# %%")]
    assert not long, "more than 88 characters"


@each_lesson
def test_cells_run_from_top_to_bottom(lesson, monkeypatch, tmp_path):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)  # what a lesson writes
    executing.run_here(lesson, short=True)


@each_lesson
def test_exercises_have_cells_solutions_and_wrong_answers(lesson):
    names = list(lesson.exercises())
    assert len(names) >= 3
    assert names == [f"{lesson.number}-{i + 1}" for i in range(len(names))]
    cells = [c.source for c in merging.code_cells(lesson).values() if "exercise" in c.metadata.get("tags", [])]
    for name in names:
        assert sum(f'check("{name}"' in source for source in cells) == 1, f"one exercise cell has to check {name}"
        for language in lesson.languages:
            assert f"**{name}**" in lesson.prose(language), f"the {language} prose has to put the question **{name}**"
    solutions = lesson.solutions()
    assert set(solutions.SOLUTIONS) == set(solutions.WRONG) == set(names)
    for name in names:
        assert len(solutions.WRONG[name]) >= 2, f"{name} needs two typical wrong answers"


@each_exercise
def test_solution_passes(lesson, name):
    result = checking.judge(name, lesson.solutions().SOLUTIONS[name])
    assert result.right, repr(result)


@each_exercise
def test_wrong_answers_are_refused_with_their_hints(lesson, name):
    for answer, hint in lesson.solutions().WRONG[name]:
        result = checking.judge(name, answer)
        said = f"{result.problem} {result.hint}"
        assert not result.right, f"{answer} passes"
        assert hint and hint in said, f"{answer} is refused with: {said}"


@each_exercise
def test_odd_answers_are_refused_in_words(lesson, name):
    """Never an exception of ours; and the dots of an outline are no answer."""
    for answer in (..., None, "seven", lambda *args, **kwargs: None, lambda *args, **kwargs: ..., type("Odd", (), {})):
        result = checking.judge(name, answer)
        assert not result.right and result.problem
        assert "Traceback" not in repr(result)


@each_exercise
def test_checking_leaves_random_numbers_alone(lesson, name):
    minitorch.manual_seed(3)
    expected = minitorch.rand(3).tolist()
    minitorch.manual_seed(3)
    checking.judge(name, lesson.solutions().SOLUTIONS[name])
    assert minitorch.rand(3).tolist() == expected


def test_first_lesson_runs_as_a_notebook():
    """In a kernel, which shows what the process here can't: rich output, and check's and show's own."""
    pytest.importorskip("nbclient", reason="the extra 'lessons' is not installed")
    notebook = merging.merge(places.find("01"))
    outline = next(cell for cell in notebook.cells if cell.id == "exercise-2")
    outline.source = outline.source.replace("return ...", "return Number(a.value - b.value, ((a, 1.0), (b, -1.0)))")
    executed = executing.run_notebook(notebook, short=True)
    cells = {cell.id: cell for cell in executed.cells}
    shown = cells["show-mul"].outputs[0].data
    assert "minitorch/ops/elementwise/arithmetic.py, lines" in shown["text/markdown"] and "class Mul(Op)" in shown["text/markdown"]
    (answered,) = cells["exercise-1"].outputs  # displayed once, though the call ends the cell
    assert "no answer yet" in answered.data["text/html"]
    (answered,) = cells["exercise-2"].outputs
    assert "01-2 ✓ right" in answered.data["text/html"]
    (picture,) = cells["rectangle"].outputs
    assert "image/svg+xml" in picture.data
