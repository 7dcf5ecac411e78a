"""Run one snippet on both engines and compare what it returns."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import minitorch

# (rtol, atol): the same few units in the last place as the table of ops.
TOLERANCE = {"float16": (2e-3, 2e-3), "float32": (2e-6, 2e-6), "float64": (1e-14, 1e-14)}


def twin(snippet: Callable) -> Callable:
    """A test that runs ``snippet(torch, …)`` with PyTorch and with minitorch, and requires equal results.

    A result may hold tensors (compared by dtype, shape, requires_grad and values), numbers, strings, None, and lists,
    tuples and dicts of these.
    """

    @functools.wraps(snippet)
    def test(*args: Any, **kwargs: Any) -> None:
        expected = snippet(torch, *args, **kwargs)
        got = snippet(minitorch, *args, **kwargs)
        assert_same(got, expected, "result")

    signature = inspect.signature(snippet)
    del test.__wrapped__
    test.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:], return_annotation=None)
    return test


def assert_same(ours: Any, theirs: Any, where: str) -> None:
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, minitorch.Tensor), f"{where} is {ours!r}, torch's {theirs!r}"
        described = [(str(x.dtype), list(x.shape), x.requires_grad) for x in (ours, theirs)]
        assert described[0] == described[1], f"{where}: {described[0]}, torch's {described[1]}"
        rtol, atol = TOLERANCE.get(str(theirs.dtype).removeprefix("torch."), (0, 0))
        a, b = (x.detach().numpy(force=True) for x in (ours, theirs))
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, err_msg=where)
    elif isinstance(theirs, dict):
        assert isinstance(ours, dict) and list(ours) == list(theirs), f"{where} is {ours!r}, torch's {theirs!r}"
        for key in theirs:
            assert_same(ours[key], theirs[key], f"{where}[{key!r}]")
    elif isinstance(theirs, list | tuple):
        assert isinstance(ours, list | tuple) and len(ours) == len(theirs), f"{where} is {ours!r}, torch's {theirs!r}"
        for k, (x, y) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(x, y, f"{where}[{k}]")
    else:
        assert type(ours).__name__ == type(theirs).__name__ and ours == theirs, (
            f"{where} is {ours!r}, torch's {theirs!r}"
        )


def raised(call: Callable, *args: Any, **kwargs: Any) -> str:
    """The name of the exception that a call raises; "nothing" if it returns."""
    try:
        call(*args, **kwargs)
    except Exception as e:
        return type(e).__name__
    return "nothing"


def message(call: Callable, *args: Any, **kwargs: Any) -> str:
    """The text of the exception that a call raises."""
    try:
        call(*args, **kwargs)
    except Exception as e:
        return str(e)
    raise AssertionError("nothing was raised")


def name_of(tensor: Any) -> str | None:
    """The name of the node that made a tensor."""
    return None if tensor.grad_fn is None else tensor.grad_fn.name()
