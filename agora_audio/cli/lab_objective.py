"""Options that say what a sweep or a search is for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from agora_audio.errors import ConfigError
from agora_audio.lab.objectives import OBJECTIVES, Objective

__all__ = ["Goals", "Limits", "Most", "ObjectiveName", "objective_of"]

_PANEL = "What for"
ObjectiveName = Annotated[
    str | None,
    typer.Option(
        "--objective",
        metavar="NAME",
        rich_help_panel=_PANEL,
        help="; ".join(f"{name}: {text}" for name, (text, _) in OBJECTIVES.items()) + ".",
        autocompletion=lambda: list(OBJECTIVES),
    ),
]
Goals = Annotated[
    list[str] | None,
    typer.Option("--minimise", metavar="METRIC", rich_help_panel=_PANEL, help="Make it small; may be repeated."),
]
Most = Annotated[
    list[str] | None,
    typer.Option("--maximise", metavar="METRIC", rich_help_panel=_PANEL, help="Make it large; may be repeated."),
]
Limits = Annotated[
    list[str] | None,
    typer.Option(
        "--subject-to", metavar="CONDITION", rich_help_panel=_PANEL, help="Must hold, such as 'missed<=1'; repeatable."
    ),
]


def objective_of(
    name: str | None, minimise: Sequence[str] | None, maximise: Sequence[str] | None, subject_to: Sequence[str] | None
) -> Objective | None:
    """Return what the options say; None if they say nothing.

    Raises
    ------
    ConfigError
        If there are both a name and goals, conditions without a goal, or one of them cannot be read.
    """
    conditions = [part for text in subject_to or () for part in text.split(",")]
    if name is not None:
        if minimise or maximise:
            raise ConfigError("--objective names its goals itself: leave it out, or --minimise and --maximise")
        return Objective.named(name).with_conditions(conditions)
    if not (minimise or maximise or conditions):
        return None
    return Objective.of(minimise or (), maximise or (), conditions)
