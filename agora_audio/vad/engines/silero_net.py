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

The weights come from `agora_audio.vad.engines.silero_weights`.

Three identities save work. A Fourier frame is folded about its middle: the sum of the halves carries the cosines, the
difference the sines, so each product is half as long. sigmoid(x) = tanh(x/2)/2 + 1/2, so one tanh serves the four
gates; its halves live in the weights, and the state kept is 2h. A bias is one more column of the input, always 1.

Every product stays below the sizes at which OpenBLAS wakes its threads, larger ones are cut into blocks inside one
numpy call: no thread ever starts, and the bits do not depend on how many there are. All work is done in buffers of
this module, aligned alike, so they do not depend on the caller's memory either.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NoReturn

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from agora_audio.errors import ConfigError, FormatError
from agora_audio.vad.engines.silero_weights import (
    BINS,
    CONTEXT,
    GATES,
    HOP,
    PADDED,
    RATE,
    READS,
    UNITS,
    WINDOW,
    SileroWeights,
    aligned_zeros,
    shared_weights,
)

__all__ = ["CONTEXT", "RATE", "WINDOW", "SileroNet", "StackedSilero"]

# OpenBLAS stays on one thread up to these sizes (interface/gemm.c, interface/gemv.c).
_GEMM_LIMIT = 262144
_GEMV_LIMIT = 9215

_BLOCK = 32  # windows encoded at once: their buffers, 1 MB, and the weights, 1.6 MB, nearly fit a cache of 2 MB
_ROUND = 4  # blocks hold a multiple of this, so that their products cut well; a rest below 3 is faster one by one
_NO_COPY = "a Silero stream cannot be copied or pickled, its buffers share memory: make a new one"
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
        weights = shared_weights()
        self._weights = weights
        reads = aligned_zeros(1, READS)
        reads[:, 2 * UNITS] = 1
        self._hidden = reads[0, :UNITS]
        encoder = _Encoder(weights, 1, reads[:, UNITS : 2 * UNITS])
        self._tail, self._context = encoder.samples[0, WINDOW:-CONTEXT], encoder.samples[0, :CONTEXT]
        self._window = encoder.samples[0, CONTEXT:-CONTEXT]
        self._cell = _Cell(1)
        self._seen = aligned_zeros(UNITS)
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
        weights = shared_weights()
        rows = _rounded(streams)
        self._streams = streams
        self._weights = weights
        self._contexts = aligned_zeros(streams, CONTEXT)
        self._reads = aligned_zeros(rows, READS)
        self._reads[:, 2 * UNITS] = 1
        self._cell = _Cell(rows)
        self._seen = aligned_zeros(rows, UNITS)
        hidden = self._reads[:, :UNITS]
        self._steps: tuple[_Step, ...] = (
            _product(self._reads, weights.gates, self._cell.sums),
            *self._cell.steps,
            partial(np.multiply, self._cell.opening, self._cell.squashed, hidden),
            _relu(hidden, self._seen),
        )
        sizes = {min(_BLOCK, rows - start) for start in range(0, rows, _BLOCK)}
        self._encoders = {size: _Encoder(weights, size, aligned_zeros(size, UNITS)) for size in sizes}

    def reset(self, stream: int | None = None) -> None:
        """Forget one stream, or all of them."""
        which = slice(None, self._streams) if stream is None else range(self._streams)[stream]
        self._contexts[which] = 0
        self._reads[which, :UNITS] = 0
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
        logits = np.matmul(self._seen.reshape(-1, _ROUND, UNITS), self._weights.read_out) + self._weights.read_out_bias
        return _sigmoid(logits.reshape(-1)[: self._streams])

    def _encode(self, windows: NDArray[np.float32], place: slice) -> None:
        encoder = self._encoders[_rounded(len(windows))]
        encoder.load(windows, self._contexts[place])
        self._contexts[place] = windows[:, -CONTEXT:]
        for step in encoder.steps:
            step()
        self._reads[place, UNITS : 2 * UNITS] = encoder.features[: len(windows)]

    def __reduce__(self) -> NoReturn:
        raise TypeError(_NO_COPY)


class _Encoder:
    """All that comes before the LSTM, for `rows` windows: from `samples` to `features`.

    A convolution is one product over its neighbourhoods laid side by side ("im2col"), with a column of ones at the end.
    """

    def __init__(self, weights: SileroWeights, rows: int, features: _Floats) -> None:
        self.samples = aligned_zeros(rows, PADDED)
        self.features = features
        spread_1, spread_2 = _ones_last(rows, 4, 3 * BINS), _ones_last(rows, 2, 3 * 128)
        spread_3, spread_4 = _ones_last(rows, 2 * 64), _ones_last(rows, 64)
        out_1, out_2, out_3, out_4 = (
            aligned_zeros(rows, 4 * 128),
            aligned_zeros(rows, 2 * 64),
            aligned_zeros(rows, 64),
            aligned_zeros(rows, 128),
        )
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
        halves = sliding_window_view(samples, HOP, axis=1)
        ahead, behind = halves[:, 1 : 3 * HOP + 2 : HOP], halves[:, HOP::HOP, ::-1]
        mirrored = aligned_zeros(rows, 4, HOP)
        even, odd = aligned_zeros(rows, 4, HOP), aligned_zeros(rows, 4, HOP)
        waves = aligned_zeros(2, rows, 4, BINS)
        padded = aligned_zeros(rows, 6, BINS)
        frames = padded[:, 1:5]
        neighbours = sliding_window_view(padded.reshape(rows, -1), 3 * BINS, axis=1)[:, ::BINS]
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
        table = aligned_zeros(rows, 5, UNITS)
        parts = aligned_zeros(rows, 2, UNITS)
        self.sums = table[:, :4].reshape(rows, GATES)
        self.state, self.opening = table[:, 4], table[:, 2]
        self.squashed = aligned_zeros(rows, UNITS)
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

    def __init__(self, weights: SileroWeights, rows: int, cell: _Cell) -> None:
        inputs = _ones_last(rows, UNITS)
        given = aligned_zeros(rows, GATES)
        self._weights, self._cell = weights, cell
        self._encoder = _Encoder(weights, rows, inputs[:, :-1])
        self._encode: tuple[_Step, ...] = (
            *self._encoder.steps,
            _product(inputs, weights.gates[UNITS : 2 * UNITS + 1], given),
        )
        self._hidden = aligned_zeros(rows + 1, UNITS)
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
        weights = self._weights.gates[:UNITS].reshape(UNITS, 8, 64).transpose(1, 0, 2)
        blocks = aligned_zeros(8, 64)
        carried, sums = blocks.reshape(GATES), cell.sums[0]
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


def _filled(shape: tuple[int, ...], value: float) -> _Floats:
    array = aligned_zeros(*shape)
    array[...] = value
    return array


def _ones_last(*shape: int) -> _Floats:
    """Room for a table of inputs, with one more column for the bias."""
    array = aligned_zeros(*shape[:-1], shape[-1] + 1)
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
