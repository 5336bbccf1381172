"""A rehearsed answer: the same each time on a virtual clock, and every kind of trouble is in the trace."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.consumer.config import PacerConfig
from agora_audio.errors import ConfigError
from agora_audio.frames import AudioFormat
from agora_audio.lab import pacing
from agora_audio.lab.pacing import Arrival, Rehearsal
from tests.consumer.model import sound
from tests.vad.pieces import cut, sizes, steady

MONO = AudioFormat(16000)
SECONDS_5 = sound(160_000)


def rehearse(blocks=(SECONDS_5,), format=MONO, **options):
    heard = bytearray()
    trace = Rehearsal(blocks, format, play=heard.extend, **options).run()
    return trace, bytes(heard)


def test_all_of_it_is_heard_in_real_time():
    trace, heard = rehearse()
    assert heard == SECONDS_5
    assert (trace.gaps, trace.stats.sent_bytes, trace.duration) == ([], 160_000, pytest.approx(5.0, abs=0.04))
    assert [(one.start, one.end) for one in trace.played] == [(0.0, 5.0)]
    assert max(held for _, held in trace.held) == pytest.approx(0.1)


@given(sizes())
@steady
def test_how_the_file_was_cut_does_not_matter(lengths):
    whole, again = rehearse(interrupts=[1.0])[0], rehearse(cut(SECONDS_5, lengths), interrupts=[1.0])[0]
    assert whole == again


def test_sound_that_comes_too_slowly_has_gaps_which_are_heard_as_silence():
    trace, heard = rehearse(arrival=Arrival(piece_ms=500, speed=0.8))
    assert {gap.cause for gap in trace.gaps} == {"sound"}
    assert len(heard) == 160_000 + round(sum(gap.seconds for gap in trace.gaps) * 16000) * 2
    assert heard.replace(b"\0", b"") == SECONDS_5


def test_a_stall_delays_all_that_follows():
    trace, _ = rehearse(arrival=Arrival(200, 2.0, stalls=((1.0, 3.0),)))
    times = [at for at, _ in trace.arrived]
    assert max(b - a for a, b in itertools.pairwise(times)) == pytest.approx(3.1)
    (gap,) = trace.gaps
    assert gap.seconds == pytest.approx(1.92)  # 2.2 s had come; the next piece at 4.1 s, the tick after it at 4.12 s


def test_a_slow_timer_shows():
    trace, _ = rehearse(tick_ms=150)
    assert [(gap.cause, gap.seconds) for gap in trace.gaps] == [("timer", 0.05)]


def test_an_interrupt_drops_what_is_there_and_what_comes_is_the_next_answer():
    trace, heard = rehearse(interrupts=[1.0])
    ((at, report),) = trace.interrupts
    assert (at, report.heard_ms, report.exact, report.round_id) == (1.0, 1000, True, 0)
    assert trace.stats.dropped_bytes == report.dropped_bytes == 38_400  # 2.2 s had arrived
    assert heard.replace(b"\0", b"") == SECONDS_5[:32_000] + SECONDS_5[70_400:]


@pytest.mark.parametrize(
    ("recall", "exact", "heard"), [("exact", True, 1000), ("unknown", False, 1000), ("no", True, 1060)]
)
def test_the_sink_may_know_less(recall, exact, heard):
    trace, _ = rehearse(interrupts=[1.0], recall=recall)
    ((_, report),) = trace.interrupts
    assert (report.exact, report.heard_ms, report.silent_ms) == (
        exact,
        heard,
        pytest.approx(60 if recall == "no" else 0),
    )


def test_a_pause_loses_and_repeats_nothing():
    trace, heard = rehearse(pauses=[(1.0, 0.7), (3.0, 0.01)])
    assert trace.pauses == [(1.0, 1.7), (3.0, 3.01)]
    assert heard.replace(b"\0", b"") == SECONDS_5
    assert not trace.gaps


def test_the_producer_waits_for_room():
    trace, heard = rehearse(arrival=Arrival(piece_ms=100, speed=100.0), config=PacerConfig(high_water_ms=500))
    assert max(waiting for _, waiting in trace.waiting) <= 0.6
    assert (heard, trace.gaps) == (SECONDS_5, [])


def test_an_interrupt_after_the_end_does_not_keep_it_going():
    trace, _ = rehearse(interrupts=[100.0])
    assert trace.interrupts == []
    assert trace.duration < 6


def test_the_report_is_json():
    trace, _ = rehearse(interrupts=[1.0], pauses=[(0.5, 0.1)])
    report = json.loads(json.dumps(trace.to_dict()))
    assert report["arrived_seconds"] == pytest.approx(report["heard_seconds"] + report["dropped_seconds"])
    assert (report["interrupts"][0]["heard_ms"], report["first_audible_at"], report["underruns"]) == (900, 0.0, 0)


@given(
    st.lists(st.floats(0, 6), max_size=3),
    st.lists(st.tuples(st.floats(0, 6), st.floats(0.001, 2)), max_size=2),
    st.floats(0.5, 10),
    st.sampled_from([5, 40, 130]),
    st.sampled_from([MONO, AudioFormat(22050), AudioFormat(44100, 2)]),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_whatever_happens_all_sound_is_heard_or_dropped(interrupts, pauses, speed, tick, format):
    pcm = sound(40_000 * format.channels)
    trace, heard = rehearse(
        [pcm], format, arrival=Arrival(90, speed), tick_ms=tick, interrupts=interrupts, pauses=pauses
    )
    real = heard.replace(b"\0", b"")
    assert len(real) + trace.stats.dropped_bytes == len(pcm)
    if not trace.interrupts:
        assert real == pcm


class NoTime:
    """The real clock, without waiting."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def test_the_real_clock_is_waited_for(monkeypatch):
    time = NoTime()
    monkeypatch.setattr(pacing, "time", time)
    trace, heard = rehearse(realtime=True)
    assert (heard, trace.gaps, time.now) == (SECONDS_5, [], pytest.approx(5.0, abs=0.05))


