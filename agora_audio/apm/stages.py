"""`ApmStages`: which stages run, by which engine, how strongly and in what order; and the seam of a stage."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agora_audio.apm.config import APMConfig
from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat

__all__ = [
    "STAGES",
    "ApmStages",
    "BackgroundStage",
    "EchoStage",
    "GainStage",
    "HighPassStage",
    "NoiseStage",
    "Stage",
    "check_frames",
]


class Stage(Protocol):
    """One step of processing: frames of 10 ms in, as many out. One object a stream.

    Several frames at once are the same to the last bit as one after the other: a stage knows its frames by its format.
    """

    delay: int
    """How much later the sound comes out, in samples at the stage's rate."""

    def process(self, frames: NDArray[np.int16]) -> NDArray[np.int16]:
        """Take the next whole frames, shape (n, channels), and return as much sound, `delay` samples late."""
        ...

    def reset(self) -> None:
        """Begin a new stream."""
        ...


def check_frames(frames: NDArray[np.int16], format: AudioFormat) -> None:
    """Raise `FormatError` unless these are whole 10 ms frames, shape (n, channels), of a rate that 100 divides.

    What a native stage is given passes here first: LiveKit's aborts the process at a frame of another length.
    """
    if frames.ndim != 2 or frames.shape[1] != format.channels or len(frames) % (format.sample_rate // 100):
        raise FormatError(
            f"sound of the shape {frames.shape} is not frames of 10 ms of {format.describe()}: cut it with Framer"
        )


def _choice(name: str, value: Any, known: tuple[Any, ...]) -> None:
    if isinstance(value, bool) or not isinstance(value, type(known[0])) or value not in known:
        raise ConfigError(f"{name} is {value!r}, must be one of {', '.join(map(repr, known))}")


def _number(name: str, value: Any, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not (low <= value <= high):
        raise ConfigError(f"{name} is {value!r}, must be a number of {low:g} to {high:g}")


@dataclass(frozen=True)
class HighPassStage:
    """Take out rumble and DC."""

    engine: str = "webrtc"
    """`webrtc`: second order at 80 Hz."""

    def __post_init__(self) -> None:
        _choice("high_pass.engine", self.engine, ("webrtc",))


@dataclass(frozen=True)
class EchoStage:
    """Take out what the loudspeaker played, given as far end."""

    engine: str = "livekit"
    """`livekit` (extra apm), or `webrtc`, in the base install but weaker on real echo."""
    delay_ms: int = 0
    """Hint: from the far end's push to its echo in the near end, milliseconds; the engines find it by themselves."""

    def __post_init__(self) -> None:
        _choice("echo.engine", self.engine, ("livekit", "webrtc"))
        if isinstance(self.delay_ms, bool) or not isinstance(self.delay_ms, int) or not 0 <= self.delay_ms <= 500:
            raise ConfigError(f"echo.delay_ms is {self.delay_ms!r}, must be a whole number of 0 to 500")


@dataclass(frozen=True)
class NoiseStage:
    """Let noise down between and below speech."""

    engine: str = "webrtc"
    """`webrtc`, or `rnnoise` (extra rnnoise): stronger on all noise, but takes babble and its talker out together."""
    level: int = 1
    """Of `webrtc`: 0 to 3 for about 6, 12, 18 and 21 dB of steady noise. `rnnoise` has one level."""

    def __post_init__(self) -> None:
        _choice("noise.engine", self.engine, ("webrtc", "rnnoise"))
        _choice("noise.level", self.level, (0, 1, 2, 3))
        if self.engine == "rnnoise" and self.level != 1:
            raise ConfigError(f"noise.level is {self.level}, but rnnoise has one level: leave it out")


@dataclass(frozen=True)
class BackgroundStage:
    """Let other people than the main speaker down; pure numpy."""

    reduction_db: float = 20.0
    """How far background voices are let down, dB."""
    margin_db: float = 8.0
    """How much weaker than the main speaker's peaks a voice must be to count as background, dB."""
    hold_s: float = 0.3
    """For how long after a loud syllable weaker sound is still taken for the main speaker's, seconds."""
    memory_s: float = 30.0
    """For how long the main speaker's level is remembered, seconds; then the loudest voice heard takes over."""

    def __post_init__(self) -> None:
        _number("background.reduction_db", self.reduction_db, 0.0, 60.0)
        _number("background.margin_db", self.margin_db, 3.0, 40.0)
        _number("background.hold_s", self.hold_s, 0.0, 5.0)
        _number("background.memory_s", self.memory_s, 1.0, 3600.0)


@dataclass(frozen=True)
class GainStage:
    """Bring speech to one level."""

    engine: str = "webrtc"
    """`webrtc`: its AGC2 with limiter."""
    max_gain_db: float = 20.0
    """Most gain, dB: more lifts the noise of silent rooms to the level of speech."""
    headroom_db: float = 5.0
    """Distance of speech peaks from full scale, dB."""

    def __post_init__(self) -> None:
        _choice("gain.engine", self.engine, ("webrtc",))
        _number("gain.max_gain_db", self.max_gain_db, 0.0, 50.0)
        _number("gain.headroom_db", self.headroom_db, 0.0, 30.0)


STAGES: dict[str, type[Any]] = {
    "high_pass": HighPassStage,
    "echo": EchoStage,
    "noise": NoiseStage,
    "background": BackgroundStage,
    "gain": GainStage,
}
"""Every stage by its name, and what describes it."""


@dataclass(frozen=True)
class ApmStages:
    """The stages of a chain. Each is off (None, False), on with its defaults (True), or described.

    Raises
    ------
    ConfigError
        If a stage is neither, `order` does not name each stage once, or a field is out of range.

    Examples
    --------
    >>> ApmStages(noise=NoiseStage(level=2), high_pass=True).active
    ('high_pass', 'noise')
    """

    high_pass: HighPassStage | bool | None = None
    """Take out rumble and DC."""
    echo: EchoStage | bool | None = None
    """Take out the loudspeaker's sound."""
    noise: NoiseStage | bool | None = None
    """Let noise down."""
    background: BackgroundStage | bool | None = None
    """Let other voices down."""
    gain: GainStage | bool | None = None
    """Bring speech to one level."""
    order: tuple[str, ...] = ("high_pass", "echo", "noise", "background", "gain")
    """The order in which the sound passes."""

    def __post_init__(self) -> None:
        for name, kind in STAGES.items():
            value = getattr(self, name)
            if value is True:
                value = kind()
            elif value is False:
                value = None
            if value is not None and not isinstance(value, kind):
                raise ConfigError(f"{name} is {value!r}, must be True, False, None or a {kind.__name__}")
            object.__setattr__(self, name, value)
        order = tuple(self.order) if isinstance(self.order, (tuple, list)) else ()
        if not all(isinstance(name, str) for name in order) or sorted(order) != sorted(STAGES):
            raise ConfigError(f"order is {self.order!r}, must name each of {', '.join(STAGES)} once")
        object.__setattr__(self, "order", order)

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the stages that are on, in order."""
        return tuple(name for name in self.order if getattr(self, name) is not None)

    def without(self, *names: str) -> ApmStages:
        """Return the same stages with some of them off."""
        known = [spec.name for spec in fields(self)]
        for name in names:
            if name not in STAGES:
                raise ConfigError(f"{name!r} is no stage; these are: {', '.join(known[:-1])}")
        off: dict[str, Any] = dict.fromkeys(names)
        return replace(self, **off)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: for each stage its fields, or None where it is off; and the order."""
        return {**asdict(self), "order": list(self.order)}

    @classmethod
    def from_dict(cls, values: Any) -> ApmStages:
        """Return what `to_dict` wrote; what is left out keeps its default, and True is a stage with its defaults.

        Raises
        ------
        ConfigError
            If it holds a name that is no stage or no field of one, or a value that does not fit.
        """
        if not isinstance(values, dict):
            raise ConfigError(f"stages are {values!r:.60}, must be a mapping of names to fields")
        made: dict[str, Any] = {}
        for name, value in values.items():
            if name == "order":
                made[name] = tuple(value) if isinstance(value, (list, tuple)) else value
            elif name not in STAGES:
                raise ConfigError(f"{name!r} is no stage; these are: {', '.join(STAGES)}")
            else:
                made[name] = _described(name, value)
        return cls(**made)

    @classmethod
    def from_agora(cls, config: APMConfig) -> ApmStages:
        """Return what an `APMConfig` of the SDK means here.

        Noise suppression runs on the base engine, whether the SDK's neural one was asked for or not, at the level that
        `nsng_predef_agg` names (10: 0, 11: 1, 12: 2). Of the 38 settings of background voices `enabled` and `bvcDownDB`
        have a meaning here; `EFFECTLESS` names the others.
        """
        noise = config.ai_ns_config
        voices = config.bghvs_c_config
        on = noise.ns_enabled or noise.ai_ns_enabled
        return cls(
            echo=config.ai_aec_config.enabled,
            noise=NoiseStage(level=min(3, max(0, noise.nsng_predef_agg - 10))) if on else None,
            background=BackgroundStage(reduction_db=min(60.0, abs(float(voices.bvcDownDB))))
            if voices.enabled
            else None,
            gain=config.agc_config.enabled,
        )


def _described(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    known = [spec.name for spec in fields(STAGES[name])]
    for field in value:
        if field not in known:
            raise ConfigError(f"{name} has no field {field!r}; it has {', '.join(known)}")
    return STAGES[name](**value)


def _effectless() -> tuple[str, ...]:
    used = {"ns_enabled", "ai_ns_enabled", "nsng_predef_agg", "enabled", "bvcDownDB"}
    parts = (getattr(APMConfig(), spec.name) for spec in fields(APMConfig) if spec.name != "enable_dump")
    return tuple(spec.name for part in parts for spec in fields(part) if spec.name not in used)


EFFECTLESS = _effectless()
"""Settings of the SDK that are kept for its JSON and have no effect here."""
