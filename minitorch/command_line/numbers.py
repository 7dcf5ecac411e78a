"""What the commands take for a number: functions for argparse's `type`, whose errors name the bound."""

from __future__ import annotations

from argparse import ArgumentTypeError


def positive(text: str) -> int:
    """An integer of at least 1."""
    number = int(text)
    if number < 1:
        raise ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def seconds(text: str) -> float:
    """A finite number above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"must be more than 0, got {text}")
    return number


def seed(text: str) -> int:
    """An integer from which both engines can start their random numbers."""
    number = int(text)
    if not 0 <= number < 2**63:
        raise ArgumentTypeError(f"must be from 0 to 2⁶³ − 1, got {number}")
    return number
