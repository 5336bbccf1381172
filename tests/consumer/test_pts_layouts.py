"""Layouts of stamps: the documented vectors, bits that never overlap, and errors."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.consumer.pts_layouts import LAYOUTS, get_layout
from agora_audio.errors import ConfigError, FormatError

VECTORS = [
    ("v2", {"version": 4, "session": 10, "sentence": 1, "chunk": 1}, 0x4000A00010040000),
    ("v2", {"version": 4, "session": 10, "sentence": 3, "chunk": 3, "is_session_end": 1}, 0x4000A000300D0000),
    (
        "v4",
        {"version": 1, "session": 5, "last_chunk_duration_ms": 60, "is_session_end": 1, "basepts": 1000},
        0x20002879000003E8,
    ),
    ("v5", {"version": 0, "session": 1}, 0x10000000000),
    ("v5", {"session": 1, "last_frame_number": 7, "is_session_end": 1, "basepts": 2000}, 0x100078007D0),
    ("v6", {"version": 1, "session": 2, "sentence": 3, "is_end": 1, "basepts": 1000}, 0x00012007000003E8),
    ("v7", {"agora": 0, "version": 4, "session": 1, "sentence": 1, "chunk": 1}, 0x1010010800000000),
    ("v8", {"agora": 1, "version": 4, "turn": 11, "is_command": 0, "sentence": 1}, 0x502C002000000000),
    (
        "v8",
        {"agora": 1, "version": 4, "turn": 11, "is_command": 1, "command_type": 1, "turn_duration_packs": 2000},
        0x502E17D000000000,
    ),
]


@pytest.mark.parametrize(("name", "values", "pts"), VECTORS)
def test_vectors(name, values, pts):
    layout = get_layout(name)
    assert layout.encode(values) == layout.encode(**values) == pts
    assert {key: value for key, value in layout.decode(pts).items() if value or key in values} == values


# Every form of a layout: its fields, and those of a command where it has them.
FORMS = [
    pytest.param(layout, fields, id=f"{layout.name}{'-command' * (fields is layout.command_fields)}")
    for layout in LAYOUTS.values()
    for fields in (layout.fields, layout.command_fields)
    if fields
]


def values_of(fields, chance):
    return {field.name: chance.choice([0, field.largest, chance.randint(0, field.largest)]) for field in fields}


@pytest.mark.parametrize(("layout", "fields"), FORMS)
@given(st.randoms(use_true_random=False))
def test_what_is_encoded_is_decoded(layout, fields, chance):
    values = values_of(fields, chance)
    if "is_command" in values:
        values["is_command"] = int(fields is layout.command_fields)
    pts = layout.encode(values)
    assert 0 <= pts < 1 << 63
    assert layout.decode(pts) == values
    assert layout.encode(layout.decode(pts)) == pts


@pytest.mark.parametrize(("layout", "fields"), FORMS)
def test_fields_hold_every_bit_once(layout, fields):
    bits = [bit for field in fields for bit in range(field.low, field.high + 1)]
    assert sorted(bits) == list(range(63 if layout.name == "v8" else 64))  # v8 says of bit 63 that it is 0
    assert [field.high for field in fields] == sorted((field.high for field in fields), reverse=True)
    assert fields[-1].name == "basepts"
    assert fields[-1].low == 0


@pytest.mark.parametrize(("layout", "fields"), FORMS)
def test_a_field_changes_its_own_bits_alone(layout, fields):
    base = {"is_command": 1} if fields is layout.command_fields else {}
    none = layout.encode(base)
    for field in fields:
        if field.name != "is_command":
            changed = layout.encode({**base, field.name: field.largest}) ^ none
            mask = ((1 << (field.high - field.low + 1)) - 1) << field.low
            assert changed & ~mask == 0
            assert (changed == 0) == (field.largest == 0)
    assert (
        layout.encode({**base, **{field.name: field.largest for field in fields if field.name != "is_command"}})
        < 1 << 63
    )


@pytest.mark.parametrize(("layout", "fields"), FORMS)
@pytest.mark.parametrize("wrong", [-1, "above", 1.0, "1", None])
def test_a_value_that_does_not_fit_is_refused(layout, fields, wrong):
    base = {"is_command": 1} if fields is layout.command_fields else {}
    for field in fields:
        value = field.largest + 1 if wrong == "above" else wrong
        if field.name == "is_command":
            continue
        message = rf"{layout.name}\.{field.name} is .*, must be a whole number of 0 to {field.largest}"
        with pytest.raises(ConfigError, match=message):
            layout.encode({**base, field.name: value})


def test_ranges_are_those_of_the_documents():
    largest = {f"{name}.{field.name}": field.largest for name in LAYOUTS for field in LAYOUTS[name].fields}
    assert {name: largest[name] for name in ("v2.version", "v2.is_session_end", "v2.chunk", "v4.version")} == {
        "v2.version": 7,
        "v2.is_session_end": 1,
        "v2.chunk": 1023,
        "v4.version": 3,
    }
    assert (largest["v5.version"], largest["v5.session"], largest["v5.basepts"]) == (8191, 1023, 2_097_151)
    assert (largest["v6.version"], largest["v6.session"], largest["v6.sentence"]) == (32767, 15, 2047)
    assert (largest["v7.agora"], largest["v8.agora"], largest["v8.turn"], largest["v8.sentence"]) == (0, 1, 255, 4095)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("pts", [-1, 1 << 63, 1 << 64, 1.0, "1", None, True])
def test_a_stamp_that_no_receiver_sees_is_refused(name, pts):
    with pytest.raises(FormatError, match=r"pts is .*, must be a whole number of 0 to 2\*\*63 - 1"):
        get_layout(name).decode(pts)


@pytest.mark.parametrize(("name", "pts"), [("v2", 0x20000), ("v2", 0x30000), ("v7", 1 << 62)])
def test_a_stamp_of_another_layout_is_refused_where_it_shows(name, pts):
    with pytest.raises(FormatError, match=f"pts 0x[0-9a-f]{{16}} is not of layout {name}: "):
        get_layout(name).decode(pts)


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_frames_of_a_push_never_reach_the_next_field(name):
    layout = get_layout(name)
    values = {layout.session: 1}
    pts = layout.encode(values)
    last = layout.push_ms // 10 - 1
    for index in (0, 1, last):
        assert layout.decode(layout.frame_pts(pts, index)) == {**layout.decode(pts), "basepts": 10 * index}
    for index in (-1, last + 1):
        with pytest.raises(FormatError, match=f"frame {index} of a push with pts .* has no stamp"):
            layout.frame_pts(pts, index)


@pytest.mark.parametrize("name", ["v1", "v3", "V9", "", None, 4, ["v4"]])
def test_unknown_layouts_are_refused(name):
    with pytest.raises(ConfigError, match=r"layout is .*, must be one of v2, v4, v5, v6, v7, v8"):
        get_layout(name)


def test_names_are_read_in_any_case():
    assert get_layout("V4") is get_layout("v4") is LAYOUTS["v4"]


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("v4", {"sentence": 1}, "v4 has no field 'sentence'; it has version, session, last_chunk_duration_ms"),
        ("v4", {"is_command": 1}, "v4 has no field 'is_command'"),
        ("v8", {"command_type": 1}, "v8 has no field 'command_type'"),
        ("v8", {"is_command": 1, "sentence": 1}, "v8 has no field 'sentence'; it has .*command_type"),
        ("v8", {"is_command": 2}, "v8.is_command is 2, must be a whole number of 0 to 1"),
        ("v7", {"agora": 1}, "v7.agora is 1, must be a whole number of 0 to 0"),
    ],
)
def test_unknown_fields_are_refused(name, values, message):
    with pytest.raises(ConfigError, match=message):
        get_layout(name).encode(values)


def test_no_two_layouts_are_the_same():
    shapes = [tuple((field.high, field.low) for field in layout.fields) for layout in LAYOUTS.values()]
    assert all(one != other for one, other in itertools.combinations(shapes, 2))


def test_the_document_shows_every_field():
    """Rows of docs/pts.md: bits, field, values."""
    text = (Path(__file__).parents[2] / "docs" / "pts.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| (\d+)(?:–(\d+))? \| `(\w+)` \| (?:0–)?(\d+) \|", text, re.MULTILINE)
    rows = [(name, int(high), int(low or high), int(largest)) for high, low, name, largest in shown]
    fields = [(form.values[1], field) for form in FORMS for field in form.values[1]]
    assert len(rows) == len(fields)
    for row, (form, field) in zip(rows, fields, strict=True):
        largest = (
            int(form in [one.command_fields for one in LAYOUTS.values()])
            if field.name == "is_command"
            else field.largest
        )
        assert row == (field.name, field.high, field.low, largest)
