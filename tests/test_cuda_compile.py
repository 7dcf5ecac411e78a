"""compile(step, mode="reduce-overhead") of training steps, against the same step as it is written.

What the step works on changes between calls in all the ways in which programs do that. On foreign.py's stand-in for
CuPy, whose graphs (foreign_capture.py) work on addresses as a card's do. With --device cuda the tensors are a card's.
"""

from __future__ import annotations

import pytest
from captured_twins import (
    CALLS,
    adam,
    backward_only,
    batches,
    convolutions,
    dense,
    no_zero,
    sgd,
    twins,
    whole,
    xp,  # noqa: F401  (a fixture, for every test here)
)

import minitorch
from minitorch import captured_step, nn
from minitorch.nn import functional as F

optim = minitorch.optim


OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "momentum": sgd,
    "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "dampening": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.3, maximize=True),
    "Adam": adam,
    "Adam with weight decay": lambda p: optim.Adam(p, lr=0.01, weight_decay=0.1),
    "AdamW": lambda p: optim.AdamW(p, lr=0.01, weight_decay=0.1),
    "amsgrad": lambda p: optim.Adam(p, lr=0.01, amsgrad=True),
    "AdamW amsgrad": lambda p: optim.AdamW(p, lr=0.01, amsgrad=True, maximize=True),
}


@pytest.mark.parametrize("net", [dense, convolutions])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_training(make, net):
    twins(make=make, net=net, replays=CALLS - captured_step.WARM)


@pytest.mark.parametrize("make", [
    lambda p: optim.RMSprop(p, lr=0.01), lambda p: optim.Adagrad(p, lr=0.01), lambda p: optim.Adadelta(p),
    lambda p: optim.Adamax(p), lambda p: optim.NAdam(p), lambda p: optim.RAdam(p), lambda p: optim.ASGD(p),
    lambda p: optim.Rprop(p), lambda p: Halve(p, {}),
])  # fmt: skip
def test_other_optimizers_run_as_written(make):
    twins(make=make, falls_back="what")


class Halve(optim.Optimizer):
    def step(self):
        with minitorch.no_grad():
            for p in self.param_groups[0]["params"]:
                p.mul_(0.5)


def test_lbfgs_runs_as_written():
    def write(side):
        def step(x, y):
            def closure():
                side.optimizer.zero_grad()
                loss = F.cross_entropy(side.net(x), y)
                loss.backward()
                return loss

            return side.optimizer.step(closure)

        return step

    twins(write, lambda p: optim.LBFGS(p, max_iter=2), falls_back="LBFGS", data=batches(5))


def test_the_last_batch_of_an_epoch_is_smaller():
    """Two kinds of arguments, two recordings: the gradients of both."""
    sizes = [4, 4, 4, 2] * 5
    twins(net=convolutions, data=[batches(1, size)[0] for size in sizes], recordings=2, replays=13 + 3)


@pytest.mark.parametrize("first", [0, 4])
@pytest.mark.parametrize("make", [sgd, adam])
def test_schedulers(make, first):
    """Made before the recording, or when replays are all that there is: it does not warn of steps that were not taken."""

    def between(i, side):
        if i == first:
            side.scheduler = optim.lr_scheduler.ExponentialLR(side.optimizer, 0.8)
        elif i > first:
            side.scheduler.step()

    twins(make=make, between=between)


@pytest.mark.parametrize("set_to_none", [True, False])
@pytest.mark.parametrize("make", [sgd, adam])
def test_zero_grad_outside(make, set_to_none):
    twins(no_zero, make, between=lambda i, side: side.optimizer.zero_grad(set_to_none))


def test_zero_grad_outside_now_so_now_so():
    twins(no_zero, between=lambda i, side: side.optimizer.zero_grad(i % 8 < 4), data=batches(16), recordings=None)


def test_zero_grad_to_zeros_inside():
    def write(side):
        def step(x, y):
            side.optimizer.zero_grad(set_to_none=False)
            loss = F.cross_entropy(side.net(x), y)
            loss.backward()
            side.optimizer.step()
            return loss

        return step

    twins(write)


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad_at_the_end(set_to_none):
    def write(side):
        def step(x, y):
            loss = F.cross_entropy(side.net(x), y)
            loss.backward()
            side.optimizer.step()
            side.optimizer.zero_grad(set_to_none)
            return loss

        return step

    twins(write)


def test_gradients_add_up_from_call_to_call():
    """`zero_grad` only every third time."""
    twins(no_zero, between=lambda i, side: i % 3 or side.optimizer.zero_grad(False), data=batches(10))
    twins(no_zero, data=batches(10))


@pytest.mark.parametrize("set_to_none", [True, False])
@pytest.mark.parametrize("every", [1, 2])
def test_the_optimizer_outside(every, set_to_none):
    def between(i, side):
        if i % every == 0 and i:
            side.optimizer.step()
            side.optimizer.zero_grad(set_to_none)

    # Every second time with None: one recording begins the gradients, the other one adds to them.
    twins(backward_only, between=between, data=batches(14), recordings=2 if every == 2 and set_to_none else 1)


