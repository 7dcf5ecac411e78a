# %% setup
import time

import minitorch as torch
import minitorch.nn.functional as F
from minitorch.lessons import check, pictures, pytorch, show

# %% image
image = torch.ones(5, 6)
image[:, 3:] = 2.0
edge = torch.tensor([[-1.0, 0.0, 1.0]] * 3)
print(image)
print(edge)

# %% one-place
window = image[0:3, 1:4]  # rows 0 to 2, columns 1 to 3
print(window * edge)
print((window * edge).sum())


# %% slide
def slide(image, kernel):
    """The kernel laid on every place: a number for each."""
    high, wide = kernel.shape
    rows = image.shape[0] - high + 1
    columns = image.shape[1] - wide + 1
    out = torch.zeros(rows, columns)
    for y in range(rows):
        for x in range(columns):
            window = image[y : y + high, x : x + wide]
            out[y, x] = (window * kernel).sum()
    return out


print(slide(image, edge))

# %% conv2d
print(F.conv2d(image.view(1, 1, 5, 6), edge.view(1, 1, 3, 3)))

# %% photo tags=["hide-input"]
from sklearn.datasets import load_sample_image

colours = torch.tensor(load_sample_image("china.jpg"), dtype=torch.float32)
photo = colours.mean(2)[::2, ::2] / 255  # grey, every second pixel
upright = F.conv2d(photo.view(1, 1, *photo.shape), edge.view(1, 1, 3, 3))
lying = F.conv2d(photo.view(1, 1, *photo.shape), edge.T.reshape(1, 1, 3, 3))

plt = pictures()
figure, places = plt.subplots(3, 1, figsize=(4.4, 9.6))
places[0].imshow(photo, cmap="gray")
places[0].set_title("the photograph")
for place, result, name in [
    (places[1], upright, "edge: from left to right"),
    (places[2], lying, "edge, transposed: from top to bottom"),
]:
    place.imshow(result[0, 0], cmap="PuOr_r", vmin=-1.5, vmax=1.5)
    place.set_title(name)
for place in places:
    place.axis("off")
plt.show()

# %% places tags=["hide-input"]
from matplotlib.patches import Rectangle

size, kernel, stride, padding = 8, 3, 2, 1
figure, place = plt.subplots(figsize=(4.4, 2.6))
for spot in range(-padding, size + padding):
    inside = 0 <= spot < size
    style = {"color": "C0"} if inside else {"fill": False, "ec": "C0", "ls": ":"}
    place.add_patch(Rectangle((spot + 0.05, 0), 0.9, 0.8, **style))
    if inside:
        place.text(spot + 0.5, 0.4, spot, color="white", ha="center", va="center")
for number, first in enumerate(range(-padding, size + padding - kernel + 1, stride)):
    bar = Rectangle((first + 0.05, -0.75 - 0.7 * number), kernel - 0.1, 0.5, color="C1")
    place.add_patch(bar)
    middle = first + kernel / 2, -0.5 - 0.7 * number
    white = {"color": "white", "ha": "center", "va": "center", "size": 10}
    place.text(*middle, f"window {number}", **white)
place.set(xlim=(-1.1, 9.1), ylim=(-3.1, 1))
place.axis("off")
plt.show()


# %% size
def output_size(size, kernel, stride=1, padding=0):
    return (size + 2 * padding - kernel) // stride + 1


print(output_size(8, 3, stride=2, padding=1))

# %% sizes
from itertools import product

tried = 0
numbers = product(range(1, 13), range(1, 6), range(1, 5), range(4))
for size, kernel, stride, padding in numbers:
    if size + 2 * padding < kernel:
        continue  # not even one window fits
    square = torch.zeros(1, 1, size, size)
    weight = torch.zeros(1, 1, kernel, kernel)
    out = F.conv2d(square, weight, stride=stride, padding=padding)
    expected = output_size(size, kernel, stride, padding)
    assert out.shape == (1, 1, expected, expected)
    tried += 1
print(tried, "combinations, and the formula is right for each")

# %% show-plain
show(F.conv2d_plain)

# %% layer
torch.manual_seed(6)
layer = torch.nn.Conv2d(3, 6, 5, stride=2, padding=1)
images = torch.rand(2, 3, 12, 12)

