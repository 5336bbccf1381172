"""Batches on a real Dask scheduler with real workers, which are killed."""

from __future__ import annotations

import contextlib
import importlib.util

import pytest

from agora_audio.errors import AudioError
from agora_audio.lab.batch import run_batch
from agora_audio.lab.batch.cluster import dask_executor
from tests.cli.shell import finish, start
from tests.lab.batch.acts import Act, words
from tests.lab.batch.conftest import ROOT, check_whole, statuses
from tests.lab.batch.heavy import done, free_port, heavy, recordings, server, until

pytestmark = [heavy, pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs distributed")]
COUNT = 200


@contextlib.contextmanager
def cluster(tmp_path, workers=2):
    """A scheduler and workers: the file by which one finds it, and their processes."""
    file = tmp_path / "scheduler.json"
    file.unlink(missing_ok=True)
    with contextlib.ExitStack() as opened:
        quiet = ("--no-dashboard", "--scheduler-file", file)
        scheduler = opened.enter_context(
            server("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", free_port(), *quiet)
        )
        until(file.exists, "the scheduler does not start")
        processes = [
            opened.enter_context(
                server("distributed.cli.dask_worker", "--nthreads", 1, "--no-nanny", *quiet, PYTHONPATH=str(ROOT))
            )
            for _ in range(workers)
        ]
        yield file, scheduler, processes


@pytest.fixture
def folder(tmp_path):
    return recordings(tmp_path / "in", COUNT)


def test_a_killed_worker_and_then_a_killed_scheduler(folder, tmp_path):
    with cluster(tmp_path) as (file, scheduler, workers):
        out = tmp_path / "worker"
        process = start("batch", "detect", folder, "--out", out, "-e", "energy", "--scheduler", file)
        until(lambda: done(out) > 20, "it does not begin")
        workers[0].kill()
        result = finish(process)
        assert result.code == 0, result.err
        assert {line["status"] for line in statuses(out).values()} == {"done"}
        assert len(statuses(out)) == COUNT
        check_whole(out)

        out = tmp_path / "scheduler"
        process = start("batch", "detect", folder, "--out", out, "-e", "energy", "--scheduler", file)
        until(lambda: done(out) > 20, "it does not begin")
        scheduler.kill()
        result = finish(process)
    assert result.code == 1
    before = len(statuses(out))
    assert 20 < before < COUNT
    assert "ended early: the executor has lost what it was given: is its scheduler gone?" in result.err
    assert f"--resume goes on with the {COUNT - before} that are left" in result.err
    check_whole(out)
    result = finish(start("batch", "detect", folder, "--out", out, "-e", "energy", "--resume"))
    assert result.code == 0, result.err
    assert len(statuses(out)) == COUNT


def test_poison_costs_no_worker_of_the_cluster_and_nobody_else(tmp_path):
    files = {f"n{number}": "good" for number in range(30)}
    words(tmp_path / "in", **files, poison="die", stuck="hang", unlucky=f"once {tmp_path / 'seen'}", wrong="fail")
    with cluster(tmp_path) as (file, _, workers), dask_executor(str(file)) as (executor, window):
        progress = run_batch(str(tmp_path / "in"), Act(), tmp_path / "out", executor, window=window, time_limit=1.0)
        assert [worker.poll() for worker in workers] == [None, None]
    assert (progress.done, progress.failed, progress.quarantined, progress.left) == (31, 1, 2, 0)
    lines = statuses(tmp_path / "out")
    assert lines["poison.wav"]["error"] == "the worker died: SIGKILL (out of memory?)"
    assert lines["stuck.wav"]["error"] == "no sign of life for 1 s"
    check_whole(tmp_path / "out")


def test_nobody_answers(folder, tmp_path, cli):
    with (
        pytest.raises(AudioError, match=r"no Dask scheduler answers at tcp://127.0.0.1:"),
        dask_executor(f"tcp://127.0.0.1:{free_port()}", patience=0.5),
    ):
        pass
    result = cli("batch", "detect", folder, "--out", tmp_path / "out", "--scheduler", tmp_path / "gone.json")
    assert result.code == 2
