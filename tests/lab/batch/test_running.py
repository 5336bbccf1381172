"""run_batch: every recording once, whatever happens; here in one process, workers of their own in test_isolation."""

from __future__ import annotations

import concurrent.futures as cf
import errno
import os
import time

import pytest

from agora_audio.errors import AudioError, ConfigError
from agora_audio.lab.batch import BatchProgress, Item, find_items, read_manifest, run_batch
from agora_audio.lab.batch.task import Outcome
from tests.lab.batch.acts import Act, nothing, odd, words
from tests.lab.batch.conftest import check_whole, statuses


class Inline(cf.Executor):
    """Do everything at once in this thread, and note in what order; `act` may end a task in its own way."""

    def __init__(self, act=lambda task: None):
        self.order = []
        self.act = act

    def submit(self, work, task):
        self.order.append(task.item.name)
        future = cf.Future()
        try:
            future.set_result(self.act(task) or work(task))
        except cf.CancelledError:
            future.cancel()
            future.set_running_or_notify_cancel()
        except Exception as error:
            future.set_exception(error)
        return future


def outcomes(out):
    return {name: line["status"] for name, line in statuses(out).items()}


def test_each_recording_has_a_line_and_a_result(run, tmp_path):
    words(tmp_path / "in", a="good", b="note that", c="good")
    progress = run()
    assert progress == BatchProgress(3, done=3, noted=1, sound=3.0, elapsed=progress.elapsed)
    assert progress.left == 0
    line = statuses(tmp_path / "out")["b.wav"]
    assert line["source"] == str(tmp_path / "in" / "b.wav")
    assert (line["output"], line["outputs"], line["word"], line["notes"]) == ("b", ["b.txt"], "note", ["that"])
    assert line["key"].startswith("9:")
    assert (tmp_path / "out" / "b.txt").read_text() == "note is done"


@pytest.mark.parametrize("word", ["fail", "leave"])
def test_one_that_fails_keeps_nobody_up(run, tmp_path, word):
    words(tmp_path / "in", a="good", b=word, c="good")
    progress = run()
    assert (progress.done, progress.failed, progress.left) == (2, 1, 0)
    line = statuses(tmp_path / "out")["b.wav"]
    assert line["error"] in ("ValueError: it says so", "SystemExit: never mind")
    assert "acts.py" in line["traceback"]
    assert not (tmp_path / "out" / "b.txt").exists()


def test_what_a_recording_that_fails_has_written_goes_at_once(run, tmp_path):
    words(tmp_path / "in", a="fail", b="good")
    left = []
    run(observe=lambda *_: left.extend((tmp_path / "out" / ".batch").glob("tmp-*")), executor=Inline(), window=1)
    assert left == []


def test_a_recording_that_is_not_there_fails(run, tmp_path):
    words(tmp_path / "in", a="good")
    (tmp_path / "list.txt").write_text("in/a.wav\nin/gone.wav\nin\n")
    progress = run(source=tmp_path / "list.txt")
    assert (progress.done, progress.failed) == (1, 2)
    lines = statuses(tmp_path / "out")
    assert lines["in/gone.wav"]["error"] == f"{tmp_path}/in/gone.wav: No such file or directory"
    assert lines["in"]["error"] == f"{tmp_path}/in is no file"


def test_fail_fast_ends_with_the_first_one_and_resume_goes_on(run, tmp_path):
    words(tmp_path / "in", a="good", b="fail", c="good", d="good")
    progress = run(executor=Inline(), window=1, fail_fast=True)
    assert (progress.stopped, progress.done, progress.failed, progress.left) == ("a recording failed", 1, 1, 2)
    progress = run(resume=True)
    assert (progress.stopped, progress.before, progress.done, progress.failed, progress.left) == (None, 1, 2, 1, 0)


