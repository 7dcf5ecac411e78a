"""minitorch.vision.transforms and functional against torchvision's: values, dtypes, shapes, prints and errors."""

import numpy as np
import pytest
import torch
from PIL import Image
from vision_images import (
    BATCH,
    BYTES,
    FLOATS,
    IMAGES,
    RGB,
    RNG,
    F,
    G,
    assert_same,
    assert_same_error,
    both,
    pil,
    tensors,
    theirs,
)

import minitorch
from minitorch.vision import transforms as ours

# ---- conversion ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "I;16", "F"])
def test_pil_images_of_every_mode(mode):
    image = pil("L").convert("I").convert("I;16") if mode == "I;16" else pil(mode)
    assert_same(F.to_tensor(image), G.to_tensor(image))
    if mode == "I;16":
        with pytest.raises(TypeError, match="uint16"):
            F.pil_to_tensor(image)
    else:
        assert_same(F.pil_to_tensor(image), G.pil_to_tensor(image))
    assert F.get_dimensions(image) == G.get_dimensions(image)
    assert F.get_image_size(image) == G.get_image_size(image)
    assert F.get_image_num_channels(image) == G.get_image_num_channels(image)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "int64", "float32", "float64", "bool"])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (5, 7, 6), (0, 4, 3)])
def test_arrays_to_tensor(dtype, shape):
    array = (RNG.random(shape) * 255).astype(dtype)
    assert_same(F.to_tensor(array), G.to_tensor(array))
    backwards = array[:, ::2]  # not contiguous
    assert_same(F.to_tensor(backwards), G.to_tensor(backwards))


def test_all_256_values_are_scaled_and_normalized_bit_for_bit():
    array = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    for mean, std in (((0.5,) * 3, (0.5,) * 3), ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)), ((0,), (1,))):
        mine, expected = both(lambda t, m, s: t.Compose([t.ToTensor(), t.Normalize(m, s)])(array), mean, std)
        assert mine.numpy().tobytes() == expected.numpy().tobytes()


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_to_tensor_follows_the_default_dtype(dtype):
    try:
        minitorch.set_default_dtype(getattr(minitorch, dtype))
        torch.set_default_dtype(getattr(torch, dtype))
        mine, expected = F.to_tensor(pil("RGB")), G.to_tensor(pil("RGB"))
    finally:
        minitorch.set_default_dtype(minitorch.float32)
        torch.set_default_dtype(torch.float32)
    assert_same(mine, expected)


def test_to_tensor_errors():
    assert_same_error(lambda t: t.functional.to_tensor([1]), TypeError)
    assert_same_error(lambda t: t.functional.to_tensor(np.zeros(3)), ValueError)
    assert_same_error(lambda t: t.functional.to_tensor(np.zeros((1, 2, 3, 4))), ValueError)
    assert_same_error(lambda t: t.functional.pil_to_tensor(np.zeros((2, 2))), TypeError)


def image_arrays():
    for shape in ((5, 7), (1, 5, 7), (2, 5, 7), (3, 5, 7), (4, 5, 7)):
        yield (RNG.random(shape)).astype(np.float32)
        yield (RNG.random(shape) * 255).astype(np.uint8)
    yield (RNG.random((1, 5, 7)) * 3000).astype(np.int16)
    yield (RNG.random((1, 5, 7)) * 3000).astype(np.int32)


def test_to_pil_image():
    for array in image_arrays():
        mine, expected = tensors(array)
        assert_same(F.to_pil_image(mine), G.to_pil_image(expected))
        hwc = array if array.ndim == 2 else np.ascontiguousarray(array.transpose(1, 2, 0))
        assert_same(F.to_pil_image(hwc), G.to_pil_image(hwc))
    for mode, channels in (("F", 1), ("YCbCr", 3), ("HSV", 3), ("CMYK", 4), ("RGBX", 4), ("LA", 2), ("L", 1)):
        mine, expected = tensors(RNG.random((channels, 4, 5)).astype(np.float32))
        assert_same(*(t.ToPILImage(mode)(x) for t, x in ((ours, mine), (theirs, expected))))


