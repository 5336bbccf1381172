"""Plots: what is drawn is what the trace holds; judged by the artists' data, never by pixels."""

from __future__ import annotations

import functools
import itertools
import os
import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from agora_audio.errors import ConfigError, EngineUnavailable, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.lab.labels import LabelledSegment
from agora_audio.lab.plots import Panels, plot_vad, save_figure
from agora_audio.lab.trace import VadTrace
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.segments import Segment
from tests.vad.strings import FORMAT, LABELS

Figure = pytest.importorskip("matplotlib.figure").Figure

# START at the second frame of speech, STOP at the third without; two frames of pre-roll.
SMALL = {"pre_start_recognize_count": 2, "start_recognize_count": 2, "stop_recognize_count": 3}
CONFIG = AudioVadConfigV2(**SMALL, active_percent=1.0, inactive_percent=1.0)
TALK = "......VVVVVV..........VVVV......"


def trace_of(signal, config=CONFIG, format=FORMAT):
    """Trace a string, or pairs of labels; the envelope of frame k is -0.4 to 0.5, of silence 0 to 0."""
    labels = np.array([LABELS[item] if isinstance(item, str) else item for item in signal]).reshape(-1, 2)
    loud = (labels[:, 1] > -60).astype(np.float32)
    return traced(labels[:, 0].copy(), labels[:, 1].copy(), -0.4 * loud, 0.5 * loud, config, format)


def traced(probabilities, levels, lowest, highest, config=CONFIG, format=FORMAT):
    none = np.zeros(len(levels), np.int64)
    return VadTrace(format, config, probabilities, levels, lowest, highest, none, none, ()).with_config(config)


def new_axes(count=1, size=(8, 4)):
    return Figure(figsize=size).subplots(count)


def spans(ax, label):
    """Where the patches of that label, or of that colour, begin and end."""
    found = [one for one in ax.collections if one.get_label() == label]
    return [tuple(path.get_extents().intervalx.tolist()) for one in found for path in one.get_paths()]


def assert_times(found, expected):
    np.testing.assert_allclose(np.reshape(found, (-1, 2)), np.reshape(expected, (-1, 2)))


def steps(ax):
    """Values, edges and baseline of the step curves: band first, if there is one."""
    return [patch.get_data() for patch in ax.patches]


def marks(ax):
    return {line.get_label(): line.get_xdata().tolist() for line in ax.lines}


def thresholds(ax):
    return sorted(line.get_ydata()[0] for line in ax.lines)


def texts(ax):
    return sorted(text.get_text() for text in ax.texts)


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def tick_labels(ax, name="x"):
    axis = getattr(ax, f"{name}axis")
    ax.figure.draw_without_rendering()
    low, high = axis.get_view_interval()
    ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
    return [label.get_text() for place, label in ticks if low - 1e-9 <= place <= high + 1e-9]


# Waveform and segments


def test_the_trace_that_the_tests_draw():
    first, second = trace_of(TALK).segments
    assert first.to_dict() == Segment(0.06, 0.12, 0.04, 0.15, 0.08, 0.15).to_dict()
    assert second.to_dict() == Segment(0.22, 0.26, 0.20, 0.29, 0.24, 0.29).to_dict()


def test_speech_and_the_rest_of_what_was_handed_out_are_shaded():
    waveform = plot_vad(trace_of(TALK))[0]
    assert_times(spans(waveform, "speech"), [(0.06, 0.12), (0.22, 0.26)])
    extra = [(0.04, 0.06), (0.20, 0.22), (0.12, 0.15), (0.26, 0.29)]
    assert_times(spans(waveform, "pre-roll, hang-over"), extra)


def test_the_rest_is_hatched_for_print_in_grey():
    hatched = [one.get_label() for one in plot_vad(trace_of(TALK))[0].collections if one.get_hatch()]
    assert hatched == ["pre-roll, hang-over"]


def test_the_shades_are_behind_the_sound():
    waveform = plot_vad(trace_of(TALK))[0]
    assert max(one.get_zorder() for one in waveform.collections) < waveform.patches[0].get_zorder()


def test_decisions_are_marked_when_they_were_made():
    assert marks(plot_vad(trace_of(TALK))[0]) == {"START decided": [0.08, 0.24], "STOP decided": [0.15, 0.29]}


