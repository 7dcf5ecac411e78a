"""`minitorch check`: the gradient checker over the table of ops, or over the known mistakes."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ..command_line.help import Parser
from ..files import write_text

USAGE = "minitorch check [OPTIONS] [OP…]"
DESCRIPTION = """\
Compare the gradients of minitorch's operations with numeric ones, first and second derivatives, over the samples of
the table of ops. OP is a name as PyTorch has it (conv2d, nn.functional.conv2d, Tensor.view); without one, all.
"""
EPILOG = """\
examples:
  minitorch check softmax conv2d        first and second derivatives of two operations
  minitorch check --dtype float32       all operations, in float32; takes minutes
  minitorch check --known-bad           what it says about forty mistakes

exit status: 0 all right, 1 a gradient is wrong, 2 it could not run, 130 stopped by Ctrl-C
"""


def parser() -> Parser:
    """What the command takes."""
    made = Parser("minitorch check", usage=USAGE, description=DESCRIPTION, epilog=EPILOG)
    add = made.add_argument
    add("ops", nargs="*", metavar="OP", help="which operations, or mistakes (default: all)")
    add("--dtype", choices=["float64", "float32"], default="float64", help="of the samples (default: %(default)s)")
    add("--second", action=argparse.BooleanOptionalAction, default=True,
        help="second derivatives, too (default: yes)")  # fmt: skip
    add("--json", metavar="FILE", type=Path, help="write the results as JSON, too")
    add("--known-bad", action="store_true",
        help="check functions whose gradients are wrong in ways that people get them wrong")  # fmt: skip
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command; the exit status."""
    args = parser().parse_args(argv)
    try:
        return known_bad(args) if args.known_bad else table(args)
    except KeyboardInterrupt:
        print("\nstopped by Ctrl-C", file=sys.stderr)
        return 130


def refuse(message: str) -> int:
    print(f"minitorch check: error: {message}", file=sys.stderr)
    return 2


def write_json(path: Path | None, found: object) -> int | None:
    """Write results; the exit status if that fails."""
    if path is not None:
        try:
            write_text(path, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        except OSError as error:
            return refuse(f"cannot write {path}: {error.strerror}")
    return None


def table(args: argparse.Namespace) -> int:
    """Check the table's ops, a line for each as it is done."""
    from .table import check_entry, find_entries

    try:
        entries = find_entries(args.ops)
    except KeyError as error:
        return refuse(error.args[0])
    width = max(len(e.name) for e in entries)
    columns = "{:{w}}  {:>7}  {:>8}  {:>11}  {:>6}  {}"
    print(columns.format("op", "samples", "elements", "worst error", "second", "verdict", w=width))
    began, results = time.perf_counter(), []
    for entry in entries:
        r = check_entry(entry, args.dtype, args.second)
        if not r.samples and not args.ops:
            continue  # comparisons and the like
        results.append(r)
        worst = f"{r.worst:.1e}" if r.samples else "–"
        print(columns.format(r.name, r.samples, r.elements, worst, r.second, r.verdict, w=width), flush=True)
    for r in results:
        for sample, problem in r.problems:
            print(f"\n{r.name}{sample}\n{problem}")
    wrong = [r for r in results if not r.ok]
    checked = sum(r.samples for r in results)
    state = "all right" if not wrong else f"WRONG: {', '.join(r.name for r in wrong)}"
    print(
        f"\n{len(results)} ops, {checked} samples, {sum(r.elements for r in results)} gradient elements in "
        f"{args.dtype}, {time.perf_counter() - began:.0f} s: {state}"
    )
    found = {"dtype": args.dtype, "second": args.second, "ok": not wrong, "ops": [r.as_json() for r in results]}
    return write_json(args.json, found) or (1 if wrong else 0)


def known_bad(args: argparse.Namespace) -> int:
    """Check the known mistakes: each must be caught, with its diagnosis."""
    import difflib

    import minitorch

    from .gradients import check_gradient
    from .known_bad import KNOWN_BAD

    names = [bad.name for bad in KNOWN_BAD]
    for name in args.ops:
        if name not in names:
            close = difflib.get_close_matches(name, names, 3)
            hint = f"; did you mean {', '.join(close)}?" if close else f" (there are {', '.join(names)})"
            return refuse(f"no known mistake is called {name}{hint}")
    chosen = [bad for bad in KNOWN_BAD if not args.ops or bad.name in args.ops]
    width = max(len(bad.name) for bad in chosen)
    found, missed = [], 0
    for bad in chosen:
        report = check_gradient(bad.build(minitorch), bad.inputs(minitorch))
        kind = report.diagnosis.kind if report.diagnosis is not None else "not caught"
        missed += kind != bad.kind
        note = "" if kind == bad.kind else f"  (should be: {bad.kind})"
        print(f"{bad.name:{width}}  {kind}{note}")
        if args.ops:
            print(f"\n{bad.why}\n\n{report}\n")
        found.append({"name": bad.name, "why": bad.why, "expected": bad.kind, "found": kind, "report": str(report)})
    if not args.ops:
        print(
            f"\n{len(chosen) - missed} of {len(chosen)} mistakes caught, each with its diagnosis. For the report on one: "
            f"minitorch check --known-bad {chosen[0].name}"
        )
    return write_json(args.json, {"ok": not missed, "known_bad": found}) or (1 if missed else 0)
