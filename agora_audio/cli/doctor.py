"""``agora-audio doctor``: what is installed, what is missing, and the command that installs it."""

from __future__ import annotations

import json
import platform
import sys
from importlib import metadata
from importlib.util import find_spec
from typing import Annotated, Any

import typer

import agora_audio
from agora_audio.errors import ConfigError, EngineUnavailable
from agora_audio.vad.engines import ENGINES, create_engine

__all__ = ["doctor"]

# Every extra but rnnoise, which its engine shows: the packages that show it is there, and what it is for.
_EXTRAS = {
    "apm": (("livekit",), "echo cancelling in ExternalAudioProcessor"),
    "onnx": (("onnxruntime",), "the official Silero model, with its package"),
    "plot": (("matplotlib",), "plots: vad plot, and --plot"),
    "notebook": (("anywidget",), "sliders in a notebook"),
    "words": (("budoux", "rjieba"), "word ends in Chinese, Japanese and Thai text without marks"),
    "tune": (("optuna",), "agora-audio lab tune"),
    "fast": (("numba",), "sweeps over thousands of configs"),
    "batch": (("fsspec",), "batches from and to anything but files of this machine"),
    "s3": (("s3fs",), "batches from and to S3"),
    "dask": (("distributed",), "batches on a cluster"),
    "agora": (("agora-python-server-sdk",), "live calls; downloads native libraries when installed and when imported"),
}


def doctor(
    format: Annotated[
        str | None, typer.Option("--format", "-f", metavar="table|json", help="Table on a terminal, else json.")
    ] = None,
) -> int:
    """Say which engines and extras are there, and how to get the missing ones. Fails if the base install is broken."""
    if format not in (None, "table", "json"):
        raise ConfigError(f"format is {format!r}, must be table or json")
    findings = [*_engines(), *_extras()]
    if format == "json" or (format is None and not sys.stdout.isatty()):
        system = {
            "agora_audio": agora_audio.__version__,
            "python": platform.python_version(),
            "numpy": _version("numpy"),
        }
        sys.stdout.write(json.dumps({**system, "platform": platform.platform(), "parts": findings}, indent=2) + "\n")
    else:
        _print_table(findings)
    broken = [part["name"] for part in findings if not part["available"] and part["name"] in ("silero", "webrtc")]
    return 1 if broken else 0


def _engines() -> list[dict[str, Any]]:
    parts = []
    for name, info in ENGINES.items():
        try:
            create_engine(name)
            problem = None
        except EngineUnavailable as error:
            problem = str(error)
        versions = ", ".join(f"{package} {_version(package)}" for package in info.distributions if _version(package))
        parts.append(_part("engine", name, info.summary, problem, versions, info.install))
    return parts


def _extras() -> list[dict[str, Any]]:
    parts = []
    for name, (packages, purpose) in _EXTRAS.items():
        versions = {package: _version(package) for package in packages}
        missing = [package for package, version in versions.items() if not version]
        problem = f"{' and '.join(missing)} is not installed" if missing else None
        if name == "plot" and not missing and find_spec("matplotlib") is None:
            problem = "matplotlib is installed but cannot be found"
        shown = ", ".join(f"{package} {version}" for package, version in versions.items() if version)
        parts.append(_part("extra", name, purpose, problem, shown, f"pip install 'agora-audio[{name}]'"))
    return parts


def _part(kind: str, name: str, purpose: str, problem: str | None, versions: str, install: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "available": problem is None,
        "purpose": purpose,
        "versions": versions,
        "problem": problem,
        "install": None if problem is None else install,
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _print_table(findings: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(
        f"agora-audio {agora_audio.__version__}, Python {platform.python_version()}, numpy {_version('numpy')}, "
        f"{platform.platform()}",
        highlight=False,
    )
    table = Table("", "part", "for", "found, or how to get it", box=None, pad_edge=False)
    for part in findings:
        mark = "[green]yes[/]" if part["available"] else "[yellow]no[/]"
        found = part["versions"] or "built in" if part["available"] else part["install"]
        table.add_row(mark, f"{part['kind']} [bold]{part['name']}[/]", part["purpose"], found.replace("[", "\\["))
    console.print(table)
    console.print("In a clone of the repository: uv sync --extra NAME, or pip install '.\\[NAME]'", highlight=False)
