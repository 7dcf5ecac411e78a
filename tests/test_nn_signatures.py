"""The functions and helpers behind the layers take PyTorch's arguments: names, order, kinds and defaults."""

import inspect

import pytest
import torch
from test_nn_layers import parameters

import minitorch

ROOMS = {
    "nn.functional": (minitorch.nn.functional, torch.nn.functional),
    "nn.utils.rnn": (minitorch.nn.utils.rnn, torch.nn.utils.rnn),
    "nn.utils.parametrize": (minitorch.nn.utils.parametrize, torch.nn.utils.parametrize),
    "nn.utils.parametrizations": (minitorch.nn.utils.parametrizations, torch.nn.utils.parametrizations),
}


@pytest.mark.parametrize("room", ROOMS)
def test_signatures(room):
    ours, theirs = ROOMS[room]
    compared = 0
    for name in ours.__all__:
        function, model = getattr(ours, name), getattr(theirs, name, None)
        if inspect.isfunction(function) and has_signature(model):
            assert parameters(function) == parameters(model), name
            compared += 1
    assert compared > 1


def has_signature(function):
    """Not so those written in C++, or called through (*args, **kwargs); the table of ops calls these in every way."""
    try:
        found = [] if function is None else parameters(function)
    except ValueError:
        return False
    return bool(found) and found[0][1] is not inspect.Parameter.VAR_POSITIONAL
