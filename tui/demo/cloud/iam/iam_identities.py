"""Users, roles, sessions and MFA devices."""

import hmac
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from tui.demo.cloud.iam.iam_policies import Policy
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

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def name(self) -> str:
        """Without its path."""
        return self.arn.rpartition("/")[2]


class DemoIdentities:
    """All access keys and roles. Sessions, roles and inline policies change while requests are served."""

    def __init__(self, users: Iterable[DemoIdentity], roles: Iterable[Role]) -> None:
        self._keys = {user.access_key_id: user for user in users}
        self._inline: dict[str, dict[str, Policy]] = {user.arn: {} for user in self._keys.values()}
        """By user ARN and policy name."""
        self._first = frozenset(self._inline)
        self._roles = {role.arn: role for role in roles}
        self._lock = threading.Lock()

    def by_access_key(self, access_key_id: str) -> DemoIdentity | None:
        """The principal of an access key, expired or not, with its current policies."""
        with self._lock:
            found = self._keys.get(access_key_id)
            if found is None:
                return None
            if found.arn in self._inline:
                return replace(found, policies=(*found.policies, *self._inline[found.arn].values()))
            role = self._roles.get(found.role_arn)
            return replace(found, policies=tuple(role.policies.values()) if role else ())

    def is_made(self, user: str) -> bool:
        """Whether IAM created the user. The first users were there before, and are administrators."""
        return user not in self._first

    def users_of(self, account: str) -> list[str]:
        return [user for user in list(self._inline) if user.split(":")[4] == account]

    def put_user(self, arn: str) -> None:
        with self._lock:
            self._inline[arn] = {}

    def delete_user(self, arn: str) -> None:
        with self._lock:
            del self._inline[arn]

    def keys_of(self, user: str) -> list[str]:
        """The long-lived access keys of a user."""
        with self._lock:
            return [key for key, found in self._keys.items() if found.arn == user and not found.session_token]

    def put_key(self, key: DemoIdentity) -> None:
        with self._lock:
            self._keys[key.access_key_id] = key

    def delete_key(self, access_key_id: str) -> None:
        with self._lock:
            del self._keys[access_key_id]

    def roles_of(self, account: str) -> list[Role]:
        return [role for role in list(self._roles.values()) if role.account == account]

    def role(self, arn: str) -> Role | None:
        return self._roles.get(arn)

    def put_role(self, arn: str, role: Role | None) -> None:
        """Create or change a role; None deletes it."""
        with self._lock:
            if role is None:
                del self._roles[arn]
            else:
                self._roles[arn] = role

    def inline_policies(self, user: str) -> Mapping[str, Policy] | None:
        """By name; None if there is no such user."""
        found = self._inline.get(user)
        return dict(found) if found is not None else None

    def put_inline_policy(self, user: str, name: str, policy: Policy | None) -> None:
        """Add or replace an inline policy; None deletes it."""
        with self._lock:
            if policy is None:
                del self._inline[user][name]
            else:
                self._inline[user][name] = policy

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
        with self._lock:
            self._keys[session.access_key_id] = session
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
        with self._lock:
            self._keys[session.access_key_id] = session
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
