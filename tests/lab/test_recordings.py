"""Which labels belong to which recording: names, folders, one file of many, channels, and what is missing."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from agora_audio.errors import FormatError
from agora_audio.lab.labels import LabelledSegment, write_labels, write_uem
from agora_audio.lab.recordings import LabelSet, pair_up, read_label_set, sound_files, sound_of, stem_of
from agora_audio.lab.scoring import find_speech, score_pair
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import detect_speech
from agora_audio.vad.dump import VadDump
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadState
from tests.vad.pieces import TEST_DATA
from tests.vad.strings import LABELS, frame


def row(start, end, file="", channel=None, label="speech"):
    return LabelledSegment(Segment(start, end), file, channel, label)


def labels(path, *rows, durations=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_labels(path, rows, durations=durations)
    return path


class Notes(list):
    def __call__(self, text):
        self.append(text)


def paired(reference, hypothesis, **options):
    """(name, spans of the reference, spans of the hypothesis) of each pair, and what was said."""
    notes = Notes()
    sides = [side if isinstance(side, LabelSet) else read_label_set([side]) for side in (reference, hypothesis)]
    pairs = pair_up(*sides, note=notes, **options)
    spans = [
        [[(r.segment.start, r.segment.end) for r in side.rows] for side in (p.reference, p.hypothesis)] for p in pairs
    ]
    return [(pair.name, *both) for pair, both in zip(pairs, spans, strict=True)], notes


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a.wav", "a"),
        ("calls/a.WAV", "a"),
        ("C:\\calls\\a.flac", "a"),
        ("a", "a"),
        ("a.b", "a.b"),
        ("meeting.3.wav", "meeting.3"),
        ("a.TextGrid", "a"),
        ("a.rttm", "a"),
        ("a.pcm.json", "a.pcm"),
        ("my call.wav", "my_call"),
        ("my_call", "my_call"),
        ("vad_dump/20250101/", "20250101"),
        (".wav", ".wav"),
        ("", ""),
    ],
)
def test_stems(name, stem):
    assert stem_of(name) == stem


def test_one_of_each_is_a_pair_whatever_it_is_called(tmp_path):
    reference = labels(tmp_path / "truth.txt", row(1, 2))
    named = labels(tmp_path / "r.rttm", row(1, 2, "y"))
    for one, other, names in (
        (reference, labels(tmp_path / "guess.srt", row(3, 4)), ("truth", "guess")),
        (reference, labels(tmp_path / "g.jsonl", row(3, 4, "x.wav")), ("truth", "x")),
        (named, labels(tmp_path / "g.jsonl", row(3, 4, "x.wav")), ("y", "x")),
    ):
        assert paired(one, other) == (
            [(names[0], [(1, 2)], [(3, 4)])],
            [f"'{names[0]}' in the reference and '{names[1]}' in the hypothesis are taken for the same recording"],
        )
    assert paired(reference, labels(tmp_path / "found" / "truth.srt", row(3, 4)))[1] == []


def test_rows_from_a_pipe_that_name_nothing_are_about_the_other_side(tmp_path):
    reference = read_label_set([labels(tmp_path / "truth.txt", row(1, 2))])
    notes = []
    pairs = pair_up(reference, read_label_set([Path("-")], stdin=io.BytesIO(b"")), note=notes.append)
    assert ([pair.name for pair in pairs], notes) == (["truth"], [])


def test_folders_are_paired_by_stem_over_formats(tmp_path):
    labels(tmp_path / "ref" / "a.TextGrid", row(1, 2))
    labels(tmp_path / "ref" / "b c.txt", row(3, 4))
    (tmp_path / "ref" / ".hidden.csv").touch()
    (tmp_path / "ref" / "a.wav").touch()
    labels(tmp_path / "hyp" / "found.jsonl", row(5, 6, "/x/b c.flac"), row(1, 2, "/x/a.flac"), row(8, 9, "/x/a.flac"))
    expected = [("a", [(1, 2)], [(1, 2), (8, 9)]), ("b_c", [(3, 4)], [(5, 6)])]
    assert paired(tmp_path / "ref", tmp_path / "hyp") == (expected, [])
    assert paired(tmp_path / "ref", tmp_path / "hyp" / "found.jsonl") == (expected, [])
    both = read_label_set([tmp_path / "ref" / "a.TextGrid", tmp_path / "ref" / "b c.txt"])
    assert paired(both, tmp_path / "hyp") == (expected, [])


def test_what_a_file_of_many_recordings_does_not_name_has_no_speech(tmp_path):
    many = labels(tmp_path / "ref.rttm", row(1, 2, "a"), row(3, 4, "b"))
    some = labels(tmp_path / "hyp.jsonl", row(1, 2, "a.wav"), row(5, 6, "c.wav"))
    assert paired(many, some) == (
        [("a", [(1, 2)], [(1, 2)]), ("b", [(3, 4)], []), ("c", [], [(5, 6)])],
        [
            "not in the reference, so without speech there: c",
            "not in the hypothesis, so without speech there: b",
        ],
    )


@pytest.mark.parametrize("name", ["none.jsonl", "none.rttm", "none.csv"])
def test_a_file_without_rows_is_about_all(tmp_path, name):
    many = labels(tmp_path / "ref.rttm", row(1, 2, "a"), row(3, 4, "b"))
    none = labels(tmp_path / name)
    assert paired(many, none)[0] == [("a", [(1, 2)], []), ("b", [(3, 4)], [])]
    assert paired(none, many)[0] == [("a", [], [(1, 2)]), ("b", [], [(3, 4)])]
    one = labels(tmp_path / "one.txt", row(1, 2))
    assert paired(one, none)[0] == [("one", [(1, 2)], [])]
    assert paired(none, none)[0] == [("none", [], [])]


@pytest.mark.parametrize("short", ["reference", "hypothesis"])
def test_a_missing_label_file_is_an_error(tmp_path, short):
    for folder in ("reference", "hypothesis"):
        for name in "abc" if folder != short else "a":
            labels(tmp_path / folder / f"{name}.txt", row(1, 2))
    with pytest.raises(FormatError, match=f"no {short} for b, c; there are labels for a$"):
        paired(tmp_path / "reference", tmp_path / "hypothesis")


def test_names_that_have_nothing_in_common(tmp_path):
    for folder, names in (("ref", "abcdefg"), ("hyp", "hijklmn")):
        for name in names:
            labels(tmp_path / folder / f"{name}.txt", row(1, 2))
    with pytest.raises(FormatError, match="no reference for h, i, j, k, l and 2 more; there are labels for a, b"):
        paired(tmp_path / "ref", tmp_path / "hyp")


def test_two_files_of_one_recording(tmp_path):
    labels(tmp_path / "a.txt", row(1, 2))
    labels(tmp_path / "a.csv", row(1, 2))
    with pytest.raises(FormatError, match=r"a\.txt and .*a\.csv both speak of 'a': name one"):
        read_label_set([tmp_path])


def test_folders_without_labels(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(FormatError, match="no label files and no dumps in it"):
        read_label_set([tmp_path])
    with pytest.raises(FileNotFoundError):
        read_label_set([tmp_path / "absent.csv"])


def test_rows_of_some_kinds(tmp_path):
    path = labels(tmp_path / "a.csv", row(1, 2, "a"), row(3, 4, "a", label="noise"), row(5, 6, "b", label="noise"))
    assert [len(one.rows) for one in read_label_set([path]).recordings.values()] == [2, 1]
    assert [len(one.rows) for one in read_label_set([path], ["speech"]).recordings.values()] == [1, 0]
    assert [len(one.rows) for one in read_label_set([path], ["speech", "noise"]).recordings.values()] == [2, 1]
    with pytest.raises(FormatError, match="no row is labelled voice or Voice: the labels are noise, speech"):
        read_label_set([path], ["voice", "Voice"])


# --- UEM ------------------------------------------------------------------------------------------------------------


def test_only_what_the_uem_names_is_scored(tmp_path):
    many = labels(tmp_path / "ref.rttm", row(1, 2, "a"), row(3, 4, "b"))
    write_uem(tmp_path / "a.uem", [row(0, 2, "a"), row(5, 9, "a"), row(0, 9, "z")])
    sides = read_label_set([many]), read_label_set([many])
    notes = Notes()
    (pair,) = pair_up(*sides, tmp_path / "a.uem", note=notes)
    assert (pair.name, pair.uem.tolist()) == ("a", [[0, 2], [5, 9]])
    assert notes == [f"not in {tmp_path / 'a.uem'} and not scored: b"]
    assert score_pair(pair).scored == 6
    write_uem(tmp_path / "b.uem", [row(0, 2, "x"), row(0, 2, "y")])
    with pytest.raises(FormatError, match=r"names none of the recordings: it has x, y, the labels a, b"):
        pair_up(*sides, tmp_path / "b.uem", note=notes)


def test_the_uem_of_one_recording_is_about_it(tmp_path):
    one = labels(tmp_path / "ref.txt", row(1, 2))
    write_uem(tmp_path / "a.uem", [row(0, 2, "call")])
    pairs, notes = paired(one, one, uem=tmp_path / "a.uem")
    assert len(pairs) == 1
    assert notes == [f"{tmp_path / 'a.uem'} speaks of 'call', which is taken for 'ref'"]


# --- channels -------------------------------------------------------------------------------------------------------


def test_channels_that_both_know_are_scored_one_by_one(tmp_path):
    one = labels(tmp_path / "a.csv", row(1, 2, "a", 0), row(3, 4, "a", 1))
    other = labels(tmp_path / "b.rttm", row(1, 2, "a", 0), row(3, 5, "a", 1))
    assert paired(one, other) == ([("a #0", [(1, 2)], [(1, 2)]), ("a #1", [(3, 4)], [(3, 5)])], [])
    assert paired(one, other, channel=1) == ([("a", [(3, 4)], [(3, 5)])], [])


def test_channels_that_one_side_knows_are_scored_as_one(tmp_path):
    one = labels(tmp_path / "a.csv", row(1, 2, "a", 0), row(3, 4, "a", 1))
    mix = labels(tmp_path / "b.jsonl", row(1, 4, "a"))
    note = "a: channels 0 and 1 of the reference are scored as one"
    assert paired(one, mix) == ([("a", [(1, 2), (3, 4)], [(1, 4)])], [note])
    assert paired(one, mix, channel=0) == ([("a", [(1, 2)], [(1, 4)])], [])
    both = labels(tmp_path / "c.jsonl", row(1, 4, "a"), row(1, 4, "a", 1))
    assert paired(one, both)[1][1] == "a: channels the mix and 1 of the hypothesis are scored as one"
    second = labels(tmp_path / "e.csv", row(3, 4, "a", 1))
    assert paired(one, second) == ([("a", [(1, 2), (3, 4)], [(3, 4)])], [note])
    assert paired(labels(tmp_path / "d.rttm", row(1, 2, "a")), mix)[1] == []  # RTTM's first channel, and the mix


# --- sound and dumps ------------------------------------------------------------------------------------------------


def test_recordings_in_folders(tmp_path):
    for name in ("b.wav", "a.FLAC", "notes.txt", "c.pcm"):
        (tmp_path / name).touch()
    assert list(sound_files([tmp_path])) == ["a", "b", "c"]
    assert list(sound_files([tmp_path / "b.wav", tmp_path / "x.odd"])) == ["b", "x.odd"]
    (tmp_path / "a.wav").touch()
    with pytest.raises(FormatError, match=r"a\.wav and .*a\.FLAC both go by 'a'"):
        sound_files([tmp_path])
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match=r"no recordings in it \(\.wav, "):
        sound_files([tmp_path / "empty"])


@pytest.mark.parametrize(
    ("label_file", "named", "sound"),
    [
        ("a.TextGrid", "", "a.wav"),
        ("a.pcm.json", None, "a.pcm"),
        ("labels.rttm", "a", "a.flac"),
        ("labels.jsonl", "elsewhere/a.wav", "a.wav"),
        ("a b.txt", "", "a b.ogg"),
    ],
)
def test_the_recording_beside_its_labels(tmp_path, label_file, named, sound):
    (tmp_path / sound).touch()
    path = tmp_path / label_file
    if named is None:
        path.write_text('[{"start": 1, "end": 2}]')
    else:
        labels(path, row(1, 2, named))
    ((stem, known),) = read_label_set([path]).recordings.items()
    assert sound_of(stem, known) == tmp_path / sound


def test_no_recording_beside_its_labels(tmp_path):
    ((stem, known),) = read_label_set([labels(tmp_path / "a.txt", row(1, 2))]).recordings.items()
    with pytest.raises(FormatError, match=r"a: no recording beside .*a\.txt: name it"):
        sound_of(stem, known)


def test_a_dump_knows_its_length_and_its_probabilities(tmp_path):
    with VadDump(tmp_path / "call") as dump:
        for index in range(100):
            labelled = frame(index, LABELS["V"])
            dump.write(labelled, b"", VadState.NON_SPEAKING)
    for path in (dump.directory, tmp_path / "call"):
        (known,) = read_label_set([path]).recordings.values()
        assert (known.rows, known.duration, known.channels) == ((), 1.0, {None})
        assert known.voice_prob.tolist() == [1.0] * 100
    (known,) = read_label_set([tmp_path]).recordings.values()  # dumps in a folder of dumps
    assert known.duration == 1.0


@pytest.mark.parametrize("channels", [[None], [1], [0, 1]])
def test_an_engine_finds_what_detection_finds(channels):
    import agora_audio as aa

    path, config = TEST_DATA / "stereo_44k.flac", AudioVadConfigV2.preset("low-latency")
    with aa.open_audio(path) as reader:
        found = find_speech(reader, reader.format, config, "webrtc", channels)
    expected = [
        (number, *segment.to_dict().values())
        for number in channels
        for segment in detect_speech(path, None, config, "webrtc", "mix" if number is None else number)
    ]
    assert [(one.channel, *one.segment.to_dict().values()) for one in found.rows] == expected
    assert expected
    assert found.channels == set(channels)
    assert found.duration == pytest.approx(aa.read_audio(path)[0].shape[0] / 44100)
    if len(channels) == 1:
        assert len(found.voice_prob) == np.ceil(found.duration * 100)
        assert found.of_channel(channels[0]).voice_prob is found.voice_prob
    else:
        assert found.voice_prob is None
    assert found.of_channel(7).voice_prob is None
