"""What the divergence finder leaves behind: located.json, inputs.npz and reproduce.py.

inputs.npz holds what went into the piece that differs, which was the same on both engines, and what came out of it as
"minitorch" and "pytorch". reproduce.py computes the piece anew from it on both engines, where it is a layer or an
optimizer of theirs; what is made of the script's own code only the script can compute, so there it runs the script up
to that step again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import replacing, write_text

if TYPE_CHECKING:
    from .locate import Event, Found

HEAD = '''\
"""{explanation}"""
from pathlib import Path
import numpy as np
here = Path(__file__).resolve().parent
saved = np.load(here / "inputs.npz")  # {names}
'''

LAYER = """\
import minitorch, torch
for engine, layer, told in ((minitorch, {ours!r}, "minitorch"), (torch, {theirs!r}, "pytorch")):
    def tensors(start): return {{k[len(start):]: engine.from_numpy(saved[k].copy()) for k in saved if k.startswith(start)}}
    layer = eval(layer, dict(vars(engine.nn))).to(engine.{dtype}).train({training})
    layer.load_state_dict({{**tensors("weight "), **tensors("buffer ")}})
    inputs = [x.requires_grad_(x.is_floating_point()) for x in tensors("input ").values()]
    result = output = layer(*inputs)
{gradient}    print(told, "now:", result.detach().numpy()[{index}], "recorded:", saved[told][{index}])
"""

UPDATE = """\
import minitorch, torch
for engine, options, told in ((minitorch, {ours!r}, "minitorch"), (torch, {theirs!r}, "pytorch")):
    weight = engine.nn.Parameter(engine.from_numpy(saved["value"].copy()))
    optimizer = engine.optim.{optimizer}([weight], **options)
    optimizer.state[weight].update({{k[6:]: engine.from_numpy(saved[k].copy()) for k in saved if k.startswith("state ")}})
    weight.grad = engine.from_numpy(saved["gradient"].copy())
    optimizer.step()
    result = {result}
    print(told, "now:", result.detach().numpy()[{index}], "recorded:", saved[told][{index}])
