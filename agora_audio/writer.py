"""Writing sound: WAV, FLAC, OGG, MP3 and raw PCM, to files and pipes, piece by piece.

WAV is written here, so that a file whose writer was killed, and one that went through a pipe, can be read: its header
says "until the end" for the length until `close` fills it in.
"""

from __future__ import annotations

import contextlib
import io
import os
import struct
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import AudioError, ConfigError, FormatError
from agora_audio.frames import PCM, AudioFormat, as_buffer
from agora_audio.io import RAW_SUFFIXES

__all__ = ["SOUND_FILES", "AudioWriter", "UndelayedWriter"]

_UNKNOWN = 0xFFFFFFFF
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_COMPRESSED = {".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS"), ".mp3": ("MP3", "MPEG_LAYER_III")}
SOUND_FILES = (".wav", *_COMPRESSED, *RAW_SUFFIXES)
"""Suffixes of the files that can be written."""


class AudioWriter:
    """Write 16-bit sound to a file, whose suffix names the container, or to a stream, as WAV.

    Parameters
    ----------
    path_or_stream
        ``.wav``, ``.flac``, ``.ogg``, ``.mp3``; ``.pcm``, ``.raw`` and the like for raw PCM; or a binary stream, which
        gets WAV and stays open.
    format
        Rate and channels.

    Raises
    ------
    ConfigError
        If the suffix is unknown, or it is neither a path nor a binary stream.
    FormatError
        If the container cannot hold the rate or the channels.
    OSError
        If the file cannot be made.

    Examples
    --------
    >>> import io
    >>> stream = io.BytesIO()
    >>> with AudioWriter(stream, AudioFormat(16000)) as writer:
    ...     writer.write(bytes(320))
    >>> len(stream.getvalue())
    364
    """

    def __init__(self, path_or_stream: str | Path | IO[bytes], format: AudioFormat) -> None:
        if not isinstance(format, AudioFormat):
            raise FormatError(f"format is {format!r}, must be an AudioFormat")
        self.format = format
        self.frames = 0
        self._encoder: Any = None
        self._stream: IO[bytes] | None = None
        self._headed = True
        if not isinstance(path_or_stream, (str, os.PathLike)):
            self.name, self._owned = str(getattr(path_or_stream, "name", "stream")), False
            self._stream = path_or_stream
        else:
            self.name, self._owned = str(path_or_stream), True
            self._open(Path(path_or_stream))
        if self._headed and self._encoder is None:
            self._begin_wav()

    def write(self, pcm: bytes | NDArray[np.int16]) -> None:
        """Append whole samples, bytes-like or an int16 array.

        Raises
        ------
        FormatError
            If these are no whole samples.
        AudioError
            If the writer is closed, or the encoder fails.
        OSError
            If the sound cannot be written, as on a full disk.
        """
        data = as_buffer(pcm)
        if len(data) % self.format.sample_bytes:
            raise FormatError(f"{len(data)} bytes are not whole samples of {self.format.describe()}")
        if self._stream is not None:
            self._stream.write(data)
        elif self._encoder is not None:
            try:
                self._encoder.write(np.frombuffer(data, PCM).reshape(-1, self.format.channels))
            except (RuntimeError, AssertionError) as error:  # how soundfile says that not all was written
                raise AudioError(f"cannot write to {self.name}: {error or 'is the disk full?'}") from None
        else:
            raise AudioError(f"{self.name} is closed")
        self.frames += len(data) // self.format.sample_bytes

    def close(self) -> None:
        """Fill in the length and close the file. A second call does nothing."""
        encoder, stream = self._encoder, self._stream
        self._encoder = self._stream = None
        if encoder is not None:
            encoder.close()
        if stream is None:
            return
        try:
            size = self.frames * self.format.sample_bytes
            if self._headed and self._seekable and size < _UNKNOWN - _HEADER.size:
                stream.seek(self._begin)
                stream.write(self._header(size))
                stream.seek(self._begin + _HEADER.size + size)
            stream.flush()
        finally:
            if self._owned:
                stream.close()

    def __enter__(self) -> AudioWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, path: Path) -> None:
        suffix = path.suffix.lower()
        if suffix in _COMPRESSED:
            import soundfile

            container, subtype = _COMPRESSED[suffix]
            form = (self.format.sample_rate, self.format.channels, subtype, None, container)
            try:  # in memory: a file that is there already outlives a format that cannot be
                soundfile.SoundFile(io.BytesIO(), "w", *form).close()
            except RuntimeError as error:
                why = getattr(error, "error_string", error)
                raise FormatError(f"{container} cannot hold {self.format.describe()}: {why}") from None
            path.open("wb").close()  # an OSError that says what is wrong, where soundfile's does not
            self._encoder = soundfile.SoundFile(path, "w", *form)
            return
        if suffix not in SOUND_FILES:
            raise ConfigError(f"{path}: sound is written to files that end in {', '.join(SOUND_FILES)}")
        self._headed = suffix == ".wav"
        self._stream = path.open("wb")

    def _begin_wav(self) -> None:
        stream: Any = self._stream
        try:
            self._seekable = stream.seekable()
            self._begin = stream.tell() if self._seekable else 0
            stream.write(self._header(_UNKNOWN))
            stream.flush()  # so that what is left of a killed run says what it is
        except (AttributeError, TypeError):
            raise ConfigError(f"path_or_stream is {stream!r:.60}, must be a path or a binary stream") from None
        except OSError:
            if self._owned:
                with contextlib.suppress(OSError):
                    stream.close()
            raise

    def _header(self, size: int) -> bytes:
        rate, channels, unit = self.format.sample_rate, self.format.channels, self.format.sample_bytes
        riff = size if size == _UNKNOWN else size + _HEADER.size - 8
        return _HEADER.pack(
            b"RIFF", riff, b"WAVE", b"fmt ", 16, 1, channels, rate, rate * unit, unit, 16, b"data", size
        )


class UndelayedWriter:
    """Write delayed sound so that it lies beside its source: without its first samples, and no longer than the source.

    Parameters
    ----------
    writer
        Where it goes.
    delay
        How late the sound is, seconds; taken off in whole samples.
    """

    def __init__(self, writer: AudioWriter, delay: float) -> None:
        self._writer = writer
        self._late = round(delay * writer.format.sample_rate)

    def write(self, samples: NDArray[np.int16], seconds: float) -> None:
        """Append delayed samples, shape (n, channels).

        Parameters
        ----------
        samples
            The next of them.
        seconds
            Length of the source as far as it is known.
        """
        left_out = min(self._late, len(samples))
        self._late -= left_out
        # What was drained reaches beyond the source; a rounding error is no sample.
        room = int(seconds * self._writer.format.sample_rate + 1e-6) - self._writer.frames
        self._writer.write(np.ascontiguousarray(samples[left_out : left_out + max(0, room)]))
