"""Decisions over arrays: equal to the machine that decides in a call, frame by frame, by both kernels."""

from __future__ import annotations

import dataclasses
import os
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.errors import ConfigError, FormatError
from agora_audio.frames import AudioFormat, AudioFrame
from agora_audio.lab import decide
from agora_audio.lab.decide import Decider, Rules, kernel_in_use
from agora_audio.lab.features import Features
from agora_audio.lab.metrics import intervals_of
from agora_audio.vad.audio_vad import AudioVadV2
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.state_machine import Phase, VadState, VadStateMachine

CONFIGS = int(os.environ.get("AGORA_AUDIO_SWEEP_CONFIGS", "200"))
KERNELS = ["numpy", pytest.param("numba", marks=pytest.mark.skipif(kernel_in_use() != "numba", reason="no numba"))]


def conversation(seed, frames=1500, rate=16000):
    """Labels that go up and down at random, with probabilities and levels on, above and below whole numbers."""
    rng = np.random.default_rng(seed)
    speech = np.repeat(rng.random(frames // 20 + 1) < 0.5, rng.integers(1, 80, frames // 20 + 1))[:frames]
    speech = np.pad(speech, (0, frames - len(speech)))
    voice_prob = np.clip(np.where(speech, 0.8, 0.2) + rng.normal(0, 0.25, frames), 0, 1)
    rms_db = np.clip(np.where(speech, -40.0, -58.0) + rng.normal(0, 9, frames), -127, 0)
    coarse = rng.random(frames) < 0.5
    voice_prob[coarse] = np.round(voice_prob[coarse], 2) + 0.005 * rng.integers(-1, 2, coarse.sum())
    rms_db[coarse] = np.round(2 * rms_db[coarse]) / 2
    return Features(AudioFormat(rate), np.clip(voice_prob, 0, 1), np.clip(rms_db, -127, 0))


def some_config(draw, algorithm):
    start, stop = draw.choice([1, 2, draw.randint(3, 70)]), draw.choice([1, 2, draw.randint(3, 130)])
    values = {
        "pre_start_recognize_count": draw.choice([0, draw.randint(0, 40)]),
        "start_recognize_count": start,
        "stop_recognize_count": stop,
        "active_percent": draw.choice([0.0, 1.0, draw.random()]),
        "inactive_percent": draw.choice([0.0, 1.0, draw.random()]),
        "start_voice_prob": draw.choice([0, 100, draw.randint(30, 90), draw.randint(0, 100)]),
        "stop_voice_prob": draw.choice([0, 100, draw.randint(20, 80), draw.randint(0, 100)]),
        "start_rms_threshold": draw.choice([-127, -50, draw.randint(-70, -30), draw.randint(-127, 0)]),
        "stop_rms_threshold": draw.choice([-127, -50, draw.randint(-70, -30), draw.randint(-127, 0)]),
        "algorithm": algorithm,
        "adaptive_rms": draw.random() < 0.5,
        "adaptive_factor": draw.choice([0.67, 0.0, 2.0, draw.uniform(0.4, 1.2)]),
        "adaptive_floor": draw.random() < 0.5,
        "min_speech": draw.choice([0.0, draw.choice([0.05, 0.29, 0.6, 1.5])]),
    }
    shortest = values["pre_start_recognize_count"] + start + 100 * values["min_speech"] + 2
    values["max_speech"] = draw.choice([None, shortest / 100 + draw.choice([0.0, 0.01, 0.5, 2.0])])
    return AudioVadConfigV2(**values)


def stepped(features, config):
    """States and segments as `VadStateMachine` gives them, with all six times."""
    machine = VadStateMachine(config, features.format)
    states, segments = [], []
    for probability, level in zip(features.voice_prob.tolist(), features.rms_db.tolist(), strict=True):
        states.append(machine.step(probability, level))
        if states[-1] is VadState.STOP_SPEAKING:
            segments.append(machine.segment)
    if machine.flush() is VadState.STOP_SPEAKING:
        segments.append(machine.segment)
    return states, [segment.to_dict() for segment in segments]


def differences(algorithm, kernel, configs, seed=0):
    """Of so many random configs those that are not decided as the machine decides; and how many segments there were."""
    draw = random.Random(seed)
    different, segments = [], 0
    deciders = [
        Decider(conversation(seed + number, 1200 + number, rate), kernel)
        for number, rate in enumerate([16000, 22050, 8000, 44100])
    ]
    for _ in range(configs):
        config, decider = some_config(draw, algorithm), draw.choice(deciders)
        states, wanted = stepped(decider.features, config)
        found = decider.decide(config)
        segments += len(wanted)
        if found.states.tolist() != states or [one.to_dict() for one in found.segments] != wanted:
            different.append(config)
    return different, segments


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("algorithm", AudioVadConfigV2.ALGORITHMS)
def test_random_configs_are_decided_as_in_a_call_frame_by_frame(algorithm, kernel):
    different, segments = differences(algorithm, kernel, CONFIGS)
    assert different == []
    assert segments > 3 * CONFIGS  # there was something to decide


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    "field", ["active_needed", "inactive_needed", "capacity", "start_db", "stop_prob", "min_frames"]
)
def test_a_planted_off_by_one_is_caught(field, kernel, monkeypatch):
    right = Rules.of

    def wrong(config):
        rules = right(config)
        return rules._replace(**{field: getattr(rules, field) + 1})

    monkeypatch.setattr(decide.Rules, "of", wrong)
    different, _ = differences("percent", kernel, 80)
    assert different


def stepped_thresholds(features, config):
    """What `VadStateMachine` has in force before each frame, and how many starts it never announced."""
    machine = VadStateMachine(config, features.format)
    thresholds, dropped = [], 0
    for probability, level in zip(features.voice_prob.tolist(), features.rms_db.tolist(), strict=True):
        before = machine.phase
        thresholds.append(machine.effective_thresholds[before is not Phase.IDLE])
        machine.step(probability, level)
        dropped += before is Phase.PENDING and machine.phase is Phase.IDLE
    return thresholds, dropped


@pytest.mark.parametrize("algorithm", AudioVadConfigV2.ALGORITHMS)
def test_thresholds_are_those_in_force_in_a_call_also_for_starts_that_are_never_announced(algorithm):
    draw, unannounced, values = random.Random(5), 0, set()
    deciders = [Decider(conversation(seed, 1100 + seed)) for seed in range(4)]
    for _ in range(CONFIGS // 2):
        config, decider = some_config(draw, algorithm), draw.choice(deciders)
        wanted, dropped = stepped_thresholds(decider.features, config)
        decisions, thresholds = decider.decide_with_thresholds(config)
        assert thresholds.tolist() == wanted, config
        assert np.array_equal(decisions.spans, decider.decide(config).spans)
        unannounced += dropped
        values.update(wanted)
    assert unannounced > CONFIGS // 10
    assert len(values) > 40


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_sound_that_is_handed_out_is_that_of_audio_vad_v2(kernel):
    features = conversation(7, 900)
    config = AudioVadConfigV2(start_recognize_count=12, stop_recognize_count=20, adaptive_rms=True, min_speech=0.3)
    vad, states, heard = AudioVadV2(config), [], []
    for number, labels in enumerate(zip(features.voice_prob.tolist(), features.rms_db.tolist(), strict=True)):
        state, data = vad.process(AudioFrame(number.to_bytes(2, "little") * 160, features.format, 0.0, *labels))
        states.append(state)
        heard += np.frombuffer(data, "<u2")[::160].tolist()
    found = Decider(features, kernel).decide(config)
    assert found.states.tolist() == states
    spans = (found.intervals("sound") * 100).round().astype(int).tolist()
    assert heard == [frame for first, last in spans for frame in range(first, last)]
    assert len(spans) > 3


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=60, deadline=None)
@given(
    marks=st.text("V.v", max_size=140),
    start=st.integers(1, 70),
    stop=st.integers(1, 70),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    wait=st.floats(0, 0.4),
    algorithm=st.sampled_from(AudioVadConfigV2.ALGORITHMS),
)
def test_streams_of_any_length(kernel, marks, start, stop, shares, wait, algorithm):
    voice_prob = np.array([{"V": 1.0, "v": 0.6, ".": 0.0}[mark] for mark in marks])
    rms_db = np.where(voice_prob > 0.5, -20.0, -80.0)
    config = AudioVadConfigV2(
        4, start, stop, *shares, algorithm=algorithm, stop_voice_prob=50, min_speech=wait, adaptive_rms=True
    )
    features = Features(AudioFormat(), voice_prob, rms_db)
    found = Decider(features, kernel).decide(config)
    states, wanted = stepped(features, config)
    assert (found.states.tolist(), [one.to_dict() for one in found.segments]) == (states, wanted)


@pytest.mark.parametrize("kernel", KERNELS)
def test_times_are_those_of_the_segments(kernel):
    found = Decider(conversation(3, 1500, 22050), kernel).decide(AudioVadConfigV2(start_recognize_count=5))
    for kind in ("speech", "sound", "decided"):
        assert np.array_equal(found.intervals(kind), intervals_of(found.segments, kind))
    with pytest.raises(ConfigError, match="kind is 'times', must be one of speech, sound, decided"):
        found.intervals("times")


@pytest.mark.parametrize(
    ("voice_prob", "rms_db"), [(1.5, -20.0), (-0.1, -20.0), (np.nan, -20.0), (0.5, 0.1), (0.5, -128.0)]
)
def test_labels_out_of_range_are_refused(voice_prob, rms_db):
    features = Features(AudioFormat(), np.array([0.5, voice_prob]), np.array([-20.0, rms_db]))
    with pytest.raises(FormatError, match=r"labels of frame 1 are voice_prob=.*: must be 0 to 1, and -127 to 0 dBFS"):
        Decider(features)


def test_which_kernel_decides(monkeypatch):
    assert kernel_in_use("numpy") == "numpy"
    monkeypatch.setattr(decide, "find_spec", lambda name: None)
    assert kernel_in_use() == kernel_in_use("numba") == "numpy"
    assert Decider(conversation(1), "numba").kernel == "numpy"
    with pytest.raises(ConfigError, match="kernel is 'cython', must be auto, numba or numpy"):
        kernel_in_use("cython")


def test_a_config_is_a_config():
    with pytest.raises(ConfigError, match="config is 'noisy', must be an AudioVadConfigV2"):
        Decider(conversation(1)).decide("noisy")


def test_every_field_that_moves_the_machine_is_in_the_rules():
    ignored = {"provisional_count"}  # events alone
    base = AudioVadConfigV2()
    for field in dataclasses.fields(AudioVadConfigV2):
        if field.name in ignored:
            continue
        value = getattr(base, field.name)
        other = {"algorithm": "consecutive", "max_speech": 9.0}.get(field.name)
        if other is None:
            other = not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else value / 2 + 0.1
        assert Rules.of(dataclasses.replace(base, **{field.name: other})) != Rules.of(base), field.name
