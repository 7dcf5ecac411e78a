"""Losses beside the tensor operations, with the reduction as a number, against PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch

RNG = np.random.default_rng(5)


def numbers(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape)


def probabilities(*shape: int) -> np.ndarray:
    return 1 / (1 + np.exp(-numbers(*shape)))


SIGNS = np.array([1.0, -1.0, -1.0, 1.0, 1.0])
# Of each loss: tensors, and what follows them before the reduction.
CASES: dict[str, tuple[list[Any], tuple[Any, ...]]] = {
    "binary_cross_entropy_with_logits": ([numbers(5, 3), probabilities(5, 3), probabilities(3), probabilities(3)], ()),
    "cosine_embedding_loss": ([numbers(5, 3), numbers(5, 3), SIGNS], (0.3,)),
    "hinge_embedding_loss": ([numbers(5), SIGNS], (0.7,)),
    "kl_div": ([np.log(probabilities(5, 3)), probabilities(5, 3)], ()),
    "margin_ranking_loss": ([numbers(5), numbers(5), SIGNS], (0.2,)),
    "poisson_nll_loss": ([numbers(5, 3), np.abs(numbers(5, 3))], (True, True, 1e-8)),
    "triplet_margin_loss": ([numbers(5, 3), numbers(5, 3), numbers(5, 3)], (0.9, 3.0, 1e-5, True)),
}


def found(engine: Any, name: str, reduction: Any) -> list[np.ndarray]:
    """The loss and the gradient of its first tensor, of a random cotangent."""
    arrays, rest = CASES[name]
    tensors = [engine.tensor(a) for a in arrays]
    x = tensors[0].requires_grad_()
    loss = getattr(engine, name)(*tensors, *rest, reduction)
    cotangent = np.random.default_rng(1).standard_normal(tuple(loss.shape))
    (gradient,) = engine.autograd.grad(loss, x, engine.tensor(cotangent))
    return [loss.detach().numpy(), gradient.numpy()]


@pytest.mark.parametrize("reduction", [0, 1, 2, 7])
@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name: str, reduction: int) -> None:
    for ours, theirs in zip(found(minitorch, name, reduction), found(torch, name, reduction), strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", [*CASES, "ctc_loss"])
@pytest.mark.parametrize("reduction", ["mean", True, 1.0, None])
def test_a_reduction_is_an_int(name: str, reduction: Any) -> None:
    for engine in (minitorch, torch):
        with pytest.raises(TypeError, match="must be int, not|invalid combination of arguments"):
            if name == "ctc_loss":
                log_probs = engine.zeros(4, 1, 3).log_softmax(2)
                engine.ctc_loss(log_probs, engine.tensor([[1, 2]]), (4,), (2,), 0, reduction)
            else:
                found(engine, name, reduction)


@pytest.mark.parametrize("reduction", [0, 1, 2])
def test_ctc(reduction: int) -> None:
    scores = numbers(6, 2, 4)
    values = []
    for engine in (minitorch, torch):
        x = engine.tensor(scores).log_softmax(2)
        loss = engine.ctc_loss(x, engine.tensor([[1, 2, 2], [3, 1, 0]]), (6, 5), (3, 2), 0, reduction, False)
        values.append(loss.numpy())
    assert values[0].shape == values[1].shape
    np.testing.assert_allclose(*values, rtol=1e-12)


def test_a_mean_of_divergences_says_nothing_here() -> None:
    """`nn.functional.kl_div` warns of its mean, which is over all elements; the number 1 has no such history."""
    import warnings

    for engine in (minitorch, torch):
        x = engine.tensor([[0.5, 0.5]])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            engine.kl_div(x.log(), x, 1)
        with pytest.warns(UserWarning, match="batchmean"):
            engine.nn.functional.kl_div(x.log(), x)
