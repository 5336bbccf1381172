"""VadDump: the SDK's layout to the letter, columns that line up, and labels that run again to the same segments."""

from __future__ import annotations

import dataclasses
import errno
import io
import json
import math
import re
import struct
import types
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.errors import AudioError, FormatError
from agora_audio.frames import AudioFormat, AudioFrame
from agora_audio.vad import dump as dump_module
from agora_audio.vad.audio_vad import AudioVadV2
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import detect_speech
from agora_audio.vad.dump import DumpedLabels, VadDump, dated_runs, read_dump, replay
from agora_audio.vad.engines import create_engine
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState
from tests.vad.pieces import frames_of, steady, talk
from tests.vad.strings import LABELS, configs, sound

NON, START, SPEAKING, STOP = VadState
PHONE = AudioFormat(8000)
FORMATS = [PHONE, AudioFormat(16000), AudioFormat(22050), AudioFormat(44100, 2), AudioFormat(48000, 3)]
COLUMNS = ("rms", "pitch", "voice_prob")
SIX_OCLOCK = datetime(2026, 1, 31, 18, 0, 0)
LINE = re.compile(r"ct:(\d+) fct:(\d+) state:(\d) far:(-1|0|1) vop:([01]) rms:(\d+) pitch:(\d+) mup:(\d+)\n")


def frame(index, voice_prob=0.0, rms_db=-90.0, format=PHONE, **labels):
    return AudioFrame(sound(index, format), format, format.frame_time(index - 1), voice_prob, rms_db, **labels)


def dumped(folder, signal, config=None, format=PHONE):
    """Dump a signal of "V" and "." through an AudioVadV2, the end included; return the dump and what the VAD gave."""
    vad, results, segments = AudioVadV2(config), [], []
    dump = VadDump(folder, config).open()
    for index, item in enumerate(signal):
        one = frame(index, *(LABELS[item] if isinstance(item, str) else item), format)
        state, data = vad.process(one)
        closed = vad.segment if state is STOP else None
        dump.write(one, data, state, closed)
        results.append((state, data))
        segments += [closed] * (closed is not None)
    closed = vad.segment if vad.flush().state is STOP else None
    dump.close(closed)
    segments += [closed] * (closed is not None)
    return dump, results, segments


def times(segments):
    return [dataclasses.astuple(segment) for segment in segments]


def replayed(labels, config):
    return [segment for _, segment in replay(labels, config) if segment is not None]


def column(dump, name):
    return np.frombuffer((dump.directory / f"{name}.pcm").read_bytes(), "<i2")


def text(dump):
    return (dump.directory / "label.txt").read_bytes().decode("ascii")


def summary(dump):
    return json.loads((dump.directory / "segments.json").read_text(encoding="utf-8"))


# --- the layout -----------------------------------------------------------------------------------------------------


def test_the_files_of_a_run(tmp_path):
    dump, _, _ = dumped(tmp_path / "new" / "folder", "V" * 60 + "." * 90 + "V" * 60)
    assert sorted(path.name for path in dump.directory.iterdir()) == [
        "label.txt",
        "labels.f64",
        "pitch.pcm",
        "rms.pcm",
        "segments.json",
        "source.pcm",
        "vad_0.pcm",
        "vad_1.pcm",
        "voice_prob.pcm",
    ]
    assert dump.directory.parent == tmp_path / "new" / "folder"
    assert re.fullmatch(r"20\d{12}", dump.directory.name)


def test_a_run_is_named_by_its_date(tmp_path):
    with VadDump(tmp_path, started=SIX_OCLOCK) as dump:
        pass
    assert dump.directory == tmp_path / "20260131180000"


def test_runs_of_one_second_have_folders_of_their_own(tmp_path):
    names = []
    for _ in range(3):
        with VadDump(tmp_path, started=SIX_OCLOCK) as dump:
            dump.write(frame(0), b"", NON)
        names.append(dump.directory.name)
    assert names == ["20260131180000", "20260131180000_1", "20260131180000_2"]


