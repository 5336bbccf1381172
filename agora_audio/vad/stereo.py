"""Two talkers in one stereo stream, each with a VAD of its own."""

from __future__ import annotations

from typing import NamedTuple

from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat, AudioFrame
from agora_audio.vad.audio_vad import VadResult
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.stream import VadStream

__all__ = ["StereoResult", "StereoVad"]


class StereoResult(NamedTuple):
    """What one call decided for each channel."""

    left: VadResult
    right: VadResult


class StereoVad:
    """Judge the left and the right channel apart: telephone recordings, caller and agent.

    Parameters
    ----------
    left_config, right_config
        When speech starts and stops in each channel; None: Agora's defaults on the left, the same as the left on the
        right.
    engine
        Name of an engine; each channel gets one.

    Examples
    --------
    >>> stereo = StereoVad(engine="energy")
    >>> left, right = stereo.process(AudioFrame(bytes(640), AudioFormat(16000, 2)))
    >>> left.state.name, right.data
    ('NON_SPEAKING', b'')
    """

    def __init__(
        self,
        left_config: AudioVadConfigV2 | None = None,
        right_config: AudioVadConfigV2 | None = None,
        engine: str = "silero",
    ) -> None:
        if not isinstance(engine, str):
            raise ConfigError("engine must be a name: each channel needs an engine of its own")
        self.left = VadStream(left_config, engine)
        self.right = VadStream(right_config if right_config is not None else left_config, engine)
        self._mono: AudioFormat | None = None

    def process(self, frame: AudioFrame) -> StereoResult:
        """Take the next stereo frame, of any rate, and return the results of both channels; their sound is mono.

        Raises
        ------
        FormatError
            If the frame is not stereo, or not of the format of those before it.
        """
        if not isinstance(frame, AudioFrame) or frame.format.channels != 2:
            kind = frame.format.describe() if isinstance(frame, AudioFrame) else type(frame).__name__
            raise FormatError(f"the frame is {kind}, must be stereo: use a VadStream for one channel")
        if self._mono is None or self._mono.sample_rate != frame.format.sample_rate:
            self._mono = AudioFormat(frame.format.sample_rate, 1)
        samples = frame.samples()
        left, right = (
            stream.process(AudioFrame(samples[:, channel].tobytes(), self._mono, frame.timestamp))
            for channel, stream in enumerate((self.left, self.right))
        )
        return StereoResult(left, right)

    def flush(self) -> StereoResult:
        """End the stream: open segments are closed with STOP_SPEAKING."""
        return StereoResult(self.left.flush(), self.right.flush())

    def reset(self) -> None:
        """Begin a new stream."""
        self.left.reset()
        self.right.reset()
        self._mono = None
