"""A real engine on a server that has IAM."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import boto3
import pytest

from tests.access.world import World, fresh_world
from tests.engines import session_in
from tests.servers.server import S3Server
from tui.engine.rooms import Rooms
from tui.protocol.session import EngineSession

OWN = "Own"
"""The policy that lets a user change its own policies."""


@pytest.fixture
def world(iam_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Profiles ``alice``, who may do everything in A, and ``outside``, a user of B that may change its own policies."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    with fresh_world(iam_server, Rooms(), tmp_path) as world:
        arn = boto3.Session(profile_name="outside").client("sts").get_caller_identity()["Arn"]
        own = {"Effect": "Allow", "Action": "iam:*", "Resource": arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": [own]})
        iam_server.client(iam_server.b, "iam").put_user_policy(
            UserName=arn.rsplit("/", 1)[-1], PolicyName=OWN, PolicyDocument=document
        )
        yield world


@pytest.fixture
async def iam_engine(world: World, surroundings: Path) -> AsyncIterator[EngineSession]:
    """An engine that knows the profiles of `world`."""
    async with session_in(os.environ) as session:
        yield session
