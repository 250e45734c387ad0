"""Questions to the user of a terminal, asked without a thread: whatever ends the verb ends the question, too."""

from __future__ import annotations

import asyncio
import os
import sys
import termios

import click

from tui.model.plan import ConflictPolicy
from tui.model.transfer import Conflict, ConflictAnswer
from tui.ui.format import size, visible

LINE_BYTES = 4096
"""The longest line that a terminal in its usual mode hands over (termios(3), "Canonical and noncanonical mode")."""

CHOICES = {
    "o": ConflictPolicy.OVERWRITE,
    "s": ConflictPolicy.SKIP,
    "r": ConflictPolicy.RENAME,
}


async def decide(conflict: Conflict) -> ConflictAnswer | None:
    """Ask on stderr what happens to an object that exists; None when the user gives no answer (end of input)."""
    there = size(conflict.target_size) if conflict.target_size >= 0 else "unseen"
    click.echo(visible(f"{conflict.target} exists: {there} there, {size(conflict.source_size)} to come"), err=True)
    while True:
        click.echo("[o]verwrite, [s]kip, [r]ename; a capital for all: ", nl=False, err=True)
        line = await read_line()
        if not line:
            click.echo(err=True)
            return None
        letter = line.strip()
        if decision := CHOICES.get(letter.lower()):
            return ConflictAnswer(conflict.id, decision, for_all=letter.isupper())


async def read_line() -> str:
    """The next line of the terminal on stdin, empty at its end."""
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()
    readable = asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
    return os.read(descriptor, LINE_BYTES).decode(errors="replace")


async def read_hidden(prompt: str) -> str:
    """A line of the terminal that does not show what is typed; without its end, and empty at the end of input."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    silent = [*before]
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)  # before it is asked for: what is typed at once is hidden
    try:
        click.echo(prompt, nl=False, err=True)
        return (await read_line()).rstrip("\r\n")
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
        click.echo(err=True)


def can_ask() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()
