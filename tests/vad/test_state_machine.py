"""When speech starts and stops: the SDK's tables row by row, the adaptive threshold, the transition table."""

from __future__ import annotations

import dataclasses
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import FormatError
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.state_machine import TRANSITIONS, Phase, VadState, VadStateMachine
from tests.vad.strings import FORMAT, LABELS, Run, configs, frame, rotations, run, signals, span, thorough

PERCENT = AudioVadConfigV2()
CONSECUTIVE = AudioVadConfigV2(algorithm="consecutive")


def percent(**values):
    return AudioVadConfigV2(algorithm="percent", **values)


def consecutive(**values):
    return AudioVadConfigV2(algorithm="consecutive", **values)


def at(level_of_the_sdk, probability=0.0):
    """Labels of a frame of which the SDK says rms `level_of_the_sdk`, 0 to 127."""
    return (probability, level_of_the_sdk - 127.0)


def test_the_numbers_of_the_states_are_those_of_the_sdk():
    assert [(state.name, int(state)) for state in VadState] == [
        ("NON_SPEAKING", 0),
        ("START_SPEAKING", 1),
        ("SPEAKING", 2),
        ("STOP_SPEAKING", 3),
    ]


# --- §1.3 states and returns, §1.4 queues -------------------------------------------------------------------------


def test_percent_from_silence_to_silence():
    seen = run("." * 30 + "V" * 30 + "." * 50, PERCENT)
    # The 21st active frame of the last 30 starts; 50 frames later, 41 of them inactive, it stops.
    assert seen.states == "0" * 50 + "1" + "2" * 49 + "3" + "0" * 9
    assert seen.handed[50] == span(5, 50)
    assert seen.handed[51:101] == [[k] for k in span(51, 100)]
    assert seen.utterances == [span(5, 100)]


def test_consecutive_from_silence_to_silence():
    seen = run("." * 30 + "V" * 30 + "." * 51, CONSECUTIVE)
    # The 30th active frame in a row starts; the 50th inactive one in a row stops.
    assert seen.states == "0" * 59 + "1" + "2" * 49 + "3" + "0"
    assert seen.handed[59] == span(14, 59)
    assert seen.handed[60:110] == [[k] for k in span(60, 109)]
    assert seen.utterances == [span(14, 109)]


@pytest.mark.parametrize("config", [PERCENT, CONSECUTIVE])
def test_idle_without_trigger_gives_0_and_nothing(config):
    seen = run("." * 200, config)
    assert seen.states == "0" * 200
    assert seen.handed == [[]] * 200


@pytest.mark.parametrize(("config", "first"), [(PERCENT, 120), (CONSECUTIVE, 129)])
def test_start_hands_out_the_whole_queue_oldest_first_and_the_current_frame_last(config, first):
    seen = run("." * 100 + "V" * 100, config)
    assert seen.starts == [first]
    assert seen.handed[first] == span(first - 45, first)


@pytest.mark.parametrize("config", [PERCENT, CONSECUTIVE])
@pytest.mark.parametrize("pre", [0, 1, 16, 40])
def test_the_start_queue_holds_pre_and_start_frames_and_drops_the_oldest(config, pre):
    seen = run("." * 100 + "V" * 30, dataclasses.replace(config, pre_start_recognize_count=pre))
    (start,) = seen.starts
    assert seen.handed[start] == span(start - pre - 29, start)


@pytest.mark.parametrize("config", [PERCENT, CONSECUTIVE])
@pytest.mark.parametrize("stop", [1, 2, 50, 80])
def test_the_earliest_stop_is_the_stop_window_after_start(config, stop):
    config = dataclasses.replace(config, stop_recognize_count=stop)
    seen = run("." * 46 + "V" * 30, config)
    start = seen.starts[0]
    seen = run("." * 46 + "V" * (start - 45) + "." * 200, config)
    assert seen.starts == [start]
    assert seen.stops == [start + stop]


def test_percent_the_frame_that_starts_is_not_in_the_stop_window():
    config = percent(
        pre_start_recognize_count=0, start_recognize_count=1, stop_recognize_count=4, inactive_percent=0.75
    )
    assert run("V..VV", config).states == "12222"  # of ..VV half are inactive; with the V of the start it would be
    assert run("V...V", config).states == "12223"  # three of four


