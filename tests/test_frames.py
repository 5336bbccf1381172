"""Frames of 10 ms: where they end, that cutting never matters, levels and channels."""

from __future__ import annotations

import array
import ctypes
import dataclasses
import itertools
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.errors import FormatError
from agora_audio.frames import (
    SILENCE_DB,
    AudioFormat,
    AudioFrame,
    Framer,
    as_buffer,
    check_channel,
    level_of,
    pick_channel,
    rms_db,
    rms_db_of_frames,
)

MONO_8K = AudioFormat(8000)
MONO_16K = AudioFormat(16000)
STEREO_16K = AudioFormat(16000, 2)

# The same examples on every machine, and none judged by how long it took.
thorough = settings(max_examples=150, deadline=None, derandomize=True)

formats = st.builds(
    AudioFormat,
    st.sampled_from([8000, 8001, 11025, 16000, 22050, 44100, 48000, 95999, 96000]) | st.integers(8000, 96000),
    st.integers(1, 3),
)


def pcm(*samples: int) -> bytes:
    """The samples as int16, little endian."""
    return np.array(samples, "<i2").tobytes()


def counted(size: int) -> bytes:
    """`size` bytes of which no two neighbouring frames are equal."""
    return (np.arange(size, dtype=np.uint32) * 2654435761 >> 13).astype(np.uint8).tobytes()


def cut(data: bytes, ends: list[int]) -> list[bytes]:
    """The bytes in pieces that end at `ends`, in any order and maybe equal: pieces may be empty."""
    edges = [0, *sorted(ends), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(edges)]


