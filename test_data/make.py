"""Make the test recordings of this folder, each with a sidecar JSON that says when somebody speaks.

Nothing here was recorded: the voices are the speech synthesisers espeak-ng and flite reading lines written for this
project, the rooms are noise generators. The times of the reference are known from the making and rounded to 1 ms: an
utterance begins and ends where its dry sound first and last comes within 50 dB of its peak. A ``|`` in a line is a
breath of 0.35 s that splits it into two spans, and the making stops if a synthesiser pauses for more than 0.25 s
anywhere else. Noise and reverberation are added afterwards and move no time.

Run ``python test_data/make.py`` for all files, or name some: ``python test_data/make.py phone_8k.wav``. Twice the
same run gives twice the same bytes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
TOOLS = ("espeak-ng", "flite", "sox")  # each is also the name of its Debian package
AUDIBLE_DB = -50.0  # re the utterance's peak
LONGEST_GAP = 0.25  # seconds of silence that a span may hold
BREATH = 0.35  # seconds

VOICES = {
    "agent": ("flite", "-voice", "slt"),
    "caller": ("espeak-ng", "-v", "en-gb-x-rp+m3", "-p", "42", "-s", "155"),
    "driver": ("flite", "-voice", "rms", "--setf", "duration_stretch=0.95"),
    "guest": ("espeak-ng", "-v", "de+f2", "-p", "55", "-s", "150"),
}


@dataclass(frozen=True)
class Line:
    """One line of a script."""

    pause: float
    """Seconds of silence since the end of the line before; negative talks over it."""
    speaker: str
    """A key of `VOICES`."""
    text: str
    """What is said, with ``|`` where the speaker takes a `BREATH`."""
    gain: float = 0.0
    """Level re the other lines of the recording, in dB."""


@dataclass(frozen=True)
class Recording:
    """A sound and who speaks in it when."""

    rate: int
    """Samples per second."""
    sound: np.ndarray
    """Shape (frames, channels), full scale is 1.0."""
    speech: tuple[dict, ...] = ()
    """The reference: start, end, text, speaker and, of a stereo recording, channel."""

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.sound) / self.rate


DIALOGUE = (
    Line(0.5, "agent", "Good morning, you have reached the dental clinic."),
    Line(0.9, "caller", "Hi, I need to move my appointment to Friday."),
    Line(1.4, "agent", "Sure."),
    Line(0.6, "agent", "May I have your name and year of birth?"),
    Line(1.6, "caller", "It's Dana Miller, born in nineteen ninety."),
    Line(0.7, "agent", "Thank you. | See you on Friday."),
)

TWO_SIDES = (
    Line(0.3, "agent", "Your parcel arrives between nine and eleven."),
    Line(0.5, "caller", "That does not work for me, I leave at eight."),
    Line(-0.7, "agent", "Okay."),
    Line(0.6, "agent", "Would tomorrow evening be better?"),
    Line(0.6, "caller", "Yes, much better."),
)

ON_THE_PHONE = (
    Line(0.6, "driver", "Hello, my car will not start."),
    Line(0.7, "agent", "I am sorry to hear that. | Are you in a safe place?"),
    Line(1.0, "driver", "Yes, behind the station."),
)

QUIET_CALL = (
    Line(0.8, "agent", "Welcome back. | What can I do for you today?"),
    Line(1.1, "caller", "I was charged twice for the same ticket.", -3),
    Line(0.5, "agent", "Let me check that for you."),
    Line(3.2, "agent", "I can see both payments, and one of them is a mistake."),
    Line(0.4, "caller", "I thought so.", -6),
    Line(1.3, "agent", "You will have the money back within five days."),
    Line(0.9, "caller", "Perfect, thanks a lot.", 2),
)

FAN_CALL = (
    Line(2.5, "driver", "Good evening, I am looking for the loading dock.", 3),
    Line(0.8, "agent", "Which warehouse are you delivering to?"),
    Line(1.4, "driver", "The one near the harbour, gate seven.", 3),
    Line(0.3, "agent", "Okay."),
    Line(1.9, "agent", "Please follow the blue signs and wait at the barrier.", -4),
    Line(0.7, "driver", "Blue signs, got it.", -3),
    Line(2.8, "driver", "Should I call you again when I am there?"),
    Line(0.6, "agent", "No, the guard will open for you."),
)

BUSY_CALL = (
    Line(2.5, "guest", "Guten Abend, ich habe ein Zimmer für zwei Nächte bestellt."),
    Line(1.0, "agent", "One moment, I will find someone who speaks German.", 2),
    Line(2.2, "guest", "Wir kommen heute leider erst gegen Mitternacht an.", 4),
    Line(1.6, "caller", "No problem, the night desk is open.", 2),
    Line(0.5, "guest", "Wunderbar.", 3),
    Line(1.2, "guest", "Gibt es dann noch etwas zu essen?"),
    Line(0.9, "caller", "We can keep some soup and bread for you.", 4),
    Line(0.7, "guest", "Das ist sehr nett, vielen Dank.", 2),
    Line(2.0, "agent", "Is there anything else I can do?", 2),
    Line(0.8, "guest", "Nein, das war alles."),
)


# Voices


def run(command: Sequence[str], stdin: bytes = b"") -> bytes:
    """Run a tool and return what it prints; its error output ends the script."""
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def require_tools() -> None:
    """End the script with the packages to install if a tool is missing."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        packages = " ".join(missing)
        raise SystemExit(f"make.py: not installed: {', '.join(missing)}; on Debian: apt-get install {packages}")


