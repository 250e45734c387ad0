"""A bucket that keeps versions: one object of two versions, one that was deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server
from tui.model.location import Location


@dataclass(frozen=True, slots=True)
class Versioned:
    """The bucket, as its owner writes and reads it."""

    name: str
    client: Any

    @property
    def place(self) -> Location:
        return Location(self.name)

    def put(self, key: str, *bodies: bytes) -> list[str]:
        """Write versions of a key; their ids."""
        return [self.client.put_object(Bucket=self.name, Key=key, Body=body)["VersionId"] for body in bodies]

    def delete(self, key: str) -> str:
        """Delete a key; the id of its marker."""
        marker: str = self.client.delete_object(Bucket=self.name, Key=key)["VersionId"]
        return marker

    def body(self, key: str) -> bytes:
        """What is at a key now."""
        content: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content

    def history(self, key: str) -> list[tuple[str, bool]]:
        """The ids of a key's versions, the newest first, each with whether it is a delete marker."""
        listed = self.client.list_object_versions(Bucket=self.name, Prefix=key)
        both = [(one, False) for one in listed.get("Versions", [])]
        both += [(one, True) for one in listed.get("DeleteMarkers", [])]
        both = [each for each in both if each[0]["Key"] == key]
        both.sort(key=lambda each: each[0]["LastModified"], reverse=True)
        both.sort(key=lambda each: not each[0]["IsLatest"])
        return [(one["VersionId"], marker) for one, marker in both]


@pytest.fixture
def versioned(demo_server: S3Server) -> Iterator[Versioned]:
    with fresh_bucket(demo_server, demo_server.a) as name:
        client = demo_server.client(demo_server.a)
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        bucket = Versioned(name, client)
        bucket.put("p/gone.txt", b"first", b"last words")
        bucket.delete("p/gone.txt")
        bucket.put("p/kept.txt", b"old", b"the new one")
        bucket.put("p/kept.txt.bak", b"another key that begins so")
        yield bucket
