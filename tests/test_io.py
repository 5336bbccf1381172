"""Sound from files and pipes: equal samples whatever the kind and the way, and a word for all that is amiss."""

from __future__ import annotations

import array
import contextlib
import io
import itertools
import os
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agora_audio.errors import AudioError, ConfigError, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.io import open_audio, read_audio

TEST_DATA = Path(__file__).parent.parent / "test_data"
MONO_16K = AudioFormat(16000)
STEREO_16K = AudioFormat(16000, 2)

RAW_NOTE = "raw PCM of unstated format, taken for 16000 Hz mono"
SPOOL_NOTE = "this container cannot be decoded from a pipe; it was kept in a temporary file first"
UNFINISHED_NOTE = "the header was never finished: all that follows it is taken for sound"

# The same examples on every machine, and none judged by how long it took.
thorough = settings(max_examples=300, deadline=None, derandomize=True)
needs_mp3 = pytest.mark.skipif("MP3" not in soundfile.available_formats(), reason="this libsndfile has no MP3")


class Pipe:
    """A stream that can only be read, in pieces of the sizes given in turn; all that is asked for is written down."""

    def __init__(self, data: bytes, *sizes: int) -> None:
        self._rest = io.BytesIO(data)
        self._sizes = itertools.cycle(sizes or (1 << 30,))
        self.asked: list[int] = []

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "reading a pipe to its end takes all the memory there is"
        self.asked.append(size)
        return self._rest.read(min(size, next(self._sizes)))


class Read1(Pipe):
    """What `sys.stdin.buffer` is: `read` waits until all is there, `read1` gives what has come."""

    def read1(self, size: int = -1) -> bytes:
        return super().read(size)

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("read would wait for more than has come")


class Endless:
    """A microphone nobody ever turns off, behind a header or not."""

    def __init__(self, head: bytes = b"") -> None:
        self._head = io.BytesIO(head)
        self.largest = 0

    def read(self, size: int) -> bytes:
        self.largest = max(self.largest, size)
        return self._head.read(size) or bytes(size)


def wav(
    data: bytes,
    code: int = 1,
    bits: int = 16,
    channels: int = 1,
    rate: int = 16000,
    *,
    align: int | None = None,
    byte_rate: int | None = None,
    size: int | None = None,
    riff: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
    extensible: bool = False,
) -> bytes:
    """A WAV file whose header says what it is told to say."""
    align = channels * bits // 8 if align is None else align
    byte_rate = rate * align if byte_rate is None else byte_rate
    fmt = struct.pack("<HHIIHH", 0xFFFE if extensible else code, channels, rate, byte_rate, align, bits)
    if extensible:
        guid = bytes.fromhex("000000001000800000aa00389b71")
        fmt += struct.pack("<HHIH", 22, bits, 0, code) + guid
    size = len(data) if size is None else size
    body = b"WAVE" + before + chunk(b"fmt ", fmt) + b"data" + struct.pack("<I", size) + data + after
    return b"RIFF" + struct.pack("<I", len(body) if riff is None else riff) + body


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def ramp(count: int, channels: int = 1) -> np.ndarray:
    """Samples over the whole range, shape (count, channels), no two neighbours equal."""
    return (np.arange(count * channels, dtype=np.int64) * 7919 % 65536 - 32768).astype(np.int16).reshape(-1, channels)


def sine(seconds: float = 1.0, channels: int = 1, rate: int = 16000) -> np.ndarray:
    """A tone of 400 Hz at half of full scale, the second channel of 800 Hz; float, shape (n, channels)."""
    time = np.arange(round(seconds * rate)) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * 400 * (1 + channel) * time) for channel in range(channels)], axis=1)


def encoded(sound: np.ndarray, format: str, subtype: str | None = None, rate: int = 16000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format=format, subtype=subtype)
    return file.getvalue()


def flac_of_unstated_length(sound: np.ndarray) -> bytes:
    """What ffmpeg and sox write to a pipe: 0 for the number of samples."""
    data = bytearray(encoded(sound, "FLAC"))
    info = 8  # after "fLaC" and the header of the first block
    data[info + 13] &= 0xF0
    data[info + 14 : info + 18] = bytes(4)
    return bytes(data)


def mp3_without_index(sound: np.ndarray) -> bytes:
    """An MP3 of variable bit rate from which the first frame, that says its length, is cut off."""
    data = encoded(sound, "MP3")
    assert b"Xing" in data[:200]
    return data[data.index(data[:2], 2) :]


@contextlib.contextmanager
def opened_by(way: str, data: bytes, folder: Path, suffix: str = ".wav") -> Iterator[Any]:
    """The data as a path, a stream in memory, a pipe of ours or one of the operating system."""
    path = folder / f"sound{suffix}"
    path.write_bytes(data)
    if way == "path":
        yield path
    elif way == "string":
        yield str(path)
    elif way == "memory":
        yield io.BytesIO(data)
    elif way == "file":
        with path.open("rb") as file:
            yield file
    elif way == "pipe":
        yield Pipe(data)
    elif way == "odd pipe":
        yield Read1(data, 1, 2, 3, 5, 7, 1000)
    else:
        assert len(data) < 65536, "more than a pipe takes without a reader"
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(data)
        with os.fdopen(reading, "rb") as pipe:
            yield pipe


SEEKABLE = ("path", "string", "memory", "file")
PIPES = ("pipe", "odd pipe", "os pipe")
WAYS = SEEKABLE + PIPES


def told(notes: list[str]) -> list[str]:
    """The notes without the name of the source, which each begins with."""
    assert all(": " in note for note in notes)
    return [note.split(": ", 1)[1] for note in notes]


