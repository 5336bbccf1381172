"""Frame by frame: precision, recall and F1 of decisions, ROC and its area of probabilities.

A frame is speech where its centre is: in a stretch whose start is up to the centre and whose end is behind it. Frames
of 10 ms begin at 0; those whose centre is not scored are not counted. Decisions are counted without a frame being made,
so a day costs what a minute costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.metrics.intervals import Intervals, checked_seconds, clip, cover, scored_region, validate

__all__ = ["FrameCounts", "Roc", "frame_counts", "frame_labels", "precision_recall_f1", "roc"]

FRAME = 0.01


@dataclass(frozen=True)
class FrameCounts:
    """Frames that were judged rightly and wrongly; those of several recordings add up."""

    hits: int = 0
    """Speech that was found."""
    misses: int = 0
    """Speech that was not."""
    false_alarms: int = 0
    """What was found and is no speech."""

    @property
    def precision(self) -> float:
        """Share of what was found that is speech; 1 if nothing was found."""
        found = self.hits + self.false_alarms
        return self.hits / found if found else 1.0

    @property
    def recall(self) -> float:
        """Share of the speech that was found; 1 if there is none."""
        speech = self.hits + self.misses
        return self.hits / speech if speech else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 if there is no speech and none was found."""
        both = 2 * self.hits + self.misses + self.false_alarms
        return 2 * self.hits / both if both else 1.0

    def __add__(self, other: FrameCounts) -> FrameCounts:
        return FrameCounts(self.hits + other.hits, self.misses + other.misses, self.false_alarms + other.false_alarms)


def frame_counts(
    reference: Any, hypothesis: Any, uem: Any = None, collar: float = 0.0, frame: float = FRAME
) -> FrameCounts:
    """Return how many frames were judged rightly and wrongly.

    Parameters
    ----------
    reference, hypothesis, uem, collar
        As of `detection_errors`.
    frame
        Length of a frame, seconds, 1e-4 to 1.

    Examples
    --------
    >>> frame_counts([(1, 3)], [(1.5, 4)])
    FrameCounts(hits=150, misses=50, false_alarms=100)
    """
    wanted, found = validate("reference", reference), validate("hypothesis", hypothesis)
    scored = None if uem is None else validate("uem", uem)
    region = scored_region(wanted, found, scored, checked_seconds("collar", collar))
    return counts_within(wanted, found, region, _checked_frame(frame))


def counts_within(reference: Intervals, hypothesis: Intervals, region: Intervals, frame: float = FRAME) -> FrameCounts:
    """Count the frames in a region, all validated."""
    wanted, found = cover(reference, region), cover(hypothesis, region)
    hits = _centres(clip(wanted, found), frame)
    return FrameCounts(hits, _centres(wanted, frame) - hits, _centres(found, frame) - hits)


def _checked_frame(frame: float) -> float:
    length = checked_seconds("frame", frame)
    if not 1e-4 <= length <= 1.0:
        raise ConfigError(f"frame is {frame!r}, must be 0.0001 to 1 s")
    return length


def _first_centres(times: NDArray[np.float64], frame: float) -> NDArray[np.float64]:
    """Return for each time the number of the first frame whose centre does not lie before it."""
    # A time that is a centre but for the noise of binary fractions is one.
    numbers: NDArray[np.float64] = np.ceil(np.round(times / frame - 0.5, 6))
    return numbers


def _centres(intervals: Intervals, frame: float) -> int:
    return int(np.diff(_first_centres(intervals, frame), axis=1).sum())


def precision_recall_f1(
    reference: Any, hypothesis: Any, uem: Any = None, collar: float = 0.0, frame: float = FRAME
) -> tuple[float, float, float]:
    """Return precision, recall and F1 over frames; parameters as of `frame_counts`.

    Examples
    --------
    >>> precision_recall_f1([(1, 3)], [(1.5, 4)])
    (0.6, 0.75, 0.6666666666666666)
    """
    counts = frame_counts(reference, hypothesis, uem, collar, frame)
    return counts.precision, counts.recall, counts.f1


