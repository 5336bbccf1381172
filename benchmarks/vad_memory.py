"""Peak memory of finding speech in a minute and in ten hours: it must not grow with the length.

    python benchmarks/vad_memory.py [--hours 10] [--engine webrtc] [--json]

Each length is raw 16 kHz PCM on disk (1.15 GB for ten hours), read in a process of its own; the peak is that of the
process's resident memory, as the system counts it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from timing import arguments, emit

import agora_audio as aa

TEST_DATA = Path(__file__).resolve().parent.parent / "test_data"

MEASURE = """
import resource, sys
import agora_audio as aa
segments = aa.detect_speech(sys.argv[1], aa.AudioFormat(16000, 1), engine=sys.argv[2])
unit = 1 if sys.platform == "darwin" else 1024
print(len(segments), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--engine", default="webrtc")
    options = parser.parse_args()
    sound, _ = aa.read_audio(TEST_DATA / "long_16k.flac")
    minute = np.resize(sound[:, 0], 60 * 16000).tobytes()
    rows = []
    for name, minutes in (("1 minute", 1), (f"{options.hours:g} hours", round(options.hours * 60))):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "sound.pcm")
            with path.open("wb") as file:
                for _ in range(minutes):
                    file.write(minute)
            command = [sys.executable, "-c", MEASURE, str(path), options.engine]
            result = subprocess.run(command, capture_output=True, text=True, check=True)
        segments, peak = map(int, result.stdout.split())
        rows.append({"what": f"{options.engine}, {name}", "segments": segments, "peak MB": peak / 1e6})
    rows.append({"what": "growth", "peak MB": rows[1]["peak MB"] - rows[0]["peak MB"]})
    emit("vad_memory", rows, options.json)


if __name__ == "__main__":
    main()
