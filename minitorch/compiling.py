"""compile: accepted, and nothing to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["compile"]


def compile(
    model: Callable | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable | None = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    name: str | None = None,
    disable: bool = False,
    recompile_limit: int | None = None,
    isolate_recompiles: bool = False,
    shapes_spec: Any = None,
) -> Any:
    """`model` itself: a function or a module. There is no compiler here, and results are the same without one.

    So a compiled module keeps its class and the keys of its state dict, which in PyTorch get a prefix. The options say
    how to compile, and change nothing; as in PyTorch, `mode` and `options` exclude each other (RuntimeError). Without
    `model`, a decorator.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.compile.html

    >>> import minitorch as torch
    >>> net = torch.nn.Linear(2, 1)
    >>> torch.compile(net, mode="max-autotune") is net
    True
    >>> @torch.compile(fullgraph=True)
    ... def double(x):
    ...     return 2 * x
    >>> double(torch.ones(1))
    tensor([2.])
    """
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    if model is None:
        return lambda model: model
    return model
