"""A copy that is handed over to S3 Batch Operations, in the panes, from the route card to its results."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.servers.buckets import BucketPair, fresh_bucket
from tests.ui.browser.browser import A, opened
from tests.ui.browser.test_copying import state
from tests.waiting import until
from tui.model.access.batch_jobs import BATCH_SERVICE
from tui.model.location import Location
from tui.model.transfer import TransferState
from tui.protocol.session import EngineSession
from tui.settings import ScaleSettings
from tui.ui.kit.confirm import ConfirmScreen
from tui.ui.orders.hand_over import HandOverScreen
from tui.ui.orders.route_card import RouteCardScreen

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": BATCH_SERVICE}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True, slots=True)
class Place:
    """Buckets of one account, and a role that may do all in them."""

    source: str
    target: str
    reports: str
    role: str


@pytest.fixture
def place(buckets: BucketPair) -> Iterator[Place]:
    server, account = buckets.server, buckets.server.a
    iam, name = server.client(account, "iam"), f"jobs-{secrets.token_hex(4)}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    with fresh_bucket(server, account) as target, fresh_bucket(server, account) as reports:
        allowed = [f"arn:aws:s3:::{bucket}{rest}" for bucket in (buckets.a, target, reports) for rest in ("", "/*")]
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": allowed}]}
        iam.put_role_policy(RoleName=name, PolicyName="jobs", PolicyDocument=json.dumps(document))
        client = server.client(account)
        for number in range(3):
            client.put_object(Bucket=buckets.a, Key=f"in/{number}", Body=b"hello world")
        yield Place(buckets.a, target, reports, role)


async def test_from_the_card_to_the_results(engine: EngineSession, place: Place, buckets: BucketPair) -> None:
    scale = ScaleSettings(objects=2, batch_role=place.role, batch_reports=f"s3://{place.reports}/jobs/")
    async with opened(
        engine, f"s3://{place.source}/", f"s3://{place.target}/", size=(80, 24), specs=(A, A), scale=scale
    ) as browser:
        await browser.move_to(browser.left, Location(place.source, "in/"))
        await browser.press("f5")
        await browser.until_text("engine b")
        await browser.press("e")
        card = browser.app.screen
        assert isinstance(card, RouteCardScreen)
        await browser.until_text("batch ✓ 1 min to 30 min")
        assert "AWS list prices" in browser.text
        await browser.press("b")
        await browser.until_text("Hand over…  enter")
        await browser.press("enter")
        await until(lambda: isinstance(browser.app.screen, HandOverScreen), "the job is asked about")
        await browser.until_text("Hand over  enter")
        await browser.press("enter")
        await until(lambda: state(browser) is TransferState.WAITING, "S3 has counted, and it waits", 40)
        await browser.press("t")
        await browser.until_text("waits for your confirmation")
        await browser.until_text("p confirm")
        assert "l priority" in browser.text
        assert "pause" not in browser.text
        await browser.press("enter")
        await browser.until_text("p confirm   x cancel   l priority")
        await browser.press("escape")
        await browser.press("p")
        await until(lambda: isinstance(browser.app.screen, ConfirmScreen), "it is asked about")
        await browser.press("y")
        await until(lambda: state(browser) is TransferState.DONE, "the job has ended", 40)
        assert "batch" in browser.text
    client = buckets.server.client(buckets.server.a)
    listed = client.list_objects_v2(Bucket=place.target)["Contents"]
    assert [(entry["Key"], entry["Size"]) for entry in listed] == [(f"in/{number}", 11) for number in range(3)]
