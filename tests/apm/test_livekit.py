"""LiveKit's echo canceller: echo goes, blocks are as single frames, and processes that used it end in peace."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from agora_audio.apm.livekit import LiveKitEcho, _library
from agora_audio.apm.stages import EchoStage
from agora_audio.errors import EngineUnavailable, FormatError
from agora_audio.frames import AudioFormat
from tests.vad.pieces import talk

try:
    _library()
except EngineUnavailable:
    pytest.skip("the extra apm is not installed", allow_module_level=True)

USE = """
import numpy as np
from agora_audio.apm.stages import ApmStages
from agora_audio.processor import ExternalAudioProcessor
def use():
    with ExternalAudioProcessor(ApmStages(echo=True)) as processor:
        processor.push_far_end(bytes(3200), 16000, 1)
        return len(processor.push_audio_pcm_data(bytes(3200), 16000, 1))
"""
SLOW_END = (
    USE
    + """
import builtins
class Last:
    def __init__(self):
        self.me = self
    def __del__(self):
        sum(range(20))
builtins.kept = [Last() for _ in range(400_000)]
assert use() == 10
"""
)
FORK = (
    USE
    + """
import os, sys, warnings
warnings.simplefilter("ignore")
from agora_audio.errors import EngineUnavailable
assert use() == 10
child = os.fork()
if not child:
    try:
        use()
    except EngineUnavailable as error:
        os.write(1, str(error).encode())
        os._exit(7)
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert use() == 10
"""
)


def python(program):
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def echo_of(far, delay, rate):
    mic = np.zeros_like(far)
    for number, gain in enumerate((0.4, -0.15, 0.08, 0.04)):
        late = round((delay + 0.007 * number) * rate)
        mic[late:] += np.rint(gain * far[: len(far) - late]).astype(np.int16)
    return mic


def through(stage, near, far, size):
    out = []
    for begin in range(0, len(near), size):
        stage.take_far_end(far[begin : begin + size])
        out.append(stage.process(near[begin : begin + size]))
    return np.concatenate(out)


@pytest.mark.parametrize("rate", [16000, 32000, 48000])
@pytest.mark.parametrize("delay", [0.02, 0.08, 0.3])
def test_echo_of_speech_is_taken_out(rate, delay):
    far = np.frombuffer(talk(rate, 1, 0.3, 9.3), "<i2").reshape(-1, 1)
    far = far[: len(far) // (rate // 100) * (rate // 100)]
    near = echo_of(far, delay, rate)
    out = through(LiveKitEcho(AudioFormat(rate), EchoStage()), near, far, rate)
    late = slice(5 * rate, None)
    before, after = (np.mean(side[late].astype(float) ** 2) for side in (near, out))
    assert 10 * np.log10(before / max(after, 1e-3)) > 30


@pytest.mark.parametrize("channels", [1, 2])
def test_blocks_are_as_single_frames_and_a_reset_stage_is_a_new_one(channels):
    sound = np.frombuffer(talk(16000, channels, 0.3, 2.3), "<i2").reshape(-1, channels)[: 190 * 160]
    far = np.ascontiguousarray(sound[::-1])
    stage = LiveKitEcho(AudioFormat(16000, channels), EchoStage(delay_ms=30))
    single = through(stage, sound, far, 160)
    stage.reset()
    assert np.array_equal(through(stage, sound, far, 70 * 160), single)


@pytest.mark.parametrize("shape", [(159, 1), (161, 1), (160, 2), (160,)])
def test_a_frame_that_would_abort_the_process_is_refused(shape):
    stage = LiveKitEcho(AudioFormat(), EchoStage())
    stage.take_far_end(np.zeros(shape, np.int16))
    with pytest.raises(FormatError, match="is not frames of 10 ms of 16000 Hz mono"):
        stage.process(np.zeros(shape, np.int16))
    stage.take_far_end(np.zeros((320, 1), np.int16))
    with pytest.raises(FormatError, match="they must be of one shape"):
        stage.process(np.zeros((160, 1), np.int16))


def test_what_the_native_side_refuses_is_a_format_error():
    stage = LiveKitEcho(AudioFormat(), EchoStage())
    stage._send_near = stage._request("apm_process_stream", np.zeros((100, 1), np.int16))
    with pytest.raises(FormatError, match="livekit refused a frame"):
        stage._send_near._check(_answer("apm_process_stream", "no such frame"))


def _answer(kind, error):
    response = _library().response()
    getattr(response, kind).error = error
    return response.SerializeToString()


def test_processes_whose_end_takes_long_end_well():
    processes = [python(SLOW_END) for _ in range(4)]
    ended = [(process.communicate(timeout=120)[1].decode()[-300:], process.returncode) for process in processes]
    assert [code for _, code in ended] == [0] * 4, ended


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="there is no fork here")
def test_use_after_a_fork_is_a_clear_error():
    process = python(FORK)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode()
    assert b"livekit does not survive a fork: start processes by 'spawn' instead" in out


def test_where_it_is_missing_the_error_names_the_extra():
    program = (
        "import sys\nsys.modules['livekit'] = None\n"
        "from agora_audio.apm.chain import ApmChain\nfrom agora_audio.apm.stages import ApmStages\n"
        "from agora_audio.errors import EngineUnavailable\nfrom agora_audio.frames import AudioFormat\n"
        "try:\n    ApmChain(ApmStages(echo=True), AudioFormat())\n"
        "except EngineUnavailable as error:\n    print(error)\n"
    )
    out, _ = python(program).communicate(timeout=60)
    assert b"pip install 'agora-audio[apm]'" in out
