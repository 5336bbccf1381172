"""Figures: made with matplotlib's objects, laid out, labelled, saved whole or not at all."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agora_audio.errors import ConfigError, EngineUnavailable
from agora_audio.lab.files import write_whole
from agora_audio.lab.trace import VadTrace
from agora_audio.vad.config import AudioVadConfigV2

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "SMALL",
    "Panels",
    "check_figure_path",
    "lay_out_time",
    "matplotlib_module",
    "new_panels",
    "save_figure",
    "write_legend",
    "write_summary",
    "write_title",
]  # fmt: skip

_SUFFIXES = (".png", ".svg", ".pdf")
_SIZE = (10.0, 6.4)
_DPI = 150
SMALL = 8.0
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
    write_whole(target, _drawn(_figure_of(figure_or_axes), target.suffix.lower()[1:]))


def check_figure_path(path: str | Path) -> Path:
    """Return `path`, before work whose figure it is to hold.

    Raises
    ------
    ConfigError
        If its suffix names no format of a figure.
    EngineUnavailable
        If matplotlib is not installed.
    """
    matplotlib_module("figure")
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
    """Import a module of matplotlib, or raise the EngineUnavailable that names the extra."""
    try:
        import_module("matplotlib")
        return import_module(f"matplotlib.{module}")
    except ImportError as error:
        raise EngineUnavailable(f"plots need matplotlib ({error}): pip install 'agora-audio[plot]'") from None


def new_panels(heights: Sequence[float], size: tuple[float, float] = _SIZE) -> list[Axes]:
    """Return the axes of a new figure, one above the other with these parts of its height; `size` in inches."""
    figure = matplotlib_module("figure").Figure(figsize=size, dpi=_DPI, layout="constrained")
    panels = list(figure.subplots(len(heights), sharex=True, height_ratios=heights))
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=SMALL)
    figure.align_ylabels(panels)
    return panels


def _inches(ax: Axes) -> float:
    return float(ax.bbox.width / ax.figure.dpi)


def write_legend(panels: Sequence[Axes], owner: Any, **place: Any) -> int:
    """Explain every label once, in rows that are evenly filled, and return how many rows that took."""
    pairs = [zip(*panel.get_legend_handles_labels(), strict=True) for panel in panels]
    named = {label: handle for pair in pairs for handle, label in pair}
    if not named:
        return 0
    rows = math.ceil(len(named) / max(1, int(0.8 * _inches(panels[0]))))
    look = {"fontsize": SMALL, "frameon": False, "handlelength": 1.4, "columnspacing": 1.4}
    owner.legend(named.values(), named, ncols=math.ceil(len(named) / rows), **look, **place)
    return rows


def write_summary(ax: Axes, trace: VadTrace) -> int:
    """Write the format, the algorithm and what the config has other than the defaults, and return in how many rows."""
    config, usual = trace.config, AudioVadConfigV2()
    names = [spec.name for spec in fields(config) if spec.name != "algorithm"]
    changed = [f"{name} {getattr(config, name)}" for name in names if getattr(config, name) != getattr(usual, name)]
    summary = f"{trace.format.describe()}; {config.algorithm}; {', '.join(changed) or 'default parameters'}"
    lines = textwrap.wrap(summary, int(17 * _inches(ax)))
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "bottom"}
    ax.annotate("\n".join(lines), (0.0, 1.0), xytext=(0.0, 5.0), fontsize=SMALL, **place)
    return len(lines)


def write_title(ax: Axes, title: str | None, rows: float) -> None:
    """Write the title, above so many rows of small print, from the left edge of the panel."""
    if title is not None:
        heading = "\n".join(textwrap.wrap(title, max(10, int(11 * _inches(ax)))))
        text = ax.set_title(heading, loc="left", fontsize=11, pad=8.0 + 1.4 * SMALL * rows)
        text.set_parse_math(False)  # a file name may hold dollar signs


def lay_out_time(panels: Sequence[Axes], start: float, end: float) -> None:
    """Let all panels show the same time, with ticks where a reader expects them."""
    mode = "seconds" if end <= 120 else "mm:ss" if end <= 3600 else "h:mm:ss"
    for panel in panels:
        panel.set_xlim(start, end)
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