fast = layer(images)
plain = F.conv2d_plain(images, layer.weight, layer.bias, stride=2, padding=1)
print("images", tuple(images.shape), "  weight", tuple(layer.weight.shape))
print("out   ", tuple(fast.shape))
print(f"largest difference: {(fast - plain).abs().max().item():.1e}")


# %% columns
def as_columns(image, high, wide):
    """A column for each window, a row for each number of the kernel."""
    rows = image.shape[0] - high + 1
    columns = image.shape[1] - wide + 1
    met = []
    for i in range(high):
        for j in range(wide):
            met.append(image[i : i + rows, j : j + columns].flatten())
    return torch.stack(met)


small = torch.arange(9.0).view(3, 3)
print(small)
print(as_columns(small, 2, 2))

# %% product
kernel = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
line = kernel.flatten() @ as_columns(small, 2, 2)
print(line.view(2, 2))
print(slide(small, kernel))

# %% show-columns
from minitorch.ops.convolution.windows import Windows

show(Windows.columns)

# %% show-convolution
from minitorch.ops.convolution.convolution import Convolution

show(Convolution.plain)


# %% measure
def milliseconds(f, *arguments):
    """The shortest of three runs."""
    taken = []
    for _ in range(3):
        begin = time.perf_counter()
        f(*arguments)
        taken.append(time.perf_counter() - begin)
    return 1000 * min(taken)


images = torch.rand(1, 3, 32, 32)
weight = torch.rand(6, 3, 5, 5)
loops = milliseconds(F.conv2d_plain, images, weight)
fast = milliseconds(F.conv2d, images, weight)

print(f"multiplications: {6 * 28 * 28 * 3 * 5 * 5:,}")
print(f"loops:           {loops:.2f} ms")
print(f"matrix product:  {fast:.2f} ms, {loops / fast:.0f} times as fast")
print(f"the image has {images.numel():,} numbers")
print(f"its columns have {3 * 5 * 5 * 28 * 28:,}")

# %% units
units = torch.eye(36).view(36, 1, 6, 6)  # 36 images, one pixel lit in each
answers = F.conv2d(units, torch.rand(1, 1, 3, 3) + 0.5)
matrix = answers.view(36, 16).T

print(tuple(matrix.shape), "of which not zero:", (matrix != 0).sum().item())
print("different numbers among them:", len(matrix[matrix != 0].unique()))

# %% matrix tags=["hide-input"]
figure, place = plt.subplots(figsize=(4.4, 2.4))
spots = matrix.clone()
spots[matrix == 0] = float("nan")
place.imshow(spots, cmap="viridis", vmin=0.2, vmax=1.6)
place.set(xlabel="36 pixels", ylabel="16 results", xticks=[], yticks=[])
plt.show()


# %% count
def count(layer):
    return sum(p.numel() for p in layer.parameters())


print("convolution:", count(torch.nn.Conv2d(1, 8, 3, padding=1)))
print("linear:     ", f"{count(torch.nn.Linear(64, 8 * 64)):,}")

# %% moved
image = torch.zeros(1, 1, 8, 8)
image[..., 1:4, 1:4] = torch.rand(3, 3)
kernel = torch.rand(1, 1, 3, 3)

moved = image.roll((2, 3), dims=(2, 3))  # 2 down, 3 to the right
first = F.conv2d(image, kernel, padding=1)
second = F.conv2d(moved, kernel, padding=1)
print((second - first.roll((2, 3), dims=(2, 3))).abs().max())

# %% pool
x = torch.tensor(
    [
        [1.0, 5.0, 2.0, 0.0],
        [3.0, 2.0, 1.0, 7.0],
        [0.0, 0.0, 4.0, 3.0],
        [6.0, 1.0, 2.0, 2.0],
    ],
    requires_grad=True,
)
z = F.max_pool2d(x.view(1, 1, 4, 4), 2)
print(z)

# %% pool-gradient
g = torch.tensor([[10.0, 20.0], [30.0, 40.0]])
z.backward(g.view(1, 1, 2, 2))
print(x.grad)

# %% show-pool
from minitorch.ops.pooling.pooling import MaxPool2d

show(MaxPool2d)

# %% gradients
X = torch.rand(5, 6, dtype=torch.float64, requires_grad=True)
K = torch.rand(3, 3, dtype=torch.float64, requires_grad=True)
G = torch.rand(3, 4, dtype=torch.float64)


