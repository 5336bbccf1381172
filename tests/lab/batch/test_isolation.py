"""Workers of our own: what kills or stops one costs its recording alone, and none outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from agora_audio.errors import ConfigError
from agora_audio.lab.batch import Item
from agora_audio.lab.batch.isolation import Child, Children, pickled, work_isolated
from agora_audio.lab.batch.storage import LocalStorage
from agora_audio.lab.batch.task import Task
from tests.lab.batch.acts import Act, words
from tests.lab.batch.conftest import ROOT, check_whole, statuses

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills with signals")
PATIENCE = 60.0


@pytest.fixture
def children():
    made = Children()
    yield made
    made.close()


@pytest.fixture
def task(tmp_path):
    """Make the pickled task of a recording that says what is to happen."""
    (tmp_path / "out" / ".batch").mkdir(parents=True)

    def make(word, work=Act()):  # noqa: B008 - it is frozen
        words(tmp_path, x=word)
        return pickled(
            Task(work, Item(str(tmp_path / "x.wav"), "x.wav", "x"), LocalStorage(str(tmp_path / "out")), None)
        )

    return make


def test_what_ends_a_worker_is_told_and_the_next_one_works(children, task):
    ends = {
        "die": ("died", "the worker died: SIGKILL (out of memory?)"),
        "exit": ("died", "the worker died: exit code 7: the last word"),
        "segfault": ("died", "the worker died: SIGSEGV"),
        "memory": ("memory", "out of memory"),
        "fail": ("failed", "ValueError: it says so"),
        "good": ("done", ""),
    }
    for word, (status, error) in ends.items():
        outcome = children.perform(task(word), PATIENCE)
        assert (outcome.status, outcome.error) == (status, error)


def test_a_worker_is_used_again_unless_a_fresh_one_is_wanted(children, task):
    workers = [children.perform(task("good"), PATIENCE).details["worker"] for _ in range(2)]
    workers.append(children.perform(task("chatter"), PATIENCE).details["worker"])  # stdout is none of its business
    workers.append(children.perform(task("good"), PATIENCE, fresh=True).details["worker"])
    assert (len(set(workers[:3])), len(set(workers))) == (1, 2)


def test_a_worker_that_gives_no_sign_of_life_is_ended_and_one_that_does_is_not(children, task):
    assert children.perform(task("good"), PATIENCE).status == "done"  # it has started
    outcome = children.perform(task("lively"), 1.5)
    assert (outcome.status, outcome.error) == ("done", "")
    outcome = children.perform(task("hang"), 0.5)
    assert (outcome.status, outcome.error) == ("hung", "no sign of life for 0.5 s")


def test_closing_ends_those_that_work(children, task):
    outcome = []
    waiting = threading.Thread(target=lambda: outcome.append(children.perform(task("hang"), PATIENCE)))
    waiting.start()
    while not children._busy:
        pass
    children.close()
    waiting.join(PATIENCE)
    assert outcome[0].status in ("died", "unusable")
    assert children.perform(task("good"), PATIENCE).error == "ended"


def test_a_work_that_cannot_be_loaded_there_is_told(children, task, tmp_path, monkeypatch):
    (tmp_path / "absent_module.py").write_text("def work(item, sound, target): pass")
    monkeypatch.syspath_prepend(str(tmp_path))
    import absent_module

    data = task("good", absent_module.work)
    monkeypatch.undo()
    outcome = children.perform(data, PATIENCE)
    assert outcome.status == "unusable"
    assert "the work cannot be loaded: ModuleNotFoundError: No module named 'absent_module'" in outcome.error


def test_a_python_that_cannot_start_is_told(children, task, monkeypatch):
    data = task("good")
    monkeypatch.setattr("agora_audio.lab.batch.isolation._START", "raise ImportError('numpy is broken')")
    outcome = children.perform(data, PATIENCE)
    assert (outcome.status, outcome.error) == (
        "unusable",
        "no worker can be started: exit code 1: ImportError: numpy is broken",
    )
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert "no worker can be started" in children.perform(data, PATIENCE).error


def test_a_work_of_the_main_program_is_refused(task, monkeypatch):
    def work(item, sound, target):
        return None

    work.__module__ = "__main__"
    with pytest.raises(ConfigError, match="its workers cannot import: define it in a module, or give isolate=False"):
        task("good", work)


def test_a_process_of_somebody_else_has_workers_of_its_own(task):
    assert work_isolated(task("good"), PATIENCE).status == "done"


def test_what_a_worker_kept_for_itself_goes_with_it(children, task, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "temporary").mkdir()
    assert children.perform(task("die"), PATIENCE).status == "died"
    assert list((tmp_path / "temporary").iterdir()) == []


# --- whole runs ------------------------------------------------------------------------------------------------------


def test_a_run_with_every_way_to_end(run, tmp_path):
    words(
        tmp_path / "in", a="good", b="die", e="fail", f="good", g=f"once {tmp_path / 'seen'}", h="hang", i="good",
    )  # fmt: skip
    progress = run(isolate=True, time_limit=1.0)
    assert (progress.done, progress.failed, progress.quarantined, progress.left) == (4, 1, 2, 0)
    lines = statuses(tmp_path / "out")
    assert {name for name, line in lines.items() if line["status"] == "quarantined"} == {"b.wav", "h.wav"}
    assert lines["g.wav"]["attempts"] == 2
    assert lines["h.wav"]["error"] == "no sign of life for 1 s"


DRIVER = """
import sys
sys.path.insert(0, {root!r})
from agora_audio.lab.batch import run_batch
from tests.lab.batch.acts import Act
def told(progress, record):
    if record: print(record["file"], flush=True)
print(run_batch({source!r}, Act(30.0), {out!r}, workers=2, resume=True, observe=told))
"""


def test_a_program_needs_no_guard_and_after_kill_9_nobody_works_on(tmp_path, run):
    """Started as a script without ``if __name__``; killed while two recordings are at work."""
    words(tmp_path / "in", a="good", b="good", c="slow", d="slow", e="good", f="good")
    script = tmp_path / "script.py"
    script.write_text(DRIVER.format(root=str(ROOT), source=str(tmp_path / "in"), out=str(tmp_path / "out")))
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as process:
        first = [process.stdout.readline().strip() for _ in range(2)]
        pids = _children_of(process.pid)
        process.kill()
    assert set(first) <= {"a.wav", "b.wav"}
    assert len(pids) == 2
    deadline = time.monotonic() + PATIENCE
    while any(_is_there(pid) for pid in pids):
        assert time.monotonic() < deadline, "a worker outlived its parent"
    words(tmp_path / "in", c="good", d="good")
    progress = run(Act(30.0), resume=True)
    assert (progress.before + progress.done, progress.left) == (6, 0)
    check_whole(tmp_path / "out")


def _children_of(pid):
    tasks = Path(f"/proc/{pid}/task")
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]


def _is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_child_that_was_killed_while_it_was_idle_costs_nothing_but_a_try(task):
    child = Child()
    try:
        assert child.perform(task("good"), PATIENCE).status == "done"
        os.kill(child._process.pid, signal.SIGKILL)
        child._process.wait()
        assert child.perform(task("good"), PATIENCE).status == "died"
    finally:
        child.end()
