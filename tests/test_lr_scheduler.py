"""The schedulers against PyTorch's, to the last bit: the same Python arithmetic in the same order."""

import io
import warnings

import pytest
import torch
from twins import message, raised, twin

import minitorch

SCHEDULERS = {
    "ExponentialLR": ["ExponentialLR", {"gamma": 0.9}],
    "StepLR": ["StepLR", {"step_size": 7, "gamma": 0.3}],
    "MultiStepLR": ["MultiStepLR", {"milestones": [3, 3, 11, 40], "gamma": 0.5}],
    "LambdaLR": ["LambdaLR", {"lr_lambda": lambda epoch: 1 / (1 + epoch)}],
    "LambdaLR list": ["LambdaLR", {"lr_lambda": [lambda epoch: 0.9**epoch, lambda epoch: epoch % 3]}],
    "MultiplicativeLR": ["MultiplicativeLR", {"lr_lambda": lambda epoch: 0.5 + 0.5 / epoch}],
    "CosineAnnealingLR": ["CosineAnnealingLR", {"T_max": 8, "eta_min": 0.01}],
    "CosineAnnealingLR long": ["CosineAnnealingLR", {"T_max": 100}],
    "ConstantLR": ["ConstantLR", {"factor": 0.25, "total_iters": 4}],
    "LinearLR": ["LinearLR", {"start_factor": 0.2, "end_factor": 0.8, "total_iters": 9}],
    "PolynomialLR": ["PolynomialLR", {"total_iters": 12, "power": 1.7}],
}


def two_groups(engine):
    a, b = engine.zeros(1, requires_grad=True), engine.zeros(1, requires_grad=True)
    return engine.optim.SGD([{"params": [a], "lr": 0.5}, {"params": [b]}], lr=0.1)


@pytest.mark.parametrize("name, options", SCHEDULERS.values(), ids=SCHEDULERS)
def test_schedules(name, options):
    """30 epochs, exactly PyTorch's numbers: the same Python arithmetic in the same order."""
    rates = []
    for engine in (minitorch, torch):
        optimizer = two_groups(engine)
        scheduler = getattr(engine.optim.lr_scheduler, name)(optimizer, **options)
        run = [scheduler.get_last_lr()]
        for _ in range(30):
            optimizer.step()
            scheduler.step()
            run.append(scheduler.get_last_lr())
            assert [g["lr"] for g in optimizer.param_groups] == run[-1]
        rates.append((run, {k: v for k, v in scheduler.state_dict().items()}, scheduler.last_epoch))
    assert rates[0] == rates[1]


@pytest.mark.parametrize("name, options", SCHEDULERS.values(), ids=SCHEDULERS)
@pytest.mark.parametrize("origin, goal", [(minitorch, torch), (torch, minitorch)])
def test_schedule_taken_over_in_mid_run(name, options, origin, goal):
    optimizer = two_groups(origin)
    scheduler = getattr(origin.optim.lr_scheduler, name)(optimizer, **options)
    for _ in range(10):
        optimizer.step()
        scheduler.step()
    file = io.BytesIO()
    origin.save([optimizer.state_dict(), scheduler.state_dict()], file)
    file.seek(0)
    saved_optimizer, saved_scheduler = goal.load(file)
    other = two_groups(goal)
    continued = getattr(goal.optim.lr_scheduler, name)(other, **options)
    other.load_state_dict(saved_optimizer)
    continued.load_state_dict(saved_scheduler)
    for _ in range(10):
        other.step()
        continued.step()
        optimizer.step()
        scheduler.step()
        assert continued.get_last_lr() == scheduler.get_last_lr()


@pytest.mark.parametrize("name, options", SCHEDULERS.values(), ids=SCHEDULERS)
def test_schedule_resumed_with_last_epoch(name, options):
    rates = []
    for engine in (minitorch, torch):
        optimizer = two_groups(engine)
        for group, base in zip(optimizer.param_groups, (0.5, 0.1), strict=True):
            group["initial_lr"] = base
        scheduler = getattr(engine.optim.lr_scheduler, name)(optimizer, last_epoch=5, **options)
        run = [scheduler.get_last_lr()]
        for _ in range(10):
            optimizer.step()
            scheduler.step()
            run.append(scheduler.get_last_lr())
        rates.append(run)
    assert rates[0] == rates[1]


