"""apm run: every option, every place to write to, and every way to call it wrongly."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from agora_audio.apm.config import AgcConfig, APMConfig
from agora_audio.apm.stages import STAGES, ApmStages, BackgroundStage, EchoStage, GainStage, NoiseStage
from agora_audio.frames import AudioFormat
from agora_audio.io import read_audio
from agora_audio.processor import ExternalAudioProcessor
from agora_audio.writer import AudioWriter
from tests.cli.shell import PATIENCE, Terminal, finish, start
from tests.vad.pieces import TEST_DATA, talk

DIALOGUE = TEST_DATA / "dialogue_16k.wav"
SHORT = TEST_DATA / "short_first_16k.wav"
STEREO = TEST_DATA / "stereo_44k.flac"
HEAD = "in dB out dB gain dB floor in floor out clipped delay ms x real time"
RAW = TEST_DATA / "odd_bytes_16k.pcm"
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


class Screen(Terminal):
    """A terminal with the bytes behind it."""

    def __init__(self):
        super().__init__()
        self.buffer = io.BytesIO()


def saved(path, sound, rate=16000):
    with AudioWriter(path, AudioFormat(rate, sound.shape[1])) as writer:
        writer.write(sound)
    return path


@pytest.fixture
def speech(tmp_path):
    """A second and a half of speech, to be quick."""
    return saved(tmp_path / "speech.wav", read_audio(DIALOGUE)[0][5000:29037])


@pytest.fixture
def stages_of(cli, speech, tmp_path):
    """The stages that some options mean, as the dump of a run says."""

    def run(*words):
        folder = tmp_path / f"dump{len(list(tmp_path.iterdir()))}"
        result = cli("apm", "run", speech, "--dump", folder, *words)
        assert result.code == 0, result.err
        (made,) = folder.iterdir()
        return ApmStages.from_dict(json.loads((made / "config.json").read_text())["stages"])

    return run


def best_shift(a, b, most=60):
    # Differences, for a high-pass filter turns the phases of low tones.
    a, b = (np.diff(side.astype(float)) for side in (a, b))
    length = min(len(a), len(b)) - 2 * most
    middle = a[most : most + length]
    score = [np.dot(middle, b[most + k : most + k + length]) for k in range(-most, most)]
    return int(np.argmax(score)) - most


# --- options --------------------------------------------------------------------------------------------------------


def test_help_names_every_option(cli):
    text = cli("apm", "run", "--help").out
    for word in (
        "--hpf",
        "--aec",
        "--ns",
        "--bgvs",
        "--agc",
        "--sdk",
        "--apm-config",
        "--far",
        "--far-start",
        "-o",
        "--plot",
        "--stats",
        "--dump",
        "--out-rate",
        "--out-channels",
        "--sample-rate",
        "--channels",
    ):
        assert word in text
    for word in (
        "--ns-level",
        "--ns-engine",
        "--aec-delay-ms",
        "--bgvs-reduction",
        "--bgvs-margin",
        "--bgvs-hold-s",
        "--bgvs-memory-s",
        "--agc-max-gain",
        "--agc-headroom",
        "--hpf-engine",
    ):
        assert word in text
    assert "run" in cli("apm").out + cli("apm").err


@pytest.mark.parametrize(
    ("words", "stages"),
    [
        (["--hpf"], ApmStages(high_pass=True)),
        (["--ns"], ApmStages(noise=True)),
        (["--bgvs", "--agc"], ApmStages(background=True, gain=True)),
        (["--ns-level", 3], ApmStages(noise=NoiseStage(level=3))),
        (["--hpf-engine", "webrtc"], ApmStages(high_pass=True)),
        (
            ["--bgvs-reduction", 12, "--bgvs-margin", 9, "--bgvs-hold-s", 0.5, "--bgvs-memory-s", 60],
            ApmStages(background=BackgroundStage(12.0, 9.0, 0.5, 60.0)),
        ),
        (
            ["--agc-max-gain", 6, "--agc-headroom", 3, "--agc-engine", "webrtc"],
            ApmStages(gain=GainStage("webrtc", 6.0, 3.0)),
        ),
        (["--sdk"], ApmStages.from_agora(APMConfig())),
        (["--sdk", "--no-ns"], ApmStages(background=True)),
        (["--sdk", "--ns-level", 0], ApmStages(noise=NoiseStage(level=0), background=True)),
        (["--sdk", "--hpf", "--no-bgvs"], ApmStages(noise=True, high_pass=True)),
    ],
)
def test_options_are_stages(stages_of, words, stages):
    assert stages_of(*words) == stages


def test_echo_options(stages_of, speech):
    found = stages_of("--aec-engine", "webrtc", "--aec-delay-ms", 40, "--far", speech)
    assert found == ApmStages(echo=EchoStage("webrtc", 40))


def test_a_config_is_the_sdks_or_ours_or_that_of_a_dump(stages_of, cli, speech, tmp_path):
    sdk, ours = tmp_path / "sdk.json", tmp_path / "ours.json"
    sdk.write_text(APMConfig(agc_config=AgcConfig(enabled=True)).to_agora_json())
    assert stages_of("--apm-config", sdk) == ApmStages(noise=True, background=True, gain=True)
    assert stages_of("--apm-config", sdk, "--no-ns", "--agc-max-gain", 9) == ApmStages(
        background=True, gain=GainStage(max_gain_db=9.0)
    )
    stages = ApmStages(high_pass=True, noise=NoiseStage(level=2), order=tuple(reversed(STAGES)))
    ours.write_text(json.dumps(stages.to_dict()))
    assert stages_of("--apm-config", ours) == stages
    cli("apm", "run", speech, "--apm-config", ours, "--dump", tmp_path / "first")
    (run,) = (tmp_path / "first").iterdir()
    assert stages_of("--apm-config", run / "config.json") == stages


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "must be a mapping"),
        ('{"reverb": true}', "'reverb' is no stage"),
        ('{"noise": {"level": 9}}', "noise.level is 9"),
        ('{"noise": {"level": 1.5}}', "noise.level is 1.5"),
        ('{"stages": 5}', "stages are 5"),
        ('{"ans": {"enabled": 5}}', "ns_enabled is 5"),
        ('{"ans": 5}', "must be a JSON object of objects"),
        ('{"aec": {"loud": true}}', "AiAecConfig has no field 'loud'"),
    ],
)
def test_a_wrong_config_is_one_line_with_its_name(cli, tmp_path, text, said):
    path = tmp_path / "wrong.json"
    path.write_text(text)
    result = cli("apm", "run", SHORT, "--apm-config", path, "--stats")
    assert result.code == 2
    assert len(result.notes) == 1
    assert str(path) in result.err
    assert said in result.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--stats"], "no stage is on: name some of --hpf, --aec, --ns, --bgvs, --agc, or --sdk"),
        (["--ns"], "there is nothing to write: give -o OUT, --plot FILE, --dump DIR or --stats"),
        (["--no-ns", "--ns-level", 1, "--stats"], "--no-ns takes no --ns-... beside it"),
        (["--ns-level", 7, "--stats"], "noise.level is 7, must be one of 0, 1, 2, 3"),
        (["--ns-engine", "krisp", "--stats"], "noise.engine is 'krisp', must be one of 'webrtc', 'rnnoise'"),
        (["--bgvs-margin", 1, "--stats"], "background.margin_db is 1.0, must be a number of 3 to 40"),
        (["--aec", "--stats"], "--aec takes out what the loudspeaker played: give it by --far FILE"),
        (["--ns", "--far", SHORT, "--stats"], "--far is of use with --aec only: switch it on"),
        (["--ns", "-o", "out.aac"], "sound is written to files that end in .wav"),
        (["--ns", "-o", "nowhere/out.wav"], "nowhere/out.wav: No such file or directory"),
        (["--ns", "--plot", "nowhere/out.png"], "nowhere/out.png: No such file or directory"),
        (["--ns", "--plot", "out.bmp"], "does not end in one of .png, .svg, .pdf"),
        (["--ns", "-o", "."], "Is a directory"),
        (["--ns", "--out-rate", 100, "--stats"], "sample_rate is 100, must be 8000 to 96000"),
        (["--ns", "--out-channels", 0, "--stats"], "channels is 0, must be 1 to 64"),
        (["--ns", "--far-start", 1, "--stats"], "--far-start is of use with --far only"),
        (["--aec", "--aec-engine", "webrtc", "--far", DIALOGUE, "--far-start", -1, "--stats"], "start_time is -1"),
    ],
)
def test_wrong_calls_are_one_line_and_leave_nothing(cli, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    result = cli("apm", "run", SHORT, *words)
    assert result.code == 2
    assert said in result.err.replace("\n", " ")
    assert len(result.notes) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_makes_no_output(cli, tmp_path):
    for name in (tmp_path / "missing.wav", tmp_path):
        result = cli("apm", "run", name, "--ns", "-o", tmp_path / "out.wav")
        assert result.code == 2
        assert len(result.notes) == 1
    missing = cli("apm", "run", SHORT, "--aec", "--far", tmp_path / "missing.wav", "-o", tmp_path / "out.wav")
    assert missing.code == 2
    assert "missing.wav" in missing.err
    assert not (tmp_path / "out.wav").exists()


@pytest.mark.parametrize("option", ["-o", "--plot"])
def test_an_input_is_never_written_over(cli, tmp_path, option):
    near = saved(tmp_path / "near.wav", read_audio(SHORT)[0])
    before = near.read_bytes()
    link = tmp_path / "link.wav"
    link.symlink_to(near)
    far = saved(tmp_path / "far.wav", read_audio(SHORT)[0])
    for target in (near, link, far):
        result = cli("apm", "run", near, "--aec", "--aec-engine", "webrtc", "--far", far, option, target)
        assert result.code == 2
        assert f"{target} is what is to be read: name another file to write to" in result.err
    assert near.read_bytes() == far.read_bytes() == before


# --- output ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["--hpf"], ["--ns"], ["--bgvs"], ["--agc"], ["--sdk", "--hpf"]])
@pytest.mark.parametrize("out", [[], ["--out-rate", "48000", "--out-channels", "2"], ["--out-rate", "11025"]])
def test_the_output_lies_beside_the_input(cli, speech, tmp_path, words, out):
    assert cli("apm", "run", speech, *words, *out, "-o", tmp_path / "out.wav").code == 0
    sound, format = read_audio(tmp_path / "out.wav")
    near, _ = read_audio(speech)
    assert len(sound) == int(len(near) * format.sample_rate / 16000 + 1e-6)
    from agora_audio.resample import resample

    beside = resample(near, 16000, format.sample_rate)[:, 0]
    assert abs(best_shift(beside, sound[:, 0])) <= format.sample_rate / 8000
    assert format.channels == (2 if "--out-channels" in out else 1)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3", ".pcm", ".raw"])
def test_the_suffix_names_the_container(cli, speech, tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    assert cli("apm", "run", speech, "--ns", "-o", path).code == 0
    expected = cli("apm", "run", speech, "--ns", "-o", tmp_path / "expected.wav")
    assert expected.code == 0
    sound, format = read_audio(path)
    expected, _ = read_audio(tmp_path / "expected.wav")
    assert format == AudioFormat(16000)
    if suffix in (".ogg", ".mp3"):
        assert len(sound) == pytest.approx(len(expected), abs=1700)
    else:
        assert np.array_equal(sound, expected)


def test_it_is_what_the_processor_gives(cli, speech, tmp_path):
    cli("apm", "run", speech, "--sdk", "-o", tmp_path / "out.wav")
    near, _ = read_audio(speech)
    with ExternalAudioProcessor(APMConfig()) as processor:
        frames = processor.push_audio_pcm_data(near, 16000, 1) + processor.flush()
        late = round(processor.delay * 16000)
    sound = np.concatenate([done.frame.samples() for done in frames])[late : late + len(near)]
    assert np.array_equal(read_audio(tmp_path / "out.wav")[0], sound)


def test_to_stdout_it_is_wav(tmp_path):
    done = start("apm", "run", SHORT, "--ns", "-o", "-", "--stats")
    out, err = done.communicate(timeout=PATIENCE)
    assert done.returncode == 0
    sound, format = read_audio(io.BytesIO(out))
    assert (len(sound), format) == (len(read_audio(SHORT)[0]), AudioFormat(16000))
    assert json.loads(err)["stages"]["noise"]["frames"] > 0


def test_no_sound_goes_to_a_terminal(cli, monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    result = cli("apm", "run", SHORT, "--ns", "-o", "-")
    assert result.code == 2
    assert "is a terminal" in result.err
    assert screen.buffer.getvalue() == b""


def test_from_stdin(cli, speech, tmp_path):
    data = speech.read_bytes()
    cli("apm", "run", speech, "--ns", "-o", tmp_path / "expected.wav")
    assert cli("apm", "run", "-", "--ns", "-o", tmp_path / "out.wav", stdin=[data[:999], data[999:]]).code == 0
    assert (tmp_path / "out.wav").read_bytes() == (tmp_path / "expected.wav").read_bytes()
    both = cli("apm", "run", "-", "--aec", "--far", "-", "-o", tmp_path / "out.wav", stdin=[data])
    assert (both.code, "cannot both be stdin" in both.err) == (2, True)


def test_raw_pcm(cli, tmp_path):
    result = cli("apm", "run", RAW, "-r", 8000, "-c", 1, "--ns", "-o", tmp_path / "out.wav")
    assert result.code == 0
    sound, format = read_audio(tmp_path / "out.wav")
    assert format == AudioFormat(8000)
    assert len(sound) == RAW.stat().st_size // 2


def test_stereo_at_another_rate_stays_so(cli, tmp_path):
    assert cli("apm", "run", STEREO, "--hpf", "-o", tmp_path / "out.wav").code == 0
    sound, format = read_audio(tmp_path / "out.wav")
    assert format == AudioFormat(44100, 2)
    assert len(sound) == len(read_audio(STEREO)[0])


# --- far end --------------------------------------------------------------------------------------------------------


def echoed(tmp_path, far_rate=16000, seconds=4, lead=0.0):
    far = np.frombuffer(talk(16000, 1, 0.3, 0.3 + seconds), "<i2").reshape(-1, 1)
    near = np.zeros_like(far)
    late = round((0.05 + lead) * 16000)
    near[late:] = far[: len(far) - late] // 3
    from agora_audio.resample import resample

    return (
        saved(tmp_path / "near.wav", near),
        saved(tmp_path / "far.wav", resample(far, 16000, far_rate), far_rate),
    )


@pytest.mark.parametrize("far_rate", [16000, 48000, 8000])
def test_echo_goes_whatever_the_far_ends_rate_and_nothing_of_it_is_missing(cli, tmp_path, far_rate):
    near, far = echoed(tmp_path, far_rate)
    words = ("--aec", "--aec-engine", "webrtc", "--far", far)
    result = cli("apm", "run", near, *words, "-o", tmp_path / "out.wav", "--stats")
    assert (result.code, result.err) == (0, "")
    stats = json.loads(result.out)
    # The last of another rate stays in the resampler; nothing comes late for it.
    assert stats["far_end"]["late_s"] == 0.0
    assert stats["far_end"]["missing_s"] < 0.015
    assert stats["echo"]["return_loss_enhancement_db"] > 5


def test_a_far_end_that_begins_later(cli, tmp_path):
    near, far = echoed(tmp_path, lead=1.0)
    words = ("--aec", "--aec-engine", "webrtc", "--far", far, "--far-start", "1")
    result = cli("apm", "run", near, *words, "--stats")
    assert result.code == 0
    assert json.loads(result.out)["echo"]["delay_ms"] == pytest.approx(50, abs=1)


@pytest.mark.parametrize(("near_s", "far_s", "said"), [(4, 1, "3.00 s shorter"), (1, 4, "3.00 s longer"), (2, 2, "")])
def test_a_far_end_of_another_length_is_told(cli, tmp_path, near_s, far_s, said):
    sound = np.frombuffer(talk(16000, 1, 0.3, 5), "<i2").reshape(-1, 1)
    near = saved(tmp_path / "near.wav", sound[: 16000 * near_s])
    far = saved(tmp_path / "far.wav", sound[: 16000 * far_s])
    result = cli("apm", "run", near, "--aec-engine", "webrtc", "--far", far, "-o", tmp_path / "out.wav")
    assert result.code == 0
    assert said in result.err
    assert len(result.notes) == bool(said)


def test_raw_rate_is_that_of_raw_sound_alone(cli, tmp_path):
    near, _ = echoed(tmp_path)
    raw = tmp_path / "near.pcm"
    raw.write_bytes(read_audio(near)[0].tobytes())
    far = saved(tmp_path / "far48.wav", np.zeros((48000 * 4, 1), np.int16), 48000)
    words = ("--aec-engine", "webrtc", "--far", far, "-o", tmp_path / "out.wav")
    result = cli("apm", "run", raw, "-r", 16000, "-c", 1, *words)
    assert result.code == 0, result.err


# --- statistics and plots -------------------------------------------------------------------------------------------


def test_statistics_into_a_pipe_are_json(cli, speech):
    result = cli("apm", "run", speech, "--sdk", "--stats")
    stats = json.loads(result.out)
    assert list(stats["stages"]) == ["noise", "background"]
    assert stats["total"]["real_time_factor"] > 0
    assert stats["input_s"] == pytest.approx(24037 / 16000)


def test_statistics_on_a_terminal_are_a_table(cli, tmp_path, monkeypatch):
    near, far = echoed(tmp_path)
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    assert cli("apm", "run", near, "--ns", "--aec-engine", "webrtc", "--far", far, "--stats").code == 0
    lines = screen.getvalue().splitlines()
    assert lines[0].split() == HEAD.split()
    assert [line.split()[0] for line in lines[1:]] == ["echo", "noise", "total", "echo:", "far"]
    assert "delay 50 ms" in lines[4]
    assert "clock drift not known" in lines[4]


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_plot(cli, speech, tmp_path, suffix):
    result = cli("apm", "run", speech, "--ns", "--plot", tmp_path / f"plot{suffix}")
    assert result.code == 0
    assert result.err == f"agora-audio: plot written to {tmp_path / f'plot{suffix}'}\n"
    assert (tmp_path / f"plot{suffix}").stat().st_size > 5000


# --- ends of every kind ---------------------------------------------------------------------------------------------


def test_a_closed_pipe_is_no_error():
    process = start("apm", "run", TEST_DATA / "long_16k.flac", "--ns", "-o", "-")
    process.stdout.read(100)
    process.stdout.close()
    err = process.stderr.read().decode()
    assert process.wait(PATIENCE) == 0
    assert err == ""
    process.stdin.close()
    process.stderr.close()


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_a_whole_file(kill, tmp_path):
    path = tmp_path / "out.wav"
    process = start("apm", "run", "-", "-r", "16000", "-c", "1", "--ns", "-o", path)
    process.stdin.write(talk(16000, 1, 0.3, 12.3))
    process.stdin.flush()
    while not (path.exists() and path.stat().st_size > 100_000):
        assert process.poll() is None
    process.send_signal(kill)
    result = finish(process)
    assert (result.code, result.notes[-1]) == (130, "agora-audio: interrupted")
    sound, format = read_audio(path)
    assert format == AudioFormat(16000)
    assert len(sound) > 50_000
    # The header says how long it is: nothing about it is to be repaired.
    assert int.from_bytes(path.read_bytes()[40:44], "little") == path.stat().st_size - 44


@FULL
@pytest.mark.parametrize("target", ["-", "file"])
def test_a_full_disk_is_one_line(target, tmp_path):
    place = tmp_path / "out.wav"
    os.symlink("/dev/full", place)
    with open("/dev/full", "wb") as full, contextlib.ExitStack():
        streams = {"stdout": full} if target == "-" else {}
        process = start("apm", "run", SHORT, "--ns", "-o", "-" if target == "-" else place, **streams)
        result = finish(process)
    assert result.code == 1
    assert len(result.notes) == 1
    assert "No space left on device" in result.err
