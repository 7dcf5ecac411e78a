"""Both engines on one device: what test_cuda_ops.py and test_cuda_training.py share. Nothing here needs a card."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.compare.card import full_precision, why_no_cuda

SMALL = 12  # on the CPU every so-manieth case is run


@functools.cache
def why_not(name: str) -> str | None:
    """Why device `name` cannot be used by both engines; None if it can."""
    reasons = [why_no_cuda(engine) for engine in (minitorch, torch)] if name == "cuda" else []
    return "; ".join(filter(None, reasons)) or None


class Place(str):
    """The device that minitorch runs on: "cpu" or "cuda". PyTorch runs on `theirs`; `whole`: all cases are run."""

    theirs: str
    whole: bool

    def __new__(cls, name: str, theirs: str, whole: bool) -> Place:
        made = super().__new__(cls, name)
        made.theirs, made.whole = theirs, whole
        return made


@contextlib.contextmanager
def prepared(name: str) -> Iterator[Place]:
    """A device that both engines can use, in full precision; else the test is skipped.

    With "standin", minitorch runs on foreign.py's stand-in for CuPy, which shows whether everything goes to the device
    that should, and PyTorch on the CPU.
    """
    if name == "standin":
        import foreign

        with foreign.foreign_device():
            yield Place("cuda", "cpu", whole=False)
        return
    reason = why_not(name)
    if reason:
        pytest.skip(f"no card: {reason}")
    if name == "cuda":
        full_precision(torch)
    yield Place(name, name, whole=name == "cuda")
    if name == "cuda":
        settle()


def standins() -> list[str]:
    """["standin"], where the stand-in is among the tests."""
    return ["standin"] if importlib.util.find_spec("foreign") else []


def settle() -> None:
    """Wait for the card: what its kernels report late belongs to the test that has just run.

    After a kernel's failed assertion (an index out of range, say) the card answers nothing more in this process. With
    pytest-xdist the process ends here, which is reported as that test's failure, and another one goes on.
    """
    try:
        torch.cuda.synchronize()
    except RuntimeError:
        if "PYTEST_XDIST_WORKER" in os.environ:
            os._exit(1)
        raise


def share(cases: list[Any], name: str | None) -> list[Any]:
    """The cases to run on a device: all on a card, few on the CPU, where they are tested elsewhere."""
    return cases if name == "cuda" else cases[::SMALL]


class On:
    """An engine whose new tensors lie on a device: `from_numpy`, and `tensor` without a device, give them there.

    With `flushes`, subnormal numbers in float32 arrays become 0, as CuPy's kernels take them.
    """

    def __init__(self, engine: ModuleType, name: str, flushes: bool = False) -> None:
        self.engine, self.name, self.flushes = engine, name, flushes

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def from_numpy(self, array: np.ndarray) -> Any:
        """With the array's strides, which a copy to another device would close up."""
        if self.flushes and array.dtype == np.float32:
            is_subnormal = np.abs(array) < np.finfo(np.float32).tiny
            array[is_subnormal] *= 0  # which keeps the sign
        if array.flags.c_contiguous:
            return self.engine.from_numpy(array).to(self.name)
        strides = tuple(stride // array.itemsize for stride in array.strides)
        room = np.zeros(1 + sum((n - 1) * stride for n, stride in zip(array.shape, strides, strict=True)), array.dtype)
        np.lib.stride_tricks.as_strided(room, array.shape, array.strides)[...] = array
        return self.engine.from_numpy(room).to(self.name).as_strided(array.shape, strides)

    def tensor(self, data: Any, **options: Any) -> Any:
        return self.engine.tensor(data, **({"device": self.name} | options))

    def __repr__(self) -> str:
        return f"{self.engine.__name__} on {self.name}"


def three(place: Place) -> list[On]:
    """minitorch on the device, PyTorch on the device, minitorch on the CPU."""
    on_card = place.theirs == "cuda"
    where = [(minitorch, str(place)), (torch, place.theirs), (minitorch, "cpu")]
    return [On(engine, name, flushes=on_card) for engine, name in where]
