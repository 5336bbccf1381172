"""batch: what is written and said, how it ends, and how it goes on after every end."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

from agora_audio.lab.batch import read_manifest
from tests.cli.shell import PATIENCE, Terminal, finish, start
from tests.vad.pieces import TEST_DATA

SHORT = TEST_DATA / "short_first_16k.wav"
QUICK = ("-e", "energy")


@pytest.fixture
def calls(tmp_path):
    for name in ("a/x.wav", "b/x.wav", "b/größe 語.wav"):
        (tmp_path / "calls" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SHORT, tmp_path / "calls" / name)
    return tmp_path / "calls"


@pytest.fixture
def many(tmp_path):
    (tmp_path / "many").mkdir()
    for number in range(150):
        os.link(SHORT, tmp_path / "many" / f"{number:03d}.wav")
    return tmp_path / "many"


def manifest(out):
    """The manifest by name; fails where a line is torn or doubled."""
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    assert len({line["file"] for line in lines}) == len(lines)
    return {line["file"]: line for line in lines}


def test_detect_writes_labels_and_a_manifest(cli, calls, tmp_path):
    out = tmp_path / "out"
    result = cli("batch", "detect", calls, "--out", out, *QUICK, "-j", 2, "-f", "rttm")
    assert (result.code, result.out) == (0, "")
    assert result.notes[-1].startswith("agora-audio: 3 files done; 0:09 of sound in ")
    assert {str(path.relative_to(out)) for path in out.rglob("*.rttm")} == {"a/x.rttm", "b/x.rttm", "b/größe 語.rttm"}
    assert set(manifest(out)) == {"a/x.wav", "b/x.wav", "b/größe 語.wav"}
    assert "b/größe_語.wav" in (out / "b" / "größe 語.rttm").read_text()


def test_process_writes_sound_and_labels(cli, calls, tmp_path):
    out = tmp_path / "out"
    words = ("--hpf", "--audio", "flac", "--stop-recognize-count", "20", "--out-rate", "8000", "--stats")
    assert cli("batch", "process", calls, "-O", out, *QUICK, "-j", 1, *words).code == 0
    assert sorted(path.suffix for path in out.rglob("*/x.*")) == [".flac", ".flac", ".jsonl", ".jsonl"]
    assert manifest(out)["a/x.wav"]["stats"]["total"]["frames"] > 0
    assert json.loads((out / ".batch" / "job.json").read_text())["work"]["config"]["stop_recognize_count"] == 20


def test_some_failed_is_exit_code_1_and_resume_tries_them_again(cli, calls, tmp_path):
    out = tmp_path / "out"
    (calls / "empty.wav").write_bytes(b"")
    (calls / "noise.flac").write_bytes(bytes(range(256)) * 20)
    result = cli("batch", "detect", calls, "--out", out, *QUICK, "-j", 1)
    assert result.code == 1
    assert f"agora-audio: empty.wav: failed: {calls}/empty.wav is empty: no sound to read" in result.notes
    assert "agora-audio: 3 files done, 2 failed; " in result.err
    assert result.notes[-1] == f"agora-audio: the reasons stand in {out}/manifest.jsonl"
    shutil.copy(SHORT, calls / "empty.wav")
    (calls / "noise.flac").unlink()
    result = cli("batch", "detect", calls, "--out", out, *QUICK, "-j", 1, "--resume")
    assert result.code == 0
    assert "1 file done, 3 done before" in result.err


def test_many_failures_are_not_all_named(cli, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(30):
        (tmp_path / "in" / f"{number}.wav").write_bytes(b"")
    result = cli("batch", "detect", tmp_path / "in", "--out", tmp_path / "out", *QUICK, "-j", 1)
    assert result.err.count(": failed: ") == 20
    assert result.err.count("more of these stand in the manifest") == 1


def test_fail_fast_and_limit(cli, calls, tmp_path):
    (calls / "a" / "a.wav").write_bytes(b"")
    result = cli("batch", "detect", calls, "--out", tmp_path / "out", *QUICK, "-j", 1, "--fail-fast")
    assert result.code == 1
    assert "agora-audio: ended early: a recording failed" in result.notes
    assert "--resume goes on with the " in result.err
    (calls / "a" / "a.wav").unlink()
    result = cli("batch", "detect", calls, "--out", tmp_path / "other", *QUICK, "-j", 1, "--limit", 1)
    assert (result.code, len(manifest(tmp_path / "other"))) == (0, 1)
    assert "agora-audio: --resume goes on with the 2 that are left" in result.notes


def test_a_dry_run_says_what_would_be_done_and_does_nothing(cli, calls, tmp_path, monkeypatch):
    result = cli("batch", "process", calls, "--out", tmp_path / "out", "--dry-run", "--limit", 1)
    assert result.code == 0
    assert [json.loads(line) for line in result.lines] == [
        {
            "file": "a/x.wav",
            "source": f"{calls}/a/x.wav",
            "outputs": [f"{tmp_path}/out/a/x.wav", f"{tmp_path}/out/a/x.jsonl"],
        }
    ]
    assert "1 recordings; nothing was done" in result.err
    assert not (tmp_path / "out").exists()
    assert cli("batch", "detect", calls, "--out", tmp_path / "o", *QUICK, "-j", 1, "--limit", 2).code == 0
    result = cli("batch", "detect", calls, "--out", tmp_path / "o", *QUICK, "--dry-run", "--resume")
    assert [json.loads(line)["file"] for line in result.lines] == ["b/x.wav"]
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    cli("batch", "detect", calls, "--out", tmp_path / "out", "--dry-run")
    assert screen.getvalue().splitlines()[0] == f"{calls}/a/x.wav -> {tmp_path}/out/a/x.jsonl"


def test_a_manifest_from_a_pipe_with_relative_paths(cli, calls, tmp_path, monkeypatch):
    monkeypatch.chdir(calls)
    result = cli("batch", "detect", "-", "--out", tmp_path / "out", *QUICK, "-j", 1, stdin=[b"a/x.wav\n", b"b/x.wav\n"])
    assert result.code == 0
    assert set(manifest(tmp_path / "out")) == {"a/x.wav", "b/x.wav"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("empty",), "empty: no recordings in it"),
        (("nowhere",), "nowhere: No such file or directory"),
        (("calls", "--engine", "best"), "engine is 'best', must be one of"),
        (("calls", "--format", "mp4"), "format='mp4' is unknown"),
        (("calls", "--workers", "0"), "Invalid value for '--workers' / '-j'"),
        (("calls", "--time-limit", "0"), "time_limit is 0.0, must be seconds above 0"),
        (("calls", "--resume", "--overwrite"), "resume and overwrite contradict each other"),
        (("calls", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"), "--workers is for this machine"),
        (("calls", "--start-recognize-count", "0"), "start_recognize_count is 0"),
    ],
)
def test_wrong_calls_are_exit_code_2(cli, calls, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    result = cli("batch", "detect", *words, "--out", "out")
    assert result.code == 2
    assert message in result.err
    assert not (tmp_path / "out" / "manifest.jsonl").exists() or not (tmp_path / "out" / "manifest.jsonl").read_text()


def test_names_need_a_pipe(cli, tmp_path, monkeypatch):
    for stdin in (None, Terminal()):
        monkeypatch.setattr("sys.stdin", stdin)
        result = cli("batch", "detect", "-", "--out", tmp_path / "out")
        assert (result.code, "nothing comes through stdin: pipe names into it" in result.err) == (2, True)


def test_far_ends_need_echo_cancelling_and_the_other_way_round(cli, calls, tmp_path):
    result = cli("batch", "process", calls, "--out", tmp_path / "out", "--far", calls)
    assert (result.code, "--far is of use with --aec only" in result.err) == (2, True)


def test_processed_sound_among_the_recordings_is_refused(cli, calls):
    result = cli("batch", "process", calls, "--out", calls)
    assert (result.code, "among the recordings: name another --out" in result.err) == (2, True)


def test_two_batches_into_one_output(cli, calls, tmp_path):
    (tmp_path / "out" / ".batch").mkdir(parents=True)
    with open(tmp_path / "out" / ".batch" / "lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write('{"pid": 123, "host": "elsewhere"}')
        held.flush()
        result = cli("batch", "detect", calls, "--out", tmp_path / "out", *QUICK)
    assert result.code == 2
    assert result.notes == [
        f"agora-audio: another batch is writing to {tmp_path}/out (process 123 on elsewhere): wait for it, or name "
        "another --out"
    ]
    assert cli("batch", "detect", calls, "--out", tmp_path / "out", *QUICK, "-j", 1).code == 0


def test_dask_that_is_not_there_is_named(cli, calls, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    result = cli("batch", "detect", calls, "--out", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1")
    assert result.code == 1
    assert "--scheduler needs Dask: pip install 'agora-audio[dask]'" in result.err


# --- ends ------------------------------------------------------------------------------------------------------------


def begun(many, out, *words, least=10, **streams):
    """Start a batch and wait until some recordings are done."""
    process = start("batch", "detect", many, "--out", out, *QUICK, "-j", 2, *words, **streams)
    deadline = time.monotonic() + PATIENCE
    while sum(1 for _ in read_manifest(out)) < least:
        assert process.poll() is None
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)  # the batch needs the core
    return process


def gone_on(cli, many, out):
    result = cli("batch", "detect", many, "--out", out, *QUICK, "-j", 2, "--resume")
    assert result.code == 0
    assert set(manifest(out)) == {path.name for path in many.iterdir()}
    assert len(list(out.glob("*.jsonl"))) == 151
    assert not [path for path in (out / ".batch").iterdir() if path.name.startswith("tmp-")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_says_what_is_left_and_goes_on(cli, many, tmp_path, number):
    out = tmp_path / "out"
    process = begun(many, out)
    os.kill(process.pid, number)
    result = finish(process)
    assert result.code == 130
    done = len(manifest(out))
    assert done < 150
    assert f"{150 - done} left" in result.err
    assert f"agora-audio: --resume goes on with the {150 - done} that are left" in result.notes
    assert result.notes[-1] == "agora-audio: interrupted"
    gone_on(cli, many, out)


def test_killed_it_goes_on_also_after_a_torn_line(cli, many, tmp_path):
    out = tmp_path / "out"
    process = begun(many, out)
    process.kill()
    process.communicate()
    with open(out / "manifest.jsonl", "ab") as lines:
        lines.write(b'{"file": "149.wav", "sta')
    gone_on(cli, many, out)


def test_a_worker_that_is_killed_costs_its_recording_a_second_try(many, tmp_path):
    out = tmp_path / "out"
    process = begun(many, out)
    tasks = Path(f"/proc/{process.pid}/task")
    workers = [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
    os.kill(workers[0], signal.SIGKILL)
    assert finish(process).code == 0
    assert {line["status"] for line in manifest(out).values()} == {"done"}
    assert len(manifest(out)) == 150


def test_a_terminal_sees_the_rate_and_the_time_left(many, tmp_path):
    controller, terminal = pty.openpty()
    process = start("batch", "detect", many, "--out", tmp_path / "out", *QUICK, "-j", 1, stderr=terminal)
    os.close(terminal)
    seen = b""
    while True:
        try:
            piece = os.read(controller, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(controller)
    assert finish(process).code == 0
    text = seen.decode()
    assert "\r\x1b[2K" in text
    assert " of 150 files" in text
    assert text.rstrip().rpartition("\x1b[2K")[2].startswith("agora-audio: 150 files done; ")
