"""InterruptionPolicy: conversations with literal times, the four laws, the transition table."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.consumer.policy import TRANSITIONS, InterruptionPolicy, Phase
from agora_audio.consumer.policy_config import InterruptionConfig, InterruptionSettings
from agora_audio.consumer.policy_events import Action, AgentState, InterruptionDecision, Reason
from agora_audio.errors import ConfigError, FormatError
from agora_audio.vad.state_machine import VadState
from tests.consumer.scripts import config, events, happen, play, told

END = "; 99 poll"


def decided(script, config=None):
    return told(play(script + END, config))


# --- conversations --------------------------------------------------------------------------------------------------

VOICE = config("voice", min_voice=0.5, pause_after=None)
PAUSING_VOICE = config("voice", min_voice=0.5, pause_after=0.2)
ASR = config("asr", min_words=2)
BOTH = config("both", min_words=2)
LATE_PAUSE = config("both", pause_after=0.3)


@pytest.mark.parametrize(
    ("config", "script", "decisions"),
    [
        # voice: the minimum duration, to the millisecond
        (VOICE, "0 speaking; 1 voice; 1.499 quiet", []),
        (VOICE, "0 speaking; 1 voice; 1.5 quiet", ["1.5 interrupt, voice"]),
        (VOICE, "0 speaking; 1 voice; 3 quiet", ["1.5 interrupt, voice"]),
        (VOICE, "0 speaking; 1 voice; 1.4 quiet; 1.5 voice; 1.9 quiet", []),  # not added up
        (VOICE, "0 speaking; 1 stop it now", []),  # words do not matter
        (VOICE, "1 voice; 3 quiet", []),  # nobody to interrupt
        (VOICE, "0 speaking; 1 idle; 2 voice; 3 quiet", []),
        (VOICE, "0 speaking; 1 voice; 1.2 idle; 3 quiet", []),
        # voice with a pause first
        (PAUSING_VOICE, "0 speaking; 1 voice; 1.1 quiet", []),
        (PAUSING_VOICE, "0 speaking; 1 voice; 1.3 quiet", ["1.2 pause, voice", "1.3 resume, voice ended"]),
        (PAUSING_VOICE, "0 speaking; 1 voice; 9 quiet", ["1.2 pause, voice", "1.5 interrupt, voice"]),
        (config("voice", min_voice=0.2, pause_after=0.2), "0 speaking; 1 voice", ["1.2 interrupt, voice"]),
        (config("voice", min_voice=0.1, pause_after=0.2), "0 speaking; 1 voice", ["1.1 interrupt, voice"]),
        (config("voice", min_voice=0.0), "0 speaking; 1 voice", ["1 interrupt, voice"]),
        # asr: the number of words
        (ASR, "0 speaking; 1 stop", []),
        (ASR, "0 speaking; 1 stop...; 1.5 stop it...", ["1.5 interrupt, words"]),
        (ASR, "0 speaking; 1 stop it", ["1 interrupt, words"]),
        (ASR, "0 speaking; 1 voice; 9 quiet", []),  # voice does not matter
        (ASR, "0 speaking; 1 stop; 1.5 it", ["1.5 interrupt, words"]),  # two transcripts, one utterance
        (ASR, "0 speaking; 1 stop; 2 it", []),  # 1 s of quiet between them
        (ASR, "0 speaking; 1 voice; 1.1 stop; 3 it", ["3 interrupt, words"]),  # unless the voice goes on
        (ASR, "0 speaking; 1 等等", []),
        (ASR, "0 speaking; 1 等一下", ["1 interrupt, words"]),
        (ASR, "0 speaking; 1 はい; 3 ちょっと待って", ["3 interrupt, words"]),
        (ASR, "1 stop it now; 2 speaking", []),
        # both: voice pauses, words decide
        (BOTH, "0 speaking; 1 voice; 1.4 stop...; 1.6 stop it...", ["1 pause, voice", "1.6 interrupt, words"]),
        (BOTH, "0 speaking; 1 voice; 1.5 quiet", ["1 pause, voice", "2.5 resume, quiet"]),
        (BOTH, "0 speaking; 1 voice; 1.5 quiet; 2.4 uh...", ["1 pause, voice", "3.4 resume, quiet"]),  # new words
        (BOTH, "0 speaking; 1 voice; 1.4 uh...; 1.5 quiet; 2.4 uh...", ["1 pause, voice", "2.5 resume, quiet"]),
        (BOTH, "0 speaking; 1 voice; 1.5 quiet; 1.8 uh", ["1 pause, voice", "1.8 resume, too few words"]),
        (BOTH, "0 speaking; 1 voice; 1.5 quiet; 1.8 ...", ["1 pause, voice", "2.5 resume, quiet"]),  # nothing heard
        (BOTH, "0 speaking; 1 voice; 1.2 uh; 1.5 quiet", ["1 pause, voice", "2.5 resume, quiet"]),
        (BOTH, "0 speaking; 1 voice; 1.5 quiet; 2.4 voice; 2.6 quiet", ["1 pause, voice", "3.6 resume, quiet"]),
        (BOTH, "0 speaking; 1 stop it", ["1 interrupt, words"]),  # a voice that the VAD misses
        (
            BOTH,
            "0 speaking; 1 voice; 1.5 quiet; 2.5 stop it",
            ["1 pause, voice", "2.5 resume, quiet", "2.5 interrupt, words"],
        ),
        (BOTH, "0 speaking; 1 voice", ["1 pause, voice", "6 resume, max pause"]),
        (
            BOTH,
            "0 speaking; 1 voice; 7 quiet; 8 voice; 8.5 quiet",
            ["1 pause, voice", "6 resume, max pause", "8 pause, voice", "9.5 resume, quiet"],
        ),
        (config(max_pause=None), "0 speaking; 1 voice; 60 quiet", ["1 pause, voice", "61 resume, quiet"]),
        (config(max_pause=0.0), "0 speaking; 1 voice; 3 quiet", ["1 pause, voice", "1 resume, max pause"]),
        (config(resume_after=0.0), "0 speaking; 1 voice; 1.5 quiet", ["1 pause, voice", "1.5 resume, quiet"]),
        (LATE_PAUSE, "0 speaking; 1 voice; 1.2 quiet", []),
        (LATE_PAUSE, "0 speaking; 1 voice; 1.2 no...", ["1.2 interrupt, words"]),
        (LATE_PAUSE, "0 speaking; 1 voice; 1.4 no...", ["1.3 pause, voice", "1.4 interrupt, words"]),
        (config(pause_after=None), "0 speaking; 1 voice; 3 no", ["3 interrupt, words"]),
        # final transcripts alone
        (config("asr", partials=False), "0 speaking; 1 stop...; 2 stop", ["2 interrupt, words"]),
        (
            config(partials=False),
            "0 speaking; 1 voice; 1.5 quiet; 2.4 stop...",
            ["1 pause, voice", "3.4 resume, quiet"],
        ),
        # phrases that interrupt at once
        (config("asr", min_words=4, interrupt_phrases=("stop",)), "0 speaking; 1 do stop", ["1 interrupt, phrase"]),
        (config("asr", min_words=4, interrupt_phrases=("hold on",)), "0 speaking; 1 on hold", []),
        (
            config("asr", min_words=4, interrupt_phrases=("别说了",)),
            "0 speaking; 1 你别说了...",
            ["1 interrupt, phrase"],
        ),
    ],
)
def test_conversations(config, script, decisions):
    assert decided(script, config) == decisions


ENGLISH = config(backchannels=("en",))


@pytest.mark.parametrize(
    ("script", "decisions"),
    [
        ("0 speaking; 1 voice; 1.3 yeah...; 1.5 quiet; 1.8 Yeah.", ["1 pause, voice", "1.8 resume, backchannel"]),
        ("0 speaking; 1 voice; 1.3 yeah...; 1.6 yeah but...", ["1 pause, voice", "1.6 interrupt, words"]),
        ("0 speaking; 1 uh...; 1.2 uh-huh", []),  # it may become one
        ("0 speaking; 1 uh...; 1.2 uh", ["1.2 interrupt, words"]),
        ("0 speaking; 1 okay; 1.5 right, okay; 1.9 no", ["1.9 interrupt, words"]),
        ("0 speaking; 1 stop", ["1 interrupt, words"]),
    ],
)
def test_backchannels_count_as_no_words(script, decisions):
    assert decided(script, ENGLISH) == decisions


def test_backchannels_are_off_by_default():
    assert decided("0 speaking; 1 yeah", config()) == ["1 interrupt, words"]


def test_the_decision_says_what_was_heard():
    script = "0 speaking#7; 1 voice; 1.2 Please...; 1.5 Please, stop..."
    pause, interrupt = play(script, config(min_words=2))
    assert pause == InterruptionDecision(Action.PAUSE, 1.0, Reason.VOICE, 7)
    assert interrupt == InterruptionDecision(Action.INTERRUPT, 1.5, Reason.WORDS, 7, 2, "Please, stop")
    assert (interrupt.action, interrupt.reason) == ("interrupt", "words")


# --- protection -----------------------------------------------------------------------------------------------------

GUARDED = config("voice", protect=1.0, min_voice=0.5, pause_after=None)
GUARDED_WORDS = config("asr", protect=1.0)


@pytest.mark.parametrize(
    ("config", "script", "decisions"),
    [
        (GUARDED, "0 speaking; 0.1 voice; 0.9 quiet", []),
        (GUARDED, "0 speaking; 0.1 voice; 1.4 quiet", []),
        (GUARDED, "0 speaking; 0.1 voice; 1.6 quiet", ["1.5 interrupt, voice"]),  # counted from 1.0 on
        (GUARDED, "0 speaking; 1.1 voice; 1.7 quiet", ["1.6 interrupt, voice"]),
        (GUARDED, "0 voice; 1 speaking; 3 quiet", ["2.5 interrupt, voice"]),  # spoke before the agent did
        (GUARDED_WORDS, "0 speaking; 0.5 stop...; 1.1 stop", []),
        (GUARDED_WORDS, "0 speaking; 0.5 stop...; 1.1 stop it...", ["1.1 interrupt, words"]),
        (GUARDED_WORDS, "0 speaking; 0.5 stop; 1.1 it", ["1.1 interrupt, words"]),
        # An answer is protected once, also when it comes in pieces; and the next one is again.
        (GUARDED_WORDS, "0 thinking; 1 speaking; 2 thinking; 3 speaking; 3.1 no", ["3.1 interrupt, words"]),
        (GUARDED_WORDS, "0 thinking; 1 speaking; 2 thinking; 2.1 no", ["2.1 interrupt, words"]),
        (GUARDED_WORDS, "0 speaking; 5 idle; 6 speaking; 6.9 no", []),
        (GUARDED_WORDS, "0 speaking#1; 6 speaking#2; 6.9 no", []),
        (GUARDED_WORDS, "0 speaking#1; 6 speaking#1; 6.9 no", ["6.9 interrupt, words"]),
        # going to and fro does not start the voice's duration again
        (VOICE, "0 thinking; 0.1 speaking; 1 voice; 1.2 thinking; 1.4 speaking; 2 quiet", ["1.5 interrupt, voice"]),
    ],
)
def test_the_beginning_of_an_answer_is_protected(config, script, decisions):
    assert decided(script, config) == decisions


@pytest.mark.parametrize("mode", ["voice", "asr", "both"])
@pytest.mark.parametrize("time", [0.0, 10.0, 1e9])
def test_the_defaults_let_the_end_of_the_question_pass(mode, time):
    """The VAD stops up to 0.5 s after the round began, the ASR's last version comes 0.9 s after it."""
    policy = InterruptionPolicy(InterruptionConfig(mode))
    script = [(-1.5, "voice"), (-0.6, "what is..."), (-0.2, "what is the..."), (0, "thinking")]
    script += [(0.45, "quiet"), (0.9, "what's the weather today"), (1.4, "speaking"), (4.0, "idle")]
    assert [d for at, what in script for d in happen(policy, time + at, what)] == []


