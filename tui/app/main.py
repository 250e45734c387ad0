"""One parser for ``xs3-tui`` and its commands; each command's module is imported when it is wanted, and not before."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING

import click

from tui import __version__
from tui.app.command_table import ALIASES, APP, COMMANDS, COMPLETE, GROUPS, PROGRAM, WITHOUT_ENGINE
from tui.cli.aws_words import add_words, as_typed, our_word
from tui.cli.exits import epilog
from tui.cli.json_schema import SchemaOption
from tui.cli.stdout import checked_stdout
from tui.core.location import names_a_path
from tui.core.problem import ProblemError
from tui.link.process import EngineProcess
from tui.settings import read_settings, settings_file
from tui.text.format import visible
from tui.text.terminal import ascii_only

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """A group that imports a command's module only to run it or to show its help: it delays the first paint."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        from click.shell_completion import CompletionItem  # needed for completion only

        commands = [CompletionItem(name) for name in COMMANDS if name.startswith(incomplete)]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        add_words(cmd_name, command)
        _explain_exits(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, COMMANDS))
        for title, names in GROUPS.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            room = formatter.width - widest - 6
            with formatter.section(title):
                formatter.write_dl(
                    [(f"{name:{widest}}", command.get_short_help_str(room)) for name, command in commands if command]
                )

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for text in (_APP_HELP, epilog()):
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(text)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names; a usage error suggests one."""
        ctx.meta[_TYPED] = args
        name = ALIASES.get(args[0], args[0])
        if name not in COMMANDS:
            raise click.UsageError(_unknown_command(args[0], list(COMMANDS)), ctx)
        return super().resolve_command(ctx, [name, *args[1:]])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            text = error.format_message()
            if (named := as_typed(text, ctx.meta[_TYPED])) == text:
                raise
            raise click.UsageError(named, error.ctx) from error


_TYPED = "tui.typed"
"""In the data that contexts share: all words after the program's name."""


def _explain_exits(command: click.Command) -> None:
    """End the help of a command and its subcommands with the exit codes."""
    command.epilog = epilog()
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _explain_exits(below)


_APP_HELP = (
    "Without a command the two panes open: xs3-tui [--left PROFILE] [--right PROFILE] [LEFT_S3_URI [RIGHT_S3_URI]], or "
    "xs3-tui --demo for an embedded S3 with two accounts; all options: xs3-tui open --help."
)


_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100, "token_normalize_func": our_word}


@click.command(cls=LazyGroup, context_settings=_CONTEXT)
@click.version_option(__version__, prog_name=PROGRAM)
@click.option("--json-schema", cls=SchemaOption, help="Print the JSON Schemas of all commands with --json, one a line.")
def cli() -> None:
    """Two panes, two AWS accounts: browse S3, copy between accounts, see who owns what."""


def _unknown_command(word: str, commands: Sequence[str]) -> str:
    from difflib import get_close_matches  # few mistype

    close = get_close_matches(word.lower(), commands, n=1)
    said = f"no such command {visible(word)!r}; "
    if close:
        return f"{said}did you mean {close[0]}?"
    return f"{said}commands: {', '.join(commands)}; to open a bucket, write s3://{visible(word)}"


_EXPLAINING = {"-h", "--help", "--help-all", "--json-schema"}
"""Options with which a command only says what it does."""


def main() -> None:
    """Run the command line; without a command, open the panes."""
    arguments = sys.argv[1:]
    arguments = _command_first(arguments)
    if not arguments or _is_of_the_app(arguments[0]):
        arguments.insert(0, APP)
    if COMPLETE in os.environ:
        from tui.app.shells import register

        register()
    elif arguments[0] in COMMANDS.keys() - WITHOUT_ENGINE and not _EXPLAINING & {*arguments}:
        EngineProcess.start_ahead()
    try:
        with checked_stdout():
            _keep_to_ascii(as_json="--json" in arguments)
            cli.main(args=arguments, prog_name=PROGRAM, complete_var=COMPLETE)
    finally:
        EngineProcess.stop_unused()


_APP_OPTIONS = ("--left", "--right", "--bookmark", "--read-only", "--no-restore", "--demo", "--help", "-h", "--version")
"""The beginnings of the options that open the panes, or say what the program is."""

_WITH_VALUE = ("--profile", "--region", "--endpoint", "--endpoint-url", "--role-arn", "--external-id", "--mfa-serial")
"""Options of commands that `aws` users write first, with the value in the next word."""


def _command_first(arguments: list[str]) -> list[str]:
    """Options that stand before the command, as those of ``aws`` and s5cmd do, go behind it."""
    leading: list[str] = []
    for word in arguments:
        is_value = bool(leading) and leading[-1] in _WITH_VALUE
        if word.startswith(_APP_OPTIONS):
            return arguments
        if not word.startswith("-") and not is_value:
            known = leading and ALIASES.get(word, word) in COMMANDS
            return [word, *leading, *arguments[len(leading) + 1 :]] if known else arguments
        leading.append(word)
    return arguments


def _keep_to_ascii(*, as_json: bool) -> None:
    """Write ASCII to terminals that need it; files and pipes stay as they are."""
    streams = [each for each in (sys.stdout, sys.stderr) if isinstance(each, TextIOWrapper) and each.isatty()]
    if not streams or not ascii_only(_ascii_setting(), os.environ):
        return

    from tui.text.ascii import ENCODING, JSON_ENCODING, register  # few terminals need it

    register()
    for stream in streams:
        stream.reconfigure(encoding=JSON_ENCODING if as_json and stream is sys.stdout else ENCODING)


def _ascii_setting() -> bool | str:
    try:
        return read_settings(settings_file()).ascii
    except ProblemError:
        return "auto"  # the command says what is wrong with the settings


def _is_of_the_app(word: str) -> bool:
    """Whether the first word is an option of the panes or a location. A bare word may be a mistyped command."""
    if word.startswith("-"):
        return word not in ("-h", "--help", "--version", "--json-schema")
    return word not in COMMANDS and (":" in word or names_a_path(word) or "/" in word)
