from __future__ import annotations

import sys

import pytest

from agora_audio.cli import main
from tests.cli.shell import Outcome, Stdin


@pytest.fixture
def cli(capsys, monkeypatch):
    """Run a command in this process; `stdin` is a list of pieces of a pipe."""

    def run(*words, stdin=None) -> Outcome:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", Stdin(stdin))
        code = main([str(word) for word in words])
        assert type(code) is int
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(code, captured.out, captured.err)

    return run
