"""Arguments and values that few give to an op, on both engines: what the table of ops has no sample for."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from twins import message, raised, twin

import minitorch


def values(torch, *shape, seed=1, low=-2.0, high=2.0):
    return torch.tensor(np.random.default_rng(seed).uniform(low, high, shape), requires_grad=True)


def gradients(torch, result, *inputs, seed=9):
    v = torch.tensor(np.random.default_rng(seed).normal(size=tuple(result.shape)))
    return torch.autograd.grad(result, inputs, v, allow_unused=True)


# ---- elementwise -----------------------------------------------------------------------------------------------------


@twin
def test_clamp_with_one_tensor(torch):
    x, bound = values(torch, 4, 5), values(torch, 5, seed=2)
    above, below = torch.clamp(x, max=bound), torch.clamp(x, min=bound)
    both = torch.clamp(x, bound, bound + 1)
    return [(y, gradients(torch, y, x, bound)) for y in (above, below, both)]


def test_clamp_takes_a_number_beside_a_tensor():
    """More than PyTorch, which takes two tensors or two numbers."""
    x, bound = values(minitorch, 4, 5), values(minitorch, 5, seed=2)
    expected = np.clip(x.detach().numpy(), bound.detach().numpy(), 1.5)
    np.testing.assert_array_equal(minitorch.clamp(x, bound, 1.5).detach().numpy(), expected)
    expected = np.clip(x.detach().numpy(), -0.5, np.maximum(bound.detach().numpy(), -0.5))
    np.testing.assert_array_equal(minitorch.clamp(x, -0.5, minitorch.clamp(bound, min=-0.5)).detach().numpy(), expected)


@twin
def test_division_that_is_rounded_divides_first(torch):
    """1 / 0.1 is 10, though 0.1 goes 9 times into 1, with something left."""
    x, y = torch.tensor([1.0, -1.0, 0.6, 7.0, -7.0, math.inf, 0.0]), torch.tensor([0.1, 0.1, 0.2, 2.0, 2.0, 3.0, -5.0])
    return [torch.div(a, b, rounding_mode="trunc") for a, b in ((x, y), (x.double(), y.double()), (x, 0.1))]


@twin
def test_a_whole_number_divided_by_nothing(torch):
    x, none = torch.tensor([3, 4]), torch.tensor([1, 0])
    return [
        raised(torch.remainder, x, none),
        raised(torch.remainder, x, 0),
        raised(torch.fmod, x, none),
        raised(torch.fmod, x, 0),
        raised(torch.floor_divide, x, none),
        raised(torch.div, x, 0, rounding_mode="trunc"),
        torch.remainder(x.float(), none),
        torch.remainder(x, 0.0),
        torch.fmod(x.float(), 0),
    ]


@pytest.mark.parametrize("shape", [(4,), (50, 50), (200, 200)])
@twin
def test_an_infinite_gradient_stops_at_relu(torch, shape):
    """0, not infinity times zero."""
    x = values(torch, *shape, seed=3)
    v = torch.where(x < 0, math.inf, 2.0).detach()
    (g,) = torch.autograd.grad(torch.relu(x), x, v)
    half = torch.where(x < 0, 1.0, math.nan).detach()
    (nan,) = torch.autograd.grad(torch.relu(x), x, half)
    return g, nan


@twin
def test_addcdiv_of_one_whole_tensor(torch):
    x, y, z = torch.ones(3), torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2, 4, 5])
    return torch.addcdiv(x, y, z), torch.addcdiv(x, z, y, value=2), raised(torch.addcdiv, x, z, z)


@pytest.mark.parametrize("dim", [0, 1, 2])
@twin
def test_products_with_a_zero_among_many(torch, dim):
    rng = np.random.default_rng(6)
    x = torch.tensor(np.where(rng.random((3, 4, 2)) < 0.2, 0.0, rng.normal(size=(3, 4, 2))), requires_grad=True)
    z = torch.prod(x, dim)
    return z, gradients(torch, z, x)


@twin
def test_weights_of_nothing_are_allowed_in_cov(torch):
    x = values(torch, 2, 4).detach()
    some, negative = torch.tensor([0.0, 1.0, 2.0, 0.5]).double(), torch.tensor([-1.0, 1.0, 2.0, 0.5]).double()
    often = torch.tensor([0, 1, 2, 1])
    return [torch.cov(x, aweights=some), torch.cov(x, fweights=often), raised(torch.cov, x, aweights=negative)]


# ---- results in a dtype that is asked for ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "sum", "prod"])
@twin
def test_sums_in_small_integers_stay_small(torch, name):
    call = getattr(torch, name)
    x = torch.tensor([[1, 2, 3], [60, 70, 80]])
    found = [
        call(x, dim=1, dtype=dtype) for dtype in (torch.int32, torch.int16, torch.uint8, torch.float64, torch.float32)
    ]
    return found + [call(x.to(torch.int32), dim=0), call(x > 2, dim=1), call(x.float(), dim=0, dtype=torch.int64)]


# ---- indices and what they pick --------------------------------------------------------------------------------------


@twin
def test_a_number_where_a_vector_is_wanted_and_the_other_way_round(torch):
    zero, one = torch.tensor(0), torch.tensor([0])
    x, y = values(torch), values(torch, 1, seed=2)
    found = [
        torch.gather(x, 0, one),
        torch.gather(y, 0, zero),
        torch.index_select(x, 0, one),
        torch.index_select(x, 0, zero),
        torch.index_select(y, 0, zero),
        torch.take(x, one),
        torch.scatter(y, 0, zero, x),
        torch.scatter(x, 0, one, y),
        torch.scatter_add(y, 0, one, y),
        torch.index_fill(y, 0, zero, 3.0),
    ]
    return [(z, gradients(torch, z, x, y)) for z in found]


@twin
def test_masks_of_some_dimensions(torch):
    x = values(torch, 3, 4, 2)
    mask = x.detach().sum(2) > 0
    rows = mask.any(1)
    found = [x[mask], x[rows], x[rows, 1:], x[:, mask[0]], x[mask, 0], x[mask, :1], x[rows, None], x[None, mask]]
    with torch.no_grad():
        written = [x.clone() for _ in range(4)]
        written[0][mask] = 5.0
        written[1][mask] = x[mask] * 2
        written[2][rows] = x[0]
        written[3][:, mask[1]] = -1.0
    return [(z, gradients(torch, z, x)) for z in found], written


# ---- matrices --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ord", ["nuc", 2, -2, 1, math.inf, "fro"])
@twin
def test_norms_of_many_matrices_keep_their_dimensions(torch, ord):
    A = values(torch, 2, 3, 4, 5)
    norm = torch.linalg.matrix_norm
    return [norm(A, ord, dim, keepdim=keep) for dim in ((-2, -1), (0, 2), (3, 1), (1, 0)) for keep in (True, False)]


@twin
def test_what_cross_refuses(torch):
    x, y, number = values(torch, 2, 3), values(torch, 2, 2), values(torch)
    cross = torch.linalg.cross
    return [
        raised(cross, x, y),
        raised(cross, y, x),
        raised(cross, x, x, dim=0),
        raised(cross, x, values(torch, 3)),
        raised(cross, number, number),
        raised(cross, x, values(torch, 4, 3)),
        cross(x, values(torch, 1, 3, seed=2)),
    ]


def test_determinants_of_matrices_that_have_none_left():
    """The gradient of det is the matrix of cofactors, also where there is no inverse to take it from."""
    one = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, 5.0]])
    for matrices in (one, np.stack([one, np.diag([2.0, 0.0, 3.0]), np.diag([0.0, 0.0, 3.0]), one.T])):
        x = minitorch.tensor(matrices, requires_grad=True)
        minitorch.linalg.det(x).sum().backward()
        for matrix, g in zip(matrices.reshape(-1, 3, 3), x.grad.numpy().reshape(-1, 3, 3), strict=True):
            minors = [[np.delete(np.delete(matrix, i, 0), j, 1) for j in range(3)] for i in range(3)]
            cofactors = [[(-1) ** (i + j) * np.linalg.det(minors[i][j]) for j in range(3)] for i in range(3)]
            np.testing.assert_allclose(g, cofactors, atol=1e-12)


@twin
def test_solving_for_many_with_the_same_shapes(torch):
    """(3, 3) on the left may be a matrix, or the batch on the right."""
    rng = np.random.default_rng(4)
    A = torch.tensor(rng.normal(size=(3, 3)) + 3 * np.eye(3))
    many = torch.tensor(rng.normal(size=(3, 3, 3, 2)))
    batch = torch.tensor(rng.normal(size=(2, 3, 3)) + 3 * np.eye(3))
    found = [torch.linalg.solve(A, many), torch.linalg.solve(batch, many[:1, :1]), torch.linalg.solve(A, many[0, 0])]
    return [[round(v, 9) for v in x.reshape(-1).tolist()] for x in found]


# ---- losses: the older way to say how they are reduced ---------------------------------------------------------------

PAIRS = ("mse_loss", "l1_loss", "smooth_l1_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div",
         "poisson_nll_loss", "soft_margin_loss", "hinge_embedding_loss", "multilabel_soft_margin_loss")  # fmt: skip
CLASSES = ("cross_entropy", "nll_loss", "multi_margin_loss")
TRIPLES = ("cosine_embedding_loss", "margin_ranking_loss", "triplet_margin_loss")


@pytest.mark.parametrize("name", PAIRS + CLASSES + TRIPLES)
@twin
def test_size_average_and_reduce(torch, name):
    call = getattr(torch.nn.functional, name)
    x = values(torch, 4, 3, low=0.1, high=0.9).detach()
    y = values(torch, 4, 3, seed=2, low=0.1, high=0.9).detach()
    if name == "hinge_embedding_loss" or name == "soft_margin_loss":
        y = torch.where(y > 0.5, 1.0, -1.0).double()
    given = (x, y)
    if name in CLASSES:
        given = (x, torch.tensor([0, 2, 1, 1]))
    if name == "cosine_embedding_loss":
        given = (x, y, torch.tensor([1, -1, 1, -1]))
    if name == "margin_ranking_loss":
        given = (x[:, 0], y[:, 0], torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64))
    if name == "triplet_margin_loss":
        given = (x, y, values(torch, 4, 3, seed=3).detach())
    found = []
    for options in ({"size_average": False}, {"size_average": True}, {"reduce": False}, {"reduce": True},
                    {"size_average": False, "reduce": True}, {"size_average": False, "reduce": False}):  # fmt: skip
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found.append(call(*given, **options))
        found.append(sorted({w.category.__name__ for w in caught}))
    return found


# ---- layers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0, 1.5, -0.5])
@pytest.mark.parametrize("name", ["dropout2d", "dropout3d", "dropout1d"])
@twin
def test_dropout_of_other_dimensions_warns(torch, name, p):
    call = getattr(torch.nn.functional, name)
    found = []
    for shape in ((3,), (2, 3), (2, 3, 4), (2, 3, 4, 5), (2, 3, 4, 5, 6)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found.append(raised(call, torch.ones(shape), p, training=True))
        found.append([w.category.__name__ for w in caught])
    return found


@twin
def test_the_masks_that_attention_refuses(torch):
    layer = torch.nn.MultiheadAttention(4, 2)
    q = torch.ones(3, 4)
    batched = torch.ones(3, 2, 4)
    calls = {
        "right": (q, torch.zeros(2, 3, 3)),
        "one head": (q, torch.zeros(1, 3, 3)),
        "other length": (q, torch.zeros(2, 3, 4)),
        "four": (q, torch.zeros(1, 2, 3, 3)),
        "flat": (q, torch.zeros(3, 3)),
        "batched": (batched, torch.zeros(4, 3, 3)),
        "whole": (q, torch.zeros(3, 3, dtype=torch.int64)),
    }
    return {name: raised(layer, x, x, x, attn_mask=mask) for name, (x, mask) in calls.items()}


@pytest.mark.parametrize("n", [1, 2, 3])
@twin
def test_the_sizes_that_unpooling_takes(torch, n):
    pool, unpool = (getattr(torch.nn.functional, f"max_{kind}{n}d") for kind in ("pool", "unpool"))
    x = values(torch, 1, 2, *[6] * n)
    y, places = pool(x, 2, return_indices=True)
    found = [unpool(y, places, 2, output_size=[size] * n) for size in (6, 7)]
    return found, [raised(unpool, y, places, 2, output_size=[size] * n) for size in (3, 4, 8, 9)]


@twin
def test_the_ranks_that_margin_losses_take(torch):
    found = []
    for name in ("multi_margin_loss", "multilabel_margin_loss"):
        call = getattr(torch.nn.functional, name)
        for shape, classes in (((2, 3, 4), (2, 3)), ((2, 0), (2,)), ((0,), ()), ((0, 3), (0,)), ((2, 3), (2,))):
            target = torch.zeros(shape if "label" in name else classes, dtype=torch.int64)
            found.append(raised(call, torch.ones(shape), target))
    return found


# ---- what warnings and errors say ------------------------------------------------------------------------------------


@twin
def test_where_sizes_that_are_no_numbers_are_found(torch):
    x = torch.ones(2, 3)
    calls = (
        lambda: torch.broadcast_to(x, (2, 2.0)),
        lambda: x.sum((0, "a")),
        lambda: x.permute(0, torch.tensor([1, 2])),
        lambda: torch.roll(x, (1, 2.5), (0, 1)),
    )
    return [raised(call) for call in calls]


@twin
def test_spacings_of_another_number(torch):
    x = values(torch, 4, 5).detach()
    calls = (
        lambda: torch.gradient(x, spacing=(1.0, 2.0, 3.0)),
        lambda: torch.gradient(x, spacing=(1.0, 2.0), dim=0),
    )
    return [(raised(call), message(call).partition(",")[0]) for call in calls]
