"""Mutation testing: small changes made to the engine one at a time, to see whether a test notices each.

    pip install -r requirements/mutants.txt
    python benchmarks/mutants.py measure                       # which test runs which line; an hour or less, once
    python benchmarks/mutants.py run --files minitorch/autograd
    python benchmarks/mutants.py run --files minitorch/ops --sample 1000 --seed 1 --jobs 2
    python benchmarks/mutants.py report

The mutants are mutmut's. It would also run them, but it writes a copy of the package whose functions are replaced by
dispatchers, which an engine that looks at its own functions does not survive, and starts pytest for every mutant. Here
one process imports and collects everything once; each mutant is a fork of it, in which the compiled code of one function
is exchanged, wherever the function has been put meanwhile (a registry, a decorator's wrapper, a class). Then it runs the
tests that reach the changed statement, until one fails. A mutant costs a tenth of a second that way.

Nothing is written but the results, in out/mutants: `measured.pickle`, and `results.json`, a line per mutant, so that a
run that was broken off goes on where it was. A mutant whose tests were cut short by --seconds is no survivor until a
run with more seconds says so. See docs/mutation_testing.md.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import functools
import gc
import json
import os
import pickle
import random
import resource
import select
import signal
import sys
import time
import types
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a forked process has no threads of a pool
ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "mutants"
ROOMS = ("minitorch/autograd", "minitorch/ops")

# Tests that start processes, read programs or need the network: slow, and not what tells a mutant from the engine.
LEFT_OUT = """
    as_torch bench bench_card check_command checkpoints_cross checkpoints_page cli compare_card compare_command
    dataloader dataloader_trouble dataloader_workers draw fuzz_files gpu_run hostile_files import interop_libraries
    interop_planted interop_python learners lessons lessons_book lessons_tools multiprocessing ops_page
    pytest_plugin readme_check reference report_html resume same_seed_programs twins_programs vision_datasets
    vision_download vision_random vision_transforms vision_utils whole_files
""".split()
MORE_THAN = 12.0  # seconds: a test that takes longer is not run against mutants


# ---- mutants ---------------------------------------------------------------------------------------------------------


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
    return any(
        isinstance(n, ast.Raise) and n.lineno <= line <= (n.end_lineno or 0)
        for n in ast.walk(function)
    )


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
    """By file. Making them takes minutes, so they are kept beside the results, by the file's content."""
    kept_at = OUT / "mutants.pickle"
    kept = pickle.loads(kept_at.read_bytes()) if kept_at.exists() else {}
    result = {}
    for file in files_under(paths):
        code = (ROOT / file).read_text()
        if kept.get(file, ("",))[0] != code:
            made = [(m.function, m.number, m.line, m.lines, m.start, m.end, m.text, m.is_wording) for m in mutants_of(file)]
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


# ---- exchanging a function's code ------------------------------------------------------------------------------------

Key = tuple[str, int]  # a code object's qualified name, and which of the file's code objects of that name it is


def code_objects(top: types.CodeType) -> dict[Key, types.CodeType]:
    found: dict[Key, types.CodeType] = {}
    count: Counter[str] = Counter()

    def walk(code: types.CodeType) -> None:
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                found[inner.co_qualname, count[inner.co_qualname]] = inner
                count[inner.co_qualname] += 1
                walk(inner)

    walk(top)
    return found


def essence(code: types.CodeType) -> Any:
    """What a code object does, without the lines it stands in."""
    constants = [essence(c) if isinstance(c, types.CodeType) else (type(c).__name__, repr(c)) for c in code.co_consts]
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars


def compiled(source: str, path: str) -> types.CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `is` beside a number, say
        return compile(source, path, "exec", dont_inherit=True)


def exchange(mutant: Mutant, living: dict[tuple[str, str, int], list[types.FunctionType]]) -> None:
    """Put the mutant into this process."""
    path = str(ROOT / mutant.file)
    source = (ROOT / mutant.file).read_text()
    before, after = (code_objects(compiled(text, path)) for text in (source, mutant.source))
    changed = 0
    for key, old in before.items():
        new = after.get(key)
        if new is not None and essence(new) != essence(old):
            for function in living.get((path, old.co_qualname, old.co_firstlineno), ()):
                function.__code__ = new
                changed += 1
    if changed:
        return
    # A default: evaluated where the function is defined. So define it once more, and take the defaults from that.
    name, new_node = next(f for f in functions_of(ast.parse(mutant.source)) if f[0] == mutant.function)
    old_node = next(node for name, node in functions_of(ast.parse(source)) if name == mutant.function)
    first = min([old_node.lineno, *(d.lineno for d in old_node.decorator_list)])
    new_node.decorator_list = []
    for function in living.get((path, mutant.function, first), ()):
        room = dict(function.__globals__)
        exec(compile(ast.Module([new_node], []), path, "exec", dont_inherit=True), room)
        twin = room[new_node.name]
        if (twin.__defaults__, twin.__kwdefaults__) != (function.__defaults__, function.__kwdefaults__):
            function.__defaults__, function.__kwdefaults__ = twin.__defaults__, twin.__kwdefaults__
            changed += 1
    if not changed:
        raise LookupError("nothing to exchange")


