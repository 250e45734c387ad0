"""Workers without profiles get session credentials, over TLS only, and nobody else sees them."""

import asyncio
import json
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, cast
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session

from tests.features.cluster.conftest import ClusterWorld, blocked
from tests.features.cluster.dask_cluster import DaskCluster, running_cluster
from tests.servers.buckets import BucketPair
from tests.servers.proxy.faults import Answer, Rule
from tests.stores.refusals import problem_of
from tests.transfers.world import ONLY_DEMO, PARTS, until_it, why
from tui.aws.refusals import Attempt
from tui.aws.renewal import SessionKeys, _session, session_keys
from tui.core.engines import WorkerCredentials, read_engine
from tui.core.naming import MIB
from tui.core.orders import ConflictPolicy
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import TransferState
from tui.features.cluster import worker_admission
from tui.features.cluster.cluster_engine import identities_of
from tui.features.cluster.worker_admission import in_the_clear
from tui.features.cluster.worker_checks import check_workers
from tui.features.cluster.worker_messages import TemporaryCredentials

PAGES = (
    *("status", "tasks", "workers", "graph", "metrics"),
    *("info/main/workers.html", "info/logs.html", "json/counts.json"),
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    directory = tmp_path_factory.mktemp("dask")
    nothing = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), str(directory / "none"))
    with running_cluster(directory, {**nothing, "AWS_EC2_METADATA_DISABLED": "true"}, workers=0) as cluster:
        yield cluster


