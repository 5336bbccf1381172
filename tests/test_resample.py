"""The resampler: sizes, delay, response, and the same bits however the sound is cut; soxr is the oracle."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat
from agora_audio.resample import Resampler, _plan, resample

RATES = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
TO_AND_FROM_16K = [pair for rate in RATES if rate != 16000 for pair in ((rate, 16000), (16000, rate))]
ALL_PAIRS = list(itertools.permutations(RATES, 2))

# The same examples on every machine, and none judged by how long it took.
thorough = settings(max_examples=120, deadline=None, derandomize=True)


def noise(count: int, channels: int | None = None, dtype: type = np.int16, seed: int = 0) -> np.ndarray:
    """White noise at -10 dB of full scale, shape (count,) or (count, channels)."""
    shape = count if channels is None else (count, channels)
    sound = np.random.default_rng(seed).uniform(-0.55, 0.55, shape)
    return (sound * 32768).astype(np.int16) if dtype is np.int16 else sound.astype(dtype)


def tone(frequency: float, rate: int, seconds: float = 0.25) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate + 0.3).astype(np.float32)


def middle(sound: np.ndarray) -> np.ndarray:
    """Without the first and the last quarter, where a signal that begins or breaks off rings."""
    return sound[len(sound) // 4 : -len(sound) // 4].astype(np.float64)


def db(ratio: float) -> float:
    return 20 * math.log10(max(ratio, 1e-12))


def streamed(pieces: list[np.ndarray], stream: Resampler) -> np.ndarray:
    out = [stream.push(piece) for piece in pieces]
    return np.concatenate([*out, stream.flush()])


class TestSizes:
    @pytest.mark.parametrize(("rate_in", "rate_out"), TO_AND_FROM_16K)
    def test_10_ms_in_10_ms_out(self, rate_in, rate_out):
        stream = Resampler(rate_in, rate_out)
        taken, given_out = AudioFormat(rate_in), AudioFormat(rate_out)
        sound = noise(taken.frame_end(24))
        sizes = [len(stream.push(sound[taken.frame_end(k - 1) : taken.frame_end(k)])) for k in range(25)]
        assert sizes == [given_out.frame_end(k) - given_out.frame_end(k - 1) for k in range(25)]

    def test_literally(self):
        assert [len(Resampler(48000, 16000).push(noise(n))) for n in (479, 480, 959, 960)] == [0, 160, 160, 320]
        stream = Resampler(16000, 22050)
        assert [len(stream.push(noise(160))) for _ in range(5)] == [220, 221, 220, 221, 220]

    @pytest.mark.parametrize(("rate_in", "rate_out"), [(44100, 16000), (16000, 44100), (11025, 96000), (8000, 8001)])
    @pytest.mark.parametrize("count", [0, 1, 2, 109, 110, 111, 441, 1000])
    def test_a_whole_signal_and_a_flushed_stream(self, rate_in, rate_out, count):
        length = math.ceil(count * rate_out / rate_in)
        assert len(resample(noise(count), rate_in, rate_out)) == length
        stream = Resampler(rate_in, rate_out)
        pushed = stream.push(noise(count))
        assert len(pushed) + len(stream.flush()) == (length + stream.delay if count else 0)

    def test_no_drift_over_ten_minutes(self):
        stream = Resampler(11025, 16000)
        second = np.zeros(11025, np.int16)
        assert {len(stream.push(second)) for _ in range(600)} == {16000}


class TestDelay:
    @pytest.mark.parametrize(
        ("rate_in", "rate_out", "samples"),
        [
            (48000, 16000, 32),
            (16000, 48000, 96),
            (44100, 16000, 32),
            (32000, 16000, 32),
            (24000, 16000, 32),
            (8000, 16000, 64),
            (16000, 8000, 32),
            (16000, 16000, 0),
        ],
    )
    def test_is(self, rate_in, rate_out, samples):
        assert Resampler(rate_in, rate_out).delay == samples

    @pytest.mark.parametrize(("rate_in", "rate_out"), TO_AND_FROM_16K)
    def test_an_impulse_comes_5_ms_later_at_most_and_as_announced(self, rate_in, rate_out):
        stream = Resampler(rate_in, rate_out)
        at = rate_in // 10
        impulse = np.zeros(rate_in // 5, np.float32)
        impulse[at] = 1.0
        answer = stream.push(impulse).astype(np.float64)
        # The centre of gravity of the answer's power, which also tells fractions of a sample.
        power = answer**2
        moment = float((power * np.arange(len(power))).sum() / power.sum()) / rate_out
        late = moment - at / rate_in
        assert late <= 0.005
        assert late == pytest.approx(stream.delay / rate_out, abs=0.02 / rate_out)

    @pytest.mark.parametrize(("rate_in", "rate_out"), TO_AND_FROM_16K)
    def test_nothing_waits_beyond_the_frame(self, rate_in, rate_out):
        # The last sample of a frame is heard in the very frame it completes, a delay before its end.
        stream = Resampler(rate_in, rate_out)
        size = AudioFormat(rate_in).frame_end(0)
        late = math.ceil((stream.delay / rate_out + 1e-9) * rate_in) + 1
        sound = np.zeros(size, np.float32)
        sound[size - late] = 1.0
        frame = stream.push(sound)
        assert np.argmax(np.abs(frame)) == pytest.approx((size - late) * rate_out / rate_in + stream.delay, abs=1)
        assert np.abs(frame).max() > 0.3 * min(1.0, rate_out / rate_in)

    @pytest.mark.parametrize(("rate_in", "rate_out"), TO_AND_FROM_16K)
    def test_a_whole_signal_has_none(self, rate_in, rate_out):
        # Where both rates have a sample, a slow tone has the same value before and after.
        sound = tone(0.05 * min(rate_in, rate_out), rate_in)
        step_in, step_out = (rate // math.gcd(rate_in, rate_out) for rate in (rate_in, rate_out))
        before, after = sound[::step_in], resample(sound, rate_in, rate_out)[::step_out]
        inside = slice(len(before) // 4, -len(before) // 4)
        assert np.abs(before[inside] - after[inside]).max() < 0.001


class TestResponse:
    @pytest.mark.parametrize(("rate_in", "rate_out"), TO_AND_FROM_16K)
    def test_passes_to_0_875_of_the_lower_nyquist_and_adds_nothing(self, rate_in, rate_out):
        nyquist = min(rate_in, rate_out) / 2
        for share in (0.01, 0.25, 0.5, 0.75, 0.875):
            after = resample(tone(share * nyquist, rate_in), rate_in, rate_out)
            time = np.arange(len(after)) / rate_out
            angle = middle(2 * np.pi * share * nyquist * time + 0.3)
            waves = np.stack([np.sin(angle), np.cos(angle)], axis=1)
            fit = np.linalg.lstsq(waves, middle(after), rcond=None)[0]
            assert abs(db(np.hypot(*fit))) < 0.1, f"gain at {share} of the Nyquist frequency"
            assert abs(math.atan2(fit[1], fit[0])) < 0.001, f"phase at {share} of the Nyquist frequency"
            # What is not the tone: images, and what the fixed tables round away.
            assert db(np.std(middle(after) - waves @ fit) * math.sqrt(2)) < -75

    @pytest.mark.parametrize(("rate_in", "rate_out"), [pair for pair in TO_AND_FROM_16K if pair[0] > pair[1]])
    def test_tones_above_the_lower_nyquist_do_not_fold_back(self, rate_in, rate_out):
        nyquist = rate_out / 2
        highest = rate_in / 2 / nyquist
        for share in (1.0005, 1.002, 1.01, 1.05, 1.125, 1.3, 1.7, 2.0, 2.9, 5.5):
            if share < 0.99 * highest:
                folded = middle(resample(tone(share * nyquist, rate_in), rate_in, rate_out))
                assert db(np.std(folded) * math.sqrt(2)) < -60, f"alias of {share} of the Nyquist frequency"

    @pytest.mark.parametrize(("rate_in", "rate_out"), [pair for pair in TO_AND_FROM_16K if pair[0] < pair[1]])
    def test_images_of_noise_are_gone(self, rate_in, rate_out):
        # White noise fills its band: all that is above it afterwards is images.
        after = middle(resample(noise(rate_in, dtype=np.float32), rate_in, rate_out))
        spectrum = np.abs(np.fft.rfft(after * np.kaiser(len(after), 14))) ** 2
        edge = round(len(spectrum) * rate_in / rate_out)
        assert db(math.sqrt(spectrum[edge:].sum() / spectrum[:edge].sum())) < -60

    @pytest.mark.parametrize("rate_in", [48000, 32000, 96000])
    def test_the_impulse_response_is_a_low_pass(self, rate_in):
        # Impulses at each phase of the output together sample the filter at the rate of the input.
        factor = rate_in // 16000
        response = np.zeros(1024)
        for phase in range(factor):
            impulse = np.zeros(1024, np.float32)
            impulse[512 - phase] = 1.0
            answer = resample(impulse, rate_in, 16000)
            response[phase::factor][: len(answer)] = answer[: len(response[phase::factor])]
        gain = np.abs(np.fft.rfft(response, 65536))
        share = np.fft.rfftfreq(65536, 1 / rate_in) / 8000
        assert gain[0] == pytest.approx(1.0, abs=0.001)
        assert db(gain[share <= 0.875].min()) > -0.1
        assert db(gain[share <= 0.875].max()) < 0.1
        assert db(gain[share >= 1.0].max()) < -70

    def test_silence_stays_silence_and_a_constant_a_constant(self):
        assert not resample(np.zeros(4410, np.int16), 44100, 16000).any()
        constant = resample(np.full(44100, 1000, np.int16), 44100, 16000)
        assert set(middle(constant).tolist()) == {1000.0}

    @pytest.mark.parametrize(("rate_in", "rate_out"), [*TO_AND_FROM_16K, (44100, 48000), (96000, 8000), (12345, 16000)])
    def test_soxr_says_the_same(self, rate_in, rate_out):
        spectrum = np.fft.rfft(np.random.default_rng(1).standard_normal(rate_in))
        spectrum[np.fft.rfftfreq(rate_in, 1 / rate_in) > 0.85 * min(rate_in, rate_out) / 2] = 0
        sound = np.fft.irfft(spectrum, rate_in)
        sound = (0.7 * sound / np.abs(sound).max()).astype(np.float32)
        ours = resample(sound, rate_in, rate_out)
        theirs = soxr.resample(sound, rate_in, rate_out, quality="VHQ")
        assert len(ours) == len(theirs)
        assert db(np.std(middle(ours) - middle(theirs)) / np.std(middle(theirs))) < -70


class TestCutting:
    @thorough
    @given(
        pair=st.sampled_from([*ALL_PAIRS, (8001, 16000), (16000, 95999), (16000, 16000)]),
        count=st.integers(0, 3000),
        ends=st.lists(st.integers(0, 3000), max_size=30),
        channels=st.sampled_from([None, 1, 2, 3]),
        dtype=st.sampled_from([np.int16, np.float32]),
    )
    def test_never_matters(self, pair, count, ends, channels, dtype):
        sound = noise(count, channels, dtype)
        pieces = np.split(sound, sorted(min(end, count) for end in ends))
        once = streamed([sound], Resampler(*pair, channels or 1))
        cut = streamed(pieces, Resampler(*pair, channels or 1))
        assert cut.tobytes() == once.tobytes()
        assert cut.dtype == once.dtype == dtype
        assert cut.shape == once.shape
        delay = Resampler(*pair).delay
        assert resample(sound, *pair).tobytes() == once[delay:].tobytes()

    @pytest.mark.parametrize("pair", [(48000, 16000), (11025, 16000), (16000, 22050)])
    def test_never_matters_down_to_single_samples(self, pair):
        sound = noise(1500)
        singles = streamed([sound[k : k + 1] for k in range(1500)], Resampler(*pair))
        assert singles.tobytes() == streamed([sound], Resampler(*pair)).tobytes()

    @pytest.mark.parametrize("pair", [(48000, 16000), (16000, 48000), (44100, 16000), (22050, 16000), (8000, 16000)])
    def test_gives_what_a_push_completes_at_once(self, pair):
        # Frame by frame is bit for bit the beginning of the whole: nothing is changed afterwards.
        sound = noise(pair[0] // 10)
        whole = resample(sound, *pair)
        stream = Resampler(*pair)
        frames = np.concatenate([stream.push(piece) for piece in np.split(sound, range(0, len(sound), 97))])
        assert frames[stream.delay :].tobytes() == whole[: len(frames) - stream.delay].tobytes()

    @pytest.mark.parametrize("dtype", [np.int16, np.float32])
    @pytest.mark.parametrize("pair", [(48000, 16000), (16000, 44100)])
    def test_a_channel_is_the_same_alone_and_among_others(self, pair, dtype):
        sound = noise(2205, 3, dtype)
        together = resample(sound, *pair)
        for channel in range(3):
            assert together[:, channel].tobytes() == resample(sound[:, channel], *pair).tobytes()
        assert resample(sound[:, :1], *pair).tobytes() == resample(sound[:, 0], *pair).tobytes()

    def test_where_the_samples_lie_in_memory_does_not_matter(self):
        sound = noise(2205, 2)
        expected = resample(sound, 44100, 16000).tobytes()
        for offset in range(1, 32, 2):
            raw = np.zeros(sound.nbytes + offset, np.uint8)
            moved = np.ndarray(sound.shape, np.int16, raw.data, offset)
            moved[:] = sound
            assert moved.ctypes.data % 2 == 1
            assert resample(moved, 44100, 16000).tobytes() == expected
        for layout in (np.asfortranarray(sound), np.repeat(sound, 3, axis=0)[::3], sound[::-1].copy()[::-1]):
            assert resample(layout, 44100, 16000).tobytes() == expected

    def test_read_only_samples_are_taken_and_none_are_changed(self):
        sound = noise(960)
        before = sound.copy()
        sound.flags.writeable = False
        Resampler(48000, 16000).push(sound)
        assert np.array_equal(sound, before)

    def test_what_was_handed_out_stays_as_it_was(self):
        stream = Resampler(48000, 16000)
        buffer = noise(480, dtype=np.float32)
        first = stream.push(buffer)
        kept = first.copy()
        buffer[:] = 0.5
        stream.push(noise(480, dtype=np.float32, seed=1))
        assert np.array_equal(first, kept)

    def test_a_piece_that_waits_is_not_the_callers_buffer(self):
        stream = Resampler(48000, 16000)
        buffer = noise(300, dtype=np.float32)
        sound = np.concatenate((buffer, buffer))
        first = stream.push(buffer)
        buffer_again = buffer.copy()
        buffer[:] = 0.0
        second = stream.push(buffer_again)
        assert np.concatenate((first, second)).tobytes() == Resampler(48000, 16000).push(sound).tobytes()

    def test_two_streams_do_not_disturb_each_other(self):
        left, right = noise(4800, seed=1), noise(4800, seed=2)
        one, two = Resampler(48000, 16000), Resampler(48000, 16000)
        pairs = [(one.push(a), two.push(b)) for a, b in zip(np.split(left, 10), np.split(right, 10), strict=True)]
        assert np.concatenate([a for a, _ in pairs]).tobytes() == Resampler(48000, 16000).push(left).tobytes()
        assert np.concatenate([b for _, b in pairs]).tobytes() == Resampler(48000, 16000).push(right).tobytes()

    @pytest.mark.parametrize("pair", [*ALL_PAIRS, (8001, 16000), (16000, 95999), (44100, 8001)])
    def test_no_product_reads_beyond_its_line(self, pair):
        # The windows are strides over the line, which numpy does not check: beyond its end is foreign memory.
        plan = _plan(*pair)
        for table in plan.tables:
            groups, _, width = table.weights.shape
            assert (groups - 1) * table.step + width <= plan.line


class TestTypes:
    @pytest.mark.parametrize("dtype", [np.int16, np.float32])
    @pytest.mark.parametrize(("channels", "shape"), [(1, (5,)), (1, (5, 1)), (2, (5, 2))])
    def test_come_out_as_they_went_in(self, dtype, channels, shape):
        stream = Resampler(8000, 16000, channels)
        none = stream.push(np.zeros(shape, dtype))
        assert (none.dtype, none.shape) == (dtype, (0, *shape[1:]))
        some = stream.push(np.zeros((80, *shape[1:]), dtype))
        assert (some.dtype, some.shape) == (dtype, (160, *shape[1:]))
        last = stream.flush()
        assert (last.dtype, last.shape) == (dtype, (170 + 64 - 160, *shape[1:]))

    def test_flush_keeps_float_sound(self):
        stream = Resampler(48000, 16000)
        stream.push(np.full(4810, 0.25, np.float32))
        assert stream.flush()[:20].tolist() == pytest.approx([0.25] * 20, abs=0.001)

    def test_flush_gives_the_type_asked_for(self):
        stream = Resampler(48000, 16000)
        stream.push(np.full(4800, 0.25, np.float32))
        assert stream.flush(np.int16).dtype == np.int16
        assert Resampler(48000, 16000).flush().dtype == np.int16
        assert Resampler(48000, 16000).flush(np.float32).dtype == np.float32

    def test_int16_is_float_rounded_and_clipped(self):
        sound = noise(4410)
        as_float = resample(sound.astype(np.float32), 44100, 16000)
        assert np.array_equal(resample(sound, 44100, 16000), np.rint(as_float).clip(-32768, 32767))

    @pytest.mark.parametrize("pair", [(16000, 48000), (48000, 16000), (44100, 16000)])
    def test_int16_at_full_scale_is_clipped_and_does_not_wrap(self, pair):
        # A square wave overshoots where its edges lose their upper harmonics.
        square = np.repeat(np.tile(np.array([32767, -32768], np.int16), 50), pair[0] // 1000)
        after = resample(square, *pair)
        assert (after.max(), after.min()) == (32767, -32768)
        overshoot = resample(square.astype(np.float32), *pair)
        assert overshoot.max() > 33000
        assert np.abs(after - overshoot.clip(-32768, 32767)).max() <= 0.5

    def test_float_is_not_clipped(self):
        assert resample(np.full(4800, 3.0, np.float32), 48000, 16000)[800] == pytest.approx(3.0, abs=0.001)

    @pytest.mark.parametrize("rate", [8000, 16000, 22050])
    @pytest.mark.parametrize("dtype", [np.int16, np.float32])
    def test_equal_rates_change_nothing(self, rate, dtype):
        sound = noise(777, 2, dtype)
        stream = Resampler(rate, rate, 2)
        assert stream.delay == 0
        assert np.array_equal(np.concatenate([stream.push(piece) for piece in np.split(sound, [1, 100])]), sound)
        assert stream.flush().shape == (0, 2)
        assert np.array_equal(resample(sound, rate, rate), sound)

    def test_rates_of_numpy_are_taken(self):
        stream = Resampler(np.int16(8000), np.int16(16000))
        assert stream.delay == 64
        assert np.array_equal(stream.push(noise(160)), Resampler(8000, 16000).push(noise(160)))


class TestStreams:
    def test_flush_gives_the_tail_and_begins_anew(self):
        sound = noise(1000)
        stream = Resampler(44100, 16000)
        first = streamed([sound], stream)
        assert first.tobytes() == streamed([sound], stream).tobytes()
        assert len(stream.flush()) == 0

    def test_reset_begins_anew(self):
        stream = Resampler(11025, 16000)
        expected = stream.push(noise(441)).tobytes()
        for count in (441, 37):
            stream.push(noise(count, seed=3))
            stream.reset()
            assert stream.push(noise(441)).tobytes() == expected
            stream.reset()
        assert len(stream.flush()) == 0

    def test_a_stream_of_nothing_flushes_nothing(self):
        assert Resampler(16000, 8000, 2).flush().shape == Resampler(16000, 16000, 2).flush().shape == (0, 2)

    def test_formats_are_told(self):
        stream = Resampler(44100, 16000, 2)
        assert (stream.format_in, stream.format_out) == (AudioFormat(44100, 2), AudioFormat(16000, 2))


class TestErrors:
    @pytest.mark.parametrize("rates", [(0, 16000), (16000, 192000), (7999, 16000)])
    def test_rates_out_of_range(self, rates):
        with pytest.raises(FormatError, match=r"^sample_rate is \d+, must be 8000 to 96000$"):
            Resampler(*rates)
        with pytest.raises(FormatError, match=r"^sample_rate is \d+, must be 8000 to 96000$"):
            resample(noise(10), *rates)

    @pytest.mark.parametrize("rates", [(16000.0, 8000), ("16000", 8000), (16000, None)])
    def test_rates_that_are_no_whole_numbers(self, rates):
        with pytest.raises(FormatError, match=r"^sample_rate is .*, must be a whole number$"):
            Resampler(*rates)

    def test_channels_out_of_range(self):
        with pytest.raises(FormatError, match=r"^channels is 0, must be 1 to 64$"):
            Resampler(16000, 8000, 0)

    @pytest.mark.parametrize(
        ("samples", "kind"),
        [
            (np.zeros(10), "float64"),
            (np.zeros(10, np.int32), "int32"),
            (np.zeros(10, ">i2"), ">i2"),
            ([0, 1], "list"),
            (bytes(20), "bytes"),
            (None, "NoneType"),
        ],
    )
    @pytest.mark.parametrize("rate_out", [8000, 16000])
    def test_samples_of_another_type(self, samples, kind, rate_out):
        with pytest.raises(FormatError, match=f"^samples are {kind}, must be an array of int16 or float32$"):
            Resampler(16000, rate_out).push(samples)
        with pytest.raises(FormatError, match=f"^samples are {kind}, must be an array of int16 or float32$"):
            resample(samples, 16000, rate_out)

    @pytest.mark.parametrize("shape", [(10,), (), (5, 2, 1)])
    def test_samples_of_another_shape(self, shape):
        with pytest.raises(FormatError, match=r"^samples have the shape \(.*\), must be \(n, 2\)$"):
            Resampler(16000, 8000, 2).push(np.zeros(shape, np.int16))

    def test_samples_of_other_channels(self):
        with pytest.raises(FormatError, match=r"^samples have 3 channels, this stream has 2$"):
            Resampler(16000, 8000, 2).push(np.zeros((10, 3), np.int16))

    def test_a_bad_push_leaves_the_stream_as_it_was(self):
        stream = Resampler(48000, 16000)
        stream.push(noise(500))
        with pytest.raises(FormatError):
            stream.push([1, 2])
        rest = stream.push(noise(960)[500:])
        assert rest.tobytes() == Resampler(48000, 16000).push(noise(960))[160:].tobytes()
