"""Thousands of recordings through one work: each done once, whatever dies meanwhile.

`run_batch` hands recordings to workers, which write their results whole or not at all, and writes one line of a
manifest for each; `find_items` turns folders, patterns, manifests and URLs into recordings; `Detect` and `Process` are
the work of ``agora-audio batch``. docs/batch.md tells what a run survives, and how.
"""

from __future__ import annotations

from agora_audio.lab.batch.items import Item
from agora_audio.lab.batch.listing import find_items
from agora_audio.lab.batch.manifest import read_manifest
from agora_audio.lab.batch.running import BatchProgress, run_batch
from agora_audio.lab.batch.task import Target, Work
from agora_audio.lab.batch.work import Detect, Process

__all__ = ["BatchProgress", "Detect", "Item", "Process", "Target", "Work", "find_items", "read_manifest", "run_batch"]
