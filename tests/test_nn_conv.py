"""The layers of signals, images and volumes against PyTorch's: output, gradients, state, repr, names, bad arguments."""

import inspect
import pickle

import numpy as np
import pytest
import torch
from nn_twins import assert_same, outcome, twins
from test_nn_layers import close, parameters, run

import minitorch

RNG = np.random.default_rng(11)

# name: (build, shape of the input)
CONVOLUTIONS = {
    "Conv1d": (lambda t: t.nn.Conv1d(3, 6, 5), (2, 3, 9)),
    "Conv1d of one signal": (lambda t: t.nn.Conv1d(3, 4, 3, stride=2), (3, 8)),
    "Conv1d dilated in groups": (lambda t: t.nn.Conv1d(4, 6, (3,), 1, (2,), 2, 2, False), (2, 4, 9)),
    "Conv1d same": (lambda t: t.nn.Conv1d(2, 3, 3, padding="same"), (2, 2, 6)),
    "Conv1d valid": (lambda t: t.nn.Conv1d(2, 3, 3, padding="valid", stride=2), (2, 2, 7)),
    "Conv1d circular": (lambda t: t.nn.Conv1d(2, 3, 4, padding="same", padding_mode="circular"), (2, 2, 7)),
    "Conv1d reflect": (lambda t: t.nn.Conv1d(2, 3, 3, padding=2, padding_mode="reflect"), (2, 7)),
    "Conv2d reflect": (lambda t: t.nn.Conv2d(2, 3, 3, padding=(2, 1), padding_mode="reflect"), (2, 2, 4, 5)),
    "Conv2d replicate": (lambda t: t.nn.Conv2d(2, 3, 3, 2, 1, padding_mode="replicate"), (2, 4, 5)),
    "Conv2d circular": (
        lambda t: t.nn.Conv2d(2, 3, (4, 3), padding="same", dilation=(1, 2), padding_mode="circular"),
        (1, 2, 5, 6),
    ),
    "Conv2d reflect valid": (lambda t: t.nn.Conv2d(2, 3, 3, padding="valid", padding_mode="reflect"), (1, 2, 5, 6)),
    "Conv3d": (lambda t: t.nn.Conv3d(2, 4, (2, 3, 2)), (2, 2, 3, 4, 5)),
    "Conv3d strided": (lambda t: t.nn.Conv3d(2, 4, 3, (1, 2, 1), (1, 0, 2), groups=2), (2, 3, 4, 4)),
    "Conv3d replicate": (lambda t: t.nn.Conv3d(1, 2, 2, padding=1, padding_mode="replicate"), (1, 1, 2, 3, 3)),
    "ConvTranspose1d": (lambda t: t.nn.ConvTranspose1d(3, 4, 3, 2, 1, 1), (2, 3, 5)),
    "ConvTranspose1d dilated in groups": (lambda t: t.nn.ConvTranspose1d(4, 6, 3, 1, 0, 2, 2, False, 3), (4, 5)),
    "ConvTranspose2d": (lambda t: t.nn.ConvTranspose2d(3, 4, 4, stride=2, padding=1), (2, 3, 4, 3)),
    "ConvTranspose2d rectangular": (
        lambda t: t.nn.ConvTranspose2d(4, 6, (3, 2), (2, 3), (1, 0), (1, 2), groups=2, dilation=(1, 2)),
        (2, 4, 3, 4),
    ),
    "ConvTranspose3d": (lambda t: t.nn.ConvTranspose3d(2, 4, 2, (1, 2, 2), bias=False), (2, 2, 2, 3, 2)),
}
OTHERS = {
    "MaxPool1d": (lambda t: t.nn.MaxPool1d(2), (2, 3, 7)),
    "MaxPool1d dilated, ceil": (lambda t: t.nn.MaxPool1d((3,), 2, 1, 2, ceil_mode=True), (3, 8)),
    "MaxPool3d": (lambda t: t.nn.MaxPool3d((2, 3, 2), stride=1, padding=(1, 1, 0)), (1, 2, 3, 4, 5)),
    "AvgPool1d": (lambda t: t.nn.AvgPool1d(3, 2, 1), (2, 3, 7)),
    "AvgPool1d ceil": (lambda t: t.nn.AvgPool1d([2], None, [1], True, False), (3, 8)),
    "AvgPool3d": (lambda t: t.nn.AvgPool3d(2, 1, 1, count_include_pad=False), (1, 2, 3, 4, 3)),
    "AvgPool3d divisor": (lambda t: t.nn.AvgPool3d((2, 1, 2), divisor_override=3), (2, 3, 4, 3)),
    "AdaptiveAvgPool1d": (lambda t: t.nn.AdaptiveAvgPool1d(3), (2, 3, 7)),
    "AdaptiveAvgPool2d": (lambda t: t.nn.AdaptiveAvgPool2d((None, 4)), (2, 3, 5, 6)),
    "AdaptiveAvgPool2d of all": (lambda t: t.nn.AdaptiveAvgPool2d(1), (2, 3, 5, 6)),
    "AdaptiveAvgPool3d": (lambda t: t.nn.AdaptiveAvgPool3d((1, 2, 3)), (2, 2, 3, 4)),
    "AdaptiveMaxPool1d": (lambda t: t.nn.AdaptiveMaxPool1d(3), (2, 3, 7)),
    "AdaptiveMaxPool2d": (lambda t: t.nn.AdaptiveMaxPool2d((2, None)), (2, 3, 5, 6)),
    "AdaptiveMaxPool3d": (lambda t: t.nn.AdaptiveMaxPool3d(2), (2, 2, 3, 4, 3)),
    "LPPool1d": (lambda t: t.nn.LPPool1d(2, 3), (2, 3, 7)),
    "LPPool2d": (lambda t: t.nn.LPPool2d(2, (3, 2), stride=2, ceil_mode=True), (2, 3, 5, 6)),
    "LPPool3d": (lambda t: t.nn.LPPool3d(4, 2, 1), (2, 3, 3, 2)),
    "Unfold": (lambda t: t.nn.Unfold((2, 3), dilation=(2, 1), padding=1, stride=(1, 2)), (2, 3, 5, 6)),
    "Fold": (lambda t: t.nn.Fold((4, 5), 2), (2, 8, 12)),
    "Fold dilated": (lambda t: t.nn.Fold((5, 5), (2, 3), (2, 1), 1, (1, 2)), (6, 15)),
    "ConstantPad1d": (lambda t: t.nn.ConstantPad1d(2, 3.5), (2, 5)),
    "ConstantPad2d": (lambda t: t.nn.ConstantPad2d((1, -2, 3, 0), -1), (2, 4, 5)),
    "ConstantPad3d": (lambda t: t.nn.ConstantPad3d(1, 2), (2, 2, 3, 2)),
    "ZeroPad1d": (lambda t: t.nn.ZeroPad1d([1, 2]), (2, 5)),
    "ZeroPad2d": (lambda t: t.nn.ZeroPad2d((1, -2, 3, 0)), (2, 4, 5)),
    "ZeroPad3d": (lambda t: t.nn.ZeroPad3d(1), (2, 2, 3, 2)),
    "ReflectionPad1d": (lambda t: t.nn.ReflectionPad1d((2, 1)), (2, 5)),
    "ReflectionPad2d": (lambda t: t.nn.ReflectionPad2d((1, -2, 3, 0)), (2, 4, 5)),
    "ReflectionPad3d": (lambda t: t.nn.ReflectionPad3d(1), (1, 2, 2, 3, 2)),
    "ReplicationPad1d": (lambda t: t.nn.ReplicationPad1d(7), (2, 3, 5)),
    "ReplicationPad2d": (lambda t: t.nn.ReplicationPad2d((1, -2, 3, 0)), (2, 4, 5)),
    "ReplicationPad3d": (lambda t: t.nn.ReplicationPad3d((1, 0, 2, 1, 0, 3)), (2, 2, 3, 2)),
    "CircularPad1d": (lambda t: t.nn.CircularPad1d((2, 1)), (2, 5)),
    "CircularPad2d": (lambda t: t.nn.CircularPad2d((1, 2, 3, 0)), (2, 4, 5)),
    "CircularPad3d": (lambda t: t.nn.CircularPad3d(1), (1, 2, 2, 3, 2)),
    "Upsample": (lambda t: t.nn.Upsample(scale_factor=2), (1, 2, 3)),
    "Upsample bilinear": (lambda t: t.nn.Upsample((5, 7), mode="bilinear", align_corners=True), (1, 2, 3, 4)),
    "Upsample by two": (lambda t: t.nn.Upsample(None, (1.5, 2), "bicubic", False, True), (1, 2, 3, 4)),
    "UpsamplingNearest2d": (lambda t: t.nn.UpsamplingNearest2d(scale_factor=(2, 3)), (1, 2, 3, 4)),
    "UpsamplingBilinear2d": (lambda t: t.nn.UpsamplingBilinear2d(5), (1, 2, 3, 4)),
    "PixelShuffle": (lambda t: t.nn.PixelShuffle(2), (2, 8, 3, 2)),
    "PixelUnshuffle": (lambda t: t.nn.PixelUnshuffle(2), (2, 4, 6)),
    "ChannelShuffle": (lambda t: t.nn.ChannelShuffle(3), (2, 6, 2, 3)),
}
LAYERS = CONVOLUTIONS | OTHERS


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # PyTorch's, about its own copying
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, dtype):
    build, shape = LAYERS[name]
    ours, theirs = twins(build, dtype)
    low = 0.2 if "LPPool" in name else -2.0  # a root's slope has no bound at 0
    array = RNG.uniform(low, 2.0, shape).astype(dtype)
    weights = {}

    def cotangent(shape):
        return weights.setdefault(shape, RNG.standard_normal(shape).astype(dtype))

    our_x, our_y = run(ours, minitorch, array, cotangent, 3)
    their_x, their_y = run(theirs, torch, array, cotangent, 3)
    close(our_y, their_y, dtype, "output")
    close(our_x.grad, their_x.grad, dtype, "gradient of the input")
    for (key, p), (their_key, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert key == their_key
        close(p.grad, q.grad, dtype, f"gradient of {key}")


@pytest.mark.parametrize("name", LAYERS)
def test_repr_state_and_first_values(name):
    """From one seed both engines build the same layer, to the bit; its settings are attributes of the same names."""
    build, _ = LAYERS[name]
    assert_same(lambda torch: (build(torch), build(torch).state_dict(), build(torch).state_dict()._metadata))

    def settings(module):
        return {
            k: v for k, v in vars(module).items() if isinstance(v, int | float | str | tuple) and not k.startswith("_")
        }

    ours, theirs = settings(build(minitorch)), settings(build(torch))
    assert ours == {k: theirs[k] for k in ours}
    layer = build(minitorch)
    assert {k: getattr(layer, k) for k in theirs} == theirs


@pytest.mark.parametrize("name", sorted({type(build(minitorch)).__name__ for build, _ in LAYERS.values()}))
def test_signature(name):
    """The constructor's and forward's parameters, inherited ones too."""
    ours, theirs = getattr(minitorch.nn, name), getattr(torch.nn, name)
    for method in ("__init__", "forward"):
        assert parameters(getattr(ours, method)) == parameters(getattr(theirs, method)), method


def test_a_layer_goes_through_pickle():
    x = minitorch.tensor(RNG.standard_normal((2, 3, 7)).astype("float32"))
    for name in ("Conv1d", "ConvTranspose1d", "ReflectionPad1d", "AdaptiveMaxPool1d"):
        layer = LAYERS[name][0](minitorch)
        again = pickle.loads(pickle.dumps(layer))
        assert repr(again) == repr(layer)
        assert again(x).tolist() == layer(x).tolist()


@pytest.mark.parametrize("size", [(11,), (10,), (2, 4, 11), (9,), (12,), (10, 10), (2, 4, 3, 1)])
def test_output_size_of_a_transposed_convolution(size):
    """Sizes in reach give what PyTorch gives; others, ValueError, with the range."""
    ours, theirs = twins(lambda t: t.nn.ConvTranspose1d(3, 4, 4, stride=2), "float64")
    array = RNG.standard_normal((2, 3, 4))
    found = []
    for engine, layer in ((minitorch, ours), (torch, theirs)):
        try:
            found.append(layer(engine.tensor(array), output_size=list(size)))
        except ValueError as error:
            found.append(str(error).split(" [in ")[0])
    if isinstance(found[1], str):
        assert found[0] == found[1]
    else:
        close(*found, "float64")


def test_output_size_without_a_batch():
    ours, theirs = twins(lambda t: t.nn.ConvTranspose2d(3, 4, 3, stride=(2, 3), padding=1), "float64")
    array = RNG.standard_normal((3, 4, 5))
    for size in ([7, 13], [4, 8, 15]):
        close(ours(minitorch.tensor(array), size), theirs(torch.tensor(array), size), "float64")


@pytest.mark.parametrize("n", [1, 2, 3])
def test_maxima_go_back_to_where_they_were(n):
    """Pool and unpool; the size that the pooling lost is given in the call."""
    shape = (2, 3, 7, 5, 4)[: n + 2]
    array = RNG.standard_normal(shape)
    results = []
    for engine in (minitorch, torch):
        x = engine.tensor(array).requires_grad_()
        pool, unpool = getattr(engine.nn, f"MaxPool{n}d"), getattr(engine.nn, f"MaxUnpool{n}d")
        values, places = pool(2, return_indices=True)(x)
        y = unpool(2)(values, places, output_size=x.shape)
        (y * engine.tensor(array.cumsum(-1))).sum().backward()
        results.append((values, places, y, x.grad))
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs, "float64")
    assert (results[0][2] != 0).sum() == results[0][0].numel()