def test_percent_the_earliest_start_after_a_stop_is_the_active_share():
    seen = run("V" * 21 + "." * 50 + "V" * 60, PERCENT)
    assert seen.starts == [20, 91]
    assert seen.stops == [70]
    assert seen.handed[91] == span(71, 91)  # what there is since the stop


def test_consecutive_the_earliest_start_after_a_stop_is_pre_and_start():
    seen = run("V" * 46 + "." * 50 + "V" * 60, CONSECUTIVE)
    assert seen.starts == [45, 95 + 46]
    assert seen.stops == [95]
    assert seen.handed[141] == span(96, 141)  # no sound after the stop is lost


def test_percent_a_stop_empties_the_start_window():
    config = percent(pre_start_recognize_count=2, start_recognize_count=4, stop_recognize_count=2, active_percent=0.75)
    # Stopped at frame 5: the three active frames that start again must all come after it.
    seen = run("...VVV..VV.V", config)
    assert seen.states == "000001230001"
    assert seen.handed[11] == span(8, 11)


@pytest.mark.parametrize("algorithm", ["percent", "consecutive"])
def test_the_smallest_windows(algorithm):
    config = AudioVadConfigV2(0, 1, 1, algorithm=algorithm)
    seen = run("..VVV..V.V", config)
    assert seen.states == "0012230131"
    assert seen.utterances == [[2, 3, 4, 5], [7, 8], [9]]


# --- §1.5 percent -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", rotations("V" * 20 + "." * 10))
def test_percent_20_of_30_never_start(window):
    assert run(window * 10, PERCENT).states == "0" * 300


@pytest.mark.parametrize("window", rotations("V" * 21 + "." * 9))
@pytest.mark.parametrize("before", [0, 7, 30, 100])
def test_percent_21_of_30_start_at_the_21st(window, before):
    seen = run("." * before + window, PERCENT)
    nth = [k for k, label in enumerate(window) if label == "V"][20]
    assert seen.starts == [before + nth]


@given(st.permutations("V" * 21 + "." * 9))
@thorough
def test_percent_21_of_30_start_in_any_order(window):
    seen = run("".join(window), PERCENT)
    assert seen.starts == [[k for k, label in enumerate(window) if label == "V"][20]]


@given(st.permutations("V" * 20 + "." * 10))
@thorough
def test_percent_20_of_30_do_not_start_in_any_order(window):
    assert run("".join(window), PERCENT).starts == []


def test_percent_the_window_slides():
    # 20 active ones, and the 21st comes when the first of them has left the window of 30, or just before.
    assert run("V" * 20 + "." * 10 + "V", PERCENT).starts == []
    assert run("V" * 20 + "." * 9 + "V", PERCENT).starts == [29]


@pytest.mark.parametrize("window", rotations("." * 24 + "V" * 26))
def test_percent_24_of_50_inactive_never_stop(window):
    seen = run("V" * 21 + window * 10, PERCENT)
    assert seen.states == "0" * 20 + "1" + "2" * 500


@pytest.mark.parametrize("window", rotations("." * 25 + "V" * 25))
def test_percent_25_of_50_inactive_stop_when_the_window_is_full(window):
    seen = run("V" * 21 + window, PERCENT)
    assert seen.states == "0" * 20 + "1" + "2" * 49 + "3"


@given(st.permutations("." * 25 + "V" * 25))
@thorough
def test_percent_25_of_50_inactive_stop_in_any_order(window):
    assert run("V" * 21 + "".join(window), PERCENT).stops == [70]


@pytest.mark.parametrize("speech", [49, 50, 51, 500])
def test_percent_after_long_speech_the_25th_inactive_frame_stops(speech):
    assert run("V" * (21 + speech) + "." * 24, PERCENT).stops == []
    assert run("V" * (21 + speech) + "." * 25, PERCENT).stops == [20 + speech + 25]


