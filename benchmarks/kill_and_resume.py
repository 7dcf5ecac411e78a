"""Does a training that is killed and resumed end as one that never was? Bit for bit, or the first difference is printed.

    python -m benchmarks.kill_and_resume --program cifar10 --kills 20

Each program trains once without interruption, then again and again with --checkpoint and --resume, killed (SIGKILL) at
random: after some optimizer step, while the checkpoint is being written, just before and just after it takes its name,
or at any moment at all. When a run gets to its end, every file it wrote, its figures, its output and its last
checkpoint are compared with the uninterrupted run's. Times are left out of the comparison, nothing else is.

The runs are forked from a process that has imported everything, so a run takes a fraction of a second. The programs see
small data sets of random numbers in place of the real ones, a few dozen steps long. `--plant` breaks the programs on
purpose, to see whether this would be noticed: then 1, the exit status for a difference, is the right answer.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
FLAGS = {
    "digits": "--epochs 3 --batch-size 120",
    "cifar10": "--epochs 3 --batch-size 4 --print-every 4",
    "mnist": "--epochs 2 --batch-size 16 --exercises",
    "abalone": "--epochs 3 --batch-size 16 --variant dropout --variant regression",
}
EVERY = [[], ["--checkpoint-every", "1"], ["--checkpoint-every", "3"], ["--checkpoint-every", "5"]]
DEATHS = ["step", "step", "writing", "before", "after", "time"]
LATE_IMPORTS = ["pandas", "sklearn.datasets", "sklearn.metrics", "matplotlib.figure", "matplotlib.backends.backend_agg"]
MOST_KILLS = 4  # of one training, before it may end
LIMIT = 120  # seconds that a run may take
PASSING = re.compile(r"\b[\d.]+ s\b|\b0x[0-9a-f]+\b")  # times and addresses
NOTICES = ("resuming ", "no checkpoint ")


# ----------------------------------------------------------------------------------------------- what the runs see


class Images:
    """Random images and labels, as a data set."""

    classes = tuple(f"class {number}" for number in range(10))

    def __init__(self, torch: ModuleType, count: int, shape: tuple[int, ...], seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.images = torch.from_numpy(rng.normal(size=(count, *shape)).astype(np.float32))
        self.labels = rng.integers(0, 10, count).tolist()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> Any:
        return self.images[index], self.labels[index]


def write_table(path: Path, rows: int = 120) -> None:
    """A table as abalone.data is."""
    rng = np.random.default_rng(0)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as stream:
        for _ in range(rows):
            size = rng.uniform(0.2, 0.8)
            numbers = [size * factor + rng.normal(scale=0.02) for factor in (1, 0.8, 0.3, 1.5, 0.6, 0.3, 0.4)]
            sex, rings = "MFI"[rng.integers(3)], int(6 + 8 * size + rng.integers(0, 4))
            stream.write(f"{sex},{','.join(f'{number:.4f}' for number in numbers)},{rings}\n")


def prepare(torch: ModuleType, program: ModuleType, folder: Path) -> None:
    """Give a program its small data."""
    name = program.__name__.rpartition(".")[2]
    if name in ("cifar10", "mnist"):
        shape, count = ((3, 32, 32), 60) if name == "cifar10" else ((1, 28, 28), 150)
        sets = Images(torch, count, shape, 1), Images(torch, 40, shape, 2)
        program.load_data = lambda args: sets  # type: ignore[attr-defined]
    elif name == "abalone":
        write_table(folder / "abalone" / "abalone.data")


def note_parents_at_once() -> None:
    """See to it that PyTorch's workers end when their run is killed, however early.

    A worker ends once its parent is another than it was, and asks who it was when it is ready to work: if the run is
    killed before, the worker never ends. No program can help that. So here it is told the run's number instead, which
    was known when it was forked; minitorch's workers see their connection end, and need nothing of this.
    """
    worker: Any = importlib.import_module("torch.utils.data._utils.worker")
    watchdog, run = worker.ManagerWatchdog, os.getpid()

    def early() -> Any:
        made = watchdog()
        made.manager_pid = run
        return made

    worker.ManagerWatchdog = early


# ---------------------------------------------------------------------------------------------------------- faults


def plant(fault: str, checkpoints: ModuleType) -> None:
    """Break the programs' checkpoints."""
    training = checkpoints.Training
    restore, set_generators = training.restore, checkpoints.set_generators

    def forgets(key: str, value: Any) -> None:
        training.restore = lambda self, state: restore(self, {**state, key: value(self, state)})

    if fault == "generator":
        checkpoints.set_generators = lambda *args: None
    elif fault == "order":  # the present state alone, not that from before the epoch
        checkpoints.set_generators = lambda states, args, loader=None: loader or set_generators(states, args)
    elif fault == "scheduler":
        forgets("scheduler", lambda self, state: self.scheduler and self.scheduler.state_dict())
    elif fault == "optimizer":
        forgets("optimizer", lambda self, state: self.optimizer.state_dict())
    elif fault == "repeats":
        make = checkpoints.Rest
        checkpoints.Rest = lambda batches, done, then: make(batches, done - 1, then)
    elif fault == "skips":
        make = checkpoints.Rest
        checkpoints.Rest = lambda batches, done, then: make(batches, min(done + 1, len(batches)), then)
    elif fault == "best":
        forgets("kept", lambda self, state: {**state["kept"], "best": self.model.state_dict()})
    elif fault == "torn":  # not in one piece: straight into the file

        def straight(path: str, write: Callable[[Any], None]) -> None:
            with open(path, "wb") as stream:
                write(stream)

        checkpoints.save_whole = straight
    else:
        raise SystemExit(f"no such fault: {fault}")


