"""lab sweep: the grid, its columns and order, where it goes, and every way to call it wrongly."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys

import pytest

from agora_audio.lab import decide
from agora_audio.lab.labels import LabelledSegment, write_labels
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.segments import Segment
from tests.cli.shell import Terminal
from tests.vad.pieces import TEST_DATA

DIALOGUE, REFERENCE = TEST_DATA / "dialogue_16k.wav", TEST_DATA / "dialogue_16k.json"
GRID = ("--stop-recognize-count", "20,30", "--active-percent", "0.5,0.7")
SMALL = ("--ref", REFERENCE, "--engine", "webrtc")


def swept(cli, *words):
    result = cli("lab", "sweep", *SMALL, *words)
    assert result.code == 0, result.err
    return json.loads(result.out)


def test_every_combination_is_a_row(cli):
    rows = swept(cli, "--stop-recognize-count", "20:80:30", "--start-recognize-count", "10,30", "--metric", "splits,f1")
    assert [list(row) for row in rows] == 6 * [["start_recognize_count", "stop_recognize_count", "splits", "f1"]]
    pairs = [(row["start_recognize_count"], row["stop_recognize_count"]) for row in rows]
    assert pairs == [(10, 20), (10, 50), (10, 80), (30, 20), (30, 50), (30, 80)]


def test_a_row_is_what_lab_eval_says(cli):
    (row,) = swept(cli, "--stop-recognize-count", "40", "--preset", "noisy", "--metric", "f1,end_latency_ms,missed")
    words = ("--stop-recognize-count", "40", "--preset", "noisy")
    values = json.loads(cli("lab", "eval", *SMALL, *words).out)
    assert row == {
        "stop_recognize_count": 40,
        **{name: values[name] for name in ("f1", "end_latency_ms", "missed_utterances")},
    }


def test_with_an_objective_the_best_come_first(cli):
    words = ("--stop-recognize-count", "20:80:10", "--objective", "end-of-turn", "--metric", "splits")
    costs = [row["turn_cost_ms"] for row in swept(cli, *words)]
    assert costs == sorted(costs)
    assert [row["turn_cost_ms"] for row in swept(cli, *words, "--top", "2")] == costs[:2]
    limited = swept(
        cli, "--stop-recognize-count", "20:80:10", "--minimise", "end_latency_ms", "--subject-to", "splits==0"
    )
    assert limited[0]["splits"] == 0
    assert [row["splits"] > 0 for row in limited] == sorted(row["splits"] > 0 for row in limited)


def test_a_table_on_a_terminal(cli, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert cli("lab", "sweep", *SMALL, "--adaptive-rms", "on,off", "--metric", "f1").code == 0
    lines = terminal.getvalue().splitlines()
    assert lines[0].split() == ["adaptive_rms", "f1"]
    assert [line.split()[0] for line in lines[1:]] == ["on", "off"]


def test_into_files(cli, tmp_path):
    words = ("--stop-recognize-count", "30,60", "--max-speech", "never,5")
    assert cli("lab", "sweep", *SMALL, *words, "-o", tmp_path / "a.csv").out == ""
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert [(row["stop_recognize_count"], row["max_speech"]) for row in rows] == [
        ("30", ""), ("30", "5.0"), ("60", ""), ("60", "5.0"),
    ]  # fmt: skip
    cli("lab", "sweep", *SMALL, *words, "-o", tmp_path / "a.json")
    assert [row["max_speech"] for row in json.loads((tmp_path / "a.json").read_text())] == [None, 5.0, None, 5.0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.json"]


def test_a_heat_map(cli, tmp_path):
    words = ("--stop-recognize-count", "30,60", "--start-recognize-count", "10,30", "--stop-voice-prob", "30,70")
    plot = tmp_path / "heat.svg"
    drawn = ("--objective", "end-of-turn", "--plot", plot, "--axes", "stop-recognize-count,stop-voice-prob")
    result = cli("lab", "sweep", *SMALL, *words, *drawn)
    assert result.code == 0, result.err
    assert result.notes == [f"agora-audio: heat map written to {plot}"]
    assert plot.stat().st_size > 5000
    assert cli("lab", "sweep", *SMALL, *words, "--plot", plot).notes == [
        "agora-audio: a heat map has two fields with several values each, these are start_recognize_count, "
        "stop_recognize_count, stop_voice_prob: say which with --axes X,Y"
    ]


def test_a_second_run_reads_the_cache(cli, tmp_path):
    words = ("--stop-recognize-count", "30,60", "--cache", tmp_path / "cache")
    assert swept(cli, *words) == swept(cli, *words)
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_dump_of_a_call_is_a_recording(cli, tmp_path):
    cli("vad", "dump", DIALOGUE, "--engine", "webrtc", "--out", tmp_path / "dumps")
    shutil.copy(REFERENCE, tmp_path / "ref.json")
    words = ("--stop-recognize-count", "30,60")
    from_dump = json.loads(cli("lab", "sweep", "--ref", tmp_path / "ref.json", tmp_path / "dumps", *words).out)
    assert from_dump == swept(cli, *words)


def test_a_recording_that_cannot_be_read_is_reported(cli, tmp_path):
    shutil.copy(DIALOGUE, tmp_path / "a.wav")
    (tmp_path / "b.wav").write_bytes(b"RIFF nothing")
    for name in "ab":
        write_labels(tmp_path / f"{name}.txt", [LabelledSegment(Segment(1, 3))])
    labels = ("--ref", tmp_path / "a.txt", "--ref", tmp_path / "b.txt")
    result = cli("lab", "sweep", *labels, tmp_path / "a.wav", tmp_path / "b.wav", "--engine", "webrtc")
    assert result.code == 2
    assert "b.wav" in result.notes[0]
    assert json.loads(result.out)[0]["missed_utterances"] == 0


def test_it_says_that_numpy_is_slower(cli, monkeypatch):
    monkeypatch.setattr(decide, "find_spec", lambda name: None)
    result = cli("lab", "sweep", *SMALL, "--stop-recognize-count", "20:119:1", "--top", "1")
    assert result.notes == [
        "agora-audio: numba is not installed: numpy decides, several times slower; pip install 'agora-audio[fast]'"
    ]


def test_combinations_that_are_no_config_are_said(cli):
    result = cli("lab", "sweep", *SMALL, "--max-speech", "0.3,9", "--start-recognize-count", "10,30")
    assert result.notes == ["agora-audio: combinations that are no config, and are left out: 1 of 4"]
    assert len(json.loads(result.out)) == 3


def test_results_are_refused_before_the_work(cli, tmp_path, monkeypatch):
    monkeypatch.setattr("agora_audio.cli.lab_sweep.recordings", None)
    shutil.copy(REFERENCE, tmp_path / "a.json")
    for ref in (tmp_path, tmp_path / "a.json"):
        result = cli("lab", "sweep", "--ref", ref, DIALOGUE, "--engine", "webrtc", "-o", tmp_path / "a.json")
        assert (result.code, result.err.count("a.json is what is to be read: name another file")) == (2, 1)
    assert (tmp_path / "a.json").read_bytes() == REFERENCE.read_bytes()
    assert cli("lab", "sweep", *SMALL, "-o", tmp_path / "nowhere" / "a.csv").code == 2


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--stop-recognize-count", "80:20:10"], "stop_recognize_count is '80:20:10', must be FROM:TO:STEP"),
        (["--stop-recognize-count", "0"], "stop_recognize_count is 0"),
        (["--metric", "speed"], "no metric is called 'speed'; there are detection_error_rate"),
        (["--metric", "auc"], "no metric is called 'auc'"),
        (["--objective", "speed"], "objective is 'speed', must be one of interrupt"),
        (["--objective", "interrupt", "--minimise", "f1"], "--objective names its goals itself"),
        (["--subject-to", "missed<=1"], "there is nothing to tune for"),
        (["--format", "xml"], "format is 'xml', must be table, json or csv"),
        (["-o", "a.txt"], "format is 'txt', must be json or csv"),
        (["--plot", "a.png"], "a heat map has two fields with several values each, these are none"),
        (["--axes", "a,b"], "--axes says what a heat map is over: name its file by --plot"),
        (["-o", "nowhere/a.csv"], "nowhere/a.csv: No such file"),
        (
            [*GRID, "--plot", "nowhere/a.png"],
            "nowhere/a.png: No such file",
        ),
        (
            [*GRID, "--plot", "a.gif"],
            "'a.gif' does not end in one of .png",
        ),
        (["--channel", "each"], "--channel is 'each', must be mix or"),
        (["--channel", "7"], "channel"),
        (["--engine", "siri"], "'siri'"),
        (["--collar", "-1"], "collar is -1"),
        (["--config", "absent.json"], "absent.json: No such file"),
        (["absent.wav"], "absent.wav"),
    ],
)
def test_wrong_calls_are_said_in_a_line(cli, words, problem):
    result = cli("lab", "sweep", "--ref", REFERENCE, "--engine", "webrtc", *words)
    assert (result.code, result.out) == (2, "")
    assert any(re.search(problem, note) for note in result.notes), result.err
    assert len(result.notes) <= 2


def test_help_shows_every_field(cli):
    shown = re.sub(r"\s+", " ", cli("lab", "sweep", "--help").out)
    for name in AudioVadConfigV2().to_dict():
        assert name.replace("_", "-")[:20] in shown
