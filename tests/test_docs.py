"""The documents hold: the picture is drawn from the table, links lead to files, examples are what the code takes."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import itertools
import re
import shlex
import textwrap
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer

from agora_audio.cli.app import app
from agora_audio.consumer.policy import TRANSITIONS as policy_table
from agora_audio.vad.state_machine import TRANSITIONS as vad_table
from agora_audio.vad.state_machine import Phase, Transition, VadState

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SVG = "{http://www.w3.org/2000/svg}"


def load_script():
    path = ROOT / "docs" / "make_state_diagram.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load_script()

# --- the picture ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("picture", script.PICTURES, ids=lambda picture: picture.file)
def test_the_picture_on_disk_is_what_the_script_draws(picture):
    assert (script.FOLDER / picture.file).read_text(encoding="utf-8") == script.draw(picture)


def test_check_says_whether_a_picture_is_old(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    assert script.main(["--check"]) == 1
    assert script.main([]) == 0
    assert script.main(["--check"]) == 0
    (tmp_path / "vad_states.svg").write_text("<svg/>", encoding="utf-8")
    assert script.main(["--check"]) == 1
    old = ["vad_states.svg", "interruption_states.svg", "vad_states.svg"]
    assert capsys.readouterr().err.splitlines() == [
        f"{name} is old: run python docs/make_state_diagram.py" for name in old
    ]


def drawn(svg):
    """What the groups of a picture say: (phase, then, said, condition, outcome), each with a line that has a head."""
    heads = {marker.get("id") for marker in ElementTree.fromstring(svg).iter(SVG + "marker")}
    for group in ElementTree.fromstring(svg).iter(SVG + "g"):
        said = group.get("data-state")
        assert said in heads
        assert group.find(SVG + "path").get("marker-end") == f"url(#{said})"
        yield group.get("data-phase"), group.get("data-then"), said, *(text.text for text in group.iter(SVG + "text"))


def expected(rows):
    return sorted((row.phase.value, row.then.value, row.said, row.condition, row.outcome) for row in rows)


@pytest.mark.parametrize("picture", script.PICTURES, ids=lambda picture: picture.file)
def test_every_row_of_the_table_has_its_arrow_and_label(picture):
    svg = (script.FOLDER / picture.file).read_text(encoding="utf-8")
    assert sorted(drawn(svg)) == expected(picture.rows)


def test_rows_say_what_the_tables_do():
    assert [row[:3] for row in script.VAD.rows] == [row[:3] for row in vad_table]
    assert [row.outcome for row in script.VAD.rows] == [f"{row.state.name}, {row.data}" for row in vad_table]
    assert [row[:3] for row in script.POLICY.rows] == [row[:3] for row in policy_table]
    assert {row.outcome for row in script.POLICY.rows} == {"nothing", "PAUSE", "RESUME", "INTERRUPT"}


# Each way between two phases three times over, with characters that XML reserves.
CROWDED = [
    Transition(phase, f"{phase.value} < {then.value} & {k * 'more '}conditions", then, VadState.SPEAKING, "the frame")
    for phase, then, k in itertools.product(Phase, Phase, range(3))
]


def crowded(rows):
    return script.VAD._replace(rows=script.vad_rows(rows))


@pytest.mark.parametrize("rows", [CROWDED, CROWDED[::-1], CROWDED[:1], CROWDED[6:7]], ids=len)
def test_a_new_row_appears_by_itself(rows):
    picture = crowded(rows)
    assert sorted(drawn(script.draw(picture))) == expected(picture.rows)


@pytest.mark.parametrize(
    "picture", [*script.PICTURES, crowded(CROWDED), crowded(CROWDED[:1])], ids=lambda picture: len(picture.rows)
)
def test_no_label_meets_a_box_a_line_or_another_label(picture):
    grid, arrows = script.lay_out(picture)
    middles = [grid.middle(phase) for phase in picture.columns]
    boxes = [(middle - script.BOX // 2, grid.top, middle + script.BOX // 2, grid.bottom) for middle in middles]
    labels = [label for arrow in arrows for label in labels_of(arrow)]
    lines = [(*map(min, a, b), *map(max, a, b)) for arrow in arrows for a, b in itertools.pairwise(arrow.corners)]
    for label, other in [*itertools.combinations(labels, 2), *itertools.product(labels, boxes + lines)]:
        assert not meet(label, other)
    width, height = map(int, ElementTree.fromstring(script.draw(picture)).get("viewBox").split()[2:])
    assert all(left >= 0 and top >= 0 and right <= width and bottom <= height for left, top, right, bottom in labels)


def labels_of(arrow):
    """Left, top, right and bottom of a label's two lines; letters rise 10 above their line and fall 3 below it."""
    half = script.label_width(arrow.row) / 2
    return [(x - half, y - 10, x + half, y + 3) for x, y in (arrow.condition, arrow.outcome)]


