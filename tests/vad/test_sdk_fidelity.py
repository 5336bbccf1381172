"""`consecutive` is what SDK 2.4 does, call for call: recorded answers, and the SDK itself where it can be fetched."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path

import pytest

from agora_audio.vad.config import AudioVadConfigV2
from tests.vad.sdk import (
    FILE,
    KINDS,
    REQUIREMENT,
    load,
    make_config,
    ours,
    pack,
    random_attributes,
    signal,
    theirs,
    unpack,
    written,
)

VECTORS = json.loads((Path(__file__).parent / "data" / "sdk_consecutive.json").read_text())
SEQUENCES = VECTORS["sequences"]

# Attributes of the SDK's object that a recorded sequence does not name keep the SDK's defaults, which are ours but for:
SDK_DEFAULTS = {"stop_voiceprob": 50, "enable_adaptive_rms_threshold": True}


def labels_of(sequence):
    if "labels" in sequence:
        return written(sequence["labels"])
    return signal(sequence["kind"], sequence["seed"], sequence["count"])


def label(sequence):
    return sequence.get("name") or f"{sequence['kind']} {sequence['seed']}"


@pytest.mark.parametrize("sequence", SEQUENCES, ids=map(label, SEQUENCES))
def test_recorded_answers(sequence):
    config = AudioVadConfigV2.from_agora(SDK_DEFAULTS | sequence["attributes"], "consecutive")
    answers = ours(config, labels_of(sequence))
    assert pack(state for state, _ in answers) == sequence["states"]
    assert pack(len(data) for _, data in answers) == sequence["bytes"]
    assert zlib.crc32(b"".join(data for _, data in answers)) == sequence["crc32"]


def test_the_recorded_sequences_say_something():
    assert len(SEQUENCES) == 23
    assert {sequence.get("kind") for sequence in SEQUENCES} == {None, *KINDS}
    random = [unpack(sequence["states"]) for sequence in SEQUENCES if "kind" in sequence]
    assert all(states.count("3") >= 3 for states in random)
    assert sum(states.count("1") for states in random) > 45


def test_run_lengths_and_back():
    assert pack("0001200") == "0*3 1 2 0*2"
    assert unpack("0*3 1 2 0*2") == list("0001200")
    assert written("80/0*2 0/1") == [(80, 0), (80, 0), (0, 1)]


def test_signals_are_a_recipe():
    for kind in KINDS:
        frames = signal(kind, 5, 400)
        assert frames == signal(kind, 5, 500)[:400]
        assert frames != signal(kind, 6, 400)
        assert {voice for _, voice in frames} == {0, 1}
        assert 0 <= min(rms for rms, _ in frames) < max(rms for rms, _ in frames) <= 127


@pytest.fixture(scope="class")
def file(tmp_path_factory):
    target = tmp_path_factory.mktemp("sdk")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--no-input"]
    try:
        done = subprocess.run(
            [*command, "--disable-pip-version-check", "-d", str(target), REQUIREMENT],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"pip took too long to fetch {REQUIREMENT}")
    archives = list(target.glob("*.tar.gz"))
    if done.returncode or not archives:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        pytest.skip(f"pip cannot fetch {REQUIREMENT}: {said}")
    with tarfile.open(archives[0]) as archive:
        (member,) = (member for member in archive.getmembers() if member.name.endswith(f"/{FILE}"))
        content = archive.extractfile(member).read()
    path = target / "voice_detection.py"
    path.write_bytes(content)
    return path


@pytest.fixture(scope="class")
def sdk(file):
    return load(file)


@pytest.mark.network
class TestAgainstTheSdk:
    """The SDK's own file, fetched from a package index and loaded without the SDK's package."""

    def test_it_is_the_file_that_the_answers_were_recorded_from(self, file):
        assert hashlib.sha256(file.read_bytes()).hexdigest() == VECTORS["sha256"]

    def test_loading_it_leaves_no_module_behind(self, file):
        before = set(sys.modules)
        load(file)
        assert not [name for name in set(sys.modules) - before if name.startswith(("agora", "sdk_2_4"))]

    @pytest.mark.parametrize("part", range(10))
    def test_random_labels_through_random_configs(self, sdk, part):
        starts = stops = 0
        for seed in range(1000 + 30 * part, 1030 + 30 * part):
            attributes = random_attributes(seed)
            labels = signal(KINDS[seed % len(KINDS)], seed, 400 + seed * 37 % 1601)
            config = make_config(sdk, attributes)
            mine = ours(AudioVadConfigV2.from_agora(config, "consecutive"), labels)
            assert mine == theirs(sdk, config, labels), f"{seed=} {attributes}"
            starts += sum(state == 1 for state, _ in mine)
            stops += sum(state == 3 for state, _ in mine)
        assert starts > 30
        assert stops > 30

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_defaults_of_the_sdk(self, sdk, kind):
        for seed in range(10):
            config = make_config(sdk, {})
            labels = signal(kind, seed, 2000)
            assert ours(AudioVadConfigV2.from_agora(config, "consecutive"), labels) == theirs(sdk, config, labels)

    def test_its_config_object_is_read_before_and_after_it_was_used(self, sdk):
        config = make_config(sdk, {})
        expected = AudioVadConfigV2(algorithm="consecutive", stop_voice_prob=50, adaptive_rms=True)
        for raised in (-50, 77, 204):
            assert (config.start_rms, config.stop_rms) == (raised, raised)
            assert AudioVadConfigV2.from_agora(config, "consecutive") == expected
            sdk.AudioVadV2(config)  # adds 127 to the caller's object

    def test_the_names_that_we_write_are_those_of_its_object(self, sdk):
        assert set(AudioVadConfigV2().to_agora()) == set(vars(sdk.AudioVadConfigV2()))

    @pytest.mark.parametrize("sequence", SEQUENCES, ids=map(label, SEQUENCES))
    def test_the_record_is_what_it_answers(self, sdk, sequence):
        answers = theirs(sdk, make_config(sdk, sequence["attributes"]), labels_of(sequence))
        assert pack(state for state, _ in answers) == sequence["states"]
        assert zlib.crc32(b"".join(data for _, data in answers)) == sequence["crc32"]
