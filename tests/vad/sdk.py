"""The detector of Agora's Python SDK 2.4, loaded from its own file, and signals to compare it with ours.

Nothing of the SDK is in this repository: `load` reads the file ``agora/rtc/voice_detection.py`` of a source
distribution with stand-ins for what it imports. The package ``agora`` is never imported, since that downloads native
libraries.
"""

from __future__ import annotations

import importlib.util
import itertools
import sys
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unittest import mock

from agora_audio.vad.audio_vad import AudioVadV2
from agora_audio.vad.config import AudioVadConfigV2
from tests.vad.strings import FORMAT, frame, sound

REQUIREMENT = "agora_python_server_sdk==2.4.10"
FILE = "agora/rtc/voice_detection.py"

Labels = list[tuple[int, int]]
"""For each frame the SDK's rms, 0 to 127, and its voice_prob, 0 or 1."""

Answers = list[tuple[int, bytes]]
"""For each frame the state and the sound handed out."""


def load(path: Path) -> types.ModuleType:
    """The SDK's module `voice_detection`, read from `path`, without its prints."""
    package, base = types.ModuleType("sdk_2_4"), types.ModuleType("sdk_2_4.agora_base")
    package.__path__ = []
    base.AudioFrame = base.AudioParams = types.SimpleNamespace
    spec = importlib.util.spec_from_file_location("sdk_2_4.voice_detection", path)
    module = importlib.util.module_from_spec(spec)
    module.print = lambda *args, **kwargs: None
    with mock.patch.dict(sys.modules, {package.__name__: package, base.__name__: base}):
        spec.loader.exec_module(module)
    return module


def make_config(module: types.ModuleType, attributes: dict[str, Any]) -> Any:
    """The SDK's own config object with these attributes set."""
    config = module.AudioVadConfigV2()
    for name, value in attributes.items():
        assert hasattr(config, name)
        setattr(config, name, value)
    return config


def theirs(module: types.ModuleType, config: Any, labels: Labels) -> Answers:
    """What the SDK answers, frame by frame. It changes `config`."""
    vad = module.AudioVadV2(config)
    answers = []
    for index, (rms, voice) in enumerate(labels):
        buffer = bytearray(sound(index, FORMAT))
        state, data = vad.process(module.AudioFrame(buffer=buffer, rms=rms, voice_prob=voice))
        answers.append((state, bytes(data)))
    return answers


def ours(config: AudioVadConfigV2, labels: Labels) -> Answers:
    """What we answer."""
    vad = AudioVadV2(config)
    answers = []
    for index, (rms, voice) in enumerate(labels):
        state, data = vad.process(frame(index, (float(voice), float(rms - 127))))
        answers.append((int(state), data))
    return answers


# --- signals ------------------------------------------------------------------------------------------------------


class Chance:
    """Random numbers that no library can change: the generator splitmix64."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, limit: int) -> int:
        """A whole number of 0 to `limit` - 1."""
        self._state = (self._state + 0x9E3779B97F4A7C15) % 2**64
        mixed = (self._state ^ self._state >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % 2**64
        return (mixed ^ mixed >> 31) % limit


KINDS = ("noise", "bursts", "walk", "spotted", "mixture")


def signal(kind: str, seed: int, count: int) -> Labels:
    """`count` frames of labels by a fixed recipe."""
    chance = Chance(seed)
    if kind == "mixture":
        pieces = (signal(KINDS[chance.below(4)], seed + 7 * k, 20 + chance.below(200)) for k in itertools.count())
        return list(itertools.islice(itertools.chain.from_iterable(pieces), count))
    frames: Labels = []
    level = chance.below(128)
    while len(frames) < count:
        if kind == "noise":  # around a level that changes now and then
            level = chance.below(128) if chance.below(60) == 0 else level
            frames.append((_clamped(level + chance.below(21) - 10), int(chance.below(80) == 0)))
        elif kind == "walk":
            level = _clamped(level + chance.below(21) - 10)
            frames.append((level, int(chance.below(80) == 0)))
        else:  # runs of one level; `spotted` has single frames that break them
            level, voice = chance.below(128), int(chance.below(3) == 0)
            for _ in range(1 + chance.below(130)):
                spot = kind == "spotted" and chance.below(25) == 0
                frames.append((127 - level, 1 - voice) if spot else (level, voice))
    return frames[:count]


def _clamped(level: int) -> int:
    return min(127, max(0, level))


def random_attributes(seed: int) -> dict[str, Any]:
    """A config of the SDK by a fixed recipe, under the SDK's attribute names."""
    chance = Chance(seed)
    return {
        "pre_start_recognize_count": chance.below(21),
        "start_recognize_count": 1 + chance.below(40),
        "stop_recognize_count": 1 + chance.below(60),
        "activePercent": chance.below(101) / 100,
        "inactivePercent": chance.below(101) / 100,
        "start_voiceprob": chance.below(100),
        "stop_voiceprob": chance.below(101),
        "start_rms": -chance.below(128),
        "stop_rms": -chance.below(128),
        "enable_adaptive_rms_threshold": bool(chance.below(2)),
        "adaptive_rms_threshold_factor": chance.below(151) / 100,
    }


# --- run lengths --------------------------------------------------------------------------------------------------


def pack(values: Iterable[object]) -> str:
    """Write 0, 0, 0, 1 as ``0*3 1``."""
    runs = ((value, len(list(run))) for value, run in itertools.groupby(values))
    return " ".join(f"{value}*{count}" if count > 1 else f"{value}" for value, count in runs)


def unpack(text: str) -> list[str]:
    """Read what `pack` wrote, each value as a string."""
    values = []
    for run in text.split():
        value, _, count = run.partition("*")
        values += [value] * int(count or 1)
    return values


def written(text: str) -> Labels:
    """Labels from run lengths of rms/voice_prob, such as ``80/0*46 0/1``."""
    return [(int(rms), int(voice)) for rms, _, voice in (item.partition("/") for item in unpack(text))]
