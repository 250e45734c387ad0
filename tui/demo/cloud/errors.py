"""Errors in the words of S3 and STS."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from tui.demo.cloud.xml import DECLARATION, escaped, leaf

_STATUS: Final[Mapping[str, int]] = {
    "AccessDenied": 403,
    "AccessControlListNotSupported": 400,
    "AnnotationLimitExceeded": 400,
    "AnnotationNameTooLong": 400,
    "BadDigest": 400,
    "BadRequestException": 400,
    "BucketAlreadyExists": 409,
    "BucketAlreadyOwnedByYou": 409,
    "BucketNotEmpty": 409,
    "DeleteConflict": 409,
    "EntityAlreadyExists": 409,
    "EntityTooSmall": 400,
    "ExpiredToken": 400,
    "IdempotencyException": 400,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidClientTokenId": 403,
    "InvalidAnnotationName": 400,
    "InvalidArgument": 400,
    "InvalidBucketAclWithObjectOwnership": 400,
    "InvalidDigest": 400,
    "InvalidObjectState": 403,
    "InvalidBucketName": 400,
    "InvalidPart": 400,
    "InvalidPartNumber": 416,
    "InvalidPartOrder": 400,
    "InvalidRange": 416,
    "InvalidRequest": 400,
    "InvalidStorageClass": 400,
    "InvalidTag": 400,
    "InvalidToken": 400,
    "JobStatusException": 400,
    "KeyTooLongError": 400,
    "LimitExceeded": 409,
    "MalformedACLError": 400,
    "MalformedPolicy": 400,
    "MalformedPolicyDocument": 400,
    "MalformedXML": 400,
    "MetadataTooLarge": 400,
    "MethodNotAllowed": 405,
    "MissingSecurityHeader": 400,
    "NoSuchAnnotation": 404,
    "NoSuchBucket": 404,
    "NoSuchBucketPolicy": 404,
    "NoSuchEntity": 404,
    "NoSuchKey": 404,
    "NoSuchPublicAccessBlockConfiguration": 404,
    "NoSuchUpload": 404,
    "NoSuchVersion": 404,
    "NotFoundException": 404,
    "NotImplemented": 501,
    "OwnershipControlsNotFoundError": 404,
    "PreconditionFailed": 412,
    "RequestTimeTooSkewed": 403,
    "RestoreAlreadyInProgress": 409,
    "SignatureDoesNotMatch": 403,
    "UnsupportedMediaType": 415,
    "ValidationError": 400,
    "XAmzContentSHA256Mismatch": 400,
}


class CloudError(Exception):
    """An answer that is an error: `code` and `message` as AWS words them, headers, and further elements."""

    def __init__(self, code: str, message: str, headers: Mapping[str, str] | None = None, **details: str) -> None:
        super().__init__(f"{code}: {message}")
        self.headers = dict(headers or {})
        self.code = code
        self.message = message
        self.details = details
        self.status = _STATUS.get(code, HTTPStatus.BAD_REQUEST)

    def as_s3(self, resource: str, request_id: str) -> bytes:
        """The body of S3's error answer."""
        details = "".join(leaf(name, value) for name, value in self.details.items())
        return (
            f"{DECLARATION}<Error>{leaf('Code', self.code)}{leaf('Message', self.message)}{details}"
            f"{leaf('Resource', resource)}{leaf('RequestId', request_id)}</Error>"
        ).encode()

    def as_sts(self, request_id: str) -> bytes:
        """The body of STS's error answer."""
        return (
            f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
            f"<Code>{escaped(self.code)}</Code><Message>{escaped(self.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        ).encode()


def no_such_key(key: str, headers: Mapping[str, str] | None = None) -> CloudError:
    """The object does not exist (and the caller may know that)."""
    return CloudError("NoSuchKey", "The specified key does not exist.", headers, Key=key)


def malformed_xml() -> CloudError:
    """The body is no XML, or not what the operation takes."""
    return CloudError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def precondition_failed(condition: str) -> CloudError:
    """The condition of a header is not met; `condition` is its name as S3 writes it."""
    return CloudError(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        Condition=condition,
    )
