"""Detection: the same segments from any pieces, arrays, files and engines; the recordings against what is said."""

from __future__ import annotations

import dataclasses
import io
import itertools
import logging
import statistics
import sys
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.errors import ConfigError, EngineUnavailable, FormatError
from agora_audio.frames import AudioFormat, AudioFrame, pick_channel, rms_db
from agora_audio.io import read_audio
from agora_audio.vad.audio_vad import AudioVadV2
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import FrameLabeller, SpeechDetector, detect_speech
from agora_audio.vad.engines import create_engine
from agora_audio.vad.state_machine import VadState
from tests.vad.pieces import RATES, TEST_DATA, cut, frames_of, recordings, reference, sizes, steady, talk

# Starts and stops several times within a second or two.
QUICK = AudioVadConfigV2(6, 10, 12, 0.6, 0.6, start_voice_prob=50, stop_voice_prob=35)
ENGINES = ["silero", "webrtc", "energy"]


def times(segments):
    """All six times: a segment is equal to another that was found later, and here that counts."""
    return [dataclasses.astuple(segment) for segment in segments]


def live(frames, config=None, engine="silero"):
    """What a live call finds: an engine and an AudioVadV2, frame by frame."""
    engine = create_engine(engine) if isinstance(engine, str) else engine
    vad, found = AudioVadV2(config), []
    labelled = [out for frame in frames for out in engine.push(frame)] + engine.flush()
    for state in (vad.process(frame).state for frame in labelled):
        found += [vad.segment] * (state is VadState.STOP_SPEAKING)
    if vad.flush().state is VadState.STOP_SPEAKING:
        found.append(vad.segment)
    return found


def one_channel(sound, channels, channel):
    return np.ascontiguousarray(np.frombuffer(sound, "<i2").reshape(-1, channels)[:, channel]).tobytes()


def wav(path, sound, format):
    with wave.open(str(path), "wb") as file:
        file.setparams((format.channels, 2, format.sample_rate, 0, "NONE", None))
        file.writeframes(sound)
    return path


# --- one result, however it is cut ----------------------------------------------------------------------------------


@settings(steady, max_examples=60)
@given(st.sampled_from(RATES), st.integers(1, 3), st.sampled_from(ENGINES), sizes(), st.data())
def test_any_pieces_give_the_same_segments(rate, channels, engine, lengths, data):
    channel = data.draw(st.sampled_from(["mix", *range(channels)]))
    format = AudioFormat(rate, channels)
    sound = talk(rate, channels, end=data.draw(st.sampled_from([1.1, 2.9])))
    whole = detect_speech(sound, format, QUICK, engine, channel)
    assert whole
    detector, found = SpeechDetector(format, QUICK, engine, channel), []
    for piece in cut(sound, lengths):
        found += detector.push(piece)
    assert times(found + detector.flush()) == times(whole)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("rate", "channels"), list(zip(RATES, (1, 3, 2, 2, 3, 1), strict=True)))
def test_the_whole_is_what_a_live_call_finds(rate, channels, engine, tmp_path):
    format = AudioFormat(rate, channels)
    sound = talk(rate, channels)
    expected = times(live(frames_of(sound, format), QUICK, engine))
    assert len(expected) >= 2
    assert times(detect_speech(sound, format, QUICK, engine)) == expected
    array = np.frombuffer(sound, "<i2").reshape(-1, channels)
    assert times(detect_speech(array, format, QUICK, engine)) == expected
    path = wav(tmp_path / "talk.wav", sound, format)
    assert times(detect_speech(path, config=QUICK, engine=engine)) == expected
    last = channels - 1
    mono = AudioFormat(rate)
    expected = times(live(frames_of(one_channel(sound, channels, last), mono), QUICK, engine))
    assert times(detect_speech(path, format, QUICK, engine, last)) == expected


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.name)
@pytest.mark.parametrize("engine", ["silero", "webrtc"])
def test_every_recording_gives_what_a_live_call_finds(path, engine):
    samples, format = read_audio(path)
    expected = times(live(frames_of(samples.tobytes(), format), None, engine))
    assert times(detect_speech(path, engine=engine)) == expected
    assert times(detect_speech(samples, format, engine=engine)) == expected
    with path.open("rb") as stream:
        assert times(detect_speech(stream, engine=engine)) == expected


def test_a_second_stream_through_one_detector_is_like_the_first():
    detector = SpeechDetector(AudioFormat(), QUICK)
    sound = talk()
    first, second = (times(detector.push(sound) + detector.flush()) for _ in range(2))
    assert first == second == times(detect_speech(sound, config=QUICK))