def frame_labels(
    reference: Any, count: int, uem: Any = None, collar: float = 0.0, frame: float = FRAME
) -> NDArray[np.int8]:
    """Return for each of `count` frames 1 for speech, 0 for none, and -1 for what is not scored; shape (count,).

    Examples
    --------
    >>> frame_labels([(0.01, 0.03)], 5).tolist()
    [0, 1, 1, 0, 0]
    >>> frame_labels([(0.01, 0.03)], 5, uem=[(0.02, 0.04)]).tolist()
    [-1, -1, 1, 0, -1]
    """
    wanted, length = validate("reference", reference), _checked_frame(frame)
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or not 0 <= count <= 10**10:
        raise ConfigError(f"count is {count!r}, must be a whole number of frames from 0")
    scored = np.array([[0.0, count * length]]) if uem is None else validate("uem", uem)
    region = scored_region(wanted, wanted, scored, checked_seconds("collar", collar))
    labels = _covered(cover(wanted, region), count, length).astype(np.int8)
    labels[~_covered(region, count, length)] = -1
    return labels


def _covered(intervals: Intervals, count: int, frame: float) -> NDArray[np.bool_]:
    edges = np.minimum(_first_centres(intervals, frame), count).astype(np.intp)
    steps = np.zeros(count + 1, np.int32)
    np.add.at(steps, edges[:, 0], 1)
    np.add.at(steps, edges[:, 1], -1)
    covered: NDArray[np.bool_] = np.cumsum(steps)[:count] > 0
    return covered


@dataclass(frozen=True)
class Roc:
    """What every threshold costs and brings: frames count as speech if their probability reaches the threshold."""

    thresholds: NDArray[np.float64]
    """Falling, shape (n,); the first is infinite: nothing is speech."""
    true_positive_rate: NDArray[np.float64]
    """Share of the speech that is found, 0 to 1, shape (n,)."""
    false_positive_rate: NDArray[np.float64]
    """Share of the rest that is taken for speech, 0 to 1, shape (n,)."""

    @property
    def auc(self) -> float:
        """Area below the curve: how probably a frame of speech gets more than another one, ties counting half."""
        rise, run = self.true_positive_rate, self.false_positive_rate
        return float(np.sum(np.diff(run) * (rise[1:] + rise[:-1])) / 2)


def roc(labels: Any, voice_prob: Any) -> Roc:
    """Return the receiver operating characteristic of probabilities.

    Parameters
    ----------
    labels
        1 for speech, 0 for none, anything below 0 is left out, shape (n,): see `frame_labels`.
    voice_prob
        Probability of each frame, shape (n,).

    Raises
    ------
    FormatError
        If the shapes differ, a probability is NaN, or all labels are of one kind: a curve has two sides.

    Examples
    --------
    >>> roc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).auc
    0.75
    """
    wanted, scores = np.asarray(labels), np.asarray(voice_prob)
    if wanted.dtype.kind not in "iufb" or scores.dtype.kind not in "iuf":
        raise FormatError("labels and voice_prob must be numbers, shape (n,)")
    if wanted.ndim != 1 or wanted.shape != scores.shape:
        raise FormatError(
            f"labels have the shape {wanted.shape}, voice_prob {scores.shape}: must be (n,), both the same"
        )
    if np.isnan(scores).any():
        raise FormatError("voice_prob holds NaN: every frame needs a probability")
    speech, scores = wanted[wanted >= 0] > 0, scores[wanted >= 0].astype(np.float64)
    positives = int(speech.sum())
    if positives in (0, len(speech)):
        raise FormatError("the labels are all speech, or none is: a ROC needs frames of both kinds")
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(speech[order])
    # One point a probability: the last frame of those that share it.
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    true, false = hits[last] / positives, (last + 1 - hits[last]) / (len(speech) - positives)
    return Roc(
        np.concatenate(([np.inf], scores[order][last])), np.concatenate(([0.0], true)), np.concatenate(([0.0], false))
    )
