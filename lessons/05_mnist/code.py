# %% setup
import math

import minitorch as torch
from minitorch import nn, optim
from minitorch.lessons import check, data_folder, digits, pictures, pytorch, show
from minitorch.utils.data import DataLoader, TensorDataset
from minitorch.vision.datasets import MNIST

# %% data
folder = data_folder()
if folder is not None and (folder / "MNIST" / "raw").is_dir():
    train, test = MNIST(folder, train=True), MNIST(folder, train=False)
    x_train, y_train = train.data / 255, train.targets
    x_test, y_test = test.data / 255, test.targets
    name = "MNIST"
else:
    images, labels = digits()
    torch.manual_seed(0)
    order = torch.randperm(len(images))
    x_test, y_test = images[order[:360]], labels[order[:360]]
    x_train, y_train = images[order[360:]], labels[order[360:]]
    name = "scikit-learn's digits"

side = x_train.shape[-1]
features = side * side
x_train = x_train.reshape(-1, features) * 2 - 1
x_test = x_test.reshape(-1, features) * 2 - 1
print(name)
print(f"{len(x_train)} images to learn from, {len(x_test)} to test")
print(f"{side}×{side} = {features} pixels")

# %% first-images tags=["hide-input"]
plt = pictures()

figure, places = plt.subplots(2, 5, figsize=(4.4, 2.2))
for i, place in enumerate(places.flat):
    place.imshow(x_train[i].reshape(side, side), cmap="gray_r")
    place.set_title(y_train[i].item(), fontsize=12)
    place.axis("off")
plt.show()

# %% batch
data = TensorDataset(x_train, y_train)
loader = DataLoader(data, batch_size=64, shuffle=True)

torch.manual_seed(0)
images, labels = next(iter(loader))
print("images:", tuple(images.shape))
print("labels:", tuple(labels.shape), labels[:5].tolist(), "…")


