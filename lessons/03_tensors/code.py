# %% setup
import minitorch as torch
from minitorch.lessons import check, pictures, pytorch, show

# %% tensor
x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
print(x)
print("shape:", x.shape)
print("row 1, column 2:", x[1, 2])

# %% elementwise
print(x * 10)
print(x * x)

# %% sums
print("all:       ", x.sum())
print("columns:   ", x.sum(0))
print("rows:      ", x.sum(1))
print("rows, kept:", x.sum(1, keepdim=True).shape)

# %% gradient
x.requires_grad_()  # from now on x is a leaf that wants a gradient
squares = x * x
end = squares.sum()
end.backward()

print("operations:", end.grad_fn.name(), squares.grad_fn.name())
print(x.grad)

# %% no-number
from textwrap import fill

try:
    (x * x).backward()
except RuntimeError as error:
    print(fill(str(error), 44))

# %% broadcast
column = torch.tensor([[10.0], [20.0], [30.0]])
row = torch.tensor([1.0, 2.0, 3.0, 4.0])
both = column + row
print(column.shape, row.shape, both.shape)
print(both)

# %% broadcast-picture tags=["hide-input"]
plt = pictures()


def cells(rows, left, top, colour, real=lambda i, j: True):
    """A matrix. What is not real, but a copy, has dashed lines."""
    for i, numbers in enumerate(rows):
        for j, number in enumerate(numbers):
            look = {"color": colour}
            if not real(i, j):
                look = {"fill": False, "ec": colour, "ls": ":", "lw": 1}
            place = left + j, top - i - 1
            plt.gca().add_patch(plt.Rectangle(place, 0.9, 0.9, **look))
            ink = "white" if real(i, j) else colour
            middle = place[0] + 0.45, place[1] + 0.43
            word(*middle, f"{number:g}", color=ink, fontsize=10)


def word(x, y, text, **look):
    plt.text(x, y, text, ha="center", va="center", **look)


def begin(width, height):
    plt.figure(figsize=(4.4, 4.4 * height / width))
    plt.axis([0, width, 0, height])
    plt.axis("off")


begin(14, 4.2)
cells(column.expand(3, 4).tolist(), 0, 3, "C0", lambda i, j: j == 0)
cells(row.expand(3, 4).tolist(), 5, 3, "C1", lambda i, j: i == 0)
cells(both.tolist(), 10, 3, "C2")
word(4.45, 1.5, "+")
word(9.45, 1.5, "=")
for left, text in [(2, "(3, 1)"), (7, "(4)"), (12, "(3, 4)")]:
    word(left, 3.6, text)
plt.show()

# %% shapes
pairs = [((2, 3), (3,)), ((2, 3), (2, 1)), ((5, 1, 4), (3, 1)), ((2, 3), (2,))]
for one, other in pairs:
    try:
        result = (torch.zeros(one) + torch.zeros(other)).shape
        print(one, "and", other, "give", tuple(result))
    except RuntimeError:
        print(one, "and", other, "don't fit")

# %% weights
column = torch.tensor([[10.0], [20.0], [30.0]], requires_grad=True)
row = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
c = torch.tensor([[1.0, 0, 2, 1], [0, 3, 1, 0], [2, 1, 0, 4]])

end = (c * (column + row)).sum()
end.backward()
print(row.grad)
print(column.grad)

# %% sum-picture tags=["hide-input"]
begin(9, 6.6)
cells(c.tolist(), 0.6, 6, "C2")
cells(column.grad.tolist(), 6.4, 6, "C0")
cells([row.grad.tolist()], 0.6, 1.4, "C1")
for i in range(3):
    word(5.5, 5.45 - i, "→")
for j in range(4):
    word(1.05 + j, 2.2, "↓")
word(2.6, 6.35, "gradient of the sum")
word(6.85, 6.35, "of column")
word(6.2, 0.85, "of row")
plt.show()

# %% fit
from minitorch.autograd import engine
from minitorch.ops.elementwise.arithmetic import Add