def test_the_lines_are_those_of_the_sdk(tmp_path):
    config = AudioVadConfigV2(0, 2, 2, active_percent=1.0, inactive_percent=1.0)
    dump, _, _ = dumped(tmp_path, ".VVV..VV", config)
    assert text(dump) == (
        "ct:0 fct:0 state:0 far:-1 vop:0 rms:37 pitch:0 mup:0\n"
        "ct:0 fct:1 state:0 far:-1 vop:1 rms:107 pitch:0 mup:0\n"
        "ct:0 fct:2 state:1 far:-1 vop:1 rms:107 pitch:0 mup:0\n"
        "ct:1 fct:3 state:2 far:-1 vop:1 rms:107 pitch:0 mup:0\n"
        "ct:1 fct:4 state:2 far:-1 vop:0 rms:37 pitch:0 mup:0\n"
        "ct:1 fct:5 state:3 far:-1 vop:0 rms:37 pitch:0 mup:0\n"
        "ct:1 fct:6 state:0 far:-1 vop:1 rms:107 pitch:0 mup:0\n"
        "ct:1 fct:7 state:1 far:-1 vop:1 rms:107 pitch:0 mup:0\n"
    )


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"voice_prob": 0.7}, "vop:0 "),  # above 70 percent is 1
        ({"voice_prob": 0.705}, "vop:0 "),
        ({"voice_prob": 0.706}, "vop:1 "),
        ({"voice_prob": 1.0}, "vop:1 "),
        ({"rms_db": -127.0}, "rms:0 "),
        ({"rms_db": -0.4}, "rms:127 "),
        ({"rms_db": -50.4}, "rms:77 "),
        ({"rms_db": -50.6}, "rms:76 "),
        ({"far_field": None}, "far:-1 "),
        ({"far_field": False}, "far:0 "),
        ({"far_field": True}, "far:1 "),
        ({"pitch": 220.4}, "pitch:220 "),
        ({"pitch": 1e9}, "pitch:32767 "),
        ({"pitch": -5.0}, "pitch:0 "),
        ({"pitch": math.nan}, "pitch:0 "),
        ({"music_prob": 0.254}, "mup:25\n"),
        ({"music_prob": None}, "mup:0\n"),
    ],
)
def test_values_are_scaled_as_the_sdk_scales_them(tmp_path, labels, expected):
    with VadDump(tmp_path) as dump:
        dump.write(frame(0, **labels), b"", NON)
    assert expected in text(dump)
    assert LINE.fullmatch(text(dump))


def test_a_zero_or_one_is_of_the_start_threshold_in_use(tmp_path):
    with VadDump(tmp_path, AudioVadConfigV2(start_voice_prob=20, stop_voice_prob=90)) as dump:
        dump.write(frame(0, voice_prob=0.3), b"", NON)
        dump.write(frame(1, voice_prob=0.1), b"", NON)
    assert re.findall(r"vop:(\d)", text(dump)) == ["1", "0"]


