# %% setup
import math
import tempfile
import textwrap
from pathlib import Path

import minitorch as torch
import minitorch.nn.functional as F
from minitorch import nn, optim
from minitorch.lessons import check, data_folder, digits, pictures, pytorch, show
from minitorch.utils.data import DataLoader
from minitorch.vision import datasets, transforms

# %% transform
transform = transforms.Compose(
    [
        transforms.ToTensor(),
        transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ]
)


# %% small-data
class Digits:
    """scikit-learn's digits, scaled from 8×8 to 32×32, in three equal channels."""

    classes = [str(digit) for digit in range(10)]

    def __init__(self, part):
        grey, labels = digits()
        large = F.interpolate(grey[part], size=32, mode="bilinear") * 255
        colour = large.to(torch.uint8).expand(-1, 3, -1, -1)
        self.images = colour.permute(0, 2, 3, 1).numpy()  # as files have them
        self.labels = labels[part].tolist()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return transform(self.images[i]), self.labels[i]


# %% data
root = data_folder()
photographs = root is not None and (root / "cifar-10-batches-py").is_dir()

if photographs:
    print("Data: CIFAR-10's photographs")
    train_set = datasets.CIFAR10(root, train=True, transform=transform)
    test_set = datasets.CIFAR10(root, train=False, transform=transform)
else:
    print("Data: scikit-learn's digits, as grey images of 32×32; not CIFAR-10")
    train_set, test_set = Digits(slice(0, 1440)), Digits(slice(1440, None))

classes = train_set.classes
print(len(train_set), "images to learn from,", len(test_set), "to test with")
print("classes:", *classes)

# %% one-image
image, label = train_set[0]

print(image.shape, "from", image.min().item(), "to", image.max().item())
print("class", label, "which is called", classes[label])

# %% normalize
print("byte   ToTensor  Normalize")
for byte in [0, 64, 128, 255]:
    share = byte / 255
    print(f"{byte:4d} {share:10.3f} {(share - 0.5) / 0.5:10.3f}")

# %% loader
torch.manual_seed(0)
loader = DataLoader(train_set, batch_size=4, shuffle=True)
images, labels = next(iter(loader))

print(images.shape, labels)
print(len(loader), "batches in an epoch")

# %% shuffle
ten = DataLoader(range(10), batch_size=4, shuffle=True)
for _ in range(3):
    print([batch.tolist() for batch in ten])

# %% grid tags=["hide-input"]
plt = pictures()


def picture(image):
    """A normalised image (3, H, W) as matplotlib draws it: (H, W, 3), from 0 to 1."""
    return (image / 2 + 0.5).permute(1, 2, 0).numpy()


fig, axes = plt.subplots(3, 4, figsize=(4.4, 3.9))
twelve, names = next(iter(DataLoader(train_set, batch_size=12, shuffle=True)))
for axis, image, label in zip(axes.flat, twelve, names.tolist(), strict=True):
    axis.imshow(picture(image))
    axis.set_title(classes[label], fontsize=11)
    axis.axis("off")
plt.show()


# %% output-size
def output_size(size, kernel, padding=0, stride=1):
    return (size - kernel + 2 * padding) // stride + 1


print("convolution, 5×5:", output_size(32, 5))
print("pooling, 2×2:    ", output_size(28, 2, stride=2))

# %% show-size
from minitorch.ops.convolution import windows

show(windows.output_size)


# %% sides
def sides(size, kernel):
    """Sizes along one axis: image, conv1, pool, conv2, pool."""
    found = [size]
    for _ in range(2):
        found.append(output_size(found[-1], kernel))
        found.append(output_size(found[-1], 2, stride=2))
    return found


sides(32, 5)


