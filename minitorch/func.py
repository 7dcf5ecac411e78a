"""Functions that turn a function into its derivative: ``torch.func``, as far as reverse mode goes.

The tensors among the arguments may lie in lists, tuples and dicts, and the gradient has the same structure. The
transformations nest: ``grad(grad(f))`` is the second derivative.

Source: https://docs.pytorch.org/docs/stable/func.html

>>> import minitorch as torch
>>> torch.func.grad(torch.func.grad(lambda x: x ** 3))(torch.tensor(2.))
tensor(12.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import autograd
from .autograd.functional import _rows
from .autograd.grad_mode import enable_grad, is_grad_enabled
from .tensor import Tensor

__all__ = ["functional_call", "grad", "grad_and_value", "hessian", "jacrev", "vjp"]


def _as_it_is(value: Any) -> Any:
    return value


def _refuse_input(value: Any) -> Any:
    raise ValueError(f"only tensors can be differentiated by, but got {type(value).__name__}")


def _refuse_output(value: Any) -> Any:
    raise RuntimeError(f"expected the function to return only tensors, but got {type(value).__name__}")


def _map(change: Callable[[Tensor], Any], value: Any, other: Callable[[Any], Any] = _as_it_is) -> Any:
    """`value` with every tensor in it (also inside lists, tuples and dicts) changed, and `other` of all that is none."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[_map(change, v, other) for v in value])
    if isinstance(value, tuple | list):
        return type(value)(_map(change, v, other) for v in value)
    if isinstance(value, dict):
        return {k: _map(change, v, other) for k, v in value.items()}
    return other(value)


def _tensors(value: Any) -> list[Tensor]:
    """The tensors in `value`, in order."""
    found: list[Tensor] = []
    _map(found.append, value)
    return found


def _put_back(value: Any, replacements: list[Any]) -> Any:
    """`value` with its tensors, in order, replaced."""
    rest = iter(replacements)
    return _map(lambda _: next(rest), value)


class _Level:
    """One differentiation: the tensors it differentiates by, and the rule that nobody outside sees them.

    A result stays connected with what was there before (an enclosing differentiation, or parameters that the function
    uses by another way), and is cut off where only this level's own tensors lie behind it.
    """

    def __init__(self) -> None:
        self.recorded_outside = is_grad_enabled()
        self.own: set[Tensor] = set()

    def enter(self, value: Any) -> Any:
        """`value` with fresh tensors in place of its own."""
        return _map(self._fresh, value, _refuse_input)

    def _fresh(self, x: Tensor) -> Tensor:
        if not x.is_floating_point():
            raise RuntimeError(f"only tensors of floating dtype can be differentiated by, but got {x.dtype}")
        if x.requires_grad and self.recorded_outside:
            return x.view_as(x)
        leaf = x.detach().requires_grad_()
        self.own.add(leaf)
        return leaf

    def leave(self, value: Any) -> Any:
        """`value` as the outside may have it."""
        return _map(
            lambda x: x if self.recorded_outside and self._reaches_out(x) else x.detach(), value, _refuse_output
        )

    def _reaches_out(self, x: Tensor) -> bool:
        if x.grad_fn is None:
            return x.requires_grad and x not in self.own
        seen = set()
        stack: list[Any] = [x.grad_fn]
        while stack:
            node = stack.pop()
            if isinstance(node, Tensor):
                if node not in self.own:
                    return True
            elif node not in seen:
                seen.add(node)
                stack.extend(edge[0] for edge in node.edges if edge is not None)
        return False


def _chosen(name: str, argnums: Any, args: tuple[Any, ...]) -> tuple[int, ...]:
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    if not isinstance(numbers, tuple) or not all(isinstance(n, int) for n in numbers):
        raise RuntimeError(f"{name}: argnums must be int or tuple of ints, got: {argnums!r}")
    if not numbers:
        raise RuntimeError(f"{name}: argnums must not be empty")
    for n in numbers:
        if not -len(args) <= n < len(args):
            raise RuntimeError(f"{name}: Got argnum={n}, but only {len(args)} positional inputs")
    return tuple(n % len(args) for n in numbers)


def _with(args: tuple[Any, ...], numbers: tuple[int, ...], fresh: list[Any]) -> list[Any]:
    replaced = dict(zip(numbers, fresh, strict=True))
    return [replaced.get(i, a) for i, a in enumerate(args)]


