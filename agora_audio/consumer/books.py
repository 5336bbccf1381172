"""The books of a pacer, and the gaps that it noted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Cause", "PacerStats", "PacingGap"]

Cause = Literal["sound", "timer", "sink"]


@dataclass(frozen=True)
class PacingGap:
    """A gap that was heard within a round."""

    time: float
    """When sound came again, seconds on the pacer's clock."""
    seconds: float
    """How long nothing, or padding, was heard."""
    cause: Cause
    """What was late: the `sound`, the `timer`, or a `sink` that failed."""
    round_id: int
    """The round in which it was."""


@dataclass(frozen=True)
class PacerStats:
    """Everything since the pacer was made: taken = sent + dropped + waiting, to the byte."""

    taken_bytes: int = 0
    """Sound taken by `push`: what was sent, dropped, or still waits."""
    refused_bytes: int = 0
    """Sound of older rounds, not taken."""
    sent_bytes: int = 0
    """Sound sent, less what was taken back, without padding."""
    padding_bytes: int = 0
    """Silence sent, to fill frames and gaps, less what was taken back."""
    dropped_bytes: int = 0
    """Sound taken that no sink keeps: interrupts, clearing, failed writes, incomplete samples at the end of a round."""
    waiting_bytes: int = 0
    """Sound taken and not yet sent."""
    underruns: int = 0
    """Gaps heard because the sound was late."""
    underrun_ms: int = 0
    """How long they were together, ms."""
    late_gaps: int = 0
    """Gaps heard because the timer or the sink was late, although the sound was there."""
    late_ms: int = 0
    """How long they were together, ms."""