@pytest.mark.parametrize(
    ("probability", "active"),
    [(0.0, False), (0.70, False), (0.704, False), (0.705, False), (0.706, True), (0.71, True), (1.0, True)],
)
def test_the_probability_is_rounded_to_whole_percent_and_must_be_above(probability, active):
    for config, level in ((percent(start_recognize_count=1), -20.0), (consecutive(start_recognize_count=1), -90.0)):
        seen = run([(0.0, -90.0)] * 16 + [(probability, level)], config)
        assert (seen.states[-1] == "1") is active


@pytest.mark.parametrize(
    ("probability", "active"), [(0.70, False), (0.704, False), (0.705, False), (0.706, True), (0.71, True)]
)
def test_percent_the_probability_is_rounded_while_speaking_too(probability, active):
    config = percent(pre_start_recognize_count=0, start_recognize_count=1, stop_recognize_count=1)
    assert run([(1.0, -20.0), (probability, -20.0)], config).states == ("12" if active else "13")


@pytest.mark.parametrize(("level", "active"), [(-127.0, False), (-50.0, False), (-49.999, True), (0.0, True)])
def test_percent_the_level_must_be_above(level, active):
    seen = run([(1.0, level)], percent(pre_start_recognize_count=0, start_recognize_count=1))
    assert (seen.states == "1") is active


def test_percent_probability_and_level_must_both_be_above():
    config = percent(pre_start_recognize_count=0, start_recognize_count=1)
    assert run([(1.0, -50.0)], config).states == "0"
    assert run([(0.7, 0.0)], config).states == "0"
    assert run([(0.71, -49.0)], config).states == "1"


def test_percent_the_start_pair_while_silent_the_stop_pair_while_speaking():
    config = percent(
        pre_start_recognize_count=0,
        start_recognize_count=1,
        stop_recognize_count=1,
        start_voice_prob=70,
        stop_voice_prob=40,
        start_rms_threshold=-30,
        stop_rms_threshold=-60,
    )
    loud = (0.71, -29.0)
    assert run([(0.70, -29.0), (0.71, -30.0), loud], config).states == "001"
    assert run([loud, (0.41, -59.0), (0.41, -59.0)], config).states == "122"
    assert run([loud, (0.40, -59.0)], config).states == "13"
    assert run([loud, (0.41, -60.0)], config).states == "13"
    assert run([loud, (0.41, -60.0), (0.41, -59.0), loud], config).states == "1301"  # and the start pair again


@pytest.mark.parametrize(
    ("share", "count", "needed"),
    # Not all floats times 100 are whole: 0.29 gives 28.999999999999996 and 0.57 gives 56.99999999999999.
    [(0.29, 100, 29), (0.57, 100, 57), (0.07, 100, 7), (0.7, 30, 21), (0.5, 5, 3), (1.0, 200, 200), (0.004, 200, 1)],
)
def test_percent_the_active_share_is_compared_in_whole_numbers(share, count, needed):
    config = percent(start_recognize_count=count, active_percent=share)
    assert run("V" * (needed - 1) + "." * 200, config).starts == []
    assert run("V" * needed, config).starts == [needed - 1]


@pytest.mark.parametrize(
    ("share", "count", "needed"),
    [(0.2, 50, 10), (0.29, 100, 29), (0.5, 50, 25), (0.5, 5, 3), (0.7, 30, 21), (1.0, 200, 200), (0.01, 50, 1)],
)
def test_percent_the_inactive_share_is_compared_in_whole_numbers(share, count, needed):
    config = percent(start_recognize_count=1, stop_recognize_count=count, inactive_percent=share)
    assert run("V" + "V" * 200 + "." * (needed - 1), config).stops == []
    assert run("V" + "V" * 200 + "." * needed, config).stops == [200 + needed]


def test_percent_active_percent_0_takes_one_active_frame():
    seen = run("." * 100 + "V", percent(active_percent=0))
    assert seen.starts == [100]
    assert seen.handed[100] == span(55, 100)


def test_percent_active_percent_1_takes_the_whole_window():
    assert run("V" * 29 + "." + "V" * 29, percent(active_percent=1)).starts == []
    assert run("V" * 29 + "." + "V" * 30, percent(active_percent=1)).starts == [59]


def test_percent_inactive_percent_0_stops_when_the_window_is_full():
    assert run("V" * 100, percent(inactive_percent=0)).stops == [70]


