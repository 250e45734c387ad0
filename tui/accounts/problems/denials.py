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
_AUTHORIZATION_ID = re.compile(r"authorization[\s_-]*id\W*(?:is\W+)?(?P<id>[0-9a-z]{8,})", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"[\s.;,([]*(?:the )?authorization[\s_-]*id\b.*$", re.IGNORECASE | re.DOTALL)
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
    reason = _AUTHORIZATION.sub("", (match["reason"] or "").strip())
    explicit, policy = read_reason(reason)
    return Denial(
        principal=match["principal"],
        action=match["action"],
        resource=match["quoted"] or match["bare"] or "",
        explicit=explicit,
        policy=policy,
        reason=reason.removeprefix("because ").rstrip("."),
    )


def read_reason(reason: str) -> tuple[bool, str]:
    """Whether a clause speaks of an explicit deny, and the kind of policy it names; empty: it names none."""
    policy = _POLICY.search(reason)
    return "explicit deny" in reason, (policy[1] or policy[2]) if policy else ""


def read_authorization_id(message: str) -> str:
    """The id by which AWS returns the details of a denial (IAM Toolbox, preview); empty: the message has none."""
    found = _AUTHORIZATION_ID.search(message)
    return found["id"] if found else ""
