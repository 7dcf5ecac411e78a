"""Mutation testing: small changes made to the engine one at a time, to see whether a test notices each.

    pip install -r requirements/ci.txt -r requirements/mutants.txt
    python -m benchmarks.mutants measure                            which test runs which line: some minutes, once
    python -m benchmarks.mutants run --files minitorch/autograd
    python -m benchmarks.mutants run --files minitorch/ops --sample 1000 --seed 1 --jobs 2
    python -m benchmarks.mutants run --again --seconds 60           the survivors, against more or newer tests
    python -m benchmarks.mutants report --show                      with the same --files, --sample and --seed

The mutants are mutmut's, decorated functions included, without those that change nothing but an error's text inside of a
`raise`, or the `strict=True` of a zip. mutmut would run them, too, in a copy of the package whose functions are replaced
by dispatchers, and would collect the tests anew for every mutant. Here one process imports and collects everything once;
a mutant is a fork of it, in which the compiled code of one function is exchanged, wherever that function has been put
meanwhile (a registry, a decorator's wrapper, a class). It runs the tests that reach the changed statement, until one
fails. That test is then run in a fork without the mutant: one that fails there, too, is not used again.

Nothing is written but the results, in out/mutants: `mutants.pickle`, `measured.pickle`, and `results.json`, a line per
mutant, so that a run that was broken off goes on where it was. A mutant is run against --seconds of tests, as long as
they took when they were measured; where that left some out, the report says "cut", and a run with more --seconds takes
it up again. What all of it found stands in docs/mutation_testing.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter, defaultdict
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a forked process has no threads of a pool

from .making import ROOMS, ROOT, Mutant, all_mutants, sample  # noqa: E402
from .reaching import measure, test_files, with_tests  # noqa: E402
from .running import Run, load_results  # noqa: E402


def wilson(part: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    z = 1.959964
    p, n = part / total, total
    middle, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def report(by_file: dict[str, list[Mutant]], mutants: list[Mutant], show: bool) -> None:
    results = load_results()
    rooms: dict[str, Counter[str]] = defaultdict(Counter)
    for file, made in by_file.items():
        for room in (Path(file).parent.as_posix(), "all"):
            rooms[room]["mutants"] += len(made)
    for mutant in mutants:
        known = results.get(mutant.name)
        if known is None or known["change"] != mutant.change():
            continue
        for room in (Path(mutant.file).parent.as_posix(), "all"):
            rooms[room][known["outcome"]] += 1
        if show and known["outcome"] in ("survived", "not reached"):
            cut = f", cut at {known['ran']} of {known['reaching']} tests" if known["cut"] else f", {known['ran']} tests"
            print(f"{mutant.name} line {mutant.line}: {known['outcome']}{cut}\n{known['change']}\n")
    print("room                          mutants    run  killed  timeout  survived  not reached   share (95 %)")
    for room, n in rooms.items():
        left = n["survived"] + n["not reached"]
        run = left + n["killed"] + n["timeout"]
        share = "" if not run else "{:6.1%} ({:.1%} to {:.1%})".format(left / run, *wilson(left, run))
        print(
            f"{room:<30}{n['mutants']:>7}{run:>7}{n['killed']:>8}{n['timeout']:>9}{n['survived']:>10}"
            f"{n['not reached']:>13}   {share}" + (f"  ({n['invalid']} invalid)" if n["invalid"] else "")
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("measure", "run", "report"))
    parser.add_argument("--files", nargs="*", default=list(ROOMS), help="files or folders whose code is changed")
    parser.add_argument("--tests", nargs="*", default=None, help="test files; all that are quick, if not given")
    parser.add_argument("--only", default="", help="of the sample, those with this in their names")
    parser.add_argument("--sample", type=int, default=0, help="how many mutants, drawn at random; 0: all of them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=8, help="of tests for a mutant; more: what was cut runs again")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so many")
    parser.add_argument("--again", action="store_true", help="run the survivors again, against new tests, say")
    parser.add_argument("--show", action="store_true", help="report: print the survivors")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    tests = options.tests or test_files()
    if options.what == "measure":
        return measure(tests)
    by_file = {file: [m for m in made if not m.is_wording] for file, made in all_mutants(options.files).items()}
    chosen = [m for m in sample(by_file, options.sample, options.seed) if options.only in m.name]
    if options.what == "run":
        return with_tests(Run(chosen, options).work, tests)
    report(by_file, chosen, options.show)


if __name__ == "__main__":
    main()
