"""A recording through the stages in one call: the same as through the processor piece by piece."""

from __future__ import annotations

import numpy as np
import pytest

from agora_audio.apm.stages import ApmStages
from agora_audio.errors import FormatError
from agora_audio.io import open_audio, read_audio
from agora_audio.lab.processing import process_blocks, process_recording
from agora_audio.processor import ExternalAudioProcessor
from agora_audio.vad.config import AudioVadConfigV2
from tests.vad.pieces import TEST_DATA

NOISY = TEST_DATA / "dialogue_noisy_16k.wav"
STAGES = ApmStages(high_pass=True, noise=True)


def test_it_is_the_processor_with_its_delay_taken_off():
    sound, stats = process_recording(NOISY, STAGES)
    with open_audio(NOISY) as reader:
        processor = ExternalAudioProcessor(STAGES, AudioVadConfigV2())
        frames = [done for given in process_blocks(processor, reader, reader.format) for done in given]
    late = round(processor.delay * 16000)
    output = np.concatenate([done.frame.samples()[:, 0] for done in frames])
    assert np.array_equal(sound.after, output[late : late + len(sound.after)])
    assert np.array_equal(sound.before, read_audio(NOISY)[0][: len(sound.before), 0])
    assert list(sound.segments) == [done.segment for done in frames if done.segment is not None]
    assert sound.with_vad
    assert list(stats.stages) == ["high_pass", "noise"]
    assert stats.segments == len(sound.segments) > 0


def test_a_recording_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        process_recording(tmp_path / "nothing.wav", STAGES)
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(FormatError):
        process_recording(tmp_path / "empty.wav", STAGES)
