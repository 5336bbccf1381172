"""Audio processing: high-pass, echo cancelling, noise suppression, gain, background voices; their chain and config."""
