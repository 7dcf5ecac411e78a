"""The checks of lesson 8's exercises."""

import math

import minitorch as torch
from minitorch.lessons.checking import close, exercise, function, number, require


def bowl_after(a, b, rate, steps):
    """How far from (0, 0), in the farther direction, gradient descent on a·x² + b·y² is, begun at (1, 1)."""
    w = torch.tensor([1.0, 1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (a * w[0] ** 2 + b * w[1] ** 2).backward()
        optimizer.step()
    return w.detach().abs().max().item()


@exercise("08-1", "The largest rate")
def largest_rate(answer, rng):
    function(answer, 2)
    pairs = [(c, c) for c in rng.uniform(0.5, 3, 2).tolist()]
    pairs += [tuple(pair) for pair in rng.uniform(0.5, 8, (4, 2)).tolist()]
    for a, b in pairs:
        rate = number(answer(a, b), "What largest_rate(a, b) returns")
        require(rate > 0, f"For a = {a:.3f}, b = {b:.3f} you return {rate:.4f}, and a rate is positive.")
        fails = bowl_after(a, b, 0.98 * rate, 60) >= 1
        require(
            not (fails and a == b),
            f"With a = b = {a:.3f}, a rate a little below your {rate:.4f} leads away already.",
            "The curvature is the second derivative. What is it for a·x², without the ½ that the valley has?",
        )
        require(
            not fails,
            f"With a = {a:.3f}, b = {b:.3f}, a rate a little below your {rate:.4f} leads away already.",
            "Both directions take the same rate. Which of them fails first?",
        )
        require(
            bowl_after(a, b, 1.02 * rate, 60) > 1,
            f"With a = {a:.3f}, b = {b:.3f}, a rate a little above your {rate:.4f} still leads down.",
            "The question is not which rate is best. Up to which does every direction still shrink?",
        )


@exercise("08-2", "Steps in a narrow valley")
def steps_needed(answer, rng):
    function(answer, 2)
    for condition in (3, *rng.integers(5, 200, 4).tolist()):
        shrink = float(rng.integers(20, 2000))
        rate, x, y, steps = 2 / (1 + condition), 1.0, 1.0, 0
        while max(abs(x), abs(y)) > 1 / shrink:
            x, y, steps = x - rate * x, y - rate * condition * y, steps + 1
        found = number(answer(condition, shrink), "What steps_needed(condition, shrink) returns")
        case = f"For a condition of {condition} and shrink = {shrink:.0f}, {steps} steps are needed; you return {found:g}."
        require(
            found == steps or abs(found - steps) > 1,
            case,
            "There are no parts of steps. Is that many, rounded in this way, enough?",
        )
        require(
            found == steps,
            case,
            "Each step multiplies both coordinates by the factor from the text. How often, until 1 has become 1/shrink? "
            "A logarithm says it, a loop as well.",
        )


@exercise("08-3", "A step with momentum")
def momentum_step(answer, rng):
    function(answer, 5)
    for _ in range(3):
        rate, momentum = float(rng.uniform(0.01, 0.3)), float(rng.uniform(0.5, 0.95))
        start = float(rng.normal())
        w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=rate, momentum=momentum)
        p, b = start, 0.0
        for step in range(1, 5):
            g = float(rng.normal())
            pair = answer(p, b, g, rate, momentum)
            require(
                isinstance(pair, tuple | list) and len(pair) == 2,
                f"momentum_step returns {pair!r}, not a pair.",
                "End with `return p, b`.",
            )
            old_b = b
            p, b = number(pair[0], "The new p"), number(pair[1], "The new b")
            w.grad = torch.tensor(g, dtype=torch.float64)
            optimizer.step()
            right_p, right_b = w.item(), optimizer.state[w]["momentum_buffer"].item()
            require(
                close(b, right_b, 1e-6),
                f"In step {step}, with b = {old_b:.4f}, g = {g:.4f}, momentum = {momentum:.4f}, the new b is "
                f"{right_b:.4f}; you return {b:.4f}.",
                "The gradient is added as it is, without a factor before it, to what is left of b.",
            )
            require(
                close(p, right_p, 1e-6),
                f"In step {step} the new b = {b:.4f} is right; p should be {right_p:.4f}, and you return {p:.4f}.",
                "Which b moves p: the one from before the step, or the new one? And in which direction?",
            )


@exercise("08-4", "A step of Adam")
def adam_step(answer, rng):
    function(answer, 6)
    for _ in range(3):
        rate, start = float(rng.uniform(0.01, 0.3)), float(rng.normal())
        w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.Adam([w], lr=rate)
        p, m, v = start, 0.0, 0.0
        scale = float(rng.uniform(2, 5))
        for k in range(1, 5):
            g = scale * float(rng.normal())
            found = answer(p, m, v, k, g, rate)
            require(
                isinstance(found, tuple | list) and len(found) == 3,
                f"adam_step returns {found!r}, not three numbers.",
                "End with `return p, m, v`.",
            )
            p, m, v = (number(value, f"The new {name}") for value, name in zip(found, "pmv", strict=True))
            w.grad = torch.tensor(g, dtype=torch.float64)
            optimizer.step()
            state = optimizer.state[w]
            for name, value, right in [("m", m, state["exp_avg"].item()), ("v", v, state["exp_avg_sq"].item())]:
                require(
                    close(value, right, 1e-6),
                    f"In step {k}, with g = {g:.4f}, the new {name} is {right:.6f}; you return {value:.6f}.",
                    "m averages g, v averages g². What is kept are the averages themselves, before they are corrected.",
                )
            require(
                close(p, w.item(), 1e-5),
                f"In step {k} the averages are right, m = {m:.4f} and v = {v:.4f}; p should be {w.item():.4f}, and you "
                f"return {p:.4f}.",
                "In the first step a gradient of any size moves p by almost exactly `rate`. Does yours? Go through the "
                "correction of m, that of v, and the root.",
            )


@exercise("08-5", "Where weight decay comes to rest")
def resting_place(answer, rng):
    function(answer, 3)
    cases = [(float(rng.uniform(1, 4)), 1.0, float(rng.uniform(0.2, 1.5))), (2.0, 3.0, 0.0)]
    cases += [tuple(case) for case in rng.uniform((-4, 0.5, 0.1), (4, 4, 2), (5, 3)).tolist()]
    for target, curvature, decay in cases:
        w = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=1 / (2 * curvature + decay), weight_decay=decay)
        for _ in range(100):
            optimizer.zero_grad()
            (curvature / 2 * (w - target) ** 2).backward()
            optimizer.step()
        found, right = number(answer(target, curvature, decay), "What resting_place returns"), w.item()
        if math.isclose(curvature, 1.0):
            hint = "At rest nothing moves w any more: there, curvature · (w − target) + decay · w is 0."
        else:
            hint = "The steeper the direction, the less the decay can do. Does the curvature stand in your formula?"
        require(
            close(found, right, 1e-5, 1e-7),
            f"With target {target:.3f}, curvature {curvature:.3f} and decay {decay:.3f}, SGD comes to rest at "
            f"{right:.4f}; you return {found:.4f}.",
            hint,
        )
