"""Checks of what callers hand in with every call."""

from __future__ import annotations

import math
import operator
from typing import Any

from agora_audio.errors import FormatError

__all__ = ["FARTHEST", "checked_time", "checked_whole"]

# A float tells seconds that far from zero, in thirty million years, to a tenth.
FARTHEST = 1e15


def checked_time(value: Any, name: str = "now") -> float:
    """Return a time in seconds; FormatError if it is no finite number, or absurdly large."""
    try:
        time = math.nan if isinstance(value, (bool, str, bytes)) else float(value)
    except (TypeError, ValueError, OverflowError):
        time = math.nan
    if not -FARTHEST <= time <= FARTHEST:
        raise FormatError(f"{name} is {value!r:.60}, must be seconds, a finite number of -1e15 to 1e15")
    return time


def checked_whole(value: Any, name: str, otherwise: str = "") -> int:
    """Return a whole number; FormatError, which may name what else is taken, if it is none."""
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise FormatError(f"{name} is {value!r:.60}, must be a whole number{otherwise}") from None
