"""`VadDump`: write what a VAD got and decided, in the SDK's layout; and read such a dump again.

A run is one folder, named by its date as the SDK names it, with

========================  ==========================================================================================
``source.pcm``            the frames, as they came
``vad_0.pcm`` ...         the sound of each segment, from START to STOP
``label.txt``             a line a frame: ``ct:0 fct:12 state:0 far:-1 vop:0 rms:55 pitch:0 mup:0``, see `label_line`
``rms.pcm``               the level of each frame as sound, so that an audio editor shows it below ``source.pcm``:
                          dBFS + 127, times 127, as long as the frame
``pitch.pcm``             the same of the pitch in Hz
``voice_prob.pcm``        the same of the probability, times 16129
``labels.f64``            ours: probability and level of each frame as little-endian doubles, without rounding
``segments.json``         ours: format, config and the times of the segments
========================  ==========================================================================================
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import AudioError, FormatError
from agora_audio.frames import SILENCE_DB, AudioFormat, AudioFrame, as_buffer
from agora_audio.vad.config import SDK_RMS_OFFSET, AudioVadConfigV2, checked_config
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState

__all__ = ["DumpedLabels", "VadDump", "read_dump"]

_RMS_SCALE = 127
_PROBABILITY_SCALE = 127 * 127
_LABELS = struct.Struct("<dd")
_COLUMNS = ("rms", "pitch", "voice_prob")


class VadDump:
    """Write a dump: one object a run, one `write` a frame.

    Parameters
    ----------
    path
        Folder in which the dated folder of the run is made; made itself if missing.
    config
        The config in use: kept in ``segments.json``, and its start threshold decides the 0 or 1 of ``vop``.
        None: Agora's defaults.
    started
        Date for the folder's name; None: now.

    Attributes
    ----------
    directory : Path or None
        Folder of the run, once opened.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> frame = AudioFrame(bytes(320), AudioFormat(), voice_prob=0.0, rms_db=-127.0)
    >>> with VadDump(folder) as dump:
    ...     dump.write(frame, b"", VadState.NON_SPEAKING)
    >>> sorted(path.name for path in dump.directory.iterdir())[:3]
    ['label.txt', 'labels.f64', 'pitch.pcm']

    Notes
    -----
    It writes files in the caller's thread: for tuning and tests, not for production.
    """

    def __init__(
        self,
        path: str | Path,
        config: AudioVadConfigV2 | None = None,
        started: datetime | None = None,
    ) -> None:
        self.path = Path(path)
        self.config = checked_config(config)
        self.directory: Path | None = None
        self._started = started
        self._files: dict[str, IO[bytes]] = {}

    def open(self) -> VadDump:
        """Make the folder and its files; a second call does nothing. After `close` it begins a new run."""
        if self._files:
            return self
        self.directory = new_folder(self.path, self._started or datetime.now())
        self._format: AudioFormat | None = None
        self._frames = 0
        self._opened = 0
        self._segment: IO[bytes] | None = None
        self._segments: list[dict[str, float]] = []
        self._begin = 0.0
        self._started_at = 0.0
        names = ("source.pcm", "label.txt", "labels.f64", *(f"{column}.pcm" for column in _COLUMNS))
        with ExitStack() as opened:
            files: dict[str, IO[bytes]] = {
                name: opened.enter_context((self.directory / name).open("wb")) for name in names
            }
            opened.pop_all()
        self._files = files
        return self

    def write(self, frame: AudioFrame, vad_data: bytes, vad_state: int, segment: Segment | None = None) -> None:
        """Write a labelled frame and what the VAD made of it.

        Parameters
        ----------
        frame
            The frame that was processed.
        vad_data
            Sound that was handed out with it.
        vad_state
            `VadState`, or the SDK's number of it.
        segment
            With STOP: the segment that was closed (``vad.segment``), whose back-dated times are then kept. Left out,
            its times are those of the sound handed out.

        Raises
        ------
        AudioError
            If the dump is not open.
        FormatError
            If the frame has no labels, labels out of range, or another format than those before it; nothing is written
            then.
        """
        if not self._files:
            raise AudioError("the dump is not open: call open(), or use it in a with statement")
        try:
            state, data = VadState(vad_state), bytes(as_buffer(vad_data))
            line, columns = self._described(frame, state)
        except FormatError:
            raise
        except (TypeError, ValueError, AttributeError) as error:
            raise FormatError(f"frame, sound or state cannot be written to a dump: {error}") from None
        _check_segment(segment)
        self._format = frame.format
        self._files["source.pcm"].write(frame.pcm)
        self._files["label.txt"].write(line.encode())
        assert frame.voice_prob is not None
        assert frame.rms_db is not None
        self._files["labels.f64"].write(_LABELS.pack(frame.voice_prob, frame.rms_db))
        for column, value in zip(_COLUMNS, columns, strict=True):
            self._files[f"{column}.pcm"].write(struct.pack("<h", value) * (len(frame.pcm) // 2))
        self._frames += 1
        self._write_speech(frame, data, state, segment)

    def close(self, segment: Segment | None = None) -> None:
        """Finish the run: close all files and write ``segments.json``. A second call does nothing.

        Parameters
        ----------
        segment
            The segment that `flush` of the VAD closed, if one was open.
        """
        if not self._files:
            return
        _check_segment(segment)
        with ExitStack() as opened:  # all are closed, also where the disk is full
            for file in self._files.values():
                opened.callback(file.close)
            self._files = {}
            if self._segment:
                self._end_segment(segment)
        assert self.directory is not None
        (self.directory / "segments.json").write_text(json.dumps(self._summary(), indent=2) + "\n", encoding="utf-8")

    def __enter__(self) -> VadDump:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _described(self, frame: AudioFrame, state: VadState) -> tuple[str, tuple[int, int, int]]:
        if frame.voice_prob is None or frame.rms_db is None:
            raise FormatError("the frame has no voice_prob or rms_db: dump what an engine has labelled")
        if not (0.0 <= frame.voice_prob <= 1.0 and SILENCE_DB <= frame.rms_db <= 0.0):
            raise FormatError(
                f"labels are voice_prob={frame.voice_prob}, rms_db={frame.rms_db}: must be 0 to 1, and -127 to 0 dBFS"
            )
        if self._format not in (None, frame.format):
            raise FormatError(f"the frame is {frame.format.describe()}, the dump is {self._format.describe()}")
        level = round(frame.rms_db) + SDK_RMS_OFFSET
        pitch = round(min(32767.0, max(0.0, frame.pitch or 0.0)))
        line = label_line(self._opened, self._frames, state, frame, level, pitch, self.config.start_voice_prob)
        return line, (level * _RMS_SCALE, pitch, round(_PROBABILITY_SCALE * frame.voice_prob))

    def _write_speech(self, frame: AudioFrame, data: bytes, state: VadState, segment: Segment | None) -> None:
        assert self.directory is not None
        now = frame.format.frame_time(self._frames - 1)
        if state is VadState.START_SPEAKING:
            if self._segment:
                self._end_segment(None)
            self._segment = (self.directory / f"vad_{self._opened}.pcm").open("wb")
            self._opened += 1
            self._started_at = now
            self._begin = now - len(data) / frame.format.sample_bytes / frame.format.sample_rate
        if self._segment:
            self._segment.write(data)
            if state is VadState.STOP_SPEAKING:
                self._end_segment(segment)

    def _end_segment(self, segment: Segment | None) -> None:
        assert self._segment is not None
        assert self._format is not None
        file, self._segment = self._segment, None
        file.close()
        now = self._format.frame_time(self._frames - 1)
        found = segment or Segment(self._begin, now, self._begin, now, self._started_at, now)
        self._segments.append(found.to_dict())

    def _summary(self) -> dict[str, object]:
        format = self._format
        return {
            "format": {"sample_rate": format.sample_rate, "channels": format.channels} if format else None,
            "frames": self._frames,
            "labels": {"file": "labels.f64", "dtype": "<f8", "columns": ["voice_prob", "rms_db"]},
            "config": self.config.to_dict(),
            "segments": self._segments,
        }


def _check_segment(segment: Any) -> None:
    if not (segment is None or isinstance(segment, Segment)):
        raise FormatError(f"segment is {segment!r:.60}, must be a Segment or None")


def label_line(
    opened: int, index: int, state: VadState, frame: AudioFrame, level: int, pitch: int, threshold: int
) -> str:
    """Return a frame's line of ``label.txt``, as the SDK writes it.

    ``ct`` segments opened before this frame, ``fct`` number of the frame, ``state`` 0 to 3, ``far`` 1 or 0 for a talker
    far from the microphone or not, -1 not known, ``vop`` 1 if the probability is above `threshold` percent, ``rms``
    dBFS + 127, ``pitch`` Hz, ``mup`` probability of music in percent.
    """
    assert frame.voice_prob is not None
    far = -1 if frame.far_field is None else int(frame.far_field)
    voice = int(round(100 * frame.voice_prob) > threshold)
    music = round(100 * (frame.music_prob or 0.0))
    return f"ct:{opened} fct:{index} state:{state:d} far:{far} vop:{voice} rms:{level} pitch:{pitch} mup:{music}\n"


def new_folder(base: Path, started: datetime) -> Path:
    """Make the run's folder; two runs in one second get two, the later with a number behind."""
    stamp = started.strftime("%Y%m%d%H%M%S")
    base.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        folder = base / (f"{stamp}_{number}" if number else stamp)
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


