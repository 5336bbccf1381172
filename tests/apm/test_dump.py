"""ApmDump: every file beside the input sample by sample, run again to the same bits, readable after a kill."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest

from agora_audio.apm.dump import ApmDump
from agora_audio.apm.stages import ApmStages, EchoStage, GainStage, NoiseStage
from agora_audio.errors import AudioError, ConfigError
from agora_audio.frames import AudioFormat
from agora_audio.io import read_audio
from agora_audio.processor import ExternalAudioProcessor
from agora_audio.resample import Resampler
from agora_audio.vad.config import AudioVadConfigV2
from tests.vad.pieces import RATES, cut, talk

ECHO = EchoStage("webrtc")
MANY = ApmStages(high_pass=True, echo=ECHO, noise=NoiseStage(level=0), background=True)
FORMATS = [(16000, 1, 16000, 1), (44100, 2, 16000, 1), (16000, 1, 48000, 2), (8000, 1, 22050, 1), (11025, 2, 11025, 2)]


def dumped(folder, stages, sound, form, far=None, pieces=(1 << 30,), **options):
    rate, channels, out_rate, out_channels = form
    with ExternalAudioProcessor(
        stages, sample_rate=out_rate, channels=out_channels, dump=folder, **options
    ) as processor:
        if far is not None:
            processor.push_far_end(far, rate, channels)
        for piece in cut(sound, pieces):
            processor.push_audio_pcm_data(piece, rate, channels)
        processor.flush()
        return processor.dump_directory


def tracks(run):
    return {path.stem: read_audio(path) for path in sorted(run.glob("*.wav"))}


def test_a_folder_holds_what_it_says(tmp_path):
    run = dumped(tmp_path / "new", MANY, talk(44100, 2, 0.3, 0.9), (44100, 2, 22050, 1))
    names = ["0_in", "1_high_pass", "2_echo", "3_noise", "4_background", "far", "input", "output"]
    assert sorted(path.name for path in run.iterdir()) == sorted([*(f"{name}.wav" for name in names), "config.json"])
    config = json.loads((run / "config.json").read_text())
    assert config["formats"] == {
        "input": {"sample_rate": 44100, "channels": 2},
        "stages": {"sample_rate": 32000, "channels": 1},
        "output": {"sample_rate": 22050, "channels": 1},
    }
    assert ApmStages.from_dict(config["stages"]) == MANY
    assert config["delay_samples"] == {"high_pass": 4, "echo": 260, "noise": 196, "background": 0}
    assert config["delay_s"] == pytest.approx(0.014375 + 4 / 1000, abs=0.002)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("stages", [ApmStages(background=True), MANY, ApmStages(gain=GainStage(max_gain_db=0.0))])
def test_every_file_is_as_long_as_the_input(stages, form, tmp_path):
    rate, channels, _, _ = form
    sound = talk(rate, channels, 0.3, 0.7)
    found = tracks(dumped(tmp_path, stages, sound, form))
    seconds = len(sound) / 2 / channels / rate
    for name, (samples, format) in found.items():
        assert len(samples) == int(seconds * format.sample_rate + 1e-6), name
    assert found["input"][0].tobytes() == sound


@pytest.mark.parametrize("form", FORMATS)
def test_clicks_are_at_the_same_time_in_every_file(form, tmp_path):
    rate, channels, _, _ = form
    seconds = (0.5, 0.8, 1.1)
    # Soft clicks, as broad as every rate can hold, and without DC.
    time = np.arange(int(1.4 * rate)) / rate
    wave = sum(np.cos(2000 * np.pi * (time - at)) * np.exp(-(((time - at) / 4e-4) ** 2)) for at in seconds)
    sound = np.repeat(np.rint(20000 * wave).astype("<i2")[:, None], channels, axis=1)
    # After all of the near end's, for what follows the far end is let down as its echo.
    far = np.roll(sound, round(0.75 * rate), axis=0)
    far[: round(1.2 * rate)] = 0
    found = tracks(dumped(tmp_path, MANY, sound.tobytes(), form, far))
    assert len(found) == 8
    for name, (samples, format) in found.items():
        for at in (1.25,) if name == "far" else seconds:
            begin = round((at - 0.05) * format.sample_rate)
            part = samples[begin : begin + format.sample_rate // 10, 0].astype(float)
            peak = begin + int(np.argmax(np.abs(part)))
            if name == "far" and rate != format.sample_rate:
                peak -= Resampler(rate, format.sample_rate).delay
            assert peak == pytest.approx(at * format.sample_rate, abs=2e-4 * format.sample_rate), name


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_any_pieces_write_the_same_bytes(rate, channels, tmp_path):
    sound = talk(rate, channels, 0.3, 0.7)
    form = (rate, channels, 16000, 1)
    whole = dumped(tmp_path / "whole", MANY, sound, form, far=sound[::-1][: len(sound) // 4 * 4])
    parts = dumped(tmp_path / "parts", MANY, sound, form, sound[::-1][: len(sound) // 4 * 4], (3, 319, 2, 4001))
    for path in whole.iterdir():
        assert (parts / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("far_seconds", [0.2, 5.0])
@pytest.mark.parametrize("form", FORMATS)
def test_input_and_far_end_give_the_output_again(form, far_seconds, tmp_path):
    rate, channels, out_rate, out_channels = form
    sound = talk(rate, channels, 0.3, 1.1)
    far = talk(rate, channels, 5.0, 5.0 + far_seconds)
    run = dumped(tmp_path / "first", MANY, sound, form, far, (4001, 320))
    found = tracks(run)
    config = json.loads((run / "config.json").read_text())
    (near, source), (far_end, native) = found["input"], found["far"]
    again = tmp_path / "again"
    with ExternalAudioProcessor(
        ApmStages.from_dict(config["stages"]), None, **config["formats"]["output"], dump=again
    ) as processor:
        processor.push_far_end(far_end, native.sample_rate, native.channels)
        processor.push_audio_pcm_data(near, source.sample_rate, source.channels)
        processor.flush()
        second = tracks(processor.dump_directory)
    assert [name for name in found if not np.array_equal(second[name][0], found[name][0])] == []
    assert len(second["output"][0]) > 0.79 * out_rate
    assert second["output"][0].shape[1] == out_channels


def test_without_stages_it_is_what_came_and_what_went(tmp_path):
    sound = talk(16000, 1, 0.3, 0.7)
    run = dumped(tmp_path, None, sound, (16000, 1, 16000, 1), vad_config=AudioVadConfigV2(), engine="energy")
    found = tracks(run)
    assert set(found) == {"input", "0_in", "output"}
    assert {samples.tobytes() for samples, _ in found.values()} == {sound}


def test_each_stream_has_its_folder_and_no_other_sound(tmp_path):
    folders = []
    with ExternalAudioProcessor(ApmStages(background=True), dump=tmp_path) as processor:
        assert processor.dump_directory is None
        for value in (1, 2):
            processor.push_audio_pcm_data(np.full(800, value, np.int16), 16000, 1)
            processor.flush()
            folders.append(processor.dump_directory)
    assert folders[0] != folders[1]
    for value, run in enumerate(folders, 1):
        assert all((samples == value).all() and len(samples) == 800 for samples, _ in tracks(run).values())


def test_release_without_flush_leaves_whole_files(tmp_path):
    with ExternalAudioProcessor(ApmStages(noise=True), dump=tmp_path) as processor:
        processor.push_audio_pcm_data(talk(16000, 1, 0.3, 0.9), 16000, 1)
        run = processor.dump_directory
    for name, (samples, _) in tracks(run).items():
        assert len(samples) == pytest.approx(0.6 * 16000 + 37, abs=260), name


def test_the_date_names_the_folder(tmp_path):
    from agora_audio.apm.chain import ApmChain

    dump = ApmDump(tmp_path, started=datetime(2026, 1, 2, 3, 4, 5))
    dump.open(AudioFormat(), ApmChain(ApmStages(), AudioFormat()), 0.0)
    dump.close()
    dump.close()
    assert "20260102" in dump.directory.name.replace("-", "").replace("_", "")


def test_a_killed_run_leaves_files_that_read(tmp_path):
    program = (
        "import os, sys\n"
        "import numpy as np\n"
        "from agora_audio.apm.stages import ApmStages\n"
        "from agora_audio.processor import ExternalAudioProcessor\n"
        "processor = ExternalAudioProcessor(ApmStages(noise=True, background=True), dump=sys.argv[1])\n"
        "for _ in range(100):\n"
        "    processor.push_audio_pcm_data(np.full(160, 9, np.int16), 16000, 1)\n"
        "os._exit(9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], check=False, timeout=60)
    assert done.returncode == 9
    (run,) = tmp_path.iterdir()
    found = tracks(run)
    assert len(found) == 5
    for name, (samples, _) in found.items():
        assert 16000 - 5000 < len(samples) <= 16000, name
    json.loads((run / "config.json").read_text())


def test_a_folder_that_cannot_be_made_fails_the_push_and_leaves_no_trace(tmp_path):
    place = tmp_path / "taken"
    place.write_text("")
    processor = ExternalAudioProcessor(ApmStages(noise=True), dump=place)
    for _ in range(2):
        with pytest.raises((OSError, AudioError)):
            processor.push_audio_pcm_data(bytes(3200), 48000, 1)
    place.unlink()
    processor.push_audio_pcm_data(bytes(9600), 48000, 1)
    processor.release()
    assert processor.stats().delay_s == processor.delay == pytest.approx(0.008)
    assert processor.stats().input_s == 0.1


@pytest.mark.parametrize("dump", [5, True, b"folder"])
def test_a_dump_that_is_no_path_is_a_config_error(dump):
    with pytest.raises(ConfigError, match=r"dump is .*, must be the path of a folder"):
        ExternalAudioProcessor(ApmStages(noise=True), dump=dump)
