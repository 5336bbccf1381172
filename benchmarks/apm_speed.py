"""ExternalAudioProcessor side by side with its engines called bare: in bulk as the SDK's headline has it, and live.

    python benchmarks/apm_speed.py [--seconds 60] [--json]

One stream of 16 kHz mono on one core, in turn, medians of processor time. *bulk*: 1,840 ms a push; *live*: 10 ms a
push. *bare* is what the same engines cost when they are called in a loop on the same sound with nothing around them:
native stages and our background voices with as many frames a call as the push has, echo cancelling and WebRTC's
detector frame by frame, Silero window by window.
*over* is what the processor adds. The SDK's documents say 16 ms for 1,840 ms with VAD only (115 times real time) and
46 ms with audio processing (40 times), on a machine that they do not name. Last, the two cores: one stream in each of
two processes, and in each of two threads, against one alone.
"""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import webrtcvad
from mixtures import RATE, TEST_DATA
from numpy.typing import NDArray
from timing import arguments, emit, pin_to_one_core, take_turns

import agora_audio as aa
from agora_audio.apm.background import BackgroundVoices
from agora_audio.apm.stages import BackgroundStage, EchoStage, NoiseStage
from agora_audio.apm.webrtc import WebRtcHighPass, WebRtcNoise
from agora_audio.vad.engines.silero_net import SileroNet

BULK, LIVE = RATE * 184 // 100, RATE // 100
VAD = aa.AudioVadConfigV2()
CASES = {
    "VAD, silero": (None, "silero"),
    "VAD, webrtc": (None, "webrtc"),
    "SDK default (NS, background) + VAD": (aa.APMConfig(), "silero"),
    "HPF, NS, AEC + VAD": (aa.ApmStages(high_pass=True, noise=True, echo=True), "silero"),
}
GOALS = {"VAD, silero": (540, 470), "VAD, webrtc": (1800, 1300)}
GOALS |= {"SDK default (NS, background) + VAD": (320, 230), "HPF, NS, AEC + VAD": (115, 85)}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="length of the sound (default 60)")
    options = parser.parse_args()
    sound, _ = aa.read_audio(TEST_DATA / "long_16k.flac")
    samples = np.resize(sound[:, 0], options.seconds * RATE)
    two = two_cores(samples, options.repeats)
    pin_to_one_core()
    rows = [row for name in CASES for row in case_rows(name, samples, options.repeats)]
    emit("apm_speed", [*rows, *two], options.json)


def case_rows(name: str, samples: NDArray[np.int16], repeats: int) -> list[dict[str, object]]:
    stages, engine = CASES[name]
    contestants: dict[str, Callable[[], object]] = {}
    for way, size in (("bulk", BULK), ("live", LIVE)):
        pieces = [samples[at : at + size] for at in range(0, len(samples), size)]
        pcm = [piece.tobytes() for piece in pieces]
        echo = name.startswith("HPF")
        contestants[way] = lambda pcm=pcm, echo=echo: processed(pcm, stages, engine, echo)
        contestants[f"{way} bare"] = lambda pieces=pieces: bare(pieces, name)
    try:
        medians = take_turns(contestants, repeats, time.process_time)
    except aa.EngineUnavailable as error:
        print(f"left out: {name}: {error}", file=sys.stderr)
        return []
    frames, length = len(samples) / LIVE, len(samples) / RATE
    return [
        {
            "what": f"{way}  {name}",
            "x real time": length / medians[way],
            "goal": goal,
            "us per 10 ms": medians[way] / frames * 1e6,
            "bare, us": medians[f"{way} bare"] / frames * 1e6,
            "over, us": (medians[way] - medians[f"{way} bare"]) / frames * 1e6,
            "over, %": 100 * (medians[way] / medians[f"{way} bare"] - 1),
        }
        for way, goal in zip(("bulk", "live"), GOALS[name], strict=True)
    ]


