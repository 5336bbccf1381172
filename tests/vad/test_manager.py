"""AudioVadManager: a VAD for each user, from the first frame on, on any thread, without harm to the shared config."""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections import Counter

import pytest

from agora_audio.errors import AudioError, ConfigError, EngineUnavailable, FormatError
from agora_audio.frames import AudioFormat, AudioFrame
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.engines import create_engine
from agora_audio.vad.manager import AudioVadManager
from agora_audio.vad.state_machine import VadState
from agora_audio.vad.stream import VadStream
from tests.vad.pieces import frames_of, talk
from tests.vad.strings import LABELS, frame, numbers

NON, START, SPEAKING, STOP = VadState
# Speech from the first active frame on, without an end.
ALWAYS = AudioVadConfigV2(0, 1, 1000)
QUICK = AudioVadConfigV2(6, 10, 12, 0.6, 0.6, start_voice_prob=50, stop_voice_prob=35)


def spoken(index):
    return frame(index, LABELS["V"])


def run_all(*jobs):
    """Run jobs in threads, all let go at once; an error in one of them is raised here."""
    gate, errors = threading.Barrier(len(jobs)), []

    def guarded(job):
        try:
            gate.wait()
            job()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


@pytest.fixture
def hasty():
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


# --- one user -------------------------------------------------------------------------------------------------------


def test_the_first_frame_is_processed_like_every_other():
    manager = AudioVadManager(ALWAYS, engine=None)
    assert len(manager) == 0
    state, data = manager.process("lobby", "42", spoken(0))
    assert (state, numbers(data)) == (START, [0])
    assert len(manager) == 1


@pytest.mark.parametrize("engine", ["silero", "webrtc", "energy"])
def test_a_user_is_given_what_a_stream_gives(engine):
    frames = frames_of(talk(end=2.9), AudioFormat())
    stream = VadStream(QUICK, engine)
    expected = [stream.process(one) for one in frames] + [stream.flush()]
    assert START in {result.state for result in expected}
    manager = AudioVadManager(QUICK, engine)
    found = [manager.process("lobby", "42", one) for one in frames]
    assert [*found, manager.remove("lobby", "42")] == expected


def test_users_do_not_hear_each_other():
    manager = AudioVadManager(ALWAYS, engine=None)
    assert manager.process("lobby", "1", spoken(0)).state is START
    assert manager.process("lobby", "2", frame(0, LABELS["."])).state is NON
    assert manager.process("lobby", "1", spoken(1)).state is SPEAKING
    assert manager.process("lobby", "2", spoken(1)).state is START
    assert manager.process("hall", "1", spoken(0)).state is START
    assert len(manager) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        (("", "ab"), ("ab", "")),
        (("1", "11"), ("11", "1")),
        (("a", 1), ("a", "1")),
        (("a", None), ("a", "None")),
        (("a", b"1"), ("a", "1")),
        (("a", "é"), ("a", "e\u0301")),
    ],
)
def test_ids_are_not_glued_together_or_converted(one, other):
    manager = AudioVadManager(ALWAYS, engine=None)
    assert manager.process(*one, spoken(0)).state is START
    assert manager.process(*other, spoken(0)).state is START
    assert len(manager) == 2
    assert manager.process(*one, spoken(1)).state is SPEAKING
    assert manager.remove(*one).state is STOP
    assert manager.process(*other, spoken(1)).state is SPEAKING


def test_an_id_that_cannot_be_a_key_is_a_type_error_and_blocks_nobody():
    manager = AudioVadManager(ALWAYS, engine=None)
    manager.process("lobby", "7", spoken(0))
    for call in (manager.process, manager.flush, manager.remove):
        with pytest.raises(TypeError, match="unhashable"):
            call(["lobby"], "42", *([spoken(0)] if call == manager.process else []))
    assert manager.process("lobby", "42", spoken(0)).state is START


# --- the config -----------------------------------------------------------------------------------------------------


def test_the_shared_config_is_never_changed():
    config = AudioVadConfigV2(0, 1, 1000, algorithm="consecutive", adaptive_rms=True)
    before = dataclasses.asdict(config)
    manager = AudioVadManager(config, engine=None)
    for user in range(5):
        assert manager.process("lobby", str(user), spoken(0)).state is START
        assert manager.process("lobby", str(user), spoken(1)).state is SPEAKING
    assert manager.config is config
    assert dataclasses.asdict(config) == before


