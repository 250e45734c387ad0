"""One parser for ``xs3-tui`` and its verbs. Nothing heavy is imported before a command is known."""

from __future__ import annotations

import sys

import click

from tui import __version__
from tui.cli.cp import cp
from tui.cli.demo import demo
from tui.cli.inspect import inspect
from tui.cli.ls import ls
from tui.cli.open import open_app

VERBS: tuple[click.Command, ...] = (ls, cp, inspect, demo)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Without a verb the two panes open: xs3-tui [OPTIONS] [LEFT_S3_URI [RIGHT_S3_URI]] (xs3-tui open --help).",
)
@click.version_option(__version__, prog_name="xs3-tui")
def cli() -> None:
    """Two panes, two AWS accounts: browse S3, copy between accounts, and see who owns what."""


for verb in (open_app, *VERBS):
    cli.add_command(verb)


def main() -> None:
    """Run the command line; the first word decides whether it is a verb or the app's own."""
    arguments = sys.argv[1:]
    if not arguments or not is_group_word(arguments[0]):
        arguments.insert(0, str(open_app.name))
    cli.main(args=arguments, prog_name="xs3-tui")


def is_group_word(word: str) -> bool:
    """Whether the first word belongs to the group: a verb, or one of its own flags."""
    return word in cli.commands or word in ("-h", "--help", "--version")
