"""The access assistant on real engines: nothing is written before Enter; and on a script: its looks, and its parts."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import ClientSession, DummyCookieJar, web
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input

from tests.browser.browser import SMALL, WHO_A, WHO_B, A, Browser, opened
from tests.browser.host import Host, Scene, press, screen_text, showing
from tests.browser.passing import Buckets, Holding, Passing
from tests.browser.scripted import HOLD, ManyAnswers, ScriptedEngine
from tests.servers.loopback import loopback
from tests.servers.policies import document
from tests.waiting import until
from tui.app.browser_screen import BrowserScreen
from tui.core.changes import AppliedChange, DocumentKind, DocumentRef, PlannedChange
from tui.core.identity import EndpointSource, IdentitySpec
from tui.core.location import Location, parse_location
from tui.core.network import AddressScope, Certainty, EffectiveEndpoint, NetworkPath, OfferedCondition, PathKind
from tui.core.problem import Need, Problem, ProblemError, ProblemKind
from tui.features.access import values as access_values
from tui.features.access.plan_panel_view import PlanPanel, Proof, proof_lines
from tui.features.access.plan_screen import AccessFoot
from tui.features.access.role_screen import BatchRoleScreen
from tui.features.access.screen import AccessChoices, AccessScreen
from tui.features.access.values import (
    AccessPlan,
    Allow,
    CheckBatchRole,
    GrantConditions,
    GrantMethod,
    GrantOrder,
    PlanCopyGrant,
    PlanGrant,
    ProbeAnswer,
    ProbeResult,
)
from tui.features.copy.screen import RouteCardScreen
from tui.kit.choice import Choice
from tui.kit.problem_screen import ProblemScreen
from tui.link.session import EngineAccess
from tui.messages.document_requests import ApplyChange, PlanUndo
from tui.messages.inspect_requests import FindNetworkPath, NetworkReport
from tui.text.typed import TypedError

ROLE = "batch-in-the-panes"

WRITES = ("Put", "Create", "Delete", "Update", "Attach", "Detach")
"""How the operations of IAM that write begin."""
PER_CONNECTION = {"connection", "content-length", "transfer-encoding", "keep-alive"}


class Wire:
    """`writes` are the methods and paths, or the operations of IAM, of all that was written."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.writes: list[str] = []

    async def pass_on(self, request: web.Request) -> web.Response:
        """The signature covers the host, so that every header stays."""
        body = await request.read()
        self._note(request, body)
        async with (
            ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False) as session,
            session.request(
                request.method, f"{self._target}{request.raw_path}", headers=request.headers, data=body
            ) as answer,
        ):
            headers = {name: value for name, value in answer.headers.items() if name.lower() not in PER_CONNECTION}
            return web.Response(status=answer.status, headers=headers, body=await answer.read())

    def _note(self, request: web.Request, body: bytes) -> None:
        action = parse_qs(body.decode(errors="replace")).get("Action", [""])[0] if request.method == "POST" else ""
        if action:
            if action.startswith(WRITES):
                self.writes.append(action)
        elif request.method not in ("GET", "HEAD"):
            self.writes.append(f"{request.method} {request.raw_path}")


@asynccontextmanager
async def watched(target: str) -> AsyncIterator[tuple[str, Wire]]:
    """Watch what is sent to `target` while the block lasts; yields the endpoint to use instead."""
    wire = Wire(target)
    async with loopback([web.route("*", "/{path:.*}", wire.pass_on)]) as endpoint:
        yield endpoint, wire


def screen(browser: Browser) -> AccessScreen:
    return browser.front(AccessScreen)


def panel(browser: Browser) -> PlanPanel:
    return browser.app.screen.query_one(PlanPanel)


def is_planned(browser: Browser, text: str) -> bool:
    return text in str(panel(browser).plan)


def said(browser: Browser) -> str:
    return str(screen(browser).query_one(AccessFoot).query_one("#said").render())


async def planned(browser: Browser, parts: int, *keys: str) -> None:
    for key in keys:
        if key in ("allow", "way"):
            browser.app.screen.query_one(f"#{key}", Choice).focus()
        await browser.press("right" if key in ("allow", "way") else key)

    def shown() -> bool:
        if not isinstance(browser.app.screen, AccessScreen) or browser.app.screen._busy:
            return False
        plan = panel(browser).plan
        return plan is not None and len(plan.changes) == parts

    await until(shown, f"a plan of {parts} parts is shown", 30)
    await browser.pilot.pause()


