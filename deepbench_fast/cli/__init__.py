"""The command `deepbench-fast`, one file a command: parse, call one function, print.

Data go to standard output, everything else to standard error. Exit status: 0 done, 1 failed, 2 wrong usage or bad
input, 130 and 143 stopped by SIGINT and SIGTERM.
"""

from __future__ import annotations

import sys

from deepbench_fast.cli.signals import heed_signals, interrupt_in
from deepbench_fast.cli.streams import prepare_streams
from deepbench_fast.kernels.leaving import number_of


def main() -> None:
    """Run `deepbench-fast` with the arguments of this process, and exit."""
    prepare_streams()  # before anything else can open a file
    heed_signals()
    try:
        from deepbench_fast.cli.group import group

        group.main()
    except (Exception, KeyboardInterrupt) as error:
        if (interrupt := interrupt_in(error)) is None:
            raise
        number = number_of(interrupt)  # it came while Python loaded what reports others
        sys.stderr.write(f"Error: stopped by {number.name}\n")
        sys.exit(128 + number)
