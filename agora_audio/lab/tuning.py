"""Search for the config that serves an objective best: on some recordings, judged on others.

The search is Optuna's TPE (extra ``tune``), which begins with the config in use and the presets. What it finds is
simplified: every field goes back to what it was unless the recordings searched on get worse for it, so that a config
says what mattered and holds as little chance as can be. What a field brought is kept as evidence, on both halves.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from agora_audio.errors import ConfigError, EngineUnavailable
from agora_audio.lab.objectives import Objective, Values, best_of, measures
from agora_audio.lab.space import Range, Search, default_space, nearest
from agora_audio.lab.sweep import Recording, score_config
from agora_audio.vad.config import PRESETS, AudioVadConfigV2

__all__ = ["Evidence", "Outcome", "Progress", "Study", "Trial", "held_out", "require_optuna", "tune"]


class Trial(NamedTuple):
    """A config that was tried, and its measures."""

    config: AudioVadConfigV2
    values: Values


# Of so many best trials the neighbours are looked at.
_FINALISTS = 12

Progress = Callable[[int, int, Trial], None]
"""Told after each trial how many are done, how many there will be, and the best so far."""


@dataclass(frozen=True)
class Evidence:
    """What a changed field is worth: measures with it put back, all else as tuned."""

    field: str
    before: Any
    after: Any
    train: Values
    """On the recordings searched on."""
    unseen: Values | None
    """On those held out; None if there are none."""


@dataclass(frozen=True)
class Outcome:
    """What a search found, and how it does on recordings it has not seen."""

    objective: Objective
    base: AudioVadConfigV2
    """What it is compared with."""
    config: AudioVadConfigV2
    """What was found."""
    trials: int
    """How many configs were tried."""
    train_names: tuple[str, ...]
    """Recordings searched on."""
    unseen_names: tuple[str, ...]
    """Recordings held out."""
    train: tuple[Values, Values]
    """Measures of `base` and `config` on the recordings searched on."""
    unseen: tuple[Values, Values] | None
    """The same on those held out; None if there are none."""
    evidence: tuple[Evidence, ...]
    """For each field that changed."""
    front: tuple[tuple[AudioVadConfigV2, Values, Values | None], ...]
    """With several goals: the configs none of which is better than another, with their measures on both."""

    @property
    def feasible(self) -> bool:
        """Whether all conditions hold on the recordings searched on."""
        return not any(self.objective.violations(self.train[1]))

    @property
    def better_unseen(self) -> bool | None:
        """Whether it is better than `base` on recordings it has not seen; None if there are none."""
        return None if self.unseen is None else self.objective.better(self.unseen[1], self.unseen[0])


class Study:
    """Trials that are being made, alone or together with other processes over one journal file.

    Parameters
    ----------
    recordings
        What is searched on.
    objective
        What for.
    space
        What is tried, by the name of the field.
    base
        What the other fields are; tried first.
    journal
        File that keeps the study: it is made, or gone on with; None: in memory.
    seed
        Of the search. One process that begins a study gives the same trials again; one that joins or resumes it does
        not, since it must not repeat the others'.
    collar, pause
        As of `score_config`.

    Raises
    ------
    EngineUnavailable
        If Optuna is not installed; names the extra.
    ConfigError
        If the journal belongs to a search over other recordings, or for something else, or is no journal.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        objective: Objective,
        space: Mapping[str, Search],
        base: AudioVadConfigV2,
        journal: Path | None = None,
        seed: int = 0,
        collar: float = 0.0,
        pause: float = 0.0,
    ) -> None:
        if not space:
            raise ConfigError("there is nothing to search: give at least one field a range")
        self.objective, self.space, self.base = objective, dict(space), base
        self._recordings, self._collar, self._pause = recordings, collar, pause
        with _quiet_optuna() as optuna:
            self._optuna = optuna
            self._study = self._opened(journal, seed)

    def run(self, trials: int, progress: Progress | None = None) -> list[Trial]:
        """Try configs until the study has so many trials, those of other processes included, and return all."""
        with _quiet_optuna():
            while len(done := self._complete()) < trials:
                trial = self._study.ask()
                config = self._config({name: _suggest(trial, name, search) for name, search in self.space.items()})
                if config is None:
                    self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
                    continue
                values = self.measure(config)
                trial.set_user_attr("measures", {name: values[name] for name in self.objective.metrics})
                for number, violation in enumerate(self.objective.violations(values)):
                    trial.set_constraint(f"{number}", violation)
                self._study.tell(trial, list(self.objective.losses(values)))
                if progress is not None:
                    progress(len(done) + 1, trials, self.best())
            return self.trials()

    def measure(self, config: AudioVadConfigV2) -> Values:
        """Return the measures of a config on the recordings searched on."""
        return measures(score_config(self._recordings, config, self._collar, self._pause))

    def trials(self) -> list[Trial]:
        """Return what has been tried, by all processes, in order."""
        found = ((self._config(trial.params), trial.user_attrs["measures"]) for trial in self._complete())
        return [Trial(config, values) for config, values in found if config is not None]

    def best(self) -> Trial:
        """Return the best trial so far; of several goals, by the first."""
        return min(self.trials(), key=lambda trial: self.objective.rank(trial.values))

    def _complete(self) -> list[Any]:
        state = self._optuna.trial.TrialState.COMPLETE
        found: list[Any] = self._study.get_trials(deepcopy=False, states=(state,))
        return found

    def _config(self, values: Mapping[str, Any]) -> AudioVadConfigV2 | None:
        """Return a config, None if the values go against each other."""
        # 0.1 + 0.2 is 0.30000000000000004, which nobody means.
        plain: dict[str, Any] = {
            name: round(value, 9) if isinstance(value, float) else value for name, value in values.items()
        }
        try:
            return replace(self.base, **plain)
        except ConfigError:
            return None

    def _opened(self, journal: Path | None, seed: int) -> Any:
        optuna = self._optuna
        about = self._about()
        try:
            storage = None
            if journal is not None:
                _check_journal(journal)
                storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(journal)))
            try:
                study = optuna.create_study(
                    storage=storage, study_name="agora-audio", directions=["minimize"] * len(self.objective.goals)
                )
            except optuna.exceptions.DuplicatedStudyError:
                study = optuna.load_study(storage=storage, study_name="agora-audio")
                _check_same(study.user_attrs.get("about", about), about, journal)
                study.sampler = _sampler(optuna, _joined_seed(seed))
                return study
        except ConfigError:
            raise
        except (ValueError, LookupError, TypeError, AssertionError) as error:  # by whatever its lines are instead
            raise ConfigError(f"{journal} is no journal of a study ({error!r:.60}): name another file") from None
        study.set_user_attr("about", about)
        study.sampler = _sampler(optuna, seed)
        for config in (self.base, *PRESETS.values()):
            first = {name: nearest(search, getattr(config, name)) for name, search in self.space.items()}
            study.enqueue_trial(first, skip_if_exists=True)
        return study

    def _about(self) -> dict[str, str]:
        """Return what makes trials comparable: processes that share a study have all of it in common."""
        heard = hashlib.sha256()
        for recording in self._recordings:
            features = recording.decider.features
            for array in (features.voice_prob, features.rms_db, recording.reference):
                heard.update(array.tobytes())
            heard.update(b"" if recording.uem is None else recording.uem.tobytes())
        return {
            "objective": str(self.objective),
            "fields": json.dumps({name: str(search) for name, search in sorted(self.space.items())}),
            "config": json.dumps(self.base.to_dict()),
            "collar and pause": f"{self._collar:g}, {self._pause:g}",
            "recordings": heard.hexdigest(),
        }


