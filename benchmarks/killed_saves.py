"""A process that saves in a loop is killed, again and again: is the file that it leaves whole each time?

    python -m benchmarks.killed_saves [--kills 200] [--seed 0] [--in-place]

Each child replaces one file by the next, as a checkpoint, a safetensors file (where that library is installed) or a text,
in turn, and reports each save that has returned. It gets SIGKILL at a random moment of a save. Then the file must hold
the last reported number or the one after it, and all numbers that belong to it. `--in-place` writes as a plain open does
instead, to show that this would notice: the exit status is 1 if a file was not whole.

What is printed says also how many children died while a temporary file was there, that is, while one was being written;
such a file stays behind, and nothing ever reads it.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import minitorch
import minitorch.files
import minitorch.safetensors
import minitorch.serialization

NUMBERS = 50_000  # in each file


def save_checkpoint(n: int, path: Path) -> None:
    minitorch.save({"n": n, "w": minitorch.full((NUMBERS,), float(n)), "again": n}, path)


def read_checkpoint(path: Path) -> int | None:
    found = minitorch.load(path)
    whole = found["again"] == found["n"] and found["w"].tolist() == [float(found["n"])] * NUMBERS
    return found["n"] if whole else None


def save_safetensors(n: int, path: Path) -> None:
    minitorch.safetensors.save_file({"n": minitorch.tensor(n), "w": minitorch.full((NUMBERS,), float(n))}, path)


def read_safetensors(path: Path) -> int | None:
    found = minitorch.safetensors.load_file(path)
    n = int(found["n"])
    return n if found["w"].tolist() == [float(n)] * NUMBERS else None


def save_text(n: int, path: Path) -> None:
    minitorch.files.write_text(path, json.dumps([n] * NUMBERS))


def read_text(path: Path) -> int | None:
    found = json.loads(path.read_text())
    return found[0] if found == [found[0]] * NUMBERS else None


KINDS: dict[str, tuple[Callable[[int, Path], None], Callable[[Path], int | None]]] = {
    "checkpoint": (save_checkpoint, read_checkpoint),
    "text": (save_text, read_text),
}
if importlib.util.find_spec("safetensors"):
    KINDS["safetensors"] = (save_safetensors, read_safetensors)


def child(save: Callable[[int, Path], None], first: int, path: Path, report: int) -> None:
    """Save in a loop, until killed."""
    n = first
    while True:
        save(n, path)
        os.write(report, n.to_bytes(4, "little"))
        n += 1


def kill_one(save: Callable[[int, Path], None], first: int, path: Path, moment: float) -> int:
    """Start a child, let it save once, kill it `moment` seconds later; the last number that it reported."""
    out, report = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            child(save, first, path, report)
        finally:
            os._exit(1)
    os.close(report)
    reported = os.read(out, 4)
    time.sleep(moment)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if not reported or os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
        raise RuntimeError("the child ended by itself")
    while more := os.read(out, 4096):
        reported = more[-4:]
    os.close(out)
    return int.from_bytes(reported, "little")


@contextlib.contextmanager
def in_place(path: Any, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """Writing as a plain open does."""
    with open(path, "wb") as file:
        yield file


def main(argv: list[str] | None = None) -> int:
    """Kill, look, count; the exit status."""
    parser = argparse.ArgumentParser(description="Kill a process that saves, and look at the file it leaves.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--in-place", action="store_true", help="write as a plain open does: this must be noticed")
    options = parser.parse_args(argv)
    if options.in_place:
        minitorch.files.replacing = minitorch.serialization.replacing = minitorch.safetensors.replacing = in_place
    source = random.Random(options.seed)
    whole, writing, broken = 0, 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lasts = dict.fromkeys(KINDS, 0)
        lengths = {}
        for kind, (save, _) in KINDS.items():
            began = time.perf_counter()
            for _ in range(3):
                save(0, folder / kind)
            lengths[kind] = (time.perf_counter() - began) / 3
        for i in range(options.kills):
            kind = list(KINDS)[i % len(KINDS)]
            save, read = KINDS[kind]
            path = folder / kind
            last = kill_one(save, lasts[kind] + 1, path, source.uniform(0, 1.5 * lengths[kind]))
            left = [other for other in os.listdir(folder) if other not in KINDS]
            writing += bool(left)
            for other in left:
                (folder / other).unlink()
            try:
                found = read(path)
            except Exception as error:  # whatever is wrong with it
                found, why = None, f"{type(error).__name__}: {error}"
            else:
                why = f"{found} instead of {last} or {last + 1}"
            if found in (last, last + 1):
                whole += 1
            else:
                broken.append(f"{kind}: {why}")
                save(last + 1, path)
            lasts[kind] = last + 1
    for line in broken[:5]:
        print(f"not whole: {line[:200]}")
    kinds = ", ".join(KINDS)
    print(f"{options.kills} kills of a process that saves ({kinds}): {whole} files whole, {len(broken)} not; ", end="")
    print(f"{writing} of them while a temporary file was being written")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
