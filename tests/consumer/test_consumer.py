"""AudioConsumer: the SDK's verbs, sinks that fail or block, and threads that really race."""

from __future__ import annotations

import asyncio
import random
import sys
import threading

import numpy as np
import pytest

from agora_audio.consumer.config import PacerConfig
from agora_audio.consumer.consumer import AudioConsumer, SinkBlocked
from agora_audio.consumer.rounds import Rounds
from agora_audio.consumer.sinks import CallbackSink
from agora_audio.errors import AudioError, ConfigError, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.testing import FakeClock, FaultySink, LoudspeakerSink, MemorySink
from tests.consumer.model import sound

MONO = AudioFormat(16000)
PATIENCE = 30


class Setup:
    """A consumer with a loudspeaker, or another sink, on a clock."""

    def __init__(self, sink=None, begin=100.0, clock=None, **options):
        self.clock = FakeClock(begin) if clock is None else clock
        self.sink = LoudspeakerSink(MONO, self.clock) if sink is None else sink
        self.consumer = AudioConsumer(self.sink, 16000, 1, self.clock, **options)

    def run(self, milliseconds, period=20):
        """Tick for so long and return the milliseconds sent at each tick."""
        sent = []
        for _ in range(milliseconds // period):
            sent.append(self.consumer.consume() // 16)
            self.clock.advance(period / 1000)
        return sent


# --- the verbs ------------------------------------------------------------------------------------------------------


def test_the_verbs_of_the_sdk():
    setup = Setup(MemorySink())
    consumer = setup.consumer
    assert (consumer.is_push_to_rtc_completed(), consumer.len(), consumer.consume()) == (True, 0, 0)
    assert consumer.push_pcm_data(sound(6400)) == 6400
    assert (consumer.is_push_to_rtc_completed(), consumer.len()) == (False, 6400)
    assert consumer.consume() == 1600
    assert consumer.consume() == 0
    setup.clock.advance(0.04)
    assert (consumer.consume(), consumer.len()) == (640, 1920)
    assert consumer.clear() == 1920
    assert (consumer.len(), consumer.is_push_to_rtc_completed()) == (0, False)
    setup.clock.advance(0.101)
    assert consumer.is_push_to_rtc_completed()
    consumer.release()
    assert setup.sink.pcm == sound(4480)


@pytest.mark.parametrize("period", [40, 80, 120, 200])
@pytest.mark.parametrize("milliseconds", [5, 90, 1005])
def test_whatever_is_pushed_is_played_and_completed(milliseconds, period):
    setup = Setup()
    setup.consumer.push_pcm_data(sound(32 * milliseconds))
    setup.run(milliseconds + 10 * period, period)
    assert setup.consumer.is_push_to_rtc_completed()
    assert setup.consumer.len() == 0
    assert setup.sink.heard.replace(b"\0", b"") == sound(32 * milliseconds)


def test_after_release_pushing_raises_and_a_timer_that_goes_on_does_nothing():
    setup = Setup(MemorySink())
    consumer = setup.consumer
    consumer.push_pcm_data(sound(6400))
    consumer.release()
    consumer.release()
    assert (consumer.consume(), consumer.len(), consumer.clear(), consumer.next_due()) == (0, 0, 0, None)
    assert (consumer.released, consumer.is_push_to_rtc_completed(), setup.sink.pcm) == (True, True, b"")
    assert consumer.stats().dropped_bytes == 6400
    for call in (lambda: consumer.push_pcm_data(b"ab"), consumer.interrupt, consumer.pause, consumer.resume):
        with pytest.raises(AudioError, match="the AudioConsumer was released: make a new one"):
            call()


def test_what_the_sink_has_is_heard_after_release():
    setup = Setup()
    setup.consumer.push_pcm_data(sound(6400))
    setup.consumer.consume()
    setup.consumer.release()
    assert setup.consumer.clear() == 0
    for verb in (setup.consumer.pause, setup.consumer.interrupt):
        with pytest.raises(AudioError, match="was released"):
            verb()
    assert setup.sink.buffered_ms() == 100.0


def test_next_due_tells_a_timer_when_to_come():
    setup = Setup()
    assert setup.consumer.next_due() is None
    setup.consumer.push_pcm_data(sound(6400))
    setup.consumer.consume()
    assert setup.consumer.next_due() == 100.01


def test_it_is_refused_what_makes_no_consumer():
    for arguments, error, message in (
        ((None, 16000, 1), ConfigError, "sink is a NoneType"),
        ((MemorySink(), 7, 1), FormatError, "sample_rate is 7"),
        ((MemorySink(), 16000, 0), FormatError, "channels is 0"),
        ((MemorySink(), 16000, 1, 5.0), ConfigError, "must be functions"),
    ):
        with pytest.raises(error, match=message):
            AudioConsumer(*arguments)
    for options, message in (
        ({"config": {"lead_ms": 3}}, "must be a PacerConfig"),
        ({"rounds": 3}, "rounds is a int"),
        ({"on_error": 3}, "must be functions"),
        ({"patience": -1}, "patience is -1, must be a number of 0 to 60"),
        ({"failure_limit": "5"}, "failure_limit is '5', must be"),
    ):
        with pytest.raises(ConfigError, match=message):
            AudioConsumer(MemorySink(), 16000, 1, **options)


# --- rounds ---------------------------------------------------------------------------------------------------------


def test_none_is_the_current_round_of_the_call():
    rounds = Rounds()
    setup = Setup(MemorySink(), rounds=rounds)
    rounds.next()
    assert setup.consumer.push_pcm_data(sound(320)) == 320
    assert setup.consumer.push_pcm_data(sound(320), 0) == 0
    assert setup.consumer.push_pcm_data(sound(320), 4) == 320
    assert rounds.current == 4
    assert setup.consumer.begin_round() == 5
    assert setup.consumer.push_pcm_data(sound(320), 4) == 0


def test_an_interrupt_begins_a_round_for_all_hops():
    rounds = Rounds()
    setup = Setup(rounds=rounds)
    setup.consumer.push_pcm_data(sound(32000), rounds.next())
    setup.run(200)
    report = setup.consumer.interrupt()
    assert (report.round_id, report.next_round, rounds.current, rounds.oldest) == (1, 2, 2, 2)
    assert (report.heard_ms, report.exact, report.recalled_bytes) == (200, True, 80 * 32)
    assert report.dropped_bytes == 32000 - 6400
    assert setup.sink.heard == sound(6400)
    assert list(setup.consumer.reports) == [report]


def test_the_same_decision_twice_interrupts_once():
    setup = Setup()
    answer = setup.consumer.begin_round()
    setup.consumer.push_pcm_data(sound(32000))
    setup.run(100)
    report = setup.consumer.interrupt(answer)
    setup.consumer.push_pcm_data(sound(3200, 77))
    assert setup.consumer.interrupt(answer) is report
    assert setup.consumer.len() == 3200
    assert setup.consumer.interrupt().dropped_bytes == 3200


def test_nor_do_two_threads_that_decide_the_same_at_once():
    class Slow(MemorySink):
        def clear(self):
            cleared.set()
            assert go_on.wait(PATIENCE)
            return 0

    cleared, go_on, reports = threading.Event(), threading.Event(), []
    setup = Setup(Slow(), patience=PATIENCE)
    setup.consumer.push_pcm_data(sound(32000))
    setup.consumer.consume()
    threads = [threading.Thread(target=lambda: reports.append(setup.consumer.interrupt(0))) for _ in range(2)]
    threads[0].start()
    assert cleared.wait(PATIENCE)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert (reports[0], len(setup.consumer.reports)) == (reports[1], 1)
    assert setup.consumer.rounds.current == 1


def test_an_interrupt_by_another_hop_is_followed_at_the_next_tick():
    rounds = Rounds()
    setup = Setup(rounds=rounds)
    setup.consumer.push_pcm_data(sound(32000), 0)
    setup.run(100)
    new = rounds.interrupt()
    setup.consumer.push_pcm_data(sound(3200, 77), new)  # the next answer is faster than the tick
    assert setup.run(120)[0] == 100
    (report,) = setup.consumer.reports
    assert (report.round_id, report.heard_ms, report.exact, report.next_round) == (0, 100, True, 1)
    assert setup.sink.heard == sound(3200) + sound(3200, 77)


def test_an_answer_that_only_follows_is_heard_after_the_one_before():
    setup = Setup()
    setup.consumer.push_pcm_data(sound(3200))
    setup.consumer.begin_round()
    setup.consumer.push_pcm_data(sound(3200, 77))
    setup.run(400)
    assert setup.sink.heard == sound(3200) + sound(3200, 77)


def test_how_long_it_took_from_the_decision_to_silence():
    setup = Setup(MemorySink())  # which can take nothing back
    setup.consumer.push_pcm_data(sound(32000))
    setup.consumer.consume()
    setup.clock.advance(0.02)
    setup.consumer.consume()
    setup.clock.advance(0.005)
    report = setup.consumer.interrupt(decided_at=100.01)
    assert (report.last_sent_ms, report.silent_ms) == (pytest.approx(10.0), pytest.approx(110.0))
    assert (report.heard_ms, report.exact) == (120, True)
    quiet = setup.consumer.interrupt(decided_at=100.0)
    assert quiet.last_sent_ms == pytest.approx(20.0)
    with pytest.raises(FormatError, match="decided_at is nan, must be seconds, a finite number"):
        setup.consumer.interrupt(decided_at=float("nan"))


def test_what_was_heard_is_reported_in_words():
    setup = Setup()
    consumer = setup.consumer
    consumer.begin_round()
    assert consumer.mark_text("Good morning.", [("Good", 0.0, 0.2)])
    consumer.push_pcm_data(sound(16000))
    assert consumer.add_words([("morning", 0.2, 0.45)])
    consumer.end_round()
    setup.run(300)
    assert (consumer.heard().text, consumer.heard().heard_ms, consumer.heard().round_id) == ("Good", 300, 1)
    assert consumer.interrupt().text == "Good"
    assert not consumer.mark_text("late", round_id=1)
    assert not consumer.add_words([("late", 0, 1)], round_id=1)


def test_the_time_to_the_first_audible_sample_counts_leading_silence():
    setup = Setup()
    setup.consumer.begin_round()
    setup.clock.advance(0.4)  # until the first sound comes
    assert setup.consumer.heard().time_to_first_audible is None
    setup.consumer.push_pcm_data(np.concatenate([np.zeros(800), np.full(3200, 5000)]).astype(np.int16))
    setup.run(200)
    heard = setup.consumer.heard()
    assert (heard.began, heard.first_sound, heard.leading_silence_ms) == (100.0, 100.4, 50)
    assert heard.time_to_first_audible == pytest.approx(0.45)


def test_a_round_that_another_hop_began_begins_with_its_first_sound():
    setup = Setup()
    setup.clock.advance(1.0)
    for number in range(1, 500):
        setup.consumer.push_pcm_data(sound(2), number)
        setup.consumer.begin_round()
    setup.run(20_000)
    assert (setup.consumer.heard().round_id, setup.consumer.heard().began) == (499, 101.0)
    assert len(setup.consumer._began) == 100


# --- pause ----------------------------------------------------------------------------------------------------------


def test_a_false_interruption_loses_and_repeats_nothing():
    setup = Setup()
    setup.consumer.push_pcm_data(sound(32000))
    setup.consumer.end_round()
    setup.run(300)
    assert setup.consumer.pause() == 80 * 32
    assert setup.consumer.paused
    assert set(setup.run(2000)) == {0}
    setup.consumer.resume()
    assert setup.run(900)[0] == 100
    assert setup.sink.heard.replace(b"\0", b"") == sound(32000)
    assert setup.sink.gaps == [(pytest.approx(100.3), 2.0)]
    assert not setup.consumer.gaps


def test_a_pause_that_was_right_is_interrupted_exactly():
    setup = Setup()
    setup.consumer.push_pcm_data(sound(32000))
    setup.run(300)
    setup.consumer.pause()
    setup.clock.advance(1.0)
    report = setup.consumer.interrupt()
    assert (report.heard_ms, report.exact, report.dropped_bytes, report.silent_ms) == (300, True, 22400, 0.0)


def test_a_sink_that_does_not_know_is_replayed_by_the_clock():
    setup = Setup(CallbackSink(lambda pcm: None, lambda: None))
    setup.consumer.push_pcm_data(sound(32000))
    setup.run(300)
    assert setup.consumer.pause() == 80 * 32
    setup.consumer.resume()
    setup.run(100)
    assert not setup.consumer.interrupt().exact


def test_a_sink_without_clear_plays_on():
    class Plain:
        def write(self, pcm):
            pass

    setup = Setup(Plain())
    setup.consumer.push_pcm_data(sound(32000))
    setup.run(300)
    assert setup.consumer.pause() == 0
    report = setup.consumer.interrupt()
    assert (report.heard_ms, report.exact, report.recalled_bytes, report.silent_ms) == (380, True, 0, 80.0)


# --- sinks that fail ------------------------------------------------------------------------------------------------


def test_a_write_that_fails_is_tried_again_and_told_of_once():
    errors = []
    gone = OSError("gone")
    setup = Setup(FaultySink([gone, gone, gone]), on_error=errors.append)
    setup.consumer.push_pcm_data(sound(32000))
    assert setup.run(140) == [0, 0, 0, 100, 20, 20, 20]
    assert setup.sink.pcm == sound(160 * 32)
    assert (errors, setup.consumer.sink_errors, setup.consumer.last_error) == ([gone], 3, gone)


def test_where_nobody_is_told_the_log_is_once_a_failure(caplog):
    gone = OSError("gone")
    setup = Setup(FaultySink([gone, gone, gone, None, gone]))
    setup.consumer.push_pcm_data(sound(32000))
    setup.run(200)
    assert [(one.name, one.levelname) for one in caplog.records] == [("agora_audio", "WARNING")] * 2
    assert caplog.messages == ["the sink fails, and no on_error was given: OSError: gone"] * 2


def test_a_failure_long_enough_to_be_heard_is_the_sinks():
    setup = Setup(FaultySink([None, *[OSError("gone")] * 20]))
    setup.consumer.push_pcm_data(sound(64000))
    setup.run(600)
    (gap,) = setup.consumer.gaps
    assert (gap.cause, round(gap.seconds, 3)) == ("sink", 0.32)
    assert setup.consumer.stats().underruns == 0


def test_a_sink_that_never_works_again_does_not_grow():
    setup = Setup(FaultySink([OSError("gone")] * 10_000), failure_limit=1.0)
    for _ in range(100):
        setup.consumer.push_pcm_data(sound(6400))
        setup.run(200)
    stats = setup.consumer.stats()
    assert stats.sent_bytes == 0
    assert stats.waiting_bytes < 32000 * 1.5
    assert stats.dropped_bytes + stats.waiting_bytes == stats.taken_bytes


def test_it_works_again_when_the_sink_does():
    setup = Setup(FaultySink([OSError("gone")] * 100), failure_limit=0.5)
    for _ in range(30):
        setup.consumer.push_pcm_data(sound(3200))
        setup.run(100)
    assert setup.consumer.stats().sent_bytes >= 32 * 900
    assert setup.consumer.stats().taken_bytes == 30 * 3200


def test_a_clear_that_fails_is_an_estimate():
    def clear():
        raise OSError("gone")

    setup = Setup(CallbackSink(lambda pcm: None, clear))
    setup.consumer.push_pcm_data(sound(32000))
    setup.run(200)
    report = setup.consumer.interrupt()
    assert (report.exact, report.heard_ms, setup.consumer.sink_errors) == (False, 200, 1)


def test_who_is_told_of_an_error_may_fail_too():
    def complain(error):
        raise ValueError("cannot log")

    setup = Setup(FaultySink([OSError("gone")]), on_error=complain)
    setup.consumer.push_pcm_data(sound(3200))
    assert setup.run(40) == [0, 100]
    assert str(setup.consumer.last_error) == "cannot log"


class Stuck(MemorySink):
    """A sink whose first write waits until it is let go."""

    def __init__(self):
        super().__init__()
        self.entered, self.go_on = threading.Event(), threading.Event()
        self.clears = 0

    def write(self, pcm):
        if not self.entered.is_set():
            self.entered.set()
            assert self.go_on.wait(PATIENCE)
        super().write(pcm)

    def clear(self):
        self.clears += 1


@pytest.fixture
def stuck():
    """A consumer whose sink hangs in a write of another thread."""
    errors = []
    setup = Setup(Stuck(), patience=0.01, on_error=errors.append)
    setup.errors = errors
    setup.consumer.push_pcm_data(sound(32000))
    thread = threading.Thread(target=setup.consumer.consume)
    thread.start()
    assert setup.sink.entered.wait(PATIENCE)

    def let_go():
        setup.sink.go_on.set()
        thread.join(PATIENCE)

    setup.let_go = let_go
    yield setup
    let_go()


def test_a_sink_that_hangs_holds_up_nobody(stuck):
    consumer = stuck.consumer
    assert consumer.push_pcm_data(sound(320)) == 320
    assert consumer.consume() == 0
    assert consumer.len() == 32000 + 320 - 3200
    assert not consumer.is_push_to_rtc_completed()
    stuck.clock.advance(2.0)
    assert consumer.consume() == 0
    assert [type(error) for error in stuck.errors] == [SinkBlocked]
    assert str(stuck.errors[0]) == "the sink has not returned from a write for 2.0 s"


def test_an_interrupt_does_not_wait_for_it_and_nothing_old_stays_in_the_sink(stuck):
    report = stuck.consumer.interrupt()
    assert (report.exact, report.dropped_bytes, stuck.sink.clears) == (False, 28800, 0)
    stuck.consumer.push_pcm_data(sound(3200, 77))
    assert stuck.consumer.consume() == 0
    stuck.let_go()
    assert stuck.sink.clears == 1
    stuck.sink.writes.clear()  # as a sink with a clear that works has done
    assert stuck.consumer.consume() == 1600
    assert stuck.sink.pcm == sound(3200, 77)


def test_pause_clear_and_release_do_not_wait_either(stuck):
    stuck.consumer.pause()
    stuck.consumer.resume()
    stuck.consumer.clear()
    stuck.consumer.release()
    stuck.let_go()
    assert stuck.consumer.released


def test_what_is_owed_to_a_sink_is_paid_before_the_next_write():
    calls = []
    setup = Setup(CallbackSink(lambda pcm: calls.append(len(pcm)), lambda: calls.append("clear")))
    setup.consumer.push_pcm_data(sound(32000))
    setup.consumer.consume()
    setup.clock.advance(0.04)
    setup.consumer._gate.owed = True  # as of one who gave up between the beginning of a turn and its write
    setup.consumer.consume()
    assert calls == [3200, "clear", 1280]


# --- called from within the sink ------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["interrupt", "clear", "pause", "release", "consume", "len"])
def test_a_sink_may_call_its_consumer(verb):
    called = []

    def write(pcm):
        called.append(getattr(setup.consumer, verb)())

    setup = Setup(CallbackSink(write))
    setup.consumer.push_pcm_data(sound(32000))
    setup.run(60)
    assert called


@pytest.mark.parametrize("verb", ["interrupt", "clear", "pause"])
def test_what_it_is_writing_then_is_taken_back_as_soon_as_it_is_written(verb):
    class Calling(LoudspeakerSink):
        writes = 0

        def write(self, pcm):
            self.writes += 1
            if self.writes == 3:
                called.append(getattr(setup.consumer, verb)())
            super().write(pcm)

    called, clock = [], FakeClock(100.0)
    setup = Setup(Calling(MONO, clock), clock=clock)
    setup.consumer.push_pcm_data(sound(32000))
    setup.run(120, 40)
    assert (len(called), setup.sink.buffered_ms()) == (1, 0.0)
    if verb == "pause":
        setup.consumer.resume()
    setup.run(1200, 40)
    assert setup.sink.heard.replace(b"\0", b"") == sound(32000 if verb == "pause" else 80 * 32)


def test_what_is_read_of_the_gaps_while_a_write_fails_does_no_harm():
    class Reading(FaultySink):
        def write(self, pcm):
            setup.consumer.gaps.clear()
            super().write(pcm)

    setup = Setup(Reading([None, OSError("gone")]))
    for _ in range(2):
        setup.consumer.push_pcm_data(sound(3200))
        setup.consumer.consume()
        setup.clock.advance(0.5)
    assert (setup.consumer.len(), setup.consumer.stats().underruns) == (3200, 0)
    assert setup.consumer.consume() == 1600
    assert setup.consumer.stats().late_gaps + setup.consumer.stats().underruns == 1


# --- threads --------------------------------------------------------------------------------------------------------


class Rounded(MemorySink):
    """A sink that knows which round is over, and keeps what was heard of it all the same."""

    def __init__(self):
        super().__init__()
        self.over = 0
        self.stale = 0

    def write(self, pcm):
        first = pcm[0] + 256 * pcm[1]
        self.stale += first < self.over
        super().write(pcm)


def test_nothing_of_an_old_round_is_written_once_interrupt_has_returned():
    """The number of the round is its sound; three threads push, tick and interrupt as fast as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    sink, rounds, stop = Rounded(), Rounds(1), threading.Event()
    clock = FakeClock()
    consumer = AudioConsumer(sink, 16000, 1, clock, rounds=rounds)
    failures = []

    def guarded(work):
        def loop():
            try:
                while not stop.is_set():
                    work()
            except Exception as error:
                failures.append(error)

        return threading.Thread(target=loop)

    def push():
        number = rounds.current
        consumer.push_pcm_data(np.full(random.randrange(1, 900), number, "<u2").tobytes(), number)

    def tick():
        clock.now += 0.01
        consumer.consume()

    threads = [guarded(push), guarded(tick), guarded(tick)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(400):
            report = consumer.interrupt()
            sink.over = report.next_round
            consumer.len()
            consumer.clear()
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
        sys.setswitchinterval(interval)
    assert failures == []
    assert sink.stale == 0
    stats = consumer.stats()
    assert stats.taken_bytes == stats.sent_bytes + stats.dropped_bytes + stats.waiting_bytes
    assert stats.sent_bytes + stats.padding_bytes == len(sink.pcm)


def test_a_producer_waits_for_room():
    setup = Setup(config=PacerConfig(high_water_ms=200))
    assert setup.consumer.wait_for_room(0)
    setup.consumer.push_pcm_data(sound(9600))
    assert (setup.consumer.is_full, setup.consumer.wait_for_room(0)) == (True, False)
    setup.run(20)
    assert setup.consumer.wait_for_room(0)
    setup.consumer.push_pcm_data(sound(32000))
    setup.consumer.interrupt()
    assert setup.consumer.wait_for_room(0)
    setup.consumer.push_pcm_data(sound(32000))
    setup.consumer.release()
    assert setup.consumer.wait_for_room(0)


def test_a_producer_of_torn_samples_has_room_for_the_rest():
    setup = Setup(config=PacerConfig(high_water_ms=0))
    setup.consumer.push_pcm_data(sound(321))
    assert not setup.consumer.wait_for_room(0)
    setup.run(60)
    assert (setup.consumer.len(), setup.consumer.wait_for_room(0)) == (1, True)


def test_a_tick_leaves_alone_what_has_enough():
    setup = Setup(MemorySink())
    setup.consumer.push_pcm_data(sound(32 * 130))
    sent = []
    for _ in range(8):
        sent.append(setup.consumer.tick() // 16)
        setup.clock.advance(0.02)
    assert sent == [100, 0, 0, 30, 0, 0, 0, 0]


def test_nor_where_only_a_part_of_a_frame_waits_and_the_sink_runs_dry():
    setup = Setup()
    setup.consumer.push_pcm_data(sound(32 * 13))
    setup.consumer.tick()
    setup.clock.advance(0.005)
    setup.consumer.push_pcm_data(sound(32000, 32 * 13))
    for _ in range(20):
        setup.consumer.tick()
        setup.clock.advance(0.01)
    assert setup.sink.gaps == []


@pytest.mark.parametrize("verb", ["interrupt", "clear", "pause", "another hop", "a step back"])
def test_but_not_after_anything_has_happened(verb):
    setup = Setup()
    setup.consumer.push_pcm_data(sound(32000))
    setup.consumer.tick()
    if verb == "a step back":
        setup.clock.advance(-3600)
        assert setup.consumer.tick() == 0
        setup.clock.advance(0.05)
        assert setup.consumer.tick() == 800
        return
    setup.consumer.rounds.interrupt() if verb == "another hop" else getattr(setup.consumer, verb)()
    if verb == "pause":
        setup.consumer.resume()
    setup.consumer.push_pcm_data(sound(3200))
    setup.clock.advance(0.001)
    assert setup.consumer.tick() == 1600


# --- asyncio --------------------------------------------------------------------------------------------------------


def without_waiting(monkeypatch, clock):
    """Let asyncio.sleep pass the time of a clock, and only that."""
    real = asyncio.sleep

    async def sleep(seconds):
        clock.advance(max(seconds, 0.001))
        await real(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)


def test_run_consumes_against_absolute_deadlines_until_release(monkeypatch):
    setup = Setup()
    without_waiting(monkeypatch, setup.clock)
    setup.consumer.push_pcm_data(sound(32 * 500))
    setup.consumer.end_round()

    async def main():
        task = asyncio.ensure_future(setup.consumer.run(period_ms=20))
        await setup.consumer.drain()
        await setup.consumer.room()
        setup.consumer.release()
        await task

    asyncio.run(main())
    setup.sink.finish()
    assert (setup.sink.heard, setup.sink.gaps) == (sound(32 * 500), [])


def test_run_skips_what_it_slept_through(monkeypatch):
    setup = Setup(MemorySink())
    times = []
    setup.consumer.consume = lambda: (times.append(round(setup.clock.now, 6)), slow(len(times)))

    def slow(count):
        setup.clock.advance({2: 0.05}.get(count, 0.001))
        if count == 5:
            setup.consumer.release()

    without_waiting(monkeypatch, setup.clock)
    asyncio.run(setup.consumer.run(period_ms=20))
    assert times == [100.0, 100.02, 100.08, 100.1, 100.12]
