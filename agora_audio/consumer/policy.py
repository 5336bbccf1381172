"""When the user interrupts the agent: theory, laws and table first.

A voice while the agent speaks may be a question, a "yes, go on", a cough or the agent's own echo. The voice is known
first, some 0.1 s after it begins, what it says some 0.5 s later, that it said nothing another second later. Nobody gets
both an agent that is silent at once and one that no cough stops, unless stopping can be taken back. So there are
three decisions: PAUSE holds the sound and loses nothing, RESUME lets it go on from there, INTERRUPT throws it away and
begins a new round. Evidence is counted against the settings of what the agent is doing, in one of three modes:

``voice``
    INTERRUPT when voice has lasted for `min_voice`. With `pause_after` below it, PAUSE first, and RESUME if the voice
    ends before.
``asr``
    INTERRUPT when the words of an utterance are `min_words`, or hold one of `interrupt_phrases`. The VAD decides
    nothing.
``both``
    PAUSE when voice has lasted for `pause_after`; words decide as in ``asr``, paused or not. RESUME when a final
    transcript has too few words and the voice is over, when neither voice nor new words have come for `resume_after`,
    and in any case after `max_pause`; the same stretch of voice does not pause again then.

*What counts.* Evidence counts from a moment on, the end of protection: the state's beginning plus its `protect`, once
per round for each of THINKING and SPEAKING, so that an agent that goes to and fro between them is not protected for
ever. Voice that began before is counted from that moment. Words known before are not counted, nor are, in the first
`asr_delay` of a round, words without voice since that moment: they are the end of the question, late from the ASR.
Utterances are told apart by `resume_after` of quiet. Words that make up backchannels and nothing else count as none. A
pause is judged to its end by the settings under which it began; a state that begins during a pause is protected from
its end on, because nothing of it has been heard.

Four laws:

1. Time comes from the caller. What is due by `now` is decided at its own time, before what happens at `now` is looked
   at; so polling each millisecond, at `next_due()`, or not at all gives the same decisions. A `now` that runs backwards
   counts as the last one.
2. Each PAUSE is followed by one RESUME or INTERRUPT of the same round, whatever happens.
3. A round is interrupted once. Then the agent counts as idle until told otherwise; given round ids, news of a round not
   newer than the interrupted one, or older than the last one told, are ignored.
4. Nothing pauses or interrupts while the agent is idle, protected or says what must not be interrupted.

`TRANSITIONS` is the whole machine. ``docs/make_state_diagram.py`` draws the picture in ``docs/interruption.md`` from
it, and a test holds the code against it.
"""

from __future__ import annotations

import enum
import math
from typing import Any, NamedTuple, TypeVar

from agora_audio.consumer.backchannels import PhraseSet, backchannels_of
from agora_audio.consumer.checks import checked_time, checked_whole
from agora_audio.consumer.policy_config import InterruptionConfig
from agora_audio.consumer.policy_events import Action, AgentState, InterruptionDecision, Reason
from agora_audio.consumer.words import count, tokens
from agora_audio.errors import ConfigError, FormatError
from agora_audio.vad.state_machine import VadState

__all__ = ["TRANSITIONS", "InterruptionPolicy", "Phase", "PolicyTransition"]

_Name = TypeVar("_Name", bound=enum.Enum)


class Phase(enum.Enum):
    """Where the machine is between two events."""

    IDLE = "idle"
    """There is nothing to interrupt."""
    PROTECTED = "protected"
    """The agent is busy, and nothing counts yet."""
    OPEN = "open"
    """Evidence counts."""
    PAUSED = "paused"
    """The sound is held until it is known what the voice was."""


class PolicyTransition(NamedTuple):
    """One row of the table: in `phase`, if `condition`, go to `then` and say `action` (None: nothing)."""

    phase: Phase
    condition: str
    then: Phase
    action: Action | None