@pytest.mark.parametrize("name, options", SCHEDULERS.values(), ids=SCHEDULERS)
def test_schedule_jumps_to_an_epoch(name, options):
    rates = []
    for engine in (minitorch, torch):
        optimizer = two_groups(engine)
        scheduler = getattr(engine.optim.lr_scheduler, name)(optimizer, **options)
        optimizer.step()
        with pytest.warns(UserWarning, match="epoch parameter"):
            scheduler.step(9)
        rates.append(scheduler.get_last_lr())
    assert rates[0] == rates[1]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"patience": 1, "factor": 0.5, "cooldown": 2},
        {"mode": "max", "patience": 0, "threshold": 0.1},
        {"mode": "max", "patience": 2, "threshold_mode": "abs", "threshold": 0.2, "min_lr": [0.3, 0.01]},
        {"patience": 0, "threshold_mode": "abs", "threshold": 0.05, "eps": 0.02},
    ],
    ids=str,
)
def test_plateau(rng, options):
    losses = (1 + rng.random(40)).tolist()
    rates = []
    for engine in (minitorch, torch):
        optimizer = two_groups(engine)
        scheduler = engine.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        run = []
        for loss in losses:
            scheduler.step(engine.tensor(loss))
            run.append((scheduler.get_last_lr(), scheduler.num_bad_epochs, scheduler.in_cooldown))
        rates.append((run, scheduler.state_dict()))
    assert rates[0] == rates[1]


@twin
def test_two_schedules_on_one_optimizer(torch):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    first = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    second = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    run = []
    for _ in range(6):
        optimizer.step()
        first.step()
        second.step()
        run.append(optimizer.param_groups[0]["lr"])
    return run


@twin
def test_warnings_about_the_order(torch):
    def caught(action):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            action()
        return [str(w.message)[:60] for w in found if w.category is UserWarning]

    def new():
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        return optimizer, torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)

    optimizer, scheduler = new()
    results = [caught(scheduler.step), caught(scheduler.step)]
    optimizer, scheduler = new()
    optimizer.step()
    results += [caught(scheduler.step), caught(scheduler.get_lr)]
    optimizer, scheduler = new()
    optimizer.step = lambda: None
    results.append(caught(scheduler.step))
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    optimizer.step()  # before there is a scheduler, so it does not count
    results.append(caught(torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9).step))
    return results


@twin
def test_errors_of_schedulers(torch):
    kinds = torch.optim.lr_scheduler
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    return [
        message(kinds.StepLR, "optimizer", 1),
        message(kinds.LambdaLR, optimizer, [lambda e: 1, lambda e: 2]),
        message(kinds.ConstantLR, optimizer, factor=2.0),
        message(kinds.LinearLR, optimizer, start_factor=0.0),
        message(kinds.LinearLR, optimizer, end_factor=1.5),
        message(kinds.ReduceLROnPlateau, optimizer, factor=1.0),
        message(kinds.ReduceLROnPlateau, optimizer, mode="up"),
        message(kinds.ReduceLROnPlateau, optimizer, threshold_mode="up"),
        message(kinds.ReduceLROnPlateau, optimizer, min_lr=[1, 2]),
        raised(kinds.ExponentialLR, optimizer, 0.5, last_epoch=3),
        raised(kinds.LRScheduler, optimizer),
    ]


def test_scheduler_refuses_a_tensor_rate():
    optimizer = minitorch.optim.SGD([minitorch.zeros(1)], lr=1.0)
    optimizer.param_groups[0]["lr"] = minitorch.tensor(0.1)
    with pytest.raises(NotImplementedError, match="Tensor lr"):
        minitorch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
