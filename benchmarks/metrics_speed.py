"""What scoring costs: this library's metrics, side by side with pyannote.metrics on the same stretches.

    python benchmarks/metrics_speed.py [--hours 1] [--segments 600] [--json]

*der*: miss, false alarm and total of one recording, from arrays to numbers here and from an Annotation to numbers
there, with and without a collar. That both say the same is checked before anything is timed, to the last bit, on random
cases of all kinds. *all*: every metric of `evaluate`, which has no rival. One core, in turn, medians. Without
pyannote.metrics (``uv sync --group oracles``) it is left out and nothing is compared.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from timing import arguments, emit, pin_to_one_core, take_turns

from agora_audio.lab.metrics import detection_errors, evaluate

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.lab.metrics.cases import random_cases
from tests.lab.metrics.oracle import detection

CHECKED = 200
COLLARS = (0.0, 0.25)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--hours", type=float, default=1.0, help="length of the recording (default 1)")
    parser.add_argument("--segments", type=int, default=600, help="in reference and hypothesis each (default 600)")
    options = parser.parse_args()
    pin_to_one_core()
    wanted, found = talk(options.hours, options.segments)
    contestants: dict[str, Callable[[], object]] = {}
    for collar in COLLARS:
        contestants[f"der, collar {collar:g}"] = lambda collar=collar: detection_errors(wanted, found, collar=collar)
    contestants["all, collar 0.25"] = lambda: evaluate(wanted, found, collar=0.25, decided=found + 0.3)
    checked = None
    try:
        checked = sum(check(case) for case in random_cases(seed=1, count=CHECKED))
        contestants |= {f"pyannote der, collar {collar:g}": pyannote(wanted, found, collar) for collar in COLLARS}
    except ImportError as error:
        print(f"left out: pyannote.metrics: {error}", file=sys.stderr)
    medians = take_turns(contestants, options.repeats)
    emit("metrics_speed", rows(medians, checked), options.json)


def talk(hours: float, segments: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Utterances, and segments found for them: each boundary up to 0.3 s off, some missed, some made up."""
    random = np.random.default_rng(5)
    edges = np.sort(random.uniform(0, 3600 * hours, 2 * segments))
    wanted = edges.reshape(-1, 2)
    nudged = np.sort(np.maximum(edges + random.uniform(-0.3, 0.3, len(edges)), 0.0)).reshape(-1, 2)
    kept = nudged[random.uniform(size=segments) < 0.95]
    starts = random.uniform(0, 3600 * hours, segments - len(kept))
    return wanted.round(3), np.concatenate((kept, np.column_stack((starts, starts + 0.4)))).round(3)


def check(case: object) -> int:
    """Return 1 if both say the same to the last bit; otherwise end the run."""
    reference, hypothesis, uem, collar = case  # type: ignore[misc]
    here = detection_errors(reference, hypothesis, uem, collar)
    if (here.miss, here.false_alarm, here.total, here.rate) != detection(case):
        sys.exit(f"differs: {case}")
    return 1


def pyannote(wanted: NDArray[np.float64], found: NDArray[np.float64], collar: float) -> Callable[[], object]:
    from pyannote.core import Annotation, Segment
    from pyannote.metrics.detection import DetectionErrorRate

    warnings.simplefilter("ignore")  # that the scored part is taken from the labels
    sides = []
    for stretches in (wanted, found):
        annotation = Annotation()
        for number, stretch in enumerate(stretches.tolist()):
            annotation[Segment(*stretch), number] = "speech"
        sides.append(annotation)
    return lambda: DetectionErrorRate(collar=2 * collar)(*sides, detailed=True)


def rows(medians: dict[str, float], checked: int | None) -> list[dict[str, object]]:
    return [
        {
            "what": name,
            "ms": 1e3 * seconds,
            "times faster than pyannote": medians[f"pyannote {name}"] / seconds
            if f"pyannote {name}" in medians
            else None,
            "cases equal to the last bit": checked if f"pyannote {name}" in medians else None,
        }
        for name, seconds in medians.items()
    ]


if __name__ == "__main__":
    main()
