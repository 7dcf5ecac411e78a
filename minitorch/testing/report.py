"""What a gradient check found, as data and as text. Its HTML is in report_html.py."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .diagnosis import Diagnosis, place_text


@dataclass(frozen=True)
class InputReport:
    """One input or parameter: both gradients where they differ most, and what is wrong with it, if anything is.

    Errors: none of its own.

    Source: this project's own.

    >>> import minitorch as torch
    >>> x, = torch.testing.check_gradient(torch.exp, torch.zeros(2, 3, dtype=torch.float64)).inputs
    >>> x.name, x.shape, x.checked, x.verdict, x.uncertainty < 1e-6
    ('input', (2, 3), 6, 'ok', True)
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    is_parameter: bool
    total: int  # elements
    checked: int  # elements that were measured; directions come on top where that is not all of them
    wrong: int
    kinks: int  # elements where left and right slopes differ, and backward gives a value between them
    unsettled: int  # elements where small steps show no slope: a jump, an infinity, the edge of the domain
    worst: tuple[int, ...] | None  # where the two gradients differ most, beyond what is allowed
    analytic: float  # there, from backward
    numeric: float  # there, from small steps
    uncertainty: float  # of `numeric`
    slopes: tuple[float, float] | None  # to the left and to the right, if there is a kink there
    diagnosis: Diagnosis | None
    rounding: float = 0.0  # slopes below this are rounding errors
    analytic_gradient: np.ndarray | None = field(repr=False, default=None)
    numeric_gradient: np.ndarray | None = field(repr=False, default=None)  # nan where it was not measured
    wrong_elements: np.ndarray | None = field(repr=False, default=None)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.diagnosis is None

    @property
    def absolute_error(self) -> float:
        """|analytic − numeric| at the worst element."""
        return abs(self.analytic - self.numeric)

    @property
    def relative_error(self) -> float:
        """The absolute error divided by |numeric|; 0 where both are 0."""
        if self.absolute_error == 0:
            return 0.0
        return self.absolute_error / abs(self.numeric) if self.numeric else float("inf")

    @property
    def share_wrong(self) -> float:
        """The part of the checked elements that is wrong."""
        return self.wrong / self.checked if self.checked else 0.0

    @property
    def verdict(self) -> str:
        """``ok``, ``ok, 2 at kinks``, ``WRONG 9/9``."""
        if not self.ok:
            return f"WRONG {self.wrong}/{self.checked}" if self.wrong else "WRONG"
        remarks = [f"{self.kinks} at a kink"] if self.kinks else []
        remarks += [f"{self.unsettled} without a slope"] if self.unsettled else []
        return ", ".join(["ok", *remarks])

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the table; at a kink the slopes to the left and right stand in the place of the numeric value."""
        counted = f"{self.checked}" if self.checked == self.total else f"{self.checked} of {self.total}"
        start = (self.name, str(list(self.shape)), self.dtype, counted, self.verdict)
        if self.worst is None:
            return (*start, "–", "–", "–", "–")
        return (
            *start,
            place_text(self.worst),
            f"{self.analytic:.6g}",
            "{:.6g} | {:.6g}".format(*self.slopes) if self.slopes else f"{self.numeric:.6g} ± {self.uncertainty:.0e}",
            f"{self.absolute_error:.1e} ({self.relative_error:.1e})",
        )


HEADINGS = ("input", "shape", "dtype", "checked", "verdict", "worst at", "analytic", "numeric", "error (relative)")
RIGHT = {"checked", "analytic", "numeric", "error (relative)"}  # aligned to the right


@dataclass(frozen=True, repr=False)
class GradientReport:
    """What `check_gradient` returns: true if every gradient is right. Prints as a table and a diagnosis.

    `inputs` has one `InputReport` per input and parameter; `problem` is a diagnosis of the function as a whole, such as
    an exception raised in backward; `second` is the report on second derivatives, if they were asked for.

    Errors: AssertionError from `raise_if_wrong`, if a gradient is wrong.

    Source: this project's own.

    >>> import minitorch as torch
    >>> report = torch.testing.check_gradient(torch.relu, torch.tensor([-1.0, 0.0, 2.0]))
    >>> report.ok, report.headline, report.inputs[0].kinks
    (True, 'relu: the gradient is right', 1)
    """

    function: str
    engine: str
    inputs: tuple[InputReport, ...]
    problem: Diagnosis | None = None
    notes: tuple[str, ...] = ()
    second: GradientReport | None = None
    evaluations: int = 0

    @property
    def ok(self) -> bool:
        """Whether all gradients are right."""
        return self.problem is None and all(x.ok for x in self.inputs) and (self.second is None or self.second.ok)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def wrong(self) -> tuple[InputReport, ...]:
        """The inputs whose gradient is wrong."""
        return tuple(x for x in self.inputs if not x.ok)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The first thing that is wrong; None if nothing is."""
        if self.problem is not None:
            return self.problem
        for x in self.wrong:
            return x.diagnosis
        return self.second.diagnosis if self.second is not None else None

    @property
    def worst_relative_error(self) -> float:
        """The largest error of any input, relative to its largest gradient element.

        Absolute where that is rounding alone: a softmax of one element does not depend on it.
        """
        errors = []
        for x in self.inputs:
            if x.worst is not None and x.numeric_gradient is not None:
                scale = float(np.nanmax(np.abs(x.numeric_gradient), initial=0.0))
                errors.append(x.absolute_error / (scale if scale > x.rounding else 1.0))
        return max(errors, default=0.0)

    @property
    def headline(self) -> str:
        """One line: the function, and how many gradients are right."""
        if self.problem is not None:
            return f"{self.function}: the gradient is wrong"
        n, bad = len(self.inputs), len(self.wrong)
        if bad:
            found = "the gradient is wrong" if n == 1 else f"{bad} of {n} gradients {'is' if bad == 1 else 'are'} wrong"
        elif self.second is not None and not self.second.ok:
            found = "first derivatives are right, second ones are wrong"
        else:
            found = "the gradient is right" if n == 1 else f"all {n} gradients are right"
            found += ", and so are second derivatives" if self.second is not None else ""
        return f"{self.function}: {found}"

    @property
    def diagnoses(self) -> list[tuple[str, Diagnosis]]:
        """What is wrong, with the name of the input, or "" if it is the function as a whole."""
        found = [] if self.problem is None else [("", self.problem)]
        return found + [(x.name, x.diagnosis) for x in self.inputs if x.diagnosis is not None]

    def raise_if_wrong(self) -> GradientReport:
        """AssertionError with the report as its message if a gradient is wrong; else the report itself."""
        if not self.ok:
            raise AssertionError(str(self))
        return self

    def __repr__(self) -> str:  # what a prompt shows, and pytest of a failed assertion
        return text(self)

    def _repr_html_(self) -> str:
        from .report_html import html

        return html(self)


