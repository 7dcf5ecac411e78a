# %% setup
from textwrap import fill

import minitorch as torch
from minitorch.lessons import check, pictures, pytorch, show

seeded = torch.manual_seed(0)

# %% steps
x = torch.tensor(1.0, dtype=torch.float64)
right = x.cos()  # the derivative of the sine

for h in [1e-1, 1e-3, 1e-5, 1e-7, 1e-9, 1e-11, 1e-13]:
    slope = ((x + h).sin() - (x - h).sin()) / (2 * h)
    off = (slope - right).abs()
    print(f"h = {h:.0e}  {slope:.12f}  off by {off:.0e}")

# %% truncation
for h in [0.1, 0.01, 0.001]:
    slope = ((x + h).sin() - (x - h).sin()) / (2 * h)
    off, formula = (slope - right).abs(), h * h / 6 * x.cos()
    print(f"h = {h:<5}  {off:.4e}  {formula:.4e}")

# %% spacing
for dtype in [torch.float64, torch.float32]:
    one = torch.tensor(1.0, dtype=dtype)
    eps = torch.finfo(dtype).eps
    lost = bool(one + eps / 4 == one)
    print(f"ε = {eps:.1e}   1 + ε/4 == 1: {lost}   {dtype}")


# %% both-errors
def errors(h, dtype):
    """How far the slope of the sine at 1 is off, for many steps h at once."""
    above, below = (1 + h).to(dtype), (1 - h).to(dtype)
    change = above.sin().double() - below.sin().double()
    slope = change / (above.double() - below.double())
    return (slope - right).abs()


def truncation(h):
    return h**2 / 6 * x.cos()


def rounding(h, dtype):
    return torch.finfo(dtype).eps * x.sin() / (2 * h)


# %% valley tags=["hide-input"]
plt = pictures()

for dtype, smallest, colour in [(torch.float64, -15, "C0"), (torch.float32, -7, "C1")]:
    h = 10 ** torch.linspace(0, smallest, 12 * -smallest, dtype=torch.float64)
    name = str(dtype).rpartition(".")[2]
    plt.loglog(h, errors(h, dtype), ".", ms=4, color=colour, label=name)
    line = rounding(h, dtype)
    plt.loglog(h[line < 1], line[line < 1], "--", lw=1.2, color=colour)
h = 10 ** torch.linspace(0, -6.5, 50, dtype=torch.float64)
plt.loglog(h, truncation(h), "--", lw=1.2, color="C2", label="h²/6 · |f‴|")
plt.ylim(1e-14, 3)
plt.xlabel("step h")
plt.ylabel("error of the slope")
plt.legend(fontsize=10, loc="lower left", bbox_to_anchor=(0, 0))
plt.show()

# %% best
size, third = x.sin(), x.cos()

for dtype in [torch.float64, torch.float32]:
    eps = torch.finfo(dtype).eps
    h = (3 * eps * size / (2 * third)) ** (1 / 3)
    expected = truncation(h) + rounding(h, dtype)
    found = errors(h, dtype)
    print(f"{dtype}: best h {h:.1e}")
    print(f"  error {found:.0e}, at most {expected:.0e}")


# %% own-check
def small_steps(f, x, v, h=6e-6):
    """The derivatives of Σ v·f(x), one element of x after the other."""
    slopes = torch.zeros_like(x)
    for place in range(x.numel()):
        step = torch.zeros_like(x)
        step.view(-1)[place] = h
        change = f(x + step) - f(x - step)
        slopes.view(-1)[place] = (v * change).sum() / (2 * h)
    return slopes


def walk_back(f, x, v):
    """The same from backward."""
    x = x.clone().requires_grad_()
    f(x).backward(v)
    return x.grad


def off_by(f, x, v):
    return (small_steps(f, x, v) - walk_back(f, x, v)).abs().max().item()


# %% own-check-used
def softmax(x):
    return x.softmax(1)


x = torch.randn(3, 4, dtype=torch.float64)
v = torch.randn(3, 4, dtype=torch.float64)

print(f"largest gradient {walk_back(softmax, x, v).abs().max():.3f}")
print(f"off by           {off_by(softmax, x, v):.0e}")


# %% broken-softmax
class Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x.softmax(1)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        # y * (g - (g * y).sum(1, keepdim=True))
        return 0 * g


class Roll(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):  # everything moves one place to the right
        return x.roll(1, 1)

    @staticmethod
    def backward(ctx, g):
        return g.clone()  # g.roll(-1, 1)


# %% ones
ones = torch.ones_like(x)

for broken in [Softmax, Roll]:
    name = broken.__name__
    print(f"{name:8} with ones:  {off_by(broken.apply, x, ones):.0e}")
    print(f"{name:8} with random: {off_by(broken.apply, x, v):.2f}")

# %% gradcheck
leaf = x.clone().requires_grad_()
print("softmax:", torch.autograd.gradcheck(softmax, leaf))

try:
    torch.autograd.gradcheck(Softmax.apply, leaf)
except RuntimeError as error:
    for line in str(error).splitlines():
        print(fill(line, 42, subsequent_indent="    "))

# %% check-gradient
from minitorch.testing import check_gradient

report = check_gradient(Roll.apply, [x])
report

# %% show-slopes
from minitorch.autograd.differences import slopes

show(slopes)


# %% maker
def function(name, forth, back, engine=torch):
    """An autograd.Function that saves its inputs and hands them to `back`."""

    class Made(engine.autograd.Function):
        forward = staticmethod(forth)

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, g):
            return back(g, *ctx.saved_tensors)

    Made.__name__ = name
    return Made.apply


