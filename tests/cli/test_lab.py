"""lab eval: what is printed, which labels meet, when it fails, and every way to call it wrongly."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import sys

import pytest

from agora_audio.lab.labels import LabelledSegment, read_labels, write_labels, write_uem
from agora_audio.lab.metrics import METRICS, evaluate
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import detect_speech
from agora_audio.vad.segments import Segment
from tests.cli.shell import Terminal, finish, start
from tests.vad.pieces import TEST_DATA

DIALOGUE = TEST_DATA / "dialogue_16k.wav"
REFERENCE = TEST_DATA / "dialogue_16k.json"
STEREO = TEST_DATA / "stereo_44k.json"


@pytest.fixture
def files(tmp_path):
    """A reference of 10 s in two utterances, and a hypothesis that is late, long, and wrong once."""
    write_labels(tmp_path / "ref.txt", [LabelledSegment(Segment(1, 3)), LabelledSegment(Segment(5, 9))])
    found = [
        Segment(1.5, 3.5, 1.25, 4, 1.75, 4),
        Segment(5, 9, 4.75, 9.5, 5.25, 9.5),
        Segment(11, 12, 11, 12, 11.5, 12),
    ]
    write_labels(tmp_path / "hyp.jsonl", [LabelledSegment(one, "call.wav") for one in found])
    return tmp_path / "ref.txt", tmp_path / "hyp.jsonl"


def scored(cli, *words):
    result = cli("lab", "eval", *words)
    assert result.code == 0, result.err
    return json.loads(result.out)


def test_the_scores_into_a_pipe_are_one_json_object(cli, files):
    values = scored(cli, "--ref", files[0], "--hyp", files[1])
    assert list(values) == [*METRICS, "latency_from", "collar", "files"]
    expected = {
        "detection_error_rate": 2 / 6, "miss": 0.5, "false_alarm": 1.5, "total": 6.0,
        "precision": 5.5 / 7, "recall": 5.5 / 6, "f1": 11 / 13,
        "utterances": 2, "segments": 3, "missed_utterances": 0, "false_utterances": 1, "splits": 0, "merges": 0,
        "premature_ends": 0, "false_interruptions_per_minute": 5.0,
        "onset_error_ms": 250.0, "onset_latency_ms": 500.0, "onset_clipped_ms": 125.0, "onset_clipped_max_ms": 250.0,
        "end_error_ms": 250.0, "end_latency_ms": 750.0, "scored": 12.0, "auc": None,
    }  # fmt: skip
    assert {name: values[name] for name in expected} == pytest.approx(expected)
    assert (values["latency_from"], values["collar"]) == ("decisions", 0.0)
    (one,) = values["files"]
    assert one == {"file": "ref", **{name: values[name] for name in (*METRICS, "latency_from")}}


def test_the_collar_counts_on_each_side(cli, files):
    values = scored(cli, "--ref", files[0], "--hyp", files[1], "--collar", "0.25", "--json")
    assert values["collar"] == 0.25
    assert values["total"] == 6.0 - 4 * 0.25
    assert (values["miss"], values["false_alarm"]) == (0.25, 1.25)


def test_what_is_scored(cli, files, tmp_path):
    write_uem(tmp_path / "a.uem", [LabelledSegment(Segment(0, 10), "ref")])
    values = scored(cli, "--ref", files[0], "--hyp", files[1], "--uem", tmp_path / "a.uem")
    assert (values["false_utterances"], values["scored"], values["false_alarm"]) == (0, 10.0, 0.5)


def test_a_pause_and_a_label_choose_the_reference(cli, tmp_path):
    rows = [
        LabelledSegment(Segment(1, 2)),
        LabelledSegment(Segment(2.3, 3)),
        LabelledSegment(Segment(5, 6), label="cough"),
    ]
    write_labels(tmp_path / "ref.csv", rows)
    write_labels(tmp_path / "hyp.csv", [LabelledSegment(Segment(1, 3))])
    call = ("--ref", tmp_path / "ref.csv", "--hyp", tmp_path / "hyp.csv")
    assert (scored(cli, *call)["utterances"], scored(cli, *call)["merges"]) == (3, 1)
    assert scored(cli, *call, "--pause", "0.5", "--label", "speech")["utterances"] == 1
    assert scored(cli, *call, "--pause", "0.5", "--label", "speech")["merges"] == 0


# --- engines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("audio", [[], [DIALOGUE], [f"{DIALOGUE.parent}/dialogue_16k.wav", "--collar=0"]])
def test_an_engine_is_scored_on_what_detection_finds(cli, audio):
    values = scored(cli, "--ref", REFERENCE, "--engine", "webrtc", *audio)
    found = detect_speech(DIALOGUE, engine="webrtc")
    wanted = [(row.segment.start, row.segment.end) for row in read_labels(REFERENCE)]
    expected = evaluate(
        wanted,
        [(one.start, one.end) for one in found],
        sound=[(one.audio_start, one.audio_end) for one in found],
        decided=[(one.started_at, one.ended_at) for one in found],
        duration=values["scored"],
    )
    assert values["scored"] == pytest.approx(18.684, abs=1e-3)
    assert 0.5 < values["auc"] < 1.0
    assert {name: values[name] for name in METRICS if name != "auc"} == {
        name: value for name, value in expected.items() if name != "auc"
    }


def test_detection_written_and_scored_is_detection_scored(cli, tmp_path):
    assert cli("vad", "detect", DIALOGUE, "-o", tmp_path / "hyp.jsonl", "-e", "energy").code == 0
    labels = scored(cli, "--ref", REFERENCE, "--hyp", tmp_path / "hyp.jsonl")
    engine = scored(cli, "--ref", REFERENCE, "--engine", "energy")
    for name in ("miss", "false_alarm", "splits", "onset_latency_ms", "onset_clipped_max_ms", "premature_ends"):
        assert labels[name] == pytest.approx(engine[name], abs=1e-5)


def test_labels_from_a_pipe(cli, files):
    data = files[1].read_bytes()
    piped = cli("lab", "eval", "--ref", files[0], "--hyp", "-", stdin=[data[:7], data[7:]])
    assert json.loads(piped.out) == scored(cli, "--ref", files[0], "--hyp", files[1])
    empty = cli("lab", "eval", "--ref", files[0], "--hyp", "-", stdin=[])
    assert json.loads(empty.out)["missed_utterances"] == 2
    junk = cli("lab", "eval", "--ref", files[0], "--hyp", "-", stdin=[b"hello"])
    assert (junk.code, junk.out) == (2, "")
    assert "'hello', is of no known label format" in junk.err


def test_a_dump_is_scored_with_its_probabilities(cli, tmp_path):
    assert cli("vad", "dump", DIALOGUE, "--out", tmp_path / "dialogue_16k", "-e", "webrtc").code == 0
    dumped = scored(cli, "--ref", REFERENCE, "--hyp", tmp_path / "dialogue_16k")
    engine = scored(cli, "--ref", REFERENCE, "-e", "webrtc")
    assert dumped["auc"] == engine["auc"]
    assert dumped["end_latency_ms"] == pytest.approx(engine["end_latency_ms"])


@pytest.mark.parametrize("field", dataclasses.fields(AudioVadConfigV2), ids=lambda field: field.name)
def test_every_vad_parameter_is_an_option(cli, field):
    value = {"algorithm": "consecutive", "adaptive_rms": "on", "adaptive_floor": "on", "max_speech": 1.0}
    given = str(value.get(field.name, {int: 5, float: 0.5}.get(type(field.default), 1)))
    given = "-40" if "rms_threshold" in field.name else given
    result = cli("lab", "eval", "--ref", REFERENCE, "-e", "energy", "--" + field.name.replace("_", "-"), given)
    assert result.code == 0, result.err


def test_a_preset_and_a_config_file_are_used(cli, tmp_path):
    config = AudioVadConfigV2.preset("low-latency")
    (tmp_path / "config.json").write_text(config.to_json())
    call = ("--ref", REFERENCE, "--engine", "webrtc")
    preset = scored(cli, *call, "--preset", "low-latency")
    assert preset == scored(cli, *call, "--config", tmp_path / "config.json")
    assert preset["onset_latency_ms"] < scored(cli, *call)["onset_latency_ms"] - 50


def test_channels(cli):
    each = scored(cli, "--ref", STEREO, "-e", "energy", "--channel", "each")
    assert [one["file"] for one in each["files"]] == ["stereo_44k #0", "stereo_44k #1"]
    one = scored(cli, "--ref", STEREO, "-e", "energy", "--channel", "1")
    assert one["total"] == each["files"][1]["total"]
    mix = cli("lab", "eval", "--ref", STEREO, "-e", "energy")
    assert mix.notes == ["agora-audio: stereo_44k: channels 0 and 1 of the reference are scored as one"]


def test_a_recording_that_cannot_be_read_is_reported_and_the_others_are_scored(cli, tmp_path):
    for name in ("a", "b"):
        shutil.copy(REFERENCE, tmp_path / f"{name}.json")
    shutil.copy(DIALOGUE, tmp_path / "a.wav")
    (tmp_path / "b.wav").write_bytes(b"RIFF0000WAVEjunk")
    result = cli("lab", "eval", "--ref", tmp_path, "--engine", "energy")
    assert result.code == 2
    assert "b.wav" in result.notes[0]
    assert [one["file"] for one in json.loads(result.out)["files"]] == ["a"]
    only = cli("lab", "eval", "--ref", tmp_path / "b.json", "--engine", "energy")
    assert (only.code, only.out) == (2, "")
    assert only.notes[1] == "agora-audio: no recording could be read: there is nothing to score"


def test_recordings_that_were_not_given_are_left_out(cli, tmp_path):
    rows = [LabelledSegment(row.segment, name) for name in ("dialogue_16k", "other") for row in read_labels(REFERENCE)]
    write_labels(tmp_path / "ref.rttm", rows)
    result = cli("lab", "eval", "--ref", tmp_path / "ref.rttm", "-e", "energy", DIALOGUE)
    assert [one["file"] for one in json.loads(result.out)["files"]] == ["dialogue_16k"]
    assert result.notes == ["agora-audio: recordings of the reference that were not given, and are not scored: 1"]


# --- tables ---------------------------------------------------------------------------------------------------------


def test_several_recordings_have_a_line_each_and_a_total(cli, tmp_path):
    for folder, end in (("ref", 3.0), ("hyp", 4.0)):
        (tmp_path / folder).mkdir()
        for name in ("a", "long name"):
            write_labels(tmp_path / folder / f"{name}.txt", [LabelledSegment(Segment(1, end))])
    result = cli("lab", "eval", "--ref", tmp_path / "ref", "--hyp", tmp_path / "hyp", "--table")
    assert [line.split()[:4] for line in result.lines] == [
        ["file", "DER", "prec", "recall"],
        ["a", "0.500", "0.667", "1.000"],
        ["long_name", "0.500", "0.667", "1.000"],
        ["all", "2", "0.500", "0.667"],
    ]
    assert len({len(line) for line in result.lines}) == 1
    assert result.notes == [
        "agora-audio: clip: the worst beginning lost; onset and end: median latency of boundaries; "
        "docs/scores.md defines all"
    ]


def test_on_a_terminal_it_is_a_table_unless_json_is_asked_for(cli, files, monkeypatch):
    for words, first in (((), "file"), (("--json",), "{")):
        screen = Terminal()
        monkeypatch.setattr(sys, "stdout", screen)
        assert cli("lab", "eval", "--ref", files[0], "--hyp", files[1], *words).code == 0
        assert screen.getvalue().startswith(first)


def test_what_has_no_value_is_a_dash(cli, tmp_path):
    write_labels(tmp_path / "none.jsonl", [])
    result = cli("lab", "eval", "--ref", tmp_path / "none.jsonl", "--hyp", tmp_path / "none.jsonl", "--table")
    assert result.lines[1].split() == ["none", "0.000", *["1.000"] * 3, "0.00", *"0000", *"---"]


# --- conditions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (["f1<0.8"], []),
        (["f1<0.9"], ["failed: f1 is 0.846154, and f1<0.9"]),
        (
            ["f1 < 0.9, recall<0.5", "splits>=0"],
            ["failed: f1 is 0.846154, and f1<0.9", "failed: splits is 0, and splits>=0"],
        ),
        (["auc<0.9"], ["failed: auc has no value here, so auc<0.9 cannot be judged"]),
    ],
)
def test_conditions_stop_a_build(cli, files, conditions, said):
    words = [word for text in conditions for word in ("--fail-if", text)]
    result = cli("lab", "eval", "--ref", files[0], "--hyp", files[1], *words)
    pairing = "'ref' in the reference and 'call' in the hypothesis are taken for the same recording"
    assert (result.code, result.notes) == (3 if said else 0, [f"agora-audio: {line}" for line in (pairing, *said)])
    assert json.loads(result.out)["f1"] == pytest.approx(11 / 13)  # the scores are printed all the same


def test_conditions_are_read_before_any_work(cli, tmp_path):
    result = cli("lab", "eval", "--ref", tmp_path / "absent", "--hyp", tmp_path / "absent", "--fail-if", "f<1")
    assert result.code == 2
    assert result.notes[0].startswith(
        "agora-audio: condition 'f<1': no metric is called 'f'; there are detection_error_rate"
    )


# --- wrong calls ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--hyp", "HYP", "--engine", "webrtc"], "either --hyp LABELS, or --engine NAME"),
        ([], "either --hyp LABELS, or --engine NAME"),
        (["--hyp", "HYP", str(DIALOGUE)], "is sound for --engine"),
        (["--hyp", "HYP", "--preset", "noisy"], "VAD parameters are for --engine"),
        (["--hyp", "HYP", "--collar", "-1"], "collar is -1.0, must be a number of seconds"),
        (["--hyp", "HYP", "--collar", "nan"], "collar is nan"),
        (["--hyp", "HYP", "--pause", "inf"], "pause is inf"),
        (["--hyp", "HYP", "--channel", "left"], "--channel is 'left', must be mix, each or the number"),
        (["--hyp", "HYP", "--label", "voice"], "no row is labelled voice: the labels are speech"),
        (["--hyp", "absent.csv"], "absent.csv: No such file"),
        (["--hyp", "HYP", "--uem", "absent.uem"], "absent.uem: No such file"),
        (["--hyp", "HYP", "--uem", "HYP"], "line 1: .* fields; write 'file channel start end'"),
        (["--engine", "siri"], "'siri'"),
        (["--engine", "webrtc"], "no recording beside"),
        (["--engine", "webrtc", "absent.wav"], "absent.wav: No such file"),
    ],
)
def test_wrong_calls_are_said_in_a_line(cli, files, words, problem):
    given = [str(files[1]) if word == "HYP" else word for word in words]
    result = cli("lab", "eval", "--ref", files[0], *given)
    assert (result.code, result.out) == (2, "")
    assert any(re.search(problem, note) for note in result.notes), result.err
    assert len(result.notes) <= 2


def test_without_a_reference(cli, files):
    result = cli("lab", "eval", "--hyp", files[1])
    assert result.code == 2
    assert "--ref" in result.err


def test_as_a_process(files):
    process = start("lab", "eval", "--ref", files[0], "--hyp", files[1], "--fail-if", "f1<0.9")
    outcome = finish(process)
    assert outcome.code == 3
    assert json.loads(outcome.out)["false_utterances"] == 1


def test_recordings_that_nobody_labelled_are_named_beside_the_labels_there_are(cli, tmp_path):
    shutil.copy(TEST_DATA / "phone_8k.wav", tmp_path / "call.wav")
    (tmp_path / "text.wav").write_text("no sound")
    words = ("--engine", "energy", tmp_path / "call.wav", tmp_path / "text.wav")
    result = cli("lab", "eval", "--ref", TEST_DATA / "phone_8k.json", *words)
    assert (result.code, result.out) == (2, "")
    assert result.notes[-1] == "agora-audio: no reference for call; there are labels for phone_8k"


def test_a_channel_that_is_none_is_one_error(cli):
    result = cli("lab", "eval", "--ref", TEST_DATA / "phone_8k.json", "--engine", "energy", "--channel", "left")
    assert result.notes == ["agora-audio: --channel is 'left', must be mix, each or the number of a channel from 0"]