# %% net
class Net(nn.Module):
    """Images (N, 3, H, W) to logits (N, 10)."""

    def __init__(self, image_size=(32, 32), kernel_size=(5, 5)):
        super().__init__()
        self.image_size = tuple(image_size)
        height = sides(image_size[0], kernel_size[0])[-1]
        width = sides(image_size[1], kernel_size[1])[-1]
        self.conv1 = nn.Conv2d(3, 6, kernel_size)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, kernel_size)
        self.fc1 = nn.Linear(16 * height * width, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        given = tuple(x.shape[-2:])
        if given != self.image_size:
            built = self.image_size
            raise RuntimeError(f"this net is for images of {built}, and got {given}")
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


torch.manual_seed(0)
net = Net()
net


# %% stages
def stages(net, x):
    """What forward does, one name and one result at a time."""
    yield "image", x
    x = F.relu(net.conv1(x))
    yield "conv1", x
    x = net.pool(x)
    yield "pool1", x
    x = F.relu(net.conv2(x))
    yield "conv2", x
    x = net.pool(x)
    yield "pool2", x
    x = torch.flatten(x, 1)
    yield "flatten", x
    x = F.relu(net.fc1(x))
    yield "fc1", x
    x = F.relu(net.fc2(x))
    yield "fc2", x
    yield "fc3", net.fc3(x)


s = sides(32, 5)
expected = [
    (3, s[0], s[0]),
    (6, s[1], s[1]),
    (6, s[2], s[2]),
    (16, s[3], s[3]),
    (16, s[4], s[4]),
    (16 * s[4] * s[4],),
    (120,),
    (84,),
    (10,),
]

for (name, x), shape in zip(stages(net, images), expected, strict=True):
    print(f"{name:8} {tuple(x.shape)}")
    assert x.shape == (4, *shape)
assert torch.equal(x, net(images))

# %% shapes tags=["hide-input"]
fig, axis = plt.subplots(figsize=(4.4, 2.0))
left = 0.0
colours = ["C0", "C1", "C2", "C1", "C2"]
for (name, x), colour in zip(list(stages(net, images))[:5], colours, strict=True):
    channels, side = x.shape[1:3]
    slant = 1.1 * (channels - 1)
    for layer in reversed(range(channels)):
        corner = (left + 1.1 * layer, 1.1 * layer - side / 2)
        look = {"facecolor": colour, "edgecolor": "white", "linewidth": 0.6}
        axis.add_patch(plt.Rectangle(corner, side, side, **look))
    middle = left + (side + slant) / 2
    label = f"{name}\n{channels}×\n{side}×{side}"
    axis.text(middle, -20, label, ha="center", va="top", fontsize=10)
    left += side + slant + 9
axis.set(xlim=(-2, left), ylim=(-46, 34), aspect="equal")
axis.axis("off")
plt.show()

# %% parameters
for name, parameter in net.named_parameters():
    print(f"{name:12} {str(tuple(parameter.shape)):14} {parameter.numel():6,}")

count = sum(parameter.numel() for parameter in net.parameters())
print(f"together {count:,}; in fc1 {net.fc1.weight.numel() / count:.0%}")

# %% first-loss
criterion = nn.CrossEntropyLoss()
logits = net(images)

print(f"logits from {logits.min().item():.3f} to {logits.max().item():.3f}")
print(f"loss  {criterion(logits, labels).item():.3f}")
print(f"ln 10 {math.log(10):.3f}")

# %% length tags=["parameters"] short={"batches": 60, "every": 20, "tested": 100}
epochs = 2 if photographs else 6
batches = epochs * len(loader)  # a smaller number stops earlier
every = 2000 if photographs else 180  # batches from one printed line to the next
tested = len(test_set)  # images


# %% train
def train(net, loader, batches, every):
    """Train for so many batches; pairs of batches done and mean loss, as printed."""
    optimizer = optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    printed, step, epoch = [], 0, 0
    while step < batches:
        epoch += 1
        running_loss = 0.0
        for i, (images, labels) in enumerate(loader):
            optimizer.zero_grad()
            loss = criterion(net(images), labels)
            loss.backward()
            optimizer.step()

            running_loss += loss.item()
            if (i + 1) % every == 0:
                print(f"[{epoch}, {i + 1:5d}] loss: {running_loss / every:.3f}")
                printed.append((step + 1, running_loss / every))
                running_loss = 0.0
            step += 1
            if step == batches:
                break
    return printed


torch.manual_seed(0)
net = Net()
before = net.conv1.weight.detach().clone()
losses = train(net, loader, batches, every)

# %% curve tags=["hide-input"]
plt.plot(*zip(*losses, strict=True), "o-", color="C0")
plt.axhline(math.log(10), color="C1", linestyle="--", lw=1.2)
plt.text(batches, math.log(10) + 0.02, "guessing", color="C1", ha="right", va="bottom")
plt.ylim(0, 2.6)
plt.xlabel("batches")
plt.ylabel("mean loss")
plt.grid()
plt.show()

# %% save
folder = Path(tempfile.mkdtemp())  # "." keeps the file beside your notebook
path = folder / "cifar_net.pth"
torch.save(net.state_dict(), path)

print(path.name, f"has {path.stat().st_size:,} bytes")
for name, value in net.state_dict().items():
    print(f"{name:12} {tuple(value.shape)}")

# %% load
loaded = Net()
print("before:", torch.equal(loaded(images), net(images)))

print(loaded.load_state_dict(torch.load(path)))
print("after: ", torch.equal(loaded(images), net(images)))


# %% test
def predict(net, dataset, count):
    """The classes of the first images, and the net's choices."""
    predicted, labels = [], []
    with torch.no_grad():
        for images, right in DataLoader(dataset, batch_size=100):
            _, choice = torch.max(net(images), 1)
            predicted.append(choice)
            labels.append(right)
            if 100 * len(labels) >= count:
                break
    return torch.cat(predicted), torch.cat(labels)


predicted, labels = predict(loaded, test_set, tested)
accuracy = (predicted == labels).float().mean().item()
print(f"Accuracy on {len(labels)} test images: {accuracy:.1%}")

# %% per-class
total = [0] * 10
correct = [0] * 10
for choice, right in zip(predicted.tolist(), labels.tolist(), strict=True):
    total[right] += 1
    correct[right] += choice == right

print("Accuracy for each class:")
for name, hits, of in zip(classes, correct, total, strict=True):
    print(f"{name:10} {hits / of:6.1%}  ({hits} of {of})")

# %% bars tags=["hide-input"]
shares = [100 * hits / of for hits, of in zip(correct, total, strict=True)]
fig, axis = plt.subplots(figsize=(4.4, 3.6))
axis.barh(classes, shares, color="C0")
axis.axvline(10, color="C1", linestyle="--", lw=1.2)
axis.text(12, -1.1, "guessing", color="C1", va="center")
axis.set(xlim=(0, 100), ylim=(9.6, -1.6), xlabel="of a class's images right, %")
plt.show()

# %% answers tags=["hide-input"]
fig, axes = plt.subplots(2, 4, figsize=(4.4, 3.2))
mistakes = [i for i in range(len(labels)) if predicted[i] != labels[i]]
for axis in axes.flat:
    axis.axis("off")
for axis, i in zip(axes.flat, [0, 1, 2, 3, *mistakes[:4]], strict=False):
    axis.imshow(picture(test_set[i][0]))
    right = predicted[i] == labels[i]
    axis.set_title(classes[predicted[i]], color="C2" if right else "C1", fontsize=11)
    if not right:
        name = f"no: {classes[labels[i]]}"
        axis.text(16, 33, name, ha="center", va="top", fontsize=10)
plt.show()

# %% filters tags=["hide-input"]
after = loaded.conv1.weight.detach()
reach = max(before.abs().max().item(), after.abs().max().item())
fig, axes = plt.subplots(2, 6, figsize=(4.4, 2.0))
for row, filters in zip(axes, [before, after], strict=True):
    for axis, kernel in zip(row, filters, strict=True):
        axis.imshow(picture(kernel / reach))
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
axes[0, 0].set_ylabel("before")
axes[1, 0].set_ylabel("trained")
plt.show()

# %% grey-filters
change = after - before
apart = change - change.mean(1, keepdim=True)  # from the mean of the channels

print(f"largest change of a filter's number: {change.abs().max().item():.4f}")
print(f"largest difference between channels: {apart.abs().max().item():.4f}")

# %% maps tags=["hide-input"]
image = test_set[0][0]
with torch.no_grad():
    seen = dict(stages(loaded, image.unsqueeze(0)))

fig = plt.figure(figsize=(4.4, 3.5))
upper, lower = fig.subfigures(2, 1, height_ratios=[2.1, 1.5])
axes = upper.subplot_mosaic([[0, 0, 1, 2, 3], [0, 0, 4, 5, 6]])
axes[0].imshow(picture(image))
axes[0].set_title("image", fontsize=11)
axes[2].set_title("conv1", fontsize=11)
lower.suptitle("conv2", fontsize=11)
places = {"conv1": [axes[i] for i in range(1, 7)], "conv2": lower.subplots(2, 8).flat}
for name, drawn in places.items():
    maps = seen[name][0]
    for axis, feature in zip(drawn, maps, strict=True):
        axis.imshow(feature.numpy(), vmin=0, vmax=maps.max().item())
for axis in fig.axes:
    axis.axis("off")
plt.show()

# %% other-size
for shape in [(1, 3, 28, 28), (1, 1, 32, 32)]:
    try:
        net(torch.zeros(shape))
    except RuntimeError as error:
        print(textwrap.fill(f"{shape}: {error}", 44), "\n")

# %% slip-through
[size for size in range(24, 44) if sides(size, 5)[-1] == 5]

# %% rectangular
wide = Net(image_size=(32, 48), kernel_size=(3, 5))
print("heights:", sides(32, 3))
print("widths: ", sides(48, 5))

for name, x in stages(wide, torch.rand(4, 3, 32, 48)):
    print(f"{name:8} {tuple(x.shape)}")

# %% results
# Printed losses of two epochs on CIFAR-10, one thread, from docs/results.md.
first = [2.213, 1.878, 1.692, 1.586, 1.534, 1.488]
second = [1.424, 1.388, 1.357, 1.336, 1.318, 1.287]
ours = first + second
first = [2.213, 1.876, 1.689, 1.584, 1.534, 1.485]
second = [1.422, 1.381, 1.353, 1.337, 1.320, 1.283]
theirs = first + second

apart = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
print(f"largest difference of a printed loss: {apart:.3f}")
print("test accuracy: 52.54%, and PyTorch 51.95%")

# %% both tags=["hide-input"]
done = [2000 * k for k in range(1, 7)]
done += [12500 + more for more in done]
plt.plot(done, theirs, "-", color="C1", lw=5, alpha=0.5, label="PyTorch")
plt.plot(done, ours, "o-", color="C0", lw=1.2, ms=4, label="minitorch")
plt.ylim(1, 2.4)
plt.xlabel("batches")
plt.ylabel("mean loss")
plt.legend()
plt.grid()
plt.show()


# %% first-losses
def first_losses(engine, net, dataset, steps):
    """The first losses of training; nothing in it is minitorch's or PyTorch's own."""
    loader = engine.utils.data.DataLoader(dataset, batch_size=4, shuffle=True)
    criterion = engine.nn.CrossEntropyLoss()
    optimizer = engine.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    losses = []
    for images, labels in loader:
        optimizer.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if len(losses) == steps:
            return losses


torch.manual_seed(0)
ours = first_losses(torch, Net(), train_set, steps=20)
ours[:3]

# %% pytorch
real = pytorch()
if real is not None:

    class ForPyTorch:
        """The same images, as PyTorch's tensors."""

        def __len__(self):
            return len(train_set)

        def __getitem__(self, i):
            image, label = train_set[i]
            return real.from_numpy(image.numpy()), label

    real.manual_seed(0)
    layers = real.nn
    theirs = layers.Sequential(
        layers.Conv2d(3, 6, 5),
        layers.ReLU(),
        layers.MaxPool2d(2, 2),
        layers.Conv2d(6, 16, 5),
        layers.ReLU(),
        layers.MaxPool2d(2, 2),
        layers.Flatten(),
        layers.Linear(400, 120),
        layers.ReLU(),
        layers.Linear(120, 84),
        layers.ReLU(),
        layers.Linear(84, 10),
    )
    theirs = first_losses(real, theirs, ForPyTorch(), steps=20)
    for i in [0, 1, 2, 19]:
        print(f"batch {i + 1:2d}  minitorch {ours[i]:.7f}  PyTorch {theirs[i]:.7f}")
    for a, b in zip(ours, theirs, strict=True):
        assert math.isclose(a, b, rel_tol=1e-5)


# %% exercise-1 tags=["exercise"]
def flat_features(height, width, kernel):
    """How many numbers flatten gives for images of this size.

    The layers are Net's, with square kernels: kernel × kernel.
    """
    return ...


check("07-1", flat_features)


# %% exercise-2 tags=["exercise"]
class GreyNet(nn.Module):
    """Grey images (N, 1, 28, 28) to logits (N, 10), with the layers of Net."""

    def __init__(self):
        super().__init__()
        ...

    def forward(self, x):
        return ...


check("07-2", GreyNet)


# %% exercise-3 tags=["exercise"]
def class_accuracy(predicted, labels, number):
    """For each of `number` classes, the share of its images that are right.

    predicted and labels are tensors of class numbers; return a list.
    """
    return ...


check("07-3", class_accuracy)


# %% exercise-4 tags=["exercise"]
def shuffled_batches(count, batch_size):
    """One epoch: lists of indices from 0 to count − 1, in a random order."""
    return ...


check("07-4", shuffled_batches)