def test_percent_inactive_percent_1_takes_the_whole_window():
    seen = run("V" * 21 + ("." * 49 + "V") * 4 + "." * 60, percent(inactive_percent=1))
    assert seen.stops == [20 + 200 + 50]


def test_percent_a_short_first_utterance_is_found():
    seen = run("V" * 25 + "." * 100, PERCENT)
    assert seen.starts == [20]
    assert seen.handed[20] == span(0, 20)
    assert seen.stops == [70]


def test_percent_frames_missing_at_the_beginning_count_as_inactive():
    assert run("V" * 20, PERCENT).starts == []
    assert run("V" * 21, PERCENT).starts == [20]


def naive_percent(labels, config):
    """The definition, frame by frame over plain lists: states and the frames handed out."""
    speaking, since, states, handed = False, [], "", []
    capacity = config.pre_start_recognize_count + config.start_recognize_count
    for k, (probability, level) in enumerate(labels):
        above = config.stop_voice_prob if speaking else config.start_voice_prob
        louder = config.stop_rms_threshold if speaking else config.start_rms_threshold
        since.append(round(100 * probability) > above and level > louder)
        if not speaking:
            active = since[-config.start_recognize_count :].count(True)
            share = Fraction(active, config.start_recognize_count)
            speaking = active > 0 and share >= Fraction(round(100 * config.active_percent), 100)
            states += "1" if speaking else "0"
            handed.append(span(k - min(capacity, len(since)) + 1, k) if speaking else [])
        else:
            inactive = since[-config.stop_recognize_count :].count(False)
            share = Fraction(inactive, config.stop_recognize_count)
            full = len(since) >= config.stop_recognize_count
            speaking = not (full and share >= Fraction(round(100 * config.inactive_percent), 100))
            states += "2" if speaking else "3"
            handed.append([k])
        if states[-1] in "13":
            since = []
    return states, handed


some_labels = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.3, 0.5, 0.704, 0.706, 1.0]), st.sampled_from([-127.0, -60.0, -50.0, -49.9, -20.0])
    ),
    max_size=150,
)


@given(some_labels, configs("percent"), st.integers(0, 100), st.integers(0, 100), st.integers(-127, 0))
@thorough
def test_percent_is_its_definition(labels, config, start_prob, stop_prob, stop_rms):
    config = dataclasses.replace(
        config,
        adaptive_rms=False,
        start_voice_prob=start_prob,
        stop_voice_prob=stop_prob,
        stop_rms_threshold=stop_rms,
    )
    seen = run(labels, config)
    assert (seen.states, seen.handed) == naive_percent(labels, config)


# --- §1.6 consecutive ---------------------------------------------------------------------------------------------


def test_consecutive_one_inactive_frame_begins_the_count_again():
    assert run("." * 46 + "V" * 29 + "." + "V" * 29 + "." * 100, CONSECUTIVE).starts == []
    assert run("." * 46 + "V" * 29 + "." + "V" * 30, CONSECUTIVE).starts == [46 + 59]


@pytest.mark.parametrize("count", range(30, 46))
def test_consecutive_a_short_utterance_at_the_very_beginning_is_never_found(count):
    assert run("V" * count + "." * 300, CONSECUTIVE).states == "0" * (count + 300)


@pytest.mark.parametrize("before", [0, 1, 15, 16, 17])
def test_consecutive_the_queue_must_fill_first(before):
    assert run("." * before + "V" * 60, CONSECUTIVE).starts == [max(45, before + 29)]


def test_consecutive_one_active_frame_begins_the_silence_again():
    seen = run("V" * 46 + ("." * 49 + "V") * 4 + "." * 50, CONSECUTIVE)
    assert seen.stops == [45 + 200 + 50]


def test_consecutive_after_long_speech_the_50th_inactive_frame_stops():
    assert run("V" * 500 + "." * 49 + "V", CONSECUTIVE).stops == []
    assert run("V" * 500 + "." * 50, CONSECUTIVE).stops == [549]


