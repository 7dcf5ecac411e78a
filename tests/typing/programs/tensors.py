"""What operators, methods and functions of tensors return."""

from __future__ import annotations

from typing import assert_type

import numpy as np

import minitorch as torch
from minitorch import Size, Tensor


def operators(x: Tensor, y: Tensor) -> None:
    assert_type(x + 1, Tensor)
    assert_type(2 / x, Tensor)
    assert_type(x @ y.T, Tensor)
    assert_type(x > y, Tensor)
    assert_type(x == y, Tensor)
    assert_type(-x, Tensor)
    assert_type(2 ** x, Tensor)
    assert_type(x[0], Tensor)
    assert_type(x[:, None, ..., 0], Tensor)
    x += 1
    assert_type(x, Tensor)
    assert_type([row for row in x], list[Tensor])
    assert_type(len(x), int)
    assert_type(float(x.sum()), float)


def attributes(x: Tensor) -> None:
    assert_type(x.shape, Size)
    assert_type(x.shape[0], int)
    assert_type(x.shape[1:], Size)
    assert_type(x.shape.numel(), int)
    assert_type(x.size(), Size)
    assert_type(x.size(0), int)
    assert_type(x.dtype, torch.dtype)
    assert_type(x.device, torch.device)
    assert_type(x.ndim, int)
    assert_type(x.requires_grad, bool)
    assert_type(x.grad, Tensor | None)
    rows, columns = x.shape
    assert_type(rows * columns, int)


def conversions(x: Tensor) -> None:
    assert_type(x.sum().item(), int | float | bool)
    assert_type(x.numpy(), np.ndarray)
    assert_type(x.to(torch.float64), Tensor)
    assert_type(x.float(), Tensor)
    assert_type(x.cpu(), Tensor)
    assert_type(x.detach().clone(), Tensor)
    assert_type(x.requires_grad_(), Tensor)
    assert_type(x.type(), str)


def creation() -> None:
    assert_type(torch.zeros(2, 3), Tensor)
    assert_type(torch.tensor([[1.0]]), Tensor)
    assert_type(torch.randn(2, 3, requires_grad=True), Tensor)
    assert_type(torch.arange(6).reshape(2, 3), Tensor)
    assert_type(torch.full((2,), 1.5, dtype=torch.float32), Tensor)
    assert_type(torch.zeros_like(torch.ones(2)), Tensor)
    assert_type(torch.from_numpy(np.zeros(2)), Tensor)


def reductions(x: Tensor) -> None:
    assert_type(torch.max(x), Tensor)
    assert_type(torch.max(x, x), Tensor)
    assert_type(torch.max(x, dim=0).values, Tensor)
    assert_type(torch.max(x, dim=0), torch.return_types.max)
    assert_type(x.max(1).indices, Tensor)
    values, indices = torch.topk(x, 1)
    assert_type(values, Tensor)
    assert_type(indices, Tensor)
    assert_type(torch.sort(x)[0], Tensor)
    assert_type(x.mean(dim=(0, 1)), Tensor)
    assert_type(torch.sum(x, 0, keepdim=True), Tensor)
    assert_type(torch.std_mean(x), tuple[Tensor, Tensor])
    assert_type(torch.median(x, 0).values, Tensor)
    assert_type(torch.linalg.svd(x).S, Tensor)
    assert_type(torch.allclose(x, x), bool)


def shapes(x: Tensor) -> None:
    assert_type(torch.cat([x, x]), Tensor)
    assert_type(torch.stack((x, x), dim=1), Tensor)
    assert_type(x.view(-1).unsqueeze(0).permute(1, 0), Tensor)
    assert_type(x.split(1), tuple[Tensor, ...])
    assert_type(torch.chunk(x, 2), tuple[Tensor, ...])
    assert_type(torch.where(x > 0, x, 0.0), Tensor)
    assert_type(torch.where(x > 0), tuple[Tensor, ...])
    assert_type(torch.nonzero(x), Tensor)
    assert_type(torch.nonzero(x, as_tuple=True), tuple[Tensor, ...])
    assert_type(torch.einsum("ij->ji", x), Tensor)


def functions(x: Tensor) -> None:
    assert_type(torch.add(x, x, alpha=2, out=torch.zeros(0)), Tensor)
    assert_type(torch.arccos(x), Tensor)
    assert_type(torch.true_divide(x, 2), Tensor)
    assert_type(torch.exp_(x.clone()), Tensor)
    assert_type(x.clone().mul_(2).add_(x), Tensor)
    assert_type(torch.nn.functional.softmax(x, dim=-1), Tensor)
    assert_type(torch.nn.functional.cross_entropy(x, torch.tensor([0, 1])), Tensor)
    image = torch.zeros(1, 1, 4, 4)
    assert_type(torch.nn.functional.max_pool2d(image, 2), Tensor)
    assert_type(torch.nn.functional.max_pool2d(image, 2, return_indices=True), tuple[Tensor, Tensor])
    assert_type(torch.clamp(x, 0, 1), Tensor)
    assert_type(torch.special.expit(x), Tensor)


if __name__ == "__main__":
    square = torch.tensor([[0.5, 0.25], [0.75, 1.0]])
    for program in (operators,):
        program(square.clone(), square)
    for check in (attributes, reductions, shapes, functions, conversions):
        check(square.clone())
    creation()
