"""Limits under which a program of a test runs."""

from __future__ import annotations


def of_file_sizes(most: int | str) -> str:
    """Python that lets no file of its process grow beyond `most` bytes; it may be an expression.

    Nor is bytecode written: Python would leave a part of it in the installation, and take it for the whole.
    """
    limit = f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, resource.RLIM_INFINITY))"
    return f"import resource, sys; sys.dont_write_bytecode = True; {limit}"
