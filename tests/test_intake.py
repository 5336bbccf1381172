"""Intake: PCM of any format in pieces of any size, whole frames of another format out, nothing lost on the way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat, pick_channel
from agora_audio.intake import Intake
from agora_audio.resample import resample
from tests.vad.pieces import RATES, cut, sizes, steady, talk

MONO, STEREO = AudioFormat(16000), AudioFormat(16000, 2)


def frames_of(intake, pieces):
    """All that comes out, with how much of it before flush."""
    blocks = [intake.push(intake.whole(piece)) for piece in pieces]
    before = sum(map(len, blocks))
    return np.concatenate([*blocks, intake.flush()]), before


def ramp(count, channels=1):
    return np.arange(1, count * channels + 1, dtype=np.int16).reshape(-1, channels)


def test_samples_of_the_same_format_are_cut_and_not_changed():
    intake = Intake(MONO, MONO)
    sound = ramp(400)
    assert np.array_equal(intake.push(intake.whole(sound.tobytes())), sound[:320])
    assert np.array_equal(intake.flush(), np.r_[sound[320:], np.zeros((80, 1))])
    assert (intake.frames, intake.received, intake.rest_bytes, intake.delay) == (3, 400, 0, 0.0)


def test_a_torn_sample_waits_for_its_rest():
    intake = Intake(STEREO, STEREO)
    sound = ramp(160, 2).tobytes()
    assert [len(intake.push(intake.whole(piece))) for piece in (sound[:3], sound[3:6], sound[6:639])] == [0, 0, 0]
    assert (intake.received, intake.rest_bytes) == (159, 3)
    assert np.array_equal(intake.push(intake.whole(sound[639:])), ramp(160, 2))
    assert intake.rest_bytes == 0


def test_stray_bytes_at_the_end_are_told_and_are_no_sound():
    intake = Intake(MONO, MONO)
    out, _ = frames_of(intake, [bytes(321)])
    assert (len(out), intake.rest_bytes, intake.received) == (160, 1, 160)


def test_nothing_is_nothing():
    for source, target in ((MONO, MONO), (AudioFormat(44100, 2), MONO)):
        intake = Intake(source, target)
        assert len(intake.push(intake.whole(b""))) == 0
        assert intake.flush().shape == (0, 1)
        assert intake.silence(0.0).shape == (0, 1)


def test_several_channels_are_mixed_where_the_target_is_mono():
    intake = Intake(STEREO, MONO)
    sound = np.array([[100, 300]] * 159 + [[32767, 32767]], np.int16)
    assert intake.push(intake.whole(sound.tobytes()))[:, 0].tolist() == [200] * 159 + [32767]


def test_mono_is_repeated_for_every_channel_of_the_target():
    intake = Intake(MONO, AudioFormat(16000, 3))
    assert np.array_equal(intake.push(intake.whole(ramp(160).tobytes())), np.repeat(ramp(160), 3, axis=1))


@pytest.mark.parametrize(("source", "target"), [(2, 3), (3, 2), (4, 2)])
def test_channels_that_do_not_fit_are_refused(source, target):
    with pytest.raises(FormatError, match=r"does not fit an output of 16000 Hz .*: mix it first"):
        Intake(AudioFormat(16000, source), AudioFormat(16000, target))


@pytest.mark.parametrize("target", RATES)
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [(1, 1), (2, 1), (1, 2), (2, 2)])
def test_it_is_the_whole_signal_resampled_after_the_delay(rate, target, channels):
    have, want = channels
    sound = np.frombuffer(talk(rate, have, 0.3, 1.1), "<i2").reshape(-1, have)
    intake = Intake(AudioFormat(rate, have), AudioFormat(target, want))
    out, before = frames_of(intake, [sound.tobytes()])
    mixed = pick_channel(sound, "mix").reshape(-1, 1) if want < have else sound
    expected = np.repeat(resample(mixed, rate, target), want // mixed.shape[1], axis=1)
    late = round(intake.delay * target)
    assert np.array_equal(out[late : late + len(expected)], expected)
    assert not out[:late].any() or late == 0 or np.abs(out[:late]).max() < np.abs(expected).max()
    # The last frame is filled up, and no frame more is begun.
    assert len(out) == intake.target.frame_end(intake.frames - 1)
    assert late + len(expected) <= len(out) < late + len(expected) + intake.target.frame_length(intake.frames - 1)
    assert before <= len(out)


@given(rate=st.sampled_from(RATES), target=st.sampled_from(RATES), channels=st.integers(1, 2), pieces=sizes())
@steady
def test_any_pieces_give_the_same(rate, target, channels, pieces):
    sound = talk(rate, channels, 0.3, 0.6)
    source, mono = AudioFormat(rate, channels), AudioFormat(target)
    whole, _ = frames_of(Intake(source, mono), [sound])
    parts, _ = frames_of(Intake(source, mono), cut(sound, pieces))
    assert np.array_equal(parts, whole)


@pytest.mark.parametrize("rate", RATES)
def test_silence_is_added_up_to_a_time_and_no_rounding_error_is_a_frame(rate):
    target = AudioFormat(rate)
    intake = Intake(target, target)
    sound = ramp(target.frame_end(9))
    intake.push(intake.whole(sound.tobytes()))
    assert len(intake.silence(target.frame_time(9) + 1e-12)) == 0
    assert len(intake.silence(target.frame_time(9) + 1e-4)) == target.frame_length(10)
    assert len(intake.silence(target.frame_time(13))) == target.frame_end(13) - target.frame_end(10)
    assert intake.frames == 14
    assert len(intake.silence(0.05)) == 0


def test_a_piece_of_a_frame_keeps_no_long_push_alive():
    intake = Intake(MONO, MONO)
    intake.push(intake.whole(bytes(2 * 16000 + 100)))
    assert intake._partial.base is None
    assert len(intake._partial) == 50
