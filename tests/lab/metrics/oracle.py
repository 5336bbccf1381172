"""pyannote.metrics, asked for the detection error rate."""

from __future__ import annotations

import warnings

from tests.lab.metrics.cases import Case


def detection(case: Case) -> tuple[float, float, float, float]:
    """Miss, false alarm, total and rate; ImportError where it is not installed."""
    reference, hypothesis, uem, collar = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyannote.core import Annotation, Segment, Timeline
        from pyannote.metrics.detection import DetectionErrorRate

        def annotated(stretches):
            annotation = Annotation()
            for number, stretch in enumerate(stretches):
                annotation[Segment(*stretch), number] = "speech"
            return annotation

        scored = None if uem is None else Timeline([Segment(*stretch) for stretch in uem])
        # Its collar is the width of both sides.
        metric = DetectionErrorRate(collar=2 * collar)
        found = metric(annotated(reference), annotated(hypothesis), uem=scored, detailed=True)
    return found["miss"], found["false alarm"], found["total"], found[metric.name]