"""

SCRIPT = """\
from minitorch.compare.locate import again
print("recorded: minitorch", {ours}, "PyTorch", {theirs})
print("now:", again(here / "located.json"))  # runs the script up to step {step} on both engines
"""


def write_files(folder: Path, found: Found, again: dict[str, Any]) -> dict[str, Any]:
    """Write them into `folder`; the finding, with their paths as "files"."""
    pair, theirs = found.pair, found.theirs
    result = found.describe()
    arrays = inputs(found)
    arrays |= {"minitorch": pair.ours.value(found.ours)} if found.ours else {}
    arrays |= {"pytorch": pair.theirs.value(theirs)}
    with replacing(folder / "inputs.npz") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # arrays by name, and no option
    names = ", ".join(arrays)
    index = "..." if result["index"] is None else repr(tuple(result["index"]))
    body = again_from_layer(found, arrays, index) or again_from_optimizer(found, arrays, index)
    if body is None:
        shown = {"ours": f'saved["minitorch"][{index}]' if found.ours else None, "theirs": f'saved["pytorch"][{index}]'}
        body = SCRIPT.format(step=theirs["step"], **shown)
    write_text(folder / "reproduce.py", HEAD.format(explanation=result["explanation"], names=names) + body)
    result["files"] = {name: str(folder / file) for name, file in
                       (("inputs", "inputs.npz"), ("reproduce", "reproduce.py"), ("finding", "located.json"))}  # fmt: skip
    write_text(folder / "located.json", json.dumps(result | {"again": again}, indent=2) + "\n")
    return result


def inputs(found: Found) -> dict[str, np.ndarray]:
    """What went into the piece, as both engines had it."""
    event, record = found.theirs, found.pair.theirs
    kind, name, step, number = event["kind"], event["name"], event["step"], event["number"]
    before = record.events[: record.events.index(event)]
    here = [other for other in before if other["step"] == step]

    def those(title: str, kind: str, test: Any) -> dict[str, np.ndarray]:
        return {title + test(e): record.value(e) for e in here if e["kind"] == kind and test(e)}

    if kind in ("before", "update"):
        found_there = {
            ("value" if e["part"] == "value" else f"state {e['part']}"): record.value(e)
            for e in here
            if e["kind"] == "before" and e["name"] == name
        }
        gradient = [e for e in here if e["kind"] == "gradient" and e["name"] == name]
        return found_there | ({"gradient": record.value(gradient[-1])} if gradient else {})
    if kind == "gradient":
        name, number = name.rpartition(".")[0], 0
    if kind == "buffer":
        name = event["module"]
    if kind == "input":
        name = event["parent"] or ""
    if kind in ("batch", "weight"):
        return {}
    arrays: dict[str, np.ndarray] = {}
    if kind == "loss":  # of the script's own making: what its models gave it, and the batch
        arrays |= those("output ", "output", lambda e: e["name"] if e["parent"] is None else "")
        return arrays | those("", "batch", lambda e: e["name"])

    def own(e: Event) -> str:
        prefix, _, last = e["name"].rpartition(".")
        return last if prefix == name else ""

    arrays |= those("input ", "input", lambda e: e["part"] if (e["name"], e["number"]) == (name, number) else "")
    arrays |= those("weight ", "weight", own)
    arrays |= those("buffer ", "buffer", lambda e: own(e) if e["part"] in ("start", "before") else "")
    if kind in ("gradient", "grad_input", "grad_output"):
        arrays |= those("grad_output", "grad_output",
                        lambda e: e["part"] or " " if (e["name"], e["number"]) == (name, number) else "")  # fmt: skip
    return {title.strip(): array for title, array in arrays.items()}


def again_from_layer(found: Found, arrays: dict[str, np.ndarray], index: str) -> str | None:
    """The lines that compute one of the engines' own layers; None where that is not what differs."""
    event, pair = found.theirs, found.pair
    kind = event["kind"]
    if (
        found.ours is None
        or kind not in ("output", "gradient", "grad_input")
        or event["part"] not in ("", "0", "backward")
    ):
        return None
    name = event["name"].rpartition(".")[0] if kind == "gradient" else event["name"]
    calls = [[e for e in record.events
              if e["kind"] == "output" and (e["step"], e["name"]) == (event["step"], name)]
             for record in (pair.ours, pair.theirs)]  # fmt: skip
    if any(len(call) != 1 or not call[0]["builtin"] or call[0]["composite"] for call in calls):
        return None
    if any(word in calls[1][0]["class"] for word in ("Dropout", "RNN", "LSTM", "GRU")):
        return None  # random numbers, or several weights behind one repr
    layers = [rebuilt(call[0]) for call in calls]
    if None in layers or not any(array.dtype.kind == "f" for array in arrays.values()):
        return None
    if kind != "output" and "grad_output" not in arrays:
        return None
    dtype = next(array.dtype.name for title, array in arrays.items() if array.dtype.kind == "f")
    gradient = ""
    if kind != "output":
        what = "inputs[0]" if kind == "grad_input" else f"layer.{event['name'].rpartition('.')[2]}"
        gradient = f'    output.backward(engine.from_numpy(saved["grad_output"].copy()))\n    result = {what}.grad\n'
    return LAYER.format(ours=layers[0], theirs=layers[1], dtype=dtype, training=calls[1][0]["training"],
                        gradient=gradient, index=index)  # fmt: skip


def rebuilt(call: Event) -> str | None:
    """The expression that makes such a layer, which its repr nearly is; None if that is not so."""
    from .. import nn

    expression = call["repr"]
    if call["reduction"] and expression.endswith("()"):
        expression = f"{expression[:-1]}reduction={call['reduction']!r})"
    try:
        same = repr(eval(expression, dict(vars(nn)))) == call["repr"]
    except Exception:
        return None
    return expression if same else None


def again_from_optimizer(found: Found, arrays: dict[str, np.ndarray], index: str) -> str | None:
    """The lines that take one step of one of the engines' own optimizers; None where that is not what differs."""
    event, ours = found.theirs, found.ours
    if (
        event["kind"] != "update"
        or ours is None
        or not (event["builtin"] and ours["builtin"])
        or "gradient" not in arrays
    ):
        return None
    result = "weight" if event["part"] == "value" else f"optimizer.state[weight][{event['part']!r}]"
    return UPDATE.format(ours=ours["options"], theirs=event["options"], optimizer=event["optimizer"], result=result,
                         index=index)  # fmt: skip
