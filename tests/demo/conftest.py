from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests import leaks
from tests.servers.buckets import remove_bucket
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD, DemoAccount
from tui.demo.launch import DemoServer, start

# boto3 has no types here, so its clients are Any.
Client = Any
NewBucket = Callable[..., str]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    server = start(tmp_path_factory.mktemp("demo") / "profiles", behind=False)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def endpoint(demo: DemoServer) -> str:
    return f"http://127.0.0.1:{demo.port}"


def client_of(
    account: DemoAccount, endpoint: str, service: str = "s3", *, signature_version: str | None = None, **keys: str
) -> Client:
    chosen = {"aws_access_key_id": account.access_key_id, "aws_secret_access_key": account.secret_access_key, **keys}
    config = Config(retries={"total_max_attempts": 1}, signature_version=signature_version)
    make: Any = boto3.Session().client  # its stubs know each service by a literal
    client = make(service, endpoint_url=endpoint, region_name=account.region, config=config, **chosen)
    leaks.before_looking.append(client.close)  # its idle connections; it opens others when it is used again
    return client


Connect = Callable[..., Client]


@pytest.fixture
def connect(endpoint: str) -> Iterator[Connect]:
    with ExitStack() as stack:

        def make(account: DemoAccount, service: str = "s3", **keys: str) -> Client:
            return stack.enter_context(closing(client_of(account, endpoint, service, **keys)))

        yield make


@pytest.fixture(scope="session")
def a(endpoint: str) -> Iterator[Client]:
    with closing(client_of(MEDIA_PROD, endpoint)) as client:
        yield client


@pytest.fixture(scope="session")
def b(endpoint: str) -> Iterator[Client]:
    with closing(client_of(ANALYTICS, endpoint)) as client:
        yield client


@pytest.fixture
def new_bucket(a: Client) -> Iterator[Callable[..., str]]:
    """Makes buckets of media-prod, empty and private; removes them with all they hold."""
    made: list[str] = []

    def make(ownership: str = "ObjectWriter", **options: Any) -> str:
        name = f"test-bucket-{len(made)}-{id(made):x}"
        a.create_bucket(
            Bucket=name,
            ObjectOwnership=ownership,
            CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"},
            **options,
        )
        made.append(name)
        return name

    yield make
    for name in made:
        remove_bucket(a, name)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "profiles"
