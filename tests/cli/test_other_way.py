"""The copies of tests/transfers the other way round, from B to A, by the installed command."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_read
from tests.servers.server import S3Server

MIB = 1 << 20
LARGE = 1024 * MIB
BLOCK = 64 * MIB


def test_a_prefix_of_a_thousand_objects(run: Run, server_environment: S3Server, bucket_pair: BucketPair) -> None:
    server, theirs = server_environment, server_environment.client(server_environment.b)
    keys = [f"out/{number:04}" for number in range(1000)]
    for key in keys:
        theirs.put_object(Bucket=bucket_pair.b, Key=key, Body=key.encode())
    bucket_pair.set_policy_of_b(*grant_read(bucket_pair.b, server.a.principal))
    ended = run("cp", "-r", *from_b_to_a(server), f"s3://{bucket_pair.b}/out/", f"s3://{bucket_pair.a}/in/", "--json")
    assert ended.code == 0, ended.err
    assert {(result["outcome"], result["route"]) for result in ended.results} == {("copied", "pull")}
    assert ended.total["objects_done"] == 1000
    ours = server.client(server.a)
    pages = ours.get_paginator("list_objects_v2").paginate(Bucket=bucket_pair.a, Prefix="in/")
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == [key.replace("out", "in") for key in keys]
    assert ours.get_object(Bucket=bucket_pair.a, Key="in/0500")["Body"].read() == b"out/0500"


@pytest.mark.server
@pytest.mark.parametrize("s3_server", ["ceph"], indirect=True)
def test_a_gigabyte_is_relayed_in_parts_of_8_mib(
    run: Run, server_environment: S3Server, bucket_pair: BucketPair
) -> None:
    server = server_environment
    digest = put_large(server.client(server.b), bucket_pair.b)
    sizes = ("--part-size", str(8 * MIB), "--multipart-threshold", str(8 * MIB))
    where = (f"s3://{bucket_pair.b}/large", f"s3://{bucket_pair.a}/")
    ended = run("cp", *from_b_to_a(server), *sizes, *where, "--json", timeout=150)
    assert ended.code == 0, ended.err
    assert ended.results[0]["route"] == "relay"
    progress = [line["transfer"]["bytes_done"] for line in ended.objects if line["type"] == "progress"]
    assert progress == sorted(progress)
    assert len(set(progress)) > 1
    ours = server.client(server.a)
    assert ours.head_object(Bucket=bucket_pair.a, Key="large")["ETag"].endswith('-128"')
    assert sha256_of(ours.get_object(Bucket=bucket_pair.a, Key="large")["Body"]) == digest
    assert not ours.list_multipart_uploads(Bucket=bucket_pair.a).get("Uploads")


def from_b_to_a(server: S3Server) -> tuple[str, ...]:
    """The identities of both sides."""
    return "--from", server.b.profile, "--to", server.a.profile


def put_large(client: Any, bucket: str) -> str:
    """Write ``large``, whose parts all differ; its SHA-256."""
    digest, parts, seed = hashlib.sha256(), [], os.urandom(MIB)
    where = {"Bucket": bucket, "Key": "large"}
    upload = {**where, "UploadId": client.create_multipart_upload(**where)["UploadId"]}
    for number in range(1, LARGE // BLOCK + 1):
        block = (number.to_bytes(8, "big") + seed)[:MIB] * (BLOCK // MIB)
        digest.update(block)
        answer = client.upload_part(**upload, PartNumber=number, Body=block)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    return digest.hexdigest()


def sha256_of(body: Any) -> str:
    """The SHA-256 of what is left of a body."""
    digest = hashlib.sha256()
    while block := body.read(4 * MIB):
        digest.update(block)
    return digest.hexdigest()
