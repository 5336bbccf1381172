"""The search: what it finds, that it repeats, resumes and is shared, and what stays as it was."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest

from agora_audio.errors import ConfigError, EngineUnavailable
from agora_audio.lab.objectives import Objective
from agora_audio.lab.space import Choices, Range
from agora_audio.lab.tuning import Study, Trial, held_out, put_back, simplified, steadiest, tune
from agora_audio.vad.config import PRESETS, AudioVadConfigV2
from tests.lab.talks import talk

optuna = pytest.importorskip("optuna")

TURN = Objective.named("end-of-turn")
HANG_OVER = {"stop_recognize_count": Range(10, 150, 5), "inactive_percent": Range(0.3, 1.0, 0.1)}
TRAIN, UNSEEN = [talk("a", 1), talk("b", 2)], [talk("c", 3), talk("d", 4)]


@pytest.fixture(scope="module")
def outcome():
    return tune(TRAIN, TURN, space=HANG_OVER, unseen=UNSEEN, trials=40, seed=3)


def test_a_hang_over_that_bridges_the_pauses_is_found(outcome):
    # Agora's defaults stop after half a second half silent: within the pauses of 0.4 s.
    assert outcome.train[0]["premature_ends"] > 5
    assert outcome.train[1]["premature_ends"] == 0
    assert outcome.better_unseen is True
    assert outcome.unseen[1]["turn_cost_ms"] < 0.7 * outcome.unseen[0]["turn_cost_ms"]
    assert outcome.unseen[1]["merges"] == 0
    assert outcome.feasible
    assert outcome.trials == 40
    assert (outcome.train_names, outcome.unseen_names) == (("a", "b"), ("c", "d"))


def test_every_change_has_its_evidence(outcome):
    base = AudioVadConfigV2()
    changed = [name for name, value in outcome.config.to_dict().items() if value != getattr(base, name)]
    assert [one.field for one in outcome.evidence] == changed
    for one in outcome.evidence:
        # With it put back it is worse where it was searched, else it would have gone back.
        assert one.train["turn_cost_ms"] > outcome.train[1]["turn_cost_ms"]
        assert (one.before, one.after) == (getattr(base, one.field), getattr(outcome.config, one.field))
        assert one.unseen is not None


def test_the_same_seed_gives_the_same_again(outcome):
    again = tune(TRAIN, TURN, space=HANG_OVER, unseen=UNSEEN, trials=40, seed=3)
    assert again.config == outcome.config
    trials = [Study(TRAIN, TURN, HANG_OVER, AudioVadConfigV2(), seed=seed).run(20) for seed in (3, 3, 4)]
    assert trials[0] == trials[1] != trials[2]


def test_it_begins_with_the_config_in_use_and_the_presets():
    base = AudioVadConfigV2(stop_recognize_count=75)
    tried = Study(TRAIN, TURN, HANG_OVER, base).run(4)
    wanted = [(one.stop_recognize_count, one.inactive_percent) for one in (base, *PRESETS.values())]
    found = [(trial.config.stop_recognize_count, trial.config.inactive_percent) for trial in tried]
    assert found == list(dict.fromkeys(wanted)) == [(75, 0.5), (50, 0.5), (30, 0.9), (50, 0.7)]


def test_nothing_beats_the_config_it_began_with():
    best = AudioVadConfigV2(stop_recognize_count=60, inactive_percent=0.9)
    found = tune(TRAIN, TURN, best, {"pre_start_recognize_count": Range(0, 40, 4)}, trials=10)
    assert found.config == best  # the pre-roll is no matter of turns
    assert (found.evidence, found.unseen, found.better_unseen) == ((), None, None)


def test_several_goals_have_a_front():
    both = Objective.named("conversation")
    space = {"start_recognize_count": Range(4, 40, 4), "stop_recognize_count": Range(20, 120, 10)}
    found = tune(TRAIN, both, space=space, unseen=UNSEEN, trials=40)
    costs = [both.losses(train) for _, train, _ in found.front]
    assert costs == sorted(costs)
    assert [later for _, later in costs] == sorted((later for _, later in costs), reverse=True)
    assert found.train[1]["interrupt_cost_ms"] < found.train[0]["interrupt_cost_ms"]
    assert found.train[1]["turn_cost_ms"] < found.train[0]["turn_cost_ms"]


def test_conditions_come_before_the_goal():
    wanted = Objective.of(["end_latency_ms"], subject_to=["splits==0", "missed==0"])
    found = tune(TRAIN, wanted, space=HANG_OVER, trials=40)
    assert found.feasible
    assert found.train[1]["splits"] == 0
    without = tune(TRAIN, Objective.of(["end_latency_ms"]), space=HANG_OVER, trials=40)
    assert without.train[1]["splits"] > 0
    assert without.train[1]["end_latency_ms"] < found.train[1]["end_latency_ms"]  # that is what it costs
    never = tune(TRAIN, Objective.of(["f1"], subject_to=["f1>1"]), space=HANG_OVER, trials=5)
    assert not never.feasible


def test_every_kind_of_field_can_be_searched():
    space = {
        "algorithm": Choices(("percent", "consecutive")),
        "adaptive_rms": Choices((True, False)),
        "max_speech": Choices((None, 0.3, 4.0)),  # 0.3 s is no config with these windows
        "min_speech": Range(0.0, 0.3, 0.1),
        "start_voice_prob": Range(10, 90, 10),
    }
    tried = Study(TRAIN, TURN, space, AudioVadConfigV2(), seed=1).run(30)
    assert len(tried) == 30
    assert {trial.config.algorithm for trial in tried} == {"percent", "consecutive"}
    assert {trial.config.min_speech for trial in tried} <= {0.0, 0.1, 0.2, 0.3}
    assert 0.3 not in {trial.config.max_speech for trial in tried}


# --- the journal ----------------------------------------------------------------------------------------------------


def test_a_study_is_gone_on_with(tmp_path):
    journal = tmp_path / "study.journal"
    first = Study(TRAIN, TURN, HANG_OVER, AudioVadConfigV2(), journal).run(8)
    told = []
    later = Study(TRAIN, TURN, HANG_OVER, AudioVadConfigV2(), journal).run(12, lambda *news: told.append(news))
    assert later[:8] == first
    assert [(done, total) for done, total, _ in told] == [(9, 12), (10, 12), (11, 12), (12, 12)]
    assert len(Study(TRAIN, TURN, HANG_OVER, AudioVadConfigV2(), journal).run(5)) == 12  # it has more already


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"objective": Objective.named("interrupt")}, "is a study with other objective: minimise turn_cost_ms: name"),
        ({"space": {"stop_recognize_count": Range(10, 150, 5)}}, "is a study with other fields"),
        ({"base": AudioVadConfigV2(stop_voice_prob=30)}, "is a study with other config"),
        ({"pause": 0.5}, "is a study with other collar and pause"),
        ({"recordings": UNSEEN}, "is a study with other recordings"),
    ],
)
def test_another_search_does_not_go_into_the_same_journal(tmp_path, change, problem):
    same = {"recordings": TRAIN, "objective": TURN, "space": HANG_OVER, "base": AudioVadConfigV2()}
    Study(**same, journal=tmp_path / "j").run(1)
    with pytest.raises(ConfigError, match=problem):
        Study(**{**same, **change}, journal=tmp_path / "j")


@pytest.mark.parametrize("text", ["a diary\n", '{\n  "start": 0\n}\n', "[]\n", '{"op_code": 99}\n', "\x00\x01", "1\n"])
def test_what_is_no_journal(tmp_path, text):
    (tmp_path / "j").write_text(text)
    with pytest.raises(ConfigError, match=r"j is no journal of a study \(.*: name another file"):
        Study(TRAIN, TURN, HANG_OVER, AudioVadConfigV2(), tmp_path / "j")
    assert (tmp_path / "j").read_text() == text


def test_processes_share_a_study(tmp_path):
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from agora_audio.lab.tuning import Study
        from agora_audio.vad.config import AudioVadConfigV2
        from tests.lab.test_tuning import HANG_OVER, TRAIN, TURN
        told = []
        study = Study(TRAIN, TURN, HANG_OVER, AudioVadConfigV2(), Path(sys.argv[1]))
        study.run(24, lambda *news: told.append(news))
        print(len(told))
    """)
    command = [sys.executable, "-c", script, str(tmp_path / "j")]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    made = [int(worker.communicate(timeout=100)[0]) for worker in workers]
    tried = Study(TRAIN, TURN, HANG_OVER, AudioVadConfigV2(), tmp_path / "j").run(1)
    assert 24 <= len(tried) == sum(made) <= 25
    assert len({trial.config for trial in tried}) > 12  # they do not do the same


