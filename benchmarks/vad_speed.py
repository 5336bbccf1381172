"""From a file to segments, and what a live frame costs: side by side with the bare engines and with rivals.

    python benchmarks/vad_speed.py [--seconds 120] [--onnx silero_vad.onnx] [--json]

All on one core, in turn, medians. *file*: a 16 kHz WAV on disk to a list of segments, each in its own way. *live*:
10 ms frames pushed one by one through Framer, engine and AudioVadV2; *over* is what that costs above the engine's bare
model called in a loop on the same sound. Rivals that are not installed are left out and named.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import webrtcvad
from numpy.typing import NDArray
from timing import arguments, emit, pin_to_one_core, take_turns

import agora_audio as aa
from agora_audio.vad.engines.silero_net import SileroNet

RATE = 16000
TEST_DATA = Path(__file__).resolve().parent.parent / "test_data"


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=int, default=120, help="length of the sound (default 120)")
    parser.add_argument("--onnx", metavar="PATH", help="the official silero_vad.onnx, if the package is not installed")
    options = parser.parse_args()
    pin_to_one_core()
    sound, _ = aa.read_audio(TEST_DATA / "long_16k.flac")
    samples = np.resize(sound[:, 0], options.seconds * RATE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sound.wav")
        soundfile.write(path, samples, RATE, "PCM_16")
        rows = file_rows(path, samples, options.repeats, options.onnx)
    rows += live_rows(samples, options.repeats)
    emit("vad_speed", rows, options.json)


def file_rows(path: Path, samples: NDArray[np.int16], repeats: int, onnx: str | None) -> list[dict[str, object]]:
    contestants: dict[str, Callable[[], object]] = {
        "silero: bare SileroNet.judge": lambda: bare_silero(samples),
        "webrtc: bare webrtcvad": lambda: bare_webrtc(samples),
    }
    for engine in ("silero", "silero-stacked", "webrtc", "energy"):
        contestants[f"{engine}: detect_speech"] = lambda engine=engine: aa.detect_speech(path, engine=engine)
    for name, make in {
        "silero onnx, window by window": lambda: onnx_contestant(path, onnx),
        "auditok split": lambda: auditok_contestant(path),
        "ten-vad, hop by hop": lambda: ten_contestant(path),
    }.items():
        try:
            contestants[name] = make()
        except (ImportError, OSError, aa.AudioError) as error:
            print(f"left out: {name}: {error}", file=sys.stderr)
    medians = take_turns(contestants, repeats)
    length = len(samples) / RATE
    bare = {name.split(":")[0]: seconds for name, seconds in medians.items() if "bare" in name}
    return [
        {
            "what": f"file  {name}",
            "x real time": length / seconds,
            "us per 10 ms": seconds / length * 1e4,
            "times bare": seconds / bare[name.split(":")[0]] if name.split(":")[0] in bare else None,
        }
        for name, seconds in medians.items()
    ]


def live_rows(samples: NDArray[np.int16], repeats: int) -> list[dict[str, object]]:
    frames = len(samples) // 160
    pieces = [samples[160 * k : 160 * (k + 1)].tobytes() for k in range(frames)]
    contestants: dict[str, Callable[[], object]] = {
        "silero bare": lambda: bare_silero(samples),
        "silero": lambda: live(pieces, "silero"),
        "webrtc bare": lambda: bare_webrtc(samples),
        "webrtc": lambda: live(pieces, "webrtc"),
    }
    medians = take_turns(contestants, repeats)
    return [
        {
            "what": f"live  {name}",
            "x real time": frames / 100 / medians[name],
            "us per 10 ms": medians[name] / frames * 1e6,
            "times bare": medians[name] / medians[f"{name} bare"],
            "over, us": (medians[name] - medians[f"{name} bare"]) / frames * 1e6,
        }
        for name in ("silero", "webrtc")
    ]


def live(pieces: list[bytes], engine: str) -> int:
    framer, labeller, vad = aa.Framer(aa.AudioFormat(RATE)), aa.create_engine(engine), aa.AudioVadV2()
    speaking = 0
    for piece in pieces:
        for frame in framer.push(piece):
            for labelled in labeller.push(frame):
                state, _ = vad.process(labelled)
                speaking += state > 0
    return speaking


def bare_silero(samples: NDArray[np.int16]) -> list[float]:
    net = SileroNet()
    windows = samples[: len(samples) // 512 * 512].astype(np.float32).reshape(-1, 512) / np.float32(32768)
    return [net.judge(window) for window in windows]


def bare_webrtc(samples: NDArray[np.int16]) -> list[bool]:
    is_speech = webrtcvad.Vad(3).is_speech
    pcm = samples.tobytes()
    return [is_speech(pcm[at : at + 320], RATE) for at in range(0, len(pcm) - 319, 320)]


def onnx_contestant(path: Path, model: str | None) -> Callable[[], object]:
    engine = aa.create_engine("silero-onnx", **({"model": model} if model else {}))

    def run() -> list[float]:
        samples, _ = soundfile.read(path, dtype="int16")
        windows = samples[: len(samples) // 512 * 512].reshape(-1, 512)
        engine.reset()
        return [engine._judge(window) for window in windows]

    return run


def auditok_contestant(path: Path) -> Callable[[], object]:
    import auditok

    return lambda: list(auditok.split(str(path), min_dur=0.2, max_silence=0.3, energy_threshold=50))


def ten_contestant(path: Path) -> Callable[[], object]:
    from ten_vad import TenVad

    model = TenVad(hop_size=256, threshold=0.5)

    def run() -> list[float]:
        samples, _ = soundfile.read(path, dtype="int16")
        hops = samples[: len(samples) // 256 * 256].reshape(-1, 256)
        return [model.process(hop)[0] for hop in hops]

    return run


if __name__ == "__main__":
    main()
