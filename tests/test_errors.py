"""Bad input at the engine: PyTorch's type of error, and a message that names the place and what would fix it.

The errors of single operations are in the table of ops (`errors=`); here is what takes more than one call.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from twins import message, raised, twin

import minitorch


def says(call, *parts):
    text = message(call)
    for part in parts:
        assert part in text, f"{part!r} is not in: {text}"


# ---- backward --------------------------------------------------------------------------------------------------------


def test_backward_on_a_non_scalar():
    x = minitorch.ones(2, 3, requires_grad=True)
    says((x * 2).backward, "grad can be implicitly created only for scalar outputs", "[2, 3]")


def test_backward_without_a_graph():
    says(minitorch.ones(1).backward, "does not require grad and does not have a grad_fn")
    with minitorch.no_grad():
        y = minitorch.ones(1, requires_grad=True) * 2
    says(y.backward, "does not require grad")


def test_backward_twice():
    x = minitorch.ones(2, requires_grad=True)
    y = (x**2).sum()
    y.backward()
    says(y.backward, "Trying to backward through the graph a second time", "retain_graph=True")


def test_backward_with_a_gradient_of_the_wrong_shape():
    x = minitorch.ones(2, 3, requires_grad=True)
    says(lambda: (x * 2).backward(minitorch.ones(3, 2)), "[3, 2]", "[2, 3]")


def test_integer_tensor_asked_for_gradients():
    for make in (
        lambda: minitorch.tensor([1, 2], requires_grad=True),
        lambda: minitorch.ones(2, dtype=minitorch.bool).requires_grad_(),
    ):
        says(make, "floating point")


@twin
def test_types_of_backward_errors(torch):
    x = torch.ones(2, requires_grad=True)
    y = (x**2).sum()
    y.backward()
    return [
        raised((x * 2).backward),
        raised(torch.ones(1).backward),
        raised(y.backward),
        raised((x * 2).backward, torch.ones(3)),
        raised((x * 2).backward, "text"),
        raised(torch.tensor([1, 2]).requires_grad_),
        raised(lambda: torch.tensor([1, 2]).float().requires_grad_().long().backward()),
        raised(torch.autograd.grad, 3.0, x),
        raised(torch.autograd.grad, (x * 2).sum(), "text"),
        raised(x.register_hook, None) in ("TypeError", "RuntimeError", "nothing"),
    ]


# ---- in place --------------------------------------------------------------------------------------------------------


def test_a_leaf_changed_in_place():
    x = minitorch.ones(2, requires_grad=True)
    says(lambda: x.add_(1), "a leaf Variable that requires grad is being used in an in-place operation")
    says(
        lambda: x.view(2).add_(1), "a view of a leaf Variable that requires grad is being used in an in-place operation"
    )


def test_a_saved_tensor_changed_in_place_names_the_op():
    x = minitorch.ones(2, 3, requires_grad=True)
    y = x * 2
    z = (y**2).sum()
    y[0] = 0.0
    says(z.backward, "modified by an inplace operation", "[2, 3]", "PowBackward0", "version 1", "expected version 0")


# ---- devices ---------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(torch.cuda.is_available(), reason="torch has a GPU here")
def test_no_gpu():
    if minitorch.cuda.is_available():
        pytest.skip("minitorch has a GPU here")
    for place in ("cuda", "cuda:0", "cuda:1"):
        for call in (lambda p: minitorch.zeros(2, device=p), lambda p: minitorch.zeros(2).to(p)):
            with pytest.raises((RuntimeError, AssertionError, ImportError), match="(?i)cuda|cupy"):
                call(place)
    assert minitorch.cuda.device_count() == 0


@twin
def test_unknown_devices(torch):
    return (
        [raised(torch.device, d) for d in ("nowhere", "cuda:x", "cpu:-1", "")],
        str(torch.device("cpu")),
        torch.device("cuda", 1).index,
    )


class OtherArray(np.ndarray):
    """An array that says it lies on a GPU."""


@pytest.fixture
def elsewhere(monkeypatch):
    """A function that moves a tensor to a device that does not exist, as far as the checks can see."""
    gpu = minitorch.device("cuda:0")
    real = type(minitorch.ones(1)).device.fget

    def device(self):
        return gpu if isinstance(self._array, OtherArray) else real(self)

    monkeypatch.setattr(minitorch.Tensor, "device", property(device))

    def move(t):
        out = minitorch.from_numpy(np.zeros(tuple(t.shape), "float32"))
        out._array = t._array.view(OtherArray)
        return out

    return move


@pytest.mark.parametrize(
    "call",
    [
        lambda t, x, y: x + y,
        lambda t, x, y: y * x,
        lambda t, x, y: x @ y,
        lambda t, x, y: x < y,
        lambda t, x, y: t.maximum(x, y),
        lambda t, x, y: t.cat([x, y]),
        lambda t, x, y: t.stack([x, y]),
        lambda t, x, y: t.where(x > 0, x, y),
        lambda t, x, y: t.nn.functional.linear(x, y),
        lambda t, x, y: t.nn.functional.mse_loss(x, y),
        lambda t, x, y: t.nn.functional.cross_entropy(x, y),
        lambda t, x, y: t.nn.functional.conv2d(x.view(1, 1, 3, 3), y.view(1, 1, 3, 3)),
    ],
)
def test_mixed_devices(elsewhere, call):
    x, y = minitorch.ones(3, 3), elsewhere(minitorch.ones(3, 3))
    with pytest.raises(RuntimeError) as caught:
        call(minitorch, x, y)
    text = str(caught.value)
    assert "Expected all tensors to be on the same device" in text and "cpu" in text and "cuda:0" in text


# ---- into a network --------------------------------------------------------------------------------------------------


def network(engine):
    nn = engine.nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 6, 5)
            self.pool = nn.MaxPool2d(2, 2)
            self.conv2 = nn.Conv2d(6, 16, 5)
            self.fc1 = nn.Linear(16 * 5 * 5, 120)
            self.fc2 = nn.Linear(120, 10)

        def forward(self, x):
            x = self.pool(nn.functional.relu(self.conv1(x)))
            x = self.pool(nn.functional.relu(self.conv2(x)))
            x = engine.flatten(x, 1)
            return self.fc2(nn.functional.relu(self.fc1(x)))

    return Net()


# An image of another size, rank or number of channels than the network was built for; the layer where it shows.
IMAGES = [
    ((4, 3, 28, 28), "fc1"),
    ((4, 3, 64, 64), "fc1"),
    ((4, 1, 32, 32), "conv1"),
    ((3, 32), "conv1"),
    ((4, 3, 8, 8), "conv2"),
    ((4, 3, 4, 4), "conv1"),
    ((2, 4, 3, 32, 32), "conv1"),
    ((1, 3, 32, 40), "fc1"),
]


@pytest.mark.parametrize(("shape", "layer"), IMAGES)
def test_a_wrong_image_names_the_layer(shape, layer):
    expected = raised(lambda: network(torch)(torch.zeros(shape)))
    net = network(minitorch)
    with pytest.raises(Exception) as caught:
        net(minitorch.zeros(shape))
    assert type(caught.value).__name__ == expected
    text = "".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert layer in text, text


def test_a_wrong_image_says_the_shapes():
    with pytest.raises(RuntimeError) as caught:
        network(minitorch)(minitorch.zeros(4, 3, 28, 28))
    text = "".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "4x256" in text and "400" in text and "fc1" in text


@pytest.mark.parametrize(
    "call",
    [
        lambda e: e.nn.Linear(3, 4)(e.ones(2, 5)),
        lambda e: e.nn.Linear(3, 4)([1.0, 2.0, 3.0]),
        lambda e: e.nn.Linear(3, 4)(e.ones(2, 3, dtype=e.int64)),
        lambda e: e.nn.Linear(3, 4)(e.ones(2, 3, dtype=e.float64)),
        lambda e: e.nn.Linear(3, 4)(),
        lambda e: e.nn.Conv2d(1, 2, 3)(e.ones(1, 1, 2, 2)),
        lambda e: e.nn.Conv2d(1, 2, 3)(e.ones(5, 5)),
        lambda e: e.nn.BatchNorm1d(3)(e.ones(2, 4)),
        lambda e: e.nn.BatchNorm2d(3)(e.ones(2, 3)),
        lambda e: e.nn.CrossEntropyLoss()(e.ones(2, 3), e.tensor([0, 3])),
        lambda e: e.nn.CrossEntropyLoss()(e.ones(2, 3), e.tensor([0, -1])),
        lambda e: e.nn.CrossEntropyLoss()(e.ones(2, 3), e.tensor([0])),
        lambda e: e.nn.NLLLoss()(e.ones(2, 3), e.tensor([0, 5])),
        lambda e: e.nn.BCELoss()(e.ones(2) * 2, e.ones(2)),
        lambda e: e.nn.BCEWithLogitsLoss()(e.ones(2), e.ones(3)),
        lambda e: e.nn.Dropout(1.5),
        lambda e: e.nn.MaxPool2d(3)(e.ones(1, 1, 2, 2)),
        lambda e: e.nn.Flatten(5)(e.ones(2, 2)),
    ],
)
def test_layers_refuse_as_torch(call):
    assert raised(call, minitorch) == raised(call, torch) != "nothing"


@pytest.mark.parametrize("label", [10, 255, -1])
def test_a_label_out_of_range_says_which(label):
    labels = minitorch.tensor([0, label, 3])
    says(lambda: minitorch.nn.functional.cross_entropy(minitorch.zeros(3, 10), labels), str(label), "10 classes")


# ---- making tensors, and asking them for values ----------------------------------------------------------------------


@twin
def test_making_tensors(torch):
    return [
        raised(torch.tensor, [[1, 2], [3]]),
        raised(torch.tensor, "text"),
        raised(torch.tensor, None),
        raised(torch.tensor, [None]),
        raised(torch.zeros, -1),
        raised(torch.zeros, 2, -3),
        raised(torch.zeros, "text"),
        raised(torch.zeros, 2.5),
        raised(torch.arange, 0, 1, 0),
        raised(torch.arange, 5, 1),
        raised(torch.from_numpy, [1, 2]),
        raised(torch.from_numpy, np.array(["a"])),
        raised(torch.from_numpy, np.arange(4)[::-1]),
        raised(torch.tensor, [1], dtype="float32"),
        raised(torch.zeros, 2, dtype=int) in ("nothing", "TypeError"),
        raised(torch.ones(2).item),
        raised(torch.zeros(0).item),
        raised(bool, torch.ones(2)),
        raised(bool, torch.zeros(0)),
        raised(len, torch.ones(())),
        raised(iter, torch.ones(())),
        raised(int, torch.ones(2)),
        raised(float, torch.ones(2)),
        raised(range, torch.tensor(2.5)),
        raised(lambda: [0, 1][torch.tensor(1)]),
        raised(lambda: {}[torch.ones(1)]),
        raised(lambda: torch.ones(2).nothing),
        raised(lambda: torch.nothing),
        raised(lambda: torch.ones(2).reshape("a")),
    ]


def test_an_ambiguous_truth_value_says_so():
    says(lambda: bool(minitorch.ones(2)), "Boolean value of Tensor with more than one value is ambiguous")


def test_a_name_that_is_not_there_is_named():
    with pytest.raises(AttributeError, match="frobnicate"):
        minitorch.frobnicate  # noqa: B018
    with pytest.raises(AttributeError, match="frobnicate"):
        minitorch.ones(2).frobnicate  # noqa: B018


@pytest.mark.parametrize(
    "call",
    [
        lambda e: e.sort(e.ones(2), out=(e.ones(2), e.ones(2))),
        lambda e: e.zeros(2, layout="sparse"),
        lambda e: e.sum(e.ones(2), frobnicate=1),
        lambda e: e.ones(2).sum(frobnicate=1),
        lambda e: e.nn.Linear(2, 3, frobnicate=1),
        lambda e: e.nn.functional.conv2d(e.ones(1, 1, 3, 3), e.ones(1, 1, 2, 2), padding_mode="circular"),
        lambda e: e.ones(2, memory_format="channels_last"),
    ],
)
def test_what_is_not_supported_is_refused_and_not_ignored(call):
    assert raised(call, minitorch) in ("TypeError", "NotImplementedError", "RuntimeError")