def text(report: GradientReport, width: int = 100) -> str:
    """The report for a terminal."""
    from textwrap import fill

    lines = [report.headline]
    if report.inputs:
        lines += ["", *table(HEADINGS, [x.cells for x in report.inputs], RIGHT)]
    for x in report.inputs:
        if picture := element_map(x):
            lines += ["", f"  wrong elements of {x.name} (✗):", *("    " + row for row in picture)]
    for name, diagnosis in report.diagnoses:
        lines += ["", f"{name}: {diagnosis.kind}" if name else diagnosis.kind]
        lines.append(fill(capital(diagnosis.seen), width, initial_indent="  ", subsequent_indent="  "))
        if diagnosis.look:
            lines.append(fill(diagnosis.look, width, initial_indent="  ", subsequent_indent="  "))
    for note in report.notes:
        lines += ["", fill(note, width)]
    if report.second is not None and not report.second.ok:
        lines += ["", text(report.second, width)]
    return "\n".join(lines)


def capital(sentence: str) -> str:
    """The sentence, beginning with a capital."""
    return sentence[:1].upper() + sentence[1:]


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]], right: set[str]) -> list[str]:
    """The lines of a table, columns aligned."""
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    lines = []
    for row in (headings, *rows):
        cells = [
            cell.rjust(w) if heading in right else cell.ljust(w)
            for heading, cell, w in zip(headings, row, widths, strict=True)
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines


def element_map(x: InputReport, rows: int = 12, columns: int = 32) -> list[str]:
    """Which elements of a small vector or matrix are wrong, as a picture; [] if all are, or it does not fit."""
    if x.ok or x.wrong_elements is None or x.wrong in (0, x.total):
        return []
    wrong = np.atleast_2d(x.wrong_elements)
    if wrong.ndim > 2 or wrong.shape[0] > rows or wrong.shape[1] > columns or wrong.size < 2:
        return []
    known = np.atleast_2d(~np.isnan(x.numeric_gradient)) if x.numeric_gradient is not None else ~wrong
    return [
        " ".join("✗" if w else "·" if k else "?" for w, k in zip(wrong_row, known_row, strict=True))
        for wrong_row, known_row in zip(wrong, known, strict=True)
    ]
