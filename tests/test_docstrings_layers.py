"""Docstrings say shapes, errors and a source under labels, and the errors are the ones that are raised.

`Shapes:`, `Errors:` and `Source:` begin a line of the docstring; what follows, up to the next label, an empty line or an
example, belongs to them. The operations of `minitorch.ops` are looked at elsewhere. The files in bad_calls/ hold calls
that must fail, here and in PyTorch with the same type unless a row says otherwise; every type of exception that a
docstring names under `Errors:` has to be among what they raise.
"""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import pytest
import torch
from PIL import Image
from test_public_api import NAMES

import minitorch

LABEL = re.compile(r"^(Shapes|Errors|Source): *(.*)$")
TYPE = re.compile(r"\b[A-Z]\w*(?:Error|Exception)\b")
CALLS = Path(__file__).parent / "bad_calls"
ROOMS = [  # of those whose errors are tabled, what `import torch` does not load
    "autograd.functional", "autograd.graph", "func", "nn.utils.parametrize", "nn.utils.rnn", "optim.swa_utils",
    "utils.checkpoint", "utils.data", "utils.dlpack",
]  # fmt: skip


def sections(text: str) -> dict[str, str]:
    """What stands under each label of a docstring."""
    found: dict[str, list[str]] = {}
    label = None
    for line in text.splitlines():
        start = LABEL.match(line)
        if start:
            label = start[1]
            found.setdefault(label, []).append(start[2])
        elif not line.strip() or line.startswith(">>>"):
            label = None
        elif label:
            found[label].append(line.strip())
    return {label: " ".join(lines) for label, lines in found.items()}


def is_op(value: Any) -> bool:
    return inspect.unwrap(value).__module__.startswith("minitorch.ops")


OURS = {name: value for name, value in NAMES.items() if not is_op(value)}


# ---- every label is there ------------------------------------------------------------------------------------------

# What neither takes nor gives arrays, or gives them the shape that the user's own have. All else needs `Shapes:`.
WITHOUT_SHAPES = {
    "asks or sets what holds for the whole program": """
        are_deterministic_algorithms_enabled enable_grad get_default_device get_default_dtype
        get_float32_matmul_precision get_num_threads get_printoptions inference_mode initial_seed
        is_anomaly_check_nan_enabled is_anomaly_enabled is_autocast_enabled
        is_deterministic_algorithms_warn_only_enabled is_grad_enabled is_inference_mode_enabled is_warn_always_enabled
        manual_seed no_grad seed set_default_device set_default_dtype set_default_tensor_type
        set_float32_matmul_precision set_flush_denormal set_grad_enabled set_num_threads set_printoptions
        set_warn_always use_deterministic_algorithms autocast fork_rng amp.is_autocast_available as_torch.as_torch
        as_torch.execute as_torch.run_script as_torch autograd.detect_anomaly autograd.set_detect_anomaly
        autograd.graph.disable_saved_tensors_hooks multiprocessing.get_all_sharing_strategies
        multiprocessing.get_sharing_strategy multiprocessing.set_sharing_strategy pictures.watch
        nn.utils.parametrize.cached""",
    "is about devices, dtypes, sizes, names or files alone": """
        OutOfMemoryError Size can_cast device dtype finfo iinfo is_storage promote_types typename accelerator.* cuda.*
        backends.* files.* lessons.* vision.datasets.* vision.transforms.InterpolationMode utils.dlpack.DLDeviceType
        multiprocessing.ProcessContext multiprocessing.ProcessExitedException multiprocessing.ProcessRaisedException
        nn.init.calculate_gain utils.checkpoint.CheckpointError autograd.gradcheck.GradcheckError
        autograd.function.once_differentiable""",
    "holds or names modules and nodes, and computes nothing": """
        nn.ModuleDict nn.ModuleList nn.utils.parametrize.is_parametrized
        nn.utils.parametrize.type_before_parametrizations nn.utils.parametrize.remove_parametrizations
        nn.utils.remove_spectral_norm nn.utils.remove_weight_norm autograd.graph.GradientEdge autograd.graph.Node
        pictures.Drawing testing.GradientReport testing.InputReport""",
    "takes parameters of any shape, and keeps for each what has its shape": """
        optim.ASGD optim.Adadelta optim.Adagrad optim.Adam optim.AdamW optim.Adamax optim.LBFGS optim.NAdam
        optim.Optimizer optim.RAdam optim.RMSprop optim.Rprop optim.SGD""",
    "sets numbers of an optimizer, or watches it": "optim.lr_scheduler.* optim.swa_utils.SWALR optim.optimizer.*",
    "chooses among samples, whatever they are": """
        utils.data.BatchSampler utils.data.ChainDataset utils.data.ConcatDataset utils.data.Dataset
        utils.data.IterableDataset utils.data.RandomSampler utils.data.Sampler utils.data.SequentialSampler
        utils.data.StackDataset utils.data.Subset utils.data.SubsetRandomSampler utils.data.get_worker_info
        utils.data.random_split utils.data.worker_info.WorkerInfo""",
}
FREE = [f"minitorch.{pattern}" for names in WITHOUT_SHAPES.values() for pattern in names.split()]
FREE_VALUES = [OURS[name] for name in FREE if not name.endswith("*")]


