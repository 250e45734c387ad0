"""Contents that are edited: read whole, written back, and kept where that is refused."""

from __future__ import annotations

import asyncio
import shutil
import time
from contextlib import suppress

from msgspec.structs import replace

from tui.core.content import FIRST_BYTES, ContentFacts
from tui.core.location import Location
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.keeping.own_editor import ORIGINAL, EditorError, digest, edited_file, file_name
from tui.keeping.scratch import DEMO, EDIT, left_directories
from tui.link.engine_paths import state_directory
from tui.link.private_files import open_regular, replace_private
from tui.link.session import EngineAccess
from tui.messages.content_requests import BeginContent, ReadContent, SaveContent, SavedContent

LONGEST_EDIT = 16 << 20
"""Bytes of a content that may be edited: it is in memory, and in one message."""

STEP = 4 << 20

KEPT = "edited"
"""The directory, beside journal and log, of what could not be written back."""


async def read_whole(engine: EngineAccess, connection: str, location: Location) -> tuple[ContentFacts, bytes]:
    """The content to edit. Raises `ProblemError`, also for one that is too long."""
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
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"{location.uri} is too long to be edited here",
        cause=f"it has {counted(size, 'byte')}, at most {LONGEST_EDIT:,} are edited",
        remedy="copy it to a local directory, edit it there, and copy it back",
        resource=location.uri,
    )


async def write_back(
    engine: EngineAccess, connection: str, location: Location, etag: str, content: bytes
) -> SavedContent:
    """Write it; where that fails the content is kept, and the problem says where. Raises `ProblemError`."""
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

    Cancelled, it waits for the editor all the same, and keeps what was saved.
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
    """Remove the directories of processes that were killed; what an editor has saved in one is kept."""
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
        return replace(problem, remedy=f"what you wrote cannot be kept in {path}: {error.strerror}")
    return replace(problem, remedy=f"what you wrote is in {path}; {problem.remedy or 'try again'}")
