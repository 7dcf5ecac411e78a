"""Recurrent layers: RNN, LSTM and GRU over sequences, and their cells, which take one step.

The steps themselves are written out in `minitorch.ops.layers.recurrent`.
"""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any

from ... import creation
from ...ops.layers.recurrent import gru_cell, lstm_cell, rnn_relu_cell, rnn_tanh_cell, run_layers
from ...tensor import Tensor
from .. import init
from ..parameter import Parameter
from ..utils.rnn import PackedSequence
from .module import Module

GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


def _draw(layer: Module, hidden_size: int) -> None:
    """All parameters from U(−1/√hidden, 1/√hidden)."""
    bound = 1.0 / math.sqrt(hidden_size) if hidden_size > 0 else 0
    for parameter in layer.parameters():
        init.uniform_(parameter, -bound, bound)


class RNNBase(Module):
    """What RNN, LSTM and GRU have in common: parameters, checks, and the way through layers and directions.

    `mode` is "RNN_TANH", "RNN_RELU", "LSTM" or "GRU". The parameters of layer k are weight_ih_lk, weight_hh_lk,
    bias_ih_lk and bias_hh_lk, in the other direction with _reverse at the end.

    Shapes: weight_ih_lk (gates·H, D), or (gates·H, directions·H) above layer 0, weight_hh_lk (gates·H, H), biases
    (gates·H); with proj_size P, P in place of the last H.
    Errors: ValueError for an unknown mode, sizes below 1, a dropout outside 0 … 1, and a proj_size that is not below
    hidden_size; TypeError for sizes that are no ints.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNBase.html

    >>> import minitorch as torch
    >>> list(torch.nn.RNNBase("GRU", 3, 2, bias=False).state_dict())
    ['weight_ih_l0', 'weight_hh_l0']
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if not isinstance(dropout, numbers.Number) or isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
            )
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={dropout} and num_layers={num_layers}",
                stacklevel=3,
            )
        for name, value in (("bias", bias), ("batch_first", batch_first)):
            if not isinstance(value, bool):
                raise TypeError(f"{name} should be of type bool, got: {type(value).__name__}")
        for name, size in (("input_size", input_size), ("hidden_size", hidden_size)):
            if not isinstance(size, int):
                raise TypeError(f"{name} should be of type int, got: {type(size).__name__}")
            if size <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if proj_size >= hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if mode not in GATES:
            raise ValueError(f"Unrecognized RNN mode: {mode}")
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout: float = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size

        directions = 2 if bidirectional else 1
        gates, state_size = GATES[mode] * hidden_size, proj_size or hidden_size
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for direction in range(directions):
                width = input_size if layer == 0 else state_size * directions
                shapes: dict[str, tuple[int, ...]] = {"weight_ih": (gates, width), "weight_hh": (gates, state_size)}
                if bias:
                    shapes.update(bias_ih=(gates,), bias_hh=(gates,))
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                ending = f"_l{layer}" + ("_reverse" if direction else "")
                for name, shape in shapes.items():
                    setattr(self, name + ending, Parameter(creation.empty(shape, device=device, dtype=dtype)))
                self._all_weights.append([name + ending for name in shapes])
        self.reset_parameters()

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters, a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def reset_parameters(self) -> None:
        """Draw all weights and biases anew, from U(−1/√hidden_size, 1/√hidden_size)."""
        _draw(self, self.hidden_size)

    def flatten_parameters(self) -> None:
        """Does nothing: in PyTorch it moves the parameters together for a faster GPU library."""

    def _run(self, input: Any, hx: Any) -> tuple[Any, tuple[Any, ...]]:
        """The last layer's outputs at every step, and the states after the last step."""
        is_packed = isinstance(input, PackedSequence)
        x: Any
        batch_sizes: Any
        x, batch_sizes, order, unsorted = input if is_packed else (input, None, None, None)
        is_batched = is_packed or x.dim() == 3
        if not is_packed and x.dim() not in (2, 3):
            raise ValueError(f"{self._family()}: Expected input to be 2D or 3D, got {x.dim()}D instead")
        if not is_batched:
            x = x.unsqueeze(0 if self.batch_first else 1)
        if self.batch_first and not is_packed:
            x = x.transpose(0, 1)
        self._check_input(x, is_packed)
        samples = int(batch_sizes[0]) if is_packed else x.shape[1]
        state = self._initial(x, hx, samples, is_batched, order)
        if not is_packed and x.shape[0] == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")

        output, final = run_layers(
            self.mode,
            x,
            batch_sizes.tolist() if is_packed else None,
            state,
            [self._weights_of(names) for names in self._all_weights],
            2 if self.bidirectional else 1,
            self.dropout if self.training else 0.0,
        )
        if unsorted is not None:
            final = tuple(s.index_select(1, unsorted) for s in final)
        if is_packed:
            return PackedSequence(output, batch_sizes, order, unsorted), final
        if self.batch_first:
            output = output.transpose(0, 1)
        if not is_batched:
            output = output.squeeze(0 if self.batch_first else 1)
            final = tuple(s.squeeze(1) for s in final)
        return output, final

    def _weights_of(self, names: list[str]) -> list[Any]:
        """W_ih, W_hh, b_ih, b_hh and W_hr of one layer and direction, None for what there is not."""
        found = self._fetch(*names)
        w_ih, w_hh, *rest = found
        b_ih, b_hh = rest[:2] if self.bias else (None, None)
        return [w_ih, w_hh, b_ih, b_hh, rest[-1] if self.proj_size else None]

    def _family(self) -> str:
        return "RNN" if self.mode.startswith("RNN") else self.mode

    def _state_sizes(self) -> list[tuple[str, int]]:
        """How each part of the state is called in errors, and its width."""
        return [("hidden", self.hidden_size)]

    def _initial(self, x: Tensor, hx: Any, samples: int, is_batched: bool, order: Tensor | None) -> tuple[Any, ...]:
        """The initial states (layers·directions, N, width), zeros unless given."""
        rows = self.num_layers * (2 if self.bidirectional else 1)
        sizes = self._state_sizes()
        if hx is None:
            return tuple(x.new_zeros((rows, samples, width)) for _, width in sizes)
        given = tuple(hx) if len(sizes) > 1 else (hx,)
        wanted = 3 if is_batched else 2
        if any(s.dim() != wanted for s in given):
            ranks = ", ".join(f"{s.dim()}-D" for s in given)
            kind = "batched 3-D" if is_batched else "unbatched 2-D"
            raise RuntimeError(f"For {kind} input, hx should also be {wanted}-D but got {ranks} tensor")
        if not is_batched:
            given = tuple(s.unsqueeze(1) for s in given)
        for (name, width), s in zip(sizes, given, strict=True):
            if tuple(s.shape) != (rows, samples, width):
                raise RuntimeError(f"Expected {name} size {(rows, samples, width)}, got {list(s.shape)}")
        return given if order is None else tuple(s.index_select(1, order) for s in given)

    def _check_input(self, x: Tensor, is_packed: bool) -> None:
        weight = self._fetch(self._all_weights[0][0])[0]
        if x.dtype != weight.dtype:
            raise ValueError(
                f"RNN input dtype ({x.dtype}) does not match weight dtype ({weight.dtype}). Convert input: "
                f"input.to({weight.dtype}), or convert model: model.to({x.dtype})"
            )
        if is_packed and x.dim() != 2:
            raise RuntimeError(f"input must have 2 dimensions, got {x.dim()}")
        if x.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {x.shape[-1]}"
            )

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        for name, usual in (
            ("proj_size", 0),
            ("num_layers", 1),
            ("bias", True),
            ("batch_first", False),
            ("dropout", 0),
            ("bidirectional", False),
        ):
            value = getattr(self, name)
            if value != usual:
                text += f", {name}={value}"
        return text


