"""watch: while a forward runs, note every result and the line of the program that made it, for the pictures.

The graph keeps only what backward needs. The product in ``x * y + sin(x)`` is not among that, so a picture could not
show it. Like anomaly detection, watching exchanges `Node.stamp`, which every recorded node comes by with its outputs;
so it costs nothing while it is off. (Turning anomaly detection on or off in between ends the watching.)
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from ..autograd.anomaly_mode import PACKAGE
from ..autograd.node import Node
from ..tensor import Tensor

SMALL = 64  # elements of a result that is copied; of a larger one only what has not been changed since is shown


@dataclass
class Seen:
    """What was noted of a node: its results as (array, version counter, its value then), and the user's line."""

    results: list[tuple[Any, list[int], int]]
    file: str
    line: int


seen: WeakKeyDictionary[Node, Seen] = WeakKeyDictionary()


class watch:
    """Inside it, every recorded operation notes its result, and the line of your program that made it.

    `draw` and `explain` then show the values of all operations, and `explain` the lines. Large results are not copied
    but held, and are not shown once they have been changed in place. What was noted goes with the graph.

    Errors: none of its own.

    Source: this project's own.

    >>> import minitorch
    >>> x = minitorch.tensor(2., requires_grad=True)
    >>> with minitorch.pictures.watch():
    ...     y = (x * 3).sin()
    >>> [line.text for line in minitorch.draw(y).boxes[1].lines]
    ['Mul', 'z = x·y', '6']
    """

    def __enter__(self) -> watch:
        self._before = before = Node.stamp

        def stamp(node: Node, outputs: Iterable[Any]) -> None:
            outputs = list(outputs)
            before(node, outputs)
            frame = _users_frame(sys._getframe(1))
            seen[node] = Seen([_result(out) for out in outputs], frame.f_code.co_filename, frame.f_lineno)

        Node.stamp = stamp  # type: ignore[method-assign, assignment]  # put back in the end
        return self

    def __exit__(self, *exc: object) -> None:
        Node.stamp = self._before  # type: ignore[method-assign]  # put back in the end


def _result(out: Any) -> tuple[Any, list[int], int]:
    if not isinstance(out, Tensor):
        return None, [0], 0
    if out._array.size <= SMALL:
        return out._array.copy(), [0], 0
    return out._array, out._counter, out._counter[0]


def _users_frame(frame: FrameType) -> FrameType:
    """The innermost frame outside this package."""
    inner = frame
    while frame.f_code.co_filename.startswith(PACKAGE) and frame.f_back is not None:
        frame = frame.f_back
    return inner if frame.f_code.co_filename.startswith(PACKAGE) else frame


def values_of(node: Node) -> dict[int, Any]:
    """The results that were noted, by output number, but for those that have been changed since."""
    noted = seen.get(node)
    if noted is None:
        return {}
    return {nr: a for nr, (a, counter, version) in enumerate(noted.results) if a is not None and counter[0] == version}
