"""Man pages and completions, which the wheel installs: ``python -m tests.release.installed_files DIRECTORY``.

A page for each command, from what click knows of it.
"""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from tests.reference import commands_below
from tui import __version__
from tui.app.command_table import COMPLETE, PROGRAM
from tui.app.main import cli
from tui.app.shells import script
from tui.cli.exits import epilog

COMPLETIONS = {
    "bash": "bash-completion/completions/xs3-tui",
    "zsh": "zsh/site-functions/_xs3-tui",
    "fish": "fish/vendor_completions.d/xs3-tui.fish",
}


def write(share: Path, epoch: int) -> None:
    """Write them below ``share``; the pages are of the day of `epoch`, in seconds since 1970."""
    pages = share / "man" / "man1"
    pages.mkdir(parents=True, exist_ok=True)
    context = click.Context(cli, info_name="xs3-tui")
    for each in [context, *(found for _, found in commands_below(cli, context))]:
        (pages / f"{_page_name(each)}.1").write_text(
            "".join(f"{line}\n" for line in page(each, epoch)), encoding="utf-8"
        )
    for shell, name in COMPLETIONS.items():
        (share / name).parent.mkdir(parents=True, exist_ok=True)
        (share / name).write_text(script(shell, cli, PROGRAM, COMPLETE), encoding="utf-8")


def page(context: click.Context, epoch: int) -> Iterator[str]:
    """The lines of a page in man(7)."""
    command, name = context.command, _page_name(context)
    first, *rest = re.sub(r"(?m)^ {4}", "", command.help or "").strip().split("\n\n")
    day = time.strftime("%Y-%m-%d", time.gmtime(epoch))
    yield f'.TH "{_text(name.upper())}" 1 "{day}" "xs3-tui {__version__}" "User Commands"'
    yield from (".SH NAME", f"{_text(name)} \\- {_text(_joined(first).rstrip('.'))}")
    yield from (".SH SYNOPSIS", f"\\fB{_text(context.command_path)}\\fR {_text(_usage(context))}")
    yield from (".SH DESCRIPTION", _line(_joined(first)))
    for paragraph in rest:
        if "\b" in paragraph:
            yield from (".PP", ".nf", *map(_line, paragraph.replace("\b\n", "").splitlines()), ".fi")
        else:
            yield from (".PP", _line(_joined(paragraph)))
    if isinstance(command, click.Group):
        yield ".SH COMMANDS"
        for word in command.list_commands(context):
            found = command.get_command(context, word)
            if found and not found.hidden:
                yield from (".TP", f"\\fB{_text(word)}\\fR", _line(found.get_short_help_str(200)))
    records = [each.get_help_record(context) for each in command.get_params(context)]
    yield ".SH OPTIONS"
    for names, told in filter(None, records):
        yield from (".TP", f"\\fB{_text(names)}\\fR", _line(_joined(told)))
    yield from (".SH EXIT STATUS", _line(epilog().removeprefix("Exit codes: ")))
    if context.parent:
        yield from (".SH SEE ALSO", f"\\fB{_text(_page_name(context.parent))}\\fR(1)")


def _page_name(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def _usage(context: click.Context) -> str:
    return " ".join(context.command.collect_usage_pieces(context))


def _joined(text: str) -> str:
    return " ".join(text.split())


def _text(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-")


def _line(text: str) -> str:
    """A line of text, which is no request even if it begins like one."""
    return f"\\&{_text(text)}" if text.startswith((".", "'")) else _text(text)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
