"""Label files: what each format looks like, that it reads back, and what is said when it cannot."""

from __future__ import annotations

import io
import math
import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import ConfigError, FormatError
from agora_audio.lab.labels import FORMATS, LabelledSegment, LabelWriter, read_labels, write_labels
from agora_audio.vad.segments import Segment

TIMES = ("start", "end", "audio_start", "audio_end", "started_at", "ended_at")
LINE_FORMATS = [name for name, spec in FORMATS.items() if spec.streams]
WHOLE_FORMATS = [name for name, spec in FORMATS.items() if not spec.streams]
ONE_FILE = [name for name, spec in FORMATS.items() if not spec.files]


def row(start, end, file="call", channel=None, label="speech"):
    return LabelledSegment(Segment(start, end), file, channel, label)


def text_of(rows, format, durations=None):
    stream = io.StringIO()
    with LabelWriter(stream, format) as writer:
        for one in rows:
            writer.write(one)
        writer.close(durations)
    return stream.getvalue()


def spans(rows):
    return [(one.segment.start, one.segment.end) for one in rows]


def read(text, format=None):
    return read_labels(io.StringIO(text), format)


# What each format looks like

FOUND = LabelledSegment(Segment(1.2, 3.45, 1.04, 3.9, 1.5, 3.92), "call.wav", 1)

GOLDEN = {
    "jsonl": (
        '{"file": "call.wav", "channel": 1, "start": 1.2, "end": 3.45, "duration": 2.25, "audio_start": 1.04, '
        '"audio_end": 3.9, "started_at": 1.5, "ended_at": 3.92, "label": "speech"}\n'
    ),
    "csv": (
        "file,channel,start,end,duration,audio_start,audio_end,started_at,ended_at,label\n"
        "call.wav,1,1.200000,3.450000,2.250000,1.040000,3.900000,1.500000,3.920000,speech\n"
    ),
    "rttm": "SPEAKER call.wav 2 1.200000 2.250000 <NA> <NA> speech <NA> <NA>\n",
    "audacity": "1.200000\t3.450000\tspeech\n",
    "textgrid": """\
File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 5.000000
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = "channel 1"
        xmin = 0
        xmax = 5.000000
        intervals: size = 3
        intervals [1]:
            xmin = 0.000000
            xmax = 1.200000
            text = ""
        intervals [2]:
            xmin = 1.200000
            xmax = 3.450000
            text = "speech"
        intervals [3]:
            xmin = 3.450000
            xmax = 5.000000
            text = ""
""",
    "srt": "1\n00:00:01,200 --> 00:00:03,450\nspeech\n\n",
    "vtt": "WEBVTT\n\n00:00:01.200 --> 00:00:03.450\nspeech\n\n",
    "scv": "call.wav,0.000000,1.200000,0,1.200000,3.450000,1,3.450000,5.000000,0\n",
}


@pytest.mark.parametrize("format", FORMATS)
def test_golden_text(format):
    assert text_of([FOUND], format, {"call.wav": 5.0}) == GOLDEN[format]


@pytest.mark.parametrize("format", FORMATS)
def test_golden_text_reads_back_by_name_and_by_its_first_line(format):
    rows = read(GOLDEN[format], format)
    assert read(GOLDEN[format]) == rows
    assert spans(rows) == [(1.2, 3.45)]
    assert rows[0].label == "speech"
    assert rows[0].file == ("" if format in ONE_FILE else "call.wav")
    assert rows[0].channel == (1 if FORMATS[format].channels else None)


def test_jsonl_of_the_mix_has_the_same_keys():
    assert '"channel": null' in text_of([row(0, 1)], "jsonl")


def test_names_that_need_quoting():
    odd = 'a, "b"\nc.wav'
    assert text_of([row(0, 1, odd)], "csv").splitlines()[1].startswith('"a, ""b""')
    for format in ("jsonl", "csv"):
        assert read(text_of([row(0, 1, odd)], format), format)[0].file == odd