show(Add)
show(engine.fit)

# %% matmul
a = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
b = torch.tensor([[1.0, 0, 2, 1], [0, 3, 1, 0], [2, 1, 0, 4]])
c = a @ b
print(a.shape, b.shape, c.shape)
print(c)

# %% matmul-picture tags=["hide-input"]
begin(9, 7.2)
cells(a.tolist(), 0.5, 2.6, "C0", lambda i, k: i == 1)
cells(b.tolist(), 4.5, 6.6, "C1", lambda k, j: j == 2)
cells(c.tolist(), 4.5, 2.6, "C2", lambda i, j: (i, j) == (1, 2))
word(2, 3, "A (2, 3)")
word(6.4, 6.95, "B (3, 4)")
word(6.4, 3.1, "C (2, 4)")
plt.show()

# %% matmul-gradient
torch.manual_seed(0)
a = torch.randn(2, 3, requires_grad=True)
b = torch.randn(3, 4, requires_grad=True)
g = torch.randn(2, 4)

(g * (a @ b)).sum().backward()

print("A:", (a.grad - g @ b.T).abs().max().item())
print("B:", (b.grad - a.T @ g).abs().max().item())

# %% show-matmul
from minitorch.ops.matrices.matmul import MatMul

show(MatMul)

# %% mean
x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
x.mean().backward()
print(x.mean().item())
print(x.grad)


# %% numeric
def small_steps(f, tensors, x, h=1e-5):
    """The gradient of f(*tensors) at x, which is one of the tensors."""
    gradient = torch.zeros_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            kept = x[i, j].item()
            x[i, j] = kept + h
            up = f(*tensors)
            x[i, j] = kept - h
            down = f(*tensors)
            x[i, j] = kept
            gradient[i, j] = (up - down) / (2 * h)
    return gradient


# %% compare
def f(a, b, row):
    y = a @ b + row
    return (y * y).mean()


def compare(dtype):
    torch.manual_seed(1)
    a = torch.randn(2, 3, dtype=dtype, requires_grad=True)
    b = torch.randn(3, 4, dtype=dtype, requires_grad=True)
    row = torch.randn(1, 4, dtype=dtype, requires_grad=True)
    f(a, b, row).backward()

    fixed = [x.detach() for x in (a, b, row)]
    for x, steps_here in zip((a, b, row), fixed, strict=True):
        numeric = small_steps(f, fixed, steps_here)
        off = (numeric - x.grad).abs().max().item()
        print(tuple(x.shape), f"off by {off:.1e}")


compare(torch.float64)

# %% compare-short
compare(torch.float32)


# %% pytorch
def gradients(torch):
    """The same calculation with whichever engine is given."""
    a = torch.tensor([[1.0, 2, 3], [4, 5, 6]], requires_grad=True)
    b = torch.tensor([[1.0, 0], [0, 3], [2, 1]], requires_grad=True)
    row = torch.tensor([0.5, -1.0], requires_grad=True)
    f(a, b, row).backward()
    return [t.grad.tolist() for t in (a, b, row)]


real = pytorch()
if real is not None:
    print("minitorch:", gradients(torch)[2])
    print("PyTorch:  ", gradients(real)[2])
    assert gradients(torch) == gradients(real)


# %% exercise-1 tags=["exercise"]
def broadcast_shape(one, other):
    """The shape of the sum, or None where they don't fit."""
    return ...


check("03-1", broadcast_shape)


# %% exercise-2 tags=["exercise"]
def undo_broadcast(g, shape):
    """The gradient of what was stretched from this shape."""
    return ...


check("03-2", undo_broadcast)


# %% exercise-3 tags=["exercise"]
def gradients_of_product(g, a, b):
    """For C = A · Bᵀ: the gradients of A and of B."""
    return ...


check("03-3", gradients_of_product)


# %% exercise-4 tags=["exercise"]
def centre_backward(g):
    """The gradient of x, when g is that of x − x.mean(0)."""
    return ...


check("03-4", centre_backward)
