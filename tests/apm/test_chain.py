from pathlib import Path

import numpy as np
import pytest

from agora_audio.apm.chain import ApmChain
from agora_audio.apm.stages import ApmStages, BackgroundStage, EchoStage, GainStage, NoiseStage
from agora_audio.errors import ConfigError, EngineUnavailable, FormatError
from agora_audio.frames import AudioFormat
from agora_audio.io import read_audio
from agora_audio.resample import resample
from agora_audio.vad.engines.rnnoise import native_library

TEST_DATA = Path(__file__).parents[2] / "test_data"
RATES = [8000, 11025, 16000, 22050, 32000, 44100, 48000]


def has(extra):
    try:
        if extra == "rnnoise":
            native_library()
        else:
            ApmChain(ApmStages(echo=True), AudioFormat())
    except EngineUnavailable:
        return False
    return True


STAGES = {
    "high_pass": ApmStages(high_pass=True),
    "noise": ApmStages(noise=NoiseStage(level=0)),
    "gain": ApmStages(gain=GainStage(max_gain_db=0.0)),
    "background": ApmStages(background=True),
    "echo by webrtc": ApmStages(echo=EchoStage("webrtc")),
    "three": ApmStages(high_pass=True, noise=NoiseStage(level=0), background=True),
}
if has("rnnoise"):
    STAGES["rnnoise"] = ApmStages(noise=NoiseStage("rnnoise"))
if has("apm"):
    STAGES["echo by livekit"] = ApmStages(echo=True)


def chirps(rate, seconds=2.0):
    """Speech-like sound: a voiced pulse train with a moving pitch and level, the same at every rate."""
    time = np.arange(int(rate * seconds)) / rate
    phase = 2 * np.pi * (110 * time + 8 * np.sin(2 * np.pi * 1.3 * time))
    sound = sum(np.cos(k * phase) / k for k in range(1, 20)) * (0.55 + 0.45 * np.sin(2 * np.pi * 4.1 * time))
    return (sound / np.abs(sound).max() * 12000).astype(np.int16).reshape(-1, 1)


def through(chain, sound):
    format = chain.format
    frames = len(sound) * 100 // format.sample_rate
    pieces = [sound[format.frame_end(k - 1) : format.frame_end(k)] for k in range(frames)]
    return np.concatenate([chain.process(piece) for piece in pieces])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("stages", STAGES.values(), ids=STAGES)