def test_limit_does_some_of_those_that_are_left(run, tmp_path):
    words(tmp_path / "in", a="good", b="good", c="good")
    assert run(limit=2).left == 1
    assert (run(limit=2, resume=True).done, run(limit=2, resume=True).left) == (1, 0)
    assert set(outcomes(tmp_path / "out")) == {"a.wav", "b.wav", "c.wav"}


def test_what_a_custom_work_may_return(run, tmp_path):
    words(tmp_path / "in", a="good")
    assert run(nothing).done == 1
    assert statuses(tmp_path / "out")["a.wav"]["outputs"] == []
    assert run(odd, out=tmp_path / "odd").failed == 1
    assert "must be a mapping that JSON can hold" in statuses(tmp_path / "odd")["a.wav"]["error"]


# --- going on -------------------------------------------------------------------------------------------------------


def test_resume_does_what_has_no_line_failed_or_was_changed(run, tmp_path):
    folder = words(tmp_path / "in", same="good", changed="good", failed="fail", result_gone="good", source_gone="good")
    assert run().done == 4
    words(tmp_path / "in", changed="note anew", failed="good", new="good")
    (folder / "source_gone.wav").unlink()
    (tmp_path / "out" / "result_gone.txt").unlink()
    progress = run(resume=True)
    assert (progress.total, progress.before, progress.done, progress.failed) == (5, 1, 4, 0)
    assert statuses(tmp_path / "out")["changed.wav"]["word"] == "note"
    assert set(outcomes(tmp_path / "out").values()) == {"done"}
    assert len(outcomes(tmp_path / "out")) == 6  # what is not there any more was done all the same


def test_the_result_of_one_that_was_changed_and_now_fails_goes(run, tmp_path):
    words(tmp_path / "in", a="good")
    run()
    words(tmp_path / "in", a="fail now")
    assert run(resume=True).failed == 1
    assert not (tmp_path / "out" / "a.txt").exists()


def test_resume_goes_on_after_a_torn_line_and_a_doubled_one(run, tmp_path):
    words(tmp_path / "in", a="good", b="good", c="good")
    run()
    manifest = tmp_path / "out" / "manifest.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(lines[0] + lines[1] + lines[0] + lines[2][:20])
    (tmp_path / "out" / ".batch" / "tmp-abc.txt").write_text("half of")
    assert len(list(read_manifest(tmp_path / "out"))) == 2
    progress = run(resume=True)
    assert (progress.before, progress.done) == (2, 1)


def test_resume_with_nothing_there_begins(run, tmp_path):
    words(tmp_path / "in", a="good")
    assert run(resume=True).done == 1


def test_another_run_needs_to_say_what_it_means(run, tmp_path):
    words(tmp_path / "in", a="good")
    run()
    with pytest.raises(ConfigError, match="holds a batch already: --resume goes on with it, --overwrite begins anew"):
        run()
    with pytest.raises(ConfigError, match=r"holds another job \(seconds was 0.2, now 9.0\)"):
        run(Act(9.0), resume=True)
    with pytest.raises(ConfigError, match="resume and overwrite contradict each other"):
        run(resume=True, overwrite=True)
    assert run(Act(9.0), overwrite=True).done == 1
    assert run(Act(9.0), resume=True).before == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"work": 3}', ""])
def test_a_damaged_job_is_named(run, tmp_path, text):
    words(tmp_path / "in", a="good")
    run()
    (tmp_path / "out" / ".batch" / "job.json").write_text(text)
    with pytest.raises(ConfigError, match=r"job\.json is damaged: --overwrite begins anew"):
        run(resume=True)
    assert run(overwrite=True).done == 1


def test_files_of_others_are_not_overwritten(run, tmp_path):
    words(tmp_path / "in", a="good", b="good")
    (tmp_path / "out").mkdir()
    hand_made = tmp_path / "out" / "a.txt"
    hand_made.write_text("labels by hand: all is done")
    os.utime(hand_made, (1e9, 1e9))
    progress = run()
    assert (progress.done, progress.failed) == (1, 1)
    assert "a.txt was there before this batch: move it away" in statuses(tmp_path / "out")["a.wav"]["error"]
    assert hand_made.read_text().startswith("labels by hand")
    assert run(resume=True).failed == 1
    assert run(overwrite=True).done == 2
    words(tmp_path / "in", a="good too")
    os.utime(hand_made, (1e9, 1e9))
    assert run(resume=True).done == 1


