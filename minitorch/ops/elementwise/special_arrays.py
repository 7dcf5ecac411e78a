"""Special functions on arrays, NumPy's and CuPy's alike: the numbers behind special_functions.py, without gradients.

All is computed in float64 and rounded to the input's dtype at the end, which makes float32 results right to the last
place. In float64 results are within a few units in the last place; tests/test_special.py measures that.

Sources:
W. J. Cody, Rational Chebyshev approximation for the error function, Math. Comp. 23 (1969), 631-637 (erf, erfc);
M. Giles, Approximating the erfinv function, in: GPU Computing Gems Jade Edition (2011) (where erfinv starts from);
NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov, sections 5.5, 5.7, 5.11, 5.15 (gamma and its
derivatives), 25.11 (the Hurwitz zeta function), 10.25, 10.40 (Bessel functions).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...device import array_module

# ---- polynomials -----------------------------------------------------------------------------------------------------


def polynomial(x: Any, coefficients: Sequence[float]) -> Any:
    """c₀ + c₁x + c₂x² + … by Horner's rule."""
    result = x * coefficients[-1] + coefficients[-2]
    for c in coefficients[-3::-1]:
        result *= x
        result += c
    return result


def _piecewise(x: Any, *pieces: Any) -> Any:
    """A new array like `x`, filled piece by piece: (mask, function of the elements that it holds for)."""
    xp = array_module(x)
    result = xp.empty_like(x)
    for mask, function in pieces:
        if isinstance(x, np.ndarray):
            result[mask] = function(x[mask])
        else:  # how many elements a mask holds for, a GPU would have to be waited for: every function sees all
            result = xp.where(mask, function(x), result)
    return result


def _in_double(x: Any, function: Any) -> Any:
    """`function` of `x` in float64, rounded to the dtype of `x`."""
    shape = x.shape
    return function(x.reshape(-1).astype("float64")).astype(x.dtype).reshape(shape)


# ---- the error function ----------------------------------------------------------------------------------------------

# erf(x) = x·P(x²)/Q(x²) where |x| ≤ 0.46875
_ERF_P = (3.20937758913846947e03, 3.77485237685302021e02, 1.13864154151050156e02, 3.16112374387056560e00,
          1.85777706184603153e-1)  # fmt: skip
_ERF_Q = (2.84423683343917062e03, 1.28261652607737228e03, 2.44024637934444173e02, 2.36012909523441209e01, 1.0)
# erfc(x) = e^(−x²)·P(x)/Q(x) where 0.46875 ≤ x ≤ 4
_ERFC_P = (1.23033935479799725e03, 2.05107837782607147e03, 1.71204761263407058e03, 8.81952221241769090e02,
           2.98635138197400131e02, 6.61191906371416295e01, 8.88314979438837594e00, 5.64188496988670089e-1,
           2.15311535474403846e-8)  # fmt: skip
_ERFC_Q = (1.23033935480374942e03, 3.43936767414372164e03, 4.36261909014324716e03, 3.29079923573345963e03,
           1.62138957456669019e03, 5.37181101862009858e02, 1.17693950891312499e02, 1.57449261107098347e01,
           1.0)  # fmt: skip
# erfc(x) = e^(−x²)/x·(1/√π − P(1/x²)/Q(1/x²)/x²) where x ≥ 4
_TAIL_P = (6.58749161529837803e-4, 1.60837851487422766e-2, 1.25781726111229246e-1, 3.60344899949804439e-1,
           3.05326634961232344e-1, 1.63153871373020978e-2)  # fmt: skip
_TAIL_Q = (2.33520497626869185e-3, 6.05183413124413191e-2, 5.27905102951428412e-1, 1.87295284992346725e00,
           2.56852019228982242e00, 1.0)  # fmt: skip


def _erf_small(x: Any) -> Any:
    y = x * x
    return x * (polynomial(y, _ERF_P) / polynomial(y, _ERF_Q))


