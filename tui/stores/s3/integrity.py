"""Bodies that are the right ones: digests sent along with them, and compared with what came back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tui.aws.connection import is_aws
from tui.aws.refusals import Attempt
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.digests import ALGORITHMS, CRC_OCTETS, base64_md5, checksum_of, hashed
from tui.stores.s3.calls import Calls
from tui.stores.s3.headers import checksums, quoted
from tui.stores.values import PLAIN_ENCRYPTION, UNHASHED, Checksum, Digests, Part

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


def digest_parameters(calls: Calls, body: bytes, digests: Digests = UNHASHED) -> dict[str, Any]:
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


def completion_parameters(calls: Calls, parts: Sequence[Part], checksum: Checksum | None) -> dict[str, Any]:
    """The parameters of CompleteMultipartUpload: the parts with their checksums, and that of the whole object."""
    parameters: dict[str, Any] = {"MultipartUpload": {"Parts": [_completed(part) for part in parts]}}
    if checksum and preferred_algorithm(calls):
        kind = "FULL_OBJECT" if checksum.full_object else "COMPOSITE"
        parameters |= {f"Checksum{checksum.algorithm}": checksum.value, "ChecksumType": kind}
    return parameters


def _completed(part: Part) -> dict[str, Any]:
    named: dict[str, Any] = {"PartNumber": part.number, "ETag": part.etag}
    if part.checksum:
        algorithm, _, value = part.checksum.partition(":")
        named[f"Checksum{algorithm}"] = value
    return named


def part_of(number: int, answer: Mapping[str, Any], size: int) -> Part:
    """The part of an answer."""
    kept = next((each for each in checksums(answer) if each.value), None)
    return Part(number, quoted(answer["ETag"]), kept.text if kept else "", size)


def learned_of(calls: Calls, bucket: str, part: Part, digests: Digests) -> Part:
    """The part; it shows whether the server names the checksum that a part is sent with (see `SupportedFeatures`)."""
    if digests.checksum:
        calls.connection.support.part_checksums[bucket] = part.checksum == digests.checksum.text
    return part


def require_arrived(attempt: Callable[[], Attempt], answer: Mapping[str, Any], digests: Digests) -> None:
    """Raise `ProblemError` if the ETag of what the server has written is the MD5 of something else.

    Amazon S3 API Reference, "ETag": it is the MD5 of a body that is not encrypted by a key of KMS or the user's.
    """
    etag = quoted(answer.get("ETag", ""))
    plain = answer.get("ServerSideEncryption", "") in PLAIN_ENCRYPTION
    if digests.md5 and plain and _MD5.fullmatch(etag) and etag.strip('"').lower() != digests.md5:
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
