"""Marks: what ends a sentence, what ends a clause, what may follow a mark before the sentence is over."""

from __future__ import annotations

from agora_audio.segmenter.rules.words import words

__all__ = words(
    """
    CLAUSE CLOSERS ELLIPSES EMOJI ENDS EXCLAIMING_NAMES FULL_STOPS INSTANT LINE_ENDS NAMES_WITH_STOP
    NOT_AFTER_END STRONG WIDE
    """
)

# The one mark that is an end without a look at what follows: in running text it always was one.
INSTANT = "。｡"

# Marks that are nothing else in any language: they end a sentence also without a space after them.
STRONG = "！？\u037e\u0589।॥؟۔።፧፨។៕။꓿᠃᠉‼⁇⁈⁉"

# The full stops that abbreviations and numbers use too.
FULL_STOPS = ".．"

ENDS = INSTANT + STRONG + FULL_STOPS + "!?"

ELLIPSES = "…⋯"

LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"

# Marks between the clauses of a sentence.
CLAUSE = ",，、;；:：،؛—–·"

# Straight after a sentence mark these say that the sentence goes on.
NOT_AFTER_END = ",，、;；:：،؛/=&%"

# What belongs to the sentence whose mark it follows.
CLOSERS = "\"'”’“‘»«›‹)]}）］｝」』】〉》〕〗*_`~～\u202c\u200f\u200e\u200d\ufe0f"

# Pictures: the blocks that hold emoji, and what joins or colours them.
EMOJI = (
    "\U0001f000-\U0001faff\u2600-\u27bf\u2300-\u23ff\u2b00-\u2bff\u3030\u303d\u3297\u3299\ufe0f\u200d\u20e3"
    "\U000e0020-\U000e007f"
)

# Scripts written without spaces between words, as a character class.
WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003134f"

# Names that end in a mark: with "!", written small, and with a full-width full stop.
NAMES_WITH_STOP = ("モーニング娘", "モー娘")
EXCLAIMING_NAMES = frozenset({"yahoo", "jeopardy", "yum", "oklahoma", "shazam", "joomla"})
