"""A user's table of pronunciations over a stream of text: whole words, the longest first, once.

A match is decided when no longer entry can still come and the character behind it is known, so that the way the text
was cut never shows. What a match puts in is not looked at again. In scripts without spaces (Chinese, Japanese, Thai)
an entry matches anywhere; a Korean one also before a particle.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from agora_audio.segmenter.letters import is_hangul, is_letter, joins

__all__ = ["Pronouncer"]


class Pronouncer:
    """Replace words by how they are to be said, in text that comes in pieces.

    Parameters
    ----------
    table
        Word or phrase to what is said for it. Keys must not be empty.
    match_case
        ``"smart"``: a key without capitals matches any case, one with capitals only itself; ``"always"``, ``"never"``.

    Examples
    --------
    >>> say = Pronouncer({"SQL": "sequel", "nginx": "engine x"})
    >>> say.feed("SQ") + say.feed("L on Nginx, not MySQL") + say.flush()
    'sequel on engine x, not MySQL'
    """

    def __init__(self, table: Mapping[str, str], match_case: str = "smart") -> None:
        self._exact: dict[str, str] = {}
        self._folded: dict[str, str] = {}
        for key, said in table.items():
            if match_case == "always" or (match_case == "smart" and key != key.lower()):
                self._exact[key] = said
            else:
                self._folded[key.lower()] = said
        keys = {*self._exact, *(key for key in table if key.lower() in self._folded)}
        self._prefixes = {key[:n] for key in self._exact for n in range(1, len(key))}
        self._folded_prefixes = {key[:n].lower() for key in keys - {*self._exact} for n in range(1, len(key))}
        lengths: dict[str, set[int]] = {}
        for key in keys:
            lengths.setdefault(key[0].lower(), set()).add(len(key))
        self._lengths = {first: sorted(values, reverse=True) for first, values in lengths.items()}
        firsts = {case for key in keys for case in (key[0], key[0].lower(), key[0].upper()) if len(case) == 1}
        self._firsts = re.compile("[" + "".join(map(re.escape, sorted(firsts))) + "]") if firsts else re.compile("(?!)")
        self.reset()

    def reset(self) -> None:
        """Forget what is held."""
        self._held = self._before = ""

    def feed(self, text: str, final: bool = False) -> str:
        """Return what can be said after `text`; all of it if `final`."""
        text = self._held + text
        out, done, look = [], 0, 0
        held = len(text)
        while found := self._firsts.search(text, look):
            at = found.start()
            look = at + 1
            if joins(text[at - 1] if at else self._before, text[at]):
                continue
            length, said = self._longest(text, at, final)
            if length < 0:
                held = at
                break
            if length:
                out += [text[done:at], said]
                done = look = at + length
        out.append(text[done:held])
        self._before = text[held - 1] if held else self._before
        self._held = text[held:]
        return "".join(out)

    def flush(self) -> str:
        """Return what is held: the text is over, or something stands in it that is no text."""
        said = self.feed("", final=True)
        self._before = ""
        return said

    def _longest(self, text: str, at: int, final: bool) -> tuple[int, str]:
        """Return length and replacement of the entry at `at`; (0, "") for none, (-1, "") if more text decides."""
        for length in self._lengths.get(text[at].lower(), ()):
            word = text[at : at + length]
            if len(word) < length:
                if not final and (word in self._prefixes or word.lower() in self._folded_prefixes):
                    return -1, ""
                continue
            said = self._exact.get(word)
            if said is None:
                said = self._folded.get(word.lower())
            if said is None:
                continue
            after = text[at + length : at + length + 1]
            if not after and not final and is_letter(word[-1]):
                return -1, ""
            if is_hangul(word[-1]) or not joins(word[-1], after):
                return length, said
        return 0, ""