@pytest.mark.parametrize(
    ("labels", "active"),
    [
        (at(77), False),  # the level at the threshold of -50 dBFS
        (at(78), True),  # above it
        (at(0, 1.0), True),  # speech, in whatever silence
        (at(78, 1.0), True),
        (at(0, 0.7), False),
        (at(0, 0.71), True),  # a probability that counts as 1
    ],
)
def test_consecutive_is_active_by_probability_or_by_level(labels, active):
    config = consecutive(pre_start_recognize_count=0, start_recognize_count=1, stop_recognize_count=1)
    assert run([labels], config).states == ("1" if active else "0")
    assert run([(1.0, 0.0), labels], config).states == ("12" if active else "13")


@given(some_labels, configs("consecutive"))
@thorough
def test_consecutive_ignores_percentages_and_the_stop_pair(labels, config):
    other = dataclasses.replace(
        config, active_percent=0.1, inactive_percent=0.9, stop_voice_prob=3, stop_rms_threshold=-3
    )
    assert run(labels, config).states == run(labels, other).states


def test_consecutive_levels_are_rounded_to_the_whole_numbers_of_the_sdk():
    config = consecutive(pre_start_recognize_count=0, start_recognize_count=1)
    assert run([(0.0, -49.6)], config).states == "0"
    assert run([(0.0, -49.4)], config).states == "1"


# --- the adaptive threshold ---------------------------------------------------------------------------------------

ADAPTIVE = consecutive(adaptive_rms=True)


def test_consecutive_noise_just_above_two_thirds_of_the_speech_never_stops():
    # 0.67 * 80 is 53: speech at -47 dBFS makes a threshold of -74, and noise at -73 is above it.
    seen = run([at(80)] * 46 + [at(54)] * 1000, ADAPTIVE)
    assert seen.starts == [45]
    assert seen.stops == []
    assert seen.vad.effective_thresholds == (-74, -74)


def test_consecutive_noise_at_two_thirds_of_the_speech_stops():
    assert run([at(80)] * 46 + [at(53)] * 1000, ADAPTIVE).stops == [95]


def test_consecutive_without_the_adaptive_threshold_noise_stops():
    assert run([at(80)] * 46 + [at(54)] * 1000, CONSECUTIVE).stops == [95]


def test_consecutive_with_the_floor_noise_stops():
    seen = run([at(80)] * 46 + [at(54)] * 1000, consecutive(adaptive_rms=True, adaptive_floor=True))
    assert seen.stops == [95]
    assert seen.vad.effective_thresholds == (-50, -50)


def test_the_floor_holds_back_no_higher_threshold():
    seen = run([at(127)] * 46, consecutive(adaptive_rms=True, adaptive_floor=True))
    assert seen.vad.effective_thresholds == (85 - 127, 85 - 127)


@pytest.mark.parametrize(("level", "threshold"), [(80, 53), (100, 67), (117, 78), (127, 85)])
def test_the_adaptive_threshold_is_cut_to_a_whole_number(level, threshold):
    assert run([at(level)] * 46, ADAPTIVE).vad.effective_thresholds == (threshold - 127, threshold - 127)


def test_the_mean_is_over_the_whole_run_and_cut_to_a_whole_number():
    # While the queue fills the run grows beyond 30 frames. (16 * 90 + 30 * 80) / 46 is 83.4, and 0.67 * 83 is 55.6.
    assert run([at(90)] * 16 + [at(80)] * 30, ADAPTIVE).vad.effective_thresholds == (55 - 127, 55 - 127)
    # A broken run counts from its break.
    assert run([at(127)] * 16 + [at(0)] + [at(80)] * 30, ADAPTIVE).vad.effective_thresholds == (53 - 127, 53 - 127)


def test_the_adaptive_threshold_holds_until_the_next_start_in_both_directions():
    seen = run([at(80)] * 46 + [at(0)] * 50, ADAPTIVE)
    assert seen.states[-1] == "3"
    assert seen.vad.effective_thresholds == (53 - 127, 53 - 127)
    seen([at(53)] * 100)
    assert seen.starts == [45]
    seen([at(54)] * 30)
    assert seen.starts == [45, 96 + 129]
    assert seen.vad.effective_thresholds == (int(0.67 * 54) - 127, int(0.67 * 54) - 127)


