"""``agora-audio vad``: dump, detect, plot, replay."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from agora_audio.cli import report, say
from agora_audio.cli.options import ChannelChoice, EngineOption, Rate, RawChannels, open_sound, takes_config
from agora_audio.cli.output import OutputFailed, Rows, open_rows, summarise, with_progress
from agora_audio.errors import AudioError
from agora_audio.frames import AudioFormat, AudioFrame, Channel, Framer, pick_channel
from agora_audio.io import AudioReader
from agora_audio.lab.detection import ChannelDetectors, channel_of
from agora_audio.lab.labels import FORMATS, LabelledSegment
from agora_audio.lab.trace import trace_blocks
from agora_audio.vad.audio_vad import AudioVadV2
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.dump import VadDump, dated_runs, read_dump, replay
from agora_audio.vad.engines import Engine, create_engine
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState

__all__ = ["File", "Format", "Output", "announced", "app"]

app = typer.Typer(help="Find speech: detect, dump, replay, plot.", no_args_is_help=True)

_FORMAT_NAMES = f"table, {', '.join(FORMATS)}"
_SUFFIXES = ", ".join(spec.suffix if spec.suffix != ".txt" else f".txt ({name})" for name, spec in FORMATS.items())
File = Annotated[str, typer.Argument(metavar="FILE", help="WAV, FLAC, OGG, MP3 or raw PCM; - for stdin.")]
OneChannel = Annotated[
    str, typer.Option("--channel", metavar="mix|N", rich_help_panel="Sound", help="All channels together, or one.")
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help=f"{_FORMAT_NAMES}. Table on a terminal, else jsonl.",
        autocompletion=lambda: ["table", *FORMATS],
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help=f"Write there; the suffix names the format: {_SUFFIXES}."),
]


@app.command()
@takes_config
def detect(
    files: Annotated[list[str], typer.Argument(metavar="FILES...", help="Recordings; - for stdin, as it comes.")],
    config: AudioVadConfigV2,
    engine: EngineOption = "silero",
    format: Format = None,
    output: Output = None,
    channel: ChannelChoice = "mix",
    sample_rate: Rate = None,
    channels: RawChannels = None,
) -> int:
    """Print where speech begins and ends, a line a segment as soon as it is known.

    A file that cannot be read is reported; the others are done all the same.
    """
    worst = 0
    durations: dict[str, float] = {}
    found: list[LabelledSegment] = []
    create_engine(engine)  # a name that is unknown or not installed is one error, not one for each file
    with open_rows(format, output, files, with_channel=channel == "each") as rows:
        for name in files:
            try:
                with open_sound(name, sample_rate, channels) as reader:
                    found += _detect_one(reader, config, engine, channel, rows, durations)
            except (BrokenPipeError, OutputFailed):
                raise
            except KeyboardInterrupt:
                rows.close(durations)  # what was found is shown, also in the formats that are written at the end
                raise
            except (AudioError, OSError) as error:
                worst = max(worst, report(error))
        if durations:
            rows.close(durations)
    if sys.stdout.isatty() and durations:
        summarise(found, sum(durations.values()))
    return worst


def _detect_one(
    reader: AudioReader,
    config: AudioVadConfigV2,
    engine: str,
    channel: str,
    rows: Rows,
    durations: dict[str, float],
) -> list[LabelledSegment]:
    detectors = ChannelDetectors(reader.format, config, engine, channel)
    found: list[LabelledSegment] = []

    def write(new: list[tuple[Segment, int | None]]) -> None:
        for segment, number in new:
            found.append(LabelledSegment(segment, reader.name, number))
            rows.write(found[-1])

    settled = True
    try:
        for block in with_progress(reader):
            settled = False
            write(detectors.push(block))
            settled = True
    finally:
        # Also when the pipe is ended from the keyboard: speech that is open is not lost. Half a block has no end.
        if settled:
            write(detectors.flush())
        durations[reader.name] = reader.seconds_read
    return found


@app.command()
@takes_config
def dump(
    file: File,
    config: AudioVadConfigV2,
    out: Annotated[
        Path, typer.Option("--out", "-O", metavar="DIR", help="Folder in which the dated folder of the run is made.")
    ] = Path("vad_dump"),
    engine: EngineOption = "silero",
    format: Format = None,
    output: Output = None,
    channel: OneChannel = "mix",
    sample_rate: Rate = None,
    channels: RawChannels = None,
) -> int:
    """Write what the VAD saw and decided, frame by frame, in the layout of the SDK's VadDump, and print the speech.

    `agora-audio vad replay` runs another config over the dump. docs/vad.md says what each file in it is.
    """
    with open_sound(file, sample_rate, channels) as reader:
        chosen = channel_of(channel, reader.format)
        found: list[LabelledSegment] = []
        vad, labeller = AudioVadV2(config), create_engine(engine)
        with open_rows(format, output, [file]) as rows, announced(VadDump(out, config)) as target:
            for frame in _labelled(reader, labeller, chosen):
                state, data = vad.process(frame)
                closed = vad.segment if state is VadState.STOP_SPEAKING else None
                target.write(frame, data, state, closed)
                _write(rows, found, closed, reader.name, chosen)
            closed = vad.segment if vad.flush().state is VadState.STOP_SPEAKING else None
            target.close(closed)
            _write(rows, found, closed, reader.name, chosen)
            rows.close({reader.name: reader.seconds_read})
    if sys.stdout.isatty():
        summarise(found, reader.seconds_read)
    return 0


@contextmanager
def announced(dump: VadDump) -> Iterator[VadDump]:
    """Say where a dump went, also one that was ended early from the keyboard."""
    with dump:
        try:
            yield dump
        finally:
            say(f"dump written to {dump.directory}")


def _labelled(reader: AudioReader, engine: Engine, channel: Channel) -> Iterator[AudioFrame]:
    """Go through a recording frame by frame, as a live call would."""
    framer = Framer(reader.format if channel == "mix" else AudioFormat(reader.format.sample_rate))
    for block in with_progress(reader):
        if channel != "mix":
            samples = np.frombuffer(block, "<i2").reshape(-1, reader.format.channels)
            block = pick_channel(samples, channel).tobytes()
        for frame in framer.push(block):
            yield from engine.push(frame)
    for frame in framer.flush():
        yield from engine.push(frame)
    yield from engine.flush()


def _write(rows: Rows, found: list[LabelledSegment], segment: Segment | None, name: str, channel: Channel) -> None:
    if segment is not None:
        found.append(LabelledSegment(segment, name, None if channel == "mix" else channel))
        rows.write(found[-1])


@app.command(name="replay")
@takes_config
def replay_command(
    dumped: Annotated[
        Path, typer.Argument(metavar="DUMPDIR", help="A dump made here or by the SDK; of several in it the newest.")
    ],
    config: AudioVadConfigV2 | None,
    format: Format = None,
    output: Output = None,
) -> int:
    """Run another config over the labels of a dump: no sound, no engine, at once.

    Without any VAD parameter it is the dump's own config, which a dump of the SDK does not hold: then the defaults.
    """
    runs = dated_runs(dumped)
    if len(runs) > 1:
        say(f"{dumped} holds {len(runs)} runs: the newest is taken, {runs[-1].name}")
        dumped = runs[-1]
    labels = read_dump(dumped)
    chosen = config or labels.config or AudioVadConfigV2()
    found = [LabelledSegment(s, str(dumped)) for _, s in replay(labels, chosen) if s is not None]
    seconds = labels.format.frame_time(len(labels.states) - 1)
    with open_rows(format, output, [str(path) for path in dumped.rglob("*")]) as rows:
        for row in found:
            rows.write(row)
        rows.close({str(dumped): seconds})
    recorded = int(np.count_nonzero(labels.states == VadState.START_SPEAKING))
    if not labels.exact:
        say("levels and probabilities of this dump are rounded: a frame at a threshold may fall on the other side")
    if sys.stdout.isatty():
        summarise(found, seconds)
    say(f"segments: {recorded} in the dump, {len(found)} with this config")
    return 0


@app.command()
@takes_config
def plot(
    file: File,
    config: AudioVadConfigV2,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="PNG, SVG or PDF, by its suffix.")],
    engine: EngineOption = "silero",
    channel: OneChannel = "mix",
    sample_rate: Rate = None,
    channels: RawChannels = None,
    start: Annotated[float, typer.Option(metavar="S", help="First second to draw.")] = 0.0,
    end: Annotated[float | None, typer.Option(metavar="S", help="Last second to draw; the end if left out.")] = None,
) -> int:
    """Draw waveform, probability and level with their thresholds, segments and states."""
    from agora_audio.lab.plots import plot_vad, save_figure

    with open_sound(file, sample_rate, channels) as reader:
        blocks = with_progress(reader)
        trace = trace_blocks(blocks, reader.format, config, engine, channel_of(channel, reader.format))
    heard = "" if channel == "mix" else f", channel {channel} of {reader.format.channels}"
    title = f"{Path(reader.name).name}{heard}, {engine}"
    save_figure(plot_vad(trace, title=title, start=start, end=end), output)
    say(f"plot written to {output}")
    return 0