@pytest.mark.parametrize(
    ("script", "decisions"),
    [
        ("0 thinking; 0.9 what is it", []),
        ("0 thinking; 1 what is it", ["1 interrupt, words"]),  # 1 s after the round began it is not the question
        ("0 voice; 0.1 thinking; 0.7 quiet; 0.9 and more", ["0.6 pause, voice", "0.9 interrupt, words"]),
        ("0 what is...; 0.2 thinking; 2 what is", []),  # however late: all of it was known
        ("0 what is...; 0.2 thinking; 2 what else", ["2 interrupt, words"]),  # another transcript
        ("0 what is...; 0.2 thinking; 0.4 voice; 0.8 what is it", ["0.7 pause, voice", "0.8 interrupt, words"]),
        # The delay is that of the round, not of each of its states.
        ("0 thinking; 0.6 speaking; 1.2 stop", ["1.2 interrupt, words"]),
    ],
)
def test_late_words_of_the_question_do_not_interrupt(script, decisions):
    settings = InterruptionSettings(protect=0.5)
    assert decided(script, InterruptionConfig(speaking=settings, thinking=settings, mode="both")) == decisions


# --- not interruptible ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "decisions"),
    [
        ("0 speaking!; 1 voice; 2 stop it; 3 quiet", []),
        ("0 speaking!; 1 speaking; 2 stop", ["2 interrupt, words"]),
        ("0 speaking; 1 speaking!; 2 stop", []),
        ("0 speaking!; 1 stop...; 2 speaking; 2.1 stop", []),  # said before
        ("0 speaking!; 1 stop...; 2 speaking; 2.1 stop it", ["2.1 interrupt, words"]),
        ("0 speaking!; 1 voice; 2 speaking; 3 quiet", ["2 pause, voice", "4 resume, quiet"]),
        ("0 speaking; 1 voice; 2 speaking!; 3 quiet", ["1 pause, voice", "2 resume, not interruptible"]),
        ("0 thinking; 1 voice; 2 speaking!; 2.5 no", ["1 pause, voice", "2 resume, not interruptible"]),
    ],
)
def test_what_must_not_be_interrupted_is_not(script, decisions):
    assert decided(script, config()) == decisions


