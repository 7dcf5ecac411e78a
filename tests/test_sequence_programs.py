"""Whole programs on sequences, from one seed on both engines: the losses of their training steps are the same numbers.

This holds first weights, dropout masks, gradients and optimizer together: one difference would grow from step to step.
"""

import numpy as np
import pytest
import torch

import minitorch

STEPS = 6
# float64, but first weights and masks are drawn in float32 and are equal to the bit; what is left are roundings of
# 1e-16, which six steps of Adam multiply by some thousand.
CLOSE = dict(rtol=1e-11, atol=1e-12)

WORDS = np.random.default_rng(3).integers(1, 12, (4, 7))
LENGTHS = [7, 5, 4, 2]


def train(t, model, loss_of):
    """The losses of a few steps of Adam."""
    model = model.double()
    optimizer = t.optim.Adam(model.parameters(), lr=0.02)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model)
        loss.backward()
        t.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


def language_model(t, kind):
    """The next word, by a recurrent network with dropout, on packed sequences."""
    nn = t.nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(12, 6, padding_idx=0)
            self.memory = getattr(nn, kind)(6, 8, num_layers=2, dropout=0.3, bidirectional=True, batch_first=True)
            self.norm = nn.LayerNorm(16)
            self.guess = nn.Linear(16, 12)

        def forward(self, x):
            packed = nn.utils.rnn.pack_padded_sequence(self.words(x), LENGTHS, batch_first=True)
            output, _ = self.memory(packed)
            output, _ = nn.utils.rnn.pad_packed_sequence(output, batch_first=True)
            return self.guess(self.norm(output))

    words = t.tensor(WORDS * (np.arange(7) < np.array(LENGTHS)[:, None]))
    target = words.roll(-1, 1)

    def loss_of(model):
        return nn.functional.cross_entropy(model(words).flatten(0, 1), target.flatten(), ignore_index=0)

    return train(t, Model(), loss_of)


def translator(t):
    """A Transformer with causal and padding masks and label smoothing."""
    nn = t.nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(12, 8)
            self.places = nn.Embedding(7, 8)
            self.transformer = nn.Transformer(8, 2, 1, 2, 12, dropout=0.2, batch_first=True, norm_first=True)
            self.guess = nn.Linear(8, 12)

        def embed(self, x):
            return self.words(x) + self.places(t.arange(x.shape[1]))

        def forward(self, x, y, padding):
            later = nn.Transformer.generate_square_subsequent_mask(y.shape[1], dtype=t.float64)
            padding = t.zeros(padding.shape, dtype=t.float64).masked_fill(padding, float("-inf"))
            output = self.transformer(
                self.embed(x),
                self.embed(y),
                tgt_mask=later,
                src_key_padding_mask=padding,
                memory_key_padding_mask=padding,
            )
            return self.guess(output)

    source, target = t.tensor(WORDS), t.tensor(WORDS[:, ::-1].copy())
    padding = t.tensor(np.arange(7) >= np.array(LENGTHS)[:, None])

    def loss_of(model):
        scores = model(source, target[:, :-1], padding)
        return nn.functional.cross_entropy(scores.transpose(1, 2), target[:, 1:], label_smoothing=0.1)

    return train(t, Model(), loss_of)


def listener(t):
    """Labels without places: weight-normed features, a GRU, and CTC."""
    nn = t.nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.utils.parametrizations.weight_norm(nn.Linear(3, 5).double())
            self.memory = nn.GRU(5, 6)
            self.guess = nn.Linear(6, 4)

        def forward(self, x):
            hidden, _ = self.memory(nn.functional.rms_norm(self.features(x), (5,)))
            return self.guess(hidden).log_softmax(-1)

    sound = t.tensor(np.random.default_rng(5).standard_normal((9, 2, 3)))

    def loss_of(model):
        return nn.CTCLoss()(model(sound), t.tensor([[1, 2, 2], [3, 1, 0]]), (9, 7), (3, 2))

    return train(t, Model(), loss_of)


PROGRAMS = {
    "language model by LSTM": lambda t: language_model(t, "LSTM"),
    "language model by GRU": lambda t: language_model(t, "GRU"),
    "language model by RNN": lambda t: language_model(t, "RNN"),
    "translator": translator,
    "listener": listener,
}


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")  # PyTorch's, about its own fast path
@pytest.mark.parametrize("name", PROGRAMS)
def test_losses_of_training(name):
    found = []
    for engine in (minitorch, torch):
        engine.manual_seed(11)
        found.append(PROGRAMS[name](engine))
    ours, theirs = found
    np.testing.assert_allclose(ours, theirs, **CLOSE)
    assert ours[-1] < ours[0], "nothing was learnt"
