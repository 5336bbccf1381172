"""WebRTC's stages: their stated delays, blocks as single frames, channels apart, what they do to the sound."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from agora_audio.apm.stages import EchoStage, GainStage, NoiseStage
from agora_audio.apm.webrtc import NATIVE_RATES, WebRtcEcho, WebRtcGain, WebRtcHighPass, WebRtcNoise
from agora_audio.errors import EngineUnavailable, FormatError
from agora_audio.frames import AudioFormat
from tests.vad.pieces import talk

MAKE = {
    "high_pass": lambda format: WebRtcHighPass(format),
    "noise": lambda format: WebRtcNoise(format, NoiseStage(level=0)),
    "gain": lambda format: WebRtcGain(format, GainStage(max_gain_db=0.0)),
    "echo": lambda format: WebRtcEcho(format, EchoStage("webrtc")),
}


def speech(rate, channels=1, start=3.6, end=5.6):
    sound = np.frombuffer(talk(rate, channels, start, end), "<i2").reshape(-1, channels)
    return sound[: len(sound) // (rate // 100) * (rate // 100)]


def through(stage, sound, size=None):
    size = size or len(sound)
    out = []
    for begin in range(0, len(sound), size):
        piece = sound[begin : begin + size]
        if isinstance(stage, WebRtcEcho):
            stage.take_far_end(np.zeros_like(piece))
        out.append(stage.process(piece))
    return np.concatenate(out)


@pytest.mark.parametrize("rate", NATIVE_RATES)
@pytest.mark.parametrize("name", MAKE)
def test_the_stated_delay_is_that_of_the_sound(name, rate):
    stage = MAKE[name](AudioFormat(rate))
    sound = speech(rate)
    out = through(stage, sound)[:, 0].astype(float)
    target = sound[rate // 2 : 3 * rate // 2, 0].astype(float)
    shifts = range(-20, rate // 50)
    score = [np.dot(target, out[rate // 2 + shift : 3 * rate // 2 + shift]) for shift in shifts]
    # A high-pass filter turns phases: a sample or two at the low rate, more at the others.
    assert shifts[int(np.argmax(score))] == pytest.approx(stage.delay, abs=rate / 8000)


@pytest.mark.parametrize("rate", NATIVE_RATES)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", MAKE)
def test_blocks_are_as_single_frames_and_a_reset_stage_is_a_new_one(name, channels, rate):
    format, sound = AudioFormat(rate, channels), speech(rate, channels, 3.6, 4.4)
    stage = MAKE[name](format)
    single = through(stage, sound, rate // 100)
    assert single.shape == sound.shape
    assert single.dtype == np.int16
    stage.reset()
    assert np.array_equal(through(stage, sound, 7 * rate // 100), single)
    assert np.array_equal(through(MAKE[name](format), sound), single)


@pytest.mark.parametrize("name", ["high_pass", "noise"])
def test_a_silent_channel_stays_silent_beside_a_loud_one(name):
    sound = speech(16000, 2).copy()
    sound[:, 1] = 0
    out = through(MAKE[name](AudioFormat(16000, 2)), sound)
    assert not out[:, 1].any()
    assert np.abs(out[:, 0]).max() > 3000


@pytest.mark.parametrize("shape", [(159, 1), (320, 2), (160,), (481, 1)])
@pytest.mark.parametrize("name", MAKE)
def test_frames_of_another_shape_are_refused(name, shape):
    stage = MAKE[name](AudioFormat())
    if name == "echo":
        stage.take_far_end(np.zeros(shape, np.int16))
    with pytest.raises(FormatError, match="is not frames of 10 ms of 16000 Hz mono"):
        stage.process(np.zeros(shape, np.int16))


def test_near_and_far_end_must_be_of_one_shape():
    stage = MAKE["echo"](AudioFormat())
    with pytest.raises(FormatError, match=r"near end \(160, 1\), far end \(0, 1\): they must be of one shape"):
        stage.process(np.zeros((160, 1), np.int16))
    stage.take_far_end(np.zeros((320, 1), np.int16))
    with pytest.raises(FormatError, match="they must be of one shape"):
        stage.process(np.zeros((160, 1), np.int16))


def test_gain_brings_quiet_speech_up_and_no_further_than_its_most():
    sound = speech(16000, 1, 0.3, 7.3) // 16
    quiet = 10 * np.log10(np.mean(sound[48000:].astype(float) ** 2))
    for most in (6.0, 20.0):
        stage = WebRtcGain(AudioFormat(), GainStage(max_gain_db=most))
        out = through(stage, sound)
        gained = 10 * np.log10(np.mean(out[48000:].astype(float) ** 2)) - quiet
        assert 0.5 * most < gained < most + 1.0
        assert stage.gain_db <= most + 0.1


def test_where_the_library_is_missing_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    for make in MAKE.values():
        with pytest.raises(EngineUnavailable, match="pip install pywebrtc-audio"):
            make(AudioFormat())


@pytest.mark.parametrize("level", [0, 3])
@pytest.mark.parametrize("rate", NATIVE_RATES)
def test_a_channel_is_suppressed_as_if_it_were_alone(rate, level):
    # Two talkers who take turns: one native object for both would give each the gain of the other's silence.
    sound = np.hstack([speech(rate), speech(rate, start=5.6, end=7.6)])
    together = through(WebRtcNoise(AudioFormat(rate, 2), NoiseStage(level=level)), sound)
    for channel in range(2):
        alone = through(WebRtcNoise(AudioFormat(rate), NoiseStage(level=level)), sound[:, channel : channel + 1])
        assert np.array_equal(together[:, channel : channel + 1], alone)
