"""What IAM Access Analyzer finds is shown beside a change; without it a change is planned as well.

No server that runs here validates policies: a small one answers as the service does.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.servers.loopback import loopback
from tests.servers.server import S3Server
from tui.accounts import connection_id
from tui.accounts.control_plane import Service
from tui.engine.answers.changes import plan_change
from tui.engine.rooms import Rooms
from tui.model.change import Change, DocumentKind, DocumentRef
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.protocol.messages.changes import PlanChange

ALICE = connection_id(IdentitySpec("media-prod"))
POLICY = DocumentRef(DocumentKind.BUCKET_POLICY, Location("media-prod-private"), connection=ALICE)
STATEMENT = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
    "Action": "s3:GetObjects",
    "Resource": "arn:aws:s3:::media-prod-private/*",
}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": STATEMENT})


@pytest.fixture
async def rooms(demo_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rooms]:
    for name, value in demo_server.environment.items():
        monkeypatch.setenv(name, value)
    rooms = Rooms()
    rooms.changes_file = tmp_path / "changes.jsonl"
    yield rooms
    await rooms.connections.close()


async def plan(rooms: Rooms) -> Change:
    return await plan_change(rooms, PlanChange(POLICY, DOCUMENT))


async def test_its_findings_are_notes_the_gravest_first(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    async def validate(request: web.Request) -> web.Response:
        asked.append(await request.json())
        kinds = ("SUGGESTION", "WARNING", "ERROR")
        return web.json_response(
            {"findings": [{"findingType": each, "findingDetails": f"one {each}"} for each in kinds]}
        )

    async with loopback([web.post("/policy/validation", validate)]) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ACCESSANALYZER", endpoint)
        change = await plan(rooms)
    assert change.notes == ["IAM Access Analyzer: one ERROR", "IAM Access Analyzer: one WARNING"]
    assert asked == [
        {
            "policyDocument": DOCUMENT,
            "policyType": "RESOURCE_POLICY",
            "validatePolicyResourceType": "AWS::S3::Bucket",
        }
    ]


async def test_a_refusal_leaves_the_plan_as_it_is(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_: web.Request) -> web.Response:
        body = {"message": "not authorized to perform: access-analyzer:ValidatePolicy"}
        return web.json_response(body, status=403, headers={"x-amzn-errortype": "AccessDeniedException"})

    async with loopback([web.post("/policy/validation", refuse)]) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ACCESSANALYZER", endpoint)
        change = await plan(rooms)
    assert (change.notes, change.can_be_applied) == ([], True)


async def test_another_server_than_aws_is_not_asked(rooms: Rooms, demo_server: S3Server) -> None:
    """Its S3 would take the request for one of its own: a POST to a bucket named policy."""
    assert not await rooms.control_plane.has_own_endpoint(ALICE, Service.ACCESS_ANALYZER)
    assert (await plan(rooms)).notes == []
