"""Names of results: unlike each other on any disk, short enough for one, and the same in whatever order."""

from __future__ import annotations

import os
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agora_audio.lab.batch.items import Item, name_outputs, printable
from tests.vad.pieces import steady


def outputs(*names, taken=()):
    return [item.output for item in name_outputs([Item("/d/" + name, name) for name in names], taken)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.wav", "b.flac", "c"], ["a", "b", "c"]),
        (["a/x.wav", "b/x.wav"], ["a/x", "b/x"]),
        (["x.wav", "x.flac"], ["x.wav", "x.flac"]),
        (["x.y.wav"], ["x.y"]),
        (["x.dat"], ["x.dat"]),
        (["manifest.wav", "a/manifest.wav"], ["manifest.wav", "a/manifest"]),
        (["Größe/é 語.wav"], ["Größe/é 語"]),
        (["_.wav", ".wav"], ["_", ".wav"]),
    ],
)
def test_names(names, expected):
    assert outputs(*names) == expected


def test_what_cannot_be_told_apart_by_its_suffix_gets_a_hash_of_its_place():
    found = outputs("x.wav", "X.wav", "e\u0301.wav", "\u00e9.wav")
    assert [name.partition("~")[0] for name in found] == ["x.wav", "X.wav", "e\u0301.wav", "\u00e9.wav"]
    assert all(len(name.partition("~")[2]) == 8 for name in found)
    # One that is called as another one would be, were it called by its suffix.
    assert outputs("x.wav", "x.mp3", "x.wav.wav", "y.wav")[1::2] == ["x.mp3", "y"]


def test_what_is_taken_stays_with_who_has_it():
    assert outputs("x.wav", "y.wav", taken=["X"]) == ["x.wav", "y"]
    assert outputs("x.wav", taken=["x", "x.wav"])[0].startswith("x.wav~")


def test_two_recordings_of_one_name_are_called_differently():
    one, other = name_outputs([Item("/d/x.wav", "x.wav"), Item("s3://b/x.wav", "x.wav")])
    assert (one.name != other.name, one.output != other.output) == (True, True)


@pytest.mark.parametrize(
    "name", ["n" * 251 + ".wav", "語" * 83 + ".wav", "n" * 255, "\udcff" * 251 + ".wav", "a/" + "é" * 125 + ".wav"]
)
def test_long_names_are_cut_between_characters(name):
    (output,) = outputs(name)
    assert len(os.fsencode((output + ".TextGrid").rpartition("/")[2])) <= 255
    assert "~" in output
    if "\udcff" not in name:
        output.encode("utf-8")


NAMES = st.lists(
    st.builds(
        lambda folder, stem, suffix: folder + stem + suffix,
        st.sampled_from(["", "a/", "A/"]),
        st.sampled_from(["x", "X", "é", "e\u0301", "manifest", "x.wav", "y" * 250]),
        st.sampled_from([".wav", ".WAV", ".flac", ".mp3", ""]),
    ),
    unique=True,
    max_size=12,
)


@steady
@given(NAMES, st.integers(0, 99))
def test_outputs_are_unlike_each_other_and_do_not_depend_on_the_order(names, seed):
    items = [Item("/d/" + name, name) for name in names]
    found = {item.name: item.output for item in name_outputs(items)}
    folded = [unicodedata.normalize("NFC", output).casefold() for output in found.values()]
    assert len(set(folded)) == len(names)
    random.Random(seed).shuffle(items)
    assert {item.name: item.output for item in name_outputs(items)} == found


def test_names_that_are_no_text_can_be_printed():
    assert printable("caf\udce9.wav") == "caf\\xe9.wav"
