"""Small settings documents as JSON objects: read strictly, written in one form, so that texts can be compared."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tui.core.json_text import read_json

Members = dict[str, Any]
"""The members of a JSON object."""


def written(members: Mapping[str, object]) -> str:
    """The one form in which a document is compared, shown and edited."""
    return json.dumps(members, indent=2, ensure_ascii=False)


def read_members(text: str) -> Members:
    """The members of a document. Raises `ValueError`, in words with line and column, for what is no JSON object."""
    try:
        value = read_json(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object: { … }")  # noqa: TRY004  # what is wrong is a text
    return value


def unknown_members(members: Mapping[str, object], known: Collection[str]) -> Iterator[str]:
    """Clauses on members that a document does not have."""
    for name in members:
        if name not in known:
            yield f"it has no {name}: only {', '.join(known)}"


def texts(members: Mapping[str, object], what: str) -> Iterator[str]:
    """Clauses on values that are no texts; `what` names one: ``tag``."""
    for name, value in members.items():
        if not isinstance(value, str):
            yield f'the value of {what} {name} is not a text: "…"'
