"""Speech text: cutting never matters, nothing spoken is lost, each mark has its row; segments; wrong input."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import agora_audio as aa
from agora_audio.segmenter.speech import SpeechFilter, SpeechStream, speech_text
from agora_audio.segmenter.speech_config import SpeechText

# The same examples on every machine; AGORA_AUDIO_FUZZ multiplies them.
thorough = settings(
    max_examples=200 * int(os.environ.get("AGORA_AUDIO_FUZZ", "1")),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def streamed(pieces, config=None):
    stream = SpeechStream(config)
    return "".join([stream.feed(piece) for piece in pieces]) + stream.flush()


# --- cutting never matters ------------------------------------------------------------------------------------------

REPLY = """\
## Plan for *Tuesday* ##

Here's **what I found** [1]: `pip install x` costs $5, not $6 — see [the docs](https://a.org/b_(c)?d=e "T").
Or www.example.com/x. 😀👨‍👩‍👧 1️⃣ AT&amp;T R&D ![a chart](c.png)【1†source】!
这是**重点：**内容，访问https://例.org/a谢谢。

- [x] done
- 3 < 5 \\* 2 * 3 <b>x</b><break time="1s"/> <spell>A*b*</spell>
> quoted `code` $x^2$ and \\(a_1\\)

| Name | Age |
|------|----:|
| Al | 3 |

