"""Whether tuning holds on recordings it has not seen: tuned on half of the clips, scored on the other half.

    python benchmarks/tune_quality.py FOLDER [--engines webrtc,silero] [--objectives end-of-turn,interrupt]
        [--trials 300] [--splits 2] [--pause 0.5] [--seed 0] [--json | --markdown]

FOLDER holds NAME.wav and NAME.scv (NAME,start,end,label,... in seconds, 1 = speech). The first split tunes on every
other clip and scores on the clips between, the second the other way round; further ones divide the clips by chance.
*before* is Agora's defaults, *after* what `lab tune` finds. Utterances with a pause shorter than --pause are one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from timing import arguments, emit, ended_quietly, existing_folder, files_in

import agora_audio as aa
from agora_audio.lab.decide import Decider
from agora_audio.lab.features import features_of
from agora_audio.lab.labels import read_labels
from agora_audio.lab.metrics import intervals_of
from agora_audio.lab.objectives import Objective
from agora_audio.lab.sweep import Recording
from agora_audio.lab.tuning import Outcome, held_out, tune

SHOWN = (
    "missed_utterances",
    "false_utterances",
    "splits",
    "merges",
    "premature_ends",
    "onset_latency_ms",
    "end_latency_ms",
)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("folder", type=existing_folder, metavar="FOLDER")
    parser.add_argument("--engines", default="webrtc,silero")
    parser.add_argument("--objectives", default="end-of-turn,interrupt")
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--pause", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    options = parser.parse_args()
    clips = files_in(options.folder, "*.wav", "two or more NAME.wav, and NAME.scv", ".scv", least=2)
    rows: list[dict[str, object]] = []
    for engine in options.engines.split(","):
        try:
            recordings = [recording(path, engine) for path in clips]
        except aa.EngineUnavailable as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        for name in options.objectives.split(","):
            for split in range(options.splits):
                train, unseen = divided(recordings, split)
                outcome = tune(
                    train,
                    Objective.named(name),
                    unseen=unseen,
                    trials=options.trials,
                    seed=options.seed,
                    pause=options.pause,
                )
                print(f"{engine}, {name}, {split + 1}: {changes(outcome)}", file=sys.stderr)
                rows += described(f"{engine}, {name}, {split + 1}", outcome)
    if options.markdown:
        print_markdown(rows)
    else:
        emit("tune_quality", rows, options.json)


def recording(path: Path, engine: str) -> Recording:
    with aa.open_audio(path) as reader:
        features = features_of(reader, reader.format, engine)
    reference = intervals_of(row.segment for row in read_labels(path.with_suffix(".scv")))
    return Recording(path.stem, Decider(features), reference)


def divided(recordings: list[Recording], split: int) -> tuple[list[Recording], list[Recording]]:
    if split < 2:
        return recordings[split::2], recordings[1 - split :: 2]
    chosen = held_out([one.name for one in recordings], 0.5, split)
    return [one for one in recordings if one.name not in chosen], [one for one in recordings if one.name in chosen]


def described(title: str, outcome: Outcome) -> list[dict[str, object]]:
    assert outcome.unseen is not None
    (goal,) = outcome.objective.goals
    rows = []
    for when, train, unseen in zip(("before", "after"), outcome.train, outcome.unseen, strict=True):
        line: dict[str, object] = {"engine, objective, split": f"{title}, {when}"}
        line |= {"tuned on": train[goal.metric], "unseen": unseen[goal.metric]}
        rows.append(line | {f"{name.replace('_utterances', '').replace('_', ' ')}": unseen[name] for name in SHOWN})
    return rows


def changes(outcome: Outcome) -> str:
    better = "better" if outcome.better_unseen else "NOT better"
    return f"{better} on unseen clips; " + ", ".join(
        f"{one.field} {one.before} -> {one.after}" for one in outcome.evidence
    )


@ended_quietly()
def print_markdown(rows: list[dict[str, object]]) -> None:
    names = list(rows[0])
    print(f"| {' | '.join(names)} |\n| --- |{' --: |' * (len(names) - 1)}")
    for row in rows:
        cells = [
            "-" if value is None else f"{value:.0f}" if isinstance(value, float) else str(value)
            for value in row.values()
        ]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
