"""What is shown and heard of a recording: the trace of detection, the sound at 16 kHz, encoded without a shift."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from agora_audio.cli import main
from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat, pick_channel
from agora_audio.io import read_audio
from agora_audio.lab.report import record_blocks, record_dump, record_speech
from agora_audio.lab.report.recording import encode_flac, encode_mp3
from agora_audio.lab.trace import trace_speech
from agora_audio.resample import resample
from agora_audio.vad.config import AudioVadConfigV2
from tests.vad.pieces import TEST_DATA

ARRAYS = ("voice_prob", "rms_db", "lowest", "highest", "states", "thresholds")


@pytest.mark.parametrize("channel", ["mix", 1])
def test_the_trace_is_that_of_the_file_and_the_sound_what_was_judged(channel):
    path = TEST_DATA / "stereo_44k.flac"
    recording, trace = record_speech(path, channel=channel), trace_speech(path, channel=channel)
    for name in ARRAYS:
        assert np.array_equal(getattr(recording.trace, name), getattr(trace, name)), name
    samples, format = read_audio(path)
    assert np.array_equal(recording.sound, resample(pick_channel(samples, channel), format.sample_rate, 16000))


def test_nothing_is_recorded_of_nothing():
    recording = record_blocks([], AudioFormat(44100, 2), engine="energy")
    assert (len(recording.trace.states), len(recording.sound)) == (0, 0)


def test_another_config_leaves_the_sound():
    recording = record_speech(TEST_DATA / "dialogue_16k.wav", engine="webrtc")
    other = recording.with_config(AudioVadConfigV2.preset("low-latency"))
    assert other.sound is recording.sound
    assert other.trace.segments != recording.trace.segments


@pytest.fixture
def dumped(tmp_path):
    """A dump and the folder of its run."""
    words = ["vad", "dump", TEST_DATA / "stereo_44k.flac", "--out", tmp_path / "d", "--preset", "noisy"]
    assert main([str(word) for word in words]) == 0
    return tmp_path / "d", next((tmp_path / "d").iterdir())


def test_a_dump_is_shown_as_its_recording(dumped):
    recording, fresh = record_dump(dumped[0]), record_speech(TEST_DATA / "stereo_44k.flac")
    assert recording.trace.config == AudioVadConfigV2.preset("noisy")
    assert recording.trace.segments == fresh.trace.with_config(AudioVadConfigV2.preset("noisy")).segments
    assert np.array_equal(recording.trace.voice_prob, fresh.trace.voice_prob)
    assert np.array_equal(recording.trace.highest[:-1], fresh.trace.highest[:-1])
    assert np.array_equal(recording.sound[: len(fresh.sound) - 200], fresh.sound[:-200])
    assert record_dump(dumped[1], AudioVadConfigV2()).trace.segments == fresh.trace.segments


def test_a_dump_without_sound_or_with_too_little_of_it_is_shown_as_far_as_there_is_any(dumped):
    source = dumped[1] / "source.pcm"
    source.write_bytes(source.read_bytes()[: 44100 * 4 + 3])
    short = record_dump(dumped[1])
    assert short.trace.highest[:100].any()
    assert not short.trace.highest[101:].any()
    assert len(short.sound) == 16000
    source.write_bytes(b"")
    assert record_dump(dumped[1]).sound is None
    source.unlink()
    silent = record_dump(dumped[1])
    assert silent.sound is None
    assert not silent.trace.highest.any()
    assert silent.trace.segments == short.trace.segments


def test_what_is_no_dump_is_refused(tmp_path):
    with pytest.raises(FormatError, match="is no dump"):
        record_dump(tmp_path)


def clicks(seconds):
    """A tone burst every second, half a second in."""
    sound = np.zeros(16000 * seconds, np.int16)
    for begin in range(8000, len(sound), 16000):
        sound[begin : begin + 320] = 20000 * np.hanning(320) * np.sin(np.arange(320) * np.pi / 8)
    return sound


def test_mp3_says_what_it_added_so_that_nothing_is_shifted():
    sound = clicks(5)
    decoded, rate = soundfile.read(io.BytesIO(encode_mp3(sound)), dtype="int16")
    assert (rate, decoded.ndim) == (16000, 1)
    lags = range(-40, 41)
    overlap = min(len(decoded), len(sound)) - 100
    middle = sound[100:overlap].astype(float)
    best = max(lags, key=lambda lag: float(middle @ decoded[100 + lag : overlap + lag].astype(float)))
    assert abs(best) <= 1
    assert abs(len(decoded) - len(sound)) <= 1


@pytest.mark.parametrize("kind", ["speech", "noise"])
def test_four_minutes_of_mp3_are_below_a_megabyte(kind):
    samples, _ = read_audio(TEST_DATA / "long_16k.flac")
    speech = samples[: 16000 * 20, 0]
    noise = np.random.default_rng(1).normal(0, 3000, 16000 * 20).astype(np.int16)
    encoded = encode_mp3(speech if kind == "speech" else noise)
    assert len(encoded) * 12 < 950_000


def test_flac_is_the_sound_itself():
    sound = clicks(3)
    assert np.array_equal(soundfile.read(io.BytesIO(encode_flac(sound)), dtype="int16")[0], sound)
