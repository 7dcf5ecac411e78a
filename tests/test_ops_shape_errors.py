"""What reductions, shapes and indexing say when something is wrong, and what their results are called: as torch."""

import warnings

import pytest
import torch

import minitorch

ENGINES = (minitorch, torch)


def on_both(run):
    """What `run(engine)` gives on each: ("ok", result) or ("error", type name, text)."""
    results = []
    for engine in ENGINES:
        try:
            results.append(("ok", run(engine)))
        except Exception as error:
            results.append(("error", type(error).__name__, str(error)))
    return results


# ---- errors, word for word -------------------------------------------------------------------------------------------

WORDS = {
    "squeeze": lambda e, x: x.squeeze(5),
    "sum": lambda e, x: x.sum(5),
    "sum twice": lambda e, x: x.sum((0, 0)),
    "transpose": lambda e, x: x.transpose(0, 7),
    "view": lambda e, x: x.view(7),
    "view two unknown": lambda e, x: x.view(-1, -1),
    "view no fit": lambda e, x: x.view(-1, 7),
    "view strides": lambda e, x: x.permute(2, 1, 0).view(60),
    "view of none": lambda e, x: e.zeros(0).view(-1, 0),
    "reshape": lambda e, x: x.reshape(-2, 3),
    "expand few": lambda e, x: x.expand(2, 3),
    "expand": lambda e, x: x.expand(4, 4, 5),
    "expand lead": lambda e, x: x.expand(-1, 3, 4, 5),
    "repeat": lambda e, x: x.repeat(2),
    "repeat negative": lambda e, x: x.repeat(2, -1, 1),
    "cat none": lambda e, x: e.cat([]),
    "cat ranks": lambda e, x: e.cat([x, x[0]]),
    "cat sizes": lambda e, x: e.cat([x, x[:, :2]]),
    "cat 0-d": lambda e, x: e.cat([x[0, 0, 0]]),
    "cat tensor": lambda e, x: e.cat(x),
    "cat number": lambda e, x: e.cat([x, 3]),
    "stack": lambda e, x: e.stack([x, x[0]]),
    "stack none": lambda e, x: e.stack([]),
    "split 0": lambda e, x: x.split(0),
    "split": lambda e, x: x.split([1, 1]),
    "chunk": lambda e, x: x.chunk(0),
    "narrow": lambda e, x: x.narrow(0, 1, 5),
    "narrow start": lambda e, x: x.narrow(0, 7, 1),
    "roll": lambda e, x: x.roll((1, 1), 0),
    "t": lambda e, x: x.t(),
    "unflatten": lambda e, x: x.unflatten(2, (2, 2)),
    "flatten": lambda e, x: x.flatten(2, 1),
    "unsqueeze": lambda e, x: x.unsqueeze(4),
    "unbind": lambda e, x: x[0, 0, 0].unbind(),
    "select": lambda e, x: x.select(0, 5),
    "movedim": lambda e, x: x.movedim((0, 1), (2, 2)),
    "mean of ints": lambda e, x: e.arange(3).mean(),
    "mean to ints": lambda e, x: x.mean(dtype=e.int64),
    "var of ints": lambda e, x: e.arange(3).var(),
    "norm of ints": lambda e, x: e.arange(3).norm(),
    "max of none": lambda e, x: e.zeros(0).max(),
    "max along none": lambda e, x: e.zeros(0, 3).max(0),
    "amax of none": lambda e, x: e.zeros(0, 3).amax(),
    "argmax of none": lambda e, x: e.zeros(0).argmax(),
    "argmax along none": lambda e, x: e.zeros(0, 3).argmax(0),
    "sum of a list": lambda e, x: e.sum([1]),
    "step": lambda e, x: x[::-1],
    "step 0": lambda e, x: x[::0],
    "int": lambda e, x: x[5],
    "second int": lambda e, x: x[0, -9],
    "int after None": lambda e, x: x[None, 9],
    "too many": lambda e, x: x[0, 0, 0, 0],
    "tensor": lambda e, x: x[e.tensor([5])],
    "tensors": lambda e, x: x[e.tensor([0, 1]), e.tensor([0, 1, 2])],
    "mask": lambda e, x: x[e.ones(3, 5) > 0],
    "float": lambda e, x: x[0.5],
    "float tensor": lambda e, x: x[e.tensor([0.5])],
    "0-d": lambda e, x: x[0, 0, 0][0],
    "0-d slice": lambda e, x: x[0, 0, 0][:],
    "gather rank": lambda e, x: x.gather(0, e.tensor([0, 2])),
    "gather size": lambda e, x: x.gather(0, e.zeros(5, 5, 5, dtype=e.int64)),
    "gather range": lambda e, x: x.gather(0, e.full((1, 1, 1), 7)),
    "gather dtype": lambda e, x: x.gather(0, e.zeros(1, 1, 1)),
    "scatter range": lambda e, x: x.scatter(0, e.full((1, 1, 1), 7), x),
    "scatter dtype": lambda e, x: x.scatter_add(0, e.zeros(1, 1, 1, dtype=e.int64), x.double()),
    "index_select range": lambda e, x: x.index_select(0, e.tensor([7])),
    "index_select rank": lambda e, x: x.index_select(0, e.tensor([[1]])),
    "masked_select": lambda e, x: x.masked_select(x),
    "masked_fill": lambda e, x: x.masked_fill(x > 0, x),
    "topk": lambda e, x: x.topk(9),
    "tril": lambda e, x: x[0, 0].tril(),
    "assign a list": lambda e, x: x.__setitem__(0, [1, 2]),
    "assign shape": lambda e, x: x.__setitem__(0, e.zeros(3)),
    "assign picked shape": lambda e, x: x.__setitem__(e.tensor([0, 2]), e.zeros(3, 4, 5)),
    "assign dtype": lambda e, x: x.__setitem__(e.tensor([0, 2]), e.zeros(4, 5, dtype=e.float64)),
    "assign to a leaf": lambda e, x: e.zeros(3, requires_grad=True).__setitem__(0, 1.0),
    "assign picked to a leaf": lambda e, x: e.zeros(3, requires_grad=True).__setitem__([0], 1.0),
}


