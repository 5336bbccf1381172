"""Numbers in configs: their ranges, and the error that names the field, the value and the range."""

from __future__ import annotations

import operator
from dataclasses import field
from typing import Any

from agora_audio.errors import ConfigError

__all__ = ["between", "checked"]


def between(low: float, high: float, default: Any, kind: type) -> Any:
    """Return a dataclass field that keeps its range, for `checked`, in its metadata."""
    return field(default=default, metadata={"low": low, "high": high, "kind": kind})


def checked(name: str, value: Any, low: float, high: float, kind: type) -> Any:
    """Return `value` as an int or a float, by `kind`.

    Raises
    ------
    ConfigError
        If it is none, or lies outside `low` to `high`.

    Examples
    --------
    >>> checked("lead_ms", 2000, 0, 1000, int)
    Traceback (most recent call last):
    agora_audio.errors.ConfigError: lead_ms is 2000, must be a whole number of 0 to 1000
    """
    wanted = "a whole number" if kind is int else "a number"
    limits = f"of {low:g} to {high:.8g}"
    try:
        if isinstance(value, (bool, str)):
            raise TypeError
        number = operator.index(value) if kind is int else float(value)
    except (TypeError, ValueError, OverflowError):
        raise ConfigError(f"{name} is {value!r}, must be {wanted} {limits}") from None
    if not low <= number <= high:
        raise ConfigError(f"{name} is {value!r}, must be {wanted} {limits}")
    return number
