"""Speaking: paced output, interruption, rounds, and what was heard."""
