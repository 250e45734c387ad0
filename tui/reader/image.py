"""Decodes images and scales them down."""

from __future__ import annotations

import io
import warnings
from importlib import import_module

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageColor,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from tui.reader.asked_content import ParentChannel
from tui.reader.reader_messages import DecodeImage, FoundImage

MOST_PIXELS = 25_000_000
"""The largest image that is decoded; a JPEG is decoded near the shown size."""

SHOWN = (1024, 1024)
"""The largest shown image, width and height in pixels."""

_FORMATS = [
    plugin.format
    for plugin in (
        *(BmpImagePlugin.BmpImageFile, GifImagePlugin.GifImageFile, JpegImagePlugin.JpegImageFile),
        *(PngImagePlugin.PngImageFile, TiffImagePlugin.TiffImageFile, WebPImagePlugin.WebPImageFile),
    )
]
"""No others: some start programs."""

# Pillow's late imports would fail after the confinement.
Image.preinit()
for _name in ("ImagePalette", "MpoImagePlugin"):
    import_module(f"PIL.{_name}")
_BLACK = ImageColor.getrgb("black")


def decode(parent: ParentChannel, job: DecodeImage) -> None:
    """The first picture of an image."""
    content = io.BytesIO(b"".join(parent.ranges(job.size)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Pillow only warns about images that could fill the memory
        image = Image.open(content, formats=_FORMATS)
        size = image.size
        image.draft("RGB", SHOWN)
        if image.width * image.height > MOST_PIXELS:
            raise ValueError(f"it has {size[0]:,} × {size[1]:,} pixels")
        image.thumbnail(SHOWN)
        shown = image.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", shown.size, _BLACK), shown).convert("RGB")
    parent.found(FoundImage(flat.width, flat.height, flat.tobytes(), size))
