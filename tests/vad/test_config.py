"""AudioVadConfigV2: ranges and their errors, JSON, presets, and the SDK's spellings."""

from __future__ import annotations

import dataclasses
import json
import math
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import ConfigError
from agora_audio.vad.config import PRESETS, AudioVadConfigV2
from tests.vad.strings import FORMAT, Run, run, thorough

DEFAULTS = {
    "pre_start_recognize_count": 16,
    "start_recognize_count": 30,
    "stop_recognize_count": 50,
    "active_percent": 0.7,
    "inactive_percent": 0.5,
    "start_voice_prob": 70,
    "stop_voice_prob": 70,
    "start_rms_threshold": -50,
    "stop_rms_threshold": -50,
    "algorithm": "percent",
    "adaptive_rms": False,
    "adaptive_factor": 0.67,
    "adaptive_floor": False,
    "min_speech": 0.0,
    "max_speech": None,
    "provisional_count": 0,
}

# Field, lowest, highest (None: no limit), first value below, first above, the range as the error says it.
WHOLE_NUMBERS = [
    ("pre_start_recognize_count", 0, 1000000, -1, 1000001, "0 to 1000000"),
    ("start_recognize_count", 1, 1000000, 0, 1000001, "1 to 1000000"),
    ("stop_recognize_count", 1, 1000000, 0, 1000001, "1 to 1000000"),
    ("start_voice_prob", 0, 100, -1, 101, "0 to 100"),
    ("stop_voice_prob", 0, 100, -1, 101, "0 to 100"),
    ("start_rms_threshold", -127, 0, -128, 1, "-127 to 0"),
    ("stop_rms_threshold", -127, 0, -128, 1, "-127 to 0"),
    ("provisional_count", 0, 30, -1, 31, "0"),
]
NUMBERS = [
    ("active_percent", 0.0, 1.0, -0.001, 1.001, "0 to 1"),
    ("inactive_percent", 0.0, 1.0, -0.001, 1.001, "0 to 1"),
    ("adaptive_factor", 0.0, 2.0, -0.001, 2.001, "0 to 2"),
    ("min_speech", 0.0, 1e6, -0.001, 1e6 + 1, "0 to 1000000"),
    ("max_speech", 0.47, None, 0.46, None, "0.46"),
]
FLAGS = ["adaptive_rms", "adaptive_floor"]


def test_the_defaults_are_those_of_the_documents():
    assert AudioVadConfigV2().to_dict() == DEFAULTS


def test_the_order_of_the_first_fields_is_that_of_the_constructor_of_the_sdk():
    assert AudioVadConfigV2(1, 2, 3, 0.4, 0.5, 6, 7, -8) == AudioVadConfigV2(
        pre_start_recognize_count=1,
        start_recognize_count=2,
        stop_recognize_count=3,
        active_percent=0.4,
        inactive_percent=0.5,
        start_voice_prob=6,
        stop_voice_prob=7,
        start_rms_threshold=-8,
    )


# --- ranges ---------------------------------------------------------------------------------------------------------


def test_every_field_is_in_the_tables_of_this_test():
    named = [row[0] for row in WHOLE_NUMBERS + NUMBERS] + FLAGS + ["algorithm"]
    assert sorted(named) == sorted(spec.name for spec in dataclasses.fields(AudioVadConfigV2))


@pytest.mark.parametrize(("name", "low", "high", "below", "above", "said"), WHOLE_NUMBERS + NUMBERS)
def test_both_ends_of_a_range_belong_to_it(name, low, high, below, above, said):
    for value in (low, high if high is not None else 5000):
        config = AudioVadConfigV2(**{name: value})
        assert getattr(config, name) == value


@pytest.mark.parametrize(("name", "low", "high", "below", "above", "said"), WHOLE_NUMBERS + NUMBERS)
def test_beyond_an_end_the_error_names_field_value_and_range(name, low, high, below, above, said):
    for value in (below, above):
        if value is not None:
            with pytest.raises(ConfigError) as caught:
                AudioVadConfigV2(**{name: value})
            message = str(caught.value)
            assert message.startswith(f"{name} is {value}")
            assert said in message