def test_sound_may_come_as_it_comes(monkeypatch):
    monkeypatch.setattr(pacing, "time", NoTime())
    trace, heard = rehearse([SECONDS_5[:1001], SECONDS_5[1001:]], realtime=True, arrival=None)
    assert heard.replace(b"\0", b"") == SECONDS_5
    assert trace.arrived[-1][1] == 5.0


@pytest.mark.parametrize("realtime", [False, True])
def test_what_fails_is_raised_and_the_trace_is_kept(monkeypatch, realtime):
    monkeypatch.setattr(pacing, "time", NoTime())

    def blocks():
        yield SECONDS_5[:6400]
        raise OSError("the disk is gone")

    rehearsal = Rehearsal(blocks(), MONO, arrival=None if realtime else Arrival(), realtime=realtime)
    with pytest.raises(OSError, match="the disk is gone"):
        rehearsal.run()
    assert rehearsal.trace.arrived[-1][1] == 0.2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recall": "maybe"}, "recall is 'maybe', must be exact, unknown or no"),
        ({"tick_ms": 0}, "tick_ms is 0, must be a number of 1 to 1000"),
        ({"arrival": None}, "arrival is None, which needs realtime"),
        ({"interrupts": [float("nan")]}, "a time is nan, must be 0 or more seconds"),
        ({"pauses": [(1.0, -2.0)]}, "a time is -1.0"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        Rehearsal([b""], MONO, **options)


@pytest.mark.parametrize("values", [{"piece_ms": 0}, {"speed": 0}, {"speed": float("nan")}, {"piece_ms": "200"}])
def test_bad_arrivals_are_refused(values):
    with pytest.raises(ConfigError, match=r"must be a (whole )?number of"):
        Arrival(**values)
