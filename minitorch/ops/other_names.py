"""Second names of operations, which PyTorch keeps for NumPy's sake and for older programs."""

from .elementwise.arithmetic import div, mul, neg, sub
from .elementwise.comparison import ge, gt, le, lt, ne
from .elementwise.functions import abs
from .elementwise.rounding import trunc
from .elementwise.selection import clamp

__all__ = [
    "absolute", "clip", "divide", "fix", "greater", "greater_equal", "less", "less_equal", "multiply", "negative",
    "not_equal", "subtract", "true_divide",
]  # fmt: skip

absolute = abs
clip = clamp
divide = true_divide = div
fix = trunc
greater, greater_equal, less, less_equal, not_equal = gt, ge, lt, le, ne
multiply = mul
negative = neg
subtract = sub
