"""How exact are float32 gradients? Both engines' against PyTorch's float64 ones, on the CIFAR-10 net.

    python -m benchmarks.gradient_precision

For 100 random batches of four: ‖g32 − g64‖/‖g64‖ of each parameter's gradient, mean over the batches.
"""

from __future__ import annotations

import numpy as np
import torch

import minitorch
from reference.cifar10 import Net as TorchNet

BATCHES = 100


def minitorch_net() -> minitorch.nn.Module:
    """The same class, made of minitorch's layers."""
    import importlib
    import sys

    with minitorch.as_torch():
        theirs = sys.modules.pop("reference.cifar10")
        try:
            return importlib.import_module("reference.cifar10").Net()
        finally:
            sys.modules["reference.cifar10"] = theirs


def gradients(engine, net, weights, dtype, images, labels) -> list[np.ndarray]:
    net.load_state_dict({name: engine.tensor(value) for name, value in weights.items()})
    net = net.to(dtype)
    net.zero_grad()
    engine.nn.functional.cross_entropy(net(engine.tensor(images).to(dtype)), engine.tensor(labels)).backward()
    return [parameter.grad.numpy().astype(np.float64) for parameter in net.parameters()]


def main() -> None:
    torch.manual_seed(0)
    nets = {"minitorch": (minitorch, minitorch_net()), "PyTorch": (torch, TorchNet())}
    exact = TorchNet()
    weights = {name: value.numpy().copy() for name, value in nets["PyTorch"][1].state_dict().items()}
    rng = np.random.default_rng(0)
    errors: dict[str, list[list[float]]] = {name: [] for name in nets}
    for _ in range(BATCHES):
        images = rng.normal(size=(4, 3, 32, 32)).astype(np.float32)
        labels = rng.integers(0, 10, size=4)
        truth = gradients(torch, exact, weights, torch.float64, images, labels)
        for name, (engine, net) in nets.items():
            found = gradients(engine, net, weights, engine.float32, images, labels)
            errors[name].append([np.linalg.norm(f - t) / np.linalg.norm(t) for f, t in zip(found, truth, strict=True)])
    print(f"{'relative error, 1e-7':22}" + "".join(f"{name:>14}" for name in weights))
    for name, values in errors.items():
        print(f"{name:22}" + "".join(f"{value * 1e7:14.2f}" for value in np.mean(values, 0)))


if __name__ == "__main__":
    main()
