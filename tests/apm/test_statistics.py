"""Statistics: levels of known signals, clipping, gain and floor of the last second, and the same for any blocks."""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.apm.stages import ApmStages, BackgroundStage, EchoStage, GainStage, NoiseStage
from agora_audio.apm.statistics import ChainMeter, Point, between
from agora_audio.frames import SILENCE_DB, AudioFormat, energies_of_frames
from agora_audio.processor import ExternalAudioProcessor
from agora_audio.vad.config import AudioVadConfigV2
from tests.vad.pieces import RATES, cut, sizes, steady, talk

MANY = ApmStages(high_pass=True, echo=EchoStage("webrtc"), noise=True, background=True, gain=True)


def sine(db, seconds, rate=16000, channels=1):
    """A sine of 440 Hz whose mean power is `db` below full scale."""
    wave = np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate) * np.sqrt(2) * 32768 * 10 ** (db / 20)
    return np.repeat(np.rint(wave).astype(np.int16)[:, None], channels, axis=1)


def point_of(*sounds, rate=16000):
    point = Point()
    for sound in sounds:
        ends = AudioFormat(rate).frame_ends(0, len(sound))
        point.add(*energies_of_frames(sound, ends), sound)
    return point


def stats_of(stages, sound, rate, channels, pieces=(1 << 30,), far=None, flush=True, **options):
    with ExternalAudioProcessor(stages, **options) as processor:
        if far is not None:
            processor.push_far_end(far, rate, channels)
        for piece in cut(bytes(sound), pieces):
            processor.push_audio_pcm_data(piece, rate, channels)
        if flush:
            processor.flush()
        return processor.stats()


