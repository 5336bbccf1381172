"""Measure and see, for one recording and for thousands: label formats, scores, plots and batches."""
