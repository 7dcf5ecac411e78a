"""DataLoader's worker processes: seeds, orders, memory, and failures of every kind."""

import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from multiprocessing import resource_tracker
from pathlib import Path

import numpy as np
import pytest

import minitorch
from minitorch.utils import data as mini_data

pytest.importorskip("torch")

import loader_tools  # noqa: E402
from loader_tools import ENGINES, ROOT, Count, children, is_alive, open_files, plain, wait_for  # noqa: E402

no_hang, leaves_nothing = loader_tools.no_hang, loader_tools.leaves_nothing  # fixtures

pytestmark = [
    # Forking a process in which torch runs threads: PyTorch's own loader does, too.
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the tests' datasets are local classes, which need fork"),
]


class Noise:
    """Random numbers from every source that a worker seeds."""

    def __init__(self, engine):
        self.engine = engine

    def __len__(self):
        return 6

    def __getitem__(self, i):
        return self.engine.rand(1).item(), random.random(), np.random.rand()


def test_workers_are_seeded_as_pytorchs_are(leaves_nothing):
    def run(engine, data):
        engine.manual_seed(8)
        return [plain(b) for b in data.DataLoader(Noise(engine), batch_size=2, num_workers=2)]

    assert run(*ENGINES[0]) == run(*ENGINES[1])


def test_worker_info_and_init_function(leaves_nothing):
    seen = []

    class Tell:
        def __len__(self):
            return 4

        def __getitem__(self, i):
            info = mini_data.get_worker_info()
            assert info.dataset is self
            return i, info.id, info.num_workers, info.seed, seen

    minitorch.manual_seed(1)
    first_seed = int(minitorch.zeros((), dtype=minitorch.int64).random_().item())
    minitorch.manual_seed(1)
    loader = mini_data.DataLoader(Tell(), None, num_workers=2, worker_init_fn=seen.append)
    assert list(loader) == [[i, i % 2, 2, first_seed + i % 2, [i % 2]] for i in range(4)]
    assert mini_data.get_worker_info() is None
    assert seen == []


class Slow:
    """Even samples take longer, so that the second worker is always ahead."""

    def __len__(self):
        return 12

    def __getitem__(self, i):
        time.sleep(0.02 if i % 2 == 0 else 0)
        return np.full(3, i, np.float32)


def test_batches_come_in_order(leaves_nothing):
    loader = mini_data.DataLoader(Slow(), batch_size=1, num_workers=2, prefetch_factor=3)
    assert [int(b[0, 0]) for b in loader] == list(range(12))


def test_spawned_workers():
    """For these all has to be pickled: the dataset here is a list."""
    resource_tracker.ensure_running()  # a helper process of spawn, which stays
    before = children()
    big = minitorch.full((300, 100), 7.0)
    loader = mini_data.DataLoader([big] * 3, batch_size=2, num_workers=1, multiprocessing_context="spawn")
    assert [tuple(b.shape) for b in loader] == [(2, 300, 100), (1, 300, 100)]
    assert children() == before


@pytest.mark.parametrize("shares_memory", [True, False])
def test_large_batches_stay_valid_while_others_arrive(shares_memory, leaves_nothing, monkeypatch):
    """Slots of shared memory are used again, but never while an array on them is alive. And without any slots."""
    if not shares_memory:
        monkeypatch.delattr(os, "memfd_create", raising=False)  # as on a system other than Linux; workers inherit it

    class Big:
        def __len__(self):
            return 24

        def __getitem__(self, i):
            return {"x": np.full((50, 100, 3 + i % 5), i, np.float32), "y": np.full(7, i)}

    loader = mini_data.DataLoader(Big(), batch_size=None, num_workers=2)
    kept, parts = [], []
    for i, sample in enumerate(loader):
        assert sample["x"].dtype is minitorch.float32
        assert (sample["x"].numpy() == i).all()
        sample["x"][0, 0, 0] = -1  # batches are the receiver's own, to write to
        if i % 3 == 0:
            kept.append((i, sample["x"]))
        if i % 4 == 0:
            parts.append((i, sample["x"][1:, ::2].numpy()))
    for i, x in kept:
        assert x[0, 0, 0].item() == -1 and (x.numpy()[1:] == i).all()
    for i, part in parts:
        assert (part == i).all()
    assert [i for i, _ in kept] == list(range(0, 24, 3))


def test_a_forked_process_keeps_seeing_its_batch(leaves_nothing):
    """What a process forked off between two batches has in its memory must not be overwritten by a worker."""

    class Big:
        def __len__(self):
            return 20

        def __getitem__(self, i):
            return np.full(100_000, i)

    iterator = iter(mini_data.DataLoader(Big(), batch_size=None, num_workers=1))
    batch = next(iterator)
    go, ready = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(go, 1)
        os._exit(0 if (batch.numpy() == 0).all() else 1)
    del batch
    rest = [int(b[0]) for b in iterator]
    os.write(ready, b"x")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert rest == list(range(1, 20))
    os.close(go), os.close(ready)


