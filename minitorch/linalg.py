"""Linear algebra: ``torch.linalg``. Matrices are the last two dimensions, and stacks of them in front broadcast.

Source: https://docs.pytorch.org/docs/stable/linalg.html

>>> import minitorch as torch
>>> torch.linalg.solve(torch.tensor([[2., 0.], [0., 4.]]), torch.tensor([2., 2.]))
tensor([1.0000, 0.5000])
"""

from .ops.matrices.checks import LinAlgError
from .ops.matrices.forms import linalg_vander as vander
from .ops.matrices.forms import tensorinv, tensorsolve
from .ops.matrices.named_products import diagonal, matrix_exp, multi_dot, vecdot
from .ops.matrices.named_products import linalg_cross as cross
from .ops.matrices.named_products import linalg_matmul as matmul
from .ops.matrices.named_products import linalg_matrix_power as matrix_power
from .ops.matrices.solving import inv, solve, solve_triangular
from .ops.matrices.solving import linalg_cholesky as cholesky
from .ops.matrices.solving import linalg_det as det
from .ops.matrices.solving import linalg_slogdet as slogdet
from .ops.matrices.spectral import eigh, eigvalsh, lstsq, matrix_rank, pinv, svdvals
from .ops.matrices.spectral import linalg_qr as qr
from .ops.matrices.spectral import linalg_svd as svd
from .ops.reduction.norms import cond, matrix_norm, vector_norm
from .ops.reduction.norms import linalg_norm as norm

__all__ = [
    "LinAlgError", "cholesky", "cond", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "lstsq", "matmul",
    "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve",
    "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander", "vecdot", "vector_norm",
]  # fmt: skip
