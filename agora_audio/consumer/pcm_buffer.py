"""PCM that comes in pieces of any size and goes out in whole milliseconds."""

from __future__ import annotations

import threading

from agora_audio.frames import AudioFormat, as_buffer

__all__ = ["PcmRawDataManager"]


class PcmRawDataManager:
    """Collect PCM of any size and hand it out in whole milliseconds, as a sender wants it. Safe to use from threads.

    Millisecond k of a stream ends at sample ``floor((k + 1) * sample_rate / 1000)``, so that 44.1 and 22.05 kHz neither
    lose nor gain a sample. What is handed out belongs to the caller.

    Parameters
    ----------
    sample_rate, channels
        Format of the PCM.

    Attributes
    ----------
    format : AudioFormat
        The format.
    dropped_bytes : int
        Bytes of an incomplete sample that the last `flush` found.

    Raises
    ------
    FormatError
        If the format is not one of PCM.

    Examples
    --------
    >>> manager = PcmRawDataManager(44100)
    >>> manager.push(bytes(100))
    >>> len(manager.pop()), manager.len()
    (88, 12)
    """

    def __init__(self, sample_rate: int, channels: int = 1) -> None:
        self.format = AudioFormat(sample_rate, channels)
        self._lock = threading.Lock()
        self.dropped_bytes = 0
        self._held = bytearray()
        self._popped = 0  # samples since the stream began

    def push(self, pcm: bytes) -> None:
        """Take the next piece, of any size.

        Raises
        ------
        FormatError
            If `pcm` is neither bytes-like nor an int16 array.
        """
        data = as_buffer(pcm)
        with self._lock:
            self._held += data

    def pop(self) -> bytes:
        """Return all whole milliseconds, ``b""`` if there is none; what is left waits for more."""
        with self._lock:
            return self._take(self._whole_samples())

    def flush(self) -> bytes:
        """Return all that is left, padded with zeros to whole milliseconds; the next push begins a new stream.

        An incomplete sample at the very end is not sound: it is left out and counted in `dropped_bytes`.
        """
        with self._lock:
            samples = len(self._held) // self.format.sample_bytes
            rest = self._take(samples)
            self.dropped_bytes = len(self._held)
            milliseconds = -(-self._popped * 1000 // self.format.sample_rate)
            missing = milliseconds * self.format.sample_rate // 1000 - self._popped
            self._begin()
            return rest + bytes(missing * self.format.sample_bytes)

    def len(self) -> int:
        """Return how many bytes are held."""
        with self._lock:
            return len(self._held)

    def reset(self) -> int:
        """Drop what is held, begin a new stream, and return how many bytes were dropped."""
        with self._lock:
            return self._begin()

    def update_parameters(self, sample_rate: int, channels: int = 1) -> int:
        """Change the format, and return how many bytes of the old one were dropped; none if it is the same.

        Raises
        ------
        FormatError
            If the format is not one of PCM; nothing changes then.
        """
        format = AudioFormat(sample_rate, channels)
        with self._lock:
            if format == self.format:
                return 0
            self.format = format
            return self._begin()

    def _begin(self) -> int:
        dropped = len(self._held)
        self._held.clear()
        self._popped = 0
        return dropped

    def _take(self, samples: int) -> bytes:
        size = samples * self.format.sample_bytes
        taken = bytes(memoryview(self._held)[:size])
        del self._held[:size]
        self._popped += samples
        return taken

    def _whole_samples(self) -> int:
        """Return how many of the samples held end with the last whole millisecond among them."""
        rate = self.format.sample_rate
        total = self._popped + len(self._held) // self.format.sample_bytes
        milliseconds = ((total + 1) * 1000 - 1) // rate
        return milliseconds * rate // 1000 - self._popped
