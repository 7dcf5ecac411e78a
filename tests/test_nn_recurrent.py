"""RNN, LSTM, GRU, their cells, and packed sequences against PyTorch's."""

import pickle

import numpy as np
import pytest
import torch
from layer_twins import assert_layers_agree, close, normal
from nn_twins import assert_same, outcome, twins

import minitorch

X = normal(5, 2, 3)  # (L, N, D)
H, C = normal(1, 2, 4, seed=8), normal(1, 2, 4, seed=9)

# name: (build, inputs)
LAYERS = {
    "RNN": (lambda t: t.nn.RNN(3, 4), [X]),
    "RNN relu": (lambda t: t.nn.RNN(3, 4, nonlinearity="relu", bias=False), [X, H]),
    "RNN relu by position": (lambda t: t.nn.RNN(3, 4, 2, "relu", True, True), [normal(2, 5, 3)]),
    "RNN of one sequence": (lambda t: t.nn.RNN(3, 4, bidirectional=True), [normal(5, 3), normal(2, 4)]),
    "LSTM": (lambda t: t.nn.LSTM(3, 4), [X]),
    "LSTM continued": (lambda t: t.nn.LSTM(3, 4), [X, (H, C)]),
    "LSTM batch first": (lambda t: t.nn.LSTM(3, 4, batch_first=True, bias=False), [normal(2, 5, 3)]),
    "LSTM of one sequence": (lambda t: t.nn.LSTM(3, 4, batch_first=True), [normal(5, 3), (H[:, 0], C[:, 0])]),
    "LSTM deep, both ways": (lambda t: t.nn.LSTM(3, 4, num_layers=2, bidirectional=True), [X]),
    "LSTM dropout": (
        lambda t: t.nn.LSTM(3, 4, 3, dropout=0.4, bidirectional=True, batch_first=True),
        [normal(2, 5, 3)],
    ),
    "LSTM projected": (lambda t: t.nn.LSTM(3, 4, 2, proj_size=2), [X, (normal(2, 2, 2), normal(2, 2, 4))]),
    "LSTM projected, both ways": (lambda t: t.nn.LSTM(3, 4, proj_size=3, bidirectional=True, bias=False), [X]),
    "GRU": (lambda t: t.nn.GRU(3, 4), [X]),
    "GRU continued": (lambda t: t.nn.GRU(3, 4, bias=False), [X, H]),
    "GRU deep, both ways": (lambda t: t.nn.GRU(3, 4, 2, bidirectional=True), [X, normal(4, 2, 4)]),
    "GRU dropout": (lambda t: t.nn.GRU(3, 4, 2, dropout=0.5), [X]),
    "GRU of one step": (lambda t: t.nn.GRU(3, 4), [X[:1]]),
    "RNNCell": (lambda t: t.nn.RNNCell(3, 4), [X[0]]),
    "RNNCell relu": (lambda t: t.nn.RNNCell(3, 4, nonlinearity="relu"), [X[0], H[0]]),
    "RNNCell of one": (lambda t: t.nn.RNNCell(3, 4, bias=False), [X[0, 0], H[0, 0]]),
    "LSTMCell": (lambda t: t.nn.LSTMCell(3, 4), [X[0]]),
    "LSTMCell continued": (lambda t: t.nn.LSTMCell(3, 4), [X[0], (H[0], C[0])]),
    "LSTMCell of one": (lambda t: t.nn.LSTMCell(3, 4, bias=False), [X[0, 0], (H[0, 0], C[0, 0])]),
    "GRUCell": (lambda t: t.nn.GRUCell(3, 4), [X[0], H[0]]),
    "GRUCell of one": (lambda t: t.nn.GRUCell(3, 4, bias=False), [X[0, 0]]),
}

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")  # PyTorch's own


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, dtype):
    build, arrays = LAYERS[name]
    assert_layers_agree(build, arrays, dtype, ("train", "eval"))


@pytest.mark.parametrize("name", LAYERS)
def test_repr_state_and_first_values(name):
    build = LAYERS[name][0]
    assert_same(lambda torch: (build(torch), build(torch).state_dict(), build(torch).state_dict()._metadata))


@pytest.mark.parametrize("name", ["LSTM", "GRU", "RNN"])
def test_second_derivatives(name):
    results = []
    for module, engine in zip(twins(lambda t: getattr(t.nn, name)(3, 4), "float64"), (minitorch, torch), strict=True):
        x = engine.tensor(X).requires_grad_()
        y, _ = module(x)
        (g,) = engine.autograd.grad((y * engine.tensor(normal(5, 2, 4))).sum(), x, create_graph=True)
        (g * engine.tensor(normal(5, 2, 3, seed=11))).sum().backward()
        results.append([x.grad, *(p.grad for p in module.parameters())])
    for ours, theirs in zip(*results, strict=True):
        if ours is not None or theirs is not None:
            zeros = np.zeros(tuple((theirs if ours is None else ours).shape))
            ours, theirs = (zeros if g is None else g.numpy() for g in (ours, theirs))
            np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)


