"""What tuning is for, in an agent developer's words: metrics to make small or large, and conditions that must hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from agora_audio.errors import ConfigError
from agora_audio.lab.metrics import METRICS, Condition, Scores, UtteranceErrors

__all__ = ["MEASURES", "OBJECTIVES", "Goal", "Objective", "measure_name", "measures"]

Values: TypeAlias = "Mapping[str, float | int | None]"

_RATES = {
    "missed_percent": ("missed_utterances", "of 100 utterances those missed"),
    "splits_percent": ("splits", "segments too many in 100 utterances"),
    "merges_percent": ("merges", "utterances too many in segments, of 100"),
    "premature_percent": ("premature_ends", "ends decided while an utterance went on, of 100 utterances"),
}
# What an event costs that a user notices, in ms of waiting. Counts of rare events jump from one recording to the next,
# and a limit on them is met by chance; as a price they are weighed against the time that avoiding them takes.
_EVENT_MS = 2000.0

# Labels made by hand are good to some 50 ms: a START a little before them is none too early.
_EARLY_MS = -50.0

MEASURES: Mapping[str, str] = MappingProxyType(
    {
        **{name: text for name, text in METRICS.items() if name != "auc"},
        **{name: text for name, (_, text) in _RATES.items()},
        "early_percent": "STARTs decided 50 ms or more before their utterance, of 100 utterances",
        "interrupt_cost_ms": "ms an utterance until START; one missed, merged, split, early or false costs 2 s",
        "turn_cost_ms": "ms an utterance until STOP; one missed, merged, premature or false costs 2 s",
    }
)
"""What a config can be measured by, and what it is: `METRICS` but for `auc`, which no config changes, and rates that do
not depend on how many recordings there are."""

_SHORT = {"missed": "missed_utterances", "false": "false_utterances", "premature": "premature_ends"}

# A metric that nobody could measure, such as the latency of no segment, is worse than any that was.
_UNKNOWN = 1e9


def measures(scores: Scores) -> dict[str, float | int | None]:
    """Return every measure of `MEASURES` by name; None where there is nothing to measure.

    Examples
    --------
    >>> from agora_audio.lab.metrics import score
    >>> measures(score([(1, 3), (5, 6)], [(1.5, 4)]))["missed_percent"]
    50.0
    """
    values = scores.values()
    count = values["utterances"]
    for name, (counted, _) in _RATES.items():
        number = values[counted]
        values[name] = None if number is None or not count else 100.0 * number / count
    values |= _of_each(scores.utterances)
    return {name: values[name] for name in MEASURES}


def _of_each(speech: UtteranceErrors) -> dict[str, float | None]:
    """Return the measures that are means over utterances."""
    count = speech.utterances
    if not count:
        return dict.fromkeys(("early_percent", "interrupt_cost_ms", "turn_cost_ms"))
    early = int((speech.onset_latency_ms <= _EARLY_MS).sum())
    waited = [float(np.maximum(late, 0.0).sum()) for late in (speech.onset_latency_ms, speech.end_latency_ms)]
    events = speech.missed + speech.merges + speech.false
    return {
        "early_percent": 100.0 * early / count,
        "interrupt_cost_ms": (waited[0] + _EVENT_MS * (events + speech.splits + early)) / count,
        "turn_cost_ms": (waited[1] + _EVENT_MS * (events + speech.premature_ends)) / count,
    }


def measure_name(text: str) -> str:
    """Return the full name of a measure; ConfigError, with the names there are, if it is none."""
    name = _SHORT.get(text.strip(), text.strip())
    if name not in MEASURES:
        raise ConfigError(f"no metric is called {text!r}; there are {', '.join(MEASURES)}")
    return name


@dataclass(frozen=True)
class Goal:
    """A measure to make as small or as large as can be."""

    metric: str
    """One of `MEASURES`."""
    largest: bool = False
    """Whether more is better."""

    def loss(self, values: Values) -> float:
        """Return the measure so that less is better; very much where it has no value."""
        value = values[self.metric]
        return _UNKNOWN if value is None else -float(value) if self.largest else float(value)

    def __str__(self) -> str:
        return f"{'maximise' if self.largest else 'minimise'} {self.metric}"


@dataclass(frozen=True)
class Objective:
    """Goals, and conditions that come before them.

    Examples
    --------
    >>> wanted = Objective.of(minimise=["end_latency_ms"], subject_to=["missed<=1"])
    >>> str(wanted)
    'minimise end_latency_ms subject to missed_utterances<=1'
    """

    goals: tuple[Goal, ...]
    """One or more; of several there is a Pareto front."""
    subject_to: tuple[Condition, ...] = ()
    """What must hold."""

    @classmethod
    def of(
        cls, minimise: Iterable[str] = (), maximise: Iterable[str] = (), subject_to: Iterable[str] = ()
    ) -> Objective:
        """Read an objective.

        Parameters
        ----------
        minimise, maximise
            Names of `MEASURES`; ``missed``, ``false`` and ``premature`` are short for the counts.
        subject_to
            Comparisons such as ``onset_clipped_p90_ms<50``.

        Raises
        ------
        ConfigError
            If there is no goal, a name is unknown, a metric is a goal twice, or a comparison is none.
        """
        goals = [Goal(measure_name(name)) for name in minimise] + [Goal(measure_name(name), True) for name in maximise]
        if not goals:
            raise ConfigError("there is nothing to tune for: name a metric to minimise or to maximise, or an objective")
        names = [goal.metric for goal in goals]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ConfigError(f"{twice.pop()} is a goal twice: name it once")
        return cls(tuple(goals), tuple(_condition(text) for text in subject_to))

    @classmethod
    def named(cls, name: str) -> Objective:
        """Return one of `OBJECTIVES`."""
        if name not in OBJECTIVES:
            raise ConfigError(f"objective is {name!r}, must be one of {', '.join(OBJECTIVES)}")
        return OBJECTIVES[name][1]

    def with_conditions(self, subject_to: Iterable[str]) -> Objective:
        """Return the objective with other limits; a condition on a metric takes the place of one that is there."""
        new = tuple(_condition(text) for text in subject_to)
        replaced = {condition.metric for condition in new}
        return replace(self, subject_to=(*(one for one in self.subject_to if one.metric not in replaced), *new))

    def losses(self, values: Values) -> tuple[float, ...]:
        """Return what is to be made small, a number a goal."""
        return tuple(goal.loss(values) for goal in self.goals)

    def violations(self, values: Values) -> tuple[float, ...]:
        """Return how far each condition is from holding, in parts of its limit; 0 where it holds."""
        return tuple(_violation(condition, values) for condition in self.subject_to)

    def rank(self, values: Values) -> tuple[float, tuple[float, ...]]:
        """Return what is compared: conditions come first, goals in their order after them. Less is better."""
        return math.fsum(self.violations(values)), self.losses(values)

    def better(self, values: Values, than: Values) -> bool:
        """Return whether one is better: closer to all conditions; or as close, no worse in any goal, better in one."""
        (broken, losses), (other_broken, other_losses) = self.rank(values), self.rank(than)
        if broken != other_broken:
            return broken < other_broken
        return losses != other_losses and all(one <= other for one, other in zip(losses, other_losses, strict=True))

    @property
    def metrics(self) -> list[str]:
        """Names of all measures it speaks of, goals first."""
        names = [goal.metric for goal in self.goals] + [condition.metric for condition in self.subject_to]
        return list(dict.fromkeys(names))

    def __str__(self) -> str:
        text = " and ".join(str(goal) for goal in self.goals)
        return text + (f" subject to {', '.join(str(one) for one in self.subject_to)}" if self.subject_to else "")


def _condition(text: str) -> Condition:
    name, comparison = _split(text)
    return Condition.parse(_SHORT.get(name, name) + comparison, MEASURES)


def _split(text: str) -> tuple[str, str]:
    stripped = text.strip()
    length = next((at for at, letter in enumerate(stripped) if not (letter.isalnum() or letter == "_")), len(stripped))
    return stripped[:length], stripped[length:]


def _violation(condition: Condition, values: Values) -> float:
    holds = condition.holds(values)
    if holds:
        return 0.0
    value = values[condition.metric]
    if value is None:
        return 1.0
    # On the limit itself a strict comparison fails by a hair, which counts.
    return max(1e-6, abs(float(value) - condition.limit) / max(1.0, abs(condition.limit)))


def best_of(objective: Objective, candidates: Sequence[Values]) -> list[int]:
    """Return the numbers of the Pareto front: of those closest to all conditions the ones that none is better than.

    In the order of the first goal; of equals the first.
    """
    closest = min((objective.rank(values)[0] for values in candidates), default=0.0)
    kept: dict[tuple[float, ...], int] = {}
    for number, values in enumerate(candidates):
        if objective.rank(values)[0] == closest:
            kept.setdefault(objective.losses(values), number)
    front = [
        losses
        for losses in kept
        if not any(other != losses and all(a <= b for a, b in zip(other, losses, strict=True)) for other in kept)
    ]
    return [kept[losses] for losses in sorted(front)]


OBJECTIVES: Mapping[str, tuple[str, Objective]] = MappingProxyType(
    {
        "interrupt": (
            "stop a bot that speaks soon after the user begins, and seldom for nothing",
            Objective.of(["interrupt_cost_ms"]),
        ),
        "end-of-turn": (
            "answer soon after the user has finished, and not before",
            Objective.of(["turn_cost_ms"]),
        ),
        "conversation": (
            "both, with the front of what one costs the other",
            Objective.of(["interrupt_cost_ms", "turn_cost_ms"]),
        ),
        "transcript": (
            "hand a recogniser all of the speech and little else",
            Objective.of(maximise=["f1"], subject_to=["onset_clipped_p90_ms<50"]),
        ),
    }
)
"""Objectives by name, each with what it is for."""
