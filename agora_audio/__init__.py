"""The audio front end of a voice agent: what is tuned on a file is, bit for bit, what runs in the call."""

import importlib
import typing

from agora_audio.errors import AudioError, ConfigError, EngineUnavailable, FormatError, LiveError
from agora_audio.frames import AudioFormat, AudioFrame, Framer, rms_db
from agora_audio.io import AudioReader, open_audio, read_audio
from agora_audio.resample import Resampler, resample
from agora_audio.vad.audio_vad import AudioVadV2, VadResult
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.vad.detect import SpeechDetector, detect_speech
from agora_audio.vad.dump import VadDump
from agora_audio.vad.engines import Engine, create_engine
from agora_audio.vad.manager import AudioVadManager
from agora_audio.vad.segments import Segment
from agora_audio.vad.state_machine import VadEvent, VadState
from agora_audio.vad.stereo import StereoVad
from agora_audio.vad.stream import VadStream

if typing.TYPE_CHECKING:
    from agora_audio.apm.config import APMConfig
    from agora_audio.apm.stages import ApmStages
    from agora_audio.processor import ExternalAudioProcessor, ProcessedFrame
    from agora_audio.segmenter.segmenter import TextSegmenter, segment_text
    from agora_audio.segmenter.segments import SegmentLimits, TextSegment

__version__ = "0.1.0"

# Audio processing takes as long to import as all the rest, and text needs none of it: who only detects speech does not
# wait for them.
_LATER = {
    "APMConfig": "agora_audio.apm.config",
    "ApmStages": "agora_audio.apm.stages",
    "ExternalAudioProcessor": "agora_audio.processor",
    "ProcessedFrame": "agora_audio.processor",
    "SegmentLimits": "agora_audio.segmenter.segments",
    "TextSegment": "agora_audio.segmenter.segments",
    "TextSegmenter": "agora_audio.segmenter.segmenter",
    "segment_text": "agora_audio.segmenter.segmenter",
}

__all__ = [
    "APMConfig",
    "ApmStages",
    "AudioError",
    "AudioFormat",
    "AudioFrame",
    "AudioReader",
    "AudioVadConfigV2",
    "AudioVadManager",
    "AudioVadV2",
    "ConfigError",
    "Engine",
    "EngineUnavailable",
    "ExternalAudioProcessor",
    "FormatError",
    "Framer",
    "LiveError",
    "ProcessedFrame",
    "Resampler",
    "Segment",
    "SegmentLimits",
    "SpeechDetector",
    "StereoVad",
    "TextSegment",
    "TextSegmenter",
    "VadDump",
    "VadEvent",
    "VadResult",
    "VadState",
    "VadStream",
    "__version__",
    "create_engine",
    "detect_speech",
    "open_audio",
    "read_audio",
    "resample",
    "rms_db",
    "segment_text",
]


def __getattr__(name: str) -> typing.Any:
    """Import one of the names of audio processing or of the segmenter when it is first used."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
