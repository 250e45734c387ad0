"""The stand-in: what the pane's and the relay's measurements rely on."""

import base64
import hashlib
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError

from tests.servers.buckets import error_code
from tests.servers.standin.standin import GeneratedBucket, Line, Standin, running_standin
from tests.stores.faults import certificate
from tui.stores.digests import checksum_of

S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"

pytestmark = pytest.mark.server


def pages_of(standin: Standin, bucket: str, **query: str) -> Iterator[ElementTree.Element]:
    """Read a listing without botocore, which takes 46 ms to parse a page."""
    while True:
        url = f"{standin.server.endpoint}/{bucket}?{urlencode({'list-type': '2', **query})}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            page = ElementTree.parse(answer).getroot()
        yield page
        token = page.findtext(f"{S3}NextContinuationToken")
        if token is None:
            return
        query["continuation-token"] = token


def test_it_lists_200_000_keys_in_order_and_counts_the_pages(standin: Standin) -> None:
    standin.statistics(reset=True)
    pages = pages_of(standin, "wide", prefix="events/", delimiter="/")
    keys = [key.text or "" for page in pages for key in page.iterfind(f"{S3}Contents/{S3}Key")]
    assert len(keys) == len(set(keys)) == 200_000
    assert keys == sorted(keys)
    assert standin.statistics().requests["list"] == 200


def test_a_delimiter_folds_the_keys_below_it(standin: Standin) -> None:
    client = standin.server.client(standin.server.a)
    page = client.list_objects_v2(Bucket="wide", Delimiter="/")
    assert [each["Prefix"] for each in page["CommonPrefixes"]] == ["events/"]
    assert "Contents" not in page
    page = client.list_objects_v2(Bucket="million", Delimiter="/", Prefix="logs/0000/")
    assert len(page["CommonPrefixes"]) == 100
    page = client.list_objects_v2(Bucket="million", Delimiter="/", Prefix="logs/0000/07/", FetchOwner=True)
    assert len(page["Contents"]) == 100
    assert page["Contents"][0]["Owner"]["ID"] == standin.server.a.canonical_id


def test_a_listed_etag_is_the_one_a_read_is_pinned_to(standin: Standin) -> None:
    client = standin.server.client(standin.server.a)
    [entry] = client.list_objects_v2(Bucket="small", MaxKeys=1)["Contents"]
    target = {"Bucket": "small", "Key": entry["Key"]}
    assert client.head_object(**target)["ETag"] == entry["ETag"]
    assert len(client.get_object(**target, IfMatch=entry["ETag"])["Body"].read()) == entry["Size"]
    with pytest.raises(ClientError) as caught:
        client.get_object(**target, IfMatch='"another"')
    assert error_code(caught.value) == "PreconditionFailed"


def test_objects_go_in_and_come_out_whole(standin: Standin) -> None:
    client = standin.server.client(standin.server.a)
    key = "päth//[x] +%2F\x1b🎈"
    client.put_object(Bucket="kept", Key=key, Body=b"content", ContentType="text/x-test", Metadata={"m": "1"})
    client.copy_object(Bucket="kept", Key="copy", CopySource={"Bucket": "kept", "Key": key})
    read = client.get_object(Bucket="kept", Key="copy", Range="bytes=3-")
    assert read["Body"].read() == b"tent"
    assert (read["ContentType"], read["Metadata"]) == ("text/x-test", {"m": "1"})
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket="kept")["Contents"]] == ["copy", key]
    assert client.get_object_tagging(Bucket="kept", Key=key)["TagSet"] == []
    client.delete_object(Bucket="kept", Key="copy")
    with pytest.raises(ClientError) as caught:
        client.get_object(Bucket="kept", Key="copy")
    assert error_code(caught.value) == "NoSuchKey"