class RNN(RNNBase):
    """h_t = tanh(W_ih·x_t + b_ih + W_hh·h_{t−1} + b_hh), the plain recurrent network, in `num_layers` layers.

    Arguments: input_size, hidden_size, num_layers=1, nonlinearity='tanh' (or 'relu'), bias=True, batch_first=False,
    dropout=0.0 (between layers, in training), bidirectional=False, device=None, dtype=None. hx is zeros unless given.
    Returns the outputs of the last layer, and the last states.

    Shapes: input (L, N, D), (L, D), (N, L, D) with batch_first, or a PackedSequence; hx (layers·directions, N, H) →
    outputs (L, N, directions·H), the last states, of hx's shape.
    Errors: ValueError for sizes below 1, a dropout outside 0 … 1, a `proj_size`, an unknown nonlinearity, and an input
    of another rank; TypeError for sizes that are no ints; RuntimeError for an input or hx of another size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html

    >>> import minitorch as torch
    >>> output, h = torch.nn.RNN(10, 20, num_layers=2)(torch.zeros(5, 3, 10))
    >>> output.shape, h.shape
    (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        if len(args) > 3:  # the fourth is nonlinearity
            nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{nonlinearity.upper()}", *args, **kwargs)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Tensor]:
        """The last layer's outputs at every step, and the states after the last step."""
        output, (h,) = self._run(input, hx)
        return output, h


