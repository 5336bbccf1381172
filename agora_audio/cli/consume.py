"""``agora-audio consume``: play a recording through the pacer, with interrupts and pauses; report what was heard."""

from __future__ import annotations

import json
import re
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from agora_audio.cli import say
from agora_audio.cli.options import Rate, RawChannels, open_sound
from agora_audio.cli.output import check_target, with_progress
from agora_audio.consumer.config import PacerConfig
from agora_audio.consumer.sinks import WavSink
from agora_audio.errors import ConfigError
from agora_audio.lab.pacing import Arrival, PacingTrace, Rehearsal

__all__ = ["consume"]

_PACING, _ARRIVAL, _SCRIPT, _SOUND = "Pacing", "How the sound arrives", "What happens", "Sound"
_GAPS_SHOWN = 5
_TIME = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|)")


def _seconds(text: str) -> float:
    found = _TIME.fullmatch(text.strip().lower())
    if not found:
        raise typer.BadParameter(f"{text!r} must be a time such as 2.5s or 800ms")
    return float(found[1]) / (1000.0 if found[2] == "ms" else 1.0)


def _span(text: str) -> tuple[float, float]:
    at, plus, length = text.partition("+")
    if not plus:
        raise typer.BadParameter(f"{text!r} must be a time and a length such as 2s+500ms")
    return _seconds(at), _seconds(length)


def _option(panel: str, metavar: str, text: str, *names: str, parser: Any = None) -> Any:
    return typer.Option(*names, metavar=metavar, rich_help_panel=panel, help=text, parser=parser)


def consume(
    file: Annotated[str, typer.Argument(metavar="FILE", help="WAV, FLAC, OGG, MP3 or raw PCM; - for stdin.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="WAV", help="Write what a listener hears, gaps as silence."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw the timeline: PNG, SVG or PDF, by its suffix.")
    ] = None,
    format: Annotated[
        str | None, typer.Option("--format", "-f", metavar="table|json", help="Table on a terminal, else json.")
    ] = None,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Go by the real clock; sound from stdin then arrives as it comes.")
    ] = False,
    interrupt: Annotated[
        list[float] | None,
        _option(_SCRIPT, "TIME", "Interrupt then, such as 2.5s or 800ms; several times.", parser=_seconds),
    ] = None,
    pause: Annotated[
        list[Any] | None,
        _option(_SCRIPT, "TIME+LENGTH", "Pause then for so long, such as 2s+500ms; several times.", parser=_span),
    ] = None,
    stall: Annotated[
        list[Any] | None,
        _option(_ARRIVAL, "TIME+LENGTH", "Nothing arrives for so long; several times.", parser=_span),
    ] = None,
    piece_ms: Annotated[int, _option(_ARRIVAL, "MS", "Sound in a piece.")] = 200,
    arrival_speed: Annotated[
        float, _option(_ARRIVAL, "X", "How many times faster than real time it arrives; below 1 it is too slow.")
    ] = 2.0,
    tick_ms: Annotated[float, _option(_PACING, "MS", "Time between two ticks.")] = 40.0,
    lead_ms: Annotated[int, _option(_PACING, "MS", "How far sound is sent ahead.")] = 100,
    send_ms: Annotated[int, _option(_PACING, "MS", "How much of an answer is sent faster.")] = 0,
    speed: Annotated[float, _option(_PACING, "X", "How many times faster, 1 to 5.")] = 1.0,
    catch_up_ms: Annotated[int, _option(_PACING, "MS", "How much a late timer sends at once.")] = 500,
    padding_ms: Annotated[
        int | None, _option(_PACING, "MS", "Silence kept ahead while sound is late; none if left out.")
    ] = None,
    recall: Annotated[
        str, _option(_PACING, "exact|unknown|no", "Whether the sink gives back what has not been heard.")
    ] = "exact",
    sample_rate: Rate = None,
    channels: RawChannels = None,
) -> int:
    """Rehearse an answer: sound arrives as from a TTS, is paced, interrupted and paused, and heard.

    By default on a virtual clock, so that an hour takes seconds. What arrives after an interrupt is the next answer.
    TIME and LENGTH without a unit are seconds: 2s+500 is 500 s long, 2s+.5 or 2s+500ms half a second.
    """
    if format not in (None, "table", "json"):
        raise ConfigError(f"format is {format!r}, must be table or json")
    config = PacerConfig(lead_ms, send_ms, speed, catch_up_ms, padding_ms)
    as_it_comes = realtime and file == "-"
    arrival = None if as_it_comes else Arrival(piece_ms, arrival_speed, tuple(stall or ()))
    _check_outputs(file, output, plot)
    with ExitStack() as stack:
        reader = stack.enter_context(open_sound(file, sample_rate, channels, as_it_comes))
        blocks = with_progress(reader, shown=not realtime)
        script: Any = {"interrupts": interrupt or (), "pauses": pause or (), "recall": recall}  # checked there
        # The file takes what the rehearsal's own loudspeaker has played; it is made when all else has been checked.
        wav: WavSink
        play = None if output is None else lambda pcm: wav.write(pcm)
        rehearsal = Rehearsal(blocks, reader.format, config, arrival, tick_ms, **script, realtime=realtime, play=play)
        if output is not None:
            wav = stack.enter_context(WavSink(output, reader.format))
        try:
            rehearsal.run()
        finally:
            if rehearsal.trace.arrived:
                _report(rehearsal.trace, reader.name, format)
    for at, name in rehearsal.trace.missed:
        say(f"the {name} at {at:g} s never happened: all was over at {rehearsal.trace.duration:.3f} s")
    if plot is not None:
        _draw(rehearsal.trace, plot, Path(reader.name).name)
    return 0