def test_sound_is_not_written_among_the_recordings(tmp_path):
    class Sound(Act):
        suffixes = (".wav",)

    words(tmp_path / "in", a="good")
    with pytest.raises(ConfigError, match="among the recordings: name another --out"):
        run_batch(str(tmp_path / "in"), Sound(), tmp_path / "in", isolate=False, overwrite=True)
    assert (tmp_path / "in" / "a.wav").read_text() == "good"


def test_new_recordings_stay_clear_of_the_results_of_old_ones(run, tmp_path):
    words(tmp_path / "in", a="good")
    run()
    (tmp_path / "in" / "a.mp3").write_text("good")
    assert run(resume=True).done == 1
    lines = statuses(tmp_path / "out")
    assert (lines["a.wav"]["output"], lines["a.mp3"]["output"]) == ("a", "a.mp3")


# --- workers that die, and executors that do -------------------------------------------------------------------------


def ended(**how):
    """An act of an executor: recordings end as said, each time or the first time."""
    tried = []

    def act(task):
        status, _, times = how.get(task.item.output, "").partition(" ")
        tried.append(task.item.output)
        if status and (not times or tried.count(task.item.output) <= int(times)):
            return Outcome(status, {"error": f"it {status}"})
        return None

    return act


@pytest.mark.parametrize("how", ["died", "hung", "memory"])
def test_a_poison_file_is_tried_again_alone_and_goes_into_quarantine(run, tmp_path, how):
    words(tmp_path / "in", a="good", b="poison", c="good", d="good")
    executor = Inline(ended(b=how))
    progress = run(executor=executor, window=2)
    assert executor.order == ["a.wav", "b.wav", "c.wav", "d.wav", "b.wav"]
    assert (progress.done, progress.quarantined, progress.failed, progress.left) == (3, 1, 0, 0)
    line = statuses(tmp_path / "out")["b.wav"]
    assert (line["status"], line["error"], line["attempts"]) == ("quarantined", f"it {how}", 2)


@pytest.mark.parametrize("how", ["died 1", "hung 1", "memory 1", "space 1"])
def test_who_was_only_unlucky_is_done_at_the_second_try(run, tmp_path, how):
    words(tmp_path / "in", a="good", b="good", c="good")
    progress = run(executor=Inline(ended(a=how)))
    assert (progress.done, progress.quarantined, progress.stopped) == (3, 0, None)
    assert statuses(tmp_path / "out")["a.wav"]["attempts"] == 2


def test_nobody_else_is_at_work_at_the_second_try(run, tmp_path, monkeypatch):
    monkeypatch.setattr("agora_audio.lab.batch.running._TICK", 0.0005)  # the manager looks round meanwhile
    words(tmp_path / "in", **{f"{name:02d}": "good" for name in range(40)})
    poison = {f"{name:02d}": "died" for name in range(20)}
    tried, out, alone, at_work = set(), [], [], []

    class Watching(cf.ThreadPoolExecutor):
        def submit(self, work, task):
            out[:] = [one for one in out if not one.done()]
            if task.item.name in tried:
                at_work.append(len(out))
            assert all(one.done() for one in alone), "somebody came to one who should be alone"
            out.append(super().submit(lambda: time.sleep(0.002) or ended(**poison)(task) or work(task)))
            if task.item.name in tried:
                alone.append(out[-1])
            tried.add(task.item.name)
            return out[-1]

    with Watching(4) as executor:
        progress = run(executor=executor, window=4)
    assert (progress.done, progress.quarantined) == (20, 20)
    assert at_work == [0] * 20


