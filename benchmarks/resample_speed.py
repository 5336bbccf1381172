"""What resampling 10 ms costs, beside soxr, which gives its samples in bursts.

python benchmarks/resample_speed.py [--json]
"""

from __future__ import annotations

from functools import partial

import numpy as np
from timing import arguments, emit, pin_to_one_core, take_turns

import agora_audio as aa

PAIRS = [(rate, 16000) for rate in (8000, 11025, 22050, 24000, 32000, 44100, 48000, 96000)]
PAIRS += [(16000, rate) for rate in (8000, 22050, 24000, 32000, 44100, 48000)]
FRAMES = 2000


def main() -> None:
    options = arguments(__doc__).parse_args()
    pin_to_one_core()
    rows = []
    for rate_in, rate_out in PAIRS:
        sound = np.random.default_rng(1).integers(-9000, 9000, rate_in * FRAMES // 100).astype(np.int16)
        format = aa.AudioFormat(rate_in)
        pieces = [sound[format.frame_end(k - 1) : format.frame_end(k)] for k in range(FRAMES)]
        contestants = {"ours": partial(ours, pieces, rate_in, rate_out)}
        try:
            import soxr
        except ImportError:
            pass
        else:
            contestants["soxr"] = partial(theirs, soxr, pieces, rate_in, rate_out)
        medians = take_turns(contestants, options.repeats)
        row = {"what": f"{rate_in} -> {rate_out}", "delay, ms": aa.Resampler(rate_in, rate_out).delay / rate_out * 1000}
        rows.append(row | {f"{name}, us per 10 ms": seconds / FRAMES * 1e6 for name, seconds in medians.items()})
    emit("resample_speed", rows, options.json)


def ours(pieces: list[np.ndarray], rate_in: int, rate_out: int) -> None:
    stream = aa.Resampler(rate_in, rate_out)
    for piece in pieces:
        stream.push(piece)


def theirs(soxr: object, pieces: list[np.ndarray], rate_in: int, rate_out: int) -> None:
    stream = soxr.ResampleStream(rate_in, rate_out, 1, dtype="int16", quality="HQ")
    for piece in pieces:
        stream.resample_chunk(piece)


if __name__ == "__main__":
    main()
