"""What the agent does, and what `InterruptionPolicy` decides about it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

__all__ = ["Action", "AgentState", "InterruptionDecision", "Reason"]


class AgentState(str, enum.Enum):
    """What the agent does; the plain strings are taken, too."""

    IDLE = "idle"
    """It listens, or nothing at all: there is nothing to interrupt."""
    THINKING = "thinking"
    """A round has begun, nothing of its answer is heard yet."""
    SPEAKING = "speaking"
    """Its answer is heard."""


class Action(str, enum.Enum):
    """What the caller does now. Equal to the plain strings."""

    PAUSE = "pause"
    """Hold the sound, lose nothing."""
    RESUME = "resume"
    """Go on where it was held."""
    INTERRUPT = "interrupt"
    """Drop the round: its sound, its TTS, its LLM."""


class Reason(str, enum.Enum):
    """Why it was decided. Equal to the plain strings."""

    VOICE = "voice"
    """PAUSE, INTERRUPT: the voice lasted for `pause_after`, `min_voice`."""
    WORDS = "words"
    """INTERRUPT: the words were `min_words`."""
    PHRASE = "phrase"
    """INTERRUPT: one of `interrupt_phrases` was said."""
    VOICE_ENDED = "voice ended"
    """RESUME: the voice was shorter than `min_voice`."""
    QUIET = "quiet"
    """RESUME: nothing came for `resume_after`."""
    TOO_FEW_WORDS = "too few words"
    """RESUME: the voice is over and the final transcript is below `min_words`."""
    BACKCHANNEL = "backchannel"
    """RESUME: the voice is over and the final transcript holds nothing but backchannels."""
    MAX_PAUSE = "max pause"
    """RESUME: paused for `max_pause`."""
    NOT_INTERRUPTIBLE = "not interruptible"
    """RESUME: the agent now says what must not be interrupted."""
    AGENT = "agent"
    """RESUME: the agent became idle, or began a new round, by itself."""


@dataclass(frozen=True)
class InterruptionDecision:
    """What to do, since when, and why."""

    action: Action
    """PAUSE, RESUME or INTERRUPT."""
    time: float
    """When it was due, on the caller's clock, seconds; a late poll does not change it."""
    reason: Reason
    """Why."""
    round_id: int | None = None
    """The round that it is about, as the caller named it."""
    words: int = 0
    """Words that counted, where words decided."""
    text: str = ""
    """The transcript that decided, where one did."""
