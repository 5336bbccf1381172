"""The policy and the consumer together: what an interruption that was none, and one that was, sound like."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.consumer.consumer import AudioConsumer
from agora_audio.consumer.policy import InterruptionPolicy
from agora_audio.consumer.policy_config import InterruptionConfig
from agora_audio.consumer.rounds import Rounds
from agora_audio.frames import AudioFormat
from agora_audio.testing import FakeClock, LoudspeakerSink
from tests.consumer.model import sound
from tests.consumer.scripts import config, events, happen

MS = 32
TICK = 0.01


class Call:
    """An agent that speaks from second 10.0 on, in answers that come at once, a user, and a loudspeaker."""

    def __init__(self, settings: InterruptionConfig, recall: bool = True) -> None:
        self.clock = FakeClock(10.0)
        self.speaker = LoudspeakerSink(AudioFormat(16000), self.clock)
        if not recall:
            clear = self.speaker.clear
            self.speaker.clear = lambda: clear() and None
        self.rounds = Rounds()
        self.consumer = AudioConsumer(self.speaker, 16000, 1, self.clock, rounds=self.rounds)
        self.policy = InterruptionPolicy(settings)
        self.acted: list[str] = []
        self.reports = []
        self.spoken: dict[int, bytes] = {}

    def answer(self, milliseconds: int, pieces: int = 7) -> int:
        """Begin an answer, and push all of it, in pieces."""
        number = self.consumer.begin_round()
        pcm = self.spoken[number] = sound(milliseconds * MS, 31 * number)
        size = -(-len(pcm) // pieces)
        for begin in range(0, len(pcm), size):
            assert self.consumer.push_pcm_data(pcm[begin : begin + size], number)
        self.consumer.end_round(number)
        self.act(self.policy.agent("speaking", self.clock(), round_id=number))
        return number

    def act(self, decisions) -> None:
        for decision in decisions:
            self.acted.append(decision.action.value)
            if decision.action == "pause":
                self.consumer.pause()
            elif decision.action == "resume":
                self.consumer.resume()
            else:
                self.reports.append(self.consumer.interrupt(decision.round_id, decision.time))

    def run(self, until: float, script: str = "") -> None:
        """Let time pass, in ticks, with what the user does as in `tests.consumer.scripts`."""
        steps = list(events(script))
        while self.clock() < until - 1e-9:
            while steps and steps[0][0] <= self.clock() + 1e-9:
                self.act(happen(self.policy, self.clock(), steps.pop(0)[1]))
            self.act(self.policy.poll(self.clock()))
            self.consumer.consume()
            self.clock.advance(TICK)

    def heard(self, begin: float = 10.0, end: float | None = None) -> bytes:
        """What the loudspeaker played, silence left out, between two times."""
        first = round((begin - 10.0) * 1000) * MS
        last = None if end is None else round((end - 10.0) * 1000) * MS
        return self.speaker.heard[first:last].replace(b"\0", b"")


@pytest.mark.parametrize(
    ("settings", "script", "acted", "silence"),
    [
        ({}, "11.0 voice; 11.2 quiet", ["pause", "resume"], (11.0, 12.2)),
        ({}, "11.003 voice; 11.2 quiet; 11.5 .", ["pause", "resume"], (11.01, 12.2)),
        ({"backchannels": ("en",)}, "11.0 voice; 11.3 quiet; 11.6 Mhm.", ["pause", "resume"], (11.0, 11.6)),
        ({"min_words": 2}, "11.0 voice; 11.3 quiet; 11.7 yes...; 11.9 Yes.", ["pause", "resume"], (11.0, 11.9)),
        ({"max_pause": 0.5}, "11.0 voice", ["pause", "resume"], (11.0, 11.5)),
        ({"mode": "voice", "pause_after": 0.1}, "11.0 voice; 11.3 quiet", ["pause", "resume"], (11.1, 11.3)),
        ({}, "11.0 voice; 11.2 quiet; 12.5 voice; 12.6 quiet", ["pause", "resume"] * 2, (11.0, 12.2)),
        ({}, "12.95 voice; 13.0 quiet", ["pause", "resume"], (12.95, 14.0)),  # all of it was sent already
        ({"mode": "asr"}, "11.0 voice; 11.2 quiet", [], None),
    ],
)
@pytest.mark.parametrize("recall", [True, False], ids=["exact", "by the clock"])
def test_a_false_interruption_loses_and_repeats_not_a_sample(settings, script, acted, silence, recall):
    call = Call(config(**settings), recall)
    number = call.answer(3000)
    call.run(18.0, script)
    assert call.acted == acted
    assert call.heard() == call.spoken[number]
    if silence:
        begin, end = silence
        assert call.heard(begin, end) == b"", "silent from the decision on, within this tick"
        assert len(call.heard(end, end + 0.05)) == 50 * MS, "and there again at once"
    assert (call.consumer.stats().underruns, call.consumer.stats().late_gaps) == (0, 0)
    assert call.consumer.is_push_to_rtc_completed()


def test_an_interruption_that_was_one_is_reported_as_of_the_pause_and_the_next_answer_is_heard_alone():
    call = Call(config())
    first = call.answer(3000)
    call.run(12.5, "11.0 voice; 11.6 wait...; 12.3 quiet")
    assert call.acted == ["pause", "interrupt"]
    (report,) = call.reports
    assert (report.round_id, report.heard_ms, report.exact, report.dropped_bytes) == (first, 1000, True, 2000 * MS)
    assert call.consumer.push_pcm_data(sound(3200), first) == 0
    second = call.answer(1000)
    call.run(14.0)
    assert call.heard() == call.spoken[first][: 1000 * MS] + call.spoken[second]


def test_a_pause_ends_with_the_round_and_the_rest_of_it_is_heard_before_the_next():
    call = Call(config(protect=0.2))
    first = call.answer(1000)
    call.run(10.6, "10.5 voice")
    second = call.answer(500)
    call.run(13.0, "10.7 quiet")
    assert call.acted == ["pause", "resume"]
    assert call.heard() == call.spoken[first] + call.spoken[second]


STEPS = st.lists(
    st.tuples(st.sampled_from(["push", "pause", "wait", "tick", "tick", "end"]), st.integers(1, 200)), max_size=60
)


@settings(deadline=None, max_examples=60)
@given(STEPS, st.booleans())
def test_what_was_heard_is_never_revised(steps, recall):
    call, told, sample = Call(config(), recall), (), 1 / 16000
    call.consumer.push_pcm_data(sound(700 * MS))
    for what, size in steps:
        if what == "push":
            call.consumer.push_pcm_data(sound(size * MS))
        elif what == "end":
            call.consumer.end_round()
        else:
            call.consumer.pause() if what == "pause" else call.consumer.consume()
            call.clock.advance(size / (10000 if what == "tick" else 1000))
            call.consumer.resume()
        intervals = call.consumer.heard().intervals
        assert intervals[: len(told) - 1] == told[:-1], "what has ended stays as it was told"
        if told:  # a sink may have played a sample less than the clock says
            now = intervals[len(told) - 1]
            assert (now.start, now.offset) == (told[-1].start, told[-1].offset)
            assert now.end >= told[-1].end - 1.01 * sample
        told = intervals


WORDS = ["voice", "quiet", "mhm", "mhm...", "stop it", "stop...", "poll"]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 80), st.sampled_from(WORDS)), max_size=25),
    st.sampled_from(["voice", "both", "asr"]),
    st.integers(0, 400),
    st.booleans(),
)
def test_whatever_the_user_does_each_answer_is_heard_in_order_up_to_its_interruption(steps, mode, pause_ms, recall):
    call = Call(config(mode, pause_after=pause_ms / 1000, min_words=2, backchannels=("en",)), recall)
    call.answer(2000)
    for ticks, what in steps:
        call.run(round(call.clock() + ticks * TICK, 9))
        before = len(call.reports)
        call.act(happen(call.policy, call.clock(), what))
        if len(call.reports) > before:
            call.answer(700)
    before = len(call.reports)
    call.run(call.clock() + 12.0)
    assert len(call.reports) <= before + 1
    heard_ms = {report.round_id: report.heard_ms for report in call.reports}
    parts = [pcm[: heard_ms.get(number, 10_000) * MS] for number, pcm in call.spoken.items()]
    assert call.heard() == b"".join(parts)
    assert call.acted.count("pause") <= call.acted.count("resume") + call.acted.count("interrupt")
    assert not call.consumer.paused
