"""One training step, written for each engine as its own documentation would write it, and the process that takes it.

This file is run by the Python that has the engine, 3.10 or newer, and imports NumPy and the engine alone.

    python engines.py ENGINE

Commands come in as lines of JSON and are answered with one: {"problem": FILE} builds the net from the weights in FILE,
takes its first steps and says their losses; {"steps": N} takes N more and says how long they took.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import platform
import sys
import time

import numpy as np

# Of Adam. DeZero and Chainer add it to √v before the correction of v, the others after: with PyTorch's 10⁻⁸ the losses
# of the first steps would differ by 10⁻⁴.
EPS = 1e-12


class Problem:
    """What `problems.py` wrote: layers, weights, batches, the loss and the optimizer."""

    def __init__(self, path):
        with np.load(path) as saved:
            arrays = {name: saved[name] for name in saved.files}
        self.facts = json.loads(str(arrays.pop("facts")))
        self.layers = [tuple(layer) for layer in self.facts["layers"]]
        self.batches = list(zip(arrays["inputs"], arrays["targets"], strict=True))
        self.classes = self.facts["loss"] == "cross-entropy"
        self.arrays = arrays

    def weights(self):
        """(weight, bias) of each layer that has them; a copy, since optimizers write into it."""
        count = sum(name.startswith("weight") for name in self.arrays)
        return iter([(self.arrays[f"weight{i}"].copy(), self.arrays[f"bias{i}"].copy()) for i in range(count)])


def torch_optimizer(optim, parameters, facts):
    """The optimizer, from a module that names them as PyTorch does."""
    if facts["optimizer"] == "Adam":
        return optim.Adam(parameters, lr=facts["lr"], eps=EPS)
    return optim.SGD(parameters, lr=facts["lr"], momentum=facts["momentum"])


def torch_like(torch, problem):
    nn, weights, layers = torch.nn, problem.weights(), []
    for kind, *sizes in problem.layers:
        if kind in ("linear", "conv"):
            layers.append(nn.Linear(*sizes) if kind == "linear" else nn.Conv2d(*sizes))
            for parameter, value in zip(layers[-1].parameters(), next(weights), strict=True):
                parameter.data.copy_(torch.from_numpy(value))
        else:
            layers.append({"relu": nn.ReLU, "flatten": nn.Flatten, "pool": nn.MaxPool2d}[kind](*sizes))
    net = nn.Sequential(*layers)
    optimizer = torch_optimizer(torch.optim, net.parameters(), problem.facts)
    criterion = nn.CrossEntropyLoss() if problem.classes else nn.MSELoss()
    batches = itertools.cycle([(torch.from_numpy(x), torch.from_numpy(y)) for x, y in problem.batches])

    def step():
        x, y = next(batches)
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def minitorch(problem):
    import minitorch as engine

    engine.set_num_threads(1)
    return torch_like(engine, problem)


def pytorch(problem):
    import torch as engine

    engine.set_num_threads(1)
    return torch_like(engine, problem)


def tinygrad(problem):
    """With TinyJit, as tinygrad's own examples do: the third step and all after it replay compiled kernels."""
    from tinygrad import Context, Tensor, TinyJit, nn

    weights, layers, learned = problem.weights(), [], []
    for kind, *sizes in problem.layers:
        if kind in ("linear", "conv"):
            layer = nn.Linear(*sizes) if kind == "linear" else nn.Conv2d(*sizes)
            weight, bias = next(weights)
            layer.weight.assign(Tensor(weight)).realize()
            layer.bias.assign(Tensor(bias)).realize()
            layers.append(layer)
            learned.append(layer)
        else:
            layers.append({"relu": Tensor.relu, "pool": Tensor.max_pool2d, "flatten": lambda x: x.flatten(1)}[kind])
    optimizer = torch_optimizer(nn.optim, nn.state.get_parameters(learned), problem.facts)
    batches = itertools.cycle([(Tensor(x).realize(), Tensor(y).realize()) for x, y in problem.batches])

    @TinyJit
    def compiled(x, y):
        optimizer.zero_grad()
        out = x.sequential(layers)
        loss = out.sparse_categorical_crossentropy(y) if problem.classes else (out - y).square().mean()
        loss.backward()
        return loss.realize(*optimizer.schedule_step())

    def step():
        with Context(TRAINING=1):
            return compiled(*next(batches)).item()

    return step