def _check_outputs(file: str, output: Path | None, plot: Path | None) -> None:
    """Say before any work what cannot be written, and overwrite no input."""
    for path in (output, plot):
        if path is not None:
            check_target(path, [file])
    if output is not None and output.suffix.lower() not in (".wav", ".wave"):
        raise ConfigError(f"{output.name!r} does not end in .wav: a WAV file is written")
    if output is not None and plot is not None and output == plot:
        raise ConfigError(f"{output} cannot be both sound and picture: name two files")
    if plot is not None:
        from agora_audio.lab.plots import check_figure_path

        check_figure_path(plot)


def _draw(trace: PacingTrace, path: Path, title: str) -> None:
    from agora_audio.lab.plots import save_figure
    from agora_audio.lab.plots.pacing import plot_pacing

    save_figure(plot_pacing(trace, title=title), path)
    say(f"plot written to {path}")


def _report(trace: PacingTrace, name: str, format: str | None) -> None:
    if format == "table" or (format is None and sys.stdout.isatty()):
        _print_table(trace)
    else:
        sys.stdout.write(json.dumps({"file": name, **trace.to_dict()}, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _print_table(trace: PacingTrace) -> None:
    facts = trace.to_dict()
    rows = [(key.replace("_", " "), value) for key, value in facts.items() if not isinstance(value, (list, dict))]
    for key, value in rows:
        shown = f"{value:.3f}" if isinstance(value, float) else "-" if value is None else str(value)
        sys.stdout.write(f"{key:<26} {shown}\n")
    for gap in trace.gaps[:_GAPS_SHOWN]:
        begin = gap.time - gap.seconds
        sys.stdout.write(f"gap at {begin:.3f} s, {1000 * gap.seconds:.0f} ms: the {gap.cause} was late\n")
    if left := trace.gaps[_GAPS_SHOWN:]:
        seconds = sum(gap.seconds for gap in left)
        sys.stdout.write(f"{len(left)} more gaps, {1000 * seconds:.0f} ms together\n")
    for begin, end in trace.pauses:
        sys.stdout.write(f"pause at {begin:.3f} s, {1000 * (end - begin):.0f} ms\n")
    for at, report in trace.interrupts:
        how = "exactly" if report.exact else "by the clock"
        sys.stdout.write(
            f"interrupt at {at:.3f} s of round {report.round_id}: heard {report.heard_ms} ms ({how}), "
            f"{report.dropped_bytes} bytes dropped, silent after {report.silent_ms:.0f} ms\n"
        )
        follows = "what arrives from then on" if trace.arrived[-1][0] > at else "nothing arrives"
        sys.stdout.write(f"  the next answer, round {report.next_round}: {follows}\n")