def _check_journal(path: Path) -> None:
    """Raise what `json` raises if there is a file of another kind, to which Optuna would append."""
    if path.exists():
        with path.open("rb") as stream:
            first = stream.readline()
        if first:
            json.loads(first)["op_code"]


def _check_same(kept: Mapping[str, str], about: Mapping[str, str], journal: Path | None) -> None:
    for name, value in about.items():
        if kept.get(name) != value:
            shown = f": {kept.get(name)}" if name == "objective" else ""
            raise ConfigError(f"{journal} is a study with other {name}{shown}: name another file, or delete it")


def _joined_seed(seed: int) -> int:
    """Return a seed that no other process of the study has."""
    return random.Random(f"{seed} {random.SystemRandom().getrandbits(64)}").getrandbits(31)


def _sampler(optuna: Any, seed: int) -> Any:
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=30, n_ei_candidates=48)


@contextmanager
def _quiet_optuna() -> Iterator[Any]:
    """Import Optuna, and keep its log off the terminal; EngineUnavailable if it is not installed."""
    try:
        import optuna
    except ImportError as error:
        raise EngineUnavailable(f"tuning needs optuna ({error}): pip install 'agora-audio[tune]'") from None
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield optuna
    finally:
        optuna.logging.set_verbosity(before)


