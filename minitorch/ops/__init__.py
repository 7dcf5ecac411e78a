"""The operations: one class each, forward and backward side by side, and under it the public function."""

from .. import autograd as _autograd  # first: it loads Tensor, which every operation needs  # isort: skip
from .activations import *
from .activations_inplace import *
from .arithmetic import *
from .bounds import *
from .combinations import *
from .comparison import *
from .comparison_inplace import *
from .convolution import *
from .copying import *
from .dropout import *
from .elementwise import *
from .encoding import *
from .gathering import *
from .hard_activations import *
from .indexing import *
from .inplace_functions import *
from .joining import *
from .logarithms import *
from .loss import *
from .matmul import *
from .normalization import *
from .number_parts import *
from .other_names import *
from .pooling import *
from .reduction import *
from .repetition import *
from .rounding import *
from .selection import *
from .shape import *
from .signs import *
from .softmax import *
from .sorting import *
from .special_functions import *
from .trigonometry import *
