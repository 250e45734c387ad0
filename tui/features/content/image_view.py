"""Images: two pixels in a cell, one above the other. A reader decodes them."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import tty
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from textual.content import Content

from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.content.readers_view import ContentReader, ContentSearch
from tui.features.content.text_view import Room, Screenful
from tui.reader.reader_messages import DecodeImage, FoundImage
from tui.reader.reader_process import ReaderProcess, UnreadableError

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_IMAGE = 32 << 20
"""Bytes of an image that is read whole."""

UPPER = "▀"
"""The upper half of a cell: its colour is that of one pixel, the background that of the one below."""


class ImageView:
    """See `ContentView`; it neither scrolls nor is searched."""

    def __init__(self, reader: ContentReader, length: int, found: FoundImage, room: Room) -> None:
        """`length` is that of the image as the object has it, in bytes."""
        self.reader, self._length, self.room = reader, length, room
        self.size = found.size
        self.image = pixels_of(found)

    @property
    def top(self) -> int:
        return 0

    async def show(self) -> Screenful:
        """See `ContentView`: as large as fits, never larger than it is."""
        rows = await asyncio.to_thread(half_blocks, self.image, self.room.width, self.room.height)
        return Screenful(rows, 0, self._length)

    async def scroll(self, rows: int) -> None:
        """See `ContentView`: all of it is shown."""

    async def to_offset(self, offset: int) -> None:
        """See `ContentView`."""

    async def to_end(self) -> None:
        """See `ContentView`."""

    def mark(self, offset: int, length: int) -> None:
        """See `ContentView`."""

    def needle(self, text: str) -> bytes:
        return text.encode(errors="surrogateescape")

    def line_search(self, line: int) -> ContentSearch | None:  # noqa: ARG002  # an image has no lines
        return None


async def image_view(reader: ContentReader, room: Room) -> ImageView:
    """Read an image whole, if it is not too long. Raises `ProblemError`, also where Pillow is not installed."""
    if not find_spec("PIL"):
        raise ProblemError(_problem("images are not available", "pip install 'xs3-tui[images]'"))
    content = await reader.read(0, LONGEST_IMAGE + 1)
    if len(content) > LONGEST_IMAGE:
        raise ProblemError(_problem(f"the image is longer than {LONGEST_IMAGE >> 20} MiB", "copy it to view it"))
    return ImageView(reader, len(content), await _decoded(content), room)


async def _decoded(content: bytes) -> FoundImage:
    async def read(start: int, length: int) -> bytes:
        return content[start : start + length]

    decoder = ReaderProcess()
    try:
        found = await decoder.one(DecodeImage(len(content)), read, FoundImage, len(content))
    except UnreadableError as error:
        raise ProblemError(_problem("the image cannot be decoded", "h shows its bytes", str(error))) from error
    finally:
        decoder.end()
    if len(found.pixels) != 3 * found.width * found.height or min(found.width, found.height) < 1:
        raise ProblemError(_problem("the image cannot be decoded", "h shows its bytes"))
    return found


def pixels_of(found: FoundImage) -> Image:
    """For Pillow, which need not look at anything but pixels."""
    from PIL import Image

    return Image.frombytes("RGB", (found.width, found.height), found.pixels)


def half_blocks(image: Image, width: int, height: int) -> list[Content]:
    scale = min(1.0, width / image.width, 2 * height / image.height)
    columns, lines = max(1, int(image.width * scale)), max(1, int(image.height * scale))
    small = image.resize((columns, lines + lines % 2))
    pixels = small.tobytes()

    def colour(x: int, y: int) -> str:
        at = 3 * (y * columns + x)
        return f"#{pixels[at : at + 3].hex()}"

    return [
        Content.assemble(*((UPPER, f"{colour(x, y)} on {colour(x, y + 1)}") for x in range(columns)))
        for y in range(0, small.height, 2)
    ]


def _problem(title: str, remedy: str, cause: str = "") -> Problem:
    return Problem(kind=ProblemKind.UNSUPPORTED, title=title, cause=cause, remedy=remedy)


# An image in pixels, by sixel or the protocol of kitty, where the terminal has one: the app is suspended for it.
#
# Frames of the app consist of cells, of which only those that have changed are written: pixels would be lost in them.


def print_image(image: Image) -> None:
    """Print it on the terminal, which nobody else uses now, and wait for a key. Raises `ProblemError`."""
    try:
        pixels = import_module("textual_image.renderable")  # asks the terminal what it can show
    except ImportError:
        title, remedy = "the package textual-image is not installed", "pip install 'xs3-tui[images]'"
        raise ProblemError(Problem(ProblemKind.UNSUPPORTED, title, remedy=remedy)) from None
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