# ---- packed sequences ------------------------------------------------------------------------------------------------

LENGTHS = [2, 5, 3]
SEQUENCES = [normal(n, 3, seed=n) for n in LENGTHS]


def packed(t, dtype, leaves):
    tensors = [t.tensor(x.astype(dtype)).requires_grad_() for x in SEQUENCES]
    leaves += tensors
    return t.nn.utils.rnn.pack_sequence(tensors, enforce_sorted=False)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "build",
    [
        lambda t: t.nn.RNN(3, 4),
        lambda t: t.nn.LSTM(3, 4, 2, bidirectional=True),
        lambda t: t.nn.LSTM(3, 4, proj_size=2, batch_first=True),
        lambda t: t.nn.GRU(3, 4, 2, dropout=0.4, bidirectional=True),
    ],
)
@pytest.mark.parametrize("given", [False, True], ids=["zeros", "given state"])
def test_packed(build, dtype, given):
    results = []
    for module, engine in zip(twins(build, dtype), (minitorch, torch), strict=True):
        leaves = []
        x = packed(engine, dtype, leaves)
        state = None
        if given:
            rows = module.num_layers * (1 + module.bidirectional)
            parts = [(rows, 3, module.proj_size or 4), (rows, 3, 4)]
            states = [engine.tensor(normal(*shape).astype(dtype)).requires_grad_() for shape in parts]
            leaves += states if module.mode == "LSTM" else states[:1]
            state = tuple(states) if module.mode == "LSTM" else states[0]
        engine.manual_seed(4)
        y, final = module(x, state)
        assert type(y).__name__ == "PackedSequence"
        padded, lengths = engine.nn.utils.rnn.pad_packed_sequence(y, padding_value=0.5)
        finals = list(final) if isinstance(final, tuple) else [final]
        weights = [engine.tensor(normal(*v.shape, seed=k).astype(dtype)) for k, v in enumerate([padded, *finals])]
        sum((v * w).sum() for v, w in zip([padded, *finals], weights, strict=True)).backward()
        assert lengths.tolist() == LENGTHS
        results.append([padded, *finals, *(v.grad for v in leaves), *(p.grad for p in module.parameters())])
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs, dtype)


