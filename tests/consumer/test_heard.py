"""What was heard: by the words of the TTS, by the length of the sound, and not a word too many."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.consumer.heard import TextMarks, WordTime
from agora_audio.errors import ConfigError, FormatError

SECOND = 1000  # bytes: then a byte is a millisecond


def heard(marks, milliseconds, pushed, ended=True):
    return marks.heard(milliseconds, pushed, ended, SECOND)[0]


def marked(*texts):
    """Marks of ``(text, begin in ms, words)``."""
    marks = TextMarks()
    for text, begin, *words in texts:
        marks.add(text, begin, *words)
    return marks


WORDS = [("Hello,", 0.0, 0.4), ("dear", 0.5, 0.7), ("world", 0.7, 1.0)]


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, ""),
        (399, ""),
        (400, "Hello,"),
        (699, "Hello,"),
        (700, "Hello, dear"),
        (999, "Hello, dear"),
        (1000, "Hello, dear world!"),
        (1199, "Hello, dear world!"),
        (1200, "Hello, dear world!"),
    ],
)
def test_a_word_is_heard_when_it_has_ended(milliseconds, text):
    assert heard(marked(("Hello, dear world!", 0, WORDS)), milliseconds, 1200) == text


def test_words_may_be_written_without_their_punctuation():
    words = [WordTime("Hello", 0.0, 0.4), WordTime("dear", 0.5, 0.7)]
    assert heard(marked(("Hello, dear world!", 0, words)), 500, 1200) == "Hello,"


def test_a_word_that_the_text_does_not_hold_says_nothing():
    words = [("the", 0.0, 0.1), ("fifth", 0.1, 0.3), ("of", 0.3, 0.4), ("May", 0.4, 0.6)]
    marks = marked(("the 5th of May", 0, words))
    assert [heard(marks, ms, 700) for ms in (100, 300, 400, 600)] == ["the", "the", "the 5th of", "the 5th of May"]


def test_the_same_word_twice_is_found_twice():
    words = [("no", 0.0, 0.1), ("no", 0.2, 0.3), ("no", 0.4, 0.5)]
    marks = marked(("no no no", 0, words))
    assert [heard(marks, ms, 600) for ms in (150, 300, 599)] == ["no", "no no", "no no no"]


def test_words_of_chinese_are_characters():
    words = [("你", 0.0, 0.2), ("好", 0.2, 0.4), ("世", 0.4, 0.6), ("界", 0.6, 0.8)]
    marks = marked(("你好，世界。", 0, words))
    assert [heard(marks, ms, 900) for ms in (200, 400, 600, 800)] == ["你", "你好，", "你好，世", "你好，世界。"]


def test_without_words_the_length_of_the_sound_is_shared_out():
    marks = marked(("aaaa bbbb cccc dddd", 0))
    assert [heard(marks, ms, 1000) for ms in (0, 249, 250, 500, 999, 1000)] == [
        *("", "", "aaaa", "aaaa bbbb", "aaaa bbbb cccc", "aaaa bbbb cccc dddd")
    ]
    assert marks.heard(500, 1000, True, SECOND)[1] == "length"


def test_characters_without_spaces_are_shared_out_one_by_one():
    marks = marked(("今天天气很好。", 0))
    assert [heard(marks, ms, 600) for ms in (99, 100, 300, 600)] == ["", "今", "今天天", "今天天气很好。"]


def test_sound_that_is_still_to_come_is_reckoned_with():
    """A sentence of three seconds, of which the first tenth has come and been heard: not all of it was."""
    marks = marked(("one two three four five six seven eight nine ten", 0))
    assert heard(marks, 300, 300, ended=False) == "one"
    assert heard(marks, 300, 300, ended=True) == "one two three four five six seven eight nine ten"


def test_the_pace_of_the_texts_before_tells_how_long_the_next_will_be():
    slow = marked(("aaaa bbbb", 0), ("cccc dddd", 4000))
    assert heard(slow, 4000 + 1900, 4000 + 1900, ended=False) == "aaaa bbbb"
    assert heard(slow, 4000 + 2000, 4000 + 2000, ended=False) == "aaaa bbbb cccc"


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        (("One.", "Two."), "One. Two."),
        (("One. ", "Two."), "One. Two."),
        (("One.", " Two."), "One. Two."),
        (("你好。", "世界。"), "你好。世界。"),
        (("One.", "你好。", "Two."), "One.你好。Two."),
        (("One.", "", "Two."), "One. Two."),
    ],
)
def test_texts_are_joined_as_they_are_written(texts, joined):
    marks = marked(*((text, 100 * k) for k, text in enumerate(texts)))
    assert heard(marks, 100 * len(texts), 100 * len(texts)) == joined


def test_a_text_without_sound_is_passed_when_its_place_is():
    marks = marked(("Hi.", 0), ("\N{WAVING HAND SIGN}", 500), ("Bye.", 500))
    assert [heard(marks, ms, 1000) for ms in (400, 1000)] == ["", "Hi. \N{WAVING HAND SIGN} Bye."]


def test_which_says_where_the_words_come_from():
    both = marked(("Hello", 0, [("Hello", 0.0, 0.5)]), ("world", 500))
    assert [both.heard(ms, 1000, True, SECOND)[1] for ms in (400, 900)] == ["words", "length"]
    assert TextMarks().heard(400, 1000, True, SECOND) == ("", "none")


def test_word_times_may_come_after_the_sound():
    marks = marked(("Hello world", 0))
    marks.add_words([("Hello", 0.0, 0.2)])
    marks.add_words([("world", 0.2, 0.9)])
    assert marks.heard(300, 1000, True, SECOND) == ("Hello", "words")


def test_a_round_that_never_ends_does_not_grow_for_ever():
    marks = marked(*((f"text {k}.", k) for k in range(3000)))
    assert heard(marks, 3000, 3000).startswith("text 2000. text 2001.")


@given(st.text("ab 你,.", max_size=30), st.integers(0, 1000), st.integers(0, 1000))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_what_was_heard_is_a_beginning_and_only_grows(text, one, other):
    marks = marked((text, 0))
    earlier, later = (heard(marks, ms, 1000) for ms in sorted((one, other)))
    assert later.startswith(earlier)
    assert text.startswith(later)
    assert heard(marks, 1000, 1000) == text


@pytest.mark.parametrize("times", [(-0.1, 0.2), (0.3, 0.2), (0.0, math.inf), (math.nan, 1.0), ("0", 1.0), (None, 1)])
def test_times_of_a_word_are_in_order(times):
    with pytest.raises(ConfigError, match=r"the word 'hi' is from .*, must be 0 <= start <= end"):
        WordTime("hi", *times)


@pytest.mark.parametrize("words", [3, [3], [("a",)], ["abcd"], [("a", 0, 1, 2)]])
def test_words_of_another_form_are_refused(words):
    with pytest.raises(FormatError, match="words are"):
        TextMarks().add("a", 0, words)


def test_a_text_is_text_and_words_need_one():
    with pytest.raises(FormatError, match="text is a bytes, must be a str"):
        TextMarks().add(b"a", 0)
    with pytest.raises(ConfigError, match="text of a word"):
        WordTime(b"a", 0, 1)
    with pytest.raises(FormatError, match="call mark_text first"):
        TextMarks().add_words([("a", 0, 1)])
