"""Measure and see: label formats and plots."""
