"""The coverage-guided fuzzer's own process: atheris (libFuzzer for Python) around one target.

    python -m benchmarks.fuzz.guided FORMAT CORPUS FINDINGS [libFuzzer's flags]

Why atheris: it instruments bytecode, so that which branches a file takes, and which bytes it was compared with, decide
what is tried next; a process makes a thousand tries a second and more; and it is kept up. (Hypothesis has no memory
between runs and no coverage; pythonfuzz was last released in 2019.) Nothing but this file imports it.

A finding does not end the run: it is noted, once for each kind, and the run goes on.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
from pathlib import Path

import atheris

INSTRUMENTED = [
    "PIL", "benchmarks.pack_data", "gzip", "json", "minitorch.archive", "minitorch.compare", "minitorch.lessons",
    "minitorch.safetensors", "minitorch.serialization", "minitorch.unpickling", "minitorch.vision.datasets",
    "reference.abalone", "tarfile", "zipfile",
]  # fmt: skip
ROOM = 3 << 30  # bytes of memory that may be asked for beyond what the process has at the start


def main(argv: list[str]) -> None:
    name, corpus, findings, *flags = argv
    with atheris.instrument_imports(include=INSTRUMENTED):
        from . import mutations
        from .targets import TARGETS, Finding, minimal, probe
    target = TARGETS[name]
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for seed in target.seeds():  # what is imported late is imported now
        assert probe(target, seed, folder, memory=False)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, used + ROOM))
    seen: set[str] = set()
    count = taken = 0

    def one(data: bytes) -> None:
        nonlocal count, taken
        count += 1
        try:
            taken += probe(target, data, folder, memory=count % 16 == 0)
        except Finding as found:
            if found.key not in seen:
                seen.add(found.key)
                small = minimal(target, data, folder, found.key)
                number = len(list(Path(findings).glob("*.bin")))
                Path(findings, f"{number:03}.bin").write_bytes(small)
                Path(findings, f"{number:03}.txt").write_text(f"{found.key}\n{found}\n{small[:400]!r}\n")
                print(f"FINDING {found.key}: {found}", file=sys.stderr, flush=True)
        if count % 1000 == 0:
            Path(findings, "taken").write_text(f"{taken} of {count}")

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        """Half of the changes are those of the format, half libFuzzer's own."""
        choose = random.Random(seed).randrange
        if choose(2):
            return atheris.Mutate(data, most)
        return mutations.damaged(data, target.fields, choose)[:most]

    atheris.Setup(["fuzz", *flags, corpus], one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
