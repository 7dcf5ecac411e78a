"""Whether operations are being recorded: one switch per thread, and the context managers that turn it."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class _Mode(threading.local):
    enabled = True
    inference = False


mode: _Mode = _Mode()


def is_grad_enabled() -> bool:
    """Whether operations on this thread are recorded for `backward`.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_grad_enabled.html

    >>> import minitorch as torch
    >>> torch.is_grad_enabled()
    True
    """
    return mode.enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.is_inference_mode_enabled.html

    >>> import minitorch as torch
    >>> torch.is_inference_mode_enabled()
    False
    """
    return mode.inference


class _GradMode:
    """A context manager and decorator that sets the switch and puts back what was there, whatever happens inside."""

    _target = True

    def __init__(self) -> None:
        self._before: list[bool] = []  # a stack: one object may be entered again inside itself

    def __new__(cls, function: F | None = None, *args: Any, **kwargs: Any) -> Any:
        self = super().__new__(cls)
        if callable(function):  # used as a bare decorator, @no_grad
            cls.__init__(self)
            return self(function)
        return self

    def __enter__(self) -> None:
        self._before.append(mode.enabled)
        mode.enabled = self._target

    def __exit__(self, *exc: object) -> None:
        mode.enabled = self._before.pop()

    def _fresh(self) -> _GradMode:
        return type(self)()

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function):
            return self._wrap_generator(function)  # type: ignore[return-value]  # of the same type, by `wraps`

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self._fresh():  # one each call: two threads may be inside the function at once
                return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value]  # of the same type, by `wraps`

    def _wrap_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The mode holds while the generator runs, and not while its user does something between two steps."""

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self._fresh():
                generator = function(*args, **kwargs)
            step, value = generator.send, None
            while True:
                try:
                    with self._fresh():
                        item = step(value)
                except StopIteration as stop:
                    return stop.value
                try:
                    step, value = generator.send, (yield item)
                except GeneratorExit:
                    with self._fresh():
                        generator.close()
                    raise
                except BaseException as error:
                    step, value = generator.throw, error

        return wrapped


def check_bool(name: str, argument: str, position: int, value: Any) -> None:
    """TypeError for a switch that is given something else than True or False."""
    if not isinstance(value, bool):
        kind = type(value).__name__
        raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be bool, not {kind}")


class no_grad(_GradMode):
    """Inside it (or inside a function it decorates), nothing is recorded and no result requires a gradient.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.no_grad.html

    >>> import minitorch as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    _target = False


class enable_grad(_GradMode):
    """Inside it, operations are recorded again, also within an outer `no_grad`.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.enable_grad.html

    >>> import minitorch as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad(), torch.enable_grad():
    ...     (x * 2).requires_grad
    True
    """

    _target = True


class set_grad_enabled(_GradMode):
    """Turn recording on or off: at once when called, and until the end of the block when used with `with`.

    Errors: TypeError for something that is no bool.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad_mode.set_grad_enabled.html

    >>> import minitorch as torch
    >>> with torch.set_grad_enabled(False):
    ...     torch.is_grad_enabled()
    False
    """

    def __new__(cls, enabled: bool) -> Any:
        return object.__new__(cls)

    def __init__(self, enabled: bool) -> None:
        super().__init__()
        check_bool("set_grad_enabled", "enabled", 1, enabled)
        self._target = enabled
        self._outer = mode.enabled
        mode.enabled = self._target

    def __enter__(self) -> None:
        self._before.append(self._outer)  # what was there before the constructor turned the switch
        mode.enabled = self._target

    def _fresh(self) -> _GradMode:
        return type(self)(self._target)

    def __call__(self, function: F) -> F:
        mode.enabled = self._outer  # as a decorator it acts inside the function alone
        return super().__call__(function)


class inference_mode(_GradMode):
    """Like `no_grad`; kept apart because PyTorch's tensors made inside it can never be used in autograd later.

    Here they can, since nothing is gained by forbidding it.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad_mode.inference_mode.html

    >>> import minitorch as torch
    >>> with torch.inference_mode():
    ...     torch.is_inference_mode_enabled(), torch.is_grad_enabled()
    (True, False)
    """

    def __new__(cls, mode: Any = True) -> Any:
        return super().__new__(cls, mode if callable(mode) else None)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._inference = bool(mode)
        self._outer_inference: list[bool] = []

    def _fresh(self) -> _GradMode:
        return type(self)(self._inference)

    def __enter__(self) -> None:
        self._outer_inference.append(mode.inference)
        self._before.append(mode.enabled)
        mode.inference = self._inference
        if self._inference:
            mode.enabled = False

    def __exit__(self, *exc: object) -> None:
        mode.enabled = self._before.pop()
        mode.inference = self._outer_inference.pop()
