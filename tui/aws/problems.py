"""Maps errors of the AWS libraries to problems that users can act on.

`tui.stores.s3.calls` adds what only S3 says (`NoSuchKey`, `PreconditionFailed`, …).
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import ssl
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from tui.aws.refusals import (
    SKEWED_CLOCK,
    AnswerTooLargeError,
    Attempt,
    ErrorResponse,
    ForeignHostError,
    MalformedResponseError,
    kind_of,
    read_authorization_id,
    read_denial,
    read_refusal,
)
from tui.core.naming import counted
from tui.core.problem import Need, Problem, ProblemKind

FAILURES: tuple[type[Exception], ...] = (
    *(boto.ClientError, boto.BotoCoreError, ResponseParserError, aiohttp.ClientError, OSError, TimeoutError),
    *(ValueError, LookupError, RuntimeError),
)
"""All errors that a request to AWS may raise. `LookupError`: a required field is missing, or an unknown encoding.
`ValueError`: an invalid endpoint URL, a credential process that prints no JSON. `RuntimeError`: credentials that are
still expired after renewal; others are defects, see `problem_of`.
"""


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
    """The problem for one of `FAILURES`. Raises a `RuntimeError` again unless it is about credentials."""
    if isinstance(error, _WITHOUT_CREDENTIALS) or (isinstance(error, OSError) and error.filename):
        return no_credentials(error, attempt)  # the file of a web identity token, which is read again every time
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
    """A response that is too large, too deep, not XML or JSON, or redirects elsewhere."""
    if isinstance(error, ForeignHostError):
        return attempt.problem(ProblemKind.INVALID, _REDIRECTED, str(error), _NOT_FOLLOWED)
    match error:
        case RecursionError():
            cause = "it is nested too deeply"
        case KeyError():
            cause = f"it has no {error}"
        case _:
            cause = str(error).partition("\n")[0].removesuffix(_RETRIES)  # the response itself follows
    return attempt.problem(ProblemKind.SERVER, "the server's response cannot be read", cause)


_RETRIES = ". Further retries may succeed:"
"""botocore adds this, but it is wrong for an unreadable response."""


def _unusable(error: Exception, attempt: Attempt) -> Problem:
    """The line is named, but its text never shown: it may contain a secret."""
    cause, remedy = str(error), "correct it in the AWS config file, or in the AWS_ environment variables"
    if isinstance(error, boto.ConfigParseError):
        line, remedy = _line(error.kwargs.get("error")), "correct that file, then try again"
        cause += f", line {line}" if line else ""
    return attempt.problem(ProblemKind.INVALID, "the AWS config cannot be used", cause, remedy)


def _line(cause: object) -> int:
    """The line in one of configparser's errors, which have either one line or a list."""
    if found := getattr(cause, "errors", None):
        return int(found[0][0])
    return getattr(cause, "lineno", None) or 0


def no_credentials(error: Exception, attempt: Attempt) -> Problem:
    """Credentials that are not where the settings say."""
    remedy = "choose a profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if attempt.profile:
        remedy = f"add credentials to profile {attempt.profile}, or choose another profile"
    return attempt.problem(ProblemKind.NO_CREDENTIALS, "no credentials", str(error), remedy)


def _expired_anew(error: RuntimeError, attempt: Attempt) -> Problem:
    if "still expired" not in str(error):  # botocore has no type for it
        raise error
    remedy = "sign in again; if that does not help, check this machine's clock"
    return attempt.problem(ProblemKind.EXPIRED, "the credentials have expired", str(error), remedy)


def refusal_problem(refusal: ErrorResponse, attempt: Attempt) -> Problem:
    if refusal.operation != attempt.operation and refusal.operation in _STS_PERMISSIONS:
        # Getting credentials failed first, not the attempt itself.
        permission = _STS_PERMISSIONS[refusal.operation]
        attempt = replace(attempt, operation=refusal.operation, resource="", permission=permission)
    if refusal.operation in REFUSING and (told := role_refused(refusal, attempt)):
        return with_answer(told, refusal)
    kind = kind_of(refusal.code, refusal.status)
    title, remedy = _words(kind, refusal, attempt)
    cause = refusal.message or refusal.in_short
    if refusal.redirects and refusal.location:
        cause = f"it points to {refusal.location.partition('?')[0]}"  # the query may contain a signature
    problem = attempt.problem(kind, title, cause, remedy)
    return with_answer(problem, refusal)


UNSAID = "\ufffd"
"""The replacement for a key's character that XML 1.0 forbids."""