def processed(pieces: list[bytes], stages: object, engine: str, echo: bool) -> int:
    frames = 0
    with aa.ExternalAudioProcessor(stages, VAD, RATE, 1, engine=engine) as processor:
        for piece in pieces:
            if echo:
                processor.push_far_end(piece, RATE, 1)
            frames += len(processor.push_audio_pcm_data(piece, RATE, 1))
        return frames + len(processor.flush())


def bare(pieces: list[NDArray[np.int16]], name: str) -> int:
    """Call the engines of a case with nothing around them."""
    format = aa.AudioFormat(RATE)
    calls: list[Callable[[NDArray[np.int16]], NDArray[np.int16]]] = []
    if name.startswith("HPF"):
        calls.append(WebRtcHighPass(format)._native.process)
        calls.append(bare_echo(format))
    if not name.startswith("VAD"):
        calls.append(WebRtcNoise(format, NoiseStage())._channels[0]._native.process)
    if name.startswith("SDK"):
        voices = BackgroundVoices(format, BackgroundStage())
        calls.append(lambda piece: voices.process(piece.reshape(-1, 1)).reshape(-1))
    judge = bare_webrtc() if name.endswith("webrtc") else bare_silero()
    judged = 0
    for piece in pieces:
        whole = piece[: len(piece) // LIVE * LIVE]
        for call in calls:
            whole = call(whole)
        judged += judge(whole)
    return judged


def bare_echo(format: aa.AudioFormat) -> Callable[[NDArray[np.int16]], NDArray[np.int16]]:
    from agora_audio.apm.livekit import LiveKitEcho

    stage = LiveKitEcho(format, EchoStage())

    near, far = stage._near[:, 0], stage._far[:, 0]

    def call(piece: NDArray[np.int16]) -> NDArray[np.int16]:
        out = np.empty_like(piece)
        for at in range(0, len(piece), LIVE):
            far[:] = piece[at : at + LIVE]
            stage._send_far()
            near[:] = piece[at : at + LIVE]
            stage._send_near()
            out[at : at + LIVE] = near
        return out

    return call


def bare_webrtc() -> Callable[[NDArray[np.int16]], int]:
    is_speech = webrtcvad.Vad(3).is_speech

    def call(piece: NDArray[np.int16]) -> int:
        pcm = piece.tobytes()
        return len([is_speech(pcm[at : at + 320], RATE) for at in range(0, len(pcm) - 319, 320)])

    return call


def bare_silero() -> Callable[[NDArray[np.int16]], int]:
    net = SileroNet()
    rest = np.zeros(0, np.float32)

    def call(piece: NDArray[np.int16]) -> int:
        nonlocal rest
        rest = np.concatenate((rest, piece.astype(np.float32) / 32768))
        windows = len(rest) // 512
        for window in range(windows):
            net.judge(rest[512 * window : 512 * (window + 1)])
        rest = rest[512 * windows :]
        return windows

    return call


def two_cores(samples: NDArray[np.int16], repeats: int) -> list[dict[str, object]]:
    pcm = [samples[at : at + BULK].tobytes() for at in range(0, len(samples), BULK)]
    context = multiprocessing.get_context("spawn")
    rows: list[dict[str, object]] = []
    for kind in ("processes", "threads"):
        make = (
            (lambda: concurrent.futures.ProcessPoolExecutor(2, context, initializer=warm_up))
            if kind == "processes"
            else (lambda: concurrent.futures.ThreadPoolExecutor(2))
        )
        with make() as pool:
            list(pool.map(timed_run, [pcm[:4]] * 4))
            seconds: dict[int, list[float]] = {1: [], 2: []}
            for _ in range(repeats):
                for streams in seconds:
                    begun = time.perf_counter()
                    list(pool.map(timed_run, [pcm] * streams))
                    seconds[streams].append(time.perf_counter() - begun)
        one, two = (statistics.median(values) for values in seconds.values())
        rows.append({"what": f"two {kind}, SDK default + VAD", "streams a second, times one": 2 * one / two})
    return rows


def warm_up() -> None:
    timed_run([bytes(3200)])


def timed_run(pcm: list[bytes]) -> int:
    return processed(pcm, aa.APMConfig(), "silero", False)


if __name__ == "__main__":
    main()
