"""Random tensors: with equal seeds, PyTorch's CPU numbers bit for bit (mt19937.py holds the recipes).

Tensors on a GPU get the CPU's numbers, copied: a program draws the same whatever device it runs on. (PyTorch on a GPU
draws from another algorithm.)

Source: https://docs.pytorch.org/docs/stable/random.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import ops
from .autograd.op import Op
from .creation_options import finished, refuse_options, size_of
from .device import CPU, as_device, device, device_of, to_device, to_numpy
from .dtype import as_dtype, get_default_dtype
from .generator import (
    Generator,
    default_generator,
    fork_rng,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from .random_arrays import (
    bernoulli_array,
    exponential_array,
    fill,
    fill_cauchy,
    fill_exponential,
    fill_geometric,
    fill_integers,
    fill_log_normal,
    fill_normal,
    fill_uniform,
    integers_array,
    laid_like,
    normal_array,
    stream_of,
    type_name,
    uniform_array,
)
from .tensor import Tensor, wrap

__all__ = [
    "Generator", "bernoulli", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed",
    "multinomial", "normal", "poisson", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "seed",
    "set_rng_state",
]  # fmt: skip


# ---- tensors, in place: Tensor's methods of the same names -----------------------------------------------------------


def _overwrite(t: Tensor, write: Callable[[np.ndarray], np.ndarray]) -> Tensor:
    """Let `write` fill `t`: its own memory, or a copy where a history, a GPU or read-only memory is involved."""
    t._check_inplace(False)
    array = t._array
    if t.requires_grad or not isinstance(array, np.ndarray) or not array.flags.writeable or 0 in array.strides:
        like = laid_like(array)
        return ops.copy_(t, wrap(to_device(write(np.empty_like(like)), t.device)))
    write(array)
    t._bump_version()
    return t


def uniform_(t: Tensor, from_: float = 0, to: float = 1, *, generator: Generator | None = None) -> Tensor:
    """Overwrite `t` with numbers from U[from, to)."""
    return _overwrite(t, lambda array: fill_uniform(array, float(from_), float(to), generator))


def normal_(t: Tensor, mean: float = 0, std: float = 1, *, generator: Generator | None = None) -> Tensor:
    """Overwrite `t` with numbers from N(mean, std²)."""
    return _overwrite(t, lambda array: fill_normal(array, float(mean), float(std), generator))


def exponential_(t: Tensor, lambd: float = 1, *, generator: Generator | None = None) -> Tensor:
    """Overwrite `t` with numbers from the exponential distribution with mean 1/lambd."""
    return _overwrite(t, lambda array: fill_exponential(array, float(lambd), generator))


def cauchy_(t: Tensor, median: float = 0, sigma: float = 1, *, generator: Generator | None = None) -> Tensor:
    """Overwrite `t` with numbers from the Cauchy distribution around `median`, of half-width `sigma`."""
    return _overwrite(t, lambda array: fill_cauchy(array, float(median), float(sigma), generator))


def log_normal_(t: Tensor, mean: float = 1, std: float = 2, *, generator: Generator | None = None) -> Tensor:
    """Overwrite `t` with exp of numbers from N(mean, std²)."""
    return _overwrite(t, lambda array: fill_log_normal(array, float(mean), float(std), generator))


def geometric_(t: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Overwrite `t` with how many trials it takes until one succeeds, each with probability `p`."""
    return _overwrite(t, lambda array: fill_geometric(array, float(p), generator))


def bernoulli_(t: Tensor, p: float | Tensor = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Overwrite `t` with ones where a draw falls below `p` (a number or a tensor that broadcasts), else zeros."""
    probability = to_numpy(p.detach().expand(t.shape)._array) if isinstance(p, Tensor) else float(p)

    def write(array: np.ndarray) -> np.ndarray:
        array[...] = bernoulli_array(array.shape, probability, generator, like=array)
        return array

    return _overwrite(t, write)


def random_(t: Tensor, from_: int | None = None, to: int | None = None, *, generator: Any = None) -> Tensor:
    """Overwrite `t` with integers: ``random_(to)`` from [0, to), ``random_(from, to)`` from [from, to), ``random_()``
    from the dtype's whole non-negative range (up to 2^digits for a floating dtype)."""
    if to is None and from_ is None:
        stream = stream_of(generator)
        return _overwrite(t, lambda array: fill(array, stream.full_range))
    low, high = (0, int(from_ or 0)) if to is None else (int(from_ or 0), int(to))
    return _overwrite(t, lambda array: fill_integers(array, low, high, generator))


# ---- tensors, new ----------------------------------------------------------------------------------------------------


def _place(array: np.ndarray, place: device, requires_grad: bool, extra: dict[str, Any] | None = None) -> Tensor:
    return finished(to_device(array, place), requires_grad, (extra or {}).get("pin_memory"))


def _is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool | np.bool_)


