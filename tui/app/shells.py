"""Completion scripts for bash, zsh and fish, and the replies to them: click's own, with corrections.

Bash breaks words at ``:``, ``=`` and ``@``, which are common in S3 URIs: its script passes the words of the whole line,
and gets only what follows the last of these characters. In all three, no space is added after a bucket or a prefix, so
that typing can continue, and names with commas, stars and spaces stay whole.
"""

from __future__ import annotations

import os
import re
from typing import ClassVar

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from tui.app.command_table import APP, COMMANDS, COMPLETE, PROGRAM

_BASH = """\
%(complete_func)s() {
    local reply kind value
    COMPREPLY=()
    while IFS= read -r reply; do
        kind=${reply%%%%,*} value=${reply#*,}
        case $kind in
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
            part) compopt -o nospace; COMPREPLY+=("$value") ;;
            *) COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORD="$2" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH_PLAIN = """\
        if [[ "$type" == "plain" ]]; then
"""

_ZSH_PART = """\
        if [[ "$type" == "part" ]]; then
            compadd -U -S '' -- "$key"
        elif [[ "$type" == "plain" ]]; then
"""


_WORD = re.compile(r"""(?:\\.|"(?:\\.|[^"])*"?|'[^']*'?|[^\s\\"'])*$""", re.DOTALL)
_CLOSED = re.compile(r"""(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\\"'])*""", re.DOTALL)
"""The part of a word before an unclosed quote."""
_SPECIAL = re.compile(r"[^\w%+,./:=@~-]")
"""A shell may give these a meaning."""


class _AsMainDoes(ShellComplete):
    """A line without a command is that of the panes."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        if args and args[0] in COMMANDS:
            return super().get_completions(args, incomplete)
        found = super().get_completions([APP, *args], incomplete)
        if args:
            return found
        commands = super().get_completions([], incomplete)
        return [*commands, *(item for item in found if item.value not in {command.value for command in commands})]


class Bash(_AsMainDoes, BashComplete):
    """Bash, from 4.4."""

    source_template: ClassVar[str] = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor, and the word at it."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)[1:]
        return (words[:-1], words[-1]) if words and _raw_word(line) else (words, "")

    def format_completion(self, item: CompletionItem[str]) -> str:
        """The completion of what bash takes for the word, in the quotes that the user began."""
        raw = _raw_word(os.environ["COMP_LINE"])
        found = _CLOSED.match(raw)
        end = found.end() if found else 0
        quote = raw[end : end + 1].strip("\\")
        before = raw[:end] if quote else raw.removesuffix(os.environ["COMP_WORD"])
        value = item.value.removeprefix("".join(split_arg_string(before)))
        return f"{item.type},{_quoted(value, quote)}"


class Zsh(_AsMainDoes, ZshComplete):
    """Zsh, which splits words correctly."""

    source_template: ClassVar[str] = ZshComplete.source_template.replace(_ZSH_PLAIN, _ZSH_PART)


class Fish(_AsMainDoes, FishComplete):
    """Fish, which adds no space after a ``/`` by itself."""

    source_template: ClassVar[str] = FishComplete.source_template.replace(
        'string split "," $completion', 'string split -m 1 "," $completion'
    ).replace('test $metadata[1] = "plain"', "contains -- $metadata[1] plain part")


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def register() -> None:
    """Let click answer these shells by our classes."""
    for name, shell in SHELLS.items():
        add_completion_class(shell, name)


def script(shell: str, cli: click.Command, program: str, variable: str) -> str:
    return SHELLS[shell](cli, {}, program, variable).source()


def _raw_word(line: str) -> str:
    """The last word of a line as it was typed; empty after a space."""
    found = _WORD.search(line)
    return found[0] if found else ""


def _quoted(value: str, quote: str) -> str:
    """A value as it is written behind an open `quote`; without one, special characters are escaped."""
    if quote == "'":
        return value.replace("'", r"'\''")
    if quote:  # where an exclamation mark calls for an earlier line, whatever stands before it
        return re.sub(r'[\\"$`]', r"\\\g<0>", value).replace("!", "\"'!'\"")
    return _SPECIAL.sub(r"\\\g<0>", value)


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
