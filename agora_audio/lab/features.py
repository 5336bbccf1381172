"""Probability and level of every frame of a recording, computed once: what sweeps and tuning run their configs over."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import agora_audio
from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat, Channel
from agora_audio.io import AudioReader
from agora_audio.lab.files import whole_file
from agora_audio.vad.detect import FrameLabeller
from agora_audio.vad.dump import read_dump
from agora_audio.vad.engines import ENGINES, Engine

__all__ = ["FeatureCache", "Features", "features_of", "features_of_channels", "features_of_dump"]


@dataclass(frozen=True, eq=False)
class Features:
    """What an engine heard in a recording; the arrays have an entry a frame, shape (n,)."""

    format: AudioFormat
    """Format of the frames, for times."""
    voice_prob: NDArray[np.float64]
    """Probability of speech, 0 to 1."""
    rms_db: NDArray[np.float64]
    """Level, dBFS, -127 to 0."""
    duration: float = -1.0
    """Length of the recording, seconds; left out: that of the frames."""

    def __post_init__(self) -> None:
        if self.voice_prob.ndim != 1 or self.voice_prob.shape != self.rms_db.shape:
            raise FormatError(
                f"voice_prob has the shape {self.voice_prob.shape}, rms_db {self.rms_db.shape}: must be (n,), both the "
                "same"
            )
        if self.duration < 0.0:
            object.__setattr__(self, "duration", self.format.frame_time(len(self.rms_db) - 1))


def features_of(
    blocks: Iterable[bytes], format: AudioFormat, engine: str | Engine = "silero", channel: Channel = "mix"
) -> Features:
    """Label the frames of a recording; parameters and errors as of `FrameLabeller`.

    Examples
    --------
    >>> features_of([bytes(3200)], AudioFormat(16000), "energy").voice_prob.shape
    (10,)
    """
    (features,) = features_of_channels(blocks, format, engine, [channel])
    return features


def features_of_channels(
    blocks: Iterable[bytes], format: AudioFormat, engine: str | Engine, channels: Sequence[Channel]
) -> list[Features]:
    """Label the frames of several channels of a recording, which is read once; an engine given serves one alone."""
    labellers = [FrameLabeller(format, engine, channel) for channel in channels]
    known: list[tuple[list[float], list[float]]] = [([], []) for _ in labellers]
    heard = 0
    for block in blocks:
        heard += len(block)
        for labeller, stores in zip(labellers, known, strict=True):
            _extend(stores, labeller.push(block))
    for labeller, stores in zip(labellers, known, strict=True):
        _extend(stores, labeller.flush())
    seconds = heard / format.sample_bytes / format.sample_rate
    return [
        Features(labeller.format, np.array(probabilities), np.array(levels), seconds)
        for labeller, (probabilities, levels) in zip(labellers, known, strict=True)
    ]


def _extend(stores: tuple[list[float], list[float]], new: tuple[list[float], list[float]]) -> None:
    for store, values in zip(stores, new, strict=True):
        store += values


def features_of_dump(path: str | Path) -> Features:
    """Return the labels that a `VadDump` of a call kept; those of the SDK's dumps are rounded.

    Raises
    ------
    FormatError
        If it is no dump.
    """
    dump = read_dump(path)
    return Features(dump.format, dump.voice_prob, dump.rms_db)


class FeatureCache:
    """Features on disk, so that a second run over the same recordings begins at once.

    A file is known by its content, the engine, and the code and packages that judged it; whatever changes, it is judged
    anew. A cache that is damaged or cannot be written costs time, never a result.

    Parameters
    ----------
    folder
        Where they are kept, made if missing; None: nowhere.
    """

    def __init__(self, folder: str | Path | None) -> None:
        self.folder = None if folder is None else Path(folder)

    def of_file(self, reader: AudioReader, blocks: Iterable[bytes], engine: str, channel: Channel = "mix") -> Features:
        """Return the features of an open recording, from disk if they are there.

        Parameters
        ----------
        reader
            The recording, of which nothing has been read.
        blocks
            What to read it through, such as a progress bar around `reader`.
        engine, channel
            As of `features_of`.
        """
        if self.folder is None or not Path(reader.name).is_file():
            return features_of(blocks, reader.format, engine, channel)
        place = self.folder / f"{_key(Path(reader.name), reader.format, engine, channel)}.npz"
        known = _read(place, reader.format, channel)
        if known is None:
            known = features_of(blocks, reader.format, engine, channel)
            with contextlib.suppress(OSError):
                _write(place, known)
        return known


def _key(path: Path, format: AudioFormat, engine: str, channel: Channel) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    about = [digest.hexdigest(), format.sample_rate, format.channels, engine, channel, _code(), _versions(engine)]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:40]


@functools.lru_cache(maxsize=1)
def _code() -> str:
    """Return what names the code that judges: an edited engine is another one."""
    package = Path(agora_audio.__file__).parent
    files = [*package.glob("*.py"), *package.glob("vad/*.py"), *package.glob("vad/engines/*.py")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()


def _versions(engine: str) -> list[str]:
    from importlib import metadata  # slow to import, and traces need none of it

    packages = ["numpy", *(ENGINES[engine].distributions if engine in ENGINES else ())]
    found = []
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append(f"{package} {metadata.version(package)}")
    return found


def _read(place: Path, format: AudioFormat, channel: Channel) -> Features | None:
    try:
        with place.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            frames = format if channel == "mix" else AudioFormat(format.sample_rate)
            return Features(frames, stored["voice_prob"], stored["rms_db"], float(stored["duration"]))
    except (OSError, ValueError, KeyError, EOFError, FormatError, zipfile.BadZipFile):
        return None


def _write(place: Path, features: Features) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(place) as stream:
        np.savez(stream, voice_prob=features.voice_prob, rms_db=features.rms_db, duration=np.float64(features.duration))