def _scaled(x: Any) -> Any:
    """e^(x²)·erfc(x) for x ≥ 0.46875."""

    def middle(x: Any) -> Any:
        return polynomial(x, _ERFC_P) / polynomial(x, _ERFC_Q)

    def tail(x: Any) -> Any:
        y = 1 / (x * x)
        return (1 / math.sqrt(math.pi) - y * (polynomial(y, _TAIL_P) / polynomial(y, _TAIL_Q))) / x

    return _piecewise(x, (x <= 4, middle), (~(x <= 4), tail))


def _exp_of_minus_square(x: Any) -> Any:
    """e^(−x²). Rounding x² alone would cost x²·1e-16, so x is split: x² = s² + (x − s)(x + s), with s² exact."""
    xp = array_module(x)
    s = xp.trunc(x * 16) / 16
    return xp.exp(-s * s) * xp.exp(-(x - s) * (x + s))


def _erfc_large(x: Any) -> Any:
    x = array_module(x).minimum(x, 30.0)  # erfc(30) is 0 in float64, and ∞ − ∞ is avoided; nan stays nan
    return _exp_of_minus_square(x) * _scaled(x)


def _erf_double(x: Any) -> Any:
    xp = array_module(x)
    a = xp.abs(x)
    large = a > 0.46875
    return _piecewise(x, (~large, _erf_small), (large, lambda x: xp.copysign(1 - _erfc_large(xp.abs(x)), x)))


def _erfc_double(x: Any) -> Any:
    xp = array_module(x)
    small, above, below = xp.abs(x) <= 0.46875, x > 0.46875, x < -0.46875
    return _piecewise(
        x,
        (x != x, lambda x: x),
        (small, lambda x: 1 - _erf_small(x)),
        (above, _erfc_large),
        (below, lambda x: 2 - _erfc_large(-x)),
    )


# erf(x) = x·P(x²)/Q(x²) on the whole of [−4, 4], good to 1e-7: Eigen's coefficients for float32.
# Source: https://gitlab.com/libeigen/eigen, generic_fast_erf
_SINGLE_P = (-1.60960333262415e-02, -2.95459980854025e-03, -7.34990630326855e-04, -5.69250639462346e-05,
             -2.10102402082508e-06, 2.77068142495902e-08, -2.72614225801306e-10)  # fmt: skip
_SINGLE_Q = (-1.42647390514189e-02, -7.37332916720468e-03, -1.68282697438203e-03, -2.13374055278905e-04,
             -1.45660718464996e-05)  # fmt: skip


def erf(x: Any) -> Any:
    """2/√π·∫₀ˣ e^(−t²) dt. In float32, for GELU's sake, by one quick formula: within 2 units in the last place."""
    if x.dtype == "float64":
        return _in_double(x, _erf_double)
    wide = array_module(x).clip(x.astype("float64"), -4.0, 4.0)
    y = wide * wide
    return (wide * polynomial(y, _SINGLE_P) / polynomial(y, _SINGLE_Q)).astype(x.dtype)


def erfc(x: Any) -> Any:
    """1 − erf(x), without the cancellation for large x."""
    return _in_double(x, _erfc_double)


def erfcx(x: Any) -> Any:
    """e^(x²)·erfc(x)."""

    def double(x: Any) -> Any:
        xp = array_module(x)
        small, above, below = xp.abs(x) <= 0.46875, x > 0.46875, x < -0.46875
        return _piecewise(
            x,
            (x != x, lambda x: x),
            (small, lambda x: xp.exp(x * x) * (1 - _erf_small(x))),
            (above, _scaled),
            (below, lambda x: 2 / _exp_of_minus_square(xp.maximum(x, -30.0)) - _scaled(-x)),
        )

    return _in_double(x, double)


# Giles's polynomials in w = −ln(1 − x²): good to 1e-7, from where one step of Halley's method reaches float64.
_CENTRAL = (1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-06, -3.5233877e-06,
            3.43273939e-07, 2.81022636e-08)  # fmt: skip
