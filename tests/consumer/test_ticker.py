"""The ticker: absolute deadlines, consumers that fail, block and end, one thread or one task."""

from __future__ import annotations

import asyncio
import threading

import pytest

from agora_audio.consumer.consumer import AudioConsumer
from agora_audio.consumer.ticker import Ticker
from agora_audio.errors import AudioError, ConfigError
from agora_audio.testing import FakeClock, MemorySink
from tests.consumer.model import sound
from tests.consumer.test_consumer import PATIENCE, without_waiting


class Member:
    """Something to drive that counts, and does what it is told at each call."""

    def __init__(self, *todo):
        self.todo = list(todo)
        self.calls = 0
        self.released = False
        self.called = threading.Condition()

    def tick(self):
        with self.called:
            self.calls += 1
            self.called.notify_all()
        if self.todo:
            self.todo.pop(0)()
        return 0

    def wait(self, calls):
        """Wait until it was called so many times."""
        with self.called:
            assert self.called.wait_for(lambda: self.calls >= calls, PATIENCE)


def ours():
    return [thread for thread in threading.enumerate() if thread.name == "agora-audio ticker"]


def fail():
    raise ValueError("broken")


def test_a_tick_drives_everybody_once_and_forgets_the_released():
    ticker = Ticker()
    members = [ticker.add(Member()) for _ in range(3)]
    assert ticker.add(members[0]) is members[0]
    ticker.tick()
    members[1].released = True
    ticker.tick()
    ticker.remove(members[2])
    ticker.remove(members[2])
    ticker.tick()
    assert [member.calls for member in members] == [3, 2, 2]
    assert (ticker.stats().ticks, ticker.stats().consumers) == (3, 1)


def test_a_consumer_that_fails_ends_nothing():
    ticker = Ticker()
    first, second = ticker.add(Member(fail, fail)), ticker.add(Member())
    for _ in range(3):
        ticker.tick()
    assert (first.calls, second.calls, ticker.stats().errors, str(ticker.last_error)) == (3, 3, 2, "broken")


def test_one_that_goes_in_the_middle_of_a_tick_does_no_harm():
    ticker = Ticker()
    second = Member()
    first = ticker.add(Member(lambda: ticker.remove(second), lambda: ticker.add(third)))
    ticker.add(second)
    third = Member()
    for _ in range(3):
        ticker.tick()
    assert (first.calls, second.calls, third.calls) == (3, 1, 1)


def test_a_thread_drives_them_and_stops():
    with Ticker(period_ms=5) as ticker:
        member = ticker.add(Member())
        member.wait(5)
        with pytest.raises(AudioError, match="the ticker runs already"):
            ticker.start()
    calls = member.calls
    assert ours() == []
    assert (ticker.stats().ticks >= 5, member.calls) == (True, calls)
    with ticker:
        member.wait(calls + 2)


def test_a_member_may_stop_it():
    ticker = Ticker(period_ms=5)
    ticker.add(member := Member(lambda: None, ticker.stop))
    with ticker:
        member.wait(2)
    assert member.calls == 2


def test_a_sink_that_blocks_holds_up_nobody_else():
    go_on = threading.Event()
    with Ticker(period_ms=5, patience_ms=20) as ticker:
        blocked = ticker.add(Member(lambda: go_on.wait(PATIENCE)))
        other = ticker.add(Member())
        blocked.wait(1)
        other.wait(20)
        assert (blocked.calls > 1, ticker.stats().blocked >= 1) == (True, True)
        go_on.set()
        for _ in range(1000):  # the thread that was left behind ends
            other.wait(other.calls + 1)
            if len(ours()) == 2:
                break
        assert len(ours()) == 2


def test_many_that_block_at_once_hold_up_nobody_either():
    go_on = threading.Event()
    with Ticker(period_ms=5, patience_ms=10) as ticker:
        for _ in range(5):
            ticker.add(Member(lambda: go_on.wait(PATIENCE)))
        other = ticker.add(Member())
        other.wait(10)
        assert ticker.stats().blocked >= 5
        go_on.set()


def test_real_consumers_play_to_the_end():
    sinks = [MemorySink() for _ in range(10)]
    with Ticker(period_ms=10) as ticker:
        consumers = [ticker.add(AudioConsumer(sink, 16000, 1)) for sink in sinks]
        for consumer in consumers:
            consumer.push_pcm_data(sound(6500))
        while not all(consumer.is_push_to_rtc_completed() for consumer in consumers):
            ticker._stopped.wait(0.005)
    assert {sink.pcm for sink in sinks} == {sound(6500).ljust(6720, b"\0")}


def test_deadlines_are_absolute_and_those_that_passed_are_missed(monkeypatch):
    clock = FakeClock(5.0)
    ticker = Ticker(period_ms=20, clock=clock)
    times = []
    todo = [0.0, 0.012, 0.055, 0.0, 0.0]

    def work():
        times.append(clock.now)
        clock.advance(todo[len(times) - 1])
        if len(times) == len(todo):
            ticker.stop()

    ticker.add(Member(*[work] * 5))
    without_waiting(monkeypatch, clock)
    asyncio.run(ticker.run())
    assert times == [5.0, 5.02, 5.04, 5.1, 5.12]
    assert (ticker.stats().missed_ticks, ticker.stats().late_ticks) == (2, 0)


def test_a_late_tick_is_counted(monkeypatch):
    clock = FakeClock(5.0)
    ticker = Ticker(period_ms=20, clock=clock)
    real, late = asyncio.sleep, [0.003, 0.015, 0.0]

    async def sleep(seconds):
        clock.advance(seconds + late.pop(0))
        await real(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    ticker.add(Member(*[lambda: None] * 3, ticker.stop))
    late.append(0.0)
    asyncio.run(ticker.run())
    stats = ticker.stats()
    assert (stats.ticks, stats.late_ticks, stats.worst_ms) == (4, 1, pytest.approx(15.0))


def test_a_task_can_be_cancelled_and_started_again(monkeypatch):
    clock = FakeClock()
    ticker = Ticker(clock=clock)
    without_waiting(monkeypatch, clock)

    async def main():
        for _ in range(2):
            task = asyncio.ensure_future(ticker.run())
            await asyncio.sleep(0.1)
            with pytest.raises(AudioError, match="runs already"):
                await ticker.run()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"period_ms": 4}, "period_ms is 4, must be a number of 5 to 80"),
        ({"period_ms": "20"}, "period_ms is '20'"),
        ({"period_ms": float("nan")}, "period_ms is nan"),
        ({"patience_ms": 5}, "patience_ms is 5, must be a number of 10 to 10000"),
    ],
)
def test_a_period_has_its_range(options, message):
    with pytest.raises(ConfigError, match=message):
        Ticker(**options)


def test_what_cannot_be_driven_is_refused():
    with pytest.raises(ConfigError, match="a int cannot be driven: it must have tick"):
        Ticker().add(3)
