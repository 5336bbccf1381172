"""``agora-audio apm run``: sound through the stages of audio processing."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from agora_audio.apm.stages import ApmStages
from agora_audio.cli.options import Rate, RawChannels
from agora_audio.cli.output import check_target
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
from agora_audio.errors import ConfigError
from agora_audio.writer import AudioWriter

__all__ = ["app"]

app = typer.Typer(help="Process sound: echo, noise, gain, other voices.", no_args_is_help=True)


@app.command()
@takes_stages
def run(
    file: Annotated[str, typer.Argument(metavar="IN", help="WAV, FLAC, OGG, MP3 or raw PCM; - for stdin.")],
    stages: ApmStages,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="OUT", help="WAV, FLAC, OGG, MP3 or .pcm, by its suffix; - for WAV to stdout."
        ),
    ] = None,
    far: Far = None,
    far_start: FarStart = None,
    plot: Plot = None,
    stats: Stats = False,
    dump: DumpOption = None,
    sample_rate: Rate = None,
    channels: RawChannels = None,
    out_rate: OutRate = None,
    out_channels: OutChannels = None,
) -> int:
    """Process a recording. The output lies beside the input, sample by sample: all delays are taken off.

    Stages run in the order high-pass, echo, noise, background voices, gain. docs/apm.md says when to use which.
    """
    if not stages.active:
        raise ConfigError("no stage is on: name some of --hpf, --aec, --ns, --bgvs, --agc, or --sdk")
    if output is None and plot is None and dump is None and not stats:
        raise ConfigError("there is nothing to write: give -o OUT, --plot FILE, --dump DIR or --stats")
    if output == "-" and sys.stdout.isatty():
        raise ConfigError("stdout is a terminal, which shows no sound: pipe it on, or name a file")
    if output is not None and output != "-":
        check_target(Path(output), [file, far])
    check_plot(plot, [file, far])
    raw, out = (sample_rate, channels), (out_rate, out_channels)
    with ExitStack() as opened:
        one = opened.enter_context(open_run(file, far, far_start, stages, None, raw, out, dump))
        writer = None
        if output is not None:
            place = sys.stdout.buffer if output == "-" else output
            writer = opened.enter_context(AudioWriter(place, one.processor.format))
        for _ in one.frames(writer, plot is not None):
            pass
        one.warn()
        if plot is not None:
            one.draw(plot, f"{Path(one.reader.name).name}: {', '.join(stages.active)}")
        if stats:
            print_stats(one.processor.stats(), to_stderr=output == "-")
    return 0
