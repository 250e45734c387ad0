"""Encryption with keys of KMS."""

import hashlib
from typing import Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Need, Scene, answer, same

KMS: Final = s3_guide("UsingKMSEncryption")
DENIED: Final = "403 AccessDenied"


@assumption(source=s3_api("Object"), used="tui/transfers/copy/checksums.py", needs={Need.KMS})
def the_etag_under_a_key_of_kms_is_no_md5(scene: Scene) -> None:
    """The ETag of an object that a key of KMS encrypts is not the MD5 of its content."""
    asked = {"Bucket": scene.shared(), "Key": scene.fresh(), "Body": b"hello"}
    got = scene.s3("a").put_object(ServerSideEncryption="aws:kms", **asked)["ETag"]
    same(got == f'"{hashlib.md5(b"hello").hexdigest()}"', False)


@assumption(source=KMS, used="tui/features/inspect/fact_requests.py", needs={Need.KMS})
def a_head_names_the_key_of_kms(scene: Scene) -> None:
    """HeadObject names aws:kms and the ARN of the key, also of the managed one."""
    key = scene.put(scene.shared(), ServerSideEncryption="aws:kms")
    got = scene.s3("a").head_object(Bucket=scene.shared(), Key=key)
    same((got["ServerSideEncryption"], got.get("SSEKMSKeyId", "").split(":")[2:3]), ("aws:kms", ["kms"]))


@assumption(source=KMS, used="tui/policies/evaluation/verdict.py", needs={Need.KMS})
def the_managed_key_serves_no_other_account(scene: Scene) -> None:
    """GetObject by another account of an object under the managed key aws/s3 is refused, whatever the policy allows."""
    bucket = scene.open_bucket()
    key = scene.put(bucket, ServerSideEncryption="aws:kms")
    same(answer(scene.s3("b").get_object, Bucket=bucket, Key=key), DENIED)


@assumption(source=KMS, used="tui/stores/s3/calls.py", needs={Need.KMS})
def a_missing_key_of_kms_has_a_code(scene: Scene) -> None:
    """An upload with a key of KMS that does not exist is refused with KMS.NotFoundException."""
    missing = f"arn:aws:kms:{scene.a.region}:{scene.a.account}:key/00000000-0000-0000-0000-000000000000"
    asked = {"Bucket": scene.shared(), "Key": scene.fresh(), "Body": b"1", "ServerSideEncryption": "aws:kms"}
    same(answer(scene.s3("a").put_object, SSEKMSKeyId=missing, **asked), "400 KMS.NotFoundException")
