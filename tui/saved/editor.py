"""Edited content: read it whole, write it back, and keep it if that fails."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from tui.core.content import FIRST_BYTES, ContentFacts
from tui.core.location import Location
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.engine_paths import state_directory
from tui.link.private_files import make_directories, open_regular, replace_private
from tui.link.session import EngineAccess
from tui.messages.content_requests import BeginContent, ReadContent, SaveContent, SavedContent
from tui.saved.own_files import DEMO, EDIT, left_directories, scratch_directory

LONGEST_EDIT = 16 << 20
"""Maximum bytes to edit: the content is held in memory, and sent in one message."""

STEP = 4 << 20

KEPT = "edited"
"""The directory, beside journal and log, for content that could not be written back."""


async def read_whole(engine: EngineAccess, connection: str, location: Location) -> tuple[ContentFacts, bytes]:
    """The content to edit. Raises `ProblemError`, also if it is too long."""
    begun = await engine.ask(BeginContent(connection, location, FIRST_BYTES))
    facts = begun.facts
    if facts.size > LONGEST_EDIT:
        raise ProblemError(too_long(location, facts.size))
    content = bytearray(begun.content)
    while len(content) < facts.size:
        length = min(STEP, facts.size - len(content))
        block = await engine.ask(ReadContent(connection, location, facts.etag, len(content), length))
        content += block.content
    return facts, bytes(content)


def too_long(location: Location, size: int) -> Problem:
    """Why a content is not edited."""
    title = f"{location.uri} is too long to be edited here"
    cause = f"it has {counted(size, 'byte')}; the limit is {LONGEST_EDIT:,}"
    remedy = "copy it to a local directory, edit it there, and copy it back"
    return Problem(ProblemKind.INVALID, title, cause, remedy, resource=location.uri)


async def write_back(
    engine: EngineAccess, connection: str, location: Location, etag: str, content: bytes
) -> SavedContent:
    """Write the content. If that fails, keep it and raise `ProblemError` that names the file."""
    if len(content) > LONGEST_EDIT:
        raise ProblemError(_kept(too_long(location, len(content)), location.name, content))
    try:
        return await engine.ask(SaveContent(connection, location, etag, content))
    except ProblemError as error:
        raise ProblemError(_kept(error.problem, location.name, content)) from error
    except asyncio.CancelledError:
        _kept(_ENDED, location.name, content)  # nobody reads where; it may have been written
        raise


async def edited_beside(location: Location, content: bytes) -> bytes:
    """The content after the editor has ended, while the event loop runs. Raises `ProblemError`.

    If cancelled, it still waits for the editor, and keeps what the user saved.
    """
    editing = asyncio.ensure_future(asyncio.to_thread(edited_file, location.name, content))
    try:
        return await asyncio.shield(editing)
    except EditorError as error:
        raise ProblemError(editor_problem(error, location.name)) from error
    except asyncio.CancelledError:
        while not editing.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([editing])
        failure = editing.exception()
        written = failure.written if isinstance(failure, EditorError) else None if failure else editing.result()
        if written not in (None, content):
            _kept(_ENDED, location.name, written)
        raise


def clear_left() -> None:
    """Remove directories of killed processes; keep what an editor has saved in them."""
    for directory in left_directories(EDIT):
        for path in directory.iterdir():
            if path.name.startswith("."):
                continue
            with suppress(OSError), open_regular(path) as file, open_regular(directory / ORIGINAL) as original:
                if digest(content := file.read(LONGEST_EDIT)) != original.read():
                    _kept(_ENDED, path.name, content)
        shutil.rmtree(directory, ignore_errors=True)
    for directory in left_directories(DEMO):
        shutil.rmtree(directory, ignore_errors=True)


_ENDED = Problem(kind=ProblemKind.EDITOR, title="xs3-tui was ended")


def editor_problem(error: EditorError, name: str) -> Problem:
    """The problem of an editor that failed; what it had saved is kept under this name, and the problem says where."""
    problem = Problem(kind=ProblemKind.EDITOR, title=str(error))
    return problem if error.written is None else _kept(problem, name, error.written)


def _kept(problem: Problem, last_name: str, content: bytes) -> Problem:
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{file_name(last_name).replace(' ', '_')}"
    path = state_directory() / KEPT / name
    try:
        replace_private(path, content)
    except OSError as error:
        return replace(problem, remedy=f"your text cannot be kept in {path}: {error.strerror}")
    return replace(problem, remedy=f"your text is in {path}; {problem.remedy or 'try again'}")


LONGEST = 1 << 20
"""Maximum bytes of an edited text."""


ORIGINAL = ".original"
"""Beside the file that is edited: the digest of what it was."""

DOCUMENT = "document.json"
"""The name of a document's file."""


class EditorError(Exception):
    """Why the text was not edited; `written` is what the editor saved before it failed, if anything."""

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
        code, saved = ended.returncode, written if written != content else None
        end = f"was ended by signal {-code}" if code < 0 else f"ended with exit status {code}"
        raise EditorError(f"the editor {command[0]} {end}: nothing was changed", saved)
    return written


def _write(path: Path, content: bytes) -> None:
    try:
        replace_private(path, content)
    except OSError as error:
        place = path.parent.parent
        raise EditorError(f"the text for the editor cannot be written in {place}: {error.strerror or error}") from error


def digest(content: bytes) -> bytes:
    """Tells later whether the editor has changed the content."""
    return hashlib.sha256(content).digest()


_ODD = re.compile(r"[^\w.+=@ -]")
_LONGEST_NAME = 100
"""Bytes of a file's name: its end says the language."""


def file_name(name: str) -> str:
    """A file name for something of this name, without characters that a shell or a program interprets."""
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


def save_documents(directory: Path, files: Mapping[str, str]) -> list[Path]:
    """Write `files`, texts by name, each readable by this user only; returns their paths. Raises `ProblemError`."""
    try:
        make_directories(directory)
        paths = [directory / name for name in files]
        for path, text in zip(paths, files.values(), strict=True):
            replace_private(path, text.encode())
    except OSError as error:
        title = f"the documents cannot be saved in {directory}"
        cause = error.strerror or str(error)
        raise ProblemError(Problem(ProblemKind.INVALID, title, cause, "choose another directory")) from error
    return paths
