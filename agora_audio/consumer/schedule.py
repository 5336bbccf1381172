"""When which sample may be sent: whole numbers against one origin, so that hours add up to the sample.

Two clocks run here, both counted in samples. The *schedule* says how much may have been sent: what has elapsed since
the origin, and the lead; in incremental sending also what the higher speed has earned, up to its limit. The *playhead*
says how much the listener has heard, which is less by `behind` after a timer came so late that the sink ran dry: the
missing sound was sent then, at once, and is heard later by as much.

The origin is moved in two cases only: where the sound was late, since nobody can hear what is not there, and where the
timer was later than the catch-up allows.
"""

from __future__ import annotations

import math
from typing import Any

from agora_audio.consumer.config import PacerConfig
from agora_audio.errors import ConfigError
from agora_audio.frames import FRAMES_PER_SECOND

__all__ = ["NS", "Schedule", "Timeline"]

NS = 1_000_000_000


class Timeline:
    """Seconds of the caller's clock as nanoseconds that never run back: where that clock does, no time has passed.

    Attributes
    ----------
    t : int or None
        The last time that was read.
    """

    __slots__ = ("_skew", "t")

    def __init__(self) -> None:
        self.t: int | None = None
        self._skew = 0

    def read(self, now: Any) -> int:
        """Return `now` in nanoseconds; ConfigError if it is no finite number."""
        try:
            t: int = round(now * 1e9) + self._skew  # a float: no text is ever repeated a thousand million times
        except (TypeError, ValueError, OverflowError):
            raise ConfigError(f"now is {now!r}, must be a finite number of seconds") from None
        if self.t is not None and t < self.t:
            self._skew += self.t - t
            t = self.t
        self.t = t
        return t

    def seconds(self, t: int) -> float:
        """Return a time on the caller's clock: one that is read as `t` or later, by less than a float can tell."""
        seconds = (t - self._skew) / NS
        while round(seconds * 1e9) + self._skew < t:
            seconds = math.nextafter(seconds, math.inf)
        return seconds


class Schedule:
    """The arithmetic of pacing: times in nanoseconds, positions in samples of each channel.

    Attributes
    ----------
    origin : int or None
        When sample 0 is due to be heard; None before the first sound.
    sent : int
        Samples sent, less those taken back.
    behind : int
        By how many samples the playhead is behind the schedule.
    left : int
        Samples that were there at the last tick and not yet due: only these can have been kept waiting by a late timer.
    """

    __slots__ = (
        *("_catch_up", "_gain", "_grid", "_had", "_lead", "_most", "_per", "_rate", "_since"),
        *("behind", "left", "origin", "sent"),
    )

    def __init__(self, sample_rate: int, config: PacerConfig) -> None:
        ratio = config.ratio
        self._rate = sample_rate
        self._lead = config.lead_ms * sample_rate // 1000
        self._gain, self._per = ratio.numerator - ratio.denominator, ratio.denominator
        self._most = config.send_ms * sample_rate // 1000 * self._gain // ratio.numerator
        # A whole frame at least: with less, nothing would ever go out without a lead.
        self._catch_up = max(config.catch_up_ms * sample_rate // 1000, -(-sample_rate // FRAMES_PER_SECOND))
        self.origin: int | None = None
        self.sent = self.behind = self.left = 0
        self._grid = self._since = self._had = 0

    def elapsed(self, t: int) -> int:
        """Return the samples that have been due to be heard up to time `t`."""
        return 0 if self.origin is None else (t - self.origin) * self._rate // NS

    def played(self, t: int) -> int:
        """Return the samples that have been heard at time `t`, as far as the clock tells."""
        return min(self.sent, self.elapsed(t) - self.behind)

    def allowed(self, t: int) -> int:
        """Return up to which sample sound may have been sent at time `t`."""
        elapsed = self.elapsed(t)
        return elapsed + self._lead + (self._earned(elapsed) if self._most else 0)

    def whole(self, position: int) -> int:
        """Return the last end of a 10 ms frame up to `position`."""
        frames = (FRAMES_PER_SECOND * (position - self._grid) + FRAMES_PER_SECOND - 1) // self._rate
        return self._grid + frames * self._rate // FRAMES_PER_SECOND

    def frame_end(self) -> int:
        """Return the end of the next 10 ms frame to be sent."""
        frames = (FRAMES_PER_SECOND * (self.sent - self._grid) + FRAMES_PER_SECOND - 1) // self._rate
        return self._grid + (frames + 1) * self._rate // FRAMES_PER_SECOND

    def begin_round(self, t: int) -> None:
        """Let the first sample of a round follow at time `t`: at once where nothing is heard, else without a gap."""
        if self.origin is None:
            self.origin = t
        elapsed = self.elapsed(t)
        if elapsed > self.sent:
            self._move(t, self.sent)
            elapsed = self.sent
        self._since = elapsed
        self._had = min(self._most, max(0, self.sent - elapsed - self._lead))

    def catch_up(self, t: int) -> int:
        """Decide at time `t`, with sound at hand, how much of a delay is made good, and return the gap that was heard.

        The delay of sound that was not there is never made good, that of the timer up to the limit.
        """
        late = self.elapsed(t) - self.sent
        if late <= 0:
            return 0
        gap = late - self.behind
        kept = min(late, self.left, self._catch_up)
        if kept < late:
            self._move(t, self.sent + kept)
        if gap > 0:
            self.behind = kept
            return gap
        return 0

    def restart(self, t: int) -> None:
        """Take it that at time `t` the sink is empty."""
        if self.origin is not None:
            self._move(t, self.sent)
            self.behind = 0

    def take_back(self, samples: int, t: int, empty: bool) -> None:
        """Undo the sending of the last `samples`; frames are counted from there, as the sink begins anew.

        With `empty` the sink has said so itself: what it did not give back has been heard, whatever the clock says.
        """
        self.sent -= samples
        self._grid = self.sent
        if empty:
            self.behind = max(0, self.elapsed(t) - self.sent)

    def time_of(self, position: int) -> int:
        """Return when the sample at `position` is heard."""
        return self.time_due(position + self.behind)

    def time_due(self, elapsed: int) -> int:
        """Return when so many samples have been due to be heard."""
        assert self.origin is not None
        return self.origin - (-elapsed * NS // self._rate)

    def time_to_send(self, end: int) -> int:
        """Return from when on sound up to sample `end` may be sent."""
        elapsed = end - self._lead - self._most
        if self._most:
            rest = end - self._lead - self._had - self._since
            elapsed = max(elapsed, self._since - (-rest * self._per // (self._gain + self._per)))
        return self.time_due(elapsed)

    def _earned(self, elapsed: int) -> int:
        earned = self._had + self._gain * (elapsed - self._since) // self._per
        return max(0, min(self._most, earned))

    def _move(self, t: int, elapsed: int) -> None:
        """Move the origin so that `elapsed` samples, fewer than before, have been due at time `t`."""
        before = self.elapsed(t)
        self.origin = t - -(-elapsed * NS // self._rate)
        self.behind = max(0, self.behind - (before - elapsed))
