"""Each denied request again, after the proposed changes were made: on the demo, and on MiniStack's IAM and STS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec
import pytest
from msgspec import structs

from tests.access_corpus.applying import applied, portable
from tests.access_corpus.asking import CannotArrangeError
from tests.access_corpus.case import Answer, Case, read_corpus
from tests.access_corpus.on_demo import Demo, running_demo_for_cases
from tests.access_corpus.on_ministack import MiniStack
from tests.access_corpus.reading import explained
from tests.servers.server import S3Server

DENIED = [one for one in read_corpus() if not one.expected.allowed and not one.expected.words]


def denied_by(server: str) -> list[Case]:
    """What a server denied, as AWS does."""
    return [one for one in DENIED if server in one.answers and not one.answers[server].allowed]


class Server(Protocol):
    def ask(self, case: Case) -> Answer:
        """Lay out a case and send its request."""


def opened(case: Case, server: Server, *, by_account: bool = False) -> bool | None:
    """Whether the request passes after the remedy; None where the server does not have what it takes.

    `by_account`: the server evaluates a bucket policy of another account for the caller's account alone, so the policy
    that is tried names the account where the remedy names the caller.
    """
    after = case
    for remedy in explained(case, denied=True).remedies:
        after = applied(after, remedy.edit) if remedy.edit else after
    assert after is not case, "the remedy has no machine form"
    after = portable(after)
    if by_account and case.caller.account == "b":
        policy = msgspec.json.encode(after.world.policy).decode()
        for name in ("caller", "role", "session"):
            policy = policy.replace(case.names[name], case.names["b"]).replace(f"{{{name}}}", case.names["b"])
        after = structs.replace(after, world=structs.replace(after.world, policy=msgspec.json.decode(policy)))
    try:
        return server.ask(after).allowed
    except CannotArrangeError:
        return None


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_demo_for_cases() as running:
        yield running


def results(server: str, asked: Server, *, by_account: bool = False) -> dict[str, bool]:
    """By case, whether it passes now."""
    found = {one.name: opened(one, asked, by_account=by_account) for one in denied_by(server)}
    return {name: passed for name, passed in found.items() if passed is not None}


def test_on_the_demo_every_request_passes_after_its_remedy(demo: Demo) -> None:
    found = results("demo", demo)
    assert [name for name, passed in found.items() if not passed] == []
    assert len(found) >= 120


@pytest.mark.server
def test_on_ministack_every_request_passes_after_its_remedy(ministack_server: S3Server) -> None:
    found = results("ministack", MiniStack(ministack_server), by_account=True)
    # There the type of every caller from another account is Root.
    assert [name for name, passed in found.items() if not passed] == ["allowed only for another type"]
    assert len(found) >= 130
