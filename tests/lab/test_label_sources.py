"""What labels are read from besides label files: JSON documents, dumps of ours and of the SDK; and UEM files."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.labels import FORMATS, SOURCES, LabelledSegment, read_labels, read_uem, write_labels, write_uem
from agora_audio.vad.audio_vad import AudioVadV2
from agora_audio.vad.dump import VadDump
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState
from tests.vad.pieces import TEST_DATA, steady
from tests.vad.strings import LABELS, frame

STOP = VadState.STOP_SPEAKING
TIMES = ("start", "end", "audio_start", "audio_end", "started_at", "ended_at")


def spans(rows):
    return [(row.segment.start, row.segment.end) for row in rows]


# --- JSON documents -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '[{"start": 1, "end": 2.5}]',
        '{"speech": [{"start": 1, "end": 2.5}], "duration": 9}',
        '{"config": {}, "segments": [{"end": 2.5, "start": 1}]}',
        '{"start": 1, "end": 2.5}',
        '[\n {"start": 1,\n  "end": 2.5}\n]\n',
    ],
)
def test_documents(tmp_path, text):
    (tmp_path / "a.json").write_text("\ufeff" + text, encoding="utf-8")
    assert spans(read_labels(tmp_path / "a.json")) == [(1, 2.5)]
    assert spans(read_labels(io.StringIO(text), "json")) == [(1, 2.5)]


def test_lines_in_a_file_called_json(tmp_path):
    write_labels(
        tmp_path / "a.json", [LabelledSegment(Segment(1, 2), "a"), LabelledSegment(Segment(3, 4), "a")], "jsonl"
    )
    assert spans(read_labels(tmp_path / "a.json")) == [(1, 2), (3, 4)]


def test_the_references_of_the_test_recordings_are_labels():
    for path in sorted(TEST_DATA.glob("*.json")):
        assert spans(read_labels(path)) == [
            (one["start"], one["end"]) for one in json.loads(path.read_text())["speech"]
        ]
    assert {row.channel for row in read_labels(TEST_DATA / "stereo_44k.json")} == {0, 1}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: not JSON"),
        ("{", "line 1: not JSON"),
        ('{"speech": [\n {"start": 0,\n "end": 1}\n', "line 4: not JSON"),
        ("7", "no list of segments; write"),
        ('{"speech": {"start": 1}}', "no list of segments"),
        ("[" * 200_000, "not JSON"),
        ('[{"start": 0, "end": 1}, 5]', r"a.json, \[1\]: 5 is not an object"),
        ('{"speech": [{"start": 0, "end": "x"}]}', r"speech\[0\]: end is 'x'"),
        ('{"speech": [{"start": 2, "end": 1}]}', r"speech\[0\]: end 1.0 lies before"),
        ('{"start": 0, "end": 1}\n{"start": 2}', "line 2: end is missing"),
    ],
)
def test_bad_documents(tmp_path, text, problem):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(FormatError, match=problem) as caught:
        read_labels(tmp_path / "a.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_only_read_is_not_written(tmp_path, name):
    with pytest.raises(ConfigError, match="choose one of jsonl"):
        write_labels(tmp_path / "a", [], name)
    assert name not in FORMATS
    with pytest.raises(ConfigError, match=f"'xml' is unknown: .*{name}"):
        read_labels(io.StringIO(), "xml")


@pytest.mark.parametrize("wrong", [None, 5, [LabelledSegment(Segment(1, 2))]])
def test_what_is_neither_a_path_nor_a_stream(wrong):
    for read in (read_labels, read_uem):
        with pytest.raises(FormatError, match="must be a path or an open stream"):
            read(wrong)


# --- dumps ----------------------------------------------------------------------------------------------------------


def dumped(folder, string):
    """A dump of ours of frames drawn as a string, and the segments that the VAD found."""
    vad, found = AudioVadV2(), []
    with VadDump(folder) as dump:
        for index, cell in enumerate(string):
            labelled = frame(index, LABELS[cell])
            state, data = vad.process(labelled)
            closed = vad.segment if state is STOP else None
            dump.write(labelled, data, state, closed)
            found += [closed] if closed else []
        if vad.flush().state is STOP:
            found.append(vad.segment)
            dump.close(vad.segment)
    return dump.directory, found


def times(segments):
    return [tuple(getattr(one, name) for name in TIMES) for one in segments]


def test_our_dump_holds_all_six_times(tmp_path):
    folder, found = dumped(tmp_path, "." * 60 + "V" * 80 + "." * 90 + "V" * 70)
    assert len(found) == 2
    for path in (folder, tmp_path, str(folder), folder / "label.txt"):
        assert times(row.segment for row in read_labels(path)) == times(found)
    assert times(row.segment for row in read_labels(folder, "dump")) == times(found)


def sdk_dump(folder, states, voiced, sounds=(), rate=16000, go=False):
    folder.mkdir(parents=True)
    lines = (
        f"ct:0 fct:{n} state:{state} far:-1 vop:{voice} rms:{60 * voice} pitch:0 mup:0\n"
        for n, (state, voice) in enumerate(zip(map(int, states), map(int, voiced), strict=True))
    )
    (folder / "label.txt").write_text("".join(lines))
    (folder / "source.pcm").write_bytes(bytes(len(states) * rate // 50))
    (folder / ("rms.txt" if go else "rms.pcm")).touch()
    for number, frames in enumerate(sounds):
        (folder / f"vad_{number}.pcm").write_bytes(bytes(frames * rate // 50))
    return folder


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
@pytest.mark.parametrize(
    ("states", "voiced", "sounds", "expected"),
    [
        #  START was decided at frame 4 after three voiced frames, STOP at frame 9; 2 + 3 frames came with START.
        ("000012222300", "001111100000", [10], [(0.02, 0.07, 0.0, 0.1, 0.05, 0.1)]),
        # Without the sound it begins with its START.
        ("000012222300", "001111100000", [], [(0.04, 0.07, 0.04, 0.1, 0.05, 0.1)]),
        # Nothing voiced: loudness alone. What was handed out is all there is to tell.
        ("000012222300", "000000000000", [8], [(0.02, 0.1, 0.02, 0.1, 0.05, 0.1)]),
        # One that the dump's end cut off, and two in a row.
        ("00012222", "00111110", [6], [(0.02, 0.07, 0.02, 0.08, 0.04, 0.08)]),
        ("13013", "11011", [2, 2], [(0.0, 0.02, 0.0, 0.02, 0.01, 0.02), (0.03, 0.05, 0.03, 0.05, 0.04, 0.05)]),
        ("0000", "0000", [], []),
        ("2222300", "1110000", [], [(0.0, 0.03, 0.0, 0.05, 0.01, 0.05)]),  # cut off at its beginning
    ],
)
def test_a_dump_of_the_sdk_tells_by_its_states(tmp_path, states, voiced, sounds, expected, rate):
    folder = sdk_dump(tmp_path / "20250101000000", states, voiced, sounds, rate)
    found = times(row.segment for row in read_labels(folder))
    assert len(found) == len(expected)
    for one, wanted in zip(found, expected, strict=True):
        assert one == pytest.approx(wanted, abs=1e-6)


def test_the_go_sdk_leaves_out_the_sound_of_the_stop_frame(tmp_path):
    folder = sdk_dump(tmp_path / "run", "000012222300", "001111100000", [9], go=True)
    (row,) = read_labels(folder)
    assert (row.segment.audio_start, row.segment.audio_end) == pytest.approx((0.0, 0.09))
    assert row.segment.ended_at == pytest.approx(0.1)


def test_dumps_that_are_none(tmp_path):
    with pytest.raises(FormatError, match=r"is no dump: there is no label\.txt"):
        read_labels(tmp_path)
    (tmp_path / "a.jsonl").write_text('{"start": 0, "end": 1}\n')
    with pytest.raises(FormatError, match="is no dump"):
        read_labels(tmp_path / "a.jsonl", "dump")
    folder, _ = dumped(tmp_path / "d", "." * 60)
    with pytest.raises(FormatError, match=r"name the folder or its label\.txt"):
        read_labels(io.StringIO((folder / "label.txt").read_text()))
    with (folder / "label.txt").open("a") as file:
        file.write("ct:0 fct\n")
    with pytest.raises(FormatError, match="line 61 is no label"):
        read_labels(folder)


@pytest.mark.parametrize("segments", ["7", '[{"start": 1}]', "[3]", '[{"start": NaN, "end": 1}]'])
def test_a_list_of_segments_that_somebody_broke(tmp_path, segments):
    folder, _ = dumped(tmp_path, "." * 60)
    summary = json.loads((folder / "segments.json").read_text())
    text = json.dumps({**summary, "segments": "HERE"}).replace('"HERE"', segments)
    (folder / "segments.json").write_text(text)
    with pytest.raises(FormatError, match=r"segments\.json[:,] .*(segments|no list)"):
        read_labels(folder)


def test_of_several_runs_one_must_be_named(tmp_path):
    dumped(tmp_path, "." * 60)
    dumped(tmp_path, "." * 60)
    with pytest.raises(FormatError, match="holds 2 runs: name one of them"):
        read_labels(tmp_path)


# --- UEM ------------------------------------------------------------------------------------------------------------


def test_a_uem_file(tmp_path):
    text = ";; what is scored\r\n\r\ncall 1 0.0 60.5\r\ncall 2 10 20\r\nother <NA> 1 2\r\n"
    (tmp_path / "a.uem").write_bytes(b"\xef\xbb\xbf" + text.encode())
    rows = read_uem(tmp_path / "a.uem")
    assert [(row.file, row.channel, row.segment.start, row.segment.end, row.label) for row in rows] == [
        ("call", 0, 0.0, 60.5, "scored"),
        ("call", 1, 10.0, 20.0, "scored"),
        ("other", None, 1.0, 2.0, "scored"),
    ]
    write_uem(tmp_path / "b.uem", rows)
    assert (tmp_path / "b.uem").read_text().splitlines() == [
        "call 1 0.000000 60.500000", "call 2 10.000000 20.000000", "other 1 1.000000 2.000000"
    ]  # fmt: skip


instants = st.integers(0, 10**9).map(lambda us: us / 1e6)
parts = st.tuples(st.text("abé.-", min_size=1, max_size=5), st.integers(0, 9), instants, instants)


@given(st.lists(parts, max_size=5))
@steady
def test_round_trip_of_uem(tmp_path_factory, found):
    rows = [LabelledSegment(Segment(*sorted(span)), file, channel, "scored") for file, channel, *span in found]
    path = tmp_path_factory.mktemp("uem") / "a.uem"
    write_uem(path, rows)
    assert read_uem(path) == rows


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("call 1 0", "3 fields; write 'file channel start end'"),
        ("my call 1 0 1", "5 fields.*no spaces"),
        ("call A 0 1", "channel is 'A'"),
        ("call 1 0,5 1", "start is '0,5'.*decimal point"),
        ("call 1 2 1", "end 1.0 lies before start 2.0"),
        ("call 1 -1 1", "start is '-1'"),
        ("call 1 0 nan", "end is 'nan'"),
    ],
)
def test_bad_uem_files(tmp_path, line, problem):
    (tmp_path / "a.uem").write_text(f"a 1 0 1\n{line}\n")
    with pytest.raises(FormatError, match=rf"a\.uem, line 2: {problem}"):
        read_uem(tmp_path / "a.uem")


def test_a_uem_that_cannot_be_written(tmp_path):
    with pytest.raises(FormatError, match="before its start"):
        write_uem(tmp_path / "a.uem", [LabelledSegment(Segment(2, 1))])
    assert list(tmp_path.iterdir()) == []