async def apply(browser: Browser) -> None:
    """Press Enter until all was in sight, then once more; wait until something was applied."""
    while not panel(browser).all_seen:
        seen = panel(browser)._seen
        await browser.press("enter")
        await until(lambda seen=seen: panel(browser)._seen > seen, "more is in sight")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    await browser.press("enter")
    await until(lambda: bool(panel(browser).view.applied), "something was applied", 30)


async def undo(browser: Browser) -> None:
    await browser.press("Z")
    await until(lambda: "undone" in said(browser), "everything was taken back", 30)


OTHERS = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::333333333333:root"}, "Action": "s3:GetObject"}


def give_policy(buckets: Buckets, sid: str = "Staff") -> str:
    statement = {**OTHERS, "Sid": sid, "Resource": f"arn:aws:s3:::{buckets.a}/staff/*"}
    text = json.dumps({"Version": "2012-10-17", "Id": "kept", "Statement": [statement]})
    buckets.mine.put_bucket_policy(Bucket=buckets.a, Policy=text)
    return text


def policy(buckets: Buckets) -> str:
    return str(buckets.mine.get_bucket_policy(Bucket=buckets.a)["Policy"])


def sids(document: str) -> list[str]:
    return [each["Sid"] for each in json.loads(document)["Statement"]]


def both(buckets: Buckets, engine: EngineAccess | None = None, **given: Any) -> AbstractAsyncContextManager[Browser]:
    return opened(engine or buckets.engine, buckets.here.uri, buckets.there.uri, **given)


async def asked(browser: Browser, buckets: Buckets, prefix: str = "sub/") -> None:
    await browser.press_on(browser.left, Location(buckets.a, prefix), "A")
    await planned(browser, 2)


@asynccontextmanager
async def assisting(buckets: Buckets, **given: Any) -> AsyncIterator[Browser]:
    async with both(buckets, **given) as browser:
        await asked(browser, buckets)
        yield browser


@pytest.mark.thorough
async def test_a_grant_made_before_is_taken_back_where_it_was_made(buckets: Buckets) -> None:
    before = give_policy(buckets)
    async with assisting(buckets, size=SMALL) as browser:
        assert "Undo  Z" not in browser.text
        assert f"Give analytics access to s3://{buckets.a}/sub/" in browser.text
        assert "bucket policy of" in browser.text
        assert not panel(browser).all_seen
        await apply(browser)
        await browser.until_text("tested as analytics: 9 requests, all as granted")
        assert sids(policy(buckets))[0] == "Staff"
        assert len(sids(policy(buckets))) == 4
        await browser.press("escape", front=BrowserScreen)
        await asked(browser, buckets, "three.bin")
        assert "Undo  Z" not in browser.text, "what was granted was another place"
        await browser.press("escape")
        await asked(browser, buckets)
        await browser.until_text("Undo  Z")
        await undo(browser)
        assert policy(buckets) == before
        await until(lambda: "Undo  Z" not in browser.text, "nothing is left to undo")


@pytest.mark.thorough
async def test_nothing_is_written_before_enter(buckets: Buckets) -> None:
    async with watched(buckets.server.endpoint) as (endpoint, wire):
        specs = IdentitySpec("media-prod", endpoint=endpoint), IdentitySpec("analytics", endpoint=endpoint)
        async with both(buckets, specs=specs) as browser:
            await asked(browser, buckets)
            await planned(browser, 2, "allow")
            await planned(browser, 3, "way")
            await browser.press(*["right_square_bracket"] * 3, "y")
            assert "[profile" in browser.app.clipboard, "behind the documents come lines for the config file"
            await planned(browser, 2, "way", "way")
            await browser.press("full_stop")
            for named in (":root", ":user/"):
                browser.app.screen.query_one("#whole_account", Choice).focus()
                await browser.press("right")
                await until(partial(is_planned, browser, named), "it is named otherwise", 30)
            await browser.press("escape")
            await planned(browser, 2, "full_stop", *"vpce-1", "enter")
            assert '"aws:SourceVpce":"vpce-1"' in str(panel(browser).plan)
            await planned(browser, 2, "full_stop", *["backspace"] * 6, "enter")
            await browser.press("v", "escape", "right_square_bracket", "y", "down", "pagedown", "W", "escape")
            assert wire.writes == []
            await apply(browser)
            await browser.until_text("all as granted")
            documents = [each for each in wire.writes if "/xs3-tui-test-" not in each]  # nor those of the test
            assert documents[0] == f"PUT /{buckets.a}?policy"
            assert [each for each in wire.writes if "policy" in each] == [f"PUT /{buckets.a}?policy"]