_OUTER = (2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844, 0.00134934322,
          0.000100950558, -0.000200214257)  # fmt: skip


def _inverse(a: Any, rest: Any) -> Any:
    """The y ≥ 0 with erf(y) = a, given also rest = 1 − a = erfc(y), which may be too small to be told from `a`."""
    xp = array_module(a)
    w = -xp.log(rest * (1 + a))
    y = a * xp.where(w < 5, polynomial(w - 2.5, _CENTRAL), polynomial(xp.sqrt(xp.clip(w, 5, 16)) - 3, _OUTER))
    # Beyond w = 16, that is rest < 6e-8: erfc(y) ≈ e^(−y²)/(√π·y), solved once for the y in the exponent.
    far = xp.sqrt(-xp.log(rest * xp.sqrt(-math.pi * xp.log(rest))))
    y = xp.where(w < 16, y, far)
    for _ in range(3):
        # f(y) = erf(y) − a, through erfc near 1, where erf has no digits left. f′ = 2/√π·e^(−y²), f″/f′ = −2y.
        error = xp.where(a < 0.5, _erf_double(y) - a, rest - _erfc_double(y))
        step = error / (2 / math.sqrt(math.pi) * _exp_of_minus_square(y))
        y = y - step / (1 + y * step)
    return y


def erfinv(x: Any) -> Any:
    """The y with erf(y) = x: ±∞ at ±1, nan outside of [−1, 1]."""

    def double(x: Any) -> Any:
        xp = array_module(x)
        a = xp.abs(x)
        return _piecewise(
            x,
            (a < 1, lambda x: xp.copysign(_inverse(xp.abs(x), 1 - xp.abs(x)), x)),
            (a == 1, lambda x: xp.copysign(x * 0 + math.inf, x)),
            (~(a <= 1), lambda x: x * 0 + math.nan),
        )

    return _in_double(x, double)


def ndtri(p: Any) -> Any:
    """The x with p = ½·erfc(−x/√2), the area under the normal density left of x: ∓∞ at 0 and 1, nan outside."""

    def inside(p: Any) -> Any:
        xp = array_module(p)
        rest = xp.minimum(2 * p, 2 * (1 - p))
        return xp.copysign(_inverse(1 - rest, rest) * math.sqrt(2), p - 0.5)

    def double(p: Any) -> Any:
        return _piecewise(
            p,
            ((p > 0) & (p < 1), inside),
            (p == 0, lambda p: p - math.inf),
            (p == 1, lambda p: p + math.inf),
            (~((p >= 0) & (p <= 1)), lambda p: p * 0 + math.nan),
        )

    return _in_double(p, double)


# ---- the gamma function ----------------------------------------------------------------------------------------------

_EULER = 0.57721566490153286061
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330,
              854513 / 138)  # B₂, B₄, …  # fmt: skip


def _zeta_minus_1(k: int) -> float:
    """ζ(k) − 1 = Σ_{n≥2} n^(−k), by Euler and Maclaurin's formula from n = 12 on."""
    n = 12.0
    total = math.fsum([i**-k for i in range(2, 12)]) + n ** (1 - k) / (k - 1) + n**-k / 2
    term = k * n ** (-k - 1)
    for j, b in enumerate(_BERNOULLI[:8], start=1):
        total += b * term / math.factorial(2 * j)
        term *= (k + 2 * j - 1) * (k + 2 * j) / n**2
    return total


# ln Γ(2 + z) = (1 − γ)·z + Σ_{k≥2} (−1)ᵏ·(ζ(k) − 1)/k·zᵏ (DLMF 5.7.3): where |z| ≤ ½ each term is below 4^(−k).
_NEAR_2 = (1 - _EULER, *[(-1) ** k * _zeta_minus_1(k) / k for k in range(2, 29)])


def _near_2(z: Any) -> Any:
    return z * polynomial(z, _NEAR_2)


