"""A JupyterLab on loopback with a notebook in it, its settings and all that it keeps in a folder of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

PATIENCE = 90.0
PLACES = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
)


def missing():
    """What there is not, and how to get it; empty: all is there."""
    absent = [name for name in ("jupyterlab", "ipykernel", "anywidget") if importlib.util.find_spec(name) is None]
    return f"{', '.join(absent)} not installed: uv sync --group browser" if absent else ""


def notebook(*sources):
    """A notebook of so many cells of code."""
    cells = [
        {"cell_type": "code", "execution_count": None, "id": f"c{k}", "metadata": {}, "outputs": [], "source": source}
        for k, source in enumerate(sources)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


@contextmanager
def jupyter_lab(folder, document):
    """Serve a notebook, ``tune.ipynb``; gives the address of the server."""
    (folder / "work").mkdir()
    (folder / "work" / "tune.ipynb").write_text(json.dumps(document), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        *("--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
        *(
            "--IdentityProvider.token=",
            "--ServerApp.disable_check_xsrf=True",
            f"--ServerApp.root_dir={folder / 'work'}",
        ),
        "--LabApp.news_url=",
    ]
    command = [sys.executable, "-m", "jupyterlab", *options]
    environment = {**os.environ, **{name: str(folder / name) for name in PLACES}}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/api", server, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


def wait_for(address, server, log):
    """Wait until a server, which is another process, answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"JupyterLab does not answer: {log.read_text()[-2000:]}")


def show(page, address):
    """Open the notebook and run its first cell, as a person does, until the viewer can be heard."""
    page.goto(f"{address}/lab/tree/tune.ipynb?reset")
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector(".aa-viewer[data-ready][data-sound]")
