"""What a tensor tells of itself, and what it can compute: one line per operation, a room per family.

The operations themselves are in ops/.
"""

from .conversions import Conversions
from .description import Description
from .elementwise import Elementwise
from .exchange import Exchange
from .hooks import Hooks
from .indexing import Indexing
from .inplace import InPlace
from .inquiry import Inquiry
from .linalg import LinearAlgebra
from .moving import Moving
from .operators import Operators
from .order import Order
from .pointwise import Pointwise
from .pointwise_inplace import PointwiseInPlace
from .products import Products
from .random import Random
from .reductions import Reductions
from .scattering import Scattering
from .shape import Shape


class TensorMethods(
    Description,
    Hooks,
    Operators,
    Elementwise,
    Pointwise,
    Reductions,
    Order,
    Shape,
    Indexing,
    Scattering,
    Products,
    LinearAlgebra,
    InPlace,
    PointwiseInPlace,
    Random,
    Moving,
    Conversions,
    Exchange,
    Inquiry,
):
    """The methods and operators of `Tensor`; what computes forwards to the function of the same name."""
