"""A sign-in to IAM Identity Center asked of a real engine, and what has waited for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers.server import S3Server
from tests.servers.sign_in.oidc import START_URL, IdentityCenter, RoleKeys, identity_center
from tui.accounts import connection_id
from tui.demo.profiles import ROLE_ARN
from tui.model.identity import AuthMethod, IdentitySpec
from tui.model.location import Location
from tui.model.orders import CopyOptions, CopyOrder, Destination, Selection
from tui.model.problem import Need, ProblemError, ProblemKind
from tui.model.transfer import Outcome, Transfer, TransferState
from tui.protocol.messages.identities import Connect, SignIn
from tui.protocol.messages.places import CreateBucket, ListBuckets
from tui.protocol.messages.transfers import SubmitCopy, WatchResults, WatchTransfers
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

WORK = connection_id(IdentitySpec("work"))
ANALYTICS = connection_id(IdentitySpec("analytics"))
BUCKET = "copied-after-a-sign-in"


@pytest.fixture
async def center(demo_server: S3Server) -> AsyncIterator[IdentityCenter]:
    """The service, which gives a session of the demo's role."""
    sts = demo_server.client(demo_server.b, "sts")
    made = sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="work")["Credentials"]
    async with identity_center() as service:
        keys = RoleKeys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        service.roles["111111111111", "Read"] = keys
        yield service


@pytest.fixture
def config(demo_server: S3Server, tmp_path: Path) -> Path:
    """The demo's profiles, and one of Identity Center."""
    file = tmp_path / "config"
    file.write_text(
        Path(demo_server.environment["AWS_CONFIG_FILE"]).read_text()
        + f"\n[profile work]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Read\n"
        f"region = us-east-1\nendpoint_url = {demo_server.endpoint}\n"
        f"[sso-session corp]\nsso_start_url = {START_URL}\nsso_region = eu-west-1\n"
    )
    return file


@pytest.fixture
async def session(
    demo_server: S3Server, center: IdentityCenter, surroundings: Path, config: Path
) -> AsyncIterator[EngineSession]:
    environment = {**demo_server.environment, **center.environment, "AWS_CONFIG_FILE": str(config)}
    process = EngineProcess(environment)
    asking = EngineSession(process)
    yield asking
    await asking.close()
    process.stop()


async def waiting(session: EngineSession, transfer: str) -> Transfer:
    """The transfer as it waits."""
    async for listed in session.follow(WatchTransfers()):
        for each in listed.transfers:
            if each.id == transfer and each.state is TransferState.WAITING:
                return each
    raise AssertionError("the engine has ended")


async def sign_in(session: EngineSession, center: IdentityCenter) -> None:
    center.approved = False
    steps = session.follow(SignIn(WORK))
    shown = await anext(steps)
    assert shown.url.startswith(START_URL)
    assert shown.code in shown.complete_url
    center.approved = True
    assert [step.done async for step in steps] == [True]


async def copy(session: EngineSession, prefix: str) -> str:
    source = Selection(WORK, Location("media-prod-assets", "video/"), prefixes=["video/"])
    order = CopyOrder(source, Destination(ANALYTICS, Location(BUCKET, prefix)), CopyOptions())
    return (await session.ask(SubmitCopy(order))).transfer


async def outcomes(session: EngineSession, transfer: str) -> set[Outcome]:
    return {result.outcome async for result in session.follow(WatchResults(transfer))}


async def test_a_transfer_waits_for_the_sign_in_and_resumes(
    session: EngineSession, center: IdentityCenter, surroundings: Path
) -> None:
    center.role_seconds = 60  # so near the end that it is asked for before every request
    connecting = session.follow(Connect(IdentitySpec("work")))
    assert (await anext(connecting)).method is AuthMethod.SSO
    with pytest.raises(ProblemError) as caught:
        await anext(connecting)
    problem = caught.value.problem
    assert (problem.kind, problem.needs, problem.subject) == (ProblemKind.EXPIRED, Need.SIGN_IN, "corp")
    await sign_in(session, center)
    assert [identity async for identity in session.follow(Connect(IdentitySpec("work")))][-1].account == "111111111111"
    await session.ask(CreateBucket(ANALYTICS, BUCKET))
    assert await outcomes(session, await copy(session, "first/")) == {Outcome.COPIED}

    center.end_tokens()
    transfer = await copy(session, "second/")
    reason = (await waiting(session, transfer)).waits_for
    assert reason is not None
    assert (reason.needs, reason.connection, reason.subject) == (Need.SIGN_IN, WORK, "corp")
    await sign_in(session, center)
    assert await outcomes(session, transfer) == {Outcome.COPIED}
    kept = b"".join(file.read_bytes() for file in (surroundings / "state").rglob("*") if file.is_file())
    assert b"UnauthorizedSSOTokenError" in kept
    assert b"Traceback" not in kept
    assert [secret for secret in center.given if secret.encode() in kept] == []


async def test_a_sign_in_that_is_given_up_leaves_the_engine_as_it_was(
    session: EngineSession, center: IdentityCenter
) -> None:
    steps = session.follow(SignIn(WORK))
    await anext(steps)
    await steps.aclose()
    center.approved = True
    assert (await session.ask(ListBuckets(ANALYTICS))).buckets
    with pytest.raises(ProblemError) as caught:
        await session.ask(ListBuckets(WORK))
    assert caught.value.problem.needs is Need.SIGN_IN
    again = session.follow(SignIn(WORK))
    await anext(again)
    assert [step.done async for step in again] == [True]
    assert (await session.ask(ListBuckets(WORK))).buckets is not None
