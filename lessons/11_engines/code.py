# %% setup
import minitorch as torch
from minitorch.lessons import check, digits, pictures, pytorch, show

real = pytorch()
if real is None:
    print("Until then minitorch is compared with itself in float64.")

# %% brackets
print((0.1 + 0.2) + 0.3)
print(0.1 + (0.2 + 0.3))

large, one = torch.tensor(1e8), torch.tensor(1.0)  # float32
print((large + one) - large, (large - large) + one)

# %% orders
seeded = torch.manual_seed(0)
numbers = torch.randn(1000)  # float32
exact = numbers.double().sum()

totals = torch.zeros(500)  # one for each of 500 orders
places = torch.stack([torch.randperm(1000) for _ in range(500)])
for k in range(1000):
    totals = totals + numbers[places[:, k]]

print(f"exact sum:  {exact:.9f}")
print(f"smallest:   {totals.min():.9f}")
print(f"largest:    {totals.max():.9f}")
print("different results:", len(totals.unique()))

# %% histogram tags=["hide-input"]
plt = pictures()
off = (totals.double() - exact) * 1e6
plt.hist(off.tolist(), bins=31, color="C0")
plt.axvline(((numbers.sum().double() - exact) * 1e6).item(), color="C1", label="sum()")
plt.xlabel("error of the sum, millionths")
plt.ylabel("orders")
plt.legend()
plt.show()

# %% lost
big, small = torch.tensor(1e4), torch.tensor(0.123456)
total = big + small
kept = total - big  # how much of `small` has arrived
lost = small - kept
print(f"10000 + {small:.6f} = {total:.6f}")
print(f"arrived: {kept:.6f}, lost: {lost:.6f}")

# %% products
a, b = torch.randn(64, 300), torch.randn(300, 64)
ours = a @ b

if real is not None:
    theirs = real.tensor(a.tolist()) @ real.tensor(b.tolist())
else:
    theirs = a.double() @ b.double()
apart = (ours.double() - torch.tensor(theirs.tolist(), dtype=torch.float64)).abs()
print(f"not equal: {(apart > 0).sum().item()} of {apart.numel()} elements")
print(f"{apart.max():.0e} apart, values up to {ours.abs().max():.0f}")


# %% net
def make_net(torch, seed=0):
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Linear(64, 64),
        torch.nn.Tanh(),
        torch.nn.Linear(64, 64),
        torch.nn.Tanh(),
        torch.nn.Linear(64, 10),
    )


# %% same-seed
def bits(net):
    return [weight.tolist() for weight in net.state_dict().values()]


net = make_net(torch)
print([f"{value:.9f}" for value in net[0].weight[0, :3].tolist()])
if real is not None:
    net2 = make_net(real)
    print([f"{value:.9f}" for value in net2[0].weight[0, :3].tolist()])
    print("all weights equal to the last bit:", bits(net) == bits(net2))
    assert bits(net) == bits(net2)

# %% show-uniform
from minitorch.mt19937 import Stream

show(Stream.uniform24)

# %% length tags=["parameters"] short={"steps": 40, "compare": false}
steps = 1200
compare = True  # run the command `minitorch compare`, about a minute

# %% train
images, labels = digits()
images, labels = images.flatten(1).tolist(), labels.tolist()

if real is not None:
    threads = real.get_num_threads()
    real.set_num_threads(1)  # these sums are too small to be shared


