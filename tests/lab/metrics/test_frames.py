"""Frames: counted without being made, equal to frames that are; ROC against all pairs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.metrics import FrameCounts, frame_counts, frame_labels, precision_recall_f1, roc
from tests.vad.pieces import steady

# Times on a grid of milliseconds, so that many are the centre of a frame.
times = st.integers(0, 300).map(lambda ms: ms / 1000)
stretches = st.lists(st.tuples(times, times).map(sorted), max_size=6)


def drawn(tape):
    """Stretches of a tape of 10 ms cells: "##.#"."""
    return [(at / 100, (at + 1) / 100) for at, cell in enumerate(tape) if cell == "#"]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "hits", "misses", "false_alarms"),
    [
        ("..####..", "..####..", 4, 0, 0),
        ("..####..", "...###..", 3, 1, 0),
        ("..####..", ".....###", 1, 3, 2),
        ("..####..", "........", 0, 4, 0),
        ("........", ".....###", 0, 0, 3),
    ],
)
def test_by_hand(reference, hypothesis, hits, misses, false_alarms):
    counts = frame_counts(drawn(reference), drawn(hypothesis))
    assert counts == FrameCounts(hits, misses, false_alarms)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (FrameCounts(), (1, 1, 1)),
        (FrameCounts(misses=5), (1, 0, 0)),
        (FrameCounts(false_alarms=5), (0, 1, 0)),
        (FrameCounts(6, 2, 4), (0.6, 0.75, 2 / 3)),
        (FrameCounts(3, 1, 2) + FrameCounts(3, 1, 2), (0.6, 0.75, 2 / 3)),
    ],
)
def test_precision_recall_and_f1(counts, expected):
    assert (counts.precision, counts.recall, counts.f1) == pytest.approx(expected)


def test_a_centre_on_a_boundary_belongs_to_what_begins_there():
    assert frame_labels([(0.005, 0.015)], 3).tolist() == [1, 0, 0]
    # 0.035 / 0.01 is a bit above 3.5 in binary.
    assert frame_labels([(0.035, 0.045)], 6).tolist() == [0, 0, 0, 1, 0, 0]


@given(stretches, stretches, stretches, st.sampled_from([0.0, 0.005, 0.02]))
@steady
def test_counts_are_those_of_frames_that_are_made(reference, hypothesis, uem, collar):
    for scored in (None, uem):
        wanted = frame_labels(reference, 32, scored, collar)
        found = frame_labels(hypothesis, 32)
        counts = frame_counts(reference, hypothesis, scored, collar)
        assert counts.hits == np.sum((wanted == 1) & (found == 1))
        assert counts.misses == np.sum((wanted == 1) & (found == 0))
        assert counts.false_alarms == np.sum((wanted == 0) & (found == 1))


def test_the_length_of_a_frame():
    assert frame_counts([(0, 1)], [(0, 0.5)], frame=0.02) == FrameCounts(25, 25, 0)
    assert precision_recall_f1([(0, 1)], [(0, 0.5)], frame=0.02)[1] == 0.5
    for wrong in (0, 1.5, "10ms", None):
        with pytest.raises(ConfigError, match="frame is"):
            frame_counts([], [], frame=wrong)


def test_a_year_costs_nothing():
    assert frame_counts([(0, 3e7)], [(1e7, 3e7)]) == FrameCounts(2 * 10**9, 10**9, 0)


def test_labels_of_what_is_not_scored():
    assert frame_labels(drawn(".##.."), 5, collar=0.01).tolist() == [-1, -1, -1, -1, 0]
    assert frame_labels([(0, 9)], 0).tolist() == []
    for wrong in (-1, 2.5, True, "3", None):
        with pytest.raises(ConfigError, match="count is"):
            frame_labels([], wrong)


# --- ROC ------------------------------------------------------------------------------------------------------------


def test_a_curve_by_hand():
    curve = roc([0, 1, 1, 0, 1], [0.2, 0.9, 0.5, 0.5, 0.5])
    assert curve.thresholds.tolist() == [np.inf, 0.9, 0.5, 0.2]
    assert curve.true_positive_rate.tolist() == pytest.approx([0, 1 / 3, 1, 1])
    assert curve.false_positive_rate.tolist() == [0, 0, 0.5, 1]


@given(st.lists(st.tuples(st.integers(-1, 1), st.integers(0, 5)), min_size=2, max_size=30))
@steady
def test_the_area_is_the_chance_to_be_ranked_rightly(frames):
    labels, scores = map(list, zip(*frames, strict=True))
    speech = [score for label, score in frames if label == 1]
    rest = [score for label, score in frames if label == 0]
    if not speech or not rest:
        with pytest.raises(FormatError, match="both kinds"):
            roc(labels, scores)
        return
    pairs = [(one > two) + (one == two) / 2 for one, two in itertools.product(speech, rest)]
    curve = roc(labels, scores)
    assert curve.auc == pytest.approx(sum(pairs) / len(pairs))
    for threshold, hit, false in zip(
        curve.thresholds, curve.true_positive_rate, curve.false_positive_rate, strict=True
    ):
        assert hit == pytest.approx(np.mean(np.array(speech) >= threshold))
        assert false == pytest.approx(np.mean(np.array(rest) >= threshold))


@pytest.mark.parametrize(
    ("labels", "scores", "problem"),
    [
        ([0, 1], [0.5], r"shape \(2,\), voice_prob \(1,\)"),
        ([[0, 1]], [[0.5, 0.6]], "must be"),
        ([0, 1], [0.5, float("nan")], "NaN"),
        (["a", "b"], [0.5, 0.6], "numbers"),
        ([0, 1], None, "numbers"),
        ([1, 1], [0.5, 0.6], "both kinds"),
        ([], np.zeros(0), "both kinds"),
    ],
)
def test_curves_that_cannot_be(labels, scores, problem):
    with pytest.raises(FormatError, match=problem):
        roc(labels, scores)
