"""ApmStages as plain values and back, and every field of every stage checked."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from agora_audio.apm.config import APMConfig
from agora_audio.apm.stages import (
    EFFECTLESS,
    STAGES,
    ApmStages,
    BackgroundStage,
    EchoStage,
    GainStage,
    HighPassStage,
    NoiseStage,
    check_frames,
)
from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat

MANY = ApmStages(
    high_pass=True,
    echo=EchoStage("webrtc", delay_ms=40),
    noise=NoiseStage("webrtc", level=3),
    background=BackgroundStage(12.0, 9.0, 0.5, 60.0),
    gain=GainStage(max_gain_db=6.0),
    order=("gain", "background", "noise", "echo", "high_pass"),
)


@pytest.mark.parametrize("stages", [ApmStages(), MANY, ApmStages(noise=True), ApmStages.from_agora(APMConfig())])
def test_there_and_back_also_through_json(stages):
    assert ApmStages.from_dict(stages.to_dict()) == stages
    assert ApmStages.from_dict(json.loads(json.dumps(stages.to_dict()))) == stages


def test_as_plain_values():
    assert ApmStages(noise=NoiseStage(level=2)).to_dict() == {
        "high_pass": None,
        "echo": None,
        "noise": {"engine": "webrtc", "level": 2},
        "background": None,
        "gain": None,
        "order": ["high_pass", "echo", "noise", "background", "gain"],
    }


@pytest.mark.parametrize(
    ("values", "stages"),
    [
        ({}, ApmStages()),
        ({"noise": True, "gain": False, "echo": None}, ApmStages(noise=True)),
        ({"noise": {"level": 3}}, ApmStages(noise=NoiseStage(level=3))),
        ({"noise": {}}, ApmStages(noise=True)),
        ({"noise": NoiseStage(level=0)}, ApmStages(noise=NoiseStage(level=0))),
    ],
)
def test_what_is_left_out_keeps_its_default(values, stages):
    assert ApmStages.from_dict(values) == stages


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (None, "stages are None, must be a mapping"),
        ([], r"stages are \[\], must be a mapping"),
        ("noise", "stages are 'noise', must be a mapping"),
        ({"reverb": True}, "'reverb' is no stage; these are: high_pass, echo, noise, background, gain"),
        ({3: True}, "3 is no stage"),
        ({"noise": {"strength": 1}}, "noise has no field 'strength'; it has engine, level"),
        ({"noise": 1}, "noise is 1, must be True, False, None or a NoiseStage"),
        ({"noise": "webrtc"}, "noise is 'webrtc', must be"),
        ({"noise": {"level": "1"}}, "noise.level is '1', must be one of 0, 1, 2, 3"),
        ({"noise": {"level": 1.0}}, r"noise.level is 1\.0, must be one of"),
        ({"noise": {"engine": 1}}, "noise.engine is 1, must be one of"),
        ({"noise": {"engine": ["webrtc"]}}, "noise.engine is .*, must be one of"),
        ({"order": "noise"}, "order is 'noise', must name each of"),
        ({"order": None}, "order is None, must name each of"),
        ({"order": [1, 2, 3, 4, 5]}, "order is .*, must name each of"),
        ({"order": ["noise"] * 5}, "order is .*, must name each of"),
        ({"background": {"margin_db": "8"}}, "background.margin_db is '8', must be a number of 3 to 40"),
        ({"gain": {"max_gain_db": None}}, "gain.max_gain_db is None, must be a number of 0 to 50"),
        ({"echo": {"delay_ms": 3.0}}, r"echo.delay_ms is 3\.0, must be a whole number of 0 to 500"),
    ],
)
def test_what_does_not_fit_is_a_config_error(values, said):
    with pytest.raises(ConfigError, match=said):
        ApmStages.from_dict(values)


def test_an_array_is_no_choice():
    with pytest.raises(ConfigError, match=r"noise\.engine is array"):
        NoiseStage(engine=np.zeros(2))


RANGES = {
    (BackgroundStage, "reduction_db"): (0, 60),
    (BackgroundStage, "margin_db"): (3, 40),
    (BackgroundStage, "hold_s"): (0, 5),
    (BackgroundStage, "memory_s"): (1, 3600),
    (GainStage, "max_gain_db"): (0, 50),
    (GainStage, "headroom_db"): (0, 30),
    (EchoStage, "delay_ms"): (0, 500),
    (NoiseStage, "level"): (0, 3),
}


@pytest.mark.parametrize(("kind", "name"), RANGES)
def test_every_number_has_its_range(kind, name):
    low, high = RANGES[kind, name]
    for value in (low, high):
        assert getattr(kind(**{name: value}), name) == value
    for value in (low - 1, high + 1, float("nan"), float("inf"), True, None, "1", [1]):
        with pytest.raises(ConfigError, match=f"{name} is "):
            kind(**{name: value})


def test_no_field_is_left_unchecked():
    fields = {(kind, spec.name) for kind in STAGES.values() for spec in dataclasses.fields(kind)}
    assert fields == set(RANGES) | {(kind, "engine") for kind in (HighPassStage, EchoStage, NoiseStage, GainStage)}


def test_stages_off_by_name():
    assert MANY.active == ("gain", "background", "noise", "echo", "high_pass")
    assert MANY.without("echo", "gain").active == ("background", "noise", "high_pass")
    assert MANY.without() == MANY
    assert MANY.echo.delay_ms == 40


def test_settings_without_effect_are_named_once():
    assert len(EFFECTLESS) == len(set(EFFECTLESS)) or "enabled" not in EFFECTLESS
    assert {"bvcDownDB", "nsng_predef_agg"}.isdisjoint(EFFECTLESS)
    assert {"frmSz", "split_srate_for_48k", "ai_ns_model_pref"} <= set(EFFECTLESS)


@pytest.mark.parametrize(("agg", "level"), [(-5, 0), (10, 0), (11, 1), (12, 2), (13, 3), (99, 3)])
def test_the_sdks_strength_is_a_level(agg, level):
    from agora_audio.apm.config import AiNsConfig

    config = APMConfig(ai_ns_config=AiNsConfig(nsng_predef_agg=agg))
    assert ApmStages.from_agora(config).noise == NoiseStage(level=level)


@pytest.mark.parametrize("rate", [16000, 32000, 48000])
def test_only_whole_frames_pass(rate):
    format = AudioFormat(rate, 2)
    length = rate // 100
    for count in (1, 2, 7):
        check_frames(np.zeros((count * length, 2), np.int16), format)
    for shape in ((length - 1, 2), (length, 1), (length + 1, 2), (length * 2,), (length, 2, 1)):
        with pytest.raises(FormatError, match=f"is not frames of 10 ms of {rate} Hz stereo"):
            check_frames(np.zeros(shape, np.int16), format)


def test_rnnoise_has_one_level():
    with pytest.raises(ConfigError, match=r"noise\.level is 2, but rnnoise has one level"):
        NoiseStage("rnnoise", level=2)
