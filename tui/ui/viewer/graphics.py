"""An image in pixels, by sixel or the protocol of kitty, where the terminal has one: the app is suspended for it.

Frames of the app consist of cells, of which only those that have changed are written: pixels would be lost in them.
"""

from __future__ import annotations

import os
import sys
import termios
import tty
from importlib import import_module
from typing import TYPE_CHECKING

from tui.core.problem import Problem, ProblemError, ProblemKind

if TYPE_CHECKING:
    from PIL.Image import Image


def print_image(image: Image) -> None:
    """Print it on the terminal, which nobody else uses now, and wait for a key. Raises `ProblemError`."""
    try:
        pixels = import_module("textual_image.renderable")  # asks the terminal what it can show
    except ImportError:
        raise ProblemError(
            Problem(
                kind=ProblemKind.UNSUPPORTED,
                title="the package textual-image is not installed",
                remedy="pip install 'xs3-tui[images]'",
            )
        ) from None
    from rich.console import Console

    console = Console(highlight=False)
    console.clear()
    console.print(pixels.Image(image, width="auto", height="auto"))
    console.print("any key returns", style="dim")
    _wait_for_a_key()


def _wait_for_a_key() -> None:
    descriptor = sys.__stdin__.fileno() if sys.__stdin__ else 0
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        os.read(descriptor, 64)
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
