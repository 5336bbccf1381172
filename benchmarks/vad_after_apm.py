"""Whether a VAD does better behind audio processing: the same labelled speech, with noise, with and without stages.

    python benchmarks/vad_after_apm.py FOLDER [--engine silero] [--json]

FOLDER holds ``vad_labelled/`` (NAME.wav, NAME.scv) and ``noise/kitchen.wav``. *AUC* is the area under the ROC curve of
the probability of each 10 ms, *missed* and *false* are utterances of `ExternalAudioProcessor` with Agora's defaults,
all clips together, in the time of the input. Speech at -26 dBFS, noise so many dB below it, 2 s of noise alone first.
"""

from __future__ import annotations

import numpy as np
from mixtures import RATE, Sound, at_level, babble, read, to_int16, white, with_noise
from timing import arguments, emit, existing_folder, files_in

import agora_audio as aa
from agora_audio.lab.labels import read_labels
from agora_audio.lab.metrics import Scores, intervals_of, score

LEAD_S = 2.0
CHAINS = {
    "none": None,
    "HPF": aa.ApmStages(high_pass=True),
    "NS 1": aa.ApmStages(noise=True),
    "HPF, NS 1": aa.ApmStages(high_pass=True, noise=True),
    "SDK default": aa.APMConfig(),
    "HPF, NS 1, gain": aa.ApmStages(high_pass=True, noise=True, gain=True),
}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("folder", type=existing_folder, metavar="FOLDER")
    parser.add_argument("--engine", default="silero")
    options = parser.parse_args()
    holds = "vad_labelled/NAME.wav with NAME.scv, and noise/kitchen.wav"
    paths = files_in(options.folder, "vad_labelled/*.wav", holds, ".scv")
    (kitchen,) = files_in(options.folder, "noise/kitchen.wav", holds)
    clips = [at_level(read(path), -26.0) for path in paths]
    references = [[row.segment for row in read_labels(path.with_suffix(".scv"))] for path in paths]
    noises = {
        "white": white(60),
        "kitchen": read(kitchen),
        "babble": babble(clips, 60),
    }
    rows = []
    for noise, snr in [("clean", 0), *((name, snr) for name in noises for snr in (10, 0))]:
        mixed = [prepared(clip, noises.get(noise), snr, number) for number, clip in enumerate(clips)]
        for name, stages in CHAINS.items():
            rows.append(
                {
                    "what": noise if noise == "clean" else f"{noise} {snr} dB",
                    "stages": name,
                    **scored(stages, mixed, references, options.engine),
                }
            )
    emit("vad_after_apm", rows, options.json)


def prepared(clip: Sound, noise: Sound | None, snr: float, number: int) -> Sound:
    sound = np.concatenate((np.zeros(int(LEAD_S * RATE)), clip, np.zeros(RATE)))
    if noise is None:
        return sound + np.random.default_rng(1).standard_normal(len(sound)) * 10 ** (-80 / 20)
    return with_noise(sound, np.roll(noise, 77777 * number), snr)


def scored(stages: object, mixed: list[Sound], references: list[list[aa.Segment]], engine: str) -> dict[str, object]:
    total = Scores.sum(one(stages, sound, wanted, engine) for sound, wanted in zip(mixed, references, strict=True))
    values = total.values()
    names = {
        "AUC": "auc",
        "missed": "missed_utterances",
        "false": "false_utterances",
        "splits": "splits",
        "onset late, ms": "onset_latency_ms",
        "stop late, ms": "end_latency_ms",
    }
    return {title: values[name] for title, name in names.items()}


def one(stages: object, sound: Sound, wanted: list[aa.Segment], engine: str) -> Scores:
    with aa.ExternalAudioProcessor(stages, aa.AudioVadConfigV2(), engine=engine) as processor:
        done = processor.push_audio_pcm_data(to_int16(sound).tobytes(), RATE, 1) + processor.flush()
    found = [frame.segment for frame in done if frame.segment is not None]
    # A frame's label belongs to its time in the input: delays are no error of the VAD.
    frames = [frame for frame in done if frame.input_time >= -0.005]
    probabilities = [frame.frame.voice_prob for frame in frames]
    shifted = [aa.Segment(part.start + LEAD_S, part.end + LEAD_S) for part in wanted]
    return score(
        intervals_of(shifted),
        intervals_of(found),
        sound=intervals_of(found, "sound"),
        decided=intervals_of(found, "decided"),
        pause=0.5,
        voice_prob=probabilities,
        duration=len(sound) / RATE,
    )


if __name__ == "__main__":
    main()
