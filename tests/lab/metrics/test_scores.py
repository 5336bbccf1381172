"""All metrics at once, their totals, and the conditions a build is stopped by."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.metrics import METRICS, Condition, Scores, detection_error_rate, evaluate, score, utterance_errors

REFERENCE = [(1.0, 3.0), (5.0, 6.0)]
FOUND = [(1.1, 3.5), (8.0, 8.5)]
DECIDED = [(1.3, 3.9), (8.2, 8.9)]


def test_every_metric_has_a_value_by_hand():
    probability = np.r_[np.zeros(100), np.ones(250), np.zeros(650)]
    values = evaluate(REFERENCE, FOUND, decided=DECIDED, duration=30, voice_prob=probability)
    assert list(values) == list(METRICS)
    assert values == pytest.approx(
        {
            "detection_error_rate": 2.1 / 3,
            "miss": 1.1,
            "false_alarm": 1.0,
            "total": 3.0,
            "precision": 190 / 290,
            "recall": 190 / 300,
            "f1": 2 * 190 / 590,
            "auc": (200 / 300 + 1 - 50 / 700) / 2,
            "utterances": 2,
            "segments": 2,
            "missed_utterances": 1,
            "false_utterances": 1,
            "false_interruptions_per_minute": 2.0,
            "splits": 0,
            "merges": 0,
            "premature_ends": 0,
            "onset_error_ms": 100.0,
            "onset_latency_ms": 300.0,
            "onset_latency_p90_ms": 300.0,
            "onset_clipped_ms": 100.0,
            "onset_clipped_p90_ms": 100.0,
            "onset_clipped_max_ms": 100.0,
            "end_error_ms": 500.0,
            "end_latency_ms": 900.0,
            "end_latency_p90_ms": 900.0,
            "scored": 30.0,
        }
    )


def test_nothing_at_all_is_right_and_has_no_times():
    values = evaluate([], [])
    assert {name for name, value in values.items() if value is None} == {
        name for name in METRICS if name.endswith("_ms") or name in ("auc", "false_interruptions_per_minute")
    }
    assert (values["detection_error_rate"], values["f1"]) == (0.0, 1.0)
    assert not any(isinstance(value, float) and math.isnan(value) for value in values.values())


def test_the_time_that_is_scored():
    assert score(REFERENCE, FOUND).scored == 8.5
    assert score(REFERENCE, FOUND, duration=60).scored == 60
    assert score(REFERENCE, FOUND, [(0, 4), (3, 5)], duration=60).scored == 5


def test_the_collar_is_for_times_and_frames():
    plain, collared = evaluate(REFERENCE, FOUND), evaluate(REFERENCE, FOUND, collar=0.5)
    assert collared["detection_error_rate"] == detection_error_rate(REFERENCE, FOUND, collar=0.5)
    assert collared["precision"] != plain["precision"]
    assert collared["onset_error_ms"] == plain["onset_error_ms"] == 100.0


def test_what_latencies_speak_of():
    decided, placed = score(REFERENCE, FOUND, decided=DECIDED), score(REFERENCE, FOUND)
    assert (decided.latency_from, placed.latency_from, (decided + placed).latency_from) == (
        "decisions", "boundaries", "mixed"
    )  # fmt: skip
    assert score(REFERENCE, []).latency_from is None
    assert (decided + score(REFERENCE, [])).latency_from == "decisions"
    assert placed.values()["premature_ends"] is None
    assert score(REFERENCE, []).values()["premature_ends"] == 0


def test_a_total_is_of_all_seconds_and_utterances():
    parts = [score([(0, 10)], [(0, 10)]), score([(0, 1)], []), score([], [(0, 1)], duration=30)]
    values = Scores.sum(parts).values()
    assert values["detection_error_rate"] == pytest.approx(2 / 11)
    assert (values["missed_utterances"], values["false_utterances"]) == (1, 1)
    assert values["scored"] == 41
    assert Scores.sum([]).values()["detection_error_rate"] == 0.0


def test_the_area_needs_probabilities_of_all_and_both_kinds_of_frames():
    one = score([(0, 0.5)], [], voice_prob=np.linspace(1, 0, 100))
    other = score([(0, 1)], [], voice_prob=np.full(100, 0.9))
    assert one.values()["auc"] == 1.0
    assert other.values()["auc"] is None
    assert 0.5 < (one + other).values()["auc"] <= 1.0
    assert (one + score([(0, 1)], [])).values()["auc"] is None
    # What is not scored is not ranked.
    probability = np.r_[np.full(50, 0.5), np.ones(10), np.zeros(40)]
    assert score([(0, 0.5)], [], voice_prob=probability).values()["auc"] < 1.0
    assert score([(0, 0.5)], [], [(0, 0.4), (0.6, 1)], voice_prob=probability).values()["auc"] == 1.0
    for wrong in ("x", [[0.5]], [0.5, float("nan")], [2.0], 5, [None]):
        with pytest.raises(FormatError, match="voice_prob must be"):
            score([(0, 1)], [], voice_prob=wrong)


def test_bad_input_is_refused_by_name():
    with pytest.raises(FormatError, match="hypothesis"):
        evaluate([], [(2, 1)])
    with pytest.raises(ConfigError, match="pause"):
        evaluate([], [], pause="x")


def test_latencies_are_medians_and_percentiles():
    wanted = [(10 * n, 10 * n + 5) for n in range(11)]
    decided = [(10 * n + n / 10, 10 * n + 5.5) for n in range(11)]
    found = [(start, end) for start, end in wanted]
    values = evaluate(wanted, found, decided=decided)
    assert (values["onset_latency_ms"], values["onset_latency_p90_ms"]) == (500.0, 900.0)
    assert utterance_errors(wanted, found, decided=decided).decided == 11


# --- conditions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("f1<0.9", True),
        (" f1 >= 0.85 ", True),
        ("f1>0.85", False),
        ("f1<=8.5e-1", True),
        ("splits==2", True),
        ("splits!=2", False),
        ("onset_latency_ms>200", None),
    ],
)
def test_conditions(text, holds):
    assert Condition.parse(text).holds({"f1": 0.85, "splits": 2, "onset_latency_ms": None}) is holds


def test_conditions_are_shown_as_they_are_meant():
    assert str(Condition.parse("f1 < .90")) == "f1<0.9"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("f2<0.9", r"no metric is called 'f2'; there are detection_error_rate, .*f1, auc"),
        ("f1", "is none: write a metric"),
        (None, "None is none"),
        (0.9, "0.9 is none"),
        ("f1=0.9", "is none"),
        ("f1<", "is none"),
        ("", "is none"),
        ("0.9>f1", "no metric is called '0'|is none"),
        ("f1<high", "'high' is no number"),
        ("f1<nan", "no number"),
        ("f1<inf", "no number"),
        ("f1<0.9 and recall<0.5", "is none"),
    ],
)
def test_conditions_that_are_none(text, problem):
    with pytest.raises(ConfigError, match=problem):
        Condition.parse(text)


def test_the_documents_define_every_metric():
    text = (Path(__file__).parents[3] / "docs" / "scores.md").read_text(encoding="utf-8")
    defined = set(re.findall(r"`(\w+)`", text))
    short = {name for name in METRICS if re.search(r"_(p90|max)_ms$", name)}  # written as `..._p90_ms`
    assert set(METRICS) - short <= defined
    assert "`..._p90_ms`" in text
    assert "`..._max_ms`" in text
