# %% setup
import json
import time
from textwrap import dedent, fill

import minitorch as torch
from minitorch import nn
from minitorch.lessons import check, lesson_file, pictures, pytorch, show

# %% card
measured = json.loads(lesson_file("12", "measured.json").read_text(encoding="utf-8"))
print("card:", measured["card"])
print("date:", measured["date"])
for library, version in measured["versions"].items():
    print(f"  {library} {version}")
print(measured["command"])

here = torch.cuda.is_available()
print("A GPU in this computer:", "yes" if here else "no")

# %% show-exp
from minitorch.device import array_module
from minitorch.ops.elementwise.functions import Exp

show(Exp)

# %% show-array-module
show(array_module)

# %% move
x = torch.tensor([1.0, 2.0, 3.0])
try:
    y = x.to("cuda").exp()
    print(y)
except (AssertionError, RuntimeError) as error:
    print(fill(f"{type(error).__name__}: {error}", 42))

# %% length tags=["parameters"] short={"largest": 5}
largest = 7  # time operations on up to 10^largest numbers


# %% clock
def seconds(n, device="cpu"):
    """The least that x * 2 took for n numbers, of some tries."""
    x = torch.ones(n, device=device, requires_grad=True)
    least = float("inf")
    for _ in range(200 if n <= 10_000 else 7):
        begin = time.perf_counter()
        y = x * 2
        if device == "cuda":
            torch.cuda.synchronize()  # wait until it is done
        least = min(least, time.perf_counter() - begin)
        del y
    return least


sizes = [10**k for k in range(1, largest + 1)]
seconds(10)  # the first time takes longer
ours = [seconds(n) for n in sizes]
for n, t in zip(sizes, ours, strict=True):
    print(f"{n:>10,} numbers  {t * 1e6:10.2f} µs")

# %% card-cost
calls = measured["host_seconds_of_one_call"]
for what, t in calls.items():
    print(fill(f"{t * 1e6:5.1f} µs  {what}", 42, subsequent_indent=" " * 10))

launch = calls["x * x of minitorch, which records it"]
rate = measured["rates"]["bytes"]  # in a second
print(f"memory: {rate / 1e9:,.0f} GB/s")


def on_the_card(n):
    """Seconds of x * 2: the launch, then 4 bytes read and 4 written each."""
    return launch + 8 * n / rate


for n in sizes:
    print(f"{n:>10,} numbers  {on_the_card(n) * 1e6:10.2f} µs")

# %% cost-picture tags=["hide-input"]
plt = pictures()
plt.loglog(sizes, [t * 1e6 for t in ours], "o-", color="C0", label="CPU, measured now")
many = [10 ** (k / 4) for k in range(4, 4 * 9 + 1)]
label = f"{measured['card'].split()[-1]}, by the formula"
plt.loglog(many, [on_the_card(n) * 1e6 for n in many], color="C1", label=label)
if here:
    found = [seconds(n, "cuda") * 1e6 for n in sizes]
    plt.loglog(sizes, found, "s", color="C2", label="your GPU, measured now")
plt.xlabel("numbers in x")
plt.ylabel("µs for x * 2")
plt.xticks([1e1, 1e3, 1e5, 1e7, 1e9])
plt.legend(fontsize=10)
plt.show()

# %% crossing
faster = [n for n, t in zip(sizes, ours, strict=True) if on_the_card(n) < t]
for n in faster:
    print(f"the card would win at {n:>10,} numbers")
level = launch * rate / 8
print(f"launch = work at {level / 1e6:.0f} million numbers")

# %% step
step = measured["cifar10-4"]
whole = measured["step_seconds"]["cifar10-4"]["minitorch"]
asked, works = step["things asked for"], step["seconds the card works"]
print(f"the step takes     {whole * 1e3:.2f} ms")
print(f"asks the card for  {asked} things")
print(f"the card works     {works * 1e6:.0f} µs, {works / whole:.0%} of the time")
print(f"one thing takes    {whole / asked * 1e6:.0f} µs to ask for")
print(f"              and  {works / asked * 1e6:.0f} µs to do")

# %% step-picture tags=["hide-input"]
figure, axes = plt.subplots(figsize=(4.4, 1.5))
axes.barh(["card", "host"], [works * 1e3, whole * 1e3], color=["C1", "C0"])
axes.set_xlabel("ms at work in one step")
plt.show()

# %% batches
batches = [4, 64, 256, 1024, 4096]
times = {"minitorch": [], "pytorch": []}
print("images     a step   an image   of PyTorch")
for n in batches:
    entry = measured["step_seconds"][f"cifar10-{n}"]
    for engine, found in times.items():
        found.append(entry[engine] / n * 1e6)
    own, theirs = (found[-1] for found in times.values())
    print(f"{n:6} {entry['minitorch'] * 1e3:7.2f} ms {own:7.1f} µs {theirs:9.1f} µs")