def require_optuna() -> None:
    """Raise EngineUnavailable, which names the extra, if Optuna is not installed: before any work is done."""
    with _quiet_optuna():
        pass


def _suggest(trial: Any, name: str, search: Search) -> Any:
    if not isinstance(search, Range):
        return trial.suggest_categorical(name, search.values)
    if all(isinstance(value, int) for value in (search.low, search.high, search.step)):
        return trial.suggest_int(name, search.low, search.high, step=search.step)
    return trial.suggest_float(name, search.low, search.high, step=search.step)


def held_out(names: Sequence[str], share: float, seed: int = 0) -> set[str]:
    """Choose recordings to hold out: about `share` of them, at least one of two, by chance but always the same ones.

    Examples
    --------
    >>> sorted(held_out(["a", "b", "c", "d"], 0.5))
    ['a', 'c']
    """
    if isinstance(share, bool) or not 0.0 <= share < 1.0:
        raise ConfigError(f"the share to hold out is {share!r}, must be 0 or more and less than 1")
    if len(names) < 2 or share == 0.0:
        return set()
    shuffled = sorted(names)
    random.Random(seed).shuffle(shuffled)
    return set(shuffled[: min(len(names) - 1, max(1, math.floor(share * len(names) + 0.5)))])


def tune(
    recordings: Sequence[Recording],
    objective: Objective,
    base: AudioVadConfigV2 | None = None,
    space: Mapping[str, Search] | None = None,
    *,
    unseen: Sequence[Recording] = (),
    trials: int = 300,
    seed: int = 0,
    journal: Path | None = None,
    collar: float = 0.0,
    pause: float = 0.0,
    progress: Progress | None = None,
) -> Outcome:
    """Search for a config and judge it on recordings that the search has not seen.

    Parameters
    ----------
    recordings
        What is searched on; at least one.
    objective
        What for.
    base
        What it begins with and is compared with; None: Agora's defaults.
    space
        What is tried, by the name of the field; None: what moves the algorithm of `base`.
    unseen
        Recordings held out.
    trials
        How many configs are tried, those already in the journal included.
    seed, journal, collar, pause
        As of `Study`.
    progress
        Told after each trial.

    Raises
    ------
    EngineUnavailable, ConfigError, FormatError
        As of `Study` and `score_config`; there are no recordings.
    """
    if not recordings:
        raise ConfigError("there are no recordings to search on")
    start = base or AudioVadConfigV2()
    clipping = any("clipped" in name for name in objective.metrics)
    chosen = default_space(start, clipping) if space is None else space
    study = Study(recordings, objective, chosen, start, journal, seed, collar, pause)
    tried = [Trial(start, study.measure(start)), *study.run(trials, progress)]
    front = [tried[number] for number in best_of(objective, [trial.values for trial in tried])]
    chosen_trial = _middle(objective, front) if len(objective.goals) > 1 else steadiest(study, tried)
    found = simplified(study, chosen_trial.config)

    def judge(config: AudioVadConfigV2) -> Values | None:
        return measures(score_config(unseen, config, collar, pause)) if unseen else None

    several = dict.fromkeys(simplified(study, one.config) for one in front) if len(objective.goals) > 1 else ()
    before, after = judge(start), judge(found)
    evidence = [
        Evidence(name, getattr(start, name), getattr(found, name), study.measure(back), judge(back))
        for name, back in put_back(found, start)
    ]
    return Outcome(
        objective,
        start,
        found,
        len(tried) - 1,
        tuple(recording.name for recording in recordings),
        tuple(recording.name for recording in unseen),
        (tried[0].values, study.measure(found)),
        None if before is None or after is None else (before, after),
        tuple(evidence),
        tuple((one, study.measure(one), judge(one)) for one in several),
    )


