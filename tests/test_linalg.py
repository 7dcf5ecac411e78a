"""Linear algebra where the table of ops cannot ask: errors by their own type, singular matrices, gradients that torch
lacks or gets wrong, the properties that factors must have, and the layers of distances."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import minitorch
from minitorch.autograd import gradcheck, gradgradcheck
from minitorch.testing.optable.core import resolve


def leaf(data: np.ndarray) -> minitorch.Tensor:
    return minitorch.from_numpy(np.array(data, "float64")).requires_grad_()


def matrix(*shape: int, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.6, 0.6, shape) + np.eye(*shape[-2:]) * np.arange(1.0, shape[-1] + 1)


SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])


@pytest.mark.parametrize("shape", [(), (3,)])
@pytest.mark.parametrize(
    "call",
    [
        lambda e, x: e.linalg.inv(x),
        lambda e, x: e.inverse(x),
        lambda e, x: e.linalg.solve(x, x),
        lambda e, x: e.linalg.cholesky(x),
        lambda e, x: e.linalg.matrix_power(x, -1),
        lambda e, x: e.cholesky_inverse(x - x),
    ],
    ids=["inv", "inverse", "solve", "cholesky", "matrix_power", "cholesky_inverse"],
)
def test_no_answer_is_a_linalg_error(call, shape) -> None:
    x = np.broadcast_to(SINGULAR, (*shape, 2, 2)).copy()
    for engine in (torch, minitorch):
        with pytest.raises(engine.linalg.LinAlgError) as caught:
            call(engine, engine.from_numpy(x))
        assert isinstance(caught.value, RuntimeError)
    assert minitorch.linalg.LinAlgError.__name__ == torch.linalg.LinAlgError.__name__


def test_one_singular_matrix_of_a_stack_is_enough() -> None:
    x = np.stack([matrix(2, 2), SINGULAR])
    for engine in (torch, minitorch):
        with pytest.raises(engine.linalg.LinAlgError):
            engine.linalg.inv(engine.from_numpy(x))


@pytest.mark.parametrize("data", [SINGULAR, np.diag([0.0, 1.0, 2.0]), np.stack([SINGULAR, matrix(2, 2)])])
def test_determinant_of_singular_matrices_has_a_gradient(data) -> None:
    """The cofactors. Torch has them with create_graph=True only; its ordinary backward gives zeros."""
    x = leaf(data)
    (ours,) = minitorch.autograd.grad(minitorch.det(x).sum(), x)
    y = torch.from_numpy(data.copy()).requires_grad_()
    (theirs,) = torch.autograd.grad(torch.det(y).sum(), y, create_graph=True)
    np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), atol=1e-13)
    assert gradcheck(minitorch.det, (x,))


def test_determinant_of_rank_two_less_has_gradient_zero() -> None:
    x = leaf(np.zeros((3, 3)))
    (g,) = minitorch.autograd.grad(minitorch.det(x), x)
    np.testing.assert_array_equal(g.numpy(), np.zeros((3, 3)))


@pytest.mark.parametrize("p", ["fro", "nuc", 1, -1, float("inf"), -float("inf")])
def test_gradient_of_condition_numbers(p) -> None:
    """Torch cannot: it overwrites what its own backward needs."""
    x = leaf(matrix(2, 3, 3))
    assert gradcheck(lambda x: minitorch.linalg.cond(x, p), (x,))
    assert gradgradcheck(lambda x: minitorch.linalg.cond(x, p), (x,))


def test_gradient_of_powers() -> None:
    """As with condition numbers; `linalg.vander` has it in torch too."""
    x = leaf(np.array([0.5, -1.5, 2.0]))
    assert gradcheck(minitorch.vander, (x,)) and gradgradcheck(minitorch.vander, (x,))


@pytest.mark.parametrize("p", [1, 2, 3, float("inf")])
def test_second_derivatives_of_distances(p) -> None:
    """Torch has none of pdist, nor of most of cdist."""
    x = leaf(np.random.default_rng(1).uniform(-2, 2, (4, 3)))
    y = leaf(np.random.default_rng(2).uniform(-2, 2, (3, 3)))
    assert gradcheck(lambda x: minitorch.pdist(x, p), (x,))
    assert gradgradcheck(lambda x: minitorch.pdist(x, p), (x,))
    assert gradgradcheck(lambda x, y: minitorch.cdist(x, y, p), (x, y))


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (2, 4, 3)])
@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_qr_gives_the_matrix_back(shape, mode) -> None:
    x = minitorch.from_numpy(np.random.default_rng(4).normal(size=shape))
    q, r = minitorch.linalg.qr(x, mode)
    np.testing.assert_allclose((q @ r).numpy(), x.numpy(), atol=1e-14)
    np.testing.assert_allclose((q.mT @ q).numpy(), np.broadcast_to(np.eye(q.shape[-1]), (q.mT @ q).shape), atol=1e-14)
    assert bool((r == r.triu()).all())


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (2, 4, 3)])
@pytest.mark.parametrize("full", [True, False])
def test_svd_gives_the_matrix_back(shape, full) -> None:
    x = minitorch.from_numpy(np.random.default_rng(4).normal(size=shape))
    u, s, vh = minitorch.linalg.svd(x, full_matrices=full)
    k = s.shape[-1]
    np.testing.assert_allclose(((u[..., :k] * s.unsqueeze(-2)) @ vh[..., :k, :]).numpy(), x.numpy(), atol=1e-14)
    for vectors in (u.mT @ u, vh @ vh.mT):
        np.testing.assert_allclose(
            vectors.numpy(), np.broadcast_to(np.eye(vectors.shape[-1]), vectors.shape), atol=1e-14
        )


def test_eigh_gives_the_matrix_back_and_reads_one_triangle() -> None:
    x = np.random.default_rng(4).normal(size=(2, 4, 4))
    x = x + np.swapaxes(x, -1, -2)
    lower, upper = np.tril(x), np.triu(x)
    for triangle, half in (("L", lower), ("U", upper)):
        values, vectors = minitorch.linalg.eigh(minitorch.from_numpy(half), triangle)
        np.testing.assert_allclose(((vectors * values.unsqueeze(-2)) @ vectors.mT).numpy(), x, atol=1e-13)


def invariant(engine, x):
    """Functions of the factors that no choice of signs or of vectors for repeated values changes."""
    u, s, vh = engine.linalg.svd(x, full_matrices=False)
    values, vectors = engine.linalg.eigh(x.mT @ x)
    q, r = engine.linalg.qr(x)
    return [(u * s.unsqueeze(-2).cos()) @ vh, (vectors * values.unsqueeze(-2).sin()) @ vectors.mT, q @ q.mT, r.mT @ r]


@pytest.mark.parametrize("shape", [(3, 3), (5, 3)])
def test_gradients_through_factors_where_the_choice_of_signs_is_of_no_account(shape) -> None:
    data = np.random.default_rng(9).normal(size=shape)
    x, y = leaf(data), torch.from_numpy(data).requires_grad_()
    for ours, theirs in zip(invariant(minitorch, x), invariant(torch, y), strict=True):
        weights = np.random.default_rng(5).normal(size=tuple(ours.shape))
        (g,) = minitorch.autograd.grad(ours, x, minitorch.from_numpy(weights), retain_graph=True)
        (h,) = torch.autograd.grad(theirs, y, torch.from_numpy(weights), retain_graph=True)
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), atol=1e-13)
        np.testing.assert_allclose(g.numpy(), h.numpy(), atol=1e-12)


def test_a_wide_qr_with_a_gradient_of_q_alone() -> None:
    data = np.random.default_rng(9).normal(size=(2, 4))
    x, y = leaf(data), torch.from_numpy(data).requires_grad_()
    (g,) = minitorch.autograd.grad(minitorch.linalg.qr(x).Q, x, minitorch.ones(2, 2, dtype=minitorch.float64))
    (h,) = torch.autograd.grad(torch.linalg.qr(y).Q, y, torch.ones(2, 2, dtype=torch.float64))
    np.testing.assert_allclose(g.numpy(), h.numpy(), atol=1e-13)


@pytest.mark.parametrize("engine", [torch, minitorch])
def test_derivatives_that_there_are_not(engine) -> None:
    x = engine.ones(3, 2).requires_grad_()
    with pytest.raises(RuntimeError, match="mode='r'"):
        engine.linalg.qr(x, "r").R.sum().backward()
    with pytest.raises(RuntimeError, match="complete"):
        engine.linalg.qr(x, "complete").R.sum().backward()


@pytest.mark.parametrize(
    "call",
    [
        lambda e, x: e.linalg.qr(x),
        lambda e, x: e.linalg.svd(x),
        lambda e, x: e.linalg.eigh(x),
        lambda e, x: e.linalg.slogdet(x),
        lambda e, x: e.slogdet(x),
        lambda e, x: e.linalg.lstsq(x, x),
        lambda e, x: e.svd(x),
    ],
)
def test_named_results(call) -> None:
    x = np.diag([2.0, 1.0])
    ours, theirs = call(minitorch, minitorch.from_numpy(x)), call(torch, torch.from_numpy(x))
    names = [name for name in dir(theirs) if hasattr(getattr(theirs, name), "shape")]
    assert type(ours).__name__ == type(theirs).__name__
    assert names and all(getattr(ours, name).shape == getattr(theirs, name).shape for name in names)
    assert str(ours).splitlines()[0] == str(theirs).splitlines()[0]


EYE = np.eye(2)
NAMED = {
    "addmm": {"input": EYE, "mat1": EYE, "mat2": EYE, "beta": 2, "alpha": 3},
    "addmv": {"input": EYE[0], "mat": EYE, "vec": EYE[0]},
    "addr": {"input": EYE, "vec1": EYE[0], "vec2": EYE[0]},
    "baddbmm": {"input": EYE, "batch1": EYE[None], "batch2": EYE[None]},
    "addbmm": {"input": EYE, "batch1": EYE[None], "batch2": EYE[None]},
    "cdist": {"x1": EYE, "x2": EYE, "p": 1, "compute_mode": "use_mm_for_euclid_dist"},
    "cholesky_inverse": {"input": EYE, "upper": True},
    "cholesky_solve": {"input": EYE, "input2": EYE, "upper": True},
    "cosine_similarity": {"x1": EYE, "x2": EYE, "dim": 0, "eps": 1e-3},
    "cov": {"input": EYE, "correction": 0},
    "cross": {"input": np.ones(3), "other": np.ones(3), "dim": 0},
    "det": {"input": EYE},
    "dist": {"input": EYE, "other": EYE, "p": 1},
    "inner": {"input": EYE, "other": EYE},
    "inverse": {"input": EYE},
    "kron": {"input": EYE, "other": EYE},
    "logdet": {"input": EYE},
    "matrix_exp": {"input": EYE},
    "matrix_power": {"input": EYE, "n": 2},
    "norm": {"input": EYE, "p": 1, "dim": 0, "keepdim": True, "dtype": None},
    "pairwise_distance": {"x1": EYE, "x2": EYE, "p": 1, "eps": 0.1, "keepdim": True},
    "pdist": {"input": EYE, "p": 1},
    "pinverse": {"input": EYE, "rcond": 0.1},
    "tensordot": {"a": EYE, "b": EYE, "dims": 1},
    "trace": {"input": EYE},
    "vander": {"x": EYE[0], "N": 3, "increasing": True},
    "vdot": {"input": EYE[0], "other": EYE[0]},
    "linalg.cholesky": {"input": EYE, "upper": True},
    "linalg.cond": {"input": EYE, "p": 1},
    "linalg.cross": {"input": np.ones(3), "other": np.ones(3), "dim": 0},
    "linalg.det": {"A": EYE},
    "linalg.diagonal": {"A": EYE, "offset": 1, "dim1": 1, "dim2": 0},
    "linalg.eigvalsh": {"input": EYE, "UPLO": "U"},
    "linalg.inv": {"A": EYE},
    "linalg.matrix_exp": {"input": EYE},
    "linalg.matrix_norm": {"input": EYE, "ord": 1, "dim": (1, 0), "keepdim": True, "dtype": None},
    "linalg.matrix_power": {"input": EYE, "n": 2},
    "linalg.matrix_rank": {"input": EYE, "atol": 0.1, "rtol": 0.2, "hermitian": True},
    "linalg.norm": {"input": EYE, "ord": 1, "dim": (1, 0), "keepdim": True, "dtype": None},
    "linalg.pinv": {"input": EYE, "atol": 0.1, "rtol": 0.2, "hermitian": True},
    "linalg.solve": {"A": EYE, "B": EYE, "left": False},
    "linalg.solve_triangular": {"input": EYE, "B": EYE, "upper": True, "left": False, "unitriangular": True},
    "linalg.svdvals": {"A": EYE, "driver": None},
    "linalg.tensorinv": {"input": EYE, "ind": 1},
    "linalg.tensorsolve": {"input": EYE, "other": EYE[0], "dims": None},
    "linalg.vander": {"x": EYE[0], "N": 3},
    "linalg.vecdot": {"x": EYE, "y": EYE, "dim": 0},
    "linalg.vector_norm": {"x": EYE, "ord": 1, "dim": 0, "keepdim": True, "dtype": None},
    "nn.functional.normalize": {"input": EYE, "p": 1, "dim": 0, "eps": 0.1},
    "nn.functional.pdist": {"input": EYE, "p": 1},
}


@pytest.mark.parametrize("name", NAMED)
def test_arguments_by_name(name) -> None:
    found = []
    for engine in (minitorch, torch):
        arguments = {k: engine.from_numpy(v.copy()) if isinstance(v, np.ndarray) else v for k, v in NAMED[name].items()}
        found.append(resolve(engine, name)(**arguments))
    np.testing.assert_allclose(found[0].numpy(), found[1].numpy(), atol=1e-14)


def test_cholesky_of_nan_is_refused() -> None:
    for engine in (torch, minitorch):
        with pytest.raises(engine.linalg.LinAlgError):
            engine.linalg.cholesky(engine.full((2, 2), float("nan")))


def test_diagonal_is_a_view_that_can_be_written_to() -> None:
    for engine in (torch, minitorch):
        x = engine.zeros(2, 3)
        engine.linalg.diagonal(x, offset=1).copy_(engine.tensor([1.0, 2.0]))
        assert x.tolist() == [[0, 1, 0], [0, 0, 2]]


def test_a_long_chain_is_multiplied_in_the_cheapest_order() -> None:
    from minitorch.ops.matrices.named_products import _cheapest

    split = _cheapest([10, 100, 5, 50])  # (A·B)·C needs 7500 multiplications, A·(B·C) 75 000
    assert split[0][2] == 1


@pytest.mark.parametrize(
    ("name", "arguments", "shapes"),
    [
        ("CosineSimilarity", {}, [(3, 4), (3, 4)]),
        ("CosineSimilarity", {"dim": 0, "eps": 1e-3}, [(3, 4), (3, 4)]),
        ("PairwiseDistance", {}, [(3, 4), (3, 4)]),
        ("PairwiseDistance", {"p": 1, "eps": 0.1, "keepdim": True}, [(3, 4), (4,)]),
    ],
)
def test_layers(name, arguments, shapes) -> None:
    data = [np.random.default_rng(k).normal(size=shape) for k, shape in enumerate(shapes)]
    ours, theirs = getattr(minitorch.nn, name)(**arguments), getattr(torch.nn, name)(**arguments)
    x = [leaf(d) for d in data]
    y = [torch.from_numpy(d).requires_grad_() for d in data]
    out, expected = ours(*x), theirs(*y)
    np.testing.assert_allclose(out.detach().numpy(), expected.detach().numpy(), atol=1e-14)
    out.cos().sum().backward()
    expected.cos().sum().backward()
    for a, b in zip(x, y, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), atol=1e-14)
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    assert {k: v for k, v in vars(theirs).items() if k in ("norm", "eps", "keepdim", "dim")} == {
        k: v for k, v in vars(ours).items() if k in ("norm", "eps", "keepdim", "dim")
    }


def test_a_script_finds_linalg() -> None:
    with minitorch.as_torch():
        import torch.linalg  # noqa: PLC0415

        assert torch.linalg is minitorch.linalg
