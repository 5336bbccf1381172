"""AudioVadV2: the sound handed out, shortest and longest speech, flush, reset, times, events, refused frames."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import math
import re
import types

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.vad.audio_vad import AudioVadV2, VadResult
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState
from tests.vad.strings import FORMAT, LABELS, Run, configs, frame, run, signals, span, thorough

# Starts at the 4th active frame in a row, with 2 frames before them; stops at the 5th inactive one in a row.
SHORT = AudioVadConfigV2(2, 4, 5, active_percent=1.0, inactive_percent=1.0)
ODD = AudioFormat(22050)  # frames of 220 and 221 samples


def short(**values):
    return dataclasses.replace(SHORT, **values)


def times(segment):
    return segment.to_dict()


def six(start, end, audio_start, audio_end, started_at, ended_at):
    return locals()


# --- the sound handed out -----------------------------------------------------------------------------------------


def test_it_begins_with_the_documented_defaults():
    vad = AudioVadV2()
    assert vad.config == AudioVadConfigV2()
    assert (vad.is_speaking, vad.segment, list(vad.events)) == (False, None, [])
    assert vad.effective_thresholds == (-50, -50)


def test_a_result_unpacks_and_has_names():
    vad = AudioVadV2(AudioVadConfigV2(0, 1, 1))
    state, data = result = vad.process(frame(7, LABELS["V"]))
    assert (result.state, result.data) == (state, data) == (VadState.START_SPEAKING, frame(7, None).pcm)
    assert isinstance(result, VadResult)


def test_no_data_is_empty_bytes_never_none():
    vad = AudioVadV2()
    assert vad.process(frame(0, LABELS["."])).data == b""
    assert vad.flush().data == b""


def test_a_start_hands_out_pre_roll_and_window():
    seen = run("." * 5 + "V" * 6 + "." * 5, SHORT)
    assert seen.states == "00000000" + "1" + "22" + "2222" + "3"
    assert seen.handed[8] == span(3, 8)
    assert seen.utterances == [span(3, 15)]


def test_is_speaking_from_start_to_stop():
    seen = Run(SHORT)
    speaking = [seen(label).vad.is_speaking for label in "VVVVV....."]
    assert speaking == [False] * 3 + [True] * 6 + [False]


@given(signals(), configs())
@thorough
def test_what_is_handed_out_is_gapless_and_never_twice(signal, config):
    seen = run(signal, config)
    capacity = config.pre_start_recognize_count + config.start_recognize_count
    everything = [number for frames in seen.utterances for number in frames]
    assert everything == sorted(set(everything))
    for frames, first in zip(seen.utterances, seen.starts, strict=True):
        assert frames == span(frames[0], frames[-1])
        assert len(seen.handed[first]) <= capacity
        assert seen.handed[first][-1] == first
    for at, (state, frames) in enumerate(zip(seen.states, seen.handed, strict=True)):
        assert state in "1" or frames == ([at] if state in "23" else [])
    assert re.fullmatch("0*(12*30*)*(12*)?", seen.states)


@given(signals(), configs(lengths=True), st.sets(st.integers(0, 100)))
@thorough
def test_gapless_too_with_shortest_and_longest_speech_and_flushes_between(signal, config, flushes):
    seen, cut = Run(config), 0
    for at, label in enumerate(signal):
        if at in flushes:
            seen.flush()
            cut = at
        seen(label)
        assert seen.handed[-1] == [] or seen.handed[-1][0] >= cut  # nothing from before the flush
    everything = [number for frames in seen.utterances for number in frames]
    assert everything == sorted(set(everything))
    flat = [span(frames[0], frames[-1]) for frames in seen.handed if frames]
    assert flat == [frames for frames in seen.handed if frames]


@given(signals(), configs(lengths=True))
@thorough
def test_the_audio_times_are_those_of_the_sound_handed_out(signal, config):
    seen = run(signal, config)
    seen.flush()
    assert len(seen.segments) == len(seen.utterances)
    for segment, frames in zip(seen.segments, seen.utterances, strict=True):
        assert segment.audio_start == FORMAT.frame_time(frames[0] - 1)
        assert segment.audio_end == segment.ended_at == FORMAT.frame_time(frames[-1])


@pytest.mark.parametrize("format", [AudioFormat(16000), AudioFormat(44100, 2), ODD, AudioFormat(11025, 3)])
def test_the_sound_keeps_the_format_of_the_frames(format):
    seen = run("." * 5 + "V" * 6 + "." * 5, SHORT, format)
    assert seen.utterances == [span(3, 15)]


@given(signals())
@thorough
def test_timestamps_of_frames_do_not_matter(signal):
    seen, vad = run(signal, SHORT), AudioVadV2(SHORT)
    for at, label in enumerate(signal):
        late = dataclasses.replace(frame(at, None), timestamp=1000.0 - at).labelled(*LABELS[label])
        assert vad.process(late).state == int(seen.states[at])
    assert list(map(dataclasses.asdict, vad.events)) == list(map(dataclasses.asdict, seen.vad.events))


# --- the times of a segment ---------------------------------------------------------------------------------------


def test_the_times_at_16_khz():
    seen = run("." * 5 + "V" * 6 + "." * 5, SHORT, AudioFormat(16000))
    assert times(seen.vad.segment) == {
        "start": 0.05,  # frame 5, the first active one
        "end": 0.11,  # of frame 10, the last active one
        "audio_start": 0.03,  # two frames of pre-roll
        "audio_end": 0.16,
        "started_at": 0.09,
        "ended_at": 0.16,
    }


def test_the_times_at_22050_hz_are_cut_to_whole_samples():
    seen = run("." * 5 + "V" * 6 + "." * 5, SHORT, ODD)
    assert times(seen.vad.segment) == {
        "start": 1102 / 22050,  # 5 * 220.5
        "end": 2425 / 22050,  # 11 * 220.5
        "audio_start": 661 / 22050,  # 3 * 220.5
        "audio_end": 3528 / 22050,  # 16 * 220.5
        "started_at": 1984 / 22050,  # 9 * 220.5
        "ended_at": 3528 / 22050,
    }


def test_percent_the_start_is_the_first_active_frame_of_the_window():
    # Frames 3 and 30 are active and all from 40 on: at frame 59 the window is 30 to 59, with 21 active ones.
    config = AudioVadConfigV2()
    seen = run("..." + "V" + "." * 26 + "V" + "." * 9 + "V" * 21, config)
    assert seen.starts == [59]
    seen.flush()
    assert (seen.segments[0].start, seen.segments[0].end) == (0.3, 0.61)
    # Without frame 30 it is decided at 60, in the window 31 to 60.
    seen = run("..." + "V" + "." * 36 + "V" * 21, config)
    assert seen.starts == [60]
    seen.flush()
    assert (seen.segments[0].start, seen.segments[0].end) == (0.4, 0.61)


def test_consecutive_the_start_is_within_the_start_window_though_the_run_is_longer():
    seen = run("V" * 46 + "." * 50, AudioVadConfigV2(algorithm="consecutive"))
    assert times(seen.vad.segment) == {
        "start": 0.16,
        "end": 0.46,
        "audio_start": 0.0,
        "audio_end": 0.96,
        "started_at": 0.46,
        "ended_at": 0.96,
    }


def test_the_end_is_the_last_active_frame_by_the_stop_pair():
    config = short(stop_voice_prob=40, stop_rms_threshold=-60)
    seen = run([(1.0, -20.0)] * 4 + [(0.41, -59.0)] * 3 + [(0.4, -20.0)] * 5, config)
    assert (seen.vad.segment.start, seen.vad.segment.end) == (0.0, 0.07)


def test_a_stop_on_an_active_frame_ends_with_it():
    # 25 of the first 50 frames are inactive before the window is full; the frame that fills it is active.
    seen = run("V" * 21 + "." * 25 + "V" * 25, AudioVadConfigV2())
    assert seen.stops == [70]
    assert (seen.vad.segment.end, seen.vad.segment.audio_end) == (0.71, 0.71)


@given(signals(), configs(lengths=True), st.sampled_from([AudioFormat(16000), ODD]))
@thorough
def test_the_times_are_those_of_frames_and_in_order(signal, config, format):
    seen = run(signal, config, format)
    seen.flush()
    ends = {format.frame_time(k) for k in range(-1, len(signal))}
    before = 0.0
    for segment in seen.segments:
        assert set(segment.to_dict().values()) <= ends
        assert before <= segment.audio_start <= segment.start < segment.end <= segment.audio_end
        assert segment.start < segment.started_at <= segment.ended_at == segment.audio_end
        before = segment.audio_end


@given(signals(), configs())
@thorough
def test_start_and_end_are_the_first_and_the_last_active_frame(signal, config):
    seen = run(signal, config)
    seen.flush()
    starts = seen.starts
    for segment, frames, decided in zip(seen.segments, seen.utterances, starts, strict=True):
        since = max(frames[0], decided - config.start_recognize_count + 1)
        active = [k for k in span(since, frames[-1]) if signal[k] == "V"]
        assert segment.start == FORMAT.frame_time(active[0] - 1)
        assert segment.end == FORMAT.frame_time(active[-1])
        assert segment.started_at == FORMAT.frame_time(decided)


def test_a_segment_left_without_the_other_times_takes_start_and_end_for_them():
    assert times(Segment(1.0, 2.0)) == six(1.0, 2.0, 1.0, 2.0, 1.0, 2.0)
    assert times(Segment(1.0, 2.0, audio_start=0.5, ended_at=0.0)) == six(1.0, 2.0, 0.5, 2.0, 1.0, 0.0)


def test_segments_are_equal_ordered_and_hashed_by_start_and_end():
    one, same, later = Segment(1.0, 2.0), Segment(1.0, 2.0, 0.0, 9.0, 1.5, 9.0), Segment(1.0, 2.5)
    assert one == same
    assert hash(one) == hash(same)
    assert sorted([later, one]) == [one, later]
    assert later.duration == 1.5
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.start = 0.0


# --- flush and reset ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("signal", "state"), [("", 0), ("VVV", 0), ("VVVV", 3), ("VVVV....", 3), ("VVVV.....", 0)])
def test_flush_closes_what_is_open(signal, state):
    seen = run(signal, SHORT)
    assert seen.flush() == (VadState(state), b"")
    assert seen.vad.is_speaking is False
    assert seen.flush() == (VadState.NON_SPEAKING, b"")


def test_flush_makes_the_segment_that_was_open():
    seen = run("." * 5 + "V" * 6 + "..", SHORT)
    assert seen.vad.segment is None
    seen.flush()
    assert times(seen.vad.segment) == six(0.05, 0.11, 0.03, 0.13, 0.09, 0.13)


def test_after_a_flush_the_time_goes_on_and_nothing_old_is_handed_out():
    seen = run("VVVV", SHORT)
    seen.flush()
    seen("VVV")
    seen.flush()
    seen(".VVVV.....")
    assert seen.states == "0001" + "000" + "00001" + "22223"
    assert seen.handed[11] == span(7, 11)
    assert [(segment.start, segment.end) for segment in seen.segments] == [(0.0, 0.04), (0.08, 0.12)]


def test_a_flush_keeps_format_and_adaptive_threshold():
    seen = run([(1.0, -27.0)] * 4, short(adaptive_rms=True))
    seen.flush()
    assert seen.vad.effective_thresholds == (67 - 127, 67 - 127)
    with pytest.raises(FormatError):
        seen.vad.process(frame(0, LABELS["V"], ODD))


@given(signals(), signals(), configs(lengths=True))
@thorough
def test_after_a_reset_it_is_as_new(before, after, config):
    used, fresh = run(before, config, ODD), Run(config)
    used.vad.reset()
    assert (used.vad.is_speaking, used.vad.segment, list(used.vad.events)) == (False, None, [])
    assert used.vad.effective_thresholds == fresh.vad.effective_thresholds
    again = Run(config)
    again.vad = used.vad
    for seen in (again, fresh):
        seen(after)
    assert again.flush() == fresh.flush()
    assert (again.states, again.handed, again.vad.events) == (fresh.states, fresh.handed, fresh.vad.events)
    assert list(map(times, again.segments)) == list(map(times, fresh.segments))
    assert again.vad.effective_thresholds == fresh.vad.effective_thresholds


# --- shortest speech ----------------------------------------------------------------------------------------------


def test_a_start_waits_until_the_speech_is_long_enough_and_hands_out_all_of_it():
    seen = run("....VVVVVVVVV.....", short(min_speech=0.08))
    assert seen.states == "....VVVV".replace(".", "0").replace("V", "0") + "0001" + "2" + "22223"
    assert seen.starts == [11]
    assert seen.handed[11] == span(2, 11)  # 2 of pre-roll and the 8 frames that it waited for
    assert times(seen.vad.segment) == six(0.04, 0.13, 0.02, 0.18, 0.12, 0.18)


def test_one_frame_short_is_never_announced():
    seen = run("....VVVVVVV.....", short(min_speech=0.08))
    assert seen.states == "0" * 16
    assert seen.vad.segment is None
    assert list(seen.vad.events) == []


def test_pauses_inside_the_speech_count_silence_after_it_does_not():
    assert run("VVVV....", short(min_speech=0.08)).starts == []
    assert run("VVVV...V", short(min_speech=0.08)).starts == [7]
    assert run("VVVV..V.", short(min_speech=0.08)).starts == []


def test_after_a_short_one_the_next_begins_anew():
    seen = run("VVVV....." + "VVVVVVVV", short(min_speech=0.08))
    assert seen.starts == [16]
    assert seen.handed[16] == span(9, 16)


def test_flush_drops_what_is_too_short_yet():
    seen = run("VVVVVVV", short(min_speech=0.08))
    assert seen.flush() == (VadState.NON_SPEAKING, b"")
    assert seen.vad.segment is None
    seen("V")
    assert seen.starts == []


@pytest.mark.parametrize(("seconds", "frames"), [(0.0, 4), (0.04, 4), (0.041, 5), (0.05, 5), (0.07, 7), (0.29, 29)])
def test_min_speech_is_rounded_up_to_frames(seconds, frames):
    assert run("V" * 40, short(min_speech=seconds)).starts == [frames - 1]


def whole(seen):
    return [(segment.start, segment.end, segment.audio_start, segment.audio_end) for segment in seen.segments]


@given(signals(), configs("consecutive"), st.integers(0, 30))
@thorough
def test_consecutive_the_segments_are_those_of_all_without_the_short_ones(signal, config, shortest):
    config = dataclasses.replace(config, provisional_count=0)
    plain, kept = run(signal, config), run(signal, dataclasses.replace(config, min_speech=shortest / 100))
    plain.flush()
    kept.flush()
    assert whole(kept) == [times for times in whole(plain) if round(100 * (times[1] - times[0])) >= shortest]


@given(signals(), configs("percent"), st.integers(0, 30))
@thorough
def test_percent_the_segments_are_those_of_all_without_the_short_ones(signal, config, shortest):
    plain, kept = run(signal, config), run(signal, dataclasses.replace(config, min_speech=shortest / 100))
    # Where a stop falls on an active frame, see the next test.
    assume(all(signal[at] == "." for at in plain.stops))
    plain.flush()
    kept.flush()
    assert whole(kept) == [times for times in whole(plain) if round(100 * (times[1] - times[0])) >= shortest]


def test_percent_speech_that_gets_long_enough_with_the_frame_that_stops_it_is_announced_there():
    # The stop window is full at frame 8 with two inactive frames of four, and frame 8 is active.
    config = AudioVadConfigV2(0, 5, 4, active_percent=1.0, inactive_percent=0.5)
    waiting = dataclasses.replace(config, min_speech=0.09)
    assert run("VVVVV..VV" + "...", config).states == "000012223" + "000"
    # A frame says one thing: here it is START, and the stop rule decides again from the next frame on.
    assert run("VVVVV..VV" + "...", waiting).states == "000000001" + "300"
    assert run("VVVVV..VV" + "V...", waiting).states == "000000001" + "2230"


# --- longest speech -----------------------------------------------------------------------------------------------


def test_a_segment_is_stopped_when_the_sound_handed_out_is_as_long_as_it_may_be():
    seen = run("." * 5 + "V" * 30, short(max_speech=0.1))
    assert seen.starts == [8, 16, 26]
    assert seen.stops == [12, 22, 32]
    assert seen.utterances == [span(3, 12), span(13, 22), span(23, 32)]
    assert [segment.audio_end - segment.audio_start for segment in seen.segments] == pytest.approx([0.1] * 3)


@pytest.mark.parametrize("algorithm", ["percent", "consecutive"])
def test_while_speech_goes_on_the_next_start_is_gapless_with_the_forced_stop(algorithm):
    seen = run("." * 100 + "V" * 1000, AudioVadConfigV2(algorithm=algorithm, max_speech=1.0))
    frames = [number for utterance in seen.utterances for number in utterance]
    assert len(seen.stops) == 10
    assert frames == span(frames[0], frames[-1])
    assert {len(utterance) for utterance in seen.utterances[:-1]} == {100}


def test_the_end_of_a_forced_stop_is_the_last_active_frame():
    seen = run("....VVVVVV....", short(max_speech=0.1))
    assert seen.stops == [11]
    assert (seen.segments[0].end, seen.segments[0].audio_end) == (0.1, 0.12)


@pytest.mark.parametrize(("seconds", "frames"), [(0.07, 7), (0.29, 29), (0.109, 10)])
def test_max_speech_is_rounded_down_to_frames(seconds, frames):
    assert len(run("." * 5 + "V" * 50, short(max_speech=seconds)).utterances[0]) == frames


@given(signals(longest=60), configs(), st.integers(1, 20))
@thorough
def test_no_more_sound_than_max_speech_is_handed_out_without_min_speech(signal, config, more):
    longest = config.pre_start_recognize_count + config.start_recognize_count + more
    seen = run(signal, dataclasses.replace(config, max_speech=longest / 100))
    assert all(len(frames) <= longest for frames in seen.utterances)


def kept_or_refused(signal, values):
    """Whether speech stays within max_speech; a config that could not promise it may be refused."""
    try:
        config = short(**values)
    except ConfigError:
        return True
    return all(len(frames) / 100 <= config.max_speech for frames in run(signal, config).utterances)


@given(signals(longest=60), configs(lengths=True), st.integers(1, 60))
@thorough
def test_no_more_sound_than_max_speech_is_handed_out_with_min_speech(signal, config, more):
    window = config.pre_start_recognize_count + config.start_recognize_count
    longest = max(round(100 * config.min_speech), window) + more
    assert kept_or_refused(signal, config.to_dict() | {"max_speech": longest / 100})


@pytest.mark.parametrize("more", range(1, 20))
def test_a_start_that_waited_hands_out_no_more_than_max_speech(more):
    for signal in ("." * 5 + "V" * 40, "." * 5 + "VVVV" + "....V" * 8):
        assert kept_or_refused(signal, {"min_speech": 0.1, "max_speech": (10 + more) / 100})


@pytest.mark.parametrize("more", range(1, 30))
def test_a_start_that_waited_through_a_pause_is_stopped_too(more):
    # The frame after the pause makes the speech long enough, and perhaps as long as it may be.
    values = {"stop_recognize_count": 12, "min_speech": 0.1, "max_speech": (10 + more) / 100}
    for before, pause in itertools.product(range(4, 10), range(12)):
        assert kept_or_refused("." * 6 + "V" * before + "." * pause + "V" * 60, values)


@pytest.mark.parametrize("seconds", [0.061, 0.065, 0.07, 0.075])
def test_max_speech_between_two_frames_is_not_exceeded(seconds):
    assert kept_or_refused("." * 5 + "V" * 20, {"max_speech": seconds})


# --- events -------------------------------------------------------------------------------------------------------


def told(seen):
    return [(event.kind, event.time, event.start, event.end) for event in seen.vad.events]


def test_a_start_and_a_stop():
    seen = run("." * 5 + "V" * 6 + "." * 5, SHORT)
    assert told(seen) == [("confirmed", 0.09, 0.05, None), ("stop", 0.16, 0.05, 0.11)]


def test_a_provisional_start_that_is_confirmed():
    seen = run("." * 5 + "V" * 6 + "." * 5, short(provisional_count=2))
    assert told(seen) == [
        ("provisional", 0.07, 0.05, None),
        ("confirmed", 0.09, 0.05, None),
        ("stop", 0.16, 0.05, 0.11),
    ]


def test_a_provisional_start_is_retracted_after_as_many_inactive_frames_as_it_took():
    seen = run("..VV.", short(provisional_count=2))
    assert told(seen) == [("provisional", 0.04, 0.02, None)]
    seen(".")
    assert told(seen)[1:] == [("retracted", 0.06, 0.02, None)]


def test_one_active_frame_keeps_a_provisional_start_open():
    seen = run("..VV" + ".V" * 20, short(provisional_count=2))
    assert [event.kind for event in seen.vad.events] == ["provisional"]


def test_a_flush_retracts_a_provisional_start():
    seen = run("..VV.", short(provisional_count=2))
    seen.flush()
    assert told(seen)[1:] == [("retracted", 0.05, 0.02, None)]
    seen.flush()
    assert len(seen.vad.events) == 2


def test_a_flush_stops_what_is_confirmed():
    seen = run("..VVVV.", short(provisional_count=2))
    seen.flush()
    assert [event.kind for event in seen.vad.events] == ["provisional", "confirmed", "stop"]
    assert told(seen)[-1] == ("stop", 0.07, 0.02, 0.06)


def test_provisional_speech_that_stays_too_short_is_retracted_when_it_is_over():
    seen = run("..VVVV.....", short(provisional_count=2, min_speech=0.08))
    assert told(seen) == [("provisional", 0.04, 0.02, None), ("retracted", 0.11, 0.02, None)]
    seen = run("..VVVV", short(provisional_count=2, min_speech=0.08))
    seen.flush()
    assert told(seen) == [("provisional", 0.04, 0.02, None), ("retracted", 0.06, 0.02, None)]


def test_provisional_speech_that_gets_long_enough_is_confirmed_when_it_is():
    seen = run("..VVVVVVVV", short(provisional_count=2, min_speech=0.08))
    assert told(seen) == [("provisional", 0.04, 0.02, None), ("confirmed", 0.1, 0.02, None)]


def test_after_a_stop_there_may_be_a_provisional_start_again():
    seen = run("VVVV.....VV", short(provisional_count=2))
    assert [event.kind for event in seen.vad.events] == ["provisional", "confirmed", "stop", "provisional"]
    assert seen.vad.events[-1].start == 0.09


def test_a_provisional_count_beyond_the_start_rule_is_never_reached():
    seen = run("V" * 30 + "." * 60, AudioVadConfigV2(provisional_count=30))
    assert [event.kind for event in seen.vad.events] == ["confirmed", "stop"]


def test_consecutive_has_provisional_starts_too():
    seen = run("VV...VVVV", short(algorithm="consecutive", provisional_count=2))
    assert told(seen) == [
        ("provisional", 0.02, 0.0, None),
        ("retracted", 0.04, 0.0, None),
        ("provisional", 0.07, 0.05, None),
        ("confirmed", 0.09, 0.05, None),
    ]


@pytest.mark.parametrize("format", [AudioFormat(16000), ODD])
def test_events_are_in_seconds_of_the_format(format):
    seen = run("." * 5 + "V" * 6 + "." * 5, short(provisional_count=2), format)
    ends = [round(format.frame_time(k - 1), 9) for k in (7, 5, 9, 5, 16, 5, 11)]
    flat = [round(value, 9) for event in told(seen) for value in event[1:] if value is not None]
    assert flat == ends


GRAMMAR = {"provisional": "p", "retracted": "r", "confirmed": "c", "stop": "s"}


@given(signals(), configs(lengths=True), st.booleans())
@thorough
def test_never_more_than_one_is_open_and_flush_closes_it(signal, config, flush):
    seen = run(signal, config)
    if flush:
        seen.flush()
    story = "".join(GRAMMAR[event.kind] for event in seen.vad.events)
    assert re.fullmatch("(pr|p?cs)*" if flush else "(pr|p?cs)*(p?c?)", story)
    assert sum(event.kind == "confirmed" for event in seen.vad.events) == len(seen.starts)
    assert ("p" in story) <= (config.provisional_count > 0)


@given(signals(), configs(lengths=True))
@thorough
def test_the_times_of_events(signal, config):
    seen = run(signal, config)
    seen.flush()
    events = list(seen.vad.events)
    assert [event.time for event in events] == sorted(event.time for event in events)
    assert all(event.start < event.time for event in events)
    stops = [event for event in events if event.kind == "stop"]
    confirmed = [event for event in events if event.kind == "confirmed"]
    assert [(event.start, event.time) for event in confirmed] == [(s.start, s.started_at) for s in seen.segments]
    assert [(e.start, e.end, e.time) for e in stops] == [(s.start, s.end, s.ended_at) for s in seen.segments]
    assert all(event.end is None for event in events if event.kind != "stop")
    for first, second in itertools.pairwise(events):
        if second.kind == "confirmed":
            assert second.time > first.time
        if second.kind == "retracted":
            assert second.start == first.start


@given(signals(), configs(lengths=True))
@thorough
def test_provisional_starts_change_nothing_else(signal, config):
    without = dataclasses.replace(config, provisional_count=0)
    one, other = run(signal, config), run(signal, without)
    assert (one.states, one.handed) == (other.states, other.handed)
    assert list(map(times, one.segments)) == list(map(times, other.segments))


def test_events_are_taken_out_as_they_are_read():
    seen = run("VVVV", SHORT)
    assert seen.vad.events.popleft().kind == "confirmed"
    assert not seen.vad.events
    seen(".....")
    assert [event.kind for event in seen.vad.events] == ["stop"]


def test_events_that_nobody_reads_do_not_pile_up():
    seen = run("V." * 600, AudioVadConfigV2(0, 1, 1))
    assert len(seen.vad.events) == 1000
    assert [event.kind for event in seen.vad.events][-2:] == ["confirmed", "stop"]
    assert seen.vad.events[-1].time == 12.0
    assert seen.vad.events[0].time == 2.01


def test_an_event_is_frozen():
    event = run("VVVV", SHORT).vad.events[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.kind = "stop"


# --- refused frames -----------------------------------------------------------------------------------------------


class Lookalike:
    """Has a format, but is no frame."""

    format = ODD


# What is refused, and a word of the error.
REFUSED = {
    "unlabelled": (frame(0, None), "create_engine"),
    "no probability": (dataclasses.replace(frame(0, None), rms_db=-20.0), "create_engine"),
    "no level": (dataclasses.replace(frame(0, None), voice_prob=0.5), "create_engine"),
    "probability nan": (frame(0, (math.nan, -20.0)), "labels"),
    "probability above 1": (frame(0, (70.0, -20.0)), "labels"),
    "probability below 0": (frame(0, (-0.1, -20.0)), "labels"),
    "probability a string": (frame(0, ("0.9", -20.0)), "label"),
    "level nan": (frame(0, (0.5, math.nan)), "labels"),
    "level of the SDK": (frame(0, (0.5, 77.0)), "labels"),
    "level below -127": (frame(0, (0.5, -127.5)), "labels"),
    "unlabelled in another format": (frame(0, None, ODD), "create_engine"),
    "bad labels in another format": (frame(0, (math.nan, -20.0), ODD), "labels"),
    "none": (None, "NoneType, must be an AudioFrame"),
    "bytes": (bytes(160), "bytes, must be an AudioFrame"),
    "text": ("frame", "str, must be an AudioFrame"),
    "array": (np.zeros(80, np.int16), "ndarray, must be an AudioFrame"),
    "view": (memoryview(bytes(160)), "memoryview, must be an AudioFrame"),
    "lookalike": (Lookalike(), "Lookalike, must be an AudioFrame"),
    "frame of the SDK": (types.SimpleNamespace(buffer=bytearray(160), rms=80, voice_prob=1), "must be an AudioFrame"),
}


@pytest.mark.parametrize(("refused", "said"), REFUSED.values(), ids=REFUSED)
def test_a_refused_first_frame_leaves_no_trace(refused, said):
    seen = Run(SHORT)
    with pytest.raises(FormatError, match=said):
        seen.vad.process(refused)
    seen("..VVVVVV.....")
    fresh = run("..VVVVVV.....", SHORT)
    assert (seen.states, seen.handed) == (fresh.states, fresh.handed)
    assert list(map(times, seen.segments)) == list(map(times, fresh.segments))


@pytest.mark.parametrize("refused", [refused for refused, _ in REFUSED.values()], ids=REFUSED)
@pytest.mark.parametrize("signal", ["..V", "..VVVV", "..VVVVVVVV", "..VVVVVVVV....", "..VVVVVVVV....."])
def test_a_refused_frame_in_mid_stream_leaves_no_trace(refused, signal):
    config = short(min_speech=0.07, provisional_count=2, adaptive_rms=True)
    seen, fresh = run(signal, config), run(signal, config)
    with pytest.raises(FormatError):
        seen.vad.process(refused)
    for either in (seen, fresh):
        either("VVVVVVV.....")
        either.flush()
    assert (seen.states, seen.handed) == (fresh.states, fresh.handed)
    assert (told(seen), seen.vad.effective_thresholds) == (told(fresh), fresh.vad.effective_thresholds)


@pytest.mark.parametrize("other", [AudioFormat(16000), AudioFormat(8000, 2)])
def test_another_format_in_mid_stream_is_refused_by_both_names(other):
    seen = run("VVVVV", SHORT)
    with pytest.raises(FormatError, match="8000 Hz mono") as caught:
        seen.vad.process(frame(5, LABELS["V"], other))
    assert other.describe() in str(caught.value)
    assert seen("....." * 2).states == "00012" + "22223" + "00000"


def test_an_equal_format_is_the_same_format():
    vad = AudioVadV2(SHORT)
    for at in range(3):
        vad.process(frame(at, LABELS["V"], AudioFormat(8000)))
    assert vad.process(frame(3, LABELS["V"], copy.copy(FORMAT))).state is VadState.START_SPEAKING


def test_a_reset_allows_another_format():
    seen = run("VVVVV", SHORT)
    seen.vad.reset()
    assert seen.vad.process(frame(0, LABELS["V"], ODD)) == (VadState.NON_SPEAKING, b"")


@pytest.mark.parametrize("number", [np.float32, np.float64, lambda value: value])
def test_labels_may_be_numbers_of_numpy(number):
    labels = {"V": (number(0.9), number(-20.0)), ".": (number(0.1), number(-90.0))}
    seen = run([labels[label] for label in "VVVV....."], SHORT)
    assert seen.states == "000122223"
