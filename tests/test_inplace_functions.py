"""``torch.exp_(x)`` and its like: functions that overwrite their first argument, each against PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from twins import assert_same, raised

import minitorch
from minitorch.ops import inplace_functions

MORE = {
    "clamp_": lambda e: (0.3, 0.6), "clamp_max_": lambda e: (0.5,), "clamp_min_": lambda e: (0.5,), "clip_": lambda e: (0.3, 0.6),
    "fill_": lambda e: (2.0,), "xlogy_": lambda e: (e.tensor([0.5, 2.0, 3.0]),), "gcd_": lambda e: (e.tensor([4, 6, 9]),),
    "lcm_": lambda e: (e.tensor([4, 6, 9]),), "ldexp_": lambda e: (e.tensor([1, 2, 3]),),
    "index_put_": lambda e: ((e.tensor([2, 0]),), e.tensor([5.0, 7.0])),
}  # fmt: skip
FIRST = {"abs_": [-1.0, 2.0, -3.0], "frac_": [1.5, -2.25, 3.75], "nan_to_num_": [float("nan"), float("inf"), 1.0],
         "acosh_": [1.25, 2.5, 1.75], "arccosh_": [1.25, 2.5, 1.75], "gcd_": [12, 18, 7], "lcm_": [12, 18, 7]}  # fmt: skip
NAMES = inplace_functions.__all__


@pytest.mark.parametrize("name", NAMES)
def test_overwrites_and_returns_its_argument_as_in_torch(name: str) -> None:
    after = []
    for e in (minitorch, torch):
        x, given = e.tensor(FIRST.get(name, [0.75, 0.125, 0.5])), MORE.get(name, lambda e: ())(e)
        function = getattr(e, name, None) or getattr(e.Tensor, name)  # some are methods alone in PyTorch
        before = x.clone()
        assert function(x, *given) is x
        assert not e.equal(x, before), f"{name} changed nothing"
        after.append(x)
    np.testing.assert_allclose(after[0].numpy(), after[1].numpy(), rtol=2e-6, atol=2e-7)
    assert str(after[0].dtype) == str(after[1].dtype)


def test_there_are_as_many_as_torch_has() -> None:
    assert len(NAMES) == len(set(NAMES)) == 58
    assert all(getattr(minitorch, name) is getattr(inplace_functions, name) for name in NAMES)


@pytest.mark.parametrize("name", ["exp_", "clamp_", "gcd_"])
def test_takes_tensors_alone(name: str) -> None:
    assert raised(getattr(minitorch, name), 0.5) == raised(getattr(torch, name), 0.5) == "TypeError"


def test_is_recorded() -> None:
    gradients = []
    for e in (minitorch, torch):
        x = e.tensor([0.5, 2.0], requires_grad=True)
        y = x * 3
        (e.exp_(y) * e.tensor([1.0, -2.0])).sum().backward()
        gradients.append(x.grad)
    assert_same(*gradients, "gradient")
