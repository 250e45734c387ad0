"""Policy documents with statements replaced, added or removed by their Sid; all else stays as it is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tui.model.json.bounded import read_json
from tui.model.problem import Problem, ProblemError, ProblemKind

Written = Mapping[str, Any]
"""A statement as the JSON of a policy has it."""

VERSION = "2012-10-17"


def with_statements(before: str | None, statements: Sequence[Written]) -> str:
    """The document with `statements`: each takes the place of the one with its Sid, or comes last.

    Raises `ProblemError` for a document that is no policy.
    """
    if before is None:
        return _dumped({"Version": VERSION, "Statement": list(statements)}, None)
    document = _read(before)
    new = {str(each["Sid"]): each for each in statements}
    kept = [new.pop(_sid(each), each) for each in _listed(document)]
    document["Statement"] = [*kept, *new.values()]
    return _dumped(document, before)


def edited_statements(before: str | None, edit: Callable[[list[Any]], list[Any]]) -> str | None:
    """The document with its statements as `edit` makes them; None if none is left. Raises as `with_statements`."""
    document = _read(before) if before is not None else {"Version": VERSION, "Statement": []}
    listed = _listed(document)
    wanted = edit(listed)
    if wanted == listed:
        return before
    return _dumped({**document, "Statement": wanted}, before) if wanted else None


def without_statements(before: str, dropped: Collection[str]) -> str | None:
    """The document without the statements of these Sids; None if no statement is left. Raises as `with_statements`."""
    document = _read(before)
    listed = _listed(document)
    kept = [each for each in listed if _sid(each) not in dropped]
    if len(kept) == len(listed):
        return before
    if not kept:
        return None
    document["Statement"] = kept
    return _dumped(document, before)


def _sid(statement: object) -> str:
    """The Sid of a statement; empty if it has none, as a Sid of IAM never is."""
    sid = statement.get("Sid") if isinstance(statement, dict) else None
    return sid if isinstance(sid, str) else ""


def size_of(document: str | None, *, counts_blanks: bool) -> int:
    """How many bytes of its quota a document takes."""
    if document is None:
        return 0
    if counts_blanks:
        return len(document.encode())
    return len("".join(document.split()).encode())


def _read(document: str) -> dict[str, Any]:
    try:
        content = read_json(document)
    except ValueError as error:
        raise ProblemError(_unreadable(str(error))) from error
    if not isinstance(content, dict):
        raise ProblemError(_unreadable("it is not a JSON object"))
    return content


def _listed(document: Mapping[str, Any]) -> list[Any]:
    """The statements; a single one may stand without a list."""
    statements = document.get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _dumped(document: Mapping[str, Any], before: str | None) -> str:
    """As compact, or as indented, as the document was before."""
    if before and "\n" in before.strip():
        return json.dumps(document, indent=2, ensure_ascii=False)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _unreadable(cause: str) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title="the policy cannot be read",
        cause=cause,
        remedy="repair it first: xs3-tui policy put",
    )
