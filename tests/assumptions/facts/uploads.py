"""Uploads in parts."""

import hashlib
from typing import Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Scene, answer, same
from tests.servers.buckets import begun, completed

LIMITS: Final = s3_guide("qfacts")
PARTS: Final = "tui/stores/s3/multipart.py"
PART: Final = b"x" * 5 * 1024**2


def in_parts(scene: Scene, *bodies: bytes) -> str:
    """An object of these parts; its key."""
    a, key = scene.s3("a"), scene.fresh()
    upload = begun(a, {"Bucket": scene.shared(), "Key": key})
    etags = [a.upload_part(PartNumber=at, Body=body, **upload)["ETag"] for at, body in enumerate(bodies, 1)]
    completed(a, upload, *etags)
    return key


@assumption(source=s3_api("Object"), used=PARTS)
def the_etag_of_parts_is_the_md5_of_md5s(scene: Scene) -> None:
    """The ETag of an upload in parts is the MD5 of the parts' MD5s, a dash and their number."""
    got = scene.s3("a").head_object(Bucket=scene.shared(), Key=in_parts(scene, PART, b"tail"))["ETag"]
    of_parts = b"".join(hashlib.md5(body).digest() for body in (PART, b"tail"))
    same(got, f'"{hashlib.md5(of_parts).hexdigest()}-2"')


@assumption(source=s3_api("HeadObject"), used="tui/stores/s3/objects.py")
def a_head_of_a_part_has_its_size_and_their_number(scene: Scene) -> None:
    """HeadObject with PartNumber has the size of that part and the number of all."""
    key = in_parts(scene, PART, b"tail")
    got = scene.s3("a").head_object(Bucket=scene.shared(), Key=key, PartNumber=1)
    same((got["ContentLength"], got.get("PartsCount")), (len(PART), 2))


@assumption(source=s3_api("HeadObject"), used="tui/stores/s3/objects.py")
def an_object_in_one_piece_has_no_number_of_parts(scene: Scene) -> None:
    """HeadObject with PartNumber=1 of an object in one piece has no number of parts."""
    key = scene.put(scene.shared())
    same(scene.s3("a").head_object(Bucket=scene.shared(), Key=key, PartNumber=1).get("PartsCount"), None)


@assumption(source=LIMITS, used="tui/core/naming.py")
def a_part_but_the_last_has_5_mib(scene: Scene) -> None:
    """CompleteMultipartUpload with a part below 5 MiB that is not the last is refused with EntityTooSmall."""
    a, upload = scene.s3("a"), begun(scene.s3("a"), {"Bucket": scene.shared(), "Key": scene.fresh()})
    etags = [a.upload_part(PartNumber=at, Body=b"1", **upload)["ETag"] for at in (1, 2)]
    parts = [{"PartNumber": at, "ETag": etag} for at, etag in enumerate(etags, 1)]
    got = answer(a.complete_multipart_upload, MultipartUpload={"Parts": parts}, **upload)
    a.abort_multipart_upload(**upload)
    same(got, "400 EntityTooSmall")


@assumption(source=LIMITS, used="tui/core/naming.py")
def a_part_has_a_number_up_to_10000(scene: Scene) -> None:
    """UploadPart with number 10,000 is accepted, with 10,001 it is refused with InvalidArgument."""
    a, upload = scene.s3("a"), begun(scene.s3("a"), {"Bucket": scene.shared(), "Key": scene.fresh()})
    got = [answer(a.upload_part, PartNumber=number, Body=b"1", **upload) for number in (10_000, 10_001)]
    a.abort_multipart_upload(**upload)
    same(got, ["OK", "400 InvalidArgument"])


@assumption(source=s3_api("CompleteMultipartUpload"), used=PARTS)
def a_missing_part_has_a_code(scene: Scene) -> None:
    """CompleteMultipartUpload with a part that was never sent is refused with InvalidPart."""
    a, upload = scene.s3("a"), begun(scene.s3("a"), {"Bucket": scene.shared(), "Key": scene.fresh()})
    parts = [{"PartNumber": 1, "ETag": f'"{"0" * 32}"'}]
    got = answer(a.complete_multipart_upload, MultipartUpload={"Parts": parts}, **upload)
    a.abort_multipart_upload(**upload)
    same(got, "400 InvalidPart")


@assumption(source=s3_api("AbortMultipartUpload"), used=PARTS)
def an_aborted_upload_is_gone(scene: Scene) -> None:
    """After AbortMultipartUpload ListParts is refused with NoSuchUpload, and so is UploadPart."""
    a, upload = scene.s3("a"), begun(scene.s3("a"), {"Bucket": scene.shared(), "Key": scene.fresh()})
    a.upload_part(PartNumber=1, Body=b"1", **upload)
    a.abort_multipart_upload(**upload)
    got = [answer(a.list_parts, **upload), answer(a.upload_part, PartNumber=2, Body=b"1", **upload)]
    same(got, ["404 NoSuchUpload"] * 2)


