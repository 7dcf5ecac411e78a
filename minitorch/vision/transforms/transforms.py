"""The transforms that draw no random numbers, and `Compose`. Prints, defaults and errors are torchvision's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any

import numpy as np

from ...dtype import dtype as Dtype
from ...nn import Module
from ...tensor import Tensor
from . import functional as F
from .functional import InterpolationMode
from .functional.common import as_mode
from .functional.geometry import PADDING_MODES, pair

SIZE_ERROR = "Please provide only two dimensions (h, w) for size."


def listing(name: str, lines: Sequence[Any]) -> str:
    """`name(`, one indented line per item, `)`: how containers of transforms print."""
    return "\n".join([f"{name}(", *(f"    {line}" for line in lines), ")"])


class Compose:
    """Several transforms, one after the other.

    Shapes: those of the first transform in, those of the last one out.
    Errors: those of the transforms; TypeError, when used, for what cannot be called.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Compose.html

    >>> from minitorch.vision import transforms
    >>> transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    Compose(
        ToTensor()
        Normalize(mean=(0.5,), std=(0.5,))
    )
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return listing(type(self).__name__, self.transforms)


class ToTensor:
    """A PIL image or an array as a Tensor, uint8 values divided by 255. See `functional.to_tensor`.

    Shapes: PIL image, or array (H, W) or (H, W, C) → (C, H, W).
    Errors: TypeError for another type; ValueError for another rank.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ToTensor.html

    >>> import numpy as np
    >>> from minitorch.vision import transforms
    >>> transforms.ToTensor()(np.full((1, 1, 3), 255, np.uint8)).flatten()
    tensor([1., 1., 1.])
    """

    def __call__(self, pic: Any) -> Tensor:
        return F.to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class PILToTensor:
    """A PIL image as a Tensor of the same values and dtype. See `functional.pil_to_tensor`.

    Shapes: PIL image → (C, H, W).
    Errors: TypeError for anything else.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.PILToTensor.html

    >>> from PIL import Image
    >>> from minitorch.vision import transforms
    >>> transforms.PILToTensor()(Image.new("L", (2, 1), 7))
    tensor([[[7, 7]]], dtype=torch.uint8)
    """

    def __call__(self, pic: Any) -> Tensor:
        return F.pil_to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ToPILImage:
    """A Tensor or an array as a PIL image. See `functional.to_pil_image`.

    Shapes: Tensor (C, H, W) or (H, W), or array (H, W, C) or (H, W) → PIL image.
    Errors: TypeError for another type or dtype; ValueError for another rank, or more than 4 channels.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ToPILImage.html

    >>> import minitorch as torch
    >>> from minitorch.vision import transforms
    >>> transforms.ToPILImage()(torch.zeros(3, 2, 4)).size
    (4, 2)
    """

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Tensor | np.ndarray) -> Any:
        return F.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.mode is None else f'mode={self.mode}'})"


class ConvertImageDtype(Module):
    """A Tensor image in another dtype, its values scaled. See `functional.convert_image_dtype`.

    Shapes: image of any shape → the same.
    Errors: TypeError for what is no Tensor; RuntimeError for a dtype whose large integers floats cannot hold.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ConvertImageDtype.html

    >>> import minitorch as torch
    >>> from minitorch.vision import transforms
    >>> transforms.ConvertImageDtype(torch.float32)(torch.tensor([255], dtype=torch.uint8))
    tensor([1.])
    """

    def __init__(self, dtype: Dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, image: Tensor) -> Tensor:
        """The converted image."""
        return F.convert_image_dtype(image, self.dtype)


class Normalize(Module):
    """(x − mean) / std per channel. See `functional.normalize`.

    Shapes: floating Tensor (…, C, H, W), `mean` and `std` of C values or one → the same.
    Errors: TypeError for another type or dtype; ValueError for a std of 0; RuntimeError for another number of channels.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Normalize.html

    >>> import minitorch as torch
    >>> from minitorch.vision import transforms
    >>> transforms.Normalize(mean=[0.5], std=[0.25])(torch.ones(1, 1, 2))
    tensor([[[2., 2.]]])
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        super().__init__()
        self.mean = mean
        self.std = std
        self.inplace = inplace

    def forward(self, tensor: Tensor) -> Tensor:
        """The normalized image."""
        return F.normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"


class Resize(Module):
    """The image in another size. See `functional.resize`.

    Shapes: PIL image, or Tensor (…, C, H, W) → (…, C, h, w).
    Errors: ValueError for more than two numbers; TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Resize.html

    >>> from PIL import Image
    >>> from minitorch.vision import transforms
    >>> transforms.Resize(16)(Image.new("RGB", (64, 32))).size
    (32, 16)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        if not isinstance(size, int | Sequence):
            raise TypeError(f"Size should be int or sequence. Got {type(size)}")
        if isinstance(size, Sequence) and len(size) not in (1, 2):
            raise ValueError("If size is a sequence, it should have 1 or 2 values")
        self.size = size
        self.max_size = max_size
        self.interpolation: InterpolationMode = as_mode(interpolation)
        self.antialias = antialias

    def forward(self, img: Any) -> Any:
        """The resized image."""
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(size={self.size}, interpolation={self.interpolation.value}, "
            f"max_size={self.max_size}, antialias={self.antialias})"
        )


