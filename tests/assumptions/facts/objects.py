"""Objects: heads, bodies, ranges, tags, metadata."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Scene, answer, same
from tests.servers.buckets import refusal_of

HEAD: Final = s3_api("HeadObject")
GET: Final = s3_api("GetObject")
METADATA: Final = s3_guide("UsingMetadata")
HEADERS: Final = "tui/stores/s3/headers.py"


@assumption(source=s3_api("Object"), used="tui/transfers/copy/checksums.py")
def the_etag_of_a_plain_object_is_its_md5(scene: Scene) -> None:
    """The ETag of an object that one PutObject wrote, without a key of KMS, is the MD5 of its content in quotes."""
    got = scene.s3("a").put_object(Bucket=scene.shared(), Key=scene.fresh(), Body=b"hello")["ETag"]
    same(got, f'"{hashlib.md5(b"hello").hexdigest()}"')


@assumption(source=HEAD, used="tui/transfers/copy/annotations.py")
def a_head_counts_the_tags(scene: Scene) -> None:
    """HeadObject has x-amz-tagging-count if the object has tags, to who may read them."""
    key = scene.put(scene.shared(), Tagging="a=1&b=2")
    same(scene.s3("a").head_object(Bucket=scene.shared(), Key=key).get("TagCount"), 2)


@assumption(source=GET, used="tui/transfers/copy/annotations.py")
def a_get_counts_the_tags(scene: Scene) -> None:
    """GetObject has x-amz-tagging-count if the object has tags, to who may read them."""
    key = scene.put(scene.shared(), Tagging="a=1&b=2")
    same(scene.s3("a").get_object(Bucket=scene.shared(), Key=key).get("TagCount"), 2)


@assumption(source=HEAD, used="tui/transfers/copy/annotations.py")
def a_head_counts_no_tags_where_there_are_none(scene: Scene) -> None:
    """HeadObject has no x-amz-tagging-count if the object has no tags."""
    key = scene.put(scene.shared())
    same(scene.s3("a").head_object(Bucket=scene.shared(), Key=key).get("TagCount"), None)


@assumption(source=HEAD, used="tui/transfers/copy/annotations.py")
def a_head_hides_the_count_from_who_may_not_read_tags(scene: Scene) -> None:
    """HeadObject has no x-amz-tagging-count for who may not read the tags."""
    bucket = scene.bucket()
    key = scene.put(bucket, Tagging="a=1")
    scene.policy(bucket, scene.allow(bucket, scene.b, "s3:GetObject"))
    scene.answers("OK", scene.s3("b").head_object, Bucket=bucket, Key=key)
    same(scene.s3("b").head_object(Bucket=bucket, Key=key).get("TagCount"), None)


@assumption(source=s3_api("GetObjectTagging"), used="tui/stores/s3/objects.py")
def tags_come_back_as_they_were_sent(scene: Scene) -> None:
    """GetObjectTagging returns names and values of x-amz-tagging, which is URL-encoded."""
    key = scene.put(scene.shared(), Tagging="a%20b=%2B%2F%3D&c=")
    got = scene.s3("a").get_object_tagging(Bucket=scene.shared(), Key=key)["TagSet"]
    same(sorted((each["Key"], each["Value"]) for each in got), [("a b", "+/="), ("c", "")])


@assumption(source=s3_guide("object-tagging"), used="tui/stores/s3/objects.py")
def an_object_has_at_most_ten_tags(scene: Scene) -> None:
    """PutObjectTagging with eleven tags is refused with BadRequest."""
    named = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    tags = [{"Key": str(at), "Value": ""} for at in range(11)]
    same(answer(scene.s3("a").put_object_tagging, Tagging={"TagSet": tags}, **named), "400 BadRequest")


@assumption(source=METADATA, used=HEADERS)
def metadata_comes_back_in_lower_case(scene: Scene) -> None:
    """HeadObject returns the metadata, its names in lower case."""
    key = scene.put(scene.shared(), Metadata={"Camera": "X100", "author": "jo"})
    got = scene.s3("a").head_object(Bucket=scene.shared(), Key=key)["Metadata"]
    same(got, {"camera": "X100", "author": "jo"})


@assumption(source=METADATA, used="tui/text/typed.py")
def metadata_has_at_most_2_kb(scene: Scene) -> None:
    """Metadata of more than 2 KB, names and values together, is refused with MetadataTooLarge."""
    asked = {"Bucket": scene.shared(), "Body": b"1"}
    put = scene.s3("a").put_object
    got = [answer(put, Key=scene.fresh(), Metadata={"k": "v" * size}, **asked) for size in (2047, 2048)]
    same(got, ["OK", "400 MetadataTooLarge"])


@assumption(source=METADATA, used=HEADERS)
def system_headers_come_back(scene: Scene) -> None:
    """HeadObject returns content type, disposition, language, encoding, cache control as they were sent."""
    sent: dict[str, Any] = {
        "ContentType": "text/css",
        "ContentDisposition": 'attachment; filename="x"',
        "ContentLanguage": "de",
        "ContentEncoding": "gzip",
        "CacheControl": "max-age=60",
    }
    key = scene.put(scene.shared(), **sent)
    got = scene.s3("a").head_object(Bucket=scene.shared(), Key=key)
    same({name: got.get(name) for name in sent}, sent)


@assumption(source=s3_api("PutObject"), used=HEADERS)
def the_usual_content_type_is_binary(scene: Scene) -> None:
    """An object that was sent without a content type has binary/octet-stream."""
    key = scene.put(scene.shared())
    same(scene.s3("a").head_object(Bucket=scene.shared(), Key=key)["ContentType"], "binary/octet-stream")


@assumption(source=HEAD, used=HEADERS)
def the_standard_class_is_not_named(scene: Scene) -> None:
    """HeadObject names the storage class, except STANDARD."""
    heads = [
        scene.s3("a").head_object(Bucket=scene.shared(), Key=scene.put(scene.shared(), StorageClass=each))
        for each in ("STANDARD", "STANDARD_IA")
    ]
    same([head.get("StorageClass") for head in heads], [None, "STANDARD_IA"])


@assumption(source=s3_api("PutObject"), used="tui/transfers/attributes.py")
def an_unknown_class_has_a_code(scene: Scene) -> None:
    """An upload with a storage class that S3 does not have is refused with InvalidStorageClass."""
    asked = {"Bucket": scene.shared(), "Key": scene.fresh(), "Body": b"1"}
    same(answer(scene.s3("a").put_object, StorageClass="COLD", **asked), "400 InvalidStorageClass")


@assumption(source=s3_guide("UsingServerSideEncryption"), used="tui/transfers/copy/checksums.py")
def writes_say_how_they_are_encrypted(scene: Scene) -> None:
    """The answer to a write has x-amz-server-side-encryption, AES256 by default."""
    got = scene.s3("a").put_object(Bucket=scene.shared(), Key=scene.fresh(), Body=b"1")
    same(got.get("ServerSideEncryption"), "AES256")


@assumption(source=GET, used="tui/stores/s3/objects.py")
def a_range_is_answered_with_its_place(scene: Scene) -> None:
    """GetObject of a range answers 206 with Content-Range, which has the size of the whole."""
    got = scene.s3("a").get_object(Bucket=scene.shared(), Key=scene.put(scene.shared()), Range="bytes=1-3")
    same((got["Body"].read(), got["ContentRange"]), (b"ell", "bytes 1-3/5"))


@assumption(source=GET, used="tui/stores/s3/objects.py")
def a_range_behind_the_end_has_a_code(scene: Scene) -> None:
    """GetObject of a range behind the end, and of any range of an empty object, is refused with InvalidRange."""
    get = scene.s3("a").get_object
    keys = [scene.put(scene.shared()), scene.put(scene.shared(), body=b"")]
    got = [
        answer(get, Bucket=scene.shared(), Key=key, Range=f"bytes={at}-9") for key, at in zip(keys, (7, 0), strict=True)
    ]
    same(got, ["416 InvalidRange"] * 2)


@assumption(source=GET, used="tui/stores/s3/objects.py")
def a_read_can_be_pinned_to_the_etag(scene: Scene) -> None:
    """GetObject with If-Match and another ETag is refused with PreconditionFailed."""
    named = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    same(answer(scene.s3("a").get_object, IfMatch=f'"{"0" * 32}"', **named), "412 PreconditionFailed")


@assumption(source=HEAD, used="tui/stores/http/responses.py")
def an_unchanged_object_is_not_sent(scene: Scene) -> None:
    """GetObject with If-None-Match and the object's ETag answers 304 without a body."""
    named = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    etag = scene.s3("a").head_object(**named)["ETag"]
    same(answer(scene.s3("a").get_object, IfNoneMatch=etag, **named).partition(" ")[0], "304")


