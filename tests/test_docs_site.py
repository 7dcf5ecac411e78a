"""`make docs`: every public name is in the reference, docstrings come out as they were written, no link is broken."""

from __future__ import annotations

import doctest
import importlib.util
import re
import zlib
from pathlib import Path

import pytest
import test_public_api

import minitorch
from minitorch.lessons.book import pages as looking

needs = [name for name in ("sphinx", "myst_parser", "furo") if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(needs), reason="the extra 'book' is not installed")
if not needs:
    from docutils import nodes

    from docs.site import building, docstrings, guides, reference, searching

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site without the lessons; a warning of Sphinx's would fail it."""
    out = tmp_path_factory.mktemp("site") / "docs"
    building.build(out, "none")
    return out


def inventory(site):
    """{name: (kind, page and place)} of what can be linked to: objects.inv."""
    data = (site / "objects.inv").read_bytes()
    lines = zlib.decompress(data.split(b"\n", 4)[4]).decode().splitlines()
    found = (re.fullmatch(r"(\S+) (py:\w+) -?\d+ (\S+) .*", line) for line in lines)
    return {m[1]: (m[2], m[3].replace("$", m[1])) for m in found if m}


def test_examples_in_the_docstrings():
    """pytest doesn't collect them: it would import docs/site/ as `site`, Python's own."""
    for module in (docstrings, guides, reference, searching):
        found = doctest.testmod(module)
        assert found.attempted and not found.failed, module


# ---- names -----------------------------------------------------------------------------------------------------------


def missing(names):
    """Public names that have no place in the reference."""
    return sorted(set(names) - {name for page in reference.pages() for name in page.names})


def test_every_public_name_has_a_place():
    again = "add its module to ROOMS in docs/site/reference.py"
    assert missing(test_public_api.NAMES) == [], again
    assert missing([*test_public_api.NAMES, "minitorch.nn.NoSuchLayer"]) == ["minitorch.nn.NoSuchLayer"]


def test_every_method_of_a_tensor_has_a_place():
    """But constants, such as `is_sparse`."""
    names = [name for name in dir(minitorch.Tensor) if not name.startswith("_")]
    names = [name for name in names if not isinstance(getattr(minitorch.Tensor, name), bool)]
    assert missing(f"minitorch.Tensor.{name}" for name in names) == []


def test_a_name_of_a_module_that_is_not_listed_is_missing(monkeypatch):
    rooms = {room: layout for room, layout in reference.ROOMS.items() if room != "minitorch.nn.init"}
    monkeypatch.setattr(reference, "ROOMS", rooms)
    reference.documented.cache_clear()
    reference.pages.cache_clear()
    try:
        assert "minitorch.nn.init.xavier_uniform_" in missing(test_public_api.NAMES)
    finally:
        monkeypatch.undo()
        reference.documented.cache_clear()
        reference.pages.cache_clear()


def test_every_public_name_is_in_the_site(site):
    found = inventory(site)
    assert sorted(set(test_public_api.NAMES) - set(found)) == []
    assert sorted(set(reference.documented()) - set(found)) == []
    kind, place = found["minitorch.nn.functional.elu"]
    assert (kind, place) == ("py:function", "reference/nn_functional.html#minitorch.nn.functional.elu")
    assert found["minitorch.nn.Linear"][0] == "py:class" and found["minitorch.Tensor.backward"][0] == "py:method"
    assert found["minitorch.Tensor.shape"][0] == "py:property"


def test_no_page_lies_where_another_one_does():
    names = [page.docname.lower() for page in reference.pages()]
    assert len(names) == len(set(names))


# ---- text ------------------------------------------------------------------------------------------------------------


def without_markup(text):
    """A docstring's own characters: without backticks around code, and the parts of addresses that are left out."""
    text = re.sub(r"(`+)(.+?)\1", r"\2", text, flags=re.S)
    text = "\n".join(line if line.startswith((">>> ", "... ")) else shorter(line) for line in text.split("\n"))
    return "".join(re.sub(r"::(?=\n\n)", ":", text).split())


def shorter(line):
    return re.sub(r"https?://[^\s<>]+", lambda m: docstrings.shortened(m[0].rstrip(".,;:)")) + tail(m[0]), line)


