"""A copy that is not whole is a wrong run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.comparison.clients import Place
from tests.bench.comparison.rounds import measure
from tests.bench.comparison.running import RunError
from tests.bench.comparison.verifying import Reader, verify_copies
from tests.bench.comparison.workloads import WORKLOADS
from tests.servers.standin.standin import GeneratedBucket, Line, Standin, running_standin
from tests.stores.faults import certificate

pytestmark = pytest.mark.server

COUNT, SIZE = 5, 1000


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[tuple[Standin, Place, Place]]:
    """A made bucket, and one with copies of it."""
    with running_standin(tmp_path, [GeneratedBucket("source", COUNT, SIZE)]) as standin:
        source, target = (Place(standin.server.endpoint, bucket) for bucket in ("source", "kept"))
        client = standin.server.client(standin.server.a)
        for key, _ in Reader().listed(source):
            client.copy_object(Bucket="kept", Key=key, CopySource={"Bucket": "source", "Key": key})
        yield standin, source, target


def test_whole_copies_are_right(copied: tuple[Standin, Place, Place]) -> None:
    _, source, target = copied
    verify_copies(Reader(), source, target, count=COUNT, size=SIZE, contents=True)


@pytest.mark.parametrize(
    ("body", "says"),
    [(None, "4 objects"), (b"short", "not 1000 bytes"), (bytes(SIZE), "is another one")],
    ids=["missing", "short", "another content"],
)
def test_a_copy_that_is_not_the_source_is_wrong(
    copied: tuple[Standin, Place, Place], body: bytes | None, says: str
) -> None:
    standin, source, target = copied
    client = standin.server.client(standin.server.a)
    [_, (key, _), *_] = Reader().listed(target)
    if body is None:
        client.delete_object(Bucket="kept", Key=key)
    else:
        client.put_object(Bucket="kept", Key=key, Body=body)
    with pytest.raises(RunError, match=says):
        verify_copies(Reader(), source, target, count=COUNT, size=SIZE, contents=True)


def test_buckets_are_read_over_tls(tmp_path: Path) -> None:
    file, _ = certificate(tmp_path)
    with running_standin(tmp_path, [GeneratedBucket("source", 1001, SIZE)], Line(certificate=file)) as standin:
        listed = list(Reader(file).listed(Place(standin.server.endpoint, "source")))
    assert (len(listed), {size for _, size in listed}) == (1001, {SIZE})


@pytest.mark.parametrize("name", ["relay-5k-0ms", "copy-0ms", "large-tls", "list-flat-20ms"])
def test_our_commands_are_measured(name: str) -> None:
    [workload] = [each for each in WORKLOADS if each.name == name]
    ours = tuple(client for client in workload.clients if client.startswith("xs3-tui"))
    small = replace(workload, clients=ours, count=min(workload.count, 3), size=16 << 10)
    said: list[str] = []
    result = measure(small, 1, said.append)
    assert result.failed == []
    assert [run.client for run in result.runs] == list(ours)
    assert all(run.cost.cpu_seconds > 0 and sum(run.requests.values()) > 0 for run in result.runs)
    assert len(said) == len(ours)
