"""The operations: one class each, forward and backward side by side, and under it the public function."""

from .. import autograd as _autograd  # first: it loads Tensor, which every operation needs  # isort: skip
from .arithmetic import *
from .attention import *
from .bilinear import *
from .comparison import *
from .convolution import *
from .copying import *
from .ctc_loss import *
from .dropout import *
from .elementwise import *
from .embedding import *
from .encoding import *
from .gathering import *
from .indexing import *
from .joining import *
from .layernorm import *
from .likelihood_loss import *
from .loss import *
from .margin_loss import *
from .matmul import *
from .normalization import *
from .pooling import *
from .recurrent import *
from .reduction import *
from .regression_loss import *
from .repetition import *
from .rounding import *
from .selection import *
from .shape import *
from .softmax import *
from .sorting import *
