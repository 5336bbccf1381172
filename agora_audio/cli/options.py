"""Options that several commands share: which sound, which engine, and every field of the VAD's config."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from agora_audio.cli import say
from agora_audio.errors import ConfigError
from agora_audio.io import AudioReader, open_audio
from agora_audio.lab.detection import open_recording, stated_format
from agora_audio.lab.field_docs import field_docs
from agora_audio.vad.config import PRESETS, AudioVadConfigV2
from agora_audio.vad.engines import ENGINES

__all__ = [
    "ChannelChoice",
    "EngineOption",
    "Rate",
    "RawChannels",
    "config_of_file",
    "field_docs",
    "open_sound",
    "read_switch",
    "takes_config",
    "takes_values",
    "with_options",
]

_SOUND = "Sound"
_CONFIG = "VAD parameters"

EngineOption = Annotated[
    str,
    typer.Option(
        "--engine",
        "-e",
        metavar="NAME",
        help=f"What judges the sound: {', '.join(ENGINES)}.",
        autocompletion=lambda: list(ENGINES),
    ),
]
Rate = Annotated[
    int | None,
    typer.Option("--sample-rate", "-r", metavar="HZ", rich_help_panel=_SOUND, help="Rate of raw PCM (s16le)."),
]
RawChannels = Annotated[
    int | None,
    typer.Option("--channels", "-c", metavar="N", rich_help_panel=_SOUND, help="Channels of raw PCM (s16le)."),
]


ChannelChoice = Annotated[
    str,
    typer.Option(
        "--channel",
        metavar="mix|N|each",
        rich_help_panel=_SOUND,
        help="All channels together, one, or each: rows then come as segments end, whichever channel they are of.",
    ),
]


@contextmanager
def open_sound(
    name: str, sample_rate: int | None, channels: int | None, in_thread: bool = False
) -> Iterator[AudioReader]:
    """Open a file, or stdin for ``-``, and say what was assumed before it is read and what was repaired after it.

    With `in_thread` a thread reads it, which may still wait for stdin when the program ends.
    """
    with _opened(name, sample_rate, channels, in_thread) as reader:
        _say_notes(reader)
        try:
            yield reader
        finally:
            _say_notes(reader)


def _say_notes(reader: AudioReader) -> None:
    while reader.notes:
        say(reader.notes.pop(0))


def _opened(name: str, sample_rate: int | None, channels: int | None, in_thread: bool) -> AudioReader:
    if name != "-":
        return open_recording(name, sample_rate, channels)
    format = stated_format(name, sample_rate, channels)
    if sys.stdin is None or getattr(sys.stdin, "closed", False):
        raise ConfigError("stdin is closed: pipe sound into it (ffmpeg -i FILE -f s16le - | agora-audio ...)")
    if sys.stdin.isatty():
        raise ConfigError("stdin is a terminal: pipe sound into it (ffmpeg -i FILE -f s16le - | agora-audio ...)")
    # Python aborts if a thread still holds the lock of a buffered stdin when the program ends.
    reader = open_audio(getattr(sys.stdin.buffer, "raw", sys.stdin.buffer) if in_thread else sys.stdin.buffer, format)
    reader.name = "-"
    return reader


Command = TypeVar("Command", bound=Callable[..., Any])


def takes_config(command: Command) -> Command:
    """Replace a command's parameter `config` by ``--preset``, ``--config`` and an option for each of its fields.

    The command is given an `AudioVadConfigV2`: the preset, over it the file, over that the options. `config` is None if
    none of them was given and its annotation allows it.
    """
    annotation = inspect.signature(command, eval_str=True).parameters["config"].annotation
    optional = annotation != AudioVadConfigV2
    return with_options(command, "config", _config_parameters(), lambda given: _config(given, optional))


def takes_values(metavar: str) -> Callable[[Command], Command]:
    """Replace a command's parameter `fields` by ``--preset``, ``--config`` and an option of text for each field.

    The command is given an `AudioVadConfigV2`, of the preset and over it the file, and what was written for each field.
    """

    def read(given: dict[str, Any]) -> tuple[AudioVadConfigV2, dict[str, str]]:
        base = _config({"preset": given.pop("preset"), "config_file": given.pop("config_file")}, False)
        assert base is not None
        return base, {name: text for name, text in given.items() if text is not None}

    return lambda command: with_options(command, "fields", _config_parameters(metavar), read)


def _config(given: dict[str, Any], optional: bool) -> AudioVadConfigV2 | None:
    preset, path = given.pop("preset"), given.pop("config_file")
    values = {name: None if value is _NEVER else value for name, value in given.items() if value is not None}
    if optional and preset is None and path is None and not values:
        return None
    base = AudioVadConfigV2.preset(preset) if preset is not None else AudioVadConfigV2()
    return AudioVadConfigV2.from_dict({**base.to_dict(), **_fields_of(path), **values})


def _fields_of(path: Path | None) -> dict[str, Any]:
    """Return the fields that a config file names, checked."""
    import json

    if path is None:
        return {}
    config_of_file(path)
    named: dict[str, Any] = json.loads(_text_of(path))
    return named


def config_of_file(path: Path) -> AudioVadConfigV2:
    """Return the config in a JSON file of fields; ConfigError that names the file if it is none."""
    try:
        return AudioVadConfigV2.from_json(_text_of(path))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _config_parameters(text: str | None = None) -> dict[str, inspect.Parameter]:
    """Return the options of a config; `text`: those of its fields take text, and are shown so."""
    presets = typer.Option(
        "--preset",
        metavar="NAME",
        rich_help_panel=_CONFIG,
        help=f"A named set to begin with: {', '.join(PRESETS)}.",
        autocompletion=lambda: list(PRESETS),
    )
    file = typer.Option(
        "--config", metavar="FILE", rich_help_panel=_CONFIG, help="A JSON file of fields, over the preset."
    )
    annotations: dict[str, Any] = {
        "preset": Annotated[str | None, presets],
        "config_file": Annotated[Path | None, file],
    }
    documented = field_docs(AudioVadConfigV2)
    defaults = AudioVadConfigV2()
    for spec in fields(AudioVadConfigV2):
        default = getattr(defaults, spec.name)
        switch = isinstance(default, bool)
        kind = bool if switch else float if spec.name == "max_speech" else type(default)
        option = typer.Option(
            "--" + spec.name.replace("_", "-"),
            metavar=text or ("on|off" if switch else "N" if kind is int else "X"),
            parser=None if text else read_switch if switch else _parser(spec.name, kind),
            rich_help_panel=_CONFIG,
            help=f"{documented[spec.name]} [dim]\\[default: {_shown(default)}][/dim]",
        )
        # A parameter of type bool would become a flag that takes no value, and could not say off.
        annotations[spec.name] = Annotated[(str if text or option.parser else kind) | None, option]
    return {
        name: inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in annotations.items()
    }


def _parser(name: str, kind: type) -> Callable[[str], Any] | None:
    return _limit if name == "max_speech" else _whole if kind is int else None


def _whole(text: str) -> Any:
    """Return a number, or the text as it is: the config says what is wrong with what is not whole."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def read_switch(text: str) -> bool:
    """Read the value of an option that is on or off; a flag without a value could not be switched off."""
    try:
        return {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}[text.lower()]
    except KeyError:
        raise typer.BadParameter(f"{text!r} must be on or off") from None


# What an option that was not given cannot be told from is said by a word of its own.
_NEVER = object()


def _limit(text: str) -> Any:
    if text.lower() == "never":
        return _NEVER
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} must be a number of seconds, or never") from None


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "on" if default else "off"
    return "never" if default is None else str(default)


def with_options(
    command: Command, parameter: str, added: dict[str, inspect.Parameter], read: Callable[[dict[str, Any]], Any]
) -> Command:
    """Replace a command's parameter by many options, from which `read` makes its value."""
    # Not get_type_hints, which on Python 3.10 hides the options of parameters that are None by default.
    signature = inspect.signature(command, eval_str=True)

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        kwargs[parameter] = read({name: kwargs.pop(name) for name in added})
        return command(*args, **kwargs)

    kept = [p for p in signature.parameters.values() if p.name != parameter]
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*kept, *added.values())]
    wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # read by inspect
    wrapper.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapper  # type: ignore[return-value]  # the same command with other parameters
