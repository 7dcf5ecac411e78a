"""Tensors among Python's own things: numbers, sequences, sets, formats, functions of the standard library."""

from __future__ import annotations

import builtins
import contextlib
import inspect
import io
import time

import pytest
from snippets import both_raise, programs, same

import minitorch

SAME = programs("""
math.sqrt(torch.tensor(4.)), math.floor(torch.tensor(2.5)), math.exp(torch.tensor([1.])), math.isnan(torch.tensor(1))

math.ceil(torch.tensor(2.5)), math.trunc(torch.tensor(2.5)), round(torch.tensor(2.5)), round(torch.tensor(2.567), 1)

math.sqrt(torch.ones(2))

math.sqrt(torch.tensor(1., requires_grad=True)), float(torch.tensor(1., requires_grad=True))

random.sample(torch.arange(5), 2)

random.choice(torch.arange(5))

sorted(torch.tensor([3, 1, 2])), max(torch.tensor([3, 1, 2])), min(torch.tensor([3, 1, 2])), sum(torch.tensor([3, 1, 2]))

list(reversed(torch.arange(3))), reversed(torch.arange(3)), reversed(torch.tensor(1))

int(torch.tensor(2.7)), float(torch.tensor(2)), bool(torch.tensor([0])), complex(torch.tensor(2.)), int(torch.tensor([[3]]))

complex(torch.ones(2))

int(torch.ones(2))

int(torch.ones(0))

bool(torch.ones(0))

bool(torch.ones(2))

int(torch.tensor(float("inf")))

[1, 2, 3][torch.tensor(1)], list(range(torch.tensor(3))), hex(torch.tensor(10)), "ab" * torch.tensor(2)

[1, 2, 3][torch.tensor([1])], [1, 2, 3][torch.tensor(True)]

[1, 2, 3][torch.tensor(1.)]

[1, 2, 3][torch.tensor([1, 2])]

len(torch.ones(3, 2)), len(torch.ones(0))

len(torch.tensor(1))

iter(torch.tensor(1))

[x for x in torch.arange(3)], list(torch.ones(0)), list(zip(torch.ones(2), torch.zeros(2))), dict(enumerate(torch.ones(2)))

a, *b = torch.arange(3)
a, b

2 in torch.arange(3), torch.tensor(2) in torch.arange(3), 5 in torch.arange(3), np.int64(1) in torch.arange(3)

torch.tensor([1, 2]) in torch.arange(4).reshape(2, 2)

"a" in torch.arange(3)

None in torch.arange(3)

[1] in torch.arange(3)

t, u = torch.ones(2), torch.ones(2)
hash(t) == hash(t), len({t, u}), len({t: 1, u: 2, t: 3}), t == u, t == None, t != None

torch.ones(2) == "a", torch.ones(2) != "a", torch.ones(2) == [1, 1], torch.ones(2) == object, "a" == torch.ones(2)

torch.ones(2) < "a"

torch.ones(2) + "a"

torch.ones(2) * None

t = torch.ones(2)
exec('t += "a"')

f"{torch.tensor(2.5):.1f} {torch.tensor(3):d} {torch.tensor(True)} {torch.tensor([1.])} {torch.tensor(7):>4}"

f"{torch.ones(2):.1f}"

f"{torch.tensor([1.]):.1f}"

f"{torch.tensor(1.5, requires_grad=True):.2f}", f"{torch.tensor(1.5, requires_grad=True)}", str(torch.tensor(1.))

"%d %.2f %s" % (torch.tensor(3), torch.tensor(2.5), torch.tensor(1))

torch.ones(2, requires_grad=True).tolist(), torch.tensor(2).tolist(), torch.tensor(2.5).item()

np.random.default_rng(0).permutation(torch.arange(4)), np.random.default_rng(0).choice(torch.arange(4), 2)

np.testing.assert_allclose(torch.ones(2), np.ones(2)), np.testing.assert_array_equal(torch.ones(2), torch.ones(2))

a = np.zeros(2)
a[:] = torch.ones(2)
a

t = torch.zeros(3)
t[0] = np.float64(2)
t
""")


@pytest.mark.parametrize("program", SAME)
def test_as_pytorch(program: str) -> None:
    same(program)


def test_a_difference_is_shown_by_numpys_testing() -> None:
    both_raise("np.testing.assert_allclose(torch.ones(2), np.zeros(2))", AssertionError, "Mismatched elements: 2 / 2")
    both_raise("np.testing.assert_allclose(torch.ones(2, requires_grad=True), 1)", RuntimeError, "requires grad")


def test_printing_a_huge_tensor_looks_at_little_of_it() -> None:
    for shape, shown in (((10**5, 10**5), 36), ((10**4, 10**4, 10**4), 216)):
        huge = minitorch.ones(1).expand(shape)  # no machine has memory for it
        start = time.perf_counter()
        text = repr(huge)
        assert time.perf_counter() - start < 1 and text.count("1.") == shown and "..." in text


def test_a_notebook_shows_a_tensor_as_its_repr() -> None:
    """No HTML of its own: `display` falls back to `repr`, as with PyTorch; a drawing brings its picture."""
    for value in (minitorch.ones(2), minitorch.nn.Linear(2, 2), minitorch.optim.SGD([minitorch.ones(1)], 1)):
        for name in ("_repr_html_", "_repr_mimebundle_", "_repr_svg_", "_repr_png_", "_ipython_display_"):
            assert not hasattr(value, name)
    x = minitorch.ones(1, requires_grad=True)
    drawing = minitorch.draw((x * 2).sum())
    assert "<svg" in (drawing._repr_svg_() if hasattr(drawing, "_repr_svg_") else drawing._repr_html_())


VALUES = [
    minitorch.ones(2, 2),
    minitorch.nn.Linear(2, 2),
    minitorch.nn.Parameter(minitorch.ones(1, 1)),
    minitorch.float32,
    minitorch.device("cpu"),
    minitorch.Size([1]),
    minitorch,
    minitorch.nn,
    minitorch.utils.data,
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: getattr(value, "__name__", type(value).__name__))
def test_tab_completion_and_help(value: object) -> None:
    """What `dir` lists can be asked for; functions show their parameters."""
    names = [name for name in dir(value) if not name.startswith("_")]
    assert names
    for name in names:
        if name == "imag" and isinstance(value, minitorch.Tensor):
            continue  # an error for real tensors, in PyTorch, too
        found = getattr(value, name)
        if inspect.isroutine(found) and inspect.getmodule(found) is not None and "minitorch" in found.__module__:
            assert inspect.signature(found) is not None
            assert inspect.getdoc(found), f"{name} has no docstring"


def test_dir_knows_what_is_loaded_late() -> None:
    names = set(dir(minitorch))
    assert {"draw", "explain", "load", "multiprocessing", "pictures", "save", "serialization", "testing"} <= names


@pytest.mark.parametrize("name", ["Tensor", "tensor", "from_dlpack", "nn.Linear", "optim.Adam", "utils.data.DataLoader"])
def test_help_of_public_names(name: str) -> None:
    value = minitorch
    for part in name.split("."):
        value = getattr(value, part)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        builtins.help(value)
    assert "Help on" in out.getvalue() and name.rpartition(".")[2] in out.getvalue()
