"""Where CuPy differs from NumPy in small things, what minitorch makes of it; on foreign.py's stand-in, and that it differs.

With --device cuda the tensors are a card's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from card import why_not

import minitorch


@pytest.fixture
def xp(request: pytest.FixtureRequest) -> Any:
    """CuPy where there is a card to test on, else the stand-in."""
    if request.config.getoption("--device") != "cuda":
        foreign = pytest.importorskip("foreign")
        with foreign.foreign_device() as module:
            yield module
    elif why_not("cuda"):
        pytest.skip(f"no card: {why_not('cuda')}")
    else:
        yield pytest.importorskip("cupy")


def test_one_element_is_a_view(xp: Any) -> None:
    """As CuPy's are, and NumPy's are not: CuPy's, and so the stand-in's, own behaviour."""
    x = xp.zeros((2, 3))
    one = x[1, 2]
    one += 5
    assert one.shape == () and x[1, 2].get() == 5 and x[..., 0, 1].shape == ()


def test_refused(xp: Any) -> None:
    """Numbers where arrays are wanted, and stacks of matrices that would have to be broadcast; NumPy takes them all."""
    a = xp.ones(1, dtype="float32")
    for call in (
        lambda: xp.broadcast_to(np.float32(1), (2,)),
        lambda: xp.ravel(1.0),
        lambda: xp.concatenate([a, np.ones(1, "float32")]),
        lambda: xp.stack([a[0], np.float32(1)]),
    ):
        with pytest.raises((TypeError, AttributeError)):
            call()
    for stack, columns in ((2, 3, 3), (3, 4)), ((3, 3), (2, 3, 4)):
        eyes = xp.zeros(stack) + xp.eye(3)
        with pytest.raises(ValueError, match="a must have"):
            xp.linalg.solve(eyes, xp.ones(columns))
    x = minitorch.eye(3, device="cuda")
    assert minitorch.linalg.solve(x, minitorch.ones(2, 3, 4, device="cuda")).sum().item() == 24


def test_minus_zero_keeps_its_sign(xp: Any) -> None:
    """A tensor filled with the number −0 holds it, though CuPy, where a number equals 0, may write zero bytes."""
    t, filled = minitorch, minitorch.ones(3, device="cuda")
    filled[1] = -0.0
    filled[minitorch.tensor([2], device="cuda")] = -0.0
    x = [
        t.tensor(-0.0, device="cuda"),
        t.tensor(-0.0).to("cuda"),
        t.full((2,), -0.0, device="cuda"),
        t.zeros(2, device="cuda").fill_(-0.0),
        t.fill(t.zeros(2, device="cuda"), -0.0),
        t.ones(3, device="cuda").index_fill(0, t.tensor([0, 1, 2], device="cuda"), -0.0),
        t.ones(3, device="cuda").masked_fill(t.tensor([True] * 3, device="cuda"), -0.0),
        t.where(t.tensor([True, False], device="cuda"), -0.0, -t.zeros(2, device="cuda")),
        t.where(t.tensor([True, False], device="cuda"), -t.zeros(2, device="cuda"), -0.0),
        t.where(t.tensor([True, False], device="cuda"), -0.0, -0.0),
        filled[1:],
    ]
    for k, tensor in enumerate(x):
        array = tensor.numpy(force=True)
        assert (array == 0).all() and np.signbit(array).all(), k
    assert t.full((2,), -0.0, device="cuda", dtype=t.int64).tolist() == [0, 0]
    assert not np.signbit(t.tensor(0.0, device="cuda").numpy(force=True))


def test_the_default_driver_of_lstsq(xp: Any) -> None:
    """ "gels" on the device, as in PyTorch: sums of squares and no rank, where the CPU's "gelsy" gives the rank alone."""
    a, b = minitorch.tensor([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), minitorch.tensor([[4.0], [3.0], [5.0]])
    there, here = minitorch.linalg.lstsq(a.to("cuda"), b.to("cuda")), minitorch.linalg.lstsq(a, b)
    assert there.solution.device.type == "cuda" and minitorch.allclose(there.solution.cpu(), here.solution)
    assert abs(there.residuals.item() - 25.0) < 1e-4 and there.rank.shape == (0,)
    assert here.residuals.shape == (0,) and here.rank.item() == 2