def needs_shapes(name: str) -> bool:
    inside = any(name.startswith(pattern[:-1]) for pattern in FREE if pattern.endswith("*"))
    return not inside and not any(OURS[name] is value for value in FREE_VALUES)


def lacking(name: str, text: str) -> list[str]:
    """The labels that a docstring should have and has not."""
    found = sections(text)
    wanted = ["Errors", "Source", *(["Shapes"] if needs_shapes(name) else [])]
    return [label for label in wanted if not found.get(label)]


@pytest.mark.parametrize("name", OURS)
def test_says_errors_source_and_shapes(name: str) -> None:
    assert not lacking(name, inspect.getdoc(OURS[name]) or "")


@pytest.mark.parametrize("name", OURS)
def test_source_is_a_page_or_none_by_design(name: str) -> None:
    source = sections(inspect.getdoc(OURS[name]) or "")["Source"]
    assert re.search(r"https?://\S+\.\S|this project's own|which has no page", source), source


def test_shapes_are_not_left_out_where_the_signature_has_tensors() -> None:
    for value in FREE_VALUES:
        function = value.__init__ if inspect.isclass(value) else value
        hints = getattr(function, "__annotations__", {}).values()
        assert not any("Tensor" in str(hint) for hint in hints), value


# ---- methods -------------------------------------------------------------------------------------------------------


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of a class that are written here."""
    for name in dir(kind):
        member = inspect.getattr_static(kind, name)
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not name.startswith("_") and (getattr(function, "__module__", "") or "").startswith("minitorch"):
            if inspect.isfunction(function):
                yield name, getattr(kind, name)


CLASSES = {name: value for name, value in OURS.items() if inspect.isclass(value)}


@pytest.mark.parametrize("name", CLASSES)
def test_methods_have_docstrings(name: str) -> None:
    assert not [method for method, value in members(CLASSES[name]) if not inspect.getdoc(value)]


def test_methods_of_their_own_have_an_example() -> None:
    """A Tensor's member refers to the function, or to the method that it changes in place, or has an example itself."""
    for name, value in members(minitorch.Tensor):
        text = inspect.getdoc(value) or ""
        refers = re.search(r"[Ss]ee `minitorch\.|^In-place form of `", text)
        assert refers or ">>> " in text, f"Tensor.{name} has no example"
        assert refers or sections(text).get("Source"), f"Tensor.{name} has no source"


def test_methods_that_refer_to_a_function_find_it() -> None:
    referred = 0
    for name, value in members(minitorch.Tensor):
        text = inspect.getdoc(value) or ""
        for path in re.findall(r"[Ss]ee `minitorch\.([\w.]+)`", text):
            target: Any = minitorch
            for part in path.split("."):
                target = getattr(target, part)
            assert inspect.getdoc(target), f"Tensor.{name} refers to {path}"
            referred += 1
        form = re.match(r"In-place form of `(\w+)`", text)
        if form:
            assert inspect.getdoc(getattr(minitorch.Tensor, form[1])), f"Tensor.{name}"
            referred += 1
    assert referred > 300


# ---- the errors are raised -----------------------------------------------------------------------------------------


class Call(NamedTuple):
    """A call that must fail: the exception's type here, and in PyTorch ("no error" if there is none)."""

    name: str
    type: str
    torch_type: str | None
    code: str


def read(path: Path) -> Iterator[Call]:
    """The calls in a file: under ``# name``, lines ``Type: code`` or ``Type (torch: Type): code``; ``## why`` above these."""
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            continue
        if line.startswith("# "):
            name = f"minitorch.{line[2:]}"
            continue
        kind, other, code = re.fullmatch(r"(\w+)(?: \(torch: ([\w ]+)\))?: (.*)", line).groups()  # type: ignore[union-attr]
        own = "minitorch." in code or "vision." in code
        yield Call(name, kind, None if own else other or kind, code)


TABLE = [call for path in sorted(CALLS.glob("*.txt")) for call in read(path)]
ROWS: dict[str, list[Call]] = {}
for row in TABLE:
    ROWS.setdefault(row.name, []).append(row)


