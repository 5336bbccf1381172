"""``agora-audio lab report``: a page to look at and listen to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from agora_audio.cli import say
from agora_audio.cli.options import EngineOption, Rate, RawChannels, config_of_file, open_sound
from agora_audio.cli.output import check_target, with_progress
from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.detection import channel_of
from agora_audio.lab.labels.dumps import dump_folder
from agora_audio.lab.recordings import read_label_set, stem_of
from agora_audio.lab.report import Recording, record_blocks, record_dump, write_report
from agora_audio.lab.report.page import checked_page
from agora_audio.vad.config import PRESETS, AudioVadConfigV2
from agora_audio.vad.engines import create_engine
from agora_audio.vad.segments import Segment

__all__ = ["report"]

_SIDE_BY_SIDE = 4


def report(
    file: Annotated[
        str, typer.Argument(metavar="FILE|DUMP", help="A recording, - for stdin, or the folder of a dump.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The page to write, .html.")],
    ref: Annotated[
        list[Path] | None,
        typer.Option("--ref", metavar="PATH", help="What is speech: a label file or a folder of them; repeatable."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="NAME", help="Only rows of the reference labelled so are speech; repeatable."),
    ] = None,
    preset: Annotated[
        list[str] | None,
        typer.Option("--preset", metavar="NAME", help=f"A config to show: {', '.join(PRESETS)}; repeatable."),
    ] = None,
    config: Annotated[
        list[Path] | None,
        typer.Option("--config", metavar="FILE", help="A JSON file of fields to show; repeatable: side by side."),
    ] = None,
    engine: EngineOption = "silero",
    channel: Annotated[
        str, typer.Option("--channel", metavar="mix|N", rich_help_panel="Sound", help="All channels together, or one.")
    ] = "mix",
    sample_rate: Rate = None,
    channels: RawChannels = None,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Heading; the name if left out.")] = None,
    side_files: Annotated[
        bool | None,
        typer.Option(
            "--side-files/--one-file",
            help="Sound and curves in a folder beside the page, or all in the page; beside it above 15 minutes.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """Write one page that shows what a VAD saw and decided in a recording, and lets hear it.

    It opens in any browser and loads nothing from a network. Without --preset and --config it shows a dump's own
    config, or the defaults. docs/report.md says what is to be seen and which keys there are.
    """
    configs = _configs(preset or (), config or ())
    check_target(checked_page(output), [file, *(ref or ()), *(config or ())])
    dumped = dump_folder(Path(file)) if Path(file).is_dir() else None
    if Path(file).is_dir():
        _refuse_for_dumps(channel, sample_rate, channels)
        recording, heard = record_dump(file), "dump"
    else:
        create_engine(engine)
        recording, heard = _recorded(file, engine, channel, sample_rate, channels)
    reference = _reference(ref, label or (), dumped or Path(file), channel) if ref else None
    name = title or (dumped.name if dumped else "stdin" if file == "-" else Path(file).name)
    chosen = configs or {"dump" if dumped else "defaults": recording.trace.config}
    written = write_report(
        output, recording, chosen, reference=reference, title=name, engine=heard, side_files=side_files
    )
    beside = f", with {written[1].parent.name}/ to keep beside it" if len(written) > 1 else ""
    say(f"report written to {output} ({written[0].stat().st_size / 1e6:.1f} MB{beside})")
    return 0


def _configs(presets: Sequence[str], files: Sequence[Path]) -> dict[str, AudioVadConfigV2]:
    named = [(name, AudioVadConfigV2.preset(name)) for name in presets]
    named += [(path.stem, config_of_file(path)) for path in files]
    if len(named) > _SIDE_BY_SIDE:
        raise ConfigError(f"{len(named)} configs are given: {_SIDE_BY_SIDE} fit side by side")
    often = Counter(name for name, _ in named)
    return {name if often[name] == 1 else f"{name} ({k})": one for k, (name, one) in enumerate(named, 1)}


def _refuse_for_dumps(channel: str, sample_rate: int | None, channels: int | None) -> None:
    given = {
        "--channel": channel != "mix",
        "--sample-rate": sample_rate is not None,
        "--channels": channels is not None,
    }
    if names := [name for name, there in given.items() if there]:
        raise ConfigError(f"{' and '.join(names)} cannot be chosen for a dump: it holds what the VAD was given")


def _recorded(
    file: str, engine: str, channel: str, sample_rate: int | None, channels: int | None
) -> tuple[Recording, str]:
    with open_sound(file, sample_rate, channels) as reader:
        chosen = channel_of(channel, reader.format)
        recording = record_blocks(with_progress(reader), reader.format, None, engine, chosen)
        heard = "" if chosen == "mix" else f"channel {chosen} of {reader.format.channels}, "
    return recording, f"{heard}{engine}"


def _reference(ref: Sequence[Path], kinds: Sequence[str], source: Path, channel: str) -> list[Segment]:
    known = read_label_set(ref, kinds).recordings
    stem = stem_of(source.name)
    if stem not in known and len(known) != 1:
        raise FormatError(f"the reference speaks of {', '.join(list(known)[:5]) or 'nothing'}, not of {stem!r}")
    labels = known.get(stem) or next(iter(known.values()))
    rows = labels.of_channel(int(channel)) if channel.isdecimal() and len(labels.channels) > 1 else labels
    return [row.segment for row in rows.rows]
