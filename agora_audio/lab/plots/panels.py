"""The panels of the picture of a VAD, one below the other: waveform, probability, level, states and reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agora_audio.frames import FRAMES_PER_SECOND
from agora_audio.lab.plots.figures import SMALL, matplotlib_module
from agora_audio.lab.trace import VadTrace
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["View", "draw_level", "draw_probability", "draw_states", "draw_waveform", "view_of"]

_SIGNAL = "#0072B2"
_SPEECH = "#56B4E9"
_START, _STOP = "#009E73", "#D55E00"
_MISSED, _FALSE_ALARM = "#CC79A7", "#E69F00"
_SILENT = "#80808038"
_FRAMES_APART = 3
"""Frames to a pixel that lines still show one by one."""
_CROWD = 150
"""Segments in sight that can be told apart."""
_LOWEST_DB = -100.0


@dataclass(frozen=True)
class View:
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


def view_of(trace: VadTrace, start: float, end: float, groups: int) -> View:
    """Return the frames from `start` to `end` seconds, in up to about `groups` groups."""
    rate = trace.format.sample_rate
    borders = (np.arange(len(trace.states) + 1) * rate // FRAMES_PER_SECOND) / rate
    first = int(np.searchsorted(borders, start, "right")) - 1
    last = int(np.searchsorted(borders, end, "left"))
    size = -(-(last - first) // groups) if last - first > _FRAMES_APART * groups else 1
    return View(trace, start, end, slice(first, last), size, borders[first : last + 1])


def draw_waveform(ax: Axes, view: View) -> None:
    """Draw the waveform, over what was handed out as speech."""
    lowest = view.reduce(np.minimum, view.trace.lowest)
    highest = view.reduce(np.maximum, view.trace.highest)
    _draw_segments(ax, view)
    _draw_band(ax, view, lowest, highest)
    # Digital silence has a band of no height; an outline that shows it would close the gaps in a long recording.
    ax.stairs((lowest + highest) / 2, view.edges, baseline=None, color=_SIGNAL, linewidth=0.5)
    limit = 1.3 * max(float(-lowest.min()), float(highest.max()), 0.001)
    ax.set_ylim(-limit, limit)
    ax.set_ylabel("amplitude", fontsize=9)


def _draw_band(ax: Axes, view: View, low: NDArray[Any], high: NDArray[Any], **look: Any) -> None:
    ax.stairs(high, view.edges, baseline=low, fill=True, color=_SIGNAL, linewidth=0, snap=False, **look)


def _draw_segments(ax: Axes, view: View) -> None:
    """Shade speech and what else was handed out, and mark where START and STOP were decided."""
    seen = [one for one in view.trace.segments if one.audio_end >= view.start and one.audio_start <= view.end]
    speech = [(one.start, one.end) for one in seen]
    extra = [(one.audio_start, one.start) for one in seen] + [(one.end, one.audio_end) for one in seen]
    draw_spans(ax, speech, _SPEECH, alpha=0.3, label="speech")
    if len(seen) > _CROWD:
        draw_spans(ax, extra, _SPEECH, alpha=0.12, label="pre-roll, hang-over")
        return
    draw_spans(ax, extra, "none", hatch="//////", edgecolor=_SPEECH, linewidth=0, label="pre-roll, hang-over")
    _draw_marks(ax, view, 0.93, [one.started_at for one in seen], _START, "START decided")
    _draw_marks(ax, view, 0.07, [one.ended_at for one in seen], _STOP, "STOP decided")


def _draw_marks(ax: Axes, view: View, height: float, times: list[float], colour: str, label: str) -> None:
    seen = [time for time in times if view.start <= time <= view.end]
    mark: dict[str, Any] = {"marker": "|", "markersize": 11, "markeredgewidth": 1.8, "linestyle": "none"}
    if seen:
        ax.plot(seen, [height] * len(seen), transform=ax.get_xaxis_transform(), color=colour, label=label, **mark)


def draw_spans(
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


def draw_probability(ax: Axes, view: View) -> None:
    """Draw the probability of speech with its thresholds."""
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
        look: dict[str, Any] = {"color": colour or _ink(ax), "fontsize": SMALL, "va": place}
        ax.text(1.005, value, text, transform=ax.get_yaxis_transform(), **look)


def _draw_values(ax: Axes, view: View, values: NDArray[np.float64]) -> None:
    """Draw a value a frame as steps; where frames share a pixel, as their mean and the band of all."""
    if view.size > 1:
        low, high = view.reduce(np.minimum, values), view.reduce(np.maximum, values)
        _draw_band(ax, view, low, high, alpha=0.3, label=f"range of {view.size} frames; line: mean")
    ax.stairs(view.mean(values), view.edges, baseline=None, color=_SIGNAL, linewidth=0.9)


def draw_level(ax: Axes, view: View) -> None:
    """Draw the level with the thresholds that were in force."""
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


def draw_states(ax: Axes, view: View, reference: Sequence[Segment] | None) -> None:
    """Draw the states as a strip, and below it, given a reference, what it says of them."""
    states = view.trace.states[view.frames]
    row = (0.55, 0.9)
    draw_spans(ax, [(view.borders[0], view.borders[-1])], _SILENT, row, label="not speaking")
    label = "speaking" if reference is None else "speaking; found"
    draw_spans(ax, _runs(states != VadState.NON_SPEAKING, view.borders), _SPEECH, row, label=label)
    for state, colour in ((VadState.START_SPEAKING, _START), (VadState.STOP_SPEAKING, _STOP)):
        frames = _runs(states == state, view.borders)
        if len(frames) <= _CROWD:
            draw_spans(ax, frames, colour, row, linewidth=1.4, zorder=0.6)
    ax.set_ylim(0.5, 1.5)
    ax.set_yticks([1.0], ["state"])
    if reference is not None:
        _draw_reference(ax, view, reference)


def _runs(hit: NDArray[np.bool_], borders: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the stretches that are hit begin and end, shape (n, 2)."""
    flips = np.flatnonzero(np.diff(hit.astype(np.int8), prepend=0, append=0))
    return borders[flips].reshape(-1, 2)


def _draw_reference(ax: Axes, view: View, reference: Sequence[Segment]) -> None:
    found, wanted = view.trace.segments, reference
    borders = np.unique([0.0, view.trace.duration, *(t for one in (*found, *wanted) for t in (one.start, one.end))])
    is_found, is_wanted = _covered(found, borders), _covered(wanted, borders)
    row = (-0.45, 0.9)
    draw_spans(ax, [(view.borders[0], view.borders[-1])], _SILENT, row)
    draw_spans(ax, _runs(is_wanted & is_found, borders), _SPEECH, row)
    draw_spans(ax, _runs(is_wanted & ~is_found, borders), _MISSED, row, label="missed")
    draw_spans(ax, _runs(is_found & ~is_wanted, borders), _FALSE_ALARM, (-0.45, 0.45), label="false alarm")
    ax.set_ylim(-0.5, 1.5)
    ax.set_yticks([0.0, 1.0], ["reference", "state"])


def _covered(segments: Sequence[Segment], borders: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each stretch between two borders whether any of the segments covers it."""
    starts = np.sort([one.start for one in segments])
    ends = np.sort([one.end for one in segments])
    begun, ended = (np.searchsorted(times, borders[:-1], "right") for times in (starts, ends))
    covered: NDArray[np.bool_] = begun > ended
    return covered
