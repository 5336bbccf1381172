"""Checks of what callers hand in with every call."""

from __future__ import annotations

import math
import operator
from typing import Any

from agora_audio.errors import FormatError

__all__ = ["checked_time", "checked_whole"]


def checked_time(value: Any, name: str = "now") -> float:
    """Return a time in seconds; FormatError if it is no finite number."""
    try:
        time = math.nan if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError, OverflowError):
        time = math.nan
    if not math.isfinite(time):
        raise FormatError(f"{name} is {value!r:.60}, must be seconds, a finite number")
    return time


def checked_whole(value: Any, name: str, otherwise: str = "") -> int:
    """Return a whole number; FormatError, which may name what else is taken, if it is none."""
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise FormatError(f"{name} is {value!r:.60}, must be a whole number{otherwise}") from None
