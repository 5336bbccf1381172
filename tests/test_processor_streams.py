"""ExternalAudioProcessor as a stream: times, far ends, engines and observers of the caller's, threads, odd input."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.apm.config import APMConfig
from agora_audio.apm.stages import ApmStages, EchoStage, GainStage, NoiseStage
from agora_audio.errors import AudioError, ConfigError, FormatError
from agora_audio.frames import AudioFormat, rms_db
from agora_audio.processor import ExternalAudioProcessor
from agora_audio.resample import resample
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.state_machine import VadState
from tests.vad.pieces import RATES, cut, sizes, steady, talk

VAD = AudioVadConfigV2()
ECHO = EchoStage("webrtc")
STAGES = {
    "none": None,
    "high_pass": ApmStages(high_pass=True),
    "echo": ApmStages(echo=ECHO),
    "noise": ApmStages(noise=NoiseStage(level=0)),
    "background": ApmStages(background=True),
    "gain": ApmStages(gain=GainStage(max_gain_db=0.0)),
    "several": ApmStages(high_pass=True, echo=ECHO, noise=NoiseStage(level=0), background=True),
    "turned": ApmStages(
        noise=NoiseStage(level=0), high_pass=True, order=("noise", "background", "gain", "echo", "high_pass")
    ),
}


def processed(stages, sound, rate, channels, out_rate, pieces=(1 << 30,), far=None, **options):
    options = {"vad_config": VAD, "engine": "energy", **options}
    with ExternalAudioProcessor(stages, sample_rate=out_rate, **options) as processor:
        if far is not None:
            processor.push_far_end(far, rate, channels)
        frames = []
        for piece in cut(bytes(sound), pieces):
            frames += processor.push_audio_pcm_data(piece, rate, channels)
        return frames + processor.flush()


def sound_of(frames):
    return np.concatenate([done.frame.samples() for done in frames])


def at_input_time(frames, seconds, length, rate):
    """The output that belongs to this time of the input."""
    begin = round((seconds - frames[0].input_time) * rate)
    return sound_of(frames)[begin : begin + length, 0]


def seen(frames):
    return [
        (one.frame, one.vad_state, one.vad_data, one.input_time, one.pts, one.segment and one.segment.to_dict())
        for one in frames
    ]


# --- times ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("out_rate", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", STAGES)
def test_an_impulse_is_at_its_time_in_the_input(name, rate, out_rate):
    at = 0.4037
    time = np.arange(int(0.8 * rate)) / rate - at
    # As broad as 8 kHz can hold, with its energy where no high-pass filter turns the phase.
    click = np.cos(2000 * np.pi * time) * np.exp(-((time / 8e-4) ** 2))
    # Below where a limiter would begin to work.
    sound = np.rint(4000 * click).astype("<i2").tobytes()
    frames = processed(STAGES[name], sound, rate, 1, out_rate, (997, 4001))
    samples = np.abs(sound_of(frames)[:, 0].astype(int))
    found = frames[0].input_time + int(samples.argmax()) / out_rate
    assert found == pytest.approx(at, abs=2.0 / min(rate, out_rate) + 2e-4)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", ["none", "noise", "several"])
def test_speech_begins_where_it_began(name, rate, channels):
    """A voice out of silence: the first loud sample, and the segment, whatever is done to it."""
    onset = 0.5003
    time = np.arange(int(1.5 * rate)) / rate
    voice = sum(np.cos(2 * np.pi * 150 * k * time) / k for k in range(1, 12)) * 5000
    sound = np.repeat(np.rint(np.where(time >= onset, voice, 0)).astype("<i2")[:, None], channels, axis=1)
    frames = processed(STAGES[name], sound.tobytes(), rate, channels, 16000, (1000,), engine="webrtc")
    bare = processed(None, sound.tobytes(), rate, channels, 16000, engine="webrtc")
    loud = np.flatnonzero(np.abs(sound_of(frames)[:, 0].astype(int)) > 2000)[0]
    assert frames[0].input_time + loud / 16000 == pytest.approx(onset, abs=0.01)
    (segment,) = [done.segment for done in frames if done.segment]
    (expected,) = [done.segment for done in bare if done.segment]
    assert segment.start == pytest.approx(onset, abs=0.0101)
    assert segment.start == pytest.approx(expected.start, abs=0.0101)


@given(
    rate=st.sampled_from(RATES),
    out_rate=st.sampled_from(RATES),
    channels=st.integers(1, 2),
    pieces=sizes(),
    name=st.sampled_from(sorted(STAGES)),
)
@steady
def test_any_pieces_give_the_same(rate, out_rate, channels, pieces, name):
    sound, far = talk(rate, channels, 0.3, 1.1), None
    if STAGES[name] and STAGES[name].echo:
        far = talk(rate, channels, 5.0, 6.0)[:rate]
        far = far[: len(far) // 4 * 4]
    whole = processed(STAGES[name], sound, rate, channels, out_rate, far=far)
    parts = processed(STAGES[name], sound, rate, channels, out_rate, pieces, far)
    assert seen(parts) == seen(whole)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", STAGES)
def test_frames_follow_on_each_other_and_reach_the_end(name, rate):
    sound = talk(rate, 1, 0.3, 1.0)
    frames = processed(STAGES[name], sound, rate, 1, rate)
    format = AudioFormat(rate)
    assert [one.frame.timestamp for one in frames] == [format.frame_time(k - 1) for k in range(len(frames))]
    late = {round(one.frame.timestamp - one.input_time, 9) for one in frames}
    assert len(late) == 1
    end = len(sound) / 2 / rate
    assert frames[-1].input_time < end <= frames[-1].input_time + 0.0101
    beside = at_input_time(frames, 0.0, len(sound) // 2, rate)
    assert len(beside) == len(sound) // 2


def test_thirty_minutes_at_once():
    piece = np.frombuffer(talk(16000, 1, 0.3, 5.3), "<i2")[:80000]
    with ExternalAudioProcessor(STAGES["noise"]) as processor:
        frames = processor.push_audio_pcm_data(np.tile(piece, 360), 16000, 1)
        stats = processor.stats()
    assert len(frames) == stats.total.frames == 180_000
    assert frames[-1].frame.timestamp == pytest.approx(1799.99)
    assert stats.total.level_in_db == pytest.approx(rms_db(piece), abs=1e-9)


# --- empty, odd and wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [16000, 44100])
@pytest.mark.parametrize("name", STAGES)
def test_no_sound_gives_no_frame(name, rate):
    with ExternalAudioProcessor(STAGES[name], VAD, engine="energy") as processor:
        assert processor.flush() == []
        assert processor.push_audio_pcm_data(b"", rate, 1) == []
        assert processor.push_audio_pcm_data(b"\1", rate, 1) == []
        assert processor.flush() == []
        stats = processor.stats()
        assert (stats.input_s, stats.output_s, stats.dropped_bytes) == (0.0, 0.0, 1)


@pytest.mark.parametrize("name", STAGES)
def test_speech_from_the_first_sample_on_begins_at_zero(name):
    frames = processed(STAGES[name], talk(16000, 1, 0.5, 1.5), 16000, 1, 48000)
    (segment,) = [done.segment for done in frames if done.segment]
    assert segment.audio_start == 0.0
    assert 0.0 <= segment.start < 0.1


def test_empty_pushes_between_change_nothing():
    sound = talk(16000, 1, 0.3, 1.0)
    pieces = [sound[:100], b"", sound[100:5001], b"", b"", sound[5001:], b""]
    with ExternalAudioProcessor(STAGES["several"], VAD, engine="energy") as processor:
        frames = [done for piece in pieces for done in processor.push_audio_pcm_data(piece, 16000, 1)]
        frames += processor.flush()
    assert seen(frames) == seen(processed(STAGES["several"], sound, 16000, 1, 16000))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: np.frombuffer(data, "<i2")])
def test_pcm_in_any_dress(kind):
    sound = talk(16000, 1, 0.3, 1.0)
    with ExternalAudioProcessor(None, VAD, engine="energy") as processor:
        frames = processor.push_audio_pcm_data(kind(sound), 16000, 1) + processor.flush()
    assert seen(frames) == seen(processed(None, sound, 16000, 1, 16000))


WRONG_PUSHES = [
    ({"pcm": None}, FormatError, "PCM is a NoneType"),
    ({"pcm": "text"}, FormatError, "PCM is a str"),
    ({"pcm": 5}, FormatError, "PCM is a int"),
    ({"pcm": np.full(160, np.nan, np.float32)}, FormatError, "must be bytes or int16"),
    ({"sample_rate": None}, FormatError, "sample_rate is None"),
    ({"sample_rate": "16000"}, FormatError, "sample_rate is '16000'"),
    ({"sample_rate": float("nan")}, FormatError, "sample_rate is nan"),
    ({"sample_rate": 16000.5}, FormatError, "sample_rate is 16000.5"),
    ({"sample_rate": -1}, FormatError, "sample_rate is -1"),
    ({"channels": 0}, FormatError, "channels is 0"),
    ({"channels": "1"}, FormatError, "channels is '1'"),
    ({"channels": None}, FormatError, "channels is None"),
    ({"start_pts": 1.5}, ConfigError, "start_pts is 1.5"),
    ({"start_pts": None}, ConfigError, "start_pts is None"),
    ({"start_pts": "0"}, ConfigError, "start_pts is '0'"),
]


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize(("values", "error", "said"), WRONG_PUSHES)
def test_a_wrong_push_is_named_and_nothing_is_taken(values, error, said, running):
    with ExternalAudioProcessor(None, VAD, engine="energy") as processor:
        if running:
            processor.push_audio_pcm_data(bytes(320), 16000, 1)
        before = processor.stats()
        with pytest.raises(error, match=said):
            processor.push_audio_pcm_data(**{"pcm": bytes(320), "sample_rate": 16000, "channels": 1, **values})
        assert processor.stats() == before
        assert len(processor.push_audio_pcm_data(bytes(320), 16000, 1)) == 1


WRONG_FAR_ENDS = [
    ({"pcm": None}, FormatError, "PCM is a NoneType"),
    ({"pcm": bytes(3)}, FormatError, "3 bytes are not whole samples"),
    ({"sample_rate": 0}, FormatError, "sample_rate is 0"),
    ({"channels": 1.0}, FormatError, "channels is 1.0"),
    *(({"start_time": value}, ConfigError, "start_time is ") for value in ("1", [1], True, -1, float("nan"), 1e9)),
]


@pytest.mark.parametrize(("values", "error", "said"), WRONG_FAR_ENDS)
def test_a_wrong_far_end_is_named_and_nothing_is_taken(values, error, said):
    with ExternalAudioProcessor(STAGES["echo"]) as processor:
        processor.push_audio_pcm_data(bytes(320), 16000, 1)
        processor.flush()
        flushed = processor.stats()
        with pytest.raises(error, match=said):
            processor.push_far_end(**{"pcm": bytes(320), "sample_rate": 16000, "channels": 1, **values})
        if "start_time" not in values:
            assert processor.stats() == flushed
        processor.push_far_end(bytes(320), 16000, 1, 0.5)
        assert processor.stats().far_end.pushed_s == 0.01


@pytest.mark.parametrize(
    "values",
    [{"apm_config": {}}, {"vad_config": "v"}, {"engine": 5}, {"observer": 5}, {"clock": 1.0}, {"dump": 5}],
)
def test_a_wrong_argument_is_a_config_error(values):
    with pytest.raises(ConfigError):
        ExternalAudioProcessor(**{"apm_config": APMConfig(), "vad_config": VAD, "engine": "energy", **values})


@pytest.mark.parametrize("values", [{"sample_rate": 0}, {"sample_rate": "x"}, {"channels": 65}, {"channels": None}])
def test_a_wrong_output_is_a_format_error(values):
    with pytest.raises(FormatError):
        ExternalAudioProcessor(APMConfig(), **values)


# --- streams --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("out_rate", [16000, 48000])
@pytest.mark.parametrize("name", STAGES)
def test_a_stream_of_another_format_follows_as_if_it_were_the_first(name, out_rate):
    streams = [(talk(48000, 2, 0.3, 0.9), 48000, 2), (talk(8000, 1, 0.3, 1.1), 8000, 1)]
    with ExternalAudioProcessor(STAGES[name], VAD, sample_rate=out_rate, engine="energy") as processor:
        for sound, rate, channels in (*streams, streams[0]):
            frames = processor.push_audio_pcm_data(sound, rate, channels) + processor.flush()
            assert seen(frames) == seen(processed(STAGES[name], sound, rate, channels, out_rate))


def test_a_start_in_the_last_frame_is_told_and_the_stop_after_it_has_its_time_stamp():
    class Late:
        """All is speech."""

        latency = 0

        def push(self, frame):
            return [frame.labelled(0.99, -10.0)]

        def flush(self):
            return []

        def reset(self):
            pass

    sound = (np.ones(160 * 30, np.int16) * 9000).tobytes()
    with ExternalAudioProcessor(None, VAD, engine=Late()) as processor:
        frames = []
        while not frames or frames[-1].vad_state is not VadState.START_SPEAKING:
            frames += processor.push_audio_pcm_data(sound[:320], 16000, 1, 5000 if not frames else 0)
        rest = processor.flush()
    assert [one.vad_state for one in rest] == [VadState.STOP_SPEAKING]
    assert rest[0].pts == frames[-1].pts + 10 == 5000 + 10 * len(frames)
    assert rest[0].segment is not None

    class Held(Late):
        """Gives the last frame with flush."""

        held = None

        def push(self, frame):
            out, self.held = self.held, frame.labelled(0.99, -10.0)
            return [out] if out else []

        def flush(self):
            return [self.held]

    with ExternalAudioProcessor(None, VAD, engine=Held()) as processor:
        first = processor.push_audio_pcm_data(sound[: 320 * len(frames)], 16000, 1)
        rest = processor.flush()
    states = [one.vad_state for one in first + rest]
    assert states[-2:] == [VadState.START_SPEAKING, VadState.STOP_SPEAKING]
    assert rest[-2].vad_data


# --- engines and observers of the caller's --------------------------------------------------------------------------


class Pitched:
    """An engine that keeps other labels, and lags by two frames."""

    latency = 320

    def __init__(self):
        self.reset()

    def reset(self):
        self.waiting = []

    def push(self, frame):
        labelled = replace_labels(frame, 120.0 + len(self.waiting))
        self.waiting.append(labelled)
        return [self.waiting.pop(0)] if len(self.waiting) > 2 else []

    def flush(self):
        out, self.waiting = self.waiting, []
        return out


def replace_labels(frame, pitch):
    return type(frame)(
        frame.pcm,
        frame.format,
        frame.timestamp,
        voice_prob=0.9,
        rms_db=-20.0,
        far_field=True,
        music_prob=0.1,
        pitch=pitch,
    )


@pytest.mark.parametrize("name", ["none", "several"])
def test_labels_of_an_engine_of_the_callers_survive(name):
    sound = talk(16000, 1, 0.3, 1.3)
    frames = processed(STAGES[name], sound, 16000, 1, 16000, (1000,), engine=Pitched())
    assert {(one.frame.far_field, one.frame.music_prob) for one in frames} == {(True, 0.1)}
    assert {one.frame.pitch for one in frames} <= {120.0, 121.0, 122.0}
    assert [one.frame.timestamp for one in frames] == [AudioFormat().frame_time(k - 1) for k in range(len(frames))]
    bare = processed(STAGES[name], sound, 16000, 1, 16000)
    assert [one.frame.pcm for one in frames] == [one.frame.pcm for one in bare]


def test_an_engine_that_cannot_begin_again_is_a_config_error():
    class Once:
        def push(self, frame):
            return [frame]

        def flush(self):
            return []

    with pytest.raises(ConfigError, match="the engine has no method reset"):
        ExternalAudioProcessor(None, VAD, engine=Once())
    once = Once()
    once.reset = lambda: None
    with (
        ExternalAudioProcessor(None, VAD, engine=once) as processor,
        pytest.raises(FormatError, match="the frame has no voice_prob or rms_db"),
    ):
        processor.push_audio_pcm_data(bytes(320), 16000, 1)


def test_an_observer_that_raises_ends_the_call_and_not_the_stream():
    told = []

    class Angry:
        def on_processed_audio_frame(self, processor, frame, vad_result_state, vad_result_data):
            told.append(frame.timestamp)
            if len(told) == 3:
                raise KeyError("mine")

    with ExternalAudioProcessor(None, VAD, engine="energy", observer=Angry()) as processor:
        with pytest.raises(KeyError, match="mine"):
            processor.push_audio_pcm_data(bytes(3200), 16000, 1)
        assert len(processor.push_audio_pcm_data(bytes(640), 16000, 1)) == 2
        processor.flush()
        assert processor.stats().input_s == 0.12
    assert told == pytest.approx([0.0, 0.01, 0.02, 0.1, 0.11])


def test_an_observer_may_release_in_the_middle():
    class Enough:
        def on_processed_audio_frame(self, processor, frame, vad_result_state, vad_result_data):
            processor.release()

    with ExternalAudioProcessor(STAGES["noise"], observer=Enough()) as processor:
        assert len(processor.push_audio_pcm_data(bytes(640), 16000, 1)) == 2
        with pytest.raises(AudioError, match="released"):
            processor.push_audio_pcm_data(bytes(640), 16000, 1)


def test_two_processors_in_two_threads_are_as_two_in_one():
    sounds = [talk(44100, 2, 0.3, 3.3), talk(44100, 2, 5.0, 8.0)]
    expected = [seen(processed(STAGES["several"], sound, 44100, 2, 16000, engine="silero")) for sound in sounds]
    found = {}

    def work(number):
        found[number] = seen(
            processed(STAGES["several"], sounds[number], 44100, 2, 16000, (4001, 882), engine="silero")
        )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[0], found[1]] == expected


# --- the far end ----------------------------------------------------------------------------------------------------


def with_far(order, near, far, far_rate=16000, far_channels=1, start_time=None):
    """Near end in pieces of 10 ms; the far end at once before, in step, or 5 s late."""
    unit = 2 * far_channels * far_rate // 100
    with ExternalAudioProcessor(STAGES["echo"]) as processor:
        frames = []
        if order == "before":
            processor.push_far_end(far, far_rate, far_channels, start_time)
        for k in range(len(near) // 320):
            if order == "in step":
                piece = far[k * unit : (k + 1) * unit]
                processor.push_far_end(piece, far_rate, far_channels, start_time if not k else None)
            elif order == "5 s late" and k == 500:
                processor.push_far_end(far, far_rate, far_channels, start_time)
            frames += processor.push_audio_pcm_data(near[k * 320 : (k + 1) * 320], 16000, 1)
        frames += processor.flush()
        return frames, processor.stats()


def echoed(delay, seconds=7):
    far = np.frombuffer(talk(16000, 1, 0.3, 0.3 + seconds), "<i2")[: 16000 * seconds]
    near = np.zeros_like(far)
    late = round(delay * 16000)
    near[late:] = far[: len(far) - late] // 2
    return near.tobytes(), far.tobytes()


def test_before_and_in_step_are_the_same():
    near, far = echoed(0.04)
    before, first = with_far("before", near, far)
    step, second = with_far("in step", near, far)
    assert seen(before) == seen(step)
    assert first.echo == second.echo
    assert first.echo.return_loss_enhancement_db > 10
    assert first.far_end.missing_s == second.far_end.missing_s == 0.0


def test_five_seconds_late_is_counted_and_then_in_step():
    near, far = echoed(0.04)
    frames, stats = with_far("5 s late", near, far)
    assert (stats.far_end.late_s, stats.far_end.missing_s, stats.far_end.pushed_s) == (5.0, 5.0, 7.0)
    assert stats.far_end.drift_ppm is None
    without, _ = with_far("never", near, far)
    assert seen(frames)[:490] == seen(without)[:490]
    assert seen(frames) != seen(without)


def test_never_is_silence_and_missing():
    near, far = echoed(0.04, 2)
    _, stats = with_far("never", near, far)
    assert (stats.far_end.missing_s, stats.far_end.pushed_s) == (2.0, 0.0)
    assert (stats.echo.heard_s, stats.echo.delay_ms) == (0.0, None)


def test_a_start_time_is_silence_before():
    near, far = echoed(0.04, 4)
    shifted = bytes(32000) + near
    _, stats = with_far("before", shifted, far, start_time=1.0)
    assert stats.far_end.missing_s == pytest.approx(0.0)
    assert stats.echo.delay_ms == pytest.approx(40, abs=0.5)


@pytest.mark.parametrize(("rate", "channels"), [(48000, 1), (8000, 1), (44100, 2)])
def test_a_far_end_of_another_format_is_paired_all_the_same(rate, channels):
    near, far = echoed(0.04, 4)
    mono = resample(np.frombuffer(far, "<i2"), 16000, rate)
    other = np.repeat(mono[:, None], channels, axis=1).astype("<i2").tobytes()
    _, stats = with_far("before", near, other, rate, channels)
    assert stats.echo.delay_ms == pytest.approx(40, abs=0.5)
    assert stats.far_end.missing_s < 0.005


@pytest.mark.parametrize("ppm", [-100, 100])
def test_a_drift_is_found_by_counting(ppm):
    with ExternalAudioProcessor(STAGES["echo"]) as processor:
        owed = 0.0
        for _ in range(2000):
            owed += 160 * (1 + ppm * 1e-6)
            processor.push_far_end(bytes(2 * int(owed)), 16000, 1)
            owed -= int(owed)
            processor.push_audio_pcm_data(bytes(320), 16000, 1)
        assert processor.stats().far_end.drift_ppm == pytest.approx(ppm, abs=5)


def test_a_format_of_the_far_end_that_changes_is_refused_until_the_next_stream():
    with ExternalAudioProcessor(STAGES["echo"]) as processor:
        processor.push_far_end(bytes(320), 16000, 1)
        with pytest.raises(FormatError, match=r"the far end is 16000 Hz mono, now 8000 Hz mono: flush\(\)"):
            processor.push_far_end(bytes(320), 8000, 1)
        processor.push_audio_pcm_data(bytes(320), 16000, 1)
        processor.flush()
        processor.push_far_end(bytes(320), 8000, 1)
        assert processor.stats().far_end.pushed_s == 0.02
