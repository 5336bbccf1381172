"""``agora-audio batch``: detect and process, for as many recordings as there are."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from agora_audio.apm.stages import ApmStages
from agora_audio.cli import INTERRUPTED, say
from agora_audio.cli.options import ChannelChoice, EngineOption, Rate, RawChannels, takes_config, with_options
from agora_audio.cli.processing import OutChannels, OutRate
from agora_audio.cli.stage_options import takes_stages
from agora_audio.errors import ConfigError
from agora_audio.lab.batch import BatchProgress, Detect, Item, Process, find_items, read_manifest, run_batch
from agora_audio.lab.batch.cluster import dask_executor
from agora_audio.lab.batch.items import printable
from agora_audio.lab.batch.listing import with_far
from agora_audio.lab.batch.progress import Pace, summary
from agora_audio.lab.batch.storage import open_storage
from agora_audio.lab.labels import FORMATS
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.writer import SOUND_FILES

__all__ = ["app"]

app = typer.Typer(
    help="The same for thousands of recordings, on many cores or machines, to be gone on with after any end.",
    no_args_is_help=True,
)

_RUN = "Run"
# So many recordings that failed, or of which something is to be known, are named one by one.
_MOST_NAMED = 20
# A log gets a line of progress each half minute, a terminal a new one twice a second.
_LOGGED_EACH, _SHOWN_EACH = 30.0, 0.5

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCES...",
        help="Folders, patterns, recordings, manifests (.jsonl, .csv, .txt), s3://...; - for stdin.",
    ),
]
Out = Annotated[str, typer.Option("--out", "-O", metavar="DIR", help="Folder or URL for results and manifest.")]
LabelFormat = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help=f"Of the label files: {', '.join(FORMATS)}.",
        autocompletion=lambda: [*FORMATS],
    ),
]


@dataclass(frozen=True)
class _Settings:
    """How a batch is run."""

    resume: bool
    overwrite: bool
    retry_quarantined: bool
    fail_fast: bool
    dry_run: bool
    limit: int | None
    workers: int | None
    scheduler: str | None
    time_limit: float


def _run_options() -> dict[str, Any]:
    import inspect

    def option(*names: str, help: str, metavar: str | None = None, **others: Any) -> Any:
        return typer.Option(*names, metavar=metavar, rich_help_panel=_RUN, help=help, **others)

    described: dict[str, tuple[Any, Any, Any]] = {
        "resume": (
            bool,
            False,
            option("--resume", help="Go on with what an earlier run left, and try again what failed."),
        ),
        "overwrite": (bool, False, option("--overwrite", help="Begin anew; what is there is overwritten.")),
        "retry_quarantined": (
            bool,
            False,
            option("--retry-quarantined", help="With --resume: also those that killed their workers or hung."),
        ),
        "fail_fast": (bool, False, option("--fail-fast", help="End with the first recording that fails.")),
        "dry_run": (bool, False, option("--dry-run", help="Print what would be done, and do nothing.")),
        "limit": (int | None, None, option("--limit", metavar="N", min=0, help="At most N of those that are left.")),
        "workers": (
            int | None,
            None,
            option("--workers", "-j", metavar="N", min=1, help="Processes on this machine [dim]\\[its cores][/dim]"),
        ),
        "scheduler": (
            str | None,
            None,
            option(
                "--scheduler", metavar="ADDRESS", help="A Dask scheduler (tcp://host:8786) or its file; extra dask."
            ),
        ),
        "time_limit": (
            float,
            300.0,
            option("--time-limit", metavar="S", help="How long a worker may give no sign of life."),
        ),
    }
    return {
        name: inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, annotation]
        )
        for name, (kind, default, annotation) in described.items()
    }


def _takes_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    return with_options(command, "settings", _run_options(), lambda given: _Settings(**given))


@app.command()
@takes_config
@_takes_settings
def detect(
    sources: Sources,
    out: Out,
    config: AudioVadConfigV2,
    settings: _Settings,
    engine: EngineOption = "silero",
    format: LabelFormat = "jsonl",
    channel: ChannelChoice = "mix",
    sample_rate: Rate = None,
    channels: RawChannels = None,
) -> int:
    """Write a label file for each recording, as `vad detect` finds the speech in it.

    Exit code 0: all done. 1: some failed, or the run ended early. 2: the call is wrong. 130: interrupted. docs/batch.md
    says what a run survives.
    """
    work = Detect(config, engine, format, channel, sample_rate, channels)
    return _run(_items(sources, out), work, out, settings)


@app.command()
@takes_config
@takes_stages
@_takes_settings
def process(
    sources: Sources,
    out: Out,
    stages: ApmStages,
    config: AudioVadConfigV2,
    settings: _Settings,
    far: Annotated[
        str | None,
        typer.Option(
            "--far",
            metavar="DIR",
            rich_help_panel="Far end",
            help="Folder in which each recording's far end has its name; a manifest says it in columns far, far_start.",
        ),
    ] = None,
    engine: EngineOption = "silero",
    format: LabelFormat = "jsonl",
    audio: Annotated[
        str,
        typer.Option(
            "--audio", metavar="NAME", help=f"Of the sound files: {', '.join(one[1:] for one in SOUND_FILES)}."
        ),
    ] = "wav",
    stats: Annotated[bool, typer.Option("--stats", help="Put levels, gain and echo into the manifest.")] = False,
    sample_rate: Rate = None,
    channels: RawChannels = None,
    out_rate: OutRate = None,
    out_channels: OutChannels = None,
) -> int:
    """Write the processed sound of each recording and the labels of its speech, as `process` does.

    Exit codes as of `batch detect`.
    """
    work = Process(stages, config, engine, format, audio, sample_rate, channels, out_rate, out_channels, stats)
    items = _items(sources, out)
    if far is not None and stages.echo is None:
        raise ConfigError("--far is of use with --aec only: switch it on")
    return _run(items if far is None else with_far(items, far), work, out, settings)


def _items(sources: list[str], out: str) -> list[Item]:
    stdin = sys.stdin
    if "-" in sources and (stdin is None or getattr(stdin, "closed", False) or stdin.isatty()):
        raise ConfigError("nothing comes through stdin: pipe names into it (find DIR -name '*.wav' | agora-audio ...)")
    return find_items(sources, out, getattr(stdin, "buffer", None), say)


def _run(items: list[Item], work: Detect | Process, out: str, settings: _Settings) -> int:
    if settings.scheduler is not None and settings.workers is not None:
        raise ConfigError("--workers is for this machine, --scheduler for others: give one of them")
    if settings.dry_run:
        done = {line["file"] for line in read_manifest(out) if line["status"] == "done"} if settings.resume else ()
        return _print_plan([item for item in items if item.name not in done][: settings.limit], work, out)
    reporter = _Reporter(out)
    place = nullcontext((None, None)) if settings.scheduler is None else dask_executor(settings.scheduler)
    try:
        with reporter.running(), place as (executor, window):
            progress = run_batch(
                items,
                work,
                out,
                executor,
                workers=settings.workers,
                window=window,
                time_limit=settings.time_limit,
                resume=settings.resume,
                overwrite=settings.overwrite,
                retry_quarantined=settings.retry_quarantined,
                fail_fast=settings.fail_fast,
                limit=settings.limit,
                observe=reporter,
            )
    except KeyboardInterrupt:
        reporter.conclude(reporter.progress)
        return INTERRUPTED
    reporter.conclude(progress)
    return int(progress.failed + progress.quarantined > 0 or progress.stopped is not None)


def _print_plan(items: list[Item], work: Detect | Process, out: str) -> int:
    storage = open_storage(out)
    for item in items:
        outputs = [storage.shown(item.output + suffix) for suffix in work.suffixes]
        if sys.stdout.isatty():
            print(f"{printable(item.source)} -> {', '.join(map(printable, outputs))}")  # noqa: T201 - what was asked for
        else:
            sys.stdout.write(json.dumps({"file": item.name, "source": item.source, "outputs": outputs}) + "\n")
    say(f"{len(items)} recordings; nothing was done")
    return 0


class _Reporter:
    """Progress, and what went wrong, on stderr."""

    def __init__(self, out: str) -> None:
        self.progress = BatchProgress()
        self._storage = open_storage(out)
        self._pace = Pace()
        self._named = 0
        self._last = time.monotonic()
        self._shown = False

    def __call__(self, progress: BatchProgress, record: dict[str, Any] | None) -> None:
        self.progress = progress
        if record is not None:
            self._name(record)
        now = time.monotonic()
        if now - self._last < (_SHOWN_EACH if sys.stderr.isatty() else _LOGGED_EACH):
            return
        self._last = now
        line = self._pace.line(progress)
        if not sys.stderr.isatty():
            say(line)
            return
        width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        sys.stderr.write(f"\r\x1b[2K{line[: width - 1]}")
        sys.stderr.flush()
        self._shown = True

    @contextmanager
    def running(self) -> Iterator[None]:
        """Leave no half line behind."""
        try:
            yield
        finally:
            self._clear()

    def conclude(self, progress: BatchProgress) -> None:
        """Say what the batch has come to, and what there is to do."""
        if progress.stopped is not None:
            say(f"ended early: {progress.stopped}")
        say(summary(progress))
        if progress.left:
            say(f"--resume goes on with the {progress.left} that are left")
        if progress.failed or progress.quarantined or progress.noted:
            say(f"the reasons stand in {self._storage.shown('manifest.jsonl')}")

    def _name(self, record: dict[str, Any]) -> None:
        name, notes = printable(record["file"]), record.get("notes") or []
        told = [f"{name}: {record['status']}: {record.get('error')}"] if record["status"] != "done" else []
        for text in [*told, *(note if name in note else f"{name}: {note}" for note in notes)]:
            self._named += 1
            if self._named <= _MOST_NAMED:
                self._clear()
                say(text)
            elif self._named == _MOST_NAMED + 1:
                self._clear()
                say("more of these stand in the manifest")

    def _clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
            self._shown = False
