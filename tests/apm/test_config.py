import pytest

from agora_audio.apm.config import AgcConfig, AiAecConfig, AiNsConfig, APMConfig, BghvsCConfig
from agora_audio.errors import ConfigError

# What SDK 2.4.10 writes for its defaults.
SDK_DEFAULT = (
    '{"aec":{"enabled":false,"split_srate_for_48k":16000},"bghvs":{"enabled":true,"frmSz":160,"smplFrq":16000,'
    '"inBuildVadOpen":1,"mainPoolFN":1000,"farPoolFN":6000,"mainTimeOutFN":30000,"farTimeOutFN":60000,'
    '"sosPersistentLen":160,"postPaddingLenOfEOS":480,"unVoiceLenOfTriggerEOS":480,"bvcSOSLen":160,'
    '"bvcPostEOSLen":480,"bvcEOSLen":480,"vobvcDelay":12,"bvcVoMthOpen":1,"bvcSpecMtOpen":0,"logLv":0,'
    '"voiceProbThr":0.5,"vadVolumeThr":60,"bvcBabbleVolumeThr":60,"powScale":0.2,"powRatio":0.1,"bvcSppGain":0,'
    '"bvcEnvTailDownFN":0,"bvcEnvMaxSpeed":5,"envTrackMode":1,"bvcDownRatio":0.95,"bvcDownDB":-20,'
    '"bvcFarEnvThr":0.0,"bvcMainEnvRatio":0.8,"bvcFarEnvRatio":0.8,"bvcMainVadThr":0.5,"bvcFarVadThr":0.4,'
    '"bvcEnvResultSmoothRatio":0.97,"bvcEnvResultSmoothRatio1":0.98,"bvcMainSpkSmoothRatio":0.99,'
    '"quickSelectInterval":1},"agc":{"enabled":false},"ans":{"enabled":true},'
    '"sf_st_cfg":{"enabled":true,"ainsModelPref":10},"sf_ext_cfg":{"nsngAlgRoute":12,"nsngPredefAgg":11}}'
)


def test_the_defaults_are_the_sdks_byte_for_byte():
    assert APMConfig().to_agora_json() == SDK_DEFAULT


def test_the_json_keeps_the_type_of_a_number():
    text = APMConfig(bghvs_c_config=BghvsCConfig(bvcDownDB=-20.0, bvcSppGain=1)).to_agora_json()
    assert '"bvcDownDB":-20.0,' in text
    assert '"bvcSppGain":1,' in text


def test_there_and_back():
    config = APMConfig(
        ai_ns_config=AiNsConfig(ns_enabled=False, nsng_predef_agg=12),
        ai_aec_config=AiAecConfig(enabled=True),
        bghvs_c_config=BghvsCConfig(enabled=False, bvcDownDB=-12),
        agc_config=AgcConfig(enabled=True),
    )
    assert APMConfig.from_agora_json(config.to_agora_json()) == config
    assert APMConfig.from_agora_json(SDK_DEFAULT.encode()) == APMConfig()
    assert APMConfig.from_agora_json("{}", enable_dump=True) == APMConfig(enable_dump=True)
    assert APMConfig.from_agora(config) == config


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: AiNsConfig(ns_enabled=1), "AiNsConfig.ns_enabled is 1, must be True or False"),
        (
            lambda: AiAecConfig(split_srate_for_48k=16000.0),
            "AiAecConfig.split_srate_for_48k is 16000.0, must be a whole",
        ),
        (lambda: BghvsCConfig(bvcDownDB="x"), "BghvsCConfig.bvcDownDB is 'x', must be a finite number"),
        (lambda: BghvsCConfig(powScale=float("nan")), "BghvsCConfig.powScale is nan, must be a finite number"),
        (lambda: APMConfig(agc_config=None), "APMConfig.agc_config is None, must be an AgcConfig"),
        (lambda: APMConfig(enable_dump=0), "APMConfig.enable_dump is 0, must be True or False"),
        (lambda: APMConfig.from_agora_json("{"), "not JSON"),
        (lambda: APMConfig.from_agora_json('{"aec":1}'), "object of objects"),
        (lambda: APMConfig.from_agora_json('{"aec":{"on":true}}'), "AiAecConfig has no field 'on'"),
        (lambda: APMConfig.from_agora_json('{"nsx":{"on":true}}'), "no nsx.on"),
    ],
)
def test_errors_name_the_field(make, said):
    with pytest.raises(ConfigError, match=said):
        make()
