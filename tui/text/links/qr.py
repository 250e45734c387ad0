"""QR codes of links, in cells of a terminal. The library `segno` draws them, if it is installed."""

from __future__ import annotations

from collections.abc import Sequence

from tui.text.format import counted

QUIET = 4
"""Light modules around the code (ISO/IEC 18004, "Quiet zone")."""

INSTALL = "QR codes need the package segno: pip install 'xs3-tui[qr]'"


class QrError(Exception):
    """There is no code; the message says why and what to do."""


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
    """Two rows of modules in one of cells; to be shown dark on light."""
    blocks = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    below = [*modules[1::2], *([[False] * len(modules[0])] if len(modules) % 2 else [])]
    return ["".join(blocks[pair] for pair in zip(*rows, strict=True)) for rows in zip(modules[::2], below, strict=True)]


def ascii_cells(modules: Sequence[Sequence[bool]]) -> list[str]:
    """One row of modules in one of cells, each two cells wide, for terminals without block characters."""
    return ["".join("##" if dark else "  " for dark in row) for row in modules]