@pytest.mark.parametrize("value", ["16", None, True, 16.0, math.nan, [16], 1j])
@pytest.mark.parametrize("name", [row[0] for row in WHOLE_NUMBERS])
def test_a_count_is_a_whole_number(name, value):
    with pytest.raises(ConfigError, match="must be a whole number") as caught:
        AudioVadConfigV2(**{name: value})
    assert str(caught.value).startswith(f"{name} is {value!r}, ")


@pytest.mark.parametrize("value", ["0.7", True, math.nan, math.inf, -math.inf, [0.7], 1j])
@pytest.mark.parametrize("name", [row[0] for row in NUMBERS])
def test_a_share_or_a_length_is_a_finite_number(name, value):
    with pytest.raises(ConfigError, match="must be a number") as caught:
        AudioVadConfigV2(**{name: value})
    assert str(caught.value).startswith(f"{name} is {value!r}, ")


@pytest.mark.parametrize("name", [row[0] for row in NUMBERS])
def test_a_whole_number_too_large_for_a_float_is_out_of_range_too(name):
    with pytest.raises(ConfigError, match=f"^{name} is "):
        AudioVadConfigV2(**{name: 10**400})


@pytest.mark.parametrize("name", [row[0] for row in NUMBERS if row[0] != "max_speech"])
def test_only_max_speech_may_be_none(name):
    with pytest.raises(ConfigError, match=f"^{name} is None, must be a number"):
        AudioVadConfigV2(**{name: None})
    assert AudioVadConfigV2(max_speech=None).max_speech is None


@pytest.mark.parametrize("value", [0, 1, "True", None])
@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_is_true_or_false(name, value):
    with pytest.raises(ConfigError) as caught:
        AudioVadConfigV2(**{name: value})
    assert str(caught.value) == f"{name} is {value!r}, must be True or False"


@pytest.mark.parametrize("value", ["Percent", "", None, 1, ["percent"]])
def test_an_algorithm_is_one_of_two(value):
    with pytest.raises(ConfigError) as caught:
        AudioVadConfigV2(algorithm=value)
    assert str(caught.value) == f"algorithm is {value!r}, must be 'percent' or 'consecutive'"


def test_max_speech_is_longer_than_what_a_start_hands_out():
    with pytest.raises(ConfigError, match=r"max_speech is 0\.46 s, must be 0\.47 s or more"):
        AudioVadConfigV2(max_speech=0.46)
    assert AudioVadConfigV2(max_speech=0.47).max_speech == 0.47
    assert AudioVadConfigV2(pre_start_recognize_count=0, max_speech=0.31).max_speech == 0.31


def test_max_speech_is_longer_than_min_speech():
    with pytest.raises(ConfigError, match=r"max_speech is 2\.0 s, must be 2\.47 s or more"):
        AudioVadConfigV2(min_speech=2, max_speech=2)


def test_a_provisional_start_comes_before_the_window_is_over():
    with pytest.raises(ConfigError, match="provisional_count is 9, must be 0 to 8, the start_recognize_count"):
        AudioVadConfigV2(start_recognize_count=8, provisional_count=9)
    assert AudioVadConfigV2(start_recognize_count=8, provisional_count=8).provisional_count == 8


def test_a_config_error_is_a_value_error():
    with pytest.raises(ValueError, match="active_percent"):
        AudioVadConfigV2(active_percent=70)


def test_whole_numbers_stand_for_floats():
    config = AudioVadConfigV2(active_percent=1, min_speech=0, max_speech=3)
    assert (type(config.active_percent), type(config.min_speech), type(config.max_speech)) == (float, float, float)
    assert config == AudioVadConfigV2(active_percent=1.0, max_speech=3.0)


def test_numbers_of_numpy_become_plain_numbers():
    np = pytest.importorskip("numpy")
    config = AudioVadConfigV2(start_recognize_count=np.int64(20), active_percent=np.float32(0.5))
    assert (type(config.start_recognize_count), type(config.active_percent)) == (int, float)
    assert config == AudioVadConfigV2(start_recognize_count=20, active_percent=0.5)


# --- a value like any other ---------------------------------------------------------------------------------------


