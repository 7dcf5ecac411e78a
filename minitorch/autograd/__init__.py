"""Automatic differentiation: the graph (node.py), one operation (op.py, function.py), the walk back (engine.py)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

from ..tensor import Tensor
from . import anomaly_mode, engine, function, functional, graph, views
from .anomaly_mode import detect_anomaly, set_detect_anomaly
from .function import Function
from .grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .gradcheck import gradcheck, gradgradcheck
from .op import Op
from .variable import Variable

__all__ = [
    "Function",
    "Op",
    "Variable",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "views",
]

Tensors = Tensor | Sequence[Tensor]


def _tuple(tensors: Tensors, argument: str) -> tuple[Tensor, ...]:
    several = (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)
    for t in several:
        if not isinstance(t, Tensor):
            kind = RuntimeError if argument == "inputs" else AssertionError  # PyTorch's types
            raise kind(f"{argument} must be a Tensor or a sequence of Tensors, but got {type(t).__name__}")
    return several


def _values(inputs: Any, name: str) -> Any:
    """The tensors of a dict of them; anything else as it is. TypeError for mappings other than dicts."""
    if isinstance(inputs, Mapping):
        if type(inputs) is not dict:
            raise TypeError(f"`inputs` argument to `{name}()` must be a dict, not {type(inputs).__name__}.")
        return tuple(inputs.values())
    return inputs


def _gradients(tensors: tuple[Tensor, ...], gradients: Tensors | Sequence[Tensor | None] | None) -> list[Tensor | None]:
    if gradients is None:
        return [None] * len(tensors)
    several: list[Tensor | None] = [gradients] if isinstance(gradients, Tensor) else list(gradients)
    for g in several:
        if not (g is None or isinstance(g, Tensor)):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
    if len(several) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(several)} gradients")
    for i, (t, g) in enumerate(zip(tensors, several, strict=True)):
        if g is not None and type(g._array) is not type(t._array) and g.device != t.device:
            raise RuntimeError(f"invalid gradient at index {i} - expected device {t.device} but got {g.device}")
    return several


def backward(
    tensors: Tensors,
    grad_tensors: Tensors | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Tensors | Sequence[Tensor | None] | None = None,
    inputs: Tensors | dict[str, Tensor] | None = None,
) -> None:
    """Add to every leaf's ``.grad`` the gradient of `tensors`, weighted by `grad_tensors` (1 for scalars).

    With `inputs` (tensors, or a dict of them) to theirs only. `grad_variables` is an older name of `grad_tensors`.

    Shapes: tensors of any shapes, grad_tensors of the same.
    Errors: RuntimeError for tensors that nothing was recorded for, for more than one element without `grad_tensors`,
    other shapes, no `inputs`, and a graph that was let go of.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.backward.html

    >>> import minitorch as torch
    >>> x = torch.tensor(3., requires_grad=True)
    >>> torch.autograd.backward(x ** 2)
    >>> x.grad
    tensor(6.)
    """
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`."
            )
        grad_tensors = grad_variables
    roots = _tuple(tensors, "tensors")
    leaves: Any = _values(inputs, "backward")
    engine.backward(
        roots,
        _gradients(roots, grad_tensors),
        retain_graph,
        create_graph,
        None if leaves is None else _tuple(leaves, "inputs"),
    )


@overload
def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Tensors | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: Literal[False] | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]: ...
@overload
def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Tensors | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]: ...
@overload
def grad(
    outputs: Tensors,
    inputs: dict[str, Tensor],
    grad_outputs: Tensors | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> dict[str, Tensor | None]: ...
def grad(
    outputs: Tensors,
    inputs: Tensors | dict[str, Tensor],
    grad_outputs: Tensors | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...] | dict[str, Tensor | None]:
    """The gradients of `outputs` with respect to `inputs`, returned; no ``.grad`` is touched.

    g_i = Σ_j grad_outputs_j · ∂outputs_j/∂inputs_i. With `create_graph=True` the result can be differentiated again. A
    dict of inputs gives a dict. For an input that was not used there is None with `allow_unused`, zeros with
    `materialize_grads`. `only_inputs` is ignored, as in PyTorch. With `is_grads_batched` one walk for each entry of the
    first dimension that grad_outputs have then in front, and its gradients under the same number of the results.

    Shapes: outputs of any shapes, grad_outputs of the same; inputs of any shapes → gradients of the same; with
    `is_grads_batched` grad_outputs (B, …), gradients (B, …).
    Errors: those of `backward`; RuntimeError if an input was not used, unless `allow_unused` or `materialize_grads` is
    given, and without inputs; ValueError for ``allow_unused=False`` with `materialize_grads`, and for numbers B that
    differ or are none.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html

    >>> import minitorch as torch
    >>> x = torch.tensor(3., requires_grad=True)
    >>> first, = torch.autograd.grad(x ** 3, x, create_graph=True)
    >>> first, torch.autograd.grad(first, x)
    (tensor(27., grad_fn=<MulBackward0>), (tensor(18.),))
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True).", FutureWarning, stacklevel=2
        )
    roots, wanted = _tuple(outputs, "outputs"), _tuple(_values(inputs, "grad"), "inputs")
    if not wanted:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    weights = _gradients(roots, grad_outputs)
    run = _for_each if is_grads_batched else engine.gradients_of
    results = run(roots, wanted, weights, retain_graph, create_graph)
    for i, (t, g) in enumerate(zip(wanted, results, strict=True)):
        if g is None and materialize_grads:
            results[i] = t.new_zeros(t.shape, requires_grad=create_graph)
        elif g is None and not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the graph. "
                "Set allow_unused=True if this is the desired behavior."
            )
    return dict(zip(inputs, results, strict=True)) if isinstance(inputs, dict) else tuple(results)


def _for_each(
    roots: tuple[Tensor, ...],
    wanted: tuple[Tensor, ...],
    weights: list[Tensor | None],
    retain_graph: bool | None,
    create_graph: bool,
) -> list[Tensor | None]:
    """What `engine.gradients_of` gives for each entry of the weights' first dimension, stacked."""
    from ..ops import stack

    given: list[Tensor] = []
    for t, g in zip(roots, weights, strict=True):
        if g is None or g.shape[1:] != t.shape or g.ndim == 0:
            got = "none" if g is None else f"shape {g.shape}"
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. "
                f"The sizes of the remaining dimensions are expected to match the shape of corresponding output, {t.shape}, "
                f"but got {got}"
            )
        given.append(g)
    numbers = {len(g) for g in given}
    if len(numbers) != 1 or numbers == {0}:
        raise ValueError(f"is_grads_batched=True: expected as many gradients of each output, and some, but got {numbers}")
    last = numbers.pop() - 1
    rows = [
        engine.gradients_of(roots, wanted, [g[i] for g in given], True if i < last else retain_graph, create_graph)
        for i in range(last + 1)
    ]
    return [None if column[0] is None else stack(column) for column in zip(*rows, strict=True)]
