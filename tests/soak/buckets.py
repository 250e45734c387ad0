"""The source's and the target's bucket, what another program does to them, and what is in them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from tests.servers.buckets import fresh_bucket
from tests.servers.policies import bucket_policy, grant_read, grant_write
from tests.servers.server import S3Server
from tests.soak.bodies import PART, digest_of
from tests.soak.history import History
from tests.soak.model import Found, Model, Version
from tui.model.transfer import TransferKind


class Buckets:
    """A's bucket keeps no versions, B's does. Each account may do what a copy needs in the other's bucket."""

    def __init__(self, server: S3Server, model: Model, history: History, *, honors_if_match: bool) -> None:
        """`honors_if_match`: the server deletes on a condition, so that a move is safe from other writers."""
        self._model, self._history, self._honors_if_match = model, history, honors_if_match
        self._server, self._stack = server, ExitStack()
        self._digests: dict[tuple[str, str, str], str] = {}

    def make(self) -> None:
        """Make both buckets."""
        server = self._server
        self._a, self._b = server.client(server.a), server.client(server.b)
        self.a = self._stack.enter_context(fresh_bucket(server, server.a))
        self.b = self._stack.enter_context(fresh_bucket(server, server.b))
        self._b.put_bucket_versioning(Bucket=self.b, VersioningConfiguration={"Status": "Enabled"})
        self._a.put_bucket_policy(Bucket=self.a, Policy=bucket_policy(*grant_read(self.a, server.b.principal)))
        self._b.put_bucket_policy(Bucket=self.b, Policy=bucket_policy(*grant_write(self.b, server.a.principal)))

    def delete(self) -> None:
        """Delete both buckets with everything in them."""
        self._stack.close()

    # Another program writes and deletes -----------------------------------------------------------------------------

    def write(self, key: str, size: int) -> None:
        """Write a source, unless it is being moved and the server cannot make that safe."""
        if self._is_moved(key):
            return
        self._history.note(f"write {key!r} {size}")
        body, written = self._model.bodies.make("a", key, self._history.step, size)
        if len(body) > PART:
            self._write_in_parts(key, body)
        else:
            self._a.put_object(Bucket=self.a, Key=key, Body=body)
        self._model.last[key] = written

    def _is_moved(self, key: str) -> bool:
        return not self._honors_if_match and any(
            key in order.keys and order.kind is TransferKind.MOVE and order.ended is None
            for order in self._model.orders
        )

    def _write_in_parts(self, key: str, body: bytes) -> None:
        where = {"Bucket": self.a, "Key": key}
        upload = {**where, "UploadId": self._a.create_multipart_upload(**where)["UploadId"]}
        parts = []
        for number, start in enumerate(range(0, len(body), PART), start=1):
            answer = self._a.upload_part(**upload, PartNumber=number, Body=body[start : start + PART])
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        self._a.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    def remove(self, key: str) -> None:
        """Delete a source."""
        if key not in self._model.last:
            return
        self._history.note(f"remove {key!r}")
        self._a.delete_object(Bucket=self.a, Key=key)
        del self._model.last[key]

    def write_target(self, key: str, size: int) -> None:
        """Write a target."""
        self._history.note(f"write-target {key!r} {size}")
        body, _ = self._model.bodies.make("b", key, self._history.step, size)
        self._model.written_b.add(self._b.put_object(Bucket=self.b, Key=key, Body=body)["VersionId"])

    def remove_target(self, key: str) -> None:
        """Delete a target."""
        self._history.note(f"remove-target {key!r}")
        answer = self._b.delete_object(Bucket=self.b, Key=key)
        if marker := answer.get("VersionId"):  # Ceph makes none for a key that never was
            self._model.written_b.add(marker)

    # What is in them ------------------------------------------------------------------------------------------------

    def found(self) -> Found:
        """Read both buckets."""
        a = {
            item["Key"]: self._digest(self._a, self.a, item["Key"], etag=item["ETag"])
            for page in self._a.get_paginator("list_objects_v2").paginate(Bucket=self.a)
            for item in page.get("Contents", [])
        }
        b: list[Version] = []
        for page in self._b.get_paginator("list_object_versions").paginate(Bucket=self.b):
            for item in page.get("Versions", []):
                digest = self._digest(self._b, self.b, item["Key"], version=item["VersionId"])
                b.append(Version(item["Key"], item["VersionId"], digest))
            b += [Version(item["Key"], item["VersionId"], "") for item in page.get("DeleteMarkers", [])]
        uploads = [
            f"{bucket}/{upload['Key']} {upload['UploadId']} of {upload['Initiated']}"
            for client, bucket in ((self._a, self.a), (self._b, self.b))
            for upload in client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        ]
        return Found(a, b, uploads)

    def _digest(self, client: Any, bucket: str, key: str, *, etag: str = "", version: str = "") -> str:
        """The digest of an object's bytes, which are read once for each ETag or version."""
        name = (bucket, key, etag or version)
        if name not in self._digests:
            which = {"VersionId": version} if version else {"IfMatch": etag}
            body = client.get_object(Bucket=bucket, Key=key, **which)["Body"].read()
            self._digests[name] = digest_of(body)
        return self._digests[name]
