"""``agora-audio lab tune``: search for a config, judge it on recordings held out, and say what it rests on."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from agora_audio.cli import say
from agora_audio.cli.lab_objective import Goals, Limits, Most, ObjectiveName, objective_of
from agora_audio.cli.lab_recordings import (
    Audio,
    Cache,
    Collar,
    Label,
    OneChannel,
    Pause,
    Ref,
    Source,
    Uem,
    check_results,
    recordings,
)
from agora_audio.cli.lab_sweep import say_kernel
from agora_audio.cli.options import EngineOption, Rate, RawChannels, takes_values
from agora_audio.errors import ConfigError
from agora_audio.lab.files import write_whole
from agora_audio.lab.metrics.intervals import checked_seconds
from agora_audio.lab.objectives import OBJECTIVES, Objective
from agora_audio.lab.space import Choices, Search, default_space, parse_search
from agora_audio.lab.sweep import Recording
from agora_audio.lab.tuning import Outcome, Trial, held_out, require_optuna, tune
from agora_audio.lab.tuning_report import as_dict, as_markdown, verdict
from agora_audio.vad.config import AudioVadConfigV2

__all__ = ["tune_command"]


@takes_values("RANGE")
def tune_command(
    ref: Ref,
    fields: tuple[AudioVadConfigV2, dict[str, str]],
    audio: Audio = None,
    engine: EngineOption = "silero",
    objective: ObjectiveName = None,
    minimise: Goals = None,
    maximise: Most = None,
    subject_to: Limits = None,
    only: Annotated[
        bool, typer.Option("--only", help="Search the fields given a range alone, not the usual ones besides.")
    ] = False,
    trials: Annotated[
        int, typer.Option("--trials", "-n", metavar="N", min=1, help="How many configs are tried, by all processes.")
    ] = 300,
    hold_out: Annotated[
        str,
        typer.Option(
            "--held-out", metavar="SHARE|NAMES", help="Recordings the search does not see: a share, or their names."
        ),
    ] = "0.5",
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Of the search, and of what is held out.")
    ] = 0,
    study: Annotated[
        Path | None,
        typer.Option("--study", metavar="FILE", help="Journal of the study, shared by processes and gone on with."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="The config, as vad detect --config takes it.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="What changed, on what evidence: .md or .json.")
    ] = None,
    uem: Uem = None,
    collar: Collar = 0.0,
    pause: Pause = 0.0,
    label: Label = None,
    channel: OneChannel = "mix",
    cache: Cache = None,
    sample_rate: Rate = None,
    channels: RawChannels = None,
) -> int:
    """Search for the VAD parameters that serve an objective best, and judge them on recordings held out.

    A field given as FROM:TO, FROM:TO:STEP or values with commas between is searched there; one value is kept. The
    config goes to stdout or -o, and runs unchanged in vad detect --config and in a call. docs/tuning.md has examples.
    """
    checked_seconds("collar", collar), checked_seconds("pause", pause)
    wanted = objective_of(objective, minimise, maximise, subject_to)
    if wanted is None:
        raise ConfigError(f"say what for: --objective {'|'.join(OBJECTIVES)}, or --minimise and --maximise METRIC")
    if report is not None and report.suffix.lower() not in (".md", ".json"):
        raise ConfigError(f"{report.name!r} does not end in .md or .json: the suffix names the format")
    check_results([output, report, study], ref, audio)
    require_optuna()
    base, space = _space(*fields, wanted, only)
    source = Source(ref, audio, engine, channel, uem, label, cache, sample_rate, channels)
    known, worst = recordings(source)
    train, unseen = _divided(known, hold_out, seed)
    say(f"objective: {wanted}")
    say(f"searching {', '.join(space)} on {_listed(train)}")
    say(f"held out: {_listed(unseen)}" if unseen else "nothing is held out: whether this is chance nobody will know")
    say_kernel(trials)
    outcome = tune(
        train, wanted, base, space,
        unseen=unseen, trials=trials, seed=seed, journal=study, collar=collar, pause=pause, progress=_Shown(wanted),
    )  # fmt: skip
    _write(outcome, output, report, engine)
    return worst


def _space(
    base: AudioVadConfigV2, given: dict[str, str], objective: Objective, only: bool
) -> tuple[AudioVadConfigV2, dict[str, Search]]:
    """Return the config with the values that were given, and what is searched."""
    read = {name: parse_search(name, text) for name, text in given.items()}
    fixed = {name: one.values[0] for name, one in read.items() if isinstance(one, Choices) and len(one.values) == 1}
    searched = {name: one for name, one in read.items() if name not in fixed}
    start = AudioVadConfigV2.from_dict({**base.to_dict(), **fixed})
    clipping = any("clipped" in name for name in objective.metrics)
    usual = {} if only else default_space(start, clipping)
    return start, {**{name: one for name, one in usual.items() if name not in fixed}, **searched}


def _divided(known: Sequence[Recording], text: str, seed: int) -> tuple[list[Recording], list[Recording]]:
    names = [recording.name for recording in known]
    chosen = {name.strip() for name in text.split(",")}
    if unknown := chosen.difference(names):
        try:
            share = float(text)
        except ValueError:
            raise ConfigError(f"--held-out names {sorted(unknown)[0]!r}; there are {', '.join(names)}") from None
        chosen = held_out(names, share, seed)
    train = [recording for recording in known if recording.name not in chosen]
    if not train:
        raise ConfigError(f"--held-out leaves none of {', '.join(names)} to search on")
    return train, [recording for recording in known if recording.name in chosen]


def _listed(recordings: Sequence[Recording]) -> str:
    names = [recording.name for recording in recordings]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


class _Shown:
    """Progress: a line that is written over on a terminal, elsewhere a line when there is something new."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._best: tuple[float, tuple[float, ...]] | None = None

    def __call__(self, done: int, total: int, best: Trial) -> None:
        rank = self._objective.rank(best.values)
        new = self._best is None or rank < self._best
        self._best = rank
        values = [(goal.metric, best.values[goal.metric]) for goal in self._objective.goals]
        shown = ", ".join(f"{name} {'-' if value is None else f'{value:.4g}'}" for name, value in values)
        held = "" if rank[0] == 0.0 else ", conditions not met yet"
        text = f"{done} of {total}: best {shown}{held}"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{text:<78.78}" + ("\n" if done >= total else ""))
            sys.stderr.flush()
        elif new or done >= total:
            say(text)


def _write(outcome: Outcome, output: Path | None, report: Path | None, engine: str) -> None:
    for change in outcome.evidence:
        say(f"{change.field}: {change.before} -> {change.after}")
    say(verdict(outcome))
    if report is not None:
        as_json = report.suffix.lower() == ".json"
        text = json.dumps(as_dict(outcome), indent=1) + "\n" if as_json else as_markdown(outcome, f"Tuning of {engine}")
        write_whole(report, text)
        say(f"report written to {report}")
    if output is None:
        sys.stdout.write(outcome.config.to_json() + "\n")
    else:
        write_whole(output, outcome.config.to_json() + "\n")
        say(f"config written to {output}")
