"""How sound is paced: `PacerConfig`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any

from agora_audio.errors import ConfigError
from agora_audio.fields import between, checked

__all__ = ["PacerConfig"]

_DAY_MS = 86_400_000


@dataclass(frozen=True)
class PacerConfig:
    """How far ahead of the listener sound is sent, and what happens when it or the timer is late.

    Raises
    ------
    ConfigError
        If a value has a wrong type or lies outside its range; names the field, the value and the range.

    Examples
    --------
    >>> PacerConfig(lead_ms=60, send_ms=2000, speed=2).bound_ms
    1060
    """

    lead_ms: int = between(0, 1000, 100, int)
    """How far sound is sent ahead of the moment at which it is heard, ms: what a late timer or network may take."""
    send_ms: int = between(0, 60_000, 0, int)
    """Incremental sending: how much of a round is sent faster than real time, ms; 0: none."""
    speed: float = between(1.0, 5.0, 1.0, float)
    """Incremental sending: how many times faster; 1: not at all."""
    catch_up_ms: int = between(10, 10_000, 500, int)
    """How much a timer that came later than the lead sends at once beyond the lead, ms; the rest is heard later."""
    padding_ms: int | None = field(default=None)
    """While a round waits for its sound: keep so much silence ahead, ms, 0 to `lead_ms`; None: send no silence."""
    high_water_ms: int = between(0, _DAY_MS, 30_000, int)
    """Sound waiting above this asks its producer to pause, ms; what comes all the same is taken."""

    def __post_init__(self) -> None:
        for spec in fields(self):
            if spec.metadata:
                object.__setattr__(self, spec.name, checked(spec.name, getattr(self, spec.name), **spec.metadata))
        if self.padding_ms is not None:
            object.__setattr__(self, "padding_ms", checked("padding_ms", self.padding_ms, 0, self.lead_ms, int))

    @property
    def ratio(self) -> Fraction:
        """`speed` as a fraction, to a thousandth: sums of it stay exact."""
        return Fraction(self.speed).limit_denominator(1000)

    @property
    def bound_ms(self) -> int:
        """How far ahead of real time sound is ever sent, ms, rounded up: ``lead + send_ms * (1 - 1 / speed)``."""
        return self.lead_ms + math.ceil(self.send_ms * (1 - 1 / self.ratio))


def checked_pacer_config(config: Any) -> PacerConfig:
    """Return `config`, or the defaults for None; ConfigError if it is no PacerConfig."""
    if config is None:
        return PacerConfig()
    if not isinstance(config, PacerConfig):
        raise ConfigError(f"config is {config!r:.60}, must be a PacerConfig")
    return config
