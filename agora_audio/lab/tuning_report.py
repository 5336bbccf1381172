"""What tuning changed, on what evidence, and how it does on recordings that it has not seen: JSON and Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agora_audio.lab.objectives import MEASURES, Goal, Values
from agora_audio.lab.tuning import Outcome

__all__ = ["as_dict", "as_markdown", "verdict"]

# What a developer looks at next, whatever was tuned for.
_ALWAYS = (
    "missed_utterances", "false_utterances", "splits", "merges", "premature_ends", "onset_latency_ms",
    "onset_latency_p90_ms", "end_latency_ms", "end_latency_p90_ms", "onset_clipped_max_ms", "f1",
)  # fmt: skip


def verdict(outcome: Outcome) -> str:
    """Return in one line what tuning came to, on the recordings that count most."""
    unseen = outcome.unseen is not None
    before, after = outcome.unseen if outcome.unseen is not None else outcome.train
    where = (
        f"on {_counted(outcome.unseen_names)} not searched on" if unseen else "on the recordings searched on, no others"
    )
    changes = ", ".join(
        f"{goal.metric} {_shown(before[goal.metric])} -> {_shown(after[goal.metric])}" for goal in _goals(outcome)
    )
    broken = [str(one) for one in outcome.objective.subject_to if not one.holds(after)]
    held = (
        f"; fails: {', '.join(broken)}" if broken else "; all conditions hold" if outcome.objective.subject_to else ""
    )
    if outcome.config == outcome.base:
        return f"nothing beat the config it began with ({where}: {changes}{held})"
    better = outcome.objective.better(after, before)
    return f"{'better' if better else 'NOT better'} than before {where}: {changes}{held}"


def as_dict(outcome: Outcome) -> dict[str, Any]:
    """Return all there is to say, for JSON."""
    return {
        "objective": str(outcome.objective),
        "verdict": verdict(outcome),
        "better_unseen": outcome.better_unseen,
        "feasible": outcome.feasible,
        "trials": outcome.trials,
        "config": outcome.config.to_dict(),
        "before": outcome.base.to_dict(),
        "train": {
            "recordings": list(outcome.train_names),
            "before": dict(outcome.train[0]),
            "after": dict(outcome.train[1]),
        },
        "unseen": None
        if outcome.unseen is None
        else {
            "recordings": list(outcome.unseen_names),
            "before": dict(outcome.unseen[0]),
            "after": dict(outcome.unseen[1]),
        },
        "changes": [
            {
                "field": one.field,
                "before": one.before,
                "after": one.after,
                "put_back_train": _of(outcome, one.train),
                "put_back_unseen": _of(outcome, one.unseen),
            }
            for one in outcome.evidence
        ],
        "front": [
            {"config": config.to_dict(), "train": _of(outcome, train), "unseen": _of(outcome, unseen)}
            for config, train, unseen in outcome.front
        ],
    }


def as_markdown(outcome: Outcome, title: str = "Tuning") -> str:
    """Return the report as a page of Markdown."""
    metrics = outcome.objective.metrics
    parts = [
        f"# {title}",
        f"Objective: {outcome.objective}. {outcome.trials} configs tried on {_counted(outcome.train_names)}.",
        f"**{verdict(outcome)[0].upper()}{verdict(outcome)[1:]}.**",
        "## Before and after",
        _table(*_before_and_after(outcome, [*metrics, *(name for name in _ALWAYS if name not in metrics)])),
        "## What changed, and what it brought",
        *_changes(outcome, metrics),
    ]
    if outcome.front:
        parts += ["## The front", "None of these is better than another in every goal.", _table(*_front(outcome))]
    parts += [
        "## Recordings",
        f"Searched on: {', '.join(outcome.train_names)}.",
        f"Held out: {', '.join(outcome.unseen_names) or 'none'}.",
        "## The config",
        f"```json\n{outcome.config.to_json()}\n```",
        "## What the numbers are",
        "\n".join(f"- `{name}`: {MEASURES[name]}" for name in metrics),
    ]
    return "\n\n".join(parts) + "\n"


def _before_and_after(outcome: Outcome, names: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    head, columns = ["", "before", "after"], [*outcome.train]
    if outcome.unseen is not None:
        head, columns = ["", "before", "after", "unseen, before", "unseen, after"], [*columns, *outcome.unseen]
    return head, [[f"`{name}`", *(_shown(values[name]) for values in columns)] for name in names]


def _changes(outcome: Outcome, metrics: Sequence[str]) -> list[str]:
    if not outcome.evidence:
        return ["Nothing: no other config was better on the recordings searched on."]
    places = ["searched on"] if outcome.unseen is None else ["searched on", "unseen"]
    head = [
        "field",
        "before",
        "after",
        *(f"`{name}` with it put back, {place}" for place in places for name in metrics),
    ]
    rows = [
        [f"`{one.field}`", _shown(one.before), _shown(one.after)]
        + [_shown(values[name]) for values in (one.train, one.unseen) if values is not None for name in metrics]
        for one in outcome.evidence
    ]
    after = [values[1] for values in (outcome.train, outcome.unseen) if values is not None]
    rows.append(["as tuned", "", "", *(_shown(values[name]) for values in after for name in metrics)])
    return [
        "A field that nothing got worse without went back to what it was. Where a row is no worse than the last one on "
        "unseen recordings, the change may be chance.",
        _table(head, rows),
    ]


def _front(outcome: Outcome) -> tuple[list[str], list[list[str]]]:
    base, goals = outcome.base.to_dict(), [goal.metric for goal in _goals(outcome)]
    names = [name for name in base if any(config.to_dict()[name] != base[name] for config, *_ in outcome.front)]
    with_unseen = outcome.unseen is not None
    head = [*goals, *(f"{name}, unseen" for name in goals if with_unseen), *names]
    rows = [
        [_shown(values[name]) for values in (train, unseen) if values is not None for name in goals]
        + [_shown(config.to_dict()[name]) for name in names]
        for config, train, unseen in outcome.front
    ]
    return head, rows


def _goals(outcome: Outcome) -> tuple[Goal, ...]:
    return outcome.objective.goals


def _of(outcome: Outcome, values: Values | None) -> Mapping[str, Any] | None:
    return None if values is None else {name: values[name] for name in outcome.objective.metrics}


def _counted(names: Sequence[str]) -> str:
    return "1 recording" if len(names) == 1 else f"{len(names)} recordings"


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
