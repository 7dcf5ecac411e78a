"""The tests: which of them run which line of the engine, and which to run against a mutant, in what order."""

from __future__ import annotations

import ast
import os
import pickle
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from .making import OUT, ROOMS, ROOT, Mutant, functions_of

# Tests that start processes, read programs or need the network: slow, and not what tells a mutant from the engine.
LEFT_OUT = """
    as_torch bench bench_card check_command checkpoints_cross checkpoints_page cli compare_card compare_command
    dataloader dataloader_trouble dataloader_workers draw fuzz_files gpu_run hostile_files import interop_libraries
    interop_planted interop_python learners lessons lessons_book lessons_tools multiprocessing ops_page
    pytest_plugin readme_check reference report_html resume same_seed_programs twins_programs vision_datasets
    vision_download vision_random vision_transforms vision_utils whole_files
""".split()
# Central differences take a hundred calls; the derivatives are compared with PyTorch's by the other tests.
LEFT_OUT_OF_THE_TABLE = ("test_gradcheck", "test_gradgradcheck")
MORE_THAN = 12.0  # seconds: a test that takes longer is not run against mutants


def test_files() -> list[str]:
    names = [p for p in sorted((ROOT / "tests").glob("test_*.py")) if p.stem.removeprefix("test_") not in LEFT_OUT]
    names = [p for p in names if not p.stem.startswith("test_cuda")]
    return [str(p) for p in names] + [str(ROOT / room) for room in (*ROOMS, "minitorch/methods")]


class Plugin:
    """Does its own work where pytest would run the tests that it has collected."""

    def __init__(self, work: Any) -> None:
        self.work = work

    def pytest_runtestloop(self, session: Any) -> bool:
        session.config.pluginmanager.unregister(name="terminalreporter")
        self.work(session.items)
        return True

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            problems.append(f"{report.when}: {str(report.longrepr)[-300:]}")


problems: list[str] = []  # of the test that runs


def run_item(item: Any, following: Any = None) -> str | None:
    """Run one test, with everything that pytest's plugins put around it; what went wrong, if anything did."""
    problems.clear()
    item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
    return problems[0] if problems else None


def with_tests(work: Any, files: list[str]) -> None:
    import pytest

    import minitorch  # noqa: F401

    os.chdir(ROOT)
    options = ["-q", "--no-header", "-s", "-p", "no:cacheprovider"]
    options += [f"--deselect=tests/test_op_table.py::{name}" for name in LEFT_OUT_OF_THE_TABLE]
    pytest.main([*options, *files], plugins=[Plugin(work)])


def load_measured() -> dict[str, dict[str, Any]]:
    where = OUT / "measured.pickle"
    return pickle.loads(where.read_bytes()) if where.exists() else {}


def measure(files: list[str]) -> None:
    """Note for every test not measured yet how long it takes, and which lines of which functions it runs."""
    import coverage

    def work(items: list[Any]) -> None:
        measured = load_measured()
        same = {offsets: offsets for m in measured.values() for offsets in m["lines"].values()}
        todo = [item for item in items if item.nodeid not in measured]
        for start in range(0, len(todo), 400):
            part = todo[start : start + 400]
            cov = coverage.Coverage(
                data_file=None, config_file=False, include=[str(ROOT / room / "*") for room in ROOMS], messages=False
            )
            cov.start()
            for item in part:
                cov.switch_context(item.nodeid)
                began = time.process_time()
                failed = run_item(item)
                measured[item.nodeid] = {"seconds": time.process_time() - began, "failed": failed, "lines": {}}
            cov.switch_context("")
            cov.stop()
            lines: dict[tuple[str, str], set[int]] = defaultdict(set)
            data = cov.get_data()
            for path in data.measured_files():
                functions = list(functions_of(ast.parse(Path(path).read_text())))
                where = {n: (q, n - f.lineno) for q, f in functions for n in range(f.lineno, (f.end_lineno or 0) + 1)}
                file = str(Path(path).relative_to(ROOT))
                for line, contexts in data.contexts_by_lineno(path).items():
                    name, offset = where.get(line, ("", line))
                    for context in contexts if name else ():
                        if context:
                            lines[context, f"{file}::{name}"].add(offset)
            for (test, place), offsets in lines.items():  # most are equal to those of another test: kept once
                one = frozenset(offsets)
                measured[test]["lines"][place] = same.setdefault(one, one)
            (OUT / "measured.new").write_bytes(pickle.dumps(measured))
            os.replace(OUT / "measured.new", OUT / "measured.pickle")
            print(f"measured {start + len(part)} of {len(todo)} tests", flush=True)

    OUT.mkdir(parents=True, exist_ok=True)
    with_tests(work, files)


class Choice:
    """Which tests to run against a mutant, in which order."""

    def __init__(self, measured: dict[str, dict[str, Any]], present: set[str]) -> None:
        self.seconds = {k: v["seconds"] for k, v in measured.items()}
        self.by_place: dict[tuple[str, int], list[str]] = defaultdict(list)
        self.by_function: dict[str, set[str]] = defaultdict(set)
        for test, m in measured.items():
            if test in present and not m["failed"] and m["seconds"] < MORE_THAN:
                for function, offsets in m["lines"].items():
                    self.by_function[function].add(test)
                    for offset in offsets:
                        self.by_place[function, offset].append(test)
        self.killers: dict[str, Counter[str]] = defaultdict(Counter)
        self.unfit: set[str] = set()

    def tests(self, mutant: Mutant) -> list[str]:
        """Those that run the changed statement: first what killed this function's other mutants, then one of each kind
        of test after the other, the quick ones first."""
        place = f"{mutant.file}::{mutant.function}"
        reaching = {test for offset in mutant.lines for test in self.by_place[place, offset]}
        if 0 in mutant.lines:  # the head, with the defaults, ran when the module was imported
            reaching |= self.by_function[place]
        reaching -= self.unfit
        kinds: dict[str, list[str]] = defaultdict(list)
        for test in sorted(reaching, key=lambda t: (self.seconds[t], t)):
            kinds[test.partition("[")[0]].append(test)
        turns = [(k, self.seconds[test], test) for tests in kinds.values() for k, test in enumerate(tests)]
        first = [test for test, _ in self.killers[place].most_common(6) if test in reaching]
        return first + [test for _, _, test in sorted(turns) if test not in first]


def within(tests: list[str], seconds: dict[str, float], budget: float) -> list[str]:
    """As many of `tests` as fit, in their order; always the first."""
    kept, spent = tests[:1], sum(seconds[test] for test in tests[:1])
    for test in tests[1:]:
        if spent + seconds[test] <= budget:
            kept.append(test)
            spent += seconds[test]
    return kept
