# %% setup
import minitorch as torch
from minitorch.lessons import check, digits, pictures, pytorch, show

SGD, Adam = torch.optim.SGD, torch.optim.Adam


# %% valley
def valley(w):
    """Flat along w[0], steep along w[1]."""
    return (1 * w[0] ** 2 + 20 * w[1] ** 2) / 2


def leaf(x, y):
    return torch.tensor([x, y], dtype=torch.float64, requires_grad=True)


w = leaf(-9.0, 1.5)
valley(w).backward()
print("height:", valley(w).item(), "  gradient:", w.grad.tolist())

# %% contours tags=["hide-input"]
plt = pictures()


def contours(surface, left, right, bottom, top, levels, place=None):
    """Lines of equal height, and a cross at the lowest place of all that were drawn."""
    place = place or plt.gca()
    x, y = torch.linspace(left, right, 161), torch.linspace(bottom, top, 121)
    height = surface((x.view(1, -1), y.view(-1, 1)))
    grey = {"colors": "#7c7c7c", "linewidths": 0.8, "alpha": 0.7}
    place.contour(x, y, height, levels=levels, **grey)
    place.set(xlim=(left, right), ylim=(bottom, top))
    return place


LEVELS = [0.3, 1, 3, 7, 13, 22, 35, 50]


def draw(places, colour, label=None, place=None):
    """A path, with a dot for each place."""
    x, y = zip(*places, strict=True)
    place = place or plt.gca()
    place.plot(x, y, "o-", color=colour, label=label, ms=3.5, lw=1.2)


plt.figure(figsize=(4.4, 2.8))
place = contours(valley, -10, 3, -2.2, 2.2, LEVELS)
across = {"color": "C0", "arrowstyle": "-|>", "lw": 2, "shrinkA": 0}
place.annotate("", (-9 + 9 * 0.06, 1.5 - 30 * 0.06), (-9, 1.5), arrowprops=across)
place.plot(-9, 1.5, "o", color="C0")
place.plot(0, 0, "+", color="C1", ms=12)
place.set(xlabel="w[0]", ylabel="w[1]")
plt.show()


# %% path
def path(surface, w, optimizer, steps):
    """The places that w comes to."""
    places = [w.tolist()]
    for _ in range(steps):
        optimizer.zero_grad()
        surface(w).backward()
        optimizer.step()
        places.append(w.tolist())
    return places


w = leaf(-9.0, 1.5)
for x, y in path(valley, w, SGD([w], lr=0.02), 3):
    print(f"{x:.4f}  {y:.4f}")

# %% one-direction
print(" rate  factor  places")
for rate in [0.01, 0.05, 0.09, 0.1, 0.101]:
    w = leaf(0.0, 1.5)
    places = path(valley, w, SGD([w], lr=rate), 4)
    numbers = " ".join(f"{y:5.2f}" for _, y in places)
    print(f"{rate:5}  {1 - 20 * rate:5.2f}:  {numbers}")

# %% rates tags=["hide-input"]
figure, panels = plt.subplots(3, 1, figsize=(4.4, 6.4), sharex=True)
for rate, panel, word in zip(
    [0.01, 0.09, 0.101], panels, ["too small", "good", "too large"], strict=True
):
    w = leaf(-9.0, 1.5)
    contours(valley, -10, 3, -3, 3, LEVELS, panel)
    draw(path(valley, w, SGD([w], lr=rate), 40), "C0", place=panel)
    panel.set_title(f"rate {rate}: {word}")
plt.show()


# %% condition
def steps_down(surface, w, optimizer, height):
    """How many steps until w has come down to this height."""
    steps = 0
    while surface(w) > height:
        path(surface, w, optimizer, 1)
        steps += 1
    return steps


def bowl(steep):
    return lambda w: (w[0] ** 2 + steep * w[1] ** 2) / 2


