"""The header of a WAV file: what is read from it, what is wrong with it, and samples of every width."""

from __future__ import annotations

import dataclasses
import io
import struct

import numpy as np
import pytest

from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat
from agora_audio.io import open_audio
from agora_audio.wav import WavHeader, note_stray, read_header, to_int16

MONO_16K = AudioFormat(16000)
HEADER = WavHeader(
    code=1, channels=1, sample_rate=16000, byte_rate=32000, block_align=2, bits=16, data_size=6400, data_offset=44
)


class Source(io.BytesIO):
    """Bytes that are read exactly, or to their end."""

    def read_exactly(self, size: int) -> bytes:
        return self.read(size)


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def fmt(*numbers: int) -> bytes:
    """The chunk that describes the samples: code, channels, rate, byte rate, block align, bits."""
    return chunk(b"fmt ", struct.pack("<HHIIHH", *numbers))


PCM_FMT = fmt(1, 1, 16000, 32000, 2, 16)


def header(*chunks: bytes, riff: int = 6436) -> Source:
    return Source(b"RIFF" + struct.pack("<I", riff) + b"WAVE" + b"".join(chunks))


def data(size: int) -> bytes:
    return b"data" + struct.pack("<I", size)


class TestReadHeader:
    def test_reads_up_to_the_first_byte_of_sound(self):
        source = header(PCM_FMT, data(6400), b"sound")
        assert read_header(source, "sound.wav") == HEADER
        assert source.read() == b"sound"

    def test_skips_other_chunks_and_what_fills_them_up(self):
        source = header(chunk(b"JUNK", b"odd"), PCM_FMT, chunk(b"LIST", b"even"), data(6400), b"sound")
        assert read_header(source, "sound.wav") == dataclasses.replace(HEADER, data_offset=44 + 12 + 12)
        assert source.read() == b"sound"

    def test_takes_the_code_of_an_extensible_header_from_its_guid(self):
        body = struct.pack("<HHIIHHHHIH", 0xFFFE, 2, 48000, 384000, 8, 32, 22, 32, 3, 3) + bytes(14)
        found = read_header(header(chunk(b"fmt ", body), data(800)), "sound.wav")
        assert (found.code, found.channels, found.sample_rate, found.bits) == (3, 2, 48000, 32)
        assert found.convertible
        assert found.frames == 100

    def test_of_an_extensible_header_without_guid_no_samples_are_known(self):
        found = read_header(header(fmt(0xFFFE, 1, 16000, 32000, 2, 16), data(8)), "sound.wav")
        assert (found.code, found.convertible) == (0xFFFE, False)

    @pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0x7FFFF000])
    def test_sizes_that_stand_for_none(self, size):
        found = read_header(header(PCM_FMT, data(size), riff=0xFFFFFFFF), "sound.wav")
        assert (found.unfinished, found.data_size, found.frames) == (True, None, None)

    @pytest.mark.parametrize(
        ("align", "bits", "channels", "size"), [(3, 24, 1, 0x7FFFEFFF), (6, 24, 2, 0x7FFFEFFC), (12, 32, 3, 0x7FFFEFFC)]
    )
    def test_sox_rounds_its_down_to_whole_samples(self, align, bits, channels, size):
        layout = fmt(1, channels, 16000, 16000 * align, align, bits)
        assert read_header(header(layout, data(size)), "sound.wav").unfinished
        assert not read_header(header(layout, data(size - align)), "sound.wav").unfinished

    @pytest.mark.parametrize("size", [1, 2, 3_000_000_000, 0x7FFFF002, 0xFFFFFFFE])
    def test_all_other_sizes_are_meant(self, size):
        assert read_header(header(PCM_FMT, data(size)), "sound.wav").data_size == size

    @pytest.mark.parametrize(
        ("riff", "unfinished"), [(0, True), (0xFFFFFFFF, True), (36, True), (35, True), (37, False), (48, False)]
    )
    def test_a_size_of_0_is_meant_where_the_file_goes_on(self, riff, unfinished):
        found = read_header(header(PCM_FMT, data(0), riff=riff), "sound.wav")
        assert (found.unfinished, found.data_size) == (unfinished, None if unfinished else 0)

    @pytest.mark.parametrize(
        ("source", "message"),
        [
            (Source(b""), "begins like a WAV file but is none"),
            (Source(b"RIFF\0\0\0\0WAV"), "begins like a WAV file but is none"),
            (Source(b"RIFF\0\0\0\0RMID" + PCM_FMT), "begins like a WAV file but is none"),
            (header(), "is truncated: its WAV header ends before any sound"),
            (header(PCM_FMT), "is truncated: its WAV header ends before any sound"),
            (header(PCM_FMT, b"data\0\0\0"), "is truncated: its WAV header ends before any sound"),
            (header(PCM_FMT[:20]), "is truncated: its WAV header ends before any sound"),
            (header(data(10)), "broken WAV header: rate, channels or sample size missing or zero"),
            (header(chunk(b"fmt ", bytes(14)), data(10)), "broken WAV header: rate, channels or sample size"),
            (header(fmt(1, 0, 16000, 32000, 2, 16), data(10)), "broken WAV header: rate, channels or sample size"),
            (header(fmt(1, 1, 0, 32000, 2, 16), data(10)), "broken WAV header: rate, channels or sample size"),
            (header(fmt(1, 1, 16000, 32000, 0, 16), data(10)), "broken WAV header: rate, channels or sample size"),
            (header(b"LIST\1\0\0\4", PCM_FMT), "broken WAV header: a chunk b'LIST' of 67108865 bytes before the sound"),
        ],
    )
    def test_what_is_no_header(self, source, message):
        with pytest.raises(FormatError, match=f"^sound.wav:? {message}"):
            read_header(source, "sound.wav")


