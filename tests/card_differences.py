"""Where PyTorch on a card differs from itself on the CPU, or an older PyTorch from the one this project follows.

test_cuda_ops.py holds every op on a card against PyTorch there and against minitorch on the CPU. A row here takes one of
the two comparisons away from certain samples, for the reason that it gives; the other one remains.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from minitorch.testing.optable import Entry
from minitorch.testing.optable.core import ALL, FLOATS, Sample

VALUE, GRADIENT, SECOND = "value", "gradient", "second gradient"


@dataclass(frozen=True)
class Difference:
    """Samples (as the tests print them; none: all) of entries, and what is not compared for them."""

    entries: tuple[str, ...]
    samples: tuple[str, ...]
    because: str
    kinds: tuple[str, ...] = (VALUE,)
    dtypes: tuple[str, ...] = FLOATS
    against: str = "torch"  # the comparison that falls away; "home": with minitorch on the CPU
    before: tuple[int, int] | None = None  # the PyTorch in which it is gone

    def holds(self, entry: Entry, sample: Sample, dtype: str, kind: str, version: tuple[int, ...]) -> bool:
        return (
            entry.name in self.entries
            and (not self.samples or repr(sample) in self.samples)
            and dtype in self.dtypes
            and kind in self.kinds
            and (self.before is None or version < self.before)
        )


F = "nn.functional."
DIFFERENCES = [
    Difference(
        (F + "hardswish", F + "hardswish inplace", F + "hardsigmoid values"),
        (),
        "PyTorch's CUDA kernels multiply by 1/6 rounded to float32, in float64, too: off by 3·10⁻⁸ of the value",
        dtypes=("float64",),
    ),
    Difference(
        ("aminmax",),
        ("(<[3, 4]>, keepdim=True)",),
        "PyTorch's CUDA kernel for the whole tensor drops the dimensions that keepdim is to keep",
        dtypes=ALL,
    ),
    Difference(
        ("linalg.lstsq",),
        (
            "(<[4, 2]>, <[4, 3]>)",
            "(<[3, 3]>, <[3, 2]>)",
            "(<[2, 4]>, <[2, 3]>)",
            "(<[4, 2]>, <[4]>)",
            "(<[2, 4, 2]>, <[2, 4, 3]>)",
            "(<[2, 4, 2]>, <[2, 4]>)",
            "(<[4, 2]>, <[4, 3]>, 0.01)",
        ),
        'the default driver is "gels" on a card, which gives sums of squares, and "gelsy" on the CPU, which gives a rank',
        against="home",
    ),
    Difference(
        ("var", "std", "var_mean", "std_mean"),
        ("(<[3]>)",),
        "10,001, 10,002 and 10,004: PyTorch's CUDA kernel for means multiplies the sum by a rounded 1/3 where others divide "
        "by 3; that is 10002.334 instead of 10002.333, one unit in the last place, and 7·10⁻⁴ of the deviations",
        kinds=(GRADIENT,),
    ),
    Difference(
        ("quantile", "nanquantile"),
        ("(<[2, 2]>, 0.5, 1)",),
        "which of two nan in a row gets the gradient depends on the order of equals, which PyTorch's sort on a card does "
        "not keep; ours, stable there, too, gives it to the one that the CPU gives it to",
        kinds=(GRADIENT, SECOND),
    ),
    Difference(
        ("frexp",),
        ("(<[5]>)",),
        "PyTorch takes 2 to the exponent in float32 for float64, too, where 2⁻¹²⁷ is subnormal and CUDA's exp2 off by 2·10⁻⁷",
        kinds=(GRADIENT,),
        dtypes=("float64",),
    ),
    *(
        Difference(
            (F + name,),
            (f"(<{shape}>, inf, 2)", f"(<{shape}>, -inf, 2)"),
            "before, PyTorch took the formula with powers for infinite norms, too, which gives 1 everywhere",
            kinds=(VALUE, GRADIENT, SECOND),
            before=(2, 13),
        )
        for name, shape in (("lp_pool1d", [2, 3, 7]), ("lp_pool2d", [1, 2, 5, 6]), ("lp_pool3d", [1, 2, 3, 2, 4]))
    ),
    Difference(
        ("trace",),
        ("(<[4, 2]>)",),
        "before, PyTorch's gradient of a tall matrix went on below the diagonal, in every (columns + 1)-th place",
        kinds=(GRADIENT, SECOND),
        before=(2, 13),
    ),
    Difference(
        ("det", "linalg.det"),
        ("(<[0, 0]>)", "(<[0, 2, 2]>)", "(<[2, 0, 0]>)"),
        "before, PyTorch gave no gradient for matrices without elements, where it now gives an empty one",
        kinds=(GRADIENT,),
        before=(2, 13),
    ),
]


def version_of(text: str) -> tuple[int, ...]:
    """(2, 13) for "2.13.0+cpu"."""
    return tuple(int(part) for part in text.split(".")[:2])


def left_out(entry: Entry, sample: Sample, dtype: str, kind: str, device: str) -> set[str]:
    """The comparisons that fall away on a device: none, "torch", "home"."""
    if device == "cpu":
        return set()
    version = version_of(torch.__version__)
    return {known.against for known in DIFFERENCES if known.holds(entry, sample, dtype, kind, version)}
