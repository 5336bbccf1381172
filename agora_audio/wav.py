"""The header of a WAV file, read from a pipe or checked for promises that the file does not keep.

RIFF layout: ``"RIFF" size "WAVE"``, then chunks ``id size data`` padded to even length; ``fmt `` describes the samples
and comes before ``data``. A writer that cannot seek back, such as ffmpeg to a pipe, leaves the sizes 0 or all ones.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat

__all__ = ["WavHeader", "note_stray", "read_header", "to_int16"]

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
# What stands for a size never filled in: most writers, some, arecord; and sox, which rounds down to whole samples.
_UNKNOWN_SIZES = (0xFFFFFFFF, 0x7FFFFFFF, 0x80000000)
_UNKNOWN_TO_SOX = 0x7FFFF000
# Chunks before the sound hold texts and pictures; one that claims more is a broken file.
_LARGEST_CHUNK = 64 * 1024 * 1024


class _Source(Protocol):
    def read_exactly(self, size: int) -> bytes: ...


@dataclass(frozen=True)
class WavHeader:
    """What a WAV header says."""

    code: int
    """Kind of samples: 1 integer PCM, 3 IEEE float, others compressed."""
    channels: int
    sample_rate: int
    byte_rate: int
    block_align: int
    """Bytes of one sample of all channels."""
    bits: int
    """Bits of one sample."""
    data_size: int | None
    """Bytes of sound announced; None: until the end of the stream."""
    data_offset: int
    """Where the sound begins, bytes from the beginning of the file."""

    @property
    def unfinished(self) -> bool:
        """Whether the writer never came back to fill in the size of the sound."""
        return self.data_size is None

    @property
    def frames(self) -> int | None:
        """Samples of each channel announced."""
        return None if self.data_size is None else self.data_size // self.block_align

    @property
    def convertible(self) -> bool:
        """Whether `decode` knows these samples."""
        widths = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}.get(self.code, ())
        return self.bits in widths and self.block_align == self.channels * self.bits // 8

    @property
    def bytes_per_second(self) -> int:
        """Bytes of one second of sound; for compressed sound the word of the header has to do."""
        exact = self.sample_rate * self.block_align
        return exact if self.convertible else self.byte_rate or exact

    def describe(self) -> str:
        """Return what the samples are, for a message."""
        kind = {_PCM: "integer", _FLOAT: "float"}.get(self.code, f"codec {self.code:#06x}")
        return f"{self.bits}-bit {kind} WAV"

    def notes(self, file_size: int | None) -> list[str]:
        """Return what is wrong with the header, one line each, given the size of the file if it has one."""
        found = []
        if self.convertible and self.byte_rate and self.byte_rate != self.sample_rate * self.block_align:
            implied = self.byte_rate / self.block_align
            found.append(
                f"the header contradicts itself: {self.sample_rate} Hz, but its byte rate is that of {implied:g} Hz; "
                f"taken for {self.sample_rate} Hz"
            )
        if file_size is None:
            return found
        if self.data_size is None:
            return [*found, "the header was never finished: all that follows it is taken for sound"]
        there = file_size - self.data_offset
        if there < self.data_size:
            found.append(
                f"truncated: the header announces {self.data_size / self.bytes_per_second:.3f} s of sound, "
                f"{there / self.bytes_per_second:.3f} s are there"
            )
        if self.convertible and (stray := min(there, self.data_size) % self.block_align):
            found.append(note_stray(stray))
        return found

    def decode(self, data: bytes, name: str, done: int, format: AudioFormat) -> tuple[NDArray[np.int16], int]:
        """Return samples, shape (n, channels), and how many were clipped; see `to_int16` for the other arguments."""
        shape = (-1, self.channels)
        if self.code == _FLOAT:
            return to_int16(np.frombuffer(data, f"<f{self.bits // 8}").reshape(shape), name, done, format)
        if self.bits == 8:
            return ((np.frombuffer(data, np.uint8).astype(np.int16) - 128) << 8).reshape(shape), 0
        if self.bits == 16:
            return np.frombuffer(data, "<i2").reshape(shape), 0
        # The upper two bytes, as libsndfile takes them.
        upper = np.frombuffer(data, np.uint8).reshape(-1, self.bits // 8)[:, -2:]
        return np.ascontiguousarray(upper).view("<i2").reshape(shape), 0


def read_header(source: _Source, name: str) -> WavHeader:
    """Read up to the first byte of sound.

    Raises
    ------
    FormatError
        If this is no WAV header, or it ends before the sound.
    """
    riff = source.read_exactly(12)
    if len(riff) < 12 or riff[8:] != b"WAVE":
        raise FormatError(f"{name} begins like a WAV file but is none")
    riff_size = struct.unpack("<I", riff[4:8])[0]
    offset = 12
    layout: tuple[int, int, int, int, int, int] | None = None
    while True:
        chunk = source.read_exactly(8)
        if len(chunk) < 8:
            raise FormatError(f"{name} is truncated: its WAV header ends before any sound")
        kind, size = chunk[:4], struct.unpack("<I", chunk[4:])[0]
        offset += 8
        if kind == b"data":
            break
        if not (kind.isascii() and kind.decode().isprintable()):
            raise FormatError(f"{name}: broken WAV header: {kind!r} where a chunk should begin")
        if size > _LARGEST_CHUNK:
            raise FormatError(f"{name}: broken WAV header: a chunk {kind!r} of {size} bytes before the sound")
        body = source.read_exactly(size + size % 2)
        offset += len(body)
        if kind == b"fmt " and len(body) >= 16:
            layout = _layout(body)
    if layout is None or not layout[1] or not layout[2] or not layout[4]:
        raise FormatError(f"{name}: broken WAV header: rate, channels or sample size missing or zero")
    block_align = layout[4]
    unknown_sizes = (*_UNKNOWN_SIZES, _UNKNOWN_TO_SOX // block_align * block_align)
    # A size of 0 is meant where the file as announced goes on after the sound; otherwise it was never filled in.
    unknown = size in unknown_sizes or (size == 0 and (riff_size in (0, *unknown_sizes) or riff_size + 8 <= offset))
    return WavHeader(*layout, data_size=None if unknown else size, data_offset=offset)


def note_stray(count: int) -> str:
    """Return the note on bytes at the end that are no whole sample."""
    return f"{count} stray byte{'s' * (count > 1)} after the last whole sample left out"


def _layout(body: bytes) -> tuple[int, int, int, int, int, int]:
    code, channels, sample_rate, byte_rate, block_align, bits = struct.unpack("<HHIIHH", body[:16])
    if code == _EXTENSIBLE and len(body) >= 26:
        code = struct.unpack("<H", body[24:26])[0]
    return code, channels, sample_rate, byte_rate, block_align, bits


def to_int16(samples: NDArray[np.floating], name: str, done: int, format: AudioFormat) -> tuple[NDArray[np.int16], int]:
    """Return float samples as int16, full scale 1.0, rounded to the nearest, and how many had to be clipped.

    Parameters
    ----------
    samples
        Shape (n, channels).
    name, done, format
        File name, samples of each channel before these, and format: for the message.

    Raises
    ------
    FormatError
        If a sample is NaN or infinite; says at what time.
    """
    finite = np.isfinite(samples).all(axis=1)
    if not finite.all():
        at = (done + int(np.argmin(finite))) / format.sample_rate
        raise FormatError(f"{name}: NaN or infinite sample at {at:.3f} s: the sound is damaged, or a filter broke it")
    # Clipped first to twice the full scale: what is far beyond it must not overflow.
    scaled = np.rint(np.clip(samples, -2.0, 2.0) * 32768.0)
    clipped = int(np.count_nonzero((scaled > 32768) | (scaled < -32768)))
    return np.clip(scaled, -32768, 32767).astype(np.int16), clipped