def _outputs(name: str, found: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return found, None
    if not (isinstance(found, tuple) and len(found) == 2):
        raise RuntimeError(f"{name}: output of the function should be a tuple (output, aux) if has_aux is True")
    return found


def _gradients(outputs: list[Tensor], inputs: list[Tensor], weights: list[Tensor] | None) -> list[Tensor]:
    pairs = [(out, None if weights is None else weights[i]) for i, out in enumerate(outputs) if out.requires_grad]
    if not pairs:
        return [x.new_zeros(x.shape) for x in inputs]
    found = autograd.grad(
        [out for out, _ in pairs], inputs, [w for _, w in pairs], create_graph=True, allow_unused=True
    )
    return [x.new_zeros(x.shape) if g is None else g for g, x in zip(found, inputs, strict=True)]


def grad_and_value(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The function that returns ``(gradient, func(*args))`` for a `func` whose result is a single number.

    The gradient is by argument number `argnums`, a tuple for several. With `has_aux` func returns ``(number, aux)``,
    and the result is ``(gradient, (number, aux))``.

    Shapes: arguments of any shapes → gradients of the same, and the result ().
    Errors: RuntimeError for a result that is no tensor, or not 0-d, and for an `argnums` beyond the arguments; ValueError
    for an argument to differentiate by that holds what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.func.grad_and_value.html

    >>> import minitorch as torch
    >>> torch.func.grad_and_value(lambda x: (x ** 2).sum())(torch.tensor([1., 2.]))
    (tensor([2., 4.]), tensor(5.))
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        numbers = _chosen("grad_and_value", argnums, args)
        level = _Level()
        with enable_grad():
            fresh = [level.enter(args[n]) for n in numbers]
            found = func(*_with(args, numbers, fresh), **kwargs)
            out, aux = _outputs("grad_and_value", found, has_aux)
            if not isinstance(out, Tensor):
                raise RuntimeError(
                    f"Expected the function given to grad_and_value to return a Tensor, but got {type(out).__name__}"
                )
            if out.ndim:
                raise RuntimeError(
                    "Expected the function given to grad_and_value to return a scalar tensor, but got a tensor with "
                    f"{out.ndim} dims. Maybe you wanted to use vjp or jacrev?"
                )
            gradients = level.leave(_put_back(fresh, _gradients([out], _tensors(fresh), None)))
        result = gradients[0] if isinstance(argnums, int) else tuple(gradients)
        return result, (level.leave((out, aux)) if has_aux else level.leave(out))

    return call


def grad(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that returns the gradient of `func`, whose result is a single number, by argument `argnums`.

    With `has_aux` func returns ``(number, aux)``, and the result is ``(gradient, aux)``.

    Shapes: arguments of any shapes → gradients of the same.
    Errors: RuntimeError for a result that is no tensor, or not 0-d, and for an `argnums` beyond the arguments; ValueError
    for an argument to differentiate by that holds what is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.func.grad.html

    >>> import minitorch as torch
    >>> torch.func.grad(lambda x: (x ** 2).sum())(torch.tensor([1., 2.]))
    tensor([2., 4.])
    """
    both = grad_and_value(func, argnums, has_aux)

    def call(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return call


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """``(func(*primals), f)``, where f takes a vector shaped like the result and returns a tuple, vᵀ·J for every primal.

    With `has_aux` func returns ``(output, aux)``, and the result is ``(output, f, aux)``.

    Shapes: vectors of the outputs' shapes → vᵀ·J of the primals' shapes.
    Errors: ValueError for a primal that holds what is no tensor, RuntimeError for such a result; from f, RuntimeError for
    vectors of another number or shape.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.func.vjp.html

    >>> import minitorch as torch
    >>> out, f = torch.func.vjp(lambda x: x ** 2, torch.tensor([1., 2.]))
    >>> f(torch.tensor([1., 10.]))
    (tensor([ 2., 40.]),)
    """
    level = _Level()
    with enable_grad():
        fresh = level.enter(primals)
        out, aux = _outputs("vjp", func(*fresh), has_aux)

    def product(cotangents: Any) -> Any:
        weights, results = _tensors(cotangents), _tensors(out)
        if len(weights) != len(results):
            raise RuntimeError(f"vjp: expected {len(results)} vectors, as many as the outputs, but got {len(weights)}")
        with enable_grad():
            return level.leave(_put_back(fresh, _gradients(results, _tensors(fresh), weights)))

    outside = level.leave(out)
    return (outside, product, level.leave(aux)) if has_aux else (outside, product)


def jacrev(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """The function that returns the Jacobian of `func` by argument `argnums`, a tuple for several.

    Structures of outputs and arguments nest in that order.

    Shapes: for every output and argument (*output.shape, *argument.shape).
    Errors: RuntimeError for an `argnums` beyond the arguments, and for a result that holds what is no tensor; ValueError
    for such an argument.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.func.jacrev.html

    >>> import minitorch as torch
    >>> torch.func.jacrev(lambda x: x ** 2)(torch.tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        numbers = _chosen("jacrev", argnums, args)
        level = _Level()
        with enable_grad():
            fresh = [level.enter(args[n]) for n in numbers]
            out, aux = _outputs("jacrev", func(*_with(args, numbers, fresh), **kwargs), has_aux)
            xs = tuple(_tensors(fresh))

            def by_arguments(y: Tensor) -> Any:
                matrices = level.leave(_put_back(fresh, list(_rows(y, 0, xs, True, False))))
                return matrices[0] if isinstance(argnums, int) else tuple(matrices)

            result = _map(by_arguments, out, _refuse_output)
        return (result, level.leave(aux)) if has_aux else result

    return call


def hessian(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that returns the second derivatives of `func` by argument `argnums`: `jacrev` of `jacrev`.

    Shapes: for every output and pair of arguments (*output.shape, *argumentᵢ.shape, *argumentⱼ.shape).
    Errors: RuntimeError for an `argnums` beyond the arguments, and for a result that holds what is no tensor; ValueError
    for such an argument.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.func.hessian.html

    >>> import minitorch as torch
    >>> torch.func.hessian(lambda x: (x ** 3).sum())(torch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


# ---- modules as functions --------------------------------------------------------------------------------------------


def _one_dict(given: Any) -> dict[str, Tensor]:
    if isinstance(given, dict):
        return given
    if not isinstance(given, tuple | list):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got " + str(type(given))
        )
    if not all(isinstance(d, dict) for d in given):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    merged: dict[str, Tensor] = {}
    for d in given:
        repeated = sorted(merged.keys() & d.keys())
        if repeated:
            raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
        merged.update(d)
    return merged


def _with_ties(module: Any, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """`given` for every name that a tensor has in the module; ValueError for two values of one tensor."""
    names: dict[Tensor, list[str]] = {}
    for named in (module.named_parameters, module.named_buffers):
        for name, x in named(remove_duplicate=False):
            names.setdefault(x, []).append(name)
    result = dict(given)
    for tied in names.values():
        values = [given[name] for name in tied if name in given]
        if any(x is not values[0] for x in values):
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(tied)}, which are tied. Consider using "
                "tie_weights=False"
            )
        if values:
            result.update(dict.fromkeys(tied, values[0]))
    return result


def _check_names(module: Any, given: dict[str, Tensor]) -> None:
    """RuntimeError unless `given` names all parameters and buffers of the module, and nothing else."""
    known = dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))
    lines = [
        f"\t{title} key(s): {', '.join(repr(name) for name in sorted(names))}."
        for title, names in (("Unexpected", given.keys() - known.keys()), ("Missing", known.keys() - given.keys()))
        if names
    ]
    if lines:
        raise RuntimeError("\n".join([f"Error(s) in reparametrizing for {type(module).__name__}:", *lines]))


def _table(module: Any, path: str) -> tuple[dict[str, Any], str]:
    """The dict of a module (or one inside it) that holds the parameter or buffer of this name, and its key there."""
    *inside, name = path.split(".")
    for part in inside:
        found = module._modules.get(part)
        if found is None:
            raise AttributeError(f"{type(module).__name__} has no attribute `{part}`")
        module = found
    if name in module._modules:
        raise TypeError(f"attribute `{path}` is a module, not a tensor")
    for table in (module._parameters, module._buffers):
        if name in table:
            return table, name
    return module._buffers, name  # a name that the module lacks is there for the call


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: dict[str, Tensor] | tuple[dict[str, Tensor], ...] | list[dict[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """``module(*args, **kwargs)`` with the tensors of a dict in place of its parameters and buffers of these names.

    The module is as before afterwards; what it assigned to a buffer is in the dict. One tensor under several names in
    the module is replaced under all of them, unless `tie_weights` is False. With `strict` the dict must name all
    parameters and buffers.

    Shapes: those of `module`.
    Errors: RuntimeError with `strict` for a name too many or too few; TypeError for a value that is no tensor;
    ValueError for no dict.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.func.functional_call.html

    >>> import minitorch as torch
    >>> layer = torch.nn.Linear(2, 1, bias=False)
    >>> loss = lambda parameters, x: torch.func.functional_call(layer, parameters, x).sum()
    >>> torch.func.grad(loss)({"weight": torch.zeros(1, 2)}, torch.tensor([3., 4.]))
    {'weight': tensor([[3., 4.]])}
    """
    given = _one_dict(parameter_and_buffer_dicts)
    values = _with_ties(module, given) if tie_weights else dict(given)
    if strict:
        _check_names(module, values)
    absent = object()
    before: list[tuple[dict[str, Any], str, Any]] = []
    try:
        for path, x in values.items():
            if not (x is None or isinstance(x, Tensor)):
                raise TypeError(f"{x!r} is not an instance of torch.Tensor")
            table, name = _table(module, path)
            before.append((table, name, table.get(name, absent)))
            table[name] = x
        arguments = () if args is None else args if isinstance(args, tuple) else (args,)
        result = module(*arguments, **(kwargs or {}))
        for path in given:
            table, name = _table(module, path)
            given[path] = table.get(name)  # type: ignore[assignment]  # None where it was taken away
        return result
    finally:
        for table, name, x in reversed(before):
            if x is absent:
                table.pop(name, None)
            else:
                table[name] = x
