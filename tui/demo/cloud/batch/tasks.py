"""One task of a job: the request that S3 makes of itself for one object, by the job's role."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from tui.demo.cloud import checksums
from tui.demo.cloud.batch.manifests import Row, bucket_of
from tui.demo.cloud.call import Call
from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.grants import Grant, to_xml
from tui.demo.cloud.iam.identities import Identities, Identity
from tui.demo.cloud.messages import Request, Response
from tui.demo.cloud.store import Store
from tui.demo.cloud.xml import document, leaf, node

Operation = Callable[[Call], Response]
Find = Callable[[Request], Operation]
"""Which operation a request asks for (`tui.demo.cloud.routing`, which this module must not import)."""


class Caller:
    """Makes requests as one identity, inside the server."""

    def __init__(self, store: Store, identities: Identities, identity: Identity, find: Find) -> None:
        self.store, self.identities, self.identity, self._find = store, identities, identity, find

    def call(
        self,
        method: str,
        bucket: str,
        key: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Call:
        """A request on its way; `query` is encoded."""
        path = f"/{bucket}/{quote(key)}" if key else f"/{bucket}"
        request = Request(method, path, query, {"host": "127.0.0.1", **(headers or {})}, body, "127.0.0.1")
        return Call(request, self.identity, self.store, self.identities)

    def send(self, call: Call) -> Response:
        """Its answer. Raises `CloudError`."""
        return self._find(call.request)(call)


def carry_out(caller: Caller, name: str, operation: Mapping[str, Any], row: Row) -> str:
    """Do the operation to one object; what the report says of it. Raises `CloudError`."""
    return TASKS[name](caller, operation, row)


def _copy(caller: Caller, asked: Mapping[str, Any], row: Row) -> str:
    source = quote(f"{row.bucket}/{row.key}") + (f"?versionId={row.version}" if row.version else "")
    metadata = asked.get("NewObjectMetadata") or {}
    tags = asked.get("NewObjectTagging")
    headers = {
        "x-amz-copy-source": source,
        "x-amz-metadata-directive": asked.get("MetadataDirective") or "COPY",
        "x-amz-acl": asked.get("CannedAccessControlList"),
        "x-amz-storage-class": asked.get("StorageClass"),
        "x-amz-checksum-algorithm": asked.get("ChecksumAlgorithm"),
        "x-amz-website-redirect-location": asked.get("RedirectLocation"),
        "content-type": metadata.get("ContentType"),
        "cache-control": metadata.get("CacheControl"),
        "content-disposition": metadata.get("ContentDisposition"),
        "content-encoding": metadata.get("ContentEncoding"),
        "content-language": metadata.get("ContentLanguage"),
        **{f"x-amz-meta-{name}": value for name, value in (metadata.get("UserMetadata") or {}).items()},
        **_encryption(asked.get("SSEAwsKmsKeyId"), metadata.get("SSEAlgorithm")),
    }
    if tags is not None:
        headers |= {
            "x-amz-tagging-directive": "REPLACE",
            "x-amz-tagging": urlencode([(tag["Key"], tag["Value"]) for tag in tags]),
        }
    prefix = asked.get("TargetKeyPrefix") or ""
    key = f"{prefix.rstrip('/')}/{row.key}" if prefix else row.key
    given = {name: value for name, value in headers.items() if value}
    caller.send(caller.call("PUT", bucket_of(asked["TargetResource"]), key, headers=given))
    return "Successful"


def _encryption(kms_key: str | None, algorithm: str | None) -> dict[str, str]:
    if kms_key:
        return {
            "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": kms_key,
        }
    return {"x-amz-server-side-encryption": "AES256"} if algorithm == "AES256" else {}


def _version(row: Row) -> str:
    return f"&versionId={quote(row.version)}" if row.version else ""


def _put_acl(caller: Caller, asked: Mapping[str, Any], row: Row) -> str:
    policy = asked.get("AccessControlPolicy") or {}
    if canned := policy.get("CannedAccessControlList"):
        caller.send(caller.call("PUT", row.bucket, row.key, f"acl{_version(row)}", {"x-amz-acl": canned}))
        return "Successful"
    listed = policy.get("AccessControlList") or {}
    grants = [Grant(entry["Grantee"]["Identifier"], entry["Permission"]) for entry in listed.get("Grants") or []]
    body = document("AccessControlPolicy", to_xml(listed["Owner"]["ID"], grants))
    caller.send(caller.call("PUT", row.bucket, row.key, f"acl{_version(row)}", body=body))
    return "Successful"


def _put_tags(caller: Caller, asked: Mapping[str, Any], row: Row) -> str:
    tags = [node("Tag", leaf("Key", tag["Key"]), leaf("Value", tag["Value"])) for tag in asked.get("TagSet") or []]
    body = document("Tagging", [node("TagSet", *tags)])
    caller.send(caller.call("PUT", row.bucket, row.key, f"tagging{_version(row)}", body=body))
    return "Successful"


def _delete_tags(caller: Caller, _asked: Mapping[str, Any], row: Row) -> str:
    caller.send(caller.call("DELETE", row.bucket, row.key, f"tagging{_version(row)}"))
    return "Successful"


def _restore(caller: Caller, asked: Mapping[str, Any], row: Row) -> str:
    tier = str(asked.get("GlacierJobTier") or "STANDARD").title()
    days = leaf("Days", asked["ExpirationInDays"]) if asked.get("ExpirationInDays") else ""
    body = document("RestoreRequest", [days, node("GlacierJobParameters", leaf("Tier", tier))])
    response = caller.send(caller.call("POST", row.bucket, row.key, f"restore{_version(row)}", body=body))
    return "Successful" if response.status == 202 else "RestoreAlreadyInProgress"


def _checksum(caller: Caller, asked: Mapping[str, Any], row: Row) -> str:
    algorithm = asked.get("ChecksumAlgorithm") or "CRC64NVME"
    action = "s3:GetObjectVersion" if row.version else "s3:GetObject"
    call = caller.call("GET", row.bucket, row.key)
    item = call.object_of(call.bucket, row.key, row.version, action)
    value = checksums.compute(algorithm, item.content) if algorithm in checksums.ALGORITHMS else None
    if value is None:
        raise CloudError("InvalidRequest", f"The algorithm {algorithm} is not available here")
    return json.dumps(
        {
            "checksum_base64": value,
            "etag": item.etag.strip('"'),
            "checksumAlgorithm": algorithm,
            "checksumType": "FULL_OBJECT",
            "checksum_hex": base64.b64decode(value).hex().upper(),
        }
    )


TASKS: Final[Mapping[str, Callable[[Caller, Mapping[str, Any], Row], str]]] = {
    "S3PutObjectCopy": _copy,
    "S3PutObjectAcl": _put_acl,
    "S3PutObjectTagging": _put_tags,
    "S3DeleteObjectTagging": _delete_tags,
    "S3InitiateRestoreObject": _restore,
    "S3ComputeObjectChecksum": _checksum,
}
