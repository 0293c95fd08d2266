"""`python -m deepbench_fast` is `deepbench-fast`."""

from __future__ import annotations

from deepbench_fast.cli import main

main()
