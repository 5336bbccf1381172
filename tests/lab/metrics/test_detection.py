"""Detection error rate: by hand, and equal to pyannote.metrics to the last bit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.metrics import DetectionErrors, detection_error_rate, detection_errors
from tests.lab.metrics.cases import random_cases
from tests.lab.metrics.oracle import detection
from tests.vad.pieces import steady

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "pyannote_detection.json").read_text())["cases"]


def numbers(reference, hypothesis, uem, collar):
    errors = detection_errors(reference, hypothesis, uem, collar)
    return errors.miss, errors.false_alarm, errors.total, errors.rate


@pytest.mark.parametrize(
    ("reference", "hypothesis", "options", "expected"),
    [
        ([(1, 3)], [(1, 3)], {}, (0, 0, 2)),
        ([(1, 3)], [], {}, (2, 0, 2)),
        ([], [(1, 3)], {}, (0, 2, 0)),
        ([], [], {}, (0, 0, 0)),
        ([(1, 3)], [(1.5, 4)], {}, (0.5, 1, 2)),
        ([(1, 2), (1.5, 3)], [(1, 3)], {}, (0, 0, 2)),  # overlapping talkers are one stretch of speech
        ([(1, 2), (2, 3)], [(1, 3)], {}, (0, 0, 2)),  # so are those that touch,
        ([(1, 2), (2, 3)], [(1, 3)], {"collar": 0.25}, (0, 0, 1)),  # though each boundary has its collar
        ([(1, 1)], [(2, 2)], {}, (0, 0, 0)),
        ([(1, 3)], [(0, 4)], {"uem": [(2, 5)]}, (0, 1, 1)),
        ([(1, 3)], [(0, 4)], {"uem": [(2, 5), (4, 6)]}, (0, 1, 1)),
        ([(1, 3)], [(0, 4)], {"uem": []}, (0, 0, 0)),
        ([(1, 3)], [(0.75, 3.25)], {"collar": 0.25}, (0, 0, 1.5)),
        ([(1, 3)], [(0.5, 3.25)], {"collar": 0.25}, (0, 0.25, 1.5)),
        ([(0, 0.4)], [], {"collar": 0.25}, (0, 0, 0)),  # nothing is left of a short one
    ],
)
def test_by_hand(reference, hypothesis, options, expected):
    found = detection_errors(reference, hypothesis, **options)
    assert (found.miss, found.false_alarm, found.total) == expected
    assert detection_error_rate(reference, hypothesis, **options) == found.rate


def test_the_rate_without_speech_is_none_or_all():
    assert detection_error_rate([], []) == 0.0
    assert detection_error_rate([], [(0, 0.5)]) == 1.0


def test_recordings_add_up():
    both = DetectionErrors(1, 2, 10) + DetectionErrors(0, 1, 30)
    assert both == DetectionErrors(1, 3, 40)
    assert both.rate == 0.1


@pytest.mark.parametrize("at", range(len(RECORDED)))
def test_recorded_answers_of_pyannote_to_the_last_bit(at):
    case = RECORDED[at]
    found = numbers(case["reference"], case["hypothesis"], case["uem"], case["collar"])
    assert list(found) == case["expected"]


def test_pyannote_itself_to_the_last_bit():
    pytest.importorskip("pyannote.metrics", exc_type=ImportError, reason="uv sync --group oracles")
    for case in random_cases(seed=7, count=200):
        assert numbers(*case) == detection(case), case


def test_the_recorded_answers_notice_a_nanosecond():
    case = next(one for one in RECORDED if one["uem"] is None and one["collar"] and len(one["hypothesis"]) > 10)
    (start, end), *rest = sorted(case["reference"])
    nudged = [(start, end + 1e-9), *rest]
    assert list(numbers(nudged, case["hypothesis"], None, case["collar"])) != case["expected"]


stretches = st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)).map(sorted), max_size=8)


@given(stretches, stretches, st.floats(0, 2))
@steady
def test_what_holds_of_any_two(reference, hypothesis, collar):
    errors = detection_errors(reference, hypothesis, collar=collar)
    assert 0 <= errors.miss <= errors.total + 1e-9
    assert errors.false_alarm >= 0
    shuffled = detection_errors(reference[::-1], hypothesis[::-1], collar=collar)
    assert shuffled == errors
    if collar == 0:
        swapped = detection_errors(hypothesis, reference)
        assert (swapped.miss, swapped.false_alarm) == (errors.false_alarm, errors.miss)
    assert detection_errors(reference, reference, collar=collar).rate == 0.0


def test_what_is_refused():
    with pytest.raises(FormatError, match=r"hypothesis\[0\]"):
        detection_errors([], [(2, 1)])
    with pytest.raises(FormatError, match="uem"):
        detection_errors([], [], uem="all")
    for wrong in (-0.1, "0.25", True, None, float("nan"), float("inf"), [0.25]):
        with pytest.raises(ConfigError, match=r"collar is .*, must be a number of seconds"):
            detection_errors([], [], collar=wrong)
