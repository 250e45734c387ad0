"""Conditional writes and deletions."""

from typing import Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Scene, answer, same
from tests.servers.buckets import begun

WRITES: Final = s3_guide("conditional-writes")
DELETES: Final = s3_guide("conditional-deletes")
WRITE: Final = "tui/stores/s3/write_conditions.py"
DELETE: Final = "tui/stores/s3/deletes.py"
OTHER: Final = f'"{"0" * 32}"'
"""An ETag that no object has."""
FAILED: Final = "412 PreconditionFailed"


def named(scene: Scene, *, there: bool = True) -> dict[str, str]:
    key = scene.put(scene.shared()) if there else scene.fresh()
    return {"Bucket": scene.shared(), "Key": key}


def etag(scene: Scene, place: dict[str, str]) -> str:
    return str(scene.s3("a").head_object(**place)["ETag"])


@assumption(source=WRITES, used=WRITE)
def a_write_of_new_objects_alone_keeps_what_is_there(scene: Scene) -> None:
    """PutObject with If-None-Match: * onto an object is refused with PreconditionFailed."""
    same(answer(scene.s3("a").put_object, Body=b"2", IfNoneMatch="*", **named(scene)), FAILED)


@assumption(source=WRITES, used=WRITE)
def a_write_of_new_objects_alone_writes_a_new_one(scene: Scene) -> None:
    """PutObject with If-None-Match: * of a new key is accepted."""
    same(answer(scene.s3("a").put_object, Body=b"2", IfNoneMatch="*", **named(scene, there=False)), "OK")


@assumption(source=WRITES, used=WRITE)
def a_write_replaces_the_object_that_was_seen(scene: Scene) -> None:
    """PutObject with If-Match and the object's ETag is accepted."""
    place = named(scene)
    same(answer(scene.s3("a").put_object, Body=b"2", IfMatch=etag(scene, place), **place), "OK")


@assumption(source=WRITES, used=WRITE)
def a_write_does_not_replace_another_object(scene: Scene) -> None:
    """PutObject with If-Match and another ETag is refused with PreconditionFailed."""
    same(answer(scene.s3("a").put_object, Body=b"2", IfMatch=OTHER, **named(scene)), FAILED)


@assumption(source=WRITES, used=WRITE)
def a_write_does_not_replace_what_is_gone(scene: Scene) -> None:
    """PutObject with If-Match of a key that does not exist is refused with NoSuchKey."""
    got = answer(scene.s3("a").put_object, Body=b"2", IfMatch=OTHER, **named(scene, there=False))
    same(got, "404 NoSuchKey")


@assumption(source=WRITES, used=WRITE)
def an_upload_in_parts_keeps_what_is_there(scene: Scene) -> None:
    """CompleteMultipartUpload with If-None-Match: * onto an object is refused with PreconditionFailed."""
    a, upload = scene.s3("a"), begun(scene.s3("a"), named(scene))
    parts = [{"PartNumber": 1, "ETag": a.upload_part(PartNumber=1, Body=b"2", **upload)["ETag"]}]
    got = answer(a.complete_multipart_upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*", **upload)
    a.abort_multipart_upload(**upload) if got != "OK" else None
    same(got, FAILED)


@assumption(source=WRITES, used=WRITE)
def an_upload_in_parts_does_not_replace_another_object(scene: Scene) -> None:
    """CompleteMultipartUpload with If-Match and another ETag is refused with PreconditionFailed."""
    a, upload = scene.s3("a"), begun(scene.s3("a"), named(scene))
    parts = [{"PartNumber": 1, "ETag": a.upload_part(PartNumber=1, Body=b"2", **upload)["ETag"]}]
    got = answer(a.complete_multipart_upload, MultipartUpload={"Parts": parts}, IfMatch=OTHER, **upload)
    a.abort_multipart_upload(**upload) if got != "OK" else None
    same(got, FAILED)


@assumption(source=s3_api("CopyObject"), used=WRITE)
def a_copy_keeps_what_is_there(scene: Scene) -> None:
    """CopyObject with If-None-Match: * onto an object is refused with PreconditionFailed (since October 2025)."""
    got = answer(scene.s3("a").copy_object, CopySource=named(scene), IfNoneMatch="*", **named(scene))
    same(got, FAILED)


@assumption(source=s3_api("CopyObject"), used=WRITE)
def a_copy_does_not_replace_another_object(scene: Scene) -> None:
    """CopyObject with If-Match and another ETag is refused with PreconditionFailed."""
    same(answer(scene.s3("a").copy_object, CopySource=named(scene), IfMatch=OTHER, **named(scene)), FAILED)


@assumption(source=s3_api("CopyObject"), used=WRITE)
def a_copy_replaces_the_object_that_was_seen(scene: Scene) -> None:
    """CopyObject with If-Match and the ETag of the object at the target is accepted."""
    place = named(scene)
    got = answer(scene.s3("a").copy_object, CopySource=named(scene), IfMatch=etag(scene, place), **place)
    same(got, "OK")


@assumption(source=DELETES, used=DELETE)
def a_deletion_spares_another_object(scene: Scene) -> None:
    """DeleteObject with If-Match and another ETag is refused with PreconditionFailed, and deletes nothing."""
    place = named(scene)
    got = [answer(scene.s3("a").delete_object, IfMatch=OTHER, **place), answer(scene.s3("a").head_object, **place)]
    same(got, [FAILED, "OK"])


@assumption(source=DELETES, used=DELETE)
def a_deletion_removes_the_object_that_was_seen(scene: Scene) -> None:
    """DeleteObject with If-Match and the object's ETag deletes it."""
    place = named(scene)
    call = scene.s3("a").delete_object
    got = [answer(call, IfMatch=etag(scene, place), **place), answer(scene.s3("a").head_object, **place)]
    same(got, ["OK", "404"])


@assumption(source=DELETES, used=DELETE)
def a_deletion_of_what_is_gone_has_a_code(scene: Scene) -> None:
    """DeleteObject with If-Match of a key that does not exist is refused with NoSuchKey."""
    same(answer(scene.s3("a").delete_object, IfMatch=OTHER, **named(scene, there=False)), "404 NoSuchKey")


@assumption(source=s3_api("DeleteObject"), used=DELETE)
def a_deletion_by_size_is_for_directory_buckets(scene: Scene) -> None:
    """DeleteObject with x-amz-if-match-size is refused with NotImplemented in a general purpose bucket."""
    same(answer(scene.s3("a").delete_object, IfMatchSize=5, **named(scene)), "501 NotImplemented")


@assumption(source=DELETES, used="tui/features/access/access_proof.py")
def a_conditional_deletion_needs_the_right_to_read(scene: Scene) -> None:
    """DeleteObject with If-Match and an ETag is refused to who may delete and not read."""
    bucket = scene.bucket()
    scene.policy(bucket, scene.allow(bucket, scene.b, "s3:DeleteObject"))
    first, second = scene.put(bucket), scene.put(bucket)
    scene.answers("OK", scene.s3("b").delete_object, Bucket=bucket, Key=first)
    got = answer(scene.s3("b").delete_object, Bucket=bucket, Key=second, IfMatch=OTHER)
    same(got, "403 AccessDenied")
