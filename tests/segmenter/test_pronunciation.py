"""Pronunciations: whole words, the longest first, case, scripts without spaces, tags, and any cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.segmenter.pronunciation import Pronouncer
from agora_audio.segmenter.speech import SpeechFilter, SpeechStream, speech_text
from agora_audio.segmenter.speech_config import SpeechText
from tests.segmenter.test_speech import thorough

TABLE = {
    "SQL": "sequel", "nginx": "engine x", "New York": "N Y",
    "New York City": "the City", "US": "U S", "C++": "C plus plus",
    ".NET": "dot net", "重庆": "虫庆", "重": "zhòng", "東京": "とうきょう",
    "서울": "Seoul", "café": "ka-fay", "a b c d": "alphabet",
    "हिन्दी": "Hindi",
}  # fmt: skip


def pronounced(pieces, table=TABLE, match_case="smart"):
    pronouncer = Pronouncer(table, match_case)
    return "".join([pronouncer.feed(piece) for piece in pieces]) + pronouncer.flush()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SQL, (SQL) SQL's SQL-like", "sequel, (sequel) sequel's sequel-like"),
        ("MySQL SQL2 SQL_x SQLs xSQL", "MySQL SQL2 SQL_x SQLs xSQL"),
        ("nginx Nginx NGINX enginx", "engine x engine x engine x enginx"),
        ("US us Us", "U S us Us"),
        ("New York, New York City, New Yorker", "N Y, the City, New Yorker"),
        ("C++ and .NET, ASP.NET", "C plus plus and dot net, ASPdot net"),
        ("去重庆很重要", "去虫庆很zhòng要"),
        ("東京へ", "とうきょうへ"),
        ("서울에서 그리고 대서울", "Seoul에서 그리고 대서울"),
        ("café cafés cafe\u0301 CAFÉ", "ka-fay cafés cafe\u0301 ka-fay"),
        ("हिन्दी है हिन्दीका", "Hindi है हिन्दीका"),
        ("a b c d a b c e", "alphabet a b c e"),
        ("SQL", "sequel"),
        ("", ""),
    ],
)
def test_a_word_is_whole_and_the_longest_first(text, said):
    assert pronounced([text]) == said
    assert pronounced(text) == said


@given(
    st.lists(st.sampled_from([*TABLE, " ", "s", "'s", ".", "New", "York", "Y", "S", "+", "重", "a ", "b ", "\n"])).map(
        "".join
    ),
    st.data(),
)
@thorough
def test_any_cut_gives_the_same(text, data):
    at = data.draw(st.integers(0, len(text)))
    assert pronounced([text[:at], text[at:]]) == pronounced(text) == pronounced([text])


def test_a_replacement_is_not_looked_at_again():
    assert pronounced("a b", {"a": "b", "b": "a"}) == "b a"
    assert pronounced("aa", {"aa": "a a", "a": "x"}) == "a a"
    assert pronounced("一一", {"一": "一一"}) == "一一一一"


@pytest.mark.parametrize(
    ("match_case", "said"), [("smart", "S s s n n"), ("always", "S s Sql Nginx n"), ("never", "s s s n n")]
)
def test_case(match_case, said):
    table = {"SQL": "S", "sql": "s", "nginx": "n"}
    assert pronounced(["SQL sql Sql Nginx nginx"], table, match_case) == said


def test_it_says_what_it_can_at_once():
    pronouncer = Pronouncer(TABLE)
    assert [pronouncer.feed(piece) for piece in ("I like ", "New", " ", "Yor", "k", " ", "Zoo")] == [
        "I like ", "", "", "", "", "", "N Y Zoo",
    ]  # fmt: skip


def test_no_entries_change_nothing():
    assert pronounced(["any SQL"], {}) == "any SQL"


def test_it_is_spoken_text_that_is_pronounced():
    config = SpeechText(pronunciation={**TABLE, "break": "B", "http": "H", "x": "ex"}, url="keep")
    text = "**SQL** [New York](u)'s <break time='1s'/>SQL<break/> <spell>SQL</spell> `SQL` http://SQL.org/x $x$ x"
    said = "sequel N Y's <break time='1s'/>sequel<break/> <spell>SQL</spell> sequel http://SQL.org/x $x$ ex"
    assert speech_text(text, config) == said
    stream = SpeechStream(config)
    assert "".join([stream.feed(char) for char in text]) + stream.flush() == said


def test_a_replacement_may_be_a_tag():
    config = SpeechText(pronunciation={"live": '<phoneme ph="laɪv">live</phoneme>'})
    assert speech_text("We go *live* now", config) == 'We go <phoneme ph="laɪv">live</phoneme> now'


def test_the_end_of_a_segment_ends_a_word():
    speech = SpeechFilter(SpeechText(pronunciation={"new york": "N Y", "new": "n"}))
    assert (speech.text("It is new"), speech.text(" York.")) == ("It is n", "York.")
