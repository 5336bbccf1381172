"""Measure and see: label formats, scores and plots."""
