"""consume: what is heard, the script, the report and the picture, and every way to call it wrongly."""

from __future__ import annotations

import json
import os
import re
import signal
import sys

import pytest

from agora_audio.io import read_audio
from tests.cli.shell import Terminal, finish, start
from tests.vad.pieces import TEST_DATA

DIALOGUE = TEST_DATA / "dialogue_16k.wav"
STEREO = TEST_DATA / "stereo_44k.flac"
RAW = TEST_DATA / "dialogue_16k.pcm"


@pytest.mark.parametrize("path", [DIALOGUE, STEREO, TEST_DATA / "phone_8k.wav"], ids=lambda path: path.name)
def test_what_goes_in_is_heard(cli, path, tmp_path):
    result = cli("consume", path, "-o", tmp_path / "out.wav")
    assert (result.code, result.err) == (0, "")
    heard, format = read_audio(tmp_path / "out.wav")
    pushed, same = read_audio(path)
    assert format == same
    assert heard[: len(pushed)].tobytes() == pushed.tobytes()
    assert len(heard) - len(pushed) <= format.sample_rate // 100
    assert not heard[len(pushed) :].any()


def test_the_report_is_json_in_a_pipe(cli):
    report = json.loads(cli("consume", DIALOGUE, "--interrupt", "2.5s", "--pause", "500ms+1s").out)
    assert (report["file"], report["underruns"], report["late_gaps"]) == (str(DIALOGUE), 0, 0)
    (interrupt,) = report["interrupts"]
    assert (interrupt["time"], interrupt["heard_ms"], interrupt["exact"]) == (2.5, 1480, True)
    assert report["pauses"] == [{"start": 0.5, "end": 1.5}]
    assert report["arrived_seconds"] == pytest.approx(report["heard_seconds"] + report["dropped_seconds"])


