"""`write_report`: the page itself, one file, or one with a folder of sound and frames beside it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from agora_audio.errors import ConfigError
from agora_audio.lab.files import write_whole
from agora_audio.lab.report.document import describe, frame_bytes
from agora_audio.lab.report.recording import Recording, encode_flac, encode_mp3
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.segments import Segment

__all__ = ["checked_page", "write_report"]

_LONG = 15 * 60.0
"""Seconds up to which everything is in the page."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="data:,">
<title>{title}</title>
</head>
<body>
<noscript>This page draws itself with JavaScript; it loads nothing from the network.</noscript>
<div id="viewer"></div>
<script type="application/json" id="document">{document}</script>
<script>{script}</script>
</body>
</html>
"""


def write_report(
    path: str | Path,
    recording: Recording,
    configs: Mapping[str, AudioVadConfigV2] | None = None,
    *,
    reference: Sequence[Segment] | None = None,
    title: str | None = None,
    engine: str = "",
    side_files: bool | None = None,
) -> list[Path]:
    """Write a page that shows a recording and lets hear it, for any browser, without a network.

    Parameters
    ----------
    path
        Where the page goes, ``.html`` or ``.htm``; an existing file is replaced once the new one is complete.
    recording, configs, reference, engine
        As of `describe`.
    title
        Heading; None: the name of the page.
    side_files
        Keep sound and frames in a folder beside the page, whose name is that of the page with ``_files`` behind it;
        None: above 15 minutes.

    Returns
    -------
    list of Path
        What was written, the page first.

    Raises
    ------
    ConfigError
        If the suffix is another.
    FormatError
        As of `describe`.
    OSError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from agora_audio.frames import AudioFormat
    >>> from agora_audio.lab.report import record_blocks
    >>> recording = record_blocks([bytes(32000)], AudioFormat(16000), engine="energy")
    >>> [path.name for path in write_report(tempfile.mkdtemp() + "/silence.html", recording)]
    ['silence.html']
    """
    page = checked_page(path)
    heading = page.stem if title is None else title
    document = describe(recording, configs, reference=reference, title=heading, engine=engine)
    beside = recording.trace.duration > _LONG if side_files is None else side_files
    written = _beside(page, recording, document) if beside else _within(recording, document)
    write_whole(page, _page(heading, document, beside).encode())
    return [page, *written]


def checked_page(path: str | Path) -> Path:
    """Return where a page goes, or raise the ConfigError that says why none can be there."""
    page = Path(path)
    if page.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"{page.name!r} does not end in .html: a report is a page")
    return page


def _within(recording: Recording, document: dict[str, Any]) -> list[Path]:
    document["data"] = base64.b64encode(frame_bytes(recording.trace)).decode()
    if recording.sound is not None:
        document["sound"] = {
            "type": "audio/mpeg",
            "data": base64.b64encode(encode_mp3(recording.sound)).decode(),
        }
    return []


def _beside(page: Path, recording: Recording, document: dict[str, Any]) -> list[Path]:
    """Write frames as a script, since a page that was opened from a disk may load those and nothing else."""
    folder = page.with_name(f"{page.stem}_files")
    folder.mkdir(exist_ok=True)
    written = [folder / "frames.js"]
    data = base64.b64encode(frame_bytes(recording.trace)).decode()
    write_whole(written[0], f'globalThis.agoraAudioFrames = "{data}";\n'.encode())
    document["script"] = f"{quote(folder.name)}/frames.js"
    if recording.sound is not None:
        written.append(folder / "sound.flac")
        write_whole(written[1], encode_flac(recording.sound))
        document["sound"] = {"type": "audio/flac", "url": f"{quote(folder.name)}/sound.flac"}
    return written


def _page(title: str, document: Mapping[str, Any], beside: bool) -> str:
    script = files("agora_audio.lab.static").joinpath("report.js").read_text(encoding="utf-8")
    own = "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"
    local = " 'self' file:" if beside else ""
    policy = {
        "default-src": "'none'",
        "script-src": own + local,
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "media-src": "blob:" + local,
    }
    return _PAGE.format(
        policy="; ".join(f"{name} {value}" for name, value in policy.items()),
        title=html.escape(title),
        document=_embedded(document),
        script=script,
    )


def _embedded(document: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the element it stands in, whatever a file or a label is called."""
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
