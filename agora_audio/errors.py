"""The one exception tree.

::

    AudioError                  everything this library raises on purpose
    ├── ConfigError             a setting is wrong: names the field, the value and the range (also a ValueError)
    ├── FormatError             sound or labels are not what was announced (also a ValueError)
    ├── EngineUnavailable       an engine or an extra is not installed: names the command that installs it
    └── LiveError               a live connection failed

Messages are one line for a person: what is wrong, where, and what to do about it.
"""

from __future__ import annotations

__all__ = ["AudioError", "ConfigError", "EngineUnavailable", "FormatError", "LiveError"]


class AudioError(Exception):
    """Root of every error raised by agora-audio on purpose."""


class ConfigError(AudioError, ValueError):
    """A setting has a wrong type or lies outside its range."""


class FormatError(AudioError, ValueError):
    """PCM, a file, a frame or a label does not have the form that was announced or is required."""


class EngineUnavailable(AudioError):
    """An engine or an optional part is not installed; the message names what installs it."""


class LiveError(AudioError):
    """A live connection failed or was used out of order."""
