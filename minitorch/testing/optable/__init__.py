"""The table of ops. To add an op, add an entry to the file of its family; tests, `minitorch check` and docs follow."""

from . import (  # noqa: F401
    activations,
    convolutions,
    counting,
    cumulative,
    distances,
    elementwise,
    indexing,
    linalg,
    linalg_forms,
    losses,
    losses_in_full,
    network,
    normalisation,
    norms,
    pointwise,
    pools,
    products,
    reduction,
    resampling,
    reshaping,
    scattering,
    seldom,
    sequence,
    shape,
    special,
)
from .core import OPS, Bad, Call, Entry, Sample
from .refusals import add_refusals

__all__ = ["OPS", "Bad", "Call", "Entry", "Sample"]

add_refusals(OPS)
