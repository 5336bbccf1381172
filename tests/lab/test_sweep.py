"""Scores of configs over recordings: what lab eval says of the same sound and config."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import agora_audio as aa
from agora_audio.errors import FormatError
from agora_audio.lab.decide import Decider
from agora_audio.lab.features import features_of
from agora_audio.lab.labels import read_labels
from agora_audio.lab.metrics import intervals_of
from agora_audio.lab.recordings import LabelSet, pair_up, read_label_set
from agora_audio.lab.scoring import find_speech, score_pair
from agora_audio.lab.sweep import Recording, score_config, sweep
from agora_audio.vad.config import PRESETS, AudioVadConfigV2
from tests.lab.talks import talk
from tests.vad.pieces import TEST_DATA

DIALOGUE, REFERENCE = TEST_DATA / "dialogue_16k.wav", TEST_DATA / "dialogue_16k.json"


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("kernel", ["auto", "numpy"])
def test_scores_are_those_of_lab_eval(preset, kernel):
    with aa.open_audio(DIALOGUE) as reader:
        features = features_of(reader, reader.format, "webrtc")
    recording = Recording(
        "dialogue", Decider(features, kernel), intervals_of(r.segment for r in read_labels(REFERENCE))
    )
    found = score_config([recording], PRESETS[preset], collar=0.1, pause=0.3).values()
    with aa.open_audio(DIALOGUE) as reader:
        labels = find_speech(reader, reader.format, PRESETS[preset], "webrtc", [None])
    (pair,) = pair_up(read_label_set([REFERENCE]), LabelSet({"dialogue_16k": labels}))
    expected = score_pair(pair, 0.1, 0.3).values()
    assert found == {**expected, "auc": None}  # no config changes it


def test_a_sweep_scores_each_config_over_all_recordings():
    recordings = [talk("a", 1), talk("b", 2)]
    configs = [AudioVadConfigV2(), AudioVadConfigV2(inactive_percent=1.0)]
    found = list(sweep(recordings, configs))
    assert [config for config, _ in found] == configs
    counts = [scores.values()["splits"] for _, scores in found]
    assert counts[0] > counts[1] == 0  # half of half a second is less than a pause
    both = [score_config([one], configs[0]).values()["splits"] for one in recordings]
    assert counts[0] == sum(both) > 10


def test_what_is_scored():
    recording = talk("a", 1)
    uem = np.array([[0.0, recording.reference[0, 1]]])
    assert score_config([replace(recording, uem=uem)], AudioVadConfigV2()).values()["utterances"] == 1


def test_errors_name_the_recording():
    broken = replace(talk("monday", 1), reference=np.array([[3.0, 1.0]]))
    with pytest.raises(FormatError, match=r"monday: reference\[0\] is 3 to 1"):
        score_config([broken], AudioVadConfigV2())
