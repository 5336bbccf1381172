"""Rounds: one counter, two ways to begin, and a decision that two take at once."""

from __future__ import annotations

import threading

import pytest

from agora_audio.consumer.rounds import Rounds
from agora_audio.errors import ConfigError


def state(rounds):
    return rounds.current, rounds.oldest


def test_a_new_answer_lets_the_old_one_be_heard_and_an_interrupt_does_not():
    rounds = Rounds()
    assert state(rounds) == (0, 0)
    assert rounds.next() == 1
    assert state(rounds) == (1, 0)
    assert rounds.interrupt() == 2
    assert state(rounds) == (2, 2)


def test_work_of_older_rounds_is_stale():
    rounds = Rounds(5)
    assert [rounds.is_stale(number) for number in (4, 5, 6)] == [True, False, False]


def test_the_same_decision_twice_is_one_interrupt():
    rounds = Rounds()
    answer = rounds.next()
    assert [rounds.interrupt(answer), rounds.interrupt(answer), rounds.interrupt(0)] == [2, 2, 2]
    assert rounds.interrupt(2) == 3


def test_whoever_counts_further_is_followed():
    rounds = Rounds()
    assert [rounds.reach(7), rounds.reach(3)] == [7, 7]
    assert state(rounds) == (7, 0)


def test_no_number_is_given_twice_to_many_threads():
    rounds, given = Rounds(), []

    def count():
        given.extend(rounds.next() for _ in range(500))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 2001))


@pytest.mark.parametrize("number", [1.0, "1", None, True])
def test_a_round_is_a_whole_number(number):
    with pytest.raises(ConfigError, match=r"round_id is .*, must be a whole number"):
        Rounds(number)
    with pytest.raises(ConfigError, match="round_id"):
        Rounds().reach(number)
