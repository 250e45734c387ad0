"""The stand-in: what the pane's and the relay's measurements rely on."""

import base64
import hashlib
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bench.comparison.clients import Place
from tests.bench.comparison.rounds import Reader
from tests.servers.buckets import begun, completed, refused
from tests.servers.standin.standin import GeneratedBucket, Line, Standin, Traits, running_standin
from tui.stores.digests import checksum_of

KEY = "events/event-00000000-7f3a9c.json.gz"
"""The first one of a made bucket."""

pytestmark = pytest.mark.server


@pytest.fixture
def client(standin: Standin) -> Any:
    return standin.server.client(standin.server.a)


def read(client: Any, **target: str) -> bytes:
    body: bytes = client.get_object(**target)["Body"].read()
    return body


def etag_of(*bodies: bytes) -> str:
    digests = [hashlib.md5(body).digest() for body in bodies]
    if len(bodies) == 1:
        return f'"{digests[0].hex()}"'
    return f'"{hashlib.md5(b"".join(digests)).hexdigest()}-{len(bodies)}"'


def test_it_lists_200_000_keys_in_order_and_counts_the_pages(standin: Standin) -> None:
    standin.statistics(reset=True)
    keys = [key for key, _ in Reader().listed(Place(standin.server.endpoint, "wide"))]
    assert len(keys) == len(set(keys)) == 200_000
    assert keys == sorted(keys)
    assert standin.statistics().requests["list"] == 200


def test_a_delimiter_folds_the_keys_below_it(client: Any, standin: Standin) -> None:
    page = client.list_objects_v2(Bucket="wide", Delimiter="/")
    assert [each["Prefix"] for each in page["CommonPrefixes"]] == ["events/"]
    assert "Contents" not in page
    assert len(client.list_objects_v2(Bucket="million", Delimiter="/", Prefix="logs/0000/")["CommonPrefixes"]) == 100
    page = client.list_objects_v2(Bucket="million", Delimiter="/", Prefix="logs/0000/07/", FetchOwner=True)
    assert len(page["Contents"]) == 100
    assert page["Contents"][0]["Owner"]["ID"] == standin.server.a.canonical_id


def test_objects_go_in_and_come_out_whole(client: Any) -> None:
    key = "päth//[x] +%2F\x1b🎈"
    client.put_object(Bucket="kept", Key=key, Body=b"content", ContentType="text/x-test", Metadata={"m": "1"})
    client.copy_object(Bucket="kept", Key="copy", CopySource={"Bucket": "kept", "Key": key})
    found = client.get_object(Bucket="kept", Key="copy", Range="bytes=3-")
    assert found["Body"].read() == b"tent"
    assert (found["ContentType"], found["Metadata"]) == ("text/x-test", {"m": "1"})
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket="kept")["Contents"]] == ["copy", key]
    assert client.get_object_tagging(Bucket="kept", Key=key)["TagSet"] == []
    client.delete_object(Bucket="kept", Key="copy")
    assert refused(client.get_object, Bucket="kept", Key="copy") == "NoSuchKey"


def test_an_etag_is_the_md5_and_another_one_that_was_sent_is_refused(client: Any) -> None:
    for body in (bytes(range(256)) * 1000, b""):
        assert client.put_object(Bucket="kept", Key="etag", Body=body)["ETag"] == etag_of(body)
    large = bytes(2 << 20)
    sent, sent_large = (base64.b64encode(hashlib.md5(body).digest()).decode() for body in (b"content", large))
    target = {"Bucket": "kept", "Key": "refused"}
    assert refused(client.put_object, **target, Body=b"another", ContentMD5=sent) == "BadDigest"
    assert refused(client.head_object, **target) == "404"
    # What is dropped is believed.
    assert client.put_object(Bucket="null-sink", Key="k", Body=large, ContentMD5=sent_large)["ETag"] == etag_of(large)


def test_parts_become_an_object_and_an_abort_leaves_no_upload(client: Any) -> None:
    target, source = {"Bucket": "kept", "Key": "parts"}, {"Bucket": "small", "Key": KEY}
    upload, copied = begun(client, target), read(client, **source)[1:5]
    first = client.upload_part(**upload, PartNumber=1, Body=b"first-")["ETag"]
    part = client.upload_part_copy(**upload, PartNumber=2, CopySource=source, CopySourceRange="bytes=1-4")
    under_way = client.list_multipart_uploads(Bucket="kept")["Uploads"]
    assert [each["UploadId"] for each in under_way] == [upload["UploadId"]]
    etag = completed(client, upload, first, part["CopyPartResult"]["ETag"])["ETag"]
    assert etag == client.head_object(**target)["ETag"] == etag_of(b"first-", copied)
    assert read(client, **target) == b"first-" + copied
    client.abort_multipart_upload(**begun(client, target))
    assert "Uploads" not in client.list_multipart_uploads(Bucket="kept")


def test_a_null_bucket_counts_bytes_and_keeps_none(client: Any, standin: Standin) -> None:
    target = {"Bucket": "null-sink", "Key": "k"}
    standin.statistics(reset=True)
    client.put_object(**target, Body=bytes(3 << 20))
    statistics = standin.statistics()
    assert statistics.requests["put"] == 1
    assert statistics.received >= 3 << 20
    assert client.head_object(**target)["ContentLength"] == 3 << 20
    client.put_object(**target, Body=b"content")
    assert client.head_object(**target)["ETag"] == etag_of(b"content")


