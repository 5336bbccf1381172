"""Echo cancelling in a simulated room and on real recordings: what is left of the echo, and of the near end.

    python benchmarks/echo_quality.py [FOLDER] [--json]

FOLDER holds ``vad_labelled/`` (speech of both ends) and ``aec_real/`` (recordings of microphone and loudspeaker);
without it the recordings of ``test_data`` are used and the real ones are left out.

*room*: the far end through rooms by the image method (5 x 4 x 2.7 m, decay 0.2 s), 60 ms late, 10 dB down, over a
microphone floor of -75 dBFS. ERLE (echo return loss enhancement) is power in over power out while the far end alone
speaks. *double talk*: from 15 s on the near end speaks as well, so many dB above the echo; STOI against the near end
alone (needs the group ``quality``) and its change of level, without processing and with it. *near end alone*: the far
end is silent. *real*: the loudest level in and out of any second in which the far end is loud, and ERLE over the
seconds in which most was taken out: recordings of double talk have no clean near end, so more cannot be said.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from apm_quality import speakers
from mixtures import RATE, Sound, at_level, echo_of, level_db, read, room, speech_level_db, to_int16
from timing import arguments, emit, existing_folder, files_in

import agora_audio as aa
from agora_audio.apm.stages import EchoStage

CASES = {
    "livekit": aa.ApmStages(echo=True),
    "HPF, livekit, NS": aa.ApmStages(high_pass=True, echo=True, noise=True),
    "webrtc": aa.ApmStages(echo=EchoStage("webrtc")),
    "HPF, webrtc, NS": aa.ApmStages(high_pass=True, echo=EchoStage("webrtc"), noise=True),
}
ROOMS = 3
FLOOR_DB = -75.0
HOLDS = "vad_labelled/NAME.wav, and aec_real/NAME_mic.wav with NAME_lpb.wav"


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument(
        "folder", nargs="?", type=existing_folder, metavar="FOLDER", help="speech and recordings to measure with"
    )
    options = parser.parse_args()
    talkers = speakers(options.folder, HOLDS)
    real = files_in(options.folder, "aec_real/*_mic.wav", HOLDS) if options.folder is not None else []
    half = len(talkers) // 2
    far, near = (np.concatenate(side) for side in (talkers[:half], talkers[half:]))
    rows: list[dict[str, object]] = []
    for name, stages in CASES.items():
        try:
            rows += [*room_rows(name, stages, far, near)]
            rows += [*real_rows(name, stages, real)]
        except aa.EngineUnavailable as error:
            print(f"left out: {name}: {error}", file=sys.stderr)
    emit("echo_quality", rows, options.json)


def through(stages: aa.ApmStages, microphone: Sound, far: Sound) -> tuple[Sound, aa.ProcessorStats]:
    """Return processed sound without its delay, and the statistics."""
    with aa.ExternalAudioProcessor(stages) as processor:
        processor.push_far_end(to_int16(far).tobytes(), RATE, 1)
        done = processor.push_audio_pcm_data(to_int16(microphone).tobytes(), RATE, 1) + processor.flush()
        late = round(processor.delay * RATE)
        stats = processor.stats()
    out = np.frombuffer(b"".join(one.frame.pcm for one in done), "<i2") / 32768
    return out[late : late + len(microphone)], stats


def room_rows(name: str, stages: aa.ApmStages, far: Sound, near: Sound) -> Iterator[dict[str, object]]:
    far = at_level(np.resize(far, 60 * RATE), -20.0)
    near = at_level(np.resize(near, 60 * RATE), -20.0)
    floor = np.random.default_rng(3).standard_normal(len(far)) * 10 ** (FLOOR_DB / 20)
    alone = []
    talks: dict[int, list[tuple[float, ...]]] = {0: [], 10: []}
    for seed in range(ROOMS):
        echo = echo_of(far, room(seed))
        out, stats = through(stages, echo + floor, far)
        spans = ((0, 2), (2, 5), (5, 60))
        erle = [level_db((echo + floor)[a * RATE : b * RATE]) - level_db(out[a * RATE : b * RATE]) for a, b in spans]
        delay = stats.echo.delay_ms if stats.echo is not None else None
        alone.append((*erle, delay if delay is not None else np.nan))
        for above, scores in talks.items():
            wanted = near * 10 ** ((speech_level_db(echo) + above - speech_level_db(near)) / 20)
            wanted[: 15 * RATE] = 0.0
            mixed = echo + floor + wanted
            out, _ = through(stages, mixed, far)
            part = slice(15 * RATE, None)
            scores.append((intelligibility(wanted[part], mixed[part]), intelligibility(wanted[part], out[part])))
    means = np.nanmean(alone, axis=0)
    yield {
        "what": "room  far end alone",
        "stages": name,
        "ERLE 0-2 s": means[0],
        "2-5 s": means[1],
        "5-60 s": means[2],
        "delay found, ms": means[3],
    }
    for above, scores in talks.items():
        before, after = np.mean(scores, axis=0)
        yield {
            "what": f"room  double talk, near +{above} dB",
            "stages": name,
            "STOI without": before,
            "STOI with": after,
        }
    out, _ = through(stages, near + floor, np.zeros_like(near))
    yield {"what": "room  near end alone", "stages": name, "change, dB": level_db(out) - level_db(near + floor)}


def intelligibility(clean: Sound, heard: Sound) -> float:
    try:
        from pystoi import stoi
    except ImportError:
        return float("nan")
    return float(stoi(clean, heard, RATE))


def real_rows(name: str, stages: aa.ApmStages, paths: list[Path]) -> Iterator[dict[str, object]]:
    for path in paths:
        microphone, far = read(path), read(path.with_name(path.name.replace("_mic", "_lpb")))
        length = min(len(microphone), len(far))
        out, stats = through(stages, microphone[:length], far[:length])
        seconds = [slice(k * RATE, (k + 1) * RATE) for k in range(length // RATE)]
        loud = [part for part in seconds if level_db(far[part]) > -45.0]
        taken = sorted(level_db(microphone[part]) - level_db(out[part]) for part in loud)
        assert stats.echo is not None
        yield {
            "what": f"real  {path.name.removesuffix('_mic.wav')[:6]}...{path.name.removesuffix('_mic.wav')[22:]}",
            "stages": name,
            "most in a second, dB": taken[-1],
            "median second, dB": taken[len(taken) // 2],
            "delay found, ms": stats.echo.delay_ms,
        }


if __name__ == "__main__":
    main()
