"""compile: a training step as a CUDA graph; everything else runs as it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .captured_step import CapturedStep
from .nn import Module
from .nn.modules.compile_options import check_compile_options, refuse_mode_beside_options

__all__ = ["compile"]


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable[..., Any] | None = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    name: str | None = None,
    disable: bool = False,
    recompile_limit: int | None = None,
    isolate_recompiles: bool = False,
    shapes_spec: Any = None,
) -> Any:
    """`model` itself, or with ``mode="reduce-overhead"`` a function whose work on a GPU is recorded and replayed.

    There is no compiler here, and results are the same without one. So a compiled module keeps its class and the keys
    of its state dict, which in PyTorch get a prefix, and a function stays what it was. The options say how to compile,
    and change nothing. Without `model`, a decorator.

    The modes "reduce-overhead" and "max-autotune" mean CUDA graphs, here for functions: best a whole training step, from
    `zero_grad` to ``optimizer.step()``, with the batch as its arguments, on the GPU already. The third call records it.
    From then on a call copies its arguments to where the recording reads, replays, and returns copies of the results,
    without history; gradients lie in the same memory after each step.

    A call for which no recording is right runs as it is written, and the third one is recorded. That is so for arguments
    of other shapes; and when modules that are called have another mode or other parts, tensors that the step works on
    other memory or another `requires_grad`, or optimizers other options than the learning rate. What the host does (prints,
    counting, numbers of Python, attributes of objects) is done while recording only.

    A step that cannot be recorded (it reads a value with `item()`, draws random numbers such as a dropout mask, computes
    on the CPU, or has another optimizer than SGD, Adam and AdamW) runs as it is written, with a warning that says why;
    the attribute `reason` of the function keeps it.

    Shapes: those of `model`.
    Errors: RuntimeError if both `mode` and `options` are given, and for the name of a mode or a backend that PyTorch does
    not have; AssertionError for a `model` that cannot be called.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.compile.html

    >>> import minitorch as torch
    >>> net = torch.nn.Linear(2, 1)
    >>> torch.compile(net, mode="max-autotune") is net
    True
    >>> @torch.compile(mode="reduce-overhead")
    ... def double(x):
    ...     return 2 * x
    >>> double(torch.ones(1))
    tensor([2.])
    """
    refuse_mode_beside_options(mode, options)
    if model is None:
        return lambda model: _compiled(model, mode, backend, disable)
    return _compiled(model, mode, backend, disable)


def _compiled(model: Callable[..., Any], mode: str | None, backend: str | Callable[..., Any] | None, disable: bool) -> Any:
    check_compile_options(mode=mode, backend=backend)
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    if disable or mode not in ("reduce-overhead", "max-autotune") or isinstance(model, Module):
        return model
    return CapturedStep(model)
