"""Sounds made from a fixed recipe: the same samples on every machine and with every numpy, so no test needs a file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 16000

_VOWELS = {  # centre frequencies of the first four formants, Hz
    "a": (730.0, 1090.0, 2440.0, 3400.0),
    "e": (530.0, 1840.0, 2480.0, 3500.0),
    "i": (270.0, 2290.0, 3010.0, 3700.0),
    "o": (570.0, 840.0, 2410.0, 3300.0),
    "u": (300.0, 870.0, 2240.0, 3200.0),
}
_WIDTHS = (80.0, 100.0, 140.0, 200.0)  # of the formants, Hz
_SYLLABLE = 0.2  # seconds


def lcg_noise(count: int, seed: int = 1) -> NDArray[np.float64]:
    """White noise in [-1, 1) from a linear congruential generator, which no library can change."""
    state, values = seed, []
    for _ in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        values.append(state)
    return np.array(values) / 2.0**31 - 1.0


def voice(vowels: str, pitch: float = 120.0, glide: float = 1.3) -> NDArray[np.float64]:
    """Vowels sung one after the other, 0.2 s each, in a voice whose pitch glides from `pitch` to `pitch * glide`.

    A dot is a pause. Each vowel is a sum of harmonics under the resonances of its formants, opened and closed as a
    syllable is, with a breath of noise at its onset.
    """
    per = int(_SYLLABLE * RATE)
    count = per * len(vowels)
    cycle = np.cumsum(pitch * (1 + (glide - 1) * np.arange(count) / count) / RATE)
    breath = lcg_noise(count, seed=7)
    sound = np.zeros(count)
    opening = np.sin(np.pi * np.arange(per) / per) ** 0.5
    for place, vowel in enumerate(vowels):
        if vowel == ".":
            continue
        span = slice(place * per, (place + 1) * per)
        step = pitch * (1 + (glide - 1) * (place + 0.5) / len(vowels))
        tone = np.zeros(per)
        for harmonic in range(1, int(4000 / step)):
            tone += _resonance(vowel, harmonic * step) / harmonic * np.sin(2 * np.pi * harmonic * cycle[span])
        hiss = 0.04 * breath[span] * np.exp(-np.arange(per) / (0.02 * RATE))
        sound[span] = opening * (tone / np.abs(tone).max() + hiss)
    return sound


def _resonance(vowel: str, frequency: float) -> float:
    pairs = zip(_VOWELS[vowel], _WIDTHS, strict=True)
    return sum(1 / (1 + ((frequency - centre) / width) ** 2) for centre, width in pairs) + 0.01


def talk_and_noise() -> NDArray[np.int16]:
    """Eight seconds at 16 kHz: silence, talk, hiss, a tone, talk in noise, silence; 250 windows of 512 samples."""
    count = 250 * 512
    sound = 0.002 * lcg_noise(count)
    for start, loudness, line in (
        (0.8, 0.5, voice("aei.oua")),
        (3.0, 0.3, voice("eoai", pitch=210.0, glide=0.8)),
        (5.6, 0.4, voice("iaoe.a", pitch=100.0, glide=1.5)),
    ):
        begin = int(start * RATE)
        sound[begin : begin + len(line)] += loudness * line
    hiss = slice(int(2.4 * RATE), int(2.9 * RATE))
    sound[hiss] += 0.2 * lcg_noise(hiss.stop - hiss.start, seed=3)
    tone = slice(int(4.2 * RATE), int(5.0 * RATE))
    sound[tone] += 0.2 * np.sin(2 * np.pi * 1000 * np.arange(tone.stop - tone.start) / RATE)
    noisy = slice(int(5.2 * RATE), int(7.2 * RATE))
    sound[noisy] += 0.03 * lcg_noise(noisy.stop - noisy.start, seed=5)
    return np.round(sound * 32767 * 0.9).clip(-32768, 32767).astype(np.int16)