def test_without_a_config_it_is_the_default():
    assert AudioVadManager().config == AudioVadConfigV2()


# --- the end of a stream --------------------------------------------------------------------------------------------


def test_remove_closes_what_is_open_and_forgets():
    manager = AudioVadManager(ALWAYS, engine=None)
    manager.process("lobby", "42", spoken(0))
    assert manager.remove("lobby", "42") == (STOP, b"")
    assert len(manager) == 0
    assert manager.remove("lobby", "42") == (NON, b"")
    assert manager.process("lobby", "42", spoken(1)).state is START  # who comes back is new
    assert len(manager) == 1


def test_remove_hands_out_the_frames_that_still_waited():
    manager, frames = AudioVadManager(ALWAYS), frames_of(talk(start=0.7, end=1.2), AudioFormat())
    given = b"".join(manager.process("lobby", "42", one).data for one in frames)
    state, rest = manager.remove("lobby", "42")
    assert state is STOP
    assert rest
    assert b"".join(one.pcm for one in frames).endswith(given + rest)


def test_who_comes_back_may_come_in_another_format():
    manager = AudioVadManager(ALWAYS, engine="energy")
    manager.process("lobby", "42", AudioFrame(bytes(320), AudioFormat(16000)))
    with pytest.raises(FormatError, match="16000 Hz mono"):
        manager.process("lobby", "42", AudioFrame(bytes(160), AudioFormat(8000)))
    manager.remove("lobby", "42")
    assert manager.process("lobby", "42", AudioFrame(bytes(160), AudioFormat(8000))).state is NON


def test_flush_closes_what_is_open_and_keeps_the_user():
    manager = AudioVadManager(ALWAYS, engine=None)
    manager.process("lobby", "42", spoken(0))
    assert manager.flush("lobby", "42") == (STOP, b"")
    assert manager.flush("lobby", "42") == (NON, b"")
    assert manager.flush("lobby", "nobody") == (NON, b"")
    assert len(manager) == 1
    assert manager.process("lobby", "42", spoken(1)).state is START


def test_after_release_frames_are_refused_and_ends_are_no_error():
    manager = AudioVadManager(ALWAYS, engine=None)
    manager.process("lobby", "42", spoken(0))
    manager.release()
    manager.release()
    assert len(manager) == 0
    with pytest.raises(AudioError, match="released"):
        manager.process("lobby", "42", spoken(1))
    assert manager.remove("lobby", "42") == manager.flush("lobby", "42") == (NON, b"")


class Meanwhile:
    """A lock that lets something happen just before it is first taken."""

    def __init__(self, lock, happen):
        self.lock, self.happen = lock, [happen]

    def __enter__(self):
        while self.happen:
            self.happen.pop()()
        return self.lock.__enter__()

    def __exit__(self, *error):
        return self.lock.__exit__(*error)


def test_a_frame_that_waited_while_its_user_was_removed_begins_a_new_stream():
    manager = AudioVadManager(ALWAYS, engine=None)
    manager.process("lobby", "42", spoken(0))
    user = manager._users["lobby", "42"]
    ends = []
    user.lock = Meanwhile(user.lock, lambda: ends.append(manager.remove("lobby", "42")))
    state, data = manager.process("lobby", "42", spoken(1))
    assert ends == [(STOP, b"")]
    assert (state, numbers(data)) == (START, [1])
    assert manager.remove("lobby", "42").state is STOP


def test_a_frame_that_waited_while_all_were_released_is_refused():
    manager = AudioVadManager(ALWAYS, engine=None)
    manager.process("lobby", "42", spoken(0))
    user = manager._users["lobby", "42"]
    user.lock = Meanwhile(user.lock, manager.release)
    with pytest.raises(AudioError, match="released"):
        manager.process("lobby", "42", spoken(1))


# --- the engine -----------------------------------------------------------------------------------------------------


def test_a_function_makes_an_engine_for_each_user():
    made = []

    def make():
        made.append(create_engine("webrtc", mode=1))
        return made[-1]

    manager = AudioVadManager(QUICK, make)
    frames = frames_of(talk(end=1.4), AudioFormat())
    stream = VadStream(QUICK, create_engine("webrtc", mode=1))
    expected = [stream.process(one) for one in frames]
    assert START in {result.state for result in expected}
    assert [manager.process("lobby", "1", one) for one in frames] == expected
    assert [manager.process("lobby", "2", one) for one in frames] == expected
    assert len({id(engine) for engine in made}) == len(made) == 2


