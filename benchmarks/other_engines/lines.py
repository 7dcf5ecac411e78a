"""How long is an engine? Lines of Python that hold code, without comments, docstrings and empty lines.

    python -m benchmarks.other_engines.lines FOLDER [LEFT_OUT …]

counts those of a package's folder, without the subfolders named (anywhere below it), and without `test` and `tests`.
"""

from __future__ import annotations

import io
import sys
import tokenize
import warnings
from pathlib import Path

NOTHING = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING,
           tokenize.ENDMARKER}  # fmt: skip


def code_lines(source: str) -> int:
    """Lines that a token of code begins, ends or runs through; a statement that is a string alone is a docstring."""
    lines: set[int] = set()
    statement: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            if not all(part.type == tokenize.STRING for part in statement):
                for part in statement:
                    lines.update(range(part.start[0], part.end[0] + 1))
            statement = []
        elif token.type not in NOTHING:
            statement.append(token)
    return len(lines)


def count(folder: Path, left_out: set[str]) -> int:
    """Of all files below `folder`."""
    total = 0
    for path in sorted(folder.rglob("*.py")):
        if not left_out & set(path.relative_to(folder).parts):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                total += code_lines(path.read_text(encoding="utf-8"))
    return total


if __name__ == "__main__":
    print(count(Path(sys.argv[1]), {"test", "tests", *sys.argv[2:]}))
