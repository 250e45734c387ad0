"""Identities: which there are, how they are connected, what they need, how accounts are called."""

from __future__ import annotations

from msgspec import Struct

from tui.core.identity import Address, AddressBook, Identity, IdentitySpec, ProfileSummary
from tui.link.request import Done, Feed, Request


class Profiles(Struct, frozen=True):
    """The profiles of the AWS config files, in their order, and the files they were read from.

    `ambient` is what the default chain finds without a profile: keys, web identity or container role of the
    environment; None: nothing, or only an instance role could be tried.
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
    """How a sign-in stands: open `url` in any browser, on any machine, and enter `code` (`complete_url` includes it).

    `expires`: until when, in seconds since the epoch. The last step is `done`.
    """

    url: str = ""
    complete_url: str = ""
    code: str = ""
    expires: float = 0.0
    done: bool = False


class ListProfiles(Request[Profiles], frozen=True, tag="list-profiles"):
    """The profiles of the AWS config files."""


class Connect(Feed[Identity], frozen=True, tag="connect"):
    """Make an identity usable: first what the configuration says, then what STS and ListBuckets return."""

    spec: IdentitySpec


class WatchIdentity(Feed[Identity], frozen=True, tag="watch-identity"):
    """An identity that is connected: now, whenever its credentials were renewed, and when they end.

    Credentials are renewed in time without being asked. Where that is not possible the identity's `problem` says why
    and what it `needs`.
    """

    connection: str


class GiveKeys(Request[Done], frozen=True, tag="give-keys"):
    """Keep typed access keys in the engine's memory, for every spec with this `access_key` and this endpoint.

    Two servers may both know an ``admin``.
    """

    access_key: str
    secret: Secret
    session_token: Secret = Secret("")
    endpoint: str = ""
    """As the spec has it; empty: it has none."""


class GiveCode(Request[Done], frozen=True, tag="give-code"):
    """Assume the role that needs a code with this one; answered when its session is there, or the code is refused."""

    connection: str
    code: Secret


class SignIn(Feed[SignInStep], frozen=True, tag="sign-in"):
    """Sign in to IAM Identity Center by device authorization; stopping it gives it up.

    The token is kept where the AWS CLI looks for it, so that both are signed in.
    """

    connection: str


class NameAccount(Request[Done], frozen=True, tag="name-account"):
    """Enter a line of the address book by hand; it is stronger than what was learned. Empty texts take it away."""

    address: Address


class WatchAddresses(Feed[AddressBook], frozen=True, tag="watch-addresses"):
    """The address book, now and whenever it learns."""


IdentityRequests = ListProfiles | Connect | WatchIdentity | GiveKeys | GiveCode | SignIn | NameAccount | WatchAddresses
"""All requests of this subject."""
