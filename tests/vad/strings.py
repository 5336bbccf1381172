"""Signals as strings: "." is a frame without speech, "V" one with it; states come back as the digits 0 to 3.

The sound of frame k is the number k in every sample, so that what a detector hands out reads as frame numbers.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from agora_audio.frames import AudioFormat, AudioFrame
from agora_audio.vad.audio_vad import AudioVadV2
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState

FORMAT = AudioFormat(8000)

Labels = tuple[float, float]
"""Probability of speech and level in dBFS of a frame."""

LABELS: dict[str, Labels] = {".": (0.0, -90.0), "V": (1.0, -20.0)}

# The same examples on every machine, and none judged by how long it took.
thorough = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@functools.cache
def sound(index: int, format: AudioFormat) -> bytes:
    """The PCM of frame `index`."""
    samples = format.frame_end(index) - format.frame_end(index - 1)
    return struct.pack("<h", index) * (samples * format.channels)


def frame(index: int, labels: Labels | None, format: AudioFormat = FORMAT) -> AudioFrame:
    """Frame `index` of a stream; unlabelled if `labels` is None."""
    plain = AudioFrame(sound(index, format), format, format.frame_time(index - 1))
    return plain.labelled(*labels) if labels is not None else plain


def numbers(data: bytes, format: AudioFormat = FORMAT) -> list[int]:
    """The frames that `data` is made of, by number; fails if one of them is torn."""
    found, offset = [], 0
    while offset < len(data):
        (number,) = struct.unpack_from("<h", data, offset)
        whole = sound(number, format)
        assert data[offset : offset + len(whole)] == whole
        offset += len(whole)
        found.append(number)
    return found


@dataclass
class Run:
    """A stream through an `AudioVadV2`: call it with the next piece of the signal, read what came of it."""

    config: AudioVadConfigV2 = field(default_factory=AudioVadConfigV2)
    format: AudioFormat = FORMAT
    states: str = ""
    handed: list[list[int]] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.vad = AudioVadV2(self.config)

    def __call__(self, signal: str | Iterable[Labels]) -> Run:
        """Go on with a string, or with pairs of labels."""
        for item in signal:
            labels = LABELS[item] if isinstance(item, str) else item
            state, data = self.vad.process(frame(len(self.states), labels, self.format))
            self._note(state, data)
            self.states += str(int(state))
        return self

    def flush(self) -> tuple[VadState, bytes]:
        """End the stream; a segment that this closes counts, but no state and no frame is added."""
        result = self.vad.flush()
        assert isinstance(result.data, bytes)
        if result.state is VadState.STOP_SPEAKING:
            self._close()
        return tuple(result)

    def _note(self, state: VadState, data: bytes) -> None:
        assert isinstance(state, VadState)
        assert isinstance(data, bytes)
        self.handed.append(numbers(data, self.format))
        if state is VadState.STOP_SPEAKING:
            self._close()

    def _close(self) -> None:
        segment = self.vad.segment
        assert segment is not None
        self.segments.append(segment)

    @property
    def starts(self) -> list[int]:
        """The frames at which START was said."""
        return [k for k, state in enumerate(self.states) if state == "1"]

    @property
    def stops(self) -> list[int]:
        """The frames at which STOP was said."""
        return [k for k, state in enumerate(self.states) if state == "3"]

    @property
    def utterances(self) -> list[list[int]]:
        """Frames handed out from each START to its STOP, or to the end."""
        found: list[list[int]] = []
        for state, frames in zip(self.states, self.handed, strict=True):
            if state == "1":
                found.append([])
            if state == "0":
                assert frames == []
            else:
                found[-1] += frames
        return found


def run(signal: str | Iterable[Labels], config: AudioVadConfigV2 | None = None, format: AudioFormat = FORMAT) -> Run:
    """Feed a whole signal to a fresh detector."""
    return Run(config or AudioVadConfigV2(), format)(signal)


def span(first: int, last: int) -> list[int]:
    """Frame numbers `first` to `last`, both included."""
    return list(range(first, last + 1))


def rotations(text: str) -> list[str]:
    """Every rotation of `text`, each once."""
    return sorted({text[k:] + text[:k] for k in range(len(text))})


@st.composite
def signals(draw: st.DrawFn, pieces: int = 12, longest: int = 15) -> str:
    """Runs of speech and silence of random length: long runs are as likely as single frames."""
    parts = st.tuples(st.sampled_from([".", "V", ".V", "V."]), st.integers(1, longest))
    return "".join(kind * count for kind, count in draw(st.lists(parts, max_size=pieces)))


@st.composite
def configs(draw: st.DrawFn, algorithm: str | None = None, lengths: bool = False) -> AudioVadConfigV2:
    """Small windows, so that a short signal starts and stops often; with `lengths` also min_speech and max_speech."""
    pre, start = draw(st.integers(0, 5)), draw(st.integers(1, 8))
    values = {
        "pre_start_recognize_count": pre,
        "start_recognize_count": start,
        "stop_recognize_count": draw(st.integers(1, 10)),
        "active_percent": draw(st.integers(0, 100)) / 100,
        "inactive_percent": draw(st.integers(0, 100)) / 100,
        "algorithm": algorithm or draw(st.sampled_from(AudioVadConfigV2.ALGORITHMS)),
        "adaptive_rms": draw(st.booleans()),
        "adaptive_floor": draw(st.booleans()),
        "provisional_count": draw(st.integers(0, start)),
    }
    if lengths:
        shortest = draw(st.integers(0, 20))
        # Room for all that a start which waited can have to hand out.
        longest = pre + start + values["stop_recognize_count"] + shortest + draw(st.integers(1, 40))
        values["min_speech"] = shortest / 100
        values["max_speech"] = draw(st.sampled_from([None, longest / 100]))
    return AudioVadConfigV2(**values)
