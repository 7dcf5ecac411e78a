"""Checkpoints of whole trainings that cross from one engine to the other, and the other formats that there are."""

from __future__ import annotations

import inspect
import io
import pathlib
import pickle
import re
import warnings

import numpy as np
import pytest
import torch

import minitorch
from minitorch import serialization

safetensors = pytest.importorskip("safetensors")
CROSSINGS = [(minitorch, torch), (torch, minitorch), (minitorch, minitorch)]
cross = pytest.mark.parametrize("origin, goal", CROSSINGS, ids=["to PyTorch", "from PyTorch", "among ourselves"])


def moved(obj, origin, goal, **options):
    file = io.BytesIO()
    origin.save(obj, file)
    file.seek(0)
    return goal.load(file, weights_only=True, **options)


def told(value):
    """A value in words that do not depend on the engine."""
    if isinstance(value, minitorch.Tensor | torch.Tensor):
        kind = type(value).__name__
        array = value.detach().numpy()
        return kind, str(value.dtype), tuple(value.shape), value.requires_grad, array.tobytes()
    if isinstance(value, dict):
        return type(value).__name__, [(told(key), told(part)) for key, part in value.items()]
    if isinstance(value, list | tuple):
        return type(value).__name__, [told(part) for part in value]
    return type(value).__name__, str(value)


# ---- trainings -----------------------------------------------------------------------------------------------------

OPTIMIZERS = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    "Adam": {"lr": 0.01, "amsgrad": True},
    "AdamW": {"lr": 0.01, "betas": (0.8, 0.99)},
    "RMSprop": {"momentum": 0.5, "centered": True},
    "Adagrad": {"lr": 0.1},
    "Adadelta": {},
    "Adamax": {},
    "NAdam": {},
    "RAdam": {},
    "ASGD": {},
    "Rprop": {},
    "LBFGS": {"lr": 0.5, "max_iter": 3},
}
SCHEDULERS = {
    "StepLR": {"step_size": 2},
    "MultiStepLR": {"milestones": [1, 3, 3]},  # its state holds a Counter
    "ExponentialLR": {"gamma": 0.9},
    "CosineAnnealingLR": {"T_max": 5},
    "OneCycleLR": {"max_lr": 0.3, "total_steps": 10},
    "CyclicLR": {"base_lr": 0.01, "max_lr": 0.1, "cycle_momentum": False},
    "ReduceLROnPlateau": {"patience": 0},
    "LinearLR": {"total_iters": 4},
    "CosineAnnealingWarmRestarts": {"T_0": 2},
}
START = np.random.default_rng(0).normal(size=(2, 3, 2))


def training(engine, optimizer, scheduler=None):
    """(parameters, an optimizer, a scheduler, a function that does a step)."""
    parameters = [engine.nn.Parameter(engine.tensor(part.tolist(), dtype=engine.float64)) for part in START]
    taken = {"lr": 0.05} | OPTIMIZERS[optimizer]
    chosen = getattr(engine.optim, optimizer)(parameters, **taken)
    plan = getattr(engine.optim.lr_scheduler, scheduler)(chosen, **SCHEDULERS[scheduler]) if scheduler else None

    def loss():
        chosen.zero_grad()
        value = sum(((p - 1.5) ** 2 * (i + 1)).sum() + (p**4).sum() * 0.01 for i, p in enumerate(parameters))
        value.backward()
        return value

    def step():
        value = chosen.step(loss) if optimizer == "LBFGS" else (loss(), chosen.step())[0]
        if scheduler == "ReduceLROnPlateau":
            plan.step(1.0)
        elif plan:
            plan.step()
        return value

    return parameters, chosen, plan, step


