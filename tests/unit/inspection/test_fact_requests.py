"""The requests of an inspection and the facts that a screen waits for are the same."""

from __future__ import annotations

import pytest

from tui.inspection.fact_requests import BUCKET_REQUESTS, OBJECT_REQUESTS, FactRequest
from tui.model.facts import BUCKET_FACTS, LOCAL_ONLY, WHERE_THERE_IS_ONE, FactName

REQUESTS = (*OBJECT_REQUESTS, *BUCKET_REQUESTS)


def names(requests: tuple[FactRequest, ...]) -> list[FactName]:
    return [name for request in requests for name in request.names]


AFTER_THE_ENDPOINT = [FactName.NETWORK_PATH]
"""Asked once the endpoint is known."""


def test_every_fact_of_a_bucket_has_its_request() -> None:
    assert sorted([*names(BUCKET_REQUESTS), *AFTER_THE_ENDPOINT]) == sorted(BUCKET_FACTS)


def test_every_fact_of_an_object_has_its_request() -> None:
    waited_for = [name for name in FactName if name not in (*LOCAL_ONLY, *WHERE_THERE_IS_ONE)]
    assert sorted([*names(REQUESTS), *AFTER_THE_ENDPOINT]) == sorted(waited_for)


@pytest.mark.parametrize("fact_request", REQUESTS, ids=lambda fact_request: fact_request.operation)
def test_every_request_names_its_permission(fact_request: FactRequest) -> None:
    """So does the one that is asked instead."""
    asked = [fact_request, fact_request.instead] if fact_request.instead else [fact_request]
    assert all(each.permission.startswith("s3:") for each in asked)