def living_functions() -> dict[tuple[str, str, int], list[types.FunctionType]]:
    found: dict[tuple[str, str, int], list[types.FunctionType]] = defaultdict(list)
    for thing in gc.get_objects():
        if type(thing) is types.FunctionType and thing.__code__.co_filename.startswith(str(ROOT / "minitorch")):
            code = thing.__code__
            found[code.co_filename, code.co_qualname, code.co_firstlineno].append(thing)
    return found


# ---- running tests in this process -----------------------------------------------------------------------------------


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


def with_tests(work: Any, files: list[str], keyword: str) -> None:
    import pytest

    import minitorch  # noqa: F401

    os.chdir(ROOT)
    options = ["-q", "--no-header", "-s", "-p", "no:cacheprovider", "-k", keyword]
    pytest.main([*options, *files], plugins=[Plugin(work)])


# ---- which test runs which line --------------------------------------------------------------------------------------


def load_measured() -> dict[str, dict[str, Any]]:
    where = OUT / "measured.pickle"
    return pickle.loads(where.read_bytes()) if where.exists() else {}


def measure(files: list[str], keyword: str) -> None:
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
    with_tests(work, files, keyword)


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
    kept, spent = [], 0.0
    for test in tests:
        if kept and spent + seconds[test] > budget:
            break
        kept.append(test)
        spent += seconds[test]
    return kept


# ---- the run ---------------------------------------------------------------------------------------------------------


def load_results() -> dict[str, dict[str, Any]]:
    where = OUT / "results.json"
    lines = where.read_text().splitlines() if where.exists() else []
    return {r["name"]: r for r in map(json.loads, lines)}


class Child:
    """A fork of this process with a mutant in it (None: without, to see whether the tests pass in a fork at all)."""

    def __init__(self, mutant: Mutant | None, tests: list[str], all_tests: int, run: Run) -> None:
        self.mutant, self.tests, self.all_tests = mutant, tests, all_tests
        self.nominal = sum(run.choice.seconds[t] for t in tests)
        self.began = time.monotonic()
        self.limit = 60 + 20 * self.nominal
        self.pipe, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe)
            self.work(run, writer)
            os._exit(0)
        os.close(writer)

    def work(self, run: Run, writer: int) -> None:
        found: dict[str, Any] = {}
        try:
            os.setsid()
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
            cpu = int(4 + 6 * self.nominal)
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
            room = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + 3 * 2**30
            resource.setrlimit(resource.RLIMIT_AS, (room, room))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if self.mutant:
                try:
                    exchange(self.mutant, run.living)
                except (SyntaxError, ValueError, LookupError) as error:
                    # A mutant that does not compile is none; nor can a closure lose the last use of what it closes over.
                    found = {"outcome": "invalid", "message": repr(error)}
            if not found:
                found = {"outcome": "survived"}
                for test, following in zip(self.tests, [*self.tests[1:], None], strict=True):
                    problem = run_item(run.items[test], following and run.items[following])
                    if problem:
                        found = {"outcome": "killed", "test": test, "message": problem}
                        break
        except BaseException as error:
            found = {"outcome": "killed", "test": "", "message": f"ended the run: {error!r}"}
        finally:
            os.write(writer, json.dumps(found).encode()[:60000])
            os._exit(0)

    def finished(self) -> dict[str, Any] | None:
        """The result once the child is done, or has to be made an end of."""
        is_late = time.monotonic() - self.began > self.limit
        if is_late:
            os.killpg(self.pid, signal.SIGKILL) if os.getpgid(self.pid) == self.pid else os.kill(self.pid, signal.SIGKILL)
        pid, status = os.waitpid(self.pid, 0 if is_late else os.WNOHANG)
        if pid == 0:
            return None
        # What a descendant still has open is not waited for.
        text = os.read(self.pipe, 65536) if select.select([self.pipe], [], [], 0)[0] else b""
        os.close(self.pipe)
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        if text:
            return json.loads(text)
        if is_late or os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL):
            return {"outcome": "timeout"}
        return {"outcome": "killed", "test": "", "message": f"ended with status {status}"}


