"""Recurrent cells, and how they are run along a sequence.

A step takes what the input contributes and the state before, and gives the state after. What the input contributes,
W_ih·x + b_ih, does not depend on the state, so it is computed for all steps at once.

Sources: J. L. Elman, "Finding Structure in Time", 1990 (RNN); S. Hochreiter and J. Schmidhuber, "Long Short-Term
Memory", 1997, and F. Gers et al., "Learning to Forget", 2000 (LSTM); K. Cho et al., "Learning Phrase Representations
using RNN Encoder-Decoder", 2014, https://arxiv.org/abs/1406.1078 (GRU).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...autograd.op import Op
from ..checks import tensor_argument
from ..elementwise.functions import relu, sigmoid, tanh
from ..matrices.matmul import linear
from ..shape.joining import cat, stack
from .dropout import dropout

__all__ = ["gru_cell", "lstm_cell", "rnn_relu_cell", "rnn_tanh_cell"]

State = tuple[Any, ...]  # of one layer and direction: (h,), or (h, c) for an LSTM; each (N, H)
Weights = tuple[Any, ...]  # W_hh, b_hh and, with a projection, W_hr; None where there is none
Step = Callable[[Any, State, Weights], State]


def _parts(x: Any, n: int) -> list[Any]:
    """The last dimension in n equal parts."""
    size = x.shape[-1] // n
    return [x[..., k * size : (k + 1) * size] for k in range(n)]


# ---- the gates -------------------------------------------------------------------------------------------------------


class LstmGates(Op):
    """From a = (aᵢ, a_f, a_g, a_o) and c:  c′ = f·c + i·g,  h′ = o·tanh c′, with i, f, o = σ(a), g = tanh(a_g).

    The input gate i lets in the candidate g, the forget gate f keeps the old cell, the output gate o shows the new one.
    With σ′ = σ(1 − σ), tanh′ = 1 − tanh², and all that reaches c′, G = g_c + g_h·o·tanh′(c′):
        ∂L/∂c = G·f,   ∂L/∂aᵢ = G·g·σ′,   ∂L/∂a_f = G·c·σ′,   ∂L/∂a_g = G·i·tanh′,   ∂L/∂a_o = g_h·tanh(c′)·σ′
    """

    def forward(self, a, c):  # a (N, 4H), c (N, H) → h′, c′ (N, H)
        self.kept = i, f, g, o = self.gates(a)
        new = f * c + i * g
        self.save(a, c, new)
        return o * tanh(new), new

    @staticmethod
    def gates(a: Any) -> tuple[Any, Any, Any, Any]:
        i, f, g, o = _parts(a, 4)
        return sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)

    def backward(self, gh, gc):
        a, c, new = self.saved
        # Recorded, the gates must be computed anew: they are part of what is differentiated again.
        i, f, g, o = self.gates(a) if self.recording else self.kept
        shown = tanh(new)
        total = gc
        if gh is not None:
            through_h = gh * o * (1 - shown * shown)
            total = through_h if gc is None else gc + through_h
        go = total * 0 if gh is None else gh * shown * o * (1 - o)
        ga = cat([total * g * i * (1 - i), total * c * f * (1 - f), total * i * (1 - g * g), go], -1)
        return ga, total * f


class GruGates(Op):
    """From a = W_ih·x + b_ih and b = W_hh·h + b_hh:  h′ = n + z·(h − n), with r, z = σ(a + b), n = tanh(a_n + r·b_n).

    The reset gate r says how much of the old state the candidate n sees, the update gate z how much of it stays.
        ∂L/∂h = g·z,   p_z = g·(h − n)·σ′,   p_n = g·(1 − z)·tanh′,   p_r = p_n·b_n·σ′
        ∂L/∂a = (p_r, p_z, p_n),   ∂L/∂b = (p_r, p_z, p_n·r)
    """

    def forward(self, a, b, h):  # a and b (N, 3H), h (N, H) → h′ (N, H)
        self.save(a, b, h)
        self.kept = _, z, n = self.gates(a, b)
        return n + z * (h - n)

    @staticmethod
    def gates(a: Any, b: Any) -> tuple[Any, Any, Any]:
        (ar, az, an), (br, bz, bn) = _parts(a, 3), _parts(b, 3)
        r = sigmoid(ar + br)
        return r, sigmoid(az + bz), tanh(an + r * bn)

    def backward(self, g):
        a, b, h = self.saved
        r, z, n = self.gates(a, b) if self.recording else self.kept
        bn = _parts(b, 3)[2]
        pz = g * (h - n) * z * (1 - z)
        pn = g * (1 - z) * (1 - n * n)
        pr = pn * bn * r * (1 - r)
        return cat([pr, pz, pn], -1), cat([pr, pz, pn * r], -1), g * z


# ---- one step --------------------------------------------------------------------------------------------------------


def rnn_step(activation: Callable[[Any], Any]) -> Step:
    """h′ = act(a + W_hh·h + b_hh), with a = W_ih·x + b_ih."""

    def step(a: Any, state: State, weights: Weights) -> State:
        (h,) = state
        w_hh, b_hh, _ = weights
        return (activation(a + linear(h, w_hh, b_hh)),)

    return step


def lstm_step(a: Any, state: State, weights: Weights) -> State:
    """h′, c′ of LstmGates(a + W_hh·h + b_hh, c); with a projection, h′ becomes W_hr·h′."""
    h, c = state
    w_hh, b_hh, w_hr = weights
    h, c = LstmGates()(a + linear(h, w_hh, b_hh), c)
    return (h if w_hr is None else linear(h, w_hr)), c


def gru_step(a: Any, state: State, weights: Weights) -> State:
    """h′ of GruGates(a, W_hh·h + b_hh, h)."""
    (h,) = state
    w_hh, b_hh, _ = weights
    return (GruGates()(a, linear(h, w_hh, b_hh), h),)


STEPS: dict[str, Step] = {
    "RNN_TANH": rnn_step(tanh),
    "RNN_RELU": rnn_step(relu),
    "LSTM": lstm_step,
    "GRU": gru_step,
}


def _cell(
    name: str, step: Step, gates: int, input: Any, state: State, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any
) -> State:
    tensor_argument(name, input)
    for h in state:
        tensor_argument(name, h, "hx", 2)
        if h.ndim != 2 or input.ndim != 2:
            raise RuntimeError(f"{name}: input and hidden must be 2D, but got {list(input.shape)} and {list(h.shape)}")
        if input.shape[0] != h.shape[0]:
            raise RuntimeError(f"Input batch size {input.shape[0]} doesn't match hidden0 batch size {h.shape[0]}")
    tensor_argument(name, w_ih, "w_ih", 3)
    tensor_argument(name, w_hh, "w_hh", 4)
    if input.shape[1] != w_ih.shape[1]:
        raise RuntimeError(f"input has inconsistent input_size: got {input.shape[1]} expected {w_ih.shape[1]}")
    size = w_hh.shape[0] // gates
    for k, h in enumerate(state):
        if h.shape[1] != size:
            raise RuntimeError(f"hidden{k} has inconsistent hidden_size: got {h.shape[1]}, expected {size}")
    if gates > 1 and input._array.dtype.kind in "iu":
        raise RuntimeError(
            f"{name}: result type Float can't be cast to the desired output type {input.dtype.type_name}"
        )
    return step(linear(input, w_ih, b_ih), state, (w_hh, b_hh, None))


def rnn_tanh_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """h′ = tanh(W_ih·x + b_ih + W_hh·h + b_hh): input (N, D), hx (N, H), w_ih (H, D), w_hh (H, H) → (N, H).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html

    >>> import minitorch as torch
    >>> one = torch.ones(1, 1)
    >>> torch.rnn_tanh_cell(one, -one, one, one)
    tensor([[0.]])
    """
    return _cell("rnn_tanh_cell", STEPS["RNN_TANH"], 1, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def rnn_relu_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """h′ = max(0, W_ih·x + b_ih + W_hh·h + b_hh): input (N, D), hx (N, H), w_ih (H, D), w_hh (H, H) → (N, H).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html

    >>> import minitorch as torch
    >>> one = torch.ones(1, 1)
    >>> torch.rnn_relu_cell(one, one, one, one)
    tensor([[2.]])
    """
    return _cell("rnn_relu_cell", STEPS["RNN_RELU"], 1, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """One step of a gated recurrent unit: input (N, D), hx (N, H), w_ih (3H, D), w_hh (3H, H) → (N, H).

    r = σ(W_ir·x + b_ir + W_hr·h + b_hr), z = σ(W_iz·x + b_iz + W_hz·h + b_hz),
    n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)), h′ = (1 − z)·n + z·h. The weights are stacked in the order r, z, n.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html

    >>> import minitorch as torch
    >>> torch.gru_cell(torch.ones(1, 2), torch.ones(1, 1), torch.zeros(3, 2), torch.zeros(3, 1))
    tensor([[0.5000]])
    """
    return _cell("gru_cell", gru_step, 3, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def lstm_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> tuple[Any, Any]:
    """One step of a long short-term memory: input (N, D), hx = (h, c), w_ih (4H, D), w_hh (4H, H) → (h′, c′), (N, H).

    i = σ(W_ii·x + b_ii + W_hi·h + b_hi), f and o alike, g = tanh(W_ig·x + b_ig + W_hg·h + b_hg),
    c′ = f·c + i·g, h′ = o·tanh(c′). The weights are stacked in the order i, f, g, o.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html

    >>> import minitorch as torch
    >>> h = c = torch.ones(1, 1)
    >>> torch.lstm_cell(torch.ones(1, 2), (h, c), torch.zeros(4, 2), torch.zeros(4, 1))[1]
    tensor([[0.5000]])
    """
    if len(hx) != 2:
        raise RuntimeError("lstm_cell expects two hidden states")
    h, c = _cell("lstm_cell", lstm_step, 4, input, tuple(hx), w_ih, w_hh, b_ih, b_hh)
    return h, c


# ---- along a sequence ------------------------------------------------------------------------------------------------


def _forwards(step: Step, inputs: Sequence[Any], state: State, weights: Weights) -> tuple[list[Any], State]:
    """First step to last. Sequences that have ended (the last rows) drop out, with the state they have."""
    outputs, ended = [], []
    for a in inputs:
        n = a.shape[0]
        if n < state[0].shape[0]:
            ended.append(tuple(s[n:] for s in state))
            state = tuple(s[:n] for s in state)
        state = step(a, state, weights)
        outputs.append(state[0])
    if ended:
        state = tuple(cat([s, *(e[k] for e in reversed(ended))]) for k, s in enumerate(state))
    return outputs, state


def _backwards(step: Step, inputs: Sequence[Any], initial: State, weights: Weights) -> tuple[list[Any], State]:
    """Last step to first. Shorter sequences join where they end, with their initial state."""
    outputs = []
    state = tuple(s[: inputs[-1].shape[0]] for s in initial)
    for a in reversed(inputs):
        n, m = a.shape[0], state[0].shape[0]
        if m < n:
            state = tuple(cat([s, i[m:n]]) for s, i in zip(state, initial, strict=True))
        state = step(a, state, weights)
        outputs.append(state[0])
    return outputs[::-1], state


def run_layers(
    mode: str,
    x: Any,
    batch_sizes: list[int] | None,
    initial: State,
    weights: list[list[Any]],
    directions: int,
    dropout_p: float,
) -> tuple[Any, State]:
    """All layers of a recurrent network.

    x (L, N, D), or with `batch_sizes` a packed sequence (ΣN, D), whose steps have that many rows; `initial` h and, for
    an LSTM, c, each (layers·directions, N, H); `weights` [W_ih, W_hh, b_ih, b_hh, W_hr], of each layer and direction
    (biases and W_hr None where there are none). Returns the last layer's outputs, and the states after the last steps.
    """
    step = STEPS[mode]
    finals: list[State] = []
    layers = len(weights) // directions
    for layer in range(layers):
        by_direction = []
        for direction in range(directions):
            k = layer * directions + direction
            w_ih, w_hh, b_ih, b_hh, w_hr = weights[k]
            a = linear(x, w_ih, b_ih)
            inputs = a.unbind(0) if batch_sizes is None else a.split(batch_sizes)
            run = _backwards if direction else _forwards
            outputs, final = run(step, inputs, tuple(s[k] for s in initial), (w_hh, b_hh, w_hr))
            by_direction.append(stack(outputs) if batch_sizes is None else cat(outputs))
            finals.append(final)
        x = cat(by_direction, -1) if directions > 1 else by_direction[0]
        if dropout_p and layer < layers - 1:
            x = dropout(x, dropout_p)
    return x, tuple(stack([final[k] for final in finals]) for k in range(len(initial)))
