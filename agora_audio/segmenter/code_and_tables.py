"""What is said for code blocks and tables: a sentence about them, or the cells of a row."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agora_audio.segmenter.letters import is_cjk
from agora_audio.segmenter.speech_config import SpeechText
from agora_audio.segmenter.summaries import guess_language, summarise_code, summarise_table

__all__ = ["Code", "Table", "header_names", "joined_cells", "row_cells"]

_CELL_END = re.compile(r"(?<!\\)\|")
_MARKS = re.compile(r"[*_`~]+")


@dataclass
class Code:
    """A code block that is being read."""

    fence: str
    """The marks that opened it."""
    name: str
    """Its language, as people call it."""
    lines: int = 0
    """Lines so far."""
    opening: bool = True
    """Whether the line break of its first line has still to come."""

    def summary(self, config: SpeechText, prose: str) -> str:
        """Return the sentence about it; "" for none. `prose` tells the language."""
        if not self.lines or config.code != "summarise":
            return ""
        if config.code_template is not None:
            return config.code_template.format(lines=self.lines, language=self.name)
        return summarise_code(self.lines, self.name, config.language or guess_language(prose))


@dataclass
class Table:
    """A table that is being read."""

    header: list[str]
    """Names of the columns; empty if they are not known."""
    rows: int = 0
    """Rows so far, without the header."""
    loose: bool = False
    """Whether its rows have no pipe before their first cell."""
    said: bool = False
    """Whether its summary has been said."""
    new: bool = True
    """Whether it began in the segment that is being read."""

    def spoken_cells(self, config: SpeechText, row: str) -> list[str]:
        """Return what is said for a row."""
        cells = row_cells(row)
        if config.table == "pairs":
            names = [*self.header, *[""] * len(cells)]
            return [_pair(name, cell) for name, cell in zip(names, cells, strict=False) if cell]
        return cells if config.table == "say" else []

    def summary(self, config: SpeechText, prose: str) -> str:
        """Return the sentence about it; "" for none. `prose` tells the language."""
        if config.table != "summarise" or self.said or not (self.rows or self.header):
            return ""
        self.said = True
        header = [name for name in self.header if name]
        if config.table_template is not None:
            return config.table_template.format(rows=self.rows, columns=len(self.header), header=", ".join(header))
        return summarise_table(self.rows, header, config.language or guess_language(prose))


def row_cells(row: str) -> list[str]:
    """Return the cells of a row."""
    cells = _CELL_END.split(row.strip().removeprefix("|"))
    if not cells[-1].strip():
        cells.pop()
    return [cell.replace("\\|", "|").strip() for cell in cells]


def header_names(row: str) -> list[str]:
    """Return the cells of a header without marks of emphasis or code."""
    return [_MARKS.sub("", cell) for cell in row_cells(row)]


def joined_cells(cells: list[str]) -> str:
    """Return cells as a line of prose; empty ones are left out."""
    cells = [cell for cell in cells if cell]
    return ("，" if any(map(is_cjk, "".join(cells))) else ", ").join(cells)


def _pair(name: str, cell: str) -> str:
    if not name:
        return cell
    return f"{name}：{cell}" if is_cjk(name[-1]) else f"{name}: {cell}"