class CenterCrop(Module):
    """The middle of the image. See `functional.center_crop`.

    Shapes: PIL image, or Tensor (…, H, W) → (…, h, w).
    Errors: ValueError for more than two numbers; TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.CenterCrop.html

    >>> from PIL import Image
    >>> from minitorch.vision import transforms
    >>> transforms.CenterCrop((8, 4))(Image.new("L", (20, 20))).size
    (4, 8)
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size: tuple[int, int] = pair(size, SIZE_ERROR)

    def forward(self, img: Any) -> Any:
        """The cropped image."""
        return F.center_crop(img, self.size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


class FiveCrop(Module):
    """The four corners and the middle, as a tuple. See `functional.five_crop`.

    Shapes: PIL image, or Tensor (…, H, W) → five of (…, h, w).
    Errors: ValueError if the image is smaller, and for more than two numbers.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.FiveCrop.html

    >>> from PIL import Image
    >>> from minitorch.vision import transforms
    >>> [image.size for image in transforms.FiveCrop(4)(Image.new("L", (9, 9)))]
    [(4, 4), (4, 4), (4, 4), (4, 4), (4, 4)]
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size: tuple[int, int] = pair(size, SIZE_ERROR)

    def forward(self, img: Any) -> tuple[Any, ...]:
        """The five crops."""
        return F.five_crop(img, self.size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


class TenCrop(Module):
    """`FiveCrop` of the image and of its mirror image, as a tuple. See `functional.ten_crop`.

    Shapes: PIL image, or Tensor (…, H, W) → ten of (…, h, w).
    Errors: ValueError if the image is smaller, and for more than two numbers.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.TenCrop.html

    >>> from PIL import Image
    >>> from minitorch.vision import transforms
    >>> len(transforms.TenCrop(4)(Image.new("L", (9, 9))))
    10
    """

    def __init__(self, size: int | Sequence[int], vertical_flip: bool = False) -> None:
        super().__init__()
        self.size: tuple[int, int] = pair(size, SIZE_ERROR)
        self.vertical_flip = vertical_flip

    def forward(self, img: Any) -> tuple[Any, ...]:
        """The ten crops."""
        return F.ten_crop(img, self.size, self.vertical_flip)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, vertical_flip={self.vertical_flip})"


class Pad(Module):
    """The image with a border. See `functional.pad`.

    Shapes: PIL image, or Tensor (…, H, W) → (…, top + H + bottom, left + W + right).
    Errors: TypeError for a `padding` or `fill` of another type; ValueError for three numbers, and for an unknown mode.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Pad.html

    >>> from PIL import Image
    >>> from minitorch.vision import transforms
    >>> transforms.Pad((1, 2))(Image.new("L", (4, 4))).size
    (6, 8)
    """

    def __init__(self, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        if not isinstance(padding, Number | tuple | list):
            raise TypeError("Got inappropriate padding arg")
        if not isinstance(fill, Number | tuple | list):
            raise TypeError("Got inappropriate fill arg")
        if padding_mode not in PADDING_MODES:
            raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
        if isinstance(padding, Sequence) and len(padding) not in (1, 2, 4):
            raise ValueError(
                f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(padding)} element tuple"
            )
        self.padding = padding
        self.fill: Any = fill
        self.padding_mode = padding_mode

    def forward(self, img: Any) -> Any:
        """The padded image."""
        return F.pad(img, self.padding, self.fill, self.padding_mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode})"


class Grayscale(Module):
    """The image in grey, with 1 or 3 equal channels. See `functional.rgb_to_grayscale`.

    Shapes: PIL image, or Tensor (…, 1 or 3, H, W) → (…, num_output_channels, H, W).
    Errors: ValueError, when called, for another number of output channels than 1 and 3; TypeError for what is no image.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Grayscale.html

    >>> from PIL import Image
    >>> from minitorch.vision import transforms
    >>> transforms.Grayscale()(Image.new("RGB", (2, 2))).mode
    'L'
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        """The grey image."""
        return F.rgb_to_grayscale(img, self.num_output_channels)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(num_output_channels={self.num_output_channels})"


class Lambda:
    """A function of your own as a transform.

    Shapes: those of the function.
    Errors: TypeError if it cannot be called.

    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Lambda.html

    >>> from minitorch.vision import transforms
    >>> transforms.Lambda(lambda x: x + 1)(1)
    2
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
