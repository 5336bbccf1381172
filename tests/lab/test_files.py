"""A file appears whole or not at all."""

from __future__ import annotations

import os

import pytest

from agora_audio.lab.files import write_whole


def test_a_file_is_written_and_replaced_also_behind_a_link(tmp_path):
    write_whole(tmp_path / "a", b"1")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    write_whole(tmp_path / "link", b"2")
    assert (tmp_path / "a").read_bytes() == b"2"
    assert (tmp_path / "link").is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["a", "link"]


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_fault_leaves_what_was_there_and_speaks_of_the_file(tmp_path, monkeypatch, fault):
    write_whole(tmp_path / "a", b"1")

    def fail(*_):
        raise fault

    monkeypatch.setattr("agora_audio.lab.files.os.replace", fail)
    with pytest.raises(type(fault)) as caught:
        write_whole(tmp_path / "a", b"2")
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"1"
    assert getattr(caught.value, "filename", str(tmp_path / "a")) == str(tmp_path / "a")
