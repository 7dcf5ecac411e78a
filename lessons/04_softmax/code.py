# %% setup
import math

import minitorch as torch
import minitorch.nn.functional as F
from minitorch.lessons import check, digits, pictures, pytorch, show

# %% data
images, labels = digits()
x = images.reshape(-1, 64)
print("data: scikit-learn's digits")
print("pictures:", x.shape)
print("labels:", labels[:10].tolist(), "…")

# %% data-picture tags=["hide-input"]
plt = pictures()
_, places = plt.subplots(2, 5, figsize=(4.4, 2.2))
for i, place in enumerate(places.flat):
    place.imshow(images[i, 0].numpy(), cmap="gray_r")
    place.set_title(labels[i].item(), fontsize=10)
    place.axis("off")
plt.show()

# %% linear
torch.manual_seed(0)
W = torch.randn(10, 64)
b = torch.randn(10)

one = W @ x[0] + b
many = x @ W.T + b
print(one.shape, many.shape)
print("the same scores:", torch.allclose(one, many[0], atol=1e-4))

# %% show-linear
from minitorch.ops.matrices.matmul import Linear

show(Linear)

# %% softmax
z = torch.tensor([2.0, 1.0, -1.0])
powers = torch.exp(z)
p = powers / powers.sum()
print("scores:       ", z)
print("powers:       ", powers)
print("probabilities:", p)
print("their sum:    ", p.sum().item())

# %% softmax-picture tags=["hide-input"]
_, places = plt.subplots(1, 3, figsize=(4.4, 2.4))
columns = [("scores", z, "C0"), ("powers", powers, "C4"), ("probabilities", p, "C2")]
for place, (title, values, colour) in zip(places, columns, strict=True):
    place.bar(range(3), values.tolist(), color=colour)
    place.set_title(title, fontsize=11)
    place.set_xticks(range(3))
    place.axhline(0, color="gray", lw=0.8)
plt.show()

# %% shift
for shift in [0.0, 10.0, 100.0]:
    powers = torch.exp(z + shift)
    print(f"{shift:5}:", powers / powers.sum())

# %% shift-down
largest = (z + 100).max()
powers = torch.exp(z + 100 - largest)
print("  100:", powers / powers.sum())

# %% cross-entropy
t = 1  # the right class
loss = -torch.log(p[t])
print(f"p = {p[t].item():.4f}, loss = {loss.item():.4f}")

# %% loss-picture tags=["hide-input"]
share = [i / 200 for i in range(1, 201)]
plt.plot(share, [-math.log(value) for value in share], "C0")
plt.plot(p[t].item(), loss.item(), "C1o")
plt.text(p[t].item() + 0.04, loss.item() + 0.15, "this example", color="C1")
plt.xlabel("probability of the right class")
plt.ylabel("loss")
plt.show()

# %% step-0
z = torch.tensor([2.0, 1.0, -1.0], dtype=torch.float64)
y = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
t = 1
p = torch.softmax(z, dim=0)


def slope(f, k, h=1e-5):
    """How fast f changes with the score of class k."""
    up, down = z.clone(), z.clone()
    up[k] += h
    down[k] -= h
    return ((f(up) - f(down)) / (2 * h)).item()


def compare(f, formula):
    """Small steps, and the formula, for each k."""
    for k in range(3):
        said = formula[k].item()
        print(f"k = {k}: {slope(f, k):9.6f} {said:9.6f}")


# %% step-1
def S(z):
    return torch.exp(z).sum()


def loss(z):
    return torch.log(S(z)) - z[t]


print(f"{-torch.log(p[t]).item():.6f}")
print(f"{loss(z).item():.6f}")

# %% step-2
compare(S, torch.exp(z))


# %% step-3
def log_S(z):
    return torch.log(S(z))


compare(log_S, p)


# %% step-4
def right_score(z):
    return z[t]


compare(right_score, y)

# %% step-5
compare(loss, p - y)

# %% difference-picture tags=["hide-input"]
_, places = plt.subplots(1, 3, figsize=(4.4, 2.4), sharey=True)
columns = [("p", p, "C2"), ("y", y, "C0"), ("p − y", p - y, "C1")]
for place, (title, values, colour) in zip(places, columns, strict=True):
    place.bar(range(3), values.tolist(), color=colour)
    place.set_title(title, fontsize=12)
    place.set_xticks(range(3))
    place.axhline(0, color="gray", lw=0.8)
plt.show()

# %% engine
from minitorch.ops.loss.classification import CrossEntropy

scores = z.clone().reshape(1, 3).requires_grad_()  # one row of scores
loss = F.cross_entropy(scores, torch.tensor([t]))
print("its node:", loss.grad_fn.name())
assert isinstance(loss.grad_fn, CrossEntropy)

loss.backward()
for k in range(3):
    said = scores.grad[0, k].item()
    print(f"k = {k}: {said:9.6f} {(p - y)[k].item():9.6f}")

# %% show-cross-entropy
show(CrossEntropy)

# %% the-line
import inspect

