"""What a batch does with a recording: find the speech in it, or process its sound first."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from agora_audio.apm.stages import ApmStages
from agora_audio.errors import ConfigError
from agora_audio.frames import AudioFormat
from agora_audio.io import AudioReader
from agora_audio.lab.batch.items import Item, printable
from agora_audio.lab.batch.storage import fetched
from agora_audio.lab.batch.task import Target
from agora_audio.lab.detection import ChannelDetectors, open_recording
from agora_audio.lab.labels import FORMATS, LabelledSegment, LabelWriter
from agora_audio.lab.labels.formats import known_format
from agora_audio.lab.processing import far_end_notes, process_blocks, written
from agora_audio.processor import ExternalAudioProcessor
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.engines import create_engine
from agora_audio.writer import SOUND_FILES, AudioWriter

__all__ = ["Detect", "Process"]


@dataclass(frozen=True)
class Detect:
    """Write a label file of the speech in a recording.

    Examples
    --------
    >>> Detect(engine="webrtc", format="rttm").suffixes
    ('.rttm',)
    """

    config: AudioVadConfigV2 = field(default_factory=AudioVadConfigV2)
    """When speech starts and stops."""
    engine: str = "silero"
    """What judges the sound."""
    format: str = "jsonl"
    """Of the label files."""
    channel: str = "mix"
    """``mix``, the number of a channel, or ``each``."""
    sample_rate: int | None = None
    """Of raw PCM, Hz; None: 16000."""
    channels: int | None = None
    """Of raw PCM; None: 1."""

    def __post_init__(self) -> None:
        known_format(self.format)
        create_engine(self.engine)  # one that is unknown or not installed is one error, not one for each recording
        if self.channel not in ("mix", "each") and not self.channel.isdecimal():
            raise ConfigError(f"channel is {self.channel!r}, must be mix, each or a number from 0")
        if self.channel == "each" and not FORMATS[self.format].channels:
            several = ", ".join(name for name, spec in FORMATS.items() if spec.channels)
            raise ConfigError(f"format {self.format} cannot tell channels apart: take one of {several}")
        _check_raw(self.sample_rate, self.channels)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Suffixes of what is written."""
        return (FORMATS[self.format].suffix,)

    def __call__(self, item: Item, sound: Path, target: Target) -> dict[str, Any]:
        """Write the labels of one recording, see `Work`."""
        labels = target.path(*self.suffixes)
        rows: list[LabelledSegment] = []
        with open_recording(sound, self.sample_rate, self.channels) as reader:
            detectors = ChannelDetectors(reader.format, self.config, self.engine, self.channel)
            name = printable(item.name)
            for block in _lively(reader, target):
                rows += [LabelledSegment(segment, name, number) for segment, number in detectors.push(block)]
            rows += [LabelledSegment(segment, name, number) for segment, number in detectors.flush()]
        _write_labels(labels, self.format, rows, name, reader)
        return _found(rows, reader)


@dataclass(frozen=True)
class Process:
    """Process the sound of a recording, and write it and the labels of the speech in what came out.

    Labels are in the times of the recording, and the sound lies beside it: all delays are taken off.
    """

    stages: ApmStages = field(default_factory=ApmStages)
    """What is done with the sound."""
    config: AudioVadConfigV2 = field(default_factory=AudioVadConfigV2)
    """When speech starts and stops."""
    engine: str = "silero"
    """What judges the sound."""
    format: str = "jsonl"
    """Of the label files."""
    audio: str = "wav"
    """Of the sound files: wav, flac, ogg, mp3 or pcm."""
    sample_rate: int | None = None
    """Of raw PCM, Hz; None: 16000."""
    channels: int | None = None
    """Of raw PCM; None: 1."""
    out_rate: int | None = None
    """Of the output, Hz; None: the recording's."""
    out_channels: int | None = None
    """Of the output; None: the recording's."""
    stats: bool = False
    """Whether levels, gain, echo and clipping of each stage are put into the manifest."""

    def __post_init__(self) -> None:
        known_format(self.format)
        create_engine(self.engine)
        if f".{self.audio}" not in SOUND_FILES:
            raise ConfigError(f"audio is {self.audio!r}, must be one of {', '.join(one[1:] for one in SOUND_FILES)}")
        _check_raw(self.sample_rate, self.channels)
        # Stages that are not installed, or do not go together, are one error as well.
        with self._processor(AudioFormat(self.out_rate or 16000, self.out_channels or 1)):
            pass

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Suffixes of what is written."""
        return (f".{self.audio}", FORMATS[self.format].suffix)

    def __call__(self, item: Item, sound: Path, target: Target) -> dict[str, Any]:
        """Process one recording, see `Work`."""
        if (self.stages.echo is not None) != (item.far is not None):
            needs = "a far end is needed for echo cancelling: name it in the manifest, or the folder by --far"
            raise ConfigError(needs if item.far is None else "a far end is of use with echo cancelling only")
        audio, labels = map(target.path, self.suffixes)
        rows: list[LabelledSegment] = []
        name = printable(item.name)
        with ExitStack() as opened:
            reader = opened.enter_context(open_recording(sound, self.sample_rate, self.channels))
            far = None
            if item.far is not None:
                near_end = opened.enter_context(fetched(item.far, target.alive))
                far = opened.enter_context(open_recording(near_end, self.sample_rate, self.channels))
            processor = opened.enter_context(self._processor(reader.format))
            writer = opened.enter_context(AudioWriter(audio, processor.format))
            processed = process_blocks(processor, _lively(reader, target), reader.format, far, item.far_start)
            for frames in written(processed, writer, processor, reader):
                rows += [LabelledSegment(done.segment, name) for done in frames if done.segment is not None]
        stats = processor.stats()
        reader.notes += [*(far.notes if far else ()), *far_end_notes(stats, far)]
        _write_labels(labels, self.format, rows, name, reader)
        return {**_found(rows, reader), **({"stats": asdict(stats)} if self.stats else {})}

    def _processor(self, format: AudioFormat) -> ExternalAudioProcessor:
        return ExternalAudioProcessor(
            self.stages if self.stages.active else None,
            self.config,
            format.sample_rate if self.out_rate is None else self.out_rate,
            format.channels if self.out_channels is None else self.out_channels,
            engine=self.engine,
            clock=time.perf_counter,
        )


def _check_raw(sample_rate: int | None, channels: int | None) -> None:
    if sample_rate is not None or channels is not None:
        AudioFormat(16000 if sample_rate is None else sample_rate, 1 if channels is None else channels)


def _lively(blocks: Iterable[bytes], target: Target) -> Iterator[bytes]:
    for block in blocks:
        yield block
        target.alive()


def _write_labels(path: Path, format: str, rows: Sequence[LabelledSegment], name: str, reader: AudioReader) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as stream:
        writer = LabelWriter(stream, format)
        for row in rows:
            writer.write(row)
        writer.close({name: reader.seconds_read})


def _found(rows: Sequence[LabelledSegment], reader: AudioReader) -> dict[str, Any]:
    """Return what is worth knowing of a recording without opening its labels."""
    found: dict[str, Any] = {
        "duration": round(reader.seconds_read, 6),
        "segments": len(rows),
        "speech": round(sum(row.segment.duration for row in rows), 6),
    }
    return {**found, "notes": reader.notes} if reader.notes else found
