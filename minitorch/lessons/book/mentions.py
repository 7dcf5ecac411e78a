"""Where the text says "lesson 3", a link to its page. In notebooks, which may lie anywhere, it stays text."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Code, formulas and headings are left as they are.
_LEFT = r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|^#[^\n]*"
_MENTIONS = {
    "en": r"\blesson\s+\d+|\blessons\s+\d+(?:,\s+\d+)*(?:,?\s+(?:and|or|to)\s+\d+)?",
    "pt": r"\blição\s+\d+|\blições\s+\d+(?:,\s+\d+)*(?:\s+(?:e|ou|a)\s+\d+)?",
    "zh": r"第\s*\d+\s*课",
}


def linked(text: str, language: str, pages: Mapping[int, str]) -> str:
    """Markdown with a link for each lesson that is mentioned by its number, if `pages` has the address of its page.

    >>> from minitorch.lessons.book.mentions import linked
    >>> linked("See lesson 3, `lesson 3`, and lesson 4.", "en", {3: "03_tensors.html"})
    'See <a href="03_tensors.html">lesson 3</a>, `lesson 3`, and lesson 4.'
    >>> linked("Lessons 3 and 4", "en", {3: "c.html", 4: "d.html"})
    'Lessons <a href="c.html">3</a> and <a href="d.html">4</a>'
    """

    def link(words: str, number: str) -> str:
        page = pages.get(int(number))
        return words if page is None else f'<a href="{page}">{words}</a>'

    def of_match(match: re.Match[str]) -> str:
        words = match["mention"]
        if words is None:
            return match[0]
        numbers = re.findall(r"\d+", words)
        if len(numbers) == 1:
            return link(words, numbers[0])
        return re.sub(r"\d+", lambda number: link(number[0], number[0]), words)

    pattern = f"(?:{_LEFT})|(?P<mention>{_MENTIONS[language]})"
    return re.sub(pattern, of_match, text, flags=re.S | re.M | re.I)
