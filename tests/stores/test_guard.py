"""Every operation that writes is GuardedStore, and refused before any request."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from tests.servers.buckets import BucketPair
from tests.servers.policies import allow_on_bucket, grant_write
from tests.servers.proxy.proxy import FaultProxy, fault_proxy
from tests.servers.server import S3Server
from tests.stores.refusals import problem_of
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.core.identity import Address, IdentitySpec, Safety
from tui.core.location import LOCAL_BUCKET
from tui.core.problem import Problem, ProblemKind
from tui.stores.base import OPERATIONS, Store
from tui.stores.opening import GuardedStore, open_store
from tui.stores.store_values import ObjectAttributes

WRITING = sorted(name for name, operation in OPERATIONS.items() if operation.writes)
PLAIN = ObjectAttributes()
A, B = "111111111111", "222222222222"

pytestmark = pytest.mark.parametrize("s3_server", ["demo"], indirect=True)


class Untouched:
    label = "media"

    def __getattr__(self, name: str) -> Any:
        def call(*_: object, **__: object) -> None:
            raise AssertionError(f"{name} was called")

        return call


@pytest.fixture
async def proxy(server_environment: S3Server) -> AsyncIterator[FaultProxy]:
    async with fault_proxy(server_environment.endpoint) as proxy:
        yield proxy


def spec_of(proxy: FaultProxy, profile: str, **safety: Any) -> IdentitySpec:
    return IdentitySpec(profile, endpoint=proxy.endpoint, safety=Safety(**safety))


async def opened(connections: Connections, spec: IdentitySpec) -> Store:
    return await open_store(connections, connection_id(spec))


async def refused(store: Store, bucket: str) -> Problem:
    problem = await problem_of(store.put(bucket, "k", b"x", PLAIN))
    assert problem == await store.write_refusal(bucket)
    return problem


async def test_every_operation_that_writes_is_refused(connections: Connections, s3_server: S3Server) -> None:
    spec = IdentitySpec("media-prod", safety=Safety(read_only=True))
    store: Any = GuardedStore(Untouched(), connections, connection_id(spec))
    for name in WRITING:
        parameters = list(OPERATIONS[name].signature.parameters.values())[1:]
        positional = ["bucket"] * sum(each.kind is not each.KEYWORD_ONLY for each in parameters)
        named = {each.name: 0 for each in parameters if each.kind is each.KEYWORD_ONLY and each.default is each.empty}
        assert (await problem_of(getattr(store, name)(*positional, **named))).kind is ProblemKind.READ_ONLY, name


async def test_a_read_only_disk(connections: Connections, s3_server: S3Server, tmp_path: Any) -> None:
    spec = IdentitySpec(local=True, safety=Safety(read_only=True))
    store, key = await opened(connections, spec), f"{tmp_path}/k".removeprefix("/")
    within = store.within(f"{tmp_path}/".removeprefix("/"))
    for request in (store.put(LOCAL_BUCKET, key, b"x", PLAIN), within.delete(LOCAL_BUCKET, key)):
        assert (await problem_of(request)).kind is ProblemKind.READ_ONLY
    assert not list(tmp_path.iterdir())


async def test_a_read_only_identity_reads_and_sends_no_request_to_write(
    connections: Connections, proxy: FaultProxy, bucket_pair: BucketPair
) -> None:
    store = await opened(connections, spec_of(proxy, "media-prod", read_only=True))
    problem = await refused(store, bucket_pair.a)
    by_name = await opened(connections, spec_of(proxy, "media-prod", patterns=("*prod*",)))
    await refused(by_name, bucket_pair.a)
    assert proxy.seen == [], "nobody was asked"
    assert (problem.kind, problem.identity) == (ProblemKind.READ_ONLY, "media-prod")
    assert problem.title == f"writing to s3://{bucket_pair.a}/ as media-prod is blocked"
    assert problem.cause == "it is read-only"
    assert problem.remedy
    assert [page async for page in store.pages(bucket_pair.a, "")]


async def test_an_account_is_found_out_first(
    connections: Connections, proxy: FaultProxy, bucket_pair: BucketPair
) -> None:
    rules: list[dict[str, Any]] = [{"patterns": (A,)}, {"patterns": ("*:user/deploy",)}, {"accounts": (B,)}]
    for number, safety in enumerate(rules, start=1):
        mine = await opened(connections, spec_of(proxy, "media-prod", **safety))
        await refused(mine, bucket_pair.a)
        theirs = await opened(connections, spec_of(proxy, "analytics", **safety))
        assert (await theirs.put(bucket_pair.b, "k", b"x", PLAIN)).etag
        assert proxy.count("PutObject") == number


async def test_an_identity_that_is_just_being_asked_is_waited_for(
    connections: Connections, proxy: FaultProxy, bucket_pair: BucketPair
) -> None:
    spec = spec_of(proxy, "media-prod", accounts=(A,))
    async with aclosing(connections.identify(spec)) as identities:
        await anext(identities)  # what the configuration says
        assert not (await anext(identities)).account
        store = await opened(connections, spec)
        assert (await store.put(bucket_pair.a, "k", b"x", PLAIN)).etag


async def test_an_account_that_cannot_be_found_out_does_not_write(
    connections: Connections, proxy: FaultProxy, bucket_pair: BucketPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    store = await opened(connections, spec_of(proxy, "analytics", accounts=(B,)))
    assert "not known" in (await refused(store, bucket_pair.b)).cause
    assert proxy.count("PutObject") == 0


async def test_the_owner_of_the_bucket_counts(
    connections: Connections, proxy: FaultProxy, bucket_pair: BucketPair, s3_server: S3Server
) -> None:
    bucket_pair.set_policy_of_a(*grant_write(bucket_pair.a, s3_server.b.principal))
    for safety in ({"patterns": (A,)}, {"accounts": (B,)}):
        store = await opened(connections, spec_of(proxy, "analytics", **safety))
        connections.addresses.learn(Address(s3_server.a.canonical_id, A))
        connections.addresses.learn_bucket(store.endpoint, bucket_pair.a, s3_server.a.canonical_id)
        assert A in (await refused(store, bucket_pair.a)).cause
    assert proxy.count("PutObject") == 0


async def test_the_owner_of_the_bucket_is_asked_for(
    connections: Connections, proxy: FaultProxy, bucket_pair: BucketPair, s3_server: S3Server
) -> None:
    """Of a bucket that this identity has not listed; once, whatever the answer is."""
    asking = allow_on_bucket(bucket_pair.a, s3_server.b.principal, "s3:GetBucketAcl")
    connections.addresses.learn(Address(s3_server.a.canonical_id, A))
    store = await opened(connections, spec_of(proxy, "analytics", patterns=(A,)))
    assert "denied" in (await problem_of(store.put(bucket_pair.a, "k", b"x", PLAIN))).title
    bucket_pair.set_policy_of_a(asking, *grant_write(bucket_pair.a, s3_server.b.principal))
    await store.put(bucket_pair.a, "k", b"x", PLAIN)
    assert proxy.count("GetAcl") == 1
    again = await opened(connections, spec_of(proxy, "analytics", patterns=(A,)))
    assert A in (await refused(again, bucket_pair.a)).cause
    assert proxy.count("PutObject", status=200) == 1
