"""A Sphinx extension: formulas as MathML, which browsers display by themselves, without a script or a connection."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..places import LessonError, needed


def as_mathml(formula: str, display: bool) -> str:
    """LaTeX as MathML; ValueError if it isn't understood.

    >>> from minitorch.lessons.book.mathml import as_mathml
    >>> as_mathml("x_1", display=False)  # doctest: +SKIP
    '<math><msub><mi>x</mi><mn>1</mn></msub></math>'
    """
    core = needed("math_core", "book")
    try:
        return core.LatexToMathML(fancy_error=False).convert_with_local_state(formula.strip(), displaystyle=display)
    except core.LatexError as error:
        raise ValueError(f"the formula {formula!r} can't be read: {error}") from None


def math_font(pages: Iterable[Path]) -> bytes:
    """STIX Two Math (Open Font License), cut down to what the formulas of these pages use, in WOFF format.

    A browser can use any font for letters, but brackets that grow and the places of indices need a mathematical one,
    which phones lack.
    """
    needed("fontTools", "book")
    from fontTools import subset

    spec = find_spec("ziamath")
    files = [*Path(spec.origin or "").parent.rglob("STIXTwoMath-Regular.ttf")] if spec is not None else []
    if not files:
        raise LessonError("the font of the formulas is missing; the extra 'book' brings it, in the package ziamath")
    used = set(map(chr, range(0x20, 0x7F)))
    used.add("√")  # which a browser draws for <msqrt>, where no text says it
    for page in pages:
        for formula in re.findall(r"<math.*?</math>", page.read_text(encoding="utf-8"), re.S):
            used.update(re.sub(r"<[^>]*>", "", formula))
    # A browser replaces x by a mathematical italic x, which has a place of its own in the font.
    used.update(map(chr, [*range(0x1D434, 0x1D468), 0x210E, *range(0x1D6FC, 0x1D71C)]))
    options = subset.Options(flavor="woff", layout_features=["*"], notdef_outline=True)
    written = io.BytesIO()
    with subset.load_font(str(files[0]), options) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text="".join(sorted(used)))
        subsetter.subset(font)
        subset.save_font(font, written, options)
    return written.getvalue()


# What must not begin a line; a browser may break one on either side of a formula.
CLOSING = re.compile(r"[.,;:!?)\]’”。，、；：！？）》」]+")


def hold_punctuation(app: Any, doctree: Any, docname: str) -> None:
    """Take what closes behind a formula in a line, such as a full stop, to the formula."""
    from docutils import nodes

    for formula in [*doctree.findall(nodes.math)]:
        behind = formula.next_node(descend=False, siblings=True)
        closing = CLOSING.match(behind) if isinstance(behind, nodes.Text) else None
        if closing is not None:
            formula["closing"] = closing[0]
            behind.parent.replace(behind, nodes.Text(behind[closing.end() :]))


def _visit(self: Any, node: Any, display: bool) -> None:
    from docutils import nodes

    try:
        found = as_mathml(node.astext(), display)
    except ValueError as error:
        from sphinx.util import logging

        logging.getLogger(__name__).warning("%s", error, location=node)
        found = f'<code class="no-formula">{self.encode(node.astext())}</code>'
    # A formula wider than a phone is moved sideways in its own box.
    if display:
        found = f'<div class="formula" tabindex="0">{found}</div>'
    elif "closing" in node:
        found = f'<span class="closed-formula">{found}{self.encode(node["closing"])}</span>'
    self.body.append(found)
    raise nodes.SkipNode


def _inline(self: Any, node: Any) -> None:
    _visit(self, node, False)


def _display(self: Any, node: Any) -> None:
    _visit(self, node, True)


def setup(app: Any) -> dict[str, Any]:
    """What Sphinx calls."""
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))
    app.connect("doctree-resolved", hold_punctuation)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
