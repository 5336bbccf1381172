"""`ApmDump`: what each stage got and gave, sample by sample in step, to look at, listen to and run again.

A stream is one dated folder with

=====================  =============================================================================================
``input.wav``          what was pushed, as it came
``far.wav``            the far end as the canceller heard it, at the rate of the stages
``0_in.wav``           what the first stage got, at the rate of the stages
``1_high_pass.wav``    ... what each stage gave, numbered in their order
``output.wav``         what the processor gave, at its own rate
``config.json``        formats, stages and delays
=====================  =============================================================================================

All delays are taken off: sample k of each numbered file, of ``far.wav`` and, where the rate is the same, of
``input.wav`` and ``output.wav`` is the same moment, but for a far end of another rate, which is heard `FarEnd.delay`
later. ``input.wav`` and ``far.wav`` through a processor of the same
config give ``output.wav`` again.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agora_audio.frames import AudioFormat
from agora_audio.vad.dump import new_folder
from agora_audio.writer import AudioWriter, UndelayedWriter

if TYPE_CHECKING:
    from agora_audio.apm.chain import ApmChain

__all__ = ["ApmDump"]


class ApmDump:
    """Write the sound at each point of a chain; for tuning and tests: it writes files in the caller's thread.

    Parameters
    ----------
    path
        Folder in which the dated folder of a stream is made; made itself if missing.
    started
        Date for the folder's name; None: now.

    Attributes
    ----------
    directory : Path or None
        Folder of the stream, once opened.
    """

    def __init__(self, path: str | Path, started: datetime | None = None) -> None:
        self.path = Path(path)
        self.directory: Path | None = None
        self._started = started
        self._files = ExitStack()
        self._tracks: list[UndelayedWriter] = []
        self._received = 0

    def open(self, source: AudioFormat, chain: ApmChain, delay: float) -> None:
        """Begin a stream.

        Parameters
        ----------
        source
            Format of the input.
        chain
            The chain whose sound is written.
        delay
            From the input to what the chain gets, seconds.
        """
        self.close()
        self.directory = new_folder(self.path, self._started or datetime.now())
        self._source = source
        self._received = 0
        late = delay + chain.inward_delay
        native = chain.native
        points = [UndelayedWriter(self._file("0_in", native), late)]
        for number, (name, samples) in enumerate(chain.delays.items(), 1):
            late += samples / native.sample_rate
            points.append(UndelayedWriter(self._file(f"{number}_{name}", native), late))
        if chain.far_end is not None:
            points.append(UndelayedWriter(self._file("far", native), 0.0))
        self._points = points
        self._input = UndelayedWriter(self._file("input", source), 0.0)
        self._output = UndelayedWriter(self._file("output", chain.format), delay + chain.delay)
        self._tracks = [*points, self._input, self._output]
        (self.directory / "config.json").write_text(self._config(chain, delay), encoding="utf-8")

    def write_input(self, samples: NDArray[np.int16]) -> None:
        """Take what was pushed, shape (n, channels)."""
        self._received += len(samples)
        self._input.write(samples, self._seconds)

    def write_points(self, sounds: tuple[NDArray[np.int16], ...]) -> None:
        """Take the sound at each point of the chain, and the far end last if there is one."""
        for track, sound in zip(self._points, sounds, strict=True):
            track.write(sound, self._seconds)

    def write_output(self, samples: NDArray[np.int16]) -> None:
        """Take what the processor gives, shape (n, channels)."""
        self._output.write(samples, self._seconds)

    def close(self) -> None:
        """Finish the files. A second call does nothing."""
        self._tracks = []
        self._files.close()

    @property
    def _seconds(self) -> float:
        return self._received / self._source.sample_rate

    def _file(self, name: str, format: AudioFormat) -> AudioWriter:
        assert self.directory is not None
        return self._files.enter_context(AudioWriter(self.directory / f"{name}.wav", format))

    def _config(self, chain: ApmChain, delay: float) -> str:
        formats = {"input": self._source, "stages": chain.native, "output": chain.format}
        described = {
            "formats": {name: asdict(format) for name, format in formats.items()},
            "stages": chain.stages.to_dict(),
            "delay_samples": chain.delays,
            "delay_s": delay + chain.delay,
        }
        return json.dumps(described, indent=2) + "\n"