def seconds_of(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def test_a_slow_line_delays_answers_and_paces_bytes(tmp_path: Path) -> None:
    target, line = {"Bucket": "made", "Key": KEY}, Line(latency_ms=50, megabytes_per_second=20)
    with running_standin(tmp_path, [GeneratedBucket("made", 1, 2 << 20)], line) as standin:
        client = standin.server.client(standin.server.a)
        client.list_objects_v2(Bucket="made")  # pays for the new connection, too
        assert seconds_of(lambda: client.list_objects_v2(Bucket="made")) >= 0.05
        assert seconds_of(lambda: read(client, **target)) >= 0.05 + 0.08
        assert seconds_of(lambda: client.get_object_tagging(**target)) >= 0.05
        assert seconds_of(lambda: client.get_object_acl(**target)) >= 0.05
        counted = standin.statistics().requests
        assert (counted["tagging"], counted["acl"]) == (1, 1)


def test_made_objects_have_a_checksum_of_their_bytes(tmp_path: Path) -> None:
    made = [GeneratedBucket(f"made-{size}", 1, size) for size in (0, 16 << 10, 1 << 20, (7 << 20) + 5)]
    with running_standin(tmp_path, made) as standin:
        client = standin.server.client(standin.server.a)
        for bucket in made:
            target = {"Bucket": bucket.name, "Key": KEY}
            value = checksum_of(read(client, **target), "CRC64NVME").value
            head = client.head_object(**target, ChecksumMode="ENABLED")
            assert (head["ChecksumCRC64NVME"], head["ChecksumType"]) == (value, "FULL_OBJECT"), bucket


def test_a_checksum_behind_a_body_in_frames_is_named(standin: Standin) -> None:
    for size in (1, 100, 511, 512, 513, 3 << 20):
        body = bytes(size)
        value = checksum_of(body, "CRC64NVME").value
        frames = f"{size:x}\r\n".encode() + body + f"\r\n0\r\nx-amz-checksum-crc64nvme:{value}\r\n\r\n".encode()
        headers = {"x-amz-decoded-content-length": str(size), "x-amz-trailer": "x-amz-checksum-crc64nvme"}
        for bucket in ("kept", "kept", "null", "null"):
            url = f"{standin.server.endpoint}/{bucket}/framed"
            request = urllib.request.Request(url, data=frames, headers=headers, method="PUT")
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert answer.headers["x-amz-checksum-crc64nvme"] == value, (bucket, size)
        assert Reader().content(Place(standin.server.endpoint, "kept"), "framed") == body, size


def test_checksums_are_kept_and_stay_with_copies(client: Any) -> None:
    value, source = checksum_of(b"content", "CRC32").value, {"Bucket": "kept", "Key": "sum"}
    target, whole = {"Bucket": "kept", "Key": "sum2"}, {"Bucket": "kept", "Key": "parts with sums"}
    upload = begun(client, whole)
    part = client.upload_part(**upload, PartNumber=1, Body=b"content", ChecksumCRC32=value)
    assert part["ChecksumCRC32"] == value
    for answer in (
        client.put_object(**source, Body=b"content", ChecksumCRC32=value),
        client.copy_object(**target, CopySource=source)["CopyObjectResult"],
        client.head_object(**target, ChecksumMode="ENABLED"),
        completed(client, upload, part["ETag"], ChecksumCRC32=value),
        client.head_object(**whole, ChecksumMode="ENABLED"),
    ):
        assert (answer["ChecksumCRC32"], answer["ChecksumType"]) == (value, "FULL_OBJECT")
    assert "ChecksumCRC32" not in client.head_object(**target)


def test_some_made_objects_have_a_tag_that_is_counted_and_copied(tmp_path: Path) -> None:
    with running_standin(tmp_path, [GeneratedBucket("made", 4, 10)], traits=Traits("Odd", tagged=2)) as standin:
        client = standin.server.client(standin.server.a)
        keys = [each["Key"] for each in client.list_objects_v2(Bucket="made")["Contents"]]
        for key in keys:
            client.copy_object(Bucket="kept", Key=key, CopySource={"Bucket": "made", "Key": key})
            client.put_object(Bucket="put", Key=key, Body=b"", Tagging="made=yes" if key in keys[::2] else "")
        for bucket in ("made", "kept", "put"):
            heads = [client.head_object(Bucket=bucket, Key=key) for key in keys]
            assert [head.get("TagCount", 0) for head in heads] == [1, 0, 1, 0], bucket
            tags = [client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] for key in keys[:2]]
            assert tags == [[{"Key": "made", "Value": "yes"}], []], bucket
        assert client.head_object(Bucket="kept", Key=keys[0])["Metadata"] == {"made": "yes"}
        assert heads[0]["ResponseMetadata"]["HTTPHeaders"]["server"] == "Odd"
        client.copy_object(
            Bucket="put", Key=keys[0], CopySource={"Bucket": "made", "Key": keys[0]}, TaggingDirective="REPLACE"
        )
        assert client.get_object_tagging(Bucket="put", Key=keys[0])["TagSet"] == []


def test_nothing_tells_what_an_unproven_server_has_written(tmp_path: Path) -> None:
    value, target = checksum_of(b"content", "CRC32").value, {"Bucket": "kept", "Key": "k"}
    with running_standin(tmp_path, [GeneratedBucket("made", 1, 10)], traits=Traits(unproven=True)) as standin:
        client = standin.server.client(standin.server.a)
        upload = begun(client, {"Bucket": "kept", "Key": "parts"})
        for answer in (
            client.put_object(**target, Body=b"content", ChecksumCRC32=value),
            client.upload_part(**upload, PartNumber=1, Body=b"content", ChecksumCRC32=value),
            client.head_object(**target, ChecksumMode="ENABLED"),
        ):
            assert "ChecksumCRC32" not in answer
            assert answer["ETag"] != etag_of(b"content")
        assert "ChecksumCRC64NVME" not in client.head_object(Bucket="made", Key=KEY, ChecksumMode="ENABLED")
        assert read(client, **target) == b"content"
