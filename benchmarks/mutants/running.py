"""The run: one fork of this process for every mutant."""

from __future__ import annotations

import argparse
import functools
import gc
import json
import os
import resource
import select
import signal
import time
from pathlib import Path
from typing import Any

from .exchange import exchange, living_functions
from .making import OUT, Mutant
from .reaching import Choice, load_measured, run_item, within


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
            os.killpg(self.pid, signal.SIGKILL) if os.getpgid(self.pid) == self.pid else os.kill(
                self.pid, signal.SIGKILL
            )
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
