"""Annotations of objects."""

from typing import Final

from tests.assumptions.registry import assumption, s3_api
from tests.assumptions.scene import Need, Scene, answer, same

ANNOTATIONS: Final = "tui/transfers/copy/annotations.py"
DENIED: Final = "403 AccessDenied"


def annotated(scene: Scene, bucket: str = "") -> dict[str, str]:
    """An object with the annotation `note`."""
    place = {"Bucket": bucket or scene.shared(), "Key": scene.put(bucket or scene.shared())}
    scene.s3("a").put_object_annotation(AnnotationName="note", AnnotationPayload=b"text", **place)
    return place


def names(scene: Scene, place: dict[str, str]) -> list[str]:
    return [each["AnnotationName"] for each in scene.s3("a").list_object_annotations(**place).get("Annotations", [])]


@assumption(source=s3_api("ListObjectAnnotations"), used="tui/stores/s3/objects.py", needs={Need.ANNOTATIONS})
def annotations_are_listed_with_their_size(scene: Scene) -> None:
    """ListObjectAnnotations has name and size of each annotation."""
    [got] = scene.s3("a").list_object_annotations(**annotated(scene))["Annotations"]
    same((got["AnnotationName"], got["Size"]), ("note", 4))


@assumption(source=s3_api("ListObjectAnnotations"), used="tui/stores/s3/objects.py", needs={Need.ANNOTATIONS})
def an_object_without_annotations_says_so(scene: Scene) -> None:
    """ListObjectAnnotations of an object without any answers AnnotationCount 0, and no code."""
    got = scene.s3("a").list_object_annotations(Bucket=scene.shared(), Key=scene.put(scene.shared()))
    same((got.get("AnnotationCount"), got.get("Annotations", [])), (0, []))


@assumption(source=s3_api("GetObjectAnnotation"), used="tui/stores/s3/objects.py", needs={Need.ANNOTATIONS})
def an_annotation_comes_back(scene: Scene) -> None:
    """GetObjectAnnotation returns the payload, and with ChecksumMode its checksum."""
    got = scene.s3("a").get_object_annotation(AnnotationName="note", ChecksumMode="ENABLED", **annotated(scene))
    same((got["AnnotationPayload"].read(), bool(got.get("ChecksumCRC64NVME"))), (b"text", True))


@assumption(source=s3_api("GetObjectAnnotation"), used="tui/stores/s3/objects.py", needs={Need.ANNOTATIONS})
def a_missing_annotation_has_a_code(scene: Scene) -> None:
    """GetObjectAnnotation of a name that the object does not have is refused with NoSuchAnnotation."""
    got = answer(scene.s3("a").get_object_annotation, AnnotationName="none", **annotated(scene))
    same(got, "404 NoSuchAnnotation")


@assumption(source=s3_api("CopyObject"), used=ANNOTATIONS, needs={Need.ANNOTATIONS})
def a_copy_takes_annotations_along(scene: Scene) -> None:
    """CopyObject copies annotations by itself."""
    copy = {"Bucket": scene.shared(), "Key": scene.fresh()}
    scene.s3("a").copy_object(CopySource=annotated(scene), **copy)
    same(names(scene, copy), ["note"])


@assumption(source=s3_api("CopyObject"), used="tui/stores/s3/objects.py", needs={Need.ANNOTATIONS})
def a_copy_can_leave_annotations(scene: Scene) -> None:
    """CopyObject with AnnotationDirective=EXCLUDE copies no annotations."""
    copy = {"Bucket": scene.shared(), "Key": scene.fresh()}
    scene.s3("a").copy_object(CopySource=annotated(scene), AnnotationDirective="EXCLUDE", **copy)
    same(names(scene, copy), [])


@assumption(source=s3_api("CopyObject"), used="tui/features/access/copy_needs.py", needs={Need.ANNOTATIONS})
def annotations_of_a_copy_need_their_permission(scene: Scene) -> None:
    """CopyObject of an annotated object is refused to who may not read annotations, unless it leaves them."""
    bucket = scene.bucket()
    source = annotated(scene, bucket)
    scene.policy(bucket, scene.allow(bucket, scene.b, "s3:GetObject", "s3:GetObjectTagging"))
    copy = {"Bucket": scene.shared("b"), "Key": scene.fresh(), "CopySource": source}
    scene.answers("OK", scene.s3("b").copy_object, AnnotationDirective="EXCLUDE", **copy)
    same(answer(scene.s3("b").copy_object, **copy), DENIED)


@assumption(source=s3_api("PutObjectAnnotation"), used="tui/stores/s3/objects.py", needs={Need.ANNOTATIONS})
def an_annotation_is_pinned_to_the_object(scene: Scene) -> None:
    """PutObjectAnnotation on another ETag of the object is refused with PreconditionFailed."""
    asked = {"AnnotationName": "more", "AnnotationPayload": b"x", "ObjectIfMatch": f'"{"0" * 32}"'}
    same(answer(scene.s3("a").put_object_annotation, **asked, **annotated(scene)), "412 PreconditionFailed")


@assumption(source=s3_api("PutObjectAnnotation"), used=ANNOTATIONS, needs={Need.ANNOTATIONS})
def a_new_content_has_no_annotations(scene: Scene) -> None:
    """PutObject onto an annotated object leaves an object without annotations."""
    place = annotated(scene)
    scene.s3("a").put_object(Body=b"new", **place)
    same(names(scene, place), [])