def test_it_is_frozen():
    config = AudioVadConfigV2()
    for name in DEFAULTS:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(config, name, 1)
    assert config == AudioVadConfigV2()


def test_equal_configs_have_equal_hashes_and_are_one_key():
    assert hash(AudioVadConfigV2()) == hash(AudioVadConfigV2())
    assert len({AudioVadConfigV2(), AudioVadConfigV2(), AudioVadConfigV2(stop_recognize_count=51)}) == 2


def test_replace_checks_again():
    with pytest.raises(ConfigError, match="stop_recognize_count is 0"):
        dataclasses.replace(AudioVadConfigV2(), stop_recognize_count=0)


def test_it_may_be_shared_by_two_detectors():
    config = AudioVadConfigV2(algorithm="consecutive", adaptive_rms=True)
    alone = Run(AudioVadConfigV2(algorithm="consecutive", adaptive_rms=True))
    first, second = Run(config), Run(config)
    loud, quiet = [(0.0, -5.0)] * 46, [(0.0, -49.0)] * 46
    alone(loud + quiet)
    for labels in zip(loud + quiet, quiet + loud, strict=True):
        first(labels[:1])
        second(labels[1:])
    assert config == AudioVadConfigV2(algorithm="consecutive", adaptive_rms=True)
    assert (first.states, first.handed) == (alone.states, alone.handed)
    assert first.vad.effective_thresholds != second.vad.effective_thresholds
    assert (first.format, second.format) == (FORMAT, FORMAT)


# --- JSON and dictionaries ----------------------------------------------------------------------------------------

percents = st.floats(0, 1)


@st.composite
def any_config(draw):
    pre, start, stop = draw(st.integers(0, 300)), draw(st.integers(1, 300)), draw(st.integers(1, 300))
    low = draw(st.floats(0, 5))
    shortest = low + (pre + start + stop) / 100
    return AudioVadConfigV2(
        pre,
        start,
        stop,
        draw(percents),
        draw(percents),
        draw(st.integers(0, 100)),
        draw(st.integers(0, 100)),
        draw(st.integers(-127, 0)),
        draw(st.integers(-127, 0)),
        algorithm=draw(st.sampled_from(["percent", "consecutive"])),
        adaptive_rms=draw(st.booleans()),
        adaptive_factor=draw(st.floats(0, 2)),
        adaptive_floor=draw(st.booleans()),
        min_speech=low,
        max_speech=draw(st.none() | st.floats(shortest + 0.02, 100)),
        provisional_count=draw(st.integers(0, start)),
    )


@thorough
@given(any_config())
def test_json_and_back(config):
    again = AudioVadConfigV2.from_json(config.to_json())
    assert again == config
    assert hash(again) == hash(config)
    assert AudioVadConfigV2.from_dict(config.to_dict()) == config


def test_json_holds_every_field_by_its_name():
    assert json.loads(AudioVadConfigV2().to_json()) == DEFAULTS


def test_json_may_be_bytes_and_leave_fields_out():
    assert AudioVadConfigV2.from_json(b'{"min_speech": 0.25}') == AudioVadConfigV2(min_speech=0.25)


def test_json_is_checked_like_the_constructor():
    with pytest.raises(ConfigError, match="active_percent is nan, must be a number of 0 to 1"):
        AudioVadConfigV2.from_json('{"active_percent": NaN}')


def test_json_with_an_unknown_field_names_it_and_those_that_exist():
    with pytest.raises(ConfigError, match="'activePercent' is not a field") as caught:
        AudioVadConfigV2.from_json('{"activePercent": 0.5}')
    assert all(name in str(caught.value) for name in DEFAULTS)


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", b"\xff"])
def test_what_is_not_json_is_a_config_error(text):
    with pytest.raises(ConfigError, match="the config is not JSON"):
        AudioVadConfigV2.from_json(text)


@pytest.mark.parametrize("text", ["[]", "1", "null", '"percent"'])
def test_json_that_is_no_object_is_a_config_error(text):
    with pytest.raises(ConfigError, match="must be an object of fields"):
        AudioVadConfigV2.from_json(text)


