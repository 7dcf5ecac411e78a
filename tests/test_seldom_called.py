"""Public functions and methods that programs seldom call, each against PyTorch: what no other test has a reason to call."""

from __future__ import annotations

import copy
import warnings

import pytest
import torch
from twins import raised, twin

import minitorch


@twin
def test_packed_sequences_convert(torch):
    packed = torch.nn.utils.rnn.pack_sequence([torch.tensor([1.5, 2.0]), torch.tensor([3.0])])
    double = packed.double()
    return [
        double.data, double.cpu().data, packed.cpu() is packed, packed.to(torch.float32) is packed, packed.is_cuda,
        packed.is_pinned(), packed.batch_sizes, double.batch_sizes,
    ]  # fmt: skip


@twin
def test_data_parallel_without_a_gpu_is_the_module(torch):
    layer = torch.nn.Linear(3, 2)
    wrapped = torch.nn.DataParallel(layer)
    x = torch.ones(4, 3)
    return torch.equal(wrapped(x), layer(x)), wrapped.device_ids, list(wrapped.state_dict())


@twin
def test_parameter_dicts_are_joined_from_either_side(torch):
    here = torch.nn.ParameterDict({"a": torch.nn.Parameter(torch.ones(1)), "b": torch.nn.Parameter(torch.zeros(2))})
    both = {"b": torch.nn.Parameter(torch.full((2,), 5.0)), "c": torch.nn.Parameter(torch.ones(3))} | here
    return list(both), both["b"], type(both).__name__, [name for name in dir(torch.nn.Sequential(torch.nn.ReLU())) if name.isdigit()]


@twin
def test_module_to_empty_and_pairs_of_a_dict(torch):
    layer = torch.nn.Linear(3, 2).to_empty(device="cpu")
    found = torch.nn.ModuleDict({"a": torch.nn.ReLU()}.items())
    return [list(p.shape) for p in layer.parameters()], all(p.requires_grad for p in layer.parameters()), list(found)


@twin
def test_a_transformer_with_parts_of_the_users_own(torch):
    class Sum(torch.nn.Module):
        def forward(self, *inputs, **options):
            return sum(x for x in inputs if x is not None)

    net = torch.nn.Transformer(4, 2, custom_encoder=Sum(), custom_decoder=Sum())
    return net(torch.ones(3, 1, 4), torch.full((3, 1, 4), 2.0)), len(list(net.parameters()))


@twin
def test_spectral_norm_of_a_vector_is_its_direction(torch):
    spectral = torch.nn.Module()
    spectral.register_parameter("weight", torch.nn.Parameter(torch.tensor([3.0, 4.0])))
    torch.nn.utils.parametrizations.spectral_norm(spectral, "weight")
    return spectral.weight, list(spectral.state_dict())


@twin
def test_a_buffer_is_parametrized_and_left(torch):
    module = torch.nn.Module()
    module.register_buffer("b", torch.tensor([1.0, 2.0]))
    double = type("Double", (torch.nn.Module,), {"forward": lambda self, x: 2 * x})()
    torch.nn.utils.parametrize.register_parametrization(module, "b", double)
    inside = module.b.clone(), list(module.state_dict())
    torch.nn.utils.parametrize.remove_parametrizations(module, "b")
    return inside, module.b, list(module.state_dict())


@twin
def test_zero_grad_of_a_gradient_with_history(torch):
    layer = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        layer.weight.fill_(2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about the cycle that this makes
        (layer(torch.ones(1, 1)) ** 2).sum().backward(create_graph=True)
    before = layer.weight.grad.grad_fn is None
    layer.zero_grad(set_to_none=False)
    return before, layer.weight.grad, layer.weight.grad.grad_fn is None


@twin
def test_plateau_with_groups_added_later(torch):
    first, second = (torch.zeros(1, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.SGD([first], lr=1.0)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5, min_lr=0.3)
    optimizer.add_param_group({"params": [second], "lr": 0.4})
    for loss in (1.0, 1.0, 1.0, 1.0):
        schedule.step(loss)
    return [group["lr"] for group in optimizer.param_groups]


@twin
def test_a_schedule_of_an_objects_own_state(torch):
    class Shrink:
        def __init__(self, by):
            self.by = by

        def __call__(self, epoch):
            return self.by**epoch

    def schedule(by):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        return torch.optim.lr_scheduler.LambdaLR(optimizer, Shrink(by))

    first, second = schedule(0.5), schedule(0.9)
    first.optimizer.step()
    first.step()
    second.load_state_dict(first.state_dict())
    second.optimizer.step()
    second.step()
    return second.get_last_lr(), first.state_dict()["lr_lambdas"]


@twin
def test_lbfgs_that_has_arrived_stays(torch):
    x = torch.zeros(2, requires_grad=True)
    optimizer, calls = torch.optim.LBFGS([x]), []

    def closure():
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        calls.append(1)
        return loss

    return optimizer.step(closure), len(calls), x


def test_the_old_name_of_clip_grad_norm_warns_and_clips():
    found = []
    for e in (minitorch, torch):
        p = e.nn.Parameter(e.tensor([3.0, 4.0]))
        p.grad = e.tensor([3.0, 4.0])
        with pytest.warns(FutureWarning, match="clip_grad_norm_"):
            norm = e.nn.utils.clip_grad_norm(p, 1.0)
        found.append((norm.item(), [round(g, 5) for g in p.grad.tolist()]))
    assert found[0] == found[1] and found[0][0] == 5.0


def test_the_accelerators_number_is_set(two_gpus):
    assert minitorch.accelerator.current_device_index() == 0
    minitorch.accelerator.set_device_index(1)
    assert minitorch.accelerator.current_device_index() == minitorch.cuda.current_device() == 1
    minitorch.accelerator.set_device_index(0)
    assert minitorch.accelerator.current_device_index() == 0


def test_no_accelerator_no_number():
    assert raised(minitorch.accelerator.set_device_index, 0) == "RuntimeError"


def test_what_is_not_there_says_so():
    """PyTorch has more of both: a program that asks takes the way that it has for machines without."""
    assert minitorch.amp.is_autocast_available("cpu") is False
    assert minitorch.multiprocessing.get_all_sharing_strategies() < torch.multiprocessing.get_all_sharing_strategies()
    assert minitorch.multiprocessing.get_sharing_strategy() in minitorch.multiprocessing.get_all_sharing_strategies()


@twin
def test_uninitialized_parameters_are_copied(torch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = torch.nn.LazyLinear(2)
    copied = copy.deepcopy(layer)
    again = copied(torch.ones(1, 3))
    return list(again.shape), list(copied.weight.shape), type(layer.weight).__name__