# --- parts ----------------------------------------------------------------------------------------------------------


def test_what_nothing_gets_worse_without_goes_back():
    study = Study(TRAIN, TURN, HANG_OVER, AudioVadConfigV2())
    found = AudioVadConfigV2(
        stop_recognize_count=60, inactive_percent=0.9, pre_start_recognize_count=3, start_voice_prob=55, max_speech=30.0
    )
    back = simplified(study, found)
    assert back == AudioVadConfigV2(inactive_percent=0.9)  # half a second is enough, if most of it must be silent
    assert study.measure(back)["turn_cost_ms"] < study.measure(found)["turn_cost_ms"]


def test_fields_are_put_back_one_by_one():
    config = AudioVadConfigV2(max_speech=0.3, start_recognize_count=10, pre_start_recognize_count=2)
    # Without the shorter start window it would be no config.
    assert [name for name, _ in put_back(config, AudioVadConfigV2())] == ["pre_start_recognize_count", "max_speech"]


def test_of_the_best_the_one_whose_neighbours_are_good():
    study = Study(TRAIN, TURN, {"stop_recognize_count": Range(10, 150, 5)}, AudioVadConfigV2(inactive_percent=1.0))
    costs = dict.fromkeys(range(10, 151, 5), 500) | {40: 99, 100: 101, 105: 100, 110: 101}
    study.measure = lambda config: {"turn_cost_ms": costs[config.stop_recognize_count]}
    configs = [replace(study.base, stop_recognize_count=stop) for stop in (40, 70, 105)]
    tried = [Trial(config, study.measure(config)) for config in configs]
    assert steadiest(study, tried).config.stop_recognize_count == 105  # 40 is better by a hair, and next to nothing


@pytest.mark.parametrize(
    ("names", "share", "count"),
    [("abcd", 0.5, 2), ("ab", 0.1, 1), ("abc", 0.99, 2), ("a", 0.5, 0), ("", 0.5, 0), ("abcd", 0, 0)],
)
def test_recordings_are_held_out(names, share, count):
    chosen = held_out(list(names), share, 7)
    assert len(chosen) == count
    assert chosen == held_out(list(reversed(names)), share, 7)  # in whatever order they came


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan"), True])
def test_a_share_is_a_share(share):
    with pytest.raises(ConfigError, match="the share to hold out is"):
        held_out(["a", "b"], share)


def test_nothing_to_search():
    with pytest.raises(ConfigError, match="there are no recordings to search on"):
        tune([], TURN)
    with pytest.raises(ConfigError, match="there is nothing to search"):
        tune(TRAIN, TURN, space={})


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(EngineUnavailable, match=r"tuning needs optuna .*: pip install 'agora-audio\[tune\]'"):
        tune(TRAIN, TURN)


def test_optuna_says_nothing_and_its_log_is_left_as_it_was(capfd):
    before = optuna.logging.get_verbosity()
    tune(TRAIN, TURN, space=HANG_OVER, trials=3)
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")