# %% batches-picture tags=["hide-input"]
plt.loglog(batches, times["minitorch"], "o-", color="C0", label="minitorch")
plt.loglog(batches, times["pytorch"], "s-", color="C1", label="PyTorch")
plt.xticks(batches, batches)
plt.minorticks_off()
plt.xlabel("images in the batch")
plt.ylabel("µs for an image")
plt.legend()
plt.show()


# %% two-clocks
def timeline(works, ask, waits):
    """When the card does each thing: pairs of begin and end.

    `ask` is what the host needs to ask for one, and after the things
    numbered in `waits` it waits for the card.
    """
    host = card = 0.0
    spans = []
    for k, work in enumerate(works):
        host += ask  # the host has asked
        begin = max(host, card)  # the card begins when it is free
        card = begin + work
        spans.append((begin, card))
        if k in waits:
            host = card
    return spans


works = [25.0] * 8  # µs, made up
free = timeline(works, ask=10.0, waits=[7])
held = timeline(works, ask=10.0, waits=range(8))
print(f"one wait at the end:  {free[-1][1]:.0f} µs")
print(f"a wait after each:    {held[-1][1]:.0f} µs")

# %% timeline-picture tags=["hide-input"]
figure, axes = plt.subplots(figsize=(4.4, 2.4))
for height, spans, waits in [(3, free, False), (0.6, held, True)]:
    asked_at = 0.0
    for begin, end in spans:
        asked_at = begin - 10 if waits else asked_at
        axes.barh(height + 0.8, 9, left=asked_at, color="C0")
        axes.barh(height, end - begin - 1, left=begin, color="C1")
        asked_at += 10
places = [3.8, 3, 1.4, 0.6]
axes.set_yticks(places, ["host", "card", "host, waiting", "card"])
axes.set_xlabel("µs")
plt.show()


# %% waits tags=["hide-input"]
class Waits:
    """Counts, within a `with` block, how often a tensor's numbers are asked for."""

    names = ("item", "tolist", "numpy", "cpu", "__float__", "__int__", "__bool__",
             "__repr__", "__str__", "__format__")  # fmt: skip

    def __enter__(self):
        self.count, self.inside = 0, False
        self.saved = {name: getattr(torch.Tensor, name) for name in self.names}
        for name, method in self.saved.items():
            setattr(torch.Tensor, name, self.counted(method))
        return self

    def counted(self, method):
        def call(*args, **kwargs):
            if self.inside:  # a method that calls another waits once
                return method(*args, **kwargs)
            self.count, self.inside = self.count + 1, True
            try:
                return method(*args, **kwargs)
            finally:
                self.inside = False

        return call

    def __exit__(self, *exception):
        for name, method in self.saved.items():
            setattr(torch.Tensor, name, method)


# %% net
seeded = torch.manual_seed(0)
net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
data, labels = torch.randn(32, 8), torch.randint(0, 3, (32,))


def train_step(x, y):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    return loss


with Waits() as found:
    for _ in range(10):
        loss = train_step(data, labels)
print("waits of ten steps:", found.count)

with Waits() as found:
    for _ in range(10):
        loss = train_step(data, labels)
        if loss > 5:
            print("that is large:", loss.item())
print("with a question in each:", found.count)

# %% hidden
with Waits() as found:
    for _ in range(10):
        loss = train_step(data, labels)
    last = loss.item()
print(f"loss {last:.4f}, waits: {found.count}")

# %% counted-array
import numpy as np


class Counted(np.ndarray):
    """An array that counts what NumPy is asked to compute."""

    calls = 0

    def __array_ufunc__(self, function, method, *args, out=None, **kwargs):
        Counted.calls += 1
        plain = [np.asarray(a) if isinstance(a, Counted) else a for a in args]
        if out is not None:
            kwargs["out"] = tuple(np.asarray(o) for o in out)
        return np.asarray(getattr(function, method)(*plain, **kwargs)).view(Counted)


def losses_of(x, is_class):
    """Cross-entropy of each row, from array operations."""
    shifted = x - x.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    total = powers.sum(axis=1, keepdims=True)
    p = powers / total
    at_class = (shifted * is_class).sum(axis=1)
    return np.log(total[:, 0]) - at_class, p


rng = np.random.default_rng(0)
x = rng.normal(size=(6, 4)).astype(np.float32)
y = np.array([0, 3, 1, 2, 2, 0])
rows, p = losses_of(x.view(Counted), np.eye(4, dtype=np.float32)[y])
print(f"{Counted.calls} calls for the loss of {len(x)} rows")

# %% formula
from minitorch import gpu_kernels

kernel = gpu_kernels._cross_entropy
print(f"({kernel.parameters})")
print(dedent(kernel.formula))


# %% thread
def thread(i, x, target, loss, p):
    """What the thread with the number i does: a row of x."""
    K = x.shape[1]
    most = max(x[i, k] for k in range(K))
    total = sum(np.exp(x[i, k] - most) for k in range(K))
    for k in range(K):
        p[i, k] = np.exp(x[i, k] - most) / total
    loss[i] = np.log(total) - (x[i, target[i]] - most)


