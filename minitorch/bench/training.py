"""Training steps of small nets, and one net's inference, in float32.

A step is zero_grad, forward, loss, backward, the optimizer's step, and `loss.item()`. A few batches are made beforehand
and taken in turn. Pixels come from `rand` and labels from `randint`, which give both engines the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from .engines import Engine
from .workload import SEED, Running, Workload

MOST_IMAGES = 512  # in all batches together
MOST_BATCHES = 8


def cifar10_net(torch: Any, image: int = 32) -> Any:
    """The net of the CIFAR-10 program, for square images of any size."""
    nn = torch.nn
    left = ((image - 4) // 2 - 4) // 2
    return nn.Sequential(
        nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * left * left, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def perceptron(torch: Any, *widths: int) -> Any:
    """Linear layers with ReLU between."""
    layers: list[Any] = []
    for inputs, outputs in zip(widths, widths[1:], strict=False):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def block_net(torch: Any, extras: bool = False) -> Any:
    """Three blocks of twice (3×3 convolution, ReLU) and a pooling; `extras` adds batch norm and dropout."""
    nn, layers, channels = torch.nn, [], 3
    for width in (32, 64, 128):
        for _ in range(2):
            norm = [nn.BatchNorm2d(width)] if extras else []
            layers += [nn.Conv2d(channels, width, 3, padding=1), *norm, nn.ReLU()]
            channels = width
        layers += [nn.MaxPool2d(2), *([nn.Dropout(0.25)] if extras else [])]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 4 * 4, 10))


def batches(torch: Any, shape: tuple[int, ...], classes: int) -> list[tuple[Any, Any]]:
    """Inputs from −1 to 1 with a label each."""
    count = max(1, min(MOST_BATCHES, MOST_IMAGES // shape[0]))
    return [(torch.rand(*shape) * 2 - 1, torch.randint(0, classes, (shape[0],))) for _ in range(count)]


def training_step(net: Any, optimizer: Any, criterion: Any, data: list[tuple[Any, Any]]) -> Running:
    """The step that a training loop repeats."""
    taken = cycle(data)

    def step() -> float:
        inputs, labels = next(taken)
        optimizer.zero_grad()
        loss = criterion(net(inputs), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return Running(step, [*net.parameters(), *(tensor for pair in data for tensor in pair)])


def captured_step(engine: Engine, net: Any, optimizer: Any, criterion: Any, data: list[tuple[Any, Any]]) -> Running:
    """The same step as a CUDA graph, by what either engine has for it: minitorch.compile, torch.cuda.graph."""
    torch, taken = engine.torch, cycle(data)

    def step(inputs: Any, labels: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(net(inputs), labels)
        loss.backward()
        optimizer.step()
        return loss

    run = torch.compile(step, mode="reduce-overhead") if engine.name == "minitorch" else Graph(torch, step)
    return Running(lambda: run(*next(taken)).item(), [*net.parameters(), *(tensor for pair in data for tensor in pair)])


class Graph:
    """A step of PyTorch's as a CUDA graph, as its documentation makes one: a few steps as ever, then it is recorded."""

    torch: Any
    step: Callable[..., Any]
    calls: int

    def __init__(self, torch: Any, step: Callable[..., Any]) -> None:
        self.torch, self.step, self.calls = torch, step, 0

    def __call__(self, *batch: Any) -> Any:
        torch = self.torch
        if not torch.cuda.is_available():
            return self.step(*batch)
        self.calls += 1
        if self.calls <= 3:
            stream = torch.cuda.Stream()
            with torch.cuda.stream(stream):
                loss = self.step(*batch)
            torch.cuda.current_stream().wait_stream(stream)
            return loss
        if self.calls == 4:
            self.batch: list[Any] = [tensor.clone() for tensor in batch]
            self.graph: Any = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self.loss: Any = self.step(*self.batch)
        for kept, tensor in zip(self.batch, batch, strict=True):
            kept.copy_(tensor)
        self.graph.replay()
        return self.loss


