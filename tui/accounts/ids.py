"""The id of a connection, from which it can be made again: the identity it was asked for, as text."""

from __future__ import annotations

import msgspec
from msgspec import structs

from tui.core.identity import IdentitySpec, Safety
from tui.core.problem import Problem, ProblemError, ProblemKind


def connection_id(spec: IdentitySpec) -> str:
    """The id of the connection of `spec`; equal specs have equal ids."""
    if spec.safety == Safety():  # msgspec leaves out the default object itself, not one that equals it
        spec = structs.replace(spec, safety=IdentitySpec().safety)
    return msgspec.json.encode(spec).decode()


def spec_of(connection: str) -> IdentitySpec:
    """The spec of an id; raise `ProblemError` for a text that `connection_id` did not make."""
    try:
        return msgspec.json.decode(connection, type=IdentitySpec)
    except msgspec.MsgspecError as error:
        problem = Problem(kind=ProblemKind.INVALID, title="unknown connection", cause=str(error), resource=connection)
        raise ProblemError(problem) from error
