"""Users, roles, sessions and MFA devices."""

import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from tui.demo.cloud.iam.iam_policies import Policy, PolicyError
from tui.demo.cloud.messages import CloudError
from tui.demo.demo_profiles import canonical_id

EVERYTHING: Final = Policy.parse(
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)
"""The identity policy of an administrator."""


@dataclass(frozen=True, slots=True)
class DemoIdentity:
    """An access key and its principal."""

    account: str
    arn: str
    user_id: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    """Empty for a long-lived key."""
    expires: datetime | None = None
    policies: tuple[Policy, ...] = (EVERYTHING,)
    """Identity policies: of the user or of the role."""
    session_policy: Policy | None = None
    """From AssumeRole or GetFederationToken; it only narrows the permissions."""
    role_arn: str = ""
    """The role of a session. Policies may name it instead of the session."""
    mfa_serial: str = ""
    """The user's MFA device; empty if there is none."""
    mfa_secret: bytes = field(default=b"", repr=False)

    @property
    def canonical_id(self) -> str:
        return canonical_id(self.account)

    @property
    def principals(self) -> frozenset[str]:
        """All names by which a policy's `AWS` principal can mean this identity, except `*`."""
        root = f"arn:aws:iam::{self.account}:root"
        return frozenset(filter(None, (self.account, root, self.arn, self.role_arn)))

    @property
    def own_principals(self) -> frozenset[str]:
        """The names that mean this identity and not its whole account."""
        return frozenset(filter(None, (self.arn, self.role_arn)))


@dataclass(frozen=True, slots=True)
class Role:
    """A role that other identities may assume. `policies` are its inline policies, by their names."""

    arn: str
    trust: Policy
    policies: Mapping[str, Policy]
    longest: int = 3600
    """Seconds that a session may last."""

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def name(self) -> str:
        """Without its path."""
        return self.arn.rpartition("/")[2]


class DemoIdentities:
    """All access keys, users and roles. Requests change them while others are served: in single steps."""

    def __init__(self, users: Iterable[DemoIdentity], roles: Iterable[Role]) -> None:
        self.keys = {user.access_key_id: user for user in users}
        self.inline: dict[str, dict[str, Policy]] = {user.arn: {} for user in self.keys.values()}
        """The inline policies by user ARN and policy name."""
        self.first = frozenset(self.inline)
        """The users that IAM has not created: they were there before, and are administrators."""
        self.roles = {role.arn: role for role in roles}

    def by_access_key(self, access_key_id: str) -> DemoIdentity | None:
        """The principal of an access key, expired or not, with its current policies."""
        found = self.keys.get(access_key_id)
        if found is None:
            return None
        if (inline := self.inline.get(found.arn)) is not None:
            return replace(found, policies=(*found.policies, *inline.values()))
        role = self.roles.get(found.role_arn)
        return replace(found, policies=tuple(role.policies.values()) if role else ())

    def require_known(self, policy: Policy) -> None:
        """Raise `PolicyError` if a policy names a user or role of an account here who does not exist."""
        accounts = {user.split(":")[4] for user in self.first}
        named = [name for one in policy.statements for name in (one.principal or {}).get("AWS", [])]
        people = [name for name in named if re.match(r"arn:aws:iam::\d+:(user|role)/", name)]
        if any(name.split(":")[4] in accounts and name not in {*self.inline, *self.roles} for name in people):
            raise PolicyError("Invalid principal in policy")

    def keys_of(self, user: str) -> list[str]:
        """The long-lived access keys of a user."""
        return [key for key, found in list(self.keys.items()) if found.arn == user and not found.session_token]

    def session_of(self, caller: DemoIdentity, expires: datetime, policy: Policy | None = None) -> DemoIdentity:
        """Create a session of a user. It has the user's permissions within `policy`."""
        session = replace(
            caller,
            access_key_id=f"ASIADEMO{secrets.token_hex(6).upper()}",
            secret_access_key=secrets.token_urlsafe(30),
            session_token=secrets.token_urlsafe(96),
            expires=expires,
            session_policy=policy,
        )
        self.keys[session.access_key_id] = session
        return session

    def assume(self, role: Role, session_name: str, expires: datetime, policy: Policy | None) -> DemoIdentity:
        """Create a session of the role; the caller's permission was checked before."""
        role_id = f"AROADEMO{secrets.token_hex(6).upper()}"
        session = DemoIdentity(
            account=role.account,
            arn=f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{session_name}",
            user_id=f"{role_id}:{session_name}",
            access_key_id=f"ASIADEMO{secrets.token_hex(6).upper()}",
            secret_access_key=secrets.token_urlsafe(30),
            session_token=secrets.token_urlsafe(96),
            expires=expires,
            policies=tuple(role.policies.values()),
            session_policy=policy,
            role_arn=role.arn,
        )
        self.keys[session.access_key_id] = session
        return session


# MFA devices: six digits as of RFC 6238 with its defaults, like AWS's virtual devices.

STEP_SECONDS: Final = 30


def code_at(secret: bytes, moment: datetime) -> str:
    """The code that a device with this secret shows."""
    counter = int(moment.timestamp()) // STEP_SECONDS
    digest = hmac.digest(secret, counter.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def is_present(caller: DemoIdentity, serial: str, code: str, moment: datetime) -> bool:
    """Whether the caller has shown an MFA device; False if the request names none.

    Raises `CloudError` for a wrong device or code. For clock drift, the codes before and after are valid, too.
    Unlike AWS, the demo accepts a code more than once.
    """
    if not serial and not code:
        return False
    if not serial or not code:
        raise _failed(", must provide both MFA serial number and one time pass code.")
    if not caller.mfa_serial or serial != caller.mfa_serial:
        raise _failed(
            ", unable to validate MFA code. Please verify your MFA serial number is valid and associated with this "
            "user."
        )
    taken = [code_at(caller.mfa_secret, moment + timedelta(seconds=off)) for off in (-STEP_SECONDS, 0, STEP_SECONDS)]
    if code not in taken:
        raise _failed(" with invalid MFA one time pass code. ")
    return True


def _failed(how: str) -> CloudError:
    return CloudError("AccessDenied", f"MultiFactorAuthentication failed{how}")
