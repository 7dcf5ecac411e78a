"""The README as a package index shows it: a build hook, which pyproject.toml names.

A package index has the text alone. Its links to files of the repository would lead nowhere there, so that they become
the files' names; pictures out of the repository are left out. Links to the web stay, and so do those within the page.
"""

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

ELSEWHERE = r"(?!https?:|mailto:|#)"  # an address that does not begin like this is a path of the repository
FENCED = re.compile(r"(^```.*?^```[^\n]*\n)", re.DOTALL | re.MULTILINE)
PICTURE = re.compile(rf"!\[[^\]]*\]\({ELSEWHERE}[^)]+\)|<img\b[^>]*\bsrc=[\"']{ELSEWHERE}[^>]*>", re.IGNORECASE)
EMPTY_LINK = re.compile(r"\[\s*\]\([^)]*\)")
LINK = re.compile(rf"(?<!!)\[([^\]]+)\]\({ELSEWHERE}([^)]+)\)")


def for_an_index(text: str) -> str:
    """The Markdown `text` without links and pictures that need the repository; code is left as it is."""
    parts = FENCED.split(text)  # every second one is code
    parts[::2] = [LINK.sub(named, EMPTY_LINK.sub("", PICTURE.sub("", part))) for part in parts[::2]]
    return "".join(parts)


def named(link: re.Match[str]) -> str:
    """What stands where a link was: its words, and the file's name where they do not say it."""
    words, path = link.groups()
    path = path.partition("#")[0]
    said = words.strip("`").rstrip("/")
    return words if path == said or path.removesuffix("/README.md") == said else f"{words} (`{path}`)"


class Readme(MetadataHookInterface):
    """Sets the metadata's `readme`."""

    def update(self, metadata: dict) -> None:
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": for_an_index(text)}
