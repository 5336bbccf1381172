"""What `apm run` and `process` share: the recording, the far end, the output, the statistics and the plot."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from agora_audio.apm.stages import ApmStages
from agora_audio.apm.statistics import ProcessorStats
from agora_audio.cli import say
from agora_audio.cli.options import open_sound
from agora_audio.cli.output import check_target, with_progress
from agora_audio.errors import ConfigError
from agora_audio.io import RAW_SUFFIXES, AudioReader
from agora_audio.lab.processing import ProcessingTrace, far_end_notes, process_blocks, written
from agora_audio.processor import ExternalAudioProcessor, ProcessedFrame
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.writer import AudioWriter

__all__ = [
    "DumpOption",
    "Far",
    "FarStart",
    "OutChannels",
    "OutRate",
    "Plot",
    "Run",
    "Stats",
    "check_plot",
    "open_run",
    "print_stats",
]

_SOUND = "Sound"
_FAR = "Far end"
Far = Annotated[
    str | None,
    typer.Option(
        "--far", metavar="FILE", rich_help_panel=_FAR, help="What the loudspeaker played: the echo for --aec."
    ),
]
FarStart = Annotated[
    float | None,
    typer.Option("--far-start", metavar="S", rich_help_panel=_FAR, help="Second of the recording at which it began."),
]
OutRate = Annotated[
    int | None,
    typer.Option(
        "--out-rate", metavar="HZ", rich_help_panel=_SOUND, help="Rate of the output [dim]\\[the input's][/dim]"
    ),
]
OutChannels = Annotated[
    int | None,
    typer.Option(
        "--out-channels", metavar="N", rich_help_panel=_SOUND, help="Channels of the output [dim]\\[the input's][/dim]"
    ),
]
Plot = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE", help="Draw before and after: PNG, SVG or PDF, by its suffix.")
]
Stats = Annotated[
    bool, typer.Option("--stats", help="Print levels, gain, echo, clipping and speed of each stage; JSON into a pipe.")
]
DumpOption = Annotated[
    Path | None,
    typer.Option("--dump", metavar="DIR", help="Write what each stage got and gave into a dated folder there."),
]


class Run:
    """One recording on its way through a processor."""

    def __init__(
        self, reader: AudioReader, far: AudioReader | None, far_start: float | None, processor: ExternalAudioProcessor
    ) -> None:
        self.reader = reader
        self.processor = processor
        self._far = far
        self._far_start = far_start
        self._trace: ProcessingTrace | None = None

    def frames(self, output: AudioWriter | None, traced: bool) -> Iterator[ProcessedFrame]:
        """Go through the recording, and write what is processed, without its delay."""
        trace = self._trace = ProcessingTrace(self.reader.format) if traced else None
        blocks: Iterator[bytes] = with_progress(self.reader)
        if trace is not None:
            blocks = map(trace.note_input, blocks)
        processed = process_blocks(self.processor, blocks, self.reader.format, self._far, self._far_start)
        if output is not None:
            processed = written(processed, output, self.processor, self.reader)
        for frames in processed:
            if trace is not None:
                trace.note_output(frames)
            yield from frames

    def draw(self, path: Path, title: str) -> None:
        """Draw the sound before and after."""
        from agora_audio.lab.plots import save_figure
        from agora_audio.lab.plots.processing import plot_processing

        assert self._trace is not None
        result = self._trace.result(self.processor.format, self.processor.delay)
        save_figure(plot_processing(result, title=title), path)
        say(f"plot written to {path}")

    def warn(self) -> None:
        """Say what of the far end was not there in time or left over."""
        for note in far_end_notes(self.processor.stats(), self._far):
            say(note)


@contextmanager
def open_run(
    file: str,
    far: str | None,
    far_start: float | None,
    stages: ApmStages,
    vad: tuple[AudioVadConfigV2, str] | None,
    raw: tuple[int | None, int | None],
    out: tuple[int | None, int | None],
    dump: Path | None,
) -> Iterator[Run]:
    """Open a recording, its far end and a processor for them.

    Parameters
    ----------
    file, far
        Their names; - for stdin.
    far_start
        Time in the recording at which the far end begins, seconds; None: its beginning.
    stages
        What is done.
    vad
        Config and engine; None: no VAD.
    raw
        Rate and channels of raw PCM.
    out
        Rate and channels of the output; None: the input's.
    dump
        Folder for the sound between the stages.
    """
    if stages.echo is not None and far is None:
        raise ConfigError("--aec takes out what the loudspeaker played: give it by --far FILE")
    if far is not None and stages.echo is None:
        raise ConfigError("--far is of use with --aec only: switch it on")
    if far_start is not None and far is None:
        raise ConfigError("--far-start is of use with --far only")
    if file == far == "-":
        raise ConfigError("recording and far end cannot both be stdin")
    with ExitStack() as opened:
        reader = opened.enter_context(open_sound(file, *raw))
        far_reader = None
        if far is not None:
            # What raw sound is says nothing of a far end that has a header.
            is_raw = far == "-" or Path(far).suffix.lower() in RAW_SUFFIXES
            far_reader = opened.enter_context(open_sound(far, *(raw if is_raw else (None, None))))
        processor = ExternalAudioProcessor(
            stages if stages.active else None,
            vad[0] if vad else None,
            out[0] if out[0] is not None else reader.format.sample_rate,
            out[1] if out[1] is not None else reader.format.channels,
            engine=vad[1] if vad else "silero",
            dump=dump,
            clock=time.perf_counter,
        )
        opened.callback(processor.release)
        yield Run(reader, far_reader, far_start, processor)
        if processor.dump_directory is not None:
            say(f"dump written to {processor.dump_directory}")


def check_plot(path: Path | None, inputs: list[str | None]) -> None:
    """Say at once that a plot cannot be drawn or written."""
    if path is not None:
        from agora_audio.lab.plots import check_figure_path

        check_target(path, inputs)
        check_figure_path(path)


def print_stats(stats: ProcessorStats, to_stderr: bool = False) -> None:
    """Print statistics: a table on a terminal, JSON into a pipe."""
    stream = sys.stderr if to_stderr else sys.stdout
    if not stream.isatty():
        json.dump(asdict(stats), stream, indent=2)
        stream.write("\n")
        return
    columns = ("", "in dB", "out dB", "gain dB", "floor in", "floor out", "clipped", "delay ms", "x real time")
    rows: list[tuple[str, ...]] = [columns]
    for name, one in (*stats.stages.items(), ("total", stats.total)):
        speed = "-" if not one.real_time_factor else f"{1 / one.real_time_factor:.0f}"
        levels = (one.level_in_db, one.level_out_db, one.gain_db, one.noise_floor_in_db, one.noise_floor_out_db)
        rows.append((name, *(f"{value:.1f}" for value in levels), str(one.clipped_out), f"{one.delay_ms:.1f}", speed))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        stream.write("  ".join(cells).rstrip() + "\n")
    for line in _echo_lines(stats):
        stream.write(line + "\n")


def _echo_lines(stats: ProcessorStats) -> list[str]:
    echo, far = stats.echo, stats.far_end
    if echo is None or far is None:
        return []
    enhancement = _or_unknown(echo.return_loss_enhancement_db, "{:.1f} dB")
    drift = echo.drift_ppm if echo.drift_ppm is not None else far.drift_ppm
    return [
        f"echo: heard for {echo.heard_s:.1f} s, return loss enhancement {enhancement}, "
        f"delay {_or_unknown(echo.delay_ms, '{:.0f} ms')}, clock drift {_or_unknown(drift, '{:+.0f} ppm')}",
        f"far end: {far.pushed_s:.2f} s, missing {far.missing_s:.2f} s, late {far.late_s:.2f} s",
    ]


def _or_unknown(value: Any, text: str) -> str:
    return "not known" if value is None else text.format(value)
