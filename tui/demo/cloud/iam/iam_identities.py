"""Who signs requests: users, roles, sessions and their MFA devices."""

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
    """The empty string for a long-lived key."""
    expires: datetime | None = None
    policies: tuple[Policy, ...] = (EVERYTHING,)
    """Identity policies: of the user or of the role."""
    session_policy: Policy | None = None
    """Given to AssumeRole or GetFederationToken; only narrows."""
    role_arn: str = ""
    """The role of a session, which policies may name instead of the session."""
    mfa_serial: str = ""
    """Of the user's MFA device; empty: there is none."""
    mfa_secret: bytes = field(default=b"", repr=False)

    @property
    def canonical_id(self) -> str:
        return canonical_id(self.account)

    @property
    def principals(self) -> frozenset[str]:
        """Every way in which a policy can name this identity under `AWS`, short of `*`."""
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
        """The account the role is in and acts as."""
        return self.arn.split(":")[4]

    @property
    def name(self) -> str:
        """The role's name without its path."""
        return self.arn.rpartition("/")[2]


class DemoIdentities:
    """All access keys and roles; sessions, roles and inline policies change while requests are served."""

    def __init__(self, users: Iterable[DemoIdentity], roles: Iterable[Role]) -> None:
        self._keys = {user.access_key_id: user for user in users}
        self._inline: dict[str, dict[str, Policy]] = {user.arn: {} for user in self._keys.values()}
        """The inline policies of users, by ARN and name."""
        self._first = frozenset(self._inline)
        self._roles = {role.arn: role for role in roles}
        self._lock = threading.Lock()

    def by_access_key(self, access_key_id: str) -> DemoIdentity | None:
        """The principal of an access key, expired or not, with the policies that it has now."""
        with self._lock:
            found = self._keys.get(access_key_id)
            if found is None:
                return None
            if found.arn in self._inline:
                return replace(found, policies=(*found.policies, *self._inline[found.arn].values()))
            role = self._roles.get(found.role_arn)
            return replace(found, policies=tuple(role.policies.values()) if role else ())

    def is_made(self, user: str) -> bool:
        """Whether a user was made by IAM: those that were there before are administrators."""
        return user not in self._first

    def users_of(self, account: str) -> list[str]:
        """The ARNs of an account's users."""
        return [user for user in list(self._inline) if user.split(":")[4] == account]

    def put_user(self, arn: str) -> None:
        """Make a user, who has no key and no policy yet."""
        with self._lock:
            self._inline[arn] = {}

    def delete_user(self, arn: str) -> None:
        """Delete a user without keys."""
        with self._lock:
            del self._inline[arn]

    def keys_of(self, user: str) -> list[str]:
        """The ids of a user's lasting access keys."""
        with self._lock:
            return [key for key, found in self._keys.items() if found.arn == user and not found.session_token]

    def put_key(self, key: DemoIdentity) -> None:
        """Give a user an access key."""
        with self._lock:
            self._keys[key.access_key_id] = key

    def delete_key(self, access_key_id: str) -> None:
        """Take an access key away."""
        with self._lock:
            del self._keys[access_key_id]

    def roles_of(self, account: str) -> list[Role]:
        return [role for role in list(self._roles.values()) if role.account == account]

    def role(self, arn: str) -> Role | None:
        return self._roles.get(arn)

    def put_role(self, arn: str, role: Role | None) -> None:
        """Make a role, change it, or (None) delete it."""
        with self._lock:
            if role is None:
                del self._roles[arn]
            else:
                self._roles[arn] = role

    def inline_policies(self, user: str) -> Mapping[str, Policy] | None:
        """The inline policies of a user, by their names; None if there is no user of that ARN."""
        found = self._inline.get(user)
        return dict(found) if found is not None else None

    def put_inline_policy(self, user: str, name: str, policy: Policy | None) -> None:
        """Give a user an inline policy, or (None) take it away."""
        with self._lock:
            if policy is None:
                del self._inline[user][name]
            else:
                self._inline[user][name] = policy

    def session_of(self, caller: DemoIdentity, expires: datetime, policy: Policy | None = None) -> DemoIdentity:
        """Make a session of a user, which is the user until it ends, as far as the policy lets it."""
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
        """Make a session of the role; whether the caller may is decided before."""
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


# MFA devices: the six digits that one shows (RFC 6238 with its defaults, as virtual devices of AWS have them).

STEP_SECONDS: Final = 30


def code_at(secret: bytes, moment: datetime) -> str:
    """What a device with this secret shows."""
    counter = int(moment.timestamp()) // STEP_SECONDS
    digest = hmac.digest(secret, counter.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def is_present(caller: DemoIdentity, serial: str, code: str, moment: datetime) -> bool:
    """Whether the caller has shown a device, False if none is named; raise `CloudError` for a wrong one, or code.

    The codes before and after are taken, too, for clocks that differ; and any more than once, which AWS does not.
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
