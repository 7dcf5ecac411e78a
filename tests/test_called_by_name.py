"""Public names that everything goes through by another way, or that stand there to be written by a subclass: called by name."""

from __future__ import annotations

import math
import os
import sys
import warnings
from typing import Any

import pytest
from twins import message, raised, twin

import minitorch
import minitorch.multiprocessing
from minitorch import blas, gpu_memory, threads

KIB = 1 << 10


# ---- a GPU's memory and streams, on the stand-in -----------------------------------------------------------------------


def test_an_accelerators_memory_is_the_gpus(gpu):
    accelerator, watched = minitorch.accelerator, gpu_memory.watch(gpu)
    assert watched is not None
    held, let_go = gpu.cuda.alloc(4 * KIB), gpu.cuda.alloc(16 * KIB)
    del let_go
    assert accelerator.memory_allocated() == 4 * KIB < accelerator.max_memory_allocated() == 20 * KIB
    assert accelerator.memory_reserved() == accelerator.max_memory_reserved() == 20 * KIB
    accelerator.empty_cache()
    assert accelerator.memory_reserved() == 4 * KIB < accelerator.max_memory_reserved() == 20 * KIB
    accelerator.reset_peak_memory_stats()
    assert accelerator.max_memory_allocated(0) == accelerator.max_memory_reserved("cuda:0") == 4 * KIB
    assert accelerator.memory_stats(0)["allocated_bytes.all.peak"] == held.size


def test_a_streams_number_is_its_gpus(two_gpus):
    streams = [minitorch.cuda.Stream(device=number) for number in (0, 1)] + [minitorch.cuda.Stream()]
    assert [stream.device_index for stream in streams] == [0, 1, 0] == [stream.device.index for stream in streams]
    with minitorch.cuda.device(1):
        assert minitorch.cuda.Stream().device_index == minitorch.cuda.current_stream().device_index == 1


def test_gpus_have_no_states_of_their_own(two_gpus):
    minitorch.cuda.set_rng_state_all(minitorch.cuda.get_rng_state_all())
    with pytest.raises(NotImplementedError, match="no generators"):
        minitorch.cuda.set_rng_state_all([minitorch.get_rng_state()])


def test_cuda_is_built_where_a_gpu_can_be_used(request):
    if not minitorch.cuda.is_available():
        assert minitorch.backends.cuda.is_built() is False
    request.getfixturevalue("gpu")
    assert minitorch.backends.cuda.is_built() is True


# ---- to be written by a subclass ---------------------------------------------------------------------------------------


def test_an_operation_without_formulas():
    class Nothing(minitorch.autograd.Op):
        """No formula."""

    class Half(minitorch.autograd.Op):
        """y = x / 2, without its derivative."""

        def forward(self, x: Any) -> Any:
            return x / 2

    x = minitorch.ones(2, requires_grad=True)
    assert raised(Nothing().forward, x) == raised(Nothing(), x) == "NotImplementedError"
    y = Half()(x)
    assert y.tolist() == [0.5, 0.5]
    with pytest.raises(NotImplementedError, match="derivative of HalfBackward0 is not implemented"):
        y.sum().backward()


def test_a_leafs_node_runs_nothing():
    """The walk delivers to the leaf itself; the node is there to be seen."""
    x = minitorch.ones(2, requires_grad=True)
    node = (x * 2).grad_fn.next_functions[0][0]
    assert node.name() == "AccumulateGrad" and node.variable is x
    with pytest.raises(NotImplementedError, match="AccumulateGrad has no backward"):
        node.run([minitorch.ones(2)._array], False)
    assert x.grad is None


@twin
def test_functions_of_the_user_without_a_part(torch):
    class Forward(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    class Plain(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 2

    x = torch.ones(2, requires_grad=True)
    return [
        raised(torch.autograd.Function.setup_context, None, (), None),
        raised(torch.autograd.Function.vjp, None),
        raised(torch.autograd.Function.backward, None),
        raised(torch.autograd.Function.forward),
        raised(Plain.apply, x),
        Forward.apply(x).detach(),
        raised(Forward.apply(x).sum().backward),
    ]


@twin
def test_distributions_without_a_part(torch):
    class Mine(torch.distributions.Distribution):
        arg_constraints = {}

    mine = Mine(torch.Size([2]), validate_args=False)
    return [
        raised(lambda: mine.variance), raised(lambda: mine.mean), raised(lambda: mine.stddev), raised(mine.log_prob, 1.0),
        raised(mine.entropy), raised(mine.rsample), raised(mine.sample),
    ]  # fmt: skip


@twin
def test_a_category_has_no_variance(torch):
    two = torch.distributions.Categorical(torch.tensor([[0.25, 0.75], [0.5, 0.5]], dtype=torch.float64))
    return two.variance.isnan(), two.mean.isnan(), list(two.variance.shape), str(two.variance.dtype), math.isnan(two.stddev[0])


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 5)])
@twin
def test_a_lazy_norm_takes_its_shapes_when_told(torch, shape):
    with warnings.catch_warnings(action="ignore"):
        layer, other = torch.nn.LazyBatchNorm1d(), torch.nn.LazyBatchNorm1d(affine=False)
    x = torch.arange(float(math.prod(shape))).reshape(shape).sin()
    layer.initialize_parameters(x)
    other.initialize_parameters(x)
    before = layer.has_uninitialized_params(), layer.num_features, sorted(layer.state_dict()), list(layer.weight.shape)
    layer.initialize_parameters(torch.ones(2, 7))  # again changes nothing
    return before, layer.num_features, layer.weight.detach(), layer.bias.detach(), layer.running_var, other.running_mean, layer(x).detach()


