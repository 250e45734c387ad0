"""What was being tried when something failed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui.accounts.sso_login import Login
from tui.core.problem import Problem, ProblemKind

_PASSWORD = re.compile(r"(?<=//)[^/@\s:]*:[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Attempt:
    """An operation, its identity, resource and endpoint; `permission` is the IAM action it needs."""

    identity: str
    operation: str = ""
    resource: str = ""
    permission: str = ""
    endpoint: str = ""
    profile: str | None = None
    connection: str = ""
    login: Login | None = None
    """The sign-in that the credentials come from, if they come from one."""

    def problem(self, kind: ProblemKind, title: str, cause: str = "", remedy: str = "") -> Problem:
        """A problem of this attempt."""
        return Problem(
            kind=kind,
            title=title,
            cause=without_passwords(cause),
            remedy=remedy,
            operation=self.operation,
            resource=self.resource,
            identity=self.identity,
            permission=self.permission if kind is ProblemKind.DENIED else "",
        )


def without_passwords(text: str) -> str:
    """A text from a library in which no URL, of a proxy or an endpoint, shows a user's password."""
    return _PASSWORD.sub("…@", text)
