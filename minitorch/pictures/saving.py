"""Writing a file whole or not at all."""

from __future__ import annotations

from pathlib import Path

from ..files import write_text


def write(path: Path, text: str) -> Path:
    """Write `text` to `path` so that nobody ever finds half a file there."""
    write_text(path, text)
    return path