@pytest.fixture
def may_have_sessions(bucket_pair: BucketPair) -> Iterator[None]:
    """Ceph's gateway gives sessions to users that a policy of theirs allows it; AWS asks for no permission."""
    server = bucket_pair.server
    if server.name != "ceph":
        yield
        return
    statement = {"Effect": "Allow", "Action": "sts:GetSessionToken", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for account in (server.a, server.b):
        iam = server.client(account, "iam")
        iam.put_user_policy(UserName=account.canonical_id, PolicyName="sessions", PolicyDocument=document)
    yield
    for account in (server.a, server.b):
        server.client(account, "iam").delete_user_policy(UserName=account.canonical_id, PolicyName="sessions")


@pytest.mark.thorough
@pytest.mark.usefixtures("may_have_sessions")
async def test_given_credentials_are_used_renewed_and_seen_nowhere(
    clustered: ClusterWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[str, SessionKeys]] = []

    async def noted(connections: object, connection: str, policy: Callable[[str], str] | None) -> SessionKeys:
        keys = await session_keys(clustered.connections, connection, policy)
        given.append((connection, keys))
        return keys

    monkeypatch.setattr("tui.features.cluster.cluster_engine.session_keys", noted)
    monkeypatch.setattr(worker_admission, "RENEW_PART", 0.0)  # every five seconds
    made = clustered.fill(60)
    held = blocked(clustered, 30)
    transfer = await clustered.queue.submit(clustered.order(prefixes=("data/",), credentials=WorkerCredentials.SESSION))
    await held.are_waiting(1)
    shown = await scheduler_knows(clustered.cluster)
    assert f"xs3-tui-{transfer}" in shown  # its tasks
    held.open()
    done, _ = await clustered.ended(transfer)
    shown += await scheduler_knows(clustered.cluster)
    assert (done.state, done.problem) == (TransferState.DONE, None)
    clustered.assert_equal(made)
    assert {each.token for each in clustered.proxy.seen if each.operation == "PutObject" and each.status == 200} <= {
        each.session_token for _, each in given
    }
    everything = shown + clustered.cluster.logs() + command_lines(clustered.cluster)
    for _, each in given:
        assert each.secret not in everything
        assert each.session_token not in everything
    if clustered.world.buckets.server.name == "demo":  # its STS has GetFederationToken, which takes a policy
        await may_no_more_than_the_copy(clustered, dict(given)[clustered.world.connection_b.id])


@ONLY_DEMO
async def test_a_copy_by_given_credentials_that_is_paused_and_retried(here: ClusterWorld) -> None:
    """In parts, too. All is copied once, and what was there is left alone."""
    made, world, bad = here.fill(30), here.world, "data/0/00000"
    made |= {each: world.put_random(each, size) for each, size in (("data/9/large", 6 * MIB), ("lone", 9))}
    world.put_there("data/1/00001", made["data/1/00001"])
    here.proxy.rules.append(Rule(Answer(403, "AccessDenied"), ("PutObject",), bad))
    skip, by = ConflictPolicy.SKIP, WorkerCredentials.SESSION
    held = blocked(here, 20)
    name = await here.queue.submit(here.order("lone", prefixes=("data/",), credentials=by, conflict=skip, **PARTS))
    await held.are_waiting(1)
    await here.queue.pause([name])
    paused = await until_it(here.queue, name, "it is paused", lambda now: now.state is TransferState.PAUSED)
    before = here.sent()
    held.open()
    await here.queue.resume([name])
    failed, _ = await here.ended(name)
    workers = [*paused.workers, *failed.workers]
    assert (failed.state, failed.problem) in [(TransferState.FAILED, each.problem) for each in workers]
    assert (sum(each.objects for each in workers), sum(each.failed for each in workers)) == (32, 1)
    here.proxy.rules.clear()
    await here.queue.retry(name)
    done, results = await here.ended(name)
    here.assert_equal(made)
    assert (done.state, done.objects_done, done.objects_skipped) == (TransferState.DONE, 31, 1)
    assert (done.bytes_done, sum(each.bytes for each in done.workers)) == (6 * MIB + 9 + 29 * 64, 64)
    assert {here.sent()[each] for each in (*before, bad)} == {1}
    assert all(each.token for each in here.proxy.seen if each.operation in {"PutObject", "UploadPart"})
    assert {each.owner for each in results} == {None, world.owners.target}


async def may_no_more_than_the_copy(clustered: ClusterWorld, keys: SessionKeys) -> None:
    """They may write what was copied, but neither delete it nor write beside it."""
    bucket = clustered.world.buckets.b
    client: Any = Session().create_client(
        "s3",
        region_name=keys.region,
        endpoint_url=clustered.world.buckets.server.endpoint,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret,
        aws_session_token=keys.session_token,
    )
    client.put_object(Bucket=bucket, Key="data/0/00000", Body=b"")
    for operation, where in (
        (client.delete_object, {"Key": "data/0/00000"}),
        (client.put_object, {"Key": "beside"}),
        (client.put_bucket_policy, {"Policy": "{}"}),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            operation(Bucket=bucket, **where)


async def refused(clustered: ClusterWorld) -> Problem:
    """Why no copy by session credentials begins; `workers check` says it of the workers, too."""
    clustered.fill(3)
    order = clustered.order(prefixes=("data/",), credentials=WorkerCredentials.SESSION)
    done, results = await clustered.ended(await clustered.queue.submit(order))
    assert (done.state, results) == (TransferState.FAILED, [])
    assert done.problem
    checked = await check_workers(
        read_engine(clustered.cluster.address),
        clustered.cluster.options(WorkerCredentials.SESSION),
        identities_of(clustered.connections),
        [order.selection.connection],
    )
    assert [each.missing for each in checked] == [[], [done.problem], [done.problem]]
    return done.problem


@pytest.mark.parametrize("s3_server", [pytest.param("ceph", marks=pytest.mark.server)], indirect=True)
async def test_a_policy_that_ceph_asks_for_is_named(clustered: ClusterWorld) -> None:
    problem = await refused(clustered)
    assert problem.title == "no session credentials for alice"
    assert "access denied: sts:GetSessionToken" in problem.cause
    assert "put-user-policy" in problem.remedy
    assert "give the workers the profile itself" in problem.remedy


async def test_a_service_without_sts_is_named(here: ClusterWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ceph's gateway answers so where `rgw_s3_auth_use_sts` is not set, as it is by default."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", here.proxy.endpoint)
    of_sts = Rule(Answer(400, "InvalidArgument", ""), when=lambda each: each.method == "POST" and not each.bucket)
    here.proxy.rules.append(of_sts)
    problem = await refused(here)
    assert "GetSessionToken failed (InvalidArgument)" in problem.cause
    assert "rgw_s3_auth_use_sts" in problem.remedy


class Sts:
    """It refuses GetFederationToken with this code."""

    def __init__(self, code: str) -> None:
        self._code = code

    async def get_federation_token(self, **_: object) -> None:
        raise ClientError({"Error": {"Code": self._code, "Message": "no"}}, "GetFederationToken")

    async def get_session_token(self, **_: object) -> dict[str, Any]:
        return {"Credentials": {"AccessKeyId": "without a policy"}}


async def test_a_session_is_no_wider_because_the_service_was_busy() -> None:
    for code in ("Throttling", "ServiceUnavailable"):
        problem = await problem_of(_session(cast(Any, Sts(code)), "{}", Attempt("me")))
        assert (problem.kind, problem.operation) == (ProblemKind.THROTTLED, "GetFederationToken")
    for code in ("AccessDenied", "InvalidAction", "NotImplemented"):
        keys = await _session(cast(Any, Sts(code)), "{}", Attempt("me"))
        assert keys["AccessKeyId"] == "without a policy"


def test_keys_are_not_shown() -> None:
    assert "very-secret" not in repr(TemporaryCredentials("c", "id", "very-secret", "token"))
    assert "very-secret" not in repr(SessionKeys("id", "very-secret", "token", 0.0, None, "r"))


@pytest.mark.parametrize(
    ("scheduler", "worker", "refused"),
    [
        ("tls://scheduler:8786", "tls://10.0.0.2:4000", False),
        ("tls://scheduler:8786", "tcp://10.0.0.2:4000", True),
        ("dask://scheduler:8786", "tcp://10.0.0.2:4000", True),
        ("dask://127.0.0.1:8786", "tcp://127.0.0.1:4000", False),
        ("dask://127.0.0.1:8786", "tcp://10.0.0.2:4000", True),
        ("dask://127.evil.example:8786", "tcp://127.0.0.1:4000", True),
    ],
)
def test_where_credentials_are_sent(scheduler: str, worker: str, refused: bool) -> None:
    assert bool(in_the_clear(read_engine(scheduler), worker)) is refused


async def test_without_profiles_nothing_is_copied(here: ClusterWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/none")
    here.fill(3)
    done, results = await here.ended(await here.queue.submit(here.order(prefixes=("data/",))))
    assert (done.state, results) == (TransferState.FAILED, [])
    assert why(done).title == "worker tcp://127.0.0.1:1 cannot be used"
    assert f"no profile '{here.world.connection_a.label}'" in why(done).cause
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"move": True}, "do not move"),
        ({"conflict": ConflictPolicy.ASK}, "cannot ask"),
        ({"conflict": ConflictPolicy.RENAME}, "do not rename"),
    )
    for options, words in refused:
        with pytest.raises(ProblemError, match=words):
            await here.queue.submit(here.order(prefixes=("data/",), **options))


async def scheduler_knows(cluster: DaskCluster) -> str:
    """All that the scheduler has: its state, the events, the logs of it and of the workers; and its pages."""
    async with cluster.client() as client:
        state: str = await client.run_on_scheduler(whole_state)
        logs = [await client.get_scheduler_logs(), await client.get_worker_logs(), await client.get_events()]
    return state + repr(logs) + await asyncio.to_thread(pages, cluster)


def whole_state(dask_scheduler: Any) -> str:
    """Run in the scheduler."""
    return repr(dask_scheduler._to_dict()) + repr(dask_scheduler.worker_plugins)


def pages(cluster: DaskCluster) -> str:
    found = ""
    for page in PAGES:
        with suppress(HTTPError), urllib.request.urlopen(f"http://127.0.0.1:{cluster.dashboard}/{page}") as answer:
            found += answer.read().decode(errors="replace")
    assert found
    return found


def command_lines(cluster: DaskCluster) -> str:
    pids = [str(each.pid) for each in cluster.daemons]
    return subprocess.run(["ps", "-o", "args=", "-p", ",".join(pids)], capture_output=True, text=True).stdout
