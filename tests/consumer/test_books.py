"""Gaps: whose fault, what excuses them, and one that is not over yet."""

from __future__ import annotations

from agora_audio.consumer.books import GapBook, PacingGap


def counts(book):
    return book.underruns, book.underrun, book.late_gaps, book.late


def test_whose_fault_a_gap_was():
    book = GapBook(16000)
    book.note(160, 5.0, False, 1)
    book.note(320, 6.0, True, 1)
    book.excuse = "sink"
    book.note(480, 7.0, True, 2)
    assert list(book.gaps) == [
        PacingGap(5.0, 0.01, "sound", 1),
        PacingGap(6.0, 0.02, "timer", 1),
        PacingGap(7.0, 0.03, "sink", 2),
    ]
    assert counts(book) == (1, 160, 2, 800)


def test_silence_that_is_meant_is_none():
    book = GapBook(16000)
    book.silence = 99
    book.excuse_silence()
    book.note(160, 5.0, False, 1)
    assert (list(book.gaps), counts(book), book.silence) == ([], (0, 0, 0, 0), 0)


def test_a_gap_is_undone_once_and_goes_on_as_silence():
    book = GapBook(16000)
    book.note(160, 5.0, False, 1)
    book.undo()
    book.undo()
    assert (list(book.gaps), counts(book), book.silence) == ([], (0, 0, 0, 0), 160)
    book.note(160, 5.0, False, 1)
    book.begin_tick()
    book.undo()
    assert len(book.gaps) == 1


def test_one_that_was_read_already_is_undone_too():
    book = GapBook(16000)
    book.note(160, 5.0, True, 1)
    book.gaps.clear()
    book.undo()
    assert (counts(book), book.silence) == ((0, 0, 0, 0), 160)
