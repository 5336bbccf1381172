"""Grids and ranges, as people write them."""

from __future__ import annotations

import pytest

from agora_audio.errors import ConfigError
from agora_audio.lab.space import Choices, Range, default_space, grid, nearest, parse_axis, parse_search, varied
from agora_audio.vad.config import AudioVadConfigV2


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("stop_recognize_count", "20:80:10", [20, 30, 40, 50, 60, 70, 80]),
        ("stop_recognize_count", "20:85:30", [20, 50, 80]),
        ("stop_recognize_count", "20", [20]),
        ("stop_recognize_count", "20,50, 20", [20, 50]),
        ("start_rms_threshold", "-60:-50:5", [-60, -55, -50]),
        ("active_percent", "0.1:0.4:0.1", [0.1, 0.2, 0.3, 0.4]),
        ("active_percent", "0.7,1", [0.7, 1.0]),
        ("adaptive_rms", "on,off", [True, False]),
        ("algorithm", "percent,consecutive", ["percent", "consecutive"]),
        ("max_speech", "never,10:", None),
        ("max_speech", "never,0.5", [None, 0.5]),
        ("provisional_count", "5", [5]),
    ],
)
def test_values_of_a_field(name, text, values):
    if values is None:
        with pytest.raises(ConfigError):
            parse_axis(name, text)
    else:
        found = parse_axis(name, text)
        assert found == values
        assert [type(one) for one in found] == [type(one) for one in values]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("stop_recognize_count", "80:20:10", "stop_recognize_count is '80:20:10', must be FROM:TO:STEP such as"),
        ("stop_recognize_count", "20:80:0", "must be FROM:TO:STEP"),
        ("stop_recognize_count", "20:80:-10", "must be FROM:TO:STEP"),
        ("stop_recognize_count", "20:80:0.5", "must be FROM:TO:STEP"),
        ("stop_recognize_count", "20:80", "must be FROM:TO:STEP"),
        ("stop_recognize_count", "1:2:nan", "must be FROM:TO:STEP"),
        ("stop_recognize_count", "1:inf:1", "must be FROM:TO:STEP"),
        ("active_percent", "0:1:1e-9", "must be FROM:TO:STEP"),
        ("adaptive_rms", "0:1:1", "must be FROM:TO:STEP"),
        ("stop_recognize_count", "many", "stop_recognize_count is 'many', must be a whole number"),
        ("stop_recognize_count", "", "must be a whole number"),
        ("stop_recognize_count", "0,5", "stop_recognize_count is 0, must be a whole number of 1 to"),
        ("active_percent", "0.5,1.5", "active_percent is 1.5"),
        ("adaptive_rms", "maybe", "adaptive_rms is 'maybe', must be on or off"),
        ("algorithm", "percents", "algorithm is 'percents'"),
    ],
)  # fmt: skip
def test_what_are_no_values(name, text, problem):
    with pytest.raises(ConfigError, match=problem.replace("(", r"\(")):
        parse_axis(name, text)


def test_combinations_that_are_no_config_are_counted():
    configs, left_out = grid(AudioVadConfigV2(), {"max_speech": [0.3, 5.0], "start_recognize_count": [10, 30]})
    assert [(one.max_speech, one.start_recognize_count) for one in configs] == [(0.3, 10), (5.0, 10), (5.0, 30)]
    assert left_out == 1
    with pytest.raises(ConfigError, match=r"max_speech is 0\.1 s"):
        grid(AudioVadConfigV2(), {"max_speech": [0.1]})
    assert grid(AudioVadConfigV2(), {}) == ([AudioVadConfigV2()], 0)


def test_a_grid_that_nobody_has_time_for():
    with pytest.raises(ConfigError, match="the grid has 1000340012 configs, must be 1000000 or fewer"):
        grid(AudioVadConfigV2(), {"start_recognize_count": range(1, 100005), "stop_recognize_count": range(1, 10004)})


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("stop_recognize_count", "20:80", Range(20, 80, 1)),
        ("stop_recognize_count", "20:82:5", Range(20, 80, 5)),
        ("active_percent", "0.5:0.8", Range(0.5, 0.8, 0.01)),
        ("stop_recognize_count", "20,80", Choices((20, 80))),
        ("stop_recognize_count", "20", Choices((20,))),
    ],
)
def test_what_a_search_may_try(name, text, expected):
    assert parse_search(name, text) == expected


def test_what_is_searched_unless_told():
    usual = default_space(AudioVadConfigV2())
    assert "stop_voice_prob" in usual
    assert "adaptive_factor" not in usual
    assert "pre_start_recognize_count" in default_space(AudioVadConfigV2(), clipping=True)
    other = default_space(AudioVadConfigV2(algorithm="consecutive", adaptive_rms=True))
    # What has no effect in it is not searched.
    assert list(other) == [
        *("start_recognize_count", "stop_recognize_count", "start_voice_prob", "start_rms_threshold", "adaptive_factor")
    ]


@pytest.mark.parametrize(
    ("search", "value", "expected"),
    [
        (Range(10, 150, 5), 52, 50), (Range(10, 150, 5), 1, 10), (Range(10, 150, 5), 999, 150),
        (Range(0.3, 1.0, 0.05), 0.72, 0.7), (Range(0.5, 5.0, 0.5), None, 5.0), (Choices((1, 2)), 2, 2),
        (Choices((1, 2)), 7, 1),
    ],
)  # fmt: skip
def test_the_nearest_that_can_be_tried(search, value, expected):
    found = nearest(search, value)
    assert found == expected
    assert type(found) is type(expected)


def test_fields_in_which_configs_differ():
    assert varied([AudioVadConfigV2(), AudioVadConfigV2(stop_voice_prob=1, min_speech=0.5)]) == [
        "stop_voice_prob",
        "min_speech",
    ]