# ------------------------------------------------------------------------------------------------------- one run


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(torch: ModuleType, checkpoints: ModuleType, how: str, when: int) -> None:
    """In the run's process: see to it that it dies."""
    countdown = itertools.count(1)
    if how == "step":
        hooks = sys.modules[torch.optim.Optimizer.__module__]
        hooks.register_optimizer_step_post_hook(  # type: ignore[attr-defined]
            lambda *_: die() if next(countdown) == when else None
        )
    elif how in ("before", "after"):
        replace = os.replace

        def dying(source: Any, target: Any) -> None:
            is_last = str(target).endswith("state.pt") and next(countdown) == when
            if is_last and how == "before":
                die()
            replace(source, target)
            if is_last:
                die()

        os.replace = dying
    elif how == "writing":
        save_whole = checkpoints.save_whole

        def half(path: Any, write: Callable[[Any], None]) -> None:
            if next(countdown) < when:
                return save_whole(path, write)

            def torn(stream: Any) -> None:
                write(stream)
                stream.truncate(stream.tell() // 2)
                stream.flush()
                die()

            save_whole(path, torn)

        checkpoints.save_whole = half


class Bench:
    """All runs of one program on one engine with one number of workers."""

    def __init__(self, torch: ModuleType, program: ModuleType, folder: Path, workers: int, rng: random.Random) -> None:
        self.torch, self.program, self.folder, self.rng = torch, program, folder, rng
        self.checkpoints = sys.modules["checkpoints"]
        self.name = program.__name__.rpartition(".")[2]
        self.flags = [*FLAGS[self.name].split(), "--workers", str(workers), "--data", str(folder), "--threads", "1",
                      "--no-progress", "--json", str(folder / "figures.json"), "--out", str(folder / "out")]  # fmt: skip
        self.groups: list[int] = []

    def run(self, flags: list[str], how: str = "", when: float = 0) -> int:
        """One run, in a process of its own; its exit status as waitpid gives it: −9 if it was killed."""
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.setpgid(0, 0)
                out = os.open(self.folder / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.dup2(out, 1), os.dup2(out, 2)
                # A resumed run finds other states than the first, and has to set its own.
                seed = os.getpid() if (self.folder / "state.pt").exists() else 0
                random.seed(seed), np.random.seed(seed)
                arm(self.torch, self.checkpoints, how, int(when))
                if self.torch.__name__ == "torch":  # PyTorch itself
                    note_parents_at_once()
                sys.modules["common"].run(self.program.main, [*self.flags, *flags])
                status = 0
            except SystemExit as leaving:
                status = int(leaving.code or 0)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        self.groups.append(pid)
        deadline = time.monotonic() + LIMIT
        kill_at = time.monotonic() + when if how == "time" else deadline
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > kill_at:
                os.kill(pid, signal.SIGKILL)
                if kill_at == deadline:
                    os.waitpid(pid, 0)
                    raise SystemExit(f"{self.name}: a run hangs:\n{self.output()}")
                kill_at = deadline
            time.sleep(0.002)

    def output(self) -> str:
        return (self.folder / "output.txt").read_text()

    def result(self) -> dict[str, Any]:
        """All that a run left behind, without times."""
        said = [PASSING.sub("…", line) for line in self.output().splitlines() if not line.startswith(NOTICES)]
        files = {path.name: path.read_bytes() for path in sorted((self.folder / "out").iterdir())}
        return {"output": said, "figures": timeless(json.loads((self.folder / "figures.json").read_text())), **files}

    def final_state(self) -> Any:
        """What the last checkpoint holds, without times."""
        return timeless(self.torch.load(self.folder / "state.pt", weights_only=True))

    def clear(self) -> None:
        for path in [*self.folder.glob("out/*"), *self.folder.glob("*.json"), *self.folder.glob("*state.pt*")]:
            path.unlink()

    def uninterrupted(self) -> None:
        """The two runs that the others are held against: without a checkpoint, and with one."""
        for flags in ([], ["--checkpoint", str(self.folder / "state.pt")]):
            self.clear()
            began = time.monotonic()
            status = self.run(flags)
            if status:
                raise SystemExit(f"{self.name} failed with {status}:\n{self.output()}")
            self.duration = time.monotonic() - began
            if not flags:
                self.expected = self.result()
        self.expect_equal(self.expected, self.result(), "with --checkpoint, without an interruption")
        self.expected_state = self.final_state()
        trainings = self.expected_state["trainings"].values()
        self.steps = sum(state["step"] for state in trainings)

    def expect_equal(self, expected: Any, found: Any, what: str) -> None:
        difference = first_difference(expected, found)
        if difference:
            raise Different(f"{self.name}: {what}: {difference}")

    def chain(self, kills: int) -> list[str]:
        """One training, killed up to that many times, then run to its end and compared; how it was killed."""
        self.clear()
        every = self.rng.choice(EVERY)
        flags = ["--checkpoint", str(self.folder / "state.pt"), "--resume", *every]
        died: list[str] = []
        while True:
            how, when = "", 0.0
            if len(died) < kills:
                how = self.rng.choice(DEATHS)
                when = self.rng.uniform(0, self.duration) if how == "time" else self.rng.randint(1, self.steps // 2)
                if how not in ("step", "time"):
                    when = self.rng.randint(1, 4 if every else 2)
            status = self.run(flags, how, when)
            if status == -signal.SIGKILL:
                died.append(f"{how} {when:.3g}")
                continue
            what = f"killed at {', '.join(died)} with {' '.join(every) or 'a checkpoint each epoch'}"
            if status:
                raise Different(f"{self.name}: {what}: exit status {status}\n{self.output()}")
            self.expect_equal(self.expected, self.result(), what)
            self.expect_equal(self.expected_state, self.final_state(), f"{what}, last checkpoint")
            return died

    def orphans(self, seconds: float = 60) -> int:
        """How many killed runs have left workers that don't end. PyTorch's look for their parent every five seconds."""
        end = time.monotonic() + seconds
        while (left := [group for group in self.groups if is_there(group)]) and time.monotonic() < end:
            time.sleep(0.1)
        for group in left:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        return len(left)


class Different(Exception):
    """A resumed run is not the uninterrupted one."""


def is_there(group: int) -> bool:
    """Whether one of its processes still runs; an ended one that its distant parent has not noted yet does not."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    processes = list(Path("/proc").glob("[0-9]*"))  # none where there is no /proc
    return not processes or any(_runs_in(group, process) for process in processes)


def _runs_in(group: int, process: Path) -> bool:
    try:
        state, _, its_group = (process / "stat").read_text().rpartition(")")[2].split()[:3]
    except OSError:  # it has just ended
        return False
    return int(its_group) == group and state != "Z"


def timeless(value: Any) -> Any:
    """Nested containers without times; tensors as bytes."""
    if isinstance(value, dict):
        return {key: timeless(item) for key, item in value.items() if key not in ("train_seconds", "seconds")}
    if isinstance(value, list | tuple):
        return [timeless(item) for item in value]
    if hasattr(value, "numpy"):
        array = value.detach().numpy()
        return f"{array.dtype} {array.shape}".encode() + array.tobytes()
    return value


def first_difference(expected: Any, found: Any, where: str = "") -> str:
    """Where the two differ, in words; empty if nowhere."""
    if isinstance(expected, dict) and isinstance(found, dict):
        if list(expected) != list(found):
            return f"{where}: {list(expected)} expected, {list(found)} found"
        pairs = [(expected[key], found[key], f"{where}/{key}") for key in expected]
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = [(a, b, f"{where}[{number}]") for number, (a, b) in enumerate(zip(expected, found, strict=True))]
    else:
        same = type(expected) is type(found) and (expected == found or expected != expected)
        return "" if same else f"{where}: {str(expected)[:300]} expected, {str(found)[:300]} found"
    return next((text for pair in pairs if (text := first_difference(*pair))), "")


# ------------------------------------------------------------------------------------------------------------ main


def run_engine(engine: str, args: argparse.Namespace) -> int:
    """All programs on one engine; the exit status."""
    sys.path.insert(0, str(ROOT / "reference"))
    if engine == "minitorch":
        from minitorch import as_torch

        stack: Any = as_torch()
    else:
        stack = nullcontext()
    failures = 0
    with stack, tempfile.TemporaryDirectory() as name:
        import torch

        for module in LATE_IMPORTS:
            importlib.import_module(module)
        programs = [importlib.import_module(program) for program in args.program]
        if args.plant:
            plant(args.plant, sys.modules["checkpoints"])
        for program, workers in itertools.product(programs, args.workers):
            folder = Path(name) / f"{program.__name__}{workers}"
            (folder / "out").mkdir(parents=True)
            prepare(torch, program, folder)
            bench = Bench(torch, program, folder, workers, random.Random(f"{args.seed} {engine} {folder.name}"))
            began = time.monotonic()
            kills = resumed = 0
            try:
                bench.uninterrupted()
                while kills < args.kills:
                    kills += len(bench.chain(min(args.kills - kills, bench.rng.randint(1, MOST_KILLS))))
                    resumed += 1
                verdict = "all identical"
            except Different as error:
                verdict, failures = f"DIFFERENT: {error}", failures + 1
            left = bench.orphans()
            failures += bool(left)
            print(f"{engine:9s} {bench.name:8s} {workers} workers: {kills:3d} kills, {resumed:2d} trainings resumed to the "
                  f"end, {verdict}; runs with orphans: {left}; {time.monotonic() - began:.1f} s", flush=True)  # fmt: skip
    return int(failures > 0)


def main(argv: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill_and_resume", description=__doc__.splitlines()[0])
    parser.add_argument("--program", action="append", choices=FLAGS, help="default: all; may be repeated")
    parser.add_argument("--engine", choices=("minitorch", "pytorch", "both"), default="both")
    parser.add_argument("--kills", type=int, default=10, help="of each program with each number of workers")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2], help="default: 0 and 2")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument(
        "--plant", metavar="FAULT", help="generator, order, scheduler, optimizer, repeats, skips, best, torn"
    )
    args = parser.parse_args(argv)
    args.program = args.program or list(FLAGS)
    if args.engine != "both":
        return run_engine(args.engine, args)
    words = sys.argv[1:] if argv is None else argv
    command = [sys.executable, "-m", "benchmarks.kill_and_resume", *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return max(subprocess.call([*command, "--engine", engine], cwd=ROOT, env=environment)
               for engine in ("minitorch", "pytorch"))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
