"""How well the engine `fusion` tells speech from the rest, beside its parts and their plain mean; and what it costs.

    python benchmarks/fusion_quality.py NEAR FAR --noise kitchen.wav [--neighbours] [--json | --markdown]

NEAR and FAR are folders with NAME.wav (16 kHz mono) and NAME.scv (NAME,start,end,label,... in seconds, 1 = speech):
talkers near the microphone and far from it. Area under the ROC curve over all 10 ms frames of a folder, clean and with
noise so many dB below each clip: white, the recording given with --noise, and babble of the folder's own first eight
clips. *mean* is the mean of the log-odds of silero and rnnoise. --neighbours scores other settings of the formula, on
every other clip and on the clips between: settings that were only lucky would stand out from their neighbours.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from timing import arguments, emit, ended_quietly, existing_folder, files_in

import agora_audio as aa
from agora_audio.lab.features import features_of
from agora_audio.lab.labels import read_labels
from agora_audio.lab.metrics import frame_labels, intervals_of, roc
from agora_audio.vad.engines import fusion

Values = NDArray[np.float64]
FORMAT = aa.AudioFormat(16000)


class Clip(NamedTuple):
    """What both parts heard in a clip, and what is speech in it."""

    silero: Values
    rnnoise: Values
    truth: NDArray[np.int8]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("folders", nargs=2, type=existing_folder, metavar="FOLDER")
    parser.add_argument("--noise", type=Path, metavar="FILE")
    parser.add_argument("--neighbours", action="store_true", help="score other settings of the formula as well")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    options = parser.parse_args()
    for folder in options.folders:
        files_in(folder, "*.wav", "NAME.wav (16 kHz mono) and NAME.scv", ".scv")
    try:
        aa.create_engine("fusion")
    except aa.EngineUnavailable as error:
        print(f"skipped: {error}", file=sys.stderr)
        return
    begun = time.process_time()
    heard = {
        f"{name}, {condition}": clips
        for name, folder in zip(("near", "far"), options.folders, strict=True)
        for condition, clips in conditions(folder, options.noise)
    }
    frames = sum(len(clip.truth) for clips in heard.values() for clip in clips)
    print(f"both parts: {1e6 * (time.process_time() - begun) / frames:.0f} us CPU a frame", file=sys.stderr)
    emit_rows("fusion_quality", [row(name, clips) for name, clips in heard.items()], options)
    if options.neighbours:
        emit_rows("settings of the formula", list(neighbours(heard)), options)


def conditions(folder: Path, recorded: Path | None) -> Iterator[tuple[str, list[Clip]]]:
    files = sorted(folder.glob("*.wav"))
    sounds = [aa.read_audio(path)[0][:, 0] for path in files]
    spoken = [intervals_of(label.segment for label in read_labels(path.with_suffix(".scv"))) for path in files]
    white = np.random.default_rng(1).standard_normal(16000 * 20)
    babble = sum(np.resize(sound, 16000 * 20).astype(float) for sound in sounds[:8])
    noises: list[tuple[str, Values | None, float]] = [("clean", None, 0.0), ("white 10 dB", white, 10.0)]
    noises += [("white 0 dB", white, 0.0), ("babble 5 dB", babble, 5.0)]
    if recorded is not None and recorded.is_file():
        kitchen = aa.read_audio(recorded)[0][:, 0].astype(float)
        noises[3:3] = [(f"{recorded.stem} 10 dB", kitchen, 10.0), (f"{recorded.stem} 0 dB", kitchen, 0.0)]
    for name, noise, snr in noises:
        yield (
            name,
            [clip_of(with_noise(sound, noise, snr), speech) for sound, speech in zip(sounds, spoken, strict=True)],
        )


def with_noise(sound: NDArray[np.int16], noise: Values | None, snr: float) -> NDArray[np.int16]:
    if noise is None:
        return sound
    clean, added = sound.astype(float), np.resize(noise, len(sound))
    added = added * np.sqrt((clean**2).mean() / (added**2).mean() / 10 ** (snr / 10))
    return np.clip(clean + added, -32768, 32767).astype(np.int16)


def clip_of(sound: NDArray[np.int16], speech: Values) -> Clip:
    silero, rnnoise = (features_of([sound.tobytes()], FORMAT, name).voice_prob for name in ("silero", "rnnoise"))
    return Clip(silero, rnnoise, frame_labels(speech, len(silero)))


def row(name: str, clips: list[Clip]) -> dict[str, object]:
    return {
        "set, noise": name,
        "silero": area(clips, lambda clip: clip.silero),
        "rnnoise": area(clips, lambda clip: clip.rnnoise),
        "mean": area(clips, lambda clip: log_odds(clip.silero) + log_odds(clip.rnnoise)),
        "fusion": area(clips, fused),
    }


def area(clips: list[Clip], probability: Callable[[Clip], Values]) -> float:
    truth, scores = (
        np.concatenate([clip.truth for clip in clips]),
        np.concatenate([probability(clip) for clip in clips]),
    )
    return roc(truth, scores).auc


def log_odds(probability: Values) -> Values:
    held = np.clip(probability, 1e-4, 1 - 1e-4)
    return np.log(held / (1 - held))


def fused(clip: Clip) -> Values:
    """Return what the engine answers: its own functions, without hearing the sound a third time."""
    odds = [fusion.fused(*pair) for pair in zip(clip.silero.tolist(), clip.rnnoise.tolist(), strict=True)]
    return np.array([fusion.smoothed(odds[at : at + 4]) for at in range(len(odds))])


def neighbours(heard: dict[str, list[Clip]]) -> Iterator[dict[str, object]]:
    halves = {"even": slice(0, None, 2), "odd": slice(1, None, 2)}
    for weight, limit, doubt in itertools.product((1.0, 1.5, 2.0), (1.5, 2.0, 3.0), (2.0, 3.0, 4.0)):
        line: dict[str, object] = {"weight, limit, doubt": f"{weight:g}, {limit:g}, {doubt:g}"}

        def asked(clip: Clip, weight: float = weight, limit: float = limit, doubt: float = doubt) -> Values:
            own, other = log_odds(clip.silero), log_odds(clip.rnnoise)
            odds = own + weight * np.clip(other, -limit, limit) * np.exp(-((own / doubt) ** 2))
            sums = np.concatenate(([0.0], np.cumsum(odds)))
            ends = np.minimum(np.arange(len(odds)) + 4, len(odds))
            return (sums[ends] - sums[:-1]) / (ends - np.arange(len(odds)))

        for half, part in halves.items():
            gains = {
                name: area(clips[part], asked) - area(clips[part], lambda clip: clip.silero)
                for name, clips in heard.items()
            }
            near = [gain for name, gain in gains.items() if name.startswith("near")]
            far = [gain for name, gain in gains.items() if name.startswith("far") and "babble" not in name]
            line |= {f"near, mean gain, {half}": float(np.mean(near)), f"far, worst, {half}": min(far)}
        yield line


@ended_quietly()
def emit_rows(title: str, rows: list[dict[str, object]], options: object) -> None:
    if not getattr(options, "markdown", False):
        emit(title, rows, getattr(options, "json", False))
        return
    names = list(rows[0])
    print(f"| {' | '.join(names)} |\n| --- |{' --: |' * (len(names) - 1)}")
    for line in rows:
        print(
            f"| {' | '.join(f'{value:.3f}' if isinstance(value, float) else str(value) for value in line.values())} |"
        )


if __name__ == "__main__":
    main()
