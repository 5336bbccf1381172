"""How fast configs are run over known labels: numba and numpy beside the state machine that decides in a call.

    python benchmarks/sweep_speed.py [--hours 1] [--json]

Labels are made: turns of speech with pauses, noise in both labels, so that windows fill and empty all the time. Every
contestant runs the same random configs. Figures are hours of recording times configs, in a second of processor time
(the machine's other work does not count), the median of several turns. *adaptive* has the threshold follow every
start. *scored* is with every metric of `lab eval`, which is most of the work.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from timing import arguments, emit, pin_to_one_core, take_turns

from agora_audio.frames import AudioFormat
from agora_audio.lab.decide import Decider, kernel_in_use
from agora_audio.lab.features import Features
from agora_audio.lab.sweep import Recording, score_config
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.state_machine import VadStateMachine


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--hours", type=float, default=1.0, metavar="N", help="length of the recording (default 1)")
    options = parser.parse_args()
    pin_to_one_core()
    features, reference = labels(options.hours)
    draw = random.Random(1)
    rows = []
    for kind in ("percent", "consecutive", "adaptive", "scored"):
        configs = [random_config(draw, kind) for _ in range(4 if kind in ("adaptive", "scored") else 20)]
        contestants = {
            f"{kind}, {kernel}": runner(Recording("made", Decider(features, kernel), reference), configs, kind)
            for kernel in dict.fromkeys((kernel_in_use(), "numpy"))
        }
        seconds = take_turns(contestants, options.repeats, time.process_time)
        rows += [
            {"contestant": name, "config-hours/s": options.hours * len(configs) / spent, "x": None}
            for name, spent in seconds.items()
        ]
    short, _ = labels(options.hours / 20)
    machine = {"percent, VadStateMachine": lambda: stepped(short, AudioVadConfigV2())}
    spent = take_turns(machine, min(3, options.repeats), time.process_time)["percent, VadStateMachine"]
    rows.append({"contestant": "percent, VadStateMachine", "config-hours/s": options.hours / 20 / spent, "x": None})
    for row in rows:
        row["x"] = row["config-hours/s"] / rows[-1]["config-hours/s"]
    emit("sweep_speed", rows, options.json)


def labels(hours: float) -> tuple[Features, np.ndarray]:
    rng = np.random.default_rng(0)
    frames = round(360_000 * hours)
    speech = np.repeat(rng.random(frames // 100 + 1) < 0.5, 100)[:frames]
    voice_prob = np.clip(np.where(speech, 0.85, 0.15) + rng.normal(0, 0.25, frames), 0, 1)
    rms_db = np.clip(np.where(speech, -35, -60) + rng.normal(0, 8, frames), -127, 0)
    edges = np.flatnonzero(np.diff(speech.astype(int), prepend=0, append=0)).reshape(-1, 2)
    return Features(AudioFormat(), voice_prob, rms_db), edges / 100


def random_config(draw: random.Random, kind: str) -> AudioVadConfigV2:
    config = AudioVadConfigV2(
        start_recognize_count=draw.randint(5, 60),
        stop_recognize_count=draw.randint(10, 100),
        active_percent=draw.uniform(0.4, 0.9),
        inactive_percent=draw.uniform(0.4, 0.9),
        start_voice_prob=draw.randint(20, 90),
        stop_voice_prob=draw.randint(20, 90),
        start_rms_threshold=draw.randint(-60, -40),
        stop_rms_threshold=draw.randint(-60, -40),
    )
    if kind == "consecutive":
        return replace(config, algorithm="consecutive", start_recognize_count=draw.randint(5, 20))
    return replace(config, adaptive_rms=kind == "adaptive")


def runner(recording: Recording, configs: list[AudioVadConfigV2], kind: str) -> Callable[[], object]:
    if kind == "scored":
        return lambda: [score_config([recording], config) for config in configs]
    return lambda: [recording.decider.decide(config) for config in configs]


def stepped(features: Features, config: AudioVadConfigV2) -> None:
    step = VadStateMachine(config, features.format).step
    for probability, level in zip(features.voice_prob.tolist(), features.rms_db.tolist(), strict=True):
        step(probability, level)


if __name__ == "__main__":
    main()
