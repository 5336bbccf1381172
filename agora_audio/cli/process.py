"""``agora-audio process``: audio processing and VAD in one, as `ExternalAudioProcessor` does it in a call."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from agora_audio.apm.stages import ApmStages
from agora_audio.cli import say
from agora_audio.cli.options import EngineOption, Rate, RawChannels, takes_config
from agora_audio.cli.output import open_rows, summarise
from agora_audio.cli.processing import (
    DumpOption,
    Far,
    FarStart,
    OutChannels,
    OutRate,
    Plot,
    Stats,
    check_plot,
    open_run,
    print_stats,
)
from agora_audio.cli.stage_options import takes_stages
from agora_audio.cli.vad import File, Format, Output, announced
from agora_audio.lab.labels import LabelledSegment
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.dump import VadDump
from agora_audio.vad.segments import Segment
from agora_audio.writer import AudioWriter

__all__ = ["process"]


@takes_config
@takes_stages
def process(
    file: File,
    stages: ApmStages,
    config: AudioVadConfigV2,
    out: Annotated[
        Path, typer.Option("--out", "-O", metavar="DIR", help="Folder in which the dated folder of the run is made.")
    ] = Path("vad_dump"),
    far: Far = None,
    far_start: FarStart = None,
    engine: EngineOption = "silero",
    format: Format = None,
    output: Output = None,
    plot: Plot = None,
    stats: Stats = False,
    dump: DumpOption = None,
    sample_rate: Rate = None,
    channels: RawChannels = None,
    out_rate: OutRate = None,
    out_channels: OutChannels = None,
) -> int:
    """Process a recording, find the speech in what comes out, and print it in the times of the input.

    Writes what `vad dump` writes, of the processed sound, and beside it processed.wav, from which all delays are taken
    off. Without a stage it is the VAD alone.
    """
    check_plot(plot, [file, far])
    raw, out_format = (sample_rate, channels), (out_rate, out_channels)
    found: list[LabelledSegment] = []
    with ExitStack() as opened:
        one = opened.enter_context(open_run(file, far, far_start, stages, (config, engine), raw, out_format, dump))
        rows = opened.enter_context(open_rows(format, output, [name for name in (file, far) if name]))
        target = opened.enter_context(announced(VadDump(out, config)))
        assert target.directory is not None
        writer = opened.enter_context(AudioWriter(target.directory / "processed.wav", one.processor.format))
        for done in one.frames(writer, plot is not None):
            assert done.vad_state is not None
            late = _later(done.segment, one.processor.delay) if done.segment is not None else None
            target.write(done.frame, done.vad_data, done.vad_state, late)
            if done.segment is not None:
                found.append(LabelledSegment(done.segment, one.reader.name))
                rows.write(found[-1])
        rows.close({one.reader.name: one.reader.seconds_read})
        one.warn()
        if plot is not None:
            one.draw(plot, f"{Path(one.reader.name).name}: {', '.join((*stages.active, engine))}")
        if stats:
            print_stats(one.processor.stats(), to_stderr=not sys.stdout.isatty())
        if sys.stdout.isatty():
            summarise(found, one.reader.seconds_read)
        if one.processor.delay:
            say(f"the dump is in the time of the output, {1000 * one.processor.delay:.1f} ms behind the input")
    return 0


def _later(segment: Segment, seconds: float) -> Segment:
    return Segment(*(time + seconds for time in segment.to_dict().values()))