def test_an_etag_is_the_md5_and_of_parts_the_md5_of_theirs(standin: Standin) -> None:
    client = standin.server.client(standin.server.a)
    first, last = bytes(range(256)) * 1000, b"last"
    etags = [client.put_object(Bucket="kept", Key="etag", Body=body)["ETag"] for body in (first, b"")]
    assert etags == [f'"{hashlib.md5(body).hexdigest()}"' for body in (first, b"")]
    [entry] = client.list_objects_v2(Bucket="small", MaxKeys=1)["Contents"]
    body = client.get_object(Bucket="small", Key=entry["Key"])["Body"].read()
    assert entry["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    copied = client.copy_object(Bucket="null", Key="c", CopySource={"Bucket": "small", "Key": entry["Key"]})
    assert copied["CopyObjectResult"]["ETag"] == entry["ETag"]
    target = {"Bucket": "kept", "Key": "composite"}
    upload = {**target, "UploadId": client.create_multipart_upload(**target)["UploadId"]}
    bodies = enumerate((first, last), start=1)
    parts = [
        {"PartNumber": number, "ETag": client.upload_part(**upload, PartNumber=number, Body=body)["ETag"]}
        for number, body in bodies
    ]
    etag = client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})["ETag"]
    digests = hashlib.md5(first).digest() + hashlib.md5(last).digest()
    assert etag == client.head_object(**target)["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'


def test_another_content_md5_is_refused_and_one_of_dropped_bytes_is_believed(standin: Standin) -> None:
    client = standin.server.client(standin.server.a)
    sent = base64.b64encode(hashlib.md5(b"content").digest()).decode()
    with pytest.raises(ClientError) as caught:
        client.put_object(Bucket="kept", Key="refused", Body=b"another", ContentMD5=sent)
    assert error_code(caught.value) == "BadDigest"
    with pytest.raises(ClientError):
        client.head_object(Bucket="kept", Key="refused")
    large = bytes(2 << 20)
    sent = base64.b64encode(hashlib.md5(large).digest()).decode()
    etag = client.put_object(Bucket="null-sink", Key="k", Body=large, ContentMD5=sent)["ETag"]
    assert etag == f'"{hashlib.md5(large).hexdigest()}"'


def test_parts_become_an_object_and_an_abort_leaves_no_upload(standin: Standin) -> None:
    client = standin.server.client(standin.server.a)
    target = {"Bucket": "kept", "Key": "parts"}
    upload = {**target, "UploadId": client.create_multipart_upload(**target)["UploadId"]}
    etags = [client.upload_part(**upload, PartNumber=1, Body=b"first-")["ETag"]]
    source = {"Bucket": "small", "Key": "events/event-00000000-7f3a9c.json.gz"}
    copied = client.upload_part_copy(**upload, PartNumber=2, CopySource=source, CopySourceRange="bytes=1-4")
    etags.append(copied["CopyPartResult"]["ETag"])
    assert [each["UploadId"] for each in client.list_multipart_uploads(Bucket="kept")["Uploads"]] == [
        upload["UploadId"]
    ]
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1)]
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    expected = b"first-" + client.get_object(**source)["Body"].read()[1:5]
    assert client.get_object(**target)["Body"].read() == expected
    client.abort_multipart_upload(**target, UploadId=client.create_multipart_upload(**target)["UploadId"])
    assert "Uploads" not in client.list_multipart_uploads(Bucket="kept")


def test_a_null_bucket_counts_bytes_and_keeps_none(standin: Standin) -> None:
    client = standin.server.client(standin.server.a)
    standin.statistics(reset=True)
    client.put_object(Bucket="null-sink", Key="k", Body=bytes(3 << 20))
    statistics = standin.statistics()
    assert statistics.requests["put"] == 1
    assert statistics.received >= 3 << 20
    assert client.head_object(Bucket="null-sink", Key="k")["ContentLength"] == 3 << 20
    client.put_object(Bucket="null-sink", Key="k", Body=b"content")
    assert client.head_object(Bucket="null-sink", Key="k")["ETag"] == f'"{hashlib.md5(b"content").hexdigest()}"'


def test_a_made_bucket_takes_no_writes(standin: Standin) -> None:
    client = standin.server.client(standin.server.a)
    with pytest.raises(ClientError) as caught:
        client.put_object(Bucket="small", Key="k", Body=b"x")
    assert error_code(caught.value) == "AccessDenied"


