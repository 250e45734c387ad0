"""What went wrong, in words a user can act on."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class ProblemKind(StrEnum):
    """The kinds of failure that callers tell apart."""

    DENIED = "denied"
    NO_SUCH_BUCKET = "no such bucket"
    NO_SUCH_KEY = "no such key"
    NO_PROFILE = "no such profile"
    NO_CREDENTIALS = "no credentials"
    EXPIRED = "credentials expired"
    BAD_CREDENTIALS = "credentials refused"
    UNREACHABLE = "endpoint unreachable"
    THROTTLED = "throttled"
    CHANGED = "source changed"
    EXISTS = "exists at the target"
    ARCHIVED = "archived"
    UNSUPPORTED = "not supported by this server"
    INVALID = "invalid request"
    SERVER = "server error"
    MISMATCH = "copy differs from its source"
    NO_SPACE = "disk full"
    """A local disk or the user's share of it is full."""
    JOURNAL = "journal"
    """The journal cannot be written or read."""
    READ_ONLY = "read-only"
    """Refused by the app itself, as the user's settings want it; nothing was asked."""
    ENGINE = "engine"
    OTHER_VERSION = "engine of another version"


GRAVE = (ProblemKind.UNREACHABLE, ProblemKind.BAD_CREDENTIALS, ProblemKind.EXPIRED, ProblemKind.NO_CREDENTIALS)
"""Problems that say nothing will work; the others only leave a part of the identity unknown."""


class Need(StrEnum):
    """What the user can give, here and now, so that an identity works (again)."""

    MFA_CODE = "MFA code"
    """The present code of an MFA device: `GiveCode`."""
    SIGN_IN = "sign-in"
    """A sign-in to IAM Identity Center: `SignIn`."""
    KEYS = "keys"
    """The secret of access keys that were typed into an engine that has ended: `GiveKeys`."""


class Problem(Struct, frozen=True):
    """One failure: what was tried on what, why it failed, and what to do next.

    `operation` is the S3/STS operation as the SDK names it (``ListObjectsV2``), `permission` the IAM action that
    lacks (``s3:ListBucket``), `resource` an ``s3://`` URI or ARN, `identity` the label of who tried.
    None of the texts is trusted: they may hold control characters and markup.
    """

    kind: ProblemKind
    title: str
    cause: str = ""
    remedy: str = ""
    operation: str = ""
    resource: str = ""
    identity: str = ""
    permission: str = ""
    request_id: str = ""
    status: int = 0
    code: str = ""
    """The error code as the server sent it (``AccessControlListNotSupported``); empty where it sent none."""
    needs: Need | None = None
    """What would help at once."""
    connection: str = ""
    """Whose identity needs it."""
    subject: str = ""
    """Which one: the serial of the MFA device, the sso-session (or start URL), the access key's id."""
    endpoint: str = ""
    """Where the access key is good for, as its spec has it; empty: no endpoint of its own."""

    def sentence(self) -> str:
        """The whole problem in one line: title, cause and remedy."""
        parts = (self.title, self.cause, self.remedy)
        return " · ".join(part.strip() for part in parts if part.strip())


class ProblemError(Exception):
    """Carries a `Problem` up to whoever can show it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem
