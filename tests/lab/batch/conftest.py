from __future__ import annotations

import json
from pathlib import Path

import pytest

from agora_audio.lab.batch import run_batch
from tests.cli.conftest import cli  # noqa: F401 - a fixture
from tests.lab.batch.acts import Act

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Workers import the works of these tests."""
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.fixture
def run(tmp_path):
    """Run acts from one folder into another in this process, and check what must hold after any run."""

    def run_acts(work=None, source=tmp_path / "in", out=tmp_path / "out", **options):
        options = {"isolate": False, "workers": 2, "time_limit": 60.0, **options}
        progress = run_batch(source if isinstance(source, list) else str(source), work or Act(), out, **options)
        check_whole(out)
        return progress

    return run_acts


def check_whole(out):
    """Every line is whole and the only one of its recording, its results are there and whole, and nothing else is."""
    for text in out.rglob("*.txt"):
        assert text.read_text().endswith(" is done")
    for line in statuses(out).values():
        assert all((out / name).is_file() for name in line.get("outputs", ()))
    assert [path for path in (out / ".batch").iterdir() if path.name.startswith("tmp-")] == []


def statuses(out):
    """The lines of a manifest by the names of the recordings; fails where one is torn or not the only one."""
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    found = {line["file"]: line for line in lines}
    assert len(found) == len(lines)
    return found