def test_without_pre_roll_nothing_is_hatched_before_the_speech():
    config = AudioVadConfigV2(**{**SMALL, "pre_start_recognize_count": 0}, active_percent=1.0, inactive_percent=1.0)
    waveform = plot_vad(trace_of("....VVVV......", config))[0]
    assert_times(spans(waveform, "pre-roll, hang-over"), [(0.08, 0.11)])


def test_speech_that_the_end_closed_has_its_mark_at_the_end():
    panels = plot_vad(trace_of("....VVVV"))
    assert marks(panels[0]) == {"START decided": [0.06], "STOP decided": [0.08]}
    assert legend(panels[0].figure)[-1] == "speaking"


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 96000])
def test_the_envelope_stands_at_the_borders_of_the_frames(rate):
    trace = trace_of(TALK, format=AudioFormat(rate))
    (highest, edges, lowest), _ = steps(plot_vad(trace)[0])
    assert edges.tolist() == [trace.format.frame_time(k) for k in range(-1, len(TALK))]
    assert highest.tolist() == trace.highest.tolist()
    assert lowest.tolist() == trace.lowest.tolist()


@pytest.mark.parametrize(("lowest", "highest"), [(-0.02, 0.01), (-1.0, 0.3), (-0.1, 0.9), (0.2, 0.4), (-0.4, -0.2)])
def test_the_amplitude_fits_and_leaves_room_for_the_marks(lowest, highest):
    ones = np.ones(50, np.float32)
    bottom, top = plot_vad(traced(ones * 0, ones * -30, ones * lowest, ones * highest))[0].get_ylim()
    assert bottom == -top
    assert 1.2 < top / max(-lowest, highest) < 1.5


def test_digital_silence_is_a_line():
    panels = plot_vad(trace_of([(0.0, -127.0)] * 20))
    band, line = panels[0].patches
    assert band.get_linewidth() == 0  # an outline would close the gaps in a long recording
    assert line.get_linewidth() > 0
    assert line.get_data().values.tolist() == [0.0] * 20
    assert panels[0].get_ylim()[1] > 0
    assert spans(panels[0], "speech") == []
    assert legend(panels[0].figure) == ["not speaking"]


# Probability


@pytest.mark.parametrize(
    ("values", "lines", "said"),
    [
        ({}, [0.7], ["threshold 0.70"]),
        ({"start_voice_prob": 50, "stop_voice_prob": 35}, [0.35, 0.5], ["start 0.50", "stop 0.35"]),
        ({"start_voice_prob": 35, "stop_voice_prob": 50}, [0.35, 0.5], ["start 0.35", "stop 0.50"]),
        ({"start_voice_prob": 0, "stop_voice_prob": 100}, [0.0, 1.0], ["start 0.00", "stop 1.00"]),
        ({"stop_voice_prob": 35, "algorithm": "consecutive"}, [0.7], ["threshold 0.70"]),
    ],
)
def test_thresholds_of_the_probability(values, lines, said):
    panel = plot_vad(trace_of(TALK, AudioVadConfigV2(**SMALL, **values)))[1]
    assert thresholds(panel) == lines
    assert texts(panel) == said


def test_labels_of_two_thresholds_keep_clear_of_each_other():
    panel = plot_vad(trace_of(TALK, AudioVadConfigV2(start_voice_prob=51, stop_voice_prob=50)))[1]
    places = {text.get_text(): text.get_verticalalignment() for text in panel.texts}
    assert places == {"start 0.51": "bottom", "stop 0.50": "top"}


def test_probabilities_are_drawn_frame_by_frame():
    trace = trace_of(TALK)
    panel = plot_vad(trace)[1]
    [(values, edges, baseline)] = steps(panel)
    assert values.tolist() == trace.voice_prob.tolist()
    assert edges[-1] == trace.duration
    assert baseline is None
    assert panel.get_ylim()[0] < 0 < 1 < panel.get_ylim()[1]


# Level


def test_levels_and_their_threshold():
    trace = trace_of(TALK)
    panel = plot_vad(trace)[2]
    levels, threshold = steps(panel)
    assert levels[0].tolist() == trace.rms_db.tolist()
    assert threshold[0].tolist() == [-50]
    assert threshold[1].tolist() == [0, trace.duration]
    assert texts(panel) == ["threshold −50"]


