"""Shows an image with two pixels a cell, one above the other. A reader process decodes it."""

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
"""Bytes. A longer image is not shown."""

UPPER = "▀"
"""The upper half of a cell. Its colour is the upper pixel, the background is the lower pixel."""


class ImageView:
    """See `ContentView`. An image does not scroll and cannot be searched."""

    def __init__(self, reader: ContentReader, length: int, found: FoundImage, room: Room) -> None:
        """`length` is the size of the object in bytes."""
        self.reader, self._length, self.room = reader, length, room
        self.size = found.size
        self.image = pixels_of(found)

    @property
    def top(self) -> int:
        return 0

    async def show(self) -> Screenful:
        """See `ContentView`. The image fills the screen, but is never enlarged."""
        rows = await asyncio.to_thread(half_blocks, self.image, self.room.width, self.room.height)
        return Screenful(rows, 0, self._length)

    async def scroll(self, rows: int) -> None:
        """See `ContentView`. Does nothing, because the whole image is visible."""

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
    """Read a whole image. Raises `ProblemError` if it is too long or Pillow is not installed."""
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
        raise ProblemError(_problem("the image cannot be decoded", "x shows its bytes", str(error))) from error
    finally:
        decoder.end()
    if len(found.pixels) != 3 * found.width * found.height or min(found.width, found.height) < 1:
        raise ProblemError(_problem("the image cannot be decoded", "x shows its bytes"))
    return found


def pixels_of(found: FoundImage) -> Image:
    """Only the pixels, without metadata, which Pillow then need not parse."""
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


# Shows an image in pixels, by sixel or the kitty protocol, if the terminal supports one.
#
# The app is suspended meanwhile: it writes only changed cells, and would overwrite the pixels.


def print_image(image: Image) -> None:
    """Print it while the app is suspended, and wait for a key. Raises `ProblemError`."""
    try:
        pixels = import_module("textual_image.renderable")  # asks the terminal which protocols it supports
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