@twin
def test_a_lazy_layer_of_the_user_without_shapes(torch):
    class Mine(torch.nn.modules.lazy.LazyModuleMixin, torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.UninitializedParameter()

        def forward(self, x):
            return x

    with warnings.catch_warnings(action="ignore"):
        mine = Mine()
    return raised(mine.initialize_parameters, torch.ones(1)), raised(mine, torch.ones(1)), message(mine.initialize_parameters)


def test_grey_images_are_torchvisions():
    from vision_images import BATCH, IMAGES, assert_same, tensors, theirs

    from minitorch.vision import transforms

    grey, always = transforms.RandomGrayscale(0.0), theirs.RandomGrayscale(1.0)
    assert_same(grey.apply_to(IMAGES["RGB"]), always(IMAGES["RGB"]))
    assert grey(IMAGES["RGB"]) is IMAGES["RGB"]
    mine, other = tensors(BATCH)
    assert_same(grey.apply_to(mine), always(other))

    class Mine(transforms.RandomHorizontalFlip.__mro__[1]):  # type: ignore[misc,name-defined]  # what is applied with a probability
        pass

    assert raised(Mine(1.0), IMAGES["RGB"]) == "NotImplementedError"


@pytest.mark.parametrize("padding", [1, (1, 2), (1, 2, 3, 0)])
def test_padded_images_are_torchvisions(padding):
    from vision_images import IMAGES, assert_same, theirs

    from minitorch.vision import transforms

    mine, other = transforms.Pad(padding, fill=7), theirs.Pad(padding, fill=7)
    assert_same(mine.forward(IMAGES["RGB"]), other.forward(IMAGES["RGB"]))


# ---- processes -----------------------------------------------------------------------------------------------------------


def note_own_number(index: int, numbers: Any) -> None:
    numbers[index] = os.getpid()


@pytest.mark.skipif(sys.platform == "win32", reason="processes cannot pass file descriptors on there")
def test_processes_know_their_numbers():
    numbers = minitorch.zeros(2, dtype=minitorch.int64).share_memory_()
    context = minitorch.multiprocessing.start_processes(note_own_number, (numbers,), nprocs=2, join=False, start_method="fork")
    while not context.join():
        pass
    assert context.pids() == numbers.tolist() and len({*numbers.tolist(), os.getpid()}) == 3


# ---- threads -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def own_threads(monkeypatch):
    """As in a process that was told nothing, and whose BLAS can't be told either."""
    monkeypatch.setattr(threads, "_asked", None)
    monkeypatch.setattr(threads, "_default", None)
    monkeypatch.setattr(blas, "set_threads", lambda n: False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    return monkeypatch


def test_threads_are_told_from_outside(own_threads):
    own_threads.setenv("OMP_NUM_THREADS", "7")
    assert minitorch.get_num_threads() == 7
    own_threads.setenv("OMP_NUM_THREADS", "3")
    assert minitorch.get_num_threads() == 7  # as it was when it was first asked


@pytest.mark.parametrize("outside", ["", "0", "many"])
def test_threads_are_the_processors_that_may_be_used(own_threads, outside):
    own_threads.setenv("OMP_NUM_THREADS", outside)
    own_threads.setattr(os, "sched_getaffinity", lambda pid: {0, 2, 5}, raising=False)
    own_threads.setattr(os, "cpu_count", lambda: 64)
    assert minitorch.get_num_threads() == 3


@pytest.mark.parametrize(("processors", "expected"), [(64, 64), (None, 1)])
def test_threads_are_all_processors_where_the_system_does_not_say(own_threads, processors, expected):
    own_threads.delattr(os, "sched_getaffinity", raising=False)
    own_threads.setattr(os, "cpu_count", lambda: processors)
    assert minitorch.get_num_threads() == expected


def test_a_blas_that_cannot_be_told_is_said(own_threads):
    own_threads.setattr(os, "cpu_count", lambda: 4)
    with pytest.warns(RuntimeWarning, match="BLAS is not OpenBLAS"):
        minitorch.set_num_threads(2)
    assert minitorch.get_num_threads() == 2
    with warnings.catch_warnings(action="error"):
        minitorch.set_num_threads(4)  # all that there are: what such a BLAS takes anyway
    assert minitorch.get_num_threads() == 4


def test_a_worker_shares_nothing_and_does_not_tell_blas(own_threads):
    own_threads.setattr(blas, "set_threads", lambda n: pytest.fail("BLAS was told"))
    threads.use_one()
    assert minitorch.get_num_threads() == 1


@twin
def test_numbers_of_threads_that_are_none(torch):
    return [raised(torch.set_num_threads, n) for n in (0, -1, 1.5, "2", True)]
