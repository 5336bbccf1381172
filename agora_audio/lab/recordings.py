"""Which reference belongs to which hypothesis: label files, folders and dumps, paired by the recordings they speak of.

A recording goes by the *stem* of its name: ``calls/a.wav`` in one file, ``a`` in an RTTM and the label file
``a.TextGrid`` of somebody who labelled it are the same one. A label file whose rows name no recording is about the one
it is named after.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import FormatError
from agora_audio.io import RAW_SUFFIXES
from agora_audio.lab.labels import LabelledSegment, read_labels, read_uem
from agora_audio.lab.labels.dumps import dump_folder
from agora_audio.lab.labels.formats import suffix_of
from agora_audio.lab.metrics import intervals_of
from agora_audio.vad.dump import read_dump

__all__ = ["LabelSet", "Labels", "Pair", "listed", "pair_up", "read_label_set", "sound_files", "sound_of", "stem_of"]

SOUND_SUFFIXES = (
    ".wav",
    ".flac",
    ".ogg",
    ".oga",
    ".opus",
    ".mp3",
    ".aiff",
    ".aif",
    ".au",
    ".w64",
    ".caf",
    *RAW_SUFFIXES,
)
"""Suffixes by which a recording is told from other files in a folder."""

Note = Callable[[str], None]


@dataclass(frozen=True)
class Labels:
    """What is known of one recording."""

    rows: tuple[LabelledSegment, ...] = ()
    """Its speech."""
    source: Path | None = None
    """The label file, or the folder of the dump."""
    named: bool = False
    """Whether the rows name the recording, or its name is that of the label file."""
    channels: frozenset[int | None] = frozenset()
    """Channels that were looked at; None: the mix."""
    voice_prob: NDArray[np.float64] | None = None
    """Probability of each frame; None: not known."""
    duration: float | None = None
    """Length in seconds; None: not known."""

    def of_channel(self, channel: int | None) -> Labels:
        """Return what is known of one channel."""
        rows = tuple(row for row in self.rows if row.channel == channel)
        known = self.voice_prob if self.channels == {channel} else None
        return replace(self, rows=rows, channels=frozenset({channel}), voice_prob=known)


@dataclass(frozen=True)
class LabelSet:
    """The recordings of one side, by their stems."""

    recordings: dict[str, Labels] = field(default_factory=dict)
    """In the order in which they were found."""
    lists_all: bool = False
    """Whether it is one file that names its recordings: one that is not in it has no speech."""


@dataclass(frozen=True)
class Pair:
    """A recording, or a channel of it, with both sides."""

    name: str
    """Its stem, and its channel if channels are scored one by one."""
    reference: Labels
    """What is speech."""
    hypothesis: Labels
    """What was taken for it."""
    uem: NDArray[np.float64] | None = None
    """What is scored, seconds, shape (n, 2); None: everything."""


@functools.lru_cache(maxsize=4096)
def stem_of(name: str) -> str:
    """Return the name by which a recording goes: without folders, and without the suffix of sound or labels.

    Examples
    --------
    >>> stem_of("calls/monday 1.wav"), stem_of("meeting.3")
    ('monday_1', 'meeting.3')
    """
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    path = Path(last)
    known = path.suffix.lower() in SOUND_SUFFIXES or suffix_of(last)
    return re.sub(r"\s", "_", path.stem if known else last)  # as RTTM has to write it


def read_label_set(paths: Sequence[Path], kinds: Collection[str] = (), stdin: IO[bytes] | None = None) -> LabelSet:
    """Read label files, folders of them and dumps.

    Parameters
    ----------
    paths
        In any number.
    kinds
        Only rows with one of these labels are speech; empty: all are.
    stdin
        What the path ``-`` stands for; None: a file of that name.

    Raises
    ------
    FormatError
        A file cannot be read as labels, a folder holds none, two files speak of one recording, or no row is of a kind.
    """
    files = [file for path in paths for file in _label_files(path)]
    found: dict[str, Labels] = {}
    for file in files:
        for stem, labels in _recordings_in(file, stdin).items():
            if stem in found:
                raise FormatError(f"{file} and {found[stem].source} both speak of {stem!r}: name one of them")
            found[stem] = labels
    lists_all = len(files) == 1 and all(labels.named for labels in found.values())
    return LabelSet(_of_kinds(found, kinds) if kinds else found, lists_all)


def _of_kinds(found: dict[str, Labels], kinds: Collection[str]) -> dict[str, Labels]:
    there = {row.label for labels in found.values() for row in labels.rows}
    if there and not there.intersection(kinds):
        raise FormatError(f"no row is labelled {' or '.join(kinds)}: the labels are {listed(sorted(there))}")
    return {
        stem: replace(labels, rows=tuple(row for row in labels.rows if row.label in kinds))
        for stem, labels in found.items()
    }


def _label_files(path: Path) -> list[Path]:
    if not path.is_dir() or dump_folder(path):
        return [path]
    inside = [one for one in sorted(path.iterdir()) if not one.name.startswith(".")]
    files = [one for one in inside if (suffix_of(one) if one.is_file() else dump_folder(one))]
    if not files:
        raise FormatError(f"{path}: no label files and no dumps in it")
    return files


def _recordings_in(file: Path, stdin: IO[bytes] | None) -> dict[str, Labels]:
    if stdin is not None and str(file) == "-":
        data = stdin.read()
        rows = read_labels(io.BytesIO(data)) if data.strip() else []  # nobody spoke, and nothing was printed
        folder = None
    else:
        rows, folder = read_labels(file), dump_folder(file)
    if folder:
        dump = read_dump(folder)
        duration = dump.format.frame_time(len(dump.states) - 1)
        known = dump.voice_prob if dump.exact else None
        return {stem_of(file.name): Labels(tuple(rows), folder, False, frozenset({None}), known, duration)}
    by_stem: dict[str, list[LabelledSegment]] = {}
    for row in rows:
        by_stem.setdefault(stem_of(row.file) if row.file else stem_of(file.name), []).append(row)
    if not by_stem:
        return {stem_of(file.name): Labels(source=file)}
    return {
        stem: Labels(tuple(its), file, bool(its[0].file), frozenset(row.channel for row in its))
        for stem, its in by_stem.items()
    }


def sound_files(paths: Iterable[Path]) -> dict[str, Path]:
    """Return recordings by their stems, those in a folder too; FormatError if there are none or two of one stem."""
    found: dict[str, Path] = {}
    for path in paths:
        inside = [path]
        if path.is_dir():
            inside = [one for one in sorted(path.iterdir()) if one.suffix.lower() in SOUND_SUFFIXES and one.is_file()]
            if not inside:
                raise FormatError(f"{path}: no recordings in it ({', '.join(SOUND_SUFFIXES)})")
        for one in inside:
            if found.setdefault(stem_of(one.name), one) != one:
                raise FormatError(f"{one} and {found[stem_of(one.name)]} both go by {stem_of(one.name)!r}: name one")
    return found


def sound_of(stem: str, labels: Labels) -> Path:
    """Return the recording that labels are about: where they say it is, or beside the label file.

    Raises
    ------
    FormatError
        It is in neither place.
    """
    source = labels.source or Path()
    named = [Path(labels.rows[0].file)] if labels.named else []
    beside = [source.with_name(path.name) for path in named]
    beside += [source.with_suffix(""), *(source.with_name(stem + suffix) for suffix in SOUND_SUFFIXES)]
    beside += [source.with_name(source.stem + suffix) for suffix in SOUND_SUFFIXES]
    for path in [*named, *beside]:
        if path.is_file() and path.suffix.lower() in SOUND_SUFFIXES:
            return path
    raise FormatError(f"{stem}: no recording beside {source}: name it, or the folder it is in, after the options")


def pair_up(
    reference: LabelSet, hypothesis: LabelSet, uem: Path | None = None, channel: int | None = None, note: Note = print
) -> list[Pair]:
    """Pair both sides by the stems of their recordings.

    Parameters
    ----------
    reference, hypothesis
        What `read_label_set` returned. If each is about one recording, these are a pair whatever they are called.
    uem
        File of what is scored; recordings it does not name are left out.
    channel
        Of a side that knows several channels, score this one; None: all.
    note
        Told what was assumed.

    Raises
    ------
    FormatError
        A recording has labels on one side alone, where each has a label file of its own; or nothing is left to score.
    """
    reference, hypothesis = _without_blank(reference, hypothesis), _without_blank(hypothesis, reference)
    one_each = len(reference.recordings) == len(hypothesis.recordings) == 1
    if one_each:
        hypothesis = _renamed(reference, hypothesis, note)
    stems = list(dict.fromkeys([*reference.recordings, *hypothesis.recordings]))
    scored = None if uem is None else _scored(uem, stems, one_each, note)
    stems = [stem for stem in stems if scored is None or stem in scored]
    sides = [_filled("reference", reference, stems, note), _filled("hypothesis", hypothesis, stems, note)]
    pairs = []
    for stem in stems:
        wanted, found = sides[0][stem], sides[1][stem]
        parts = _by_channel(stem, wanted, found, channel, note)
        pairs += [Pair(name, one, two, None if scored is None else scored[stem]) for name, one, two in parts]
    return pairs


def _without_blank(labels: LabelSet, others: LabelSet) -> LabelSet:
    """Return the set without the name of a label file that has no rows, which may be about any number of recordings."""
    (*known,) = labels.recordings.values()
    blank = len(known) == 1 and not known[0].channels and len(others.recordings) != 1
    return LabelSet({}, True) if blank else labels


def _renamed(reference: LabelSet, hypothesis: LabelSet, note: Note) -> LabelSet:
    (stem,), ((other, found),) = reference.recordings, hypothesis.recordings.items()
    piped = "-" in (stem, other)  # rows out of a pipe may be about anything
    if stem != other and not piped:
        note(f"{stem!r} in the reference and {other!r} in the hypothesis are taken for the same recording")
    return replace(hypothesis, recordings={stem: found})


def _scored(path: Path, stems: Sequence[str], one: bool, note: Note) -> dict[str, NDArray[np.float64]]:
    parts: dict[str, list[LabelledSegment]] = {}
    for row in read_uem(path):
        parts.setdefault(stem_of(row.file), []).append(row)
    if one and len(parts) == 1 and stems[0] not in parts:
        note(f"{path} speaks of {next(iter(parts))!r}, which is taken for {stems[0]!r}")
        parts = {stems[0]: next(iter(parts.values()))}
    known = {stem: intervals_of(row.segment for row in parts[stem]) for stem in stems if stem in parts}
    if not known:
        raise FormatError(f"{path} names none of the recordings: it has {listed(parts)}, the labels {listed(stems)}")
    if left := [stem for stem in stems if stem not in known]:
        note(f"not in {path} and not scored: {listed(left)}")
    return known


def _filled(what: str, labels: LabelSet, stems: Sequence[str], note: Note) -> dict[str, Labels]:
    missing = [stem for stem in stems if stem not in labels.recordings]
    if missing and not labels.lists_all:
        known = listed(labels.recordings) or "none"
        raise FormatError(f"no {what} for {listed(missing)}; there are labels for {known}")
    if missing:
        note(f"not in the {what}, so without speech there: {listed(missing)}")
    return {**dict.fromkeys(missing, Labels()), **labels.recordings}


def listed(names: Iterable[str]) -> str:
    """Return the first five names, and how many more there are."""
    known = list(names)
    return ", ".join(known[:5]) + (f" and {len(known) - 5} more" if len(known) > 5 else "")


def _by_channel(
    stem: str, wanted: Labels, found: Labels, channel: int | None, note: Note
) -> list[tuple[str, Labels, Labels]]:
    """Return a recording in the parts in which it is scored: by channel where both sides know several."""
    sides = [
        one.of_channel(channel) if channel is not None and len(one.channels) > 1 else one for one in (wanted, found)
    ]
    wanted, found = sides
    if len(wanted.channels) > 1 < len(found.channels) and None not in wanted.channels | found.channels:
        numbers = sorted(number for number in wanted.channels | found.channels if number is not None)
        return [(f"{stem} #{number}", wanted.of_channel(number), found.of_channel(number)) for number in numbers]
    for what, one in (("reference", wanted), ("hypothesis", found)):
        if len(one.channels) > 1:
            names = " and ".join("the mix" if n is None else str(n) for n in sorted(one.channels, key=lambda n: n or 0))
            note(f"{stem}: channels {names} of the {what} are scored as one")
    return [(stem, wanted, found)]
