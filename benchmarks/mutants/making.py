"""The mutants: what mutmut makes of the functions of a file, and samples of them."""

from __future__ import annotations

import ast
import difflib
import os
import pickle
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "out" / "mutants"
ROOMS = ("minitorch/autograd", "minitorch/ops")


@dataclass(frozen=True)
class Mutant:
    file: str
    function: str
    number: int  # among those of the function
    line: int
    lines: tuple[int, ...]  # of the changed statement, counted from the function's first
    start: int  # the part of the file that is changed, and what it becomes
    end: int
    text: str
    is_wording: bool  # changes an error's text inside of a `raise`, or a zip's `strict=True`: left out of the run

    @property
    def source(self) -> str:
        """The whole file, changed."""
        code = (ROOT / self.file).read_text()
        return code[: self.start] + self.text + code[self.end :]

    @property
    def name(self) -> str:
        return f"{self.file}::{self.function}::{self.number}"

    def change(self) -> str:
        """What is changed, in a line or two."""
        old = (ROOT / self.file).read_text().splitlines()
        marks = difflib.unified_diff(old, self.source.splitlines(), n=0, lineterm="")
        return "\n".join(m[0] + " " + m[1:].strip() for m in list(marks)[2:] if m[0] in "+-")


def functions_of(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions and methods, without those inside of them."""

    def walk(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
        for node in body:
            if isinstance(node, ast.FunctionDef):
                yield prefix + node.name, node
            elif isinstance(node, ast.ClassDef):
                yield from walk(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.If | ast.Try):
                yield from walk(node.body + node.orelse, prefix)

    yield from walk(tree.body, "")


def statement_lines(function: ast.FunctionDef, line: int) -> range:
    """The lines of the innermost statement that `line` lies in; of an if, a for …, those of its head."""
    best = range(function.lineno, function.body[0].lineno)
    for node in ast.walk(function):
        if isinstance(node, ast.stmt) and node is not function:
            body = getattr(node, "body", None)
            end = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno
            lines = range(node.lineno, max(end or 0, node.lineno) + 1)
            if line in lines and len(lines) <= max(len(best), 1) or line in lines and line not in best:
                best = lines
    return best


def is_raising(function: ast.FunctionDef, line: int) -> bool:
    return any(isinstance(n, ast.Raise) and n.lineno <= line <= (n.end_lineno or 0) for n in ast.walk(function))


def is_strict(before: str, after: str) -> bool:
    """Whether what differs is the `strict=True` of a zip, which asserts what the engine knows already."""
    try:
        old, new = (ast.parse(text.strip(), mode="eval").body for text in (before, after))
    except SyntaxError:
        return False
    if not all(isinstance(call, ast.Call) and ast.unparse(call.func) == "zip" for call in (old, new)):
        return False
    for call in (old, new):
        call.keywords = [k for k in call.keywords if k.arg != "strict"]
    return ast.dump(old) == ast.dump(new)


def mutants_of(file: str) -> list[Mutant]:
    """Every mutant that mutmut makes inside the functions of a file, decorated ones included."""
    import libcst as cst
    from libcst.metadata import MetadataWrapper, PositionProvider
    from mutmut.mutation.file_mutation import MutationVisitor
    from mutmut.mutation.mutators import mutation_operators
    from mutmut.mutation.pragma_handling import IgnoredCode

    class Visitor(MutationVisitor):
        def _skip_node_and_children(self, node: Any) -> bool:
            # mutmut leaves decorated functions out because its dispatchers would be decorated, too; there are none here.
            if isinstance(node, cst.FunctionDef) and node.decorators:
                return False
            return super()._skip_node_and_children(node)

    code = (ROOT / file).read_text()
    functions = list(functions_of(ast.parse(code)))
    wrapper = MetadataWrapper(cst.parse_module(code))
    places = wrapper.resolve(PositionProvider)
    visitor = Visitor(mutation_operators, IgnoredCode(set(), set(), set()))
    wrapper.visit(visitor)

    # A mutant's code is made from its class or function alone: from the whole file it takes ten times as long.
    home: dict[int, tuple[Any, str, int]] = {}
    text = wrapper.module.code_for_node
    at = code.index(text(wrapper.module.body[0]))
    for top in wrapper.module.body:
        written = text(top)
        assert code.startswith(written, at)
        home.update((id(node), (top, written, at)) for node in walk_down(top))
        at += len(written)

    found: list[Mutant] = []
    count: Counter[str] = Counter()
    for mutation in visitor.mutations:
        place = places.get(mutation.original_node)
        line = place.start.line if place else 0
        inside = [(name, node) for name, node in functions if node.lineno <= line <= (node.end_lineno or 0)]
        if not inside:
            continue
        name, node = inside[-1]
        top, written, start = home[id(mutation.original_node)]
        changed = text(top.deep_replace(mutation.original_node, mutation.mutated_node))
        ahead = len(os.path.commonprefix([written, changed]))
        behind = len(os.path.commonprefix([written[ahead:][::-1], changed[ahead:][::-1]]))
        part = start + ahead, start + len(written) - behind, changed[ahead : len(changed) - behind]
        old, new = text(mutation.original_node), text(mutation.mutated_node)
        ahead_of = code.splitlines()[line - 1][: place.start.column]
        wording = is_raising(node, line) or is_strict(old, new) or old == "True" and ahead_of.endswith("strict=")
        lines = tuple(n - node.lineno for n in statement_lines(node, line))
        found.append(Mutant(file, name, count[name], line, lines, *part, wording))
        count[name] += 1
    return found


def walk_down(node: Any) -> Iterator[Any]:
    yield node
    for child in node.children:
        yield from walk_down(child)


def files_under(paths: list[str]) -> list[str]:
    found: list[Path] = []
    for path in paths:
        where = ROOT / path
        found += sorted(where.rglob("*.py")) if where.is_dir() else [where]
    return [str(f.relative_to(ROOT)) for f in found]


def all_mutants(paths: list[str]) -> dict[str, list[Mutant]]:
    """By file. Making all of them takes minutes, so they are kept beside the results, by the file's content."""
    kept_at = OUT / "mutants.pickle"
    kept = pickle.loads(kept_at.read_bytes()) if kept_at.exists() else {}
    result = {}
    for file in files_under(paths):
        code = (ROOT / file).read_text()
        if kept.get(file, ("",))[0] != code:
            made = [
                (m.function, m.number, m.line, m.lines, m.start, m.end, m.text, m.is_wording) for m in mutants_of(file)
            ]
            kept[file] = (code, made)
        result[file] = [Mutant(file, *rest) for rest in kept[file][1]]
    OUT.mkdir(parents=True, exist_ok=True)
    kept_at.write_bytes(pickle.dumps(kept))
    return result


def sample(by_file: dict[str, list[Mutant]], count: int, seed: int) -> list[Mutant]:
    """`count` mutants in random order (0: all), from each file in proportion to how many it has.

    A smaller sample is the beginning of a larger one, so a run that was broken off, or goes on later, is a sample, too.
    """
    rng = random.Random(seed)
    drawn = []
    for mutants in by_file.values():
        shuffled = rng.sample(mutants, len(mutants))
        drawn += [((k + rng.random()) / len(mutants), m) for k, m in enumerate(shuffled)]
    drawn.sort(key=lambda pair: pair[0])
    return [m for _, m in drawn][: count or None]
