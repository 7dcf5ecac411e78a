"""Averages of weights, and their schedule, against PyTorch's."""

import numpy as np
import pytest
import torch
from twins import assert_same, message, twin

import minitorch

RULES = {
    "plain mean": lambda u: {},
    "ema": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.7)},
    "ema, one by one": lambda u: {"avg_fn": u.get_ema_avg_fn(0.7)},
    "mean of many": lambda u: {"multi_avg_fn": u.get_swa_multi_avg_fn()},
    "mean, one by one": lambda u: {"avg_fn": u.get_swa_avg_fn()},
    "ema with buffers": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.9), "use_buffers": True},
    "mean with buffers": lambda u: {"use_buffers": True},
    "own rule": lambda u: {"avg_fn": lambda average, present, count: 0.5 * average + present * count},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", RULES)
def test_averages(rule, dtype):
    runs = []
    for engine in (minitorch, torch):
        rng = np.random.default_rng(5)
        model = engine.nn.Sequential(engine.nn.Linear(3, 4), engine.nn.BatchNorm1d(4), engine.nn.Linear(4, 1))
        model.to(getattr(engine, dtype))
        averaged = engine.optim.swa_utils.AveragedModel(model, **RULES[rule](engine.optim.swa_utils))
        for _ in range(4):
            with engine.no_grad():
                for p in model.parameters():
                    p.copy_(engine.tensor(rng.standard_normal(tuple(p.shape))))
            x = engine.tensor(rng.standard_normal((6, 3)), dtype=getattr(engine, dtype))
            model(x)
            averaged.update_parameters(model)
        averaged.eval()
        runs.append((averaged(x), dict(averaged.state_dict()), len(list(averaged.parameters()))))
    assert_same(*runs, "averages")


@twin
def test_the_model_goes_on_by_itself(torch):
    model = torch.nn.Linear(2, 1)
    averaged = torch.optim.swa_utils.AveragedModel(model)
    averaged.update_parameters(model)
    before = [p.detach().clone() for p in averaged.parameters()]
    with torch.no_grad():
        for p in model.parameters():
            p.add_(1)
    return (
        [bool((a == b).all()) for a, b in zip(before, averaged.parameters(), strict=True)],
        [bool((a == b).any()) for a, b in zip(before, model.parameters(), strict=True)],
        [p.requires_grad for p in averaged.parameters()],
    )


@twin
def test_statistics_computed_anew(torch):
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3, momentum=0.3))
    with torch.no_grad():
        model[0].weight.copy_(torch.linspace(-1, 1, 6).reshape(3, 2))
        model[0].bias.fill_(0.5)
    model(torch.ones(4, 2))
    model.eval()
    batches = [(torch.arange(8.0).reshape(4, 2) * k, "label") for k in (1, -2, 3)]
    torch.optim.swa_utils.update_bn(batches, model)
    torch.optim.swa_utils.update_bn([batches[0][0]], torch.nn.Linear(2, 1))  # nothing to do
    return dict(model[1].state_dict()), model.training, model[1].momentum


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("epochs", [0, 1, 5])
def test_schedule(strategy, epochs):
    @twin
    def check(torch):
        groups = [{"params": [torch.zeros(1)], "lr": 0.5}, {"params": [torch.zeros(1)]}]
        optimizer = torch.optim.SGD(groups, lr=0.1)
        decay = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
        for _ in range(3):
            optimizer.step()
            decay.step()
        scheduler = torch.optim.swa_utils.SWALR(optimizer, [0.05, 0.2], epochs, strategy)
        run = [scheduler.get_last_lr()]
        for _ in range(4):
            optimizer.step()
            scheduler.step()
            run.append(scheduler.get_last_lr())
        saved = scheduler.state_dict()
        other = torch.optim.swa_utils.SWALR(optimizer, 0.1, 3, "cos")
        other.load_state_dict(saved)
        for _ in range(3):
            other.step()
            run.append(other.get_last_lr())
        return run, saved

    check()


@twin
def test_errors(torch):
    utils = torch.optim.swa_utils
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    model = torch.nn.Linear(1, 1)
    return [
        message(utils.get_ema_avg_fn, 1.5),
        message(utils.get_ema_multi_avg_fn, -0.5),
        message(utils.AveragedModel, model, avg_fn=utils.get_swa_avg_fn(), multi_avg_fn=utils.get_swa_multi_avg_fn()),
        message(utils.SWALR, optimizer, 0.1, anneal_strategy="square"),
        message(utils.SWALR, optimizer, 0.1, anneal_epochs=-1),
        message(utils.SWALR, optimizer, 0.1, anneal_epochs=1.5),
        message(utils.SWALR, optimizer, [0.1, 0.2]),
    ]
