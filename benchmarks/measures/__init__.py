"""Comparisons, by subject: each module's `measure` gives rows of the table."""