def heard(source: Any, format: AudioFormat | None = None) -> tuple[np.ndarray, list[str]]:
    """All samples and, without names, the notes."""
    with open_audio(source, format) as reader:
        pcm = b"".join(reader)
        return np.frombuffer(pcm, "<i2").reshape(-1, reader.format.channels), told(reader.notes)


def to_int16(sound: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(sound * 32768.0), -32768, 32767).astype(np.int16)


FLOATS = np.array([[0.0, -0.0], [0.5, -0.5], [1.0, -1.0], [0.99999, 1e-9], [1.4 / 32768, -1.6 / 32768], [0.25, 3e-5]])
INT32 = np.array([[0, -1], [2**31 - 1, -(2**31)], [0x12345678, -0x12345678], [65535, 65536]], "<i4")

WAV_KINDS = {
    "8 bit": (bytes([128, 0, 255, 127, 1, 129]), 1, 8, [[0, -32768], [32512, -256], [-32512, 256]]),
    "16 bit": (ramp(500, 2).astype("<i2").tobytes(), 1, 16, ramp(500, 2)),
    "24 bit": (INT32.view(np.uint8).reshape(-1, 4)[:, 1:].tobytes(), 1, 24, INT32 >> 16),
    "32 bit": (INT32.tobytes(), 1, 32, INT32 >> 16),
    "float32": (FLOATS.astype("<f4").tobytes(), 3, 32, to_int16(FLOATS.astype("<f4"))),
    "float64": (FLOATS.astype("<f8").tobytes(), 3, 64, to_int16(FLOATS)),
}