@dataclass(frozen=True)
class DumpedLabels:
    """Labels of a dump, ready for another config."""

    voice_prob: NDArray[np.float64]
    """Probability of each frame, 0 to 1, shape (n,)."""
    rms_db: NDArray[np.float64]
    """Level of each frame, dBFS, shape (n,)."""
    states: NDArray[np.int64]
    """State that was written for each frame, shape (n,)."""
    format: AudioFormat
    """Format of the frames; where the dump does not say, mono at the rate that fits the size of ``source.pcm``."""
    config: AudioVadConfigV2 | None
    """The config in use; None: the dump does not say (the SDK's do not)."""
    exact: bool
    """Whether the labels are those of the run without rounding."""


_LINE = re.compile(r"ct:\s*-?\d+ fct:\s*\d+ state:\s*(-?\d{1,9}) far:\s*-?\d+ vop:\s*(-?\d{1,9}) rms:\s*(-?\d{1,9}) ")


def read_dump(path: str | Path) -> DumpedLabels:
    """Read the labels of a dump made here or by the SDK.

    Parameters
    ----------
    path
        Folder of a run, or the folder above it if it holds one run only.

    Raises
    ------
    FormatError
        If there is no dump, several, or a line of ``label.txt`` that cannot be read; says which.

    Notes
    -----
    The SDK's older releases wrote dBFS and percent, its newer ones dBFS + 127 and 0 or 1: told apart by a level below 0
    or a ``vop`` above 1.
    """
    folder = _run_folder(Path(path))
    states, voices, levels = _read_lines(folder / "label.txt")
    format, config = _read_summary(folder, len(states))
    exact = _read_exact(folder / "labels.f64", len(states))
    if exact is not None:
        return DumpedLabels(exact[:, 0], exact[:, 1], states, format, config, True)
    if levels.min(initial=0) < 0 or voices.max(initial=0) > 1:
        probability, rms = voices / 100.0, levels.astype(np.float64)
    else:
        probability, rms = voices.astype(np.float64), levels.astype(np.float64) - SDK_RMS_OFFSET
    return DumpedLabels(
        np.clip(probability, 0.0, 1.0), np.clip(rms, -SDK_RMS_OFFSET, 0.0), states, format, config, False
    )


