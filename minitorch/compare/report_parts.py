"""What the report's sections share: headings, tables, names, notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .report_charts import Plot
from .report_text import text

NAMES = {"minitorch": "minitorch", "pytorch": "PyTorch", "ruler": "PyTorch against itself"}


def section(identity: str, heading: str, body: str, css: str = "") -> str:
    return f"""<section id="{identity}"{f' class="{css}"' if css else ""} aria-labelledby="{identity}-heading">
<h2 id="{identity}-heading">{text(heading)}</h2>
{body}
</section>
"""


def paragraphs(lines: Iterable[str]) -> str:
    return "".join(f"<p>{text(line)}</p>\n" for line in lines if line)


def table(caption: str, head: str, body: str, css: str = "") -> str:
    """A table that scrolls inside its own box where it is wider than the page."""
    return f"""<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}">
<table class="{css}"><caption>{text(caption)}</caption>
<thead><tr>{head}</tr></thead>
<tbody>
{body}</tbody></table></div>
"""


def engine_title(engine: dict[str, Any]) -> str:
    """`PyTorch 2.13.0`; the ruler's says that it is one."""
    title = str(engine.get("title") or NAMES.get(engine.get("key", ""), "an engine"))
    return title if engine.get("key") != "ruler" or "ruler" in title.lower() else f"{title} (the ruler)"


def zero_note(plot: Plot) -> str:
    return "" if plot.zero is None else " What does not differ at all lies in the row marked 0, below the scale."


def beyond_note(plot: Plot) -> str:
    return "" if plot.beyond is None else " What is infinite or not a number lies in the row above the scale."