def tail(url):
    return url[len(url.rstrip(".,;:)")) :]


def test_docstrings_come_out_as_they_were_written():
    count = 0
    for name, value in reference.documented().items():
        text = getattr(value, "__doc__", None) or ""
        if text and "`" in text.replace("``", "") or "*" in text or "_" in text or "|" in text:
            shown = "".join("".join(node.astext().split()) for node in docstrings.body(text))
            assert shown == without_markup(docstrings.inspect.cleandoc(text)), name
            count += 1
    assert count > 1000


def test_forms_of_a_docstring():
    text = """Elementwise |x_i|*y* of `input[0]`, and `other`.

    For each of them::

        g ← g + λ·p        what is added
        p ← p − η·g

    Args:
        dim, keepdim: where to, and
            so on.
        out: a `Tensor`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.abs.html; Euler 1748, https://example.org/a_b.

    >>> print("<b>*x*</b>")
    <b>*x*</b>
    """
    linked = []

    def link(name, shown):
        linked.append(name)
        return shown

    found = docstrings.body(text, link)
    kinds = [type(node).__name__ for node in found]
    assert kinds == ["paragraph", "paragraph", "literal_block", "paragraph", "bullet_list", "paragraph", "literal_block"]
    assert found[0].astext() == "Elementwise |x_i|*y* of input[0], and other." and linked == ["input[0]", "other", "Tensor"]
    assert found[1].astext() == "For each of them:"
    assert found[2].astext() == "g ← g + λ·p        what is added\np ← p − η·g" and found[2]["language"] == "none"
    assert [item.astext() for item in found[4]] == ["dim, keepdim: where to, and so on.", "out: a Tensor."]
    urls = [(node.astext(), node["refuri"]) for node in found[5].findall(nodes.reference)]
    assert urls == [
        ("torch.abs", "https://docs.pytorch.org/docs/stable/generated/torch.abs.html"),
        ("example.org/a_b", "https://example.org/a_b"),
    ]
    assert found[6].astext() == 'print("<b>*x*</b>")'.join([">>> ", "\n<b>*x*</b>"]) and found[6]["language"] == "pycon"


def test_signatures_are_short():
    assert reference.signature(minitorch.nn.functional.elu) == (
        "(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor"
    )
    assert reference.signature(minitorch.ones).startswith("(*size, dtype=None, device=None")
    assert reference.signature(minitorch.Tensor.backward, is_bound=True).startswith("(gradient")
    for name, value in reference.documented().items():
        said = reference.signature(value) if callable(value) else ""
        assert not re.search(r"minitorch\.|typing\.|<|\bAny = ", said), (name, said)


def test_what_a_page_says(site):
    text = (site / "reference" / "nn_functional.html").read_text(encoding="utf-8")
    entry = text.partition('id="minitorch.nn.functional.elu"')[2].partition("</dl>")[0]
    plain = re.sub(r"<[^>]*>", "", entry)
    assert "Elementwise x where x &gt; 0, else alpha·(eˣ − 1)." in plain and "tensor([-0.6321,  2.0000])" in plain
    assert 'href="https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.elu.html"' in entry
    assert re.search(r'href="\.\./sources/minitorch/ops/[\w/]+\.py\.html#L-\d+"', entry)


def test_sources_are_where_they_are_said_to_be():
    for name in ("minitorch.relu", "minitorch.nn.Linear", "minitorch.Tensor.backward", "minitorch.optim.Adam"):
        path, line = reference.place_of(reference.documented()[name])
        there = (ROOT / path).read_text(encoding="utf-8").splitlines()[line - 1]
        assert re.search(rf"(def|class) {name.rpartition('.')[2]}\b", there), (name, path, line)


# ---- links -----------------------------------------------------------------------------------------------------------


def test_no_link_is_broken(site):
    assert looking.broken_links(site) == []


def test_all_guides_are_in_the_navigation(site):
    front = (site / "index.html").read_text(encoding="utf-8")
    for path in (ROOT / "docs").glob("*.md"):
        assert f'href="guides/{path.stem}.html"' in front, path
    for page in ("lessons_page", "reference/index", "ops/index", "project/CHANGELOG", "project/CONTRIBUTING"):
        assert f'href="{page}.html"' in front
    for path in (ROOT / "docs" / "ops").glob("*.md"):
        assert path.stem == "README" or (site / "ops" / f"{path.stem}.html").is_file()


