"""The line that says how fast a batch goes, in literal times."""

from __future__ import annotations

import dataclasses

import pytest

from agora_audio.lab.batch import BatchProgress
from agora_audio.lab.batch.progress import Pace, clock_time, summary


def lines(total, *steps):
    pace = Pace()
    return [pace.line(BatchProgress(total, done=done, sound=sound, elapsed=elapsed)) for elapsed, done, sound in steps]


@pytest.mark.parametrize(
    ("total", "steps", "last"),
    [
        (10, [(0, 0, 0)], "0 of 10 files"),
        (10, [(0, 0, 0), (2, 1, 0)], "1 of 10 files, 0.5 files/s, 0:18 left"),
        (None, [(0, 0, 0), (2, 40, 100)], "40 files, 20 files/s, 50 x real time"),
        (7200, [(0, 0, 0), (1, 1, 1), (2, 2, 2)], "2 of 7200 files, 1 files/s, 1 x real time, 1:59:58 left"),
    ],
)
def test_the_line(total, steps, last):
    assert lines(total, *steps)[-1] == last


def test_the_rate_is_that_of_the_last_two_minutes():
    slow = [(second, 0, 0.0) for second in range(100)]
    fast = [(100 + second, 2 * second, 0.0) for second in range(130)]
    assert lines(1000, *slow, *fast)[-1].split(", ")[1] == "2 files/s"


def test_what_was_done_before_counts_as_done_but_not_for_the_rate():
    pace = Pace()
    pace.line(BatchProgress(100, before=50))
    line = pace.line(BatchProgress(100, before=50, done=9, failed=1, quarantined=2, elapsed=10.0))
    assert line == "62 of 100 files, 1.2 files/s, 0:32 left, 1 failed, 2 in quarantine"


def test_summary():
    progress = BatchProgress(9, done=1, before=2, failed=1, quarantined=1, noted=1)
    assert summary(progress) == "1 file done, 2 done before, 1 failed, 1 in quarantine, 1 with notes, 4 left"
    assert summary(dataclasses.replace(progress, sound=7200.0, elapsed=60.0)).endswith(
        "; 2:00:00 of sound in 1:00, 120 x real time"
    )
    assert clock_time(0.4) == "0:00"
