"""What a config makes of known labels, at once: equal to `VadStateMachine` frame by frame, thousands of times faster.

There are two ways to it: `bit_kernel`, compiled by numba (extra ``fast``), and `run_kernel`, numpy alone. Both give the
same decisions, and tests hold both against the machine that decides in a call.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import FRAMES_PER_SECOND, AudioFormat
from agora_audio.lab import run_kernel
from agora_audio.lab.features import Features
from agora_audio.vad.config import SDK_RMS_OFFSET, AudioVadConfigV2, checked_config
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState

__all__ = ["Decider", "Decisions", "Kernel", "kernel_in_use"]

Kernel = Literal["auto", "numba", "numpy"]

# Without max_speech a segment may be as long as no recording is.
_NO_LIMIT = 1 << 40
# Pairs of thresholds whose sums are kept: 1.8 MB each for an hour.
_SIDES_KEPT = 8


class Rules(NamedTuple):
    """A config as the kernels take it: whole numbers, counts in frames."""

    both: int
    """1: an active frame is above both thresholds, `percent`; 0: above one of them, `consecutive`."""
    start_db: int
    stop_db: int
    start_count: int
    active_needed: int
    stop_count: int
    inactive_needed: int
    capacity: int
    """Frames that a START hands out at most, but for those that waited for `min_speech`."""
    wait: int
    """Frames that must have been kept before speech can start."""
    min_frames: int
    max_frames: int
    adaptive: int
    floor: int
    start_prob: int
    stop_prob: int
    factor: float

    @classmethod
    def of(cls, config: AudioVadConfigV2) -> Rules:
        """Read a config."""
        both = config.algorithm == "percent"
        capacity = config.pre_start_recognize_count + config.start_recognize_count
        return cls(
            int(both),
            config.start_rms_threshold,
            config.stop_rms_threshold if both else config.start_rms_threshold,
            config.start_recognize_count,
            config.active_needed,
            config.stop_recognize_count,
            config.inactive_needed,
            capacity,
            0 if both else capacity,
            config.min_frames,
            _NO_LIMIT if config.max_frames is None else config.max_frames,
            int(config.adaptive_rms),
            int(config.adaptive_floor),
            config.start_voice_prob,
            config.stop_voice_prob if both else config.start_voice_prob,
            config.adaptive_factor,
        )


@dataclass(frozen=True)
class Decisions:
    """What a config made of a recording."""

    format: AudioFormat
    """Format of the frames, for times."""
    frames: int
    """How many there are."""
    spans: NDArray[np.int64]
    """For each segment the frames of the first and last active frame, the first handed out, of START and of STOP, shape
    (n, 5). STOP is `frames` where the end of the recording closed the segment."""

    @property
    def states(self) -> NDArray[np.int64]:
        """`VadState` of each frame, shape (frames,)."""
        states = np.full(self.frames, int(VadState.NON_SPEAKING))
        for *_, start, stop in self.spans.tolist():
            states[start:stop] = VadState.SPEAKING
            states[start] = VadState.START_SPEAKING
            states[stop : stop + 1] = VadState.STOP_SPEAKING
        return states

    def intervals(self, kind: str = "speech") -> NDArray[np.float64]:
        """Return one of the three pairs of times of the segments, shape (n, 2): as `intervals_of` does of `Segment`."""
        onset, last, first_out, start, stop = self.spans.T
        closed = np.minimum(stop + 1, self.frames)
        pairs = {"speech": (onset, last + 1), "sound": (first_out, closed), "decided": (start + 1, closed)}
        if kind not in pairs:
            raise ConfigError(f"kind is {kind!r}, must be one of {', '.join(pairs)}")
        rate = self.format.sample_rate
        times: NDArray[np.float64] = (np.column_stack(pairs[kind]) * rate // FRAMES_PER_SECOND) / rate
        return times

    @property
    def segments(self) -> list[Segment]:
        """The same as `detect_speech` finds."""
        kinds = (self.intervals(kind).tolist() for kind in ("speech", "sound", "decided"))
        return [Segment(*speech, *sound, *decided) for speech, sound, decided in zip(*kinds, strict=True)]


def kernel_in_use(kernel: Kernel = "auto") -> str:
    """Return what decides: ``"numba"`` where it is installed and not ruled out, else ``"numpy"``."""
    if kernel not in ("auto", "numba", "numpy"):
        raise ConfigError(f"kernel is {kernel!r}, must be auto, numba or numpy")
    return "numba" if kernel != "numpy" and find_spec("numba") is not None else "numpy"


class Decider:
    """The labels of one recording, made ready for thousands of configs.

    Parameters
    ----------
    features
        Probability and level of each frame.
    kernel
        ``"auto"`` and ``"numba"``: numba if it is installed, else numpy; ``"numpy"``: numpy.

    Raises
    ------
    FormatError
        If a label lies outside its range, as `VadStateMachine.step` says.

    Examples
    --------
    >>> features = Features(AudioFormat(), np.full(100, 0.9), np.full(100, -20.0))
    >>> Decider(features).decide(AudioVadConfigV2()).segments
    [Segment(start=0.0, end=1.0, audio_start=0.0, audio_end=1.0, started_at=0.21, ended_at=1.0)]

    Notes
    -----
    It keeps which frames are above which threshold it was asked for: up to 16 MB for an hour.
    """

    def __init__(self, features: Features, kernel: Kernel = "auto") -> None:
        self.features = features
        self.kernel = kernel_in_use(kernel)
        probabilities, levels = features.voice_prob, features.rms_db
        # Written so that NaN fails.
        good = (probabilities >= 0.0) & (probabilities <= 1.0) & (levels >= -SDK_RMS_OFFSET) & (levels <= 0.0)
        if not good.all():
            at = int(np.flatnonzero(~good)[0])
            raise FormatError(
                f"labels of frame {at} are voice_prob={probabilities[at]}, rms_db={levels[at]}: must be 0 to 1, and "
                "-127 to 0 dBFS"
            )
        self._percent = np.rint(100 * probabilities).astype(np.int8)
        self._rounded = np.rint(levels).astype(np.int8)
        # Thresholds are whole numbers: a level is above one if its ceiling is. `consecutive` rounds instead.
        self._levels = {1: np.ceil(levels).astype(np.int8), 0: self._rounded}
        self._side = functools.lru_cache(_SIDES_KEPT)(self._new_side)
        self._prob_bits: dict[int, NDArray[np.uint64]] = {}
        self._level_bits: dict[int, _LevelBits] = {}

    def decide(self, config: AudioVadConfigV2) -> Decisions:
        """Return what a config makes of the recording: equal, frame by frame, to `VadStateMachine`."""
        rules = Rules.of(checked_config(config))
        spans = self._by_bits(rules) if self.kernel == "numba" else self._by_runs(rules)
        return Decisions(self.features.format, len(self._rounded), spans)

    def decide_with_thresholds(self, config: AudioVadConfigV2) -> tuple[Decisions, NDArray[np.int64]]:
        """Return the same, and the RMS threshold that was in force for each frame, dBFS, shape (frames,).

        It goes by the numpy kernel whatever `kernel` says: one config is decided before numba has compiled anything.
        """
        rules, frames = Rules.of(checked_config(config)), len(self._rounded)
        found = list(self._openings(rules))
        changes, in_force = [0], [rules.start_db]
        for opening in found:
            changes += [opening.start + 1, opening.span[4] + 1]
            in_force += [opening.stop_db, opening.start_db]
        lengths = np.diff(np.minimum([*changes, frames], frames))
        return Decisions(self.features.format, frames, _rows(found)), np.repeat(np.array(in_force, np.int64), lengths)

    def _by_runs(self, rules: Rules) -> NDArray[np.int64]:
        return _rows(self._openings(rules))

    def _openings(self, rules: Rules) -> Iterator[run_kernel.Opening]:
        # The adaptive threshold comes to a few dozen levels, each again and again: they are kept for this config.
        make = functools.lru_cache(None)(self._new_side) if rules.adaptive else self._side
        return run_kernel.openings(functools.partial(make, rules.both), self._rounded, *rules)

    def _new_side(self, both: int, prob: int, db: int) -> run_kernel.Side:
        combined = np.logical_and if both else np.logical_or
        return run_kernel.Side(combined(self._percent > prob, self._levels[both] > db))

    def _by_bits(self, rules: Rules) -> NDArray[np.int64]:
        from agora_audio.lab import bit_kernel

        numbers = np.array(rules[: Rules._fields.index("start_prob")], np.int64)
        levels = self._level_bits.setdefault(rules.both, _LevelBits(self._levels[rules.both]))
        levels.fill(range(-SDK_RMS_OFFSET, 1) if rules.adaptive else (rules.start_db, rules.stop_db))
        room = np.empty((len(self._rounded) // 2 + 1, 5), np.int64)
        start, stop = self._prob(rules.start_prob), self._prob(rules.stop_prob)
        found = bit_kernel.walk(start, stop, levels.rows, self._rounded, numbers, float(rules.factor), room)
        spans: NDArray[np.int64] = room[:found].copy()
        return spans

    def _prob(self, threshold: int) -> NDArray[np.uint64]:
        if threshold not in self._prob_bits:
            self._prob_bits[threshold] = _bits(self._percent > threshold)
        return self._prob_bits[threshold]


def _rows(found: Iterable[run_kernel.Opening]) -> NDArray[np.int64]:
    """Return the rows of those that became segments, shape (n, 5)."""
    return np.array([opening.span for opening in found if opening.announced], np.int64).reshape(-1, 5)


class _LevelBits:
    """Which frames are above each level, a row a dB; rows are filled when they are wanted."""

    def __init__(self, levels: NDArray[np.int8]) -> None:
        self._levels = levels
        self._filled: set[int] = set()
        self.rows = np.empty((SDK_RMS_OFFSET + 1, len(_bits(levels > 0))), np.uint64)

    def fill(self, thresholds: range | tuple[int, ...]) -> None:
        for threshold in self._filled.symmetric_difference(thresholds) - self._filled:
            self.rows[threshold + SDK_RMS_OFFSET] = _bits(self._levels > threshold)
            self._filled.add(threshold)


def _bits(holds: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return 64 frames a word, the first in the lowest bit; shape (words,), one word more than needed."""
    packed = np.packbits(holds, bitorder="little")
    padded = np.zeros(8 * (len(packed) // 8 + 1), np.uint8)
    padded[: len(packed)] = packed
    return padded.view("<u8").astype(np.uint64, copy=False)
