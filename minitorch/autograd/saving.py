"""Saved values that go through the user's hooks: see `graph.saved_tensors_hooks`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor import Tensor, wrap
from .grad_mode import no_grad
from .node import RELEASED, SECOND_TIME, Node, Saved, pack_hooks
from .op import Op, edge_of

hooks: list[tuple[Callable[[Tensor], Any], Callable[[Any], Tensor]]] = pack_hooks
disabled: list[str] = []


class Unpacked(Op, label="UnpackBackward"):
    """z = x, as it came back from the unpack hook;  the gradient goes where x's would."""

    def backward(self, g: Any) -> Any:
        return g


class PackedSaved(Saved):
    """Like `Saved`, with the inputs and outputs among the arrays replaced by what the pack hook made of them."""

    __slots__ = ("packed", "owners", "unpack")

    unpack: Callable[[Any], Tensor]

    def pack(self) -> PackedSaved:
        """Called when `arrays` and `sources` are there."""
        pack_hook, self.unpack = hooks[-1]
        self.packed: dict[int, tuple[Any, Any]] = {}  # place → (packed, edge of the input)
        self.owners: list[int | None] = [None if s is None or isinstance(s[0], int) else id(s[0]) for s in self.sources]
        arrays = list(self.arrays)
        for i, source in enumerate(self.sources):
            if source is not None:
                owner = None if isinstance(source[0], int) else source[0]
                self._pack_one(i, arrays[i], owner, pack_hook)
                arrays[i] = None
                if owner is not None:
                    self.sources[i] = None  # the tensor is not held
        self.arrays: Any = tuple(arrays)
        return self

    def _pack_one(self, i: int, array: Any, owner: Tensor | None, pack_hook: Callable[..., Any]) -> None:
        tensor = wrap(array)
        tensor._counter = [0] if owner is None else owner._counter
        version = tensor._counter[0]
        with no_grad():
            packed = pack_hook(tensor)
        if tensor._counter[0] != version:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook can not "
                "be modified by in-place operations: other operations may need them as they were."
            )
        self.packed[i] = packed, None if owner is None else edge_of(owner)

    def check(self, node: Node) -> None:
        """Raise RuntimeError if what was kept has been released."""
        if self.arrays is RELEASED:
            raise RuntimeError(SECOND_TIME)

    def keep_original(self, tensor: Tensor, uses: int) -> None:
        """`tensor` is about to be overwritten, and a hook may have kept it as it is: pack a copy instead."""
        for i, owner in enumerate(self.owners):
            if owner == id(tensor) and i in self.packed:
                self._pack_one(i, tensor._array.copy(), tensor, hooks[-1][0])

    def release(self) -> None:
        self.packed = {}
        super().release()

    def tensors(self, node: Node) -> list[Any]:
        """What was saved, as Tensors that know where their gradients go; what was not packed as it is."""
        result = []
        for i, array in enumerate(self.arrays):
            if i not in self.packed:
                result.append(array)
                continue
            packed, edge = self.packed[i]
            with no_grad():
                tensor = self.unpack(packed)
            if not isinstance(tensor, Tensor):
                raise TypeError(f"Output of saved tensor unpack_hook expected to be a Tensor but got {type(tensor)}")
            tensor = wrap(tensor._array)
            source = self.sources[i]
            if source is not None:  # an output
                tensor._counter = source[1]
                tensor._grad_fn, tensor._output_nr, tensor._requires_grad = node, source[0], True
            elif edge is not None:
                alias = Unpacked()
                alias.edges = (edge,)
                alias.outputs = [(tensor._array.shape, tensor._array.dtype)]
                alias.stamp((tensor,))
                tensor._grad_fn, tensor._requires_grad = alias, True
            result.append(tensor)
        return result
