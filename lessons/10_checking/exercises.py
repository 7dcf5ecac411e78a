"""The checks of lesson 10's exercises."""

import inspect

import minitorch as torch
from minitorch.lessons.checking import close, exercise, function, number, require
from minitorch.testing import check_gradient


@exercise("10-1", "The best step to one side")
def best_step(answer, rng):
    function(answer, 3)
    for size, second in rng.uniform(0.2, 5, (4, 2)).tolist():
        for eps in (2.0**-52, 2.0**-23):
            h = number(answer(size, second, eps), "What best_step(size, second, eps) returns")
            given = f"For |f| = {size:.2f}, |f″| = {second:.2f}, ε = {eps:.1e} you return h = {h:.2e}"
            require(h > 0, f"{given}, which is no step.", "It is positive.")

            def bound(h):
                return h / 2 * second + eps * size / h  # noqa: B023

            for other, name in ((1.1 * h, "larger"), (h / 1.1, "smaller")):
                require(
                    bound(other) >= bound(h),
                    f"{given}. There both errors together are at most {bound(h):.3e}; with a {name} step, "
                    f"h = {other:.2e}, they are at most {bound(other):.3e}.",
                    "Write both errors down as one function of h, and find where its derivative is zero. The error of "
                    "the formula grows with h here, not with h².",
                )


def softmax_both_ways(x, g):
    """The gradient that forgets the sum, and the right one."""
    y = x.softmax(1)
    return y * g, y * (g - (g * y).sum(1, keepdim=True))


@exercise("10-2", "Where the check is blind")
def blind(answer, rng):
    function(answer, 1)
    for shape in ((3, 4), (2, 5)):
        x = torch.tensor(rng.normal(size=shape))
        g = answer(x.clone())
        require(
            isinstance(g, torch.Tensor) and g.shape == x.shape,
            f"For x of shape {list(shape)}, blind(x) returns {type(g).__name__} "
            f"{list(g.shape) if isinstance(g, torch.Tensor) else ''}.".replace(" .", "."),
            "The cotangent is a tensor, one number for each element of the output, which is as large as x.",
        )
        g = g.detach().double()
        require(
            bool((g.abs().amax(1) > 1e-6).all()),
            "A row of your cotangent is zero. Then every gradient in it is zero, right or wrong.",
            "Let there be other numbers than zero in every row.",
        )
        wrong, right = softmax_both_ways(x, g)
        apart = float((wrong - right).abs().max())
        require(
            apart < 1e-9,
            f"For your cotangent the two gradients are {apart:.3f} apart, so the check would see the mistake.",
            "Subtract the two formulas from each other. What is left contains one sum for each row: make that zero. "
            "In each row you may choose all numbers but one.",
        )


def repaired(answer, name, forward, make):
    """Refuse an autograd.Function whose forward is another one, or whose backward is wrong."""
    require(
        inspect.isclass(answer) and issubclass(answer, torch.autograd.Function),
        f"The answer should be the class {name}, and is something else.",
        f"Mend the class, and pass it: check(…, {name}).",
    )
    for shape in ((3, 5), (2, 6)):
        x = make(shape)
        out = answer.apply(x.clone())
        require(
            isinstance(out, torch.Tensor) and close(out, forward(x)),
            f"{name}.forward computes something else than before.",
            "The mistake is in backward alone.",
        )
        report = check_gradient(answer.apply, [x])
        if not report.ok:
            found = report.diagnosis
            row = f" ({report.inputs[0].verdict})" if report.inputs else ""
            require(False, f"{report.headline}{row}. {found.kind}: {found.seen}", found.look)


@exercise("10-3", "Find the bug: differences")
def differences(answer, rng):
    repaired(answer, "Differences", lambda x: x[:, 1:] - x[:, :-1], lambda shape: torch.tensor(rng.normal(size=shape)))


@exercise("10-4", "Find the bug: clip")
def clip(answer, rng):
    def make(shape):
        n = shape[0] * shape[1]  # on both sides of both borders, and on neither
        return torch.tensor(rng.permutation(n).reshape(shape) * 4.0 / (n - 1) - 1.97)

    repaired(answer, "Clip", lambda x: x.clamp(-1, 1), make)


@exercise("10-5", "Find the bug: shares")
def shares(answer, rng):
    repaired(
        answer,
        "Shares",
        lambda x: x / x.sum(1, keepdim=True),
        lambda shape: torch.tensor(rng.uniform(0.5, 2, shape)),
    )
