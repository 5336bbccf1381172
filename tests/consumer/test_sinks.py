"""Sinks: memory, function, WAV, and the loudspeaker that is none."""

from __future__ import annotations

import wave

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.consumer.sinks import CallbackSink, LoudspeakerSink, MemorySink, WavSink, checked_sink
from agora_audio.errors import AudioError, ConfigError, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.io import read_audio
from agora_audio.testing import FakeClock
from tests.consumer.model import FORMATS, Speaker, sound

MONO = AudioFormat(16000)


def test_memory_keeps_all_of_it():
    sink = MemorySink()
    sink.write(b"ab")
    sink.write(b"cd")
    assert (sink.pcm, sink.writes, sink.clear()) == (b"abcd", [b"ab", b"cd"], 0)


def test_a_function_is_a_sink():
    got = []
    assert CallbackSink(got.append).clear() == 0
    sink = CallbackSink(got.append, lambda: 7)
    sink.write(b"ab")
    assert (got, sink.clear()) == ([b"ab"], 7)
    assert CallbackSink(got.append, lambda: None).clear() is None
    with pytest.raises(ConfigError, match="must be a function"):
        CallbackSink(b"ab")


def test_a_loudspeaker_plays_in_real_time_and_gives_back_the_rest():
    clock = FakeClock(7.0)
    speaker = LoudspeakerSink(MONO, clock)
    speaker.write(sound(3200))
    clock.advance(0.025)
    assert (speaker.buffered_ms(), speaker.heard) == (75.0, sound(800))
    assert speaker.clear() == 2400
    clock.advance(10.0)
    assert (speaker.clear(), speaker.heard) == (0, sound(800))


def test_what_was_not_there_is_heard_as_silence():
    clock = FakeClock()
    speaker = LoudspeakerSink(MONO, clock)
    speaker.write(sound(320))
    clock.advance(0.03)
    speaker.write(sound(320))
    speaker.finish()
    assert speaker.heard == sound(320) + bytes(640) + sound(320)
    assert speaker.gaps == [(pytest.approx(0.01), 0.02)]


@given(
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["write", "clear"]), st.integers(0, 4000)), max_size=30),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_it_plays_what_the_plain_model_plays(format, steps):
    clock = FakeClock()
    speaker, plain = LoudspeakerSink(format, clock), Speaker(format)
    for milliseconds, name, samples in steps:
        clock.advance(milliseconds / 1000)
        if name == "clear":
            assert abs(speaker.clear() - plain.clear(clock.now)) <= format.sample_bytes * (len(speaker.gaps) + 1)
        else:
            pcm = sound(samples * format.sample_bytes)
            speaker.write(pcm)
            plain.write(pcm, clock.now)
    heard = speaker.heard.replace(b"\0", b"")
    assert abs(len(heard) - len(plain.heard)) <= format.sample_bytes * 30


@pytest.mark.parametrize("format", [MONO, AudioFormat(44100, 2), AudioFormat(22050, 3)])
def test_a_wav_file_holds_what_was_written(tmp_path, format):
    path = tmp_path / "out.wav"
    pcm = sound(2400 * format.sample_bytes)
    with WavSink(path, format) as sink:
        sink.write(pcm[:120])
        sink.write(pcm[120:])
        assert sink.clear() == 0
    samples, read = read_audio(path)
    assert (samples.tobytes(), read) == (pcm, format)


def test_with_a_clock_it_holds_what_was_heard(tmp_path):
    clock = FakeClock()
    with WavSink(tmp_path / "out.wav", MONO, clock) as sink:
        sink.write(sound(640))
        clock.advance(0.01)
        assert sink.clear() == 320
        clock.advance(0.01)
        sink.write(sound(320, 9))
    assert read_audio(tmp_path / "out.wav")[0].tobytes() == sound(320) + bytes(320) + sound(320, 9)
    assert sink.clear() == 0


def test_nothing_written_is_an_empty_file_and_closing_twice_no_error(tmp_path):
    sink = WavSink(tmp_path / "out.wav", MONO)
    sink.close()
    sink.close()
    with wave.open(str(tmp_path / "out.wav")) as file:
        assert (file.getframerate(), file.getnframes()) == (16000, 0)
    with pytest.raises(AudioError, match="is closed: make a new WavSink"):
        sink.write(b"ab")


def test_what_was_written_can_be_read_before_it_is_closed(tmp_path):
    with WavSink(tmp_path / "out.wav", MONO) as sink:
        sink.write(sound(32000))  # more than is buffered
        written = (tmp_path / "out.wav").stat().st_size - 44
        assert read_audio(tmp_path / "out.wav")[0].tobytes() == sound(32000)[:written]
        assert written > 20000


def test_it_is_wav_whatever_it_is_called_and_the_header_is_filled_in(tmp_path):
    with WavSink(tmp_path / "out.flac", MONO) as sink:
        sink.write(sound(3200))
    with wave.open(str(tmp_path / "out.flac")) as file:
        assert (file.getnframes(), file.readframes(1600)) == (1600, sound(3200))


@pytest.mark.parametrize("clock", [None, FakeClock()])
def test_a_file_that_cannot_be_made_is_an_error_at_once(tmp_path, clock):
    for path in (tmp_path / "nowhere" / "out.wav", tmp_path):
        with pytest.raises(OSError, match=r"No such file|Is a directory") as caught:
            WavSink(path, MONO, clock)
        assert caught.value.filename == str(path)


def test_where_playing_fails_nothing_is_lost():
    clock, fails = FakeClock(), [OSError("full")]
    heard = bytearray()

    def play(pcm):
        if fails:
            raise fails.pop()
        heard.extend(pcm)

    speaker = LoudspeakerSink(MONO, clock, play)
    speaker.write(sound(640))
    clock.advance(0.01)
    with pytest.raises(OSError, match="full"):
        speaker.write(sound(320, 50))
    speaker.write(sound(320, 50))
    speaker.finish()
    assert bytes(heard) == sound(640) + sound(320, 50)


class Asynchronous:
    async def write(self, pcm):
        pass


class AsynchronousClear(MemorySink):
    async def clear(self):
        pass


@pytest.mark.parametrize(
    ("sink", "message"),
    [
        (None, "sink is a NoneType, must have a method write"),
        (object(), "sink is a object, must have a method write"),
        (Asynchronous(), "write of the sink must not be async: put the sound into a queue"),
        (AsynchronousClear(), "clear of the sink must not be async"),
    ],
)
def test_what_is_no_sink_is_refused(sink, message):
    with pytest.raises(ConfigError, match=message):
        checked_sink(sink)


def test_a_format_is_a_format():
    for make in (lambda: WavSink("x.wav", 16000), lambda: LoudspeakerSink(16000, FakeClock())):
        with pytest.raises(FormatError, match="must be an AudioFormat"):
            make()
