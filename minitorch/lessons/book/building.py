"""Build the book: run the lessons, and let Sphinx make pages of them, a site for each language."""

from __future__ import annotations

import html
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ..executing import run_notebook
from ..merging import merge
from ..places import LANGUAGES, Lesson, LessonError, needed
from .mathml import math_font
from .mentions import linked

SPHINX_LANGUAGE = {"en": "en", "pt": "pt_BR", "zh": "zh_CN"}
WORDS = {
    "en": {
        "book": "Lessons on minitorch",
        "intro": "Deep learning from its first multiplication: each lesson shows the formula, the engine's own code, a "
        "picture, and a number that PyTorch confirms. You need Python and the derivatives of school. Every page is a "
        "notebook that you can run and change on your own machine, and has exercises that check themselves.",
        "run": "Run it:",
        "download": "download the notebook",
        "show": "Show the code",
        "hide": "Hide the code",
        "others": "",
    },
    "pt": {
        "book": "Lições de minitorch",
        "intro": "Aprendizado profundo desde a primeira multiplicação: cada lição mostra a fórmula, o código do "
        "próprio motor, uma figura e um número que o PyTorch confirma. Você precisa de Python e das derivadas da escola. Cada "
        "página é um notebook que você pode executar e alterar no seu computador, com exercícios que se "
        "corrigem sozinhos.",
        "run": "Execute:",
        "download": "baixar o notebook",
        "show": "Mostrar o código",
        "hide": "Ocultar o código",
        "others": "As outras lições estão em inglês.",
    },
    "zh": {
        "book": "minitorch 课程",
        "intro": "从第一个乘法开始学习深度学习：每一课都给出公式、引擎自身的代码、一幅图，以及一个由 PyTorch 验证的数字。"
        "你只需要会 Python 和中学的导数。每一页都是一个可以在自己的电脑上运行和修改的 notebook，并附有自动检查的练习。",
        "run": "运行：",
        "download": "下载 notebook",
        "show": "显示代码",
        "hide": "隐藏代码",
        "others": "其余课程为英文。",
    },
}


def build(
    lessons: Sequence[Lesson], out: Path, languages: Sequence[str], short: bool = False, run: bool = True
) -> list[Path]:
    """Run the lessons (or leave out what cells print), write the site to `out`, and return its pages."""
    for package in ("jupytext", "myst_nb", "sphinx", "furo", "math_core"):
        needed(package, "book")
    languages = [x for x in LANGUAGES if x in languages and any(x in lesson.languages for lesson in lessons)]
    if not languages:
        raise LessonError("none of these lessons is there in the languages asked for")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="minitorch-book-") as folder:
        sources = Path(folder)
        for language in languages:
            (sources / language).mkdir()
        for lesson in lessons:
            write_sources(lesson, sources, out, languages, short, run, lessons)
        for language in languages:
            there = [lesson for lesson in lessons if language in lesson.languages]
            index = sources / language / "index.md"
            index.write_text(index_page(there, language, languages, len(there) < len(lessons)), encoding="utf-8")
            site = out if language == "en" else out / language
            run_sphinx(sources / language, site, language, sources / f"made-{language}")
    pages = sorted(out.rglob("*.html"))
    font = math_font(pages)
    for static in out.rglob("_static/book.css"):
        (static.parent / "formulas.woff").write_bytes(font)
    return pages


def write_sources(
    lesson: Lesson,
    sources: Path,
    out: Path,
    languages: Sequence[str],
    short: bool,
    run: bool,
    others: Sequence[Lesson],
) -> None:
    """The lesson's executed notebook in each language. It is run once: the cells are the same ones in all."""
    nbformat = needed("nbformat")
    spoken = [language for language in lesson.languages if language in languages]
    if not spoken:
        return
    began = time.perf_counter()
    notebook = merge(lesson, spoken[0])
    if run:
        notebook = run_notebook(notebook, short)
    executed = {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}
    if run:
        print(f"{lesson.name}: {len(executed)} cells in {time.perf_counter() - began:.1f} s", flush=True)
    for language in spoken:
        notebook = merge(lesson, language)
        name = notebook_name(lesson, language)
        (out / "notebooks").mkdir(exist_ok=True)
        nbformat.write(notebook, out / "notebooks" / name)
        notebook.cells = [executed[cell.id] if cell.cell_type == "code" else cell for cell in notebook.cells]
        pages = pages_seen_from(lesson, language, languages, others)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = linked(cell.source, language, pages)
            # Pictures are described by the text below them; without this, a screen reader would read a file's name.
            cell.metadata["mystnb"] = {"image": {"alt": ""}}
            if "exercise" in cell.metadata.get("tags", []):
                cell.outputs = []  # that there is no answer yet
        heading, _, rest = notebook.cells[0].source.partition("\n")
        links = links_line(lesson, language, spoken)
        notebook.cells[0].source = f"{heading}\n\n{links}\n\n{rest}"
        nbformat.write(notebook, sources / language / f"{lesson.name}.ipynb")


