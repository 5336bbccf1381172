"""lab report: which configs, which reference, what is written, and every way to call it wrongly."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from agora_audio.lab.labels import LabelledSegment, read_labels, write_labels
from agora_audio.lab.trace import trace_speech
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.segments import Segment
from tests.vad.pieces import TEST_DATA

DIALOGUE = TEST_DATA / "dialogue_16k.wav"
REFERENCE = TEST_DATA / "dialogue_16k.json"
STEREO = TEST_DATA / "stereo_44k.flac"


@pytest.fixture
def page(cli, tmp_path):
    """Write a report and return what it tells the viewer."""

    def written(*words, code=0, **options):
        result = cli("lab", "report", *words, "-o", tmp_path / "page.html", **options)
        assert (result.code, result.out) == (code, ""), result.err
        assert result.notes[-1].startswith(f"agora-audio: report written to {tmp_path / 'page.html'} (")
        text = (tmp_path / "page.html").read_text(encoding="utf-8")
        return json.loads(re.search(r'id="document">(.*?)</script>', text)[1])

    return written


def lanes(said):
    return {lane["name"]: len(lane["segments"]) for lane in said["lanes"]}


def found(path, config=None, **options):
    return len(trace_speech(path, config=config, **options).segments)


def test_a_recording_is_shown_with_the_defaults(page):
    said = page(DIALOGUE)
    assert lanes(said) == {"defaults": found(DIALOGUE)}
    assert (said["title"], said["summary"], said["reference"]) == ("dialogue_16k.wav", "16000 Hz mono, silero", None)


def test_configs_are_shown_side_by_side_in_the_order_presets_then_files(page, tmp_path):
    (tmp_path / "mine.json").write_text('{"stop_recognize_count": 15}')
    said = page(DIALOGUE, "--config", tmp_path / "mine.json", "--preset", "low-latency", "--preset", "quiet")
    low, mine = AudioVadConfigV2.preset("low-latency"), AudioVadConfigV2(stop_recognize_count=15)
    assert lanes(said) == {"low-latency": found(DIALOGUE, low), "quiet": found(DIALOGUE), "mine": found(DIALOGUE, mine)}
    assert list(lanes(said)) == ["low-latency", "quiet", "mine"]


def test_configs_of_one_name_are_told_apart(page, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "vad.json").write_text("{}")
    said = page(DIALOGUE, "--config", tmp_path / "a" / "vad.json", "--config", tmp_path / "b" / "vad.json")
    assert list(lanes(said)) == ["vad (1)", "vad (2)"]


def test_a_reference_is_found_by_the_name_of_the_recording(page, tmp_path):
    rows = [LabelledSegment(Segment(1, 2), "other.wav"), LabelledSegment(Segment(3, 4), "calls/dialogue_16k.mp3")]
    write_labels(tmp_path / "ref.jsonl", rows)
    assert page(DIALOGUE, "--ref", tmp_path / "ref.jsonl")["reference"] == [[3, 4]]
    wanted = [[row.segment.start, row.segment.end] for row in read_labels(REFERENCE)]
    said = page(DIALOGUE, "--ref", REFERENCE)
    assert said["reference"] == wanted
    assert said["lanes"][0]["scores"]["f1"] > 0.9


def test_one_recording_in_the_reference_is_taken_whatever_it_is_called(page, tmp_path):
    spoken, cough = LabelledSegment(Segment(1, 2), label="speech"), LabelledSegment(Segment(3, 4), label="cough")
    write_labels(tmp_path / "labels.txt", [spoken, cough])
    said = page(DIALOGUE, "--ref", tmp_path / "labels.txt", "--label", "speech")
    assert said["reference"] == [[1, 2]]


@pytest.mark.parametrize("channel", [0, 1])
def test_a_channel_is_shown_alone_against_its_own_labels(page, tmp_path, channel):
    rows = [LabelledSegment(Segment(1 + k, 1.5 + k), "stereo_44k.flac", channel=k) for k in (0, 1)]
    write_labels(tmp_path / "ref.jsonl", rows)
    said = page(STEREO, "--channel", channel, "--ref", tmp_path / "ref.jsonl", "--engine", "webrtc")
    assert said["summary"] == f"44100 Hz mono, channel {channel} of 2, webrtc"
    assert lanes(said) == {"defaults": found(STEREO, channel=channel, engine="webrtc")}
    assert said["reference"] == [[1 + channel, 1.5 + channel]]


def test_a_dump_is_shown_with_its_own_config(page, cli, tmp_path):
    assert cli("vad", "dump", DIALOGUE, "--out", tmp_path / "d", "--preset", "low-latency").code == 0
    (run,) = (tmp_path / "d").iterdir()
    said = page(tmp_path / "d", "--ref", REFERENCE)
    assert lanes(said) == {"dump": found(DIALOGUE, AudioVadConfigV2.preset("low-latency"))}
    assert said["title"] == run.name
    assert len(said["reference"]) > 3
    assert lanes(page(run, "--preset", "quiet")) == {"quiet": found(DIALOGUE)}


def test_sound_from_a_pipe_is_shown(page):
    said = page("-", "--sample-rate", 16000, stdin=[DIALOGUE.with_suffix(".pcm").read_bytes()])
    assert said["title"] == "stdin"
    assert page(DIALOGUE, "--title", "a & b")["title"] == "a & b"


def test_files_beside_the_page_are_announced(cli, tmp_path):
    result = cli("lab", "report", DIALOGUE, "-o", tmp_path / "page.html", "--side-files")
    assert re.search(r"\(0\.\d MB, with page_files/ to keep beside it\)", result.err)
    assert sorted(path.name for path in (tmp_path / "page_files").iterdir()) == ["frames.js", "sound.flac"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nothere.wav"], "nothere.wav: No such file"),
        ([TEST_DATA], "is no dump"),
        ([DIALOGUE, "--output", "page.txt"], "'page.txt' does not end in .html"),
        ([DIALOGUE, "--output", "nowhere/page.html"], "nowhere/page.html: No such file or directory"),
        ([DIALOGUE, "--engine", "loud"], "engine is 'loud', must be one of"),
        ([DIALOGUE, "--preset", "loud"], "preset is 'loud', must be one of"),
        ([DIALOGUE, "--channel", "left"], "channel is 'left', must be"),
        ([DIALOGUE, "--channel", "1"], "channel is 1, must be"),
        ([DIALOGUE, "--config", "nothere.json"], "nothere.json: No such file"),
        ([DIALOGUE, "--config", DIALOGUE], "the config is not JSON"),
        ([DIALOGUE, *["--preset", "quiet"] * 5], "5 configs are given: 4 fit side by side"),
        ([DIALOGUE, "--ref", "nothere.rttm"], "nothere.rttm: No such file"),
        ([DIALOGUE, "--ref", TEST_DATA / "README.md"], "README.md"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_in_one_line_and_writes_nothing(cli, tmp_path, monkeypatch, words, complaint):
    monkeypatch.chdir(tmp_path)
    words = words if "--output" in words else [*words, "-o", "page.html"]
    result = cli("lab", "report", *words)
    assert (result.code, result.out, len(result.notes)) == (2, "", 1)
    assert complaint in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_dump_takes_no_choice_of_sound(cli, tmp_path):
    assert cli("vad", "dump", DIALOGUE, "--out", tmp_path / "d").code == 0
    result = cli("lab", "report", tmp_path / "d", "-o", tmp_path / "page.html", "--channel", 0, "--sample-rate", 8000)
    assert result.code == 2
    assert "--channel and --sample-rate cannot be chosen for a dump" in result.err


def test_a_reference_of_other_recordings_is_refused_by_name(cli, tmp_path):
    write_labels(tmp_path / "ref.jsonl", [LabelledSegment(Segment(1, 2), f"{name}.wav") for name in ("x", "y")])
    result = cli("lab", "report", DIALOGUE, "-o", tmp_path / "page.html", "--ref", tmp_path / "ref.jsonl")
    assert result.code == 2
    assert "the reference speaks of x, y, not of 'dialogue_16k'" in result.err


def test_what_is_read_is_never_written_over(cli, tmp_path):
    page = shutil.copy(REFERENCE, tmp_path / "page.html")
    result = cli("lab", "report", DIALOGUE, "--ref", page, "-o", page)
    assert result.code == 2
    assert "is what is to be read" in result.err
