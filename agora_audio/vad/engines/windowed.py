"""The seam of all engines, and the part they share: any frames in, windows judged, labels aligned with their sound.

An engine looks at windows of its own length and rate. A frame's probability is that of the window which holds the
frame's centre, so frames wait inside the engine until that window is complete: labelling a frame with the last finished
window instead would be answering for sound that has passed.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import FormatError
from agora_audio.frames import FRAMES_PER_SECOND, PCM, AudioFormat, AudioFrame, level_of, pick_channel
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
        centre, waits = self._first_centre, []
        # After as many frames as a window has samples, frames and windows stand to each other as at the beginning.
        for index in range(self.hop * len(self._steps)):
            end = (index + 1) * self.rate // FRAMES_PER_SECOND
            waits.append((centre // self.hop + 1) * self.hop - end)
            centre += self._steps[index % len(self._steps)]
        return max(0, *waits)

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
        samples = np.frombuffer(pcm, PCM)
        self._waiting.append((frame, level_of(samples)))
        self._advance(samples if format.channels == 1 else pick_channel(samples.reshape(-1, format.channels), "mix"))
        self._pushed += 1
        return self._labelled() if self._judged else []

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
        self._advance(samples[:, 0] if samples.shape[1] == 1 else pick_channel(samples, "mix"))
        self._pushed += frames
        return self._release() if self._judged else []

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
        delay = self._resampler.delay if self._resampler else 0
        centres = _centres(format or AudioFormat(self.rate), self.rate, delay)
        self._first_centre = self._next_centre = centres[0]
        self._steps = [following - centre for centre, following in pairwise(centres)]
        self._window = np.zeros(self.hop, np.int16)
        self._filled = 0
        self._pushed = self._released = 0
        # Probabilities of the windows from number `_oldest` on, as far as frames still need them.
        self._judged: deque[float] = deque()
        self._oldest = 0
        self._waiting: deque[tuple[AudioFrame, float]] = deque()

    def _check_format(self, format: AudioFormat) -> None:
        if self._format is None:
            self._start_stream(format)
        elif format != self._format:
            raise FormatError(
                f"the frame is {format.describe()}, the stream is {self._format.describe()}: "
                "use one engine per stream, or reset()"
            )

    def _advance(self, samples: NDArray[np.int16]) -> None:
        """Judge all windows that the next mono samples, at the rate of the stream, complete."""
        if self._resampler:
            samples = self._resampler.push(samples)
        filled, hop = self._filled, self.hop
        end = filled + len(samples)
        if end < hop:
            self._window[filled:end] = samples
            self._filled = end
            return
        if end == hop and not filled:
            self._judged.append(self._judge(samples))
            return
        taken = 0
        if filled:
            taken = hop - filled
            self._window[filled:] = samples[:taken]
            self._judged.append(self._judge(self._window))
        whole = (len(samples) - taken) // hop
        if whole:
            self._judged.extend(self._judge_all(samples[taken : taken + whole * hop].reshape(whole, hop)))
        rest = len(samples) - taken - whole * hop
        self._filled = rest
        if rest:
            self._window[:rest] = samples[-rest:]

    def _silence(self) -> NDArray[np.int16]:
        assert self._format is not None
        return np.zeros(self._format.sample_rate // 100, np.int16)

    def _labelled(self) -> list[AudioFrame]:
        released = []
        for probability in self._release():
            frame, level = self._waiting.popleft()
            released.append(frame.labelled(probability, level))
        return released

    def _release(self) -> list[float]:
        """Return the probabilities of the frames whose window is complete, and forget windows that no frame needs."""
        judged = self._judged
        probabilities: list[float] = []
        window, oldest, steps = self._next_centre // self.hop, self._oldest, self._steps
        while self._released < self._pushed and window - oldest < len(judged):
            probabilities.append(judged[window - oldest])
            self._next_centre += steps[self._released % len(steps)]
            self._released += 1
            window = self._next_centre // self.hop
        while oldest < window and judged:
            judged.popleft()
            oldest += 1
        self._oldest = oldest
        return probabilities


def _centres(format: AudioFormat, rate: int, delay: int) -> list[int]:
    """Return the sample, at the rate of an engine, on which the centre of each frame falls.

    They advance by the same steps again and again, after a single one at rates that 100 divides: one cycle is returned,
    and the first of the next.
    """
    cycle = FRAMES_PER_SECOND // math.gcd(format.sample_rate, FRAMES_PER_SECOND)
    twice = [format.frame_end(k - 1) + format.frame_end(k) for k in range(cycle + 1)]
    return [centre * rate // (2 * format.sample_rate) + delay for centre in twice]
