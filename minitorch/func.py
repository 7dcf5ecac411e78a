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

__all__ = ["grad", "grad_and_value", "hessian", "jacrev", "vjp"]


def _map(change: Callable[[Tensor], Any], value: Any) -> Any:
    """`value` with every tensor in it (also inside lists, tuples and dicts) changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[_map(change, v) for v in value])
    if isinstance(value, tuple | list):
        return type(value)(_map(change, v) for v in value)
    if isinstance(value, dict):
        return {k: _map(change, v) for k, v in value.items()}
    return value


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
        return _map(self._fresh, value)

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
        return _map(lambda x: x if self.recorded_outside and self._reaches_out(x) else x.detach(), value)

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
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
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


def grad_and_value(func: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """The function that returns ``(gradient, func(*args))`` for a `func` whose result is a single number.

    The gradient is by argument number `argnums`, a tuple for several. With `has_aux` func returns ``(number, aux)``,
    and the result is ``(gradient, (number, aux))``.

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


def grad(func: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """The function that returns the gradient of `func`, whose result is a single number, by argument `argnums`.

    With `has_aux` func returns ``(number, aux)``, and the result is ``(gradient, aux)``.

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


def vjp(func: Callable, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """``(func(*primals), f)``, where f takes vectors shaped like the result and returns a tuple, vᵀ·J for every primal.

    With `has_aux` func returns ``(output, aux)``, and the result is ``(output, f, aux)``.

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

    def product(*vectors: Any) -> Any:
        given = vectors[0] if len(vectors) == 1 else vectors
        weights, results = _tensors(given), _tensors(out)
        if len(weights) != len(results):
            raise RuntimeError(f"vjp: expected {len(results)} vectors, as many as the outputs, but got {len(weights)}")
        with enable_grad():
            return level.leave(_put_back(fresh, _gradients(results, _tensors(fresh), weights)))

    outside = level.leave(out)
    return (outside, product, level.leave(aux)) if has_aux else (outside, product)


def jacrev(func: Callable, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False) -> Callable:
    """The function that returns the Jacobian of `func` by argument `argnums`, a tuple for several.

    For every output a tensor (*output.shape, *argument.shape); structures of outputs and arguments nest in that order.

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

            result = _map(by_arguments, out)
        return (result, level.leave(aux)) if has_aux else result

    return call


def hessian(func: Callable, argnums: int | tuple[int, ...] = 0) -> Callable:
    """The function that returns the second derivatives of `func` by argument `argnums`: `jacrev` of `jacrev`.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.func.hessian.html

    >>> import minitorch as torch
    >>> torch.func.hessian(lambda x: (x ** 3).sum())(torch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)