def loss(X, K):
    """A number that depends on each value of the output, G tells how much."""
    out = F.conv2d(X.view(1, 1, 5, 6), K.view(1, 1, 3, 3))
    return (out.view(3, 4) * G).sum()


loss(X, K).backward()

# %% two-more
with torch.no_grad():
    G4 = G.view(1, 1, 3, 4)
    for_K = F.conv2d(X.view(1, 1, 5, 6), G4).view(3, 3)

    turned = K.flip(0, 1)  # by half a turn
    for_X = F.conv2d(G4, turned.view(1, 1, 3, 3), padding=2).view(5, 6)

print(f"kernel: {(for_K - K.grad).abs().max().item():.1e}")
print(f"image:  {(for_X - X.grad).abs().max().item():.1e}")


# %% small-steps
def slopes(f, values, h=1e-4):
    """How fast f changes with each of the values, by a step to each side."""
    found = torch.zeros_like(values)
    for place in product(*map(range, values.shape)):
        before = values[place].item()
        values[place] = before + h
        above = f()
        values[place] = before - h
        found[place] = (above - f()) / (2 * h)
        values[place] = before
    return found


with torch.no_grad():
    numeric_K = slopes(lambda: loss(X, K), K)
    numeric_X = slopes(lambda: loss(X, K), X)
print(f"kernel: {(numeric_K - K.grad).abs().max().item():.1e}")
print(f"image:  {(numeric_X - X.grad).abs().max().item():.1e}")
assert (numeric_K - K.grad).abs().max() < 1e-8
assert (numeric_X - X.grad).abs().max() < 1e-8

# %% show-backward
show(Convolution.backward)

# %% learn
torch.manual_seed(0)
noise = torch.randn(1, 1, 20, 20)
wanted = F.conv2d(noise, edge.view(1, 1, 3, 3))

kernel = torch.zeros(1, 1, 3, 3, requires_grad=True)
for step in range(31):
    error = ((F.conv2d(noise, kernel) - wanted) ** 2).mean()
    error.backward()
    if step % 10 == 0:
        print(f"step {step:2}: error {error.item():.6f}")
    with torch.no_grad():
        kernel -= 0.1 * kernel.grad
    kernel.grad = None
for row in kernel[0, 0].tolist():
    print("  ".join(f"{value:6.3f}" for value in row))


# %% pytorch
def run(engine, images, weight):
    """The same lines for both engines: what comes out, and two gradients."""
    x = engine.tensor(images, requires_grad=True)
    w = engine.tensor(weight, requires_grad=True)
    F = engine.nn.functional
    out = F.conv2d(x, w, stride=2, padding=1)
    out = F.max_pool2d(out, 2)
    (out**2).sum().backward()
    return out.detach(), x.grad, w.grad


images = torch.randn(2, 3, 13, 13, dtype=torch.float64).numpy()
weight = torch.randn(4, 3, 3, 3, dtype=torch.float64).numpy()
real = pytorch()
if real is not None:
    ours = run(torch, images, weight)
    theirs = run(real, images, weight)
    names = ["output", "images", "weight"]
    for name, a, b in zip(names, ours, theirs, strict=True):
        difference = abs(a.numpy() - b.numpy()).max()
        print(f"{name:6}  largest difference {difference:.1e}")
        assert difference < 1e-10

# %% exercise-1 tags=["exercise"]
shift = ...  # a tensor of 3×3 numbers

check("06-1", shift)


# %% exercise-2 tags=["exercise"]
def size_after(size, layers):
    """The size behind all layers; layers is a list of (kernel, stride, padding)."""
    return ...


check("06-2", size_after)


# %% exercise-3 tags=["exercise"]
def matrix_of(kernel, size):
    """The matrix that does to a row of `size` numbers what the kernel does."""
    return ...


check("06-3", matrix_of)


# %% exercise-4 tags=["exercise"]
def pool_gradient(x, g):
    """The gradient for x (H, W), when g (H/2, W/2) arrives at its 2×2 max pooling."""
    return ...


check("06-4", pool_gradient)


# %% exercise-5 tags=["exercise"]
def row_gradient(g, kernel, size):
    """The gradient for a row of `size` numbers, convolved with stride 2."""
    return ...


check("06-5", row_gradient)