@assumption(source=GET, used="tui/aws/refusals.py")
def a_missing_key_has_a_code_and_names_itself(scene: Scene) -> None:
    """GetObject of a key that does not exist is refused with NoSuchKey and a message."""
    refusal = refusal_of(scene.s3("a").get_object, Bucket=scene.shared(), Key="missing")
    same((refusal.code, refusal.message), ("NoSuchKey", "The specified key does not exist."))


@assumption(source=s3_api("DeleteObject"), used="tui/transfers/deletion.py")
def deleting_what_is_not_there_succeeds(scene: Scene) -> None:
    """DeleteObject of a key that does not exist succeeds."""
    same(answer(scene.s3("a").delete_object, Bucket=scene.shared(), Key="missing"), "OK")


@assumption(source=s3_api("DeleteObjects"), used="tui/stores/s3/deletes.py")
def delete_objects_takes_1000_keys(scene: Scene) -> None:
    """DeleteObjects takes 1,000 keys, and refuses 1,001 with MalformedXML."""
    keys = [{"Key": f"none-{at}"} for at in range(1001)]
    call = scene.s3("a").delete_objects
    got = [
        answer(call, Bucket=scene.shared(), Delete={"Objects": keys[:count], "Quiet": True}) for count in (1000, 1001)
    ]
    same(got, ["OK", "400 MalformedXML"])