@pytest.mark.thorough
async def test_a_denial_leads_to_the_assistant(buckets: Buckets) -> None:
    place = f"s3://{buckets.a}/"
    async with opened(buckets.engine, place, place, listed=False) as browser:
        await until(lambda: browser.right.contents.root.problem is not None, "B is denied", 30)
        await browser.until_listed(browser.left, buckets.here)
        await planned(browser, 2, "tab", "A")
        order, left = screen(browser).order, browser.who(browser.left)
        assert (order.owner, order.allow, order.location) == (left.connection, Allow.LIST, buckets.here)
        await browser.press("escape", "e", front=ProblemScreen)
        await planned(browser, 2, "A")
        assert "Give analytics access to" in browser.text
        assert screen(browser).order.allow is Allow.LIST
        await apply(browser)
        await browser.until_text("all as granted")
        await browser.press("escape")
        await until(lambda: "sub/" in browser.names(browser.right), "the pane lists it now", 30)


@pytest.mark.thorough
async def test_swapped_the_other_identity_lets_in(buckets: Buckets) -> None:
    async with assisting(buckets) as browser:
        before = screen(browser).order
        await browser.press("ctrl+u", then="Give media-prod access to")
        order = screen(browser).order
        assert (order.owner, order.other) == (before.other, before.owner)
        await browser.press("ctrl+u", then="Give analytics access to")
        await browser.press("escape", "tab")
        await browser.run("read_only")
        await until(lambda: bool(browser.right.identity and browser.right.identity.read_only), "B writes nothing")
        await browser.until_listed(browser.right, buckets.there)
        await browser.press("tab")
        await asked(browser, buckets)
        await browser.press("ctrl+u")
        await until(lambda: "analytics is read-only" in said(browser), "it says why")
        assert screen(browser).order.owner != screen(browser).order.other
        assert "Give analytics access" in browser.text


@pytest.mark.thorough
async def test_a_policy_that_has_changed_is_shown_again(buckets: Buckets) -> None:
    give_policy(buckets)
    async with assisting(buckets, size=(120, 160)) as browser:
        await until(lambda: panel(browser).all_seen, "all is in sight")
        give_policy(buckets, "Others")
        await browser.press("enter")
        await until(lambda: "has changed since it was shown" in said(browser), "it says so", 30)
        await planned(browser, 2)
        assert sids(policy(buckets)) == ["Others"]
        assert "Others" in str(panel(browser).plan)
        await apply(browser)
        assert sids(policy(buckets))[0] == "Others"
        assert len(sids(policy(buckets))) == 4


