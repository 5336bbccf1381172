"""takes_stages: an option for every stage and field, and what a file, --sdk and options mean together."""

from __future__ import annotations

import inspect
import json
from dataclasses import fields

import pytest

from agora_audio.apm.config import APMConfig
from agora_audio.apm.stages import STAGES, ApmStages, BackgroundStage, NoiseStage
from agora_audio.cli.stage_options import takes_stages
from agora_audio.errors import ConfigError


@takes_stages
def command(stages: ApmStages, other: int = 3) -> ApmStages:
    """Return what was understood."""
    assert other == 3
    return stages


PARAMETERS = inspect.signature(command).parameters
NOTHING = {name: one.default for name, one in PARAMETERS.items() if name != "other"}


def understood(**given):
    return command(**{**NOTHING, **given})


def test_every_stage_and_every_field_has_an_option():
    wanted = {"other", "apm_config", "sdk", *STAGES}
    wanted |= {f"{name}_{spec.name}" for name, kind in STAGES.items() for spec in fields(kind)}
    assert set(PARAMETERS) == wanted
    options = [one.annotation.__metadata__[0] for name, one in PARAMETERS.items() if name != "other"]
    # In an annotation the first of them stands where a default would.
    words = [word for option in options for word in (option.default, *option.param_decls)]
    assert len(words) == len(set(words)) == len(wanted) - 1


@pytest.mark.parametrize(
    ("given", "stages"),
    [
        ({}, ApmStages()),
        ({"noise": True}, ApmStages(noise=True)),
        ({"noise": False}, ApmStages()),
        ({"noise_level": 0}, ApmStages(noise=NoiseStage(level=0))),
        ({"noise": True, "noise_level": 2}, ApmStages(noise=NoiseStage(level=2))),
        ({"background_hold_s": 0.0}, ApmStages(background=BackgroundStage(hold_s=0.0))),
        ({"sdk": True}, ApmStages.from_agora(APMConfig())),
        ({"sdk": True, "noise": False, "background": False}, ApmStages()),
        ({"sdk": True, "background_margin_db": 9.0}, ApmStages(noise=True, background=BackgroundStage(margin_db=9.0))),
    ],
)
def test_options_over_defaults(given, stages):
    assert understood(**given) == stages


def test_options_go_over_the_file_field_by_field(tmp_path):
    path = tmp_path / "stages.json"
    path.write_text(json.dumps(ApmStages(background=BackgroundStage(12.0, 9.0), high_pass=True).to_dict()))
    assert understood(apm_config=path, background_hold_s=1.0, high_pass=False) == ApmStages(
        background=BackgroundStage(12.0, 9.0, 1.0)
    )


def test_a_file_and_the_sdks_defaults_are_not_mixed(tmp_path):
    path = tmp_path / "stages.json"
    path.write_text("{}")
    with pytest.raises(ConfigError, match="--sdk and --apm-config"):
        understood(apm_config=path, sdk=True)


@pytest.mark.parametrize("text", ["nonsense", '"text"', "5", "null"])
def test_a_file_that_is_no_config_is_named(tmp_path, text):
    path = tmp_path / "stages.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"stages\.json: "):
        understood(apm_config=path)


def test_off_with_a_field_is_a_contradiction():
    with pytest.raises(ConfigError, match=r"--no-bgvs takes no --bgvs-\.\.\. beside it"):
        understood(background=False, background_margin_db=9.0)
