"""An engine and an AudioVadV2 in one: unlabelled frames in, one result a call."""

from __future__ import annotations

from collections import deque

from agora_audio.frames import AudioFrame
from agora_audio.vad.audio_vad import AudioVadV2, VadResult
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.engines import Engine, as_engine
from agora_audio.vad.state_machine import VadState

__all__ = ["VadStream"]

_EDGES = (VadState.START_SPEAKING, VadState.STOP_SPEAKING)


class VadStream:
    """The VAD of one talker: frames of sound in, ``(state, data)`` out, one for each call as in the SDK.

    An engine may keep frames until it has judged them and then release several. Their results are joined: `data` is all
    of their sound, `state` is START or STOP if one of them was, else that of the last. Two edges are never joined; what
    follows the first is given by the next call. With nothing released the state is SPEAKING or NON_SPEAKING and the
    data empty.

    Parameters
    ----------
    config
        When speech starts and stops; None: Agora's defaults.
    engine
        Name of an engine, an engine with no stream in it, or None: frames come labelled, as from the SDK.
    """

    def __init__(self, config: AudioVadConfigV2 | None = None, engine: str | Engine | None = "silero") -> None:
        self.vad = AudioVadV2(config)
        self.engine = None if engine is None else as_engine(engine)
        self._results: deque[VadResult] = deque()

    def process(self, frame: AudioFrame) -> VadResult:
        """Take the next frame and return what has been decided."""
        for labelled in self.engine.push(frame) if self.engine else (frame,):
            self._results.append(self.vad.process(labelled))
        return self._joined()

    def flush(self) -> VadResult:
        """End the stream: return what was still to come, closed by STOP_SPEAKING if a segment was open.

        Where a start and a stop both fall into the last frames, the state is STOP_SPEAKING, `data` the whole segment.
        """
        for labelled in self.engine.flush() if self.engine else ():
            self._results.append(self.vad.process(labelled))
        self._results.append(self.vad.flush())
        results = [self._joined()]
        while self._results:
            results.append(self._joined())
        edges = [result.state for result in results if result.state in _EDGES]
        return VadResult(edges[-1] if edges else VadState.NON_SPEAKING, b"".join(result.data for result in results))

    def reset(self) -> None:
        """Begin a new stream."""
        self._results.clear()
        self.vad.reset()
        if self.engine:
            self.engine.reset()

    def _joined(self) -> VadResult:
        results = self._results
        if not results:
            return VadResult(VadState.SPEAKING if self.vad.is_speaking else VadState.NON_SPEAKING, b"")
        state, data = results.popleft()
        while results and not (state in _EDGES and results[0].state in _EDGES):
            following = results.popleft()
            data += following.data
            if state not in _EDGES:
                state = following.state
        return VadResult(state, data)
