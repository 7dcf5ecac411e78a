"""Putting a mutant into a process that has imported the package already."""

from __future__ import annotations

import ast
import gc
import types
import warnings
from collections import Counter, defaultdict
from typing import Any

from .making import ROOT, Mutant, functions_of

Key = tuple[str, int]  # a code object's qualified name, and which of the file's code objects of that name it is


def code_objects(top: types.CodeType) -> dict[Key, types.CodeType]:
    found: dict[Key, types.CodeType] = {}
    count: Counter[str] = Counter()

    def walk(code: types.CodeType) -> None:
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                found[inner.co_qualname, count[inner.co_qualname]] = inner
                count[inner.co_qualname] += 1
                walk(inner)

    walk(top)
    return found


def essence(code: types.CodeType) -> Any:
    """What a code object does, without the lines it stands in."""
    constants = [essence(c) if isinstance(c, types.CodeType) else (type(c).__name__, repr(c)) for c in code.co_consts]
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars


def compiled(source: str, path: str) -> types.CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `is` beside a number, say
        return compile(source, path, "exec", dont_inherit=True)


def exchange(mutant: Mutant, living: dict[tuple[str, str, int], list[types.FunctionType]]) -> None:
    """Put the mutant into this process."""
    path = str(ROOT / mutant.file)
    source = (ROOT / mutant.file).read_text()
    before, after = (code_objects(compiled(text, path)) for text in (source, mutant.source))
    changed = 0
    for key, old in before.items():
        new = after.get(key)
        if new is not None and essence(new) != essence(old):
            for function in living.get((path, old.co_qualname, old.co_firstlineno), ()):
                function.__code__ = new
                changed += 1
    if changed:
        return
    # A default: evaluated where the function is defined. So define it once more, and take the defaults from that.
    name, new_node = next(f for f in functions_of(ast.parse(mutant.source)) if f[0] == mutant.function)
    old_node = next(node for name, node in functions_of(ast.parse(source)) if name == mutant.function)
    first = min([old_node.lineno, *(d.lineno for d in old_node.decorator_list)])
    new_node.decorator_list = []
    for function in living.get((path, mutant.function, first), ()):
        room = dict(function.__globals__)
        exec(compile(ast.Module([new_node], []), path, "exec", dont_inherit=True), room)
        twin = room[new_node.name]
        if (twin.__defaults__, twin.__kwdefaults__) != (function.__defaults__, function.__kwdefaults__):
            function.__defaults__, function.__kwdefaults__ = twin.__defaults__, twin.__kwdefaults__
            changed += 1
    if not changed:
        raise LookupError("nothing to exchange")


def living_functions() -> dict[tuple[str, str, int], list[types.FunctionType]]:
    found: dict[tuple[str, str, int], list[types.FunctionType]] = defaultdict(list)
    for thing in gc.get_objects():
        if type(thing) is types.FunctionType and thing.__code__.co_filename.startswith(str(ROOT / "minitorch")):
            code = thing.__code__
            found[code.co_filename, code.co_qualname, code.co_firstlineno].append(thing)
    return found
