"""Embedding, EmbeddingBag and Bilinear against PyTorch's."""

import numpy as np
import pytest
import torch
from layer_twins import assert_layers_agree, normal
from nn_twins import assert_same, outcome

import minitorch

WORDS = np.array([[1, 3], [3, 3], [0, 4]])
LINE, OFFSETS = np.array([1, 3, 3, 0, 4]), np.array([0, 2, 2])

# name: (build, inputs)
LAYERS = {
    "Embedding": (lambda t: t.nn.Embedding(5, 3), [WORDS]),
    "Embedding with padding": (lambda t: t.nn.Embedding(5, 3, padding_idx=3), [WORDS]),
    "Embedding with padding at the end": (lambda t: t.nn.Embedding(5, 3, padding_idx=-1), [WORDS]),
    "Embedding by frequency": (lambda t: t.nn.Embedding(5, 3, scale_grad_by_freq=True), [WORDS]),
    "Embedding shortened": (lambda t: t.nn.Embedding(5, 3, max_norm=1.0, norm_type=1.0), [WORDS]),
    "EmbeddingBag": (lambda t: t.nn.EmbeddingBag(5, 3), [WORDS]),
    "EmbeddingBag of sums": (lambda t: t.nn.EmbeddingBag(5, 3, mode="sum", padding_idx=3), [LINE, OFFSETS]),
    "EmbeddingBag of maxima": (lambda t: t.nn.EmbeddingBag(5, 3, mode="max", max_norm=2.0), [LINE, OFFSETS]),
    "EmbeddingBag weighted": (lambda t: t.nn.EmbeddingBag(5, 3, mode="sum"), [WORDS, None, normal(3, 2)]),
    "Bilinear": (lambda t: t.nn.Bilinear(3, 2, 4), [normal(5, 3), normal(5, 2)]),
    "Bilinear without bias": (lambda t: t.nn.Bilinear(3, 2, 4, bias=False), [normal(2, 5, 3), normal(2, 5, 2)]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, dtype):
    build, arrays = LAYERS[name]
    assert_layers_agree(build, arrays, dtype)


@pytest.mark.parametrize("name", LAYERS)
def test_repr_state_and_first_values(name):
    build, _ = LAYERS[name]
    assert_same(lambda torch: (build(torch), build(torch).state_dict(), build(torch).state_dict()._metadata))


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
@pytest.mark.parametrize("freeze", [True, False])
def test_from_pretrained(name, freeze):
    def scenario(torch):
        table = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        layer = getattr(torch.nn, name).from_pretrained(table, freeze=freeze, padding_idx=0)
        table[1, 0] = 7.0  # shared
        return layer, layer.weight, layer(torch.tensor([[1, 1]]))

    assert_same(scenario)


REFUSED = {
    "number out of range": lambda t: t.nn.Embedding(3, 2)(t.tensor([0, 3])),
    "negative number": lambda t: t.nn.Embedding(3, 2)(t.tensor([-1])),
    "fractions": lambda t: t.nn.Embedding(3, 2)(t.tensor([0.5])),
    "padding out of range": lambda t: t.nn.Embedding(3, 2, padding_idx=3),
    "padding too far back": lambda t: t.nn.EmbeddingBag(3, 2, padding_idx=-4),
    "weight of another shape": lambda t: t.nn.Embedding(3, 2, _weight=t.zeros(2, 2)),
    "pretrained vector": lambda t: t.nn.Embedding.from_pretrained(t.zeros(3)),
    "bags of a line without offsets": lambda t: t.nn.EmbeddingBag(3, 2)(t.tensor([0, 1])),
    "bilinear without inputs": lambda t: t.nn.Bilinear(0, 2, 2),
    "bilinear of other sizes": lambda t: t.nn.Bilinear(3, 2, 2)(t.zeros(4, 3), t.zeros(4, 3)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    ours, theirs = (outcome(REFUSED[name], engine)[0] for engine in (minitorch, torch))
    assert ours[0] == theirs[0] == "error"
    assert ours[1] == theirs[1]


def test_what_is_not_supported_says_so():
    for build in (minitorch.nn.Embedding, minitorch.nn.EmbeddingBag):
        with pytest.raises(NotImplementedError, match="sparse"):
            build(3, 2, sparse=True)
    with pytest.raises(NotImplementedError, match="scale_grad_by_freq"):
        minitorch.nn.EmbeddingBag(3, 2, scale_grad_by_freq=True)(minitorch.tensor([[0]]))


def test_a_row_that_is_not_there_is_explained():
    with pytest.raises(IndexError) as caught:
        minitorch.nn.Embedding(3, 2)(minitorch.tensor([0, 7]))
    assert any("row 7" in note for note in caught.value.__notes__)
