"""CuPy's ElementwiseKernel and RawKernel for the stand-in of foreign.py, compiled for the CPU by the system's C++ compiler.

So the kernels of minitorch/gpu_kernels.py are compiled and computed with where there is no GPU, and what they make is
held against NumPy's like everything on the stand-in. What CUDA's own compiler and a thousand threads make of them only a
card shows. Without a C++ compiler the stand-in has neither, and the operations take CuPy's plain calls.

In ElementwiseKernel, a `raw` array is one that the formula indexes itself; all others are broadcast, and the formula computes element `i`.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from foreign_capture import noted

TYPES = {"int8": "signed char", "int32": "int", "int64": "long long", "bool": "bool", "float32": "float",
         "float64": "double", "uint8": "unsigned char"}  # fmt: skip
COMPILER = shutil.which("g++") or shutil.which("clang++")
FLAGS = ["-O0", "-fPIC", "-shared", "-w", "-ffp-contract=off"]


@functools.cache
def folder() -> Path:
    """Where the compiled formulas lie, from one run of the tests to the next."""
    place = Path(tempfile.gettempdir()) / f"minitorch-kernels-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


@functools.cache
def built(source: str) -> Any:
    """The compiled function `run` of a source."""
    path = folder() / f"{hashlib.sha256(source.encode()).hexdigest()[:32]}.so"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=folder()) as work:
            code, library = Path(work) / "kernel.cpp", Path(work) / "kernel.so"
            code.write_text(source)
            done = subprocess.run([COMPILER, *FLAGS, "-o", library, code], capture_output=True, text=True)
            assert done.returncode == 0, f"{done.stderr}\n{source}"
            library.replace(path)
    return ctypes.CDLL(str(path)).run


class Parameter:
    """One parameter as it is declared: "raw T x"."""

    def __init__(self, declared: str) -> None:
        *raw, self.type, self.name = declared.split()
        self.is_raw = raw == ["raw"]


class ElementwiseKernel:
    """cupy.ElementwiseKernel, as far as it is used."""

    wrap: Any = None  # foreign.ForeignArray, and what takes the array out of one: set by foreign.py
    unwrap: Any = None

    def __init__(self, in_params: str, out_params: str, operation: str, name: str = "kernel", preamble: str = "") -> None:
        self.inputs = [Parameter(text) for text in in_params.split(",")]
        self.outputs = [Parameter(text) for text in out_params.split(",")]
        self.operation, self.preamble = operation, preamble

    @noted
    def __call__(self, *args: Any, size: int | None = None) -> Any:
        parameters = [*self.inputs, *self.outputs]
        if len(args) not in (len(self.inputs), len(parameters)):
            raise TypeError(f"Wrong number of arguments: {len(args)}")
        values = [self.unwrap(value) for value in args]
        is_array = [isinstance(value, np.ndarray) for value in values]
        types: dict[str, np.dtype] = {}
        for parameter, value, found in zip(parameters, values, is_array, strict=False):
            if parameter.type in TYPES or not found:
                continue
            if types.setdefault(parameter.type, value.dtype) != value.dtype:
                raise TypeError(f"Type is mismatched. {parameter.name} {value.dtype} {types[parameter.type]}")

        def dtype_of(parameter: Parameter) -> np.dtype:
            return np.dtype(parameter.type) if parameter.type in TYPES else types[parameter.type]

        loose = [v for p, v in zip(parameters, values, strict=False) if not p.is_raw]
        shape = np.broadcast_shapes(*(np.shape(v) for v in loose))
        if size is None:
            if all(p.is_raw for p, found in zip(parameters, is_array, strict=False) if found):
                raise ValueError("Loop size is undecided.")
            size = int(np.prod(shape))
        elif shape == ():
            shape = (size,)
        if len(values) == len(self.inputs):
            values += [np.empty(shape, dtype_of(parameter)) for parameter in self.outputs]
        pointers, kept, written = [], [], []
        for k, (parameter, value) in enumerate(zip(parameters, values, strict=True)):
            is_output = k >= len(self.inputs)
            if parameter.is_raw:
                assert value.flags.c_contiguous, f"{parameter.name} is read in C order, but lies otherwise"
                array = value
            else:
                if is_output and np.shape(value) != shape:
                    raise ValueError("Out shape is mismatched")
                # A number is cast as C++ casts it; an array must fit.
                array = np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype_of(parameter)), shape))
                if is_output and not np.shares_memory(array, value):
                    written.append((value, array))
            if array.dtype != dtype_of(parameter):
                raise TypeError(f"Type is mismatched. {parameter.name} {array.dtype} {parameter.type}")
            kept.append(array)
            pointers.append(ctypes.c_void_p(array.ctypes.data))
        built(self.source(types))(ctypes.c_longlong(size), *pointers)
        for value, array in written:
            value[...] = array
        results = args[len(self.inputs) :] or [self.wrap(value) for value in values[len(self.inputs) :]]
        return results[0] if len(results) == 1 else tuple(results)

    def source(self, types: dict[str, np.dtype]) -> str:
        """C++: a loop over the elements with the formula in it."""
        names = "".join(f"typedef {TYPES[dtype.name]} {name};\n" for name, dtype in sorted(types.items()))
        arguments, locals_ = "", ""
        for k, parameter in enumerate([*self.inputs, *self.outputs]):
            kind = TYPES.get(parameter.type, parameter.type)
            arguments += f", {kind}* {parameter.name if parameter.is_raw else '_' + parameter.name}"
            if not parameter.is_raw:
                constant = "const " if k < len(self.inputs) else ""
                locals_ += f"{constant}{kind}& {parameter.name} = _{parameter.name}[i];\n"
        return (
            f"#include <cmath>\nusing namespace std;\n{self.preamble}\n{names}"
            f'extern "C" void run(long long size_{arguments}) {{\nfor (long long i = 0; i < size_; ++i) {{\n{locals_}'
            f"{self.operation};\n}}}}\n"
        )


# What a thread knows about itself: here the only one there is, which is all of them in turn.
CUDA = """
#include <cmath>
using namespace std;
#define __global__
#define __restrict__
struct Place { unsigned int x; };
static Place blockIdx, blockDim, threadIdx;
"""


class RawKernel:
    """cupy.RawKernel, as far as it is used: arguments are arrays in C order, ints for long long, floats for double."""

    def __init__(self, code: str, name: str) -> None:
        self.code, self.name = code, name
        found = re.search(rf"__global__ void {name}\((.*?)\)", code, re.DOTALL)
        assert found, "the function is in the code by its name"
        # Of each parameter whether it is a pointer, and its type.
        self.parameters = [("*" in text, text.rsplit(None, 1)[0].replace("const", "").strip(" *")) for text in found[1].split(",")]

    @noted
    def __call__(self, grid: tuple[int, ...], block: tuple[int, ...], args: tuple[Any, ...]) -> None:
        if len(args) != len(self.parameters):
            raise TypeError(f"{self.name}: {len(args)} arguments for {len(self.parameters)} parameters")
        given: list[Any] = []
        for (is_pointer, declared), value in zip(self.parameters, map(ElementwiseKernel.unwrap, args), strict=True):
            if isinstance(value, np.ndarray):
                # A card would take the address and read whatever lies there.
                assert is_pointer and value.flags.c_contiguous and value.dtype == self.dtype(declared), (declared, value.dtype)
                given.append(ctypes.c_void_p(value.ctypes.data))
            elif is_pointer:
                assert value == 0, "a number is no address"
                given.append(ctypes.c_void_p(0))
            else:
                kind = {int: "long long", float: "double"}[type(value)]
                assert kind == declared, f"{kind} given for {declared}"
                given.append((ctypes.c_longlong if kind == "long long" else ctypes.c_double)(value))
        (blocks,), (threads,) = grid, block
        built(self.source())(ctypes.c_longlong(blocks), ctypes.c_longlong(threads), *given)

    def dtype(self, declared: str) -> np.dtype:
        """The dtype of a type that is written in the code."""
        typedef = re.search(rf"typedef ([\w ]+) {declared};", self.code)
        name = typedef[1] if typedef else declared
        return np.dtype(next(dtype for dtype, spelled in TYPES.items() if spelled == name))

    def source(self) -> str:
        """C++: the code, and a loop over its blocks and threads."""
        code = self.code.replace('extern "C" ', "static ")
        declared = re.search(rf"__global__ void {self.name}\((.*?)\)", self.code, re.DOTALL)
        assert declared
        names = ", ".join(text.split()[-1].strip("*") for text in declared[1].split(","))
        return (
            f'{CUDA}{code}\nextern "C" void run(long long blocks_, long long threads_, {declared[1]}) {{\n'
            "blockDim.x = threads_;\nfor (blockIdx.x = 0; blockIdx.x < blocks_; ++blockIdx.x)\n"
            f"for (threadIdx.x = 0; threadIdx.x < threads_; ++threadIdx.x) {self.name}({names});\n}}\n"
        )