def chainer_like(optimizers, F, net, batches, problem):
    """The step of an engine with Chainer's optimizers, functions and nets."""
    facts = problem.facts
    if facts["optimizer"] == "Adam":
        optimizer = optimizers.Adam(facts["lr"], eps=EPS)
    elif facts["momentum"]:
        optimizer = optimizers.MomentumSGD(facts["lr"], facts["momentum"])
    else:
        optimizer = optimizers.SGD(facts["lr"])
    optimizer.setup(net)
    criterion = F.softmax_cross_entropy if problem.classes else F.mean_squared_error
    rounds = itertools.cycle(batches)

    def step():
        x, y = next(rounds)
        net.cleargrads()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.update()
        return float(loss.data)

    return step


def chainer(problem):
    import chainer
    import chainer.functions as F
    import chainer.links as L

    weights, layers = problem.weights(), []
    for kind, *sizes in problem.layers:
        if kind in ("linear", "conv"):
            weight, bias = next(weights)
            link = L.Linear if kind == "linear" else L.Convolution2D
            layers.append(link(*sizes, initialW=weight, initial_bias=bias))
        else:
            flatten, pool = lambda x: F.reshape(x, (len(x), -1)), lambda x: F.max_pooling_2d(x, 2)
            layers.append({"relu": F.relu, "flatten": flatten, "pool": pool}[kind])
    net = chainer.Sequential(*layers)
    batches = [(x, y.astype(np.int32) if problem.classes else y) for x, y in problem.batches]
    return chainer_like(chainer.optimizers, F, net, batches, problem)


def dezero(problem):
    import dezero
    import dezero.functions as F
    import dezero.layers as L

    class Net(dezero.Model):
        def __init__(self):
            super().__init__()
            weights, self.steps = problem.weights(), []
            for i, (kind, *sizes) in enumerate(problem.layers):
                if kind in ("linear", "conv"):
                    weight, bias = next(weights)
                    if kind == "linear":
                        layer = L.Linear(sizes[1], in_size=sizes[0])
                        layer.W.data = np.ascontiguousarray(weight.T)
                    else:
                        layer = L.Conv2d(sizes[1], sizes[2], in_channels=sizes[0])
                        layer.W.data = weight
                    layer.b.data = bias
                    setattr(self, f"layer{i}", layer)
                    self.steps.append(layer)
                else:
                    pool = lambda x: F.pooling(x, 2, 2)  # noqa: E731
                    self.steps.append({"relu": F.relu, "flatten": F.flatten, "pool": pool}[kind])

        def forward(self, x):
            for step in self.steps:
                x = step(x)
            return x

    return chainer_like(dezero.optimizers, F, Net(), problem.batches, problem)


