"""Build the site: lay out the pages, let Sphinx make HTML of them, put the lessons beside them, and look at it all."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from minitorch.files import write_text
from minitorch.lessons.places import LANGUAGES, all_lessons

from . import reference, searching
from .guides import Guides, LinkError, ordered, toctree

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LESSONS = ("none", "text", "short", "full")


class SiteError(Exception):
    """The site could not be built."""


def build(out: Path, lessons: str = "none") -> list[Path]:
    """Build the site in `out`, anew, and return its pages.

    `lessons`: "none" leaves them out, "text" leaves out what their cells print, "short" and "full" run them.
    """
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="minitorch-site-") as made:
        sources, work = Path(made) / "pages", Path(made) / "work"
        shown = lay_out(sources, lessons != "none")
        run_sphinx(sources, out, work, shown)
    if lessons != "none":
        put_lessons(out / "lessons", lessons)
        searching.add(out / "searchindex.js", out / "lessons" / "searchindex.js", "lessons/")
    return sorted(out.rglob("*.html"))


# ---- the pages' text -------------------------------------------------------------------------------------------------


def lay_out(folder: Path, with_lessons: bool = False) -> list[str]:
    """Write all pages in Markdown and RST below `folder`; the files and folders they link to, which need pages."""
    folder.mkdir(parents=True, exist_ok=True)
    guides = Guides(ROOT, folder)
    guides.write()
    reference.write(folder)
    write_text(folder / "lessons_page.md", lessons_page(with_lessons))
    write_text(folder / "index.md", front_page(guides))
    return sorted(guides.shown)


def front_page(guides: Guides) -> str:
    """The first page, and the navigation."""

    def first(*paths: str) -> str:
        return next(guides.pages[path] + ".md" for path in paths if path in guides.pages)

    text = (HERE / "index.md").read_text(encoding="utf-8")
    ways = {
        "{learn}": "lessons_page.md",
        "{check}": first("docs/checking_gradients.md", "README.md"),
        "{compare}": first("docs/comparing.md", "docs/results.md"),
    }
    for name, page in ways.items():
        text = text.replace(name, page)
    names = [Path(path).stem for path, page in guides.pages.items() if page.startswith("guides/")]
    others = sorted((path for path, page in guides.pages.items() if page.startswith("project/")), key=_outermost_first)
    project = [
        "README <project/README>" if path == "README.md" else guides.named(path)  # whose title is the project's
        for path in others
    ]
    text += toctree("Guides", ["lessons_page", *(guides.named(f"docs/{name}.md") for name in ordered(names))], "hidden")
    text += toctree("Reference", ["reference/index", "ops/index"], "hidden")
    return text + toctree("Project", project, "hidden")


def _outermost_first(path: str) -> tuple[int, str]:
    return path.count("/"), path


def lessons_page(are_there: bool) -> str:
    """The list of lessons: links to their pages, where they are built."""
    lines = ["# The lessons", "", "Notebooks that teach deep learning on this engine's own code. "]
    lines[-1] += "They run on your machine, and have exercises that check themselves: `minitorch lessons` lists them,"
    lines += ["`minitorch lessons open 01` opens the first in Jupyter.", ""]
    for lesson in all_lessons():
        title = lesson.title()
        others = [x for x in lesson.languages if x != "en"]
        links = [f'<a href="lessons/{x}/{lesson.name}.html" lang="{x}">{LANGUAGES[x]}</a>' for x in others]
        if are_there:
            title = f'<a href="lessons/{lesson.name}.html">{title}</a>'
        else:
            links = [LANGUAGES[x] for x in others]
        lines.append(f"{int(lesson.number)}. {title}" + (f" ({', '.join(links)})" if links else ""))
    if not are_there:
        lines += ["", "This site was built without them; `make book` builds them, and `make docs` with them."]
    return "\n".join(lines) + "\n"


# ---- HTML ------------------------------------------------------------------------------------------------------------


def run_sphinx(sources: Path, out: Path, work: Path, shown: Sequence[str]) -> None:
    """HTML of the pages below `sources`; any warning is an error."""
    command = [
        sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-c", str(HERE),
        "-d", str(work / "doctrees"), str(sources), str(work / "html"),
    ]  # fmt: skip
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    known = {"PYTHONPATH": paths, "MINITORCH_SITE_SHOWN": json.dumps(list(shown))}
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | known, check=False)
    if done.returncode:
        raise SiteError((done.stderr or done.stdout).replace(f"{sources}{os.sep}", "").strip())
    left = shutil.ignore_patterns(".buildinfo", ".doctrees", "_sources")
    shutil.copytree(work / "html", out, ignore=left)
    if (sources / "images").is_dir():
        shutil.copytree(sources / "images", out / "images")


def put_lessons(out: Path, how: str) -> None:
    """The book of the lessons, as a part of the site."""
    from minitorch.lessons.book import building

    pages = building.build(all_lessons(), out, list(LANGUAGES), short=how == "short", run=how != "text")
    brand = '<a class="sidebar-brand"'
    for page in pages:
        home = os.path.relpath(out.parent / "index.html", page.parent).replace(os.sep, "/")
        text = page.read_text(encoding="utf-8")
        if brand not in text:
            raise SiteError(f"{page}: there is no place for the link to the first page")
        write_text(page, text.replace(brand, f'<a class="sidebar-home" href="{home}">← minitorch</a>{brand}', 1))


# ---- the command -----------------------------------------------------------------------------------------------------


def main(argv: Sequence[str]) -> int:
    """`python -m docs.site`; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m docs.site", description="Build the documentation as a website.")
    parser.add_argument("--out", type=Path, metavar="DIR", default=Path("out/docs"), help="default: ./out/docs")
    parser.add_argument(
        "--lessons", choices=LESSONS, default="full",
        help="none: without them; text: without what their cells print; short: training cut short (default: full)",
    )  # fmt: skip
    parser.add_argument(
        "--check", action="store_true", help="then follow every link, and open the pages in Chromium, at two widths"
    )
    args = parser.parse_args(argv)
    began = time.perf_counter()
    try:
        pages = build(args.out, args.lessons)
    except (SiteError, LinkError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in args.out.rglob("*") if path.is_file())
    seconds = time.perf_counter() - began
    print(f"{len(pages)} pages, {size / 1e6:.1f} MB, in {seconds:.0f} s: {args.out / 'index.html'}", flush=True)
    return check(args.out) if args.check else 0


def looked_at(out: Path) -> list[Path]:
    """The pages to open in a browser: all but most of the sources, which are all alike."""
    pages = sorted(out.rglob("*.html"))
    sources = [page for page in pages if page.is_relative_to(out / "sources")]
    return [page for page in pages if page not in set(sources)] + sources[::50]


def check(out: Path) -> int:
    """Say what is wrong with the pages; the exit status."""
    from minitorch.lessons.book.pages import NAMES, broken_links, find_chromium, seen_faults

    out = out.resolve()
    faults = broken_links(out)
    chromium = find_chromium()
    if chromium is None:
        print(f"not looked at in a browser: {', '.join(NAMES)} on the path, or CHROMIUM=PROGRAM", file=sys.stderr)
    else:
        pages = looked_at(out)
        faults += seen_faults(out, chromium, timeout=60 + 5 * len(pages), looked_at=pages)
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults" if faults else "no link is broken, and every page is all right at both widths")
    return 1 if faults or chromium is None else 0
