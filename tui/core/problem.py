"""Problems in words that a user can act on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum, auto
from typing import Self

from msgspec import Struct


class Exit(IntEnum):
    """Exit codes; `MEANINGS` explains them."""

    DONE = 0
    SOME_FAILED = 1
    USAGE = 2
    DENIED = 3
    NOT_FOUND = 4
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS = {
    Exit.DONE: "success (skipped objects are not failures)",
    Exit.SOME_FAILED: "some objects failed, were cancelled or are undecided",
    Exit.USAGE: "usage error",
    Exit.DENIED: "access denied, or no valid credentials",
    Exit.NOT_FOUND: "not found",
    Exit.INTERRUPTED: "interrupted (SIGINT)",
    Exit.TERMINATED: "terminated (SIGTERM)",
}
"""The signals' codes are those of a shell: 128 plus the signal number (POSIX, "Exit Status for Commands")."""


class RetryAdvice(Enum):
    """What to do about a failed request."""

    PASSING = auto()
    """Retry: the server failed, or bytes were cut or damaged in transit."""
    THROTTLED = auto()
    """Retry later, and send fewer requests at once."""
    ONCE = auto()
    """Retry once: after a machine has slept, servers refuse the late request like one with a wrong clock."""
    NETWORK = auto()
    """Retry; beyond the budget, wait until the endpoint can be reached."""
    IDENTITY = auto()
    """Wait for other credentials: nothing works before."""
    PERMANENT = auto()
    """Do not retry."""


@dataclass(frozen=True, slots=True)
class KindMeaning:
    """What a kind of problem means to the code that decides by it; tests compare the two."""

    exit: Exit
    """The exit code of a command that ends with it."""
    retry: RetryAdvice
    """Applies unless the error code says more."""
    unusable: bool = False
    """The identity cannot be used at all; other kinds leave only parts of it unknown."""
    personal: bool = False
    """Another identity may succeed."""
    refusal: bool = False
    """Before a copy: a definite no. Other kinds leave open whether it would work."""
    next_route: bool = False
    """Another route may work: the identity is denied, the server does not support it, or cannot see the other
    side."""
    ends_after: int | None = None
    """After so many in a row the transfer ends, because no single object is to blame; None: each object fails alone."""
    missing: bool = False
    """The resource does not exist."""
    expected: bool = False
    """The user's own doing, logged as information."""


class ProblemKind(StrEnum):
    """The kinds of failure that callers distinguish. A new kind is added only here."""

    meaning: KindMeaning

    def __new__(cls, words: str, meaning: KindMeaning) -> Self:
        """The value (`words`) is what journals and the protocol contain."""
        kind = str.__new__(cls, words)
        kind._value_ = words
        kind.meaning = meaning
        return kind

    DENIED = ("denied", KindMeaning(Exit.DENIED, RetryAdvice.PERMANENT, personal=True, refusal=True, next_route=True))
    NO_SUCH_BUCKET = (
        "no such bucket",
        KindMeaning(Exit.NOT_FOUND, RetryAdvice.PERMANENT, refusal=True, next_route=True, ends_after=1, missing=True),
    )
    NO_SUCH_KEY = ("no such key", KindMeaning(Exit.NOT_FOUND, RetryAdvice.PERMANENT, next_route=True, missing=True))
    NO_PROFILE = ("no such profile", KindMeaning(Exit.USAGE, RetryAdvice.PERMANENT, expected=True))
    NO_CREDENTIALS = (
        "no credentials",
        KindMeaning(Exit.DENIED, RetryAdvice.IDENTITY, unusable=True, personal=True, ends_after=1, expected=True),
    )
    EXPIRED = (
        "credentials expired",
        KindMeaning(Exit.DENIED, RetryAdvice.IDENTITY, unusable=True, personal=True, ends_after=1),
    )
    BAD_CREDENTIALS = (
        "credentials refused",
        KindMeaning(Exit.DENIED, RetryAdvice.PERMANENT, unusable=True, personal=True, refusal=True, ends_after=1),
    )
    UNREACHABLE = (
        "endpoint unreachable",
        KindMeaning(Exit.SOME_FAILED, RetryAdvice.NETWORK, unusable=True, ends_after=10),
    )
    THROTTLED = "throttled", KindMeaning(Exit.SOME_FAILED, RetryAdvice.THROTTLED)
    CHANGED = "source changed", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT)
    EXISTS = "exists at the target", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT)
    ARCHIVED = "archived", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT)
    UNSUPPORTED = (
        "not supported by this server",
        KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT, next_route=True),
    )
    INVALID = "invalid request", KindMeaning(Exit.USAGE, RetryAdvice.PERMANENT, next_route=True)
    SERVER = "server error", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PASSING)
    MISMATCH = "copy differs from its source", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PASSING)
    NO_SPACE = "disk full", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT, ends_after=10)
    """The local disk or the user's quota is full."""
    JOURNAL = "journal", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT)
    """The journal cannot be written or read."""
    READ_ONLY = "read-only", KindMeaning(Exit.DENIED, RetryAdvice.PERMANENT, refusal=True, next_route=True)
    """The app itself refused, by the user's settings; no request was sent."""
    ENGINE = "engine", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT)
    CONFIRMATION = ("waits for confirmation", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT, expected=True))
    """A job begins when the user confirms it."""
    EDITOR = "editor", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT)
    """The user's own editor failed, or what it saved cannot be used."""
    OTHER_VERSION = "engine of another version", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT)


