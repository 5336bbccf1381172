"""Tags whose content is spoken as one thing and never cut."""

from __future__ import annotations

from agora_audio.segmenter.rules.words import words

__all__ = ["WHOLE_TAGS"]

WHOLE_TAGS = frozenset(words("spell say-as phoneme sub w token voice-spell code pre"))
