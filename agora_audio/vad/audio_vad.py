"""`AudioVadV2`: labelled frames in, state and sound of the speech out."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat, AudioFrame
from agora_audio.vad.config import AudioVadConfigV2, checked_config
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import Phase, VadEvent, VadState, VadStateMachine

__all__ = ["AudioVadV2", "VadResult"]


class VadResult(NamedTuple):
    """What one call decided: unpacks to ``state, data``."""

    state: VadState
    """What happened."""
    data: bytes
    """PCM of the speech, in the format of the frames; ``b""`` if there is none."""


_NOTHING = VadResult(VadState.NON_SPEAKING, b"")


class AudioVadV2:
    """Agora's AudioVadV2 over labelled 10 ms frames: one object per stream.

    Parameters
    ----------
    config
        When speech starts and stops; None: Agora's defaults. It is never changed and may be shared.

    Examples
    --------
    >>> from agora_audio.vad.config import AudioVadConfigV2, checked_config
    >>> vad = AudioVadV2(AudioVadConfigV2(start_recognize_count=2, active_percent=1.0, pre_start_recognize_count=1))
    >>> frame = AudioFrame(bytes(320), AudioFormat(16000, 1), voice_prob=0.9, rms_db=-20.0)
    >>> [(state.name, len(data)) for state, data in (vad.process(frame) for _ in range(3))]
    [('NON_SPEAKING', 0), ('START_SPEAKING', 640), ('SPEAKING', 320)]

    Notes
    -----
    Time is counted in frames seen, not taken from their timestamps.
    """

    def __init__(self, config: AudioVadConfigV2 | None = None) -> None:
        self.config = checked_config(config)
        self._format: AudioFormat | None = None
        self._held: deque[bytes] = deque()
        self._machine = VadStateMachine(self.config, AudioFormat())

    def process(self, frame: AudioFrame) -> VadResult:
        """Take the next labelled frame.

        Returns
        -------
        VadResult
            ``(NON_SPEAKING, b"")``; or ``(START_SPEAKING, data)`` with pre-roll and start window, oldest first; or
            ``(SPEAKING, frame)``; or ``(STOP_SPEAKING, frame)``, whose frame is the last of the segment.

        Raises
        ------
        FormatError
            If the frame has no labels, labels out of range, or another format than the frames before it.
        """
        if not isinstance(frame, AudioFrame):
            raise FormatError(f"frame is a {type(frame).__name__}, must be an AudioFrame")
        probability, level, pcm = frame.voice_prob, frame.rms_db, frame.pcm
        if probability is None or level is None:
            raise FormatError("the frame has no voice_prob or rms_db: pass it through an engine first (create_engine)")
        if frame.format is not self._format:
            self._check_format(frame.format)
        state, data = self.advance(pcm, probability, level)
        self._format = frame.format
        return _NOTHING if state is VadState.NON_SPEAKING else VadResult(state, data)

    def advance(self, pcm: bytes, voice_prob: float, rms_db: float) -> tuple[VadState, bytes]:
        """Take the sound and the labels of the next frame: `process` for who made the frames and need not check them.

        Parameters
        ----------
        pcm
            Exactly one 10 ms frame, always of the format that `begin` was told.
        voice_prob, rms_db
            Its labels.
        """
        state = self._machine.step(voice_prob, rms_db)
        if state is VadState.SPEAKING or state is VadState.STOP_SPEAKING:
            return state, pcm
        held = self._held
        held.append(pcm)
        while len(held) > self._machine.held:
            held.popleft()
        if state is VadState.NON_SPEAKING:
            return state, b""
        data = b"".join(held)
        held.clear()
        return state, data

    def begin(self, format: AudioFormat) -> None:
        """Begin a new stream of frames of this format, to be taken by `advance`."""
        self.reset()
        self._format = self._machine.format = format

    def flush(self) -> VadResult:
        """End the stream: ``(STOP_SPEAKING, b"")`` if a segment was open, else ``(NON_SPEAKING, b"")``."""
        self._held.clear()
        return VadResult(self._machine.flush(), b"")

    def reset(self) -> None:
        """Begin a new stream: no memory of the old one, of whatever format."""
        self._format = None
        self._held.clear()
        self._machine.reset()

    @property
    def is_speaking(self) -> bool:
        """Whether a segment is open."""
        return self._machine.phase is Phase.SPEAKING

    @property
    def segment(self) -> Segment | None:
        """The last segment that was closed, with its back-dated times."""
        return self._machine.segment

    @property
    def events(self) -> deque[VadEvent]:
        """What happened, oldest first: take events out as they are read. The last 1,000 are kept."""
        return self._machine.events

    @property
    def effective_thresholds(self) -> tuple[int, int]:
        """RMS thresholds in force while silent and while speaking, dBFS."""
        return self._machine.effective_thresholds

    def _check_format(self, format: AudioFormat) -> None:
        if self._format is None:
            self._machine.format = format
        elif format != self._format:
            raise FormatError(
                f"the frame is {format.describe()}, the stream is {self._format.describe()}: "
                "use one AudioVadV2 per stream, or reset()"
            )
