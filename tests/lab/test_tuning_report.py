"""The report: what it says when tuning held, when it did not, and when there was nothing to hold it against."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from agora_audio.lab.objectives import MEASURES, Objective
from agora_audio.lab.tuning import Evidence, Outcome
from agora_audio.lab.tuning_report import as_dict, as_markdown, verdict
from agora_audio.vad.config import AudioVadConfigV2


def values(**known):
    return {**dict.fromkeys(MEASURES), **known}


BASE, TUNED = AudioVadConfigV2(), AudioVadConfigV2(stop_recognize_count=80)
OUTCOME = Outcome(
    objective=Objective.of(["turn_cost_ms"], subject_to=["missed<=1"]),
    base=BASE,
    config=TUNED,
    trials=300,
    train_names=("a", "b"),
    unseen_names=("c",),
    train=(values(turn_cost_ms=900.0, missed_utterances=0), values(turn_cost_ms=400.0, missed_utterances=0)),
    unseen=(values(turn_cost_ms=1000.0, missed_utterances=0), values(turn_cost_ms=600.4, missed_utterances=1)),
    evidence=(
        Evidence("stop_recognize_count", 50, 80, values(turn_cost_ms=850.0), values(turn_cost_ms=990.0)),
    ),
    front=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "better than before on 1 recording not searched on: turn_cost_ms 1000 -> 600; all conditions hold"),
        (
            {"unseen": (OUTCOME.unseen[0], values(turn_cost_ms=1200.0, missed_utterances=3))},
            "NOT better than before on 1 recording not searched on: turn_cost_ms 1000 -> 1200; fails: "
            "missed_utterances<=1",
        ),
        (
            {"unseen": None, "unseen_names": ()},
            "better than before on the recordings searched on, no others: turn_cost_ms 900 -> 400; all conditions hold",
        ),
        (
            {"config": BASE, "unseen": (OUTCOME.unseen[0],) * 2},
            "nothing beat the config it began with (on 1 recording not searched on: turn_cost_ms 1000 -> 1000; all "
            "conditions hold)",
        ),
    ],
)  # fmt: skip
def test_the_verdict(change, said):
    assert verdict(replace(OUTCOME, **change)) == said


def test_the_page():
    page = as_markdown(OUTCOME, "Tuning of calls")
    for line in (
        "# Tuning of calls",
        "Objective: minimise turn_cost_ms subject to missed_utterances<=1. 300 configs tried on 2 recordings.",
        "| `turn_cost_ms` | 900 | 400 | 1000 | 600 |",
        "| `f1` | - | - | - | - |",
        "| `stop_recognize_count` | 50 | 80 | 850 | - | 990 | - |",
        "| as tuned |  |  | 400 | 0 | 600 | 1 |",
        "Held out: c.",
    ):
        assert line in page.splitlines()
    assert AudioVadConfigV2.from_json(page.split("```json")[1].split("```")[0]) == TUNED
    none = as_markdown(replace(OUTCOME, unseen=None, unseen_names=(), evidence=()))
    assert "Nothing: no other config was better on the recordings searched on." in none
    assert "Held out: none." in none


def test_as_json():
    found = json.loads(json.dumps(as_dict(OUTCOME)))
    assert AudioVadConfigV2.from_dict(found["config"]) == TUNED
    assert (found["better_unseen"], found["feasible"]) == (True, True)
    assert found["changes"] == [
        {
            "field": "stop_recognize_count",
            "before": 50,
            "after": 80,
            "put_back_train": {"turn_cost_ms": 850.0, "missed_utterances": None},
            "put_back_unseen": {"turn_cost_ms": 990.0, "missed_utterances": None},
        }
    ]


def test_the_front():
    both = Objective.of(["interrupt_cost_ms", "turn_cost_ms"])
    measured = values(interrupt_cost_ms=150.0, turn_cost_ms=500.0)
    outcome = replace(OUTCOME, objective=both, front=((BASE, measured, measured), (TUNED, measured, None)))
    outcome = replace(outcome, train=(measured, measured), unseen=(measured, measured))
    page = as_markdown(outcome)
    assert "| 150 | 500 | 150 | 500 | 50 |" in page
    assert as_dict(outcome)["front"][1]["config"]["stop_recognize_count"] == 80
