"""The Transformer and its parts against PyTorch's."""

import numpy as np
import pytest
import torch
from layer_twins import assert_layers_agree, normal
from nn_twins import assert_same, outcome

import minitorch

# PyTorch's, about a fast path that minitorch does not have.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")

X, MEMORY = normal(3, 2, 4), normal(5, 2, 4, seed=8)
LATER = np.triu(np.ones((3, 3), bool), 1)
CAUSAL = np.where(LATER, -np.inf, 0.0)
PADDED = np.array([[False, False, True], [False, True, True]])
SMALL = dict(dim_feedforward=6, dropout=0.0)
DROPPED = dict(dim_feedforward=6, dropout=0.3)


def encoder(t, layers, **options):
    return t.nn.TransformerEncoder(t.nn.TransformerEncoderLayer(4, 2, **options), layers, t.nn.LayerNorm(4))


def decoder(t, layers, **options):
    return t.nn.TransformerDecoder(t.nn.TransformerDecoderLayer(4, 2, **options), layers)


# name: (build, inputs, options of forward)
LAYERS = {
    "encoder layer": (lambda t: t.nn.TransformerEncoderLayer(4, 2, **SMALL), [X], {}),
    "encoder layer, norm first": (lambda t: t.nn.TransformerEncoderLayer(4, 2, norm_first=True, **SMALL), [X], {}),
    "encoder layer, dropout": (lambda t: t.nn.TransformerEncoderLayer(4, 2, **DROPPED), [X], {}),
    "encoder layer, masked": (
        lambda t: t.nn.TransformerEncoderLayer(4, 2, batch_first=True, activation=t.tanh, **SMALL),
        [normal(2, 3, 4)],
        dict(src_mask=LATER, src_key_padding_mask=PADDED),
    ),
    "encoder layer without bias": (
        lambda t: t.nn.TransformerEncoderLayer(4, 1, bias=False, **SMALL),
        [normal(3, 4)],
        {},
    ),
    "decoder layer": (lambda t: t.nn.TransformerDecoderLayer(4, 2, **SMALL), [X, MEMORY], {}),
    "decoder layer, dropout": (
        lambda t: t.nn.TransformerDecoderLayer(4, 2, norm_first=True, **DROPPED),
        [X, MEMORY],
        {},
    ),
    "decoder layer, masked": (
        lambda t: t.nn.TransformerDecoderLayer(4, 2, activation="relu", layer_norm_eps=1e-3, **SMALL),
        [X, MEMORY],
        dict(tgt_mask=LATER, tgt_key_padding_mask=PADDED, memory_mask=np.eye(3, 5, dtype=bool)),
    ),
    "encoder": (lambda t: encoder(t, 2, **SMALL), [X], dict(mask=CAUSAL)),
    "decoder": (lambda t: decoder(t, 2, **SMALL), [X, MEMORY], dict(tgt_mask=CAUSAL)),
    "transformer": (lambda t: t.nn.Transformer(4, 2, 2, 1, **SMALL), [MEMORY, X], dict(tgt_mask=CAUSAL)),
    "transformer, batch first": (
        lambda t: t.nn.Transformer(4, 2, 1, 1, batch_first=True, norm_first=True, **DROPPED),
        [normal(2, 5, 4), normal(2, 3, 4)],
        dict(tgt_mask=LATER, tgt_key_padding_mask=PADDED),
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

    def scenario(t):
        layer = build(t)
        return layer, layer.state_dict(), layer.state_dict()._metadata

    assert outcome(scenario, minitorch)[0] == outcome(scenario, torch)[0]


def test_a_causal_transformer_cannot_see_ahead():
    minitorch.manual_seed(0)
    model = encoder(minitorch, 2, **SMALL).eval()
    x = minitorch.randn(3, 1, 4)
    mask = minitorch.nn.Transformer.generate_square_subsequent_mask(3)
    changed = x.clone()
    changed[2] += 1.0
    before, after = (model(v, mask=mask).detach().numpy() for v in (x, changed))
    np.testing.assert_allclose(before[:2], after[:2], rtol=1e-6, atol=1e-6)
    assert abs(before[2] - after[2]).max() > 1e-2


def test_the_causal_mask():
    assert_same(lambda t: t.nn.Transformer.generate_square_subsequent_mask(3, dtype=t.float64))


REFUSED = {
    "another activation": lambda t: t.nn.TransformerEncoderLayer(4, 2, activation="sine"),
    "another batch": lambda t: t.nn.Transformer(4, 2, 1, 1, 6)(t.zeros(3, 2, 4), t.zeros(3, 1, 4)),
    "another width": lambda t: t.nn.Transformer(4, 2, 1, 1, 6)(t.zeros(3, 2, 4), t.zeros(3, 2, 6)),
    "heads that do not divide": lambda t: t.nn.TransformerDecoderLayer(4, 3),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    ours, theirs = (outcome(REFUSED[name], engine)[0] for engine in (minitorch, torch))
    assert ours[0] == theirs[0] == "error"
    assert ours[1] == theirs[1]
