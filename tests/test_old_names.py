"""What scripts say before and around their training: old names, constants, switches of backends."""

import importlib

import numpy as np
import pytest
import torch
from twins import assert_same, message, raised, twin

import minitorch
from minitorch.as_torch import as_torch

TYPES = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor",
    "ShortTensor",
]  # fmt: skip


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("data", [[1, 0, 2], [[1.5, 2.0], [0.0, 4.0]], (3, 4), [], np.arange(6).reshape(2, 3)], ids=str)
def test_types_make_tensors(name, data):
    assert_same(getattr(minitorch, name)(data), getattr(torch, name)(data), name)


@pytest.mark.parametrize("name", TYPES)
def test_types_as_types(name):
    @twin
    def check(torch):
        kind = getattr(torch, name)
        tensors = [torch.zeros(1, dtype=dtype) for dtype in (torch.float32, torch.int64, torch.bool, torch.uint8)]
        same = torch.ones(2).type(kind)
        shared = kind(same)
        shared[0] = 0
        return (
            [isinstance(t, kind) for t in tensors],
            same,
            kind(2, 3).shape,
            kind(torch.Size([4])).shape,
            kind(),
            repr(kind),
            raised(kind, torch.zeros(1, dtype=torch.int32 if kind is not torch.IntTensor else torch.int64)),
            raised(kind, 2.5),
        )

    check()


@twin
def test_variable(torch):
    Variable = torch.autograd.Variable
    x = torch.ones(2)
    v = Variable(x, requires_grad=True)
    (v * 3).sum().backward()
    x[0] = 5.0
    return v, v.grad, x.requires_grad, isinstance(x, Variable), isinstance(1, Variable), message(Variable, [1.0])


def test_volatile_variables_are_refused():
    with pytest.raises(NotImplementedError, match="volatile"):
        minitorch.autograd.Variable(minitorch.ones(1), volatile=True)


@twin
def test_constants(torch):
    x = torch.arange(3.0)
    return torch.pi, torch.e, torch.inf, str(torch.nan), x[:, torch.newaxis], x[torch.newaxis].shape


def test_switches_of_backends():
    def read(engine):
        names = ("cudnn", "cuda", "mps")
        cudnn, cuda, mps = (importlib.import_module(f"{engine.__name__}.backends.{name}") for name in names)
        return (
            [cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32, cudnn.is_available()],
            cudnn.version(),
            [mps.is_available(), mps.is_built(), cuda.matmul.allow_tf32],
            engine.get_float32_matmul_precision(),
            [engine.are_deterministic_algorithms_enabled(), engine.is_deterministic_algorithms_warn_only_enabled()],
        )

    assert read(minitorch) == read(torch)


def test_a_scripts_preamble():
    with as_torch():
        namespace = {}
        exec(
            "import torch\n"
            "import torch.backends.cudnn as cudnn\n"
            "from torch.autograd import Variable\n"
            "from torch.optim.lr_scheduler import StepLR\n"
            "from torch.optim.swa_utils import AveragedModel\n"
            "from torch.nn.utils.clip_grad import clip_grad_norm_\n"
            "torch.manual_seed(1); torch.cuda.manual_seed(1); torch.cuda.manual_seed_all(1); torch.cuda.empty_cache()\n"
            "cudnn.benchmark, cudnn.deterministic = True, True\n"
            "torch.set_float32_matmul_precision('high')\n"
            "x = Variable(torch.FloatTensor([1, 2])).type(torch.DoubleTensor)\n",
            namespace,
        )
    try:
        assert namespace["x"].tolist() == [1.0, 2.0] and namespace["x"].dtype == minitorch.float64
        assert minitorch.backends.cudnn.benchmark and minitorch.get_float32_matmul_precision() == "high"
    finally:
        minitorch.backends.cudnn.benchmark = minitorch.backends.cudnn.deterministic = False
        minitorch.set_float32_matmul_precision("highest")


def test_settings_are_noted_and_checked():
    minitorch.use_deterministic_algorithms(True, warn_only=True)
    try:
        assert minitorch.are_deterministic_algorithms_enabled()
        assert minitorch.is_deterministic_algorithms_warn_only_enabled()
    finally:
        minitorch.use_deterministic_algorithms(False)
    assert not minitorch.are_deterministic_algorithms_enabled()
    with pytest.raises(TypeError):
        minitorch.use_deterministic_algorithms(1)
    with pytest.raises(ValueError, match="precision"):
        minitorch.set_float32_matmul_precision("low")
