"""A first tour: making tensors, shapes, views, out=, masks, sorting, counting, a convolution by hand, printing."""

import numpy as np
import torch
import torch.nn.functional as F

torch.manual_seed(0)
device = torch.accelerator.current_accelerator().type if torch.accelerator.is_available() else "cpu"
print(f"Using {device}", torch.typename(torch.ones(1)), torch.is_same_size(torch.ones(2), torch.zeros(2)))
tensor = torch.ones(4, 4)
tensor[:, 1] = 0
print(f"First row: {tensor[0]}\nLast column: {tensor[..., -1]}\n{torch.cat([tensor, tensor], dim=1)}")
product = torch.rand_like(tensor)
torch.matmul(tensor, tensor.T, out=product)
squares = torch.empty(0)
torch.mul(tensor, 2, out=squares)
print(product, squares.sum().item())
array = np.ones(3)
shared = torch.from_numpy(array)
np.add(array, 1, out=array)
print(shared, shared.dtype, torch.frombuffer(bytearray(b"\1\2\3"), dtype=torch.uint8))

x, labels = torch.randn(30, 3), torch.randint(3, (30,))
distances, places = torch.cdist(torch.randn(5, 3), x).topk(5, largest=False)
print("neighbours", labels[places].mode(dim=1).values, distances.mean())
u, s, v = torch.linalg.svd(x - x.mean(0), full_matrices=False)
print("principal parts", s, (s**2 / (s**2).sum()).cumsum(0))
print("histogram", torch.histogram(x[:, 0], bins=4).hist, torch.bincount(labels, minlength=3))
print("sums", torch.zeros(3).index_add(0, labels, x[:, 0]), torch.zeros(3).scatter_add_(0, labels, x[:, 1]))
print("order", x[:5].sort(dim=0).indices, torch.unique(labels, return_counts=True), x.quantile(0.5), x.kthvalue(2, 0).values)
mask = x > 0
print("masks", x[mask].shape, x.masked_fill(mask, 0).sum(), torch.where(mask, x, -x).min() >= 0, mask[:2].nonzero())
board = (torch.rand(1, 1, 8, 8) < 0.4).float()
kernel = torch.ones(1, 1, 3, 3)
kernel[0, 0, 1, 1] = 0
for _ in range(3):
    around = F.conv2d(F.pad(board, (1, 1, 1, 1), mode="circular"), kernel)
    board = ((around == 3) | ((board == 1) & (around == 2))).float()
print("life", board.squeeze().int())
image = torch.arange(36.0).reshape(1, 1, 6, 6)
print("patches", F.unfold(image, 3, stride=3).transpose(1, 2).reshape(4, 3, 3)[1], image.unfold(2, 2, 2).shape)
print("numbers", torch.tensor([1e-5, 1.0, 1e5]), torch.tensor([[1.5, float("nan")], [float("inf"), -2]]), torch.arange(2000))
print("empty", torch.tensor([]), torch.zeros(0, 3), torch.tensor(3.14159, dtype=torch.float64), torch.tensor([True]))
print("draws", torch.poisson(torch.full((5,), 3.0)), torch.bernoulli(torch.full((5,), 0.3)), torch.randperm(5))
print("slopes", torch.gradient(torch.arange(5.0) ** 2)[0], torch.angle(torch.tensor([1.0, -1.0])), torch.real(x[0]))
for wrong in (lambda: x + torch.ones(4), lambda: x @ x, lambda: x.view(7), lambda: torch.cat([x, x.T])):
    try:
        wrong()
    except RuntimeError as error:
        print("refused:", type(error).__name__)
