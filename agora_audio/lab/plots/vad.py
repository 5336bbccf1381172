"""`plot_vad`: the whole picture of what a VAD saw and decided in one recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.plots.figures import (
    Panels,
    lay_out_time,
    matplotlib_module,
    new_panels,
    write_legend,
    write_summary,
    write_title,
)
from agora_audio.lab.plots.panels import draw_level, draw_probability, draw_states, draw_waveform, view_of
from agora_audio.lab.trace import VadTrace
from agora_audio.vad.segments import Segment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_vad"]

# A group of frames for each pixel of a figure of ours, and not fewer in a small panel: print has finer dots.
_GROUPS = 1200


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
    panels = given if given is not None else new_panels([3.0, 2.0, 2.6, 0.4 if reference is None else 0.8])
    view = view_of(trace, *span, groups=max(_GROUPS, int(panels[0].bbox.width)))
    draw_waveform(panels[0], view)
    if len(panels) > 1:
        draw_probability(panels[1], view)
        draw_level(panels[2], view)
        draw_states(panels[3], view, reference)
    lay_out_time(panels, view.start, view.end)
    if given is None:
        write_legend(panels, panels[0].get_figure(), loc="outside lower center")
        rows: float = write_summary(panels[0], trace)
    else:
        rows = 1.25 * write_legend(panels, panels[0], loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0)
    write_title(panels[0], title, rows)
    return np.array(panels, dtype=object).view(Panels) if given is None else ax


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
