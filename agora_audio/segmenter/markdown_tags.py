"""Tags within the text: which are HTML, which break the line, and how what they open ends."""

from __future__ import annotations

import functools
import re
from typing import Literal, NamedTuple

__all__ = ["AMBIGUOUS", "BREAKS", "ELEMENTS", "Until", "end_tag", "may_compare"]

# Other tags are a dialect of some text-to-speech engine, or a place holder such as <name>: they are let through.
ELEMENTS = frozenset(
    """
    a abbr address article aside b bdi bdo big blockquote body br button caption center cite code col colgroup dd del
    details dfn div dl dt em figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i img input ins
    kbd label legend li link main mark menu meta nav ol optgroup option p picture pre q rp rt ruby samp section select
    small source span strike strong sub summary sup svg table tbody td template textarea tfoot th thead time title tr
    tt u ul var video wbr
    """.split()  # noqa: SIM905
)
BREAKS = frozenset(
    """
    blockquote br caption dd details div dl dt figure footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre section
    summary table tbody td tfoot th thead title tr ul
    """.split()  # noqa: SIM905
)
# Names that SSML and HTML share. In SSML they have attributes.
AMBIGUOUS = frozenset({"audio", "mark", "sub"})


class Until(NamedTuple):
    """Something that was opened for certain, and whose end has not come."""

    kind: Literal["raw", "skip", "code"]
    """What becomes of the text within: it is let through, left out, or said without looking for marks."""
    closing: re.Pattern[str]
    """Its end."""
    end_tag: str = ""
    """How its end begins, of an element; anything else ends with its paragraph, too."""


@functools.lru_cache(maxsize=64)
def end_tag(name: str) -> re.Pattern[str]:
    """Return the pattern of the tag that ends an element."""
    return re.compile(rf"</{re.escape(name)}\s{{0,40}}>", re.IGNORECASE)


def may_compare(text: str, found: re.Match[str], name: str) -> bool:
    """Tell whether a tag may be what stands in ``a<b>c``."""
    after = text[found.end() : found.end() + 1]
    is_bare = len(name) == 1 and name not in BREAKS and len(found[0]) == len("<b>")
    return is_bare and text[found.start() - 1].isalnum() and after.isalnum()