def test_names_in_formats_without_quoting():
    assert text_of([row(0, 1, "my call 1.wav", label="Ann B")], "rttm").split()[1] == "my_call_1.wav"
    assert text_of([row(0, 1, "my call 1.wav", label="Ann B")], "rttm").split()[7] == "Ann_B"
    assert text_of([row(0, 1, "")], "rttm").startswith("SPEAKER <NA> 1 ")
    assert text_of([row(0, 1, "a,b\nc")], "scv") == "a_b_c,0.000000,1.000000,1\n"


def test_labels_in_formats_of_one_line_labels():
    rows = [row(0, 1, label="one\ttwo\nthree --> four")]
    assert text_of(rows, "audacity") == "0.000000\t1.000000\tone two three --> four\n"
    assert text_of(rows, "srt").splitlines()[2] == "one two three -> four"
    assert text_of(rows, "vtt").splitlines()[3] == "one two three --&gt; four"


def test_subtitle_times_grow_past_99_hours():
    for format, point in (("srt", ","), ("vtt", ".")):
        text = text_of([row(59.9996, 360_000.001)], format)
        assert f"00:01:00{point}000 --> 100:00:00{point}001\n" in text
        assert spans(read(text)) == [(60.0, 360_000.001)]


def test_srt_numbers_its_cues():
    assert text_of([row(0, 1), row(2, 3)], "srt").split("\n")[4] == "2"


def test_textgrid_has_a_tier_a_channel():
    rows = [row(2, 3, channel=1), row(0.5, 1), row(0, 1, channel=0, label='say "hi"\nthere')]
    text = text_of(rows, "textgrid")
    assert [line.strip() for line in text.splitlines() if "name" in line] == [
        'name = "speech"',
        'name = "channel 0"',
        'name = "channel 1"',
    ]
    assert text.count("xmax = 3.000000") == 1 + 3 + 3  # the grid, each tier, the last interval of each
    back = read(text)
    assert [(one.channel, one.label) for one in back] == [(None, "speech"), (0, 'say "hi"\nthere'), (1, "speech")]


def test_lengths_say_where_the_last_interval_ends():
    assert text_of([row(0, 1)], "scv", {"call": 2}) == "call,0.000000,1.000000,1,1.000000,2.000000,0\n"
    assert text_of([row(0, 1)], "scv", {"call": 0.99}) == "call,0.000000,1.000000,1\n"
    assert "xmax = 1.000000\ntiers" in text_of([row(0, 1)], "textgrid", {"call": 0.99, "other": 7.0})


def test_recordings_without_speech():
    assert text_of([row(0, 1, "b")], "scv", {"a": 2, "b": 1}) == "a,0.000000,2.000000,0\nb,0.000000,1.000000,1\n"
    silent = text_of([], "textgrid", {"a": 2})
    assert 'name = "speech"' in silent
    assert read(silent) == []
    assert text_of([], "vtt") == "WEBVTT\n\n"
    assert text_of([], "csv").startswith("file,channel,start,end")
    for format in ("jsonl", "rttm", "audacity", "srt", "scv"):
        assert text_of([], format) == ""


# Round trips

written = st.characters(
    exclude_categories=["Cs"], exclude_characters="\0"
)  # NUL: the csv of Python 3.10 cannot read it
names = st.text(written, max_size=12)
labels = st.text(written, min_size=1, max_size=12).filter(str.strip)
channels = st.none() | st.integers(0, 40)
instants = st.floats(0, 1e6) | st.sampled_from([0.0, -0.0, 1e-6, 4e-7, 0.0005, 0.1 + 0.2, 59.9996, 3599.9999])


@st.composite
def segments(draw):
    start, end = sorted((draw(instants), draw(instants)))
    return Segment(start, end, *(draw(instants) for _ in range(4)))


@st.composite
def apart(draw):
    """Segments of at least 10 us with nothing or a gap between them, as the formats that tile a recording need."""
    edges = sorted(draw(st.lists(st.integers(0, 10**11), min_size=2, max_size=12, unique=True)))
    starts = range(0, len(edges) - 1, draw(st.sampled_from([1, 2])))
    return [Segment(edges[i] * 1e-5, edges[i + 1] * 1e-5) for i in starts]


def assert_equal_to(rows, back, resolution):
    assert len(back) == len(rows)
    for one, two in zip(rows, back, strict=True):
        assert two.segment.start == pytest.approx(one.segment.start, rel=0, abs=resolution)
        assert two.segment.end == pytest.approx(one.segment.end, rel=0, abs=resolution)


