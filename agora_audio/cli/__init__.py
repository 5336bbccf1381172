"""The command line: `main` runs it and turns every error into one line and an exit code.

0: done, also if nobody spoke. 1: it failed. 2: the call or the input is wrong. 3: a condition given
with --fail-if holds. 130: interrupted from the keyboard.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from agora_audio.errors import AudioError, ConfigError, FormatError

__all__ = ["main"]

INTERRUPTED = 130
_BAD_INPUT = (
    ConfigError,
    FormatError,
    FileExistsError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments
        Words after the program's name; None: those it was called with.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # a service may start the command with them closed
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - for the life of the process
    try:
        from agora_audio.cli.app import app

        with _terminated_as_interrupted():
            result = app(arguments, prog_name="agora-audio", standalone_mode=False)
        sys.stdout.flush()
        if result == INTERRUPTED:
            say("interrupted")
        return result if isinstance(result, int) else 0
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # rich's way to end where the reader has seen enough
            return 0
        return end.code if isinstance(end.code, int) else 1
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        close_stdout()
        return 0
    except Exception as error:
        code = report(error)
        try:
            sys.stdout.flush()
        except OSError:  # said already; Python would say it again, with a traceback, when it ends
            close_stdout()
        return code


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM, with which services stop a command, end it as the keyboard does: what is open is written."""
    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:  # not in the main thread, where signals do not come
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def report(error: Exception) -> int:
    """Say on stderr, in one line, what went wrong, and return the exit code for it."""
    if hasattr(error, "show") and hasattr(error, "exit_code"):  # a usage error of the parser, which knows its context
        error.show()
        return int(error.exit_code)
    if isinstance(error, AudioError):
        text = str(error)
    elif isinstance(error, OSError):
        text = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    else:
        raise error
    say(text)
    return 2 if isinstance(error, _BAD_INPUT) else 1


def say(text: str) -> None:
    """Write a line for a person to stderr."""
    sys.stderr.write(f"agora-audio: {text}\n")
    sys.stderr.flush()


def close_stdout() -> None:
    """Let what is still to be written to a pipe that was closed go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