def test_start_and_stop_thresholds_take_turns():
    config = AudioVadConfigV2(**SMALL, active_percent=1.0, inactive_percent=1.0, start_rms_threshold=-40)
    panel = plot_vad(trace_of(TALK, config))[2]
    values, edges, _ = steps(panel)[1]
    assert values.tolist() == [-40, -50, -40, -50, -40]
    np.testing.assert_allclose(edges, [0, 0.08, 0.15, 0.24, 0.29, 0.32])
    assert texts(panel) == ["start −40", "stop −50"]


def test_a_threshold_that_is_out_of_sight_has_no_label():
    config = AudioVadConfigV2(**SMALL, active_percent=1.0, inactive_percent=1.0, start_rms_threshold=-40)
    assert texts(plot_vad(trace_of(TALK, config), end=0.05)[2]) == ["start −40"]


def test_an_adaptive_threshold_changes_with_each_start():
    config = AudioVadConfigV2(**SMALL, algorithm="consecutive", adaptive_rms=True)
    quiet = "".join("." * 6 + "V" * 6 + "." * 6)
    labels = [LABELS[item] for item in quiet] + [(1.0, -40.0) if item == "V" else (0.0, -90.0) for item in quiet]
    trace = trace_of(labels, config)
    panel = plot_vad(trace)[2]
    values, edges, _ = steps(panel)[1]
    assert values.tolist() == [-50, int(107 * 0.67) - 127, int(87 * 0.67) - 127]
    assert edges[1:-1].tolist() == [one.started_at for one in trace.segments]
    assert texts(panel) == ["threshold\n−69 to −50"]
    assert texts(plot_vad(trace, end=0.05)[2]) == ["threshold −50"]


@pytest.mark.parametrize(
    ("levels", "threshold", "inside"),
    [
        ([-30.0, -20.0], -50, (-50, -20)),
        ([-80.0, -75.0], -50, (-80, -50)),
        ([-30.0, 0.0], -50, (-50, 0)),
        ([-90.0, -20.0], -127, (-127, -20)),
        ([-127.0, -30.0], -50, (-100, -30)),
        ([-127.0, -127.0], 0, (-100, 0)),
    ],
)
def test_the_level_axis_holds_the_levels_and_the_threshold(levels, threshold, inside):
    config = AudioVadConfigV2(start_rms_threshold=threshold, stop_rms_threshold=threshold)
    bottom, top = plot_vad(trace_of([(0.0, level) for level in levels], config))[2].get_ylim()
    assert inside[0] - 12 < bottom < inside[0]
    assert inside[1] < top <= min(2, inside[1] + 12)


def test_what_lies_below_the_level_axis_is_drawn_and_named_at_its_edge():
    panel = plot_vad(trace_of([(0.0, -127.0), (0.0, -30.0)]))[2]
    assert steps(panel)[0][0].tolist() == [-100, -30]
    assert tick_labels(panel, "y")[0] == "≤ −100"


def test_an_axis_that_nothing_is_below_ends_in_a_plain_number():
    assert tick_labels(plot_vad(trace_of([(0.0, -100.0), (0.0, -30.0)]))[2], "y")[0] == "−100"


# States and reference


def test_states_are_a_strip_with_its_first_and_last_frames():
    panel = plot_vad(trace_of(TALK))[3]
    assert_times(spans(panel, "not speaking"), [(0, 0.32)])
    assert_times(spans(panel, "speaking"), [(0.07, 0.15), (0.23, 0.29)])
    *_, start, stop = ([path.get_extents().intervalx.tolist() for path in one.get_paths()] for one in panel.collections)
    np.testing.assert_allclose(start, [(0.07, 0.08), (0.23, 0.24)])
    np.testing.assert_allclose(stop, [(0.14, 0.15), (0.28, 0.29)])
    assert [text.get_text() for text in panel.get_yticklabels()] == ["state"]