@pytest.mark.thorough
async def test_parts_are_copied_saved_and_shown_as_scripts(
    buckets: Buckets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with assisting(buckets) as browser:
        await browser.press("y")
        assert "Principal" in json.loads(browser.app.clipboard)["Statement"][0]
        await browser.press("right_square_bracket", "y")
        assert "Principal" not in json.loads(browser.app.clipboard)["Statement"][0]
        await browser.press("v", then="aws s3api put-bucket-policy")
        await browser.press("right", then="import boto3")
        await browser.press("right", then="aws_s3_bucket_policy")
        await browser.press("escape", "W", then="1-bucket-policy")
        assert "␊" not in browser.text, "each file has its line"
        await browser.press("enter")
        saved = tmp_path / f"xs3-access-{buckets.a}"
        await until(lambda: len(list(saved.glob("*.json"))) == 2, "both documents are saved")
        assert {each.stat().st_mode & 0o777 for each in saved.iterdir()} == {0o600}
        assert "Statement" in json.loads(next(saved.glob("1-*")).read_text())


@pytest.mark.thorough
async def test_what_cannot_be_meant_is_said_and_not_planned(buckets: Buckets) -> None:
    async with assisting(buckets, size=SMALL) as browser:
        screen(browser).query_one("#way", Choice).focus()
        await browser.press("right", "right", then="analytics does not belong to the bucket's account")
        assert panel(browser).plan is None, "this way does not fit"
        await planned(browser, 2, "way")
        await browser.press("full_stop", *"subnet-1", then="write vpce-")
        assert panel(browser).plan is None
        await browser.press("escape", then="▸ ✗ 'subnet-1' is not an ID")
        await browser.press("enter", "enter")
        assert isinstance(browser.app.screen, AccessScreen)


@pytest.mark.thorough
async def test_where_it_cannot_help_it_says_why(buckets: Buckets) -> None:
    """To two panes of one identity, a disk, a list of buckets, a pane that is read-only: there also on the card."""
    place, disk = f"s3://{buckets.a}/", IdentitySpec(local=True)
    async with opened(buckets.engine, place, place, specs=(A, A)) as browser:
        await browser.press("A", told="both panes have the same identity")
        browser.left.connection.connect(disk, parse_location("file:///"))
        await until(lambda: bool(browser.left.identity and browser.left.identity.spec == disk), "A is at the disk")
        await browser.press("A", told="open a bucket")
        browser.right.navigation.go(Location())
        await browser.until_listed(browser.right, Location())
        await browser.screen.run_action("batch_role")
        await browser.until_text("S3 Batch Operations copies between buckets")
    async with both(buckets, read_only=frozenset({"left"})) as browser:
        await browser.press("A", told="the left pane is read-only")
        assert browser.app.screen is browser.screen
        browser.app.clear_notifications()
        await browser.press_on(browser.left, Location(buckets.a, "one.txt"), "C", then="Grant access")
        await browser.press("A", told="the left pane is read-only")


@pytest.mark.thorough
async def test_what_the_card_says_is_missing_is_granted_and_the_copy_goes_by_the_server(buckets: Buckets) -> None:
    async with both(buckets, size=SMALL) as browser:
        await browser.press_on(browser.left, Location(buckets.a, "one.txt"), "C", then="Grant access")
        await planned(browser, 2, "A")
        await browser.until_text("GetObject on 1 object")
        assert screen(browser).order.needs[0].keys == ["one.txt"]
        await browser.press("ctrl+u")
        await apply(browser)
        await browser.until_text("all as granted")
        assert [(each["Action"], each["Resource"]) for each in json.loads(policy(buckets))["Statement"]] == [
            ("s3:GetObject", f"arn:aws:s3:::{buckets.a}/one.txt")
        ]
        await browser.press("escape", front=RouteCardScreen, then="pull  ✓")
        await until(lambda: "Grant access" not in browser.text, "nothing is missing any more")
        await browser.press("A")
        assert isinstance(browser.app.screen, RouteCardScreen), "it offers nothing"
        await browser.press("enter", ended=True)


@pytest.mark.thorough
async def test_the_assistant_does_not_open_once_the_card_is_gone_and_never_twice(buckets: Buckets) -> None:
    slow = Holding(buckets.engine, PlanCopyGrant)
    async with both(buckets, slow, size=SMALL) as browser:
        await browser.press_on(browser.left, Location(buckets.a, "one.txt"), "C", then="Grant access")
        await browser.press("A")
        await until(lambda: len(slow.asked) == 1, "it is asked what is missing")
        await browser.press("escape", front=BrowserScreen)
        await browser.press("C", then="Grant access")
        await browser.press("A", "A")
        await until(lambda: len(slow.asked) == 3, "it is asked again")
        slow.may_go_on.set()
        await until(lambda: isinstance(browser.app.screen, AccessScreen), "the assistant is open")
        await browser.pilot.pause()
        assert [type(each) for each in browser.app.screen_stack if isinstance(each, AccessScreen)] == [AccessScreen]


async def role_asked(browser: Browser, parts: int = 3) -> BatchRoleScreen:
    await browser.screen.run_action("batch_role")
    await role_planned(browser, parts)
    return browser.front(BatchRoleScreen)


async def role_planned(browser: Browser, parts: int, role: str = "") -> None:
    def shown() -> bool:
        if not isinstance(browser.app.screen, BatchRoleScreen) or not browser.app.screen.is_mounted:
            return False
        plan = panel(browser).plan
        return plan is not None and len(plan.changes) == parts and plan.role_arn.endswith(role)

    await until(shown, f"a plan of {parts} parts is shown", 30)
    await browser.pilot.pause()


async def test_a_role_is_made_checked_and_taken_back(buckets: Buckets) -> None:
    server = buckets.server
    iam = server.client(server.b, "iam")
    async with both(buckets, size=SMALL) as browser:
        await role_asked(browser)
        await browser.press("full_stop", "tab", *ROLE, "enter")
        await role_planned(browser, 3, f":role/{ROLE}")
        plan = panel(browser).plan
        assert plan is not None
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName=ROLE)
        await apply(browser)
        await browser.until_text(f"checked: role {ROLE} has everything that the job needs")
        assert iam.get_role(RoleName=ROLE)["Role"]["Arn"] == plan.role_arn
        assert ROLE in server.client(server.a).get_bucket_policy(Bucket=buckets.a)["Policy"]
        await browser.press("Z", then="undone: every document is as it was before")
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName=ROLE)
        await browser.press("escape", front=BrowserScreen)


