"""The checks of lesson 1's exercises."""

from minitorch.lessons.checking import cells, close, exercise, function, number, require

RETURN = "A function gives back what stands behind `return`."


@exercise("01-1", "The slope of x·x·y")
def slope(answer, rng):
    function(answer, 2)
    for x, y in rng.uniform(0.5, 3, (5, 2)).tolist():
        h = 1e-5
        numeric = ((x + h) ** 2 * y - (x - h) ** 2 * y) / (2 * h)
        found = number(answer(x, y), "What slope(x, y) returns")
        require(
            not close(found, x * x),
            f"At x = {x:.3f}, y = {y:.3f} you return {found:.4f}: how fast the product changes with y, not with x.",
            "Hold y still and let x change.",
        )
        require(
            close(found, numeric, 1e-4),
            f"At x = {x:.3f}, y = {y:.3f} a small step of x shows a slope of {numeric:.4f}; you return {found:.4f}.",
            "x is a factor twice. Each time it contributes what stands beside it.",
        )


def made_number(answer, arguments, name):
    """What the answer returns, if it is a Number with pairs of parents."""
    result = answer(*arguments)
    require(
        hasattr(result, "value") and hasattr(result, "parents"),
        f"{name} returns {result!r}, which is no Number.",
        "Return Number(value, parents), as the methods of Number do. " + RETURN,
    )
    pairs = all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in result.parents)
    require(
        pairs,
        f"The parents of what {name} returns are {result.parents!r}.",
        "They are pairs, each a Number and a local derivative. A tuple with one pair is written ((a, 1.0),), with a "
        "comma.",
    )
    return result


def local_derivative(result, parent, name):
    """The sum of the local derivatives that `result` keeps for this parent."""
    locals_ = [number(local, "The local derivative") for kept, local in result.parents if kept is parent]
    require(
        locals_,
        f"The Number that you return does not remember {name}.",
        "Without its parents a Number can't be walked back from. Keep the Numbers themselves, not their values.",
    )
    return sum(locals_)


@exercise("01-2", "Subtraction")
def subtract(answer, rng):
    function(answer, 2)
    Number = cells("01", "number").Number
    for first, second in rng.uniform(0.5, 3, (5, 2)).tolist():
        a, b = Number(first), Number(second)
        result = made_number(answer, (a, b), "subtract(a, b)")
        require(
            close(number(result.value, "The value"), first - second),
            f"{first:.3f} − {second:.3f} is {first - second:.3f}, and the value is {result.value:.3f}.",
        )
        h = 1e-4
        for parent, name, grown in [(a, "a", (first + h) - second), (b, "b", first - (second + h))]:
            numeric = (grown - (first - second)) / h
            found = local_derivative(result, parent, name)
            require(
                close(found, numeric, 1e-4),
                f"If {name} grows by a little, a − b changes {numeric:.2f} times as much; you keep {found:.2f}.",
                "In which direction does a − b move when b grows?",
            )


@exercise("01-3", "A power")
def power(answer, rng):
    function(answer, 2)
    lesson = cells("01", "number", "walk-back")
    for n in (2, 3, 5):
        value = float(rng.uniform(0.5, 2))
        a = lesson.Number(value)
        result = made_number(answer, (a, n), "power(a, n)")
        require(
            close(number(result.value, "The value"), value**n),
            f"{value:.3f} to the power {n} is {value**n:.4f}, and the value is {result.value:.4f}.",
        )
        product = lesson.Number(value)
        whole = product
        for _ in range(n - 1):
            whole = whole * product
        lesson.walk_back(whole)
        found = local_derivative(result, a, "a")
        require(
            close(found, product.grad, 1e-6),
            f"Walking back from a·a·… with {n} factors gives {product.grad:.4f}; your local derivative is {found:.4f}.",
            f"There are {n} factors. Each contributes the product of the others: how many are these?",
        )


@exercise("01-4", "One step downhill")
def descend(answer, rng):
    function(answer, 3)

    def w(x, y):
        return x * y + x

    for x, y in rng.uniform(0.5, 3, (5, 2)).tolist():
        rate = 1e-4
        new = answer(x, y, rate)
        require(
            isinstance(new, tuple | list) and len(new) == 2,
            f"descend(x, y, rate) returns {new!r}, not a pair.",
            "End with `return x, y`.",
        )
        new_x, new_y = (number(v, "A member of the pair") for v in new)
        fall = w(x, y) - w(new_x, new_y)
        require(
            fall > 0,
            f"From x = {x:.3f}, y = {y:.3f} your step changes x·y + x by {-fall:+.6f}: it should fall.",
            "A positive derivative says that the result grows with the number. Which way makes it fall?",
        )
        h = 1e-5
        slopes = ((w(x + h, y) - w(x - h, y)) / (2 * h), (w(x, y + h) - w(x, y - h)) / (2 * h))
        best = rate * (slopes[0] ** 2 + slopes[1] ** 2)
        require(
            close(fall, best, 1e-2),
            f"x·y + x falls by {fall:.6f}; a step of rate times each derivative makes it fall by {best:.6f}.",
            "Both numbers move, each by rate times its own derivative.",
        )
