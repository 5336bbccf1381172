"""The stream: nothing lost, no chunking that matters, provisional segments, clauses, the stall timer."""

from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agora_audio as aa
from agora_audio.segmenter.scanner import Scanner
from tests.segmenter.cases import FAMILIES, stream, text_of

LANGUAGES = [None, "en", "de", "zh", "ja", "ko", "fr", "ru", "hy", "el", "hi", "th", "ml", "sk"]
ATOMS = [
    *".?!,;:…。！？，、।؟«»“”„‘’\"'()（）「」《》[]<>*_`#|-—–•@=/\\ \n\t",
    *"\r\u2028\x00\u200d\ufe0f\ud83d\ude00",
    *[
        "..",
        "...",
        " . . .",
        "```",
        "```py\n",
        "\n```\n",
        "1. ",
        "2) ",
        "3）",
        "4、",
        "a. ",
        "(ii) ",
        "- ",
        "# ",
        "| x |",
    ],
    *[
        "Mr.",
        "U.S.",
        "p.m.",
        "No.",
        "etc.",
        "Ph.D.",
        "I",
        "The",
        "He",
        "Bob",
        "said",
        "and",
        "which",
        "hello",
        "3",
        "14",
    ],
    *[
        "你好",
        "他说",
        "这是",
        "です",
        "と",
        "라고",
        "안녕",
        "है",
        "ไทย",
        "👨‍👩‍👧",
        "🇩🇪",
        "Yahoo!",
        "[1]",
        ":)",
        "<b>",
        "</b>",
    ],
    *["<spell>", "</spell>", "http://a.b/c?d=e.f", "x@y.com", "ab" * 20, " " * 70, "!" * 70, "词" * 130, "word " * 30],
]
TEXTS = st.lists(st.sampled_from(ATOMS), max_size=40).map("".join)
EXAMPLES = int(os.environ.get("SEGMENTER_EXAMPLES", "150"))


def shown(segments):
    return [(s.status, s.raw, s.kind, s.id, s.start, s.end, s.text) for s in segments]


def texts(segments):
    return [segment.text for segment in segments]


def pairs(segments):
    return [(segment.status, segment.raw, segment.id) for segment in segments]


# --- laws -----------------------------------------------------------------------------------------------------------


@settings(max_examples=EXAMPLES, deadline=None)
@given(TEXTS, st.sampled_from(LANGUAGES), st.booleans(), st.booleans(), st.booleans(), st.data())
def test_chunking_never_matters_and_nothing_is_lost(text, language, first, provisional, every, data):
    options = {"first_clause": first, "provisional": provisional, "every_clause": every}
    if data.draw(st.booleans()):
        options["limits"] = aa.SegmentLimits(soft=20, hard=40, soft_wide=20, hard_wide=20)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    chunks = [text[a:b] for a, b in itertools.pairwise([0, *cuts, len(text)])]
    whole = stream([text], language, **options)
    assert shown(stream(list(text), language, **options)) == shown(whole)
    assert shown(stream(chunks, language, **options)) == shown(whole)
    final = [segment for segment in whole if segment.status == "final"]
    assert "".join(segment.raw for segment in final) == text
    assert [segment.start for segment in final] == [0, *(segment.end for segment in final)][: len(final)]
    assert all(len(segment.raw) == segment.end - segment.start for segment in whole)
    "".join(texts(whole)).encode()  # can be sent


@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(TEXTS, st.sampled_from(LANGUAGES))
def test_what_was_announced_is_settled_under_the_same_id(text, language):
    status = {}
    for segment in stream(list(text), language, provisional=True):
        if segment.status == "provisional":
            assert segment.id not in status
        else:
            assert status.get(segment.id, "provisional") == "provisional"
        status[segment.id] = segment.status
    assert "provisional" not in status.values()


@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(TEXTS, st.sampled_from(LANGUAGES))
def test_provisional_segments_change_no_end(text, language):
    final = [segment for segment in stream([text], language, provisional=True) if segment.status == "final"]
    assert [segment.raw for segment in final] == [segment.raw for segment in stream([text], language)]


