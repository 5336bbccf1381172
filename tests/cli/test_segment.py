"""agora-audio segment: text in from files and pipes, segments out as they commit."""

from __future__ import annotations

import json
import sys

import pytest

from tests.cli.shell import Terminal, finish, read_line, start


def rows(outcome):
    return [json.loads(line) for line in outcome.lines]


def said(outcome):
    return [row["text"] for row in rows(outcome)]


def test_json_lines_when_piped(cli):
    outcome = cli("segment", stdin=[b"It is 3.14. Dr. Who ", "said 好。".encode()[:-1], "。".encode()[-1:]])
    assert outcome.code == 0
    assert rows(outcome)[0] == {
        "text": "It is 3.14.",
        "raw": "It is 3.14.",
        "start": 0,
        "end": 11,
        "kind": "sentence",
        "status": "final",
        "id": 0,
        "round_id": 0,
    }
    assert said(outcome) == ["It is 3.14.", "Dr. Who said 好。"]


def test_a_file_as_text(cli, tmp_path):
    path = tmp_path / "answer.md"
    path.write_text("# Plan\n\nBuy it. Now\n- eggs\n```\na\nb\n```\n", encoding="utf-8")
    outcome = cli("segment", path, "--format", "text", "--language", "en")
    assert outcome.lines == ["# Plan  [heading]", "Buy it.", "Now", "- eggs  [list_item]", "``` a b ```  [code]"]


def test_text_is_a_line_a_segment_that_no_terminal_obeys(cli):
    outcome = cli("segment", "-f", "text", stdin=["It \x1b[31mis\r\n\u2028red\x00. Ok".encode()])
    assert outcome.out == "It  [31mis   red .\nOk\n"


def test_text_on_a_terminal(cli, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    cli("segment", "--first-clause", "-l", "en", stdin=[b"Of course, I do. Bye"])
    assert screen.getvalue().splitlines() == ["Of course,  [clause]", "I do.", "Bye"]


def test_provisional_segments_and_clauses(cli):
    outcome = cli("segment", "-l", "en", "--provisional", "--every-clause", stdin=[b"Come in, I wait.", b"com is up"])
    assert [(row["status"], row["kind"], row["text"]) for row in rows(outcome)] == [
        ("final", "clause", "Come in,"),
        ("provisional", "sentence", "I wait."),
        ("retracted", "sentence", "I wait."),
        ("final", "sentence", "I wait.com is up"),
    ]


def test_rules_are_named(cli):
    outcome = cli("segment", "-l", "en", "--explain", stdin=[b"See Dr. Hill now. Ok"])
    assert outcome.notes == [
        "agora-audio: no        6 '.': abbreviation (title)",
        "agora-audio: cut      16 '.': ordinary word, full stop, space",
    ]


def test_rules_of_your_own(cli, tmp_path):
    path = tmp_path / "own.json"
    path.write_text('{"code": "x", "extends": "en", "own_ends": "¶"}', encoding="utf-8")
    piped = ["Vik. Ono eats 3 pcs. Then ¶ go".encode()]
    words = ("--abbreviation", "Vik.", "-a", "closer:pcs")
    assert said(cli("segment", "--language-file", path, *words, stdin=piped)) == [
        "Vik. Ono eats 3 pcs.",
        "Then ¶",
        "go",
    ]


def test_speech_text(cli, tmp_path):
    path = tmp_path / "words.json"
    path.write_text('{"SQL": "sequel"}', encoding="utf-8")
    piped = [b"# *SQL*\n\nSee [it](http://a.b). ``", b"`py\nx\n```\n\xf0\x9f\x98\x80 At http://a.b/c now."]
    assert said(cli("segment", "-l", "en", "--speech", stdin=piped))[:2] == ["SQL", "See it."]
    options = (
        "--speech-pronunciation",
        path,
        "--speech-url",
        "skip",
        "--speech-markdown",
        "off",
        "--speech-emoji",
        "keep",
    )
    texts = said(cli("segment", "-l", "en", *options, stdin=[b"# *SQL*\n\n", "😀 At http://a.b now.".encode()]))
    assert texts == ["# *sequel*", "😀 At now."]
    tags = (
        "--speech-keep-tags",
        "hum,sing",
        "--speech-skip-tags",
        "",
        "--speech-hold",
        "16",
        "--speech-line-break",
        ", ",
    )
    assert said(cli("segment", *tags, stdin=[b"<hum/> <think>so\nit</think>"])) == ["<hum/> <think>so", "it</think>"]


def test_speech_text_is_off_by_default(cli):
    assert said(cli("segment", stdin=[b"# **It**"])) == ["# **It**"]


def test_segments_come_as_they_commit():
    process = start("segment", "-l", "en")
    process.stdin.write(b"First one. Sec")
    process.stdin.flush()
    assert json.loads(read_line(process.stdout))["text"] == "First one."
    process.stdin.write(b"ond.")
    outcome = finish(process)
    assert (outcome.code, said(outcome)) == (0, ["Second."])


def test_text_that_has_come_is_printed_when_the_keyboard_ends_it(cli):
    outcome = cli("segment", stdin=[b"Half a sent", KeyboardInterrupt()])
    assert (outcome.code, said(outcome)) == (130, ["Half a sent"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-f", "xml"], "format is 'xml', must be one of text, jsonl"),
        (["-l", "?"], "language is '?', must be a code such as 'en', 'de' or 'zh-TW', or None"),
        (["--words", "x"], "words is 'x', must be 'rules', 'dictionary' or a function"),
        (["-a", "x:y"], "abbreviation class is 'x', must be one of title, inner, number, either, closer, time"),
        (["--speech-code", "x"], "code is 'x', must be one of 'summarise', 'say', 'skip'"),
        (["--speech-hold", "3"], "hold is 3, must be a whole number of 16 to 10000"),
        (["--speech-pronunciation", "nowhere.json"], "nowhere.json: No such file or directory"),
        (["nowhere.txt"], "nowhere.txt: No such file or directory"),
        (["--language-file", "nowhere.json"], "nowhere.json: No such file or directory"),
        (["-l", "en", "--language-file", "x"], "--language and --language-file are given: name the language to begin"),
    ],
)
def test_wrong_calls(cli, words, message):
    outcome = cli("segment", *words, stdin=[b"Hi."])
    assert outcome.code == 2
    assert outcome.notes[0].startswith(f"agora-audio: {message}")
    assert outcome.out == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "own.json: no JSON in line 1: "),
        ("[]", "language is [], must be a "),
        ('{"code": "x", "y": 1}', "language has no field 'y', known are"),
    ],
)
def test_wrong_language_files(cli, tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.json").write_text(content, encoding="utf-8")
    outcome = cli("segment", "--language-file", "own.json", stdin=[b"Hi."])
    assert (outcome.code, outcome.notes[0].startswith(f"agora-audio: {message}")) == (2, True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "words.json: no JSON in line 1: "),
        ("[]", "words.json: pronunciation is [], must map words to what is said"),
        ('{"a": 1}', "words.json: pronunciation has 'a': 1, must map words"),
    ],
)
def test_wrong_pronunciations(cli, tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.json").write_text(content, encoding="utf-8")
    outcome = cli("segment", "--speech-pronunciation", "words.json", stdin=[b"Hi."])
    assert (outcome.code, outcome.notes[0].startswith(f"agora-audio: {message}")) == (2, True)


def test_stdin_that_is_closed(cli, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert cli("segment").notes == ["agora-audio: stdin is closed: pipe text into it, or name a file"]