conditions = [10, 100, 1000]
for steep in conditions:
    w = leaf(1.0, 1 / steep)
    optimizer = SGD([w], lr=2 / (1 + steep))
    print(f"condition {steep:4}:", steps_down(bowl(steep), w, optimizer, 1e-6), "steps")


# %% curved
def curved(w):
    return (w[0] - 1) ** 2 / 2 + 5 * (w[1] - w[0] ** 2) ** 2


lowest = torch.tensor([1.0, 1.0], dtype=torch.float64)
second = torch.autograd.functional.hessian(curved, lowest)
flat, steep = torch.linalg.eigvalsh(second).tolist()
bound = 2 / steep
print(second)
print(f"curvatures {flat:.3f} and {steep:.3f}")
print(f"bound {bound:.4f}")

# %% bound
for share in [0.97, 1.03]:
    w = leaf(1.001, 1.0)
    places = path(curved, w, SGD([w], lr=share * bound), 100)
    far = (torch.tensor(places, dtype=torch.float64) - lowest).norm(dim=1)
    begin, end = far[0].item(), far[-1].item()
    print(f"{share * bound:.4f}: distance {begin:.5f} to {end:.5f}")

# %% ball
same = other = 0.0
g = 1.0  # jumps between 1 and −1
print("step   same   jumping")
for step in range(1, 41):
    same = 0.9 * same + 1.0
    other = 0.9 * other + g
    g = -g
    if step in (1, 2, 3, 10, 20, 39, 40):
        print(f"{step:4}  {same:5.2f}   {other:5.2f}")

# %% show-sgd
show(SGD._update)

# %% momentum-path tags=["hide-input"]
figure, panels = plt.subplots(2, 1, figsize=(4.4, 4.6), sharex=True)
for options, panel in zip([{}, {"momentum": 0.9}], panels, strict=True):
    w = leaf(-9.0, 1.5)
    contours(valley, -10, 6, -2.2, 2.2, LEVELS, panel)
    draw(path(valley, w, SGD([w], lr=0.02, **options), 40), "C1", place=panel)
    panel.set_title("momentum 0.9" if options else "without momentum")
plt.show()

# %% momentum-steps
for steep in conditions:
    root = steep**0.5
    w = leaf(1.0, 1 / steep)
    best = {"lr": (2 / (1 + root)) ** 2, "momentum": ((root - 1) / (root + 1)) ** 2}
    steps = steps_down(bowl(steep), w, SGD([w], **best), 1e-6)
    print(f"condition {steep:4}: {steps} steps, momentum {best['momentum']:.2f}")

# %% averages
m = v = 0.0
g = 4.0
print("step      m      √v  m/√v   corrected")
for k in range(1, 1001):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    if k in (1, 2, 3, 10, 100, 1000):
        right_m = m / (1 - 0.9**k)
        right_v = v / (1 - 0.999**k)
        ratio, right = m / v**0.5, right_m / right_v**0.5
        print(f"{k:4}  {m:5.3f}  {v**0.5:6.3f}  {ratio:4.2f}   {right:.2f}")

# %% show-adam
show(Adam._update)

# %% scale
for scale in [1, 1000]:
    w = leaf(-9.0, 1.5)
    places = path(lambda w, scale=scale: scale * valley(w), w, Adam([w], lr=0.5), 20)
    print(f"{scale:4} times:  {places[-1][0]:.6f}  {places[-1][1]:.6f}")

# %% adam-path tags=["hide-input"]
plt.figure(figsize=(4.4, 2.8))
w = leaf(-9.0, 1.5)
contours(valley, -10, 6, -2.2, 2.2, LEVELS)
draw(path(valley, w, Adam([w], lr=0.5), 60), "C2")
plt.title("Adam, rate 0.5")
plt.show()

# %% three
makers = {
    "gradient descent": lambda params: SGD(params, lr=0.03),
    "momentum 0.9": lambda params: SGD(params, lr=0.01, momentum=0.9),
    "Adam": lambda params: Adam(params, lr=0.1),
}
paths = {}
print("height after 100 steps")
for name, make in makers.items():
    w = leaf(-1.2, 2.2)
    paths[name] = path(curved, w, make([w]), 100)
    print(f"{name:16}  {curved(w).item():.5f}")

