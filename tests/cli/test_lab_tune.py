"""lab tune: what it writes and says, what it holds out, and every way to call it wrongly."""

from __future__ import annotations

import json
import re
import sys

import numpy as np
import pytest

from agora_audio.lab.labels import LabelledSegment, write_labels
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.segments import Segment
from tests.vad.pieces import TEST_DATA

optuna = pytest.importorskip("optuna")

DIALOGUE, REFERENCE = TEST_DATA / "dialogue_16k.wav", TEST_DATA / "dialogue_16k.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three recordings of bursts of noise with a pause of 0.3 s within each turn, and their labels."""
    import soundfile

    path = tmp_path_factory.mktemp("talks")
    rng = np.random.default_rng(5)
    for name in ("ann", "bob", "cid"):
        sound, turns, at = 20.0 * rng.standard_normal(16000 * 16), [], 1.0
        while at + 3.5 < 16:
            length = rng.uniform(1.0, 1.6)
            for begin, end in ((at, at + length / 2), (at + length / 2 + 0.3, at + length + 0.3)):
                sound[int(16000 * begin) : int(16000 * end)] *= 150.0
            turns.append(LabelledSegment(Segment(at, at + length + 0.3)))
            at += length + 0.3 + 1.4
        soundfile.write(path / f"{name}.wav", np.clip(sound, -32768, 32767).astype(np.int16), 16000)
        write_labels(path / f"{name}.txt", turns)
    return path


def words(folder, *more):
    return ("lab", "tune", "--ref", folder, folder, "--engine", "energy", "--trials", "25", *more)


def test_a_tuned_config_runs_in_vad_detect(cli, folder, tmp_path):
    config, report = tmp_path / "tuned.json", tmp_path / "report.md"
    result = cli(*words(folder, "--objective", "end-of-turn", "-o", config, "--report", report))
    assert result.code == 0, result.err
    assert result.out == ""
    said = [note.removeprefix("agora-audio: ") for note in result.notes]
    assert said[0] == "objective: minimise turn_cost_ms"
    assert re.fullmatch(r"searching start_recognize_count, .* on (ann|bob|cid)", said[1])
    assert re.fullmatch(r"held out: (ann|bob|cid), (ann|bob|cid)", said[2])
    assert any(re.fullmatch(r"25 of 25: best turn_cost_ms \d+(\.\d+)?", line) for line in said)
    assert any(
        re.match(r"better than before on 2 recordings not searched on: turn_cost_ms \d+ -> \d+$", line) for line in said
    )
    assert said[-2:] == [f"report written to {report}", f"config written to {config}"]
    tuned = AudioVadConfigV2.from_json(config.read_text())
    assert tuned != AudioVadConfigV2()
    found = cli("vad", "detect", folder / "ann.wav", "--engine", "energy", "--config", config)
    labelled = len((folder / "ann.txt").read_text().splitlines())
    assert len(found.lines) == labelled  # a segment a turn
    text = report.read_text()
    for part in ("# Tuning of energy", "**Better than before on 2 recordings", "| `turn_cost_ms` |", "```json"):
        assert part in text
    scored = cli(
        "lab", "sweep", "--ref", folder, folder, "--engine", "energy", "--config", config, "--metric", "turn_cost_ms"
    )
    assert json.loads(scored.out)[0]["turn_cost_ms"] > 0


def test_the_report_as_json_and_the_config_to_stdout(cli, folder, tmp_path):
    report = tmp_path / "r.json"
    goal = ("--minimise", "end_latency_ms", "--subject-to", "splits==0,missed<=1", "--held-out", "bob")
    result = cli(*words(folder, *goal, "--report", report, "--only", "--stop-recognize-count", "20:100:5"))
    values = json.loads(report.read_text())
    assert AudioVadConfigV2.from_json(result.out).to_dict() == values["config"]
    assert values["objective"] == "minimise end_latency_ms subject to splits==0, missed_utterances<=1"
    assert (values["train"]["recordings"], values["unseen"]["recordings"]) == (["ann", "cid"], ["bob"])
    changed = {name for name, value in values["config"].items() if value != values["before"][name]}
    assert changed <= {"stop_recognize_count"}
    assert [one["field"] for one in values["changes"]] == sorted(changed)
    assert values["trials"] == 25
    assert set(values["unseen"]["after"]) >= {"end_latency_ms", "turn_cost_ms", "f1"}