def go_on(origin, goal, optimizer, scheduler=None):
    """Train on `origin`, carry all over to `goal`, go on there and here; both parameters and learning rates."""
    parameters, chosen, plan, step = training(origin, optimizer, scheduler)
    for _ in range(3):
        step()
    saved = {"parameters": [p.detach() for p in parameters], "optimizer": chosen.state_dict()}
    if plan:
        saved["scheduler"] = plan.state_dict()
    loaded = moved(saved, origin, goal)
    others, other, other_plan, other_step = training(goal, optimizer, scheduler)
    with goal.no_grad():
        for parameter, value in zip(others, loaded["parameters"], strict=True):
            parameter.copy_(value)
    other.load_state_dict(loaded["optimizer"])
    if plan:
        other_plan.load_state_dict(loaded["scheduler"])
    for _ in range(3):
        step(), other_step()
    rates = [[group["lr"] for group in each.param_groups] for each in (chosen, other)]
    return [[p.detach().numpy() for p in each] for each in (parameters, others)], rates


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@cross
def test_a_training_goes_on_with_the_other_engine(origin, goal, optimizer):
    (here, there), _ = go_on(origin, goal, optimizer)
    # Loading casts NAdam's float32 `mu_product` to the parameters' float64: PyTorch's own training, saved and loaded by
    # PyTorch, differs as much from one that just goes on.
    tolerance = 1e-9 if optimizer == "NAdam" else 1e-12
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    assert not np.allclose(here[0], START[0])


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@cross
def test_a_schedule_goes_on_with_the_other_engine(origin, goal, scheduler):
    (here, there), (rates, other_rates) = go_on(origin, goal, "SGD", scheduler)
    np.testing.assert_allclose(rates, other_rates, rtol=1e-14)
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@cross
def test_random_numbers_go_on_with_the_other_engine(origin, goal):
    generator = origin.Generator().manual_seed(7)
    origin.randn(3, generator=generator)  # half of a pair of normal numbers is left for the next call
    other = goal.Generator()
    other.set_state(moved(generator.get_state(), origin, goal))
    assert origin.randn(5, generator=generator).tolist() == goal.randn(5, generator=other).tolist()
    before = goal.get_rng_state()
    try:
        origin.manual_seed(3)
        state = moved({"rng": origin.get_rng_state()}, origin, goal)
        expected = origin.randperm(20).tolist()
        goal.set_rng_state(state["rng"])
        assert goal.randperm(20).tolist() == expected
    finally:
        goal.set_rng_state(before)


# ---- single things -------------------------------------------------------------------------------------------------


@cross
def test_attributes_and_buffers(origin, goal):
    plain, parameter, private = origin.ones(2), origin.nn.Parameter(origin.ones(3)), origin.zeros(1)
    plain.note, plain.other = "a", origin.arange(3)
    parameter.decay = {"weight": 0.5}
    private._mine = [1]
    buffers = [origin.nn.Buffer(origin.ones(2)), origin.nn.Buffer(origin.ones(1), persistent=False)]
    back = moved([plain, parameter, private, plain.other, *buffers], origin, goal)
    assert back[0].note == "a" and back[0].other.tolist() == [0, 1, 2] and back[0].other is back[3]
    assert isinstance(back[1], goal.nn.Parameter) and back[1].decay == {"weight": 0.5}
    assert back[2]._mine == [1]
    for buffer, persistent in zip(back[4:], (True, False), strict=True):
        assert isinstance(buffer, goal.nn.Buffer) and buffer.persistent is persistent


def test_an_attribute_that_could_not_be_read_again_is_refused():
    x = minitorch.ones(2)
    vars(x)["backward"] = 1
    with pytest.raises(TypeError, match="attribute backward"):
        minitorch.save(x, io.BytesIO())
    del vars(x)["backward"]
    x.note = lambda: 1
    with pytest.raises(pickle.PicklingError, match="function"):
        minitorch.save(x, io.BytesIO())


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_that_pytorch_saves_references_with(protocol):
    x = torch.arange(6.0)
    obj = {
        "tensors": [x, x[2:].reshape(2, 2), torch.nn.Parameter(x), torch.ones(2, dtype=torch.bool)],
        "plain": [1, -1, 2**70, 1.5, None, True, "é" * 300, "", b"\x00\xff" * 200, b"", bytearray(b"ab"), 1 + 2j, {1, 2}, (), (1,)],
        "names": [torch.float32, torch.device("cpu"), torch.Size([1, 2])],
    }
    file = io.BytesIO()
    torch.save(obj, file, pickle_protocol=protocol)
    file.seek(0)
    back = minitorch.load(file)
    assert told(back) == told(obj)
    back["tensors"][0][3] = 9.0
    assert back["tensors"][1][0, 1].item() == 9.0


