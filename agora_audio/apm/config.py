"""The SDK's `APMConfig` family: same names, same defaults, and the JSON that the SDK sends to its native side.

What these settings do in this library is said by `ApmStages.from_agora`; here they are only kept, checked and written.
Numbers keep the type they are given in, int or float, because the JSON shows it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

from agora_audio.errors import ConfigError

__all__ = ["APMConfig", "AgcConfig", "AiAecConfig", "AiNsConfig", "BghvsCConfig"]

_Part = TypeVar("_Part", bound="_Checked")


class _Checked:
    """A frozen dataclass whose fields must have the kind of their defaults: a switch, a whole number or a number."""

    def __post_init__(self) -> None:
        for spec in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            _check(f"{type(self).__name__}.{spec.name}", getattr(self, spec.name), spec.type)


def _check(name: str, value: Any, kind: Any) -> None:
    if kind == "bool":
        good = isinstance(value, bool)
    elif kind == "int":
        good = isinstance(value, int) and not isinstance(value, bool)
    else:
        good = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not good:
        wanted = {"bool": "True or False", "int": "a whole number"}.get(kind, "a finite number")
        raise ConfigError(f"{name} is {value!r}, must be {wanted}")


@dataclass(frozen=True, kw_only=True)
class AiNsConfig(_Checked):
    """Noise suppression."""

    ns_enabled: bool = True
    """Suppress noise."""
    ai_ns_enabled: bool = True
    """Use the SDK's neural suppressor."""
    ai_ns_model_pref: int = 10
    """Which of its models."""
    nsng_alg_route: int = 12
    """How it is wired."""
    nsng_predef_agg: int = 11
    """How aggressive it is: 10 mild, 11 moderate, 12 strong."""


@dataclass(frozen=True, kw_only=True)
class AiAecConfig(_Checked):
    """Echo cancelling."""

    enabled: bool = False
    """Cancel echo."""
    split_srate_for_48k: int = 16000
    """Rate to which the SDK splits 48 kHz sound, Hz."""


@dataclass(frozen=True, kw_only=True)
class AgcConfig(_Checked):
    """Gain control."""

    enabled: bool = False
    """Control gain."""


@dataclass(frozen=True, kw_only=True)
class BghvsCConfig(_Checked):
    """Background human voice suppression: 38 settings of the SDK, most of them tuning of its own detector.

    `enabled` and `bvcDownDB` have a meaning here; the others are kept for the JSON alone.
    """

    enabled: bool = True
    frmSz: int = 160
    smplFrq: int = 16000
    inBuildVadOpen: int = 1
    mainPoolFN: int = 1000
    farPoolFN: int = 6000
    mainTimeOutFN: int = 30000
    farTimeOutFN: int = 60000
    sosPersistentLen: int = 160
    postPaddingLenOfEOS: int = 480
    unVoiceLenOfTriggerEOS: int = 480
    bvcSOSLen: int = 160
    bvcPostEOSLen: int = 480
    bvcEOSLen: int = 480
    vobvcDelay: int = 12
    bvcVoMthOpen: int = 1
    bvcSpecMtOpen: int = 0
    logLv: int = 0
    voiceProbThr: float = 0.5
    vadVolumeThr: int = 60
    bvcBabbleVolumeThr: int = 60
    powScale: float = 0.2
    powRatio: float = 0.1
    bvcSppGain: float = 0
    bvcEnvTailDownFN: int = 0
    bvcEnvMaxSpeed: int = 5
    envTrackMode: int = 1
    bvcDownRatio: float = 0.95
    bvcDownDB: float = -20
    bvcFarEnvThr: float = 0.0
    bvcMainEnvRatio: float = 0.8
    bvcFarEnvRatio: float = 0.8
    bvcMainVadThr: float = 0.5
    bvcFarVadThr: float = 0.4
    bvcEnvResultSmoothRatio: float = 0.97
    bvcEnvResultSmoothRatio1: float = 0.98
    bvcMainSpkSmoothRatio: float = 0.99
    quickSelectInterval: int = 1