def test_a_figure_that_begins_with_its_mark_is_whole():
    for options in ({}, {"provisional": True}):
        assert texts(s for s in stream(["共.5元。好"], "zh", **options) if s.status == "final") == ["共.5元。", "好"]


@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(TEXTS, st.integers(1, 7))
def test_bytes_parted_inside_a_character(text, size):
    text = text.encode("utf-8", "replace").decode()
    data = text.encode()
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    assert shown(stream(chunks)) == shown(stream([text]))


@pytest.mark.parametrize(
    "unit", ["the fox and ", "没有标点", "3.14 and ", '"', "(", ". ", "?! ", "\n", "<a ", "a", "ก"]
)
def test_the_buffer_is_bounded(unit):
    segmenter = aa.TextSegmenter()
    for _ in range(6000 // len(unit)):
        segmenter.feed(unit)
        assert len(segmenter._scanner.text) + sum(map(len, segmenter._parts)) <= 1100


@pytest.mark.parametrize("unit", ["the fox and ", "没有标点", "Hi there. ", "a"])
@pytest.mark.parametrize("coded", [False, True])
def test_a_long_delta_is_read_in_pieces(monkeypatch, unit, coded):
    seen = []
    plain = Scanner.next_cut

    def watched(self, *args):
        seen.append(len(self.text))
        return plain(self, *args)

    monkeypatch.setattr(Scanner, "next_cut", watched)
    text = unit * (60_000 // len(unit))
    whole = stream([text.encode() if coded else text], "en")
    assert max(seen) < 8000
    assert whole == stream([text[at : at + 1000] for at in range(0, len(text), 1000)], "en")


@pytest.mark.parametrize(
    "unit", ["(a. b! ", "`x. ", '"One. Two? ', "e.g. Mr. ", "3.14 and ", "1. a ", ". . . ", "<a ", "\n"]
)
def test_the_work_for_a_character_is_bounded(unit):
    told = []
    stream([unit * 300], "en", explain=lambda *row: told.append(row))
    assert len(told) <= 2 * 300 * len(unit)


def test_a_function_for_the_whole_is_the_stream():
    text = " ".join(text_of(case) for language, case in FAMILIES["quotes"] if language == "en")
    assert aa.segment_text(text, "en") == stream(list(text), "en")
    assert aa.segment_text(text.encode(), "en") == aa.segment_text(text, "en")


def test_segments_are_out_in_the_push_that_settles_them():
    segmenter = aa.TextSegmenter("en")
    assert texts(segmenter.feed("One here. Two here. Three here.")) == ["One here.", "Two here."]
    assert texts(segmenter.feed(" ")) == ["Three here."]
    assert texts(aa.TextSegmenter("zh").feed("你好。")) == ["你好。"]


def test_a_long_row_of_headings_leaves_no_backlog():
    segmenter = aa.TextSegmenter("en")
    for number in range(50):
        assert len(segmenter.feed(f"# Part {number}\n")) == 1


# --- what the stream is made of -------------------------------------------------------------------------------------


def test_offsets_and_ids_go_on_after_a_flush():
    segmenter = aa.TextSegmenter("en")
    first = segmenter.feed("Hi there. Bye") + segmenter.flush()
    second = segmenter.feed(" now. ") + segmenter.flush()
    assert [(s.id, s.start, s.end, s.raw) for s in first + second] == [
        (0, 0, 9, "Hi there."),
        (1, 9, 13, " Bye"),
        (2, 13, 18, " now."),
        (3, 18, 19, " "),
    ]
    assert second[-1].text == ""
    assert segmenter.flush() == []


def test_reset_begins_a_new_stream():
    segmenter = aa.TextSegmenter("en", first_clause=True, round_id=7)
    before = segmenter.feed("However, it rained. (It") + segmenter.flush()
    segmenter.feed("rest ")
    segmenter.reset()
    assert segmenter.feed("However, it rained. (It") + segmenter.flush() == before
    assert {segment.round_id for segment in before} == {7}


def test_interrupt_gives_back_what_was_not_committed():
    segmenter = aa.TextSegmenter("en", round_id=1)
    segmenter.feed("Done here. But this")
    segmenter.feed(" is")
    segmenter.feed(b" \xe2\x82")
    assert segmenter.interrupt() == " But this is \ufffd"
    assert segmenter.interrupt() == ""
    segmenter.round_id = 2
    (segment,) = segmenter.feed("New one. ")
    assert (segment.start, segment.id, segment.round_id, segment.raw) == (0, 0, 2, "New one.")


def test_halves_of_a_character_and_bytes_that_are_none():
    assert texts(stream(["a \ud83d", "\ude00 b"])) == ["a 😀 b"]
    assert [s.raw for s in stream(["a \ud83d", "\ude00"])] == ["a \ud83d\ude00"]
    assert texts(stream(["a \ud83d b"])) == ["a \ufffd b"]
    assert texts(stream([b"a \xff", b"\xe2\x82", "b"])) == ["a \ufffd\ufffdb"]
    assert texts(stream([b"", "", "Hi.\0 You."])) == ["Hi.", "\0 You."]


def test_what_never_closes_is_given_up():
    text = '"One here. Two here. ' + "and so on " * 30 + "end. Last."
    first, second, *_ = stream(list(text), "en")
    assert (first.raw, second.raw) == ('"One here.', " Two here.")
    assert texts(stream(list("(One here. Two here.\nThree here. Four"), "en")) == [
        "(One here.",
        "Two here.",
        "Three here.",
        "Four",
    ]
    assert texts(stream(list('Say "one. Two.'), "en")) == ['Say "one.', "Two."]


def test_no_look_ahead_where_none_is_needed():
    segmenter = aa.TextSegmenter("hi")
    assert texts(segmenter.feed("ठीक है। ")) == ["ठीक है।"]
    assert texts(aa.TextSegmenter("en").feed("It was fine. ")) == ["It was fine."]


def test_kinds():
    text = "# Top\n\nSay it.\n1. one\n- two\n| a |\n```\nx. y\n```\nEnd"
    kinds = [(segment.kind, segment.text) for segment in aa.segment_text(text)]
    assert kinds == [
        ("heading", "# Top"),
        ("sentence", "Say it."),
        ("list_item", "1. one"),
        ("list_item", "- two"),
        ("table", "| a |"),
        ("code", "```\nx. y\n```"),
        ("sentence", "End"),
    ]


def test_a_space_before_a_line_end_says_nothing_of_the_line():
    for chunks in (["Oh。 \n```"], list("Oh。 \n```")):
        assert [segment.kind for segment in stream(chunks, "zh", every_clause=True)] == ["sentence", "code"]


def test_a_long_code_block_is_cut_between_lines():
    lines = "".join(f"x = {number}. \n" for number in range(900))
    segments = aa.segment_text(f"```\n{lines}```\nDone. ", limits=aa.SegmentLimits(code=500))
    assert len(segments) > 10
    assert [s.kind for s in segments[:-2]] == ["code"] * (len(segments) - 2)
    assert segments[-2].text == "Done."
    assert all(s.raw.endswith((". ", "```")) for s in segments[:-2])


# --- sooner ---------------------------------------------------------------------------------------------------------


def test_the_first_segment_may_be_a_clause():
    assert texts(stream(list("In July 1918, the war ended, and all cheered. Now, go."), "en", first_clause=True)) == [
        "In July 1918,",
        "the war ended, and all cheered.",
        "Now, go.",
    ]
    assert texts(stream(list("但是，他来了，我走了。然后，好。"), "zh", first_clause=True)) == [
        "但是，",
        "他来了，我走了。",
        "然后，好。",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Buy apples, pears, and figs now.",
        "Buy fresh milk, brown bread, and figs.",
        "The red, green and blue.",
        "It (as he said, once) is 1,000,000.",
        "No, 5, or 6.",
    ],
)
def test_no_clause_is_cut_inside_lists_figures_and_brackets(text):
    assert texts(stream(list(text), "en", first_clause=True)) == [text]


def test_no_clause_is_cut_between_chinese_items():
    assert texts(stream(list("苹果、梨、１，０００个桃。"), "zh", every_clause=True)) == ["苹果、梨、１，０００个桃。"]


def test_every_clause_grows_while_audio_is_buffered():
    text = "When it rains, we stay in, because it is wet; then we read, which is nice. "
    segmenter = aa.TextSegmenter("en", every_clause=True)
    short = segmenter.feed(text)
    segmenter.buffered = 2.0
    longer = segmenter.feed(text)
    segmenter.buffered = 60.0
    longest = segmenter.feed(text)
    assert len(short) > len(longer) > len(longest) == 1
    assert {segment.kind for segment in short[:-1]} == {"clause"}


def test_provisional_segments():
    segmenter = aa.TextSegmenter("en", provisional=True)
    assert pairs(segmenter.feed("It works!")) == [("provisional", "It works!", 0)]
    assert pairs(segmenter.feed('"')) == []
    assert pairs(segmenter.feed(" Yes")) == [("final", 'It works!"', 0)]
    assert pairs(segmenter.feed(" sir.")) == [("provisional", " Yes sir.", 1)]
    assert pairs(segmenter.feed("com is")) == [("retracted", " Yes sir.", 1)]
    assert pairs(segmenter.feed(" up.")) == [("provisional", " Yes sir.com is up.", 2)]
    assert pairs(segmenter.flush()) == [("final", " Yes sir.com is up.", 2)]


def test_a_clause_is_no_provisional_segment():
    segments = stream(list("Of course, I do. Dr. Lee"), "en", provisional=True, first_clause=True)
    assert [(s.status, s.kind) for s in segments] == [
        ("final", "clause"),
        ("provisional", "sentence"),
        ("final", "sentence"),
        ("final", "sentence"),
    ]


# --- the stall timer ------------------------------------------------------------------------------------------------


def test_a_stall_commits_what_ends_in_a_mark():
    segmenter = aa.TextSegmenter("en")
    assert segmenter.feed("One moment.", now=10.0) == []
    assert segmenter.next_poll() == 10.15
    assert segmenter.poll(10.14) == []
    assert texts(segmenter.poll(10.15)) == ["One moment."]
    assert segmenter.next_poll() is None
    assert segmenter.poll(20.0) == []
    assert texts(segmenter.feed(" Go on. ", now=21.0)) == ["Go on."]


@pytest.mark.parametrize("text", ["It is 3.", "Ask Dr.", "and then", '"One. Two.', "See U.S.", "Wait. Then I"])
def test_a_stall_commits_nothing_that_may_go_on(text):
    segmenter = aa.TextSegmenter("en")
    segmenter.feed(text, now=1.0)
    assert segmenter.next_poll() is None
    assert segmenter.poll(99.0) == []


@pytest.mark.parametrize("text", ["Yes.", "Go.", "- One.", "1. Do it.", "Sure!"])
def test_a_stall_commits_a_short_answer(text):
    segmenter = aa.TextSegmenter("en")
    segmenter.feed(text, now=1.0)
    assert texts(segmenter.poll(2.0)) == [text]


def test_a_stall_commits_under_the_id_of_the_provisional_segment():
    segmenter = aa.TextSegmenter("en", provisional=True)
    assert pairs(segmenter.feed("It works.", now=1.0)) == [("provisional", "It works.", 0)]
    assert pairs(segmenter.poll(2.0)) == [("final", "It works.", 0)]
    assert pairs(segmenter.feed("com was down. ", now=3.0))[-1] == ("final", "com was down.", 1)


def test_a_first_poll_starts_the_timer_if_feed_was_told_no_time():
    segmenter = aa.TextSegmenter("en", limits=aa.SegmentLimits(stall=0.5))
    segmenter.feed('He said "go!" ')
    assert [texts(segmenter.poll(now)) for now in (5.0, 5.4, 5.5)] == [[], [], ['He said "go!"']]


@pytest.mark.parametrize("now", [None, "x", True, float("nan"), float("-inf"), 10**400, object()])
def test_the_time_is_seconds(now):
    segmenter = aa.TextSegmenter("en")
    segmenter.feed("One moment.", now=1)
    with pytest.raises(aa.ConfigError, match=r"^now is .*, must be seconds of a monotonic clock$"):
        segmenter.poll(now)
    if now is not None:
        with pytest.raises(aa.ConfigError, match=r"^now is "):
            segmenter.feed(" Yes", now=now)
    assert texts(segmenter.poll(2)) == ["One moment."]


def test_a_time_that_goes_back_commits_nothing():
    segmenter = aa.TextSegmenter("en")
    segmenter.feed("One moment.", now=10.0)
    assert [texts(segmenter.poll(now)) for now in (-5.0, 9.0, 10.2)] == [[], [], ["One moment."]]


# --- wrong calls ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delta", [None, 3, ["a"]])
def test_a_delta_is_text_or_bytes(delta):
    with pytest.raises(aa.FormatError, match=r"^delta is (NoneType|int|list), must be str or UTF-8 bytes: leave out"):
        aa.TextSegmenter().feed(delta)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"language": "?"}, r"language is '\?', must be a code such as 'en', 'de' or 'zh-TW', or None"),
        ({"language": 3}, "language is 3, must be a code"),
        ({"first_clause": 1}, "first_clause is 1, must be True or False"),
        ({"provisional": "x"}, "provisional is 'x', must be True or False"),
        ({"every_clause": None}, "every_clause is None, must be True or False"),
        ({"round_id": 1.5}, "round_id is 1.5, must be a whole number"),
        ({"speech": "x"}, r"speech is 'x', must be a SpeechText: SpeechText\(code='skip'\) makes one"),
        ({"limits": 3}, "limits is 3, must be a SegmentLimits"),
        ({"explain": 3}, "explain is 3, must be a function"),
        ({"abbreviations": "."}, r"abbreviations is '\.', must be words"),
        ({"abbreviations": {"title": 5}}, "abbreviations, class title, is 5, must be words"),
        ({"words": "x"}, "words is 'x', must be 'rules', 'dictionary' or a function"),
        ({"abbreviations": {"x": "a"}}, "abbreviation class is 'x', must be one of title, inner, number"),
        ({"abbreviations": [3]}, r"abbreviations is \[3\], must be words, as a list or as one text"),
    ],
)
def test_wrong_settings(options, message):
    with pytest.raises(aa.ConfigError, match=message):
        aa.TextSegmenter(**options)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "x", None, True])
