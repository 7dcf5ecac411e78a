"""MultiheadAttention against PyTorch's."""

import numpy as np
import pytest
import torch
from layer_twins import assert_layers_agree, normal
from nn_twins import assert_same, outcome

import minitorch

LATER = np.triu(np.ones((3, 3), bool), 1)
PADDED = np.array([[False, False, True], [False, True, True]])
X, MEMORY = normal(3, 2, 4), normal(5, 2, 4, seed=8)


def attention(*args, **kwargs):
    return lambda t: t.nn.MultiheadAttention(*args, **kwargs)


def build_self(t, *args, **kwargs):
    """Attention of one input to itself."""

    class Itself(t.nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = t.nn.MultiheadAttention(*args, **kwargs)

        def forward(self, x, **options):
            return self.attention(x, x, x, **options)

    return Itself()


# name: (build, inputs, options of forward)
LAYERS = {
    "self-attention": (lambda t: build_self(t, 4, 2), [X], {}),
    "cross-attention": (attention(4, 2), [X, MEMORY, MEMORY], {}),
    "weights of every head": (attention(4, 4), [X, MEMORY, MEMORY], dict(average_attn_weights=False)),
    "without weights": (attention(4, 2), [X, MEMORY, MEMORY], dict(need_weights=False)),
    "without bias": (attention(4, 2, bias=False), [X, X, X], {}),
    "batch first": (
        attention(4, 2, batch_first=True),
        [normal(2, 3, 4), normal(2, 5, 4, seed=9), normal(2, 5, 4, seed=10)],
        {},
    ),
    "one sample": (lambda t: build_self(t, 4, 2, batch_first=True), [normal(3, 4)], {}),
    "other widths": (attention(4, 2, kdim=3, vdim=5), [X, normal(5, 2, 3), normal(5, 2, 5)], {}),
    "dropout": (lambda t: build_self(t, 4, 2, dropout=0.4), [X], {}),
    "dropout without weights": (lambda t: build_self(t, 4, 2, dropout=0.4), [X], dict(need_weights=False)),
    "causal": (lambda t: build_self(t, 4, 2), [X], dict(attn_mask=LATER, is_causal=True, need_weights=False)),
    "masked": (lambda t: build_self(t, 4, 2), [X], dict(attn_mask=LATER, key_padding_mask=PADDED)),
    "masked by numbers": (
        lambda t: build_self(t, 4, 2, batch_first=True),
        [normal(2, 3, 4)],
        dict(attn_mask=normal(4, 3, 3), key_padding_mask=normal(2, 3)),
    ),
    "one more key": (
        lambda t: build_self(t, 4, 2, add_bias_kv=True, add_zero_attn=True),
        [X],
        dict(attn_mask=LATER, key_padding_mask=PADDED),
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, dtype):
    build, arrays, options = LAYERS[name]
    assert_layers_agree(build, arrays, dtype, ("train", "eval"), **options)


@pytest.mark.parametrize("name", LAYERS)
def test_repr_state_and_first_values(name):
    build = LAYERS[name][0]
    assert_same(lambda torch: (build(torch), build(torch).state_dict(), build(torch).state_dict()._metadata))


def test_a_padded_key_changes_nothing():
    minitorch.manual_seed(0)
    layer = minitorch.nn.MultiheadAttention(4, 2).eval()
    x = minitorch.randn(3, 1, 4)
    spoilt = x.clone()
    spoilt[2] = 100.0
    mask = minitorch.tensor([[False, False, True]])
    y, z = (layer(x[:2], keys, keys, key_padding_mask=mask)[0] for keys in (x, spoilt))
    np.testing.assert_array_equal(y.detach().numpy(), z.detach().numpy())


REFUSED = {
    "heads that do not divide": lambda t: t.nn.MultiheadAttention(5, 2),
    "no heads": lambda t: t.nn.MultiheadAttention(4, 0),
    "another width": lambda t: t.nn.MultiheadAttention(4, 2)(t.zeros(3, 2, 6), t.zeros(3, 2, 6), t.zeros(3, 2, 6)),
    "mixed ranks": lambda t: t.nn.MultiheadAttention(4, 2)(t.zeros(3, 2, 4), t.zeros(3, 4), t.zeros(3, 4)),
    "a mask of another size": lambda t: build_self(t, 4, 2)(t.zeros(3, 2, 4), attn_mask=t.zeros(2, 2)),
    "an integer mask": lambda t: build_self(t, 4, 2)(t.zeros(3, 2, 4), attn_mask=t.zeros(3, 3, dtype=t.int64)),
    "a hint without a mask": lambda t: build_self(t, 4, 2)(t.zeros(3, 2, 4), is_causal=True),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    ours, theirs = (outcome(REFUSED[name], engine)[0] for engine in (minitorch, torch))
    assert ours[0] == theirs[0] == "error"
    assert ours[1] == theirs[1]
