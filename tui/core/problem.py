"""What went wrong, in words a user can act on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum, auto
from typing import Self

from msgspec import Struct


class Exit(IntEnum):
    """What an exit code means; `MEANINGS` has the words."""

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
"""Those of signals are what a shell reports: 128 and the signal's number (POSIX, "Exit Status for Commands")."""


class RetryAdvice(Enum):
    """What to do about a failed request."""

    PASSING = auto()
    """Ask again: the server failed, or bytes were cut or damaged on their way."""
    THROTTLED = auto()
    """Ask again, later, and fewer at once."""
    ONCE = auto()
    """Ask again once: a request that lay about too long (a machine that slept) is refused like one of a wrong clock."""
    NETWORK = auto()
    """Ask again; beyond the budget, wait until the endpoint can be reached."""
    IDENTITY = auto()
    """Nothing works before there are other credentials."""
    PERMANENT = auto()
    """Asking again is of no use."""


@dataclass(frozen=True, slots=True)
class KindMeaning:
    """What a kind of problem means to all code that decides by it; tests compare the two."""

    exit: Exit
    """The exit code of a command that ends with it."""
    retry: RetryAdvice
    """What helps a request that failed so, where its error code does not say more."""
    unusable: bool = False
    """The identity cannot be used at all; other kinds leave a part of it unknown."""
    personal: bool = False
    """Another identity may not meet it."""
    refusal: bool = False
    """Before a copy: an answer that says no. Other kinds leave open whether it would work."""
    next_route: bool = False
    """Another route may do better: the identity must not, the server cannot, or it does not see the other side."""
    ends_after: int | None = None
    """So many in a row end a transfer, since no single object is to blame; None: each object fails by itself."""
    missing: bool = False
    """What was asked about does not exist."""
    expected: bool = False
    """What a user does rather than what went wrong: logged as information."""


class ProblemKind(StrEnum):
    """The kinds of failure that callers tell apart, each with what it means: the one place where a new one is added."""

    meaning: KindMeaning

    def __new__(cls, words: str, meaning: KindMeaning) -> Self:
        """A member: its words are its value, as journals and the protocol have it."""
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
    """A local disk or the user's share of it is full."""
    JOURNAL = "journal", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT)
    """The journal cannot be written or read."""
    READ_ONLY = "read-only", KindMeaning(Exit.DENIED, RetryAdvice.PERMANENT, refusal=True, next_route=True)
    """Refused by the app itself, as the user's settings want it; nothing was asked."""
    ENGINE = "engine", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT)
    CONFIRMATION = ("waits for confirmation", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT, expected=True))
    """A job begins when the user confirms it."""
    EDITOR = "editor", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT)
    """The user's own editor failed, or what it saved cannot be used."""
    OTHER_VERSION = "engine of another version", KindMeaning(Exit.SOME_FAILED, RetryAdvice.PERMANENT)


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
    is missing (``s3:ListBucket``), `resource` an ``s3://`` URI or ARN, `identity` the label of the identity that tried.
    None of the texts is trusted: they may contain control characters and markup.
    """

    kind: ProblemKind
    title: str
    cause: str = ""
    remedy: str = ""
    """Empty for a denial by policies of S3: what helps is known once it is explained."""
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
    """The identity that needs it."""
    subject: str = ""
    """Which one: the serial of the MFA device, the sso-session (or start URL), the access key's id."""
    endpoint: str = ""
    """Where the access key is good for, as its spec has it; empty: no endpoint of its own."""
    authorization_id: str = ""
    """The id of a denial, by which AWS returns its details; empty: the answer has none."""

    @property
    def explainable(self) -> bool:
        """Whether it is a denial by policies of S3, whose cause and remedy `Explain` finds out."""
        return self.kind is ProblemKind.DENIED and self.permission.startswith(("s3:", "kms:"))

    def sentence(self) -> str:
        """The whole problem in one line: title, cause and remedy."""
        parts = (self.title, self.cause, self.remedy)
        return " · ".join(part.strip() for part in parts if part.strip())


class ProblemError(Exception):
    """Carries a `Problem` up to where it is shown."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


class RetriedError(ProblemError):
    """A request failed although it was retried as often as it may be: nobody retries it again."""


class LeftOutError(ProblemError):
    """A listing had everything but `count` entries, which no key can name or which may not be read."""

    def __init__(self, problem: Problem, count: int) -> None:
        super().__init__(problem)
        self.count = count
