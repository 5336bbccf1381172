"""All metrics of a recording, or of many, under the names that `lab eval` prints and its conditions use."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.metrics.detection import DetectionErrors, errors_within
from agora_audio.lab.metrics.frames import FrameCounts, counts_within, frame_labels, roc
from agora_audio.lab.metrics.intervals import Intervals, checked_seconds, lengths, merge, scored_region, validate
from agora_audio.lab.metrics.utterances import UtteranceErrors, utterance_errors

__all__ = ["METRICS", "Condition", "Scores", "evaluate", "score"]

Value: TypeAlias = "float | int | None"

METRICS: Mapping[str, str] = MappingProxyType(
    {
        "detection_error_rate": "missed and false time over the time of speech",
        "miss": "s of speech that was not found",
        "false_alarm": "s found that are no speech",
        "total": "s of speech in the reference",
        "precision": "share of the frames found that are speech",
        "recall": "share of the frames of speech that were found",
        "f1": "harmonic mean of precision and recall",
        "auc": "area below the ROC of the probabilities; of an engine or a dump",
        "utterances": "stretches of speech in the reference",
        "segments": "segments found",
        "missed_utterances": "utterances that no segment overlaps",
        "false_utterances": "segments that overlap no utterance",
        "false_interruptions_per_minute": "false utterances a minute of what is scored",
        "splits": "segments too many within utterances",
        "merges": "utterances too many within segments",
        "premature_ends": "ends decided while an utterance went on",
        "onset_error_ms": "start of the segment after that of the utterance, median",
        "onset_latency_ms": "START decided after the start of the utterance, median",
        "onset_latency_p90_ms": "the same, 90th percentile",
        "onset_clipped_ms": "beginning of the utterance missing in the sound handed out, median",
        "onset_clipped_p90_ms": "the same, 90th percentile",
        "onset_clipped_max_ms": "the same, the worst",
        "end_error_ms": "end of the segment after that of the utterance, median",
        "end_latency_ms": "STOP decided after the end of the utterance, median",
        "end_latency_p90_ms": "the same, 90th percentile",
        "scored": "s that are scored, collars included",
    }
)
"""What each metric is, by its name."""


@dataclass(frozen=True)
class Scores:
    """What was counted in a recording; those of several add up, so that a total is one of all their seconds."""

    detection: DetectionErrors = field(default_factory=DetectionErrors)
    """Seconds missed and made up."""
    frames: FrameCounts = field(default_factory=FrameCounts)
    """Frames judged rightly and wrongly."""
    utterances: UtteranceErrors = field(default_factory=UtteranceErrors)
    """Utterances missed, split, clipped, and how long decisions took."""
    scored: float = 0.0
    """Seconds that are scored, collars included."""
    ranked: tuple[NDArray[np.int8], NDArray[np.float32]] | None = None
    """Labels and probabilities of the scored frames; None: the probabilities are not known."""

    def __add__(self, other: Scores) -> Scores:
        return Scores.sum((self, other))

    @classmethod
    def sum(cls, scores: Iterable[Scores]) -> Scores:
        """Add up the scores of recordings; each second, frame and utterance counts the same."""
        parts = list(scores)
        known = [one.ranked for one in parts if one.ranked is not None]
        ranked = None
        if known and len(known) == len(parts):
            ranked = (np.concatenate([labels for labels, _ in known]), np.concatenate([probs for _, probs in known]))
        return cls(
            sum((one.detection for one in parts), DetectionErrors()),
            sum((one.frames for one in parts), FrameCounts()),
            sum((one.utterances for one in parts), UtteranceErrors()),
            sum(one.scored for one in parts),
            ranked,
        )

    @property
    def latency_from(self) -> str | None:
        """What latencies speak of: "decisions", "boundaries" where labels know no more, "mixed"; None: no segments."""
        found, decided = self.utterances.segments, self.utterances.decided
        if not found:
            return None
        return "decisions" if decided == found else "mixed" if decided else "boundaries"

    def values(self) -> dict[str, Value]:
        """Return every metric of `METRICS` by name; None where there is nothing to measure."""
        errors, frames, speech = self.detection, self.frames, self.utterances
        values: dict[str, Value] = {
            "detection_error_rate": errors.rate,
            "miss": errors.miss,
            "false_alarm": errors.false_alarm,
            "total": errors.total,
            "precision": frames.precision,
            "recall": frames.recall,
            "f1": frames.f1,
            "auc": self._auc(),
            "utterances": speech.utterances,
            "segments": speech.segments,
            "missed_utterances": speech.missed,
            "false_utterances": speech.false,
            "false_interruptions_per_minute": 60.0 * speech.false / self.scored if self.scored else None,
            "splits": speech.splits,
            "merges": speech.merges,
            "premature_ends": speech.premature_ends if speech.decided or not speech.segments else None,
            "onset_error_ms": _percentile(speech.onset_error_ms, 50),
            "onset_latency_ms": _percentile(speech.onset_latency_ms, 50),
            "onset_latency_p90_ms": _percentile(speech.onset_latency_ms, 90),
            "onset_clipped_ms": _percentile(speech.onset_clipped_ms, 50),
            "onset_clipped_p90_ms": _percentile(speech.onset_clipped_ms, 90),
            "onset_clipped_max_ms": _percentile(speech.onset_clipped_ms, 100),
            "end_error_ms": _percentile(speech.end_error_ms, 50),
            "end_latency_ms": _percentile(speech.end_latency_ms, 50),
            "end_latency_p90_ms": _percentile(speech.end_latency_ms, 90),
            "scored": self.scored,
        }
        return {name: values[name] for name in METRICS}

    def _auc(self) -> float | None:
        if self.ranked is None:
            return None
        labels, probabilities = self.ranked
        return roc(labels, probabilities).auc if 0 < int((labels > 0).sum()) < len(labels) else None


def _percentile(values: NDArray[np.float64], share: float) -> float | None:
    return round(float(np.percentile(values, share)), 6) if len(values) else None


def score(
    reference: Any,
    hypothesis: Any,
    uem: Any = None,
    collar: float = 0.0,
    *,
    sound: Any = None,
    decided: Any = None,
    pause: float = 0.0,
    duration: float | None = None,
    voice_prob: Any = None,
) -> Scores:
    """Score one recording by every metric.

    Parameters
    ----------
    reference, hypothesis, uem, collar
        As of `detection_errors`. The collar counts for times and frames, not for utterances, whose boundaries are what
        is measured.
    sound, decided, pause
        As of `utterance_errors`.
    duration
        Length of the recording, seconds: false interruptions a minute need it, and end latencies, see
        `utterance_errors`. None: up to the last end.
    voice_prob
        Probability of each 10 ms frame, for `auc`; None: not known.

    Raises
    ------
    FormatError, ConfigError
        As of these.

    Examples
    --------
    >>> score([(1, 3)], [(1.5, 4)], duration=60).values()["f1"]
    0.6666666666666666
    """
    wanted, found = validate("reference", reference), validate("hypothesis", hypothesis)
    given = None if uem is None else validate("uem", uem)
    region = scored_region(wanted, found, given, checked_seconds("collar", collar))
    return Scores(
        errors_within(wanted, found, region),
        counts_within(wanted, found, region),
        utterance_errors(wanted, found, given, sound=sound, decided=decided, pause=pause, duration=duration),
        _scored_seconds(wanted, found, given, duration),
        None if voice_prob is None else _ranked(wanted, voice_prob, given, collar),
    )


def _ranked(
    wanted: Intervals, voice_prob: Any, uem: Intervals | None, collar: float
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    try:
        probabilities = np.asarray(voice_prob).astype(np.float32)
    except (TypeError, ValueError):
        probabilities = np.full((1, 1), np.nan, np.float32)
    if probabilities.ndim != 1 or not ((probabilities >= 0.0) & (probabilities <= 1.0)).all():
        raise FormatError("voice_prob must be a probability of 0 to 1 for each frame, shape (n,)")
    labels = frame_labels(wanted, len(probabilities), uem, collar)
    return labels[labels >= 0], probabilities[labels >= 0]


def _scored_seconds(wanted: Intervals, found: Intervals, uem: Intervals | None, duration: float | None) -> float:
    if uem is not None:
        return float(lengths(merge(uem)).sum())
    if duration is not None:
        return checked_seconds("duration", duration)
    return max((float(ends.max()) for ends in (wanted[:, 1], found[:, 1]) if len(ends)), default=0.0)


def evaluate(reference: Any, hypothesis: Any, uem: Any = None, collar: float = 0.0, **others: Any) -> dict[str, Value]:
    """Return every metric of one recording by name; parameters as of `score`.

    Examples
    --------
    >>> evaluate([(1, 3), (5, 6)], [(1.5, 4)])["missed_utterances"]
    1
    """
    return score(reference, hypothesis, uem, collar, **others).values()


_COMPARE = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True)
class Condition:
    """A comparison such as ``f1<0.9``.

    Examples
    --------
    >>> Condition.parse("f1 < 0.9").holds({"f1": 0.85})
    True
    """

    metric: str
    """One of `METRICS`."""
    comparison: str
    """One of <, <=, >, >=, ==, !=."""
    limit: float
    """Compared with, in the unit of the metric."""

    @classmethod
    def parse(cls, text: str, known: Collection[str] = METRICS) -> Condition:
        """Read a condition; ConfigError if it is none, with the names `known` if the name is not among them."""
        match = re.fullmatch(r"\s*(\w+)\s*(<=|>=|==|!=|<|>)\s*(\S+)\s*", text) if isinstance(text, str) else None
        if not match:
            raise ConfigError(
                f"condition {text!r:.80} is none: write a metric, a comparison and a number, such as f1<0.9"
            )
        if match[1] not in known:
            raise ConfigError(f"condition {text!r:.80}: no metric is called {match[1]!r}; there are {', '.join(known)}")
        try:
            limit = float(match[3])
        except ValueError:
            limit = math.nan
        if not math.isfinite(limit):
            raise ConfigError(f"condition {text!r:.80}: {match[3]!r} is no number such as 0.9")
        return cls(match[1], match[2], limit)

    def holds(self, values: Mapping[str, Value]) -> bool | None:
        """Return whether it holds; None if the metric has no value."""
        value = values[self.metric]
        return None if value is None else bool(_COMPARE[self.comparison](value, self.limit))

    def __str__(self) -> str:
        return f"{self.metric}{self.comparison}{self.limit:g}"
