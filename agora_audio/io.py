"""Sound from files and pipes, block by block: WAV, FLAC, OGG, MP3 and raw PCM, always as int16.

Containers are decoded by libsndfile (`soundfile`). A WAV file that comes through a pipe, or whose header was never
finished because its writer could not seek back, is read by the short reader in `agora_audio.wav`. Everything that had
to be repaired or guessed is said in `AudioReader.notes`; nothing is dropped silently.
"""

from __future__ import annotations

import io
import os
import reprlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import AudioError, ConfigError, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.wav import WavHeader, note_stray, read_header, to_int16

__all__ = ["AudioReader", "open_audio", "read_audio"]

Source: TypeAlias = str | os.PathLike[str] | IO[bytes]

RAW_SUFFIXES = (".pcm", ".raw", ".s16", ".s16le", ".sw")
RAW_DEFAULT = AudioFormat(16000, 1)
_MAGIC = (b"RIFF", b"RF64", b"RIFX", b"fLaC", b"OggS", b"ID3", b"FORM", b".snd", b"caff")
# libsndfile's own conversion to int16 leaves these unscaled or unclipped: they are read as floats and converted here.
_FLOAT_SUBTYPES = ("FLOAT", "DOUBLE", "VORBIS", "OPUS", "MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III")
# libsndfile's number for a length that the container does not state.
_UNSTATED = 2**63 - 1
_NON_BLOCKING = "the stream is in non-blocking mode: hand in a blocking one"