def test_a_slow_line_delays_answers_and_paces_bytes(tmp_path: Path) -> None:
    buckets = [GeneratedBucket("made", 1, 2 << 20)]
    with running_standin(tmp_path, buckets, Line(latency_ms=50, megabytes_per_second=20)) as standin:
        client = standin.server.client(standin.server.a)
        client.list_objects_v2(Bucket="made")  # pays for the new connection, too
        start = time.monotonic()
        client.list_objects_v2(Bucket="made")
        assert time.monotonic() - start >= 0.05
        start = time.monotonic()
        key = "events/event-00000000-7f3a9c.json.gz"
        client.get_object(Bucket="made", Key=key)["Body"].read()
        assert time.monotonic() - start >= 0.05 + 0.08
        for operation in ("get_object_tagging", "get_object_acl"):
            start = time.monotonic()
            getattr(client, operation)(Bucket="made", Key=key)
            assert time.monotonic() - start >= 0.05
        counted = standin.statistics().requests
        assert (counted["tagging"], counted["acl"]) == (1, 1)


def test_it_serves_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, _ = certificate(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(file))
    with running_standin(tmp_path, [GeneratedBucket("made", 1, 5 << 20)], Line(certificate=file)) as standin:
        assert standin.server.endpoint.startswith("https://")
        client = standin.server.client(standin.server.a)
        read = client.get_object(Bucket="made", Key="events/event-00000000-7f3a9c.json.gz")["Body"].read()
        assert read == read[: 1 << 20] * 5
        client.put_object(Bucket="kept", Key="k", Body=read)
        assert client.get_object(Bucket="kept", Key="k")["Body"].read() == read
        client.put_object(Bucket="null-sink", Key="k", Body=read)
        assert standin.statistics().received >= 10 << 20


@pytest.mark.parametrize("size", [0, 16 << 10, 1 << 20, (7 << 20) + 5])
def test_made_objects_have_a_checksum_of_their_bytes(tmp_path: Path, size: int) -> None:
    target = {"Bucket": "made", "Key": "events/event-00000000-7f3a9c.json.gz"}
    with running_standin(tmp_path, [GeneratedBucket("made", 1, size)]) as standin:
        client = standin.server.client(standin.server.a)
        body = client.get_object(**target)["Body"].read()
        head = client.head_object(**target, ChecksumMode="ENABLED")
    assert (head["ChecksumCRC64NVME"], head["ChecksumType"]) == (checksum_of(body, "CRC64NVME").value, "FULL_OBJECT")


@pytest.mark.parametrize("bucket", ["kept", "null"])
@pytest.mark.parametrize("size", [1, 100, 511, 512, 513, 3 << 20])
def test_a_checksum_behind_a_body_in_frames_is_named(standin: Standin, bucket: str, size: int) -> None:
    body, url = bytes(size), f"{standin.server.endpoint}/{bucket}/framed"
    value = checksum_of(body, "CRC64NVME").value
    frames = f"{size:x}\r\n".encode() + body + f"\r\n0\r\nx-amz-checksum-crc64nvme:{value}\r\n\r\n".encode()
    headers = {"x-amz-decoded-content-length": str(size), "x-amz-trailer": "x-amz-checksum-crc64nvme"}
    request = urllib.request.Request(url, data=frames, headers=headers, method="PUT")
    for _ in range(2):
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.headers["x-amz-checksum-crc64nvme"] == value
    if bucket == "kept":
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.read() == body


def test_checksums_are_kept_and_stay_with_copies(standin: Standin) -> None:
    client = standin.server.client(standin.server.a)
    value = checksum_of(b"content", "CRC32").value
    written = client.put_object(Bucket="kept", Key="sum", Body=b"content", ChecksumCRC32=value)
    copied = client.copy_object(Bucket="kept", Key="sum2", CopySource={"Bucket": "kept", "Key": "sum"})
    read = client.head_object(Bucket="kept", Key="sum2", ChecksumMode="ENABLED")
    for answer in (written, copied["CopyObjectResult"], read):
        assert (answer["ChecksumCRC32"], answer["ChecksumType"]) == (value, "FULL_OBJECT")
    assert "ChecksumCRC32" not in client.head_object(Bucket="kept", Key="sum2")
    target = {"Bucket": "kept", "Key": "parts with sums"}
    upload = {**target, "UploadId": client.create_multipart_upload(**target)["UploadId"]}
    part = client.upload_part(**upload, PartNumber=1, Body=b"content", ChecksumCRC32=value)
    assert part["ChecksumCRC32"] == value
    completed = client.complete_multipart_upload(
        **upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}, ChecksumCRC32=value
    )
    for answer in (completed, client.head_object(**target, ChecksumMode="ENABLED")):
        assert (answer["ChecksumCRC32"], answer["ChecksumType"]) == (value, "FULL_OBJECT")
