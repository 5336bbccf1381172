"""What each mark of Markdown becomes, option by option; CommonMark as the oracle for texts that follow it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agora_audio.segmenter.speech import SpeechStream, speech_text
from agora_audio.segmenter.speech_config import SpeechText
from tests.segmenter.test_speech import thorough


def check(text, said, **options):
    config = SpeechText(**options)
    assert speech_text(text, config) == said
    stream = SpeechStream(config)
    assert "".join([stream.feed(char) for char in text]) + stream.flush() == said


# fmt: off
INLINE = [
    ("**bold** and *it* and ***both***", "bold and it and both"),
    ("__bold__ and _it_ and ~~gone~~", "bold and it and gone"),
    ("**a *b***, *a **b***, ***a** b*, ***a* b**", "a b, a b, a b, a b"),
    ("**foo**/**bar** (**x**), **a**-**b**", "foo/bar (x), a-b"),
    ("Schlüssel**wort** und **Wort**teil", "Schlüsselwort und Wortteil"),
    ("He said *\"hi\"* and _“yo”_.", "He said \"hi\" and “yo”."),
    ("**Note:**this **5**km *glued*.", "Note:this 5km glued."),
    ("**a 5* hotel**", "a 5* hotel"),
    ("**a 2**3 b**", "a 2**3 b"),
    ("这是**重点**内容，**重点：**内容，**「引用」**です", "这是重点内容，重点：内容，「引用」です"),
    ("*斜体*文字和__粗__", "斜体文字和__粗__"),
    ("**not\n\nclosed** here", "**not\nclosed** here"),
    ("**over\na line**", "over\na line"),
    ("`a*b*c` ``x`y`` ` z ` `un", "a*b*c x`y z `un"),
    ("\\*not\\* a\\_b \\# \\$5 \\\\ \\q", "*not* a_b # $5 \\ \\q"),
    ("one\\\ntwo  \nthree", "one\ntwo\nthree"),
    ("[the docs](https://a.org/b_(c)?d 'T'), [x](<a b>)", "the docs, x"),
    ("[**bold** title](u) and [a [b] c](u)", "bold title and a [b] c"),
    ("[标题](链接)好", "标题好"),
    ("[a](\n u)", "a"),
    ("Wow![x](y)", "Wow!x"),
    ("![a *chart*](c.png) end", "a chart end"),
    ("[![badge](b.svg)](u)", "badge"),
    ("[unclosed and [closed](u)", "[unclosed and closed"),
    ("lost](https://a.b) tail](no)", "lost tail](no)"),
    ("[a]: https://x.org/y \"T\"\nText", "Text"),
    ("[note]: this stays", "[note]: this stays"),
    ("&lt;b&gt; AT&amp;T &#33;&#x21; &nbsp;x &copy; &notit;", "<b> AT&T !! x © &notit;"),
    ("<b>x</b> <span style=\"a: b\">y</span>z<!-- no -->", "x yz"),
    ("a<br>b<p>c</p><ul><li>d</li></ul>", "a\nb\nc\nd"),
    ("<img src=x alt=\"a cat\"> <IMG SRC='y'>", "a cat"),
    ("<https://www.a.org/b> <me@b.org> <mailto:me@c.org>", "a.org me@b.org me@c.org"),
    ("H<sub>2</sub>O", "H2O"),
]
# fmt: on


@pytest.mark.parametrize(("text", "said"), INLINE)
def test_inline(text, said):
    check(text, said)


# fmt: off
BLOCKS = [
    ("# One\n## Two ##\n####### no\n#no", "One\nTwo\n####### no\n#no"),
    ("# C#\n# F # x #", "C#\nF # x"),
    ("> one\n> > two\n>three\n> 5 four", "one\ntwo\nthree\n5 four"),
    ("- one\n* two\n+ three\n• four\n  - five", "one\ntwo\nthree\nfour\nfive"),
    ("1. one\n2) two\n10. ten", "1. one\n2) two\n10. ten"),
    ("- [ ] open\n- [x] done\n- [link](u)", "open\ndone\nlink"),
    ("For:\n- 2 eggs\n- 3 cups", "For:\n2 eggs\n3 cups"),
    ("**For:**\n\n- 2 eggs", "For:\n2 eggs"),
    ("- eggs\n- 3 cups", "eggs\n3 cups"),
    ("cold\n- 5 degrees", "cold\n- 5 degrees"),
    ("a\n\n---\nb\n***\nc\n_ _ _\nd", "a\nb\nc\nd"),
    ("Title\n=====\nText\n---", "Title\nText"),
    ("--- a", "--- a"),
    ("- a\n\ntext\n- 5 degrees", "a\ntext\n- 5 degrees"),
    ("# **a\nb** c", "**a\nb** c"),
    ("**a\n- b** c", "**a\nb** c"),
    ("text[^1] and[^note].\n\n[^1]: The *note*.", "text and.\nThe note."),
]
# fmt: on


@pytest.mark.parametrize(("text", "said"), BLOCKS)
def test_blocks(text, said):
    check(text, said)


# fmt: off
CODE = [
    ("```python\na\n\nb\n```\nThen", "Code block of 3 lines in Python.\nThen"),
    ("```\na\n```", "Code block of 1 line."),
    ("~~~ js x\na\nb", "Code block of 2 lines in JavaScript."),
    ("````md\n```py\nx\n```\n````", "Code block of 3 lines in Markdown."),
    ("- ```c++\n  x\n  ```\n- b", "Code block of 1 line in C++.\nb"),
    ("> ```py\n> x\n> ```\n> b", "Code block of 1 line in Python.\nb"),
    ("```py\n```\nempty", "empty"),
    ("```not a `fence`", "```not a fence"),
    ("代码如下：\n```python\na\nb\n```", "代码如下：\n一段2行的Python代码。"),
    ("Hier ist der Code für dich:\n```\na\nb\n```", "Hier ist der Code für dich:\nCodeblock mit 2 Zeilen."),
]
# fmt: on


@pytest.mark.parametrize(("text", "said"), CODE)
def test_code_is_summarised(text, said):
    check(text, said)


def test_code_as_chosen():
    text = "A\n```py\nx = 1  # *y*\nprint(x)\n```\nB"
    check(text, "A\nx = 1 # *y*\nprint(x)\nB", code="say")
    check(text, "A\nB", code="skip")
    check(text, "A\n2 of Python!\nB", code_template="{lines} of {language}!")
    check(text, "A\nBloc de code de 2 lignes en Python.\nB", language="fr-CA")


TABLE = "| Name | *Age* |\n|:-----|-----:|\n| Al | 3 |\n| `Bo` | |\n| C \\| D | 5 | 6 |\n\nend"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("say", "Name, Age\nAl, 3\nBo\nC | D, 5, 6\nend"),
        ("pairs", "Name: Al, Age: 3\nName: Bo\nName: C | D, Age: 5, 6\nend"),
        ("summarise", "Table, rows: 3, columns: Name, Age.\nend"),
        ("skip", "end"),
    ],
)
def test_tables(table, said):
    check(TABLE, said, table=table)


def test_more_tables():
    check("| 名 | 数 |\n|---|---|\n| 甲 | 3 |", "名：甲，数：3", table="pairs")
    check("Name | Age\n--- | ---\nAl | 3\nend", "Name | Age\nAl, 3\nend")
    check("a | b\n--- | ---\n1 | 2\n# C", "a | b\n1, 2\nC")
    check("| a |\nno table", "| a |\nno table")
    check(TABLE, "3 by 2: Name, Age\nend", table="summarise", table_template="{rows} by {columns}: {header}")
    check("|---|---|\n| 1 | 2 |", "Table, rows: 1.", table="summarise")


def test_options_of_links_and_addresses():
    text = "See https://www.a.org/b?c, (http://d.org) or me@e.org."
    check(text, "See a.org, (d.org) or me@e.org.")
    check(text, "See https://www.a.org/b?c, (http://d.org) or e.org.", url="keep", mail="host")
    check(text, "See, () or.", url="skip", mail="skip")
    check("mailto:a@b.org www.c.org/_x_ **https://d.org/e**", "a@b.org c.org d.org")
    check("访问https://a.org/b谢谢", "访问a.org谢谢")
    check("![a](b)c", "c", images="skip")


def test_options_of_emoji_citations_and_bullets():
    check("a 👨‍👩‍👧 b 🇩🇪 1️⃣ ❤️ ❤ ✔ © ➕", "a b 1 ❤ ✔ © ➕")
    check("a 👨‍👩‍👧 1️⃣", "a 👨‍👩‍👧 1️⃣", emoji="keep")
    check("a [1, 2] ref[3] [^x] 【4:0†source】[5](https://a.b) x[1] y[0]", "a ref x[1] y[0]")
    check("a [1, 2] [^x] 【4:0†s】", "a [1, 2] [^x] 【4:0†s】", citations="keep")
    check('[1] A. B.[1] C,[2] "D" [3][4]; [5]', '[1] A. B. C, "D"; [5]')
    check("so\ue200cite\ue202turn0search1\ue201.", "so.")
    check("- a\n- [x] b", "- a\n- [x] b", bullets="keep")


def test_no_markdown_and_no_html():
    check("# **a** [b](u) <b>c</b> &amp; `d`", "# **a** [b](u) c & `d`", markdown=False)
    check("<b>c</b> &amp; <break/>", "<b>c</b> &amp; <break/>", html=False)


def test_formulas():
    kept = "If $x_1 * y_1$ and \\(a_2 * b_2\\) and $$\nE = mc^2\n$$ and \\[ z \\]."
    check(kept, kept)
    check(kept, "If and and and.", latex="skip")
    check("$5 and $6, \\[really not\\], $x$", "$5 and $6, [really not],", latex="skip")
    check("$x=1$y $HOME and x_1$ US$a=b$", "$x=1$y $HOME and x_1$ US$a=b$", latex="skip")
    check("costs $2x + 1$ or $10^6$.", "costs or.", latex="skip")


def test_tags():
    check(
        "Hi <break time=\"1s\"/> <prosody rate='slow'>**a**</prosody>",
        "Hi <break time=\"1s\"/> <prosody rate='slow'>a</prosody>",
    )
    check("<spell>A_B *c*</spell> *d* <Spell>x  y</SPELL>", "<spell>A_B *c*</spell> d <Spell>x  y</SPELL>")
    check("<think>a **b**\n\nc</think>d <style>e</style>f", "d f")
    check("a <think>never closed", "a")
    check("<name> and <laugh/>", "<name> and <laugh/>")
    check("<x>*a*</x> <y>*b*</y>", "*a* <y>*b*</y>".replace("*a*", "<x>*a*</x>"), raw_tags=("x", "<y>"))
    check(
        "<sub alias='W'>a_b</sub> H<sub>2</sub>O <mark>m</mark><mark name='n'/>",
        "<sub alias='W'>a_b</sub> H2O m<mark name='n'/>",
    )
    check("<x>a</x><b>b</b>", "<b>b</b>", keep_tags=["b"], skip_tags=["x"])


# --- CommonMark as the oracle ---------------------------------------------------------------------------------------

WORDS = st.sampled_from(["word", "other", "snake_case", "C", "two words", "x", "naïve", "词语"])
PLAIN = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
FORMS = [
    "**{}**",
    "*{}*",
    "***{}***",
    "_{}_",
    "__{}__",
    "~~{}~~",
    "`{}`",
    "[{}](https://a.org/b_c)",
    "{}",
    "{}",
    "({})",
]
SPANS = st.builds(lambda form, text: form.format(text), st.sampled_from(FORMS), PLAIN)
NESTED = st.one_of(
    SPANS, st.builds("**{}** {}".format, PLAIN, SPANS), st.builds("**{} *{}* {}**".format, PLAIN, PLAIN, PLAIN)
)
LINES = st.lists(NESTED, min_size=1, max_size=4).map(" ".join)
LINE_FORMS = ["{}\n\n", "# {}\n\n", "### {} ###\n\n", "- {}\n", "  - {}\n", "> {}\n\n", "{}\n", "---\n\n{}\n\n"]
DOCUMENTS = st.lists(
    st.builds(lambda form, text: form.format(text), st.sampled_from(LINE_FORMS), LINES), max_size=8
).map("".join)


def rendered(text):
    """The text that a browser would show, as words."""
    shown = []
    for block in MarkdownIt("commonmark").enable("strikethrough").parse(text):
        for token in block.children or []:
            if token.type in ("text", "code_inline"):
                shown.append(token.content)
            elif token.type in ("softbreak", "hardbreak"):
                shown.append(" ")
        shown.append(" ")
    return "".join(shown).split()


@given(DOCUMENTS)
@thorough
def test_it_says_what_commonmark_shows(text):
    assert speech_text(text).split() == rendered(text)


@given(st.lists(st.sampled_from(["a", " ", "b c", "*", "**", "***", "_", "`", "\\*", "."]), max_size=12).map("".join))
@thorough
def test_words_are_those_that_commonmark_shows_whatever_the_marks(text):
    letters = re.compile("[a-c.]")
    assert letters.findall(speech_text("x " + text)) == letters.findall(" ".join(rendered("x " + text)))