def test_a_packed_sequence_gives_what_each_sequence_gives_alone():
    minitorch.manual_seed(0)
    layer = minitorch.nn.LSTM(3, 4, bidirectional=True).double()
    leaves = []
    y, (h, _) = layer(packed(minitorch, "float64", leaves))
    for k, (found, x) in enumerate(zip(minitorch.nn.utils.rnn.unpack_sequence(y), leaves, strict=True)):
        alone, (last, _) = layer(x)
        np.testing.assert_allclose(found.detach().numpy(), alone.detach().numpy(), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(h[:, k].detach().numpy(), last.detach().numpy(), rtol=1e-12, atol=1e-14)


PACKING = {
    "pad": lambda t, rnn, xs: [
        rnn.pad_sequence(xs),
        rnn.pad_sequence(xs, True, 0.5),
        rnn.pad_sequence(xs, padding_side="left"),
    ],
    "pack": lambda t, rnn, xs: rnn.pack_sequence(xs, enforce_sorted=False),
    "pack sorted": lambda t, rnn, xs: rnn.pack_sequence([xs[1], xs[2], xs[0]]),
    "pack padded": lambda t, rnn, xs: rnn.pack_padded_sequence(
        rnn.pad_sequence(xs, True), t.tensor(LENGTHS), True, False
    ),
    "pad packed": lambda t, rnn, xs: rnn.pad_packed_sequence(rnn.pack_sequence(xs, False), True, 0.25, 7),
    "unpad": lambda t, rnn, xs: rnn.unpad_sequence(rnn.pad_sequence(xs), t.tensor(LENGTHS)),
    "unpack": lambda t, rnn, xs: rnn.unpack_sequence(rnn.pack_sequence(xs, False)),
    "invert": lambda t, rnn, xs: [rnn.invert_permutation(t.tensor([2, 0, 1])), rnn.invert_permutation(None)],
    "convert": lambda t, rnn, xs: rnn.pack_sequence(xs, False).float(),
    "two arguments": lambda t, rnn, xs: rnn.PackedSequence(xs[0], t.tensor([1, 1])),
    "a pair": lambda t, rnn, xs: rnn.PackedSequence((xs[0], t.tensor([1, 1]))),
}


@pytest.mark.parametrize("name", PACKING)
def test_packing(name):
    assert_same(lambda t: PACKING[name](t, t.nn.utils.rnn, [t.tensor(x) for x in SEQUENCES]))


NOT_PACKED = {
    "not sorted": lambda t, rnn, xs: rnn.pack_sequence(xs),
    "no length": lambda t, rnn, xs: rnn.pack_padded_sequence(xs[0].unsqueeze(1), [0]),
    "too many lengths": lambda t, rnn, xs: rnn.pack_padded_sequence(xs[0].unsqueeze(1), [2, 1]),
    "too short a total": lambda t, rnn, xs: rnn.pad_packed_sequence(rnn.pack_sequence(xs, False), total_length=4),
    "nothing": lambda t, rnn, xs: rnn.pad_sequence([]),
    "a number": lambda t, rnn, xs: rnn.pad_sequence(3),
    "another side": lambda t, rnn, xs: rnn.pad_sequence(xs, padding_side="top"),
}


@pytest.mark.parametrize("name", NOT_PACKED)
def test_not_packed(name):
    def scenario(t):
        return NOT_PACKED[name](t, t.nn.utils.rnn, [t.tensor(x) for x in SEQUENCES])

    ours, theirs = (outcome(scenario, engine)[0] for engine in (minitorch, torch))
    assert ours[0] == theirs[0] == "error"
    assert ours[1] == theirs[1]


# ---- the rest --------------------------------------------------------------------------------------------------------

REFUSED = {
    "dropout above 1": lambda t: t.nn.LSTM(3, 4, 2, dropout=1.5),
    "no layers": lambda t: t.nn.GRU(3, 4, 0),
    "no input": lambda t: t.nn.RNN(0, 4),
    "no hidden": lambda t: t.nn.RNN(3, 0),
    "half an input": lambda t: t.nn.RNN(1.5, 4),
    "bias text": lambda t: t.nn.RNN(3, 4, bias="yes"),
    "nonlinearity": lambda t: t.nn.RNN(3, 4, nonlinearity="sine"),
    "projection of a GRU": lambda t: t.nn.GRU(3, 4, proj_size=2),
    "too wide a projection": lambda t: t.nn.LSTM(3, 4, proj_size=4),
    "rank 1": lambda t: t.nn.LSTM(3, 4)(t.zeros(3)),
    "rank 4": lambda t: t.nn.GRU(3, 4)(t.zeros(1, 1, 1, 3)),
    "another width": lambda t: t.nn.LSTM(3, 4)(t.zeros(5, 2, 4)),
    "another dtype": lambda t: t.nn.LSTM(3, 4)(t.zeros(5, 2, 3, dtype=t.float64)),
    "a state of another size": lambda t: t.nn.GRU(3, 4)(t.zeros(5, 2, 3), t.zeros(1, 3, 4)),
    "a cell of another size": lambda t: t.nn.LSTM(3, 4)(t.zeros(5, 2, 3), (t.zeros(1, 2, 4), t.zeros(1, 2, 3))),
    "a batch of states for one": lambda t: t.nn.GRU(3, 4)(t.zeros(5, 3), t.zeros(1, 1, 4)),
    "a state without batch": lambda t: t.nn.LSTM(3, 4)(t.zeros(5, 2, 3), (t.zeros(1, 4), t.zeros(1, 4))),
    "no steps": lambda t: t.nn.LSTM(3, 4)(t.zeros(0, 2, 3)),
    "cell of rank 3": lambda t: t.nn.LSTMCell(3, 4)(t.zeros(5, 2, 3)),
    "cell of another width": lambda t: t.nn.GRUCell(3, 4)(t.zeros(2, 4)),
    "cell of another batch": lambda t: t.nn.RNNCell(3, 4)(t.zeros(2, 3), t.zeros(3, 4)),
    "cell nonlinearity": lambda t: t.nn.RNNCell(3, 4, nonlinearity="sine")(t.zeros(2, 3)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    ours, theirs = (outcome(REFUSED[name], engine)[0] for engine in (minitorch, torch))
    assert ours[0] == theirs[0] == "error", (ours, theirs)
    assert ours[1] == theirs[1], (ours, theirs)


def test_dropout_of_one_layer_is_pointed_out():
    assert_same(lambda torch: torch.nn.LSTM(3, 4, dropout=0.5))
    with pytest.warns(UserWarning, match="all but last") as caught:
        minitorch.nn.GRU(3, 4, dropout=0.5)
    assert [w.filename for w in caught] == [__file__]


def test_all_weights_and_pickling():
    assert_same(lambda torch: torch.nn.LSTM(2, 3, 2, proj_size=1).all_weights)
    layer = minitorch.nn.GRU(3, 4, 2)
    copy = pickle.loads(pickle.dumps(layer))
    x = minitorch.tensor(X.astype("float32"))
    np.testing.assert_array_equal(copy(x)[0].detach().numpy(), layer(x)[0].detach().numpy())
    layer.flatten_parameters()