class TestHeader:
    def test_says_what_it_is(self):
        assert HEADER.describe() == "16-bit integer WAV"
        assert dataclasses.replace(HEADER, code=3, bits=32).describe() == "32-bit float WAV"
        assert dataclasses.replace(HEADER, code=7, bits=8).describe() == "8-bit codec 0x0007 WAV"

    @pytest.mark.parametrize(
        ("code", "bits", "align", "convertible"),
        [
            (1, 8, 1, True),
            (1, 16, 2, True),
            (1, 24, 3, True),
            (1, 32, 4, True),
            (3, 32, 4, True),
            (3, 64, 8, True),
            (1, 12, 2, False),
            (1, 64, 8, False),
            (3, 16, 2, False),
            (1, 24, 4, False),
            (7, 8, 1, False),
        ],
    )
    def test_knows_these_samples(self, code, bits, align, convertible):
        assert dataclasses.replace(HEADER, code=code, bits=bits, block_align=align).convertible is convertible
        twice = dataclasses.replace(HEADER, code=code, bits=bits, block_align=2 * align, channels=2)
        assert twice.convertible is convertible

    @pytest.mark.parametrize("file_size", [None, 6444, 9999])
    def test_a_good_one_needs_no_words(self, file_size):
        assert HEADER.notes(file_size) == []

    @pytest.mark.parametrize(
        ("file_size", "notes"),
        [
            (3244, ["truncated: the header announces 0.200 s of sound, 0.100 s are there"]),
            (44, ["truncated: the header announces 0.200 s of sound, 0.000 s are there"]),
            (
                3245,
                [
                    "truncated: the header announces 0.200 s of sound, 0.100 s are there",
                    "1 stray byte after the last whole sample left out",
                ],
            ),
        ],
    )
    def test_a_file_shorter_than_announced(self, file_size, notes):
        assert HEADER.notes(file_size) == notes

    def test_a_size_that_is_no_whole_samples(self):
        odd = dataclasses.replace(HEADER, data_size=6401)
        assert odd.notes(6445) == ["1 stray byte after the last whole sample left out"]
        assert odd.notes(None) == []

    def test_a_size_never_filled_in(self):
        unfinished = dataclasses.replace(HEADER, data_size=None)
        assert unfinished.notes(None) == []
        assert unfinished.notes(100) == ["the header was never finished: all that follows it is taken for sound"]

    def test_a_byte_rate_that_contradicts(self):
        note = "the header contradicts itself: 16000 Hz, but its byte rate is that of 44100 Hz; taken for 16000 Hz"
        contradicting = dataclasses.replace(HEADER, byte_rate=88200)
        assert contradicting.notes(6444) == contradicting.notes(None) == [note]
        assert dataclasses.replace(HEADER, byte_rate=0).notes(6444) == []
        assert dataclasses.replace(HEADER, byte_rate=88200, code=7).notes(6444) == []

    def test_compressed_sound_is_measured_by_its_byte_rate(self):
        adpcm = dataclasses.replace(HEADER, code=0x11, bits=4, block_align=256, byte_rate=8110, data_size=16220)
        assert adpcm.notes(44 + 8110) == ["truncated: the header announces 2.000 s of sound, 1.000 s are there"]
        assert HEADER.bytes_per_second == dataclasses.replace(HEADER, byte_rate=1).bytes_per_second == 32000

    def test_stray_bytes_are_counted_in_words(self):
        assert note_stray(1) == "1 stray byte after the last whole sample left out"
        assert note_stray(2) == "2 stray bytes after the last whole sample left out"


