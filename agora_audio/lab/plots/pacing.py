"""The picture of a rehearsed answer: what arrived, what was sent and heard, what waited where, and what went wrong.

Colours are those of Okabe and Ito; what matters differs in place or shape too, for print in grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.pacing import PacingTrace
from agora_audio.lab.plots.figures import SMALL, Panels, new_panels

__all__ = ["plot_pacing"]

_NEXT = "interrupt: the next answer from here"
_ARRIVED, _SENT, _HEARD = "#E69F00", "#0072B2", "#009E73"
_GAP, _PAUSE, _INTERRUPT = "#CC79A7", "#999999", "#D55E00"
# More points than that are no finer on paper.
_POINTS = 4000


def plot_pacing(
    trace: PacingTrace, ax: Sequence[Any] | NDArray[np.object_] | None = None, title: str | None = None
) -> Any:
    """Draw arrivals, sent and heard sound, both buffers, gaps, pauses and interrupts over one time axis.

    Parameters
    ----------
    trace
        What `Rehearsal.run` returned.
    ax
        Where to draw: four axes; None: a new figure.
    title
        Line above the picture.

    Returns
    -------
    Panels or as given
        The four axes, which a notebook shows as their picture; or `ax`, if that was given.

    Raises
    ------
    ConfigError
        If `ax` is not four axes.
    FormatError
        If nothing happened in the trace.
    EngineUnavailable
        If matplotlib is not installed.

    Examples
    --------
    >>> from agora_audio.frames import AudioFormat
    >>> from agora_audio.lab.pacing import Rehearsal
    >>> panels = plot_pacing(Rehearsal([bytes(32000)], AudioFormat(16000)).run(), title="a second")
    >>> panels.shape
    (4,)
    """
    if not trace.arrived:
        raise FormatError("nothing arrived in the rehearsal, so there is nothing to draw")
    panels = new_panels([3.0, 1.3, 1.8, 0.5]) if ax is None else list(ax)
    if len(panels) != 4:
        raise ConfigError(f"ax is {len(panels)} axes, must be four, or None")
    _draw_sums(panels[0], trace)
    _draw_steps(panels[1], trace.waiting, _ARRIVED, "waiting, s", 1.0)
    panels[1].set_ylim(bottom=0.0)
    _draw_steps(panels[2], trace.held, _SENT, "in the sink, ms", 1000.0)
    panels[2].axhline(trace.config.bound_ms, color="0.3", linestyle="--", linewidth=1.0, label="bound of the lead")
    panels[2].set_ylim(0.0, 1.15 * max(trace.config.bound_ms, 1000.0 * max(held for _, held in trace.held), 1.0))
    _draw_strip(panels[3], trace)
    for panel in panels:
        _draw_events(panel, trace)
    panels[-1].set_xlim(0.0, max(trace.duration, 0.01))
    panels[-1].set_xlabel("time, s", fontsize=9)
    _write_words(panels, trace, title, own=ax is None)
    return np.array(panels, dtype=object).view(Panels) if ax is None else ax


def _draw_sums(ax: Any, trace: PacingTrace) -> None:
    """Draw how much has arrived, been sent and been heard: the sound between two lines is where it waits."""
    end = trace.duration
    for pairs, colour, label in ((trace.arrived, _ARRIVED, "arrived"), (trace.sent, _SENT, "sent")):
        times, values = _thinned([(0.0, 0.0), *pairs, (end, pairs[-1][1])])
        ax.step(times, values, where="post", color=colour, linewidth=1.2, label=label)
    corners = [(0.0, 0.0)]
    for interval in trace.played:
        corners += [(interval.start, corners[-1][1]), (interval.end, corners[-1][1] + interval.end - interval.start)]
    times, values = _thinned([*corners, (end, corners[-1][1])])
    ax.plot(times, values, color=_HEARD, linewidth=1.6, linestyle="--", label="heard")
    ax.set_ylabel("sound, s", fontsize=9)
    ax.set_ylim(bottom=0.0)


def _draw_steps(ax: Any, pairs: Sequence[tuple[float, float]], colour: str, label: str, scale: float) -> None:
    times, values = _thinned(pairs)
    ax.fill_between(times, scale * values, color=colour, alpha=0.25, linewidth=0)
    ax.plot(times, scale * values, color=colour, linewidth=0.8)
    ax.set_ylabel(label, fontsize=9)


def _draw_strip(ax: Any, trace: PacingTrace) -> None:
    """Draw when sound was heard, and when it should have been."""
    ax.broken_barh([(one.start, one.end - one.start) for one in trace.played], (0, 1), color=_HEARD, alpha=0.6)
    gaps = [(gap.time - gap.seconds, gap.seconds) for gap in trace.gaps]
    if gaps:
        ax.broken_barh(gaps, (0, 1), facecolor="none", edgecolor=_GAP, hatch="//////", linewidth=1.0, label="gap")
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    ax.set_ylabel("heard", fontsize=9)


def _draw_events(ax: Any, trace: PacingTrace) -> None:
    for number, (begin, end) in enumerate(trace.pauses):
        ax.axvspan(begin, end, color=_PAUSE, alpha=0.25, linewidth=0, label=None if number else "pause")
    for number, (at, _) in enumerate(trace.interrupts):
        ax.axvline(at, color=_INTERRUPT, linewidth=1.4, linestyle=":", label=None if number else _NEXT)


def _thinned(pairs: Sequence[tuple[float, float]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return times and values; of very many the lowest and the highest of each group."""
    found = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    size = -(-len(found) // ((_POINTS - 1) // 2))
    if size <= 2:
        return found[:, 0], found[:, 1]
    starts = np.arange(0, len(found), size)
    low, high = (ufunc.reduceat(found[:, 1], starts) for ufunc in (np.minimum, np.maximum))
    times, values = np.repeat(found[starts, 0], 2), np.stack([low, high], axis=1).ravel()
    return np.append(times, found[-1, 0]), np.append(values, found[-1, 1])


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _write_words(panels: Sequence[Any], trace: PacingTrace, title: str | None, own: bool) -> None:
    named = {
        label: handle for panel in panels for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    look = {"fontsize": SMALL, "frameon": False, "handlelength": 1.6, "columnspacing": 1.4}
    owner = panels[0].get_figure() if own else panels[0]
    place = {"loc": "outside lower center"} if own else {"loc": "upper left"}
    owner.legend(named.values(), named, ncols=len(named) if own else 1, **look, **place)
    lost = trace.stats.dropped_bytes / trace.format.sample_bytes / trace.format.sample_rate
    facts = [
        trace.format.describe(),
        f"lead {trace.config.lead_ms} ms",
        f"{_counted(len(trace.gaps), 'gap')}, {sum(gap.seconds for gap in trace.gaps):.2f} s",
        f"{_counted(len(trace.interrupts), 'interrupt')}, {lost:.2f} s dropped",
    ]
    text = panels[0].set_title((f"{title}\n" if title else "") + "; ".join(facts), loc="left", fontsize=9)
    text.set_parse_math(False)  # a file name may hold dollar signs
