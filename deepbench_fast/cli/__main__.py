"""`python -m deepbench_fast.cli` is `deepbench-fast`."""

from __future__ import annotations

from deepbench_fast.cli import main

main()
