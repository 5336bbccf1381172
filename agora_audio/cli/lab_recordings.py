"""What the commands of `lab` share: recordings with their references, as paths name them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated

import typer

from agora_audio.cli import report, say
from agora_audio.cli.options import open_sound
from agora_audio.cli.output import check_target, with_progress
from agora_audio.errors import AudioError, ConfigError
from agora_audio.lab.decide import Decider
from agora_audio.lab.detection import channel_of
from agora_audio.lab.features import FeatureCache, Features, features_of_dump
from agora_audio.lab.labels.dumps import dump_folder
from agora_audio.lab.metrics import intervals_of
from agora_audio.lab.recordings import Labels, LabelSet, listed, pair_up, read_label_set, sound_files, sound_of, stem_of
from agora_audio.lab.sweep import Recording
from agora_audio.vad.engines import create_engine

__all__ = [
    "Audio", "Cache", "Collar", "Label", "OneChannel", "Pause", "Ref", "Source", "Uem", "channel_number",
    "check_results", "recordings", "sounds", "standard_input", "with_sound",
]  # fmt: skip

_SOUND = "Sound"
Ref = Annotated[
    list[Path],
    typer.Option("--ref", metavar="PATH", help="What is speech: a label file, a folder of them; may be repeated."),
]
Audio = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="AUDIO",
        help="Recordings, folders of them, or dumps of calls; left out, the recordings beside the reference.",
        show_default=False,
    ),
]
Uem = Annotated[
    Path | None, typer.Option("--uem", metavar="FILE", help="What is scored; recordings not in it are not.")
]
Collar = Annotated[
    float, typer.Option(metavar="S", help="Not scored to each side of a boundary: half of pyannote's figure.")
]
Pause = Annotated[
    float, typer.Option(metavar="S", help="Utterances of the reference with a shorter pause between are one.")
]
Label = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="NAME", help="Only rows of the reference labelled so are speech; repeatable."),
]
OneChannel = Annotated[
    str, typer.Option("--channel", metavar="mix|N", rich_help_panel=_SOUND, help="What of a recording is heard.")
]
Cache = Annotated[
    Path | None,
    typer.Option("--cache", metavar="DIR", help="Keep there what the engine said, for a second run over the same."),
]


def standard_input() -> IO[bytes] | None:
    """Return what is piped in; None where nothing can be."""
    if sys.stdin is None or getattr(sys.stdin, "closed", False) or sys.stdin.isatty():
        return None
    return sys.stdin.buffer


def channel_number(channel: str) -> int | None:
    """Return the number of a channel, None for those that are none."""
    if channel in ("mix", "each"):
        return None
    if not re.fullmatch("[0-9]{1,9}", channel):
        raise ConfigError(f"--channel is {channel!r}, must be mix, each or the number of a channel from 0")
    return int(channel)


def sounds(reference: LabelSet, audio: Sequence[Path] | None) -> dict[str, Path]:
    """Return the recordings by their stems: those given, else those beside the reference."""
    if audio:
        return sound_files(audio)
    return {stem: sound_of(stem, labels) for stem, labels in reference.recordings.items()}


def with_sound(reference: LabelSet, given: Mapping[str, Path], hypothesis: LabelSet) -> LabelSet:
    """Leave out what the reference knows of recordings that were not given or could not be read."""
    if not hypothesis.recordings:
        raise ConfigError("no recording could be read: there is nothing to score")
    if len(reference.recordings) == 1 == len(given):
        return reference
    kept = {stem: labels for stem, labels in reference.recordings.items() if stem in hypothesis.recordings}
    if not kept and not reference.lists_all:
        raise ConfigError(
            f"no reference for {listed(hypothesis.recordings)}; there are labels for {listed(reference.recordings)}"
        )
    if left := [stem for stem in reference.recordings if stem not in given]:
        say(f"recordings of the reference that were not given, and are not scored: {len(left)}")
    return LabelSet(kept, reference.lists_all)


def check_results(outputs: Iterable[Path | None], ref: Sequence[Path], audio: Sequence[Path] | None) -> None:
    """Say before hours of work that a result cannot be written, or that labels or recordings would be overwritten."""
    inside = [path for folder in ref if folder.is_dir() for path in folder.iterdir()]
    for output in outputs:
        if output is not None:
            check_target(output, [*ref, *(audio or ()), *inside])


@dataclass(frozen=True)
class Source:
    """Which recordings, and how they are heard."""

    ref: Sequence[Path]
    audio: Sequence[Path] | None
    engine: str
    channel: str = "mix"
    uem: Path | None = None
    label: Sequence[str] | None = None
    cache: Path | None = None
    sample_rate: int | None = None
    channels: int | None = None


def recordings(source: Source) -> tuple[list[Recording], int]:
    """Label all recordings and pair them with their references; return them and the exit code of what went wrong.

    One that cannot be read is reported, and the others are done all the same.
    """
    create_engine(source.engine)  # a name that is unknown or not installed is one error, not one for each file
    if source.channel == "each":
        raise ConfigError("--channel is 'each', must be mix or the number of a channel from 0")
    number = channel_number(source.channel)
    reference = read_label_set(list(source.ref), source.label or (), standard_input())
    dumps = {stem_of(path.name): path for path in source.audio or () if dump_folder(path)}
    files = [path for path in source.audio or () if not dump_folder(path)]
    given = {**dumps, **(sounds(reference, files) if files or not dumps else {})}
    heard, worst = _heard(given, source)
    # Pairing keeps the labels' probabilities, by which its features are found again under whatever name it gives them.
    known = LabelSet({stem: _labels(features, number) for stem, features in heard.items()})
    by_labels = {id(features.voice_prob): features for features in heard.values()}
    pairs = pair_up(with_sound(reference, given, known), known, source.uem, number, say)
    return [
        Recording(
            pair.name,
            Decider(by_labels[id(pair.hypothesis.voice_prob)]),
            intervals_of(row.segment for row in pair.reference.rows),
            pair.uem,
        )
        for pair in pairs
    ], worst


def _labels(features: Features, channel: int | None) -> Labels:
    return Labels((), None, True, frozenset({channel}), features.voice_prob, features.duration)


def _heard(given: Mapping[str, Path], source: Source) -> tuple[dict[str, Features], int]:
    heard: dict[str, Features] = {}
    cache, worst = FeatureCache(source.cache), 0
    for stem, path in given.items():
        try:
            if dump_folder(path):
                heard[stem] = features_of_dump(path)
                continue
            with open_sound(str(path), source.sample_rate, source.channels) as reader:
                channel = channel_of(source.channel, reader.format)
                heard[stem] = cache.of_file(reader, with_progress(reader), source.engine, channel)
        except (AudioError, OSError) as error:
            worst = max(worst, report(error))
    return heard, worst
