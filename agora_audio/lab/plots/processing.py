"""A picture of sound before and after processing: waveform, spectrograms and levels over one time axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import ConfigError
from agora_audio.frames import SILENCE_DB
from agora_audio.lab.plots.figures import SMALL, Panels, lay_out_time, new_panels
from agora_audio.lab.plots.panels import draw_spans
from agora_audio.lab.processing import BeforeAfter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_processing"]

_BEFORE, _AFTER, _SPEECH = "#808080", "#0072B2", "#56B4E9"
# One column of a spectrogram, one group of a waveform or a level for each pixel, and no more.
_COLUMNS = 1200
_WINDOW_S = 0.032
_RANGE_DB = 80.0
_LOWEST_DB = -100.0


def plot_processing(sound: BeforeAfter, title: str | None = None, start: float = 0.0, end: float | None = None) -> Any:
    """Draw waveforms, spectrograms and levels before and after, and the speech that was found.

    Parameters
    ----------
    sound
        What `ProcessingTrace.result` returned.
    title
        Line above the picture.
    start, end
        Part to draw, seconds; `end` None, or behind the end: to the end.

    Returns
    -------
    Panels
        The four axes, which a notebook shows as their picture.

    Raises
    ------
    ConfigError
        If `start` or `end` is not usable.
    EngineUnavailable
        If matplotlib is not installed.
    """
    last = sound.duration if end is None else min(end, sound.duration)
    if not 0.0 <= start < last:
        raise ConfigError(f"start is {start!r}, end is {end!r}: must be 0 <= start < end, up to {sound.duration:g} s")
    panels = new_panels([2.4, 2.2, 2.2, 2.0], (10.0, 8.6))
    figure: Any = panels[0].figure
    part = slice(round(start * sound.rate), round(last * sound.rate))
    before, after = sound.before[part], sound.after[part]
    _draw_waveforms(panels[0], before, after, start, sound.rate)
    loudest = max(_spectrum(side, sound.rate).max() for side in (before, after))
    for panel, side, name in ((panels[1], before, "before"), (panels[2], after, "after")):
        image = _draw_spectrogram(panel, side, start, sound.rate, loudest)
        panel.set_ylabel(f"{name}, kHz", fontsize=9)
    bar = figure.colorbar(image, ax=panels[1:3], pad=0.01, aspect=40)
    bar.ax.tick_params(labelsize=SMALL)
    bar.set_label("dB", fontsize=SMALL)
    _draw_levels(panels[3], before, after, start, sound.rate)
    if sound.with_vad:
        seen = [(one.start, one.end) for one in sound.segments if one.end > start and one.start < last]
        for panel in (panels[0], panels[3]):
            draw_spans(panel, seen, _SPEECH, alpha=0.3, label="speech found")
    lay_out_time(panels, start, last)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=SMALL, frameon=False)
    if title is not None:
        panels[0].set_title(title, loc="left", fontsize=11).set_parse_math(False)
    return np.array(panels, dtype=object).view(Panels)


def _groups(length: int) -> tuple[int, int]:
    """Return into how many groups so many samples are put, and of how many samples each."""
    size = max(1, -(-length // _COLUMNS))
    return length // size, size


def _draw_waveforms(ax: Axes, before: NDArray[np.int16], after: NDArray[np.int16], start: float, rate: int) -> None:
    count, size = _groups(len(before))
    edges = start + np.arange(count + 1) * size / rate
    limit = 0.001
    for side, colour, label in ((before, _BEFORE, "before"), (after, _AFTER, "after")):
        groups = side[: count * size].reshape(count, size) / 32768
        low, high = groups.min(axis=1), groups.max(axis=1)
        ax.stairs(high, edges, baseline=low, fill=True, color=colour, linewidth=0, alpha=0.75, label=label)
        ax.stairs((low + high) / 2, edges, baseline=None, color=colour, linewidth=0.5)
        limit = max(limit, 1.1 * float(np.abs(groups).max()))
    ax.set_ylim(-limit, limit)
    ax.set_ylabel("amplitude", fontsize=9)


def _spectrum(sound: NDArray[np.int16], rate: int) -> NDArray[np.float64]:
    """Return a spectrogram in dB, of a full-scale sine 0 dB, shape (frequencies, columns)."""
    length = int(_WINDOW_S * rate)
    columns = min(_COLUMNS, max(1, 2 * len(sound) // length))
    padded = np.pad(sound.astype(np.float64) / 32768, length // 2)
    begins = np.linspace(0, len(padded) - length, columns).astype(np.intp)
    window = np.hanning(length)
    # Long recordings have more windows than columns: a column shows one of them.
    frames = padded[begins[:, None] + np.arange(length)] * window
    power = np.abs(np.fft.rfft(frames, axis=1)) * 2 / window.sum()
    decibels: NDArray[np.float64] = 20 * np.log10(np.maximum(power, 1e-6)).T
    return decibels


def _draw_spectrogram(ax: Axes, sound: NDArray[np.int16], start: float, rate: int, loudest: float) -> Any:
    spectrum = _spectrum(sound, rate)
    extent = (start, start + len(sound) / rate, 0.0, rate / 2000)
    return ax.imshow(
        spectrum,
        origin="lower",
        aspect="auto",
        extent=extent,
        cmap="magma",
        vmin=loudest - _RANGE_DB,
        vmax=loudest,
        interpolation="nearest",
    )


def _draw_levels(ax: Axes, before: NDArray[np.int16], after: NDArray[np.int16], start: float, rate: int) -> None:
    length = rate // 100
    frames = len(before) // length
    count = min(_COLUMNS, frames)
    if not count:
        return
    bounds = np.linspace(0, frames, count + 1).astype(np.intp)
    lowest = 0.0
    for side, colour in ((before, _BEFORE), (after, _AFTER)):
        power = np.mean((side[: frames * length].reshape(frames, length) / 32768.0) ** 2, axis=1)
        grouped = np.add.reduceat(power, bounds[:-1]) / np.diff(bounds)
        levels = np.maximum(10 * np.log10(np.maximum(grouped, 10 ** (SILENCE_DB / 10))), _LOWEST_DB)
        ax.stairs(levels, start + bounds * length / rate, baseline=None, color=colour, linewidth=0.9)
        lowest = min(lowest, float(levels.min()))
    ax.set_ylim(lowest - 3.0, 2.0)
    ax.set_ylabel("level, dBFS", fontsize=9)
