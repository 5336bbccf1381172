"""Scripts of a conversation in strings, played to an InterruptionPolicy; its decisions in strings.

``"10.0 speaking; 12.0 voice; 12.4 wait...; 12.9 wait a second.; 13.0 quiet"``: a time and what happens then. The states
of the agent are ``idle``, ``thinking`` and ``speaking``, followed by ``!`` if not interruptible and by ``#3`` for a
round. ``voice`` and ``quiet`` are the VAD's edges. Anything else is a transcript, open if it ends in ``...``.
"""

from __future__ import annotations

import re

from agora_audio.consumer.policy import InterruptionPolicy
from agora_audio.consumer.policy_config import InterruptionConfig, InterruptionSettings


def config(mode="both", thinking=None, **values):
    """A config without protection and delays, unless told: fields of the settings go to both states."""
    settings = {"protect": 0.0}
    settings.update(
        {name: values.pop(name) for name in ("min_voice", "min_words", "pause_after", "protect") if name in values}
    )
    values.setdefault("asr_delay", 0.0)
    return InterruptionConfig(
        mode,
        speaking=InterruptionSettings(**settings),
        thinking=InterruptionSettings(**{**settings, **(thinking or {})}),
        **values,
    )


def events(script):
    """The events of a script: (time, what)."""
    for step in filter(None, (step.strip() for step in script.split(";"))):
        time, what = step.split(maxsplit=1)
        yield float(time), what


def happen(policy, time, what):
    """Tell one event."""
    if agent := re.fullmatch(r"(idle|thinking|speaking)(!?)(?:#(\d+))?", what):
        state, mark, number = agent.groups()
        return policy.agent(state, time, interruptible=not mark, round_id=int(number) if number else None)
    if what in ("voice", "quiet"):
        return policy.voice(what == "voice", time)
    if what == "poll":
        return policy.poll(time)
    return policy.transcript(what.removesuffix("..."), time, final=not what.endswith("..."))


def play(script, config=None, polls=()):
    """All decisions of a script, with polls at some times in between (before what happens at the same time)."""
    policy = config if isinstance(config, InterruptionPolicy) else InterruptionPolicy(config)
    polls = sorted(polls)
    decisions = []
    for time, what in events(script):
        while polls and polls[0] <= time:
            decisions += policy.poll(polls.pop(0))
        decisions += happen(policy, time, what)
    for time in polls:
        decisions += policy.poll(time)
    return decisions


def told(decisions):
    """Decisions as strings: ``"12.5 pause, voice"``."""
    return [f"{round(one.time, 6):g} {one.action.value}, {one.reason.value}" for one in decisions]
