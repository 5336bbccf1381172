"""process: what vad dump writes and the processed sound, segments in the times of the input, wrong calls."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from agora_audio.io import read_audio
from agora_audio.lab.labels import read_labels
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import detect_speech
from tests.cli.shell import PATIENCE, Terminal, finish, start
from tests.vad.pieces import TEST_DATA

DIALOGUE = TEST_DATA / "dialogue_16k.wav"
SHORT = TEST_DATA / "short_first_16k.wav"
STEREO = TEST_DATA / "stereo_44k.flac"
PHONE = TEST_DATA / "phone_8k.wav"
SILENCE = TEST_DATA / "silence_16k.wav"
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


def spans(text):
    return [(row["start"], row["end"]) for row in rows(text)]


def run_of(folder):
    (run,) = Path(folder).iterdir()
    return run


def contents(run):
    return {path.name: path.read_bytes() for path in run.iterdir()}


@pytest.mark.parametrize("path", [DIALOGUE, SHORT, STEREO, PHONE, SILENCE], ids=lambda path: path.name)
def test_without_a_stage_it_is_vad_dump_and_the_sound(cli, tmp_path, path):
    dumped = cli("vad", "dump", path, "--out", tmp_path / "vad")
    result = cli("process", path, "--out", tmp_path / "process")
    assert (result.code, spans(result.out)) == (0, [(s.start, s.end) for s in detect_speech(path)])
    assert spans(dumped.out) == spans(result.out)
    expected, found = contents(run_of(tmp_path / "vad")), contents(run_of(tmp_path / "process"))
    sound, format = read_audio(run_of(tmp_path / "process") / "processed.wav")
    given, same = read_audio(path)
    assert (format, np.array_equal(sound, given)) == (same, True)
    del found["processed.wav"]
    assert set(found) == set(expected)
    assert [name for name in expected if found[name] != expected[name]] == []


@pytest.mark.parametrize("words", [["--hpf"], ["--ns", "--ns-level", "0"], ["--hpf", "--bgvs"]])
@pytest.mark.parametrize("engine", ["silero", "webrtc"])
def test_segments_are_in_the_times_of_the_input(cli, tmp_path, words, engine):
    result = cli("process", SHORT, *words, "-e", engine, "--out", tmp_path)
    expected = [(s.start, s.end) for s in detect_speech(SHORT, engine=engine)]
    assert result.code == 0
    assert len(spans(result.out)) == len(expected)
    for found, truth in zip(spans(result.out), expected, strict=True):
        assert found[0] == pytest.approx(truth[0], abs=0.05)
    sound, format = read_audio(run_of(tmp_path) / "processed.wav")
    assert (len(sound), format) == (len(read_audio(SHORT)[0]), read_audio(SHORT)[1])


def test_the_dump_says_that_it_is_in_the_time_of_the_output(cli, tmp_path):
    result = cli("process", SHORT, "--ns", "--out", tmp_path)
    assert "the dump is in the time of the output, 6.0 ms behind the input" in result.err
    written = json.loads((run_of(tmp_path) / "segments.json").read_text())["segments"]
    for late, row in zip(written, rows(result.out), strict=True):
        assert late["end"] == pytest.approx(row["end"] + 0.006)


@pytest.mark.parametrize("format", ["jsonl", "csv", "srt", "audacity"])
def test_rows_in_every_format_and_to_a_file(cli, tmp_path, format):
    target = tmp_path / "rows.txt"
    result = cli("process", SHORT, "-f", format, "-o", target, "--out", tmp_path / "dump")
    assert (result.code, result.out) == (0, "")
    back = [row.segment.start for row in read_labels(target, format)]
    assert back == pytest.approx([s.start for s in detect_speech(SHORT)], abs=1e-3)


def test_on_a_terminal_it_is_a_table_with_statistics_and_a_sum(cli, tmp_path, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    result = cli("process", SHORT, "--ns", "--stats", "--out", tmp_path)
    lines = screen.getvalue().splitlines()
    assert lines[0].split()[:2] == ["start", "end"]
    assert [line.split()[0] for line in lines[-2:]] == ["noise", "total"]
    assert "of speech in" in result.err


def test_statistics_go_beside_the_rows(cli, tmp_path):
    result = cli("process", SHORT, "--ns", "--stats", "--out", tmp_path)
    assert len(rows(result.out)) == len(detect_speech(SHORT))
    text = "\n".join(line for line in result.notes if not line.startswith("agora-audio:"))
    assert json.loads(text)["segments"] == len(rows(result.out))


def test_vad_options_and_presets_hold(cli, tmp_path):
    result = cli("process", DIALOGUE, "--stop-recognize-count", 20, "--out", tmp_path)
    config = AudioVadConfigV2(stop_recognize_count=20)
    assert spans(result.out) == [(s.start, s.end) for s in detect_speech(DIALOGUE, config=config)]
    assert json.loads((run_of(tmp_path) / "segments.json").read_text())["config"]["stop_recognize_count"] == 20


def test_another_output_a_plot_and_a_dump_of_the_stages(cli, tmp_path):
    words = ("--ns", "--out-rate", 16000, "--out-channels", 1, "--plot", tmp_path / "a.png", "--dump", tmp_path / "apm")
    result = cli("process", STEREO, *words, "--out", tmp_path / "vad")
    assert result.code == 0
    sound, format = read_audio(run_of(tmp_path / "vad") / "processed.wav")
    assert (format.sample_rate, format.channels) == (16000, 1)
    assert len(sound) == int(len(read_audio(STEREO)[0]) * 16000 / 44100 + 1e-6)
    assert (tmp_path / "a.png").stat().st_size > 5000
    output, _ = read_audio(run_of(tmp_path / "apm") / "output.wav")
    assert np.array_equal(output, sound)


def test_echo_and_stdin(cli, tmp_path):
    data = SHORT.read_bytes()
    words = ("--aec-engine", "webrtc", "--far", DIALOGUE, "-e", "energy", "--out", tmp_path)
    result = cli("process", "-", *words, stdin=[data[:5000], data[5000:]])
    assert result.code == 0
    assert "longer than the recording" in result.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--aec"], "give it by --far FILE"),
        (["--far", DIALOGUE], "--far is of use with --aec only"),
        (["-e", "krisp"], "engine is 'krisp'"),
        (["--plot", "nowhere/a.png"], "nowhere/a.png: No such file or directory"),
        (["--plot", SHORT], "is what is to be read"),
        (["-o", SHORT, "-f", "csv"], "is what is to be read"),
        (["-f", "docx"], "format is 'docx'"),
        (["--start-voice-prob", "101"], "start_voice_prob is 101"),
        (["--ns-level", "9"], "noise.level is 9"),
        (["--out", SHORT], "short_first_16k.wav"),
    ],
)
def test_wrong_calls_are_one_line_and_leave_nothing(cli, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    before = SHORT.read_bytes()
    result = cli("process", SHORT, *words)
    assert result.code == 2
    assert said in result.err
    assert len(result.notes) == 1
    assert list(tmp_path.iterdir()) == []
    assert SHORT.read_bytes() == before


def test_help_and_no_arguments(cli):
    text = cli("process", "--help").out
    for word in ("--out", "--far", "--engine", "--ns-level", "--preset", "--start-voice-prob", "--plot", "--stats"):
        assert word in text
    assert cli("process").code == 2


def test_an_interrupt_leaves_whole_files(tmp_path):
    process = start("process", "-", "-r", "16000", "-c", "1", "--ns", "-e", "energy", "--out", tmp_path)
    process.stdin.write((TEST_DATA / "dialogue_16k.pcm").read_bytes())
    process.stdin.flush()
    while not any(path.stat().st_size > 100_000 for path in tmp_path.glob("*/processed.wav")):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    result = finish(process)
    assert result.code == 130
    (path,) = tmp_path.glob("*/processed.wav")
    assert len(read_audio(path)[0]) > 50_000
    assert int.from_bytes(path.read_bytes()[40:44], "little") == path.stat().st_size - 44


@FULL
def test_a_full_disk_is_one_line(tmp_path):
    with open("/dev/full", "wb") as full:
        result = finish(start("process", DIALOGUE, "-e", "energy", "--out", tmp_path, stdout=full))
    assert result.code == 1
    assert "No space left on device" in result.err


def test_a_closed_pipe_is_no_error(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    process = start("process", DIALOGUE, "-e", "energy", "--out", tmp_path, stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
