"""The segmenter with the speech text filter behind it: text to say for each segment, raw text untouched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agora_audio as aa
from agora_audio import SpeechText
from tests.segmenter.cases import split_everywhere, stream

ANSWER = (
    "## Plan\n\nUse **the [docs](https://a.org/b). Then** run it! 😀 Great.\n\n```py\nx = 1. \ny = 2\n```\n"
    'Done. Ask Dr. Yu [1].\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd <break time="1s"/> of `it`. Is it?\n'
    "- **One.** two\n- three <spell>A. B</spell>\n\n```sh\nls"
)
ATOMS = [
    *"*_`#|[]()<>!.?。\n ~$\\-:",
    "```\n",
    "\n```",
    "[a](b.c)",
    "| x |",
    "|-|",
    "<spell>",
    "</spell>",
    "SQL",
    "one two",
    "好",
    "😀",
]


def said(segments):
    return [segment.text for segment in segments]


def test_what_is_said_of_an_answer():
    assert [(one.kind, one.text) for one in aa.segment_text(ANSWER, "en", speech=SpeechText())] == [
        ("heading", "Plan"),
        ("sentence", "Use the docs."),
        ("sentence", "Then run it!"),
        ("sentence", "Great."),
        ("code", "Code block of 2 lines in Python."),
        ("sentence", "Done."),
        ("sentence", "Ask Dr. Yu."),
        ("table", "a, b"),
        ("table", ""),
        ("table", "1, 2"),
        ("sentence", 'End <break time="1s"/> of it.'),
        ("sentence", "Is it?"),
        ("list_item", "One. two"),
        ("list_item", "three <spell>A. B</spell>"),
        ("code", "Code block of 1 line in Bash."),
    ]


@pytest.mark.parametrize("options", [{}, {"provisional": True}, {"every_clause": True}])
def test_pieces_do_not_matter_and_raw_is_the_text(options):
    whole = stream([ANSWER], "en", speech=SpeechText(), **options)
    for chunks in split_everywhere(ANSWER):
        assert stream(chunks, "en", speech=SpeechText(), **options) == whole
    assert "".join(one.raw for one in whole if one.status == "final") == ANSWER


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(ATOMS), max_size=40).map("".join), st.sampled_from(["say", "pairs", "summarise"]))
def test_any_text_with_any_marks(text, table):
    speech = SpeechText(table=table, code="say" if table == "say" else "summarise", pronunciation={"SQL": "sequel"})
    plain = [one.raw for one in aa.segment_text(text, "en")]
    whole = stream([text], "en", speech=speech)
    assert [one.raw for one in whole if one.raw] == plain
    assert stream(list(text), "en", speech=speech) == whole
    shown = [one for one in stream(list(text), "en", speech=speech, provisional=True) if one.status == "final"]
    assert said(shown) == said(whole)


def test_provisional_segments_leave_the_filter_as_it_is():
    segmenter = aa.TextSegmenter("en", provisional=True, speech=SpeechText())
    segments = [one for delta in ("Go **to it!", " Now.com", " we** do!") for one in segmenter.feed(delta)]
    assert [(one.status, one.text) for one in segments + segmenter.flush()] == [
        ("provisional", "Go to it!"),
        ("final", "Go to it!"),
        ("provisional", "Now."),
        ("retracted", "Now."),
        ("provisional", "Now.com we** do!"),  # by itself: what is open from before is not known
        ("final", "Now.com we do!"),
    ]


def test_a_provisional_segment_is_what_is_to_be_said():
    segmenter = aa.TextSegmenter("en", provisional=True, speech=SpeechText())
    segments = (
        segmenter.feed("See **the** [map](http://a.b)! Ok") + segmenter.feed(" It works.") + segmenter.feed("com is up")
    )
    assert [(one.status, one.id, one.text) for one in segments + segmenter.flush()] == [
        ("provisional", 0, "See the map!"),
        ("final", 0, "See the map!"),
        ("provisional", 1, "Ok It works."),
        ("retracted", 1, "Ok It works."),
        ("final", 2, "Ok It works.com is up"),
    ]


def test_a_block_left_open_ends_with_the_flush_and_is_forgotten_by_a_reset():
    segmenter = aa.TextSegmenter("en", speech=SpeechText())
    assert said(segmenter.feed("Look.\n```py\na = 1\n") + segmenter.flush()) == [
        "Look.",
        "Code block of 1 line in Python.",
    ]
    assert said(segmenter.feed("*Fine* now. ") + segmenter.flush()) == ["Fine now.", ""]
    for forget in (segmenter.reset, segmenter.interrupt):
        segmenter.feed("Look.\n```py\na = 1\n")
        forget()
        assert said(segmenter.feed("*Fine* now. ") + segmenter.flush()) == ["Fine now.", ""]


def test_an_interrupt_gives_back_raw_text():
    segmenter = aa.TextSegmenter("en", speech=SpeechText())
    assert said(segmenter.feed("**Go** on. It is [the](http://")) == ["Go on."]
    assert segmenter.interrupt() == " It is [the](http://"
    assert said(segmenter.feed("a) **b**") + segmenter.flush()) == ["a) b"]


def test_long_code_is_summarised_once():
    limits = aa.SegmentLimits(code=100)
    segments = aa.segment_text("```\n" + "x = 1\n" * 100 + "```\nDone.", speech=SpeechText(), limits=limits)
    assert [text for text in said(segments) if text] == ["Code block of 100 lines.", "Done."]


def test_summaries_are_in_the_language_that_is_named():
    assert said(aa.segment_text("```\nx\n```\n", "de", speech=SpeechText()))[0] == "Codeblock mit einer Zeile."
    assert said(aa.segment_text("```\nx\n```\n", "de", speech=SpeechText(language="en")))[0] == "Code block of 1 line."
    assert said(aa.segment_text("```\nx\n```\n", "nds", speech=SpeechText()))[0] == "Code block of 1 line."


def test_a_stalled_segment_is_filtered_once():
    segmenter = aa.TextSegmenter("en", speech=SpeechText())
    segmenter.feed("Let me **look that up.**", now=0.0)
    assert said(segmenter.poll(1.0)) == ["Let me look that up."]
    assert said(segmenter.feed(" Here **it** is. ", now=2.0)) == ["Here it is."]
