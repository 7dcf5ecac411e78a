"""The notation of docstrings for shapes, read and held against shapes that occurred.

``input (N, C, H, W) or (C, H, W), weight (O, C/groups, KH, KW) → (N, O, OH, OW) or (O, OH, OW)``: arguments by name, or
in order without names; letters for sizes, which are one number wherever they occur; "…" for any further dimensions,
which broadcast; "d…" for any further dimensions that are the same everywhere; 3H for three times H; anything else, as
C/groups, for some size. Clauses stand apart by ";", and a call must be one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Shape = tuple[int, ...]
Sizes = dict[str, Any]  # what the letters stand for

TUPLE = r"\(([^()]*)\)"
ARGUMENT = re.compile(rf"(?:([A-Za-z_]\w*) )?({TUPLE}(?: or {TUPLE})*)")
ANY = "…"


@dataclass
class Clause:
    """One way to call a function: alternatives for each argument (by name or in order), alternatives for the results."""

    arguments: list[tuple[str, list[str]]]
    results: list[list[str]] = field(default_factory=list)
    others_follow: bool = False  # the text goes on to name further results
    minima: list[tuple[str, str, str]] = field(default_factory=list)  # (K, N, M) for K = min(N, M)


def clauses(text: str) -> list[Clause]:
    """The clauses with an arrow of a text. One without, that begins by "with" or "else", is another result."""
    found: list[Clause] = []
    for part in re.split(r";|\.(?=\s|$)", text):
        before, arrow, after = part.partition("→")
        if arrow and TUPLE_RE.search(before) and not re.search(rf"{ANY}(?![^()]*\))", before):
            arguments = [(m[1] or "", TUPLE_RE.findall(m[2])) for m in ARGUMENT.finditer(before)]
            found.append(Clause(arguments))
            add_results(found[-1], after)
        elif found and re.match(r"\s*(with|else) ", part):
            add_results(found[-1], part)
        if found:
            found[-1].minima += [(m[1], m[2], m[3]) for m in re.finditer(r"(\w) = min\((\w), (\w)\)", part)]
    return found


TUPLE_RE = re.compile(TUPLE)


def add_results(clause: Clause, text: str) -> None:
    for alternative in re.split(r",? or ", text):
        start = TUPLE_RE.search(alternative)
        if start is None:
            continue
        shapes, end = [start[1]], start.end()
        while more := re.compile(rf", (?:[A-Za-z]\w* )?{TUPLE}").match(alternative, end):
            shapes.append(more[1])
            end = more.end()
        clause.results.append(shapes)
        clause.others_follow |= bool(re.match(r", [a-z]+", alternative[end:])) and len(shapes) == 1


# ---- letters and numbers ---------------------------------------------------------------------------------------------


def matches(tokens: Sequence[str], shape: Shape, sizes: Sizes, is_result: bool = False) -> Iterator[Sizes]:
    """All ways to read `shape` as `tokens`, given what letters stand for already."""
    if not tokens:
        if not shape:
            yield sizes
        return
    token, rest = tokens[0], tokens[1:]
    if token.endswith(ANY):
        for n in range(len(shape) + 1):
            bound = grouped(token, shape[:n], sizes, is_result)
            if bound is not None:
                yield from matches(rest, shape[n:], bound, is_result)
        return
    if shape:
        bound = one_size(token, shape[0], sizes)
        if bound is not None:
            yield from matches(rest, shape[1:], bound, is_result)


def grouped(token: str, group: Shape, sizes: Sizes, is_result: bool) -> Sizes | None:
    """`sizes` with a group of dimensions bound, or None where it contradicts them."""
    if token != ANY:
        return {**sizes, token: group} if sizes.get(token, group) == group else None
    seen = [*sizes.get(ANY, []), *([] if is_result else [group])]
    try:
        common = np.broadcast_shapes(*seen)
    except ValueError:
        return None
    if is_result and seen and common != group:
        return None
    return {**sizes, ANY: seen}


def one_size(token: str, size: int, sizes: Sizes) -> Sizes | None:
    if token.isdigit():
        return sizes if int(token) == size else None
    times = re.fullmatch(r"(\d*)·?([A-Za-z]\w*′?)", token)
    if times is None:
        return sizes  # an expression: some size
    factor, letter = int(times[1] or 1), times[2]
    if size % factor:
        return None
    size //= factor
    return {**sizes, letter: size} if sizes.get(letter, size) == size else None


def tokens_of(shape: str) -> list[str]:
    return [token.strip() for token in shape.split(",") if token.strip()]


def reads_as(clause: Clause, named: dict[str, Shape], in_order: Sequence[Shape], results: Sequence[Shape],
             scalar: bool) -> tuple[bool, bool]:  # fmt: skip
    """Whether the arguments are those of the clause, and whether the results are (0-d where `scalar` says so)."""
    given = list(in_order)
    wanted: list[tuple[list[str], Shape]] = []
    for name, alternatives in clause.arguments:
        if name in named:
            wanted.append((alternatives, named[name]))
        elif not name:
            if not given:
                return False, False
            wanted.append((alternatives, given.pop(0)))
    if not any(name for name, _ in clause.arguments) and given:
        return False, False  # an argument that the clause does not have
    were_read = False
    for sizes in readings(wanted, {}):
        were_read = True
        if scalar:
            if all(shape == () for shape in results):
                return True, True
        elif any(results_match(clause, shapes, results, sizes) for shapes in clause.results):
            return True, True
    return were_read, False


def readings(wanted: list[tuple[list[str], Shape]], sizes: Sizes) -> Iterator[Sizes]:
    if not wanted:
        yield sizes
        return
    alternatives, shape = wanted[0]
    for alternative in alternatives:
        for bound in matches(tokens_of(alternative), shape, sizes):
            yield from readings(wanted[1:], bound)


def results_match(clause: Clause, expected: list[str], results: Sequence[Shape], sizes: Sizes) -> bool:
    if len(expected) == 1 and not clause.others_follow:
        expected = expected * len(results)  # every result has the one shape
    states = [sizes]
    for text, shape in zip(expected, results, strict=False):
        states = [after for state in states for after in matches(tokens_of(text), shape, state, is_result=True)]
    return any(
        all(k not in s or n not in s or m not in s or s[k] == min(s[n], s[m]) for k, n, m in clause.minima)
        for s in states
    )