def test_adaptive_maxima_with_indices():
    def scenario(torch):
        x = torch.tensor([[[1.0, 5.0, 2.0], [7.0, 7.0, 3.0], [0.0, 4.0, 7.0]]])
        return torch.nn.AdaptiveMaxPool2d(2, return_indices=True)(x), torch.nn.AdaptiveMaxPool1d(2, True)(x[0])

    assert_same(scenario)


REFUSED = {
    "groups 0": lambda t: t.nn.Conv1d(2, 2, 1, groups=0),
    "groups and inputs": lambda t: t.nn.Conv3d(3, 2, 1, groups=2),
    "groups and outputs": lambda t: t.nn.ConvTranspose2d(2, 3, 1, groups=2),
    "same with stride": lambda t: t.nn.Conv1d(2, 3, 1, padding="same", stride=2),
    "border of a transposed convolution": lambda t: t.nn.ConvTranspose2d(2, 3, 1, padding_mode="reflect"),
    "circular border of images": lambda t: t.nn.CircularPad1d(1)(t.zeros(2, 2, 2, 2)),
    "two sizes": lambda t: t.nn.Upsample((3, 4))(t.zeros(1, 1, 2)),
    "no size": lambda t: t.nn.Upsample()(t.zeros(1, 1, 2)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    assert outcome(REFUSED[name], minitorch)[0][0] == "error"
    assert_same(REFUSED[name])


@pytest.mark.parametrize("name", ["Conv1d", "Conv2d", "Conv3d"])
def test_words_for_padding(name):
    layer = getattr(minitorch.nn, name)
    with pytest.raises(ValueError, match="padding_mode must be one of"):
        layer(1, 1, 1, padding_mode="nonsense")
    with pytest.raises(ValueError, match="Invalid padding string 'nonsense'"):
        layer(1, 1, 1, padding="nonsense")


def test_errors_name_the_layer_and_both_shapes():
    with pytest.raises(RuntimeError, match=r"(?s)\[4, 3, 3\].*\[2, 5, 8\].*\[in Conv1d\].*in_channels=5") as caught:
        minitorch.nn.Conv1d(3, 4, 3)(minitorch.zeros(2, 5, 8))
    assert "3 channels" in str(caught.value)
    with pytest.raises(RuntimeError, match=r"\[3, 4, 2, 2\].*\[2, 5, 8, 8\]"):
        minitorch.nn.ConvTranspose2d(3, 4, 2)(minitorch.zeros(2, 5, 8, 8))
    with pytest.raises(RuntimeError, match=r"(?s)\[7\].*\(N, 3, L\)"):
        minitorch.nn.Conv1d(3, 4, 3)(minitorch.zeros(7))


def test_every_resampling_takes_the_pixels_that_pytorch_takes():
    """Nearest pixels, where a rounding decides: many sizes and scales, of signals and of images."""
    rng = np.random.default_rng(3)
    for trial in range(300):
        n = 1 + trial % 2
        sizes = [int(k) for k in rng.integers(1, 75, n)]
        scale = tuple(float(k) for k in rng.choice([0.3, 1 / 3, 0.7, 1.0, 1.001, 1.1, 1.7, 2.0, 2.01, 2.5, 3.0], n))
        options = {"mode": ("nearest", "nearest-exact")[trial % 4 // 2]}
        if trial % 3:
            options["scale_factor"] = scale
        else:
            options["size"] = tuple(int(k) for k in rng.integers(1, 99, n))
        x = np.arange(np.prod(sizes), dtype=("float32", "float64")[trial % 8 // 4]).reshape(1, 1, *sizes)
        if all(int(s * f) for s, f in zip(sizes, scale, strict=True)):
            ours = minitorch.nn.functional.interpolate(minitorch.from_numpy(x), **options)
            theirs = torch.nn.functional.interpolate(torch.from_numpy(x), **options)
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=f"{sizes} {options}")


def test_functions_have_pytorchs_parameters():
    for name in (
        "conv_transpose2d",
        "unfold",
        "fold",
        "interpolate",
        "upsample",
        "lp_pool1d",
        "lp_pool2d",
        "max_unpool2d",
    ):
        ours = inspect.signature(getattr(minitorch.nn.functional, name)).parameters
        try:
            theirs = inspect.signature(getattr(torch.nn.functional, name)).parameters
        except ValueError:  # a builtin without one
            continue
        assert [(k, p.default) for k, p in ours.items()] == [(k, p.default) for k, p in theirs.items()], name
