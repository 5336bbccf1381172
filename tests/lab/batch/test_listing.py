"""Which recordings a batch is about, and what they are called."""

from __future__ import annotations

import io
import os

import pytest

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.batch import find_items
from agora_audio.lab.batch.listing import with_far


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """A folder of recordings, and whatever else lies about."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "calls/a.wav",
        "calls/b/a.WAV",
        "calls/b/c.flac",
        "calls/b/notes.txt",
        "calls/.old/x.wav",
        "calls/.y.wav",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def names(*sources, **options):
    return [item.name for item in find_items(list(sources), **options)]


def test_a_folder(calls):
    notes = []
    assert names("calls", note=notes.append) == ["a.wav", "b/a.WAV", "b/c.flac"]
    assert notes == [
        "passed over: 2 hidden files and folders",
        "passed over: 1 files whose names are not those of sound",
    ]
    assert find_items(["calls"])[0].source == str(calls / "calls" / "a.wav")


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["calls/*.wav"], ["a.wav"]),
        (["calls/**/*.[Ww][Aa][Vv]"], ["a.wav", "b/a.WAV"]),
        (["calls/b/*"], ["a.WAV", "c.flac"]),
        (["calls/a.wav"], ["a.wav"]),
        (["calls/a.wav", "calls/b/c.flac"], ["a.wav", "b/c.flac"]),
        (["calls/b", "calls/a.wav"], ["b/a.WAV", "b/c.flac", "a.wav"]),
        (["calls", "calls/b"], ["a.wav", "b/a.WAV", "b/c.flac"]),
        (["file:///{}/calls/b"], ["a.WAV", "c.flac"]),
    ],
)
def test_sources(calls, sources, expected):
    assert names(*(source.format(str(calls)[1:]) for source in sources)) == expected


def test_what_is_named_twice_is_done_once(calls):
    notes = []
    assert names("calls/a.wav", "calls/*.wav", note=notes.append) == ["a.wav"]
    assert notes == ["1 recordings were named twice and are done once"]


def test_the_output_is_no_source(calls):
    assert names("calls", out="calls/b") == ["a.wav"]
    assert names("calls", out=calls / "calls") == ["a.wav", "b/a.WAV", "b/c.flac"]


def test_links_are_followed_once(calls):
    (calls / "calls" / "round").symlink_to(calls / "calls")
    (calls / "other").mkdir()
    (calls / "other" / "o.wav").write_bytes(b"x")
    (calls / "calls" / "linked").symlink_to(calls / "other")
    (calls / "calls" / "link.wav").symlink_to(calls / "other" / "o.wav")
    (calls / "calls" / "broken.wav").symlink_to("nowhere")
    notes = []
    assert names("calls", note=notes.append) == [
        "a.wav",
        "b/a.WAV",
        "b/c.flac",
        "broken.wav",
        "link.wav",
        "linked/o.wav",
    ]
    assert "passed over: 1 links to folders that were listed already" in notes


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_no_recording(calls):
    os.mkfifo(calls / "calls" / "pipe.wav")
    notes = []
    assert "pipe.wav" not in names("calls", note=notes.append)
    assert "passed over: 1 pipes, sockets and devices" in notes


def test_a_folder_that_cannot_be_read_is_not_forgotten(calls, monkeypatch):
    def scandir(path, real=os.scandir):
        if str(path).endswith("/b"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr("agora_audio.lab.batch.listing.os.scandir", scandir)
    assert names("calls") == ["a.wav", "b"]


MANIFESTS = {
    "l.txt": "calls/a.wav\r\n\n  \ncalls/b/c.flac",
    "l.lst": "\ufeffcalls/a.wav\ncalls/b/c.flac\n",
    "nul.txt": "calls/a.wav\0calls/b/c.flac\0",
    "l.csv": "name,file\n1,calls/a.wav\n2,calls/b/c.flac\n",
    "l.tsv": "path\tlength\ncalls/a.wav\t3\ncalls/b/c.flac\t4\n",
    "l.jsonl": '{"audio_filepath": "calls/a.wav", "duration": 3}\n\n{"source": "./calls/b/c.flac", "file": "c"}\n',
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests_name_recordings_from_where_they_lie(calls, name, monkeypatch):
    (calls / name).write_text(MANIFESTS[name], encoding="utf-8", newline="")
    monkeypatch.chdir("/")
    assert names(str(calls / name)) == ["calls/a.wav", "calls/b/c.flac"]


@pytest.mark.parametrize("name", ["l.txt", "nul.txt", "l.jsonl"])
def test_a_manifest_from_a_pipe(calls, name):
    assert names("-", stdin=io.BytesIO(MANIFESTS[name].encode())) == ["calls/a.wav", "calls/b/c.flac"]


def test_a_manifest_may_name_places_anywhere_and_the_far_end(calls):
    (calls / "sub").mkdir()
    (calls / "sub" / "l.csv").write_text(f"path,far,far_start\n../calls/a.wav,f.wav,1.5\n{calls}/calls/b/c.flac,,\n")
    found = find_items(["sub/l.csv"])
    assert [(item.name, item.far, item.far_start) for item in found] == [
        ("a.wav", f"{calls}/sub/f.wav", 1.5),
        ("b/c.flac", None, None),
    ]


def test_the_far_ends_of_a_folder(calls):
    assert [item.far for item in with_far(find_items(["calls"]), "far/")] == [
        f"{calls}/far/{name}" for name in ("a.wav", "b/a.WAV", "b/c.flac")
    ]
    assert with_far(find_items(["calls/a.wav"]), "s3://b/f")[0].far == "s3://b/f/a.wav"


def test_a_manifest_may_name_urls(calls):
    (calls / "l.txt").write_text("s3://bucket/x/y.wav\ns3://bucket/x/z/y.wav\ncalls/a.wav\n")
    assert names("l.txt") == ["y.wav", "z/y.wav", "calls/a.wav"]


def test_names_that_are_no_text(calls):
    (calls / os.fsdecode(b"l.txt")).write_bytes(b"calls/caf\xe9.wav\n")
    (item,) = find_items(["l.txt"])
    assert os.fsencode(item.source) == os.fsencode(calls) + b"/calls/caf\xe9.wav"


def test_names_stay_in_the_output(calls):
    assert names("calls/.y.wav") == ["_.y.wav"]
    (calls / "l.txt").write_text("calls/.batch/job.wav\n")
    assert names("l.txt") == ["calls/_.batch/job.wav"]


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("nowhere", FileNotFoundError, "nowhere"),
        ("nowhere.wav", FileNotFoundError, "nowhere.wav"),
        ("calls/*.mp3", FormatError, r"calls/\*.mp3: no recordings in it"),
        ("empty", FormatError, "empty: no recordings in it"),
        ("empty.txt", FormatError, "empty.txt: no recordings in it"),
        ("odd.dat", ConfigError, "odd.dat is neither sound .* nor a manifest"),
        ("no_path.csv", FormatError, "no_path.csv, line 2: names no recording: it needs a column or key source, path"),
        ("torn.jsonl", FormatError, "torn.jsonl, line 2: not JSON"),
        ("list.jsonl", FormatError, "list.jsonl, line 1: names no recording"),
        ("far.jsonl", FormatError, "far.jsonl, line 1: far is 3, must be the path"),
        ("start.csv", FormatError, "start.csv, line 2: far_start is 'soon', must be seconds"),
        ("unknown://x/y.wav", FormatError, "unknown://x/y.wav: Protocol not known"),
    ],
)
def test_sources_that_are_none(calls, source, error, message):
    (calls / "empty").mkdir()
    files = {
        "empty.txt": "\n", "odd.dat": "x", "no_path.csv": "name,length\na,3\n", "list.jsonl": "[1]\n",
        "torn.jsonl": '{"path": "a.wav"}\n{"pa', "far.jsonl": '{"path": "a.wav", "far": 3}\n',
        "start.csv": "path,far_start\na.wav,soon\n",
    }  # fmt: skip
    for name, text in files.items():
        (calls / name).write_text(text)
    with pytest.raises(error, match=message):
        find_items([source])
