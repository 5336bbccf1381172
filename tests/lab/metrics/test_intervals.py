"""Sets of stretches: against a tape of millimetres on which everything is coloured by hand, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.metrics.intervals import (
    clip,
    cover,
    gaps,
    intervals_of,
    merge,
    overlapping,
    scored_region,
    validate,
)
from agora_audio.vad.segments import Segment
from tests.vad.pieces import steady

# Whole seconds on a tape of 20 cells: "##.#" is speech in 0 to 2 and 3 to 4.
tapes = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted), max_size=8)


def array(pairs):
    return np.array(pairs, float).reshape(-1, 2)


def cells(intervals):
    return {cell for start, end in np.asarray(intervals).tolist() for cell in range(int(start), int(end))}


def test_merge_joins_what_overlaps_and_what_touches():
    assert merge(array([(3, 4), (0, 1), (1, 2), (0.5, 1.5), (5, 5)])).tolist() == [[0, 2], [3, 4]]
    assert merge(array([(0, 9), (2, 3)])).tolist() == [[0, 9]]
    assert merge(array([])).shape == (0, 2)


@pytest.mark.parametrize(("gap", "joined"), [(0.0, 2), (0.5, 2), (0.500001, 1)])
def test_merge_joins_over_a_pause_that_is_shorter(gap, joined):
    assert len(merge(array([(0, 1), (1.5, 2)]), gap)) == joined


def test_a_microsecond_is_neither_a_stretch_nor_a_gap():
    assert merge(array([(0, 1e-6), (1, 2), (2.000001 - 1e-9, 3)])).tolist() == [[1, 3]]
    assert len(merge(array([(1, 2), (2.000002, 3)]))) == 2


@given(tapes, tapes)
@steady
def test_sets_on_a_tape(pairs, region):
    one, other = array(pairs), merge(array(region))
    assert cells(merge(one)) == cells(one)
    assert cells(cover(one, other)) == cells(one) & cells(other)
    assert cells(clip(merge(one), other)) == cells(one) & cells(other)
    assert cells(gaps(one, other)) == cells(other) - cells(one)
    for result in (merge(one), clip(merge(one), other), cover(one, other), gaps(one, other)):
        assert (result[1:, 0] > result[:-1, 1]).all()  # sorted and apart


@given(tapes, tapes)
@steady
def test_which_overlap_which(pairs, others):
    one, other = merge(array(pairs)), merge(array(others))
    first, behind = overlapping(one, other)
    for begin, stretch in enumerate(one):
        met = [at for at, candidate in enumerate(other) if cells([stretch]) & cells([candidate])]
        assert list(range(first[begin], behind[begin])) == met


def test_stretches_on_top_of_each_other_are_not_paired_with_each_part():
    starts = np.arange(100_000) / 1000
    piled = np.column_stack((starts, starts + 500))  # each lies over nearly all parts of the region
    region = np.column_stack((np.arange(30_000) / 100, np.arange(30_000) / 100 + 0.005))
    assert cover(piled, region).tolist() == region.tolist()


def test_the_collar_counts_on_each_side():
    wanted, found = array([(2, 4)]), array([(0, 10)])
    assert scored_region(wanted, found).tolist() == [[0, 10]]
    assert scored_region(wanted, found, None, 0.25).tolist() == [[0, 1.75], [2.25, 3.75], [4.25, 10]]
    assert scored_region(wanted, found, array([(3, 5), (5, 6)]), 0.25).tolist() == [[3, 3.75], [4.25, 6]]
    assert scored_region(wanted, found, None, 5).tolist() == [[9, 10]]
    assert len(scored_region(array([]), array([]), None, 0.25)) == 0


def test_the_three_times_of_segments():
    segments = [Segment(1, 2, 0.8, 2.4, 1.3, 2.5), Segment(3, 4)]
    assert intervals_of(segments).tolist() == [[1, 2], [3, 4]]
    assert intervals_of(segments, "sound").tolist() == [[0.8, 2.4], [3, 4]]
    assert intervals_of(segments, "decided").tolist() == [[1.3, 2.5], [3, 4]]
    assert intervals_of([]).shape == (0, 2)
    with pytest.raises(ConfigError, match=r"kind is 'audio'.*speech, sound, decided"):
        intervals_of(segments, "audio")
    for wrong in (7, [1, 2], "ab"):
        with pytest.raises(FormatError, match=r"must be Segment: of a label row its \.segment"):
            intervals_of(wrong)


@pytest.mark.parametrize("good", [[], np.zeros((0, 2)), [(0, 1)], [[0, 1], [0.5, 2]], np.array([[1, 2]], np.float32)])
def test_what_is_taken(good):
    assert validate("reference", good).shape == (len(good), 2)
    assert validate("reference", good).dtype == np.float64


def test_minus_zero_is_zero():
    assert np.signbit(validate("reference", [(-0.0, 1)])).tolist() == [[False, False]]


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (None, "reference is None, must be an array"),
        ("0 1", "is '0 1', must be"),
        ([("a", "b")], "must be an array of start and end"),
        ([(1, 2), (3,)], "must be an array"),
        ([(1, None)], "must be an array"),
        ([(True, True)], "must be an array"),
        ([(1, 2j)], "must be an array"),
        ([Segment(1, 2)], r"segments: intervals_of\(them\) is an array"),
        ({1: 2}, "must be an array"),
        (5, r"shape \(\), must be \(n, 2\)"),
        ([1, 2], r"shape \(2,\)"),
        ([(1, 2, 3)], r"shape \(1, 3\)"),
        (np.zeros((2, 0)), r"shape \(2, 0\)"),
        ([(0, 1), (3, 2)], r"reference\[1\] is 3 to 2: .*end not before"),
        ([(-1, 2)], r"reference\[0\] is -1 to 2: .*from 0"),
        ([(0, float("nan"))], "is 0 to nan"),
        ([(float("nan"), 1)], "is nan to 1"),
        ([(0, float("inf"))], "is 0 to inf"),
        ([(0, 1e12)], r"is 0 to 1e\+12: .*1e\+09"),
        ([(0, 10**400)], "must be an array"),
    ],
)
def test_what_is_refused_in_one_line(bad, problem):
    with pytest.raises(FormatError, match=problem) as caught:
        validate("reference", bad)
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)
