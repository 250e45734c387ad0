"""The words of ``aws s3`` that commands take beside their own. No help lists them, docs/from-other-tools.md does."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from tui.cli.identity_options import QUIET
from tui.cli.parameter_types import TEXT

_SAME = {
    **{"dryrun": "dry-run", "no-sign-request": "anonymous", "endpoint-url": "endpoint"},
    **{"sse": "encryption", "sse-kms-key-id": "kms-key", "expires-in": "expires"},
}
"""Their names of our options."""

_TAKEN = {
    "--page-size": (False, "ls find du cp mv sync rm"),
    "--exact-timestamps": (True, "sync"),
    "--expected-size": (False, "cp"),
    "--metadata-directive": (False, "cp mv sync"),
    "--no-paginate": (True, "ls"),
}
"""Options without an effect, because ours is like that anyway or does not need it: whether a flag, and the commands."""


def our_word(word: str) -> str:
    return _SAME.get(word, word)


def as_typed(text: str, words: Sequence[str]) -> str:
    """A message about options, which names them as they were typed."""
    for word in (each.partition("=")[0].removeprefix("--") for each in words if each.startswith("--")):
        text = re.sub(rf"--{our_word(word)}(?![\w-])", f"--{word}", text) if word in _SAME else text
    return text


def add_words(name: str, command: click.Command) -> None:
    known = {opt for param in command.params for opt in param.opts}
    for word, (is_flag, commands) in _TAKEN.items():
        if name in commands.split() and word not in known:
            command.params.append(
                click.Option([word], type=None if is_flag else TEXT, is_flag=is_flag, hidden=True, expose_value=False)
            )
    if "--background" in known and "--no-progress" not in known:
        for word in ("--no-progress", "--only-show-errors"):
            command.params.append(click.Option([word], is_flag=True, hidden=True))
        if "--quiet" not in known:
            QUIET(command)
