"""Lists: what stands before an item."""

from __future__ import annotations

__all__ = ["BULLETS", "CIRCLED", "ROMAN", "ordinals"]

# Bullets that are nothing else, also inside a line.
BULLETS = "•⁃●▪‣◦■◆▶➤✓✔"

CIRCLED = "①-⑳㈠-㈩"

ROMAN = {
    numeral: value
    for value, numeral in enumerate(
        "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split(), start=1
    )
}


def ordinals(label: str) -> dict[str, int]:
    """Return the readings of an item's label: as a number, a letter, a Roman number.

    >>> ordinals("4"), ordinals("b"), ordinals("i")
    ({'number': 4}, {'letter': 2}, {'letter': 9, 'roman': 1})
    """
    if label.isdecimal():
        return {"number": int(label)}
    small = label.lower()
    readings = {}
    if len(small) == 1 and "a" <= small <= "z":
        readings["letter"] = ord(small) - ord("a") + 1
    if small in ROMAN:
        readings["roman"] = ROMAN[small]
    return readings
