"""The product's embedded demo as the test suites see it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from tests.servers.forks import DEMO_VARIABLES
from tests.servers.server import Account, Feature, S3Server
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD, DemoAccount
from tui.demo.launch import DemoServer, start


@contextmanager
def running_demo(directory: Path) -> Iterator[tuple[S3Server, DemoServer]]:
    """Run a demo server of its own, its profiles in `directory`, while the block lasts."""
    os.environ.update(DEMO_VARIABLES)
    demo = start(directory, behind=False)  # on a busy machine it would answer too late
    try:
        yield demo_as_server(demo), demo
    finally:
        demo.stop()


def demo_as_server(demo: DemoServer) -> S3Server:
    """Return the demo's endpoint and accounts; profiles `media-prod` (A) and `analytics` (B)."""
    environment = MappingProxyType({**demo.environment, "AWS_EC2_METADATA_DISABLED": "true"})
    endpoint = f"http://127.0.0.1:{demo.port}"
    return S3Server("demo", endpoint, _account(MEDIA_PROD), _account(ANALYTICS), environment, frozenset(Feature))


def _account(account: DemoAccount) -> Account:
    return Account(
        profile=account.label,
        access_key=account.access_key_id,
        secret_key=account.secret_access_key,
        region=account.region,
        canonical_id=account.canonical_id,
        principal=f"arn:aws:iam::{account.number}:root",
    )
