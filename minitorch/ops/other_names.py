"""Second names of operations, which PyTorch keeps for NumPy's sake and for older programs."""

from .elementwise.arithmetic import div as divide
from .elementwise.arithmetic import div as true_divide
from .elementwise.arithmetic import mul as multiply
from .elementwise.arithmetic import neg as negative
from .elementwise.arithmetic import sub as subtract
from .elementwise.comparison import ge as greater_equal
from .elementwise.comparison import gt as greater
from .elementwise.comparison import le as less_equal
from .elementwise.comparison import lt as less
from .elementwise.comparison import ne as not_equal
from .elementwise.functions import abs as absolute
from .elementwise.rounding import trunc as fix
from .elementwise.selection import clamp as clip
from .elementwise.trigonometry import acos as arccos
from .elementwise.trigonometry import acosh as arccosh
from .elementwise.trigonometry import asin as arcsin
from .elementwise.trigonometry import asinh as arcsinh
from .elementwise.trigonometry import atan as arctan
from .elementwise.trigonometry import atan2 as arctan2
from .elementwise.trigonometry import atanh as arctanh
from .shape.joining import cat as concat
from .shape.joining import cat as concatenate

__all__ = [
    "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "clip", "concat", "concatenate",
    "divide", "fix", "greater", "greater_equal", "less", "less_equal", "multiply", "negative", "not_equal", "subtract",
    "true_divide",
]  # fmt: skip
