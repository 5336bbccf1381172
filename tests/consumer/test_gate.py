"""The way into a sink: turns, debts of those who gave up waiting, and failures."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from agora_audio.consumer.gate import SinkGate
from agora_audio.consumer.sinks import CallbackSink
from agora_audio.testing import FakeClock, MemorySink

PATIENCE = 30


class Gate:
    """A gate with a sink that counts how often it was cleared."""

    def __init__(self, write=lambda pcm: None, clear=None, patience=0.01):
        self.clears, self.errors = 0, []
        self.clock, self.lock = FakeClock(), threading.RLock()
        self._clear = clear
        sink = CallbackSink(write, self.clear)
        self.gate = SinkGate(sink, self.lock, self.clock, patience, self.errors.append)

    def clear(self):
        self.clears += 1
        return self._clear() if self._clear else 0


def elsewhere(call):
    """Call in another thread and return what it returns."""
    results = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()
    thread.join(PATIENCE)
    return results[0]


def test_one_thread_at_a_time_and_a_sink_never_enters_again():
    seen = []
    setup = Gate(lambda pcm: seen.append(setup.gate.enter()))
    assert setup.gate.enter()
    assert elsewhere(setup.gate.enter) is False
    setup.gate.write(b"", 0.0)
    assert seen == [False], "what is called from within a write is no other writer"
    assert setup.gate.enter(), "what is called after it may be"
    setup.gate.leave()
    setup.gate.leave()
    assert elsewhere(setup.gate.enter)


def test_who_waits_too_long_goes_on_and_what_is_owed_is_paid_before_the_turn_ends():
    def give_up():
        with setup.gate.quiet() as quiet, setup.lock:
            setup.gate.owed = not quiet
        return quiet

    setup = Gate()
    setup.gate.enter()
    setup.gate.write(b"", 0.0)
    assert elsewhere(give_up) is False  # after the write, before the end of the turn
    assert setup.clears == 0
    setup.gate.leave()
    assert (setup.clears, setup.gate.owed) == (1, False)
    assert elsewhere(give_up) is True
    assert setup.clears == 1


def test_nobody_waits_for_a_write_from_which_they_come():
    seen = []

    def write(pcm):
        with setup.gate.quiet() as quiet:
            seen.append(quiet)

    setup = Gate(write, patience=PATIENCE)
    setup.gate.enter()
    setup.gate.write(b"", 0.0)
    assert seen == [False]


@pytest.mark.parametrize(
    ("says", "means"),
    [(7, 7), (0, 0), (np.int64(7), 7), (None, None), (True, None), ("7", None), (7.0, None), ([], None)],
)
def test_what_a_clear_says(says, means):
    assert Gate(clear=lambda: says).gate.clear() == means


def test_a_sink_without_clear_takes_nothing_back():
    sink = MemorySink()
    sink.clear = None
    assert SinkGate(sink, threading.RLock(), FakeClock(), 0.01, None).clear() == 0


def test_a_failure_is_told_once_until_it_works_again():
    def fail(pcm):
        raise OSError("gone")

    setup = Gate(fail)
    for now in (1.0, 2.0):
        with pytest.raises(OSError, match="gone") as caught:
            setup.gate.write(b"", now)
        setup.gate.report(caught.value)
    assert (setup.gate.failing_since, setup.gate.in_trouble, setup.gate.errors) == (1.0, True, 2)
    assert len(setup.errors) == 1
    setup.gate.works_again()
    assert not setup.gate.in_trouble
    setup.gate.report(OSError("again"))
    assert [str(error) for error in setup.errors] == ["gone", "again"]
