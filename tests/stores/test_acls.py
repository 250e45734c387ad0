"""ACLs of objects, written and read back on every server."""

from tests.servers.buckets import BucketPair
from tests.servers.policies import grant_write
from tests.stores.refusals import problem_of
from tui.model.facts import Grant
from tui.model.identity import Owner
from tui.model.problem import ProblemKind
from tui.stores.s3 import S3Store
from tui.stores.values import Acl, ObjectAttributes

FULL = "FULL_CONTROL"


def _pairs(acl: Acl) -> list[tuple[str, str]]:
    return sorted((grant.grantee.id, grant.permission) for grant in acl.grants)


async def _uploaded_by_b(b: S3Store, buckets: BucketPair) -> None:
    buckets.set_policy_of_a(*grant_write(buckets.a, buckets.server.b.principal))
    await b.put(buckets.a, "k", b"content", ObjectAttributes())


async def test_a_canned_acl_gives_the_bucket_owner_full_control(
    a: S3Store, b: S3Store, bucket_pair: BucketPair
) -> None:
    await _uploaded_by_b(b, bucket_pair)
    assert (await problem_of(a.object_acl(bucket_pair.a, "k"))).kind is ProblemKind.DENIED
    await b.put_object_acl(bucket_pair.a, "k", canned="bucket-owner-full-control")
    acl, server = await a.object_acl(bucket_pair.a, "k"), bucket_pair.server
    assert acl.owner.id == server.b.canonical_id
    assert _pairs(acl) == sorted([(server.a.canonical_id, FULL), (server.b.canonical_id, FULL)])


async def test_a_whole_acl_is_what_the_object_has_then(a: S3Store, bucket_pair: BucketPair) -> None:
    await a.put(bucket_pair.a, "k", b"content", ObjectAttributes())
    owner, other = Owner(bucket_pair.server.a.canonical_id), Owner(bucket_pair.server.b.canonical_id)
    grants = [Grant(owner, FULL), Grant(other, "READ_ACP"), Grant(Owner("AllUsers"), "READ", is_group=True)]
    await a.put_object_acl(bucket_pair.a, "k", acl=Acl(owner, grants))
    acl = await a.object_acl(bucket_pair.a, "k")
    assert _pairs(acl) == sorted([(owner.id, FULL), (other.id, "READ_ACP"), ("AllUsers", "READ")])
    assert [grant.grantee.id for grant in acl.grants if grant.is_group] == ["AllUsers"]


async def test_who_may_not_write_an_acl_is_denied(a: S3Store, b: S3Store, bucket_pair: BucketPair) -> None:
    await _uploaded_by_b(b, bucket_pair)
    problem = await problem_of(a.put_object_acl(bucket_pair.a, "k", canned="private"))
    assert (problem.kind, problem.permission) == (ProblemKind.DENIED, "s3:PutObjectAcl")
