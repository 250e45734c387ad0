"""Sessions of roles that were had with the code of an MFA device, and the code that is given for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from tui.accounts.problems import Attempt
from tui.model.identity import RoleSpec
from tui.model.problem import Need, Problem, ProblemError, ProblemKind

_CODE = re.compile(r"[0-9]{6}")
_given: ContextVar[list[str] | None] = ContextVar("given", default=None)


@dataclass(frozen=True, slots=True)
class RoleSession:
    """What AssumeRole answered."""

    access_key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    expires: datetime
    account: str
    had: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When it was had."""

    @property
    def life(self) -> float:
        """How many seconds it lasts in all."""
        return (self.expires - self.had).total_seconds()


@dataclass(frozen=True, slots=True)
class SessionKey:
    """What a session hangs on: equal for all identities that can share it."""

    endpoint: str
    """Of STS; empty: AWS's."""
    source: str
    """The access key id of who assumed the role."""
    role: RoleSpec


def last_moments(life: float) -> float:
    """The seconds before the end of a session in which it is not begun with: a request may be under way for so long."""
    return min(10.0, life / 6)


class MfaSessions:
    """The sessions that were had with a code, in memory. Used from one event loop."""

    def __init__(self) -> None:
        self._sessions: dict[SessionKey, RoleSession] = {}

    def find(self, key: SessionKey) -> RoleSession | None:
        """The session if there is one that has not ended, or is about to."""
        session = self._sessions.get(key)
        if session is None:
            return None
        left = (session.expires - datetime.now(UTC)).total_seconds()
        return session if left > last_moments(session.life) else None

    def keep(self, key: SessionKey, session: RoleSession) -> None:
        """Share a session, in place of the one before."""
        self._sessions[key] = session


@contextmanager
def giving(code: str) -> Iterator[None]:
    """In this block the first role that wants a code takes this one."""
    token = _given.set([code])
    try:
        yield
    finally:
        _given.reset(token)


def take_code() -> str:
    """The code that was given for what this task does, once; empty: there is none (any more)."""
    given = _given.get()
    return given.pop() if given else ""


def checked_code(code: str, connection: str) -> str:
    """A code as it was typed, without the blanks; raise `ProblemError` if it is none."""
    digits = "".join(code.split())
    if _CODE.fullmatch(digits):
        return digits
    problem = Problem(
        kind=ProblemKind.INVALID,
        title="an MFA code has six digits",
        remedy="enter the six digits that the device shows now",
        needs=Need.MFA_CODE,
        connection=connection,
    )
    raise ProblemError(problem)


def code_wanted(attempt: Attempt, serial: str) -> Problem:
    """The problem of a role that cannot be assumed without a code."""
    title = f"{attempt.identity} needs an MFA code"
    problem = attempt.problem(ProblemKind.NO_CREDENTIALS, title, f"of {serial}", "enter its present code")
    return _needing_code(problem, attempt, serial)


def code_refused(problem: Problem, attempt: Attempt, serial: str) -> Problem:
    """The problem of a code that was refused; `problem` is what the refusal is in general."""
    refused = msgspec.structs.replace(
        problem,
        kind=ProblemKind.BAD_CREDENTIALS,
        title="the MFA code was refused",
        remedy="wait for the device's next code, for each is taken once, and enter that",
        permission="",
    )
    return _needing_code(refused, attempt, serial)


def _needing_code(problem: Problem, attempt: Attempt, serial: str) -> Problem:
    return msgspec.structs.replace(problem, needs=Need.MFA_CODE, connection=attempt.connection, subject=serial)
