"""Languages and abbreviations given as data."""

from __future__ import annotations

import json

import pytest

import agora_audio as aa
from agora_audio.segmenter.rules.abbreviations import ABBREVIATIONS, CLASSES
from agora_audio.segmenter.rules.languages import LANGUAGES, Language, language_for
from agora_audio.segmenter.rules.quotes import QUOTE_FAMILIES, QUOTE_PAIRS
from agora_audio.segmenter.rules.starters import STARTERS
from agora_audio.segmenter.rules.words import words
from tests.segmenter.cases import marked

SETS = words("am ar bg da de el en es fa fi fr he hi hy it ja kk ko ml mr my nl pa pl pt ru sk th tr uk ur zh")


@pytest.mark.parametrize("code", SETS)
def test_languages_of_the_public_sets_have_tables(code):
    assert code in LANGUAGES
    assert language_for(code).abbreviations


@pytest.mark.parametrize("code", ABBREVIATIONS)
def test_tables_are_well_formed(code):
    classes = ABBREVIATIONS[code]
    assert set(classes) <= set(CLASSES)
    for listed in classes.values():
        assert not any(word.endswith(".") for word in listed.split())


def test_starters_are_written_small():
    for listed in STARTERS.values():
        assert listed == listed.lower()


def test_quotes_are_pairs_of_known_marks():
    for pairs in QUOTE_PAIRS.values():
        assert all(len(pair) == 2 and set(pair) <= set(QUOTE_FAMILIES) for pair in pairs.split())


def test_more_abbreviations():
    text = "Ask Vik. Ono now. It is bof. Five of them."
    assert marked(text, "en") == "Ask Vik.│ Ono now.│ It is bof.│ Five of them."
    added = {"title": ["Vik."], "inner": "bof"}
    assert marked(text, "en", abbreviations=added) == "Ask Vik. Ono now.│ It is bof. Five of them."
    assert marked("Ask Vik. Ono now.", "en", abbreviations=["Vik"]) == "Ask Vik. Ono now."


def test_a_language_of_data():
    data = json.loads(
        """{"code": "tlh", "extends": "en", "abbreviations": {"title": ["joH"], "inner": "e.q"},
            "starters": ["wa'"], "quotes": "«»", "own_ends": "¶", "no_ends": "!", "sure_letters": 9}"""
    )
    assert marked("joH. Worf came¶ Good! Bad. «One. Two» Go.", data) == "joH. Worf came¶│ Good! Bad.│ «One. Two» Go."
    own = Language.from_dict(data)
    assert (own.code, own.sure_letters, own.quotes[0]) == ("tlh", 9, ("«", "»"))
    assert "mr" in own.abbreviations
    assert marked("joH. Worf came¶ Go", own) == "joH. Worf came¶│ Go"


def test_a_language_from_nothing_has_the_marks_alone():
    assert marked("Mr. Fox. Go! Now? Yes", {"code": "bare"}) == marked("Mr. Fox. Go! Now? Yes", Language("bare"))
    assert marked("Uncle. Fox. Go! Now? Yes", {"code": "bare"}) == "Uncle.│ Fox.│ Go!│ Now?│ Yes"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"code": "x", "abreviations": {}}, "language has no field 'abreviations', known are abbreviations, code"),
        ({"code": 3}, "code is 3, must be of type str"),
        ({"code": "x", "ordinal_dots": 1}, "ordinal_dots is 1, must be of type bool"),
        ({"code": "x", "sure_letters": True}, "sure_letters is True, must be of type int"),
        ({"code": "x", "quotes": "«»«"}, "quotes is '«»«', must be pairs of marks such as"),
        ({"code": "x", "starters": 3}, "starters is 3, must be words, as a list or as one text"),
        ({"code": "x", "abbreviations": {"titles": "a"}}, "abbreviation class is 'titles', must be one of title"),
        ({"starters": "a"}, "language has no code: name it, or the language that it extends"),
        ({"code": "x", "sure_letters": 0}, "sure_letters is 0, must be at least 1"),
        ({"code": "x", "own_ends": "ab"}, "own_ends is 'ab', must be marks of punctuation such as"),
        ({"code": "x", "no_ends": " "}, "no_ends is ' ', must be marks of punctuation such as"),
        ({"code": "x", "quotes": ["ab"]}, r"quotes is \['ab'\], must be pairs of marks such as"),
        ({"code": "x", "abbreviations": {"title": ["."]}}, r"abbreviations, class title, is \['\.'\], must be words"),
        ({"code": "x", "extends": "?"}, r"language is '\?', must be a code"),
    ],
)
def test_wrong_data(data, message):
    with pytest.raises(aa.ConfigError, match=message):
        aa.TextSegmenter(data)


def test_quotes_may_be_pairs():
    assert Language.from_dict({"code": "x", "quotes": [["«", "»"], "“”"]}).quotes == (("«", "»"), ("“", "”"))


def test_language_data_must_be_a_mapping():
    with pytest.raises(aa.ConfigError, match=r"language is \[\], must be a mapping with a code"):
        Language.from_dict([])
