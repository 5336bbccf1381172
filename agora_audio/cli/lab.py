"""``agora-audio lab``: eval, and with modules of their own report, sweep and tune."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from agora_audio.cli import lab_sweep, lab_tune, report, report_page, say
from agora_audio.cli.lab_recordings import Collar, Label, Pause, Ref, Uem, channel_number, standard_input, with_sound
from agora_audio.cli.lab_recordings import sounds as sounds_of
from agora_audio.cli.options import Rate, RawChannels, open_sound, takes_config
from agora_audio.cli.output import with_progress
from agora_audio.errors import AudioError, ConfigError
from agora_audio.lab.detection import channels_of
from agora_audio.lab.metrics import Condition, Scores
from agora_audio.lab.metrics.intervals import checked_seconds
from agora_audio.lab.recordings import Labels, LabelSet, pair_up, read_label_set
from agora_audio.lab.scoring import find_speech, score_pair
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.engines import ENGINES, create_engine

__all__ = ["app"]

app = typer.Typer(help="Measure, look and tune: eval, report, sweep, tune.", no_args_is_help=True)
app.command(name="sweep")(lab_sweep.sweep_command)
app.command(name="tune")(lab_tune.tune_command)

_CONDITION_FAILED = 3
_SOUND = "Sound"
_COLUMNS = (
    ("DER", "detection_error_rate", "{:.3f}"),
    ("prec", "precision", "{:.3f}"),
    ("recall", "recall", "{:.3f}"),
    ("F1", "f1", "{:.3f}"),
    ("speech s", "total", "{:.2f}"),
    ("missed", "missed_utterances", "{}"),
    ("false", "false_utterances", "{}"),
    ("splits", "splits", "{}"),
    ("merges", "merges", "{}"),
    ("clip ms", "onset_clipped_max_ms", "{:.0f}"),
    ("onset ms", "onset_latency_ms", "{:.0f}"),
    ("end ms", "end_latency_ms", "{:.0f}"),
)
_LEGEND = "clip: the worst beginning lost; onset and end: median latency of {}; docs/scores.md defines all"


@app.command(name="eval")
@takes_config
def evaluate(
    ref: Ref,
    config: AudioVadConfigV2 | None,
    audio: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="AUDIO",
            help="With --engine: recordings, or folders of them; left out, those beside the reference.",
            show_default=False,
        ),
    ] = None,
    hyp: Annotated[
        list[Path] | None,
        typer.Option(
            "--hyp", metavar="PATH", help="What was found: labels as for --ref, the folder of a dump, - for stdin."
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            "--engine",
            "-e",
            metavar="NAME",
            help=f"Instead of --hyp, what this engine finds: {', '.join(ENGINES)}.",
            autocompletion=lambda: list(ENGINES),
        ),
    ] = None,
    uem: Uem = None,
    collar: Collar = 0.0,
    pause: Pause = 0.0,
    label: Label = None,
    channel: Annotated[
        str,
        typer.Option("--channel", metavar="mix|N|each", rich_help_panel=_SOUND, help="What of a recording is scored."),
    ] = "mix",
    sample_rate: Rate = None,
    channels: RawChannels = None,
    as_json: Annotated[
        bool | None,
        typer.Option("--json/--table", help="One JSON object, or a table; a table on a terminal.", show_default=False),
    ] = None,
    fail_if: Annotated[
        list[str] | None,
        typer.Option("--fail-if", metavar="CONDITION", help="Exit with 3 if so, such as 'f1<0.9'; may be repeated."),
    ] = None,
) -> int:
    """Score speech against a reference: time, frames, utterances and how long decisions took.

    Label files of all formats that vad detect writes, and dumps, are paired by the names of the recordings. VAD
    parameters go with --engine. docs/scores.md defines every metric.
    """
    conditions = [Condition.parse(part) for text in fail_if or () for part in text.split(",")]
    checked_seconds("collar", collar), checked_seconds("pause", pause)
    number = channel_number(channel)
    _check_sides(hyp, engine, audio, config)
    reference = read_label_set(ref, label or ())
    worst = 0
    if engine is None:
        hypothesis = read_label_set(hyp or (), stdin=standard_input())
    else:
        settings = _Settings(config or AudioVadConfigV2(), engine, channel, sample_rate, channels)
        sounds = sounds_of(reference, audio)
        hypothesis, worst = _found(sounds, settings)
        reference = with_sound(reference, sounds, hypothesis)
    pairs = pair_up(reference, hypothesis, uem, number, say)
    scores = {pair.name: score_pair(pair, collar, pause) for pair in pairs}
    total = Scores.sum(scores.values())
    if as_json or (as_json is None and not sys.stdout.isatty()):
        _print_json(scores, total, collar)
    else:
        _print_table(scores, total)
    return worst or _judge(conditions, total)


app.command()(report_page.report)


def _check_sides(
    hyp: Sequence[Path] | None, engine: str | None, audio: Sequence[Path] | None, config: AudioVadConfigV2 | None
) -> None:
    """Refuse calls of which half would be ignored, and an engine that is unknown or not installed."""
    if bool(hyp) == (engine is not None):
        raise ConfigError("say what to score: either --hyp LABELS, or --engine NAME and recordings")
    if engine is None and (audio or config):
        what = f"{audio[0]} is sound" if audio else "VAD parameters are"
        raise ConfigError(f"{what} for --engine, and --hyp scores labels that are there already")
    if engine is not None:
        create_engine(engine)


@dataclass(frozen=True)
class _Settings:
    """How recordings are run."""

    config: AudioVadConfigV2
    engine: str
    channel: str
    sample_rate: int | None
    channels: int | None


def _found(sounds: Mapping[str, Path], settings: _Settings) -> tuple[LabelSet, int]:
    """Run all recordings; one that cannot be read is reported, and the others are done all the same."""
    found: dict[str, Labels] = {}
    worst = 0
    for stem, path in sounds.items():
        try:
            with open_sound(str(path), settings.sample_rate, settings.channels) as reader:
                heard = [None if one == "mix" else one for one in channels_of(settings.channel, reader.format)]
                blocks = with_progress(reader)
                found[stem] = find_speech(blocks, reader.format, settings.config, settings.engine, heard)
        except (AudioError, OSError) as error:
            worst = max(worst, report(error))
    return LabelSet(found), worst


def _print_json(scores: Mapping[str, Scores], total: Scores, collar: float) -> None:
    def values(one: Scores) -> dict[str, Any]:
        return {**one.values(), "latency_from": one.latency_from}

    files = [{"file": name, **values(one)} for name, one in scores.items()]
    text = json.dumps({**values(total), "collar": collar, "files": files}, indent=2, ensure_ascii=False)
    sys.stdout.write(_shown(text) + "\n")


def _print_table(scores: Mapping[str, Scores], total: Scores) -> None:
    lines = list(scores.items())
    if len(lines) > 1:
        lines.append((f"all {len(lines)}", total))
    width = max(len(name) for name, _ in [*lines, ("file", total)])
    sys.stdout.write("  ".join([f"{'file':{width}}", *(f"{title:>{_wide(title)}}" for title, _, _ in _COLUMNS)]) + "\n")
    for name, one in lines:
        values = one.values()
        cells = [
            f"{'-' if values[key] is None else shape.format(values[key]):>{_wide(title)}}"
            for title, key, shape in _COLUMNS
        ]
        sys.stdout.write("  ".join([f"{_shown(name):{width}}", *cells]) + "\n")
    say(_LEGEND.format(total.latency_from or "nothing"))


def _wide(title: str) -> int:
    return max(5, len(title))


def _shown(text: str) -> str:
    """Return what the output can hold of a text; a name that it cannot show ends no run."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _judge(conditions: Sequence[Condition], total: Scores) -> int:
    """Say which conditions hold, or cannot be judged, and return the exit code for it."""
    values = total.values()
    failed = 0
    for condition in conditions:
        holds = condition.holds(values)
        if holds is None:
            say(f"failed: {condition.metric} has no value here, so {condition} cannot be judged")
        elif holds:
            say(f"failed: {condition.metric} is {values[condition.metric]:.6g}, and {condition}")
        failed += holds is not False
    return _CONDITION_FAILED if failed else 0
