"""README.md and the pages in docs/: their code runs and prints what they say, their commands and links exist.

In these pages
- a ```python block is run, in a process of its own, in a folder that the page's blocks share;
- one whose first line is `# name.py` is written into that folder under this name instead, for a command to use;
- a ```shell block that a ```text block follows is run, line by line; otherwise its commands are looked at: does the
  target, the command, the flag exist? So are commands in `code`;
- a ```text block is what the block before it prints, where … stands for anything.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from minitorch.cli import main as minitorch

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", *(f"docs/{name}.md" for name in (
    "checking_gradients", "comparing", "installing", "interoperating", "limits", "other_engines", "programs",
    "seeing_backpropagation"))]  # fmt: skip
LINKED = [*PAGES, "CONTRIBUTING.md", "SECURITY.md", *(f"docs/{name}.md" for name in (
    "adding_an_op", "architecture", "checkpoints", "command_line", "coverage", "fuzzing", "mutation_testing", "performance",
    "results", "typing"))]  # fmt: skip
PROGRAMS = ("digits", "cifar10", "mnist", "abalone")
PLUGIN = "minitorch.testing.pytest_plugin"


@functools.cache
def tokens(page: str):
    return MarkdownIt().enable("table").parse((ROOT / page).read_text(encoding="utf-8"))


def inline(page: str):
    """All tokens within paragraphs, headings and cells."""
    return [child for token in tokens(page) for child in token.children or []]


def blocks(page: str) -> list[tuple[str, str]]:
    return [(token.info, token.content) for token in tokens(page) if token.type == "fence"]


def examples(page: str) -> list[tuple[str, str, str | None]]:
    """Kind, text and expected output (None: not shown) of each block of code."""
    found: list[tuple[str, str, str | None]] = []
    for kind, text in blocks(page):
        if kind == "text":
            found[-1] = (*found[-1][:2], text)
        else:
            found.append((kind, text, None))
    return found


def matches(expected: str, printed: str) -> bool:
    """Whether they are the same, … standing for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def environment() -> dict[str, str]:
    more = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"}
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")} | more


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        encoding="utf-8", timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}"
    return done.stdout


def executable(line: str) -> list[str]:
    """A shell line as what this Python would start for it."""
    name, *rest = shlex.split(line)
    if name == "pytest":  # an environment that was made before the entry point was does not know the plugin
        known = any(point.value == PLUGIN for point in entry_points(group="pytest11"))
        return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *([] if known else ["-p", PLUGIN]), *rest]
    assert name in ("python", "minitorch"), line
    return [sys.executable, *(["-m", "minitorch"] if name == "minitorch" else []), *rest]


@pytest.mark.parametrize("page", PAGES)
def test_the_code_runs_and_prints_what_the_page_says(page, tmp_path):
    for kind, text, expected in examples(page):
        assert kind in ("python", "shell"), f"{page}: a block of {kind or 'no kind'}"
        name = re.match(r"# (\S+\.py)\n", text)
        if kind == "python" and name:
            (tmp_path / name[1]).write_text(text, encoding="utf-8")
            assert expected is None
        elif kind == "python":
            printed = run([sys.executable, "-W", "error", "-c", text], tmp_path)
            assert matches(expected or "", printed) or expected is None, printed
        elif expected is not None:
            printed = "".join(run(executable(line), tmp_path) for line in text.splitlines())
            assert matches(expected, printed), printed


def test_the_first_example_is_the_same_on_pytorch(tmp_path):
    code, expected = next((text, expected) for kind, text, expected in examples("README.md") if kind == "python")
    lines = [line for line in code.splitlines() if "explain(" not in line]
    assert lines[0] == "import minitorch as torch" and len(lines) < len(code.splitlines())
    assert matches(expected, run([sys.executable, "-c", "\n".join(["import torch", *lines[1:]])], tmp_path))


def test_the_gradient_example_says_the_same_of_minitorch(tmp_path):
    for page in ("README.md", "docs/checking_gradients.md"):
        code, expected = next((text, said) for _, text, said in examples(page) if "check_gradient(Linear" in text)
        assert "import torch  # or: import minitorch as torch" in code
        other = code.replace("import torch  #", "import minitorch as torch  #")
        assert matches(expected, run([sys.executable, "-c", other], tmp_path))


# ------------------------------------------------------------------------------------------------- commands


@functools.cache
def help_of(*command: str) -> str:
    """What a command says of itself."""
    if command[0] == "minitorch" and command[-1] not in PROGRAMS:  # those are shown by a process of their own
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            minitorch([*command[1:], "--help"])
        return said.getvalue()
    return run([*executable(shlex.join(command)), "--help"], ROOT)


