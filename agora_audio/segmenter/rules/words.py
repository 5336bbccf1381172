"""Tables written as text: words with white space between them."""

from __future__ import annotations

__all__ = ["words"]


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text.

    >>> words("und oder aber")
    ('und', 'oder', 'aber')
    """
    return tuple(text.split())
