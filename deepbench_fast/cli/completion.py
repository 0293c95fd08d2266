"""`completion`: the script that lets a shell complete commands, options, names and files."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from deepbench_fast.cli.group import COMPLETION_VARIABLE, PROGRAM, Command

SHELLS = ("bash", "zsh", "fish")


@click.command(
    cls=Command, example=f'{PROGRAM} completion bash\n\n\b\nTo use it:\n  eval "$({PROGRAM} completion bash)"'
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print a shell's completion script.

    It completes commands, options, built-in recipes, kinds, recipe files and datasets. Put the line with eval into
    ~/.bashrc or ~/.zshrc; for fish, write the script to ~/.config/fish/completions/deepbench-fast.fish.
    """
    completion = get_completion_class(shell)
    assert completion is not None
    click.echo(completion(context.find_root().command, {}, PROGRAM, COMPLETION_VARIABLE).source())
