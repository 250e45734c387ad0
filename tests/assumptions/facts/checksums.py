"""Checksums: what S3 keeps, compares and answers."""

import base64
import hashlib
import zlib
from typing import Any, Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Scene, answer, same
from tests.servers.buckets import begun

INTEGRITY: Final = s3_guide("checking-object-integrity")
UPLOADS: Final = s3_guide("checking-object-integrity-upload")
HEADERS: Final = "tui/stores/s3/headers.py"
CHECKSUMS: Final = "tui/transfers/copy/checksums.py"
PART: Final = b"x" * 5 * 1024**2


def crc32(body: bytes) -> str:
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def head(scene: Scene, key: str, **options: Any) -> Any:
    return scene.s3("a").head_object(Bucket=scene.shared(), Key=key, ChecksumMode="ENABLED", **options)


def in_parts(scene: Scene, algorithm: str, kind: str) -> str:
    """An object of two parts with such a checksum; its key."""
    a, key = scene.s3("a"), scene.fresh()
    named = {"Bucket": scene.shared(), "Key": key}
    upload = begun(a, named, ChecksumAlgorithm=algorithm, ChecksumType=kind)
    parts = []
    for number, body in enumerate((PART, b"tail"), start=1):
        sent = a.upload_part(PartNumber=number, Body=body, ChecksumAlgorithm=algorithm, **upload)
        parts.append({"PartNumber": number, "ETag": sent["ETag"], f"Checksum{algorithm}": sent[f"Checksum{algorithm}"]})
    a.complete_multipart_upload(MultipartUpload={"Parts": parts}, ChecksumType=kind, **upload)
    return key


@assumption(source=INTEGRITY, used=HEADERS)
def a_checksum_is_kept_and_read_back(scene: Scene) -> None:
    """A CRC32 that was sent in a header is kept, and returned by HeadObject with ChecksumMode."""
    got = head(scene, scene.put(scene.shared(), ChecksumCRC32=crc32(b"hello")))
    same((got.get("ChecksumCRC32"), got.get("ChecksumType")), (crc32(b"hello"), "FULL_OBJECT"))


@assumption(source=INTEGRITY, used="tui/stores/s3/objects.py")
def a_checksum_is_sent_if_asked_for(scene: Scene) -> None:
    """HeadObject has no checksum without ChecksumMode."""
    key = scene.put(scene.shared(), ChecksumCRC32=crc32(b"hello"))
    same(scene.s3("a").head_object(Bucket=scene.shared(), Key=key).get("ChecksumCRC32"), None)


@assumption(source=UPLOADS, used=CHECKSUMS)
def a_write_answers_with_its_checksum(scene: Scene) -> None:
    """The answer to PutObject has the checksum that was sent and compared."""
    asked = {"Bucket": scene.shared(), "Key": scene.fresh(), "Body": b"hello"}
    same(scene.s3("a").put_object(ChecksumCRC32=crc32(b"hello"), **asked).get("ChecksumCRC32"), crc32(b"hello"))


@assumption(source=UPLOADS, used="tui/aws/refusals.py")
def a_wrong_checksum_is_refused(scene: Scene) -> None:
    """An upload with a wrong CRC32 is refused with BadDigest."""
    asked = {"Bucket": scene.shared(), "Key": scene.fresh(), "Body": b"hello"}
    same(answer(scene.s3("a").put_object, ChecksumCRC32="AAAAAA==", **asked), "400 BadDigest")


@assumption(source=s3_api("PutObject"), used=HEADERS)
def a_wrong_md5_is_refused(scene: Scene) -> None:
    """An upload with a wrong Content-MD5 is refused with BadDigest."""
    asked = {"Bucket": scene.shared(), "Key": scene.fresh(), "Body": b"hello"}
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    same(answer(scene.s3("a").put_object, ContentMD5=wrong, **asked), "400 BadDigest")


@assumption(source=INTEGRITY, used=HEADERS)
def crc64nvme_is_kept(scene: Scene) -> None:
    """A CRC64NVME that was sent in a header is kept."""
    key = scene.put(scene.shared(), body=b"hello world", ChecksumCRC64NVME="jSnVw/bqjr4=")
    same(head(scene, key).get("ChecksumCRC64NVME"), "jSnVw/bqjr4=")


@assumption(source=INTEGRITY, used="tui/stores/digests.py")
def sha256_is_kept(scene: Scene) -> None:
    """A SHA256 that was sent in a header is kept."""
    wanted = base64.b64encode(hashlib.sha256(b"hello").digest()).decode()
    same(head(scene, scene.put(scene.shared(), ChecksumSHA256=wanted)).get("ChecksumSHA256"), wanted)


@assumption(source=INTEGRITY, used="tui/stores/digests.py")
def sha512_is_kept(scene: Scene) -> None:
    """A SHA512 that was sent in a header is kept (since April 2026)."""
    wanted = base64.b64encode(hashlib.sha512(b"hello").digest()).decode()
    same(head(scene, scene.put(scene.shared(), ChecksumSHA512=wanted)).get("ChecksumSHA512"), wanted)


@assumption(source=INTEGRITY, used=HEADERS)
def an_upload_without_a_checksum_gets_crc64nvme(scene: Scene) -> None:
    """S3 itself computes a CRC64NVME for an object that came without a checksum."""
    plain = scene.s3("a", request_checksum_calculation="when_required")
    key = scene.fresh()
    plain.put_object(Bucket=scene.shared(), Key=key, Body=b"hello world")
    same(head(scene, key).get("ChecksumCRC64NVME"), "jSnVw/bqjr4=")


