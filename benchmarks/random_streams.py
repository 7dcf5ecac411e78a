"""Random numbers, minitorch beside PyTorch in one process: medians, and how many times PyTorch's time minitorch takes.

    python -m benchmarks.random_streams --rounds 9

Both engines on one thread (PyTorch's generators are not parallel either). In each round every call runs on PyTorch and
then on minitorch, so that a change of the machine's speed meets both; a quick call is repeated until it takes 20 ms.
On a busy machine the ratio of the fastest rounds tells more than that of the medians. Both give the same numbers: each
row checks that first.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import minitorch
from minitorch.files import write_text

MILLION = 1_000_000
SAMPLE = 0.02  # seconds a measurement takes at least


def epoch(e: Any, x: Any) -> Any:
    """The order of one epoch of a shuffled CIFAR-10, in batches of 4, as a loader's sampler hands it out."""
    data = e.utils.data
    return e.tensor(list(data.BatchSampler(data.RandomSampler(range(50_000)), 4, drop_last=False)))


# name: what is called, given the engine and a tensor of 10 million float32
CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "randperm(1_000)": lambda e, x: e.randperm(1_000),
    "randperm(10_000)": lambda e, x: e.randperm(10_000),
    "randperm(50_000)": lambda e, x: e.randperm(50_000),
    "randperm(60_000)": lambda e, x: e.randperm(60_000),
    "randperm(1_000_000)": lambda e, x: e.randperm(MILLION),
    "uniform_(), 10 million float32": lambda e, x: x.uniform_(),
    "uniform_(-0.1, 0.1), 10 million float32": lambda e, x: x.uniform_(-0.1, 0.1),
    "rand, 10 million float32": lambda e, x: e.rand(10 * MILLION),
    "rand, 10 million float64": lambda e, x: e.rand(10 * MILLION, dtype=e.float64),
    "rand(64)": lambda e, x: e.rand(64),
    "randn, 1 million float32": lambda e, x: e.randn(MILLION),
    "randn, 1 million float64": lambda e, x: e.randn(MILLION, dtype=e.float64),
    "randn(64)": lambda e, x: e.randn(64),
    "randint(10), 1 million": lambda e, x: e.randint(10, (MILLION,)),
    "bernoulli_(0.5), 1 million": lambda e, x: x[:MILLION].bernoulli_(0.5),
    "dropout(0.5), 64 × 1024": lambda e, x: e.nn.functional.dropout(x[: 64 * 1024].view(64, 1024), 0.5),
    "Linear(784, 128)": lambda e, x: e.nn.Linear(784, 128).weight.detach(),
    "order of an epoch of 50,000, batches of 4": epoch,
}


def seconds(call: Callable[[], Any], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def measure(name: str, rounds: int) -> dict[str, Any]:
    """Median seconds of both engines for one call."""
    calls, results = {}, []
    for engine in (torch, minitorch):
        x = engine.ones(10 * MILLION)
        engine.manual_seed(0)
        calls[engine.__name__] = lambda engine=engine, x=x: CALLS[name](engine, x)
        results.append(calls[engine.__name__]().numpy().copy())
    same = (results[0] == results[1]).all()  # and the call is warm
    repeats = {engine: max(1, round(SAMPLE / seconds(call, 1))) for engine, call in calls.items()}
    times: dict[str, list[float]] = {engine: [] for engine in calls}
    for _ in range(rounds):
        for engine, call in calls.items():
            times[engine].append(seconds(call, repeats[engine]))
    medians = {engine: statistics.median(values) for engine, values in times.items()}
    ratios = [ours / theirs for ours, theirs in zip(times["minitorch"], times["torch"], strict=True)]
    fastest = min(times["minitorch"]) / min(times["torch"])
    return medians | {"ratio": statistics.median(ratios), "ratio_of_fastest": fastest, "same_numbers": bool(same)}


def spelled(value: float) -> str:
    """Seconds as µs or ms."""
    return f"{value * 1e6:9.1f} µs" if value < 1e-3 else f"{value * 1e3:9.2f} ms"


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table, write it as JSON if asked; 1 if some numbers differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.random_streams", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", help="calls whose name contains this")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    results = {}
    print(f"{'median of ' + str(args.rounds):42} {'PyTorch':>12} {'minitorch':>12} {'ratio':>6} {'of fastest':>10}")
    for name in CALLS:
        if args.only and args.only not in name:
            continue
        result = results[name] = measure(name, args.rounds)
        note = "" if result["same_numbers"] else "   other numbers!"
        print(
            f"{name:42} {spelled(result['torch'])} {spelled(result['minitorch'])} {result['ratio']:6.2f} "
            f"{result['ratio_of_fastest']:10.2f}{note}",
            flush=True,
        )
    if args.json:
        write_text(args.json, json.dumps({"rounds": args.rounds, "torch": torch.__version__, "calls": results}, indent=1))
    return 0 if all(result["same_numbers"] for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
