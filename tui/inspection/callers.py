"""Who makes a request, in the forms that policies name callers by.

Rules: IAM user guide, "AWS JSON policy elements: Principal" and "aws:PrincipalArn".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui.model.identity import AuthMethod, Identity

_SESSION = re.compile(r"arn:([^:]+):sts::([^:]*):assumed-role/([^/]+)/(.+)", re.DOTALL)
_ROLE = re.compile(r"arn:([^:]+):iam::([^:]*):role/(?:.*/)?([^/]+)", re.DOTALL)
_SSO_ROLE = "AWSReservedSSO_"


@dataclass(frozen=True, slots=True)
class Caller:
    """One identity as S3 sees it; empty strings are what is not known. `arn` is that of GetCallerIdentity."""

    account: str = ""
    arn: str = ""
    canonical_id: str = ""
    anonymous: bool = False

    @property
    def partition(self) -> str:
        """The partition of the ARN, ``aws`` when there is none."""
        fields = self.arn.split(":")
        return fields[1] if len(fields) > 1 and fields[1] else "aws"

    @property
    def principal_arn(self) -> str:
        """The value of ``aws:PrincipalArn``: of a session it is the role's ARN.

        A session's ARN does not tell its role's path. Roles of IAM Identity Center always have one, so theirs is
        not known; other roles are taken to have none.
        """
        found = _SESSION.fullmatch(self.arn)
        if not found:
            return self.arn
        return "" if found[3].startswith(_SSO_ROLE) else f"arn:{found[1]}:iam::{found[2]}:role/{found[3]}"

    @property
    def principal_type(self) -> str:
        """The value of ``aws:PrincipalType``."""
        if _SESSION.fullmatch(self.arn):
            return "AssumedRole"
        tail = self.arn.split(":")[-1]
        return "FederatedUser" if tail.startswith("federated-user/") else "Account" if tail == "root" else "User"

    @property
    def user_name(self) -> str:
        """The IAM user's name without its path; empty for anything but a user."""
        tail = self.arn.split(":", 5)[-1]
        return tail.rsplit("/", 1)[1] if tail.startswith("user/") else ""

    def is_role(self, arn: str) -> bool:
        """Whether this is a session of the role with that ARN; role names are unique in an account, paths aside."""
        session, role = _SESSION.fullmatch(self.arn), _ROLE.fullmatch(arn)
        return session is not None and role is not None and session.groups()[:3] == role.groups()


def caller_of(identity: Identity) -> Caller:
    """The caller that a pane's identity is."""
    return Caller(
        account=identity.account,
        arn=identity.arn,
        canonical_id=identity.canonical_id,
        anonymous=identity.method is AuthMethod.ANONYMOUS,
    )