def with_answer(problem: Problem, refusal: ErrorResponse) -> Problem:
    """Add the response's own data: request ID, status, and the details of a denial."""
    changes: dict[str, Any] = {"request_id": refusal.request_id, "status": refusal.status, "code": refusal.sent_code}
    changes["authorization_id"] = read_authorization_id(refusal.message)
    denial = read_denial(refusal.message) if problem.kind is ProblemKind.DENIED else None
    if denial:
        changes |= {"permission": denial.action, "remedy": denial.remedy, "title": f"access denied: {denial.action}"}
        changes |= {"cause": denial.reason} if denial.reason else {}
        # XML cannot express all keys; such a key is not known from the response
        known = denial.resource and UNSAID not in denial.resource
        changes |= {"resource": _uri(denial.resource)} if known else {}
    told = msgspec.structs.replace(problem, **changes)
    return msgspec.structs.replace(told, remedy="") if told.explainable else told


def _uri(resource: str) -> str:
    """The URI of a bucket's or object's ARN; other ARNs stay unchanged."""
    head, found, tail = resource.partition(":s3:::")
    return f"s3://{tail}" if found and head.startswith("arn:") else resource


_REDIRECTED = "the server redirects to another address"
_NOT_FOLLOWED = "check the endpoint; redirects are not followed because they would send credentials to another host"


def _words(kind: ProblemKind, refusal: ErrorResponse, attempt: Attempt) -> tuple[str, str]:
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


_LENGTH = re.compile(r"Invalid length for parameter (\S+), value: (\d+), valid min length: (\d+)")
_RANGE = re.compile(r"Invalid value for parameter (\S+), value: (-?\d+), valid min value: (-?\d+)")
_NAMED = re.compile(r"parameter (\S+?)[,:]?(?:\s|$)")
"""The wording of botocore's `ValidationErrors` (botocore/validate.py)."""


def not_sent(error: boto.BotoCoreError, attempt: Attempt) -> Problem:
    """A request that botocore does not send, for example because of parameters that AWS's model does not allow."""
    if not isinstance(error, boto.ParamValidationError):
        return attempt.problem(ProblemKind.INVALID, "the request cannot be sent", str(error))
    report = str(error.kwargs.get("report", ""))
    if found := _LENGTH.search(report):
        name, length, least = found.groups()
        return _invalid(attempt, name, f"it has {counted(int(length), 'character')}; AWS requires at least {least}")
    if found := _RANGE.search(report):
        name, value, least = found.groups()
        return _invalid(attempt, name, f"it is {value}; AWS requires at least {least}")
    named = _NAMED.search(report)
    return _invalid(attempt, named[1] if named else "a parameter", "it does not have the form that AWS requires")


def _invalid(attempt: Attempt, name: str, cause: str) -> Problem:
    title = f"the request cannot be sent: {name} is not valid"
    return attempt.problem(ProblemKind.INVALID, title, cause, f"correct {name}")


REFUSING = ("GetRoleCredentials",)
"""Operations with a sign-in token whose refusals `role_refused` explains."""


def logged_out(error: Exception, attempt: Attempt) -> Problem:
    """A missing or expired sign-in, in all forms that botocore has for it."""
    match error:
        case boto.LoginInsufficientPermissions():
            title = "the console sign-in cannot be renewed: access denied"
            remedy = "allow signin:CreateOAuth2Token for the user"
            return replace(attempt, permission="signin:CreateOAuth2Token").problem(
                ProblemKind.DENIED, title, "signin:CreateOAuth2Token is denied", remedy
            )
        case boto.LoginError():
            profile = getattr(error, "profile", attempt.profile)
            command = "aws login" + (f" --profile {shlex.quote(profile)}" if profile else "")
            title = (
                "the console sign-in has expired" if getattr(error, "over", True) else "not signed in to the console"
            )
            return attempt.problem(ProblemKind.EXPIRED, title, str(error), f"run `{command}`, then try again")
        case boto.SSOTokenLoadError():
            return _signed_out(attempt, "not signed in", "this machine has no sign-in token")
        case boto.TokenRetrievalError():
            return _signed_out(attempt, "the sign-in has expired", "its token has expired and could not be refreshed")
        case _:
            return _signed_out(attempt, "the sign-in has expired", "IAM Identity Center no longer accepts its token")


def role_refused(refusal: ErrorResponse, attempt: Attempt) -> Problem | None:
    """A role that IAM Identity Center refuses; None: any other failure."""
    if refusal.status == 401:
        return _signed_out(attempt, "the sign-in has expired", refusal.message)
    if refusal.status not in (403, 404) or attempt.login is None:
        return None
    login = attempt.login
    title = f"the sign-in to {login.name} has no access to role {login.role} in account {login.account}"
    remedy = (
        "ask your administrator to assign it to you, or correct sso_account_id and sso_role_name in profile "
        f"{login.profile}"
    )
    return attempt.problem(ProblemKind.DENIED, title, refusal.message or "IAM Identity Center denied it", remedy)