# %% network
def logits_net():
    """Pixels to 10 logits."""
    return nn.Sequential(
        nn.Linear(features, 128),
        nn.ReLU(),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


torch.manual_seed(0)
net = logits_net()
print(net)
print("numbers to learn:", sum(p.numel() for p in net.parameters()))

# %% layers
signal = images
for layer in net:
    signal = layer(signal)
    zeros = (signal == 0).float().mean().item()
    print(f"{type(layer).__name__:6} → {tuple(signal.shape)}, zeros: {zeros:.0%}")

# %% show-relu
from minitorch.ops.elementwise.functions import Relu

show(Relu)

# %% cross-entropy
logits = net(images)
cross_entropy = nn.CrossEntropyLoss()(logits, labels)
print(f"cross-entropy: {cross_entropy.item():.4f}")
print(f"ln 10:         {math.log(10):.4f}")


# %% log-softmax
def log_probability_net():
    """Pixels to the logarithms of 10 class probabilities."""
    return nn.Sequential(
        nn.Linear(features, 128),
        nn.ReLU(),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
        nn.LogSoftmax(dim=1),
    )


second = log_probability_net()
second.load_state_dict(net.state_dict())
log_p = second(images)
nll = nn.NLLLoss()(log_p, labels)
print(f"cross-entropy of logits:  {cross_entropy.item():.7f}")
print(f"NLL of log-probabilities: {nll.item():.7f}")

# %% probabilities
p = log_p.detach().exp()
print(*(f"{value:.2f}" for value in p[0].tolist()))
print(f"their sum: {p[0].sum().item():.6f}")

# %% show-losses
from minitorch.ops.activations.softmax import LogSoftmax
from minitorch.ops.loss.classification import NllLoss

show(LogSoftmax.forward, NllLoss.forward)

# %% equal-gradients
cross_entropy.backward()
nll.backward()
for key, parameter in net.named_parameters():
    twin = second.get_parameter(key)
    apart = (parameter.grad - twin.grad).abs().max().item()
    print(f"{key:9} gradients differ by {apart:.0e}")

# %% mixed
logits = torch.zeros(1, 10)
logits[0, 3] = 20.0  # as sure as can be of a 3
right = torch.tensor([3])
for final in [nn.Identity(), nn.LogSoftmax(dim=1), nn.Softmax(dim=1)]:
    loss = nn.CrossEntropyLoss()(final(logits), right)
    print(f"after {type(final).__name__:10}: {loss.item():.4f}")

# %% square
torch.manual_seed(1)
x = torch.randn(2, 2)
x.requires_grad_()
y = x**2
print(x)
print(y)

# %% mean
z = y.mean()
print(z)
print("x.grad before backward:", x.grad)
z.backward()
print("x.grad:", x.grad, sep="\n")
print("x/2:", x.detach() / 2, sep="\n")

# %% draw-square tags=["hide-input"]
torch.draw(z, names={"x": x, "y": y, "z": z})

# %% show-pow
from minitorch.ops.elementwise.arithmetic import Pow

show(Pow)

# %% accumulate
torch.manual_seed(0)
net = log_probability_net()
optimizer = optim.SGD(net.parameters(), lr=0.01)
criterion = nn.NLLLoss()


def gradient_length():
    """√ of the sum of the squares of all gradients."""
    squares = sum((p.grad**2).sum().item() for p in net.parameters())
    return math.sqrt(squares)


criterion(net(images), labels).backward()
print(f"after the first backward:       {gradient_length():.6f}")
criterion(net(images), labels).backward()
print(f"after the second:               {gradient_length():.6f}")
optimizer.zero_grad()
print(f"after zero_grad:                {net[0].weight.grad}")
criterion(net(images), labels).backward()
print(f"and after a backward once more: {gradient_length():.6f}")

# %% show-zero-grad
show(optim.Optimizer.zero_grad)

# %% one-step
w = net[4].weight
before = w.detach().clone()

loss = criterion(net(images), labels)
optimizer.zero_grad()
loss.backward()
optimizer.step()

print(f"a weight before:   {before[0, 0].item():+.6f}")
print(f"its gradient:      {w.grad[0, 0].item():+.6f}")
print(f"the weight after:  {w[0, 0].item():+.6f}")
print(f"before − 0.01 · g: {(before - 0.01 * w.grad)[0, 0].item():+.6f}")

# %% fall
after = criterion(net(images), labels)
print(f"the loss before:  {loss.item():.6f}")
print(f"the loss after:   {after.item():.6f}")
print(f"it fell by:       {loss.item() - after.item():.6f}")
print(f"rate · length²:   {0.01 * gradient_length() ** 2:.6f}")

# %% far tags=["hide-input"]
starts = [p.detach() + 0.01 * p.grad for p in net.parameters()]
rates = [0.25 * i for i in range(41)]
reached = []
with torch.no_grad():
    for rate in rates:
        for parameter, start in zip(net.parameters(), starts, strict=True):
            parameter.copy_(start - rate * parameter.grad)
        reached.append(criterion(net(images), labels).item())
foretold = [loss.item() - rate * gradient_length() ** 2 for rate in rates]

plt.plot(rates, reached, color="C0")
plt.plot(rates, foretold, "--", color="C1")
plt.xlabel("rate of the step")
plt.ylabel("loss of this batch")
plt.show()

# %% length tags=["parameters"] short={"epochs": 1, "steps": 60, "race_steps": 30}
epochs = 5
steps = 4690  # as many as five epochs of MNIST
race_steps = 2300  # for the comparison of losses


# %% loop
def one_epoch(net, criterion, optimizer):
    """All batches once. Returns the mean of their losses."""
    total = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


def accuracy(net):
    """The share of test images put into their own class."""
    with torch.no_grad():
        predicted = net(x_test).argmax(dim=1)
    return (predicted == y_test).float().mean().item()


# %% five-epochs
torch.manual_seed(0)
net = log_probability_net()
optimizer = optim.SGD(net.parameters(), lr=0.01)
losses = []
for number in range(1, epochs + 1):
    losses.append(one_epoch(net, nn.NLLLoss(), optimizer))
    print(f"epoch {number}: mean loss {losses[-1]:.4f}")
print(f"{len(loader)} steps an epoch, {epochs * len(loader)} in all")
print(f"right on the test images: {accuracy(net):.1%}")

# %% more-epochs
while len(losses) * len(loader) < steps:
    losses.append(one_epoch(net, nn.NLLLoss(), optimizer))
    if len(losses) % 25 == 0:
        print(f"epoch {len(losses):3}: mean loss {losses[-1]:.4f}")
print(f"{len(losses) * len(loader)} steps in all")
print(f"right on the test images: {accuracy(net):.1%}")

# %% curve tags=["hide-input"]
made = [(i + 1) * len(loader) for i in range(len(losses))]
plt.plot(made, losses, ".-", markersize=4)
plt.axhline(math.log(10), color="C1", linestyle="--")
plt.text(made[-1], math.log(10) - 0.05, "ln 10", color="C1", ha="right", va="top")
plt.ylim(0, 2.5)
plt.xlabel("steps")
plt.ylabel("mean loss of an epoch")
plt.show()

# %% judged
with torch.no_grad():
    p_test = net(x_test).exp()
sure, predicted = p_test.max(dim=1)
wrong = predicted != y_test
worst = (sure * wrong).argmax().item()
print(f"wrong on {wrong.sum().item()} of {len(y_test)} test images")
print(f"surest mistake: image {worst}, a {y_test[worst].item()}")
print(f"taken for a {predicted[worst].item()}, probability {sure[worst].item():.2f}")

# %% digit tags=["hide-input"]
figure, places = plt.subplots(2, 2, figsize=(4.4, 5), width_ratios=[1, 1.3])
for (left, right), number in zip(places, [0, worst], strict=True):
    left.imshow(x_test[number].reshape(side, side), cmap="gray_r")
    left.set_title(f"a {y_test[number].item()}")
    left.axis("off")
    bars = right.barh(range(10), p_test[number].tolist(), color="C0")
    bars[y_test[number].item()].set_color("C2")
    right.set_yticks(range(10))
    right.set_xlim(0, 1)
    right.set_xticks([0, 0.5, 1])
    right.set_title("probability")
    right.tick_params(labelsize=10)
plt.show()

# %% confusion
pairs = y_test * 10 + predicted
confusion = torch.bincount(pairs, minlength=100).reshape(10, 10)
print("right:", confusion.diag().sum().item(), "of", confusion.sum().item())

# %% confusion-picture tags=["hide-input"]
mistakes = confusion - confusion.diag().diag()
most = max(1, mistakes.max().item())
plt.figure(figsize=(4.4, 4.4))
for row, counts in enumerate(confusion.tolist()):
    for column, count in enumerate(counts):
        colour = "C0" if row == column else "C1"
        ink = {"color": colour}
        if row == column or count == most:
            sides, h = [column - 0.47, column + 0.47], 0.47
            plt.fill_between(sides, row - h, row + h, color=colour, linewidth=0)
            ink = {"color": "white"}
        if count:
            plt.text(column, row, count, ha="center", va="center", fontsize=10, **ink)
plt.axis([-0.6, 9.6, 9.6, -0.6])
plt.xticks(range(10))
plt.yticks(range(10))
plt.xlabel("what the network says")
plt.ylabel("what it is")
plt.show()


# %% squared-error
def squared_error(y_hat, y):
    """C = 1/(2n) Σ (y − ŷ)², n rows."""
    return ((y - y_hat) ** 2).sum() / (2 * len(y))


y = torch.eye(10)[labels]
y_hat = p.clone().requires_grad_()
cost = squared_error(y_hat, y)
cost.backward()
print("labels:", labels[:2].tolist())
print("one-hot:", *y[:2].int().tolist(), sep="\n")
print(f"C = {cost.item():.4f}")
apart = (y_hat.grad - (p - y) / len(y)).abs().max().item()
print(f"its gradient and (ŷ − y)/n differ by {apart:.1g}")

# %% show-softmax
from minitorch.ops.activations.softmax import Softmax

show(Softmax.backward)

# %% saturated
right = torch.tensor([1])
y = torch.eye(10)[right]
print("  s   p right  cross-ent.   squared")
for s in [0.0, 2.0, 5.0, 10.0, 20.0]:
    push = []
    for kind in ["cross-entropy", "squared error"]:
        logits = torch.zeros(1, 10)
        logits[0, 0] = s  # the network is for class 0
        logits.requires_grad_()
        p = torch.softmax(logits, dim=1)
        if kind == "cross-entropy":
            nn.CrossEntropyLoss()(logits, right).backward()
        else:
            squared_error(p, y).backward()
        push.append(-logits.grad[0, 1].item())
    print(f"{s:3.0f} {p[0, 1].item():9.1e} {push[0]:11.6f} {push[1]:9.1e}")

# %% saturated-picture tags=["hide-input"]
sureness = [0.1 * i for i in range(121)]
logits = torch.zeros(len(sureness), 10)
logits[:, 0] = torch.tensor(sureness)
p = torch.softmax(logits, dim=1)
e = p - y
plt.plot(sureness, -e[:, 1], color="C0")
plt.plot(sureness, -(p * (e - (e * p).sum(dim=1, keepdim=True)))[:, 1], color="C1")
plt.text(7, 0.92, "cross-entropy", color="C0", va="top")
plt.text(7, 0.06, "squared error", color="C1")
plt.xlabel("logit of a wrong class")
plt.ylabel("push on the right logit")
plt.ylim(0, 1.05)
plt.show()


# %% race
def squared_criterion(logits, labels):
    return squared_error(torch.softmax(logits, dim=1), torch.eye(10)[labels])


def race(criterion, rate, bias_of_0=0.0):
    """The accuracy that a new network reaches in race_steps steps."""
    torch.manual_seed(0)
    net = logits_net()
    with torch.no_grad():
        net[4].bias[0] += bias_of_0
    optimizer = optim.SGD(net.parameters(), lr=rate)
    for _ in range(math.ceil(race_steps / len(loader))):
        one_epoch(net, criterion, optimizer)
    return accuracy(net)


cross_criterion = nn.CrossEntropyLoss()
print(f"cross-entropy, rate 0.01: {race(cross_criterion, 0.01):.1%}")
print(f"squared error, rate 0.01: {race(squared_criterion, 0.01):.1%}")
print(f"cross-entropy, rate 0.1:  {race(cross_criterion, 0.1):.1%}")
print(f"squared error, rate 0.1:  {race(squared_criterion, 0.1):.1%}")

# %% race-from-wrong
print("sure of 0 at the start:")
print(f"cross-entropy, rate 0.01: {race(cross_criterion, 0.01, 20):.1%}")
print(f"squared error, rate 0.01: {race(squared_criterion, 0.01, 20):.1%}")
print(f"squared error, rate 0.1:  {race(squared_criterion, 0.1, 20):.1%}")


# %% either-engine
def first_losses(engine, count):
    """The losses of the first steps, on minitorch or on PyTorch."""
    engine.manual_seed(0)
    nn, tools = engine.nn, engine.utils.data
    net = nn.Sequential(
        nn.Linear(features, 128),
        nn.ReLU(),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
        nn.LogSoftmax(dim=1),
    )
    optimizer = engine.optim.SGD(net.parameters(), lr=0.01)
    # The data are ours; NumPy's arrays are what both engines read.
    x, y = engine.from_numpy(x_train.numpy()), engine.from_numpy(y_train.numpy())
    loader = tools.DataLoader(tools.TensorDataset(x, y), 64, shuffle=True)
    losses = []
    for images, labels in loader:
        optimizer.zero_grad()
        loss = nn.NLLLoss()(net(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if len(losses) == count:
            return losses


ours = first_losses(torch, 20)

# %% pytorch
real = pytorch()
if real is not None:
    theirs = first_losses(real, 20)
    print("step  minitorch   PyTorch")
    for step in [0, 1, 19]:
        print(f"{step + 1:4} {ours[step]:10.6f} {theirs[step]:9.6f}")
    apart = (torch.tensor(ours) - torch.tensor(theirs)).abs().max().item()
    print(f"20 losses differ by {apart:.0e} at most")
    assert apart < 1e-5


# %% exercise-1 tags=["exercise"]
def untrained_loss(classes):
    """The cross-entropy, if each of the classes gets the same logit."""
    return ...


check("05-1", untrained_loss)

# %% exercise-2 tags=["exercise"]
# A list of names out of "0.weight", "0.bias", "2.weight", "2.bias",
# "4.weight", "4.bias".
moving = ...

check("05-2", moving)


# %% exercise-3 tags=["exercise"]
def sgd_step(parameters, rate):
    """What step() and then zero_grad() do, for a list of tensors."""
    return ...


check("05-3", sgd_step)


# %% exercise-4 tags=["exercise"]
def backward_in_parts(net, images, labels, parts):
    """Fill the gradients of net with those of its mean loss over all rows."""
    return ...


check("05-4", backward_in_parts)


# %% exercise-5 tags=["exercise"]
def squared_error_gradient(p, y):
    """∂C/∂logits, of the shape of p (N, K); y is one-hot."""
    return ...


check("05-5", squared_error_gradient)
