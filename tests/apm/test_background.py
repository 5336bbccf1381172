"""BackgroundVoices: a weaker voice is let down, the main one is not, and each parameter does what it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.apm.background import BackgroundVoices
from agora_audio.apm.stages import BackgroundStage
from agora_audio.errors import FormatError
from agora_audio.frames import SILENCE_DB, AudioFormat
from tests.vad.pieces import RATES, steady, talk


def tone(db, seconds, rate=16000, channels=1):
    wave = np.sin(2 * np.pi * 400 * np.arange(round(seconds * rate)) / rate) * np.sqrt(2) * 32768 * 10 ** (db / 20)
    return np.repeat(np.rint(wave).astype(np.int16)[:, None], channels, axis=1)


def voice(db, seconds):
    """Syllables of 0.15 s with gaps of 0.05 s."""
    sound = tone(db, seconds)
    sound[np.arange(len(sound)) % 3200 >= 2400] = 0
    return sound


def made(rate=16000, channels=1, **values):
    return BackgroundVoices(AudioFormat(rate, channels), BackgroundStage(**values))


def change_db(sound, out, begin, end, rate=16000):
    part = slice(round(begin * rate), round(end * rate))
    powers = [np.mean(side[part].astype(float) ** 2) for side in (sound, out)]
    return 10 * np.log10(powers[1] / powers[0])


@pytest.mark.parametrize("weaker", [10, 15, 20])
@pytest.mark.parametrize("reduction", [6.0, 20.0, 40.0])
def test_a_weaker_voice_is_let_down_by_the_reduction(weaker, reduction):
    sound = np.concatenate([voice(-15, 3), np.zeros((8000, 1), np.int16), voice(-15 - weaker, 3), voice(-15, 2)])
    out = made(reduction_db=reduction).process(sound)
    assert change_db(sound, out, 4.5, 6.4) == pytest.approx(-reduction, abs=0.5)
    assert np.array_equal(out[: 3 * 16000], sound[: 3 * 16000])
    # The first syllable of the main speaker opens the gain within one frame.
    assert np.array_equal(out[104160:], sound[104160:])


def test_one_voice_alone_passes_unchanged_whatever_its_level():
    for db in (-10, -25, -45):
        sound = voice(db, 4)
        assert np.array_equal(made().process(sound), sound)


@pytest.mark.parametrize(("weaker", "let_down"), [(9, True), (5, False)])
def test_the_margin_parts_main_from_background(weaker, let_down):
    sound = np.concatenate([tone(-15, 3), tone(-15 - weaker, 3)])
    assert bool(change_db(sound, made(margin_db=7).process(sound), 4, 6) < -15) is let_down


@pytest.mark.parametrize("hold", [0.1, 0.3, 1.0])
def test_the_hold_is_how_long_weaker_sound_still_passes(hold):
    sound = np.concatenate([tone(-15, 2), tone(-35, 3)])
    out = made(hold_s=hold).process(sound)
    first = int(np.flatnonzero(out[:, 0] != sound[:, 0])[0]) / 16000
    assert first == pytest.approx(2.0 + hold, abs=0.015)


@pytest.mark.parametrize("memory", [2.0, 5.0])
def test_after_the_memory_the_voice_that_is_heard_takes_over(memory):
    sound = np.concatenate([tone(-15, 2), tone(-25, memory + 1)])
    stage = made(memory_s=memory, margin_db=8, hold_s=0.1)
    out = stage.process(sound)
    # The main level falls by the margin in that time: 2 dB are to be forgotten before -25 is near enough.
    again = 2.2 + memory * 2 / 8
    assert change_db(sound, out, again - 0.2, again - 0.1) < -15
    assert np.array_equal(out[round((again + 0.1) * 16000) :], sound[round((again + 0.1) * 16000) :])


def test_silence_is_not_forgotten_in():
    stage = made(memory_s=1.0)
    stage.process(tone(-15, 1))
    before = stage.main_level_db
    stage.process(np.zeros((16000 * 60, 1), np.int16))
    assert stage.main_level_db == pytest.approx(before, abs=0.1)


def test_one_shout_does_not_become_the_measure():
    stage = made()
    stage.process(voice(-25, 3))
    stage.process(tone(-5, 0.05))
    assert stage.main_level_db < -15


def test_before_anybody_spoke_no_level_is_known():
    stage = made()
    assert (stage.main_level_db, stage.gain_db, stage.delay) == (SILENCE_DB, 0.0, 0)
    stage.process(tone(-15, 1))
    assert stage.main_level_db == pytest.approx(-15, abs=0.5)
    stage.reset()
    assert (stage.main_level_db, stage.gain_db) == (SILENCE_DB, 0.0)


@given(
    rate=st.sampled_from(RATES), channels=st.integers(1, 2), counts=st.lists(st.integers(1, 40), min_size=1, max_size=8)
)
@steady
def test_frames_by_block_and_one_by_one_are_equal(rate, channels, counts):
    format = AudioFormat(rate, channels)
    loud = np.frombuffer(talk(rate, channels, 0.3, 2.3), "<i2").reshape(-1, channels)
    sound = np.concatenate([loud, loud // 20, loud // 3])
    count = len(format.frame_ends(0, len(sound)))
    sound = sound[: format.frame_end(count - 1)]
    whole = made(rate, channels, hold_s=0.1).process(sound)
    stage, blocks, frame, number = made(rate, channels, hold_s=0.1), [], 0, 0
    while frame < count:
        size = min(counts[number % len(counts)], count - frame)
        blocks.append(stage.process(sound[format.frame_end(frame - 1) : format.frame_end(frame + size - 1)]))
        frame, number = frame + size, number + 1
    assert np.array_equal(np.concatenate(blocks), whole)
    assert not np.array_equal(whole, sound)


def test_what_is_given_is_not_changed_in_place():
    sound = np.concatenate([tone(-15, 2), tone(-35, 2)])
    kept = sound.copy()
    sound.flags.writeable = False
    made().process(sound)
    assert np.array_equal(sound, kept)


@pytest.mark.parametrize("sound", [np.zeros((159, 1), np.int16), np.zeros((160, 2), np.int16), np.zeros(160, np.int16)])
def test_no_whole_frames_are_a_format_error_and_do_no_harm(sound):
    stage = made()
    with pytest.raises(FormatError, match="is not frames of 10 ms of 16000 Hz mono"):
        stage.process(sound)
    assert stage.process(np.zeros((160, 1), np.int16)).shape == (160, 1)


def test_each_channel_has_its_own_main_speaker():
    # The agent of a recorded call is weaker than the caller, and nobody's background.
    sound = np.hstack([voice(-15, 3), np.roll(voice(-30, 3), 8000, axis=0)])
    assert np.array_equal(made(channels=2).process(sound), sound)
    together = np.hstack(
        [np.concatenate([voice(-15, 3), voice(-30, 3)]), np.concatenate([voice(-25, 3), voice(-40, 3)])]
    )
    out = made(channels=2).process(together)
    for channel in range(2):
        assert np.array_equal(out[:, channel : channel + 1], made().process(together[:, channel : channel + 1]))
