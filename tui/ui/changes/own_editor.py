"""The user's own editor, on a file that nobody else can read and that is gone afterwards."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from tui.protocol.private_files import read_private, replace_private

LONGEST = 1 << 20
"""Bytes of a text that are taken back."""


class EditorError(Exception):
    """Why the text was not edited, in words."""


def editor() -> list[str]:
    """The program and its arguments: of ``VISUAL``, else of ``EDITOR``, else ``vi``."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        return shlex.split(command) or ["vi"]
    except ValueError as error:
        raise EditorError(f"the editor {command} cannot be started: {error}") from error


def edited(text: str) -> str:
    """The text after the editor has ended. Raises `EditorError`; the text is then as it was.

    What the editor leaves beside the file (backups, swap files) goes with the directory.
    """
    command = editor()
    with tempfile.TemporaryDirectory(prefix="xs3-tui-") as directory:  # mode 0700
        path = Path(directory) / "document.json"
        replace_private(path, text.encode() + b"\n")
        try:
            ended = subprocess.run([*command, str(path)], check=False)  # noqa: S603  # the user's own choice
            content = read_private(path)
        except OSError as error:
            raise EditorError(f"the editor {command[0]} cannot be used: {error.strerror}") from error
    if ended.returncode:
        raise EditorError(f"the editor {command[0]} ended with {ended.returncode}: the text is as it was")
    if len(content) > LONGEST:
        raise EditorError(f"the text is longer than {LONGEST:,} bytes")
    try:
        return content.decode().rstrip("\n")
    except UnicodeDecodeError as error:
        raise EditorError("the text is not UTF-8") from error
