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

# %% rectangle
plt = pictures()


def rectangle(corner, width, height, colour, label):
    plt.gca().add_patch(plt.Rectangle(corner, width, height, color=colour, alpha=0.6, linewidth=0))
    plt.annotate(label, (corner[0] + width / 2, corner[1] + height / 2), ha="center", va="center")


step = 0.6  # much larger than h, to be seen
plt.figure(figsize=(5, 3.4))
rectangle((0, 0), x, y, "C0", "x · y")
rectangle((x, 0), step, y, "C1", "h · y")
plt.xticks([0, x, x + step], ["0", "x", "x + h"])
plt.yticks([0, y], ["0", "y"])
plt.axis([0, 4.4, 0, 4.6])
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
        self.parents = parents  # pairs: a number it was made from, and the local derivative
        self.grad = 0.0  # how fast the end result changes with this number; found on the way back

    def __add__(self, other):
        return Number(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Number(self.value * other.value, ((self, other.value), (other, self.value)))

    def __repr__(self):
        return f"Number({self.value}, grad={self.grad})"


# %% remember
a = Number(3.0)
b = Number(4.0)
p = a * b
w = p + a

for name, number in [("w", w), ("p", p), ("a", a)]:
    print(name, "=", number.value, "made from", [(parent.value, local) for parent, local in number.parents])

# %% by-hand
w.grad = 1.0

for parent, local in w.parents:
    parent.grad += w.grad * local
print("after the sum:    ", "p", p, " a", a, " b", b)

for parent, local in p.parents:
    parent.grad += p.grad * local
print("after the product:", "p", p, " a", a, " b", b)


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
print(w.grad_fn)
print(w.grad_fn.next_functions)
print(p.grad_fn.next_functions)

# %% backward
w.backward()
x.grad, y.grad

# %% show-mul
from minitorch.ops.arithmetic import Add, Mul

show(Mul)

# %% show-add
show(Add)


# %% longer
def g(x, y):
    return (x * y + x) * (x + y) * x


a, b = Number(3.0), Number(4.0)
walk_back(g(a, b))

x = torch.tensor(3.0, requires_grad=True)
y = torch.tensor(4.0, requires_grad=True)
g(x, y).backward()

print("Number:   ", a.grad, b.grad)
print("minitorch:", x.grad.item(), y.grad.item())


# %% small-steps
def small_step(f, x, y, h):
    return (f(x + h, y) - f(x - h, y)) / (2 * h), (f(x, y + h) - f(x, y - h)) / (2 * h)


for h in [0.1, 0.01, 0.001]:
    dx, dy = small_step(g, 3.0, 4.0, h)
    print(f"h = {h:<6}  ∂/∂x ≈ {dx:.6f}   ∂/∂y ≈ {dy:.6f}")

# %% pytorch
real = pytorch()
if real is not None:
    x_there = real.tensor(3.0, requires_grad=True)
    y_there = real.tensor(4.0, requires_grad=True)
    g(x_there, y_there).backward()
    print("PyTorch:  ", x_there.grad.item(), y_there.grad.item())
    assert (x_there.grad.item(), y_there.grad.item()) == (x.grad.item(), y.grad.item())


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