def train(torch, dtype="float32", batch=64, steps=steps, change=None):
    """Every step's loss. `change` may do something to the weights before it."""
    net = make_net(torch).to(getattr(torch, dtype))
    x = torch.tensor(images, dtype=getattr(torch, dtype))
    y = torch.tensor(labels)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for step in range(steps):
        place = step % (len(y) // batch)
        if place == 0:  # the next time through the data: shuffle
            order = torch.randperm(len(y))
        rows = order[place * batch :][:batch]
        if change is not None:
            change(torch, list(net.parameters()), step)
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def difference(first, second):
    return [abs(a - b) for a, b in zip(first, second, strict=True)]


# %% calm
def pair(dtype="float32", batch=64):
    """The same training on two engines."""
    if real is not None:
        return train(torch, dtype, batch), train(real, dtype, batch)
    rounded = nudge if dtype == "float64" else None
    first = train(torch, dtype, batch)
    return first, train(torch, "float64", batch, change=rounded)


from minitorch.compare.trace import nudge

ours, theirs = pair()
calm = difference(ours, theirs)
for step in [1, 2, 5, 10, 20, steps]:
    print(f"step {step:4}  {ours[step - 1]:.7f}  {theirs[step - 1]:.7f}")

# %% calm-picture tags=["hide-input"]
def draw(values, colour, label):
    """The largest of every five differences, so that the curve is no thicket."""
    tops = [max(values[i : i + 5]) or None for i in range(0, len(values), 5)]
    at = [1 + 5 * i for i in range(len(tops))]
    plt.semilogy(at, tops, color=colour, label=label, lw=1.4)


plt.semilogy(range(1, steps + 1), ours, color="C5", lw=0.8, label="loss")
draw(calm, "C0", "difference of the losses")
plt.xlabel("step")
plt.legend(fontsize=10)
plt.show()

# %% wild
wild32 = pair("float32", batch=16)
wild64 = pair("float64", batch=16)

grown = difference(*wild32), difference(*wild64)
for name, values in zip(["float32", "float64"], grown, strict=True):
    first = next((k + 1 for k, v in enumerate(values) if v > 0.01), None)
    print(f"{name}: {values[0]:.0e} in step 1, 0.01 in step {first}")

# %% wild-picture tags=["hide-input"]
draw(grown[0], "C1", "float32")
draw(grown[1], "C4", "float64")
plt.xlabel("step")
plt.ylabel("difference of the losses")
plt.legend(fontsize=10)
plt.show()

# %% factor
for rate in [0.1, 1.9, 2.1]:
    w, other = 1.0, 1.0 + 1e-8
    for _ in range(50):
        w, other = w - rate * w, other - rate * other  # the loss is w²/2
    print(f"rate {rate}: after 50 steps {abs(w - other):.0e} apart")

# %% show-nudge
show(nudge)

# %% ruler
engine = torch if real is None else real
rounded_otherwise = train(engine, batch=16, change=nudge)
reference_wild = wild32[0] if real is None else wild32[1]
ruler_wild = difference(reference_wild, rounded_otherwise)

reference = ours if real is None else theirs
ruler_calm = difference(reference, train(engine, change=nudge))

# %% ruler-picture tags=["hide-input"]
draw(grown[0], "C1", "two engines")
draw(ruler_wild, "C3", "ruler: one engine, nudged")
plt.xlabel("step")
plt.ylabel("difference of the losses")
plt.legend(fontsize=10)
plt.show()

# %% bug
from minitorch.ops.elementwise.functions import Tanh

right = Tanh.backward


def leaky(tanh, g):
    return right(tanh, g) + 0.001 * g


def with_bug(batch=64):
    Tanh.backward = leaky
    try:
        return train(torch, batch=batch)
    finally:
        Tanh.backward = right


broken = with_bug()
bug_calm = difference(broken, reference)
print("mean loss of the last 30 steps")
print(f"  sound:  {sum(ours[-30:]) / 30:.5f}")
print(f"  broken: {sum(broken[-30:]) / 30:.5f}")

# %% bug-picture tags=["hide-input"]
draw(bug_calm, "C2", "with the bug")
draw(calm, "C0", "two engines")
draw(ruler_calm, "C3", "ruler")
plt.ylim(top=1)
plt.xlabel("step")
plt.ylabel("difference of the losses")
plt.legend(fontsize=10)
plt.show()

# %% bug-wild
bug_wild = difference(with_bug(batch=16), reference_wild)
print("largest difference of ten steps")
for first in [0, 10, 20, steps - 10]:
    two, bug = max(grown[0][first:][:10]), max(bug_wild[first:][:10])
    print(f"from {first + 1:4}   engines {two:.0e}   bug {bug:.0e}")

# %% show-allowed
import numpy as np

from minitorch.compare.judge import Limits, allowed_losses

show(allowed_losses)

# %% judge
own_steps = list(range(1, steps + 1))
limits = Limits("float32", ruler_moved=True)


def first_beyond(found, losses, ruler):
    """The first step whose difference is larger than is allowed; None if none is."""
    allowed = allowed_losses(np.array(losses), np.array(ruler), own_steps, limits)
    beyond = [k + 1 for k in range(steps) if found[k] > allowed[k]]
    return beyond[0] if beyond else None


print("calm, two engines:", first_beyond(calm, reference, ruler_calm))
print("calm, with bug:   ", first_beyond(bug_calm, reference, ruler_calm))
print("wild, two engines:", first_beyond(grown[0], reference_wild, ruler_wild))
print("wild, with bug:   ", first_beyond(bug_wild, reference_wild, ruler_wild))

# %% script
SCRIPT = """
import sys

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden1, self.tanh1 = nn.Linear(64, 64), nn.Tanh()
        self.hidden2, self.tanh2 = nn.Linear(64, 64), nn.Tanh()
        self.last = nn.Linear(64, 10)

    def forward(self, x):
        x = self.tanh1(self.hidden1(x))
        x = self.tanh2(self.hidden2(x))
        return self.last(x)


if "bug" in sys.argv and torch.__name__ == "minitorch":
    from minitorch.ops.elementwise.functions import Tanh

    right = Tanh.backward
    Tanh.backward = lambda tanh, g: right(tanh, g) + 0.001 * g

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.get_default_dtype()) / 16
data = TensorDataset(images.flatten(1), torch.tensor(digits.target))
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(2):
    for x, y in DataLoader(data, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
"""

# %% command
import subprocess
import sys
from pathlib import Path
from textwrap import fill

folder = Path("out/lesson-11")


def minitorch_compare(*arguments):
    """Run the command, and print what it prints."""
    if real is None or not compare:
        print("left out")
        return
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "train.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "minitorch", "compare", "--no-progress"]
    command += ["--threads", "1", "--out", folder]
    command += [script if word == "train.py" else word for word in arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        print(fill(line, 60, subsequent_indent="      ", break_on_hyphens=False))
    print("exit status", done.returncode)
    print(done.stderr, end="")


minitorch_compare("--ruler", "train.py")

# %% command-bug
minitorch_compare("--locate", "train.py", "bug")

# %% bug-checked
from minitorch.testing import check_gradient

Tanh.backward = leaky
try:
    report = check_gradient(torch.tanh, torch.randn(3, 4, dtype=torch.float64))
finally:
    Tanh.backward = right
print(report.headline)
print(fill(str(report.diagnosis), 42))

# %% pytorch
if real is not None:
    real.set_num_threads(threads)
    print("weights equal to the last bit:", bits(net) == bits(net2))
    print(f"first loss:  {ours[0]:.9f} and {theirs[0]:.9f}")
    assert abs(ours[0] - theirs[0]) < 1e-6
    print(f"in float64:  {wild64[0][0]:.15f}")
    print(f"         and {wild64[1][0]:.15f}")
    assert abs(wild64[0][0] - wild64[1][0]) < 1e-14


# %% exercise-1 tags=["exercise"]
def careful_sum(numbers):
    """The sum of a list of rounded numbers, with hardly any error."""
    return ...


check("11-1", careful_sum)


# %% exercise-2 tags=["exercise"]
def steps_per_tenfold(differences):
    """After how many steps a difference that grows evenly is ten times as large."""
    return ...


check("11-2", steps_per_tenfold)


# %% exercise-3 tags=["exercise"]
def first_suspect(differences, ruler, floor):
    """The first step, counted from 1, that rounding does not explain; or None."""
    return ...


check("11-3", first_suspect)


# %% exercise-4 tags=["exercise"]
def with_second_head(torch, seed):
    """The net of make_net as `body`, and another Linear(64, 3) as `head`: a pair."""
    return ...


check("11-4", with_second_head)
