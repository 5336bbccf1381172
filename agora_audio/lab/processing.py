"""A recording through an `ExternalAudioProcessor`, and what it was like before and after: for plots and notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.stages import ApmStages
from agora_audio.apm.statistics import ProcessorStats
from agora_audio.errors import FormatError
from agora_audio.frames import PCM, AudioFormat, pick_channel
from agora_audio.io import AudioReader, Source, open_audio
from agora_audio.processor import ExternalAudioProcessor, ProcessedFrame
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.engines import Engine
from agora_audio.vad.segments import Segment
from agora_audio.writer import AudioWriter, UndelayedWriter

__all__ = ["BeforeAfter", "ProcessingTrace", "far_end_notes", "process_blocks", "process_recording", "written"]

# The end of what is pushed is still in the resampler where rates differ.
_AHEAD_S = 0.05


def process_blocks(
    processor: ExternalAudioProcessor,
    blocks: Iterable[bytes],
    format: AudioFormat,
    far: AudioReader | None = None,
    far_start: float | None = None,
) -> Iterator[list[ProcessedFrame]]:
    """Send a recording through a processor, block by block, with the far end of the same time before each block.

    Parameters
    ----------
    processor
        With no stream in it; flushed at the end, not released.
    blocks, format
        The near end, such as an `AudioReader` and its format.
    far
        What the loudspeaker played; None: nothing.
    far_start
        Time in the near end at which it began to, seconds; None: its beginning.

    Yields
    ------
    list of ProcessedFrame
        What each block, and the flush, gave.
    """
    rest = iter(far) if far is not None else iter(())
    pushed, passed = far_start or 0.0, 0.0
    for block in blocks:
        passed += len(block) / format.sample_bytes / format.sample_rate
        while far is not None and pushed < passed + _AHEAD_S and (piece := next(rest, None)) is not None:
            processor.push_far_end(piece, far.format.sample_rate, far.format.channels, far_start)
            far_start = None
            pushed += len(piece) / far.format.sample_bytes / far.format.sample_rate
        yield processor.push_audio_pcm_data(block, format.sample_rate, format.channels)
    yield processor.flush()


def written(
    processed: Iterable[list[ProcessedFrame]],
    output: AudioWriter,
    processor: ExternalAudioProcessor,
    source: AudioReader,
) -> Iterator[list[ProcessedFrame]]:
    """Write what `process_blocks` gives, without its delay and no longer than the source, and hand it on."""
    undelayed: UndelayedWriter | None = None
    for frames in processed:
        if frames:
            undelayed = undelayed or UndelayedWriter(output, processor.delay)
            sound = np.frombuffer(b"".join(done.frame.pcm for done in frames), PCM)
            undelayed.write(sound.reshape(-1, output.format.channels), source.seconds_read)
        yield frames


def far_end_notes(stats: ProcessorStats, far: AudioReader | None) -> list[str]:
    """Return what a person should know of a far end that was read: what of it was missing, or left over."""
    known = stats.far_end
    if known is None or far is None:
        return []
    notes = []
    if known.missing_s > 0.02:
        notes.append(
            f"the far end is {known.missing_s:.2f} s shorter than the recording: silence was taken for the rest"
        )
    # Of a pipe nobody knows how much more there is.
    total = far.frames / far.format.sample_rate if far.frames is not None else 0.0
    unused = known.waiting_s + max(0.0, total - far.seconds_read)
    if unused > 0.02:
        notes.append(f"the far end is {unused:.2f} s longer than the recording: the rest was not used")
    return notes


@dataclass(frozen=True)
class BeforeAfter:
    """A recording before and after processing, at one rate and on one time axis: all delays are taken off."""

    rate: int
    """Samples a second of both."""
    before: NDArray[np.int16]
    """Mean of the channels as they came, shape (n,)."""
    after: NDArray[np.int16]
    """Mean of the channels as they were given, shape (n,)."""
    segments: tuple[Segment, ...]
    """Speech found in it, in order; empty without a VAD."""
    with_vad: bool
    """Whether speech was looked for."""

    @property
    def duration(self) -> float:
        """Length, seconds."""
        return len(self.before) / self.rate


def process_recording(
    path_or_stream: Source,
    stages: ApmStages,
    config: AudioVadConfigV2 | None = None,
    *,
    engine: str | Engine = "silero",
    far: Source | None = None,
    far_start: float | None = None,
) -> tuple[BeforeAfter, ProcessorStats]:
    """Process a recording and look for speech in what comes out.

    Parameters
    ----------
    path_or_stream
        The near end.
    stages
        Which stages are on.
    config, engine
        As of `detect_speech`.
    far, far_start
        What the loudspeaker played, and from which second of the near end on; None: nothing, and from its beginning.

    Returns
    -------
    BeforeAfter
        The sound before and after, and the speech.
    ProcessorStats
        Levels, delays and the cost of each stage.
    """
    with ExitStack() as opened:
        near = opened.enter_context(open_audio(path_or_stream))
        echo = None if far is None else opened.enter_context(open_audio(far))
        format = near.format
        processor = ExternalAudioProcessor(
            stages, config or AudioVadConfigV2(), format.sample_rate, format.channels, engine=engine
        )
        trace = ProcessingTrace(format)
        blocks = (trace.note_input(block) for block in near)
        for done in process_blocks(processor, blocks, format, echo, far_start):
            trace.note_output(done)
        result, stats = trace.result(processor.format, processor.delay), processor.stats()
        processor.release()
    return result, stats


class ProcessingTrace:
    """Keep the sound before and after, as it passes; a minute of 16 kHz takes 4 MB.

    Parameters
    ----------
    source
        Format of the input.
    """

    def __init__(self, source: AudioFormat) -> None:
        self._source = source
        self._before: list[NDArray[np.int16]] = []
        self._after: list[NDArray[np.int16]] = []
        self._segments: list[Segment] = []
        self._with_vad = False

    def note_input(self, block: bytes) -> bytes:
        """Keep a block of the input and return it."""
        self._before.append(pick_channel(np.frombuffer(block, PCM).reshape(-1, self._source.channels), "mix"))
        return block

    def note_output(self, frames: list[ProcessedFrame]) -> None:
        """Keep what was given."""
        self._after += [pick_channel(done.frame.samples(), "mix") for done in frames]
        self._segments += [done.segment for done in frames if done.segment is not None]
        self._with_vad = self._with_vad or any(done.vad_state is not None for done in frames)

    def result(self, output: AudioFormat, delay: float) -> BeforeAfter:
        """Return both, at the lower of the two rates.

        Parameters
        ----------
        output
            Format of the output.
        delay
            By how much it is late, seconds.
        """
        from agora_audio.resample import resample

        if not self._before or not self._after:
            raise FormatError("there is no sound in the recording, so there is nothing to draw")
        rate = min(self._source.sample_rate, output.sample_rate)
        late = round(delay * output.sample_rate)
        before = resample(np.concatenate(self._before), self._source.sample_rate, rate)
        after = resample(np.concatenate(self._after)[late:], output.sample_rate, rate)
        length = min(len(before), len(after))
        return BeforeAfter(rate, before[:length], after[:length], tuple(self._segments), self._with_vad)
