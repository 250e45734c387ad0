"""The attributes of objects on the wire: system headers, metadata, tags and checksums."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from tui.aws.connection import is_aws
from tui.aws.refusals import Attempt
from tui.aws.server_traits import PARTS_PROVEN
from tui.core.facts import Grant
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores import store_values
from tui.stores.digests import ALGORITHMS, CRC_OCTETS, KNOWN, base64_md5, checksum_of, hashed
from tui.stores.s3.calls import Calls

SYSTEM_HEADERS = ("ContentType", "ContentDisposition", "ContentLanguage", "CacheControl", "WebsiteRedirectLocation")
"""Headers that a copy preserves as they are; ``ContentEncoding`` and ``Expires`` need a look first."""

_CHECKSUMS = tuple((f"Checksum{algorithm}", algorithm) for algorithm in KNOWN)

_LOCKS = frozenset({"ObjectLockMode", "ObjectLockLegalHoldStatus", "ObjectLockEventHold"})
"""Without one of them an answer has no retention and no hold."""

_RESTORING, _RESTORED = 'ongoing-request="true"', 'ongoing-request="false"'
"""In ``x-amz-restore`` (Amazon S3 API Reference, HeadObject)."""

GROUPS = {
    "AllUsers": "http://acs.amazonaws.com/groups/global/AllUsers",
    "AuthenticatedUsers": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
    "LogDelivery": "http://acs.amazonaws.com/groups/s3/LogDelivery",
}
"""The groups that S3 knows (Amazon S3 User Guide, "Access control list (ACL) overview")."""

GRANT_PARAMETERS = {
    "FULL_CONTROL": "GrantFullControl",
    "READ": "GrantRead",
    "READ_ACP": "GrantReadACP",
    "WRITE_ACP": "GrantWriteACP",
}
"""Permissions on an object and the parameters that give them."""


def read_head(answer: Mapping[str, Any]) -> store_values.ObjectHead:
    modified = answer.get("LastModified")
    etag = quoted(answer.get("ETag", ""))
    return store_values.ObjectHead(
        size=answer.get("ContentLength", 0),
        etag=etag,
        modified=modified.timestamp() if modified else 0.0,
        headers=system_headers(answer),
        metadata=dict(answer.get("Metadata", {})),
        storage_class=answer.get("StorageClass", "STANDARD"),
        encryption=answer.get("ServerSideEncryption", ""),
        kms_key=answer.get("SSEKMSKeyId", ""),
        bucket_key=bool(answer.get("BucketKeyEnabled")),
        version=answer.get("VersionId", ""),
        checksums=checksums(answer),
        tag_count=answer.get("TagCount"),
        lock=object_lock(answer),
        parts=part_count(etag),
        archived=_archived(answer),
        restoring=_RESTORING in answer.get("Restore", ""),
        restore=answer.get("Restore", ""),
        expiration=answer.get("Expiration", ""),
        replication=answer.get("ReplicationStatus", ""),
    )


def read_stored(answer: Mapping[str, Any], about: Mapping[str, Any] | None = None) -> store_values.WriteResult:
    """The values of the answer to a write; `about`: the part of it that has ETag and checksums, if it has one."""
    about = answer if about is None else about
    encryption = answer.get("ServerSideEncryption", "")
    copied, made = answer.get("CopySourceVersionId", ""), answer.get("VersionId", "")
    return store_values.WriteResult(quoted(about.get("ETag", "")), encryption, checksums(about), copied, made)


def stored_of(head: store_values.ObjectHead) -> store_values.WriteResult:
    """What a HeadObject says of an object that was found to be the written one."""
    return store_values.WriteResult(head.etag, head.encryption, head.checksums, version=head.version)


def object_lock(answer: Mapping[str, Any]) -> store_values.ObjectLock | None:
    if _LOCKS.isdisjoint(answer):
        return None
    until = answer.get("ObjectLockRetainUntilDate")
    lock = store_values.ObjectLock(
        mode=answer.get("ObjectLockMode", ""),
        until=until.timestamp() if until else 0.0,
        legal_hold=answer.get("ObjectLockLegalHoldStatus") == "ON",
        event_hold=answer.get("ObjectLockEventHold") == "ON",
        days=answer.get("ObjectLockEventHoldDurationDays", 0),
        years=answer.get("ObjectLockEventHoldDurationYears", 0),
    )
    return lock if lock.pairs else None


def lock_parameters(lock: store_values.ObjectLock, now: float) -> dict[str, Any]:
    """The parameters that lock a new object; a retention that is over has none."""
    parameters: dict[str, Any] = {}
    if lock.mode and lock.until > now:
        until = datetime.fromtimestamp(lock.until, UTC)
        parameters |= {"ObjectLockMode": lock.mode, "ObjectLockRetainUntilDate": until}
    if lock.legal_hold:
        parameters["ObjectLockLegalHoldStatus"] = "ON"
    if lock.event_hold:
        parameters["ObjectLockEventHold"] = "ON"
        name, number = ("Years", lock.years) if lock.years else ("Days", lock.days)
        parameters |= {f"ObjectLockEventHoldDuration{name}": number} if number else {}
    return parameters


def _archived(answer: Mapping[str, Any]) -> str:
    """The archive of the content: a class, or a tier of INTELLIGENT_TIERING (``x-amz-archive-status``)."""
    if _RESTORED in answer.get("Restore", ""):
        return ""
    storage_class = str(answer.get("StorageClass", ""))
    return str(answer.get("ArchiveStatus", "")) or (storage_class if storage_class in store_values.ARCHIVES else "")


def system_headers(answer: Mapping[str, Any]) -> dict[str, str]:
    """The headers that describe the content, without what only described its way here."""
    headers = {name: str(answer[name]) for name in SYSTEM_HEADERS if answer.get(name)}
    parts = answer.get("ContentEncoding", "").split(",")
    # aws-chunked belongs to an upload, but some servers keep it with the object
    if encoding := ",".join(part for part in parts if part.strip().lower() not in ("aws-chunked", "")):
        headers["ContentEncoding"] = encoding
    if expires := answer.get("ExpiresString"):  # the header unchanged, also if it is no date
        headers["Expires"] = str(expires)
    return headers


def checksums(answer: Mapping[str, Any]) -> list[store_values.Checksum]:
    """The checksums S3 keeps; one of parts ends in their number (``…-12``) where the server does not say its type."""
    whole = answer.get("ChecksumType")
    return [
        store_values.Checksum(algorithm, value, full_object=whole == "FULL_OBJECT" if whole else "-" not in value)
        for member, algorithm in _CHECKSUMS
        if (value := answer.get(member))
    ]


def quoted(etag: str) -> str:
    """An ETag with its quotes: Ceph leaves them out when it completes an upload, `rclone serve s3` in its lists."""
    return f'"{etag}"' if etag and not etag.startswith(('"', "W/")) else etag


def part_count(etag: str) -> int:
    """The number of parts in a multipart ETag (``"…-12"``), 0 for one without."""
    number = etag.strip('"').rpartition("-")[2] if "-" in etag else ""
    return int(number) if number.isdecimal() else 0


def attribute_parameters(attributes: store_values.ObjectAttributes) -> dict[str, Any]:
    given = {
        "Metadata": dict(attributes.metadata),
        "Tagging": tag_set(attributes.tags or ()),
        "StorageClass": attributes.storage_class,
        "ACL": "" if attributes.grants else attributes.acl,
        "ServerSideEncryption": attributes.encryption,
        "SSEKMSKeyId": attributes.kms_key,
        "BucketKeyEnabled": attributes.bucket_key,
    }
    lock = lock_parameters(attributes.lock, time.time()) if attributes.lock else {}
    given |= {**grant_parameters(attributes.grants), **lock}
    return {**attributes.headers, **{name: value for name, value in given.items() if value}}


def grant_parameters(grants: Sequence[Grant]) -> dict[str, str]:
    """Grants as the ``x-amz-grant-…`` headers have them; permissions that objects do not have are left out."""
    parameters: dict[str, list[str]] = {}
    for grant in grants:
        if name := GRANT_PARAMETERS.get(grant.permission):
            parameters.setdefault(name, []).append(_grantee(grant))
    return {name: ",".join(dict.fromkeys(grantees)) for name, grantees in parameters.items()}


def _grantee(grant: Grant) -> str:
    name = grant.grantee.id
    if grant.is_group:
        return f'uri="{GROUPS.get(name, name)}"'
    return f'emailAddress="{name}"' if "@" in name else f'id="{name}"'


def tag_set(tags: Sequence[tuple[str, str]]) -> str:
    """Tags as the ``x-amz-tagging`` header has them: URL query parameters."""
    return urlencode(tags, quote_via=quote, safe="")


def of_version(version: str) -> dict[str, Any]:
    return {"VersionId": version} if version else {}


DEFAULT_ALGORITHM = "CRC32"
"""What is sent to servers other than AWS's: the SDKs send it by default, so that all know it."""

