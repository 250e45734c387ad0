"""Buckets of a test's own: made fresh, and gone with all they hold when it ends."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.servers.policies import Statement, bucket_policy
from tests.servers.server import Account, Feature, S3Server


@dataclass(frozen=True, slots=True)
class BucketPair:
    """The names of a bucket of account A and one of account B on one server."""

    server: S3Server
    a: str
    b: str

    def set_policy_of_a(self, *statements: Statement) -> None:
        self.server.client(self.server.a).put_bucket_policy(Bucket=self.a, Policy=bucket_policy(*statements))

    def set_policy_of_b(self, *statements: Statement) -> None:
        self.server.client(self.server.b).put_bucket_policy(Bucket=self.b, Policy=bucket_policy(*statements))


@contextmanager
def fresh_bucket(server: S3Server, account: Account) -> Iterator[str]:
    """Make a bucket of `account` in which the uploader owns its objects, and which may be public; remove it and all
    in it afterwards."""
    client = server.client(account)
    name = f"{account.profile}-{secrets.token_hex(6)}"
    # Ceph has no such controls, and takes a DELETE of them as DeleteBucket: there they are never touched.
    settings: dict[str, Any] = {}
    if Feature.OWNERSHIP_CONTROLS in server.features:
        settings["ObjectOwnership"] = "ObjectWriter"
    if account.region != "us-east-1":  # the one region that S3 does not take as a LocationConstraint
        settings["CreateBucketConfiguration"] = {"LocationConstraint": account.region}
    client.create_bucket(Bucket=name, **settings)
    try:
        if Feature.OWNERSHIP_CONTROLS in server.features:
            client.delete_public_access_block(Bucket=name)  # it refuses public ACLs
        yield name
    finally:
        remove_bucket(client, name)


EMPTIED = 20
"""Times that a bucket is emptied before it is left."""


def remove_bucket(client: Any, bucket: str) -> None:
    """Remove a bucket as its owner: every version of every object, policy and uploads if they stop it, then itself.

    A bucket that is already gone is as wanted. It is emptied again where an engine of a test is still writing.
    """
    for attempt in range(EMPTIED):
        try:
            _remove(client, bucket, also_the_rest=attempt > 0)
        except ClientError as error:
            if error_code(error) not in ("BucketNotEmpty", "AccessDenied") or attempt == EMPTIED - 1:
                raise
        else:
            return


def _remove(client: Any, bucket: str, *, also_the_rest: bool) -> None:
    with suppress(client.exceptions.NoSuchBucket):
        if also_the_rest:
            client.delete_bucket_policy(Bucket=bucket)  # a Deny in it would stop its owner, too
            for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
                for upload in page.get("Uploads", []):
                    client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            _delete(client, bucket, [*page.get("Versions", []), *page.get("DeleteMarkers", [])])
        client.delete_bucket(Bucket=bucket)


def _delete(client: Any, bucket: str, versions: list[Any]) -> None:
    """Delete these in one request; one by one those whose key no XML can have, and those that were refused."""
    batch = [each for each in versions if each["Key"].isprintable()]
    left = [each for each in versions if not each["Key"].isprintable()]
    if len(batch) > 1:
        named = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in batch]
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": named, "Quiet": True})
        refused = {(each["Key"], each.get("VersionId")) for each in answer.get("Errors", [])}
        batch = [each for each in batch if (each["Key"], each["VersionId"]) in refused]
    for each in (*batch, *left):
        client.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])


def error_code(error: ClientError) -> str:
    """Return the code of a refused request; some servers send none."""
    return str(error.response.get("Error", {}).get("Code", ""))


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a call was refused with; without a code it was not. HEAD has a status for a code (`404`)."""

    code: str = ""
    status: int = 0
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal_of(call: Callable[..., object], *values: Any, **arguments: Any) -> Refusal:
    try:
        call(*values, **arguments)
    except ClientError as error:
        answer: Any = error.response
        said = answer["ResponseMetadata"]
        message = answer["Error"].get("Message", "")
        return Refusal(error_code(error), said["HTTPStatusCode"], message, dict(said["HTTPHeaders"]))
    return Refusal()


def refused(call: Callable[..., object], *values: Any, **arguments: Any) -> str:
    return refusal_of(call, *values, **arguments).code


def begun(client: Any, place: dict[str, str], **options: Any) -> dict[str, str]:
    return {**place, "UploadId": client.create_multipart_upload(**place, **options)["UploadId"]}


def completed(client: Any, upload: dict[str, str], *etags: str, **options: Any) -> Any:
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1)]
    return client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **options)