def autograd(problem):
    """Functions of plain arrays and their derivative; it has no layers, so these are written in its NumPy, as its
    examples do, and convolution is its scipy.signal's. Its Adam is a loop of its own, not a step: written out here."""
    import autograd.numpy as anp
    from autograd import value_and_grad

    facts = problem.facts
    if any(kind == "conv" for kind, *_ in problem.layers):
        from autograd.scipy.signal import convolve

    def loss_of(parameters, x, y):
        weights = iter(parameters)
        for kind, *_ in problem.layers:
            if kind == "linear":
                weight, bias = next(weights)
                x = anp.dot(x, weight.T) + bias
            elif kind == "conv":
                weight, bias = next(weights)
                kernel = anp.swapaxes(weight[:, :, ::-1, ::-1], 0, 1)
                x = convolve(x, kernel, axes=([2, 3], [2, 3]), dot_axes=([1], [0]), mode="valid")
                x = x + bias[:, None, None]
            elif kind == "relu":
                x = anp.maximum(x, 0)
            elif kind == "pool":
                n, c, h, w = x.shape
                x = anp.max(anp.max(anp.reshape(x, (n, c, h // 2, 2, w // 2, 2)), axis=5), axis=3)
            else:
                x = anp.reshape(x, (len(x), -1))
        if not problem.classes:
            return anp.mean((x - y) ** 2)
        x = x - anp.max(x, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(x), axis=1)) - x[anp.arange(len(y)), y])

    loss_and_gradients = value_and_grad(loss_of)
    parameters = [list(pair) for pair in problem.weights()]
    flat = [array for pair in parameters for array in pair]
    first, second = [np.zeros_like(a) for a in flat], [np.zeros_like(a) for a in flat]
    batches, count = itertools.cycle(problem.batches), itertools.count(1)

    def step():
        loss, gradients = loss_and_gradients(parameters, *next(batches))
        t = next(count)
        for p, g, m, v in zip(flat, itertools.chain(*gradients), first, second, strict=True):
            if facts["optimizer"] == "Adam":
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                p -= facts["lr"] / (1 - 0.9**t) * m / (np.sqrt(v / (1 - 0.999**t)) + EPS)
            elif facts["momentum"]:
                m *= facts["momentum"]
                m += g
                p -= facts["lr"] * m
            else:
                p -= facts["lr"] * g
        return float(loss)

    return step


def micrograd(problem):
    """A scalar engine with +, ·, power and ReLU: perceptrons with a squared error, in Python's floats."""
    from micrograd.nn import MLP

    linear = [sizes for kind, *sizes in problem.layers if kind == "linear"]
    net = MLP(linear[0][0], [outputs for _, outputs in linear])
    for layer, (weight, bias) in zip(net.layers, problem.weights(), strict=True):
        for neuron, row, b in zip(layer.neurons, weight, bias, strict=True):
            neuron.b.data = float(b)
            for value, number in zip(neuron.w, row, strict=True):
                value.data = float(number)
    batches = itertools.cycle([(x.tolist(), y[:, 0].tolist()) for x, y in problem.batches])

    def step():
        xs, ys = next(batches)
        loss = sum((net(x) - y) ** 2 for x, y in zip(xs, ys, strict=True)) * (1 / len(xs))
        net.zero_grad()
        loss.backward()
        for p in net.parameters():
            p.data -= problem.facts["lr"] * p.grad
        return loss.data

    return step


ENGINES = {
    "minitorch": (minitorch, "minitorch"), "pytorch": (pytorch, "torch"), "tinygrad": (tinygrad, "tinygrad"),
    "autograd": (autograd, "autograd"), "micrograd": (micrograd, "micrograd"), "dezero": (dezero, "dezero"),
    "chainer": (chainer, "chainer"),
}  # fmt: skip


def version(package):
    """Its version; minitorch of a checkout says its own."""
    from importlib import import_module, metadata

    names = [package, "minitorch-engine"] if package == "minitorch" else [package]
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return str(import_module(package).__version__)


def answer(state, engine, command):
    """What one command gives."""
    if "problem" in command:
        problem = Problem(command["problem"])
        state["step"] = ENGINES[engine][0](problem)
        losses, seconds = [], []
        for _ in range(problem.facts["checked"]):
            began = time.perf_counter()
            losses.append(float(state["step"]()))
            seconds.append(time.perf_counter() - began)
        return {"losses": losses, "seconds": seconds}
    step, steps = state["step"], command["steps"]
    began = time.perf_counter()
    for _ in range(steps):
        loss = step()
    return {"seconds": (time.perf_counter() - began) / steps, "loss": float(loss)}


def main():
    """Answer commands until there are no more. What engines print goes to stderr."""
    engine, out, state = sys.argv[1], os.fdopen(os.dup(1), "w"), {}
    os.dup2(2, 1)
    function, package = ENGINES[engine]
    try:
        module = __import__(package)
        said = {"version": version(package), "numpy": np.__version__, "python": platform.python_version(),
                "folder": os.path.dirname(module.__file__)}  # fmt: skip
    except Exception as error:  # whatever an engine that does not fit this Python may raise
        said = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(said), file=out, flush=True)
    for line in sys.stdin:
        try:
            said = answer(state, engine, json.loads(line))
        except Exception as error:
            said = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), file=out, flush=True)


if __name__ == "__main__":
    main()
