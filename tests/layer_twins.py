"""One layer on both engines, with the same weights and inputs: outputs, gradients and buffers must agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from nn_twins import twins

import minitorch

# float64: both engines sum at most some hundred products, of numbers of the order of 1, in another order: a few hundred
# roundings of 1e-16. float32: the same with 6e-8.
TOLERANCE = {"float64": dict(rtol=1e-11, atol=1e-12), "float32": dict(rtol=2e-4, atol=2e-5)}


def tensors_in(value: Any) -> list[Any]:
    """The tensors in a result, depth first; None where there is None."""
    if isinstance(value, tuple | list) and type(value).__name__ != "Size":
        return [t for part in value for t in tensors_in(part)]
    return [value]


def close(ours: Any, theirs: Any, dtype: str, what: str = "") -> None:
    if theirs is None or ours is None:
        assert ours is None and theirs is None, what
        return
    assert tuple(ours.shape) == tuple(theirs.shape), what
    assert str(ours.dtype) == str(theirs.dtype), what
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), err_msg=what, **TOLERANCE[dtype])


def tensor_of(engine: Any, argument: Any, dtype: str) -> Any:
    """Arrays become tensors, floating ones leaves in `dtype`; anything else is passed as it is."""
    if isinstance(argument, tuple):
        return tuple(tensor_of(engine, part, dtype) for part in argument)
    if not isinstance(argument, np.ndarray):
        return argument
    if argument.dtype.kind == "f":
        return engine.tensor(argument.astype(dtype)).requires_grad_()
    return engine.tensor(argument)


def run(module: Any, engine: Any, arguments: Sequence[Any], keywords: dict, dtype: str) -> tuple[list[Any], list[Any]]:
    """The tensors that a layer returns, and the gradients of its inputs for random cotangents."""
    engine.manual_seed(3)
    inputs = [tensor_of(engine, a, dtype) for a in arguments]
    named = {k: tensor_of(engine, a, dtype) for k, a in keywords.items()}
    outputs = tensors_in(module(*inputs, **named))
    rng = np.random.default_rng(5)
    total: Any = 0.0
    for y in outputs:
        if y is not None and y.requires_grad:
            total = total + (y * engine.tensor(rng.standard_normal(tuple(y.shape)).astype(dtype))).sum()
    total.backward()
    leaves = [t for t in tensors_in([*inputs, *named.values()]) if hasattr(t, "grad")]
    return outputs, [t.grad for t in leaves]


def assert_layers_agree(
    build: Callable[[Any], Any],
    arguments: Sequence[Any],
    dtype: str,
    modes: Sequence[str] = (
        "train",
        "train",
        "eval",
    ),  # twice, so that running statistics move on from the second's start
    **keywords: Any,
) -> None:
    ours, theirs = twins(build, dtype)
    for mode in modes:
        getattr(ours, mode)(), getattr(theirs, mode)()
        our_outputs, our_gradients = run(ours, minitorch, arguments, keywords, dtype)
        their_outputs, their_gradients = run(theirs, torch, arguments, keywords, dtype)
        for k, (x, y) in enumerate(zip(our_outputs, their_outputs, strict=True)):
            close(x, y, dtype, f"{mode}: output {k}")
        for k, (x, y) in enumerate(zip(our_gradients, their_gradients, strict=True)):
            close(x, y, dtype, f"{mode}: gradient of input {k}")
    for (key, p), (their_key, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert key == their_key
        close(p.grad, q.grad, dtype, f"gradient of {key}")
    for (key, b), (their_key, c) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
        assert key == their_key
        close(b, c, dtype, f"buffer {key}")


def normal(*shape: int, seed: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)