def test_segments_are_given_as_soon_as_they_are_closed():
    detector, when = SpeechDetector(AudioFormat(), QUICK), []
    for number, piece in enumerate(cut(talk(), [320])):
        when += [(number + 1) / 100 - segment.ended_at for segment in detector.push(piece)]
    assert len(when) >= 2
    assert all(0 <= wait <= 0.031 for wait in when)  # silero's windows are 32 ms long
    assert detector.flush() != []


def test_a_flush_closes_what_is_open():
    sound = talk(end=1.9)
    *closed, last = detect_speech(sound, config=QUICK)
    assert last.ended_at == last.audio_end == 1.61  # 1.6 s and 37 samples, filled up to a frame
    detector = SpeechDetector(AudioFormat(), QUICK)
    assert times(detector.push(sound)) == times(closed)
    assert times(detector.flush()) == times([last])
    assert detector.flush() == []


def test_a_labeller_gives_what_engine_and_rms_db_say():
    for format in (AudioFormat(22050, 2), AudioFormat(16000)):
        sound = talk(format.sample_rate, format.channels, end=1.5)
        frames = frames_of(sound, format)
        engine = create_engine("silero")
        expected = [out for frame in frames for out in engine.push(frame)] + engine.flush()
        labeller = FrameLabeller(format)
        probabilities, levels = [], []
        for piece in cut(sound, [1001]):
            for store, new in zip((probabilities, levels), labeller.push(piece), strict=True):
                store += new
        for store, new in zip((probabilities, levels), labeller.flush(), strict=True):
            store += new
        assert probabilities == [frame.voice_prob for frame in expected]
        assert levels == [frame.rms_db for frame in expected] == [rms_db(frame.pcm) for frame in frames]


@pytest.mark.parametrize("format", [AudioFormat(8000), AudioFormat(22050, 2)])
@pytest.mark.parametrize("engine", ["silero", "energy"])
def test_every_sample_is_labelled_also_a_last_one_alone(engine, format):
    for samples in (1, 2, 79, 80, 81, 219, 220, 221, 440, 441, 442):
        labeller = FrameLabeller(format, engine)
        count = 0
        for piece in cut(b"\1\1" * samples * format.channels, [3]):
            count += len(labeller.push(piece)[0])
        probabilities, levels = labeller.flush()
        assert len(probabilities) == len(levels)
        ends = [format.frame_end(k) for k in range(count + len(levels))]
        assert ends[-1] >= samples > (ends[-2] if len(ends) > 1 else 0)


def test_a_channel_is_what_that_channel_alone_is():
    sound = talk(44100, 3)
    for channel in range(3):
        alone = one_channel(sound, 3, channel)
        expected = detect_speech(alone, AudioFormat(44100), QUICK)
        assert times(detect_speech(sound, AudioFormat(44100, 3), QUICK, channel=channel)) == times(expected)
    assert SpeechDetector(AudioFormat(44100, 3), channel=1).labeller.format == AudioFormat(44100)
    assert SpeechDetector(AudioFormat(44100, 3)).labeller.format == AudioFormat(44100, 3)


def test_the_mix_is_judged_by_its_mean_and_measured_over_all_channels():
    loud = np.frombuffer(talk(end=1.5), "<i2")
    against = np.stack([loud, -np.maximum(loud, -32767)], axis=1)  # the mean of both is silence
    assert detect_speech(against, config=QUICK) == []
    assert times(detect_speech(against, config=QUICK, channel=0)) == times(detect_speech(loud, config=QUICK))
    levels = FrameLabeller(AudioFormat(16000, 2), "energy").push(against.tobytes())[1]
    assert levels == [rms_db(frame.pcm) for frame in frames_of(against.tobytes(), AudioFormat(16000, 2))][:-1]
    assert pick_channel(against, "mix").any() == np.False_


def test_pieces_without_a_byte_change_nothing():
    detector = SpeechDetector(AudioFormat(), QUICK, "energy")
    found = [segment for piece in cut(talk(), [4096]) for part in (b"", piece, b"") for segment in detector.push(part)]
    assert times(found + detector.flush()) == times(detect_speech(talk(), config=QUICK, engine="energy"))
    assert SpeechDetector(AudioFormat()).flush() == []


# --- what sound may be ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, np.array, io.BytesIO])
def test_pcm_may_be_anything_that_holds_bytes(kind):
    sound = kind(np.frombuffer(talk(), "<i2") if kind is np.array else talk())
    expected = live(frames_of(talk(), AudioFormat()), QUICK)
    assert times(detect_speech(sound, AudioFormat(), QUICK)) == times(expected)


