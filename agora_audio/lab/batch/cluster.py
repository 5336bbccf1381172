"""A Dask cluster as an executor. Everything else of a batch knows nothing of Dask."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from agora_audio.errors import AudioError, EngineUnavailable

__all__ = ["dask_executor"]


@contextmanager
def dask_executor(scheduler: str, patience: float = 10.0) -> Iterator[tuple[Executor, int]]:
    """Connect to a scheduler.

    Parameters
    ----------
    scheduler
        Its address, such as ``tcp://host:8786``, or its scheduler file (``.json``).
    patience
        How long to wait for it, seconds.

    Yields
    ------
    tuple of Executor and int
        The executor, and how many recordings to hand it at the same time.

    Raises
    ------
    EngineUnavailable
        If Dask is not installed.
    AudioError
        If nobody answers there.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise EngineUnavailable("--scheduler needs Dask: pip install 'agora-audio[dask]'") from None
    # A scheduler that is gone is said once, by us, and not with tracebacks.
    for name in ["tornado.application", *logging.root.manager.loggerDict]:
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    where = {"scheduler_file": scheduler} if scheduler.endswith(".json") else {"address": scheduler}
    if "scheduler_file" in where and not os.path.exists(scheduler):
        raise FileNotFoundError(2, os.strerror(2), scheduler)
    try:
        client = distributed.Client(**where, timeout=patience, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise AudioError(f"no Dask scheduler answers at {scheduler}: {text}") from None
    try:
        threads = sum(client.nthreads().values())
        yield _DaskExecutor(client), max(8, 2 * threads)
    finally:
        client.close(timeout=patience)


class _DaskExecutor(Executor):
    """A client as an executor, each future of which ends.

    With Dask's own (`Client.get_executor`) one whose result was on its way when the scheduler died never does.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        # Dask forgets a task of which nobody holds the future.
        self._held: dict[Future[Any], Any] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand a call to the cluster."""
        future: Future[Any] = Future()
        remote = self._held[future] = self._client.submit(fn, *args, **kwargs, pure=False)
        remote.add_done_callback(lambda ended: self._settle(future, ended))
        return future

    def _settle(self, future: Future[Any], remote: Any) -> None:
        self._held.pop(future, None)
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(remote.result())
        except BaseException as error:
            future.set_exception(error)