# --- presets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "level"), [("quiet", -50), ("noisy", -40), ("very-noisy", -30)])
def test_the_presets_of_agora_differ_in_level_only(name, level):
    assert AudioVadConfigV2.preset(name) == AudioVadConfigV2(16, 30, 50, 0.7, 0.5, 70, 70, level, level)


def test_there_are_five_presets_and_all_are_told_apart():
    assert list(PRESETS) == ["quiet", "noisy", "very-noisy", "low-latency", "far-field"]
    assert len(set(PRESETS.values())) == 5


def test_low_latency_starts_after_6_active_frames_of_8_and_stops_after_30_nearly_without_speech():
    config = AudioVadConfigV2.preset("low-latency")
    assert run("V" * 5 + "..", config).starts == []
    assert run("VVV..VVV", config).starts == [7]
    assert run("V" * 6 + "." * 12 + "VVV" + "." * 15, config).stops == [35]
    assert run("V" * 6 + "." * 12 + "VVVV" + "." * 14, config).stops == []


def test_far_field_hears_faint_and_doubtful_speech():
    faint = [(0.21, -74.0)]
    seen = run([(0.2, -74.0)] * 30 + [(0.21, -75.0)] * 30 + faint * 15, AudioVadConfigV2.preset("far-field"))
    assert seen.starts == [74]
    assert seen([(0.11, -74.0)] * 100).stops == []
    assert seen([(0.1, -74.0)] * 35).stops == [74 + 135]


@pytest.mark.parametrize("spelling", ["very-noisy", "very_noisy", "Very Noisy", "VERY-NOISY"])
def test_a_preset_is_found_in_any_spelling(spelling):
    assert AudioVadConfigV2.preset(spelling) is PRESETS["very-noisy"]


@pytest.mark.parametrize("name", ["loud", "", None, 3])
def test_an_unknown_preset_names_those_that_exist(name):
    with pytest.raises(ConfigError) as caught:
        AudioVadConfigV2.preset(name)
    assert str(caught.value) == (f"preset is {name!r}, must be one of quiet, noisy, very-noisy, low-latency, far-field")


# --- from the SDK and to it ---------------------------------------------------------------------------------------

PYTHON_ATTRIBUTES = {
    "pre_start_recognize_count": 10,
    "start_recognize_count": 20,
    "stop_recognize_count": 40,
    "activePercent": 0.8,
    "inactivePercent": 0.6,
    "start_voiceprob": 60,
    "stop_voiceprob": 55,
    "start_rms": -45,
    "stop_rms": -48,
    "enable_adaptive_rms_threshold": True,
    "adaptive_rms_threshold_factor": 0.5,
}
PYTHON_CONSTRUCTOR = {
    "preStartRecognizeCount": 10,
    "startRecognizeCount": 20,
    "stopRecognizeCount": 40,
    "activePercent": 0.8,
    "inactivePercent": 0.6,
    "start_voiceprob": 60,
    "stop_voiceporb": 55,
    "rmsThreshold": -45,
}
GO_STRUCT = {
    "PreStartRecognizeCount": 10,
    "StartRecognizeCount": 20,
    "StopRecognizeCount": 40,
    "ActivePercent": 0.8,
    "InactivePercent": 0.6,
    "StartVoiceProb": 60,
    "StartRms": -45,
    "StopVoiceProb": 55,
    "StopRms": -48,
    "EnableAdaptiveRmsThreshold": True,
    "AdaptiveRmsThresholdFactor": 0.5,
}
DOCUMENTS = {
    "preStartRecognizeCount": 10,
    "startRecognizeCount": 20,
    "stopRecognizeCount": 40,
    "activePercent": 0.8,
    "inactivePercent": 0.6,
    "startVoiceProb": 60,
    "stopVoiceProb": 55,
    "startRmsThreshold": -45,
    "stopRmsThreshold": -48,
}
OURS = AudioVadConfigV2(10, 20, 40, 0.8, 0.6, 60, 55, -45, -48)
OURS_ADAPTIVE = dataclasses.replace(OURS, adaptive_rms=True, adaptive_factor=0.5)