class TestWav:
    @pytest.mark.parametrize("extensible", [False, True], ids=["plain", "extensible"])
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("kind", WAV_KINDS)
    def test_every_kind_every_way(self, kind, way, extensible, tmp_path):
        data, code, bits, expected = WAV_KINDS[kind]
        file = wav(data, code, bits, 2, 48000, extensible=extensible)
        with opened_by(way, file, tmp_path) as source:
            samples, format = read_audio(source)
        assert format == AudioFormat(48000, 2)
        assert samples.dtype == np.int16
        assert samples.tolist() == np.asarray(expected).tolist()

    @pytest.mark.parametrize("way", WAYS)
    def test_a_good_file_needs_no_words(self, way, tmp_path):
        with opened_by(way, wav(ramp(800).tobytes()), tmp_path) as source, open_audio(source) as reader:
            assert reader.frames == 800
            assert b"".join(reader) == ramp(800).tobytes()
            assert reader.notes == []

    @pytest.mark.parametrize("way", WAYS)
    def test_other_chunks_are_no_sound(self, way, tmp_path):
        file = wav(ramp(99).tobytes(), before=chunk(b"JUNK", b"odd"), after=chunk(b"LIST", b"INFO"))
        with opened_by(way, file, tmp_path) as source:
            samples, notes = heard(source)
        assert np.array_equal(samples, ramp(99))
        assert notes == []

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize(
        ("channels", "bits", "size", "riff"),
        [
            (1, 16, 0, 0),
            (1, 16, 0, 36),
            (1, 16, 0xFFFFFFFF, 0xFFFFFFFF),  # ffmpeg
            (1, 16, 0x7FFFFFFF, 0x7FFFFFFF),
            (1, 16, 0x80000000, 0x80000024),  # arecord
            (1, 16, 0x7FFFF000, 0x7FFFF024),  # sox, which rounds down to whole samples of all channels
            (1, 24, 0x7FFFEFFF, 0x7FFFF048),
            (2, 24, 0x7FFFEFFC, 0x7FFFF044),
        ],
    )
    def test_a_header_never_finished(self, way, channels, bits, size, riff, tmp_path):
        file = wav(b"\1" * (10 * channels * bits // 8), 1, bits, channels, size=size, riff=riff)
        with opened_by(way, file, tmp_path) as source, open_audio(source) as reader:
            assert reader.frames is None
            assert b"".join(reader) == b"\1" * 20 * channels
            # Of a pipe it is expected, of a file it is not.
            assert told(reader.notes) == ([UNFINISHED_NOTE] if way in SEEKABLE else [])

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("after", [b"", chunk(b"LIST", b"INFO")])
    def test_really_empty(self, way, after, tmp_path):
        with (
            opened_by(way, wav(b"", after=after), tmp_path) as source,
            pytest.raises(FormatError, match=r"has a header but no sound in it$"),
        ):
            heard(source)

    @pytest.mark.parametrize("way", SEEKABLE)
    def test_truncated_file(self, way, tmp_path):
        with opened_by(way, wav(ramp(1600).tobytes(), size=6400), tmp_path) as source, open_audio(source) as reader:
            assert reader.frames == 1600
            assert told(reader.notes) == ["truncated: the header announces 0.200 s of sound, 0.100 s are there"]
            assert b"".join(reader) == ramp(1600).tobytes()

    @pytest.mark.parametrize("way", PIPES)
    def test_truncated_pipe(self, way, tmp_path):
        with opened_by(way, wav(ramp(1600).tobytes(), size=6400), tmp_path) as source:
            samples, notes = heard(source)
        assert np.array_equal(samples, ramp(1600))
        assert notes == ["truncated: the header announces 0.100 s more"]

    def test_truncated_recording_of_the_test_data(self):
        path = TEST_DATA / "truncated_16k.wav"
        samples, notes = heard(path)
        assert samples.shape == (40000, 1)
        assert notes == ["truncated: the header announces 4.000 s of sound, 2.500 s are there"]
        piped, notes = heard(Pipe(path.read_bytes(), 999))
        assert np.array_equal(piped, samples)
        assert notes == ["truncated: the header announces 1.500 s more"]

    def test_truncated_compressed_sound_is_told_in_true_seconds(self):
        data = encoded(sine(3.0), "WAV", "IMA_ADPCM")
        samples, notes = heard(io.BytesIO(data[: len(data) // 2]))
        assert 1.4 < len(samples) / 16000 < 1.6
        (note,) = notes
        announced, there = (float(word) for word in note.split() if word[0].isdigit())
        assert announced == pytest.approx(3.0, abs=0.1)
        assert there == pytest.approx(1.5, abs=0.1)

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize(
        ("channels", "extra", "note"),
        [
            (1, b"\1", "1 stray byte after the last"),
            (2, b"\1\2\3", "3 stray bytes after the last whole sample left out"),
        ],
    )
    def test_stray_bytes_are_counted(self, way, channels, extra, note, tmp_path):
        file = wav(ramp(50, channels).tobytes() + extra, channels=channels)
        with opened_by(way, file, tmp_path) as source:
            samples, notes = heard(source)
        assert np.array_equal(samples, ramp(50, channels))
        assert [found.startswith(note) for found in notes] == [True]

    @pytest.mark.parametrize("way", WAYS)
    def test_a_byte_rate_that_contradicts(self, way, tmp_path):
        with opened_by(way, wav(ramp(100).tobytes(), byte_rate=16000), tmp_path) as source:
            samples, notes = heard(source)
        assert len(samples) == 100
        assert notes == [
            "the header contradicts itself: 16000 Hz, but its byte rate is that of 8000 Hz; taken for 16000 Hz"
        ]

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize(
        ("file", "message"),
        [
            (wav(bytes(100), rate=0), "broken WAV header: rate, channels or sample size missing or zero"),
            (wav(bytes(100), channels=0, align=2), "broken WAV header: rate, channels or sample size missing or zero"),
            (wav(bytes(100), align=0), "broken WAV header: rate, channels or sample size missing or zero"),
            (wav(bytes(100), rate=4000), "sample_rate is 4000, must be 8000 to 96000; convert it first"),
            (wav(bytes(100), rate=200_000), "sample_rate is 200000, must be 8000 to 96000; convert it first"),
            (wav(bytes(130), channels=65), "channels is 65, must be 1 to 64; convert it first"),
            (wav(b"", before=b"LIST\xf0\xff\xff\xff"), "broken WAV header: a chunk b'LIST' of 4294967280 bytes before"),
            (wav(bytes(100))[:40], "truncated: its WAV header ends before any sound"),
            (wav(bytes(100))[:30], "truncated: its WAV header ends before any sound"),
            (wav(bytes(100))[:12], "truncated: its WAV header ends before any sound"),
            (wav(bytes(100))[:11], "begins like a WAV file but is none"),
            (b"RIFF", "begins like a WAV file but is none"),
            (b"RIFF\x40\0\0\0AVI LIST" + bytes(99), "begins like a WAV file but is none"),
            (b"RIFF\x40\0\0\0WAVE" + chunk(b"data", bytes(40)), "broken WAV header"),
            (wav(bytes(100), bits=0, align=2), "0-bit|unimplemented format"),
        ],
    )
    def test_broken_headers(self, way, file, message, tmp_path):
        with opened_by(way, file, tmp_path) as source, pytest.raises(FormatError, match=message):
            heard(source)

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize(("bits", "dtype"), [(32, "<f4"), (64, "<f8")])
    def test_nan_and_infinity_are_told_with_their_time(self, way, bad, bits, dtype, tmp_path):
        sound = np.zeros((3000, 2), dtype)
        sound[2000, 1] = bad
        file = wav(sound.tobytes(), 3, bits, 2, 8000)
        with opened_by(way, file, tmp_path) as source, pytest.raises(FormatError, match=r"NaN .* sample at 0\.250 s"):
            heard(source)

    @pytest.mark.parametrize("way", ["memory", "pipe"])
    def test_the_time_of_nan_counts_all_blocks(self, way, tmp_path):
        sound = np.zeros(24000, "<f4")
        sound[20000] = np.nan
        with (
            opened_by(way, wav(sound.tobytes(), 3, 32), tmp_path) as source,
            open_audio(source, block_seconds=0.1) as reader,
        ):
            blocks = iter(reader)
            assert len(b"".join(itertools.islice(blocks, 12))) == 12 * 3200
            with pytest.raises(FormatError, match=r"sample at 1\.250 s"):
                next(blocks)

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize(("bits", "dtype", "huge"), [(32, "<f4", 3e38), (64, "<f8", 1.7e308)])
    def test_floats_beyond_full_scale_are_clipped_and_counted(self, way, bits, dtype, huge, tmp_path):
        sound = np.array([0.5, 1.0, 1.0001, -1.0, -1.0001, 7.0, -7.0, huge, -huge], dtype)
        with opened_by(way, wav(sound.tobytes(), 3, bits), tmp_path) as source:
            samples, notes = heard(source)
        assert samples[:, 0].tolist() == [16384, 32767, 32767, -32768, -32768, 32767, -32768, 32767, -32768]
        assert notes == ["6 samples beyond full scale were clipped"]

    @pytest.mark.parametrize("way", ["memory", "pipe"])
    def test_clipping_is_counted_over_all_blocks(self, way, tmp_path):
        sound = np.full(16000, 1.5, "<f4")
        with (
            opened_by(way, wav(sound.tobytes(), 3, 32), tmp_path) as source,
            open_audio(source, block_seconds=0.1) as reader,
        ):
            for _ in reader:
                pass
        assert told(reader.notes) == ["16000 samples beyond full scale were clipped"]

    @pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM", "GSM610"])
    def test_compressed_samples_from_a_file_but_not_from_a_pipe(self, subtype):
        data = encoded(sine(), "WAV", subtype)
        samples, notes = heard(io.BytesIO(data))
        assert np.abs(samples[:16000] - to_int16(sine())).mean() < 800
        assert notes == []
        with pytest.raises(FormatError, match=r"codec 0x00.. WAV cannot be read from a pipe: save it to a file first"):
            open_audio(Pipe(data))


class TestContainers:
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("channels", [1, 2])
    def test_flac_gives_the_very_samples(self, way, channels, tmp_path):
        data = encoded(ramp(3000, channels), "FLAC", rate=22050)
        with opened_by(way, data, tmp_path, ".flac") as source:
            samples, notes = heard(source)
        assert np.array_equal(samples, ramp(3000, channels))
        assert notes == ([SPOOL_NOTE] if way in PIPES else [])

    @pytest.mark.parametrize("way", WAYS)
    def test_flac_of_24_bits_gives_the_upper_two_bytes(self, way, tmp_path):
        data = encoded(INT32, "FLAC", "PCM_24")
        with opened_by(way, data, tmp_path, ".flac") as source:
            samples, _ = heard(source)
        assert samples.tolist() == (INT32 >> 16).tolist()

    @pytest.mark.parametrize("way", ["path", "memory", "pipe"])
    def test_flac_that_came_through_a_pipe_itself(self, way, tmp_path):
        data = flac_of_unstated_length(ramp(40000))
        with opened_by(way, data, tmp_path, ".flac") as source, open_audio(source, block_seconds=0.5) as reader:
            assert reader.frames is None
            assert b"".join(reader) == ramp(40000).tobytes()
            assert told(reader.notes) == ([SPOOL_NOTE] if way == "pipe" else [])

    @pytest.mark.parametrize("way", ["path", "memory", "pipe"])
    @pytest.mark.parametrize(
        ("format", "subtype"),
        [("OGG", "VORBIS"), ("OGG", "OPUS"), pytest.param("MP3", None, marks=needs_mp3)],
    )
    def test_lossy_sound_sounds_like_it(self, way, format, subtype, tmp_path):
        data = encoded(sine(2.0, channels=2), format, subtype)
        with opened_by(way, data, tmp_path, f".{format.lower()}") as source:
            samples, notes = heard(source)
        assert samples.shape == (32000, 2)
        assert notes == ([SPOOL_NOTE] if way == "pipe" else [])
        difference = (samples - to_int16(sine(2.0, channels=2)).astype(float))[4000:-4000]
        assert np.sqrt(np.mean(difference**2)) < 0.05 * 16384 / np.sqrt(2)

    @pytest.mark.parametrize(
        ("format", "subtype"),
        [
            ("FLAC", None),
            ("OGG", "VORBIS"),
            ("OGG", "OPUS"),
            pytest.param("MP3", None, marks=needs_mp3),
            ("WAV", "PCM_24"),
            ("WAV", "IMA_ADPCM"),
        ],
    )
    def test_the_length_of_a_block_changes_no_sample(self, format, subtype):
        noise = np.random.default_rng(0).uniform(-0.3, 0.3, 40000)
        data = encoded(noise, format, subtype)
        sounds = {b"".join(open_audio(io.BytesIO(data), block_seconds=seconds)) for seconds in (0.037, 0.5, 60.0)}
        assert len(sounds) == 1

    def test_lossy_sound_beyond_full_scale_is_clipped_and_counted(self):
        square = np.repeat(np.tile([1.0, -1.0], 200), 40)
        samples, notes = heard(io.BytesIO(encoded(square, "OGG", "VORBIS")))
        assert (samples.max(), samples.min()) == (32767, -32768)
        (note,) = notes
        count, rest = note.split(" ", 1)
        assert rest == "samples beyond full scale were clipped"
        assert 0 < int(count) < 16000

    @needs_mp3
    def test_mp3_of_which_libsndfile_reads_a_part_only(self):
        # Loud, then silent: guessed from its first frames, the sound is over after a fourth of its time.
        noise = np.concatenate([np.random.default_rng(0).uniform(-0.3, 0.3, 48000), np.zeros(144000)])
        with open_audio(io.BytesIO(mp3_without_index(noise))) as reader:
            done = sum(map(len, reader)) / 32000
            (note,) = [note for note in told(reader.notes) if "full scale" not in note]
        assert done < 11.0
        assert f" bytes after {done:.3f} s could not be decoded: convert it first" in note

    @needs_mp3
    def test_mp3_that_is_truncated(self):
        data = encoded(np.random.default_rng(0).uniform(-0.3, 0.3, 48000), "MP3")
        with open_audio(io.BytesIO(data[: len(data) // 2])) as reader:
            done = sum(map(len, reader)) / 32000
            (note,) = told(reader.notes)
        assert 1.0 < done < 2.0
        assert note == f"ends early: {done:.3f} s could be decoded, 3.000 s were expected"

    @pytest.mark.parametrize("way", ["path", "memory", "pipe"])
    def test_a_damaged_container_is_an_error_and_leaves_nothing_open(self, way, tmp_path):
        data = encoded(ramp(40000), "FLAC")
        with (
            opened_by(way, data[:20000], tmp_path, ".flac") as source,
            pytest.raises(FormatError, match=r"reading failed: .*lost sync"),
        ):
            heard(source)
        with opened_by(way, data[:30], tmp_path, ".flac") as source, pytest.raises(FormatError) as caught:
            heard(source)
        assert " object at 0x" not in str(caught.value)
        assert "<_io." not in str(caught.value)

    @pytest.mark.parametrize("rate", [4000, 192_000])
    def test_a_rate_out_of_range(self, rate):
        with pytest.raises(FormatError, match=f"sample_rate is {rate}, must be 8000 to 96000; convert it first"):
            open_audio(io.BytesIO(encoded(ramp(100), "FLAC", rate=rate)))

    def test_the_recordings_of_the_test_data(self):
        samples, format = read_audio(TEST_DATA / "stereo_44k.flac")
        assert format == AudioFormat(44100, 2)
        assert len(samples) == soundfile.info(TEST_DATA / "stereo_44k.flac").frames
        samples, format = read_audio(TEST_DATA / "float32_48k.wav")
        assert (samples.shape, format) == ((72000, 1), AudioFormat(48000))
        expected, _ = soundfile.read(TEST_DATA / "float32_48k.wav")
        assert np.array_equal(samples[:, 0], to_int16(expected))


class TestRaw:
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("suffix", [".pcm", ".raw", ".s16", ".s16le", ".PCM"])
    def test_is_what_it_is_said_to_be(self, way, suffix, tmp_path):
        with opened_by(way, ramp(700, 2).tobytes(), tmp_path, suffix) as source:
            samples, notes = heard(source, AudioFormat(48000, 2))
        assert np.array_equal(samples, ramp(700, 2))
        assert notes == []

    @pytest.mark.parametrize("way", WAYS)
    def test_unsaid_it_is_taken_for_16_khz_mono_and_that_is_said(self, way, tmp_path):
        with opened_by(way, ramp(700).tobytes(), tmp_path, ".pcm") as source, open_audio(source) as reader:
            assert reader.format == MONO_16K
            assert told(reader.notes) == [RAW_NOTE]
            assert b"".join(reader) == ramp(700).tobytes()

    def test_its_length_is_known_of_a_file_only(self, tmp_path):
        data = ramp(700, 2).tobytes() + b"\1"
        for way in SEEKABLE:
            with opened_by(way, data, tmp_path, ".pcm") as source, open_audio(source, STEREO_16K) as reader:
                assert reader.frames == 700
        for way in PIPES:
            with opened_by(way, data, tmp_path, ".pcm") as source, open_audio(source, STEREO_16K) as reader:
                assert reader.frames is None

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize(
        ("channels", "extra", "count"), [(1, b"\1", "1 stray byte"), (2, b"\1\2", "2 stray bytes")]
    )
    def test_stray_bytes_are_counted(self, way, channels, extra, count, tmp_path):
        format = AudioFormat(16000, channels)
        with opened_by(way, ramp(20, channels).tobytes() + extra, tmp_path, ".pcm") as source:
            samples, notes = heard(source, format)
        assert np.array_equal(samples, ramp(20, channels))
        assert notes == [f"{count} after the last whole sample left out; is it {format.describe()}?"]

    def test_stray_byte_of_the_test_data(self):
        samples, notes = heard(TEST_DATA / "odd_bytes_16k.pcm")
        assert samples.shape == (16000, 1)
        assert notes == [RAW_NOTE, "1 stray byte after the last whole sample left out; is it 16000 Hz mono?"]

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("data", [b"\1", b"\xff", b"\1\2\3"])
    def test_less_than_one_sample_is_no_sound(self, way, data, tmp_path):
        with (
            opened_by(way, data, tmp_path, ".pcm") as source,
            pytest.raises(FormatError, match=r"is too short: no whole sample of 16000 Hz stereo$"),
        ):
            heard(source, STEREO_16K)

    @pytest.mark.parametrize("way", ["path", "memory", "pipe"])
    def test_may_begin_like_mp3_where_it_is_said_to_be_raw(self, way, tmp_path):
        data = b"\xff\xfb\x50\xc4" + ramp(500).tobytes()
        with opened_by(way, data, tmp_path, ".pcm") as source:
            samples, _ = heard(source, MONO_16K)
        assert samples.astype("<i2").tobytes() == data


class TestNamesAndContents:
    def test_wav_named_raw_is_read_by_its_header(self, tmp_path):
        path = tmp_path / "sound.pcm"
        path.write_bytes(wav(ramp(100).tobytes(), rate=8000))
        samples, format = read_audio(path)
        assert np.array_equal(samples, ramp(100))
        assert format == AudioFormat(8000)
        with open_audio(path) as reader:
            assert reader.notes == [f"{path} is named like raw PCM but begins with a header: read by its header"]

    @pytest.mark.parametrize("name", ["sound.wav", "sound.flac", "sound", "notes.txt"])
    @pytest.mark.parametrize(
        "data",
        [
            ramp(100).tobytes(),
            b"Dear all,\nplease find the recording attached.\n",
            bytes.fromhex("ffd8ffe000104a46494600010100") + bytes(999),  # JPEG
            bytes.fromhex("fff150801ffffcde") + bytes(999),  # AAC
            b"\1",
            b"\xff",
        ],
        ids=["raw", "text", "jpeg", "aac", "one byte", "ff"],
    )
    def test_what_is_no_sound_or_named_wrongly(self, name, data, tmp_path):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(FormatError) as caught:
            open_audio(path)
        assert str(caught.value) == (
            f"{path} is not WAV, FLAC, OGG or MP3: rename raw PCM to .pcm, or decode it first (ffmpeg -i FILE out.wav)"
        )

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("suffix", [".wav", ".pcm"])
    @pytest.mark.parametrize("format", [None, MONO_16K])
    def test_nothing_at_all(self, way, suffix, format, tmp_path):
        with (
            opened_by(way, b"", tmp_path, suffix) as source,
            pytest.raises(FormatError, match=r"is empty: no sound to read$"),
        ):
            open_audio(source, format)

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("format", [AudioFormat(8000), STEREO_16K])
    def test_a_format_that_contradicts_the_header(self, way, format, tmp_path):
        with (
            opened_by(way, wav(ramp(100).tobytes()), tmp_path) as source,
            pytest.raises(FormatError, match=f"says 16000 Hz mono in its header, you said {format.describe()}"),
        ):
            open_audio(source, format)

    @pytest.mark.parametrize("way", ["path", "pipe"])
    def test_a_format_that_contradicts_a_container(self, way, tmp_path):
        with (
            opened_by(way, encoded(ramp(100), "FLAC"), tmp_path, ".flac") as source,
            pytest.raises(FormatError, match="says 16000 Hz mono in its header, you said 8000 Hz mono"),
        ):
            open_audio(source, AudioFormat(8000))

    @pytest.mark.parametrize("way", WAYS)
    def test_a_format_that_agrees(self, way, tmp_path):
        with opened_by(way, wav(ramp(100).tobytes()), tmp_path) as source:
            samples, notes = heard(source, MONO_16K)
        assert (len(samples), notes) == (100, [])

    def test_a_directory_and_a_missing_file(self, tmp_path):
        with pytest.raises(IsADirectoryError):
            open_audio(tmp_path)
        with pytest.raises(FileNotFoundError):
            open_audio(tmp_path / "missing.wav")

    @pytest.mark.parametrize(
        "thing",
        [None, 5, b"sound.wav", [1, 2], bytes(9999), ramp(9999)],
        ids=["none", "number", "name", "list", "pcm", "array"],
    )
    def test_what_is_neither_path_nor_stream(self, thing):
        with pytest.raises(FormatError, match=r"^cannot read sound from .*: give a path or a binary stream$") as caught:
            open_audio(thing)
        assert len(str(caught.value)) < 100

    @pytest.mark.parametrize("format", [16000, "mono", (16000, 1)])
    def test_a_format_that_is_none(self, format):
        with pytest.raises(FormatError, match=r"must be an AudioFormat or None$"):
            open_audio(io.BytesIO(bytes(100)), format)


class TestBlocks:
    @pytest.mark.parametrize("way", SEEKABLE)
    @pytest.mark.parametrize("kind", ["raw", "wav", "unfinished", "float", "flac"])
    def test_are_as_long_as_asked(self, way, kind, tmp_path):
        sound = np.tile(ramp(2205), (4, 1))
        data = {
            "raw": sound.tobytes(),
            "wav": wav(sound.tobytes(), rate=22050),
            "unfinished": wav(sound.tobytes(), rate=22050, size=0, riff=0),
            "float": wav((sound / 32768).astype("<f4").tobytes(), 3, 32, rate=22050),
            "flac": encoded(sound, "FLAC", rate=22050),
        }[kind]
        with opened_by(way, data, tmp_path, ".pcm") as source:
            reader = open_audio(source, AudioFormat(22050), block_seconds=0.15)
            blocks = list(reader)
        assert [len(block) for block in blocks] == [2 * 3307, 2 * 3307, 2 * 2206]
        assert b"".join(blocks) == sound.tobytes()

    @pytest.mark.parametrize("head", [b"", wav(b"", size=0xFFFFFFFF, riff=0xFFFFFFFF)], ids=["raw", "wav"])
    @pytest.mark.parametrize("seconds", [0.02, 1.0])
    def test_do_not_grow_however_long_a_pipe_runs(self, head, seconds):
        microphone = Endless(head)
        with open_audio(microphone, MONO_16K, block_seconds=seconds) as reader:
            assert reader.frames is None
            sizes = [len(block) for block in itertools.islice(reader, 500)]
        assert max(sizes) == max(microphone.largest, 0) == 32000 * seconds
        assert sum(sizes) >= 499 * 32000 * seconds

    def test_a_container_from_a_pipe_is_not_kept_in_memory(self):
        pipe = Pipe(encoded(ramp(200_000), "FLAC"))
        assert sum(map(len, open_audio(pipe))) == 400_000
        assert max(pipe.asked) <= 1 << 20

    @pytest.mark.parametrize("kind", ["raw", "wav"])
    def test_of_a_pipe_come_as_soon_as_something_has_come(self, kind):
        data = ramp(2000).tobytes()
        head = {"raw": b"", "wav": wav(b"", size=4000)}[kind]
        pipe = Read1(head + data, 641)
        blocks = list(open_audio(pipe, MONO_16K))
        assert b"".join(blocks) == data
        assert max(map(len, blocks)) <= 641 + 12
        assert all(len(block) % 2 == 0 for block in blocks)

    @thorough
    @given(
        sizes=st.lists(st.integers(1, 50), min_size=1, max_size=20),
        kind=st.sampled_from(["16 bit", "24 bit", "float32", "raw"]),
        seconds=st.sampled_from([0.01, 0.013, 1.0]),
    )
    def test_the_pieces_of_a_pipe_never_matter(self, sizes, kind, seconds):
        if kind == "raw":
            data, format = ramp(500, 2).tobytes(), STEREO_16K
            expected = data
        else:
            samples, code, bits, values = WAV_KINDS[kind]
            data, format = wav(samples, code, bits, 2), None
            expected = np.asarray(values).astype("<i2").tobytes()
        for stream in (Pipe(data, *sizes), Read1(data, *sizes)):
            with open_audio(stream, format, seconds) as reader:
                assert b"".join(reader) == expected

    def test_lengths_at_the_ends_of_the_range(self):
        sound = ramp(8080).tobytes()
        assert [len(block) for block in open_audio(io.BytesIO(sound), AudioFormat(8000), 0.01)] == [160] * 101
        assert [len(block) for block in open_audio(io.BytesIO(sound), AudioFormat(8000), 3600)] == [16160]

    @pytest.mark.parametrize("seconds", [0, -1, 0.009, 3601, float("nan"), float("inf"), "1", None])
    def test_lengths_out_of_range(self, seconds):
        with pytest.raises(ConfigError, match=r"^block_seconds is .*, must be 0\.01 to 3600$"):
            open_audio(io.BytesIO(bytes(100)), MONO_16K, seconds)


class TestStreams:
    @pytest.mark.parametrize("data", [wav(ramp(900).tobytes()), encoded(ramp(900), "FLAC"), ramp(900).tobytes()])
    def test_stay_open(self, data):
        stream = io.BytesIO(data)
        with open_audio(stream, MONO_16K, block_seconds=0.01) as reader:
            assert len(next(iter(reader))) == 320
        assert not stream.closed
        stream.seek(0)
        assert sum(map(len, open_audio(stream, MONO_16K))) == 1800
        assert not stream.closed

    @pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files are counted as Linux lists them")
    @pytest.mark.parametrize("data", [wav(ramp(900).tobytes()), encoded(ramp(900), "FLAC"), ramp(900).tobytes()])
    def test_of_paths_are_closed(self, data, tmp_path):
        path = tmp_path / "sound.pcm"
        path.write_bytes(data)
        before = os.listdir("/proc/self/fd")
        kept = open_audio(path, MONO_16K)
        assert len(os.listdir("/proc/self/fd")) == len(before) + 1
        list(kept)
        open_audio(path, MONO_16K).close()
        read_audio(path, MONO_16K)
        with open_audio(path, MONO_16K, block_seconds=0.01) as reader:
            next(iter(reader))
        path.write_bytes(wav(data, rate=4000))
        with pytest.raises(FormatError):
            open_audio(path)
        assert os.listdir("/proc/self/fd") == before

    @pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files are counted as Linux lists them")
    def test_kept_in_a_temporary_file_leave_none(self):
        before = os.listdir("/proc/self/fd")
        list(open_audio(Pipe(encoded(ramp(900), "FLAC"))))
        with pytest.raises(FormatError):
            open_audio(Pipe(b"fLaC" + bytes(99)))
        with pytest.raises(FormatError):
            open_audio(Pipe(encoded(ramp(900), "FLAC")), STEREO_16K)
        assert os.listdir("/proc/self/fd") == before

    def test_are_read_from_where_they_stand(self):
        first, second = wav(ramp(70).tobytes()), wav(ramp(90, 2).tobytes(), channels=2)
        stream = io.BytesIO(first + second)
        stream.seek(len(first))
        samples, format = read_audio(stream)
        assert np.array_equal(samples, ramp(90, 2))
        assert format == STEREO_16K
        stream = io.BytesIO(ramp(100).tobytes())
        stream.seek(50)
        assert np.array_equal(read_audio(stream, MONO_16K)[0], ramp(100)[25:])

    def test_are_named_in_messages_where_they_have_a_name(self):
        stream = Pipe(b"")
        stream.name = "<stdin>"
        with pytest.raises(FormatError, match=r"^<stdin> is empty"):
            open_audio(stream)
        with pytest.raises(FormatError, match=r"^the stream is empty"):
            open_audio(io.BytesIO())

    @pytest.mark.parametrize("buffering", [-1, 0], ids=["buffered", "raw"])
    @pytest.mark.parametrize("sent", [b"", ramp(100).tobytes(), encoded(ramp(100), "FLAC")])
    def test_in_non_blocking_mode_are_refused(self, buffering, sent):
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.write(writing, sent)
        with (
            os.fdopen(writing, "wb"),
            os.fdopen(reading, "rb", buffering) as stream,
            pytest.raises(FormatError, match=r"^the stream is in non-blocking mode: hand in a blocking one$"),
        ):
            heard(stream, MONO_16K)

    @pytest.mark.parametrize("data", [ramp(100).tobytes(), wav(ramp(100).tobytes()), encoded(ramp(9999), "FLAC")])
    @pytest.mark.parametrize("good", [0, 1, 2, 3])
    def test_that_have_nothing_yet_are_not_taken_for_ended(self, data, good):
        class Impatient(Pipe):
            def read(self, size: int = -1) -> bytes | None:
                return None if len(self.asked) == good else super().read(size)

        with pytest.raises(FormatError, match=r"^the stream is in non-blocking mode: hand in a blocking one$"):
            heard(Impatient(data, 20))

    def test_of_text_are_refused(self):
        with pytest.raises(FormatError, match=r"^cannot read sound from .*: give a path or a binary stream$"):
            open_audio(io.StringIO("sound"))
        with tempfile.NamedTemporaryFile("w+") as file:
            file.write("Dear all, please find the recording attached.")
            file.seek(0)
            with pytest.raises(FormatError, match=r"^the stream gives text: open it in binary mode$"):
                open_audio(file)

    def test_that_are_closed_are_refused(self, tmp_path):
        stream = io.BytesIO(wav(ramp(10).tobytes()))
        stream.close()
        with pytest.raises(FormatError, match=r"^the stream is closed: hand in an open one$"):
            open_audio(stream)
        path = tmp_path / "sound.wav"
        path.write_bytes(wav(ramp(10).tobytes()))
        with path.open("rb") as file:
            pass
        with pytest.raises(FormatError, match=r"^the stream is closed: hand in an open one$"):
            open_audio(file)

    @pytest.mark.parametrize(
        "data", [ramp(90).tobytes(), wav(ramp(90).tobytes()), wav(ramp(90).tobytes(), size=0, riff=0)]
    )
    def test_that_are_closed_meanwhile_are_an_error(self, data):
        stream = io.BytesIO(data)
        reader = open_audio(stream, MONO_16K)
        reader.close()
        stream.close()
        with pytest.raises(FormatError, match=r"the stream: reading failed: .*closed file"):
            list(reader)

    def test_that_fail_say_so(self):
        class Broken(Pipe):
            def read(self, size: int = -1) -> bytes:
                if len(self.asked) == 3:
                    raise OSError("the line is dead")
                return super().read(size)

        with open_audio(Broken(ramp(1000).tobytes(), 200), MONO_16K) as reader:
            blocks = iter(reader)
            next(blocks)
            next(blocks)
            with pytest.raises(FormatError, match=r"^the stream: reading failed: the line is dead$"):
                next(blocks)

    def test_may_give_any_bytes(self):
        class Arrays(Pipe):
            def read(self, size: int = -1) -> bytearray:
                return bytearray(super().read(size))

        samples, notes = heard(Arrays(wav(ramp(100).tobytes()), 33))
        assert np.array_equal(samples, ramp(100))
        assert notes == []


class TestRead:
    def test_gives_samples_to_work_with(self):
        samples, _ = read_audio(io.BytesIO(wav(ramp(100, 2).tobytes(), channels=2)))
        assert (samples.dtype, samples.shape) == (np.int16, (100, 2))
        samples[0] = 5
        assert samples[0].tolist() == [5, 5]

    def test_takes_what_other_readers_say(self, tmp_path):
        path = tmp_path / "sound.wav"
        soundfile.write(path, sine(0.5, 2), 44100, subtype="PCM_16")
        expected, _ = soundfile.read(path, dtype="int16", always_2d=True)
        samples, format = read_audio(path)
        assert np.array_equal(samples, expected)
        assert format == AudioFormat(44100, 2)

    def test_bytes_of_an_array_are_a_stream_of_them(self):
        assert read_audio(io.BytesIO(array.array("h", [1, -2, 3])), MONO_16K)[0].tolist() == [[1], [-2], [3]]


SEEDS = [
    wav(ramp(40).tobytes()),
    wav(ramp(40, 2).tobytes(), channels=2, extensible=True),
    wav(FLOATS.astype("<f4").tobytes(), 3, 32, 2),
    wav(ramp(40).tobytes(), size=0, riff=0),
    encoded(ramp(400), "WAV", "IMA_ADPCM"),
    encoded(ramp(400), "FLAC"),
    encoded(ramp(400), "AIFF"),
]


# libsndfile may ask a stream to seek to where there is nothing, of which soundfile can only say that it was ignored.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class TestFuzz:
    @staticmethod
    def read_somehow(data: bytes) -> None:
        for stream in (io.BytesIO(data), Pipe(data, 1, 100)):
            try:
                with open_audio(stream) as reader:
                    for block in reader:
                        assert len(block) % reader.format.sample_bytes == 0
                    assert all(isinstance(note, str) for note in reader.notes)
            except (AudioError, OSError):
                pass

    @thorough
    @given(size=st.binary(min_size=4, max_size=4), rest=st.binary(max_size=120))
    @example(size=bytes(4), rest=b"")
    @example(size=bytes(4), rest=b"data" + bytes(4))
    @example(size=b"\xff" * 4, rest=b"fmt \xff\xff\xff\xff")
    def test_random_bytes_behind_riff_and_wave(self, size, rest):
        self.read_somehow(b"RIFF" + size + b"WAVE" + rest)

    @thorough
    @given(fmt=st.binary(min_size=16, max_size=40), size=st.integers(0, 2**32 - 1), data=st.binary(max_size=50))
    def test_random_formats(self, fmt, size, data):
        self.read_somehow(b"RIFF\0\0\0\0WAVE" + chunk(b"fmt ", fmt) + b"data" + struct.pack("<I", size) + data)

    @thorough
    @given(
        seed=st.sampled_from(SEEDS),
        changes=st.lists(st.tuples(st.integers(0, 80), st.integers(0, 255)), max_size=6),
        length=st.integers(0, 2000),
    )
    def test_files_with_bytes_changed_and_cut_off(self, seed, changes, length):
        data = bytearray(seed)
        for at, value in changes:
            data[at % len(data)] = value
        self.read_somehow(bytes(data[:length]))

    @thorough
    @given(data=st.binary(max_size=60))
    @example(data=b"\xff\xfb")
    @example(data=b"ID3")
    @example(data=b"OggS" + bytes(50))
    def test_random_bytes(self, data):
        self.read_somehow(data)


def test_a_damaged_container_prints_nothing(tmp_path, capfd):
    path = tmp_path / "damaged.aiff"
    soundfile.write(path, np.zeros(16000, np.int16), 16000)
    damaged = bytearray(path.read_bytes())
    damaged[36:40] = b"\xff" * 4
    path.write_bytes(damaged)
    with contextlib.suppress(FormatError):
        read_audio(path)
    assert capfd.readouterr().err == ""
