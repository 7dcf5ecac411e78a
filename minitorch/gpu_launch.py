"""How a kernel of our own gets onto a GPU: compiled when it is first used, then launched.

On a GPU a small operation costs the host's time to launch it. CuPy's ElementwiseKernel takes 9 to 25 µs for that, and
more if it makes the result: it finds out each time what broadcasts with what. Where all arrays lie in C order, there is
nothing to find out, and a launch takes 6 µs. So there are two ways:

- `Broadcasting`: arrays of any layout, which broadcast; CuPy's ElementwiseKernel.
- `Threads`: arrays in C order, which the formula indexes itself; one thread for each i below a number of threads.
  `WindowThreads` are those that go over windows.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from . import device

BLOCK = 128  # threads of a block
TYPES = {"f": "float", "d": "double"}


class Kernel:
    """One formula in C++, compiled for what it is called with."""

    name: str
    formula: str

    def __init__(self, name: str, formula: str) -> None:
        self.name, self.formula = f"minitorch_{name}", formula


class Broadcasting(Kernel):
    """A formula for one element of the result: parameters as CuPy's ElementwiseKernel writes them."""

    inputs: str
    outputs: str

    def __init__(self, name: str, inputs: str, outputs: str, formula: str) -> None:
        super().__init__(name, formula)
        self.inputs, self.outputs = inputs, outputs

    @cached_property
    def compiled(self) -> Any:
        return device.cupy().ElementwiseKernel(self.inputs, self.outputs, self.formula, self.name)

    def __call__(self, *args: Any) -> Any:
        return self.compiled(*args)


class Threads(Kernel):
    """What thread i does. Parameters are C++'s: pointers to arrays in C order; numbers are `double` or `long long`.

    `T` is the type of the first of the arrays whose types are given, `S` that of the second; `Index` is 32 bits wide
    unless an array is larger than that, which makes divisions cheap.
    """

    parameters: str
    known: dict[Any, Any]
    constants: tuple[str, ...] = ()  # names of numbers that the compiler knows
    beginning: str = ""  # lines before the formula

    def __init__(self, name: str, parameters: str, formula: str) -> None:
        super().__init__(name, formula)
        self.parameters, self.known = parameters, {}

    def __call__(self, threads: int, types: str, *args: Any, largest: int = 0, numbers: tuple[int, ...] = ()) -> None:
        """Run it with so many threads; `types` has the letters of T and S, `largest` is the size of the largest array.

        `numbers` are the values of `constants`.
        """
        if not threads:
            return
        key = types, numbers, max(threads, largest) >= 1 << 31
        compiled = self.known.get(key)
        if compiled is None:
            compiled = self.known[key] = device.cupy().RawKernel(self.source(*key), self.name)
        compiled((-(-threads // BLOCK),), (BLOCK,), (*args, threads))

    def source(self, types: str, numbers: tuple[int, ...], is_large: bool) -> str:
        """The whole program."""
        names = "".join(f"typedef {TYPES[letter]} {name};\n" for name, letter in zip("TS", types, strict=False))
        known = "".join(f"enum {{ {name} = {number} }};\n" for name, number in zip(self.constants, numbers, strict=True))
        return (
            f"{names}typedef unsigned {'long long' if is_large else 'int'} Index;\n{known}"
            f'extern "C" __global__ void {self.name}({self.parameters}, long long threads) {{\n'
            "const Index i = (Index)blockIdx.x * blockDim.x + threadIdx.x;\n"
            f"if (i >= threads) return;\n{self.beginning}{self.formula}}}\n"
        )


class WindowThreads(Threads):
    """One that goes over windows: compiled for each kernel size, stride and dilation.

    So the compiler unrolls the loops, and divides by numbers that it knows. It took a step of convolutions on 1,024
    images from 26.0 to 19.7 ms.
    """

    constants = ("KH", "KW", "SH", "SW", "DH", "DW")
    geometry = ("H", "W", "OH", "OW", "top", "left")
    beginning = f"const int {', '.join(f'{name} = (int){name}_' for name in geometry)};\n"

    def __init__(self, name: str, parameters: str, formula: str) -> None:
        declared = ", ".join(f"long long {name}_" for name in self.geometry)
        super().__init__(name, f"{parameters}, T* out, {declared}", formula)

    def over(
        self, windows: Any, image: tuple[int, int], size: tuple[int, int], out: Any, *arrays: Any, threads: int = 0
    ) -> Any:
        """Compute `out` for windows over images (H, W) that gave `size` (OH, OW), with so many threads or one an element.

        T is the type of `out` and of the first array, S that of the second.
        """
        types, largest = out.dtype.char, out.size
        for array in arrays:
            largest = max(largest, array.size)
        if len(arrays) > 1:
            types += arrays[1].dtype.char
        self(
            threads or out.size, types, *arrays, out, *image, *size, windows.padding[0], windows.padding[2],
            largest=largest, numbers=(*windows.kernel, *windows.stride, *windows.dilation),
        )  # fmt: skip
        return out