def test_iterable_shares_of_workers(leaves_nothing):
    loader = mini_data.DataLoader(Count(11, share=True), batch_size=2, num_workers=2)
    for _ in range(2):
        assert [b.tolist() for b in loader] == [[0, 2], [1, 3], [4, 6], [5, 7], [8, 10], [9]]


def test_persistent_workers(leaves_nothing):
    class Pid:
        def __len__(self):
            return 6

        def __getitem__(self, i):
            return os.getpid()

    for dataset, expected in ((Pid(), 6), (Count(6, share=True), 6)):
        loader = mini_data.DataLoader(dataset, batch_size=None, num_workers=2, persistent_workers=True)
        epochs = [list(loader) for _ in range(3)]
        assert all(len(e) == expected for e in epochs)
        assert epochs[0] == epochs[1] == epochs[2]
        next(iter(loader))  # an unfinished epoch does not leak into the next one
        assert list(loader) == epochs[0]
        del loader


def test_persistent_orders_are_pytorchs():
    def run(engine, data):
        engine.manual_seed(9)
        loader = data.DataLoader(range(9), 2, shuffle=True, num_workers=2, persistent_workers=True)
        return [[b.tolist() for b in loader] for _ in range(3)], engine.rand(1).item()

    assert run(*ENGINES[0]) == run(*ENGINES[1])


class Fails:
    """Sample 3 raises."""

    def __init__(self, error):
        self.error = error

    def __len__(self):
        return 6

    def __getitem__(self, i):
        if i == 3:
            raise self.error
        return i


class TwoArguments(Exception):
    def __init__(self, a, b):
        super().__init__(a, b)


