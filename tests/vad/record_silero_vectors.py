"""Record what the official Silero VAD model says of `talk_and_noise`. Run by hand, needs onnxruntime.

    python tests/vad/record_silero_vectors.py path/to/silero_vad.onnx

The model is in the wheel `silero-vad` (silero_vad/data/silero_vad.onnx); the recorded file was made with 6.2.3.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from signals import talk_and_noise

TARGET = Path(__file__).parent / "data" / "silero_v6_vectors.json"


def official(samples: np.ndarray, model: str) -> list[float]:
    """Probabilities of the ONNX model: windows of 512 samples behind 64 samples of context, state carried."""
    session = onnxruntime.InferenceSession(model)
    state = np.zeros((2, 1, 128), np.float32)
    seen = np.zeros((1, 576), np.float32)
    chances = []
    for window in samples.reshape(-1, 512).astype(np.float32) / 32768:
        seen[0, :64] = seen[0, 512:]
        seen[0, 64:] = window
        chance, state = session.run(None, {"input": seen, "state": state, "sr": np.array(16000, np.int64)})
        chances.append(round(float(chance[0, 0]), 6))
    return chances


def main() -> None:
    model = sys.argv[1]
    samples = talk_and_noise()
    record = {
        "model": Path(model).name,
        "model_sha256": hashlib.sha256(Path(model).read_bytes()).hexdigest(),
        "signal": "tests/vad/signals.py: talk_and_noise",
        "probabilities": official(samples, model),
    }
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(record, indent=1) + "\n")
    print(f"{len(record['probabilities'])} windows to {TARGET}")


if __name__ == "__main__":
    main()
