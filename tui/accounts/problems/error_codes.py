"""The error codes of AWS: what kind of problem each is, and whether to retry it where its kind does not say.

A new code is a line here; its own words, if it needs any, are in `tui.stores.s3.errors`.
"""

from __future__ import annotations

from tui.core.problem import ProblemKind, RetryAdvice

SKEWED_CLOCK = "RequestTimeTooSkewed"

DAMAGED = frozenset({"BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"})
"""The codes by which servers refuse a body that is not what its digests say (Amazon S3, "Error responses")."""

UNREADABLE = "xs3-tui:unreadable"
"""In place of a code of the server's, for an answer of success that cannot be read; no server sends it."""

ANOTHER_ANSWER = "xs3-tui:another-answer"
"""The same, for an answer of success that is another operation's: the server does not know the one it was sent."""

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
    # 400s that are no fault of the request: it came too slowly, or not whole.
    ProblemKind.SERVER: ("RequestTimeout", "RequestTimeoutException", "IncompleteBody", "InternalError"),
    ProblemKind.UNSUPPORTED: ("NotImplemented", "MethodNotAllowed", "InvalidAction", "405", "501"),
}
"""Codes of any service, and statuses of answers without one, by the kind of problem that they are."""

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
"""Codes that S3 alone sends; a 404 without one is classified by its operation (`tui.stores.s3.errors`)."""

RETRIES: dict[RetryAdvice, tuple[str, ...]] = {
    # Another client writes the same key or bucket at this moment.
    RetryAdvice.PASSING: ("OperationAborted", "ConditionalRequestConflict"),
    RetryAdvice.ONCE: (SKEWED_CLOCK,),
    # Credentials that are no longer known. Not SignatureDoesNotMatch: a single odd key may be the cause of it.
    RetryAdvice.IDENTITY: (
        *("InvalidAccessKeyId", "InvalidToken", "InvalidClientTokenId", "UnrecognizedClientException"),
    ),
}
"""Codes that are retried otherwise than `KindMeaning.retry` of their kind says."""

_KIND_OF = {code: kind for kind, codes in CODES.items() for code in codes}
_S3_KIND_OF = {code: kind for kind, codes in S3_CODES.items() for code in codes}
_RETRY_OF = {code: advice for advice, codes in RETRIES.items() for code in codes}


def kind_of(code: str, status: int) -> ProblemKind:
    """The kind of an error answer that is not special to S3: by its code, else by its status."""
    if kind := _KIND_OF.get(code) or _KIND_OF.get(str(status)):
        return kind
    return ProblemKind.SERVER if status >= 500 else ProblemKind.INVALID


def s3_kind_of(code: str) -> ProblemKind | None:
    """The kind of a code that S3 alone sends; None: it is a code of any service, or unknown."""
    return _S3_KIND_OF.get(code)


def retry_of(code: str) -> RetryAdvice | None:
    """What helps a request that was refused with this code; None: what its kind says."""
    return _RETRY_OF.get(code)
