"""Maps what the AWS libraries raise to problems a user can act on: settings, credentials, connections, refusals.

What only S3 says (`NoSuchKey`, `PreconditionFailed`, …) is mapped in `tui.stores.s3.errors`, on top of this.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import msgspec
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from tui.accounts.denials import read_denial
from tui.accounts.endpoints import without_passwords
from tui.accounts.login_problems import REFUSING, logged_out, role_refused
from tui.accounts.logins import Login
from tui.accounts.unreachable import unreachable
from tui.accounts.unusable import settings_cause, settings_remedy
from tui.model.problem import Problem, ProblemKind

FAILURES: tuple[type[Exception], ...] = (
    boto.ClientError,
    boto.BotoCoreError,
    ResponseParserError,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    ValueError,
    RuntimeError,
)
"""All that asking AWS may raise. `ValueError`: an endpoint that is no URL, a credential process that prints no JSON.
`RuntimeError`: credentials that were renewed and have expired all the same; others are defects, see `problem_of`."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was being tried, by whom and where; `permission` is the IAM action it needs."""

    identity: str
    operation: str = ""
    resource: str = ""
    permission: str = ""
    endpoint: str = ""
    profile: str | None = None
    connection: str = ""
    login: Login | None = None
    """The sign-in that the credentials come from, if they come from one."""

    def problem(self, kind: ProblemKind, title: str, cause: str = "", remedy: str = "") -> Problem:
        """A problem of this attempt."""
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """The parts of an error answer; any of them may be missing (a HEAD has no body, some servers send none)."""

    code: str
    message: str
    status: int
    request_id: str
    operation: str

    @property
    def sent_code(self) -> str:
        """The code if the server sent one; without a body botocore puts the status there."""
        return "" if self.code.isdecimal() else self.code


_SKEWED = "RequestTimeTooSkewed"
_ALLOWED_SKEW = 15 * 60
"""Seconds (Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header")."""


def _far_from_now(date: str) -> bool:
    """Whether a server's date is so far from this machine's that it takes no request of ours; False: it gave none."""
    try:
        servers = parsedate_to_datetime(date)
    except ValueError:
        return False
    if servers.tzinfo is None:
        servers = servers.replace(tzinfo=UTC)
    return abs((servers - datetime.now(UTC)).total_seconds()) > _ALLOWED_SKEW


def read_refusal(error: boto.ClientError) -> Refusal:
    """Take a `ClientError` apart without trusting that it has any part."""
    answer: dict[str, Any] = dict(error.response or {})
    said, meta = answer.get("Error") or {}, answer.get("ResponseMetadata") or {}
    status = meta.get("HTTPStatusCode") or 0
    code = str(said.get("Code") or status)
    if code == "403" and _far_from_now(str((meta.get("HTTPHeaders") or {}).get("date", ""))):
        code = _SKEWED  # a HEAD's answer has no body to say it
    return Refusal(
        code=code,
        message=str(said.get("Message") or ""),
        status=status,
        request_id=str(meta.get("RequestId") or ""),
        operation=error.operation_name,
    )


