"""The picture of a rehearsal shows what the trace holds."""

from __future__ import annotations

import pytest

from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.lab.pacing import Arrival, PacingTrace, Rehearsal
from agora_audio.lab.plots import Panels, save_figure
from agora_audio.lab.plots.pacing import plot_pacing
from tests.consumer.model import sound

Figure = pytest.importorskip("matplotlib.figure").Figure
MONO = AudioFormat(16000)
NEXT = "interrupt: the next answer from here"


@pytest.fixture(scope="module")
def trace():
    arrival = Arrival(stalls=((1.0, 3.0),))
    return Rehearsal([sound(200_000)], MONO, arrival=arrival, interrupts=[5.0], pauses=[(0.5, 0.3)]).run()


def test_all_that_happened_is_named_once(trace, tmp_path):
    panels = plot_pacing(trace, title="a $call$")
    assert isinstance(panels, Panels)
    named = [text.get_text() for text in panels[0].figure.legends[0].get_texts()]
    assert sorted(named) == ["arrived", "bound of the lead", "gap", "heard", NEXT, "pause", "sent"]
    assert panels[0].get_title(loc="left") == (
        "a $call$\n16000 Hz mono; lead 100 ms; 1 gap, 1.62 s; 1 interrupt, "
        f"{trace.stats.dropped_bytes / 32000:.2f} s dropped"
    )
    save_figure(panels, tmp_path / "timeline.png")
    assert (tmp_path / "timeline.png").stat().st_size > 10_000


def test_the_lines_end_where_the_sums_do(trace):
    lines = {line.get_label(): line.get_ydata() for line in plot_pacing(trace)[0].lines}
    assert lines["arrived"][-1] == 6.25
    assert lines["heard"][-1] == pytest.approx(6.25 - trace.stats.dropped_bytes / 32000)


def test_a_long_one_keeps_its_extremes():
    trace = Rehearsal([sound(32_000 * 400)], MONO).run()
    held = plot_pacing(trace)[2].lines[0].get_ydata()
    assert len(held) <= 4000
    assert held.max() == pytest.approx(100.0)


def test_axes_may_be_given(trace):
    axes = Figure().subplots(4)
    assert plot_pacing(trace, axes) is axes
    with pytest.raises(ConfigError, match="ax is 2 axes, must be four"):
        plot_pacing(trace, Figure().subplots(2))


def test_nothing_is_no_picture():
    with pytest.raises(FormatError, match="nothing arrived"):
        plot_pacing(PacingTrace(MONO, None))
