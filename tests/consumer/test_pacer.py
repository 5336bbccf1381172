"""The pacer: every schedule keeps its books, its order and its bound; what is late, what ends, what is heard."""

from __future__ import annotations

import math
import os
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.consumer.config import PacerConfig
from agora_audio.consumer.pacer import Pacer
from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat
from tests.consumer.model import FORMATS, Checked, sound

MONO = AudioFormat(16000)
thorough = settings(max_examples=int(os.environ.get("AGORA_AUDIO_EXAMPLES", "120")), deadline=None, derandomize=True)


def pacer(format=MONO, **config):
    return Pacer(format, PacerConfig(**config))


def out(one, times):
    """Milliseconds of 16 kHz mono sent at each time."""
    return [len(one.due(now)) // 32 for now in times]


def every(milliseconds, count, begin=0.0):
    return [begin + k * milliseconds / 1000 for k in range(count)]


# --- any schedule -------------------------------------------------------------------------------------------------

SIZES = st.sampled_from([0, 1, 2, 3, 5, 319, 320, 321, 640, 1001, 3200, 4411, 9600])
SECONDS = st.sampled_from([0.0, 0.001, 0.005, 0.01, 0.02, 0.04, 0.0777, 0.1, 0.12, 0.3, 0.9])
STEPS = st.one_of(
    st.tuples(st.just("push"), SIZES, st.sampled_from([0, 0, 0, 0, 1])),
    st.tuples(st.just("tick"), SECONDS),
    st.tuples(st.just("tick"), SECONDS),
    st.tuples(st.sampled_from(["pause", "resume", "resume", "end_round", "next_round", "clear"])),
    st.tuples(st.just("interrupt"), st.booleans()),
    st.tuples(st.just("fail"), SECONDS, st.booleans()),
)
CONFIGS = st.builds(
    PacerConfig,
    lead_ms=st.sampled_from([0, 5, 20, 100, 333]),
    send_ms=st.sampled_from([0, 0, 200, 501]),
    speed=st.sampled_from([1, 1.5, 2, 3.3, 5]),
    catch_up_ms=st.sampled_from([0, 30, 500]),
)
PADDED = st.builds(PacerConfig, lead_ms=st.just(60), padding_ms=st.sampled_from([0, 20, 60]))


@given(st.sampled_from(FORMATS), st.one_of(CONFIGS, CONFIGS, PADDED), st.lists(STEPS, max_size=40))
@thorough
def test_any_schedule_keeps_the_books_and_the_order(format, config, steps):
    checked = Checked(format, config)
    for name, *arguments in steps:
        getattr(checked, name)(*arguments)
        checked.check()


def excess(checked, config):
    """By how many seconds the speaker holds more than the bound."""
    format = checked.format
    held = Fraction(len(checked.speaker.buffer), format.sample_bytes * format.sample_rate)
    return held - Fraction(config.lead_ms, 1000) - Fraction(config.send_ms, 1000) * (1 - 1 / config.ratio)


@given(st.sampled_from(FORMATS), CONFIGS, st.lists(STEPS, max_size=40))
@thorough
def test_the_sink_never_holds_more_than_the_bound_while_the_timer_is_in_time(format, config, steps):
    checked = Checked(format, config)
    in_time = [step for step in steps if step[0] not in ("tick", "fail") or step[1] * 1000 < max(config.lead_ms, 1)]
    for name, *arguments in in_time:
        getattr(checked, name)(*arguments)
        checked.speaker.play(checked.now)
        assert excess(checked, config) <= Fraction(1, format.sample_rate)


@given(st.sampled_from(FORMATS), CONFIGS, st.lists(STEPS, max_size=40))
@thorough
def test_nor_more_than_the_catch_up_beyond_where_it_is_late(format, config, steps):
    checked = Checked(format, config)
    for name, *arguments in steps:
        getattr(checked, name)(*arguments)
        checked.speaker.play(checked.now)
        assert excess(checked, config) <= Fraction(config.catch_up_ms, 1000) + Fraction(2, format.sample_rate)
