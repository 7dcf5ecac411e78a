"""assert_close accepts, refuses and says what torch.testing.assert_close does."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

import minitorch

NAN, INF = float("nan"), float("inf")

# Each makes (actual, expected, options) from an engine.
CASES = {
    "equal": lambda e: (e.ones(3), e.ones(3), {}),
    "rounding": lambda e: (e.tensor([1.0, 2.0]), e.tensor([1.0, 2.000001]), {}),
    "too far": lambda e: (e.tensor([[1.0, 2.0], [3.0, 5.0]]), e.tensor([[1.0, 2.0], [3.5, 4.0]]), {}),
    "float64 is stricter": lambda e: (
        e.tensor([1.0], dtype=e.float64), e.tensor([1.000001], dtype=e.float64), {}),
    "float16": lambda e: (e.tensor([1.0]).half(), e.tensor([1.0005]).half(), {}),
    "float16 too far": lambda e: (e.tensor([1.0]).half(), e.tensor([1.01]).half(), {}),
    "own tolerances": lambda e: (e.tensor([1.0]), e.tensor([1.1]), {"rtol": 0.0, "atol": 0.2}),
    "own tolerances, too far": lambda e: (e.tensor([1.0]), e.tensor([1.5]), {"rtol": 0.0, "atol": 0.25}),
    "one tolerance": lambda e: (e.ones(2), e.ones(2), {"rtol": 0.1}),
    "the other": lambda e: (e.ones(2), e.ones(2), {"atol": 0.1}),
    "integers": lambda e: (e.tensor([1, 2, 3]), e.tensor([1, 2, 5]), {}),
    "bools": lambda e: (e.tensor([True, False]), e.tensor([True, True]), {}),
    "shapes": lambda e: (e.ones(2, 3), e.ones(3, 2), {}),
    "dtypes": lambda e: (e.ones(2), e.ones(2, dtype=e.float64), {}),
    "dtypes unchecked": lambda e: (e.ones(2), e.ones(2, dtype=e.float64), {"check_dtype": False}),
    "loosest dtype": lambda e: (e.ones(2) * 1.000005, e.ones(2, dtype=e.float64), {"check_dtype": False}),
    "strides": lambda e: (e.ones(2, 3).T, e.ones(3, 2), {"check_stride": True}),
    "strides unchecked": lambda e: (e.ones(2, 3).T, e.ones(3, 2), {}),
    "nan": lambda e: (e.tensor([NAN]), e.tensor([NAN]), {}),
    "equal nan": lambda e: (e.tensor([NAN]), e.tensor([NAN]), {"equal_nan": True}),
    "infinities": lambda e: (e.tensor([INF, -INF]), e.tensor([INF, -INF]), {}),
    "infinity and number": lambda e: (e.tensor([INF, 1.0]), e.tensor([1.0, 1.0]), {}),
    "scalar tensors": lambda e: (e.tensor(1.0), e.tensor(2.0), {}),
    "numbers": lambda e: (1.0, 1.0 + 1e-9, {}),
    "numbers too far": lambda e: (1.0, 1.5, {}),
    "integers as numbers": lambda e: (1, 2, {}),
    "number and tensor": lambda e: (1.0, e.tensor(1.0), {}),
    "lists": lambda e: ([e.ones(2), 1.0], [e.ones(2), 1.0], {}),
    "inside a list": lambda e: ([e.ones(2), [e.zeros(1)]], [e.ones(2), [e.ones(1)]], {}),
    "lengths": lambda e: ([e.ones(2)], [e.ones(2), e.ones(2)], {}),
    "inside a dict": lambda e: ({"a": e.ones(2), "b": e.ones(1)}, {"b": e.zeros(1), "a": e.ones(2)}, {}),
    "keys": lambda e: ({"a": e.ones(2)}, {"b": e.ones(2)}, {}),
    "empty": lambda e: (e.ones(0), e.ones(0), {}),
    "none": lambda e: (None, None, {}),
    "none and tensor": lambda e: (None, e.ones(1), {}),
    "text": lambda e: ("a", "a", {}),
    "a message": lambda e: (e.zeros(1), e.ones(1), {"msg": "mine"}),
    "a message from the message": lambda e: (e.zeros(2), e.ones(2), {"msg": lambda text: "before: " + text}),
    "gradients do not matter": lambda e: (e.ones(2, requires_grad=True), e.ones(2), {}),
}  # fmt: skip


def outcome(engine, case):
    actual, expected, options = CASES[case](engine)
    try:
        result = engine.testing.assert_close(actual, expected, **options)
    except Exception as error:
        return type(error), str(error)
    return None, result


def gist(text):
    """The message without the digits in which the two engines round differently, and without spaces at the ends."""
    return re.sub(r"\d+\.\d+(e-?\d+)?", lambda m: f"{float(m[0]):.2g}", text.strip())


@pytest.mark.parametrize("case", CASES)
def test_as_in_torch(case):
    (ours, our_text), (theirs, their_text) = outcome(minitorch, case), outcome(torch, case)
    assert ours is theirs, (our_text, their_text)
    if ours is AssertionError and "none" not in case:
        assert gist(our_text) == gist(their_text)


def test_numpy_arrays():
    minitorch.testing.assert_close(np.ones(3), np.ones(3))
    with pytest.raises(AssertionError, match="Mismatched elements: 1 / 3"):
        minitorch.testing.assert_close(np.ones(3), np.array([1, 1, 2.0]))


def test_in_a_script_written_for_pytorch():
    with minitorch.as_torch():
        import torch as ours
        from torch.testing import assert_close

        assert assert_close is minitorch.testing.assert_close and ours.testing is minitorch.testing
