"""The notebooks run from the first cell to the last, are kept without outputs, and hold no logic of their own."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
REQUIRED = "AGORA_AUDIO_BROWSER" in os.environ
LOGIC = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.Lambda)


def cells(path, kind="code"):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_there_are_notebooks():
    assert {path.stem for path in NOTEBOOKS} >= {"01_vad", "02_apm", "03_pacing", "04_segmenter", "05_batch"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path):
    for cell in cells(path):
        assert (cell["outputs"], cell["execution_count"], cell["metadata"]) == ([], None, {})


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_no_logic(path):
    for cell in cells(path):
        tree = ast.parse("".join(cell["source"]))
        assert [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, LOGIC)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path, monkeypatch):
    needed = [name for name in ("nbclient", "ipykernel", "anywidget") if importlib.util.find_spec(name) is None]
    if needed:
        message = f"{', '.join(needed)} not installed: uv sync --group notebooks"
        (pytest.fail if REQUIRED else pytest.skip)(message)
    import nbclient
    import nbformat

    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "test_data").symlink_to(ROOT / "test_data", target_is_directory=True)
    place = shutil.copy(path, tmp_path / "notebooks")
    notebook = nbformat.read(place, as_version=4)
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path / "notebooks"}}).execute()
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
