"""AudioWriter: every container read back, pipes, torn runs and full disks; UndelayedWriter: sound beside its source."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import AudioError, ConfigError, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.io import RAW_SUFFIXES, read_audio
from agora_audio.writer import AudioWriter, UndelayedWriter
from tests.vad.pieces import steady, talk

MONO = AudioFormat(16000)
SOUND = np.frombuffer(talk(16000, 1, 0.3, 1.3), "<i2").reshape(-1, 1)
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


class Pipe(io.BytesIO):
    """A stream that cannot go back."""

    def seekable(self):
        return False

    def seek(self, *_):
        raise io.UnsupportedOperation("seek")

    def tell(self):
        raise io.UnsupportedOperation("tell")


@pytest.mark.parametrize("suffix", [".wav", ".WAV", ".flac", ".pcm", ".PCM", *RAW_SUFFIXES])
@pytest.mark.parametrize("format", [MONO, AudioFormat(44100, 2), AudioFormat(11025)])
def test_what_is_written_is_read_back(suffix, format, tmp_path):
    path = tmp_path / f"sound{suffix}"
    sound = np.frombuffer(talk(format.sample_rate, format.channels, 0.3, 0.8), "<i2").reshape(-1, format.channels)
    with AudioWriter(path, format) as writer:
        writer.write(sound[:100])
        writer.write(sound[100:].tobytes())
        writer.write(b"")
    raw = suffix.lower() in RAW_SUFFIXES
    back, found = read_audio(path, format if raw else None)
    assert found == format
    assert np.array_equal(back, sound)
    assert writer.frames == len(sound)


@pytest.mark.parametrize("suffix", [".ogg", ".mp3"])
def test_lossy_containers_sound_alike(suffix, tmp_path):
    path = tmp_path / f"sound{suffix}"
    with AudioWriter(path, MONO) as writer:
        writer.write(SOUND)
    back, found = read_audio(path)
    assert found == MONO
    assert len(back) == pytest.approx(len(SOUND), abs=1200)
    part = slice(4000, 12000)
    score = [float(np.dot(SOUND[part, 0].astype(float), back[4000 + k : 12000 + k, 0])) for k in range(-1500, 1500)]
    at = int(np.argmax(score)) - 1500
    error = back[4000 + at : 12000 + at, 0].astype(float) - SOUND[part, 0]
    assert 10 * np.log10(np.mean(SOUND[part].astype(float) ** 2) / np.mean(error**2)) > 8


def test_a_stream_gets_wav_and_stays_open():
    stream = io.BytesIO(b"before")
    stream.seek(6)
    with AudioWriter(stream, MONO) as writer:
        writer.write(SOUND)
    assert not stream.closed
    assert stream.getvalue()[:6] == b"before"
    back, found = read_audio(io.BytesIO(stream.getvalue()[6:]))
    assert np.array_equal(back, SOUND)
    assert found == MONO


def test_what_a_stream_held_behind_is_not_skipped_over():
    stream = io.BytesIO(bytes(10000))
    with AudioWriter(stream, MONO) as writer:
        writer.write(SOUND[:10])
    assert stream.tell() == 44 + 20


def test_a_pipe_cannot_be_filled_in_and_is_read_to_its_end():
    pipe = Pipe()
    with AudioWriter(pipe, MONO) as writer:
        writer.write(SOUND)
    text = pipe.getvalue()
    assert text[4:8] == text[40:44] == b"\xff\xff\xff\xff"
    back, found = read_audio(io.BytesIO(text))
    assert (found, len(back)) == (MONO, len(SOUND))
    assert np.array_equal(back, SOUND)


@pytest.mark.parametrize("blocks", [0, 11, 40])
def test_a_killed_run_leaves_a_file_that_reads(blocks, tmp_path):
    path = tmp_path / "killed.wav"
    program = (
        "import os, sys\n"
        "from agora_audio.frames import AudioFormat\n"
        "from agora_audio.writer import AudioWriter\n"
        "writer = AudioWriter(sys.argv[1], AudioFormat(16000))\n"
        "for _ in range(int(sys.argv[2])):\n"
        "    writer.write(b'\\1\\0' * 400)\n"
        "os._exit(9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, path, str(blocks)], check=False, timeout=60)
    assert done.returncode == 9
    if not blocks:
        with pytest.raises(FormatError, match="has a header but no sound in it"):
            read_audio(path)
        return
    back, found = read_audio(path)
    assert found == MONO
    # What the operating system had not been given is lost, a few kilobytes at most.
    assert len(back) >= 400 * blocks - 4200
    assert (back == 1).all()


def test_close_twice_and_write_after_close(tmp_path):
    writer = AudioWriter(tmp_path / "a.wav", MONO)
    writer.close()
    writer.close()
    with pytest.raises(AudioError, match=r"a\.wav is closed"):
        writer.write(bytes(2))
    assert (tmp_path / "a.wav").stat().st_size == 44


@pytest.mark.parametrize("suffix", ["", ".aac", ".txt", ".wav.gz"])
def test_an_unknown_suffix_is_refused_before_a_file_is_made(suffix, tmp_path):
    path = tmp_path / f"sound{suffix}"
    with pytest.raises(ConfigError, match=r"sound is written to files that end in \.wav, \.flac, \.ogg, \.mp3, \.pcm"):
        AudioWriter(path, MONO)
    assert not path.exists()


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".pcm"])
def test_a_place_that_is_none_says_which(suffix, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        AudioWriter(tmp_path / "nowhere" / f"a{suffix}", MONO)


def test_a_rate_that_the_container_lacks_is_a_format_error_and_destroys_nothing(tmp_path):
    path = tmp_path / "kept.mp3"
    path.write_bytes(b"kept")
    with pytest.raises(FormatError, match="MP3 cannot hold 96000 Hz mono"):
        AudioWriter(path, AudioFormat(96000))
    assert path.read_bytes() == b"kept"
    with pytest.raises(FormatError, match="MP3 cannot hold 16000 Hz 3 channels"):
        AudioWriter(tmp_path / "new.mp3", AudioFormat(16000, 3))
    assert not (tmp_path / "new.mp3").exists()


@pytest.mark.parametrize(
    ("pcm", "said"),
    [
        (bytes(3), "3 bytes are not whole samples of 16000 Hz mono"),
        (np.zeros(4), "must be bytes or int16"),
        (None, "PCM is a NoneType"),
        ("text", "PCM is a str"),
    ],
)
def test_what_is_no_sound_is_refused_and_not_written(pcm, said):
    stream = io.BytesIO()
    with AudioWriter(stream, MONO) as writer:
        with pytest.raises(FormatError, match=said):
            writer.write(pcm)
        writer.write(bytes(2))
    assert writer.frames == 1


@pytest.mark.parametrize("target", [None, 5, [], io.StringIO()])
def test_a_target_that_is_none_is_a_config_error(target):
    with pytest.raises(ConfigError, match="must be a path or a binary stream"):
        AudioWriter(target, MONO)


def test_a_format_that_is_none_is_a_format_error(tmp_path):
    with pytest.raises(FormatError, match="format is 16000, must be an AudioFormat"):
        AudioWriter(tmp_path / "a.wav", 16000)


@FULL
@pytest.mark.parametrize("suffix", [".wav", ".pcm", ".flac", ".ogg"])
def test_a_full_disk_is_an_error_at_the_latest_when_closing(suffix, tmp_path):
    path = tmp_path / f"full{suffix}"
    os.symlink("/dev/full", path)

    def write_all():
        with AudioWriter(path, MONO) as writer:
            for _ in range(40):
                writer.write(SOUND)

    with pytest.raises((OSError, AudioError)):
        write_all()


@given(
    delay=st.integers(0, 500),
    rate=st.sampled_from([8000, 11025, 16000, 44100]),
    pieces=st.lists(st.integers(1, 700), min_size=1, max_size=6),
)
@steady
def test_undelayed_sound_lies_beside_its_source(delay, rate, pieces):
    source = np.arange(1, 2001, dtype=np.int16).reshape(-1, 1)
    delayed = np.concatenate([np.zeros((delay, 1), np.int16), source, np.zeros((900, 1), np.int16)])
    stream = io.BytesIO()
    format = AudioFormat(rate)
    with AudioWriter(stream, format) as writer:
        undelayed = UndelayedWriter(writer, delay / rate)
        at = number = 0
        while at < len(delayed):
            size = pieces[number % len(pieces)]
            at, number = at + size, number + 1
            undelayed.write(delayed[at - size : at], min(at, 2000) / rate)
        undelayed.write(delayed[:0], 2000 / rate)
    assert np.array_equal(read_audio(io.BytesIO(stream.getvalue()))[0], source)
