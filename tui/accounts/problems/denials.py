"""Reads AWS's access denied messages: principal, action, and the kind of policy that decided.

The wordings are those of the IAM User Guide, "Troubleshoot access denied error messages".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DENIAL = re.compile(
    r"(?:User|Principal): (?P<principal>\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)"
    r"(?: on resource: (?:\"(?P<quoted>[^\"]*)\"|(?P<bare>\S+)))?(?: (?P<reason>(?:because|with) .*))?",
    re.DOTALL,
)
_POLICY = re.compile(
    r"(identity-based|resource-based|session|service control|resource control|VPC endpoint) polic"
    r"|(permissions boundary)"
)
_INVISIBLE = {"service control", "resource control", "permissions boundary", "VPC endpoint", "session"}


@dataclass(frozen=True, slots=True)
class Denial:
    """What a message says; empty strings where it does not. `reason` is the server's own clause."""

    principal: str
    action: str
    resource: str
    explicit: bool
    """A statement denies it; otherwise no statement allows it."""
    policy: str
    """The kind of policy that decided: ``identity-based``, ``resource-based``, ``session``, …"""
    reason: str

    @property
    def remedy(self) -> str:
        """What has to change, and where it cannot be seen from here."""
        kind = f"{self.policy} policy".replace("boundary policy", "boundary") if self.policy else "policy"
        change = f"remove the explicit deny in the {kind}" if self.explicit else f"allow {self.action} in the {kind}"
        unseen = "; that policy cannot be checked from here" if self.policy in _INVISIBLE else ""
        return change + unseen


def read_denial(message: str) -> Denial | None:
    """Read an AccessDenied message; None for one that names nothing (``Access Denied``)."""
    match = _DENIAL.search(message)
    if not match:
        return None
    reason = (match["reason"] or "").strip()
    policy = _POLICY.search(reason)
    return Denial(
        principal=match["principal"],
        action=match["action"],
        resource=match["quoted"] or match["bare"] or "",
        explicit="explicit deny" in reason,
        policy=(policy[1] or policy[2]) if policy else "",
        reason=reason.removeprefix("because ").rstrip("."),
    )