def test_consecutive_speech_without_level_falls_back_to_the_configured_threshold():
    seen = run([at(80)] * 46 + [at(0)] * 50, ADAPTIVE)
    assert seen.vad.effective_thresholds != (-50, -50)
    seen([at(0, 1.0)] * 46)
    assert seen.states[-1] == "1"
    assert seen.vad.effective_thresholds == (-50, -50)


def test_percent_is_not_adaptive_by_default():
    seen = run([at(80, 1.0)] * 21, percent(stop_rms_threshold=-60))
    assert seen.states[-1] == "1"
    assert seen.vad.effective_thresholds == (-50, -60)


def test_percent_adapts_both_thresholds_when_told():
    config = percent(adaptive_rms=True, stop_rms_threshold=-60)
    seen = run([at(80, 1.0)] * 21, config)
    assert seen.states[-1] == "1"
    assert seen.vad.effective_thresholds == (53 - 127, 53 - 127)
    assert seen([at(54, 1.0)] * 100).stops == []
    assert seen([at(53, 1.0)] * 25).stops == [20 + 125]
    assert seen([at(53, 1.0)] * 50 + [at(54, 1.0)] * 21).starts == [20, 145 + 71]


def test_percent_off_stops_where_adaptive_does_not():
    assert run([at(80, 1.0)] * 21 + [at(54, 1.0)] * 100, PERCENT).stops == [70]
    assert run([at(80, 1.0)] * 21 + [at(54, 1.0)] * 100, percent(adaptive_rms=True)).stops == []


def test_percent_with_the_floor_neither_threshold_falls_below_its_own():
    config = percent(adaptive_rms=True, adaptive_floor=True, stop_rms_threshold=-100)
    assert run([at(80, 1.0)] * 21, config).vad.effective_thresholds == (-50, 53 - 127)


def test_percent_the_mean_is_over_the_active_frames_of_the_window():
    active, quiet, loud = at(80, 1.0), at(127, 0.0), at(127, 1.0)
    # Inactive frames do not count, however loud; active ones that have left the window do not either.
    seen = run([loud] * 10 + [quiet] * 30 + [active] * 10 + [quiet] * 9 + [active] * 11, percent(adaptive_rms=True))
    assert seen.starts == [69]
    assert seen.vad.effective_thresholds == (53 - 127, 53 - 127)


@pytest.mark.parametrize("factor", [0.0, 0.5, 2.0])
def test_the_factor_is_the_factor(factor):
    config = consecutive(adaptive_rms=True, adaptive_factor=factor, start_rms_threshold=-100)
    threshold = int(60 * factor) - 127
    assert run([at(60)] * 46, config).vad.effective_thresholds == (threshold, threshold)


# --- the machine by itself ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probability", "level"),
    [
        (-0.001, -50.0),
        (1.001, -50.0),
        (float("nan"), -50.0),
        (float("inf"), -50.0),
        (0.5, -127.001),
        (0.5, 0.001),
        (0.5, float("nan")),
        (0.5, float("-inf")),
    ],
)
def test_labels_out_of_range_are_refused_and_do_not_count(probability, level):
    config = AudioVadConfigV2(2, 3, 4, adaptive_rms=True)
    refusing, fresh = VadStateMachine(config, FORMAT), VadStateMachine(config, FORMAT)
    for label in ".VV.VVVV.V....V.VVVV":
        with pytest.raises(FormatError, match="must be 0 to 1, and -127 to 0 dBFS"):
            refusing.step(probability, level)
        assert refusing.step(*LABELS[label]) is fresh.step(*LABELS[label])
        assert everything(refusing) == everything(fresh)


@pytest.mark.parametrize("labels", [("0.9", -20.0), (0.9, "loud"), (None, -20.0), (0.9, None), ([1], -20.0)])
def test_a_label_that_is_no_number_is_a_format_error(labels):
    machine = VadStateMachine(PERCENT, FORMAT)
    with pytest.raises(FormatError):
        machine.step(*labels)
    assert everything(machine) == everything(VadStateMachine(PERCENT, FORMAT))


def test_the_ends_of_the_ranges_belong_to_them():
    machine = VadStateMachine(PERCENT, FORMAT)
    for labels in [(0, -127), (1, 0), (0.0, -127.0), (1.0, 0.0)]:
        assert machine.step(*labels) is VadState.NON_SPEAKING


