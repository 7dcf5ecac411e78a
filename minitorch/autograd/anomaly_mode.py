"""Anomaly detection: which line of the program made the operation whose backward failed, or returned nan.

While it is on, every recorded node notes the stack of Python frames that led to it, and whether a nan came out of it.
An error inside a backward, and a nan that a backward returns, then name the line of the forward that is to blame. If
the forward had a nan already, its first one is named, too, since that is usually where to look.

While it is off it costs nothing: turning it on exchanges `Node.stamp`, which every recorded node goes through, and a
walk asks once, at its start, how it shall run its nodes.

Source: https://docs.pytorch.org/docs/stable/autograd.html#anomaly-detection
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from ..tensor import Tensor
from .grad_mode import check_bool
from .node import Node

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class _Switch:
    is_on = False
    check_nan = True
    running: Node | None = None  # the node whose backward runs: what it records, under create_graph, is its doing


switch: _Switch = _Switch()
_plain_stamp = Node.stamp


def _turn(is_on: bool, check_nan: bool) -> None:
    switch.is_on, switch.check_nan = is_on, check_nan
    Node.stamp = _stamp_and_note if is_on else _plain_stamp  # type: ignore[method-assign]  # the one of two


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.set_detect_anomaly

    >>> import minitorch as torch
    >>> torch.is_anomaly_enabled()
    False
    """
    return switch.is_on


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly detection, when it is on, looks for nan in what backwards return.

    Errors: none of its own.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.set_detect_anomaly

    >>> import minitorch as torch
    >>> torch.is_anomaly_check_nan_enabled()
    True
    """
    return switch.check_nan


class set_detect_anomaly:
    """Turn anomaly detection on or off: at once when called, and until the end of the block when used with `with`.

    Errors: TypeError for something that is no bool; RuntimeError from a backward that returns nan.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.set_detect_anomaly

    >>> import minitorch as torch
    >>> with torch.autograd.set_detect_anomaly(True):
    ...     torch.is_anomaly_enabled()
    True
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        check_bool("set_detect_anomaly", "mode", 1, mode)
        check_bool("set_detect_anomaly", "check_nan", 2, check_nan)
        self._before = switch.is_on, switch.check_nan
        _turn(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        _turn(*self._before)


class detect_anomaly:
    """Inside it, errors and nan in a backward name the line of the forward that they come from.

    Both the forward and the backward have to be inside. The exception carries, as a note, the line that recorded the
    operation, and the line that made the first nan of the forward, if it had one; the whole stack is in a warning, as
    in PyTorch. It slows everything down: use it to look for a bug.

    Errors: RuntimeError from a backward that returns nan, unless `check_nan` is False.

    Source: https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.detect_anomaly

    >>> import minitorch as torch, warnings
    >>> warnings.simplefilter("ignore")
    >>> with torch.autograd.detect_anomaly():
    ...     x = torch.tensor([-1.], requires_grad=True)
    ...     torch.sqrt(x).sum().backward()
    Traceback (most recent call last):
    RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.
    ...
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self._before = switch.is_on, switch.check_nan
        _turn(True, bool(self.check_nan))

    def __exit__(self, *exc: object) -> None:
        _turn(*self._before)


# ---- in the forward --------------------------------------------------------------------------------------------------


def _stamp_and_note(self: Node, outputs: Iterable[Any]) -> None:
    _plain_stamp(self, outputs)
    frames = traceback.walk_stack(sys._getframe(1))
    stack = traceback.StackSummary.extract(frames, lookup_lines=False)
    stack.reverse()
    self.forward_stack = stack
    self.forward_parent = switch.running
    self.made_nan = switch.check_nan and any(isinstance(out, Tensor) and _has_nan(out._array) for out in outputs)


def _has_nan(array: Any) -> bool:
    return array.dtype.kind == "f" and bool((array != array).any())


# ---- in the backward -------------------------------------------------------------------------------------------------


def watched(run: Callable[..., tuple[Any, ...]], roots: list[Node]) -> Callable[..., tuple[Any, ...]]:
    """`run`, which runs one node of a walk from `roots`, with an eye on nan and errors."""

    def run_and_look(node: Node, gradients: list[Any], create_graph: bool) -> tuple[Any, ...]:
        before, switch.running = switch.running, node
        try:
            results = run(node, gradients, create_graph)
            if switch.check_nan:
                for i, g in enumerate(results):
                    array = g._array if isinstance(g, Tensor) else g
                    if array is not None and _has_nan(array):
                        raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")
            return results
        except Exception as error:
            _explain(error, node, roots)
            raise
        finally:
            switch.running = before

    return run_and_look


def _explain(error: Exception, node: Node, roots: list[Node]) -> None:
    stack = node.forward_stack
    if stack is None:
        text = (
            f"Error detected in {node.name()}. No forward pass information available. Enable detect anomaly during "
            "forward pass for more information."
        )
        error.add_note(text)
    else:
        text = f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n" + _format(_trimmed(stack))
        error.add_note(f"{node.name()} was recorded here:\n{_users_line(stack)}")
    parent = node.forward_parent
    while parent is not None and parent.forward_stack is not None:
        text += f"\nPrevious calculation was induced by {parent.name()}:\n" + _format(_trimmed(parent.forward_stack))
        error.add_note(f"That was in the backward of {parent.name()}, recorded here:\n{_users_line(parent.forward_stack)}")
        parent = parent.forward_parent
    first = _first_nan(roots)
    if first is not None and first.forward_stack is not None:
        where = _users_line(first.forward_stack)
        error.add_note(f"The first nan of the forward came out of {first.name()}, recorded here:\n{where}")
    with contextlib.suppress(Warning):  # where warnings are errors, the error itself matters more
        warnings.warn(text, stacklevel=2)


def _first_nan(roots: list[Node]) -> Node | None:
    """The earliest node of the graph that a nan came out of."""
    seen: set[Node] = set()
    stack = list(roots)
    first: Node | None = None
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.made_nan and (first is None or node.sequence_nr < first.sequence_nr):
            first = node
        stack += [edge[0] for edge in node.edges if edge is not None and isinstance(edge[0], Node)]
    return first


def _users_line(stack: traceback.StackSummary) -> str:
    """The innermost frame outside this package, as tracebacks show it."""
    return _format(_trimmed(stack)[-1:])


def _trimmed(stack: traceback.StackSummary) -> list[traceback.FrameSummary]:
    """The stack down to the user's line, without the engine's own frames below it."""
    frames = list(stack)
    while frames and frames[-1].filename.startswith(PACKAGE):
        frames.pop()
    return frames


def _format(frames: Any) -> str:
    return "".join(traceback.format_list(list(frames))).rstrip("\n")
