"""The page: one file that asks for nothing, names that stay text, sound and frames beside it where it is long."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import os
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.lab.report import Recording, describe_lane, frame_bytes, record_blocks, record_speech, write_report
from agora_audio.lab.report.page import _embedded
from agora_audio.vad.config import AudioVadConfigV2
from tests.vad.pieces import TEST_DATA, steady

EVIL = "</script><script>alert(1)</script><!-- \u2028 ' \" & \\"


class Parsed(html.parser.HTMLParser):
    """The elements of a page with their attributes, and the text in them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements, self.texts = [], {}
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self._open = f"{tag}#{dict(attrs).get('id', '')}"
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts[self._open] = self.texts.get(self._open, "") + data

    def handle_endtag(self, tag):
        self._open = ""


@pytest.fixture(scope="module")
def recording():
    return record_speech(TEST_DATA / "dialogue_16k.wav", engine="webrtc")


def parsed(path):
    return Parsed(path.read_text(encoding="utf-8"))


def document(path):
    return json.loads(parsed(path).texts["script#document"])


def test_the_page_holds_everything(recording, tmp_path):
    page = tmp_path / "call.html"
    configs = {"defaults": AudioVadConfigV2(), EVIL: AudioVadConfigV2.preset("noisy")}
    assert write_report(page, recording, configs, title=EVIL, engine="webrtc") == [page]
    assert list(tmp_path.iterdir()) == [page]
    said = document(page)
    assert base64.b64decode(said["data"]) == frame_bytes(recording.trace)
    assert said["sound"]["type"] == "audio/mpeg"
    assert said["lanes"][0] == describe_lane("defaults", recording.trace)
    assert [lane["name"] for lane in said["lanes"]] == ["defaults", EVIL]
    assert (said["title"], parsed(page).texts["title#"]) == (EVIL, EVIL)


def test_nothing_in_the_page_is_fetched_and_only_its_own_script_may_run(recording, tmp_path):
    page = tmp_path / "call.html"
    write_report(page, recording, title=EVIL)
    elements = parsed(page).elements
    assert [tag for tag, _ in elements].count("script") == 2
    assert [a for _, a in elements if "src" in a or a.get("href", "data:").split(":")[0] != "data"] == []
    policy = next(a["content"] for tag, a in elements if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    script = parsed(page).texts["script#"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'"
    assert "http" not in policy.replace("http-equiv", "")


@steady
@given(st.text())
def test_whatever_a_name_is_it_stays_in_its_element(name):
    text = _embedded({"title": name})
    assert json.loads(text) == {"title": name}
    assert not re.search("[<>&\u2028\u2029]", text)


@pytest.mark.parametrize("kind", ["speech", "noise"])
def test_four_minutes_are_below_one_and_a_half_megabytes(kind, tmp_path):
    """Whatever is in them: noise is what compresses worst."""
    if kind == "speech":
        once = record_speech(TEST_DATA / "long_16k.flac", engine="energy").sound
        sound = np.tile(once, 3)[: 240 * 16000]
    else:
        sound = np.random.default_rng(1).normal(0, 3000, 240 * 16000).astype(np.int16)
    recording = record_blocks([sound.tobytes()], AudioFormat(), engine="energy")
    configs = {name: AudioVadConfigV2.preset(name) for name in ("quiet", "low-latency")}
    write_report(tmp_path / "four.html", recording, configs, reference=recording.trace.segments)
    assert recording.trace.duration == 240.0
    assert (tmp_path / "four.html").stat().st_size < 1.5e6


def test_sound_and_frames_go_beside_the_page_where_that_is_asked_for_or_it_is_long(recording, tmp_path):
    page = tmp_path / "a call & more.html"
    written = write_report(page, recording, side_files=True)
    assert [path.relative_to(tmp_path).as_posix() for path in written] == [
        "a call & more.html",
        "a call & more_files/frames.js",
        "a call & more_files/sound.flac",
    ]
    said = document(page)
    assert said["script"] == "a%20call%20%26%20more_files/frames.js"
    assert "data" not in said
    assert base64.b64encode(frame_bytes(recording.trace)).decode() in written[1].read_text()
    minutes = record_blocks([bytes(32000 * 60)] * 16, AudioFormat(), engine="energy")
    silent = Recording(minutes.trace, None)
    assert len(write_report(tmp_path / "long.html", silent)) == 2
    assert len(write_report(tmp_path / "one.html", silent, side_files=False)) == 1


def test_without_a_title_it_is_called_as_its_file(recording, tmp_path):
    write_report(tmp_path / "monday.html", Recording(recording.trace, None))
    assert document(tmp_path / "monday.html")["title"] == "monday"
    assert "sound" not in document(tmp_path / "monday.html")


def test_a_page_that_cannot_be_is_refused_and_nothing_is_left(recording, tmp_path):
    with pytest.raises(ConfigError, match=r"'call.txt' does not end in \.html: a report is a page"):
        write_report(tmp_path / "call.txt", recording)
    with pytest.raises(FormatError, match="no sound"):
        write_report(tmp_path / "call.html", record_blocks([], AudioFormat(), engine="energy"))
    with pytest.raises(OSError, match="nowhere"):
        write_report(tmp_path / "nowhere" / "call.html", recording)
    assert os.listdir(tmp_path) == []


def test_a_failed_write_leaves_the_page_that_was_there(recording, tmp_path, monkeypatch):
    page = tmp_path / "call.html"
    page.write_text("before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("agora_audio.lab.files.os.replace", full)
    with pytest.raises(OSError, match=r"No space left on device: .*call\.html"):
        write_report(page, recording)
    assert os.listdir(tmp_path) == ["call.html"]
    assert page.read_text() == "before"