TRANSITIONS = (
    PolicyTransition(Phase.IDLE, "agent thinks or speaks", Phase.PROTECTED, None),
    PolicyTransition(Phase.PROTECTED, "protect is over", Phase.OPEN, None),
    PolicyTransition(Phase.PROTECTED, "agent idle", Phase.IDLE, None),
    PolicyTransition(Phase.OPEN, "new round or state, or not interruptible", Phase.PROTECTED, None),
    PolicyTransition(Phase.OPEN, "agent idle", Phase.IDLE, None),
    PolicyTransition(Phase.OPEN, "voice for pause_after", Phase.PAUSED, Action.PAUSE),
    PolicyTransition(Phase.OPEN, "voice for min_voice, or min_words", Phase.IDLE, Action.INTERRUPT),
    PolicyTransition(Phase.PAUSED, "quiet, too few words, max_pause", Phase.OPEN, Action.RESUME),
    PolicyTransition(Phase.PAUSED, "the same, but the state is new", Phase.PROTECTED, Action.RESUME),
    PolicyTransition(Phase.PAUSED, "new round, or not interruptible", Phase.PROTECTED, Action.RESUME),
    PolicyTransition(Phase.PAUSED, "agent idle", Phase.IDLE, Action.RESUME),
    PolicyTransition(Phase.PAUSED, "voice for min_voice, or min_words", Phase.IDLE, Action.INTERRUPT),
)


