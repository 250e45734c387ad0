"""Presigned links in words and as QR codes, and how long they last."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import tzinfo

from tui.features.links.values import LONGEST_LIFE, PresignedLink
from tui.text.format import DAY, HOUR, MINUTE, counted, duration, time_exact
from tui.text.typed import TypedError

QUIET = 4
"""Light modules around the code (ISO/IEC 18004, "Quiet zone")."""

INSTALL = "QR codes need the package segno: pip install 'xs3-tui[qr]'"


class QrError(Exception):
    """The code cannot be made; the message says why and what to do."""


def qr_modules(text: str) -> list[list[bool]]:
    """The rows of the code with its quiet zone, True for dark. Raises `QrError`."""
    try:
        import segno  # optional
        from segno.encoder import DataOverflowError
    except ImportError as error:
        raise QrError(INSTALL) from error
    try:
        code = segno.make(text, error="l", boost_error=False, micro=False)
    except DataOverflowError as error:
        raise QrError(f"the link is too long for a QR code: {counted(len(text), 'character')}, 2953 at most") from error
    return [[bool(module) for module in row] for row in code.matrix_iter(border=QUIET)]


def half_blocks(modules: Sequence[Sequence[bool]]) -> list[str]:
    """Two rows of modules per line; to be shown dark on light."""
    blocks = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    below = [*modules[1::2], *([[False] * len(modules[0])] if len(modules) % 2 else [])]
    return ["".join(blocks[pair] for pair in zip(*rows, strict=True)) for rows in zip(modules[::2], below, strict=True)]


def ascii_cells(modules: Sequence[Sequence[bool]]) -> list[str]:
    """A row of modules per line, two cells each, for terminals without block characters."""
    return ["".join("##" if dark else "  " for dark in row) for row in modules]


_SPANS = {"": 1, "s": 1, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY}


def lifetime(text: str) -> int:
    """Seconds of ``1h``, ``90m``, ``7d``, ``3600``; raise `TypedError` outside the limits of S3."""
    found = re.fullmatch(r"\s*(\d{1,9}(?:\.\d+)?)\s*(d|h|min|m|s|)\s*", text.lower(), re.ASCII)
    if found is None:
        raise TypedError(f"{text!r} is not a duration: write 1h, 90m, 7d or 3600")
    seconds = round(float(found[1]) * _SPANS[found[2]])
    if not 1 <= seconds <= LONGEST_LIFE:
        raise TypedError("a link lasts from 1 second to 7 days: S3 refuses longer ones")
    return seconds


def signer(link: PresignedLink) -> str:
    """Who signs it: the link can do what this identity can do when it is used."""
    who = link.arn or (f"account {link.account}" if link.account else "")
    return f"signed by {link.identity}" + (f" ({who})" if who else "")


def lasts(link: PresignedLink, now: float, zone: tzinfo | None = None) -> str:
    return f"until {time_exact(link.until, zone)}, for {duration(max(0.0, link.until - now))}"


def end(link: PresignedLink) -> str:
    """What may end it before it expires."""
    if link.ends_with_credentials:
        return (
            "it expires with the session that signs it, before the requested time; an IAM user's keys sign for longer"
        )
    return "it stops working as soon as its access key is deleted or loses the permission"


def must_send(link: PresignedLink) -> list[str]:
    """The headers that a request with the link must send, as ``Name: value``."""
    return [f"{name}: {value}" for name, value in link.headers.items()]