@cache
def outcome(code: str, library: Any) -> type | None:
    """The type of what the code raises."""
    names = {"torch": library, "minitorch": minitorch, "vision": minitorch.vision, "numpy": numpy, "Image": Image}
    with warnings.catch_warnings(action="ignore"):
        try:
            exec(code.replace("\\n", "\n"), names)
        except Exception as error:
            return type(error)
    return None


@pytest.fixture(autouse=True, scope="module")
def _whole_torch() -> None:
    for library in ("minitorch", "torch"):
        for room in ROOMS:
            importlib.import_module(f"{library}.{room}")


@pytest.mark.parametrize("name", ROWS)
def test_bad_calls_fail_as_the_table_says(name: str) -> None:
    for call in ROWS[name]:
        kind = outcome(call.code, minitorch)
        assert kind is not None, f"{call.code} raises nothing"
        assert kind.__name__ == call.type, call.code
        if call.torch_type is not None:
            theirs = outcome(call.code, torch)
            assert (theirs.__name__ if theirs else "no error") == call.torch_type, f"PyTorch: {call.code}"


def test_why_a_call_fails_otherwise_than_in_torch_is_said() -> None:
    for path in sorted(CALLS.glob("*.txt")):
        before = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            differs = re.match(r"\w+ \(torch: ", line) is not None
            explained = before.startswith("## ") or re.match(r"\w+ \(torch: ", before) is not None
            assert explained or not differs, f"{path.name}: no line '## why' above {line}"
            assert differs or not before.startswith("## "), f"{path.name}: nothing to explain in {line}"
            before = line


# What a docstring names and no call in the table raises, and why.
NOT_TABLED = {
    "depends on a GPU, or on there being none": "accelerator.* cuda.* nn.DataParallel use_deterministic_algorithms "
    "nn.utils.parameters_to_vector",
    "needs a process that dies": "multiprocessing.*",
    "depends on what is installed, or on the network": "lessons.* vision.datasets.utils.download_url",
    "needs data of another program": "safetensors.load safetensors.load_file",
    "is an error of the operating system": "files.replacing serialization.save vision.utils.save_image",
    "PyTorch ends the process (negative strides)": "from_dlpack",
}


def unproved(name: str, text: str) -> set[str]:
    """The types that a docstring names and that no call in the table raises."""
    value = OURS[name]
    raised: set[str] = set()
    for other, rows in ROWS.items():
        if OURS[other] is value:
            for call in rows:
                kind = outcome(call.code, minitorch)
                raised.update(base.__name__ for base in (kind.__mro__ if kind else ()))
    if inspect.isclass(value) and issubclass(value, Exception):
        raised.update(base.__name__ for base in value.__mro__)
    return set(TYPE.findall(sections(text).get("Errors", ""))) - raised


def is_tabled(name: str) -> bool:
    patterns = [f"minitorch.{pattern}" for names in NOT_TABLED.values() for pattern in names.split()]
    return not any(
        name.startswith(pattern[:-1]) if pattern.endswith("*") else OURS[name] is OURS[pattern] for pattern in patterns
    )


@pytest.mark.parametrize("name", [name for name in OURS if is_tabled(name)])
def test_errors_that_are_named_are_raised(name: str) -> None:
    assert not unproved(name, inspect.getdoc(OURS[name]) or "")


# ---- and these tests can fail --------------------------------------------------------------------------------------


def test_wrong_docstrings_are_caught() -> None:
    name = "minitorch.nn.Linear"
    text = inspect.getdoc(OURS[name]) or ""
    assert not lacking(name, text) and not unproved(name, text)
    assert lacking(name, text.replace("Shapes: ", "")) == ["Shapes"]
    assert lacking(name, text.replace("Errors:", "Mistakes:")) == ["Errors"]
    assert lacking(name, text.replace("Source:", "See")) == ["Source"]
    assert lacking(name, re.sub("Source:.*", "Source:", text)) == ["Source"]
    assert unproved(name, text.replace("RuntimeError", "IndexError")) == {"IndexError"}
    assert lacking("minitorch.optim.SGD", text.replace("Shapes: ", "")) == []


def test_wrong_rows_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    name, call = "minitorch.nn.Linear", ROWS["minitorch.nn.Linear"][0]
    for wrong in (
        call._replace(type="IndexError"),
        call._replace(torch_type="no error"),
        call._replace(code="torch.nn.Linear(3, 2)(torch.zeros(4, 3))"),
    ):
        monkeypatch.setitem(ROWS, name, [wrong])
        with pytest.raises(AssertionError):
            test_bad_calls_fail_as_the_table_says(name)


def test_there_is_something_to_look_at() -> None:
    assert len(OURS) > 500 and len(TABLE) > 900 and len(CLASSES) > 250
