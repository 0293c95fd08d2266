"""Digests of the reference posteriors of the tasks' observations 1 to 10."""

from __future__ import annotations

REFERENCES: dict[str, tuple[str, ...]] = {}
"""Task → digests. `python -m tests.tasks.test_references NAME ...` prints the lines of these tasks as they are."""
