"""How results leave a command: a table for a person, label files for programs, progress and notes on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from agora_audio.cli import say
from agora_audio.errors import ConfigError
from agora_audio.frames import AudioFormat
from agora_audio.io import AudioReader
from agora_audio.lab.labels import FORMATS, LabelledSegment, LabelWriter, format_of_suffix

__all__ = ["Rows", "open_rows", "with_progress"]

# A bar that flashes up for a blink is noise.
_PROGRESS_AFTER = 1.0


class Rows(Protocol):
    """Where found segments go."""

    def write(self, row: LabelledSegment) -> None:
        """Take a segment; what can be shown at once is."""
        ...

    def close(self, durations: dict[str, float]) -> None:
        """Finish, knowing how long each recording is."""
        ...


class TableRows:
    """Aligned columns on a terminal, a line as soon as a segment is known."""

    _COLUMNS = ("start", "end", "length", "start known", "end known")

    def __init__(self, with_file: bool, with_channel: bool) -> None:
        self._file = with_file
        self._channel = with_channel
        self._begun = False

    def write(self, row: LabelledSegment) -> None:
        """Print the row, the first time with a header."""
        segment = row.segment
        if not self._begun:
            self._begun = True
            self._print([f"{title:>11}" for title in self._COLUMNS], "channel", "file")
        times = [f"{value:11.3f}" for value in (segment.start, segment.end, segment.duration)]
        delays = [segment.started_at - segment.start, segment.ended_at - segment.end]
        times += [f"{f'+{delay:.2f} s':>11}" for delay in delays]
        self._print(times, "mix" if row.channel is None else str(row.channel), row.file)

    def close(self, durations: dict[str, float]) -> None:
        """Nothing is left to print."""

    def _print(self, cells: Sequence[str], channel: str, file: str) -> None:
        extra = ([f"{channel:>7}"] if self._channel else []) + ([file] if self._file else [])
        line = "  ".join([*cells, *extra]) + "\n"
        # A name that the terminal cannot show ends no run.
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()


@contextmanager
def open_rows(
    format: str | None, output: Path | None, inputs: Sequence[str], with_channel: bool = False
) -> Iterator[Rows]:
    """Choose where rows go: `output`, whose suffix may name the format, or stdout, a table on a terminal, else jsonl.

    Raises
    ------
    ConfigError
        If the format is unknown, or `output` is one of the `inputs`, which opening it would empty.
    """
    if output is not None and format is None:
        format = format_of_suffix(output)
    chosen = format or ("table" if sys.stdout.isatty() else "jsonl")
    if chosen == "table":
        if output is not None:
            raise ConfigError(f"a table goes to the terminal: name another --format for {output}")
        yield TableRows(len(inputs) > 1, with_channel)
    elif chosen not in FORMATS:
        raise ConfigError(f"format is {chosen!r}, must be one of table, {', '.join(FORMATS)}")
    elif output is None:
        yield LabelWriter(sys.stdout, chosen)
    elif output.exists() and any(Path(name).exists() and output.samefile(name) for name in inputs):
        raise ConfigError(f"{output} is what is to be read: name another file to write to")
    else:
        with output.open("w", encoding="utf-8", newline="\n") as stream:
            yield LabelWriter(stream, chosen)


def with_progress(reader: AudioReader, shown: bool = True) -> Iterator[bytes]:
    """Go through the blocks of a recording, with a bar on stderr if it is a terminal and the work takes long."""
    if not (shown and sys.stderr.isatty()):
        yield from reader
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    total = None if reader.frames is None else reader.frames * reader.format.sample_bytes
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %" if total else "{task.fields[seconds]:.0f} s"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    )
    task = bar.add_task(Path(reader.name).name, total=total, seconds=0.0)
    begun, done, running = time.monotonic(), 0, False
    try:
        for block in reader:
            yield block
            done += len(block)
            if not running and time.monotonic() - begun > _PROGRESS_AFTER:
                bar.start()
                running = True
            bar.update(task, completed=done, seconds=seconds_of(done, reader.format))
    finally:
        if running:
            bar.stop()


def seconds_of(size: int, format: AudioFormat) -> float:
    """Return how long `size` bytes of PCM last, seconds."""
    return size / format.sample_bytes / format.sample_rate


def summarise(found: Sequence[LabelledSegment], seconds: float) -> None:
    """Say on stderr how much speech there is, for a person who looks at a table."""
    speech = sum(row.segment.duration for row in found)
    share = f" ({100 * speech / seconds:.0f} %)" if seconds else ""
    what = "1 segment" if len(found) == 1 else f"{len(found)} segments"
    say(f"{what}, {speech:.2f} s of speech in {seconds:.2f} s{share}")
