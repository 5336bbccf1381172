"""One VAD for each remote user of each channel."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from agora_audio.errors import AudioError, ConfigError
from agora_audio.frames import AudioFrame
from agora_audio.vad.audio_vad import VadResult
from agora_audio.vad.config import AudioVadConfigV2, checked_config
from agora_audio.vad.engines import ENGINES, Engine, as_engine
from agora_audio.vad.state_machine import VadState
from agora_audio.vad.stream import VadStream

__all__ = ["AudioVadManager"]


class AudioVadManager:
    """Keep a VAD for each user, made at the user's first frame, which is processed like every other.

    Any thread may call any method. Frames of one user are taken one after the other; different users do not wait for
    each other.

    Parameters
    ----------
    config
        When speech starts and stops; shared by all users and never changed. None: Agora's defaults.
    engine
        Name of an engine, a function that makes one, or None: frames come labelled.

    Examples
    --------
    >>> from agora_audio.frames import AudioFormat
    >>> manager = AudioVadManager(engine="energy")
    >>> state, data = manager.process("lobby", "42", AudioFrame(bytes(320), AudioFormat()))
    >>> state.name, len(manager)
    ('NON_SPEAKING', 1)
    """

    def __init__(
        self,
        config: AudioVadConfigV2 | None = None,
        engine: str | Callable[[], Engine] | None = "silero",
    ) -> None:
        if isinstance(engine, str) and engine not in ENGINES:
            raise ConfigError(f"engine is {engine!r}, must be one of {', '.join(ENGINES)}")
        if engine is not None and not isinstance(engine, str) and not callable(engine):
            raise ConfigError("engine must be a name or a function that makes an engine: one engine cannot serve many")
        self.config = checked_config(config)
        self._engine = engine
        self._lock = Lock()
        self._users: dict[tuple[str, str], _User] = {}
        self._released = False

    def process(self, channel_id: str, user_id: str, frame: AudioFrame) -> VadResult:
        """Take the next frame of a user and return what has been decided, as of `VadStream.process`.

        Raises
        ------
        FormatError
            If the frame is not 10 ms, or of another format than the user's frames before it.
        AudioError
            After `release`.
        """
        while True:
            user = self._user((channel_id, user_id))
            with user.lock:
                if not user.gone:  # else removed while this frame waited: it is the first of the next stream
                    return user.stream.process(frame)

    def flush(self, channel_id: str, user_id: str) -> VadResult:
        """End a user's speech, as when the user is muted: an open segment is closed with STOP_SPEAKING."""
        with self._lock:
            user = self._users.get((channel_id, user_id))
        return _flushed(user)

    def remove(self, channel_id: str, user_id: str) -> VadResult:
        """Forget a user who left and return what the end of the stream decides; an unknown user is no error."""
        with self._lock:
            user = self._users.pop((channel_id, user_id), None)
        return _flushed(user, gone=True)

    def release(self) -> None:
        """Forget all users; frames that come later raise. Calling it again does nothing."""
        with self._lock:
            self._released = True
            for user in self._users.values():
                user.gone = True
            self._users.clear()

    def __len__(self) -> int:
        """Return how many users there are."""
        return len(self._users)

    def _user(self, key: tuple[str, str]) -> _User:
        with self._lock:
            if self._released:
                raise AudioError("the AudioVadManager was released: make a new one")
            user = self._users.get(key)
            if user is None:
                user = self._users[key] = _User(self._stream())
            return user

    def _stream(self) -> VadStream:
        make = self._engine
        return VadStream(self.config, make if make is None or isinstance(make, str) else as_engine(make()))


class _User:
    """A user's VAD and the lock that makes its frames wait for each other."""

    def __init__(self, stream: VadStream) -> None:
        self.lock = Lock()
        self.stream = stream
        self.gone = False


def _flushed(user: _User | None, gone: bool = False) -> VadResult:
    if user is None:
        return VadResult(VadState.NON_SPEAKING, b"")
    with user.lock:
        user.gone |= gone
        return user.stream.flush()
