"""One engine's run: the process it takes place in, followed through its trace while it lasts."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from .trace import Event

ENGINES = {"minitorch": "minitorch", "pytorch": "PyTorch"}
WAIT = 0.1  # seconds between two looks at the trace


class Run:
    """One engine's run, as its trace tells it: a number or a digest for each optimizer step."""

    losses: array[float]
    seconds: array[float]
    runs: array[int]
    passes: array[int]
    taken: int

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.version: str = ""
        self.weights: dict[int, Event] = {}
        self.losses, self.seconds = array("d"), array("d")
        self.runs, self.passes = array("L"), array("L")
        self.batches: list[str | None] = []
        self.contents: list[tuple[float, ...] | None] = []
        self.pass_lengths: dict[int, int | None] = {}
        self.figures: dict[str, Any] = {}
        self.environment: dict[str, Any] = {}
        self.taken = 0  # bytes of the trace
        self.end: Event | None = None  # None while it runs, and for a process that was killed

    def __len__(self) -> int:
        return len(self.losses)

    def take(self, event: Event) -> None:
        """Add one event of the trace."""
        kind = event["event"]
        if kind == "step":
            # Whatever is wrong with an event shows before a column grows, so that all stay equally long.
            loss = float("nan") if event["loss"] is None else event["loss"]
            numbers, places = array("d", [loss, event["seconds"]]), array("L", [event["run"], event["pass"]])
            content, batch = tuple(event["content"]) if event.get("content") else None, event["batch"]
            self.losses.append(numbers[0])
            self.seconds.append(numbers[1])
            self.runs.append(places[0])
            self.passes.append(places[1])
            self.batches.append(batch)
            self.contents.append(content)
        elif kind == "weights":
            self.weights[event["run"]] = event | {"digest": event["digest"]}
        elif kind == "pass":
            self.pass_lengths[event["pass"]] = event["batches"]
        elif kind == "start":
            self.version = event["version"]
            self.environment = event.get("environment", {})
        elif kind == "end":
            self.end = event

    def take_lines(self, events: IO[bytes], path: Path) -> None:
        """Add the events of the trace's further whole lines. ValueError for a line that is no event."""
        events.seek(self.taken)
        for line in events.read().split(b"\n")[:-1]:  # the last piece is empty, or half written
            try:
                self.take(json.loads(line))
            except (ValueError, RecursionError, KeyError, TypeError, AttributeError, OverflowError) as error:
                shown = f"{line[:60]!r} ({type(error).__name__}: {str(error)[:100]})"
                raise ValueError(f"{path} is damaged: no event of a run is {shown}") from error
            self.taken += len(line) + 1  # Ctrl-C may come at any line: what was not taken is read again

    @property
    def digests(self) -> dict[int, str | None]:
        """Of each optimizer's weights before its first step."""
        return {number: event["digest"] for number, event in self.weights.items()}

    @property
    def speed(self) -> float:
        """Training steps a second, recording left out; and the first step of each run, which warms up."""
        firsts = {run: index for index, run in reversed(list(enumerate(self.runs)))}
        seconds = sum(self.seconds) - sum(self.seconds[first] for first in firsts.values())
        count = len(self) - len(firsts)
        return count / seconds if count else math.nan


def command(engine: str, trace: str, options: dict[str, Any], script: str) -> list[str]:
    """How a child is started; the script's arguments follow."""
    return [sys.executable, "-m", "minitorch.compare.child", engine, trace, json.dumps(options), script]


def follow(
    run: Run,
    folder: Path,
    script: str,
    args: list[str],
    *,
    program: bool,
    title: str | None = None,
    options: dict[str, Any] | None = None,
    environment: dict[str, str] | None = None,
    errors: Path | None = None,
    watch: Callable[[Run], None] | None = None,
    expected: int | None = None,
    progress: bool = False,
) -> int:
    """Run one engine to its end, filling `run`; the exit status, negative for the signal that ended it.

    What is printed goes to output.txt in `folder`. Errors go to our stderr as they are written, or into the file
    `errors`. A `program` of ours is told where to leave its results. `watch` is called whenever there is news.
    """
    title = title or ENGINES[run.engine]
    trace, figures = folder / "trace.jsonl", folder / "figures.json"
    trace.write_bytes(b"")
    figures.unlink(missing_ok=True)
    ours = ["--out", str(folder), "--json", str(figures), "--no-progress"] if program else []
    words = [*command(run.engine, str(trace), options or {}, script), *args, *ours]
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(open(folder / "output.txt", "w"))
        stderr = stack.enter_context(open(errors, "w")) if errors else None
        events = stack.enter_context(open(trace, "rb"))
        # In a session of its own the child does not get the terminal's Ctrl-C: it gets ours, once, from `stop`.
        child = subprocess.Popen(words, stdout=output, stderr=stderr, env=environment, start_new_session=True)

        def take() -> None:
            run.take_lines(events, trace)

        try:
            with bar(title, expected, progress) as show:
                status = None
                while status is None:
                    time.sleep(WAIT)
                    status = child.poll()  # asked before reading: all that was written until the end is then read
                    take()
                    show(run)
                    if watch:
                        watch(run)
        finally:
            with contextlib.suppress(ValueError):  # which ended the loop, if there is one
                take()  # whether it has started, its trace tells
            stop(child, started=bool(run.version))
            with contextlib.suppress(ValueError):
                take()  # what it wrote while it was stopped
    if status < 0 and errors is None:
        print(f"error: {title}'s run was ended by signal {-status}", file=sys.stderr)
        return 1
    if status == 0 and figures.exists():
        run.figures = json.loads(figures.read_text())
    return status


def stop(child: subprocess.Popen[bytes], *, started: bool) -> None:
    """End a child that still runs, with its workers: by Ctrl-C once its program runs, by force if that does not do."""
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGINT if started else signal.SIGTERM)
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@contextlib.contextmanager
def ended_cleanly() -> Iterator[None]:
    """SIGTERM and SIGHUP end us as exceptions do, so that no child is left behind."""

    def leave(number: int, frame: Any) -> None:
        sys.exit(128 + number)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, leave) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextlib.contextmanager
def bar(title: str, expected: int | None, wanted: bool) -> Iterator[Callable[[Run], None]]:
    """A function that shows how far a run is, on a terminal where tqdm is installed.

    How many steps a program will take only its end tells: the bar is that of the present epoch, unless a run before
    gives the `expected` number.
    """
    try:
        from tqdm import tqdm
    except ImportError:
        wanted = False
    wanted = wanted and sys.stderr.isatty()
    if not wanted:
        print(f"training on {title} …", flush=True)
        yield lambda run: None
        return
    with tqdm(desc=title, leave=False, bar_format="|{bar:40}| {desc}") as line:

        def show(run: Run) -> None:
            if not len(run):
                return
            current = run.passes[-1]
            line.total = expected or run.pass_lengths.get(current)
            line.n = len(run) if expected else run.passes.count(current)
            epoch = len(set(run.passes))
            line.set_description_str(f"{title}, epoch {epoch}, {len(run):,} steps, loss {run.losses[-1]:.4f}")

        yield show