@dataclass(frozen=True, kw_only=True)
class APMConfig:
    """The SDK's configuration of its audio processing.

    Raises
    ------
    ConfigError
        If a part has the wrong class or a field the wrong kind of value; names class and field.

    Examples
    --------
    >>> APMConfig(ai_aec_config=AiAecConfig(enabled=True)).to_agora_json()[:48]
    '{"aec":{"enabled":true,"split_srate_for_48k":160'
    """

    ai_ns_config: AiNsConfig = field(default_factory=AiNsConfig)
    """Noise suppression."""
    ai_aec_config: AiAecConfig = field(default_factory=AiAecConfig)
    """Echo cancelling."""
    bghvs_c_config: BghvsCConfig = field(default_factory=BghvsCConfig)
    """Background voices."""
    agc_config: AgcConfig = field(default_factory=AgcConfig)
    """Gain control."""
    enable_dump: bool = False
    """Write what each stage got and gave; not part of the JSON."""

    def __post_init__(self) -> None:
        _check("APMConfig.enable_dump", self.enable_dump, "bool")
        for name, kind in _PARTS.items():
            if not isinstance(getattr(self, name), kind):
                raise ConfigError(f"APMConfig.{name} is {getattr(self, name)!r}, must be an {kind.__name__}")

    def to_agora_json(self) -> str:
        """Return the JSON of the SDK's property ``apm_config``, byte for byte as SDK 2.4.4 and later write it."""
        noise = self.ai_ns_config
        parts = {
            "aec": asdict(self.ai_aec_config),
            "bghvs": asdict(self.bghvs_c_config),
            "agc": asdict(self.agc_config),
            "ans": {"enabled": noise.ns_enabled},
            "sf_st_cfg": {"enabled": noise.ai_ns_enabled, "ainsModelPref": noise.ai_ns_model_pref},
            "sf_ext_cfg": {"nsngAlgRoute": noise.nsng_alg_route, "nsngPredefAgg": noise.nsng_predef_agg},
        }
        return json.dumps(parts, separators=(",", ":"))

    @classmethod
    def from_agora_json(cls, text: str | bytes, enable_dump: bool = False) -> APMConfig:
        """Read what `to_agora_json`, or the SDK, wrote; what is left out keeps its default.

        Raises
        ------
        ConfigError
            If it is not JSON, or holds a name or a value that the SDK does not have.
        """
        try:
            parts = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"the APM config is not JSON: {error}") from None
        if not isinstance(parts, dict) or not all(isinstance(part, dict) for part in parts.values()):
            raise ConfigError("the APM config must be a JSON object of objects: aec, bghvs, agc, ans, ...")
        given: dict[str, dict[str, Any]] = {name: {} for name in _PARTS}
        for section, values in parts.items():
            for key, value in values.items():
                part, name = _place(section, key)
                given[part][name] = value
        made: dict[str, Any] = {name: _made(kind, given[name]) for name, kind in _PARTS.items()}
        return cls(**made, enable_dump=enable_dump)

    @classmethod
    def from_agora(cls, source: Any) -> APMConfig:
        """Read an ``APMConfig`` of the SDK, or any object with its attributes."""
        made: dict[str, Any] = {}
        for name, kind in _PARTS.items():
            part = getattr(source, name, None)
            names = _field_names(kind)
            values = {field_name: getattr(part, field_name) for field_name in names if hasattr(part, field_name)}
            made[name] = _made(kind, values)
        return cls(**made, enable_dump=bool(getattr(source, "enable_dump", False)))


_PARTS: Mapping[str, type[_Checked]] = {
    "ai_ns_config": AiNsConfig,
    "ai_aec_config": AiAecConfig,
    "bghvs_c_config": BghvsCConfig,
    "agc_config": AgcConfig,
}
_SECTIONS = {"aec": "ai_aec_config", "bghvs": "bghvs_c_config", "agc": "agc_config"}
# The noise settings are spread over three sections of the JSON, under other names.
_NOISE = {
    ("ans", "enabled"): "ns_enabled",
    ("sf_st_cfg", "enabled"): "ai_ns_enabled",
    ("sf_st_cfg", "ainsModelPref"): "ai_ns_model_pref",
    ("sf_ext_cfg", "nsngAlgRoute"): "nsng_alg_route",
    ("sf_ext_cfg", "nsngPredefAgg"): "nsng_predef_agg",
}


def _place(section: str, key: str) -> tuple[str, str]:
    if section in _SECTIONS:
        return _SECTIONS[section], key
    if (section, key) in _NOISE:
        return "ai_ns_config", _NOISE[section, key]
    raise ConfigError(f"the APM config has no {section}.{key}")


def _made(kind: type[_Part], values: Mapping[str, Any]) -> _Part:
    known = _field_names(kind)
    for name in values:
        if name not in known:
            raise ConfigError(f"{kind.__name__} has no field {name!r}; it has {', '.join(known)}")
    return kind(**values)


def _field_names(kind: type[_Checked]) -> list[str]:
    return [spec.name for spec in fields(kind)]  # type: ignore[arg-type]  # every part is a dataclass