@pytest.mark.parametrize(
    ("reference", "missed", "false_alarms"),
    [
        ([(0.06, 0.12), (0.22, 0.26)], [], []),
        ([], [], [(0.06, 0.12), (0.22, 0.26)]),
        ([(0.05, 0.12), (0.22, 0.27)], [(0.05, 0.06), (0.26, 0.27)], []),
        ([(0.07, 0.09)], [], [(0.06, 0.07), (0.09, 0.12), (0.22, 0.26)]),
        ([(0.0, 0.32)], [(0, 0.06), (0.12, 0.22), (0.26, 0.32)], []),
        # In any order, and two people at a time.
        ([(0.22, 0.26), (0.08, 0.14), (0.06, 0.10), (0.09, 0.10)], [(0.12, 0.14)], []),
    ],
)
def test_reference_against_what_was_found(reference, missed, false_alarms):
    panel = plot_vad(trace_of(TALK), reference=[Segment(*times) for times in reference])[3]
    assert_times(spans(panel, "missed"), missed)
    assert_times(spans(panel, "false alarm"), false_alarms)
    assert [text.get_text() for text in panel.get_yticklabels()] == ["reference", "state"]


def test_reference_of_a_recording_in_which_nothing_was_found():
    panel = plot_vad(trace_of("." * 30), reference=[Segment(0.1, 0.2)])[3]
    assert_times(spans(panel, "missed"), [(0.1, 0.2)])
    assert spans(panel, "false alarm") == []


def test_label_rows_are_no_reference_and_the_error_says_what_is():
    with pytest.raises(ConfigError, match=r"reference holds a LabelledSegment, must be Segment.*\.segment"):
        plot_vad(trace_of(TALK), reference=[LabelledSegment(Segment(0.1, 0.2), "call")])


# A part of the recording


def test_a_part_shows_the_frames_that_it_touches():
    panels = plot_vad(trace_of(TALK), start=0.065, end=0.235)
    for panel in panels:
        assert panel.get_xlim() == (0.065, 0.235)
    for panel in panels[:3]:
        edges = steps(panel)[0][1]
        assert (edges[0], edges[-1]) == (0.06, 0.24)
    assert_times(spans(panels[3], "speaking"), [(0.07, 0.15), (0.23, 0.24)])


def test_a_part_between_two_frames_shows_one():
    [(values, edges, _)] = steps(plot_vad(trace_of(TALK), start=0.061, end=0.062)[1])
    assert values.tolist() == [1]
    assert edges.tolist() == [0.06, 0.07]


def test_marks_out_of_sight_are_not_in_the_legend():
    panels = plot_vad(trace_of(TALK), start=0.05, end=0.10)
    assert marks(panels[0]) == {"START decided": [0.08]}
    assert "STOP decided" not in legend(panels[0].figure)


@pytest.mark.parametrize("end", [None, 0.32, 5, float("inf"), np.float32(1)])
def test_an_end_behind_the_end_is_the_end(end):
    assert plot_vad(trace_of(TALK), start=0.1, end=end)[0].get_xlim() == (0.1, 0.32)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (-1, None, r"start is -1, must be 0 to below 0\.32 s"),
        (0.32, None, r"start is 0\.32, must be 0 to below 0\.32 s"),
        (float("nan"), None, r"start is nan, must be 0 to below 0\.32 s"),
        ("0", None, r"start is '0', must be a number of seconds"),
        (None, None, r"start is None, must be a number of seconds"),
        (True, None, r"start is True, must be a number of seconds"),
        (0.2, 0.1, r"end is 0\.1, must be above start, 0\.2 s, and up to 0\.32 s"),
        (0.2, 0.2, r"end is 0\.2, must be above start"),
        (0, float("nan"), r"end is nan, must be above start"),
        (0, "1", r"end is '1', must be a number of seconds"),
    ],
)
def test_parts_that_are_none(start, end, message):
    with pytest.raises(ConfigError, match=message):
        plot_vad(trace_of(TALK), start=start, end=end)


def test_no_sound_no_picture():
    with pytest.raises(FormatError, match="no sound"):
        plot_vad(trace_of(""))


# Long recordings


@functools.cache
def hours(count):
    """Three seconds of speech and seven without, again and again."""
    rng = np.random.default_rng(1)
    frames = int(count * 360_000)
    noise = rng.random(frames)
    talking = np.arange(frames) % 1000 < 300
    highest = (0.1 * noise + 0.001).astype(np.float32)
    return traced(np.where(talking, 0.9, 0.0) + 0.1 * noise, np.where(talking, -30.0, -70.0) + noise, -highest, highest)


