"""A Sphinx extension: pages that show files of the repository, and a link to them beside each entry of the reference."""

from __future__ import annotations

import html
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from . import reference
from .guides import relative, source_page

TEXTS = {"", ".cfg", ".css", ".html", ".ini", ".js", ".md", ".py", ".sh", ".toml", ".txt", ".yml"}
LARGEST = 400_000


def shown_files(root: Path, linked: list[str]) -> tuple[dict[str, Path], dict[str, list[str]]]:
    """The files to show, and the folders with what is in them: what is linked, and what lies in linked folders."""
    files: dict[str, Path] = {}
    folders: dict[str, list[str]] = {}
    waiting = list(linked)
    while waiting:
        name = waiting.pop()
        path = root / name
        if not path.is_dir():
            files[name] = path
        elif name not in folders:
            inside = [p for p in sorted(path.iterdir(), key=lambda p: (p.is_dir(), p.name)) if _is_shown(p)]
            folders[name] = [p.relative_to(root).as_posix() for p in inside]
            waiting += folders[name]
    return files, folders


def _is_shown(path: Path) -> bool:
    if path.name.startswith((".", "__pycache__")):
        return False
    if path.is_dir():
        return any(map(_is_shown, path.iterdir()))
    return path.suffix in TEXTS and path.stat().st_size < LARGEST


def file_body(path: Path, name: str) -> str:
    """The text of a file, coloured, with an anchor L-1, L-2, … for each line."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import TextLexer, get_lexer_for_filename
    from pygments.util import ClassNotFound

    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        lexer = get_lexer_for_filename(path.name, stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    coloured = highlight(text, lexer, HtmlFormatter(linespans="L"))
    return f'<h1>{_crumbs(name)}</h1><div class="source-file">{coloured}</div>'


def folder_body(name: str, inside: list[str], folders: dict[str, list[str]]) -> str:
    page = source_page(name, True)
    rows = []
    for path in inside:
        is_folder = path in folders
        there = relative(source_page(path, is_folder) + ".html", page)
        rows.append(f'<li><a href="{html.escape(there)}">{html.escape(Path(path).name)}{"/" * is_folder}</a></li>')
    return f'<h1>{_crumbs(name)}/</h1><ul class="source-folder">{"".join(rows)}</ul>'


def _crumbs(name: str) -> str:
    # A long path may be broken behind a slash.
    return html.escape(name).replace("/", "/<wbr>")


@cache
def places() -> dict[str, tuple[str, int]]:
    """Where every name of the reference is defined."""
    found = {name: reference.place_of(value) for name, value in reference.documented().items()}
    return {name: place for name, place in found.items() if place}


def add_links(app: Any, doctree: Any) -> None:
    """Put a link to its source beside every entry of the reference."""
    from docutils import nodes
    from sphinx import addnodes

    for signature in [*doctree.findall(addnodes.desc_signature)]:
        for name in [*signature.findall(addnodes.pending_xref)]:  # a type, of which there may be several: no link
            name.replace_self(name.children)
        place = places().get(next(iter(signature["ids"]), ""))
        if place:
            target = relative(source_page(place[0]) + ".html", app.env.docname) + f"#L-{place[1]}"
            label = nodes.inline("", "[source]", classes=["viewcode-link"])
            link = nodes.reference("", "", label, refuri=target, internal=True, classes=["source-link"])
            signature.insert(0, link)  # so that it floats beside the first line


def collect(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The pages, for Sphinx to write."""
    linked = [*app.config.minitorch_shown]
    if "reference/index" in app.env.found_docs:
        linked += sorted({file for file, _ in places().values()})
    files, folders = shown_files(reference.ROOT, linked)
    for name, path in files.items():
        yield source_page(name), {"title": name, "body": file_body(path, name)}, "page.html"
    for name, inside in folders.items():
        yield source_page(name, True), {"title": f"{name}/", "body": folder_body(name, inside, folders)}, "page.html"


def setup(app: Any) -> dict[str, Any]:
    """What Sphinx calls."""
    app.add_config_value("minitorch_shown", [], "html")
    app.connect("doctree-read", add_links)
    app.connect("html-collect-pages", collect)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