@given(st.lists(st.builds(LabelledSegment, segments(), names, channels, labels), max_size=5))
@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_round_trip_of_the_lossless_formats(format, rows):
    back = read(text_of(rows, format), format)
    assert [(one.file, one.channel, one.label) for one in back] == [(one.file, one.channel, one.label) for one in rows]
    for one, two in zip(rows, back, strict=True):
        for time in TIMES:
            assert getattr(two.segment, time) == round(getattr(one.segment, time), 6)
    assert text_of(back, format) == text_of(rows, format)


@given(st.lists(st.builds(LabelledSegment, segments(), names, channels, labels), max_size=5))
def test_round_trip_of_rttm(rows):
    back = read(text_of(rows, "rttm"), "rttm")
    assert spans(back) == [(round(start, 6), round(end, 6)) for start, end in spans(rows)]
    assert [one.channel for one in back] == [one.channel or 0 for one in rows]
    assert text_of(back, "rttm") == text_of(rows, "rttm")


@given(st.lists(st.builds(LabelledSegment, segments(), st.just("call"), st.just(2), labels), max_size=5))
@pytest.mark.parametrize(("format", "resolution"), [("audacity", 5.1e-7), ("srt", 5.02e-4), ("vtt", 5.02e-4)])
def test_round_trip_of_the_formats_of_one_recording(format, resolution, rows):
    back = read(text_of(rows, format), format)
    assert_equal_to(rows, back, resolution)
    arrow = "->" if format == "srt" else "-->"
    assert [one.label for one in back] == [" ".join(one.label.split()).replace("-->", arrow) for one in rows]
    assert text_of(back, format) == text_of(rows, format)


@given(st.dictionaries(channels, apart(), min_size=1, max_size=3), labels)
def test_round_trip_of_textgrid(tiers, label):
    rows = [LabelledSegment(one, "call", channel, label) for channel, found in tiers.items() for one in found]
    text = text_of(reversed(rows), "textgrid", {"call": 2e6})
    rows.sort(key=lambda one: (-1 if one.channel is None else one.channel, one.segment))
    back = read(text, "textgrid")
    assert_equal_to(rows, back, 5.1e-7)
    assert [(one.channel, one.label) for one in back] == [(one.channel, label) for one in rows]
    assert text_of(back, "textgrid", {"": 2e6}) == text


@given(st.dictionaries(st.text("abé音 .-", max_size=6), apart(), max_size=3))
def test_round_trip_of_scv(files):
    rows = [LabelledSegment(one, file) for file, found in files.items() for one in found]
    text = text_of(reversed(rows), "scv", dict.fromkeys(files, 2e6))
    back = read(text, "scv")
    assert_equal_to(rows, back, 5.1e-7)
    assert [one.file for one in back] == [one.file for one in rows]
    assert text_of(back, "scv", dict.fromkeys(files, 2e6)) == text


def test_numpy_numbers_are_numbers():
    np = pytest.importorskip("numpy")
    odd = LabelledSegment(Segment(np.float64(0.5), np.float32(1.5)), "call", np.int64(1))
    assert text_of([odd], "jsonl") == text_of([row(0.5, 1.5, channel=1)], "jsonl")


# A live pipe


class Pipe(io.StringIO):
    """Remembers what had been written at each flush."""

    def __init__(self):
        super().__init__()
        self.flushed = []

    def flush(self):
        self.flushed.append(self.getvalue())


@pytest.mark.parametrize("format", LINE_FORMATS)
def test_a_row_is_out_when_write_returns(format):
    pipe = Pipe()
    writer = LabelWriter(pipe, format)
    written = ["", *(text_of([row(n, n + 0.5) for n in range(count)], format) for count in (1, 2, 3))]
    for n in range(3):
        writer.write(row(n, n + 0.5))
        assert pipe.flushed[-1] == written[n + 1]
        assert len(read(pipe.flushed[-1], format)) == n + 1
    writer.close()
    assert pipe.flushed[-1] == written[3]