@assumption(source=s3_api("GetObjectAttributes"), used="tui/stores/s3/multipart.py")
def attributes_have_size_and_etag_without_quotes(scene: Scene) -> None:
    """GetObjectAttributes has the size, and the ETag without quotes."""
    named = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    got = scene.s3("a").get_object_attributes(ObjectAttributes=["ETag", "ObjectSize"], **named)
    same((got["ObjectSize"], got["ETag"]), (5, hashlib.md5(b"hello").hexdigest()))


@assumption(source=s3_api("Object"), used="tui/features/sync/undecided_pairs.py")
def an_object_is_as_old_as_its_upload(scene: Scene) -> None:
    """LastModified is the time of the upload by the server's clock: no request can set another."""
    key = scene.put(scene.shared())
    got = scene.s3("a").head_object(Bucket=scene.shared(), Key=key)
    now = datetime.strptime(got["ResponseMetadata"]["HTTPHeaders"]["date"], "%a, %d %b %Y %H:%M:%S GMT")
    same(timedelta() <= now.replace(tzinfo=UTC) - got["LastModified"] < timedelta(minutes=1), True)


@assumption(source=s3_guide("how-to-page-redirect"), used="tui/transfers/copy/listed_copies.py")
def a_website_redirect_is_kept(scene: Scene) -> None:
    """HeadObject returns the website redirect location that was sent with the object."""
    key = scene.put(scene.shared(), WebsiteRedirectLocation="/elsewhere")
    same(scene.s3("a").head_object(Bucket=scene.shared(), Key=key).get("WebsiteRedirectLocation"), "/elsewhere")


@assumption(source=GET, used="tui/features/links/presigning.py")
def an_answer_has_the_headers_that_were_asked_for(scene: Scene) -> None:
    """GetObject with response-content-disposition answers with that header."""
    named = {"Bucket": scene.shared(), "Key": scene.put(scene.shared())}
    got = scene.s3("a").get_object(ResponseContentDisposition="attachment", **named)
    same(got.get("ContentDisposition"), "attachment")