@pytest.mark.parametrize("name", WORDS)
def test_errors_are_worded_as_in_torch(name):
    ours, theirs = on_both(lambda engine: WORDS[name](engine, engine.zeros(3, 4, 5)))
    assert theirs[0] == "error"
    assert ours[:2] == theirs[:2]
    # The start is what people search for; NumPy's or our own remarks may follow.
    assert ours[2].split(". ")[0][:60] == theirs[2].split(". ")[0][:60]


def test_what_is_not_supported_says_so():
    x = minitorch.zeros(4)
    with pytest.raises(NotImplementedError, match="view\\(dtype\\)"):
        x.view(minitorch.int32)
    with pytest.raises(NotImplementedError, match="does not differentiate"):
        minitorch.quantile(x, minitorch.tensor(0.5, requires_grad=True))
    with pytest.raises(NotImplementedError, match="gaps"):
        minitorch.as_strided(x[::2], (2,), (1,))
    with pytest.raises(NotImplementedError, match="beyond"):
        minitorch.as_strided(x[1:], (2,), (1,), 0)
    with pytest.raises(NotImplementedError, match="memory_format"):
        minitorch.clone(x, memory_format="torch.channels_last")


# ---- names ------------------------------------------------------------------------------------------------------------


def test_results_with_two_parts_print_and_unpack_as_in_torch():
    for call in (lambda e, x: x.max(1), lambda e, x: x.min(dim=0), lambda e, x: x.sort(), lambda e, x: x.topk(2)):
        ours, theirs = (call(engine, engine.tensor([[1.0, 5.0], [7.0, 2.0]], requires_grad=True)) for engine in ENGINES)
        assert repr(ours) == repr(theirs)
        values, indices = ours
        assert values is ours.values and indices is ours[1]


def test_numpy_names():
    for engine in ENGINES:
        x = engine.arange(6.0).reshape(2, 3)
        assert x.sum(axis=0, keepdims=True).shape == (1, 3)
        assert x.max(axis=1).values.tolist() == [2.0, 5.0]
        assert x.argmax(axis=0).tolist() == [1, 1, 1]
        assert engine.cat([x, x], axis=1).shape == (2, 6)


def test_a_short_list_of_indices_is_still_a_tuple():
    for engine in ENGINES:
        x = engine.arange(12).reshape(3, 4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert x[[[0, 1], [2, 3]]].tolist() == [2, 7]
    with pytest.warns(UserWarning, match="non-tuple sequence"):
        minitorch.arange(12).reshape(3, 4)[[[0, 1], [2, 3]]]