@pytest.mark.parametrize("format", WHOLE_FORMATS)
def test_a_whole_file_format_writes_when_closed(format):
    pipe = Pipe()
    writer = LabelWriter(pipe, format)
    writer.write(row(0, 1))
    assert pipe.getvalue() == ""
    writer.close()
    assert pipe.flushed == [text_of([row(0, 1)], format)]


@pytest.mark.parametrize("format", FORMATS)
def test_closed_twice(format):
    stream = io.StringIO()
    with LabelWriter(stream, format) as writer:
        writer.write(row(0, 1))
        writer.close({"call": 2.0})
        once = stream.getvalue()
        writer.close({"call": 3.0})
    assert stream.getvalue() == once
    assert not stream.closed
    with pytest.raises(ConfigError, match="closed"):
        writer.write(row(1, 2))


def fail_after_a_row(stream, format):
    with LabelWriter(stream, format) as writer:
        writer.write(row(0, 1))
        raise KeyboardInterrupt


@pytest.mark.parametrize("format", FORMATS)
def test_an_interrupted_block_leaves_no_half_file(format):
    stream = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        fail_after_a_row(stream, format)
    assert stream.getvalue() == ("" if format in WHOLE_FORMATS else text_of([row(0, 1)], format))


def test_an_encoding_that_cannot_hold_a_name():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with pytest.raises(FormatError, match=r"ascii.*UTF-8"):
        LabelWriter(stream, "jsonl").write(row(0, 1, "通話.wav"))


# Several recordings and channels


@pytest.mark.parametrize("format", ["jsonl", "csv", "rttm", "scv"])
def test_several_recordings(format):
    rows = [row(0, 1, "a"), row(0.5, 1, "b"), row(2, 3, "b")]
    back = read(text_of(rows, format), format)
    assert [(one.file, *span) for one, span in zip(back, spans(back), strict=True)] == [
        ("a", 0, 1), ("b", 0.5, 1), ("b", 2, 3)
    ]  # fmt: skip


@pytest.mark.parametrize("format", ONE_FILE)
def test_a_second_recording_is_refused(format):
    with pytest.raises(ConfigError, match=r"'b' from 'a'.*one label file each, or write jsonl, csv, rttm$"):
        text_of([row(0, 1, "a"), row(0, 1, "b")], format)


@pytest.mark.parametrize("format", [name for name, spec in FORMATS.items() if not spec.channels])
def test_a_second_channel_is_refused(format):
    with pytest.raises(ConfigError, match="channels of 'call' apart"):
        text_of([row(0, 1, channel=0), row(2, 3, channel=1)], format)


def test_scv_refuses_labels_it_would_lose():
    with pytest.raises(ConfigError, match="'noise'"):
        text_of([row(0, 1, label="noise")], "scv")


@pytest.mark.parametrize("format", WHOLE_FORMATS)
def test_overlapping_segments_are_named(format):
    with pytest.raises(FormatError, match=r"'call'.*0\.500000-2\.000000 and 1\.500000-3\.000000 overlap.*merge"):
        text_of([row(1.5, 3), row(0.5, 2)], format)


def test_what_a_textgrid_cannot_be():
    with pytest.raises(ConfigError, match="durations"):
        text_of([], "textgrid")
    with pytest.raises(ConfigError, match="2 recordings"):
        text_of([], "textgrid", {"a": 1, "b": 1})
    with pytest.raises(FormatError, match="no length"):
        text_of([row(1, 1)], "textgrid")


def test_a_failed_close_can_be_repeated():
    stream = io.StringIO()
    writer = LabelWriter(stream, "textgrid")
    with pytest.raises(ConfigError):
        writer.close()
    writer.close({"call": 1.0})
    assert read(stream.getvalue()) == []


# Rows and settings that cannot be written


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (row(-0.5, 1), "from 0"),
        (row(0, math.inf), "finite"),
        (LabelledSegment(Segment(0, 1, ended_at=math.inf)), "finite"),
        (row(2, 1), "before its start"),
        (row(0, 1, channel=-1), "channel -1"),
        (row(0, 1, label=" "), "blank"),
    ],
)
def test_rows_that_cannot_be_written(format, bad, problem):
    with pytest.raises(FormatError, match=problem):
        text_of([bad], format)


