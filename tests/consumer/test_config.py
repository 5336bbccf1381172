"""The pacer's config: ranges, and errors that name the field, the value and the range."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from agora_audio.consumer.config import PacerConfig
from agora_audio.errors import ConfigError


def test_the_defaults():
    config = PacerConfig()
    assert (config.lead_ms, config.send_ms, config.speed, config.padding_ms) == (100, 0, 1.0, None)
    assert config.bound_ms == 100
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.lead_ms = 3


@pytest.mark.parametrize(
    ("values", "bound"),
    [
        ({"send_ms": 2000, "speed": 2}, 1100),
        ({"send_ms": 2000, "speed": 5.0}, 1700),
        ({"send_ms": 2000}, 100),
        ({"speed": 5}, 100),
        ({"lead_ms": 0, "send_ms": 100, "speed": 3}, 67),
        ({"send_ms": np.int64(500), "speed": np.float64(2.5)}, 400),
    ],
)
def test_the_bound_is_the_lead_and_what_the_speed_earns(values, bound):
    assert PacerConfig(**values).bound_ms == bound


@pytest.mark.parametrize(
    ("name", "values", "wanted"),
    [
        ("lead_ms", (-1, 1001, 1.5, "100", None, True), "a whole number of 0 to 1000"),
        ("send_ms", (-1, 60_001), "a whole number of 0 to 60000"),
        ("speed", (0, 0.99, 5.01, math.nan, "2", 1j), "a number of 1 to 5"),
        ("catch_up_ms", (9, 10_001), "a whole number of 10 to 10000"),
        ("padding_ms", (-1, 101, 1.0), "a whole number of 0 to 100"),
        ("high_water_ms", (-1, 10**9), "a whole number of 0 to 86400000"),
    ],
)
def test_a_value_out_of_range_is_named_with_its_range(name, values, wanted):
    for value in values:
        with pytest.raises(ConfigError) as error:
            PacerConfig(**{name: value})
        assert str(error.value) == f"{name} is {value!r}, must be {wanted}"
