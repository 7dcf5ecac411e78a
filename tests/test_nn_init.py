"""nn.init: PyTorch's own numbers for the same seed."""

import numpy as np
import pytest
import torch
from nn_twins import assert_same

import minitorch

SEEDS = [0, 1, 42, 2**31 + 5]


def filled(engine, fill, shape, dtype, seed):
    engine.manual_seed(seed)
    tensor = engine.empty(shape, dtype=getattr(engine, dtype), requires_grad=True)
    result = fill(engine.nn.init, tensor)
    assert result is tensor and tensor.is_leaf and tensor.requires_grad
    after = engine.rand(3).tolist()  # as many numbers drawn as by PyTorch
    return tensor.detach().numpy(), after


# To the bit.
EXACT = {
    "uniform_": (lambda i, t: i.uniform_(t), (7, 5)),
    "uniform_ between": (lambda i, t: i.uniform_(t, -0.3, 2.7), (3, 4, 2)),
    "constant_": (lambda i, t: i.constant_(t, 0.3), (3, 2)),
    "ones_": (lambda i, t: i.ones_(t), (3, 2)),
    "zeros_": (lambda i, t: i.zeros_(t), (3, 2)),
    "eye_": (lambda i, t: i.eye_(t), (3, 5)),
    "dirac_ 3": (lambda i, t: i.dirac_(t), (4, 3, 3)),
    "dirac_ 4": (lambda i, t: i.dirac_(t), (2, 3, 3, 4)),
    "dirac_ 5": (lambda i, t: i.dirac_(t), (3, 3, 2, 3, 1)),
    "dirac_ groups": (lambda i, t: i.dirac_(t, 3), (6, 4, 3, 3)),
    "xavier_uniform_": (lambda i, t: i.xavier_uniform_(t), (7, 5)),
    "xavier_uniform_ gain": (lambda i, t: i.xavier_uniform_(t, gain=i.calculate_gain("relu")), (4, 3, 5, 2)),
    "kaiming_uniform_": (lambda i, t: i.kaiming_uniform_(t), (7, 5)),
    "kaiming_uniform_ default of layers": (lambda i, t: i.kaiming_uniform_(t, a=5**0.5), (6, 3, 5, 5)),
    "kaiming_uniform_ fan_out": (lambda i, t: i.kaiming_uniform_(t, mode="fan_out", nonlinearity="tanh"), (7, 5)),
}

# Normal draws: NumPy's and PyTorch's logarithm, sine and cosine may differ in the last place.
NORMAL = {
    "normal_": (lambda i, t: i.normal_(t), (7, 5)),
    "normal_ few": (lambda i, t: i.normal_(t, 1.0, 0.2), (3, 2)),
    "xavier_normal_": (lambda i, t: i.xavier_normal_(t, 0.7), (7, 5)),
    "kaiming_normal_": (lambda i, t: i.kaiming_normal_(t, nonlinearity="relu"), (6, 3, 5, 5)),
    "kaiming_normal_ fan_out": (lambda i, t: i.kaiming_normal_(t, 0.1, "fan_out"), (7, 5)),
    "trunc_normal_": (lambda i, t: i.trunc_normal_(t), (20, 30)),
    "trunc_normal_ of one side": (lambda i, t: i.trunc_normal_(t, 0.5, 0.3, 0.4, 9.0), (20, 30)),
    "trunc_normal_ narrow": (lambda i, t: i.trunc_normal_(t, 0.0, 1.0, -0.1, 0.2), (20, 30)),
    "trunc_normal_ in the tail": (lambda i, t: i.trunc_normal_(t, 0.0, 1.0, 1.5, 3.0), (20, 30)),
    "sparse_": (lambda i, t: i.sparse_(t, 0.3), (7, 5)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EXACT)
def test_to_the_bit(name, dtype):
    fill, shape = EXACT[name]
    for seed in SEEDS:
        ours, our_next = filled(minitorch, fill, shape, dtype, seed)
        theirs, their_next = filled(torch, fill, shape, dtype, seed)
        assert ours.dtype == theirs.dtype and np.array_equal(ours, theirs)
        assert our_next == their_next


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NORMAL)
def test_normal_draws(name, dtype):
    fill, shape = NORMAL[name]
    for seed in SEEDS:
        ours, our_next = filled(minitorch, fill, shape, dtype, seed)
        theirs, their_next = filled(torch, fill, shape, dtype, seed)
        assert ours.dtype == theirs.dtype
        # The radius √(−2 ln u) and the cosine are each right to a few units in the last place; where mean and value
        # cancel, that error shows against the size of a draw.
        eps = np.finfo(ours.dtype).eps
        np.testing.assert_allclose(ours, theirs, rtol=8 * eps, atol=8 * eps)
        assert our_next == their_next