def launch_threads(kernel, count, *arrays):
    for i in rng.permutation(count):  # in whatever order
        kernel(i, *arrays)


loss, q = np.empty(len(x), x.dtype), np.empty_like(x)
launch_threads(thread, len(x), x, y, loss, q)
print("arrays: ", np.asarray(rows)[:4].round(4))
print("threads:", loss[:4].round(4))
assert np.allclose(rows, loss, atol=1e-6) and np.allclose(p, q, atol=1e-6)

# %% place
print(dedent(gpu_kernels._columns.formula).strip().partition("const int row")[0])

OH, OW = 2, 3
for t in range(8):
    ox, rest = t % OW, t // OW
    oy, rest = rest % OH, rest // OH
    print(f"{t}: image and channel {rest}, y {oy}, x {ox}")


# %% tape
class Tape:
    """Notes which function works on which arrays; and does it again."""

    def __init__(self):
        self.notes = []

    def __call__(self, function, *inputs, out):
        function(*inputs, out=out)
        self.notes.append((function, inputs, out))

    def replay(self):
        for function, inputs, out in self.notes:
            function(*inputs, out=out)


x, w, product = np.array([1.0, 2.0]), np.array([10.0, 10.0]), np.empty(2)
rate_of_learning = 0.5

tape = Tape()
tape(np.multiply, x, w, out=product)
tape(np.multiply, product, rate_of_learning, out=product)
print("recorded:", product)

x[...] = [3.0, 4.0]
tape.replay()
print("replayed:", product)

# %% frozen
x = np.array([5.0, 6.0])
tape.replay()
print("another array under the same name:", product)

rate_of_learning = 100.0
tape.replay()
print("another number under the same name:", product)

# %% compile
fast_step = torch.compile(train_step, mode="reduce-overhead")

place = "cuda" if here else "cpu"
net.to(place)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
there, labels_there = data.to(place), labels.to(place)
for _ in range(10):
    loss = fast_step(there, labels_there)
print(f"loss after ten steps on '{place}': {loss.item():.4f}")
print("recorded:", fast_step.recordings, " replayed:", fast_step.replays)

# %% recorded
found = measured["step_seconds"]
eager, graphs = found["cifar10-4"], found["cifar10-4-graphs"]
names, figures = [], []
for engine, title in [("minitorch", "minitorch"), ("pytorch", "PyTorch")]:
    names += [f"{title}, eager", f"{title}, recorded"]
    figures += [eager[engine], graphs[engine]]
for name, t in zip(names, figures, strict=True):
    print(f"{name:20} {t * 1e3:.2f} ms")
print(f"eager / recorded: {figures[0] / figures[1]:.0f} times")

# %% recorded-picture tags=["hide-input"]
figure, axes = plt.subplots(figsize=(4.4, 2.2))
axes.barh(names[::-1], [t * 1e3 for t in figures[::-1]], color=["C1", "C1", "C0", "C0"])
axes.set_xlabel("ms for a step with 4 images")
plt.show()

# %% pytorch
rng = np.random.default_rng(1)
x = rng.normal(size=(50, 10))
y = rng.integers(0, 10, 50)
loss, p = np.empty(50), np.empty_like(x)
launch_threads(thread, 50, x, y, loss, p)
own = nn.functional.cross_entropy(torch.tensor(x), torch.tensor(y)).item()
print(f"threads:   {loss.mean():.12f}")
print(f"minitorch: {own:.12f}")
assert abs(own - loss.mean()) < 1e-12

real = pytorch()
if real is not None:
    theirs = real.nn.functional.cross_entropy(real.tensor(x), real.tensor(y)).item()
    print(f"PyTorch:   {theirs:.12f}")
    assert abs(theirs - loss.mean()) < 1e-12


# %% exercise-1 tags=["exercise"]
def crossover(launch_cpu, rate_cpu, launch_gpu, rate_gpu, size):
    """How many elements take both the same time; launches in seconds,
    rates in bytes per second, `size` bytes moved for each element."""
    return ...


check("12-1", crossover)


# %% exercise-2 tags=["exercise"]
def bytes_moved(n, k):
    """A pair, for k operations on n float32 numbers in a row: the bytes
    that are moved one by one, and by one kernel that does them all."""
    return ...


check("12-2", bytes_moved)


# %% exercise-3 tags=["exercise"]
def place(t, C, H, W):
    """(n, c, y, x) of the element with the number t in a batch (N, C, H, W)."""
    return ...


check("12-3", place)


# %% exercise-4 tags=["exercise"]
def mean_loss(step, batches):
    """Train on all batches; the mean of the losses, as a number."""
    total = 0.0
    for x, y in batches:
        loss = step(x, y)
        total += loss.item()
        if loss != loss:
            print("nan")
    return ...  # mend what stands above, too


check("12-4", mean_loss)
