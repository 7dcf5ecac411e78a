"""The process whose peak memory is measured: `python -m minitorch.bench.child ENGINE WORKLOAD FOLDER THREADS`.

It imports one engine, sets the workload up, takes a few steps, and prints a JSON object, or null where the system does
not tell.
"""

from __future__ import annotations

import sys
from pathlib import Path

from . import memory
from .catalogue import by_name
from .engines import Engine


def main(argv: list[str]) -> int:
    name, workload, folder, threads = argv
    engine = Engine(name)
    engine.set_threads(int(threads) or None)
    build = by_name()[workload].build
    assert build is not None
    running = build(engine, Path(folder) if folder else None)
    until_now = memory.status("VmHWM")
    setup = memory.restart_peak()
    for _ in range(memory.STEPS):
        running.step()
    peak = memory.status("VmHWM")
    running.close()
    found = None
    if peak is not None and setup is not None and until_now is not None:
        found = memory.Memory(max(peak, until_now), peak - setup)
    print(memory.as_json(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
