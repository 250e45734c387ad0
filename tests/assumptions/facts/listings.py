"""Listings of objects: order, pages, prefixes, names."""

from typing import Any, Final

from tests.assumptions.registry import assumption, s3_api, s3_guide
from tests.assumptions.scene import Scene, answer, same

LIST: Final = s3_api("ListObjectsV2")
KEYS: Final = s3_guide("object-keys")


def listed(scene: Scene, *keys: str, **options: Any) -> Any:
    """A listing of a new bucket with these keys."""
    bucket = scene.bucket()
    for key in keys:
        scene.put(bucket, Key=key)
    return scene.s3("a").list_objects_v2(Bucket=bucket, **options)


def keys(answered: Any) -> list[str]:
    return [each["Key"] for each in answered.get("Contents", [])]


def prefixes(answered: Any) -> list[str]:
    return [each["Prefix"] for each in answered.get("CommonPrefixes", [])]


@assumption(source=LIST, used="tui/stores/key_ranges.py")
def keys_are_in_the_order_of_their_bytes(scene: Scene) -> None:
    """ListObjectsV2 lists by the bytes of the keys in UTF-8: Z before a, ~ before é, U+FFFD before an emoji."""
    wanted = ["Z", "a", "a-", "a/", "a0", "~", "é", "\uff5e", "\U0001f600"]
    same(keys(listed(scene, *reversed(wanted))), wanted)


@assumption(source=LIST, used="tui/stores/s3/lister.py")
def a_listing_with_a_delimiter_has_prefixes(scene: Scene) -> None:
    """With a delimiter keys below a slash are one common prefix, and count as one."""
    got = listed(scene, "a/1", "a/2", "b", "c/", Delimiter="/")
    same((keys(got), prefixes(got), got["KeyCount"]), (["b"], ["a/", "c/"], 3))


@assumption(source=LIST, used="tui/stores/s3/lister.py")
def a_page_ends_and_a_token_goes_on(scene: Scene) -> None:
    """A page has at most MaxKeys entries, IsTruncated and a token; the next page goes on behind it."""
    got = listed(scene, "a", "b", "c", MaxKeys=2)
    more = scene.s3("a").list_objects_v2(Bucket=got["Name"], ContinuationToken=got["NextContinuationToken"])
    same((keys(got), got["IsTruncated"], keys(more), more["IsTruncated"]), (["a", "b"], True, ["c"], False))


@assumption(source=LIST, used="tui/transfers/retries.py")
def a_listing_starts_after_any_key(scene: Scene) -> None:
    """StartAfter takes a key that does not exist, and is itself not listed."""
    same(keys(listed(scene, "a", "b", "c", StartAfter="a~")), ["b", "c"])


@assumption(source=LIST, used="tui/transfers/retries.py")
def a_listing_goes_on_behind_a_common_prefix(scene: Scene) -> None:
    """StartAfter takes a common prefix: all that comes behind it is listed."""
    got = listed(scene, "a/1", "b", "c/1", Delimiter="/", StartAfter="a/")
    same((keys(got), prefixes(got)[-1:]), (["b"], ["c/"]))


@assumption(source=LIST, used="tui/stores/s3/list_columns.py")
def keys_can_be_url_encoded(scene: Scene) -> None:
    """With EncodingType=url the answer says so, and control characters in keys are encoded."""
    bucket, a = scene.bucket(), scene.s3("a")
    scene.put(bucket, Key="new\nline \x01")
    seen = []
    a.meta.events.register("after-call.s3.ListObjectsV2", lambda http_response, **_: seen.append(http_response.content))
    got = a.list_objects_v2(Bucket=bucket, EncodingType="url")
    a.delete_object(Bucket=bucket, Key="new\nline \x01")  # listings of versions cannot be read on some servers
    same((got["EncodingType"], b"new%0Aline" in seen[-1], b"%01" in seen[-1]), ("url", True, True))


@assumption(source=KEYS, used="tui/core/location.py")
def unusual_keys_are_kept_exactly(scene: Scene) -> None:
    """Keys with blanks, slashes, signs and letters of all languages come back as they were written."""
    wanted = sorted(["a b", " x ", "//dbl", "tr/ail/", "x+y%20", "q?&=#", "it's", "é/ü", "日本", "..", "\U0001f600"])
    same(sorted(keys(listed(scene, *wanted))), wanted)


@assumption(source=KEYS, used="tui/core/naming.py")
def a_key_has_at_most_1024_bytes(scene: Scene) -> None:
    """A key of 1,024 bytes is accepted, one of 1,025 is refused with KeyTooLongError."""
    asked = {"Bucket": scene.shared(), "Body": b"1"}
    got = [answer(scene.s3("a").put_object, Key="é" * 512 + extra, **asked) for extra in ("", "x")]
    same(got, ["OK", "400 KeyTooLongError"])


@assumption(source=LIST, used="tui/stores/s3/list_pages.py")
def a_listing_has_size_class_time_and_etag(scene: Scene) -> None:
    """Each row has size, storage class, ETag in quotes, and the time in whole seconds."""
    rows = listed(scene, "a", "b", "c")["Contents"]
    whole = not any(row["LastModified"].microsecond for row in rows)
    same((rows[0]["Size"], rows[0]["StorageClass"], rows[0]["ETag"][0], whole), (5, "STANDARD", '"', True))


@assumption(source=LIST, used="tui/stores/s3/list_pages.py")
def a_listing_names_the_algorithm_of_the_checksum(scene: Scene) -> None:
    """A row of an object with a checksum has ChecksumAlgorithm."""
    bucket = scene.shared()
    key = scene.put(bucket, ChecksumAlgorithm="CRC32")
    [row] = scene.s3("a").list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]
    same(row.get("ChecksumAlgorithm"), ["CRC32"])


@assumption(source=LIST, used="tui/browser/open_screen.py")
def half_a_name_is_a_prefix(scene: Scene) -> None:
    """A prefix need not end at a slash."""
    same(keys(listed(scene, "photos/1", "phone", "x", Prefix="pho")), ["phone", "photos/1"])


@assumption(source=s3_guide("Welcome"), used="tui/transfers/copy/checksums.py")
def a_new_object_is_listed_at_once(scene: Scene) -> None:
    """S3 is strongly consistent: a new object is in the next listing, a deleted one is not."""
    bucket, a = scene.shared(), scene.s3("a")
    key = scene.put(bucket)
    there = keys(a.list_objects_v2(Bucket=bucket, Prefix=key))
    a.delete_object(Bucket=bucket, Key=key)
    same((there, keys(a.list_objects_v2(Bucket=bucket, Prefix=key))), ([key], []))


@assumption(source=LIST, used="tui/stores/s3/lister.py")
def more_than_1000_keys_are_never_sent(scene: Scene) -> None:
    """MaxKeys above 1,000 is taken for 1,000."""
    same(listed(scene, MaxKeys=5000)["MaxKeys"], 1000)
