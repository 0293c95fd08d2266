"""The command `deepbench-fast`, one file a command: parse, call one function, print.

Data go to standard output, everything else to standard error. Exit status: 0 done, 1 failed, 2 wrong usage or bad
input, 130 and 143 stopped by SIGINT and SIGTERM.
"""

from __future__ import annotations

from deepbench_fast.cli.streams import prepare_streams


def main() -> None:
    """Run `deepbench-fast` with the arguments of this process, and exit."""
    prepare_streams()  # before anything else can open a file
    from deepbench_fast.cli.group import group

    group.main()
