"""The group of commands: imported when they are used, with errors of one line."""

from __future__ import annotations

import difflib
import os
import shlex
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NoReturn

import click

from deepbench_fast import __version__
from deepbench_fast.cli.arguments import complete_by_metavar
from deepbench_fast.cli.signals import interrupt_in
from deepbench_fast.cli.streams import drop_unwritten
from deepbench_fast.errors import DeepbenchFastError, one_line
from deepbench_fast.kernels.leaving import number_of

PROGRAM = "deepbench-fast"
TO_GO_ON = "to go on"
COMPLETION_VARIABLE = "_DEEPBENCH_FAST_COMPLETE"

COMMANDS = {
    "generate": "generate",
    "plan": "plan",
    "list": "list_",
    "describe": "describe",
    "init": "init",
    "schema": "schema",
    "info": "info",
    "show": "show",
    "preview": "preview",
    "explore": "explore",
    "verify": "verify",
    "report": "report",
    "index": "index",
    "merge": "merge",
    "extend": "extend",
    "reshard": "reshard",
    "export": "export",
    "ladder": "ladder",
    "shift": "shift",
    "convert": "convert",
    "posterior": "posterior",
    "calibrate": "calibrate",
    "coverage": "coverage",
    "warmup": "warmup",
    "completion": "completion",
    "cite": "cite",
    "benchmark": "benchmark",
    "versions": "versions",
}
"""Command → its module in this package, whose `command` it is."""


class Command(click.Command):
    """A command whose help ends with an example."""

    def __init__(self, name: str | None, *, example: str, **options: Any) -> None:
        options["epilog"] = f"\b\nExample:\n  {example}"
        super().__init__(name, **options)
        self.params += [_debug_option(), _kinds_option()]
        complete_by_metavar(self.params)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click's parser doesn't say whose option lacks its value
            raise


class Group(click.Group):
    """Commands by name; every error becomes one line on standard error and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"deepbench_fast.cli.{COMMANDS[cmd_name]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(1000)) for name, command in commands if command])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS and not ctx.resilient_parsing:
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            later = [word for word in args[1:] if word in COMMANDS]
            if args[0] == "help":
                hint = f"{' '.join([PROGRAM, *later[:1]])} --help"
            elif later and not near:
                hint = f"the command comes first: {PROGRAM} {later[0]} {args[0]} …"
            else:
                hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(COMMANDS)}"
            raise click.UsageError(f"no command '{args[0]}'; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def main(self, args: Sequence[str] | None = None, *unused: Any, **extra: Any) -> NoReturn:
        if COMPLETION_VARIABLE in os.environ:
            super().main(args, PROGRAM, COMPLETION_VARIABLE)
        arguments = tuple(sys.argv[1:] if args is None else args)
        try:
            with self.make_context(PROGRAM, list(arguments), obj=arguments) as context:
                _speak_on_terminals()
                self.invoke(context)
                sys.stdout.flush()
            status = 0
        except click.exceptions.Exit as end:
            status = end.exit_code
        except BaseException as error:
            if "--debug" in arguments and not isinstance(error, SystemExit):
                traceback.print_exc()
            status = _report(interrupt_in(error) or error)
        drop_unwritten()
        sys.exit(status)


def _report(error: BaseException) -> int:
    """Say in one line what went wrong; the exit status."""
    match error:
        case KeyboardInterrupt():
            number = number_of(error)
            own = [note for note in getattr(error, "__notes__", ()) if note.startswith(TO_GO_ON)]  # Python adds others
            _say("; ".join([f"stopped by {number.name}", *own]))
            return 128 + number
        case BrokenPipeError():  # whoever read the output has seen enough
            return 1
        case click.ClickException():
            context = getattr(error, "ctx", None)
            path = PROGRAM if context is None else context.command_path
            _say(f"{error.format_message()} ({path} --help says more)")
            return error.exit_code
        case DeepbenchFastError():
            _say(str(error))
            return error.exit_status
        case OSError() if error.filename and error.strerror:
            _say(f"{os.fsdecode(error.filename)}: {error.strerror}")
        case OSError():
            _say(f"{error} (--debug shows where it happened)")
        case Exception():
            _say(f"{type(error).__name__}: {error} (unexpected; --debug shows where it happened)")
        case _:
            raise error
    return 1


def _say(message: str) -> None:
    click.echo(one_line(f"Error: {message}"), err=True)


def _speak_on_terminals() -> None:
    """Let somebody who waits at a terminal know why: the package's log has a line for what takes long, once."""
    if sys.stderr.isatty():
        import logging

        logging.basicConfig(format="%(message)s")
        logging.getLogger("deepbench_fast").setLevel(logging.INFO)


def _debug_option() -> click.Option:
    return click.Option(["--debug"], is_flag=True, expose_value=False, help="Show where an error happened.")


def _kinds_option() -> click.Option:
    def load(context: click.Context, option: click.Parameter, paths: tuple[str, ...]) -> None:
        for path in paths:
            from deepbench_fast.kinds.own import load_kinds

            load_kinds(path)

    words = "Run this Python file first: it declares kinds of objects of your own."
    names = ["--kinds"]
    return click.Option(
        names, metavar="FILE.py", multiple=True, expose_value=False, callback=load, is_eager=True, help=words
    )


@click.command(
    cls=Group,
    params=[_debug_option(), _kinds_option()],
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"\b\nExample:\n  {PROGRAM} generate galaxies galaxies.h5 -n 1_000_000",
)
@click.version_option(__version__, prog_name=PROGRAM)
@click.pass_context
def group(context: click.Context) -> None:
    """Reproducible benchmark datasets, from a recipe to one HDF5 file."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)


complete_by_metavar(group.params)


@contextmanager
def resumed_by(arguments: Sequence[str]) -> Iterator[None]:
    """Say, where what is inside is interrupted, which command goes on with it."""
    try:
        yield
    except KeyboardInterrupt as stop:
        stop.add_note(f"{TO_GO_ON}: {shlex.join([PROGRAM, *arguments])}")
        raise