class InterruptionPolicy:
    """Decide from voice and words whether the user interrupts the agent. Pure: no clock, no sound, one thread.

    Each call says what happened and when, and returns what is decided by then, oldest first.

    Parameters
    ----------
    config
        When to pause and interrupt; None: the defaults.

    Attributes
    ----------
    phase : Phase
        Where the machine is.

    Raises
    ------
    ConfigError
        If `config` is not an `InterruptionConfig`.

    Examples
    --------
    >>> policy = InterruptionPolicy()
    >>> policy.agent("speaking", 10.0, round_id=3)
    ()
    >>> [(d.action.value, d.time) for d in policy.voice(True, 12.0)]
    [('pause', 12.0)]
    >>> [(d.action.value, d.reason.value, d.round_id) for d in policy.transcript("wait", 12.4)]
    [('interrupt', 'words', 3)]
    """

    def __init__(self, config: InterruptionConfig | None = None) -> None:
        if config is None:
            config = InterruptionConfig()
        if not isinstance(config, InterruptionConfig):
            raise ConfigError(f"config is {config!r:.60}, must be an InterruptionConfig")
        self.config = config
        self.phase = Phase.IDLE
        self._pausing = config.mode != "asr"
        self._by_voice = config.mode == "voice"
        self._backchannels = PhraseSet([*backchannels_of(config.backchannels), *config.backchannel_phrases])
        self._always = PhraseSet(config.interrupt_phrases)
        self._decisions: list[InterruptionDecision] = []
        self._now = -math.inf
        # The round: what was told of it, which states it has had, and from when on evidence counts.
        self._round: int | None = None
        self._newest: int | None = None
        self._interrupted = False
        self._round_start = -math.inf
        self._state = AgentState.IDLE
        self._seen: set[AgentState] = set()
        self._settings = config.speaking
        self._protected_until = self._counts_from = self._paused_at = math.inf
        # The voice: since when, whether it had its pause, when it last ended.
        self._voice_since: float | None = None
        self._spent = False
        self._voice_end = -math.inf
        # The words: of final transcripts that count, of the open one, how many of these do not count; since when, while
        # there is no voice, no new ones have come, and whether that was long enough to end the utterance.
        self._said: list[str] = []
        self._open: list[str] = []
        self._discounted = 0
        self._quiet_since = -math.inf
        self._over = True

    def agent(
        self, state: AgentState | str, now: float, *, interruptible: bool = True, round_id: int | None = None
    ) -> tuple[InterruptionDecision, ...]:
        """Say what the agent does, whenever it changes: state, round, or whether it may be interrupted.

        Parameters
        ----------
        state
            ``"idle"``, ``"thinking"`` or ``"speaking"``. Until the first call the agent is idle.
        now
            When, seconds.
        interruptible
            Whether what is said from here on, until the next call, may be interrupted.
        round_id
            The round it does so for, such as `Rounds().current`. Without, a round ends when the agent is idle.

        Raises
        ------
        FormatError
            If a value has a wrong type.
        """
        state = _named(AgentState, "state", state)
        if not isinstance(interruptible, bool):
            raise FormatError(f"interruptible is {interruptible!r}, must be True or False")
        if round_id is not None:
            round_id = checked_whole(round_id, "round_id", " or None")
        now = self._catch_up(now)
        if not self._is_old(round_id):
            if state is AgentState.IDLE:
                self._end_round(now, Phase.IDLE)
            else:
                self._work(state, now, interruptible, round_id)
            if round_id is not None:
                self._newest, self._interrupted = round_id, False
        return self._decided(now)

    def voice(self, active: bool | VadState, now: float) -> tuple[InterruptionDecision, ...]:
        """Say whether the user's voice is there: at each change, or with the VAD's state of every frame.

        Parameters
        ----------
        active
            True from START to STOP, else False; or a `VadState`.
        now
            When, seconds.

        Raises
        ------
        FormatError
            If a value has a wrong type.
        """
        if not isinstance(active, bool):
            active = _named(VadState, "active", active) in (VadState.START_SPEAKING, VadState.SPEAKING)
        now = self._catch_up(now)
        if active and self._voice_since is None:
            self._end_utterance_if_quiet(now)
            self._voice_since = now
        elif not active and self._voice_since is not None:
            self._voice_since = None
            self._spent = False
            self._voice_end = self._quiet_since = now
            if self.phase is Phase.PAUSED and self._by_voice:
                self._resume(now, Reason.VOICE_ENDED)
        return self._decided(now)

    def transcript(self, text: str, now: float, final: bool = False) -> tuple[InterruptionDecision, ...]:
        """Say what the ASR heard of the user.

        Parameters
        ----------
        text
            The open transcript so far, or, if `final`, its last version: the next call then begins a new one.
        now
            When it came, seconds.
        final
            Whether it will not change any more.

        Raises
        ------
        FormatError
            If a value has a wrong type.
        """
        if not isinstance(text, str):
            raise FormatError(f"text is a {type(text).__name__}, must be a string")
        if not isinstance(final, bool):
            raise FormatError(f"final is {final!r}, must be True or False")
        now = self._catch_up(now)
        if not self._by_voice:
            self._hear(text, tokens(text), now, final)
        return self._decided(now)

    def poll(self, now: float) -> tuple[InterruptionDecision, ...]:
        """Return what is decided by `now`; each decision carries the time at which it was due."""
        return self._decided(self._catch_up(now))

    def next_due(self) -> float | None:
        """Return when `poll` has something to do if nothing happens before, seconds; None: never."""
        due = min(self._deadlines(), default=math.inf)
        return None if due == math.inf else due

    # --- time ---------------------------------------------------------------------------------------------------------

    def _catch_up(self, now: Any) -> float:
        """Decide what is due by `now`, and return it, or the last one if it runs backwards."""
        self._now = max(self._now, checked_time(now))
        self._settle(self._now)
        return self._now

    def _decided(self, now: float) -> tuple[InterruptionDecision, ...]:
        self._settle(now)
        decisions = tuple(self._decisions)
        self._decisions.clear()
        return decisions

    def _settle(self, now: float) -> None:
        while (due := self.next_due()) is not None and due <= now:
            self._fire(due)

    def _deadlines(self) -> list[float]:
        if self.phase is Phase.PROTECTED:
            return [self._counts_from]
        if self.phase is Phase.OPEN:
            return [due for due in (self._pause_due(), self._voice_due()) if due is not None]
        if self.phase is Phase.PAUSED:
            dues = [self._voice_due()] if self._by_voice else [self._quiet_due(), self._max_pause_due()]
            return [due for due in dues if due is not None]
        return []

    def _fire(self, due: float) -> None:
        if self.phase is Phase.PROTECTED:
            self.phase = Phase.OPEN
        elif due == self._voice_due():
            self._interrupt(due, Reason.VOICE)
        elif self.phase is Phase.OPEN:
            self._pause(due)
        else:
            self._spent = self._voice_since is not None
            self._resume(due, Reason.QUIET if due == self._quiet_due() else Reason.MAX_PAUSE)

    def _pause_due(self) -> float | None:
        if not self._pausing or self._spent or self._voice_since is None or self._settings.pause_after is None:
            return None
        return max(self._voice_since, self._counts_from) + self._settings.pause_after

    def _voice_due(self) -> float | None:
        if not self._by_voice or self._voice_since is None:
            return None
        return max(self._voice_since, self._counts_from) + self._settings.min_voice

    def _quiet_due(self) -> float | None:
        return None if self._voice_since is not None else self._quiet_since + self.config.resume_after

    def _max_pause_due(self) -> float | None:
        return None if self.config.max_pause is None else self._paused_at + self.config.max_pause

    # --- the agent ----------------------------------------------------------------------------------------------------

    def _is_old(self, round_id: int | None) -> bool:
        if round_id is None or self._newest is None:
            return False
        return round_id < self._newest or (self._interrupted and round_id == self._newest)

    def _work(self, state: AgentState, now: float, interruptible: bool, round_id: int | None) -> None:
        newer = round_id is not None and (self._round is None or round_id > self._round)
        if self.phase is Phase.IDLE or newer:
            self._end_round(now, Phase.PROTECTED)
            self._seen.clear()
            self._round_start = now
            self._round = round_id
        self._state = state
        if self.phase is Phase.PAUSED:
            if interruptible:
                return
            self._resume(now, Reason.NOT_INTERRUPTIBLE)
        if self._enter(now) or not interruptible or self.phase is Phase.PROTECTED:
            self._void(Phase.PROTECTED)
            self._counts_from = max(now, self._protected_until) if interruptible else math.inf

    def _enter(self, now: float) -> bool:
        """Take over the settings of the state; return whether it begins for the first time in this round."""
        self._settings = self.config.thinking if self._state is AgentState.THINKING else self.config.speaking
        if self._state in self._seen:
            return False
        self._seen.add(self._state)
        self._protected_until = now + self._settings.protect
        return True

    def _end_round(self, now: float, phase: Phase) -> None:
        if self.phase is Phase.PAUSED:
            self._resume(now, Reason.AGENT)
        self._void(phase)

    def _void(self, phase: Phase) -> None:
        """Go to a phase in which nothing counts; what was evidence will never be."""
        self.phase = phase
        self._said = []
        self._discounted = len(self._open)

    # --- the user -----------------------------------------------------------------------------------------------------

    def _end_utterance_if_quiet(self, now: float) -> None:
        if self._voice_since is None and now >= self._quiet_since + self.config.resume_after:
            self._said = []
            self._over = True

    def _hear(self, text: str, heard: list[str], now: float, final: bool) -> None:
        self._end_utterance_if_quiet(now)
        known = self._discounted
        if self._over and heard[:known] != self._open[:known]:
            known = self._discounted = 0  # the open transcript never became final: this is another one
        if heard and heard != self._open:
            self._over = False
            self._quiet_since = now
        counts = self._words_count(now)
        self._open = [] if final else heard
        if final or not counts:
            self._discounted = len(self._open)
        if counts:
            self._judge(heard[known:], text, now, final)

    def _words_count(self, now: float) -> bool:
        if self.phase is not Phase.OPEN:
            return self.phase is Phase.PAUSED
        voiced = self._voice_since is not None or self._voice_end > self._counts_from
        return voiced or now >= self._round_start + self.config.asr_delay

    def _judge(self, heard: list[str], text: str, now: float, final: bool) -> None:
        """Interrupt if the words are enough; else keep them, and end the pause if they were all there is."""
        said = self._said + heard
        backchannel = self._backchannels.covers(said, unfinished=not final)
        words = 0 if backchannel else count(said)
        if final or self.config.partials:
            phrase = self._always.occurs_in(said)
            if phrase or words >= self._settings.min_words:
                self._interrupt(now, Reason.PHRASE if phrase else Reason.WORDS, words, text)
                return
        if final:
            self._said = [] if backchannel else said
            if heard and self.phase is Phase.PAUSED and self._voice_since is None:
                self._resume(now, Reason.BACKCHANNEL if backchannel else Reason.TOO_FEW_WORDS)

    # --- decisions ----------------------------------------------------------------------------------------------------

    def _pause(self, now: float) -> None:
        self.phase = Phase.PAUSED
        self._paused_at = now
        self._decide(Action.PAUSE, now, Reason.VOICE)

    def _resume(self, now: float, reason: Reason) -> None:
        self._decide(Action.RESUME, now, reason)
        self.phase = Phase.OPEN
        if self._enter(now):
            self._void(Phase.PROTECTED)
            self._counts_from = self._protected_until

    def _interrupt(self, now: float, reason: Reason, words: int = 0, text: str = "") -> None:
        self._decide(Action.INTERRUPT, now, reason, words, text)
        self._interrupted = self._interrupted or self._round is not None
        self._void(Phase.IDLE)

    def _decide(self, action: Action, now: float, reason: Reason, words: int = 0, text: str = "") -> None:
        self._decisions.append(InterruptionDecision(action, now, reason, self._round, words, text))


def _named(kind: type[_Name], name: str, value: Any) -> _Name:
    try:
        return kind(value)
    except (ValueError, TypeError):
        known = ", ".join(repr(member.value) for member in kind)
        raise FormatError(f"{name} is {value!r:.60}, must be one of {known}") from None