@pytest.mark.parametrize("format", FORMATS, ids=AudioFormat.describe)
def test_all_files_line_up_in_an_audio_editor(tmp_path, format):
    labels = [(0.0, -127.0, None), (0.5, -60.0, 110.0), (1.0, 0.0, 40000.0), (0.333, -33.4, 0.0), (0.9, -90.0, 99.6)]
    with VadDump(tmp_path) as dump:
        for index, (voice_prob, rms_db, pitch) in enumerate(labels):
            dump.write(frame(index, voice_prob, rms_db, format, pitch=pitch), b"", NON)
    source = (dump.directory / "source.pcm").read_bytes()
    assert source == b"".join(sound(index, format) for index in range(5))
    lengths = [len(sound(index, format)) // 2 for index in range(5)]
    expected = {
        "rms": [0, 67 * 127, 127 * 127, 94 * 127, 37 * 127],
        "pitch": [0, 110, 32767, 0, 100],
        "voice_prob": [0, round(0.5 * 16129), 16129, round(0.333 * 16129), round(0.9 * 16129)],
    }
    for name in COLUMNS:
        assert column(dump, name).tolist() == np.repeat(expected[name], lengths).tolist()
        assert (dump.directory / f"{name}.pcm").stat().st_size == len(source)
    exact = np.frombuffer((dump.directory / "labels.f64").read_bytes(), "<f8").reshape(-1, 2)
    assert exact.tolist() == [[voice_prob, rms_db] for voice_prob, rms_db, _ in labels]


@steady
@given(st.text("V.", max_size=120), configs(lengths=True))
def test_the_sound_of_a_segment_is_what_was_handed_out(tmp_path_factory, signal, config):
    dump, results, segments = dumped(tmp_path_factory.mktemp("dump"), signal, config)
    files, lines, opened = [], [], 0
    for state, data in results:
        lines.append((opened, len(lines), int(state)))
        if state is START:
            files.append(b"")
            opened += 1
        if state is not NON:
            files[-1] += data
    assert [tuple(map(int, line[:3])) for line in LINE.findall(text(dump))] == lines
    assert "".join(match.group() for match in LINE.finditer(text(dump))) == text(dump)
    found = sorted(dump.directory.glob("vad_*.pcm"), key=lambda path: int(path.stem[4:]))
    assert [path.name for path in found] == [f"vad_{number}.pcm" for number in range(len(files))]
    assert [path.read_bytes() for path in found] == files
    assert summary(dump)["segments"] == [segment.to_dict() for segment in segments]


def test_the_sound_of_a_segment_is_as_long_as_its_times_say(tmp_path):
    dump, _, segments = dumped(tmp_path, "." * 70 + "V" * 60 + "." * 90 + "V" * 50)
    assert len(segments) == 2
    for number, segment in enumerate(segments):
        held = (dump.directory / f"vad_{number}.pcm").stat().st_size / 16000
        assert held == pytest.approx(segment.audio_end - segment.audio_start)


# --- segments.json --------------------------------------------------------------------------------------------------


def test_the_summary_says_what_the_run_was(tmp_path):
    config = AudioVadConfigV2(3, 5, 7, algorithm="consecutive", max_speech=1.0)
    dump, _, segments = dumped(tmp_path, "." * 10 + "V" * 20 + "." * 20, config, AudioFormat(22050, 2))
    assert len(segments) == 1
    assert summary(dump) == {
        "format": {"sample_rate": 22050, "channels": 2},
        "frames": 50,
        "labels": {"file": "labels.f64", "dtype": "<f8", "columns": ["voice_prob", "rms_db"]},
        "config": config.to_dict(),
        "segments": [segments[0].to_dict()],
    }


def test_without_segments_handed_in_the_times_are_those_of_the_sound(tmp_path):
    vad = AudioVadV2()
    with VadDump(tmp_path) as dump:
        for index in range(150):
            one = frame(index, *LABELS["V" if 20 <= index < 80 else "."])
            state, data = vad.process(one)
            dump.write(one, data, state)
    (found,) = summary(dump)["segments"]
    segment = vad.segment
    assert found["start"] == found["audio_start"]
    assert found["audio_start"] == pytest.approx(segment.audio_start, abs=0.0101)
    assert found["end"] == found["audio_end"] == found["ended_at"] == segment.ended_at
    assert found["started_at"] == segment.started_at


def test_a_segment_that_the_flush_closed_has_its_times_too(tmp_path):
    dump, results, segments = dumped(tmp_path, "." * 40 + "V" * 60)
    assert results[-1][0] is SPEAKING
    assert summary(dump)["segments"] == [segments[0].to_dict()]
    assert summary(dump)["segments"][0]["end"] == 1.0


def test_a_segment_that_nobody_closed_is_closed_with_the_dump(tmp_path):
    with VadDump(tmp_path) as dump:
        dump.write(frame(0), sound(0, PHONE), START)
        dump.write(frame(1), sound(1, PHONE), SPEAKING)
    assert summary(dump)["segments"] == [Segment(0.0, 0.02, 0.0, 0.02, 0.01, 0.02).to_dict()]
    assert (dump.directory / "vad_0.pcm").stat().st_size == 320


def test_a_start_within_a_segment_ends_it_and_a_stop_without_one_is_only_a_line(tmp_path):
    with VadDump(tmp_path) as dump:
        dump.write(frame(0), b"no segment", STOP)
        dump.write(frame(1), b"a" * 160, START)
        dump.write(frame(2), b"b" * 160, START)
        dump.write(frame(3), b"c" * 160, STOP)
        dump.write(frame(4), b"no segment", STOP)
    assert [(dump.directory / f"vad_{n}.pcm").read_bytes()[:1] for n in range(2)] == [b"a", b"b"]
    assert (dump.directory / "vad_1.pcm").read_bytes() == b"b" * 160 + b"c" * 160
    assert [line[0] for line in LINE.findall(text(dump))] == ["0", "0", "1", "2", "2"]
    assert len(summary(dump)["segments"]) == 2


def test_states_may_be_the_sdks_numbers(tmp_path):
    with VadDump(tmp_path) as dump:
        for index, state in enumerate((0, 1, 2, 3)):
            dump.write(frame(index), b"", state)
        with pytest.raises(ValueError, match="-1 is not a valid VadState"):
            dump.write(frame(4), b"", -1)
    assert re.findall(r"state:(\d)", text(dump)) == ["0", "1", "2", "3"]


def test_a_run_without_a_frame_is_a_dump_too(tmp_path):
    with VadDump(tmp_path) as dump:
        pass
    assert summary(dump)["format"] is None
    labels = read_dump(dump.directory)
    assert (len(labels.states), labels.exact, labels.format) == (0, True, AudioFormat())
    assert replayed(labels, AudioVadConfigV2()) == []


# --- open, write, close ---------------------------------------------------------------------------------------------


def test_a_dump_that_is_not_open_refuses_frames(tmp_path):
    dump = VadDump(tmp_path)
    with pytest.raises(AudioError, match=r"not open: call open\(\)"):
        dump.write(frame(0), b"", NON)
    with dump:
        dump.write(frame(0), b"", NON)
    with pytest.raises(AudioError, match="not open"):
        dump.write(frame(1), b"", NON)
    assert len(text(dump).splitlines()) == 1


def test_nothing_is_made_before_it_is_opened(tmp_path):
    dump = VadDump(tmp_path / "dump")
    dump.close()
    assert dump.directory is None
    assert not (tmp_path / "dump").exists()


def test_opening_and_closing_twice_does_nothing(tmp_path):
    dump = VadDump(tmp_path, started=SIX_OCLOCK)
    assert dump.open() is dump
    dump.write(frame(0), b"", NON)
    dump.open()
    dump.write(frame(1), b"", NON)
    dump.close()
    dump.close()
    assert len(list(tmp_path.iterdir())) == 1
    assert len(text(dump).splitlines()) == 2


def test_after_close_it_begins_a_new_run(tmp_path):
    dump = VadDump(str(tmp_path), started=SIX_OCLOCK)
    with dump:
        dump.write(frame(0), sound(0, PHONE), START)
    first = dump.directory
    with dump:
        dump.write(frame(0, format=AudioFormat(48000, 2)), b"", NON)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["20260131180000", "20260131180000_1"]
    assert text(dump) == "ct:0 fct:0 state:0 far:-1 vop:0 rms:37 pitch:0 mup:0\n"
    assert summary(dump)["segments"] == []
    assert len(json.loads((first / "segments.json").read_text())["segments"]) == 1


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"voice_prob": None}, "no voice_prob or rms_db"),
        ({"rms_db": None}, "no voice_prob or rms_db"),
        ({"voice_prob": 75.0}, "labels are voice_prob=75.0, rms_db=-90.0: must be 0 to 1"),
        ({"voice_prob": -0.01}, "labels are"),
        ({"voice_prob": math.nan}, "labels are"),
        ({"rms_db": 77.0}, "rms_db=77.0: must be 0 to 1, and -127 to 0 dBFS"),
        ({"rms_db": -128.0}, "labels are"),
        ({"rms_db": -math.inf}, "labels are"),
        ({"format": AudioFormat(16000)}, "the frame is 16000 Hz mono, the dump is 8000 Hz mono"),
    ],
)
def test_a_frame_that_cannot_be_written_leaves_no_trace(tmp_path, labels, message):
    with VadDump(tmp_path) as dump:
        dump.write(frame(0), b"", NON)
        with pytest.raises(FormatError) as caught:
            dump.write(frame(1, **labels), b"x", START)
        dump.write(frame(1), b"", NON)
    assert message in str(caught.value)
    assert re.findall(r"fct:(\d) state:(\d)", text(dump)) == [("0", "0"), ("1", "0")]
    assert {len(column(dump, name)) for name in COLUMNS} == {160}
    assert (dump.directory / "source.pcm").stat().st_size == 320
    assert (dump.directory / "labels.f64").stat().st_size == 32
    assert list(dump.directory.glob("vad_*")) == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OSError, match="file"), VadDump(folder):
            pass