# --- thinking and speaking, rounds ----------------------------------------------------------------------------------

TWO = config("both", min_words=3, pause_after=0.5, thinking={"min_words": 1, "pause_after": 0.0})


@pytest.mark.parametrize(
    ("script", "decisions"),
    [
        ("0 thinking; 1 wait", ["1 interrupt, words"]),
        ("0 speaking; 1 wait; 1.1 a second", ["1.1 interrupt, words"]),
        ("0 speaking; 1 wait; 2.5 a second", []),
        ("0 thinking; 1 voice; 1.1 quiet", ["1 pause, voice", "2.1 resume, quiet"]),
        ("0 speaking; 1 voice; 1.1 quiet", []),
        # A pause is judged by the settings under which it began, and holds the answer back.
        ("0 thinking; 1 voice; 1.5 speaking; 2 wait...", ["1 pause, voice", "2 interrupt, words"]),
        ("0 speaking; 1 voice; 1.6 thinking; 2 wait...", ["1.5 pause, voice", "6.5 resume, max pause"]),
        # From the resume on, those of the new state.
        ("0 thinking; 1 voice; 1.5 speaking; 1.6 quiet; 4 wait", ["1 pause, voice", "2.6 resume, quiet"]),
    ],
)
def test_other_settings_while_thinking_than_while_speaking(script, decisions):
    assert decided(script, TWO) == decisions


