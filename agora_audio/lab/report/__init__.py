"""One page that shows, and lets hear, what a VAD saw and decided; the notebook widget shows the same.

`record_speech` and `record_dump` bring what is shown, `write_report` writes the page, `describe` says the same to the
widget. What draws it is JavaScript, built from ``viewer/`` into ``lab/static/``; decisions, errors and scores are made
here, so that page, widget and ``lab eval`` say the same numbers.
"""

from __future__ import annotations

from agora_audio.lab.report.document import describe, describe_lane, frame_bytes
from agora_audio.lab.report.page import write_report
from agora_audio.lab.report.recording import Recording, record_blocks, record_dump, record_speech

__all__ = [
    "Recording",
    "describe",
    "describe_lane",
    "frame_bytes",
    "record_blocks",
    "record_dump",
    "record_speech",
    "write_report",
]
