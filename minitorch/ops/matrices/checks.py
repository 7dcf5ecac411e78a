"""What linear algebra asks of its arguments, and how NumPy's and CuPy's factorisations are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...device import array_module
from ...tensor import Tensor
from ..checks import check_same_device, tensor_argument


class _LinAlgError(RuntimeError):  # the name that PyTorch's prints
    """A matrix has no inverse, no Cholesky factor, or a factorisation does not converge.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.linalg.LinAlgError.html

    >>> import minitorch as torch
    >>> try:
    ...     torch.linalg.inv(torch.zeros(2, 2))
    ... except torch.linalg.LinAlgError as error:
    ...     print(error)
    linalg.inv: The inversion could not be completed because the input matrix is singular.
    """


LinAlgError = _LinAlgError


def check_floating_matrix(name: str, x: Any) -> None:
    """RuntimeError unless `x` is a floating tensor, as PyTorch's linear algebra has it."""
    tensor_argument(name, x, "A")
    if isinstance(x, Tensor) and x._array.dtype.kind != "f":
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {x.dtype.type_name}")


def check_not_half(name: str, x: Any, kind: type[Exception] = RuntimeError) -> None:
    """An error for float16, in which nothing is factorised."""
    if isinstance(x, Tensor) and x._array.dtype == np.float16:
        raise kind(f"{name}: Low precision dtypes not supported. Got {x.dtype.type_name}")


def check_matrices(name: str, x: Any, square: bool = False, half: type[Exception] | None = NotImplementedError) -> None:
    """RuntimeError unless `x` holds matrices (…, N, M), square ones if so wished; `half`, an exception, for float16."""
    check_floating_matrix(name, x)
    if x.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if square and x.shape[-1] != x.shape[-2]:
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they are {x.shape[-2]} by {x.shape[-1]} matrices"
        )
    if half is not None:
        check_not_half(name, x, half)


def check_beside(name: str, a: Any, b: Any) -> None:
    """RuntimeError unless two tensors share device and dtype."""
    tensor_argument(name, b, "B", 2)
    check_same_device(name, a, b)
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"{name}: Expected A and B to have the same dtype, but found A of type {a.dtype.type_name} and B of type "
            f"{b.dtype.type_name} instead"
        )


def factorised(failure: str, function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
    """What `function` of numpy.linalg or cupy.linalg gives; LinAlgError saying `failure` where it has no answer.

    NumPy raises where LAPACK reports an error. CuPy goes on, and leaves nan or inf where numbers should be.
    """
    try:
        result = function(*arrays, **options)
    except np.linalg.LinAlgError:
        raise LinAlgError(failure) from None
    if not isinstance(arrays[0], np.ndarray):
        xp = array_module(arrays[0])
        whole = all(bool(xp.isfinite(x).all()) for x in arrays)
        if whole and not all(bool(xp.isfinite(x).all()) for x in (result if isinstance(result, tuple) else (result,))):
            raise LinAlgError(failure)
    return result