def cut(trace, frames):
    """The first frames, and no segments."""
    arrays = ("voice_prob", "rms_db", "lowest", "highest", "states", "thresholds")
    return replace(trace, segments=(), **{name: getattr(trace, name)[:frames].copy() for name in arrays})


@pytest.mark.parametrize("place", [0, 1, 123_456, 359_999])
def test_decimation_keeps_a_single_frame(place):
    trace = cut(hours(1), 360_000)
    trace.rms_db[place], trace.lowest[place], trace.highest[place] = -1.0, -0.9, 0.8
    panels = plot_vad(trace)
    (top, edges, bottom), (loudest, _, _) = steps(panels[0])[0], steps(panels[2])[0]
    group = int(np.searchsorted(edges, place / 100, "right")) - 1
    assert (bottom.min(), int(bottom.argmin())) == (np.float32(-0.9), group)
    assert (top.max(), int(top.argmax())) == (np.float32(0.8), group)
    assert (loudest.max(), int(loudest.argmax())) == (-1.0, group)


@pytest.mark.parametrize("frames", [9_973, 36_000, 359_999])
def test_decimated_curves_are_lowest_highest_and_mean_of_their_frames(frames):
    trace = cut(hours(1), frames)
    for panel, values in zip(plot_vad(trace)[1:3], (trace.voice_prob, trace.rms_db), strict=True):
        (top, edges, bottom), (mean, _, _), *_ = steps(panel)
        borders = np.rint(edges * 100).astype(int)
        groups = [values[begin:end] for begin, end in itertools.pairwise(borders)]
        assert top.tolist() == [group.max() for group in groups]
        assert bottom.tolist() == [group.min() for group in groups]
        np.testing.assert_allclose(mean, [group.mean() for group in groups])
        assert borders[-1] == frames


def test_a_group_is_about_a_pixel_and_the_legend_says_how_many_frames_it_is():
    panels = plot_vad(hours(1))
    count = len(steps(panels[0])[0][0])
    assert 600 < count <= 1.1 * panels[0].bbox.width
    assert f"range of {360_000 // count} frames; line: mean" in legend(panels[0].figure)


def test_half_a_minute_and_a_part_of_hours_are_not_decimated():
    [(values, _, _)] = steps(plot_vad(hours(1), start=1800, end=1830)[1])
    assert values.tolist() == hours(1).voice_prob[180_000:183_000].tolist()


def test_a_crowd_of_segments_keeps_its_times_and_loses_its_marks():
    panels = plot_vad(hours(1))
    assert len(hours(1).segments) == 360
    assert_times(spans(panels[0], "speech"), [(one.start, one.end) for one in hours(1).segments])
    assert marks(panels[0]) == {}
    assert len(spans(panels[3], "speaking")) == 360
    assert [one.get_label() for one in panels[3].collections] == ["not speaking", "speaking"]
    # Without a hair line the colour is as strong as its share of the time, and nothing is hatched to black.
    assert {float(one.get_linewidth()[0]) for one in panels[0].collections} == {0.0}
    assert [one.get_hatch() for one in panels[0].collections] == [None, None]


def test_a_single_segment_in_an_hour_stays_in_sight():
    trace = replace(hours(1), segments=hours(1).segments[:1])
    collection = plot_vad(trace)[0].collections[0]
    assert collection.get_label() == "speech"
    assert float(collection.get_linewidth()[0]) > 0


# Time


def silent_for(seconds):
    zeros = np.zeros(seconds * 100)
    return VadTrace(FORMAT, CONFIG, zeros, zeros - 90, zeros, zeros, zeros.astype(int), zeros.astype(int) - 50, ())


@pytest.mark.parametrize(
    ("start", "end", "first", "last", "axis"),
    [
        (0, 0.5, "0.00", "0.50", "time, s"),
        (0, 20, "0", "20", "time, s"),
        (0, 120, "0", "120", "time, s"),
        (0, 600, "00:00", "10:00", "time, mm:ss"),
        (598, 600, "09:58.0", "10:00.0", "time, mm:ss"),
        (0, 3600, "00:00", "60:00", "time, mm:ss"),
        (0, 7200, "0:00:00", "2:00:00", "time, h:mm:ss"),
        (3660, 3661, "1:01:00.0", "1:01:01.0", "time, h:mm:ss"),
    ],
)
def test_time_is_written_as_people_say_it(start, end, first, last, axis):
    panel = plot_vad(silent_for(7200), start=start, end=end)[3]
    labels = tick_labels(panel)
    assert (labels[0], labels[-1]) == (first, last)
    assert 4 <= len(labels) <= 13
    assert panel.get_xlabel() == axis