@pytest.mark.parametrize("shape", [(5, 5), (3, 8), (8, 3), (4, 2, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_orthogonal(shape, dtype):
    for seed in SEEDS:
        ours, our_next = filled(minitorch, lambda i, t: i.orthogonal_(t, 1.5), shape, dtype, seed)
        theirs, their_next = filled(torch, lambda i, t: i.orthogonal_(t, 1.5), shape, dtype, seed)
        # A QR decomposition's error is the rounding times the matrix's condition number: up to some hundred here.
        tolerance = 1e4 * np.finfo(ours.dtype).eps
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)
        assert our_next == their_next
        matrix = ours.reshape(ours.shape[0], -1)
        gram = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
        np.testing.assert_allclose(gram, 2.25 * np.eye(len(gram)), atol=100 * np.finfo(ours.dtype).eps)


def test_generator():
    def scenario(torch):
        draws = []
        for fill in (
            lambda i, t, g: i.uniform_(t, generator=g),
            lambda i, t, g: i.xavier_uniform_(t, generator=g),
            lambda i, t, g: i.kaiming_uniform_(t, generator=g),
        ):
            generator = torch.Generator().manual_seed(9)
            draws.append(fill(torch.nn.init, torch.empty(3, 4), generator))
        return draws, torch.rand(2)

    assert_same(scenario)


GAINS = [
    *[(name,) for name in ("linear", "conv1d", "conv2d", "conv_transpose3d", "sigmoid", "tanh", "relu", "selu")],
    ("leaky_relu",),
    ("leaky_relu", 0.2),
    ("leaky_relu", 3),
    ("leaky_relu", True),
    ("leaky_relu", "a"),
    ("nonsense",),
]


@pytest.mark.parametrize("args", GAINS, ids=str)
def test_gain(args):
    assert_same(lambda torch: torch.nn.init.calculate_gain(*args))


REFUSED = {
    "fan of a vector": lambda i, t: i.xavier_uniform_(t.empty(3)),
    "unknown mode": lambda i, t: i.kaiming_normal_(t.empty(3, 3), mode="fan"),
    "unknown nonlinearity": lambda i, t: i.kaiming_normal_(t.empty(3, 3), nonlinearity="fan"),
    "eye": lambda i, t: i.eye_(t.empty(3)),
    "dirac": lambda i, t: i.dirac_(t.empty(3, 3)),
    "dirac groups": lambda i, t: i.dirac_(t.empty(3, 3, 3), 2),
    "orthogonal": lambda i, t: i.orthogonal_(t.empty(3)),
    "sparse": lambda i, t: i.sparse_(t.empty(3), 0.1),
    "nothing to fill": lambda i, t: i.kaiming_uniform_(t.empty(0, 3)),
    "nothing to fill orthogonally": lambda i, t: i.orthogonal_(t.empty(0, 3)),
    "truncated far from the mean": lambda i, t: i.trunc_normal_(t.empty(3), 0.0, 1.0, 3.0, 4.0).shape,
    "old name": lambda i, t: i.constant(t.empty(3), 2.0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_and_warnings(name):
    assert_same(lambda torch: REFUSED[name](torch.nn.init, torch))


def test_a_version_is_counted():
    for fill in (
        lambda t: minitorch.nn.init.trunc_normal_(t),
        lambda t: minitorch.nn.init.trunc_normal_(t, 0.0, 1.0, 0.0, 0.1),
        lambda t: minitorch.nn.init.sparse_(t, 0.5),
        lambda t: minitorch.nn.init.orthogonal_(t),
        lambda t: minitorch.nn.init.eye_(t),
    ):
        w = minitorch.ones(2, 2, requires_grad=True)
        y = (w * w).sum()
        fill(w)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.backward()
