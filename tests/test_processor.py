import dataclasses
import random
from pathlib import Path

import numpy as np
import pytest

from agora_audio.apm.config import APMConfig
from agora_audio.apm.stages import ApmStages, EchoStage
from agora_audio.errors import AudioError, ConfigError, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.io import read_audio
from agora_audio.processor import ExternalAudioProcessor
from agora_audio.resample import resample
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import detect_speech
from agora_audio.vad.state_machine import VadState

SPEECH = read_audio(Path(__file__).parents[1] / "test_data" / "dialogue_16k.wav")[0][: 16000 * 7]
VAD = AudioVadConfigV2()
FORMATS = [(16000, 1, 16000, 1), (44100, 2, 16000, 1), (16000, 1, 48000, 2), (8000, 1, 22050, 1), (11025, 1, 16000, 1)]
CONFIGS = {
    "vad": {"vad_config": VAD},
    "apm": {"apm_config": APMConfig()},
    "both": {"apm_config": ApmStages(high_pass=True, noise=True, background=True, gain=True), "vad_config": VAD},
}


def pcm(rate, channels):
    return np.repeat(resample(SPEECH, 16000, rate), channels, axis=1).astype("<i2").tobytes()


def processed(config, form, sizes=None, engine="webrtc"):
    rate, channels, out_rate, out_channels = form
    data = pcm(rate, channels)
    frames = []
    with ExternalAudioProcessor(sample_rate=out_rate, channels=out_channels, engine=engine, **config) as processor:
        while data:
            size = sizes() if sizes else len(data)
            frames += processor.push_audio_pcm_data(data[:size], rate, channels)
            data = data[size:]
        return frames + processor.flush()


def seen(frames):
    return [
        (done.frame, done.vad_state, done.vad_data, done.input_time, done.pts, done.segment and done.segment.to_dict())
        for done in frames
    ]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_any_pieces_give_the_same(config, form):
    whole = processed(config, form)
    chance = random.Random(3)
    assert seen(processed(config, form, lambda: chance.choice([1, 3, 319, 320, 5000]))) == seen(whole)
    assert len(whole) in (700, 701, 702)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["vad", "both"])
def test_segments_are_in_the_time_of_the_input(name, form):
    expected = detect_speech(SPEECH, AudioFormat(16000), engine="silero")
    found = [done.segment for done in processed(CONFIGS[name], form, engine="silero") if done.segment]
    assert len(found) == len(expected) == 2
    for segment, truth in zip(found, expected, strict=True):
        assert segment.start == pytest.approx(truth.start, abs=0.06)


