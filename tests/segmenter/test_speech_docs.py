"""The page about speech text is true: its examples, its table of options, what it says of defaults."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from agora_audio.segmenter.speech import speech_text
from agora_audio.segmenter.speech_config import SpeechText
from agora_audio.segmenter.summaries import SUMMARIES

PAGE = (Path(__file__).parents[2] / "docs" / "speech_text.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", PAGE.split("## Examples")[1], re.MULTILINE)
OPTIONS = re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", PAGE.split("## Options")[1], re.MULTILINE)


@pytest.mark.parametrize("source", BLOCKS)
def test_blocks_run(source):
    exec(source, {})


@pytest.mark.parametrize(("raw", "said"), EXAMPLES)
def test_examples_are_true(raw, said):
    assert speech_text(raw) == said


def test_there_are_examples():
    assert (len(BLOCKS), len(EXAMPLES)) == (3, 17)


def test_every_option_stands_there_with_its_choices():
    fields = {field.name: field for field in dataclasses.fields(SpeechText)}
    values = dict(OPTIONS)
    assert sorted(values) == sorted(fields)
    for name, field in fields.items():
        if "choices" in field.metadata:
            assert values[name] == ", ".join(f'`"{choice}"`' for choice in field.metadata["choices"])
    assert values["raw_tags"] == ", ".join(SpeechText().raw_tags)
    assert values["skip_tags"] == ", ".join(SpeechText().skip_tags)
    assert f"language of these sentences: {', '.join(sorted(SUMMARIES))};" in PAGE
