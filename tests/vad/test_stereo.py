"""StereoVad: each channel as if it were alone."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from agora_audio.errors import ConfigError, EngineUnavailable, FormatError
from agora_audio.frames import AudioFormat, AudioFrame
from agora_audio.io import read_audio
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import detect_speech
from agora_audio.vad.engines import create_engine
from agora_audio.vad.state_machine import VadState
from agora_audio.vad.stereo import StereoResult, StereoVad
from agora_audio.vad.stream import VadStream
from tests.vad.pieces import RATES, TEST_DATA, frames_of, talk

QUICK = AudioVadConfigV2(6, 10, 12, 0.6, 0.6, start_voice_prob=50, stop_voice_prob=35)
DEAF = AudioVadConfigV2(start_voice_prob=100)


def two_talkers(rate):
    """One talks while the other is silent, then the other way round."""
    left, right = (np.frombuffer(talk(rate, start=s, end=s + 1.5), "<i2") for s in (0.3, 3.2))
    return np.stack([np.concatenate([left, right // 64]), np.concatenate([left // 64, right])], axis=1).astype("<i2")


def run(stereo, frames):
    results = [stereo.process(frame) for frame in frames]
    return [*results, stereo.flush()]


def alone(samples, rate, config, engine):
    stream = VadStream(config, engine)
    frames = frames_of(np.ascontiguousarray(samples).tobytes(), AudioFormat(rate))
    return [stream.process(frame) for frame in frames] + [stream.flush()]


@pytest.mark.parametrize("engine", ["silero", "webrtc", "energy"])
@pytest.mark.parametrize("rate", [*RATES, 96000])
def test_each_channel_is_as_if_it_were_alone(rate, engine):
    sound = two_talkers(rate)
    results = run(StereoVad(QUICK, engine=engine), frames_of(sound.tobytes(), AudioFormat(rate, 2)))
    assert all(isinstance(result, StereoResult) for result in results)
    for channel, name in enumerate(("left", "right")):
        expected = alone(sound[:, channel], rate, QUICK, engine)
        assert VadState.START_SPEAKING in {result.state for result in expected}
        assert [getattr(result, name) for result in results] == expected


def test_left_is_left_and_right_is_right():
    frames = frames_of(two_talkers(16000).tobytes(), AudioFormat(16000, 2))
    stereo = StereoVad(QUICK)
    starts = {"left": [], "right": []}
    for number, frame in enumerate(frames):
        for name, result in zip(starts, stereo.process(frame), strict=True):
            starts[name] += [number / 100] * (result.state is VadState.START_SPEAKING)
    assert starts["left"]
    assert max(starts["left"]) < 1.6 < min(starts["right"])


def test_the_sound_handed_out_is_mono():
    samples = np.stack([np.full(1600, 300), np.full(1600, 500)], axis=1).astype("<i2")
    always = AudioVadConfigV2(0, 1, 1000, active_percent=0.0, start_voice_prob=0, start_rms_threshold=-127)
    stereo = StereoVad(always, engine="energy")
    results = run(stereo, frames_of(samples.tobytes(), AudioFormat(16000, 2)))
    for channel, value in enumerate((300, 500)):
        data = b"".join(result[channel].data for result in results)
        assert data
        assert set(np.frombuffer(data, "<i2").tolist()) == {value}
        assert len(data) % 320 == 0


def test_each_channel_has_its_own_config():
    frames = frames_of(np.repeat(np.frombuffer(talk(end=1.5), "<i2"), 2).tobytes(), AudioFormat(16000, 2))
    for configs, starts in (((QUICK, DEAF), (True, False)), ((DEAF, QUICK), (False, True)), ((QUICK,), (True, True))):
        results = run(StereoVad(*configs), frames)
        assert tuple(any(r[c].state is VadState.START_SPEAKING for r in results) for c in (0, 1)) == starts
    stereo = StereoVad(right_config=DEAF)
    assert (stereo.left.vad.config, stereo.right.vad.config) == (AudioVadConfigV2(), DEAF)
    stereo = StereoVad(DEAF)
    assert (stereo.left.vad.config, stereo.right.vad.config) == (DEAF, DEAF)
    stereo = StereoVad()
    assert (stereo.left.vad.config, stereo.right.vad.config) == (AudioVadConfigV2(), AudioVadConfigV2())


def test_a_recording_gives_the_segments_that_detection_gives():
    path = TEST_DATA / "stereo_44k.flac"
    samples, format = read_audio(path)
    stereo, found = StereoVad(), ([], [])
    steps = [lambda frame=frame: stereo.process(frame) for frame in frames_of(samples.tobytes(), format)]
    for step in [*steps, stereo.flush]:
        for segments, result, stream in zip(found, step(), (stereo.left, stereo.right), strict=True):
            if result.state is VadState.STOP_SPEAKING:
                segments.append(stream.vad.segment.to_dict())
    assert [len(segments) for segments in found] == [3, 3]
    for channel in (0, 1):
        assert found[channel] == [segment.to_dict() for segment in detect_speech(path, channel=channel)]


def test_a_flush_closes_both_channels():
    frames = frames_of(np.repeat(np.frombuffer(talk(end=1.2), "<i2"), 2).tobytes(), AudioFormat(16000, 2))
    stereo = StereoVad(QUICK)
    for frame in frames:
        stereo.process(frame)
    assert [result.state for result in stereo.flush()] == [VadState.STOP_SPEAKING] * 2
    assert stereo.flush() == ((VadState.NON_SPEAKING, b""), (VadState.NON_SPEAKING, b""))


def test_a_reset_begins_a_new_stream_of_any_rate():
    sound = two_talkers(8000)[:9000].tobytes()
    frames = frames_of(sound, AudioFormat(8000, 2))
    stereo = StereoVad(QUICK)
    for frame in frames_of(two_talkers(44100)[:40000].tobytes(), AudioFormat(44100, 2)):
        stereo.process(frame)
    stereo.reset()
    assert run(stereo, frames) == run(StereoVad(QUICK), frames)


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (AudioFrame(bytes(320), AudioFormat()), "the frame is 16000 Hz mono, must be stereo"),
        (AudioFrame(bytes(960), AudioFormat(16000, 3)), "the frame is 16000 Hz 3 channels, must be stereo"),
        (bytes(640), "the frame is bytes, must be stereo"),
        (None, "the frame is NoneType, must be stereo"),
    ],
)
def test_what_is_not_stereo_is_an_error_and_not_silence(thing, said):
    with pytest.raises(FormatError) as caught:
        StereoVad(engine="energy").process(thing)
    assert said in str(caught.value)


def test_another_rate_within_a_stream_is_refused_and_changes_nothing():
    frames = frames_of(two_talkers(16000)[:20000].tobytes(), AudioFormat(16000, 2))
    expected = run(StereoVad(QUICK), frames)
    stereo = StereoVad(QUICK)
    results = [stereo.process(frame) for frame in frames[:50]]
    with pytest.raises(FormatError, match="8000 Hz"):
        stereo.process(AudioFrame(bytes(320), AudioFormat(8000, 2)))
    assert results + run(stereo, frames[50:]) == expected


@pytest.mark.parametrize("engine", [None, create_engine("energy"), "agora", 3])
def test_an_engine_is_a_name(engine):
    with pytest.raises(ConfigError, match="engine"):
        StereoVad(engine=engine)


def test_an_engine_that_is_not_installed_is_said_at_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "ten_vad", None)
    with pytest.raises(EngineUnavailable, match="pip install ten-vad"):
        StereoVad(engine="ten")