def with_sign_in(problem: Problem, attempt: Attempt) -> Problem:
    if attempt.login is None:
        return problem
    return msgspec.structs.replace(
        problem, needs=Need.SIGN_IN, connection=attempt.connection, subject=attempt.login.name
    )


def _signed_out(attempt: Attempt, title: str, cause: str) -> Problem:
    if attempt.login is None:
        remedy = "sign in with the AWS CLI (`aws sso login`), then try again"
        return attempt.problem(ProblemKind.EXPIRED, title, cause, remedy)
    name, command = attempt.login.name, attempt.login.command
    problem = attempt.problem(
        ProblemKind.EXPIRED, f"{title}: {name}", cause, f"sign in here or with the AWS CLI: `{command}`"
    )
    return with_sign_in(problem, attempt)


_EXPIRED, _NOT_YET = 10, 9
_OTHER_NAME = (62, 64)
_UNKNOWN = (18, 19, 20, 21)
"""OpenSSL codes (``x509_vfy.h``): self-signed, or an untrusted issuer."""


def unreachable(error: Exception, attempt: Attempt) -> Problem:
    where = _where(error, attempt)
    inner = getattr(error, "kwargs", {}).get("error") or error
    if isinstance(inner, aiohttp.ClientResponseError | MalformedResponseError):  # the server does not speak HTTP
        cause = inner.message if isinstance(inner, aiohttp.ClientResponseError) else str(inner)
        return attempt.problem(ProblemKind.SERVER, "the server's response cannot be read", cause, "try again")
    if isinstance(inner, aiohttp.ClientPayloadError):
        return attempt.problem(ProblemKind.SERVER, f"the response of {where} was cut short", str(inner), "try again")
    if isinstance(error, boto.ConnectTimeoutError):
        cause, remedy = "connection timed out", "check the network, the proxy and the endpoint"
    elif isinstance(error, boto.ReadTimeoutError | TimeoutError):
        cause, remedy = "read timed out: connected, but no response", "try again"
    elif isinstance(error, boto.SSLError):
        cause, remedy = _refused_certificate(inner)
    elif isinstance(error, boto.ProxyConnectionError):
        cause, remedy = str(inner), "check HTTPS_PROXY and NO_PROXY"
    else:
        cause, remedy = _connect_cause(inner), "check the endpoint, the network and the proxy"
    return attempt.problem(ProblemKind.UNREACHABLE, f"cannot reach {where}", cause, remedy)


def _where(error: Exception, attempt: Attempt) -> str:
    """The unreachable host: the attempt's endpoint, or another service for credentials."""
    url = str(getattr(error, "kwargs", {}).get("endpoint_url", ""))  # aiobotocore gives some errors a URL object
    asked, own = urlsplit(url), urlsplit(attempt.endpoint).hostname
    if asked.hostname and (not attempt.endpoint or (own and not asked.hostname.endswith(own))):
        return f"{asked.scheme}://{asked.netloc}"
    return attempt.endpoint or "the endpoint"


def _connect_cause(error: Exception) -> str:
    """The system's own message, without aiohttp's text around it."""
    system = getattr(error, "os_error", None) or error
    if isinstance(system, socket.gaierror):
        return f"the host name cannot be resolved: {system.strerror}"
    if isinstance(system, OSError) and system.errno:
        return os.strerror(system.errno)
    return str(error) or type(error).__name__


def _refused_certificate(error: object) -> tuple[str, str]:
    """Cause and remedy of a TLS failure, as aiohttp reports it."""
    found = getattr(error, "certificate_error", error)
    if not isinstance(found, ssl.SSLCertVerificationError):
        return str(error), "check AWS_CA_BUNDLE and the endpoint's certificate"
    code, words = found.verify_code, found.verify_message
    if code == _EXPIRED:
        return "the endpoint's certificate has expired", "its operator must renew it; or check this machine's clock"
    if code == _NOT_YET:
        return "the endpoint's certificate is not valid yet", "check this machine's clock"
    if code in _OTHER_NAME:
        return f"the endpoint's certificate is for another name: {words}", "use the host name in the certificate"
    if code in _UNKNOWN:
        return (
            f"the endpoint's certificate is not signed by a trusted CA: {words}",
            "set AWS_CA_BUNDLE, or ca_bundle in the profile, to the CA certificate",
        )
    return f"the endpoint's certificate was rejected: {words}", "check AWS_CA_BUNDLE and the endpoint's certificate"
