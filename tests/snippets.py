"""Small programs as text, run on both engines: the last line's value, or the error, must be the same."""

from __future__ import annotations

import array
import copy
import math
import pickle
import random
import warnings
from typing import Any

import numpy as np
import torch

import minitorch

NAMES = {"np": np, "array": array, "copy": copy, "math": math, "pickle": pickle, "random": random}


def described(value: Any) -> Any:
    """A value in words that are the same for both engines."""
    if isinstance(value, torch.Tensor | minitorch.Tensor):
        numbers = value.detach().numpy(force=True).tolist()
        return type(value).__name__, str(value.dtype), tuple(value.shape), value.requires_grad, numbers
    if isinstance(value, np.ndarray):
        return "ndarray", str(value.dtype), value.shape, value.flags.writeable, value.tolist()
    if isinstance(value, list | tuple):
        return type(value).__name__, *map(described, value)
    return type(value).__name__, repr(value)


def outcome(program: str, engine: Any, **names: Any) -> Any:
    """What the last line gives, or the exception's type and words."""
    *statements, last = program.strip().split("\n")
    scope = {**NAMES, **names, "torch": engine}
    random.seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec("\n".join(statements), scope)
            return described(eval(last, scope))
        except Exception as error:
            return "raised", type(error).__name__, str(error)


def same(program: str, **names: Any) -> None:
    """Assert that the program ends in the same way on both engines."""
    theirs, ours = (outcome(program, engine, **names) for engine in (torch, minitorch))
    assert ours == theirs, f"\n{program}\nminitorch: {ours}\ntorch:     {theirs}"


def both_raise(program: str, kind: type[Exception], words: str = "", **names: Any) -> None:
    """Assert that the program raises `kind` on both engines, on minitorch with `words` in the message."""
    theirs, ours = (outcome(program, engine, **names) for engine in (torch, minitorch))
    assert theirs[:2] == ours[:2] == ("raised", kind.__name__), f"\n{program}\nminitorch: {ours}\ntorch:     {theirs}"
    assert words in ours[2], ours[2]


def programs(text: str) -> list[str]:
    """Programs that are separated by empty lines."""
    return [part.strip() for part in text.strip().split("\n\n")]
