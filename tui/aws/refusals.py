"""The error responses of AWS services: code, message, status."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError

from tui.core.problem import Problem, ProblemKind, RetryAdvice


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """The parts of an error response. Any may be missing: HEAD has no body, and some servers send none."""

    code: str
    message: str
    status: int
    request_id: str
    operation: str
    location: str = ""
    """The target of a redirect, as the server wrote it."""

    @property
    def redirects(self) -> bool:
        """Whether it redirects to another address; a 304 does not."""
        return 300 <= self.status < 400 and self.status != 304

    @property
    def sent_code(self) -> str:
        """The server's code; without a body, botocore puts the status there."""
        return "" if self.code.isdecimal() else self.code

    @property
    def in_short(self) -> str:
        """The cause of a response without a message."""
        return f"the server answered {self.code}" if self.code != "0" else "the server sent an empty response"


_ALLOWED_SKEW = 15 * 60
"""Seconds (Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header")."""


def _far_from_now(date: str) -> bool:
    """Whether a server's date is so far from this machine's that it refuses our requests; False without one."""
    try:
        servers = parsedate_to_datetime(date)
    except ValueError:
        return False
    if servers.tzinfo is None:
        servers = servers.replace(tzinfo=UTC)
    return abs((servers - datetime.now(UTC)).total_seconds()) > _ALLOWED_SKEW


def read_refusal(error: boto.ClientError) -> ErrorResponse:
    """Read a `ClientError`, any part of which may be missing."""
    answer: dict[str, Any] = dict(error.response or {})
    said, meta = answer.get("Error") or answer, answer.get("ResponseMetadata") or {}  # Ceph's STS has no ErrorResponse
    status = meta.get("HTTPStatusCode") or 0
    code = str(said.get("Code") or status)
    if code == "403" and _far_from_now(str((meta.get("HTTPHeaders") or {}).get("date", ""))):
        code = SKEWED_CLOCK  # a HEAD response has no body that says so
    headers: dict[str, Any] = meta.get("HTTPHeaders") or {}
    return ErrorResponse(
        code=code,
        message=str(said.get("Message") or ""),
        status=status,
        request_id=str(meta.get("RequestId") or ""),
        operation=error.operation_name,
        location=str(headers.get("location", "")),
    )


# Error codes: their kinds of problems, and retry advice that differs from the kind's. Add a new code here; texts of its
# own, if needed, belong in `tui.stores.s3.calls`.

SKEWED_CLOCK = "RequestTimeTooSkewed"

DAMAGED = frozenset({"BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"})
"""The codes for a body that does not match its digests (Amazon S3, "Error responses")."""

UNREADABLE = "xs3-tui:unreadable"
"""Our own code for an unreadable success response; no server sends it."""

ANOTHER_ANSWER = "xs3-tui:another-answer"
"""Our own code for the success response of another operation: the server does not know the one it got."""

