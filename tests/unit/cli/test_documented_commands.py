"""The command lines of the documents are such that the parser takes them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import click
import pytest

from tui.cli.command_table import APP, PROGRAM
from tui.cli.main import cli

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
OPEN = ("...", "…")
"""What stands for the rest of a command line."""

OF_ALL = ("--help", "--version")
"""The options of ``xs3-tui`` that do not open the panes."""

MEANT = {"ARN": "arn:aws:iam::111122223333:role/jobs"}
"""What the reader puts in the place of a word."""


def blocks(text: str) -> Iterator[str]:
    """The lines of code blocks, indented by four or more, or fenced; a backslash at the end joins two."""
    fenced = False
    for line in re.sub(r"\\\n *", "", text).splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()


def words_of(line: str) -> Iterator[list[str]]:
    """The commands of a line of a shell, without comments, pipes and redirections; ``a|b`` stands for two commands."""
    for command in re.split(r" [;|] | > ", re.sub(r"\s#.*", "", line)):
        words = shlex.split(command)
        if words[:1] == [PROGRAM]:
            yield from map(list, product(*(MEANT.get(each, each).split("|") for each in words[1:])))


def whole_commands() -> list[list[str]]:
    found = (words for page in PAGES for line in blocks(page.read_text()) for words in words_of(line))
    return [words for words in found if words and not any(each in OPEN for each in words)]


def mentioned_commands() -> list[list[str]]:
    """Those within sentences, and those that are not whole."""
    texts = [page.read_text() for page in PAGES]
    inline = [each for text in texts for each in re.findall(rf"`({PROGRAM} [^`\n]+)`", text)]
    lines = [line for text in texts for line in blocks(text) if any(each in line for each in OPEN)]
    found = (words for each in [*inline, *lines] for words in words_of(each))
    return [[word for word in words if word not in OPEN] for words in found if not words[0].isupper()]


def reached(words: list[str], *, whole: bool) -> None:
    """Have the parser of the command take the words; raises `click.UsageError`. Nothing is run."""
    if words[0].startswith("-") and words[0] not in OF_ALL:
        words = [APP, *words]
    command: click.Command = cli
    context = click.Context(cli, info_name=PROGRAM)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, below, words = command.resolve_command(context, words)
        assert below is not None
        command, context = below, click.Context(below, parent=context, info_name=name)
    if whole:
        command.make_context(context.info_name, words, parent=context.parent)
    else:
        command.make_parser(context).parse_args(words)


@pytest.mark.parametrize("words", whole_commands(), ids=" ".join)
def test_a_command_line_is_taken(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policy.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    reached(words, whole=True)


@pytest.mark.parametrize("words", mentioned_commands(), ids=" ".join)
def test_a_command_in_a_sentence_has_this_name_and_these_options(words: list[str]) -> None:
    reached(words, whole=False)


@pytest.mark.parametrize("words", [["cp", "--no-such"], ["no-such-command"], ["access", "no-such"]])
def test_what_the_parser_does_not_take_is_noticed(words: list[str]) -> None:
    with pytest.raises(click.UsageError):
        reached(words, whole=True)