class LSTM(RNNBase):
    """Long short-term memory, in `num_layers` layers: a cell c that gates write to, forget from and show.

    i, f, o = σ(W_ih·x + b_ih + W_hh·h + b_hh), g = tanh(…) alike; c′ = f·c + i·g; h′ = o·tanh(c′). The weights are
    stacked in the order i, f, g, o. Arguments: input_size, hidden_size, num_layers=1, bias=True, batch_first=False,
    dropout=0.0 (between layers, in training), bidirectional=False, proj_size=0 (h′ becomes W_hr·h′ of that size),
    device=None, dtype=None. hx = (h, c) is zeros unless given. Returns the outputs of the last layer, and the last (h,
    c).

    Shapes: input (L, N, D), (L, D), (N, L, D) with batch_first, or a PackedSequence; h and c (layers·directions, N, H),
    with proj_size P h (…, P) → outputs (L, N, directions·H) or (…, directions·P), the last h and c.
    Errors: ValueError for sizes below 1, a dropout outside 0 … 1, a proj_size that is not below hidden_size, and an
    input of another rank; TypeError for sizes that are no ints; RuntimeError for an input or state of another size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html

    >>> import minitorch as torch
    >>> output, (h, c) = torch.nn.LSTM(10, 20, bidirectional=True)(torch.zeros(5, 3, 10))
    >>> output.shape, h.shape
    (torch.Size([5, 3, 40]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, tuple[Tensor, Tensor]]:
        """The last layer's outputs at every step, and h and c after the last step."""
        output, (h, c) = self._run(input, hx)
        return output, (h, c)

    def _state_sizes(self) -> list[tuple[str, int]]:
        return [("hidden[0]", self.proj_size or self.hidden_size), ("hidden[1]", self.hidden_size)]


class GRU(RNNBase):
    """Gated recurrent units, in `num_layers` layers: the state moves towards a candidate as far as a gate lets it.

    r, z = σ(W_ih·x + b_ih + W_hh·h + b_hh), n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)), h′ = (1 − z)·n + z·h. The
    weights are stacked in the order r, z, n. Arguments: input_size, hidden_size, num_layers=1, bias=True,
    batch_first=False, dropout=0.0 (between layers, in training), bidirectional=False, device=None, dtype=None. hx is
    zeros unless given. Returns the outputs of the last layer, and the last states.

    Shapes: input (L, N, D), (L, D), (N, L, D) with batch_first, or a PackedSequence; hx (layers·directions, N, H) →
    outputs (L, N, directions·H), the last states, of hx's shape.
    Errors: ValueError for sizes below 1, a dropout outside 0 … 1, a `proj_size`, and an input of another rank;
    TypeError for sizes that are no ints; RuntimeError for an input or hx of another size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html

    >>> import minitorch as torch
    >>> output, h = torch.nn.GRU(10, 20, batch_first=True)(torch.zeros(3, 5, 10))
    >>> output.shape, h.shape
    (torch.Size([3, 5, 20]), torch.Size([1, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        super().__init__("GRU", *args, **kwargs)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Tensor]:
        """The last layer's outputs at every step, and the states after the last step."""
        output, (h,) = self._run(input, hx)
        return output, h


# ---- one step --------------------------------------------------------------------------------------------------------