CODES: dict[ProblemKind, tuple[str, ...]] = {
    ProblemKind.DENIED: (
        *("AccessDenied", "AccessDeniedException", "Forbidden", "403", "AllAccessDisabled"),
        *("UnauthorizedOperation", "AccountProblem"),
    ),
    ProblemKind.BAD_CREDENTIALS: (
        *("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidClientTokenId", "UnrecognizedClientException"),
        *("InvalidToken", "IncompleteSignature", SKEWED_CLOCK, "401", "InvalidIdentityToken"),
    ),
    ProblemKind.EXPIRED: ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"),
    ProblemKind.THROTTLED: (
        *("SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "429"),
        *("ServiceUnavailable", "TooManyRequestsException", "RequestThrottled", "503"),
        *("BandwidthLimitExceeded", "ThrottledException", "RequestThrottledException"),
        *("EC2ThrottledException", "PriorRequestNotComplete", "KMS.ThrottlingException"),
    ),
    # 400s that are not the request's fault: it came too slowly, or incomplete.
    ProblemKind.SERVER: ("RequestTimeout", "RequestTimeoutException", "IncompleteBody", "InternalError"),
    ProblemKind.UNSUPPORTED: ("NotImplemented", "MethodNotAllowed", "InvalidAction", "405", "501"),
}
"""Codes of any service, and statuses of responses without a code, by kind of problem."""

S3_CODES: dict[ProblemKind, tuple[str, ...]] = {
    ProblemKind.NO_SUCH_BUCKET: ("NoSuchBucket",),
    ProblemKind.NO_SUCH_KEY: ("NoSuchKey", "NoSuchVersion", "NoSuchUpload"),
    ProblemKind.CHANGED: ("PreconditionFailed", "ConditionalRequestConflict", "412"),
    ProblemKind.ARCHIVED: ("InvalidObjectState",),
    ProblemKind.UNSUPPORTED: ("InvalidStorageClass", "GlacierExpeditedRetrievalNotAvailable", ANOTHER_ANSWER),
    ProblemKind.INVALID: ("RestoreAlreadyInProgress", "ObjectAlreadyInActiveTierError"),
    ProblemKind.EXISTS: ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"),
    ProblemKind.SERVER: (UNREADABLE, *sorted(DAMAGED)),
}
"""Codes that only S3 sends; a 404 without code is classified by its operation (`tui.stores.s3.calls`)."""

RETRIES: dict[RetryAdvice, tuple[str, ...]] = {
    # Another client is writing the same key or bucket.
    RetryAdvice.PASSING: ("OperationAborted", "ConditionalRequestConflict"),
    RetryAdvice.ONCE: (SKEWED_CLOCK,),
    # Credentials that are no longer known. Not SignatureDoesNotMatch: a single unusual key may cause it.
    RetryAdvice.IDENTITY: (
        *("InvalidAccessKeyId", "InvalidToken", "InvalidClientTokenId", "UnrecognizedClientException"),
    ),
}
"""Codes whose retry advice differs from their kind's `KindMeaning.retry`."""

_KIND_OF = {code: kind for kind, codes in CODES.items() for code in codes}
_S3_KIND_OF = {code: kind for kind, codes in S3_CODES.items() for code in codes}
_RETRY_OF = {code: advice for advice, codes in RETRIES.items() for code in codes}


def kind_of(code: str, status: int) -> ProblemKind:
    """The kind of an error response by its code, else by its status; S3's special codes excepted."""
    if kind := _KIND_OF.get(code) or _KIND_OF.get(str(status)):
        return kind
    return ProblemKind.SERVER if status >= 500 else ProblemKind.INVALID


def s3_kind_of(code: str) -> ProblemKind | None:
    """The kind of a code that only S3 sends; None for other codes."""
    return _S3_KIND_OF.get(code)


def retry_of(code: str) -> RetryAdvice | None:
    """The retry advice of a code; None: that of its kind."""
    return _RETRY_OF.get(code)


_PASSWORD = re.compile(r"(?<=//)[^/@\s:]*:[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Attempt:
    """An operation with its identity, resource and endpoint; `permission` is the IAM action it needs."""

    identity: str
    operation: str = ""
    resource: str = ""
    permission: str = ""
    endpoint: str = ""
    profile: str | None = None
    connection: str = ""
    login: Login | None = None
    """The sign-in behind the credentials, if any."""

    def problem(self, kind: ProblemKind, title: str, cause: str = "", remedy: str = "") -> Problem:
        return Problem(
            kind=kind,
            title=title,
            cause=without_passwords(cause),
            remedy=remedy,
            operation=self.operation,
            resource=self.resource,
            identity=self.identity,
            permission=self.permission if kind is ProblemKind.DENIED else "",
        )


def without_passwords(text: str) -> str:
    """A library's text with the passwords in proxy and endpoint URLs removed."""
    return _PASSWORD.sub("…@", text)


_SCOPES = ("sso:account:access",)
"""The scopes of an sso-session without `sso_registration_scopes`; tokens are only renewed with a scope."""


@dataclass(frozen=True, slots=True)
class Login:
    """A sign-in and the role that the profile uses with it. Missing settings are empty."""

    profile: str
    """The profile that signs in: the requested one, or the first of its chain of roles."""
    session: str
    """The sso-session's name; empty for a profile of the older form."""
    start_url: str
    region: str
    scopes: tuple[str, ...] = ()
    account: str = ""
    role: str = ""

    @property
    def name(self) -> str:
        """The sso-session, or else the start URL."""
        return self.session or self.start_url

    @property
    def command(self) -> str:
        """The AWS CLI command that signs in."""
        return f"aws sso login --profile {shlex.quote(self.profile)}"


def login_of(full: Mapping[str, Any], profile: str) -> Login | None:
    """The sign-in behind a profile, along `source_profile`; None if there is none. `full` is both files, parsed."""
    profiles = full.get("profiles", {})
    seen: set[str] = set()
    while profile in profiles and profile not in seen:
        seen.add(profile)
        settings = profiles[profile]
        if "role_arn" not in settings or "web_identity_token_file" in settings:
            return _login(profile, settings, full.get("sso_sessions", {}))
        profile = str(settings.get("source_profile", ""))
    return None


def _login(profile: str, settings: Mapping[str, Any], sessions: Mapping[str, Any]) -> Login | None:
    session = str(settings.get("sso_session", ""))
    if not session and "sso_start_url" not in settings:
        return None
    source = sessions.get(session, {}) if session else settings
    wanted = str(source.get("sso_registration_scopes", ""))
    scopes = tuple(each.strip() for each in wanted.split(",") if each.strip()) or _SCOPES
    return Login(
        profile=profile,
        session=session,
        start_url=str(source.get("sso_start_url", "")),
        region=str(source.get("sso_region", "")),
        scopes=scopes if session else (),
        account=str(settings.get("sso_account_id", "")),
        role=str(settings.get("sso_role_name", "")),
    )


# Access denied messages, as in the IAM User Guide, "Troubleshoot access denied error messages".

_DENIAL = re.compile(
    r"(?:User|Principal): (?P<principal>\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)"
    r"(?: on resource: (?:\"(?P<quoted>[^\"]*)\"|(?P<bare>\S+)))?(?: (?P<reason>(?:because|with) .*))?",
    re.DOTALL,
)
_POLICY = re.compile(
    r"(identity-based|resource-based|session|service control|resource control|VPC endpoint) polic"
    r"|(permissions boundary)"
)
_AUTHORIZATION_ID = re.compile(r"authorization[\s_-]*id\W*(?:is\W+)?(?P<id>[0-9a-z]{8,})", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"[\s.;,([]*(?:the )?authorization[\s_-]*id\b.*$", re.IGNORECASE | re.DOTALL)
_INVISIBLE = {"service control", "resource control", "permissions boundary", "VPC endpoint", "session"}


@dataclass(frozen=True, slots=True)
class Denial:
    """The parts of a message; a missing part is an empty string. `reason` is the server's own clause."""

    principal: str
    action: str
    resource: str
    explicit: bool
    """True: a statement denies it. False: no statement allows it."""
    policy: str
    """The kind of policy that decided: ``identity-based``, ``resource-based``, ``session``, …"""
    reason: str

    @property
    def remedy(self) -> str:
        """The necessary change, and whether that policy is visible from here."""
        kind = f"{self.policy} policy".replace("boundary policy", "boundary") if self.policy else "policy"
        change = f"remove the explicit deny in the {kind}" if self.explicit else f"allow {self.action} in the {kind}"
        unseen = "; that policy cannot be checked from here" if self.policy in _INVISIBLE else ""
        return change + unseen


def read_denial(message: str) -> Denial | None:
    """Read an AccessDenied message; None if it has no details (``Access Denied``)."""
    match = _DENIAL.search(message)
    if not match:
        return None
    reason = _AUTHORIZATION.sub("", (match["reason"] or "").strip())
    explicit, policy = read_reason(reason)
    return Denial(
        principal=match["principal"],
        action=match["action"],
        resource=match["quoted"] or match["bare"] or "",
        explicit=explicit,
        policy=policy,
        reason=reason.removeprefix("because ").rstrip("."),
    )


def read_reason(reason: str) -> tuple[bool, str]:
    """Whether a clause is about an explicit deny, and the kind of policy; empty if it names none."""
    policy = _POLICY.search(reason)
    return "explicit deny" in reason, (policy[1] or policy[2]) if policy else ""


def read_authorization_id(message: str) -> str:
    """AWS's ID for the details of a denial (IAM Toolbox, preview); empty if the message has none."""
    found = _AUTHORIZATION_ID.search(message)
    return found["id"] if found else ""


class AnswerTooLargeError(BotoCoreError):
    """A response with more than `MAX_ANSWER` bytes, whose rest was not read, or more than `MOST_TAGS` tags. Never
    retried."""

    fmt = "the response has more than {most}, which S3 never sends"


class ForeignHostError(BotoCoreError):
    """A request to a host that is not the endpoint's; it was not sent."""

    fmt = "the server redirects to {host}, which does not belong to {endpoint}"


class MalformedResponseError(ValueError):
    """The response is not HTTP; the message is the parser's."""
