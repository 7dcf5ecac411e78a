"""The operations: one class each, forward and backward side by side, and under it the public function.

A folder holds what belongs together; what all of them ask first is in `checks.py` and `promotion.py`.

A docstring says under ``Shapes:`` what goes in and comes out, in letters for sizes: "…" is any further dimensions, and
an argument that is named with a shape may be None where it has that default. Under ``Errors:`` stand the types of
what is refused; values (an index out of range, an integer divided by 0) are looked at on the CPU alone, as in PyTorch.
tests/test_docstrings.py holds both against the table of ops.
"""

from .. import autograd as _autograd  # first: it loads Tensor, which every operation needs  # isort: skip
from typing import TYPE_CHECKING

from .activations.inplace import *
from .activations.piecewise import *
from .activations.smooth import *
from .activations.softmax import *
from .convolution.convolution import *
from .convolution.convolution_nd import *
from .copying import *
from .elementwise.arithmetic import *
from .elementwise.bounds import *
from .elementwise.combinations import *
from .elementwise.comparison import *
from .elementwise.comparison_inplace import *
from .elementwise.complex_parts import *
from .elementwise.functions import *
from .elementwise.logarithms import *
from .elementwise.number_parts import *
from .elementwise.rounding import *
from .elementwise.selection import *
from .elementwise.signs import *
from .elementwise.special_functions import *
from .elementwise.trigonometry import *
from .indexing.embedding import *
from .indexing.encoding import *
from .indexing.gathering import *
from .indexing.index_reducing import *
from .indexing.index_scattering import *
from .indexing.indexing import *
from .indexing.scattering import *
from .inplace_functions import *
from .layers.attention import *
from .layers.dropout import *
from .layers.layernorm import *
from .layers.normalization import *
from .layers.recurrent import *
from .loss.classification import *
from .loss.ctc import *
from .loss.likelihood import *
from .loss.margin import *
from .loss.regression import *
from .matrices.addproducts import *
from .matrices.bilinear import *
from .matrices.distances import *
from .matrices.einsum import *
from .matrices.forms import *
from .matrices.matmul import *
from .matrices.named_products import *
from .matrices.products import *
from .matrices.solving import *
from .matrices.spectral import *
from .other_names import *
from .pooling.adaptive_pooling import *
from .pooling.pooling import *
from .pooling.pooling_nd import *
from .pooling.pooling_places import *
from .reduction.counting import *
from .reduction.covariance import *
from .reduction.cumulative import *
from .reduction.finite_differences import *
from .reduction.norms import *
from .reduction.order_statistics import *
from .reduction.reduction import *
from .reduction.sorting import *
from .reduction.summaries import *
from .shape.diagonals import *
from .shape.grids import *
from .shape.joining import *
from .shape.padding import *
from .shape.repetition import *
from .shape.shape import *
from .shape.shuffling import *
from .shape.splitting import *
from .shape.strides import *

if TYPE_CHECKING:
    from . import reduction as reduction  # which mypy does not see in the lines above