def test_and_a_table_on_a_terminal(cli, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert cli("consume", DIALOGUE, "--interrupt", "2.5", "--pause", "1s+.1s", "--stall", "3s+4s").code == 0
    lines = terminal.getvalue().splitlines()
    assert lines[:3] == [
        "sample rate                16000",
        "channels                   1",
        "arrived seconds            18.684",
    ]
    assert lines[-4].startswith("gap at ")
    assert lines[-4].endswith(" ms: the sound was late")
    assert lines[-3:] == [
        "pause at 1.000 s, 100 ms",
        "interrupt at 2.500 s of round 0: heard 2380 ms (exactly), 83840 bytes dropped, silent after 0 ms",
        "  the next answer, round 1: what arrives from then on",
    ]


def test_of_many_gaps_the_table_shows_a_few_and_their_sum(cli):
    slow = ("consume", DIALOGUE, "--arrival-speed", "0.5")
    lines = cli(*slow, "-f", "table").out.splitlines()
    gaps = json.loads(cli(*slow).out)["gaps"]
    assert [line.startswith("gap at ") for line in lines[-6:]] == [True] * 5 + [False]
    left = 1000 * sum(gap["seconds"] for gap in gaps[5:])
    assert lines[-1] == f"{len(gaps) - 5} more gaps, {left:.0f} ms together"


def test_the_table_says_where_no_next_answer_arrives(cli):
    out = cli("consume", DIALOGUE, "--interrupt", "15", "-f", "table").out
    assert out.splitlines()[-1] == "  the next answer, round 1: nothing arrives"


def test_the_report_is_to_the_microsecond(cli):
    words = ("--stall", "1.1111111s+.3333333", "--interrupt", "2.00000001", "--tick-ms", "33.333333")
    out = cli("consume", DIALOGUE, "--arrival-speed", "0.77", *words).out
    assert max(len(digits) for digits in re.findall(r"\d\.(\d+)", out)) <= 6


def test_options_reach_the_pacer(cli):
    slow = json.loads(cli("consume", DIALOGUE, "--tick-ms", "150", "--lead-ms", "140", "--piece-ms", "1000").out)
    assert (slow["late_gaps"], slow["late_ms"]) == (1, 10)
    late = json.loads(cli("consume", DIALOGUE, "--arrival-speed", "0.5", "--padding-ms", "20").out)
    assert late["underruns"] > 50
    assert late["padding_seconds"] > 5
    ahead = json.loads(
        cli("consume", DIALOGUE, "--send-ms", "2000", "--speed", "5", "--recall", "no", "--interrupt", "2s").out
    )
    assert ahead["interrupts"][0]["silent_ms"] == pytest.approx(1660, abs=60)


def test_an_interrupt_that_came_too_late_is_told_of(cli):
    times = ("--interrupt", "2s", "--interrupt", "91s", "--interrupt", "90.5", "--pause", "60s+500")
    result = cli("consume", DIALOGUE, *times)
    report = json.loads(result.out)
    assert ([one["time"] for one in report["interrupts"]], report["pauses"]) == ([2.0], [])
    missed = [("pause", 60), ("interrupt", 90.5), ("interrupt", 91)]
    assert [(one["what"], one["time"]) for one in report["missed"]] == missed
    over = report["duration_seconds"]
    assert result.notes == [
        f"agora-audio: the {name} at {at} s never happened: all was over at {over:.3f} s" for name, at in missed
    ]


def test_a_pipe_of_raw_sound(cli, tmp_path):
    pcm = RAW.read_bytes()[:64_001]
    result = cli("consume", "-", "-r", "16000", "-o", tmp_path / "out.wav", stdin=[pcm[:99], pcm[99:]])
    assert (result.code, result.notes) == (
        0,
        ["agora-audio: -: 1 stray byte after the last whole sample left out; is it 16000 Hz mono?"],
    )
    assert read_audio(tmp_path / "out.wav")[0].tobytes() == pcm[:64_000]


def test_a_picture(cli, tmp_path):
    pytest.importorskip("matplotlib")
    result = cli("consume", DIALOGUE, "--interrupt", "2s", "--plot", tmp_path / "timeline.svg")
    assert (result.code, result.err) == (0, f"agora-audio: plot written to {tmp_path / 'timeline.svg'}\n")
    assert "interrupt" in (tmp_path / "timeline.svg").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing.wav"], "nothing.wav: No such file or directory"),
        ([DIALOGUE, "-o", "nowhere/out.wav"], "nowhere/out.wav: No such file or directory"),
        ([DIALOGUE, "-o", "out.mp3"], "'out.mp3' does not end in .wav: a WAV file is written"),
        ([DIALOGUE, "-o", DIALOGUE], f"{DIALOGUE} is what is to be read: name another file to write to"),
        ([DIALOGUE, "--plot", "out.wav"], "'out.wav' does not end in one of .png, .svg, .pdf"),
        ([DIALOGUE, "--lead-ms", "2000"], "lead_ms is 2000, must be a whole number of 0 to 1000"),
        ([DIALOGUE, "--speed", "9"], "speed is 9.0, must be a number of 1 to 5"),
        ([DIALOGUE, "--arrival-speed", "0"], "speed is 0.0, must be a number of 0.01 to 1000"),
        ([DIALOGUE, "--tick-ms", "0"], "tick_ms is 0.0, must be a number of 1 to 1000"),
        ([DIALOGUE, "--recall", "maybe"], "recall is 'maybe', must be exact, unknown or no"),
        ([DIALOGUE, "--format", "xml"], "format is 'xml', must be table or json"),
        ([DIALOGUE, "--interrupt", "soon"], "'soon' must be a time such as 2.5s or 800ms"),
        ([DIALOGUE, "--interrupt", "-1s"], "'-1s' must be a time"),
        ([DIALOGUE, "--pause", "1s"], "'1s' must be a time and a length such as 2s+500ms"),
    ],
)
def test_a_wrong_call_is_one_line_and_writes_nothing(cli, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    result = cli("consume", *words)
    assert (result.code, result.out, list(tmp_path.iterdir())) == (2, "", [])
    assert message in result.err


def test_a_wrong_call_empties_no_file(cli, tmp_path):
    (tmp_path / "out.wav").write_bytes(b"dear")
    assert cli("consume", DIALOGUE, "-o", tmp_path / "out.wav", "--recall", "maybe").code == 2
    assert (tmp_path / "out.wav").read_bytes() == b"dear"


def test_a_full_disk_is_one_line(cli, monkeypatch, tmp_path):
    def full(self, pcm):
        raise OSError(28, "No space left on device", "out.wav")

    monkeypatch.setattr("agora_audio.consumer.sinks.WavSink._store", full)
    result = cli("consume", DIALOGUE, "-o", tmp_path / "out.wav")
    assert (result.code, result.notes) == (1, ["agora-audio: out.wav: No space left on device"])


def test_a_reader_that_has_seen_enough_ends_it_quietly():
    process = start("consume", DIALOGUE)
    process.stdout.close()
    process.stdout = None
    result = finish(process)
    assert (result.code, result.err) == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_an_interrupt_from_the_keyboard_reports_what_was_heard(tmp_path):
    process = start("consume", "-", "-r", "16000", "--realtime", "-o", tmp_path / "out.wav")
    process.stdin.write(RAW.read_bytes()[:32_000])
    process.stdin.flush()
    written = tmp_path / "out.wav"
    while not (written.exists() and written.stat().st_size > 44):  # more than the header
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    result = finish(process)
    assert (result.code, result.notes) == (130, ["agora-audio: interrupted"])
    assert json.loads(result.out)["arrived_seconds"] == 1.0
    assert read_audio(written)[0].any()
