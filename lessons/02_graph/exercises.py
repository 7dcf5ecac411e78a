"""The checks of lesson 2's exercises."""

from itertools import count

import minitorch as torch
from minitorch.lessons.checking import Refused, close, exercise, function, number, require

PARENTS = {"u": "ed", "e": "cd", "d": "xy", "c": "xy"}
TOO_EARLY = "Wait with a number until everything that was made from it has had its turn."


@exercise("02-1", "An order for the way back")
def order(answer, rng):
    words = answer.split() if isinstance(answer, str) else answer
    readable = isinstance(words, list | tuple) and all(isinstance(word, str) for word in words)
    require(readable, f"The answer is {answer!r}.", 'It is a text with four letters and spaces, such as "c d e u".')
    require(
        sorted(words) == sorted(PARENTS),
        f"Each of the results c, d, e and u has one turn; your order is {' '.join(words)}.",
        "x and y are leaves and pass nothing on.",
    )
    for i, word in enumerate(words):
        late = [user for user in words[i + 1 :] if word in PARENTS[user]]
        require(
            not late,
            f"When {word} has its turn, it has not yet received the part that {' and '.join(late)} will send.",
            TOO_EARLY,
        )


def counted(is_numbered, times=10):
    """A class like the lesson's Number, whose parents can be asked for `times` times per number, and no oftener."""
    clock = count()
    asked = count()

    class Number:
        def __init__(self, value, parents=()):
            self.value, self.grad = value, 0.0
            self._parents, self._serial = tuple(parents), next(clock)
            Number.made = self._serial + 1

        @property
        def parents(self):
            if next(asked) > times * Number.made + 50:
                raise Refused(
                    f"With {Number.made} numbers, your function has asked for parents {times} times as often, and gave up.",
                    "It goes from a number to its parents again each time that a way leads there. A number may be "
                    "looked at once.",
                )
            return self._parents

        @property
        def serial(self):
            if not is_numbered:
                raise Refused("Your function asks for serial numbers, which these numbers lack.", "Count users instead.")
            return self._serial

    return Number


def product(Number, a, b):
    return Number(a.value * b.value, ((a, b.value), (b, a.value)))


def total(Number, a, b):
    return Number(a.value + b.value, ((a, 1.0), (b, 1.0)))


def diamonds(Number, n):
    """The end and the beginning of so many diamonds."""
    start = x = Number(1.5)
    half = Number(0.5)
    for _ in range(n):
        x = total(Number, product(Number, x, half), product(Number, x, half))
    return x, start


def random_graph(Number, rng, size=8):
    """Numbers made from each other at random: all of them, and the same calculation with tensors.

    Some are multiplied by themselves, and the last one is made, directly or not, from every other.
    """
    values = rng.uniform(0.5, 1.2, 2).tolist()
    numbers = [Number(v) for v in values]
    tensors = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in values]
    unused = {0, 1}

    def append(kind, i, j):
        numbers.append(kind(Number, numbers[i], numbers[j]))
        tensors.append(tensors[i] * tensors[j] if kind is product else tensors[i] + tensors[j])
        tensors[-1].retain_grad()
        unused.difference_update((i, j))
        unused.add(len(numbers) - 1)

    for _ in range(size):
        i, j = rng.integers(0, len(numbers), 2).tolist()
        append(product, i, i if rng.random() < 0.3 else j)
    while len(unused) > 1:
        i, j = rng.permutation(sorted(unused))[:2].tolist()
        append(total, i, j)
    return numbers, tensors


@exercise("02-2", "How many ways")
def count_ways(answer, rng):
    function(answer, 2)
    for _ in range(5):
        Number = counted(is_numbered=True, times=1000)
        numbers, _ = random_graph(Number, rng)
        ways = {numbers[1]: 1}
        for later in numbers:  # from the beginning to the end, the other way than the learner
            if later not in ways:
                ways[later] = sum(ways.get(parent, 0) for parent, _ in later._parents)
        found = number(answer(numbers[-1], numbers[1]), "What count_ways returns")
        require(
            close(found, ways[numbers[-1]]),
            f"In a graph of {len(numbers)} numbers {ways[numbers[-1]]} ways lead from the end to the start; you return "
            f"{found:g}.",
            "As many ways lead to a number as lead to all its users together, whatever the local derivatives are. And a "
            "number needs its whole count before it passes it on.",
        )
    end, start = diamonds(counted(is_numbered=True), 60)
    found = number(answer(end, start), "What count_ways returns")
    require(
        found == 2**60,
        f"Through 60 diamonds lead {2**60} ways; you return {found:.0f}.",
        "Each diamond doubles them.",
    )


@exercise("02-3", "The way back by counting users")
def walk_by_counting(answer, rng):
    function(answer, 1)
    for _ in range(20):
        Number = counted(is_numbered=False)
        numbers, tensors = random_graph(Number, rng)
        answer(numbers[-1])
        require(
            close(number(numbers[-1].grad, "The grad of the end"), 1.0),
            f"The gradient of the end itself is {numbers[-1].grad}.",
            "How fast does a number change with itself?",
        )
        tensors[-1].backward()
        for n, t in zip(reversed(numbers), reversed(tensors), strict=True):
            expected = 0.0 if t.grad is None else t.grad.item()
            found = number(n.grad, "A gradient")
            require(
                close(found, expected),
                f"In a graph of {len(numbers)} numbers, one has the gradient {expected:.4f} and gets {found:.4f} from you.",
                "A number made as a · a uses its parent twice, and sends to it twice. Does it count as two users?"
                if found < expected
                else "A number passes on what it has once, when the last of its users has sent its part.",
            )
    end, start = diamonds(counted(is_numbered=False), 400)
    answer(end)
    require(close(start.grad, 1.0), f"Through 400 diamonds the slope is 1, and you find {start.grad}.")


@exercise("02-4", "A gradient in parts")
def mean_gradient(answer, rng):
    function(answer, 2)
    for parts in (1, 4, 5):
        a, b = rng.uniform(0.5, 2, (2, parts))
        losses = [lambda w, a=float(a), b=float(b): a * w * w + b * w for a, b in zip(a, b, strict=True)]
        value = float(rng.uniform(0.5, 2))
        w = torch.tensor(value, dtype=torch.float64, requires_grad=True)
        (7.0 * w).backward()  # somebody has used it before
        found = number(answer(w, losses), "What mean_gradient returns")

        def mean(w, losses=losses):
            return sum(loss(w) for loss in losses) / len(losses)

        h = 1e-5
        numeric = (mean(value + h) - mean(value - h)) / (2 * h)
        last = (losses[-1](value + h) - losses[-1](value - h)) / (2 * h)
        problem = f"With {parts} losses, small steps of w show {numeric:.4f} for their mean; you return {found:.4f}."
        right = close(found, numeric, 1e-5)
        leftover = close(found, numeric + 7, 1e-5) or close(found, numeric + 7 / parts, 1e-5)
        require(right or not leftover, problem, "What was in w.grad before your function was called?")
        of_sum = close(found, numeric * parts, 1e-5) or close(found, numeric * parts + 7, 1e-5)
        require(right or not of_sum, problem, "That is the gradient of the sum of the losses, not of their mean.")
        of_last = close(found, last, 1e-5) or close(found, last / parts, 1e-5)
        require(right or not of_last, problem, "That is the last loss alone. When does w.grad have to be empty?")
        require(right, problem, "Each loss adds its own gradient to w.grad.")


