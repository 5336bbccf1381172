"""The public names: sorted, complete, and with the parameters that others build against."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import time
import types

import pytest

import agora_audio as aa

EMPTY = inspect.Parameter.empty

# docs/architecture.md, "Public names that must not change".
SIGNATURES = {
    "AudioFormat": {"sample_rate": 16000, "channels": 1},
    "AudioFrame": {
        "pcm": EMPTY,
        "format": EMPTY,
        "timestamp": 0.0,
        "voice_prob": None,
        "rms_db": None,
        "far_field": None,
        "music_prob": None,
        "pitch": None,
    },
    "Framer": {"format": EMPTY},
    "Framer.push": {"self": EMPTY, "pcm": EMPTY},
    "Framer.flush": {"self": EMPTY},
    "rms_db": {"pcm": EMPTY},
    "open_audio": {"path_or_stream": EMPTY, "format": None, "block_seconds": 1.0},
    "read_audio": {"path_or_stream": EMPTY, "format": None},
    "AudioVadConfigV2.from_agora": {"source": EMPTY, "algorithm": "percent"},
    "AudioVadConfigV2.to_agora": {"self": EMPTY},
    "AudioVadConfigV2.to_json": {"self": EMPTY},
    "AudioVadConfigV2.from_json": {"text": EMPTY},
    "AudioVadConfigV2.preset": {"name": EMPTY},
    "AudioVadV2": {"config": None},
    "AudioVadV2.process": {"self": EMPTY, "frame": EMPTY},
    "AudioVadV2.flush": {"self": EMPTY},
    "AudioVadV2.reset": {"self": EMPTY},
    "create_engine": {"name": EMPTY, "options": EMPTY},
    "Engine.push": {"self": EMPTY, "frame": EMPTY},
    "Engine.flush": {"self": EMPTY},
    "Engine.reset": {"self": EMPTY},
    "AudioVadManager": {"config": None, "engine": "silero"},
    "AudioVadManager.process": {"self": EMPTY, "channel_id": EMPTY, "user_id": EMPTY, "frame": EMPTY},
    "AudioVadManager.remove": {"self": EMPTY, "channel_id": EMPTY, "user_id": EMPTY},
    "AudioVadManager.release": {"self": EMPTY},
    "InterruptionPolicy": {"config": None},
    "InterruptionPolicy.agent": {"self": EMPTY, "state": EMPTY, "now": EMPTY, "interruptible": True, "round_id": None},
    "InterruptionPolicy.voice": {"self": EMPTY, "active": EMPTY, "now": EMPTY},
    "InterruptionPolicy.transcript": {"self": EMPTY, "text": EMPTY, "now": EMPTY, "final": False},
    "InterruptionPolicy.poll": {"self": EMPTY, "now": EMPTY},
    "InterruptionPolicy.next_due": {"self": EMPTY},
    "PtsAllocator": {"sample_rate": EMPTY, "channels": 1, "layout": "v4", "version": 0},
    "PtsAllocator.allocate": {"self": EMPTY, "size": EMPTY, "is_end": False, "fields": EMPTY},
    "SessionParser": {"layout": "v4", "timeout": 0.5, "end_timeout": 0.2},
    "SessionParser.parse": {"self": EMPTY, "pts": EMPTY, "now": EMPTY},
    "PcmRawDataManager": {"sample_rate": EMPTY, "channels": 1},
    "StereoVad": {"left_config": None, "right_config": None, "engine": "silero"},
    "StereoVad.process": {"self": EMPTY, "frame": EMPTY},
    "VadDump.open": {"self": EMPTY},
    "VadDump.write": {"self": EMPTY, "frame": EMPTY, "vad_data": EMPTY, "vad_state": EMPTY, "segment": None},
    "VadDump.close": {"self": EMPTY, "segment": None},
    "AudioConsumer.push_pcm_data": {"self": EMPTY, "pcm": EMPTY, "round_id": None},
    "AudioConsumer.end_round": {"self": EMPTY, "round_id": None},
    "AudioConsumer.consume": {"self": EMPTY},
    "AudioConsumer.clear": {"self": EMPTY},
    "AudioConsumer.interrupt": {"self": EMPTY, "round_id": None, "decided_at": None},
    "AudioConsumer.is_push_to_rtc_completed": {"self": EMPTY},
    "AudioConsumer.pause": {"self": EMPTY},
    "AudioConsumer.resume": {"self": EMPTY},
    "AudioConsumer.len": {"self": EMPTY},
    "AudioConsumer.release": {"self": EMPTY},
    "Pacer": {"format": EMPTY, "config": None, "round_id": 0},
    "Pacer.push": {"self": EMPTY, "pcm": EMPTY, "round_id": None},
    "Pacer.due": {"self": EMPTY, "now": EMPTY},
    "Pacer.next_due": {"self": EMPTY},
    "Pacer.end_round": {"self": EMPTY, "round_id": None},
    "Pacer.pause": {"self": EMPTY, "now": EMPTY, "taken_back": 0},
    "Pacer.resume": {"self": EMPTY, "now": EMPTY},
    "Pacer.interrupt": {"self": EMPTY, "now": EMPTY, "taken_back": None, "next_round": None},
    "Rounds.next": {"self": EMPTY},
    "Rounds.interrupt": {"self": EMPTY, "round_id": None},
    "VadStream": {"config": None, "engine": "silero"},
    "VadStream.process": {"self": EMPTY, "frame": EMPTY},
    "SpeechDetector": {"format": EMPTY, "config": None, "engine": "silero", "channel": "mix"},
    "SpeechDetector.push": {"self": EMPTY, "pcm": EMPTY},
    "SpeechDetector.flush": {"self": EMPTY},
    "detect_speech": {"path_or_array": EMPTY, "format": None, "config": None, "engine": "silero", "channel": "mix"},
}
CONFIG = {
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
}


def named(dotted):
    found = aa
    for part in dotted.split("."):
        found = getattr(found, part)
    return found


def modules():
    """Every module of the package but the one that runs it."""
    names = (found.name for found in pkgutil.walk_packages(aa.__path__, "agora_audio."))
    return sorted(name for name in names if not name.endswith("__main__"))


def test_all_is_sorted_and_holds_nothing_twice():
    assert list(aa.__all__) == sorted(set(aa.__all__))


def test_all_is_complete():
    """Whatever the module imports, at once or when it is asked for, is public, and nothing else is."""
    assert all(hasattr(aa, name) for name in aa.__all__)
    there = {
        name
        for name, value in vars(aa).items()
        if not isinstance(value, types.ModuleType) and not (name.startswith("_") and name != "__version__")
    }
    assert there == set(aa.__all__)


def test_a_star_import_gives_all_of_it():
    space = {}
    exec("from agora_audio import *", space)
    assert set(space) - {"__builtins__"} == set(aa.__all__)


@pytest.mark.parametrize("name", sorted(set(aa.__all__) - {"__version__"}))
def test_a_public_name_is_documented_and_public_where_it_lives(name):
    found = getattr(aa, name)
    home = importlib.import_module(found.__module__)
    assert found.__module__.startswith("agora_audio.")
    assert getattr(home, name) is found
    assert name in home.__all__
    assert inspect.getdoc(found)


@pytest.mark.parametrize("name", modules())
def test_every_module_exports_what_it_says(name):
    module = importlib.import_module(name)
    exported = list(getattr(module, "__all__", []))
    assert len(set(exported)) == len(exported)
    for one in exported:
        assert hasattr(module, one)


@pytest.mark.parametrize("dotted", SIGNATURES)
def test_parameters_are_named_as_documented(dotted):
    parameters = inspect.signature(inspect.getattr_static(named(dotted), "__wrapped__", named(dotted))).parameters
    assert {name: one.default for name, one in parameters.items()} == {
        name: default for name, default in SIGNATURES[dotted].items() if name != "self" or "self" in parameters
    }
    assert list(parameters) == [name for name in SIGNATURES[dotted] if name != "self" or "self" in parameters]


def test_a_dump_takes_a_path():
    assert next(iter(inspect.signature(aa.VadDump).parameters)) == "path"


def test_the_config_has_the_documented_fields_and_defaults():
    fields = {
        field.name: getattr(aa.AudioVadConfigV2(), field.name) for field in dataclasses.fields(aa.AudioVadConfigV2)
    }
    assert {name: fields[name] for name in CONFIG} == CONFIG
    assert list(fields)[: len(CONFIG)] == list(CONFIG)  # also by position
    with pytest.raises(dataclasses.FrozenInstanceError):
        aa.AudioVadConfigV2().start_voice_prob = 3


def test_a_consumer_takes_a_sink_a_format_and_a_clock():
    parameters = inspect.signature(aa.AudioConsumer).parameters
    assert list(parameters)[:4] == ["sink", "sample_rate", "channels", "clock"]
    assert parameters["clock"].default is time.monotonic


def test_a_report_begins_with_the_documented_fields():
    names = [field.name for field in dataclasses.fields(aa.InterruptReport)]
    assert names[:6] == ["round_id", "dropped_bytes", "padding_bytes", "heard_ms", "text", "exact"]


def test_states_have_the_numbers_of_the_sdk():
    assert {state.name: state.value for state in aa.VadState} == {
        "NON_SPEAKING": 0,
        "START_SPEAKING": 1,
        "SPEAKING": 2,
        "STOP_SPEAKING": 3,
    }


def test_a_segment_has_six_times_and_is_ordered_by_two():
    segment = aa.Segment(1.0, 2.0, started_at=1.3)
    names = ("audio_start", "audio_end", "started_at", "ended_at")
    assert [getattr(segment, name) for name in names] == [1.0, 2.0, 1.3, 2.0]
    assert segment == aa.Segment(1.0, 2.0)
    assert aa.Segment(0.5, 9.0) < segment < aa.Segment(1.0, 2.1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        segment.start = 0.0


def test_attributes_that_calls_do_not_show():
    vad = aa.AudioVadV2()
    assert (list(vad.events), vad.segment) == ([], None)
    assert isinstance(aa.create_engine("energy").latency, int)
    state, data = vad.process(aa.AudioFrame(bytes(320), aa.AudioFormat(), voice_prob=0.0, rms_db=-127.0))
    assert (state, data) == (aa.VadState.NON_SPEAKING, b"")


def test_errors_are_one_tree():
    errors = [aa.ConfigError, aa.FormatError, aa.EngineUnavailable, aa.LiveError]
    assert all(issubclass(error, aa.AudioError) for error in errors)
    assert [issubclass(error, ValueError) for error in errors] == [True, True, False, False]


def test_the_version_is_that_of_the_distribution():
    from importlib.metadata import version

    assert aa.__version__ == version("agora-audio")


@pytest.mark.parametrize("name", modules())
def test_examples_in_the_documentation_are_true(name):
    module = importlib.import_module(name)
    names = {"AudioFormat": aa.AudioFormat, "AudioFrame": aa.AudioFrame, "np": importlib.import_module("numpy")}
    found = doctest.DocTestFinder(exclude_empty=True).find(module, name, extraglobs=names)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for example in found:
        runner.run(example, out=lambda text: pytest.fail(text))


MONO = aa.AudioFormat()


@pytest.mark.parametrize(
    "make",
    [
        aa.AudioVadV2,
        aa.VadStream,
        aa.StereoVad,
        aa.AudioVadManager,
        lambda config: aa.SpeechDetector(MONO, config, "energy"),
        lambda config: aa.detect_speech(bytes(320), config=config, engine="energy"),
        lambda config: aa.VadDump("nowhere", config),
    ],
)
@pytest.mark.parametrize("config", ["noisy", {"start_recognize_count": 3}, 3.5])
def test_a_config_of_another_type_is_refused_at_once(make, config):
    with pytest.raises(aa.ConfigError, match="must be an AudioVadConfigV2"):
        make(config)


@pytest.mark.parametrize("engine", [3.5, object(), ["silero"]])
@pytest.mark.parametrize(
    "make",
    [
        lambda engine: aa.SpeechDetector(MONO, None, engine),
        lambda engine: aa.VadStream(None, engine),
        lambda engine: aa.detect_speech(bytes(320), engine=engine),
        lambda engine: aa.ExternalAudioProcessor(vad_config=aa.AudioVadConfigV2(), engine=engine),
    ],
)
def test_an_engine_of_another_type_is_refused_at_once(make, engine):
    with pytest.raises(aa.ConfigError, match="must be one of"):
        make(engine)
