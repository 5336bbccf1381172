"""Which configs are looked at: grids of values for a sweep, ranges for a search, as people write them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

import numpy as np

from agora_audio.errors import ConfigError
from agora_audio.vad.config import AudioVadConfigV2

__all__ = ["Choices", "Range", "Search", "default_space", "grid", "nearest", "parse_axis", "parse_search", "varied"]

# A grid that nobody has time for is a slip of the keyboard.
_MOST = 1_000_000
_SWITCH = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high` in steps, both ends included; whole numbers where all three are."""

    low: float
    high: float
    step: float


@dataclass(frozen=True)
class Choices:
    """One of some values."""

    values: tuple[Any, ...]


Search: TypeAlias = "Range | Choices"

# Coarse on purpose: a step that nobody can hear is one more way to fit a few recordings by chance.
_PERCENT: Mapping[str, Search] = {
    "start_recognize_count": Range(4, 60, 2),
    "stop_recognize_count": Range(10, 150, 5),
    "active_percent": Range(0.3, 1.0, 0.05),
    "inactive_percent": Range(0.3, 1.0, 0.05),
    "start_voice_prob": Range(5, 95, 5),
    "stop_voice_prob": Range(5, 95, 5),
    "start_rms_threshold": Range(-90, -30, 5),
    "stop_rms_threshold": Range(-90, -30, 5),
}
_CONSECUTIVE = ("start_recognize_count", "stop_recognize_count", "start_voice_prob", "start_rms_threshold")


def default_space(base: AudioVadConfigV2, clipping: bool = False) -> dict[str, Search]:
    """Return what is searched unless told: what moves the algorithm of `base`.

    Parameters
    ----------
    base
        Decides the algorithm, and whether the adaptive threshold's factor counts.
    clipping
        Whether clipped onsets matter: then the pre-roll is searched too.
    """
    names = _PERCENT if base.algorithm == "percent" else _CONSECUTIVE
    space = {name: _PERCENT[name] for name in names}
    if base.adaptive_rms:
        space["adaptive_factor"] = Range(0.3, 1.2, 0.05)
    if clipping:
        space["pre_start_recognize_count"] = Range(0, 60, 2)
    return space


def nearest(search: Search, value: Any) -> Any:
    """Return what a search can try that is nearest to a value.

    Examples
    --------
    >>> nearest(Range(10, 150, 5), 48), nearest(Choices((True, False)), True)
    (50, True)
    """
    if isinstance(search, Choices):
        return value if value in search.values else search.values[0]
    if value is None:
        return search.high
    steps = round((min(search.high, max(search.low, value)) - search.low) / search.step)
    return type(search.step)(round(search.low + steps * search.step, 9))


def parse_search(name: str, text: str) -> Search:
    """Read what a search may try: ``20:80`` or ``20:80:5``, a range; ``20,30,50``, choices; ``20``, that alone.

    Raises
    ------
    ConfigError
        If it is none of these, or a value is not one of the field.

    Examples
    --------
    >>> parse_search("stop_recognize_count", "20:80")
    Range(low=20, high=80, step=1)
    >>> parse_search("adaptive_rms", "on,off")
    Choices(values=(True, False))
    """
    if ":" not in text:
        return Choices(tuple(parse_axis(name, text)))
    kind = _kind(name)
    if text.count(":") == 1:
        text += ":1" if kind is int else ":0.01"
    values = parse_axis(name, text)
    return Range(values[0], values[-1], kind(float(text.split(":")[2])))


def grid(base: AudioVadConfigV2, axes: Mapping[str, Sequence[Any]]) -> tuple[list[AudioVadConfigV2], int]:
    """Return every combination of values of some fields, the last field changing fastest.

    Parameters
    ----------
    base
        What the other fields are.
    axes
        Values by the name of the field.

    Returns
    -------
    list of AudioVadConfigV2, int
        The configs, and how many combinations are no config, such as a `max_speech` below the start window.

    Raises
    ------
    ConfigError
        If there are more than a million combinations, or none of them is a config.

    Examples
    --------
    >>> configs, left_out = grid(AudioVadConfigV2(), {"stop_recognize_count": [20, 50], "stop_voice_prob": [30, 70]})
    >>> [(one.stop_recognize_count, one.stop_voice_prob) for one in configs], left_out
    ([(20, 30), (20, 70), (50, 30), (50, 70)], 0)
    """
    combinations = int(np.prod([len(values) for values in axes.values()], dtype=object)) if axes else 1
    if combinations > _MOST:
        raise ConfigError(f"the grid has {combinations} configs, must be {_MOST} or fewer: take larger steps, or tune")
    configs, problem = [], None
    for values in itertools.product(*axes.values()):
        try:
            configs.append(replace(base, **dict(zip(axes, values, strict=True))))
        except ConfigError as error:
            problem = error
    if not configs and problem is not None:
        raise problem
    return configs, combinations - len(configs)


def parse_axis(name: str, text: str) -> list[Any]:
    """Read the values of a field: ``20:80:10`` from, to and step, both ends included; or a list, ``20,30,50``.

    Raises
    ------
    ConfigError
        If it is neither, or a value is not one of the field.

    Examples
    --------
    >>> parse_axis("stop_recognize_count", "20:80:30")
    [20, 50, 80]
    >>> parse_axis("max_speech", "never,10")
    [None, 10.0]
    """
    values = list(dict.fromkeys(_steps(name, text) if ":" in text else (_value(name, one) for one in text.split(","))))
    for value in values:
        _check(name, value)
    return values


def _steps(name: str, text: str) -> list[Any]:
    wanted = f"{name} is {text!r}, must be FROM:TO:STEP such as 20:80:10, or values such as 20,30,50"
    kind = _kind(name)
    try:
        first, last, step = (float(part) for part in text.split(":"))
        whole = kind is not int or all(number.is_integer() for number in (first, last, step))
        count = int((last - first) / step + 1e-6) + 1 if first <= last else 0
    except (ValueError, ZeroDivisionError, OverflowError):
        raise ConfigError(wanted) from None
    if kind not in (int, float) or not (whole and step > 0.0 and 0 < count <= _MOST):
        raise ConfigError(wanted)
    # 0.1 + 0.2 is 0.30000000000000004, which nobody means.
    return [kind(round(first + step * number, 9)) for number in range(count)]


def _check(name: str, value: Any) -> None:
    """Raise the ConfigError of a value that no config takes, whatever its other fields."""
    roomy = {"start_recognize_count": 1_000_000} if name == "provisional_count" else {}
    if name == "max_speech" and value is not None:
        roomy = {"pre_start_recognize_count": 0, "start_recognize_count": 1}
    AudioVadConfigV2(**{**roomy, name: value})


def varied(configs: Sequence[AudioVadConfigV2]) -> list[str]:
    """Return the names of the fields in which configs differ."""
    names = [spec.name for spec in fields(AudioVadConfigV2)]
    return [name for name in names if len({getattr(config, name) for config in configs}) > 1]


def _kind(name: str) -> type:
    return float if name == "max_speech" else type(getattr(AudioVadConfigV2(), name))


def _value(name: str, text: str) -> Any:
    """Read a value of a field."""
    kind, word = _kind(name), text.strip().lower()
    if kind is str:
        return word
    if kind is bool:
        if word not in _SWITCH:
            raise ConfigError(f"{name} is {text!r}, must be on or off")
        return _SWITCH[word]
    if name == "max_speech" and word == "never":
        return None
    try:
        return kind(word)
    except ValueError:
        raise ConfigError(f"{name} is {text!r}, must be a {'whole ' if kind is int else ''}number") from None
