"""The same programs in plain PyTorch.

They are scripts, and a script finds its sibling `common` by itself. Imported instead (`from reference.cifar10 import
Net`), they need this folder on the path.
"""

import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))
if _here not in sys.path:
    sys.path.insert(0, _here)