def test_ticks_follow_the_limits_in_a_window():
    panel = plot_vad(silent_for(7200))[3]
    panel.set_xlim(-30, 30)
    assert tick_labels(panel)[0] == "−0:00:30"
    panel.set_xlim(3600.0, 3600.01)
    assert tick_labels(panel)[0] == "1:00:00.000"


# Titles, axes of one's own, notebooks


def test_title_and_summary_of_what_is_not_default():
    config = AudioVadConfigV2(algorithm="consecutive", adaptive_rms=True, stop_recognize_count=80)
    panel = plot_vad(trace_of(TALK, config), title="call $1$.wav")[0]
    assert panel.get_title("left") == "call $1$.wav"
    assert texts(panel) == ["8000 Hz mono; consecutive; stop_recognize_count 80, adaptive_rms True"]
    assert not panel._left_title.get_parse_math()  # dollar signs are no formula


def test_summary_of_the_defaults():
    panel = plot_vad(trace_of(TALK, AudioVadConfigV2()))[0]
    assert texts(panel) == ["8000 Hz mono; percent; default parameters"]
    assert panel.get_title("left") == ""


@pytest.mark.parametrize("title", ["x" * 300, "long " * 60, "a\nb", ""])
def test_everything_is_inside_the_picture(title):
    config = AudioVadConfigV2(**{**AudioVadConfigV2.preset("low-latency").to_dict(), "max_speech": 20.0})
    figure = plot_vad(trace_of(TALK * 3, config), title=title, reference=[Segment(0, 0.1)])[0].figure
    figure.draw_without_rendering()
    inside = figure.bbox.padded(1)
    for box in [one.get_window_extent() for one in figure.legends] + [one.get_tightbbox() for one in figure.axes]:
        assert inside.x0 <= box.x0 < box.x1 <= inside.x1
        assert inside.y0 <= box.y0 < box.y1 <= inside.y1


def test_the_result_is_four_axes_that_a_notebook_shows():
    panels = plot_vad(trace_of(TALK))
    assert isinstance(panels, Panels)
    assert panels.shape == (4,)
    assert len({panel.figure for panel in panels}) == 1
    assert panels._repr_png_().startswith(b"\x89PNG")


def test_one_axes_get_the_waveform():
    ax = new_axes()
    assert plot_vad(trace_of(TALK), ax, title="call") is ax
    assert len(ax.figure.axes) == 1
    assert_times(spans(ax, "speech"), [(0.06, 0.12), (0.22, 0.26)])
    assert ax.get_title("left") == "call"
    assert ax.get_xlabel() == "time, s"
    assert ax.get_legend().get_texts()[0].get_text() == "speech"


def test_one_axes_without_speech_need_no_legend():
    assert plot_vad(trace_of("." * 20), new_axes()).get_legend() is None


@pytest.mark.parametrize("shape", [list, tuple, np.array, lambda axes: np.reshape(axes, (2, 2))])
def test_four_axes_get_everything(shape):
    axes = new_axes(4, size=(4, 8))
    given = shape(axes)
    assert plot_vad(trace_of(TALK), given, reference=[Segment(0, 0.1)]) is given
    assert [ax.get_ylabel() for ax in axes] == ["amplitude", "probability", "level, dBFS", ""]
    assert [ax.get_xlim() for ax in axes] == [(0, 0.32)] * 4
    assert axes[0].figure.legends == []


def test_what_is_in_given_axes_stays():
    ax = new_axes()
    [line] = ax.plot([0, 1], [0, 1])
    plot_vad(trace_of(TALK), ax)
    assert line in ax.lines


@pytest.mark.parametrize("wrong", [3, "ax", [], [None] * 4, Figure()])
def test_what_is_no_axes(wrong):
    with pytest.raises(ConfigError, match="must be four axes, one, or None"):
        plot_vad(trace_of(TALK), wrong)


