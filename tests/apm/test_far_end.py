import numpy as np
import pytest

from agora_audio.apm.far_end import FarEnd
from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat

MONO = AudioFormat(16000)


def ramp(begin, count):
    return np.arange(begin, begin + count, dtype=np.int16).reshape(-1, 1)


def taken(far, frames):
    return np.concatenate([far.take()[:, 0].copy() for _ in range(frames)])


@pytest.mark.parametrize("size", [1, 3, 159, 160, 161, 1000])
def test_far_and_near_are_paired_by_index(size):
    far = FarEnd(MONO)
    sound = ramp(1, 1600)
    for begin in range(0, 1600, size):
        far.push(sound[begin : begin + size], MONO)
    assert np.array_equal(taken(far, 10), sound[:, 0])
    stats = far.stats()
    assert (stats.pushed_s, stats.missing_s, stats.late_s, stats.waiting_s) == (0.1, 0.0, 0.0, 0.0)


def test_a_start_time_shifts_the_far_end():
    far = FarEnd(MONO)
    far.push(ramp(1, 320), MONO, start_time=0.015)
    assert np.array_equal(taken(far, 4), np.r_[np.zeros(240), np.arange(1, 321), np.zeros(80)])


def test_what_has_not_come_is_silence_and_what_comes_late_is_left_out():
    far = FarEnd(MONO)
    far.push(ramp(1, 80), MONO)
    assert np.array_equal(taken(far, 1), np.r_[np.arange(1, 81), np.zeros(80)])
    far.push(ramp(81, 240), MONO)
    assert np.array_equal(taken(far, 1), np.arange(161, 321))
    stats = far.stats()
    assert (stats.missing_s, stats.late_s, stats.waiting_s) == (0.005, 0.005, 0.0)


def test_a_far_end_five_seconds_late_is_counted_and_then_in_step():
    far = FarEnd(MONO)
    far.push(ramp(0, 0), MONO)
    assert not taken(far, 500).any()
    far.push(np.full((16000 * 6, 1), 7, np.int16), MONO)
    assert (taken(far, 100) == 7).all()
    assert (far.stats().late_s, far.stats().missing_s) == (5.0, 5.0)


def test_no_far_end_at_all_is_silence_and_missing():
    far = FarEnd(MONO)
    assert not taken(far, 3).any()
    assert far.stats().missing_s == 0.03


@pytest.mark.parametrize("frames", [1, 3, 10])
def test_many_frames_at_once_are_the_same_as_one_by_one(frames):
    ones, many = FarEnd(MONO), FarEnd(MONO)
    for far in (ones, many):
        far.push(ramp(1, 1000), MONO, start_time=0.0123)
    assert np.array_equal(np.concatenate([many.take(frames) for _ in range(30 // frames)])[:, 0], taken(ones, 30))
    assert many.stats().missing_s == ones.stats().missing_s == pytest.approx(0.3 - 0.0123 - 1000 / 16000, abs=1e-4)


@pytest.mark.parametrize(("rate", "delay"), [(48000, 32), (24000, 32), (8000, 64)])
def test_another_rate_is_heard_later_by_the_delay_of_its_resampler(rate, delay):
    far = FarEnd(MONO)
    time = np.arange(rate) / rate
    far.push((8000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16).reshape(-1, 1), AudioFormat(rate))
    assert far.delay == delay / 16000
    expected = 8000 * np.sin(2 * np.pi * 440 * (np.arange(14400) - delay) / 16000)
    assert np.abs(taken(far, 90) - expected)[400:].max() < 40


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 24000, 48000])
def test_nothing_is_missing_of_another_rate_that_is_pushed_in_step(rate):
    far, format = FarEnd(MONO), AudioFormat(rate)
    for k in range(100):
        far.push(np.ones((format.frame_length(k), 1), np.int16), format)
        far.take()
    assert (far.stats().missing_s, far.stats().late_s) == (0.0, 0.0)


def test_stereo_is_mixed_and_given_to_every_channel():
    far = FarEnd(AudioFormat(16000, 2))
    far.push(np.tile(np.array([[100, 300]], np.int16), (160, 1)), AudioFormat(16000, 2))
    assert (far.take() == 200).all()


def test_drift_is_measured():
    far = FarEnd(MONO)
    owed = 0.0
    for _ in range(3000):
        owed += 160 * (1 + 100e-6)
        count = int(owed)
        owed -= count
        far.push(np.zeros((count, 1), np.int16), MONO)
        far.take()
    assert far.stats().drift_ppm == pytest.approx(100, abs=3)


def test_errors():
    far = FarEnd(MONO)
    with pytest.raises(ConfigError, match="start_time is -1"):
        far.push(ramp(0, 10), MONO, start_time=-1)
    far.push(ramp(0, 10), MONO, start_time=0.0)
    with pytest.raises(ConfigError, match="first push"):
        far.push(ramp(0, 10), MONO, start_time=1.0)
    with pytest.raises(FormatError, match="reset"):
        far.push(ramp(0, 10), AudioFormat(8000))
