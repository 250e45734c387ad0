"""Maps what S3 refuses to problems: which IAM action lacks, what changed, what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from json import JSONDecodeError

import aiohttp
import msgspec
from botocore.exceptions import ClientError, MissingDependencyException, ParamValidationError

from tui.accounts.denials import read_denial
from tui.accounts.problems import FAILURES, Attempt, Refusal, problem_of, read_refusal, refused, told_by_server
from tui.model.arns import split_bucket
from tui.model.location import SCHEME
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import DAMAGED
from tui.stores.s3.kms import kms_words

PERMISSIONS = {
    "ListBuckets": "s3:ListAllMyBuckets",
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "HeadObject": "s3:GetObject",
    "GetObject": "s3:GetObject",
    "GetObjectTagging": "s3:GetObjectTagging",
    "GetObjectAcl": "s3:GetObjectAcl",
    "GetBucketAcl": "s3:GetBucketAcl",
    "GetBucketOwnershipControls": "s3:GetBucketOwnershipControls",
    "GetBucketPolicy": "s3:GetBucketPolicy",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "PutObject": "s3:PutObject",
    "PutObjectTagging": "s3:PutObjectTagging",
    "CopyObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "UploadPartCopy": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "ListParts": "s3:ListMultipartUploadParts",
    "DeleteObject": "s3:DeleteObject",
    "DeleteObjects": "s3:DeleteObject",
    "CreateBucket": "s3:CreateBucket",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
}
"""The IAM action each operation needs (Service Authorization Reference, "Actions defined by Amazon S3").

A HEAD's 403 has no body: this table is then all there is to name the permission by.
"""

_COPIES = ("CopyObject", "UploadPartCopy")

_KINDS = {
    "NoSuchBucket": ProblemKind.NO_SUCH_BUCKET,
    "NoSuchKey": ProblemKind.NO_SUCH_KEY,
    "NoSuchVersion": ProblemKind.NO_SUCH_KEY,
    "PreconditionFailed": ProblemKind.CHANGED,
    "412": ProblemKind.CHANGED,
    "InvalidObjectState": ProblemKind.ARCHIVED,
    "InvalidStorageClass": ProblemKind.UNSUPPORTED,
    "NoSuchUpload": ProblemKind.NO_SUCH_KEY,
    "BucketAlreadyExists": ProblemKind.EXISTS,
    "BucketAlreadyOwnedByYou": ProblemKind.EXISTS,
    **dict.fromkeys(DAMAGED, ProblemKind.SERVER),
}

_CHANGED = "{resource} has changed meanwhile"

_TITLES = {
    ProblemKind.NO_SUCH_BUCKET: (
        "there is no bucket {bucket}",
        "check the name, and that the endpoint is the right one",
    ),
    ProblemKind.NO_SUCH_KEY: ("there is no object {resource}", "refresh the listing"),
    ProblemKind.CHANGED: (_CHANGED, "start again with the object as it is now"),
    ProblemKind.ARCHIVED: ("{resource} is archived", "restore it first, then try again"),
}


_UPLOAD_GONE = ("the multipart upload is gone ({code})", "copy the object again")

_OF_UPLOADS = ("ListParts", "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload")
"""Operations whose missing key is the upload: Ceph 18 answers ``NoSuchKey`` to ListParts."""

_TITLES_BY_CODE = {
    "NoSuchUpload": _UPLOAD_GONE,
    "BucketAlreadyExists": ("the name {bucket} is taken by another account's bucket", "choose another name"),
    "BucketAlreadyOwnedByYou": ("there is a bucket {bucket} already, and it is your own", "use it as it is"),
    **dict.fromkeys(DAMAGED, ("the bytes were damaged on their way ({code})", "try again; check the network")),
}


def attempt_on(operation: str, bucket: str = "", key: str = "") -> Attempt:
    """An attempt on a bucket or object, with the permission it needs; the caller fills in who tried."""
    resource = f"s3://{bucket}/{key}" if key else f"s3://{bucket}" if bucket else ""
    return Attempt("", operation=operation, resource=resource, permission=PERMISSIONS.get(operation, ""))


_UNSIGNED = (
    "a multi-region access point cannot be opened",
    "its requests need another signature (SigV4A) than is made here",
    "open one of the buckets behind it, or an access point of one region",
)


@contextmanager
def mapped(attempt: Attempt) -> Iterator[None]:
    """Turn whatever asking S3 raises in this block into a `ProblemError`."""
    try:
        yield
    except ProblemError:
        raise
    except ClientError as error:
        raise ProblemError(s3_problem(read_refusal(error), attempt)) from error
    except (KeyError, ValueError) as error:
        raise ProblemError(_misunderstood(error, attempt)) from error
    except MissingDependencyException as error:
        raise ProblemError(attempt.problem(ProblemKind.UNSUPPORTED, *_UNSIGNED)) from error
    except ParamValidationError as error:
        raise ProblemError(_not_asked(error, attempt)) from error
    except FAILURES as error:
        raise ProblemError(problem_of(error, attempt)) from error


def _not_asked(error: ParamValidationError, attempt: Attempt) -> Problem:
    """The problem of a request that cannot be; what botocore says of a bucket's name are its regular expressions."""
    if "Invalid bucket name" not in str(error):
        return problem_of(error, attempt)
    bucket, _ = split_bucket(attempt.resource.removeprefix(SCHEME))
    return attempt.problem(
        ProblemKind.INVALID,
        f"{bucket} cannot be the name of a bucket",
        "a name holds letters, digits, dots and hyphens, an access point's ARN an account of twelve digits",
        "check the name",
    )


