"""Objects of a bucket of account A."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server

AS_A = ("--profile", "media-prod")

Put = Callable[..., str]
"""Puts an object; returns its URI."""


@pytest.fixture
def client(demo_environment: S3Server) -> Any:
    """A client of account A."""
    return demo_environment.client(demo_environment.a)


@pytest.fixture
def bucket(demo_environment: S3Server) -> Iterator[str]:
    with fresh_bucket(demo_environment, demo_environment.a) as name:
        yield name


@pytest.fixture
def put(client: Any, bucket: str) -> Put:
    def put_object(key: str, body: bytes, **attributes: Any) -> str:
        client.put_object(Bucket=bucket, Key=key, Body=body, **attributes)
        return f"s3://{bucket}/{key}"

    return put_object