def meet(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_two_ways_between_the_same_boxes_are_two_lines():
    assert len({tuple(sorted(arrow.corners)) for arrow in script.lay_out(crowded(CROWDED))[1]}) == len(CROWDED)


def test_a_phase_without_a_place_is_an_error_that_says_what_to_add():
    with pytest.raises(ValueError, match=r"Phase\.PENDING has no place in vad_states.svg: add it in docs/make"):
        script.draw(script.VAD._replace(columns=[Phase.IDLE, Phase.SPEAKING]))


# --- the documents --------------------------------------------------------------------------------------------------

_FENCE = re.compile(r"^([ \t]*)```([^\n]*)\n(.*?)^\1```[ \t]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(\s*<?([^)>\s]+)|\b(?:src|href)=[\"']([^\"']+)|^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)


def blocks(*languages):
    """The fenced blocks of all documents in a language, each with its place as the id."""
    found = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for fence in _FENCE.finditer(text):
            if fence[2].split()[:1] and fence[2].split()[0] in languages:
                line = text.count("\n", 0, fence.start(3)) + 1
                found.append(pytest.param(textwrap.dedent(fence[3]), id=f"{path.name}:{line}"))
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_to_files(path):
    prose = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", path.read_text(encoding="utf-8")))
    targets = [next(filter(None, found)) for found in _LINK.findall(prose)]
    files = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:|#|//", target)]
    assert [name for name in files if not (path.parent / name).exists()] == []


@pytest.mark.parametrize("source", blocks("python", "py"))
def test_python_blocks_compile(source):
    compile(source, "block", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


@pytest.mark.parametrize("source", blocks("sh", "bash", "shell"))
def test_shell_blocks_call_commands_and_options_that_exist(source):
    for words in calls(source):
        parse(words)


def calls(source):
    """The words after ``agora-audio`` wherever it is called in lines of shell."""
    source = source.replace("\\\n", " ").replace("\n", "\n;")  # a comment swallows the end of its line
    source = re.sub(r"\s2>(&1)?", " >", source)
    lexer = shlex.shlex(source, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    for separator, words in itertools.groupby(lexer, key=lambda word: set(word) <= set("();<>|&")):
        command = list(words)
        if not separator and "agora-audio" in command and "install" not in command:
            yield command[command.index("agora-audio") + 1 :]


def parse(words):
    """Take the words apart as the command line would, without running anything; raises what it would."""
    command = typer.main.get_command(app)
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"no command {words[0]} in {sorted(command.commands)}"
        command, words = command.commands[words[0]], words[1:]
    if words:  # without any, a group shows its help
        with contextlib.suppress(typer.Exit):  # --help, --version
            command.make_context("agora-audio", list(words))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("agora-audio vad detect call.wav   # a table; agora-audio vad nothing", [["vad", "detect", "call.wav"]]),
        ("agora-audio doctor  # all\nagora-audio doctor -f json 2>&1 | head", [["doctor"], ["doctor", "-f", "json"]]),
        ("# with agora-audio:\nffmpeg -i a - | agora-audio vad detect - 2>/dev/null > x", [["vad", "detect", "-"]]),
        ("a && .uv/bin/uv run --no-dev agora-audio doctor", [["doctor"]]),
        ("agora-audio vad \\\n  dump 'a b.wav'\nagora-audio --version", [["vad", "dump", "a b.wav"], ["--version"]]),
        ("pip install agora-audio 'agora-audio[plot]'", []),
    ],
)
def test_calls_are_found(line, found):
    assert list(calls(line)) == found
    for words in found:
        parse(words)


@pytest.mark.parametrize(
    "line", ["agora-audio vda", "agora-audio vad dtect a.wav", "agora-audio vad detect a.wav --fromat csv"]
)
def test_calls_that_would_fail_are_caught(line):
    (words,) = calls(line)
    with pytest.raises(Exception, match=r"vda|dtect|--fromat"):
        parse(words)
