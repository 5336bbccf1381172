"""Words counted in every script, and lists of phrases compared with transcripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.consumer.backchannels import BACKCHANNELS, PhraseSet, backchannels_of
from agora_audio.consumer.words import count, count_words, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        (" \n\t", 0),
        ("... ?! — 👍", 0),
        ("stop", 1),
        ("Stop! Now.", 2),
        ("I don't know", 3),
        ("rock 'n' roll", 3),
        ("3 o’clock", 2),
        ("room 101", 2),
        ("Übermäßig schön", 2),
        ("да, конечно", 2),
        ("नमस्ते जी", 2),  # vowel signs are marks
        ("می‌خواهم بروم", 2),  # joined without a space
        ("그건 아니에요", 2),
        ("停", 1),
        ("好的", 1),
        ("等一下", 2),
        ("等一下，我想问一个问题", 5),
        ("ＯＫ", 1),
        ("OK停一下", 3),
        ("はい", 1),
        ("ﾊｲ", 1),  # half width
        ("ちょっと待って", 3),
        ("わかりました", 2),
        ("𠮷𠮷𠮷𠮷", 2),  # beyond the basic plane
        ("ครับ", 1),
        ("หยุดก่อน", 2),  # vowels and tones above and below are marks
        ("ຢຸດກ່ອນ", 2),
        ("ឈប់សិន", 1),
        ("ရပ်ပါ", 1),
    ],
)
def test_words_of_every_script(text, words):
    assert count_words(text) == words


def test_tokens_are_words_and_letters_in_lower_case():
    assert tokens("Uh-huh, STRASSE Straße 好的! don’t") == ["uh", "huh", "strasse", "strasse", "好", "的", "don't"]
    assert tokens("ก่อน") == ["ก่", "อ", "น"]  # a tone belongs to its letter


@given(st.text(), st.text())
def test_texts_that_follow_one_another_have_the_words_of_both(one, other):
    assert tokens(f"{one}. {other}") == tokens(one) + tokens(other)
    assert 0 <= count_words(one) + count_words(other) - count_words(f"{one}. {other}") <= 1
    assert count_words(one) <= len(tokens(one))
    assert (count_words(one) == 0) == (tokens(one) == [])
    assert all(tokens(one))
    assert count(tokens(one)) == count_words(one)


@given(st.text())
def test_tokens_of_tokens_are_the_same(text):
    assert tokens(" ".join(tokens(text))) == tokens(text)


PHRASES = PhraseSet(["okay", "Uh-huh", "i see", "嗯", "好的", "..."])


@pytest.mark.parametrize(
    ("text", "covered", "unfinished"),
    [
        ("", False, False),
        ("okay", True, True),
        ("OKAY, okay! Uh huh.", True, True),
        ("okay then", False, False),
        ("then okay", False, False),
        ("uh", False, True),
        ("okay uh", False, True),
        ("uh okay", False, False),
        ("I", False, True),
        ("I see", True, True),
        ("see", False, False),
        ("嗯嗯，好的", True, True),
        ("嗯好", False, True),
        ("好", False, True),
        ("的", False, False),
        ("不好的", False, False),
    ],
)
def test_phrases_cover_what_is_made_of_them(text, covered, unfinished):
    assert PHRASES.covers(tokens(text)) is covered
    assert PHRASES.covers(tokens(text), unfinished=True) is unfinished


@pytest.mark.parametrize(
    ("text", "occurs"),
    [
        ("", False),
        ("it is okay now", True),
        ("i really see", False),
        ("so I see.", True),
        ("不好的", True),
        ("不", False),
    ],
)
def test_phrases_occur_anywhere(text, occurs):
    assert PHRASES.occurs_in(tokens(text)) is occurs


def test_no_phrases_cover_nothing():
    assert not PhraseSet([]).covers(["a"])
    assert not PhraseSet([]).occurs_in(["a"])


@pytest.mark.parametrize("language", BACKCHANNELS)
def test_lists_are_made_of_words_and_cover_themselves(language):
    phrases = BACKCHANNELS[language]
    assert len({tuple(tokens(phrase)) for phrase in phrases}) == len(phrases)
    covered = PhraseSet(backchannels_of([language]))
    assert all(covered.covers(tokens(phrase)) for phrase in phrases)
    assert covered.covers(tokens(f"{phrases[0]}, {phrases[-1]}."))


@pytest.mark.parametrize(
    ("language", "refusals"),
    [
        ("de", ["nein", "halt", "warte", "stopp", "nee", "moment"]),
        ("en", ["no", "stop", "wait", "uh-uh", "nope", "hold on", "what", "enough", "hello", "okay stop"]),
        ("es", ["no", "para", "espera", "basta", "ya"]),
        ("fr", ["non", "arrête", "attends", "stop", "quoi"]),
        ("hi", ["नहीं", "रुको", "बस", "ruko", "nahin"]),
        ("it", ["no", "basta", "aspetta", "fermati"]),
        ("ja", ["いいえ", "いや", "待って", "ちょっと", "違う", "ううん", "やめて"]),
        ("ko", ["아니", "아니요", "잠깐", "그만", "잠시만요"]),
        ("pt", ["não", "para", "espera", "chega"]),
        ("ru", ["нет", "стой", "подожди", "хватит"]),
        (
            "zh",
            [
                "不",
                "不是",
                "不对",
                "不好",
                "停",
                "等等",
                "等一下",
                "够了",
                "好了",
                "别说了",
                "可以了",
                "行了",
                "是不是",
            ],
        ),
    ],
)
def test_refusals_are_no_backchannels(language, refusals):
    covered = PhraseSet(backchannels_of([language]))
    assert [phrase for phrase in refusals if covered.covers(tokens(phrase))] == []
