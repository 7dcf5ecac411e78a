"""Both engines on one device: what test_cuda_ops.py and test_cuda_training.py share. Nothing here needs a card."""

from __future__ import annotations

import functools
import os
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


def prepared(name: str) -> str:
    """`name`, when both engines can use it and compute there in full precision; else the test is skipped."""
    reason = why_not(name)
    if reason:
        pytest.skip(f"no card: {reason}")
    if name == "cuda":
        full_precision(torch)
    return name


def settled(name: str) -> None:
    """Wait for the card: what its kernels report late belongs to the test that has just run.

    After a kernel's failed assertion (an index out of range, say) the card answers nothing more in this process. With
    pytest-xdist the process ends here, which is reported as that test's failure, and another one goes on.
    """
    if name != "cuda":
        return
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
    """An engine whose new tensors lie on a device: `from_numpy`, and `tensor` without a device, give them there."""

    def __init__(self, engine: ModuleType, name: str) -> None:
        self.engine, self.name = engine, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def from_numpy(self, array: np.ndarray) -> Any:
        return self.engine.from_numpy(array).to(self.name)

    def tensor(self, data: Any, **options: Any) -> Any:
        return self.engine.tensor(data, **({"device": self.name} | options))

    def __repr__(self) -> str:
        return f"{self.engine.__name__} on {self.name}"


def three(name: str) -> list[On]:
    """minitorch on the device, PyTorch on the device, minitorch on the CPU."""
    return [On(minitorch, name), On(torch, name), On(minitorch, "cpu")]
