"""The stand-in: what the pane's and the relay's measurements rely on."""

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
        client.get_object(Bucket="made", Key="events/event-00000000-7f3a9c.json.gz")["Body"].read()
        assert time.monotonic() - start >= 0.05 + 0.08