@assumption(source=UPLOADS, used=CHECKSUMS)
def parts_have_a_crc_of_the_whole(scene: Scene) -> None:
    """An upload in parts with FULL_OBJECT has the CRC32 of the whole object."""
    got = head(scene, in_parts(scene, "CRC32", "FULL_OBJECT"))
    same((got.get("ChecksumCRC32"), got.get("ChecksumType")), (crc32(PART + b"tail"), "FULL_OBJECT"))


@assumption(source=UPLOADS, used=CHECKSUMS)
def a_composite_checksum_is_that_of_the_parts(scene: Scene) -> None:
    """A composite SHA256 is the SHA256 of the parts' SHA256s, a dash and their number."""
    got = head(scene, in_parts(scene, "SHA256", "COMPOSITE"))
    of_parts = b"".join(hashlib.sha256(body).digest() for body in (PART, b"tail"))
    wanted = f"{base64.b64encode(hashlib.sha256(of_parts).digest()).decode()}-2"
    same((got.get("ChecksumSHA256"), got.get("ChecksumType")), (wanted, "COMPOSITE"))


@assumption(source=s3_api("CompleteMultipartUpload"), used="tui/transfers/copy/multipart_upload.py")
def a_wrong_checksum_of_the_whole_is_refused(scene: Scene) -> None:
    """CompleteMultipartUpload with a wrong CRC32 of the whole object is refused with BadDigest."""
    a, named = scene.s3("a"), {"Bucket": scene.shared(), "Key": scene.fresh()}
    upload = begun(a, named, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    sent = a.upload_part(PartNumber=1, Body=b"tail", ChecksumAlgorithm="CRC32", **upload)
    parts = [{"PartNumber": 1, "ETag": sent["ETag"], "ChecksumCRC32": crc32(b"tail")}]
    asked = {"MultipartUpload": {"Parts": parts}, "ChecksumCRC32": "AAAAAA==", "ChecksumType": "FULL_OBJECT"}
    got = answer(a.complete_multipart_upload, **asked, **upload)
    a.abort_multipart_upload(**upload)
    same(got, "400 BadDigest")


@assumption(source=s3_api("UploadPart"), used=HEADERS)
def a_part_answers_with_its_checksum(scene: Scene) -> None:
    """The answer to UploadPart has the checksum that was sent with the part."""
    a, named = scene.s3("a"), {"Bucket": scene.shared(), "Key": scene.fresh()}
    upload = begun(a, named, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    got = a.upload_part(PartNumber=1, Body=b"part", ChecksumCRC32=crc32(b"part"), **upload).get("ChecksumCRC32")
    a.abort_multipart_upload(**upload)
    same(got, crc32(b"part"))


@assumption(source=INTEGRITY, used=CHECKSUMS)
def a_copy_keeps_the_checksum(scene: Scene) -> None:
    """CopyObject of an object with a CRC32 answers with it, and the copy has it."""
    key, copy = scene.put(scene.shared(), ChecksumCRC32=crc32(b"hello")), scene.fresh()
    source = {"Bucket": scene.shared(), "Key": key}
    got = scene.s3("a").copy_object(Bucket=scene.shared(), Key=copy, CopySource=source)["CopyObjectResult"]
    same((got.get("ChecksumCRC32"), head(scene, copy).get("ChecksumCRC32")), (crc32(b"hello"),) * 2)


@assumption(source=s3_api("GetObjectAttributes"), used="tui/features/verify/pair_evidence.py")
def attributes_have_the_checksum(scene: Scene) -> None:
    """GetObjectAttributes has the checksum and its type."""
    named = {"Bucket": scene.shared(), "Key": scene.put(scene.shared(), ChecksumCRC32=crc32(b"hello"))}
    got = scene.s3("a").get_object_attributes(ObjectAttributes=["Checksum"], **named).get("Checksum", {})
    same((got.get("ChecksumCRC32"), got.get("ChecksumType")), (crc32(b"hello"), "FULL_OBJECT"))


@assumption(source=s3_api("GetObject"), used=HEADERS)
def a_range_has_no_checksum_of_the_whole(scene: Scene) -> None:
    """GetObject of a part of the bytes has no checksum, though ChecksumMode asks for it."""
    named = {"Bucket": scene.shared(), "Key": scene.put(scene.shared(), ChecksumCRC32=crc32(b"hello"))}
    same(scene.s3("a").get_object(Range="bytes=1-3", ChecksumMode="ENABLED", **named).get("ChecksumCRC32"), None)


@assumption(
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html",
    used="tui/stores/http/responses.py",
)
def a_checksum_may_follow_the_body(scene: Scene) -> None:
    """An upload of a stream in chunks with its checksum in a trailer is kept without aws-chunked as its encoding."""
    a, key = scene.s3("a"), scene.fresh()

    def with_trailer(context: Any, **_: Any) -> None:
        context["checksum"]["request_algorithm"]["in"] = "trailer"  # botocore itself does so over https alone

    a.meta.events.register("before-call.s3.PutObject", with_trailer, unique_id="trailer")
    try:
        a.put_object(Bucket=scene.shared(), Key=key, Body=b"hello", ChecksumAlgorithm="CRC32")
    finally:
        a.meta.events.unregister("before-call.s3.PutObject", unique_id="trailer")
    got = head(scene, key)
    wanted = (5, None, crc32(b"hello"))
    same((got["ContentLength"], got.get("ContentEncoding") or None, got.get("ChecksumCRC32")), wanted)