def test_arrays_may_be_interleaved_strided_or_read_only():
    samples = np.frombuffer(talk(16000, 2), "<i2").reshape(-1, 2)
    assert not samples.flags.writeable
    expected = times(detect_speech(samples, config=QUICK))
    assert expected
    for array in (np.asfortranarray(samples), np.repeat(samples, 2, axis=0)[::2], samples.copy()):
        assert times(detect_speech(array, config=QUICK)) == expected
    assert times(detect_speech(samples.ravel(), AudioFormat(16000, 2), QUICK)) == expected


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floats_of_full_scale_1_are_the_same_sound(kind):
    samples = np.frombuffer(talk(), "<i2")
    expected = times(detect_speech(samples, config=QUICK))
    assert times(detect_speech(samples.astype(kind) / 32768, config=QUICK)) == expected
    assert detect_speech(np.array([1.0, -1.0] * 80, kind), config=QUICK) == []


def test_an_array_without_a_format_is_taken_for_16_khz_of_its_channels():
    samples = np.frombuffer(talk(16000, 2), "<i2").reshape(-1, 2)
    assert times(detect_speech(samples, config=QUICK)) == times(detect_speech(samples, AudioFormat(16000, 2), QUICK))
    assert times(detect_speech(talk(), config=QUICK)) == times(detect_speech(talk(), AudioFormat(16000, 1), QUICK))


@pytest.mark.parametrize(
    "nothing",
    [b"", bytearray(), np.zeros(0, np.int16), np.zeros((0, 2), np.int16), np.zeros(0), np.zeros((0, 3), np.float32)],
)
def test_no_sound_has_no_speech(nothing):
    assert detect_speech(nothing) == []


@pytest.mark.parametrize(
    ("sound", "format", "message"),
    [
        (np.zeros(160, np.int32), None, "samples are int32, must be int16 or float"),
        (np.zeros(160, np.uint8), None, "samples are uint8"),
        (np.zeros(160, bool), None, "samples are bool"),
        (np.zeros(160, complex), None, "samples are complex128"),
        (np.array(3, np.int16), None, "samples have the shape (), must be (n,) or (n, channels)"),
        (np.zeros((2, 3, 4), np.int16), None, "samples have the shape (2, 3, 4)"),
        (np.zeros((160, 2), np.int16), AudioFormat(), "shape (160, 2), the format says 16000 Hz mono"),
        (np.zeros((160, 1), np.int16), AudioFormat(8000, 2), "shape (160, 1), the format says 8000 Hz stereo"),
        (np.zeros(161, np.int16), AudioFormat(16000, 2), "161 interleaved samples are not a whole number"),
        (np.zeros((3, 160), np.int16), None, "channels is 160, must be 1 to 64"),
        (np.zeros((160, 0), np.int16), None, "channels is 0"),
        (np.full(160, 1.5), None, "float samples go beyond 1.0: scale them"),
        (np.full(160, -32768.0), None, "float samples go beyond 1.0"),
        (np.full(160, np.inf), None, "float samples go beyond 1.0"),
        (np.full(160, np.nan), None, "NaN or infinite sample at 0.000 s"),
        (np.array([0.0] * 1600 + [np.nan]), None, "NaN or infinite sample at 0.100 s"),
        (b"\0" * 320, 16000, "format is 16000, must be an AudioFormat"),
        (np.zeros(160, np.int16), "16000", "format is '16000', must be an AudioFormat"),
        (io.StringIO("text"), None, "cannot read sound from"),
        ([0, 1, 2], None, "cannot read sound from [0, 1, 2]: give a path or a binary stream"),
        (None, None, "cannot read sound from None"),
    ],
)
def test_what_is_no_sound_is_refused_by_name(sound, format, message):
    with pytest.raises(FormatError) as caught:
        detect_speech(sound, format, engine="energy")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("channel", [2, -1, "left", 0.0, None, True])
def test_a_channel_that_is_not_there_is_refused(channel):
    with pytest.raises(FormatError, match="channel is"):
        detect_speech(bytes(640), AudioFormat(16000, 2), channel=channel)


def test_a_detector_wants_a_format_and_bytes():
    with pytest.raises(FormatError, match="format is 16000, must be an AudioFormat"):
        SpeechDetector(16000)
    detector = SpeechDetector(AudioFormat(), engine="energy")
    for wrong in ("text", [1, 2], np.zeros(160), 5):
        with pytest.raises(FormatError, match="PCM"):
            detector.push(wrong)
    assert detector.push(np.zeros(160, np.int16)) == []