def test_buffered_is_a_number_of_seconds(seconds):
    segmenter = aa.TextSegmenter()
    with pytest.raises(aa.ConfigError, match=r"buffered is .*, must be a number of seconds from 0"):
        segmenter.buffered = seconds


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"soft": 5}, "soft is 5, must be a whole number from 20"),
        ({"hard": 2.5}, "hard is 2.5, must be a whole number from 20"),
        ({"clause": 0}, "clause is 0, must be a whole number from 2"),
        ({"per_second": float("inf")}, "per_second is inf, must be a finite number"),
        ({"stall": -1}, "stall is -1, must be a number from 0"),
        ({"stall": float("nan")}, "stall is nan, must be a number from 0"),
        ({"soft": 400}, "hard is 300, must be at least soft, 400"),
        ({"hard_wide": 30}, "hard_wide is 30, must be at least soft_wide, 60"),
    ],
)
def test_limits_are_checked(values, message):
    with pytest.raises(aa.ConfigError, match=message):
        aa.SegmentLimits(**values)


def test_decisions_are_explained():
    told = []
    stream(list("Dr. Hill. Ok"), "en", explain=lambda *row: told.append(row))
    assert ("no", 2, ".", "abbreviation (title)") in told
    assert ("cut", 8, ".", "ordinary word, full stop, space") in told
