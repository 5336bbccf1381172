"""The pacer: every schedule keeps its books, its order and its bound; what is late, what ends, what is heard."""

from __future__ import annotations

import math
import os
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.consumer.config import PacerConfig
from agora_audio.consumer.pacer import Pacer
from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat
from tests.consumer.model import FORMATS, Checked, sound

MONO = AudioFormat(16000)
thorough = settings(max_examples=int(os.environ.get("AGORA_AUDIO_EXAMPLES", "120")), deadline=None, derandomize=True)


def pacer(format=MONO, **config):
    return Pacer(format, PacerConfig(**config))


def out(one, times):
    """Milliseconds of 16 kHz mono sent at each time."""
    return [len(one.due(now)) // 32 for now in times]


def every(milliseconds, count, begin=0.0):
    return [begin + k * milliseconds / 1000 for k in range(count)]


# --- any schedule -------------------------------------------------------------------------------------------------

SIZES = st.sampled_from([0, 1, 2, 3, 5, 319, 320, 321, 640, 1001, 3200, 4411, 9600])
SECONDS = st.sampled_from([0.0, 0.001, 0.005, 0.01, 0.02, 0.04, 0.0777, 0.1, 0.12, 0.3, 0.9])
STEPS = st.one_of(
    st.tuples(st.just("push"), SIZES, st.sampled_from([0, 0, 0, 0, 1])),
    st.tuples(st.just("tick"), SECONDS),
    st.tuples(st.just("tick"), SECONDS),
    st.tuples(st.sampled_from(["pause", "resume", "resume", "end_round", "next_round", "clear"])),
    st.tuples(st.just("interrupt"), st.booleans()),
    st.tuples(st.just("fail"), SECONDS, st.booleans()),
)
CONFIGS = st.builds(
    PacerConfig,
    lead_ms=st.sampled_from([0, 5, 20, 100, 333]),
    send_ms=st.sampled_from([0, 0, 200, 501]),
    speed=st.sampled_from([1, 1.5, 2, 3.3, 5]),
    catch_up_ms=st.sampled_from([10, 30, 500]),
)
PADDED = st.builds(PacerConfig, lead_ms=st.just(60), padding_ms=st.sampled_from([0, 20, 60]))


@given(st.sampled_from(FORMATS), st.one_of(CONFIGS, CONFIGS, PADDED), st.lists(STEPS, max_size=40))
@thorough
def test_any_schedule_keeps_the_books_and_the_order(format, config, steps):
    checked = Checked(format, config)
    for name, *arguments in steps:
        getattr(checked, name)(*arguments)
        checked.check()


# --- any schedule: the sink -----------------------------------------------------------------------------------------


def held(checked):
    """Seconds that the speaker holds."""
    checked.speaker.play(checked.now)
    return Fraction(len(checked.speaker.buffer), checked.format.sample_bytes * checked.format.sample_rate)


def bound(config):
    return Fraction(config.lead_ms, 1000) + Fraction(config.send_ms, 1000) * (1 - 1 / config.ratio)


@given(st.sampled_from(FORMATS), st.one_of(CONFIGS, PADDED), st.lists(STEPS, max_size=40))
@thorough
def test_the_sink_never_holds_more_than_the_bound_while_the_timer_is_in_time(format, config, steps):
    checked = Checked(format, config)
    in_time = [step for step in steps if step[0] not in ("tick", "fail") or step[1] * 1000 < max(config.lead_ms, 1)]
    for name, *arguments in in_time:
        getattr(checked, name)(*arguments)
        assert held(checked) <= bound(config) + Fraction(1, format.sample_rate)


@given(st.sampled_from(FORMATS), CONFIGS, st.lists(STEPS, max_size=40))
@thorough
def test_nor_more_than_the_catch_up_beyond_where_it_is_late(format, config, steps):
    checked = Checked(format, config)
    for name, *arguments in steps:
        getattr(checked, name)(*arguments)
        assert held(checked) <= bound(config) + Fraction(config.catch_up_ms, 1000) + Fraction(2, format.sample_rate)


@given(st.sampled_from(FORMATS), CONFIGS, st.lists(STEPS, max_size=40))
@thorough
def test_since_a_round_began_no_more_is_sent_than_could_be_heard_and_the_bound(format, config, steps):
    """Late timers, catching up, stalls of the sound: from the first sound after silence on."""
    checked, begun, total = Checked(format, config), None, 0
    frame = Fraction(1, 100) if config.lead_ms < 10 else 0  # the first one is due when it could have been heard
    for name, *arguments in steps:
        waits = frame and checked.pacer.waiting_bytes
        if name == "fail":
            arguments[1] = True  # what was dropped counts as sent
        pcm = getattr(checked, name)(*arguments)
        if name in ("pause", "interrupt", "clear", "fail"):
            begun, total = None, 0
        if name != "tick":
            continue
        if begun is None and (pcm or waits):
            begun = checked.now
        total += len(pcm)
        if begun is not None:
            seconds = Fraction(total, format.sample_bytes * format.sample_rate)
            assert seconds <= Fraction(round((checked.now - begun) * 1e9), 10**9) + bound(config) + frame


@given(st.sampled_from(FORMATS), st.one_of(CONFIGS, PADDED), st.lists(STEPS, max_size=40))
@thorough
def test_it_knows_what_the_sink_holds_however_late_the_timer_was(format, config, steps):
    checked = Checked(format, config)
    for name, *arguments in steps:
        if name == "interrupt":
            arguments = [True]
        if name == "fail":
            arguments[1] = True  # what was dropped leaves a hole
        getattr(checked, name)(*arguments)
        expected = float(held(checked)) * 1000
        assert checked.pacer.unplayed_ms(checked.now) == pytest.approx(expected, abs=3000 / format.sample_rate)


@given(st.sampled_from(FORMATS), st.one_of(CONFIGS, PADDED), st.lists(STEPS, max_size=40))
@thorough
def test_next_due_is_when_there_is_something_to_send(format, config, steps):
    checked = Checked(format, config)
    for name, *arguments in steps:
        getattr(checked, name)(*arguments)
        due = checked.pacer.next_due()
        if due is None or due == float("-inf"):
            continue
        if due > checked.now + 2e-6:
            checked.now = due - 1e-6
            assert checked.tick(0.0) == b""
            due = checked.pacer.next_due()
        for _ in range(4):  # a part of a frame is looked at, waited with and sent; a round without sound ends
            checked.now = max(due, checked.now)
            if checked.tick(0.0) or (due := checked.pacer.next_due()) is None:
                break
        else:
            raise AssertionError("it is due again and again and never comes")
        checked.check()


# --- on time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "pattern"), [(10, [100, 10, 10, 10]), (40, [100, 40, 40, 40]), (80, [100, 80, 80, 80])]
)
def test_the_lead_at_once_and_then_what_has_been_heard(period, pattern):
    one = pacer()
    one.push(sound(32000))
    assert out(one, every(period, 4)) == pattern