# %% three-paths tags=["hide-input"]
plt.figure(figsize=(4.4, 5.4))
place = contours(curved, -1.7, 1.7, -0.6, 2.6, [0.1, 0.4, 1, 2, 4, 8, 14, 22])
for number, (name, places) in enumerate(paths.items()):
    draw(places, f"C{number}", name)
place.plot(1, 1, "+", color="C3", ms=14, mew=3)
place.legend(loc="lower left", fontsize=10)
plt.show()


# %% noise
def noisy_path(w, optimizer, steps, scheduler=None):
    """As path in the valley, but each gradient is off by a random amount."""
    places = [w.tolist()]
    for _ in range(steps):
        optimizer.zero_grad()
        valley(w).backward()
        w.grad += torch.randn(2, dtype=torch.float64) * 3
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        places.append(w.tolist())
    return places


steps = 300
torch.manual_seed(8)
w = leaf(-9.0, 1.5)
constant = noisy_path(w, SGD([w], lr=0.05), steps)

torch.manual_seed(8)  # the same noise again
w = leaf(-9.0, 1.5)
optimizer = SGD([w], lr=0.05)
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
falling = noisy_path(w, optimizer, steps, cosine)

print("mean distance of the last 30 places")
for name, places in [("constant", constant), ("falling", falling)]:
    far = torch.tensor(places[-30:]).norm(dim=1)  # from (0, 0)
    print(f"{name:8} rate: {far.mean().item():.3f}")

# %% noise-paths tags=["hide-input"]
figure, panels = plt.subplots(2, 1, figsize=(4.4, 5.2), sharex=True)
for name, places, panel in zip(
    ["constant rate", "falling rate"], [constant, falling], panels, strict=True
):
    contours(valley, -2.6, 2.6, -1.2, 1.2, [0.03, 0.3, 1, 3, 7, 13], panel)
    x, y = zip(*places, strict=True)
    panel.plot(x, y, color="C0", lw=0.7)
    panel.plot(x[-60:], y[-60:], "o", color="C1", ms=4)
    panel.set_title(name)
plt.show()


# %% decay
def shifted(w):
    """The valley with its lowest place at (3, 1)."""
    return (1 * (w[0] - 3) ** 2 + 20 * (w[1] - 1) ** 2) / 2


for decay in [0.0, 1.0]:
    w = leaf(-9.0, 1.5)
    end = path(shifted, w, SGD([w], lr=0.05, weight_decay=decay), 300)[-1]
    print(f"weight decay {decay}:  {end[0]:.4f}  {end[1]:.4f}")

# %% show-descent
from minitorch.optim.rule import descent

show(descent)

# %% length tags=["parameters"] short={"epochs": 1, "rates": [0.01, 0.1]}
epochs = 10
rates = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]

# %% net
images, labels = digits()
torch.manual_seed(0)
order = torch.randperm(len(images))
x, y = images.flatten(1)[order], labels[order]
train_x, train_y, test_x, test_y = x[:1437], y[:1437], x[1437:], y[1437:]
criterion = torch.nn.CrossEntropyLoss()


