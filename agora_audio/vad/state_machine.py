"""The state machine that turns labelled frames into speech: theory, laws and table first.

A voice agent asks two questions of every 10 ms: has the user begun to speak, and has the user finished? A single frame
answers neither. Clicks and breaths are short, and people pause inside sentences. So each question gets a window of
frames and a rule over it. The rules differ by algorithm:

``percent`` (as Agora's documents describe it, and its SDKs up to 2.3 did)
    A frame is active if ``round(100 * voice_prob)`` is above the voice threshold and ``rms_db`` above the RMS
    threshold: the start pair while silent, the stop pair while speaking. Speech starts when the share of active frames
    in the start window reaches `active_percent`, and stops when the stop window is full and the share of inactive
    frames in it reaches `inactive_percent`. Frames missing in a start window that is not full yet count as inactive.
``consecutive`` (what SDK 2.4 does, call for call)
    A frame is active if its probability counts as 1, ``round(100 * voice_prob) > start_voice_prob``, *or* its level is
    above the threshold. Speech starts when `pre_start_recognize_count + start_recognize_count` frames have been kept
    and the last `start_recognize_count` of them are active without a gap; it stops when `stop_recognize_count` frames
    have passed and as many in a row are inactive.

The adaptive threshold (always optional here) lives on the SDK's scale of 0 to 127, dBFS + 127. At a start it becomes
``int(mean level of the active frames * adaptive_factor)`` and holds, in both directions, until the next start.

Two laws:

1. Only labels move it. The machine sees a probability and a level per frame, no sound and no clock: time is the number
   of frames seen.
2. What is handed out is gapless. A start hands out every frame held, pre-roll first; after it every frame belongs to
   the segment, up to and including the one that stops it. No frame is handed out twice.

`TRANSITIONS` is the whole machine. ``docs/make_state_diagram.py`` draws the picture in ``docs/vad.md`` from it, and a
test holds the code against it.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from typing import Literal, NamedTuple

from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat
from agora_audio.vad.config import SDK_RMS_OFFSET, AudioVadConfigV2
from agora_audio.vad.segments import Segment

__all__ = ["TRANSITIONS", "Phase", "Transition", "VadEvent", "VadState", "VadStateMachine"]


class VadState(enum.IntEnum):
    """What one frame did, with the SDK's numbers. START and STOP are said once, at the frame that decides."""

    NON_SPEAKING = 0
    START_SPEAKING = 1
    SPEAKING = 2
    STOP_SPEAKING = 3


class Phase(enum.Enum):
    """Where the machine is between two frames."""

    IDLE = "idle"
    """Nobody speaks."""
    PENDING = "pending"
    """The start rule held, but the speech is still shorter than `min_speech`: not announced yet."""
    SPEAKING = "speaking"
    """Announced by START_SPEAKING, not yet ended."""


class Transition(NamedTuple):
    """One row of the table: in `phase`, if `condition`, go to `then`, say `state` and hand out `data`."""

    phase: Phase
    condition: str
    then: Phase
    state: VadState
    data: str


TRANSITIONS = (
    Transition(Phase.IDLE, "start rule does not hold", Phase.IDLE, VadState.NON_SPEAKING, "nothing"),
    Transition(Phase.IDLE, "start rule, long enough", Phase.SPEAKING, VadState.START_SPEAKING, "all frames held"),
    Transition(Phase.IDLE, "start rule, below min_speech", Phase.PENDING, VadState.NON_SPEAKING, "nothing"),
    Transition(Phase.PENDING, "still below min_speech", Phase.PENDING, VadState.NON_SPEAKING, "nothing"),
    Transition(Phase.PENDING, "min_speech reached", Phase.SPEAKING, VadState.START_SPEAKING, "all frames held"),
    Transition(Phase.PENDING, "stop rule, max_speech or flush()", Phase.IDLE, VadState.NON_SPEAKING, "nothing"),
    Transition(Phase.SPEAKING, "stop rule does not hold", Phase.SPEAKING, VadState.SPEAKING, "the frame"),
    Transition(Phase.SPEAKING, "stop rule or max_speech", Phase.IDLE, VadState.STOP_SPEAKING, "the frame"),
    Transition(Phase.SPEAKING, "flush()", Phase.IDLE, VadState.STOP_SPEAKING, "nothing"),
)


@dataclass(frozen=True)
class VadEvent:
    """Something that happened to a segment, announced or only suspected."""

    kind: Literal["provisional", "confirmed", "retracted", "stop"]
    """`provisional`: speech is suspected; `confirmed`: START; `retracted`: it was not speech; `stop`: STOP."""
    time: float
    """When it was decided, seconds of sound seen."""
    start: float
    """Beginning of the first active frame, back-dated, seconds."""
    end: float | None = None
    """End of the last active frame, seconds; `stop` only."""


