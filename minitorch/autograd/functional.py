"""Derivatives of functions as wholes: products with the Jacobian and the Hessian, and these matrices themselves.

Reverse mode gives vᵀ·J, one walk back for one v. Everything else is made of it: a row of J is vᵀ·J for a unit vector v;
and J·v is the derivative of u ↦ uᵀ·J, which is linear in u, so a walk back through the walk back (`jvp`).

Source: https://docs.pytorch.org/docs/stable/autograd.html#functional-higher-level-api
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor import Tensor
from .grad_mode import enable_grad, is_grad_enabled, set_grad_enabled

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = tuple[Tensor, ...]


# ---- arguments and results -------------------------------------------------------------------------------------------


def _as_tuple(value: Any, what: str, name: str) -> tuple[Tensors, bool]:
    """`value` as a tuple of tensors, and whether it was one; TypeError for anything but tensors."""
    several = value if isinstance(value, tuple) else (value,)
    for i, x in enumerate(several):
        if not isinstance(x, Tensor):
            where = f"value at index {i}" if isinstance(value, tuple) else f"given {what}"
            raise TypeError(
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the {where} has type "
                f"{type(x)}."
            )
    return several, isinstance(value, tuple)


def _fresh(tensors: Tensors, create_graph: bool, needs_grad: bool) -> Tensors:
    """New tensors with the same values: what the function does with the old ones by another way is not counted.

    With `create_graph` they stay connected with the old ones, so that the results can be differentiated by those.
    """
    return tuple(
        x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_(needs_grad) for x in tensors
    )


def _call(func: Callable[..., Any], inputs: Tensors, name: str, strict: bool) -> tuple[Tensors, bool]:
    outputs, is_tuple = _as_tuple(func(*inputs), "outputs of the user-provided function", name)
    if strict:
        for i, out in enumerate(outputs):
            if not out.requires_grad:
                raise RuntimeError(
                    f"Output {i} of the user-provided function does not require gradients. The outputs must be "
                    "computed in a differentiable manner from the input when running in strict mode."
                )
    return outputs, is_tuple


def _vector(v: Any, like: Tensors, is_tuple: bool, create_graph: bool, name: str, source: str) -> Tensors | None:
    """The vector of a product, checked against the tensors whose shapes it must have; None stands for a single 1."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(f"The vector v can only be None if {source} a single Tensor with a single element.")
        return None
    vectors = _fresh(_as_tuple(v, "v", name)[0], create_graph, needs_grad=False)
    if len(vectors) != len(like):
        if is_tuple:
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(vectors)}.")
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (x, y) in enumerate(zip(vectors, like, strict=True)):
        if x.shape != y.shape:
            entry = f"Entry {i} in " if is_tuple else ""
            raise RuntimeError(f"{entry}v has invalid size: should be {y.shape} but got {x.shape}.")
    return vectors


def _derivatives(
    outputs: tuple[Tensor | None, ...],
    inputs: Tensors,
    weights: Tensors | None,
    create_graph: bool,
    retain_graph: bool | None = None,
) -> tuple[Tensor | None, ...]:
    """`autograd.grad` that passes over outputs which depend on nothing; None for inputs that nothing depends on."""
    from . import grad

    given = weights or (None,) * len(outputs)
    pairs = [(out, v) for out, v in zip(outputs, given, strict=True) if out is not None and out.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    return grad([out for out, _ in pairs], inputs, [v for _, v in pairs], retain_graph, create_graph, allow_unused=True)


def _filled(
    gradients: tuple[Tensor | None, ...], like: Tensors, strict: bool, create_graph: bool, what: str, of: str
) -> Tensors:
    """Zeros in the places of None, which strict mode does not allow, nor (with a graph) what is constant."""
    result = []
    for i, (g, x) in enumerate(zip(gradients, like, strict=True)):
        if strict and g is None:
            raise RuntimeError(f"The {what} is independent of {of} {i}. This is not allowed in strict mode.")
        if strict and create_graph and not g.requires_grad:  # type: ignore[union-attr]  # no None in strict mode
            matrix = "hessian" if "hessian" in what or "jacobian" in what else "jacobian"
            raise RuntimeError(
                f"The {matrix} of the user-provided function is independent of input {i}. This is not allowed in "
                "strict mode when create_graph=True."
            )
        result.append(x.new_zeros(x.shape) if g is None else g)
    return tuple(result)


def _handed_out(tensors: Tensors, is_tuple: bool, create_graph: bool) -> Any:
    kept = tensors if create_graph else tuple(x.detach() for x in tensors)
    return kept if is_tuple else kept[0]


def _single(outputs: Tensors, is_tuple: bool, name: str) -> None:
    if is_tuple:
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")


def _must_vary(gradients: tuple[Tensor | None, ...], strict: bool, linear: str) -> None:
    """Strict mode: a first derivative must exist for every input, and depend on the inputs."""
    for i, g in enumerate(gradients if strict else ()):
        if g is None:
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {i}. This is not allowed in strict "
                "mode."
            )
        if not g.requires_grad:
            raise RuntimeError(
                f"{linear} with respect to input {i} is independent of the inputs of the user-provided "
                "function. This is not allowed in strict mode."
            )