def test_quarantine_is_kept_until_it_is_said_or_the_recording_changes(run, tmp_path):
    words(tmp_path / "in", a="good", b="poison")
    assert run(executor=Inline(ended(b="died"))).quarantined == 1
    executor = Inline()
    progress = run(executor=executor, resume=True)
    assert (executor.order, progress.before, progress.quarantined, progress.left) == ([], 1, 1, 0)
    assert run(executor=Inline(ended(b="died")), resume=True, retry_quarantined=True).quarantined == 1
    assert run(resume=True, retry_quarantined=True).done == 1
    assert outcomes(tmp_path / "out") == {"a.wav": "done", "b.wav": "done"}


def test_a_full_disk_ends_the_run_when_even_one_alone_finds_no_room(run, tmp_path):
    words(tmp_path / "in", a="good", big="good", c="good")
    progress = run(executor=Inline(ended(big="space")))
    assert (progress.done, progress.failed, progress.left, progress.stopped) == (2, 0, 1, "it space")
    assert set(outcomes(tmp_path / "out")) == {"a.wav", "c.wav"}
    assert run(resume=True).done == 1


def test_no_space_is_told_from_a_bad_recording(run, tmp_path, monkeypatch):
    words(tmp_path / "in", a="full")
    assert run().stopped == "No space left on device"
    words(tmp_path / "in", a="fail")
    monkeypatch.setattr("agora_audio.lab.batch.storage._FULL", 1 << 60)
    assert run(resume=True).stopped == "ValueError: it says so"


def test_a_manifest_that_cannot_be_written_ends_the_run(run, tmp_path, monkeypatch):
    words(tmp_path / "in", a="good", b="good", c="good")
    calls = []

    def write(file, data, real=os.write):
        calls.append(bytes(data))
        if len(calls) == 2:
            return real(file, data[:25])
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, data)

    with monkeypatch.context() as patched:
        patched.setattr("agora_audio.lab.batch.manifest.os.write", write)
        progress = run(executor=Inline(), window=1)
    assert (progress.done, progress.stopped) == (1, "the manifest cannot be written: No space left on device")
    assert run(resume=True).done == 2


def lost(error):
    def act(task):
        if task.item.output == "b":
            raise error
        return

    return act


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (cf.CancelledError(), "the executor has lost what it was given: is its scheduler gone?"),
        (type("FutureCancelledError", (Exception,), {})("x"), "the executor has lost what it was given: is its"),
        (ModuleNotFoundError("no agora_audio there"), "the executor failed: ModuleNotFoundError: no agora_audio there"),
    ],
)
def test_an_executor_that_is_lost_ends_the_run_and_blames_nobody(run, tmp_path, error, reason):
    words(tmp_path / "in", a="good", b="good", c="good")
    progress = run(executor=Inline(lost(error)), window=1)
    assert progress.stopped.startswith(reason)
    assert outcomes(tmp_path / "out") == {"a.wav": "done"}
    assert run(resume=True).done == 2


@pytest.mark.parametrize("error", [cf.BrokenExecutor("it broke"), type("KilledWorker", (Exception,), {})("4 times")])
def test_a_worker_of_the_executor_that_dies_counts_as_one_of_ours(run, tmp_path, error):
    words(tmp_path / "in", a="good", b="good", c="good")
    progress = run(executor=Inline(lost(error)))
    assert (progress.done, progress.quarantined) == (2, 1)


def test_an_executor_that_takes_no_more_ends_the_run(run, tmp_path):
    words(tmp_path / "in", a="good")
    with cf.ThreadPoolExecutor(1) as executor:
        pass
    assert "the executor takes no more: RuntimeError" in run(executor=executor).stopped


def test_a_place_where_nothing_can_be_done_ends_the_run(run, tmp_path):
    words(tmp_path / "in", a="good", b="good")
    progress = run(executor=Inline(ended(a="unusable")), window=1)
    assert (progress.stopped, progress.left) == ("it unusable", 2)


