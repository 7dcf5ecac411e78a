"""`minitorch bench --device cuda`, as far as it can be tested without a card: what is counted against numbers worked out
by hand, the clock and the memory against a made-up card, and the whole run with both engines on the CPU."""

import json
import time
from types import SimpleNamespace

import pytest
import torch

import minitorch
from minitorch.bench import card
from minitorch.bench.roofline import Cost, Rates, cost, layer_cost, measured
from minitorch.bench.training import Model, adam, momentum, perceptron, sgd

BY_NAME = {workload.name: workload for workload in card.WORKLOADS}


# ------------------------------------------------------------------------------------------------------ what is counted


def test_a_perceptron_counted_by_hand():
    """784-128-64-10 with ReLU between, 64 rows, plain SGD."""
    found = cost(BY_NAME["mnist"].model)
    # 2 operations for each row and weight; the first layer twice (forward, its weight's gradient), others three times
    assert found.flops == 2 * 64 * (2 * 784 * 128 + 3 * 128 * 64 + 3 * 64 * 10) == 29_081_600
    inputs, first, second, outputs = 64 * 784, 64 * 128, 64 * 64, 64 * 10
    p = [784 * 128 + 128, 128 * 64 + 64, 64 * 10 + 10]
    linear = (2 * inputs + 2 * first + 3 * p[0]) + (3 * first + 2 * second + 3 * p[1]) + (
        3 * second + 2 * outputs + 3 * p[2])  # fmt: skip
    relu = 5 * first + 5 * second
    assert found.bytes == 4 * (linear + relu + 3 * sum(p))


def test_a_convolution_counted_by_hand():
    """Four images of 2×5×6, three 3×3 kernels: outputs of 3×3×4."""
    model = Model(lambda torch: torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3)), (4, 2, 5, 6), None)
    inputs, outputs, parameters = 4 * 2 * 5 * 6, 4 * 3 * 3 * 4, 3 * 2 * 3 * 3 + 3
    assert cost(model) == Cost(2 * outputs * 2 * 9, 4 * (inputs + parameters + outputs))
    trained = Model(model.net, model.shape, momentum)
    # backward: the weight's gradient alone; momentum moves 5 numbers for each parameter
    assert cost(trained) == Cost(4 * outputs * 2 * 9, 4 * (2 * inputs + 3 * parameters + 2 * outputs + 5 * parameters))


def test_groups_views_and_layers_before_the_first_weights():
    conv = minitorch.nn.Conv2d(4, 6, 3, groups=2, bias=False)
    assert layer_cost(conv, (1, 4, 5, 5), (1, 6, 3, 3), False, False).flops == 2 * 54 * 2 * 9
    assert layer_cost(minitorch.nn.Flatten(), (2, 3, 4), (2, 12), True, True) == Cost(0, 0)

    def net(torch):
        return torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(3, 2), torch.nn.ReLU())

    # ReLU, not reached by gradients: 2·15. Linear: 2·15 + 2·10 + 3·8, no gradient of its input. ReLU: 5·10. Adam: 7·8.
    assert cost(Model(net, (5, 3), adam)) == Cost(2 * 2 * 5 * 6, 4 * (30 + 30 + 20 + 24 + 50 + 56))


def test_cost_grows_with_the_batch_and_all_workloads_can_be_counted():
    for workload in card.WORKLOADS:
        assert cost(workload.model).flops > 0
    small, large = (cost(BY_NAME[name].model) for name in ("cifar10-1024", "cifar10-4096"))
    assert large.flops == 4 * small.flops and small.bytes < large.bytes < 4 * small.bytes
    forward, training = (cost(Model(m.net, m.shape, o)) for m in [BY_NAME["blocks"].model] for o in (None, sgd))
    assert 2.9 * forward.flops < training.flops < 3 * forward.flops


def test_the_bound_is_the_larger_of_both():
    rates = Rates(flops=100.0, bytes=10.0)
    assert (rates.bound(Cost(200, 10)), rates.binding(Cost(200, 10))) == (2.0, "arithmetic")
    assert (rates.bound(Cost(200, 30)), rates.binding(Cost(200, 30))) == (3.0, "memory")


def test_rates_are_operations_and_bytes_a_second():
    calls = []

    def clock(step, count):
        step()
        calls.append(count)
        return 0.5

    for engine in (minitorch, torch):
        assert measured(engine, "cpu", clock, 32, 1, times=2) == Rates(4 * 32**3, 4 * 2**20)
    assert calls == [2] * 8


# ------------------------------------------------------------------------------------------------------- a made-up card


def made_up(events):
    """A torch.cuda whose clock is a list of the moments that events are given."""

    class Event:
        def __init__(self, enable_timing=False):
            assert enable_timing

        def record(self):
            self.at = events.pop(0)

        def synchronize(self):
            self.done = True

        def elapsed_time(self, end):
            assert end.done
            return end.at - self.at

    return SimpleNamespace(cuda=SimpleNamespace(Event=Event))


def test_events_give_seconds_of_one_step():
    steps = []
    assert card.EventClock(made_up([100.0, 106.0]))(lambda: steps.append(1), 3) == pytest.approx(0.002)
    assert len(steps) == 3


