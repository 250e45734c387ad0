"""The user's own editor, on a file that nobody else can read and that is gone afterwards."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import subprocess
from pathlib import Path

from tui.keeping.scratch import EDIT, scratch_directory
from tui.link.private_files import open_regular, replace_private

LONGEST = 1 << 20
"""Bytes of a text that are taken back."""


ORIGINAL = ".original"
"""Beside the file that is edited: the digest of what it was."""

DOCUMENT = "document.json"
"""The name of a document's file."""


class EditorError(Exception):
    """Why the text was not edited, in words; `written` is what the editor has saved before it failed, if it has."""

    def __init__(self, words: str, written: bytes | None = None) -> None:
        super().__init__(words)
        self.written = written


def editor() -> list[str]:
    """The program and its arguments: of ``VISUAL``, else of ``EDITOR``, else ``vi``."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        return shlex.split(command) or ["vi"]
    except ValueError as error:
        raise EditorError(f"the editor {command} cannot be started: {error}") from error


def edited_file(name: str, content: bytes) -> bytes:
    """The content after the editor has ended. Raises `EditorError`, with what was saved before the editor failed.

    The file has the last name of `name`, by which an editor knows the language. What the editor leaves beside it
    (backups, swap files) goes with the directory.
    """
    command = editor()
    try:
        with scratch_directory(EDIT) as (directory, lock):
            path = directory / file_name(name)
            _write(directory / ORIGINAL, digest(content))
            _write(path, content)
            ended = subprocess.run([*command, str(path)], check=False, pass_fds=[lock])  # noqa: S603  # the user's own choice
            with open_regular(path) as file:
                written = file.read()
    except OSError as error:
        raise EditorError(f"the editor {command[0]} cannot be used: {error.strerror or error}") from error
    if ended.returncode:
        saved = written if written != content else None
        raise EditorError(f"the editor {command[0]} {_end(ended.returncode)}: nothing was changed", saved)
    return written


def _write(path: Path, content: bytes) -> None:
    try:
        replace_private(path, content)
    except OSError as error:
        place = path.parent.parent
        raise EditorError(f"the text for the editor cannot be written in {place}: {error.strerror or error}") from error


def digest(content: bytes) -> bytes:
    """By which it is seen later whether an editor has saved something else."""
    return hashlib.sha256(content).digest()


def _end(code: int) -> str:
    """How it ended, by what `subprocess` calls a return code: negative for a signal."""
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit status {code}"


_ODD = re.compile(r"[^\w.+=@ -]")
_LONGEST_NAME = 100
"""Bytes of a file's name: its end says the language."""


def file_name(name: str) -> str:
    """What a file is called that has the content of something of this name: nothing that a shell or a program reads."""
    return _ODD.sub("_", name).encode()[-_LONGEST_NAME:].decode(errors="ignore").lstrip(".-") or "content"


def edited(text: str) -> str:
    """The document after the editor has ended. Raises `EditorError`; the text is then as it was."""
    content = edited_file(DOCUMENT, text.encode() + b"\n")
    if len(content) > LONGEST:
        raise EditorError(f"the text is longer than {LONGEST:,} bytes", content)
    try:
        return content.decode().rstrip("\n")
    except UnicodeDecodeError as error:
        raise EditorError("the text is not UTF-8", content) from error
