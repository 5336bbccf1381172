"""Tune a VAD in a notebook: sliders, what the machine makes of them at once, and the config to take away; and tables.

The widget is the viewer of `agora_audio.lab.report` with sliders. What they set comes to Python, which decides again
over the labels of the recording as the machine in the call does; segments, errors and scores go back. It needs the
extra ``notebook`` and works wherever anywidget does: JupyterLab, the classic notebook, VS Code, marimo.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from agora_audio.errors import ConfigError, EngineUnavailable, FormatError
from agora_audio.frames import AudioFormat, Channel
from agora_audio.io import Source
from agora_audio.lab.field_docs import field_docs
from agora_audio.lab.files import write_whole
from agora_audio.lab.report import Recording, describe, describe_lane, frame_bytes, record_dump, record_speech
from agora_audio.lab.report.recording import encode_mp3
from agora_audio.vad.config import AudioVadConfigV2, checked_config
from agora_audio.vad.engines import Engine
from agora_audio.vad.segments import Segment

__all__ = ["VadTuner", "table", "tune_dump", "tune_speech"]

_LONGEST = 30 * 60.0
"""Seconds; all of it travels to the browser, and every move of a slider decides over all of it."""

# What people turn, in frames, percent, dBFS and seconds; a number beside the slider takes any value that a field has.
_SLIDERS: dict[str, tuple[float, float, float]] = {
    "start_voice_prob": (0, 100, 1),
    "stop_voice_prob": (0, 100, 1),
    "start_rms_threshold": (-90, 0, 1),
    "stop_rms_threshold": (-90, 0, 1),
    "pre_start_recognize_count": (0, 100, 1),
    "start_recognize_count": (1, 100, 1),
    "stop_recognize_count": (1, 200, 1),
    "active_percent": (0, 1, 0.01),
    "inactive_percent": (0, 1, 0.01),
    "min_speech": (0, 3, 0.05),
    "max_speech": (0.5, 60, 0.5),
    "adaptive_factor": (0, 2, 0.01),
    "provisional_count": (0, 100, 1),
}
_FRONT = tuple(_SLIDERS)[:9]
_NONE = {"max_speech": "never"}


class VadTuner:
    """A recording with sliders; the last expression of a cell shows it.

    Parameters
    ----------
    recording
        What `record_speech` or `record_dump` returned, up to 30 minutes.
    config
        Where to begin; None: the config of the recording. It stays in sight as B, to compare with.
    reference
        What should have been found; None: not known, so there are no errors and scores.
    title, engine
        For a person.

    Raises
    ------
    ConfigError
        If the recording is too long.
    EngineUnavailable
        If anywidget is not installed.

    Notes
    -----
    All frames are decided again at every move, by `agora_audio.lab.decide`, which is equal to the machine that runs in
    the call: one sees no lag.
    """

    def __init__(
        self,
        recording: Recording,
        config: AudioVadConfigV2 | None = None,
        *,
        reference: Sequence[Segment] | None = None,
        title: str = "",
        engine: str = "",
    ) -> None:
        if recording.trace.duration > _LONGEST:
            raise ConfigError(
                f"the recording is {recording.trace.duration:g} s long, a notebook takes up to {_LONGEST:g} s: cut it, "
                "or write a report with agora-audio lab report"
            )
        self.trace = recording.trace.with_config(checked_config(config or recording.trace.config))
        self._reference = reference
        document = describe(Recording(self.trace, None), reference=reference, title=title, engine=engine)
        self.widget: Any = _widget_class()(
            document={name: value for name, value in document.items() if name != "lanes"},
            frames=frame_bytes(self.trace),
            sound=b"" if recording.sound is None else encode_mp3(recording.sound),
            usual=AudioVadConfigV2().to_dict(),
            fields=_fields(),
            config=self.config.to_dict(),
            kept=self.config.to_dict(),
            lane=describe_lane("now", self.trace, reference),
            other=describe_lane("before", self.trace, reference),
        )
        self.widget.observe(self._moved, "config")
        self.widget.observe(self._keep, "kept")

    @property
    def config(self) -> AudioVadConfigV2:
        """The config that the sliders show; set it to move them."""
        return self.trace.config

    @config.setter
    def config(self, config: AudioVadConfigV2) -> None:
        self.widget.config = checked_config(config).to_dict()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What that config finds."""
        return self.trace.segments

    def save(self, path: str | Path) -> None:
        """Write the config as JSON, which ``vad detect --config`` and `AudioVadConfigV2.from_json` read."""
        write_whole(Path(path), (self.config.to_json() + "\n").encode())

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)

    def _moved(self, change: dict[str, Any]) -> None:
        """Decide again; a config that cannot be is said, and what was found before stays."""
        try:
            self.trace = self.trace.with_config(AudioVadConfigV2.from_dict(change["new"]))
        except ConfigError as error:
            self.widget.problem = str(error)
            return
        with self.widget.hold_sync():
            self.widget.problem = ""
            self.widget.lane = describe_lane("now", self.trace, self._reference)

    def _keep(self, change: dict[str, Any]) -> None:
        self.widget.other = describe_lane("kept", self.trace, self._reference)


