"""einsum: sums of products, written with a letter for every dimension.

An equation is carried out with operations that there are anyway: a repeated letter takes a diagonal, a letter that only
one operand has and the result lacks is summed at once, and two operands at a time become one by a batched matrix
product. All of these are recorded, so that first and second derivatives need nothing of their own.
"""

from __future__ import annotations

import math
from typing import Any

from ...tensor import Tensor
from ..checks import check_same_device, refuse, tensor_argument
from ..elementwise.arithmetic import mul
from ..reduction.reduction import sum
from ..shape.diagonals import Diagonal
from ..shape.shape import permute, reshape
from .matmul import matmul

__all__ = ["einsum"]

# A dimension's name: a letter, or for those under an ellipsis a number counted from the right (0 is the last).
Label = str | int
ELLIPSIS = "..."


def _subscripts(text: str, where: str, start: int) -> list[str]:
    """The letters, and "..." for an ellipsis, of one operand (or of the result); RuntimeError for anything else."""
    labels: list[str] = []
    i = 0
    while i < len(text):
        if text[i] == ".":
            if ELLIPSIS in labels:
                raise RuntimeError(f"einsum(): found '.' {where} for which an ellipsis was already found")
            if text[i : i + 3] != ELLIPSIS:
                raise RuntimeError(f"einsum(): found '.' {where} that is not part of any ellipsis")
            labels.append(ELLIPSIS)
            i += 3
            continue
        if not (text[i].isascii() and text[i].isalpha()):
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {start + i} in the equation string, subscripts must be in "
                "[a-zA-Z]"
            )
        labels.append(text[i])
        i += 1
    return labels


def _spell_out(subscripts: list[str], covered: int) -> list[Label]:
    """A list of letters with the ellipsis replaced by the `covered` dimensions that it stands for."""
    labels: list[Label] = []
    for label in subscripts:
        labels.extend(range(covered - 1, -1, -1) if label == ELLIPSIS else [label])
    return labels


def _parse(equation: str, operands: list[Any]) -> tuple[list[list[Label]], list[Label]]:
    """The labels of every operand and of the result."""
    equation = equation.replace(" ", "")
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        count = "fewer" if len(terms) > len(operands) else "more"
        raise RuntimeError(f"einsum(): {count} operands were provided than specified in the equation {equation!r}")
    inputs: list[list[Label]] = []
    widest = start = 0
    for i, (term, x) in enumerate(zip(terms, operands, strict=True)):
        subscripts = _subscripts(term, f"for operand {i}", start)
        start += len(term) + 1
        letters = [label for label in subscripts if label != ELLIPSIS]
        covered = x.ndim - len(letters)
        if covered < 0 or (covered and ELLIPSIS not in subscripts):
            given = "but" if ELLIPSIS in subscripts else "and no ellipsis was given;"
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(letters)}) does not match the number of "
                f"dimensions ({x.ndim}) for operand {i} {given} its shape is {list(x.shape)}"
            )
        widest = max(widest, covered)
        inputs.append(_spell_out(subscripts, covered))
    everything = [label for labels in inputs for label in labels]
    if not arrow:
        # Without "->": the ellipsis, then, in alphabetical order (capitals first), the letters that occur once.
        once = sorted(label for label in set(everything) if isinstance(label, str) and everything.count(label) == 1)
        return inputs, [*range(widest - 1, -1, -1), *once]
    subscripts = _subscripts(right, "for the output", len(left) + 2)
    for label in subscripts:
        if subscripts.count(label) > 1:
            raise RuntimeError(f"einsum(): output subscript {label} appears more than once in the output")
        if label != ELLIPSIS and label not in everything:
            raise RuntimeError(
                f"einsum(): output subscript {label} does not appear in the equation for any input operand"
            )
    return inputs, _spell_out(subscripts, widest)


