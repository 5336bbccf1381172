"""PcmRawDataManager: whole milliseconds at any rate, nothing lost, no deadlock."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.consumer.pcm_buffer import PcmRawDataManager
from agora_audio.errors import FormatError

RATES = [8000, 11025, 16000, 22050, 44100, 48000]


def test_pop_returns_whole_milliseconds():
    manager = PcmRawDataManager(16000, 2)
    assert manager.pop() == b""
    manager.push(bytes(range(70)))
    assert manager.len() == 70
    assert manager.pop() == bytes(range(64))
    assert manager.pop() == b""
    manager.push(bytes(58))
    assert manager.pop() == bytes(range(64, 70)) + bytes(58)


def test_odd_rates_neither_lose_nor_gain():
    """A second of 44.1 kHz in pushes of one sample: milliseconds of 44 or 45 samples, 1,000 of them."""
    manager = PcmRawDataManager(44100)
    sizes = []
    for _ in range(44100):
        manager.push(b"\1\0")
        if piece := manager.pop():
            sizes.append(len(piece) // 2)
    assert len(sizes) == 1000
    assert sizes[:11] == [44] * 9 + [45] + [44]
    assert sum(sizes) == 44100


def test_a_millisecond_is_out_with_its_last_sample_and_reset_begins_anew():
    manager = PcmRawDataManager(44100)
    for _ in range(2):
        sizes = []
        for size in [44] * 9 + [45, 44]:
            manager.push(bytes(2 * size))
            sizes.append(len(manager.pop()) // 2)
        assert sizes == [44] * 9 + [45, 44]
        manager.reset()


@given(st.sampled_from(RATES), st.integers(1, 2), st.lists(st.binary(max_size=400), max_size=12))
def test_bytes_in_are_bytes_out(rate, channels, pieces):
    manager, whole = PcmRawDataManager(rate, channels), PcmRawDataManager(rate, channels)
    out = b""
    for piece in pieces:
        manager.push(piece)
        out += manager.pop()
    sent = b"".join(pieces)
    whole.push(sent)
    assert out == whole.pop()  # however it was cut
    assert sent.startswith(out)
    assert len(sent) - len(out) == manager.len()
    rest = manager.flush()
    kept = len(sent) - len(sent) % (2 * channels)
    assert (out + rest)[:kept] == sent[:kept]
    assert not any((out + rest)[kept:])
    assert manager.dropped_bytes == len(sent) - kept
    samples = len(out + rest) // (2 * channels)
    assert samples in {k * rate // 1000 for k in (samples * 1000 // rate, samples * 1000 // rate + 1)}
    assert len(out + rest) - kept < 2 * channels * (rate // 1000 + 1)
    assert manager.len() == 0


def test_reset_says_what_it_dropped():
    manager = PcmRawDataManager(44100)
    manager.push(bytes(101))
    popped = manager.pop()
    assert (len(popped), manager.reset(), manager.len(), manager.reset()) == (88, 13, 0, 0)


def test_what_was_popped_is_the_callers():
    """The views of the SDK are overwritten by the next push."""
    manager = PcmRawDataManager(16000)
    manager.push(b"\1" * 32)
    popped = manager.pop()
    manager.reset()
    manager.push(b"\2" * 32)
    assert popped == b"\1" * 32


def test_new_parameters_drop_the_old_sound():
    """This call deadlocks in the SDK."""
    manager = PcmRawDataManager(16000)
    manager.push(bytes(40))
    assert manager.update_parameters(16000, 1) == 0
    assert manager.len() == 40
    assert manager.update_parameters(8000, 2) == 40
    assert manager.len() == 0
    assert manager.update_parameters(8000, 2) == 0
    manager.push(bytes(35))
    assert len(manager.pop()) == 32
    with pytest.raises(FormatError, match="channels is 0"):
        manager.update_parameters(16000, 0)
    assert manager.format.channels == 2
    assert manager.len() == 3


def test_threads_push_and_pop():
    manager, out = PcmRawDataManager(16000), []
    sent = [bytes([k % 256]) * 96 for k in range(2000)]
    pusher = threading.Thread(target=lambda: [manager.push(piece) for piece in sent])
    pusher.start()
    while pusher.is_alive() or manager.len():
        out.append(manager.pop())
    pusher.join()
    assert b"".join(out) == b"".join(sent)


@pytest.mark.parametrize("pcm", [np.ones(16, np.int16), bytearray(b"\1\0" * 16), memoryview(b"\1\0" * 16)])
def test_anything_that_holds_int16_is_taken(pcm):
    manager = PcmRawDataManager(16000)
    manager.push(pcm)
    assert manager.pop() == b"\1\0" * 16


@pytest.mark.parametrize("pcm", ["12", None, 3, np.ones(16)])
def test_anything_else_is_refused(pcm):
    with pytest.raises(FormatError, match=r"PCM .*must be bytes or"):
        PcmRawDataManager(16000).push(pcm)


@pytest.mark.parametrize(("rate", "channels"), [(7999, 1), (16000, 65), ("16000", 1), (16000.0, 1)])
def test_a_format_that_is_none_is_refused(rate, channels):
    with pytest.raises(FormatError, match=r"must be"):
        PcmRawDataManager(rate, channels)
