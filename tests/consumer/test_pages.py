"""The examples of the pages print what stands in the comments at their ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def first_block(name):
    """Return the source of a page's first example, and the lines that it is said to print."""
    source = re.search(r"```python\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL)[1]
    return source, re.findall(r"^# (.*)$", re.search(r"(^# .*\n)*\Z", source, re.MULTILINE)[0], re.MULTILINE)


@pytest.mark.parametrize("name", ["pts.md", "consumer.md"])
def test_an_example_prints_what_it_says(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    source, said = first_block(name)
    exec(source, {})
    assert said
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == said
