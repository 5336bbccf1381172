"""What the viewer is told: planes that hold the trace, segments, errors and scores that are those of the lab."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat
from agora_audio.lab.labels import read_labels
from agora_audio.lab.metrics import evaluate, intervals_of
from agora_audio.lab.report import describe, describe_lane, frame_bytes, record_blocks, record_speech
from agora_audio.lab.trace import trace_labels
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.dump import DumpedLabels
from agora_audio.vad.segments import Segment
from tests.vad.pieces import TEST_DATA, steady

QUICK = AudioVadConfigV2(2, 2, 2, 1.0, 1.0, start_voice_prob=50, stop_voice_prob=50)


def traced(picture, config=QUICK):
    """A trace of "V" for a voiced frame and "." for silence."""
    voiced = np.array([letter == "V" for letter in picture])
    labels = DumpedLabels(
        np.where(voiced, 1.0, 0.0),
        np.where(voiced, -20.0, -80.0),
        np.zeros(len(voiced), int),
        AudioFormat(),
        None,
        True,
    )
    return trace_labels(labels, config)


@pytest.fixture(scope="module")
def dialogue():
    return record_speech(TEST_DATA / "dialogue_16k.wav")


@pytest.fixture(scope="module")
def reference():
    return [row.segment for row in read_labels(TEST_DATA / "dialogue_16k.json")]


def test_the_planes_are_the_arrays_of_the_trace(dialogue):
    trace = dialogue.trace
    count = len(trace.states)
    data = frame_bytes(trace)
    assert len(data) == 4 * count
    lowest, highest = (np.frombuffer(data, np.int8)[k * count : (k + 1) * count] for k in (0, 1))
    voice, level = (np.frombuffer(data, np.uint8)[k * count : (k + 1) * count] for k in (2, 3))
    peak = describe(dialogue)["peak"]
    assert peak == pytest.approx(max(-trace.lowest.min(), trace.highest.max()))
    assert np.abs(lowest / 127 * peak - trace.lowest).max() <= peak / 250
    assert np.abs(highest / 127 * peak - trace.highest).max() <= peak / 250
    assert np.abs(voice / 255 - trace.voice_prob).max() <= 0.5 / 255 + 1e-9
    assert np.abs(level / 2 - 127 - trace.rms_db).max() <= 0.25 + 1e-9


def test_a_lane_says_what_the_trace_found():
    lane = describe_lane("quick", traced("...VVVV...."))
    assert lane["segments"] == [[0.03, 0.07, 0.01, 0.09, 0.05, 0.09]]
    assert (lane["missed"], lane["false"], lane["scores"]) == ([], [], None)
    assert lane["voice"] == [0.5, 0.5]
    assert lane["changed"][:3] == ["pre_start_recognize_count", "start_recognize_count", "stop_recognize_count"]
    assert lane["config"] == QUICK.to_dict()


@pytest.mark.parametrize(
    ("reference", "missed", "false"),
    [
        ([], [], [[0.03, 0.07]]),
        ([(0.03, 0.07)], [], []),
        ([(0.01, 0.05)], [[0.01, 0.03]], [[0.05, 0.07]]),
        ([(0.04, 0.05), (0.045, 0.06)], [], [[0.03, 0.04], [0.06, 0.07]]),
        ([(0.08, 0.2)], [[0.08, 0.2]], [[0.03, 0.07]]),  # beyond the end of the recording too
    ],
)
def test_errors_are_what_was_missed_and_what_was_made_up(reference, missed, false):
    lane = describe_lane("quick", traced("...VVVV...."), [Segment(*one) for one in reference])
    assert (lane["missed"], lane["false"]) == (missed, false)


def test_without_speech_and_with_none_in_the_reference_nothing_is_wrong():
    lane = describe_lane("quick", traced("......"), [])
    assert (lane["missed"], lane["false"], lane["scores"]["f1"]) == ([], [], 1.0)


@pytest.mark.parametrize("preset", ["quiet", "low-latency"])
def test_the_seconds_of_error_and_the_scores_are_those_of_lab_eval(dialogue, reference, preset):
    trace = dialogue.trace.with_config(AudioVadConfigV2.preset(preset))
    lane = describe_lane(preset, trace, reference)
    found = [intervals_of(trace.segments, kind) for kind in ("speech", "sound", "decided")]
    values = evaluate(
        intervals_of(reference), found[0], sound=found[1], decided=found[2], duration=trace.duration
    )  # fmt: skip
    assert lane["scores"] == {name: values[name] for name in lane["scores"]}
    assert {"f1", "splits", "onset_latency_ms"} < set(lane["scores"])
    assert sum(end - start for start, end in lane["missed"]) == pytest.approx(values["miss"], abs=1e-4)
    assert sum(end - start for start, end in lane["false"]) == pytest.approx(values["false_alarm"], abs=1e-4)


def test_thresholds_are_said_where_they_change():
    config = AudioVadConfigV2(2, 2, 2, 1.0, 1.0, 50, 50, -50, -60)
    assert describe_lane("two", traced("...VVVV....", config))["level"] == [[0.0, -50], [0.05, -60], [0.09, -50]]
    assert describe_lane("one", traced("...VVVV...."))["level"] == [[0.0, -50]]


@steady
@given(st.text("V.", min_size=1, max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=4))
def test_missed_and_false_and_right_make_up_both_sides(picture, reference):
    """In frames: what was found is right or false, what was wanted is right or missed."""
    wanted = [Segment(start / 100, (start + length) / 100) for start, length in reference]
    lane = describe_lane("any", traced(picture), wanted)

    def frames(spans):
        return {k for start, end, *_ in spans for k in range(round(start * 100), round(end * 100))}

    found, sought = frames(lane["segments"]), frames([(one.start, one.end) for one in wanted])
    assert frames(lane["false"]) == found - sought
    assert frames(lane["missed"]) == sought - found


def test_a_recording_is_described_for_json(dialogue, reference):
    configs = {"defaults": AudioVadConfigV2(), "noisy": AudioVadConfigV2.preset("noisy")}
    said = describe(dialogue, configs, reference=reference, title="a <b>", engine="silero")
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    assert (said["title"], said["summary"]) == ("a <b>", "16000 Hz mono, silero")
    assert (said["frames"], said["duration"]) == (len(dialogue.trace.states), dialogue.trace.duration)
    assert [lane["name"] for lane in said["lanes"]] == ["defaults", "noisy"]
    assert said["reference"] == [[one.start, one.end] for one in reference]
    assert describe(dialogue)["reference"] is None
    assert [lane["segments"] for lane in describe(dialogue)["lanes"]] == [said["lanes"][0]["segments"]]


def test_nothing_to_show_and_a_reference_that_is_none_are_refused(dialogue):
    with pytest.raises(FormatError, match="no sound in the recording"):
        describe(record_blocks([], AudioFormat(), engine="energy"))
    with pytest.raises(FormatError, match=r"reference must be Segment: of a label row its \.segment"):
        describe(dialogue, reference=[(1.0, 2.0)])