def test_an_answer_that_began_in_a_pause_is_protected_from_its_end_on():
    guarded = config("both", protect=0.5)
    script = "0 thinking; 1 voice; 1.2 speaking; 1.5 quiet; {} voice; 4 quiet; 4 idle"
    assert decided(script.format(2.9), guarded)[:3] == ["1 pause, voice", "2.5 resume, quiet", "3 pause, voice"]
    assert decided(script.format(3.1), guarded)[:3] == ["1 pause, voice", "2.5 resume, quiet", "3.1 pause, voice"]
    spoke_before = "0 thinking; 0.1 speaking; 1 voice; 1.5 quiet; 2.6 voice"
    assert decided(spoke_before, guarded)[:3] == ["1 pause, voice", "2.5 resume, quiet", "2.6 pause, voice"]


@pytest.mark.parametrize(
    ("script", "decisions"),
    [
        ("0 speaking#1; 1 no; 1.1 speaking#1; 1.2 no", ["1 interrupt, words"]),  # news of the round interrupted
        ("0 speaking#1; 1 no; 1.1 thinking#2; 1.2 speaking#1; 1.3 no", ["1 interrupt, words", "1.3 interrupt, words"]),
        ("0 speaking#2; 1 speaking#1; 2 idle#1; 3 no", ["3 interrupt, words"]),  # old news
        ("0 speaking#2; 1 idle#2; 1.1 speaking#1; 2 no", []),
        ("0 speaking#2; 1 idle#2; 1.1 speaking#2; 2 no", ["2 interrupt, words"]),  # it goes on
        ("0 speaking; 1 no; 1.1 speaking; 2.2 no", ["1 interrupt, words", "2.2 interrupt, words"]),  # without ids
        ("0 speaking; 1 voice; 1.5 idle; 2 speaking", ["1 pause, voice", "1.5 resume, agent", "2 pause, voice"]),
        ("0 speaking#1; 1 voice; 1.5 thinking#2", ["1 pause, voice", "1.5 resume, agent", "1.5 pause, voice"]),
    ],
)
def test_rounds(script, decisions):
    assert decided(script + "; 2.5 idle", config())[: len(decisions)] == decisions
    assert decided(script + "; 2.5 idle", config())[len(decisions) :] in ([], ["2.5 resume, agent"])


