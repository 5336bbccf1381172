"""Features: what an engine heard, once, and the same again from the disk."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

import agora_audio as aa
from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat
from agora_audio.lab import features
from agora_audio.lab.features import FeatureCache, Features, features_of, features_of_dump
from agora_audio.lab.trace import trace_speech
from tests.vad.pieces import TEST_DATA

DIALOGUE = TEST_DATA / "dialogue_16k.wav"


def heard(cache, path, engine="webrtc", channel="mix"):
    with aa.open_audio(path) as reader:
        return cache.of_file(reader, reader, engine, channel)


def same(one, other):
    return (
        np.array_equal(one.voice_prob, other.voice_prob)
        and np.array_equal(one.rms_db, other.rms_db)
        and (one.format, one.duration) == (other.format, other.duration)
    )


def test_they_are_what_a_trace_sees():
    trace = trace_speech(DIALOGUE, engine="webrtc")
    with aa.open_audio(DIALOGUE) as reader:
        found = features_of(reader, reader.format, "webrtc")
        seconds = reader.seconds_read
    assert np.array_equal(found.voice_prob, trace.voice_prob)
    assert np.array_equal(found.rms_db, trace.rms_db)
    assert found.duration == seconds


@pytest.fixture
def judged(monkeypatch):
    """How often an engine was asked."""
    calls = []
    real = features.features_of
    monkeypatch.setattr(features, "features_of", lambda *args: calls.append(args[2:]) or real(*args))
    return calls


def test_a_second_run_asks_no_engine(tmp_path, judged):
    cache = FeatureCache(tmp_path / "cache")
    first = heard(cache, DIALOGUE)
    assert same(heard(FeatureCache(tmp_path / "cache"), DIALOGUE), first)
    shutil.copy(DIALOGUE, tmp_path / "copy.wav")
    assert same(heard(cache, tmp_path / "copy.wav"), first)  # known by its content
    assert judged == [("webrtc", "mix")]
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".npz"]


def test_whatever_changes_is_judged_anew(tmp_path, judged, monkeypatch):
    cache = FeatureCache(tmp_path / "cache")
    copy = tmp_path / "a.wav"
    shutil.copy(DIALOGUE, copy)
    first = heard(cache, copy)
    heard(cache, copy, "energy")
    heard(cache, copy, channel=0)
    data = bytearray(copy.read_bytes())
    data[-1000:] = bytes(1000)
    copy.write_bytes(data)
    assert not same(heard(cache, copy), first)
    monkeypatch.setattr(features, "_code", lambda: "an edited engine")
    heard(cache, copy)
    assert judged == [("webrtc", "mix"), ("energy", "mix"), ("webrtc", 0), ("webrtc", "mix"), ("webrtc", "mix")]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY\x01\x00"])
def test_a_damaged_cache_costs_time_and_no_result(tmp_path, judged, damage):
    cache = FeatureCache(tmp_path)
    first = heard(cache, DIALOGUE)
    (stored,) = tmp_path.iterdir()
    stored.write_bytes(damage)
    assert same(heard(cache, DIALOGUE), first)
    assert len(judged) == 2
    assert same(heard(cache, DIALOGUE), first)  # it was written again
    assert len(judged) == 2


def test_a_cache_that_cannot_be_written(tmp_path, judged):
    (tmp_path / "file").write_text("in the way")
    cache = FeatureCache(tmp_path / "file")
    assert same(heard(cache, DIALOGUE), heard(FeatureCache(None), DIALOGUE))
    assert len(judged) == 2


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    heard(FeatureCache(tmp_path), DIALOGUE)
    assert os.listdir(tmp_path) == []


def test_a_dump_of_a_call(tmp_path):
    frame = aa.AudioFrame(bytes(320), AudioFormat(), voice_prob=0.25, rms_db=-30.5)
    with aa.VadDump(tmp_path) as dump:
        for _ in range(5):
            dump.write(frame, b"", 0)
    found = features_of_dump(dump.directory)
    assert (found.voice_prob.tolist(), found.rms_db.tolist(), found.duration) == ([0.25] * 5, [-30.5] * 5, 0.05)


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(FormatError, match=r"voice_prob has the shape \(2,\), rms_db \(3,\): must be \(n,\), both"):
        Features(AudioFormat(), np.zeros(2), np.zeros(3))
