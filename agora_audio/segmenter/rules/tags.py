"""Tags whose content is spoken as one thing and never cut."""

from __future__ import annotations

__all__ = ["WHOLE_TAGS"]

WHOLE_TAGS = frozenset(["spell", "say-as", "phoneme", "sub", "w", "token", "voice-spell", "code", "pre"])