def _stirling(x: Any) -> Any:
    """ln Γ(x) = (x − ½)·ln x − x + ½ ln 2π + Σ B₂ₖ/(2k(2k − 1)·x^(2k−1)) for x ≥ 8 (DLMF 5.11.1)."""
    coefficients = [b / (2 * k * (2 * k - 1)) for k, b in enumerate(_BERNOULLI[:9], start=1)]
    xp = array_module(x)
    log = xp.log(x)
    tail = polynomial(1 / (x * x), coefficients) / x
    return xp.where(x < 1e17, (x - 0.5) * (log - 1) + (0.5 * math.log(2 * math.pi) - 0.5 + tail), x * (log - 1))


def _lgamma_positive(x: Any) -> Any:
    xp = array_module(x)

    def by_recurrence(x: Any) -> Any:  # 2.5 ≤ x < 8: Γ(x) = (x − 1)(x − 2)…·Γ(x − n) with x − n in [1.5, 2.5]
        product = xp.ones_like(x)
        for _ in range(6):
            large = x > 2.5
            x = xp.where(large, x - 1, x)
            product = xp.where(large, product * x, product)
        return xp.log(product) + _near_2(x - 2)

    return _piecewise(
        x,
        (x != x, lambda x: x),
        (x == 0, lambda x: x + math.inf),
        ((x > 0) & (x < 0.5), lambda x: _near_2(x) - xp.log1p(x) - xp.log(x)),
        ((x >= 0.5) & (x < 1.5), lambda x: _near_2(x - 1) - xp.log1p(x - 1)),
        ((x >= 1.5) & (x <= 2.5), lambda x: _near_2(x - 2)),
        ((x > 2.5) & (x < 8), by_recurrence),
        (x >= 8, _stirling),
    )


def _sin_pi(x: Any) -> Any:
    """sin(πx), with the whole turns taken off first, where that is exact."""
    xp = array_module(x)
    r = x - 2 * xp.rint(x / 2)
    r = xp.where(r > 0.5, 1 - r, xp.where(r < -0.5, -1 - r, r))
    return xp.sin(math.pi * r)


def lgamma(x: Any) -> Any:
    """ln |Γ(x)|: ∞ at 0, −1, −2, …"""

    def reflected(x: Any) -> Any:  # Γ(x)·Γ(1 − x) = π/sin(πx), and Γ(1 − x) = −x·Γ(−x)
        xp = array_module(x)
        sine = xp.where(xp.isinf(x), 0.0, xp.abs(_sin_pi(x)))
        inside = math.log(math.pi) - xp.log(sine) - xp.log(-x) - _lgamma_positive(-x)
        return xp.where(sine == 0, math.inf, inside)

    return _in_double(x, lambda x: _piecewise(x, (x < 0, reflected), (~(x < 0), _lgamma_positive)))


def _digamma_positive(x: Any) -> Any:
    """ψ(x) = ψ(x + n) − Σ 1/(x + i) up to x + n ≥ 10, then ln x − 1/2x − Σ B₂ₖ/(2k·x^2k) (DLMF 5.5.2, 5.11.2)."""
    xp = array_module(x)
    total = xp.zeros_like(x)
    for _ in range(10):
        small = x < 10
        total = xp.where(small, total + 1 / x, total)
        x = xp.where(small, x + 1, x)
    y = 1 / (x * x)
    tail = y * polynomial(y, [b / (2 * k) for k, b in enumerate(_BERNOULLI[:8], start=1)])
    return xp.log(x) - 0.5 / x - tail - total


def digamma(x: Any) -> Any:
    """ψ(x) = d/dx ln Γ(x): nan at −1, −2, …, and −∞ at 0 (∞ at −0)."""

    def reflected(x: Any) -> Any:  # ψ(x) = ψ(1 − x) − π/tan(πx)
        xp = array_module(x)
        r = x - xp.rint(x)
        cotangent = xp.where(r == 0, math.nan, math.pi / xp.tan(math.pi * r))
        return _digamma_positive(1 - x) - cotangent

    def double(x: Any) -> Any:
        xp = array_module(x)
        return _piecewise(
            x,
            (x != x, lambda x: x),
            (x == 0, lambda x: xp.copysign(x + math.inf, -x)),
            (x < 0, reflected),
            (x > 0, _digamma_positive),
        )

    return _in_double(x, double)