_RUN_NAME = re.compile(r"(\d{14})(?:_(\d+))?")


def dated_runs(path: str | Path) -> list[Path]:
    """Return the folders of the runs below a folder, oldest first by their names; none if a name is no date."""
    runs = [(_RUN_NAME.fullmatch(run.name), run) for run in _runs_below(Path(path))]
    dated = [(found[1], int(found[2] or 0), run) for found, run in runs if found]
    return [run for _, _, run in sorted(dated)] if len(dated) == len(runs) else []


def _runs_below(path: Path) -> list[Path]:
    return [] if (path / "label.txt").is_file() else sorted(label.parent for label in path.glob("*/label.txt"))


def _run_folder(path: Path) -> Path:
    if (path / "label.txt").is_file():
        return path
    if not path.exists():
        raise FormatError(f"{path} does not exist: name the folder of a dump")
    runs = _runs_below(path)
    if not runs:
        raise FormatError(f"{path} is no dump: there is no label.txt in it")
    if len(runs) > 1:
        names = ", ".join(run.name for run in runs[:5])
        raise FormatError(
            f"{path} holds {len(runs)} runs: name one of them ({names}{', ...' if len(runs) > 5 else ''})"
        )
    return runs[0]


def _read_lines(path: Path) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    rows = []
    with path.open(encoding="ascii", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            match = _LINE.match(line)
            if not match:
                raise FormatError(f"{path}: line {number} is no label: {line.strip()!r:.80}")
            rows.append([int(value) for value in match.groups()])
    table = np.array(rows, np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _read_summary(folder: Path, frames: int) -> tuple[AudioFormat, AudioVadConfigV2 | None]:
    summary = folder / "segments.json"
    if summary.is_file():
        try:
            known = json.loads(summary.read_text(encoding="utf-8"))
            config = AudioVadConfigV2.from_dict(known["config"])
            return (AudioFormat(**known["format"]) if known["format"] else AudioFormat()), config
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise FormatError(f"{summary} cannot be read: {error}") from None
    source = folder / "source.pcm"
    samples = source.stat().st_size / 2 / max(1, frames) if source.is_file() else math.nan
    rate = round(samples * 100) if math.isfinite(samples) else 0
    return AudioFormat(rate if 8000 <= rate <= 96000 else 16000), None


def _read_exact(path: Path, frames: int) -> NDArray[np.float64] | None:
    if not path.is_file():
        return None
    labels = path.read_bytes()
    if len(labels) != _LABELS.size * frames:
        held = len(labels) / _LABELS.size
        raise FormatError(f"{path} holds {held:g} frames, label.txt {frames}: the dump was cut off")
    return np.frombuffer(labels, "<f8").reshape(-1, 2)


def replay(labels: DumpedLabels, config: AudioVadConfigV2) -> Iterator[tuple[VadState, Segment | None]]:
    """Run a config over the labels of a dump: for each frame the state, and the segment it closed; a flush comes last.

    Examples
    --------
    >>> import numpy as np
    >>> quiet = DumpedLabels(np.zeros(3), np.full(3, -127.0), np.zeros(3, int), AudioFormat(), None, True)
    >>> [state.value for state, segment in replay(quiet, AudioVadConfigV2())]
    [0, 0, 0, 0]
    """
    from agora_audio.vad.state_machine import VadStateMachine

    machine = VadStateMachine(config, labels.format)
    for probability, level in zip(labels.voice_prob.tolist(), labels.rms_db.tolist(), strict=True):
        state = machine.step(probability, level)
        yield state, machine.segment if state is VadState.STOP_SPEAKING else None
    state = machine.flush()
    yield state, machine.segment if state is VadState.STOP_SPEAKING else None
