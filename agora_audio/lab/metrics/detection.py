"""Detection error rate: how much time is labelled wrongly, in relation to the speech there is.

Equal to ``DetectionErrorRate(collar=2 * collar)`` of pyannote.metrics to the last bit, which is why the durations are
added up one after the other in the order of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from agora_audio.lab.metrics.intervals import (
    Intervals,
    checked_seconds,
    clip,
    cover,
    gaps,
    lengths,
    scored_region,
    validate,
)

__all__ = ["DetectionErrors", "detection_error_rate", "detection_errors"]


@dataclass(frozen=True)
class DetectionErrors:
    """Seconds of speech, and how many of them were missed or made up; those of several recordings add up."""

    miss: float = 0.0
    """Speech that was not found, seconds."""
    false_alarm: float = 0.0
    """What was found and is no speech, seconds."""
    total: float = 0.0
    """Speech in the reference, seconds."""

    @property
    def rate(self) -> float:
        """Both errors over the speech there is; without any speech 0 if there are no errors either, else 1."""
        errors = self.false_alarm + self.miss
        if self.total == 0.0:
            return 0.0 if errors == 0.0 else 1.0
        return errors / self.total

    def __add__(self, other: DetectionErrors) -> DetectionErrors:
        return DetectionErrors(self.miss + other.miss, self.false_alarm + other.false_alarm, self.total + other.total)


def detection_errors(reference: Any, hypothesis: Any, uem: Any = None, collar: float = 0.0) -> DetectionErrors:
    """Return the seconds missed and made up.

    Parameters
    ----------
    reference, hypothesis
        What is speech, and what was taken for it: seconds, shape (n, 2), in any order, overlaps allowed.
    uem
        What is scored, shape (n, 2); None: everything.
    collar
        Seconds to *each* side of every boundary in the reference that are not scored. pyannote's figure is the width
        of both sides together: its ``collar=0.5`` is 0.25 here.

    Raises
    ------
    FormatError, ConfigError
        As of `validate`; the collar is no number of seconds.

    Examples
    --------
    >>> detection_errors([(1, 3)], [(1.5, 4)])
    DetectionErrors(miss=0.5, false_alarm=1.0, total=2.0)
    >>> detection_errors([(1, 3)], [(1.5, 4)], collar=0.25)
    DetectionErrors(miss=0.25, false_alarm=0.75, total=1.5)
    """
    wanted, found = validate("reference", reference), validate("hypothesis", hypothesis)
    scored = None if uem is None else validate("uem", uem)
    return errors_within(wanted, found, scored_region(wanted, found, scored, checked_seconds("collar", collar)))


def errors_within(reference: Intervals, hypothesis: Intervals, region: Intervals) -> DetectionErrors:
    """Return the seconds missed and made up in a region, all validated."""
    wanted, found = cover(reference, region), cover(hypothesis, region)
    return DetectionErrors(
        miss=_added_up(clip(wanted, gaps(found, region))),
        false_alarm=_added_up(clip(gaps(wanted, region), found)),
        # Python's own sum, which since 3.12 compensates: so does pyannote's total there.
        total=float(sum(lengths(wanted).tolist())),
    )


def _added_up(parts: Intervals) -> float:
    return float(np.add.accumulate(lengths(parts))[-1]) if len(parts) else 0.0


def detection_error_rate(reference: Any, hypothesis: Any, uem: Any = None, collar: float = 0.0) -> float:
    """Return the seconds missed and made up over the seconds of speech; parameters as of `detection_errors`.

    Examples
    --------
    >>> detection_error_rate([(1, 3)], [(1.5, 4)])
    0.75
    """
    return detection_errors(reference, hypothesis, uem, collar).rate