def sdk_object(**attributes):
    """An object like the one the SDK's class makes: named like it, with its attributes and their defaults."""
    defaults = {
        "pre_start_recognize_count": 16,
        "start_recognize_count": 30,
        "stop_recognize_count": 50,
        "activePercent": 0.7,
        "inactivePercent": 0.5,
        "start_voiceprob": 70,
        "stop_voiceprob": 50,
        "start_rms": -50,
        "stop_rms": -50,
        "enable_adaptive_rms_threshold": True,
        "adaptive_rms_threshold_factor": 0.67,
    }
    made = type("AudioVadConfigV2", (), {})()
    vars(made).update(defaults | attributes)
    return made


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (PYTHON_ATTRIBUTES, OURS_ADAPTIVE),
        (PYTHON_CONSTRUCTOR, dataclasses.replace(OURS, stop_rms_threshold=-45)),
        (GO_STRUCT, OURS_ADAPTIVE),
        (DOCUMENTS, OURS),
    ],
    ids=["python attributes", "python constructor", "go struct", "documents"],
)
@pytest.mark.parametrize("source", [dict, types.MappingProxyType, lambda names: types.SimpleNamespace(**names)])
def test_every_spelling_is_read_from_a_mapping_and_from_an_object(names, expected, source):
    assert AudioVadConfigV2.from_agora(source(names)) == expected


@pytest.mark.parametrize("name", [*PYTHON_ATTRIBUTES, *PYTHON_CONSTRUCTOR, *GO_STRUCT, *DOCUMENTS])
def test_each_name_changes_its_field_and_no_other(name):
    value = {**PYTHON_ATTRIBUTES, **PYTHON_CONSTRUCTOR, **GO_STRUCT, **DOCUMENTS}[name]
    before, after = AudioVadConfigV2().to_dict(), AudioVadConfigV2.from_agora({name: value}).to_dict()
    changed = {field: after[field] for field in before if after[field] != before[field]}
    assert set(changed.values()) == {value}
    assert len(changed) == (2 if name == "rmsThreshold" else 1)


def test_methods_of_an_object_are_no_fields():
    class Settings:
        stop_rms = -44

        def show(self):
            """Nothing to read."""

    assert AudioVadConfigV2.from_agora(Settings()) == AudioVadConfigV2(stop_rms_threshold=-44)


def test_one_level_fills_both():
    config = AudioVadConfigV2.from_agora({"rmsThreshold": -33})
    assert (config.start_rms_threshold, config.stop_rms_threshold) == (-33, -33)


@pytest.mark.parametrize(
    "names",
    [
        {"stop_voiceprob": 50, "stop_voiceporb": 60},
        {"rmsThreshold": -50, "start_rms": -40},
        {"start_rms": -40, "rmsThreshold": -50},
        {"StartRecognizeCount": 20, "startRecognizeCount": 30},
    ],
)
def test_one_field_given_twice_with_two_values_is_refused(names):
    with pytest.raises(ConfigError, match="give one") as caught:
        AudioVadConfigV2.from_agora(names)
    assert all(f"{name} is {value}" in str(caught.value) for name, value in names.items())


def test_one_field_given_twice_with_one_value_is_no_conflict():
    config = AudioVadConfigV2.from_agora({"rmsThreshold": -40, "StartRms": -40, "stop_rms": -40})
    assert config == AudioVadConfigV2(start_rms_threshold=-40, stop_rms_threshold=-40)


@pytest.mark.parametrize("name", ["startRecognizeCounts", "algorithm", "min_speech", "", 7])
def test_an_unknown_name_is_refused_and_the_known_ones_are_named(name):
    with pytest.raises(ConfigError, match="is not a field of the SDK's") as caught:
        AudioVadConfigV2.from_agora({name: 1})
    assert repr(name) in str(caught.value)
    assert "stop_voiceprob" in str(caught.value)


@pytest.mark.parametrize("source", [None, 3.5, "percent", [1, 2], {}.keys, object()])
def test_what_has_no_fields_is_refused(source):
    with pytest.raises(ConfigError):
        AudioVadConfigV2.from_agora(source)


