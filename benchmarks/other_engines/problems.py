"""The trainings that are measured, and the files of weights and batches from which every engine begins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Layer = tuple[Any, ...]
RELU: Layer = ("relu",)


def perceptron(*widths: int) -> list[Layer]:
    layers: list[Layer] = []
    for sizes in zip(widths, widths[1:], strict=False):
        layers += [("linear", *sizes), RELU]
    return layers[:-1]


@dataclass(frozen=True)
class Training:
    """A net, the shape of its batches, a loss and an optimizer."""

    what: str
    layers: list[Layer]
    batch: tuple[int, ...]
    classes: int = 0  # 0: one number for each example, and a squared error
    optimizer: str = "SGD"
    lr: float = 0.05
    momentum: float = 0.0
    leaves_out: tuple[str, ...] = ()  # engines that lack what it needs


TRAININGS = {
    "tiny": Training("perceptron 2-16-16-1, batch 16, squared error, SGD", perceptron(2, 16, 16, 1), (16, 2)),
    "abalone": Training("perceptron 7-64-64-32-2, batch 64, Adam", perceptron(7, 64, 64, 32, 2), (64, 7), 2, "Adam",
                        lr=0.003, leaves_out=("micrograd",)),
    "mnist": Training("perceptron 784-128-64-10, batch 64, SGD", perceptron(784, 128, 64, 10), (64, 784), 10,
                      leaves_out=("micrograd",)),
    "cifar10": Training(
        "LeNet on 3×32×32, batch 4, SGD with momentum",
        [("conv", 3, 6, 5), RELU, ("pool", 2), ("conv", 6, 16, 5), RELU, ("pool", 2), ("flatten",),
         *perceptron(400, 120, 84, 10)],
        (4, 3, 32, 32), 10, lr=0.01, momentum=0.9, leaves_out=("micrograd",)),
}  # fmt: skip
BATCHES = 8


def write(name: str, path: Path, checked: int, *, lr: float = 1.0, nudge: float = 0.0) -> Path:
    """Weights as PyTorch's layers draw them (uniform, ±1/√fan-in), and batches of noise, from one seed.

    `lr` multiplies the learning rate and `nudge` is added to one weight: for tests, which plant a difference so.
    """
    training, rng = TRAININGS[name], np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    learned = [layer for layer in training.layers if layer[0] in ("linear", "conv")]
    for i, (kind, inputs, outputs, *kernel) in enumerate(learned):
        shape = (outputs, inputs, *kernel * 2) if kind == "conv" else (outputs, inputs)
        bound = np.prod(shape[1:]) ** -0.5
        arrays[f"weight{i}"] = rng.uniform(-bound, bound, shape).astype(np.float32)
        arrays[f"bias{i}"] = rng.uniform(-bound, bound, outputs).astype(np.float32)
    arrays["weight0"].flat[0] += nudge
    inputs = rng.uniform(-1, 1, (BATCHES, *training.batch)).astype(np.float32)
    if training.classes:
        targets: Any = rng.integers(0, training.classes, (BATCHES, training.batch[0]))
    else:
        targets = np.sin(3 * inputs[..., :1]) * inputs[..., 1:]
    facts = {"layers": training.layers, "loss": "cross-entropy" if training.classes else "squared error",
             "optimizer": training.optimizer, "lr": training.lr * lr, "momentum": training.momentum,
             "checked": checked}  # fmt: skip
    np.savez(path, facts=json.dumps(facts), inputs=inputs, targets=targets, **arrays)
    return path
