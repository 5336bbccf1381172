"""Write tests/lab/data/pyannote_detection.json: what pyannote.metrics says to random cases.

    python -m tests.lab.metrics.record_pyannote

Since Python 3.12 a sum of floats is compensated, so that totals may differ in their last bit. Only cases whose total is
the same either way are kept: they hold with every Python.
"""

from __future__ import annotations

import json
import math
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import numpy as np

from agora_audio.lab.metrics.intervals import clip, cover, gaps, lengths, scored_region, validate
from tests.lab.metrics.cases import Case, random_cases
from tests.lab.metrics.oracle import detection

TARGET = Path(__file__).parent.parent / "data" / "pyannote_detection.json"


def durations(case: Case) -> tuple[list[float], list[float], list[float]]:
    """What is added up to the total, to what was missed and to false alarms."""
    reference, hypothesis, uem, collar = case
    wanted, found = validate("reference", reference), validate("hypothesis", hypothesis)
    region = scored_region(wanted, found, None if uem is None else validate("uem", uem), collar)
    wanted, found = cover(wanted, region), cover(found, region)
    parts = (wanted, clip(wanted, gaps(found, region)), clip(gaps(wanted, region), found))
    return tuple(lengths(part).tolist() for part in parts)


def in_turn(values: list[float]) -> float:
    total = 0.0
    for value in values:
        total += value
    return total


def total_is_exact(case: Case) -> bool:
    total, _, _ = durations(case)
    return in_turn(total) == math.fsum(total)


def order_matters(case: Case) -> bool:
    """Whether adding up in another order, as numpy's sum does, gives another last bit."""
    _, *errors = durations(case)
    return any(in_turn(values) != float(np.sum(values)) for values in errors)


def main() -> None:
    exact = [case for case in random_cases(20240, 8000) if total_is_exact(case)]
    kept = [*exact[:40], *islice(filter(order_matters, exact), 15)]
    names = ("reference", "hypothesis", "uem", "collar")
    cases = [{**dict(zip(names, case, strict=True)), "expected": detection(case)} for case in kept]
    document = {"pyannote.metrics": version("pyannote.metrics"), "cases": cases}
    TARGET.write_text(json.dumps(document).replace('{"reference"', '\n{"reference"') + "\n")
    print(f"{len(cases)} cases written to {TARGET.name}")


if __name__ == "__main__":
    main()