def train(make):
    """A net, from the same weights and with the same batches each time."""
    torch.manual_seed(1)
    net = torch.nn.Sequential(
        torch.nn.Linear(64, 32),
        torch.nn.ReLU(),
        torch.nn.Linear(32, 32),
        torch.nn.ReLU(),
        torch.nn.Linear(32, 10),
    )
    optimizer = make(net.parameters())
    losses = []
    for _ in range(epochs):
        for batch in torch.randperm(len(train_x)).split(32):
            optimizer.zero_grad()
            loss = criterion(net(train_x[batch]), train_y[batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return net, losses


print("data: scikit-learn's digits,")
print(len(train_x), "for training and", len(test_x), "for testing")

# %% sweep
kinds = {
    "SGD": lambda rate: lambda params: SGD(params, lr=rate),
    "momentum": lambda rate: lambda params: SGD(params, lr=rate, momentum=0.9),
    "Adam": lambda rate: lambda params: Adam(params, lr=rate),
}
final = {}
for name, kind in kinds.items():
    for rate in rates:
        net, losses = train(kind(rate))
        with torch.no_grad():
            final[name, rate] = criterion(net(train_x), train_y).item()

best = {name: min(rates, key=lambda rate: final[name, rate]) for name in kinds}
for name, rate in best.items():
    print(f"{name:8}  rate {rate:<5}  loss {final[name, rate]:.4f}")

# %% sweep-picture tags=["hide-input"]
plt.figure(figsize=(4.4, 3.6))
for number, name in enumerate(kinds):
    heights = [final[name, rate] for rate in rates]
    plt.loglog(rates, heights, "o-", color=f"C{number}", label=name)
plt.xlabel("learning rate")
plt.ylabel("loss after training")
plt.legend(fontsize=10, ncols=3, loc="lower center", bbox_to_anchor=(0.45, 1))
plt.show()

# %% best-curves
curves = {}
for name, rate in best.items():
    net, curves[name] = train(kinds[name](rate))
    with torch.no_grad():
        right = (net(test_x).argmax(1) == test_y).double().mean().item()
    print(f"{name:8}  rate {rate:<5}  right {right:.1%}")

# %% curves-picture tags=["hide-input"]
plt.figure(figsize=(4.4, 3.4))
for number, (name, losses) in enumerate(curves.items()):
    means = torch.tensor(losses).unfold(0, 15, 15).mean(1)
    steps = torch.arange(len(means)) * 15 + 8
    plt.semilogy(steps, means, color=f"C{number}", label=name)
plt.xlabel("step")
plt.ylabel("loss, mean of 15 steps")
plt.legend(fontsize=10)
plt.show()


# %% pytorch
def three_paths(engine):
    """All three optimizers on the curved surface, 100 steps."""
    SGD, Adam = engine.optim.SGD, engine.optim.Adam
    paths = []
    for make in [
        lambda params: SGD(params, lr=0.03),
        lambda params: SGD(params, lr=0.01, momentum=0.9),
        lambda params: Adam(params, lr=0.1),
    ]:
        w = engine.tensor([-1.2, 2.2], dtype=engine.float64, requires_grad=True)
        paths.append(path(curved, w, make([w]), 100))
    return paths


real = pytorch()
if real is not None:
    for name, a, b in zip(makers, three_paths(torch), three_paths(real), strict=True):
        a, b = (torch.tensor(places, dtype=torch.float64) for places in (a, b))
        far = (a - b).abs().max().item()
        print(f"{name:16}  {b[-1, 0]:.6f}  {b[-1, 1]:.6f}")
        print(f"  largest difference {far:.0e}")
        assert far < 1e-9


# %% exercise-1 tags=["exercise"]
def largest_rate(a, b):
    """From which rate on gradient descent fails on a·x² + b·y²."""
    return ...


check("08-1", largest_rate)


# %% exercise-2 tags=["exercise"]
def steps_needed(condition, shrink):
    """How many steps at the best rate, until both are at most 1/shrink."""
    return ...


check("08-2", steps_needed)


# %% exercise-3 tags=["exercise"]
def momentum_step(p, b, g, rate, momentum):
    """The new p and b. All are numbers."""
    return ...


check("08-3", momentum_step)


# %% exercise-4 tags=["exercise"]
def adam_step(p, m, v, k, g, rate):
    """The new p, m and v in step k = 1, 2, …, with β₁ = 0.9, β₂ = 0.999, ε = 1e-8."""
    return ...


check("08-4", adam_step)


# %% exercise-5 tags=["exercise"]
def resting_place(target, curvature, decay):
    """Where weight decay lets w rest on curvature/2 · (w − target)²."""
    return ...


check("08-5", resting_place)