def pages_seen_from(
    lesson: Lesson, language: str, languages: Sequence[str], others: Sequence[Lesson]
) -> dict[int, str]:
    """The addresses of the other lessons' pages by their numbers: in this language, or else in English."""
    found = {}
    for other in others:
        spoken = next((x for x in (language, "en") if x in languages and x in other.languages), None)
        if spoken is not None and other.name != lesson.name:
            site = "" if spoken == language else _site(spoken, language)
            found[int(other.number)] = f"{site}{other.name}.html"
    return found


def notebook_name(lesson: Lesson, language: str) -> str:
    """The file name of the notebook in a language."""
    return f"{lesson.name}.ipynb" if language == "en" else f"{lesson.name}.{language}.ipynb"


def _site(language: str, seen_from: str) -> str:
    """The way from one language's site to another's."""
    return ("" if seen_from == "en" else "../") + ("" if language == "en" else f"{language}/")


def language_links(page: str, language: str, languages: Sequence[str]) -> str:
    """Links to the page in other languages; nothing if there is no other."""
    return " ".join(
        f'<a href="{_site(other, language)}{page}" hreflang="{other}" lang="{other}">{LANGUAGES[other]}</a>'
        for other in languages
        if other != language
    )


def links_line(lesson: Lesson, language: str, spoken: Sequence[str]) -> str:
    """What stands below a lesson's title: how to run it, and its other languages."""
    words = WORDS[language]
    option = "" if language == "en" else f" --language {language}"
    notebook = f"{_site('en', language)}notebooks/{notebook_name(lesson, language)}"
    run = (
        f"<span>{words['run']} <code>minitorch lessons open {lesson.number}{option}</code></span>"
        f'<a href="{notebook}" download>{words["download"]}</a>'
    )
    return f'<div class="lesson-links">{run}{language_links(lesson.name + ".html", language, spoken)}</div>'


def index_page(lessons: Sequence[Lesson], language: str, languages: Sequence[str], is_partial: bool) -> str:
    """The first page of a language's site."""
    words = WORDS[language]
    links = language_links("index.html", language, languages)
    lines = [f"# {words['book']}", ""]
    if links:
        lines += [f'<div class="lesson-links">{links}</div>', ""]
    lines += [words["intro"], "", "```{toctree}", ":maxdepth: 1", ""]
    lines += [lesson.name for lesson in lessons]
    lines += ["```", ""]
    if is_partial and language != "en" and "en" in languages:
        lines.append(f'<p><a href="{html.escape(_site("en", language))}index.html">{words["others"]}</a></p>')
    return "\n".join(lines) + "\n"


def run_sphinx(source: Path, out: Path, language: str, work: Path) -> None:
    """One language's site: made below the folder `work`, where what Sphinx leaves beside it stays, and copied."""
    settings, words = Path(__file__).parent, WORDS[language]
    made = work / "site" / "html"
    command = [
        sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-c", str(settings),
        "-d", str(work / "doctrees"), "-D", f"language={SPHINX_LANGUAGE[language]}",
        "-D", f"html_title={words['book']}",
        "-D", f"nb_code_prompt_show={words['show']}", "-D", f"nb_code_prompt_hide={words['hide']}",
        str(source), str(made),
    ]  # fmt: skip
    root = str(settings.parents[2])
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": paths}, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).replace(f"{source}{os.sep}", "").strip()
        raise LessonError(f"the pages in {LANGUAGES[language]} could not be made:\n{said}")
    left = shutil.ignore_patterns(".buildinfo", ".doctrees", "_sources", "objects.inv")
    shutil.copytree(made, out, ignore=left, dirs_exist_ok=True)


def report(pages: Sequence[Path], out: Path, seconds: float) -> str:
    """A line on what was built."""
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    first = min((page for page in pages if page.name == "index.html"), key=lambda page: len(page.parts))
    return f"{len(pages)} pages, {size / 1e6:.1f} MB, in {seconds:.0f} s: {first}"
