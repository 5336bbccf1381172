"""What stands under the fields of a config, for whoever shows them: ``--help``, the tips of the sliders."""

from __future__ import annotations

import ast
import inspect
import itertools
import sys

__all__ = ["field_docs"]


def field_docs(of: type) -> dict[str, str]:
    """Return the line of documentation under each field of a dataclass, so that others say the same."""
    tree = ast.parse(inspect.getsource(sys.modules[of.__module__]))
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef))
    body = next(node.body for node in classes if node.name == of.__name__)
    return {
        node.target.id: str(text.value.value).replace("`", "")
        for node, text in itertools.pairwise(body)
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }
