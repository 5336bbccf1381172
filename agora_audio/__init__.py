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
    from agora_audio.apm.statistics import ProcessorStats
    from agora_audio.consumer.config import PacerConfig
    from agora_audio.consumer.consumer import AudioConsumer
    from agora_audio.consumer.heard import InterruptReport
    from agora_audio.consumer.pacer import Pacer
    from agora_audio.consumer.pcm_buffer import PcmRawDataManager
    from agora_audio.consumer.policy import InterruptionPolicy
    from agora_audio.consumer.policy_config import InterruptionConfig, InterruptionSettings
    from agora_audio.consumer.pts import PtsAllocator, SessionParser
    from agora_audio.consumer.rounds import Rounds
    from agora_audio.consumer.sinks import CallbackSink, MemorySink, WavSink
    from agora_audio.consumer.ticker import Ticker
    from agora_audio.processor import ExternalAudioProcessor, ProcessedFrame
    from agora_audio.segmenter.speech import speech_text
    from agora_audio.segmenter.speech_config import SpeechText

__version__ = "0.1.0"

# Audio processing takes as long to import as all the rest; who only detects speech does not wait for it, nor for the
# output side.
_LATER = {
    "APMConfig": "agora_audio.apm.config",
    "ApmStages": "agora_audio.apm.stages",
    "AudioConsumer": "agora_audio.consumer.consumer",
    "CallbackSink": "agora_audio.consumer.sinks",
    "ExternalAudioProcessor": "agora_audio.processor",
    "InterruptionConfig": "agora_audio.consumer.policy_config",
    "InterruptionPolicy": "agora_audio.consumer.policy",
    "InterruptionSettings": "agora_audio.consumer.policy_config",
    "PcmRawDataManager": "agora_audio.consumer.pcm_buffer",
    "ProcessedFrame": "agora_audio.processor",
    "ProcessorStats": "agora_audio.apm.statistics",
    "PtsAllocator": "agora_audio.consumer.pts",
    "SessionParser": "agora_audio.consumer.pts",
    "SpeechText": "agora_audio.segmenter.speech_config",
    "speech_text": "agora_audio.segmenter.speech",
    "InterruptReport": "agora_audio.consumer.heard",
    "MemorySink": "agora_audio.consumer.sinks",
    "Pacer": "agora_audio.consumer.pacer",
    "PacerConfig": "agora_audio.consumer.config",
    "Rounds": "agora_audio.consumer.rounds",
    "Ticker": "agora_audio.consumer.ticker",
    "WavSink": "agora_audio.consumer.sinks",
}

__all__ = [
    "APMConfig",
    "ApmStages",
    "AudioConsumer",
    "AudioError",
    "AudioFormat",
    "AudioFrame",
    "AudioReader",
    "AudioVadConfigV2",
    "AudioVadManager",
    "AudioVadV2",
    "CallbackSink",
    "ConfigError",
    "Engine",
    "EngineUnavailable",
    "ExternalAudioProcessor",
    "FormatError",
    "Framer",
    "InterruptReport",
    "InterruptionConfig",
    "InterruptionPolicy",
    "InterruptionSettings",
    "LiveError",
    "MemorySink",
    "Pacer",
    "PacerConfig",
    "PcmRawDataManager",
    "ProcessedFrame",
    "ProcessorStats",
    "PtsAllocator",
    "Resampler",
    "Rounds",
    "Segment",
    "SessionParser",
    "SpeechDetector",
    "SpeechText",
    "StereoVad",
    "Ticker",
    "VadDump",
    "VadEvent",
    "VadResult",
    "VadState",
    "VadStream",
    "WavSink",
    "__version__",
    "create_engine",
    "detect_speech",
    "open_audio",
    "read_audio",
    "resample",
    "rms_db",
    "speech_text",
]


def __getattr__(name: str) -> typing.Any:
    """Import one of the names of `_LATER` when it is first used."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
