"""Recordings made of labels alone: turns of speech with pauses within and silence between, and noises."""

from __future__ import annotations

import numpy as np

from agora_audio.frames import AudioFormat
from agora_audio.lab.decide import Decider
from agora_audio.lab.features import Features
from agora_audio.lab.sweep import Recording


def talk(name, seed, seconds=40.0, pause=0.4, kernel="auto"):
    """Turns of 1 to 3 s with a pause of `pause` seconds in the middle, 1.5 s apart, and a click of 80 ms between."""
    rng = np.random.default_rng(seed)
    frames = round(100 * seconds)
    voice_prob, rms_db = rng.uniform(0, 0.25, frames), rng.normal(-62, 2, frames)
    turns, at = [], 1.0 + rng.random()
    while at + 5 < seconds:
        length = rng.uniform(1.0, 3.0)
        turns.append((round(at, 2), round(at + length + pause, 2)))
        for begin, end in ((at, at + length / 2), (at + length / 2 + pause, at + length + pause)):
            voice_prob[round(100 * begin) : round(100 * end)] = 0.92
            rms_db[round(100 * begin) : round(100 * end)] = -32.0
        click = round(100 * (at + length + pause + 0.75))
        voice_prob[click : click + 8], rms_db[click : click + 8] = 0.9, -28.0
        at += length + pause + 1.5
    features = Features(AudioFormat(), np.clip(voice_prob, 0, 1), np.clip(rms_db, -127, 0))
    return Recording(name, Decider(features, kernel), np.array(turns))