def test_an_engine_that_is_unknown_or_missing_is_said(monkeypatch):
    with pytest.raises(ConfigError, match="engine is 'whisper'"):
        detect_speech(b"", engine="whisper")
    monkeypatch.setitem(sys.modules, "ten_vad", None)
    with pytest.raises(EngineUnavailable, match="pip install ten-vad"):
        detect_speech(b"", engine="ten")


def test_a_file_that_is_not_there_or_empty_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        detect_speech(tmp_path / "none.wav")
    (tmp_path / "empty.wav").touch()
    with pytest.raises(FormatError, match="is empty"):
        detect_speech(tmp_path / "empty.wav")


# --- what had to be assumed or repaired is logged -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "format", "said"),
    [
        ("odd_bytes_16k.pcm", AudioFormat(), ["1 stray byte"]),
        ("odd_bytes_16k.pcm", None, ["taken for 16000 Hz mono", "1 stray byte"]),
        ("truncated_16k.wav", None, ["4.000 s of sound, 2.500 s are there"]),
        ("dialogue_16k.wav", None, []),
    ],
)
def test_notes_of_a_file_are_logged(name, format, said, caplog):
    assert detect_speech(TEST_DATA / name, format)
    assert len(caplog.records) == len(said)
    for record, text in zip(caplog.records, said, strict=True):
        assert (record.name, record.levelno) == ("agora_audio", logging.WARNING)
        assert text in record.getMessage()
        assert name in record.getMessage()


def test_a_percent_sign_in_a_name_is_no_format(tmp_path, caplog):
    path = tmp_path / "100%s %d.pcm"
    path.write_bytes(bytes(1601))
    detect_speech(path, AudioFormat())
    assert "100%s %d.pcm: 1 stray byte" in caplog.text


@pytest.mark.parametrize(("channels", "stray"), [(1, 0), (1, 1), (2, 3), (3, 5)])
def test_bytes_that_are_no_whole_sample_are_counted(channels, stray, caplog):
    format = AudioFormat(16000, channels)
    sound = talk(16000, channels)
    assert times(detect_speech(sound + b"\x7f" * stray, format, QUICK)) == times(detect_speech(sound, format, QUICK))
    assert [record.getMessage() for record in caplog.records] == (
        [f"the PCM: {stray} stray bytes after the last whole sample left out"] if stray else []
    )
    labeller = FrameLabeller(format, "energy")
    labeller.push(b"\x7f" * stray)
    assert labeller.flush() == ([], [])
    assert labeller.dropped_bytes == stray


# --- an engine of one's own -----------------------------------------------------------------------------------------


class Late:
    """No window, no resampler: what `Engine` asks. Frames wait for two more; levels are its own."""

    latency = 320

    def __init__(self, quieter=0.0):
        self.quieter = quieter
        self.waiting = []

    def label(self, frame):
        level = max(-127.0, rms_db(frame.pcm) - self.quieter)
        return frame.labelled(0.9 if level > -40 else 0.1, level)

    def push(self, frame):
        self.waiting.append(frame)
        return [self.label(self.waiting.pop(0))] if len(self.waiting) > 2 else []

    def flush(self):
        out, self.waiting = [self.label(frame) for frame in self.waiting], []
        return out

    def reset(self):
        self.waiting = []


@steady
@given(st.sampled_from([0.0, 7.0]), sizes(), st.sampled_from([8000, 22050]), st.integers(1, 2))
def test_an_engine_with_push_and_flush_alone_will_do(quieter, lengths, rate, channels):
    format, sound = AudioFormat(rate, channels), talk(rate, channels, end=2.9)
    expected = live(frames_of(sound, format), QUICK, Late(quieter))
    assert expected
    assert times(detect_speech(sound, format, QUICK, Late(quieter))) == times(expected)
    detector, found = SpeechDetector(format, QUICK, Late(quieter)), []
    for piece in cut(sound, lengths):
        found += detector.push(piece)
    assert times(found + detector.flush()) == times(expected)


def test_the_levels_are_those_the_engine_hands_out():
    sound = talk()
    assert len(detect_speech(sound, config=QUICK, engine=Late())) > 0
    assert detect_speech(sound, config=QUICK, engine=Late(quieter=60.0)) == []


def test_frames_for_such_an_engine_are_those_of_a_framer():
    class Keeping(Late):
        def __init__(self):
            super().__init__()
            self.seen = []

        def push(self, frame):
            self.seen.append(frame)
            return super().push(frame)

    for channel in ("mix", 1):
        engine, format = Keeping(), AudioFormat(22050, 2)
        detect_speech(talk(22050, 2, end=1.0), format, engine=engine, channel=channel)
        sound = talk(22050, 2, end=1.0) if channel == "mix" else one_channel(talk(22050, 2, end=1.0), 2, 1)
        expected = frames_of(sound, format if channel == "mix" else AudioFormat(22050))
        assert [(f.pcm, f.format, f.timestamp) for f in engine.seen] == [
            (f.pcm, f.format, f.timestamp) for f in expected
        ]