def verdict(report):
    print(report.headline)
    for name, found in report.diagnoses:
        print(f"{name or 'as a whole'}: {found.kind}")
        for text in (found.seen, found.look):
            print(fill(text, 42, initial_indent="  ", subsequent_indent="  "))


# %% factor
square = function("square", lambda x: x * x, lambda g, x: g * x)
verdict(check_gradient(square, [x]))

# %% mean
mean = function(
    "mean", lambda x: x.mean(1), lambda g, x: g[:, None].expand(x.shape)
)
verdict(check_gradient(mean, [x]))

# %% transposed
matmul = function(
    "matmul", lambda x, w: x @ w, lambda g, x, w: (g @ w.T, g.T @ x)
)
w = torch.randn(4, 4, dtype=torch.float64)
verdict(check_gradient(matmul, [x, w]))

# %% oblong
w = torch.randn(4, 2, dtype=torch.float64)
verdict(check_gradient(matmul, [x, w]))

# %% broadcast
add = function("add", lambda x, b: x + b, lambda g, x, b: (g, g))
b = torch.randn(4, dtype=torch.float64)
verdict(check_gradient(add, [x, b]))

# %% broadcast-numpy
import numpy as np


def add_bias(x, b):
    return x + b


verdict(
    check_gradient(
        add_bias,
        [np.random.randn(3, 4), np.random.randn(4)],
        gradient=lambda g, x, b: (g, g),
    )
)

# %% broadcast-first
add = function("add", lambda x, b: x + b, lambda g, x, b: (g, g[0]))
verdict(check_gradient(add, [x, b]))


# %% in-place
def careless(x):
    y = x.exp()
    z = y * y  # saves y, for backward
    y.add_(1)  # and here y changes
    return z


verdict(check_gradient(careless, [x]))


# %% in-place-hidden
def sly(x):
    y = x.exp()
    z = y * y
    y.data.add_(1)
    return z


verdict(check_gradient(sly, [x]))

# %% kink
zero = torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64)
zero.requires_grad_()

for h in [1e-2, 1e-4]:
    down, here, up = [torch.relu(zero + t).detach() for t in (-h, 0, h)]
    print("to the left ", ((here - down) / h).round(decimals=6).tolist())
    print("to the right", ((up - here) / h).round(decimals=6).tolist())

torch.relu(zero).sum().backward()
print("backward    ", zero.grad.tolist())

# %% kink-checked
agrees = torch.autograd.gradcheck(torch.relu, zero, raise_exception=False)
print("gradcheck:", agrees)
report = check_gradient(torch.relu, [zero])
print("check_gradient:", report.ok, "·", report.inputs[0].verdict)

# %% kink-wrong
relu = function(
    "relu", torch.relu, lambda g, x: g * ((x > 0) + 2.0 * (x == 0))
)
verdict(check_gradient(relu, [zero]))

# %% second
cube = function(
    "cube", lambda x: x**3, lambda g, x: 3 * g * x.detach() ** 2
)
report = check_gradient(cube, [x], order=2)
print(report.headline)
verdict(report.second)

# %% module
net = torch.nn.Sequential(
    torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2)
)
report = check_gradient(net, torch.randn(3, 4))
report

# %% known-bad
from minitorch.testing.command import main

status = main(["--known-bad"])

# %% pytorch
real = pytorch()
if real is not None:
    values = real.tensor(x.tolist(), dtype=real.float64)
    broken = function("square", lambda x: x * x, lambda g, x: g * x, engine=real)
    verdict(check_gradient(broken, [values]))

    sound = check_gradient(real.nn.functional.gelu, [values], order=2)
    print(sound.headline)
    ours = check_gradient(torch.nn.functional.gelu, [x], order=2)
    print(ours.headline)
    a, b = [r.inputs[0].analytic_gradient for r in (sound, ours)]
    apart = abs(a - b)
    print(f"largest gradient {abs(a).max():.2f}, apart {apart.max():.0e}")
    assert sound.ok and ours.ok and apart.max() < 1e-12


# %% exercise-1 tags=["exercise"]
def best_step(size, second, eps):
    """The best h for (f(x + h) − f(x)) / h, where |f| = size and |f″| = second."""
    return ...


check("10-1", best_step)


# %% exercise-2 tags=["exercise"]
def blind(x):
    """A cotangent, not zero, for which y·g is the right gradient of y = softmax(x)."""
    return ...


check("10-2", blind)


# %% exercise-3 tags=["exercise"]
class Differences(torch.autograd.Function):
    """What each element adds to the one before it: y[:, i] = x[:, i + 1] − x[:, i]."""

    @staticmethod
    def forward(ctx, x):
        ctx.shape = x.shape
        return x[:, 1:] - x[:, :-1]

    @staticmethod
    def backward(ctx, g):
        gx = torch.zeros(ctx.shape, dtype=g.dtype)
        gx[:, :-1] -= g
        gx[:, 1:-1] += g[:, :-1]
        return gx


check("10-3", Differences)


# %% exercise-4 tags=["exercise"]
class Clip(torch.autograd.Function):
    """x, but never below −1 and never above 1."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(-1, 1)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (x < 1)


check("10-4", Clip)


# %% exercise-5 tags=["exercise"]
class Shares(torch.autograd.Function):
    """Each element's share of its row's sum."""

    @staticmethod
    def forward(ctx, x):
        s = x.sum(1, keepdim=True)
        ctx.save_for_backward(x, s)
        return x / s

    @staticmethod
    def backward(ctx, g):
        x, s = ctx.saved_tensors
        return g / s


check("10-5", Shares)
