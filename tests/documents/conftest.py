"""A bucket of account A with an object in it on every server; its settings are changed through a proxy that counts."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers.buckets import fresh_bucket
from tests.servers.proxy.proxy import FaultProxy, fault_proxy
from tests.servers.server import S3Server
from tests.servers.surroundings import use
from tui.answering.rooms import Rooms
from tui.aws.ids import connection_id
from tui.core.changes import AppliedChange, DocumentKind, DocumentRef, PlannedChange
from tui.core.identity import IdentitySpec, Safety
from tui.core.location import Location
from tui.features.edit_documents.engine import apply_change, plan_change, plan_undo, read_document
from tui.messages.document_requests import ApplyChange, PlanChange, PlanUndo, ReadDocument

KEY = "video/a b.txt"
BODY = b"content"
TAGS = {"TagSet": [{"Key": "kept", "Value": "1"}]}

OF_OBJECTS = (DocumentKind.OBJECT_TAGS, DocumentKind.OBJECT_ACL, DocumentKind.HEADERS, DocumentKind.STORAGE_CLASS)
OF_BUCKETS = (
    DocumentKind.BUCKET_TAGS,
    DocumentKind.BUCKET_ACL,
    DocumentKind.BUCKET_POLICY,
    DocumentKind.VERSIONING,
    DocumentKind.ENCRYPTION,
    DocumentKind.PUBLIC_ACCESS_BLOCK,
)
ALL = (*OF_OBJECTS, *OF_BUCKETS)

UNSUPPORTED = {("demo", DocumentKind.ENCRYPTION): "demo", ("ceph", DocumentKind.STORAGE_CLASS): "storage class"}


@dataclass(frozen=True, slots=True)
class World:
    """`a` is a client of account A, which owns `bucket`; it does not go by the proxy, the engine's rooms do."""

    server: S3Server
    rooms: Rooms
    proxy: FaultProxy
    bucket: str

    @property
    def a(self) -> Any:
        return self.server.client(self.server.a)

    def connection(self, *, read_only: bool = False) -> str:
        spec = IdentitySpec(self.server.a.profile, endpoint=self.proxy.endpoint, safety=Safety(read_only=read_only))
        return connection_id(spec)

    def ref(self, kind: DocumentKind, *, read_only: bool = False, key: str = KEY) -> DocumentRef:
        where = Location(self.bucket, key if kind in OF_OBJECTS else "")
        return DocumentRef(kind, where, connection=self.connection(read_only=read_only))

    async def read(self, kind: DocumentKind) -> str | None:
        change = await read_document(self.rooms, ReadDocument(self.ref(kind)))
        assert change.unread is None, change.unread
        return change.before

    async def plan(self, ref: DocumentRef, after: str | None) -> PlannedChange:
        return await plan_change(self.rooms, PlanChange(ref, after))

    async def apply(self, change: PlannedChange, undoes: str = "") -> AppliedChange:
        return await apply_change(self.rooms, ApplyChange(change, undoes))

    async def plan_undo(self, applied: AppliedChange) -> PlannedChange:
        return await plan_undo(self.rooms, PlanUndo(applied.id))

    def wanted(self, kind: DocumentKind, before: str | None) -> str:
        return _WANTED[kind](self, before)

    def change_in_between(self, kind: DocumentKind) -> None:
        _IN_BETWEEN[kind](self)

    def policy(self, *statements: dict[str, Any]) -> str:
        own = {
            "Effect": "Allow",
            "Principal": {"AWS": self.server.b.principal},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{self.bucket}/*",
        }
        return json.dumps({"Version": "2012-10-17", "Statement": statements or [own]})

    def with_grant(self, before: str | None, permission: str = "READ") -> str:
        members = json.loads(before or "{}")
        members["grants"].append({"grantee": self.server.b.canonical_id, "permission": permission})
        return json.dumps(members)


def _described(world: World, before: str | None) -> str:
    headers = {"content-type": "text/plain", "cache-control": "max-age=60"}
    return json.dumps({"headers": headers, "metadata": {"Reviewed": "yes"}})


def _block(world: World, before: str | None) -> str:
    return json.dumps({"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False})


_WANTED: dict[DocumentKind, Callable[[World, str | None], str]] = {
    DocumentKind.OBJECT_TAGS: lambda *_: '{"team": "video", "kept": "2"}',
    DocumentKind.BUCKET_TAGS: lambda *_: '{"team": "video"}',
    DocumentKind.OBJECT_ACL: lambda world, before: world.with_grant(before),
    DocumentKind.BUCKET_ACL: lambda world, before: world.with_grant(before),
    DocumentKind.HEADERS: _described,
    DocumentKind.STORAGE_CLASS: lambda *_: '{"StorageClass": "STANDARD_IA"}',
    DocumentKind.BUCKET_POLICY: lambda world, _: world.policy(),
    DocumentKind.VERSIONING: lambda *_: '{"Status": "Enabled"}',
    DocumentKind.ENCRYPTION: lambda *_: '{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/media"}',
    DocumentKind.PUBLIC_ACCESS_BLOCK: _block,
}

_ONE_RULE = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "other"}}]}


def _other_policy(world: World) -> None:
    one = json.loads(world.policy())["Statement"][0]
    world.a.put_bucket_policy(Bucket=world.bucket, Policy=world.policy({**one, "Sid": "Others"}))


_IN_BETWEEN: dict[DocumentKind, Callable[[World], object]] = {
    DocumentKind.OBJECT_TAGS: lambda w: w.a.put_object_tagging(
        Bucket=w.bucket, Key=KEY, Tagging={"TagSet": [{"Key": "others", "Value": "1"}]}
    ),
    DocumentKind.BUCKET_TAGS: lambda w: w.a.put_bucket_tagging(Bucket=w.bucket, Tagging=TAGS),
    DocumentKind.OBJECT_ACL: lambda w: w.a.put_object_acl(Bucket=w.bucket, Key=KEY, ACL="public-read"),
    DocumentKind.BUCKET_ACL: lambda w: w.a.put_bucket_acl(Bucket=w.bucket, ACL="authenticated-read"),
    DocumentKind.HEADERS: lambda w: w.a.put_object(Bucket=w.bucket, Key=KEY, Body=b"other", Metadata={"others": "1"}),
    DocumentKind.STORAGE_CLASS: lambda w: w.a.copy_object(
        Bucket=w.bucket, Key=KEY, CopySource={"Bucket": w.bucket, "Key": KEY}, StorageClass="ONEZONE_IA"
    ),
    DocumentKind.BUCKET_POLICY: _other_policy,
    DocumentKind.VERSIONING: lambda w: w.a.put_bucket_versioning(
        Bucket=w.bucket, VersioningConfiguration={"Status": "Suspended"}
    ),
    DocumentKind.ENCRYPTION: lambda w: w.a.put_bucket_encryption(
        Bucket=w.bucket, ServerSideEncryptionConfiguration=_ONE_RULE
    ),
    DocumentKind.PUBLIC_ACCESS_BLOCK: lambda w: w.a.put_public_access_block(
        Bucket=w.bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": False, "RestrictPublicBuckets": True}
    ),
}


@pytest.fixture(
    params=["demo", pytest.param("ceph", marks=pytest.mark.server), pytest.param("ministack", marks=pytest.mark.server)]
)
async def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    server = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(server, S3Server)
    use(monkeypatch, server.environment)
    rooms = Rooms()
    rooms.changes_file = tmp_path / "changes.jsonl"
    with fresh_bucket(server, server.a) as bucket:
        client = server.client(server.a)
        client.delete_public_access_block(Bucket=bucket)  # new buckets have one, but not on Ceph
        client.put_object(Bucket=bucket, Key=KEY, Body=BODY, ContentType="text/plain", Metadata={"author": "a"})
        client.put_object_tagging(Bucket=bucket, Key=KEY, Tagging=TAGS)
        async with fault_proxy(server.endpoint) as proxy:
            yield World(server, rooms, proxy, bucket)
            await rooms.connections.close()
