"""Who makes a request, in the forms that policies name callers by.

Rules: IAM user guide, "AWS JSON policy elements: Principal" and "aws:PrincipalArn".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui.core.identity import AuthMethod, Identity

_SSO_PATH = "aws-reserved/sso.amazonaws.com/"

_SESSION = re.compile(r"arn:([^:]+):sts::([^:]*):assumed-role/([^/]+)/(.+)", re.DOTALL)
_ROLE = re.compile(r"arn:([^:]+):iam::([^:]*):role/(?:.*/)?([^/]+)", re.DOTALL)
_SSO_ROLE = "AWSReservedSSO_"
_BY_ROLE = (AuthMethod.ROLE, AuthMethod.WEB_IDENTITY)


@dataclass(frozen=True, slots=True)
class Caller:
    """One identity as S3 sees it; empty strings are what is not known. `arn` is that of GetCallerIdentity.

    `role` is the ARN by which the role of a session was assumed: only it contains the role's path.
    """

    account: str = ""
    arn: str = ""
    canonical_id: str = ""
    anonymous: bool = False
    role: str = ""
    service: str = ""
    """The service principal of a service that makes the request itself, as it assumes a role."""
    bounded: bool = False
    """Whether it is known to have a permissions boundary."""
    by_gateway: bool = False
    """Whether it is the policy of a gateway endpoint that looks at it."""

    @property
    def partition(self) -> str:
        """The partition of the ARN, ``aws`` when there is none."""
        fields = self.arn.split(":")
        return fields[1] if len(fields) > 1 and fields[1] else "aws"

    @property
    def principal_arn(self) -> str:
        """The value of ``aws:PrincipalArn``: of a session the ARN of its role; empty where its path is not known."""
        if not _SESSION.fullmatch(self.arn):
            return self.arn
        return self.role if self._is_session_of(self.role) else ""

    @property
    def principal_shapes(self) -> tuple[str, ...]:
        """What ``aws:PrincipalArn`` may be where the path is not known, with ``*`` for a path; empty if it is known.

        Roles of IAM Identity Center have paths of their own (IAM Identity Center user guide, "Referencing permission
        sets in resource policies").
        """
        found = _SESSION.fullmatch(self.arn)
        if not found or self.principal_arn:
            return ()
        path = _SSO_PATH if found[3].startswith(_SSO_ROLE) else ""
        head = f"arn:{found[1]}:iam::{found[2]}:role/{path}"
        return f"{head}{found[3]}", f"{head}*/{found[3]}"

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
        """Whether this is a session of the role with that ARN.

        Role names are unique in an account, whatever their paths; but where the path is known, it has to be the same.
        """
        return arn == self.principal_arn if self.principal_arn else self._is_session_of(arn)

    def _is_session_of(self, arn: str) -> bool:
        session, role = _SESSION.fullmatch(self.arn), _ROLE.fullmatch(arn)
        return session is not None and role is not None and session.groups()[:3] == role.groups()


def caller_of(identity: Identity) -> Caller:
    """The caller that a pane's identity is."""
    return Caller(
        account=identity.account,
        arn=identity.arn,
        canonical_id=identity.canonical_id,
        anonymous=identity.method is AuthMethod.ANONYMOUS,
        role=assumed_role(identity),
    )


def assumed_role(identity: Identity) -> str:
    """The ARN of the role that an identity assumes, as the user or the profile names it; empty for any other."""
    if identity.spec.roles:
        return identity.spec.roles[-1].arn
    first = identity.detail.partition(" ")[0]
    return first if identity.method in _BY_ROLE and _ROLE.fullmatch(first) else ""