def looked_at(line: str) -> None:
    """Assert that what the line starts is there, and knows its flags."""
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words = words[1:]
    if not words or words[0] in ("cd", "git"):
        return
    flags = [word.split("=")[0] for word in words if word.startswith("--")]
    if words[0] == "make":
        targets = re.search(r"\.PHONY:(.*)", (ROOT / "Makefile").read_text(encoding="utf-8"))[1].split()
        assert words[1] in targets, line
    elif words[0] == "minitorch":
        known = help_of("minitorch")
        if len(words) > 1 and not words[1].startswith("-"):
            assert re.search(rf"\b{re.escape(words[1])}\b", known), line
            # After a script of the reader's come its own flags.
            script = next((i for i, word in enumerate(words) if word.endswith(".py")), len(words))
            flags = [word.split("=")[0] for word in words[:script] if word.startswith("--")]
            known = help_of("minitorch", words[1]) if words[1] != "run" else ""
            known += "".join(help_of("minitorch", word) for word in words[2:] if word in PROGRAMS)
        assert all(re.search(rf"{flag}\b", known) for flag in flags), f"{line}: {flags}"
    elif words[0] in ("python", "python3") or words[0].endswith("/bin/python"):
        if words[1:2] == ["-m"] and words[2].startswith("benchmarks"):
            if flags:
                known = help_of("python", "-m", words[2])
                assert all(flag in known for flag in flags), f"{line}: {flags}"
            path = ROOT / words[2].replace(".", "/")
            assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), line
        elif len(words) > 1 and words[1].endswith(".py"):
            assert (ROOT / words[1]).exists(), line
        else:
            assert words[1:3] in (["-m", "venv"], ["-m", "minitorch"]), line
    elif words[0] == "pip" or words[0].endswith("/bin/pip"):
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
        asked = [name for word in words for name in re.findall(r"^\.\[([\w,-]+)\]$", word)]
        assert words[1] == "install" and {name for names in asked for name in names.split(",")} <= {*extras}, line
    else:
        assert words[0] == "pytest", f"an unknown command: {line}"


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page):
    lines = [line for kind, text in blocks(page) if kind == "shell" for line in text.replace("\\\n", " ").splitlines()]
    spans = [token.content for token in inline(page) if token.type == "code_inline"]
    starts = r"([A-Z_]+=\S+ )?(minitorch|make|python -m|pip install) \S"
    for line in [*lines, *(span for span in spans if re.match(starts, span))]:
        looked_at(line)


@pytest.mark.parametrize("wrong", [
    "make tests", "minitorch trian", "minitorch compare --rular train.py", "minitorch run digits --epoch 2 --stepz 3",
    "python -m benchmarks.rulers", "python -m benchmarks.ruler --seedz 3", "python reference/digit.py",
    "pip install '.[everything]'", "frobnicate"])  # fmt: skip
def test_what_is_not_there_is_noticed(wrong):
    with pytest.raises(AssertionError):
        looked_at(wrong)


def test_outputs_are_compared():
    assert matches("a\n…\nb", "a\nx\ny\nb\n") and matches("1.0 …", "1.0 s") and matches("a.b", "a.b")
    assert not matches("a\n…\nb", "a\nx\nc") and not matches("a.b", "a-b") and not matches("a", "a\nb")


# ------------------------------------------------------------------------------------------------- links, pictures, size


def anchors(path: Path) -> set[str]:
    """The names that a site gives to a page's headings."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", LINKED)
def test_links_lead_somewhere(page):
    targets = [token.attrGet("href") or token.attrGet("src") for token in inline(page)
               if token.type in ("link_open", "image")]  # fmt: skip
    for target in targets:
        if not re.match(r"https?://|mailto:", target):
            path, _, anchor = target.partition("#")
            file = (ROOT / page).parent / path if path else ROOT / page
            assert file.exists(), f"{page}: {target}"
            assert not anchor or anchor in anchors(file), f"{page}: {target}"


def test_pictures_are_small_and_have_words():
    pictures = [(page, token) for page in PAGES for token in inline(page) if token.type == "image"]
    assert {token.attrGet("src") for _, token in pictures} >= {"docs/images/compare.png", "docs/images/explain.png"}
    for page, token in pictures:
        file = (ROOT / page).parent / token.attrGet("src")
        assert file.read_bytes()[:4] == b"\x89PNG" and file.stat().st_size < 150_000 and len(token.content) > 20


def test_the_front_page_is_read_in_ten_minutes():
    words = [word for token in inline("README.md") if token.type == "text" for word in token.content.split()]
    assert 300 < len(words) < 2000


def test_every_page_is_linked_from_the_front_page():
    linked = {token.attrGet("href").split("#")[0] for token in inline("README.md") if token.type == "link_open"}
    assert set(PAGES[1:]) <= linked


def test_the_numbers_are_those_of_the_code():
    from minitorch.testing.known_bad import KNOWN_BAD

    page = (ROOT / "docs" / "checking_gradients.md").read_text(encoding="utf-8")
    assert len(KNOWN_BAD) == 40 and "forty mistakes" in page
