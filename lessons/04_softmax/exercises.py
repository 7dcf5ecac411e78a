"""The checks of lesson 4's exercises."""

import inspect
import sys

import numpy as np

import minitorch as torch
import minitorch.nn.functional as F
from minitorch.lessons.checking import close, exercise, function, number, require, tensor
from minitorch.ops.loss.classification import CrossEntropy
from minitorch.ops.matrices.matmul import Linear


@exercise("04-1", "Softmax of rows")
def softmax(answer, rng):
    function(answer, 1)
    for shape in [(4, 3), (3, 3), (1, 5)]:
        z = torch.tensor(rng.normal(size=shape), dtype=torch.float32)
        found = tensor(answer(z), shape, "What softmax(z) returns")
        sums = found.sum(1)
        require(
            close(sums, torch.ones(shape[0]), 1e-5),
            f"The first row of your result adds up to {sums[0].item():.4f}.",
            "Each row is divided by its own sum. Which dimension is summed, and does the sum still fit?",
        )
        require(
            close(found, torch.softmax(z, 1), 1e-4),
            f"Your rows add up to 1, but the numbers are off by up to {(found - torch.softmax(z, 1)).abs().max().item():.3f}.",
            "First the powers, then the division.",
        )
    for high, low in [(1000.0, 0.0), (90.0, -90.0), (-1000.0, -2000.0)]:
        z = torch.tensor(rng.normal(size=(2, 4)), dtype=torch.float32)
        z[0] += high
        z[1] += low
        found = tensor(answer(z), (2, 4), "What softmax(z) returns")
        require(
            close(found, torch.softmax(z, 1), 1e-3),
            f"One row has scores about {high:g}, the other about {low:g}; among your results is {found.min().item():.3g}.",
            "What can be subtracted from all scores of a row without changing its probabilities? Each row needs its own.",
        )


@exercise("04-2", "A temperature")
def gradient_at_temperature(answer, rng):
    function(answer, 3)
    for T in (2.0, 0.5, 3.0):
        z = torch.tensor(rng.normal(size=4), requires_grad=True)
        t = int(rng.integers(0, 4))
        loss = F.cross_entropy((z / T).unsqueeze(0), torch.tensor([t]))
        loss.backward()
        found = tensor(answer(z.detach(), t, T), (4,), "What you return")
        problem = f"With T = {T} the gradient begins with {z.grad[0].item():.4f}, and yours with {found[0].item():.4f}."
        require(
            not close(found, z.grad * T),
            problem,
            "That is the gradient of z / T. How fast does z / T change when z does?",
        )
        y = F.one_hot(torch.tensor(t), 4)
        cold = torch.softmax(z.detach(), 0) - y
        require(
            not close(found, cold) and not close(found, cold / T),
            problem,
            "Which scores does the softmax get to see?",
        )
        require(close(found, z.grad), problem, "Call u = z / T. What is the gradient of u? Then go from u back to z.")


@exercise("04-3", "A step by hand")
def step(answer, rng):
    function(answer, 5)
    for n, rate in [(5, 0.1), (3, 0.5)]:
        W = torch.tensor(rng.normal(size=(10, 64)) / 8, requires_grad=True)
        b = torch.tensor(rng.normal(size=10), requires_grad=True)
        x = torch.tensor(rng.uniform(0, 1, (n, 64)))
        labels = torch.tensor(rng.integers(0, 10, n))
        F.cross_entropy(F.linear(x, W, b), labels).backward()
        result = answer(W.detach().clone(), b.detach().clone(), x, labels, rate)
        require(
            isinstance(result, tuple | list) and len(result) == 2,
            f"You return {type(result).__name__}, not a pair.",
            "End with `return W, b`.",
        )
        for name, found, old in zip("Wb", result, (W, b), strict=True):
            found = tensor(found, tuple(old.shape), f"Your {name}")
            moved, right = found - old.detach(), -rate * old.grad
            problem = f"With {n} images your step of {name} is not −rate times the gradient of the mean loss."
            require(
                not close(moved, torch.zeros_like(moved)),
                f"{name} is as it was.",
                "Both W and b take part in the scores, so both have a gradient.",
            )
            require(not close(moved, -right, 1e-4), problem, "It goes the other way: the loss would rise.")
            require(
                not close(moved, right * n, 1e-4),
                f"{problem} It is {n} times as long.",
                "The loss is a mean over the images. What does that do to each image's gradient?",
            )
            require(
                close(moved, right, 1e-4, 1e-7),
                problem,
                "First the scores, their probabilities P and the right answers Y, with a row for each image. Then the "
                "gradient of the scores. The formulas for W and b begin with it.",
            )


def lines_after_which(operation, run, expected):
    """The numbers of lines of `operation.backward` after which a variable newly holds what is expected, during `run`."""
    code = operation.backward.__code__
    found, last, held = set(), None, set()

    def holding(frame):
        values = frame.f_locals.items()
        return {k for k, v in values if isinstance(v, np.ndarray) and v.dtype.kind == "f" and close(v, expected)}

    def each_line(frame, event, arg):
        nonlocal last, held
        now = holding(frame)
        if last is not None and now - held:
            found.add(last)
        last, held = frame.f_lineno, now
        return each_line

    before = sys.gettrace()
    sys.settrace(lambda frame, event, arg: each_line if frame.f_code is code else None)
    try:
        run()
    finally:
        sys.settrace(before)
    return found


@exercise("04-4", "Point at the lines")
def lines(answer, rng):
    pair = isinstance(answer, tuple | list) and len(answer) == 2
    require(pair, f"The answer is {answer!r}, not a list of two lines.", "Copy two lines of code, each as a text in quotes.")
    x = torch.tensor(rng.normal(size=(3, 4)))
    W = torch.tensor(rng.normal(size=(5, 4)), requires_grad=True)
    b = torch.tensor(rng.normal(size=5), requires_grad=True)
    labels = torch.tensor(rng.integers(0, 5, 3))
    difference = torch.softmax(x @ W.detach().T + b.detach(), 1) - F.one_hot(labels, 5)
    cases = [
        (CrossEntropy, difference / 3, "p − y"),
        (Linear, (difference / 3).T @ x, "the gradient of W"),
    ]
    for given, (operation, expected, what) in zip(answer, cases, strict=True):
        title = "CrossEntropy" if operation is CrossEntropy else "Linear"
        source, first = inspect.getsourcelines(operation.backward)
        asked = "".join(given.split()) if isinstance(given, str) else number(given, "A line")
        chosen = {first + i for i, line in enumerate(source) if asked == "".join(line.split()) or asked == first + i}
        require(
            chosen,
            f"No line of {title}.backward reads {given!r}.",
            "Copy the whole line from what show displays, without what is above and below it.",
        )
        # Lambdas keep the last values of a loop's variables; this one runs before they change.
        right = lines_after_which(operation, lambda: F.cross_entropy(F.linear(x, W, b), labels).backward(), expected)
        require(
            chosen & right,
            f"While minitorch runs {title}.backward, this line does not make {what}: {source[min(chosen) - first].strip()}",
            "Write the formula on paper, and look for its parts in the code. In `Linear`, g is the gradient of the "
            "scores, and W is called weight."
            if operation is Linear
            else "q is the engine's name for y.",
        )
