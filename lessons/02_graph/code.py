# %% setup
import math
from itertools import count

import minitorch as torch
from minitorch.lessons import check, pictures, pytorch, show

# %% number
clock = count()


class Number:
    """Lesson 1's number."""

    def __init__(self, value, parents=()):
        self.value = value
        self.parents = parents
        self.grad = 0.0
        self.serial = next(clock)  # new: 0, 1, 2, …

    def __add__(self, other):
        value = self.value + other.value
        return Number(value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        value = self.value * other.value
        return Number(value, ((self, other.value), (other, self.value)))


def walk_back(number, grad=1.0):
    """Lesson 1's way back. Returns its visits."""
    number.grad += grad
    visits = 1
    for parent, local in number.parents:
        visits += walk_back(parent, grad * local)
    return visits


# %% diamond
def diamond(x, half):
    left = x * half
    right = x * half
    return left + right


def chain(x, half, n):
    """n diamonds, one behind the other."""
    for _ in range(n):
        x = diamond(x, half)
    return x


# %% diamonds tags=["hide-input"]
plt = pictures()


def circle(x, y, text, colour):
    plt.scatter(x, y, s=700, color=colour, zorder=2)
    plt.text(x, y, text, color="white", ha="center", va="center")


plt.figure(figsize=(4.4, 2.2))
for i in range(3):
    for side in (-0.6, 0.6):
        plt.plot([i, i + 0.5, i + 1], [0, side, 0], color="C1", zorder=1)
        circle(i + 0.5, side, "· ½", "C2")
for i in range(4):
    circle(i, 0, "x" if i == 0 else "+", "C0")
    ways = "1 way" if i == 0 else f"{2**i} ways"
    plt.text(i, -0.45, ways, ha="center")
plt.axis([-0.3, 3.4, -0.9, 0.9])
plt.axis("off")
plt.show()

# %% count-visits
for n in [1, 2, 3, 10, 15]:
    x = Number(3.0)
    end = chain(x, Number(0.5), n)
    visits = walk_back(end)
    print(f"{n:2} diamonds, {3 * n + 2:2} numbers:", end=" ")
    print(f"{visits:7,} visits, slope {x.grad}")


# %% once
def walk(order):
    """Each number passes on what it has, once."""
    order[0].grad = 1.0
    for number in order:
        for parent, local in number.parents:
            parent.grad += number.grad * local


def f(x):
    a = x * x
    b = a * x
    z = a + b
    return z, a, b


x = Number(2.0)
z, a, b = f(x)
walk([z, a, b])
print("the walk says", x.grad)

h = 0.0001
slope = (f(2.0 + h)[0] - f(2.0 - h)[0]) / (2 * h)
print(f"small steps say {slope:.4f}")

# %% wrong-order tags=["hide-input"]
spots = {"z": (1.0, 3), "b": (0.3, 2), "a": (1.4, 1), "x": (0.3, 0)}
lines = {"za": "1", "zb": "1", "ba": "2", "bx": "4", "ax": "2 + 2"}

plt.figure(figsize=(4.4, 3.4))
for (user, parent), local in lines.items():
    is_late = user + parent == "ba"
    colour, style = ("C3", "--") if is_late else ("C1", "-")
    (x1, y1), (x2, y2) = spots[user], spots[parent]
    plt.plot([x1, x2], [y1, y2], style, color=colour, zorder=1)
    is_left = user + parent in ("bx", "zb")
    middle = (x1 + x2) / 2 + (-0.1 if is_left else 0.1), (y1 + y2) / 2
    if user + parent == "ax":
        middle = middle[0], middle[1] - 0.3
    plt.text(*middle, local, color=colour, ha="right" if is_left else "left")
turns = {"z": "first turn", "a": "second turn", "b": "third turn", "x": ""}
for name, (left, top) in spots.items():
    circle(left, top, name, "C0")
    is_left = left < 0.5
    place = left + (-0.18 if is_left else 0.18), top
    plt.text(*place, turns[name], ha="right" if is_left else "left", va="center")
plt.axis([-0.6, 2.3, -0.4, 3.4])
plt.axis("off")
plt.show()

# %% right-order
x = Number(2.0)
z, a, b = f(x)
walk([z, b, a])
x.grad


# %% in-order
def walk_in_order(end):
    end.grad = 1.0
    pending = {end}
    visits = 0
    while pending:
        number = max(pending, key=lambda n: n.serial)
        pending.remove(number)
        visits += 1
        for parent, local in number.parents:
            parent.grad += number.grad * local
            pending.add(parent)
    return visits


x = Number(2.0)
z, a, b = f(x)
walk_in_order(z)
x.grad

# %% count-again
for n in [1, 2, 3, 10, 15, 1000]:
    x = Number(3.0)
    end = chain(x, Number(0.5), n)
    visits = walk_in_order(end)
    print(f"{n:4} diamonds: {visits:5,} visits,", end=" ")
    print("slope", x.grad)


# %% curves tags=["hide-input"]
def visits_of(walk):
    return [walk(chain(Number(3.0), Number(0.5), n)) for n in lengths]


lengths = range(1, 15)
plt.plot(lengths, visits_of(walk_back), "C1o-")
plt.plot(lengths, visits_of(walk_in_order), "C0o-")
plt.text(11, 40_000, "every way", color="C1", ha="right")
plt.text(14, 85, "in order", color="C0", ha="right")
plt.yscale("log")
plt.xticks(range(2, 15, 4))
plt.xlabel("diamonds")
plt.ylabel("visits")
plt.grid()
plt.show()

# %% sequence
x = torch.tensor(2.0, requires_grad=True)
z, a, b = f(x)

first = a.grad_fn.sequence_nr
for name, tensor in [("a", a), ("b", b), ("z", z)]:
    node = tensor.grad_fn
    later = node.sequence_nr - first
    print(name, node.name(), "first +", later)

# %% draw
names = {"x": x, "a": a, "b": b, "z": z}
torch.draw(z, names=names)

# %% explain
from pathlib import Path

Path("out").mkdir(exist_ok=True)
page = torch.explain(z, "out/02_graph.html", names=names)
print("open", page.as_posix(), "in your browser")


# %% hooks
def tell(name):
    def hook(passed_on, received):
        got = received[0].item()
        sent = [g.item() for g in passed_on]
        print(name, "received", got, "and sends", sent)

    return hook


for name, tensor in [("a", a), ("b", b), ("z", z)]:
    tensor.grad_fn.register_hook(tell(name))
z.backward()
print("x received", x.grad.item())

# %% engine-head
from textwrap import fill

from minitorch.autograd import engine

for paragraph in engine.__doc__.strip().split("\n\n"):
    print(fill(paragraph, 44), end="\n\n")

# %% engine-walk
show(engine.walk)

# %% length tags=["parameters"] short={"diamonds": 3334, "long": 10000}
diamonds = 33_334
long = 100_000

# %% long
x = torch.tensor(3.0, requires_grad=True)
end = chain(x, 0.5, diamonds)
end.backward()

digits = int(diamonds * math.log10(2)) + 1
print(f"{3 * diamonds:,} operations, slope {x.grad.item()}")
print(f"the number of ways has {digits:,} digits")


# %% recursion
def row(x, n):
    """x, and n times 1 added to it."""
    for _ in range(n):
        x = x + Number(1.0)
    return x


try:
    walk_back(row(Number(3.0), long))
except RecursionError:
    print("walk_back: too many calls inside each other")

x = Number(3.0)
visits = walk_in_order(row(x, long))
print(f"walk_in_order: {visits:,} visits, slope {x.grad}")

# %% accumulate
x = torch.tensor(3.0, requires_grad=True)

(x * x).backward()
print("first: ", x.grad.item())

(x * x).backward()
print("second:", x.grad.item())

# %% zeroed
x.grad = None
(x * x).backward()
print("zeroed before:", x.grad.item())


# %% descent
def descend(steps, is_zeroed):
    """Gradient descent on (x − 3)², beginning at 0."""
    x = torch.tensor(0.0, requires_grad=True)
    path = []
    for _ in range(steps):
        path.append(x.item())
        if is_zeroed:
            x.grad = None
        loss = (x - 3.0) * (x - 3.0)
        loss.backward()
        with torch.no_grad():
            x -= 0.1 * x.grad
    return path


right = descend(40, is_zeroed=True)
wrong = descend(40, is_zeroed=False)
print(f"after 40 steps: {right[-1]:.3f} and {wrong[-1]:.3f}")

# %% paths tags=["hide-input"]
plt.axhline(3, lw=1, ls="--", color="C4")
plt.plot(wrong, "C1")
plt.plot(right, "C0")
plt.text(20, 2.25, "zeroed", color="C0", ha="center")
plt.text(21, 6.4, "not zeroed", color="C1", ha="center")
plt.ylim(-0.5, 7.2)
plt.xlabel("step")
plt.ylabel("x")
plt.show()

# %% pytorch
real = pytorch()
if real is not None:
    x1 = torch.tensor(2.0, requires_grad=True)
    x2 = real.tensor(2.0, requires_grad=True)
    f(x1)[0].backward()
    f(x2)[0].backward()
    chain(x1, 0.5, 1000).backward()
    chain(x2, 0.5, 1000).backward()
    print("minitorch:", x1.grad.item())
    print("PyTorch:  ", x2.grad.item())
    assert x1.grad.item() == x2.grad.item()

# %% exercise-1 tags=["exercise"]
# c = x · y
# d = x + y
# e = c · d
# u = e + d
order = ...  # the four results, such as "c d e u"

check("02-1", order)


# %% exercise-2 tags=["exercise"]
def count_ways(end, start):
    """How many ways lead from end back to start."""
    return ...


check("02-2", count_ways)


# %% exercise-3 tags=["exercise"]
def walk_by_counting(end):
    """Set the grad of all numbers below end."""
    return ...


check("02-3", walk_by_counting)


# %% exercise-4 tags=["exercise"]
def mean_gradient(w, losses):
    """The gradient of the mean of all loss(w)."""
    return ...


check("02-4", mean_gradient)
