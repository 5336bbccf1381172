"""Tags in the text: never cut inside one, nor inside the few that speak their content as one thing."""

from __future__ import annotations

import re

from agora_audio.segmenter.rules.tags import WHOLE_TAGS
from agora_audio.segmenter.verdicts import HOLD, NO, Verdict

__all__ = ["tag_verdict"]

_LONGEST_TAG = 256
_LONGEST_CONTENT = 400
_TAG = re.compile(
    r"<(/?)([A-Za-z][\w:.-]*)(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+)|\s+[\w:-]+(?=[\s/>]))*\s*(/?)>"
    r"|<!--.*?-->|<[A-Za-z][\w+.-]*:[^\s<>]*>|<[\w.+-]+@[\w.-]+>",
    re.DOTALL,
)
_BEGUN = re.compile(
    r"</?(?:[A-Za-z][\w:.+@-]*(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'))*(?:\s*/?|\s+[\w:.-]*|\s+[\w:.-]+\s*=\s*"
    r"(?:\"[^\"<>]*|'[^'<>]*)?)?)?\Z|<!(?:-(?:-.*)?)?\Z|<[A-Za-z][\w+.-]*:[^\s<>]*\Z",
    re.DOTALL,
)
_CLOSING = {name: re.compile(f"</{name}>", re.IGNORECASE) for name in WHOLE_TAGS}


def tag_verdict(text: str, at: int, final: bool) -> Verdict:
    """Decide about ``text[at]``, a "<": pass over a tag, and over the content of a tag that is spoken as a whole."""
    tag = _TAG.match(text, at, at + _LONGEST_TAG)
    if tag is None:
        begun = not final and len(text) - at < _LONGEST_TAG and _BEGUN.match(text, at)
        return Verdict(HOLD, at, "tag may go on") if begun else Verdict(NO, at + 1, "no tag")
    name = (tag[2] or "").lower()
    if tag[1] or tag[3] or name not in WHOLE_TAGS:
        return Verdict(NO, tag.end(), "tag")
    closing = _CLOSING[name].search(text, tag.end(), tag.end() + _LONGEST_CONTENT)
    if closing:
        return Verdict(NO, closing.end(), "content of a tag")
    if final or len(text) - tag.end() >= _LONGEST_CONTENT:
        return Verdict(NO, tag.end(), "tag that never closes")
    return Verdict(HOLD, at, "content of a tag")
