"""How a program ends whose threads don't: a kernel that runs a function of a user's may never come back."""

from __future__ import annotations

from collections.abc import Callable

at_once: Callable[[int], None] | None = None
"""What a program sets whose process is its own: it ends the process, whatever its threads do. Called with the number of
a signal that came while work went on that an earlier one had asked to end. What was written stays as it is."""
