"""One search for the site and for the lessons, which Sphinx builds apart: their index is added to the site's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from minitorch.files import write_text

BEFORE, AFTER = "Search.setIndex(", ")"


def add(index: Path, other: Path, folder: str) -> None:
    """Let the search whose index is the file `index` find the pages of `other`, which lie in `folder`."""
    merged = merge(_read(index), _read(other), folder)
    write_text(index, BEFORE + json.dumps(merged, ensure_ascii=False, separators=(",", ":")) + AFTER)


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8").strip().removeprefix(BEFORE).removesuffix(AFTER))


def merge(index: dict[str, Any], other: dict[str, Any], folder: str) -> dict[str, Any]:
    """One index of both: pages are numbers in it, and those of `other` are counted on.

    >>> one = {"docnames": ["a"], "filenames": ["a.md"], "titles": ["A"], "alltitles": {"A": [[0, None]]},
    ...        "terms": {"x": 0, "y": 0}, "titleterms": {"a": 0}}
    >>> two = {"docnames": ["b"], "filenames": ["b.md"], "titles": ["B"], "alltitles": {"B": [[0, "b"]]},
    ...        "terms": {"x": 0, "z": 0}, "titleterms": {"b": [0]}}
    >>> both = merge(one, two, "two/")
    >>> both["docnames"], both["terms"], both["titleterms"]
    (['a', 'two/b'], {'x': [0, 1], 'y': 0, 'z': 1}, {'a': 0, 'b': 1})
    >>> both["alltitles"]
    {'A': [[0, None]], 'B': [[1, 'b']]}
    """
    start = len(index["docnames"])
    merged = dict(index)
    for key in ("docnames", "filenames"):
        merged[key] = index[key] + [folder + name for name in other[key]]
    merged["titles"] = index["titles"] + other["titles"]
    for key in ("terms", "titleterms"):
        merged[key] = dict(index[key])
        for term, pages in other[key].items():
            both = _several(index[key].get(term, [])) + [start + page for page in _several(pages)]
            merged[key][term] = both if len(both) > 1 else both[0]
    merged["alltitles"] = dict(index["alltitles"])
    for title, places in other["alltitles"].items():
        merged["alltitles"][title] = index["alltitles"].get(title, []) + [[start + i, place] for i, place in places]
    return merged


def _several(pages: int | list[int]) -> list[int]:
    return [pages] if isinstance(pages, int) else pages