def _misunderstood(error: KeyError | ValueError, attempt: Attempt) -> Problem:
    """The problem of an answer that lacks what it must hold, or holds a size or a time that is none."""
    match error:
        case JSONDecodeError() | OSError() | aiohttp.ClientError():  # a credential process's, a certificate, a URL
            return problem_of(error, attempt)
        case UnicodeEncodeError():
            return attempt.problem(ProblemKind.INVALID, "the request cannot be made", str(error))
        case KeyError():
            cause = f"it does not hold {error}"
        case _:
            cause = str(error)
    return attempt.problem(ProblemKind.SERVER, "the server's answer cannot be read", cause)


def s3_problem(refusal: Refusal, attempt: Attempt) -> Problem:
    """The problem of an error answer of S3."""
    kind = _kind(refusal)
    if kind is None:
        return _with_hint(refused(refusal, attempt), refusal)
    bucket, _ = split_bucket(attempt.resource.removeprefix(SCHEME))
    title, remedy = _TITLES.get(kind, ("{operation} was refused ({code})", ""))
    words = {"bucket": bucket, "resource": attempt.resource, "operation": attempt.operation, "code": refusal.code}
    # The name of a bucket or key may hold braces: only the template is ever formatted.
    title, remedy = _TITLES_BY_CODE.get(refusal.code, (title, remedy))
    if kind is ProblemKind.NO_SUCH_KEY and attempt.operation in _OF_UPLOADS:
        title, remedy = _UPLOAD_GONE
    problem = attempt.problem(kind, title.format_map(words), refusal.message, remedy)
    return told_by_server(problem, refusal)


def changed(uri: str) -> str:
    """The title of the problem that an object is not what it was."""
    return _CHANGED.format(resource=uri)


def _kind(refusal: Refusal) -> ProblemKind | None:
    if refusal.code == "404":
        # A HEAD's 404 does not say what is missing: on a bucket it is the bucket, on a key most likely the key.
        return ProblemKind.NO_SUCH_BUCKET if refusal.operation == "HeadBucket" else ProblemKind.NO_SUCH_KEY
    return _KINDS.get(refusal.code)


def _with_hint(problem: Problem, refusal: Refusal) -> Problem:
    """What S3 does not say by itself."""
    if problem.kind is ProblemKind.INVALID and (words := kms_words(refusal.code)):
        return msgspec.structs.replace(problem, title=words[0], remedy=words[1])
    if refusal.code == "AccessControlListNotSupported":
        return msgspec.structs.replace(
            problem, remedy="this bucket has ACLs turned off (BucketOwnerEnforced): send none"
        )
    if problem.kind is ProblemKind.DENIED and refusal.operation == "HeadObject" and not refusal.sent_code:
        # Amazon S3 API Reference, HeadObject: without s3:ListBucket a key that does not exist is a 403, too.
        return msgspec.structs.replace(
            problem, cause="no s3:GetObject here; or the object does not exist and s3:ListBucket lacks, too"
        )
    if problem.kind is ProblemKind.DENIED and refusal.operation == "ListBuckets" and not refusal.message:
        # Ceph with STS turned on answers a wrong key or secret with a bare AccessDenied.
        cause = "no s3:ListAllMyBuckets here; or the server does not know this access key and secret"
        return msgspec.structs.replace(problem, cause=cause)
    if problem.kind is ProblemKind.DENIED and refusal.operation in _COPIES and not read_denial(refusal.message):
        return msgspec.structs.replace(
            problem, remedy="writing the target needs s3:PutObject, reading the source s3:GetObject"
        )
    return problem


def sent_by(attempt: Attempt, identity: Attempt, endpoint: str) -> Attempt:
    """The attempt with what `identity`, the attempt to become somebody, says of who made it, and where to."""
    return replace(
        identity,
        operation=attempt.operation,
        resource=attempt.resource,
        permission=attempt.permission,
        endpoint=endpoint,
    )
