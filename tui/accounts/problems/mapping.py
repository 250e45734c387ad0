"""Maps what the AWS libraries raise to problems a user can act on: settings, credentials, connections, refusals.

What only S3 says (`NoSuchKey`, `PreconditionFailed`, …) is mapped in `tui.stores.s3.errors`, on top of this.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aiohttp
import msgspec
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.denials import read_authorization_id, read_denial
from tui.accounts.problems.error_codes import SKEWED_CLOCK, kind_of
from tui.accounts.problems.errors import AnswerTooLargeError, ForeignHostError
from tui.accounts.problems.parameters import not_sent
from tui.accounts.problems.refusal import Refusal, read_refusal
from tui.accounts.problems.sign_in import REFUSING, logged_out, role_refused
from tui.accounts.problems.unreachable import unreachable
from tui.core.problem import Problem, ProblemKind

FAILURES: tuple[type[Exception], ...] = (
    boto.ClientError,
    boto.BotoCoreError,
    ResponseParserError,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    ValueError,
    LookupError,
    RuntimeError,
)
"""All that asking AWS may raise. `LookupError`: an answer without a required field, or of no known encoding.
`ValueError`: an endpoint that is no URL, a credential process that prints no JSON.
`RuntimeError`: credentials that were renewed and have expired all the same; others are defects, see `problem_of`."""


_STS_PERMISSIONS = {
    "AssumeRole": "sts:AssumeRole",
    "AssumeRoleWithWebIdentity": "sts:AssumeRoleWithWebIdentity",
    "GetCallerIdentity": "sts:GetCallerIdentity",
    "GetRoleCredentials": "sso:GetRoleCredentials",
}


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
        return no_credentials(error, attempt)  # a file: of a web identity's token, which is read again every time
    match error:
        case AnswerTooLargeError() | RecursionError() | ResponseParserError() | LookupError() | ForeignHostError():
            return _unreadable(error, attempt)
        case RuntimeError():
            return _expired_anew(error, attempt)
        case boto.ClientError():
            return refusal_problem(read_refusal(error), attempt)
        case boto.ProfileNotFound() | boto.ConfigParseError() | boto.ConfigNotFound() | boto.InvalidConfigError():
            return _unusable(error, attempt)
        case boto.SSOError() | boto.TokenRetrievalError() | boto.LoginError():
            return logged_out(error, attempt)
        case boto.FlexibleChecksumError() | boto.IncompleteReadError():
            how = "cut short" if isinstance(error, boto.IncompleteReadError) else "damaged in transit"
            return attempt.problem(ProblemKind.SERVER, f"the response was {how}", str(error), "try again")
        case boto.BotoCoreError() if not isinstance(error, boto.HTTPClientError | boto.ConnectionError):
            return not_sent(error, attempt)
        case ValueError():
            return _unusable(error, attempt)
        case _:
            return unreachable(error, attempt)


def _unreadable(error: Exception, attempt: Attempt) -> Problem:
    """The problem of an answer that is too large, too deep, no XML or JSON, or that leads elsewhere."""
    if isinstance(error, ForeignHostError):
        return attempt.problem(ProblemKind.INVALID, _REDIRECTED, str(error), _NOT_FOLLOWED)
    match error:
        case RecursionError():
            cause = "it is nested too deeply"
        case KeyError():
            cause = f"it has no {error}"
        case _:
            cause = str(error).partition("\n")[0].removesuffix(_RETRIES)  # the answer itself follows
    return attempt.problem(ProblemKind.SERVER, "the server's response cannot be read", cause)


_RETRIES = ". Further retries may succeed:"
"""What botocore adds, and an answer that cannot be read does not bear out."""


def _unusable(error: Exception, attempt: Attempt) -> Problem:
    cause, remedy = _settings_cause(error), _settings_remedy(error)
    return attempt.problem(ProblemKind.INVALID, "the AWS config cannot be used", cause, remedy)


def _settings_cause(error: Exception) -> str:
    """What is wrong with them, with the line where it is known; never the line itself, which may contain a secret."""
    line = _line(error.kwargs.get("error")) if isinstance(error, boto.ConfigParseError) else 0
    return f"{error}, line {line}" if line else str(error)


def _settings_remedy(error: Exception) -> str:
    """Where to mend them."""
    if isinstance(error, boto.ConfigParseError):
        return "correct that file, then try again"
    return "correct it in the AWS config file, or in the AWS_ environment variables"


def _line(cause: object) -> int:
    """Of one of configparser's errors: one knows its line, one a list of lines and their texts."""
    if found := getattr(cause, "errors", None):
        return int(found[0][0])
    return getattr(cause, "lineno", None) or 0


