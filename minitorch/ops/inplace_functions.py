"""Functions that overwrite their first argument: ``torch.exp_(x)`` is ``x.exp_()``. They come from older programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .checks import tensor_argument

_PLAIN = (
    "abs", "acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "asin", "asinh", "atan",
    "atanh", "ceil", "cos", "cosh", "deg2rad", "erf", "erfc", "exp", "exp2", "expm1", "fix", "floor", "frac", "i0", "log",
    "log10", "log1p", "log2", "logit", "nan_to_num", "neg", "negative", "rad2deg", "reciprocal", "round", "rsqrt",
    "sigmoid", "sin", "sinc", "sinh", "sqrt", "square", "tan", "tanh", "trunc", "zero",
)  # fmt: skip
# Those that need a second argument, with one that works in an example
_WITH_ARGUMENT = {
    "clamp": "min=0.", "clamp_max": "1.", "clamp_min": "0.", "clip": "min=0.", "fill": "2.", "xlogy": "2.",
}  # fmt: skip
_WITH_INTEGERS = {"gcd": "torch.tensor([4])", "lcm": "torch.tensor([4])", "ldexp": "torch.tensor([4])"}

__all__: list[str] = []


def _form(name: str, data: str, argument: str) -> Callable[..., Any]:
    def form(input: Any, *args: Any, **kwargs: Any) -> Any:
        tensor_argument(name, input)
        return getattr(input, name)(*args, **kwargs)

    form.__name__ = form.__qualname__ = name
    plain = name.rstrip("_")
    others = "; other arguments broadcast to it" if argument else ""
    beside = "" if plain == "zero" else f" Else as `minitorch.{plain}`."
    form.__doc__ = f"""`minitorch.Tensor.{name}` as a function: it overwrites `input`, and returns it.

    Shapes: any; the result has the input's{others}.
    Errors: RuntimeError for a leaf that requires a gradient, and where the result's shape or dtype does not go into the
    input's; TypeError for an input that is not a tensor.{beside}

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.{name}.html

    >>> import minitorch as torch
    >>> x = torch.tensor({data})
    >>> torch.{name}(x{argument}) is x
    True
    """
    return form


_WITH_INDICES = {"index_put": "(torch.tensor([0]),), torch.tensor([2.])"}

for _name in _PLAIN:
    globals()[f"{_name}_"] = _form(f"{_name}_", "[0.5]", "")
for _name, _argument in _WITH_ARGUMENT.items():
    globals()[f"{_name}_"] = _form(f"{_name}_", "[0.5]", f", {_argument}")
for _name, _argument in _WITH_INTEGERS.items():
    globals()[f"{_name}_"] = _form(f"{_name}_", "[6.]" if _name == "ldexp" else "[6]", f", {_argument}")
for _name, _argument in _WITH_INDICES.items():
    globals()[f"{_name}_"] = _form(f"{_name}_", "[0.5]", f", {_argument}")
__all__ += [f"{_name}_" for _name in (*_PLAIN, *_WITH_ARGUMENT, *_WITH_INTEGERS, *_WITH_INDICES)]
