"""The command line as a whole: exit codes, help, the version, and what becomes of every kind of error."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

import agora_audio
from agora_audio import cli as cli_package
from agora_audio.cli import app as app_module
from agora_audio.cli import main
from agora_audio.errors import AudioError, ConfigError, EngineUnavailable, FormatError, LiveError
from tests.cli.shell import finish, start
from tests.vad.pieces import TEST_DATA

SHORT = TEST_DATA / "short_first_16k.wav"
DEV_FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version(cli, flag):
    result = cli(flag)
    assert (result.code, result.out, result.err) == (0, f"agora-audio {agora_audio.__version__}\n", "")


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], ["vad", "doctor", "--version"]),
        (["vad"], ["dump", "detect", "plot", "replay"]),
        (["vad", "detect"], ["FILES", "--engine", "--format", "--channel", "--preset", "--start-rms-threshold"]),
        (["vad", "dump"], ["FILE", "--out", "--config", "--max-speech"]),
        (["vad", "replay"], ["DUMPDIR", "--algorithm"]),
        (["vad", "plot"], ["--output", "--start", "--end"]),
        (["doctor"], ["--format"]),
    ],
)
def test_help_names_what_there_is(cli, words, said, flag):
    result = cli(*words, flag)
    assert (result.code, result.err) == (0, "")
    assert [word for word in said if word not in result.out] == []


@pytest.mark.parametrize("words", [[], ["vad"]])
def test_without_a_command_the_help_is_shown(cli, words):
    result = cli(*words)
    assert result.code in (0, 2)  # as the installed version of click has it
    assert "Usage: agora-audio" in result.out + result.err
    assert "detect" in result.out + result.err or words == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["vda"], "No such command 'vda'"),
        (["detect", "a.wav"], "No such command 'detect'. Did you mean 'vad detect' or 'batch detect'?"),
        (["eval"], "No such command 'eval'. Did you mean 'lab eval'?"),
        (["vad", "detct", "x"], "No such command 'detct'"),
        (["vad", "detect"], "Missing argument 'FILES...'"),
        (["vad", "dump"], "Missing argument 'FILE'"),
        (["vad", "dump", "a", "b"], "unexpected extra argument"),
        (["vad", "detect", "a", "--speed"], "No such option: --speed"),
        (["vad", "detect", "a", "--format"], "--format"),
        (["vad", "plot", "a.wav"], "Missing option '--output'"),
        (["doctor", "now"], "unexpected extra argument"),
        (["--verbose"], "No such option: --verbose"),
    ],
)
def test_a_wrong_call_is_said_and_is_2(cli, words, said):
    result = cli(*words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError("mode is 7"), 2, "mode is 7"),
        (FormatError("no sound"), 2, "no sound"),
        (EngineUnavailable("pip install it"), 1, "pip install it"),
        (LiveError("line is dead"), 1, "line is dead"),
        (AudioError("it failed"), 1, "it failed"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a.wav"), 2, "a.wav: No such file or directory"),
        (PermissionError(errno.EACCES, "Permission denied", "a.wav"), 2, "a.wav: Permission denied"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "d"), 2, "d: Is a directory"),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "d"), 2, "d: Not a directory"),
        (FileExistsError(errno.EEXIST, "File exists", "d"), 2, "d: File exists"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "No space left on device"),
        (OSError("odd"), 1, "odd"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (SystemExit(7), 7, None),
        (SystemExit("words"), 1, None),
        (SystemExit(None), 1, None),
    ],
)
def test_every_error_has_a_line_and_a_code(monkeypatch, capsys, error, code, said):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(app_module, "app", fail)
    assert main(["doctor"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == ("" if said is None else f"agora-audio: {said}\n")


def test_an_error_of_ours_is_not_hidden(monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(app_module, "app", fail)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        main(["doctor"])


def test_an_interrupt_while_the_command_is_being_loaded_is_130(monkeypatch):
    class Interrupted:
        def __getattr__(self, name):
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "agora_audio.cli.app", Interrupted())
    assert main(["doctor"]) == 130


def test_a_reader_that_went_away_while_rich_was_writing_is_no_error(monkeypatch):
    def fail(*_, **__):
        try:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        except BrokenPipeError:
            raise SystemExit(1)  # noqa: B904 - as rich does it

    monkeypatch.setattr(app_module, "app", fail)
    assert main(["doctor"]) == 0


def test_the_words_of_the_process_are_the_default(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["agora-audio", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("agora-audio ")


def test_streams_that_are_closed_are_no_error(monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    try:
        assert main(["vad", "detect", str(SHORT), "-e", "energy"]) == 0
        assert main(["vad", "detect", "nothing.wav"]) == 2
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.close()


# --- as a process ---------------------------------------------------------------------------------------------------


def test_it_runs_as_a_module_and_as_a_script():
    result = finish(start("--version"))
    assert (result.code, result.out, result.err) == (0, f"agora-audio {agora_audio.__version__}\n", "")
    script = Path(sys.executable).with_name("agora-audio")
    if script.exists():
        run = subprocess.run([script, "--version"], capture_output=True, text=True, check=False)
        assert (run.returncode, run.stdout) == (0, result.out)


@pytest.mark.parametrize("words", [["vad", "detect", "-h"], ["doctor", "-f", "table"], ["doctor"]])
@POSIX
def test_a_reader_that_is_gone_already_is_no_error(words):
    reading, writing = os.pipe()
    os.close(reading)
    process = start(*words, stdout=writing)
    os.close(writing)
    result = finish(process)
    assert (result.code, result.err) == (0, "")


@DEV_FULL
@pytest.mark.parametrize("words", [["vad", "detect", SHORT, "-e", "energy"], ["doctor"], ["--version"]])
def test_a_full_disk_is_one_line_and_1(words):
    with open("/dev/full", "wb") as full:
        result = finish(start(*words, stdout=full))
    assert result.code == 1
    assert len(result.notes) == 1
    assert result.notes[0].startswith("agora-audio: ")
    assert result.notes[0].endswith("No space left on device")


@POSIX
@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&-"])
def test_a_process_may_be_started_with_streams_closed(closed):
    command = f'exec "{sys.executable}" -m agora_audio vad detect "{SHORT}" -e energy {closed}'
    run = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count("\n") == (0 if closed.startswith(">") else 1)


def test_the_package_of_the_command_line_offers_main_alone():
    assert cli_package.__all__ == ["main"]