def _size_of(name: str, size: tuple[Any, ...], extra: dict[str, Any]) -> tuple[int, ...]:
    if "size" in extra:
        size = (extra.pop("size"), *size)
    refuse_options(extra, name)
    if not size:
        raise TypeError(f"{name}() received an invalid combination of arguments - got (), but expected a size")
    return size_of(size)


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **extra: Any,
) -> Tensor:
    """A tensor of the given size from U[0, 1): multiples of 2^-24 in float32, of 2^-53 in float64.

    Shapes: `size`, as ints or one sequence of them.
    Errors: NotImplementedError for an integer dtype; RuntimeError for a negative size; TypeError for one that is no
    int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.rand.html

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.rand(2, 2)
    tensor([[0.4963, 0.7682],
            [0.0885, 0.1320]])
    """
    shape = _size_of("rand", size, extra)
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    return _place(uniform_array(shape, kind, generator=generator), as_device(device), requires_grad, extra)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **extra: Any,
) -> Tensor:
    """A tensor of the given size from the standard normal distribution.

    Shapes: `size`, as ints or one sequence of them.
    Errors: NotImplementedError for an integer dtype; RuntimeError for a negative size; TypeError for one that is no
    int.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.randn.html

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randn(2, 2)
    tensor([[ 1.5410, -0.2934],
            [-2.1788,  0.5684]])
    """
    shape = _size_of("randn", size, extra)
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    return _place(normal_array(shape, kind, generator=generator), as_device(device), requires_grad, extra)


def randint(
    *args: Any,
    low: int | None = None,
    high: int | None = None,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **extra: Any,
) -> Tensor:
    """``randint(high, size)`` or ``randint(low, high, size)``: integers from [low, high), int64 unless `dtype` says.

    Shapes: `size`, a sequence of ints.
    Errors: RuntimeError if the range is empty or goes beyond the dtype; TypeError for bounds that are no ints and a
    size that is no sequence; ValueError for bounds beyond int64.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.randint.html

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randint(3, 10, (4,))
    tensor([7, 6, 3, 5])
    """
    refuse_options(extra, "randint")
    bounds = list(args)
    if size is None and bounds and not _is_integer(bounds[-1]):
        size = bounds.pop()
    if size is None:
        raise TypeError(f"randint(): argument 'size' (position {max(len(args), 2)}) must be tuple of ints, not int")
    if high is None and bounds:
        high = bounds.pop()
    if low is None and bounds:
        low = bounds.pop()
    low = 0 if low is None else low
    for name, value in (("low", low), ("high", high)):
        if not _is_integer(value):
            raise TypeError(f"randint(): argument '{name}' must be int, not {type(value).__name__}")
    if bounds:
        raise TypeError("randint() takes (high, size) or (low, high, size)")
    assert high is not None
    if not (-(2**63) <= low < 2**63 and -(2**63) <= high < 2**63):
        raise ValueError("Overflow when unpacking long long")
    kind = np.int64 if dtype is None else as_dtype(dtype)
    array = integers_array(size_of((tuple(size),)), int(low), int(high), kind, generator)
    return _place(array, as_device(device), requires_grad, extra)


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **extra: Any,
) -> Tensor:
    """The integers from 0 to n − 1 in random order (Fisher and Yates).

    Shapes: (n).
    Errors: RuntimeError for a negative n, or one that the dtype cannot count to; TypeError for one that is no int;
    NotImplementedError for bool.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.randperm.html

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randperm(4)
    tensor([0, 1, 3, 2])
    """
    refuse_options(extra, "randperm")
    if not _is_integer(n):
        raise TypeError(f"randperm(): argument 'n' (position 1) must be int, not {type(n).__name__}")
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    kind = np.dtype(np.int64) if dtype is None else as_dtype(dtype).numpy
    if kind.kind == "b":
        raise NotImplementedError("\"randperm\" not implemented for 'Bool'")
    digits = {"float16": 11, "float32": 24, "float64": 53}.get(kind.name)
    if digits is not None and n > 2**digits + 1:
        raise RuntimeError(f"n cannot be greater than 2^{digits}+1 for {type_name(kind)} type.")
    if kind.kind in "iu" and n > np.iinfo(kind).max:
        raise RuntimeError(f"value cannot be converted to type {kind.name}_t without overflow")
    order = stream_of(generator).permutation(int(n))
    return _place(order.astype(kind, copy=False), as_device(device), requires_grad, extra)


