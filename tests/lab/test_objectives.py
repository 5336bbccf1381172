"""Objectives: what is read, what is better, and what the measures of their own count."""

from __future__ import annotations

import pytest

from agora_audio.errors import ConfigError
from agora_audio.lab.metrics import METRICS, score
from agora_audio.lab.objectives import MEASURES, OBJECTIVES, Goal, Objective, best_of, measures

# 20 s in four utterances: found 0.3 s late and ended 0.5 s late; begun 0.2 s early and ended within; missed; and the
# last found in two parts. Then something that is no speech.
REFERENCE = [(1, 3), (5, 7), (9, 10), (12, 15)]
FOUND = [(1.1, 3), (5, 6), (12.1, 13), (13.5, 15), (17, 18)]
DECIDED = [(1.3, 3.5), (4.8, 6.5), (12.4, 13.3), (13.9, 15.6), (17.3, 18.5)]


def test_the_measures_of_agents():
    values = measures(score(REFERENCE, FOUND, decided=DECIDED, duration=20.0))
    assert set(METRICS) - {"auc"} < set(values) == set(MEASURES)
    assert values["missed_percent"] == 25.0
    assert values["splits_percent"] == 25.0
    assert values["premature_percent"] == 50.0
    assert values["merges_percent"] == 0.0
    assert values["early_percent"] == 25.0
    # 300 + 0 + 400 ms waited; missed, split, early and false.
    assert values["interrupt_cost_ms"] == pytest.approx((300 + 0 + 400 + 4 * 2000) / 4)
    # 500 + 0 + 600 ms waited; missed, false, and two ends within.
    assert values["turn_cost_ms"] == pytest.approx((500 + 0 + 600 + 4 * 2000) / 4)


def test_nobody_spoke():
    values = measures(score([], [(1, 2)], duration=60.0))
    assert values["false_interruptions_per_minute"] == 1.0
    assert [values[name] for name in ("missed_percent", "early_percent", "turn_cost_ms", "interrupt_cost_ms")] == [
        None
    ] * 4


def test_short_names_and_spaces():
    wanted = Objective.of([" end_latency_ms "], subject_to=["missed <= 1", "false<2", "onset_clipped_ms<50"])
    assert str(wanted) == (
        "minimise end_latency_ms subject to missed_utterances<=1, false_utterances<2, onset_clipped_ms<50"
    )
    assert wanted.metrics == ["end_latency_ms", "missed_utterances", "false_utterances", "onset_clipped_ms"]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "there is nothing to tune for"),
        ({"subject_to": ["f1>0.9"]}, "there is nothing to tune for"),
        ({"minimise": ["latency"]}, "no metric is called 'latency'; there are detection_error_rate"),
        ({"minimise": ["auc"]}, "no metric is called 'auc'"),  # no config changes it
        ({"minimise": ["f1"], "maximise": ["f1"]}, "f1 is a goal twice"),
        ({"minimise": ["f1"], "subject_to": ["auc>0.5"]}, "no metric is called 'auc'"),
        ({"minimise": ["f1"], "subject_to": ["missed"]}, "condition 'missed_utterances' is none"),
        ({"minimise": ["f1"], "subject_to": [""]}, "condition '' is none"),
        ({"minimise": ["f1"], "subject_to": ["missed<=few"]}, "'few' is no number"),
    ],
)
def test_what_is_no_objective(given, problem):
    with pytest.raises(ConfigError, match=problem):
        Objective.of(**given)


def test_objectives_by_name():
    for name in OBJECTIVES:
        assert Objective.named(name).goals
    with pytest.raises(ConfigError, match="objective is 'fast', must be one of interrupt, end-of-turn"):
        Objective.named("fast")
    other = Objective.named("transcript").with_conditions(["onset_clipped_p90_ms<20", "missed<1"])
    assert [str(one) for one in other.subject_to] == ["onset_clipped_p90_ms<20", "missed_utterances<1"]


WANTED = Objective.of(["end_latency_ms"], subject_to=["missed<=1", "f1>0.9"])


def case(latency, missed, f1):
    return {"end_latency_ms": latency, "missed_utterances": missed, "f1": f1}


@pytest.mark.parametrize(
    ("one", "other", "better"),
    [
        (case(300, 0, 0.95), case(400, 0, 0.95), True),
        (case(400, 0, 0.95), case(300, 2, 0.95), True),  # conditions come first
        (case(900, 2, 0.95), case(100, 4, 0.95), True),  # and closer to them is better
        (case(300, 0, 0.95), case(300, 0, 0.95), False),
        (case(300, 0, 0.9), case(900, 0, 0.91), False),  # the limit itself is not above it
        (case(None, 0, 0.95), case(10000, 0, 0.95), False),  # what nobody could measure
        (case(300, 0, None), case(900, 0, 0.95), False),
    ],
)
def test_what_is_better(one, other, better):
    assert WANTED.better(one, other) is better


def test_of_two_goals_one_may_not_pay_for_the_other():
    both = Objective.of(["onset_latency_ms"], ["f1"])
    good = {"onset_latency_ms": 100, "f1": 0.9}
    assert both.better(good, {"onset_latency_ms": 100, "f1": 0.8})
    assert not both.better(good, {"onset_latency_ms": 90, "f1": 0.8})
    assert Goal("f1", True).loss({"f1": 0.9}) == -0.9


def test_the_front_of_several_goals():
    both = Objective.of(["onset_latency_ms", "end_latency_ms"], subject_to=["missed<=1"])
    rows = [(100, 500, 0), (200, 300, 0), (200, 400, 0), (300, 200, 0), (50, 50, 2), (100, 500, 0), (300, 200, 1)]
    candidates = [dict(zip(both.metrics, row, strict=True)) for row in rows]
    assert best_of(both, candidates) == [0, 1, 3]
    assert best_of(both, candidates[4:5]) == [0]  # where none holds the condition, the closest
    assert best_of(both, []) == []