class TestDecode:
    @pytest.mark.parametrize(
        ("code", "bits", "raw", "samples"),
        [
            (1, 8, "00 01 7f 80 81 ff", [-32768, -32512, -256, 0, 256, 32512]),
            (1, 16, "0000 0100 ff7f 0080 ffff", [0, 1, 32767, -32768, -1]),
            (1, 24, "000000 ff0000 000100 ffff7f 000080 ffffff", [0, 0, 1, 32767, -32768, -1]),
            (1, 32, "00000000 ffff0000 00000100 ffffff7f 00000080 ffffffff", [0, 0, 1, 32767, -32768, -1]),
            (3, 32, "00000000 0000003f 000080bf 0000803f", [0, 16384, -32768, 32767]),
            (3, 64, "0000000000000000 000000000000e03f 000000000000f0bf", [0, 16384, -32768]),
        ],
    )
    def test_every_width(self, code, bits, raw, samples):
        header = dataclasses.replace(HEADER, code=code, bits=bits, block_align=bits // 8)
        decoded, clipped = header.decode(bytes.fromhex(raw), "sound.wav", 0, MONO_16K)
        assert decoded.dtype == np.int16
        assert decoded[:, 0].tolist() == samples
        assert clipped == 0

    @pytest.mark.parametrize(("code", "bits"), [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64)])
    def test_one_column_for_each_channel(self, code, bits):
        header = dataclasses.replace(HEADER, code=code, bits=bits, block_align=3 * bits // 8, channels=3)
        decoded, _ = header.decode(bytes(3 * 5 * bits // 8), "sound.wav", 0, AudioFormat(16000, 3))
        assert decoded.shape == (5, 3)


class TestToInt16:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize(
        ("value", "sample", "clipped"),
        [
            (0.0, 0, 0),
            (0.5, 16384, 0),
            (-1.0, -32768, 0),
            (1.0, 32767, 0),
            (32767 / 32768, 32767, 0),
            (1.4 / 32768, 1, 0),
            (-1.6 / 32768, -2, 0),
            (0.5 / 32768, 0, 0),
            (1.5 / 32768, 2, 0),
            (1.001, 32767, 1),
            (-1.001, -32768, 1),
            (100.0, 32767, 1),
            (3e38, 32767, 1),
            (-3e38, -32768, 1),
        ],
    )
    def test_rounds_to_the_nearest_and_clips(self, dtype, value, sample, clipped):
        samples, count = to_int16(np.array([[value]], dtype), "sound", 0, MONO_16K)
        assert samples.dtype == np.int16
        assert (samples.tolist(), count) == ([[sample]], clipped)

    def test_tells_the_time_of_what_is_no_number(self):
        sound = np.zeros((100, 2))
        sound[80, 0] = np.inf
        sound[60, 1] = np.nan
        with pytest.raises(FormatError, match=r"^sound: NaN or infinite sample at 2\.006 s"):
            to_int16(sound, "sound", 20000, AudioFormat(10000, 2))

    def test_changes_nothing_it_was_given(self):
        sound = np.array([[0.5], [2.0]])
        to_int16(sound, "sound", 0, MONO_16K)
        assert sound.tolist() == [[0.5], [2.0]]


def wave(data, announced):
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16000, 32000, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", announced) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_sound_after_the_announced_sound_is_told_of():
    reader = open_audio(io.BytesIO(wave(b"\x01\x80" * 16000, 3200)))
    assert sum(map(len, reader)) == 3200
    assert "28800 bytes follow the sound that the header announces" in reader.notes[0]
    tagged = io.BytesIO(wave(b"\x01\x80" * 1600 + b"LIST" + struct.pack("<I", 4) + b"INFO", 3200))
    assert open_audio(tagged).notes == []


def test_a_header_of_zeros_is_refused_at_once():
    with pytest.raises(FormatError, match="where a chunk should begin"):
        open_audio(io.BytesIO(b"RIFF\0\0\0\0WAVE" + bytes(1_000_000)))
