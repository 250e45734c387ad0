"""Policy documents with statements replaced, added or removed by their Sid; all else stays as it is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tui.core.json_text import read_json
from tui.core.problem import Problem, ProblemError, ProblemKind

Written = Mapping[str, Any]
"""A statement as the JSON of a policy has it."""

VERSION, OLD_VERSION = "2012-10-17", "2008-10-17"
"""The version in which ``${…}`` means something, and the one of a document that names none."""


def with_statements(before: str | None, statements: Sequence[Written]) -> str:
    """The document with `statements`: each takes the place of the one with its Sid, or comes last.

    Raises `ProblemError` for a document that is no policy.
    """
    if before is None:
        return _dumped({"Version": VERSION, "Statement": list(statements)}, None)
    document = _read(before)
    _require_variables(document, statements)
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
    _require_variables(document, [each for each in wanted if each not in listed])
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


def meaning(document: str | None, *, principals: bool = True) -> object:
    """What a policy says, however it is laid out; two of the same meaning are equal. None: there is none.

    `principals` are left out where one document comes from AWS, which writes them in its own way: an account's number
    as the ARN of its root, a canonical id as an ARN.
    """
    if document is None:
        return None
    try:
        return _unlisted(read_json(document), () if principals else ("Principal", "NotPrincipal"))
    except ValueError:
        return document


def _unlisted(value: object, without: Collection[str]) -> object:
    """A list of one stands for its element (IAM user guide, "Grammar of the IAM JSON policy language")."""
    if isinstance(value, dict):
        return {name: _unlisted(each, without) for name, each in value.items() if name not in without}
    if isinstance(value, list):
        return _unlisted(value[0], without) if len(value) == 1 else [_unlisted(each, without) for each in value]
    return value


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


def _require_variables(document: Mapping[str, Any], added: Sequence[Any]) -> None:
    """Raise `ProblemError` where ``${*}`` is no ``*`` by itself: in a document of an older version it is a wildcard.

    IAM user guide, "AWS JSON policy elements: Version".
    """
    version = str(document.get("Version", OLD_VERSION))
    if version < VERSION and any("${" in json.dumps(each) for each in added):
        raise ProblemError(_too_old(version))


def _dumped(document: Mapping[str, Any], before: str | None) -> str:
    """As compact, or as indented, as the document was before."""
    if before and "\n" in before.strip():
        return json.dumps(document, indent=2, ensure_ascii=False)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _too_old(version: str) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"the policy is of version {version}, which knows no ${{*}}",
        cause="in it the special characters of the prefix would be wildcards, and let in more than was asked for",
        remedy=f"look through its statements and give it version {VERSION} first: xs3-tui policy put",
    )


def _unreadable(cause: str) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title="the policy cannot be read",
        cause=cause,
        remedy="repair it first: xs3-tui policy put",
    )
