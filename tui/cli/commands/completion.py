"""``xs3-tui completion``: what makes a shell complete the command."""

from __future__ import annotations

import click

from tui.cli.command_table import COMPLETE, PROGRAM
from tui.cli.shells import SHELLS, script


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
def completion(shell: str) -> None:
    """Print the completion script for SHELL.

    It completes commands, options, profiles, identities, bookmarks and S3 URIs.

    \b
    bash:  eval "$(xs3-tui completion bash)"       in ~/.bashrc
    zsh:   eval "$(xs3-tui completion zsh)"        in ~/.zshrc, behind compinit
    fish:  xs3-tui completion fish | source        in ~/.config/fish/config.fish
    """
    cli = click.get_current_context().find_root().command
    click.echo(script(shell, cli, PROGRAM, COMPLETE))