@pytest.mark.parametrize("lead", [0, 10, 100, 1000])
def test_the_lead_is_an_option(lead):
    one = pacer(lead_ms=lead)
    one.push(sound(64000))
    assert out(one, every(10, 4)) == [lead, 10, 10, 10]


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("milliseconds", [1, 5, 10, 90, 100, 1005])
def test_short_clips_play_and_nothing_is_left_behind(milliseconds, ended):
    one = pacer()
    one.push(sound(32 * milliseconds))
    if ended:
        one.end_round()
    pcm = b"".join(one.due(now) for now in every(40, 40))
    assert pcm == sound(32 * milliseconds).ljust(-(-len(pcm) // 320) * 320, b"\0")
    assert len(pcm) == -(-milliseconds // 10) * 320
    assert one.waiting_bytes == 0
    assert one.stats().underruns == 0


@pytest.mark.parametrize("milliseconds", [3, 45, 1005])
def test_a_part_of_a_frame_goes_out_without_a_gap_although_nobody_says_that_it_is_the_last(milliseconds):
    checked = Checked(MONO)
    checked.push(32 * milliseconds)
    for _ in range(60):
        checked.tick(0.02)
    assert len(checked.speaker.heard) == -(-milliseconds // 10) * 320
    assert (checked.pacer.gaps, checked.pacer.is_complete(checked.now)) == (type(checked.pacer.gaps)(), True)


def test_a_part_of_a_frame_waits_for_more_while_more_comes():
    one = pacer()
    sent = []
    for now in every(10, 30):
        one.push(sound(100))
        sent.append(len(one.due(now)))
    assert set(sent) == {0, 320}
    assert one.stats().padding_bytes == 0


@pytest.mark.parametrize("rate", [11025, 22050, 44100, 48000])
def test_an_hour_has_no_drift(rate):
    format = AudioFormat(rate, 1)
    one, total, now = Pacer(format), 0, 1e6
    for minute in range(60):
        one.push(sound(2 * rate * 61))
        for k in range(1, 1 + 60 * 25):
            now = 1e6 + minute * 60 + k / 25
            total += len(one.due(now))
        assert 0 <= 2 * format.frame_end(int((minute + 1) * 6000 + 9)) - total <= 2 * rate // 100 * 5
    elapsed = rate * 3600 - rate // 25  # since the first tick
    assert total // 2 == max(
        frame * rate // 100 for frame in range(360_010) if frame * rate // 100 <= elapsed + rate // 10
    )


def test_time_may_be_any_number_however_large_or_negative():
    for begin in (-1e6, -0.02, 0.0, 1.7e9):
        one = pacer()
        one.push(sound(32000))
        assert out(one, every(20, 4, begin)) == [100, 20, 20, 20]


# --- late -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", [110, 120, 200, 400])
def test_a_timer_slower_than_the_lead_costs_one_gap_and_delivers_everything(period):
    checked = Checked(MONO)
    checked.push(32 * 10_000)
    checked.tick(0.0)
    for _ in range(8000 // period):
        checked.tick(period / 1000)
    assert checked.out == 32 * (8000 // period * period + 100)
    assert [(gap.cause, round(gap.seconds, 3)) for gap in checked.pacer.gaps] == [("timer", (period - 100) / 1000)]


def test_a_timer_that_slept_through_catches_up_within_its_bound():
    one = pacer(catch_up_ms=300)
    one.push(sound(32 * 20_000))
    assert out(one, [0.0, 10.0, 10.02]) == [100, 400, 20]
    assert (one.stats().late_gaps, one.stats().late_ms, one.stats().underruns) == (1, 9900, 0)


def test_sound_that_was_not_there_is_not_caught_up_with():
    one = pacer()
    one.push(sound(3200))
    assert out(one, [0.0, 0.05]) == [100, 0]
    one.push(sound(32000))
    assert out(one, [0.4, 0.42]) == [100, 20]
    (gap,) = one.gaps
    assert (gap.time, gap.seconds, gap.cause, gap.round_id) == (0.4, 0.3, "sound", 0)
    assert (one.stats().underruns, one.stats().underrun_ms) == (1, 300)


def test_sound_that_comes_before_the_last_was_heard_makes_no_gap():
    one = pacer()
    one.push(sound(3200))
    assert out(one, [0.0, 0.05]) == [100, 0]
    one.push(sound(32000))
    assert out(one, [0.09]) == [90]
    assert not one.gaps


@pytest.mark.parametrize("end", ["end_round", "begin_round", "interrupt", "clear"])
def test_silence_after_the_end_of_an_answer_is_no_underrun(end):
    one = pacer()
    one.push(sound(3200))
    out(one, [0.0, 0.2])
    {"interrupt": lambda: one.interrupt(0.3), "clear": lambda: one.clear(0.3)}.get(end, lambda: getattr(one, end)())()
    out(one, [0.5])
    one.push(sound(3200))
    assert out(one, [5.0]) == [100]
    assert not one.gaps


@pytest.mark.parametrize(("step", "sent"), [(-3600.0, [100, 20, 20, 0, 20]), (3600.0, [100, 20, 20, 600, 20])])
def test_a_step_of_the_clock_is_no_time_or_a_late_timer(step, sent):
    one = pacer()
    one.push(sound(64000))
    assert out(one, [100.0, 100.02, 100.04, 100.04 + step, 100.06 + step]) == sent
    assert one.next_due() == pytest.approx(100.07 + step)


def test_a_second_call_at_the_same_time_gives_nothing():
    one = pacer()
    one.push(sound(32000))
    assert out(one, [1.0, 1.0, 1.0]) == [100, 0, 0]


# --- incremental sending --------------------------------------------------------------------------------------------


def test_incremental_sending_is_faster_until_its_sound_is_out():
    one = pacer(lead_ms=100, send_ms=400, speed=2)  # 400 ms in 200 ms: 200 ms more than real time
    one.push(sound(64000))
    assert out(one, every(50, 7)) == [100, 100, 100, 100, 100, 50, 50]
    assert one.config.bound_ms == 300


def test_speed_1_is_allowed_and_means_off():
    one = pacer(send_ms=2000, speed=1)
    one.push(sound(64000))
    assert out(one, every(50, 4)) == [100, 50, 50, 50]


def test_each_round_is_sent_faster_at_its_beginning():
    one = pacer(send_ms=400, speed=5)  # 320 ms more
    for number in (1, 2):
        one.push(sound(32 * 500), number)
        one.end_round()
        assert out(one, every(20, 5, begin=10.0 * number)) == [100, 100, 100, 100, 100]


def test_a_round_that_follows_on_another_keeps_what_that_is_ahead():
    one = pacer(send_ms=400, speed=5)
    one.push(sound(32 * 1000), 1)
    one.push(sound(32 * 1000), 2)
    sent = out(one, every(20, 70))
    assert sent[:6] == [100, 100, 100, 100, 100, 20]
    assert sum(sent[:51]) == 1000 + 420
    assert max(sent[5:]) == 20


# --- silence in waiting ---------------------------------------------------------------------------------------------


def test_silence_is_sent_while_a_round_waits_for_its_sound():
    one = pacer(padding_ms=40)
    one.push(sound(3200))
    assert out(one, every(20, 10)) == [100, 0, 0, 0, 20, 20, 20, 20, 20, 20]
    one.push(sound(6400))
    assert out(one, [0.2, 0.22]) == [60 + 20, 20]
    assert [(gap.cause, gap.seconds) for gap in one.gaps] == [("sound", 0.12)]
    assert one.stats().padding_bytes == 32 * 120
    one.end_round()
    assert sum(out(one, every(20, 50, 0.24))) == 100


def test_no_silence_before_the_first_sound_nor_after_the_last():
    one = pacer(padding_ms=0)
    one.begin_round()
    assert out(one, every(20, 5)) == [0] * 5
    one.push(sound(3200))
    one.end_round()
    assert out(one, every(20, 20, 1.0)) == [100] + [0] * 19


def test_without_anything_ahead_the_silence_is_just_what_was_heard():
    one = pacer(padding_ms=0)
    one.push(sound(3200))
    assert out(one, every(50, 5)) == [100, 0, 0, 50, 50]
    assert one.stats().padding_bytes == 3200


# --- rounds ---------------------------------------------------------------------------------------------------------


def test_older_rounds_are_refused_and_newer_ones_queue():
    one = pacer()
    assert one.push(sound(3200), 3) == 3200
    assert one.push(sound(320), 2) == 0
    assert one.push(sound(3200, 7), 4) == 3200
    assert one.push(sound(320), 3) == 0
    assert one.stats().refused_bytes == 640
    assert one.due(0.0) + one.due(0.1) == sound(3200) + sound(3200, 7)


def test_a_part_of_a_frame_is_filled_up_where_the_next_round_begins():
    one = pacer()
    one.push(sound(100), 1)
    one.push(sound(320), 2)
    assert one.due(0.0) == sound(100) + bytes(220) + sound(320)


def test_a_torn_sample_never_shifts_the_next_round():
    one = pacer()
    one.push(sound(321), 1)
    one.push(sound(320, 9), 2)
    assert one.due(0.0) == sound(320) + sound(320, 9)
    assert one.stats().dropped_bytes == 1


def test_a_torn_sample_is_completed_by_the_next_piece():
    one = pacer()
    for k in range(6400):
        one.push(sound(1, k))
    assert b"".join(one.due(now) for now in every(20, 10)) == sound(6400)


def test_sound_after_an_end_opens_the_round_again():
    one = pacer()
    one.push(sound(100))
    one.end_round()
    one.push(sound(220, 100))
    assert one.due(0.0) == sound(320)
    one.end_round()
    assert one.push(sound(320)) == 320
    assert len(one.due(0.02)) == 320


def test_an_interrupt_drops_all_rounds_and_refuses_their_sound():
    one = pacer()
    one.push(sound(32000), 1)
    one.due(0.0)
    one.push(sound(3200), 2)
    report = one.interrupt(0.05)
    assert (report.round_id, report.next_round, one.round_id) == (1, 3, 3)
    assert (report.dropped_bytes, report.heard_ms, report.exact) == (32000, 50, False)
    assert [one.push(sound(320), number) for number in (1, 2, 3)] == [0, 0, 320]
    assert one.due(0.06) == sound(320)


def test_after_an_interrupt_the_next_answer_has_its_lead_at_once():
    one = pacer()
    one.push(sound(32000))
    out(one, every(20, 10))
    one.interrupt(0.19)
    one.push(sound(32000))
    assert out(one, [0.2, 0.22]) == [100, 20]


def test_a_sink_that_cannot_take_back_keeps_its_sound_and_the_lead_counts_it():
    one = pacer()
    one.push(sound(32000))
    one.due(0.0)
    report = one.interrupt(0.02, taken_back=0)
    assert (report.heard_ms, report.exact, report.silent_ms, report.dropped_bytes) == (100, True, 80.0, 32000 - 3200)
    one.push(sound(32000))
    assert out(one, [0.02, 0.04]) == [20, 20]


def test_an_interrupt_for_a_round_that_has_begun_keeps_its_sound():
    """Somebody else interrupted, and the next answer was faster than the news."""
    one = pacer()
    one.push(sound(6400), 1)
    one.due(0.0)
    one.push(sound(3200, 50), 2)
    report = one.interrupt(0.04, next_round=2)
    assert (report.round_id, report.dropped_bytes, report.next_round) == (1, 3200, 2)
    assert one.due(0.04) == sound(3200, 50)


@pytest.mark.parametrize("taken", [None, 3200])
def test_its_sound_stays_even_where_some_of_it_was_sent(taken):
    one = pacer()
    one.push(sound(1600), 1)
    one.push(sound(3200, 50), 2)
    assert len(one.due(0.0)) == 3200
    report = one.interrupt(0.0, taken, next_round=2)
    assert (report.round_id, report.heard_ms) == (1, 0)
    assert one.due(0.0) == sound(3200, 50)


def test_interrupting_silence_reports_nothing():
    one = pacer()
    report = one.interrupt(1.0)
    assert (report.round_id, report.dropped_bytes, report.heard_ms, report.text, report.intervals) == (0, 0, 0, "", ())
    assert one.interrupt(1.0).next_round == 2


def test_twice_is_another_round_without_sound():
    one = pacer()
    one.push(sound(32000))
    one.due(0.0)
    assert one.interrupt(0.05).dropped_bytes == 28800
    again = one.interrupt(0.05)
    assert (again.round_id, again.dropped_bytes, again.heard_ms) == (1, 0, 0)


# --- pause ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("hours", [0, 0.0001, 5])
def test_a_pause_neither_loses_nor_repeats(format, hours):
    checked = Checked(format)
    second = format.sample_bytes * format.sample_rate
    checked.push(second)
    checked.end_round()
    for _ in range(7):
        checked.tick(0.033)
    checked.pause()
    assert checked.tick(hours * 3600) == b""
    checked.resume()
    for _ in range(40):
        checked.tick(0.033)
    assert bytes(checked.speaker.heard).replace(b"\0", b"") == sound(second)
    assert not checked.pacer.gaps


def test_without_a_word_from_the_sink_the_clock_says_what_is_played_again():
    one = pacer()
    one.push(sound(32000))
    one.due(0.0)
    assert one.pause(0.03, None) == 70 * 32
    one.resume(9.0)
    assert one.due(9.0) == sound(3200, 30 * 32)


def test_the_end_of_an_answer_is_played_again_after_it_was_all_sent():
    one = pacer()
    one.push(sound(1000))
    one.end_round()
    assert len(one.due(0.0)) == 1280
    assert one.waiting_bytes == 0
    assert one.pause(0.01, 960) == 1000 - 320
    assert not one.is_complete(5.0)
    one.resume(5.0)
    assert one.due(5.0) == sound(680, 320) + bytes(280)
    assert one.stats().padding_bytes == 280


def test_while_paused_it_takes_sound_and_interrupts():
    one = pacer()
    one.push(sound(32000))
    one.due(0.0)
    one.pause(0.0, 3200)
    one.push(sound(320))
    assert (one.paused, one.next_due(), one.due(1.0)) == (True, None, b"")
    assert one.interrupt(1.0, 0).dropped_bytes == 32320
    assert not one.paused
    one.push(sound(320))
    assert len(one.due(1.0)) == 320


@pytest.mark.parametrize("taken", [-1, 2.5, True, "3200", 10**9, 3201])
def test_a_sink_that_says_nonsense_makes_no_report_exact(taken):
    one = pacer()
    one.push(sound(32000))
    one.due(0.0)
    report = one.interrupt(0.04, taken)
    assert not report.exact
    assert 0 <= report.heard_ms <= 100


def test_a_failed_write_is_sent_again_or_dropped_in_time():
    one = pacer()
    one.push(sound(32000))
    one.failed(one.due(0.0), 0.0)
    pcm = one.due(0.02)
    assert pcm == sound(3200)
    one.failed(pcm, 0.02, keep=False)
    assert one.due(0.04) == sound(640, 3200)
    assert one.stats().dropped_bytes == 3200


# --- what was heard -------------------------------------------------------------------------------------------------


def test_what_was_heard_leaves_the_lead_out():
    one = pacer()
    one.push(sound(32000))
    out(one, every(20, 11, 5.0))
    heard = one.heard(5.2)
    assert (heard.round_id, heard.heard_ms, heard.first_sound, heard.text_source) == (0, 200, 5.0, "none")
    assert [(one.start, one.end, one.offset) for one in heard.intervals] == [(5.0, 5.2, 0.0)]


def test_intervals_leave_gaps_and_pauses_out():
    one = pacer()
    one.push(sound(3200))
    out(one, [1.0])
    one.push(sound(9600))
    out(one, [1.5, 1.55])
    one.pause(1.6, None)
    one.resume(2.0)
    out(one, [2.0, 2.1])
    intervals = one.heard(2.15).intervals
    assert [(round(i.start, 4), round(i.end, 4), round(i.offset, 4)) for i in intervals] == [
        (1.0, 1.1, 0.0),
        (1.5, 1.6, 0.1),
        (2.0, 2.15, 0.2),
    ]
    assert sum(i.end - i.start for i in intervals) == pytest.approx(one.heard(2.15).heard_ms / 1000)


def test_what_was_taken_back_before_anybody_heard_it_is_first_heard_later():
    one = pacer()
    one.push(np.full(16000, 3000, np.int16))
    one.due(0.0)
    one.pause(0.0, 3200)
    one.resume(5.0)
    one.due(5.0)
    heard = one.heard(5.05)
    assert (heard.first_sound, heard.first_audible) == (5.0, 5.0)
    assert [(i.start, i.end, i.offset) for i in heard.intervals] == [(5.0, 5.05, 0.0)]


def test_the_first_audible_sample_comes_after_leading_silence():
    one = pacer()
    one.push(np.concatenate([np.zeros(2400), np.full(2400, 3000)]).astype(np.int16))
    assert len(one.due(1.0)) == 3200
    assert (one.heard(1.1).first_audible, one.heard(1.1).leading_silence_ms) == (None, None)
    one.due(1.1)
    heard = one.heard(1.2)
    assert (heard.first_sound, heard.first_audible, heard.leading_silence_ms) == (1.0, 1.15, 150)


def test_text_is_reported_up_to_the_word():
    one = pacer()
    one.mark_text("One two.", [("One", 0.0, 0.3), ("two", 0.4, 0.6)])
    one.push(sound(32 * 700))
    one.mark_text("Three.", [("Three", 0.0, 0.5)])
    one.push(sound(32 * 700))
    out(one, every(20, 18))
    assert one.heard(0.35).text == "One"
    out(one, every(20, 14, 0.36))
    report = one.interrupt(0.62)
    assert (report.text, report.text_source, report.heard_ms) == ("One two.", "words", 620)


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("now", [math.nan, math.inf, -math.inf, None, "1", [], 1j])
def test_a_time_that_is_none_is_refused(now):
    one = pacer()
    one.push(sound(320))
    for call in (one.due, one.pause, one.resume, one.interrupt, one.heard, one.is_complete):
        with pytest.raises(ConfigError, match=r"now is .*, must be a finite number of seconds"):
            call(now)
    assert len(one.due(0.0)) == 320


@pytest.mark.parametrize("pcm", ["abc", 3, None, [1, 2], np.zeros(3), np.zeros(3, ">i2")])
def test_what_is_no_sound_is_refused(pcm):
    with pytest.raises(FormatError, match="PCM"):
        pacer().push(pcm)


@pytest.mark.parametrize("pcm", [bytearray(b"ab" * 160), memoryview(b"ab" * 160), np.full(160, 25185, np.int16)])
def test_anything_with_bytes_in_it_is_taken_and_may_be_reused(pcm):
    one = pacer()
    assert one.push(pcm) == 320
    if not isinstance(pcm, memoryview):
        pcm[:] = bytes(320) if isinstance(pcm, bytearray) else 0
    assert one.due(0.0) == b"ab" * 160


@pytest.mark.parametrize("number", [1.5, "1", True, b""])
def test_a_round_is_a_whole_number(number):
    for call in (
        lambda: pacer().push(b"", number),
        lambda: pacer().begin_round(number),
        lambda: Pacer(MONO, None, number),
    ):
        with pytest.raises(ConfigError, match=r"round_id is .*, must be a whole number"):
            call()


def test_a_format_and_a_config_are_what_they_should_be():
    with pytest.raises(FormatError, match="must be an AudioFormat"):
        Pacer(16000)
    with pytest.raises(ConfigError, match="must be a PacerConfig"):
        Pacer(MONO, {"lead_ms": 20})


def test_the_high_water_mark_asks_and_does_not_refuse():
    one = pacer(high_water_ms=200)
    assert (one.push(sound(6400)), one.is_full) == (6400, False)
    assert (one.push(sound(2)), one.is_full) == (2, True)
    one.due(0.0)
    assert not one.is_full
