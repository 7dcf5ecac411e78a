"""Testing with minitorch: `check_gradient` says whether a gradient is right and what is wrong with it, `assert_close`
compares tensors. The table of ops that minitorch's own tests are made from is in optable/.
"""

from .close import assert_close
from .gradients import check_gradient
from .report import GradientReport, InputReport

__all__ = ["GradientReport", "InputReport", "assert_close", "check_gradient"]