def small_repository(folder, text):
    for name in ("docs/ops", "src"):
        (folder / name).mkdir(parents=True)
    (folder / "docs" / "a.md").write_text(text)
    (folder / "docs" / "b.md").write_text("# B\n")
    (folder / "src" / "code.py").write_text("x = 1\n")
    (folder / "src" / "notes.md").write_text("# Notes, back to [a](../docs/a.md)\n")
    (folder / "docs" / "picture.svg").write_text("<svg/>")
    return guides.Guides(folder.resolve(), folder / "site")


def test_links_of_a_guide(tmp_path):
    laid_out = small_repository(
        tmp_path / "r",
        "# A\n[b](b.md#top), [`code[0]`](../src/code.py#L1), [all](../src), [notes](../src/notes.md), "
        "[far](https://example.org), `[no](link.md)`\n\n```\n[nor](this.md)\n```\n![p](picture.svg) "
        '<img src="picture.svg">\n',
    )
    laid_out.write()
    assert (tmp_path / "r" / "site" / "guides" / "a.md").read_text() == (
        '# A\n[b](b.md#top), <a href="../sources/src/code.py.html#L-1">`code[0]`</a>, '
        '<a href="../sources/src/index.html">all</a>, [notes](../project/src/notes.md), [far](https://example.org), '
        "`[no](link.md)`\n\n```\n[nor](this.md)\n```\n![p](../images/docs/picture.svg) "
        '<img src="../images/docs/picture.svg">\n'
    )
    assert laid_out.shown == {"src", "src/code.py"} and (tmp_path / "r/site/images/docs/picture.svg").is_file()
    assert "](../../guides/a.md)" in (tmp_path / "r/site/project/src/notes.md").read_text()


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path):
    with pytest.raises(guides.LinkError, match=r"docs/a.md: the link to gone.md leads nowhere"):
        small_repository(tmp_path / "r", "# A\n[gone](gone.md), [out](../../../etc)\n").write()


def test_a_warning_fails_the_build(tmp_path):
    (tmp_path / "index.md").write_text("# A page\n\n[a](#no-such-place)\n", encoding="utf-8")
    with pytest.raises(building.SiteError, match="no-such-place"):
        building.run_sphinx(tmp_path, tmp_path / "out", tmp_path / "work", [])


# ---- search, and what can be seen ------------------------------------------------------------------------------------


def test_one_search_finds_the_lessons(site, tmp_path):
    """An index like the lessons' is added to a copy of the site's: old pages keep their numbers, new ones are found."""
    (tmp_path / "site.js").write_text((site / "searchindex.js").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "lessons.js").write_text(
        'Search.setIndex({"docnames":["01_number"],"filenames":["01_number.ipynb"],"titles":["1. One number"],'
        '"alltitles":{"1. One number":[[0,null]]},"terms":{"tensor":0,"onlyhere":0},"titleterms":{"number":0}})'
    )
    before = searching._read(tmp_path / "site.js")
    searching.add(tmp_path / "site.js", tmp_path / "lessons.js", "lessons/")
    after = searching._read(tmp_path / "site.js")
    new = len(before["docnames"])
    assert after["docnames"][new] == "lessons/01_number" and after["terms"]["onlyhere"] == new
    assert after["terms"]["tensor"][:-1] == before["terms"]["tensor"] and after["terms"]["tensor"][-1] == new
    assert after["objects"] == before["objects"]


@pytest.mark.skipif(looking.find_chromium() is None, reason="there is no Chromium on the path")
def test_pages_in_chromium(site):
    """One page of each kind, and the search; `make docs CHECK=1` looks at all of them."""
    names = ("index", "search", "lessons_page", "guides/adding_an_op", "reference/optim", "ops/losses", "genindex")
    looked_at = [site / f"{name}.html" for name in names] + sorted(site.glob("sources/minitorch/ops/**/*.py.html"))[:1]
    assert looking.seen_faults(site, looking.find_chromium(), looked_at=looked_at) == []
