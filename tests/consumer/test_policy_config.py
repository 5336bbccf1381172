"""InterruptionConfig: defaults, ranges and their errors."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pytest

from agora_audio.consumer.policy_config import InterruptionConfig, InterruptionSettings
from agora_audio.errors import ConfigError


def test_the_defaults_are_those_of_the_documents():
    speaking = {"min_voice": 0.5, "min_words": 1, "pause_after": 0.0, "protect": 0.5}
    assert dataclasses.asdict(InterruptionConfig()) == {
        "mode": "both",
        "speaking": speaking,
        "thinking": {**speaking, "min_voice": 0.3},
        "resume_after": 1.0,
        "max_pause": 5.0,
        "asr_delay": 1.0,
        "partials": True,
        "backchannels": (),
        "backchannel_phrases": (),
        "interrupt_phrases": (),
    }


@pytest.mark.parametrize("name", ["min_voice", "pause_after", "protect"])
@pytest.mark.parametrize("value", [-0.001, 3600.1, math.nan, math.inf, "0.5", True, [0.5], 10**400])
def test_settings_are_seconds(name, value):
    with pytest.raises(ConfigError, match=f"{name} is .*, must be seconds, 0 to 3600"):
        InterruptionSettings(**{name: value})


@pytest.mark.parametrize("name", ["resume_after", "max_pause", "asr_delay"])
@pytest.mark.parametrize("value", [-0.001, 3600.1, math.nan, "1", False])
def test_times_are_seconds(name, value):
    with pytest.raises(ConfigError, match=f"{name} is .*, must be seconds, 0 to 3600"):
        InterruptionConfig(**{name: value})


def test_the_ends_of_the_ranges_and_none_are_taken():
    settings = InterruptionSettings(min_voice=3600, min_words=1000, pause_after=None, protect=np.float32(0.5))
    assert (settings.min_voice, settings.min_words, settings.pause_after, settings.protect) == (3600, 1000, None, 0.5)
    assert type(settings.min_voice) is type(settings.protect) is float
    assert InterruptionConfig(max_pause=None, resume_after=0).max_pause is None
    with pytest.raises(ConfigError, match="resume_after is None"):
        InterruptionConfig(resume_after=None)


@pytest.mark.parametrize("value", [0, -1, 1001, 1.0, "2", True, None])
def test_words_are_whole_numbers(value):
    with pytest.raises(ConfigError, match=r"min_words is .*, must be a whole number of 1 to 1000"):
        InterruptionSettings(min_words=value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mode": "vad"}, "mode is 'vad', must be 'voice', 'asr' or 'both'"),
        ({"mode": None}, "mode is None, must be"),
        ({"mode": ["voice"]}, r"mode is \['voice'\], must be"),
        ({"speaking": {"min_words": 2}}, "speaking is .*, must be an InterruptionSettings"),
        ({"thinking": None}, "thinking is None, must be an InterruptionSettings"),
        ({"partials": 1}, "partials is 1, must be True or False"),
        ({"backchannels": "en"}, "backchannels is 'en', must be a tuple of strings"),
        ({"backchannels": True}, "backchannels is True, must be a tuple of strings"),
        ({"backchannels": ("en", "xx")}, "backchannels holds 'xx'; there are lists for de, en, es"),
        ({"backchannel_phrases": ("a", 3)}, "backchannel_phrases is .*, must be a tuple of strings"),
        ({"interrupt_phrases": b"stop"}, "interrupt_phrases is b'stop', must be a tuple of strings"),
        ({"interrupt_phrases": ("stop", "!")}, "interrupt_phrases holds '!', in which there is no word"),
    ],
)
def test_wrong_values_are_said_in_a_line(values, message):
    with pytest.raises(ConfigError, match=message) as caught:
        InterruptionConfig(**values)
    assert "\n" not in str(caught.value)


def test_lists_of_a_language_are_found_by_its_tag():
    assert InterruptionConfig(backchannels=["en-US", "zh_Hant", "JA"]).backchannels == ("en", "zh", "ja")


def test_a_config_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        InterruptionConfig().mode = "asr"


def test_the_document_gives_every_parameter_with_its_default():
    """Rows of docs/interruption.md: parameter, one default or two."""
    text = (Path(__file__).parents[2] / "docs" / "interruption.md").read_text(encoding="utf-8")
    text = text[text.index("## Parameters") : text.index("## Words")]
    rows = {name: rest.split(" | ") for name, rest in re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)}
    config = InterruptionConfig()
    names = [spec.name for spec in dataclasses.fields(InterruptionConfig) if spec.name not in ("speaking", "thinking")]
    assert list(rows) == [spec.name for spec in dataclasses.fields(InterruptionSettings)] + names
    for name, cells in rows.items():
        owners = [config] if name in names else [config.speaking, config.thinking]
        values = [getattr(owner, name) for owner in owners]
        shown = [cell.strip("`").removesuffix(" s").replace("none", "()") for cell in cells[: len(owners)]]
        assert shown == [str(value) for value in values]
