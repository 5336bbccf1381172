"""An option for every field of `SpeechText`, and a switch for all of them as they are."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from agora_audio.cli.options import field_docs, read_switch, with_options
from agora_audio.errors import ConfigError
from agora_audio.segmenter.speech_config import SpeechText

__all__ = ["takes_speech"]

_PANEL = "Speech text"
_TABLE = "pronunciation"

Command = TypeVar("Command", bound=Callable[..., Any])


def takes_speech(command: Command) -> Command:
    """Replace a command's parameter `speech` by ``--speech``, ``--speech-code``, ``--speech-url`` and so on.

    The command is given a `SpeechText`, or None if none of them was given.
    """
    return with_options(command, "speech", _parameters(), _speech)


def _parameters() -> dict[str, inspect.Parameter]:
    switch = typer.Option("--speech", rich_help_panel=_PANEL, help="Print what is to be said; so does any of these.")
    keyword = inspect.Parameter.KEYWORD_ONLY
    found = {"speech": inspect.Parameter("speech", keyword, default=False, annotation=Annotated[bool, switch])}
    documented = field_docs(SpeechText)
    for spec in fields(SpeechText):
        name = f"speech_{spec.name}"
        annotation = _annotation(spec, getattr(SpeechText(), spec.name), documented[spec.name])
        found[name] = inspect.Parameter(name, keyword, default=None, annotation=annotation)
    return found


def _annotation(spec: Field[Any], default: Any, text: str) -> Any:
    """Return the type and the option of a field."""
    names: dict[str, Any] = {"rich_help_panel": _PANEL, "metavar": "TEXT"}
    kind: Any = str
    shown = f" [dim]\\[default: {default}][/dim]"
    if "choices" in spec.metadata:
        choices = spec.metadata["choices"]
        names |= {"metavar": "|".join(choices), "autocompletion": lambda: list(choices)}
    elif isinstance(default, bool):
        names |= {"metavar": "on|off", "parser": read_switch}
        shown = f" [dim]\\[default: {'on' if default else 'off'}][/dim]"
    elif isinstance(default, int):
        kind, names["metavar"] = int, "N"
    elif isinstance(default, tuple):
        names["metavar"] = "NAME,..."
        shown = f" [dim]\\[default: {', '.join(default)}][/dim]"
    elif spec.name == _TABLE:
        kind, names["metavar"] = Path, "FILE"
        text, shown = f"{text.removesuffix('.')}; a JSON file.", ""
    else:
        shown = f" [dim]\\[default: {json.dumps(default)}][/dim]" if default else ""
    option = typer.Option(f"--speech-{spec.name.replace('_', '-')}", help=text + shown, **names)
    return Annotated[kind | None, option]


def _speech(given: dict[str, Any]) -> SpeechText | None:
    wanted = given.pop("speech")
    values = {name.removeprefix("speech_"): value for name, value in given.items() if value is not None}
    if not wanted and not values:
        return None
    for spec in fields(SpeechText):
        if spec.name in values and isinstance(getattr(SpeechText(), spec.name), tuple):
            values[spec.name] = tuple(filter(None, values[spec.name].split(",")))
    if _TABLE not in values:
        return SpeechText(**values)
    path = values[_TABLE]
    try:
        return SpeechText(**{**values, _TABLE: json.loads(path.read_text(encoding="utf-8-sig", errors="replace"))})
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}: no JSON in line {error.lineno}: {error.msg}") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}" if str(error).startswith(_TABLE) else str(error)) from None