@pytest.mark.thorough
async def test_what_is_typed_and_chosen_is_planned(buckets: Buckets) -> None:
    async with both(buckets) as browser:
        shown = await role_asked(browser)
        await browser.until_text(f"role       xs3-tui-batch-{buckets.b}")
        await browser.press("full_stop", "ctrl+u", "ctrl+k", then="has no bucket: write s3://bucket/prefix/")
        assert panel(browser).plan is None
        await browser.press(*f"s3://{buckets.a}/jobs/")
        await role_planned(browser, 3)
        assert f"{buckets.a}/jobs/xs3-tui/*" in str(panel(browser).plan)
        await browser.press("enter")
        shown.query_one(Choice).focus()
        await browser.press("right")
        await role_planned(browser, 2)  # all of it is of one account now, in which the job is created
        await browser.until_text(f"role       xs3-tui-batch-{buckets.a}")
        plan = panel(browser).plan
        assert plan is not None
        assert plan.role_arn.startswith("arn:aws:iam::111111111111:role/")
        assert '"s3:PutObjectTagging"' in str(plan.changes[1].after)
        await browser.press("escape")
        await until(lambda: browser.app.screen is not shown, "it is left")


class Unfinished(Passing):
    """Never has the result of a check, and takes nothing back."""

    async def ask(self, request: Any) -> Any:
        if isinstance(request, CheckBatchRole):
            await asyncio.Event().wait()
        if isinstance(request, PlanUndo):
            raise ProblemError(Problem(ProblemKind.DENIED, "not taken back"))
        return await super().ask(request)


@pytest.mark.thorough
async def test_a_check_that_an_undo_has_ended_is_not_waited_for(buckets: Buckets) -> None:
    async with opened(Unfinished(buckets.engine), f"s3://{buckets.a}/", f"s3://{buckets.b}/") as browser:
        await role_asked(browser)
        await apply(browser)
        await browser.until_text("checking the role…")
        await browser.press("Z", then="not taken back")
        await until(lambda: "checking the role…" not in browser.text, "nothing is said to be checked")
        await browser.press("enter", then="checking the role…")


PLACE = Location("media-prod-assets", "video/[b]x\x1b/")
ORDER = GrantOrder(GrantMethod.POLICY, Allow.READ, PLACE, "a", "b")

