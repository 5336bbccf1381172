"""Pictures of what a VAD saw and decided: waveform, probability, level and states over one time axis.

A long recording keeps its extremes. Where far more frames than pixels are in sight, the frames that share a pixel are
drawn as the band from their lowest to their highest value, with their mean as a line (of levels: the mean of the dB
values). Segments, thresholds and states stay exact, a short one is still a hair wide; where they crowd, colour is as
strong as their share of the time, and the single decisions are no longer marked. Colours are those of Okabe and Ito,
which people with any colour vision tell apart; what matters differs in shape or place too, for print in grey.

Figures are made with matplotlib's objects, never with pyplot: no window, no state that is shared, nothing to close.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import secrets
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError, EngineUnavailable, FormatError
from agora_audio.frames import FRAMES_PER_SECOND
from agora_audio.lab.trace import VadTrace
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Panels", "plot_vad", "save_figure"]

_SUFFIXES = (".png", ".svg", ".pdf")

_SIGNAL = "#0072B2"
_SPEECH = "#56B4E9"
_START, _STOP = "#009E73", "#D55E00"
_MISSED, _FALSE_ALARM = "#CC79A7", "#E69F00"
_SILENT = "#80808038"

_SIZE = (10.0, 6.4)
_DPI = 150
_SMALL = 8.0
# A group of frames for each pixel of a figure of ours, and not fewer in a small panel: print has finer dots.
_GROUPS = 1200
_FRAMES_APART = 3
"""Frames to a pixel that lines still show one by one."""
_CROWD = 150
"""Segments in sight that can be told apart."""
_LOWEST_DB = -100.0
_STEPS = (
    *(digit * 10.0**power for power in (-3, -2, -1) for digit in (1, 2, 5)),
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(60.0 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600.0 * hours for hours in (1, 2, 3, 6, 12, 24)),
)


class Panels(np.ndarray[Any, np.dtype[np.object_]]):
    """An array of axes that a notebook shows as the picture they are in; the figure is ``panels[0].figure``."""

    def _repr_png_(self) -> bytes:
        return _drawn(_figure_of(self), "png")


def plot_vad(
    trace: VadTrace,
    ax: Axes | Sequence[Axes] | NDArray[np.object_] | None = None,
    *,
    title: str | None = None,
    start: float = 0.0,
    end: float | None = None,
    reference: Sequence[Segment] | None = None,
) -> Any:
    """Draw waveform, probability and level with their thresholds, and the states, one above the other.

    Parameters
    ----------
    trace
        What `trace_speech` returned.
    ax
        Where to draw: four axes, or one for the waveform with its segments alone; None: a new figure.
    title
        Line above the picture, such as the name of the recording.
    start, end
        Part to draw, seconds; `end` None, or behind the end: to the end.
    reference
        What should have been found, in any order: a strip below the states shows where the speech that was found,
        `Segment.start` to `Segment.end`, covers it, misses it or is too much. Not with a single axes.

    Returns
    -------
    Panels or as given
        The four axes, which a notebook shows as their picture; or `ax`, if that was given.

    Raises
    ------
    ConfigError
        If `start`, `end` or `ax` is not usable.
    FormatError
        If there is no sound in the trace.
    EngineUnavailable
        If matplotlib is not installed.

    Examples
    --------
    >>> from agora_audio.frames import AudioFormat
    >>> from agora_audio.lab.trace import trace_blocks
    >>> panels = plot_vad(trace_blocks([bytes(32000)], AudioFormat(16000), engine="energy"), title="nobody")
    >>> [panel.get_ylabel() for panel in panels][:3]
    ['amplitude', 'probability', 'level, dBFS']

    Notes
    -----
    A frame is drawn over its 10 ms, and a mark stands where its frame ends: that is when START or STOP was known. A
    segment that the end of the recording closed has no STOP frame, so it has no STOP in the strip of states.
    """
    span = _checked_span(trace, start, end)
    given = _checked_axes(ax)
    if reference is not None:
        _check_reference(reference, given)
    panels = given if given is not None else _new_panels(reference is not None)
    view = _view(trace, *span, groups=max(_GROUPS, int(panels[0].bbox.width)))
    _draw_waveform(panels[0], view)
    if len(panels) > 1:
        _draw_probability(panels[1], view)
        _draw_level(panels[2], view)
        _draw_states(panels[3], view, reference)
    _lay_out_time(panels, view)
    if given is None:
        _write_legend(panels, panels[0].get_figure(), loc="outside lower center")
        rows: float = _write_summary(panels[0], trace)
    else:
        rows = 1.25 * _write_legend(panels, panels[0], loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0)
    _write_title(panels[0], title, rows)
    return np.array(panels, dtype=object).view(Panels) if given is None else ax


def save_figure(figure_or_axes: Any, path: str | Path) -> None:
    """Write a figure to a file, whole or not at all; the suffix names the format: .png, .svg or .pdf.

    Parameters
    ----------
    figure_or_axes
        A figure, axes of it or an array of them, such as `plot_vad` returns.
    path
        An existing file is replaced once the new one is complete.

    Raises
    ------
    ConfigError
        If the suffix is unknown or there is no figure.
    OSError
        If the file cannot be written; nothing is left of it then, and an existing one stays.
    """
    target = check_figure_path(path)
    drawn = _drawn(_figure_of(figure_or_axes), target.suffix.lower()[1:])
    real = target.resolve()  # a link stays, its file is replaced
    beside = real.with_name(f".plot-{secrets.token_hex(8)}.tmp")
    try:
        with open(beside, "xb") as stream:
            stream.write(drawn)
        os.replace(beside, real)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        if isinstance(error, OSError):  # which speaks of the file beside
            raise OSError(error.errno, error.strerror, str(target)) from error
        raise


def check_figure_path(path: str | Path) -> Path:
    """Return `path`; ConfigError if its suffix names no format of a figure."""
    target = Path(path)
    if target.suffix.lower() not in _SUFFIXES:
        raise ConfigError(f"{target.name!r} does not end in one of {', '.join(_SUFFIXES)}: the suffix names the format")
    return target


def _drawn(figure: Figure, format: str) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format=format)
    return stream.getvalue()


def _figure_of(drawn: Any) -> Figure:
    first = drawn if hasattr(drawn, "savefig") else next(iter(np.ravel(np.array(drawn, dtype=object))), None)
    while first is not None and not hasattr(first, "savefig"):
        first = getattr(first, "figure", None)
    if first is None:
        raise ConfigError(f"{drawn!r} is neither a figure nor axes: give what plot_vad returned")
    figure: Figure = first
    return figure


def matplotlib_module(module: str) -> Any:
    """Import a module of matplotlib; EngineUnavailable, with the extra's name, if it is not installed."""
    try:
        import_module("matplotlib")
        return import_module(f"matplotlib.{module}")
    except ImportError as error:
        raise EngineUnavailable(f"plots need matplotlib ({error}): pip install 'agora-audio[plot]'") from None