def _zeta(s: float, q: Any) -> Any:
    """Hurwitz's ζ(s, q) = Σ_{n≥0} (n + q)^(−s) for q > 0: ten terms, and Euler and Maclaurin's formula for the rest."""
    total = q ** (-s)
    for n in range(1, 10):
        total = total + (q + n) ** (-s)
    a = q + 10
    total = total + a ** (1 - s) / (s - 1) + 0.5 * a ** (-s)
    term = s * a ** (-s - 1)
    for j, b in enumerate(_BERNOULLI, start=1):
        total = total + b / math.factorial(2 * j) * term
        term = term * ((s + 2 * j - 1) * (s + 2 * j)) / (a * a)
    return total


def polygamma(n: int, x: Any) -> Any:
    """The n-th derivative of ψ for n ≥ 1: (−1)^(n+1)·n!·ζ(n + 1, x)."""

    def right(x: Any) -> Any:
        return (-1) ** (n + 1) * float(math.factorial(n)) * _zeta(n + 1.0, array_module(x).abs(x))  # abs, for −0

    # Left of 0 by the n-th derivative of ψ(x) = ψ(1 − x) − π·cot(πx). Each derivative of the cotangent c is a
    # polynomial in c, since c′ = −π·(1 + c²): so p ↦ −(1 + c²)·p′ turns one into the next.
    p = [0.0, 1.0]
    for _ in range(n):
        slope = [-k * c for k, c in enumerate(p)][1:]
        p = [a + b for a, b in zip([*slope, 0.0, 0.0], [0.0, 0.0, *slope], strict=True)]

    def left(x: Any) -> Any:
        xp = array_module(x)
        cotangent = 1 / xp.tan(math.pi * (x - xp.rint(x)))
        return (-1) ** n * right(1 - x) - math.pi ** (n + 1) * polynomial(cotangent, p)

    return _in_double(x, lambda x: _piecewise(x, (x < 0, left), (~(x < 0), right)))


# ---- Bessel functions ------------------------------------------------------------------------------------------------


def bessel_i(order: int, x: Any, scaled: bool = False) -> Any:
    """Iᵥ(x) for v = 0 or 1, times e^(−|x|) if `scaled`.

    By its power series up to |x| = 30, where all terms have one sign, and beyond by the asymptotic series in 1/x.
    """

    def series(x: Any) -> Any:  # DLMF 10.25.2
        xp = array_module(x)
        quarter = x * x / 4
        coefficients = [1.0]
        for k in range(1, 65):  # at 30 the terms peak at k = 15; the 64th is 1e-17 of the sum
            coefficients.append(coefficients[-1] / (k * (k + order)))
        total = polynomial(quarter, coefficients) * (1.0 if order == 0 else x / 2)
        return total * xp.exp(-xp.abs(x)) if scaled else total

    def asymptotic(x: Any) -> Any:  # DLMF 10.40.1
        xp = array_module(x)
        a = xp.abs(x)
        coefficients = [1.0]
        for k in range(1, 25):
            coefficients.append(-coefficients[-1] * (4 * order**2 - (2 * k - 1) ** 2) / (8 * k))
        total = polynomial(1 / a, coefficients) / (math.sqrt(2 * math.pi) * xp.sqrt(a))
        if not scaled:
            half = xp.exp(a / 2)  # in two steps, since eᵃ overflows before the quotient does
            total = total * half * half
        return total if order == 0 else xp.copysign(total, x)

    return _in_double(x, lambda x: _piecewise(x, (abs(x) <= 30, series), (~(abs(x) <= 30), asymptotic)))
