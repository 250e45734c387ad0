"""What results and notes say of things that did not go as usual: who owns a copy, why an upload stays behind."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.servers.proxy.faults import Answer, Rule
from tests.servers.proxy.proxy import FaultProxy
from tests.servers.server import Feature
from tests.transfers.moves.test_moves import MIB, PARTS
from tests.transfers.world import World
from tui.accounts.clients.connection import Connection
from tui.model.orders import AclChoice, Route
from tui.model.problem import ProblemKind
from tui.model.transfer import Outcome, TransferState, Verification
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectHead, Stored
from tui.transfers.copy.routes import FOREIGN


async def test_a_copy_of_the_writers_names_who_owns_it(world: World) -> None:
    world.put("k")
    world.let_a_write()
    _, [pushed] = await world.copy(world.order("k", route=Route.PUSH, acl=AclChoice.AUTO))
    assert pushed.outcome is Outcome.COPIED
    assert pushed.owner_note == FOREIGN.format(f"{world.source.label}'s account")
    _, [relayed] = await world.copy(world.order("k", route=Route.RELAY, to="again/"))
    assert relayed.owner
    assert world.owners.target
    assert (relayed.owner.id, relayed.owner_note) == (world.owners.target.id, "")


async def test_a_wrong_clock_is_not_taken_for_a_missing_right(proxied: World, proxy: FaultProxy) -> None:
    proxied.put_random("k", 6 * MIB)
    skewed = Answer(403, "RequestTimeTooSkewed")
    rules = [Rule(skewed, ("UploadPart",)), Rule(skewed, ("AbortMultipartUpload",))]
    proxy.rules += rules
    transfer, [result] = await proxied.copy(proxied.order("k", route=Route.RELAY, **PARTS))
    for upload in proxied.uploads():
        proxied.b.abort_multipart_upload(Bucket=proxied.buckets.b, Key="k", UploadId=upload["UploadId"])
    assert transfer.state is TransferState.FAILED
    [note] = [note for note in result.notes if "is left at the target" in note]
    assert "set the clock" in note
    assert "is not allowed to abort" not in note
    assert "bucket owner" not in note


class Altered(S3Store):
    """Its objects are not of the size that they were written with; the answer to the write proves nothing."""

    def __init__(self, connection: Connection, bucket: str) -> None:
        super().__init__(connection)
        self._bucket = bucket

    async def put(self, *arguments: Any, **named: Any) -> Stored:
        return replace(await super().put(*arguments, **named), etag="", checksums=[])

    async def head(self, bucket: str, key: str, version: str = "") -> ObjectHead:
        head = await super().head(bucket, key, version)
        return replace(head, size=head.size + 1) if bucket == self._bucket else head


@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_the_copy_that_differs_is_the_one_to_delete(world: World) -> None:
    assert Feature.CHECKSUMS in world.buckets.server.features
    world.put("k")
    world.target = Altered(world.connection_b, world.buckets.b)
    _, [result] = await world.copy(world.order("k", route=Route.RELAY))
    assert (result.outcome, result.verification) == (Outcome.FAILED, Verification.DIFFERS)
    assert result.problem
    assert (result.problem.kind, result.problem.resource) == (ProblemKind.MISMATCH, result.target)
    assert result.source in result.problem.cause