def synthesise(speaker: str, text: str, rate: int) -> np.ndarray:
    """Return one utterance as the synthesiser says it, mono at `rate`."""
    voice = VOICES[speaker]
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "said.wav"))
        run((*voice, "-t", text, "-o", path) if voice[0] == "flite" else (*voice, "-w", path, text))
        # Half the volume, so that the peaks between the samples are not clipped.
        raw = run(("sox", "-D", "-v", "0.5", path, "-t", "f32", "-", "rate", "-v", str(rate)))
    return np.frombuffer(raw, np.float32).astype(np.float64)


def trimmed(sound: np.ndarray, rate: int, text: str) -> np.ndarray:
    """Return `sound` without the silence before and after it; a long silence inside ends the script."""
    level = np.abs(sound)
    loud = np.flatnonzero(level > level.max() * decibels(AUDIBLE_DB))
    gap = np.diff(loud).max() / rate
    if gap > LONGEST_GAP:
        raise SystemExit(f"make.py: a gap of {gap:.2f} s in {text!r}: reword it, or break it with |")
    return sound[loud[0] : loud[-1] + 1]


def say(line: Line, rate: int) -> tuple[np.ndarray, list[dict]]:
    """Return a line's sound at 0 dBFS RMS plus its gain, and its spans from its own start."""
    sounds, speech, now = [], [], 0
    for text in (part.strip() for part in line.text.split("|")):
        if sounds:
            sounds.append(np.zeros(round(BREATH * rate)))
            now += len(sounds[-1])
        sounds.append(at_level(trimmed(synthesise(line.speaker, text, rate), rate, text), line.gain))
        start, now = now, now + len(sounds[-1])
        speech.append({"start": start / rate, "end": now / rate, "text": text, "speaker": line.speaker})
    return np.concatenate(sounds), speech


def perform(lines: Sequence[Line], rate: int, level: float, tail: float = 0.6, sides: Sequence[str] = ()) -> Recording:
    """Say `lines` one after the other in a silent room, `level` dBFS RMS each, and stay silent for `tail` seconds.

    With `sides` each speaker has the channel of that position.
    """
    said, speech, now = [], [], 0
    for line in lines:
        sound, spans = say(line, rate)
        start = now + round(line.pause * rate)
        channel = sides.index(line.speaker) if sides else 0
        now = start + len(sound)
        said.append((start, now, channel, sound * decibels(level)))
        speech += [shifted(span, start / rate) | ({"channel": channel} if sides else {}) for span in spans]
    room = np.zeros((now + round(tail * rate), max(1, len(sides))))
    for start, end, channel, sound in said:
        room[start:end, channel] += sound
    return Recording(rate, room, tuple(speech))


