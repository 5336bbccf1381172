"""Scores of detected speech against a reference.

Every metric is a function over seconds, arrays of shape (n, 2), that checks what it is given; `evaluate` returns all of
them by name. `docs/scores.md` defines each and says which one to look at for which complaint.

Defined once for all: the order of stretches does not matter; those that overlap or touch are one (segments that touch
stay two where utterances are counted); those of up to 1 us are none; nothing outside `uem` counts. A reference without
speech has the rate 0 if nothing was found, else 1; precision, recall and F1 are 1 where there is nothing to be wrong
about; a latency nobody can measure is None.
"""

from __future__ import annotations

from agora_audio.lab.metrics.detection import DetectionErrors, detection_error_rate, detection_errors
from agora_audio.lab.metrics.frames import FrameCounts, Roc, frame_counts, frame_labels, precision_recall_f1, roc
from agora_audio.lab.metrics.intervals import intervals_of, validate
from agora_audio.lab.metrics.scores import METRICS, Condition, Scores, evaluate, score
from agora_audio.lab.metrics.utterances import UtteranceErrors, utterance_errors

__all__ = [
    "METRICS",
    "Condition",
    "DetectionErrors",
    "FrameCounts",
    "Roc",
    "Scores",
    "UtteranceErrors",
    "detection_error_rate",
    "detection_errors",
    "evaluate",
    "frame_counts",
    "frame_labels",
    "intervals_of",
    "precision_recall_f1",
    "roc",
    "score",
    "utterance_errors",
    "validate",
]
