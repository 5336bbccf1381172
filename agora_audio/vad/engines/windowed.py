"""The seam of all engines, and the part they share: any frames in, windows judged, labels aligned with their sound.

An engine looks at windows of its own length and rate. A frame's probability is that of the window which holds the
frame's centre, so frames wait inside the engine until that window is complete: labelling a frame with the last finished
window instead would be answering for sound that has passed.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat, AudioFrame, pick_channel, rms_db
from agora_audio.resample import Resampler

__all__ = ["Engine", "WindowedEngine"]


class Engine(Protocol):
    """What labels frames. One object per stream; it is not shared by threads."""

    def push(self, frame: AudioFrame) -> list[AudioFrame]:
        """Take the next frame and return, in order, the frames whose sound has been judged, labelled."""
        ...

    def flush(self) -> list[AudioFrame]:
        """End the stream and return the frames that still waited, labelled."""
        ...

    def reset(self) -> None:
        """Begin a new stream, of whatever format."""
        ...

    @property
    def latency(self) -> int:
        """Longest wait of a frame for its label, in samples at the engine's rate."""
        ...


class WindowedEngine(ABC):
    """An engine that judges windows of `hop` samples of mono sound at `rate`; frames come in any format.

    A subclass says `hop` and `rate` and implements `_judge` and `_reset_model`.
    """

    hop: int
    """Window, samples."""
    rate: int = 16000
    """Sample rate at which windows are judged, Hz."""

    def __init__(self) -> None:
        self._start_stream(None)

    @abstractmethod
    def _judge(self, window: NDArray[np.int16]) -> float:
        """Return the probability of speech, 0 to 1, of the next window, shape (hop,). The view is not kept."""

    @abstractmethod
    def _reset_model(self) -> None:
        """Forget all sound judged."""

    def _judge_all(self, windows: NDArray[np.int16]) -> list[float]:
        """Return the probabilities of consecutive windows, shape (n, hop)."""
        return [self._judge(window) for window in windows]

    @property
    def latency(self) -> int:
        """Longest wait of a frame for its label, in samples at `rate`; of 16 kHz mono before the first frame."""
        format = self._format or AudioFormat(self.rate)
        delay = self._resampler.delay if self._resampler else 0
        period = math.lcm(self.hop, self.rate // 100) // (self.rate // 100)
        waits = (
            (_window_of(k, AudioFormat(self.rate), self.rate, self.hop, 0) + 1) * self.hop - (k + 1) * self.rate // 100
            for k in range(period)
        )
        return max(0, *waits) + (delay if format.sample_rate != self.rate else 0)

    def push(self, frame: AudioFrame) -> list[AudioFrame]:
        """Take the next frame and return, in order, the frames whose sound has been judged, labelled.

        Raises
        ------
        FormatError
            If the frame has another format than those before it.
        """
        try:
            pcm, format = frame.pcm, frame.format
        except AttributeError:
            raise FormatError(f"frame is a {type(frame).__name__}, must be an AudioFrame") from None
        if format is not self._format:
            self._check_format(format)
        self._waiting.append((frame, rms_db(pcm)))
        samples = np.frombuffer(pcm, "<i2")
        self._advance(samples if format.channels == 1 else pick_channel(samples.reshape(-1, format.channels), "mix"))
        self._pushed += 1
        return self._labelled()

    def push_block(self, samples: NDArray[np.int16], frames: int, format: AudioFormat) -> list[float]:
        """Take many frames at once and return the probabilities of those whose sound has been judged.

        The fast way through a whole recording: the same windows through the same kernel as `push`, without frame
        objects. A stream uses one of the two, not both.

        Parameters
        ----------
        samples
            Whole frames, shape (n, channels).
        frames
            How many frames these are.
        format
            Their format.
        """
        if format is not self._format:
            self._check_format(format)
        self._advance(pick_channel(samples, "mix"))
        self._pushed += frames
        return self._release()

    def flush(self) -> list[AudioFrame]:
        """End the stream and return the frames that still waited; the next push begins a new stream.

        The stream is followed by silence until every frame's window is complete.
        """
        frames: list[AudioFrame] = []
        while self._waiting:
            self._advance(self._silence())
            frames += self._labelled()
        self.reset()
        return frames

    def flush_block(self) -> list[float]:
        """End a stream that was pushed by `push_block` and return the probabilities of the frames that still waited."""
        probabilities: list[float] = []
        while self._released < self._pushed:
            self._advance(self._silence())
            probabilities += self._release()
        self.reset()
        return probabilities

    def reset(self) -> None:
        """Begin a new stream, of whatever format."""
        self._reset_model()
        self._start_stream(None)

    def _start_stream(self, format: AudioFormat | None) -> None:
        self._format = format
        self._resampler: Resampler | None = None
        if format is not None and format.sample_rate != self.rate:
            self._resampler = Resampler(format.sample_rate, self.rate)
        self._window = np.zeros(self.hop, np.int16)
        self._filled = 0
        self._pushed = self._released = 0
        # Probabilities of the windows from number `_oldest` on, as far as frames still need them.
        self._judged: deque[float] = deque()
        self._oldest = 0
        self._next_window = 0
        self._waiting: deque[tuple[AudioFrame, float]] = deque()

    def _check_format(self, format: AudioFormat) -> None:
        if self._format is None:
            self._start_stream(format)
            self._next_window = self._window_of_next()
        elif format != self._format:
            raise FormatError(
                f"the frame is {format.describe()}, the stream is {self._format.describe()}: "
                "use one engine per stream, or reset()"
            )

    def _advance(self, samples: NDArray[np.int16]) -> None:
        """Judge all windows that the next mono samples, at the rate of the stream, complete."""
        if self._resampler:
            samples = self._resampler.push(samples)
        taken = 0
        if self._filled:
            taken = min(self.hop - self._filled, len(samples))
            self._window[self._filled : self._filled + taken] = samples[:taken]
            self._filled += taken
            if self._filled < self.hop:
                return
            self._judged.append(self._judge(self._window))
        whole = (len(samples) - taken) // self.hop
        if whole == 1:
            self._judged.append(self._judge(samples[taken : taken + self.hop]))
        elif whole:
            self._judged.extend(self._judge_all(samples[taken : taken + whole * self.hop].reshape(whole, self.hop)))
        rest = samples[taken + whole * self.hop :]
        self._filled = len(rest)
        if self._filled:
            self._window[: self._filled] = rest

    def _silence(self) -> NDArray[np.int16]:
        assert self._format is not None
        return np.zeros(self._format.sample_rate // 100, np.int16)

    def _labelled(self) -> list[AudioFrame]:
        waiting = self._waiting
        released = []
        for probability in self._release():
            frame, level = waiting.popleft()
            released.append(frame.labelled(probability, level))
        return released

    def _release(self) -> list[float]:
        """Return the probabilities of the frames whose window is complete, and forget windows that no frame needs."""
        probabilities: list[float] = []
        judged = self._judged
        while self._released < self._pushed:
            ahead = self._next_window - self._oldest
            if ahead >= len(judged):
                break
            probabilities.append(judged[ahead])
            self._released += 1
            self._next_window = self._window_of_next()
        for _ in range(min(self._next_window - self._oldest, len(judged))):
            judged.popleft()
            self._oldest += 1
        return probabilities

    def _window_of_next(self) -> int:
        return self._window_of_frame(self._released)

    def _window_of_frame(self, index: int) -> int:
        assert self._format is not None
        delay = self._resampler.delay if self._resampler else 0
        return _window_of(index, self._format, self.rate, self.hop, delay)


def _window_of(index: int, format: AudioFormat, rate: int, hop: int, delay: int) -> int:
    """Return the number of the window that holds the centre of a frame."""
    twice_centre = format.frame_end(index - 1) + format.frame_end(index)
    return (twice_centre * rate // (2 * format.sample_rate) + delay) // hop
