"""Write tests/lab/data/pyannote_detection.json: what pyannote.metrics says to random cases.

    python -m tests.lab.metrics.record_pyannote

Since Python 3.12 a sum of floats is compensated, so that totals may differ in their last bit. Only cases whose total is
the same either way are kept: they hold with every Python.
"""

from __future__ import annotations

import json
import math
from importlib.metadata import version
from pathlib import Path

from agora_audio.lab.metrics.intervals import cover, lengths, scored_region, validate
from tests.lab.metrics.cases import Case, random_cases
from tests.lab.metrics.oracle import detection

TARGET = Path(__file__).parent.parent / "data" / "pyannote_detection.json"


def total_is_exact(case: Case) -> bool:
    reference, hypothesis, uem, collar = case
    sides = validate("reference", reference), validate("hypothesis", hypothesis)
    region = scored_region(*sides, None if uem is None else validate("uem", uem), collar)
    durations = lengths(cover(sides[0], region)).tolist()
    naive = 0.0
    for duration in durations:
        naive += duration
    return naive == math.fsum(durations)


def main() -> None:
    kept = [case for case in random_cases(20240, 400) if total_is_exact(case)][:60]
    names = ("reference", "hypothesis", "uem", "collar")
    cases = [{**dict(zip(names, case, strict=True)), "expected": detection(case)} for case in kept]
    document = {"pyannote.metrics": version("pyannote.metrics"), "cases": cases}
    TARGET.write_text(json.dumps(document).replace('{"reference"', '\n{"reference"') + "\n")
    print(f"{len(cases)} cases written to {TARGET.name}")


if __name__ == "__main__":
    main()
