"""Special functions under the names of ``torch.special``: the engine's operations, and their names from SciPy.

Source: https://docs.pytorch.org/docs/stable/special.html
"""

from __future__ import annotations

from .ops import (
    digamma,
    entr,
    erf,
    erfc,
    erfcx,
    erfinv,
    exp2,
    expm1,
    i0,
    i0e,
    i1,
    i1e,
    log1p,
    log_ndtr,
    log_softmax,
    logit,
    logsumexp,
    ndtr,
    ndtri,
    polygamma,
    sinc,
    softmax,
    xlog1py,
    xlogy,
)
from .ops import digamma as psi
from .ops import lgamma as gammaln
from .ops import mvlgamma as multigammaln
from .ops import sigmoid as expit
from .ops.checks import refuse, tensor_argument
from .ops.elementwise.rounding import RoundDecimals
from .tensor import Tensor

__all__ = [
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "gammaln", "i0", "i0e", "i1",
    "i1e", "log1p", "log_ndtr", "log_softmax", "logit", "logsumexp", "multigammaln", "ndtr", "ndtri", "polygamma",
    "psi", "round", "sinc", "softmax", "xlog1py", "xlogy",
]  # fmt: skip


def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """Elementwise nearest multiple of 10^−decimals, halves to even: see `minitorch.round`.

    Shapes: input of any shape → the same.
    Errors: NotImplementedError for integers; TypeError for an `input` that is no tensor.

    Source: https://docs.pytorch.org/docs/stable/special.html#torch.special.round

    >>> import minitorch as torch
    >>> torch.special.round(torch.tensor([0.5, 1.5, -1.2]))
    tensor([ 0.,  2., -1.])
    """
    tensor_argument("special_round", input)
    refuse("round_out", input, "biu")
    return RoundDecimals(decimals)(input)
