"""The heat map: cells, order, what is framed."""

from __future__ import annotations

import numpy as np
import pytest

from agora_audio.errors import ConfigError
from agora_audio.lab.plots import plot_heat

pytest.importorskip("matplotlib")

ROWS = [
    {"a": a, "b": b, "other": other, "cost": 100 * a + b + other if b else None}
    for a in (3, 1, 2)
    for b in (0, 5, 7.5)
    for other in (0, 50)
]


@pytest.mark.parametrize(
    ("largest", "cell", "title"),
    [
        (None, 130.0, "cost"),
        (True, 155.0, "cost, the largest over other fields"),
        (False, 105.0, "cost, the smallest over other fields"),
    ],
)
def test_cells_are_sorted_and_rows_that_share_one_are_joined(largest, cell, title):
    ax = plot_heat(ROWS, "a", "b", "cost", largest=largest)
    cells = np.ma.getdata(ax.images[0].get_array())
    assert cells.shape == (3, 3)
    assert np.isnan(cells[0]).all()  # nobody could measure it there
    assert cells[1, 0] == cell
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "2", "3"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0", "5", "7.5"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("a", "b", title)
    frames = [patch for patch in ax.patches if not patch.get_fill()]
    assert [frame.get_xy() for frame in frames] == {None: [], True: [(1.5, 1.5)], False: [(-0.5, 0.5)]}[largest]


def test_words_switches_and_never_are_values_too():
    rows = [{"x": x, "y": y, "f1": 0.5} for x in (None, 10.0, 2.0) for y in ("percent", "consecutive")]
    ax = plot_heat(rows, "x", "y", "f1", largest=True)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["2", "10", "never"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["consecutive", "percent"]
    ax.figure.canvas.draw()


def test_it_draws_on_axes_that_are_there():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    assert plot_heat(ROWS, "a", "b", "cost", ax=ax) is ax


def test_nothing_to_draw():
    for rows in ([], [{"a": 1, "b": 2}]):
        with pytest.raises(ConfigError, match="there are no rows with a, b and cost"):
            plot_heat(rows, "a", "b", "cost")
