"""Errors that name the layer they came from.

``mat1 and mat2 shapes cannot be multiplied (4x256 and 400x120)`` is true and says nothing about where. On its way up
an exception passes the `Module.__call__` of every module it leaves, the innermost first; each adds its own name, so
that at the top the path is complete. Nothing is recorded while all goes well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...tensor import Tensor

if TYPE_CHECKING:
    from .module import Module

# Rewriting the message is safe for these: str() of them is their one argument.
_PLAIN = (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError, AssertionError)
_ATTRIBUTE = "_minitorch_layer"


class Blame:
    """What is known about an exception's place: the module it arose in, and the modules it has left since."""

    def __init__(self, error: Exception, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        plain = type(error) in _PLAIN and len(error.args) == 1 and isinstance(error.args[0], str)
        self.text: str | None = error.args[0] if plain else None
        self.innermost: Module = module
        self.outermost: Module = module
        self.path: str = ""  # from the outermost module seen so far to the innermost
        self.note: str = ""
        self.inputs: str = _describe_inputs(args, kwargs)
        self.advice: str = module._explain_failure(*args, **kwargs) or _explain_mix(module, args)

    def __reduce__(self) -> Any:  # an exception sent to another process leaves its modules behind
        return type(None), ()

    def extend(self, outer: Module) -> None:
        """The exception has now left `outer`, too."""
        name = next((name for name, m in outer.named_modules() if m is self.outermost), None)
        if name is None:  # called by `outer`, but not registered in it
            self.path = f" → {_full(self.outermost, self.path)}"
        elif name:
            self.path = f".{name}{self.path}"
        self.outermost = outer

    def write(self, error: Exception) -> None:
        """Put what is known by now into the message and the note."""
        where = _full(self.outermost, self.path)
        if self.text is not None:
            error.args = (f"{self.text} [in {where}]",)
        shown = "" if self.innermost._modules else repr(self.innermost)  # a container's repr is long
        if shown and where != self.innermost._get_name():
            shown = f"{where} ({shown})"
        note = f"in {shown or where}{self.inputs}"
        if self.advice:
            note += f": {self.advice}"
        notes = getattr(error, "__notes__", [])
        if self.note in notes:
            notes[notes.index(self.note)] = note
        else:
            error.add_note(note)
        self.note = note


def _full(module: Module, path: str) -> str:
    return module._get_name() + path


def blame(error: Exception, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Note on `error` that it came out of `module`, called with `args` and `kwargs`."""
    if isinstance(error, RecursionError | MemoryError):
        return  # no room left to do anything
    record = error.__dict__.get(_ATTRIBUTE)
    try:
        if record is None:
            record = Blame(error, module, args, kwargs)
            setattr(error, _ATTRIBUTE, record)
        else:
            record.extend(module)
        record.write(error)
    except Exception as failure:  # a user's __repr__ may fail; the first error is the one to show
        error.add_note(f"(the layer could not be described: {failure})")


def _describe_inputs(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    tensors = [x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
    if not tensors:
        return ""
    shapes = ", ".join(str(list(t.shape)) for t in tensors)
    return f", input of shape {shapes}" if len(tensors) == 1 else f", inputs of shapes {shapes}"


def _explain_mix(module: Module, args: tuple[Any, ...]) -> str:
    """Advice for what can go wrong in any layer with weights: another dtype, another device."""
    weight = next((p for p in module._parameters.values() if p is not None), None)
    x = next((x for x in args if isinstance(x, Tensor)), None)
    if weight is None or x is None:
        return ""
    if x.device != weight.device:
        return (
            f"the layer's weights are on {weight.device}, the input on {x.device}; "
            f"move one of them, for instance input.to('{weight.device}')"
        )
    if x.dtype is not weight.dtype:
        return (
            f"the layer's weights are {weight.dtype}, the input {x.dtype}; "
            f"convert one of them, for instance input.to({weight.dtype})"
        )
    return ""
