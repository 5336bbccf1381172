"""The fakes that ship to users."""

from __future__ import annotations

import math

import pytest

from agora_audio.errors import ConfigError
from agora_audio.testing import FakeClock, FaultySink


def test_a_clock_goes_where_it_is_told():
    clock = FakeClock()
    for _ in range(10):
        clock.advance(0.1)
    assert clock() == 1.0
    clock.advance(-5)
    assert clock() == -4.0
    clock.now = 7.5
    assert clock() == 7.5
    with pytest.raises(ConfigError, match="seconds is nan"):
        clock.advance(math.nan)


def test_a_sink_fails_as_scripted():
    sink = FaultySink([None, OSError("gone")])
    sink.write(b"ab")
    with pytest.raises(OSError, match="gone"):
        sink.write(b"cd")
    sink.write(b"ef")
    assert sink.pcm == b"abef"