def _like(
    name: str, input: Any, write: Callable[..., Any], dtype: Any, device: Any, requires_grad: bool,
    extra: dict[str, Any],
) -> Tensor:  # fmt: skip
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    refuse_options(extra, name)
    kind = input._array.dtype if dtype is None else as_dtype(dtype).numpy
    like = laid_like(input._array)
    place = input.device if device is None else as_device(device)
    return _place(write(np.empty_like(like, dtype=kind)), place, requires_grad, extra)


def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **extra: Any,
) -> Tensor:
    """`rand` with the size, dtype and device of `input`.

    Shapes: that of `input`.
    Errors: TypeError for an `input` that is no tensor; NotImplementedError for an integer dtype.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.rand_like.html

    >>> import minitorch as torch
    >>> torch.rand_like(torch.zeros(2, 3)).shape
    torch.Size([2, 3])
    """
    return _like(
        "rand_like", input, lambda a: fill_uniform(a, 0.0, 1.0, generator), dtype, device, requires_grad, extra
    )


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **extra: Any,
) -> Tensor:
    """`randn` with the size, dtype and device of `input`.

    Shapes: that of `input`.
    Errors: TypeError for an `input` that is no tensor; NotImplementedError for an integer dtype.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.randn_like.html

    >>> import minitorch as torch
    >>> torch.randn_like(torch.zeros(2, 3)).shape
    torch.Size([2, 3])
    """
    return _like(
        "randn_like", input, lambda a: fill_normal(a, 0.0, 1.0, generator), dtype, device, requires_grad, extra
    )


def randint_like(
    input: Tensor,
    *bounds: int,
    low: int = 0,
    high: int | None = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **extra: Any,
) -> Tensor:
    """``randint_like(input, high)`` or ``randint_like(input, low, high)``: `randint` in the size and dtype of `input`.

    Shapes: that of `input`.
    Errors: TypeError for an `input` that is no tensor, and without bounds; RuntimeError for an empty range.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.randint_like.html

    >>> import minitorch as torch
    >>> torch.randint_like(torch.zeros(3), 5, 6)
    tensor([5., 5., 5.])
    """
    if len(bounds) == 2:
        low, high = bounds
    elif len(bounds) == 1:
        low, high = (bounds[0], high) if high is not None else (low, bounds[0])
    if not (_is_integer(low) and _is_integer(high)):
        raise TypeError("randint_like() takes (input, high) or (input, low, high) with integer bounds")
    start, end = int(low), int(high)  # type: ignore[arg-type]  # integers, just asked
    return _like(
        "randint_like", input, lambda a: fill_integers(a, start, end, generator), dtype, device, requires_grad, extra
    )


def normal(
    mean: float | Tensor = 0.0,
    std: float | Tensor = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **extra: Any,
) -> Tensor:
    """N(mean, std²): of the given `size` if both are numbers, else elementwise over the tensors, broadcast.

    The result of the elementwise form has no history.

    Shapes: mean and std broadcast → their shape; two numbers → `size`.
    Errors: RuntimeError for a negative std, and for shapes that do not broadcast; TypeError for two numbers without a
    size, and for tensors with one.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.normal.html

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.normal(torch.tensor([10., 20.]), 0.5)
    tensor([10.7705, 19.8533])
    """
    refuse_options(extra, "normal")
    tensors = [x for x in (mean, std) if isinstance(x, Tensor)]
    if not tensors:
        if size is None or _is_integer(size):
            raise TypeError("normal() received an invalid combination of arguments: two numbers need a size, a tuple")
        kind = get_default_dtype() if dtype is None else as_dtype(dtype)
        array = normal_array(size_of((tuple(size),)), kind, float(mean), float(std), generator)
        return _place(array, CPU if device is None else as_device(device), requires_grad, extra)
    if size is not None or dtype is not None or device is not None or requires_grad:
        raise TypeError("normal() received an invalid combination of arguments: a tensor fixes size, dtype and device")
    shift, scale = (to_numpy(x._array) if isinstance(x, Tensor) else float(x) for x in (mean, std))
    if isinstance(scale, np.ndarray) and not (scale >= 0).all():
        raise RuntimeError("normal expects all elements of std >= 0.0")
    try:
        shape = np.broadcast_shapes(np.shape(shift), np.shape(scale))
    except ValueError:
        raise RuntimeError(
            f"normal: the shapes of mean {list(np.shape(shift))} and std {list(np.shape(scale))} do not broadcast"
        ) from None
    array = normal_array(
        shape, tensors[0]._array.dtype, 0.0, 1.0 if isinstance(scale, np.ndarray) else scale, generator
    )
    if isinstance(scale, np.ndarray):
        np.multiply(array, scale, out=array, casting="unsafe")
    np.add(array, shift, out=array, casting="unsafe")
    return _place(array, tensors[0].device, False)


