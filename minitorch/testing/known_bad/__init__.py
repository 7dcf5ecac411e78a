"""Gradients with a mistake in them: ones that people make, each with the diagnosis that `check_gradient` must come to.

They are the checker's own test, and reading matter: the comment on the wrong line has what belongs there, and one
sentence says why. Each is a function of the engine, minitorch or PyTorch, so the same lines are tried on both.
`minitorch check --known-bad` runs them.
"""

from . import formulas, matrices, state  # noqa: F401  (in this order, which is the list's)
from .core import KNOWN_BAD, KnownBad

__all__ = ["KNOWN_BAD", "KnownBad"]