@pytest.mark.parametrize(
    "error", [ValueError("bad sample"), KeyError("lost"), FileNotFoundError(2, "No such file", "x.png"), OSError("disk")]
)
def test_exceptions_of_a_worker_come_back(error, leaves_nothing):
    texts = []
    for _, data in ENGINES:
        iterator = iter(data.DataLoader(Fails(error), batch_size=None, num_workers=2))
        assert [next(iterator) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(type(error)) as caught:
            next(iterator)
        texts.append(str(caught.value))
        assert [int(x) for x in iterator] == [4, 5]  # the worker goes on
        del iterator
    ours, theirs = texts
    name = type(error).__name__
    assert ours.startswith(f"Caught {name} in DataLoader worker process 1.\nOriginal Traceback (most recent call last):\n")
    assert ours.split("\n")[:2] == theirs.split("\n")[:2]
    assert ours.rstrip().split("\n")[-1] == theirs.rstrip().split("\n")[-1]
    assert "in __getitem__" in ours


def test_exceptions_that_cannot_be_rebuilt_become_runtime_errors(leaves_nothing):
    class Local(Exception):
        pass

    for error in (TwoArguments(1, 2), Local("here")):
        with pytest.raises(RuntimeError, match=f"Caught {type(error).__name__} in DataLoader worker process 0"):
            list(mini_data.DataLoader(Fails(error), batch_size=None, num_workers=1))


def test_exceptions_in_collate_init_and_iter(leaves_nothing):
    def bad(_):
        raise ZeroDivisionError("no")

    class BadIter(mini_data.IterableDataset):
        def __iter__(self):
            raise LookupError("no")

    for options in ({"collate_fn": bad}, {"worker_init_fn": bad}):
        with pytest.raises(ZeroDivisionError, match="Caught ZeroDivisionError in DataLoader worker process 0"):
            list(mini_data.DataLoader([1, 2], num_workers=1, **options))
    with pytest.raises(LookupError, match="Caught LookupError in DataLoader worker process 0"):
        list(mini_data.DataLoader(BadIter(), num_workers=1))
    with pytest.raises(RuntimeError, match="cannot|can't|pickle|Can't"):  # AttributeError or PicklingError as text
        try:
            list(mini_data.DataLoader([1], batch_size=None, num_workers=1, collate_fn=lambda x: (lambda: x)))
        except (AttributeError, TypeError, ImportError) as error:
            raise RuntimeError(str(error)) from error


def test_sending_a_tensor_with_history_is_refused(leaves_nothing):
    class History:
        def __len__(self):
            return 1

        def __getitem__(self, i):
            return minitorch.ones(2, requires_grad=True) * 2

    with pytest.raises(RuntimeError, match="Cowardly refusing to serialize non-leaf tensor"):
        list(mini_data.DataLoader(History(), batch_size=None, num_workers=1))


@pytest.mark.parametrize("how", ["kill", "exit"])
def test_a_worker_that_dies(how, leaves_nothing):
    class Dies:
        def __len__(self):
            return 6

        def __getitem__(self, i):
            if i == 3:
                os.kill(os.getpid(), signal.SIGKILL) if how == "kill" else os._exit(7)
            return i

    iterator = iter(mini_data.DataLoader(Dies(), batch_size=None, num_workers=2))
    assert [next(iterator) for _ in range(3)] == [0, 1, 2]
    why = "killed by signal SIGKILL" if how == "kill" else "exit code 7"
    with pytest.raises(RuntimeError, match=rf"DataLoader worker \(pid\(s\) \d+\) exited unexpectedly \({why}\)"):
        next(iterator)
    with pytest.raises(RuntimeError, match="have been stopped"):
        next(iterator)


def test_timeout(leaves_nothing):
    class Sleeps:
        def __len__(self):
            return 2

        def __getitem__(self, i):
            time.sleep(0.5)
            return i

    iterator = iter(mini_data.DataLoader(Sleeps(), num_workers=1, timeout=0.1))
    with pytest.raises(RuntimeError, match="DataLoader timed out after 0.1 seconds"):
        next(iterator)
    del iterator


def test_dropping_a_half_used_iterator_ends_its_workers(leaves_nothing):
    """Also when they are blocked on sending batches that nobody takes."""

    class Wide:
        def __len__(self):
            return 100

        def __getitem__(self, i):
            return "x" * 3_000_000  # a string cannot go into a slot: it fills the pipe

    before = children()
    iterator = iter(mini_data.DataLoader(Wide(), batch_size=None, num_workers=2))
    next(iterator)
    assert len(children() - before) == 2
    start = time.monotonic()
    del iterator
    assert time.monotonic() - start < 3
    assert children() == before


def test_tasks_larger_than_a_pipe(leaves_nothing):
    """Neither side may wait for the other to read first."""
    batches = [list(range(i, i + 200_000)) for i in range(3)]
    loader = mini_data.DataLoader(range(300_000), batch_sampler=batches, num_workers=2, collate_fn="x".join)
    loader.collate_fn = lambda samples: str(samples)
    assert [len(b) > 1_000_000 for b in loader] == [True] * 3


def test_two_loaders_and_threads_at_once(leaves_nothing):
    a = iter(mini_data.DataLoader(Slow(), num_workers=1))
    b = iter(mini_data.DataLoader(Slow(), num_workers=1))
    assert [int(x[0, 0]) for x, _ in zip(a, b, strict=True)] == list(range(12))
    del a, b
    results = []

    def use():
        results.append([int(x[0, 0]) for x in mini_data.DataLoader(Slow(), num_workers=1)])

    threads = [threading.Thread(target=use) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [list(range(12))] * 2


def test_memory_and_files_do_not_grow(leaves_nothing):
    """Many epochs and many large batches: the same slots over and over."""

    class Big:
        def __len__(self):
            return 40

        def __getitem__(self, i):
            return np.full(50_000, i)

    def mapped() -> int:
        return Path("/proc/self/maps").read_text().count("minitorch-batch")

    loader = mini_data.DataLoader(Big(), batch_size=None, num_workers=2, persistent_workers=True)
    counts = []
    for _ in range(4):
        for _batch in loader:
            pass
        counts.append((mapped(), open_files()))
    del _batch
    assert counts[-1] == counts[0]
    assert counts[0][0] <= 2 * 4  # at most one per batch under way
    del loader
    assert mapped() == 0


# ---- the loader's process dies or is interrupted -------------------------------------------------------------------

SCRIPT = """
    import time
    import numpy as np
    from minitorch.utils.data import DataLoader, worker

    worker.PATIENCE = 0.5

    class Data:
        def __len__(self):
            return 100000
        def __getitem__(self, i):
            {body}
            return np.full(1000, i)

    if __name__ == "__main__":
        iterator = iter(DataLoader(Data(), batch_size=4, num_workers=2))
        print(*(w.pid for w in iterator._workers), flush=True)
        for batch in iterator:
            time.sleep(0.001)
"""


def start_script(tmp_path, body="pass"):
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT).format(body=body))
    process = subprocess.Popen(
        [sys.executable, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    pids = [int(p) for p in process.stdout.readline().split()]
    assert len(pids) == 2
    return process, pids


@pytest.mark.parametrize("body", ["pass", "time.sleep(1000)"])
def test_workers_die_with_a_killed_loader(tmp_path, body):
    process, pids = start_script(tmp_path, body)
    time.sleep(0.2)
    process.kill()
    process.wait()
    assert wait_for(lambda: not any(map(is_alive, pids)), 3)
    process.stdout.close(), process.stderr.close()


def test_ctrl_c(tmp_path):
    process, pids = start_script(tmp_path)
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes of the group
    out, err = process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT or process.returncode == 130
    # One traceback, the loader's; none of a worker ("Process Process-1:") and none from tidying up.
    assert err.count("Traceback") == 1 and err.rstrip().endswith("KeyboardInterrupt"), err
    assert "Process-" not in err and "Exception ignored" not in err, err
    assert wait_for(lambda: not any(map(is_alive, pids)), 3)


def test_a_script_that_just_ends_leaves_no_worker(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(
        textwrap.dedent("""
        from minitorch.utils.data import DataLoader
        iterator = iter(DataLoader(range(100), num_workers=2))
        print(*(w.pid for w in iterator._workers))
        next(iterator)
        """)
    )
    run = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=15, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert run.returncode == 0 and run.stderr == ""
    assert not any(is_alive(int(p)) for p in re.findall(r"\d+", run.stdout))
