"""CopyObject: what goes along, what does not."""

import hashlib
from typing import Any, Final

from tests.assumptions.facts.uploads import PART, in_parts
from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Need, Scene, answer, same

COPY: Final = s3_api("CopyObject")
OBJECTS: Final = "tui/stores/s3/objects.py"


def copied(scene: Scene, key: str, **options: Any) -> Any:
    """The head of a copy of a shared object."""
    named = {"Bucket": scene.shared(), "Key": scene.fresh()}
    scene.s3("a").copy_object(CopySource={"Bucket": scene.shared(), "Key": key}, **named, **options)
    return scene.s3("a").head_object(**named)


@assumption(source=COPY, used="tui/transfers/copy/listed_copies.py")
def a_copy_keeps_metadata_and_headers(scene: Scene) -> None:
    """CopyObject copies metadata, content type and the other headers by itself."""
    key = scene.put(scene.shared(), Metadata={"a": "1"}, ContentType="text/css", CacheControl="max-age=60")
    got = copied(scene, key)
    same((got["Metadata"], got["ContentType"], got.get("CacheControl")), ({"a": "1"}, "text/css", "max-age=60"))


@assumption(source=COPY, used="tui/transfers/copy/listed_copies.py")
def a_copy_keeps_tags(scene: Scene) -> None:
    """CopyObject copies tags by itself."""
    same(copied(scene, scene.put(scene.shared(), Tagging="a=1&b=2")).get("TagCount"), 2)


@assumption(source=COPY, used=OBJECTS)
def a_copy_can_replace_metadata(scene: Scene) -> None:
    """CopyObject with MetadataDirective=REPLACE has the metadata of the request, and none of the source."""
    key = scene.put(scene.shared(), Metadata={"a": "1"}, ContentType="text/css")
    got = copied(scene, key, MetadataDirective="REPLACE", Metadata={"b": "2"})
    same((got["Metadata"], got["ContentType"]), ({"b": "2"}, "binary/octet-stream"))


@assumption(source=COPY, used=OBJECTS)
def a_copy_can_replace_tags(scene: Scene) -> None:
    """CopyObject with TaggingDirective=REPLACE has the tags of the request."""
    key = scene.put(scene.shared(), Tagging="a=1&b=2")
    same(copied(scene, key, TaggingDirective="REPLACE", Tagging="c=3").get("TagCount"), 1)


@assumption(source=COPY, used="tui/transfers/copy/listed_copies.py")
def a_copy_does_not_keep_the_class(scene: Scene) -> None:
    """CopyObject does not copy the storage class: the copy is STANDARD."""
    same(copied(scene, scene.put(scene.shared(), StorageClass="STANDARD_IA")).get("StorageClass"), None)


@assumption(source=s3_guide("how-to-page-redirect"), used="tui/transfers/copy/listed_copies.py")
def a_copy_does_not_keep_a_website_redirect(scene: Scene) -> None:
    """CopyObject does not copy the website redirect location."""
    key = scene.put(scene.shared(), WebsiteRedirectLocation="/elsewhere")
    same(copied(scene, key).get("WebsiteRedirectLocation"), None)


@assumption(source=COPY, used="tui/transfers/copy/checksums.py")
def a_copy_of_a_plain_object_has_its_etag(scene: Scene) -> None:
    """The copy of an object in one piece has the ETag of the source, and the answer names it."""
    named = {"Bucket": scene.shared(), "Key": scene.fresh()}
    source = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    got = scene.s3("a").copy_object(CopySource=source, **named)["CopyObjectResult"]["ETag"]
    same(got, f'"{hashlib.md5(b"hello").hexdigest()}"')


@assumption(source=COPY, used="tui/transfers/copy/checksums.py")
def a_copy_of_parts_has_another_etag(scene: Scene) -> None:
    """CopyObject of an object in parts writes one piece: its ETag is not that of the source."""
    got = copied(scene, in_parts(scene, PART, b"tail"))["ETag"]
    same("-" in got, False)


@assumption(source=COPY, used=OBJECTS)
def a_copy_is_pinned_to_the_source(scene: Scene) -> None:
    """CopyObject with another ETag as condition of the source is refused with PreconditionFailed."""
    source = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    asked = {"Bucket": scene.shared(), "Key": scene.fresh(), "CopySourceIfMatch": f'"{"0" * 32}"'}
    same(answer(scene.s3("a").copy_object, CopySource=source, **asked), "412 PreconditionFailed")


@assumption(source=COPY, used="tui/features/copy/probes.py")
def a_copy_of_nothing_has_a_code(scene: Scene) -> None:
    """CopyObject of a source that does not exist is refused with NoSuchKey."""
    source = {"Bucket": scene.shared(), "Key": "missing"}
    got = answer(scene.s3("a").copy_object, Bucket=scene.shared(), Key=scene.fresh(), CopySource=source)
    same(got, "404 NoSuchKey")


@assumption(source=COPY, used="tui/transfers/copy/routes.py")
def a_copy_between_accounts_is_one_request(scene: Scene) -> None:
    """CopyObject from a bucket of another account works with one identity that may read there."""
    bucket = scene.open_bucket()
    source = {"Bucket": bucket, "Key": scene.put(bucket)}
    got = answer(scene.s3("b").copy_object, Bucket=scene.shared("b"), Key=scene.fresh(), CopySource=source)
    same(got, "OK")


@assumption(source=COPY, used=OBJECTS)
def the_key_of_a_source_is_read_exactly(scene: Scene) -> None:
    """CopyObject finds a source whose key has percent signs, plus signs, blanks and letters of all languages."""
    key = scene.put(scene.shared(), Key=f"{scene.fresh()} a%41+é?x=1&y#z", Metadata={"this": "one"})
    same(copied(scene, key)["Metadata"], {"this": "one"})


@assumption(source=COPY, used=OBJECTS, needs={Need.SECOND_REGION})
def a_copy_between_regions_is_one_request(scene: Scene) -> None:
    """CopyObject from a bucket in another region works; it is sent to the region of the target."""
    other = scene.elsewhere("a")
    bucket = scene.bucket(other)
    source = {"Bucket": bucket, "Key": scene.put(bucket, other)}
    got = answer(scene.s3("a").copy_object, Bucket=scene.shared(), Key=scene.fresh(), CopySource=source)
    same(got, "OK")
