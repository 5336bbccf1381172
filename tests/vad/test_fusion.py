"""Fusion: what it makes of two probabilities, which frames it looks at, and that it is the two engines and no more."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import EngineUnavailable
from agora_audio.frames import AudioFormat, AudioFrame
from agora_audio.vad.detect import FrameLabeller
from agora_audio.vad.engines import create_engine, fusion, rnnoise
from agora_audio.vad.engines.fusion import FusionEngine, fused, smoothed
from tests.vad.pieces import frames_of, talk


def run(engine, frames):
    return [labelled for frame in frames for labelled in engine.push(frame)] + engine.flush()


def odds(probability):
    return math.log(probability / (1 - probability))


@pytest.mark.parametrize(
    ("silero", "rnnoise", "expected"),
    [
        (0.5, 0.5, 0.0),
        (0.5, 0.75, 1.5 * math.log(3)),
        (0.5, 0.99, 3.0),  # however sure it is
        (0.5, 0.01, -3.0),
        (0.05, 0.99, odds(0.05) + 3.0 * math.exp(-((odds(0.05) / 3) ** 2))),
        (0.95, 0.01, odds(0.95) - 3.0 * math.exp(-((odds(0.95) / 3) ** 2))),
        (0.999, 0.01, odds(0.999) - 3.0 * math.exp(-((odds(0.999) / 3) ** 2))),
        (1.0, 1.0, odds(0.9999) + 3.0 * math.exp(-((odds(0.9999) / 3) ** 2))),
        (0.0, 0.0, odds(0.0001) - 3.0 * math.exp(-((odds(0.0001) / 3) ** 2))),
    ],
)
def test_log_odds_of_both(silero, rnnoise, expected):
    assert fused(silero, rnnoise) == pytest.approx(expected, abs=1e-9)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_more_of_rnnoise_is_never_less_and_a_sure_silero_is_not_outvoted(silero, one, other):
    low, high = sorted((one, other))
    assert fused(silero, low) <= fused(silero, high)
    if abs(odds(min(max(silero, 1e-9), 1 - 1e-9))) >= 3.5:
        assert (fused(silero, one) > 0) == (silero > 0.5)


def test_the_mean_of_log_odds_is_a_probability():
    assert smoothed([0.0]) == 0.5
    assert smoothed([math.log(3), math.log(3) + 1, math.log(3) - 1]) == pytest.approx(0.75)


class Scripted:
    """An engine that answers with a script, some frames late."""

    rate = 16000

    def __init__(self, script, late):
        self.script, self.late, self.held, self.latency = list(script), late, [], 160 * late

    def push(self, frame):
        self.held.append(frame.labelled(self.script.pop(0), -30.0))
        return [self.held.pop(0)] if len(self.held) > self.late else []

    def flush(self):
        held, self.held = self.held, []
        return held

    def reset(self):
        self.held = []


def scripted(monkeypatch, silero, other):
    monkeypatch.setattr(fusion, "SileroEngine", lambda: Scripted(silero, 2))
    monkeypatch.setattr(fusion, "RnnoiseEngine", lambda: Scripted(other, 1))
    return FusionEngine()


def test_a_frame_is_judged_by_itself_and_the_three_after_it(monkeypatch):
    silero = [0.1, 0.2, 0.9, 0.95, 0.3, 0.02, 0.6]
    other = [0.3, 0.9, 0.99, 0.2, 0.5, 0.1, 0.7]
    frames = [AudioFrame(bytes(320), AudioFormat(), number / 100) for number in range(7)]
    engine = scripted(monkeypatch, silero, other)
    came = [len(engine.push(frame)) for frame in frames]
    assert came == [0, 0, 0, 0, 0, 1, 1]  # two frames late, and three ahead
    engine = scripted(monkeypatch, silero, other)
    both = [fused(*pair) for pair in zip(silero, other, strict=True)]
    expected = [smoothed(both[number : number + 4]) for number in range(7)]  # fewer at the end
    labelled = run(engine, frames)
    assert [frame.voice_prob for frame in labelled] == expected
    assert [frame.timestamp for frame in labelled] == [frame.timestamp for frame in frames]


@pytest.fixture
def engine():
    try:
        return create_engine("fusion")
    except EngineUnavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("format", [AudioFormat(16000), AudioFormat(44100, 2), AudioFormat(8000)], ids=str)
def test_it_is_the_two_engines_and_no_more(engine, format):
    frames = frames_of(talk(format.sample_rate, channels=format.channels, end=1.5), format)
    both = [run(create_engine(name), frames) for name in ("silero", "rnnoise")]
    scores = [fused(one.voice_prob, other.voice_prob) for one, other in zip(*both, strict=True)]
    expected = [smoothed(scores[number : number + 4]) for number in range(len(scores))]
    labelled = run(engine, frames)
    assert [frame.voice_prob for frame in labelled] == expected
    assert [(frame.pcm, frame.rms_db) for frame in labelled] == [(frame.pcm, frame.rms_db) for frame in both[0]]


def test_the_stated_latency_is_the_longest_wait(engine):
    frames = frames_of(talk(end=1.5), AudioFormat())
    came = 0
    waits = []
    for number, frame in enumerate(frames):
        new = len(engine.push(frame))
        waits += [(number - index) * 160 for index in range(came, came + new)]
        came += new
    # A label comes with a frame: what silero states ends within one.
    assert max(waits) == -(-engine.latency // 160) * 160
    assert engine.latency / engine.rate == pytest.approx(0.056)


@pytest.mark.parametrize("piece", [2, 333, 320, 48001])
def test_pieces_of_any_size_give_the_same(engine, piece):
    pcm = b"".join(frame.pcm for frame in frames_of(talk(end=1.3), AudioFormat()))
    whole = FrameLabeller(AudioFormat(), create_engine("fusion"))
    expected = [one + other for one, other in zip(whole.push(pcm), whole.flush(), strict=True)]
    labeller = FrameLabeller(AudioFormat(), engine)
    found = [[], []]
    for at in range(0, len(pcm), piece):
        for store, new in zip(found, labeller.push(pcm[at : at + piece]), strict=True):
            store += new
    for store, new in zip(found, labeller.flush(), strict=True):
        store += new
    assert found == expected
    assert len(found[0]) == len(pcm) // 320


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_streams_shorter_than_the_mean(engine, count):
    frames = frames_of(talk(end=0.3), AudioFormat())[:count]
    labelled = run(engine, frames)
    assert [frame.pcm for frame in labelled] == [frame.pcm for frame in frames]
    assert all(0.0 <= frame.voice_prob <= 1.0 and np.isfinite(frame.rms_db) for frame in labelled)


def test_without_the_extra(monkeypatch):
    rnnoise.native_library.cache_clear()
    monkeypatch.setattr(rnnoise, "find_spec", lambda name: None)
    with pytest.raises(EngineUnavailable, match=r"pip install 'agora-audio\[rnnoise\]'"):
        create_engine("fusion")
    rnnoise.native_library.cache_clear()