class Need(StrEnum):
    """What the user can provide now so that an identity works again."""

    MFA_CODE = "MFA code"
    """The current code of an MFA device: `GiveCode`."""
    SIGN_IN = "sign-in"
    """A sign-in to IAM Identity Center: `SignIn`."""
    KEYS = "keys"
    """The secret of access keys that were typed into an engine that has stopped: `GiveKeys`."""


class Problem(Struct, frozen=True):
    """One failure: the operation, its cause and the next step.

    `operation` is the S3 or STS operation as in the SDK (``ListObjectsV2``), `permission` the missing IAM action
    (``s3:ListBucket``), `resource` an ``s3://`` URI or ARN, `identity` the label of the identity. No text is trusted:
    any may contain control characters and markup.
    """

    kind: ProblemKind
    title: str
    cause: str = ""
    remedy: str = ""
    """Empty for a denial by S3 policies: `Explain` finds the remedy."""
    operation: str = ""
    resource: str = ""
    identity: str = ""
    permission: str = ""
    request_id: str = ""
    status: int = 0
    code: str = ""
    """The server's error code (``AccessControlListNotSupported``); empty if it sent none."""
    needs: Need | None = None
    """What helps at once."""
    connection: str = ""
    """The identity that needs it."""
    subject: str = ""
    """The MFA device's serial, the sso-session (or start URL), or the access key ID."""
    endpoint: str = ""
    """The endpoint of the access key, as in its spec; empty if it has none of its own."""
    authorization_id: str = ""
    """AWS's ID of a denial, for its details; empty if the response has none."""

    @property
    def explainable(self) -> bool:
        """Whether policies of S3 denied it, so that `Explain` can find cause and remedy."""
        return self.kind is ProblemKind.DENIED and self.permission.startswith(("s3:", "kms:"))

    def sentence(self) -> str:
        """The problem in one line: title, cause and remedy."""
        parts = (self.title, self.cause, self.remedy)
        return " · ".join(part.strip() for part in parts if part.strip())


class ProblemError(Exception):
    """An exception with a `Problem`, for the place that shows it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


class RetriedError(ProblemError):
    """A request failed although it was retried as often as it may be: nobody retries it again."""


class LeftOutError(ProblemError):
    """A listing lacks `count` entries that no key can name or that are not readable."""

    def __init__(self, problem: Problem, count: int) -> None:
        super().__init__(problem)
        self.count = count
