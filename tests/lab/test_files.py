"""A file appears whole or not at all."""

from __future__ import annotations

import os

import pytest

from agora_audio.lab.files import whole_file, write_whole


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


def test_text_is_utf_8_with_the_line_ends_that_it_has(tmp_path):
    write_whole(tmp_path / "a", "größer\r\n\n")
    assert (tmp_path / "a").read_bytes() == b"gr\xc3\xb6\xc3\x9fer\r\n\n"


def test_what_is_no_regular_file_is_written_to_and_stays(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(tmp_path / "pipe", b"1")
        assert os.read(reader, 9) == b"1"
    finally:
        os.close(reader)
    assert (tmp_path / "pipe").is_fifo()
    assert os.listdir(tmp_path) == ["pipe"]


def test_the_error_of_another_file_is_kept(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, whole_file(tmp_path / "a"):
        (tmp_path / "b").read_bytes()
    assert caught.value.filename == str(tmp_path / "b")
    assert os.listdir(tmp_path) == []