def _take_diagonals(x: Any, labels: list[Label], operand: int) -> tuple[Any, list[Label]]:
    """`x` with every label once: two dimensions of one name become their diagonal."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            m, n = x.shape[first], x.shape[second]
            if m != n:
                raise RuntimeError(
                    f"einsum(): subscript {label} is repeated for operand {operand} but the sizes don't match, "
                    f"{n} != {m}"
                )
            x = Diagonal(0, first, second)(x)  # which puts the diagonal last
            labels = [*labels[:first], *labels[first + 1 : second], *labels[second + 1 :], label]
    return x, labels


def _sizes(operands: list[tuple[Any, list[Label]]]) -> dict[Label, int]:
    """The size of every label, 1 giving way to any other; RuntimeError where two sizes do not agree."""
    sizes: dict[Label, int] = {}
    for i, (x, labels) in enumerate(operands):
        for label, n in zip(labels, x.shape, strict=True):
            known = sizes.get(label, 1)
            if known != 1 and n not in (1, known):
                raise RuntimeError(
                    f"einsum(): subscript {label} has size {n} for operand {i} which does not broadcast with "
                    f"previously seen size {known}"
                )
            sizes[label] = n if known == 1 else known
    return sizes


def _drop(x: Any, labels: list[Label], gone: list[Label]) -> tuple[Any, list[Label]]:
    """`x` without the dimensions of size 1 in `gone`."""
    if not gone:
        return x, labels
    kept = [(label, n) for label, n in zip(labels, x.shape, strict=True) if label not in gone]
    return reshape(x, tuple(n for _, n in kept)), [label for label, _ in kept]


def _add_up(x: Any, labels: list[Label], needed: list[Label]) -> tuple[Any, list[Label]]:
    """`x` summed over the labels that nobody needs any more."""
    gone = tuple(d for d, label in enumerate(labels) if label not in needed)
    return (sum(x, gone), [label for label in labels if label in needed]) if gone else (x, labels)


def _contract(
    x: Any, ours: list[Label], y: Any, theirs: list[Label], needed: list[Label], sizes: dict[Label, int]
) -> tuple[Any, list[Label]]:
    """Two operands made one: Σ over the labels that both have and nobody else needs."""
    x, ours = _add_up(x, ours, [*theirs, *needed])
    y, theirs = _add_up(y, theirs, [*ours, *needed])
    shared = [label for label in ours if label in theirs]
    batch = [label for label in shared if label in needed]
    summed = [label for label in shared if label not in needed]
    rows = [label for label in ours if label not in theirs]
    columns = [label for label in theirs if label not in ours]

    def arranged(t: Any, labels: list[Label], order: list[Label], shape: tuple[int, ...]) -> Any:
        return reshape(permute(t, [labels.index(label) for label in order]), shape)

    def size(labels: list[Label]) -> int:
        return math.prod([sizes[label] for label in labels])

    b, n, k, m = size(batch), size(rows), size(summed), size(columns)
    if summed:
        left = arranged(x, ours, [*batch, *rows, *summed], (b, n, k))
        product = matmul(left, arranged(y, theirs, [*batch, *summed, *columns], (b, k, m)))
    else:
        product = mul(arranged(x, ours, [*batch, *rows], (b, n, 1)), arranged(y, theirs, [*batch, *columns], (b, 1, m)))
    labels = [*batch, *rows, *columns]
    return reshape(product, tuple(sizes[label] for label in labels)), labels


def _from_lists(args: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """The other way to call: every operand followed by a list of numbers, which become letters here."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    def spell(numbers: Any) -> str:
        return "".join(ELLIPSIS if n is Ellipsis else letters[n] for n in numbers)

    terms = ",".join(spell(numbers) for numbers in args[1::2])
    result = "->" + spell(args[-1]) if len(args) % 2 else ""
    return terms + result, list(args[0 : len(args) - len(args) % 2 : 2])


def einsum(*args: Any) -> Tensor:
    """``einsum(equation, *operands)``: sums of products by Einstein's convention.

    The equation names every dimension of every operand by a letter, "ij,jk->ik": dimensions of one name go together,
    and what is not named after "->" is summed. One letter twice in an operand takes the diagonal; "..." stands for any
    further dimensions, which broadcast; without "->" the result has the letters that occur once, in alphabetical order.
    Operands are multiplied from left to right.

    Shapes: operands with as many dimensions as their letters; the result has one for each letter after "->".
    Errors: RuntimeError for an equation that does not fit the operands, and for dtypes that differ; ValueError without
    operands; NotImplementedError for products of booleans; TypeError for an equation that is not a str, and operands
    that are not tensors.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.einsum.html

    >>> import minitorch as torch
    >>> a, b = torch.tensor([[1., 2.], [3., 4.]]), torch.tensor([[1., 0.], [1., 1.]])
    >>> torch.einsum("ij,jk->ik", a, b)
    tensor([[3., 2.],
            [7., 4.]])
    >>> torch.einsum("ii", a)
    tensor(5.)
    """
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
            "subscripts list"
        )
    equation, operands = _from_lists(args) if isinstance(args[0], Tensor) else (args[0], list(args[1:]))
    if not isinstance(equation, str):
        raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {type(equation).__name__}")
    if len(operands) == 1 and isinstance(operands[0], tuple | list):
        operands = list(operands[0])
    for i, x in enumerate(operands):
        tensor_argument("einsum", x, "operands", i + 2)
    check_same_device("einsum", *operands)
    inputs, output = _parse(equation, operands)
    pairs = [_take_diagonals(x, labels, i) for i, (x, labels) in enumerate(zip(operands, inputs, strict=True))]
    sizes = _sizes(pairs)
    if len(pairs) > 1:
        # A dimension of size 1 beside one of size n is the same number n times: it need not be there.
        pairs = [
            _drop(x, labels, [c for c, n in zip(labels, x.shape, strict=True) if n == 1 != sizes[c]])
            for x, labels in pairs
        ]
    (x, labels), *rest = pairs
    while rest:
        (y, theirs), *rest = rest
        needed = [*output, *(label for _, more in rest for label in more)]
        if any(label in theirs and label not in needed for label in labels):
            _check_numbers(x, y)
        x, labels = _contract(x, labels, y, theirs, needed, sizes)
    x, labels = _add_up(x, labels, output)
    return permute(x, [labels.index(label) for label in output])


def _check_numbers(x: Any, y: Any) -> None:
    refuse("bmm", x, "b")
    if x.dtype != y.dtype:
        raise RuntimeError(f"expected scalar type {x.dtype.type_name} but found {y.dtype.type_name} (einsum)")