@assumption(source=s3_api("ListParts"), used=PARTS)
def parts_are_listed_with_size_and_etag(scene: Scene) -> None:
    """ListParts has number, size and ETag, the MD5, of each part that was sent."""
    a, upload = scene.s3("a"), begun(scene.s3("a"), {"Bucket": scene.shared(), "Key": scene.fresh()})
    a.upload_part(PartNumber=3, Body=b"three", **upload)
    [got] = a.list_parts(**upload)["Parts"]
    a.abort_multipart_upload(**upload)
    wanted = (3, 5, f'"{hashlib.md5(b"three").hexdigest()}"')
    same((got["PartNumber"], got["Size"], got["ETag"]), wanted)


@assumption(source=s3_api("UploadPart"), used="tui/transfers/copy/upload_records.py")
def a_part_can_be_sent_again(scene: Scene) -> None:
    """A part that is sent again under its number replaces the former one."""
    a, named = scene.s3("a"), {"Bucket": scene.shared(), "Key": scene.fresh()}
    upload = begun(a, named)
    a.upload_part(PartNumber=1, Body=b"one", **upload)
    completed(a, upload, a.upload_part(PartNumber=1, Body=b"two", **upload)["ETag"])
    same(a.get_object(**named)["Body"].read(), b"two")


@assumption(source=s3_api("ListMultipartUploads"), used=PARTS)
def unfinished_uploads_are_listed(scene: Scene) -> None:
    """ListMultipartUploads has key, ID and start of each upload that was neither completed nor aborted."""
    a, key = scene.s3("a"), scene.fresh()
    upload = begun(a, {"Bucket": scene.shared(), "Key": key})
    got = a.list_multipart_uploads(Bucket=scene.shared(), Prefix=key)["Uploads"]
    a.abort_multipart_upload(**upload)
    same([(each["Key"], each["UploadId"], "Initiated" in each) for each in got], [(key, upload["UploadId"], True)])


@assumption(source=s3_api("CreateMultipartUpload"), used="tui/transfers/copy/multipart_upload.py")
def an_upload_in_parts_takes_its_attributes_at_the_start(scene: Scene) -> None:
    """Metadata, tags, type and class that CreateMultipartUpload had are those of the object."""
    a, named = scene.s3("a"), {"Bucket": scene.shared(), "Key": scene.fresh()}
    upload = begun(a, named, Metadata={"a": "1"}, Tagging="t=1", ContentType="text/css", StorageClass="STANDARD_IA")
    completed(a, upload, a.upload_part(PartNumber=1, Body=b"1", **upload)["ETag"])
    got = a.head_object(**named)
    kept = (got["Metadata"], got.get("TagCount"), got["ContentType"], got.get("StorageClass"))
    same(kept, ({"a": "1"}, 1, "text/css", "STANDARD_IA"))


@assumption(source=s3_api("CompleteMultipartUpload"), used=PARTS)
def an_upload_can_be_completed_twice(scene: Scene) -> None:
    """CompleteMultipartUpload that is sent again, because its answer was lost, succeeds."""
    a, upload = scene.s3("a"), begun(scene.s3("a"), {"Bucket": scene.shared(), "Key": scene.fresh()})
    etag = a.upload_part(PartNumber=1, Body=b"1", **upload)["ETag"]
    completed(a, upload, etag)
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    same(answer(a.complete_multipart_upload, MultipartUpload=parts, **upload), "OK")


@assumption(source=s3_api("UploadPartCopy"), used="tui/transfers/copy/parts.py")
def a_part_is_copied_from_a_range(scene: Scene) -> None:
    """UploadPartCopy copies a range of the source, and answers with the ETag of that part."""
    a, source = scene.s3("a"), {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    upload = begun(a, {"Bucket": scene.shared(), "Key": scene.fresh()})
    asked = {"PartNumber": 1, "CopySource": source, "CopySourceRange": "bytes=1-3"}
    got = a.upload_part_copy(**asked, **upload)["CopyPartResult"]["ETag"]
    a.abort_multipart_upload(**upload)
    same(got, f'"{hashlib.md5(b"ell").hexdigest()}"')


@assumption(source=s3_api("UploadPartCopy"), used="tui/transfers/copy/parts.py")
def a_copied_part_is_pinned_to_the_source(scene: Scene) -> None:
    """UploadPartCopy with another ETag as condition of the source is refused with PreconditionFailed."""
    a, source = scene.s3("a"), {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    upload = begun(a, {"Bucket": scene.shared(), "Key": scene.fresh()})
    asked = {"PartNumber": 1, "CopySource": source, "CopySourceIfMatch": f'"{"0" * 32}"'}
    got = answer(a.upload_part_copy, **asked, **upload)
    a.abort_multipart_upload(**upload)
    same(got, "412 PreconditionFailed")


@assumption(source=s3_api("UploadPartCopy"), used="tui/transfers/copy/parts.py")
def a_part_is_copied_between_accounts(scene: Scene) -> None:
    """UploadPartCopy by another account works if that account may read the source."""
    bucket = scene.open_bucket()
    b, source = scene.s3("b"), {"Bucket": bucket, "Key": scene.put(bucket)}
    upload = begun(b, {"Bucket": scene.shared("b"), "Key": scene.fresh()})
    got = answer(b.upload_part_copy, PartNumber=1, CopySource=source, **upload)
    b.abort_multipart_upload(**upload)
    same(got, "OK")