def test_only_the_optimizer_compiled():
    """It reads gradients that are made outside, in other memory each time or in the same."""
    for set_to_none in (True, False):

        def write(side, set_to_none=set_to_none):
            def step():
                side.optimizer.step()

            return step

        def between(i, side, set_to_none=set_to_none):
            side.optimizer.zero_grad(set_to_none)
            x, y = batches()[i]
            F.cross_entropy(side.net(x), y).backward()

        twins(write, adam, between=between, data=[()] * CALLS, replays=None, recordings=None if set_to_none else 1)


@pytest.mark.parametrize("make", [sgd, adam])
def test_loading_a_state(make):
    """Of the net into the same memory; of the optimizer into memory that is new."""

    def between(i, side):
        if i == 2:
            side.kept = {name: x.clone() for name, x in side.net.state_dict().items()}, side.optimizer.state_dict()
            side.kept[1]["state"] = {
                key: {name: x.clone() for name, x in entry.items()} for key, entry in side.kept[1]["state"].items()
            }
        if i == 5:
            side.net.load_state_dict(side.kept[0])
        if i in (6, 9):
            side.optimizer.load_state_dict(side.kept[1])

    twins(make=make, between=between, data=batches(14), recordings=3, net=convolutions)


def test_a_state_exchanged():
    def between(i, side):
        if i == 5:
            for entry in side.optimizer.state.values():
                entry["momentum_buffer"] = minitorch.ones_like(entry["momentum_buffer"])

    twins(between=between, data=batches(10), recordings=2)


def test_eval_and_train():
    def between(i, side):
        side.net.train(i % 10 < 5)

    twins(net=convolutions, between=between, data=batches(20), recordings=2)


def test_a_layer_in_another_mode():
    def between(i, side):
        if i == 4:
            side.net[2].eval()

    twins(net=convolutions, between=between, recordings=2)


def test_a_parameter_is_another_tensor():
    def replaced(i, side):
        if i == 4:
            side.old = side.net[2].bias  # it lives on
            side.net[2].bias = nn.Parameter(minitorch.ones(3, device="cuda"))

    def new_memory(i, side):
        if i == 4:
            side.net[2].bias.data = minitorch.ones(3, device="cuda")

    def new_layer(i, side):
        if i == 4:
            side.old, side.net[2] = side.net[2], nn.Linear(5, 3).cuda()
            side.optimizer = sgd(side.net.parameters())

    for between in (replaced, new_memory, new_layer):
        twins(between=between, recordings=2)


def test_a_tensor_without_a_module_is_another_one():
    """That nobody else holds the old one is seen, too, and what has changed inside of one."""

    def write(side):
        side.scale = minitorch.ones(3, device="cuda")

        def step(x, y):
            side.optimizer.zero_grad()
            loss = F.cross_entropy(side.net(x) * side.scale, y)
            loss.backward()
            side.optimizer.step()
            return loss

        return step

    def between(i, side):
        if i in (3, 4):
            side.scale *= 2
        if i == 5:
            side.scale = minitorch.full((3,), 0.5, device="cuda")

    twins(write, between=between, data=batches(10), recordings=2)


def test_running_statistics_replaced():
    def between(i, side):
        if i == 4:
            side.net[2].running_mean = minitorch.full((2,), 3.0, device="cuda")
        if i == 9:
            side.net[2].running_var.data = minitorch.full((2,), 3.0, device="cuda")

    twins(net=convolutions, between=between, data=batches(14), recordings=3)


def test_options_of_the_optimizer_change():
    def between(i, side):
        if i == 4:
            side.optimizer.param_groups[0]["momentum"] = 0.5
        if i == 9:
            side.optimizer.param_groups[0]["weight_decay"] = 0.5

    twins(between=between, data=batches(14), recordings=3)


def test_a_group_is_added():
    def between(i, side):
        if i == 4:
            side.optimizer.add_param_group({"params": list(side.net[2].parameters()), "lr": 0.5})

    twins(make=lambda p: sgd(list(p)[:2]), between=between, data=batches(10), recordings=2)


def test_requires_grad_switched():
    def between(i, side):
        if i in (4, 9):
            side.net[0].requires_grad_(i == 9)

    twins(between=between, data=batches(14), recordings=3)


def test_frozen_and_its_gradient_gone():
    def between(i, side):
        if i == 4:
            side.net[0].weight.grad = None
            side.net[0].requires_grad_(False)

    twins(no_zero, adam, between=between, data=batches(10), recordings=2)


def test_hooks_that_run_while_recording_alone():
    seen = []

    def write(side):
        side.net[0].register_forward_hook(lambda module, args, out: seen.append(1) or 2 * out)
        return whole(side)

    twins(write)
    assert len(seen) == CALLS + captured_step.WARM + 1