# An agent reads events as it goes; one that never does must not grow.
_EVENTS_KEPT = 1000


class VadStateMachine:
    """The decisions alone: a probability and a level in, a state out.

    `AudioVadV2` adds the sound; detection over whole recordings uses the machine as it is.

    Parameters
    ----------
    config
        When speech starts and stops.
    format
        Format of the frames, for times.

    Attributes
    ----------
    phase : Phase
        Where the machine is.
    held : int
        Frames, up to the last one seen, that a START at this moment would hand out; while speaking, those that belong
        to the segment.
    segment : Segment or None
        The last segment that was closed.
    events : deque of VadEvent
        What happened, oldest first; the caller takes out what it has read. The last 1,000 are kept.
    """

    def __init__(self, config: AudioVadConfigV2, format: AudioFormat) -> None:
        self.config = config
        self.format = format
        self.events: deque[VadEvent] = deque(maxlen=_EVENTS_KEPT)
        self._window = self._run = self._run_level = 0
        self._levels: deque[int | None] = deque(maxlen=config.start_recognize_count)
        self._consecutive = config.algorithm == "consecutive"
        self._adaptive = config.adaptive_rms
        self._start_prob, self._stop_prob = config.start_voice_prob, config.stop_voice_prob
        self._start_count = config.start_recognize_count
        self._stop_count = config.stop_recognize_count
        self._capacity = config.pre_start_recognize_count + config.start_recognize_count
        self._active_needed, self._inactive_needed = config.active_needed, config.inactive_needed
        self._start_mask = (1 << self._start_count) - 1
        self._stop_mask = (1 << self._stop_count) - 1
        self._provisional_mask = (1 << config.provisional_count) - 1
        self._min_frames = config.min_frames
        self._max_frames = config.max_frames
        self.reset()

    def reset(self) -> None:
        """Begin a new stream: forget what was seen, the adaptive threshold too."""
        self.phase = Phase.IDLE
        self.held = 0
        self.segment: Segment | None = None
        self.events.clear()
        self._frame = 0
        self._provisional = False
        self._suspected = self._started_at = 0.0
        self._retracted = 0
        self._onset = self._last_active = self._first_out = self._since_start = self._silence = 0
        self._set_thresholds(None)
        self._rest()

    @property
    def effective_thresholds(self) -> tuple[int, int]:
        """RMS thresholds in force while silent and while speaking, dBFS: the configured or the adaptive ones."""
        return self._start_db, self._stop_db

    def step(self, voice_prob: float, rms_db: float) -> VadState:
        """Take the labels of the next frame and say what it did.

        Parameters
        ----------
        voice_prob
            Probability of speech, 0 to 1.
        rms_db
            Level, dBFS, -127 to 0.

        Raises
        ------
        FormatError
            If a label lies outside its range or is not a number; the frame does not count then.
        """
        try:
            good = 0.0 <= voice_prob <= 1.0 and -127.0 <= rms_db <= 0.0
        except (TypeError, ValueError):  # no number, or an array of them
            good = False
        if not good:
            raise FormatError(f"labels are {voice_prob=}, {rms_db=}: must be 0 to 1, and -127 to 0 dBFS")
        if self._consecutive:
            active = round(100 * voice_prob) > self._start_prob or round(rms_db) > self._start_db
        elif self.phase is Phase.IDLE:
            active = rms_db > self._start_db and round(100 * voice_prob) > self._start_prob
        else:
            active = rms_db > self._stop_db and round(100 * voice_prob) > self._stop_prob
        self._frame += 1
        if self.phase is Phase.IDLE:
            return self._idle(active, rms_db)
        return self._open(active)

    def flush(self) -> VadState:
        """End the stream: an open segment is closed, STOP_SPEAKING, a pending one is dropped, NON_SPEAKING.

        Frames that follow belong to the same time line; nothing that was held is handed out with them.
        """
        if self.phase is Phase.SPEAKING:
            return self._stop()
        if self._provisional:
            self._retract()
        self._rest()
        return VadState.NON_SPEAKING

    def _idle(self, active: bool, rms_db: float) -> VadState:
        window = self._window = (self._window << 1 | active) & self._start_mask
        if self.held < self._capacity:
            self.held += 1
        if self._consecutive:
            self._count_run(active, rms_db)
        elif self._adaptive:
            self._levels.append(round(rms_db) + SDK_RMS_OFFSET if active else None)
        if self._start_rule(window):
            return self._begin(window)
        if self._provisional_mask:
            self._suspect(window, active)
        return VadState.NON_SPEAKING

    def _count_run(self, active: bool, rms_db: float) -> None:
        if active:
            self._run += 1
            self._run_level += round(rms_db) + SDK_RMS_OFFSET
        else:
            self._run = self._run_level = 0

    def _start_rule(self, window: int) -> bool:
        if self._consecutive:
            return self._run >= self._start_count and self.held >= self._capacity
        return window.bit_count() >= self._active_needed

    def _begin(self, window: int) -> VadState:
        """Open a segment: back-date its onset, fix the adaptive threshold, announce it if it is long enough."""
        self._onset = self._frame - window.bit_length()
        self._last_active = self._frame - (window & -window).bit_length()
        if self._adaptive:
            self._set_thresholds(self._reference())
        self._window = self._silence = self._since_start = 0
        self._run = self._run_level = 0
        self._levels.clear()
        if self._last_active + 1 - self._onset >= self._min_frames:
            return self._announce()
        self.phase = Phase.PENDING
        return VadState.NON_SPEAKING

    def _announce(self) -> VadState:
        self.phase = Phase.SPEAKING
        self._first_out = self._frame - self.held
        self._started_at = self._now()
        self._provisional = False
        self.events.append(VadEvent("confirmed", self._started_at, self._begin_time(self._onset)))
        return VadState.START_SPEAKING

    def _open(self, active: bool) -> VadState:
        self._since_start += 1
        if active:
            self._last_active = self._frame - 1
            self._silence = 0
        else:
            self._silence += 1
        window = self._window = (self._window << 1 | active) & self._stop_mask
        stop = self._since_start >= self._stop_count and (
            self._silence >= self._stop_count
            if self._consecutive
            else self._stop_count - window.bit_count() >= self._inactive_needed
        )
        self.held += 1
        full = self.held == self._max_frames
        if self.phase is Phase.SPEAKING:
            return self._stop() if stop or full else VadState.SPEAKING
        # A start that has waited for as long as a segment may be has no room left for the frame that stops it.
        if self._last_active + 1 - self._onset >= self._min_frames and not full:
            return self._announce()
        if stop or full:
            if self._provisional:
                self._retract()
            self._rest()
        return VadState.NON_SPEAKING

    def _stop(self) -> VadState:
        now = self._now()
        self.segment = Segment(
            self._begin_time(self._onset),
            self.format.frame_time(self._last_active),
            self._begin_time(self._first_out),
            now,
            self._started_at,
            now,
        )
        self.events.append(VadEvent("stop", now, self.segment.start, self.segment.end))
        self._rest()
        return VadState.STOP_SPEAKING

    def _rest(self) -> None:
        """Go back to idle with an empty start window."""
        self.phase = Phase.IDLE
        self.held = 0
        self._window = self._run = self._run_level = 0
        self._levels.clear()

    def _suspect(self, window: int, active: bool) -> None:
        """Announce a provisional start, or take it back after as many inactive frames in a row as it took."""
        if self._provisional:
            if not window & self._provisional_mask:
                self._retract()
            return
        # What was taken back once does not count again.
        window &= (1 << (self._frame - self._retracted)) - 1
        if active and window.bit_count() >= self.config.provisional_count:
            self._provisional = True
            self._suspected = self._begin_time(self._frame - window.bit_length())
            self.events.append(VadEvent("provisional", self._now(), self._suspected))

    def _retract(self) -> None:
        self._provisional = False
        self._retracted = self._frame
        self.events.append(VadEvent("retracted", self._now(), self._suspected))

    def _reference(self) -> int:
        """Return the mean level of the frames that started the speech, 0 to 127, cut to a whole number."""
        if self._consecutive:
            return int(self._run_level / self._run)
        levels = [level for level in self._levels if level is not None]
        return int(sum(levels) / len(levels))

    def _set_thresholds(self, reference: int | None) -> None:
        config = self.config
        self._start_db = config.start_rms_threshold
        self._stop_db = config.stop_rms_threshold if not self._consecutive else self._start_db
        if reference:
            adapted = int(reference * config.adaptive_factor) - SDK_RMS_OFFSET
            floor = config.adaptive_floor
            self._start_db = max(adapted, self._start_db) if floor else adapted
            self._stop_db = max(adapted, self._stop_db) if floor else adapted

    def _now(self) -> float:
        return self.format.frame_time(self._frame - 1)

    def _begin_time(self, frame: int) -> float:
        return self.format.frame_time(frame - 1)