def test_three_axes_are_neither_one_nor_four():
    with pytest.raises(ConfigError, match="ax is 3 axes, must be four axes"):
        plot_vad(trace_of(TALK), new_axes(3))


def test_one_axes_have_no_place_for_a_reference():
    with pytest.raises(ConfigError, match="reference has its place below the states"):
        plot_vad(trace_of(TALK), new_axes(), reference=[])


# Files


@pytest.fixture(scope="module")
def panels():
    return plot_vad(trace_of(TALK))


@pytest.mark.parametrize(
    ("name", "begin"),
    [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml"), ("a.pdf", b"%PDF"), ("two.dots.png", b"\x89PNG")],
)
def test_the_suffix_names_the_format(tmp_path, panels, name, begin):
    save_figure(panels, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begin)
    assert os.listdir(tmp_path) == [name]


def test_an_svg_is_whole(tmp_path, panels):
    save_figure(panels, tmp_path / "a.svg")
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize("pick", [lambda p: p, lambda p: p[0], lambda p: p[0].figure, list, lambda p: p.reshape(2, 2)])
def test_figures_axes_and_arrays_of_axes_are_saved(tmp_path, panels, pick):
    save_figure(pick(panels), str(tmp_path / "a.png"))
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.parametrize("name", ["a.jpg", "a", ".png", "a.png.gz", "png"])
def test_unknown_suffixes(tmp_path, panels, name):
    with pytest.raises(ConfigError, match=r"does not end in one of \.png, \.svg, \.pdf"):
        save_figure(panels, tmp_path / name)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("wrong", [None, 3, "panels", [], [None]])
def test_what_is_no_figure(tmp_path, wrong):
    with pytest.raises(ConfigError, match="neither a figure nor axes"):
        save_figure(wrong, tmp_path / "a.png")
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_not_there_is_an_error_that_names_the_file(tmp_path, panels):
    with pytest.raises(FileNotFoundError) as caught:
        save_figure(panels, tmp_path / "nowhere" / "a.png")
    assert caught.value.filename == str(tmp_path / "nowhere" / "a.png")


def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path, panels, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"old")

    def full(source, target):
        raise OSError(28, "No space left on device", source)

    monkeypatch.setattr("agora_audio.lab.files.os.replace", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        save_figure(panels, tmp_path / "a.png")
    assert (caught.value.errno, caught.value.filename) == (28, str(tmp_path / "a.png"))
    assert os.listdir(tmp_path) == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == b"old"


def test_a_picture_that_cannot_be_drawn_leaves_nothing(tmp_path, monkeypatch):
    figure = Figure()

    def fail(*args, **options):
        raise RuntimeError("no ink")

    monkeypatch.setattr(figure, "draw", fail)
    with pytest.raises(RuntimeError, match="no ink"):
        save_figure(figure, tmp_path / "a.png")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_stays(tmp_path, panels):
    (tmp_path / "link.png").symlink_to(tmp_path / "real.png")
    save_figure(panels, tmp_path / "link.png")
    assert (tmp_path / "link.png").is_symlink()
    assert (tmp_path / "real.png").read_bytes().startswith(b"\x89PNG")


# matplotlib

_IN_A_NEW_PROCESS = """
import io, sys
import numpy as np
from agora_audio.frames import AudioFormat
from agora_audio.lab.plots import plot_vad
from agora_audio.lab.trace import trace_blocks
assert "matplotlib" not in sys.modules, "imported before it is needed"
panels = plot_vad(trace_blocks([bytes(32000)], AudioFormat(16000), engine="energy"))
assert panels._repr_png_()
for format in ("svg", "pdf"):
    panels[0].figure.savefig(io.BytesIO(), format=format)
loaded = [name for name in sys.modules if name == "matplotlib.pyplot" or "tkinter" in name or "PyQt" in name]
assert loaded == [], loaded
"""


def test_neither_pyplot_nor_a_window_is_touched():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("MPLBACKEND", None)
    done = subprocess.run([sys.executable, "-c", _IN_A_NEW_PROCESS], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_matplotlib_the_error_names_the_extra(monkeypatch):
    trace = trace_of(TALK)
    ax = new_axes()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for given in (None, ax):
        with pytest.raises(EngineUnavailable, match=r"pip install 'agora-audio\[plot\]'"):
            plot_vad(trace, given)
