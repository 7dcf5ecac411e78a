"""The schedulers that cycle or are made of others, against PyTorch's to the last bit: rates, momentum and state."""

import io
import warnings

import pytest
import torch
from twins import message, raised, twin

import minitorch


class Halving:
    """A callable object, whose fields belong to the checkpoint."""

    def __init__(self, base=2.0):
        self.base = base

    def __call__(self, x):
        return self.base**-x


def warm_up(kinds, optimizer):
    parts = [kinds.LinearLR(optimizer, 0.1, total_iters=4), kinds.CosineAnnealingLR(optimizer, 12)]
    return kinds.SequentialLR(optimizer, parts, milestones=[5])


def nested(kinds, optimizer):
    chained = kinds.ChainedScheduler([kinds.ConstantLR(optimizer, 0.5, 3), kinds.ExponentialLR(optimizer, 0.9)])
    inner = kinds.SequentialLR(optimizer, [chained, kinds.StepLR(optimizer, 2)], milestones=[6])
    return kinds.SequentialLR(
        optimizer, [inner, kinds.PolynomialLR(optimizer, 9), kinds.ExponentialLR(optimizer, 0.7)], milestones=[10, 14]
    )


BUILD = {
    "restarts": lambda k, o: k.CosineAnnealingWarmRestarts(o, 5, eta_min=0.01),
    "longer restarts": lambda k, o: k.CosineAnnealingWarmRestarts(o, 3, T_mult=2),
    "triangular": lambda k, o: k.CyclicLR(o, 0.01, [0.1, 0.5], step_size_up=4),
    "triangular2": lambda k, o: k.CyclicLR(o, [0.01, 0.2], 1.0, 3, 5, mode="triangular2"),
    "exp_range": lambda k, o: k.CyclicLR(o, 0.0, 1.0, 4, mode="exp_range", gamma=0.9, base_momentum=[0.2, 0.3]),
    "own scale": lambda k, o: k.CyclicLR(o, 0.1, 1.0, 2, scale_fn=lambda x: 1 / (1 + x), scale_mode="iterations"),
    "callable scale": lambda k, o: k.CyclicLR(o, 0.1, 1.0, 2, scale_fn=Halving(), cycle_momentum=False),
    "one cycle": lambda k, o: k.OneCycleLR(o, 1.0, total_steps=25),
    "one cycle, linear": lambda k, o: k.OneCycleLR(
        o, [0.1, 2.0], epochs=5, steps_per_epoch=6, anneal_strategy="linear"
    ),
    "one cycle, three parts": lambda k, o: k.OneCycleLR(
        o, 1.0, total_steps=30, three_phase=True, pct_start=0.25, div_factor=5.0, max_momentum=[0.8, 0.9]
    ),
    "one cycle, rate alone": lambda k, o: k.OneCycleLR(o, 1.0, 22, cycle_momentum=False, final_div_factor=10.0),
    "warm-up": warm_up,
    "chained": lambda k, o: k.ChainedScheduler([k.ConstantLR(o, 0.1, 5), k.ExponentialLR(o, 0.9)], optimizer=o),
    "nested": nested,
}
OPTIMIZERS = {"SGD": {"momentum": 0.9}, "Adam": {}}


def start(engine, build, optimizer="SGD"):
    a, b = engine.zeros(1, requires_grad=True), engine.zeros(1, requires_grad=True)
    groups = [{"params": [a], "lr": 0.5}, {"params": [b]}]
    made = getattr(engine.optim, optimizer)(groups, lr=0.1, **OPTIMIZERS[optimizer])
    return made, BUILD[build](engine.optim.lr_scheduler, made)


def numbers(optimizer, scheduler):
    options = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
    return options, scheduler.get_last_lr(), getattr(scheduler, "last_epoch", None)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("build", BUILD)
def test_schedules(build, optimizer):
    runs = []
    for engine in (minitorch, torch):
        with warnings.catch_warnings(record=True) as caught:  # nesting steps a schedule before the optimizer
            warnings.simplefilter("always")
            made, scheduler = start(engine, build, optimizer)
            run = [numbers(made, scheduler)]
            for _ in range(21):
                made.step()
                scheduler.step()
                run.append(numbers(made, scheduler))
        said = [str(warning.message)[:70] for warning in caught]
        assert bool(said) == (build == "nested")
        runs.append((run, scheduler.state_dict(), said))
    assert runs[0] == runs[1]
    rates = [rates for _, rates, _ in runs[0][0]]
    assert len({tuple(r) for r in rates}) > 4


@pytest.mark.parametrize("build", BUILD)
@pytest.mark.parametrize("origin, goal", [(minitorch, torch), (torch, minitorch)], ids=["to torch", "from torch"])
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
def test_a_schedule_goes_on_in_the_other_engine(build, origin, goal):
    made, scheduler = start(origin, build)
    for _ in range(8):
        made.step()
        scheduler.step()
    file = io.BytesIO()
    origin.save([made.state_dict(), scheduler.state_dict()], file)
    file.seek(0)
    saved, saved_schedule = goal.load(file)
    other, continued = start(goal, build)
    other.load_state_dict(saved)
    continued.load_state_dict(saved_schedule)
    for _ in range(8):
        for each in (made, scheduler, other, continued):
            each.step()
        assert numbers(other, continued) == numbers(made, scheduler)


