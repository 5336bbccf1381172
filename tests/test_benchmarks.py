"""The benchmarks that take a folder say what is wrong with it, and end where their reader does."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
HOLDS = {
    "apm_quality": "vad_labelled/NAME.wav and noise/kitchen.wav",
    "echo_quality": "vad_labelled/NAME.wav, and aec_real/NAME_mic.wav with NAME_lpb.wav",
    "fusion_quality": "NAME.wav (16 kHz mono) and NAME.scv",
    "segmenter_quality": "NAME.jsonl, a line a text: text, lang, sents",
    "tune_quality": "two or more NAME.wav, and NAME.scv",
    "vad_after_apm": "vad_labelled/NAME.wav with NAME.scv, and noise/kitchen.wav",
    "vad_quality": "NAME.wav (16 kHz mono) and NAME.scv",
}


@pytest.fixture(params=HOLDS)
def benchmark(request, monkeypatch, capsys):
    """Call a benchmark's main with a folder and return its exit code and what it said."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    spec = importlib.util.spec_from_file_location(request.param, BENCHMARKS / f"{request.param}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, request.param, module)  # dataclasses look their module up
    spec.loader.exec_module(module)

    def run(folder):
        count = 2 if request.param == "fusion_quality" else 1
        monkeypatch.setattr(sys, "argv", [request.param, *[str(folder)] * count])
        with pytest.raises(SystemExit) as ended:
            module.main()
        return ended.value.code, capsys.readouterr().err

    return request.param, run


def test_a_folder_that_does_not_exist_is_an_error(benchmark, tmp_path):
    _, run = benchmark
    code, said = run(tmp_path / "none")
    assert (code, said.splitlines()[-1].partition(": error: ")[2]) == (
        2,
        f"argument FOLDER: {tmp_path / 'none'} does not exist",
    )
    assert "is no folder" in run(__file__)[1]


def test_a_folder_without_clips_says_what_it_must_hold(benchmark, tmp_path):
    name, run = benchmark
    code, said = run(tmp_path)
    assert (code, said.partition(": the folder must hold ")[2]) == (2, HOLDS[name] + "\n")


def test_a_clip_without_labels_is_named(benchmark, tmp_path):
    name, run = benchmark
    if not HOLDS[name].count(".scv"):
        pytest.skip("it takes no labels")
    (tmp_path / "vad_labelled").mkdir()
    for clip in ("a.wav", "b.wav", "vad_labelled/a.wav"):
        (tmp_path / clip).touch()
    assert run(tmp_path)[1].startswith(f"no {tmp_path}{'/vad_labelled' if name == 'vad_after_apm' else ''}/a.scv: ")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_reader_that_has_seen_enough_ends_it_quietly(as_json):
    script = f"import timing; timing.emit('title', [{{'what': 'x' * 999}}] * 999, {as_json})"
    environment = {**os.environ, "PYTHONPATH": str(BENCHMARKS)}
    process = subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    process.stdout = None
    assert (process.communicate()[1], process.returncode) == (b"", 0)
