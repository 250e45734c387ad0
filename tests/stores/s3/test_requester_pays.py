"""Whoever asks says that they pay, where the bucket wants that: in every operation that has a place for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.stores.sent import sent_by
from tui.accounts import connection_id
from tui.accounts.connections import Connections
from tui.model.identity import IdentitySpec
from tui.stores.s3 import S3Store
from tui.stores.values import ObjectAttributes, Source

PAID, FREE = "paid-for", "free"
PLAIN = ObjectAttributes()
PAYER = "x-amz-request-payer"


async def first_page(store: S3Store, bucket: str) -> None:
    async for _ in store.pages(bucket, ""):
        return


ASKING: dict[str, Callable[[S3Store, str], Awaitable[object]]] = {
    "list": first_page,
    "head": lambda store, bucket: store.head(bucket, "k"),
    "read": lambda store, bucket: store.read(bucket, "k", etag='"e"', start=0, length=1),
    "tags": lambda store, bucket: store.tags(bucket, "k"),
    "acl": lambda store, bucket: store.object_acl(bucket, "k"),
    "put": lambda store, bucket: store.put(bucket, "k", b"x", PLAIN),
    "copy into it": lambda store, bucket: store.copy(Source(FREE, "s", '"e"'), bucket, "k", PLAIN),
    "copy from it": lambda store, bucket: store.copy(Source(bucket, "s", '"e"'), FREE, "k", PLAIN),
    "create upload": lambda store, bucket: store.create_upload(bucket, "k", PLAIN),
    "upload part": lambda store, bucket: store.upload_part(bucket, "k", "u", 1, b"x", start=0),
    "copy part from it": lambda store, bucket: store.copy_part(Source(bucket, "s", '"e"'), 0, 1, FREE, "k", "u", 1),
    "complete upload": lambda store, bucket: store.complete_upload(bucket, "k", "u", []),
    "abort upload": lambda store, bucket: store.abort_upload(bucket, "k", "u"),
    "uploads": lambda store, bucket: store.uploads(bucket),
    "parts": lambda store, bucket: store.parts(bucket, "k", "u"),
    "delete": lambda store, bucket: store.delete(bucket, "k"),
    "delete many": lambda store, bucket: store.delete_many(bucket, ["k", "l"]),
}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.mark.parametrize("asking", ASKING.values(), ids=ASKING)
async def test_it_is_said_for_such_a_bucket_only(
    connections: Connections, asking: Callable[[S3Store, str], Awaitable[object]]
) -> None:
    connection = await connections.get(connection_id(IdentitySpec(requester_pays=(PAID,))))
    store = S3Store(connection)
    assert (await sent_by(connection, asking(store, PAID))).headers[PAYER] == "requester"
    assert PAYER not in (await sent_by(connection, asking(store, FREE))).headers


async def test_what_has_no_place_for_it_is_left_alone(connections: Connections) -> None:
    connection = await connections.get(connection_id(IdentitySpec(requester_pays=(PAID,))))
    assert PAYER not in (await sent_by(connection, S3Store(connection).settings.bucket_acl(PAID))).headers
