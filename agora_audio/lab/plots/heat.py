"""A heat map: what a sweep found over two fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from agora_audio.errors import ConfigError
from agora_audio.lab.plots.figures import SMALL, matplotlib_module

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_heat"]

# More numbers than this in a row of cells run into each other.
_WRITTEN = 16


def plot_heat(
    rows: Sequence[Mapping[str, Any]],
    x: str,
    y: str,
    metric: str,
    *,
    largest: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a metric over two fields.

    Parameters
    ----------
    rows
        A mapping for each config that was tried, with the fields and the metric.
    x, y
        Names of the fields.
    metric
        Name of what is drawn.
    largest
        Where several rows share a cell, because other fields vary too: whether the largest or the smallest value is
        drawn, and framed as the best; None: their mean is drawn, and nothing framed.
    ax
        Axes to draw on; None: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ConfigError
        If there are no rows, or they lack one of the names.
    EngineUnavailable
        If matplotlib is not installed.
    """
    if not rows or any(name not in row for row in rows for name in (x, y, metric)):
        raise ConfigError(f"there are no rows with {x}, {y} and {metric}: nothing to draw")
    columns, lines = ([*dict.fromkeys(row[name] for row in rows)] for name in (x, y))
    columns, lines = (sorted(values, key=_order) for values in (columns, lines))
    cells = _cells(rows, (x, columns), (y, lines), metric, largest)
    if ax is None:
        size = (2.5 + 0.55 * max(6, min(len(columns), 20)), 1.6 + 0.42 * max(5, min(len(lines), 20)))
        figure = matplotlib_module("figure").Figure(figsize=size, dpi=150, layout="constrained")
        ax = figure.subplots()
    picture = ax.imshow(cells, cmap="cividis", aspect="auto", origin="lower")
    ax.set_xticks(range(len(columns)), [_label(value) for value in columns], fontsize=SMALL)
    ax.set_yticks(range(len(lines)), [_label(value) for value in lines], fontsize=SMALL)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    which = {None: "", True: ", the largest over other fields", False: ", the smallest over other fields"}[largest]
    ax.set_title(f"{metric}{which if len(rows) > cells.size else ''}", fontsize=10)
    if len(columns) <= _WRITTEN and len(lines) <= _WRITTEN:
        _write_values(ax, cells)
    if largest is not None and np.isfinite(cells).any():
        _frame_best(ax, cells, largest)
    ax.figure.colorbar(picture, ax=ax).ax.tick_params(labelsize=SMALL)
    return ax


def _cells(
    rows: Sequence[Mapping[str, Any]],
    across: tuple[str, list[Any]],
    up: tuple[str, list[Any]],
    metric: str,
    largest: bool | None,
) -> Any:
    found: dict[tuple[Any, Any], list[float]] = {}
    for row in rows:
        if row[metric] is not None:
            found.setdefault((row[up[0]], row[across[0]]), []).append(float(row[metric]))
    cells = np.full((len(up[1]), len(across[1])), np.nan)
    for at, line in enumerate(up[1]):
        for to, column in enumerate(across[1]):
            if values := found.get((line, column)):
                cells[at, to] = np.mean(values) if largest is None else max(values) if largest else min(values)
    return cells


def _order(value: Any) -> tuple[bool, Any]:
    return value is None, str(value) if isinstance(value, str) else value


def _label(value: Any) -> str:
    return "never" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _write_values(ax: Axes, cells: Any) -> None:
    low, high = np.nanmin(cells, initial=np.inf), np.nanmax(cells, initial=-np.inf)
    for (line, column), value in np.ndenumerate(cells):
        if np.isfinite(value):
            dark = value < (low + high) / 2 or low == high
            text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
            ax.text(column, line, text, ha="center", va="center", fontsize=7, color="white" if dark else "black")


def _frame_best(ax: Axes, cells: Any, largest: bool) -> None:
    at = np.nanargmax(cells) if largest else np.nanargmin(cells)
    line, column = np.unravel_index(at, cells.shape)
    frame = matplotlib_module("patches").Rectangle((column - 0.5, line - 0.5), 1, 1, fill=False, lw=2.0, ec="#D55E00")
    ax.add_patch(frame)
