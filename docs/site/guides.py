"""The Markdown of the repository as pages of the site, with every link leading somewhere without a connection.

In the repository a link leads to a file, relative to the one that it stands in. On the site, one to Markdown leads to
its page, one to an image to a copy of it, and one to any other file or folder to a page of sources.py that shows it.
Markdown outside docs/ that is linked becomes a page, too.
"""

from __future__ import annotations

import html
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from minitorch.files import write_text

# Guides in the order of the navigation. Others that lie in docs/ come after these.
ORDER = ("installing", "comparing", "checking_gradients", "programs", "command_line", "checkpoints", "results",
         "performance", "architecture", "adding_an_op", "fuzzing")  # fmt: skip
PROJECT = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
TABLE = re.compile(r"^\| operation \|.*\n(?:\|.*\n?)*", re.M)
IMAGES = {".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp"}

LEFT = r"(?:^|(?<=\n))(?P<fence>`{3,}|~{3,}).*?\n(?P=fence)|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
LINK = r"(?P<image>!?)\[(?P<text>(?:[^\[\]`]|`[^`]*`|!\[[^\]]*\]\([^)]*\))*)\]\((?P<target>[^)\s]+)\)"
TAG = r"(?P<attribute>\b(?:href|src|srcset)=\")(?P<address>[^\"]+)\""
PATTERN = re.compile(f"{LEFT}|{LINK}|{TAG}", re.S)


class LinkError(Exception):
    """A link that leads to nothing in the repository."""


@dataclass
class Guides:
    """What is laid out: the pages by their files, and what their links need."""

    root: Path
    folder: Path
    pages: dict[str, str] = field(default_factory=dict)  # path in the repository → page
    shown: set[str] = field(default_factory=set)  # files and folders that need a page of their own
    faults: list[str] = field(default_factory=list)

    def page_of(self, path: str) -> str:
        """The page of a Markdown file, without its suffix."""
        stem = path.removesuffix(".md")
        if path.startswith("docs/ops/"):
            return "ops/index" if stem == "docs/ops/README" else "ops/" + stem.removeprefix("docs/ops/")
        return "guides/" + stem.removeprefix("docs/") if path.startswith("docs/") else f"project/{stem}"

    def write(self) -> None:
        """Lay out all pages below the folder."""
        docs = self.root / "docs"
        waiting = [*sorted(docs.glob("*.md")), *sorted(docs.glob("ops/*.md"))]
        waiting += [path for name in PROJECT if (path := self.root / name).is_file()]
        paths = [path.relative_to(self.root).as_posix() for path in waiting]
        while paths:
            path = paths.pop()
            if path in self.pages:
                continue
            self.pages[path] = self.page_of(path)
            text = self.with_links((self.root / path).read_text(encoding="utf-8"), path, self.pages[path], paths.append)
            if path == "docs/ops/README.md":
                families = sorted(p.stem for p in docs.glob("ops/*.md") if p.stem != "README")
                text += toctree("", [self.named(f"docs/ops/{name}.md", "/ops/") for name in families], "hidden")
            elif path.startswith("docs/ops/"):
                text = TABLE.sub(r"```{container} operations\n\g<0>```\n", text)
            self._put(self.pages[path], text)
        if self.faults:
            raise LinkError("\n".join(self.faults))

    def named(self, path: str, before: str = "") -> str:
        """A line of a table of contents for a page: with the part of its title before a colon, or a comma if it's long."""
        page = before + self.page_of(path).rpartition("/")[2] if before else self.page_of(path)
        found = re.search(r"^# (.*)$", (self.root / path).read_text(encoding="utf-8"), re.M)
        title = found[1].partition(":")[0].replace("`", "") if found else ""
        if len(title) > 45:
            title = title.partition(",")[0].partition(";")[0]
        return f"{title} <{page}>" if title else page

    def _put(self, page: str, text: str) -> None:
        path = self.folder / f"{page}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)

    def with_links(self, text: str, path: str, page: str, also: Callable[[str], None]) -> str:
        """The text of the file at `path` as it stands on `page`. `also` is told of Markdown that must be a page, too."""

        def of_match(match: re.Match[str]) -> str:
            if match["fence"] or match["ticks"]:
                return match[0]
            if match["attribute"]:
                address = self.address(match["address"], path, page, also, is_image=match["attribute"] != 'href="')
                return f'{match["attribute"]}{html.escape(address)}"'
            inner = PATTERN.sub(of_match, match["text"])
            is_image = bool(match["image"])
            address = self.address(match["target"], path, page, also, is_image)
            if is_image or address == match["target"] or address.partition("#")[0].endswith(".md"):
                return f"{match['image']}[{inner}]({address})"
            return f'<a href="{html.escape(address)}">{inner}</a>'

        return PATTERN.sub(of_match, text)

    def address(self, target: str, path: str, page: str, also: Callable[[str], None], is_image: bool) -> str:
        """Where a link of the file at `path` leads on the site, seen from `page`."""
        where, mark, place = target.partition("#")
        if not where or re.match(r"[a-z][a-z+.-]*:", where) or where.startswith("//"):
            return target
        aim = (self.root / path).parent.joinpath(where).resolve()
        if not aim.exists() or not aim.is_relative_to(self.root):
            self.faults.append(f"{path}: the link to {target} leads nowhere")
            return target
        found = aim.relative_to(self.root).as_posix()
        if aim.suffix in IMAGES:
            copy = self.folder / "images" / found
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(aim, copy)
            # Sphinx copies what Markdown shows; what HTML shows it does not know of.
            return relative(f"images/{found}", page)
        if aim.suffix == ".md" and aim.is_file():
            also(found)
            return relative(self.page_of(found) + ".md", page) + mark + place
        self.shown.add(found)
        return relative(f"{source_page(found, aim.is_dir())}.html", page) + mark + re.sub(r"^L(?=\d)", "L-", place)


def source_page(path: str, is_folder: bool = False) -> str:
    """The page that shows a file, or lists a folder.

    >>> source_page("minitorch/ops/loss.py"), source_page("reference", True)
    ('sources/minitorch/ops/loss.py', 'sources/reference/index')
    """
    return f"sources/{path}/index" if is_folder else f"sources/{path}"


def relative(page: str, seen_from: str) -> str:
    """The way from one page to another.

    >>> relative("sources/LICENSE.html", "guides/results")
    '../sources/LICENSE.html'
    """
    return os.path.relpath(page, os.path.dirname(seen_from) or ".").replace(os.sep, "/")


def ordered(guides: list[str]) -> list[str]:
    """Guides in the order of ORDER, and those that it does not know after them.

    >>> ordered(["zoo", "results", "installing"])
    ['installing', 'results', 'zoo']
    """
    return sorted(guides, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


def toctree(caption: str, entries: list[str], *options: str) -> str:
    """A table of contents in Markdown."""
    lines = ["", "```{toctree}", *([f":caption: {caption}"] if caption else []), *(f":{option}:" for option in options)]
    return "\n".join([*lines, "", *entries, "```", ""])
