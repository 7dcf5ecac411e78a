"""The checks of lesson 11's exercises."""

import math

import numpy as np

import minitorch as torch
from minitorch.lessons.checking import cells, close, exercise, function, number, require


class Single:
    """A float32 number that can be added and subtracted, and nothing else; each result is rounded to float32."""

    def __init__(self, value):
        self._value = np.float32(value)

    def __add__(self, other):
        return Single(self._value + np.float32(getattr(other, "_value", other)))

    def __sub__(self, other):
        return Single(self._value - np.float32(getattr(other, "_value", other)))

    def __radd__(self, other):
        return Single(np.float32(other) + self._value)

    def __rsub__(self, other):
        return Single(np.float32(other) - self._value)

    def __repr__(self):
        return f"Single({self._value})"


@exercise("11-1", "A careful sum")
def careful_sum(answer, rng):
    function(answer, 1)
    for n in (20_000, 5_000):
        values = rng.uniform(0.05, 0.15, n).astype(np.float32)
        exact = math.fsum(values.tolist())
        total = answer([Single(v) for v in values])
        require(
            isinstance(total, Single),
            f"careful_sum returns {type(total).__name__}, and not one of those numbers.",
            "Only + and − are there to be used, and what they return.",
        )
        unit = float(np.spacing(np.float32(exact)))
        off = abs(float(total._value) - exact) / unit
        require(
            off <= 4,
            f"The sum of {n} numbers is off by {off:.0f} units in its last place ({total._value:.4f} for {exact:.4f}).",
            "What the lesson calls `lost` need not be lost: keep it, and add it when the next number comes. Or see to it "
            "that a large number never meets a small one.",
        )


@exercise("11-2", "How fast does it grow?")
def steps_per_tenfold(answer, rng):
    function(answer, 1)
    for tenfold in (15, 30, 45):
        exponents = -7 + np.arange(300) / tenfold + 0.1 * rng.standard_normal(300)
        found = number(answer((10.0**exponents).tolist()), "What steps_per_tenfold(differences) returns")
        require(
            not close(found, tenfold / math.log(10), 0.1),
            f"After about {tenfold} steps the difference is ten times as large, and you return {found:.1f}.",
            "After that many steps it is e times as large. Which logarithm counts the factors of ten?",
        )
        require(
            close(found, tenfold, 0.1),
            f"After about {tenfold} steps the difference is ten times as large, and you return {found:.3g}.",
            "On a logarithmic axis the differences lie on a straight line. Its slope says how many factors of ten one step "
            "makes, and you are asked how many steps one factor of ten takes.",
        )


def curve(rng, n, size):
    return (size * 10 ** rng.uniform(-0.3, 0.3, n)).tolist()


@exercise("11-3", "Rounding or a bug?")
def first_suspect(answer, rng):
    function(answer, 3)
    n, floor = 60, 1e-5

    def ask(differences, ruler):
        found = answer(list(differences), list(ruler), floor)
        require(
            found is None or (isinstance(found, int | np.integer) and not isinstance(found, bool)),
            f"first_suspect returns {found!r}, which is neither a step nor None.",
        )
        return found

    place = int(rng.integers(20, 40))
    differences, ruler = curve(rng, n, 1e-4), curve(rng, n, 1e-4)
    differences[place] = 0.1
    found = ask(differences, ruler)
    require(
        found is not None,
        f"In step {place + 1} the difference is 0.1 and the ruler has never shown more than {max(ruler):.0e}; you return "
        "None.",
        "The function returns as soon as it has found such a step.",
    )
    require(
        found != place,
        f"The first suspect is step {place + 1}, and you return {found}.",
        "Steps are counted from 1, places in a list from 0.",
    )
    require(found == place + 1, f"The first suspect is step {place + 1}, and you return {found}.")
    differences[place + 5] = 0.5
    require(
        ask(differences, ruler) == place + 1,
        f"There are two suspects, steps {place + 1} and {place + 6}; you return {ask(differences, ruler)}.",
        "The first one counts: everything after it may be a consequence.",
    )

    differences, ruler = curve(rng, n, 1e-4), curve(rng, n, 1e-4)
    ruler[place], differences[place + 8] = 0.05, 0.1
    found = ask(differences, ruler)
    require(
        found is None,
        f"You return step {found}. But in step {place + 1} the ruler had already shown 0.05, and from then on 0.1 is no "
        "surprise.",
        "Two runs rarely meet the same kink in the same step. Hold a step against the largest that the ruler has shown "
        "up to there.",
    )
    differences, ruler = curve(rng, n, 1e-4), curve(rng, n, 1e-4)
    differences[place], ruler[place + 8] = 0.1, 0.5
    require(
        ask(differences, ruler) == place + 1,
        f"In step {place + 1} the difference is 0.1, and the ruler shows 0.5 only eight steps later; you return "
        f"{ask(differences, ruler)}.",
        "What the ruler shows later explains nothing that came before.",
    )

    differences, ruler = curve(rng, n, 1e-7), [0.0] * n
    found = ask(differences, ruler)
    require(
        found is None,
        f"You return step {found}, whose difference is {differences[(found or 1) - 1]:.0e}, less than the floor {floor:.0e}.",
        "Of a difference below the floor nobody is suspicious, even if the ruler shows zero.",
    )


@exercise("11-4", "A second head")
def with_second_head(answer, rng):
    function(answer, 2)
    make_net = cells("11", "setup", "net").make_net
    seed = int(rng.integers(1000))

    def ask():
        torch.rand(int(rng.integers(1, 50)))  # whatever happened before
        pair = answer(torch, seed)
        right = isinstance(pair, tuple | list) and len(pair) == 2
        require(
            right and all(isinstance(net, torch.nn.Module) for net in pair),
            f"with_second_head returns {type(pair).__name__}, not a pair of modules.",
            "End with `return body, head`.",
        )
        body, head = pair
        require(
            isinstance(head, torch.nn.Linear) and tuple(head.weight.shape) == (3, 64),
            f"The second of the pair is not the head, a Linear(64, 3), but a {type(head).__name__}.",
            "First the body, then the head.",
        )
        return body, head

    expected = list(make_net(torch, seed).parameters())
    body, head = ask()
    found = list(body.parameters())
    same = len(found) == len(expected) and all(
        a.shape == b.shape and bool((a == b).all()) for a, b in zip(found, expected, strict=True)
    )
    require(
        same,
        "The body has other weights than make_net gives with this seed.",
        "The head's numbers come out of the same sequence. Who must draw first, so that nobody notices the other?",
    )
    require(
        all(bool((a == b).all()) for a, b in zip(head.parameters(), ask()[1].parameters(), strict=True)),
        "Called twice with the same seed, you give the head two different sets of weights.",
        "When the head is drawn, it must be known where in the sequence the engine stands. Behind which line is it?",
    )
    start = found[0].reshape(-1)[: head.weight.numel()]
    require(
        not close(head.weight.reshape(-1), start),
        "The head's weights are the first weights of the body once more.",
        "Seeding again starts the sequence from its beginning. Random numbers that are to be independent come from one "
        "sequence, one after the other.",
    )