def test_an_engine_that_cannot_be_made_leaves_no_user_behind():
    def make():
        raise EngineUnavailable("no licence")

    manager = AudioVadManager(engine=make)
    for _ in range(2):
        with pytest.raises(EngineUnavailable, match="no licence"):
            manager.process("lobby", "42", spoken(0))
    assert len(manager) == 0


@pytest.mark.parametrize("engine", ["agora", "", 3, create_engine("energy")])
def test_an_engine_that_cannot_serve_many_is_refused(engine):
    with pytest.raises(ConfigError, match="engine"):
        AudioVadManager(engine=engine)


def test_without_an_engine_frames_must_be_labelled():
    with pytest.raises(FormatError, match="no voice_prob or rms_db"):
        AudioVadManager(engine=None).process("lobby", "42", frame(0, None))


# --- threads --------------------------------------------------------------------------------------------------------


def test_eight_threads_with_a_user_each(hasty):
    frames = frames_of(talk(end=1.4), AudioFormat())
    stream = VadStream(QUICK)
    expected = [stream.process(one) for one in frames] + [stream.flush()]
    manager, found = AudioVadManager(QUICK), {}

    def job(user):
        def run():
            results = [manager.process("lobby", user, one) for one in frames]
            found[user] = [*results, manager.remove("lobby", user)]

        return run

    run_all(*(job(str(number)) for number in range(8)))
    assert found == {str(number): expected for number in range(8)}
    assert len(manager) == 0


class Guarded:
    """An engine that is entered by one thread at a time, or says so; it keeps every frame for one turn."""

    latency = 0

    def __init__(self):
        self.inside, self.waiting = 0, []

    def push(self, one):
        self.inside += 1
        assert self.inside == 1
        out, self.waiting = self.waiting, [one.labelled(*LABELS["V"])]
        assert self.inside == 1
        self.inside -= 1
        return out

    def flush(self):
        out, self.waiting = self.waiting, []
        return out

    def reset(self):
        self.waiting = []


def test_four_threads_on_one_user_lose_and_double_no_frame(hasty):
    manager, results = AudioVadManager(ALWAYS, Guarded), []

    def job(first):
        def run():
            for index in range(first, first + 400):
                results.append(manager.process("lobby", "42", frame(index, None)))  # noqa: PERF401 - one at a time

        return run

    run_all(*(job(first) for first in range(0, 1600, 400)))
    results.append(manager.remove("lobby", "42"))
    states = Counter(result.state for result in results)
    assert (states[START], states[STOP]) == (1, 1)
    heard = [number for result in results for number in numbers(result.data)]
    assert sorted(heard) == list(range(1600))


@pytest.mark.parametrize("end", ["flush", "remove"])
def test_an_end_waits_for_the_frame_that_is_being_processed(end):
    class Watched(Guarded):
        def flush(self):
            assert user.lock.locked()
            flushed.append(self)
            return super().flush()

    flushed = []
    manager = AudioVadManager(ALWAYS, Watched)
    manager.process("lobby", "42", frame(0, None))
    user = manager._users["lobby", "42"]
    assert numbers(getattr(manager, end)("lobby", "42").data) == [0]
    assert flushed == [user.stream.engine]


def test_users_who_come_and_go_on_many_threads_lose_no_frame(hasty):
    manager, results = AudioVadManager(ALWAYS, Guarded), []

    def talker(first):
        def run():
            for index in range(first, first + 300):
                results.append(manager.process("lobby", "42", frame(index, None)))  # noqa: PERF401 - one at a time

        return run

    def leaver():
        for _ in range(200):
            results.append(manager.remove("lobby", "42"))  # noqa: PERF401 - one at a time

    run_all(talker(0), talker(300), talker(600), leaver)
    results.append(manager.remove("lobby", "42"))
    heard = [number for result in results for number in numbers(result.data)]
    assert sorted(heard) == list(range(900))


def test_release_while_frames_come_ends_in_the_error_that_says_so(hasty):
    manager, refused = AudioVadManager(ALWAYS, Guarded), []

    def talker():
        try:
            for index in range(100_000):
                manager.process("lobby", "42", frame(index % 1000, None))
        except AudioError as error:
            refused.append(str(error))

    run_all(talker, talker, manager.release)
    assert len(refused) == 2
    assert all("released" in text for text in refused)
    assert len(manager) == 0