def _checked_span(trace: VadTrace, start: float, end: float | None) -> tuple[float, float]:
    if not len(trace.states):
        raise FormatError("there is no sound in the trace, so there is nothing to draw")
    length = trace.duration
    first, last = _seconds("start", start), length if end is None else _seconds("end", end)
    if not 0.0 <= first < length:
        raise ConfigError(f"start is {start!r}, must be 0 to below {length:g} s, the length of the recording")
    if not first < last:
        raise ConfigError(f"end is {end!r}, must be above start, {first:g} s, and up to {length:g} s")
    return first, min(last, length)


def _seconds(name: str, value: Any) -> float:
    try:
        if isinstance(value, (bool, str)):
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise ConfigError(f"{name} is {value!r}, must be a number of seconds") from None


def _checked_axes(ax: Any) -> list[Axes] | None:
    if ax is None:
        return None
    kind = matplotlib_module("axes").Axes
    axes = [ax] if isinstance(ax, kind) else list(np.ravel(np.array(ax, dtype=object)))
    if len(axes) not in (1, 4) or not all(isinstance(one, kind) for one in axes):
        what = f"{len(axes)} axes" if all(isinstance(one, kind) for one in axes) else repr(ax)
        raise ConfigError(f"ax is {what}, must be four axes, one, or None")
    return axes


