"""What apm run and process share: targets that are refused, and how statistics are shown."""

from __future__ import annotations

import io
import json
import sys

import pytest

from agora_audio.apm.stages import ApmStages, EchoStage
from agora_audio.cli.processing import check_target, print_stats
from agora_audio.errors import ConfigError
from agora_audio.processor import ExternalAudioProcessor
from tests.cli.shell import Terminal
from tests.vad.pieces import talk


def stats_of(stages, far=None, clock=None):
    with ExternalAudioProcessor(stages, clock=clock) as processor:
        if far:
            processor.push_far_end(far, 16000, 1)
        processor.push_audio_pcm_data(talk(16000, 1, 0.3, 4.6), 16000, 1)
        processor.flush()
        return processor.stats()


def printed(stats, monkeypatch, stream, to_stderr=False):
    monkeypatch.setattr(sys, "stderr" if to_stderr else "stdout", stream)
    print_stats(stats, to_stderr)
    return stream.getvalue()


@pytest.mark.parametrize("to_stderr", [False, True])
def test_into_a_pipe_statistics_are_json(monkeypatch, to_stderr):
    stats = stats_of(ApmStages(noise=True))
    values = json.loads(printed(stats, monkeypatch, io.StringIO(), to_stderr))
    assert values["total"]["frames"] == stats.total.frames
    assert values["echo"] is values["total"]["real_time_factor"] is None


def test_columns_are_aligned_and_an_unknown_speed_is_a_dash(monkeypatch):
    lines = printed(stats_of(ApmStages(noise=True, gain=True)), monkeypatch, Terminal()).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.split()[0] for line in lines[1:]] == ["noise", "gain", "total"]
    assert {line.split()[-1] for line in lines[1:]} == {"-"}


def test_what_is_known_of_the_echo_is_said(monkeypatch):
    stages = ApmStages(echo=EchoStage("webrtc"))
    text = printed(stats_of(stages), monkeypatch, Terminal())
    assert "echo: heard for 0.0 s, return loss enhancement not known, delay not known, clock drift not known" in text
    heard = printed(stats_of(stages, talk(16000, 1, 0.3, 4.6)), monkeypatch, Terminal())
    assert "delay 0 ms" in heard
    assert "far end: 4.30 s, missing 0.00 s, late 0.00 s" in heard


def test_targets(tmp_path):
    near = tmp_path / "near.wav"
    near.write_bytes(b"")
    check_target(tmp_path / "new.wav", [str(near), None, "-"])
    with pytest.raises(ConfigError, match="is what is to be read"):
        check_target(tmp_path / "." / "near.wav", [None, str(near)])
    with pytest.raises(FileNotFoundError):
        check_target(tmp_path / "no" / "a.wav", [])
    with pytest.raises(IsADirectoryError):
        check_target(tmp_path, [])