def everything(machine):
    """All that a machine knows."""
    return {name: list(value) if name in ("events", "_levels") else value for name, value in vars(machine).items()}


@given(signals(), configs(lengths=True))
@thorough
def test_reset_forgets_everything(signal, config):
    machine = VadStateMachine(config, FORMAT)
    for label in signal:
        machine.step(*LABELS[label])
    machine.reset()
    assert everything(machine) == everything(VadStateMachine(config, FORMAT))


@given(signals(), configs(lengths=True))
@thorough
def test_held_is_what_a_start_would_hand_out(signal, config):
    machine, seen = VadStateMachine(config, FORMAT), Run(config)
    for label in signal:
        state = machine.step(*LABELS[label])
        seen(label)
        if state is VadState.START_SPEAKING:
            assert len(seen.handed[-1]) == machine.held


# --- the table ----------------------------------------------------------------------------------------------------


def walk(steps, seed):
    """A random walk that visits all of the machine: (phase before, phase after, state, what was handed out)."""
    chance = random.Random(seed)
    config = AudioVadConfigV2(2, 4, 5, algorithm=chance.choice(AudioVadConfigV2.ALGORITHMS))
    config = dataclasses.replace(config, min_speech=chance.choice([0.0, 0.05, 0.09]), max_speech=0.3)
    machine, seen = VadStateMachine(config, FORMAT), Run(config)
    held = []
    for _ in range(steps):
        before = machine.phase
        if chance.random() < 0.02:
            state, data, held = machine.flush(), seen.vad.flush().data, []
            assert data == b""
            yield before, machine.phase, state, "nothing"
            continue
        for label in chance.choice(["V", "V" * 6, ".", "." * 6]):
            before = machine.phase
            state = machine.step(*LABELS[label])
            held.append(len(seen.states))
            out = seen(label).handed[-1]
            if not out:
                said = "nothing"
            elif out == held[-len(out) :] and state is VadState.START_SPEAKING:
                said = "all frames held"
                assert len(out) == machine.held
            else:
                said = "the frame"
                assert out == held[-1:]
            if machine.phase is Phase.IDLE and before is not Phase.IDLE:
                held = []
            yield before, machine.phase, state, said


@pytest.mark.parametrize("seed", range(12))
def test_what_happens_is_in_the_table(seed):
    rows = {(row.phase, row.then, row.state, row.data) for row in TRANSITIONS}
    assert set(walk(400, seed)) <= rows


def test_every_row_of_the_table_happens():
    happened = {step for seed in range(12) for step in walk(400, seed)}
    assert happened == {(row.phase, row.then, row.state, row.data) for row in TRANSITIONS}


def test_no_two_rows_of_the_table_say_the_same():
    assert len({(row.phase, row.then, row.state, row.data) for row in TRANSITIONS}) == len(TRANSITIONS)
    assert len({(row.phase, row.condition) for row in TRANSITIONS}) == len(TRANSITIONS)


@pytest.mark.parametrize(
    ("signal", "phase", "flushed"),
    [
        ("", Phase.IDLE, VadState.NON_SPEAKING),
        ("VV", Phase.IDLE, VadState.NON_SPEAKING),
        ("VVVV", Phase.PENDING, VadState.NON_SPEAKING),
        ("VVVVVV", Phase.SPEAKING, VadState.STOP_SPEAKING),
        ("VVVVVV.....", Phase.IDLE, VadState.NON_SPEAKING),
        ("VVVV.....", Phase.IDLE, VadState.NON_SPEAKING),
    ],
)
def test_flush_ends_every_phase(signal, phase, flushed):
    machine = VadStateMachine(AudioVadConfigV2(2, 4, 5, active_percent=1.0, min_speech=0.06), FORMAT)
    for label in signal:
        machine.step(*LABELS[label])
    assert machine.phase is phase
    assert machine.flush() is flushed
    assert machine.phase is Phase.IDLE
    assert machine.flush() is VadState.NON_SPEAKING


def test_frames_of_this_test_are_told_apart():
    assert frame(3, None).pcm != frame(4, None).pcm