def test_fixed_fields_stay_and_the_others_are_searched(cli, folder):
    given = ("--objective", "interrupt", "--stop-recognize-count", "77", "--start-recognize-count", "10:20:2")
    result = cli(*words(folder, *given, "--preset", "low-latency"))
    assert "stop_recognize_count" not in result.notes[1]
    tuned = json.loads(result.out)
    assert tuned["stop_recognize_count"] == 77
    assert tuned["start_recognize_count"] in (8, 10, 12, 14, 16, 18, 20)  # as it was, or in the range


def test_the_same_seed_gives_the_same_config(cli, folder):
    runs = [cli(*words(folder, "--objective", "interrupt", "--seed", "4")).out for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_study_is_resumed(cli, folder, tmp_path):
    shared = ("--objective", "end-of-turn", "--study", tmp_path / "s.journal")
    cli(*words(folder, *shared))
    result = cli(*words(folder, *shared, "--trials", "27"))
    assert next(note for note in result.notes if " of 27" in note).startswith("agora-audio: 26 of 27: best")
    other = cli(*words(folder, "--objective", "interrupt", "--study", tmp_path / "s.journal"))
    assert other.code == 2
    assert "s.journal is a study with other objective: minimise turn_cost_ms" in other.notes[-1]


def test_several_goals_print_their_front(cli, folder, tmp_path):
    report = tmp_path / "r.md"
    result = cli(*words(folder, "--objective", "conversation", "--report", report))
    assert result.code == 0, result.err
    front = report.read_text().split("## The front")[1].split("## Recordings")[0]
    assert "| interrupt_cost_ms | turn_cost_ms | interrupt_cost_ms, unseen | turn_cost_ms, unseen |" in front


def test_one_recording_has_nothing_to_hold_out(cli):
    result = cli("lab", "tune", "--ref", REFERENCE, "--engine", "webrtc", "--objective", "interrupt", "--trials", "3")
    assert result.code == 0
    assert "agora-audio: nothing is held out: whether this is chance nobody will know" in result.notes
    assert any("on the recordings searched on, no others" in note for note in result.notes)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ([], r"say what for: --objective interrupt\|end-of-turn\|"),
        (["--subject-to", "missed<=1"], "there is nothing to tune for"),
        (["--objective", "interrupt", "--minimise", "f1"], "--objective names its goals itself"),
        (["--minimise", "missed", "--subject-to", "latency<3"], "no metric is called 'latency'"),
        (["--objective", "interrupt", "--report", "r.html"], "'r.html' does not end in .md or .json"),
        (["--objective", "interrupt", "-o", "nowhere/t.json"], "nowhere/t.json: No such file"),
        (["--objective", "interrupt", "--report", "nowhere/t.md"], "nowhere/t.md: No such file"),
        (["--objective", "interrupt", "--study", "nowhere/t.log"], "nowhere/t.log: No such file"),
        (["--objective", "interrupt", "--held-out", "1"], "the share to hold out is 1.0"),
        (["--objective", "interrupt", "--held-out", "eve"], "--held-out names 'eve'; there are ann, bob, cid"),
        (
            ["--objective", "interrupt", "--held-out", "ann,bob,cid"],
            "--held-out leaves none of ann, bob, cid to search on",
        ),
        (["--objective", "interrupt", "--only"], "there is nothing to search"),
        (["--objective", "interrupt", "--stop-recognize-count", "90:20"], "must be FROM:TO:STEP"),
        (["--objective", "interrupt", "--start-voice-prob", "101"], "start_voice_prob is 101"),
        (["--objective", "interrupt", "--trials", "0"], "trials"),
    ],
)
def test_wrong_calls_are_said_in_a_line(cli, folder, more, problem):
    result = cli(*words(folder), *more)
    assert (result.code, result.out) == (2, "")
    assert re.search(problem, result.err)


def test_without_the_extra_it_is_said_before_any_work(cli, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    result = cli(*words(folder, "--objective", "interrupt"))
    assert result.code == 1
    assert result.notes[0].startswith("agora-audio: tuning needs optuna")
