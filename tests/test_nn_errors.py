"""An error inside a network names the layer's path, says what came in, and what would fix it."""

import pickle
import traceback

import pytest

import minitorch as torch
from minitorch import nn


class Net(nn.Module):
    """The classifier of the CIFAR-10 lesson: for images of 32×32."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))

    def forward(self, x):
        x = self.pool(self.conv1(x).relu())
        x = self.pool(self.conv2(x).relu())
        return self.head(self.fc1(torch.flatten(x, 1)))


def failure(function, *args, **kwargs):
    with pytest.raises(Exception) as caught:  # noqa: B017  the tests look at its type
        function(*args, **kwargs)
    return caught.value


def notes(error):
    return getattr(error, "__notes__", [])


def test_an_image_of_another_size():
    error = failure(Net(), torch.zeros(4, 3, 28, 28))
    assert type(error) is RuntimeError
    assert str(error).startswith("mat1 and mat2 shapes cannot be multiplied (4x256 and 400x120)")
    assert str(error).endswith("[in Net.fc1]")
    (note,) = notes(error)
    assert note.startswith(
        "in Net.fc1 (Linear(in_features=400, out_features=120, bias=True)), input of shape [4, 256]: "
    )
    assert "in_features=256" in note and "another size" in note


# name: (input, layer, a word of the advice)
INPUTS = {
    "channels": (lambda: torch.zeros(4, 1, 32, 32), "Net.conv1", "in_channels=1"),
    "rank": (lambda: torch.zeros(32, 32), "Net.conv1", "(N, 3, H, W)"),
    "too small for a kernel": (lambda: torch.zeros(4, 3, 8, 8), "Net.conv2", "use larger images"),
    "too small for a pooling": (lambda: torch.zeros(4, 3, 14, 14), "Net.pool", "fewer poolings"),
    "dtype": (lambda: torch.zeros(4, 3, 32, 32, dtype=torch.float64), "Net.conv1", "input.to(torch.float32)"),
    "integers": (lambda: torch.zeros(4, 3, 32, 32, dtype=torch.uint8), "Net.conv1", "input.to(torch.float32)"),
}


@pytest.mark.parametrize("name", INPUTS)
def test_inputs(name):
    make, layer, word = INPUTS[name]
    error = failure(Net(), make())
    assert f"[in {layer}]" in str(error)
    (note,) = notes(error)
    assert note.startswith(f"in {layer} (") and f"input of shape {list(make().shape)}" in note or "small" in name
    assert word in note


def test_inside_containers():
    net = Net()
    net.head[1] = nn.Linear(7, 84)
    assert "[in Net.head.1]" in str(failure(net, torch.zeros(4, 3, 32, 32)))
    outer = nn.Sequential(nn.ModuleDict({"a": net})["a"])
    assert "[in Sequential.0.head.1]" in str(failure(outer, torch.zeros(4, 3, 32, 32)))
    assert len(notes(failure(outer, torch.zeros(4, 3, 32, 32)))) == 1


def test_a_layer_alone():
    error = failure(nn.Linear(3, 2), torch.zeros(4, 5))
    assert "[in Linear]" in str(error)
    assert notes(error)[0].startswith("in Linear(in_features=3, out_features=2, bias=True), input of shape [4, 5]: ")


def test_a_layer_that_is_not_registered():
    class Loose(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Sequential(nn.Linear(3, 2))]  # a plain list: its modules are nobody's children

        def forward(self, x):
            return self.layers[0](x)

    assert "[in Loose → Sequential.0]" in str(failure(Loose(), torch.zeros(4, 5)))


def test_an_error_in_a_forward_of_the_users():
    class Reshaping(nn.Module):
        def forward(self, x, y):
            return x.view(7, 7)

    error = failure(nn.Module.__call__, Reshaping(), torch.zeros(2, 3), y=torch.zeros(5))
    assert "[in Reshaping]" in str(error) and "inputs of shapes [2, 3], [5]" in notes(error)[0]


class Odd(Exception):
    def __init__(self, code, text):
        super().__init__(code, text)


@pytest.mark.parametrize(
    "raised",
    [KeyError("key"), Odd(3, "text"), RuntimeError(), ValueError("a", "b"), OSError(2, "no file"), StopIteration()],
    ids=lambda e: type(e).__name__,
)
def test_other_exceptions_keep_their_arguments(raised):
    class Raising(nn.Module):
        def forward(self, x):
            raise raised

    before, text = raised.args, str(raised)
    error = failure(nn.Sequential(Raising()), 1)
    assert error is raised and error.args == before and str(error) == text
    assert notes(error) == ["in Sequential.0 (Raising())"]


def test_keyboard_interrupt_passes_untouched():
    class Interrupted(nn.Module):
        def forward(self, x):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        Interrupted()(1)
    assert notes(caught.value) == []


def test_recursion_is_not_made_worse():
    class Endless(nn.Module):
        def forward(self, x):
            return self(x)

    assert type(failure(Endless(), 1)) is RecursionError


def test_a_repr_that_fails_does_not_hide_the_error():
    class Shy(nn.Module):
        def forward(self, x):
            raise ValueError("the first")

        def extra_repr(self):
            raise TypeError("the second")

    error = failure(Shy(), 1)
    assert type(error) is ValueError and "the first" in str(error)


def test_the_traceback_is_not_cluttered():
    error = failure(Net(), torch.zeros(4, 3, 28, 28))
    text = "".join(traceback.format_exception(error))
    assert "blame" not in text.replace("blame(error", "") and text.count("mat1 and mat2") == 1


def test_the_error_travels_between_processes():
    error = pickle.loads(pickle.dumps(failure(Net(), torch.zeros(4, 3, 28, 28))))
    assert "[in Net.fc1]" in str(error)


def test_one_exception_raised_again_elsewhere():
    class Once(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 2)

        def forward(self, x):
            try:
                return self.inner(x)
            except RuntimeError as error:
                raise ValueError("wrapped") from error

    error = failure(Once(), torch.zeros(4, 5))
    assert str(error) == "wrapped [in Once]" and "[in Linear]" in str(error.__cause__)


def test_a_healthy_call_costs_little():
    """No more than a few dictionary look-ups: 2 µs is some 20 times what it takes here."""
    from timeit import repeat

    module = nn.Identity()
    plain = min(repeat(lambda: module.forward(1), number=2000, repeat=5)) / 2000
    called = min(repeat(lambda: module(1), number=2000, repeat=5)) / 2000
    assert called - plain < 2e-6
