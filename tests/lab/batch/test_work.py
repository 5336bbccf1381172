"""Detect and Process write what `vad detect` and `process` write, file for file."""

from __future__ import annotations

import dataclasses
import json
import shutil

import numpy as np
import pytest

from agora_audio.apm.stages import ApmStages, EchoStage, HighPassStage
from agora_audio.errors import ConfigError
from agora_audio.io import read_audio
from agora_audio.lab.batch import Detect, Process, run_batch
from agora_audio.lab.labels import FORMATS, read_labels
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import detect_speech
from tests.lab.batch.conftest import statuses
from tests.vad.pieces import TEST_DATA

QUICK = AudioVadConfigV2.preset("low-latency")


@pytest.fixture
def batch(tmp_path):
    def run_work(work, *names, **options):
        (tmp_path / "in").mkdir(exist_ok=True)
        for name in names:
            shutil.copy(TEST_DATA / name, tmp_path / "in")
        out = tmp_path / "out"
        options = {"isolate": False, "workers": 1, **options}
        progress = run_batch(str(tmp_path / "in"), work, out, **options)
        return progress, statuses(out)

    return run_work


@pytest.mark.parametrize("format", FORMATS)
def test_labels_are_those_of_vad_detect(batch, cli, tmp_path, format):
    progress, lines = batch(Detect(QUICK, "webrtc", format), "dialogue_16k.wav", "phone_8k.wav")
    assert progress.done == 2
    for name in ("dialogue_16k", "phone_8k"):
        result = tmp_path / "out" / (name + FORMATS[format].suffix)
        wanted = cli(
            "vad", "detect", tmp_path / "in" / f"{name}.wav", "-e", "webrtc", "--preset", "low-latency", "-f", format
        )
        assert result.read_text() == wanted.out.replace(str(tmp_path / "in") + "/", "").replace(
            str(tmp_path / "in"), ""
        )
        line = lines[f"{name}.wav"]
        assert line["segments"] == len(detect_speech(TEST_DATA / f"{name}.wav", config=QUICK, engine="webrtc"))
        assert 0 < line["speech"] < line["duration"]


def test_each_channel_and_what_was_assumed(batch, tmp_path):
    _, lines = batch(Detect(channel="each", engine="energy"), "stereo_44k.flac", "dialogue_16k.pcm")
    assert {row.channel for row in read_labels(tmp_path / "out" / "stereo_44k.jsonl")} == {0, 1}
    assert "raw PCM of unstated format, taken for 16000 Hz mono" in lines["dialogue_16k.pcm"]["notes"][0]
    assert "notes" not in lines["stereo_44k.flac"]


def test_a_truncated_recording_is_done_as_far_as_it_goes_and_said(batch):
    progress, lines = batch(Detect(engine="energy"), "truncated_16k.wav")
    assert (progress.done, progress.noted) == (1, 1)
    assert (
        "truncated: the header announces 4.000 s of sound, 2.500 s are there" in lines["truncated_16k.wav"]["notes"][0]
    )


def test_processing_is_that_of_process(batch, cli, tmp_path):
    stages = ApmStages(high_pass=HighPassStage())
    work = Process(stages, QUICK, "webrtc", stats=True)
    progress, lines = batch(work, "dialogue_16k.wav", "float32_48k.wav")
    assert progress.done == 2
    for name in ("dialogue_16k", "float32_48k"):
        words = ("--hpf", "-e", "webrtc", "--preset", "low-latency", "--out", tmp_path / name)
        wanted = cli("process", tmp_path / "in" / f"{name}.wav", *words, "-f", "csv")
        (processed,) = (tmp_path / name).rglob("processed.wav")
        assert (tmp_path / "out" / f"{name}.wav").read_bytes() == processed.read_bytes()
        found = [row.segment for row in read_labels(tmp_path / "out" / f"{name}.jsonl")]
        (tmp_path / "wanted.csv").write_text(wanted.out)
        assert found == [row.segment for row in read_labels(tmp_path / "wanted.csv")]
        assert lines[f"{name}.wav"]["outputs"] == [f"{name}.wav", f"{name}.jsonl"]
        assert list(lines[f"{name}.wav"]["stats"]["stages"]) == ["high_pass"]


@pytest.mark.parametrize("audio", ["flac", "ogg", "mp3", "pcm"])
def test_sound_in_other_containers_and_formats(batch, tmp_path, audio):
    progress, _ = batch(Process(engine="energy", audio=audio, out_rate=8000), "short_first_16k.wav")
    assert progress.done == 1
    if audio != "pcm":
        samples, format = read_audio(tmp_path / "out" / f"short_first_16k.{audio}")
        assert format.sample_rate == 8000
        assert abs(len(samples) / 8000 - 3.0) < 0.1


def test_the_far_end_belongs_to_each_recording(batch, tmp_path):
    pytest.importorskip("livekit")
    stages = ApmStages(echo=EchoStage())
    (tmp_path / "in").mkdir()
    for name in ("near.wav", "far.wav"):
        shutil.copy(TEST_DATA / "short_first_16k.wav", tmp_path / name)
    rows = [{"path": "near.wav", "far": "far.wav"}, {"path": "far.wav"}, {"path": "near.wav", "far": "gone.wav"}]
    shutil.copy(TEST_DATA / "short_first_16k.wav", tmp_path / "third.wav")
    rows[2]["path"] = "third.wav"
    (tmp_path / "l.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    progress = run_batch(str(tmp_path / "l.jsonl"), Process(stages, engine="energy"), tmp_path / "out", isolate=False)
    assert (progress.done, progress.failed) == (1, 2)
    lines = statuses(tmp_path / "out")
    assert lines["far.wav"]["error"].startswith("a far end is needed for echo cancelling")
    assert "gone.wav: No such file" in lines["third.wav"]["error"]
    sound, _ = read_audio(tmp_path / "out" / "near.wav")
    assert np.abs(sound.astype(float)).mean() < 0.5 * np.abs(read_audio(tmp_path / "near.wav")[0].astype(float)).mean()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Detect(format="mp4"), "format='mp4' is unknown"),
        (lambda: Detect(engine="best"), "engine is 'best', must be one of"),
        (lambda: Detect(channel="left"), "channel is 'left', must be mix, each or a number"),
        (lambda: Detect(channel="each", format="srt"), "format srt cannot tell channels apart"),
        (lambda: Detect(sample_rate=3), "sample_rate"),
        (lambda: Process(audio="aiff"), "audio is 'aiff', must be one of wav, flac, ogg, mp3"),
        (lambda: Process(out_rate=3), "sample_rate"),
    ],
)
def test_settings_that_no_recording_can_be_done_with_are_refused_at_once(make, message):
    with pytest.raises((ConfigError, ValueError), match=message):
        make()


def test_works_can_be_compared():
    assert Detect() == Detect()
    assert dataclasses.replace(Detect(), engine="webrtc") != Detect()