class AudioReader:
    """Sound read block by block: iterate for bytes of PCM, int16 little endian, interleaved.

    Made by `open_audio`; also a context manager. It is read once, from beginning to end.

    Attributes
    ----------
    format : AudioFormat
        Rate and channels of the sound.
    frames : int or None
        Length in samples of each channel; None if only the end will tell, as for a pipe.
    notes : list of str
        What had to be assumed or repaired, one line each for a person; grows while reading.
    seconds_read : float
        Length of what has been read so far, seconds.
    """

    def __init__(self, name: str, format: AudioFormat, frames: int | None, blocks: Iterator[bytes]) -> None:
        self.name = name
        self.format = format
        self.frames = frames
        self.notes: list[str] = []
        self.seconds_read = 0.0
        self._blocks = blocks
        self._close: list[Any] = []

    def __iter__(self) -> Iterator[bytes]:
        samples = 0
        try:
            for block in self._blocks:
                samples += len(block) // self.format.sample_bytes
                self.seconds_read = samples / self.format.sample_rate
                yield block
        # libsndfile's errors are RuntimeErrors, those of a closed file ValueErrors.
        except (OSError, RuntimeError, ValueError) as error:
            if isinstance(error, AudioError):
                raise
            raise FormatError(f"{self.name}: reading failed: {error}") from None
        finally:
            self.close()

    def __enter__(self) -> AudioReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened for reading; a stream that was handed in stays open."""
        while self._close:
            self._close.pop().close()


def open_audio(path_or_stream: Source, format: AudioFormat | None = None, block_seconds: float = 1.0) -> AudioReader:
    """Open a recording for reading block by block.

    Parameters
    ----------
    path_or_stream
        Path of a WAV, FLAC, OGG, MP3 or raw PCM file, or a binary stream of one; a pipe will do. Raw is what is named
        ``.pcm``, ``.raw``, ``.s16`` or ``.s16le``, and a stream that does not begin like a container.
    format
        Rate and channels of raw PCM; None: 16 kHz mono, which is said in the notes. For a container it is checked
        against the header.
    block_seconds
        Length of a block, seconds; a pipe gives less as soon as it has something.

    Raises
    ------
    FormatError
        If the file is empty, is no audio, holds NaN, or contradicts `format`.
    FileNotFoundError, PermissionError, IsADirectoryError
        As `open` raises them.

    Examples
    --------
    >>> import io
    >>> reader = open_audio(io.BytesIO(bytes(32000)), AudioFormat(16000, 1), block_seconds=0.4)
    >>> [len(block) for block in reader]
    [12800, 12800, 6400]
    """
    if format is not None and not isinstance(format, AudioFormat):
        raise FormatError(f"format is {format!r}, must be an AudioFormat or None")
    if not isinstance(block_seconds, (int, float)) or not 0.01 <= block_seconds <= 3600:
        raise ConfigError(f"block_seconds is {block_seconds!r}, must be 0.01 to 3600")
    if isinstance(path_or_stream, (str, os.PathLike)):
        path = Path(path_or_stream)
        if "\0" in str(path):
            raise FormatError(f"{str(path)!r} is no path: it holds a NUL character")
        stream: IO[bytes] = path.open("rb")
        try:
            reader = _open(stream, str(path), path.suffix.lower() in RAW_SUFFIXES, format, block_seconds)
        except BaseException:
            stream.close()
            raise
        reader._close.append(stream)
        return reader
    if not hasattr(path_or_stream, "read") or isinstance(path_or_stream, io.TextIOBase):
        shown = reprlib.repr(path_or_stream)
        raise FormatError(f"cannot read sound from {shown}: give a path or a binary stream")
    if getattr(path_or_stream, "closed", False):
        raise FormatError("the stream is closed: hand in an open one")
    if not _is_blocking(path_or_stream):
        raise FormatError(_NON_BLOCKING)
    name = getattr(path_or_stream, "name", None)
    return _open(path_or_stream, name if isinstance(name, str) else "the stream", None, format, block_seconds)


def read_audio(path_or_stream: Source, format: AudioFormat | None = None) -> tuple[NDArray[np.int16], AudioFormat]:
    """Read a whole recording: samples, shape (n, channels), and format. Parameters and errors as of `open_audio`.

    Notes
    -----
    What `open_audio` says in its notes is not seen here.
    """
    with open_audio(path_or_stream, format) as reader:
        pcm = bytearray().join(reader)
        return np.frombuffer(pcm, "<i2").astype(np.int16, copy=False).reshape(-1, reader.format.channels), reader.format


def _open(
    stream: IO[bytes], name: str, named_raw: bool | None, format: AudioFormat | None, seconds: float
) -> AudioReader:
    head = _read_up_to(stream, 12)
    if not head:
        raise FormatError(f"{name} is empty: no sound to read")
    # Raw PCM may well begin with the two bytes of an MPEG frame: only what is not said to be raw is taken for one.
    may_be_mpeg = named_raw is False or (named_raw is None and format is None)
    container = head.startswith(_MAGIC) or (may_be_mpeg and _is_mpeg_frame(head))
    if named_raw is False and not container:
        raise FormatError(
            f"{name} is not WAV, FLAC, OGG or MP3: rename raw PCM to .pcm, or decode it first (ffmpeg -i FILE out.wav)"
        )
    if not container:
        return _open_raw(_Joined(head, stream), name, format, seconds)
    reader = _open_container(head, stream, name, seconds)
    if named_raw:
        reader.notes.append(f"{name} is named like raw PCM but begins with a header: read by its header")
    if format is not None and format != reader.format:
        reader.close()
        raise FormatError(
            f"{name} says {reader.format.describe()} in its header, you said {format.describe()}: leave your rate and "
            "channels out, or correct the header first (ffmpeg -f s16le -ar RATE -ac CHANNELS -i raw.pcm out.wav)"
        )
    return reader


def _open_raw(stream: _Joined, name: str, format: AudioFormat | None, seconds: float) -> AudioReader:
    size = stream.size()
    known = format or RAW_DEFAULT
    reader = AudioReader(name, known, None if size is None else size // known.sample_bytes, iter(()))
    if format is None:
        reader.notes.append(f"{name}: raw PCM of unstated format, taken for 16000 Hz mono")
    reader._blocks = _raw_blocks(stream, reader, int(seconds * known.sample_rate) * known.sample_bytes)
    return reader


def _raw_blocks(stream: _Joined, reader: AudioReader, size: int) -> Iterator[bytes]:
    rest = b""
    done = 0
    unit = reader.format.sample_bytes
    while block := stream.read(size):
        block = rest + block
        whole = len(block) // unit * unit
        rest = block[whole:]
        done += whole
        if whole:
            yield block[:whole]
    if not done:
        raise FormatError(f"{reader.name} is too short: no whole sample of {reader.format.describe()}")
    if rest:
        reader.notes.append(f"{reader.name}: {note_stray(len(rest))}; is it {reader.format.describe()}?")


def _open_container(head: bytes, stream: IO[bytes], name: str, seconds: float) -> AudioReader:
    seekable = _is_seekable(stream)
    if head.startswith(b"RIFF"):
        # The header is looked at first even where libsndfile will read the sound: it repairs silently what we report.
        start = stream.tell() - len(head) if seekable else 0
        header = read_header(_Joined(head, stream), name)
        notes = header.notes(_size_from(stream, start) if seekable else None)
        if seekable and not header.unfinished:
            notes += _unannounced(header, stream, start)
        if header.convertible and (header.unfinished or not seekable):
            reader = _stream_wav(header, stream, name, seconds)
        elif seekable:
            stream.seek(start)
            reader = _open_sndfile(stream, name, seconds)
        else:
            raise FormatError(f"{name}: {header.describe()} cannot be read from a pipe: save it to a file first")
        reader.notes += [f"{name}: {note}" for note in notes]
        return reader
    if seekable:
        stream.seek(-len(head), os.SEEK_CUR)
        return _open_sndfile(stream, name, seconds)
    return _open_spooled(_Joined(head, stream), name, seconds)


def _unannounced(header: WavHeader, stream: IO[bytes], start: int) -> list[str]:
    """Return a note if what follows the sound is no chunk: more sound, whose size the header could not hold."""
    end = header.data_offset + (header.data_size or 0)
    left = _size_from(stream, start) - end - end % 2
    if left <= 0:
        return []
    stream.seek(start + end + end % 2)
    kind = stream.read(4)
    if kind.isascii() and kind.decode().isprintable():
        return []
    return [
        f"{left} bytes follow the sound that the header announces and are not read: "
        "was the recording longer than 4 GB, or its header written too early?"
    ]


def _open_spooled(stream: _Joined, name: str, seconds: float) -> AudioReader:
    import tempfile

    # libsndfile has to seek in these containers: the pipe is kept on disk, not in memory.
    spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the reader
    try:
        while block := stream.read(1 << 20):
            spool.write(block)
        spool.seek(0)
        reader = _open_sndfile(spool, name, seconds)
    except BaseException:
        spool.close()
        raise
    reader._close.append(spool)
    reader.notes.append(f"{name}: this container cannot be decoded from a pipe; it was kept in a temporary file first")
    return reader


def _open_sndfile(stream: IO[bytes], name: str, seconds: float) -> AudioReader:
    import soundfile

    source = _for_sndfile(stream)
    try:
        sound = soundfile.SoundFile(source, closefd=False)
    except (RuntimeError, TypeError) as error:
        # The whole text names our stream object, its last part the fault.
        raise FormatError(f"{name} cannot be decoded: {getattr(error, 'error_string', error)}") from None
    # Otherwise soundfile seeks after each block, which spoils the beginning of the next in MP3 and fails in FLAC of
    # unstated length.
    sound.seekable = lambda: False
    format = _header_format(name, sound.samplerate, sound.channels)
    if sound.frames == 0:
        sound.close()
        raise FormatError(f"{name} has a header but no sound in it")
    reader = AudioReader(name, format, sound.frames if sound.frames < _UNSTATED else None, iter(()))
    reader._close.append(sound)
    reader._blocks = _sndfile_blocks(sound, stream, source, reader, int(seconds * format.sample_rate))
    return reader


def _for_sndfile(stream: IO[bytes]) -> Any:
    """Return what libsndfile reads: the file itself where there is one, else a stream that it calls back for.

    An interrupt from the keyboard that falls into such a call would be dropped in C, and the sound end there.
    """
    if os.name == "posix" and type(stream) in (io.BufferedReader, io.BufferedRandom) and stream.tell() == 0:
        stream.flush()
        descriptor = stream.fileno()
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor
    return _Unraising(stream)


def _sndfile_blocks(sound: Any, stream: IO[bytes], source: Any, reader: AudioReader, length: int) -> Iterator[bytes]:
    as_float = sound.subtype in _FLOAT_SUBTYPES
    done = 0
    clipped = 0
    while True:
        block = sound.read(length, dtype="float64" if as_float else "int16", always_2d=True)
        if not len(block):
            break
        if as_float:
            block, over = to_int16(block, reader.name, done, reader.format)
            clipped += over
        done += len(block)
        yield block.astype("<i2", copy=False).tobytes()
    _note_clipping(reader, clipped)
    # libsndfile guesses the length of an MP3 without an index, and ends there even where the sound goes on.
    is_mpeg = sound.subtype.startswith("MPEG")
    read = os.lseek(source, 0, os.SEEK_CUR) if isinstance(source, int) else stream.tell()
    _note_length(reader, done, read, _size_from(stream, read) if is_mpeg else 0)


def _note_length(reader: AudioReader, done: int, read: int, unread: int) -> None:
    """Note what is missing, given samples decoded and bytes read and not: a tenth of a second is not worth a word."""
    rate = reader.format.sample_rate
    expected = done if reader.frames is None else reader.frames
    if done + rate // 10 < expected:
        reader.notes.append(
            f"{reader.name}: ends early: {done / rate:.3f} s could be decoded, {expected / rate:.3f} s were expected"
        )
    if unread * done > read * (rate // 10):
        reader.notes.append(
            f"{reader.name}: {unread} bytes after {done / rate:.3f} s could not be decoded: convert it first "
            "(ffmpeg -i FILE out.wav)"
        )


def _stream_wav(header: WavHeader, stream: IO[bytes], name: str, seconds: float) -> AudioReader:
    format = _header_format(name, header.sample_rate, header.channels)
    reader = AudioReader(name, format, header.frames, iter(()))
    reader._blocks = _wav_blocks(header, stream, reader, int(seconds * format.sample_rate) * header.block_align)
    return reader


def _wav_blocks(header: WavHeader, stream: IO[bytes], reader: AudioReader, size: int) -> Iterator[bytes]:
    left = header.data_size
    rest = b""
    done = clipped = 0
    pipe = _Joined(b"", stream)
    while left != 0 and (block := pipe.read(size if left is None else min(size, left))):
        left = None if left is None else left - len(block)
        block = rest + block
        whole = len(block) // header.block_align * header.block_align
        rest = block[whole:]
        if whole:
            samples, over = header.decode(block[:whole], reader.name, done, reader.format)
            clipped += over
            done += len(samples)
            yield samples.astype("<i2", copy=False).tobytes()
    _note_clipping(reader, clipped)
    if left:
        missing = left / header.block_align / header.sample_rate
        reader.notes.append(f"{reader.name}: truncated: the header announces {missing:.3f} s more")
    if rest:
        reader.notes.append(f"{reader.name}: {note_stray(len(rest))}")
    if not done:
        raise FormatError(f"{reader.name} has a header but no sound in it")


def _note_clipping(reader: AudioReader, clipped: int) -> None:
    if clipped:
        reader.notes.append(f"{reader.name}: {clipped} samples beyond full scale were clipped")


def _header_format(name: str, sample_rate: int, channels: int) -> AudioFormat:
    try:
        return AudioFormat(sample_rate, channels)
    except FormatError as error:
        raise FormatError(f"{name}: {error}; convert it first (ffmpeg -i FILE -ar 16000 out.wav)") from None


class _Unraising:
    """A file whose seek never raises: libsndfile calls it back from C, where an exception ends as a traceback."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.read = stream.read
        self.tell = stream.tell
        self.write = getattr(stream, "write", None)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go there, or stay where that is not possible; libsndfile compares the answer with what it asked for."""
        try:
            return self._stream.seek(offset, whence)
        except (OSError, ValueError):
            return self._stream.tell()


class _Joined:
    """The first bytes of a stream, already read, and the rest; a read gives what a pipe has instead of waiting."""

    def __init__(self, head: bytes, stream: IO[bytes]) -> None:
        self._head = head
        self._stream = stream
        # A pipe gives what it has; of a file the blocks are as long as asked.
        self._read: Any = stream.read if _is_seekable(stream) else getattr(stream, "read1", stream.read)

    def read(self, size: int) -> bytes:
        head, self._head = self._head[:size], self._head[size:]
        if len(head) == size:
            return head
        block: bytes | None = self._read(size - len(head))
        if block is None:
            raise FormatError(_NON_BLOCKING)
        if isinstance(block, str):
            raise FormatError("the stream gives text: open it in binary mode")
        return head + block

    def read_exactly(self, size: int) -> bytes:
        """Return `size` bytes, or fewer at the end of the stream."""
        parts = []
        while size and (block := self.read(size)):
            parts.append(block)
            size -= len(block)
        return b"".join(parts)

    def size(self) -> int | None:
        """Return how many bytes there are from here on; None for a pipe."""
        if not _is_seekable(self._stream):
            return None
        return len(self._head) + _size_from(self._stream, self._stream.tell())


def _read_up_to(stream: IO[bytes], size: int) -> bytes:
    return _Joined(b"", stream).read_exactly(size)


def _is_seekable(stream: IO[bytes]) -> bool:
    return bool(getattr(stream, "seekable", lambda: False)())


def _is_blocking(stream: IO[bytes]) -> bool:
    """Return whether an empty read means the end; a buffered stream in non-blocking mode gives one at any time."""
    try:
        return os.get_blocking(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return True


def _size_from(stream: IO[bytes], start: int) -> int:
    here = stream.tell()
    end = stream.seek(0, os.SEEK_END)
    stream.seek(here)
    return end - start


def _is_mpeg_frame(head: bytes) -> bool:
    """Return whether bytes begin an MPEG audio frame: 11 bits of sync, no reserved version, layer or bit rate."""
    return (
        head[0] == 0xFF
        and len(head) > 2
        and head[1] & 0xE0 == 0xE0
        and head[1] & 0x18 != 0x08
        and head[1] & 0x06 != 0
        and head[2] & 0xF0 != 0xF0
        and head[2] & 0x0C != 0x0C
    )