_KINDS = {
    **dict.fromkeys(("AccessDenied", "AccessDeniedException", "Forbidden", "403", "AllAccessDisabled"), "DENIED"),
    **dict.fromkeys(("UnauthorizedOperation", "AccountProblem"), "DENIED"),
    **dict.fromkeys(
        (
            *("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidClientTokenId", "UnrecognizedClientException"),
            *("InvalidToken", "IncompleteSignature", "RequestTimeTooSkewed", "401"),
            "InvalidIdentityToken",
        ),
        "BAD_CREDENTIALS",
    ),
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"), "EXPIRED"),
    **dict.fromkeys(("SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "429"), "THROTTLED"),
    **dict.fromkeys(("ServiceUnavailable", "TooManyRequestsException", "RequestThrottled", "503"), "THROTTLED"),
    **dict.fromkeys(("BandwidthLimitExceeded", "ThrottledException", "RequestThrottledException"), "THROTTLED"),
    **dict.fromkeys(("EC2ThrottledException", "PriorRequestNotComplete", "KMS.ThrottlingException"), "THROTTLED"),
    # 400s that are no fault of the request: it came too slowly, or not whole.
    **dict.fromkeys(("RequestTimeout", "RequestTimeoutException", "IncompleteBody", "InternalError"), "SERVER"),
    **dict.fromkeys(("NotImplemented", "MethodNotAllowed", "InvalidAction", "405", "501"), "UNSUPPORTED"),
}

_STS_PERMISSIONS = {
    "AssumeRole": "sts:AssumeRole",
    "AssumeRoleWithWebIdentity": "sts:AssumeRoleWithWebIdentity",
    "GetCallerIdentity": "sts:GetCallerIdentity",
    "GetRoleCredentials": "sso:GetRoleCredentials",
}


def kind_of(refusal: Refusal) -> ProblemKind:
    """The kind of a refusal that is not special to S3: by its code, else by its status."""
    if name := _KINDS.get(refusal.code) or _KINDS.get(str(refusal.status)):
        return ProblemKind[name]
    return ProblemKind.SERVER if refusal.status >= 500 else ProblemKind.INVALID


_WITHOUT_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.MetadataRetrievalError,
    boto.InvalidIMDSEndpointError,
)


def problem_of(error: Exception, attempt: Attempt) -> Problem:
    """The problem behind one of `FAILURES`. A `RuntimeError` that does not speak of credentials is raised on."""
    if isinstance(error, _WITHOUT_CREDENTIALS) or (isinstance(error, OSError) and error.filename):
        return no_credentials(error, attempt)  # a file: of a web identity's token, which is read anew every time
    match error:
        case RuntimeError():
            return _expired_anew(error, attempt)
        case boto.ClientError():
            return refused(read_refusal(error), attempt)
        case boto.ProfileNotFound() | boto.ConfigParseError() | boto.ConfigNotFound() | boto.InvalidConfigError():
            return _unusable(error, attempt)
        case boto.SSOError() | boto.TokenRetrievalError() | boto.LoginError():
            return logged_out(error, attempt)
        case boto.FlexibleChecksumError() | boto.IncompleteReadError():
            return attempt.problem(ProblemKind.SERVER, "the answer was damaged on its way", str(error), "try again")
        case boto.BotoCoreError() if not isinstance(error, boto.HTTPClientError | boto.ConnectionError):
            return attempt.problem(ProblemKind.INVALID, "the request cannot be made", str(error))
        case ResponseParserError():
            return attempt.problem(ProblemKind.SERVER, "the server's answer cannot be read", str(error))
        case ValueError():
            return _unusable(error, attempt)
        case _:
            return unreachable(error, attempt)


def _unusable(error: Exception, attempt: Attempt) -> Problem:
    cause, remedy = settings_cause(error), settings_remedy(error)
    return attempt.problem(ProblemKind.INVALID, "the AWS settings cannot be used", cause, remedy)


def no_credentials(error: Exception, attempt: Attempt) -> Problem:
    """The problem of credentials that are not where the settings say."""
    remedy = "choose a profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if attempt.profile:
        remedy = f"give the profile {attempt.profile} credentials, or choose another one"
    return attempt.problem(ProblemKind.NO_CREDENTIALS, "no credentials", str(error), remedy)


def _expired_anew(error: RuntimeError, attempt: Attempt) -> Problem:
    if "still expired" not in str(error):  # botocore has no type for it
        raise error
    remedy = "sign in again; if that does not help, look at this machine's clock"
    return attempt.problem(ProblemKind.EXPIRED, "the credentials have expired", str(error), remedy)


def refused(refusal: Refusal, attempt: Attempt) -> Problem:
    """The problem of an error answer."""
    if refusal.operation != attempt.operation and refusal.operation in _STS_PERMISSIONS:
        # The credentials were to be had first, and that failed: it is not the attempt that was refused.
        permission = _STS_PERMISSIONS[refusal.operation]
        attempt = replace(attempt, operation=refusal.operation, resource="", permission=permission)
    if refusal.operation in REFUSING and (told := role_refused(refusal, attempt)):
        return told_by_server(told, refusal)
    kind = kind_of(refusal)
    title, remedy = _words(kind, refusal, attempt)
    problem = attempt.problem(kind, title, refusal.message or _coded(refusal), remedy)
    return told_by_server(problem, refusal)


def told_by_server(problem: Problem, refusal: Refusal) -> Problem:
    """Add what the answer itself says: request id, status, and what AWS writes into a denial."""
    changes: dict[str, Any] = {"request_id": refusal.request_id, "status": refusal.status, "code": refusal.sent_code}
    denial = read_denial(refusal.message) if problem.kind is ProblemKind.DENIED else None
    if denial:
        changes |= {"permission": denial.action, "remedy": denial.remedy, "title": f"access denied: {denial.action}"}
        changes |= {"cause": denial.reason} if denial.reason else {}
        changes |= {"resource": _uri(denial.resource)} if denial.resource else {}
    return msgspec.structs.replace(problem, **changes)


def _uri(resource: str) -> str:
    """A bucket's or object's ARN as its URI; other ARNs as they are."""
    head, found, tail = resource.partition(":s3:::")
    return f"s3://{tail}" if found and head.startswith("arn:") else resource


def _coded(refusal: Refusal) -> str:
    return f"the server answered {refusal.code}" if refusal.code != "0" else "the server sent an empty answer"


def _words(kind: ProblemKind, refusal: Refusal, attempt: Attempt) -> tuple[str, str]:
    """Title and remedy of a kind."""
    match kind:
        case ProblemKind.DENIED:
            needs = f": {attempt.permission}" if attempt.permission else ""
            return f"access denied{needs}", f"{attempt.identity} needs {attempt.permission or 'a permission'}"
        case ProblemKind.BAD_CREDENTIALS if refusal.code == _SKEWED:
            return "this machine's clock is wrong", "set the clock, then try again"
        case ProblemKind.BAD_CREDENTIALS if refusal.code == "InvalidToken":
            return (
                "the session was refused: it was taken back, or is another server's",
                "choose the identity again, which gets it a new session",
            )
        case ProblemKind.BAD_CREDENTIALS:
            return (
                f"the credentials were refused ({refusal.code})",
                "check access key, secret and endpoint belong together",
            )
        case ProblemKind.EXPIRED:
            return "the credentials have expired", "renew them, then connect again"
        case ProblemKind.THROTTLED:
            return "the server asks to slow down", "wait a little, then try again"
        case ProblemKind.UNSUPPORTED:
            return f"this server does not know {attempt.operation}", ""
        case ProblemKind.SERVER:
            return f"the server failed ({refusal.code})", "try again"
        case _:
            return f"{attempt.operation} was refused ({refusal.code})", ""
