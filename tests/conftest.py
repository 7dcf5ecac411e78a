"""What all tests share: fixtures, and an engine that each test finds as a fresh process would have it."""

import signal
import sys
import zlib

import numpy as np
import pytest
from data_fixture import data_dir  # noqa: F401  (a fixture: the real data sets, or a skip that says why)
from foreign_gpu import gpu, two_gpus  # noqa: F401  (fixtures: a stand-in for CuPy, with one GPU and with two)


def pytest_addoption(parser):
    parser.addoption(
        "--device",
        choices=("cpu", "cuda"),
        help="where test_cuda_*.py run both engines: cuda, all of them, or skipped with the reason where there is no "
        "card; cpu (the default), a small part of them, which tests the tests",
    )


def pytest_terminal_summary(terminalreporter, config):
    """With --device, the counts in one line, whatever else is printed."""
    name = config.getoption("--device")
    if name:
        counts = {key: len(terminalreporter.stats.get(key, [])) for key in ("passed", "failed", "error", "skipped")}
        terminalreporter.write_line(f"on {name}: " + ", ".join(f"{count} {key}" for key, count in counts.items()))


@pytest.fixture
def device(request):
    """The device that both engines are to run on (card.py's Place), or a skip that says why it can't be."""
    import card

    name = getattr(request, "param", None) or request.config.getoption("--device") or "cpu"
    with card.prepared(name) as place:
        yield place


collect_ignore_glob = ["learners/*.py", "typing/*.py"]  # scripts, which test_learners.py and test_typing.py run

# A shell that starts something in the background has it ignore Ctrl-C, and so would every process that the tests start
# and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def rng(request):
    """NumPy random numbers, other ones for each test, the same ones in each run."""
    return np.random.default_rng(zlib.crc32(request.node.nodeid.encode()))


@pytest.fixture(autouse=True)
def fresh_engines():
    """Every test starts from seed 0, in float32, with gradients on, and leaves both engines so; torch only if in use."""
    engines = [sys.modules[name] for name in ("minitorch", "torch") if name in sys.modules]
    for engine in engines:
        engine.manual_seed(0)
    yield
    for engine in engines:
        leaked = [] if engine.is_grad_enabled() else ["gradients are off"]
        if engine.get_default_dtype() != engine.float32:
            leaked.append(f"the default dtype is {engine.get_default_dtype()}")
        engine.set_grad_enabled(True)
        engine.set_default_dtype(engine.float32)
        assert not leaked, f"the test left {engine.__name__} changed: {', '.join(leaked)}"


@pytest.fixture
def bench(capfd):
    """`minitorch bench`, in this process: exit status, stdout, stderr."""
    from minitorch.bench import command

    def call(*words):
        status = command.main([*map(str, words)])
        return status, *capfd.readouterr()

    return call


@pytest.fixture
def engine_state():
    """The programs set PyTorch's default dtype, threads and seed in this process: put them back."""
    import torch

    dtype, threads, state = torch.get_default_dtype(), torch.get_num_threads(), torch.get_rng_state()
    yield
    torch.set_default_dtype(dtype)
    torch.set_num_threads(threads)
    torch.set_rng_state(state)
