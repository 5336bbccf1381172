"""Two thousand recordings, with everything that can happen to them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agora_audio.lab.batch import Detect, Process, run_batch
from agora_audio.lab.labels import read_labels
from tests.lab.batch.acts import Poisoned
from tests.lab.batch.conftest import ROOT, statuses
from tests.lab.batch.heavy import done, heavy, recordings, until

pytestmark = heavy
COUNT = 2000
DRIVER = """
import sys
sys.path.insert(0, {root!r})
from agora_audio.lab.batch import run_batch
from tests.lab.batch.acts import Poisoned
run_batch({source!r}, Poisoned(), {out!r}, workers=2, resume=True)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A poison file, an empty one, a truncated one and one that is no sound, among 2,000."""
    folder = recordings(tmp_path_factory.mktemp("many") / "in", COUNT - 4)
    shutil.copy(folder / "0000.wav", folder / "0500 poison.wav")
    (folder / "0600 empty.wav").write_bytes(b"")
    (folder / "0700 noise.flac").write_bytes(b"fLaC" + bytes(range(256)))
    whole = (folder / "0800.wav").read_bytes()
    (folder / "0800 truncated.wav").write_bytes(whole[: len(whole) // 2])
    return folder


def test_killed_workers_a_killed_manager_and_bad_recordings(folder, tmp_path):
    out, script = tmp_path / "out", tmp_path / "script.py"
    script.write_text(DRIVER.format(root=str(ROOT), source=str(folder), out=str(out)))
    with subprocess.Popen([sys.executable, script]) as process:
        until(lambda: done(out) > 300, "it does not begin")
        tasks = Path(f"/proc/{process.pid}/task")
        workers = [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
        os.kill(workers[-1], signal.SIGKILL)
        until(lambda: done(out) > 700, "it does not go on without a worker")
        process.kill()
    with open(out / "manifest.jsonl", "ab") as lines:
        lines.write(b'{"file": "1999.wav", "status": "do')
    before = done(out)
    progress = run_batch(str(folder), Poisoned(), out, workers=2, resume=True)
    assert 700 < before <= progress.before < COUNT - 3
    assert (progress.total, progress.left, progress.stopped) == (COUNT, 0, None)
    lines = statuses(out)
    assert len(lines) == COUNT
    others = {name: line for name, line in lines.items() if line["status"] != "done"}
    assert {name: line["status"] for name, line in others.items()} == {
        "0500 poison.wav": "quarantined", "0600 empty.wav": "failed", "0700 noise.flac": "failed",
    }  # fmt: skip
    assert "truncated" in lines["0800 truncated.wav"]["notes"][0]
    results = sorted(path.name for path in out.glob("*.jsonl") if path.name != "manifest.jsonl")
    assert results == sorted(name for line in lines.values() for name in line.get("outputs", ()))
    for name in results[::50]:
        read_labels(out / name)
    assert sorted(path.name for path in (out / ".batch").iterdir()) == ["job.json", "lock"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk(folder, tmp_path):
    """A disk of 2 MB for 10 MB of sound: what fits is done, nothing is half written; with more room it goes on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        few = [str(path) for path in sorted(folder.glob("01*.wav"))]
        assert len(few) == 100
        long = recordings(tmp_path / "long", 4, seconds=15.0)  # one of 480 kB beside those of 10 kB
        sources = [*few, str(long)] * 1
        work = Process(engine="energy")
        progress = run_batch(sources, work, disk / "out", workers=2)
        assert "No space left on device" in progress.stopped
        assert 100 < progress.done < 104
        lines = statuses(disk / "out")
        assert {line["status"] for line in lines.values()} == {"done"}
        names = {name for line in lines.values() for name in line["outputs"]}
        there = {str(path.relative_to(disk / "out")) for path in (disk / "out").rglob("*") if path.is_file()}
        assert there - names == {"manifest.jsonl", ".batch/lock", ".batch/job.json"}
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        progress = run_batch(sources, work, disk / "out", workers=2, resume=True)
        assert (progress.left, progress.failed) == (0, 0)
        assert len(statuses(disk / "out")) == 104
    finally:
        subprocess.run(["umount", disk], check=True)


def test_five_hundred_take_no_more_memory_than_a_hundred(folder, tmp_path):
    """Of the manager: what grows with the recordings is their list, a few hundred bytes each."""
    import tracemalloc

    peaks = []
    for count in (100, 500):
        sources = [str(path) for path in sorted(folder.glob("*.wav"))][:count]
        tracemalloc.start()
        run_batch(sources, Detect(engine="energy"), tmp_path / str(count), workers=2)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 400 < 2500
