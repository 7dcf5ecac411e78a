"""torchvision's part: under `minitorch run`, the module `torchvision` is this one.

Its names, arguments, defaults and prints are torchvision 0.28's; what isn't here fails by name. Pillow is imported only
where an image is made or read, Pooch only where something is downloaded.
"""

from . import datasets, transforms, utils

__version__ = "0.28.0"

__all__ = ["datasets", "transforms", "utils"]
