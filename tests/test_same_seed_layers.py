"""Same seed, same layers: default initialisation of every layer, nn.init and dropout masks, to the bit, on 20 seeds.

The tables are those of test_nn_layers.py, of the other files that test layers, and of test_nn_init.py, which try one and
four seeds and compare outputs, gradients and errors beside.
"""

import numpy as np
import pytest
import torch
from same_seed import assert_same
from test_nn_activations import LAYERS as ACTIVATIONS
from test_nn_attention import LAYERS as ATTENTION
from test_nn_conv import CONVOLUTIONS
from test_nn_embedding import LAYERS as EMBEDDINGS
from test_nn_init import EXACT, NORMAL, filled
from test_nn_layers import LAYERS as COMMON
from test_nn_norms import LAYERS as NORMS
from test_nn_recurrent import LAYERS as RECURRENT
from test_nn_transformer import LAYERS as TRANSFORMERS
from test_random import SEEDS, mkl_draws_there

import minitorch

ENGINES = (minitorch, torch)
TABLES = (COMMON, ACTIVATIONS, CONVOLUTIONS, ATTENTION, EMBEDDINGS, NORMS, RECURRENT, TRANSFORMERS)
BUILDS = {name: build for table in TABLES for name, (build, *_) in table.items()}


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")  # PyTorch's, about its own fast path
@pytest.mark.parametrize("name", BUILDS)
def test_default_initialisation(name):
    """All parameters and buffers, of two layers built one after the other; and what is drawn after them."""
    build = BUILDS[name]
    for seed in SEEDS:
        built = []
        for engine in ENGINES:
            engine.manual_seed(seed)
            layers = [build(engine).state_dict() for _ in range(2)]
            built.append([layers, engine.get_rng_state(), engine.rand(3), engine.randn(3)])
        assert_same(*built, f"{name}, seed {seed}")


def test_every_layer_with_parameters_is_in_the_table():
    inside = set()
    for build in BUILDS.values():
        inside |= {type(module).__name__ for module in build(minitorch).modules()}
    layers = {name for name in dir(minitorch.nn) if name in ("Linear", "Bilinear", "Embedding")}
    layers |= {name for name in dir(minitorch.nn) if name.startswith(("Conv", "BatchNorm", "LayerNorm", "GroupNorm"))}
    layers |= {name for name in dir(minitorch.nn) if name in ("RNN", "LSTM", "GRU", "PReLU", "MultiheadAttention")}
    assert len(layers) >= 4 and layers <= inside


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EXACT | NORMAL)
def test_init(name, dtype):
    """Every function of nn.init but orthogonal_: the normal ones too, as PyTorch's own polynomials are used."""
    fill, shape = (EXACT | NORMAL)[name]
    for seed in SEEDS:
        (ours, our_next), (theirs, their_next) = (filled(engine, fill, shape, dtype, seed) for engine in ENGINES)
        np.testing.assert_array_equal(ours, theirs, err_msg=f"{name}, seed {seed}", strict=True)
        assert our_next == their_next


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_init_orthogonal(dtype):
    """To rounding: the QR decompositions are two libraries'. A condition number of some hundred multiplies it."""
    tolerance = 1e4 * np.finfo(dtype).eps
    for seed in SEEDS:
        for shape in ((5, 5), (3, 8), (8, 3), (4, 2, 3)):
            (ours, our_next), (theirs, their_next) = (
                filled(engine, lambda i, t: i.orthogonal_(t, 1.5), shape, dtype, seed) for engine in ENGINES
            )
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)
            assert our_next == their_next


MASKED = {
    "of a batch": lambda e, nn: nn.Dropout(0.2)(e.ones(64, 33)),
    "of float64": lambda e, nn: nn.Dropout(0.7)(e.ones(7, 5, dtype=e.float64)),
    "transposed": lambda e, nn: nn.Dropout(0.5)(e.ones(5, 6, 7).permute(2, 0, 1)),
    "with gaps": lambda e, nn: nn.Dropout(0.5)(e.ones(9, 8)[:, ::2]),
    "expanded": lambda e, nn: nn.Dropout(0.5)(e.ones(9, 1).expand(9, 4)),
    "in place": lambda e, nn: nn.Dropout(0.4, inplace=True)(e.ones(9, 8)),
    "of channels": lambda e, nn: nn.Dropout2d(0.3)(e.ones(6, 8, 3, 2)),
    "in a net": lambda e, nn: nn.Sequential(nn.Dropout(0.1), nn.Identity(), nn.Dropout(0.6))(e.ones(20, 30)),
    "of a large batch": lambda e, nn: nn.Dropout(0.5)(e.ones(300, 100)),
}


@mkl_draws_there
@pytest.mark.parametrize("name", MASKED)
def test_dropout_masks(name):
    """In four training steps; an evaluation in between draws nothing. The gradient's mask is the output's."""
    for seed in SEEDS:
        seen = []
        for engine in ENGINES:
            engine.manual_seed(seed)
            masks = []
            for _ in range(4):
                masks.append(MASKED[name](engine, engine.nn))
                engine.nn.Dropout(0.5).eval()(engine.ones(3))
            x = engine.ones(8, 5, requires_grad=True)
            y = engine.nn.functional.dropout(x, 0.5)
            y.sum().backward()
            assert x.grad.tolist() == y.tolist()
            seen.append([masks, x.grad, engine.rand(3)])
        assert_same(*seen, f"dropout {name}, seed {seed}")