def test_the_delay_is_what_it_says(stages, rate):
    chain = ApmChain(stages, AudioFormat(rate))
    # Speech, since a periodic sound fits itself at many delays.
    speech, _ = read_audio(TEST_DATA / "dialogue_16k.wav")
    sound = resample(speech[int(3.6 * 16000) : int(6.4 * 16000)], 16000, rate)
    out = through(chain, sound)[:, 0].astype(float)
    begin, length = rate // 2, 2 * rate
    target = sound[begin : begin + length, 0].astype(float)
    length = len(target)
    shifts = range(rate // 20)
    score = [np.dot(target, out[begin + shift : begin + shift + length]) for shift in shifts]
    assert int(np.argmax(score)) / rate == pytest.approx(chain.delay, abs=0.0005)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_ten_milliseconds_in_ten_out(rate, channels):
    chain = ApmChain(ApmStages(high_pass=True, noise=True, background=True, gain=True), AudioFormat(rate, channels))
    format = chain.format
    for k in range(9):
        frame = np.zeros((format.frame_end(k) - format.frame_end(k - 1), channels), np.int16)
        assert chain.process(frame).shape == frame.shape


@pytest.mark.parametrize("stages", STAGES.values(), ids=STAGES)
def test_a_reset_chain_is_a_new_one(stages):
    sound = chirps(16000, 0.6)
    chain = ApmChain(stages, AudioFormat())
    through(chain, sound[::-1].copy())
    chain.reset()
    assert np.array_equal(through(chain, sound), through(ApmChain(stages, AudioFormat()), sound))


@pytest.mark.parametrize("shape", [(159, 1), (161, 1), (319, 1), (160, 2), (0, 1), (160,)])
@pytest.mark.parametrize("stages", STAGES.values(), ids=STAGES)
def test_a_frame_of_another_length_reaches_no_engine(stages, shape):
    chain = ApmChain(stages, AudioFormat())
    with pytest.raises(FormatError, match="is not frames of 10 ms of 16000 Hz mono"):
        chain.process(np.zeros(shape, np.int16))
    assert through(chain, chirps(16000, 0.1)).shape == (1600, 1)


def test_stages_run_in_their_order_and_can_be_listened_to():
    order = ("gain", "background", "noise", "echo", "high_pass")
    heard = []
    chain = ApmChain(ApmStages(high_pass=True, gain=True, noise=True, order=order), AudioFormat(), heard.append)
    assert list(chain.delays) == ["gain", "noise", "high_pass"]
    frame = chirps(16000)[:160]
    out = chain.process(frame)
    points = heard[0]
    assert len(points) == 4
    assert np.array_equal(points[0], frame)
    assert np.array_equal(points[3], out)
    alone = [ApmChain(ApmStages(**{name: True}), AudioFormat()) for name in chain.delays]
    for one, before, after in zip(alone, points[:-1], points[1:], strict=True):
        assert np.array_equal(one.process(before), after)


@pytest.mark.parametrize("rate", [11025, 16000, 48000])
@pytest.mark.parametrize("stages", STAGES.values(), ids=STAGES)
def test_many_frames_at_once_are_the_same_as_one_by_one(stages, rate):
    sound = chirps(rate, 1.0)
    sound[rate // 3 : rate // 2] //= 30
    format = AudioFormat(rate)
    one_by_one, at_once = (ApmChain(stages, format) for _ in range(2))
    for chain in (one_by_one, at_once):
        if chain.far_end:
            chain.far_end.push(sound[::-1].copy(), format)
    cuts = [format.frame_end(k) for k in (6, 7, 49, 99)]
    pieces = [sound[begin:end] for begin, end in zip((0, *cuts), cuts, strict=False)]
    assert np.array_equal(np.concatenate([at_once.process(piece) for piece in pieces]), through(one_by_one, sound))
    assert at_once.stats() == one_by_one.stats()
    assert at_once.echo_stats() == one_by_one.echo_stats()


@pytest.mark.parametrize(("level", "least"), [(0, 4), (1, 9), (2, 14), (3, 17)])
def test_noise_goes_down_by_its_level(level, least):
    noise = (np.random.default_rng(1).standard_normal((48000, 1)) * 300).astype(np.int16)
    out = through(ApmChain(ApmStages(noise=NoiseStage(level=level)), AudioFormat()), noise)
    before, after = (np.mean(part[32000:].astype(float) ** 2) for part in (noise, out))
    assert 10 * np.log10(before / after) > least


def test_the_high_pass_takes_dc_out_and_leaves_speech():
    time = np.arange(32000) / 16000
    sound = (3000 + 5000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16).reshape(-1, 1)
    out = through(ApmChain(ApmStages(high_pass=True), AudioFormat()), sound)[16000:].astype(float)
    assert abs(out.mean()) < 30
    assert np.sqrt(np.mean(out**2)) == pytest.approx(5000 / np.sqrt(2), rel=0.03)


@pytest.mark.skipif(not has("apm"), reason="the extra apm is not installed")
def test_echo_is_cancelled():
    rng = np.random.default_rng(2)
    far = (rng.standard_normal(16000 * 8) * 2000 * (1 + np.sin(np.arange(16000 * 8) / 3000))).astype(np.int16)
    room = np.zeros(1600)
    room[[640, 800, 1100]] = 0.3, -0.1, 0.05
    mic = np.convolve(far.astype(float), room)[: len(far)].astype(np.int16)
    chain = ApmChain(ApmStages(echo=True), AudioFormat())
    chain.far_end.push(far.reshape(-1, 1), AudioFormat())
    out = through(chain, mic.reshape(-1, 1))
    before, after = (np.mean(part[16000 * 5 :].astype(float) ** 2) for part in (mic, out))
    assert 10 * np.log10(before / max(after, 1e-3)) > 30


def weaker_by(db):
    """A near talker, then one who is `db` weaker, in turns of two seconds."""
    turn = chirps(16000, 2.0)
    quiet = np.rint(turn * 10 ** (-db / 20)).astype(np.int16)
    gap = np.zeros((8000, 1), np.int16)
    return np.concatenate([turn, gap, quiet, gap, turn, gap, quiet, gap])


@pytest.mark.parametrize(("db", "least"), [(12, 10), (15, 15), (20, 17)])
def test_a_weaker_voice_is_let_down_and_the_main_one_is_not(db, least):
    sound = weaker_by(db)
    out = through(ApmChain(ApmStages(background=BackgroundStage(reduction_db=20)), AudioFormat()), sound)

    def change(begin, end):
        powers = [np.mean(part[int(begin * 16000) : int(end * 16000)].astype(float) ** 2) for part in (sound, out)]
        return 10 * np.log10(powers[0] / powers[1])

    assert change(7.6, 9.4) > least
    assert abs(change(5.0, 7.0)) < 0.5


def test_without_stages_nothing_changes():
    chain = ApmChain(ApmStages(), AudioFormat(44100, 2))
    sound = np.arange(882, dtype=np.int16).reshape(-1, 2)
    assert np.array_equal(chain.process(sound), sound)
    assert chain.delay == 0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ApmStages(noise=3), "noise is 3, must be True, False, None or a NoiseStage"),
        (lambda: ApmStages(order=("echo",)), "must name each of"),
        (lambda: NoiseStage("krisp"), "noise.engine is 'krisp', must be one of 'webrtc', 'rnnoise'"),
        (lambda: NoiseStage(level=4), "noise.level is 4"),
        (lambda: NoiseStage(level=True), "noise.level is True"),
        (lambda: EchoStage(delay_ms=-1), "echo.delay_ms is -1, must be a whole number of 0 to 500"),
        (lambda: BackgroundStage(margin_db=1), "background.margin_db is 1, must be a number of 3 to 40"),
        (lambda: GainStage(max_gain_db=float("nan")), "gain.max_gain_db is nan"),
        (lambda: ApmStages().without("voice"), "'voice' is no stage"),
    ],
)
def test_errors_name_the_field(make, said):
    with pytest.raises(ConfigError, match=said):
        make()


def test_the_sdks_config_as_stages():
    from agora_audio.apm.config import AiAecConfig, AiNsConfig, APMConfig, BghvsCConfig

    assert ApmStages.from_agora(APMConfig()) == ApmStages(noise=NoiseStage(level=1), background=BackgroundStage(20.0))
    quiet = APMConfig(
        ai_ns_config=AiNsConfig(ns_enabled=False, ai_ns_enabled=False),
        bghvs_c_config=BghvsCConfig(enabled=False),
        ai_aec_config=AiAecConfig(enabled=True),
    )
    assert ApmStages.from_agora(quiet) == ApmStages(echo=True)
    strong = APMConfig(ai_ns_config=AiNsConfig(nsng_predef_agg=12), bghvs_c_config=BghvsCConfig(bvcDownDB=-12))
    assert ApmStages.from_agora(strong).noise == NoiseStage(level=2)
    assert ApmStages.from_agora(strong).background == BackgroundStage(reduction_db=12.0)
