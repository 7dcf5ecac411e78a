"""The bare training step of the CIFAR-10 program: forward, backward, SGD with momentum, on a batch of 4 that is there.

    python -m benchmarks.bare_step                          minitorch and PyTorch
    python -m benchmarks.bare_step --against ../before      this minitorch and that of another checkout

Each contender runs in a process of its own, which takes turns with the other's: a block of steps here, a block of steps
there. The table gives the median microseconds of a step over all blocks, and the median of the blocks' ratios, since
neighbours in time share what else the machine is doing. One thread each.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
WORKER = """
import sys, time
import {engine} as torch
torch.manual_seed(0)
torch.set_num_threads(1)
nn = torch.nn
net = nn.Sequential(
    nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2, 2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2, 2),
    nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
criterion = nn.CrossEntropyLoss()
x, y = torch.randn(4, 3, 32, 32), torch.randint(0, 10, (4,))
def step():
    optimizer.zero_grad()
    loss = criterion(net(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()
for line in sys.stdin:  # a line: how many steps to take
    begin = time.perf_counter()
    for _ in range(int(line)):
        step()
    print((time.perf_counter() - begin) / int(line) * 1e6, flush=True)
"""


class Contender:
    """A process that takes steps when it is told to."""

    def __init__(self, engine: str, checkout: Path) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(checkout)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER.format(engine=engine)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=checkout)  # fmt: skip

    def block(self, steps: int) -> float:
        """Microseconds of a step, over `steps` steps."""
        self.process.stdin.write(f"{steps}\n")  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]
        return float(self.process.stdout.readline())  # type: ignore[union-attr]

    def close(self) -> None:
        self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait()


def main() -> int:
    """Take turns and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_step", description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, help="another checkout of minitorch (default: PyTorch)")
    parser.add_argument("--blocks", type=int, default=40)
    parser.add_argument("--steps", type=int, default=100, help="of a block")
    args = parser.parse_args()
    other = ("minitorch", args.against.resolve()) if args.against else ("torch", HERE)
    names = ["minitorch", f"minitorch in {args.against}" if args.against else "PyTorch"]
    contenders = [Contender("minitorch", HERE), Contender(*other)]
    for contender in contenders:
        contender.block(args.steps)
    times = [[contender.block(args.steps) for contender in contenders] for _ in range(args.blocks)]
    for contender in contenders:
        contender.close()
    print("| | µs a step, median | fastest block |\n|---|---|---|")
    for name, values in zip(names, zip(*times, strict=True), strict=True):
        print(f"| {name} | {statistics.median(values):.0f} | {min(values):.0f} |")
    print(f"\nratio, median of {args.blocks} blocks: {statistics.median(a / b for a, b in times):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