def no_credentials(error: Exception, attempt: Attempt) -> Problem:
    """The problem of credentials that are not where the settings say."""
    remedy = "choose a profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if attempt.profile:
        remedy = f"add credentials to profile {attempt.profile}, or choose another profile"
    return attempt.problem(ProblemKind.NO_CREDENTIALS, "no credentials", str(error), remedy)


def _expired_anew(error: RuntimeError, attempt: Attempt) -> Problem:
    if "still expired" not in str(error):  # botocore has no type for it
        raise error
    remedy = "sign in again; if that does not help, check this machine's clock"
    return attempt.problem(ProblemKind.EXPIRED, "the credentials have expired", str(error), remedy)


def refusal_problem(refusal: Refusal, attempt: Attempt) -> Problem:
    """The problem of an error answer."""
    if refusal.operation != attempt.operation and refusal.operation in _STS_PERMISSIONS:
        # The credentials were to be had first, and that failed: it is not the attempt that was refused.
        permission = _STS_PERMISSIONS[refusal.operation]
        attempt = replace(attempt, operation=refusal.operation, resource="", permission=permission)
    if refusal.operation in REFUSING and (told := role_refused(refusal, attempt)):
        return with_answer(told, refusal)
    kind = kind_of(refusal.code, refusal.status)
    title, remedy = _words(kind, refusal, attempt)
    cause = refusal.message or refusal.in_short
    if refusal.redirects and refusal.location:
        cause = f"it points to {_without_query(refusal.location)}"
    problem = attempt.problem(kind, title, cause, remedy)
    return with_answer(problem, refusal)


UNSAID = "\ufffd"
"""What stands in an answer for a character of a key that XML 1.0 forbids."""


def with_answer(problem: Problem, refusal: Refusal) -> Problem:
    """Add what the answer itself says: request id, status, and what AWS writes into a denial."""
    changes: dict[str, Any] = {"request_id": refusal.request_id, "status": refusal.status, "code": refusal.sent_code}
    changes["authorization_id"] = read_authorization_id(refusal.message)
    denial = read_denial(refusal.message) if problem.kind is ProblemKind.DENIED else None
    if denial:
        changes |= {"permission": denial.action, "remedy": denial.remedy, "title": f"access denied: {denial.action}"}
        changes |= {"cause": denial.reason} if denial.reason else {}
        # a key of characters that XML cannot say is not known by what the answer says of it
        known = denial.resource and UNSAID not in denial.resource
        changes |= {"resource": _uri(denial.resource)} if known else {}
    told = msgspec.structs.replace(problem, **changes)
    return msgspec.structs.replace(told, remedy="") if told.explainable else told


def _uri(resource: str) -> str:
    """A bucket's or object's ARN as its URI; other ARNs as they are."""
    head, found, tail = resource.partition(":s3:::")
    return f"s3://{tail}" if found and head.startswith("arn:") else resource


def _without_query(location: str) -> str:
    """Where a redirect leads, without what may be a signature."""
    return location.partition("?")[0]


_REDIRECTED = "the server redirects to another address"
_NOT_FOLLOWED = "check the endpoint; redirects are not followed because they would send credentials to another host"


def _words(kind: ProblemKind, refusal: Refusal, attempt: Attempt) -> tuple[str, str]:
    """Title and remedy of a kind."""
    match kind:
        case _ if refusal.redirects:
            return f"{_REDIRECTED} ({refusal.status})", _NOT_FOLLOWED
        case ProblemKind.DENIED:
            needs = f": {attempt.permission}" if attempt.permission else ""
            return f"access denied{needs}", f"{attempt.identity} needs {attempt.permission or 'a permission'}"
        case ProblemKind.BAD_CREDENTIALS if refusal.code == SKEWED_CLOCK:
            return "this machine's clock is wrong", "set the clock, then try again"
        case ProblemKind.BAD_CREDENTIALS if refusal.code == "InvalidToken":
            return (
                "the session token was rejected: it was revoked, or belongs to another server",
                "choose the identity again to get a new session",
            )
        case ProblemKind.BAD_CREDENTIALS:
            return (
                f"the credentials were rejected ({refusal.code})",
                "check that access key, secret and endpoint belong together",
            )
        case ProblemKind.EXPIRED:
            return "the credentials have expired", "renew them, then connect again"
        case ProblemKind.THROTTLED:
            return "the server throttles requests", "wait a moment, then try again"
        case ProblemKind.UNSUPPORTED:
            return f"this server does not support {attempt.operation}", ""
        case ProblemKind.SERVER:
            return f"the server failed ({refusal.code})", "try again"
        case _:
            return f"{attempt.operation} failed ({refusal.code})", ""
