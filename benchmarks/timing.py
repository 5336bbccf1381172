"""What the benchmarks share: one core, turns taken in one run, medians, folders of recordings, JSON out."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import agora_audio


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that all benchmarks have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--repeats", type=int, default=7, metavar="N", help="turns of each contestant (default 7)")
    return parser


def existing_folder(text: str) -> Path:
    """Return the path of a folder that is there: the type of an argument."""
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} {'is no folder' if path.exists() else 'does not exist'}")
    return path


def files_in(path: Path, pattern: str, holds: str, beside: str | None = None, least: int = 1) -> list[Path]:
    """Return the files of a folder, or end with what it must hold; `beside`: suffix of a file that belongs to each."""
    found = sorted(path.glob(pattern))
    missing = [one for one in found if beside is not None and not one.with_suffix(beside).is_file()]
    if len(found) < least or missing:
        lack = f"no {missing[0].with_suffix(beside or '')}" if missing else f"{len(found)} of {pattern} in {path}"
        print(f"{lack}: the folder must hold {holds}", file=sys.stderr)
        raise SystemExit(2)
    return found


@contextmanager
def ended_quietly() -> Iterator[None]:
    """Let a reader such as ``head`` go when it has seen enough."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still to be written goes nowhere; Python would complain when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def pin_to_one_core() -> None:
    """Stay on the core the process is on, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def take_turns(
    contestants: Mapping[str, Callable[[], object]], repeats: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Run all contestants in turn, `repeats` times after one to warm up, and return the median seconds of each.

    With `time.process_time` as clock it is the time that the work took of the processor: that of the wall where the
    machine is idle, and the same where it is not.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(repeats + 1):
        for name, run in contestants.items():
            begun = clock()
            run()
            if turn:
                seconds[name].append(clock() - begun)
    return {name: statistics.median(values) for name, values in seconds.items()}


@ended_quietly()
def emit(title: str, rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print rows as a table, or as one JSON object with the machine they were measured on."""
    machine = {
        "agora_audio": agora_audio.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
    if as_json:
        json.dump({"benchmark": title, **machine, "rows": list(rows)}, sys.stdout, indent=1)
        print()
        return
    print(f"{title}  ({', '.join(f'{key} {value}' for key, value in machine.items())})")
    names = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[_shown(row.get(name)) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[i]) for line in cells)) for i, name in enumerate(names)]
    for line in [names, *cells]:
        print(
            "  ".join(
                text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(line, widths, strict=True))
            )
        )


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