def shifted(span: dict, seconds: float) -> dict:
    """Return a span of the reference that many seconds later."""
    return span | {"start": round(span["start"] + seconds, 3), "end": round(span["end"] + seconds, 3)}


# Rooms


def decibels(level: float) -> float:
    """Return the factor of a level in dB."""
    return 10 ** (level / 20)


def at_level(sound: np.ndarray, level: float) -> np.ndarray:
    """Return `sound` scaled to `level` dBFS RMS."""
    return sound * (decibels(level) / np.sqrt(np.mean(sound**2)))


def noise(seed: int, frames: int, level: float, colour: float = 1.0, channels: int = 1) -> np.ndarray:
    """Return noise whose power falls with frequency as ``f ** -colour``: 0 is white, 1 is pink, 2 is brown."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal((frames, channels)), axis=0)
    bins = np.maximum(np.arange(len(spectrum)), frames / 1000)  # flat below a thousandth of the rate: no rumble
    return at_level(np.fft.irfft(spectrum * (bins ** (-colour / 2))[:, None], frames, axis=0), level)


def hum(frames: int, rate: int, level: float) -> np.ndarray:
    """Return the hum of 50 Hz mains with its odd harmonics."""
    turns = 100 * np.pi * np.arange(frames) / rate
    return at_level(sum(np.sin(k * turns) / k for k in (1, 3, 5, 7)), level)[:, None]


def reverberated(sound: np.ndarray, rate: int, seed: int, decay: float = 0.3) -> np.ndarray:
    """Return `sound` in a small room: the direct sound and a noise that falls by 60 dB in `decay` seconds."""
    frames = round(decay * rate)
    response = np.random.default_rng(seed).standard_normal(frames) * 10 ** (-3 * np.arange(frames) / frames)
    response[: rate // 200] = 0.0  # the first reflection comes after 5 ms
    response *= 0.4 / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    size = len(sound) + frames
    wet = np.fft.irfft(np.fft.rfft(sound[:, 0], size) * np.fft.rfft(response, size), size)
    return wet[: len(sound), None]


def joined(recordings: Sequence[Recording]) -> Recording:
    """Return recordings one after the other."""
    speech, offset = [], 0.0
    for part in recordings:
        speech += [shifted(span, offset) for span in part.speech]
        offset += part.duration
    return Recording(recordings[0].rate, np.concatenate([part.sound for part in recordings]), tuple(speech))


def cut(recording: Recording, seconds: float) -> Recording:
    """Return the first seconds of a recording; the span that sounds at the cut keeps its whole text."""
    kept = [span | {"end": min(span["end"], seconds)} for span in recording.speech if span["start"] < seconds]
    return replace(recording, sound=recording.sound[: round(seconds * recording.rate)], speech=tuple(kept))


def with_noise(recording: Recording, *noises: np.ndarray) -> Recording:
    """Return a recording with everything added that also sounds in the room."""
    return replace(recording, sound=sum(noises, recording.sound))


# The recordings


def dialogue() -> Recording:
    """Return two voices in a quiet room."""
    dry = perform(DIALOGUE, 16000, level=-23)
    return with_noise(dry, noise(1, len(dry.sound), -70))


def dialogue_start() -> Recording:
    """Return the dialogue up to a pause."""
    return cut(dialogue(), 8.0)


def dialogue_noisy() -> Recording:
    """Return the dialogue at 10 dB SNR: room noise between pink and brown, and hum 6 dB below it."""
    dry = perform(DIALOGUE, 16000, level=-23)
    frames = len(dry.sound)
    room = noise(2, frames, 0, colour=1.3) + hum(frames, dry.rate, -6)
    return with_noise(dry, at_level(room, -33))


def stereo() -> Recording:
    """Return the customer on the left and the agent on the right, with one overlap."""
    dry = perform(TWO_SIDES, 44100, level=-25, sides=("caller", "agent"))
    return with_noise(dry, noise(3, len(dry.sound), -80, colour=2, channels=2))


def phone() -> Recording:
    """Return three turns through the band of a telephone."""
    dry = perform(ON_THE_PHONE, 8000, level=-26)
    line = with_noise(dry, noise(4, len(dry.sound), -65, colour=0.5)).sound.astype("<f4").tobytes()
    raw = ("-t", "f32", "-r", "8000", "-c", "1", "-")
    band = np.frombuffer(run(("sox", "-D", *raw, *raw, "sinc", "300-3400"), line), "<f4").astype(np.float64)
    spoken = [band[round(8000 * span["start"]) : round(8000 * span["end"])] for span in dry.speech]
    gain = decibels(-26) / np.sqrt(np.mean(np.concatenate(spoken) ** 2))
    return replace(dry, sound=band[:, None] * gain)


def silence() -> Recording:
    """Return digital silence, then a noise floor; nobody speaks."""
    return Recording(16000, np.concatenate([np.zeros((24000, 1)), noise(5, 24000, -75, colour=0)]))


def tones() -> Recording:
    """Return four chords of decaying notes with harmonics; nobody speaks."""
    rate, step = 16000, 1.4
    sound = np.zeros(6 * rate)
    for index, chord in enumerate(((48, 55, 64, 72), (45, 52, 60, 69), (41, 53, 57, 65), (43, 55, 59, 74))):
        start = round((0.3 + index * step) * rate)
        time = np.arange(min(round(1.6 * rate), len(sound) - start)) / rate
        envelope = np.minimum(time / 0.01, 1.0) * np.exp(-2.5 * time) * np.clip((1.6 - time) / 0.1, 0.0, 1.0)
        for pitch in chord:
            turns = 2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time
            sound[start : start + len(time)] += envelope * sum(np.sin(k * turns) / k**1.5 for k in range(1, 7))
    return Recording(rate, at_level(sound, -24)[:, None] + noise(6, len(sound), -75))


def long_call() -> Recording:
    """Return three calls of 90 s in all: a quiet room, a fan, a busy room; four voices, light reverberation."""
    scripts = (QUIET_CALL, FAN_CALL, BUSY_CALL)
    seconds = (24.0, 28.0, 38.0)
    floors = (-80, -65, -54)  # dBFS RMS
    calls = []
    for index, (lines, length, floor) in enumerate(zip(scripts, seconds, floors, strict=True)):
        dry = perform(lines, 16000, level=-33, tail=length)
        wet = replace(dry, sound=reverberated(dry.sound, dry.rate, seed=20 + index))
        calls.append(cut(with_noise(wet, noise(10 + index, len(wet.sound), floor, colour=2)), length))
    return joined(calls)


def short_first() -> Recording:
    """Return 0.4 s of speech at the very start, then room noise alone."""
    dry = cut(perform((Line(0.0, "caller", "Go on."),), 16000, level=-23, tail=3.0), 3.0)
    return with_noise(dry, noise(7, len(dry.sound), -75))


def truncated() -> Recording:
    """Return a sentence that breaks off."""
    dry = cut(perform((Line(0.3, "agent", "Please hold the line, I am connecting you now."),), 16000, -23), 2.5)
    return with_noise(dry, noise(8, len(dry.sound), -70))


def odd_bytes() -> Recording:
    """Return a word within a second."""
    return cut(perform((Line(0.2, "agent", "Certainly."),), 16000, -23, 1.0), 1.0)


def float32() -> Recording:
    """Return a greeting at 48 kHz."""
    dry = cut(perform((Line(0.2, "caller", "How are you today?"),), 48000, -23, 1.5), 1.5)
    return with_noise(dry, noise(9, len(dry.sound), -75))


# Files


def write_audio(path: Path, recording: Recording, encoding: str = "s16") -> None:
    """Write a recording as the file name says; sox puts no date into a file, so equal sounds are equal bytes."""
    samples = recording.sound.astype("<f4")
    if encoding == "s16":
        samples = np.rint(np.clip(recording.sound, -1, 32767 / 32768) * 32768).astype("<i2")
    if path.suffix == ".pcm":
        path.write_bytes(samples.tobytes())
        return
    raw = f"-t {encoding} -r {recording.rate} -c {samples.shape[1]} -".split()
    compression = ("-C", "8") if path.suffix == ".flac" else ()
    run(("sox", "-D", *raw, *compression, str(path)), samples.tobytes())


def write_float(path: Path, recording: Recording) -> None:
    """Write 32-bit float samples."""
    write_audio(path, recording, "f32")


def write_truncated(path: Path, recording: Recording) -> None:
    """Write a WAV whose header promises 4 s, though less follows."""
    promised = np.zeros((4 * recording.rate, 1))
    promised[: len(recording.sound)] = recording.sound
    write_audio(path, replace(recording, sound=promised))
    path.write_bytes(path.read_bytes()[: 44 + 2 * len(recording.sound)])


def write_odd(path: Path, recording: Recording) -> None:
    """Write samples and one byte of a sample that never came."""
    write_audio(path, recording)
    path.write_bytes(path.read_bytes() + b"\x7f")


def reference_path(path: Path) -> Path:
    """Return the name of a recording's sidecar; headerless samples keep their ending in it, they share their stem."""
    return path.with_suffix(".pcm.json" if path.suffix == ".pcm" else ".json")


