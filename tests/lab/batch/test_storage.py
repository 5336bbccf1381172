"""Places, manifests and locks: on a disk, and in an object store that is this process's memory."""

from __future__ import annotations

import json
import os
import uuid

import pytest

from agora_audio.errors import ConfigError, EngineUnavailable
from agora_audio.lab.batch import find_items, read_manifest, run_batch
from agora_audio.lab.batch.lock import lock
from agora_audio.lab.batch.manifest import open_manifest
from agora_audio.lab.batch.storage import fetched, key_of, open_storage
from tests.lab.batch.acts import Act

pytest.importorskip("fsspec")


@pytest.fixture(params=["disk", "memory"])
def storage(request, tmp_path):
    return open_storage(tmp_path / "out" if request.param == "disk" else f"memory://{uuid.uuid4().hex}/out")


@pytest.fixture
def memory():
    """A folder of an object store with three recordings."""
    import fsspec

    url = f"memory://{uuid.uuid4().hex}"
    for name, word in {"in/a.wav": "good", "in/b/c.wav": "note that", "in/d.wav": "fail", "in/.h.wav": "good"}.items():
        fsspec.filesystem("memory").pipe_file(f"{url}/{name}", word.encode())
    return url


def test_what_is_written_is_read(storage):
    storage.write(".batch/x", b"1")
    assert (storage.read(".batch/x"), storage.read("y"), storage.modified("y")) == (b"1", None, None)
    assert storage.modified(".batch/x") > 1e9
    written = storage.temporary(".txt")
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_bytes(b"2")
    storage.commit(written, "a/b.txt")
    present = storage.present()
    assert (storage.read("a/b.txt"), written.exists()) == (b"2", False)
    assert (present("a/b.txt"), present("a/c.txt")) == (True, False)
    storage.remove("a/b.txt")
    storage.remove("a/b.txt")
    assert storage.read("a/b.txt") is None


def test_a_manifest_grows_and_forgets(storage):
    storage.write(".batch/x", b"")
    manifest = open_manifest(storage, 0.0)
    assert manifest.entries() == {}
    manifest.append(
        [{"file": "a", "status": "done"}, {"file": "b\udcff", "status": "failed", "outputs": ["b.txt"]}], 1.0
    )
    manifest.append([{"file": "c", "status": "done", "key": "k", "output": "c"}], 9.0)
    manifest.close()
    again = open_manifest(storage, 0.0)
    assert [(name, entry.status) for name, entry in again.entries().items()] == [
        ("a", "done"), ("b\udcff", "failed"), ("c", "done"),
    ]  # fmt: skip
    again.keep(lambda name: name != "b\udcff")
    again.append([{"file": "d", "status": "done"}], 0.0)
    again.flush(4.9)
    again.flush(5.0)
    assert [line["file"] for line in read_manifest(storage.root)] == ["a", "c", "d"]
    again.close()


def test_parts_of_a_manifest_are_put_when_they_are_full_or_late():
    storage = open_storage(f"memory://{uuid.uuid4().hex}")
    manifest = open_manifest(storage, 0.0)
    manifest.append([{"file": "a"}], 1.0)
    assert storage.names("manifest.jsonl") == []
    manifest.flush(5.0)
    assert len(storage.read("manifest.jsonl/00001.jsonl").splitlines()) == 1
    manifest.append([{"file": str(number)} for number in range(999)], 5.1)
    manifest.append([{"file": "z"}], 5.2)
    manifest.close()
    assert storage.names("manifest.jsonl") == ["manifest.jsonl/00001.jsonl", "manifest.jsonl/00002.jsonl"]
    assert len(list(read_manifest(storage.root))) == 1001


def test_one_batch_at_a_time(storage):
    held = lock(storage, 0.0)
    with pytest.raises(ConfigError, match=rf"another batch is writing to .*\(process {os.getpid()} on "):
        lock(storage, 0.0)
    held.renew(100.0)
    held.release()
    lock(storage, 0.0).release()


def test_a_lock_of_a_dead_process_or_one_that_was_not_renewed_is_no_lock(monkeypatch):
    import platform

    storage = open_storage(f"memory://{uuid.uuid4().hex}")
    dead = {"pid": 2**22 + 1, "host": platform.node(), "token": "x"}
    storage.write(".batch/lock", json.dumps(dead).encode())
    held = lock(storage, 0.0)
    with pytest.raises(ConfigError):
        lock(storage, 0.0)
    held.release()
    storage.write(".batch/lock", json.dumps({**dead, "host": "elsewhere"}).encode())
    with pytest.raises(ConfigError, match="elsewhere"):
        lock(storage, 0.0)
    monkeypatch.setattr("agora_audio.lab.batch.lock._STALE_AFTER", -1.0)
    held = lock(storage, 0.0)
    storage.write(".batch/lock", b"somebody else's")
    held.renew(1.0)  # it is not time to look
    with pytest.raises(Exception, match="another batch has taken"):
        held.renew(30.0)
    held.release()
    assert storage.read(".batch/lock") == b"somebody else's"


def test_a_batch_from_store_to_store(memory):
    progress = run_batch(memory + "/in", Act(), memory + "/out", isolate=False)
    assert (progress.done, progress.failed) == (2, 1)
    storage = open_storage(memory + "/out")
    assert storage.read("b/c.txt") == b"note is done"
    assert storage.read("d.txt") is None
    lines = {line["file"]: line for line in read_manifest(memory + "/out")}
    assert set(lines) == {"a.wav", "b/c.wav", "d.wav"}
    assert storage.read(".batch/lock") is None
    again = run_batch(memory + "/in", Act(), memory + "/out", isolate=False, resume=True)
    assert (again.before, again.failed) == (2, 1)
    with pytest.raises(ConfigError, match="holds a batch already"):
        run_batch(memory + "/in", Act(), memory + "/out", isolate=False)


def test_sources_in_a_store(memory):
    notes = []
    assert [item.name for item in find_items([memory + "/in"], note=notes.append)] == ["a.wav", "b/c.wav", "d.wav"]
    assert notes == ["passed over: 1 hidden files and folders"]
    assert [item.name for item in find_items([memory + "/in/*.wav"])] == ["a.wav", "d.wav"]
    assert [item.name for item in find_items([memory + "/in/a.wav"])] == ["a.wav"]
    assert [item.name for item in find_items([memory], out=memory + "/in/b")] == ["in/a.wav", "in/d.wav"]
    with pytest.raises(FileNotFoundError):
        find_items([memory + "/nothing"])
    store = open_storage(memory)
    store.write("l.txt", b"in/a.wav\nin/b/c.wav\n")
    assert [item.source for item in find_items([memory + "/l.txt"])] == [memory + "/in/a.wav", memory + "/in/b/c.wav"]


def test_what_is_fetched_is_whole_and_goes(memory):
    with fetched(memory + "/in/b/c.wav") as path:
        assert (path.read_bytes(), path.suffix) == (b"note that", ".wav")
    assert not path.exists()
    assert key_of(memory + "/in/a.wav").startswith("4:")


def test_what_fsspec_lacks_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fsspec.core", None)
    with pytest.raises(EngineUnavailable, match=r"s3://b needs fsspec: pip install 'agora-audio\[batch\]'"):
        open_storage("s3://b")
