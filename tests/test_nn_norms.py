"""LayerNorm, GroupNorm, InstanceNorm, RMSNorm, LocalResponseNorm and BatchNorm3d against PyTorch's."""

import numpy as np
import pytest
from layer_twins import assert_layers_agree, normal
from nn_twins import assert_same, outcome

import minitorch

# name: (build, shape of the input)
LAYERS = {
    "LayerNorm": (lambda t: t.nn.LayerNorm(5), (4, 5)),
    "LayerNorm of several": (lambda t: t.nn.LayerNorm([3, 5], eps=1e-3), (4, 3, 5)),
    "LayerNorm without bias": (lambda t: t.nn.LayerNorm((3, 5), bias=False), (2, 3, 5)),
    "LayerNorm not affine": (lambda t: t.nn.LayerNorm(5, elementwise_affine=False), (2, 3, 5)),
    "GroupNorm": (lambda t: t.nn.GroupNorm(3, 6), (2, 6, 4)),
    "GroupNorm of images": (lambda t: t.nn.GroupNorm(1, 4, eps=1e-3), (2, 4, 3, 2)),
    "GroupNorm not affine": (lambda t: t.nn.GroupNorm(2, 4, affine=False), (2, 4, 3)),
    "GroupNorm without bias": (lambda t: t.nn.GroupNorm(2, 4, bias=False), (2, 4, 3)),
    "RMSNorm": (lambda t: t.nn.RMSNorm(5), (4, 5)),
    "RMSNorm of several": (lambda t: t.nn.RMSNorm((3, 5), eps=1e-2), (2, 3, 5)),
    "RMSNorm not affine": (lambda t: t.nn.RMSNorm(5, elementwise_affine=False), (2, 3, 5)),
    "InstanceNorm1d": (lambda t: t.nn.InstanceNorm1d(3), (2, 3, 5)),
    "InstanceNorm1d of one": (lambda t: t.nn.InstanceNorm1d(3, affine=True), (3, 5)),
    "InstanceNorm1d tracked": (lambda t: t.nn.InstanceNorm1d(3, track_running_stats=True, momentum=0.3), (2, 3, 5)),
    "InstanceNorm2d": (lambda t: t.nn.InstanceNorm2d(3, affine=True, track_running_stats=True), (2, 3, 4, 3)),
    "InstanceNorm2d without bias": (lambda t: t.nn.InstanceNorm2d(3, affine=True, bias=False), (2, 3, 4, 3)),
    "InstanceNorm3d": (lambda t: t.nn.InstanceNorm3d(2, eps=1e-3, affine=True), (2, 2, 2, 3, 2)),
    "LocalResponseNorm": (lambda t: t.nn.LocalResponseNorm(3, alpha=0.5), (2, 5, 4)),
    "LocalResponseNorm even": (lambda t: t.nn.LocalResponseNorm(2, beta=0.5, k=2.0, alpha=1.0), (2, 5, 2, 3)),
    "BatchNorm3d": (lambda t: t.nn.BatchNorm3d(2), (3, 2, 2, 3, 2)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, dtype):
    build, shape = LAYERS[name]
    assert_layers_agree(build, [normal(*shape)], dtype)


@pytest.mark.parametrize("name", LAYERS)
def test_repr_state_and_first_values(name):
    build, _ = LAYERS[name]
    assert_same(lambda torch: (build(torch), build(torch).state_dict(), build(torch).state_dict()._metadata))


REFUSED = {
    "groups that do not divide": lambda t: t.nn.GroupNorm(3, 4),
    "another last size": lambda t: t.nn.LayerNorm(3)(t.zeros(2, 4)),
    "another number of channels": lambda t: t.nn.GroupNorm(2, 4)(t.zeros(2, 6)),
    "instance norm 1d of images": lambda t: t.nn.InstanceNorm1d(2)(t.zeros(2, 2, 2, 2)),
    "instance norm 2d of vectors": lambda t: t.nn.InstanceNorm2d(2)(t.zeros(2, 2)),
    "instance norm of other channels": lambda t: t.nn.InstanceNorm2d(2, affine=True)(t.zeros(1, 3, 2, 2)),
    "instance norm of one position": lambda t: t.nn.InstanceNorm1d(2)(t.zeros(3, 2, 1)),
    "batch norm 3d of images": lambda t: t.nn.BatchNorm3d(2)(t.zeros(2, 2, 2, 2)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    ours, theirs = (outcome(REFUSED[name], engine)[0] for engine in (minitorch, pytest.importorskip("torch")))
    assert ours[0] == theirs[0] == "error"
    assert ours[1] == theirs[1]


def test_instance_norm_without_parameters_takes_other_channels_with_a_warning():
    assert_same(lambda torch: torch.nn.InstanceNorm1d(2)(torch.tensor([[[1.0, 3.0], [2.0, 2.0], [0.0, 4.0]]])).shape)


@pytest.mark.parametrize("name", ["layer_norm", "group_norm", "rms_norm"])
def test_half_precision_is_summed_in_single_precision(name):
    """Values whose squares, and whose sum, are beyond float16's 65504."""
    array = (normal(2, 6, 50) * 300 + 200).astype("float16")
    last = {"layer_norm": ((50,),), "group_norm": (3,), "rms_norm": ((50,),)}[name]
    found = []
    for engine in (minitorch, pytest.importorskip("torch")):
        x = engine.tensor(array).requires_grad_()
        y = getattr(engine.nn.functional, name)(x, *last)
        (y * engine.tensor(normal(2, 6, 50, seed=3).astype("float16"))).sum().backward()
        assert str(y.dtype) == str(x.grad.dtype) == "torch.float16"
        found.append([y.detach().numpy().astype("float32"), x.grad.numpy().astype("float32")])
    for ours, theirs in zip(*found, strict=True):
        # Two units in float16's last place, of numbers up to 4; the gradients are a few thousandths.
        np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-5)
