"""Parameters of `AudioVadV2`: frozen, checked, readable from the SDK's three spellings.

The names and defaults are those of Agora's server SDKs (``AudioVadConfigV2``); what the two algorithms do with them
stands in `agora_audio.vad.state_machine`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Literal

from agora_audio.errors import ConfigError
from agora_audio.fields import between, checked
from agora_audio.frames import FRAMES_PER_SECOND

__all__ = ["PRESETS", "AudioVadConfigV2"]

Algorithm = Literal["percent", "consecutive"]

# No count of frames and no length in seconds makes sense beyond: a million frames are nearly three hours.
_LONGEST = 1_000_000
# 0.29 s times 100 is 28.999999999999996 frames: a hair of a frame is not one.
_HAIR = 1e-6
# The SDK keeps RMS thresholds on a scale of 0 (-127 dBFS) to 127 and adds this to the caller's object when it is used.
SDK_RMS_OFFSET = 127


@dataclass(frozen=True)
class AudioVadConfigV2:
    """When speech starts and when it stops. Counts are in frames of 10 ms.

    Raises
    ------
    ConfigError
        If a value has a wrong type or lies outside its range; names the field, the value and the range.

    Examples
    --------
    >>> AudioVadConfigV2(stop_recognize_count=80).stop_recognize_count
    80
    >>> AudioVadConfigV2.preset("noisy").start_rms_threshold
    -40
    """

    pre_start_recognize_count: int = between(0, _LONGEST, 16, int)
    """Pre-roll: frames handed out from before the start window."""
    start_recognize_count: int = between(1, _LONGEST, 30, int)
    """Start window, frames: `percent` counts active frames in it, `consecutive` wants this many in a row."""
    stop_recognize_count: int = between(1, _LONGEST, 50, int)
    """Stop window, frames: `percent` counts inactive frames in it, `consecutive` wants this many in a row."""
    active_percent: float = between(0.0, 1.0, 0.7, float)
    """Share of active frames in a start window that starts speech, 0 to 1. Whole percent; algorithm `percent` only."""
    inactive_percent: float = between(0.0, 1.0, 0.5, float)
    """Share of inactive frames in a stop window that stops it, 0 to 1. Whole percent; algorithm `percent` only."""
    start_voice_prob: int = between(0, 100, 70, int)
    """While silent, a frame is active above this probability of speech, percent: 0 to 100."""
    stop_voice_prob: int = between(0, 100, 70, int)
    """The same while speaking, percent: 0 to 100. Algorithm `percent` only."""
    start_rms_threshold: int = between(-SDK_RMS_OFFSET, 0, -50, int)
    """While silent, a frame is active above this level, dBFS: higher wants louder speech."""
    stop_rms_threshold: int = between(-SDK_RMS_OFFSET, 0, -50, int)
    """The same while speaking, dBFS. Algorithm `percent` only."""
    algorithm: Algorithm = "percent"
    """`percent`, as documented, or `consecutive`, what SDK 2.4 does."""
    adaptive_rms: bool = False
    """Take the level of the last start for the threshold, times `adaptive_factor`, on the SDK's scale of dBFS + 127."""
    adaptive_factor: float = between(0.0, 2.0, 0.67, float)
    """Factor of the adaptive threshold. On that scale 0.67 of -47 dBFS is -74 dBFS: far more permissive."""
    adaptive_floor: bool = False
    """Never let the adaptive threshold fall below the configured one."""
    min_speech: float = between(0.0, _LONGEST, 0.0, float)
    """Announce no segment whose speech is shorter, seconds; its start then waits until it is that long."""
    max_speech: float | None = field(default=None)
    """Stop a segment when the sound handed out is this long, seconds, not longer; left out: never."""
    provisional_count: int = between(0, _LONGEST, 0, int)
    """Announce a provisional start, as an event, at this many active frames in the start window; 0: never."""

    ALGORITHMS: ClassVar[tuple[str, ...]] = ("percent", "consecutive")

    def __post_init__(self) -> None:
        for spec in fields(self):
            if spec.metadata:
                object.__setattr__(self, spec.name, checked(spec.name, getattr(self, spec.name), **spec.metadata))
        for name in _SWITCHES:
            _check_switch(name, getattr(self, name))
        if not isinstance(self.algorithm, str) or self.algorithm not in self.ALGORITHMS:
            raise ConfigError(f"algorithm is {self.algorithm!r}, must be 'percent' or 'consecutive'")
        if self.max_speech is not None:
            object.__setattr__(self, "max_speech", checked("max_speech", self.max_speech, 0.0, _LONGEST, float))
            start = self.pre_start_recognize_count + self.start_recognize_count + self.min_frames
            if self.max_frames is not None and self.max_frames <= start:
                raise ConfigError(
                    f"max_speech is {self.max_speech} s, must be {(start + 1) / 100} s or more: pre-roll, start window "
                    "and min_speech have to fit in, and the frame that stops it"
                )
        if self.provisional_count > self.start_recognize_count:
            raise ConfigError(
                f"provisional_count is {self.provisional_count}, must be 0 to {self.start_recognize_count}, "
                "the start_recognize_count"
            )

    @property
    def min_frames(self) -> int:
        """`min_speech` in frames, rounded up."""
        return math.ceil(self.min_speech * FRAMES_PER_SECOND - _HAIR)

    @property
    def max_frames(self) -> int | None:
        """`max_speech` in frames, rounded down; None: no limit."""
        return None if self.max_speech is None else int(self.max_speech * FRAMES_PER_SECOND + _HAIR)

    @property
    def active_needed(self) -> int:
        """Active frames in the start window that start speech: 1 at least, all of them in `consecutive`."""
        # A share of 0 % would otherwise start speech in silence.
        count = self.start_recognize_count
        return max(1, _share(self.active_percent, count)) if self.algorithm == "percent" else count

    @property
    def inactive_needed(self) -> int:
        """Inactive frames in the stop window that stop it: all of them in `consecutive`."""
        count = self.stop_recognize_count
        return _share(self.inactive_percent, count) if self.algorithm == "percent" else count

    @classmethod
    def preset(cls, name: str) -> AudioVadConfigV2:
        """Return one of the `PRESETS`: quiet, noisy, very-noisy, low-latency, far-field."""
        try:
            return PRESETS[name.lower().replace("_", "-").replace(" ", "-")]
        except (KeyError, AttributeError):
            raise ConfigError(f"preset is {name!r}, must be one of {', '.join(PRESETS)}") from None

    @classmethod
    def from_agora(cls, source: Any, algorithm: Algorithm = "percent") -> AudioVadConfigV2:
        """Read the SDK's own configuration, an object or a mapping, in any of its spellings.

        Parameters
        ----------
        source
            An ``AudioVadConfigV2`` of the Python SDK, or a mapping or object with the names of the Python SDK
            (``start_voiceprob``, ``activePercent``, the misspelt ``stop_voiceporb``), of the Go SDK (``StartRms``) or
            of the documents (``startRmsThreshold``). Fields that are left out keep their defaults here;
            only the adaptive threshold is then on in ``"consecutive"``, as in the SDK.
        algorithm
            ``"percent"`` or ``"consecutive"``; the latter is what SDK 2.4 runs.

        Raises
        ------
        ConfigError
            If a name is unknown, a field is given twice with different values, or a value is out of its range.

        Notes
        -----
        The SDK adds 127 to the thresholds inside the caller's object each time an instance is made from it. A threshold
        that an SDK object carries above 0 has that taken off again, so that the result behaves as the first instance.
        The SDK's objects have the adaptive threshold on by default; releases with the percent algorithm had none, so
        it is taken over from such an object for ``"consecutive"`` only.

        Examples
        --------
        >>> AudioVadConfigV2.from_agora({"StartVoiceProb": 60, "rmsThreshold": -40}).stop_rms_threshold
        -40
        """
        names = [kind.__name__ for kind in type(source).__mro__]
        is_sdk_object = cls.__name__ in names and not isinstance(source, (cls, Mapping))
        values: dict[str, Any] = {"adaptive_rms": True} if algorithm == "consecutive" else {}
        given: dict[str, tuple[str, Any]] = {}
        for spelling, value in _items(source):
            for name in _agora_field(spelling):
                if name in given and given[name][1] != value:
                    raise ConfigError(f"{spelling} is {value!r}, but {given[name][0]} is {given[name][1]!r}: give one")
                given[name] = (spelling, value)
        for name, (spelling, value) in given.items():
            if is_sdk_object and name.endswith("rms_threshold") and isinstance(value, int) and value > 0:
                value -= SDK_RMS_OFFSET * math.ceil(value / SDK_RMS_OFFSET)
            if is_sdk_object and name == "adaptive_rms" and algorithm == "percent":
                continue
            values[name] = _spelled(spelling, name, value)
        return cls(algorithm=algorithm, **values)

    def to_agora(self) -> dict[str, Any]:
        """Return the fields that the SDK has, under the attribute names of its Python class.

        What the SDK lacks (algorithm, minimum and maximum length, floor, provisional start) is left out.
        """
        return {attribute: getattr(self, name) for name, attribute in _PYTHON_SDK.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return all fields by name."""
        return asdict(self)

    def to_json(self) -> str:
        """Return all fields as a JSON object, which ``--config`` and `from_json` read."""
        return json.dumps(self.to_dict(), indent=2)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> AudioVadConfigV2:
        """Make a config from fields by name; those left out keep their defaults, unknown ones raise ConfigError."""
        known = [spec.name for spec in fields(cls)]
        if not isinstance(values, Mapping):
            raise ConfigError(f"fields are a {type(values).__name__}, must be a mapping of names to values")
        for name in values:
            if name not in known:
                raise ConfigError(f"{name!r} is not a field of AudioVadConfigV2; these are: {', '.join(known)}")
        return cls(**values)

    @classmethod
    def from_json(cls, text: str | bytes) -> AudioVadConfigV2:
        """Read what `to_json` wrote; fields left out keep their defaults."""
        try:
            values = json.loads(text)
        except (ValueError, TypeError, RecursionError) as error:
            raise ConfigError(f"the config is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise ConfigError(f"the config is a JSON {type(values).__name__}, must be an object of fields")
        return cls.from_dict(values)


def checked_config(config: Any) -> AudioVadConfigV2:
    """Return `config`, or the defaults for None; ConfigError if it is no AudioVadConfigV2."""
    if config is None:
        return AudioVadConfigV2()
    if not isinstance(config, AudioVadConfigV2):
        raise ConfigError(
            f"config is {config!r:.60}, must be an AudioVadConfigV2: its preset(name), from_dict(fields) and "
            "from_agora(sdk_config) make one"
        )
    return config


def _share(fraction: float, count: int) -> int:
    """Return the smallest number of frames that is `fraction` of `count`, compared in whole percent."""
    return -(-round(100 * fraction) * count // 100)


def _spelled(spelling: str, name: str, value: Any) -> Any:
    """Return `value` checked under the name that the caller wrote, so that the error speaks of it."""
    if name in _SWITCHES:
        return _check_switch(spelling, value)
    metadata = {spec.name: spec.metadata for spec in fields(AudioVadConfigV2)}[name]
    return checked(spelling, value, **metadata)


_SWITCHES = ("adaptive_rms", "adaptive_floor")


def _check_switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{name} is {value!r}, must be True or False")
    return value


_PYTHON_SDK = {
    "pre_start_recognize_count": "pre_start_recognize_count",
    "start_recognize_count": "start_recognize_count",
    "stop_recognize_count": "stop_recognize_count",
    "active_percent": "activePercent",
    "inactive_percent": "inactivePercent",
    "start_voice_prob": "start_voiceprob",
    "stop_voice_prob": "stop_voiceprob",
    "start_rms_threshold": "start_rms",
    "stop_rms_threshold": "stop_rms",
    "adaptive_rms": "enable_adaptive_rms_threshold",
    "adaptive_factor": "adaptive_rms_threshold_factor",
}

# Lower case and without underscores the spellings of the Python SDK, its constructor, the Go SDK and the documents are
# those of our names, but for these.
_OTHER_SPELLINGS: dict[str, tuple[str, ...]] = {
    "stopvoiceporb": ("stop_voice_prob",),
    "startrms": ("start_rms_threshold",),
    "stoprms": ("stop_rms_threshold",),
    "rmsthreshold": ("start_rms_threshold", "stop_rms_threshold"),
    "enableadaptivermsthreshold": ("adaptive_rms",),
    "adaptivermsthresholdfactor": ("adaptive_factor",),
}


def _agora_field(spelling: str) -> tuple[str, ...]:
    folded = str(spelling).lower().replace("_", "")
    names = _OTHER_SPELLINGS.get(folded) or tuple(name for name in _PYTHON_SDK if name.replace("_", "") == folded)
    if not names:
        known = ", ".join([*_PYTHON_SDK.values(), "rmsThreshold"])
        raise ConfigError(f"{spelling!r} is not a field of the SDK's AudioVadConfigV2; these are: {known}")
    return names


def _items(source: Any) -> list[tuple[str, Any]]:
    if isinstance(source, Mapping):
        return list(source.items())
    names = [name for name in dir(source) if not name.startswith("_")] if source is not None else []
    items = [(name, getattr(source, name)) for name in names]
    items = [(name, value) for name, value in items if not callable(value)]
    if not items:
        raise ConfigError(f"{source!r} has no fields: give an AudioVadConfigV2 of the SDK or a mapping")
    return items


PRESETS: Mapping[str, AudioVadConfigV2] = {
    # Agora's recommended sets (quiet, noisy, very noisy) differ in the level that speech must reach.
    "quiet": AudioVadConfigV2(),
    "noisy": AudioVadConfigV2(start_rms_threshold=-40, stop_rms_threshold=-40),
    "very-noisy": AudioVadConfigV2(start_rms_threshold=-30, stop_rms_threshold=-30),
    # Ours. A start after 6 active frames of 8, a stop after 0.3 s nearly without speech: for interrupting a bot.
    "low-latency": AudioVadConfigV2(
        pre_start_recognize_count=30,
        start_recognize_count=8,
        stop_recognize_count=30,
        inactive_percent=0.9,
        start_voice_prob=50,
        stop_voice_prob=25,
        start_rms_threshold=-60,
        stop_rms_threshold=-60,
    ),
    # Ours. A talker across the room is 20 to 30 dB weaker and blurred: low probabilities count, the level hardly does.
    "far-field": AudioVadConfigV2(
        active_percent=0.5,
        inactive_percent=0.7,
        start_voice_prob=20,
        stop_voice_prob=10,
        start_rms_threshold=-75,
        stop_rms_threshold=-75,
    ),
}
"""Named sets of parameters; what each costs and brings is measured in docs/vad.md."""