def tune_speech(
    path_or_stream: Source,
    config: AudioVadConfigV2 | None = None,
    *,
    format: AudioFormat | None = None,
    engine: str | Engine = "silero",
    channel: Channel = "mix",
    reference: Sequence[Segment] | None = None,
) -> VadTuner:
    """Judge a recording and show it with sliders; parameters as of `detect_speech` and `VadTuner`."""
    recording = record_speech(path_or_stream, format, config, engine, channel)
    title = Path(path_or_stream).name if isinstance(path_or_stream, (str, Path)) else ""
    name = engine if isinstance(engine, str) else type(engine).__name__
    return VadTuner(recording, reference=reference, title=title, engine=name)


def tune_dump(
    path: str | Path, config: AudioVadConfigV2 | None = None, *, reference: Sequence[Segment] | None = None
) -> VadTuner:
    """Show a dump made here or by the SDK with sliders; errors as of `record_dump`."""
    return VadTuner(record_dump(path, config), reference=reference, title=Path(path).name, engine="dump")


def table(rows: Iterable[Any], columns: Sequence[str] | None = None) -> Any:
    """Return rows as a table that a cell shows.

    Parameters
    ----------
    rows
        Mappings or dataclasses: segments, gaps, lines of a manifest.
    columns
        Which keys or fields to show, in this order; None: all. A row that lacks one shows nothing there.

    Raises
    ------
    FormatError
        If a row is neither.

    Examples
    --------
    >>> shown = table([Segment(0.5, 1.25)], ["start", "end"])
    >>> [column.header for column in shown.columns], shown.row_count
    (['start', 'end'], 1)
    """
    from rich.table import Table
    from rich.text import Text

    listed = [_as_mapping(row) for row in rows]
    names = list(columns if columns is not None else dict.fromkeys(name for row in listed for name in row))
    shown = Table(*names)
    for row in listed:
        # As text: square brackets are no markup here.
        shown.add_row(*(Text(_cell(row.get(name))) for name in names))
    return shown


def _as_mapping(row: Any) -> Mapping[str, Any]:
    if isinstance(row, Mapping):
        return row
    if is_dataclass(row) and not isinstance(row, type):
        return asdict(row)
    raise FormatError(f"a row is {row!r:.60}, must be a mapping or a dataclass")


def _cell(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_cell, value))
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _fields() -> list[dict[str, Any]]:
    """Return what the sliders are, those first that people turn most."""
    specs = {spec.name: spec for spec in fields(AudioVadConfigV2)}
    order = [*_FRONT, *(name for name in specs if name not in _FRONT)]
    documented, usual = field_docs(AudioVadConfigV2), AudioVadConfigV2()
    return [{"help": documented[name], **_field(name, getattr(usual, name))} for name in order]


def _field(name: str, usual: Any) -> dict[str, Any]:
    if name == "algorithm":
        return {"name": name, "kind": "choice", "choices": list(AudioVadConfigV2.ALGORITHMS)}
    if isinstance(usual, bool):
        return {"name": name, "kind": "switch"}
    low, high, step = _SLIDERS[name]
    known = {"name": name, "kind": "number", "low": low, "high": high, "step": step}
    return {**known, "none": _NONE[name]} if name in _NONE else known


@functools.cache
def _widget_class() -> Any:
    """Return the class of the widget, made when it is first needed: anywidget is an extra."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise EngineUnavailable(f"the widget needs anywidget ({error}): pip install 'agora-audio[notebook]'") from None

    class Viewer(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]  # untyped where the extra is missing
        """What travels between Python and the browser."""

        _esm = files("agora_audio.lab.static").joinpath("widget.js").read_text(encoding="utf-8")
        document: Any = traitlets.Dict().tag(sync=True)
        frames: Any = traitlets.Bytes().tag(sync=True)
        sound: Any = traitlets.Bytes().tag(sync=True)
        usual: Any = traitlets.Dict().tag(sync=True)
        fields: Any = traitlets.List().tag(sync=True)
        config: Any = traitlets.Dict().tag(sync=True)
        kept: Any = traitlets.Dict().tag(sync=True)
        lane: Any = traitlets.Dict().tag(sync=True)
        other: Any = traitlets.Dict().tag(sync=True)
        problem: Any = traitlets.Unicode().tag(sync=True)

    return Viewer
