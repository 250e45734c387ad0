"""Files of the world that a user may look into."""

import gzip
import json
import struct
import zlib
from typing import Final

from tui.demo.cloud.content import Stored

INDEX_HTML: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Launch 2026</title></head>
<body>
<h1>Launch 2026</h1>
<video src="video.mp4" poster="poster.png" controls></video>
</body>
</html>
"""

README: Final = """# media-prod-assets

* `video/` finished films; `video/*/raw/` masters and takes
* `images/` stills
* `incoming/` deliveries of the analytics account, which owns them until it hands them over
"""

SUBTITLES: Final = {
    "en": "WEBVTT\n\n00:00.000 --> 00:02.500\nEvery launch begins quietly.\n",
    "ja": "WEBVTT\n\n00:00.000 --> 00:02.500\nすべての始まりは静かだ。\n",
    "de": "WEBVTT\n\n00:00.000 --> 00:02.500\nJeder Anfang ist still.\n",
}


def sidecar() -> str:
    """The description that lies beside the master."""
    return '<?xml version="1.0"?>\n<clip name="master-2026" frames="14385" rate="23.976" start="01:00:00:00"/>\n'


def poster(width: int = 320, height: int = 180) -> Stored:
    """A PNG: a dusk."""
    rows = b"".join(
        b"\x00" + b"".join(bytes((40 + y, 30 + x * 60 // width, 90 + y // 2)) for x in range(width))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b"")]
    return Stored(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks))


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def events(hour: int, count: int) -> Stored:
    """JSON lines, compressed, with nothing of the day they were made on in them."""
    lines = (
        json.dumps({"hour": hour, "sequence": number, "kind": ("play", "pause", "seek")[number % 3]})
        for number in range(count)
    )
    return Stored(gzip.compress("\n".join(lines).encode(), 6, mtime=0))
