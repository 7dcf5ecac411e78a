"""How the report writes numbers and strings: for people, and safe inside HTML."""

from __future__ import annotations

import datetime
import html
import math
import re
from typing import Any

NOTHING = "–"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
NBSP = "\N{NO-BREAK SPACE}"
# What a control character in a name or a traceback becomes: HTML allows none but tab and newline.
CONTROLS = {code: "\N{REPLACEMENT CHARACTER}" for code in [*range(32), *range(127, 160)] if code not in (9, 10)}


def text(value: Any) -> str:
    """`value` as HTML text, also inside a quoted attribute.

    >>> text('<script>"&')
    '&lt;script&gt;&quot;&amp;'
    """
    plain = str(value).encode("utf-8", "replace").decode("utf-8")  # lone surrogates cannot be written
    return html.escape(plain.translate(CONTROLS), quote=True)


def is_number(value: Any) -> bool:
    """Whether `value` is a finite number; what JSON gives for a missing one is None."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def power(exponent: int, plain: bool = True) -> str:
    """A power of ten, as an axis labels it; written out where it is short, unless `plain` is false.

    >>> power(-6), power(-2), power(3), power(-2, plain=False)
    ('10⁻⁶', '0.01', '1,000', '10⁻²')
    """
    if exponent == 0 or (plain and -3 <= exponent <= 4):
        return f"{10.0**exponent:,.{max(0, -exponent)}f}"
    return "10" + str(exponent).translate(SUPERSCRIPTS)


def figure(value: Any, digits: int = 2) -> str:
    """`value` to so many digits.

    >>> figure(0.0123), figure(1234.5, 4), figure(0), figure(None)
    ('0.012', '1,234', '0', '–')
    >>> figure(3.14e-7) == f"3.1{NBSP}×{NBSP}10⁻⁷"
    True
    """
    if value is None:
        return NOTHING
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    mantissa, exponent = f"{abs(value):.{digits - 1}e}".split("e")
    sign, magnitude = "−" if value < 0 else "", int(exponent)
    if -3 <= magnitude < 6:
        return f"{sign}{abs(value):,.{max(0, digits - 1 - magnitude)}f}"
    return f"{sign}{mantissa}{NBSP}×{NBSP}10{str(magnitude).translate(SUPERSCRIPTS)}"


def count(value: Any, unit: str = "") -> str:
    """A whole number, with its unit in the plural where it needs it.

    >>> count(25000, "step") == f"25,000{NBSP}steps"
    True
    """
    if not is_number(value):
        return NOTHING
    plural = "" if value == 1 or not unit else "s"
    return f"{value:,.0f}" + (f"{NBSP}{unit}{plural}" if unit else "")


def time_unit(seconds: float) -> tuple[float, str]:
    """What to multiply seconds by, and the unit, so that a time like this one reads well."""
    if seconds < 1e-3:
        return 1e6, "µs"
    return (1e3, "ms") if seconds < 1 else (1.0, "s")


def duration(seconds: Any) -> str:
    """A time in words.

    >>> [duration(s).replace(NBSP, " ") for s in (0.00065, 0.25, 125.4, 7260)]
    ['650 µs', '250 ms', '2 min 5 s', '2 h 1 min']
    """
    if not is_number(seconds):
        return NOTHING
    if seconds < 60:
        factor, unit = time_unit(seconds)
        return f"{figure(seconds * factor, 3)}{NBSP}{unit}"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}{NBSP}min {rest}{NBSP}s"
    return f"{minutes // 60}{NBSP}h {minutes % 60}{NBSP}min"


def memory(mib: Any) -> str:
    """A size given in MiB; GiB from 10 of them on.

    >>> memory(312.4) == f"312{NBSP}MiB"
    True
    """
    if not is_number(mib):
        return NOTHING
    return f"{mib / 1024:,.1f}{NBSP}GiB" if mib >= 10 * 1024 else f"{mib:,.0f}{NBSP}MiB"


def moment(when: Any) -> str:
    """An ISO date and time.

    >>> moment("2026-02-03T14:05:09+00:00"), moment("2026-02-03T14:05:09+01:00"), moment("today")
    ('2026-02-03 14:05 UTC', '2026-02-03 14:05 UTC+01:00', 'today')
    """
    try:
        found = datetime.datetime.fromisoformat(str(when))
    except ValueError:
        return str(when)
    return f"{found:%Y-%m-%d %H:%M} {found.tzname() or ''}".strip()


def breakable(name: str) -> str:
    """A parameter's or file's name as HTML text that may be broken after its dots."""
    return re.sub(r"\.(?=[^\W\d])", ".<wbr>", text(name))


def readable(words: str) -> str:
    """Words in which numbers like 6.5e-06 are written as people write them.

    >>> readable("by 6.5e-06 (conv1.bias)").replace(NBSP, " ")
    'by 6.5 × 10⁻⁶ (conv1.bias)'
    """
    numbers = r"(?<![\w.])(\d(?:\.(\d+))?)e[+-]\d+\b"
    return re.sub(numbers, lambda found: figure(float(found[0]), 1 + len(found[2] or "")), words)


def listed(words: list[str]) -> str:
    """Words as a sentence lists them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def shape(sizes: Any) -> str:
    """A tensor's shape: `6 × 3 × 5 × 5`."""
    if not isinstance(sizes, (list, tuple)):
        return NOTHING if sizes is None else str(sizes)
    return f"{NBSP}×{NBSP}".join(f"{size}" for size in sizes) or "one number"
