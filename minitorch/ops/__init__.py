"""The operations: one class each, forward and backward side by side, and under it the public function."""

from .. import autograd as _autograd  # first: it loads Tensor, which every operation needs  # isort: skip
from .addproducts import *
from .arithmetic import *
from .comparison import *
from .convolution import *
from .copying import *
from .covariance import *
from .diagonals import *
from .distances import *
from .dropout import *
from .einsum import *
from .elementwise import *
from .encoding import *
from .gathering import *
from .indexing import *
from .joining import *
from .linalg_forms import *
from .linalg_products import *
from .linalg_solving import *
from .linalg_spectral import *
from .loss import *
from .matmul import *
from .normalization import *
from .norms import *
from .pooling import *
from .products import *
from .reduction import *
from .repetition import *
from .rounding import *
from .selection import *
from .shape import *
from .softmax import *
from .sorting import *
