"""Utterances: two tapes of tenths of a second, one above the other, and what somebody who talks would say to it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.metrics import UtteranceErrors, utterance_errors
from tests.vad.pieces import steady


def drawn(tape):
    """Stretches of a tape of 0.1 s cells; "|" between two cells is a boundary that takes no time."""
    spans, at = [], 0
    for run in re.findall(r"#+|\.+|\|", tape):
        if run[0] == "#":
            spans.append((at / 10, (at + len(run)) / 10))
        at += len(run) if run != "|" else 0
    return spans


def counts(reference, hypothesis, **options):
    found = utterance_errors(drawn(reference), drawn(hypothesis), **options)
    return found.missed, found.false, found.splits, found.merges


@pytest.mark.parametrize(
    ("reference", "hypothesis", "missed", "false", "splits", "merges"),
    [
        ("..####....", "..####....", 0, 0, 0, 0),
        ("..####....", "..........", 1, 0, 0, 0),
        ("..........", "..####....", 0, 1, 0, 0),
        ("..##......", "......##..", 1, 1, 0, 0),
        ("..########", "..##.#.###", 0, 0, 2, 0),
        ("##.###..##", "##########", 0, 0, 0, 2),
        ("####..####", ".##..####.", 0, 0, 0, 0),
        ("####..####", ".######.##", 0, 0, 1, 1),
        ("..##......", "####......", 0, 0, 0, 0),
        ("..##......", "##........", 1, 1, 0, 0),  # to touch is not to overlap
        ("..###|###.", "..######..", 0, 0, 0, 0),  # in the reference what touches is one,
        ("..######..", "..###|###.", 0, 0, 1, 0),  # in what was found it is two
    ],
)
def test_who_meets_whom(reference, hypothesis, missed, false, splits, merges):
    assert counts(reference, hypothesis) == (missed, false, splits, merges)


def test_segments_that_overlap_are_one():
    found = utterance_errors([(1, 3)], [(2, 3.5), (1.2, 2.2)], sound=[(1.9, 3.7), (1.1, 2.5)])
    assert (found.segments, found.splits) == (1, 0)
    assert found.onset_error_ms.tolist() == [200.0]
    assert found.end_error_ms.tolist() == [500.0]
    assert found.onset_clipped_ms.tolist() == [100.0]


def test_a_pause_that_is_shorter_joins_utterances():
    assert counts("###.###...", "#######...") == (0, 0, 0, 1)
    assert counts("###.###...", "#######...", pause=0.15) == (0, 0, 0, 0)
    assert counts("###.###...", "###.###...", pause=0.15) == (0, 0, 1, 0)
    assert counts("###.###...", "#######...", pause=0.05) == (0, 0, 0, 1)


def test_nothing_of_no_length_counts():
    assert utterance_errors([(1, 1), (2, 2 + 1e-7)], [(3, 3)]).utterances == 0
    assert utterance_errors([(1, 1)], [(3, 3)]).segments == 0


def times(found):
    return {name: getattr(found, f"{name}_ms").tolist() for name in ("onset_error", "onset_latency", "onset_clipped")}


def test_three_starts_answer_three_questions():
    found = utterance_errors([(1, 3)], [(1.05, 2.9)], sound=[(0.9, 3.2)], decided=[(1.3, 3.4)])
    assert times(found) == {"onset_error": [50.0], "onset_latency": [300.0], "onset_clipped": [0.0]}
    assert found.end_error_ms.tolist() == [-100.0]
    assert found.end_latency_ms.tolist() == [400.0]
    assert found.decided == 1
    late = utterance_errors([(1, 3)], [(1.4, 2.9)], sound=[(1.2, 3.2)], decided=[(1.5, 3.4)])
    assert late.onset_clipped_ms.tolist() == [200.0]


def test_labels_that_know_boundaries_only():
    found = utterance_errors([(1, 3)], [(1.25, 2.9)])
    assert times(found) == {"onset_error": [250.0], "onset_latency": [250.0], "onset_clipped": [250.0]}
    assert (found.decided, found.premature_ends) == (0, 0)
    # The six times of a reader who filled in four of them are known no better.
    assert utterance_errors([(1, 3)], [(1.25, 2.9)], decided=[(1.25, 2.9)]).decided == 0


def test_a_segment_that_was_there_before_says_nothing_of_a_start():
    #               "..##...###.." and one segment over both
    found = utterance_errors([(0.2, 0.4), (0.7, 1.0)], [(0.3, 1.2)])
    assert found.onset_error_ms.tolist() == [100.0]
    assert found.end_error_ms.tolist() == [200.0]
    assert found.onset_clipped_ms.tolist() == [100.0, 0.0]  # but the second was heard from its beginning


def test_of_several_segments_the_first_tells_the_start_and_the_last_the_end():
    found = utterance_errors([(1, 5)], [(1.5, 2), (3, 3.5), (4, 5.5)], decided=[(1.6, 2.5), (3.2, 4), (4.5, 6)])
    assert found.onset_latency_ms.tolist() == [600.0]
    assert found.end_latency_ms.tolist() == [1000.0]
    assert found.end_error_ms.tolist() == [500.0]
    assert (found.splits, found.premature_ends) == (2, 2)


def test_an_end_that_is_decided_within_an_utterance_is_premature():
    wanted = [(1, 5)]
    for ended, premature in ((2.0, 1), (5.0, 0), (5.5, 0), (0.9, 0), (1.0, 0)):
        found = utterance_errors(wanted, [(0.5, 0.8)], decided=[(0.6, ended)])
        assert found.premature_ends == premature, ended


def test_an_end_that_the_recording_brought_has_no_latency():
    options = {"decided": [(1.3, 3.2)]}
    assert utterance_errors([(1, 3)], [(1, 3)], **options).end_latency_ms.tolist() == [200.0]
    assert utterance_errors([(1, 3)], [(1, 3)], duration=3.2, **options).end_latency_ms.tolist() == []
    assert utterance_errors([(1, 3)], [(1, 3)], duration=3.2, **options).end_error_ms.tolist() == [0.0]
    assert utterance_errors([(1, 3)], [(1, 3)], duration=9, **options).end_latency_ms.tolist() == [200.0]


def test_of_a_part_only_what_concerns_it():
    wanted, found = [(1, 3), (5, 7), (9, 10)], [(1.5, 3.5), (4.5, 6.5)]
    part = utterance_errors(wanted, found, uem=[(2, 6)])
    assert (part.utterances, part.segments, part.missed) == (2, 2, 0)
    assert part.onset_error_ms.tolist() == [-500.0]  # of the second: the first begins before the part
    assert part.end_error_ms.tolist() == [500.0]  # of the first
    assert utterance_errors(wanted, found, uem=[(8, 12)]).missed == 1
    assert utterance_errors([], found, uem=[(8, 12)]).false == 0
    edge = utterance_errors(wanted, found, uem=[(1, 3)])
    assert (edge.onset_error_ms.tolist(), edge.end_error_ms.tolist()) == ([500.0], [500.0])


def test_recordings_add_up():
    one = utterance_errors([(1, 3)], [(1.5, 2), (2.5, 3)])
    two = utterance_errors([(1, 2)], [(1.1, 2), (5, 6)], decided=[(1.2, 2.5), (5.5, 6)])
    both = one + two
    assert (both.utterances, both.segments, both.false, both.splits, both.decided) == (2, 4, 1, 1, 2)
    assert both.onset_error_ms.tolist() == [500.0, 100.0]
    empty = UtteranceErrors() + UtteranceErrors()
    assert (empty.utterances, len(empty.end_latency_ms)) == (0, 0)


tapes = st.lists(st.booleans(), max_size=40).map(lambda cells: "".join(".#"[cell] for cell in cells))


@given(tapes, tapes)
@steady
def test_what_holds_of_any_two(reference, hypothesis):
    wanted, found = drawn(reference), drawn(hypothesis)
    errors = utterance_errors(wanted, found)
    meetings = [[start < end2 and start2 < end for start2, end2 in found] for start, end in wanted]
    met = np.array(meetings, bool).reshape(len(wanted), len(found))
    assert errors.missed == np.sum(~met.any(1))
    assert errors.false == np.sum(~met.any(0))
    assert errors.splits == np.sum(np.maximum(met.sum(1) - 1, 0))
    assert errors.merges == np.sum(np.maximum(met.sum(0) - 1, 0))
    backwards = utterance_errors(wanted[::-1], found[::-1])
    assert times(backwards) == times(errors)
    assert utterance_errors(found, wanted).splits == errors.merges
    assert len(errors.onset_clipped_ms) == errors.utterances - errors.missed
    assert len(errors.onset_error_ms) == len(errors.end_error_ms)


def test_what_is_refused():
    with pytest.raises(FormatError, match=r"decided has the shape \(1, 2\), hypothesis \(2, 2\)"):
        utterance_errors([], [(1, 2), (3, 4)], decided=[(1, 2)])
    with pytest.raises(FormatError, match=r"sound\[0\] is -1"):
        utterance_errors([], [(1, 2)], sound=[(-1, 2)])
    with pytest.raises(ConfigError, match="pause is -1"):
        utterance_errors([], [], pause=-1)
    with pytest.raises(ConfigError, match="duration is 'x'"):
        utterance_errors([], [], duration="x")
