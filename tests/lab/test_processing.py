"""process_blocks and ProcessingTrace: the far end keeps up, before and after lie on one time axis."""

from __future__ import annotations

import io

import numpy as np
import pytest

from agora_audio.apm.stages import ApmStages, EchoStage
from agora_audio.errors import FormatError
from agora_audio.frames import AudioFormat
from agora_audio.io import open_audio
from agora_audio.lab.processing import BeforeAfter, ProcessingTrace, process_blocks
from agora_audio.processor import ExternalAudioProcessor
from agora_audio.resample import resample
from agora_audio.vad.config import AudioVadConfigV2
from agora_audio.writer import AudioWriter
from tests.vad.pieces import cut, talk

MONO = AudioFormat(16000)
ECHO = ApmStages(echo=EchoStage("webrtc"))


def reader_of(sound, rate=16000, channels=1, block=1.0):
    stream = io.BytesIO()
    with AudioWriter(stream, AudioFormat(rate, channels)) as writer:
        writer.write(sound)
    return open_audio(io.BytesIO(stream.getvalue()), block_seconds=block)


def traced(stages, sound, rate=16000, channels=1, out_rate=16000, **options):
    format = AudioFormat(rate, channels)
    trace = ProcessingTrace(format)
    with ExternalAudioProcessor(stages, sample_rate=out_rate, **options) as processor:
        blocks = map(trace.note_input, cut(sound, [2 * channels * (rate // 3)]))
        for frames in process_blocks(processor, blocks, format):
            trace.note_output(frames)
        return trace.result(processor.format, processor.delay)


def test_blocks_give_what_pushes_give_and_the_flush_is_the_last():
    sound = talk(16000, 1, 0.3, 2.3)
    with ExternalAudioProcessor(ApmStages(noise=True)) as processor:
        expected = processor.push_audio_pcm_data(sound, 16000, 1)
        last = processor.flush()
    with ExternalAudioProcessor(ApmStages(noise=True)) as processor:
        given = list(process_blocks(processor, cut(sound, [3200]), MONO))
    assert given[-1] == last
    assert [done for frames in given[:-1] for done in frames] == expected


@pytest.mark.parametrize("rate", [16000, 48000, 8000, 11025])
@pytest.mark.parametrize("block", [0.01, 0.1, 1.0])
def test_the_far_end_is_there_before_its_near_end(rate, block):
    far = np.frombuffer(talk(16000, 1, 0.3, 4.3), "<i2").reshape(-1, 1)
    reader = reader_of(resample(far, 16000, rate), rate, block=block)
    with ExternalAudioProcessor(ECHO) as processor:
        list(process_blocks(processor, cut(far.tobytes(), [round(32000 * block)]), MONO, reader))
        stats = processor.stats().far_end
    assert stats.late_s == 0.0
    assert stats.missing_s < 0.015


def test_no_more_of_a_long_far_end_is_read_than_is_needed():
    far = np.zeros((16000 * 20, 1), np.int16)
    with ExternalAudioProcessor(ECHO) as processor:
        list(process_blocks(processor, cut(bytes(32000 * 2), [32000]), MONO, reader_of(far, block=0.5)))
        assert 2.0 <= processor.stats().far_end.pushed_s <= 3.0


def test_a_far_end_that_begins_later_is_not_pushed_before():
    far = np.full((16000 * 2, 1), 500, np.int16)
    with ExternalAudioProcessor(ECHO) as processor:
        steps = process_blocks(processor, cut(bytes(32000 * 4), [32000]), MONO, reader_of(far), far_start=2.5)
        next(steps)
        next(steps)
        assert processor.stats().far_end.pushed_s == 0.0
        list(steps)
        stats = processor.stats().far_end
    assert (stats.pushed_s, stats.late_s, stats.waiting_s) == (2.0, 0.0, 0.5)


@pytest.mark.parametrize("out_rate", [16000, 48000, 11025])
@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (44100, 2), (8000, 1)])
def test_before_and_after_lie_on_one_time_axis(rate, channels, out_rate):
    result = traced(ApmStages(noise=True), talk(rate, channels, 3.6, 5.6), rate, channels, out_rate)
    assert result.rate == min(rate, out_rate)
    assert len(result.before) == len(result.after)
    assert result.duration == pytest.approx(2.0, abs=0.02)
    middle = slice(result.rate // 2, 3 * result.rate // 2)
    target = result.before[middle].astype(float)
    shifts = range(-40, 41)
    score = [np.dot(target, np.roll(result.after, -shift)[middle].astype(float)) for shift in shifts]
    assert abs(shifts[int(np.argmax(score))]) <= 1
    assert (result.segments, result.with_vad) == ((), False)


def test_segments_are_kept_in_order():
    result = traced(None, talk(16000, 1, 0.3, 7.3), vad_config=AudioVadConfigV2(), engine="webrtc")
    assert result.with_vad
    assert len(result.segments) >= 1
    assert list(result.segments) == sorted(result.segments)
    quiet = traced(None, bytes(32000), vad_config=AudioVadConfigV2(), engine="webrtc")
    assert (quiet.segments, quiet.with_vad) == ((), True)


def test_without_sound_there_is_nothing_to_draw():
    trace = ProcessingTrace(MONO)
    with pytest.raises(FormatError, match="there is no sound in the recording"):
        trace.result(MONO, 0.0)


def test_a_block_is_returned_as_it_is():
    block = talk(16000, 2, 0.3, 0.4)
    assert ProcessingTrace(AudioFormat(16000, 2)).note_input(block) is block


def test_the_duration_is_that_of_the_sound():
    sound = np.zeros(8000, np.int16)
    assert BeforeAfter(16000, sound, sound, (), False).duration == 0.5