def test_what_pytorch_saves_and_minitorch_lacks_is_named():
    negative = torch.view_as_complex(torch.ones(2, 2)).conj().imag  # numbers with a bit that says: all negated
    assert negative.is_neg()
    cases = {
        "number format.*|.*dtype that minitorch lacks": torch.ones(2, dtype=torch.uint16),
        "torch.BFloat16Storage": torch.ones(2, dtype=torch.bfloat16),
        "clone\\(\\) it before saving": negative,
        "a storage itself": torch.FloatStorage,
        "untyped storage": torch.ones(2).untyped_storage(),
        "_rebuild_meta_tensor_no_storage": torch.ones(2, device="meta"),
        "instruction b'.x8b'": 1 << 3000,
    }
    for text, obj in cases.items():
        file = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # storages with a dtype are deprecated
            torch.save(obj(2) if obj is torch.FloatStorage else obj, file)
        file.seek(0)
        with pytest.raises(serialization.pickle.UnpicklingError, match=text):
            minitorch.load(file)


def test_old_formats_are_refused_with_what_to_do(tmp_path):
    path = tmp_path / "old.pth"
    torch.save({"w": torch.ones(2)}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(serialization.pickle.UnpicklingError, match=re.escape(str(path)) + ".*before 1.6.*torch.save\\(torch.load"):
        minitorch.load(path)
    torch.save(torch.load(path), path)  # as the message says
    assert minitorch.load(path)["w"].tolist() == [1.0, 1.0]


def test_torchscript_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "script.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 1), torch.ones(1, 2)), path)
        with pytest.raises(RuntimeError, match=re.escape(str(path)) + ".*TorchScript.*torch.jit.load"):
            minitorch.load(path)
        torch.save(torch.jit.load(path).state_dict(), path)  # as the message says
    assert list(minitorch.load(path)) == ["weight", "bias"]


def test_a_file_without_checksums_is_refused_with_the_reason():
    torch.serialization.set_crc32_options(False)
    try:
        file = io.BytesIO()
        torch.save(torch.ones(40), file)
    finally:
        torch.serialization.set_crc32_options(True)
    file.seek(0)
    with pytest.raises(RuntimeError, match="Bad CRC-32.*set_crc32_options"):
        minitorch.load(file)


def test_map_location_of_any_kind(tmp_path):
    path = tmp_path / "x.pt"
    torch.save({"a": torch.ones(2), "b": torch.zeros(3)}, path)
    seen = []

    def keep(storage, location):
        seen.append((storage.numel(), location))

    choices = [None, "cpu", minitorch.device("cpu"), {}, {"cpu": "cpu"}, {"cuda:0": "cpu"}, keep, lambda s, place: s.clone()]
    for choice in choices:
        for f in (path, str(path), io.BytesIO(path.read_bytes())):
            assert minitorch.load(f, choice)["a"].tolist() == [1.0, 1.0]
    assert seen == [(2, "cpu"), (3, "cpu")] * 3
    for wrong in (lambda s, place: 5, lambda s, place: s[:1], lambda s, place: s.int(), lambda s, place: s.numpy()):
        with pytest.raises(TypeError, match="map_location"):
            minitorch.load(path, wrong)
    with pytest.raises(KeyError, match="mine"):  # the script's own error stays its own
        minitorch.load(path, lambda s, place: {}["mine"])


def test_load_has_pytorchs_arguments():
    ours, theirs = (inspect.signature(engine.load).parameters for engine in (minitorch, torch))
    for name in ours:
        assert ours[name].kind == theirs[name].kind and ours[name].default in (theirs[name].default, True)


# ---- safetensors ---------------------------------------------------------------------------------------------------

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


def named_tensors(engine):
    tensors = {name: (engine.arange(6).reshape(2, 3) % 2).to(getattr(engine, name)) for name in DTYPES}
    return tensors | {"number": engine.tensor(2.5), "nothing": engine.zeros(0, 3), "parameter": engine.nn.Parameter(engine.ones(2))}


def functions(engine):
    if engine is minitorch:
        return minitorch.safetensors
    import safetensors.torch

    return safetensors.torch


@cross
def test_safetensors_cross_over(origin, goal, tmp_path):
    path = tmp_path / "x.safetensors"
    tensors = named_tensors(origin)
    functions(origin).save_file(tensors, path, metadata={"format": "pt", "é": "∑"})
    whole = functions(goal).load(functions(origin).save(tensors))
    for place in (path, str(path)):
        back = functions(goal).load_file(place, device="cpu")
        assert sorted(back) == sorted(tensors) == sorted(whole)
        for name, tensor in tensors.items():
            expected = ("Tensor", *told(tensor)[1:3], False, told(tensor)[4])
            assert told(back[name]) == told(whole[name]) == expected
    with safetensors.safe_open(path, framework="np") as file:
        assert file.metadata() == {"format": "pt", "é": "∑"}
    loaded = goal.load(path, map_location="cpu")  # as torch.load does with such a name
    assert loaded["float32"].tolist() == back["float32"].tolist()
    back["float32"].add_(1)  # its own memory, which may be changed


def test_safetensors_refuses_what_its_own_library_refuses(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"old")
    for engine in (minitorch, torch):
        save_file, x = functions(engine).save_file, engine.ones(4)
        cases = [
            (ValueError, [x], None), (ValueError, {"a": 1}, None), (TypeError, {1: x}, None), (ValueError, {"a": engine.ones(2, 3).t()}, None),
            (RuntimeError, {"a": x, "b": x[1:]}, None), (RuntimeError, {"a": x, "b": x}, None), (ValueError, {"a": x.expand(2, 4)}, None),
            (TypeError, {"a": x}, {"a": 1}), (TypeError, {"a": x}, [1]),
        ]  # fmt: skip
        for kind, tensors, metadata in cases:
            with pytest.raises(kind):
                save_file(tensors, path, metadata=metadata)
        if engine is minitorch:
            assert path.read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == [path.name]
        save_file({"a": x[:2], "b": x[2:]}, tmp_path / "parts")  # beside each other, nothing is shared


def test_safetensors_of_other_dtypes_are_named(tmp_path):
    path = tmp_path / "x.safetensors"
    for dtype, code in ((torch.bfloat16, "BF16"), (torch.uint16, "U16"), (torch.float8_e5m2, "F8_E5M2")):
        functions(torch).save_file({"fine": torch.ones(1), "layer.weight": torch.ones(2).to(dtype)}, path)
        for call in (lambda: minitorch.safetensors.load_file(path), lambda: minitorch.safetensors.load(path.read_bytes())):
            with pytest.raises(TypeError, match=f"layer.weight` is of dtype {code}, which minitorch lacks"):
                call()


def test_bad_safetensors_name_the_file(tmp_path):
    path = tmp_path / "x.safetensors"
    minitorch.safetensors.save_file({"a": minitorch.ones(100)}, path)
    content = path.read_bytes()
    bad = [content[:n] for n in (0, 4, 8, 50, len(content) - 1)] + [content + b"x", b"\xff" * 100, b"{" * 5000, content.replace(b"F32", b"F64")]
    for damaged in bad:
        path.write_bytes(damaged)
        with pytest.raises(safetensors.SafetensorError, match=re.escape(str(path))):
            minitorch.safetensors.load_file(path)
        with pytest.raises(safetensors.SafetensorError, match="the data"):
            minitorch.safetensors.load(damaged)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        minitorch.safetensors.load_file(tmp_path / "nowhere")
    with pytest.raises(IsADirectoryError):
        minitorch.safetensors.load_file(tmp_path)
    for location in ({"cpu": "cpu"}, lambda storage, place: storage):
        with pytest.raises(RuntimeError, match="safetensors"):
            minitorch.load(pathlib.Path(path), location)


def test_without_the_library_it_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "safetensors", None)
    for call in (lambda: minitorch.safetensors.save({}), lambda: minitorch.safetensors.load_file("x")):
        with pytest.raises(ImportError, match="pip install safetensors"):
            call()
