"""VadStream: whatever the engine keeps back and lets go at once, no sound and no edge is lost or given twice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat, AudioFrame
from agora_audio.vad.audio_vad import AudioVadV2, VadResult
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.engines import create_engine
from agora_audio.vad.state_machine import VadState
from agora_audio.vad.stream import VadStream
from tests.vad.pieces import RATES, frames_of, talk
from tests.vad.strings import FORMAT, LABELS, configs, frame, numbers, signals, thorough

NON, START, SPEAKING, STOP = VadState
EDGES = (START, STOP)
LEGAL = {NON: (NON, START), START: (SPEAKING, STOP), SPEAKING: (SPEAKING, STOP), STOP: (NON, START)}
# Every V is a start, every dot a stop.
NERVOUS = AudioVadConfigV2(0, 1, 1)
QUICK = AudioVadConfigV2(6, 10, 12, 0.6, 0.6, start_voice_prob=50, stop_voice_prob=35)


class Bursts:
    """An engine that labels by a string of "V" and "." and lets all its frames go where `release` says so."""

    latency = 0

    def __init__(self, signal, release):
        self.signal, self.release = iter(signal), iter(release)
        self.held = []

    def push(self, one):
        self.held.append(one.labelled(*LABELS[next(self.signal)]))
        return self.flush() if next(self.release) else []

    def flush(self):
        out, self.held = self.held, []
        return out

    def reset(self):
        self.held = []


def direct(signal, config):
    """What AudioVadV2 says of the same labels, one result a frame, and of the end."""
    vad = AudioVadV2(config)
    return [vad.process(frame(k, LABELS[item])) for k, item in enumerate(signal)] + [vad.flush()]


def edges(results):
    return [result.state for result in results if result.state in EDGES]


def sound(results):
    return b"".join(result.data for result in results)


def utterances(results):
    """As an agent collects them: a list of bytes, and whether the last is still open."""
    found, is_open = [], False
    for state, data in results:
        if state is START:
            found.append(b"")
            is_open = True
        if data:
            assert is_open
            found[-1] += data
        if state is STOP:
            is_open = False
    return found, is_open


@thorough
@given(signals(), configs(lengths=True), st.data())
def test_nothing_is_lost_however_frames_are_let_go(signal, config, data):
    release = data.draw(st.lists(st.booleans(), min_size=len(signal), max_size=len(signal)))
    stream = VadStream(config, Bursts(signal, release))
    results = [stream.process(frame(k, None)) for k in range(len(signal))]
    last = stream.flush()
    *expected, end = direct(signal, config)
    assert all(isinstance(result, VadResult) for result in [*results, last])
    assert sound([*results, last]) == sound([*expected, end])
    # Edges come one by one and in order; those that are still to come at the end are in the last result.
    said, all_edges = edges(results), edges([*expected, end])
    assert said == all_edges[: len(said)]
    assert last.state is (all_edges[-1] if len(said) < len(all_edges) else NON)
    # No utterance has a frame of another: what was closed is what AudioVadV2 closed.
    found, is_open = utterances(results)
    complete = found[:-1] if is_open else found
    assert complete == utterances([*expected, end])[0][: len(complete)]
    states = [NON, *(result.state for result in results)]
    assert all(after in LEGAL[before] for before, after in itertools.pairwise(states))
    assert stream.flush() == (NON, b"")


@thorough
@given(signals(), configs(lengths=True))
def test_with_an_engine_that_answers_at_once_it_is_audio_vad_v2(signal, config):
    *expected, end = direct(signal, config)
    stream = VadStream(config, Bursts(signal, itertools.repeat(True)))
    assert [stream.process(frame(k, None)) for k in range(len(signal))] == expected
    assert stream.flush() == end


@thorough
@given(signals(), configs(lengths=True))
def test_without_an_engine_it_takes_labelled_frames(signal, config):
    *expected, end = direct(signal, config)
    stream = VadStream(config, None)
    assert [stream.process(frame(k, LABELS[item])) for k, item in enumerate(signal)] == expected
    assert stream.flush() == end


def states_and_frames(results):
    return [(int(state), numbers(data)) for state, data in results]


def test_edges_that_come_at_once_are_given_one_a_call():
    stream = VadStream(NERVOUS, Bursts("V.V...", [0, 0, 1, 0, 0, 0]))
    results = [stream.process(frame(k, None)) for k in range(6)]
    assert states_and_frames(results) == [(0, []), (0, []), (1, [0]), (3, [1]), (1, [2]), (2, [])]
    assert states_and_frames([stream.flush()]) == [(3, [3])]


def test_what_follows_an_edge_without_being_one_is_joined_to_it():
    config = AudioVadConfigV2(0, 1, 3, inactive_percent=1.0)
    stream = VadStream(config, Bursts("VVV...", [0, 0, 1, 0, 0, 1]))
    results = [stream.process(frame(k, None)) for k in range(6)]
    assert states_and_frames(results) == [(0, []), (0, []), (1, [0, 1, 2]), (2, []), (2, []), (3, [3, 4, 5])]
    assert states_and_frames([stream.flush()]) == [(0, [])]


def test_a_flush_gives_start_and_stop_in_one():
    stream = VadStream(NERVOUS, Bursts("VV", [0, 0]))
    assert states_and_frames(stream.process(frame(k, None)) for k in range(2)) == [(0, [])] * 2
    assert states_and_frames([stream.flush()]) == [(3, [0, 1])]
    assert stream.flush() == (NON, b"")


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", ["silero", "webrtc", "energy"])
def test_with_a_real_engine_it_hands_out_what_engine_and_vad_do(name, rate):
    frames = frames_of(talk(rate, 2, end=2.9), AudioFormat(rate, 2))
    engine, vad = create_engine(name), AudioVadV2(QUICK)
    labelled = [out for one in frames for out in engine.push(one)] + engine.flush()
    expected = [*(vad.process(one) for one in labelled), vad.flush()]
    assert edges(expected).count(START) >= 1
    stream = VadStream(QUICK, name)
    results = [stream.process(one) for one in frames]
    results.append(stream.flush())
    assert utterances(results) == utterances(expected)
    assert stream.vad.segment == vad.segment


def test_the_last_frames_are_not_lost_at_a_flush():
    frames = frames_of(talk(end=1.5), AudioFormat())
    stream = VadStream(QUICK)
    given = sound(stream.process(one) for one in frames)
    state, rest = stream.flush()
    assert state is STOP
    assert len(rest) in (320, 640, 960)  # silero keeps up to three frames back
    assert b"".join(one.pcm for one in frames).endswith(given[-6400:] + rest)


def test_a_reset_begins_a_new_stream_of_any_format():
    stream = VadStream(QUICK)
    first = frames_of(talk(end=1.4), AudioFormat())
    fresh = VadStream(QUICK)
    expected = [fresh.process(one) for one in first] + [fresh.flush()]
    for one in frames_of(talk(8000, 2, end=1.3), AudioFormat(8000, 2)):
        stream.process(one)
    assert stream.vad.is_speaking
    stream.reset()
    assert not stream.vad.is_speaking
    assert [stream.process(one) for one in first] + [stream.flush()] == expected


def test_results_that_wait_are_forgotten_by_a_reset():
    stream = VadStream(NERVOUS, Bursts("V.V.V.", [0, 0, 0, 1, 0, 0]))
    for k in range(4):
        stream.process(frame(k, None))
    stream.reset()
    assert stream.process(frame(4, None)) == (NON, b"")


def test_after_a_flush_the_times_go_on_and_the_format_stays():
    stream = VadStream(NERVOUS, None)
    stream.process(frame(0, LABELS["V"]))
    stream.flush()
    stream.process(frame(1, LABELS["V"]))
    stream.flush()
    assert stream.vad.segment.start == 0.01
    with pytest.raises(FormatError, match=r"reset\(\)"):
        stream.process(frame(2, LABELS["V"], AudioFormat(16000)))
    stream.reset()
    assert stream.process(frame(0, LABELS["V"], AudioFormat(16000))).state is START


def test_the_config_and_the_engine_are_the_defaults_unless_given():
    stream = VadStream()
    assert stream.vad.config == AudioVadConfigV2()
    assert type(stream.engine) is type(create_engine("silero"))
    assert VadStream(QUICK, None).engine is None
    assert VadStream(QUICK).vad.config is QUICK


@pytest.mark.parametrize("thing", [b"\0" * 160, None, np.zeros(80, np.int16)])
@pytest.mark.parametrize("engine", ["energy", None])
def test_what_is_no_frame_is_refused(thing, engine):
    with pytest.raises(FormatError, match="must be an AudioFrame"):
        VadStream(engine=engine).process(thing)


def test_without_an_engine_an_unlabelled_frame_is_refused():
    with pytest.raises(FormatError, match="no voice_prob or rms_db"):
        VadStream(engine=None).process(AudioFrame(bytes(160), FORMAT))


def test_an_unknown_engine_is_refused():
    with pytest.raises(ConfigError, match="engine is 'agora'"):
        VadStream(engine="agora")