def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None, **extra: Any) -> Tensor:
    """Ones with the probabilities in `input` (or all with `p`), zeros elsewhere, in the dtype of `input`; no history.

    Shapes: that of `input`.
    Errors: RuntimeError for probabilities outside 0 … 1; NotImplementedError for integers; TypeError for an `input`
    that is no tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.bernoulli.html

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.bernoulli(torch.tensor([0., .5, .5, 1.]))
    tensor([0., 0., 1., 1.])
    """
    refuse_options(extra, "bernoulli")
    if not isinstance(input, Tensor):
        raise TypeError(f"bernoulli(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    probability = to_numpy(input._array) if p is None else float(p)
    array = bernoulli_array(input.shape, probability, generator).astype(input._array.dtype)
    return _place(array, input.device, False)


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None, **extra: Any
) -> Tensor:
    """`num_samples` indices for each row of weights (not necessarily summing to 1), as int64.

    With replacement: the first index whose cumulated share reaches a uniform. Without: the largest of
    weight / exponential draw, which picks index after index in proportion to the weights (Efraimidis and Spirakis).

    Shapes: input (K) or (N, K) → (num_samples) or (N, num_samples).
    Errors: RuntimeError for another rank or dtype, weights that are negative, not finite or all 0, and, without
    replacement, more draws than weights.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.multinomial.html

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.multinomial(torch.tensor([1., 0., 3.]), 5, replacement=True)
    tensor([2, 2, 2, 2, 2])
    """
    refuse_options(extra, "multinomial")
    weights = to_numpy(input._array)
    if weights.dtype.kind != "f":
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {type_name(weights.dtype)}"
        )
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > weights.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if not (weights.sum(-1) > 0).all():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")

    if replacement and num_samples > 1:
        rows = weights.reshape(-1, weights.shape[-1])
        uniforms = uniform_array((len(rows), num_samples), np.float64, generator=generator)
        shares = np.cumsum(rows, axis=1, dtype=weights.dtype)
        shares /= shares[:, -1:]
        index = np.stack([np.searchsorted(share, u) for share, u in zip(shares, uniforms, strict=True)])
    else:
        with np.errstate(divide="ignore"):
            keys = weights / exponential_array(weights.shape, weights.dtype, generator=generator)
        if num_samples == 1:
            index = keys.argmax(-1, keepdims=True)
        else:
            index = np.argsort(-keys, axis=-1, kind="stable")[..., :num_samples]
    index = index.reshape(*weights.shape[:-1], num_samples).astype(np.int64)
    return _place(index, input.device, False)


class Poisson(Op):
    """z = counts drawn with the rates x;  ∂z/∂x is taken as 0, as in PyTorch."""

    def __init__(self, generator: Generator | None) -> None:
        self.generator = generator

    def forward(self, x: Any) -> Any:
        rates = to_numpy(x)
        out = np.empty(rates.shape, rates.dtype)
        stream_of(self.generator).poisson(out.reshape(-1), rates.reshape(-1).astype(np.float64))
        return to_device(out, device_of(x))

    def backward(self, g: Any) -> Any:
        return ops.checks.zeros_like(g)


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """For each rate in `input` a draw from the Poisson distribution with that mean.

    Shapes: that of `input`.
    Errors: RuntimeError for a negative rate; NotImplementedError for integers; TypeError for an `input` that is no
    tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.poisson.html

    >>> import minitorch as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.poisson(torch.tensor([0., 1., 20.])).shape
    torch.Size([3])
    """
    ops.checks.tensor_argument("poisson", input)
    ops.checks.check_floating("poisson_cpu", input)
    if not (input._array >= 0).all():
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    return Poisson(generator)(input)