def test_unknown_formats_list_the_known_ones(tmp_path):
    everything = ".*".join(FORMATS)
    with pytest.raises(ConfigError, match=f"'mp3'.*{everything}"):
        LabelWriter(io.StringIO(), "mp3")
    with pytest.raises(ConfigError, match=f"'mp3'.*{everything}"):
        read_labels(tmp_path / "absent", "mp3")
    with pytest.raises(ConfigError, match=f"'.lab'.*{everything}"):
        write_labels(tmp_path / "out.lab", [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [-1.0, math.nan, math.inf])
def test_lengths_are_checked(length):
    with pytest.raises(ConfigError, match=r"durations\['call'\]"):
        text_of([row(0, 1)], "scv", {"call": length})


# Files


@pytest.mark.parametrize("format", FORMATS)
def test_files_by_suffix(tmp_path, format):
    path = tmp_path / f"通話{FORMATS[format].suffix}"
    write_labels(path, [row(1.2, 3.45, "通話.wav")], durations={"通話.wav": 4.0})
    assert path.read_bytes().decode() == text_of([row(1.2, 3.45, "通話.wav")], format, {"通話.wav": 4.0})
    assert spans(read_labels(path)) == spans(read_labels(str(path))) == [(1.2, 3.45)]
    with open(path, "rb") as stream:
        assert read_labels(stream) == read_labels(path)
    with open(path, encoding="utf-8") as stream:
        assert read_labels(stream) == read_labels(path)


def test_the_format_given_beats_the_suffix(tmp_path):
    write_labels(tmp_path / "out.TXT", [row(0, 1)], "jsonl")
    assert read_labels(tmp_path / "out.TXT") == [row(0, 1)]  # of a .txt the first line tells
    with pytest.raises(FormatError, match="tabs"):
        read_labels(tmp_path / "out.TXT", "audacity")


def test_writing_is_all_or_nothing(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("as before")

    def rows():
        yield row(0, 1)
        raise RuntimeError("detector died")

    with pytest.raises(RuntimeError):
        write_labels(path, rows())
    assert path.read_text() == "as before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]
    write_labels(path, [row(0, 1)])
    assert read_labels(path) == [row(0, 1)]
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes, links and pipes")
def test_writing_keeps_modes_links_and_devices(tmp_path):
    (tmp_path / "real.csv").touch()
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write_labels(tmp_path / "link.csv", [row(0, 1)])
    assert (tmp_path / "link.csv").is_symlink()
    assert read_labels(tmp_path / "real.csv") == [row(0, 1)]

    (tmp_path / "plain").touch()
    assert (tmp_path / "real.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode

    reader, writer = os.pipe()
    write_labels(f"/dev/fd/{writer}", [row(0, 1)], "rttm")
    os.close(writer)
    with open(reader, "rb") as stream:
        assert stream.read().startswith(b"SPEAKER call 1 0.000000")

    write_labels(os.devnull, [row(0, 1)], "rttm")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_labels(tmp_path / "absent.csv")
    with pytest.raises(FileNotFoundError):
        write_labels(tmp_path / "no" / "folder.csv", [])


# Reading: encodings, line ends, finding the format


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path, format, encoding, end):
    rows = [row(1.2, 3.45, "通話"), row(4, 5, "通話")]
    path = tmp_path / "labels"
    path.write_bytes(text_of(rows, format).replace("\n", end).encode(encoding))
    assert spans(read_labels(path)) == spans(read_labels(path, format)) == [(1.2, 3.45), (4, 5)]


def test_a_byte_order_mark_in_a_text_stream():
    assert spans(read("\ufeff0\t1\tx")) == [(0, 1)]


@pytest.mark.parametrize(
    ("first_lines", "found"),
    [
        ('\n\n  {"start": 0, "end": 1}', [(0, 1)]),
        ("start,end\n0,1", [(0, 1)]),
        ('"file","start","end"\n', []),
        ("end,start,other\n1,0,x", [(0, 1)]),
        (";; a comment\nSPEAKER a 1 0 1 <NA> <NA> x <NA> <NA>", [(0, 1)]),
        ("SPKR-INFO a 1 <NA> <NA> <NA> unknown x <NA> <NA>\n", []),
        ("0.5\t1", [(0.5, 1)]),
        ('"ooTextFile"\n"TextGrid"\n0 1 <exists> 0', []),
        ("1\n00:00:00,500 --> 00:00:01,000\nhello", [(0.5, 1)]),
        ("00:00.500 --> 00:01.000\nhello", [(0.5, 1)]),
        ("WEBVTT - made by hand\n", []),
        ("a name,0,1.0,0,1.0,2,1\n", [(1, 2)]),
    ],
)
def test_the_first_line_tells_the_format(first_lines, found):
    assert spans(read(first_lines)) == found


@pytest.mark.parametrize("text", ["", "\n", "hello\n", "[1, 2]", "name,0,1\n", "a,b\n"])
def test_a_first_line_that_tells_nothing(text):
    with pytest.raises(FormatError, match=r"<stream>, line 1: .*give format=, one of jsonl, csv"):
        read(text)


@pytest.mark.parametrize("format", [*LINE_FORMATS, "scv"])
def test_nothing_is_no_segments(tmp_path, format):
    assert read("", format) == read("\n \n", format) == []
    path = tmp_path / f"empty{FORMATS[format].suffix}"
    path.touch()
    assert read_labels(path) == []


# Reading: what others write


def test_jsonl_of_others():
    lines = '{"start": 1, "end": 2.5, "speaker": {"a": 1}}', '{"end": 4, "start": 3, "label": null, "channel": "1"}'
    first, second = read("\n\n".join(lines), "jsonl")
    assert first == row(1, 2.5, "")
    assert second == row(3, 4, "", 1)
    assert first.segment.audio_end == first.segment.ended_at == 2.5


def test_csv_of_others():
    assert read("note, start ,end,channel,audio_start\n\nhi,1,2,,\nho,3,4\n", "csv") == [row(1, 2, ""), row(3, 4, "")]


def test_rttm_of_others():
    nine_fields_of_kaldi = "SPEAKER a 0   1.10   2.20 <NA> <NA> Ann <NA>"
    mix, second = read(f"{nine_fields_of_kaldi}\nSPEAKER <NA> 2 1 0 <NA> <NA> <NA> <NA> <NA>", "rttm")
    assert mix == row(1.1, 3.3, "a", None, "Ann")  # 1.1 + 2.2 without the noise of binary
    assert second == row(1, 1, "", 1)


def test_audacity_of_others():
    text = "0.5\t1.5\t\n\\\t100.0\t4000.0\n2\t3\ta\tb\n"
    assert read(text, "audacity") == [row(0.5, 1.5, ""), row(2, 3, "", None, "a\tb")]


SHORT_TEXTGRID = """\
File type = "ooTextFile"
Object class = "TextGrid"

0
2.3
<exists>
3
"IntervalTier"
"Mary ""M"" B"
0
2.3
2
0
1.1
""
1.1
2.3
"hello
there"
"TextTier"
"bell"
0
2.3
1
0.7
"ding"
"IntervalTier"
"channel 1"
0
2.3
2
0
0.4
"x"
0.4
2.3
"  "
"""

FREE_TEXTGRID = """\
"ooTextFile" "TextGrid" ! what this is
0 2.3 ! the "time domain"
<exists> 1 tier
"IntervalTier" "John" 0 2.3 1 interval coming
0.4 2.3 "don't" ! 5 6 7
"""


def test_textgrid_of_others():
    hello, x = read(SHORT_TEXTGRID)
    assert hello == row(1.1, 2.3, "", None, "hello\nthere")
    assert x == row(0, 0.4, "", 1, "x")
    old = SHORT_TEXTGRID.replace('"ooTextFile"', '"ooTextFile short"').replace("Object class = ", "")
    assert read(old) == [hello, x]
    assert read(FREE_TEXTGRID) == [row(0.4, 2.3, "", None, "don't")]
    assert read('"ooTextFile" "TextGrid" 0 1 <absent>') == []


def test_srt_of_others():
    text = (
        "\n\n1\n00:00:01,5 --> 00:00:02,500 X1:10 X2:20\n<i>two</i>\nlines\n\n\n"
        "2\n\n0:00:03.000-->0:00:04\n\n00:00:05,000 --> 00:00:05,000\nx"
    )
    assert read(text, "srt") == [
        row(1.5, 2.5, "", None, "<i>two</i> lines"), row(3, 4, ""), row(5, 5, "", None, "x")
    ]  # fmt: skip


def test_vtt_of_others():
    text = (
        "WEBVTT Kind: captions\nLanguage: en\n\nSTYLE\n::cue { color: red }\n\nNOTE\nnothing here\n\nNOTE short\n\n"
        "intro\n00:01.500 --> 01:02.000 align:start position:0%\n<v Ann>a &amp; b</v>\n\n"
        "01:00:00.000 --> 1000:00:00.000\n\nNOTE\n00:05.000 --> 00:06.000\nan id, says the standard"
    )
    assert read(text) == [
        row(1.5, 62, "", None, "a & b"),
        row(3600, 3_600_000, ""),
        row(5, 6, "", None, "an id, says the standard"),
    ]
    assert spans(read("WEBVTT\n00:01.000 --> 00:02.000\nno blank line", "vtt")) == [(1, 2)]


def test_scv_of_others():
    text = "b,0.000,0.403,0,0.403,1.204,1,1.204,1.204,0\n\na b,1,2,1,2,3,1\nnothing known\n"
    assert read(text, "scv") == [row(0.403, 1.204, "b"), row(1, 2, "a b"), row(2, 3, "a b")]


# Reading: errors name the file, the line and the fix

BAD_FILES = [
    ("jsonl", '{"start": 0, "end": 1}\n{"start": 0', 2, "not JSON.*one object a line"),
    ("jsonl", '{"a": ' + "[" * 200_000, 1, "not JSON"),
    ("jsonl", "\n[0, 1]", 2, r"\[0, 1\].*not a JSON object"),
    ("jsonl", '{"start": 0}', 1, "end is missing"),
    ("jsonl", '{"start": NaN, "end": 1}', 1, "start is nan.*finite"),
    ("jsonl", '{"start": true, "end": 1}', 1, "start is True"),
    ("jsonl", '{"start": [], "end": 1}', 1, r"start is \[\]"),
    ("jsonl", '{"start": 0, "end": 1' + "0" * 400 + "}", 1, "end is 1000"),
    ("jsonl", '{"start": -1, "end": 1}', 1, "start is -1"),
    ("jsonl", '{"start": 2, "end": 1}', 1, "end 1.0 lies before start 2.0"),
    ("jsonl", '{"start": 0, "end": 1, "audio_start": "x"}', 1, "audio_start is 'x'"),
    ("jsonl", '{"start": 0, "end": 1, "channel": 1.5}', 1, "channel is 1.5"),
    ("jsonl", '{"start": 0, "end": 1, "channel": true}', 1, "channel is True"),
    ("jsonl", '{"start": 0, "end": 1, "file": 7}', 1, "file is 7"),
    ("csv", "start;end\n0;1\n", 1, "header lacks end and start; write commas between columns, not semicolons"),
    ("csv", "file,start\n", 1, "header lacks end"),
    ("csv", "start,end\n0,1\n0,1,2\n", 3, "3 fields under 2 columns"),
    ("csv", "start,end\n0,1\n0,one\n", 3, "end is 'one'"),
    ("csv", "start,end\n0,\n", 2, "end is missing"),
    ("csv", 'file,start,end\n"a"b,0,1\n', 2, "not CSV"),
    ("csv", 'file,start,end\n"a,0,1\n', 2, "not CSV"),
    ("csv", "channel,start,end\n-1,0,1\n", 2, "channel is '-1'"),
    ("rttm", "SPEAKER a 1 0 1 <NA> <NA> x <NA> <NA>\nspeaker a\n", 2, "'speaker' is no RTTM type"),
    ("rttm", "SPEAKER a 1 0 1\n", 1, "5 fields"),
    ("rttm", "SPEAKER my call 1 0 1 <NA> <NA> x <NA> <NA>\n", 1, "11 fields.*no spaces"),
    ("rttm", "SPEAKER a A 0 1 <NA> <NA> x <NA> <NA>\n", 1, "channel is 'A'"),
    ("rttm", "SPEAKER a 1 0 -1 <NA> <NA> x <NA> <NA>\n", 1, "duration is '-1'"),
    ("rttm", "SPEAKER a 1 1e308 1.7e308 <NA> <NA> x <NA> <NA>\n", 1, "too large"),
    ("audacity", "0\t1\tx\n2 3 y\n", 2, "'2 3 y' has no tabs"),
    ("audacity", "0,5\t1,5\tx\n", 1, "start is '0,5'.*decimal point"),
    ("audacity", "3\t2\tx\n", 1, "end 2.0 lies before"),
    ("textgrid", "", 1, "ends before the file type"),
    ("textgrid", '"ooTextFile"\n"Sound"\n', 2, "not a TextGrid"),
    ("textgrid", SHORT_TEXTGRID.replace('"TextTier"', '"Tier"'), 20, "'Tier'.*IntervalTier and TextTier"),
    ("textgrid", SHORT_TEXTGRID.replace("1.1\n2.3", "1.1\nnan"), 18, "'hello.*where xmax of an interval should be"),
    ("textgrid", SHORT_TEXTGRID.replace("1.1\n2.3", "1.1\n1.0"), 17, "end 1.0 lies before start 1.1"),
    ("textgrid", SHORT_TEXTGRID.replace("1.1\n2.3", "-1.1\n1.0"), 17, "xmin is '-1.1'"),
    ("textgrid", SHORT_TEXTGRID.replace("<exists>\n3", "<exists>\n1.5"), 7, "'1.5'.*whole number"),
    ("textgrid", SHORT_TEXTGRID.replace("<exists>\n3", "<exists>\n4"), 37, "ends before the class of a tier"),
    ("textgrid", SHORT_TEXTGRID.replace('"  "', '"  '), 37, "no closing quote"),
    ("srt", "1\n00:00:01,000 -> 00:00:02,000\nx\n", 1, "'1' is no cue"),
    ("srt", "1\n00:00:01,000 --> 00:00:02\n\nx\n", 4, "'x' is no cue.*blank line"),
    ("srt", "1\n00:00:01,000 --> 00:61:02,000\nx\n", 2, "are no times"),
    ("srt", "1\n1.5 --> 2.5\nx\n", 2, "are no times"),
    ("srt", "1\n00:00:02,000 --> 00:00:01,000\nx\n", 2, "end 1.0 lies before start 2.0"),
    ("srt", "00:01,000 --> 00:02,000\nx\n2\n00:03,000 --> 00:04,000\n", 4, "blank line between"),
    ("vtt", "00:01.000 --> 00:02.000\nx\n", 1, "no WebVTT header"),
    ("vtt", "WEBVTT\n\nhello\n", 3, "'hello' is no cue"),
    ("scv", "a,0,1,0\nb,0,1\n", 2, "2 fields after the name.*comma"),
    ("scv", "a,0,1,2\n", 1, "label '2'"),
    ("scv", "a,x,1,0\n", 1, "start is 'x'"),
    ("scv", "a,1,0,0\n", 1, "end 0.0 lies before"),
]


@pytest.mark.parametrize(("format", "text", "line", "problem"), BAD_FILES)
def test_bad_files(tmp_path, format, text, line, problem):
    path = tmp_path / "bad"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(FormatError, match=rf"(?s)bad, line {line}: .*{problem}") as caught:
        read_labels(path, format)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(path))


def test_files_that_are_no_text(tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"0\t1\tx\n1\t2\tcaf\xe9\n")
    with pytest.raises(FormatError, match=r"bad.txt, line 2: not utf-8 text.*save it as UTF-8"):
        read_labels(tmp_path / "bad.txt")
    (tmp_path / "bad.TextGrid").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match=r"line 1: not utf-16"):
        read_labels(tmp_path / "bad.TextGrid")
    with (
        open(tmp_path / "bad.txt", encoding="utf-8") as stream,
        pytest.raises(FormatError, match=r"bad.txt: not utf-8 text"),
    ):
        read_labels(stream)


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text('09.,:-> \t\n\r"{}[]<>aWEBVTT!\\', max_size=60))
@pytest.mark.parametrize("format", [None, *FORMATS])
def test_any_text_gives_rows_or_a_format_error(format, text):
    try:
        rows = read(text, format)
    except FormatError:
        return
    assert all(0 <= one.segment.start <= one.segment.end < math.inf and one.label.strip() for one in rows)
