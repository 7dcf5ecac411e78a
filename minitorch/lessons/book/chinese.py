"""A Sphinx extension: search in Chinese pages, where no space parts the words.

Every two neighbouring characters are a term of the index, and a query is cut in the same way in the browser.
"""

from __future__ import annotations

import re
from typing import Any

PIECES = re.compile(r"[\u3400-\u9fff]+|[A-Za-z0-9_]+")
SPLITTER = r"""
var splitQuery = (query) =>
  (query.match(/[\u3400-\u9fff]+|[A-Za-z0-9_]+/g) || []).flatMap((piece) =>
    piece.length > 2 && piece > "\u3400"
      ? [...piece].slice(1).map((second, i) => piece[i] + second)
      : [piece],
  );
"""


def terms(text: str) -> list[str]:
    """The terms of a text.

    >>> from minitorch.lessons.book.chinese import terms
    >>> terms("反向传播 grad")
    ['反向', '向传', '传播', 'grad']
    """
    found = []
    for piece in PIECES.findall(text):
        is_long = len(piece) > 2 and piece > "\u3400"
        found += [piece[i : i + 2] for i in range(len(piece) - 1)] if is_long else [piece]
    return found


def setup(app: Any) -> dict[str, Any]:
    """What Sphinx calls."""
    from sphinx.search import languages
    from sphinx.search.en import SearchEnglish

    class SearchChinese(SearchEnglish):
        """Words in Latin letters are taken for English ones."""

        lang = "zh"
        js_splitter_code = SPLITTER

        def split(self, input: str) -> list[str]:
            return terms(input)

    languages["zh"] = SearchChinese
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