@twin
def test_fields_of_a_callable_are_in_the_checkpoint(torch):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0, momentum=0.5)
    kind = torch.optim.lr_scheduler.CyclicLR
    saved = kind(optimizer, 0.1, 1.0, scale_fn=Halving(3.0)).state_dict()
    function = Halving()
    kind(optimizer, 0.1, 1.0, scale_fn=function).load_state_dict(dict(saved))
    return saved["_scale_fn_custom"], function.base


@pytest.mark.parametrize("multiple", [1, 2, 3])
def test_restarts_at_fractions_of_an_epoch(multiple):
    @twin
    def check(torch):
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3, multiple, 0.1)
        run = []
        for epoch in [0.25 * k for k in range(60)] + [2, 40.5, None, None, 7, None]:
            scheduler.step(epoch)
            run.append((scheduler.get_last_lr(), scheduler.T_cur, scheduler.T_i, scheduler.last_epoch))
        return run, message(scheduler.step, -1)

    check()


@twin
def test_resumed_with_last_epoch(torch):
    kinds = torch.optim.lr_scheduler
    runs = []
    for make in (
        lambda o, e: kinds.CosineAnnealingWarmRestarts(o, 4, last_epoch=e),
        lambda o, e: kinds.CyclicLR(o, 0.1, 1.0, 4, last_epoch=e),
        lambda o, e: kinds.OneCycleLR(o, 1.0, 20, last_epoch=e),
    ):
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5, momentum=0.9)
        scheduler = make(optimizer, -1)
        for _ in range(6):
            optimizer.step()
            scheduler.step()
        other = torch.optim.SGD([torch.zeros(1)], lr=0.5, momentum=0.9)
        other.load_state_dict(optimizer.state_dict())
        resumed = make(other, scheduler.last_epoch)
        for _ in range(5):
            other.step()
            resumed.step()
            runs.append((resumed.get_last_lr(), other.param_groups[0]["momentum"]))
    return runs


@twin
def test_the_end_of_one_cycle(torch):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=3)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    return scheduler.get_last_lr(), message(scheduler.step)


@twin
def test_errors(torch):
    kinds = torch.optim.lr_scheduler
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    other = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    without = torch.optim.Adagrad([torch.zeros(1)])
    plateau, step = kinds.ReduceLROnPlateau(optimizer), kinds.StepLR(optimizer, 1)
    foreign = message(kinds.ChainedScheduler, [step], other)
    return [
        message(kinds.CosineAnnealingWarmRestarts, optimizer, 0),
        message(kinds.CosineAnnealingWarmRestarts, optimizer, 2.5),
        message(kinds.CosineAnnealingWarmRestarts, optimizer, 2, 0),
        message(kinds.CosineAnnealingWarmRestarts, optimizer, 2, 1, "low"),
        message(kinds.CyclicLR, "optimizer", 0.1, 1.0),
        message(kinds.CyclicLR, optimizer, [0.1, 0.2], 1.0),
        message(kinds.CyclicLR, optimizer, 0.1, [0.1, 0.2]),
        message(kinds.CyclicLR, optimizer, 0.1, 1.0, mode="square"),
        message(kinds.CyclicLR, without, 0.1, 1.0),
        message(kinds.CyclicLR, optimizer, 0.1, 1.0, base_momentum=[1, 2]),
        message(kinds.OneCycleLR, "optimizer", 0.1, 1),
        message(kinds.OneCycleLR, optimizer, 0.1),
        message(kinds.OneCycleLR, optimizer, 0.1, 0),
        message(kinds.OneCycleLR, optimizer, 0.1, epochs=0, steps_per_epoch=1),
        message(kinds.OneCycleLR, optimizer, 0.1, epochs=1, steps_per_epoch=0.5),
        message(kinds.OneCycleLR, optimizer, 0.1, 9, pct_start=1.5),
        message(kinds.OneCycleLR, optimizer, 0.1, 9, pct_start=1),
        message(kinds.OneCycleLR, optimizer, 0.1, 9, anneal_strategy="cubic"),
        message(kinds.OneCycleLR, without, 0.1, 9),
        message(kinds.SequentialLR, optimizer, [], []),
        message(kinds.SequentialLR, optimizer, [step, plateau], [1]),
        message(kinds.SequentialLR, optimizer, [step, 3], [1]),
        message(kinds.SequentialLR, optimizer, [step, step], [1, 2]),
        raised(kinds.SequentialLR, other, [step], []),
        message(kinds.ChainedScheduler, []),
        message(kinds.ChainedScheduler, [plateau]),
        foreign[:90],
    ]


def test_old_name_to_derive_from():
    for engine in (minitorch, torch):

        class Own(engine.optim.lr_scheduler._LRScheduler):
            def get_lr(self):
                return [base / (1 + self.last_epoch) for base in self.base_lrs]

        optimizer = engine.optim.SGD([engine.zeros(1)], lr=1.0)
        scheduler = Own(optimizer)
        optimizer.step()
        scheduler.step()
        assert scheduler.get_last_lr() == [0.5]
        assert isinstance(scheduler, engine.optim.lr_scheduler.LRScheduler)
