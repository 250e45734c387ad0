"""One parser for ``xs3-tui`` and its verbs; each verb's module is imported when it is wanted, and not before."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from tui import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

APP = "open"
"""The verb that opens the panes; it may be left out."""

VERBS = {
    APP: "tui.cli.open:open_app",
    "ls": "tui.cli.ls:ls",
    "cp": "tui.cli.cp:cp",
    "mv": "tui.cli.cp:mv",
    "rm": "tui.cli.rm:rm",
    "mb": "tui.cli.mb:mb",
    "inspect": "tui.cli.inspect:inspect",
    "transfers": "tui.cli.transfers:transfers",
    "uploads": "tui.cli.uploads:uploads",
    "login": "tui.cli.login:login",
    "config": "tui.cli.config:config",
    "completion": "tui.cli.completion:completion",
    "demo": "tui.cli.demo:demo",
}


PROGRAM, COMPLETE = "xs3-tui", "_XS3_TUI_COMPLETE"
"""The command, and the variable by which a shell asks for completions."""


class LazyGroup(click.Group):
    """A group that imports a verb's module only to run it or to show its help: the app's first paint waits for all."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """The verbs that begin so, without their help, and the options."""
        from click.shell_completion import CompletionItem  # needed by nobody but a shell

        verbs = [CompletionItem(name) for name in VERBS if name.startswith(incomplete)]
        return verbs + click.Command.shell_complete(self, ctx, incomplete)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The verbs, in the order in which the help shows them."""
        return list(VERBS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of that name."""
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Without a verb the two panes open: xs3-tui [OPTIONS] [LEFT_S3_URI [RIGHT_S3_URI]] (xs3-tui open --help).",
)
@click.version_option(__version__, prog_name=PROGRAM)
def cli() -> None:
    """Two panes, two AWS accounts: browse S3, copy between accounts, and see who owns what."""


def main() -> None:
    """Run the command line; the first word decides whether it is a verb or the app's own."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] not in (*VERBS, "-h", "--help", "--version"):
        arguments.insert(0, APP)
    if COMPLETE in os.environ:
        from tui.cli.shells import register

        register()
    cli.main(args=arguments, prog_name=PROGRAM, complete_var=COMPLETE)