STAFF = {"Sid": "Staff", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::333333333333:root"}, "Action": "s3:*"}
OURS = {
    "Sid": "Xs3Read0c9d04a8Objects",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::222222222222:user/bob"},
    "Action": ["s3:GetObject", "s3:GetObjectTagging"],
    "Resource": "arn:aws:s3:::media-prod-assets/video/[b]x\x1b/*",
}


OWNERS = PlannedChange(
    DocumentRef(DocumentKind.BUCKET_POLICY, Location(PLACE.bucket), account="111111111111", connection="a"),
    document(STAFF), document(STAFF, OURS), limit=20_480, size=2_150,
)  # fmt: skip
OTHER_ACCOUNT = PlannedChange(
    DocumentRef(
        DocumentKind.USER_POLICY,
        resource="bob",
        name="xs3-tui-media-prod-assets",
        account="222222222222",
        connection="b",
    ),
    None,
    document({name: value for name, value in OURS.items() if name != "Principal"}),
    unread=Problem(ProblemKind.DENIED, "access denied: iam:GetUserPolicy for user/bob"),
)
STOPPED = replace(OWNERS, stops=["statement #2 would let everyone in"], notes=["the bucket has versions"])

PLAN = AccessPlan("analytics (user/bob)", [OWNERS, OTHER_ACCOUNT], notes=["Object Ownership cannot be read"])
WHOLE = AccessPlan("analytics (user/bob)", [OWNERS])
NEEDS_CODE = Problem(
    ProblemKind.NO_CREDENTIALS, "no credentials: an MFA code is needed", remedy="enter the code", needs=Need.MFA_CODE,
    connection="a", subject="arn:aws:iam::111111111111:mfa/me",
)  # fmt: skip
RESULTS = [
    ProbeResult("HeadObject", "s3:GetObject", PLACE.child("a.mp4"), ProbeAnswer.ALLOWED, ProbeAnswer.ALLOWED),
    ProbeResult("PutObject", "s3:PutObject", PLACE.child("b"), ProbeAnswer.REFUSED, ProbeAnswer.REFUSED),
    ProbeResult(
        "ListObjectsV2",
        "s3:ListBucket",
        Location(PLACE.bucket),
        ProbeAnswer.REFUSED,
        ProbeAnswer.ALLOWED,
        "another policy allows it",
    ),
]


def host(answer: object, *, results: list[Any] | None = None) -> Host:
    applied = AppliedChange("c1", 0.0, "media-prod", OWNERS.ref, OWNERS.before, OWNERS.after)
    engine = ManyAnswers(
        {access_values.PlanGrant: [answer, answer], ApplyChange: [applied]},
        {access_values.TestAccess: [[], [*(results or []), HOLD]]},
    )
    return Host(dialog=AccessScreen(engine, ORDER, WHO_A, WHO_B))


async def shown(pilot: Pilot[None]) -> None:
    await until(lambda: "reading the documents" not in screen_text(pilot.app), "the plan is shown")


def plans_asked(pilot: Pilot[None]) -> int:
    screen = pilot.app.screen
    assert isinstance(screen, AccessScreen)
    engine = screen._engine
    assert isinstance(engine, ScriptedEngine)
    return sum(isinstance(each, access_values.PlanGrant) for each in engine.asked)


async def other_way(pilot: Pilot[None]) -> None:
    await shown(pilot)
    pilot.app.screen.query_one("#way", Choice).focus()
    await press(pilot, "right")
    await until(lambda: plans_asked(pilot) == 2, "the other way is planned")
    await shown(pilot)
    await pilot.pause()


async def proven(pilot: Pilot[None]) -> None:
    await shown(pilot)
    await press(pilot, *["enter"] * 8)


PAINTED = {
    "plan": Scene(lambda: host(PLAN), act=shown),
    "choices": Scene(lambda: host(PLAN), keys=("full_stop",), then="ext. id", act=other_way),
    "tested": Scene(lambda: host(WHOLE, results=RESULTS), act=proven, then="3 requests so far"),
}
LAID_OUT = {
    "stopped": Scene(
        lambda: host(AccessPlan("analytics (user/bob)", [STOPPED])), act=shown, then="would let everyone in"
    ),
    "needs a code": Scene(lambda: host(NEEDS_CODE), act=shown, then="an MFA code is needed"),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", PAINTED)
def test_it_looks_as_it_should(snap_compare: Any, name: str) -> None:
    assert snap_compare(PAINTED[name].make(), terminal_size=SMALL, run_before=PAINTED[name].arrange)


@pytest.mark.parametrize("name", LAID_OUT)
async def test_nothing_is_cut_or_covered(name: str) -> None:
    await LAID_OUT[name].lay_out()


def report(offered: OfferedCondition) -> NetworkReport:
    endpoint = EffectiveEndpoint("https://s3.example.com", "us-east-1", EndpointSource.RULES, "", AddressScope.PUBLIC)
    return NetworkReport(endpoint, NetworkPath(PathKind.GATEWAY, Certainty.CERTAIN, "by the route table"), offered)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("answer", "words", "lines"),
    [
        (
            OfferedCondition({"StringEquals": {"aws:SourceVpce": "vpce-0aaa"}}, Certainty.CERTAIN, "the gateway"),
            "certain: the gateway",
            {"source_vpce": "vpce-0aaa"},
        ),
        (
            OfferedCondition({"IpAddress": {"aws:SourceIp": "192.0.2.7/32"}}, Certainty.INFERRED, "no VPC endpoint"),
            "inferred: no VPC endpoint",
            {"source_ip": "192.0.2.7/32"},
        ),
        (OfferedCondition(None, Certainty.UNKNOWN, "no instance metadata"), "unknown: no instance metadata", {}),
        (Problem(ProblemKind.DENIED, "access denied"), "access denied", {}),
    ],
    ids=["VPC endpoint", "address", "not known", "denied"],
)
async def test_what_requests_from_here_pass_is_filled_in(
    answer: OfferedCondition | Problem, words: str, lines: dict[str, str]
) -> None:
    told = report(answer) if isinstance(answer, OfferedCondition) else answer
    engine = ScriptedEngine({PlanGrant: PLAN, FindNetworkPath: told})
    app = Host(dialog=AccessScreen(engine, ORDER, WHO_A, WHO_B))
    async with app.run_test(size=(100, 40)) as pilot:
        await press(pilot, "full_stop")
        app.screen.query_one("#from-here").focus()
        await press(pilot, "enter", then=words)
        await pilot.pause()
        assert FindNetworkPath("b", "media-prod-assets", "a") in engine.asked
        assert {line.id: line.value for line in app.screen.query(Input) if line.value} == lines


def test_every_choice_reaches_the_order() -> None:
    choices = AccessChoices(
        GrantMethod.ROLE, Allow.WRITE, "vpce-1, vpce-2", "vpc-1",
        "192.0.2.0/24", "o-abc", "arn:aws:kms:eu-west-1:1:key/k",
        "arn:aws:iam::1:user/bob", "reader", "secret-ish", whole_account=True, https=True, owner_full_control=True,
        mfa=True,
    )  # fmt: skip
    order = choices.order(ORDER)
    assert order.conditions == GrantConditions(
        ["vpce-1", "vpce-2"], ["vpc-1"], ["192.0.2.0/24"], "o-abc", secure_transport=True, owner_full_control=True
    )
    assert order == GrantOrder(
        GrantMethod.ROLE, Allow.WRITE, ORDER.location, "a", "b", order.conditions, principal="arn:aws:iam::1:user/bob",
        whole_account=True, role="reader", external_id="secret-ish", mfa=True,
        kms_keys=["arn:aws:kms:eu-west-1:1:key/k"],
    )  # fmt: skip
    assert len(choices.words) == 12


def test_what_is_about_roles_is_left_out_of_the_other_ways() -> None:
    choices = AccessChoices(GrantMethod.POLICY, Allow.READ, role="reader", external_id="x", mfa=True)
    assert choices.order(ORDER) == ORDER
    assert choices.words == []


def test_what_can_be_no_condition_is_refused() -> None:
    wrong = {
        "source_vpce": "vpc-1",
        "source_vpc": "vpce-1",
        "source_ip": "office",
        "principal_org": "abc",
        "kms_keys": "alias/k",
    }
    for field, typed in wrong.items():
        choices = AccessChoices(GrantMethod.POLICY, Allow.READ, **{field: typed})  # type: ignore[arg-type]  # fields are texts
        with pytest.raises(TypedError):
            choices.order(ORDER)


READABLE = replace(OTHER_ACCOUNT, unread=None)
BOTH = AccessPlan("analytics (user/bob)", [OWNERS, READABLE])
DENIED = Problem(ProblemKind.DENIED, "access denied: iam:PutUserPolicy for user/bob")


def applied(change: PlannedChange, name: str) -> AppliedChange:
    return AppliedChange(name, 0.0, "someone", change.ref, change.before, change.after)


def requests_of(engine: ManyAnswers, kind: type[Any]) -> list[Any]:
    return [each for each in engine.asked if isinstance(each, kind)]


async def test_what_was_applied_before_a_refusal_can_be_undone() -> None:
    back = PlannedChange(OWNERS.ref, OWNERS.after, OWNERS.before)
    first = applied(OWNERS, "c1")
    engine = ManyAnswers(
        {access_values.PlanGrant: [BOTH, BOTH], ApplyChange: [first, DENIED, applied(back, "c2")], PlanUndo: [back]},
        {access_values.TestAccess: [[]]},
    )
    async with showing(AccessScreen(engine, ORDER, WHO_A, WHO_B), "Apply 2 parts", (100, 80)) as (app, pilot):
        await press(pilot, "enter", then="access denied: iam:PutUserPolicy")
        assert "media-prod applied:" in screen_text(app)
        assert "Apply 1 part" in screen_text(app)
        await press(pilot, "Z", then="undone")
        assert requests_of(engine, ApplyChange)[1] == ApplyChange(READABLE, group="c1"), "both parts are one grant"
        assert requests_of(engine, PlanUndo) == [PlanUndo("c1")]
        assert requests_of(engine, ApplyChange)[-1] == ApplyChange(back, "c1")
        await press(pilot, "escape", answer=True)


async def test_what_opens_more_than_it_is_for_is_taken_back_and_says_what() -> None:
    back = PlannedChange(OWNERS.ref, OWNERS.after, OWNERS.before)
    opened = ProbeResult("ListObjectsV2", "s3:ListBucket", Location("other"), ProbeAnswer.REFUSED, ProbeAnswer.ALLOWED)
    engine = ManyAnswers(
        {
            access_values.PlanGrant: [replace(BOTH, changes=[OWNERS]), BOTH],
            ApplyChange: [applied(OWNERS, "c1"), applied(back, "c2")],
            PlanUndo: [back],
        },
        {access_values.TestAccess: [[], [opened]]},
    )
    async with showing(AccessScreen(engine, ORDER, WHO_A, WHO_B), "Apply", (160, 80)) as (app, pilot):
        await press(pilot, "enter", then="allowed more than you asked for; it was undone")
        assert "s3:ListBucket was allowed on s3://other" in " ".join(screen_text(app).split())
        assert requests_of(engine, PlanUndo) == [PlanUndo("c1")]


async def test_escape_while_it_writes_warns_first() -> None:
    engine = ManyAnswers({access_values.PlanGrant: [BOTH], ApplyChange: [HOLD]}, {access_values.TestAccess: [[]]})
    async with showing(AccessScreen(engine, ORDER, WHO_A, WHO_B), "Apply 2 parts", (100, 80)) as (app, pilot):
        await press(pilot, "enter")
        await until(lambda: bool(requests_of(engine, ApplyChange)) and "applying…" in screen_text(app), "it is writing")
        await press(pilot, "tab", "right", "ctrl+u", "escape")
        await until(lambda: bool(app._notifications), "it warns")
        assert app.answers == []
        assert len(requests_of(engine, access_values.PlanGrant)) == 1
        await press(pilot, "escape", answer=True)


async def test_a_part_of_a_read_only_identity_is_left_to_others() -> None:
    engine = ManyAnswers(
        {access_values.PlanGrant: [BOTH], ApplyChange: [applied(OWNERS, "c1")]}, {access_values.TestAccess: [[], []]}
    )
    async with showing(
        AccessScreen(engine, ORDER, WHO_A, replace(WHO_B, read_only="it is read-only")), "Apply 1 part", (100, 80)
    ) as (app, pilot):
        assert "analytics is read-only" in screen_text(app)
        await press(pilot, "enter")
        await until(
            lambda: len(requests_of(engine, access_values.TestAccess)) == 2, "it is tested, before and afterwards"
        )
        assert [each.change for each in requests_of(engine, ApplyChange)] == [OWNERS]
        assert [each.before for each in requests_of(engine, access_values.TestAccess)] == [True, False]
        assert requests_of(engine, access_values.TestAccess)[1].patience == 0, (
            "nothing is waited for that others have to do"
        )
        assert "1 part cannot be applied from here" in screen_text(app)


def test_a_test_says_early_what_it_waits_for_and_for_how_long() -> None:
    def text(proof: Proof) -> str:
        return " ".join(" ".join(line.plain for line in proof_lines(proof, 200)).split())

    waiting = "retried for up to 60 s"
    assert waiting in text(Proof("analytics", patience=60.0))
    assert waiting not in text(Proof("analytics", patience=60.0, complete=True))
    assert "retried" not in text(Proof("analytics")), "nothing was changed: it does not wait"
