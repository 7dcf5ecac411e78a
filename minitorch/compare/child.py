"""The process that one engine runs in: `python -m minitorch.compare.child ENGINE TRACE SCRIPT [ARGS…]`.

ENGINE is minitorch or pytorch. SCRIPT runs as `python SCRIPT ARGS…` would; TRACE becomes a file of the events that
trace.py describes, one JSON object a line, begun by {"event": "start", "engine": …, "version": …}. A process each: the
engines share no state, no threads and no memory, and each one's peak memory and speed are its own.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time

from ..as_torch import as_torch, execute
from .trace import Event, recording


def main(argv: list[str]) -> int:
    engine, trace, script, *args = argv
    with contextlib.ExitStack() as stack:
        if engine == "minitorch":
            stack.enter_context(as_torch())
        import torch

        stream = stack.enter_context(open(trace, "w", encoding="utf-8"))
        flushed = -1.0

        def write(event: Event) -> None:
            nonlocal flushed
            stream.write(json.dumps(event) + "\n")
            if time.monotonic() - flushed > 0.1:  # often enough for whoever follows along
                stream.flush()
                flushed = time.monotonic()

        write({"event": "start", "engine": engine, "version": str(torch.__version__)})
        stack.enter_context(recording(torch, write))
        return execute(script, args)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
