"""Parameters and gradients of single steps, on disk: `snapshots/step-00000001.npz`.

A file holds `p0 … pn`, the parameters after the step, and `g0 … gn`, their gradients when `optimizer.step()` was
called; a gradient that was None is left out. They are those of the optimizer that took the step, in the order of its
groups; the trace's "weights" event has their names. The file of a run's last step may hold parameters alone.

Nothing is kept in memory but the gradients of the step under way. Which steps are kept depends on their numbers and
on the parameters' sizes alone, so both engines keep the same ones.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..files import replacing
from .array_files import read_arrays

FIRST = 10  # of each optimizer's steps, always kept
MOST = 64  # of each optimizer's further ones, unless a distance is asked for: then half of them go, and so on
DISK = 1 << 30  # bytes that one optimizer's snapshots may take without being asked for
SEARCHES = 10  # optimizers whose parameters' names are searched for; a cross-validation makes hundreds

KINDS = {"value": "p", "gradient": "g"}


class Snapshots:
    """Writes one run's snapshots into `folder`: an optimizer's first steps and, after them, each `every`-th.

    With `every` None the distance is 1 at first and doubles as often as there are too many, whereupon every other
    file goes.
    """

    folder: Path
    every: int | None

    def __init__(self, folder: Path, every: int | None) -> None:
        self.folder, self.every = folder, every
        self.schedules: dict[int, _Schedule] = {}
        self.gradients: dict[str, Any] = {}

    def begin(self, run: int, weights: Sequence[Any]) -> None:
        """Before the first step of optimizer `run`."""
        size = 2 * sum(weight.numel() * weight.element_size() for weight in weights)
        self.schedules[run] = _Schedule(self.every, DISK // max(1, size))

    def wants(self, run: int, number: int) -> bool:
        """Whether the optimizer's `number`-th step is kept."""
        schedule = self.schedules[run]
        return number <= schedule.first or number % schedule.every == 0

    def take_gradients(self, weights: Sequence[Any]) -> None:
        """Copy the gradients, before the step: it may work on them in place."""
        grads = ((index, weight.grad) for index, weight in enumerate(weights))
        self.gradients = {f"g{index}": np.array(to_numpy(grad)) for index, grad in grads if grad is not None}

    def write(self, run: int, number: int, step: int, weights: Sequence[Any]) -> None:
        """Write the file of step `step`, the optimizer's `number`-th, with the gradients taken before."""
        arrays = {f"p{index}": to_numpy(weight) for index, weight in enumerate(weights)}
        path = file_of(self.folder, step)
        with replacing(path, durable=False) as stream:  # the run that is watched does not wait for the disk
            np.savez(stream, **arrays, **self.gradients)
        self.gradients = {}
        for old in self.schedules[run].kept_too_many(number, step):
            file_of(self.folder, old).unlink(missing_ok=True)


class _Schedule:
    """Which of one optimizer's steps are kept."""

    def __init__(self, every: int | None, room: int) -> None:
        self.fixed = every is not None
        self.every = every or 1
        self.first = FIRST if self.fixed else min(FIRST, max(1, room // 4))
        self.most = min(MOST, max(2, room - self.first))
        self.kept: list[tuple[int, int]] = []  # (the optimizer's number of the step, the run's)

    def kept_too_many(self, number: int, step: int) -> list[int]:
        """Note that this step was kept; the steps that are to go."""
        if self.fixed or number <= self.first:
            return []
        self.kept.append((number, step))
        if len(self.kept) <= self.most:
            return []
        self.every *= 2
        gone = [at for own, at in self.kept if own % self.every]
        self.kept = [(own, at) for own, at in self.kept if own % self.every == 0]
        return gone


def file_of(folder: Path, step: int) -> Path:
    """The snapshot of `step`, which counts from 1 over all optimizers."""
    return folder / f"step-{step:08d}.npz"


def steps_in(folder: Path) -> list[int]:
    """The steps there are snapshots of, ascending."""
    return sorted(int(path.stem.partition("-")[2]) for path in folder.glob("step-*.npz"))


def read(folder: Path, step: int) -> dict[str, Any]:
    """The arrays of one snapshot, by name. ValueError naming the file if it is damaged."""
    return read_arrays(file_of(folder, step))


def to_numpy(tensor: Any) -> Any:
    """A tensor's values on the CPU, where possible without a copy; sparse ones dense, bfloat16 as float32."""
    tensor = tensor.detach()
    if getattr(tensor, "is_sparse", False):
        tensor = tensor.to_dense()
    tensor = tensor.cpu()
    try:
        return tensor.numpy()
    except TypeError:
        return tensor.float().numpy()


# ------------------------------------------------------------------------------------------------- parameter names


def names_of(weights: Sequence[Any], module_type: type) -> list[str]:
    """What the script's modules call the parameters; "param 3" for one that is in none.

    The modules are searched for among all objects alive, once for an optimizer, which costs some hundredths of a
    second and nothing afterwards; no module is held or changed. Of modules within modules the outermost gives the
    name. Where two models have the same names, each is preceded by its model's class.
    """
    numbers = {id(weight): index for index, weight in enumerate(weights)}
    modules = [found for found in gc.get_objects() if issubclass(type(found), module_type)]
    inner: set[int] = set()
    owners: list[tuple[dict[int, str], Any]] = []
    for module in modules:
        try:
            inner.update(id(other) for other in module.modules() if other is not module)
            named = {numbers[id(weight)]: name for name, weight in module.named_parameters() if id(weight) in numbers}
        except Exception:  # one that is half built, or gives its parameters in a way of its own
            continue
        if named:
            owners.append((named, module))
    roots = [(named, module) for named, module in owners if id(module) not in inner]
    roots.sort(key=lambda root: (min(root[0]), -len(root[0])))  # in the parameters' order, the same on both engines
    chosen: dict[int, tuple[str, str]] = {}
    models: list[str] = []
    for named, module in roots:
        model = type(module).__name__
        models.append(model)
        if models.count(model) > 1:
            model = f"{model} ({models.count(model)})"
        for index, name in named.items():
            chosen.setdefault(index, (model, name))
    plain = [name for _, name in chosen.values()]
    names = [f"param {index}" for index in range(len(weights))]
    for index, (model, name) in chosen.items():
        names[index] = f"{model}.{name}" if plain.count(name) > 1 else name
    return names