def _check_reference(reference: Sequence[Segment], given: list[Axes] | None) -> None:
    if given is not None and len(given) == 1:
        raise ConfigError("reference has its place below the states: give four axes, or none")
    for one in reference:
        if not isinstance(one, Segment):
            raise ConfigError(f"reference holds a {type(one).__name__}, must be Segment: of a label row its .segment")


def _new_panels(with_reference: bool) -> list[Axes]:
    heights = [3.0, 2.0, 2.6, 0.8 if with_reference else 0.4]
    figure = matplotlib_module("figure").Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    panels = list(figure.subplots(4, sharex=True, height_ratios=heights))
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=_SMALL)
    figure.align_ylabels(panels)
    return panels


def _inches(ax: Axes) -> float:
    return float(ax.bbox.width / ax.figure.dpi)


def _write_legend(panels: Sequence[Axes], owner: Any, **place: Any) -> int:
    """Explain every label once, in rows that are evenly filled, and return how many rows that took."""
    pairs = [zip(*panel.get_legend_handles_labels(), strict=True) for panel in panels]
    named = {label: handle for pair in pairs for handle, label in pair}
    if not named:
        return 0
    rows = math.ceil(len(named) / max(1, int(0.8 * _inches(panels[0]))))
    look = {"fontsize": _SMALL, "frameon": False, "handlelength": 1.4, "columnspacing": 1.4}
    owner.legend(named.values(), named, ncols=math.ceil(len(named) / rows), **look, **place)
    return rows


def _write_summary(ax: Axes, trace: VadTrace) -> int:
    """Write the format, the algorithm and what the config has other than the defaults, and return in how many rows."""
    config, usual = trace.config, AudioVadConfigV2()
    names = [spec.name for spec in fields(config) if spec.name != "algorithm"]
    changed = [f"{name} {getattr(config, name)}" for name in names if getattr(config, name) != getattr(usual, name)]
    summary = f"{trace.format.describe()}; {config.algorithm}; {', '.join(changed) or 'default parameters'}"
    lines = textwrap.wrap(summary, int(17 * _inches(ax)))
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "bottom"}
    ax.annotate("\n".join(lines), (0.0, 1.0), xytext=(0.0, 5.0), fontsize=_SMALL, **place)
    return len(lines)


def _write_title(ax: Axes, title: str | None, rows: float) -> None:
    """Write the title, above so many rows of small print, from the left edge of the panel."""
    if title is not None:
        heading = "\n".join(textwrap.wrap(title, max(10, int(11 * _inches(ax)))))
        text = ax.set_title(heading, loc="left", fontsize=11, pad=8.0 + 1.4 * _SMALL * rows)
        text.set_parse_math(False)  # a file name may hold dollar signs