# --- a disk that is full --------------------------------------------------------------------------------------------


class Full(io.FileIO):
    """A file on a disk that has no room left."""

    made = 0

    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def full_disk(monkeypatch):
    """Files that a dump opens from the `after`-th on cannot be written."""
    opened = []

    def fill(after=0, opening=False):
        def open_full(path, mode="r", *args, **kwargs):
            if opening and len(opened) >= after:
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
            raw = (Full if len(opened) >= after else io.FileIO)(path, mode)
            opened.append(io.BufferedWriter(raw))
            return opened[-1]

        monkeypatch.setattr(dump_module.Path, "open", open_full)
        return opened

    return fill


@pytest.mark.parametrize("after", [0, 1, 3, 5])
def test_a_full_disk_is_an_error_and_every_file_is_closed(tmp_path, full_disk, after):
    opened = full_disk(after)
    dump = VadDump(tmp_path)

    def write_much():
        with dump:
            for index in range(1000):
                dump.write(frame(index), sound(index, PHONE), START if index % 10 == 0 else SPEAKING)

    with pytest.raises(OSError, match="No space left"):
        write_much()
    assert opened
    assert all(file.closed for file in opened)
    dump.close()
    with pytest.raises(AudioError, match="not open"):
        dump.write(frame(0), b"", NON)


