"""Text without marks: when it is cut, and where."""

from __future__ import annotations

import sys

import pytest

import agora_audio as aa
from agora_audio.segmenter.words import word_breaker

WORDS = "we walk along the river and look at the boats because they are red "
CHINESE = "我们今天去公园看花然后回家吃饭大家都很高兴因为天气很好"
SHORT = aa.SegmentLimits(soft=20, hard=40, soft_wide=20, hard_wide=30)


def forced(text, language=None, **options):
    segments = aa.segment_text(text, language, **options)
    assert "".join(segment.raw for segment in segments) == text
    assert all(segment.kind == "forced" for segment in segments[:-1])
    return [segment.raw for segment in segments]


def test_between_the_soft_and_the_hard_limit_before_a_word_that_begins_a_clause():
    first, *_ = forced(WORDS * 10, "en")
    assert 120 <= len(first) <= 300
    assert (WORDS * 10)[len(first) :].startswith((" because", " and"))


def test_a_clause_mark_is_the_best_place():
    first, *_ = forced("a long way, " + "word " * 60, "en", limits=SHORT)
    assert first == "a long way,"
    text = ("word " * 6 + "word, ") * 30
    assert all(piece.strip().endswith("word,") for piece in forced(text, "en")[:-1])


def test_at_a_space_if_there_is_nothing_better():
    pieces = forced("lorem ipsum " * 40, "en")
    assert all(piece.split()[-1] in ("lorem", "ipsum") for piece in pieces)


def test_not_before_the_soft_limit():
    first, *_ = forced("we sat and " + "looked on " * 40, "en")
    assert len(first) > 200


def test_marks_reset_the_limit():
    text = ("word " * 30).strip() + ". "
    assert [segment.kind for segment in aa.segment_text(text * 3, "en")] == ["sentence"] * 3 + ["sentence"]


@pytest.mark.parametrize("language", ["zh", None])
def test_chinese_is_cut_before_words_that_begin_a_phrase(language):
    pieces = forced(CHINESE * 8, language)
    assert all(len(piece) <= 120 for piece in pieces)
    assert all(piece.startswith(("我们", "然后", "大家", "因为")) for piece in pieces)


def test_a_dictionary_finds_words():
    pytest.importorskip("budoux")
    pytest.importorskip("rjieba")
    breaker = word_breaker("dictionary")
    assert set(breaker("我来到北京清华大学读书")) <= {1, 2, 3, 5, 9}
    assert breaker("今日は天気がいいから公園へ行く") == [3, 6, 10, 13]
    assert breaker("วันนี้อากาศดีมาก")
    assert all(0 < end < 16 for end in breaker("วันนี้อากาศดีมาก"))
    pieces = forced(CHINESE * 8, "zh", words="dictionary")
    assert all(piece[0] in "我今去公看然回吃大都很因天" for piece in pieces)


@pytest.mark.parametrize("package", ["budoux", "rjieba"])
def test_a_dictionary_that_is_not_installed_is_named_with_its_extra(monkeypatch, package):
    monkeypatch.setitem(sys.modules, "budoux", sys)
    monkeypatch.setitem(sys.modules, "rjieba", sys)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(aa.EngineUnavailable, match=rf"needs {package}: pip install 'agora-audio\[words\]'"):
        aa.TextSegmenter(words="dictionary")


def test_thai_without_spaces_is_cut_before_a_word_that_begins_a_phrase_or_else_a_syllable():
    limits = aa.SegmentLimits(soft_wide=20, hard_wide=40)
    (first, *_) = aa.segment_text("กินข้าว" * 4 + "เพราะ" + "กินข้าว" * 4, "th", limits=limits)
    assert first.raw == "กินข้าว" * 4
    for one in aa.segment_text("เมาไก" * 60, "th", limits=limits)[1:]:
        assert one.raw[0] in "เไ"


def test_words_of_your_own():
    pieces = forced("字" * 100, words=lambda text: list(range(4, len(text), 4)), limits=SHORT)
    assert [len(piece) for piece in pieces] == [24, 24, 24, 28]


@pytest.mark.parametrize("ends", [None, ["x"], [1.5j], 3])
def test_words_of_your_own_are_indices(ends):
    with pytest.raises(aa.ConfigError, match=r"^words gave .*, must give a list of indices where words end$"):
        aa.segment_text("词" * 300, "zh", words=lambda text: ends)


def test_thai_is_cut_at_spaces():
    pieces = forced("สวัสดีครับ วันนี้อากาศดี เราไปเที่ยวกัน " * 6, "th")
    assert all(len(piece) <= 61 for piece in pieces)
    assert all(piece.strip().split()[-1] in ("สวัสดีครับ", "วันนี้อากาศดี", "เราไปเที่ยวกัน") for piece in pieces)


@pytest.mark.parametrize("unit", ["👨‍👩‍👧‍👦", "🇩🇪", "👍🏽", "e\u0301", "1️⃣", "กิ่"])
def test_no_character_of_several_code_points_is_parted(unit):
    for lead in range(8):
        pieces = forced("字" * lead + unit * 600, limits=SHORT)
        assert len(pieces) > 1
        for piece in pieces[1:]:
            assert piece.startswith(unit)


@pytest.mark.parametrize("word", ["https://example.com/" + "a/b?c=d&" * 40, "1234567890" * 30, "x" * 300])
def test_no_address_figure_or_word_is_parted(word):
    assert any(word in piece for piece in forced(f"see {word} and more words here", "en"))


def test_a_word_without_end_is_cut_all_the_same():
    assert [len(piece) for piece in forced("x" * 2500, "en")] == [1000, 1000, 500]
