"""SpeechText: defaults, what is refused and how it is said."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

import agora_audio as aa
from agora_audio.segmenter.speech_config import SpeechText


def test_the_defaults():
    config = SpeechText()
    names = ("code", "table", "bullets", "url", "mail", "images", "emoji", "latex", "citations", "match_case", "hold")
    assert [getattr(config, name) for name in names] == [
        "summarise", "say", "skip", "host", "keep", "alt", "skip", "keep", "skip", "smart", 300,
    ]  # fmt: skip
    assert (config.markdown, config.html, config.pronunciation, config.line_break) == (True, True, {}, "\n")


def test_it_is_frozen_and_a_value():
    config = SpeechText(code="skip", pronunciation={"a": "b"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.code = "say"
    assert config == SpeechText(code="skip", pronunciation={"a": "b"}) != SpeechText()
    assert hash(config) == hash(dataclasses.replace(config))
    assert pickle.loads(pickle.dumps(config)) == copy.deepcopy(config) == config
    assert dataclasses.asdict(config)["pronunciation"] == {"a": "b"}


def test_the_callers_table_may_change_afterwards():
    table = {"a": "b"}
    config = SpeechText(pronunciation=table)
    table["c"] = "d"
    assert config.pronunciation == {"a": "b"}


def test_names_of_tags_and_languages_in_any_form():
    config = SpeechText(keep_tags=["<Break/>", "x"], language="ZH_cn")
    assert (config.keep_tags, config.language) == (("break", "x"), "zh")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"code": "drop"}, "code is 'drop', must be one of 'summarise', 'say', 'skip'"),
        ({"emoji": True}, "emoji is True, must be one of"),
        ({"table": None}, "table is None, must be one of 'say', 'pairs'"),
        ({"markdown": "no"}, "markdown is 'no', must be True or False"),
        ({"html": 1}, "html is 1, must be True or False"),
        ({"keep_tags": "break"}, "keep_tags is 'break', must be a list of names"),
        ({"raw_tags": 3}, "raw_tags is 3, must be a list of names"),
        ({"skip_tags": [""]}, "skip_tags is .*, must be a list of names"),
        ({"pronunciation": [("a", "b")]}, "pronunciation is .*, must map words to what is said"),
        ({"pronunciation": {"": "b"}}, "pronunciation has '': 'b', must map words"),
        ({"pronunciation": {" a": "b"}}, "pronunciation has ' a': 'b', must map words"),
        ({"pronunciation": {"a": 3}}, "pronunciation has 'a': 3, must map words"),
        ({"language": "xx"}, "language is 'xx', must be None or one of en, zh"),
        ({"language": 3}, "language is 3, must be None or one of"),
        (
            {"code_template": "{line}"},
            r"code_template is '\{line\}', must hold no other fields than \{language\}, \{lines\}",
        ),
        ({"code_template": "{lines.real}"}, "must hold no other fields"),
        ({"code_template": "{lines!r}"}, "must hold no other fields"),
        ({"code_template": "{"}, "code_template is '{', must be text that may hold"),
        ({"table_template": 3}, "table_template is 3, must be text that may hold"),
        ({"table_template": "{}"}, "must hold no other fields"),
        ({"line_break": None}, "line_break is None, must be text"),
        ({"hold": 15}, "hold is 15, must be a whole number of 16 to 10000"),
        ({"hold": 20.5}, "hold is 20.5, must be"),
        ({"hold": True}, "hold is True, must be"),
    ],
)
def test_a_wrong_value_is_named(values, said):
    with pytest.raises(aa.ConfigError, match=said):
        SpeechText(**values)


def test_it_is_public():
    assert (aa.SpeechText, aa.speech_text("**a**", aa.SpeechText())) == (SpeechText, "a")
