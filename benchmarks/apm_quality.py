"""What each stage does to speech: noise suppression by STOI and PESQ, gain by level, background voices by how much.

    python benchmarks/apm_quality.py [FOLDER] [--json]

FOLDER holds ``vad_labelled/`` (talkers) and ``noise/kitchen.wav``; without it the recordings of ``test_data`` are used
for talkers and the kitchen is left out. Needs the dependency group ``quality`` (pystoi, pesq).

*noise*: the synthesised speech of ``test_data``, which alone is free of noise, at -26 dBFS, with noise so many dB below
it, 4 s of noise alone first; the delay is taken off, the scores are means over clips of 9 s against the clean speech.
*gain*: level over that speech, of the second half, for several levels in. *background*: two talkers in turns of 3 s,
the second one 10, 15 and 20 dB weaker, after the first turn of each; *reduced* over all of the second one's turns, and
over those without their first half second, in which the first one's hold may still last; *main* is what the first one
loses, as a level and as the share of its frames within 15 dB of its level that are let down by more than 3 dB.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from mixtures import RATE, TEST_DATA, Sound, at_level, babble, read, speech_level_db, to_int16, white, with_noise
from timing import arguments, emit, existing_folder, files_in

import agora_audio as aa
from agora_audio.apm.stages import GainStage, NoiseStage

SUPPRESSORS = {
    "none": None,
    **{f"webrtc level {level}": NoiseStage(level=level) for level in range(4)},
    "rnnoise": NoiseStage("rnnoise"),
}
CLIP_S, LEAD_S, TURN_S = 9, 4, 3
HOLDS = "vad_labelled/NAME.wav and noise/kitchen.wav"


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument(
        "folder", nargs="?", type=existing_folder, metavar="FOLDER", help="speech and noise to measure with"
    )
    options = parser.parse_args()
    talkers = speakers(options.folder, HOLDS)
    rows = [*noise_rows(options.folder, talkers), *gain_rows(), *background_rows(talkers)]
    emit("apm_quality", rows, options.json)


def speakers(folder: Path | None, holds: str) -> list[Sound]:
    if folder is None:
        speech = read(TEST_DATA / "long_16k.flac")
        return [speech[begin : begin + CLIP_S * RATE] for begin in range(0, len(speech) - CLIP_S * RATE, CLIP_S * RATE)]
    return [read(path) for path in files_in(folder, "vad_labelled/*.wav", holds)]


def clean_clips() -> list[Sound]:
    """Return speech without noise: the synthesised dialogue, and the quiet beginning of the long recording."""
    sounds = (read(TEST_DATA / "dialogue_16k.wav"), read(TEST_DATA / "long_16k.flac")[: 23 * RATE])
    size = CLIP_S * RATE
    return [sound[at : at + size] for sound in sounds for at in range(0, len(sound) - size + 1, size)]


def through(stages: aa.ApmStages, sound: Sound) -> Sound:
    """Return processed sound without its delay."""
    with aa.ExternalAudioProcessor(stages) as processor:
        done = processor.push_audio_pcm_data(to_int16(sound).tobytes(), RATE, 1) + processor.flush()
        late = round(processor.delay * RATE)
    out = np.frombuffer(b"".join(one.frame.pcm for one in done), "<i2") / 32768
    return out[late : late + len(sound)]


def noise_rows(folder: Path | None, talkers: list[Sound]) -> Iterator[dict[str, object]]:
    try:
        from pesq import pesq
        from pystoi import stoi
    except ImportError as error:
        print(f"left out: noise: {error}: install the group quality", file=sys.stderr)
        return
    clips = [at_level(clip, -26.0) for clip in clean_clips()]
    noises = {"white": white(120), "babble": babble(talkers, 120)}
    if folder is not None:
        noises["kitchen"] = read(*files_in(folder, "noise/kitchen.wav", HOLDS))
    lead = np.zeros(LEAD_S * RATE)
    for noise, snr in [("clean", 0)] + [(name, snr) for name in noises for snr in (10, 5, 0)]:
        for name, stage in SUPPRESSORS.items():
            scores = []
            for number, clip in enumerate(clips):
                dirty = np.concatenate((lead, clip))
                if noise != "clean":
                    dirty = with_noise(dirty, np.roll(noises[noise], 77777 * number), snr)
                try:
                    out = through(aa.ApmStages(noise=stage), dirty) if stage else dirty
                except aa.EngineUnavailable as error:
                    print(f"left out: {name}: {error}", file=sys.stderr)
                    break
                out = out[len(lead) :]
                scores.append((stoi(clip, out, RATE), pesq(RATE, clip, out, "wb")))
            if scores:
                means = np.mean(scores, axis=0)
                condition = noise if noise == "clean" else f"{noise} {snr} dB"
                yield {"what": f"noise  {condition}", "stage": name, "STOI": means[0], "PESQ": means[1]}


def gain_rows() -> Iterator[dict[str, object]]:
    speech = np.concatenate([at_level(clip, -26.0) for clip in clean_clips()])
    for limit in (20.0, 50.0):
        for level in (-50.0, -40.0, -30.0, -20.0, -12.0):
            out = through(aa.ApmStages(gain=GainStage(max_gain_db=limit)), at_level(speech, level))
            half = len(out) // 2
            yield {
                "what": f"gain  up to {limit:.0f} dB",
                "in, dBFS": level,
                "out, dBFS": speech_level_db(out[half:]),
            }


def background_rows(talkers: list[Sound]) -> Iterator[dict[str, object]]:
    for weaker in (10, 15, 20):
        totals = [row for number in range(len(talkers)) if (row := turns(talkers, number, weaker))]
        if not totals:
            return
        reduced, later, lost, cut = np.mean(totals, axis=0)
        yield {
            "what": f"background  {weaker} dB weaker",
            "reduced, dB": reduced,
            "after 0.5 s, dB": later,
            "main loses, dB": lost,
            "main let down, %": 100 * cut,
        }


def turns(talkers: list[Sound], number: int, weaker: float) -> tuple[float, float, float, float] | None:
    """Return what two talkers in turns lose; None if they are too short for two turns each."""
    main, other = (at_level(talkers[k % len(talkers)], -23.0) for k in (number, number + 3))
    turn = TURN_S * RATE
    count = min(len(main), len(other)) // turn
    if count < 2:
        return None
    other = other * 10 ** (-weaker / 20)
    parts = [side[k * turn : (k + 1) * turn] for k in range(count) for side in (main, other)]
    floor = np.random.default_rng(0).standard_normal(2 * count * turn) * 10 ** (-60 / 20)
    clean = np.concatenate(parts)
    out = through(aa.ApmStages(background=True), clean + floor)
    before, after = (np.mean(side.reshape(-1, 160) ** 2, axis=1) for side in (clean, out))
    frame = np.arange(len(before))
    mine = (frame // (TURN_S * 100)) % 2 == 0
    known = frame >= 2 * TURN_S * 100
    loud = 10 * np.log10(before + 1e-13) > -38.0 - weaker * ~mine
    late = frame % (TURN_S * 100) >= 50
    groups = (~mine & known & loud, ~mine & known & loud & late, mine & known & loud)
    if not all(group.any() for group in groups):
        return None
    losses = [10 * np.log10(before[group].sum() / after[group].sum()) for group in groups]
    cut = float(np.mean(10 * np.log10(before[groups[2]] / (after[groups[2]] + 1e-13)) > 3.0))
    return losses[0], losses[1], losses[2], cut


if __name__ == "__main__":
    main()
