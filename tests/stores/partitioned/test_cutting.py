"""The keys below a prefix, cut into ranges: they cover every key, each once, and none has most of them."""

from __future__ import annotations

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tui.accounts.connections import Connections
from tui.accounts.ids import connection_id
from tui.model.identity import IdentitySpec
from tui.stores.opening import open_store
from tui.stores.partitioned import cutting
from tui.stores.partitioned.cutting import cut


@pytest.mark.parametrize(
    "keys",
    [
        [f"data/{at:06d}" for at in range(1200)],
        [f"data/{at % 13}/{at % 7}/{at:04d}.json" for at in range(1200)],
        [f"data/{at}" for at in range(300)],
    ],
    ids=["numbers", "tree", "a page"],
)
@pytest.mark.parametrize("s3_server", ["demo"], indirect=True)
async def test_ranges(
    bucket_pair: BucketPair, server_environment: S3Server, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "LEAST", 20.0)
    client = bucket_pair.server.client(bucket_pair.server.a)
    for key in keys:
        client.put_object(Bucket=bucket_pair.a, Key=key, Body=b"")
    connections = Connections()
    try:
        store = await open_store(connections, connection_id(IdentitySpec(bucket_pair.server.a.profile)))
        bounds = await cut(store, bucket_pair.a, "data/", 16)
        middle = sorted(keys)[len(keys) // 2]
        rest = await cut(store, bucket_pair.a, "data/", 16, after=middle, upto=max(keys))
    finally:
        await connections.close()
    held = [sum(after < key and (upto is None or key <= upto) for key in keys) for after, upto, _ in bounds]
    assert sum(held) == len(keys)
    assert max(held) <= 3 * len(keys) / 16
    assert [each.weight for each in bounds] == pytest.approx(held, rel=0.5, abs=20)
    assert (bounds[0][0], bounds[-1][1]) == ("", None)
    assert [each.upto for each in bounds[:-1]] == [each.after for each in bounds[1:]]
    assert (rest[0][0], rest[-1][1]) == (middle, max(keys))
    assert [each.upto for each in rest[:-1]] == [each.after for each in rest[1:]]
