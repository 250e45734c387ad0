"""Requests for identities: profiles, connections, credentials, account names."""

from __future__ import annotations

from msgspec import Struct

from tui.core.identity import Address, AddressBook, Identity, IdentitySpec, ProfileSummary
from tui.link.request import Done, Feed, Request


class Profiles(Struct, frozen=True):
    """The profiles of the AWS config files in order, and the files.

    `ambient` is the identity that the default chain finds without a profile: keys, web identity or container role of
    the environment; None: nothing, or at most an instance role.
    """

    profiles: list[ProfileSummary]
    files: list[str]
    ambient: ProfileSummary | None = None


class Secret(Struct, frozen=True):
    """A secret text: no log, no error and no repr shows it."""

    text: str

    def __repr__(self) -> str:
        return "Secret(…)"


class SignInStep(Struct, frozen=True):
    """The state of a sign-in: the user opens `url` in any browser and enters `code` (`complete_url` includes it).

    `expires` in seconds since the epoch. The last step is `done`.
    """

    url: str = ""
    complete_url: str = ""
    code: str = ""
    expires: float = 0.0
    done: bool = False


class ListProfiles(Request[Profiles], frozen=True, tag="list-profiles"):
    """The profiles of the AWS config files."""


class Connect(Feed[Identity], frozen=True, tag="connect"):
    """Connect an identity: first as configured, then updated by STS and ListBuckets."""

    spec: IdentitySpec


class WatchIdentity(Feed[Identity], frozen=True, tag="watch-identity"):
    """A connected identity: now, after each renewal of its credentials, and when they expire.

    Credentials are renewed in time. If that is impossible, the identity's `problem` says why and what it `needs`.
    """

    connection: str


class GiveKeys(Request[Done], frozen=True, tag="give-keys"):
    """Keep typed access keys in the engine's memory, for all specs with this `access_key` and endpoint.

    Two servers may both have an ``admin``.
    """

    access_key: str
    secret: Secret
    session_token: Secret = Secret("")
    endpoint: str = ""
    """As in the spec; empty if it has none."""


class GiveCode(Request[Done], frozen=True, tag="give-code"):
    """Assume the role that needs this code; answered when the session exists or the code is refused."""

    connection: str
    code: Secret


class SignIn(Feed[SignInStep], frozen=True, tag="sign-in"):
    """Sign in to IAM Identity Center by device authorization; stopping the feed cancels it.

    The token is saved where the AWS CLI looks for it, so that both are signed in.
    """

    connection: str


class NameAccount(Request[Done], frozen=True, tag="name-account"):
    """Enter an address book entry by hand; it overrides learned entries. Empty texts remove it."""

    address: Address


class WatchAddresses(Feed[AddressBook], frozen=True, tag="watch-addresses"):
    """The address book, now and after each change."""
