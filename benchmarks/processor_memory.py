"""Memory of ExternalAudioProcessor: a minute against eight hours through one, and two hundred at once.

    python benchmarks/processor_memory.py [--hours 8] [--engine webrtc] [--json]

Each length goes through high-pass, noise suppression, background voices and VAD in a process of its own, pushed in
bursts of 1,840 ms, statistics read each minute; the peak is that of the process's resident memory, as the system
counts it. *instances*: what a process grows by with each further processor that has worked for a second, for VAD only,
the SDK's default and, where livekit is installed, echo cancelling.
"""

from __future__ import annotations

import subprocess
import sys

from mixtures import TEST_DATA
from timing import arguments, emit

LENGTH = """
import resource, sys
import numpy as np
import agora_audio as aa
minutes, engine = int(sys.argv[1]), sys.argv[2]
sound, _ = aa.read_audio(sys.argv[3])
minute = np.resize(sound[:, 0], 60 * 16000).tobytes()
stages = aa.ApmStages(high_pass=True, noise=True, background=True)
size = 2 * 16000 * 184 // 100
with aa.ExternalAudioProcessor(stages, aa.AudioVadConfigV2(), engine=engine) as processor:
    for _ in range(minutes):
        for at in range(0, len(minute), size):
            processor.push_audio_pcm_data(minute[at : at + size], 16000, 1)
        processor.stats()
    processor.flush()
    frames = processor.stats().total.frames
unit = 1 if sys.platform == "darwin" else 1024
print(frames, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""

INSTANCES = """
import gc, sys
import agora_audio as aa
def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
def one():
    stages = {
        "VAD only": None, "SDK default + VAD": aa.APMConfig(), "HPF, NS, AEC + VAD":
        aa.ApmStages(high_pass=True, noise=True, echo=True),
    }[sys.argv[1]]
    processor = aa.ExternalAudioProcessor(stages, aa.AudioVadConfigV2(), engine=sys.argv[2])
    processor.push_audio_pcm_data(bytes(32000), 16000, 1)
    return processor
try:
    kept = [one() for _ in range(20)]
except aa.EngineUnavailable:
    sys.exit(3)
before = resident()
kept += [one() for _ in range(200)]
print((resident() - before) / 200 / 1024)
"""


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--engine", default="webrtc")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    peaks = []
    for name, minutes in (("1 minute", 1), (f"{options.hours:g} hours", round(options.hours * 60))):
        words = run(LENGTH, str(minutes), options.engine, str(TEST_DATA / "long_16k.flac"))
        peaks.append(int(words[1]) / 1e6)
        rows.append({"what": name, "frames": int(words[0]), "peak MB": peaks[-1]})
    rows.append({"what": "growth", "peak MB": peaks[1] - peaks[0]})
    if sys.platform.startswith("linux"):
        names = ("VAD only", "SDK default + VAD", "HPF, NS, AEC + VAD")
        rows += [
            {"what": f"200 instances, {name}, {engine}", "kB each": float(words[0])}
            for name in names
            for engine in ("webrtc", "silero")
            if (words := run(INSTANCES, name, engine))
        ]
    emit("processor_memory", rows, options.json)


def run(program: str, *words: str) -> list[str]:
    """Run a program in a process of its own and return the words it prints; none if an engine is not installed."""
    result = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
    if result.returncode == 3:
        print(f"left out: {words[0]}: not installed", file=sys.stderr)
        return []
    if result.returncode:
        raise RuntimeError(result.stderr)
    return result.stdout.split()


if __name__ == "__main__":
    main()
