"""Random references and hypotheses with everything that labels of this world have: overlaps, touching ends, slivers."""

from __future__ import annotations

import random
from collections.abc import Iterator

Stretches = list[tuple[float, float]]
Case = tuple[Stretches, Stretches, "Stretches | None", float]

GRIDS = (None, 1e-6, 1e-3, 0.01, 0.25)
COLLARS = (0.0, 0.0, 0.05, 0.1, 0.123456, 0.25, 1.0, 1e-6)


def random_cases(seed: int, count: int) -> Iterator[Case]:
    """Yield (reference, hypothesis, uem, collar to each side)."""
    source = random.Random(seed)
    for _ in range(count):
        grid = source.choice(GRIDS)
        reference, hypothesis = _stretches(source, grid, 30), _stretches(source, grid, 30)
        uem = None if source.random() < 0.5 else _stretches(source, grid, 4)
        yield reference, hypothesis, uem, source.choice(COLLARS)


def _stretches(source: random.Random, grid: float | None, most: int) -> Stretches:
    def snapped(time: float) -> float:
        return time if grid is None else round(round(time / grid) * grid, 6)

    count = source.randint(0, most)
    if source.random() < 0.4:
        starts = [source.uniform(0, 60) for _ in range(count)]
        found = [(snapped(start), snapped(start + source.expovariate(1))) for start in starts]
    else:
        edges = sorted(snapped(source.uniform(0, 60)) for _ in range(2 * count))
        found = list(zip(edges[::2], edges[1::2], strict=True))
    if source.random() < 0.3:
        found += [(end, snapped(end + source.choice([5e-7, 1e-6, 2e-6, 0.5, 1.0]))) for _, end in found[::3]]
    source.shuffle(found)
    return found