@dataclass(frozen=True)
class _View:
    """The frames in sight, in groups that share a pixel."""

    trace: VadTrace
    start: float
    end: float
    frames: slice
    size: int
    """Frames of a group; 1: each by itself."""
    borders: NDArray[np.float64]
    """Where the frames in sight begin, and the last one ends, seconds."""

    @property
    def edges(self) -> NDArray[np.float64]:
        """Borders of the groups, seconds."""
        return np.append(self.borders[: -1 : self.size], self.borders[-1])

    def reduce(self, ufunc: np.ufunc, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return `ufunc` over each group of `values`, which has an entry a frame."""
        seen = values[self.frames].astype(np.float64)
        reduced: NDArray[np.float64] = ufunc.reduceat(seen, np.arange(0, len(seen), self.size))
        return reduced

    def mean(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the mean of each group; the last one may be smaller."""
        sums = self.reduce(np.add, values)
        return sums / np.minimum(self.size, len(self.borders) - 1 - self.size * np.arange(len(sums)))


def _view(trace: VadTrace, start: float, end: float, groups: int) -> _View:
    rate = trace.format.sample_rate
    borders = (np.arange(len(trace.states) + 1) * rate // FRAMES_PER_SECOND) / rate
    first = int(np.searchsorted(borders, start, "right")) - 1
    last = int(np.searchsorted(borders, end, "left"))
    size = -(-(last - first) // groups) if last - first > _FRAMES_APART * groups else 1
    return _View(trace, start, end, slice(first, last), size, borders[first : last + 1])


def _draw_waveform(ax: Axes, view: _View) -> None:
    lowest = view.reduce(np.minimum, view.trace.lowest)
    highest = view.reduce(np.maximum, view.trace.highest)
    _draw_segments(ax, view)
    _draw_band(ax, view, lowest, highest)
    # Digital silence has a band of no height; an outline that shows it would close the gaps in a long recording.
    ax.stairs((lowest + highest) / 2, view.edges, baseline=None, color=_SIGNAL, linewidth=0.5)
    limit = 1.3 * max(float(-lowest.min()), float(highest.max()), 0.001)
    ax.set_ylim(-limit, limit)
    ax.set_ylabel("amplitude", fontsize=9)


def _draw_band(ax: Axes, view: _View, low: NDArray[Any], high: NDArray[Any], **look: Any) -> None:
    ax.stairs(high, view.edges, baseline=low, fill=True, color=_SIGNAL, linewidth=0, snap=False, **look)


def _draw_segments(ax: Axes, view: _View) -> None:
    """Shade speech and what else was handed out, and mark where START and STOP were decided."""
    seen = [one for one in view.trace.segments if one.audio_end >= view.start and one.audio_start <= view.end]
    speech = [(one.start, one.end) for one in seen]
    extra = [(one.audio_start, one.start) for one in seen] + [(one.end, one.audio_end) for one in seen]
    _draw_spans(ax, speech, _SPEECH, alpha=0.3, label="speech")
    if len(seen) > _CROWD:
        _draw_spans(ax, extra, _SPEECH, alpha=0.12, label="pre-roll, hang-over")
        return
    _draw_spans(ax, extra, "none", hatch="//////", edgecolor=_SPEECH, linewidth=0, label="pre-roll, hang-over")
    _draw_marks(ax, view, 0.93, [one.started_at for one in seen], _START, "START decided")
    _draw_marks(ax, view, 0.07, [one.ended_at for one in seen], _STOP, "STOP decided")


def _draw_marks(ax: Axes, view: _View, height: float, times: list[float], colour: str, label: str) -> None:
    seen = [time for time in times if view.start <= time <= view.end]
    mark: dict[str, Any] = {"marker": "|", "markersize": 11, "markeredgewidth": 1.8, "linestyle": "none"}
    if seen:
        ax.plot(seen, [height] * len(seen), transform=ax.get_xaxis_transform(), color=colour, label=label, **mark)


def _draw_spans(
    ax: Axes,
    spans: Sequence[tuple[float, float]] | NDArray[np.float64],
    colour: str,
    row: tuple[float, float] | None = None,
    **look: Any,
) -> None:
    """Shade from time to time, over the whole height or over a row: its bottom and height in units of y.

    A hair line around them keeps short ones in sight; in a crowd it would make them look like more than they are.
    """
    widths = [(begin, end - begin) for begin, end in spans if end > begin]
    edge = 0.4 if len(widths) <= _CROWD else 0.0
    look = {"facecolor": colour, "edgecolor": colour, "linewidth": edge, "zorder": 0.5, "snap": False, **look}
    if row is None:
        look["transform"] = ax.get_xaxis_transform()
    if widths:
        ax.broken_barh(widths, row or (0.0, 1.0), **look)


def _draw_probability(ax: Axes, view: _View) -> None:
    config = view.trace.config
    _draw_values(ax, view, view.trace.voice_prob)
    thresholds = _named_thresholds(config, config.start_voice_prob / 100, config.stop_voice_prob / 100)
    for value, _, colour in thresholds:
        ax.axhline(value, color=colour or _ink(ax), linestyle="--", linewidth=1.0)
    _write_thresholds(ax, [(value, f"{name} {value:.2f}", colour) for value, name, colour in thresholds])
    ax.set_ylim(-0.04, 1.04)
    ax.set_yticks([0.0, 0.5, 1.0])
    ax.set_ylabel("probability", fontsize=9)


# At what value, what, and its colour; None: that of the axes' own texts, whatever the style in use.
_Text: TypeAlias = tuple[float, str, str | None]


def _ink(ax: Axes) -> Any:
    return ax.yaxis.label.get_color()


def _named_thresholds(config: AudioVadConfigV2, start: float, stop: float) -> list[_Text]:
    if start == stop or config.algorithm == "consecutive":
        return [(start, "threshold", None)]
    return [(start, "start", _START), (stop, "stop", _STOP)]


def _write_thresholds(ax: Axes, texts: Sequence[_Text]) -> None:
    """Write up to two texts to the right of the panel, each at its height, so that they keep clear of each other."""
    highest = max((value for value, _, _ in texts), default=0.0)
    for value, text, colour in texts:
        place = "center" if len(texts) == 1 else "bottom" if value == highest else "top"
        look: dict[str, Any] = {"color": colour or _ink(ax), "fontsize": _SMALL, "va": place}
        ax.text(1.005, value, text, transform=ax.get_yaxis_transform(), **look)


def _draw_values(ax: Axes, view: _View, values: NDArray[np.float64]) -> None:
    """Draw a value a frame as steps; where frames share a pixel, as their mean and the band of all."""
    if view.size > 1:
        low, high = view.reduce(np.minimum, values), view.reduce(np.maximum, values)
        _draw_band(ax, view, low, high, alpha=0.3, label=f"range of {view.size} frames; line: mean")
    ax.stairs(view.mean(values), view.edges, baseline=None, color=_SIGNAL, linewidth=0.9)


def _draw_level(ax: Axes, view: _View) -> None:
    ticker = matplotlib_module("ticker")
    levels, thresholds = view.trace.rms_db[view.frames], view.trace.thresholds[view.frames]
    _draw_values(ax, view, np.maximum(view.trace.rms_db, _LOWEST_DB))
    changes = np.concatenate(([0], np.flatnonzero(np.diff(thresholds)) + 1))
    edges = view.borders[np.append(changes, len(thresholds))]
    ax.stairs(thresholds[changes], edges, baseline=None, color=_ink(ax), linestyle="--", linewidth=1.0)
    _write_thresholds(ax, _level_thresholds(view.trace.config, thresholds[changes].tolist()))
    lowest = min(max(_LOWEST_DB, float(levels.min())), float(thresholds.min()))
    highest = max(float(levels.max()), float(thresholds.max()))
    ax.set_ylim(lowest - 3, min(0.0, highest + 4) + 2)
    ax.yaxis.set_major_locator(ticker.MaxNLocator(5, steps=[1, 2, 5, 10]))
    clipped = bool(levels.min() < _LOWEST_DB)
    ax.yaxis.set_major_formatter(ticker.FuncFormatter(partial(_level_label, clipped)))
    ax.set_ylabel("level, dBFS", fontsize=9)


def _level_thresholds(config: AudioVadConfigV2, in_force: list[int]) -> list[_Text]:
    """Return where to write what about the thresholds in sight; adaptive ones are too many to name."""
    if config.adaptive_rms:
        low, high = _signed(min(in_force)), _signed(max(in_force))
        return [(in_force[-1], f"threshold {low}" if low == high else f"threshold\n{low} to {high}", None)]
    named = _named_thresholds(config, config.start_rms_threshold, config.stop_rms_threshold)
    return [(value, f"{name} {_signed(value)}", colour) for value, name, colour in named if value in in_force]


def _signed(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _level_label(clipped: bool, value: float, position: int) -> str:
    return ("≤ " if clipped and value == _LOWEST_DB else "") + _signed(value)


def _draw_states(ax: Axes, view: _View, reference: Sequence[Segment] | None) -> None:
    states = view.trace.states[view.frames]
    row = (0.55, 0.9)
    _draw_spans(ax, [(view.borders[0], view.borders[-1])], _SILENT, row, label="not speaking")
    label = "speaking" if reference is None else "speaking; found"
    _draw_spans(ax, _runs(states != VadState.NON_SPEAKING, view.borders), _SPEECH, row, label=label)
    for state, colour in ((VadState.START_SPEAKING, _START), (VadState.STOP_SPEAKING, _STOP)):
        frames = _runs(states == state, view.borders)
        if len(frames) <= _CROWD:
            _draw_spans(ax, frames, colour, row, linewidth=1.4, zorder=0.6)
    ax.set_ylim(0.5, 1.5)
    ax.set_yticks([1.0], ["state"])
    if reference is not None:
        _draw_reference(ax, view, reference)


def _runs(hit: NDArray[np.bool_], borders: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the stretches that are hit begin and end, shape (n, 2)."""
    flips = np.flatnonzero(np.diff(hit.astype(np.int8), prepend=0, append=0))
    return borders[flips].reshape(-1, 2)


def _draw_reference(ax: Axes, view: _View, reference: Sequence[Segment]) -> None:
    found, wanted = view.trace.segments, reference
    borders = np.unique([0.0, view.trace.duration, *(t for one in (*found, *wanted) for t in (one.start, one.end))])
    is_found, is_wanted = _covered(found, borders), _covered(wanted, borders)
    row = (-0.45, 0.9)
    _draw_spans(ax, [(view.borders[0], view.borders[-1])], _SILENT, row)
    _draw_spans(ax, _runs(is_wanted & is_found, borders), _SPEECH, row)
    _draw_spans(ax, _runs(is_wanted & ~is_found, borders), _MISSED, row, label="missed")
    _draw_spans(ax, _runs(is_found & ~is_wanted, borders), _FALSE_ALARM, (-0.45, 0.45), label="false alarm")
    ax.set_ylim(-0.5, 1.5)
    ax.set_yticks([0.0, 1.0], ["reference", "state"])


def _covered(segments: Sequence[Segment], borders: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each stretch between two borders whether any of the segments covers it."""
    starts = np.sort([one.start for one in segments])
    ends = np.sort([one.end for one in segments])
    begun, ended = (np.searchsorted(times, borders[:-1], "right") for times in (starts, ends))
    covered: NDArray[np.bool_] = begun > ended
    return covered


def _lay_out_time(panels: Sequence[Axes], view: _View) -> None:
    mode = "seconds" if view.end <= 120 else "mm:ss" if view.end <= 3600 else "h:mm:ss"
    for panel in panels:
        panel.set_xlim(view.start, view.end)
        _pace(mode, panel)
        panel.callbacks.connect("xlim_changed", partial(_pace, mode))
    panels[-1].set_xlabel("time, s" if mode == "seconds" else f"time, {mode}", fontsize=9)


def _pace(mode: str, ax: Axes) -> None:
    """Put ticks at round times, as many as fit; again whenever the limits change, in an interactive window."""
    ticker = matplotlib_module("ticker")
    low, high = ax.get_xlim()
    count = min(12.0, max(2.0, (2.0 if mode == "seconds" else 1.4) * _inches(ax)))
    step = next((one for one in _STEPS if one * count >= abs(high - low)), _STEPS[-1])
    ax.xaxis.set_major_locator(ticker.MultipleLocator(step))
    ax.xaxis.set_major_formatter(ticker.FuncFormatter(partial(_time_label, mode, step)))


def _time_label(mode: str, step: float, seconds: float, position: int) -> str:
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    rounded = round(seconds, digits)
    if mode == "seconds":
        return f"{rounded:.{digits}f}"
    sign = "−" if rounded < 0 else ""
    minutes, rest = divmod(abs(rounded), 60)
    tail = f"{rest:0{3 + digits if digits else 2}.{digits}f}"
    if mode == "mm:ss":
        return f"{sign}{int(minutes):02d}:{tail}"
    return f"{sign}{int(minutes) // 60}:{int(minutes) % 60:02d}:{tail}"