AWS_ALGORITHM = "CRC64NVME"
"""AWS's own default (Amazon S3 User Guide, "Checking object integrity")."""

_MD5 = re.compile(r'"[0-9a-fA-F]{32}"')


def preferred_algorithm(calls: Calls) -> str:
    """The algorithm for objects that come without a checksum; empty where the user turned checksums off.

    (``request_checksum_calculation = when_required``: some servers refuse those that S3 does not require.)
    """
    wanted = getattr(calls.client.meta.config, "request_checksum_calculation", "")
    if wanted != "when_supported":
        return ""
    return AWS_ALGORITHM if is_aws(calls.connection.endpoint) else DEFAULT_ALGORITHM


def digest_parameters(
    calls: Calls, body: bytes, digests: store_values.Digests = store_values.UNHASHED
) -> dict[str, Any]:
    """The digests of an upload: its checksum, unless the user turned checksums off, and off AWS its MD5 as well.

    They go into headers: left to itself botocore sends a checksum as a trailer over https, and some servers then keep
    ``aws-chunked`` as the object's content encoding. AWS compares the checksum; of the others some, such as Ceph 18,
    know ``Content-MD5`` only.
    """
    parameters = {}
    if algorithm := preferred_algorithm(calls):
        checksum = digests.checksum or checksum_of(body, DEFAULT_ALGORITHM)
        parameters[f"Checksum{checksum.algorithm}"] = checksum.value
    if digests.md5 and not (algorithm and is_aws(calls.connection.endpoint)):
        parameters["ContentMD5"] = base64_md5(digests.md5)
    return parameters


