"""Sessions of roles that took the code of an MFA device, and the code that is given for one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tui.accounts.problems.mfa import no_code
from tui.core.identity import RoleSpec
from tui.core.problem import ProblemError

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
    """When it began."""

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
    """The access key id that assumed the role."""
    role: RoleSpec


def last_moments(life: float) -> float:
    """The seconds before the end of a session in which it is not begun with: a request may be under way for so long."""
    return min(10.0, life / 6)


class MfaSessions:
    """The sessions that took a code, in memory. Used from one event loop."""

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
def with_mfa_code(code: str) -> Iterator[None]:
    """In this block the first role that wants a code takes this one."""
    token = _given.set([code])
    try:
        yield
    finally:
        _given.reset(token)


def take_mfa_code() -> str:
    """The code that was given for what this task does, once; empty: there is none (any more)."""
    given = _given.get()
    return given.pop() if given else ""


def checked_code(code: str, connection: str) -> str:
    """A code as it was typed, without the blanks; raise `ProblemError` if it is none."""
    digits = "".join(code.split())
    if _CODE.fullmatch(digits):
        return digits
    raise ProblemError(no_code(connection))