def test_decisions_name_the_round_they_are_about():
    found = play("0 speaking#1; 1 voice; 1.5 thinking#2; 2 no; 3 speaking; 4 no; 4.1 speaking#3; 5 no", config())
    assert [(one.action.value, one.round_id) for one in found] == [
        *[("pause", 1), ("resume", 1), ("pause", 2), ("interrupt", 2)],
        *[("pause", None), ("interrupt", None), ("pause", 3), ("interrupt", 3)],
    ]


# --- the laws -------------------------------------------------------------------------------------------------------

MILLISECONDS = st.integers(0, 3000)
WHAT = st.sampled_from(
    ["idle", "thinking", "speaking", "speaking!", "thinking#1", "speaking#1", "speaking#2", "idle#2", "speaking!#3"]
    + ["voice", "quiet"] * 5
    + ["...", "uh...", "uh huh...", "wait...", "wait a second...", "wait", "yeah", "停...", "等一下", "stop it", "!"]
)
SCRIPTS = st.lists(st.tuples(MILLISECONDS, WHAT), max_size=25).map(
    lambda steps: [(time / 1000, what) for time, what in sorted(steps, key=lambda step: step[0])]
)
SECONDS = st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.7])
CONFIGS = st.builds(
    config,
    st.sampled_from(["voice", "asr", "both"]),
    thinking=st.fixed_dictionaries({"protect": SECONDS, "min_voice": SECONDS, "min_words": st.integers(1, 3)}),
    min_voice=SECONDS,
    min_words=st.integers(1, 3),
    pause_after=st.none() | SECONDS,
    protect=SECONDS,
    resume_after=SECONDS,
    max_pause=st.none() | SECONDS,
    asr_delay=SECONDS,
    partials=st.booleans(),
    backchannels=st.sampled_from([(), ("en",)]),
    interrupt_phrases=st.sampled_from([(), ("stop",)]),
)


def run(script, config, polls):
    return play("; ".join(f"{time} {what}" for time, what in script), config, polls)