@pytest.mark.parametrize("executor", [cf.ThreadPoolExecutor, cf.ProcessPoolExecutor])
def test_any_executor_will_do(run, tmp_path, executor):
    words(tmp_path / "in", a="good", b="fail", c="good")
    options = (
        {} if executor is cf.ThreadPoolExecutor else {"mp_context": __import__("multiprocessing").get_context("spawn")}
    )
    with executor(2, **options) as pool:
        progress = run(executor=pool)
        assert (progress.done, progress.failed) == (2, 1)
        pool.submit(time.monotonic).result()  # it is not shut down


# --- bounds, progress, the keyboard ----------------------------------------------------------------------------------


def test_no_more_than_the_window_is_handed_out(run, tmp_path):
    words(tmp_path / "in", **{f"n{number}": "good" for number in range(30)})
    out, most = [], []

    class Counting(cf.ThreadPoolExecutor):
        def submit(self, *call):
            out[:] = [one for one in out if not one.done()]
            out.append(super().submit(*call))
            most.append(len(out))
            return out[-1]

    with Counting(1) as executor:
        assert run(Act(0.001), executor=executor, window=3).done == 30
    assert max(most) <= 3


def test_progress_is_told_with_each_record(run, tmp_path):
    words(tmp_path / "in", a="good", b="fail", c="good")
    told = []
    times = iter(range(1000))
    run(executor=Inline(), window=1, observe=lambda *told_now: told.append(told_now), clock=lambda: float(next(times)))
    records = [(progress.done, progress.failed, record["file"]) for progress, record in told if record]
    assert records == [(1, 0, "a.wav"), (1, 1, "b.wav"), (2, 1, "c.wav")]
    assert any(record is None for _, record in told)
    assert [progress.elapsed for progress, _ in told] == sorted({progress.elapsed for progress, _ in told})


def test_the_keyboard_ends_it_at_once_and_resume_goes_on(run, tmp_path):
    words(tmp_path / "in", a="good", b="good", c="good")

    def press(progress, record):
        if record is not None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(executor=Inline(), window=1, observe=press)
    check_whole(tmp_path / "out")
    progress = run(resume=True)
    assert (progress.before, progress.done) == (1, 2)


# --- calls -----------------------------------------------------------------------------------------------------------


def test_items_may_be_given_as_they_were_found_or_made(run, tmp_path):
    words(tmp_path / "in", a="good", b="good")
    found = find_items([str(tmp_path / "in")])
    assert run(source=found[:1]).done == 1
    made = Item(str(tmp_path / "in" / "b.wav"), "x/y.wav")
    assert run(source=[made], resume=True).done == 1
    assert (tmp_path / "out" / "x" / "y.txt").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "workers is 0, must be a whole number from 1"),
        ({"workers": 1.5}, "workers is 1.5, must be a whole number from 1"),
        ({"window": -1}, "window is -1, must be a whole number from 1"),
        ({"limit": -1}, "limit is -1, must be a whole number from 0"),
        ({"time_limit": 0}, "time_limit is 0, must be seconds above 0"),
        ({"time_limit": float("nan")}, "time_limit is nan, must be seconds above 0"),
        ({"source": [3]}, "3 is no recording"),
        ({"retry_quarantined": True}, "retry_quarantined is of use with resume only"),
        ({"isolate": True, "work": lambda item, sound, target: None}, "cannot be sent to another process"),
    ],
)
def test_bad_calls_are_refused_before_anything_is_made(run, tmp_path, options, message):
    words(tmp_path / "in", a="good")
    with pytest.raises(ConfigError, match=message):
        run(**options)
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_a_file_is_an_error(tmp_path):
    words(tmp_path / "in", a="good")
    (tmp_path / "out").write_text("")
    with pytest.raises((AudioError, OSError)):
        run_batch(str(tmp_path / "in"), Act(), tmp_path / "out", isolate=False)
