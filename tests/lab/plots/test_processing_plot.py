"""plot_processing: what is drawn is what was before and after; judged by the artists' data, never by pixels."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from agora_audio.errors import ConfigError, EngineUnavailable
from agora_audio.lab.plots import save_figure
from agora_audio.lab.plots.processing import plot_processing
from agora_audio.lab.processing import BeforeAfter
from agora_audio.vad.segments import Segment

pytest.importorskip("matplotlib.figure")


def sound(db, seconds, rate=16000):
    wave = np.sin(2 * np.pi * 1000 * np.arange(round(rate * seconds)) / rate) * np.sqrt(2) * 32768 * 10 ** (db / 20)
    return np.rint(wave).astype(np.int16)


def result(seconds=4.0, rate=16000, segments=(), with_vad=False):
    return BeforeAfter(rate, sound(-10, seconds, rate), sound(-30, seconds, rate), segments, with_vad)


def steps(ax):
    return [patch.get_data() for patch in ax.patches if hasattr(patch, "get_data")]


def test_four_panels_on_one_time_axis():
    panels = plot_processing(result())
    assert [ax.get_ylabel() for ax in panels] == ["amplitude", "before, kHz", "after, kHz", "level, dBFS"]
    assert {ax.get_xlim() for ax in panels} == {(0.0, 4.0)}
    legend = panels[0].figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["before", "after"]


def test_levels_are_those_of_the_sound():
    before, after = steps(plot_processing(result())[3])
    assert before.values == pytest.approx(-10, abs=0.1)
    assert after.values == pytest.approx(-30, abs=0.1)
    assert (before.edges[0], before.edges[-1]) == (0.0, 4.0)


def test_waveforms_reach_as_far_as_the_sound():
    areas = [step for step in steps(plot_processing(result())[0]) if step.baseline is not None]
    for area, db in zip(areas, (-10, -30), strict=True):
        peak = np.sqrt(2) * 10 ** (db / 20)
        assert area.values.max() == pytest.approx(peak, rel=0.02)
        assert np.min(area.baseline) == pytest.approx(-peak, rel=0.02)


def test_both_spectrograms_are_of_one_scale_and_show_the_tone():
    _, before, after, _ = plot_processing(result())
    images = [ax.images[0] for ax in (before, after)]
    assert images[0].get_clim() == images[1].get_clim()
    for image, db in zip(images, (-7, -27), strict=True):
        values = np.asarray(image.get_array())
        column = values[:, values.shape[1] // 2]
        assert column.max() == pytest.approx(db, abs=1.0)
        assert int(np.argmax(column)) / (len(column) - 1) * 8 == pytest.approx(1.0, abs=0.05)
        assert image.get_extent() == [0.0, 4.0, 0.0, 8.0]


def test_speech_is_marked_where_it_was_found():
    segments = tuple(Segment(a, b, a, b, a, b) for a, b in ((0.5, 1.0), (2.0, 3.5)))
    panels = plot_processing(result(segments=segments, with_vad=True))
    found = [one for one in panels[0].collections if one.get_label() == "speech found"]
    assert len(found[0].get_paths()) == 2
    assert "speech found" in [text.get_text() for text in panels[0].figure.legends[0].get_texts()]
    part = plot_processing(result(segments=segments, with_vad=True), start=1.5, end=2.5)
    (one,) = [one for one in part[0].collections if one.get_label() == "speech found"]
    assert len(one.get_paths()) == 1


def test_a_part_is_drawn_alone():
    panels = plot_processing(result(), title="$a$ part", start=1.0, end=2.0)
    assert {ax.get_xlim() for ax in panels} == {(1.0, 2.0)}
    assert panels[0].get_title(loc="left") == "$a$ part"
    assert plot_processing(result(), end=99.0)[0].get_xlim() == (0.0, 4.0)


@pytest.mark.parametrize("seconds", [1 / 16000, 0.005, 0.02, 0.5])
@pytest.mark.parametrize("rate", [8000, 11025, 48000])
def test_short_sound_and_silence_are_drawn(tmp_path, seconds, rate):
    count = max(1, round(seconds * rate))
    silent = BeforeAfter(rate, np.zeros(count, np.int16), np.zeros(count, np.int16), (), True)
    save_figure(plot_processing(silent), tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size > 1000


@pytest.mark.parametrize(
    ("start", "end"), [(-1.0, None), (4.0, None), (2.0, 1.0), (1.0, 1.0), (float("nan"), None), (0.0, float("nan"))]
)
def test_a_part_that_is_none_is_a_config_error(start, end):
    with pytest.raises(ConfigError, match="must be 0 <= start < end, up to 4 s"):
        plot_processing(result(), start=start, end=end)


def test_where_matplotlib_is_missing_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(EngineUnavailable, match="pip install"):
        plot_processing(result())
