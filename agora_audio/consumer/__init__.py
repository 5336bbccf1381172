"""The output side: paced sound, what interrupts it, what of it was heard, and the stamps it carries."""
