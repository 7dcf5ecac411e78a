"""The shapes that layers name under `Shapes:` are the ones that go in and come out.

"input (N, C, L) or (C, L) → (N, O, L_out) or (O, L_out)" is read as it stands: each letter is a number, an input of the
first shape has to give a result of the second, and a size that ends in ``_out`` may be any.
"""

from __future__ import annotations

import inspect
import re
import warnings
from typing import Any

import pytest
from test_docstrings_layers import OURS, sections

import minitorch
from minitorch import nn

SIZES = {"N": 2, "C": 4, "O": 8, "L": 6, "H": 6, "W": 6, "D": 6, "r": 2, "left": 1, "right": 1, "top": 1, "bottom": 1}
FEATURES = {"in_features": 4, "out_features": 8}
ARGUMENTS: dict[str, str] = {  # how to make the layers that need arguments
    "Linear": "4, 8", "LazyLinear": "8", "Embedding": "10, 6", "PReLU": "4", "GroupNorm": "2, 4",
    "LocalResponseNorm": "2", "LayerNorm": "(4, 6)", "RMSNorm": "(4, 6)", "Threshold": "0.0, 1.0",
    "Softmax": "-1", "LogSoftmax": "-1", "Softmin": "-1", "PixelShuffle": "2", "PixelUnshuffle": "2",
    "ChannelShuffle": "2", "Unflatten": "1, (4, 6, 6)", "Unfold": "2", "Fold": "(6, 6), 2", "UpsamplingNearest2d": "3",
    "UpsamplingBilinear2d": "3",
}  # fmt: skip
for rank in (1, 2, 3):
    for start, arguments in {
        "Conv": "4, 8, 3", "ConvTranspose": "4, 8, 3", "LazyConv": "8, 3", "LazyConvTranspose": "8, 3", "BatchNorm": "4",
        "InstanceNorm": "4", "MaxPool": "2", "AvgPool": "2", "LPPool": "2, 2", "ConstantPad": "1, 0.5", "ZeroPad": "1",
        "ReflectionPad": "1", "ReplicationPad": "1", "CircularPad": "1", "AdaptiveAvgPool": "3", "AdaptiveMaxPool": "3",
    }.items():  # fmt: skip
        ARGUMENTS[f"{start}{rank}d"] = arguments
OTHER_SIZES: dict[str, dict[str, Any]] = {
    "LayerNorm": {"*normalized_shape": (4, 6)}, "RMSNorm": {"*normalized_shape": (4, 6)}, "Embedding": {"…": (2, 3)},
    "Unfold": {"KH": 2, "KW": 2, "L": 25}, "Fold": {"KH": 2, "KW": 2, "L": 25, "*output_size": (6, 6)},
}  # fmt: skip
for rank in (1, 2, 3):
    for kind in ("Avg", "Max"):
        OTHER_SIZES[f"Adaptive{kind}Pool{rank}d"] = {"output_size": 3, "*output_size": (3,) * rank}


def numbers(shape: str, sizes: dict[str, Any]) -> tuple[int | None, ...]:
    """The sizes that "N, C, H·r, L_out" stands for; None for one that is not known."""
    found: list[int | None] = []
    for part in shape.split(", ") if shape else []:
        if part in sizes and isinstance(sizes[part], tuple):
            found.extend(sizes[part])
        elif part.endswith("_out"):
            found.append(None)
        else:
            found.append(eval(part.replace("·", "*").replace("²", "**2"), {}, sizes))
    return tuple(found)


def pairs(text: str) -> list[tuple[str, str]]:
    """The shapes that go in and come out, in the first clause of what stands under `Shapes:`."""
    clause = re.split(r"[;.]|, and with|, the sizes|, or without", text)[0]
    before, _, after = clause.partition(" → ")
    into = re.findall(r"\(([^()]*)\)", before)
    return list(zip(into, into if "the same" in after else re.findall(r"\(([^()]*)\)", after), strict=False))


def layers() -> dict[str, str]:
    """The layers that take one input, by what they say of shapes."""
    found = {}
    for name, value in OURS.items():
        text = sections(inspect.getdoc(value) or "").get("Shapes", "")
        if name.startswith("minitorch.nn.") and inspect.isclass(value) and issubclass(value, nn.Module):
            if text.startswith("input ") and "input and" not in text and "→" in text:
                found[name.removeprefix("minitorch.nn.")] = text
    return {name: text for name, text in found.items() if name not in ELSEWHERE}


# Layers of several inputs or results, which are compared with PyTorch's shapes elsewhere.
ELSEWHERE = {"CrossEntropyLoss", "EmbeddingBag", "GRU", "GRUCell", "LSTM", "LSTMCell", "NLLLoss", "RNN", "RNNCell",
             "MultiMarginLoss", "GaussianNLLLoss", "Upsample", "GLU"}  # fmt: skip


def disagreements(name: str, text: str) -> list[str]:
    """Where a layer does not do what the text says."""
    kind = getattr(nn, name)
    sizes = {**SIZES, **FEATURES, "…": (5,), **OTHER_SIZES.get(name, {})}
    if "of any shape" in text:
        cases = [(shape, shape) for shape in ((), (3,), (2, 4, 5))]
        if name == "PReLU":
            cases = [((2, 4, 5), (2, 4, 5))]
    else:
        cases = [(numbers(a, sizes), numbers(b, sizes)) for a, b in pairs(text)]  # type: ignore[misc]
    wrong = [] if cases else ["no shapes found"]
    for into, out in cases:
        layer = eval(f"kind({ARGUMENTS.get(name, '')})", {"kind": kind})
        x = minitorch.ones(into) if name != "Embedding" else minitorch.ones(into, dtype=minitorch.int64)
        with warnings.catch_warnings(action="ignore"):  # Dropout2d's, of (N, C, L)
            got = tuple(layer(x).shape)
        if len(got) != len(out) or any(b is not None and a != b for a, b in zip(got, out, strict=True)):
            wrong.append(f"{into} gives {got}, not {out}")
    return wrong


LAYERS = layers()


@pytest.mark.parametrize("name", LAYERS)
def test_layers_do_what_their_shapes_say(name: str) -> None:
    assert not disagreements(name, LAYERS[name])


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("Linear", "input (…, in_features) → (…, in_features)."),
        ("Conv2d", "input (N, C, H, W) → (N, C, H_out, W_out)."),
        ("Conv1d", "input (N, C, L) → (O, L_out)."),
        ("Flatten", "input (N, C, H, W) → the same."),
        ("AdaptiveAvgPool2d", "input (N, C, H, W) → (N, C, H, W)."),
        ("Linear", "input of any shape."),
    ],
)
def test_wrong_shapes_are_caught(name: str, wrong: str) -> None:
    try:
        assert disagreements(name, wrong)
    except (RuntimeError, IndexError):
        pass  # the layer does not take what the text says it takes


def test_there_is_something_to_look_at() -> None:
    assert len(LAYERS) > 100
