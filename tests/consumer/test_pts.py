"""PtsAllocator and SessionParser: each layout to and fro, sessions without end, odd rates, losses, time-outs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agora_audio.consumer.pts import PtsAllocator, SessionEnd, SessionEvent, SessionParser
from agora_audio.consumer.pts_layouts import LAYOUTS, get_layout
from agora_audio.errors import ConfigError, FormatError

NAMES = list(LAYOUTS)


def base(layout, pts):
    return get_layout(layout).decode(pts)["basepts"]


def told(events):
    """Events as strings: ``"1.5 end 3, TIMEOUT after 7"``."""
    return [
        f"{round(one.time, 6):g} start {one.session}"
        if one.kind == "start"
        else f"{round(one.time, 6):g} end {one.session}, {one.reason.name} after {one.frames}"
        for one in events
    ]


# --- allocator ------------------------------------------------------------------------------------------------------


def test_allocate_counts_milliseconds_and_sessions():
    allocator = PtsAllocator(16000, layout="v5")
    v5 = get_layout("v5")
    assert allocator.allocate(320) == v5.encode(session=1)
    assert allocator.allocate(64000) == v5.encode(session=1, basepts=10)
    end = {"is_session_end": 1, "last_frame_number": 7}
    assert allocator.allocate(2240, is_end=True) == v5.encode(session=1, basepts=2010, **end)
    assert allocator.allocate(320) == v5.encode(session=2)


@pytest.mark.parametrize("name", NAMES)
def test_sessions_go_on_for_ever(name):
    """The encoder of the SDK dies at session 1024."""
    allocator = PtsAllocator(16000, layout=name)
    layout = get_layout(name)
    largest = next(field.largest for field in layout.fields if field.name == layout.session)
    sessions = [layout.decode(allocator.allocate(320, is_end=True))[layout.session] for _ in range(2100)]
    assert sessions == [k % largest + 1 for k in range(2100)]


@pytest.mark.parametrize("name", NAMES)
def test_a_session_of_hours_goes_on(name):
    """The encoder of the SDK dies after 34.9 minutes; here the base begins again, and no push reaches over its end."""
    allocator = PtsAllocator(8000, layout=name)
    layout = get_layout(name)
    bases = []
    for _ in range(400):
        pts = allocator.allocate(8000 * 2 * 30)
        layout.frame_pts(pts, 2999)
        bases.append(base(name, pts))
    limit = layout.fields[-1].largest
    expected = [0]
    for _ in range(399):
        after = 0 if name == "v2" else expected[-1] + 30_000
        expected.append(after if after + 29_990 <= limit else 0)
    assert bases == expected


def test_a_session_after_one_of_minutes_begins_at_0():
    allocator = PtsAllocator(8000, layout="v7")
    pushes = [base("v7", allocator.allocate(8000 * 2 * 30, is_end=k == 3)) for k in range(6)]
    assert pushes == [0, 30_000, 0, 30_000, 0, 30_000]


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_odd_rates_do_not_drift(rate, channels):
    """Six minutes in pushes of 10 ms: the base is that of the samples. 88 bytes a millisecond would be 0.8 s off."""
    allocator = PtsAllocator(rate, channels)
    samples = 0
    for k in range(36_000 if (rate, channels) == (44100, 1) else 1000):
        end = (k + 1) * rate // 100
        assert allocator.allocate((end - samples) * 2 * channels) & 0xFFFFFFFF == samples * 1000 // rate
        samples = end


@given(
    st.sampled_from(NAMES),
    st.sampled_from([8000, 11025, 16000, 44100]),
    st.lists(st.tuples(st.integers(0, 200_000), st.booleans()), max_size=30),
)
def test_no_push_reaches_into_another_field(name, rate, pushes):
    allocator = PtsAllocator(rate, layout=name)
    layout = get_layout(name)
    for samples, is_end in pushes:
        session = allocator.session
        if is_end and name == "v4" and samples * 100 > 102 * rate:
            with pytest.raises(FormatError, match="end the session with a shorter push"):
                allocator.allocate(2 * samples, is_end=True)
            continue
        pts = allocator.allocate(2 * samples, is_end=is_end)
        frames = math.ceil(samples * 100 / rate)
        for index in {0, max(0, frames - 1)}:
            values = layout.decode(layout.frame_pts(pts, index))
            assert values[layout.session] == session
            assert values[layout.end] == is_end
            assert {**values, "basepts": 0} == {**layout.decode(pts), "basepts": 0}


def test_further_fields_are_the_callers():
    pts = PtsAllocator(16000, layout="v2", version=4).allocate(320, sentence=3, chunk=2)
    values = {"version": 4, "session": 1, "sentence": 3, "chunk": 2, "is_session_end": 0, "basepts": 0}
    assert get_layout("v2").decode(pts) == values


def test_the_end_of_a_turn_is_a_command():
    allocator = PtsAllocator(16000, layout="v8", version=4)
    v8 = get_layout("v8")
    allocator.allocate(32000, agora=1, sentence=1)
    allocator.allocate(330, agora=1, sentence=1)
    pts = allocator.allocate(2240, is_end=True, agora=1)
    turn = {"agora": 1, "version": 4, "turn": 1, "is_command": 1, "turn_duration_packs": 102, "basepts": 1010}
    assert v8.decode(pts) == {**turn, "command_type": 1, "reserved": 0}
    assert v8.decode(allocator.allocate(320, is_end=True, command_type=2))["command_type"] == 2
    allocator.allocate(16000 * 2 * 41)
    assert v8.decode(allocator.allocate(320, is_end=True))["turn_duration_packs"] == 4095


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"size": 321}, FormatError, "size is 321, must be whole samples of 2 bytes"),
        ({"size": -2}, FormatError, "size is -2, must be whole samples of 2 bytes"),
        ({"size": b"12"}, FormatError, "size is b'12', must be a whole number of bytes"),
        ({"size": 320.0}, FormatError, "size is 320.0, must be a whole number of bytes"),
        ({"size": 320, "is_end": 1}, FormatError, "is_end is 1, must be True or False"),
        ({"size": 320, "session": 3}, ConfigError, "session is what the allocator fills in: leave it out"),
        ({"size": 320, "sentence": 3}, ConfigError, "v4 has no field 'sentence'"),
        (
            {"size": 40000, "is_end": True},
            FormatError,
            "has 125 frames of 10 ms, last_chunk_duration_ms of v4 holds 1023",
        ),
    ],
)
def test_a_push_that_is_refused_is_not_counted(arguments, error, message):
    allocator = PtsAllocator(16000)
    allocator.allocate(320)
    with pytest.raises(error, match=message):
        allocator.allocate(**arguments)
    assert allocator.allocate(320) == get_layout("v4").encode(session=1, basepts=10)


def test_a_push_longer_than_the_base_is_refused():
    allocator = PtsAllocator(8000, layout="v2")
    assert allocator.allocate(65_540 * 16)
    with pytest.raises(FormatError, match=r"lasts 65541 ms, the base of v2 holds 65540: push it in parts"):
        allocator.allocate(65_541 * 16)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"layout": "v3"}, ConfigError, "layout is 'v3', must be one of v2, v4"),
        ({"layout": "v2", "version": 8}, ConfigError, "v2.version is 8, must be a whole number of 0 to 7"),
        ({"version": "1"}, ConfigError, "v4.version is '1', must be a whole number of 0 to 3"),
        ({"channels": 0}, FormatError, "channels is 0, must be 1 to 64"),
        ({"sample_rate": 100}, FormatError, "sample_rate is 100, must be 8000 to 96000"),
    ],
)
def test_an_allocator_says_what_is_wrong_with_it(arguments, error, message):
    with pytest.raises(error, match=message):
        PtsAllocator(**{"sample_rate": 16000, **arguments})


# --- parser ---------------------------------------------------------------------------------------------------------


def frames_of(allocator, size, **arguments):
    """The stamps of the 10 ms frames of a push, as they are received."""
    pts = allocator.allocate(size, **arguments)
    count = math.ceil(size / allocator.format.sample_bytes * 100 / allocator.format.sample_rate)
    return [allocator.layout.frame_pts(pts, index) for index in range(count)]


@pytest.mark.parametrize("name", NAMES)
def test_allocator_and_parser_speak_the_same_layout(name):
    allocator, parser = PtsAllocator(16000, layout=name), SessionParser(name)
    found, now = [], 0.0
    for _ in range(3):
        for pts in frames_of(allocator, 3200) + frames_of(allocator, 960, is_end=True):
            found += parser.parse(pts, now)
            now += 0.01
        now += 1.0
    found += parser.poll(now)
    # Where stamps tell how long the end is, it is its third frame; in v8 the first command; else 0.2 s after its last.
    after, frames = {"v4": (0.12, 13), "v5": (0.12, 13), "v8": (0.10, 11)}.get(name, (0.32, 13))
    assert told(found) == [
        line
        for k in range(3)
        for line in (f"{k * 1.13:g} start {k + 1}", f"{k * 1.13 + after:g} end {k + 1}, LAST_CHUNK after {frames}")
    ]


def v4(script, **arguments):
    """Play ``"0.0 1; 0.01 1*; 0.3 poll"``: time and session, marked by a star (and the duration of the last chunk)."""
    parser, found = SessionParser("v4", **arguments), []
    for step in script.split("; "):
        time, what = step.split()
        session, star, duration = what.partition("*")
        if what == "poll":
            found += parser.poll(float(time))
        elif what == "flush":
            found += parser.flush(float(time))
        else:
            values = {"is_session_end": bool(star), "last_chunk_duration_ms": int(duration or 0)}
            found += parser.parse(get_layout("v4").encode(session=int(session), **values), float(time))
    return told(found)


SHORT = ["0 start 1", "0.1 end 1, LAST_CHUNK after 1"]
ONE = ["0 start 1", "0 end 1, LAST_CHUNK after 1"]
AGAIN = ["0.2 start 1", "0.2 end 1, LAST_CHUNK after 1"]  # of a sender that has begun to count again


@pytest.mark.parametrize(
    ("script", "events"),
    [
        ("0 1; 0.1 1; 0.5 1; 0.9 poll", ["0 start 1"]),
        ("0 1; 0.1 1; 0.6 poll", ["0 start 1", "0.6 end 1, TIMEOUT after 2"]),
        ("0 1; 0.1 1; 9 poll", ["0 start 1", "0.6 end 1, TIMEOUT after 2"]),  # a late poll changes nothing
        ("0 1; 0.1 1; 9 2", ["0 start 1", "0.6 end 1, TIMEOUT after 2", "9 start 2"]),
        ("0 1; 0.6 1; 0.7 1", ["0 start 1", "0.5 end 1, TIMEOUT after 1", "0.6 start 1"]),  # it goes on
        ("0 1; 0.1 1*30; 0.11 1*30; 0.12 1*30", ["0 start 1", "0.12 end 1, LAST_CHUNK after 4"]),
        ("0 1; 0.1 1*25; 0.11 1*25; 0.12 1*25", ["0 start 1", "0.12 end 1, LAST_CHUNK after 4"]),
        ("0 1; 0.1 1*0", ["0 start 1", "0.1 end 1, LAST_CHUNK after 2"]),
        ("0 1*10", ["0 start 1", "0 end 1, LAST_CHUNK after 1"]),
        # a lost frame of the end: 0.2 s after the last one
        ("0 1; 0.1 1*30; 0.12 1*30; 1 poll", ["0 start 1", "0.32 end 1, TIMEOUT after 3"]),
        ("0 1; 0.1 1*30; 0.12 1*10; 0.13 1*10", ["0 start 1", "0.13 end 1, LAST_CHUNK after 4"]),  # only grows
        ("0 1*30; 0.1 2; 0.2 2*10", [*SHORT, "0.1 start 2", "0.2 end 2, LAST_CHUNK after 2"]),  # each has its own
        # interrupted by another session, or followed by it
        ("0 1; 0.1 2", ["0 start 1", "0.1 end 1, INTERRUPT after 1", "0.1 start 2"]),
        ("0 1; 0.1 1*30; 0.2 2", ["0 start 1", "0.2 end 1, LAST_CHUNK after 2", "0.2 start 2"]),
        ("0 2; 0.1 1", ["0 start 2", "0.1 end 2, INTERRUPT after 1", "0.1 start 1"]),
        # leftovers of an end, and the same session anew
        ("0 1*10; 0.01 1*10; 0.4 1*10; 0.8 1*10", ["0 start 1", "0 end 1, LAST_CHUNK after 1"]),
        ("0 1*10; 0.01 1", ["0 start 1", "0 end 1, LAST_CHUNK after 1", "0.01 start 1"]),
        ("0 1*10; 0.5 1*10; 9 1*10", ["0 start 1", "0 end 1, LAST_CHUNK after 1"]),  # however late
        ("0 1; 0.45 1; 0.96 1*10; 1.3 2", ["0 start 1", "0.95 end 1, TIMEOUT after 2", "1.3 start 2"]),
        ("0 1*10; 0.1 2*10; 0.2 1*10", [*ONE, "0.1 start 2", "0.1 end 2, LAST_CHUNK after 1", *AGAIN]),
        # session 0 is none
        ("0 0; 5 poll", []),
        ("0 1; 0.3 0; 0.6 poll", ["0 start 1", "0.5 end 1, TIMEOUT after 1"]),
        # flush
        ("0 1; 0.1 flush; 0.2 flush", ["0 start 1", "0.1 end 1, OTHER after 1"]),
        ("0 1; 0.6 flush", ["0 start 1", "0.5 end 1, TIMEOUT after 1"]),
        ("0 flush", []),
        # a clock that runs backwards stands still
        ("5 1; 4 1; 5.4 poll; 5.5 poll", ["5 start 1", "5.5 end 1, TIMEOUT after 2"]),
    ],
)
def test_sessions(script, events):
    assert v4(script) == events


def test_the_waits_can_be_set():
    assert v4("0 1; 3 poll", timeout=2.0) == ["0 start 1", "2 end 1, TIMEOUT after 1"]
    assert v4("0 1*90; 3 poll", end_timeout=1.0) == ["0 start 1", "1 end 1, TIMEOUT after 1"]


def test_commands_say_how_a_turn_ended():
    v8, parser = get_layout("v8"), SessionParser("v8")
    found = list(parser.parse(v8.encode(turn=7), 0.0))
    found += parser.parse(v8.encode(turn=7, is_command=1, command_type=9), 0.1)  # not an end
    found += parser.parse(v8.encode(turn=7, is_command=1, command_type=2, turn_duration_packs=1), 0.2)
    found += parser.parse(v8.encode(turn=7, is_command=1, command_type=2, turn_duration_packs=1), 0.21)
    assert told(found) == ["0 start 7", "0.2 end 7, INTERRUPT after 3"]


def test_reasons_have_the_numbers_of_the_sdk():
    assert [(reason.name, int(reason)) for reason in SessionEnd] == [
        ("LAST_CHUNK", 0),
        ("TIMEOUT", 1),
        ("INTERRUPT", 2),
        ("OTHER", 3),
    ]


STAMPS = st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from([0, 10, 30, 55]))
STEPS = st.lists(st.tuples(st.integers(0, 2500), STAMPS), max_size=40).map(
    lambda steps: sorted(steps, key=lambda s: s[0])
)


def heard(name, steps, polls):
    """Events of stamps at times in ms, with polls in between."""
    layout, parser, found = get_layout(name), SessionParser(name), []
    known = {field.name for field in layout.fields}
    polls = sorted(polls)
    for ms, (session, marked, duration) in steps:
        while polls and polls[0] <= ms:
            found += parser.poll(polls.pop(0) / 1000)
        values = {layout.session: session, layout.end: int(marked)}
        if marked and name == "v8":
            values["command_type"] = duration % 4
        if "last_chunk_duration_ms" in known:
            values["last_chunk_duration_ms"] = duration
        found += parser.parse(layout.encode(values), ms / 1000)
    for ms in polls:
        found += parser.poll(ms / 1000)
    return found


@given(st.sampled_from(NAMES), STEPS, st.lists(st.integers(0, 4000)))
@settings(max_examples=100, deadline=None)
def test_polling_never_matters_and_starts_and_ends_alternate(name, steps, polls):
    found = heard(name, steps, range(4001))
    assert heard(name, steps, [*polls, 4000]) == found
    assert [one.kind for one in found] == ["start", "end"] * (len(found) // 2)
    assert all(one.session == other.session for one, other in zip(found[::2], found[1::2], strict=True))
    assert [one.time for one in found] == sorted(one.time for one in found)


def test_memory_is_flat():
    allocator, parser = PtsAllocator(16000), SessionParser()
    for k in range(20_000):
        parser.parse(allocator.allocate(320, is_end=k % 10 == 9), k / 100)
    assert sum(len(value) for value in vars(parser).values() if isinstance(value, list)) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda parser: parser.parse(-1, 0.0), "pts is -1, must be a whole number"),
        (lambda parser: parser.parse("1", 0.0), "pts is '1', must be a whole number"),
        (lambda parser: parser.parse(1, math.nan), "now is nan, must be seconds"),
        (lambda parser: parser.poll(None), "now is None, must be seconds"),
        (lambda parser: parser.flush("1"), "now is '1', must be seconds"),
    ],
)
def test_wrong_values_change_nothing(call, message):
    parser = SessionParser()
    parser.parse(get_layout("v4").encode(session=1), 1.0)
    with pytest.raises(FormatError, match=message):
        call(parser)
    assert (parser.session, parser.next_due()) == (1, 1.5)


@pytest.mark.parametrize("arguments", [{"layout": "v1"}, {"timeout": -1}, {"end_timeout": "1"}, {"timeout": math.nan}])
def test_a_parser_says_what_is_wrong_with_it(arguments):
    with pytest.raises(ConfigError, match=f"{next(iter(arguments))} is .*, must be"):
        SessionParser(**arguments)


def test_an_event_is_frozen():
    with pytest.raises(AttributeError):
        SessionEvent("start", 1, 0.0).time = 3.0
