"""Typical scripts of people who learn PyTorch, in tests/learners: both engines must print the same.

The scripts `import torch` and know nothing of minitorch. Everything they print is compared: words to the letter,
numbers but for rounding.
"""

import contextlib
import math
import random
import re
from pathlib import Path

import pytest
import sklearn.datasets  # noqa: F401  (here, so that no script is the first to import it, inside `as_torch`)
import sklearn.model_selection
import sklearn.preprocessing  # noqa: F401
import torch

import minitorch
from minitorch.as_torch import as_torch, run_script

FOLDER = Path(__file__).parent / "learners"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py"))

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)")
# Training multiplies the last bits of float32 by a few hundred in these short runs: up to 1e-4. The last digit printed
# may be rounded the other way, too.
RELATIVE = 1e-3


def printed(path, engine, capsys):
    precision = engine.get_float32_matmul_precision()
    try:
        with as_torch() if engine is minitorch else contextlib.nullcontext():
            random.seed(0)
            engine.manual_seed(0)
            run_script(str(path))
    finally:
        engine.set_float32_matmul_precision(precision)  # which a script may have set for itself
    return capsys.readouterr().out


def unit(number):
    """One unit in the last place of a number as printed."""
    digits, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))


def differences(ours, theirs):
    """What differs in two texts, as lines; none if they say the same."""
    ours, theirs = ours.splitlines(), theirs.splitlines()
    found = [] if len(ours) == len(theirs) else [f"{len(ours)} lines, PyTorch {len(theirs)}"]
    for k, (mine, its) in enumerate(zip(ours, theirs, strict=False)):
        same = " ".join(NUMBER.sub("#", mine).split()) == " ".join(NUMBER.sub("#", its).split())
        pairs = zip(NUMBER.findall(mine), NUMBER.findall(its), strict=False)
        if not same or not all(close(a, b) for a, b in pairs):
            found.append(f"line {k + 1}:\n  minitorch {mine}\n  PyTorch   {its}")
    return found


def close(a, b):
    if a == b:
        return True
    whole = not (set(a) | set(b)) & set(".ein")  # counts and labels
    allowed = max(unit(a), unit(b)) * 1.01
    return not whole and math.isclose(float(a), float(b), rel_tol=RELATIVE, abs_tol=allowed)


@pytest.mark.parametrize("name", SCRIPTS)
def test_both_engines_print_the_same(name, capsys):
    path = FOLDER / f"{name}.py"
    theirs, ours = printed(path, torch, capsys), printed(path, minitorch, capsys)
    assert len(NUMBER.findall(theirs)) >= 10, "the script prints too little to be compared"
    assert not (found := differences(ours, theirs)), "\n".join(found)


def test_there_are_scripts():
    assert len(SCRIPTS) >= 40


@pytest.mark.parametrize(
    "ours, theirs, same",
    [
        ("loss 0.1234", "loss 0.1235", True),
        ("loss 0.1234", "loss 0.1246", False),
        ("loss 123.4", "loss 123.5", True),
        ("12 of 20", "13 of 20", False),
        ("tensor([1.0000, 2.])", "tensor([1.0001, 2.])", True),
        ("tensor([1., 2.])", "tensor([[1., 2.]])", False),
        ("1.5e-03", "1.6e-03", True),
        ("1.465e-03", "1.465e-04", False),
        ("nan", "0.1", False),
        ("-0.5", "0.5", False),
        ("a\nb", "a", False),
        ("MSELoss", "L1Loss", False),
    ],
)
def test_the_comparison_itself(ours, theirs, same):
    assert (not differences(ours, theirs)) == same