def write_reference(path: Path, recording: Recording) -> None:
    """Write the sidecar, one span per line."""
    duration = round(recording.duration, 3)
    head = {"sample_rate": recording.rate, "channels": recording.sound.shape[1], "duration": duration}
    ordered = sorted(recording.speech, key=lambda span: span["start"])
    spans = ",\n".join("    " + json.dumps(span, ensure_ascii=False) for span in ordered)
    fields = [f'  "{name}": {value}' for name, value in head.items()]
    fields.append('  "speech": ' + (f"[\n{spans}\n  ]" if spans else "[]"))
    path.write_text("{\n" + ",\n".join(fields) + "\n}\n", encoding="utf-8")


FILES: dict[str, tuple[Callable[[], Recording], Callable[[Path, Recording], None]]] = {
    "dialogue_16k.wav": (dialogue, write_audio),
    "dialogue_16k.pcm": (dialogue_start, write_audio),
    "dialogue_noisy_16k.wav": (dialogue_noisy, write_audio),
    "stereo_44k.flac": (stereo, write_audio),
    "phone_8k.wav": (phone, write_audio),
    "silence_16k.wav": (silence, write_audio),
    "tones_16k.wav": (tones, write_audio),
    "long_16k.flac": (long_call, write_audio),
    "short_first_16k.wav": (short_first, write_audio),
    "truncated_16k.wav": (truncated, write_truncated),
    "odd_bytes_16k.pcm": (odd_bytes, write_odd),
    "float32_48k.wav": (float32, write_float),
}


def main(names: Sequence[str]) -> None:
    """Make the named files, or all."""
    unknown = set(names) - set(FILES)
    if unknown:
        raise SystemExit(f"make.py: no such recording: {', '.join(sorted(unknown))}; there are {', '.join(FILES)}")
    require_tools()
    for name in names or FILES:
        make, write = FILES[name]
        path, recording = HERE / name, make()
        write(path, recording)
        write_reference(reference_path(path), recording)
        print(f"{name:24} {path.stat().st_size:8} bytes {recording.duration:7.3f} s {len(recording.speech):3} spans")


if __name__ == "__main__":
    main(sys.argv[1:])
