"""What the tests of repairs share: B's objects in A's bucket, the order to repair them, and what they are then."""

from __future__ import annotations

import json
import stat
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.servers.policies import Statement, grant_read, grant_write
from tests.transfers.world import World
from tui.model.location import Location
from tui.model.orders import RepairOrder, Selection
from tui.model.ownership import Half, RepairPlan
from tui.transfers.repair.parties import Parties, parties_of
from tui.transfers.repair.plan import plan_repair
from tui.transfers.repair.rollback import Was

ATTRIBUTES: dict[str, Any] = {
    "ContentType": "text/csv",
    "ContentEncoding": "gzip",
    "ContentLanguage": "de",
    "ContentDisposition": 'attachment; filename="x.csv"',
    "CacheControl": "max-age=60",
    "Metadata": {"colour": "blue", "size": "7"},
    "Tagging": "team=etl&year=2026",
}
"""What an upload may have besides its bytes."""

KEPT = (
    *("ContentType", "ContentEncoding", "ContentLanguage", "ContentDisposition", "CacheControl"),
    *("Metadata", "ContentLength", "StorageClass"),
)


@dataclass(slots=True)
class Uploads:
    """B's uploads into A's bucket."""

    world: World
    directory: Path

    def put(self, *keys: str, body: bytes = b"content", **parameters: Any) -> None:
        """Let B upload these."""
        for key in keys:
            self.world.b.put_object(Bucket=self.bucket, Key=key, Body=body, **parameters)

    def put_in_parts(self, key: str, body: bytes, part_size: int, **parameters: Any) -> None:
        """Let B upload an object in parts."""
        place = {"Bucket": self.bucket, "Key": key}
        upload = self.world.b.create_multipart_upload(**place, **parameters)["UploadId"]
        parts = []
        for number, start in enumerate(range(0, len(body), part_size), 1):
            made = self.world.b.upload_part(
                **place, UploadId=upload, PartNumber=number, Body=body[start : start + part_size]
            )
            parts.append({"PartNumber": number, "ETag": made["ETag"]})
        self.world.b.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})

    @property
    def bucket(self) -> str:
        """A's bucket."""
        return self.world.buckets.a

    def let_b_list(self, *more: Statement) -> None:
        """Let B list A's bucket, besides writing to it."""
        server = self.world.buckets.server
        read = grant_read(self.bucket, server.b.principal)
        self.world.buckets.set_policy_of_a(*grant_write(self.bucket, server.b.principal), *read, *more)

    def order(self, *keys: str, prefix: str | None = None, **options: Any) -> RepairOrder:
        """The repair of these keys, or of everything below a prefix, with both identities."""
        base = Location(self.bucket, prefix or "")
        selection = Selection("a", base, list(keys), [] if prefix is None else [prefix])
        options = {"uploader": "b", "receipt": self.path("receipt"), "rollback": self.path("rollback"), **options}
        return RepairOrder(selection, **options)

    def path(self, name: str) -> str:
        """An absolute path for a file of this test."""
        return str(self.directory / f"{name}.jsonl")

    async def parties(self, order: RepairOrder) -> Parties:
        """Who does what."""
        source = await self.world.open_store(order.selection.connection)
        uploader = await self.world.open_store(order.uploader) if order.uploader else None
        account = await self.world.owner_of(order.selection.connection)
        return await parties_of(order, source, uploader, account, self.world.owners.target)

    async def plan(self, order: RepairOrder) -> list[RepairPlan]:
        """The growing plan."""
        async with aclosing(plan_repair(await self.parties(order))) as plans:
            return [plan async for plan in plans]

    def denied(self, key: str) -> bool:
        """Whether A is denied to read an object of its own bucket."""
        try:
            self.world.a.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] == 403)
        return False

    def seen_by(self, client: Any, key: str) -> dict[str, Any]:
        """What a repair must keep, as one account sees it."""
        place = {"Bucket": self.bucket, "Key": key}
        head = client.head_object(**place)
        tags = client.get_object_tagging(**place).get("TagSet", [])
        kept = {name: head.get(name) for name in KEPT}
        return {**kept, "tags": sorted((tag["Key"], tag["Value"]) for tag in tags)}

    def owner(self, key: str) -> str:
        """The canonical id of the owner by its ACL, which must be the one that the listing has."""
        owner: str = self.world.a.get_object_acl(Bucket=self.bucket, Key=key)["Owner"]["ID"]
        [listed] = self.world.a.list_objects_v2(Bucket=self.bucket, Prefix=key, FetchOwner=True, MaxKeys=1)["Contents"]
        assert (listed["Key"], listed["Owner"]["ID"]) == (key, owner)
        return owner

    def owners_listed(self) -> dict[str, str]:
        """The owner of every key, as A's listing has it."""
        pages = self.world.a.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, FetchOwner=True)
        return {each["Key"]: each["Owner"]["ID"] for page in pages for each in page.get("Contents", [])}

    def receipt(self) -> list[dict[str, Any]]:
        """The lines of the receipt."""
        return [json.loads(line) for line in Path(self.path("receipt")).read_text().splitlines()]

    def rollback(self) -> list[dict[str, Any]]:
        """The lines of the rollback list."""
        return [json.loads(line) for line in Path(self.path("rollback")).read_text().splitlines()]

    def mode(self, name: str) -> int:
        """The mode of a file of this test."""
        return stat.S_IMODE(Path(self.path(name)).stat().st_mode)

    def no_upload_is_left(self) -> bool:
        """Whether no multipart upload is in A's bucket."""
        return not self.world.a.list_multipart_uploads(Bucket=self.bucket).get("Uploads")


__all__ = ["ATTRIBUTES", "Half", "Uploads", "Was"]
