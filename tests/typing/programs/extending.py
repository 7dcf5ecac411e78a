"""What users add of their own: functions with derivatives, optimizers, hooks, transforms; and what they check it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, assert_type

import minitorch as torch
from minitorch import Tensor, nn
from minitorch.autograd import Function
from minitorch.autograd.function import FunctionCtx
from minitorch.testing import assert_close, check_gradient
from minitorch.utils.data import DataLoader, IterableDataset, Sampler
from minitorch.vision import transforms


class Cube(Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: FunctionCtx, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


class Double(torch.autograd.Op):
    def forward(self, x: Any) -> Any:
        return 2 * x

    def backward(self, g: Any) -> Any:
        return 2 * g


class Plain(torch.optim.Optimizer):
    def __init__(self, params: Any, lr: float = 0.1) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for p in group["params"]:
                p.sub_(group["lr"] * p.grad)
        return loss


class Count(IterableDataset[int]):
    def __iter__(self) -> Iterator[int]:
        return iter(range(4))


class Backwards(Sampler[int]):
    def __iter__(self) -> Iterator[int]:
        return iter([2, 1, 0])


def derivatives() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = assert_type((x**2).sum(), Tensor)
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    assert_type(g, Tensor)
    assert_type(torch.autograd.grad(y, [x], retain_graph=True, allow_unused=True), tuple[Tensor | None, ...])
    out, pull = torch.func.vjp(lambda t: t**2, x)
    print(out, pull(torch.ones(2)))
    print(torch.func.grad(lambda t: (t**2).sum())(x))
    handle = x.register_hook(lambda grad: grad * 2)
    handle.remove()
    with torch.enable_grad(), torch.autograd.set_detect_anomaly(False):
        y.backward(retain_graph=True)
    report = check_gradient(Cube.apply, torch.tensor([1.0, 2.0], requires_grad=True))
    assert_type(report.ok, bool)
    assert_close(torch.ones(2), torch.ones(2))
    assert torch.autograd.gradcheck(Cube.apply, torch.ones(2, dtype=torch.float64, requires_grad=True))


def hooks(net: nn.Module) -> None:
    def show(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
        print(module, output.shape)

    with_hook = net.register_forward_hook(show)
    net(torch.zeros(1, 2))
    with_hook.remove()


def data() -> None:
    pipeline = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    print(pipeline)
    print(list(DataLoader(Count(), batch_size=2)), list(DataLoader([1, 2, 3], sampler=Backwards())))


def optimise() -> None:
    w = nn.Parameter(torch.ones(1))
    optimizer = Plain([w])

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = (w**2).sum()
        loss.backward()
        return loss

    closure()
    optimizer.step()
    state = optimizer.state_dict()
    optimizer.load_state_dict(state)


if __name__ == "__main__":
    derivatives()
    hooks(nn.Linear(2, 1))
    data()
    optimise()
    print(Double()(torch.ones(1)))