@dataclass(frozen=True)
class Model:
    """This net, trained on batches of this shape; without an optimizer, its forward pass alone, under no_grad.

    Weights and batches are drawn on the CPU and moved to the engine's device, so that they are the same everywhere.
    The engines in `captured` take the step as a CUDA graph.
    """

    net: Callable[[Any], Any]
    shape: tuple[int, ...]
    optimizer: Callable[[Any, Any], Any] | None
    classes: int = 10
    captured: tuple[str, ...] = ()

    def build(self, engine: Engine, folder: Path | None) -> Running:
        """A workload's `build`."""
        torch, device = engine.torch, engine.device
        torch.manual_seed(SEED)
        made = self.net(torch).to(device)
        data = [(x.to(device), y.to(device)) for x, y in batches(torch, self.shape, self.classes)]
        if self.optimizer is None:
            return inference(torch, made.eval(), data)
        optimizer, criterion = self.optimizer(torch, made.parameters()), torch.nn.CrossEntropyLoss()
        if engine.name in self.captured:
            return captured_step(engine, made, optimizer, criterion, data)
        return training_step(made, optimizer, criterion, data)


def classifier(
    net: Callable[[Any], Any], shape: tuple[int, ...], optimizer: Callable[[Any, Any], Any]
) -> Callable[[Engine, Path | None], Running]:
    """A workload's `build`: this net, trained on batches of this shape."""
    return Model(net, shape, optimizer).build


def inference(torch: Any, net: Any, data: list[tuple[Any, Any]]) -> Running:
    """The forward pass alone, under no_grad."""
    taken = cycle(data)

    def step() -> Any:
        with torch.no_grad():
            return net(next(taken)[0])

    return Running(step, [*net.parameters(), *(images for images, _ in data)])


def momentum(torch: Any, parameters: Any) -> Any:
    return torch.optim.SGD(parameters, lr=0.001, momentum=0.9)


def sgd(torch: Any, parameters: Any) -> Any:
    return torch.optim.SGD(parameters, lr=0.01)


def adam(torch: Any, parameters: Any) -> Any:
    return torch.optim.Adam(parameters)


def cifar10(batch: int) -> Callable[[Engine, Path | None], Running]:
    return classifier(cifar10_net, (batch, 3, 32, 32), momentum)


def workload(name: str, what: str, model: Model) -> Workload:
    return Workload(name, "training", what, model.build, model=model)


def cifar10_model(batch: int) -> Model:
    return Model(cifar10_net, (batch, 3, 32, 32), momentum)


def mnist_model(batch: int) -> Model:
    return Model(lambda torch: perceptron(torch, 784, 128, 64, 10), (batch, 784), sgd)


def blocks_model(batch: int) -> Model:
    return Model(block_net, (batch, 3, 32, 32), adam)


TRAINING = [
    workload("cifar10-4", "the CIFAR-10 program's net, batches of 4, SGD with momentum", cifar10_model(4)),
    workload("cifar10-64", "the same with batches of 64", cifar10_model(64)),
    workload("cifar10-256", "the same with batches of 256", cifar10_model(256)),
    workload("mnist", "perceptron 784-128-64-10, batches of 64, SGD", mnist_model(64)),
    workload("abalone", "perceptron 7-64-64-32-2, batches of 64, Adam",
             Model(lambda torch: perceptron(torch, 7, 64, 64, 32, 2), (64, 7), adam, classes=2)),
    workload("blocks", "6 convolutions of 32 to 128 channels in 3 blocks, batches of 64, Adam", blocks_model(64)),
    workload("blocks-norm", "the same with batch norm and dropout",
             Model(lambda torch: block_net(torch, extras=True), (64, 3, 32, 32), adam)),
    workload("inference", "the forward pass of `blocks` under no_grad, batches of 256",
             Model(block_net, (256, 3, 32, 32), None)),
]  # fmt: skip