class TestAudioFormat:
    def test_is_what_a_call_has_unless_told(self):
        assert AudioFormat() == AudioFormat(16000, 1)
        assert AudioFormat(sample_rate=48000, channels=2) == AudioFormat(48000, 2)

    @pytest.mark.parametrize(
        ("rate", "ends"),
        [
            (8000, [80, 160, 240, 320, 400]),
            (11025, [110, 220, 330, 441, 551]),
            (16000, [160, 320, 480, 640, 800]),
            (22050, [220, 441, 661, 882, 1102]),
            (44100, [441, 882, 1323, 1764, 2205]),
            (48000, [480, 960, 1440, 1920, 2400]),
            (96000, [960, 1920, 2880, 3840, 4800]),
        ],
    )
    def test_frames_end_here(self, rate, ends):
        format = AudioFormat(rate)
        assert [format.frame_end(k) for k in range(-1, 5)] == [0, *ends]

    @pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
    def test_no_drift_over_an_hour(self, rate):
        format = AudioFormat(rate)
        assert [format.frame_end(99 + 100 * second) for second in range(3600)] == [
            rate * (second + 1) for second in range(3600)
        ]
        assert format.frame_time(359_999) == 3600.0
        # Over all 360,000 frames: never more than a sample off the true time, and only the announced sizes.
        ends = [format.frame_end(k) for k in range(-1, 360_000)]
        assert {end * 100 - index * rate for index, end in enumerate(ends)} <= set(range(-99, 1))
        assert {b - a for a, b in itertools.pairwise(ends)} == {size // 2 for size in format.frame_sizes}

    @pytest.mark.parametrize(
        ("format", "sizes"),
        [
            (AudioFormat(8000), {160}),
            (AudioFormat(11025), {220, 222}),
            (AudioFormat(22050, 2), {880, 884}),
            (AudioFormat(44100), {882}),
            (AudioFormat(48000, 2), {1920}),
        ],
    )
    def test_frames_have_these_bytes(self, format, sizes):
        assert format.frame_sizes == sizes

    def test_a_sample_has_two_bytes_for_each_channel(self):
        assert [AudioFormat(16000, channels).sample_bytes for channels in (1, 2, 64)] == [2, 4, 128]

    def test_describes_itself_as_people_write(self):
        assert AudioFormat(16000, 1).describe() == "16000 Hz mono"
        assert AudioFormat(44100, 2).describe() == "44100 Hz stereo"
        assert AudioFormat(48000, 6).describe() == "48000 Hz 6 channels"

    @pytest.mark.parametrize("rate", [8000, 96000])
    @pytest.mark.parametrize("channels", [1, 64])
    def test_takes_the_ends_of_its_ranges(self, rate, channels):
        format = AudioFormat(rate, channels)
        assert (format.sample_rate, format.channels) == (rate, channels)

    @pytest.mark.parametrize("rate", [0, -1, 7999, 96001])
    def test_names_a_rate_out_of_range(self, rate):
        with pytest.raises(FormatError, match=f"^sample_rate is {rate}, must be 8000 to 96000$"):
            AudioFormat(rate)

    @pytest.mark.parametrize("rate", [True, 16000.0, "16000", None])
    def test_names_a_rate_that_is_no_whole_number(self, rate):
        with pytest.raises(FormatError, match=f"^sample_rate is {rate!r}, must be a whole number$"):
            AudioFormat(rate)

    @pytest.mark.parametrize("channels", [0, -1, 65])
    def test_names_a_channel_count_out_of_range(self, channels):
        with pytest.raises(FormatError, match=f"^channels is {channels}, must be 1 to 64$"):
            AudioFormat(16000, channels)

    @pytest.mark.parametrize("channels", [True, 1.0, "stereo"])
    def test_names_a_channel_count_that_is_no_whole_number(self, channels):
        with pytest.raises(FormatError, match=r"^channels is .*, must be a whole number$"):
            AudioFormat(16000, channels)

    def test_makes_plain_integers_of_those_of_numpy(self):
        format = AudioFormat(np.int32(48000), np.uint8(2))
        assert format == AudioFormat(48000, 2)
        assert type(format.sample_rate) is type(format.channels) is int

    def test_is_frozen_and_a_key(self):
        format = AudioFormat(8000)
        with pytest.raises(dataclasses.FrozenInstanceError):
            format.sample_rate = 16000
        assert {format: "phone"}[AudioFormat(8000)] == "phone"
        assert dataclasses.replace(format, channels=2) == AudioFormat(8000, 2)


class TestAudioFrame:
    def test_has_no_labels_until_somebody_judges(self):
        frame = AudioFrame(bytes(320), MONO_16K)
        assert (frame.timestamp, frame.voice_prob, frame.rms_db, frame.far_field, frame.music_prob, frame.pitch) == (
            0.0,
            None,
            None,
            None,
            None,
            None,
        )

    def test_is_frozen(self):
        frame = AudioFrame(bytes(320), MONO_16K)
        with pytest.raises(dataclasses.FrozenInstanceError):
            frame.voice_prob = 0.5
        with pytest.raises(dataclasses.FrozenInstanceError):
            del frame.pcm

    def test_replace_changes_one_field_and_checks_the_size_again(self):
        frame = AudioFrame(bytes(320), MONO_16K, 1.5, 0.25, -30.0, True, 0.5, 120.0)
        assert dataclasses.replace(frame, pitch=80.0) == AudioFrame(
            bytes(320), MONO_16K, 1.5, 0.25, -30.0, True, 0.5, 80.0
        )
        with pytest.raises(FormatError, match="a frame of 318 bytes"):
            dataclasses.replace(frame, pcm=bytes(318))

    def test_labelled_keeps_all_other_fields(self):
        frame = AudioFrame(counted(320), MONO_16K, 1.5, None, None, True, 0.5, 120.0)
        labelled = frame.labelled(0.75, -20.0)
        assert labelled == AudioFrame(counted(320), MONO_16K, 1.5, 0.75, -20.0, True, 0.5, 120.0)
        assert (frame.voice_prob, frame.rms_db) == (None, None)

    def test_is_equal_hashed_and_pickled_by_value(self):
        frame = AudioFrame(counted(320), MONO_16K, 0.25, 0.5, -40.0)
        twin = AudioFrame(counted(320), MONO_16K, 0.25, 0.5, -40.0)
        assert frame == twin == pickle.loads(pickle.dumps(frame))
        assert hash(frame) == hash(twin)
        assert frame != dataclasses.replace(frame, timestamp=0.26)

    @pytest.mark.parametrize("size", [0, 318, 319, 321, 322, 640])
    def test_names_the_sizes_where_the_length_is_wrong(self, size):
        with pytest.raises(
            FormatError,
            match=rf"^a frame of {size} bytes is not 10 ms of 16000 Hz mono \(320 bytes\): cut the sound with Framer$",
        ):
            AudioFrame(bytes(size), MONO_16K)

    def test_names_both_sizes_where_there_are_two(self):
        assert AudioFrame(bytes(440), AudioFormat(22050)).samples().shape == (220, 1)
        assert AudioFrame(bytes(442), AudioFormat(22050)).samples().shape == (221, 1)
        with pytest.raises(FormatError, match=r"444 bytes is not 10 ms of 22050 Hz mono \(440 or 442 bytes\)"):
            AudioFrame(bytes(444), AudioFormat(22050))

    @pytest.mark.parametrize("format", [16000, None, "16000 Hz mono"])
    def test_names_a_format_that_is_none(self, format):
        with pytest.raises(FormatError, match="must be an AudioFormat"):
            AudioFrame(bytes(320), format)

    def test_names_sound_that_is_none(self):
        with pytest.raises(FormatError, match=r"^PCM is a str, must be bytes or an int16 array$"):
            AudioFrame("\0" * 320, MONO_16K)

    def test_holds_bytes_of_its_own_whatever_it_was_given(self):
        samples = np.arange(160, dtype=np.int16)
        frame = AudioFrame(samples, MONO_16K)
        samples[:] = 0
        assert type(frame.pcm) is bytes
        assert frame.samples()[:, 0].tolist() == list(range(160))

    def test_samples_are_read_only_and_one_column_for_each_channel(self):
        frame = AudioFrame(pcm(*range(-160, 160)), STEREO_16K)
        assert frame.samples().dtype == np.int16
        assert frame.samples()[:2].tolist() == [[-160, -159], [-158, -157]]
        with pytest.raises(ValueError, match="read-only"):
            frame.samples()[0, 0] = 1


class TestFramer:
    def test_hands_out_what_a_push_completes(self):
        framer = Framer(MONO_8K)
        assert [len(framer.push(bytes(100))) for _ in range(8)] == [0, 1, 0, 1, 1, 0, 1, 1]

    def test_frames_carry_the_time_at_which_they_begin(self):
        frames = Framer(AudioFormat(22050)).push(bytes(2 * 1102))
        assert [frame.timestamp for frame in frames] == [0.0, 220 / 22050, 0.02, 661 / 22050, 0.04]
        assert [len(frame.pcm) for frame in frames] == [440, 442, 440, 442, 440]

    def test_gives_back_every_byte_in_order(self):
        sound = counted(1600)
        assert b"".join(frame.pcm for frame in Framer(MONO_8K).push(sound)) == sound

    @thorough
    @given(format=formats, size=st.integers(0, 9000), ends=st.lists(st.integers(0, 9000), max_size=40))
    def test_cutting_never_matters(self, format, size, ends):
        sound = counted(size)
        whole, pieces = Framer(format), Framer(format)
        expected = whole.push(sound)
        frames = [frame for piece in cut(sound, ends) for frame in pieces.push(piece)]
        assert frames == expected
        assert pieces.flush() == whole.flush()
        assert pieces.dropped_bytes == whole.dropped_bytes

    @pytest.mark.parametrize("step", [1, 3])
    @pytest.mark.parametrize("format", [MONO_8K, AudioFormat(11025, 3), AudioFormat(22050, 2), STEREO_16K])
    def test_cutting_never_matters_down_to_single_bytes(self, format, step):
        sound = counted(4003)
        framer = Framer(format)
        frames = [f for begin in range(0, 4003, step) for f in framer.push(sound[begin : begin + step])]
        assert frames + framer.flush() == Framer(format).push(sound) + _flushed(format, sound)

    def test_flush_fills_the_last_frame_with_zeros(self):
        framer = Framer(MONO_8K)
        framer.push(bytes(160) + pcm(1, 2, 3))
        (last,) = framer.flush()
        assert last.pcm == pcm(1, 2, 3) + bytes(154)
        assert last.timestamp == 0.01
        assert framer.dropped_bytes == 0

    def test_flush_gives_nothing_where_nothing_is_left(self):
        framer = Framer(MONO_8K)
        assert framer.flush() == []
        framer.push(bytes(320))
        assert framer.flush() == []

    @pytest.mark.parametrize(
        ("format", "size", "whole", "stray"),
        [(MONO_8K, 1, 0, 1), (MONO_8K, 5, 4, 1), (STEREO_16K, 3, 0, 3), (STEREO_16K, 7, 4, 3), (STEREO_16K, 8, 8, 0)],
    )
    def test_flush_counts_the_bytes_of_a_broken_sample(self, format, size, whole, stray):
        framer = Framer(format)
        framer.push(b"\1" * size)
        sound = b"".join(frame.pcm for frame in framer.flush())
        assert sound.rstrip(b"\0") == b"\1" * whole
        assert framer.dropped_bytes == stray

    def test_flush_leaves_nothing_to_the_next_stream(self):
        framer = Framer(AudioFormat(22050))
        framer.push(b"\1" * 701)
        framer.flush()
        assert framer.dropped_bytes == 1
        again = framer.push(counted(882))
        assert again == Framer(AudioFormat(22050)).push(counted(882))
        assert [frame.timestamp for frame in again] == [0.0, 220 / 22050]
        framer.flush()
        assert framer.dropped_bytes == 0

    def test_the_last_frame_of_an_odd_rate_has_the_size_of_its_turn(self):
        framer = Framer(AudioFormat(22050))
        framer.push(bytes(440 + 2))
        (last,) = framer.flush()
        assert len(last.pcm) == 442

    @pytest.mark.parametrize(
        "sound",
        [
            bytearray(counted(320)),
            memoryview(counted(320)),
            memoryview(counted(640))[::2],
            array.array("h", counted(320)),
            np.frombuffer(counted(320), np.int16),
            np.frombuffer(counted(320), np.int16).reshape(-1, 2),
            np.frombuffer(counted(320), np.uint8),
            (ctypes.c_int16 * 160).from_buffer_copy(counted(320)),
        ],
        ids=["bytearray", "memoryview", "strided", "array", "int16", "stereo", "uint8", "ctypes"],
    )
    def test_takes_what_holds_bytes_or_int16(self, sound):
        frames = Framer(MONO_16K).push(sound)
        assert [frame.pcm for frame in frames] == [bytes(memoryview(sound).tobytes())]

    def test_takes_samples_in_any_layout(self):
        rows = np.arange(640, dtype=np.int16).reshape(-1, 2)
        expected = [frame.pcm for frame in Framer(STEREO_16K).push(rows.tobytes())]
        for layout in (rows, np.asfortranarray(rows), np.repeat(rows, 2, axis=0)[::2], rows[::-1][::-1]):
            assert [frame.pcm for frame in Framer(STEREO_16K).push(layout)] == expected

    @pytest.mark.parametrize(
        "nothing", [b"", bytearray(), np.zeros(0, np.int16), np.zeros((0, 1), np.int16), np.zeros((0, 2), np.int16)]
    )
    def test_takes_no_samples_as_none(self, nothing):
        assert Framer(STEREO_16K).push(nothing) == []

    @pytest.mark.parametrize(
        ("sound", "message"),
        [
            ("sound", "^PCM is a str, must be bytes or an int16 array$"),
            (None, "^PCM is a NoneType, must be bytes or an int16 array$"),
            ([0, 1], "^PCM is a list, must be bytes or an int16 array$"),
            (0, "^PCM is a int, must be bytes or an int16 array$"),
            (np.zeros(160, np.float32), "^PCM holds items of format 'f', must be bytes or int16: convert it first$"),
            (np.zeros(160), "^PCM holds items of format 'd'"),
            (np.zeros(160, np.uint16), "^PCM holds items of format 'H'"),
            (np.zeros(160, np.int32), "^PCM holds items of format 'i'"),
            (np.zeros(160, ">i2"), "^PCM holds items of format '>h'"),
            (array.array("f", [0.0]), "^PCM holds items of format 'f'"),
        ],
    )
    def test_says_what_it_cannot_take_and_goes_on(self, sound, message):
        framer = Framer(MONO_8K)
        framer.push(counted(100))
        with pytest.raises(FormatError, match=message):
            framer.push(sound)
        assert [frame.pcm for frame in framer.push(counted(160)[100:])] == [counted(160)]

    def test_takes_a_format_only(self):
        with pytest.raises(FormatError, match=r"^format is 16000, must be an AudioFormat$"):
            Framer(16000)


def _flushed(format: AudioFormat, sound: bytes) -> list[AudioFrame]:
    framer = Framer(format)
    framer.push(sound)
    return framer.flush()


class TestLevel:
    def test_full_scale_square_is_0_db(self):
        assert rms_db(pcm(*[-32768] * 160)) == 0.0
        assert rms_db(pcm(*[32767, -32767] * 80)) == pytest.approx(-0.000265, abs=1e-6)

    def test_digital_silence_is_the_floor(self):
        assert rms_db(bytes(320)) == rms_db(b"") == -127.0 == SILENCE_DB

    def test_nothing_is_below_the_floor(self):
        # A sample of 1 in 10,000 is -130 dBFS.
        assert rms_db(pcm(1) + bytes(19_998)) == -127.0
        assert rms_db(pcm(1)) == pytest.approx(-90.309, abs=0.001)

    def test_a_sine_at_minus_23_db(self):
        amplitude = 32768 * math.sqrt(2) * 10 ** (-23 / 20)
        tone = np.rint(amplitude * np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)).astype(np.int16)
        assert rms_db(tone) == pytest.approx(-23.0, abs=0.01)
        assert rms_db(tone.tobytes()) == rms_db(tone)

    def test_is_over_all_samples_of_all_channels(self):
        # One channel at full scale, one silent: half the power.
        assert rms_db(np.array([[-32768, 0]] * 160, np.int16)) == pytest.approx(-3.0103, abs=0.0001)

    @pytest.mark.parametrize("sound", [bytearray(pcm(1, -2)), memoryview(pcm(1, -2)), array.array("h", [1, -2])])
    def test_takes_what_holds_int16(self, sound):
        assert rms_db(sound) == rms_db(pcm(1, -2))

    @pytest.mark.parametrize("sound", [np.ones(160, np.float32), np.ones(160), [1, 2], "sound", None])
    def test_refuses_what_would_be_measured_wrongly(self, sound):
        with pytest.raises(FormatError, match="must be bytes or"):
            rms_db(sound)

    def test_refuses_half_a_sample(self):
        with pytest.raises(FormatError, match=r"^321 bytes are not whole int16 samples$"):
            rms_db(bytes(321))

    @thorough
    @given(data=st.data(), format=formats, count=st.integers(1, 4), scale=st.sampled_from([1, 100, 32768]))
    def test_of_frames_equals_that_of_each_bit_for_bit(self, data, format, count, scale):
        ends = [format.frame_end(k) for k in range(count)]
        seed = data.draw(st.integers(0, 2**32 - 1))
        shape = (ends[-1], format.channels)
        samples = np.random.default_rng(seed).integers(-scale, scale, shape).astype(np.int16)
        silent = data.draw(st.integers(0, count - 1))
        samples[format.frame_end(silent - 1) : ends[silent]] = 0
        frames = Framer(format).push(samples)
        levels = rms_db_of_frames(samples, ends)
        assert levels == [rms_db(frame.pcm) for frame in frames]
        assert levels == [level_of(frame.samples().ravel()) for frame in frames]
        assert levels[silent] == -127.0

    def test_of_frames_at_full_scale(self):
        samples = np.full((1323, 2), -32768, np.int16)
        assert rms_db_of_frames(samples, [441, 882, 1323]) == [0.0, 0.0, 0.0]