def upload_parameters(calls: Calls, algorithm: str) -> dict[str, Any]:
    """The parameters of CreateMultipartUpload for a checksum by this algorithm; empty: botocore's default."""
    if not algorithm or not preferred_algorithm(calls):
        return {}
    return {"ChecksumAlgorithm": algorithm, "ChecksumType": "FULL_OBJECT" if algorithm in CRC_OCTETS else "COMPOSITE"}


def completion_parameters(
    calls: Calls, parts: Sequence[store_values.CompletedPart], checksum: store_values.Checksum | None
) -> dict[str, Any]:
    """The parameters of CompleteMultipartUpload: the parts with their checksums, and that of the whole object."""
    parameters: dict[str, Any] = {"MultipartUpload": {"Parts": [_completed(part) for part in parts]}}
    if checksum and preferred_algorithm(calls):
        kind = "FULL_OBJECT" if checksum.full_object else "COMPOSITE"
        parameters |= {f"Checksum{checksum.algorithm}": checksum.value, "ChecksumType": kind}
    return parameters


def _completed(part: store_values.CompletedPart) -> dict[str, Any]:
    named: dict[str, Any] = {"PartNumber": part.number, "ETag": part.etag}
    if part.checksum:
        algorithm, _, value = part.checksum.partition(":")
        named[f"Checksum{algorithm}"] = value
    return named


def part_of(number: int, answer: Mapping[str, Any], size: int) -> store_values.CompletedPart:
    kept = next((each for each in checksums(answer) if each.value), None)
    return store_values.CompletedPart(number, quoted(answer["ETag"]), kept.text if kept else "", size)


def learned_of(
    calls: Calls, bucket: str, part: store_values.CompletedPart, digests: store_values.Digests
) -> store_values.CompletedPart:
    """The part; it shows whether the server names the checksum that a part is sent with (see `SupportedFeatures`)."""
    if digests.checksum:
        named = part.checksum == digests.checksum.text
        calls.connection.support.part_checksums[bucket] = named
        if not is_aws(calls.connection.endpoint):
            calls.connection.traits.learned.show(PARTS_PROVEN, holds=named or is_md5(part.etag))
    return part


def is_md5(etag: str) -> bool:
    return bool(_MD5.fullmatch(etag))


def require_arrived(attempt: Callable[[], Attempt], answer: Mapping[str, Any], digests: store_values.Digests) -> None:
    """Raise `ProblemError` if the ETag of what the server has written is the MD5 of something else.

    Amazon S3 API Reference, "ETag": it is the MD5 of a body that is not encrypted by a key of KMS or the user's.
    """
    etag = quoted(answer.get("ETag", ""))
    plain = answer.get("ServerSideEncryption", "") in store_values.PLAIN_ENCRYPTION
    if digests.md5 and plain and is_md5(etag) and etag.strip('"').lower() != digests.md5:
        raise ProblemError(_damaged(attempt(), "the server received different data than was sent: the ETag differs"))


async def require_read(attempt: Callable[[], Attempt], answer: Mapping[str, Any], body: bytes) -> None:
    """Raise `ProblemError` if a body is not what the checksum beside it says.

    S3 sends one with a range only where it is that of the range: of a part, or of the whole object.
    """
    for checksum in checksums(answer):
        if checksum.algorithm in ALGORITHMS and "-" not in checksum.value:
            found = (await hashed(body, checksum.algorithm, md5=False)).checksum
            if found and found.value != checksum.value:
                raise ProblemError(_damaged(attempt(), f"its {checksum.algorithm} differs"))
            return


def _damaged(attempt: Attempt, cause: str) -> Problem:
    return attempt.problem(
        ProblemKind.MISMATCH, "the data was damaged in transit", cause, "try again; check the network and the proxy"
    )