class RNNCellBase(Module):
    """What the cells have in common: weight_ih, weight_hh, bias_ih and bias_hh, for `num_chunks` gates.

    Shapes: weight_ih (gates·H, D), weight_hh (gates·H, H), bias_ih and bias_hh (gates·H).
    Errors: RuntimeError for negative sizes.

    Source: https://docs.pytorch.org/docs/stable/nn.html#recurrent-layers

    >>> import minitorch as torch
    >>> torch.nn.RNNCellBase(3, 2, bias=True, num_chunks=4).weight_ih.shape
    torch.Size([8, 3])
    """

    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        gates = num_chunks * hidden_size

        def parameter(*shape: int) -> Parameter:
            return Parameter(creation.empty(shape, device=device, dtype=dtype))

        self.weight_ih: Parameter = parameter(gates, input_size)
        self.weight_hh: Parameter = parameter(gates, hidden_size)
        self.register_parameter("bias_ih", parameter(gates) if bias else None)
        self.register_parameter("bias_hh", parameter(gates) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights and biases anew, from U(−1/√hidden_size, 1/√hidden_size)."""
        _draw(self, self.hidden_size)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else f", bias={self.bias}")
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return text if nonlinearity == "tanh" else f"{text}, nonlinearity={nonlinearity}"

    def _step(self, cell: Any, input: Tensor, state: tuple[Tensor, ...] | None, parts: int) -> tuple[Tensor, ...]:
        """One step of `cell`, with or without a batch dimension; the state is zeros unless given."""
        name = type(self).__name__
        if input.dim() not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        for k, s in enumerate(state or ()):
            if s.dim() not in (1, 2):
                what = "hidden" if parts == 1 else f"hx[{k}]"
                raise ValueError(f"{name}: Expected {what} to be 1D or 2D, got {s.dim()}D instead")
        is_batched = input.dim() == 2
        if not is_batched:
            input = input.unsqueeze(0)
            state = None if state is None else tuple(s.unsqueeze(0) for s in state)
        if state is None:
            state = (input.new_zeros((input.shape[0], self.hidden_size)),) * parts
        weights = self._fetch("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        result = cell(input, state if parts > 1 else state[0], *weights)
        results = result if isinstance(result, tuple) else (result,)
        return results if is_batched else tuple(r.squeeze(0) for r in results)


class RNNCell(RNNCellBase):
    """h′ = tanh(W_ih·x + b_ih + W_hh·h + b_hh), or relu; hx, the h before, is zeros unless given.

    Shapes: input (N, D) or (D), hx (N, H) or (H) → hx's shape.
    Errors: ValueError for an input of another rank; RuntimeError for another size, and for an unknown nonlinearity,
    when called.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html

    >>> import minitorch as torch
    >>> torch.nn.RNNCell(10, 20)(torch.zeros(3, 10)).shape
    torch.Size([3, 20])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        cells = {"tanh": rnn_tanh_cell, "relu": rnn_relu_cell}
        if self.nonlinearity not in cells:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._step(cells[self.nonlinearity], input, None if hx is None else (hx,), 1)[0]


class LSTMCell(RNNCellBase):
    """One step of an `LSTM`: from hx = (h, c), zeros unless given, to (h′, c′).

    Shapes: input (N, D) or (D), h and c (N, H) or (H) → h′ and c′ of those shapes.
    Errors: ValueError for an input of another rank; RuntimeError for another size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html

    >>> import minitorch as torch
    >>> h, c = torch.nn.LSTMCell(10, 20)(torch.zeros(3, 10))
    >>> h.shape
    torch.Size([3, 20])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """The next state and the next cell."""
        h, c = self._step(lstm_cell, input, None if hx is None else tuple(hx), 2)
        return h, c


class GRUCell(RNNCellBase):
    """One step of a `GRU`, from hx, zeros unless given.

    Shapes: input (N, D) or (D), hx (N, H) or (H) → hx's shape.
    Errors: ValueError for an input of another rank; RuntimeError for another size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html

    >>> import minitorch as torch
    >>> torch.nn.GRUCell(10, 20)(torch.zeros(3, 10)).shape
    torch.Size([3, 20])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        return self._step(gru_cell, input, None if hx is None else (hx,), 1)[0]