def test_peak_memory_is_asked_after_the_steps():
    said = []
    cuda = SimpleNamespace(
        reset_peak_memory_stats=lambda: said.append("reset"),
        synchronize=lambda: said.append("wait"),
        max_memory_allocated=lambda: said.append("ask") or 3 << 20,
    )
    fake = SimpleNamespace(cuda=cuda)
    assert card.peak(fake, "cuda", lambda: said.append("run")) == 3.0 and said == ["reset", "run", "wait", "ask"]

    def refuse():
        raise NotImplementedError

    cuda.max_memory_allocated = refuse
    assert card.peak(fake, "cuda", lambda: None) is None
    del cuda.reset_peak_memory_stats
    said.clear()
    assert card.peak(fake, "cuda", lambda: said.append("run")) is None and said == ["run"]


# ------------------------------------------------------------------------------------------------ a run, on the CPU


def benchmark(names):
    return card.CardBenchmark([BY_NAME[name] for name in names], "cpu", 0.05, 3, 64, 1)


def test_a_run_and_what_it_writes(tmp_path, capfd):
    written = tmp_path / "all.json", tmp_path / "table.md"
    running, counts = benchmark(["mnist", "abalone"]), []

    def write():
        card.write(running, *written)
        counts.append(len(json.loads(written[0].read_text())["workloads"]))

    assert running.run(write) == 0 and counts == [1, 2]
    out = capfd.readouterr().out
    assert "2 of 2 workloads measured" in out and "TFLOP/s" in out
    found = json.loads(written[0].read_text())
    for entry in found["workloads"]:
        assert entry["state"] == "ok" and entry["compared_steps"] >= 2 and len(entry["ratios"]) == 3
        assert entry["bound"] == pytest.approx(running.rates.bound(cost(BY_NAME[entry["name"]].model)))
        assert entry["peak_mib"] == {"minitorch": None, "pytorch": None}
    assert found["workloads"][0]["flops"] == 29_081_600 and found["rates"]["pytorch"]["bytes"] > 0
    assert written[1].read_text().count("| mnist |") == 1
    assert {line.count("|") for line in written[1].read_text().splitlines() if "|" in line} == {10}


def test_dropout_is_compared_with_the_same_masks_and_timed_with_torchs_own(monkeypatch):
    inside, entered = [], []

    class Masks:
        def __init__(self, engine):
            entered.append(engine.__name__)

        def __enter__(self):
            inside.append(1)

        def __exit__(self, *exc):
            inside.pop()

    def build(engine, folder):
        def step():
            seen.append(bool(inside))
            time.sleep(0.001)
            return 1.0

        return SimpleNamespace(step=step, close=lambda: None, starting_numbers=lambda: [],
                               outcome_numbers=lambda result: [])  # fmt: skip

    monkeypatch.setattr(card, "cpu_masks", Masks)
    seen = []
    workload = card.Workload("w", "training", "", build)
    engines = {name: card.Engine(name) for name in card.TITLES}
    card.OnCard(workload, engines, dict.fromkeys(engines, card.wall_clock)).run(0.02, 3)
    assert entered == ["torch"] and seen[:10] == [True] * 10 and not any(seen[10:])


def test_wrong_results_are_not_timed(monkeypatch, capfd):
    forward = minitorch.nn.Linear.forward
    monkeypatch.setattr(minitorch.nn.Linear, "forward", lambda self, x: forward(self, x) * 1.05)
    running = benchmark(["mnist"])
    assert running.run() == 1
    out = capfd.readouterr().out
    assert "differs: step 1 differs by" in out and "NOT RIGHT: mnist" in out
    assert running.as_json()["workloads"][0]["state"] == "differs" and "ratio" not in running.as_json()["workloads"][0]


# ------------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_without_a_card_one_line_says_why(bench, tmp_path):
    status, out, err = bench("--device", "cuda", "--json", tmp_path / "all.json")
    assert (status, out) == (2, "") and err.startswith("minitorch bench: error: --device cuda: ")
    assert len(err.splitlines()) == 1 and "PyTorch" in err and not (tmp_path / "all.json").exists()


@pytest.mark.parametrize(
    "words, message",
    [
        (["sort-small"], "--device cuda measures no sort-small; `minitorch bench --device cuda --list`"),
        (["--plot", "p.png"], "--device cuda has no --plot"),
        (["--data", "."], "--device cuda has no --data"),
        (["--json", "no/such/file"], "cannot write no/such/file"),
    ],
)
def test_refusals(bench, words, message):
    status, out, err = bench("--device", "cuda", *words)
    assert (status, out) == (2, "") and message in err


def test_what_is_chosen(bench):
    names = [workload.name for workload in card.choose([], False)]
    assert len(set(names)) == len(names) == 20 and {"cifar10-4096", "blocks-1024", "inference", "mnist-graphs"} <= set(names)
    assert {workload.name for workload in card.choose([], True)} == set(card.QUICK) < set(names)
    assert [workload.name for workload in card.choose(["mnist", "cifar10-4"], False)] == ["cifar10-4", "mnist"]
    status, out, _ = bench("--device", "cuda", "--list")
    assert status == 0 and "blocks-4096" in out and "sort-small" not in out


def test_the_net_and_the_batches_are_put_on_the_device():
    placed = []

    class Net(minitorch.nn.Linear):
        def to(self, place):
            placed.append(place)
            return self

    engine = card.Engine("minitorch", "cpu")
    Model(lambda torch: Net(3, 2), (4, 3), sgd, classes=2).build(engine, None).step()
    assert placed == ["cpu"] and perceptron(minitorch, 2, 3)[0].in_features == 2
