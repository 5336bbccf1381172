"""How fast a batch goes and how long it will still take, in a line for a person."""

from __future__ import annotations

from collections import deque

from agora_audio.lab.batch.running import BatchProgress

__all__ = ["Pace", "clock_time", "summary"]

# The rate is that of the last minutes: files differ, and the first ones wait for their workers to start.
_SPAN = 120.0
_STEP = 1.0


class Pace:
    """The rate over the last two minutes.

    Examples
    --------
    >>> pace = Pace()
    >>> pace.line(BatchProgress(total=100, elapsed=0.0))
    '0 of 100 files'
    >>> pace.line(BatchProgress(total=100, done=20, failed=1, sound=600.0, elapsed=10.0))
    '21 of 100 files, 2.1 files/s, 60 x real time, 0:38 left, 1 failed'
    """

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int, float]] = deque()

    def line(self, progress: BatchProgress) -> str:
        """Return the progress in a line, and remember it for the next."""
        through = progress.done + progress.failed + progress.quarantined
        now = (progress.elapsed, through, progress.sound)
        if not self._marks or now[0] - self._marks[-1][0] >= _STEP:
            self._marks.append(now)
        while len(self._marks) > 1 and now[0] - self._marks[0][0] > _SPAN:
            self._marks.popleft()
        of = "" if progress.total is None else f" of {progress.total}"
        return ", ".join([f"{through + progress.before}{of} files", *self._rates(now, progress), *_troubles(progress)])

    def _rates(self, now: tuple[float, int, float], progress: BatchProgress) -> list[str]:
        first = self._marks[0]
        seconds, files, sound = (end - begin for end, begin in zip(now, first, strict=True))
        if not files or seconds <= 0:
            return []
        parts = [f"{_rounded(files / seconds)} files/s"]
        if sound > 0:
            parts.append(f"{_rounded(sound / seconds)} x real time")
        if progress.left is not None:
            parts.append(f"{clock_time(progress.left * seconds / files)} left")
        return parts


def summary(progress: BatchProgress) -> str:
    """Return what a batch has come to.

    Examples
    --------
    >>> summary(BatchProgress(total=3, done=1, failed=1, before=1, sound=60.0, elapsed=2.0))
    '1 file done, 1 done before, 1 failed; 1:00 of sound in 0:02, 30 x real time'
    """
    parts = [f"{progress.done} file{'' if progress.done == 1 else 's'} done"]
    parts += [f"{progress.before} done before"] if progress.before else []
    parts += _troubles(progress)
    parts += [f"{progress.noted} with notes"] if progress.noted else []
    parts += [f"{progress.left} left"] if progress.left else []
    text = ", ".join(parts)
    if progress.sound > 0 and progress.elapsed > 0:
        speed = _rounded(progress.sound / progress.elapsed)
        text += f"; {clock_time(progress.sound)} of sound in {clock_time(progress.elapsed)}, {speed} x real time"
    return text


def clock_time(seconds: float) -> str:
    """Return a length of time as a clock shows it.

    Examples
    --------
    >>> clock_time(59.6), clock_time(3723.0)
    ('1:00', '1:02:03')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _troubles(progress: BatchProgress) -> list[str]:
    counts = {"failed": progress.failed, "in quarantine": progress.quarantined}
    return [f"{count} {what}" for what, count in counts.items() if count]


def _rounded(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"
