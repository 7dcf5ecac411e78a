"""The book: it is built, its formulas need no connection, and Chromium, where there is one, looks at its pages."""

from __future__ import annotations

import importlib.util
import re

import pytest

from minitorch.lessons import command, places
from minitorch.lessons.book import building, pages
from minitorch.lessons.book.mathml import as_mathml
from minitorch.lessons.book.mentions import linked

PACKAGES = ("myst_nb", "furo", "math_core", "ziamath", "jupytext", "nbclient")
pytestmark = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in PACKAGES),
    reason="the extras 'book' and 'lessons' are not installed",
)

CODE = "# %% one\nfrom minitorch.lessons import show\nfrom minitorch.ops.elementwise.arithmetic import Mul\n\nshow(Mul)\n"
PROSE = "# 1. {}\n\nThe formula $x_1 \\cdot y$, and\n\n$$\\frac{{\\partial z}}{{\\partial x}} = y .$$\n\n[[one]]\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A small book in two languages, built by the command."""
    folder = tmp_path_factory.mktemp("book")
    lesson = folder / "lessons" / "01_made_up"
    lesson.mkdir(parents=True)
    (lesson / "code.py").write_text(CODE)
    (lesson / "exercises.py").write_text("")
    (lesson / "prose.en.md").write_text(PROSE.format("First"), encoding="utf-8")
    (lesson / "prose.zh.md").write_text(PROSE.format("第一"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "lessons_folder", lambda: folder / "lessons")
        patch.chdir(folder)
        assert command.main(["build", "--out", "site", "--short"]) == 0
    return folder / "site"


def test_languages_stand_side_by_side_and_link_to_each_other(book):
    english = (book / "01_made_up.html").read_text(encoding="utf-8")
    chinese = (book / "zh" / "01_made_up.html").read_text(encoding="utf-8")
    assert 'lang="en"' in english and 'lang="zh-CN"' in chinese
    assert 'href="zh/01_made_up.html"' in english and 'href="../01_made_up.html"' in chinese
    assert (
        "minitorch lessons open 01 --language zh" in chinese and (book / "notebooks" / "01_made_up.zh.ipynb").is_file()
    )
    assert 'href="zh/index.html"' in (book / "index.html").read_text(encoding="utf-8")


def test_formulas_are_mathml_and_their_font_is_there(book):
    page = (book / "01_made_up.html").read_text(encoding="utf-8")
    assert page.count("<math") == 2 and "<mfrac>" in page
    assert not re.search(r'<(script|link)[^>]+"(https?:)?//', page)
    font = (book / "_static" / "formulas.woff").read_bytes()
    assert font[:4] == b"wOFF" and len(font) < 300_000
    # A root's sign, which is drawn for <msqrt> and written in no text.
    with importlib.import_module("fontTools.ttLib").TTFont(book / "_static" / "formulas.woff") as font:
        assert ord("√") in font.getBestCmap()


def test_what_closes_behind_a_formula_stays_in_its_line(book):
    page = (book / "01_made_up.html").read_text(encoding="utf-8")
    assert re.search(r'<span class="closed-formula"><math.*?</math>,</span> and', page)


def test_code_of_the_engine_is_coloured(book):
    page = (book / "01_made_up.html").read_text(encoding="utf-8")
    assert "minitorch/ops/elementwise/arithmetic.py, lines" in re.sub("<[^>]*>", "", page) and '<span class="nc">Mul</span>' in page


def test_no_link_is_broken(book):
    assert pages.broken_links(book) == []


in_chromium = pytest.mark.skipif(pages.find_chromium() is None, reason="there is no Chromium on the path")


@in_chromium
def test_pages_in_chromium(book):
    assert pages.check_pages(book) == []


@in_chromium
def test_faults_that_chromium_finds(tmp_path):
    (tmp_path / "bad.html").write_text(
        "<html><head></head><body><article><p>A formula: $x^2$</p><div style='width: 900px'>wide</div>"
        "<a href='gone.html'>gone</a><a href='#gone'>gone</a><script src='https://example.org/x.js'></script>"
        "<script>nothing()</script><math></math></article></body></html>"
    )
    said = "\n".join(pages.check_pages(tmp_path))
    for fault in ("gone.html leads nowhere", "#gone leads to no place", "needs a connection", "nothing is not defined",
                  "390 px: wider than the page: div", "should be a formula", "a formula has no height"):  # fmt: skip
        assert fault in said, said
    assert "1280 px: wider" not in said


def test_every_lesson_makes_pages(tmp_path):
    """In all its languages, without running it: text, formulas, links."""
    building.build(places.all_lessons(), tmp_path / "book", list(places.LANGUAGES), run=False)
    for lesson in places.all_lessons():
        for language in lesson.languages:
            site = tmp_path / "book" / ("" if language == "en" else language)
            assert (site / f"{lesson.name}.html").is_file()
    assert pages.broken_links(tmp_path / "book") == []
    if chromium := pages.find_chromium():
        assert pages.seen_faults(tmp_path / "book", chromium) == []


def test_lessons_that_are_mentioned_are_linked():
    pages = {1: "../01_a.html", 3: "03_c.html", 12: "12_l.html"}
    assert linked("Na lição\n3 e nas lições 1, 3 e 4.", "pt", pages) == (
        'Na <a href="03_c.html">lição\n3</a> e nas lições <a href="../01_a.html">1</a>, <a href="03_c.html">3</a> e 4.'
    )
    assert linked("见第 12 课和第 2 课。", "zh", pages) == '见<a href="12_l.html">第 12 课</a>和第 2 课。'
    for left in ("# 1. Of lesson 3", "`lesson 3`", "$x_{lesson 3}$", "```\nlesson 3\n```", "lesson 30", "lessons"):
        assert linked(left, "en", pages) == left


def test_mentions_lead_to_the_own_language_and_else_to_english():
    lessons = {lesson.number: lesson for lesson in places.all_lessons()}
    seen = building.pages_seen_from(lessons["07"], "pt", ["en", "pt"], list(lessons.values()))
    assert seen[5] == "05_mnist.html" and seen[4] == "../04_softmax.html" and 7 not in seen
    assert 4 not in building.pages_seen_from(lessons["07"], "pt", ["pt"], list(lessons.values()))


def test_a_root_of_any_degree_is_one():
    assert "<mroot>" in as_mathml(r"\sqrt[3]{x}", display=False) and "<msqrt>" in as_mathml(r"\sqrt{x}", display=False)


def test_a_formula_that_cannot_be_read_fails_the_build(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"\\\\fraq"):
        as_mathml(r"\fraq{1}{2}", display=True)
    (tmp_path / "index.md").write_text("# Title\n\n$\\fraq{1}{2}$\n")
    with pytest.raises(places.LessonError, match=r"fraq"):
        building.run_sphinx(tmp_path, tmp_path / "out", "en", tmp_path / "trees")