@pytest.mark.parametrize("db", [-6.0, -20.0, -45.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_levels_are_right(db, channels):
    point = point_of(sine(db, 3.0, channels=channels))
    assert point.level_db == pytest.approx(db, abs=0.05)
    assert point.recent_db == pytest.approx(db, abs=0.05)
    assert point.floor_db == pytest.approx(db, abs=0.6)
    assert (point.frames, point.clipped) == (300, 0)


def test_before_any_sound_everything_is_silence():
    point = Point()
    assert (point.level_db, point.recent_db, point.floor_db, point.frames) == (SILENCE_DB, SILENCE_DB, SILENCE_DB, 0)
    stats = ChainMeter(AudioFormat(), 2, None).points()
    assert between(*stats, 0.0, None).gain_db == 0.0


def test_the_mean_is_of_all_and_the_recent_level_of_the_last_whole_second():
    point = point_of(sine(-10, 1.0), sine(-40, 1.0), sine(-20, 0.5))
    assert point.level_db == pytest.approx(10 * np.log10((0.1 + 1e-4 + 0.5e-2) / 2.5), abs=0.05)
    assert point.recent_db == pytest.approx(-40, abs=0.05)
    assert point.floor_db == pytest.approx(-40, abs=0.6)


def test_the_floor_is_of_the_last_second_and_since():
    assert point_of(sine(-60, 1.0), sine(-20, 1.0), sine(-30, 0.5)).floor_db == pytest.approx(-30, abs=0.6)
    assert point_of(sine(-60, 1.0), sine(-40, 1.0), sine(-20, 0.5)).floor_db == pytest.approx(-40, abs=0.6)


def test_before_a_whole_second_the_recent_level_is_of_all():
    assert point_of(sine(-30, 0.4)).recent_db == pytest.approx(-30, abs=0.05)


@pytest.mark.parametrize(("values", "clipped"), [([32767, -32768, 32766, -32767], 2), ([0, 1, -1, 5], 0)])
def test_full_scale_is_clipped(values, clipped):
    sound = np.zeros((160, 1), np.int16)
    sound[:4, 0] = values
    assert point_of(sound).clipped == clipped


def test_clipping_of_a_processor_is_counted_before_and_after():
    sound = np.clip(sine(-3, 2.0).astype(int) * 2, -32768, 32767).astype(np.int16)
    expected = int(np.count_nonzero((sound == 32767) | (sound == -32768)))
    stats = stats_of(ApmStages(background=True), sound.tobytes(), 16000, 1)
    assert stats.total.clipped_in == stats.stages["background"].clipped_in == expected > 1000
    assert stats.total.clipped_out == expected


def test_the_gain_of_a_stage_is_told():
    stages = ApmStages(background=BackgroundStage(reduction_db=30, margin_db=6, hold_s=0.1))
    sound = np.concatenate([sine(-15, 2.0), sine(-35, 4.0)])
    stats = stats_of(stages, sound.tobytes(), 16000, 1)
    assert stats.stages["background"].gain_db == pytest.approx(-30, abs=0.1)
    assert stats.total.level_in_db == pytest.approx(10 * np.log10((2 * 10**-1.5 + 4 * 10**-3.5) / 6), abs=0.1)
    assert stats.total.noise_floor_in_db == pytest.approx(-35, abs=0.6)
    assert stats.total.noise_floor_out_db == pytest.approx(-65, abs=0.6)


def test_what_a_stage_gives_the_next_one_gets():
    stats = stats_of(MANY, talk(16000, 1), 16000, 1)
    points = list(stats.stages.values())
    for one, following in pairwise(points):
        assert one.level_out_db == following.level_in_db
        assert one.noise_floor_out_db == following.noise_floor_in_db
        assert one.clipped_out == following.clipped_in
    assert (stats.total.level_in_db, stats.total.level_out_db) == (points[0].level_in_db, points[-1].level_out_db)
    assert stats.total.delay_ms == pytest.approx(sum(one.delay_ms for one in points)) == 1000 * stats.delay_s
    assert {one.frames for one in points} == {stats.total.frames}


@given(rate=st.sampled_from(RATES), channels=st.integers(1, 2), out_rate=st.sampled_from(RATES), pieces=sizes())
@steady
def test_any_pieces_give_the_same_statistics(rate, channels, out_rate, pieces):
    sound, far = talk(rate, channels, 0.3, 1.6), talk(rate, channels, 5.0, 6.2)
    far = far[: len(far) // 4 * 4]
    options = {"sample_rate": out_rate, "vad_config": AudioVadConfigV2(), "engine": "energy"}
    whole = stats_of(MANY, sound, rate, channels, far=far, **options)
    assert stats_of(MANY, sound, rate, channels, pieces, far, **options) == whole


def test_asking_changes_nothing():
    sound = talk(16000, 1, 0.3, 3.0)
    with ExternalAudioProcessor(MANY) as processor:
        for piece in cut(sound, [1234]):
            processor.push_audio_pcm_data(piece, 16000, 1)
            processor.stats()
        processor.flush()
        assert processor.stats() == processor.stats() == stats_of(MANY, sound, 16000, 1)


def test_after_flush_and_after_release_they_are_kept_until_the_next_stream():
    processor = ExternalAudioProcessor(MANY)
    empty = processor.stats()
    assert (empty.input_s, empty.output_s, empty.total.frames, empty.dropped_bytes) == (0.0, 0.0, 0, 0)
    processor.push_audio_pcm_data(bytes(3201), 16000, 1)
    assert processor.stats().dropped_bytes == 0
    processor.flush()
    flushed = processor.stats()
    assert (flushed.input_s, flushed.output_s, flushed.dropped_bytes) == (0.1, 0.12, 1)
    processor.push_audio_pcm_data(bytes(320), 16000, 1)
    second = processor.stats()
    assert (second.input_s, second.total.frames, second.dropped_bytes) == (0.01, 1, 0)
    processor.release()
    assert processor.stats() == second
    json.dumps(dataclasses.asdict(second))


class Clock:
    """Seconds that go on by a step each time they are asked for."""

    def __init__(self, step):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


def test_speed_is_measured_by_the_clock_that_was_given():
    # A push asks at its beginning and end, and twice for each stage: 5 steps from first to last.
    stages = ApmStages(noise=NoiseStage(), gain=GainStage())
    stats = stats_of(stages, bytes(3200), 16000, 1, (320,), flush=False, clock=Clock(0.001))
    assert stats.total.real_time_factor == pytest.approx(0.5)
    assert [one.real_time_factor for one in stats.stages.values()] == pytest.approx([0.1, 0.1])
    vad = stats_of(
        None, bytes(3200), 16000, 1, flush=False, vad_config=AudioVadConfigV2(), engine="energy", clock=Clock(0.002)
    )
    assert vad.total.real_time_factor == pytest.approx(0.02)


def test_without_a_clock_no_speed_is_known():
    stats = stats_of(ApmStages(noise=True), bytes(3200), 16000, 1)
    assert stats.total.real_time_factor is None
    assert stats.stages["noise"].real_time_factor is None


@pytest.mark.parametrize("clock", [5, "perf_counter"])
def test_a_clock_that_is_none_is_a_config_error(clock):
    from agora_audio.errors import ConfigError

    with pytest.raises(ConfigError, match="must be a function of monotonic seconds"):
        ExternalAudioProcessor(ApmStages(noise=True), clock=clock)


def test_without_echo_there_is_nothing_to_tell_of_it():
    stats = stats_of(ApmStages(noise=True), bytes(3200), 16000, 1)
    assert (stats.echo, stats.far_end) == (None, None)
    alone = stats_of(MANY, bytes(3200), 16000, 1)
    assert (alone.echo.heard_s, alone.echo.delay_ms, alone.echo.return_loss_enhancement_db) == (0.0, None, None)
    assert (alone.far_end.pushed_s, alone.far_end.missing_s) == (0.0, 0.1)