def test_to_pil_image_errors():
    def attempt(shape, dtype, mode=None):
        def call(t):
            array = np.zeros(shape, dtype)
            library = minitorch if t is ours else torch
            return t.functional.to_pil_image(library.from_numpy(array), mode)

        return call

    assert_same_error(lambda t: t.functional.to_pil_image("x"), TypeError)
    assert_same_error(attempt((1, 2, 3, 4), np.uint8), ValueError)
    assert_same_error(attempt((5, 2, 3), np.uint8), ValueError)
    assert_same_error(attempt((3, 2, 3), np.int32), TypeError)
    assert_same_error(attempt((1, 2, 3), np.int64), TypeError)
    for shape, mode in (((1, 2, 3), "RGB"), ((3, 2, 3), "L"), ((4, 2, 3), "RGB"), ((2, 2, 3), "L")):
        assert_same_error(attempt(shape, np.uint8, mode), ValueError, text=False)


KINDS = ["uint8", "int8", "int16", "int32", "int64", "float32", "float64", "bool"]


@pytest.mark.parametrize("source", KINDS)
@pytest.mark.parametrize("target", KINDS)
def test_convert_image_dtype(source, target):
    if np.dtype(source).kind == "f":
        array = np.array([0, 0.25, 0.5, 0.999, 1.0], source)
    elif source == "bool":
        array = np.array([True, False])
    else:
        array = np.array([0, 1, 7, np.iinfo(source).max // 2, np.iinfo(source).max], source)
    mine, expected = tensors(array)

    def call(t):
        x, library = (mine, minitorch) if t is ours else (expected, torch)
        return t.ConvertImageDtype(getattr(library, target))(x)

    unsafe = (source, target) in {("float32", "int32"), ("float32", "int64"), ("float64", "int64")}
    if unsafe:
        assert_same_error(call, RuntimeError)
    else:
        assert_same(call(ours), call(theirs))


# ---- normalize -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 5, 7), (4, 3, 5, 7), (2, 4, 3, 5, 7), (3, 0, 7)])
@pytest.mark.parametrize("inplace", [False, True])
def test_normalize(dtype, shape, inplace):
    mine, expected = tensors(RNG.random(shape).astype(dtype))
    for mean, std in (([0.1, 0.2, 0.3], [0.5, 0.6, 0.7]), ((0.5,), (3,)), ((1, 2, 3), [0.3] * 3)):
        a, b = F.normalize(mine, mean, std, inplace), G.normalize(expected, mean, std, inplace)
        assert_same(a, b)
        assert (a is mine) is (b is expected) is inplace
        assert_same(mine, expected)
    statistics = np.array([0.1, 0.2, 0.3])
    a, b = tensors(statistics)
    assert_same(F.normalize(mine, a, a), G.normalize(expected, b, b))
    assert_same(F.normalize(mine, statistics, statistics), G.normalize(expected, statistics, statistics))


def test_normalize_is_differentiable():
    """Inside a model it must pass gradients on: d out/dx = 1/std."""
    mine, expected = tensors(FLOATS)
    cotangent = RNG.normal(size=FLOATS.shape).astype(np.float32)
    for x, t, g in ((mine, ours, minitorch.from_numpy(cotangent)), (expected, theirs, torch.from_numpy(cotangent))):
        x.requires_grad_()
        t.Normalize((0.1, 0.2, 0.3), (0.5, 0.25, 0.7))(x).backward(g)
    assert_same(mine.grad, expected.grad, ulps=1)  # g / std, or g times 1 / std
    assert_same(mine.detach(), expected.detach())


def test_normalize_inplace_of_a_saved_tensor_is_noticed():
    x = minitorch.ones(1, 2, 2, requires_grad=True)
    y = x * 2
    z = (y * y).sum()
    F.normalize(y.detach(), (0.5,), (0.5,), inplace=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


def test_normalize_errors():
    def attempt(array, mean=(0.5,), std=(0.5,)):
        def call(t):
            x = (minitorch if t is ours else torch).from_numpy(array.copy()) if isinstance(array, np.ndarray) else array
            return t.functional.normalize(x, mean, std)

        return call

    assert_same_error(attempt(pil("RGB")), TypeError)
    assert_same_error(attempt(BYTES), TypeError)
    assert_same_error(attempt(np.zeros((4, 5), np.float32)), ValueError)
    assert_same_error(attempt(FLOATS, (0, 0, 0), (1, 0, 1)), ValueError)
    assert_same_error(attempt(FLOATS, (0, 0, 0), (1, 1e-60, 1)), ValueError)  # 0 as a float32
    assert_same_error(attempt(FLOATS[:1], (0.1, 0.2, 0.3), (0.5,) * 3), RuntimeError, text=False)
    assert_same_error(attempt(FLOATS, (0.1, 0.2), (0.5, 0.5)), RuntimeError, text=False)
    with pytest.raises(RuntimeError, match="mean has 3 values, but the image has 1 channel"):
        attempt(FLOATS[:1], (0.1, 0.2, 0.3), (0.5,) * 3)(ours)


# ---- geometry ------------------------------------------------------------------------------------------------------


def on_everything(call, images=IMAGES, arrays=(FLOATS, BYTES, BATCH), ulps=0):
    """`call(functional, image)` gives the same in both libraries on PIL images and on tensors."""
    for image in images.values():
        assert_same(call(F, image), call(G, image))
    for array in arrays:
        mine, expected = tensors(array)
        assert_same(call(F, mine), call(G, expected), ulps)
        assert_same(mine, expected)  # the input is left alone


def test_flips():
    on_everything(lambda f, x: (f.hflip(x), f.vflip(x)))


@pytest.mark.parametrize(
    "box", [(0, 0, 13, 18), (2, 3, 5, 7), (-2, -3, 6, 9), (9, 10, 8, 20), (-5, -5, 30, 40), (0, 0, 0, 3)]
)
def test_crop(box):
    on_everything(lambda f, x: f.crop(x, *box))


@pytest.mark.parametrize("size", [5, [4], (6, 7), (13, 18), (20, 9), (5, 31), (30, 41)])
def test_center_crop(size):
    on_everything(lambda f, x: f.center_crop(x, size))
    for library in (ours, theirs):
        library.CenterCrop(size)(IMAGES["RGB"])
    assert_same(*(t.CenterCrop(size)(IMAGES["RGB"]) for t in (ours, theirs)))


def test_five_and_ten_crops():
    on_everything(lambda f, x: f.five_crop(x, (5, 6)) + f.ten_crop(x, [7]) + f.ten_crop(x, 4, vertical_flip=True))
    assert_same_error(lambda t: t.FiveCrop(14)(IMAGES["L"]), ValueError)
    assert_same_error(lambda t: t.TenCrop((1, 2, 3)), ValueError)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize("padding", [0, 3, [2], (2, 4), (1, 2, 3, 4), [0, 0, 5, 0], (-2, 3, 1, -4)])
def test_pad(mode, padding):
    on_everything(lambda f, x: f.pad(x, padding, padding_mode=mode))
    if mode == "constant":
        on_everything(lambda f, x: f.pad(x, padding, 7))
        assert_same(F.pad(IMAGES["RGB"], padding, (1, 2, 3)), G.pad(IMAGES["RGB"], padding, (1, 2, 3)))


def test_pad_errors():
    image, x = IMAGES["RGB"], FLOATS
    for arguments in (("3",), ((1, 2, 3),), (1, "red"), (1, (1, 2)), (1, 0, "wrap"), (1, 0, 3)):
        assert_same_error(lambda t, a=arguments: t.functional.pad(image, *a), TypeError, ValueError)
    for arguments in (("3",), ((1, 2, 3),), (1, (1, 2, 3)), (1, 0, "wrap"), (1, 0, 3)):
        assert_same_error(
            lambda t, a=arguments: t.functional.pad(tensors(x)[0 if t is ours else 1], *a), TypeError, ValueError
        )
    assert_same_error(
        lambda t: t.functional.pad(tensors(x)[0 if t is ours else 1], 13, padding_mode="reflect"),
        RuntimeError,
        text=False,
    )
    for arguments in (("3",), (1, "x"), (1, 0, "wrap"), ((1, 2, 3),)):
        assert_same_error(lambda t, a=arguments: t.Pad(*a), TypeError, ValueError)


MODES = ["NEAREST", "NEAREST_EXACT", "BILINEAR", "BICUBIC", "BOX", "HAMMING", "LANCZOS"]
SIZES = [7, [9], (5, 31), (26, 9), (13, 18), 20]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", SIZES)
def test_resize_of_pil_images(mode, size):
    for image in IMAGES.values():
        assert_same(*(t.Resize(size, t.InterpolationMode[mode])(image) for t in (ours, theirs)))
    flipped = Image.fromarray(RGB.transpose(1, 0, 2).copy())
    assert_same(*(t.Resize(size, t.InterpolationMode[mode])(flipped) for t in (ours, theirs)))


@pytest.mark.parametrize("mode", MODES[:4])
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_resize_of_tensors(mode, antialias, size):
    for array in (FLOATS, BATCH, FLOATS.astype(np.float64), BYTES):
        mine, expected = (
            t.Resize(size, t.InterpolationMode[mode], antialias=antialias)(x)
            for t, x in zip((ours, theirs), tensors(array), strict=True)
        )
        assert str(mine.dtype) == str(expected.dtype) and tuple(mine.shape) == tuple(expected.shape)
        if mode.startswith("NEAREST"):
            np.testing.assert_array_equal(mine.numpy(), expected.numpy())
        elif array.dtype == np.uint8:  # computed in float32 and rounded: a value may fall on the other side of .5
            difference = mine.numpy().astype(int) - expected.numpy().astype(int)
            assert abs(difference).max() <= 1 and (difference != 0).mean() < 0.05
        else:  # sums of up to 36 products of order 1; torch computes weights in the dtype itself
            tolerance = 1e-5 if array.dtype == np.float32 else 1e-12
            np.testing.assert_allclose(mine.numpy(), expected.numpy(), rtol=0, atol=tolerance)


def test_resize_of_tensors_is_differentiable():
    mine, expected = (x.requires_grad_() for x in tensors(FLOATS.astype(np.float64)))
    cotangent = RNG.normal(size=(3, 7, 30))
    F.resize(mine, (7, 30)).backward(minitorch.from_numpy(cotangent))
    G.resize(expected, (7, 30)).backward(torch.from_numpy(cotangent))
    np.testing.assert_allclose(mine.grad.numpy(), expected.grad.numpy(), rtol=0, atol=1e-12)


def test_resize_options_and_errors():
    image = IMAGES["RGB"]
    for arguments in ((10, 2, 12), ([10], 2, 13), (10, 0, 100)):
        size, number, max_size = arguments
        assert_same(*(t.Resize(size, number, max_size)(image) for t in (ours, theirs)))
    assert_same_error(lambda t: t.Resize({3}), TypeError)
    assert_same_error(lambda t: t.Resize(3.0), TypeError)
    assert_same_error(lambda t: t.Resize((1, 2, 3)), ValueError)
    assert_same_error(lambda t: t.functional.resize(image, (1, 2, 3)), ValueError)
    assert_same_error(lambda t: t.functional.resize(image, (4, 5), max_size=8), ValueError)
    assert_same_error(lambda t: t.functional.resize(image, 10, max_size=9), ValueError, text=False)
    assert_same_error(lambda t: t.functional.resize(image, 10, "bilinear"), TypeError)
    for t in (ours, theirs):
        with pytest.warns(UserWarning, match="Anti-alias option is always applied for PIL Image input"):
            t.functional.resize(image, 10, antialias=False)
    with pytest.raises(NotImplementedError, match="LANCZOS"):
        F.resize(minitorch.zeros(3, 4, 4), 2, ours.InterpolationMode.LANCZOS)


@pytest.mark.parametrize("angle", [0, 90, 33.3, -200.5])
def test_rotate(angle):
    for image in IMAGES.values():
        for number in (0, 2, 3):
            for options in ({}, {"expand": True}, {"center": (2, 3)}, {"fill": 9}):
                assert_same(F.rotate(image, angle, number, **options), G.rotate(image, angle, number, **options))
    assert_same(*(f.rotate(IMAGES["RGB"], angle, fill=(1, 2, 3)) for f in (F, G)))


def test_affine():
    for image in IMAGES.values():
        for arguments in ((0, (0, 0), 1.0, 0), (30, [2, -3], 0.7, (10.0, 5.0)), (-100.5, (0, 4), 2.0, [20.0])):
            for options in ({}, {"interpolation": 2}, {"center": [3, 4]}, {"fill": 5}):
                if image.mode == "P" and "interpolation" in options:
                    continue
                assert_same(F.affine(image, *arguments, **options), G.affine(image, *arguments, **options))


def test_rotate_and_affine_errors():
    image = IMAGES["RGB"]
    assert_same_error(lambda t: t.functional.rotate(image, "1"), TypeError)
    assert_same_error(lambda t: t.functional.rotate(image, 1, center=3), TypeError)
    assert_same_error(lambda t: t.functional.rotate(image, 1, "nearest"), TypeError)
    assert_same_error(lambda t: t.functional.rotate(image, 1, fill=(1, 2)), ValueError)
    for arguments in (("1", (0, 0), 1, 0), (1, 3, 1, 0), (1, (1, 2, 3), 1, 0), (1, (0, 0), 0, 0), (1, (0, 0), 1, "x")):
        assert_same_error(lambda t, a=arguments: t.functional.affine(image, *a), TypeError, ValueError)
    for call in (lambda x: F.rotate(x, 3), lambda x: F.affine(x, 3, (0, 0), 1.0, 0), lambda x: F.adjust_hue(x, 0.1)):
        with pytest.raises(NotImplementedError, match="works on PIL images; apply it before ToTensor"):
            call(minitorch.zeros(3, 4, 4))
    with pytest.raises(TypeError, match="Unexpected type"):
        F.hflip(np.zeros((3, 4)))


# ---- colour --------------------------------------------------------------------------------------------------------

COLOURS = {mode: IMAGES[mode] for mode in ("RGB", "L")}
# Up to six float32 operations on values of order 1: PyTorch may fuse a product and a sum, which moves the last places.
COLOUR_ULPS = 8


def close_colours(call, arrays=(FLOATS, BYTES, BATCH)):
    on_everything(call, COLOURS, ())
    for array in arrays:
        mine, expected = (call(f, x) for f, x in zip((F, G), tensors(array), strict=True))
        assert str(mine.dtype) == str(expected.dtype) and tuple(mine.shape) == tuple(expected.shape)
        if array.dtype == np.uint8:
            assert abs(mine.numpy().astype(int) - expected.numpy().astype(int)).max() <= 1
            assert (mine.numpy() == expected.numpy()).mean() > 0.99
        else:
            np.testing.assert_allclose(mine.numpy(), expected.numpy(), rtol=0, atol=COLOUR_ULPS * 2.0**-24)


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
@pytest.mark.parametrize("factor", [0, 0.3, 1, 1.7])
def test_adjust(name, factor):
    close_colours(lambda f, x: getattr(f, f"adjust_{name}")(x, factor))
    close_colours(lambda f, x: getattr(f, f"adjust_{name}")(x, factor), (FLOATS[:1], BYTES[:1]))
    for array in (FLOATS, FLOATS[:2]):
        factor = -1 if array is FLOATS else 1
        assert_same_error(
            lambda t, a=array, k=factor: getattr(t.functional, f"adjust_{name}")(tensors(a)[t is theirs], k),
            ValueError,
            TypeError,
            text=array is FLOATS,
        )


def test_hue_gamma_and_the_rest():
    for factor in (-0.5, -0.2, 0, 0.31, 0.5):
        on_everything(lambda f, x, k=factor: f.adjust_hue(x, k), IMAGES | {"CMYK": pil("CMYK")}, ())
    for gamma, gain in ((0, 1), (0.4, 1), (2.2, 1.5)):
        close_colours(lambda f, x, g=gamma, k=gain: f.adjust_gamma(x, g, k))
    for channels in (1, 3):
        close_colours(lambda f, x, n=channels: f.rgb_to_grayscale(x, n))
        on_everything(lambda f, x, n=channels: f.to_grayscale(x, n), IMAGES, ())
    on_everything(lambda f, x: (f.invert(x), f.solarize(x, 100)), COLOURS, (BYTES,))
    on_everything(lambda f, x: (f.invert(x), f.solarize(x, 0.5)), {}, (FLOATS, BATCH))
    for bits in (0, 1, 3, 8):
        on_everything(lambda f, x, b=bits: f.posterize(x, b), COLOURS if bits else {}, (BYTES,))
    on_everything(
        lambda f, x: (f.autocontrast(x), f.equalize(x), f.adjust_sharpness(x, 0.3), f.adjust_sharpness(x, 3)),
        COLOURS,
        (),
    )


def test_colour_errors():
    image = IMAGES["RGB"]
    assert_same_error(lambda t: t.functional.adjust_hue(image, 0.6), ValueError)
    assert_same_error(lambda t: t.functional.adjust_gamma(image, -1), ValueError)
    assert_same_error(lambda t: t.functional.rgb_to_grayscale(image, 2), ValueError)
    assert_same_error(lambda t: t.functional.to_grayscale(tensors(FLOATS)[t is theirs]), TypeError)
    assert_same_error(lambda t: t.functional.posterize(tensors(FLOATS)[t is theirs], 2), TypeError)
    assert_same_error(lambda t: t.functional.solarize(tensors(FLOATS)[t is theirs], 2), TypeError)


def test_erase():
    for inplace in (False, True):
        mine, expected = tensors(BATCH)
        value, expected_value = tensors(np.array([1.0, 2.0, 3.0], np.float32).reshape(3, 1, 1))
        a = F.erase(mine, 2, 3, 5, 6, value, inplace)
        b = G.erase(expected, 2, 3, 5, 6, expected_value, inplace)
        assert_same(a, b)
        assert_same(mine, expected)
        assert (a is mine) is inplace
    assert_same_error(lambda t: t.functional.erase(IMAGES["L"], 0, 0, 1, 1, 0), TypeError)
