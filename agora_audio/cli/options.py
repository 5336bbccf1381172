"""Options that several commands share: which sound, which engine, and every field of the VAD's config."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from agora_audio.cli import say
from agora_audio.errors import ConfigError
from agora_audio.frames import AudioFormat
from agora_audio.io import RAW_DEFAULT, RAW_SUFFIXES, AudioReader, open_audio
from agora_audio.vad.config import PRESETS, AudioVadConfigV2
from agora_audio.vad.engines import ENGINES

__all__ = [
    "EngineOption",
    "Rate",
    "RawChannels",
    "field_docs",
    "open_sound",
    "read_switch",
    "takes_config",
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
    format = None
    if sample_rate is not None or channels is not None:
        # What was left out is not checked against a header.
        known = RAW_DEFAULT if sample_rate is not None and channels is not None else _header(name) or RAW_DEFAULT
        format = AudioFormat(
            known.sample_rate if sample_rate is None else sample_rate, known.channels if channels is None else channels
        )
    if name != "-":
        reader = open_audio(name, format)
        # A name that is no text in any encoding would make output that is none.
        reader.name = os.fsencode(name).decode("utf-8", "backslashreplace")
        return reader
    if sys.stdin is None or getattr(sys.stdin, "closed", False):
        raise ConfigError("stdin is closed: pipe sound into it (ffmpeg -i FILE -f s16le - | agora-audio ...)")
    if sys.stdin.isatty():
        raise ConfigError("stdin is a terminal: pipe sound into it (ffmpeg -i FILE -f s16le - | agora-audio ...)")
    # Python aborts if a thread still holds the lock of a buffered stdin when the program ends.
    reader = open_audio(getattr(sys.stdin.buffer, "raw", sys.stdin.buffer) if in_thread else sys.stdin.buffer, format)
    reader.name = "-"
    return reader


def _header(name: str) -> AudioFormat | None:
    """Return the format in a file's header; None for raw PCM and for a pipe, whose header can be read only once."""
    path = Path(name)
    if name == "-" or path.suffix.lower() in RAW_SUFFIXES or not path.is_file():
        return None
    with open_audio(path) as reader:
        return reader.format


Command = TypeVar("Command", bound=Callable[..., Any])


def takes_config(command: Command) -> Command:
    """Replace a command's parameter `config` by ``--preset``, ``--config`` and an option for each of its fields.

    The command is given an `AudioVadConfigV2`: the preset, over it the file, over that the options. `config` is None if
    none of them was given and its annotation allows it.
    """
    annotation = inspect.signature(command, eval_str=True).parameters["config"].annotation
    optional = annotation != AudioVadConfigV2
    return with_options(command, "config", _config_parameters(), lambda given: _config(given, optional))


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
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        AudioVadConfigV2.from_json(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    named: dict[str, Any] = json.loads(text)
    return named


def _config_parameters() -> dict[str, inspect.Parameter]:
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
            metavar="on|off" if switch else "N" if kind is int else "X",
            parser=read_switch if switch else _limit if spec.name == "max_speech" else None,
            rich_help_panel=_CONFIG,
            help=f"{documented[spec.name]} [dim]\\[default: {_shown(default)}][/dim]",
        )
        # A parameter of type bool would become a flag that takes no value, and could not say off.
        annotations[spec.name] = Annotated[(str if option.parser else kind) | None, option]
    return {
        name: inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in annotations.items()
    }


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


def field_docs(of: type) -> dict[str, str]:
    """Return the line of documentation under each field of a dataclass, so that --help says the same."""
    tree = ast.parse(inspect.getsource(sys.modules[of.__module__]))
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef))
    body = next(node.body for node in classes if node.name == of.__name__)
    return {
        node.target.id: str(text.value.value).replace("`", "")
        for node, text in itertools.pairwise(body)
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }


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
