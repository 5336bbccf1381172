"""``agora-audio lab sweep``: a grid of configs over recordings, as a table, JSON, CSV or a heat map."""

from __future__ import annotations

import csv
import io
import json
import operator
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

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
from agora_audio.cli.options import EngineOption, Rate, RawChannels, takes_values
from agora_audio.errors import ConfigError
from agora_audio.lab.decide import kernel_in_use
from agora_audio.lab.files import write_whole
from agora_audio.lab.metrics.intervals import checked_seconds
from agora_audio.lab.objectives import Objective, measure_name, measures
from agora_audio.lab.space import grid, parse_axis
from agora_audio.lab.sweep import sweep
from agora_audio.vad.config import AudioVadConfigV2

__all__ = ["say_kernel", "sweep_command"]

Row = dict[str, Any]
_T = TypeVar("_T")
_METRICS = (
    "missed_utterances", "false_utterances", "splits", "merges", "premature_ends", "onset_latency_ms", "end_latency_ms",
    "f1",
)  # fmt: skip
# A table of more is no table.
_SHOWN = 40


@takes_values("VALUES")
def sweep_command(
    ref: Ref,
    fields: tuple[AudioVadConfigV2, dict[str, str]],
    audio: Audio = None,
    engine: EngineOption = "silero",
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="NAME", help="A column; may be repeated, or several with commas between."),
    ] = None,
    objective: ObjectiveName = None,
    minimise: Goals = None,
    maximise: Most = None,
    subject_to: Limits = None,
    top: Annotated[
        int | None,
        typer.Option("--top", metavar="N", min=1, help="Only so many: with an objective the best."),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option("--format", "-f", metavar="table|json|csv", help="Table on a terminal, else json."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there: .json or .csv.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw a heat map over two fields: PNG, SVG or PDF, by its suffix."),
    ] = None,
    colour: Annotated[
        str | None,
        typer.Option("--colour", metavar="METRIC", help="What the heat map shows; else the first column."),
    ] = None,
    axes: Annotated[
        str | None, typer.Option("--axes", metavar="X,Y", help="Fields of the heat map, of more than two.")
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
    """Score every combination of some VAD parameters: give fields as FROM:TO:STEP or as values with commas between.

    The recordings go through the engine once. With an objective the best come first. docs/tuning.md has examples.
    """
    base, given = fields
    checked_seconds("collar", collar), checked_seconds("pause", pause)
    wanted = objective_of(objective, minimise, maximise, subject_to)
    names = _names(metric, wanted, colour)
    kind = _kind(format, output)
    values = {name: parse_axis(name, text) for name, text in given.items()}
    configs, left_out = grid(base, values)
    varied = [name for name, several in values.items() if len(several) > 1]
    if axes is not None and plot is None:
        raise ConfigError("--axes says what a heat map is over: name its file by --plot")
    drawn = None if plot is None else _axes(axes, varied)
    _check_outputs(output, plot, ref, audio)
    source = Source(ref, audio, engine, channel, uem, label, cache, sample_rate, channels)
    known, worst = recordings(source)
    say_kernel(len(configs))
    if left_out:
        say(f"combinations that are no config, and are left out: {left_out} of {left_out + len(configs)}")
    found = []
    for config, scores in with_count(sweep(known, configs, collar, pause), len(configs)):
        measured = measures(scores)
        row = {name: getattr(config, name) for name in values} | {name: measured[name] for name in names}
        found.append((None if wanted is None else wanted.rank(measured), row))
    if wanted is not None:
        found.sort(key=operator.itemgetter(0))
    rows = [row for _, row in found]
    if plot is not None and drawn is not None:
        _draw(rows, drawn, (colour and measure_name(colour)) or names[0], wanted, plot)
    _write(rows[:top], kind, output)
    return worst


def _check_outputs(output: Path | None, plot: Path | None, ref: Sequence[Path], audio: Sequence[Path] | None) -> None:
    if plot is not None:
        from agora_audio.lab.plots import check_figure_path, matplotlib_module

        check_figure_path(plot)
        matplotlib_module("figure")
    check_results([output, plot], ref, audio)


def _names(metric: Sequence[str] | None, objective: Objective | None, colour: str | None) -> list[str]:
    asked = [measure_name(part) for text in metric or () for part in text.split(",")]
    aimed = objective.metrics if objective is not None else []
    shown = [measure_name(colour)] if colour else []
    return list(dict.fromkeys([*aimed, *(asked or _METRICS), *shown]))


def _kind(format: str | None, output: Path | None) -> str:
    by_suffix = output.suffix.lower().lstrip(".") if output is not None else None
    kind = format or by_suffix or ("table" if sys.stdout.isatty() else "json")
    if kind not in ("table", "json", "csv") or (kind == "table" and output is not None):
        raise ConfigError(f"format is {kind!r}, must be {'' if output is not None else 'table, '}json or csv")
    return kind


def _axes(text: str | None, varied: Sequence[str]) -> tuple[str, str]:
    names = [part.strip().lstrip("-").replace("-", "_") for part in text.split(",")] if text else list(varied)
    if len(names) != 2 or any(name not in varied for name in names):
        raise ConfigError(
            f"a heat map has two fields with several values each, these are {', '.join(varied) or 'none'}: say which "
            "with --axes X,Y"
        )
    return names[0], names[1]


def say_kernel(configs: int) -> None:
    """Say that numpy decides where numba would be faster, if it matters."""
    if configs >= 100 and kernel_in_use() == "numpy":
        say("numba is not installed: numpy decides, several times slower; pip install 'agora-audio[fast]'")


def with_count(items: Iterable[_T], total: int) -> Iterator[_T]:
    """Go through items, and say on stderr how many are done if it is a terminal."""
    shown = sys.stderr.isatty() and total > 1
    for number, item in enumerate(items, 1):
        yield item
        if shown and (number % max(1, total // 100) == 0 or number == total):
            sys.stderr.write(f"\r{number} of {total} configs" + ("\n" if number == total else ""))
            sys.stderr.flush()


def _draw(rows: Sequence[Row], axes: tuple[str, str], metric: str, objective: Objective | None, path: Path) -> None:
    from agora_audio.lab.plots import plot_heat, save_figure

    goals = {goal.metric: goal.largest for goal in objective.goals} if objective is not None else {}
    save_figure(plot_heat(rows, *axes, metric, largest=goals.get(metric)), path)
    say(f"heat map written to {path}")


def _write(rows: Sequence[Row], kind: str, output: Path | None) -> None:
    if kind == "table":
        _print_table(rows)
        return
    text = json.dumps(rows, indent=1) + "\n" if kind == "json" else _csv(rows)
    if output is None:
        sys.stdout.write(text)
    else:
        write_whole(output, text)


def _csv(rows: Sequence[Row]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _print_table(rows: Sequence[Row]) -> None:
    heads = list(rows[0])
    cells = [[_cell(row[name]) for name in heads] for row in rows[:_SHOWN]]
    widths = [max(len(name), *(len(line[at]) for line in cells)) for at, name in enumerate(heads)]
    for line in [heads, *cells]:
        sys.stdout.write("  ".join(f"{text:>{width}}" for text, width in zip(line, widths, strict=True)) + "\n")
    if len(rows) > _SHOWN:
        say(f"{len(rows) - _SHOWN} more: --top N, or --format csv for all")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    return str(value)
