"""The client of each operation, and problems that name identity, operation, bucket and key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any, Protocol, cast

import aiohttp
import msgspec
from botocore.exceptions import ClientError, MissingDependencyException, ParamValidationError

from tui.aws.connection import Connection, is_aws
from tui.aws.overrides import session_of
from tui.aws.problems import FAILURES, problem_of, refusal_problem, with_answer
from tui.aws.refusals import (
    ANOTHER_ANSWER,
    DAMAGED,
    UNREADABLE,
    Attempt,
    ErrorResponse,
    read_denial,
    read_refusal,
    s3_kind_of,
)
from tui.core.location import SCHEME
from tui.core.naming import split_bucket
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import ACTIONS

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

    from tui.stores.http.http_client import WireClient


@dataclass(frozen=True, slots=True)
class Calls:
    """The way the operations of one identity take.

    An operation is a function of a `Calls` and typed values, so that another transport can replace it alone.
    """

    connection: Connection

    @property
    def client(self) -> S3Client:
        """The client; it follows a bucket into its region by itself and remembers it (botocore's redirector)."""
        return client_of(self.connection)

    def learn_server(self, answer: Mapping[str, Any], kind: str = "object") -> None:
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        self.connection.traits.learn_headers(headers, kind)

    def has(self, operation: str) -> bool | None:
        """Whether the server is known to have an operation, or not to have it; None: neither."""
        if is_aws(self.connection.endpoint):
            return True
        return self.connection.traits.operations.get(operation)

    def learn(self, operation: str, *, has: bool) -> None:
        """An answer has shown whether the server has an operation; that is kept for its service."""
        self.connection.traits.operations[operation] = has

    def first_alone(self, operation: str) -> AbstractAsyncContextManager[None]:
        """A block in which an operation is asked for that not every server has: the first shows it for all."""
        if self.has(operation) is not None:
            return nullcontext()
        return self.connection.traits.first_alone(operation)

    def expected_owner(self, bucket: str) -> dict[str, Any]:
        """``x-amz-expected-bucket-owner`` where the account of the bucket's owner is known, else nothing.

        A bucket that was deleted and then made by another account must neither receive data nor be read as if it were
        the former one (Amazon S3 User Guide, "Verifying bucket ownership with bucket owner condition").
        """
        account = self.connection.addresses.account_of(self.connection.service, bucket)
        return {"ExpectedBucketOwner": account} if account else {}

    def named(self, bucket: str, key: str, version: str = "") -> dict[str, Any]:
        """The parameters that name an object, or a version of it, in a bucket of the expected owner."""
        return {
            "Bucket": bucket,
            "Key": key,
            **({"VersionId": version} if version else {}),
            **self.expected_owner(bucket),
        }

    async def require(self, operation: str, reading: Callable[[], Awaitable[object]]) -> None:
        """Read what an operation is about to be written for, unless the server is known to have it.

        A server that does not know ``?tagging`` takes a PUT with it for one of the object itself, and replaces it.
        Raises the `ProblemError` of one that has not; whoever may not read may write all the same.
        """
        if self.has(operation):
            return
        try:
            await reading()
        except ProblemError as error:
            if error.problem.kind is ProblemKind.UNSUPPORTED:
                raise

    def attempt(self, operation: str, bucket: str = "", key: str = "", permission: str = "") -> Attempt:
        """An attempt by this identity; `permission`, where the operation takes another one than usual."""
        attempt = attempt_on(operation, bucket, key, permission)
        return sent_by(attempt, self.connection.settings.attempt, self.connection.endpoint)

    def asking(
        self, operation: str, bucket: str = "", key: str = "", permission: str = ""
    ) -> AbstractContextManager[None]:
        """A block in which every failure becomes a `ProblemError` of this attempt.

        Raises one at once for an operation that the server was seen not to have.
        """
        if self.has(operation) is False:
            raise ProblemError(not_here(self.attempt(operation, bucket, key, permission)))
        return Mapped(partial(self.attempt, operation, bucket, key, permission), self.learn)


class Operations:
    """Some of a store's operations, made by one identity."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls


_COPIES = ("CopyObject", "UploadPartCopy")

_CHANGED = "{resource} has changed"

_TITLES = {
    ProblemKind.NO_SUCH_BUCKET: ("bucket {bucket} does not exist", "check the name and the endpoint"),
    ProblemKind.NO_SUCH_KEY: ("object {resource} does not exist", "check the key"),
    ProblemKind.CHANGED: (_CHANGED, "copy it again"),
    ProblemKind.ARCHIVED: ("{resource} is archived", "restore it first, then try again"),
}


_UPLOAD_GONE = ("the multipart upload is gone ({code})", "copy the object again")

_OF_UPLOADS = ("ListParts", "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload")
"""Operations whose missing key is the upload: Ceph 18 answers ``NoSuchKey`` to ListParts."""

_TITLES_BY_CODE = {
    "NoSuchUpload": _UPLOAD_GONE,
    "NoSuchVersion": ("{resource} has no such version", "check the version id"),
    "BucketAlreadyExists": ("bucket name {bucket} is taken by another account", "choose another name"),
    UNREADABLE: ("the server's response cannot be read", "try again; check that the endpoint is an S3 endpoint"),
    "GlacierExpeditedRetrievalNotAvailable": ("there is no capacity for Expedited restores now", "choose Standard"),
    "RestoreAlreadyInProgress": ("the restore of {resource} is in progress", "wait until it has ended"),
    "ObjectAlreadyInActiveTierError": ("{resource} is not archived", "read it as it is"),
    "BucketAlreadyOwnedByYou": ("you already own bucket {bucket}", "use it as it is"),
    **dict.fromkeys(DAMAGED, ("the data was damaged in transit ({code})", "try again; check the network")),
}


def attempt_on(operation: str, bucket: str = "", key: str = "", permission: str = "") -> Attempt:
    """An attempt on a bucket or object, with the permission it needs; the caller fills in the identity.

    A HEAD's 403 has no body: `ACTIONS` is then all there is to name the permission by.
    """
    resource = f"s3://{bucket}/{key}" if key else f"s3://{bucket}" if bucket else ""
    return Attempt("", operation=operation, resource=resource, permission=permission or ACTIONS.get(operation, ""))


_UNSIGNED = (
    "a multi-Region access point cannot be opened",
    "it needs SigV4A signatures, which xs3-tui does not support",
    "open one of its buckets, or a regional access point",
)


class Learn(Protocol):
    """Keeps whether the server has an operation."""

    def __call__(self, operation: str, *, has: bool) -> None:
        """An answer has shown it."""


class Mapped:
    """A block in which every error of a request becomes a `ProblemError` of an attempt, which is made only then.

    `learn` is called when the server has answered another operation than the one that was sent.
    """

    __slots__ = ("_attempt", "_learn")

    def __init__(self, attempt: Callable[[], Attempt], learn: Learn) -> None:
        self._attempt, self._learn = attempt, learn

    def __enter__(self) -> None:
        """Nothing is done before the request."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None or isinstance(error, ProblemError):
            return
        if isinstance(error, ClientError) and read_refusal(error).code == ANOTHER_ANSWER:
            self._learn(error.operation_name, has=False)
        if problem := _problem(error, self._attempt):
            raise ProblemError(problem) from error


def _problem(error: BaseException, attempt: Callable[[], Attempt]) -> Problem | None:
    match error:
        case ClientError():
            return s3_problem(read_refusal(error), attempt())
        case KeyError() | ValueError():
            return _misunderstood(error, attempt())
        case MissingDependencyException():
            return attempt().problem(ProblemKind.UNSUPPORTED, *_UNSIGNED)
        case ParamValidationError():
            return _not_asked(error, attempt())
        case _ if isinstance(error, FAILURES):
            return problem_of(error, attempt())
    return None


def _not_asked(error: ParamValidationError, attempt: Attempt) -> Problem:
    """The problem of a request that cannot be; what botocore says of a bucket's name are its regular expressions."""
    if "Invalid bucket name" not in str(error):
        return problem_of(error, attempt)
    bucket, _ = split_bucket(attempt.resource.removeprefix(SCHEME))
    cause = "a name has letters, digits, dots and hyphens; an access point's ARN has an account of 12 digits"
    return attempt.problem(ProblemKind.INVALID, f"{bucket} is not a valid bucket name", cause, "check the name")


def _misunderstood(error: KeyError | ValueError, attempt: Attempt) -> Problem:
    """The problem of an answer in which something is missing, or a size or a time cannot be read."""
    match error:
        case JSONDecodeError() | OSError() | aiohttp.ClientError():  # a credential process's, a certificate, a URL
            return problem_of(error, attempt)
        case UnicodeEncodeError():
            return attempt.problem(ProblemKind.INVALID, "the request cannot be sent", str(error))
        case KeyError():
            cause = f"it has no {error}"
        case _:
            cause = str(error)
    return attempt.problem(ProblemKind.SERVER, "the server's response cannot be read", cause)


_NO_VERSION = "Invalid version id"
"""The words of AWS, with InvalidArgument, about a version id that no version can have."""


def s3_problem(refusal: ErrorResponse, attempt: Attempt) -> Problem:
    if refusal.code == "InvalidArgument" and refusal.message.startswith(_NO_VERSION):
        refusal = replace(refusal, code="NoSuchVersion")
    kind = _kind(refusal)
    if kind is None:
        return _with_hint(refusal_problem(refusal, attempt), refusal)
    bucket, _ = split_bucket(attempt.resource.removeprefix(SCHEME))
    title, remedy = _TITLES.get(kind, ("{operation} failed ({code})", ""))
    words = {"bucket": bucket, "resource": attempt.resource, "operation": attempt.operation, "code": refusal.code}
    # The name of a bucket or key may contain braces: only the template is ever formatted.
    title, remedy = _TITLES_BY_CODE.get(refusal.code, (title, remedy))
    if refusal.code == ANOTHER_ANSWER:
        return not_here(attempt)
    if refusal.code == UNREADABLE:
        return attempt.problem(kind, title, "it is not XML, or is incomplete", remedy)
    if kind is ProblemKind.NO_SUCH_KEY and attempt.operation in _OF_UPLOADS:
        title, remedy = _UPLOAD_GONE
    problem = attempt.problem(kind, title.format_map(words), refusal.message, remedy)
    return with_answer(problem, refusal)


def not_here(attempt: Attempt) -> Problem:
    """The problem of an operation that the server does not know: it answers what it is not asked for."""
    words = (f"this server does not support {attempt.operation}", "it answers as if another operation was requested")
    return attempt.problem(ProblemKind.UNSUPPORTED, *words)


def changed(uri: str) -> str:
    return _CHANGED.format(resource=uri)


def _kind(refusal: ErrorResponse) -> ProblemKind | None:
    if refusal.code == "404":
        # A HEAD's 404 does not say what is missing: on a bucket it is the bucket, on a key most likely the key.
        return ProblemKind.NO_SUCH_BUCKET if refusal.operation == "HeadBucket" else ProblemKind.NO_SUCH_KEY
    return s3_kind_of(refusal.code)


def _with_hint(problem: Problem, refusal: ErrorResponse) -> Problem:
    if problem.kind is ProblemKind.INVALID and (words := kms_words(refusal.code)):
        return msgspec.structs.replace(problem, title=words[0], remedy=words[1])
    if refusal.code == "AccessControlListNotSupported":
        remedy = "this bucket has ACLs disabled (BucketOwnerEnforced): do not send an ACL"
        return msgspec.structs.replace(problem, remedy=remedy)
    if problem.kind is ProblemKind.DENIED and refusal.operation == "HeadObject" and not refusal.sent_code:
        # Amazon S3 API Reference, HeadObject: without s3:ListBucket a key that does not exist is a 403, too.
        cause = "no s3:GetObject here; or the object does not exist and s3:ListBucket is missing, too"
        return msgspec.structs.replace(problem, cause=cause)
    if problem.kind is ProblemKind.DENIED and refusal.operation == "ListBuckets" and not refusal.message:
        # Ceph with STS turned on answers a wrong key or secret with a bare AccessDenied.
        cause = "s3:ListAllMyBuckets is missing; or the server does not know this access key and secret"
        return msgspec.structs.replace(problem, cause=cause)
    if problem.kind is ProblemKind.DENIED and refusal.operation in _COPIES and not read_denial(refusal.message):
        remedy = "writing the target needs s3:PutObject, reading the source s3:GetObject"
        return msgspec.structs.replace(problem, remedy=remedy)
    return problem


def sent_by(attempt: Attempt, identity: Attempt, endpoint: str) -> Attempt:
    """The attempt with the identity and endpoint of `identity`, the attempt to connect."""
    return replace(
        identity,
        operation=attempt.operation,
        resource=attempt.resource,
        permission=attempt.permission,
        endpoint=endpoint,
    )


PREFIX = "KMS."

_REMEDIES = {
    "DisabledException": "enable the KMS key, or choose another one",
    "KMSInvalidStateException": "check the state of the KMS key (it may be pending deletion), or choose another one",
    "InvalidStateException": "check the state of the KMS key (it may be pending deletion), or choose another one",
    "InvalidKeyUsageException": "choose a symmetric KMS key for encryption",
    "NotFoundException": "use a KMS key in the bucket's region; for a key of another account use its ARN",
    "KeyUnavailableException": "the key store of the KMS key is unavailable: try again later, or choose another key",
}
"""AWS KMS API Reference, "Common errors" and those of GenerateDataKey and Decrypt."""


def kms_words(code: str) -> tuple[str, str] | None:
    """Title and remedy of a refusal whose code S3 took from KMS (``KMS.DisabledException``); None for other codes."""
    if not code.startswith(PREFIX):
        return None
    remedy = _REMEDIES.get(code.removeprefix(PREFIX), "check the KMS key of the object or bucket")
    return f"the KMS key cannot be used ({code})", remedy


def short_way_of(connection: Connection) -> WireClient | None:
    """The client for requests on connections of our own, if there is one."""
    session = session_of(connection.client)
    client: object = client_of(connection)
    return cast("WireClient", client) if session and client is session.beside else None


def client_of(connection: Connection) -> S3Client:
    """The client to ask by: one for all stores of a connection, closed with botocore's own.

    Botocore's own is all there is for who signs nothing, and for who wants it to limit the rate of requests.
    """
    session = session_of(connection.client)
    if session is not None and session.beside is not None:
        return cast("S3Client", session.beside)
    config: Any = connection.client.meta.config  # its stub does not know `retries`
    limited = config.retries["mode"] == "adaptive"
    if session is None or connection.credentials is None or limited or not connection.short_way:
        return connection.client
    from tui.stores.http.http_client import WireClient  # not before it is needed: the engine starts sooner

    session.beside = WireClient(connection, session)
    return cast("S3Client", session.beside)
