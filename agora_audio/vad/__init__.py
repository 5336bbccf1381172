"""Voice activity detection: engines, the AudioVadV2 state machine, managers, segments and dumps."""
