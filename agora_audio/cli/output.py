"""How results leave a command: a table for a person, label files for programs, progress and notes on stderr."""

from __future__ import annotations

import errno
import io
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from agora_audio.cli import say
from agora_audio.errors import AudioError, ConfigError
from agora_audio.io import AudioReader
from agora_audio.lab.labels import FORMATS, LabelledSegment, LabelWriter, format_of_suffix

__all__ = ["OutputFailed", "Rows", "check_place", "check_target", "open_rows", "summarise", "with_progress"]

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

    _COLUMNS = ("start", "end", "length", "START after", "STOP after")

    def __init__(self, with_file: bool, with_channel: bool) -> None:
        self._with_file = with_file
        self._with_channel = with_channel
        self._file: str | None = None

    def write(self, row: LabelledSegment) -> None:
        """Print the row, before the first of a recording its name and a header."""
        segment = row.segment
        if self._file is None or (self._with_file and row.file != self._file):
            self._file = row.file
            if self._with_file:
                self._line(row.file)
            self._print_header()
        times = [f"{value:11.3f}" for value in (segment.start, segment.end, segment.duration)]
        delays = [segment.started_at - segment.start, segment.ended_at - segment.end]
        times += [f"{f'+{delay:.2f} s':>11}" for delay in delays]
        self._print(times, "mix" if row.channel is None else str(row.channel))

    def close(self, durations: dict[str, float]) -> None:
        """Into a pipe, print the header where nobody spoke; on a terminal a line of its own says so."""
        if self._file is None and not sys.stdout.isatty():
            self._print_header()

    def _print_header(self) -> None:
        self._print([f"{title:>11}" for title in self._COLUMNS], "channel")

    def _print(self, cells: Sequence[str], channel: str) -> None:
        self._line("  ".join([*cells, f"{channel:>7}"] if self._with_channel else cells))

    def _line(self, text: str) -> None:
        # A name that the terminal cannot show ends no run.
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
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
        yield _Guarded(LabelWriter(sys.stdout, chosen), "standard output")
    else:
        check_target(output, inputs)
        with _Late(output) as stream:
            yield _Guarded(LabelWriter(stream, chosen), str(output))


def check_place(output: Path) -> None:
    """Say at once, before hours of work, that a file cannot be made there."""
    if output.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(output))
    if not output.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(output))


def check_target(output: Path, inputs: Iterable[str | os.PathLike[str] | None]) -> None:
    """Say at once, before any work, that an output cannot be made there or would overwrite an input."""
    check_place(output)
    if output.exists() and any(name and Path(name).exists() and output.samefile(name) for name in inputs):
        raise ConfigError(f"{output} is what is to be read: name another file to write to")


class OutputFailed(AudioError):
    """The results cannot be written: there is no use in going on."""


class _Guarded:
    """A writer whose failures are told from those of the input."""

    def __init__(self, writer: LabelWriter, target: str) -> None:
        self._writer = writer
        self._target = target

    def write(self, row: LabelledSegment) -> None:
        with self._told():
            self._writer.write(row)

    def close(self, durations: dict[str, float]) -> None:
        with self._told():
            self._writer.close(durations)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputFailed(f"cannot write to {self._target}: {error.strerror or error}") from None


class _Late(io.StringIO):
    """A text file that is opened when there is something to write: a run that fails before empties no file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file: IO[str] | None = None

    def write(self, text: str) -> int:
        if self._file is None:
            self._file = self._path.open("w", encoding="utf-8", newline="\n")
        return self._file.write(text)

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()


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
            bar.update(task, completed=done, seconds=reader.seconds_read)
    finally:
        if running:
            bar.stop()


def summarise(found: Sequence[LabelledSegment], seconds: float) -> None:
    """Say on stderr how much speech there is, for a person who looks at a table."""
    speech = sum(row.segment.duration for row in found)
    share = f" ({100 * speech / seconds:.0f} %)" if seconds else ""
    what = "1 segment" if len(found) == 1 else f"{len(found)} segments"
    say(f"{what}, {speech:.2f} s of speech in {seconds:.2f} s{share}")
