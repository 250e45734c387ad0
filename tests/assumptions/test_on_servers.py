"""Each assumption on the servers that run here: what differs from AWS is known, and nothing else."""

from collections.abc import Iterator

import pytest

from tests.assumptions.registry import Assumption, assumptions, outcome
from tests.assumptions.scene import Scene
from tests.assumptions.servers import expected, scene_of
from tests.servers.server import S3Server

ON_SERVERS = [
    pytest.param("demo", marks=pytest.mark.thorough),
    *(pytest.param(name, marks=pytest.mark.server) for name in ("ministack", "ceph")),
]


@pytest.fixture(scope="module", params=ON_SERVERS)
def server(request: pytest.FixtureRequest) -> S3Server:
    server = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(server, S3Server)
    return server


@pytest.fixture(scope="module")
def scene(server: S3Server) -> Iterator[Scene]:
    with scene_of(server) as scene:
        yield scene


@pytest.mark.parametrize("assumption", [pytest.param(each, id=name) for name, each in assumptions().items()])
def test_what_differs_from_aws_is_known(server: S3Server, scene: Scene, assumption: Assumption) -> None:
    assert outcome(assumption, scene) == expected(server.name, assumption)
