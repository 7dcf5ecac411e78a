"""What tensors are called: the names of a module's parameters, of a dict's tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..autograd.node import Node
from ..nn.modules.module import Module
from ..tensor import Tensor

# Where a value lives: output number `int` of a node, or a tensor that no recorded operation made.
Place = tuple[Node, int] | Tensor


def place_of(t: Tensor) -> Place | None:
    """The place of a tensor in the graph; None for a view whose history is not defined."""
    try:
        node = t.grad_fn
    except RuntimeError:
        return None
    return t if node is None else (node, t._output_nr)


class Names:
    """The names that the user gave, and the tensors they belong to.

    `names` is a module (its parameters and buffers get their paths, such as ``conv1.weight``), or a dict from names to
    tensors and modules. Other values are passed over, and so are names with an underscore in front, so that
    ``locals()`` will do. Of several names for one tensor the first counts.
    """

    def __init__(self, names: Module | Mapping[str, Any] | None) -> None:
        self.name: dict[Place, str] = {}
        self.tensor: dict[Place, Tensor] = {}
        if names is None:
            return
        if not isinstance(names, (Module, Mapping)):
            raise TypeError(f"names must be a module or a dict of tensors and modules, not {type(names).__name__}")
        for name, t in _of_module(names, "") if isinstance(names, Module) else _of_mapping(names):
            place = place_of(t)
            if place is not None and place not in self.name:
                self.name[place] = name
                self.tensor[place] = t

    def __getitem__(self, place: Place) -> str:
        return self.name.get(place, "")


def _of_module(module: Module, prefix: str) -> Iterator[tuple[str, Tensor]]:
    yield from module.named_parameters(prefix=prefix)
    yield from module.named_buffers(prefix=prefix)


def _of_mapping(names: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    for name, value in names.items():
        if not isinstance(name, str):
            raise TypeError(f"names: the keys must be strings, not {type(name).__name__}")
        if name.startswith("_"):
            continue
        if isinstance(value, Tensor):
            yield name, value
        elif isinstance(value, Module):
            yield from _of_module(value, name)