```python
print("**x**")
```
[^1]: A note. **never closed
"""
CONFIGS = [
    SpeechText(),
    SpeechText(code="say", table="pairs", url="keep", mail="host", latex="skip", bullets="keep", hold=16,
               pronunciation={"SQL": "sequel", "New York": "N Y", "重点": "zhòng diǎn", "what I": "w"}),
    SpeechText(code="skip", table="summarise", url="skip", mail="skip", images="skip", citations="keep",
               emoji="keep", match_case="never", pronunciation={"word word": "ww", "word": "w", "c++": "C"}),
    SpeechText(markdown=False, html=False, table="skip", line_break=" "),
]  # fmt: skip


@pytest.mark.parametrize("config", CONFIGS, ids=range(len(CONFIGS)))
def test_every_single_cut_gives_the_same(config):
    whole = speech_text(REPLY, config)
    for at in range(len(REPLY) + 1):
        assert streamed([REPLY[:at], REPLY[at:]], config) == whole


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 40])
@pytest.mark.parametrize("config", CONFIGS, ids=range(len(CONFIGS)))
def test_every_size_of_pieces_gives_the_same(config, size):
    pieces = [REPLY[at : at + size] for at in range(0, len(REPLY), size)]
    assert streamed(pieces, config) == speech_text(REPLY, config)


# fmt: off
ATOMS = [
    "a", "b ", " ", "  ", "\n", "\n\n", "\r\n", "\r", "\t",
    "\u3000", "\x00", "\u200d", "\ud83d", "\ude00", "*", "**", "***",
    "_", "__", "~~", "~", "`", "``", "```", "```py\n", "[", "](",
    "]", "![", "(", ")", "](http://x.y)", "[1]", "[^1]", "[^1]: ",
    "【1†s】", "【", "$", "$$", "\\(", "\\)", "\\[", "\\]", "\\", "<b>", "</b>", "<", "<break/>", "<spell>", "</spell>",
    "<think>", "</think>", "<br>", "<!--", "-->", "<https://a.b>",
    "&amp;", "&", "&#33;", "#", "# ", "## x ##\n", "> ", "- ",
    "* ", "+ ", "1. ", "- [x] ", "|", "| a | b |\n", "|---|---|\n", "---|---\n", "|x", "---\n", "===", "😀", "❤\ufe0f",
    "1\ufe0f\u20e3", "👨\u200d👩", "©", "https://x.org/a_b",
    "http", "www.", "mailto:", "a@b.co", "5", "$5", "重点", "。", "：",
    "word ", "Word", "hello world ", "!", "?", ".", ":", "-", "=",
    "SQL", "sql", "York", "New York", "what I", "x = 1", "alpha",
    "^2", "{", "}",
]
# fmt: on
texts = st.lists(st.sampled_from(ATOMS), max_size=40).map("".join)


@given(texts, st.sampled_from(CONFIGS), st.lists(st.integers(1, 12), min_size=1))
@thorough
def test_any_cut_of_any_text_gives_the_same(text, config, sizes):
    pieces, at = [], 0
    while at < len(text):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(text[at : at + size])
        at += size
    assert streamed(pieces, config) == speech_text(text, config)


@given(st.text(max_size=60), st.sampled_from(CONFIGS))
@thorough
def test_any_characters_at_all(text, config):
    said = speech_text(text, config)
    assert streamed(text, config) == said
    assert said == said.strip(" \n\t")
    assert not re.search("[\ud800-\udfff\x00]", said)


@given(
    st.lists(st.tuples(texts, st.sampled_from(["sentence", "table", "forced", "code"])), max_size=8),
    st.sampled_from(CONFIGS),
)
@thorough
def test_any_segments_give_text_and_no_exception(segments, config):
    speech = SpeechFilter(config)
    said = [speech.text(raw, kind) for raw, kind in segments] + [speech.flush()]
    assert all(isinstance(one, str) for one in said)


@given(
    st.lists(
        st.sampled_from(["word", "2", "重点", "snake_case", "C#", "*", "-", "=", "#1", "(x)", "5,000.5", "<"]),
        min_size=1,
    )
)
@thorough
def test_words_without_markup_come_out_as_they_went_in(words):
    text = "So " + " ".join(words)
    assert speech_text(text) == text
    assert SpeechFilter().text(text) == text


def test_nothing_is_held_longer_than_hold():
    stream = SpeechStream(SpeechText(hold=20))
    said = "".join(stream.feed(char) for char in "Now **" + 30 * "so ")
    assert said.startswith("Now so so so")


def test_words_are_said_at_once():
    stream = SpeechStream()
    assert [stream.feed(piece) for piece in ("Take", " two", " of", " them.", " Now")] == [
        "Take",
        " two",
        " of",
        " them.",
        " Now",
    ]


def test_a_reset_stream_is_new():
    stream = SpeechStream()
    stream.feed("```python\n**a")
    stream.reset()
    assert stream.feed("**b** c") + stream.flush() == "b c"


def test_a_flushed_stream_is_new():
    stream = SpeechStream()
    stream.feed("> **a")
    assert stream.flush() == "**a"
    assert stream.feed("# b") + stream.flush() == "b"


@pytest.mark.parametrize("url", ["https://a.org/b", "http://a.org", "ftp://a.org", "www.a.org", "mailto:b@a.org"])
def test_an_address_may_be_cut_anywhere(url):
    for at in range(len(url) + 1):
        assert streamed(["So", " see", f" {url[:at]}", url[at:], " now"]) == f"So see {'b@' * ('@' in url)}a.org now"


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (["So", "\ud83d", "ab"], "So\ufffdab"),
        (["So", "\r", "\n", "x", "\r", "y"], "So\nx\ny"),
        (["# ", "Title", " now", " #", "#", "\n", "x"], "Title now\nx"),
        (["It", " is", " $", "5", " now"], "It is $5 now"),
        (["Wow", "!", "[x]", "(u)"], "Wow!x"),
        (["one", " ", " ", "two", "\n", "\n", "three", " "], "one two\nthree"),
    ],
)
def test_pieces_between_words(pieces, said):
    assert streamed(pieces) == said


def test_what_waits_longer_than_hold_is_decided_the_same_at_every_cut():
    config = SpeechText(hold=16)
    for text, said in (
        ("**a b c d e f g h i j k\n\nl", "a b c d e f g h i j k\nl"),
        ("[a b c d e f g h i j k] l", "a b c d e f g h i j k l"),
        ("[a b c d] l **m\n\nn", "[a b c d] l **m\nn"),
        ("`a b c d e f g h i j k` *l*", "`a b c d e f g h i j k` l"),
    ):
        assert speech_text(text, config) == streamed(text, config) == said


def test_money_and_prose_after_a_dollar_do_not_wait():
    for text in ("It is $5 now", "Set $HOME to that", "Costs $5, not $6 or"):
        assert SpeechStream().feed("So. " + text) == "So. " + text


# --- nothing spoken is lost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("2 * 3 * 4", "2*3*4", "a*b*c = d", "x**2 + y**2"),
        *("e**x + e**y", "2 ** 3", "**unmatched", "**", "*note: this"),
        *("snake_case", "a_b_c", "_", "C#", "F# and C#", "#1", "#hashtag"),
        *("a < b > c", "x<y>z", "a<b>c", "if a<b and c>d", "I <3 you"),
        *("~5", "5 ~ 6", "~5~", "a ~~ b", "5 | 6", "|x| = 5", "a || b"),
        *("- 5 degrees", "-5", "+ 3 points", "> 5 minutes", "3 > 2"),
        *("$5", "$5 and $6", "$5, $10/month and $20k", "5$ and 6$"),
        *("US$5 or A$6", "$HOME and $PATH", "\\(x\\)", "C:\\path"),
        *("《三体》", "R&D", "AT&T", "&foo;", "f(*args, **kwargs)"),
        *("*.py and *.txt", "price: $5*", "5* hotel and 4* hotel"),
        *("x = [1]", "a, [1, 2], f([3])", "[not a link] (really)", "【重点】", "array[0]", "x[1]", "a->b =>"),
        *("List<int>", "<name>", "vector<T> v", "@user", "100%", "x^2"),
        *("1986. A year", "1) one", "wait...", "5-6 -- 7 --- 8"),
        *("10\u00a0000 €", "{a} <%= b %>", "a / b * c", "O'Brien `tis", "q?a=b&c=d"),
        *("12:30", "3.14", "1,000.50", "v1.2.3", "©2020 ™ →", "bob_b@example.com"),
    ],
)  # fmt: skip
def test_it_stays(text):
    assert speech_text(text) == text
    assert speech_text(f"So {text}!") == f"So {text}!"


# --- wrong input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"), [(b"a", "bytes, must be a str: decode it first"), (None, "NoneType"), (3, "int")]
)
def test_what_is_no_text_is_refused(text, said):
    for use in (speech_text, SpeechStream().feed, SpeechFilter().text):
        with pytest.raises(aa.FormatError, match=said):
            use(text)


@pytest.mark.parametrize("config", ["skip", {"code": "skip"}, 3])
def test_a_config_of_another_type_is_refused(config):
    for use in (SpeechStream, SpeechFilter, lambda config: speech_text("a", config)):
        with pytest.raises(aa.ConfigError, match="must be a SpeechText"):
            use(config)


def test_empty_text_is_nothing():
    assert (speech_text(""), SpeechFilter().text(""), SpeechStream().feed("")) == ("", "", "")


# --- segments -------------------------------------------------------------------------------------------------------


def segments(*raws, flush="", **options):
    """What a filter says for segments, each a text or a text with its kind; checks what `flush` says."""
    speech = SpeechFilter(SpeechText(**options))
    said = [speech.text(*((raw,) if isinstance(raw, str) else raw)) for raw in raws]
    assert speech.flush() == flush
    return said


@pytest.mark.parametrize(
    ("raws", "said"),
    [
        (["**One. ", "Two.** Then."], ["One.", "Two. Then."]),
        (["*a **b. ", "c** d* e"], ["a b.", "c d e"]),
        (["See [the long", " title](https://x.y) now."], ["See the long", "title now."]),
        (["[note: a. ", "b] c"], ["note: a.", "b c"]),
        (["`a_b. ", "c*d*` *e*"], ["a_b.", "c*d* e"]),
        (["`a. ", "b\n\n*c* `d`"], ["a.", "b\nc d"]),
        (["**a. \n\n", "b** c"], ["**a.", "b** c"]),
        (["```py\n", "a\n", "b\n```\n", "Then."], ["", "", "Code block of 2 lines in Python.", "Then."]),
        (["```py", "\na\n```", "\nThen."], ["", "Code block of 1 line in Python.", "Then."]),
        (["<spell>A. ", "B*c*</spell> *d*"], ["<spell>A. ", "B*c*</spell> d"]),
        (["<think>a. ", "b</think> c"], ["", "c"]),
        (["*.py files ", "and *.txt"], ["*.py files", "and *.txt"]),
        (["a\ud83d", "\ude00b"], ["a\ufffd", "\ufffdb"]),
        (["这是**重", "点**内容"], ["这是重", "点内容"]),
        (["Head\n", "- *one*\n", "- 2 two\n", "mid - dash"], ["Head", "one", "2 two", "mid - dash"]),
        (["one\n", "- 2 degrees"], ["one", "- 2 degrees"]),
        (["no line ", "# start"], ["no line", "# start"]),
        (["A line\n", "# start"], ["A line", "start"]),
    ],
)
def test_what_is_open_goes_on_in_the_next_segment(raws, said):
    assert segments(*raws) == said


def test_a_formula_may_span_segments():
    assert segments("So $$x = 1 +\n", "y$$ and more.", latex="skip") == ["So", "and more."]
    assert segments("So $$x = 1 +\n", "y$$ and.") == ["So $$x = 1 +", "y$$ and."]


def test_a_code_block_that_never_ends_is_said_at_flush():
    assert segments("```py\nx\n", flush="Code block of 1 line in Python.") == [""]


ROWS = [
    ("| a | b |\n", "table"),
    ("|---|---|\n", "table"),
    ("| 1 | 2 |\n", "table"),
    ("| 3 | 4 |\n", "table"),
    "After.",
]
TABLE = [("".join(raw for raw, _ in ROWS[:4]), "table"), "After."]


@pytest.mark.parametrize(
    ("table", "rows", "whole"),
    [
        ("say", ["a, b", "", "1, 2", "3, 4", "After."], ["a, b\n1, 2\n3, 4", "After."]),
        ("pairs", ["", "", "a: 1, b: 2", "a: 3, b: 4", "After."], ["a: 1, b: 2\na: 3, b: 4", "After."]),
        ("skip", ["", "", "", "", "After."], ["", "After."]),
        (
            "summarise",
            ["", "", "", "", "Table, rows: 2, columns: a, b.\nAfter."],
            ["Table, rows: 2, columns: a, b.", "After."],
        ),
    ],
)
def test_a_table_may_be_one_segment_or_many(table, rows, whole):
    assert segments(*ROWS, table=table) == rows
    assert segments(*TABLE, table=table) == whole


def test_rows_that_follow_a_summary_belong_to_its_table():
    assert segments(TABLE[0], ("| 5 | 6 |\n", "table"), "x", table="summarise") == [
        "Table, rows: 2, columns: a, b.",
        "",
        "x",
    ]


def test_a_reset_filter_is_new():
    speech = SpeechFilter()
    speech.text("```\n<think>**a")
    speech.reset()
    assert speech.text("**b** c") == "b c"


def test_a_filter_of_one_segment_says_what_the_function_says():
    for raw in (REPLY[: REPLY.index("[^1]:")], "**a** [b](c) `d`", "a\n\n- b"):
        speech = SpeechFilter()
        assert (speech.text(raw), speech.flush()) == (speech_text(raw), "")


# --- white space and gaps -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  a \t b\u3000c  ", "a b c"),
        ("a \n\n\n b", "a\nb"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\u200bb\x00c\ufeff\xad", "abc"),
        ("x\ud83d\ude00y\ud83dz", "x y\ufffdz"),
        ("Hi 😀! There 👍🏽 you", "Hi! There you"),
        ("Hi😀there", "Hi there"),
        ("好的😀我来", "好的我来"),
        ("study [1]. Then", "study. Then"),
    ],
)
def test_white_space_and_gaps(text, said):
    assert speech_text(text) == said


def test_the_line_break_is_the_users():
    assert speech_text("# a\n\n\nb", SpeechText(line_break=". ")) == "a. b"
