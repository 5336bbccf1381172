"""Lists: what stands before an item."""

from __future__ import annotations

from agora_audio.segmenter.rules.words import words

__all__ = ["BULLETS", "CHINESE_LABEL", "CIRCLED", "LABEL", "LETTERED", "ROMAN", "ordinals"]

# Bullets that are nothing else, also inside a line.
BULLETS = "•⁃●▪‣◦■◆▶➤✓✔"

CIRCLED = "①-⑳㈠-㈩"

# A label before its closing mark, and one of Chinese numerals with it, as patterns.
LABEL = r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})"
CHINESE_LABEL = "[（(]?[一二三四五六七八九十]{1,3}[)）、．]"

# After one of these a capital letter is the name of a thing and no initial: "Take vitamin D."
LETTERED = frozenset(
    words(
        """
    appendix block box building class column exhibit figure gate grade group hepatitis item letter level line
    model option part plan platform point room row section series size step table team terminal type unit version
    vitamin volume wing zone abschnitt anlage gruppe klasse punkt teil typ groupe partie plan annexe parte grupo grupa
    """
    )
)

ROMAN = {
    numeral: value
    for value, numeral in enumerate(
        words("i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"), start=1
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