@pytest.mark.parametrize("form", FORMATS)
def test_an_impulse_is_found_at_its_time_in_the_input(form):
    rate, channels, out_rate, out_channels = form
    sound = np.zeros((rate, channels), np.int16)
    sound[rate // 2] = 30000
    stages = ApmStages(background=True)
    with ExternalAudioProcessor(stages, None, out_rate, out_channels) as processor:
        frames = processor.push_audio_pcm_data(sound.tobytes(), rate, channels) + processor.flush()
    peak = max(frames, key=lambda done: np.abs(done.frame.samples().astype(int)).max())
    at = int(np.abs(peak.frame.samples()[:, 0].astype(int)).argmax())
    assert peak.input_time + at / out_rate == pytest.approx(0.5, abs=0.0005)


def test_all_the_sound_comes_out_and_no_more_than_its_last_frame():
    for config in CONFIGS.values():
        frames = processed(config, (16000, 1, 16000, 1))
        last = frames[-1].input_time
        assert last < 7.0 <= last + 0.0201


def test_without_vad_there_is_no_state():
    frames = processed(CONFIGS["apm"], (16000, 1, 16000, 1))
    assert {done.vad_state for done in frames} == {None}
    assert {done.vad_data for done in frames} == {b""}


@pytest.mark.parametrize("engine", ["webrtc", "silero"])
def test_an_open_segment_is_closed_by_flush(engine):
    speech = SPEECH[int(0.3 * 16000) : int(2.0 * 16000)].tobytes()
    with ExternalAudioProcessor(vad_config=VAD, engine=engine) as processor:
        frames = processor.push_audio_pcm_data(speech, 16000, 1) + processor.flush()
        assert [done.vad_state for done in frames].count(VadState.STOP_SPEAKING) == 1
        assert frames[-1].segment.ended_at == pytest.approx(1.7)
        assert processor.flush() == []


def test_a_stream_after_flush_is_a_new_one():
    with ExternalAudioProcessor(APMConfig(), VAD, engine="webrtc") as processor:
        first = processor.push_audio_pcm_data(pcm(16000, 1), 16000, 1) + processor.flush()
        second = processor.push_audio_pcm_data(pcm(16000, 1), 16000, 1) + processor.flush()
    assert seen(first) == seen(second)


def test_the_observer_is_told_of_each_frame():
    told = []

    class Observer:
        def on_processed_audio_frame(self, processor, frame, vad_result_state, vad_result_data):
            told.append((processor, frame, vad_result_state, vad_result_data))

    processor = ExternalAudioProcessor(vad_config=VAD, observer=Observer(), engine="energy")
    frames = processor.push_audio_pcm_data(pcm(16000, 1), 16000, 1) + processor.flush()
    assert told == [(processor, done.frame, done.vad_state, done.vad_data) for done in frames]


def test_time_stamps_are_carried_on():
    with ExternalAudioProcessor(vad_config=VAD, engine="energy") as processor:
        frames = processor.push_audio_pcm_data(bytes(960), 16000, 1, start_pts=5000)
        frames += processor.push_audio_pcm_data(bytes(640), 16000, 1)
        frames += processor.push_audio_pcm_data(bytes(640), 16000, 1, start_pts=100)
    assert [done.pts for done in frames] == [5000, 5010, 5020, 5030, 5040, 100, 110]


def test_statistics():
    stages = ApmStages(high_pass=True, noise=True, echo=EchoStage("webrtc"))
    with ExternalAudioProcessor(stages, VAD, engine="webrtc") as processor:
        processor.push_far_end(bytes(32000), 16000, 1)
        processor.push_audio_pcm_data(pcm(16000, 1), 16000, 1)
        stats = processor.stats()
    assert stats.input_s == 7.0
    assert stats.delay_s == pytest.approx(0.014)
    assert set(stats.stages) == {"high_pass", "echo", "noise"}
    assert stats.total.frames == stats.stages["noise"].frames == 700
    assert stats.total.level_in_db == pytest.approx(-24, abs=4)
    assert stats.stages["noise"].noise_floor_out_db < stats.stages["noise"].noise_floor_in_db
    assert (stats.far_end.pushed_s, stats.far_end.missing_s) == (1.0, 6.0)
    assert dataclasses.asdict(stats)["segments"] == stats.segments == 2


def test_bad_input_is_named_and_does_no_harm():
    with ExternalAudioProcessor(vad_config=VAD, engine="energy") as processor:
        processor.push_audio_pcm_data(bytes(321), 16000, 1)
        with pytest.raises(FormatError, match="the input is 16000 Hz mono, now 8000 Hz mono: flush"):
            processor.push_audio_pcm_data(bytes(320), 8000, 1)
        with pytest.raises(FormatError, match="must be bytes or int16"):
            processor.push_audio_pcm_data(np.full(160, np.nan), 16000, 1)
        with pytest.raises(FormatError, match="sample_rate is 0"):
            processor.push_audio_pcm_data(bytes(320), 0, 1)
        with pytest.raises(ConfigError, match="echo stage"):
            processor.push_far_end(bytes(320), 16000, 1)
        assert len(processor.push_audio_pcm_data(bytes(319), 16000, 1)) == 1
    with pytest.raises(FormatError, match="3 channels does not fit an output of 16000 Hz stereo"):
        ExternalAudioProcessor(APMConfig(), channels=2).push_audio_pcm_data(bytes(6), 16000, 3)


def test_after_release_everything_says_so():
    processor = ExternalAudioProcessor(ApmStages(echo=EchoStage("webrtc")))
    processor.release()
    processor.release()
    for call in (
        lambda: processor.push_audio_pcm_data(b"", 16000, 1),
        lambda: processor.push_far_end(b"", 16000, 1),
        processor.flush,
    ):
        with pytest.raises(AudioError, match="released"):
            call()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "nothing to do"),
        ({"apm_config": "ns"}, "apm_config is 'ns'"),
        ({"vad_config": {}}, "vad_config is {}"),
        ({"vad_config": VAD, "observer": print}, "on_processed_audio_frame"),
        ({"vad_config": VAD, "engine": "krisp"}, "engine is 'krisp'"),
    ],
)
def test_a_wrong_set_up_is_a_config_error(values, said):
    with pytest.raises(ConfigError, match=said):
        ExternalAudioProcessor(**values)