@given(SCRIPTS, CONFIGS, st.lists(st.floats(0, 4)), st.booleans())
@settings(max_examples=150, deadline=None)
def test_polling_never_matters(script, config, polls, by_due):
    """Each millisecond, at any times, at `next_due()`, or once at the end: the same decisions at the same times."""
    each = run(script, config, [k / 1000 for k in range(4001)])
    assert run(script, config, [*polls, 4.0]) == each
    policy, found = InterruptionPolicy(config), []
    for time, what in [*script, (4.0, "poll")]:
        while by_due and (due := policy.next_due()) is not None and due <= time:
            found += policy.poll(due)
        found += happen(policy, time, what)
        assert policy.next_due() is None or policy.next_due() > time
    assert found == each


@given(SCRIPTS, CONFIGS)
@settings(max_examples=150, deadline=None)
def test_pauses_are_closed_and_times_never_run_backwards(script, config):
    found = run([*script, (9.0, "idle")], config, [])
    assert [one.time for one in found] == sorted(one.time for one in found)
    paused = None
    for one in found:
        if one.action is Action.PAUSE:
            assert paused is None
            paused = one
        else:
            if one.action is Action.RESUME:
                assert paused is not None
            if paused is not None:
                assert one.round_id == paused.round_id
            paused = None
    assert paused is None


@given(SCRIPTS, CONFIGS)
@settings(max_examples=100, deadline=None)
def test_a_frame_by_frame_vad_gives_the_same_as_its_edges(script, config):
    policy, found, voice = InterruptionPolicy(config), [], False
    for time, what in [*script, (4.0, "poll")]:
        found += happen(policy, time, what)
        voice = voice if what not in ("voice", "quiet") else what == "voice"
        found += policy.voice(VadState.SPEAKING if voice else VadState.NON_SPEAKING, time)
    assert found == run(script, config, [4.0])


@given(SCRIPTS, CONFIGS)
@settings(max_examples=100, deadline=None)
def test_nothing_is_decided_while_it_must_not_be(script, config):
    policy = InterruptionPolicy(config)
    for time, what in script:
        before = policy.phase
        for one in happen(policy, time, what):
            assert one.time <= time
        if before in (Phase.IDLE, Phase.PROTECTED) and policy.phase is before:
            assert happen(policy, time, "poll") == ()
    text = "; ".join(f"{time} {what}" for time, what in script if "idle" not in what)
    silenced = text.replace("thinking", "thinking!").replace("speaking", "speaking!").replace("!!", "!")
    assert play(silenced, config) == []


@pytest.mark.parametrize("time", [1.0, 1.2, 0.0, -5.0])
def test_a_clock_that_runs_backwards_stands_still(time):
    policy = InterruptionPolicy(config("both", pause_after=0.5))
    policy.agent("speaking", 0.0)
    policy.poll(1.2)
    policy.voice(True, time)
    assert policy.next_due() == pytest.approx(1.7)
    assert told(policy.poll(time)) == []
    assert told(policy.poll(1.7)) == ["1.7 pause, voice"]


def test_states_of_the_vad_are_edges():
    policy = InterruptionPolicy(config("voice", min_voice=0.5, pause_after=None))
    policy.agent(AgentState.SPEAKING, 0.0)
    states = [VadState.NON_SPEAKING, VadState.START_SPEAKING, *[VadState.SPEAKING] * 48, VadState.STOP_SPEAKING]
    found = [one for k, state in enumerate(states) for one in policy.voice(state, k / 100)]
    assert found == []  # 0.49 s
    found = [one for k, state in enumerate(states) for one in policy.voice(state, 1 + k / 90)]
    assert [(one.action, one.time) for one in found] == [(Action.INTERRUPT, 1 + 1 / 90 + 0.5)]


def test_memory_is_flat():
    policy = InterruptionPolicy(config(min_words=5, backchannels=("en",), max_pause=None))
    policy.agent("speaking", 0.0)
    policy.voice(True, 0.5)
    for k in range(5000):
        assert policy.transcript("yeah, okay", 1 + k / 10, final=True) == ()
    sizes = [len(value) for value in vars(policy).values() if isinstance(value, (list, set))]
    assert max(sizes) < 10


# --- the table ------------------------------------------------------------------------------------------------------


