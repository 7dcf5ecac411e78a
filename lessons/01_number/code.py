# %% setup
import minitorch as torch
from minitorch.lessons import check, pictures, pytorch, show

# %% multiply
x, y = 3.0, 4.0
z = x * y
z

# %% nudge
h = 0.01
change = (x + h) * y - x * y

print(f"x grew by {h}, z grew by {change:.4f}")
print(f"change of z per change of x: {change / h:.4f}")

# %% rectangle tags=["hide-input"]
plt = pictures()


def rectangle(left, width, height, colour, label):
    plt.bar(left, height, width, align="edge", color=colour)
    plt.text(left + width / 2, height / 2, label, ha="center", color="white")


wide = 0.7  # much larger than h above, to be seen
rectangle(0, x, y, "C0", "x · y")
rectangle(x, wide, y, "C1", "h · y")
plt.xticks([0, x, x + wide], ["0", "x", "x + h"])
plt.yticks([0, y], ["0", "y"])
plt.show()

# %% twice
def f(x, y):
    return x * y + x


change = f(x + h, y) - f(x, y)
print(f"change of w per change of x: {change / h:.4f}")


# %% number
class Number:
    """A number that remembers how it was made."""

    def __init__(self, value, parents=()):
        self.value = value
        self.parents = parents  # pairs: a parent, and the local derivative
        self.grad = 0.0  # how fast the end changes with this number

    def __add__(self, other):
        value = self.value + other.value
        return Number(value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        value = self.value * other.value
        return Number(value, ((self, other.value), (other, self.value)))

    def __repr__(self):
        return f"Number({self.value}, grad={self.grad})"


# %% remember
a = Number(3.0)
b = Number(4.0)
p = a * b
w = p + a

for name, number in [("w", w), ("p", p), ("a", a)]:
    pairs = [(parent.value, local) for parent, local in number.parents]
    print(name, "=", number.value, "made from", pairs)

# %% ways tags=["hide-input"]
spots = {w: (1.2, 2), p: (0.4, 1), a: (1.6, 0), b: (0, 0)}
names = {w: "w", p: "p", a: "a", b: "b"}

for number, (left, top) in spots.items():
    for parent, local in number.parents:
        parent_left, parent_top = spots[parent]
        plt.plot([left, parent_left], [top, parent_top], color="C1", zorder=1)
        middle = (left + parent_left) / 2 + 0.12, (top + parent_top) / 2
        plt.text(*middle, f"{local:g}", color="C1")
    plt.scatter(left, top, s=900, color="C0", zorder=2)
    plt.text(left, top, names[number], color="white", ha="center", va="center")
plt.axis([-0.3, 2, -0.4, 2.4])
plt.axis("off")
plt.show()

# %% by-hand
w.grad = 1.0

for parent, local in w.parents:
    parent.grad += w.grad * local
print("after the sum:     p", p.grad, " a", a.grad, " b", b.grad)

for parent, local in p.parents:
    parent.grad += p.grad * local
print("after the product: p", p.grad, " a", a.grad, " b", b.grad)


# %% walk-back
def walk_back(number, grad=1.0):
    number.grad += grad
    for parent, local in number.parents:
        walk_back(parent, grad * local)


a, b = Number(3.0), Number(4.0)
walk_back(a * b + a)
a.grad, b.grad

# %% minitorch
x = torch.tensor(3.0, requires_grad=True)
y = torch.tensor(4.0, requires_grad=True)
p = x * y
w = p + x
print(w)
print(p)

# %% parents
for node in [w.grad_fn, p.grad_fn]:
    inputs = [earlier.name() for earlier, _ in node.next_functions]
    print(node.name(), "was given", inputs)

# %% backward
w.backward()
x.grad, y.grad

# %% show-mul
from minitorch.ops.elementwise.arithmetic import Add, Mul

show(Mul)

# %% show-add
show(Add)


# %% longer
def u(x, y):
    return (x * y + x) * (x + y) * x


a, b = Number(3.0), Number(4.0)
walk_back(u(a, b))

x = torch.tensor(3.0, requires_grad=True)
y = torch.tensor(4.0, requires_grad=True)
u(x, y).backward()

print("Number:   ", a.grad, b.grad)
print("minitorch:", x.grad.item(), y.grad.item())


# %% small-steps
def small_steps(f, x, y, h):
    dx = (f(x + h, y) - f(x - h, y)) / (2 * h)
    dy = (f(x, y + h) - f(x, y - h)) / (2 * h)
    return dx, dy


for h in [0.1, 0.01, 0.001]:
    dx, dy = small_steps(u, 3.0, 4.0, h)
    print(f"h = {h:<6}  {dx:.6f}  {dy:.6f}")

# %% pytorch
real = pytorch()
if real is not None:
    x2 = real.tensor(3.0, requires_grad=True)
    y2 = real.tensor(4.0, requires_grad=True)
    u(x2, y2).backward()
    print("PyTorch:  ", x2.grad.item(), y2.grad.item())
    assert x2.grad.item() == x.grad.item()
    assert y2.grad.item() == y.grad.item()


# %% exercise-1 tags=["exercise"]
def slope(x, y):
    """The derivative of x·x·y with respect to x."""
    return ...


check("01-1", slope)


# %% exercise-2 tags=["exercise"]
def subtract(a, b):
    """The Number a − b, which remembers a and b."""
    return ...


check("01-2", subtract)


# %% exercise-3 tags=["exercise"]
def power(a, n):
    """The Number aⁿ, which remembers a; n is a whole number, and no Number."""
    return ...


check("01-3", power)


# %% exercise-4 tags=["exercise"]
def descend(x, y, rate):
    """A new pair x, y, a little further along where x·y + x falls fastest."""
    return ...


check("01-4", descend)