def _zero_weights(tensors: Tensors) -> Tensors:
    return tuple(x.new_zeros(x.shape).requires_grad_() for x in tensors)


# ---- products --------------------------------------------------------------------------------------------------------


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """``(func(*inputs), vᵀ·J)``: the product of a vector and the Jacobian, one walk back.

    `inputs` and the outputs are tensors or tuples of tensors; `v` may be left out for a single number. With
    `create_graph` the results can be differentiated again. What does not depend on an input has the derivative 0; with
    `strict` it is an error.

    Shapes: v of the outputs' shapes → vᵀ·J of the inputs' shapes.
    Errors: TypeError for inputs or outputs that are no tensors; RuntimeError for a `v` of another shape, or none where
    there are several outputs' elements, and with `strict`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.vjp.html

    >>> import minitorch as torch
    >>> torch.autograd.functional.vjp(lambda x: x ** 2, torch.tensor([1., 2.]), torch.tensor([1., 10.]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        given, is_inputs_tuple = _as_tuple(inputs, "inputs", "vjp")
        xs = _fresh(given, create_graph, needs_grad=True)
        outputs, is_outputs_tuple = _call(func, xs, "vjp", strict)
        weights = _vector(v, outputs, is_outputs_tuple, create_graph, "vjp", "the user-provided function returns")
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _derivatives(outputs, xs, weights, create_graph)
        result = _filled(found, xs, strict, create_graph, "output of the user-provided function", "input")
    return _handed_out(outputs, is_outputs_tuple, create_graph), _handed_out(result, is_inputs_tuple, create_graph)


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """``(func(*inputs), J·v)``: how the outputs change along the direction v.

    uᵀ·J is linear in u; its derivative by u, in the direction v, is J·v. So two walks back, whatever u is.

    Shapes: v of the inputs' shapes → J·v of the outputs' shapes.
    Errors: TypeError for inputs or outputs that are no tensors; RuntimeError for a `v` of another shape, or none where
    there are several inputs' elements, and with `strict`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.jvp.html

    >>> import minitorch as torch
    >>> torch.autograd.functional.jvp(lambda x: x ** 2, torch.tensor([1., 2.]), torch.tensor([1., 10.]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        given, is_inputs_tuple = _as_tuple(inputs, "inputs", "jvp")
        xs = _fresh(given, create_graph, needs_grad=True)
        direction = _vector(v, xs, is_inputs_tuple, create_graph, "jvp", "the input to the user-provided function is")
        outputs, is_outputs_tuple = _call(func, xs, "jvp", strict)
        u = _zero_weights(outputs)
        first = _derivatives(outputs, xs, u, create_graph=True)
        _must_vary(first, strict, "The gradient")
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _derivatives(first, u, direction, create_graph)
        result = _filled(found, outputs, strict, create_graph, "gradient with respect to the input", "entry")
    return _handed_out(outputs, is_outputs_tuple, create_graph), _handed_out(result, is_outputs_tuple, create_graph)


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """``(func(*inputs), vᵀ·H)`` for a function with a single number as its result, H its Hessian.

    Shapes: v of the inputs' shapes → vᵀ·H of the inputs' shapes.
    Errors: TypeError for inputs that are no tensors; RuntimeError for a result of more than one element, and as in
    `jvp`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.vhp.html

    >>> import minitorch as torch
    >>> torch.autograd.functional.vhp(lambda x: (x ** 3).sum(), torch.tensor([1., 2.]), torch.tensor([1., 1.]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        given, is_inputs_tuple = _as_tuple(inputs, "inputs", "vhp")
        xs = _fresh(given, create_graph, needs_grad=True)
        weights = _vector(v, xs, is_inputs_tuple, create_graph, "vhp", "the input to the user-provided function is")
        outputs, is_outputs_tuple = _call(func, xs, "vhp", strict)
        _single(outputs, is_outputs_tuple, "vhp")
        first = _derivatives(outputs, xs, None, create_graph=True)
        _must_vary(first, strict, "The jacobian")
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _derivatives(first, xs, weights, create_graph)
        result = _filled(found, xs, strict, create_graph, "jacobian of the user-provided function", "input")
    return _handed_out(outputs, is_outputs_tuple, create_graph), _handed_out(result, is_inputs_tuple, create_graph)


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """``(func(*inputs), H·v)`` for a function with a single number as its result, H its Hessian.

    By the trick of `jvp`, so slower than `vhp`, which gives the same numbers, since H is symmetric.

    Shapes: v of the inputs' shapes → H·v of the inputs' shapes.
    Errors: TypeError for inputs that are no tensors; RuntimeError for a result of more than one element, and as in
    `jvp`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.hvp.html

    >>> import minitorch as torch
    >>> torch.autograd.functional.hvp(lambda x: (x ** 3).sum(), torch.tensor([1., 2.]), torch.tensor([1., 1.]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        given, is_inputs_tuple = _as_tuple(inputs, "inputs", "hvp")
        xs = _fresh(given, create_graph, needs_grad=True)
        direction = _vector(v, xs, is_inputs_tuple, create_graph, "hvp", "the input to the user-provided function is")
        outputs, is_outputs_tuple = _call(func, xs, "hvp", strict)
        _single(outputs, is_outputs_tuple, "hvp")
        first = _derivatives(outputs, xs, None, create_graph=True)
        _must_vary(first, strict, "The jacobian")
        u = _zero_weights(xs)
        second = _derivatives(first, xs, u, create_graph=True)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _derivatives(second, u, direction, create_graph)
        result = _filled(found, xs, strict, create_graph, "hessian of the user-provided function", "entry")
    return _handed_out(outputs, is_outputs_tuple, create_graph), _handed_out(result, is_inputs_tuple, create_graph)


# ---- matrices --------------------------------------------------------------------------------------------------------


def _check_strategy(strategy: Any, strict: bool, vectorize: bool, name: str) -> None:
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')
    if strategy == "forward-mode":
        raise NotImplementedError(f"minitorch's {name} has no forward mode; use strategy='reverse-mode'")
    if strict and vectorize:
        raise RuntimeError(
            "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together. "
            "Please either set `strict=False` or `vectorize=False`."
        )


def _rows(out: Tensor, number: int, xs: Tensors, create_graph: bool, strict: bool) -> Tensors:
    """The Jacobian of one output: for every input a tensor (*out.shape, *input.shape), a row for every element."""
    from ..ops import stack

    rows: list[list[Tensor]] = [[] for _ in xs]
    flat = out.reshape(-1)
    for j in range(out.numel()):
        for i, g in enumerate(_derivatives((flat[j],), xs, None, create_graph, retain_graph=True)):
            if strict and g is None:
                raise RuntimeError(
                    f"Output {number} of the user-provided function is independent of input {i}. This is not allowed "
                    "in strict mode."
                )
            if strict and create_graph and not g.requires_grad:  # type: ignore[union-attr]  # no None in strict mode
                raise RuntimeError(
                    f"The jacobian of the user-provided function is independent of input {number}. This is not allowed "
                    "in strict mode when create_graph=True."
                )
            rows[i].append(xs[i].new_zeros(xs[i].shape) if g is None else g)
    return tuple(
        (stack(found) if found else x.new_zeros((0,))).reshape((*out.shape, *x.shape))
        for found, x in zip(rows, xs, strict=True)
    )


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The derivatives of all outputs by all inputs: J[i, j] = ∂output[i]/∂input[j].

    A tuple of outputs gives a tuple, and so does a tuple of inputs: ``jacobian[output][input]``. One walk back for
    every element of the outputs, `vectorize` or not. For `create_graph` and `strict` see `vjp`.

    Shapes: for each output and each input (*output.shape, *input.shape).
    Errors: TypeError for inputs or outputs that are no tensors; NotImplementedError for the strategy "forward-mode",
    AssertionError for an unknown one; RuntimeError with `strict`, see `vjp`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.jacobian.html

    >>> import minitorch as torch
    >>> torch.autograd.functional.jacobian(lambda x: x ** 2, torch.tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    _check_strategy(strategy, strict, vectorize, "jacobian")
    with enable_grad():
        given, is_inputs_tuple = _as_tuple(inputs, "inputs", "jacobian")
        xs = _fresh(given, create_graph, needs_grad=True)
        outputs, is_outputs_tuple = _call(func, xs, "jacobian", strict)
        matrices = [_rows(out, i, xs, create_graph, strict) for i, out in enumerate(outputs)]
    result = tuple(_handed_out(row, is_inputs_tuple, create_graph) for row in matrices)
    return result if is_outputs_tuple else result[0]


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of a function with a single number as its result: the Jacobian of its gradient.

    For a tuple of inputs ``hessian[i][j]`` is the derivative by inputᵢ and inputⱼ.

    Shapes: (*input.shape, *input.shape) for one input, (*inputᵢ.shape, *inputⱼ.shape) for several.
    Errors: TypeError for inputs that are no tensors; RuntimeError for a result of more than one element;
    NotImplementedError for "forward-mode".

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.hessian.html

    >>> import minitorch as torch
    >>> torch.autograd.functional.hessian(lambda x: (x ** 3).sum(), torch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    _check_strategy(outer_jacobian_strategy, strict, vectorize, "hessian")
    given, is_inputs_tuple = _as_tuple(inputs, "inputs", "hessian")

    def number(*xs: Tensor) -> Tensor:
        outputs, is_tuple = _call(func, xs, "hessian", strict)
        _single(outputs, is_tuple, "hessian")
        return outputs[0].reshape(())

    def gradient(*xs: Tensor) -> Tensors:
        found = jacobian(number, xs, create_graph=True)
        if strict:
            _must_vary(found, strict, "The jacobian")
        return found

    result = jacobian(gradient, given, create_graph, strict, vectorize)
    return result if is_inputs_tuple else result[0][0]