def walk(seed):
    """(phase, then, action) of each step of a random conversation that changes the phase or says something."""
    chance = random.Random(seed)
    whats = ["idle", "speaking", "thinking", "speaking!", "thinking#", *["voice", "quiet"] * 6, "no", "mm...", "..."]
    policy = InterruptionPolicy(
        config(
            chance.choice(["voice", "asr", "both"]),
            min_voice=0.4,
            pause_after=0.1,
            protect=0.2,
            min_words=chance.choice([1, 2]),
            max_pause=0.8,
            resume_after=0.3,
        )
    )
    time = 0.0
    for k in range(300):
        time += chance.choice([0.05, 0.2, 0.3])
        while (due := policy.next_due()) is not None and due <= time:
            yield from step(policy, due, "poll")
        what = chance.choice(whats)
        yield from step(policy, time, what.replace("#", f"#{k}"))


def step(policy, time, what):
    before = policy.phase
    found = happen(policy, time, what)
    assert len(found) < 2
    if found or policy.phase is not before:
        yield before, policy.phase, found[0].action if found else None


def test_the_table_holds_every_step_and_every_row_happens():
    happened = {step for seed in range(20) for step in walk(seed)}
    assert happened == {(row.phase, row.then, row.action) for row in TRANSITIONS}


def test_no_two_rows_of_the_table_begin_the_same():
    assert len({(row.phase, row.condition) for row in TRANSITIONS}) == len(TRANSITIONS)


# --- wrong input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("now", [None, "1.0", math.nan, math.inf, True, [1], 10**400])
def test_a_time_must_be_a_finite_number(now):
    policy = InterruptionPolicy()
    calls = [policy.poll, lambda now: policy.voice(True, now), lambda now: policy.agent("idle", now)]
    for call in [*calls, lambda now: policy.transcript("", now)]:
        with pytest.raises(FormatError, match=r"now is .*must be seconds, a finite number"):
            call(now)
    assert policy.poll(np.float32(1)) == policy.poll(2) == ()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda policy: policy.agent("talking", 0),
            "state is 'talking', must be one of 'idle', 'thinking', 'speaking'",
        ),
        (lambda policy: policy.agent(None, 0), "state is None, must be one of"),
        (lambda policy: policy.agent([], 0), r"state is \[\], must be one of"),
        (lambda policy: policy.agent("idle", 0, interruptible=1), "interruptible is 1, must be True or False"),
        (lambda policy: policy.agent("idle", 0, round_id="1"), "round_id is '1', must be a whole number or None"),
        (lambda policy: policy.agent("idle", 0, round_id=True), "round_id is True, must be a whole number or None"),
        (lambda policy: policy.agent("idle", 0, round_id=1.0), "round_id is 1.0, must be a whole number or None"),
        (lambda policy: policy.voice(4, 0), "active is 4, must be one of 0, 1, 2, 3"),
        (lambda policy: policy.voice(None, 0), "active is None, must be one of 0, 1, 2, 3"),
        (lambda policy: policy.voice("yes", 0), "active is 'yes', must be one of 0, 1, 2, 3"),
        (lambda policy: policy.transcript(b"no", 0), "text is a bytes, must be a string"),
        (lambda policy: policy.transcript(None, 0), "text is a NoneType, must be a string"),
        (lambda policy: policy.transcript("no", 0, "yes"), "final is 'yes', must be True or False"),
    ],
)
def test_wrong_values_are_said_in_a_line(call, message):
    policy = InterruptionPolicy()
    policy.agent("speaking", 0.0)
    with pytest.raises(FormatError, match=message):
        call(policy)
    assert policy.phase is Phase.PROTECTED


@pytest.mark.parametrize("wrong", ["both", {"mode": "asr"}, 3, InterruptionSettings()])
def test_a_config_of_another_type_is_refused(wrong):
    with pytest.raises(ConfigError, match="must be an InterruptionConfig"):
        InterruptionPolicy(wrong)


def test_scripts_are_read_as_they_are_written():
    assert list(events("0 speaking!#3; 1.5 wait a second...;; 2 quiet")) == [
        (0.0, "speaking!#3"),
        (1.5, "wait a second..."),
        (2.0, "quiet"),
    ]
