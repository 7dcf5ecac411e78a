"""Combining values at places that may be named several times: ``target[index] += values``, every repetition counted.

NumPy has ``ufunc.at`` for all of it. CuPy has it where a GPU's atomic instructions can do it, which is for sums of
floating numbers and of integers of 32 bits. Elsewhere repetitions are combined first: sorted by place they lie side by
side, and a scan over the runs of equal places, with strides 1, 2, 4, …, leaves at the end of each run what the whole run
comes to. Nothing there depends on values on the host's side, and the order of combining is always the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...device import array_module

ATOMIC_SUMS = ("float16", "float32", "float64", "int32", "uint32", "uint64")  # those of cupy.add.at


def combine_at(ufunc: str, target: Any, index: Any, values: Any) -> None:
    """``ufunc(target, values)`` at ``target[index]``, in place, once for each time that a place is named.

    `target` is 1-d, `ufunc` is "add", "multiply", "maximum" or "minimum", places count from the front.
    """
    xp = array_module(target)
    combine = getattr(xp, ufunc)
    if xp is np:
        combine.at(target, index, values)
    elif ufunc == "add" and target.dtype.name in ATOMIC_SUMS:
        combine.at(target, index, values)
    elif ufunc == "add" and target.dtype == np.int64:  # the same bits, added modulo 2⁶⁴
        combine.at(target.view(np.uint64), index, xp.ascontiguousarray(values).view(np.uint64))
    elif index.size:
        _combine_sorted(xp, combine, target, index, values)


def _combine_sorted(xp: Any, combine: Any, target: Any, index: Any, values: Any) -> None:
    order = xp.argsort(index)  # a stable one, in CuPy
    place, total = index[order], values[order]
    step = 1
    while step < len(place):
        is_same = place[step:] == place[:-step]
        total = xp.concatenate([total[:step], xp.where(is_same, combine(total[:-step], total[step:]), total[step:])])
        step *= 2
    is_last = xp.concatenate([place[1:] != place[:-1], xp.ones(1, dtype=bool)])
    room = xp.concatenate([target, target[:1]])  # the last element takes what is not at the end of a run
    room[xp.where(is_last, place, len(target))] = combine(target[place], total)
    target[...] = room[:-1]