def test_a_disk_that_is_full_at_the_end_is_an_error_at_close(tmp_path, full_disk):
    opened = full_disk(2)
    dump = VadDump(tmp_path).open()
    dump.write(frame(0), sound(0, PHONE), START)
    with pytest.raises(OSError, match="No space left"):
        dump.close()
    assert all(file.closed for file in opened)


def test_a_disk_that_is_full_when_opening_leaves_nothing_open(tmp_path, full_disk, monkeypatch):
    opened = full_disk(3, opening=True)
    dump = VadDump(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        dump.open()
    assert len(opened) == 3
    assert all(file.closed for file in opened)
    monkeypatch.undo()
    with dump.open():
        dump.write(frame(0), b"", NON)
    assert len(text(dump).splitlines()) == 1


# --- read and replay ------------------------------------------------------------------------------------------------

probabilities = st.one_of(st.floats(0.0, 1.0), st.sampled_from([0.695, 0.7, 0.705, 0.715]))
levels = st.one_of(st.floats(-127.0, 0.0), st.sampled_from([-50.0, -49.999999999, -50.000000001]))


@steady
@given(
    st.lists(st.tuples(probabilities, levels, st.integers(1, 25)), max_size=12),
    configs(lengths=True),
    configs(lengths=True),
    st.sampled_from(FORMATS[:4]),
)
def test_a_dump_runs_again_to_the_same_segments(tmp_path_factory, runs, config, other, format):
    pairs = [(voice_prob, rms_db) for voice_prob, rms_db, count in runs for _ in range(count)]
    dump, results, segments = dumped(tmp_path_factory.mktemp("dump"), pairs, config, format)
    labels = read_dump(dump.directory)
    assert labels.exact
    assert (labels.config, labels.format) == (config, format if pairs else AudioFormat())
    assert list(zip(labels.voice_prob.tolist(), labels.rms_db.tolist(), strict=True)) == pairs
    assert labels.states.tolist() == [state for state, _ in results]
    steps = list(replay(labels, config))
    assert [state for state, _ in steps[:-1]] == [state for state, _ in results]
    assert times(replayed(labels, config)) == times(segments)
    assert times(replayed(labels, other)) == times(dumped(tmp_path_factory.mktemp("other"), pairs, other, format)[2])


def test_a_recording_dumped_and_replayed_gives_what_detection_gives(tmp_path):
    format, vad, engine = AudioFormat(22050, 2), AudioVadV2(), create_engine("silero")
    frames = frames_of(talk(22050, 2), format)
    with VadDump(tmp_path) as dump:
        for labelled in [out for one in frames for out in engine.push(one)] + engine.flush():
            state, data = vad.process(labelled)
            dump.write(labelled, data, state)
    assert (dump.directory / "source.pcm").read_bytes() == b"".join(one.pcm for one in frames)
    for config in (AudioVadConfigV2(), AudioVadConfigV2.preset("low-latency")):
        expected = detect_speech(talk(22050, 2), format, config)
        assert expected
        assert times(replayed(read_dump(tmp_path), config)) == times(expected)


def test_replay_ends_with_what_the_flush_decides():
    labels = DumpedLabels(np.ones(40), np.full(40, -20.0), np.zeros(40, int), AudioFormat(), None, True)
    *steps, (state, segment) = replay(labels, AudioVadConfigV2())
    assert len(steps) == 40
    assert state is STOP
    assert (segment.start, segment.end) == (0.0, 0.4)


def sdk_dump(folder, lines, rate=16000, go=False):
    """A dump as the SDK writes it: no labels.f64, no segments.json; Go's columns have other names."""
    folder.mkdir(parents=True)
    text = (f"ct:0 fct:{n} state:{s} far:{f} vop:{v} rms:{r} pitch:0 mup:0\n" for n, (s, f, v, r) in enumerate(lines))
    (folder / "label.txt").write_text("".join(text))
    (folder / "source.pcm").write_bytes(bytes(len(lines) * rate // 50))
    for name in COLUMNS:
        (folder / f"{name}.{'txt' if go else 'pcm'}").write_bytes(bytes(range(256)))
    return folder


@pytest.mark.parametrize("go", [False, True])
@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_a_dump_of_the_sdk_holds_dbfs_above_127_and_0_or_1(tmp_path, rate, go):
    lines = [(0, -1, 0, 0), (0, -1, 1, 127), (1, -1, 1, 77), (2, -1, 0, 57)]
    labels = read_dump(sdk_dump(tmp_path / "20250101000000", lines, rate, go))
    assert labels.voice_prob.tolist() == [0.0, 1.0, 1.0, 0.0]
    assert labels.rms_db.tolist() == [-127.0, 0.0, -50.0, -70.0]
    assert labels.states.tolist() == [0, 0, 1, 2]
    assert (labels.config, labels.exact, labels.format) == (None, False, AudioFormat(rate))


@pytest.mark.parametrize(
    ("lines", "voices", "levels"),
    [
        ([(0, 1, 0, -127), (1, 1, 1, -20)], [0.0, 0.01], [-127.0, -20.0]),  # a level below 0 gives it away
        ([(0, 1, 71, 0), (1, 1, 100, 0)], [0.71, 1.0], [0.0, 0.0]),  # a probability above 1 does
        ([(0, 1, 300, -200), (1, 1, -5, 40)], [1.0, 0.0], [-127.0, 0.0]),  # what no label can be is cut
    ],
)
def test_an_old_dump_of_the_sdk_holds_dbfs_and_percent(tmp_path, lines, voices, levels):
    labels = read_dump(sdk_dump(tmp_path / "run", lines))
    assert (labels.voice_prob.tolist(), labels.rms_db.tolist()) == (voices, levels)


def test_a_dump_of_the_sdk_replays(tmp_path):
    lines = [(0, -1, 0, 30)] * 40 + [(0, -1, 1, 100)] * 60 + [(0, -1, 0, 30)] * 80
    labels = read_dump(sdk_dump(tmp_path / "run", lines))
    (segment,) = replayed(labels, AudioVadConfigV2())
    assert (segment.start, segment.end) == (0.4, 1.0)


def test_without_a_source_the_rate_is_16_khz(tmp_path):
    folder = sdk_dump(tmp_path / "run", [(0, -1, 0, 30)] * 3)
    (folder / "source.pcm").unlink()
    assert read_dump(folder).format == AudioFormat()


def test_a_folder_of_one_run_may_be_named(tmp_path):
    dump, _, segments = dumped(tmp_path, "V" * 50)
    assert times(replayed(read_dump(str(tmp_path)), AudioVadConfigV2())) == times(segments)
    assert read_dump(dump.directory).states.tolist() == read_dump(tmp_path).states.tolist()


def test_of_several_runs_one_must_be_named(tmp_path):
    for _ in range(7):
        with VadDump(tmp_path, started=SIX_OCLOCK):
            pass
    with pytest.raises(FormatError) as caught:
        read_dump(tmp_path)
    assert "holds 7 runs: name one of them (20260131180000, 20260131180000_1, " in str(caught.value)
    assert str(caught.value).endswith(", ...)")
    read_dump(tmp_path / "20260131180000_3")


def test_where_there_is_no_dump_it_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(FormatError, match=r"is no dump: there is no label\.txt in it"):
            read_dump(path)
    with pytest.raises(FormatError, match="none does not exist: name the folder of a dump"):
        read_dump(tmp_path / "none")


def test_runs_are_ordered_by_their_dates_and_numbers(tmp_path):
    for _ in range(12):
        with VadDump(tmp_path, started=SIX_OCLOCK):
            pass
    runs = dated_runs(str(tmp_path))
    assert [run.name for run in (runs[0], runs[2], runs[11])] == [
        "20260131180000",
        "20260131180000_2",
        "20260131180000_11",
    ]
    assert dated_runs(runs[3]) == dated_runs(tmp_path / "none") == []
    runs[4].rename(tmp_path / "other")
    assert dated_runs(tmp_path) == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "hello",
        "ct:0 fct:2 state:0 far:-1 vop:0 rms:5",  # cut off within a line
        "ct:0 fct:2 state:0 far:-1 vop:0.5 rms:5 pitch:0 mup:0",
        "ct:0 fct:2 state:x far:-1 vop:0 rms:5 pitch:0 mup:0",
        "ct:0 fct:2 state:0 far:-1 vop:0 rms:99999999999999999999 pitch:0 mup:0",
        "\x00\xff\xfe",
    ],
)
def test_a_line_that_is_no_label_is_named(tmp_path, line):
    folder = sdk_dump(tmp_path / "run", [(0, -1, 0, 30)] * 2)
    with (folder / "label.txt").open("a", encoding="latin-1") as file:
        file.write(line + "\n")
    with pytest.raises(FormatError, match=r"label\.txt: line 3 is no label"):
        read_dump(folder)


@pytest.mark.parametrize("cut", [1, 8, 15, 16, 100])
def test_labels_that_were_cut_off_are_said(tmp_path, cut):
    dump, _, _ = dumped(tmp_path, "V" * 50)
    path = dump.directory / "labels.f64"
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(FormatError, match=r"labels\.f64 holds .* frames, label\.txt 50: the dump was cut off"):
        read_dump(tmp_path)


def test_without_the_exact_labels_the_rounded_ones_are_read(tmp_path):
    dump, _, segments = dumped(tmp_path, "." * 20 + "V" * 50)
    (dump.directory / "labels.f64").unlink()
    labels = read_dump(tmp_path)
    assert not labels.exact
    assert labels.config == AudioVadConfigV2()
    assert times(replayed(labels, labels.config)) == times(segments)


def test_without_a_summary_the_labels_are_read_all_the_same(tmp_path):
    dump, _, segments = dumped(tmp_path, "." * 20 + "V" * 50)
    (dump.directory / "segments.json").unlink()
    labels = read_dump(tmp_path)
    assert (labels.exact, labels.config, labels.format) == (True, None, PHONE)
    assert times(replayed(labels, AudioVadConfigV2())) == times(segments)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "3", '{"format": null}', '{"format": null, "config": {"speed": 3}}', "\xff"]
)
def test_a_summary_that_cannot_be_read_is_named(tmp_path, content):
    dump, _, _ = dumped(tmp_path, "V" * 5)
    (dump.directory / "segments.json").write_text(content, encoding="latin-1")
    with pytest.raises(FormatError, match=r"segments\.json cannot be read"):
        read_dump(tmp_path)


