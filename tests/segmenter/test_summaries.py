"""Summaries: languages are told apart, every sentence can be filled in, code languages have their names."""

from __future__ import annotations

import pytest

from agora_audio.segmenter.speech import speech_text
from agora_audio.segmenter.summaries import SUMMARIES, code_language, guess_language, summarise_code, summarise_table


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "en"),
        ("42!", "en"),
        ("Here is the code that you asked for.", "en"),
        ("这是你要的 Python 代码", "zh"),
        ("Python のコードはこちらです", "ja"),
        ("여기 Python 코드가 있습니다", "ko"),
        ("Вот код на Python", "ru"),
        ("إليك الكود المطلوب", "ar"),
        ("यह रहा कोड", "hi"),
        ("Hier ist der Code, den Sie brauchen", "de"),
        ("Voici le code que vous avez demandé", "fr"),
        ("Este es el código que pediste para los datos", "es"),
        ("Aqui está o código que você pediu", "pt"),
        ("Ecco il codice che hai chiesto per la tabella", "it"),
        ("The word 你好 is Chinese for hello, and this sentence is in English all the same.", "en"),
    ],
)
def test_the_language_is_that_of_the_text(text, language):
    assert guess_language(text) == language


@pytest.mark.parametrize("language", SUMMARIES)
def test_every_sentence_holds_what_it_should(language):
    assert "12" in summarise_code(12, "Python", language)
    assert "Python" in summarise_code(12, "Python", language)
    assert "Python" in summarise_code(1, "Python", language)
    assert "12" in summarise_code(12, "", language)
    assert summarise_code(1, "", language)
    table = summarise_table(3, ["Aa", "Bb"], language)
    assert all(part in table for part in ("3", "Aa", "Bb"))
    assert "3" in summarise_table(3, [], language)
    said = [summarise_code(n, name, language) for n in (1, 12) for name in ("", "Python")] + [table]
    assert all(one[-1] in ".。।" and "{" not in one for one in said)
    assert len(set(said)) == 5


@pytest.mark.parametrize(
    ("info", "name"),
    [
        ("python", "Python"), (" py title='x'", "Python"), ("c++",
        "C++"), ("C#", "C#"), ("cs", "C#"), ("", ""), ("text", ""),
        ("{.js}", "JavaScript"), ("Mermaid", "Mermaid"), ("123", ""), ("f#", "f#"),
    ],
)  # fmt: skip
def test_names_of_code_languages(info, name):
    assert code_language(info) in (name, name.upper())


def test_the_language_of_what_was_said_last_decides():
    code = "\n```\na\nb\n```\n"
    assert (
        speech_text(f"Hier ist der Code für Sie und mich:{code}")
        == "Hier ist der Code für Sie und mich:\nCodeblock mit 2 Zeilen."
    )
    long = "This is the beginning of it and it is in English. " * 20
    assert speech_text(long + "这是重点内容，我们来看看代码。" * 30 + code).endswith("\n一段2行的代码。")