lines, first = inspect.getsourcelines(CrossEntropy.backward)
for number, line in enumerate(lines, start=first):
    if "p - q" in line:
        print("minitorch/ops/loss/classification.py, line", number)
        print(line.strip())

# %% batch
torch.manual_seed(0)
W = torch.randn(10, 64, requires_grad=True)
b = torch.zeros(10, requires_grad=True)
few, few_labels = x[:6], labels[:6]

scores = few @ W.T + b
scores.retain_grad()
loss = F.cross_entropy(scores, few_labels)
loss.backward()

P = torch.softmax(scores.detach(), dim=1)
Y = F.one_hot(few_labels, 10)
G = (P - Y) / 6
print(f"scores: {(scores.grad - G).abs().max().item():.1e}")
print(f"W:      {(W.grad - G.T @ few).abs().max().item():.1e}")
print(f"b:      {(b.grad - G.sum(0)).abs().max().item():.1e}")

# %% draw
pixels = torch.tensor([[0.5, 1.0]])
small_W = torch.tensor([[1.0, 2.0], [1.0, 0.0], [0.0, -1.0]], requires_grad=True)
small_b = torch.tensor([-0.5, 0.5, 0.0], requires_grad=True)

scores = F.linear(pixels, small_W, small_b)
scores.retain_grad()
loss = F.cross_entropy(scores, torch.tensor([1]))
loss.backward(retain_graph=True)  # explain needs it, too

names = {"W": small_W, "b": small_b, "scores": scores, "loss": loss}
torch.draw(loss, names=names)

# %% explain
from pathlib import Path

Path("out").mkdir(exist_ok=True)
page = torch.explain(loss, "out/04_softmax.html", names=names)
print("open", page.as_posix(), "in your browser")

# %% split
torch.manual_seed(0)
order = torch.randperm(len(x))
train_x, train_labels = x[order[360:]], labels[order[360:]]
test_x, test_labels = x[order[:360]], labels[order[:360]]
print(len(train_x), "to train,", len(test_x), "to test")

# %% length tags=["parameters"] short={"steps": 40}
steps = 300


# %% train
def train(torch, x, labels, steps, rate):
    """Gradient descent, with the engine given."""
    F = torch.nn.functional
    W = torch.zeros(10, 64, requires_grad=True)
    b = torch.zeros(10, requires_grad=True)
    losses = []
    for _ in range(steps):
        W.grad = b.grad = None
        scores = F.linear(x, W, b)
        loss = F.cross_entropy(scores, labels)
        loss.backward()
        with torch.no_grad():
            W -= rate * W.grad
            b -= rate * b.grad
        losses.append(loss.item())
    return W.detach(), b.detach(), losses


W, b, losses = train(torch, train_x, train_labels, steps, rate=1.0)
print(f"loss: {losses[0]:.4f} at first, {losses[-1]:.4f} at last")
print(f"ln 10 = {math.log(10):.4f}")

# %% curve tags=["hide-input"]
plt.plot(losses, "C0")
plt.xlabel("step")
plt.ylabel("loss")
plt.ylim(0)
plt.show()


# %% accuracy
def accuracy(x, labels):
    guess = (x @ W.T + b).argmax(1)
    return (guess == labels).sum().item() / len(labels)


print(f"trained with: {accuracy(train_x, train_labels):.1%}")
print(f"never seen:   {accuracy(test_x, test_labels):.1%}")

# %% weights tags=["hide-input"]
_, places = plt.subplots(2, 5, figsize=(4.4, 2.2))
most = W.abs().max().item()
for k, place in enumerate(places.flat):
    place.imshow(W[k].reshape(8, 8).numpy(), cmap="RdBu", vmin=-most, vmax=most)
    place.set_title(k, fontsize=10)
    place.axis("off")
plt.show()

# %% pytorch
real = pytorch()
if real is not None:
    real_x = real.tensor(train_x.tolist())
    real_labels = real.tensor(train_labels.tolist())
    real_W, _, real_losses = train(real, real_x, real_labels, steps, 1.0)
    off = (real.tensor(W.tolist()) - real_W).abs().max().item()
    print(f"minitorch: {losses[-1]:.6f}")
    print(f"PyTorch:   {real_losses[-1]:.6f}")
    print(f"weights differ by {off:.1e} at most")
    assert off < 1e-3


# %% exercise-1 tags=["exercise"]
def softmax(z):
    """The probabilities of each row of z."""
    return ...


check("04-1", softmax)


# %% exercise-2 tags=["exercise"]
def gradient_at_temperature(z, t, T):
    """The gradient of the loss of softmax(z / T)."""
    return ...


check("04-2", gradient_at_temperature)


# %% exercise-3 tags=["exercise"]
def step(W, b, x, labels, rate):
    """W and b after one step, without backward()."""
    return ...


check("04-3", step)

# %% exercise-4 tags=["exercise"]
line_in_cross_entropy = ...  # "gx = …"
line_in_linear = ...

check("04-4", [line_in_cross_entropy, line_in_linear])