@pytest.mark.parametrize("format", [{"sample_rate": 5}, {"rate": 16000}, "16000", 3])
def test_a_format_that_is_none_is_named(tmp_path, format):
    dump, _, _ = dumped(tmp_path, "V" * 5)
    path = dump.directory / "segments.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": format}))
    with pytest.raises(FormatError, match=r"segments\.json cannot be read"):
        read_dump(tmp_path)


def test_labels_out_of_range_are_refused_when_they_run():
    labels = DumpedLabels(np.array([75.0]), np.array([-20.0]), np.zeros(1, int), AudioFormat(), None, True)
    with pytest.raises(FormatError, match="labels are"):
        list(replay(labels, AudioVadConfigV2()))


def test_the_bytes_are_little_endian(tmp_path):
    with VadDump(tmp_path) as dump:
        dump.write(frame(0, voice_prob=1.0, rms_db=-1.0), b"", NON)
    assert (dump.directory / "voice_prob.pcm").read_bytes()[:2] == b"\x01\x3f"
    assert (dump.directory / "labels.f64").read_bytes() == struct.pack("<dd", 1.0, -1.0)


def test_read_dump_gives_plain_arrays(tmp_path):
    dumped(tmp_path, "V" * 5)
    labels = read_dump(tmp_path)
    assert isinstance(labels, DumpedLabels)
    assert [a.dtype for a in (labels.voice_prob, labels.rms_db, labels.states)] == [np.float64, np.float64, np.int64]
    assert isinstance(replay(labels, AudioVadConfigV2()), types.GeneratorType)


@pytest.mark.parametrize(
    ("data", "state", "segment"), [(None, 1, None), (b"", None, None), (b"", 9, None), (b"", 3, "x"), ("text", 1, None)]
)
def test_what_cannot_be_written_writes_nothing(tmp_path, data, state, segment):
    frame = AudioFrame(bytes(320), AudioFormat(), voice_prob=0.9, rms_db=-20.0)
    with VadDump(tmp_path) as dump:
        with pytest.raises(FormatError):
            dump.write(frame, data, state, segment)
        with pytest.raises(FormatError):
            dump.write(None, b"", 0)
        with pytest.raises(FormatError):
            dump.write(dataclasses.replace(frame, music_prob=float("nan")), b"", 0)
    assert (dump.directory / "source.pcm").stat().st_size == 0
    assert not list(dump.directory.glob("vad_*.pcm"))
    assert json.loads((dump.directory / "segments.json").read_text())["frames"] == 0
