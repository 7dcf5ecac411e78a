"""One scenario, two engines: what a function of `torch` returns or raises on minitorch must be what it does on PyTorch."""

from __future__ import annotations

import collections
import warnings

import numpy as np
import torch

import minitorch


def plain(value):
    """`value` as data that compare equal across the two engines."""
    if isinstance(value, torch.Tensor | minitorch.Tensor):
        array = value.detach().numpy()
        kind = type(value).__name__ if "Parameter" in type(value).__name__ else "Tensor"
        return (kind, str(value.dtype), tuple(value.shape), value.requires_grad, array.tolist())
    if isinstance(value, torch.nn.Module | minitorch.nn.Module):
        return repr(value)
    if isinstance(value, dict | collections.OrderedDict):
        return [(key, plain(v)) for key, v in value.items()]
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, set):
        return sorted(map(plain, value))
    if isinstance(value, np.ndarray):
        return value.tolist()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def outcome(scenario, engine):
    """("value", …) or ("error", type, text) of `scenario(engine)`, and the warnings' categories."""
    engine.manual_seed(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = ("value", plain(scenario(engine)))
        except Exception as error:
            # PyTorch's KeyError, AttributeError, … have their counterparts; [in …] is what minitorch adds.
            result = ("error", type(error).__name__, str(error).split(" [in ")[0])
    return result, [w.category.__name__ for w in caught]


def assert_same(scenario):
    ours, our_warnings = outcome(scenario, minitorch)
    theirs, their_warnings = outcome(scenario, torch)
    assert ours == theirs
    assert our_warnings == their_warnings


def copy_weights(ours, theirs):
    """Give minitorch's module the state of PyTorch's."""
    state = {key: minitorch.tensor(value.detach().numpy()) for key, value in theirs.state_dict().items()}
    ours.load_state_dict(state)


def twins(build, dtype="float32"):
    """The module `build(torch)` on both engines, with equal weights that are not the special ones (0, 1) of a layer."""
    torch.manual_seed(1)
    theirs = build(torch).to(getattr(torch, dtype))
    with torch.no_grad():
        for p in theirs.parameters():
            p.add_(torch.rand_like(p) * 0.5)
    ours = build(minitorch).to(getattr(minitorch, dtype))
    copy_weights(ours, theirs)
    return ours, theirs