class TestChannels:
    @pytest.mark.parametrize(
        ("left", "right", "mean"),
        [
            (32767, 32767, 32767),
            (-32768, -32768, -32768),
            (32767, -32768, 0),
            (-32768, -32767, -32767),
            (32767, 32766, 32767),
            (1, 0, 1),
            (-1, 0, 0),
            (-3, 0, -1),
            (2, 4, 3),
        ],
    )
    def test_mix_rounds_halves_up_and_never_overflows(self, left, right, mean):
        mixed = pick_channel(np.array([[left, right]], np.int16), "mix")
        assert mixed.dtype == np.int16
        assert mixed.tolist() == [mean]

    @pytest.mark.parametrize(("samples", "mean"), [((1, 0, 0), 0), ((1, 1, 0), 1), ((-1, -1, 0), -1), ((-1, 0, 0), 0)])
    def test_mix_of_three_rounds_to_the_nearest(self, samples, mean):
        assert pick_channel(np.array([samples], np.int16), "mix").tolist() == [mean]

    @pytest.mark.parametrize("value", [32767, -32768])
    def test_mix_of_64_at_full_scale(self, value):
        assert pick_channel(np.full((3, 64), value, np.int16), "mix").tolist() == [value] * 3

    def test_picks_by_number(self):
        samples = np.array([[1, 2, 3], [4, 5, 6]], np.int16)
        assert [pick_channel(samples, channel).tolist() for channel in (0, 1, 2)] == [[1, 4], [2, 5], [3, 6]]

    def test_mono_is_itself(self):
        samples = np.array([[-32768], [7], [32767]], np.int16)
        assert pick_channel(samples, "mix").tolist() == pick_channel(samples, 0).tolist() == [-32768, 7, 32767]

    @pytest.mark.parametrize("channel", ["mix", 0, 1, np.int64(1)])
    def test_a_channel_that_is_there(self, channel):
        assert check_channel(channel, STEREO_16K) == channel
        assert type(check_channel(channel, STEREO_16K)) in (str, int)

    @pytest.mark.parametrize("channel", [2, -1, "left", "0", 1.0, True, None])
    def test_a_channel_that_is_not(self, channel):
        with pytest.raises(
            FormatError, match=rf"^channel is {channel!r}, must be 'mix' or 0 to 1: the sound is 16000 Hz stereo$"
        ):
            check_channel(channel, STEREO_16K)


def test_a_buffer_is_a_view_not_a_copy():
    samples = np.zeros(4, np.int16)
    view = as_buffer(samples)
    samples[1] = 0x0201
    assert bytes(view) == b"\0\0\1\2\0\0\0\0"
