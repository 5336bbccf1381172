"""The tuner without a browser: what a slider sends is decided at once, wrong values are said, the config goes on."""

from __future__ import annotations

import dataclasses
import json
import sys

import numpy as np
import pytest

from agora_audio.cli import main
from agora_audio.errors import ConfigError, EngineUnavailable, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.lab import notebook
from agora_audio.lab.labels import read_labels
from agora_audio.lab.notebook import VadTuner, table, tune_dump, tune_speech
from agora_audio.lab.report import describe_lane, frame_bytes, record_blocks
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import detect_speech
from agora_audio.vad.segments import Segment
from tests.vad.pieces import TEST_DATA

DIALOGUE = TEST_DATA / "dialogue_16k.wav"
REFERENCE = [row.segment for row in read_labels(TEST_DATA / "dialogue_16k.json")]
LOW = AudioVadConfigV2.preset("low-latency")


def test_without_the_extra_the_error_names_it(monkeypatch):
    notebook._widget_class.cache_clear()
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(EngineUnavailable, match=r"pip install 'agora-audio\[notebook\]'"):
        tune_speech(DIALOGUE, engine="energy")
    notebook._widget_class.cache_clear()


def test_every_field_of_a_config_has_a_control_that_reaches_its_default():
    fields = {field["name"]: field for field in notebook._fields()}
    usual = AudioVadConfigV2()
    assert sorted(fields) == sorted(spec.name for spec in dataclasses.fields(usual))
    for name, field in fields.items():
        value = getattr(usual, name)
        assert field["help"].endswith(".")
        assert field["kind"] == ("choice" if name == "algorithm" else "switch" if isinstance(value, bool) else "number")
        if field["kind"] == "number" and value is not None:
            assert field["low"] <= value <= field["high"]
            assert round((value - field["low"]) / field["step"], 6).is_integer()


def test_the_ends_of_every_slider_are_values_that_a_config_takes():
    roomy = AudioVadConfigV2(pre_start_recognize_count=0, start_recognize_count=100).to_dict()
    for field in notebook._fields():
        for value in {field.get("low"), field.get("high")} - {None}:
            if field["name"] == "max_speech":
                AudioVadConfigV2(start_recognize_count=10, max_speech=value)
            else:
                AudioVadConfigV2.from_dict({**roomy, field["name"]: value})


@pytest.fixture
def tuner():
    pytest.importorskip("anywidget")
    return tune_speech(DIALOGUE, reference=REFERENCE)


def test_it_begins_with_what_detection_finds(tuner):
    assert list(tuner.segments) == detect_speech(DIALOGUE)
    now, before = tuner.widget.lane, tuner.widget.other
    assert {**before, "name": "now"} == now == describe_lane("now", tuner.trace, REFERENCE)
    assert tuner.widget.frames == frame_bytes(tuner.trace)
    assert tuner.widget.document["title"] == "dialogue_16k.wav"
    assert tuner.widget.sound[:1] in (b"\xff", b"I")  # a frame of MPEG audio, or the tag before it
    json.dumps([tuner.widget.document, tuner.widget.lane, tuner.widget.fields, tuner.widget.usual], allow_nan=False)


@pytest.mark.parametrize("change", [{"stop_recognize_count": 12}, {"algorithm": "consecutive"}, {"max_speech": 1.5}])
def test_what_a_slider_sends_is_decided_as_detection_decides(tuner, change):
    tuner.widget.config = {**tuner.widget.config, **change}
    wanted = AudioVadConfigV2(**change)
    assert (tuner.config, tuner.widget.problem) == (wanted, "")
    assert list(tuner.segments) == detect_speech(DIALOGUE, config=wanted)
    assert tuner.widget.lane == describe_lane("now", tuner.trace, REFERENCE)
    assert tuner.widget.other["config"] == AudioVadConfigV2().to_dict()


@pytest.mark.parametrize("change", [{"max_speech": 0.1}, {"start_voice_prob": 101}, {"stop_recognize_count": 1.5}])
def test_a_config_that_cannot_be_is_said_and_what_was_found_stays(tuner, change):
    lane, config = tuner.widget.lane, tuner.config
    tuner.widget.config = {**tuner.widget.config, **change}
    assert next(iter(change)) in tuner.widget.problem
    assert (tuner.widget.lane, tuner.config) == (lane, config)
    tuner.widget.config = {**tuner.widget.config, **LOW.to_dict()}
    assert (tuner.widget.problem, tuner.config) == ("", LOW)


def test_python_moves_the_sliders_and_refuses_what_is_no_config(tuner):
    tuner.config = LOW
    assert (tuner.config, tuner.widget.config) == (LOW, LOW.to_dict())
    with pytest.raises(ConfigError, match="must be an AudioVadConfigV2"):
        tuner.config = "low-latency"


def test_what_is_kept_is_shown_beside_it(tuner):
    tuner.config = LOW
    tuner.widget.kept = tuner.widget.config
    tuner.config = AudioVadConfigV2()
    assert [(lane["name"], lane["config"]) for lane in (tuner.widget.lane, tuner.widget.other)] == [
        ("now", AudioVadConfigV2().to_dict()),
        ("kept", LOW.to_dict()),
    ]


def test_the_saved_config_is_taken_by_detection(tuner, tmp_path, capsys):
    tuner.config = LOW
    tuner.save(tmp_path / "vad.json")
    assert AudioVadConfigV2.from_json((tmp_path / "vad.json").read_text()) == LOW
    assert main(["vad", "detect", str(DIALOGUE), "--config", str(tmp_path / "vad.json")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(tuner.segments)


def test_a_dump_is_tuned_as_its_recording(tmp_path, capsys):
    pytest.importorskip("anywidget")
    assert main(["vad", "dump", str(DIALOGUE), "--out", str(tmp_path), "--preset", "low-latency"]) == 0
    tuner = tune_dump(tmp_path)
    assert tuner.config == LOW
    assert list(tuner.segments) == detect_speech(DIALOGUE, config=LOW)


def test_a_notebook_shows_it(tuner):
    shown = tuner._repr_mimebundle_()
    data = shown[0] if isinstance(shown, tuple) else shown
    assert "application/vnd.jupyter.widget-view+json" in data


def test_rows_become_a_table_of_the_columns_that_are_wanted():
    rows = [Segment(0.5, 1.25), {"start": 3, "notes": ("[b]", "torn"), "end": None}]
    shown = table(rows, ["start", "end", "notes"])
    columns = {column.header: [cell.plain for cell in column.cells] for column in shown.columns}
    assert columns == {"start": ["0.5", "3"], "end": ["1.25", ""], "notes": ["", "[b], torn"]}
    assert [column.header for column in table(iter([{"b": 1}, {"a": 2, "b": 3}])).columns] == ["b", "a"]
    assert table([]).row_count == 0
    assert "text/html" in shown._repr_mimebundle_([], [])
    with pytest.raises(FormatError, match="a row is 'start', must be a mapping or a dataclass"):
        table(["start"])


def test_hours_are_refused_and_what_to_do_is_said():
    hour = record_blocks([np.zeros(16000 * 60, "<i2").tobytes()] * 31, AudioFormat(), engine="energy")
    with pytest.raises(ConfigError, match=r"1860 s long, a notebook takes up to 1800 s: cut it, or write a report"):
        VadTuner(hour)
