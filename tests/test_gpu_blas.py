"""gpu_blas.py without a GPU: the calls it makes, carried out by the cuBLAS of foreign_blas.py, on NumPy's memory.

What the real one makes of the calls, tests/test_cuda_ops.py shows on a card.
"""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from foreign_blas import Library

from minitorch import gpu_blas


class Array(np.ndarray):
    """A NumPy array that tells its address as CuPy's do."""

    data = property(lambda self: SimpleNamespace(ptr=self.ctypes.data))


def refuses(*args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError("CuPy's own way")


@pytest.fixture
def card(monkeypatch):
    """A module like CuPy whose matmul refuses, as it does in capture; and its cuBLAS."""
    library = Library()
    stream, addresses = SimpleNamespace(ptr=7), itertools.count(4096, gpu_blas.WORKSPACE_BYTES)
    module = SimpleNamespace(
        empty=lambda shape, dtype: np.full(shape, np.nan, dtype).view(Array),
        ascontiguousarray=lambda x: np.ascontiguousarray(x).view(Array),
        matmul=refuses,
        cuda=SimpleNamespace(
            alloc=lambda size: SimpleNamespace(ptr=next(addresses)),
            device=SimpleNamespace(get_cublas_handle=lambda: 0),
            get_current_stream=lambda: stream,
            runtime=SimpleNamespace(getDevice=lambda: 0),
        ),
    )
    monkeypatch.setattr(gpu_blas, "_library", lambda: library)
    monkeypatch.setattr(gpu_blas, "_own", gpu_blas._Own())
    module.library, module.stream = library, stream
    return module


def laid(x: np.ndarray, how: str) -> np.ndarray:
    """The same numbers in another order in memory."""
    if how == "turned":
        x = np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)
    elif how == "wide":  # a part of a wider array
        wide = np.zeros((*x.shape[:-1], x.shape[-1] + 3), x.dtype)
        wide[..., : x.shape[-1]] = x
        x = wide[..., : x.shape[-1]]
    elif how == "every second":
        spaced = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
        spaced[..., ::2] = x
        x = spaced[..., ::2]
    elif how == "backwards":
        x = np.ascontiguousarray(x[..., ::-1])[..., ::-1]
    return x.view(Array)


SHAPES = [
    ((3, 4), (4, 5)), ((1, 4), (4, 5)), ((3, 1), (1, 5)), ((3, 4), (4, 1)), ((1, 1), (1, 1)), ((2, 3, 4), (2, 4, 5)),
    ((1, 3, 4), (6, 4, 5)), ((3, 4), (6, 4, 5)), ((6, 3, 4), (4, 5)), ((1, 6, 7), (4, 1, 7, 9)), ((3, 6, 7), (4, 3, 7, 2)),
    ((2, 1, 3, 4), (5, 4, 2)), ((4,), (4, 5)), ((3, 4), (4,)), ((2, 3, 4), (4,)), ((4,), (2, 4, 3)), ((4,), (4,)),
]  # fmt: skip
LAYOUTS = ["plain", "turned", "wide", "every second", "backwards"]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shapes", SHAPES, ids=lambda shapes: "·".join(map(str, shapes)))
def test_products(card, rng, shapes, dtype):
    """All pairs of layouts, against NumPy."""
    for left, right in itertools.product(LAYOUTS, LAYOUTS):
        a, b = (
            laid(rng.standard_normal(shape).astype(dtype), how if len(shape) > 1 else "plain")
            for shape, how in zip(shapes, (left, right), strict=True)
        )
        found = gpu_blas.product(card, a, b)
        wanted = np.matmul(a.view(np.ndarray).astype(float), b.view(np.ndarray).astype(float))
        assert found.shape == wanted.shape and found.dtype == a.dtype
        np.testing.assert_allclose(found, wanted, rtol=4 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)
    assert card.library.calls


def test_into_a_part_of_an_array(card, rng):
    """`out`, rows cut short, as a convolution writes; what lies between them stays."""
    kernel = rng.standard_normal((1, 3, 4)).view(Array)
    columns = rng.standard_normal((5, 1, 4, 6)).view(Array)
    full = np.full((5, 1, 3, 8), 7.0).view(Array)
    out = full[..., :6]
    assert gpu_blas.product(card, kernel, columns, out) is out
    np.testing.assert_allclose(full[..., :6], np.matmul(kernel, columns), rtol=1e-14)
    assert (full[..., 6:] == 7).all() and card.library.calls == 1


def test_stacks_go_in_one_call_where_they_can(card, rng):
    for a, b, calls in (
        ((4, 3, 2, 5), (4, 3, 5, 2), 1),  # neighbouring dimensions join
        ((1, 2, 5), (8, 1, 5, 3), 1),
        ((3, 2, 5), (8, 3, 5, 3), 3),  # a kernel for each group, the same for all images
    ):
        card.library.calls = 0
        x, y = rng.standard_normal(a).view(Array), rng.standard_normal(b).view(Array)
        np.testing.assert_allclose(gpu_blas.product(card, x, y), np.matmul(x, y), rtol=1e-13)
        assert card.library.calls == calls


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.ones((2, 2), "int64"), np.ones((2, 2), "int64")),
        (np.ones((2, 2), "float32"), np.ones((2, 2), "float64")),
        (np.ones((2, 0)), np.ones((0, 3))),
        (np.ones((2, 3)), np.ones((2, 3))),
        (np.ones((90, 70, 2, 2)), np.ones((70, 2, 2))),
    ],
    ids=["integers", "two dtypes", "nothing to add", "sizes that do not fit", "too many calls"],
)
def test_what_is_left_to_cupy(card, a, b):
    with pytest.raises(NotImplementedError, match="CuPy's own way"):
        gpu_blas.product(card, a.view(Array), b.view(Array))


def test_each_stream_has_a_workspace(card):
    """cuBLAS is told of a stream when it changes, and forgets the workspace then."""
    x = np.ones((2, 2)).view(Array)
    for stream in (7, 7, 8, 7):
        card.stream.ptr = stream
        gpu_blas.product(card, x, x)
    assert card.library.streams == [7, 8, 7]
    first, other, again = card.library.workspaces
    assert first == again and first != other


def test_an_error_is_told(card):
    card.library.status = 13
    with pytest.raises(RuntimeError, match="cuBLAS: status 13"):
        gpu_blas.product(card, np.ones((2, 2)).view(Array), np.ones((2, 2)).view(Array))
