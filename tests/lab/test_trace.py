"""VadTrace: the arrays behind plots say what the VAD saw and decided, frame by frame, and the same as detection."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat
from agora_audio.io import open_audio
from agora_audio.lab.trace import VadTrace, trace_blocks, trace_labels, trace_speech
from agora_audio.vad.audio_vad import AudioVadV2
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import detect_speech
from agora_audio.vad.dump import DumpedLabels
from agora_audio.vad.engines import create_engine
from agora_audio.vad.state_machine import Phase, VadState, VadStateMachine
from tests.vad.pieces import TEST_DATA, frames_of, recordings, steady, talk

QUICK = AudioVadConfigV2(6, 10, 12, 0.6, 0.6, start_voice_prob=50, stop_voice_prob=35)
ARRAYS = ("voice_prob", "rms_db", "lowest", "highest", "states", "thresholds")


def times(segments):
    return [dataclasses.astuple(segment) for segment in segments]


def labelled(sound, format, engine="silero"):
    engine = create_engine(engine)
    return [out for frame in frames_of(sound, format) for out in engine.push(frame)] + engine.flush()


def blocks(sound, length):
    return [sound[begin : begin + length] for begin in range(0, len(sound), length)]


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.name)
def test_the_segments_are_those_of_detection(path):
    trace = trace_speech(path)
    assert isinstance(trace.segments, tuple)
    assert times(trace.segments) == times(detect_speech(path))
    assert len({len(getattr(trace, name)) for name in ARRAYS}) == 1
    with open_audio(path) as reader:
        assert trace.format == reader.format
        duration = sum(map(len, reader)) / reader.format.sample_bytes / reader.format.sample_rate
    assert duration <= trace.duration < duration + 0.01


@pytest.mark.parametrize("engine", ["silero", "webrtc", "energy"])
@pytest.mark.parametrize("format", [AudioFormat(8000), AudioFormat(22050, 2), AudioFormat(48000, 3)])
def test_labels_and_states_are_those_of_a_live_call(engine, format):
    sound = talk(format.sample_rate, format.channels, end=2.9)
    trace = trace_blocks(blocks(sound, 1000 * format.sample_bytes), format, QUICK, engine)
    frames, vad = labelled(sound, format, engine), AudioVadV2(QUICK)
    assert trace.voice_prob.tolist() == [frame.voice_prob for frame in frames]
    assert trace.rms_db.tolist() == [frame.rms_db for frame in frames]
    assert trace.states.tolist() == [vad.process(frame).state for frame in frames]
    assert set(trace.states.tolist()) >= {0, 1, 2}
    assert (trace.format, trace.config) == (format, QUICK)


@pytest.mark.parametrize("channel", ["mix", 0, 1])
def test_a_channel_is_traced_alone(channel):
    path = TEST_DATA / "stereo_44k.flac"
    trace = trace_speech(path, channel=channel)
    assert times(trace.segments) == times(detect_speech(path, channel=channel))
    assert trace.format == AudioFormat(44100, 2 if channel == "mix" else 1)


@steady
@given(
    st.sampled_from([8000, 11025, 16000, 22050, 44100]), st.integers(1, 3), st.integers(0, 3000), st.integers(1, 999)
)
def test_the_envelope_is_the_lowest_and_highest_sample_of_each_frame(rate, channels, count, length):
    samples = (np.arange(count * channels) * 7919 % 65536 - 32768).astype("<i2").reshape(-1, channels)
    format = AudioFormat(rate, channels)
    sound = samples.tobytes()
    channel = channels - 1 if length % 2 else "mix"
    trace = trace_blocks(blocks(sound, length * format.sample_bytes), format, engine="energy", channel=channel)
    heard = samples[:, -1] if channel != "mix" else np.floor(samples.mean(axis=1, dtype=np.float64) + 0.5)
    pieces, begin = [], 0
    while begin < count:
        end = format.frame_end(len(pieces))
        pieces.append(heard[begin:end])
        begin = end
    assert trace.lowest.tolist() == [np.float32(piece.min() / 32768) for piece in pieces]
    assert trace.highest.tolist() == [np.float32(piece.max() / 32768) for piece in pieces]
    assert len(trace.states) == len(pieces)
    assert trace.lowest.dtype == trace.highest.dtype == np.float32


def test_blocks_do_not_matter():
    format, sound = AudioFormat(22050, 2), talk(22050, 2, end=1.5)
    whole = trace_blocks([sound], format, QUICK)
    for length in (4, 880, 44100):
        cut = trace_blocks(blocks(sound, length), format, QUICK)
        for name in ARRAYS:
            np.testing.assert_array_equal(getattr(cut, name), getattr(whole, name))
        assert times(cut.segments) == times(whole.segments)


def test_without_sound_there_is_nothing_to_see():
    for nothing in ([], [b""]):
        trace = trace_blocks(nothing, AudioFormat(8000))
        assert [len(getattr(trace, name)) for name in ARRAYS] == [0] * 6
        assert (trace.segments, trace.duration) == ((), 0.0)


def test_another_config_runs_over_the_same_labels():
    path = TEST_DATA / "dialogue_16k.wav"
    trace, loud = trace_speech(path), AudioVadConfigV2.preset("very-noisy")
    again = trace.with_config(loud)
    assert isinstance(again, VadTrace)
    assert again.config is loud
    assert times(again.segments) == times(detect_speech(path, config=loud))
    assert times(again.segments) != times(trace.segments)
    assert again.voice_prob is trace.voice_prob
    np.testing.assert_array_equal(again.states, trace_speech(path, config=loud).states)
    assert times(trace.with_config(trace.config).segments) == times(trace.segments)


@pytest.mark.parametrize(
    "config",
    [
        AudioVadConfigV2(),
        AudioVadConfigV2.preset("low-latency"),
        AudioVadConfigV2(algorithm="consecutive", adaptive_rms=True),
        AudioVadConfigV2(adaptive_rms=True, adaptive_floor=False, min_speech=0.6),
        AudioVadConfigV2(start_recognize_count=6, stop_recognize_count=8, min_speech=0.3, max_speech=1.0),
    ],
    ids=lambda config: f"{config.algorithm}-{config.start_recognize_count}-{config.min_speech}",
)
def test_a_recording_is_decided_as_the_machine_steps_through_it(config):
    trace = trace_speech(TEST_DATA / "dialogue_noisy_16k.wav").with_config(config)
    machine, states, thresholds, segments = VadStateMachine(config, trace.format), [], [], []
    for probability, level in zip(trace.voice_prob.tolist(), trace.rms_db.tolist(), strict=True):
        thresholds.append(machine.effective_thresholds[machine.phase is not Phase.IDLE])
        states.append(machine.step(probability, level))
        segments += [machine.segment] if states[-1] is VadState.STOP_SPEAKING else []
    segments += [machine.segment] if machine.flush() is VadState.STOP_SPEAKING else []
    assert (trace.states.tolist(), trace.thresholds.tolist()) == (states, thresholds)
    assert times(trace.segments) == times(segments)


def decided(config, signal):
    """The trace of frames whose sound is loud for a "V" and silent for a dot, judged by an engine that believes it."""

    class Believing:
        latency = 0

        def push(self, frame):
            loud = any(frame.pcm)
            return [frame.labelled(1.0 if loud else 0.0, -20.0 if loud else -90.0)]

        def flush(self):
            return []

        def reset(self):
            pass

    sound = b"".join(bytes([1] * 160) if item == "V" else bytes(160) for item in signal)
    return trace_blocks([sound], AudioFormat(8000), config, Believing())


def test_thresholds_are_those_in_force_for_the_frame():
    config = AudioVadConfigV2(0, 2, 2, 1.0, 1.0, start_rms_threshold=-30, stop_rms_threshold=-60)
    trace = decided(config, ".VVV..VV")
    assert trace.states.tolist() == [0, 0, 1, 2, 2, 3, 0, 1]
    assert trace.thresholds.tolist() == [-30, -30, -30, -60, -60, -60, -30, -30]


def test_while_a_start_waits_for_min_speech_the_stop_threshold_is_in_force():
    config = AudioVadConfigV2(0, 1, 3, 1.0, 1.0, start_rms_threshold=-30, stop_rms_threshold=-60, min_speech=0.04)
    trace = decided(config, ".VVVVV...V")
    assert trace.states.tolist() == [0, 0, 0, 0, 1, 2, 2, 2, 3, 0]
    assert trace.thresholds.tolist() == [-30, -30, -60, -60, -60, -60, -60, -60, -60, -30]


def test_an_adaptive_threshold_is_seen_from_the_next_frame_on():
    config = AudioVadConfigV2(0, 2, 2, 1.0, 1.0, adaptive_rms=True, adaptive_factor=0.5)
    trace = decided(config, "VVV...V")
    adapted = int(107 * 0.5) - 127
    assert trace.thresholds.tolist() == [-50, -50, *[adapted] * 5]


def test_an_open_segment_is_closed_at_the_end():
    trace = decided(AudioVadConfigV2(0, 2, 2), ".VVV")
    assert trace.states.tolist() == [0, 0, 1, 2]
    assert [(segment.start, segment.end) for segment in trace.segments] == [(0.01, 0.04)]


@pytest.mark.parametrize("channel", [2, -1, "left"])
def test_a_channel_that_is_not_there_is_refused(channel):
    with pytest.raises(FormatError, match="channel is"):
        trace_blocks([bytes(640)], AudioFormat(16000, 2), channel=channel)


def test_a_trace_cannot_be_changed():
    trace = trace_blocks([], AudioFormat())
    with pytest.raises(dataclasses.FrozenInstanceError):
        trace.config = None


@steady
@given(st.text("V.", max_size=80), st.booleans(), st.sampled_from(["percent", "consecutive"]), st.integers(0, 6))
def test_the_threshold_of_a_frame_is_what_the_machine_had_before_it(picture, adaptive, algorithm, shortest):
    config = AudioVadConfigV2(
        1, 2, 3, 1.0, 1.0, 50, 50, -30, -60, algorithm, adaptive_rms=adaptive, min_speech=shortest / 100
    )
    trace = decided(config, picture)
    machine = VadStateMachine(config, AudioFormat())
    thresholds = []
    for probability, level in zip(trace.voice_prob.tolist(), trace.rms_db.tolist(), strict=True):
        thresholds.append(machine.effective_thresholds[machine.phase is not Phase.IDLE])
        machine.step(probability, level)
    assert trace.thresholds.tolist() == thresholds


def test_labels_of_a_dump_are_traced_with_their_own_config_or_another():
    labels = DumpedLabels(
        np.array([0.0, 1.0, 1.0, 0.0]), np.full(4, -20.0), np.zeros(4, int), AudioFormat(8000), QUICK, True
    )
    assert trace_labels(labels).config == QUICK
    assert trace_labels(dataclasses.replace(labels, config=None)).config == AudioVadConfigV2()
    short = AudioVadConfigV2(0, 2, 1, 1.0, 1.0)
    trace = trace_labels(labels, short, np.arange(200, dtype=np.int16))
    assert trace.states.tolist() == [0, 0, 1, 3]
    assert (trace.highest * 32768).tolist() == [79, 159, 199, 0]  # the sound ends in the third frame
    assert (trace.lowest * 32768).tolist() == [0, 80, 160, 0]
    assert len(trace_labels(labels, short, np.zeros(8000, np.int16)).lowest) == 4
