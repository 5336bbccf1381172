"""EchoPath: the delay and the drift of a made-up echo are found, its enhancement counted, and chance is no echo."""

from __future__ import annotations

import numpy as np
import pytest

from agora_audio.apm.echo_path import EchoPath
from agora_audio.apm.stages import ApmStages, EchoStage
from agora_audio.frames import AudioFormat, energies_of_frames
from agora_audio.processor import ExternalAudioProcessor
from agora_audio.resample import resample

WEBRTC = ApmStages(echo=EchoStage("webrtc"))


def loudspeaker(rate, seconds, seed=1):
    """Noise whose level swings as that of speech does."""
    noise = np.random.default_rng(seed).standard_normal(int(rate * seconds))
    swing = 1.05 + np.sin(np.arange(len(noise)) * (18.0 / rate))
    return np.rint(noise * swing * 2000).astype(np.int16)


def room(far, rate, delay, gain=0.3):
    """The far end after `delay` seconds, and a tail that falls by 60 dB in 0.3 s."""
    tail = np.random.default_rng(9).standard_normal(rate // 10) * 10 ** (-np.arange(rate // 10) / (0.1 * rate))
    tail *= 0.7 / np.sqrt(np.sum(tail**2))
    response = np.r_[np.zeros(round(delay * rate)), 1.0, tail]
    return np.rint(gain * np.fft.irfft(np.fft.rfft(far, 2**19) * np.fft.rfft(response, 2**19))[: len(far)]).astype(
        np.int16
    )


def noted(path, near, far, rate, gain_db=0.0, heard=True, block=100):
    """Tell of near and far end, a block of frames at a time."""
    length = rate // 100
    for begin in range(0, len(near) - length * block + 1, length * block):
        part = slice(begin, begin + length * block)
        ends = AudioFormat(rate).frame_ends(0, length * block)
        before, _ = energies_of_frames(near[part].reshape(-1, 1), ends)
        after = np.rint(before * 10 ** (-gain_db / 10))
        path.note((before, after), np.full(block, heard), near[part], far[part])
    return path.stats()


@pytest.mark.parametrize("rate", [16000, 32000, 48000])
@pytest.mark.parametrize("delay", [0.0, 0.02, 0.08, 0.3])
def test_the_delay_of_a_decaying_echo_is_found(rate, delay):
    far = loudspeaker(rate, 6)
    stats = noted(EchoPath(rate), room(far, rate, delay), far, rate)
    assert stats.delay_ms == pytest.approx(1000 * delay, abs=0.3)
    assert stats.drift_ppm is None


@pytest.mark.parametrize("ppm", [-100.0, 0.0, 100.0])
def test_the_drift_of_two_clocks_is_found(ppm):
    near_time = np.arange(16000 * 40) / 16000
    # Slow enough noise to be read between its samples.
    far = resample(resample(loudspeaker(16000, 41), 16000, 8000), 8000, 16000)
    heard_at = (near_time - 0.1) * (1 + ppm * 1e-6) * 16000
    near = np.rint(0.3 * np.interp(heard_at, np.arange(len(far)), far, left=0.0)).astype(np.int16)
    stats = noted(EchoPath(16000), near, far[: len(near)], 16000)
    assert stats.drift_ppm == pytest.approx(ppm, abs=8)


@pytest.mark.parametrize("db", [0.0, 6.0, 34.6])
def test_the_enhancement_is_power_in_over_power_out(db):
    far = loudspeaker(16000, 2)
    stats = noted(EchoPath(16000), room(far, 16000, 0.02), far, 16000, db)
    assert stats.return_loss_enhancement_db == pytest.approx(db, abs=0.01)
    assert stats.recent_return_loss_enhancement_db == pytest.approx(db, abs=0.01)
    assert stats.heard_s == 2.0


def test_nothing_left_of_an_echo_is_a_great_enhancement_and_not_an_unknown_one():
    path = EchoPath(16000)
    silence = np.zeros(160, np.int16)
    path.note((np.array([1e9]), np.array([0.0])), np.array([True]), silence, silence)
    assert path.stats().return_loss_enhancement_db == pytest.approx(90.0)


def test_a_far_end_that_is_not_heard_tells_nothing():
    far = loudspeaker(16000, 6)
    stats = noted(EchoPath(16000), room(far, 16000, 0.02), far, 16000, heard=False)
    assert (stats.heard_s, stats.return_loss_enhancement_db, stats.delay_ms, stats.drift_ppm) == (0.0, None, None, None)
    assert EchoPath(16000).stats() == stats


def test_another_sound_is_no_echo():
    far, other = loudspeaker(16000, 30), loudspeaker(16000, 30, seed=2)
    stats = noted(EchoPath(16000), other, far, 16000)
    assert (stats.heard_s, stats.delay_ms, stats.drift_ppm) == (30.0, None, None)


def test_energies_of_hours_at_once_are_counted_exactly():
    frames = 60_000
    loud = np.full(frames, 160 * 32768.0**2)
    loud[0] += 1
    path = EchoPath(16000)
    silence = np.zeros(160 * frames, np.int16)
    path.note((loud, loud), np.ones(frames, bool), silence, silence)
    assert path._energies[0] == frames * 160 * 32768**2 + 1


@pytest.mark.parametrize("rate", [16000, 48000])
def test_any_blocks_give_the_same(rate):
    far = loudspeaker(rate, 6)
    near = room(far, rate, 0.05)
    first = noted(EchoPath(rate), near, far, rate, 3.0, block=600)
    assert noted(EchoPath(rate), near, far, rate, 3.0, block=1) == first
    assert noted(EchoPath(rate), near, far, rate, 3.0, block=75) == first


@pytest.mark.parametrize(
    "stages",
    [
        WEBRTC,
        ApmStages(
            high_pass=True,
            noise=True,
            echo=EchoStage("webrtc"),
            order=("noise", "high_pass", "echo", "background", "gain"),
        ),
    ],
)
@pytest.mark.parametrize(("rate", "out_rate"), [(8000, 48000), (16000, 16000), (44100, 16000), (48000, 48000)])
def test_delays_of_the_near_end_are_no_part_of_the_echo(stages, rate, out_rate):
    far = loudspeaker(rate, 4.5)
    near = room(far, rate, 0.08)
    with ExternalAudioProcessor(stages, sample_rate=out_rate) as processor:
        processor.push_far_end(far, rate, 1)
        processor.push_audio_pcm_data(near, rate, 1)
        assert processor.stats().echo.delay_ms == pytest.approx(80, abs=0.3)
