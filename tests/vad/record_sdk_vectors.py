"""Record what the detector of Agora's Python SDK answers. Run by hand from the top of the repository.

    python -m pip download --no-deps --no-binary :all: -d /tmp/sdk agora_python_server_sdk==2.4.10
    tar -xf /tmp/sdk/agora_python_server_sdk-2.4.10.tar.gz -C /tmp/sdk
    python -m tests.vad.record_sdk_vectors /tmp/sdk/agora_python_server_sdk-2.4.10/agora/rtc/voice_detection.py

Only answers are written, run by run: states, byte counts, and a checksum of the sound handed out.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zlib
from pathlib import Path

from tests.vad.sdk import FILE, KINDS, REQUIREMENT, load, make_config, pack, random_attributes, signal, theirs, written

TARGET = Path(__file__).parent / "data" / "sdk_consecutive.json"

# The examples of the analysis of the SDK: name, attributes that differ from the defaults, labels as rms/voice_prob.
EXAMPLES = [
    ("noise 54 after speech 80 keeps it open", {}, "80/0*46 54/0*1000"),
    ("noise 53 after speech 80 stops it", {}, "80/0*46 53/0*100"),
    ("not adaptive, noise 54 stops it", {"enable_adaptive_rms_threshold": False}, "80/0*46 54/0*100"),
    ("45 frames at the beginning are not found", {}, "0/1*45 0/0*300"),
    ("46 are", {}, "0/1*46 0/0*60"),
    ("29, a gap, 29", {}, "0/0*46 0/1*29 0/0 0/1*29 0/0*60"),
    ("speech again after a stop", {}, "0/1*46 0/0*50 0/1*60 0/0*60"),
    ("smallest windows", {"pre_start_recognize_count": 0, "start_recognize_count": 1, "stop_recognize_count": 1},
     "0/0 0/1*3 0/0*2 77/0 78/0*3 0/0*2 127/1 0/0*3"),
]  # fmt: skip
# Of every kind of signal that many sequences, the first in which windows of some length start and stop often enough.
PER_KIND, FRAMES, STOPS, WINDOW = 3, 900, 3, 8


def record(module, attributes, labels):
    answers = theirs(module, make_config(module, attributes), labels)
    return {
        "states": pack(state for state, _ in answers),
        "bytes": pack(len(data) for _, data in answers),
        "crc32": zlib.crc32(b"".join(data for _, data in answers)),
    }


def random_sequences(module, kind):
    seed = found = 0
    while found < PER_KIND:
        seed += 1
        attributes = random_attributes(seed)
        answers = record(module, attributes, signal(kind, seed, FRAMES))
        stops = answers["states"].split().count("3")
        if stops >= STOPS and min(attributes["stop_recognize_count"], attributes["start_recognize_count"]) >= WINDOW:
            found += 1
            yield {"kind": kind, "seed": seed, "count": FRAMES, "attributes": attributes, **answers}


def main() -> None:
    path = Path(sys.argv[1])
    module = load(path)
    sequences = [
        {"name": name, "attributes": attributes, "labels": labels, **record(module, attributes, written(labels))}
        for name, attributes, labels in EXAMPLES
    ]
    for kind in KINDS:
        sequences += random_sequences(module, kind)
    vectors = {
        "sdk": REQUIREMENT,
        "file": FILE,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "labels": "tests/vad/sdk.py: written(labels), or signal(kind, seed, count)",
        "sequences": sequences,
    }
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(vectors, indent=1) + "\n")
    print(f"{len(sequences)} sequences to {TARGET}")


if __name__ == "__main__":
    main()
