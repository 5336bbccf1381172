"""An option for every stage of audio processing and every field of it, under the short names of the field."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from agora_audio.apm.config import APMConfig
from agora_audio.apm.stages import STAGES, ApmStages
from agora_audio.cli.options import field_docs, with_options
from agora_audio.errors import ConfigError

__all__ = ["takes_stages"]

_PANEL = "Processing"
_SHORT = {"high_pass": "hpf", "echo": "aec", "noise": "ns", "background": "bgvs", "gain": "agc"}

Command = TypeVar("Command", bound=Callable[..., Any])


def takes_stages(command: Command) -> Command:
    """Replace a command's parameter `stages` by ``--hpf``, ``--ns``, ``--ns-level`` and so on, and ``--apm-config``.

    The command is given an `ApmStages`: what the file says, over it the options. A field of a stage switches the stage
    on; ``--no-ns`` switches one off that the file has on.
    """
    return with_options(command, "stages", _parameters(), _stages)


def _parameters() -> dict[str, inspect.Parameter]:
    annotations: dict[str, Any] = {
        "apm_config": Annotated[
            Path | None,
            typer.Option(
                "--apm-config",
                metavar="FILE",
                rich_help_panel=_PANEL,
                help="A JSON file: the SDK's apm_config, or stages by name as in config.json of a dump.",
            ),
        ],
        "sdk": Annotated[
            bool,
            typer.Option("--sdk", rich_help_panel=_PANEL, help="Begin with what the SDK does by default: --ns --bgvs."),
        ],
    }
    described = field_docs(ApmStages)
    for name, kind in STAGES.items():
        short = _SHORT[name]
        switch = typer.Option(f"--{short}/--no-{short}", rich_help_panel=_PANEL, help=described[name])
        annotations[name] = Annotated[bool | None, switch]
        documented, types, defaults = field_docs(kind), get_type_hints(kind), kind()
        for spec in fields(kind):
            shown = (
                f"{documented[spec.name]} Switches --{short} on. [dim]\\[default: {getattr(defaults, spec.name)}][/dim]"
            )
            option = typer.Option(
                f"--{short}-{spec.name.replace('_', '-').removesuffix('-db')}",
                metavar={str: "NAME", int: "N", float: "X"}[types[spec.name]],
                rich_help_panel=_PANEL,
                help=shown,
            )
            annotations[f"{name}_{spec.name}"] = Annotated[types[spec.name] | None, option]
    keyword = inspect.Parameter.KEYWORD_ONLY
    return {
        name: inspect.Parameter(name, keyword, default=False if name == "sdk" else None, annotation=annotation)
        for name, annotation in annotations.items()
    }


def _stages(given: dict[str, Any]) -> ApmStages:
    path, sdk = given.pop("apm_config"), given.pop("sdk")
    if path is not None and sdk:
        raise ConfigError("--sdk and --apm-config both say what to begin with: give one of them")
    base = _from_file(path) if path is not None else ApmStages.from_agora(APMConfig()) if sdk else ApmStages()
    stages = base.to_dict()
    for name, kind in STAGES.items():
        values = {spec.name: given[f"{name}_{spec.name}"] for spec in fields(kind)}
        values = {field: value for field, value in values.items() if value is not None}
        if given[name] is False:
            if values:
                raise ConfigError(f"--no-{_SHORT[name]} takes no --{_SHORT[name]}-... beside it")
            stages[name] = None
        elif given[name] or values:
            stages[name] = {**(stages[name] or {}), **values}
    return ApmStages.from_dict(stages)


def _from_file(path: Path) -> ApmStages:
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        try:
            values = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"is not JSON: {error}") from None
        if isinstance(values, dict) and set(values) & {"ans", "bghvs", "sf_st_cfg", "sf_ext_cfg", "aec", "agc"}:
            return ApmStages.from_agora(APMConfig.from_agora_json(text))
        # In a dump they lie beside formats and delays.
        return ApmStages.from_dict(values.get("stages", values) if isinstance(values, dict) else values)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
