"""What is an end and what is not, family by family, in every way a text can arrive."""

from __future__ import annotations

import pytest

from tests.segmenter.cases import FAMILIES, marked, pieces, split_everywhere, stream, text_of

CASES = [
    pytest.param(language, case, id=f"{family}-{language}-{number}")
    for family, cases in FAMILIES.items()
    for number, (language, case) in enumerate(cases)
]


@pytest.mark.parametrize(("language", "case"), CASES)
def test_segments_are_as_marked(language, case):
    assert marked(text_of(case), language) == case


@pytest.mark.parametrize(("language", "case"), CASES)
def test_chunking_never_matters(language, case):
    for chunks in split_everywhere(text_of(case)):
        assert [segment.raw for segment in stream(chunks, language)] == pieces(case)


@pytest.mark.parametrize(
    "case",
    [
        "Dr. Lee came.│ He left.",
        "Это т. е. верно.│ Да.",
        "他来了。│走吧！│好。",
        "डॉ. वर्मा आए।│ ठीक है।",
        "د. سامي طبيب.│ نعم.",
        "これはペンです。│Dr. Who is here.│ はい。",
    ],
)
def test_without_a_language_the_script_tells(case):
    assert marked(text_of(case)) == case


@pytest.mark.parametrize("code", ["en-US", "en_GB", "EN"])
def test_a_region_says_nothing(code):
    assert marked("Dr. Lee came. He left.", code) == "Dr. Lee came.│ He left."


def test_an_unknown_language_has_the_names_of_english():
    assert marked("Mr. Xu q. Zzz. He left.", "xx") == marked("Mr. Xu q. Zzz. He left.", "qq")
    assert marked("Prof. Oy kam. He left.", "xx") == "Prof. Oy kam.│ He left."