def _middle(objective: Objective, front: Sequence[Trial]) -> Trial:
    """Return the trial of a front that is nearest to the best of every goal, all goals weighing the same."""
    losses = [objective.losses(trial.values) for trial in front]
    best, worst = ([pick(column) for column in zip(*losses, strict=True)] for pick in (min, max))

    def distance(number: int) -> float:
        parts = zip(losses[number], best, worst, strict=True)
        return math.hypot(*((loss - low) / (high - low) if high > low else 0.0 for loss, low, high in parts))

    return front[min(range(len(front)), key=distance)]


def steadiest(study: Study, tried: Sequence[Trial]) -> Trial:
    """Return of the best trials the one that is best on average with its neighbours, one step away in one field.

    On a few recordings the best of hundreds of configs is a lucky one, next to a cliff as often as not.
    """
    objective = study.objective
    ranked = sorted(dict.fromkeys(trial.config for trial in tried), key=_by_config(study, tried))[:_FINALISTS]

    def steadiness(config: AudioVadConfigV2) -> tuple[float, ...]:
        ranks = [objective.rank(study.measure(one)) for one in (config, *_neighbours(config, study.space))]
        broken, losses = zip(*ranks, strict=True)
        return math.fsum(broken) / len(broken), math.fsum(loss for loss, *_ in losses) / len(losses)

    steady = min(ranked, key=steadiness)
    return next(trial for trial in tried if trial.config == steady)


def _by_config(study: Study, tried: Sequence[Trial]) -> Callable[[AudioVadConfigV2], tuple[float, tuple[float, ...]]]:
    ranks = {trial.config: study.objective.rank(trial.values) for trial in tried}
    return lambda config: ranks[config]


def _neighbours(config: AudioVadConfigV2, space: Mapping[str, Search]) -> Iterator[AudioVadConfigV2]:
    for name, search in space.items():
        value = getattr(config, name)
        if not isinstance(search, Range) or value is None:
            continue
        for step in (-search.step, search.step):
            moved = round(value + step, 9)
            if search.low <= moved <= search.high:
                try:
                    yield replace(config, **{name: moved})
                except ConfigError:
                    continue


def put_back(config: AudioVadConfigV2, base: AudioVadConfigV2) -> Iterator[tuple[str, AudioVadConfigV2]]:
    """Return for each field that differs from `base` the config with that field put back, where that is one."""
    for spec in fields(config):
        before = getattr(base, spec.name)
        if getattr(config, spec.name) != before:
            try:
                yield spec.name, replace(config, **{spec.name: before})
            except ConfigError:
                continue


def simplified(study: Study, config: AudioVadConfigV2) -> AudioVadConfigV2:
    """Put back every field that nothing gets worse without, those first that it gets best without."""
    objective = study.objective
    while True:
        rank = objective.rank(study.measure(config))
        back = [(objective.rank(study.measure(one)), one) for _, one in put_back(config, study.base)]
        good = [
            (other, one)
            for other, one in back
            if other[0] <= rank[0] and all(a <= b for a, b in zip(other[1], rank[1], strict=True))
        ]
        if not good:
            return config
        config = min(good, key=lambda pair: pair[0])[1]
