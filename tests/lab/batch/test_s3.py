"""Batches from and to a double of S3, by the command line as users call it."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from agora_audio.lab.batch import read_manifest
from agora_audio.lab.batch.storage import open_storage
from tests.cli.shell import finish, start
from tests.lab.batch.heavy import answers, done, free_port, heavy, recordings, server, until
from tests.vad.pieces import TEST_DATA

pytestmark = heavy
COUNT = 30


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    """A bucket with recordings, and the environment in which it is found."""
    port = free_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patched, server("moto.server", "-H", "127.0.0.1", "-p", port):
        for name, value in environment.items():
            patched.setenv(name, value)
        until(lambda: answers(port), "moto does not start")
        import s3fs

        fs = s3fs.S3FileSystem()
        fs.mkdir("calls")
        folder = recordings(tmp_path_factory.mktemp("s3") / "in", COUNT)
        shutil.copy(TEST_DATA / "truncated_16k.wav", folder / "größe 語.wav")
        (folder / "empty.wav").write_bytes(b"")
        for path in folder.iterdir():
            fs.put_file(str(path), f"calls/in/{path.name}")
        yield "s3://calls"


def lines_of(out):
    return {line["file"]: line for line in read_manifest(out)}


def batch(*words):
    return start("batch", "detect", *words, "-e", "energy", "-j", 2)


def test_from_bucket_to_bucket(bucket):
    out = f"{bucket}/out"
    result = finish(batch(f"{bucket}/in", "--out", out))
    assert result.code == 1
    lines = lines_of(out)
    assert len(lines) == COUNT + 2
    assert lines["empty.wav"]["error"] == "s3://calls/in/empty.wav is empty: no sound to read"
    assert lines["größe 語.wav"]["notes"][0].startswith("s3://calls/in/größe 語.wav: truncated")
    storage = open_storage(out)
    present = storage.present()
    assert all(present(name) for line in lines.values() for name in line.get("outputs", ()))
    assert not present(".batch/lock")
    result = finish(batch(f"{bucket}/in", "--out", out, "--resume"))
    assert (result.code, f"0 files done, {COUNT + 1} done before, 1 failed" in result.err) == (1, True)
    result = finish(batch(f"{bucket}/in", "--out", out))
    assert (result.code, "holds a batch already" in result.err) == (2, True)


def test_killed_it_goes_on_from_what_was_put(bucket):
    out = f"{bucket}/killed"
    process = batch(f"{bucket}/in/0*.wav", "--out", out)
    storage = open_storage(out)
    until(lambda: storage.read("0010.jsonl") is not None, "it does not begin")
    second = finish(batch(f"{bucket}/in/0*.wav", "--out", out, "--resume"))
    if process.poll() is None:
        assert second.code == 2
        assert f"another batch is writing to {out} (process {process.pid} on " in second.err
    process.kill()
    process.communicate()
    result = finish(batch(f"{bucket}/in/0*.wav", "--out", out, "--resume"))
    assert result.code == 0, result.err
    assert len(lines_of(out)) == COUNT
    texts = [storage.read(part).decode() for part in storage.names("manifest.jsonl")]
    assert len([json.loads(line) for text in texts for line in text.splitlines()]) == COUNT


def test_interrupted_it_puts_what_was_done(bucket):
    out = f"{bucket}/interrupted"
    process = batch(f"{bucket}/in/0*.wav", "--out", out)
    storage = open_storage(out)
    until(lambda: storage.read("0010.jsonl") is not None, "it does not begin")
    os.kill(process.pid, 2)
    result = finish(process)
    assert result.code in (0, 130)
    assert done(out) >= 1
    assert storage.read(".batch/lock") is None


def test_a_manifest_of_urls_to_a_folder(bucket, tmp_path):
    (tmp_path / "l.txt").write_text(f"{bucket}/in/0000.wav\n{bucket}/in/gone.wav\n{TEST_DATA}/phone_8k.wav\n")
    words = ("process", tmp_path / "l.txt", "--out", tmp_path / "out", "-e", "energy", "-j", 1, "--audio", "flac")
    result = finish(start("batch", *words))
    assert result.code == 1
    lines = lines_of(tmp_path / "out")
    assert {name: line["status"] for name, line in lines.items()} == {
        "0000.wav": "done", "gone.wav": "failed", "phone_8k.wav": "done",
    }  # fmt: skip
    assert (tmp_path / "out" / "0000.flac").exists()


def test_a_bucket_that_is_not_there(bucket):
    assert finish(batch("s3://nobody/in", "--out", f"{bucket}/x")).code == 2
    result = finish(batch(f"{bucket}/in", "--out", "s3://nobody/out"))
    assert result.code in (1, 2)
    assert result.err.count("\n") == 1