class Run:
    def __init__(self, mutants: list[Mutant], options: argparse.Namespace) -> None:
        self.options = options
        self.results = load_results()
        self.todo = [m for m in mutants if self.is_due(m)]

    def is_due(self, mutant: Mutant) -> bool:
        known = self.results.get(mutant.name)
        if known is None or known["change"] != mutant.change():
            return True
        if known["outcome"] not in ("survived", "not reached"):
            return False
        return self.options.again or known["cut"] and known["seconds"] < self.options.seconds

    def work(self, items: list[Any]) -> None:
        self.items = {item.nodeid: item for item in items}
        self.choice = Choice(load_measured(), set(self.items))
        for known in self.results.values():
            if known.get("test") and known["outcome"] == "killed":
                self.choice.killers[known["name"].rpartition("::")[0]][known["test"]] += 1
        for test in list(self.items)[:: max(len(items) // 40, 1)]:  # what is imported late is imported before the forks
            if self.choice.seconds.get(test, 9) < 0.1:
                run_item(self.items[test])
        for thing in gc.get_objects():
            if type(thing) is functools._lru_cache_wrapper and thing.__module__.startswith("minitorch"):
                thing.cache_clear()
        self.living = living_functions()
        gc.collect()
        gc.freeze()
        print(f"{len(self.todo)} mutants to run, {len(self.items)} tests", flush=True)
        fit: set[str] = set()
        waiting, children, done, began = list(reversed(self.todo)), [], 0, time.monotonic()
        with (OUT / "results.json").open("a") as out:
            while waiting or children:
                while waiting and len(children) < self.options.jobs:
                    if self.options.minutes and time.monotonic() - began > 60 * self.options.minutes:
                        waiting.clear()
                        break
                    mutant = waiting.pop()
                    tests = self.choice.tests(mutant)
                    some = within(tests, self.choice.seconds, self.options.seconds)
                    if some:
                        children.append(Child(mutant, some, len(tests), self))
                    else:
                        self.note(mutant, {"outcome": "not reached"}, some, tests, out)
                        done += 1
                time.sleep(0.01)
                for child in list(children):
                    found = child.finished()
                    if found is None:
                        continue
                    children.remove(child)
                    test = found.get("test")
                    if test and test not in fit:  # is it the mutant's doing?
                        check = Child(None, [test], 1, self)
                        while (alone := check.finished()) is None:
                            time.sleep(0.01)
                        if alone["outcome"] != "survived":
                            print(f"fails in a fork by itself: {test}: {alone}", flush=True)
                            self.choice.unfit.add(test)
                            waiting.append(child.mutant)
                            continue
                        fit.add(test)
                    self.note(child.mutant, found, child.tests, [None] * child.all_tests, out)
                    done += 1
                    if done % 50 == 0:
                        rate = (time.monotonic() - began) / done
                        print(f"{done} done, {len(waiting)} left, {rate:.2f} s each", flush=True)

    def note(self, mutant: Mutant, found: dict[str, Any], ran: list[str], reaching: list[Any], out: Any) -> None:
        place = f"{mutant.file}::{mutant.function}"
        if found["outcome"] == "killed" and found["test"]:
            self.choice.killers[place][found["test"]] += 1
        record = {"name": mutant.name, "line": mutant.line, "change": mutant.change(), **found}
        record |= {"ran": len(ran), "reaching": len(reaching), "cut": len(ran) < len(reaching)}
        record |= {"seconds": self.options.seconds}
        out.write(json.dumps(record) + "\n")
        out.flush()


# ---- the report ------------------------------------------------------------------------------------------------------


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
    parser.add_argument("--keyword", default="not test_gradcheck and not test_gradgradcheck", help="pytest's -k")
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
        return measure(tests, options.keyword)
    by_file = {file: [m for m in made if not m.is_wording] for file, made in all_mutants(options.files).items()}
    chosen = sample(by_file, options.sample, options.seed)
    if options.what == "run":
        return with_tests(Run(chosen, options).work, tests, options.keyword)
    report(by_file, chosen, options.show)


if __name__ == "__main__":
    main()
