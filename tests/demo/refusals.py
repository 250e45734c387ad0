"""How tests say that a call must be refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError


@dataclass(slots=True)
class Refusal:
    status: int = 0
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def refused(code: str) -> Iterator[Refusal]:
    """The block must fail with this error code (`403` and such where HEAD has no body)."""
    refusal = Refusal()
    with pytest.raises(ClientError) as caught:
        yield refusal
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    answered = caught.value.response["ResponseMetadata"]
    refusal.status, refusal.headers = answered["HTTPStatusCode"], dict(answered["HTTPHeaders"])
    refusal.message = error.get("Message", "")
