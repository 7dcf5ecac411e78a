"""The checks of lesson 12's exercises."""

import numpy as np

import minitorch as torch
from minitorch.lessons.checking import cells, close, exercise, function, number, require


@exercise("12-1", "Where the card overtakes")
def crossover(answer, rng):
    function(answer, 5)
    for _ in range(5):
        launch_cpu, launch_gpu = (float(v) for v in (rng.uniform(1e-7, 2e-6), rng.uniform(5e-6, 5e-5)))
        rate_cpu, rate_gpu = (float(v) for v in (rng.uniform(2e9, 2e10), rng.uniform(5e11, 5e12)))
        size = float(rng.choice([4, 8, 12, 16]))
        n = number(answer(launch_cpu, rate_cpu, launch_gpu, rate_gpu, size), "What crossover(…) returns")
        cpu, gpu = launch_cpu + size * n / rate_cpu, launch_gpu + size * n / rate_gpu
        require(
            n > 0,
            f"You return {n:.4g} elements.",
            "Set both times equal: launch + size·n/rate. Which side has the larger launch, which the larger slope?",
        )
        ratio = cpu / gpu
        require(
            not close(launch_cpu + n / rate_cpu, launch_gpu + n / rate_gpu, 1e-6) or size == 1,
            f"You return {n:.6g}, which is where the times would meet if each element were one byte; it is {size:.0f}.",
            "How many elements are so many bytes?",
        )
        require(
            close(cpu, gpu, 1e-6),
            f"For {n:.6g} elements the CPU takes {cpu * 1e6:.4f} µs, the card {gpu * 1e6:.4f} µs: {ratio:.4f} times.",
            "Write down launch + size·n/rate for both and set them equal. Everything with n belongs on one side.",
        )


class Moved(np.ndarray):
    """An array that adds up the bytes which its operations read and write."""

    bytes = 0

    def __array_ufunc__(self, ufunc, method, *args, **kwargs):
        plain = [np.asarray(a) if isinstance(a, Moved) else a for a in args]
        result = np.asarray(getattr(ufunc, method)(*plain, **kwargs))
        Moved.bytes += sum(a.nbytes for a in plain if isinstance(a, np.ndarray)) + result.nbytes
        return result.view(Moved)


@exercise("12-2", "Bytes of a chain")
def bytes_moved(answer, rng):
    function(answer, 2)
    for _ in range(4):
        n, k = int(rng.integers(10, 1000)), int(rng.integers(2, 9))
        found = answer(n, k)
        require(
            isinstance(found, tuple | list) and len(found) == 2,
            f"bytes_moved(n, k) returns {found!r}, not a pair.",
            "End with `return one_by_one, fused`.",
        )
        single, fused = (number(v, "A member of the pair") for v in found)
        x = np.zeros(n, np.float32).view(Moved)
        Moved.bytes = 0
        for _ in range(k):
            x = np.negative(x)
        require(
            not close(single, Moved.bytes / 4),
            f"n = {n}, k = {k}: one by one you count {single:.0f}, which is the number of numbers moved.",
            "The question is for bytes. How many has a float32 number?",
        )
        require(
            close(single, Moved.bytes),
            f"n = {n}, k = {k}: one by one {Moved.bytes} bytes were moved in a trial; you return {single:.0f}.",
            "Each operation reads all of its input and writes all of its output, also where the next reads it again.",
        )
        Moved.bytes = 0
        np.negative(np.zeros(n, np.float32).view(Moved))
        require(
            close(fused, Moved.bytes),
            f"n = {n}, k = {k}: one kernel moves {Moved.bytes} bytes, however many operations are in it; you return "
            f"{fused:.0f}.",
            "What is between two operations stays with the thread. What must still come from memory, and go there?",
        )


@exercise("12-3", "A thread's place")
def place(answer, rng):
    function(answer, 4)
    for _ in range(6):
        shape = tuple(int(v) for v in rng.permutation([2, 3, 4, 5]))
        t = int(rng.integers(0, np.prod(shape)))
        found = answer(t, *shape[1:])
        require(
            isinstance(found, tuple | list) and len(found) == 4,
            f"place({t}, …) returns {found!r}, not four numbers.",
            "End with `return n, c, y, x`.",
        )
        found = tuple(number(v, "A member of what place(…) returns") for v in found)
        where = f"In a batch of shape {shape} the element with the number {t}"
        require(
            all(v == int(v) for v in found),
            f"{where} is at {found}: these are not whole numbers.",
            "Divide with //, which drops the rest, and take the rest with %.",
        )
        n, c, y, x = (int(v) for v in found)
        inside = all(0 <= v < size for v, size in zip((n, c, y, x), shape, strict=True))
        require(
            inside,
            f"{where}: you say {n, c, y, x}, which is outside.",
            "Begin with the index that runs fastest, the last one. By which size is each of them the rest?",
        )
        number_there = np.arange(np.prod(shape)).reshape(shape)[n, c, y, x]
        require(
            number_there == t,
            f"{where}: you say {n, c, y, x}, but there lies number {number_there}.",
            "In memory x runs fastest, then y, then c. Split off one after the other, as the kernel does.",
        )


@exercise("12-4", "Wait once")
def mean_loss(answer, rng):
    function(answer, 2)
    waits = cells("12", "setup", "waits").Waits
    seen = []

    def batch(value):
        return torch.tensor([value]), torch.tensor([0.0])

    def step(x, y):
        seen.append(float(x.numpy()[0]))
        w = torch.tensor([2.0], requires_grad=True)
        loss = (w * x - y).sum()
        loss.backward()
        return loss

    for count in (3, 8):
        values = [float(v) for v in rng.uniform(0.5, 3, count).astype(np.float32)]
        batches = [batch(value) for value in values]
        seen.clear()
        # What the check itself reads in `step` is no wait of the answer's.
        with waits() as found:

            def trained(x, y, found=found):
                found.inside = True
                try:
                    return step(x, y)
                finally:
                    found.inside = False

            result = answer(trained, batches)
        require(
            len(seen) == count and close(seen, values),
            f"Of {count} batches your loop trained on {len(seen)}.",
            "Call step(x, y) once for each batch, in order.",
        )
        require(
            not isinstance(result, torch.Tensor),
            "You return a tensor; the mean should be a number.",
            "Somewhere one must wait, to have the number. Where is it enough to do so?",
        )
        mean = number(result, "What mean_loss(step, batches) returns")
        require(
            close(mean, 2 * np.mean(values), 1e-5),
            f"The mean of the losses is {2 * np.mean(values):.4f}; you return {mean:.4f}.",
            "Divide the sum of all losses by the number of batches.",
        )
        require(
            found.count <= 1,
            f"With {count} batches your loop waits {found.count} times.",
            "item(), float(…), printing a tensor and an `if` on it all need its numbers. A sum of tensors does not: "
            "keep the total on the card, and ask for it behind the loop.",
        )
