"""Sound that the benchmarks of audio processing share: levels, mixtures, and a room with a loudspeaker in it."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import agora_audio as aa

RATE = 16000
TEST_DATA = Path(__file__).resolve().parent.parent / "test_data"

Sound = NDArray[np.float64]


def read(path: Path) -> Sound:
    """Return a recording as samples of -1 to 1 at 16 kHz, shape (n,)."""
    samples, format = aa.read_audio(path)
    mono = samples.mean(axis=1) / 32768
    if format.sample_rate == RATE:
        return mono
    return aa.resample(mono.astype(np.float32), format.sample_rate, RATE).astype(np.float64)


def to_int16(sound: Sound) -> NDArray[np.int16]:
    return np.clip(np.rint(sound * 32768), -32768, 32767).astype(np.int16)


def level_db(sound: Sound) -> float:
    """Return the level over all samples, dBFS."""
    return float(10 * np.log10(np.mean(sound**2) + 1e-13))


def speech_level_db(sound: Sound) -> float:
    """Return the level over the 20 ms frames that are within 30 dB of the loudest: pauses do not count."""
    power = np.mean(sound[: len(sound) // 320 * 320].reshape(-1, 320) ** 2, axis=1)
    return float(10 * np.log10(power[power > power.max() / 1000].mean() + 1e-13))


def at_level(sound: Sound, level: float) -> Sound:
    """Return speech scaled to a speech level, dBFS."""
    return sound * 10 ** ((level - speech_level_db(sound)) / 20)


def with_noise(speech: Sound, noise: Sound, snr_db: float) -> Sound:
    """Return speech with noise, repeated to its length, so many dB below it."""
    noise = np.resize(noise, len(speech))
    return speech + noise * 10 ** ((speech_level_db(speech) - snr_db - level_db(noise)) / 20)


def white(seconds: float, seed: int = 1) -> Sound:
    return np.random.default_rng(seed).standard_normal(int(seconds * RATE)) * 0.05


def babble(talkers: list[Sound], seconds: float, seed: int = 1) -> Sound:
    """Return eight talkers at once, each begun somewhere else in the recordings, all at one level."""
    rng = np.random.default_rng(seed)
    length = int(seconds * RATE)
    whole = np.concatenate(talkers)
    parts = [np.roll(whole, int(rng.integers(len(whole)))) for _ in range(8)]
    return sum(at_level(np.resize(part, length), -30.0) for part in parts)


def room(seed: int = 0, decay_s: float = 0.2, size: tuple[float, float, float] = (5.0, 4.0, 2.7)) -> Sound:
    """Return the impulse response from a loudspeaker to a microphone in a shoebox room.

    Image method (J. B. Allen, D. A. Berkley, J. Acoust. Soc. Am. 65(4), 1979), walls alike, their reflection by
    Eyring's formula for a decay of 60 dB in `decay_s`; the two places are drawn by `seed`. Scaled to unit energy.
    """
    rng = np.random.default_rng(seed)
    dimensions = np.array(size)
    speaker, microphone = (0.5 + rng.random(3) * (dimensions - 1.0) for _ in range(2))
    volume, surface = float(dimensions.prod()), 2.0 * sum(a * b for a, b in itertools.combinations(size, 2))
    absorption = 1.0 - np.exp(-0.161 * volume / (surface * decay_s))
    reflection = np.sqrt(1.0 - absorption)
    reach = int(np.ceil(343.0 * decay_s / min(size) / 2)) + 1
    cells = np.array(list(itertools.product(range(-reach, reach + 1), repeat=3)))
    response = np.zeros(int((decay_s + 0.1) * RATE))
    for parity in itertools.product((0, 1), repeat=3):
        flip = np.array(parity)
        images = (1 - 2 * flip) * speaker + 2 * cells * dimensions
        bounces = np.abs(cells - flip).sum(axis=1) + np.abs(cells).sum(axis=1)
        distance = np.linalg.norm(images - microphone, axis=1)
        at = np.rint(distance / 343.0 * RATE).astype(int)
        inside = at < len(response)
        np.add.at(response, at[inside], (reflection**bounces / (4 * np.pi * distance))[inside])
    return response / np.sqrt(np.sum(response**2))


def echo_of(far: Sound, response: Sound, late_ms: float = 60.0, loss_db: float = 10.0) -> Sound:
    """Return the echo of a far end: through a room, late, and so many dB below it."""
    size = 1 << (len(far) + len(response)).bit_length()
    echo = np.fft.irfft(np.fft.rfft(far, size) * np.fft.rfft(response, size), size)[: len(far)]
    late = int(late_ms * RATE / 1000)
    echo = np.concatenate((np.zeros(late), echo))[: len(far)]
    return echo * 10 ** ((level_db(far) - loss_db - level_db(echo)) / 20)