def test_an_empty_mapping_gives_the_defaults():
    assert AudioVadConfigV2.from_agora({}) == AudioVadConfigV2()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"stop_voiceporb": 101}, "stop_voiceporb is 101, must be a whole number of 0 to 100"),
        ({"ActivePercent": 70}, "ActivePercent is 70, must be a number of 0 to 1"),
        ({"startRmsThreshold": "-50"}, "startRmsThreshold is '-50', must be a whole number of -127 to 0"),
        ({"rmsThreshold": 77}, "rmsThreshold is 77, must be a whole number of -127 to 0"),
        ({"EnableAdaptiveRmsThreshold": 1}, "EnableAdaptiveRmsThreshold is 1, must be True or False"),
    ],
)
def test_a_bad_value_is_named_as_the_caller_wrote_it(names, said):
    with pytest.raises(ConfigError) as caught:
        AudioVadConfigV2.from_agora(names)
    assert str(caught.value) == said


def test_an_unknown_algorithm_is_refused():
    with pytest.raises(ConfigError, match="algorithm is 'percnt'"):
        AudioVadConfigV2.from_agora({}, algorithm="percnt")


def test_an_object_of_the_sdk_keeps_the_values_of_the_sdk():
    assert AudioVadConfigV2.from_agora(sdk_object()) == AudioVadConfigV2(stop_voice_prob=50)


@pytest.mark.parametrize(
    ("carried", "meant"),
    [(-50, -50), (77, -50), (204, -50), (331, -50), (1, -126), (127, 0), (254, 0), (-127, -127), (0, 0)],
)
def test_a_threshold_that_instances_of_the_sdk_have_raised_is_healed(carried, meant):
    config = AudioVadConfigV2.from_agora(sdk_object(start_rms=carried, stop_rms=-30), "consecutive")
    assert (config.start_rms_threshold, config.stop_rms_threshold) == (meant, -30)
    config = AudioVadConfigV2.from_agora(sdk_object(start_rms=-30, stop_rms=carried), "consecutive")
    assert (config.start_rms_threshold, config.stop_rms_threshold) == (-30, meant)


def test_a_child_of_the_class_of_the_sdk_is_an_object_of_the_sdk():
    parent = type(sdk_object())
    child = type("RoomConfig", (parent,), {})()
    vars(child).update(vars(sdk_object(start_rms=77, stop_rms=204)))
    assert AudioVadConfigV2.from_agora(child) == AudioVadConfigV2(stop_voice_prob=50)


def test_the_source_is_not_changed():
    source = sdk_object(start_rms=77, stop_rms=204)
    before = dict(vars(source))
    AudioVadConfigV2.from_agora(source, "consecutive")
    assert vars(source) == before


@pytest.mark.parametrize(
    ("source", "algorithm", "adaptive"),
    [
        # The objects have it on by default, and the algorithm of 2.4 uses it; the percent algorithm had none.
        (sdk_object(), "consecutive", True),
        (sdk_object(), "percent", False),
        (sdk_object(enable_adaptive_rms_threshold=False), "consecutive", False),
        # A mapping says what its writer wants; left out it is what the SDK's object would have.
        ({}, "consecutive", True),
        ({}, "percent", False),
        ({"enable_adaptive_rms_threshold": True}, "percent", True),
        ({"EnableAdaptiveRmsThreshold": False}, "consecutive", False),
    ],
)
def test_the_adaptive_threshold_is_on_where_the_sdk_would_use_it(source, algorithm, adaptive):
    config = AudioVadConfigV2.from_agora(source, algorithm)
    assert (config.algorithm, config.adaptive_rms) == (algorithm, adaptive)


def test_to_agora_writes_the_attribute_names_of_the_python_class():
    assert OURS_ADAPTIVE.to_agora() == PYTHON_ATTRIBUTES


@thorough
@given(any_config())
def test_to_agora_and_back_keeps_all_that_the_sdk_has(config):
    again = AudioVadConfigV2.from_agora(config.to_agora(), config.algorithm)
    lacking = {"adaptive_floor": False, "min_speech": 0.0, "max_speech": None, "provisional_count": 0}
    assert again == dataclasses.replace(config, **lacking)
    assert again.to_agora() == config.to_agora()