@pytest.mark.parametrize("labels", [(None, -20.0), (0.5, None), (None, None)])
def test_an_engine_that_forgets_a_label_is_told_so(labels):
    class Forgetful(Late):
        def label(self, frame):
            return AudioFrame(frame.pcm, frame.format, frame.timestamp, *labels)

    with pytest.raises(FormatError, match="the engine handed out a frame without voice_prob or rms_db"):
        detect_speech(talk(end=0.6), engine=Forgetful())
    with pytest.raises(FormatError, match="the engine handed out a frame without"):
        detect_speech(bytes(320), engine=Forgetful())  # it comes out of flush


def test_a_made_engine_is_as_good_as_its_name():
    engine = create_engine("webrtc", mode=1)
    found = detect_speech(talk(), config=QUICK, engine=engine)
    assert times(found) == times(live(frames_of(talk(), AudioFormat()), QUICK, create_engine("webrtc", mode=1)))
    assert times(detect_speech(talk(), config=QUICK, engine=engine)) == times(found)  # the stream was ended


# --- the recordings -------------------------------------------------------------------------------------------------


def spoken(path, channel="mix"):
    lines = reference(path)["speech"]
    return [(line["start"], line["end"]) for line in lines if channel == "mix" or line["channel"] == channel]


def overlap(one, segments):
    start, end = one
    return sum(max(0.0, min(end, s.end) - max(start, s.start)) for s in segments)


def onset_errors(path, segments, channel="mix"):
    """How much later than the reference segments begin; the second line of a joined pair has no onset of its own."""
    errors, seen = [], set()
    for start, end in spoken(path, channel):
        segment = next(s for s in segments if s.end > start and s.start < end)
        if segment.start not in seen:
            errors.append(segment.start - start)
        seen.add(segment.start)
    return errors


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.name)
def test_every_utterance_is_found_and_nothing_else(path):
    for channel in [0, 1] if path.name.startswith("stereo") else ["mix"]:
        found = detect_speech(path, channel=channel)
        for one in spoken(path, channel):
            assert overlap(one, found) > 0.35 * (one[1] - one[0])
        for segment in found:
            assert any(segment.end > start and segment.start < end for start, end in spoken(path, channel))
        assert all(a.end <= b.start for a, b in itertools.pairwise(found))


@pytest.mark.parametrize("path", [path for path in recordings() if spoken(path)], ids=lambda path: path.name)
def test_onsets_are_where_they_were_made(path):
    channels = [0, 1] if path.name.startswith("stereo") else ["mix"]
    errors = [late for c in channels for late in onset_errors(path, detect_speech(path, channel=c), c)]
    if path.name.startswith(("phone", "stereo", "long", "dialogue_noisy")):
        # Words that begin softly, in noise, echo or a telephone's band, are caught late; most are not.
        assert statistics.median(errors) <= 0.15
        assert max(errors) <= 0.52
    else:
        assert max(errors) <= 0.08
        assert statistics.median(errors) <= 0.06
    assert min(errors) >= -0.03


@pytest.mark.parametrize("name", ["silence_16k.wav", "tones_16k.wav"])
def test_where_nobody_speaks_nothing_is_found(name):
    assert detect_speech(TEST_DATA / name) == []


def test_speech_from_the_first_sample_on_is_found():
    (segment,) = detect_speech(TEST_DATA / "short_first_16k.wav")
    assert (segment.start, segment.audio_start) == (0.0, 0.0)
    assert segment.end == pytest.approx(0.407, abs=0.05)
    assert segment.started_at <= 0.35


def test_sound_that_breaks_off_is_closed_where_it_ends():
    (segment,) = detect_speech(TEST_DATA / "truncated_16k.wav")
    assert segment.end == segment.audio_end == segment.ended_at == 2.5


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.name)
def test_the_times_of_a_segment_make_sense(path):
    samples, format = read_audio(path)
    frames = len(frames_of(samples.tobytes(), format))
    for s in detect_speech(path):
        assert 0.0 <= s.audio_start <= s.start < s.started_at <= s.ended_at == s.audio_end
        assert s.start < s.end <= s.audio_end <= format.frame_time(frames - 1)
        for time in dataclasses.astuple(s):
            assert time in {format.frame_time(k) for k in range(-1, frames)}
